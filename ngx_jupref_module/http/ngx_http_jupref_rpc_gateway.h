/*
 * The gateway's part of the RPC zone: what all workers share of clients and
 * of answers.  Made once, kept over reloads; changed under the zone's lock,
 * but for the counters.
 *
 *     clients     a bucket each, for jupref_rpc_limit
 *     cached      answers that may be given to others who ask the same
 *     monotonic   the highest slot each client has seen
 *
 * Nothing of it is truth: what doesn't fit makes what wasn't used for longest
 * give way.
 */

#ifndef NGX_HTTP_JUPREF_RPC_GATEWAY_H
#define NGX_HTTP_JUPREF_RPC_GATEWAY_H


#include "base/jupref_bucket.h"
#include "base/jupref_recent.h"
#include "http/ngx_http_jupref_rpc.h"
#include "solana/jupref_monotonic.h"
#include "upstream/ngx_http_jupref_rpc_zone.h"


/* A larger answer isn't kept for others. */
#define NGX_HTTP_JUPREF_RPC_CACHED_MAX  (256 * 1024)


/* Counted without the lock; metrics read. */
struct ngx_http_jupref_rpc_counters_s {
    ngx_atomic_t                requests[JUPREF_RPC_CLASSES]
                                        [NGX_HTTP_JUPREF_RPC_ORIGINS];
    ngx_atomic_t                exchanges[JUPREF_RPC_TOO_LARGE + 1];
    ngx_atomic_t                retries[2];     /* made; budget was spent */
    ngx_atomic_t                hedges[2];      /* made; first to answer */
    ngx_atomic_t                evicted;        /* answers before their time */
};


typedef struct {
    jupref_recent_row_t         row;
    jupref_bucket_t             bucket;
    uint64_t                    spare;
} ngx_http_jupref_rpc_client_t;


typedef struct {
    jupref_recent_row_t         row;
    uint64_t                    until_ms;       /* steady */
    uint64_t                    slot;           /* it is of, 0: unknown */
    u_char                     *text;           /* in the slab */
    uint64_t                    len;
    uint64_t                    spare;
} ngx_http_jupref_rpc_cached_t;


struct ngx_http_jupref_gateway_s {
    uint64_t                    layout;
    ngx_http_jupref_rpc_counters_t  counters;
    jupref_retry_budget_t       retries;
    jupref_recent_t            *clients;
    jupref_recent_t            *cached;
    uint64_t                    cached_bytes;
    uint64_t                    cached_most;
    jupref_monotonic_t         *monotonic;
};


/* The zone's hook: makes the gateway's part where it isn't there. */
ngx_int_t ngx_http_jupref_gateway_init(ngx_http_jupref_rpc_zone_t *zone,
    ngx_log_t *log);


#endif /* NGX_HTTP_JUPREF_RPC_GATEWAY_H */
