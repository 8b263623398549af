/*
 * Variables: what is known of a request's trade, for logs, maps and limits.
 *
 * In an order location they can be asked for in any phase after the location
 * is found: the question is put to the ledger then, once.  An empty answer is
 * "not found", "-" in a log.
 */

#include "http/ngx_http_jupref_rpc.h"


typedef enum {
    NGX_HTTP_JUPREF_VAR_CODE = 0,
    NGX_HTTP_JUPREF_VAR_REFERRER,
    NGX_HTTP_JUPREF_VAR_TIER,
    NGX_HTTP_JUPREF_VAR_FEE_BPS,
    NGX_HTTP_JUPREF_VAR_DISCOUNT_BPS,
    NGX_HTTP_JUPREF_VAR_WALLET,
    NGX_HTTP_JUPREF_VAR_REQUEST_ID,
    NGX_HTTP_JUPREF_VAR_TRADE,
    NGX_HTTP_JUPREF_VAR_ROLE
} ngx_http_jupref_variable_e;


static ngx_int_t ngx_http_jupref_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static size_t ngx_http_jupref_order_variable(
    ngx_http_jupref_order_ctx_t *order, uintptr_t which, u_char *text);
static size_t ngx_http_jupref_execute_variable(
    ngx_http_jupref_execute_ctx_t *execute, uintptr_t which, u_char *text);
static size_t ngx_http_jupref_copy_bytes(u_char *text, jupref_bytes_t bytes);


static const struct {
    ngx_str_t                   name;
    ngx_http_jupref_variable_e  which;
} ngx_http_jupref_variables[] = {
    { ngx_string("jupref_code"), NGX_HTTP_JUPREF_VAR_CODE },
    { ngx_string("jupref_referrer"), NGX_HTTP_JUPREF_VAR_REFERRER },
    { ngx_string("jupref_tier"), NGX_HTTP_JUPREF_VAR_TIER },
    { ngx_string("jupref_fee_bps"), NGX_HTTP_JUPREF_VAR_FEE_BPS },
    { ngx_string("jupref_discount_bps"), NGX_HTTP_JUPREF_VAR_DISCOUNT_BPS },
    { ngx_string("jupref_wallet"), NGX_HTTP_JUPREF_VAR_WALLET },
    { ngx_string("jupref_request_id"), NGX_HTTP_JUPREF_VAR_REQUEST_ID },
    { ngx_string("jupref_trade"), NGX_HTTP_JUPREF_VAR_TRADE },
    { ngx_string("jupref_role"), NGX_HTTP_JUPREF_VAR_ROLE },
    { ngx_null_string, 0 }
};


/* Longest value: a requestId. */
#define NGX_HTTP_JUPREF_VARIABLE_MAX  JUPREF_REQUEST_ID_MAX


ngx_int_t
ngx_http_jupref_add_variables(ngx_conf_t *cf)
{
    ngx_str_t             name;
    ngx_uint_t            i;
    ngx_http_variable_t  *var;

    for (i = 0; ngx_http_jupref_variables[i].name.len; i++) {
        name = ngx_http_jupref_variables[i].name;

        var = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = ngx_http_jupref_variable;
        var->data = ngx_http_jupref_variables[i].which;
    }

    return ngx_http_jupref_rpc_add_variables(cf);
}


