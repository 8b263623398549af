/*
 * What a trade counts for (see the header).
 *
 * Sums are unsigned and a trade was put in before it is taken out, so taking
 * out never goes below zero.
 */

#include "ledger/jupref_standing.h"

#include <string.h>

#include "ledger/jupref_booking.h"


typedef struct {
    unsigned            stands;
    uint64_t            volume_micro_usd;
    uint64_t            earned_micro_usd[JUPREF_LEVELS];
    unsigned            estimated;      /* 1: the next two count */
    uint64_t            fee;
    jupref_fee_split_t  split;
} jupref_standing_t;


static void jupref_standing_of(const jupref_trade_row_t *row,
    jupref_standing_t *standing);
static void jupref_divide(const jupref_trade_row_t *row, uint64_t amount,
    jupref_fee_split_t *split);
static unsigned jupref_ranks_alike(const jupref_standing_t *one,
    const jupref_standing_t *other);
static void jupref_rank_trade(jupref_ledger_t *ledger,
    const jupref_trade_row_t *row,
    void (*change)(jupref_ledger_t *ledger, uint32_t referrer));
static void jupref_count_state(jupref_ledger_t *ledger,
    const jupref_trade_row_t *row, unsigned in);
static void jupref_count_estimate(jupref_ledger_t *ledger,
    const jupref_trade_row_t *row, const jupref_standing_t *standing,
    const jupref_found_t *found, unsigned in);
static void jupref_sum(jupref_u128_t *sum, uint64_t amount, unsigned in);
static void jupref_mix_counted(jupref_ledger_t *ledger,
    const jupref_trade_row_t *row);


void
jupref_trade_terms(const jupref_trade_row_t *row, jupref_terms_t *terms)
{
    memset(terms, 0, sizeof(jupref_terms_t));
    memcpy(terms->share_bps, row->share_bps, sizeof(terms->share_bps));
    terms->partner_bps = row->partner_bps;
}


void
jupref_trade_split(const jupref_trade_row_t *row, jupref_fee_split_t *split)
{
    jupref_divide(row, row->fee_mint ? row->fee : 0, split);
}


/* Dollars are counted only where base units are booked. */

uint64_t
jupref_trade_fee_usd(const jupref_trade_row_t *row)
{
    if (row->fee == 0 || row->fee_mint == 0) {
        return 0;
    }

    return jupref_fee_on(row->volume_micro_usd, row->granted_bps);
}


void
jupref_trade_moves(jupref_ledger_t *ledger, const jupref_trade_row_t *before,
    const jupref_trade_row_t *after, const jupref_found_t *found)
{
    uint32_t                owner;
    unsigned                i, reranks;
    jupref_standing_t       was, is;
    jupref_referrer_row_t  *row;

    jupref_standing_of(before, &was);
    jupref_standing_of(after, &is);

    owner = jupref_trade_owner(ledger, after);
    reranks = owner && !jupref_ranks_alike(&was, &is);

    if (reranks) {
        jupref_rank_trade(ledger, after, jupref_unrank_all);
    }

    if (before) {
        jupref_count_state(ledger, before, 0);
        jupref_count_estimate(ledger, before, &was, found, 0);
    }

    jupref_count_state(ledger, after, 1);
    jupref_count_estimate(ledger, after, &is, found, 1);

    ledger->volume_micro_usd += is.volume_micro_usd;
    ledger->volume_micro_usd -= was.volume_micro_usd;

    if (owner) {
        row = jupref_referrer(ledger, owner);
        row->volume_micro_usd += is.volume_micro_usd;
        row->volume_micro_usd -= was.volume_micro_usd;
    }

    for (i = 0; i < JUPREF_LEVELS; i++) {
        if (after->level[i]) {
            row = jupref_referrer(ledger, after->level[i]);
            row->earned_micro_usd += is.earned_micro_usd[i];
            row->earned_micro_usd -= was.earned_micro_usd[i];
        }
    }

    if (reranks) {
        jupref_rank_trade(ledger, after, jupref_rank_all);
    }

    if (before && before->code != after->code && before->code) {
        jupref_mix_referrer(ledger, jupref_trade_owner(ledger, before));
    }

    jupref_mix_counted(ledger, after);
}


