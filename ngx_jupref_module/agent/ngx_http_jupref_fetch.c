/*
 * A call to a node: made, sent, ended.
 */

#include "agent/ngx_http_jupref_fetch_events.h"
#include "upstream/ngx_http_jupref_rpc_zone.h"


#define NGX_HTTP_JUPREF_FETCH_FIRST   4096      /* bytes taken for an answer */
#define NGX_HTTP_JUPREF_FETCH_HEADER  64        /* of Retry-After, at most */


/* What callers see comes first. */
typedef struct {
    ngx_http_jupref_fetch_t   fetch;
    ngx_queue_t               queue;
    CURL                     *easy;
    struct curl_slist        *headers;
    size_t                    room;             /* of fetch.answer */
    u_char                    retry_after[NGX_HTTP_JUPREF_FETCH_HEADER];
    unsigned                  started:1;
    unsigned                  too_large:1;
} ngx_http_jupref_transfer_t;


static const char *ngx_http_jupref_fetch_begin(
    ngx_http_jupref_transfer_t *transfer);
static CURLcode ngx_http_jupref_fetch_options(
    ngx_http_jupref_transfer_t *transfer);
static ngx_int_t ngx_http_jupref_fetch_headers(
    ngx_http_jupref_transfer_t *transfer);
static size_t ngx_http_jupref_fetch_header(char *line, size_t size, size_t n,
    void *data);
static size_t ngx_http_jupref_fetch_body(char *text, size_t size, size_t n,
    void *data);
static jupref_rpc_transport_e ngx_http_jupref_fetch_transport(
    ngx_http_jupref_transfer_t *transfer, CURLcode code);
static void ngx_http_jupref_fetch_free(ngx_http_jupref_transfer_t *transfer);
static void ngx_http_jupref_fetch_counted(void);
static void *ngx_http_jupref_fetch_take(void *context, size_t size);
static void ngx_http_jupref_fetch_release(void *context, void *memory);


static ngx_queue_t  ngx_http_jupref_transfers;
static ngx_uint_t   ngx_http_jupref_transfers_count;
static ngx_uint_t   ngx_http_jupref_transfers_of[NGX_HTTP_JUPREF_FETCH_KINDS];


const jupref_memory_t  ngx_http_jupref_fetch_memory = {
    ngx_http_jupref_fetch_take,
    ngx_http_jupref_fetch_release,
    NULL
};


ngx_http_jupref_fetch_t *
ngx_http_jupref_fetch_create(ngx_http_jupref_pool_t *pool,
    ngx_http_jupref_pool_node_t *node, ngx_http_jupref_fetch_e kind)
{
    ngx_str_t                   *host;
    ngx_http_jupref_fetch_t     *fetch;
    ngx_http_jupref_transfer_t  *transfer;

    if (ngx_http_jupref_transfers_count >= NGX_HTTP_JUPREF_FETCHES_MAX
        || node->socklen > (socklen_t) sizeof(struct sockaddr_storage))
    {
        return NULL;
    }

    if (kind == NGX_HTTP_JUPREF_FETCH_CLIENT
        && ngx_http_jupref_transfers_of[kind]
           >= NGX_HTTP_JUPREF_FETCHES_CLIENTS)
    {
        return NULL;
    }

    /* as proxy_pass has it: of a unix socket there is no name, and its path
     * is no Host that a server would take */

    host = &pool->upstream->host;

    transfer = ngx_calloc(sizeof(ngx_http_jupref_transfer_t) + host->len,
                          ngx_cycle->log);
    if (transfer == NULL) {
        return NULL;
    }

    if (ngx_http_jupref_transfers.next == NULL) {
        ngx_queue_init(&ngx_http_jupref_transfers);
    }

    fetch = &transfer->fetch;

    ngx_memcpy(&fetch->sockaddr, node->sockaddr, node->socklen);
    fetch->socklen = node->socklen;

    fetch->host.data = (u_char *) (transfer + 1);
    fetch->host.len = host->len;
    ngx_memcpy(fetch->host.data, host->data, host->len);

    fetch->kind = kind;
    fetch->answer_max = NGX_HTTP_JUPREF_FETCH_ANSWER;
    fetch->timeout = NGX_HTTP_JUPREF_FETCH_MS;

    ngx_queue_insert_tail(&ngx_http_jupref_transfers, &transfer->queue);
    ngx_http_jupref_transfers_count++;
    ngx_http_jupref_transfers_of[kind]++;

    return fetch;
}


