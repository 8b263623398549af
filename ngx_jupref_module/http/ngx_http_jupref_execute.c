/*
 * POST …/execute: which order is it, and what became of it.
 *
 * The request's body is read before it goes on, never changed, and judged:
 * its requestId names a pending order, and the message that is signed must
 * hash to the one that was priced.  What doesn't match is forwarded all the
 * same.  The answer is decided upon once, by its filter or, when it never
 * came, as the request ends.
 */

#include "http/ngx_http_jupref.h"


static void ngx_http_jupref_execute_read(ngx_http_request_t *r);
static void ngx_http_jupref_execute_judge(ngx_http_request_t *r,
    ngx_http_jupref_ctx_t *ctx);
static void ngx_http_jupref_execute_match(ngx_http_request_t *r,
    ngx_http_jupref_execute_ctx_t *execute);


ngx_int_t
ngx_http_jupref_execute_handler(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_http_jupref_ctx_t          *ctx;
    ngx_http_jupref_loc_conf_t     *jlcf;
    ngx_http_jupref_execute_ctx_t  *execute;

    ctx = ngx_http_jupref_ctx(r);

    if (ctx && ctx->execute) {

        /* an error page's location may have an upstream of its own */

        ctx->execute->sent = ngx_http_jupref_execute_forwarded(r,
                                                               ctx->execute);

        return ctx->execute->waiting ? NGX_DONE : NGX_DECLINED;
    }

    if (r->method != NGX_HTTP_POST) {
        return NGX_DECLINED;
    }

    execute = ngx_pcalloc(r->pool, sizeof(ngx_http_jupref_execute_ctx_t));

    if (ctx == NULL || execute == NULL) {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_NO_MEMORY,
                                     "no context for the execute");
        return NGX_DECLINED;
    }

    jlcf = ngx_http_get_module_loc_conf(r, ngx_http_jupref_module);

    ctx->execute = execute;
    execute->mode = jlcf->attribution->mode;
    execute->outcome = JUPREF_TRADE_UNMATCHED;
    execute->held_last = &execute->held;

    if (r->headers_in.content_length_n > JUPREF_EXECUTE_MAX) {
        execute->asked = 1;
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_BODY_TOO_LARGE,
                                     "an execute of more than 64k is passed "
                                     "on unread");
        return NGX_DECLINED;
    }

    r->request_body_in_single_buf = 1;

    rc = ngx_http_read_client_request_body(r, ngx_http_jupref_execute_read);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    if (rc == NGX_AGAIN) {
        execute->waiting = 1;
        return NGX_DONE;
    }

    return NGX_DECLINED;
}


/* The body is here: at once, within the read above, or later on its own. */

static void
ngx_http_jupref_execute_read(ngx_http_request_t *r)
{
    ngx_http_jupref_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_jupref_module);

    r->main->count--;

    ngx_http_jupref_execute_judge(r, ctx);

    if (ctx->execute->waiting) {
        ctx->execute->waiting = 0;
        r->write_event_handler = ngx_http_core_run_phases;
        ngx_http_core_run_phases(r);
    }
}


static void
ngx_http_jupref_execute_judge(ngx_http_request_t *r,
    ngx_http_jupref_ctx_t *ctx)
{
    jupref_json_result_e            result;
    ngx_http_jupref_execute_ctx_t  *execute;

    execute = ctx->execute;
    execute->asked = 1;

    result = ngx_http_jupref_body_read(r, &jupref_execute_request_schema,
                                       &execute->request, NULL);

    if (result == JUPREF_JSON_TOO_LARGE) {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_BODY_TOO_LARGE,
                                     "an execute of more than 64k is passed "
                                     "on unread");
        return;
    }

    if (result != JUPREF_JSON_OK) {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_BODY_UNREADABLE,
                                     jupref_json_result_text(result));
        return;
    }

    if (execute->request.request_id.len == 0) {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_BODY_UNREADABLE,
                                     "requestId is missing or too long");
        return;
    }

    if (!execute->request.has_transaction
        || execute->request.transaction != JUPREF_TRANSACTION_OK)
    {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_TRANSACTION_UNREADABLE,
            execute->request.has_transaction
            ? jupref_transaction_result_text(execute->request.transaction)
            : "signedTransaction is missing");
        return;
    }

    ngx_http_jupref_execute_match(r, execute);
}


static void
ngx_http_jupref_execute_match(ngx_http_request_t *r,
    ngx_http_jupref_execute_ctx_t *execute)
{
    jupref_order_t               *pending;
    ngx_http_jupref_zone_t       *zone;
    ngx_http_jupref_main_conf_t  *jmcf;

    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);
    zone = jmcf->zone;

    ngx_http_jupref_lock(zone);

    pending = jupref_pending_find(ngx_http_jupref_pending(zone),
                                  &execute->request.request_id,
                                  ngx_http_jupref_now_ms());
    if (pending) {
        execute->order = *pending;
    }

    ngx_http_jupref_unlock(zone);

    if (pending == NULL) {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_REQUEST_ID_UNKNOWN,
                                     "no pending order has this requestId");
        return;
    }

    if (ngx_memcmp(execute->order.message_hash, execute->request.message_hash,
                   JUPREF_SHA256_SIZE)
        != 0)
    {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_MESSAGE_DIFFERS,
                                     "the signed message is not the one that "
                                     "was priced");
        return;
    }

    execute->matched = 1;

    ngx_http_jupref_ask_identity(r);
    ngx_http_jupref_trade_intend(r, execute);
}


/*
 * Something of the request has gone to Jupiter: now, or to a peer before the
 * present one, of which only nginx's notes are left.  One that turned the
 * request away, with a 4xx, has done nothing with it.
 */

ngx_int_t
ngx_http_jupref_execute_forwarded(ngx_http_request_t *r,
    ngx_http_jupref_execute_ctx_t *execute)
{
    ngx_uint_t                  i;
    ngx_http_upstream_state_t  *states;

    if (execute->sent || (r->upstream && r->upstream->request_sent)) {
        return 1;
    }

    if (r->upstream_states == NULL) {
        return 0;
    }

    states = r->upstream_states->elts;

    for (i = 0; i < r->upstream_states->nelts; i++) {
        if (states[i].bytes_sent > 0
            && !(states[i].header_time != (ngx_msec_t) -1
                 && states[i].status >= NGX_HTTP_BAD_REQUEST
                 && states[i].status < NGX_HTTP_INTERNAL_SERVER_ERROR))
        {
            return 1;
        }
    }

    return 0;
}


/*
 * Once a request.  `status` is what Jupiter answered, 5xx where it didn't;
 * `readable` says that `answer` holds its whole body.
 */

void
ngx_http_jupref_execute_decide(ngx_http_request_t *r,
    ngx_http_jupref_ctx_t *ctx, ngx_uint_t status, ngx_uint_t readable)
{
    ngx_http_jupref_main_conf_t    *jmcf;
    ngx_http_jupref_execute_ctx_t  *execute;

    execute = ctx->execute;
    execute->decided = 1;

    if (execute->matched) {
        execute->outcome = jupref_execute_outcome((unsigned) status,
                                                  (unsigned) readable,
                                                  &execute->answer);
        ngx_http_jupref_trade_book(r, execute);
    }

    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);

    (void) ngx_atomic_fetch_add(
               &jmcf->zone->shared->counters.trades[execute->outcome], 1);
}
