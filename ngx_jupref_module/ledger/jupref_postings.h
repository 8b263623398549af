/*
 * Double entry: what one booking debits and credits, in one mint.
 *
 * Postings are collected first and checked whole: debits are credits, no
 * account leaves its range, no referrer's balance goes below zero.  Then they
 * are booked, in the mint's accounts and in the referrers' balances at once,
 * so that those always sum up to these.
 */

#ifndef JUPREF_POSTINGS_H
#define JUPREF_POSTINGS_H


#include "ledger/jupref_ledger.h"


/* A reversal has the most: the fee, two shares, and two a level. */
#define JUPREF_POSTINGS_MAX  (3 + 2 * JUPREF_LEVELS)


typedef struct {
    jupref_account_e  account;
    uint32_t          referrer;         /* 0: the platform's own account */
    uint32_t          balance;          /* its row; 0: to be looked for */
    jupref_u128_t     debit;
    jupref_u128_t     credit;
} jupref_posting_t;


typedef struct {
    uint32_t          mint;             /* 0: it has no row yet */
    unsigned          count;
    jupref_posting_t  posting[JUPREF_POSTINGS_MAX];
} jupref_postings_t;


void jupref_postings_begin(jupref_postings_t *postings, uint32_t mint);

/* Amounts of zero are left out.  An account of a referrer comes once. */
void jupref_debit(jupref_postings_t *postings, jupref_account_e account,
    uint32_t referrer, jupref_u128_t amount);
void jupref_credit(jupref_postings_t *postings, jupref_account_e account,
    uint32_t referrer, jupref_u128_t amount);

/* Tells the row of a referrer's balance, where it is known (not 0). */
void jupref_postings_know(jupref_postings_t *postings, uint32_t referrer,
    uint32_t balance);

/* Credits what is available; what the referrer owes is netted first. */
void jupref_credit_available(const jupref_ledger_t *ledger,
    jupref_postings_t *postings, uint32_t referrer, jupref_u128_t amount);

/* Debits what is available; the referrer owes what that lacks. */
void jupref_debit_available(const jupref_ledger_t *ledger,
    jupref_postings_t *postings, uint32_t referrer, jupref_u128_t amount);

/* Whether they can be booked: OK, UNBALANCED or OVERFLOW. */
jupref_ledger_result_e jupref_postings_check(const jupref_ledger_t *ledger,
    const jupref_postings_t *postings);

/* Books what was checked, and mixes the rows into the digest; the mint has a
 * row by now, and there is room for the balances. */
void jupref_postings_book(jupref_ledger_t *ledger,
    const jupref_postings_t *postings);


#endif /* JUPREF_POSTINGS_H */
