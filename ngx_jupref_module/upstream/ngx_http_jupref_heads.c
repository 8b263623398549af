/*
 * Values at the head of the chain, kept in the RPC zone.
 */

#include "http/ngx_http_jupref.h"
#include "upstream/ngx_http_jupref_pool.h"


static ngx_http_jupref_head_t *ngx_http_jupref_head_lock(
    ngx_http_jupref_pool_t *pool, ngx_http_jupref_head_e head,
    jupref_commitment_e commitment);
static ngx_uint_t ngx_http_jupref_head_stands(ngx_http_jupref_pool_t *pool,
    const ngx_http_jupref_head_t *row);


static const char *const
    ngx_http_jupref_head_methods[NGX_HTTP_JUPREF_HEAD_METHODS] =
{
    "getSlot", "getBlockHeight", "getLatestBlockhash", "getEpochInfo"
};


ngx_http_jupref_head_e
ngx_http_jupref_head_find(const char *method)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_JUPREF_HEAD_METHODS; i++) {
        if (ngx_strcmp(method, ngx_http_jupref_head_methods[i]) == 0) {
            break;
        }
    }

    return (ngx_http_jupref_head_e) i;
}


const char *
ngx_http_jupref_head_method(ngx_http_jupref_head_e head)
{
    return ngx_http_jupref_head_methods[head];
}


void
ngx_http_jupref_head_asked(ngx_http_jupref_pool_t *pool,
    ngx_http_jupref_head_e head, jupref_commitment_e commitment)
{
    ngx_http_jupref_head_t  *row;

    row = ngx_http_jupref_head_lock(pool, head, commitment);

    if (row) {
        row->asked_ms = ngx_http_jupref_steady_ms();
        ngx_http_jupref_rpc_unlock(pool->zone);
    }
}


size_t
ngx_http_jupref_head_get(ngx_http_jupref_pool_t *pool,
    ngx_http_jupref_head_e head, jupref_commitment_e commitment,
    uint64_t min_slot, uint64_t max_age_ms, u_char *room, uint64_t *slot)
{
    size_t                   len;
    uint64_t                 now_ms;
    ngx_http_jupref_head_t  *row;

    row = ngx_http_jupref_head_lock(pool, head, commitment);
    if (row == NULL) {
        return 0;
    }

    now_ms = ngx_http_jupref_steady_ms();
    row->asked_ms = now_ms;
    len = 0;

    if (ngx_http_jupref_head_stands(pool, row) && row->slot >= min_slot
        && now_ms <= row->fetched_ms + max_age_ms)
    {
        len = row->len;
        ngx_memcpy(room, row->text, len);

        if (slot) {
            *slot = row->slot;
        }
    }

    ngx_http_jupref_rpc_unlock(pool->zone);

    return len;
}


ngx_uint_t
ngx_http_jupref_head_put(ngx_http_jupref_pool_t *pool,
    ngx_http_jupref_head_e head, jupref_commitment_e commitment,
    ngx_uint_t node, uint64_t slot, uint64_t fetched_ms, u_char *text,
    size_t len)
{
    uint64_t                 now_ms;
    ngx_uint_t               kept;
    ngx_http_jupref_head_t  *row;

    if (slot == 0 || len == 0 || len > NGX_HTTP_JUPREF_HEAD_TEXT) {
        return 0;
    }

    row = ngx_http_jupref_head_lock(pool, head, commitment);
    if (row == NULL) {
        return 0;
    }

    now_ms = ngx_http_jupref_steady_ms();

    kept = !ngx_http_jupref_head_stands(pool, row) || slot > row->slot
           || (slot == row->slot && fetched_ms >= row->fetched_ms)
           || now_ms > row->fetched_ms + NGX_HTTP_JUPREF_HEAD_OLD_MS;

    if (node >= JUPREF_POOL_NODES || pool->shared->pool.nodes[node].reasons) {
        kept = 0;
    }

    if (kept) {
        row->slot = slot;
        row->fetched_ms = fetched_ms;
        row->node = (uint32_t) node;
        row->len = (uint32_t) len;
        ngx_memcpy(row->text, text, len);
    }

    ngx_http_jupref_rpc_unlock(pool->zone);

    return kept;
}


ngx_uint_t
ngx_http_jupref_head_due(ngx_http_jupref_pool_t *pool,
    ngx_http_jupref_head_e head, jupref_commitment_e commitment,
    uint64_t age_ms)
{
    uint64_t                 now_ms;
    ngx_uint_t               due;
    ngx_http_jupref_head_t  *row;

    row = ngx_http_jupref_head_lock(pool, head, commitment);
    if (row == NULL) {
        return 0;
    }

    now_ms = ngx_http_jupref_steady_ms();

    due = row->asked_ms
          && now_ms <= row->asked_ms + NGX_HTTP_JUPREF_HEAD_ASKED_MS
          && (!ngx_http_jupref_head_stands(pool, row)
              || now_ms >= row->fetched_ms + age_ms);

    ngx_http_jupref_rpc_unlock(pool->zone);

    return due;
}


void
ngx_http_jupref_heads_drop_locked(ngx_http_jupref_heads_t *heads,
    ngx_uint_t node)
{
    ngx_uint_t               i, commitment;
    ngx_http_jupref_head_t  *row;

    for (i = 0; i < NGX_HTTP_JUPREF_HEAD_METHODS; i++) {
        for (commitment = JUPREF_COMMITMENT_PROCESSED;
             commitment <= JUPREF_COMMITMENT_FINALIZED;
             commitment++)
        {
            row = &heads->rows[i][commitment];

            if (row->node == node) {
                row->slot = 0;
                row->len = 0;
            }
        }
    }
}


/* There is a value, and its node is still believed, or known at all. */

static ngx_uint_t
ngx_http_jupref_head_stands(ngx_http_jupref_pool_t *pool,
    const ngx_http_jupref_head_t *row)
{
    return row->slot && row->node < JUPREF_POOL_NODES
           && !jupref_node_doubted(&pool->shared->pool.nodes[row->node]);
}


/* Judged; NULL, unlocked: there is no such value, or its pool is gone. */

static ngx_http_jupref_head_t *
ngx_http_jupref_head_lock(ngx_http_jupref_pool_t *pool,
    ngx_http_jupref_head_e head, jupref_commitment_e commitment)
{
    if (head >= NGX_HTTP_JUPREF_HEAD_METHODS
        || commitment < JUPREF_COMMITMENT_PROCESSED
        || commitment > JUPREF_COMMITMENT_FINALIZED)
    {
        return NULL;
    }

    ngx_http_jupref_rpc_lock(pool->zone);

    if (pool->shared->id != pool->id) {
        ngx_http_jupref_rpc_unlock(pool->zone);
        return NULL;
    }

    jupref_pool_judge(&pool->shared->pool, NGX_HTTP_JUPREF_JUDGE_MS,
                      ngx_http_jupref_steady_ms());

    return &pool->shared->heads.rows[head][commitment];
}
