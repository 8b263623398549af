/*
 * An exchange is over: what its answer means for the member.
 *
 * The pure verdict says whether another node may know better.  As long as one
 * may be asked, the best answer so far is kept; a node's own error goes to the
 * client only when nobody had anything better, and the gateway's own error
 * only when no node had anything to say.
 */

#include "http/ngx_http_jupref_rpc_gateway.h"


/* Of answers that were no success, the best informed is the client's. */
enum {
    NGX_HTTP_JUPREF_RPC_RANK_NONE = 0,
    NGX_HTTP_JUPREF_RPC_RANK_SICK,      /* the node says it is its own fault */
    NGX_HTTP_JUPREF_RPC_RANK_LACKS,     /* it hasn't the method */
    NGX_HTTP_JUPREF_RPC_RANK_WELL,
    NGX_HTTP_JUPREF_RPC_RANK_OLD        /* a result, behind the client's slot */
};


static unsigned ngx_http_jupref_rpc_judge_slot(
    ngx_http_jupref_rpc_exchange_t *exchange,
    const jupref_rpc_answer_t *answer);
static ngx_int_t ngx_http_jupref_rpc_next(
    ngx_http_jupref_rpc_member_t *member);
static void ngx_http_jupref_rpc_tell(ngx_http_jupref_rpc_exchange_t *exchange);
static void ngx_http_jupref_rpc_remember(
    ngx_http_jupref_rpc_exchange_t *exchange, jupref_rpc_answer_t *answer,
    unsigned rank);
static ngx_uint_t ngx_http_jupref_rpc_asks_on(
    ngx_http_jupref_rpc_member_t *member);
static ngx_uint_t ngx_http_jupref_rpc_has_other(
    ngx_http_jupref_rpc_member_t *member);
static ngx_uint_t ngx_http_jupref_rpc_is_out(
    ngx_http_jupref_rpc_member_t *member);
static ngx_msec_t ngx_http_jupref_rpc_slot_time(
    ngx_http_jupref_rpc_member_t *member);
static void ngx_http_jupref_rpc_behind(ngx_http_jupref_rpc_member_t *member);


/* Of a result that can't be. */
static const jupref_rpc_verdict_t  ngx_http_jupref_rpc_disbelief = {
    .name = "beyond_belief",
    .other = JUPREF_RPC_OTHER_YES,
    .mark = JUPREF_RPC_MARK_SOFT,
    .code = -32603,
    .message = "Internal error: a node tells of slots that nobody else knows"
};


/* A fifth of the calls may be retries, and ten a second anyway. */
static const jupref_retry_terms_t  ngx_http_jupref_rpc_retry_terms = {
    200, 10, 100
};


