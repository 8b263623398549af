/*
 * Whether what a node says of where the chain is can be so, and is new enough:
 * by the slot of its answer, by the block height in it, by the genesis hash.
 */

#include "http/ngx_http_jupref_rpc_gateway.h"

#include "solana/jupref_pubkey.h"


static uint64_t ngx_http_jupref_rpc_height_of(const jupref_rpc_call_t *call,
    const jupref_rpc_answer_t *answer);
static ngx_uint_t ngx_http_jupref_rpc_believes_genesis(
    ngx_http_jupref_pick_t *pick, const jupref_rpc_answer_t *answer);


/* What it tells is noted as the node's on the way. */

ngx_uint_t
ngx_http_jupref_rpc_believes(ngx_http_jupref_pick_t *pick,
    const jupref_rpc_call_t *call, const jupref_rpc_answer_t *answer,
    uint64_t slot)
{
    uint64_t  height;

    if (slot
        && !ngx_http_jupref_pool_seen(pick->pool, pick->node, call->commitment,
                                      slot, pick->started_ms))
    {
        return 0;
    }

    height = ngx_http_jupref_rpc_height_of(call, answer);

    if (height
        && height > ngx_http_jupref_pool_believable_height(pick->pool,
                                                           call->commitment))
    {
        return 0;
    }

    if (ngx_strcmp(call->method->name, "getGenesisHash") == 0) {
        return ngx_http_jupref_rpc_believes_genesis(pick, answer);
    }

    return 1;
}


ngx_uint_t
ngx_http_jupref_rpc_is_old(ngx_http_jupref_pick_t *pick,
    const jupref_rpc_call_t *call, const jupref_rpc_answer_t *answer,
    uint64_t slot)
{
    uint64_t  height, least_slot, least_height;

    height = ngx_http_jupref_rpc_height_of(call, answer);

    if (slot == 0 && height == 0) {
        return 0;
    }

    ngx_http_jupref_pool_least(pick->pool, call->commitment, pick->started_ms,
                               &least_slot, &least_height);

    return (slot && slot < least_slot) || (height && height < least_height);
}


/* 0: it tells none. */

static uint64_t
ngx_http_jupref_rpc_height_of(const jupref_rpc_call_t *call,
    const jupref_rpc_answer_t *answer)
{
    if (answer->has_number
        && ngx_strcmp(call->method->name, "getBlockHeight") == 0)
    {
        return answer->number;
    }

    if (answer->has_height
        && ngx_strcmp(call->method->name, "getEpochInfo") == 0)
    {
        return answer->height;
    }

    return 0;
}


/* A JSON string of base58, which needs no escapes. */

static ngx_uint_t
ngx_http_jupref_rpc_believes_genesis(ngx_http_jupref_pick_t *pick,
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

    return jupref_pubkey_parse(&genesis, text)
           && ngx_http_jupref_pool_believes_genesis(pick->pool, pick->node,
                                                    genesis.bytes);
}
