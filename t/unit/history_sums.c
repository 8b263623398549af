/*
 * What the plain ledger's trades add up to (history_model.h).
 */

#include "history_model.h"

#include <string.h>

#include "ledger_world.h"


static void model_add_trade(const model_trade_t *trade, model_sums_t *sums);
static void model_add_books(const model_trade_t *trade,
    const model_split_t *fee, model_sums_t *sums);


void
model_add_up(const model_t *model, model_sums_t *sums)
{
    unsigned     i, mint, wallet;
    model_sum_t  earned, paid;

    memset(sums, 0, sizeof(model_sums_t));

    for (i = 1; i <= MODEL_SIGNATURES; i++) {
        model_add_trade(&model->trade[i], sums);
    }

    for (i = 0; i < model->archived; i++) {
        model_add_trade(&model->archive[i], sums);
    }

    /* what was paid too much is owed; never is both there and owed */

    for (wallet = 1; wallet <= MODEL_REFERRERS; wallet++) {
        for (mint = 1; mint <= MODEL_MINTS; mint++) {
            earned = sums->available[wallet][mint];
            paid = model->paid[wallet][mint];

            sums->available[wallet][mint] = earned > paid ? earned - paid : 0;
            sums->receivable[wallet][mint] = paid > earned ? paid - earned
                                                           : 0;
        }
    }
}


unsigned
model_never_executed(const model_trade_t *trade)
{
    return trade->state == JUPREF_STATE_UNKNOWN
           || (trade->state == JUPREF_STATE_UNPROVED
               && trade->came_from == JUPREF_STATE_UNKNOWN);
}


static void
model_add_trade(const model_trade_t *trade, model_sums_t *sums)
{
    unsigned       level;
    model_split_t  fee, value;

    if (trade->state == 0) {
        return;
    }

    sums->trades[trade->state]++;
    sums->trades_of[trade->owner][trade->state]++;

    if (trade->state == JUPREF_STATE_UNKNOWN
        || trade->state == JUPREF_STATE_UNPROVED
        || trade->state == JUPREF_STATE_REJECTED
        || trade->state == JUPREF_STATE_EXPIRED
        || trade->state == JUPREF_STATE_REVERSED)
    {
        return;
    }

    sums->volume += trade->volume;
    sums->volume_of[trade->owner] += trade->volume;

    if (trade->fee_mint == 0 || trade->fee == 0) {
        return;
    }

    model_split(trade->terms,
                (uint64_t) ((model_sum_t) trade->volume * trade->granted_bps
                            / 10000),
                trade->earner, &value);

    for (level = 0; level < 3; level++) {
        sums->earned_by[trade->earner[level]] += value.level[level];
    }

    model_split(trade->terms, trade->fee, trade->earner, &fee);
    model_add_books(trade, &fee, sums);
}


static void
model_add_books(const model_trade_t *trade, const model_split_t *fee,
    model_sums_t *sums)
{
    unsigned      level, mint;
    model_sum_t  (*held)[MODEL_MINTS + 1];

    mint = trade->fee_mint;

    if (trade->state == JUPREF_STATE_EXECUTED) {
        sums->received[mint] += trade->fee;
        sums->cut[mint] += fee->cut;
        sums->platform[mint] += fee->platform;
        held = sums->estimated;

    } else {
        sums->arrived[mint] += trade->fee;
        sums->kept_by_jupiter[mint] += fee->cut;
        sums->kept_by_platform[mint] += fee->platform;
        held = trade->state == JUPREF_STATE_VERIFIED ? sums->pending
               : trade->state == JUPREF_STATE_DISPUTED ? sums->disputed
                                                       : sums->available;
    }

    for (level = 0; level < 3; level++) {
        held[trade->earner[level]][mint] += fee->level[level];
    }
}


jupref_terms_t
model_terms(unsigned number)
{
    static const unsigned  shares[MODEL_TERMS][3] = {
        { 2000, 0, 0 }, { 4000, 500, 100 }, { 3333, 3333, 3334 },
        { 0, 0, 10000 }, { 0, 0, 0 }, { 10000, 0, 0 }
    };

    jupref_terms_t  terms;

    terms = terms_of("tier", 100 + number, number * 5, shares[number][0],
                     shares[number][1], shares[number][2]);
    terms.tier[4] = (uint8_t) ('0' + number);

    if (number == 5) {
        terms.partner_bps = 7777;
    }

    return terms;
}


void
model_split(unsigned terms, uint64_t amount, const unsigned earner[3],
    model_split_t *split)
{
    unsigned        level;
    model_sum_t     partner;
    jupref_terms_t  law;

    law = model_terms(terms);
    partner = (model_sum_t) amount * law.partner_bps / 10000;

    split->cut = amount - partner;
    split->platform = partner;

    for (level = 0; level < 3; level++) {
        split->level[level] = earner[level] ? partner * law.share_bps[level]
                                              / 10000
                                            : 0;
        split->platform -= split->level[level];
    }
}
