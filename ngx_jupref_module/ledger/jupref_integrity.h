/*
 * Fee integrity: what we asked of Jupiter against what it granted, per mint.
 *
 * Jupiter takes no fee, and says nothing, where the referral account has no
 * token account for the fee's mint.  Here each order is counted under its
 * fee mint, so that the missing account can be named.  A small table that
 * isn't part of the ledger: when it is full the rest is counted together.
 */

#ifndef JUPREF_INTEGRITY_H
#define JUPREF_INTEGRITY_H


#include "jupiter/jupref_order_answer.h"


#define JUPREF_INTEGRITY_MINTS  1024


typedef struct {
    jupref_pubkey_t  mint;              /* zero: no mint stated */
    jupref_pubkey_t  referral_account;  /* of the last order */
    uint64_t         asked;
    uint64_t         granted;
    uint64_t         dropped;
    uint64_t         unstated;
    uint64_t         last_dropped_ms;
} jupref_integrity_row_t;


/* Row 0 counts the mints that found no room. */
typedef struct {
    uint32_t                count;
    uint16_t                slots[2 * JUPREF_INTEGRITY_MINTS];
    jupref_integrity_row_t  rows[JUPREF_INTEGRITY_MINTS + 1];
} jupref_integrity_t;


/* Counts one answer; returns 1 when it is this mint's first dropped fee. */
unsigned jupref_integrity_count(jupref_integrity_t *integrity,
    const jupref_pubkey_t *fee_mint, const jupref_pubkey_t *referral_account,
    jupref_fee_verdict_e verdict, uint64_t now_ms);

/* A mint's row, 0 when there is none. */
uint32_t jupref_integrity_find(const jupref_integrity_t *integrity,
    const jupref_pubkey_t *mint);


#endif /* JUPREF_INTEGRITY_H */
