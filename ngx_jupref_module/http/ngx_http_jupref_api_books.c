/*
 * GET admin/trial-balance: what every account of every mint was debited and
 * credited, and what referrers' own accounts hold.
 *
 * Each event is booked within one mint, debits equal to credits, so each mint
 * balances by itself and at any moment: mints are copied under the lock one
 * page at a time.
 */

#include "http/ngx_http_jupref_api.h"


#define NGX_HTTP_JUPREF_BOOKS_ROOM     512
#define NGX_HTTP_JUPREF_MINT_ROOM      (512 + JUPREF_ACCOUNTS * 256)
#define NGX_HTTP_JUPREF_HOLDER_ROOM    (256 + JUPREF_ACCOUNTS * 192)

/* Rows of balances, of any mint, that are looked at: under one lock, and for
 * one page. */
#define NGX_HTTP_JUPREF_BALANCES_STEP  1024
#define NGX_HTTP_JUPREF_BALANCES_PAGE  (64 * NGX_HTTP_JUPREF_BALANCES_STEP)

#define NGX_HTTP_JUPREF_SIGNED_TEXT    (JUPREF_U128_TEXT + 1)


/* A referrer's part of a mint's books. */
typedef struct {
    jupref_key_text_t     wallet;
    jupref_balance_row_t  row;
} ngx_http_jupref_holder_t;


static ngx_http_jupref_problem_e ngx_http_jupref_books_of_mints(
    ngx_http_jupref_api_t *api, const jupref_pubkey_t *mint);
static ngx_http_jupref_problem_e ngx_http_jupref_books_of_referrers(
    ngx_http_jupref_api_t *api, const jupref_pubkey_t *mint);
static uint32_t ngx_http_jupref_copy_holders(ngx_http_jupref_api_t *api,
    uint32_t mint, uint32_t after, unsigned limit,
    ngx_http_jupref_holder_t *holders, unsigned *count);
static void ngx_http_jupref_write_mint(jupref_json_writer_t *json,
    const jupref_accounts_view_t *view);
static void ngx_http_jupref_write_account(jupref_json_writer_t *json,
    jupref_account_e account, const jupref_account_t *sums);
static void ngx_http_jupref_write_holder(jupref_json_writer_t *json,
    const ngx_http_jupref_holder_t *holder);
static ngx_http_jupref_problem_e ngx_http_jupref_books_end(
    ngx_http_jupref_api_t *api, u_char letter, uint32_t after,
    ngx_uint_t limit, const jupref_pubkey_t *mint);


ngx_http_jupref_problem_e
ngx_http_jupref_get_trial_balance(ngx_http_jupref_api_t *api)
{
    ngx_str_t                  text, accounts;
    jupref_pubkey_t            mint, *of;
    ngx_http_jupref_problem_e  problem;

    of = NULL;

    problem = ngx_http_jupref_api_argument(api, "mint", &text);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    if (text.len) {

        if (!jupref_pubkey_parse(&mint, ngx_http_jupref_bytes(&text))) {
            return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_SUCH_MINT,
                                          "a mint is the base58 of 32 bytes");
        }

        of = &mint;
    }

    problem = ngx_http_jupref_api_argument(api, "accounts", &accounts);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    if (accounts.len == 0) {
        return ngx_http_jupref_books_of_mints(api, of);
    }

    if (accounts.len != 9 || ngx_strncmp(accounts.data, "referrers", 9) != 0
        || of == NULL)
    {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_ARGUMENT,
                   "accounts must be \"referrers\", with the mint they are "
                   "of");
    }

    return ngx_http_jupref_books_of_referrers(api, of);
}