ngx_int_t
ngx_http_jupref_rpc_judge(ngx_http_jupref_rpc_exchange_t *exchange)
{
    unsigned                       rank;
    jupref_rpc_answer_t           *answer;
    jupref_rpc_outcome_t           outcome;
    ngx_http_jupref_gateway_t     *gateway;
    ngx_http_jupref_rpc_member_t  *member;

    member = exchange->member;
    gateway = member->rpc->conf->zone->shared->gateway;

    (void) ngx_atomic_fetch_add(
               &gateway->counters.exchanges[exchange->transport], 1);

    if (exchange->pick) {
        member->tried |= exchange->pick->tried;
    }

    ngx_http_jupref_rpc_drop(exchange);

    if (member->done) {
        ngx_http_jupref_rpc_forget(exchange);
        return NGX_OK;
    }

    if (exchange->node) {
        member->rpc->node = *exchange->node;
    }

    answer = ngx_palloc(member->rpc->request->pool,
                        sizeof(jupref_rpc_answer_t));
    if (answer == NULL) {
        return NGX_ERROR;
    }

    jupref_rpc_answer_read(answer,
                           (jupref_bytes_t) { exchange->text, exchange->len },
                           exchange->id, member->rpc->memory);

    outcome.transport = exchange->transport;
    outcome.status = (unsigned) exchange->status;
    outcome.retry_after = exchange->retry_after;
    outcome.answer = answer;

    jupref_rpc_verdict(&member->verdict, member->call->method, &outcome);

    rank = NGX_HTTP_JUPREF_RPC_RANK_NONE;

    if (member->verdict.deliver && answer->kind == JUPREF_RPC_ANSWER_RESULT) {
        rank = ngx_http_jupref_rpc_judge_slot(exchange, answer);
    }

    ngx_http_jupref_rpc_tell(exchange);

    if (member->verdict.deliver
        && member->verdict.other == JUPREF_RPC_OTHER_NEVER)
    {
        if (exchange->hedge) {
            (void) ngx_atomic_fetch_add(&gateway->counters.hedges[1], 1);
        }

        if (member->best_of) {
            member->best_of->kept = 0;
        }

        exchange->kept = 1;

        ngx_http_jupref_rpc_deliver(member,
                                    answer->kind == JUPREF_RPC_ANSWER_RESULT
                                    ? NGX_HTTP_JUPREF_RPC_FROM_NODE
                                    : NGX_HTTP_JUPREF_RPC_NODE_ERROR, answer);
        return NGX_OK;
    }

    if (member->verdict.deliver) {
        ngx_http_jupref_rpc_remember(exchange, answer, rank);
    }

    if (!exchange->kept) {
        ngx_http_jupref_rpc_forget(exchange);
    }

    if (exchange->transport == JUPREF_RPC_TIMED_OUT) {
        member->timed_out = 1;
    }

    if (member->verdict.other == JUPREF_RPC_OTHER_FRESHER && exchange->pick
        && exchange->pick->pool)
    {
        member->behind |= jupref_pool_bit(exchange->pick->node);
    }

    return ngx_http_jupref_rpc_next(member);
}


/*
 * A result may be of a slot that the client has left behind, and another node
 * further ahead; or of one that nobody else is near, as only a node that lies
 * would tell, and then it isn't believed.  Neither is kept for others.
 */

static unsigned
ngx_http_jupref_rpc_judge_slot(ngx_http_jupref_rpc_exchange_t *exchange,
    const jupref_rpc_answer_t *answer)
{
    uint64_t                       slot;
    ngx_http_jupref_pick_t        *pick;
    ngx_http_jupref_rpc_member_t  *member;

    member = exchange->member;
    pick = exchange->pick;
    slot = ngx_http_jupref_rpc_slot_of(member->call, answer);

    if (pick && pick->pool
        && !ngx_http_jupref_rpc_believes(pick, member->call, answer, slot))
    {
        member->verdict = ngx_http_jupref_rpc_disbelief;
        return NGX_HTTP_JUPREF_RPC_RANK_NONE;
    }

    if (pick && pick->pool
        && ngx_http_jupref_rpc_is_old(pick, member->call, answer, slot))
    {
        member->verdict.other = member->call->method->retry
                                ? JUPREF_RPC_OTHER_FRESHER
                                : JUPREF_RPC_OTHER_NEVER;

        return NGX_HTTP_JUPREF_RPC_RANK_OLD;
    }

    if (slot && slot < member->min_slot) {
        member->behind_slot = ngx_max(member->behind_slot, slot);
        member->verdict.other = JUPREF_RPC_OTHER_FRESHER;

        return NGX_HTTP_JUPREF_RPC_RANK_OLD;
    }

    ngx_http_jupref_rpc_keep(exchange, answer, slot);

    return NGX_HTTP_JUPREF_RPC_RANK_NONE;
}


/* It was no success: another node, now or in a slot's time, or the end. */

