/*
 * Who asks: the role of the API key that a request brings.
 *
 * Keys come as `Authorization: Bearer <key>`; the configuration knows only
 * their SHA-256.  Every configured hash is compared, in constant time each.
 */

#include "http/ngx_http_jupref.h"


ngx_http_jupref_role_e
ngx_http_jupref_role(ngx_http_request_t *r)
{
    u_char                        digest[JUPREF_SHA256_SIZE];
    ngx_str_t                     bearer;
    ngx_uint_t                    i;
    ngx_http_jupref_ctx_t        *ctx;
    ngx_http_jupref_role_e        role;
    ngx_http_jupref_api_key_t    *keys, *key;
    ngx_http_jupref_main_conf_t  *jmcf;

    ctx = ngx_http_jupref_ctx(r);

    if (ctx && ctx->role_known) {
        return ctx->role;
    }

    key = NULL;
    role = NGX_HTTP_JUPREF_ROLE_NONE;
    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);

    if (r->headers_in.authorization && jmcf->api_keys.nelts) {
        bearer = r->headers_in.authorization->value;

        if (bearer.len > 7
            && ngx_strncasecmp(bearer.data, (u_char *) "Bearer ", 7) == 0)
        {
            bearer.data += 7;
            bearer.len -= 7;

            if (jupref_sha256(digest, ngx_http_jupref_bytes(&bearer))) {
                keys = jmcf->api_keys.elts;

                for (i = 0; i < jmcf->api_keys.nelts; i++) {
                    if (jupref_digest_equal(digest, keys[i].sha256)) {
                        role = keys[i].role;
                        key = &keys[i];
                    }
                }
            }
        }
    }

    if (ctx) {
        ctx->role = role;
        ctx->key = key;
        ctx->role_known = 1;
    }

    return role;
}


const char *
ngx_http_jupref_role_name(ngx_http_jupref_role_e role)
{
    static const char *const  names[] = { "none", "read", "operator",
                                          "admin" };

    return names[role];
}
