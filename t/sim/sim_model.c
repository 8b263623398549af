/*
 * The plain books (see the header).
 */

#include "sim_model.h"

#include <string.h>

#include "sim_keys.h"


typedef struct {
    uint64_t  cut;
    uint64_t  platform;
    uint64_t  level[JUPREF_LEVELS];
} sim_parts_t;


static unsigned sim_model_traded(sim_model_t *model,
    const jupref_event_t *event, const sim_decided_t *decided);
static unsigned sim_model_verified(sim_model_t *model,
    const jupref_event_t *event, const sim_decided_t *decided);
static unsigned sim_model_ruled(sim_model_t *model,
    const jupref_event_t *event);
static unsigned sim_model_released(sim_model_t *model,
    const jupref_event_t *event, const sim_decided_t *decided);
static unsigned sim_model_archived(sim_model_t *model,
    const jupref_event_t *event);
static unsigned sim_model_told(sim_model_t *model,
    const jupref_event_t *event);
static void sim_model_paid(sim_model_t *model, unsigned referrer);
static unsigned sim_model_parts(const sim_trade_t *trade, sim_parts_t *parts);
static unsigned sim_model_never_executed(const sim_trade_t *trade);
static sim_trade_t *sim_model_trade(sim_model_t *model,
    const jupref_signature_t *signature);
static unsigned sim_model_wrong(sim_model_t *model, const char *what);
static void sim_model_move(sim_model_t *model, sim_trade_t *trade,
    unsigned state);
static void sim_model_count(sim_model_t *model, const sim_trade_t *trade,
    unsigned in);
static void sim_model_hold(unsigned __int128 *held, sim_held_e where,
    uint64_t amount, unsigned in);


unsigned
sim_model_apply(sim_model_t *model, const jupref_event_t *event,
    const sim_decided_t *decided)
{
    switch (event->type) {

    case JUPREF_EVENT_REFERRER_REGISTERED:
        model->referrers++;
        return 1;

    case JUPREF_EVENT_CLICKS_COUNTED:
        model->clicks += event->of.counted.count;
        return 1;

    case JUPREF_EVENT_ORDERS_COUNTED:
        model->orders += event->of.counted.count;

        if (sim_is_payout(event)) {
            sim_model_paid(model, event->of.counted.count);
        }

        return 1;

    case JUPREF_EVENT_TRADE_EXECUTED:
    case JUPREF_EVENT_TRADE_UNKNOWN:
        return sim_model_traded(model, event, decided);

    case JUPREF_EVENT_TRADE_VERIFIED:
        return sim_model_verified(model, event, decided);

    case JUPREF_EVENT_TRADE_REJECTED:
    case JUPREF_EVENT_TRADE_EXPIRED:
    case JUPREF_EVENT_TRADE_UNPROVED:
    case JUPREF_EVENT_TRADE_DISPUTED:
    case JUPREF_EVENT_DISPUTE_RESOLVED:
    case JUPREF_EVENT_TRADE_REVERSED:
        return sim_model_ruled(model, event);

    case JUPREF_EVENT_HOLD_RELEASED:
        return sim_model_released(model, event, decided);

    case JUPREF_EVENT_TRADE_ARCHIVED:
        return sim_model_archived(model, event);

    case JUPREF_EVENT_FEES_CLAIMED:
    case JUPREF_EVENT_FEES_DRIFTED:
        return sim_model_told(model, event);

    case JUPREF_EVENT_INCIDENT_RAISED:
    case JUPREF_EVENT_INCIDENT_CLEARED:
        model->raised[event->of.incident.kind]
            = event->type == JUPREF_EVENT_INCIDENT_RAISED;
        return 1;

    default:
        return 1;
    }
}


unsigned
sim_model_owed(const sim_model_t *model)
{
    unsigned  referrer, mint;

    for (referrer = 1; referrer <= SIM_REFERRERS; referrer++) {
        for (mint = 1; mint <= SIM_MINTS; mint++) {
            if (model->held[referrer][mint][SIM_OWED] > 0) {
                return 1;
            }
        }
    }

    return 0;
}