ngx_int_t
ngx_http_jupref_fetch_start(ngx_http_jupref_fetch_t *fetch)
{
    const char                  *error;
    ngx_http_jupref_transfer_t  *transfer;

    transfer = (ngx_http_jupref_transfer_t *) fetch;
    error = ngx_http_jupref_fetch_begin(transfer);

    if (error) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "jupref: a call to \"%V\" can't be made: %s",
                      &fetch->host, error);
        ngx_http_jupref_fetch_free(transfer);
        return NGX_ERROR;
    }

    transfer->started = 1;
    fetch->started_ms = ngx_http_jupref_steady_ms();

    ngx_http_jupref_fetch_counted();

    return NGX_OK;
}


/* What is in its way, NULL: nothing. */

static const char *
ngx_http_jupref_fetch_begin(ngx_http_jupref_transfer_t *transfer)
{
    CURLM      *multi;
    CURLcode    rc;
    CURLMcode   added;

    multi = ngx_http_jupref_fetch_multi();

    if (multi == NULL) {
        return "libcurl can't be set up";
    }

    rc = ngx_http_jupref_fetch_options(transfer);

    if (rc != CURLE_OK) {
        return curl_easy_strerror(rc);
    }

    added = curl_multi_add_handle(multi, transfer->easy);

    return added == CURLM_OK ? NULL : curl_multi_strerror(added);
}


/* The address is all it may connect to: no name, no proxy from the
 * environment, no redirect. */

static CURLcode
ngx_http_jupref_fetch_options(ngx_http_jupref_transfer_t *transfer)
{
    CURL                     *easy;
    u_char                    url[NGX_SOCKADDR_STRLEN + sizeof("http:///")];
    u_char                    path[NGX_SOCKADDR_STRLEN + 1], *p;
    size_t                    len;
    CURLcode                  rc;
    ngx_uint_t                is_unix;
    struct sockaddr          *sa;
    ngx_http_jupref_fetch_t  *fetch;

    fetch = &transfer->fetch;
    sa = (struct sockaddr *) &fetch->sockaddr;
    is_unix = (sa->sa_family == AF_UNIX);

    easy = curl_easy_init();
    if (easy == NULL) {
        return CURLE_FAILED_INIT;
    }

    transfer->easy = easy;

    if (is_unix) {
        len = ngx_sock_ntop(sa, fetch->socklen, path, NGX_SOCKADDR_STRLEN, 0);
        path[len] = '\0';

        /* it is told as "unix:/path" */

        rc = curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH,
                              path + sizeof("unix:") - 1);
        if (rc == CURLE_OK) {
            rc = curl_easy_setopt(easy, CURLOPT_URL, "http://localhost/");
        }

    } else {
        p = ngx_cpymem(url, "http://", sizeof("http://") - 1);
        p += ngx_sock_ntop(sa, fetch->socklen, p, NGX_SOCKADDR_STRLEN, 1);
        *p++ = '/';
        *p = '\0';

        rc = curl_easy_setopt(easy, CURLOPT_URL, url);
    }

    if (rc != CURLE_OK) {
        return rc;
    }

    if (ngx_http_jupref_fetch_headers(transfer) != NGX_OK) {
        return CURLE_OUT_OF_MEMORY;
    }

    (void) curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void) curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                            (long) CURL_HTTP_VERSION_1_1);
    (void) curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    (void) curl_easy_setopt(easy, CURLOPT_USERAGENT, "jupref");
    (void) curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    (void) curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION,
                            ngx_http_jupref_fetch_header);
    (void) curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    (void) curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION,
                            ngx_http_jupref_fetch_body);
    (void) curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    (void) curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    (void) curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long) fetch->timeout);
    (void) curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                            fetch->connect_timeout
                            ? (long) fetch->connect_timeout
                            : (long) fetch->timeout);
    (void) curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                            (curl_off_t) fetch->body.len);

    rc = curl_easy_setopt(easy, CURLOPT_PROXY, "");

    if (rc == CURLE_OK) {
        rc = curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS,
                              fetch->body.len ? (char *) fetch->body.data
                                              : "");
    }

    return rc;
}


