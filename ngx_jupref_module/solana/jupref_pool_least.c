/*
 * The oldest that an answer may be: between two probes a node may fall behind,
 * and its answers are measured by where the pool is.
 */

#include "solana/jupref_pool_parts.h"


uint64_t
jupref_pool_least_slot(const jupref_pool_t *pool,
    jupref_commitment_e commitment, uint64_t asked_ms)
{
    uint64_t  front, behind, slot_us;

    if (pool->front_slot == 0 || commitment < JUPREF_COMMITMENT_PROCESSED
        || commitment > JUPREF_COMMITMENT_FINALIZED
        || asked_ms > pool->front_ms + JUPREF_EVIDENCE_MS)
    {
        return 0;
    }

    front = jupref_slot_from(pool->front_slot, pool->front_ms, pool->slot_us,
                             asked_ms);
    behind = pool->rules.max_lag_ms * 1000 / pool->slot_us + 1;

    if (asked_ms < pool->front_ms) {
        slot_us = pool->slot_us_ms ? pool->slot_us : JUPREF_SLOT_US_MIN;
        behind += (pool->front_ms - asked_ms) * 1000 / slot_us;
    }

    if (commitment != JUPREF_COMMITMENT_PROCESSED) {

        if (!pool->known[commitment]) {
            return 0;
        }

        behind += pool->offset[commitment];
    }

    return (front > behind) ? front - behind : 0;
}


/* Heights are slots less the skipped ones. */

uint64_t
jupref_pool_least_height(const jupref_pool_t *pool,
    jupref_commitment_e commitment, uint64_t asked_ms)
{
    uint64_t          least;
    jupref_skipped_t  skipped;

    least = jupref_pool_least_slot(pool, commitment, asked_ms);

    if (least == 0 || !jupref_pool_skipped(pool, asked_ms, &skipped)
        || least <= skipped.most)
    {
        return 0;
    }

    return least - skipped.most;
}
