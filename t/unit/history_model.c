/*
 * The plain ledger (see the header).
 */

#include "history_model.h"

#include <string.h>


static unsigned model_registered(model_t *model, const history_op_t *op);
static unsigned model_code(model_t *model, const history_op_t *op);
static unsigned model_bound(model_t *model, const history_op_t *op);
static unsigned model_trade(model_t *model, const history_op_t *op);
static unsigned model_take_rows(model_t *model, const model_trade_t *trade,
    const unsigned earner[3]);
static unsigned model_verified(model_t *model, const history_op_t *op);
static unsigned model_ruled(model_t *model, const history_op_t *op);
static unsigned model_released(model_t *model, const history_op_t *op);
static unsigned model_archived(model_t *model, const history_op_t *op);
static unsigned model_intent(model_t *model, const history_op_t *op);
static unsigned model_decided(model_t *model, unsigned request);
static void model_earners(const model_t *model, unsigned code, unsigned taker,
    unsigned earner[3]);
static unsigned model_leads_back(const model_t *model, unsigned from,
    unsigned taker);


unsigned
model_apply(model_t *model, const history_op_t *op)
{
    unsigned           code;
    model_code_t      *row;
    model_referrer_t  *referrer;

    referrer = op->wallet <= MODEL_REFERRERS ? &model->referrer[op->wallet]
                                             : &model->referrer[0];
    row = &model->code[op->code];

    switch (op->type) {

    case JUPREF_EVENT_REFERRER_REGISTERED:
        return model_registered(model, op);

    case JUPREF_EVENT_REFERRER_STATUS:
        if (!referrer->there
            || referrer->active == (op->status == JUPREF_REFERRER_ACTIVE)
            || op->status < JUPREF_REFERRER_ACTIVE
            || op->status > JUPREF_REFERRER_SUSPENDED)
        {
            return 0;
        }

        referrer->active = !referrer->active;
        return 1;

    case JUPREF_EVENT_REFERRER_TIER:
        if (!referrer->there || referrer->terms == op->terms) {
            return 0;
        }

        referrer->terms = op->terms;

        for (code = 1; code <= MODEL_CODES; code++) {
            if (model->code[code].owner == op->wallet
                && !model->code[code].own_terms)
            {
                model->code[code].terms = op->terms;
                model->code[code].version++;
            }
        }

        return 1;

    case JUPREF_EVENT_CODE_CREATED:
        return model_code(model, op);

    case JUPREF_EVENT_CODE_RETIRED:
        if (!row->owner || row->retired) {
            return 0;
        }

        row->retired = 1;
        row->configured = 0;
        return 1;

    case JUPREF_EVENT_WALLET_BOUND:
        return model_bound(model, op);

    case JUPREF_EVENT_CLICKS_COUNTED:
        if (!row->owner || !op->count) {
            return 0;
        }

        row->clicks += op->count;
        model->referrer[row->owner].clicks += op->count;
        model->clicks += op->count;
        return 1;

    case JUPREF_EVENT_ORDERS_COUNTED:
        if ((op->code && !row->owner) || !op->count) {
            return 0;
        }

        model->orders += op->count;
        return 1;

    case JUPREF_EVENT_TRADE_EXECUTED:
    case JUPREF_EVENT_TRADE_UNKNOWN:
        return model_trade(model, op);

    case JUPREF_EVENT_TRADE_VERIFIED:
        return model_verified(model, op);

    case JUPREF_EVENT_HOLD_RELEASED:
        return model_released(model, op);

    case JUPREF_EVENT_TRADE_ARCHIVED:
        return model_archived(model, op);

    case JUPREF_EVENT_TRADE_INTENT:
        return model_intent(model, op);

    case JUPREF_EVENT_INTENT_CLOSED:
        return model_decided(model, op->request);

    case JUPREF_EVENT_FEES_CLAIMED:
    case JUPREF_EVENT_FEES_DRIFTED:
        return model_told_fees(model, op);

    case JUPREF_EVENT_INCIDENT_RAISED:
    case JUPREF_EVENT_INCIDENT_CLEARED:
        return model_told_incident(model, op);

    default:
        return model_ruled(model, op);
    }
}


static unsigned
model_registered(model_t *model, const history_op_t *op)
{
    model_referrer_t  *referrer;

    referrer = &model->referrer[op->wallet];

    if (referrer->there || op->parent == op->wallet
        || (op->parent && (op->parent > MODEL_REFERRERS
                           || !model->referrer[op->parent].there))
        || model->used.referrers == model->room.referrers)
    {
        return 0;
    }

    model->used.referrers++;
    referrer->there = 1;
    referrer->active = 1;
    referrer->parent = op->parent;
    referrer->terms = op->terms;

    return 1;
}


