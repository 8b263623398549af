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


/* An answer of unknown length begins with so much room, and doubles it. */
#define NGX_HTTP_JUPREF_RPC_ROOM  4096


static ngx_int_t ngx_http_jupref_rpc_subrequest(
    ngx_http_jupref_rpc_exchange_t *exchange);
static ngx_int_t ngx_http_jupref_rpc_over(ngx_http_request_t *sr, void *data,
    ngx_int_t rc);
static void ngx_http_jupref_rpc_ended(ngx_http_jupref_rpc_exchange_t *exchange,
    ngx_http_request_t *sr, ngx_int_t rc);
static ngx_int_t ngx_http_jupref_rpc_keep(
    ngx_http_jupref_rpc_exchange_t *exchange, u_char *piece, size_t len);


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

    if (ngx_http_jupref_rpc_subrequest(exchange) != NGX_OK) {
        return NGX_ERROR;
    }

    exchange->next = member->exchanges;
    member->exchanges = exchange;
    member->tries++;

    return NGX_OK;
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
                                         exchange->id, 0);
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


ngx_int_t
ngx_http_jupref_rpc_header(ngx_http_request_t *sr,
    ngx_http_jupref_rpc_exchange_t *exchange)
{
    size_t                  most;
    ngx_table_elt_t        *h;
    ngx_http_jupref_rpc_t  *rpc;

    static ngx_str_t  retry_after = ngx_string("retry-after");

    rpc = exchange->member->rpc;
    most = rpc->conf->answer;

    exchange->status = sr->headers_out.status;

    sr->filter_need_in_memory = 1;

    if (sr->upstream) {
        sr->upstream->buffering = 0;

        h = ngx_http_jupref_find_in(&sr->upstream->headers_in.headers,
                                    &retry_after, NULL);
        if (h) {
            exchange->retry_after = ngx_http_jupref_bytes(&h->value);
        }
    }

    if (sr->headers_out.content_length_n > (off_t) most) {
        exchange->too_large = 1;
        return NGX_ERROR;
    }

    if (sr->headers_out.content_length_n > 0) {
        exchange->size = (size_t) sr->headers_out.content_length_n;
        exchange->text = ngx_pnalloc(sr->pool, exchange->size);

        if (exchange->text == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_jupref_rpc_body(ngx_http_jupref_rpc_exchange_t *exchange,
    ngx_chain_t *in)
{
    ngx_buf_t  *b;

    for ( /* void */ ; in; in = in->next) {
        b = in->buf;

        if (ngx_buf_in_memory(b) && b->last > b->pos) {

            if (ngx_http_jupref_rpc_keep(exchange, b->pos,
                                         (size_t) (b->last - b->pos))
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            b->pos = b->last;
        }

        if (b->last_buf || b->last_in_chain) {
            exchange->whole = 1;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_jupref_rpc_keep(ngx_http_jupref_rpc_exchange_t *exchange,
    u_char *piece, size_t len)
{
    size_t       size, most;
    u_char      *text;
    ngx_pool_t  *pool;

    pool = exchange->member->rpc->request->pool;
    most = exchange->member->rpc->conf->answer;

    if (len > most - exchange->len) {
        exchange->too_large = 1;
        return NGX_ERROR;
    }

    if (len > exchange->size - exchange->len) {
        size = ngx_max(2 * exchange->size, NGX_HTTP_JUPREF_RPC_ROOM);
        size = ngx_max(size, exchange->len + len);

        text = ngx_pnalloc(pool, size);
        if (text == NULL) {
            return NGX_ERROR;
        }

        if (exchange->text) {
            ngx_memcpy(text, exchange->text, exchange->len);
            ngx_pfree(pool, exchange->text);
        }

        exchange->text = text;
        exchange->size = size;
    }

    ngx_memcpy(exchange->text + exchange->len, piece, len);
    exchange->len += len;

    return NGX_OK;
}


/*
 * The subrequest is over, however it ended: what nginx would tell a client of
 * that is for us to tell, so it gets to see a success.
 */

static ngx_int_t
ngx_http_jupref_rpc_over(ngx_http_request_t *sr, void *data, ngx_int_t rc)
{
    ngx_http_jupref_rpc_t           *rpc;
    ngx_http_jupref_rpc_exchange_t  *exchange = data;

    if (exchange->sr == NULL) {
        return NGX_OK;
    }

    ngx_http_jupref_rpc_ended(exchange, sr, rc);

    exchange->sr = NULL;

    rpc = exchange->member->rpc;

    *rpc->over_last = exchange;
    rpc->over_last = &exchange->next_over;

    ngx_http_jupref_rpc_rouse(rpc);

    return NGX_OK;
}


static void
ngx_http_jupref_rpc_ended(ngx_http_jupref_rpc_exchange_t *exchange,
    ngx_http_request_t *sr, ngx_int_t rc)
{
    ngx_http_upstream_t  *u;

    u = sr->upstream;

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
ngx_http_jupref_rpc_cancel(ngx_http_jupref_rpc_member_t *member)
{
    ngx_http_request_t              *sr;
    ngx_http_jupref_rpc_exchange_t  *exchange;

    for (exchange = member->exchanges; exchange; exchange = exchange->next) {
        sr = exchange->sr;

        if (sr == NULL) {
            continue;
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
}
