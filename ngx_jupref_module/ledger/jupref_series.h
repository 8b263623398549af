/*
 * Time series: numbers per hour for two weeks and per day for three years, of
 * the platform, each referrer and each code.
 *
 * A row exists where something happened.  Rows are taken in a ring, so a full
 * table forgets its oldest row; `jupref_series_since` tells from when on
 * nothing is forgotten.
 *
 * What is added goes mostly where the last went: for each owner the ledger's
 * block has the places of its last hour's and last day's row.  They are hints
 * that are good when the row says so, and are no part of the state.
 */

#ifndef JUPREF_SERIES_H
#define JUPREF_SERIES_H


#include "ledger/jupref_ledger.h"


#define JUPREF_HOURS_KEPT  (14 * 24)
#define JUPREF_DAYS_KEPT   (3 * 366)


typedef enum {
    JUPREF_BY_HOUR = 0,
    JUPREF_BY_DAY = 1
} jupref_bucket_e;


/* Owners of rows. */
#define JUPREF_OWNER_PLATFORM         0
#define jupref_owner_referrer(index)  (UINT32_C(1) << 30 | (index))
#define jupref_owner_code(index)      (UINT32_C(2) << 30 | (index))


/* What is added. */
typedef struct {
    uint32_t  clicks;
    uint32_t  orders;
    uint32_t  trades;
    uint64_t  volume_micro_usd;
    uint64_t  fees_micro_usd;
} jupref_series_sum_t;


/* Bytes of the hints for so many owners. */
uint64_t jupref_series_last_size(uint32_t referrers, uint32_t codes);

/* Adds to hour and day of `time_ms` of one owner; called by the fold alone. */
void jupref_series_add(jupref_ledger_t *ledger, uint32_t owner,
    uint64_t time_ms, const jupref_series_sum_t *sum);

/* Fetches the rows that adding to that owner will most likely change. */
void jupref_series_expect(const jupref_ledger_t *ledger, uint32_t owner);

/*
 * Buckets of an owner from `from` to `to` (numbers of hours or days since
 * 1970, both included), those without a row as zeroes; at most `limit`,
 * returns how many.
 */
unsigned jupref_series_read(const jupref_ledger_t *ledger,
    jupref_bucket_e bucket, uint32_t owner, uint32_t from, uint32_t to,
    unsigned limit, jupref_series_row_t *rows);

/* The oldest bucket of which nothing is forgotten. */
uint32_t jupref_series_since(const jupref_ledger_t *ledger,
    jupref_bucket_e bucket);


#endif /* JUPREF_SERIES_H */