static void
jupref_standing_of(const jupref_trade_row_t *row, jupref_standing_t *standing)
{
    unsigned            i;
    jupref_fee_split_t  value;

    memset(standing, 0, sizeof(jupref_standing_t));

    if (row == NULL || (row->state != JUPREF_STATE_EXECUTED
                        && row->state != JUPREF_STATE_VERIFIED
                        && row->state != JUPREF_STATE_AVAILABLE
                        && row->state != JUPREF_STATE_DISPUTED))
    {
        return;
    }

    standing->stands = 1;
    standing->volume_micro_usd = row->volume_micro_usd;

    jupref_divide(row, jupref_trade_fee_usd(row), &value);

    for (i = 0; i < JUPREF_LEVELS; i++) {
        standing->earned_micro_usd[i] = value.level[i];
    }

    if (row->state == JUPREF_STATE_EXECUTED && row->fee_mint) {
        standing->estimated = 1;
        standing->fee = row->fee;
        jupref_divide(row, row->fee, &standing->split);
    }
}


static void
jupref_divide(const jupref_trade_row_t *row, uint64_t amount,
    jupref_fee_split_t *split)
{
    jupref_terms_t  terms;

    jupref_trade_terms(row, &terms);
    jupref_fee_split(&terms, amount, jupref_earners(row->level), split);
}


static unsigned
jupref_ranks_alike(const jupref_standing_t *one,
    const jupref_standing_t *other)
{
    return one->stands == other->stands
           && one->volume_micro_usd == other->volume_micro_usd
           && memcmp(one->earned_micro_usd, other->earned_micro_usd,
                     sizeof(one->earned_micro_usd)) == 0;
}


/* Volume and trades are the code owner's, whether it earns or not. */

static void
jupref_rank_trade(jupref_ledger_t *ledger, const jupref_trade_row_t *row,
    void (*change)(jupref_ledger_t *ledger, uint32_t referrer))
{
    uint32_t  referrer;
    unsigned  i;

    for (i = 0; i < JUPREF_LEVELS; i++) {
        referrer = (i == 0) ? jupref_trade_owner(ledger, row) : row->level[i];

        if (referrer
            && jupref_referrer(ledger, referrer)->status
               == JUPREF_REFERRER_ACTIVE)
        {
            change(ledger, referrer);
        }
    }
}


static void
jupref_count_state(jupref_ledger_t *ledger, const jupref_trade_row_t *row,
    unsigned in)
{
    uint32_t   owner;
    uint64_t  *trades;

    ledger->trades[row->state] += in ? 1 : -UINT64_C(1);
    owner = jupref_trade_owner(ledger, row);

    if (owner) {
        trades = jupref_referrer(ledger, owner)->trades;
        trades[row->state] += in ? 1 : -UINT64_C(1);
    }
}


static void
jupref_count_estimate(jupref_ledger_t *ledger, const jupref_trade_row_t *row,
    const jupref_standing_t *standing, const jupref_found_t *found,
    unsigned in)
{
    unsigned               i;
    jupref_mint_row_t     *mint;
    jupref_balance_row_t  *balance;

    if (!standing->estimated) {
        return;
    }

    mint = jupref_mint(ledger, row->fee_mint);
    jupref_sum(&mint->received, standing->fee, in);
    jupref_sum(&mint->jupiter_cut, standing->split.jupiter_cut, in);
    jupref_sum(&mint->platform, standing->split.platform, in);

    for (i = 0; i < JUPREF_LEVELS; i++) {

        if (standing->split.level[i] == 0) {
            continue;
        }

        jupref_sum(&mint->referrers, standing->split.level[i], in);

        balance = jupref_take_balance(ledger, row->level[i], row->fee_mint,
                                      found ? found->balance[i] : 0);
        jupref_sum(&balance->estimated, standing->split.level[i], in);
        jupref_mix(ledger, balance, sizeof(jupref_balance_row_t));
    }

    jupref_mix(ledger, mint, offsetof(jupref_mint_row_t, accounts));
}


static void
jupref_sum(jupref_u128_t *sum, uint64_t amount, unsigned in)
{
    *sum = in ? *sum + amount : *sum - amount;
}


static void
jupref_mix_counted(jupref_ledger_t *ledger, const jupref_trade_row_t *row)
{
    uint32_t  owner;
    unsigned  i;

    owner = jupref_trade_owner(ledger, row);

    if (owner) {
        jupref_mix_referrer(ledger, owner);
    }

    for (i = 0; i < JUPREF_LEVELS; i++) {
        if (row->level[i] && row->level[i] != owner) {
            jupref_mix_referrer(ledger, row->level[i]);
        }
    }
}
