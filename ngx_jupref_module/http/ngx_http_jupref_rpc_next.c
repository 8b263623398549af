/*
 * A member has got no success from a node: another one is asked, now or a
 * slot later, or that is the end of it.
 *
 * A node's own error goes to the client only when nobody had anything better,
 * and the gateway's own error only when no node had anything to say.
 */

#include "http/ngx_http_jupref_rpc_gateway.h"


/* So long after its first node was asked all are asked once more, ms. */
#define NGX_HTTP_JUPREF_RPC_AGAIN  2000


static ngx_uint_t ngx_http_jupref_rpc_asks_on(
    ngx_http_jupref_rpc_member_t *member);
static ngx_uint_t ngx_http_jupref_rpc_has_tries(
    ngx_http_jupref_rpc_member_t *member);
static ngx_uint_t ngx_http_jupref_rpc_waits(
    ngx_http_jupref_rpc_member_t *member);
static ngx_uint_t ngx_http_jupref_rpc_was_behind(
    ngx_http_jupref_rpc_member_t *member);
static ngx_uint_t ngx_http_jupref_rpc_asks_again(
    ngx_http_jupref_rpc_member_t *member);
static ngx_uint_t ngx_http_jupref_rpc_has_other(
    ngx_http_jupref_rpc_member_t *member);
static ngx_uint_t ngx_http_jupref_rpc_is_out(
    ngx_http_jupref_rpc_member_t *member);
static ngx_msec_t ngx_http_jupref_rpc_slot_time(
    ngx_http_jupref_rpc_member_t *member);
static void ngx_http_jupref_rpc_behind(ngx_http_jupref_rpc_member_t *member);


/* A fifth of the calls may be retries, and ten a second anyway. */
static const jupref_retry_terms_t  ngx_http_jupref_rpc_retry_terms = {
    200, 10, 100
};


ngx_int_t
ngx_http_jupref_rpc_next(ngx_http_jupref_rpc_member_t *member)
{
    ngx_uint_t  asks, waits;

    if (member->verdict.other == JUPREF_RPC_OTHER_FRESHER) {
        member->fresher = 1;
    }

    if (ngx_http_jupref_rpc_is_out(member)) {
        return NGX_OK;
    }

    ngx_http_jupref_rpc_not_due(member);

    waits = 1;

    if (ngx_http_jupref_rpc_asks_on(member)) {
        asks = ngx_http_jupref_rpc_may_retry(member);
        waits = ngx_http_jupref_rpc_waits(member);

    } else if (ngx_http_jupref_rpc_was_behind(member)) {
        asks = ngx_http_jupref_rpc_may_retry(member);

    } else if (ngx_http_jupref_rpc_asks_again(member)) {
        asks = ngx_http_jupref_rpc_affords(member->rpc->conf->zone);
        member->again = 1;
        member->behind = 0;

    } else {
        asks = 0;
    }

    if (!asks) {
        ngx_http_jupref_rpc_give_up(member);
        return NGX_OK;
    }

    if (!waits) {
        return ngx_http_jupref_rpc_ask(member);
    }

    /* by then each of them may know, but for those that failed */

    member->tried &= member->behind ? ~member->behind : 0;
    member->waits++;

    ngx_http_jupref_rpc_due_in(member, NGX_HTTP_JUPREF_RPC_DUE_ASK,
                               ngx_http_jupref_rpc_slot_time(member));

    return NGX_OK;
}


ngx_int_t
ngx_http_jupref_rpc_is_due(ngx_http_jupref_rpc_member_t *member)
{
    ngx_int_t                   rc;
    ngx_http_jupref_gateway_t  *gateway;

    if (member->due == NGX_HTTP_JUPREF_RPC_DUE_ASK) {
        ngx_http_jupref_rpc_not_due(member);

        return ngx_http_jupref_rpc_ask(member);
    }

    rc = NGX_OK;

    if (ngx_http_jupref_rpc_has_tries(member)
        && ngx_http_jupref_rpc_has_other(member)
        && ngx_http_jupref_rpc_affords(member->rpc->conf->zone))
    {
        gateway = member->rpc->conf->zone->shared->gateway;
        (void) ngx_atomic_fetch_add(&gateway->counters.hedges[0], 1);

        rc = ngx_http_jupref_rpc_ask(member);
    }

    ngx_http_jupref_rpc_not_due(member);

    return rc;
}


