/*
 * Settling (see the header).
 */

#include "ledger/jupref_settle.h"

#include <string.h>


static void jupref_settle_order(const jupref_order_t *order,
    jupref_trade_t *trade);
static void jupref_settle_event(const jupref_execution_t *execution,
    jupref_settlement_t *settlement);
static void jupref_settle_executed(const jupref_execution_t *execution,
    jupref_trade_t *trade);


unsigned
jupref_settle_intent(const jupref_execution_t *execution,
    const jupref_order_t *pending, jupref_event_t *event)
{
    if (pending && pending->executed) {
        return 0;
    }

    memset(event, 0, sizeof(jupref_event_t));
    event->type = JUPREF_EVENT_TRADE_INTENT;
    event->of.trade.signature = execution->request->signature;
    jupref_settle_order(execution->order, &event->of.trade);

    return 1;
}


void
jupref_settle(const jupref_execution_t *execution,
    const jupref_order_t *pending, jupref_settlement_t *settlement)
{
    memset(settlement, 0, sizeof(jupref_settlement_t));

    settlement->outcome = execution->outcome;

    if (pending && pending->executed) {

        /* sent again: it is booked, whatever this answer says */

        settlement->outcome = JUPREF_TRADE_EXECUTED;
        settlement->closes_intent = 1;
        return;
    }

    switch (execution->outcome) {

    case JUPREF_TRADE_FAILED:
        settlement->frees = 1;
        settlement->closes_intent = 1;
        return;

    case JUPREF_TRADE_REFUSED:
        settlement->closes_intent = 1;
        return;

    case JUPREF_TRADE_EXECUTED:
    case JUPREF_TRADE_UNKNOWN:
        break;

    default:
        return;
    }

    jupref_settle_event(execution, settlement);

    if (jupref_signature_is_zero(&settlement->event.of.trade.signature)) {
        settlement->outcome = JUPREF_TRADE_UNKNOWN;
        settlement->unsigned_trade = 1;
        return;
    }

    settlement->closes_intent = (execution->outcome == JUPREF_TRADE_UNKNOWN
                                 && pending && pending->unknown);
    settlement->appends = !settlement->closes_intent;
}


void
jupref_settled(jupref_order_t *pending, const jupref_settlement_t *settlement,
    jupref_ledger_result_e result)
{
    if (result != JUPREF_LEDGER_OK && result != JUPREF_LEDGER_TRADE_EXISTS) {
        return;
    }

    if (settlement->outcome == JUPREF_TRADE_EXECUTED) {
        pending->executed = 1;

    } else {
        pending->unknown = 1;
    }
}


unsigned
jupref_settle_closing(const jupref_ledger_t *ledger,
    const jupref_execution_t *execution,
    const jupref_settlement_t *settlement, jupref_ledger_result_e result,
    jupref_event_t *event)
{
    if (!settlement->closes_intent && result != JUPREF_LEDGER_TRADE_EXISTS) {
        return 0;
    }

    if (jupref_find_intent(ledger, &execution->order->request_id) == 0) {
        return 0;
    }

    memset(event, 0, sizeof(jupref_event_t));
    event->type = JUPREF_EVENT_INTENT_CLOSED;
    event->of.intent_closed.request_id = execution->order->request_id;

    return 1;
}


unsigned
jupref_settle_binding(const jupref_ledger_t *ledger,
    const jupref_execution_t *execution, jupref_attribution_mode_e mode,
    jupref_event_t *event)
{
    const jupref_order_t  *order;

    order = execution->order;

    if (order->code.key[0] == 0
        || !jupref_wants_binding(ledger, &order->taker, &order->code, mode))
    {
        return 0;
    }

    memset(event, 0, sizeof(jupref_event_t));
    event->type = JUPREF_EVENT_WALLET_BOUND;
    event->of.wallet_bound.wallet = order->taker;
    event->of.wallet_bound.code = order->code;

    return 1;
}


static void
jupref_settle_event(const jupref_execution_t *execution,
    jupref_settlement_t *settlement)
{
    jupref_trade_t                 *trade;
    const jupref_execute_answer_t  *answer;

    answer = execution->answer;
    trade = &settlement->event.of.trade;

    /* Jupiter's word first: where a maker signs before the taker only Jupiter
     * knows the first signature */

    trade->signature = jupref_signature_is_zero(&answer->signature)
                       ? execution->request->signature : answer->signature;

    jupref_settle_order(execution->order, trade);

    settlement->event.type = JUPREF_EVENT_TRADE_UNKNOWN;

    if (execution->outcome == JUPREF_TRADE_EXECUTED) {
        settlement->event.type = JUPREF_EVENT_TRADE_EXECUTED;
        jupref_settle_executed(execution, trade);
    }
}


static void
jupref_settle_order(const jupref_order_t *order, jupref_trade_t *trade)
{
    trade->request_id = order->request_id;
    trade->taker = order->taker;
    trade->code = order->code;
    trade->terms = order->terms;
    trade->input_mint = order->input_mint;
    trade->output_mint = order->output_mint;
    trade->fee_mint = order->fee_mint;
    trade->in_amount = order->in_amount;
    trade->out_amount = order->out_amount;
    trade->volume_micro_usd = order->volume_micro_usd;
    trade->last_valid_block_height = order->last_valid_block_height;
    trade->granted_bps = order->granted_bps;
    memcpy(trade->message_hash, order->message_hash, JUPREF_SHA256_SIZE);
    memcpy(trade->router, order->router, JUPREF_ROUTER_MAX);
}


static void
jupref_settle_executed(const jupref_execution_t *execution,
    jupref_trade_t *trade)
{
    const jupref_order_t           *order;
    const jupref_execute_answer_t  *answer;

    order = execution->order;
    answer = execution->answer;

    trade->slot = answer->slot;
    trade->fee = jupref_estimate_fee(&order->input_mint, &order->output_mint,
                                     &trade->fee_mint, order->in_amount,
                                     order->out_amount, order->granted_bps,
                                     order->confirmed, answer);

    if (answer->has_total_input) {
        trade->in_amount = answer->total_input;
    }

    if (answer->has_total_output) {
        trade->out_amount = answer->total_output;
    }
}
