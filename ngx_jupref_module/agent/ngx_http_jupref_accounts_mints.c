/*
 * Mints that fees come in, and the token accounts that they arrive in.
 *
 * Mints are those the ledger has fees in, and those that Jupiter has told as
 * the fee's mint.  The mint's owner is the token program, and with it the
 * account's address follows; that program is no secret of the mint's, but
 * nothing else tells it.
 */

#include "agent/ngx_http_jupref_accounts_parts.h"

#include "solana/jupref_address.h"
#include "solana/jupref_token.h"


/* Mints have extensions of any size: a few at once. */
#define NGX_HTTP_JUPREF_MINTS_CALL   20

/* Addresses derived in one tick, of some hundred microseconds each. */
#define NGX_HTTP_JUPREF_DERIVE_STEP  4


static ngx_uint_t ngx_http_jupref_list_copy(ngx_http_jupref_tour_t *tour,
    jupref_pubkey_t *mints);
static ngx_int_t ngx_http_jupref_mints_ask(ngx_http_jupref_tour_t *tour);
static void ngx_http_jupref_mints_told(ngx_http_jupref_ask_t *ask);
static ngx_uint_t ngx_http_jupref_derive(ngx_http_jupref_tour_t *tour,
    ngx_http_jupref_fee_mint_t *mint);
static void ngx_http_jupref_places_told(ngx_http_jupref_ask_t *ask);
static void ngx_http_jupref_place_read(ngx_http_jupref_place_t *place,
    const ngx_http_jupref_fee_mint_t *mint, const jupref_pubkey_t *referral,
    const jupref_rpc_account_t *account);


/* Rows of both tables: more of them say that a mint has come. */

uint64_t
ngx_http_jupref_mints_known(ngx_http_jupref_zone_t *zone)
{
    uint64_t  known;

    ngx_http_jupref_lock(zone);

    known = (uint64_t) ngx_http_jupref_ledger(zone)
                           ->tables[JUPREF_TABLE_MINTS].count
            + ngx_http_jupref_integrity(zone)->count;

    ngx_http_jupref_unlock(zone);

    return known;
}


ngx_int_t
ngx_http_jupref_step_list(ngx_http_jupref_tour_t *tour)
{
    ngx_uint_t                   i, j, count;
    ngx_http_jupref_accounts_t  *seen;

    static jupref_pubkey_t  mints[NGX_HTTP_JUPREF_FEE_MINTS];

    seen = tour->seen;
    tour->listed = ngx_http_jupref_mints_known(tour->zone);
    count = ngx_http_jupref_list_copy(tour, mints);

    ngx_http_jupref_rpc_lock(tour->rpc_zone);

    /* there for good, in the order they came in */

    for (i = 0; i < count; i++) {

        for (j = 0; j < seen->mint_count; j++) {
            if (jupref_pubkey_equal(&seen->mints[j].mint, &mints[i])) {
                break;
            }
        }

        if (j < seen->mint_count) {
            continue;
        }

        if (seen->mint_count == NGX_HTTP_JUPREF_FEE_MINTS) {
            seen->more_mints = 1;
            break;
        }

        seen->mints[seen->mint_count++].mint = mints[i];
    }

    ngx_http_jupref_rpc_unlock(tour->rpc_zone);

    return NGX_DECLINED;
}


/* Those that fees were booked in go first. */

static ngx_uint_t
ngx_http_jupref_list_copy(ngx_http_jupref_tour_t *tour,
    jupref_pubkey_t *mints)
{
    uint32_t             i;
    ngx_uint_t           count;
    jupref_ledger_t     *ledger;
    jupref_integrity_t  *integrity;

    count = 0;

    ngx_http_jupref_lock(tour->zone);

    ledger = ngx_http_jupref_ledger(tour->zone);
    integrity = ngx_http_jupref_integrity(tour->zone);

    for (i = 1; i <= ledger->tables[JUPREF_TABLE_MINTS].used
                && count < NGX_HTTP_JUPREF_FEE_MINTS; i++)
    {
        mints[count++] = jupref_mint(ledger, i)->mint;
    }

    for (i = 1; i <= integrity->count && count < NGX_HTTP_JUPREF_FEE_MINTS;
         i++)
    {
        if (!jupref_pubkey_is_zero(&integrity->rows[i].mint)) {
            mints[count++] = integrity->rows[i].mint;
        }
    }

    ngx_http_jupref_unlock(tour->zone);

    return count;
}