static ngx_uint_t
ngx_http_jupref_rpc_asks_on(ngx_http_jupref_rpc_member_t *member)
{
    switch (member->verdict.other) {

    case JUPREF_RPC_OTHER_NEVER:
        return 0;

    case JUPREF_RPC_OTHER_ONCE:
        return member->tries < 2 && ngx_http_jupref_rpc_has_other(member);

    case JUPREF_RPC_OTHER_YES:
        return ngx_http_jupref_rpc_has_tries(member)
               && ngx_http_jupref_rpc_has_other(member);

    default:
        return ngx_http_jupref_rpc_has_tries(member);
    }
}


static ngx_uint_t
ngx_http_jupref_rpc_has_tries(ngx_http_jupref_rpc_member_t *member)
{
    return member->tries < (member->again ? 2 * NGX_HTTP_JUPREF_RPC_TRIES
                                          : NGX_HTTP_JUPREF_RPC_TRIES);
}


/* Not there yet; or nobody is left who might be further ahead. */

static ngx_uint_t
ngx_http_jupref_rpc_waits(ngx_http_jupref_rpc_member_t *member)
{
    return member->verdict.other == JUPREF_RPC_OTHER_AFTER_SLOT
           || (member->verdict.other == JUPREF_RPC_OTHER_FRESHER
               && !ngx_http_jupref_rpc_has_other(member));
}


/* One was only behind, whatever became of the others since. */

static ngx_uint_t
ngx_http_jupref_rpc_was_behind(ngx_http_jupref_rpc_member_t *member)
{
    return member->fresher
           && member->waits < NGX_HTTP_JUPREF_RPC_WAITS
           && member->tries <= NGX_HTTP_JUPREF_RPC_TRIES
           && member->verdict.other != JUPREF_RPC_OTHER_NEVER;
}


/*
 * Some nodes recover while others fall, so that a call may have met each of
 * several at its worst moment: once, and soon, they are all asked again, also
 * who was spared, as it hadn't the method.  Not if they are only at their
 * limits.
 */

static ngx_uint_t
ngx_http_jupref_rpc_asks_again(ngx_http_jupref_rpc_member_t *member)
{
    if (member->again
        || member->rank == NGX_HTTP_JUPREF_RPC_RANK_LACKS
        || member->rank == NGX_HTTP_JUPREF_RPC_RANK_WELL
        || member->verdict.other == JUPREF_RPC_OTHER_NEVER
        || ngx_current_msec - member->asked_ms >= NGX_HTTP_JUPREF_RPC_AGAIN)
    {
        return 0;
    }

    return (member->failed && member->tries > 1)
           || ngx_http_jupref_rpc_lacking(member);
}


/* Whether there is a node that hasn't been asked. */

