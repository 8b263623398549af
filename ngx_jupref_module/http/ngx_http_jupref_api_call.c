/*
 * What every handler needs of its call: room for the answer, memory for what
 * it copies out of the zone, arguments.
 */

#include "http/ngx_http_jupref_api.h"


#define NGX_HTTP_JUPREF_VIEW_ALIGN  16          /* of unsigned __int128 */
#define NGX_HTTP_JUPREF_INDEX_LEN   9           /* a letter, 8 hex digits */


ngx_int_t
ngx_http_jupref_api_room(ngx_http_jupref_api_t *api, size_t size)
{
    u_char  *buffer;

    buffer = ngx_pnalloc(api->r->pool, size);
    if (buffer == NULL) {
        return NGX_ERROR;
    }

    jupref_json_init(&api->json, buffer, size);

    return NGX_OK;
}


void *
ngx_http_jupref_api_view(ngx_http_jupref_api_t *api, size_t size)
{
    u_char  *p;

    p = ngx_palloc(api->r->pool, size + NGX_HTTP_JUPREF_VIEW_ALIGN - 1);

    return (p == NULL) ? NULL
                       : ngx_align_ptr(p, NGX_HTTP_JUPREF_VIEW_ALIGN);
}


ngx_http_jupref_problem_e
ngx_http_jupref_api_argument(ngx_http_jupref_api_t *api, const char *name,
    ngx_str_t *value)
{
    size_t  len;

    ngx_str_null(value);

    if (api->r->args.len == 0) {
        return NGX_HTTP_JUPREF_NO_PROBLEM;
    }

    /* decoded it is no longer: one that is too long is refused, not lost */

    value->data = ngx_pnalloc(api->r->pool, api->r->args.len);

    if (value->data == NULL) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_OUT_OF_MEMORY,
                                      "try again");
    }

    len = jupref_query_value(value->data, api->r->args.len,
                             ngx_http_jupref_bytes(&api->r->args), name);

    value->len = (len == (size_t) -1) ? 0 : len;

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


ngx_http_jupref_problem_e
ngx_http_jupref_api_limit(ngx_http_jupref_api_t *api, ngx_uint_t *limit)
{
    uint64_t                   number;
    ngx_str_t                  text;
    ngx_http_jupref_problem_e  problem;

    *limit = 20;

    problem = ngx_http_jupref_api_argument(api, "limit", &text);

    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM || text.len == 0) {
        return problem;
    }

    if (!jupref_parse_u64(ngx_http_jupref_bytes(&text), &number)
        || number < 1 || number > JUPREF_VIEW_LIST)
    {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_ARGUMENT,
                                      "limit must be 1 to 100");
    }

    *limit = (ngx_uint_t) number;

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


ngx_http_jupref_problem_e
ngx_http_jupref_api_wallet(ngx_http_jupref_api_t *api, jupref_pubkey_t *wallet)
{
    if (!jupref_pubkey_parse(wallet, ngx_http_jupref_bytes(&api->parameter))) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_SUCH_REFERRER,
                   "a wallet is the base58 of 32 bytes");
    }

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


ngx_http_jupref_problem_e
ngx_http_jupref_api_index(ngx_http_jupref_api_t *api, u_char letter,
    uint32_t *after)
{
    u_char                     bytes[4];
    ngx_str_t                  text;
    jupref_bytes_t             hex;
    ngx_http_jupref_problem_e  problem;

    *after = 0;

    problem = ngx_http_jupref_api_argument(api, "cursor", &text);

    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM || text.len == 0) {
        return problem;
    }

    hex.data = text.data + 1;
    hex.len = text.len - 1;

    if (text.data[0] == letter && jupref_hex_decode(bytes, 4, hex)) {
        *after = (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16
                 | (uint32_t) bytes[2] << 8 | bytes[3];
    }

    if (*after == 0) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_CURSOR,
                   "cursor must be the nextCursor of an answer before, as it "
                   "came");
    }

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


ngx_http_jupref_problem_e
ngx_http_jupref_api_end_index(ngx_http_jupref_api_t *api, u_char letter,
    uint32_t after, ngx_uint_t limit, ngx_str_t *arguments)
{
    u_char     text[NGX_HTTP_JUPREF_INDEX_LEN];
    ngx_str_t  cursor;

    cursor.data = text;
    cursor.len = after ? (size_t) (ngx_sprintf(text, "%c%08xD", letter, after)
                                   - text)
                       : 0;

    return ngx_http_jupref_api_end_page(api, limit, &cursor, arguments);
}


ngx_http_jupref_problem_e
ngx_http_jupref_api_pubkey(ngx_http_jupref_api_t *api, const char *name,
    jupref_pubkey_t *key, ngx_uint_t *given)
{
    ngx_str_t                  text;
    ngx_http_jupref_problem_e  problem;

    problem = ngx_http_jupref_api_argument(api, name, &text);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    *given = (text.len != 0);

    if (text.len && !jupref_pubkey_parse(key, ngx_http_jupref_bytes(&text))) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_ARGUMENT,
                   "a wallet is the base58 of 32 bytes");
    }

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}
