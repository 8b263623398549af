/*
 * The content handler of a jupref_rpc location: what is a call at all.
 *
 * JSON-RPC comes as a POST of JSON.  Everything else is refused here, with a
 * body in the protocol's own form, since that is what its clients read.
 */

#include "http/ngx_http_jupref_api.h"
#include "http/ngx_http_jupref_rpc.h"


static ngx_int_t ngx_http_jupref_rpc_not_main(ngx_http_request_t *r);
static ngx_int_t ngx_http_jupref_rpc_is_json(ngx_http_request_t *r);
static ngx_int_t ngx_http_jupref_rpc_not_post(ngx_http_request_t *r);


ngx_int_t
ngx_http_jupref_rpc_handler(ngx_http_request_t *r)
{
    ngx_http_jupref_ctx_t       *ctx;
    ngx_http_jupref_rpc_t       *rpc;
    ngx_http_jupref_loc_conf_t  *jlcf;

    if (r != r->main) {
        return ngx_http_jupref_rpc_not_main(r);
    }

    if (r->method != NGX_HTTP_POST) {
        return ngx_http_jupref_rpc_not_post(r);
    }

    if (!ngx_http_jupref_rpc_is_json(r)) {
        (void) ngx_http_discard_request_body(r);

        return ngx_http_jupref_rpc_error(r, NGX_HTTP_UNSUPPORTED_MEDIA_TYPE,
                   JUPREF_RPC_INVALID_REQUEST,
                   jupref_bytes("the Content-Type must be application/json"));
    }

    ctx = ngx_http_jupref_ctx(r);
    rpc = ngx_pcalloc(r->pool, sizeof(ngx_http_jupref_rpc_t));

    if (ctx == NULL || rpc == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    jlcf = ngx_http_get_module_loc_conf(r, ngx_http_jupref_module);

    rpc->request = r;
    rpc->conf = jlcf->rpc;
    rpc->memory = &ctx->memory;
    rpc->over_last = &rpc->over;

    ctx->rpc = rpc;

    if (r->headers_in.content_length_n > (off_t) rpc->conf->body) {
        return ngx_http_jupref_rpc_too_large(rpc);
    }

    ngx_http_jupref_ask_identity(r);

    return ngx_http_jupref_rpc_read(rpc);
}


ngx_http_jupref_rpc_t *
ngx_http_jupref_rpc_find(ngx_http_request_t *r)
{
    ngx_http_jupref_ctx_t  *ctx;

    ctx = ngx_http_jupref_ctx_find(r->main);

    return ctx ? ctx->rpc : NULL;
}


/* The rest of the body isn't waited for: the connection ends with the answer,
 * lingering so that the client gets to read it. */

ngx_int_t
ngx_http_jupref_rpc_too_large(ngx_http_jupref_rpc_t *rpc)
{
    u_char               text[sizeof("the body is larger than the  bytes "
                                     "that this endpoint takes")
                              + NGX_SIZE_T_LEN];
    jupref_bytes_t       message;
    ngx_http_request_t  *r;

    r = rpc->request;
    r->keepalive = 0;
    r->lingering_close = 1;

    message.data = text;
    message.len = (size_t) (ngx_sprintf(text, "the body is larger than the "
                                        "%uz bytes that this endpoint takes",
                                        rpc->conf->body)
                            - text);

    return ngx_http_jupref_rpc_error(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                     JUPREF_RPC_INVALID_REQUEST, message);
}


/*
 * A call is a client's own request.  Its body is read, its exchanges hang and
 * its answer goes out at the main request, which isn't this location's when
 * nginx comes here by a subrequest, or when a node sends one of our exchanges
 * here by X-Accel-Redirect.
 */

static ngx_int_t
ngx_http_jupref_rpc_not_main(ngx_http_request_t *r)
{
    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "jupref: \"jupref_rpc\" at \"%V\" was asked by a subrequest "
                  "(mirror, auth_request, SSI or a node's X-Accel-Redirect), "
                  "it answers clients' requests only: let the subrequest go "
                  "to a location without it", &r->uri);

    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* Parameters behind the type, such as a charset, are fine. */

static ngx_int_t
ngx_http_jupref_rpc_is_json(ngx_http_request_t *r)
{
    size_t      len;
    ngx_str_t  *type;

    static ngx_str_t  json = ngx_string("application/json");

    if (r->headers_in.content_type == NULL) {
        return 0;
    }

    type = &r->headers_in.content_type->value;

    len = ngx_http_jupref_type_len(type);

    while (len && (type->data[len - 1] == ' ' || type->data[len - 1] == '\t'))
    {
        len--;
    }

    return len == json.len
           && ngx_strncasecmp(type->data, json.data, json.len) == 0;
}


/* A browser asks OPTIONS before its first call; what it may do is told by
 * headers that the operator adds. */

static ngx_int_t
ngx_http_jupref_rpc_not_post(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    static ngx_str_t  name = ngx_string("Allow");
    static ngx_str_t  methods = ngx_string("POST, OPTIONS");

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_jupref_add_header(r, &name, &methods) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (r->method == NGX_HTTP_OPTIONS) {
        return ngx_http_jupref_rpc_nothing(r);
    }

    return ngx_http_jupref_rpc_error(r, NGX_HTTP_NOT_ALLOWED,
               JUPREF_RPC_INVALID_REQUEST,
               jupref_bytes("JSON-RPC calls are sent by POST"));
}