/* A signature counts once, whatever became of it. */

static unsigned
sim_model_traded(sim_model_t *model, const jupref_event_t *event,
    const sim_decided_t *decided)
{
    unsigned              i, executed;
    uint32_t              number;
    sim_trade_t          *trade;
    const jupref_trade_t *asked;

    asked = &event->of.trade;
    executed = event->type == JUPREF_EVENT_TRADE_EXECUTED;
    number = sim_number(asked->signature.bytes);

    if (number == 0 || number > SIM_TRADES) {
        return sim_model_wrong(model, "a trade of no signature");
    }

    trade = &model->trades[number];

    if (trade->archived && !executed) {
        trade = &model->again[number];
    }

    if (trade->state != 0
        && !(executed && sim_model_never_executed(trade)))
    {
        return sim_model_wrong(model, "a trade that is counted twice");
    }

    if (trade->state == 0) {
        model->in_table++;

    } else {
        model->in_state[trade->state]--;
    }

    trade->state = executed ? JUPREF_STATE_EXECUTED : JUPREF_STATE_UNKNOWN;
    trade->mint = (uint8_t) sim_number(asked->fee_mint.bytes);
    trade->fee = asked->fee;
    trade->partner_bps = asked->terms.partner_bps;

    for (i = 0; i < JUPREF_LEVELS; i++) {
        trade->share_bps[i] = asked->terms.share_bps[i];
        trade->level[i] = (uint8_t) decided->level[i];
    }

    model->in_state[trade->state]++;
    sim_model_count(model, trade, 1);

    return 1;
}


static unsigned
sim_model_verified(sim_model_t *model, const jupref_event_t *event,
    const sim_decided_t *decided)
{
    unsigned                        i;
    sim_parts_t                     parts;
    sim_trade_t                    *trade;
    const jupref_trade_verified_t  *asked;

    asked = &event->of.trade_verified;
    trade = &model->trades[sim_number(asked->signature.bytes)];

    if ((trade->state != JUPREF_STATE_EXECUTED
         && trade->state != JUPREF_STATE_UNKNOWN
         && trade->state != JUPREF_STATE_UNPROVED)
        || asked->fee == 0)
    {
        return sim_model_wrong(model, "a trade that can't be verified");
    }

    sim_model_count(model, trade, 0);
    model->in_state[trade->state]--;

    if (sim_model_never_executed(trade)) {
        for (i = 0; i < JUPREF_LEVELS; i++) {
            trade->level[i] = (uint8_t) decided->level[i];
        }
    }

    trade->state = JUPREF_STATE_VERIFIED;
    trade->fee = asked->fee;
    trade->mint = (uint8_t) sim_number(asked->fee_mint.bytes);
    trade->verified_ms = event->time_ms;
    model->in_state[JUPREF_STATE_VERIFIED]++;
    sim_model_count(model, trade, 1);

    if (!sim_model_parts(trade, &parts)) {
        return sim_model_wrong(model, "more given away than was received");
    }

    return 1;
}


static unsigned
sim_model_ruled(sim_model_t *model, const jupref_event_t *event)
{
    unsigned      open, state;
    sim_trade_t  *trade;

    trade = sim_model_trade(model, &event->of.trade_ruled.signature);
    state = trade->state;

    switch (event->type) {

    case JUPREF_EVENT_TRADE_REJECTED:
    case JUPREF_EVENT_TRADE_EXPIRED:
        open = state == JUPREF_STATE_EXECUTED || state == JUPREF_STATE_UNKNOWN
               || state == JUPREF_STATE_UNPROVED;
        state = event->type == JUPREF_EVENT_TRADE_REJECTED
                ? JUPREF_STATE_REJECTED : JUPREF_STATE_EXPIRED;
        break;

    case JUPREF_EVENT_TRADE_UNPROVED:
        open = state == JUPREF_STATE_EXECUTED || state == JUPREF_STATE_UNKNOWN;
        trade->frozen_from = (uint8_t) state;
        state = JUPREF_STATE_UNPROVED;
        break;

    case JUPREF_EVENT_TRADE_DISPUTED:
        open = state == JUPREF_STATE_VERIFIED
               || state == JUPREF_STATE_AVAILABLE;
        trade->frozen_from = (uint8_t) state;
        state = JUPREF_STATE_DISPUTED;
        break;

    case JUPREF_EVENT_DISPUTE_RESOLVED:
        open = state == JUPREF_STATE_DISPUTED;
        state = trade->frozen_from;
        break;

    default:
        open = state == JUPREF_STATE_VERIFIED
               || state == JUPREF_STATE_AVAILABLE
               || state == JUPREF_STATE_DISPUTED;
        state = JUPREF_STATE_REVERSED;
    }

    if (!open) {
        return sim_model_wrong(model, "a ruling that isn't open");
    }

    sim_model_move(model, trade, state);

    return 1;
}


