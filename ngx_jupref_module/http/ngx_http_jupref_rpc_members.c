/*
 * A request's members: each is judged alone, answered from where it can be,
 * and done when it has its answer.
 */

#include "http/ngx_http_jupref_rpc_gateway.h"


static void ngx_http_jupref_rpc_deny(ngx_http_jupref_rpc_member_t *member);
static void ngx_http_jupref_rpc_over_limit(
    ngx_http_jupref_rpc_member_t *member);
static void ngx_http_jupref_rpc_done(ngx_http_jupref_rpc_member_t *member,
    ngx_http_jupref_rpc_origin_e origin);


ngx_int_t
ngx_http_jupref_rpc_start(ngx_http_jupref_rpc_member_t *member)
{
    ngx_int_t                 rc;
    const jupref_rpc_call_t  *call;

    call = member->call;

    if (call->result != JUPREF_RPC_CALL_OK) {
        ngx_http_jupref_rpc_refuse(member, NGX_HTTP_JUPREF_RPC_INVALID,
            jupref_rpc_call_code(call->result),
            ngx_http_jupref_cbytes(jupref_rpc_call_text(call->result)));
        return NGX_OK;
    }

    if (!ngx_http_jupref_rpc_allowed(member)) {
        ngx_http_jupref_rpc_deny(member);
        return NGX_OK;
    }

    if (member->limited) {
        ngx_http_jupref_rpc_over_limit(member);
        return NGX_OK;
    }

    /* who wants no answer to a read has asked nothing */

    if (jupref_rpc_is_notification(call)
        && call->method->class != JUPREF_RPC_WRITE
        && call->method->class != JUPREF_RPC_UNKNOWN)
    {
        ngx_http_jupref_rpc_done(member, NGX_HTTP_JUPREF_RPC_UNASKED);
        return NGX_OK;
    }

    if (ngx_strcmp(call->method->name, "sendTransaction") == 0) {
        rc = ngx_http_jupref_rpc_send(member);

        return rc == NGX_DECLINED ? ngx_http_jupref_rpc_ask(member) : rc;
    }

    if (ngx_http_jupref_rpc_local(member) == NGX_OK
        || ngx_http_jupref_rpc_join(member))
    {
        return NGX_OK;
    }

    return ngx_http_jupref_rpc_ask(member);
}


ngx_uint_t
ngx_http_jupref_rpc_allowed(const ngx_http_jupref_rpc_member_t *member)
{
    return member->rpc->conf->allowed[jupref_rpc_row(member->call->method)];
}


static void
ngx_http_jupref_rpc_deny(ngx_http_jupref_rpc_member_t *member)
{
    ngx_http_jupref_rpc_refuse(member, NGX_HTTP_JUPREF_RPC_DENIED,
        JUPREF_RPC_METHOD_NOT_FOUND,
        jupref_bytes("Method not found: it is not served at this endpoint"));
}


static void
ngx_http_jupref_rpc_over_limit(ngx_http_jupref_rpc_member_t *member)
{
    member->status = NGX_HTTP_TOO_MANY_REQUESTS;

    ngx_http_jupref_rpc_refuse(member, NGX_HTTP_JUPREF_RPC_OVER_LIMIT,
        JUPREF_RPC_LIMITED,
        jupref_bytes("Too many requests: this client's rate limit is used "
                     "up, Retry-After says for how long"));
}


void
ngx_http_jupref_rpc_deliver(ngx_http_jupref_rpc_member_t *member,
    ngx_http_jupref_rpc_origin_e origin, const jupref_rpc_answer_t *answer)
{
    if (!jupref_rpc_is_notification(member->call)) {
        jupref_rpc_reply_spans(member->reply, answer, member->call->id);
        member->spans = JUPREF_RPC_REPLY_SPANS;
    }

    if (answer->kind == JUPREF_RPC_ANSWER_RESULT) {
        ngx_http_jupref_rpc_note(member,
                                 ngx_http_jupref_rpc_slot_of(member->call,
                                                             answer));
    }

    ngx_http_jupref_rpc_share(member, answer);
    ngx_http_jupref_rpc_done(member, origin);
}


void
ngx_http_jupref_rpc_give(ngx_http_jupref_rpc_member_t *member,
    ngx_http_jupref_rpc_origin_e origin, jupref_bytes_t result, uint64_t slot)
{
    if (!jupref_rpc_is_notification(member->call)) {
        jupref_rpc_result_spans(member->reply, result, member->call->id);
        member->spans = JUPREF_RPC_REPLY_SPANS;
    }

    ngx_http_jupref_rpc_note(member, slot);
    ngx_http_jupref_rpc_done(member, origin);
}


void
ngx_http_jupref_rpc_refuse(ngx_http_jupref_rpc_member_t *member,
    ngx_http_jupref_rpc_origin_e origin, int code, jupref_bytes_t message)
{
    size_t          size;
    u_char         *room;
    jupref_bytes_t  id;

    static const jupref_bytes_t  none;

    id = member->call->id;

    if (!jupref_rpc_is_notification(member->call)) {
        size = jupref_rpc_error_size(message, none, id);
        room = ngx_pnalloc(member->rpc->request->pool, size);

        if (room == NULL) {
            member->rpc->failed = 1;

        } else {
            member->reply[0].data = room;
            member->reply[0].len = jupref_rpc_error_write(room, size, id, code,
                                                          message, none);
            member->spans = 1;
        }
    }

    ngx_http_jupref_rpc_share(member, NULL);
    ngx_http_jupref_rpc_done(member, origin);
}


/* As when a node's answer is larger than what is left. */

void
ngx_http_jupref_rpc_too_much(ngx_http_jupref_rpc_member_t *member)
{
    jupref_rpc_outcome_t  outcome;

    ngx_memzero(&outcome, sizeof(jupref_rpc_outcome_t));
    outcome.transport = JUPREF_RPC_TOO_LARGE;

    jupref_rpc_verdict(&member->verdict, member->call->method, &outcome);

    ngx_http_jupref_rpc_refuse(member, NGX_HTTP_JUPREF_RPC_FAILED,
                               member->verdict.code,
                               ngx_http_jupref_cbytes(
                                   member->verdict.message));
}


static void
ngx_http_jupref_rpc_done(ngx_http_jupref_rpc_member_t *member,
    ngx_http_jupref_rpc_origin_e origin)
{
    ngx_http_jupref_gateway_t  *gateway;

    gateway = member->rpc->conf->zone->shared->gateway;

    (void) ngx_atomic_fetch_add(
        &gateway->counters.requests[member->call->method->class][origin], 1);

    member->origin = origin;
    member->done = 1;
    member->rpc->open--;

    ngx_http_jupref_rpc_not_due(member);
    ngx_http_jupref_rpc_cancel(member);
}
