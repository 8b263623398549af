/*
 * Reads of one thing: a code's terms, what a trade would cost, a referrer.
 */

#include "http/ngx_http_jupref_api.h"


/* Room per row and for the rest, generous: overflowing is checked. */
#define NGX_HTTP_JUPREF_ROOM          4096
#define NGX_HTTP_JUPREF_CODE_ROOM     512
#define NGX_HTTP_JUPREF_BALANCE_ROOM  512


static ngx_int_t ngx_http_jupref_fee_terms(ngx_http_jupref_api_t *api,
    ngx_str_t *text, jupref_terms_view_t *terms);
static void ngx_http_jupref_write_preview(jupref_json_writer_t *json,
    const jupref_terms_view_t *terms, uint64_t amount);
static void ngx_http_jupref_write_referrer(jupref_json_writer_t *json,
    const jupref_referrer_view_t *view);
static void ngx_http_jupref_write_balances(jupref_json_writer_t *json,
    const jupref_referrer_view_t *view);
static void ngx_http_jupref_write_key(jupref_json_writer_t *json,
    const char *name, const jupref_key_text_t *key);
static void ngx_http_jupref_write_terms(jupref_json_writer_t *json,
    const jupref_terms_t *terms);


ngx_http_jupref_problem_e
ngx_http_jupref_get_code(ngx_http_jupref_api_t *api)
{
    jupref_code_name_t  code;

    if (!jupref_code_is_valid(ngx_http_jupref_bytes(&api->parameter))) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_SUCH_CODE,
                   "a code is 3 to 32 letters, digits, \"_\" or \"-\"");
    }

    jupref_code_name_set(&code, ngx_http_jupref_bytes(&api->parameter));

    return ngx_http_jupref_show_code(api, &code);
}


