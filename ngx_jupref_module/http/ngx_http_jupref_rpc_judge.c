/*
 * An exchange is over: what its answer means for the member.
 *
 * The pure verdict says whether another node may know better.  As long as one
 * may be asked, the best answer so far is kept; ngx_http_jupref_rpc_next.c
 * asks on.
 */

#include "http/ngx_http_jupref_rpc_gateway.h"


static ngx_http_jupref_rpc_rank_e ngx_http_jupref_rpc_judge_slot(
    ngx_http_jupref_rpc_exchange_t *exchange,
    const jupref_rpc_answer_t *answer);
static void ngx_http_jupref_rpc_tell(ngx_http_jupref_rpc_exchange_t *exchange);
static void ngx_http_jupref_rpc_remember(
    ngx_http_jupref_rpc_exchange_t *exchange, jupref_rpc_answer_t *answer,
    ngx_http_jupref_rpc_rank_e rank);


/* Of a result that can't be. */
static const jupref_rpc_verdict_t  ngx_http_jupref_rpc_disbelief = {
    .name = "beyond_belief",
    .other = JUPREF_RPC_OTHER_YES,
    .mark = JUPREF_RPC_MARK_SOFT,
    .code = -32603,
    .message = "Internal error: a node tells what can't be of this chain"
};


ngx_int_t
ngx_http_jupref_rpc_judge(ngx_http_jupref_rpc_exchange_t *exchange)
{
    jupref_rpc_answer_t           *answer;
    jupref_rpc_outcome_t           outcome;
    ngx_http_jupref_gateway_t     *gateway;
    ngx_http_jupref_rpc_rank_e     rank;
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
    member->in_vain = 0;

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

    if (member->verdict.other == JUPREF_RPC_OTHER_YES
        && member->verdict.mark != JUPREF_RPC_MARK_NONE
        && member->verdict.mark != JUPREF_RPC_MARK_THROTTLE)
    {
        member->failed = 1;
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

static ngx_http_jupref_rpc_rank_e
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
        member->in_vain = 1;

        if (!member->call->method->retry) {
            member->verdict.other = JUPREF_RPC_OTHER_NEVER;
        }

        return NGX_HTTP_JUPREF_RPC_RANK_NONE;
    }

    if (pick && pick->pool
        && ngx_http_jupref_rpc_is_old(pick, member->call, answer, slot))
    {
        member->in_vain = 1;
        member->behind_slot = ngx_max(member->behind_slot, slot);
        member->verdict.other = member->call->method->retry
                                ? JUPREF_RPC_OTHER_FRESHER
                                : JUPREF_RPC_OTHER_NEVER;

        return NGX_HTTP_JUPREF_RPC_RANK_OLD;
    }

    if (slot && slot < member->min_slot) {
        member->in_vain = 1;
        member->behind_slot = ngx_max(member->behind_slot, slot);
        member->verdict.other = JUPREF_RPC_OTHER_FRESHER;

        return NGX_HTTP_JUPREF_RPC_RANK_OLD;
    }

    ngx_http_jupref_rpc_keep(exchange, answer, slot);

    return NGX_HTTP_JUPREF_RPC_RANK_NONE;
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
    jupref_rpc_answer_t *answer, ngx_http_jupref_rpc_rank_e rank)
{
    const jupref_rpc_verdict_t    *verdict;
    ngx_http_jupref_rpc_member_t  *member;

    member = exchange->member;
    verdict = &member->verdict;

    if (rank != NGX_HTTP_JUPREF_RPC_RANK_NONE) {

        /* a result, judged by its slot */

    } else if (verdict->lacks_method) {
        rank = NGX_HTTP_JUPREF_RPC_RANK_LACKS;

    } else if (verdict->other == JUPREF_RPC_OTHER_FRESHER) {
        rank = NGX_HTTP_JUPREF_RPC_RANK_BEHIND;

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

    member->rank = rank;
    member->best = NULL;
    member->best_of = NULL;

    if (rank == NGX_HTTP_JUPREF_RPC_RANK_OLD) {

        /* it isn't given to anybody: only that it was is told */

        return;
    }

    exchange->kept = 1;

    member->best = answer;
    member->best_of = exchange;
}
