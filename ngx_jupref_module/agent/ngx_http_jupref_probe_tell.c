/*
 * Probing: a node that goes out, or comes back, is told in the log once, with
 * the reason and what would be right.
 */

#include "http/ngx_http_jupref.h"
#include "agent/ngx_http_jupref_probe_parts.h"


/* Whose words at the head of the chain are forgotten. */
#define NGX_HTTP_JUPREF_DISBELIEVED                                           \
    (1u << JUPREF_OUT_AHEAD_ALONE | 1u << JUPREF_OUT_HEIGHT_IS_SLOT           \
     | 1u << JUPREF_OUT_LIED | 1u << JUPREF_OUT_FOREIGN_GENESIS)


typedef struct {
    ngx_uint_t  node;
    uint32_t    before;
    uint32_t    now;
    uint64_t    lag_ms;
} ngx_http_jupref_change_t;


static void ngx_http_jupref_probe_tell_node(ngx_http_jupref_pool_t *pool,
    ngx_http_jupref_change_t *change, ngx_log_t *log);


void
ngx_http_jupref_probe_tell(ngx_http_jupref_probed_pool_t *of, ngx_log_t *log)
{
    ngx_uint_t                 i, count;
    jupref_node_t             *node;
    jupref_pool_t             *shared;
    ngx_http_jupref_pool_t    *pool;
    ngx_http_jupref_change_t   changes[JUPREF_POOL_NODES], *change;

    pool = of->pool;
    count = 0;

    shared = ngx_http_jupref_pool_lock(pool);

    if (shared == NULL) {
        return;
    }

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        node = &shared->nodes[i];

        if (!node->member || node->reasons == node->told) {
            continue;
        }

        change = &changes[count++];
        change->node = i;
        change->before = node->told;
        change->now = node->reasons;
        change->lag_ms = node->lag_ms;

        if (change->now & ~change->before & NGX_HTTP_JUPREF_DISBELIEVED) {
            ngx_http_jupref_heads_drop_locked(&pool->shared->heads, i);
        }

        node->told = node->reasons;
    }

    ngx_http_jupref_pool_unlock(pool);

    for (i = 0; i < count; i++) {
        ngx_http_jupref_probe_tell_node(pool, &changes[i], log);
    }
}


static void
ngx_http_jupref_probe_tell_node(ngx_http_jupref_pool_t *pool,
    ngx_http_jupref_change_t *change, ngx_log_t *log)
{
    ngx_uint_t                    i, level;
    ngx_http_jupref_pool_node_t  *node;

    node = ngx_http_jupref_pool_node(pool, change->node);

    if (node == NULL) {
        return;
    }

    for (i = 0; i < JUPREF_OUT_REASONS; i++) {

        if (!(change->now & ~change->before & 1u << i)) {
            continue;
        }

        level = (i == JUPREF_OUT_UNAUTHORIZED) ? NGX_LOG_ALERT : NGX_LOG_WARN;

        ngx_log_error(level, log, 0,
                      "jupref: node \"%V\" of upstream \"%V\" is out, %s "
                      "(lag %uLms): %s", &node->name, &pool->upstream->host,
                      jupref_out_name(i), change->lag_ms, jupref_out_text(i));
    }

    if (change->now == 0) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "jupref: node \"%V\" of upstream \"%V\" is back "
                      "(lag %uLms)", &node->name, &pool->upstream->host,
                      change->lag_ms);
    }
}
