/*
 * The filters' part of an exchange: a node's answer is captured.
 *
 * Its status and Retry-After are noted and its body is copied; nothing of it
 * goes on to the client.  All that a request holds of nodes' answers at a time
 * is bounded by the location's `answer`: what nobody will read is given back.
 */

#include "http/ngx_http_jupref_rpc.h"


/* An answer of unknown length begins with so much room, and doubles it. */
#define NGX_HTTP_JUPREF_RPC_ROOM  4096


static void ngx_http_jupref_rpc_capture(
    ngx_http_jupref_rpc_exchange_t *exchange, u_char *piece, size_t len);
static ngx_int_t ngx_http_jupref_rpc_room(
    ngx_http_jupref_rpc_exchange_t *exchange, size_t size);


ngx_int_t
ngx_http_jupref_rpc_header(ngx_http_request_t *sr,
    ngx_http_jupref_rpc_exchange_t *exchange)
{
    size_t            most;
    ngx_table_elt_t  *h;

    static ngx_str_t  retry_after = ngx_string("retry-after");

    most = ngx_http_jupref_rpc_left(exchange->member->rpc);

    exchange->status = sr->headers_out.status;

    sr->filter_need_in_memory = 1;

    if (sr->upstream) {

        /* what nginx buffers of a subrequest that isn't the active one, it
         * writes to files */

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
        return ngx_http_jupref_rpc_room(exchange,
                   (size_t) sr->headers_out.content_length_n);
    }

    return NGX_OK;
}


/*
 * Never an error: nginx would take it for the client's connection that has
 * failed.  What is too much is dropped, and the exchange ends soon.
 */

ngx_int_t
ngx_http_jupref_rpc_body(ngx_http_jupref_rpc_exchange_t *exchange,
    ngx_chain_t *in)
{
    ngx_buf_t  *b;

    for ( /* void */ ; in; in = in->next) {
        b = in->buf;

        if (ngx_buf_in_memory(b) && b->last > b->pos) {
            ngx_http_jupref_rpc_capture(exchange, b->pos,
                                        (size_t) (b->last - b->pos));
            b->pos = b->last;
        }

        if (b->last_buf || b->last_in_chain) {
            exchange->whole = 1;
        }
    }

    return NGX_OK;
}


static void
ngx_http_jupref_rpc_capture(ngx_http_jupref_rpc_exchange_t *exchange,
    u_char *piece, size_t len)
{
    size_t                  size, most;
    ngx_http_jupref_rpc_t  *rpc;

    rpc = exchange->member->rpc;

    if (exchange->sr == NULL || exchange->stopped) {
        return;
    }

    if (len > exchange->size - exchange->len) {
        most = exchange->size + ngx_http_jupref_rpc_left(rpc);

        if (len > most - exchange->len) {
            exchange->too_large = 1;
            ngx_http_jupref_rpc_stop(exchange);
            return;
        }

        size = ngx_max(2 * exchange->size, NGX_HTTP_JUPREF_RPC_ROOM);
        size = ngx_max(size, exchange->len + len);

        if (ngx_http_jupref_rpc_room(exchange, ngx_min(size, most)) != NGX_OK)
        {
            rpc->failed = 1;
            ngx_http_jupref_rpc_stop(exchange);
            return;
        }
    }

    ngx_memcpy(exchange->text + exchange->len, piece, len);
    exchange->len += len;
}


/* So much in all, with what is there already. */

static ngx_int_t
ngx_http_jupref_rpc_room(ngx_http_jupref_rpc_exchange_t *exchange, size_t size)
{
    size_t                  len;
    u_char                 *text;
    ngx_http_jupref_rpc_t  *rpc;

    rpc = exchange->member->rpc;

    text = ngx_pnalloc(rpc->request->pool, size);
    if (text == NULL) {
        return NGX_ERROR;
    }

    rpc->captured += size;
    len = exchange->len;

    if (exchange->text) {
        ngx_memcpy(text, exchange->text, len);
        ngx_http_jupref_rpc_forget(exchange);
    }

    exchange->text = text;
    exchange->size = size;
    exchange->len = len;

    return NGX_OK;
}


size_t
ngx_http_jupref_rpc_left(const ngx_http_jupref_rpc_t *rpc)
{
    return (rpc->captured < rpc->conf->answer)
           ? rpc->conf->answer - rpc->captured : 0;
}


/* Small pieces stay in the request's memory, and stay counted. */

void
ngx_http_jupref_rpc_forget(ngx_http_jupref_rpc_exchange_t *exchange)
{
    ngx_http_jupref_rpc_t  *rpc;

    rpc = exchange->member->rpc;

    if (exchange->text
        && ngx_pfree(rpc->request->pool, exchange->text) == NGX_OK)
    {
        rpc->captured -= exchange->size;
    }

    exchange->text = NULL;
    exchange->size = 0;
    exchange->len = 0;
}
