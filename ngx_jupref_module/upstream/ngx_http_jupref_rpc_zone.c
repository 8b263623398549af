/*
 * The RPC zone: made, kept over a reload, shared out to pools.
 *
 * A reload claims what its configuration needs while old workers use the
 * zone, and may still be rolled back: it adds, and takes nothing away.  Who
 * belongs to a pool is told by the agent when it comes into office
 * (ngx_http_jupref_pool_adopt()); only then may places be given to others.
 */

#include "http/ngx_http_jupref.h"
#include "upstream/ngx_http_jupref_pool.h"


#define NGX_HTTP_JUPREF_RPC_MAGIC  0x6a75707265667270ULL       /* "juprefrp" */


static ngx_int_t ngx_http_jupref_rpc_zone_init(ngx_shm_zone_t *shm_zone,
    void *data);
static uint64_t ngx_http_jupref_rpc_layout(void);
static ngx_int_t ngx_http_jupref_rpc_zone_pools(
    ngx_http_jupref_rpc_zone_t *zone, ngx_log_t *log);
static ngx_http_jupref_shared_pool_t *ngx_http_jupref_rpc_zone_pool_locked(
    ngx_http_jupref_rpc_zone_t *zone, uint64_t key);
static ngx_uint_t ngx_http_jupref_rpc_zone_is_used(
    ngx_http_jupref_rpc_zone_t *zone, uint64_t key);
static void ngx_http_jupref_rpc_zone_forget_locked(
    ngx_http_jupref_rpc_zone_t *zone, ngx_uint_t lane);
static ngx_uint_t ngx_http_jupref_is_gone(ngx_pid_t pid);


static ngx_str_t  ngx_http_jupref_rpc_zone_name = ngx_string("jupref_rpc");

/* The zone's tag: not the ledger's, whose zones are told by the module. */
static ngx_uint_t  ngx_http_jupref_rpc_zone_tag;


ngx_http_jupref_rpc_zone_t *
ngx_http_jupref_rpc_zone_need(ngx_conf_t *cf)
{
    ngx_http_jupref_rpc_zone_t   *zone;
    ngx_http_jupref_main_conf_t  *jmcf;

    jmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_jupref_module);

    if (jmcf->rpc_zone) {
        return jmcf->rpc_zone;
    }

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_http_jupref_rpc_zone_t));
    if (zone == NULL) {
        return NULL;
    }

    if (ngx_array_init(&zone->pools, cf->pool, 2,
                       sizeof(ngx_http_jupref_pool_t *))
        != NGX_OK)
    {
        return NULL;
    }

    /* its size is jupref_rpc_zone's, which may come later */

    zone->shm_zone = ngx_shared_memory_add(cf, &ngx_http_jupref_rpc_zone_name,
                                           0, &ngx_http_jupref_rpc_zone_tag);
    if (zone->shm_zone == NULL) {
        return NULL;
    }

    zone->shm_zone->shm.size = NGX_HTTP_JUPREF_RPC_ZONE_SIZE;
    zone->shm_zone->init = ngx_http_jupref_rpc_zone_init;
    zone->shm_zone->data = zone;

    jmcf->rpc_zone = zone;

    return zone;
}


/* jupref_rpc_zone <size>; */

char *
ngx_http_jupref_rpc_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ssize_t                      size;
    ngx_str_t                   *value;
    ngx_http_jupref_rpc_zone_t  *zone;

    zone = ngx_http_jupref_rpc_zone_need(cf);
    if (zone == NULL) {
        return NGX_CONF_ERROR;
    }

    if (zone->given) {
        return "is duplicate";
    }

    value = cf->args->elts;
    size = ngx_parse_size(&value[1]);

    if (size == NGX_ERROR || size < NGX_HTTP_JUPREF_RPC_ZONE_MIN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size \"%V\" in \"jupref_rpc_zone\", it "
                           "must be a size of at least 1m such as \"16m\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    zone->given = 1;
    zone->shm_zone->shm.size = (size_t) size;

    return NGX_CONF_OK;
}


ngx_http_jupref_rpc_zone_t *
ngx_http_jupref_rpc_zone_find(ngx_cycle_t *cycle)
{
    ngx_http_jupref_main_conf_t  *jmcf;

    jmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_jupref_module);

    return jmcf ? jmcf->rpc_zone : NULL;
}


