/*
 * Which rows an event touches, as far as can be guessed (see the header).
 *
 *     step 0   the slots of its keys
 *     step 1   the rows they lead to
 *     step 2   what those rows lead to: owners, series
 *     step 3   what the owners lead to: parents, balances
 *     step 4   and their parents' balances
 */

#include "ledger/jupref_expect.h"

#include "ledger/jupref_series.h"


static void jupref_expect_code(const jupref_ledger_t *ledger,
    const jupref_code_name_t *code, unsigned step);
static void jupref_expect_trade(const jupref_ledger_t *ledger,
    const jupref_trade_t *trade, unsigned step);
static void jupref_expect_levels(const jupref_ledger_t *ledger,
    const jupref_trade_t *trade, unsigned step);
static void jupref_expect_booked(const jupref_ledger_t *ledger,
    const jupref_signature_t *signature, unsigned step);
static void jupref_expect_balance(const jupref_ledger_t *ledger,
    uint32_t referrer, uint32_t mint, unsigned row);
static void jupref_expect_key(const jupref_ledger_t *ledger,
    jupref_table_e table, const void *key, unsigned row);
static uint32_t jupref_expect_guess(const jupref_ledger_t *ledger,
    jupref_table_e table, const void *key);
static void jupref_expect_index(const jupref_ledger_t *ledger,
    jupref_table_e table, uint32_t index);


void
jupref_ledger_expect(const jupref_ledger_t *ledger,
    const jupref_event_t *event, unsigned step)
{
    switch (event->type) {

    case JUPREF_EVENT_TRADE_EXECUTED:
    case JUPREF_EVENT_TRADE_UNKNOWN:
        jupref_expect_code(ledger, &event->of.trade.code, step);
        jupref_expect_trade(ledger, &event->of.trade, step);
        break;

    case JUPREF_EVENT_TRADE_VERIFIED:
        jupref_expect_booked(ledger, &event->of.trade_verified.signature,
                             step);
        break;

    case JUPREF_EVENT_TRADE_REJECTED:
    case JUPREF_EVENT_TRADE_EXPIRED:
    case JUPREF_EVENT_TRADE_UNPROVED:
    case JUPREF_EVENT_TRADE_DISPUTED:
    case JUPREF_EVENT_DISPUTE_RESOLVED:
    case JUPREF_EVENT_TRADE_REVERSED:
        jupref_expect_booked(ledger, &event->of.trade_ruled.signature, step);
        break;

    case JUPREF_EVENT_TRADE_ARCHIVED:
        jupref_expect_booked(ledger,
                             &event->of.trade_archived.trade.signature, step);
        break;

    case JUPREF_EVENT_CLICKS_COUNTED:
    case JUPREF_EVENT_ORDERS_COUNTED:
        jupref_expect_code(ledger, &event->of.counted.code, step);
        break;

    case JUPREF_EVENT_WALLET_BOUND:
        jupref_expect_code(ledger, &event->of.wallet_bound.code, step);

        if (step < 2) {
            jupref_expect_key(ledger, JUPREF_TABLE_WALLETS,
                              event->of.wallet_bound.wallet.bytes, step);
        }

        break;

    default:
        break;
    }
}


static void
jupref_expect_code(const jupref_ledger_t *ledger,
    const jupref_code_name_t *code, unsigned step)
{
    uint32_t  index, owner;

    if (code->key[0] == 0 || step > 2) {
        return;
    }

    if (step < 2) {
        jupref_expect_key(ledger, JUPREF_TABLE_CODES, code->key, step);
        return;
    }

    index = jupref_expect_guess(ledger, JUPREF_TABLE_CODES, code->key);

    if (index == 0) {
        return;
    }

    owner = jupref_code(ledger, index)->referrer;

    jupref_expect_index(ledger, JUPREF_TABLE_REFERRERS, owner);
    jupref_series_expect(ledger, jupref_owner_code(index));
    jupref_series_expect(ledger, jupref_owner_referrer(owner));
}


