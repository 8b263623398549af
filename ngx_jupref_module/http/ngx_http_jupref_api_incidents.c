/*
 * GET admin/incidents: what is raised; POST admin/incidents/{kind}/clear.
 */

#include "http/ngx_http_jupref_api.h"


#define NGX_HTTP_JUPREF_INCIDENTS_ROOM  2048


ngx_http_jupref_problem_e
ngx_http_jupref_get_incidents(ngx_http_jupref_api_t *api)
{
    unsigned               kind;
    jupref_raised_t        raised[JUPREF_INCIDENTS];
    jupref_json_writer_t  *json;

    if (ngx_http_jupref_api_room(api, NGX_HTTP_JUPREF_INCIDENTS_ROOM)
        != NGX_OK)
    {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    ngx_http_jupref_lock(api->zone);

    ngx_http_jupref_api_head(api);
    ngx_memcpy(raised, ngx_http_jupref_ledger(api->zone)->raised,
               sizeof(raised));

    ngx_http_jupref_unlock(api->zone);

    json = &api->json;

    jupref_json_object(json, NULL);
    jupref_json_array(json, "data");

    for (kind = 1; kind < JUPREF_INCIDENTS; kind++) {

        if (raised[kind].seq == 0) {
            continue;
        }

        jupref_json_object(json, NULL);
        jupref_json_cstring(json, "incident", jupref_incident_name(kind));
        jupref_json_cstring(json, "detail", jupref_incident_text(kind));
        jupref_json_time(json, "raisedAt", raised[kind].time_ms);
        jupref_json_number(json, "seq", raised[kind].seq);
        jupref_json_object_end(json);
    }

    jupref_json_array_end(json);
    jupref_json_object_end(json);

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


/* Somebody has looked at it: it is over until it is raised again. */

ngx_http_jupref_problem_e
ngx_http_jupref_post_incident_clear(ngx_http_jupref_api_t *api)
{
    unsigned                kind;
    const char             *name;
    jupref_event_t          event;
    jupref_ledger_result_e  result;

    for (kind = 1; kind < JUPREF_INCIDENTS; kind++) {
        name = jupref_incident_name(kind);

        if (ngx_strlen(name) == api->parameter.len
            && ngx_strncmp(name, api->parameter.data, api->parameter.len) == 0)
        {
            break;
        }
    }

    if (kind == JUPREF_INCIDENTS) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_SUCH_INCIDENT,
                   "incidents are fee_drift, program_upgraded, "
                   "referral_account, fee_account and nodes");
    }

    if (ngx_http_jupref_api_room(api, NGX_HTTP_JUPREF_INCIDENTS_ROOM)
        != NGX_OK)
    {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    ngx_http_jupref_act(api, &event, JUPREF_EVENT_INCIDENT_CLEARED);
    event.of.incident.kind = (uint8_t) kind;

    ngx_http_jupref_lock(api->zone);

    result = ngx_http_jupref_append(api->zone, &event);

    if (result == JUPREF_LEDGER_OK) {
        ngx_http_jupref_api_head(api);
    }

    ngx_http_jupref_unlock(api->zone);

    if (result == JUPREF_LEDGER_NO_CHANGE) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NOT_RAISED,
                                      "there is nothing to be cleared");
    }

    if (result != JUPREF_LEDGER_OK) {
        return ngx_http_jupref_admin_result(api, result);
    }

    jupref_json_object(&api->json, NULL);
    jupref_json_cstring(&api->json, "incident", jupref_incident_name(kind));
    jupref_json_boolean(&api->json, "raised", 0);
    jupref_json_object_end(&api->json);

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}
