/*
 * The fold of trades: trade.executed and trade.unknown.
 *
 * A trade is known by its signature and booked once.  An unknown one has a
 * row but moves nothing; when it turns out executed the same row is booked.
 * What referrers get here are estimates: accounts move only by what is
 * verified on chain.
 */

#include <string.h>

#include "base/jupref_assert.h"
#include "ledger/jupref_booking.h"
#include "ledger/jupref_links.h"
#include "ledger/jupref_standing.h"


/* What booking a trade will touch, decided before anything is. */
typedef struct {
    uint32_t        row;                /* an unknown trade's, 0: a new row */
    uint32_t        code;
    unsigned        kept;               /* 1: the code is the unknown row's */
    uint32_t        level[JUPREF_LEVELS];
    jupref_found_t  found;
} jupref_trade_plan_t;


static jupref_ledger_result_e jupref_plan_trade(const jupref_ledger_t *ledger,
    const jupref_event_t *event, jupref_trade_plan_t *plan);
static jupref_ledger_result_e jupref_plan_row(const jupref_ledger_t *ledger,
    const jupref_event_t *event, jupref_trade_plan_t *plan);
static jupref_ledger_result_e jupref_plan_room(const jupref_ledger_t *ledger,
    const jupref_trade_t *trade, jupref_trade_plan_t *plan);
static unsigned jupref_is_same_trade(const jupref_trade_row_t *row,
    const jupref_trade_t *trade);
static void jupref_book_row(jupref_ledger_t *ledger,
    const jupref_event_t *event, const jupref_trade_plan_t *plan,
    jupref_trade_row_t *row);


jupref_ledger_result_e
jupref_apply_trade(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    uint32_t                index;
    jupref_trade_row_t     *row, before;
    jupref_trade_plan_t     plan;
    jupref_ledger_result_e  result;

    memset(&plan, 0, sizeof(jupref_trade_plan_t));

    result = jupref_plan_trade(ledger, event, &plan);

    if (result != JUPREF_LEDGER_OK) {
        return result;
    }

    jupref_booking_begins(ledger);

    index = plan.row;

    if (index) {
        jupref_unlink_trade(ledger, index);
        jupref_unlink_queue(ledger, index);
        before = *jupref_trade(ledger, index);

    } else {
        index = jupref_table_insert(&ledger->tables[JUPREF_TABLE_TRADES],
                                    ledger,
                                    event->of.trade.signature.bytes);
    }

    row = jupref_trade(ledger, index);

    jupref_book_row(ledger, event, &plan, row);
    jupref_link_trade(ledger, index);
    jupref_link_queue(ledger, index);
    jupref_trade_moves(ledger, plan.row ? &before : NULL, row, &plan.found);

    if (row->state == JUPREF_STATE_EXECUTED) {
        jupref_trade_in_series(ledger, row, event->time_ms);
    }

    jupref_intent_decided(ledger, &row->request_id);
    jupref_mix(ledger, row, sizeof(jupref_trade_row_t));

    return JUPREF_LEDGER_OK;
}


static jupref_ledger_result_e
jupref_plan_trade(const jupref_ledger_t *ledger, const jupref_event_t *event,
    jupref_trade_plan_t *plan)
{
    const jupref_trade_t    *trade;
    jupref_ledger_result_e   result;

    trade = &event->of.trade;

    if (!jupref_terms_valid(&trade->terms)
        || trade->granted_bps > JUPREF_BPS_WHOLE
        || jupref_signature_is_zero(&trade->signature))
    {
        return JUPREF_LEDGER_BAD_EVENT;
    }

    result = jupref_plan_row(ledger, event, plan);

    if (result != JUPREF_LEDGER_OK) {
        return result;
    }

    if (!plan->kept && trade->code.key[0]) {
        plan->code = jupref_find_code(ledger, &trade->code);

        if (plan->code == 0) {
            return JUPREF_LEDGER_CODE_UNKNOWN;
        }
    }

    if (event->type == JUPREF_EVENT_TRADE_EXECUTED) {
        jupref_trade_levels(ledger, plan->code, &trade->taker, &trade->terms,
                            plan->level);
    }

    return jupref_plan_room(ledger, trade, plan);
}


