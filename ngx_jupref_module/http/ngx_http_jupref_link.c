/*
 * GET /r/CODE: the click.  Sets the signed attribution cookie, counts, and
 * sends the visitor on; never away from the operator's own choice of place.
 *
 * The Location is relative where the target is a path, so that nobody's Host
 * header decides where a visitor lands.  An unknown, retired or suspended
 * code redirects just the same, without a cookie.
 */

#include "http/ngx_http_jupref.h"


#define NGX_HTTP_JUPREF_TO_MAX  2048    /* bytes of a ?to= path, decoded */


static ngx_uint_t ngx_http_jupref_link_click(ngx_http_request_t *r,
    jupref_code_name_t *code, ngx_uint_t counts);
static ngx_int_t ngx_http_jupref_link_cookie(ngx_http_request_t *r,
    jupref_code_name_t *code);
static ngx_int_t ngx_http_jupref_link_target(ngx_http_request_t *r,
    ngx_str_t *target);
static ngx_uint_t ngx_http_jupref_is_prefetch(ngx_http_request_t *r);


ngx_int_t
ngx_http_jupref_link_handler(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    ngx_str_t                     text, target;
    ngx_uint_t                    good, counts;
    jupref_code_name_t            code;
    ngx_http_core_loc_conf_t     *clcf;
    ngx_http_jupref_main_conf_t  *jmcf;

    static ngx_str_t  location = ngx_string("Location");
    static ngx_str_t  control = ngx_string("Cache-Control");
    static ngx_str_t  no_store = ngx_string("no-store");

    rc = ngx_http_jupref_only_reads(r);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);

    text.data = r->uri.data + ngx_min(clcf->name.len, r->uri.len);
    text.len = r->uri.len - ngx_min(clcf->name.len, r->uri.len);

    if (text.len && text.data[0] == '/') {
        text.data++;
        text.len--;
    }

    if (text.len && text.data[text.len - 1] == '/') {
        text.len--;
    }

    good = 0;
    counts = (r->method == NGX_HTTP_GET && !ngx_http_jupref_is_prefetch(r));

    if (jupref_code_is_valid(ngx_http_jupref_bytes(&text))) {
        jupref_code_name_set(&code, ngx_http_jupref_bytes(&text));
        good = ngx_http_jupref_link_click(r, &code, counts);
    }

    if (counts) {
        (void) ngx_atomic_fetch_add(
                   &jmcf->zone->shared->counters.links[good], 1);
    }

    if (good && ngx_http_jupref_link_cookie(r, &code) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "jupref: no cookie could be signed, the visitor goes on "
                      "without one");
    }

    if (ngx_http_jupref_link_target(r, &target) != NGX_OK
        || ngx_http_jupref_add_header(r, &location, &target) != NGX_OK
        || ngx_http_jupref_add_header(r, &control, &no_store) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = NGX_HTTP_MOVED_TEMPORARILY;
    r->headers_out.content_length_n = 0;
    r->header_only = 1;

    return ngx_http_send_header(r);
}


/* 1 when the code may be followed; its click is counted then, if it counts. */

static ngx_uint_t
ngx_http_jupref_link_click(ngx_http_request_t *r, jupref_code_name_t *code,
    ngx_uint_t counts)
{
    uint32_t                      index;
    ngx_uint_t                    good;
    jupref_ledger_t              *ledger;
    jupref_code_row_t            *row;
    ngx_http_jupref_zone_t       *zone;
    ngx_http_jupref_main_conf_t  *jmcf;

    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);
    zone = jmcf->zone;
    good = 0;

    ngx_http_jupref_lock(zone);

    ledger = ngx_http_jupref_ledger(zone);
    index = ledger->booking ? 0 : jupref_find_code(ledger, code);

    if (index) {
        row = jupref_code(ledger, index);

        good = (!row->retired
                && jupref_referrer(ledger, row->referrer)->status
                   == JUPREF_REFERRER_ACTIVE);

        /* the cookie carries the code as its owner writes it */

        ngx_memcpy(code->text, row->text, JUPREF_CODE_MAX);
    }

    if (good && counts) {
        jupref_clicks_count(ngx_http_jupref_clicks(zone), index);
        ngx_http_jupref_book_clicks(zone, ngx_http_jupref_now_ms());
    }

    ngx_http_jupref_unlock(zone);

    return good;
}


