/*
 * Gathering a call's body, in memory and never in a file.
 *
 * nginx would put a large body into a temporary file, and a worker would wait
 * for the disk; so the body is taken as it comes (as with
 * proxy_request_buffering off) and gathered here up to the location's limit.
 * A body that came whole with its header is used where it lies.
 */

#include "http/ngx_http_jupref_rpc.h"


/* A body of unknown length begins with so much room, and doubles it. */
#define NGX_HTTP_JUPREF_RPC_ROOM  4096


static void ngx_http_jupref_rpc_read_on(ngx_http_request_t *r);
static ngx_int_t ngx_http_jupref_rpc_gather(ngx_http_jupref_rpc_t *rpc);
static ngx_int_t ngx_http_jupref_rpc_grow(ngx_http_jupref_rpc_t *rpc,
    size_t len);
static void ngx_http_jupref_rpc_read_end(ngx_http_jupref_rpc_t *rpc,
    ngx_int_t rc);


/* What the content handler returns: NGX_DONE, or an error's status. */

ngx_int_t
ngx_http_jupref_rpc_read(ngx_http_jupref_rpc_t *rpc)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = rpc->request;
    r->request_body_no_buffering = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_jupref_rpc_read_on);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


static void
ngx_http_jupref_rpc_read_on(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_http_jupref_rpc_t  *rpc;

    rpc = ngx_http_jupref_rpc_find(r);

    for ( ;; ) {
        rc = ngx_http_jupref_rpc_gather(rpc);

        if (rc != NGX_OK || !r->reading_body) {
            break;
        }

        rc = ngx_http_read_unbuffered_request_body(r);

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            break;
        }

        if (rc == NGX_AGAIN && r->request_body->bufs == NULL) {
            r->read_event_handler = ngx_http_jupref_rpc_read_on;
            return;
        }
    }

    ngx_http_jupref_rpc_read_end(rpc, rc);
}


/* Takes what has come, and hands nginx its buffers back. */

static ngx_int_t
ngx_http_jupref_rpc_gather(ngx_http_jupref_rpc_t *rpc)
{
    size_t               len;
    ngx_buf_t           *b;
    ngx_chain_t         *cl;
    ngx_http_request_t  *r;

    r = rpc->request;
    cl = r->request_body->bufs;
    r->request_body->bufs = NULL;

    if (cl && cl->next == NULL && !r->reading_body && rpc->room == NULL
        && ngx_buf_in_memory(cl->buf))
    {
        rpc->text.data = cl->buf->pos;
        rpc->text.len = (size_t) (cl->buf->last - cl->buf->pos);

        return rpc->text.len > rpc->conf->body
               ? NGX_HTTP_REQUEST_ENTITY_TOO_LARGE : NGX_OK;
    }

    for ( /* void */ ; cl; cl = cl->next) {
        b = cl->buf;

        if (!ngx_buf_in_memory(b)) {

            if (ngx_buf_special(b)) {
                continue;
            }

            return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
        }

        len = (size_t) (b->last - b->pos);

        if (len > rpc->conf->body - rpc->text.len) {
            return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
        }

        if (ngx_http_jupref_rpc_grow(rpc, len) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ngx_memcpy(rpc->room + rpc->text.len, b->pos, len);
        rpc->text.len += len;
        b->pos = b->last;
    }

    return NGX_OK;
}


/* Sees to room for `len` bytes more, which are within the limit. */

static ngx_int_t
ngx_http_jupref_rpc_grow(ngx_http_jupref_rpc_t *rpc, size_t len)
{
    off_t                told;
    size_t               size;
    u_char              *room;
    ngx_http_request_t  *r;

    if (rpc->room && len <= rpc->room_size - rpc->text.len) {
        return NGX_OK;
    }

    r = rpc->request;
    told = r->headers_in.content_length_n;

    size = (told > 0 && told <= (off_t) rpc->conf->body)
           ? (size_t) told : ngx_max(2 * rpc->room_size,
                                     NGX_HTTP_JUPREF_RPC_ROOM);
    size = ngx_max(size, rpc->text.len + len);

    room = ngx_pnalloc(r->pool, size);
    if (room == NULL) {
        return NGX_ERROR;
    }

    if (rpc->room) {
        ngx_memcpy(room, rpc->room, rpc->text.len);
        ngx_pfree(r->pool, rpc->room);
    }

    rpc->room = room;
    rpc->room_size = size;
    rpc->text.data = room;

    return NGX_OK;
}


static void
ngx_http_jupref_rpc_read_end(ngx_http_jupref_rpc_t *rpc, ngx_int_t rc)
{
    ngx_http_request_t  *r;

    r = rpc->request;

    if (r->connection->read->timer_set) {
        ngx_del_timer(r->connection->read);
    }

    r->read_event_handler = ngx_http_block_reading;

    if (rc == NGX_OK) {
        ngx_http_jupref_rpc_begin(rpc);
        return;
    }

    if (rc == NGX_HTTP_REQUEST_ENTITY_TOO_LARGE) {
        rc = ngx_http_jupref_rpc_too_large(rpc);
    }

    ngx_http_finalize_request(r, rc);
}
