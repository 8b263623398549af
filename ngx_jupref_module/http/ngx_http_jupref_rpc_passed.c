/*
 * What a node gets of the client's headers: what the call is, and its trace.
 *
 * The client's keys, cookies and addresses are the edge's to know.  What the
 * operator wants a node to have proxy_set_header says, whose variables still
 * see the client's own headers.
 */

#include "http/ngx_http_jupref_rpc.h"


#define NGX_HTTP_JUPREF_RPC_PASSED  8           /* to begin with */


static ngx_int_t ngx_http_jupref_rpc_select(ngx_http_jupref_rpc_t *rpc);
static ngx_uint_t ngx_http_jupref_rpc_is_passed(const ngx_table_elt_t *h);
static void ngx_http_jupref_rpc_evaluate(ngx_http_request_t *r);


/* Accept-Encoding is ours by now: no other coding than none. */
static ngx_str_t  ngx_http_jupref_rpc_passed_names[] = {
    ngx_string("content-type"),
    ngx_string("accept"),
    ngx_string("accept-encoding"),
    ngx_string("user-agent"),
    ngx_string("traceparent"),
    ngx_string("tracestate"),
    ngx_null_string
};


ngx_int_t
ngx_http_jupref_rpc_pass_headers(ngx_http_jupref_rpc_t *rpc,
    ngx_http_request_t *sr)
{
    if (rpc->passed == NULL && ngx_http_jupref_rpc_select(rpc) != NGX_OK) {
        return NGX_ERROR;
    }

    sr->headers_in.headers = *rpc->passed;

    /* nor may a node switch protocols */

    sr->headers_in.upgrade = NULL;

    return NGX_OK;
}


static ngx_int_t
ngx_http_jupref_rpc_select(ngx_http_jupref_rpc_t *rpc)
{
    ngx_list_t          *passed;
    ngx_uint_t           i;
    ngx_list_part_t     *part;
    ngx_table_elt_t     *header, *h;
    ngx_http_request_t  *r;

    r = rpc->request;

    passed = ngx_list_create(r->pool, NGX_HTTP_JUPREF_RPC_PASSED,
                             sizeof(ngx_table_elt_t));
    if (passed == NULL) {
        return NGX_ERROR;
    }

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        header = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (!ngx_http_jupref_rpc_is_passed(&header[i])) {
                continue;
            }

            h = ngx_list_push(passed);
            if (h == NULL) {
                return NGX_ERROR;
            }

            *h = header[i];
        }
    }

    ngx_http_jupref_rpc_evaluate(r);

    rpc->passed = passed;

    return NGX_OK;
}


static ngx_uint_t
ngx_http_jupref_rpc_is_passed(const ngx_table_elt_t *h)
{
    ngx_str_t  *name;

    for (name = ngx_http_jupref_rpc_passed_names; name->len; name++) {
        if (h->key.len == name->len
            && ngx_strncasecmp(h->key.data, name->data, name->len) == 0)
        {
            return h->hash != 0;
        }
    }

    return 0;
}


/* A subrequest has its main request's variables, but would look up those of
 * headers in its own list: so they are looked up before. */

static void
ngx_http_jupref_rpc_evaluate(ngx_http_request_t *r)
{
    ngx_uint_t                  i;
    ngx_http_variable_t        *v;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);
    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {
        if (v[i].name.len > 5
            && ngx_strncmp(v[i].name.data, "http_", 5) == 0)
        {
            (void) ngx_http_get_indexed_variable(r, i);
        }
    }
}
