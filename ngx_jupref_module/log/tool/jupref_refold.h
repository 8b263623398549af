/*
 * Folding the journal anew, in memory of this process that grows as it must,
 * and holding what comes out against a snapshot.
 *
 * How large the zone is that nginx has doesn't matter here: a ledger that is
 * full moves, as a state, into one twice its size.
 */

#ifndef JUPREF_REFOLD_H
#define JUPREF_REFOLD_H


#include "log/jupref_snapshot.h"
#include "log/tool/jupref_tool.h"


typedef struct {
    jupref_ledger_t  *ledger;           /* NULL: nothing is folded */
    jupref_place_t    place;
} jupref_refold_t;


/* An empty ledger, before the first event. */
jupref_fault_e jupref_refold_begin(jupref_refold_t *refold,
    jupref_fault_t *fault);
void jupref_refold_end(jupref_refold_t *refold);

/* A snapshot's state takes the place of what was folded. */
jupref_fault_e jupref_refold_adopt(jupref_refold_t *refold,
    jupref_store_t *store, uint64_t seq, jupref_fault_t *fault);

/*
 * The next event.  What the ledger refuses is JUPREF_FAULT_EVENT, without a
 * file and place, which the caller knows.
 */
jupref_fault_e jupref_refold_event(jupref_refold_t *refold,
    const jupref_event_t *event, const uint8_t leaf_hash[JUPREF_SHA256_SIZE],
    jupref_fault_t *fault);

/* What is folded is what the snapshot of the same seq has. */
jupref_fault_e jupref_refold_compare(jupref_refold_t *refold,
    jupref_store_t *store, uint64_t seq, jupref_fault_t *fault);

/*
 * The trial balance: each mint's debits are its credits, and the referrers'
 * balances sum up to its accounts.  Tells the first that isn't so.
 */
jupref_fault_e jupref_refold_balance(const jupref_refold_t *refold,
    jupref_fault_t *fault);

/* What an account holds: debits less credits, or the other way round. */
jupref_u128_t jupref_account_holds(const jupref_mint_row_t *mint,
    jupref_account_e account);


#endif /* JUPREF_REFOLD_H */
