/*
 * The fold of executes on their way: trade.intent and intent.closed.
 *
 * An intent is kept until its execute is decided, by a trade of the same
 * requestId or by word that it came to nothing.  What is left over after a
 * crash was never decided: with a signature it becomes an unknown trade,
 * without one it waits, and gives way after a day when room is needed.  Both
 * are upkeep, and events: how much room there is must not be seen in the
 * state.
 */

#include <string.h>

#include "ledger/jupref_booking.h"
#include "ledger/jupref_links.h"


static void jupref_intent_keep(jupref_trade_t *kept,
    const jupref_trade_t *trade);
static void jupref_intent_remove(jupref_ledger_t *ledger, uint32_t index);


jupref_ledger_result_e
jupref_apply_intent(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    uint32_t               index;
    jupref_intent_row_t   *row;
    const jupref_trade_t  *trade;

    trade = &event->of.trade;

    if (!jupref_terms_valid(&trade->terms)
        || trade->granted_bps > JUPREF_BPS_WHOLE
        || trade->request_id.len == 0)
    {
        return JUPREF_LEDGER_BAD_EVENT;
    }

    if (jupref_find_intent(ledger, &trade->request_id)) {
        return JUPREF_LEDGER_NO_CHANGE;
    }

    if (trade->code.key[0] && jupref_find_code(ledger, &trade->code) == 0) {
        return JUPREF_LEDGER_CODE_UNKNOWN;
    }

    if (jupref_rows_left(ledger, JUPREF_TABLE_INTENTS) == 0) {
        return JUPREF_LEDGER_INTENTS_FULL;
    }

    jupref_booking_begins(ledger);

    index = jupref_table_insert(&ledger->tables[JUPREF_TABLE_INTENTS], ledger,
                                &trade->request_id);

    row = jupref_intent(ledger, index);
    jupref_intent_keep(&row->trade, trade);
    row->time_ms = event->time_ms;
    row->seq = event->seq;
    jupref_link_intent(ledger, index);

    jupref_mix(ledger, row, sizeof(jupref_intent_row_t));

    return JUPREF_LEDGER_OK;
}


/* Field by field: what stands between an event's fields is nobody's. */

static void
jupref_intent_keep(jupref_trade_t *kept, const jupref_trade_t *trade)
{
    kept->signature = trade->signature;
    kept->request_id = trade->request_id;
    kept->taker = trade->taker;
    kept->code = trade->code;
    kept->terms = trade->terms;
    kept->input_mint = trade->input_mint;
    kept->output_mint = trade->output_mint;
    kept->fee_mint = trade->fee_mint;
    kept->in_amount = trade->in_amount;
    kept->out_amount = trade->out_amount;
    kept->fee = trade->fee;
    kept->volume_micro_usd = trade->volume_micro_usd;
    kept->slot = trade->slot;
    kept->last_valid_block_height = trade->last_valid_block_height;
    kept->granted_bps = trade->granted_bps;
    memcpy(kept->message_hash, trade->message_hash, JUPREF_SHA256_SIZE);
    memcpy(kept->router, trade->router, JUPREF_ROUTER_MAX);
}


jupref_ledger_result_e
jupref_apply_closed(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    uint32_t  index;

    index = jupref_find_intent(ledger, &event->of.intent_closed.request_id);

    if (index == 0) {
        return JUPREF_LEDGER_INTENT_UNKNOWN;
    }

    jupref_booking_begins(ledger);
    jupref_intent_remove(ledger, index);

    return JUPREF_LEDGER_OK;
}


void
jupref_intent_decided(jupref_ledger_t *ledger,
    const jupref_request_id_t *request_id)
{
    uint32_t  index;

    if (ledger->tables[JUPREF_TABLE_INTENTS].count == 0) {
        return;
    }

    index = jupref_find_intent(ledger, request_id);

    if (index) {
        jupref_intent_remove(ledger, index);
    }
}


static void
jupref_intent_remove(jupref_ledger_t *ledger, uint32_t index)
{
    jupref_intent_row_t  *row;

    row = jupref_intent(ledger, index);

    jupref_mix(ledger, &row->seq, sizeof(row->seq));
    jupref_unlink_intent(ledger, index);
    jupref_table_remove(&ledger->tables[JUPREF_TABLE_INTENTS], ledger, index);
}
