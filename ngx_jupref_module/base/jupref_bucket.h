/*
 * Token buckets in whole numbers, and a budget for retries on the same idea.
 *
 * A bucket fills with `units` in every `window_ms`, up to `burst`.  What is in
 * it is counted in parts of a unit, 1/window_ms each, so that nothing is lost
 * to rounding however often it is asked.  Time is an argument, of a steady
 * clock; where it steps back, or is that of a process whose clock is behind,
 * nothing is filled.  Zeroed memory is a full bucket, and that is
 * what a bucket has to become when its window changes.  Buckets have no
 * pointers; one in shared memory needs a lock around each call.
 */

#ifndef JUPREF_BUCKET_H
#define JUPREF_BUCKET_H


#include <stdint.h>


typedef struct {
    uint32_t  units;                    /* per window, above 0 */
    uint32_t  window_ms;                /* above 0 */
    uint32_t  burst;                    /* the most it holds, above 0 */
} jupref_rate_t;


typedef struct {
    uint64_t  parts;                    /* units × window_ms */
    uint64_t  filled_ms;                /* until when; 0: never used, full */
} jupref_bucket_t;


/* What the headers RateLimit and Retry-After tell. */
typedef struct {
    uint32_t  remaining;                /* whole units */
    uint64_t  wait_ms;                  /* until the cost is there, 0: now;
                                         * UINT64_MAX: more than the burst,
                                         * so never */
    uint64_t  reset_sec;                /* until the bucket is full */
} jupref_bucket_state_t;


/* Takes `cost` units and returns 1, or takes nothing and returns 0; `state`
 * (may be NULL) is that after it. */
unsigned jupref_bucket_take(jupref_bucket_t *bucket,
    const jupref_rate_t *rate, uint64_t cost, uint64_t now_ms,
    jupref_bucket_state_t *state);

/* Gives back what was taken for something that wasn't done. */
void jupref_bucket_return(jupref_bucket_t *bucket, const jupref_rate_t *rate,
    uint64_t cost);

/* Milliseconds as the seconds of Retry-After: rounded up, at least 1. */
uint64_t jupref_retry_after_sec(uint64_t wait_ms);


/*
 * How many retries a pool can bear: a share of the calls that come, and a few
 * a second anyway, so that a quiet edge may retry, too.  A pool in trouble
 * isn't asked for more than that.
 */
typedef struct {
    uint32_t  permille;                 /* retries for a thousand calls */
    uint32_t  floor;                    /* retries a second, anyway */
    uint32_t  most;                     /* what can be saved up */
} jupref_retry_terms_t;


typedef struct {
    uint64_t  milli;                    /* thousandths of a retry */
    uint64_t  filled_ms;
} jupref_retry_budget_t;


/* A call comes in. */
void jupref_retry_earn(jupref_retry_budget_t *budget,
    const jupref_retry_terms_t *terms);

/* 1 when one more retry is affordable, and then it is paid for. */
unsigned jupref_retry_spend(jupref_retry_budget_t *budget,
    const jupref_retry_terms_t *terms, uint64_t now_ms);


#endif /* JUPREF_BUCKET_H */