/*
 * Which ones go first is the queue's to say, but each must have waited long
 * enough, and be released once.
 */

static unsigned
sim_model_released(sim_model_t *model, const jupref_event_t *event,
    const sim_decided_t *decided)
{
    unsigned      i;
    sim_trade_t  *trade;

    for (i = 0; i < decided->count; i++) {
        trade = &model->trades[decided->released[i]];

        if (trade->state != JUPREF_STATE_VERIFIED
            || trade->verified_ms > event->of.hold_released.cutoff_ms)
        {
            return sim_model_wrong(model, "a trade released too early");
        }

        sim_model_move(model, trade, JUPREF_STATE_AVAILABLE);
    }

    return decided->count > 0 && decided->count <= JUPREF_RELEASE_MAX
           ? 1 : sim_model_wrong(model, "a release of nothing");
}


static unsigned
sim_model_archived(sim_model_t *model, const jupref_event_t *event)
{
    unsigned                        i;
    sim_parts_t                     parts;
    sim_trade_t                    *trade;
    const jupref_trade_archived_t  *asked;

    asked = &event->of.trade_archived;
    trade = sim_model_trade(model, &asked->trade.signature);
    (void) sim_model_parts(trade, &parts);

    if (trade->state != asked->state
        || (trade->state != JUPREF_STATE_AVAILABLE
            && trade->state != JUPREF_STATE_REJECTED
            && trade->state != JUPREF_STATE_EXPIRED
            && trade->state != JUPREF_STATE_REVERSED
            && trade->state != JUPREF_STATE_UNPROVED)
        || trade->fee != asked->trade.fee
        || asked->previous != model->archived_seq)
    {
        return sim_model_wrong(model, "an archived trade as it wasn't");
    }

    for (i = 0; i < JUPREF_LEVELS; i++) {
        if (trade->level[i] != sim_number(asked->level[i].bytes)
            || (trade->mint && parts.level[i] != asked->commission[i]))
        {
            return sim_model_wrong(model, "an archived trade pays others");
        }
    }

    if (trade == &model->trades[sim_number(asked->trade.signature.bytes)]) {
        trade->archived = 1;

    } else {
        trade->state = 0;
    }

    model->in_table--;
    model->archived_seq = event->seq;

    return 1;
}


/* A claim is counted once, and in the order of the chain. */

static unsigned
sim_model_told(sim_model_t *model, const jupref_event_t *event)
{
    unsigned                      mint;
    const jupref_fees_claimed_t  *claimed;

    if (event->type == JUPREF_EVENT_FEES_DRIFTED) {
        mint = sim_number(event->of.fees_drifted.mint.bytes);
        model->drift[mint] = event->of.fees_drifted.unexplained;
        return 1;
    }

    claimed = &event->of.fees_claimed;
    mint = sim_number(claimed->mint.bytes);

    if (claimed->amount == 0 || claimed->slot <= model->claimed_slot[mint]) {
        return sim_model_wrong(model, "a claim that is counted twice");
    }

    model->claimed[mint] += claimed->amount;
    model->claimed_slot[mint] = claimed->slot;

    return 1;
}


static void
sim_model_paid(sim_model_t *model, unsigned referrer)
{
    unsigned            mint;
    unsigned __int128  *held;

    for (mint = 1; mint <= SIM_MINTS; mint++) {
        held = model->held[referrer][mint];
        held[SIM_PAID] += held[SIM_AVAILABLE];
        held[SIM_AVAILABLE] = 0;
    }
}


