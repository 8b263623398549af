/*
 * Rankings of referrers that are always sorted: highest value first, ties by
 * the wallet's text.  Only active referrers are in them.
 *
 * Each is a treap inside the referrers' rows: a search tree by (value,
 * wallet), a heap by a priority that is a hash of the row's index, so its
 * shape follows from its content alone and it is O(log n) deep whatever the
 * order of trades.
 */

#ifndef JUPREF_RANK_H
#define JUPREF_RANK_H


#include "ledger/jupref_ledger.h"


/* The value changes between remove() and insert(), never inside the tree. */
void jupref_rank_remove(jupref_ledger_t *ledger, jupref_ranking_e ranking,
    uint32_t referrer);
void jupref_rank_insert(jupref_ledger_t *ledger, jupref_ranking_e ranking,
    uint32_t referrer);

/* The first `limit` referrers' indexes, best first; returns how many. */
unsigned jupref_rank_top(const jupref_ledger_t *ledger,
    jupref_ranking_e ranking, uint32_t *referrers, unsigned limit);

/*
 * 1 when the tree is sorted, has the active referrers and no others, and is
 * no deeper than a walk goes; or when it waits to be built and is empty.
 */
unsigned jupref_rank_sound(const jupref_ledger_t *ledger,
    jupref_ranking_e ranking);


#endif /* JUPREF_RANK_H */
