/*
 * Whether rows can have come from a ledger, each by itself (see the header):
 * indexes that lead somewhere, lengths within their fields, terms that give
 * away no more than there is.
 */

#include "ledger/jupref_state_check.h"

#include <string.h>

#include "ledger/jupref_evidence.h"
#include "ledger/jupref_standing.h"


static unsigned jupref_sound_never_removed(const jupref_ledger_t *ledger);
static unsigned jupref_sound_referrers(const jupref_ledger_t *ledger);
static unsigned jupref_sound_codes(const jupref_ledger_t *ledger);
static unsigned jupref_sound_wallets(const jupref_ledger_t *ledger);
static unsigned jupref_sound_mints(const jupref_ledger_t *ledger);
static unsigned jupref_sound_balances(const jupref_ledger_t *ledger);
static unsigned jupref_sound_trades(const jupref_ledger_t *ledger);
static unsigned jupref_sound_trade(const jupref_ledger_t *ledger,
    const jupref_trade_row_t *row);
static unsigned jupref_came_rightly(const jupref_trade_row_t *row);
static unsigned jupref_sound_earners(const jupref_ledger_t *ledger,
    const jupref_trade_row_t *row);
static unsigned jupref_sound_intents(const jupref_ledger_t *ledger);
static unsigned jupref_text_is(const uint8_t *text, uint8_t len,
    const jupref_pubkey_t *key);
static unsigned jupref_is_row_or_none(const jupref_ledger_t *ledger,
    jupref_table_e table, uint32_t index);


unsigned
jupref_rows_sound(const jupref_ledger_t *ledger)
{
    return jupref_sound_never_removed(ledger)
           && jupref_sound_referrers(ledger)
           && jupref_sound_codes(ledger)
           && jupref_sound_wallets(ledger)
           && jupref_sound_mints(ledger)
           && jupref_sound_balances(ledger)
           && jupref_sound_trades(ledger)
           && jupref_sound_intents(ledger);
}


/* Of the other tables no row is ever missing. */

static unsigned
jupref_sound_never_removed(const jupref_ledger_t *ledger)
{
    unsigned  table;

    for (table = 0; table < JUPREF_TABLES; table++) {
        if (ledger->tables[table].free
            && table != JUPREF_TABLE_TRADES && table != JUPREF_TABLE_INTENTS)
        {
            return 0;
        }
    }

    return 1;
}


/* A parent is there before its children, so no chain of parents is a ring. */

static unsigned
jupref_sound_referrers(const jupref_ledger_t *ledger)
{
    uint32_t                      index;
    const jupref_referrer_row_t  *row;

    for (jupref_each_row(ledger, JUPREF_TABLE_REFERRERS, index)) {
        row = jupref_referrer(ledger, index);

        if (row->parent >= index
            || !jupref_text_is(row->text, row->text_len, &row->wallet)
            || (row->status != JUPREF_REFERRER_ACTIVE
                && row->status != JUPREF_REFERRER_SUSPENDED)
            || !jupref_terms_valid(&row->terms))
        {
            return 0;
        }
    }

    return 1;
}


static unsigned
jupref_sound_codes(const jupref_ledger_t *ledger)
{
    uint32_t                  index;
    jupref_code_name_t        name;
    const jupref_code_row_t  *row;

    for (jupref_each_row(ledger, JUPREF_TABLE_CODES, index)) {
        row = jupref_code(ledger, index);

        memcpy(name.key, row->key, JUPREF_CODE_MAX);
        memcpy(name.text, row->text, JUPREF_CODE_MAX);

        if (!jupref_code_name_valid(&name)
            || !jupref_is_row(ledger, JUPREF_TABLE_REFERRERS, row->referrer)
            || !jupref_terms_valid(&row->terms))
        {
            return 0;
        }
    }

    return 1;
}


static unsigned
jupref_sound_wallets(const jupref_ledger_t *ledger)
{
    uint32_t  index;

    for (jupref_each_row(ledger, JUPREF_TABLE_WALLETS, index)) {
        if (!jupref_is_row(ledger, JUPREF_TABLE_CODES,
                           jupref_wallet(ledger, index)->code))
        {
            return 0;
        }
    }

    return 1;
}


static unsigned
jupref_sound_mints(const jupref_ledger_t *ledger)
{
    uint32_t                  index;
    const jupref_mint_row_t  *row;

    for (jupref_each_row(ledger, JUPREF_TABLE_MINTS, index)) {
        row = jupref_mint(ledger, index);

        if (!jupref_text_is(row->text, row->text_len, &row->mint)
            || row->drift_missing > 1)
        {
            return 0;
        }
    }

    return 1;
}


static unsigned
jupref_sound_balances(const jupref_ledger_t *ledger)
{
    uint32_t                     index;
    const jupref_balance_row_t  *row;

    for (jupref_each_row(ledger, JUPREF_TABLE_BALANCES, index)) {
        row = jupref_balance(ledger, index);

        if (!jupref_is_row(ledger, JUPREF_TABLE_REFERRERS, row->referrer)
            || !jupref_is_row(ledger, JUPREF_TABLE_MINTS, row->mint))
        {
            return 0;
        }
    }

    return 1;
}


