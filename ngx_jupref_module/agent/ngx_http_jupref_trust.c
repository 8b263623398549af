/*
 * Which nodes to ask (see the header).
 */

#include "agent/ngx_http_jupref_trust.h"


/* Why a node isn't even asked for what nobody can make up: it doesn't answer,
 * asked to be left alone, has shown what is wrong, or is of another cluster. */
#define NGX_HTTP_JUPREF_NEVER_ASKED                                           \
    (1u << JUPREF_OUT_THROTTLED | 1u << JUPREF_OUT_UNREACHABLE                \
     | 1u << JUPREF_OUT_UNAUTHORIZED | 1u << JUPREF_OUT_LIED                  \
     | 1u << JUPREF_OUT_FOREIGN_GENESIS)


/* A copy too large for a stack. */
static jupref_pool_t  ngx_http_jupref_trust_pool;


void
ngx_http_jupref_trust(ngx_http_jupref_trust_t *trust,
    ngx_http_jupref_pool_t *pool)
{
    unsigned        i;
    jupref_node_t  *node;

    ngx_http_jupref_pool_refresh(pool);
    ngx_http_jupref_pool_snapshot(pool, &ngx_http_jupref_trust_pool);

    trust->trusted = 0;
    trust->usable = 0;
    trust->height = jupref_pool_block_height(&ngx_http_jupref_trust_pool);

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        node = &ngx_http_jupref_trust_pool.nodes[i];

        if (node->id == 0 || !node->member || node->down
            || (node->reasons & NGX_HTTP_JUPREF_NEVER_ASKED))
        {
            continue;
        }

        trust->usable |= jupref_pool_bit(i);

        if (node->reasons == 0) {
            trust->trusted |= jupref_pool_bit(i);
        }
    }
}


ngx_http_jupref_pool_node_t *
ngx_http_jupref_trust_node(ngx_http_jupref_trust_t *trust,
    ngx_http_jupref_pool_t *pool, uint64_t asked)
{
    jupref_pool_wish_t            wish;
    ngx_http_jupref_pool_node_t  *node;

    ngx_memzero(&wish, sizeof(jupref_pool_wish_t));
    wish.random = (uint64_t) ngx_random();

    wish.allowed = trust->trusted & ~asked;

    if (wish.allowed == 0) {
        wish.allowed = trust->usable & ~asked;
    }

    if (wish.allowed == 0
        || ngx_http_jupref_pool_best(pool, &wish, &node, 1) == 0)
    {
        return NULL;
    }

    return node;
}


ngx_uint_t
ngx_http_jupref_trust_left(ngx_http_jupref_trust_t *trust, uint64_t asked)
{
    return (ngx_uint_t) __builtin_popcountll(trust->usable & ~asked);
}