ngx_http_jupref_problem_e
ngx_http_jupref_show_code(ngx_http_jupref_api_t *api,
    const jupref_code_name_t *code)
{
    uint32_t               index;
    jupref_ledger_t       *ledger;
    jupref_code_view_t     view;
    jupref_json_writer_t  *json;

    ngx_http_jupref_lock(api->zone);

    ngx_http_jupref_api_head(api);
    ledger = ngx_http_jupref_ledger(api->zone);
    index = jupref_find_code(ledger, code);

    if (index) {
        jupref_view_code(ledger, ngx_http_jupref_clicks(api->zone), index,
                         &view);
    }

    ngx_http_jupref_unlock(api->zone);

    if (index == 0) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_SUCH_CODE,
                                      "no referrer has this code");
    }

    if (ngx_http_jupref_api_room(api, NGX_HTTP_JUPREF_CODE_ROOM * 2)
        != NGX_OK)
    {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    json = &api->json;

    jupref_json_object(json, NULL);
    jupref_json_string(json, "code",
                       jupref_padded(view.row.text, JUPREF_CODE_MAX));
    ngx_http_jupref_write_key(json, "referrer", &view.referrer);
    ngx_http_jupref_write_terms(json, &view.row.terms);
    jupref_json_number(json, "version", view.row.version);
    jupref_json_cstring(json, "status",
                        view.row.retired ? "retired"
                        : jupref_referrer_status_name(view.status));
    jupref_json_number(json, "clicks", view.clicks);
    jupref_json_number(json, "boundWallets", view.row.bound_wallets);
    jupref_json_time(json, "createdAt", view.row.created_ms);
    jupref_json_object_end(json);

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


/* What a trade of `amount` base units of the fee's side would be charged. */

ngx_http_jupref_problem_e
ngx_http_jupref_get_fees(ngx_http_jupref_api_t *api)
{
    uint64_t                   amount;
    ngx_str_t                  text, code;
    jupref_terms_view_t        terms;
    ngx_http_jupref_problem_e  problem;

    problem = ngx_http_jupref_api_argument(api, "amount", &text);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    if (!jupref_parse_u64(ngx_http_jupref_bytes(&text), &amount)) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_ARGUMENT,
                   "amount must be given as whole base units, 0 to 2^64-1");
    }

    problem = ngx_http_jupref_api_argument(api, "code", &code);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    if (ngx_http_jupref_fee_terms(api, &code, &terms) != NGX_OK) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_SUCH_CODE,
                   "no active referrer has this code; leave it out for the "
                   "terms of unreferred traders");
    }

    if (ngx_http_jupref_api_room(api, NGX_HTTP_JUPREF_ROOM) != NGX_OK) {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    ngx_http_jupref_write_preview(&api->json, &terms, amount);

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


/* The terms of a code that can be followed; without one the default tier's. */

static ngx_int_t
ngx_http_jupref_fee_terms(ngx_http_jupref_api_t *api, ngx_str_t *text,
    jupref_terms_view_t *terms)
{
    unsigned             found;
    jupref_code_name_t   code;

    if (text->len == 0) {
        ngx_memzero(terms, sizeof(jupref_terms_view_t));
        terms->terms = *api->zone->conf->default_tier;
        return NGX_OK;
    }

    if (!jupref_code_is_valid(ngx_http_jupref_bytes(text))) {
        return NGX_DECLINED;
    }

    jupref_code_name_set(&code, ngx_http_jupref_bytes(text));

    ngx_http_jupref_lock(api->zone);
    found = jupref_view_terms(ngx_http_jupref_ledger(api->zone), &code, terms);
    ngx_http_jupref_unlock(api->zone);

    return found ? NGX_OK : NGX_DECLINED;
}


static void
ngx_http_jupref_write_preview(jupref_json_writer_t *json,
    const jupref_terms_view_t *terms, uint64_t amount)
{
    uint64_t            fee;
    unsigned            level;
    jupref_bytes_t      code;
    jupref_fee_split_t  split;

    fee = jupref_fee_on(amount, jupref_charged_bps(&terms->terms));
    jupref_fee_split(&terms->terms, fee, terms->earns, &split);
    code = jupref_padded(terms->code, JUPREF_CODE_MAX);

    jupref_json_object(json, NULL);

    if (code.len) {
        jupref_json_string(json, "code", code);

    } else {
        jupref_json_null(json, "code");
    }

    ngx_http_jupref_write_terms(json, &terms->terms);
    jupref_json_amount(json, "amount", amount);
    jupref_json_amount(json, "fee", fee);
    jupref_json_amount(json, "saved",
                       jupref_fee_on(amount, terms->terms.fee_bps) - fee);
    jupref_json_amount(json, "jupiterCut", split.jupiter_cut);
    jupref_json_amount(json, "platform", split.platform);
    jupref_json_array(json, "levels");

    for (level = 0; level < JUPREF_LEVELS; level++) {

        if (!(terms->earns & 1u << level)) {
            continue;
        }

        jupref_json_object(json, NULL);
        jupref_json_number(json, "level", level + 1);
        ngx_http_jupref_write_key(json, "wallet", &terms->level[level]);
        jupref_json_amount(json, "amount", split.level[level]);
        jupref_json_object_end(json);
    }

    jupref_json_array_end(json);
    jupref_json_object_end(json);
}


ngx_http_jupref_problem_e
ngx_http_jupref_get_referrer(ngx_http_jupref_api_t *api)
{
    jupref_pubkey_t            wallet;
    ngx_http_jupref_problem_e  problem;

    problem = ngx_http_jupref_api_wallet(api, &wallet);

    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    return ngx_http_jupref_show_referrer(api, &wallet);
}


ngx_http_jupref_problem_e
ngx_http_jupref_show_referrer(ngx_http_jupref_api_t *api,
    const jupref_pubkey_t *wallet)
{
    uint32_t                 index;
    jupref_ledger_t         *ledger;
    jupref_referrer_view_t  *view;

    view = ngx_http_jupref_api_view(api, sizeof(jupref_referrer_view_t));
    if (view == NULL) {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    ngx_http_jupref_lock(api->zone);

    ngx_http_jupref_api_head(api);
    ledger = ngx_http_jupref_ledger(api->zone);
    index = jupref_find_referrer(ledger, wallet);

    if (index) {
        jupref_view_referrer(ledger, ngx_http_jupref_clicks(api->zone), index,
                             view);
    }

    ngx_http_jupref_unlock(api->zone);

    if (index == 0) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_SUCH_REFERRER,
                                      "this wallet is not registered");
    }

    if (ngx_http_jupref_api_room(api, NGX_HTTP_JUPREF_ROOM
                                 + view->code_count
                                   * NGX_HTTP_JUPREF_CODE_ROOM
                                 + view->balance_count
                                   * NGX_HTTP_JUPREF_BALANCE_ROOM)
        != NGX_OK)
    {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    ngx_http_jupref_write_referrer(&api->json, view);

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


static void
ngx_http_jupref_write_referrer(jupref_json_writer_t *json,
    const jupref_referrer_view_t *view)
{
    uint32_t                   i;
    const jupref_code_view_t  *code;

    jupref_json_object(json, NULL);
    jupref_json_string(json, "wallet", (jupref_bytes_t) { view->row.text,
                                                    view->row.text_len });
    jupref_json_cstring(json, "status",
                        jupref_referrer_status_name(view->row.status));
    jupref_json_string(json, "tier",
                       jupref_padded(view->row.terms.tier, JUPREF_TIER_MAX));
    ngx_http_jupref_write_key(json, "parent", &view->parent);
    jupref_json_time(json, "registeredAt", view->row.registered_ms);

    jupref_json_array(json, "codes");

    for (i = 0; i < view->code_count; i++) {
        code = &view->codes[i];

        jupref_json_object(json, NULL);
        jupref_json_string(json, "code",
                           jupref_padded(code->row.text, JUPREF_CODE_MAX));
        jupref_json_cstring(json, "status",
                            code->row.retired ? "retired" : "active");
        jupref_json_number(json, "clicks", code->clicks);
        jupref_json_number(json, "boundWallets", code->row.bound_wallets);
        jupref_json_object_end(json);
    }

    jupref_json_array_end(json);

    jupref_json_number(json, "clicks", view->clicks);
    jupref_json_number(json, "boundWallets", view->row.bound_wallets);

    ngx_http_jupref_write_states(json, view->row.trades);

    jupref_json_micro(json, "volumeUsd", view->row.volume_micro_usd);
    jupref_json_micro(json, "earnedUsd", view->row.earned_micro_usd);

    ngx_http_jupref_write_balances(json, view);

    if (view->more_balances) {
        jupref_json_boolean(json, "moreBalances", 1);
    }

    jupref_json_object_end(json);
}


/* How many trades are in which state. */

void
ngx_http_jupref_write_states(jupref_json_writer_t *json,
    const uint64_t trades[JUPREF_STATES])
{
    unsigned  state;

    jupref_json_object(json, "trades");

    for (state = JUPREF_STATE_EXECUTED; state < JUPREF_STATES; state++) {
        jupref_json_number(json, jupref_trade_state_name(state),
                           trades[state]);
    }

    jupref_json_object_end(json);
}


static void
ngx_http_jupref_write_balances(jupref_json_writer_t *json,
    const jupref_referrer_view_t *view)
{
    uint32_t                      i;
    const jupref_balance_view_t  *balance;

    jupref_json_array(json, "balances");

    for (i = 0; i < view->balance_count; i++) {
        balance = &view->balances[i];

        jupref_json_object(json, NULL);
        ngx_http_jupref_write_key(json, "mint", &balance->mint);
        jupref_json_amount(json, "estimated", balance->row.estimated);
        jupref_json_amount(json, "pending", balance->row.pending);
        jupref_json_amount(json, "available", balance->row.available);
        jupref_json_amount(json, "disputed", balance->row.disputed);
        jupref_json_amount(json, "inPayout", balance->row.in_payout);
        jupref_json_amount(json, "paid", balance->row.paid);
        jupref_json_amount(json, "receivable", balance->row.receivable);
        jupref_json_object_end(json);
    }

    jupref_json_array_end(json);
}


static void
ngx_http_jupref_write_key(jupref_json_writer_t *json, const char *name,
    const jupref_key_text_t *key)
{
    if (key->len == 0) {
        jupref_json_null(json, name);
        return;
    }

    jupref_json_string(json, name, (jupref_bytes_t) { key->bytes, key->len });
}


static void
ngx_http_jupref_write_terms(jupref_json_writer_t *json,
    const jupref_terms_t *terms)
{
    unsigned  level;

    jupref_json_string(json, "tier",
                       jupref_padded(terms->tier, JUPREF_TIER_MAX));
    jupref_json_number(json, "feeBps", terms->fee_bps);
    jupref_json_number(json, "discountBps", terms->discount_bps);
    jupref_json_number(json, "chargedBps", jupref_charged_bps(terms));
    jupref_json_array(json, "sharesBps");

    for (level = 0; level < JUPREF_LEVELS; level++) {
        jupref_json_number(json, NULL, terms->share_bps[level]);
    }

    jupref_json_array_end(json);
}
