/*
 * An exchange is over: what its answer means for the member.
 *
 * The pure verdict says whether another node may know better.  As long as one
 * may be asked, the best answer so far is kept; a node's own error goes to the
 * client only when nobody had anything better, and the gateway's own error
 * only when no node had anything to say.
 */

#include "http/ngx_http_jupref_rpc.h"


static ngx_uint_t ngx_http_jupref_rpc_asks_on(
    ngx_http_jupref_rpc_member_t *member);
static ngx_uint_t ngx_http_jupref_rpc_is_out(
    ngx_http_jupref_rpc_member_t *member);
static void ngx_http_jupref_rpc_give_up(ngx_http_jupref_rpc_member_t *member);


ngx_int_t
ngx_http_jupref_rpc_judge(ngx_http_jupref_rpc_exchange_t *exchange)
{
    jupref_bytes_t                 text;
    jupref_rpc_answer_t           *answer;
    jupref_rpc_outcome_t           outcome;
    ngx_http_jupref_rpc_member_t  *member;

    member = exchange->member;

    if (member->done) {
        return NGX_OK;
    }

    answer = ngx_palloc(member->rpc->request->pool,
                        sizeof(jupref_rpc_answer_t));
    if (answer == NULL) {
        return NGX_ERROR;
    }

    text.data = exchange->text;
    text.len = exchange->len;

    jupref_rpc_answer_read(answer, text, exchange->id, member->rpc->memory);

    outcome.transport = exchange->transport;
    outcome.status = (unsigned) exchange->status;
    outcome.retry_after = exchange->retry_after;
    outcome.answer = (exchange->transport == JUPREF_RPC_ANSWERED)
                     ? answer : NULL;

    jupref_rpc_verdict(&member->verdict, member->call->method, &outcome);

    if (member->verdict.deliver
        && member->verdict.other == JUPREF_RPC_OTHER_NEVER)
    {
        ngx_http_jupref_rpc_deliver(member, NGX_HTTP_JUPREF_RPC_FROM_NODE,
                                    answer);
        return NGX_OK;
    }

    if (member->verdict.deliver) {
        member->best = answer;
    }

    if (exchange->transport == JUPREF_RPC_TIMED_OUT) {
        member->timed_out = 1;
    }

    if (ngx_http_jupref_rpc_asks_on(member)) {
        return ngx_http_jupref_rpc_ask(member);
    }

    if (!ngx_http_jupref_rpc_is_out(member)) {
        ngx_http_jupref_rpc_give_up(member);
    }

    return NGX_OK;
}


/* Whether one more node is to be asked. */

static ngx_uint_t
ngx_http_jupref_rpc_asks_on(ngx_http_jupref_rpc_member_t *member)
{
    switch (member->verdict.other) {

    case JUPREF_RPC_OTHER_NEVER:
        return 0;

    case JUPREF_RPC_OTHER_ONCE:
        return member->tries < 2;

    default:
        return member->tries < NGX_HTTP_JUPREF_RPC_TRIES;
    }
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


static void
ngx_http_jupref_rpc_give_up(ngx_http_jupref_rpc_member_t *member)
{
    jupref_bytes_t  message;

    if (member->best) {
        ngx_http_jupref_rpc_deliver(member, NGX_HTTP_JUPREF_RPC_FROM_NODE,
                                    member->best);
        return;
    }

    member->status = member->timed_out ? NGX_HTTP_GATEWAY_TIME_OUT
                                       : NGX_HTTP_BAD_GATEWAY;

    message.data = (const uint8_t *) member->verdict.message;
    message.len = ngx_strlen(message.data);

    ngx_http_jupref_rpc_refuse(member, NGX_HTTP_JUPREF_RPC_FAILED,
                               member->verdict.code, message);
}