static ngx_int_t
ngx_http_jupref_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    size_t                        len;
    u_char                        text[NGX_HTTP_JUPREF_VARIABLE_MAX];
    jupref_bytes_t                role;
    ngx_http_jupref_ctx_t        *ctx;
    ngx_http_jupref_role_e        asker;
    ngx_http_jupref_order_ctx_t  *order;

    len = 0;
    order = ngx_http_jupref_order_attribute(r->main);
    ctx = ngx_http_jupref_ctx_find(r->main);

    if (data == NGX_HTTP_JUPREF_VAR_ROLE) {
        asker = ngx_http_jupref_role(r->main);

        if (asker != NGX_HTTP_JUPREF_ROLE_NONE) {
            role.data = (u_char *) ngx_http_jupref_role_name(asker);
            role.len = ngx_strlen(role.data);
            len = ngx_http_jupref_copy_bytes(text, role);
        }

    } else if (order) {
        len = ngx_http_jupref_order_variable(order, data, text);

    } else if (ctx && ctx->execute) {
        len = ngx_http_jupref_execute_variable(ctx->execute, data, text);
    }

    if (len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = ngx_pnalloc(r->pool, len);
    if (v->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(v->data, text, len);

    v->len = (unsigned) len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static size_t
ngx_http_jupref_order_variable(ngx_http_jupref_order_ctx_t *order,
    uintptr_t which, u_char *text)
{
    switch (which) {

    case NGX_HTTP_JUPREF_VAR_CODE:
        return ngx_http_jupref_copy_bytes(text,
                   jupref_code_name_text(&order->attribution.code));

    case NGX_HTTP_JUPREF_VAR_REFERRER:
        return order->attributed
               ? jupref_pubkey_format(text, &order->attribution.referrer) : 0;

    case NGX_HTTP_JUPREF_VAR_TIER:
        return order->priced
               ? ngx_http_jupref_copy_bytes(text,
                     jupref_padded(order->terms->tier, JUPREF_TIER_MAX))
               : 0;

    case NGX_HTTP_JUPREF_VAR_FEE_BPS:
        return order->priced
               ? jupref_format_u128(text, order->charged_bps) : 0;

    case NGX_HTTP_JUPREF_VAR_DISCOUNT_BPS:
        return order->priced
               ? jupref_format_u128(text, order->terms->fee_bps
                                          - order->charged_bps)
               : 0;

    case NGX_HTTP_JUPREF_VAR_WALLET:
        return order->query.has_taker
               ? jupref_pubkey_format(text, &order->query.taker) : 0;

    case NGX_HTTP_JUPREF_VAR_REQUEST_ID:
        return order->answer
               ? ngx_http_jupref_copy_bytes(text, (jupref_bytes_t) {
                     order->answer->request_id.bytes,
                     order->answer->request_id.len })
               : 0;

    default:
        return 0;
    }
}


static size_t
ngx_http_jupref_execute_variable(ngx_http_jupref_execute_ctx_t *execute,
    uintptr_t which, u_char *text)
{
    jupref_bytes_t  outcome;

    switch (which) {

    case NGX_HTTP_JUPREF_VAR_REQUEST_ID:
        return ngx_http_jupref_copy_bytes(text, (jupref_bytes_t) {
                   execute->request.request_id.bytes,
                   execute->request.request_id.len });

    case NGX_HTTP_JUPREF_VAR_TRADE:
        if (!execute->decided) {
            return 0;
        }

        outcome.data = (u_char *) ngx_http_jupref_trade_told(execute);
        outcome.len = ngx_strlen(outcome.data);

        return ngx_http_jupref_copy_bytes(text, outcome);

    default:
        break;
    }

    if (!execute->matched) {
        return 0;
    }

    switch (which) {

    case NGX_HTTP_JUPREF_VAR_CODE:
        return ngx_http_jupref_copy_bytes(text,
                   jupref_code_name_text(&execute->order.code));

    case NGX_HTTP_JUPREF_VAR_REFERRER:
        return execute->order.code.key[0]
               ? jupref_pubkey_format(text, &execute->order.referrer) : 0;

    case NGX_HTTP_JUPREF_VAR_TIER:
        return ngx_http_jupref_copy_bytes(text,
                   jupref_padded(execute->order.terms.tier, JUPREF_TIER_MAX));

    case NGX_HTTP_JUPREF_VAR_FEE_BPS:
        return jupref_format_u128(text,
                                  jupref_charged_bps(&execute->order.terms));

    case NGX_HTTP_JUPREF_VAR_DISCOUNT_BPS:
        return jupref_format_u128(text, execute->order.terms.fee_bps
                                  - jupref_charged_bps(&execute->order.terms));

    case NGX_HTTP_JUPREF_VAR_WALLET:
        return jupref_pubkey_format(text, &execute->order.taker);

    default:
        return 0;
    }
}


/* What a client or Jupiter wrote must not break out of a header or a log. */

static size_t
ngx_http_jupref_copy_bytes(u_char *text, jupref_bytes_t bytes)
{
    size_t  i;

    for (i = 0; i < bytes.len; i++) {
        text[i] = (bytes.data[i] < ' ' || bytes.data[i] == 0x7f)
                  ? '?' : bytes.data[i];
    }

    return bytes.len;
}
