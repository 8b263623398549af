/*
 * The filters: an order's answer is read as it passes, an execute's is held
 * whole until it is known what became of the trade.
 *
 * Only small answers are held (64 KiB, design).  Held bytes are copied and
 * their buffers handed back, so upstream never stalls; the header waits with
 * them, because it tells the outcome.  An answer that turns out too large, or
 * that Jupiter cuts off, goes on as it came from there on.
 *
 * What answers the gateway's subrequests ends here: it is for the gateway.
 *
 * A whole answer whose trade was booked is held on until that is on disk, but
 * not longer than jupref_commit_timeout: nginx sees data that is buffered here
 * and calls again when the connection's write event is posted.
 */

#include "http/ngx_http_jupref_rpc.h"


static ngx_int_t ngx_http_jupref_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_jupref_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_http_jupref_execute_header(ngx_http_request_t *r,
    ngx_http_jupref_ctx_t *ctx);
static ngx_uint_t ngx_http_jupref_from_upstream(ngx_http_request_t *r);
static ngx_int_t ngx_http_jupref_tell_outcome(ngx_http_request_t *r,
    ngx_http_jupref_ctx_t *ctx);
static ngx_int_t ngx_http_jupref_execute_body(ngx_http_request_t *r,
    ngx_http_jupref_ctx_t *ctx, ngx_chain_t *in);
static ngx_int_t ngx_http_jupref_hold(ngx_http_request_t *r,
    ngx_http_jupref_execute_ctx_t *execute, ngx_buf_t *b);
static ngx_int_t ngx_http_jupref_let_go(ngx_http_request_t *r,
    ngx_http_jupref_ctx_t *ctx, ngx_chain_t *rest, ngx_uint_t readable);
static ngx_int_t ngx_http_jupref_whole(ngx_http_request_t *r,
    ngx_http_jupref_ctx_t *ctx);
static ngx_uint_t ngx_http_jupref_readable(
    ngx_http_jupref_execute_ctx_t *execute);
static ngx_uint_t ngx_http_jupref_commits(ngx_http_request_t *r,
    ngx_http_jupref_execute_ctx_t *execute);
static void ngx_http_jupref_committed(ngx_http_jupref_wait_t *wait,
    ngx_int_t rc);
static ngx_int_t ngx_http_jupref_send_held(ngx_http_request_t *r,
    ngx_http_jupref_ctx_t *ctx, ngx_chain_t *rest);

/* The one bit of r->buffered that nginx leaves free. */
#define NGX_HTTP_JUPREF_BUFFERED  0x08


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


