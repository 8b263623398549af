/*
 * What the gateway knows without asking a node: heads that the agent keeps
 * fresh, and answers kept from before.  And the other way: what a node has
 * answered is told to the pool and kept.
 *
 * A client whose reads mustn't go back in time is given nothing older than
 * the slot that it has seen.
 */

#include "http/ngx_http_jupref_rpc_gateway.h"


static ngx_int_t ngx_http_jupref_rpc_from_head(
    ngx_http_jupref_rpc_member_t *member);
static ngx_int_t ngx_http_jupref_rpc_from_cache(
    ngx_http_jupref_rpc_member_t *member);
static ngx_int_t ngx_http_jupref_rpc_key(ngx_http_jupref_rpc_member_t *member);
static ngx_int_t ngx_http_jupref_rpc_key_of(
    ngx_http_jupref_rpc_member_t *member, uint64_t min_slot, uint8_t *key);
static void ngx_http_jupref_rpc_keep_head(
    ngx_http_jupref_rpc_exchange_t *exchange,
    const jupref_rpc_answer_t *answer, uint64_t slot);
static void ngx_http_jupref_rpc_keep_answer(
    ngx_http_jupref_rpc_member_t *member, const jupref_rpc_answer_t *answer,
    uint64_t slot);
static uint64_t ngx_http_jupref_rpc_reach(ngx_http_jupref_rpc_t *rpc,
    jupref_commitment_e commitment);


