/*
 * Random histories (see the header).
 */

#include "history.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "ledger_world.h"


#define HISTORY_TIME_MS  UINT64_C(1763838000000)        /* of seq 0 */


static history_op_t history_aimed(history_t *history, history_op_t op);
static unsigned history_suits(const history_t *history,
    const history_op_t *op);
static void history_code(history_t *history, char text[16], unsigned code);
static jupref_event_t history_trade(history_t *history,
    const history_op_t *op, const char *code);


unsigned
history_pick(history_t *history, unsigned count)
{
    return (unsigned) (random_next(&history->random) % count);
}


history_op_t
history_next(history_t *history)
{
    history_op_t  op;

    static const jupref_event_type_e  types[] = {
        JUPREF_EVENT_REFERRER_REGISTERED, JUPREF_EVENT_REFERRER_REGISTERED,
        JUPREF_EVENT_REFERRER_STATUS, JUPREF_EVENT_REFERRER_TIER,
        JUPREF_EVENT_CODE_CREATED, JUPREF_EVENT_CODE_CREATED,
        JUPREF_EVENT_CODE_RETIRED, JUPREF_EVENT_WALLET_BOUND,
        JUPREF_EVENT_WALLET_BOUND, JUPREF_EVENT_CLICKS_COUNTED,
        JUPREF_EVENT_ORDERS_COUNTED, JUPREF_EVENT_TRADE_EXECUTED,
        JUPREF_EVENT_TRADE_EXECUTED, JUPREF_EVENT_TRADE_EXECUTED,
        JUPREF_EVENT_TRADE_EXECUTED, JUPREF_EVENT_TRADE_UNKNOWN,
        JUPREF_EVENT_TRADE_UNKNOWN, JUPREF_EVENT_TRADE_INTENT,
        JUPREF_EVENT_TRADE_INTENT, JUPREF_EVENT_INTENT_CLOSED,
        JUPREF_EVENT_TRADE_VERIFIED, JUPREF_EVENT_TRADE_VERIFIED,
        JUPREF_EVENT_TRADE_VERIFIED, JUPREF_EVENT_TRADE_VERIFIED,
        JUPREF_EVENT_TRADE_REJECTED, JUPREF_EVENT_TRADE_EXPIRED,
        JUPREF_EVENT_HOLD_RELEASED, JUPREF_EVENT_HOLD_RELEASED,
        JUPREF_EVENT_TRADE_DISPUTED, JUPREF_EVENT_TRADE_DISPUTED,
        JUPREF_EVENT_DISPUTE_RESOLVED, JUPREF_EVENT_DISPUTE_RESOLVED,
        JUPREF_EVENT_TRADE_REVERSED, JUPREF_EVENT_TRADE_ARCHIVED,
        JUPREF_EVENT_TRADE_ARCHIVED, JUPREF_EVENT_TRADE_UNPROVED,
        JUPREF_EVENT_TRADE_UNPROVED, JUPREF_EVENT_FEES_CLAIMED,
        JUPREF_EVENT_FEES_DRIFTED, JUPREF_EVENT_INCIDENT_RAISED,
        JUPREF_EVENT_INCIDENT_CLEARED, MODEL_PAYOUT, MODEL_PAYOUT
    };

    memset(&op, 0, sizeof(op));
    op.type = types[history_pick(history, sizeof(types) / sizeof(types[0]))];

    /* a history begins with referrers and codes to write about */

    if (history->at < 40) {
        op.type = types[history_pick(history, 6)];
    }

    op.at = history->ledger->seq + 1;
    op.wallet = 1 + history_pick(history, MODEL_REFERRERS);
    op.parent = history_pick(history, MODEL_REFERRERS + 1);
    op.code = 1 + history_pick(history, MODEL_CODES);
    op.terms = history_pick(history, MODEL_TERMS);
    op.status = history_pick(history, 4);
    op.own_terms = history_pick(history, 4) == 0;
    op.configured = history_pick(history, 4) == 0;
    op.count = history_pick(history, 4) ? history_pick(history, 1000) : 0;
    op.signature = history_pick(history, MODEL_SIGNATURES + 1);
    op.request = history_pick(history, MODEL_REQUESTS + 1);
    op.late = history_pick(history, 8) != 0;
    op.cutoff = op.at - history_pick(history, 40) % op.at
                + (history_pick(history, 10) == 0);
    op.input_mint = 1 + history_pick(history, MODEL_MINTS);
    op.output_mint = 1 + history_pick(history, MODEL_MINTS);
    op.fee_mint = history_pick(history, 4)
                  ? 1 + history_pick(history, 2)
                  : history_pick(history, MODEL_MINTS + 1);
    op.granted_bps = history_pick(history, 4) ? 100
                                              : history_pick(history, 256);
    op.fee = random_next(&history->random)
             >> history_pick(history, history_pick(history, 2) ? 64 : 40);
    op.volume = random_next(&history->random) >> history_pick(history, 64);

    return history_aimed(history, op);
}


