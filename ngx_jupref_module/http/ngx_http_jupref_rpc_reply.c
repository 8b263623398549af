/*
 * The answer to the whole request, put together from its members' answers.
 *
 * Each is a few spans: the client's id, a node's result or error, and what
 * stands between.  Small ones are copied into one buffer; results of some size
 * go out from where they lie.
 */

#include "http/ngx_http_jupref_rpc.h"


/* A span from here on gets a buffer of its own. */
#define NGX_HTTP_JUPREF_RPC_LARGE  4096


/* A chain as it is being written. */
typedef struct {
    ngx_pool_t    *pool;
    ngx_buf_t     *b;                   /* where small spans go */
    ngx_chain_t   *first;
    ngx_chain_t  **last;
} ngx_http_jupref_rpc_out_t;


static ngx_uint_t ngx_http_jupref_rpc_status(ngx_http_jupref_rpc_t *rpc);
static size_t ngx_http_jupref_rpc_sizes(ngx_http_jupref_rpc_t *rpc,
    size_t *small, ngx_uint_t *count);
static ngx_int_t ngx_http_jupref_rpc_write(ngx_http_jupref_rpc_out_t *out,
    jupref_bytes_t span);
static ngx_int_t ngx_http_jupref_rpc_flush(ngx_http_jupref_rpc_out_t *out);
static ngx_int_t ngx_http_jupref_rpc_link(ngx_http_jupref_rpc_out_t *out,
    u_char *pos, u_char *last);
static ngx_int_t ngx_http_jupref_rpc_output(ngx_http_request_t *r,
    ngx_uint_t status, size_t size, ngx_chain_t *out);


ngx_int_t
ngx_http_jupref_rpc_reply(ngx_http_jupref_rpc_t *rpc)
{
    size_t                         size, small;
    ngx_uint_t                     i, n, count, batch;
    ngx_http_request_t            *r;
    ngx_http_jupref_rpc_out_t      out;
    ngx_http_jupref_rpc_member_t  *member;

    r = rpc->request;
    batch = rpc->body.batch;

    size = ngx_http_jupref_rpc_sizes(rpc, &small, &count);

    if (count == 0) {
        return ngx_http_jupref_rpc_nothing(r);
    }

    out.pool = r->pool;
    out.b = ngx_create_temp_buf(r->pool, small);
    out.first = NULL;
    out.last = &out.first;

    if (out.b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    count = 0;

    for (i = 0; i < rpc->body.count; i++) {
        member = &rpc->members[i];

        if (member->spans && batch) {
            *out.b->last++ = count++ ? ',' : '[';
        }

        for (n = 0; n < member->spans; n++) {
            if (ngx_http_jupref_rpc_write(&out, member->reply[n]) != NGX_OK) {
                return NGX_HTTP_INTERNAL_SERVER_ERROR;
            }
        }
    }

    if (batch) {
        *out.b->last++ = ']';
    }

    if (ngx_http_jupref_rpc_flush(&out) != NGX_OK
        || ngx_http_jupref_rpc_retry_after(rpc) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_jupref_rpc_output(r, ngx_http_jupref_rpc_status(rpc), size,
                                      out.first);
}


/* HTTP's status is the gateway's own failure alone, when it is all there is
 * to tell. */

static ngx_uint_t
ngx_http_jupref_rpc_status(ngx_http_jupref_rpc_t *rpc)
{
    ngx_uint_t  i, status;

    status = rpc->members[0].status;

    for (i = 1; i < rpc->body.count; i++) {
        if (rpc->members[i].status != status) {
            return NGX_HTTP_OK;
        }
    }

    return status ? status : NGX_HTTP_OK;
}


/* Bytes of the whole, of those that are copied, and how many answers. */

static size_t
ngx_http_jupref_rpc_sizes(ngx_http_jupref_rpc_t *rpc, size_t *small,
    ngx_uint_t *count)
{
    size_t                         large, len;
    ngx_uint_t                     i, n;
    ngx_http_jupref_rpc_member_t  *member;

    large = 0;
    *small = 0;
    *count = 0;

    for (i = 0; i < rpc->body.count; i++) {
        member = &rpc->members[i];

        if (member->spans == 0) {
            continue;
        }

        (*count)++;

        for (n = 0; n < member->spans; n++) {
            len = member->reply[n].len;

            if (len >= NGX_HTTP_JUPREF_RPC_LARGE) {
                large += len;

            } else {
                *small += len;
            }
        }
    }

    if (rpc->body.batch) {

        /* "[", a comma between each two, "]" */

        *small += *count + 1;
    }

    return *small + large;
}


static ngx_int_t
ngx_http_jupref_rpc_write(ngx_http_jupref_rpc_out_t *out, jupref_bytes_t span)
{
    if (span.len < NGX_HTTP_JUPREF_RPC_LARGE) {
        out->b->last = ngx_cpymem(out->b->last, span.data, span.len);
        return NGX_OK;
    }

    if (ngx_http_jupref_rpc_flush(out) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_jupref_rpc_link(out, (u_char *) span.data,
                                    (u_char *) span.data + span.len);
}


/* What was copied so far becomes a link; what follows begins behind it. */

static ngx_int_t
ngx_http_jupref_rpc_flush(ngx_http_jupref_rpc_out_t *out)
{
    u_char  *pos;

    pos = out->b->pos;

    if (pos == out->b->last) {
        return NGX_OK;
    }

    out->b->pos = out->b->last;

    return ngx_http_jupref_rpc_link(out, pos, out->b->last);
}


static ngx_int_t
ngx_http_jupref_rpc_link(ngx_http_jupref_rpc_out_t *out, u_char *pos,
    u_char *last)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    b = ngx_calloc_buf(out->pool);
    cl = ngx_alloc_chain_link(out->pool);

    if (b == NULL || cl == NULL) {
        return NGX_ERROR;
    }

    b->pos = pos;
    b->last = last;
    b->memory = 1;

    cl->buf = b;
    cl->next = NULL;

    *out->last = cl;
    out->last = &cl->next;

    return NGX_OK;
}


static ngx_int_t
ngx_http_jupref_rpc_output(ngx_http_request_t *r, ngx_uint_t status,
    size_t size, ngx_chain_t *out)
{
    ngx_int_t     rc;
    ngx_chain_t  *cl;

    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.content_length_n = (off_t) size;
    r->headers_out.status = status;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    for (cl = out; cl->next; cl = cl->next) { /* void */ }

    cl->buf->last_buf = 1;
    cl->buf->last_in_chain = 1;

    return ngx_http_output_filter(r, out);
}


ngx_int_t
ngx_http_jupref_rpc_error(ngx_http_request_t *r, ngx_uint_t status, int code,
    jupref_bytes_t message)
{
    size_t       size;
    ngx_buf_t   *b;
    ngx_chain_t  out;

    static const jupref_bytes_t  none;

    size = jupref_rpc_error_size(message, none, none);

    b = ngx_create_temp_buf(r->pool, size);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last += jupref_rpc_error_write(b->pos, size, none, code, message, none);

    out.buf = b;
    out.next = NULL;

    return ngx_http_jupref_rpc_output(r, status, (size_t) (b->last - b->pos),
                                      &out);
}


ngx_int_t
ngx_http_jupref_rpc_nothing(ngx_http_request_t *r)
{
    r->headers_out.status = NGX_HTTP_NO_CONTENT;
    r->header_only = 1;

    return ngx_http_send_header(r);
}
