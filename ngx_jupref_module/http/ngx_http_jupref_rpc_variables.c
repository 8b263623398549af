/*
 * Variables of the RPC gateway, for logs, maps and limits.
 *
 * $jupref_client is there in any location and phase; the others tell of a
 * call that was read.  Of a batch it is known that it is one, and which node
 * answered last.
 */

#include "http/ngx_http_jupref_rpc.h"


typedef enum {
    NGX_HTTP_JUPREF_RPC_VAR_CLIENT = 0,
    NGX_HTTP_JUPREF_RPC_VAR_METHOD,
    NGX_HTTP_JUPREF_RPC_VAR_CLASS,
    NGX_HTTP_JUPREF_RPC_VAR_NODE,
    NGX_HTTP_JUPREF_RPC_VAR_CACHE
} ngx_http_jupref_rpc_variable_e;


static ngx_int_t ngx_http_jupref_rpc_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_jupref_rpc_value(ngx_http_jupref_rpc_t *rpc,
    uintptr_t which, ngx_str_t *value);
static ngx_int_t ngx_http_jupref_rpc_method_value(ngx_http_jupref_rpc_t *rpc,
    ngx_str_t *value);
static const char *ngx_http_jupref_rpc_cache_value(
    const ngx_http_jupref_rpc_member_t *member);


static const struct {
    ngx_str_t                       name;
    ngx_http_jupref_rpc_variable_e  which;
} ngx_http_jupref_rpc_variables[] = {
    { ngx_string("jupref_client"), NGX_HTTP_JUPREF_RPC_VAR_CLIENT },
    { ngx_string("jupref_rpc_method"), NGX_HTTP_JUPREF_RPC_VAR_METHOD },
    { ngx_string("jupref_rpc_class"), NGX_HTTP_JUPREF_RPC_VAR_CLASS },
    { ngx_string("jupref_rpc_node"), NGX_HTTP_JUPREF_RPC_VAR_NODE },
    { ngx_string("jupref_rpc_cache"), NGX_HTTP_JUPREF_RPC_VAR_CACHE },
    { ngx_null_string, 0 }
};


ngx_int_t
ngx_http_jupref_rpc_add_variables(ngx_conf_t *cf)
{
    ngx_str_t             name;
    ngx_uint_t            i;
    ngx_http_variable_t  *var;

    for (i = 0; ngx_http_jupref_rpc_variables[i].name.len; i++) {
        name = ngx_http_jupref_rpc_variables[i].name;

        var = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = ngx_http_jupref_rpc_variable;
        var->data = ngx_http_jupref_rpc_variables[i].which;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_jupref_rpc_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_int_t               rc;
    ngx_str_t               value;
    ngx_http_jupref_rpc_t  *rpc;

    ngx_str_null(&value);

    if (data == NGX_HTTP_JUPREF_RPC_VAR_CLIENT) {
        rc = ngx_http_jupref_client(r->main, &value);

    } else {
        rpc = ngx_http_jupref_rpc_find(r);

        rc = (rpc && rpc->members)
             ? ngx_http_jupref_rpc_value(rpc, data, &value) : NGX_OK;
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    if (value.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = value.data;
    v->len = (unsigned) value.len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_jupref_rpc_value(ngx_http_jupref_rpc_t *rpc, uintptr_t which,
    ngx_str_t *value)
{
    const char                          *text;
    const ngx_http_jupref_rpc_member_t  *member;

    if (which == NGX_HTTP_JUPREF_RPC_VAR_NODE) {
        *value = rpc->node;
        return NGX_OK;
    }

    if (rpc->body.batch) {

        if (which != NGX_HTTP_JUPREF_RPC_VAR_CACHE) {
            ngx_str_set(value, "batch");
        }

        return NGX_OK;
    }

    member = rpc->members;

    if (member->call->result != JUPREF_RPC_CALL_OK) {
        return NGX_OK;
    }

    switch (which) {

    case NGX_HTTP_JUPREF_RPC_VAR_METHOD:
        return ngx_http_jupref_rpc_method_value(rpc, value);

    case NGX_HTTP_JUPREF_RPC_VAR_CLASS:
        text = jupref_rpc_class_name(member->call->method->class);
        break;

    default:
        text = ngx_http_jupref_rpc_cache_value(member);
        break;
    }

    value->data = (u_char *) text;
    value->len = ngx_strlen(text);

    return NGX_OK;
}


/* A client's own word, so only what names are made of. */

static ngx_int_t
ngx_http_jupref_rpc_method_value(ngx_http_jupref_rpc_t *rpc, ngx_str_t *value)
{
    u_char          c;
    size_t          i;
    jupref_bytes_t  name;

    name = rpc->members->call->name;

    value->len = ngx_min(name.len, JUPREF_RPC_METHOD_MAX);
    value->data = ngx_pnalloc(rpc->request->pool, value->len);

    if (value->data == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < value->len; i++) {
        c = name.data[i];

        value->data[i] = ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                          || (c >= '0' && c <= '9') || c == '_' || c == '.')
                         ? c : '?';
    }

    return NGX_OK;
}


static const char *
ngx_http_jupref_rpc_cache_value(const ngx_http_jupref_rpc_member_t *member)
{
    switch (member->origin) {

    case NGX_HTTP_JUPREF_RPC_FROM_CACHE:
        return "hit";

    case NGX_HTTP_JUPREF_RPC_FROM_HEAD:
        return "head";

    case NGX_HTTP_JUPREF_RPC_FROM_JOIN:
        return "joined";

    default:
        return (member->keyed && jupref_rpc_may_keep(member->call))
               ? "miss" : "none";
    }
}
