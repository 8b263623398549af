/*
 * Between the files that make fetches.
 */

#ifndef NGX_HTTP_JUPREF_FETCH_PARTS_H
#define NGX_HTTP_JUPREF_FETCH_PARTS_H


#include "agent/ngx_http_jupref_fetch_events.h"


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


/* ngx_http_jupref_fetch_curl.c: makes its handle; the address is all it may
 * connect to. */
CURLcode ngx_http_jupref_fetch_options(ngx_http_jupref_transfer_t *transfer);


#endif /* NGX_HTTP_JUPREF_FETCH_PARTS_H */