static ngx_int_t
ngx_http_jupref_rpc_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_jupref_rpc_zone_t  *zone, *old;

    static u_char  log_ctx[] = " in jupref_rpc_zone";

    zone = shm_zone->data;
    old = data;

    zone->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (old || shm_zone->shm.exists) {
        zone->shared = zone->shpool->data;

        if (zone->shared->magic != NGX_HTTP_JUPREF_RPC_MAGIC
            || zone->shared->layout != ngx_http_jupref_rpc_layout())
        {
            ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                          "the zone of \"jupref_rpc_zone\" was laid out by "
                          "another version of the module: restart nginx "
                          "instead of reloading it");
            return NGX_ERROR;
        }

        return ngx_http_jupref_rpc_zone_pools(zone, shm_zone->shm.log);
    }

    zone->shared = ngx_slab_calloc(zone->shpool,
                                   sizeof(ngx_http_jupref_rpc_shared_t));
    if (zone->shared == NULL) {
        return NGX_ERROR;
    }

    zone->shpool->data = zone->shared;
    zone->shpool->log_ctx = log_ctx;
    zone->shpool->log_nomem = 0;

    zone->shared->layout = ngx_http_jupref_rpc_layout();
    zone->shared->magic = NGX_HTTP_JUPREF_RPC_MAGIC;

    return ngx_http_jupref_rpc_zone_pools(zone, shm_zone->shm.log);
}


/* Sizes of what lies in the zone, as one number. */

static uint64_t
ngx_http_jupref_rpc_layout(void)
{
    uint64_t  layout;

    layout = sizeof(ngx_http_jupref_rpc_shared_t);
    layout = layout * 65521 + sizeof(ngx_http_jupref_shared_pool_t);
    layout = layout * 65521 + sizeof(jupref_pool_t);
    layout = layout * 65521 + sizeof(jupref_node_t);
    layout = layout * 65521 + sizeof(ngx_http_jupref_heads_t);

    return layout;
}


/* Each of the configuration's pools gets its place, and so do its nodes. */

static ngx_int_t
ngx_http_jupref_rpc_zone_pools(ngx_http_jupref_rpc_zone_t *zone,
    ngx_log_t *log)
{
    ngx_int_t                 rc;
    ngx_uint_t                i;
    ngx_http_jupref_pool_t  **pools, *pool;

    pools = zone->pools.elts;
    rc = NGX_OK;

    ngx_http_jupref_rpc_lock(zone);

    for (i = 0; rc == NGX_OK && i < zone->pools.nelts; i++) {
        pool = pools[i];

        pool->shared = ngx_http_jupref_rpc_zone_pool_locked(zone, pool->key);

        if (pool->shared == NULL) {
            ngx_log_error(NGX_LOG_EMERG, log, 0,
                          "no room for upstream \"%V\" in the zone of "
                          "\"jupref_rpc_zone\", which has %uzk: it must be "
                          "larger", &pool->upstream->host,
                          zone->shm_zone->shm.size / 1024);
            rc = NGX_ERROR;
            break;
        }

        pool->id = pool->shared->id;

        if (pool->shared->pool.slot_us == 0) {
            jupref_pool_init(&pool->shared->pool, &pool->rules);
        }

        rc = ngx_http_jupref_pool_claim_locked(pool, log);
    }

    if (rc == NGX_OK && zone->gateway_init) {
        rc = zone->gateway_init(zone, log);
    }

    ngx_http_jupref_rpc_unlock(zone);

    return rc;
}


/* That upstream's place: its own from before, a new one, or the one of an
 * upstream that has been out of use for longest. */

static ngx_http_jupref_shared_pool_t *
ngx_http_jupref_rpc_zone_pool_locked(ngx_http_jupref_rpc_zone_t *zone,
    uint64_t key)
{
    ngx_uint_t                      i;
    ngx_http_jupref_rpc_shared_t   *shared;
    ngx_http_jupref_shared_pool_t  *pool, *oldest;

    shared = zone->shared;
    oldest = NULL;

    for (i = 0; i < NGX_HTTP_JUPREF_POOLS_MAX && shared->pools[i]; i++) {
        pool = shared->pools[i];

        if (pool->key == key) {
            pool->claimed_ms = ngx_http_jupref_steady_ms();
            return pool;
        }

        if (!ngx_http_jupref_rpc_zone_is_used(zone, pool->key)
            && (oldest == NULL || pool->claimed_ms < oldest->claimed_ms))
        {
            oldest = pool;
        }
    }

    pool = NULL;

    if (i < NGX_HTTP_JUPREF_POOLS_MAX) {
        pool = ngx_http_jupref_rpc_zone_alloc_locked(zone,
                                     sizeof(ngx_http_jupref_shared_pool_t));
        if (pool) {
            shared->pools[i] = pool;
        }
    }

    if (pool == NULL) {
        pool = oldest;
    }

    if (pool) {
        ngx_memzero(pool, sizeof(ngx_http_jupref_shared_pool_t));

        pool->key = key;
        pool->id = ++shared->last_pool;
        pool->claimed_ms = ngx_http_jupref_steady_ms();
    }

    return pool;
}


void *
ngx_http_jupref_rpc_zone_alloc_locked(ngx_http_jupref_rpc_zone_t *zone,
    size_t size)
{
    void  *p;

    do {
        p = ngx_slab_calloc_locked(zone->shpool, size);

    } while (p == NULL && zone->gateway_yield && zone->gateway_yield(zone));

    return p;
}


/* By this configuration. */

