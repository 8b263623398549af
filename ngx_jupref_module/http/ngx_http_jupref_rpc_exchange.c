/*
 * Exchanges: one question to one node, as a background subrequest.
 *
 * nginx's own proxying does the work: the subrequest begins right at the
 * location's proxy_pass, with a body of our own and without the client's
 * arguments.  Background, because nothing of it goes to the client: its header
 * and body end in our filters, which copy them and hand nginx its buffers
 * back.  It isn't buffered by nginx either, which for a subrequest in the
 * background would mean files.
 *
 * The subrequest is known by its post_subrequest handler, which survives what
 * clears its context, such as a redirect that a node tries to talk nginx into.
 */

#include "http/ngx_http_jupref_rpc.h"


static void ngx_http_jupref_rpc_first(ngx_http_jupref_rpc_member_t *member);
static ngx_int_t ngx_http_jupref_rpc_subrequest(
    ngx_http_jupref_rpc_exchange_t *exchange);
static ngx_int_t ngx_http_jupref_rpc_wish(
    ngx_http_jupref_rpc_exchange_t *exchange);
static ngx_int_t ngx_http_jupref_rpc_over(ngx_http_request_t *sr, void *data,
    ngx_int_t rc);
static void ngx_http_jupref_rpc_queue(
    ngx_http_jupref_rpc_exchange_t *exchange);
static void ngx_http_jupref_rpc_ended(ngx_http_jupref_rpc_exchange_t *exchange,
    ngx_http_request_t *sr, ngx_int_t rc);


/* Ids of calls to nodes; an answer with another one is to another call. */
static uint64_t  ngx_http_jupref_rpc_last_id;


ngx_int_t
ngx_http_jupref_rpc_ask(ngx_http_jupref_rpc_member_t *member)
{
    ngx_http_request_t              *r;
    ngx_http_jupref_rpc_exchange_t  *exchange;

    r = member->rpc->request;

    exchange = ngx_pcalloc(r->pool, sizeof(ngx_http_jupref_rpc_exchange_t));
    if (exchange == NULL) {
        return NGX_ERROR;
    }

    exchange->member = member;
    exchange->id = ++ngx_http_jupref_rpc_last_id;
    exchange->hedge = (member->due == NGX_HTTP_JUPREF_RPC_DUE_HEDGE);

    if (ngx_http_jupref_rpc_subrequest(exchange) != NGX_OK) {
        return NGX_ERROR;
    }

    exchange->next = member->exchanges;
    member->exchanges = exchange;

    if (member->tries++ == 0) {
        ngx_http_jupref_rpc_first(member);
    }

    return NGX_OK;
}


/* The first node is asked: one more may be, when it takes its time. */

static void
ngx_http_jupref_rpc_first(ngx_http_jupref_rpc_member_t *member)
{
    ngx_http_jupref_rpc_conf_t  *conf;

    conf = member->rpc->conf;

    ngx_http_jupref_rpc_earn(conf->zone);

    if (conf->hedge && member->call->method->hedge) {
        ngx_http_jupref_rpc_due_in(member, NGX_HTTP_JUPREF_RPC_DUE_HEDGE,
                                   conf->hedge);
    }
}