/*
 * What an event is about is there, and in a state that it is for, more often
 * than chance would have it.
 */
static history_op_t
history_aimed(history_t *history, history_op_t op)
{
    unsigned  tries;

    /* traders are more than referrers, and referrers trade too */

    if (op.type >= JUPREF_EVENT_WALLET_BOUND && history_pick(history, 4)) {
        op.wallet = 1 + history_pick(history, MODEL_WALLETS);
    }

    if (op.type >= JUPREF_EVENT_TRADE_EXECUTED
        && history_pick(history, 5) == 0)
    {
        op.code = 0;
    }

    for (tries = history_pick(history, 4) ? 40 : 0;
         tries && !history_suits(history, &op); tries--)
    {
        op.code = op.code ? 1 + history_pick(history, MODEL_CODES) : 0;
        op.signature = history_pick(history, MODEL_SIGNATURES + 1);
        op.parent = history_pick(history, MODEL_REFERRERS + 1);
        op.input_mint = 1 + history_pick(history, MODEL_MINTS);

        if (op.wallet <= MODEL_REFERRERS) {
            op.wallet = 1 + history_pick(history, MODEL_REFERRERS);
        }
    }

    /* most fees arrive in the mint that was told */

    if (op.type == JUPREF_EVENT_TRADE_VERIFIED && history_pick(history, 4)) {
        op.fee_mint = history->model.trade[op.signature].fee_mint;
    }

    if (op.type == JUPREF_EVENT_TRADE_INTENT && history_pick(history, 2)) {
        op.signature = 0;
    }

    return op;
}


static unsigned
history_suits(const history_t *history, const history_op_t *op)
{
    unsigned  state, can_go;

    state = history->model.trade[op->signature].state;
    can_go = (state == JUPREF_STATE_VERIFIED
              || state == JUPREF_STATE_AVAILABLE);

    switch (op->type) {

    case JUPREF_EVENT_REFERRER_REGISTERED:
        return op->parent == 0 || history->model.referrer[op->parent].there;

    case JUPREF_EVENT_CODE_CREATED:
        return history->model.referrer[op->wallet].there;

    case JUPREF_EVENT_WALLET_BOUND:
        return history->model.code[op->code].owner != 0;

    case JUPREF_EVENT_TRADE_EXECUTED:
    case JUPREF_EVENT_TRADE_UNKNOWN:
    case JUPREF_EVENT_TRADE_INTENT:
        return op->code == 0 || history->model.code[op->code].owner;

    case JUPREF_EVENT_TRADE_VERIFIED:
    case JUPREF_EVENT_TRADE_REJECTED:
    case JUPREF_EVENT_TRADE_EXPIRED:
    case JUPREF_EVENT_TRADE_UNPROVED:
        return state == JUPREF_STATE_EXECUTED
               || state == JUPREF_STATE_UNKNOWN
               || (state == JUPREF_STATE_UNPROVED
                   && op->type != JUPREF_EVENT_TRADE_UNPROVED);

    case JUPREF_EVENT_TRADE_DISPUTED:
        return can_go;

    case JUPREF_EVENT_DISPUTE_RESOLVED:
        return state == JUPREF_STATE_DISPUTED;

    case JUPREF_EVENT_TRADE_REVERSED:
        return can_go || state == JUPREF_STATE_DISPUTED;

    case JUPREF_EVENT_TRADE_ARCHIVED:
        return state == JUPREF_STATE_AVAILABLE
               || state == JUPREF_STATE_REVERSED
               || state == JUPREF_STATE_UNPROVED;

    case MODEL_PAYOUT:
        return history->sums.available[op->wallet][op->input_mint] != 0;

    default:
        return 1;
    }
}


