/*
 * What an order's request says about who sent this trader: the argument or
 * the header, and the signed cookie.
 */

#include "http/ngx_http_jupref.h"


/* All but the cookie. */

void
ngx_http_jupref_order_claim(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order, jupref_claim_t *claim)
{
    ngx_table_elt_t                *h;
    ngx_http_jupref_loc_conf_t     *jlcf;
    ngx_http_jupref_attribution_t  *attribution;

    static ngx_str_t  name = ngx_string("jupref-code");

    jlcf = ngx_http_get_module_loc_conf(r, ngx_http_jupref_module);
    attribution = jlcf->attribution;

    ngx_memzero(claim, sizeof(jupref_claim_t));

    claim->mode = attribution->mode;
    claim->taker = order->query.taker;
    claim->has_taker = order->query.has_taker;

    if (order->query.code_len) {
        claim->asked_code.data = order->query.code;
        claim->asked_code.len = order->query.code_len;

    } else {
        h = ngx_http_jupref_find_header(r, &name, NULL);

        if (h) {
            claim->asked_code = ngx_http_jupref_bytes(&h->value);
        }
    }
}


/* The first cookie of our name that is good; NGX_DECLINED without one. */

ngx_int_t
ngx_http_jupref_order_cookie(ngx_http_request_t *r, jupref_claim_t *claim)
{
    u_char                       *p, *end, *semicolon, *equals;
    uint64_t                      now_ms;
    ngx_array_t                  *keys;
    jupref_bytes_t                value;
    ngx_table_elt_t              *h;
    jupref_cookie_result_e        result;
    ngx_http_jupref_loc_conf_t   *jlcf;
    ngx_http_jupref_main_conf_t  *jmcf;
    ngx_http_jupref_attribution_t  *attribution;

    static ngx_str_t  name = ngx_string("cookie");

    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);

    if (jmcf->keyring == NULL) {
        return NGX_DECLINED;
    }

    jlcf = ngx_http_get_module_loc_conf(r, ngx_http_jupref_module);
    attribution = jlcf->attribution;

    keys = &jmcf->keyring->cookie;
    now_ms = ngx_http_jupref_now_ms();

    for (h = ngx_http_jupref_find_header(r, &name, NULL);
         h;
         h = ngx_http_jupref_find_header(r, &name, h))
    {
        p = h->value.data;
        end = p + h->value.len;

        for ( /* void */ ; p < end; p = semicolon + 1) {

            while (p < end && *p == ' ') {
                p++;
            }

            semicolon = ngx_strlchr(p, end, ';');
            if (semicolon == NULL) {
                semicolon = end;
            }

            equals = ngx_strlchr(p, semicolon, '=');

            if (equals == NULL
                || (size_t) (equals - p) != attribution->cookie.len
                || ngx_memcmp(p, attribution->cookie.data,
                              attribution->cookie.len)
                   != 0)
            {
                continue;
            }

            value.data = equals + 1;
            value.len = (size_t) (semicolon - equals - 1);

            result = jupref_cookie_read(value, keys->elts,
                                        (unsigned) keys->nelts, now_ms,
                                        attribution->window_ms,
                                        &claim->cookie_code,
                                        &claim->cookie_ms);
            if (result == JUPREF_COOKIE_OK) {
                return NGX_OK;
            }

            ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                           "jupref: cookie refused: %d", (int) result);
        }
    }

    return NGX_DECLINED;
}