static ngx_int_t
ngx_http_jupref_link_cookie(ngx_http_request_t *r, jupref_code_name_t *code)
{
    u_char                         *p, value[JUPREF_COOKIE_MAX];
    size_t                          len;
    ngx_str_t                       cookie;
    ngx_array_t                    *keys;
    ngx_http_jupref_loc_conf_t     *jlcf;
    ngx_http_jupref_main_conf_t    *jmcf;
    ngx_http_jupref_attribution_t  *attribution;

    static ngx_str_t  name = ngx_string("Set-Cookie");

    jlcf = ngx_http_get_module_loc_conf(r, ngx_http_jupref_module);
    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);
    attribution = jlcf->attribution;
    keys = &jmcf->keyring->cookie;

    len = jupref_cookie_write(value, jupref_code_name_text(code),
                              ngx_http_jupref_now_ms(), keys->elts,
                              (unsigned) keys->nelts);
    if (len == 0) {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(r->pool, attribution->cookie.len + len + NGX_TIME_T_LEN
                    + sizeof("=; Max-Age=; Path=/; Secure; HttpOnly; "
                             "SameSite=Lax"));
    if (p == NULL) {
        return NGX_ERROR;
    }

    cookie.data = p;
    p = ngx_cpymem(p, attribution->cookie.data, attribution->cookie.len);
    *p++ = '=';
    p = ngx_cpymem(p, value, len);
    p = ngx_sprintf(p, "; Max-Age=%M; Path=/; Secure; HttpOnly; SameSite=Lax",
                    attribution->window_ms / 1000);
    cookie.len = (size_t) (p - cookie.data);

    return ngx_http_jupref_add_header(r, &name, &cookie);
}


/*
 * The ?to= path when it is one of this site, else what the directive says.
 * Browsers take "//", "/\" and paths with control characters for other
 * sites, so none of those is a path here.
 */

static ngx_int_t
ngx_http_jupref_link_target(ngx_http_request_t *r, ngx_str_t *target)
{
    u_char                       c, *to, *p;
    size_t                       len, i;
    ngx_http_jupref_loc_conf_t  *jlcf;

    jlcf = ngx_http_get_module_loc_conf(r, ngx_http_jupref_module);
    *target = jlcf->link_to;

    if (r->args.len == 0) {
        return NGX_OK;
    }

    to = ngx_pnalloc(r->pool, NGX_HTTP_JUPREF_TO_MAX);
    if (to == NULL) {
        return NGX_ERROR;
    }

    len = jupref_query_value(to, NGX_HTTP_JUPREF_TO_MAX,
                             ngx_http_jupref_bytes(&r->args), "to");

    if (len == (size_t) -1 || len == 0 || to[0] != '/'
        || (len > 1 && (to[1] == '/' || to[1] == '\\')))
    {
        return NGX_OK;
    }

    for (i = 0; i < len; i++) {
        if (to[i] < ' ' || to[i] == 0x7f || to[i] == '\\') {
            return NGX_OK;
        }
    }

    /* what a Location may not hold as it is goes percent-encoded */

    p = ngx_pnalloc(r->pool, 3 * len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    target->data = p;

    for (i = 0; i < len; i++) {
        c = to[i];

        if (c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>') {
            p = ngx_sprintf(p, "%%%02Xi", (ngx_int_t) c);

        } else {
            *p++ = c;
        }
    }

    target->len = (size_t) (p - target->data);

    return NGX_OK;
}


/* A browser that only looks ahead, for a visit that may never come. */

static ngx_uint_t
ngx_http_jupref_is_prefetch(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_table_elt_t  *h;

    static ngx_str_t  names[] = {
        ngx_string("sec-purpose"), ngx_string("purpose"), ngx_string("x-moz")
    };

    for (i = 0; i < 3; i++) {
        h = ngx_http_jupref_find_header(r, &names[i], NULL);

        if (h && h->value.len >= 8
            && ngx_strlcasestrn(h->value.data, h->value.data + h->value.len,
                                (u_char *) "prefetch", 8 - 1))
        {
            return 1;
        }
    }

    return 0;
}
