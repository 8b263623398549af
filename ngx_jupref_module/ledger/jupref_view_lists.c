/*
 * Views of lists, page by page (the header is jupref_view.h's).
 *
 * A page goes on behind the row that the cursor names.  When that row isn't
 * the same trade any more, it was archived, or it was unknown and has become
 * the newest by being executed: its old place is looked for from both ends at
 * once, because archived trades were among the oldest, and people read among
 * the newest.
 */

#include "ledger/jupref_view.h"

#include <string.h>

#include "ledger/jupref_booking.h"
#include "ledger/jupref_standing.h"


/* How far from each end a lost place is looked for. */
#define JUPREF_VIEW_STEPS  4096


static uint32_t jupref_trades_begin(const jupref_ledger_t *ledger,
    uint32_t referrer, const jupref_cursor_t *cursor);
static uint32_t jupref_trades_lost(const jupref_ledger_t *ledger,
    uint32_t referrer, uint64_t seq);
static uint32_t jupref_trade_older(const jupref_ledger_t *ledger,
    uint32_t referrer, uint32_t trade);
static uint32_t jupref_wallets_begin(const jupref_ledger_t *ledger,
    uint32_t referrer, const jupref_cursor_t *cursor);
static uint32_t jupref_wallet_owner(const jupref_ledger_t *ledger,
    const jupref_wallet_row_t *row);
static void jupref_view_wallet(const jupref_ledger_t *ledger,
    uint32_t referrer, jupref_key_text_t *text);
static void jupref_view_pubkey(const jupref_pubkey_t *key,
    jupref_key_text_t *text);


void
jupref_view_trade(const jupref_ledger_t *ledger, uint32_t trade,
    jupref_trade_view_t *view)
{
    unsigned             i;
    jupref_mint_row_t   *mint;
    jupref_fee_split_t   split;
    jupref_trade_row_t  *row;

    memset(view, 0, sizeof(jupref_trade_view_t));

    view->row = *jupref_trade(ledger, trade);
    row = &view->row;

    view->verified = (row->verified_seq != 0);

    if (row->code) {
        memcpy(view->code, jupref_code(ledger, row->code)->text,
               JUPREF_CODE_MAX);
        jupref_view_wallet(ledger, jupref_trade_owner(ledger, row),
                           &view->referrer);
    }

    jupref_view_pubkey(&row->input_mint, &view->input_mint);
    jupref_view_pubkey(&row->output_mint, &view->output_mint);

    if (row->fee_mint) {
        mint = jupref_mint(ledger, row->fee_mint);
        memcpy(view->fee_mint.bytes, mint->text, JUPREF_PUBKEY_TEXT);
        view->fee_mint.len = mint->text_len;
    }

    jupref_trade_split(row, &split);

    for (i = 0; i < JUPREF_LEVELS; i++) {
        if (row->level[i]) {
            jupref_view_wallet(ledger, row->level[i], &view->level[i]);
            view->commission[i] = split.level[i];
        }
    }
}


unsigned
jupref_view_trades(const jupref_ledger_t *ledger, uint32_t referrer,
    jupref_cursor_t *cursor, unsigned limit, jupref_trade_view_t *trades)
{
    uint32_t  at;
    unsigned  count;

    at = jupref_trades_begin(ledger, referrer, cursor);

    if (at == JUPREF_VIEW_GONE) {
        return JUPREF_VIEW_GONE;
    }

    for (count = 0; at && count < limit; count++) {
        jupref_view_trade(ledger, at, &trades[count]);

        cursor->index = at;
        cursor->mark = trades[count].row.seq;

        at = jupref_trade_older(ledger, referrer, at);
    }

    if (at == 0) {
        cursor->index = 0;
    }

    return count;
}


/* The first trade of the page, 0 when there is none. */

static uint32_t
jupref_trades_begin(const jupref_ledger_t *ledger, uint32_t referrer,
    const jupref_cursor_t *cursor)
{
    jupref_trade_row_t  *row;

    if (cursor->index == 0) {
        return referrer ? jupref_referrer(ledger, referrer)->newest_trade
                        : ledger->newest_trade;
    }

    if (jupref_table_in_use(&ledger->tables[JUPREF_TABLE_TRADES], ledger,
                            cursor->index))
    {
        row = jupref_trade(ledger, cursor->index);

        if (row->seq == cursor->mark
            && (referrer == 0 || jupref_trade_owner(ledger, row) == referrer))
        {
            return jupref_trade_older(ledger, referrer, cursor->index);
        }
    }

    return jupref_trades_lost(ledger, referrer, cursor->mark);
}


/* The newest trade before `seq`. */

