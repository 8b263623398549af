/*
 * A pool's knowledge in the zone: told, asked, chosen from.
 */

#include "http/ngx_http_jupref.h"
#include "upstream/ngx_http_jupref_pool.h"


void
ngx_http_jupref_pool_choose(ngx_http_jupref_pool_t *pool,
    const jupref_pool_wish_t *wish, jupref_pool_choice_t *choice)
{
    jupref_pool_t  *shared;

    ngx_memzero(choice, sizeof(jupref_pool_choice_t));
    choice->node = JUPREF_POOL_NODES;

    shared = ngx_http_jupref_pool_lock(pool);
    if (shared == NULL) {
        return;
    }

    jupref_pool_choose(shared, wish, ngx_http_jupref_steady_ms(), choice);

    if (choice->node < JUPREF_POOL_NODES) {
        jupref_pool_start(shared, choice->node,
                          (unsigned) ngx_http_jupref_lane());
        jupref_pool_count(shared, choice->node, JUPREF_NODE_REQUESTS);

        if (choice->least_bad) {
            jupref_pool_count(shared, choice->node, JUPREF_NODE_LEAST_BAD);
        }
    }

    ngx_http_jupref_pool_unlock(pool);
}


ngx_uint_t
ngx_http_jupref_pool_seen(ngx_http_jupref_pool_t *pool, ngx_uint_t node,
    jupref_commitment_e commitment, uint64_t slot, uint64_t asked_ms)
{
    ngx_uint_t      believed;
    jupref_pool_t  *shared;

    shared = ngx_http_jupref_pool_lock_node(pool, node);

    /* another pool's, or node's, by now: nobody knows better */

    if (shared == NULL) {
        return 1;
    }

    believed = jupref_pool_told(shared, (unsigned) node, commitment, slot,
                                asked_ms, ngx_http_jupref_steady_ms());
    ngx_http_jupref_pool_unlock(pool);

    return believed;
}


void
ngx_http_jupref_pool_answered(ngx_http_jupref_pool_t *pool, ngx_uint_t node,
    uint64_t latency_us)
{
    jupref_pool_t  *shared;

    shared = ngx_http_jupref_pool_lock_node(pool, node);

    if (shared) {
        jupref_pool_answered(shared, (unsigned) node, latency_us,
                             ngx_http_jupref_steady_ms());
        ngx_http_jupref_pool_unlock(pool);
    }
}


void
ngx_http_jupref_pool_outrun(ngx_http_jupref_pool_t *pool, ngx_uint_t node,
    uint64_t waited_us)
{
    jupref_pool_t  *shared;

    shared = ngx_http_jupref_pool_lock_node(pool, node);

    if (shared) {
        jupref_pool_outrun(shared, (unsigned) node, waited_us,
                           ngx_http_jupref_steady_ms());
        ngx_http_jupref_pool_unlock(pool);
    }
}


void
ngx_http_jupref_pool_mark(ngx_http_jupref_pool_t *pool, ngx_uint_t node,
    jupref_rpc_mark_e mark, uint64_t retry_after_ms)
{
    jupref_pool_t  *shared;

    if (mark == JUPREF_RPC_MARK_NONE) {
        return;
    }

    shared = ngx_http_jupref_pool_lock_node(pool, node);

    if (shared) {
        jupref_pool_mark(shared, (unsigned) node, mark, retry_after_ms,
                         ngx_http_jupref_steady_ms());
        ngx_http_jupref_pool_unlock(pool);
    }
}


void
ngx_http_jupref_pool_lied(ngx_http_jupref_pool_t *pool, ngx_uint_t node)
{
    jupref_pool_t  *shared;

    shared = ngx_http_jupref_pool_lock_node(pool, node);

    if (shared) {
        jupref_pool_lied(shared, (unsigned) node, ngx_http_jupref_steady_ms());
        ngx_http_jupref_heads_drop_locked(&pool->shared->heads, node);
        ngx_http_jupref_pool_unlock(pool);
    }
}


