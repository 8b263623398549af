/*
 * GET admin/reconciliation: what lies in the fee accounts against the books,
 * and what explains the difference.
 *
 * Reports are the agent's, of its last tour; each is copied by itself.
 */

#include "http/ngx_http_jupref_api.h"

#include "agent/ngx_http_jupref_accounts.h"
#include "agent/ngx_http_jupref_verify_conf.h"


#define NGX_HTTP_JUPREF_REPORTS_ROOM  1024
#define NGX_HTTP_JUPREF_REPORT_ROOM   1536
#define NGX_HTTP_JUPREF_TOUCH_ROOM    256


/* A report with what stands beside it. */
typedef struct {
    jupref_pubkey_t            mint;
    ngx_http_jupref_report_t   report;
} ngx_http_jupref_reported_t;


static ngx_uint_t ngx_http_jupref_reports_copy(ngx_http_jupref_api_t *api,
    uint32_t after, ngx_uint_t limit, ngx_http_jupref_reported_t *reports,
    uint32_t *next);
static void ngx_http_jupref_write_report(jupref_json_writer_t *json,
    const ngx_http_jupref_reported_t *reported);
static void ngx_http_jupref_write_touch(jupref_json_writer_t *json,
    const jupref_touch_t *touch);


ngx_http_jupref_problem_e
ngx_http_jupref_get_reconciliation(ngx_http_jupref_api_t *api)
{
    size_t                       size;
    uint32_t                     after, next;
    ngx_uint_t                   i, limit, count;
    ngx_http_jupref_problem_e    problem;
    ngx_http_jupref_reported_t  *reports;

    problem = ngx_http_jupref_api_limit(api, &limit);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    problem = ngx_http_jupref_api_index(api, 'r', &after);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    reports = ngx_http_jupref_api_view(api, limit
                                       * sizeof(ngx_http_jupref_reported_t));
    if (reports == NULL) {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    count = ngx_http_jupref_reports_copy(api, after, limit, reports, &next);

    size = NGX_HTTP_JUPREF_REPORTS_ROOM;

    for (i = 0; i < count; i++) {
        size += NGX_HTTP_JUPREF_REPORT_ROOM
                + reports[i].report.reconcile.touch_count
                  * NGX_HTTP_JUPREF_TOUCH_ROOM;
    }

    if (ngx_http_jupref_api_room(api, size) != NGX_OK) {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    jupref_json_object(&api->json, NULL);
    jupref_json_array(&api->json, "data");

    for (i = 0; i < count; i++) {
        ngx_http_jupref_write_report(&api->json, &reports[i]);
    }

    jupref_json_array_end(&api->json);

    return ngx_http_jupref_api_end_index(api, 'r', next, limit, NULL);
}


static ngx_uint_t
ngx_http_jupref_reports_copy(ngx_http_jupref_api_t *api, uint32_t after,
    ngx_uint_t limit, ngx_http_jupref_reported_t *reports, uint32_t *next)
{
    uint32_t                     i, all;
    ngx_uint_t                   count;
    ngx_http_jupref_accounts_t  *seen;
    ngx_http_jupref_rpc_zone_t  *zone;

    *next = 0;
    zone = api->zone->conf->rpc_zone;
    seen = api->zone->conf->verify->pool ? ngx_http_jupref_accounts(zone)
                                         : NULL;
    if (seen == NULL) {
        return 0;
    }

    for (count = 0, i = after; /* void */ ; i++) {

        ngx_http_jupref_rpc_lock(zone);

        all = (uint32_t) seen->mint_count;

        if (i < all && seen->mints[i].report && count < limit) {
            reports[count].mint = seen->mints[i].mint;
            reports[count].report = *seen->mints[i].report;
            count++;
        }

        ngx_http_jupref_rpc_unlock(zone);

        if (i >= all) {
            return count;
        }

        if (count == limit) {
            *next = (i + 1 < all) ? i + 1 : 0;
            return count;
        }
    }
}


static void
ngx_http_jupref_write_report(jupref_json_writer_t *json,
    const ngx_http_jupref_reported_t *reported)
{
    uint8_t                          text[JUPREF_PUBKEY_TEXT];
    unsigned                         i;
    jupref_bytes_t                   mint;
    const jupref_drift_t            *drift;
    const jupref_reconcile_t        *of;

    of = &reported->report.reconcile;
    drift = &reported->report.drift;

    mint.data = text;
    mint.len = jupref_pubkey_format(text, &reported->mint);

    jupref_json_object(json, NULL);
    jupref_json_string(json, "mint", mint);
    jupref_json_time(json, "checkedAt", reported->report.checked_ms);
    jupref_json_number(json, "slot", of->slot);
    jupref_json_amount(json, "balance", of->balance);
    jupref_json_amount(json, "verified", of->verified);
    jupref_json_amount(json, "claimed", of->claimed);
    jupref_json_amount(json, "awaiting", of->awaiting);
    jupref_json_amount(json, "expected", drift->expected);
    jupref_json_amount(json, "unexplained", drift->unexplained);

    if (drift->unexplained == 0) {
        jupref_json_null(json, "side");

    } else {
        jupref_json_cstring(json, "side", drift->missing ? "less" : "more");
    }

    jupref_json_boolean(json, "complete", !reported->report.unfinished);

    if (reported->report.unfinished) {
        jupref_json_cstring(json, "reason", ngx_http_jupref_unfinished_name(
                                reported->report.unfinished));
    }

    jupref_json_object(json, "looked");

    for (i = JUPREF_TOUCH_NONE + 1; i < JUPREF_TOUCHES; i++) {
        jupref_json_number(json, jupref_touch_name(i), of->kinds[i]);
    }

    jupref_json_object_end(json);
    jupref_json_array(json, "transactions");

    for (i = 0; i < of->touch_count; i++) {
        ngx_http_jupref_write_touch(json, &of->touches[i]);
    }

    jupref_json_array_end(json);

    if (of->more) {
        jupref_json_boolean(json, "moreTransactions", 1);
    }

    jupref_json_object_end(json);
}


static void
ngx_http_jupref_write_touch(jupref_json_writer_t *json,
    const jupref_touch_t *touch)
{
    uint8_t         text[JUPREF_SIGNATURE_TEXT];
    jupref_bytes_t  signature;

    signature.data = text;
    signature.len = jupref_signature_format(text, &touch->signature);

    jupref_json_object(json, NULL);
    jupref_json_string(json, "signature", signature);
    jupref_json_number(json, "slot", touch->slot);
    jupref_json_cstring(json, "kind", jupref_touch_name(touch->kind));
    jupref_json_amount(json, "amount", touch->delta);
    jupref_json_cstring(json, "direction", touch->shrank ? "out" : "in");
    jupref_json_object_end(json);
}
