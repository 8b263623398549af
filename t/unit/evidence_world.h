/*
 * A trade, what nodes say about it, and what is found.
 */

#ifndef EVIDENCE_WORLD_H
#define EVIDENCE_WORLD_H


#include "chain_world.h"

#include "ledger/jupref_evidence.h"


#define NOW_MS      UINT64_C(1790000000000)
#define MINUTE_MS   UINT64_C(60000)
#define HOUR_MS     (60 * MINUTE_MS)
#define LAST_VALID  425000150


/* A trade, and what is told about it. */
typedef struct {
    chain_made_t          made;
    jupref_trade_row_t    trade;
    jupref_fee_account_t  accounts[JUPREF_FEE_ACCOUNTS];
    jupref_witness_t      witnesses[5];
    jupref_evidence_t     evidence;
    jupref_finding_t      finding;
} case_t;


/*
 * A swap of wSOL for USDC by wallet 1, a minute ago, that was priced as this
 * transaction; three nodes in the pool, two of which show it.
 */
void case_begin(case_t *of, const chain_swap_t *swap);
void case_end(case_t *of);

/* One node, a healthy one, shows that transaction. */
void case_shows(case_t *of, unsigned witness, const chain_made_t *made);

/* The same where nobody shows anything; there is nothing to end. */
void case_begin_silent(case_t *of, unsigned witnesses, unsigned nodes_left);

/* One node says null, its history searched, at that finalized height. */
void case_silent(case_t *of, unsigned witness, uint64_t height);


/* What is found: a verdict by its enumerator, and the reason's name. */
#define assert_found(of, expected, why)                                       \
    case_assert_found(of, JUPREF_VERDICT_##expected, why, __FILE__, __LINE__)

void case_assert_found(case_t *of, jupref_verdict_e verdict,
    const char *reason, const char *file, int line);

/* Verified, with that fee of that mint, and an event that books it. */
void assert_verified(case_t *of, const char *mint, uint64_t fee);

/* Rejected so, where everything else is the trade's. */
void assert_rejected(const chain_swap_t *swap, const char *reason);


#endif /* EVIDENCE_WORLD_H */