jupref_event_t
history_event(history_t *history, const history_op_t *op)
{
    char              text[16];
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = history->ledger;
    history_code(history, text, op->code);

    switch (op->type) {

    case JUPREF_EVENT_REFERRER_REGISTERED:
        event = event_registered(ledger, op->wallet, op->parent);
        event.of.referrer_registered.terms = model_terms(op->terms);
        return event;

    case JUPREF_EVENT_REFERRER_STATUS:
        return event_status(ledger, op->wallet, op->status);

    case JUPREF_EVENT_REFERRER_TIER:
        return event_tier(ledger, op->wallet, model_terms(op->terms));

    case JUPREF_EVENT_CODE_CREATED:
        event = event_code(ledger, text, op->wallet, model_terms(op->terms));
        event.of.code_created.own_terms = (uint8_t) op->own_terms;
        event.of.code_created.configured = (uint8_t) op->configured;
        return event;

    case JUPREF_EVENT_CODE_RETIRED:
        return event_retired(ledger, text);

    case JUPREF_EVENT_WALLET_BOUND:
        return event_bound(ledger, op->wallet, text);

    case JUPREF_EVENT_CLICKS_COUNTED:
        return event_clicks(ledger, text, op->count);

    case JUPREF_EVENT_ORDERS_COUNTED:
        return event_orders(ledger, text, op->count);

    case JUPREF_EVENT_INTENT_CLOSED:
        return event_closed(ledger, op->request);

    case JUPREF_EVENT_TRADE_VERIFIED:
        return event_verified(ledger, op->signature, op->fee, op->fee_mint);

    case JUPREF_EVENT_FEES_CLAIMED:
        event = event_next(ledger, op->type);
        event.of.fees_claimed.mint = mint_of(op->fee_mint);
        event.of.fees_claimed.amount = op->fee;
        event.of.fees_claimed.slot = op->cutoff;
        return event;

    case JUPREF_EVENT_FEES_DRIFTED:
        event = event_next(ledger, op->type);
        event.of.fees_drifted.mint = mint_of(op->fee_mint);
        event.of.fees_drifted.unexplained = op->count;
        event.of.fees_drifted.missing = (uint8_t) op->own_terms;
        return event;

    case JUPREF_EVENT_INCIDENT_RAISED:
    case JUPREF_EVENT_INCIDENT_CLEARED:
        event = event_next(ledger, op->type);
        event.of.incident.kind = (uint8_t) op->terms;
        event.of.incident.detail[0] = (uint8_t) ('a' + op->status);
        return event;

    case JUPREF_EVENT_HOLD_RELEASED:
        event = event_released(ledger, 0);
        event.of.hold_released.cutoff_ms = HISTORY_TIME_MS + op->cutoff;
        return event;

    case JUPREF_EVENT_TRADE_ARCHIVED:
        event = event_archived(ledger, op->signature);
        event.time_ms = HISTORY_TIME_MS + op->at
                        + (op->late ? 40 * (uint64_t) MODEL_DAY_MS : 0);
        return event;

    case JUPREF_EVENT_TRADE_EXECUTED:
    case JUPREF_EVENT_TRADE_UNKNOWN:
    case JUPREF_EVENT_TRADE_INTENT:
        return history_trade(history, op, text);

    default:
        return event_ruled(ledger, op->type, op->signature);
    }
}


static jupref_event_t
history_trade(history_t *history, const history_op_t *op, const char *code)
{
    jupref_event_t  event;

    event = event_trade(history->ledger, op->signature, op->wallet, code);
    event.type = op->type;
    event.of.trade.request_id = request_of(op->request);
    event.of.trade.terms = model_terms(op->terms);
    event.of.trade.input_mint = mint_of(op->input_mint);
    event.of.trade.output_mint = mint_of(op->output_mint);
    event.of.trade.fee_mint = mint_of(op->fee_mint);
    event.of.trade.granted_bps = (uint16_t) op->granted_bps;
    event.of.trade.fee = op->fee;
    event.of.trade.volume_micro_usd = op->volume;

    if (op->type == JUPREF_EVENT_TRADE_INTENT && op->late) {
        event.time_ms += 2 * MODEL_DAY_MS;
    }

    return event;
}


/* Codes are written in any case. */
static void
history_code(history_t *history, char text[16], unsigned code)
{
    unsigned  i;

    snprintf(text, 16, "code-%u", code);

    for (i = 0; text[i] && history_pick(history, 2); i++) {
        text[i] = (char) toupper(text[i]);
    }

    if (code == 0) {
        text[0] = '\0';
    }
}


unsigned
history_pay_out(jupref_ledger_t *ledger, const history_op_t *op)
{
    uint32_t               referrer, mint, index;
    jupref_pubkey_t        wallet, key;
    jupref_account_t      *accounts;
    jupref_balance_row_t  *row;

    wallet = wallet_of(op->wallet);
    key = mint_of(op->input_mint);
    referrer = jupref_find_referrer(ledger, &wallet);
    mint = jupref_find_mint(ledger, &key);
    index = jupref_find_balance(ledger, referrer, mint);

    if (index == 0 || jupref_balance(ledger, index)->available == 0) {
        return 0;
    }

    row = jupref_balance(ledger, index);
    accounts = jupref_mint(ledger, mint)->accounts;

    accounts[JUPREF_ACCOUNT_AVAILABLE].debit += row->available;
    accounts[JUPREF_ACCOUNT_PAID].credit += row->available;
    row->paid += row->available;
    row->available = 0;

    return 1;
}
