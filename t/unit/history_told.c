/*
 * What the plain ledger makes of events that no account moves by.
 */

#include "history_model.h"


unsigned
model_told_fees(model_t *model, const history_op_t *op)
{
    unsigned  mint;
    uint64_t  drift;

    mint = op->fee_mint;

    if (mint == 0 || (!model->has_mint[mint]
                      && model->used.mints == model->room.mints))
    {
        return 0;
    }

    if (op->type == JUPREF_EVENT_FEES_CLAIMED) {

        if (op->fee == 0 || op->cutoff <= model->claimed_at[mint]) {
            return 0;
        }

        model->claimed[mint] += op->fee;
        model->claimed_at[mint] = op->cutoff;

    } else {

        /* twice the amount, one more when it is missing: one number a drift */

        drift = 2 * (uint64_t) op->count + op->own_terms;

        if (drift == 1 || drift == model->drift[mint]) {
            return 0;
        }

        model->drift[mint] = drift;
    }

    model->used.mints += !model->has_mint[mint];
    model->has_mint[mint] = 1;

    return 1;
}


unsigned
model_told_incident(model_t *model, const history_op_t *op)
{
    unsigned  detail;

    detail = (op->type == JUPREF_EVENT_INCIDENT_RAISED) ? 1 + op->status : 0;

    if (op->terms == 0 || op->terms >= JUPREF_INCIDENTS
        || model->raised[op->terms] == detail)
    {
        return 0;
    }

    model->raised[op->terms] = detail;

    return 1;
}


unsigned
model_told_holds(const model_t *model, const jupref_ledger_t *ledger)
{
    unsigned  kind;

    for (kind = 1; kind < JUPREF_INCIDENTS; kind++) {
        if ((ledger->raised[kind].seq != 0) != (model->raised[kind] != 0)) {
            return 0;
        }
    }

    return 1;
}


unsigned
model_told_of_mint(const model_t *model, unsigned mint,
    const jupref_mint_row_t *row)
{
    return row->claimed == model->claimed[mint]
           && row->claimed_slot == model->claimed_at[mint]
           && 2 * row->drift + row->drift_missing == model->drift[mint];
}


/* Rows of the table whose state has that queue. */
static uint64_t
rows_to_prove(const jupref_ledger_t *ledger, unsigned proofs)
{
    uint32_t  at;
    uint64_t  count;
    unsigned  state;

    count = 0;

    for (at = ledger->newest_trade; at; at = jupref_trade(ledger, at)->older) {
        state = jupref_trade(ledger, at)->state;
        count += (proofs == JUPREF_PROOFS_MISSED)
                 ? state == JUPREF_STATE_UNPROVED
                 : (state == JUPREF_STATE_EXECUTED
                    || state == JUPREF_STATE_UNKNOWN);
    }

    return count;
}


unsigned
model_proofs_hold(const jupref_ledger_t *ledger)
{
    uint32_t             at, before;
    uint64_t             count, seq, expected;
    unsigned             proofs;
    jupref_trade_row_t  *row;

    for (proofs = 0; proofs < JUPREF_PROOFS; proofs++) {

        expected = rows_to_prove(ledger, proofs);
        before = 0;
        count = 0;
        seq = 0;

        for (at = ledger->oldest_proof[proofs]; at; at = row->later) {
            row = jupref_trade(ledger, at);

            if (row->sooner != before
                || (row->state == JUPREF_STATE_UNPROVED)
                   != (proofs == JUPREF_PROOFS_MISSED)
                || (proofs == JUPREF_PROOFS_AWAITED && row->seq <= seq))
            {
                return 0;
            }

            seq = row->seq;
            before = at;
            count++;
        }

        if (count != expected || ledger->newest_proof[proofs] != before) {
            return 0;
        }
    }

    return 1;
}
