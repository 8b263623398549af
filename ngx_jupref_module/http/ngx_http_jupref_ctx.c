/*
 * The request's context and its headers: what every handler needs.
 *
 * An internal redirect (error_page, try_files, X-Accel-Redirect) clears
 * r->ctx, but what has been decided about a trade must survive it: the
 * context hangs on a pool cleanup too, and is found again there.
 */

#include "http/ngx_http_jupref.h"


static void ngx_http_jupref_ctx_cleanup(void *data);
static void *ngx_http_jupref_take(void *context, size_t size);
static void ngx_http_jupref_release(void *context, void *memory);


ngx_http_jupref_ctx_t *
ngx_http_jupref_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t     *cln;
    ngx_http_jupref_ctx_t  *ctx;

    ctx = ngx_http_jupref_ctx_find(r);

    if (ctx) {
        return ctx;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_jupref_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_jupref_ctx_t));

    ctx->memory.take = ngx_http_jupref_take;
    ctx->memory.release = ngx_http_jupref_release;
    ctx->memory.context = r->pool;

    /* a subrequest shares the pool, and isn't to be found as the main one */

    cln->handler = (r == r->main) ? ngx_http_jupref_ctx_cleanup : NULL;

    ngx_http_set_ctx(r, ctx, ngx_http_jupref_module);

    return ctx;
}


ngx_http_jupref_ctx_t *
ngx_http_jupref_ctx_find(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t     *cln;
    ngx_http_jupref_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_jupref_module);

    if (ctx || r != r->main || !(r->internal || r->filter_finalize)) {
        return ctx;
    }

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_jupref_ctx_cleanup) {
            ngx_http_set_ctx(r, cln->data, ngx_http_jupref_module);
            return cln->data;
        }
    }

    return NULL;
}


/* A mark to be found by; the readers' memory is the pool's and dies with it. */

static void
ngx_http_jupref_ctx_cleanup(void *data)
{
}


static void *
ngx_http_jupref_take(void *context, size_t size)
{
    return ngx_palloc(context, size);
}


static void
ngx_http_jupref_release(void *context, void *memory)
{
    ngx_pfree(context, memory);
}


ngx_int_t
ngx_http_jupref_add_header(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    h->key = *name;
    h->value = *value;
    h->lowcase_key = NULL;
    ngx_http_jupref_header_alone(h);

    return NGX_OK;
}


/* For what can only be read: refuses other methods and names those two. */

ngx_int_t
ngx_http_jupref_only_reads(ngx_http_request_t *r)
{
    static ngx_str_t  name = ngx_string("Allow");
    static ngx_str_t  methods = ngx_string("GET, HEAD");

    if (r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD)) {
        return NGX_OK;
    }

    if (ngx_http_jupref_add_header(r, &name, &methods) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_HTTP_NOT_ALLOWED;
}


/* The first request header of that name behind `after` (NULL: of all). */

ngx_table_elt_t *
ngx_http_jupref_find_header(ngx_http_request_t *r, ngx_str_t *lowcase_name,
    ngx_table_elt_t *after)
{
    return ngx_http_jupref_find_in(&r->headers_in.headers, lowcase_name,
                                   after);
}


ngx_table_elt_t *
ngx_http_jupref_find_in(ngx_list_t *headers, ngx_str_t *lowcase_name,
    ngx_table_elt_t *after)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &headers->part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (after) {
                if (&h[i] == after) {
                    after = NULL;
                }

                continue;
            }

            if (h[i].key.len == lowcase_name->len
                && ngx_strncmp(h[i].lowcase_key, lowcase_name->data,
                               lowcase_name->len)
                   == 0)
            {
                return &h[i];
            }
        }
    }

    return NULL;
}


/*
 * What we read must not come compressed, yet what the client can take is for
 * nginx to know: upstreams are told "identity", the gzip filter still sees
 * the client's own header.
 */

void
ngx_http_jupref_ask_identity(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h, *own;

    static ngx_str_t  name = ngx_string("accept-encoding");

    h = ngx_http_jupref_find_header(r, &name, NULL);

#if (NGX_HTTP_GZIP || NGX_HTTP_HEADERS)
    if (h && r->headers_in.accept_encoding) {
        own = ngx_palloc(r->pool, sizeof(ngx_table_elt_t));

        if (own) {
            *own = *r->headers_in.accept_encoding;
            r->headers_in.accept_encoding = own;
        }
    }
#endif

    for ( /* void */ ; h; h = ngx_http_jupref_find_header(r, &name, h)) {
        ngx_str_set(&h->value, "identity");
    }
}


/* What comes is not the JSON itself but a compressed form of it. */

ngx_uint_t
ngx_http_jupref_is_encoded(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

    h = r->headers_out.content_encoding;

    return h && h->value.len
           && !(h->value.len == 8
                && ngx_strncasecmp(h->value.data, (u_char *) "identity", 8)
                   == 0);
}


uint64_t
ngx_http_jupref_now_ms(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (uint64_t) tp->sec * 1000 + tp->msec;
}


uint64_t
ngx_http_jupref_clock_ms(void)
{
    struct timespec  now;

    (void) clock_gettime(CLOCK_REALTIME, &now);

    return (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000;
}
