/*
 * The API's door: which route, who may, with what body.
 *
 * One table of routes.  A handler gets a call that is allowed and whose body
 * is there, writes its JSON, and answers with no problem or with one.
 */

#include "http/ngx_http_jupref_api.h"


/* How long a write waits for the disk, ms. */
#define NGX_HTTP_JUPREF_WRITE_TIMEOUT  10000
#define NGX_HTTP_JUPREF_FORBID_MAX     64      /* bytes of the detail */


/* `{}` in a path is one non-empty segment, the call's parameter. */
typedef struct {
    ngx_uint_t               method;
    const char              *path;
    ngx_http_jupref_role_e   role;
    ngx_http_jupref_api_pt   handler;
} ngx_http_jupref_route_t;


static ngx_http_jupref_route_t  ngx_http_jupref_routes[] = {

    { NGX_HTTP_GET, "codes/{}", NGX_HTTP_JUPREF_ROLE_NONE,
      ngx_http_jupref_get_code },

    { NGX_HTTP_GET, "fees", NGX_HTTP_JUPREF_ROLE_NONE,
      ngx_http_jupref_get_fees },

    { NGX_HTTP_GET, "referrers/{}", NGX_HTTP_JUPREF_ROLE_NONE,
      ngx_http_jupref_get_referrer },

    { NGX_HTTP_GET, "leaderboard", NGX_HTTP_JUPREF_ROLE_NONE,
      ngx_http_jupref_get_leaderboard },

    { NGX_HTTP_GET, "trades", NGX_HTTP_JUPREF_ROLE_NONE,
      ngx_http_jupref_get_trades },

    { NGX_HTTP_GET, "platform", NGX_HTTP_JUPREF_ROLE_NONE,
      ngx_http_jupref_get_platform },

    { NGX_HTTP_GET, "platform/series", NGX_HTTP_JUPREF_ROLE_NONE,
      ngx_http_jupref_get_platform_series },

    { NGX_HTTP_GET, "codes/{}/series", NGX_HTTP_JUPREF_ROLE_NONE,
      ngx_http_jupref_get_code_series },

    { NGX_HTTP_GET, "referrers/{}/series", NGX_HTTP_JUPREF_ROLE_NONE,
      ngx_http_jupref_get_referrer_series },

    { NGX_HTTP_GET, "referrers/{}/trades", NGX_HTTP_JUPREF_ROLE_NONE,
      ngx_http_jupref_get_referrer_trades },

    { NGX_HTTP_GET, "referrers/{}/wallets", NGX_HTTP_JUPREF_ROLE_READ,
      ngx_http_jupref_get_referrer_wallets },

    { NGX_HTTP_GET, "ledger/head", NGX_HTTP_JUPREF_ROLE_NONE,
      ngx_http_jupref_get_ledger_head },

    { NGX_HTTP_GET, "ledger/proof", NGX_HTTP_JUPREF_ROLE_NONE,
      ngx_http_jupref_get_ledger_proof },

    { NGX_HTTP_GET, "ledger/consistency", NGX_HTTP_JUPREF_ROLE_NONE,
      ngx_http_jupref_get_ledger_consistency },

    { NGX_HTTP_GET, "admin/trial-balance", NGX_HTTP_JUPREF_ROLE_READ,
      ngx_http_jupref_get_trial_balance },

    { NGX_HTTP_GET, "admin/pools", NGX_HTTP_JUPREF_ROLE_READ,
      ngx_http_jupref_get_pools },

    { NGX_HTTP_GET, "admin/fee-integrity", NGX_HTTP_JUPREF_ROLE_READ,
      ngx_http_jupref_get_fee_integrity },

    { NGX_HTTP_GET, "admin/reconciliation", NGX_HTTP_JUPREF_ROLE_READ,
      ngx_http_jupref_get_reconciliation },

    { NGX_HTTP_GET, "admin/incidents", NGX_HTTP_JUPREF_ROLE_READ,
      ngx_http_jupref_get_incidents },

    { NGX_HTTP_POST, "admin/incidents/{}/clear", NGX_HTTP_JUPREF_ROLE_ADMIN,
      ngx_http_jupref_post_incident_clear },

    { NGX_HTTP_POST, "admin/trades/{}/verify", NGX_HTTP_JUPREF_ROLE_ADMIN,
      ngx_http_jupref_post_verify },

    { NGX_HTTP_POST, "admin/trades/{}/reject", NGX_HTTP_JUPREF_ROLE_ADMIN,
      ngx_http_jupref_post_reject },

    { NGX_HTTP_POST, "admin/trades/{}/expire", NGX_HTTP_JUPREF_ROLE_ADMIN,
      ngx_http_jupref_post_expire },

    { NGX_HTTP_POST, "admin/trades/{}/dispute", NGX_HTTP_JUPREF_ROLE_ADMIN,
      ngx_http_jupref_post_dispute },

    { NGX_HTTP_POST, "admin/trades/{}/resolve", NGX_HTTP_JUPREF_ROLE_ADMIN,
      ngx_http_jupref_post_resolve },

    { NGX_HTTP_POST, "admin/trades/{}/reverse", NGX_HTTP_JUPREF_ROLE_ADMIN,
      ngx_http_jupref_post_reverse },

    { NGX_HTTP_POST, "admin/referrers", NGX_HTTP_JUPREF_ROLE_ADMIN,
      ngx_http_jupref_post_referrer },

    { NGX_HTTP_PATCH, "admin/referrers/{}", NGX_HTTP_JUPREF_ROLE_ADMIN,
      ngx_http_jupref_patch_referrer },

    { NGX_HTTP_POST, "admin/codes", NGX_HTTP_JUPREF_ROLE_ADMIN,
      ngx_http_jupref_post_code },

    { 0, NULL, NGX_HTTP_JUPREF_ROLE_NONE, NULL }
};


