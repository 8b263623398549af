/*
 * A call to a node as libcurl is told of it: where to, with which headers and
 * times; and what it hands over of the answer, as it comes.
 */

#include "agent/ngx_http_jupref_fetch_parts.h"


#define NGX_HTTP_JUPREF_FETCH_FIRST  4096       /* bytes taken for an answer */


static ngx_int_t ngx_http_jupref_fetch_headers(
    ngx_http_jupref_transfer_t *transfer);
static size_t ngx_http_jupref_fetch_header(char *line, size_t size, size_t n,
    void *data);
static size_t ngx_http_jupref_fetch_body(char *text, size_t size, size_t n,
    void *data);


/* The address is all it may connect to: no name, no proxy from the
 * environment, no redirect. */

CURLcode
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
