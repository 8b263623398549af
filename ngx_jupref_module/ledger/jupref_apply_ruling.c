/*
 * The fold of what is ruled about a trade.
 *
 *     executed, unknown,
 *     unproved              rejected or expired: it counts for nothing
 *     executed, unknown     unproved: nobody can say; it counts for nothing
 *                           until somebody can
 *     verified, available   disputed: its commissions are frozen
 *     disputed              resolved: back to where they were frozen
 *     verified, available,
 *     disputed              reversed: the verification is booked back
 *
 * What was available and has been paid out meanwhile can't be taken: the
 * referrer owes it, and what it earns next is netted with that.
 */

#include "ledger/jupref_booking.h"
#include "ledger/jupref_evidence.h"
#include "ledger/jupref_links.h"
#include "ledger/jupref_postings.h"
#include "ledger/jupref_standing.h"


static jupref_ledger_result_e jupref_ruled_trade(const jupref_ledger_t *ledger,
    const jupref_event_t *event, unsigned states, uint32_t *index);
static void jupref_take_back(const jupref_ledger_t *ledger,
    const jupref_trade_row_t *row, const jupref_fee_split_t *split,
    jupref_postings_t *postings);
static jupref_ledger_result_e jupref_book_ruling(jupref_ledger_t *ledger,
    const jupref_event_t *event, uint32_t index, jupref_trade_state_e state,
    const jupref_postings_t *postings);

static jupref_reason_e jupref_ruled_reason(const jupref_event_t *event);

#define jupref_is(state)  (1u << JUPREF_STATE_##state)


/* trade.rejected and trade.expired */

jupref_ledger_result_e
jupref_apply_dropped(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    uint32_t                index;
    jupref_postings_t       none;
    jupref_ledger_result_e  result;

    result = jupref_ruled_trade(ledger, event,
                                jupref_is(EXECUTED) | jupref_is(UNKNOWN)
                                | jupref_is(UNPROVED), &index);

    if (result != JUPREF_LEDGER_OK) {
        return result;
    }

    jupref_postings_begin(&none, 0);

    return jupref_book_ruling(ledger, event, index,
                              (event->type == JUPREF_EVENT_TRADE_REJECTED)
                              ? JUPREF_STATE_REJECTED : JUPREF_STATE_EXPIRED,
                              &none);
}


jupref_ledger_result_e
jupref_apply_unproved(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    uint32_t                index;
    jupref_postings_t       none;
    jupref_ledger_result_e  result;

    result = jupref_ruled_trade(ledger, event,
                                jupref_is(EXECUTED) | jupref_is(UNKNOWN),
                                &index);

    if (result != JUPREF_LEDGER_OK) {
        return result;
    }

    jupref_postings_begin(&none, 0);

    return jupref_book_ruling(ledger, event, index, JUPREF_STATE_UNPROVED,
                              &none);
}


jupref_ledger_result_e
jupref_apply_disputed(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    uint32_t                index;
    unsigned                i;
    jupref_postings_t       postings;
    jupref_fee_split_t      split;
    jupref_trade_row_t     *row;
    jupref_ledger_result_e  result;

    result = jupref_ruled_trade(ledger, event,
                                jupref_is(VERIFIED) | jupref_is(AVAILABLE),
                                &index);

    if (result != JUPREF_LEDGER_OK) {
        return result;
    }

    row = jupref_trade(ledger, index);

    jupref_trade_split(row, &split);
    jupref_postings_begin(&postings, row->fee_mint);
    jupref_take_back(ledger, row, &split, &postings);

    for (i = 0; i < JUPREF_LEVELS; i++) {
        jupref_credit(&postings, JUPREF_ACCOUNT_DISPUTED, row->level[i],
                      split.level[i]);
    }

    return jupref_book_ruling(ledger, event, index, JUPREF_STATE_DISPUTED,
                              &postings);
}


jupref_ledger_result_e
jupref_apply_resolved(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    uint32_t                index;
    unsigned                i;
    jupref_postings_t       postings;
    jupref_fee_split_t      split;
    jupref_trade_row_t     *row;
    jupref_ledger_result_e  result;

    result = jupref_ruled_trade(ledger, event, jupref_is(DISPUTED), &index);

    if (result != JUPREF_LEDGER_OK) {
        return result;
    }

    row = jupref_trade(ledger, index);

    jupref_trade_split(row, &split);
    jupref_postings_begin(&postings, row->fee_mint);
    jupref_take_back(ledger, row, &split, &postings);

    for (i = 0; i < JUPREF_LEVELS; i++) {

        if (row->came_from == JUPREF_STATE_VERIFIED) {
            jupref_credit(&postings, JUPREF_ACCOUNT_PENDING, row->level[i],
                          split.level[i]);

        } else {
            jupref_credit_available(ledger, &postings, row->level[i],
                                    split.level[i]);
        }
    }

    return jupref_book_ruling(ledger, event, index, row->came_from,
                              &postings);
}