static ngx_http_jupref_problem_e ngx_http_jupref_api_route(
    ngx_http_jupref_api_t *api, ngx_http_jupref_route_t **found);
static ngx_uint_t ngx_http_jupref_api_matches(const char *pattern,
    ngx_str_t *path, ngx_str_t *parameter);
static ngx_http_jupref_problem_e ngx_http_jupref_api_forbid(
    ngx_http_jupref_api_t *api, ngx_http_jupref_role_e needed);
static ngx_http_jupref_problem_e ngx_http_jupref_api_allowed(
    ngx_http_jupref_api_t *api, ngx_http_jupref_route_t *route);
static void ngx_http_jupref_api_body(ngx_http_request_t *r);
static void ngx_http_jupref_api_synced(ngx_http_jupref_wait_t *wait,
    ngx_int_t rc);
static ngx_http_jupref_problem_e ngx_http_jupref_api_unsynced(
    ngx_http_jupref_api_t *api, ngx_int_t rc);
static ngx_int_t ngx_http_jupref_api_answer(ngx_http_jupref_api_t *api,
    ngx_http_jupref_problem_e problem);
static ngx_http_jupref_api_t *ngx_http_jupref_api_start(
    ngx_http_request_t *r);


ngx_str_t  ngx_http_jupref_csv_type = ngx_string("text/csv; charset=utf-8");


ngx_int_t
ngx_http_jupref_api_handler(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_http_jupref_api_t     *api;
    ngx_http_jupref_route_t   *route;
    ngx_http_jupref_problem_e  problem;

    api = ngx_http_jupref_api_start(r);
    if (api == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    problem = ngx_http_jupref_api_route(api, &route);

    if (route) {
        problem = ngx_http_jupref_api_allowed(api, route);
    }

    if (problem == NGX_HTTP_JUPREF_NO_PROBLEM && route->method != NGX_HTTP_GET)
    {
        rc = ngx_http_read_client_request_body(r, ngx_http_jupref_api_body);

        return (rc >= NGX_HTTP_SPECIAL_RESPONSE) ? rc : NGX_DONE;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return ngx_http_jupref_send_problem(api, problem);
    }

    problem = route->handler(api);

    return api->later ? NGX_DONE : ngx_http_jupref_api_answer(api, problem);
}


/* A write's answer waits until what it says is on disk. */

static void
ngx_http_jupref_api_body(ngx_http_request_t *r)
{
    ngx_http_jupref_api_t      *api;
    ngx_http_jupref_route_t    *route;
    ngx_http_jupref_problem_e   problem;

    api = ngx_http_jupref_api_start(r);
    if (api == NULL) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    problem = ngx_http_jupref_api_route(api, &route);

    if (route) {
        problem = route->handler(api);
    }

    if (problem == NGX_HTTP_JUPREF_NO_PROBLEM) {
        api->wait.seq = api->seq;
        api->wait.request = r;
        api->wait.data = api;
        api->wait.handler = ngx_http_jupref_api_synced;

        switch (ngx_http_jupref_commit_wait(api->zone, &api->wait,
                                            NGX_HTTP_JUPREF_WRITE_TIMEOUT))
        {
        case NGX_AGAIN:
            return;

        case NGX_OK:
            break;

        default:
            problem = ngx_http_jupref_api_unsynced(api, NGX_ERROR);
        }
    }

    ngx_http_finalize_request(r, ngx_http_jupref_api_answer(api, problem));
}


static void
ngx_http_jupref_api_synced(ngx_http_jupref_wait_t *wait, ngx_int_t rc)
{
    ngx_connection_t       *c;
    ngx_http_jupref_api_t  *api;

    api = wait->data;
    c = api->r->connection;

    ngx_http_set_log_request(c->log, api->r);

    ngx_http_jupref_api_finish(api, ngx_http_jupref_api_unsynced(api, rc));

    ngx_http_run_posted_requests(c);
}


static ngx_http_jupref_problem_e
ngx_http_jupref_api_unsynced(ngx_http_jupref_api_t *api, ngx_int_t rc)
{
    switch (rc) {

    case NGX_OK:
        return NGX_HTTP_JUPREF_NO_PROBLEM;

    case NGX_AGAIN:
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NOT_SYNCED,
                   "the disk is slow: the write is taken, but not on disk "
                   "yet; look later, or send it again");

    default:
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_JOURNAL_DOWN,
                   "the journal has stopped at a disk error: nothing is "
                   "written until nginx is reloaded");
    }
}