static ngx_uint_t
ngx_http_jupref_rpc_zone_is_used(ngx_http_jupref_rpc_zone_t *zone,
    uint64_t key)
{
    ngx_uint_t                i;
    ngx_http_jupref_pool_t  **pools;

    pools = zone->pools.elts;

    for (i = 0; i < zone->pools.nelts; i++) {
        if (pools[i]->key == key) {
            return 1;
        }
    }

    return 0;
}


void
ngx_http_jupref_rpc_lock(ngx_http_jupref_rpc_zone_t *zone)
{
    ngx_shmtx_lock(&zone->shpool->mutex);
}


void
ngx_http_jupref_rpc_unlock(ngx_http_jupref_rpc_zone_t *zone)
{
    ngx_shmtx_unlock(&zone->shpool->mutex);
}


uint64_t
ngx_http_jupref_steady_ms(void)
{
    return (uint64_t) ngx_current_msec;
}


ngx_uint_t
ngx_http_jupref_lane(void)
{
    return (ngx_uint_t) ngx_process_slot % JUPREF_POOL_LANES;
}


/* The process that had the lane before is gone, unless there are more than
 * lanes: then two share one. */

void
ngx_http_jupref_rpc_zone_enter(ngx_http_jupref_rpc_zone_t *zone)
{
    ngx_uint_t  lane;

    lane = ngx_http_jupref_lane();

    ngx_http_jupref_rpc_lock(zone);

    if (zone->shared->lanes[lane] == 0
        || zone->shared->lanes[lane] == ngx_pid
        || ngx_http_jupref_is_gone(zone->shared->lanes[lane]))
    {
        ngx_http_jupref_rpc_zone_forget_locked(zone, lane);
    }

    zone->shared->lanes[lane] = ngx_pid;

    ngx_http_jupref_rpc_unlock(zone);
}


void
ngx_http_jupref_rpc_zone_leave(ngx_http_jupref_rpc_zone_t *zone)
{
    ngx_uint_t  lane;

    lane = ngx_http_jupref_lane();

    ngx_http_jupref_rpc_lock(zone);

    if (zone->shared->lanes[lane] == ngx_pid) {
        ngx_http_jupref_rpc_zone_forget_locked(zone, lane);
        zone->shared->lanes[lane] = 0;
    }

    ngx_http_jupref_rpc_unlock(zone);
}


void
ngx_http_jupref_rpc_zone_bury(ngx_http_jupref_rpc_zone_t *zone)
{
    ngx_uint_t  lane;

    ngx_http_jupref_rpc_lock(zone);

    for (lane = 0; lane < JUPREF_POOL_LANES; lane++) {
        if (zone->shared->lanes[lane]
            && ngx_http_jupref_is_gone(zone->shared->lanes[lane]))
        {
            ngx_http_jupref_rpc_zone_forget_locked(zone, lane);
            zone->shared->lanes[lane] = 0;
        }
    }

    ngx_http_jupref_rpc_unlock(zone);
}


static void
ngx_http_jupref_rpc_zone_forget_locked(ngx_http_jupref_rpc_zone_t *zone,
    ngx_uint_t lane)
{
    ngx_uint_t                      i;
    ngx_http_jupref_shared_pool_t  *pool;

    for (i = 0; i < NGX_HTTP_JUPREF_POOLS_MAX; i++) {
        pool = zone->shared->pools[i];

        if (pool) {
            jupref_pool_clear_lane(&pool->pool, (unsigned) lane);
        }
    }
}


/* A process that may not be signalled is there. */

static ngx_uint_t
ngx_http_jupref_is_gone(ngx_pid_t pid)
{
    return pid <= 0 || (kill(pid, 0) == -1 && ngx_errno == NGX_ESRCH);
}


ngx_uint_t
ngx_http_jupref_lease_take(ngx_http_jupref_rpc_zone_t *zone)
{
    uint64_t                  now_ms;
    ngx_uint_t                mine;
    ngx_http_jupref_lease_t  *lease;

    now_ms = ngx_http_jupref_steady_ms();

    ngx_http_jupref_rpc_lock(zone);

    lease = &zone->shared->lease;
    mine = (lease->owner == ngx_pid);

    if (!mine && (lease->owner == 0 || now_ms > lease->until_ms
                  || ngx_http_jupref_is_gone(lease->owner)))
    {
        lease->owner = ngx_pid;
        lease->terms++;
        mine = 1;
    }

    if (mine) {
        lease->until_ms = now_ms + NGX_HTTP_JUPREF_LEASE_MS;
    }

    ngx_http_jupref_rpc_unlock(zone);

    return mine;
}


void
ngx_http_jupref_lease_leave(ngx_http_jupref_rpc_zone_t *zone)
{
    ngx_http_jupref_rpc_lock(zone);

    if (zone->shared->lease.owner == ngx_pid) {
        zone->shared->lease.owner = 0;
    }

    ngx_http_jupref_rpc_unlock(zone);
}
