/*
 * A request's course: its members are started, at most so many at once, it
 * wakes when something has happened, and ends when all are done.
 *
 * What happens is the end of an exchange, which nginx tells within this
 * request's own events; or something outside of it (another request that asks
 * the same, a time that has come), which posts an event.  Either way all that
 * is there is looked at.
 */

#include "http/ngx_http_jupref_rpc.h"


static ngx_int_t ngx_http_jupref_rpc_prepare(ngx_http_jupref_rpc_t *rpc);
static ngx_int_t ngx_http_jupref_rpc_know_client(ngx_http_jupref_rpc_t *rpc);
static ngx_int_t ngx_http_jupref_rpc_watch(ngx_http_jupref_rpc_t *rpc);
static void ngx_http_jupref_rpc_event(ngx_event_t *ev);
static void ngx_http_jupref_rpc_wake(ngx_http_request_t *r);
static ngx_int_t ngx_http_jupref_rpc_happened(ngx_http_jupref_rpc_t *rpc);
static ngx_int_t ngx_http_jupref_rpc_times(ngx_http_jupref_rpc_t *rpc);
static void ngx_http_jupref_rpc_run(ngx_http_jupref_rpc_t *rpc);
static void ngx_http_jupref_rpc_end(void *data);


void
ngx_http_jupref_rpc_begin(ngx_http_jupref_rpc_t *rpc)
{
    ngx_int_t                  rc;
    ngx_http_request_t        *r;
    jupref_rpc_limits_t        limits;
    jupref_rpc_call_result_e   result;

    r = rpc->request;

    limits.batch = (unsigned) rpc->conf->batch;
    limits.values = NGX_HTTP_JUPREF_RPC_VALUES;

    result = jupref_rpc_body_read(&rpc->body, rpc->text, &limits,
                                  rpc->memory);

    if (result != JUPREF_RPC_CALL_OK) {
        rc = ngx_http_jupref_rpc_error(r, NGX_HTTP_OK,
                 jupref_rpc_call_code(result),
                 ngx_http_jupref_cbytes(jupref_rpc_call_text(result)));
        ngx_http_finalize_request(r, rc);
        return;
    }

    if (ngx_http_jupref_rpc_prepare(rpc) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    ngx_http_jupref_rpc_run(rpc);
}


static ngx_int_t
ngx_http_jupref_rpc_prepare(ngx_http_jupref_rpc_t *rpc)
{
    ngx_uint_t           i;
    ngx_http_cleanup_t  *cln;
    ngx_http_request_t  *r;

    r = rpc->request;

    cln = ngx_http_cleanup_add(r, 0);

    rpc->members = ngx_pcalloc(r->pool,
                               rpc->body.count
                               * sizeof(ngx_http_jupref_rpc_member_t));

    if (cln == NULL || rpc->members == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < rpc->body.count; i++) {
        rpc->members[i].rpc = rpc;
        rpc->members[i].call = &rpc->body.calls[i];
    }

    rpc->event.handler = ngx_http_jupref_rpc_event;
    rpc->event.data = rpc;
    rpc->event.log = r->connection->log;

    cln->handler = ngx_http_jupref_rpc_end;
    cln->data = rpc;

    if (ngx_http_jupref_rpc_know_client(rpc) != NGX_OK
        || ngx_http_jupref_rpc_charge(rpc) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_jupref_rpc_seen(rpc);

    return ngx_http_jupref_rpc_watch(rpc);
}


/* Only where there is something to be known of it. */

static ngx_int_t
ngx_http_jupref_rpc_know_client(ngx_http_jupref_rpc_t *rpc)
{
    if (rpc->conf->rate == NULL && !rpc->conf->monotonic) {
        return NGX_OK;
    }

    if (ngx_http_jupref_client(rpc->request, &rpc->client) != NGX_OK
        || !jupref_sha256(rpc->client_key,
                          ngx_http_jupref_bytes(&rpc->client)))
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* A client that leaves ends all of it. */

static ngx_int_t
ngx_http_jupref_rpc_watch(ngx_http_jupref_rpc_t *rpc)
{
    ngx_event_t         *rev;
    ngx_http_request_t  *r;

    r = rpc->request;
    rev = r->connection->read;

    r->write_event_handler = ngx_http_jupref_rpc_wake;
    r->read_event_handler = ngx_http_test_reading;

    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);
        return NGX_OK;
    }

    return ngx_handle_read_event(rev, 0);
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


void
ngx_http_jupref_rpc_rouse_other(ngx_http_jupref_rpc_t *rpc)
{
    if (!rpc->event.posted) {
        ngx_post_event(&rpc->event, &ngx_posted_events);
    }
}


static void
ngx_http_jupref_rpc_event(ngx_event_t *ev)
{
    ngx_connection_t       *c;
    ngx_http_request_t     *r;
    ngx_http_jupref_rpc_t  *rpc;

    rpc = ev->data;
    r = rpc->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ngx_http_jupref_rpc_wake(r);

    ngx_http_run_posted_requests(c);
}


/* Also the request's write handler, which the client's socket calls, too. */

static void
ngx_http_jupref_rpc_wake(ngx_http_request_t *r)
{
    ngx_http_jupref_rpc_t  *rpc;

    rpc = ngx_http_jupref_rpc_find(r);
    rpc->woken = 0;

    if (rpc->answered) {
        return;
    }

    if (ngx_http_jupref_rpc_happened(rpc) != NGX_OK
        || ngx_http_jupref_rpc_times(rpc) != NGX_OK)
    {
        rpc->failed = 1;
    }

    ngx_http_jupref_rpc_run(rpc);
}


static ngx_int_t
ngx_http_jupref_rpc_happened(ngx_http_jupref_rpc_t *rpc)
{
    ngx_http_jupref_rpc_exchange_t  *exchange;

    while (rpc->over) {
        exchange = rpc->over;
        rpc->over = exchange->next_over;

        if (rpc->over == NULL) {
            rpc->over_last = &rpc->over;
        }

        if (ngx_http_jupref_rpc_judge(exchange) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* Members whose time has come; the event is set for the next of them. */

static ngx_int_t
ngx_http_jupref_rpc_times(ngx_http_jupref_rpc_t *rpc)
{
    ngx_uint_t                     i;
    ngx_msec_int_t                 left, next;
    ngx_http_jupref_rpc_member_t  *member;

    for (i = 0; rpc->due && i < rpc->started; i++) {
        member = &rpc->members[i];

        if (member->due != NGX_HTTP_JUPREF_RPC_NOT_DUE
            && (ngx_msec_int_t) (member->due_ms - ngx_current_msec) <= 0
            && ngx_http_jupref_rpc_is_due(member) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (rpc->event.timer_set) {
        ngx_del_timer(&rpc->event);
    }

    if (rpc->due == 0) {
        return NGX_OK;
    }

    next = NGX_MAX_INT_T_VALUE;

    for (i = 0; i < rpc->started; i++) {
        member = &rpc->members[i];

        if (member->due != NGX_HTTP_JUPREF_RPC_NOT_DUE) {
            left = (ngx_msec_int_t) (member->due_ms - ngx_current_msec);
            next = ngx_min(next, ngx_max(left, 0));
        }
    }

    ngx_add_timer(&rpc->event, (ngx_msec_t) next);

    return NGX_OK;
}


void
ngx_http_jupref_rpc_due_in(ngx_http_jupref_rpc_member_t *member,
    ngx_http_jupref_rpc_due_e due, ngx_msec_t ms)
{
    ngx_http_jupref_rpc_not_due(member);

    member->due = due;
    member->due_ms = ngx_current_msec + ms;
    member->rpc->due++;

    if (!member->rpc->event.timer_set) {
        ngx_add_timer(&member->rpc->event, ms);

    } else if ((ngx_msec_int_t) (member->rpc->event.timer.key
                                 - member->due_ms)
               > 0)
    {
        ngx_del_timer(&member->rpc->event);
        ngx_add_timer(&member->rpc->event, ms);
    }
}


void
ngx_http_jupref_rpc_not_due(ngx_http_jupref_rpc_member_t *member)
{
    if (member->due != NGX_HTTP_JUPREF_RPC_NOT_DUE) {
        member->due = NGX_HTTP_JUPREF_RPC_NOT_DUE;
        member->rpc->due--;
    }
}


static void
ngx_http_jupref_rpc_run(ngx_http_jupref_rpc_t *rpc)
{
    ngx_http_request_t            *r;
    ngx_http_jupref_rpc_member_t  *member;

    r = rpc->request;

    while (rpc->started < rpc->body.count
           && rpc->open < NGX_HTTP_JUPREF_RPC_IN_FLIGHT && !rpc->failed)
    {
        member = &rpc->members[rpc->started++];
        rpc->open++;

        if (ngx_http_jupref_rpc_start(member) != NGX_OK) {
            rpc->failed = 1;
        }
    }

    if (rpc->failed) {
        rpc->answered = 1;
        ngx_http_finalize_request(r, NGX_ERROR);
        return;
    }

    if (rpc->open) {
        return;
    }

    rpc->answered = 1;

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    ngx_http_finalize_request(r, ngx_http_jupref_rpc_reply(rpc));
}


/* The request ends, answered or not.  Who joined leaves first, so that none
 * of this request's own becomes a leader's heir. */

static void
ngx_http_jupref_rpc_end(void *data)
{
    ngx_uint_t              i;
    ngx_http_jupref_rpc_t  *rpc = data;

    for (i = 0; i < rpc->started; i++) {
        if (rpc->members[i].joined) {
            ngx_http_jupref_rpc_part(&rpc->members[i]);
        }
    }

    for (i = 0; i < rpc->started; i++) {
        if (rpc->members[i].leads) {
            ngx_http_jupref_rpc_part(&rpc->members[i]);
        }

        ngx_http_jupref_rpc_send_leave(&rpc->members[i]);

        rpc->members[i].done = 1;
    }

    if (rpc->event.posted) {
        ngx_delete_posted_event(&rpc->event);
    }

    if (rpc->event.timer_set) {
        ngx_del_timer(&rpc->event);
    }
}
