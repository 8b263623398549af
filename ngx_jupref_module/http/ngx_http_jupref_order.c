/*
 * GET …/order, the request's way: whose trade is it (asked once, also when a
 * variable asks first), what is it charged, which arguments go to Jupiter.
 *
 * Whatever fails here, the trade goes on.
 */

#include "http/ngx_http_jupref.h"


static void ngx_http_jupref_order_judge(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order, jupref_claim_t *claim);
static ngx_int_t ngx_http_jupref_order_ask(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order, jupref_claim_t *claim,
    jupref_attribution_result_e *result);
static ngx_uint_t ngx_http_jupref_order_differs(ngx_http_request_t *r);
static size_t ngx_http_jupref_order_path(ngx_http_request_t *r);
static void ngx_http_jupref_order_arguments(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order);


ngx_int_t
ngx_http_jupref_order_handler(ngx_http_request_t *r)
{
    ngx_http_jupref_order_ctx_t  *order;

    order = ngx_http_jupref_order_attribute(r);

    if (order == NULL || order->rewritten) {
        return NGX_DECLINED;
    }

    order->rewritten = 1;

    /* set and rewrite may have changed them since a variable asked */

    if (r->args.data != order->args.data || r->args.len != order->args.len) {
        (void) jupref_order_query_parse(&order->query,
                                        ngx_http_jupref_bytes(&r->args));
    }

    if (order->priced || order->query.sets_fee
        || ngx_http_jupref_order_differs(r))
    {
        ngx_http_jupref_order_arguments(r, order);
    }

    if (order->priced) {
        ngx_http_jupref_ask_identity(r);
    }

    return NGX_DECLINED;
}


/*
 * Asks the ledger whose order this is; done once a request.  NULL where the
 * location prices no orders, or memory is out.
 */

ngx_http_jupref_order_ctx_t *
ngx_http_jupref_order_attribute(ngx_http_request_t *r)
{
    jupref_claim_t                claim;
    jupref_query_result_e         result;
    ngx_http_jupref_ctx_t        *ctx;
    ngx_http_jupref_loc_conf_t   *jlcf;
    ngx_http_jupref_order_ctx_t  *order;

    jlcf = ngx_http_get_module_loc_conf(r, ngx_http_jupref_module);
    ctx = ngx_http_jupref_ctx_find(r);

    if (ctx && ctx->order) {
        return ctx->order;
    }

    if (!jlcf->order || r != r->main) {
        return NULL;
    }

    ctx = ngx_http_jupref_ctx(r);
    order = ngx_pcalloc(r->pool, sizeof(ngx_http_jupref_order_ctx_t));

    if (ctx == NULL || order == NULL) {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_NO_MEMORY,
                                     "no context for the order");
        return NULL;
    }

    ctx->order = order;
    order->referral_account = jlcf->referral_account;
    order->args = r->args;

    result = jupref_order_query_parse(&order->query,
                                      ngx_http_jupref_bytes(&r->args));

    if (r->method != NGX_HTTP_GET) {
        return order;
    }

    if (result != JUPREF_QUERY_OK) {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_BAD_ARGUMENTS,
                                     jupref_query_result_text(result));
        return order;
    }

    ngx_http_jupref_order_claim(r, order, &claim);
    ngx_http_jupref_order_judge(r, order, &claim);

    return order;
}