void
ngx_http_jupref_api_finish(ngx_http_jupref_api_t *api,
    ngx_http_jupref_problem_e problem)
{
    ngx_http_finalize_request(api->r,
                              ngx_http_jupref_api_answer(api, problem));
}


static ngx_int_t
ngx_http_jupref_api_answer(ngx_http_jupref_api_t *api,
    ngx_http_jupref_problem_e problem)
{
    static ngx_str_t  content_type = ngx_string("application/json");

    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return ngx_http_jupref_send_problem(api, problem);
    }

    if (api->json.overflowed) {
        ngx_log_error(NGX_LOG_ALERT, api->r->connection->log, 0,
                      "jupref: an answer outgrew its room");
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_jupref_api_tell_head(api) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_jupref_send(api->r, api->status,
                                api->csv ? &ngx_http_jupref_csv_type
                                         : &content_type,
                                jupref_json_text(&api->json));
}


void
ngx_http_jupref_api_head(ngx_http_jupref_api_t *api)
{
    jupref_log_t  *journal;

    journal = ngx_http_jupref_journal(api->zone);

    if (journal) {
        api->seq = journal->seq;
        api->of_ledger = 1;
    }
}


void
ngx_http_jupref_act(ngx_http_jupref_api_t *api, jupref_event_t *event,
    jupref_event_type_e type)
{
    ngx_http_jupref_ctx_t  *ctx;

    ngx_memzero(event, sizeof(jupref_event_t));
    event->type = type;

    ctx = ngx_http_jupref_ctx_find(api->r);

    if (ctx && ctx->key) {
        ngx_memcpy(event->actor, ctx->key->name.data,
                   ngx_min(ctx->key->name.len, JUPREF_ACTOR_MAX));
    }
}


/* Jupref-Ledger: <seq>:<hash of that event's leaf, hex>, the newest on disk */

ngx_int_t
ngx_http_jupref_api_tell_head(ngx_http_jupref_api_t *api)
{
    u_char         *p;
    ngx_str_t       value;
    jupref_head_t   head;

    static ngx_str_t  name = ngx_string("Jupref-Ledger");

    /* what isn't on disk yet could be another event after a crash */

    if (api->of_ledger) {
        jupref_log_synced_head(ngx_http_jupref_journal(api->zone), &head);

        api->seq = head.seq;
        ngx_memcpy(api->head, head.hash, JUPREF_SHA256_SIZE);
    }

    if (api->seq == 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(api->r->pool, NGX_INT64_LEN + 1 + 2 * JUPREF_SHA256_SIZE);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value.data = p;
    p = ngx_sprintf(p, "%uL:", api->seq);
    p = ngx_hex_dump(p, api->head, JUPREF_SHA256_SIZE);
    value.len = (size_t) (p - value.data);

    return ngx_http_jupref_add_header(api->r, &name, &value);
}


static ngx_http_jupref_api_t *
ngx_http_jupref_api_start(ngx_http_request_t *r)
{
    ngx_http_jupref_api_t        *api;
    ngx_http_jupref_loc_conf_t   *jlcf;
    ngx_http_jupref_main_conf_t  *jmcf;

    jlcf = ngx_http_get_module_loc_conf(r, ngx_http_jupref_module);
    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);

    api = ngx_pcalloc(r->pool, sizeof(ngx_http_jupref_api_t));
    if (api == NULL) {
        return NULL;
    }

    api->r = r;
    api->zone = jmcf->zone;
    api->base = jlcf->api_base;
    api->status = NGX_HTTP_OK;

    return api;
}


/* Finds the route of path and method; HEAD is answered as GET. */

