/*
 * What the fold's files share (see the header).
 */

#include "ledger/jupref_booking.h"

#include <string.h>

#include "base/jupref_assert.h"
#include "ledger/jupref_rank.h"


void
jupref_mix_referrer(jupref_ledger_t *ledger, uint32_t referrer)
{
    jupref_referrer_row_t  *row;

    row = jupref_referrer(ledger, referrer);

    jupref_mix(ledger, row, offsetof(jupref_referrer_row_t, rank));
    jupref_mix(ledger, &row->status, sizeof(row->status));
}


void
jupref_rank_all(jupref_ledger_t *ledger, uint32_t referrer)
{
    unsigned  ranking;

    for (ranking = 0; !ledger->unranked && ranking < JUPREF_RANKINGS;
         ranking++)
    {
        jupref_rank_insert(ledger, ranking, referrer);
    }
}


void
jupref_unrank_all(jupref_ledger_t *ledger, uint32_t referrer)
{
    unsigned  ranking;

    for (ranking = 0; !ledger->unranked && ranking < JUPREF_RANKINGS;
         ranking++)
    {
        jupref_rank_remove(ledger, ranking, referrer);
    }
}


uint32_t
jupref_take_mint(jupref_ledger_t *ledger, const jupref_pubkey_t *mint)
{
    uint32_t            index;
    jupref_mint_row_t  *row;

    index = jupref_find_mint(ledger, mint);

    if (index == 0) {
        index = jupref_table_insert(&ledger->tables[JUPREF_TABLE_MINTS],
                                    ledger, mint->bytes);
        jupref_assert(index != 0);

        row = jupref_mint(ledger, index);
        row->text_len = (uint8_t) jupref_pubkey_format(row->text, mint);
    }

    return index;
}


jupref_balance_row_t *
jupref_take_balance(jupref_ledger_t *ledger, uint32_t referrer, uint32_t mint,
    uint32_t known)
{
    uint32_t                index;
    uint64_t                key;
    jupref_balance_row_t   *row;
    jupref_referrer_row_t  *owner;

    if (known) {
        row = jupref_balance(ledger, known);

        if (row->referrer == referrer && row->mint == mint) {
            return row;
        }
    }

    index = jupref_find_balance(ledger, referrer, mint);

    if (index) {
        return jupref_balance(ledger, index);
    }

    key = jupref_balance_key(referrer, mint);
    index = jupref_table_insert(&ledger->tables[JUPREF_TABLE_BALANCES],
                                ledger, &key);
    jupref_assert(index != 0);

    owner = jupref_referrer(ledger, referrer);
    row = jupref_balance(ledger, index);
    row->next = owner->first_balance;
    owner->first_balance = index;

    return row;
}


/* What a balance holds is a part of its mint's sums: those are looked at. */

jupref_ledger_result_e
jupref_room_for(const jupref_ledger_t *ledger, const jupref_pubkey_t *mint,
    const uint32_t level[JUPREF_LEVELS], const jupref_fee_split_t *split,
    jupref_found_t *found)
{
    uint32_t  index, balances;
    unsigned  i;

    memset(found, 0, sizeof(jupref_found_t));

    if (jupref_pubkey_is_zero(mint)) {
        return JUPREF_LEDGER_OK;
    }

    index = jupref_find_mint(ledger, mint);
    found->mint = index;

    if (index == 0 && jupref_rows_left(ledger, JUPREF_TABLE_MINTS) == 0) {
        return JUPREF_LEDGER_MINTS_FULL;
    }

    if (index && jupref_mint(ledger, index)->received >= JUPREF_SUM_MAX) {
        return JUPREF_LEDGER_OVERFLOW;
    }

    for (balances = 0, i = 0; i < JUPREF_LEVELS; i++) {

        if (split->level[i] == 0) {
            continue;
        }

        found->balance[i] = index ? jupref_find_balance(ledger, level[i],
                                                        index) : 0;
        balances += (found->balance[i] == 0);
    }

    if (balances > jupref_rows_left(ledger, JUPREF_TABLE_BALANCES)) {
        return JUPREF_LEDGER_BALANCES_FULL;
    }

    return JUPREF_LEDGER_OK;
}


unsigned
jupref_earners(const uint32_t level[JUPREF_LEVELS])
{
    unsigned  i, earns;

    for (earns = 0, i = 0; i < JUPREF_LEVELS; i++) {
        earns |= (unsigned) (level[i] != 0) << i;
    }

    return earns;
}


void
jupref_add_to_series(jupref_ledger_t *ledger, uint32_t code, uint64_t time_ms,
    const jupref_series_sum_t *sum)
{
    uint32_t  owner;

    jupref_series_add(ledger, JUPREF_OWNER_PLATFORM, time_ms, sum);

    if (code) {
        owner = jupref_code(ledger, code)->referrer;

        jupref_series_add(ledger, jupref_owner_referrer(owner), time_ms, sum);
        jupref_series_add(ledger, jupref_owner_code(code), time_ms, sum);
    }
}


void
jupref_trade_in_series(jupref_ledger_t *ledger, const jupref_trade_row_t *row,
    uint64_t time_ms)
{
    jupref_series_sum_t  sum = { 0 };

    sum.trades = 1;
    sum.volume_micro_usd = row->volume_micro_usd;
    sum.fees_micro_usd = jupref_trade_fee_usd(row);

    jupref_add_to_series(ledger, row->code, time_ms, &sum);
}


uint32_t
jupref_trade_owner(const jupref_ledger_t *ledger,
    const jupref_trade_row_t *row)
{
    return row->code ? jupref_code(ledger, row->code)->referrer : 0;
}


/*
 * A level earns when it is active and isn't the taker itself; where the
 * referral leads back to the taker nobody does.
 */

void
jupref_trade_levels(const jupref_ledger_t *ledger, uint32_t code,
    const jupref_pubkey_t *taker, const jupref_terms_t *terms,
    uint32_t level[JUPREF_LEVELS])
{
    uint32_t  at;
    unsigned  i;

    memset(level, 0, JUPREF_LEVELS * sizeof(uint32_t));

    if (code == 0) {
        return;
    }

    at = jupref_code(ledger, code)->referrer;

    if (jupref_referral_is_cycle(ledger, at, taker)) {
        return;
    }

    for (i = 0; i < JUPREF_LEVELS && at; i++) {

        if (jupref_referrer_earns(ledger, at, terms, i)) {
            level[i] = at;
        }

        at = jupref_referrer(ledger, at)->parent;
    }
}