jupref_ledger_result_e
jupref_apply_reversed(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    uint32_t                index;
    jupref_postings_t       postings;
    jupref_fee_split_t      split;
    jupref_trade_row_t     *row;
    jupref_ledger_result_e  result;

    result = jupref_ruled_trade(ledger, event,
                                jupref_is(VERIFIED) | jupref_is(AVAILABLE)
                                | jupref_is(DISPUTED), &index);

    if (result != JUPREF_LEDGER_OK) {
        return result;
    }

    row = jupref_trade(ledger, index);

    jupref_trade_split(row, &split);
    jupref_postings_begin(&postings, row->fee_mint);

    jupref_debit(&postings, JUPREF_ACCOUNT_JUPITER_CUT, 0, split.jupiter_cut);
    jupref_debit(&postings, JUPREF_ACCOUNT_PLATFORM, 0, split.platform);
    jupref_take_back(ledger, row, &split, &postings);
    jupref_credit(&postings, JUPREF_ACCOUNT_JUPITER_UNCLAIMED, 0, row->fee);

    return jupref_book_ruling(ledger, event, index, JUPREF_STATE_REVERSED,
                              &postings);
}


/* The trade that is meant, when it is in one of these states. */

static jupref_ledger_result_e
jupref_ruled_trade(const jupref_ledger_t *ledger, const jupref_event_t *event,
    unsigned states, uint32_t *index)
{
    *index = jupref_find_trade(ledger, &event->of.trade_ruled.signature);

    if (*index == 0) {
        return JUPREF_LEDGER_TRADE_UNKNOWN;
    }

    return (1u << jupref_trade(ledger, *index)->state & states)
           ? JUPREF_LEDGER_OK : JUPREF_LEDGER_WRONG_STATE;
}


/* Debits the commissions where the trade's state has them. */

static void
jupref_take_back(const jupref_ledger_t *ledger, const jupref_trade_row_t *row,
    const jupref_fee_split_t *split, jupref_postings_t *postings)
{
    unsigned  i;

    for (i = 0; i < JUPREF_LEVELS; i++) {

        switch (row->state) {

        case JUPREF_STATE_VERIFIED:
            jupref_debit(postings, JUPREF_ACCOUNT_PENDING, row->level[i],
                         split->level[i]);
            break;

        case JUPREF_STATE_AVAILABLE:
            jupref_debit_available(ledger, postings, row->level[i],
                                   split->level[i]);
            break;

        default: /* JUPREF_STATE_DISPUTED */
            jupref_debit(postings, JUPREF_ACCOUNT_DISPUTED, row->level[i],
                         split->level[i]);
            break;
        }
    }
}


static jupref_ledger_result_e
jupref_book_ruling(jupref_ledger_t *ledger, const jupref_event_t *event,
    uint32_t index, jupref_trade_state_e state,
    const jupref_postings_t *postings)
{
    jupref_trade_row_t     *row, before;
    jupref_ledger_result_e  result;

    result = jupref_postings_check(ledger, postings);

    if (result != JUPREF_LEDGER_OK) {
        return result;
    }

    jupref_booking_begins(ledger);

    jupref_unlink_queue(ledger, index);

    row = jupref_trade(ledger, index);
    before = *row;

    row->state = (uint8_t) state;
    row->came_from = (state == JUPREF_STATE_DISPUTED
                      || state == JUPREF_STATE_UNPROVED) ? before.state : 0;
    row->reason = (uint8_t) jupref_ruled_reason(event);
    row->ruled_ms = event->time_ms;

    jupref_link_queue(ledger, index);

    jupref_trade_moves(ledger, &before, row, NULL);
    jupref_postings_book(ledger, postings);

    jupref_mix(ledger, row, sizeof(jupref_trade_row_t));

    return JUPREF_LEDGER_OK;
}


/* A person's words are words, also where they are a reason's name in this
 * version or another: what a row says mustn't depend on who replays. */

static jupref_reason_e
jupref_ruled_reason(const jupref_event_t *event)
{
    if (event->actor[0] && event->of.trade_ruled.reason[0]) {
        return JUPREF_REASON_MANUAL;
    }

    return jupref_reason_of(event->of.trade_ruled.reason);
}
