/*
 * An open-loop HTTP/1.1 client: requests leave at given moments, whether or
 * not the answers to earlier ones have come.
 *
 * Arrivals are Poisson with a fixed seed, so that both sides of a comparison
 * see the same moments.  Latency counts from the moment a request was due, not
 * from when a connection was free for it: a server that stalls can't hide it.
 *
 * With rate 0 it is a closed loop: every request of the file once, the next one
 * as soon as a connection is free for it.
 *
 * usage: paced <port> <requests file> <rate> <seconds> <connections>
 * prints: sent <n> bad <n> p50 <us> p90 <us> p99 <us> p999 <us> took <us>
 */

#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>


#define ANSWER_MAX   65536
#define DRAIN_NS     1000000000LL
#define STALL_NS     10000000000LL
#define NS_PER_SEC   1000000000LL
#define EVENTS       64


typedef struct {
    const char  *text;
    size_t       length;
} request_t;


typedef struct {
    int      fd;
    int64_t  due_ns;
    size_t   used;
    char     answer[ANSWER_MAX + 1];
} connection_t;


typedef struct {
    int            epoll;
    unsigned       idle_count;
    connection_t **idle;

    request_t     *requests;
    size_t         request_count;
    size_t         request_at;

    int64_t       *due;             /* arrivals not yet on a connection */
    size_t         due_head, due_tail;

    float         *latency_us;
    size_t         answered, bad;
} client_t;


static void
die(const char *what)
{
    perror(what);
    exit(1);
}


static int64_t
now_ns(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * NS_PER_SEC + ts.tv_nsec;
}


static char *
read_file(const char *path)
{
    FILE  *file;
    char  *text;
    long   size;

    file = fopen(path, "rb");
    if (file == NULL) {
        die(path);
    }

    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);

    text = malloc(size + 1);
    if (text == NULL || fread(text, 1, size, file) != (size_t) size) {
        die(path);
    }

    text[size] = '\0';
    fclose(file);

    return text;
}


/* The length of the body, if the header before it tells one. */
static int
content_length(const char *header, const char *body, size_t *length)
{
    const char  *line;

    for (line = header; line < body; line = strchr(line, '\n') + 1) {
        if (strncasecmp(line, "content-length:", 15) == 0) {
            *length = strtoul(line + 15, NULL, 10);
            return 1;
        }
    }

    return 0;
}


static char *
end_of_request(char *text)
{
    char    *body;
    size_t   length;

    body = strstr(text, "\r\n\r\n");
    if (body == NULL) {
        return NULL;
    }

    body += 4;

    return content_length(text, body, &length) ? body + length : body;
}


static void
read_requests(client_t *client, const char *path)
{
    char    *text, *end;
    size_t   room;

    room = 0;

    for (text = read_file(path); (end = end_of_request(text)); text = end) {

        if (client->request_count == room) {
            room = room ? room * 2 : 64;
            client->requests = realloc(client->requests,
                                       room * sizeof(request_t));
            if (client->requests == NULL) {
                die("realloc");
            }
        }

        client->requests[client->request_count].text = text;
        client->requests[client->request_count++].length = end - text;
    }

    if (client->request_count == 0) {
        fprintf(stderr, "no request in %s\n", path);
        exit(1);
    }
}


static void
open_connections(client_t *client, unsigned port, unsigned count)
{
    int                  on;
    unsigned             i;
    connection_t        *connection;
    struct epoll_event   event;
    struct sockaddr_in   address;

    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    for (i = 0; i < count; i++) {
        connection = calloc(1, sizeof(connection_t));
        if (connection == NULL) {
            die("calloc");
        }

        connection->fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connection->fd == -1
            || connect(connection->fd, (struct sockaddr *) &address,
                       sizeof(address)) == -1)
        {
            die("connect");
        }

        on = 1;
        setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        fcntl(connection->fd, F_SETFL, O_NONBLOCK);

        event.events = EPOLLIN;
        event.data.ptr = connection;
        if (epoll_ctl(client->epoll, EPOLL_CTL_ADD, connection->fd, &event)) {
            die("epoll_ctl");
        }

        client->idle[client->idle_count++] = connection;
    }
}


static void
send_due(client_t *client)
{
    request_t     *request;
    connection_t  *connection;

    while (client->idle_count && client->due_head < client->due_tail) {
        connection = client->idle[--client->idle_count];
        connection->due_ns = client->due[client->due_head++];
        connection->used = 0;

        request = &client->requests[client->request_at];
        client->request_at = (client->request_at + 1) % client->request_count;

        if (send(connection->fd, request->text, request->length, MSG_NOSIGNAL)
            != (ssize_t) request->length)
        {
            die("send");
        }
    }
}


/* Whole when its Content-Length, or its last chunk, has come. */
static int
answer_is_whole(const connection_t *connection)
{
    size_t       length;
    const char  *body;

    body = strstr(connection->answer, "\r\n\r\n");
    if (body == NULL) {
        return 0;
    }

    body += 4;

    if (content_length(connection->answer, body, &length)) {
        return connection->used - (body - connection->answer) >= length;
    }

    return connection->used >= 7
           && memcmp(connection->answer + connection->used - 7,
                     "\r\n0\r\n\r\n", 7) == 0;
}


