/*
 * The RPC zone: what all workers know of Solana nodes, in shared memory.
 *
 * Independent of the ledger's zone: losing it costs some probes.  It is made
 * for every jupref_freshest and jupref_rpc (16m, unless jupref_rpc_zone says
 * otherwise) and is a slab pool, so pointers in it are good in every process
 * of this nginx.  A reload keeps it; old and new workers work in it together.
 * All of it is changed under the slab's mutex, briefly; what is named _locked
 * wants it held.
 */

#ifndef NGX_HTTP_JUPREF_RPC_ZONE_H
#define NGX_HTTP_JUPREF_RPC_ZONE_H


#include "http/ngx_http_jupref_compat.h"
#include "solana/jupref_pool.h"
#include "upstream/ngx_http_jupref_heads.h"


/* Upstreams with jupref_freshest. */
#define NGX_HTTP_JUPREF_POOLS_MAX  32

#define NGX_HTTP_JUPREF_RPC_ZONE_SIZE  (16 * 1024 * 1024)
#define NGX_HTTP_JUPREF_RPC_ZONE_MIN   (1024 * 1024)

/* The office is lost this long after it was last prolonged. */
#define NGX_HTTP_JUPREF_LEASE_MS       3000


/* Who does the background work; a process that isn't there any more, or
 * whose deadline is over, has left the office. */
typedef struct {
    ngx_pid_t                      owner;       /* 0: vacant */
    uint64_t                       until_ms;
    uint64_t                       terms;       /* how often it was taken */
} ngx_http_jupref_lease_t;


/* Methods that nodes of a pool have said they haven't; the one that is over
 * first gives way to another. */
#define NGX_HTTP_JUPREF_LACKS     64
#define NGX_HTTP_JUPREF_LACKS_MS  (5 * 60 * 1000)

typedef struct {
    uint64_t                       method;      /* the caller's key, 0: none */
    uint64_t                       nodes;       /* that lack it, as a mask */
    uint64_t                       until_ms;    /* steady; then they're asked */
} ngx_http_jupref_lack_t;


/* An upstream's part of the zone. */
typedef struct {
    uint64_t                       key;         /* hash of its name */
    uint64_t                       id;          /* 0: free; never twice */
    uint64_t                       claimed_ms;
    jupref_pool_t                  pool;
    ngx_http_jupref_heads_t        heads;
    ngx_http_jupref_lack_t         lacks[NGX_HTTP_JUPREF_LACKS];
    uint64_t                       lacking;     /* something was ever lacked */
} ngx_http_jupref_shared_pool_t;


typedef struct {
    uint64_t                       magic;
    uint64_t                       layout;      /* and sizes, as one number */
    ngx_http_jupref_lease_t        lease;
    ngx_pid_t                      lanes[JUPREF_POOL_LANES];    /* whose */
    uint64_t                       last_pool;
    ngx_http_jupref_shared_pool_t *pools[NGX_HTTP_JUPREF_POOLS_MAX];

    /* the gateway's own, in the same slab: NULL until it makes it */
    void                          *gateway;

    /* the proof of trades' own, the same way */
    void                          *proof;
    void                          *accounts;
} ngx_http_jupref_rpc_shared_t;


/* The zone as one configuration knows it: in the main configuration,
 * `rpc_zone`; NULL when nothing needs it. */
typedef struct ngx_http_jupref_rpc_zone_s  ngx_http_jupref_rpc_zone_t;

struct ngx_http_jupref_rpc_zone_s {
    ngx_shm_zone_t                *shm_zone;
    ngx_slab_pool_t               *shpool;
    ngx_http_jupref_rpc_shared_t  *shared;
    ngx_array_t                    pools;       /* ngx_http_jupref_pool_t * */

    /* the gateway's: called in the master, with the mutex held, when the zone
     * is there, new or kept; NULL: none */
    ngx_int_t                    (*gateway_init)(
                                       ngx_http_jupref_rpc_zone_t *zone,
                                       ngx_log_t *log);

    /* the gateway's: something that it keeps gives way to what is needed, with
     * the mutex held; 0: there is nothing left; NULL: no gateway */
    ngx_uint_t                   (*gateway_yield)(
                                       ngx_http_jupref_rpc_zone_t *zone);
    unsigned                       given:1;     /* by jupref_rpc_zone */
};


/* The configuration's zone, made when there is none yet; NULL: no memory. */
ngx_http_jupref_rpc_zone_t *ngx_http_jupref_rpc_zone_need(ngx_conf_t *cf);

/* jupref_rpc_zone <size>; */
char *ngx_http_jupref_rpc_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* The zone of the configuration that this process runs; NULL: none. */
ngx_http_jupref_rpc_zone_t *ngx_http_jupref_rpc_zone_find(
    ngx_cycle_t *cycle);

void ngx_http_jupref_rpc_lock(ngx_http_jupref_rpc_zone_t *zone);
void ngx_http_jupref_rpc_unlock(ngx_http_jupref_rpc_zone_t *zone);

/* Zeroed; for it kept answers give way.  NULL: there is no room even so. */
void *ngx_http_jupref_rpc_zone_alloc_locked(ngx_http_jupref_rpc_zone_t *zone,
    size_t size);

/* This process's, of calls in flight. */
ngx_uint_t ngx_http_jupref_lane(void);

/* A process takes its lane, and leaves it. */
void ngx_http_jupref_rpc_zone_enter(ngx_http_jupref_rpc_zone_t *zone);
void ngx_http_jupref_rpc_zone_leave(ngx_http_jupref_rpc_zone_t *zone);

/* Forgets calls of processes that are gone. */
void ngx_http_jupref_rpc_zone_bury(ngx_http_jupref_rpc_zone_t *zone);

/* Milliseconds of the machine's steady clock, the same in all processes. */
uint64_t ngx_http_jupref_steady_ms(void);


/*
 * The office of the agent.  take() says whether this process holds it now:
 * it did and has prolonged it, or it was vacant, or its holder is gone.
 */
ngx_uint_t ngx_http_jupref_lease_take(ngx_http_jupref_rpc_zone_t *zone);
void ngx_http_jupref_lease_leave(ngx_http_jupref_rpc_zone_t *zone);


#endif /* NGX_HTTP_JUPREF_RPC_ZONE_H */