static uint32_t
jupref_trades_lost(const jupref_ledger_t *ledger, uint32_t referrer,
    uint64_t seq)
{
    uint32_t             newest, oldest, found;
    unsigned             steps;
    jupref_trade_row_t  *row;

    newest = referrer ? jupref_referrer(ledger, referrer)->newest_trade
                      : ledger->newest_trade;
    oldest = ledger->oldest_trade;
    found = 0;

    for (steps = 0; steps < JUPREF_VIEW_STEPS; steps++) {

        if (newest == 0 || jupref_trade(ledger, newest)->seq < seq) {
            return newest;
        }

        newest = jupref_trade_older(ledger, referrer, newest);

        row = jupref_trade(ledger, oldest);

        if (row->seq >= seq) {
            return found;
        }

        if (referrer == 0 || jupref_trade_owner(ledger, row) == referrer) {
            found = oldest;
        }

        oldest = row->newer;
    }

    return JUPREF_VIEW_GONE;
}


static uint32_t
jupref_trade_older(const jupref_ledger_t *ledger, uint32_t referrer,
    uint32_t trade)
{
    jupref_trade_row_t  *row;

    row = jupref_trade(ledger, trade);

    return referrer ? row->older_of_referrer : row->older;
}


unsigned
jupref_view_wallets(const jupref_ledger_t *ledger, uint32_t referrer,
    jupref_cursor_t *cursor, unsigned limit, jupref_wallet_view_t *wallets)
{
    uint32_t               at;
    unsigned               count;
    jupref_wallet_row_t   *row;
    jupref_wallet_view_t  *view;

    at = jupref_wallets_begin(ledger, referrer, cursor);

    if (at == JUPREF_VIEW_GONE) {
        return JUPREF_VIEW_GONE;
    }

    for (count = 0; at && count < limit; count++) {
        row = jupref_wallet(ledger, at);
        view = &wallets[count];

        jupref_view_pubkey(&row->wallet, &view->wallet);
        memcpy(view->code, jupref_code(ledger, row->code)->text,
               JUPREF_CODE_MAX);
        view->bound_ms = row->bound_ms;

        cursor->index = at;
        cursor->mark = row->bound_ms;

        at = row->older;
    }

    if (at == 0) {
        cursor->index = 0;
    }

    return count;
}


/*
 * A wallet that was bound anew since has left its place, which then is before
 * the first that was bound no later: one bound in the same moment may be shown
 * twice, but none is left out.
 */

static uint32_t
jupref_wallets_begin(const jupref_ledger_t *ledger, uint32_t referrer,
    const jupref_cursor_t *cursor)
{
    uint32_t              at;
    unsigned              steps;
    jupref_wallet_row_t  *row;

    at = jupref_referrer(ledger, referrer)->newest_wallet;

    if (cursor->index == 0) {
        return at;
    }

    if (jupref_table_in_use(&ledger->tables[JUPREF_TABLE_WALLETS], ledger,
                            cursor->index))
    {
        row = jupref_wallet(ledger, cursor->index);

        if (row->bound_ms == cursor->mark
            && jupref_wallet_owner(ledger, row) == referrer)
        {
            return row->older;
        }
    }

    for (steps = 0; steps < JUPREF_VIEW_STEPS; steps++) {

        if (at == 0 || jupref_wallet(ledger, at)->bound_ms <= cursor->mark) {
            return at;
        }

        at = jupref_wallet(ledger, at)->older;
    }

    return JUPREF_VIEW_GONE;
}


static uint32_t
jupref_wallet_owner(const jupref_ledger_t *ledger,
    const jupref_wallet_row_t *row)
{
    return jupref_code(ledger, row->code)->referrer;
}


unsigned
jupref_view_accounts(const jupref_ledger_t *ledger, uint32_t after,
    unsigned limit, jupref_accounts_view_t *mints)
{
    uint32_t            used;
    unsigned            count;
    jupref_mint_row_t  *row;

    used = ledger->tables[JUPREF_TABLE_MINTS].used;

    for (count = 0; count < limit && after < used; count++) {
        row = jupref_mint(ledger, ++after);

        memcpy(mints[count].mint.bytes, row->text, JUPREF_PUBKEY_TEXT);
        mints[count].mint.len = row->text_len;
        memcpy(mints[count].accounts, row->accounts, sizeof(row->accounts));
    }

    return count;
}


static void
jupref_view_wallet(const jupref_ledger_t *ledger, uint32_t referrer,
    jupref_key_text_t *text)
{
    jupref_referrer_row_t  *row;

    row = jupref_referrer(ledger, referrer);
    memcpy(text->bytes, row->text, JUPREF_PUBKEY_TEXT);
    text->len = row->text_len;
}


static void
jupref_view_pubkey(const jupref_pubkey_t *key, jupref_key_text_t *text)
{
    text->len = (uint8_t) jupref_pubkey_format(text->bytes, key);
}