static void
ngx_http_jupref_order_judge(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order, jupref_claim_t *claim)
{
    ngx_http_jupref_main_conf_t  *jmcf;
    jupref_attribution_result_e   result;

    static const ngx_http_jupref_reason_e  reasons[] = {
        NGX_HTTP_JUPREF_REASONS,           /* attributed */
        NGX_HTTP_JUPREF_REASONS,           /* nobody sent this trader */
        NGX_HTTP_JUPREF_CODE_NOT_FOUND,
        NGX_HTTP_JUPREF_CODE_RETIRED,
        NGX_HTTP_JUPREF_REFERRER_SUSPENDED,
        NGX_HTTP_JUPREF_SELF_REFERRAL,
        NGX_HTTP_JUPREF_REFERRAL_CYCLE
    };

    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);

    if (ngx_http_jupref_order_ask(r, order, claim, &result) != NGX_OK
        || (jupref_click_matters(claim, result, &order->attribution)
            && ngx_http_jupref_order_cookie(r, claim) == NGX_OK
            && ngx_http_jupref_order_ask(r, order, claim, &result) != NGX_OK))
    {
        return;
    }

    order->attributed = (result == JUPREF_ATTRIBUTED);
    order->terms = order->attributed ? &order->attribution.terms
                                     : jmcf->default_tier;
    order->charged_bps = jupref_charged_bps(order->terms);
    order->priced = 1;

    if (reasons[result] != NGX_HTTP_JUPREF_REASONS) {
        ngx_http_jupref_unattributed(r, reasons[result],
                                     jupref_attribution_name(result));
    }

    (void) ngx_atomic_fetch_add(
               &jmcf->zone->shared->counters.orders[order->attributed], 1);
}


/* Puts the claim to the ledger; a damaged one isn't asked. */

static ngx_int_t
ngx_http_jupref_order_ask(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order, jupref_claim_t *claim,
    jupref_attribution_result_e *result)
{
    ngx_uint_t                    damaged;
    ngx_http_jupref_zone_t       *zone;
    ngx_http_jupref_main_conf_t  *jmcf;

    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);
    zone = jmcf->zone;

    ngx_http_jupref_lock(zone);

    damaged = ngx_http_jupref_ledger(zone)->booking;

    if (!damaged) {
        *result = jupref_attribute(ngx_http_jupref_ledger(zone), claim,
                                   &order->attribution);
    }

    ngx_http_jupref_unlock(zone);

    if (damaged) {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_LEDGER_DAMAGED,
                             jupref_ledger_result_text(JUPREF_LEDGER_DAMAGED));
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * The URI as it came may hold more than the arguments we judged: what stands
 * behind a "#", or what `set $args` took out.
 */

static ngx_uint_t
ngx_http_jupref_order_differs(ngx_http_request_t *r)
{
    u_char  *args;
    size_t   len, path;

    path = ngx_http_jupref_order_path(r);
    args = r->unparsed_uri.data + path;
    len = r->unparsed_uri.len - path;

    if (len && args[0] == '?') {
        args++;
        len--;
    }

    return len != r->args.len || ngx_memcmp(args, r->args.data, len) != 0;
}


/* The length of the path in the URI as it came. */

static size_t
ngx_http_jupref_order_path(ngx_http_request_t *r)
{
    size_t  i;

    for (i = 0; i < r->unparsed_uri.len; i++) {
        if (r->unparsed_uri.data[i] == '?' || r->unparsed_uri.data[i] == '#') {
            break;
        }
    }

    return i;
}


/*
 * What Jupiter gets to see.  proxy_pass sends the arguments, or the URI as it
 * came (without a URI part of its own, or with $request_uri): both are
 * rewritten, the latter's path to the byte as the client wrote it.
 */

static void
ngx_http_jupref_order_arguments(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order)
{
    u_char                       *uri, *args;
    size_t                        path;
    ngx_http_jupref_main_conf_t  *jmcf;

    path = ngx_http_jupref_order_path(r);
    uri = ngx_pnalloc(r->pool, path + 1 + r->args.len + JUPREF_QUERY_ADDED);

    if (uri == NULL) {
        order->priced = 0;
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_NO_MEMORY,
                                     "no room for the arguments");
        return;
    }

    args = ngx_cpymem(uri, r->unparsed_uri.data, path);
    *args++ = '?';

    if (order->priced) {
        r->args.len = jupref_order_query_rewrite(args, &order->query,
                          ngx_http_jupref_bytes(&r->args),
                          order->referral_account, order->charged_bps);

    } else {
        r->args.len = jupref_order_query_strip(args,
                          ngx_http_jupref_bytes(&r->args));
    }

    r->args.data = args;

    r->unparsed_uri.data = uri;
    r->unparsed_uri.len = path + (r->args.len ? 1 + r->args.len : 0);

    /* an earlier look at $request_uri isn't to be remembered */

    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);
    r->variables[jmcf->request_uri].valid = 0;
    r->variables[jmcf->request_uri].not_found = 0;
}