void
ngx_http_jupref_pool_start(ngx_http_jupref_pool_t *pool, ngx_uint_t node)
{
    jupref_pool_t  *shared;

    shared = ngx_http_jupref_pool_lock_node(pool, node);

    if (shared) {
        jupref_pool_start(shared, (unsigned) node,
                          (unsigned) ngx_http_jupref_lane());
        jupref_pool_count(shared, (unsigned) node, JUPREF_NODE_REQUESTS);
        ngx_http_jupref_pool_unlock(pool);
    }
}


void
ngx_http_jupref_pool_end(ngx_http_jupref_pool_t *pool, ngx_uint_t node)
{
    jupref_pool_t  *shared;

    shared = ngx_http_jupref_pool_lock_node(pool, node);

    if (shared) {
        jupref_pool_end(shared, (unsigned) node,
                        (unsigned) ngx_http_jupref_lane());
        ngx_http_jupref_pool_unlock(pool);
    }
}


uint64_t
ngx_http_jupref_pool_head(ngx_http_jupref_pool_t *pool,
    jupref_commitment_e commitment, uint64_t *age_ms)
{
    uint64_t        slot;
    jupref_pool_t  *shared;

    if (age_ms) {
        *age_ms = 0;
    }

    if (commitment < JUPREF_COMMITMENT_PROCESSED
        || commitment > JUPREF_COMMITMENT_FINALIZED)
    {
        return 0;
    }

    shared = ngx_http_jupref_pool_lock(pool);
    if (shared == NULL) {
        return 0;
    }

    slot = jupref_pool_head(shared, commitment, ngx_http_jupref_steady_ms(),
                            age_ms, NULL);
    ngx_http_jupref_pool_unlock(pool);

    return slot;
}


uint64_t
ngx_http_jupref_pool_reach(ngx_http_jupref_pool_t *pool,
    jupref_commitment_e commitment)
{
    uint64_t        slot;
    jupref_pool_t  *shared;

    shared = ngx_http_jupref_pool_lock(pool);
    if (shared == NULL) {
        return UINT64_MAX;
    }

    slot = jupref_pool_reach(shared, commitment, ngx_http_jupref_steady_ms());
    ngx_http_jupref_pool_unlock(pool);

    return slot;
}


uint64_t
ngx_http_jupref_pool_believable_height(ngx_http_jupref_pool_t *pool,
    jupref_commitment_e commitment)
{
    uint64_t        height;
    jupref_pool_t  *shared;

    shared = ngx_http_jupref_pool_lock(pool);
    if (shared == NULL) {
        return UINT64_MAX;
    }

    height = jupref_pool_believable_height(shared, commitment,
                                           ngx_http_jupref_steady_ms());
    ngx_http_jupref_pool_unlock(pool);

    return height;
}


void
ngx_http_jupref_pool_least(ngx_http_jupref_pool_t *pool,
    jupref_commitment_e commitment, uint64_t asked_ms, uint64_t *slot,
    uint64_t *height)
{
    jupref_pool_t  *shared;

    *slot = 0;
    *height = 0;

    shared = ngx_http_jupref_pool_lock(pool);

    if (shared) {
        *slot = jupref_pool_least_slot(shared, commitment, asked_ms);
        *height = jupref_pool_least_height(shared, commitment, asked_ms);
        ngx_http_jupref_pool_unlock(pool);
    }
}


ngx_uint_t
ngx_http_jupref_pool_believes_genesis(ngx_http_jupref_pool_t *pool,
    ngx_uint_t node, const uint8_t genesis[JUPREF_GENESIS_SIZE])
{
    ngx_uint_t      believed;
    jupref_pool_t  *shared;

    shared = ngx_http_jupref_pool_lock_node(pool, node);
    if (shared == NULL) {
        return 1;
    }

    jupref_pool_genesis(shared, (unsigned) node, genesis);
    jupref_pool_judge(shared, 0, ngx_http_jupref_steady_ms());

    believed = !shared->genesis_known
               || ngx_memcmp(shared->genesis, genesis, JUPREF_GENESIS_SIZE)
                  == 0;
    ngx_http_jupref_pool_unlock(pool);

    return believed;
}


uint64_t
ngx_http_jupref_pool_block_height(ngx_http_jupref_pool_t *pool)
{
    uint64_t        height;
    jupref_pool_t  *shared;

    shared = ngx_http_jupref_pool_lock(pool);
    if (shared == NULL) {
        return 0;
    }

    height = jupref_pool_block_height(shared);
    ngx_http_jupref_pool_unlock(pool);

    return height;
}


