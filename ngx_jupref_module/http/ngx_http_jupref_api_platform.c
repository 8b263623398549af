/*
 * GET platform: totals, fees per mint, fee integrity, how full the ledger is.
 */

#include "http/ngx_http_jupref_api.h"

#include "agent/ngx_http_jupref_verify_conf.h"
#include "solana/jupref_address.h"


/* Room per row and for the rest, generous: overflowing is checked. */
#define NGX_HTTP_JUPREF_PLATFORM_ROOM  4096
#define NGX_HTTP_JUPREF_MINT_ROOM      768


static void ngx_http_jupref_write_fees(jupref_json_writer_t *json,
    const jupref_platform_view_t *view);
static void ngx_http_jupref_write_integrity(jupref_json_writer_t *json,
    const jupref_integrity_row_t *row);
static void ngx_http_jupref_write_capacities(jupref_json_writer_t *json,
    const jupref_platform_view_t *view, const jupref_pending_stat_t *pending);


ngx_http_jupref_problem_e
ngx_http_jupref_get_platform(ngx_http_jupref_api_t *api)
{
    uint32_t                   i;
    jupref_json_writer_t      *json;
    jupref_pending_stat_t      pending;
    jupref_platform_view_t    *view;
    ngx_http_jupref_zone_t    *zone;

    zone = api->zone;
    json = &api->json;

    view = ngx_http_jupref_api_view(api, sizeof(jupref_platform_view_t));
    if (view == NULL) {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    ngx_http_jupref_lock(zone);

    ngx_http_jupref_api_head(api);
    jupref_view_platform(ngx_http_jupref_ledger(zone),
                         ngx_http_jupref_integrity(zone), view);
    view->clicks += jupref_clicks_total(ngx_http_jupref_clicks(zone));
    jupref_pending_stat(ngx_http_jupref_pending(zone),
                        ngx_http_jupref_now_ms(), &pending);

    ngx_http_jupref_unlock(zone);

    if (ngx_http_jupref_api_room(api, NGX_HTTP_JUPREF_PLATFORM_ROOM
                                 + (view->mint_count + view->integrity_count)
                                   * NGX_HTTP_JUPREF_MINT_ROOM)
        != NGX_OK)
    {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    jupref_json_object(json, NULL);

    jupref_json_object(json, "totals");
    ngx_http_jupref_write_states(json, view->trades);
    jupref_json_micro(json, "volumeUsd", view->volume_micro_usd);
    jupref_json_number(json, "clicks", view->clicks);
    jupref_json_number(json, "events", view->seq);
    jupref_json_object_end(json);

    ngx_http_jupref_write_fees(json, view);

    jupref_json_number(json, "referrers", view->used[JUPREF_TABLE_REFERRERS]);
    jupref_json_number(json, "codes", view->used[JUPREF_TABLE_CODES]);
    jupref_json_number(json, "boundWallets", view->used[JUPREF_TABLE_WALLETS]);

    jupref_json_cstring(json, "verification",
                        ngx_http_jupref_verify_on(zone->conf->verify)
                        ? "nodes" : "manual");

    jupref_json_array(json, "feeIntegrity");

    for (i = 0; i < view->integrity_count; i++) {
        ngx_http_jupref_write_integrity(json, &view->integrity[i]);
    }

    jupref_json_array_end(json);

    if (view->more_integrity) {
        jupref_json_boolean(json, "moreFeeIntegrity", 1);
    }

    ngx_http_jupref_write_capacities(json, view, &pending);

    jupref_json_object_end(json);

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


/* Nothing is verified on chain yet: these are sums of estimates. */

static void
ngx_http_jupref_write_fees(jupref_json_writer_t *json,
    const jupref_platform_view_t *view)
{
    uint32_t                  i;
    const jupref_mint_row_t  *mint;

    jupref_json_cstring(json, "feesBasis", "estimate");
    jupref_json_array(json, "fees");

    for (i = 0; i < view->mint_count; i++) {
        mint = &view->mints[i];

        if (mint->received == 0) {
            continue;
        }

        jupref_json_object(json, NULL);
        jupref_json_string(json, "mint", (jupref_bytes_t) { mint->text,
                                                            mint->text_len });
        jupref_json_amount(json, "received", mint->received);
        jupref_json_amount(json, "jupiterCut", mint->jupiter_cut);
        jupref_json_amount(json, "platform", mint->platform);
        jupref_json_amount(json, "referrers", mint->referrers);
        jupref_json_object_end(json);
    }

    jupref_json_array_end(json);

    if (view->more_mints) {
        jupref_json_boolean(json, "moreFees", 1);
    }
}


/* The account that is missing where fees are dropped, so it can be made. */

static void
ngx_http_jupref_write_integrity(jupref_json_writer_t *json,
    const jupref_integrity_row_t *row)
{
    uint8_t          text[JUPREF_PUBKEY_TEXT];
    jupref_bytes_t   key;
    jupref_pubkey_t  account;

    key.data = text;

    jupref_json_object(json, NULL);

    if (jupref_pubkey_is_zero(&row->mint)) {
        jupref_json_null(json, "mint");

    } else {
        key.len = jupref_pubkey_format(text, &row->mint);
        jupref_json_string(json, "mint", key);
    }

    jupref_json_number(json, "asked", row->asked);
    jupref_json_number(json, "granted", row->granted);
    jupref_json_number(json, "dropped", row->dropped);
    jupref_json_number(json, "unstated", row->unstated);

    if (row->dropped) {
        jupref_json_time(json, "lastDroppedAt", row->last_dropped_ms);
    }

    if (row->dropped && !jupref_pubkey_is_zero(&row->mint)) {

        if (jupref_find_token_account(&account, &row->referral_account,
                                      &row->mint, &jupref_token_program))
        {
            key.len = jupref_pubkey_format(text, &account);
            jupref_json_string(json, "referralTokenAccount", key);
        }

        if (jupref_find_token_account(&account, &row->referral_account,
                                      &row->mint, &jupref_token_2022_program))
        {
            key.len = jupref_pubkey_format(text, &account);
            jupref_json_string(json, "referralToken2022Account", key);
        }
    }

    jupref_json_object_end(json);
}


static void
ngx_http_jupref_write_capacities(jupref_json_writer_t *json,
    const jupref_platform_view_t *view, const jupref_pending_stat_t *pending)
{
    unsigned  table;

    jupref_json_object(json, "capacities");

    for (table = 0; table < JUPREF_TABLES; table++) {
        jupref_json_object(json, jupref_table_name(table));
        jupref_json_number(json, "used", view->used[table]);
        jupref_json_number(json, "capacity", view->capacity[table]);
        jupref_json_number(json, "rowBytes", view->row_size[table]);
        jupref_json_object_end(json);
    }

    jupref_json_object(json, "pendingOrders");
    jupref_json_number(json, "used", pending->used);
    jupref_json_number(json, "capacity", pending->capacity);
    jupref_json_number(json, "evicted", pending->evicted);
    jupref_json_object_end(json);

    jupref_json_object_end(json);
}