static ngx_int_t
ngx_http_jupref_header_filter(ngx_http_request_t *r)
{
    ngx_http_jupref_ctx_t           *ctx;
    ngx_http_jupref_rpc_exchange_t  *exchange;

    if (r != r->main) {
        exchange = ngx_http_jupref_rpc_exchange(r);

        return exchange ? ngx_http_jupref_rpc_header(r, exchange)
                        : ngx_http_next_header_filter(r);
    }

    ctx = ngx_http_jupref_ctx_find(r);

    if (ctx == NULL) {
        return ngx_http_next_header_filter(r);
    }

    if (ctx->order && ngx_http_jupref_order_header(r, ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx->execute && ctx->execute->asked) {
        return ngx_http_jupref_execute_header(r, ctx);
    }

    return ngx_http_next_header_filter(r);
}


/*
 * The bodies of a plain 200 and of errors are read: an error too may name the
 * signature, or say that it is open what became of the trade.
 */

static ngx_int_t
ngx_http_jupref_execute_header(ngx_http_request_t *r,
    ngx_http_jupref_ctx_t *ctx)
{
    ngx_http_jupref_execute_ctx_t  *execute;

    execute = ctx->execute;

    if (execute->decided) {

        /* an error page after our own verdict says the same */

        return ngx_http_jupref_tell_outcome(r, ctx);
    }

    if (!ngx_http_jupref_execute_forwarded(r, execute)) {
        return ngx_http_next_header_filter(r);
    }

    if (!ngx_http_jupref_from_upstream(r)) {
        ngx_http_jupref_execute_decide(r, ctx,
                                       (r->upstream
                                        && r->upstream->headers_in.status_n)
                                       ? r->upstream->headers_in.status_n
                                       : NGX_HTTP_BAD_GATEWAY, 0);

        return ngx_http_jupref_tell_outcome(r, ctx);
    }

    if (execute->matched
        && (r->headers_out.status == NGX_HTTP_OK
            || r->headers_out.status >= NGX_HTTP_BAD_REQUEST)
        && r->headers_out.content_length_n <= JUPREF_EXECUTE_MAX
        && !r->header_only
        && !ngx_http_jupref_is_encoded(r))
    {
        execute->reader = jupref_json_reader_create(
                              &jupref_execute_answer_schema, &ctx->memory,
                              &execute->answer);

        if (execute->reader) {

            /* the filter that cuts ranges has its turn with the body before
             * it sees the header that we hold */

            execute->holding = 1;
            r->main_filter_need_in_memory = 1;
            r->allow_ranges = 0;
            r->single_range = 0;
            return NGX_OK;
        }
    }

    ngx_http_jupref_execute_decide(r, ctx, r->headers_out.status, 0);

    return ngx_http_jupref_tell_outcome(r, ctx);
}


/*
 * What comes when the upstream is finished isn't Jupiter's: a page of nginx's
 * own or of the operator's (error_page), or the end of a cut answer.
 */

static ngx_uint_t
ngx_http_jupref_from_upstream(ngx_http_request_t *r)
{
    return r->upstream && r->upstream->cleanup;
}


static ngx_int_t
ngx_http_jupref_tell_outcome(ngx_http_request_t *r,
    ngx_http_jupref_ctx_t *ctx)
{
    ngx_str_t  value;

    static ngx_str_t  name = ngx_string("Jupref-Trade");

    value.data = (u_char *) ngx_http_jupref_trade_told(ctx->execute);
    value.len = ngx_strlen(value.data);

    if (ngx_http_jupref_add_header(r, &name, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_http_jupref_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_http_jupref_ctx_t           *ctx;
    ngx_http_jupref_rpc_exchange_t  *exchange;

    if (r != r->main) {
        exchange = ngx_http_jupref_rpc_exchange(r);

        return exchange ? ngx_http_jupref_rpc_body(exchange, in)
                        : ngx_http_next_body_filter(r, in);
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_jupref_module);

    if (ctx == NULL) {
        return ngx_http_next_body_filter(r, in);
    }

    if (ctx->execute && ctx->execute->committing) {
        r->buffered |= NGX_HTTP_JUPREF_BUFFERED;
        return NGX_AGAIN;
    }

    if (ctx->execute && ctx->execute->held_whole) {
        return ngx_http_jupref_send_held(r, ctx, NULL);
    }

    if (ctx->execute && ctx->execute->holding) {
        return ngx_http_jupref_execute_body(r, ctx, in);
    }

    if (ctx->order && ctx->order->capturing) {
        ngx_http_jupref_order_body(r, ctx->order, in);
    }

    return ngx_http_next_body_filter(r, in);
}


static ngx_int_t
ngx_http_jupref_execute_body(ngx_http_request_t *r,
    ngx_http_jupref_ctx_t *ctx, ngx_chain_t *in)
{
    size_t                          size;
    ngx_buf_t                      *b;
    ngx_http_jupref_execute_ctx_t  *execute;

    execute = ctx->execute;

    for ( /* void */ ; in; in = in->next) {
        b = in->buf;
        size = ngx_buf_in_memory(b) ? (size_t) (b->last - b->pos) : 0;

        if (execute->held_size + size > JUPREF_EXECUTE_MAX) {
            return ngx_http_jupref_let_go(r, ctx, in, 0);
        }

        if (size && ngx_http_jupref_hold(r, execute, b) != NGX_OK) {
            return ngx_http_jupref_let_go(r, ctx, in, 0);
        }

        if (b->last_buf) {
            return ngx_http_jupref_whole(r, ctx);
        }

        if (size == 0 && b->flush && !ngx_http_jupref_from_upstream(r)) {

            /* nginx flushes an empty buffer when Jupiter left half-way; the
             * one behind a header that came alone means nothing */

            return ngx_http_jupref_let_go(r, ctx, in, 0);
        }
    }

    return NGX_OK;
}


/* Takes a buffer's bytes and leaves it empty. */

static ngx_int_t
ngx_http_jupref_hold(ngx_http_request_t *r,
    ngx_http_jupref_execute_ctx_t *execute, ngx_buf_t *b)
{
    size_t           size;
    ngx_buf_t       *copy;
    ngx_chain_t     *cl;

    size = (size_t) (b->last - b->pos);

    cl = ngx_alloc_chain_link(r->pool);
    copy = ngx_create_temp_buf(r->pool, size);

    if (cl == NULL || copy == NULL) {
        return NGX_ERROR;
    }

    (void) jupref_json_reader_feed(execute->reader,
                                   (jupref_bytes_t) { b->pos, size });

    copy->last = ngx_cpymem(copy->last, b->pos, size);
    cl->buf = copy;
    cl->next = NULL;

    *execute->held_last = cl;
    execute->held_last = &cl->next;
    execute->held_size += size;

    b->pos = b->last;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_jupref_readable(ngx_http_jupref_execute_ctx_t *execute)
{
    return jupref_json_reader_finish(execute->reader) == JUPREF_JSON_OK;
}


/*
 * Decides, then sends header, held bytes and what is left of the chain.
 */

static ngx_int_t
ngx_http_jupref_let_go(ngx_http_request_t *r, ngx_http_jupref_ctx_t *ctx,
    ngx_chain_t *rest, ngx_uint_t readable)
{
    ctx->execute->holding = 0;

    ngx_http_jupref_execute_decide(r, ctx, r->headers_out.status, readable);

    return ngx_http_jupref_send_held(r, ctx, rest);
}


/* The answer is here to its end. */

static ngx_int_t
ngx_http_jupref_whole(ngx_http_request_t *r, ngx_http_jupref_ctx_t *ctx)
{
    ngx_buf_t                      *b;
    ngx_chain_t                    *cl;
    ngx_http_jupref_execute_ctx_t  *execute;

    execute = ctx->execute;
    execute->holding = 0;

    ngx_http_jupref_execute_decide(r, ctx, r->headers_out.status,
                                   ngx_http_jupref_readable(execute));

    b = ngx_calloc_buf(r->pool);
    cl = ngx_alloc_chain_link(r->pool);

    if (b == NULL || cl == NULL) {
        return NGX_ERROR;
    }

    b->last_buf = 1;
    b->last_in_chain = 1;
    cl->buf = b;
    cl->next = NULL;

    *execute->held_last = cl;
    execute->held_last = &cl->next;

    if (ngx_http_jupref_commits(r, execute)) {
        execute->committing = 1;
        execute->held_whole = 1;
        r->buffered |= NGX_HTTP_JUPREF_BUFFERED;
        return NGX_AGAIN;
    }

    return ngx_http_jupref_send_held(r, ctx, NULL);
}


/* 1 when the answer is to wait for its event. */

static ngx_uint_t
ngx_http_jupref_commits(ngx_http_request_t *r,
    ngx_http_jupref_execute_ctx_t *execute)
{
    ngx_http_jupref_loc_conf_t   *jlcf;
    ngx_http_jupref_main_conf_t  *jmcf;

    jlcf = ngx_http_get_module_loc_conf(r, ngx_http_jupref_module);
    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);

    if (execute->seq == 0 || jmcf->zone->shared->log_at == 0) {
        return 0;
    }

    execute->wait.seq = execute->seq;
    execute->wait.request = r;
    execute->wait.handler = ngx_http_jupref_committed;
    execute->wait.data = execute;

    switch (ngx_http_jupref_commit_wait(jmcf->zone, &execute->wait,
                                        jlcf->commit_timeout))
    {
    case NGX_AGAIN:
        return 1;

    case NGX_OK:
        ngx_http_jupref_commit_counted(r, execute, 0);
        return 0;

    default:
        ngx_http_jupref_commit_counted(r, execute, 1);
        return 0;
    }
}


/* Only notes it: the filters run from the connection's own write event. */

static void
ngx_http_jupref_committed(ngx_http_jupref_wait_t *wait, ngx_int_t rc)
{
    ngx_http_request_t             *r;
    ngx_http_jupref_execute_ctx_t  *execute;

    r = wait->request;
    execute = wait->data;
    execute->committing = 0;

    ngx_http_jupref_commit_counted(r, execute, rc != NGX_OK);

    ngx_post_event(r->connection->write, &ngx_posted_events);
}


static ngx_int_t
ngx_http_jupref_send_held(ngx_http_request_t *r, ngx_http_jupref_ctx_t *ctx,
    ngx_chain_t *rest)
{
    ngx_int_t                       rc;
    ngx_chain_t                    *out;
    ngx_http_jupref_execute_ctx_t  *execute;

    execute = ctx->execute;
    execute->held_whole = 0;
    r->buffered &= ~NGX_HTTP_JUPREF_BUFFERED;

    rc = ngx_http_jupref_tell_outcome(r, ctx);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out = execute->held;

    if (out == NULL) {
        out = rest;

    } else {
        *execute->held_last = rest;
    }

    execute->held = NULL;

    return ngx_http_next_body_filter(r, out);
}


ngx_int_t
ngx_http_jupref_filter_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_jupref_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_jupref_body_filter;

    return NGX_OK;
}
