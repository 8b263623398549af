/*
 * GET admin/fee-integrity: whether fees can arrive.
 *
 * Per mint what Jupiter granted of what was asked, as the edge has counted it,
 * and the token accounts as the agent last saw them.  With a payer there is a
 * transaction beside each account that is missing: unsigned, with a blockhash
 * of now, for which a node is asked.
 */

#include "http/ngx_http_jupref_api.h"

#include "agent/ngx_http_jupref_accounts.h"
#include "agent/ngx_http_jupref_ask.h"
#include "agent/ngx_http_jupref_trust.h"
#include "agent/ngx_http_jupref_verify_conf.h"
#include "solana/jupref_token_create.h"


#define NGX_HTTP_JUPREF_FEES_ROOM      4096
#define NGX_HTTP_JUPREF_FEE_ROOM       1024
#define NGX_HTTP_JUPREF_PLACE_ROOM     (512 + JUPREF_TOKEN_CREATE_TEXT)

/* Transactions take a while to be made. */
#define NGX_HTTP_JUPREF_FEES_MADE      20


/* A mint: what the agent knows of it, what was counted of it. */
typedef struct {
    ngx_http_jupref_fee_mint_t        mint;
    jupref_integrity_row_t            counted;
    unsigned                          seen:1;
} ngx_http_jupref_fee_row_t;


typedef struct {
    ngx_http_jupref_api_t            *api;
    ngx_http_jupref_ask_t            *ask;      /* for a blockhash */
    ngx_http_jupref_verify_conf_t    *conf;
    jupref_pubkey_t                   payer;
    ngx_uint_t                        has_payer;
    jupref_pubkey_t                   blockhash;

    ngx_uint_t                        limit;
    uint32_t                          after;    /* rows before this page */
    uint32_t                          next;     /* 0: there are no more */
    ngx_uint_t                        count;
    ngx_http_jupref_fee_row_t        *rows;

    uint64_t                          checked_ms;
    ngx_uint_t                        more_mints;
    ngx_uint_t                        program_changes;
    jupref_program_data_t             program;
    ngx_uint_t                        referral_count;
    ngx_http_jupref_referral_seen_t   referrals[NGX_HTTP_JUPREF_REFERRALS_KEPT];

    ngx_uint_t                        seen_count;
    jupref_pubkey_t                   seen[NGX_HTTP_JUPREF_FEE_MINTS];
    uint8_t                           joined[JUPREF_INTEGRITY_MINTS + 1];
} ngx_http_jupref_fees_t;


static ngx_http_jupref_problem_e ngx_http_jupref_fees_arguments(
    ngx_http_jupref_fees_t *fees);
static void ngx_http_jupref_fees_seen(ngx_http_jupref_fees_t *fees);
static void ngx_http_jupref_fees_counted(ngx_http_jupref_fees_t *fees);
static ngx_http_jupref_problem_e ngx_http_jupref_fees_ask(
    ngx_http_jupref_fees_t *fees);
static void ngx_http_jupref_fees_told(ngx_http_jupref_ask_t *ask);
static void ngx_http_jupref_fees_cleanup(void *data);
static ngx_http_jupref_problem_e ngx_http_jupref_fees_write(
    ngx_http_jupref_fees_t *fees);
static void ngx_http_jupref_write_referral(jupref_json_writer_t *json,
    const ngx_http_jupref_referral_seen_t *referral);
static void ngx_http_jupref_write_program(jupref_json_writer_t *json,
    const ngx_http_jupref_fees_t *fees);
static void ngx_http_jupref_write_fee(ngx_http_jupref_fees_t *fees,
    const ngx_http_jupref_fee_row_t *row);
static void ngx_http_jupref_write_place(ngx_http_jupref_fees_t *fees,
    const ngx_http_jupref_fee_mint_t *mint, ngx_uint_t place);
static void ngx_http_jupref_write_pubkey(jupref_json_writer_t *json,
    const char *name, const jupref_pubkey_t *key);


