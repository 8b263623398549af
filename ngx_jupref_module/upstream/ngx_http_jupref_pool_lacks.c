/*
 * Methods that a pool's nodes haven't: what a node can do, not how it is, so
 * it says nothing about its health.
 */

#include "http/ngx_http_jupref.h"
#include "upstream/ngx_http_jupref_pool.h"


static ngx_http_jupref_lack_t *ngx_http_jupref_pool_lack_locked(
    ngx_http_jupref_pool_t *pool, uint64_t method, uint64_t now_ms);


/* After some minutes from the first of them all are asked again. */

void
ngx_http_jupref_pool_lacks(ngx_http_jupref_pool_t *pool, ngx_uint_t node,
    uint64_t method)
{
    uint64_t                 now_ms;
    ngx_uint_t               i;
    ngx_http_jupref_lack_t  *lack, *lacks;

    if (ngx_http_jupref_pool_lock_node(pool, node) == NULL) {
        return;
    }

    now_ms = ngx_http_jupref_steady_ms();
    lacks = pool->shared->lacks;
    lack = ngx_http_jupref_pool_lack_locked(pool, method, now_ms);

    if (lack == NULL) {
        lack = &lacks[0];

        for (i = 1; i < NGX_HTTP_JUPREF_LACKS; i++) {
            if (lacks[i].until_ms < lack->until_ms) {
                lack = &lacks[i];
            }
        }

        lack->method = method;
        lack->nodes = 0;
        lack->until_ms = now_ms + NGX_HTTP_JUPREF_LACKS_MS;
    }

    lack->nodes |= jupref_pool_bit(node);
    pool->shared->lacking = 1;

    ngx_http_jupref_pool_unlock(pool);
}


uint64_t
ngx_http_jupref_pool_lacking(ngx_http_jupref_pool_t *pool, uint64_t method)
{
    uint64_t                 nodes;
    ngx_http_jupref_lack_t  *lack;

    nodes = 0;

    ngx_http_jupref_rpc_lock(pool->zone);

    if (method && pool->shared->id == pool->id) {
        lack = ngx_http_jupref_pool_lack_locked(pool, method,
                                                ngx_http_jupref_steady_ms());
        nodes = lack ? lack->nodes : 0;
    }

    ngx_http_jupref_rpc_unlock(pool->zone);

    return nodes;
}


/* Read without the lock: a call that comes too early asks in vain. */

ngx_uint_t
ngx_http_jupref_pool_has_lacks(ngx_http_jupref_pool_t *pool)
{
    return pool->shared->lacking != 0;
}


static ngx_http_jupref_lack_t *
ngx_http_jupref_pool_lack_locked(ngx_http_jupref_pool_t *pool,
    uint64_t method, uint64_t now_ms)
{
    ngx_uint_t               i;
    ngx_http_jupref_lack_t  *lacks;

    lacks = pool->shared->lacks;

    for (i = 0; i < NGX_HTTP_JUPREF_LACKS; i++) {
        if (lacks[i].method == method && now_ms < lacks[i].until_ms) {
            return &lacks[i];
        }
    }

    return NULL;
}