static ngx_uint_t
ngx_http_jupref_rpc_has_other(ngx_http_jupref_rpc_member_t *member)
{
    uint64_t                         tried;
    ngx_uint_t                       i;
    ngx_http_jupref_pool_t          *pool;
    ngx_http_jupref_rpc_exchange_t  *exchange;

    pool = member->rpc->conf->pool;
    tried = ngx_http_jupref_rpc_tried(member)
            | ngx_http_jupref_rpc_lacking(member);

    for (exchange = member->exchanges; exchange; exchange = exchange->next) {
        if (exchange->pick && exchange->pick->pool) {
            pool = exchange->pick->pool;
        }
    }

    if (pool == NULL) {
        return member->tries < (member->again ? 2 * member->rpc->conf->nodes
                                              : member->rpc->conf->nodes);
    }

    for (i = 0; i < pool->count; i++) {
        if (!pool->nodes[i].down
            && !(tried & jupref_pool_bit(pool->nodes[i].number)))
        {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_http_jupref_rpc_affords(ngx_http_jupref_rpc_zone_t *zone)
{
    unsigned                    affordable;
    ngx_http_jupref_gateway_t  *gateway;

    gateway = zone->shared->gateway;

    ngx_http_jupref_rpc_lock(zone);
    affordable = jupref_retry_spend(&gateway->retries,
                                    &ngx_http_jupref_rpc_retry_terms,
                                    ngx_http_jupref_steady_ms());
    ngx_http_jupref_rpc_unlock(zone);

    (void) ngx_atomic_fetch_add(&gateway->counters.retries[!affordable], 1);

    return affordable;
}


void
ngx_http_jupref_rpc_earn(ngx_http_jupref_rpc_zone_t *zone)
{
    ngx_http_jupref_gateway_t  *gateway;

    gateway = zone->shared->gateway;

    ngx_http_jupref_rpc_lock(zone);
    jupref_retry_earn(&gateway->retries, &ngx_http_jupref_rpc_retry_terms);
    ngx_http_jupref_rpc_unlock(zone);
}


static ngx_uint_t
ngx_http_jupref_rpc_is_out(ngx_http_jupref_rpc_member_t *member)
{
    ngx_http_jupref_rpc_exchange_t  *exchange;

    for (exchange = member->exchanges; exchange; exchange = exchange->next) {
        if (exchange->sr) {
            return 1;
        }
    }

    return 0;
}


static ngx_msec_t
ngx_http_jupref_rpc_slot_time(ngx_http_jupref_rpc_member_t *member)
{
    ngx_http_jupref_pool_t  *pool;

    pool = member->rpc->conf->pool;

    return pool ? (ngx_msec_t) ngx_http_jupref_pool_slot_ms(pool)
                : JUPREF_SLOT_US_START / 1000;
}


/* What the client has seen already isn't taken back, nor is given what is older
 * than the pool's bound: a node that was asked for that slot would have said
 * the same. */

static void
ngx_http_jupref_rpc_behind(ngx_http_jupref_rpc_member_t *member)
{
    u_char               *text, *last;
    jupref_rpc_answer_t   answer;

    text = ngx_pnalloc(member->rpc->request->pool, 128 + NGX_INT64_LEN);
    if (text == NULL) {
        member->rpc->failed = 1;
        return;
    }

    last = ngx_sprintf(text, "{\"code\":-32016,\"message\":"
                       "\"Minimum context slot has not been reached\"");

    if (member->behind_slot) {
        last = ngx_sprintf(last, ",\"data\":{\"contextSlot\":%uL}",
                           member->behind_slot);
    }

    *last++ = '}';

    ngx_memzero(&answer, sizeof(jupref_rpc_answer_t));

    answer.kind = JUPREF_RPC_ANSWER_ERROR;
    answer.error.data = text;
    answer.error.len = (size_t) (last - text);

    ngx_http_jupref_rpc_deliver(member, NGX_HTTP_JUPREF_RPC_NODE_ERROR,
                                &answer);
}


void
ngx_http_jupref_rpc_give_up(ngx_http_jupref_rpc_member_t *member)
{
    ngx_http_jupref_rpc_t       *rpc;
    const jupref_rpc_verdict_t  *verdict;

    rpc = member->rpc;
    verdict = &member->verdict;

    if (member->rank == NGX_HTTP_JUPREF_RPC_RANK_OLD) {
        ngx_http_jupref_rpc_behind(member);
        return;
    }

    if (member->best) {
        ngx_http_jupref_rpc_deliver(member, NGX_HTTP_JUPREF_RPC_NODE_ERROR,
                                    member->best);
        return;
    }

    if (verdict->mark == JUPREF_RPC_MARK_THROTTLE) {
        member->status = NGX_HTTP_TOO_MANY_REQUESTS;
        rpc->wait_ms = ngx_max(rpc->wait_ms, verdict->retry_after_ms);

    } else if (verdict->mark == JUPREF_RPC_MARK_NONE) {

        /* nobody's failure: the answer was too large, or the call was */

    } else {
        member->status = member->timed_out ? NGX_HTTP_GATEWAY_TIME_OUT
                                           : NGX_HTTP_BAD_GATEWAY;
    }

    if (!rpc->logged) {
        rpc->logged = 1;
        ngx_log_error(NGX_LOG_ERR, rpc->request->connection->log, 0,
                      "jupref: %s is not answered by any node, tries: %ui, "
                      "the last one: %s",
                      member->call->method->class == JUPREF_RPC_UNKNOWN
                      ? "an unknown method" : member->call->method->name,
                      member->tries, verdict->name);
    }

    ngx_http_jupref_rpc_refuse(member, NGX_HTTP_JUPREF_RPC_FAILED,
                               verdict->code,
                               ngx_http_jupref_cbytes(verdict->message));
}