ngx_int_t
ngx_http_jupref_step_mints(ngx_http_jupref_tour_t *tour)
{
    if (tour->at == tour->seen->mint_count) {
        return NGX_DECLINED;
    }

    return ngx_http_jupref_mints_ask(tour);
}


static ngx_int_t
ngx_http_jupref_mints_ask(ngx_http_jupref_tour_t *tour)
{
    ngx_uint_t              i;
    ngx_http_jupref_ask_t  *ask;

    tour->batch = ngx_min(tour->seen->mint_count - tour->at,
                          NGX_HTTP_JUPREF_MINTS_CALL);

    ask = ngx_http_jupref_tour_ask(tour, "getMultipleAccounts",
                                   (tour->batch + 2)
                                   * NGX_HTTP_JUPREF_ASK_KEY);
    if (ask == NULL) {
        return NGX_ERROR;
    }

    jupref_json_array(&ask->json, NULL);

    for (i = 0; i < tour->batch; i++) {
        ngx_http_jupref_ask_pubkey(ask, &tour->seen->mints[tour->at + i].mint);
    }

    jupref_json_array_end(&ask->json);

    ngx_http_jupref_ask_finalized(ask);
    jupref_json_cstring(&ask->json, "encoding", "base64");
    jupref_json_object_end(&ask->json);

    return ngx_http_jupref_tour_begin(tour, ask, ngx_http_jupref_mints_told);
}


static void
ngx_http_jupref_mints_told(ngx_http_jupref_ask_t *ask)
{
    uint64_t                     slot;
    ngx_uint_t                   i;
    jupref_mint_t                read;
    jupref_rpc_account_t        *account;
    ngx_http_jupref_tour_t      *tour;
    ngx_http_jupref_fee_mint_t  *mint;

    tour = ngx_http_jupref_tour_came(ask, NGX_HTTP_JUPREF_CALL_ACCOUNTS);

    if (ask->result == NULL
        || jupref_rpc_accounts_read(&ask->tree, ask->result, tour->accounts,
                                    (unsigned) tour->batch, tour->room,
                                    sizeof(tour->room), &slot)
           != JUPREF_CHAIN_OK)
    {
        ngx_http_jupref_tour_fail(tour);
        return;
    }

    ngx_http_jupref_rpc_lock(tour->rpc_zone);

    for (i = 0; i < tour->batch; i++) {
        mint = &tour->seen->mints[tour->at + i];
        account = &tour->accounts[i];

        mint->no_mint = !(account->found
                          && jupref_mint_read(&read, &account->owner,
                                              account->data)
                             == JUPREF_TOKEN_OK);

        if (!mint->no_mint) {
            mint->program = read.program;
            mint->decimals = read.decimals;
            mint->transfer_fee_bps = read.transfer_fee_bps;
        }
    }

    ngx_http_jupref_rpc_unlock(tour->rpc_zone);

    tour->at += tour->batch;
    ngx_http_jupref_tour_on(tour);
}


/* A few each tick: what is derived stays. */

ngx_int_t
ngx_http_jupref_step_derive(ngx_http_jupref_tour_t *tour)
{
    ngx_uint_t  derived;

    for (derived = 0; tour->at < tour->seen->mint_count; tour->at++) {

        if (derived >= NGX_HTTP_JUPREF_DERIVE_STEP) {
            return NGX_AGAIN;
        }

        derived += ngx_http_jupref_derive(tour,
                                          &tour->seen->mints[tour->at]);
    }

    return NGX_DECLINED;
}


static ngx_uint_t
ngx_http_jupref_derive(ngx_http_jupref_tour_t *tour,
    ngx_http_jupref_fee_mint_t *mint)
{
    ngx_uint_t       i, derived;
    jupref_pubkey_t  account;

    if (mint->no_mint) {
        return 0;
    }

    for (derived = 0, i = 0; i < tour->referral_count; i++) {

        if (!jupref_pubkey_is_zero(&mint->places[i].account)) {
            continue;
        }

        if (!jupref_find_token_account(&account, &tour->referrals[i],
                                       &mint->mint, &mint->program))
        {
            continue;
        }

        ngx_http_jupref_rpc_lock(tour->rpc_zone);
        mint->places[i].account = account;
        ngx_http_jupref_rpc_unlock(tour->rpc_zone);

        derived++;
    }

    return derived;
}