static void
receive(client_t *client, connection_t *connection)
{
    ssize_t  n;

    n = recv(connection->fd, connection->answer + connection->used,
             ANSWER_MAX - connection->used, 0);

    if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }

    if (n <= 0) {
        fprintf(stderr, "the server closed a connection\n");
        exit(1);
    }

    connection->used += n;
    connection->answer[connection->used] = '\0';

    if (!answer_is_whole(connection)) {
        return;
    }

    /* JSON-RPC tells its errors under 200 */

    if (memcmp(connection->answer, "HTTP/1.1 200", 12) != 0
        || strstr(connection->answer, "\"error\":{") != NULL)
    {
        client->bad++;
    }

    client->latency_us[client->answered++] =
        (now_ns() - connection->due_ns) / 1000.0f;
    client->idle[client->idle_count++] = connection;
}


static void
wait_until(client_t *client, int64_t until_ns)
{
    int                 i, n;
    int64_t             left;
    struct timespec     timeout;
    struct epoll_event  events[EVENTS];

    left = until_ns - now_ns();
    if (left < 0) {
        left = 0;
    }

    timeout.tv_sec = left / NS_PER_SEC;
    timeout.tv_nsec = left % NS_PER_SEC;

    n = epoll_pwait2(client->epoll, events, EVENTS, &timeout, NULL);
    if (n == -1 && errno != EINTR) {
        die("epoll_pwait2");
    }

    for (i = 0; i < n; i++) {
        receive(client, events[i].data.ptr);
    }
}


static void
run(client_t *client, double rate, double seconds)
{
    int64_t  now, next, stop;

    next = now_ns();
    stop = next + (int64_t) (seconds * NS_PER_SEC);

    while (next < stop) {
        now = now_ns();

        while (next <= now && next < stop) {
            client->due[client->due_tail++] = next;
            next += (int64_t) (-log(1.0 - drand48()) / rate * NS_PER_SEC);
        }

        send_due(client);
        wait_until(client, next);
    }

    while (client->answered < client->due_tail && now_ns() < stop + DRAIN_NS) {
        send_due(client);
        wait_until(client, stop + DRAIN_NS);
    }
}


static void
run_once(client_t *client, unsigned connections)
{
    size_t   answered;
    int64_t  now, stalled;

    stalled = now_ns() + STALL_NS;

    while (client->answered < client->request_count && now_ns() < stalled) {
        now = now_ns();

        while (client->due_tail < client->request_count
               && client->due_tail - client->answered < connections)
        {
            client->due[client->due_tail++] = now;
        }

        answered = client->answered;
        send_due(client);
        wait_until(client, now + STALL_NS);

        if (client->answered > answered) {
            stalled = now_ns() + STALL_NS;
        }
    }
}


static int
by_value(const void *a, const void *b)
{
    float  x, y;

    x = *(const float *) a;
    y = *(const float *) b;

    return (x > y) - (x < y);
}


static float
quantile(const client_t *client, double q)
{
    return client->latency_us[(size_t) (q * (client->answered - 1))];
}


int
main(int argc, char **argv)
{
    double    rate, seconds;
    size_t    room;
    int64_t   took;
    unsigned  connections;
    client_t  client;

    if (argc != 6) {
        fprintf(stderr, "usage: paced <port> <requests file> <rate> "
                        "<seconds> <connections>\n");
        return 2;
    }

    memset(&client, 0, sizeof(client));
    rate = atof(argv[3]);
    seconds = atof(argv[4]);
    connections = atoi(argv[5]);

    read_requests(&client, argv[2]);
    room = rate * seconds * 2 + 1000 + client.request_count;
    client.due = malloc(room * sizeof(int64_t));
    client.latency_us = malloc(room * sizeof(float));
    client.idle = malloc(connections * sizeof(connection_t *));
    client.epoll = epoll_create1(0);
    if (client.due == NULL || client.latency_us == NULL || client.idle == NULL
        || client.epoll == -1)
    {
        die("start");
    }

    prctl(PR_SET_TIMERSLACK, 1UL);
    srand48(1);
    open_connections(&client, atoi(argv[1]), connections);
    took = now_ns();

    if (rate > 0) {
        run(&client, rate, seconds);
    } else {
        run_once(&client, connections);
    }

    took = now_ns() - took;

    if (client.answered == 0) {
        fprintf(stderr, "no answer\n");
        return 1;
    }

    /* what never came back counts as bad, not as fast */
    client.bad += client.due_tail - client.answered;

    qsort(client.latency_us, client.answered, sizeof(float), by_value);
    printf("sent %zu bad %zu p50 %.1f p90 %.1f p99 %.1f p999 %.1f took %.1f\n",
           client.due_tail, client.bad, quantile(&client, 0.50),
           quantile(&client, 0.90), quantile(&client, 0.99),
           quantile(&client, 0.999), took / 1000.0);

    return 0;
}