ngx_int_t
ngx_http_jupref_rpc_local(ngx_http_jupref_rpc_member_t *member)
{
    ngx_http_jupref_rpc_conf_t  *conf;

    conf = member->rpc->conf;

    if (conf->pool && conf->head
        && member->call->method->keep_rule == JUPREF_RPC_KEEP_HEAD
        && ngx_http_jupref_rpc_from_head(member) == NGX_OK)
    {
        return NGX_OK;
    }

    if (!conf->cache || !conf->shares
        || ngx_http_jupref_rpc_key(member) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    return ngx_http_jupref_rpc_from_cache(member);
}


static ngx_int_t
ngx_http_jupref_rpc_from_head(ngx_http_jupref_rpc_member_t *member)
{
    size_t                       len;
    u_char                      *text;
    uint64_t                     slot;
    const jupref_rpc_call_t     *call;
    ngx_http_jupref_head_e       head;
    ngx_http_jupref_rpc_conf_t  *conf;

    conf = member->rpc->conf;
    call = member->call;

    head = ngx_http_jupref_head_find(call->method->name);

    if (head == NGX_HTTP_JUPREF_HEAD_METHODS || call->odd_config
        || call->commitment == JUPREF_COMMITMENT_NONE
        || call->commitment == JUPREF_COMMITMENT_OTHER)
    {
        return NGX_DECLINED;
    }

    text = ngx_pnalloc(member->rpc->request->pool, NGX_HTTP_JUPREF_HEAD_TEXT);
    if (text == NULL) {
        return NGX_DECLINED;
    }

    len = ngx_http_jupref_head_get(conf->pool, head, call->commitment,
                                   ngx_max(call->min_slot, member->min_slot),
                                   conf->head, text, &slot);
    if (len == 0) {
        return NGX_DECLINED;
    }

    ngx_http_jupref_rpc_give(member, NGX_HTTP_JUPREF_RPC_FROM_HEAD,
                             (jupref_bytes_t) { text, len }, slot);

    return NGX_OK;
}


static ngx_int_t
ngx_http_jupref_rpc_from_cache(ngx_http_jupref_rpc_member_t *member)
{
    uint64_t                    slot, min_slot;
    jupref_bytes_t              text;
    const jupref_rpc_method_t  *method;

    if (!jupref_rpc_may_keep(member->call)) {
        return NGX_DECLINED;
    }

    method = member->call->method;

    /* what has no slot of its own is as true at any */

    min_slot = (method->envelope || method->class == JUPREF_RPC_HEAD)
               ? member->min_slot : 0;

    text = ngx_http_jupref_rpc_cache_get(member->rpc->conf->zone, member->key,
                                         min_slot,
                                         member->rpc->request->pool, &slot);
    if (text.len == 0) {
        return NGX_DECLINED;
    }

    if (text.len > ngx_http_jupref_rpc_left(member->rpc)) {
        (void) ngx_pfree(member->rpc->request->pool, (void *) text.data);
        ngx_http_jupref_rpc_too_much(member);
        return NGX_OK;
    }

    member->rpc->captured += text.len;

    ngx_http_jupref_rpc_give(member, NGX_HTTP_JUPREF_RPC_FROM_CACHE, text,
                             slot);

    return NGX_OK;
}


/* One key for keeping, and one for those who ask at the same time, which
 * demand the same slot. */

static ngx_int_t
ngx_http_jupref_rpc_key(ngx_http_jupref_rpc_member_t *member)
{
    const jupref_rpc_method_t  *method;

    method = member->call->method;

    if (!method->join && !jupref_rpc_may_keep(member->call)) {
        return NGX_DECLINED;
    }

    if (ngx_http_jupref_rpc_key_of(member, 0, member->key) != NGX_OK) {
        return NGX_DECLINED;
    }

    ngx_memcpy(member->join_key, member->key, JUPREF_SHA256_SIZE);

    if (member->min_slot
        && ngx_http_jupref_rpc_key_of(member, member->min_slot,
                                      member->join_key)
           != NGX_OK)
    {
        return NGX_DECLINED;
    }

    member->keyed = 1;

    return NGX_OK;
}


/* The call's own key, at this location's nodes. */

static ngx_int_t
ngx_http_jupref_rpc_key_of(ngx_http_jupref_rpc_member_t *member,
    uint64_t min_slot, uint8_t *key)
{
    uint8_t         call_key[JUPREF_SHA256_SIZE];
    jupref_bytes_t  parts[2];

    if (!jupref_rpc_call_key(&member->rpc->body, member->call, min_slot,
                             call_key))
    {
        return NGX_DECLINED;
    }

    parts[0].data = member->rpc->conf->identity;
    parts[0].len = JUPREF_SHA256_SIZE;
    parts[1].data = call_key;
    parts[1].len = JUPREF_SHA256_SIZE;

    return jupref_sha256_spans(key, parts, 2) ? NGX_OK : NGX_DECLINED;
}


void
ngx_http_jupref_rpc_keep(ngx_http_jupref_rpc_exchange_t *exchange,
    const jupref_rpc_answer_t *answer, uint64_t slot)
{
    if (slot && exchange->pick && exchange->pick->pool) {
        ngx_http_jupref_rpc_keep_head(exchange, answer, slot);
    }

    if (exchange->member->keyed) {
        ngx_http_jupref_rpc_keep_answer(exchange->member, answer, slot);
    }
}


static void
ngx_http_jupref_rpc_keep_head(ngx_http_jupref_rpc_exchange_t *exchange,
    const jupref_rpc_answer_t *answer, uint64_t slot)
{
    ngx_http_jupref_pick_t   *pick;
    ngx_http_jupref_head_e    head;
    const jupref_rpc_call_t  *call;

    pick = exchange->pick;
    call = exchange->member->call;

    if (call->method->keep_rule != JUPREF_RPC_KEEP_HEAD || call->odd_config
        || call->commitment == JUPREF_COMMITMENT_NONE
        || call->commitment == JUPREF_COMMITMENT_OTHER)
    {
        return;
    }

    head = ngx_http_jupref_head_find(call->method->name);

    if (head == NGX_HTTP_JUPREF_HEAD_METHODS) {
        return;
    }

    (void) ngx_http_jupref_head_put(pick->pool, head, call->commitment,
                                    pick->node, slot, pick->started_ms,
                                    (u_char *) answer->result.data,
                                    answer->result.len);
}


static void
ngx_http_jupref_rpc_keep_answer(ngx_http_jupref_rpc_member_t *member,
    const jupref_rpc_answer_t *answer, uint64_t slot)
{
    uint64_t                 keep_ms, age_ms;
    jupref_rpc_clock_t       clock;
    ngx_http_jupref_pool_t  *pool;

    if (!jupref_rpc_may_keep(member->call)) {
        return;
    }

    pool = member->rpc->conf->pool;

    clock.slot_ms = pool ? ngx_http_jupref_pool_slot_ms(pool) : 0;
    clock.finalized_slot = pool ? ngx_http_jupref_pool_head(pool,
                                      JUPREF_COMMITMENT_FINALIZED, &age_ms)
                                : 0;

    keep_ms = jupref_rpc_keep_ms(&member->rpc->body, member->call, answer,
                                 &clock);
    if (keep_ms) {
        ngx_http_jupref_rpc_cache_put(member->rpc->conf->zone, member->key,
                                      answer->result, slot, keep_ms);
    }
}


uint64_t
ngx_http_jupref_rpc_slot_of(const jupref_rpc_call_t *call,
    const jupref_rpc_answer_t *answer)
{
    const jupref_rpc_method_t  *method;

    method = call->method;

    if (answer->has_slot
        && ((method->envelope && !method->old_context)
            || ngx_strcmp(method->name, "getEpochInfo") == 0))
    {
        return answer->slot;
    }

    if (answer->has_number && ngx_strcmp(method->name, "getSlot") == 0) {
        return answer->number;
    }

    return 0;
}


void
ngx_http_jupref_rpc_seen(ngx_http_jupref_rpc_t *rpc)
{
    uint64_t                       slot, reach;
    ngx_uint_t                     i;
    ngx_http_jupref_gateway_t     *gateway;
    ngx_http_jupref_rpc_member_t  *member;

    if (!rpc->conf->monotonic) {
        return;
    }

    /* what was noted when nobody knew better locks no client out */

    reach = ngx_http_jupref_rpc_reach(rpc, JUPREF_COMMITMENT_PROCESSED);
    gateway = rpc->conf->zone->shared->gateway;

    ngx_http_jupref_rpc_lock(rpc->conf->zone);

    for (i = 0; i < rpc->body.count; i++) {
        member = &rpc->members[i];

        if (member->call->result == JUPREF_RPC_CALL_OK) {
            slot = jupref_monotonic_seen(gateway->monotonic, rpc->client_key,
                                         member->call->commitment);
            member->min_slot = (slot <= reach) ? slot : 0;
        }
    }

    ngx_http_jupref_rpc_unlock(rpc->conf->zone);
}


/* Without a pool nobody says what is believable. */

static uint64_t
ngx_http_jupref_rpc_reach(ngx_http_jupref_rpc_t *rpc,
    jupref_commitment_e commitment)
{
    return rpc->conf->pool
           ? ngx_http_jupref_pool_reach(rpc->conf->pool, commitment)
           : UINT64_MAX;
}


void
ngx_http_jupref_rpc_note(ngx_http_jupref_rpc_member_t *member, uint64_t slot)
{
    uint64_t                    highest;
    ngx_http_jupref_rpc_t      *rpc;
    ngx_http_jupref_gateway_t  *gateway;

    rpc = member->rpc;

    if (!rpc->conf->monotonic || slot <= member->min_slot) {
        return;
    }

    highest = ngx_http_jupref_rpc_reach(rpc, member->call->commitment);
    gateway = rpc->conf->zone->shared->gateway;

    ngx_http_jupref_rpc_lock(rpc->conf->zone);
    jupref_monotonic_note(gateway->monotonic, rpc->client_key,
                          member->call->commitment, slot, highest);
    ngx_http_jupref_rpc_unlock(rpc->conf->zone);
}
