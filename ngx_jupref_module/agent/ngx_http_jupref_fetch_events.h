/*
 * libcurl's multi interface on nginx's events: the inside of fetches.
 */

#ifndef NGX_HTTP_JUPREF_FETCH_EVENTS_H
#define NGX_HTTP_JUPREF_FETCH_EVENTS_H


#include "agent/ngx_http_jupref_fetch.h"

#include <curl/curl.h>


/* One per process, made when it is first needed; NULL: it can't be. */
CURLM *ngx_http_jupref_fetch_multi(void);

/* Whether a graceful end of the process waits for what is in flight. */
void ngx_http_jupref_fetch_hold(ngx_uint_t hold);

void ngx_http_jupref_fetch_multi_free(void);

/* ngx_http_jupref_fetch.c: takes and ends what is done; after each turn. */
void ngx_http_jupref_fetch_reap(CURLM *multi);


#endif /* NGX_HTTP_JUPREF_FETCH_EVENTS_H */