static ngx_int_t
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

    asks = ngx_http_jupref_rpc_asks_on(member);
    waits = (member->verdict.other == JUPREF_RPC_OTHER_AFTER_SLOT)
            || (member->verdict.other == JUPREF_RPC_OTHER_FRESHER
                && !ngx_http_jupref_rpc_has_other(member));

    /* one was only behind, whatever became of the others since */

    if (!asks && member->fresher && member->waits < NGX_HTTP_JUPREF_RPC_WAITS
        && member->tries <= NGX_HTTP_JUPREF_RPC_TRIES
        && member->verdict.other != JUPREF_RPC_OTHER_NEVER)
    {
        asks = 1;
        waits = 1;
    }

    if (!asks || !ngx_http_jupref_rpc_may_retry(member)) {
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

    if (member->tries < NGX_HTTP_JUPREF_RPC_TRIES
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


/* What broke on the way the balancer has seen itself, but for what came after
 * the header: what an answer is worth, and so whether it was one, is told
 * here. */

static void
ngx_http_jupref_rpc_tell(ngx_http_jupref_rpc_exchange_t *exchange)
{
    ngx_http_jupref_pick_t      *pick;
    const jupref_rpc_verdict_t  *verdict;

    pick = exchange->pick;
    verdict = &exchange->member->verdict;

    if (pick == NULL || pick->pool == NULL || exchange->status == 0) {
        return;
    }

    if (verdict->lacks_method) {
        ngx_http_jupref_rpc_lacks(exchange);
    }

    if (verdict->mark != JUPREF_RPC_MARK_FAILED) {
        ngx_http_jupref_pool_answered(pick->pool, pick->node,
                                      exchange->latency_us);
    }

    ngx_http_jupref_pool_mark(pick->pool, pick->node, verdict->mark,
                              verdict->retry_after_ms);
}


static void
ngx_http_jupref_rpc_remember(ngx_http_jupref_rpc_exchange_t *exchange,
    jupref_rpc_answer_t *answer, unsigned rank)
{
    const jupref_rpc_verdict_t    *verdict;
    ngx_http_jupref_rpc_member_t  *member;

    member = exchange->member;
    verdict = &member->verdict;

    if (rank != NGX_HTTP_JUPREF_RPC_RANK_NONE) {

        /* a result, judged by its slot */

    } else if (verdict->lacks_method) {
        rank = NGX_HTTP_JUPREF_RPC_RANK_LACKS;

    } else if (verdict->mark == JUPREF_RPC_MARK_NONE) {
        rank = NGX_HTTP_JUPREF_RPC_RANK_WELL;

    } else {
        rank = NGX_HTTP_JUPREF_RPC_RANK_SICK;
    }

    if (rank < member->rank) {
        return;
    }

    if (member->best_of) {
        member->best_of->kept = 0;
        ngx_http_jupref_rpc_forget(member->best_of);
    }

    exchange->kept = 1;

    member->rank = rank;
    member->best = answer;
    member->best_of = exchange;
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
        return member->tries < NGX_HTTP_JUPREF_RPC_TRIES
               && ngx_http_jupref_rpc_has_other(member);

    default:
        return member->tries < NGX_HTTP_JUPREF_RPC_TRIES;
    }
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
    tried = ngx_http_jupref_rpc_tried(member);

    for (exchange = member->exchanges; exchange; exchange = exchange->next) {
        if (exchange->pick && exchange->pick->pool) {
            pool = exchange->pick->pool;
        }
    }

    if (pool == NULL) {
        return member->tries < member->rpc->conf->nodes;
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


/* What the client has seen already isn't taken back: a node that was asked for
 * that slot would have said the same. */

static void
ngx_http_jupref_rpc_behind(ngx_http_jupref_rpc_member_t *member)
{
    u_char               *text;
    jupref_rpc_answer_t   answer;

    text = ngx_pnalloc(member->rpc->request->pool, 128 + NGX_INT64_LEN);
    if (text == NULL) {
        member->rpc->failed = 1;
        return;
    }

    ngx_memzero(&answer, sizeof(jupref_rpc_answer_t));

    answer.kind = JUPREF_RPC_ANSWER_ERROR;
    answer.error.data = text;
    answer.error.len = (size_t) (ngx_sprintf(text, "{\"code\":-32016,"
                                     "\"message\":\"Minimum context slot has "
                                     "not been reached\","
                                     "\"data\":{\"contextSlot\":%uL}}",
                                     member->behind_slot)
                                 - text);

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
        ngx_http_jupref_rpc_deliver(member,
                                    member->rank
                                    > NGX_HTTP_JUPREF_RPC_RANK_WELL
                                    ? NGX_HTTP_JUPREF_RPC_FROM_NODE
                                    : NGX_HTTP_JUPREF_RPC_NODE_ERROR,
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