static ngx_http_jupref_problem_e
ngx_http_jupref_books_of_mints(ngx_http_jupref_api_t *api,
    const jupref_pubkey_t *mint)
{
    uint32_t                    after, last;
    unsigned                    i, count;
    ngx_uint_t                  limit;
    jupref_ledger_t            *ledger;
    jupref_accounts_view_t     *mints;
    ngx_http_jupref_problem_e   problem;

    problem = ngx_http_jupref_api_limit(api, &limit);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    problem = ngx_http_jupref_api_index(api, 'm', &after);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    mints = ngx_http_jupref_api_view(api,
                                     limit * sizeof(jupref_accounts_view_t));

    if (mints == NULL
        || ngx_http_jupref_api_room(api, NGX_HTTP_JUPREF_BOOKS_ROOM
                                    + limit * NGX_HTTP_JUPREF_MINT_ROOM)
           != NGX_OK)
    {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    ngx_http_jupref_lock(api->zone);

    ngx_http_jupref_api_head(api);
    ledger = ngx_http_jupref_ledger(api->zone);
    last = ledger->tables[JUPREF_TABLE_MINTS].used;

    if (mint) {
        last = jupref_find_mint(ledger, mint);
        after = last ? last - 1 : 0;
        limit = 1;
    }

    count = last ? jupref_view_accounts(ledger, after, (unsigned) limit, mints)
                 : 0;

    ngx_http_jupref_unlock(api->zone);

    if (mint && count == 0) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_SUCH_MINT,
                                      "no fee was ever in this mint");
    }

    jupref_json_object(&api->json, NULL);
    jupref_json_array(&api->json, "data");

    for (i = 0; i < count; i++) {
        ngx_http_jupref_write_mint(&api->json, &mints[i]);
    }

    after += count;

    return ngx_http_jupref_books_end(api, 'm',
                                     mint == NULL && after < last ? after : 0,
                                     limit, NULL);
}


static ngx_http_jupref_problem_e
ngx_http_jupref_books_of_referrers(ngx_http_jupref_api_t *api,
    const jupref_pubkey_t *mint)
{
    uint32_t                    after, index;
    unsigned                    i, count;
    ngx_uint_t                  limit;
    ngx_http_jupref_holder_t   *holders;
    ngx_http_jupref_problem_e   problem;

    problem = ngx_http_jupref_api_limit(api, &limit);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    problem = ngx_http_jupref_api_index(api, 'b', &after);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    holders = ngx_http_jupref_api_view(api, limit
                                       * sizeof(ngx_http_jupref_holder_t));

    if (holders == NULL
        || ngx_http_jupref_api_room(api, NGX_HTTP_JUPREF_BOOKS_ROOM
                                    + limit * NGX_HTTP_JUPREF_HOLDER_ROOM)
           != NGX_OK)
    {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    ngx_http_jupref_lock(api->zone);

    ngx_http_jupref_api_head(api);
    index = jupref_find_mint(ngx_http_jupref_ledger(api->zone), mint);

    ngx_http_jupref_unlock(api->zone);

    if (index == 0) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_SUCH_MINT,
                                      "no fee was ever in this mint");
    }

    after = ngx_http_jupref_copy_holders(api, index, after, (unsigned) limit,
                                         holders, &count);

    jupref_json_object(&api->json, NULL);
    jupref_json_array(&api->json, "data");

    for (i = 0; i < count; i++) {
        ngx_http_jupref_write_holder(&api->json, &holders[i]);
    }

    return ngx_http_jupref_books_end(api, 'b', after, limit, mint);
}


/* Where the next page goes on; 0 when all rows were looked at.  Rows of
 * balances keep their indexes. */

static uint32_t
ngx_http_jupref_copy_holders(ngx_http_jupref_api_t *api, uint32_t mint,
    uint32_t after, unsigned limit, ngx_http_jupref_holder_t *holders,
    unsigned *count)
{
    uint32_t                looked, last;
    jupref_ledger_t        *ledger;
    jupref_balance_row_t   *row;
    jupref_referrer_row_t  *owner;

    *count = 0;
    looked = 0;

    do {
        ngx_http_jupref_lock(api->zone);

        ledger = ngx_http_jupref_ledger(api->zone);
        last = ledger->tables[JUPREF_TABLE_BALANCES].used;

        while (after < last && *count < limit) {
            row = jupref_balance(ledger, ++after);

            if (row->mint == mint) {
                owner = jupref_referrer(ledger, row->referrer);

                holders[*count].row = *row;
                holders[*count].wallet.len = owner->text_len;
                ngx_memcpy(holders[*count].wallet.bytes, owner->text,
                           JUPREF_PUBKEY_TEXT);
                (*count)++;
            }

            if (++looked % NGX_HTTP_JUPREF_BALANCES_STEP == 0) {
                break;
            }
        }

        ngx_http_jupref_unlock(api->zone);

    } while (after < last && *count < limit
             && looked < NGX_HTTP_JUPREF_BALANCES_PAGE);

    return after < last ? after : 0;
}


