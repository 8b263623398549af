/*
 * What lists share, and the leaderboard: who leads by volume, by trades, by
 * what was earned.
 */

#include "http/ngx_http_jupref_api.h"


#define NGX_HTTP_JUPREF_LEADER_ROOM  256
#define NGX_HTTP_JUPREF_LIST_ROOM    1024


ngx_http_jupref_problem_e
ngx_http_jupref_get_leaderboard(ngx_http_jupref_api_t *api)
{
    unsigned                    i, count;
    ngx_str_t                   text;
    ngx_uint_t                  ranking, limit;
    jupref_json_writer_t       *json;
    jupref_leader_view_t       *leaders;
    ngx_http_jupref_problem_e   problem;

    static const char *const  names[JUPREF_RANKINGS] = {
        "volume", "trades", "earned"
    };

    problem = ngx_http_jupref_api_limit(api, &limit);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    problem = ngx_http_jupref_api_argument(api, "by", &text);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    ranking = JUPREF_BY_VOLUME;

    if (text.len) {
        for (ranking = 0; ranking < JUPREF_RANKINGS; ranking++) {
            if (text.len == ngx_strlen(names[ranking])
                && ngx_strncmp(text.data, names[ranking], text.len) == 0)
            {
                break;
            }
        }
    }

    if (ranking == JUPREF_RANKINGS) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_ARGUMENT,
                   "by must be \"volume\", \"trades\" or \"earned\"");
    }

    leaders = ngx_http_jupref_api_view(api,
                                       limit * sizeof(jupref_leader_view_t));

    if (leaders == NULL
        || ngx_http_jupref_api_room(api, NGX_HTTP_JUPREF_LIST_ROOM
                                    + limit * NGX_HTTP_JUPREF_LEADER_ROOM)
           != NGX_OK)
    {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    ngx_http_jupref_lock(api->zone);

    ngx_http_jupref_api_head(api);
    count = jupref_view_leaders(ngx_http_jupref_ledger(api->zone), ranking,
                                (unsigned) limit, leaders);

    ngx_http_jupref_unlock(api->zone);

    json = &api->json;

    jupref_json_object(json, NULL);
    jupref_json_cstring(json, "by", names[ranking]);
    jupref_json_array(json, "data");

    for (i = 0; i < count; i++) {
        jupref_json_object(json, NULL);
        jupref_json_number(json, "rank", i + 1);
        jupref_json_string(json, "wallet", (jupref_bytes_t) {
                               leaders[i].wallet.bytes,
                               leaders[i].wallet.len });
        jupref_json_micro(json, "volumeUsd", leaders[i].volume_micro_usd);
        jupref_json_number(json, "trades", leaders[i].trades);
        jupref_json_micro(json, "earnedUsd", leaders[i].earned_micro_usd);
        jupref_json_object_end(json);
    }

    jupref_json_array_end(json);
    jupref_json_object_end(json);

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


/* Link: </v1/trades?limit=20&cursor=t0000002a…>; rel="next" (RFC 8288) */

ngx_http_jupref_problem_e
ngx_http_jupref_api_end_page(ngx_http_jupref_api_t *api, ngx_uint_t limit,
    ngx_str_t *cursor, ngx_str_t *arguments)
{
    ngx_str_t              value, kept;
    ngx_http_request_t    *r;
    jupref_json_writer_t  *json;

    static ngx_str_t  name = ngx_string("Link");

    r = api->r;
    json = &api->json;

    if (cursor->len == 0) {
        jupref_json_null(json, "nextCursor");
        jupref_json_boolean(json, "hasMore", 0);
        jupref_json_object_end(json);

        return NGX_HTTP_JUPREF_NO_PROBLEM;
    }

    jupref_json_string(json, "nextCursor", ngx_http_jupref_bytes(cursor));
    jupref_json_boolean(json, "hasMore", 1);
    jupref_json_object_end(json);

    ngx_str_null(&kept);

    if (arguments) {
        kept = *arguments;
    }

    value.data = ngx_pnalloc(r->pool, r->uri.len + cursor->len + kept.len
                             + NGX_INT_T_LEN
                             + sizeof("<?limit=&cursor=>; rel=\"next\""));
    if (value.data == NULL) {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    /* the path is a route's: nothing in it needs to be escaped */

    value.len = (size_t) (ngx_sprintf(value.data,
                                      "<%V?limit=%ui&cursor=%V%V>; "
                                      "rel=\"next\"",
                                      &r->uri, limit, cursor, &kept)
                          - value.data);

    return (ngx_http_jupref_add_header(r, &name, &value) == NGX_OK)
           ? NGX_HTTP_JUPREF_NO_PROBLEM : NGX_HTTP_JUPREF_OUT_OF_MEMORY;
}
