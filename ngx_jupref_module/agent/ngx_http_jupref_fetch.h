/*
 * A call to a node at its own address, outside of any client's request: HTTP
 * POST of a JSON body, by libcurl's multi interface on nginx's events.
 *
 * nginx's upstreams answer requests; a probe, a verification, or a send to
 * several nodes at once has none.  The address is an IP and port or a unix
 * socket, never a name, so that nothing is resolved and no thread is made.
 * Works in any worker, with some memory once it is first used there.
 *
 * A fetch is made, filled, started; its handler is called once, from the
 * event loop and never inside start(), and afterwards it is freed.  Whoever
 * loses interest cancels: then the handler isn't called.  A worker that is
 * told to end gracefully waits for fetches that are not `patient`, within
 * their timeout.
 */

#ifndef NGX_HTTP_JUPREF_FETCH_H
#define NGX_HTTP_JUPREF_FETCH_H


#include "http/ngx_http_jupref_compat.h"
#include "solana/jupref_rpc_verdict.h"
#include "upstream/ngx_http_jupref_pool.h"


/* Of one process; more are refused.  Clients' calls leave some to the agent:
 * nodes that hang must not keep it from seeing that they do. */
#define NGX_HTTP_JUPREF_FETCHES_MAX      256
#define NGX_HTTP_JUPREF_FETCHES_CLIENTS  192

#define NGX_HTTP_JUPREF_FETCH_ANSWER  (1024 * 1024)     /* bytes at most */
#define NGX_HTTP_JUPREF_FETCH_MS      5000


/* Whose it is. */
typedef enum {
    NGX_HTTP_JUPREF_FETCH_AGENT = 0,
    NGX_HTTP_JUPREF_FETCH_CLIENT,
    NGX_HTTP_JUPREF_FETCH_KINDS
} ngx_http_jupref_fetch_e;


typedef struct ngx_http_jupref_fetch_s  ngx_http_jupref_fetch_t;

typedef void (*ngx_http_jupref_fetch_pt)(ngx_http_jupref_fetch_t *fetch);


struct ngx_http_jupref_fetch_s {

    /* set by create(); others may be set before start() */
    struct sockaddr_storage     sockaddr;       /* of the node; copied */
    socklen_t                   socklen;
    ngx_str_t                   host;           /* the Host header; copied */
    ngx_http_jupref_fetch_e     kind;
    ngx_str_t                   body;           /* copied by start() */
    size_t                      answer_max;     /* NGX_…_FETCH_ANSWER */
    ngx_msec_t                  timeout;        /* NGX_…_FETCH_MS, whole */
    ngx_msec_t                  connect_timeout;        /* 0: the same */
    ngx_http_jupref_fetch_pt    handler;
    void                       *data;
    unsigned                    patient:1;      /* a quit needn't wait for it:
                                                 * it is dropped */

    /* set when the handler is called */
    jupref_rpc_transport_e      transport;
    ngx_uint_t                  status;         /* HTTP's, when ANSWERED */
    ngx_str_t                   retry_after;    /* its header, len 0: none */
    ngx_str_t                   answer;         /* the body, until it returns */
    uint64_t                    latency_us;     /* to the first byte */
    uint64_t                    started_ms;     /* steady */
};


/* To a node of that pool.  NULL: no memory, or too many are in flight. */
ngx_http_jupref_fetch_t *ngx_http_jupref_fetch_create(
    ngx_http_jupref_pool_t *pool, ngx_http_jupref_pool_node_t *node,
    ngx_http_jupref_fetch_e kind);

/* NGX_ERROR: it can't be started; it is freed then, without a call. */
ngx_int_t ngx_http_jupref_fetch_start(ngx_http_jupref_fetch_t *fetch);

/* At any time before the handler is called; frees it. */
void ngx_http_jupref_fetch_cancel(ngx_http_jupref_fetch_t *fetch);

/* Of this process, in flight now. */
ngx_uint_t ngx_http_jupref_fetches(void);

/* For what reads an answer: from the heap, as there is no pool. */
extern const jupref_memory_t  ngx_http_jupref_fetch_memory;

/* A process ends: what is in flight is dropped, handlers aren't called. */
void ngx_http_jupref_fetch_exit(void);


#endif /* NGX_HTTP_JUPREF_FETCH_H */
