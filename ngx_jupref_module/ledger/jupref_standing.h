/*
 * What a trade counts for: while it stands it is a part of the platform's and
 * its referrers' numbers and rankings, and until it is verified its fee is a
 * part of the estimates.  All of it follows from the trade's row, so a step
 * from one state to the next takes out what the row counted for before and
 * puts in what it counts for since.
 */

#ifndef JUPREF_STANDING_H
#define JUPREF_STANDING_H


#include "ledger/jupref_ledger.h"


/* Rows that deciding has found for a fee; 0: none, or not looked for. */
typedef struct {
    uint32_t  mint;
    uint32_t  balance[JUPREF_LEVELS];
} jupref_found_t;


/* The terms that a trade's row keeps: shares and the partner's part. */
void jupref_trade_terms(const jupref_trade_row_t *row, jupref_terms_t *terms);

/* Its fee, divided as its terms and levels say; all zero when the mint isn't
 * known. */
void jupref_trade_split(const jupref_trade_row_t *row,
    jupref_fee_split_t *split);

/* Its whole fee in micro-dollars, by volume; 0 where none is booked. */
uint64_t jupref_trade_fee_usd(const jupref_trade_row_t *row);

/*
 * Books a trade's step: `before` is the row as it was, NULL for a new trade,
 * `after` the row as it is.  Whoever earned before earns after, on the same
 * levels; only an unknown trade, which counts for nothing, may become another
 * referrer's.  `found` may be NULL.
 */
void jupref_trade_moves(jupref_ledger_t *ledger,
    const jupref_trade_row_t *before, const jupref_trade_row_t *after,
    const jupref_found_t *found);


#endif /* JUPREF_STANDING_H */
