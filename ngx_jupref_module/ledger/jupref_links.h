/*
 * Lists that run through rows, from both ends, so that a row leaves its list
 * at once wherever it stands:
 *
 *     trades    all that are in the table, newest first, by `seq`
 *               those of each referrer's codes, newest first
 *     queues    each trade is in one at most, by its state: verified ones
 *               wait for their hold to end, the soonest verified first; those
 *               that await their proof, and those that nobody could prove,
 *               oldest first
 *     wallets   those bound to each referrer's codes, newest bound first
 *     intents   executes that went out, oldest first, in two lists
 */

#ifndef JUPREF_LINKS_H
#define JUPREF_LINKS_H


#include "ledger/jupref_ledger.h"


/* As the newest of all and of its code's owner. */
void jupref_link_trade(jupref_ledger_t *ledger, uint32_t trade);
void jupref_unlink_trade(jupref_ledger_t *ledger, uint32_t trade);

/* Into the queue of its state, out of it before the state changes; nothing
 * happens where a state has none. */
void jupref_link_queue(jupref_ledger_t *ledger, uint32_t trade);
void jupref_unlink_queue(jupref_ledger_t *ledger, uint32_t trade);

/* As the newest bound to its code's owner. */
void jupref_link_wallet(jupref_ledger_t *ledger, uint32_t wallet);
void jupref_unlink_wallet(jupref_ledger_t *ledger, uint32_t wallet);

/* As the newest of those whose signature is known, or of the others. */
void jupref_link_intent(jupref_ledger_t *ledger, uint32_t intent);
void jupref_unlink_intent(jupref_ledger_t *ledger, uint32_t intent);


#endif /* JUPREF_LINKS_H */
