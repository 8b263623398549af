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
    const jupref_code_name_t *code, uint32_t *found, unsigned step);
static void jupref_expect_trade(const jupref_ledger_t *ledger,
    const jupref_trade_t *trade, jupref_expected_t *found, unsigned step);
static void jupref_expect_levels(const jupref_ledger_t *ledger,
    const jupref_expected_t *found, unsigned step);
static void jupref_expect_booked(const jupref_ledger_t *ledger,
    const jupref_signature_t *signature, uint32_t *found, unsigned step);
static void jupref_expect_balance(const jupref_ledger_t *ledger,
    uint32_t referrer, uint32_t mint, unsigned row);
static uint32_t jupref_expect_key(const jupref_ledger_t *ledger,
    jupref_table_e table, const void *key, unsigned row);
static void jupref_expect_index(const jupref_ledger_t *ledger,
    jupref_table_e table, uint32_t index);


void
jupref_ledger_expect(const jupref_ledger_t *ledger,
    const jupref_event_t *event, jupref_expected_t *found, unsigned step)
{
    switch (event->type) {

    case JUPREF_EVENT_TRADE_EXECUTED:
    case JUPREF_EVENT_TRADE_UNKNOWN:
        jupref_expect_code(ledger, &event->of.trade.code, &found->code, step);
        jupref_expect_trade(ledger, &event->of.trade, found, step);
        break;

    case JUPREF_EVENT_TRADE_VERIFIED:
        jupref_expect_booked(ledger, &event->of.trade_verified.signature,
                             &found->trade, step);
        break;

    case JUPREF_EVENT_TRADE_REJECTED:
    case JUPREF_EVENT_TRADE_EXPIRED:
    case JUPREF_EVENT_TRADE_UNPROVED:
    case JUPREF_EVENT_TRADE_DISPUTED:
    case JUPREF_EVENT_DISPUTE_RESOLVED:
    case JUPREF_EVENT_TRADE_REVERSED:
        jupref_expect_booked(ledger, &event->of.trade_ruled.signature,
                             &found->trade, step);
        break;

    case JUPREF_EVENT_TRADE_ARCHIVED:
        jupref_expect_booked(ledger,
                             &event->of.trade_archived.trade.signature,
                             &found->trade, step);
        break;

    case JUPREF_EVENT_CLICKS_COUNTED:
    case JUPREF_EVENT_ORDERS_COUNTED:
        jupref_expect_code(ledger, &event->of.counted.code, &found->code,
                           step);
        break;

    case JUPREF_EVENT_WALLET_BOUND:
        jupref_expect_code(ledger, &event->of.wallet_bound.code, &found->code,
                           step);

        if (step < 2) {
            (void) jupref_expect_key(ledger, JUPREF_TABLE_WALLETS,
                                     event->of.wallet_bound.wallet.bytes,
                                     step);
        }

        break;

    default:
        break;
    }
}


static void
jupref_expect_code(const jupref_ledger_t *ledger,
    const jupref_code_name_t *code, uint32_t *found, unsigned step)
{
    uint32_t  owner;

    if (code->key[0] == 0 || step > 2) {
        return;
    }

    if (step < 2) {
        *found = jupref_expect_key(ledger, JUPREF_TABLE_CODES, code->key,
                                   step);
        return;
    }

    if (*found == 0) {
        return;
    }

    owner = jupref_code(ledger, *found)->referrer;

    jupref_expect_index(ledger, JUPREF_TABLE_REFERRERS, owner);
    jupref_series_expect(ledger, jupref_owner_code(*found));
    jupref_series_expect(ledger, jupref_owner_referrer(owner));
}


static void
jupref_expect_trade(const jupref_ledger_t *ledger,
    const jupref_trade_t *trade, jupref_expected_t *found, unsigned step)
{
    if (step < 2) {
        (void) jupref_expect_key(ledger, JUPREF_TABLE_TRADES,
                                 trade->signature.bytes, step);
        found->mint = jupref_expect_key(ledger, JUPREF_TABLE_MINTS,
                                        trade->fee_mint.bytes, step);
        return;
    }

    if (step > 2 && found->code) {
        jupref_expect_levels(ledger, found, step);
    }
}


static void
jupref_expect_levels(const jupref_ledger_t *ledger,
    const jupref_expected_t *found, unsigned step)
{
    uint32_t                owner;
    jupref_referrer_row_t  *row;

    owner = jupref_code(ledger, found->code)->referrer;
    row = jupref_referrer(ledger, owner);
    jupref_expect_balance(ledger, owner, found->mint, step == 4);

    if (step == 3) {
        (void) jupref_expect_key(ledger, JUPREF_TABLE_WALLETS,
                                 row->wallet.bytes, 0);
        jupref_expect_index(ledger, JUPREF_TABLE_TRADES, row->newest_trade);
        jupref_expect_index(ledger, JUPREF_TABLE_REFERRERS, row->parent);
        return;
    }

    if (row->parent) {
        jupref_expect_balance(ledger, row->parent, found->mint, 0);
        row = jupref_referrer(ledger, row->parent);
        jupref_expect_index(ledger, JUPREF_TABLE_REFERRERS, row->parent);
    }
}


/* A trade that is in the table already. */

static void
jupref_expect_booked(const jupref_ledger_t *ledger,
    const jupref_signature_t *signature, uint32_t *found, unsigned step)
{
    unsigned             i;
    jupref_trade_row_t  *row;

    if (step < 2) {
        *found = jupref_expect_key(ledger, JUPREF_TABLE_TRADES,
                                   signature->bytes, step);
        return;
    }

    /* it may have left the table since it was found */

    if (step > 3
        || !jupref_table_in_use(&ledger->tables[JUPREF_TABLE_TRADES], ledger,
                                *found))
    {
        return;
    }

    row = jupref_trade(ledger, *found);

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
    uint64_t  key;

    key = jupref_balance_key(referrer, mint);
    (void) jupref_expect_key(ledger, JUPREF_TABLE_BALANCES, &key, row);
}


/* Its slot first; then the row, which is told, once the slot has come. */

static uint32_t
jupref_expect_key(const jupref_ledger_t *ledger, jupref_table_e table,
    const void *key, unsigned row)
{
    uint32_t  index;

    if (!row) {
        jupref_table_expect(&ledger->tables[table], ledger, key);
        return 0;
    }

    index = jupref_table_guess(&ledger->tables[table], ledger, key);
    jupref_expect_index(ledger, table, index);

    return index;
}


static void
jupref_expect_index(const jupref_ledger_t *ledger, jupref_table_e table,
    uint32_t index)
{
    if (index) {
        jupref_table_expect_row(&ledger->tables[table], ledger, index);
    }
}