/*
 * Whose trade it is was said when it became known, if this is the trade that
 * was meant: an unknown one has its signature from who sent it, and Jupiter's
 * word for another message overrules that.
 */

static jupref_ledger_result_e
jupref_plan_row(const jupref_ledger_t *ledger, const jupref_event_t *event,
    jupref_trade_plan_t *plan)
{
    jupref_trade_row_t  *row;

    plan->row = jupref_find_trade(ledger, &event->of.trade.signature);

    if (plan->row == 0) {
        return jupref_rows_left(ledger, JUPREF_TABLE_TRADES)
               ? JUPREF_LEDGER_OK : JUPREF_LEDGER_TRADES_FULL;
    }

    row = jupref_trade(ledger, plan->row);

    if (event->type != JUPREF_EVENT_TRADE_EXECUTED
        || !jupref_never_executed(row))
    {
        return JUPREF_LEDGER_TRADE_EXISTS;
    }

    if (jupref_is_same_trade(row, &event->of.trade)) {
        plan->code = row->code;
        plan->kept = 1;
    }

    return JUPREF_LEDGER_OK;
}


static unsigned
jupref_is_same_trade(const jupref_trade_row_t *row,
    const jupref_trade_t *trade)
{
    return jupref_pubkey_equal(&row->taker, &trade->taker)
           && memcmp(row->message_hash, trade->message_hash,
                     JUPREF_SHA256_SIZE) == 0;
}


/* Referrers' sums are parts of the platform's and of the mint's. */

static jupref_ledger_result_e
jupref_plan_room(const jupref_ledger_t *ledger, const jupref_trade_t *trade,
    jupref_trade_plan_t *plan)
{
    jupref_fee_split_t  split;

    if (ledger->volume_micro_usd >= JUPREF_SUM_MAX) {
        return JUPREF_LEDGER_OVERFLOW;
    }

    jupref_fee_split(&trade->terms, trade->fee, jupref_earners(plan->level),
                     &split);

    return jupref_room_for(ledger, &trade->fee_mint, plan->level, &split,
                           &plan->found);
}


static void
jupref_book_row(jupref_ledger_t *ledger, const jupref_event_t *event,
    const jupref_trade_plan_t *plan, jupref_trade_row_t *row)
{
    const jupref_trade_t  *trade;

    trade = &event->of.trade;

    row->taker = trade->taker;
    row->request_id = trade->request_id;
    memcpy(row->message_hash, trade->message_hash, JUPREF_SHA256_SIZE);
    memcpy(row->router, trade->router, JUPREF_ROUTER_MAX);
    row->time_ms = event->time_ms;
    row->seq = event->seq;
    row->in_amount = trade->in_amount;
    row->out_amount = trade->out_amount;
    row->fee = trade->fee;
    row->volume_micro_usd = trade->volume_micro_usd;
    row->slot = trade->slot;
    row->last_valid_block_height = trade->last_valid_block_height;
    row->code = plan->code;
    memcpy(row->level, plan->level, sizeof(row->level));
    row->input_mint = trade->input_mint;
    row->output_mint = trade->output_mint;
    row->fee_mint = plan->found.mint;

    if (row->fee_mint == 0 && !jupref_pubkey_is_zero(&trade->fee_mint)) {
        row->fee_mint = jupref_take_mint(ledger, &trade->fee_mint);
    }

    row->granted_bps = trade->granted_bps;
    memcpy(row->share_bps, trade->terms.share_bps, sizeof(row->share_bps));
    row->partner_bps = trade->terms.partner_bps;
    row->state = (event->type == JUPREF_EVENT_TRADE_EXECUTED)
                 ? JUPREF_STATE_EXECUTED : JUPREF_STATE_UNKNOWN;
    row->ruled_ms = 0;
    row->reason = 0;
    row->came_from = 0;
}
