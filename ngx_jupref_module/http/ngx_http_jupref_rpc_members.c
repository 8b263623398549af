/*
 * A request's members: each is judged alone, answered from where it can be,
 * and done when it has its answer.
 *
 * At most so many ask nodes at once; the next is started when one is done.
 * The request ends when all are done.
 */

#include "http/ngx_http_jupref_rpc.h"


static void ngx_http_jupref_rpc_wake(ngx_http_request_t *r);
static void ngx_http_jupref_rpc_run(ngx_http_jupref_rpc_t *rpc);
static ngx_int_t ngx_http_jupref_rpc_start(
    ngx_http_jupref_rpc_member_t *member);
static ngx_uint_t ngx_http_jupref_rpc_allowed(
    ngx_http_jupref_rpc_member_t *member);
static void ngx_http_jupref_rpc_deny(ngx_http_jupref_rpc_member_t *member);
static void ngx_http_jupref_rpc_done(ngx_http_jupref_rpc_member_t *member);


void
ngx_http_jupref_rpc_begin(ngx_http_jupref_rpc_t *rpc)
{
    ngx_event_t                *rev;
    ngx_uint_t                  i;
    ngx_http_request_t         *r;
    jupref_rpc_limits_t         limits;
    jupref_rpc_call_result_e    result;

    r = rpc->request;

    limits.batch = (unsigned) rpc->conf->batch;
    limits.values = NGX_HTTP_JUPREF_RPC_VALUES;

    result = jupref_rpc_body_read(&rpc->body, rpc->text, &limits,
                                  rpc->memory);

    if (result != JUPREF_RPC_CALL_OK) {
        ngx_http_finalize_request(r,
            ngx_http_jupref_rpc_error(r, NGX_HTTP_OK,
                                      jupref_rpc_call_code(result),
                                      ngx_http_jupref_cbytes(
                                          jupref_rpc_call_text(result))));
        return;
    }

    rpc->members = ngx_pcalloc(r->pool,
                               rpc->body.count
                               * sizeof(ngx_http_jupref_rpc_member_t));
    if (rpc->members == NULL) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    for (i = 0; i < rpc->body.count; i++) {
        rpc->members[i].rpc = rpc;
        rpc->members[i].call = &rpc->body.calls[i];
    }

    r->write_event_handler = ngx_http_jupref_rpc_wake;
    r->read_event_handler = ngx_http_test_reading;

    rev = r->connection->read;

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);

    } else if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    ngx_http_jupref_rpc_run(rpc);
}


void
ngx_http_jupref_rpc_rouse(ngx_http_jupref_rpc_t *rpc)
{
    if (rpc->woken) {
        return;
    }

    if (ngx_http_post_request(rpc->request, NULL) == NGX_OK) {
        rpc->woken = 1;
    }
}


/* The request's write handler: the client's socket may have called, too. */

static void
ngx_http_jupref_rpc_wake(ngx_http_request_t *r)
{
    ngx_http_jupref_rpc_t           *rpc;
    ngx_http_jupref_rpc_exchange_t  *exchange;

    rpc = ngx_http_jupref_rpc_find(r);
    rpc->woken = 0;

    while (rpc->over) {
        exchange = rpc->over;
        rpc->over = exchange->next_over;

        if (rpc->over == NULL) {
            rpc->over_last = &rpc->over;
        }

        if (ngx_http_jupref_rpc_judge(exchange) != NGX_OK) {
            ngx_http_finalize_request(r, NGX_ERROR);
            return;
        }
    }

    ngx_http_jupref_rpc_run(rpc);
}


static void
ngx_http_jupref_rpc_run(ngx_http_jupref_rpc_t *rpc)
{
    ngx_http_request_t            *r;
    ngx_http_jupref_rpc_member_t  *member;

    r = rpc->request;

    while (rpc->started < rpc->body.count
           && rpc->open < NGX_HTTP_JUPREF_RPC_IN_FLIGHT)
    {
        member = &rpc->members[rpc->started++];
        rpc->open++;

        if (ngx_http_jupref_rpc_start(member) != NGX_OK) {
            ngx_http_finalize_request(r, NGX_ERROR);
            return;
        }
    }

    if (rpc->open || rpc->started < rpc->body.count) {
        return;
    }

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    ngx_http_finalize_request(r, ngx_http_jupref_rpc_reply(rpc));
}


/* NGX_ERROR: memory is out, in the middle of things. */

static ngx_int_t
ngx_http_jupref_rpc_start(ngx_http_jupref_rpc_member_t *member)
{
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

    return ngx_http_jupref_rpc_ask(member);
}


static ngx_uint_t
ngx_http_jupref_rpc_allowed(ngx_http_jupref_rpc_member_t *member)
{
    const jupref_rpc_method_t   *method;
    ngx_http_jupref_rpc_conf_t  *conf;

    conf = member->rpc->conf;
    method = member->call->method;

    if (method->class == JUPREF_RPC_UNKNOWN) {
        return conf->unknown;
    }

    return conf->allowed[method - jupref_rpc_methods];
}


static void
ngx_http_jupref_rpc_deny(ngx_http_jupref_rpc_member_t *member)
{
    ngx_http_jupref_rpc_refuse(member, NGX_HTTP_JUPREF_RPC_DENIED,
        JUPREF_RPC_METHOD_NOT_FOUND,
        jupref_bytes("this method is not available at this endpoint"));
}


void
ngx_http_jupref_rpc_deliver(ngx_http_jupref_rpc_member_t *member,
    ngx_http_jupref_rpc_origin_e origin, const jupref_rpc_answer_t *answer)
{
    member->origin = origin;

    if (!jupref_rpc_is_notification(member->call)) {
        jupref_rpc_reply_spans(member->reply, answer, member->call->id);
        member->spans = JUPREF_RPC_REPLY_SPANS;
    }

    ngx_http_jupref_rpc_done(member);
}


/* Without memory for its text an error has none. */

void
ngx_http_jupref_rpc_refuse(ngx_http_jupref_rpc_member_t *member,
    ngx_http_jupref_rpc_origin_e origin, int code, jupref_bytes_t message)
{
    size_t          size;
    u_char         *room;
    jupref_bytes_t  id;

    static const jupref_bytes_t  none;

    member->origin = origin;
    id = member->call->id;

    if (!jupref_rpc_is_notification(member->call)) {
        size = jupref_rpc_error_size(message, none, id);
        room = ngx_pnalloc(member->rpc->request->pool, size);

        if (room) {
            member->reply[0].data = room;
            member->reply[0].len = jupref_rpc_error_write(room, size, id, code,
                                                          message, none);
            member->spans = 1;
        }
    }

    ngx_http_jupref_rpc_done(member);
}


static void
ngx_http_jupref_rpc_done(ngx_http_jupref_rpc_member_t *member)
{
    member->done = 1;
    member->rpc->open--;

    ngx_http_jupref_rpc_cancel(member);
}
