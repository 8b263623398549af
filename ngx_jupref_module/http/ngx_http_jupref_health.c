/*
 * Health: `live` says that this nginx answers, `ready` that it does its work.
 *
 * Trades pass whatever `ready` says; it is about the account of them.  A full
 * table, or a disk that is behind, is no reason to send traders elsewhere: that
 * edge is degraded, not down.
 */

#include "http/ngx_http_jupref_api.h"

#include "ledger/jupref_upkeep.h"


#define NGX_HTTP_JUPREF_HEALTH_MAX  2048


static ngx_uint_t ngx_http_jupref_troubles(ngx_http_request_t *r,
    const char **reasons, ngx_uint_t *ready);


ngx_int_t
ngx_http_jupref_health_handler(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    ngx_uint_t                    i, count, ready;
    const char                   *reasons[JUPREF_TABLES + 3
                                          + JUPREF_INCIDENTS];
    ngx_http_jupref_api_t         api;
    ngx_http_jupref_loc_conf_t   *jlcf;
    ngx_http_jupref_main_conf_t  *jmcf;

    static ngx_str_t  content_type = ngx_string("application/json");

    rc = ngx_http_jupref_only_reads(r);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    jlcf = ngx_http_get_module_loc_conf(r, ngx_http_jupref_module);
    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);
    count = 0;
    ready = 1;

    if (jlcf->health == NGX_HTTP_JUPREF_HEALTH_READY) {
        count = ngx_http_jupref_troubles(r, reasons, &ready);
    }

    ngx_memzero(&api, sizeof(ngx_http_jupref_api_t));
    api.r = r;

    if (ngx_http_jupref_api_room(&api, NGX_HTTP_JUPREF_HEALTH_MAX) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    jupref_json_object(&api.json, NULL);
    jupref_json_cstring(&api.json, "status",
                        !ready ? "not ready" : count ? "degraded" : "ok");

    if (jlcf->health == NGX_HTTP_JUPREF_HEALTH_READY) {
        if (jmcf->zone) {
            jupref_json_cstring(&api.json, "ledger",
                                jmcf->zone->state.len ? "journal" : "memory");

        } else {
            jupref_json_null(&api.json, "ledger");
        }

        jupref_json_array(&api.json, "reasons");

        for (i = 0; i < count; i++) {
            jupref_json_cstring(&api.json, NULL, reasons[i]);
        }

        jupref_json_array_end(&api.json);
    }

    jupref_json_object_end(&api.json);

    return ngx_http_jupref_send(r, ready ? NGX_HTTP_OK
                                         : NGX_HTTP_SERVICE_UNAVAILABLE,
                                &content_type, jupref_json_text(&api.json));
}


/* What is wrong, and whether the edge does its work in spite of it. */

static ngx_uint_t
ngx_http_jupref_troubles(ngx_http_request_t *r, const char **reasons,
    ngx_uint_t *ready)
{
    ngx_uint_t                    count, i;
    jupref_log_t                 *journal;
    jupref_event_t                event;
    jupref_ledger_t              *ledger;
    ngx_http_jupref_main_conf_t  *jmcf;

    /* hours and days give way to newer ones */

    static const jupref_ledger_result_e  full[] = {
        JUPREF_LEDGER_REFERRERS_FULL,
        JUPREF_LEDGER_CODES_FULL,
        JUPREF_LEDGER_WALLETS_FULL,
        JUPREF_LEDGER_MINTS_FULL,
        JUPREF_LEDGER_BALANCES_FULL,
        JUPREF_LEDGER_TRADES_FULL,
        JUPREF_LEDGER_INTENTS_FULL
    };

    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);
    count = 0;

    if (jmcf->zone == NULL) {
        *ready = 0;
        reasons[count++] = "there is no jupref_zone, so no ledger";
        return count;
    }

    ngx_http_jupref_lock(jmcf->zone);

    ledger = ngx_http_jupref_ledger(jmcf->zone);
    journal = ngx_http_jupref_journal(jmcf->zone);

    if (ledger->booking) {
        *ready = 0;
        reasons[count++] = jupref_ledger_result_text(JUPREF_LEDGER_DAMAGED);
    }

    for (i = 0; i < sizeof(full) / sizeof(full[0]); i++) {

        if (ledger->tables[i].count == ledger->tables[i].capacity
            && !(i == JUPREF_TABLE_TRADES
                 && jupref_archive_due(ledger, ngx_http_jupref_now_ms(),
                                       &event)))
        {
            reasons[count++] = jupref_ledger_result_text(full[i]);
        }
    }

    if (ngx_http_jupref_stopped(jmcf->zone)) {
        *ready = 0;
        reasons[count++] = jupref_ledger_result_text(
                               JUPREF_LEDGER_LOG_STOPPED);

    } else if (journal && !jupref_log_has_room(journal)) {
        reasons[count++] = jupref_ledger_result_text(JUPREF_LEDGER_LOG_FULL);
    }

    for (i = 1; i < JUPREF_INCIDENTS; i++) {
        if (ledger->raised[i].seq) {
            reasons[count++] = jupref_incident_text((unsigned) i);
        }
    }

    ngx_http_jupref_unlock(jmcf->zone);

    return count;
}