/* 1 when the parts are the fee: the shares are rounded down, the platform has
 * what is left. */

static unsigned
sim_model_parts(const sim_trade_t *trade, sim_parts_t *parts)
{
    unsigned           i;
    unsigned __int128  partner, given;

    partner = (unsigned __int128) trade->fee * trade->partner_bps / 10000;
    given = 0;

    for (i = 0; i < JUPREF_LEVELS; i++) {
        parts->level[i] = trade->level[i]
                          ? (uint64_t) (partner * trade->share_bps[i] / 10000)
                          : 0;
        given += parts->level[i];
    }

    parts->cut = trade->fee - (uint64_t) partner;
    parts->platform = (uint64_t) (partner - given);

    return given <= partner && partner <= trade->fee;
}


/* It has counted for nothing so far. */

static unsigned
sim_model_never_executed(const sim_trade_t *trade)
{
    return trade->state == JUPREF_STATE_UNKNOWN
           || (trade->state == JUPREF_STATE_UNPROVED
               && trade->frozen_from == JUPREF_STATE_UNKNOWN);
}


/* The one in the table. */

static sim_trade_t *
sim_model_trade(sim_model_t *model, const jupref_signature_t *signature)
{
    uint32_t  number;

    number = sim_number(signature->bytes);

    return model->trades[number].archived ? &model->again[number]
                                          : &model->trades[number];
}


static unsigned
sim_model_wrong(sim_model_t *model, const char *what)
{
    model->wrong = what;

    return 0;
}


static void
sim_model_move(sim_model_t *model, sim_trade_t *trade, unsigned state)
{
    sim_model_count(model, trade, 0);
    model->in_state[trade->state]--;
    trade->state = (uint8_t) state;
    model->in_state[trade->state]++;
    sim_model_count(model, trade, 1);
}


/* Puts a trade's amounts where its state has them, or takes them away. */

static void
sim_model_count(sim_model_t *model, const sim_trade_t *trade, unsigned in)
{
    unsigned           i;
    sim_held_e         held;
    sim_parts_t        parts;
    unsigned __int128  sign;

    static const sim_held_e  where[JUPREF_STATES] = {
        [JUPREF_STATE_EXECUTED] = SIM_ESTIMATED,
        [JUPREF_STATE_VERIFIED] = SIM_PENDING,
        [JUPREF_STATE_AVAILABLE] = SIM_AVAILABLE,
        [JUPREF_STATE_DISPUTED] = SIM_DISPUTED
    };

    held = where[trade->state];

    if (trade->mint == 0
        || (held == SIM_ESTIMATED && trade->state != JUPREF_STATE_EXECUTED))
    {
        return;
    }

    (void) sim_model_parts(trade, &parts);
    sign = in ? 1 : -(unsigned __int128) 1;

    for (i = 0; i < JUPREF_LEVELS; i++) {
        sim_model_hold(model->held[trade->level[i]][trade->mint], held,
                       parts.level[i], in);
    }

    if (held != SIM_ESTIMATED) {
        model->fees[trade->mint] += sign * trade->fee;
        model->cut[trade->mint] += sign * parts.cut;
        model->platform[trade->mint] += sign * parts.platform;
    }
}


/* What is available pays first what is owed; what it lacks is owed. */

static void
sim_model_hold(unsigned __int128 *held, sim_held_e where, uint64_t amount,
    unsigned in)
{
    unsigned __int128  part;

    part = 0;

    if (where == SIM_AVAILABLE && in) {
        part = held[SIM_OWED] < amount ? held[SIM_OWED] : amount;
        held[SIM_OWED] -= part;

    } else if (where == SIM_AVAILABLE) {
        part = held[SIM_AVAILABLE] < amount ? amount - held[SIM_AVAILABLE]
                                            : 0;
        held[SIM_OWED] += part;
    }

    held[where] += in ? amount - part : -(unsigned __int128) (amount - part);
}
