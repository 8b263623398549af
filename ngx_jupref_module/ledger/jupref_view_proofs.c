/*
 * Views of what waits for proof (the header is jupref_view.h's).
 *
 * Those that await their proof stand in the order of `seq`, the others in that
 * of their ruling.  When the trade that the cursor names
 * has left its queue, its place is looked for from both ends at once: who asks
 * for what came last is near the end, and who walks through all of it is
 * mostly near the beginning, where settled ones leave.
 */

#include "ledger/jupref_view.h"

#include <string.h>

#include "ledger/jupref_booking.h"


#define JUPREF_VIEW_STEPS  4096


static uint32_t jupref_proofs_begin(const jupref_ledger_t *ledger,
    jupref_proofs_e proofs, const jupref_cursor_t *cursor);
static uint32_t jupref_proofs_lost(const jupref_ledger_t *ledger,
    jupref_proofs_e proofs, uint64_t mark);
static jupref_proofs_e jupref_proofs_of(const jupref_trade_row_t *row);
static uint64_t jupref_proof_mark(const jupref_trade_row_t *row);
static uint32_t jupref_intents_begin(const jupref_ledger_t *ledger,
    const jupref_cursor_t *cursor);


unsigned
jupref_view_proofs(const jupref_ledger_t *ledger, jupref_proofs_e proofs,
    jupref_cursor_t *cursor, unsigned limit, jupref_proof_view_t *trades)
{
    uint32_t             at;
    unsigned             count;
    jupref_trade_row_t  *row;

    at = jupref_proofs_begin(ledger, proofs, cursor);

    if (at == JUPREF_VIEW_GONE) {
        memset(cursor, 0, sizeof(jupref_cursor_t));
        return 0;
    }

    for (count = 0; at && count < limit; count++) {
        row = jupref_trade(ledger, at);

        memset(&trades[count], 0, sizeof(jupref_proof_view_t));
        trades[count].row = *row;

        if (row->fee_mint) {
            trades[count].fee_mint = jupref_mint(ledger, row->fee_mint)->mint;
        }

        cursor->index = at;
        cursor->mark = jupref_proof_mark(row);

        at = row->later;
    }

    return count;
}


static uint32_t
jupref_proofs_begin(const jupref_ledger_t *ledger, jupref_proofs_e proofs,
    const jupref_cursor_t *cursor)
{
    jupref_trade_row_t  *row;

    if (cursor->index == 0) {
        return ledger->oldest_proof[proofs];
    }

    if (jupref_table_in_use(&ledger->tables[JUPREF_TABLE_TRADES], ledger,
                            cursor->index))
    {
        row = jupref_trade(ledger, cursor->index);

        if (jupref_proof_mark(row) == cursor->mark
            && jupref_proofs_of(row) == proofs)
        {
            return row->later;
        }
    }

    return jupref_proofs_lost(ledger, proofs, cursor->mark);
}


/*
 * The oldest one behind the mark, 0 when there is none.  Several may have been
 * ruled in one moment: those are told again, so that none is left out.
 */

static uint32_t
jupref_proofs_lost(const jupref_ledger_t *ledger, jupref_proofs_e proofs,
    uint64_t mark)
{
    uint32_t  oldest, newest, behind;
    unsigned  steps;

    if (proofs == JUPREF_PROOFS_MISSED) {
        mark--;
    }

    oldest = ledger->oldest_proof[proofs];
    newest = ledger->newest_proof[proofs];
    behind = 0;

    for (steps = 0; steps < JUPREF_VIEW_STEPS; steps++) {

        if (oldest == 0
            || jupref_proof_mark(jupref_trade(ledger, oldest)) > mark)
        {
            return oldest;
        }

        if (jupref_proof_mark(jupref_trade(ledger, newest)) <= mark) {
            return behind;
        }

        behind = newest;
        newest = jupref_trade(ledger, newest)->sooner;
        oldest = jupref_trade(ledger, oldest)->later;
    }

    return JUPREF_VIEW_GONE;
}


static jupref_proofs_e
jupref_proofs_of(const jupref_trade_row_t *row)
{
    switch (row->state) {

    case JUPREF_STATE_EXECUTED:
    case JUPREF_STATE_UNKNOWN:
        return JUPREF_PROOFS_AWAITED;

    case JUPREF_STATE_UNPROVED:
        return JUPREF_PROOFS_MISSED;

    default:
        return JUPREF_PROOFS;
    }
}


static uint64_t
jupref_proof_mark(const jupref_trade_row_t *row)
{
    return (row->state == JUPREF_STATE_UNPROVED) ? row->ruled_ms : row->seq;
}


unsigned
jupref_view_intents(const jupref_ledger_t *ledger, jupref_cursor_t *cursor,
    unsigned limit, jupref_intent_view_t *intents)
{
    uint32_t              at;
    unsigned              count;
    jupref_intent_row_t  *row;

    at = jupref_intents_begin(ledger, cursor);

    if (at == JUPREF_VIEW_GONE) {
        memset(cursor, 0, sizeof(jupref_cursor_t));
        return 0;
    }

    for (count = 0; at && count < limit; count++) {
        row = jupref_intent(ledger, at);

        intents[count].trade = row->trade;
        intents[count].time_ms = row->time_ms;
        intents[count].seq = row->seq;

        cursor->index = at;
        cursor->mark = row->seq;

        at = row->newer;
    }

    return count;
}


/* Those that were decided are mostly among the oldest. */

static uint32_t
jupref_intents_begin(const jupref_ledger_t *ledger,
    const jupref_cursor_t *cursor)
{
    uint32_t              at;
    unsigned              steps;
    jupref_intent_row_t  *row;

    at = ledger->oldest_intent[JUPREF_INTENTS_UNSIGNED];

    if (cursor->index == 0) {
        return at;
    }

    if (jupref_table_in_use(&ledger->tables[JUPREF_TABLE_INTENTS], ledger,
                            cursor->index))
    {
        row = jupref_intent(ledger, cursor->index);

        if (row->seq == cursor->mark) {
            return row->newer;
        }
    }

    for (steps = 0; steps < JUPREF_VIEW_STEPS; steps++) {

        if (at == 0 || jupref_intent(ledger, at)->seq > cursor->mark) {
            return at;
        }

        at = jupref_intent(ledger, at)->newer;
    }

    return JUPREF_VIEW_GONE;
}