uint64_t
ngx_http_jupref_pool_slot_ms(ngx_http_jupref_pool_t *pool)
{
    uint64_t        slot_ms;
    jupref_pool_t  *shared;

    shared = ngx_http_jupref_pool_lock(pool);
    if (shared == NULL) {
        return JUPREF_SLOT_US_START / 1000;
    }

    slot_ms = (shared->slot_us + 500) / 1000;
    ngx_http_jupref_pool_unlock(pool);

    return slot_ms;
}


ngx_uint_t
ngx_http_jupref_pool_best(ngx_http_jupref_pool_t *pool,
    const jupref_pool_wish_t *wish, ngx_http_jupref_pool_node_t **nodes,
    ngx_uint_t count)
{
    unsigned             numbers[JUPREF_POOL_NODES], found, i;
    jupref_pool_t       *shared;
    jupref_pool_wish_t   mine;

    if (wish) {
        mine = *wish;

    } else {
        ngx_memzero(&mine, sizeof(jupref_pool_wish_t));
        mine.allowed = UINT64_MAX;
    }

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        if (pool->by_number[i] == NULL) {
            mine.avoid |= jupref_pool_bit(i);
        }
    }

    shared = ngx_http_jupref_pool_lock(pool);
    if (shared == NULL) {
        return 0;
    }

    found = jupref_pool_best(shared, &mine, ngx_http_jupref_steady_ms(),
                             numbers, (unsigned) ngx_min(count,
                                                         JUPREF_POOL_NODES));
    ngx_http_jupref_pool_unlock(pool);

    for (i = 0; i < found; i++) {
        nodes[i] = pool->by_number[numbers[i]];
    }

    return found;
}


void
ngx_http_jupref_pool_snapshot(ngx_http_jupref_pool_t *pool,
    jupref_pool_t *copy)
{
    jupref_pool_t  *shared;

    shared = ngx_http_jupref_pool_lock(pool);

    if (shared == NULL) {
        ngx_memzero(copy, sizeof(jupref_pool_t));
        return;
    }

    ngx_memcpy(copy, shared, sizeof(jupref_pool_t));
    ngx_http_jupref_pool_unlock(pool);
}


/* Judged, so that no one acts on what was true a while ago. */

jupref_pool_t *
ngx_http_jupref_pool_lock(ngx_http_jupref_pool_t *pool)
{
    ngx_http_jupref_rpc_lock(pool->zone);

    if (pool->shared->id != pool->id) {
        ngx_http_jupref_rpc_unlock(pool->zone);
        return NULL;
    }

    jupref_pool_judge(&pool->shared->pool, NGX_HTTP_JUPREF_JUDGE_MS,
                      ngx_http_jupref_steady_ms());

    return &pool->shared->pool;
}


void
ngx_http_jupref_pool_unlock(ngx_http_jupref_pool_t *pool)
{
    ngx_http_jupref_rpc_unlock(pool->zone);
}


jupref_pool_t *
ngx_http_jupref_pool_lock_node(ngx_http_jupref_pool_t *pool, ngx_uint_t node)
{
    jupref_pool_t                *shared;
    ngx_http_jupref_pool_node_t  *mine;

    mine = ngx_http_jupref_pool_node(pool, node);

    if (mine == NULL) {
        return NULL;
    }

    ngx_http_jupref_rpc_lock(pool->zone);

    shared = &pool->shared->pool;

    if (pool->shared->id != pool->id || shared->nodes[node].id != mine->id) {
        ngx_http_jupref_rpc_unlock(pool->zone);
        return NULL;
    }

    return shared;
}


ngx_uint_t
ngx_http_jupref_pool_count_healthy(ngx_http_jupref_pool_t *pool,
    const jupref_pool_t *copy)
{
    ngx_uint_t                    i, healthy;
    ngx_http_jupref_pool_node_t  *node;

    healthy = 0;

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        node = ngx_http_jupref_pool_node(pool, i);

        if (node && !node->down && copy->nodes[i].reasons == 0) {
            healthy++;
        }
    }

    return healthy;
}