static void
ngx_http_jupref_write_mint(jupref_json_writer_t *json,
    const jupref_accounts_view_t *view)
{
    unsigned       account;
    jupref_u128_t  debit, credit;

    debit = 0;
    credit = 0;

    jupref_json_object(json, NULL);
    jupref_json_string(json, "mint", (jupref_bytes_t) { view->mint.bytes,
                                                        view->mint.len });
    jupref_json_array(json, "accounts");

    for (account = 0; account < JUPREF_ACCOUNTS; account++) {
        ngx_http_jupref_write_account(json, account,
                                      &view->accounts[account]);

        debit += view->accounts[account].debit;
        credit += view->accounts[account].credit;
    }

    jupref_json_array_end(json);
    jupref_json_amount(json, "debit", debit);
    jupref_json_amount(json, "credit", credit);
    jupref_json_boolean(json, "balanced", debit == credit);
    jupref_json_object_end(json);
}


/* A balance below zero is none that an account can have: shown all the more. */

static void
ngx_http_jupref_write_account(jupref_json_writer_t *json,
    jupref_account_e account, const jupref_account_t *sums)
{
    u_char          text[NGX_HTTP_JUPREF_SIGNED_TEXT], *p;
    unsigned        debit;
    jupref_u128_t   grown, shrunk;
    jupref_bytes_t  balance;

    debit = jupref_account_is_debit(account);
    grown = debit ? sums->debit : sums->credit;
    shrunk = debit ? sums->credit : sums->debit;

    p = text;

    if (shrunk > grown) {
        *p++ = '-';
        p += jupref_format_u128(p, shrunk - grown);

    } else {
        p += jupref_format_u128(p, grown - shrunk);
    }

    balance.data = text;
    balance.len = (size_t) (p - text);

    jupref_json_object(json, NULL);
    jupref_json_cstring(json, "account", jupref_account_name(account));
    jupref_json_cstring(json, "side", debit ? "debit" : "credit");
    jupref_json_amount(json, "debit", sums->debit);
    jupref_json_amount(json, "credit", sums->credit);
    jupref_json_string(json, "balance", balance);
    jupref_json_object_end(json);
}


static void
ngx_http_jupref_write_holder(jupref_json_writer_t *json,
    const ngx_http_jupref_holder_t *holder)
{
    u_char          text[128];
    ngx_uint_t      i;
    jupref_bytes_t  name;

    const struct {
        jupref_account_e  account;
        jupref_u128_t     balance;
    } accounts[] = {
        { JUPREF_ACCOUNT_PENDING, holder->row.pending },
        { JUPREF_ACCOUNT_AVAILABLE, holder->row.available },
        { JUPREF_ACCOUNT_DISPUTED, holder->row.disputed },
        { JUPREF_ACCOUNT_IN_PAYOUT, holder->row.in_payout },
        { JUPREF_ACCOUNT_PAID, holder->row.paid },
        { JUPREF_ACCOUNT_RECEIVABLE, holder->row.receivable }
    };

    jupref_json_object(json, NULL);
    jupref_json_string(json, "wallet", (jupref_bytes_t) {
                           holder->wallet.bytes, holder->wallet.len });
    jupref_json_array(json, "accounts");

    for (i = 0; i < sizeof(accounts) / sizeof(accounts[0]); i++) {
        name.data = text;
        name.len = (size_t) (ngx_snprintf(text, sizeof(text),
                                 "referrer:%*s:%s",
                                 (size_t) holder->wallet.len,
                                 holder->wallet.bytes,
                                 jupref_account_name(accounts[i].account))
                             - text);

        jupref_json_object(json, NULL);
        jupref_json_string(json, "account", name);
        jupref_json_amount(json, "balance", accounts[i].balance);
        jupref_json_object_end(json);
    }

    jupref_json_array_end(json);
    jupref_json_object_end(json);
}


static ngx_http_jupref_problem_e
ngx_http_jupref_books_end(ngx_http_jupref_api_t *api, u_char letter,
    uint32_t after, ngx_uint_t limit, const jupref_pubkey_t *mint)
{
    u_char     key[JUPREF_PUBKEY_TEXT];
    u_char     kept[sizeof("&accounts=referrers&mint=") + JUPREF_PUBKEY_TEXT];
    ngx_str_t  arguments;

    jupref_json_array_end(&api->json);

    ngx_str_null(&arguments);

    if (mint) {
        arguments.data = kept;
        arguments.len = (size_t) (ngx_sprintf(kept,
                                      "&accounts=referrers&mint=%*s",
                                      jupref_pubkey_format(key, mint), key)
                                  - kept);
    }

    return ngx_http_jupref_api_end_index(api, letter, after, limit,
                                         &arguments);
}