static ngx_int_t
ngx_http_jupref_rpc_subrequest(ngx_http_jupref_rpc_exchange_t *exchange)
{
    size_t                         size;
    ngx_buf_t                     *b;
    ngx_chain_t                   *cl;
    ngx_http_request_t            *r, *sr;
    ngx_http_request_body_t       *body;
    ngx_http_jupref_rpc_t         *rpc;
    ngx_http_post_subrequest_t    *ps;
    const jupref_rpc_call_t       *call;

    rpc = exchange->member->rpc;
    call = exchange->member->call;
    r = rpc->request;

    size = jupref_rpc_upstream_size(call);

    b = ngx_create_temp_buf(r->pool, size);
    cl = ngx_alloc_chain_link(r->pool);
    body = ngx_pcalloc(r->pool, sizeof(ngx_http_request_body_t));
    ps = ngx_palloc(r->pool, sizeof(ngx_http_post_subrequest_t));

    if (b == NULL || cl == NULL || body == NULL || ps == NULL) {
        return NGX_ERROR;
    }

    b->last += jupref_rpc_upstream_write(b->pos, size, &rpc->body, call,
                                         exchange->id,
                                         exchange->member->min_slot);
    b->last_buf = 1;
    cl->buf = b;
    cl->next = NULL;
    body->bufs = cl;

    ps->handler = ngx_http_jupref_rpc_over;
    ps->data = exchange;

    if (ngx_http_subrequest(r, &r->uri, NULL, &sr, ps,
                            NGX_HTTP_SUBREQUEST_BACKGROUND
                            |NGX_HTTP_SUBREQUEST_CLONE)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    sr->content_handler = rpc->conf->upstream;
    sr->request_body = body;
    sr->headers_in.content_length = NULL;
    sr->headers_in.content_length_n = b->last - b->pos;
    sr->headers_in.chunked = 0;

    /* the client's arguments, an API key among them, aren't the node's */

    sr->valid_unparsed_uri = 0;
    sr->unparsed_uri = r->uri;

    exchange->sr = sr;

    if (ngx_http_jupref_rpc_pass_headers(rpc, sr) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_jupref_rpc_wish(exchange);
}


/* Nodes that have been asked, or are being asked now. */

uint64_t
ngx_http_jupref_rpc_tried(ngx_http_jupref_rpc_member_t *member)
{
    uint64_t                         tried;
    ngx_http_jupref_rpc_exchange_t  *exchange;

    tried = member->tried | ngx_http_jupref_rpc_lacking(member);

    for (exchange = member->exchanges; exchange; exchange = exchange->next) {
        if (exchange->sr && exchange->pick) {
            tried |= exchange->pick->tried;
        }
    }

    return tried;
}


/* What the balancer should know, when it is the pool's. */

static ngx_int_t
ngx_http_jupref_rpc_wish(ngx_http_jupref_rpc_exchange_t *exchange)
{
    ngx_http_jupref_pick_t        *pick;
    ngx_http_jupref_rpc_conf_t    *conf;
    ngx_http_jupref_rpc_member_t  *member;

    member = exchange->member;
    conf = member->rpc->conf;

    if (conf->pool == NULL && conf->shares) {
        return NGX_OK;
    }

    pick = ngx_http_jupref_pick(exchange->sr);
    if (pick == NULL) {
        return NGX_ERROR;
    }

    pick->avoid = ngx_http_jupref_rpc_tried(member);
    pick->min_slot = ngx_max(member->call->min_slot, member->min_slot);
    pick->freshest = member->fresher;

    if (member->call->commitment != JUPREF_COMMITMENT_OTHER) {
        pick->commitment = member->call->commitment;
    }

    exchange->pick = pick;

    return NGX_OK;
}


ngx_http_jupref_rpc_exchange_t *
ngx_http_jupref_rpc_exchange(ngx_http_request_t *sr)
{
    ngx_http_jupref_rpc_exchange_t  *exchange;

    if (sr->post_subrequest == NULL
        || sr->post_subrequest->handler != ngx_http_jupref_rpc_over)
    {
        return NULL;
    }

    exchange = sr->post_subrequest->data;

    return exchange;
}


/*
 * The subrequest is over, however it ended: what nginx would tell a client of
 * that is for us to tell, so it gets to see a success.
 */

static ngx_int_t
ngx_http_jupref_rpc_over(ngx_http_request_t *sr, void *data, ngx_int_t rc)
{
    ngx_http_jupref_rpc_exchange_t  *exchange = data;

    if (exchange->sr == NULL) {
        return NGX_OK;
    }

    exchange->sr = NULL;

    if (!exchange->stopped) {
        ngx_http_jupref_rpc_ended(exchange, sr, rc);
        ngx_http_jupref_rpc_queue(exchange);
    }

    return NGX_OK;
}


/* The filters have had enough of it: it is over, and to be cancelled. */

void
ngx_http_jupref_rpc_stop(ngx_http_jupref_rpc_exchange_t *exchange)
{
    exchange->stopped = 1;
    exchange->transport = JUPREF_RPC_TOO_LARGE;

    ngx_http_jupref_rpc_queue(exchange);
}


static void
ngx_http_jupref_rpc_queue(ngx_http_jupref_rpc_exchange_t *exchange)
{
    ngx_http_jupref_rpc_t  *rpc;

    rpc = exchange->member->rpc;

    *rpc->over_last = exchange;
    rpc->over_last = &exchange->next_over;

    ngx_http_jupref_rpc_rouse(rpc);
}


static void
ngx_http_jupref_rpc_ended(ngx_http_jupref_rpc_exchange_t *exchange,
    ngx_http_request_t *sr, ngx_int_t rc)
{
    ngx_http_upstream_t  *u;

    u = sr->upstream;

    if (u && u->state) {
        exchange->node = u->state->peer;

        /* nginx counts whole milliseconds: half a one stands for none */

        if (u->state->header_time != (ngx_msec_t) -1) {
            exchange->latency_us = (uint64_t) u->state->header_time * 1000
                                   + 500;
        }
    }

    if (exchange->too_large) {
        exchange->transport = JUPREF_RPC_TOO_LARGE;

    } else if (exchange->whole) {
        exchange->transport = JUPREF_RPC_ANSWERED;

    } else if (u && rc >= NGX_HTTP_SPECIAL_RESPONSE
               && u->headers_in.status_n == (ngx_uint_t) rc)
    {
        /* an answer whose body proxy_intercept_errors has dropped */

        exchange->transport = JUPREF_RPC_ANSWERED;
        exchange->status = u->headers_in.status_n;

    } else if (u == NULL || !u->request_sent) {
        exchange->transport = JUPREF_RPC_NOT_CONNECTED;

    } else if (rc == NGX_HTTP_GATEWAY_TIME_OUT) {
        exchange->transport = JUPREF_RPC_TIMED_OUT;

    } else {
        exchange->transport = JUPREF_RPC_RESET;
    }
}


/*
 * As nginx does itself when a client leaves: the upstream's cleanup ends the
 * connection and gives back what the subrequest holds of its main request.
 */

void
ngx_http_jupref_rpc_drop(ngx_http_jupref_rpc_exchange_t *exchange)
{
    ngx_http_request_t  *sr;

    sr = exchange->sr;

    if (sr == NULL) {
        return;
    }

    exchange->sr = NULL;

    if (sr->upstream && sr->upstream->cleanup) {
        (*sr->upstream->cleanup)(sr);

    } else {
        ngx_http_finalize_request(sr, NGX_DONE);
    }

    sr->read_event_handler = ngx_http_request_empty_handler;
    sr->write_event_handler = ngx_http_request_empty_handler;
}


void
ngx_http_jupref_rpc_cancel(ngx_http_jupref_rpc_member_t *member)
{
    ngx_http_jupref_rpc_exchange_t  *exchange;

    for (exchange = member->exchanges; exchange; exchange = exchange->next) {

        if (exchange->sr && exchange->pick) {
            exchange->pick->outrun = 1;
        }

        ngx_http_jupref_rpc_drop(exchange);

        if (!exchange->kept) {
            ngx_http_jupref_rpc_forget(exchange);
        }
    }
}