static ngx_int_t
ngx_http_jupref_fetch_headers(ngx_http_jupref_transfer_t *transfer)
{
    u_char             *host;
    ngx_uint_t          i;
    struct curl_slist  *list;

    static const char *const  fixed[] = {
        "Content-Type: application/json",
        "Accept: application/json",
        "Expect:"                       /* never wait for 100 Continue */
    };

    for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        list = curl_slist_append(transfer->headers, fixed[i]);
        if (list == NULL) {
            return NGX_ERROR;
        }

        transfer->headers = list;
    }

    host = ngx_alloc(sizeof("Host: ") + transfer->fetch.host.len,
                     ngx_cycle->log);
    if (host == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_sprintf(host, "Host: %V%Z", &transfer->fetch.host);

    list = curl_slist_append(transfer->headers, (char *) host);
    ngx_free(host);

    if (list == NULL) {
        return NGX_ERROR;
    }

    transfer->headers = list;

    return NGX_OK;
}


static size_t
ngx_http_jupref_fetch_header(char *line, size_t size, size_t n, void *data)
{
    ngx_http_jupref_transfer_t  *transfer = data;

    size_t     len;
    u_char    *p, *last;

    static ngx_str_t  name = ngx_string("retry-after:");

    len = size * n;
    p = (u_char *) line;
    last = p + len;

    if (len <= name.len || ngx_strncasecmp(p, name.data, name.len) != 0) {
        return len;
    }

    p += name.len;

    while (p < last && *p == ' ') {
        p++;
    }

    while (last > p && (last[-1] == CR || last[-1] == LF || last[-1] == ' ')) {
        last--;
    }

    if ((size_t) (last - p) <= NGX_HTTP_JUPREF_FETCH_HEADER) {
        transfer->fetch.retry_after.data = transfer->retry_after;
        transfer->fetch.retry_after.len = (size_t) (last - p);
        ngx_memcpy(transfer->retry_after, p, (size_t) (last - p));
    }

    return len;
}


/* Room grows by doubling, up to what the caller takes. */

static size_t
ngx_http_jupref_fetch_body(char *text, size_t size, size_t n, void *data)
{
    ngx_http_jupref_transfer_t  *transfer = data;

    u_char                   *room;
    size_t                    len, needed;
    ngx_http_jupref_fetch_t  *fetch;

    fetch = &transfer->fetch;
    len = size * n;

    if (len > fetch->answer_max - fetch->answer.len) {
        transfer->too_large = 1;
        return 0;
    }

    if (len > transfer->room - fetch->answer.len) {
        needed = ngx_max(2 * transfer->room, fetch->answer.len + len);
        needed = ngx_max(needed, NGX_HTTP_JUPREF_FETCH_FIRST);
        needed = ngx_min(needed, fetch->answer_max);

        room = ngx_alloc(needed, ngx_cycle->log);
        if (room == NULL) {
            return 0;
        }

        if (fetch->answer.len) {
            ngx_memcpy(room, fetch->answer.data, fetch->answer.len);
            ngx_free(fetch->answer.data);

        } else if (fetch->answer.data) {
            ngx_free(fetch->answer.data);
        }

        fetch->answer.data = room;
        transfer->room = needed;
    }

    ngx_memcpy(fetch->answer.data + fetch->answer.len, text, len);
    fetch->answer.len += len;

    return len;
}


void
ngx_http_jupref_fetch_reap(CURLM *multi)
{
    int                          left;
    long                         status;
    char                        *private;
    CURLMsg                     *msg;
    CURLcode                     code;
    curl_off_t                   time;
    ngx_http_jupref_fetch_t     *fetch;
    ngx_http_jupref_transfer_t  *transfer;

    while ((msg = curl_multi_info_read(multi, &left)) != NULL) {

        if (msg->msg != CURLMSG_DONE) {
            continue;
        }

        /* the message dies with what follows */

        code = msg->data.result;
        private = NULL;
        (void) curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &private);

        transfer = (void *) private;
        fetch = &transfer->fetch;

        status = 0;
        time = 0;
        (void) curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE,
                                 &status);
        (void) curl_easy_getinfo(transfer->easy, CURLINFO_STARTTRANSFER_TIME_T,
                                 &time);

        fetch->transport = ngx_http_jupref_fetch_transport(transfer, code);
        fetch->status = (fetch->transport == JUPREF_RPC_ANSWERED)
                        ? (ngx_uint_t) status : 0;
        fetch->latency_us = (uint64_t) time;

        (void) curl_multi_remove_handle(multi, transfer->easy);
        transfer->started = 0;

        fetch->handler(fetch);

        ngx_http_jupref_fetch_free(transfer);
    }
}


