/*
 * The fold of trade.verified: a fee that really arrived enters the books.
 *
 *     Dr jupiter_unclaimed  F
 *     Cr jupiter_cut        F - P         P: the partner's part of F
 *     Cr platform           P - the levels' shares
 *     Cr pending            each level's share
 *
 * Terms and levels are those decided when the trade was executed; one that
 * was unknown until now gets its levels here, and counts from here on.  What
 * is booked is what arrived, in the mint it arrived in: the estimate is taken
 * back.
 */

#include "ledger/jupref_booking.h"
#include "ledger/jupref_links.h"
#include "ledger/jupref_postings.h"
#include "ledger/jupref_standing.h"


static jupref_ledger_result_e jupref_plan_verified(
    const jupref_ledger_t *ledger, const jupref_event_t *event,
    uint32_t *index, jupref_trade_row_t *after, jupref_found_t *found,
    jupref_postings_t *postings);
static jupref_ledger_result_e jupref_plan_fee(const jupref_ledger_t *ledger,
    const jupref_pubkey_t *mint, jupref_trade_row_t *after,
    jupref_found_t *found, jupref_postings_t *postings);


jupref_ledger_result_e
jupref_apply_verified(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    uint32_t                index;
    jupref_found_t          found;
    jupref_trade_row_t     *row, before, after;
    jupref_postings_t       postings;
    jupref_ledger_result_e  result;

    result = jupref_plan_verified(ledger, event, &index, &after, &found,
                                  &postings);

    if (result != JUPREF_LEDGER_OK) {
        return result;
    }

    jupref_booking_begins(ledger);

    after.fee_mint = found.mint;

    if (after.fee_mint == 0) {
        after.fee_mint = jupref_take_mint(ledger,
                                          &event->of.trade_verified.fee_mint);
    }

    postings.mint = after.fee_mint;

    row = jupref_trade(ledger, index);
    jupref_unlink_queue(ledger, index);
    before = *row;
    after.sooner = 0;
    after.later = 0;
    *row = after;

    jupref_trade_moves(ledger, &before, row, &found);
    jupref_postings_book(ledger, &postings);
    jupref_link_queue(ledger, index);

    if (jupref_never_executed(&before)) {
        jupref_trade_in_series(ledger, row, event->time_ms);
    }

    jupref_mix(ledger, row, sizeof(jupref_trade_row_t));

    return JUPREF_LEDGER_OK;
}


static jupref_ledger_result_e
jupref_plan_verified(const jupref_ledger_t *ledger,
    const jupref_event_t *event, uint32_t *index, jupref_trade_row_t *after,
    jupref_found_t *found, jupref_postings_t *postings)
{
    jupref_terms_t                  terms;
    const jupref_trade_verified_t  *asked;

    asked = &event->of.trade_verified;

    if (asked->fee == 0 || jupref_pubkey_is_zero(&asked->fee_mint)) {
        return JUPREF_LEDGER_BAD_EVENT;
    }

    *index = jupref_find_trade(ledger, &asked->signature);

    if (*index == 0) {
        return JUPREF_LEDGER_TRADE_UNKNOWN;
    }

    *after = *jupref_trade(ledger, *index);

    if (after->state != JUPREF_STATE_EXECUTED
        && after->state != JUPREF_STATE_UNKNOWN
        && after->state != JUPREF_STATE_UNPROVED)
    {
        return JUPREF_LEDGER_WRONG_STATE;
    }

    if (after->state != JUPREF_STATE_EXECUTED
        && ledger->volume_micro_usd >= JUPREF_SUM_MAX)
    {
        return JUPREF_LEDGER_OVERFLOW;
    }

    if (jupref_never_executed(after)) {
        jupref_trade_terms(after, &terms);
        jupref_trade_levels(ledger, after->code, &after->taker, &terms,
                            after->level);
    }

    after->state = JUPREF_STATE_VERIFIED;
    after->fee = asked->fee;
    after->slot = asked->slot;
    after->verified_seq = event->seq;
    after->verified_ms = event->time_ms;
    after->ruled_ms = 0;
    after->reason = 0;
    after->came_from = 0;

    return jupref_plan_fee(ledger, &asked->fee_mint, after, found, postings);
}


static jupref_ledger_result_e
jupref_plan_fee(const jupref_ledger_t *ledger, const jupref_pubkey_t *mint,
    jupref_trade_row_t *after, jupref_found_t *found,
    jupref_postings_t *postings)
{
    unsigned                i;
    jupref_terms_t          terms;
    jupref_fee_split_t      split;
    jupref_ledger_result_e  result;

    jupref_trade_terms(after, &terms);
    jupref_fee_split(&terms, after->fee, jupref_earners(after->level),
                     &split);

    result = jupref_room_for(ledger, mint, after->level, &split, found);

    if (result != JUPREF_LEDGER_OK) {
        return result;
    }

    jupref_postings_begin(postings, found->mint);

    jupref_debit(postings, JUPREF_ACCOUNT_JUPITER_UNCLAIMED, 0, after->fee);
    jupref_credit(postings, JUPREF_ACCOUNT_JUPITER_CUT, 0, split.jupiter_cut);
    jupref_credit(postings, JUPREF_ACCOUNT_PLATFORM, 0, split.platform);

    for (i = 0; i < JUPREF_LEVELS; i++) {
        jupref_credit(postings, JUPREF_ACCOUNT_PENDING, after->level[i],
                      split.level[i]);
        jupref_postings_know(postings, after->level[i], found->balance[i]);
    }

    return jupref_postings_check(ledger, postings);
}
