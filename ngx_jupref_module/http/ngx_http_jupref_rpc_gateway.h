/*
 * The gateway's part of the RPC zone: what all workers share of clients and
 * of answers.  Made once, kept over reloads; changed under the zone's lock,
 * but for the counters.
 *
 *     clients     a bucket each, for jupref_rpc_limit
 *     cached      answers that may be given to others who ask the same
 *     monotonic   the highest slot each client has seen
 *     resent      transactions that are sent until they are final
 *
 * Nothing of it is truth: what doesn't fit makes what wasn't used for longest
 * give way.
 */

#ifndef NGX_HTTP_JUPREF_RPC_GATEWAY_H
#define NGX_HTTP_JUPREF_RPC_GATEWAY_H


/* nginx's own headers have to come before any of the system's */
#include "http/ngx_http_jupref_rpc.h"

#include "base/jupref_bucket.h"
#include "base/jupref_recent.h"
#include "solana/jupref_monotonic.h"
#include "solana/jupref_rpc_send.h"
#include "upstream/ngx_http_jupref_rpc_zone.h"


/* Transactions that are sent again at the same time, at most. */
#define NGX_HTTP_JUPREF_RPC_RESENT      1024

/* A larger answer isn't kept for others. */
#define NGX_HTTP_JUPREF_RPC_CACHED_MAX  (256 * 1024)


/* What became of a sendTransaction. */
typedef enum {
    NGX_HTTP_JUPREF_RPC_SEND_ACCEPTED = 0,
    NGX_HTTP_JUPREF_RPC_SEND_REFUSED,           /* by nodes */
    NGX_HTTP_JUPREF_RPC_SEND_FAILED,            /* nobody knows */
    NGX_HTTP_JUPREF_RPC_SENDS
} ngx_http_jupref_rpc_send_e;


/* A jupref_rpc_cost line. */
typedef struct {
    const jupref_rpc_method_t  *method;         /* NULL: the whole class */
    jupref_rpc_class_e          class;
    uint32_t                    units;
} ngx_http_jupref_rpc_cost_t;


/* Counted without the lock; metrics read. */
struct ngx_http_jupref_rpc_counters_s {
    ngx_atomic_t                requests[JUPREF_RPC_CLASSES]
                                        [NGX_HTTP_JUPREF_RPC_ORIGINS];
    ngx_atomic_t                exchanges[JUPREF_RPC_TOO_LARGE + 1];
    ngx_atomic_t                retries[2];     /* made; budget was spent */
    ngx_atomic_t                hedges[2];      /* made; first to answer */
    ngx_atomic_t                evicted;        /* answers before their time */
    ngx_atomic_t                sends[NGX_HTTP_JUPREF_RPC_SENDS];
    ngx_atomic_t                malformed[JUPREF_SEND_RESULTS];
    ngx_atomic_t                tied;           /* sends that are an order's */
    ngx_atomic_t                resends;
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


/* A transaction that is sent again and again: ngx_http_jupref_rpc_resend.c */
typedef struct {
    jupref_recent_row_t         row;            /* key: of its signature */
    uint64_t                    pool;           /* its key */
    uint64_t                    until_ms;       /* steady */
    uint64_t                    next_ms;
    uint64_t                    every_ms;
    u_char                     *bytes;          /* in the slab */
    uint64_t                    len;
    jupref_signature_t          signature;
    uint64_t                    spare;
} ngx_http_jupref_rpc_resent_t;


struct ngx_http_jupref_gateway_s {
    uint64_t                    layout;
    ngx_http_jupref_rpc_counters_t  counters;
    jupref_retry_budget_t       retries;
    jupref_recent_t            *clients;
    jupref_recent_t            *cached;
    uint64_t                    cached_bytes;
    uint64_t                    cached_most;
    jupref_monotonic_t         *monotonic;
    jupref_recent_t            *resent;
};


/*
 * ngx_http_jupref_rpc_resend.c, for the agent: copies one that is due, with
 * its pool's key (0: none is); tells those of a pool, at most so many;
 * forgets one.
 */
ngx_uint_t ngx_http_jupref_resend_next(ngx_http_jupref_rpc_zone_t *zone,
    uint64_t now_ms, jupref_send_t *send, uint64_t *pool);
ngx_uint_t ngx_http_jupref_resend_list(ngx_http_jupref_pool_t *pool,
    jupref_signature_t *signatures, ngx_uint_t most);
void ngx_http_jupref_resend_forget(ngx_http_jupref_rpc_zone_t *zone,
    const jupref_signature_t *signature);


/* ngx_http_jupref_rpc_cache.c, the zone's hook: gives way to others */
ngx_uint_t ngx_http_jupref_rpc_cache_yield_locked(
    ngx_http_jupref_rpc_zone_t *zone);

/* The zone's hook: makes the gateway's part where it isn't there. */
ngx_int_t ngx_http_jupref_gateway_init(ngx_http_jupref_rpc_zone_t *zone,
    ngx_log_t *log);


#endif /* NGX_HTTP_JUPREF_RPC_GATEWAY_H */