/* A mint's accounts are asked for together, so that their balances are of one
 * slot. */

ngx_int_t
ngx_http_jupref_step_places(ngx_http_jupref_tour_t *tour)
{
    ngx_uint_t                   i, j;
    ngx_http_jupref_ask_t       *ask;
    ngx_http_jupref_fee_mint_t  *mint;

    if (tour->at == tour->seen->mint_count || tour->referral_count == 0) {
        return NGX_DECLINED;
    }

    tour->batch = ngx_min(tour->seen->mint_count - tour->at,
                          NGX_HTTP_JUPREF_ACCOUNTS_CALL
                          / tour->referral_count);

    ask = ngx_http_jupref_tour_ask(tour, "getMultipleAccounts",
                                   (tour->batch * tour->referral_count + 2)
                                   * NGX_HTTP_JUPREF_ASK_KEY);
    if (ask == NULL) {
        return NGX_ERROR;
    }

    jupref_json_array(&ask->json, NULL);

    for (i = 0; i < tour->batch; i++) {
        mint = &tour->seen->mints[tour->at + i];

        for (j = 0; j < tour->referral_count; j++) {
            ngx_http_jupref_ask_pubkey(ask, &mint->places[j].account);
        }
    }

    jupref_json_array_end(&ask->json);

    ngx_http_jupref_ask_finalized(ask);
    jupref_json_cstring(&ask->json, "encoding", "base64");
    jupref_json_object_end(&ask->json);

    return ngx_http_jupref_tour_begin(tour, ask, ngx_http_jupref_places_told);
}


static void
ngx_http_jupref_places_told(ngx_http_jupref_ask_t *ask)
{
    uint64_t                     slot;
    ngx_uint_t                   i, j;
    jupref_rpc_account_t        *account;
    ngx_http_jupref_tour_t      *tour;
    ngx_http_jupref_fee_mint_t  *mint;

    tour = ngx_http_jupref_tour_came(ask, NGX_HTTP_JUPREF_CALL_ACCOUNTS);

    if (ask->result == NULL
        || jupref_rpc_accounts_read(&ask->tree, ask->result, tour->accounts,
                                    (unsigned) (tour->batch
                                                * tour->referral_count),
                                    tour->room, sizeof(tour->room), &slot)
           != JUPREF_CHAIN_OK)
    {
        ngx_http_jupref_tour_fail(tour);
        return;
    }

    account = tour->accounts;

    ngx_http_jupref_rpc_lock(tour->rpc_zone);

    for (i = 0; i < tour->batch; i++) {
        mint = &tour->seen->mints[tour->at + i];
        mint->slot = slot;
        mint->checked_ms = ngx_http_jupref_now_ms();

        for (j = 0; j < tour->referral_count; j++) {
            ngx_http_jupref_place_read(&mint->places[j], mint,
                                       &tour->referrals[j], account++);
        }
    }

    ngx_http_jupref_rpc_unlock(tour->rpc_zone);

    tour->at += tour->batch;
    ngx_http_jupref_tour_on(tour);
}


static void
ngx_http_jupref_place_read(ngx_http_jupref_place_t *place,
    const ngx_http_jupref_fee_mint_t *mint, const jupref_pubkey_t *referral,
    const jupref_rpc_account_t *account)
{
    jupref_token_account_t  read;

    place->balance = 0;
    place->withheld = 0;

    if (mint->no_mint || jupref_pubkey_is_zero(&place->account)) {
        place->state = mint->no_mint ? NGX_HTTP_JUPREF_FEE_NO_MINT
                                     : NGX_HTTP_JUPREF_FEE_UNSEEN;
        return;
    }

    if (!account->found) {
        place->state = NGX_HTTP_JUPREF_FEE_MISSING;
        return;
    }

    if (jupref_token_account_read(&read, &account->owner, account->data)
        != JUPREF_TOKEN_OK
        || !jupref_pubkey_equal(&read.mint, &mint->mint)
        || !jupref_pubkey_equal(&read.owner, referral))
    {
        place->state = NGX_HTTP_JUPREF_FEE_FOREIGN;
        return;
    }

    place->state = read.frozen ? NGX_HTTP_JUPREF_FEE_FROZEN
                               : NGX_HTTP_JUPREF_FEE_OPEN;
    place->balance = read.amount;
    place->withheld = read.withheld;
}