static unsigned
jupref_sound_trades(const jupref_ledger_t *ledger)
{
    uint32_t                   index;
    const jupref_trade_row_t  *row;

    for (jupref_each_row(ledger, JUPREF_TABLE_TRADES, index)) {

        if (!jupref_is_row(ledger, JUPREF_TABLE_TRADES, index)) {
            continue;
        }

        row = jupref_trade(ledger, index);

        if (!jupref_sound_trade(ledger, row)
            || !jupref_sound_earners(ledger, row))
        {
            return 0;
        }
    }

    return 1;
}


/* What isn't in a list has no links of it. */

static unsigned
jupref_sound_trade(const jupref_ledger_t *ledger,
    const jupref_trade_row_t *row)
{
    if (row->state == 0 || row->state >= JUPREF_STATES
        || row->reason >= JUPREF_REASONS || !jupref_came_rightly(row)
        || row->request_id.len > JUPREF_REQUEST_ID_MAX
        || !jupref_is_row_or_none(ledger, JUPREF_TABLE_CODES, row->code)
        || !jupref_is_row_or_none(ledger, JUPREF_TABLE_MINTS, row->fee_mint))
    {
        return 0;
    }

    if (row->state != JUPREF_STATE_VERIFIED
        && row->state != JUPREF_STATE_EXECUTED
        && row->state != JUPREF_STATE_UNKNOWN
        && row->state != JUPREF_STATE_UNPROVED
        && (row->sooner || row->later))
    {
        return 0;
    }

    return row->code || !(row->older_of_referrer || row->newer_of_referrer);
}


static unsigned
jupref_came_rightly(const jupref_trade_row_t *row)
{
    switch (row->state) {

    case JUPREF_STATE_DISPUTED:
        return row->came_from == JUPREF_STATE_VERIFIED
               || row->came_from == JUPREF_STATE_AVAILABLE;

    case JUPREF_STATE_UNPROVED:
        return row->came_from == JUPREF_STATE_EXECUTED
               || row->came_from == JUPREF_STATE_UNKNOWN;

    default:
        return row->came_from == 0;
    }
}


/* Who earns is there, and so is the balance that it was booked to. */

static unsigned
jupref_sound_earners(const jupref_ledger_t *ledger,
    const jupref_trade_row_t *row)
{
    unsigned            i, shares;
    jupref_fee_split_t  split;

    for (shares = 0, i = 0; i < JUPREF_LEVELS; i++) {
        shares += row->share_bps[i];

        if (!jupref_is_row_or_none(ledger, JUPREF_TABLE_REFERRERS,
                                   row->level[i]))
        {
            return 0;
        }
    }

    if (shares > JUPREF_BPS_WHOLE || row->partner_bps > JUPREF_BPS_WHOLE
        || row->granted_bps > JUPREF_BPS_WHOLE)
    {
        return 0;
    }

    if (row->state != JUPREF_STATE_EXECUTED
        && row->state != JUPREF_STATE_VERIFIED
        && row->state != JUPREF_STATE_AVAILABLE
        && row->state != JUPREF_STATE_DISPUTED)
    {
        return 1;
    }

    jupref_trade_split(row, &split);

    for (i = 0; i < JUPREF_LEVELS; i++) {
        if (split.level[i]
            && jupref_find_balance(ledger, row->level[i], row->fee_mint) == 0)
        {
            return 0;
        }
    }

    return 1;
}


static unsigned
jupref_sound_intents(const jupref_ledger_t *ledger)
{
    uint32_t                    index;
    const jupref_intent_row_t  *row;

    for (jupref_each_row(ledger, JUPREF_TABLE_INTENTS, index)) {

        if (!jupref_is_row(ledger, JUPREF_TABLE_INTENTS, index)) {
            continue;
        }

        row = jupref_intent(ledger, index);

        if (row->request_id.len > JUPREF_REQUEST_ID_MAX
            || memcmp(&row->trade.request_id, &row->request_id,
                      sizeof(jupref_request_id_t)) != 0
            || row->trade.granted_bps > JUPREF_BPS_WHOLE
            || !jupref_terms_valid(&row->trade.terms))
        {
            return 0;
        }
    }

    return 1;
}


/* Rankings are by text where nothing else tells two referrers apart, so no two
 * may have the same. */

static unsigned
jupref_text_is(const uint8_t *text, uint8_t len, const jupref_pubkey_t *key)
{
    uint8_t  expected[JUPREF_PUBKEY_TEXT];

    memset(expected, 0, sizeof(expected));

    return jupref_pubkey_format(expected, key) == len
           && memcmp(text, expected, JUPREF_PUBKEY_TEXT) == 0;
}


static unsigned
jupref_is_row_or_none(const jupref_ledger_t *ledger, jupref_table_e table,
    uint32_t index)
{
    return index == 0 || jupref_is_row(ledger, table, index);
}
