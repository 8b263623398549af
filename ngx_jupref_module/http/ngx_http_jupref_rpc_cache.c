/*
 * Answers kept for others who ask the same, in the RPC zone.
 *
 * What is kept is a result's own text, with the slot it is of.  How long is
 * the pure rule's; a client that has seen a later slot isn't given it.  Work
 * under the lock is bounded: a few answers give way for a new one, or it isn't
 * kept.
 */

#include "http/ngx_http_jupref_rpc_gateway.h"


/* Answers that may give way to one. */
#define NGX_HTTP_JUPREF_RPC_EVICTED  16


static void ngx_http_jupref_rpc_cache_put_locked(
    ngx_http_jupref_rpc_zone_t *zone, const uint8_t key[JUPREF_SHA256_SIZE],
    jupref_bytes_t text, uint64_t slot, uint64_t until_ms);
static u_char *ngx_http_jupref_rpc_cache_room_locked(
    ngx_http_jupref_rpc_zone_t *zone, size_t len);
static uint64_t ngx_http_jupref_rpc_cache_taken(size_t len);
static void ngx_http_jupref_rpc_cache_drop_locked(
    ngx_http_jupref_rpc_zone_t *zone, ngx_http_jupref_rpc_cached_t *cached);


/* A copy in the pool, empty when there is none that may be given. */

jupref_bytes_t
ngx_http_jupref_rpc_cache_get(ngx_http_jupref_rpc_zone_t *zone,
    const uint8_t key[JUPREF_SHA256_SIZE], uint64_t min_slot,
    ngx_pool_t *pool, uint64_t *slot)
{
    u_char                        *copy;
    jupref_bytes_t                 text;
    ngx_http_jupref_gateway_t     *gateway;
    ngx_http_jupref_rpc_cached_t  *cached;

    text.data = NULL;
    text.len = 0;
    gateway = zone->shared->gateway;

    ngx_http_jupref_rpc_lock(zone);

    cached = jupref_recent_find(gateway->cached, key);

    if (cached && cached->until_ms <= ngx_http_jupref_steady_ms()) {
        ngx_http_jupref_rpc_cache_drop_locked(zone, cached);
        cached = NULL;
    }

    if (cached && cached->slot >= min_slot) {
        copy = ngx_pnalloc(pool, cached->len);

        if (copy) {
            ngx_memcpy(copy, cached->text, cached->len);
            jupref_recent_use(gateway->cached, cached);

            text.data = copy;
            text.len = cached->len;
            *slot = cached->slot;
        }
    }

    ngx_http_jupref_rpc_unlock(zone);

    return text;
}


void
ngx_http_jupref_rpc_cache_put(ngx_http_jupref_rpc_zone_t *zone,
    const uint8_t key[JUPREF_SHA256_SIZE], jupref_bytes_t text, uint64_t slot,
    uint64_t keep_ms)
{
    if (text.len == 0 || text.len > NGX_HTTP_JUPREF_RPC_CACHED_MAX) {
        return;
    }

    ngx_http_jupref_rpc_lock(zone);
    ngx_http_jupref_rpc_cache_put_locked(zone, key, text, slot,
                                         ngx_http_jupref_steady_ms()
                                         + keep_ms);
    ngx_http_jupref_rpc_unlock(zone);
}


static void
ngx_http_jupref_rpc_cache_put_locked(ngx_http_jupref_rpc_zone_t *zone,
    const uint8_t key[JUPREF_SHA256_SIZE], jupref_bytes_t text, uint64_t slot,
    uint64_t until_ms)
{
    u_char                        *room;
    ngx_http_jupref_gateway_t     *gateway;
    ngx_http_jupref_rpc_cached_t  *cached;

    gateway = zone->shared->gateway;
    cached = jupref_recent_find(gateway->cached, key);

    if (cached) {

        /* an answer of an older slot doesn't replace a newer one */

        if (cached->slot > slot
            && cached->until_ms > ngx_http_jupref_steady_ms())
        {
            return;
        }

        ngx_http_jupref_rpc_cache_drop_locked(zone, cached);
    }

    room = ngx_http_jupref_rpc_cache_room_locked(zone, text.len);
    if (room == NULL) {
        return;
    }

    cached = jupref_recent_add(gateway->cached, key);

    if (cached == NULL) {
        ngx_http_jupref_rpc_cache_drop_locked(zone,
                                     jupref_recent_oldest(gateway->cached));
        cached = jupref_recent_add(gateway->cached, key);
    }

    if (cached == NULL) {
        ngx_slab_free_locked(zone->shpool, room);
        return;
    }

    ngx_memcpy(room, text.data, text.len);

    cached->text = room;
    cached->len = text.len;
    cached->slot = slot;
    cached->until_ms = until_ms;

    gateway->cached_bytes += ngx_http_jupref_rpc_cache_taken(text.len);
}


static u_char *
ngx_http_jupref_rpc_cache_room_locked(ngx_http_jupref_rpc_zone_t *zone,
    size_t len)
{
    u_char                        *room;
    ngx_uint_t                     i;
    ngx_http_jupref_gateway_t     *gateway;
    ngx_http_jupref_rpc_cached_t  *oldest;

    gateway = zone->shared->gateway;

    for (i = 0; i <= NGX_HTTP_JUPREF_RPC_EVICTED; i++) {

        if (gateway->cached_bytes + ngx_http_jupref_rpc_cache_taken(len)
            <= gateway->cached_most)
        {
            room = ngx_slab_alloc_locked(zone->shpool, len);

            if (room) {
                return room;
            }
        }

        oldest = jupref_recent_oldest(gateway->cached);

        if (oldest == NULL) {
            break;
        }

        if (oldest->until_ms > ngx_http_jupref_steady_ms()) {
            (void) ngx_atomic_fetch_add(&gateway->counters.evicted, 1);
        }

        ngx_http_jupref_rpc_cache_drop_locked(zone, oldest);
    }

    return NULL;
}


/* What the slab gives for so many bytes: a power of two up to half a page,
 * above it whole pages. */

static uint64_t
ngx_http_jupref_rpc_cache_taken(size_t len)
{
    uint64_t  taken;

    if (len > ngx_pagesize / 2) {
        return ngx_align(len, ngx_pagesize);
    }

    for (taken = 8; taken < len; taken <<= 1) { /* void */ }

    return taken;
}


/* Others need room in the zone: the answer that wasn't used for longest goes.
 * 0: there is none left. */

ngx_uint_t
ngx_http_jupref_rpc_cache_yield_locked(ngx_http_jupref_rpc_zone_t *zone)
{
    ngx_http_jupref_gateway_t     *gateway;
    ngx_http_jupref_rpc_cached_t  *oldest;

    gateway = zone->shared->gateway;

    oldest = gateway ? jupref_recent_oldest(gateway->cached) : NULL;

    if (oldest == NULL) {
        return 0;
    }

    ngx_http_jupref_rpc_cache_drop_locked(zone, oldest);

    return 1;
}


static void
ngx_http_jupref_rpc_cache_drop_locked(ngx_http_jupref_rpc_zone_t *zone,
    ngx_http_jupref_rpc_cached_t *cached)
{
    ngx_http_jupref_gateway_t  *gateway;

    gateway = zone->shared->gateway;
    gateway->cached_bytes -= ngx_http_jupref_rpc_cache_taken(cached->len);

    ngx_slab_free_locked(zone->shpool, cached->text);
    jupref_recent_remove(gateway->cached, cached);
}
