/*
 * Whether what a node says of where the chain is can be so, and is new enough:
 * by the slot of its answer, by the block height in it, by the genesis hash.
 */

#include "http/ngx_http_jupref_rpc_gateway.h"

#include "solana/jupref_pubkey.h"


static ngx_uint_t ngx_http_jupref_rpc_height_of(const jupref_rpc_call_t *call,
    const jupref_rpc_answer_t *answer, uint64_t *height);
static ngx_uint_t ngx_http_jupref_rpc_believes_genesis(
    ngx_http_jupref_rpc_exchange_t *exchange,
    const jupref_rpc_answer_t *answer);


ngx_uint_t
ngx_http_jupref_rpc_believes(ngx_http_jupref_rpc_exchange_t *exchange,
    const jupref_rpc_answer_t *answer, uint64_t slot)
{
    uint64_t                  height;
    ngx_http_jupref_pool_t   *pool;
    const jupref_rpc_call_t  *call;

    pool = exchange->pick->pool;
    call = exchange->member->call;

    if (slot > ngx_http_jupref_pool_believable_slot(pool)) {
        return 0;
    }

    if (ngx_http_jupref_rpc_height_of(call, answer, &height)
        && height > ngx_http_jupref_pool_believable_height(pool))
    {
        return 0;
    }

    if (ngx_strcmp(call->method->name, "getGenesisHash") == 0) {
        return ngx_http_jupref_rpc_believes_genesis(exchange, answer);
    }

    return 1;
}


ngx_uint_t
ngx_http_jupref_rpc_is_old(ngx_http_jupref_rpc_exchange_t *exchange,
    const jupref_rpc_answer_t *answer, uint64_t slot)
{
    uint64_t                  height, least_slot, least_height;
    ngx_http_jupref_pick_t   *pick;
    const jupref_rpc_call_t  *call;

    pick = exchange->pick;
    call = exchange->member->call;

    if (!ngx_http_jupref_rpc_height_of(call, answer, &height)) {
        height = 0;
    }

    if (slot == 0 && height == 0) {
        return 0;
    }

    ngx_http_jupref_pool_least(pick->pool, call->commitment, pick->started_ms,
                               &least_slot, &least_height);

    return (slot && slot < least_slot) || (height && height < least_height);
}


static ngx_uint_t
ngx_http_jupref_rpc_height_of(const jupref_rpc_call_t *call,
    const jupref_rpc_answer_t *answer, uint64_t *height)
{
    if (answer->has_number
        && ngx_strcmp(call->method->name, "getBlockHeight") == 0)
    {
        *height = answer->number;
        return 1;
    }

    if (answer->has_height
        && ngx_strcmp(call->method->name, "getEpochInfo") == 0)
    {
        *height = answer->height;
        return 1;
    }

    return 0;
}


/* A JSON string of base58, which needs no escapes. */

static ngx_uint_t
ngx_http_jupref_rpc_believes_genesis(ngx_http_jupref_rpc_exchange_t *exchange,
    const jupref_rpc_answer_t *answer)
{
    jupref_bytes_t   text;
    jupref_pubkey_t  genesis;

    text = answer->result;

    if (text.len < 2 || text.data[0] != '"') {
        return 0;
    }

    text.data++;
    text.len -= 2;

    if (!jupref_pubkey_parse(&genesis, text)) {
        return 0;
    }

    return ngx_http_jupref_pool_believes_genesis(exchange->pick->pool,
                                                 exchange->pick->node,
                                                 genesis.bytes);
}
