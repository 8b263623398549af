/*
 * Views (see the header).
 */

#include "ledger/jupref_view.h"

#include <string.h>

#include "ledger/jupref_rank.h"


static void jupref_view_key(jupref_key_text_t *text, const uint8_t *bytes,
    uint8_t len);
static void jupref_view_mint(const jupref_ledger_t *ledger, uint32_t mint,
    jupref_key_text_t *text);


void
jupref_view_code(const jupref_ledger_t *ledger,
    const jupref_clicks_t *clicks, uint32_t code, jupref_code_view_t *view)
{
    jupref_referrer_row_t  *owner;

    view->row = *jupref_code(ledger, code);
    view->clicks = view->row.clicks + jupref_clicks_waiting(clicks, code);

    owner = jupref_referrer(ledger, view->row.referrer);
    view->status = owner->status;
    jupref_view_key(&view->referrer, owner->text, owner->text_len);
}


unsigned
jupref_view_terms(const jupref_ledger_t *ledger,
    const jupref_code_name_t *code, jupref_terms_view_t *view)
{
    uint32_t                index, at;
    unsigned                level;
    jupref_code_row_t      *row;
    jupref_referrer_row_t  *referrer;

    memset(view, 0, sizeof(jupref_terms_view_t));

    index = jupref_find_code(ledger, code);

    if (index == 0) {
        return 0;
    }

    row = jupref_code(ledger, index);
    at = row->referrer;

    if (row->retired
        || jupref_referrer(ledger, at)->status != JUPREF_REFERRER_ACTIVE)
    {
        return 0;
    }

    view->terms = row->terms;
    memcpy(view->code, row->text, JUPREF_CODE_MAX);

    for (level = 0; level < JUPREF_LEVELS && at; level++) {
        referrer = jupref_referrer(ledger, at);
        jupref_view_key(&view->level[level], referrer->text,
                        referrer->text_len);

        if (jupref_referrer_earns(ledger, at, &row->terms, level)) {
            view->earns |= 1u << level;
        }

        at = referrer->parent;
    }

    return 1;
}


void
jupref_view_referrer(const jupref_ledger_t *ledger,
    const jupref_clicks_t *clicks, uint32_t referrer,
    jupref_referrer_view_t *view)
{
    uint32_t                at;
    jupref_referrer_row_t  *parent;
    jupref_balance_view_t  *balance;

    view->row = *jupref_referrer(ledger, referrer);
    view->clicks = view->row.clicks;
    view->code_count = 0;
    view->balance_count = 0;
    view->parent.len = 0;

    if (view->row.parent) {
        parent = jupref_referrer(ledger, view->row.parent);
        jupref_view_key(&view->parent, parent->text, parent->text_len);
    }

    for (at = view->row.first_code;
         at && view->code_count < JUPREF_CODES_PER_REFERRER;
         at = jupref_code(ledger, at)->next)
    {
        jupref_view_code(ledger, clicks, at, &view->codes[view->code_count]);
        view->code_count++;
        view->clicks += jupref_clicks_waiting(clicks, at);
    }

    for (at = view->row.first_balance;
         at && view->balance_count < JUPREF_VIEW_BALANCES;
         at = balance->row.next)
    {
        balance = &view->balances[view->balance_count++];
        balance->row = *jupref_balance(ledger, at);
        jupref_view_mint(ledger, balance->row.mint, &balance->mint);
    }

    view->more_balances = (at != 0);
}


unsigned
jupref_view_leaders(const jupref_ledger_t *ledger, jupref_ranking_e ranking,
    unsigned limit, jupref_leader_view_t *leaders)
{
    uint32_t                indexes[JUPREF_VIEW_LIST];
    unsigned                i, count;
    jupref_referrer_row_t  *row;

    if (limit > JUPREF_VIEW_LIST) {
        limit = JUPREF_VIEW_LIST;
    }

    count = jupref_rank_top(ledger, ranking, indexes, limit);

    for (i = 0; i < count; i++) {
        row = jupref_referrer(ledger, indexes[i]);
        jupref_view_key(&leaders[i].wallet, row->text, row->text_len);
        leaders[i].volume_micro_usd = row->volume_micro_usd;
        leaders[i].earned_micro_usd = row->earned_micro_usd;
        leaders[i].trades = jupref_trades_standing(row->trades);
    }

    return count;
}


void
jupref_view_platform(const jupref_ledger_t *ledger,
    const jupref_integrity_t *integrity, jupref_platform_view_t *view)
{
    uint32_t  i;

    memcpy(view->trades, ledger->trades, sizeof(view->trades));
    memcpy(view->raised, ledger->raised, sizeof(view->raised));
    view->clicks = ledger->clicks;
    view->orders = ledger->orders;
    view->volume_micro_usd = ledger->volume_micro_usd;
    view->seq = ledger->seq;

    for (i = 0; i < JUPREF_TABLES; i++) {
        view->used[i] = ledger->tables[i].count;
        view->capacity[i] = ledger->tables[i].capacity;
        view->row_size[i] = ledger->tables[i].row_size;
    }

    view->mint_count = ledger->tables[JUPREF_TABLE_MINTS].count;
    view->more_mints = (view->mint_count > JUPREF_VIEW_MINTS);

    if (view->more_mints) {
        view->mint_count = JUPREF_VIEW_MINTS;
    }

    for (i = 0; i < view->mint_count; i++) {
        view->mints[i] = *jupref_mint(ledger, i + 1);
    }

    view->integrity_count = integrity->count;
    view->more_integrity = (view->integrity_count > JUPREF_VIEW_MINTS);

    if (view->more_integrity) {
        view->integrity_count = JUPREF_VIEW_MINTS;
    }

    for (i = 0; i < view->integrity_count; i++) {
        view->integrity[i] = integrity->rows[i + 1];
    }
}


const char *
jupref_referrer_status_name(unsigned status)
{
    return (status == JUPREF_REFERRER_ACTIVE) ? "active" : "suspended";
}


const char *
jupref_trade_state_name(unsigned state)
{
    static const char *const  names[JUPREF_STATES] = {
        "none", "executed", "unknown", "verified", "available", "rejected",
        "expired", "disputed", "reversed", "unproved"
    };

    return names[state];
}


const char *
jupref_account_name(jupref_account_e account)
{
    static const char *const  names[JUPREF_ACCOUNTS] = {
        "jupiter_unclaimed", "jupiter_cut", "platform", "pending",
        "available", "disputed", "in_payout", "paid", "receivable", "dust",
        "clearing"
    };

    return names[account];
}


unsigned
jupref_account_is_debit(jupref_account_e account)
{
    return account == JUPREF_ACCOUNT_JUPITER_UNCLAIMED
           || account == JUPREF_ACCOUNT_RECEIVABLE;
}


static void
jupref_view_key(jupref_key_text_t *text, const uint8_t *bytes, uint8_t len)
{
    memcpy(text->bytes, bytes, JUPREF_PUBKEY_TEXT);
    text->len = len;
}


static void
jupref_view_mint(const jupref_ledger_t *ledger, uint32_t mint,
    jupref_key_text_t *text)
{
    jupref_mint_row_t  *row;

    if (mint == 0) {
        text->len = 0;
        return;
    }

    row = jupref_mint(ledger, mint);
    jupref_view_key(text, row->text, row->text_len);
}