static ngx_http_jupref_problem_e
ngx_http_jupref_api_route(ngx_http_jupref_api_t *api,
    ngx_http_jupref_route_t **found)
{
    u_char                   *p;
    ngx_str_t                 path, parameter;
    ngx_uint_t                method;
    ngx_http_request_t       *r;
    ngx_http_jupref_route_t  *route;

    r = api->r;
    *found = NULL;

    path.data = r->uri.data + ngx_min(api->base.len, r->uri.len);
    path.len = r->uri.len - ngx_min(api->base.len, r->uri.len);

    /* "/v1/" and "/v1" hold the same paths; "/v1codes" is below neither */

    if (path.len && path.data[-1] != '/') {
        path.len = (path.data[0] == '/') ? path.len - 1 : 0;
        path.data++;
    }

    method = (r->method == NGX_HTTP_HEAD) ? NGX_HTTP_GET : r->method;

    api->allow.data = ngx_pnalloc(r->pool, sizeof("GET, HEAD, POST, PATCH"));
    if (api->allow.data == NULL) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_OUT_OF_MEMORY,
                                      "try again");
    }

    p = api->allow.data;

    for (route = ngx_http_jupref_routes; route->path; route++) {

        if (!ngx_http_jupref_api_matches(route->path, &path, &parameter)) {
            continue;
        }

        if (route->method == method) {
            *found = route;
            api->parameter = parameter;
            return NGX_HTTP_JUPREF_NO_PROBLEM;
        }

        p = ngx_sprintf(p, "%s%s", p == api->allow.data ? "" : ", ",
                        route->method == NGX_HTTP_GET ? "GET, HEAD"
                        : route->method == NGX_HTTP_POST ? "POST" : "PATCH");
    }

    api->allow.len = (size_t) (p - api->allow.data);

    if (api->allow.len) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_METHOD_NOT_ALLOWED,
                                      "the methods of this path are in Allow");
    }

    return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_SUCH_RESOURCE,
                                  "there is nothing at this path");
}


static ngx_uint_t
ngx_http_jupref_api_matches(const char *pattern, ngx_str_t *path,
    ngx_str_t *parameter)
{
    u_char  *p, *end;

    p = path->data;
    end = p + path->len;
    ngx_str_null(parameter);

    for ( /* void */ ; *pattern; pattern++) {

        if (*pattern == '{') {
            parameter->data = p;

            while (p < end && *p != '/') {
                p++;
            }

            parameter->len = (size_t) (p - parameter->data);

            if (parameter->len == 0) {
                return 0;
            }

            pattern++;

        } else if (p == end || *p++ != (u_char) *pattern) {
            return 0;
        }
    }

    return p == end;
}


static ngx_http_jupref_problem_e
ngx_http_jupref_api_forbid(ngx_http_jupref_api_t *api,
    ngx_http_jupref_role_e needed)
{
    u_char  *p;

    p = ngx_pnalloc(api->r->pool, NGX_HTTP_JUPREF_FORBID_MAX);
    if (p == NULL) {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    api->detail.data = p;
    api->detail.len = (size_t) (ngx_snprintf(p, NGX_HTTP_JUPREF_FORBID_MAX,
                                             "this needs a key with role=%s",
                                             ngx_http_jupref_role_name(needed))
                                - p);

    return NGX_HTTP_JUPREF_FORBIDDEN;
}


static ngx_http_jupref_problem_e
ngx_http_jupref_api_allowed(ngx_http_jupref_api_t *api,
    ngx_http_jupref_route_t *route)
{
    ngx_str_t                type;
    ngx_http_request_t      *r;
    ngx_http_jupref_role_e   role;

    r = api->r;

    if (route->role != NGX_HTTP_JUPREF_ROLE_NONE) {
        role = ngx_http_jupref_role(r);

        if (role == NGX_HTTP_JUPREF_ROLE_NONE) {
            return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_UNAUTHORIZED,
                       "send a key of jupref_api_key as \"Authorization: "
                       "Bearer <key>\"");
        }

        if (role < route->role) {
            return ngx_http_jupref_api_forbid(api, route->role);
        }
    }

    if (route->method == NGX_HTTP_GET) {
        return NGX_HTTP_JUPREF_NO_PROBLEM;
    }

    ngx_str_null(&type);

    if (r->headers_in.content_type) {
        type = r->headers_in.content_type->value;
    }

    if (type.len < 16
        || ngx_strncasecmp(type.data, (u_char *) "application/json", 16) != 0
        || (type.len > 16 && type.data[16] != ';' && type.data[16] != ' '))
    {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_MEDIA_TYPE,
                   "send the body as Content-Type: application/json");
    }

    if (r->headers_in.content_length_n > NGX_HTTP_JUPREF_API_BODY_MAX) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_BODY_LIMIT,
                                      "a body has at most 16384 bytes");
    }

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}
