/*
 * The filters' part of an exchange: a node's answer is captured.
 *
 * Its status and Retry-After are noted and its body is copied, up to the
 * location's limit; nothing of it goes on to the client.
 */

#include "http/ngx_http_jupref_rpc.h"


/* An answer of unknown length begins with so much room, and doubles it. */
#define NGX_HTTP_JUPREF_RPC_ROOM  4096


static void ngx_http_jupref_rpc_capture(
    ngx_http_jupref_rpc_exchange_t *exchange, u_char *piece, size_t len);


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
        exchange->size = (size_t) sr->headers_out.content_length_n;
        exchange->text = ngx_pnalloc(sr->pool, exchange->size);

        if (exchange->text == NULL) {
            return NGX_ERROR;
        }
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
    size_t                  size;
    u_char                 *text;
    ngx_http_jupref_rpc_t  *rpc;

    rpc = exchange->member->rpc;

    if (exchange->sr == NULL || exchange->stopped) {
        return;
    }

    if (len > rpc->conf->answer - exchange->len) {
        exchange->too_large = 1;
        ngx_http_jupref_rpc_stop(exchange);
        return;
    }

    if (len > exchange->size - exchange->len) {
        size = ngx_max(2 * exchange->size, NGX_HTTP_JUPREF_RPC_ROOM);
        size = ngx_max(size, exchange->len + len);

        text = ngx_pnalloc(rpc->request->pool, size);

        if (text == NULL) {
            rpc->failed = 1;
            ngx_http_jupref_rpc_stop(exchange);
            return;
        }

        if (exchange->text) {
            ngx_memcpy(text, exchange->text, exchange->len);
            ngx_pfree(rpc->request->pool, exchange->text);
        }

        exchange->text = text;
        exchange->size = size;
    }

    ngx_memcpy(exchange->text + exchange->len, piece, len);
    exchange->len += len;
}