ngx_http_jupref_problem_e
ngx_http_jupref_get_fee_integrity(ngx_http_jupref_api_t *api)
{
    ngx_http_jupref_fees_t     *fees;
    ngx_http_jupref_problem_e   problem;

    fees = ngx_pcalloc(api->r->pool, sizeof(ngx_http_jupref_fees_t));
    if (fees == NULL) {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    fees->api = api;
    fees->conf = api->zone->conf->verify;

    problem = ngx_http_jupref_fees_arguments(fees);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    fees->rows = ngx_pcalloc(api->r->pool, fees->limit
                                         * sizeof(ngx_http_jupref_fee_row_t));
    if (fees->rows == NULL) {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    ngx_http_jupref_fees_seen(fees);
    ngx_http_jupref_fees_counted(fees);

    return fees->has_payer ? ngx_http_jupref_fees_ask(fees)
                           : ngx_http_jupref_fees_write(fees);
}


static ngx_http_jupref_problem_e
ngx_http_jupref_fees_arguments(ngx_http_jupref_fees_t *fees)
{
    ngx_http_jupref_api_t      *api;
    ngx_http_jupref_problem_e   problem;

    api = fees->api;

    problem = ngx_http_jupref_api_limit(api, &fees->limit);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    problem = ngx_http_jupref_api_index(api, 'f', &fees->after);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    problem = ngx_http_jupref_api_pubkey(api, "payer", &fees->payer,
                                         &fees->has_payer);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    if (fees->has_payer && fees->limit > NGX_HTTP_JUPREF_FEES_MADE) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_ARGUMENT,
                                      "with payer, limit must be 1 to 20");
    }

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


/* Those that the agent looks at come first; they keep their indexes. */

static void
ngx_http_jupref_fees_seen(ngx_http_jupref_fees_t *fees)
{
    ngx_uint_t                   i;
    ngx_http_jupref_accounts_t  *seen;
    ngx_http_jupref_rpc_zone_t  *zone;

    zone = fees->api->zone->conf->rpc_zone;
    seen = fees->conf->pool ? ngx_http_jupref_accounts(zone) : NULL;

    if (seen == NULL) {
        return;
    }

    ngx_http_jupref_rpc_lock(zone);

    fees->checked_ms = seen->checked_ms;
    fees->more_mints = seen->more_mints;
    fees->program = seen->program;
    fees->program_changes = seen->program_changes;
    fees->referral_count = seen->referral_count;
    ngx_memcpy(fees->referrals, seen->referrals, sizeof(fees->referrals));

    fees->seen_count = seen->mint_count;

    for (i = 0; i < seen->mint_count; i++) {
        fees->seen[i] = seen->mints[i].mint;

        if (i >= fees->after && fees->count < fees->limit) {
            fees->rows[fees->count].mint = seen->mints[i];
            fees->rows[fees->count++].seen = 1;
        }
    }

    ngx_http_jupref_rpc_unlock(zone);
}


/* Then those that orders have brought since, and the one without a mint. */

static void
ngx_http_jupref_fees_counted(ngx_http_jupref_fees_t *fees)
{
    uint32_t             row, index;
    ngx_uint_t           i;
    jupref_integrity_t  *integrity;

    ngx_http_jupref_lock(fees->api->zone);

    integrity = ngx_http_jupref_integrity(fees->api->zone);

    for (i = 0; i < fees->seen_count; i++) {
        row = jupref_integrity_find(integrity, &fees->seen[i]);
        fees->joined[row] = 1;

        if (row && i >= fees->after && i < fees->after + fees->count) {
            fees->rows[i - fees->after].counted = integrity->rows[row];
        }
    }

    index = (uint32_t) fees->seen_count;

    for (row = 1; row <= integrity->count; row++) {

        if (fees->joined[row]) {
            continue;
        }

        if (index++ < fees->after) {
            continue;
        }

        if (fees->count == fees->limit) {
            fees->next = fees->after + (uint32_t) fees->count;
            break;
        }

        fees->rows[fees->count].mint.mint = integrity->rows[row].mint;
        fees->rows[fees->count++].counted = integrity->rows[row];
    }

    ngx_http_jupref_unlock(fees->api->zone);

    if (fees->after + fees->count < fees->seen_count) {
        fees->next = fees->after + (uint32_t) fees->count;
    }
}


static ngx_http_jupref_problem_e
ngx_http_jupref_fees_ask(ngx_http_jupref_fees_t *fees)
{
    ngx_pool_cleanup_t           *cleanup;
    ngx_http_jupref_ask_t        *ask;
    ngx_http_jupref_trust_t       trust;
    ngx_http_jupref_pool_node_t  *node;

    if (fees->conf->pool == NULL) {
        return ngx_http_jupref_refuse(fees->api, NGX_HTTP_JUPREF_NO_NODE,
                   "without jupref_verify no node is asked; leave payer out");
    }

    cleanup = ngx_pool_cleanup_add(fees->api->r->pool, 0);
    if (cleanup == NULL) {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    ngx_http_jupref_trust(&trust, fees->conf->pool);
    node = ngx_http_jupref_trust_node(&trust, fees->conf->pool, 0);

    ask = node ? ngx_http_jupref_ask_create(fees->conf->pool, node,
                                            "getLatestBlockhash",
                                            NGX_HTTP_JUPREF_ASK_KEY)
               : NULL;

    if (ask == NULL) {
        return ngx_http_jupref_refuse(fees->api, NGX_HTTP_JUPREF_NO_NODE,
                   "try again, or leave payer out");
    }

    jupref_json_object(&ask->json, NULL);
    jupref_json_cstring(&ask->json, "commitment",
                        jupref_commitment_name(JUPREF_COMMITMENT_CONFIRMED));
    jupref_json_object_end(&ask->json);

    ask->patient = 0;
    ask->handler = ngx_http_jupref_fees_told;
    ask->data = fees;

    if (ngx_http_jupref_ask_start(ask) != NGX_OK) {
        return ngx_http_jupref_refuse(fees->api, NGX_HTTP_JUPREF_NO_NODE,
                   "try again, or leave payer out");
    }

    fees->ask = ask;

    cleanup->handler = ngx_http_jupref_fees_cleanup;
    cleanup->data = fees;

    fees->api->later = 1;
    fees->api->r->main->count++;

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


static void
ngx_http_jupref_fees_told(ngx_http_jupref_ask_t *ask)
{
    uint64_t                    height;
    ngx_connection_t           *c;
    ngx_http_request_t         *r;
    ngx_http_jupref_fees_t     *fees;
    ngx_http_jupref_problem_e   problem;

    fees = ask->data;
    fees->ask = NULL;

    r = fees->api->r;
    c = r->connection;
    ngx_http_set_log_request(c->log, r);

    if (ask->result == NULL
        || jupref_rpc_blockhash_read(&ask->tree, ask->result,
                                     &fees->blockhash, &height)
           != JUPREF_CHAIN_OK)
    {
        problem = ngx_http_jupref_refuse(fees->api, NGX_HTTP_JUPREF_NO_NODE,
                                         "try again, or leave payer out");
    } else {
        problem = ngx_http_jupref_fees_write(fees);
    }

    ngx_http_jupref_api_finish(fees->api, problem);
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_jupref_fees_cleanup(void *data)
{
    ngx_http_jupref_fees_t  *fees = data;

    if (fees->ask) {
        ngx_http_jupref_ask_cancel(fees->ask);
    }
}


static ngx_http_jupref_problem_e
ngx_http_jupref_fees_write(ngx_http_jupref_fees_t *fees)
{
    size_t                  size;
    ngx_str_t               arguments;
    ngx_uint_t              i;
    u_char                  kept[sizeof("&payer=") + JUPREF_PUBKEY_TEXT];
    u_char                  key[JUPREF_PUBKEY_TEXT];
    jupref_json_writer_t   *json;

    size = NGX_HTTP_JUPREF_FEES_ROOM
           + fees->referral_count * NGX_HTTP_JUPREF_FEE_ROOM
           + fees->count * (NGX_HTTP_JUPREF_FEE_ROOM
                            + fees->referral_count
                              * NGX_HTTP_JUPREF_PLACE_ROOM);

    if (ngx_http_jupref_api_room(fees->api, size) != NGX_OK) {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    json = &fees->api->json;

    jupref_json_object(json, NULL);

    if (fees->checked_ms) {
        jupref_json_time(json, "checkedAt", fees->checked_ms);

    } else {
        jupref_json_null(json, "checkedAt");
    }

    jupref_json_array(json, "referralAccounts");

    for (i = 0; i < fees->referral_count; i++) {
        ngx_http_jupref_write_referral(json, &fees->referrals[i]);
    }

    jupref_json_array_end(json);
    ngx_http_jupref_write_program(json, fees);
    jupref_json_array(json, "data");

    for (i = 0; i < fees->count; i++) {
        ngx_http_jupref_write_fee(fees, &fees->rows[i]);
    }

    jupref_json_array_end(json);

    if (fees->more_mints) {
        jupref_json_boolean(json, "moreMints", 1);
    }

    ngx_str_null(&arguments);

    if (fees->has_payer) {
        arguments.data = kept;
        arguments.len = (size_t) (ngx_sprintf(kept, "&payer=%*s",
                                      jupref_pubkey_format(key, &fees->payer),
                                      key)
                                  - kept);
    }

    return ngx_http_jupref_api_end_index(fees->api, 'f', fees->next,
                                         fees->limit, &arguments);
}


static void
ngx_http_jupref_write_referral(jupref_json_writer_t *json,
    const ngx_http_jupref_referral_seen_t *referral)
{
    jupref_json_object(json, NULL);
    ngx_http_jupref_write_pubkey(json, "address", &referral->address);
    jupref_json_boolean(json, "configured", (unsigned) referral->configured);
    jupref_json_cstring(json, "state", ngx_http_jupref_referral_state_name(
                                           referral->state));
    jupref_json_cstring(json, "detail", ngx_http_jupref_referral_state_text(
                                            referral->state));

    if (!jupref_pubkey_is_zero(&referral->account.project)) {
        ngx_http_jupref_write_pubkey(json, "partner",
                                     &referral->account.partner);
        ngx_http_jupref_write_pubkey(json, "project",
                                     &referral->account.project);
        jupref_json_number(json, "shareBps", referral->account.share_bps);
        jupref_json_number(json, "slot", referral->slot);
    }

    jupref_json_object_end(json);
}


static void
ngx_http_jupref_write_program(jupref_json_writer_t *json,
    const ngx_http_jupref_fees_t *fees)
{
    if (fees->program.slot == 0) {
        jupref_json_null(json, "referralProgram");
        return;
    }

    jupref_json_object(json, "referralProgram");
    jupref_json_number(json, "slot", fees->program.slot);

    if (jupref_pubkey_is_zero(&fees->program.authority)) {
        jupref_json_null(json, "authority");

    } else {
        ngx_http_jupref_write_pubkey(json, "authority",
                                     &fees->program.authority);
    }

    jupref_json_number(json, "changes", fees->program_changes);
    jupref_json_object_end(json);
}


static void
ngx_http_jupref_write_fee(ngx_http_jupref_fees_t *fees,
    const ngx_http_jupref_fee_row_t *row)
{
    ngx_uint_t                         i;
    jupref_json_writer_t              *json;
    const jupref_integrity_row_t      *counted;
    const ngx_http_jupref_fee_mint_t  *mint;

    mint = &row->mint;
    counted = &row->counted;
    json = &fees->api->json;

    jupref_json_object(json, NULL);
    ngx_http_jupref_write_pubkey(json, "mint", &mint->mint);
    jupref_json_number(json, "asked", counted->asked);
    jupref_json_number(json, "granted", counted->granted);
    jupref_json_number(json, "dropped", counted->dropped);
    jupref_json_number(json, "unstated", counted->unstated);

    if (counted->dropped) {
        jupref_json_time(json, "lastDroppedAt", counted->last_dropped_ms);
    }

    if (!jupref_pubkey_is_zero(&mint->program)) {
        ngx_http_jupref_write_pubkey(json, "tokenProgram", &mint->program);
        jupref_json_number(json, "decimals", mint->decimals);
        jupref_json_number(json, "transferFeeBps", mint->transfer_fee_bps);
    }

    if (mint->slot) {
        jupref_json_number(json, "slot", mint->slot);
        jupref_json_time(json, "checkedAt", mint->checked_ms);
    }

    jupref_json_array(json, "accounts");

    for (i = 0; row->seen && i < fees->referral_count; i++) {
        ngx_http_jupref_write_place(fees, mint, i);
    }

    jupref_json_array_end(json);
    jupref_json_object_end(json);
}


static void
ngx_http_jupref_write_place(ngx_http_jupref_fees_t *fees,
    const ngx_http_jupref_fee_mint_t *mint, ngx_uint_t place)
{
    size_t                          len;
    uint8_t                         text[JUPREF_TOKEN_CREATE_TEXT];
    jupref_json_writer_t           *json;
    const jupref_pubkey_t          *referral;
    const ngx_http_jupref_place_t  *of;

    of = &mint->places[place];
    referral = &fees->referrals[place].address;
    json = &fees->api->json;

    jupref_json_object(json, NULL);
    ngx_http_jupref_write_pubkey(json, "referralAccount", referral);
    ngx_http_jupref_write_pubkey(json, "tokenAccount", &of->account);
    jupref_json_cstring(json, "state",
                        ngx_http_jupref_fee_state_name(of->state));
    jupref_json_amount(json, "balance", of->balance);

    if (fees->has_payer && of->state == NGX_HTTP_JUPREF_FEE_MISSING) {
        len = jupref_token_create(text, &fees->payer, referral, &mint->mint,
                                  &mint->program, &fees->blockhash);
        if (len) {
            jupref_json_string(json, "createTransaction",
                               (jupref_bytes_t) { text, len });
        }
    }

    jupref_json_object_end(json);
}


static void
ngx_http_jupref_write_pubkey(jupref_json_writer_t *json, const char *name,
    const jupref_pubkey_t *key)
{
    uint8_t  text[JUPREF_PUBKEY_TEXT];
    size_t   len;

    if (jupref_pubkey_is_zero(key)) {
        jupref_json_null(json, name);
        return;
    }

    len = jupref_pubkey_format(text, key);
    jupref_json_string(json, name, (jupref_bytes_t) { text, len });
}
