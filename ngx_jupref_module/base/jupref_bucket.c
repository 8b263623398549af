/*
 * Buckets that fill with time.
 *
 * A millisecond adds `units` parts, a unit is `window_ms` parts, so filling is
 * exact.  32 bits times 32 bits fit into 64; how long it takes to fill is
 * compared before anything is multiplied.
 */

#include "base/jupref_bucket.h"

#include <stddef.h>


#define JUPREF_MILLI  1000


static void jupref_bucket_fill(jupref_bucket_t *bucket,
    const jupref_rate_t *rate, uint64_t now_ms);
static void jupref_bucket_tell(const jupref_bucket_t *bucket,
    const jupref_rate_t *rate, uint64_t cost, jupref_bucket_state_t *state);
static uint64_t jupref_fill(uint64_t level, uint64_t most, uint64_t per_ms,
    uint64_t *filled_ms, uint64_t now_ms);
static uint64_t jupref_divide_up(uint64_t value, uint64_t divisor);


unsigned
jupref_bucket_take(jupref_bucket_t *bucket, const jupref_rate_t *rate,
    uint64_t cost, uint64_t now_ms, jupref_bucket_state_t *state)
{
    unsigned  taken;

    jupref_bucket_fill(bucket, rate, now_ms);

    taken = cost <= bucket->parts / rate->window_ms;

    if (taken) {
        bucket->parts -= cost * rate->window_ms;
    }

    if (state != NULL) {
        jupref_bucket_tell(bucket, rate, taken ? 0 : cost, state);
    }

    return taken;
}


void
jupref_bucket_return(jupref_bucket_t *bucket, const jupref_rate_t *rate,
    uint64_t cost)
{
    uint64_t  most;

    most = (uint64_t) rate->burst * rate->window_ms;

    if (cost >= rate->burst
        || bucket->parts + cost * rate->window_ms > most)
    {
        bucket->parts = most;
        return;
    }

    bucket->parts += cost * rate->window_ms;
}


uint64_t
jupref_retry_after_sec(uint64_t wait_ms)
{
    return wait_ms > 0 ? jupref_divide_up(wait_ms, 1000) : 1;
}


void
jupref_retry_earn(jupref_retry_budget_t *budget,
    const jupref_retry_terms_t *terms)
{
    uint64_t  most;

    most = (uint64_t) terms->most * JUPREF_MILLI;
    budget->milli += terms->permille;

    if (budget->milli > most) {
        budget->milli = most;
    }
}


/* A floor of n a second is n thousandths a millisecond. */
unsigned
jupref_retry_spend(jupref_retry_budget_t *budget,
    const jupref_retry_terms_t *terms, uint64_t now_ms)
{
    uint64_t  most;

    most = (uint64_t) terms->most * JUPREF_MILLI;
    budget->milli = jupref_fill(budget->milli, most, terms->floor,
                                &budget->filled_ms, now_ms);

    if (budget->milli < JUPREF_MILLI) {
        return 0;
    }

    budget->milli -= JUPREF_MILLI;

    return 1;
}


static void
jupref_bucket_fill(jupref_bucket_t *bucket, const jupref_rate_t *rate,
    uint64_t now_ms)
{
    uint64_t  most;

    most = (uint64_t) rate->burst * rate->window_ms;

    if (bucket->filled_ms == 0) {
        bucket->filled_ms = now_ms;
        bucket->parts = most;
        return;
    }

    bucket->parts = jupref_fill(bucket->parts, most, rate->units,
                                &bucket->filled_ms, now_ms);
}


static void
jupref_bucket_tell(const jupref_bucket_t *bucket, const jupref_rate_t *rate,
    uint64_t cost, jupref_bucket_state_t *state)
{
    uint64_t  most, missing;

    most = (uint64_t) rate->burst * rate->window_ms;

    state->remaining = (uint32_t) (bucket->parts / rate->window_ms);
    state->reset_sec = jupref_divide_up(jupref_divide_up(most - bucket->parts,
                                                         rate->units), 1000);

    if (cost > rate->burst) {
        state->wait_ms = UINT64_MAX;
        return;
    }

    missing = cost * rate->window_ms;
    missing = missing > bucket->parts ? missing - bucket->parts : 0;

    state->wait_ms = jupref_divide_up(missing, rate->units);
}


/*
 * The new level, never above `most`, also when it was until now.  Processes
 * that share a bucket have clocks that differ by some milliseconds: time that
 * has filled it once doesn't do so again.
 */
static uint64_t
jupref_fill(uint64_t level, uint64_t most, uint64_t per_ms,
    uint64_t *filled_ms, uint64_t now_ms)
{
    uint64_t  passed_ms;

    passed_ms = 0;

    if (now_ms > *filled_ms) {
        passed_ms = now_ms - *filled_ms;
        *filled_ms = now_ms;
    }

    if (level >= most) {
        return most;
    }

    if (per_ms > 0 && passed_ms >= jupref_divide_up(most - level, per_ms)) {
        return most;
    }

    return level + passed_ms * per_ms;
}


static uint64_t
jupref_divide_up(uint64_t value, uint64_t divisor)
{
    return value / divisor + (value % divisor > 0);
}
