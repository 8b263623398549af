/*
 * Upkeep (see the header).
 */

#include "ledger/jupref_upkeep.h"

#include <string.h>

#include "ledger/jupref_booking.h"
#include "ledger/jupref_evidence.h"


/* Of the oldest trades; a few that stay unsettled stop nothing. */
#define JUPREF_ARCHIVE_STEPS   64

#define JUPREF_INTENT_LIFE_MS      (24 * 60 * 60 * UINT64_C(1000))

#define JUPREF_INTENT_LOOK_MS      UINT64_C(10000)
#define JUPREF_INTENT_LOOK_MAX_MS  (60 * 60 * UINT64_C(1000))


unsigned
jupref_archive_due(const jupref_ledger_t *ledger, uint64_t now_ms,
    jupref_event_t *event)
{
    uint32_t  index;
    unsigned  steps;

    if (jupref_rows_left(ledger, JUPREF_TABLE_TRADES) > 0) {
        return 0;
    }

    index = ledger->oldest_trade;

    for (steps = 0; index && steps < JUPREF_ARCHIVE_STEPS; steps++) {

        if (jupref_may_archive(ledger, index, now_ms)) {
            memset(event, 0, sizeof(jupref_event_t));
            event->type = JUPREF_EVENT_TRADE_ARCHIVED;
            jupref_archived_of(ledger, index, &event->of.trade_archived);
            return 1;
        }

        index = jupref_trade(ledger, index)->newer;
    }

    return 0;
}


unsigned
jupref_release_due(const jupref_ledger_t *ledger, uint64_t now_ms,
    uint64_t hold_ms, jupref_event_t *event)
{
    if (ledger->next_release == 0 || now_ms < hold_ms
        || jupref_trade(ledger, ledger->next_release)->verified_ms
           > now_ms - hold_ms)
    {
        return 0;
    }

    memset(event, 0, sizeof(jupref_event_t));
    event->type = JUPREF_EVENT_HOLD_RELEASED;
    event->of.hold_released.cutoff_ms = now_ms - hold_ms;

    return 1;
}


/*
 * One whose signature is booked already, under another requestId, can't be
 * booked again: it is closed.
 */

unsigned
jupref_intent_stale(const jupref_ledger_t *ledger, uint64_t now_ms,
    uint64_t age_ms, jupref_event_t *event)
{
    uint32_t              oldest;
    jupref_intent_row_t  *row;

    oldest = ledger->oldest_intent[JUPREF_INTENTS_SIGNED];

    if (oldest == 0 || now_ms < age_ms) {
        return 0;
    }

    row = jupref_intent(ledger, oldest);

    if (row->time_ms > now_ms - age_ms) {
        return 0;
    }

    memset(event, 0, sizeof(jupref_event_t));

    if (jupref_find_trade(ledger, &row->trade.signature)) {
        event->type = JUPREF_EVENT_INTENT_CLOSED;
        event->of.intent_closed.request_id = row->trade.request_id;

    } else {
        event->type = JUPREF_EVENT_TRADE_UNKNOWN;
        event->of.trade = row->trade;
    }

    return 1;
}


unsigned
jupref_intent_found(const jupref_ledger_t *ledger,
    const jupref_request_id_t *request_id,
    const jupref_signature_t *signature, jupref_event_t *event)
{
    uint32_t  index;

    index = jupref_find_intent(ledger, request_id);

    if (index == 0 || jupref_find_trade(ledger, signature)) {
        return 0;
    }

    memset(event, 0, sizeof(jupref_event_t));
    event->type = JUPREF_EVENT_TRADE_UNKNOWN;
    event->of.trade = jupref_intent(ledger, index)->trade;
    event->of.trade.signature = *signature;

    return 1;
}


unsigned
jupref_binding_due(const jupref_ledger_t *ledger,
    const jupref_signature_t *signature, jupref_attribution_mode_e mode,
    jupref_event_t *event)
{
    uint32_t                   index, wallet;
    jupref_code_row_t         *code;
    jupref_code_name_t         name;
    const jupref_trade_row_t  *row;

    index = jupref_find_trade(ledger, signature);

    if (index == 0) {
        return 0;
    }

    row = jupref_trade(ledger, index);

    wallet = jupref_find_wallet(ledger, &row->taker);

    /* one that was bound since traded later */

    if (row->state != JUPREF_STATE_VERIFIED || row->code == 0
        || (wallet && jupref_wallet(ledger, wallet)->bound_ms > row->time_ms))
    {
        return 0;
    }

    code = jupref_code(ledger, row->code);
    memcpy(name.key, code->key, JUPREF_CODE_MAX);
    memcpy(name.text, code->text, JUPREF_CODE_MAX);

    if (!jupref_wants_binding(ledger, &row->taker, &name, mode)) {
        return 0;
    }

    memset(event, 0, sizeof(jupref_event_t));
    event->type = JUPREF_EVENT_WALLET_BOUND;
    event->of.wallet_bound.wallet = row->taker;
    event->of.wallet_bound.code = name;

    return 1;
}


unsigned
jupref_intent_look_due(uint64_t time_ms, uint64_t former_ms, uint64_t now_ms)
{
    uint64_t  age, former, due;

    age = (now_ms > time_ms) ? now_ms - time_ms : 0;
    former = (former_ms > time_ms) ? former_ms - time_ms : 0;

    due = JUPREF_INTENT_LOOK_MS;

    while (due <= former && due / 4 < JUPREF_INTENT_LOOK_MAX_MS) {
        due += (due / 4 > JUPREF_INTENT_LOOK_MS) ? due / 4
                                                 : JUPREF_INTENT_LOOK_MS;
    }

    if (due <= former) {
        due += ((former - due) / JUPREF_INTENT_LOOK_MAX_MS + 1)
               * JUPREF_INTENT_LOOK_MAX_MS;
    }

    return due <= age;
}


unsigned
jupref_intent_silence_counts(const jupref_trade_t *trade, uint64_t time_ms,
    uint64_t height, uint64_t now_ms)
{
    return (now_ms < time_ms
            || now_ms - time_ms < JUPREF_EVIDENCE_HISTORY_MS)
           && trade->last_valid_block_height
           && height > trade->last_valid_block_height;
}


unsigned
jupref_intent_gives_way(const jupref_ledger_t *ledger, uint64_t now_ms,
    jupref_event_t *event)
{
    uint32_t              oldest;
    jupref_intent_row_t  *row;

    oldest = ledger->oldest_intent[JUPREF_INTENTS_UNSIGNED];

    if (jupref_rows_left(ledger, JUPREF_TABLE_INTENTS) > 0 || oldest == 0) {
        return 0;
    }

    row = jupref_intent(ledger, oldest);

    if (now_ms < JUPREF_INTENT_LIFE_MS
        || row->time_ms > now_ms - JUPREF_INTENT_LIFE_MS)
    {
        return 0;
    }

    memset(event, 0, sizeof(jupref_event_t));
    event->type = JUPREF_EVENT_INTENT_CLOSED;
    event->of.intent_closed.request_id = row->trade.request_id;

    return 1;
}
