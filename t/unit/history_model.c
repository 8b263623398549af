/*
 * The plain ledger (see the header).
 */

#include "history_model.h"

#include <string.h>

#include "ledger_world.h"


typedef struct {
    model_sum_t  cut;
    model_sum_t  platform;
    model_sum_t  level[3];
} model_split_t;


static unsigned model_registered(model_t *model, const history_op_t *op);
static unsigned model_code(model_t *model, const history_op_t *op);
static unsigned model_bound(model_t *model, const history_op_t *op);
static unsigned model_trade(model_t *model, const history_op_t *op);
static unsigned model_earners(const model_t *model, const history_op_t *op,
    unsigned code, unsigned earner[3]);
static unsigned model_leads_back(const model_t *model, unsigned from,
    unsigned taker);
static void model_split(unsigned terms, uint64_t amount,
    const unsigned earner[3], model_split_t *split);


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

    default:
        return model_trade(model, op);
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
    unsigned           code, was, owner, level, mints, balances, earner[3];
    unsigned           executed;
    model_split_t      fee, value;
    model_referrer_t  *referrer;

    executed = (op->type == JUPREF_EVENT_TRADE_EXECUTED);

    if (model->trade[op->signature] == MODEL_EXECUTED
        || (model->trade[op->signature] == MODEL_UNKNOWN && !executed)
        || op->signature == 0)
    {
        return 0;
    }

    /* an unknown trade goes on only as the same taker's */

    was = model->trade[op->signature] ? model->trade_code[op->signature] : 0;
    code = (model->trade[op->signature]
            && model->trade_taker[op->signature] == op->wallet)
           ? was : op->code;
    owner = model->code[code].owner;

    if (code && !owner) {
        return 0;
    }

    memset(earner, 0, sizeof(earner));

    if (executed) {
        (void) model_earners(model, op, code, earner);
    }

    model_split(op->terms, op->fee, earner, &fee);
    model_split(op->terms,
                (op->fee_mint && op->fee)
                ? (uint64_t) ((model_sum_t) op->volume * op->granted_bps
                              / 10000) : 0,
                earner, &value);

    /* rows that it takes */

    mints = op->fee_mint && !model->mint[op->fee_mint].there;

    for (balances = 0, level = 0; level < 3; level++) {
        balances += executed && op->fee_mint && fee.level[level]
                    && !model->has_balance[earner[level]][op->fee_mint];
    }

    if (model->used.mints + mints > model->room.mints
        || model->used.balances + balances > model->room.balances
        || (!model->trade[op->signature]
            && model->used.trades == model->room.trades))
    {
        return 0;
    }

    model->used.mints += mints;
    model->used.balances += balances;

    model->mint[op->fee_mint].there = 1;

    referrer = &model->referrer[owner];

    if (model->trade[op->signature]) {
        model->trades[MODEL_UNKNOWN]--;
        model->referrer[model->code[was].owner].trades[MODEL_UNKNOWN]--;

    } else {
        model->used.trades++;
    }

    model->trade[op->signature] = executed ? MODEL_EXECUTED : MODEL_UNKNOWN;
    model->trade_code[op->signature] = code;
    model->trade_taker[op->signature] = op->wallet;
    model->trades[model->trade[op->signature]]++;
    referrer->trades[model->trade[op->signature]]++;

    if (!executed) {
        return 1;
    }

    model->volume += op->volume;
    referrer->volume += op->volume;

    if (op->fee_mint) {
        model->mint[op->fee_mint].received += op->fee;
        model->mint[op->fee_mint].cut += fee.cut;
        model->mint[op->fee_mint].platform += fee.platform;
    }

    for (level = 0; level < 3; level++) {
        model->referrer[earner[level]].earned += value.level[level];

        if (op->fee_mint && fee.level[level]) {
            model->mint[op->fee_mint].referrers += fee.level[level];
            model->has_balance[earner[level]][op->fee_mint] = 1;
            model->estimated[earner[level]][op->fee_mint] += fee.level[level];
        }
    }

    return 1;
}


/* Who earns on each level, 0 where nobody does. */
static unsigned
model_earners(const model_t *model, const history_op_t *op, unsigned code,
    unsigned earner[3])
{
    unsigned  level, at, count;

    at = model->code[code].owner;

    if (!at || model_leads_back(model, at, op->wallet)) {
        return 0;
    }

    for (count = 0, level = 0; level < 3; level++) {
        if (at && model->referrer[at].active) {
            earner[level] = at;
            count++;
        }

        at = model->referrer[at].parent;
    }

    return count;
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


static void
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