static void
jupref_expect_trade(const jupref_ledger_t *ledger,
    const jupref_trade_t *trade, unsigned step)
{
    if (step < 2) {
        jupref_expect_key(ledger, JUPREF_TABLE_TRADES, trade->signature.bytes,
                          step);
        jupref_expect_key(ledger, JUPREF_TABLE_MINTS, trade->fee_mint.bytes,
                          step);
        return;
    }

    if (step > 2 && trade->code.key[0]) {
        jupref_expect_levels(ledger, trade, step);
    }
}


static void
jupref_expect_levels(const jupref_ledger_t *ledger,
    const jupref_trade_t *trade, unsigned step)
{
    uint32_t                code, mint, owner;
    jupref_referrer_row_t  *row;

    code = jupref_expect_guess(ledger, JUPREF_TABLE_CODES, trade->code.key);
    mint = jupref_expect_guess(ledger, JUPREF_TABLE_MINTS,
                               trade->fee_mint.bytes);

    if (code == 0) {
        return;
    }

    owner = jupref_code(ledger, code)->referrer;
    row = jupref_referrer(ledger, owner);
    jupref_expect_balance(ledger, owner, mint, step == 4);

    if (step == 3) {
        jupref_expect_key(ledger, JUPREF_TABLE_WALLETS, row->wallet.bytes, 0);
        jupref_expect_index(ledger, JUPREF_TABLE_TRADES, row->newest_trade);
        jupref_expect_index(ledger, JUPREF_TABLE_REFERRERS, row->parent);
        return;
    }

    if (row->parent) {
        jupref_expect_balance(ledger, row->parent, mint, 0);
        row = jupref_referrer(ledger, row->parent);
        jupref_expect_index(ledger, JUPREF_TABLE_REFERRERS, row->parent);
    }
}


/* A trade that is in the table already. */

static void
jupref_expect_booked(const jupref_ledger_t *ledger,
    const jupref_signature_t *signature, unsigned step)
{
    uint32_t             index;
    unsigned             i;
    jupref_trade_row_t  *row;

    if (step < 2) {
        jupref_expect_key(ledger, JUPREF_TABLE_TRADES, signature->bytes, step);
        return;
    }

    index = jupref_expect_guess(ledger, JUPREF_TABLE_TRADES,
                                signature->bytes);

    if (index == 0 || step > 3) {
        return;
    }

    row = jupref_trade(ledger, index);

    if (step == 2) {
        jupref_expect_index(ledger, JUPREF_TABLE_CODES, row->code);
        jupref_expect_index(ledger, JUPREF_TABLE_MINTS, row->fee_mint);
    }

    for (i = 0; i < JUPREF_LEVELS && row->level[i]; i++) {
        jupref_expect_balance(ledger, row->level[i], row->fee_mint, step == 3);

        if (step == 2) {
            jupref_expect_index(ledger, JUPREF_TABLE_REFERRERS,
                                row->level[i]);
        }
    }
}


static void
jupref_expect_balance(const jupref_ledger_t *ledger, uint32_t referrer,
    uint32_t mint, unsigned row)
{
    uint32_t  key[2];

    key[0] = referrer;
    key[1] = mint;
    jupref_expect_key(ledger, JUPREF_TABLE_BALANCES, key, row);
}


/* Its slot first; then the row, once the slot has come. */

static void
jupref_expect_key(const jupref_ledger_t *ledger, jupref_table_e table,
    const void *key, unsigned row)
{
    if (row) {
        jupref_expect_index(ledger, table,
                            jupref_expect_guess(ledger, table, key));

    } else {
        jupref_table_expect(&ledger->tables[table], ledger, key);
    }
}


static uint32_t
jupref_expect_guess(const jupref_ledger_t *ledger, jupref_table_e table,
    const void *key)
{
    return jupref_table_guess(&ledger->tables[table], ledger, key);
}


static void
jupref_expect_index(const jupref_ledger_t *ledger, jupref_table_e table,
    uint32_t index)
{
    if (index) {
        jupref_table_expect_row(&ledger->tables[table], ledger, index);
    }
}