static unsigned
model_code(model_t *model, const history_op_t *op)
{
    model_code_t  *code;

    code = &model->code[op->code];

    if (op->wallet > MODEL_REFERRERS || !model->referrer[op->wallet].there) {
        return 0;
    }

    if (code->owner) {

        if (code->owner != op->wallet
            || (!code->retired && code->own_terms == op->own_terms
                && code->configured == op->configured
                && code->terms == op->terms))
        {
            return 0;
        }

    } else {

        if (model->used.codes == model->room.codes) {
            return 0;
        }

        model->used.codes++;
        model->referrer[op->wallet].codes++;
        code->owner = op->wallet;
    }

    code->version++;
    code->retired = 0;
    code->terms = op->terms;
    code->own_terms = op->own_terms;
    code->configured = op->configured;

    return 1;
}


static unsigned
model_bound(model_t *model, const history_op_t *op)
{
    unsigned       before;
    model_code_t  *code;

    code = &model->code[op->code];
    before = model->bound_to[op->wallet];

    if (!code->owner || code->retired || before == op->code
        || (!before && model->used.wallets == model->room.wallets))
    {
        return 0;
    }

    if (before) {
        model->code[before].bound--;
        model->referrer[model->code[before].owner].bound--;

    } else {
        model->used.wallets++;
    }

    model->bound_to[op->wallet] = op->code;
    code->bound++;
    model->referrer[code->owner].bound++;

    return 1;
}


static unsigned
model_trade(model_t *model, const history_op_t *op)
{
    unsigned        executed, kept, earner[3];
    model_trade_t  *trade, next;

    executed = (op->type == JUPREF_EVENT_TRADE_EXECUTED);
    trade = &model->trade[op->signature];

    if (op->signature == 0
        || (trade->state && !(model_never_executed(trade)
                              && executed))
        || (!trade->state && model->used.trades == model->room.trades))
    {
        return 0;
    }

    /* an unknown trade goes on only as the same taker's */

    kept = trade->state && trade->taker == op->wallet;

    memset(&next, 0, sizeof(next));
    next.state = executed ? JUPREF_STATE_EXECUTED : JUPREF_STATE_UNKNOWN;
    next.code = kept ? trade->code : op->code;
    next.owner = model->code[next.code].owner;
    next.taker = op->wallet;
    next.terms = op->terms;
    next.fee_mint = op->fee_mint;
    next.granted_bps = op->granted_bps;
    next.fee = op->fee;
    next.volume = op->volume;

    if (next.code && !next.owner) {
        return 0;
    }

    memset(earner, 0, sizeof(earner));

    if (executed) {
        model_earners(model, next.code, next.taker, earner);
    }

    memcpy(next.earner, earner, sizeof(earner));

    if (!model_take_rows(model, &next, earner)) {
        return 0;
    }

    model->used.trades += (trade->state == 0);
    *trade = next;
    model_decided(model, op->request);

    return 1;
}


/* Rows for the fee's mint and for who gets some of it; 0 when there are too
 * few. */
static unsigned
model_take_rows(model_t *model, const model_trade_t *trade,
    const unsigned earner[3])
{
    unsigned       level, mints, balances;
    model_split_t  fee;

    model_split(trade->terms, trade->fee, earner, &fee);

    mints = trade->fee_mint && !model->has_mint[trade->fee_mint];

    for (balances = 0, level = 0; level < 3; level++) {
        balances += trade->fee_mint && fee.level[level]
                    && !model->has_balance[earner[level]][trade->fee_mint];
    }

    if (model->used.mints + mints > model->room.mints
        || model->used.balances + balances > model->room.balances)
    {
        return 0;
    }

    model->used.mints += mints;
    model->used.balances += balances;
    model->has_mint[trade->fee_mint] = 1;

    for (level = 0; level < 3; level++) {
        if (trade->fee_mint && fee.level[level]) {
            model->has_balance[earner[level]][trade->fee_mint] = 1;
        }
    }

    return 1;
}


static unsigned
model_verified(model_t *model, const history_op_t *op)
{
    model_trade_t  *trade, next;

    trade = &model->trade[op->signature];

    if (op->signature == 0 || op->fee == 0 || op->fee_mint == 0
        || (trade->state != JUPREF_STATE_EXECUTED
            && trade->state != JUPREF_STATE_UNKNOWN
            && trade->state != JUPREF_STATE_UNPROVED))
    {
        return 0;
    }

    next = *trade;
    next.state = JUPREF_STATE_VERIFIED;
    next.fee = op->fee;
    next.fee_mint = op->fee_mint;
    next.verified_at = op->at;

    if (model_never_executed(trade)) {
        model_earners(model, next.code, next.taker, next.earner);
    }

    if (!model_take_rows(model, &next, next.earner)) {
        return 0;
    }

    *trade = next;

    return 1;
}