static jupref_rpc_transport_e
ngx_http_jupref_fetch_transport(ngx_http_jupref_transfer_t *transfer,
    CURLcode code)
{
    curl_off_t  connected;

    switch (code) {

    case CURLE_OK:
        return JUPREF_RPC_ANSWERED;

    case CURLE_COULDNT_CONNECT:
        return JUPREF_RPC_NOT_CONNECTED;

    case CURLE_OPERATION_TIMEDOUT:
        connected = 0;
        (void) curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T,
                                 &connected);
        return connected ? JUPREF_RPC_TIMED_OUT : JUPREF_RPC_NOT_CONNECTED;

    default:
        return transfer->too_large ? JUPREF_RPC_TOO_LARGE : JUPREF_RPC_RESET;
    }
}


void
ngx_http_jupref_fetch_cancel(ngx_http_jupref_fetch_t *fetch)
{
    ngx_http_jupref_transfer_t  *transfer;

    transfer = (ngx_http_jupref_transfer_t *) fetch;

    if (transfer->started) {
        (void) curl_multi_remove_handle(ngx_http_jupref_fetch_multi(),
                                        transfer->easy);
    }

    ngx_http_jupref_fetch_free(transfer);
}


static void
ngx_http_jupref_fetch_free(ngx_http_jupref_transfer_t *transfer)
{
    if (transfer->easy) {
        curl_easy_cleanup(transfer->easy);
    }

    curl_slist_free_all(transfer->headers);

    if (transfer->fetch.answer.data) {
        ngx_free(transfer->fetch.answer.data);
    }

    ngx_queue_remove(&transfer->queue);
    ngx_http_jupref_transfers_count--;
    ngx_http_jupref_transfers_of[transfer->fetch.kind]--;

    ngx_free(transfer);

    ngx_http_jupref_fetch_counted();
}


/* Somebody waits for an answer: so does the end of the process. */

static void
ngx_http_jupref_fetch_counted(void)
{
    ngx_queue_t                 *q;
    ngx_uint_t                   hold;
    ngx_http_jupref_transfer_t  *transfer;

    hold = 0;

    for (q = ngx_queue_head(&ngx_http_jupref_transfers);
         q != ngx_queue_sentinel(&ngx_http_jupref_transfers);
         q = ngx_queue_next(q))
    {
        transfer = ngx_queue_data(q, ngx_http_jupref_transfer_t, queue);

        if (transfer->started && !transfer->fetch.patient) {
            hold = 1;
            break;
        }
    }

    ngx_http_jupref_fetch_hold(hold);
}


ngx_uint_t
ngx_http_jupref_fetches(void)
{
    return ngx_http_jupref_transfers_count;
}


void
ngx_http_jupref_fetch_exit(void)
{
    ngx_queue_t                 *q;
    ngx_http_jupref_transfer_t  *transfer;

    if (ngx_http_jupref_transfers.next == NULL) {
        return;
    }

    while (!ngx_queue_empty(&ngx_http_jupref_transfers)) {
        q = ngx_queue_head(&ngx_http_jupref_transfers);
        transfer = ngx_queue_data(q, ngx_http_jupref_transfer_t, queue);

        ngx_http_jupref_fetch_cancel(&transfer->fetch);
    }

    ngx_http_jupref_fetch_multi_free();
}


static void *
ngx_http_jupref_fetch_take(void *context, size_t size)
{
    return ngx_alloc(size, ngx_cycle->log);
}


static void
ngx_http_jupref_fetch_release(void *context, void *memory)
{
    ngx_free(memory);
}
