/*
 * Answers of the API: JSON, and refusals as RFC 9457 problems.
 *
 * A problem's `type` and `code` are stable; `detail` says what was wrong with
 * this request and what would be right.
 */

#include "http/ngx_http_jupref_api.h"


/* Longest problem: everything quoted at its longest. */
#define NGX_HTTP_JUPREF_PROBLEM_MAX  2048


static const struct {
    const char  *code;
    ngx_uint_t   status;
    const char  *title;
} ngx_http_jupref_problems[NGX_HTTP_JUPREF_PROBLEMS] = {
    { "ok",                     200, "OK" },
    { "not_found",              404, "No such resource" },
    { "code_not_found",         404, "No such code" },
    { "referrer_not_found",     404, "No such referrer" },
    { "method_not_allowed",     405, "Method not allowed" },
    { "invalid_argument",       400, "Invalid query argument" },
    { "invalid_cursor",         400, "Invalid cursor" },
    { "unauthorized",           401, "API key needed" },
    { "forbidden",              403, "API key may not do this" },
    { "body_too_large",         413, "Body too large" },
    { "unsupported_media_type", 415, "Body is not JSON" },
    { "invalid_body",           400, "Body is no usable JSON object" },
    { "unknown_field",          400, "Unknown field" },
    { "invalid_field",          400, "Invalid field" },
    { "unknown_tier",           422, "Unknown tier" },
    { "unknown_parent",         422, "Unknown parent" },
    { "referrer_exists",        409, "Referrer exists" },
    { "code_taken",             409, "Code belongs to another referrer" },
    { "code_exists",            409, "Code exists" },
    { "too_many_codes",         409, "Too many codes" },
    { "ledger_full",            507, "Ledger full" },
    { "ledger_damaged",         503, "Ledger not writable" },
    { "no_memory",              503, "Out of memory" },
    { "journal_stopped",        503, "Journal stopped" },
    { "journal_behind",         503, "Journal behind" },
    { "not_synced",             503, "Not on disk yet" },
    { "trade_not_found",        404, "No such trade" },
    { "mint_not_found",         404, "No such mint" },
    { "wrong_state",            409, "Not open from the trade's state" },
    { "fee_mint_needed",        422, "Mint of the fee needed" },
    { "no_journal",             404, "No journal is kept" },
    { "journal_archived",       410, "No longer in the journal" },
    { "journal_unreadable",     503, "Journal not readable" },
    { "no_node",                503, "No Solana node answers" },
    { "incident_not_found",     404, "No such incident" },
    { "not_raised",             409, "The incident is not raised" }
};


ngx_http_jupref_problem_e
ngx_http_jupref_refuse(ngx_http_jupref_api_t *api,
    ngx_http_jupref_problem_e problem, const char *detail)
{
    api->detail.data = (u_char *) detail;
    api->detail.len = ngx_strlen(detail);

    return problem;
}


ngx_int_t
ngx_http_jupref_send_problem(ngx_http_jupref_api_t *api,
    ngx_http_jupref_problem_e problem)
{
    u_char                type[64];
    ngx_uint_t            status;
    jupref_bytes_t        text;
    ngx_http_request_t   *r;

    static ngx_str_t  content_type = ngx_string("application/problem+json");
    static ngx_str_t  allow = ngx_string("Allow");
    static ngx_str_t  authenticate = ngx_string("WWW-Authenticate");
    static ngx_str_t  bearer = ngx_string("Bearer realm=\"jupref\"");
    static ngx_str_t  retry = ngx_string("Retry-After");
    static ngx_str_t  seconds = ngx_string("5");

    r = api->r;
    status = ngx_http_jupref_problems[problem].status;

    if (ngx_http_jupref_api_room(api, NGX_HTTP_JUPREF_PROBLEM_MAX) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    text.data = type;
    text.len = ngx_sprintf(type, "urn:jupref:problem:%s",
                           ngx_http_jupref_problems[problem].code)
               - type;

    jupref_json_object(&api->json, NULL);
    jupref_json_string(&api->json, "type", text);
    jupref_json_cstring(&api->json, "title",
                        ngx_http_jupref_problems[problem].title);
    jupref_json_number(&api->json, "status", status);
    jupref_json_cstring(&api->json, "code",
                        ngx_http_jupref_problems[problem].code);

    if (api->detail.len) {
        jupref_json_string(&api->json, "detail",
                           ngx_http_jupref_bytes(&api->detail));
    }

    jupref_json_object_end(&api->json);

    if (problem == NGX_HTTP_JUPREF_METHOD_NOT_ALLOWED
        && ngx_http_jupref_add_header(r, &allow, &api->allow) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (problem == NGX_HTTP_JUPREF_UNAUTHORIZED
        && ngx_http_jupref_add_header(r, &authenticate, &bearer) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (status == NGX_HTTP_SERVICE_UNAVAILABLE
        && ngx_http_jupref_add_header(r, &retry, &seconds) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_jupref_send(r, status, &content_type,
                                jupref_json_text(&api->json));
}


/* Without its parameters, which is how nginx compares types. */

size_t
ngx_http_jupref_type_len(ngx_str_t *content_type)
{
    size_t  len;

    for (len = 0; len < content_type->len; len++) {
        if (content_type->data[len] == ';') {
            break;
        }
    }

    return len;
}


ngx_int_t
ngx_http_jupref_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *content_type, jupref_bytes_t body)
{
    ngx_int_t    rc;
    ngx_buf_t   *b;
    ngx_chain_t  out;

    static ngx_str_t  control = ngx_string("Cache-Control");
    static ngx_str_t  no_store = ngx_string("no-store");

    if (ngx_http_jupref_add_header(r, &control, &no_store) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = status;
    r->headers_out.content_length_n = (off_t) body.len;
    r->headers_out.content_type = *content_type;
    r->headers_out.content_type_len = ngx_http_jupref_type_len(content_type);
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = (u_char *) body.data;
    b->last = b->pos + body.len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}