static unsigned
model_ruled(model_t *model, const history_op_t *op)
{
    model_trade_t  *trade;

    trade = &model->trade[op->signature];

    switch (op->type) {

    case JUPREF_EVENT_TRADE_REJECTED:
    case JUPREF_EVENT_TRADE_EXPIRED:
        if (trade->state != JUPREF_STATE_EXECUTED
            && trade->state != JUPREF_STATE_UNKNOWN
            && trade->state != JUPREF_STATE_UNPROVED)
        {
            return 0;
        }

        trade->state = op->type == JUPREF_EVENT_TRADE_REJECTED
                       ? JUPREF_STATE_REJECTED : JUPREF_STATE_EXPIRED;
        return 1;

    case JUPREF_EVENT_TRADE_UNPROVED:
        if (trade->state != JUPREF_STATE_EXECUTED
            && trade->state != JUPREF_STATE_UNKNOWN)
        {
            return 0;
        }

        trade->came_from = trade->state;
        trade->state = JUPREF_STATE_UNPROVED;
        return 1;

    case JUPREF_EVENT_TRADE_DISPUTED:
        if (trade->state != JUPREF_STATE_VERIFIED
            && trade->state != JUPREF_STATE_AVAILABLE)
        {
            return 0;
        }

        trade->came_from = trade->state;
        trade->state = JUPREF_STATE_DISPUTED;
        return 1;

    case JUPREF_EVENT_DISPUTE_RESOLVED:
        if (trade->state != JUPREF_STATE_DISPUTED) {
            return 0;
        }

        trade->state = trade->came_from;
        return 1;

    default: /* JUPREF_EVENT_TRADE_REVERSED */
        if (trade->state != JUPREF_STATE_VERIFIED
            && trade->state != JUPREF_STATE_AVAILABLE
            && trade->state != JUPREF_STATE_DISPUTED)
        {
            return 0;
        }

        trade->state = JUPREF_STATE_REVERSED;
        return 1;
    }
}


static unsigned
model_released(model_t *model, const history_op_t *op)
{
    unsigned        signature, released;
    model_trade_t  *trade;

    if (op->cutoff > op->at) {
        return 0;
    }

    for (released = 0, signature = 1; signature <= MODEL_SIGNATURES;
         signature++)
    {
        trade = &model->trade[signature];

        if (trade->state == JUPREF_STATE_VERIFIED
            && trade->verified_at <= op->cutoff)
        {
            trade->state = JUPREF_STATE_AVAILABLE;
            released++;
        }
    }

    return released > 0;
}


static unsigned
model_archived(model_t *model, const history_op_t *op)
{
    model_trade_t  *trade;

    trade = &model->trade[op->signature];

    if (!op->late || (trade->state != JUPREF_STATE_AVAILABLE
                      && trade->state != JUPREF_STATE_REJECTED
                      && trade->state != JUPREF_STATE_EXPIRED
                      && trade->state != JUPREF_STATE_REVERSED
                      && trade->state != JUPREF_STATE_UNPROVED))
    {
        return 0;
    }

    model->archive[model->archived++] = *trade;
    model->referrer[trade->owner].archived = op->at;
    model->used.trades--;
    memset(trade, 0, sizeof(model_trade_t));

    return 1;
}


static unsigned
model_intent(model_t *model, const history_op_t *op)
{
    if (op->request == 0 || model->intent[op->request]
        || (op->code && !model->code[op->code].owner)
        || model->used.intents == model->room.intents)
    {
        return 0;
    }

    model->intent[op->request] = 1;
    model->used.intents++;

    return 1;
}


static unsigned
model_decided(model_t *model, unsigned request)
{
    if (!model->intent[request]) {
        return 0;
    }

    model->intent[request] = 0;
    model->used.intents--;

    return 1;
}


/* Who earns on each level, 0 where nobody does. */
static void
model_earners(const model_t *model, unsigned code, unsigned taker,
    unsigned earner[3])
{
    unsigned  level, at;

    memset(earner, 0, 3 * sizeof(unsigned));
    at = model->code[code].owner;

    if (!at || model_leads_back(model, at, taker)) {
        return;
    }

    for (level = 0; level < 3; level++) {
        if (at && model->referrer[at].active) {
            earner[level] = at;
        }

        at = model->referrer[at].parent;
    }
}


/* Whoever is met within three steps over parents and bindings, as a set. */
static unsigned
model_leads_back(const model_t *model, unsigned from, unsigned taker)
{
    unsigned  step, at, met[MODEL_REFERRERS + 1], next[MODEL_REFERRERS + 1];

    memset(met, 0, sizeof(met));
    met[from] = 1;

    for (step = 0; step < 3; step++) {
        memcpy(next, met, sizeof(met));

        for (at = 1; at <= MODEL_REFERRERS; at++) {
            if (met[at]) {
                next[model->referrer[at].parent] = 1;
                next[model->code[model->bound_to[at]].owner] = 1;
            }
        }

        memcpy(met, next, sizeof(met));
    }

    return taker && taker <= MODEL_REFERRERS && met[taker];
}
