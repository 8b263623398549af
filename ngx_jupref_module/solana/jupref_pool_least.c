/*
 * The oldest that an answer may be: between two probes a node may fall behind,
 * and its answers are measured by where the pool is.
 */

#include "solana/jupref_pool_parts.h"


/* One slot of so many may be skipped, in the worst of times. */
#define JUPREF_SKIPPED_PART  4


uint64_t
jupref_pool_least_slot(const jupref_pool_t *pool,
    jupref_commitment_e commitment, uint64_t asked_ms)
{
    uint64_t  front, behind;

    if (pool->front_slot == 0 || commitment < JUPREF_COMMITMENT_PROCESSED
        || commitment > JUPREF_COMMITMENT_FINALIZED
        || asked_ms > pool->front_ms + JUPREF_EVIDENCE_MS)
    {
        return 0;
    }

    front = pool->front_slot;
    behind = pool->rules.max_lag_ms * 1000 / pool->slot_us + 1;

    if (asked_ms > pool->front_ms) {
        front += (asked_ms - pool->front_ms) * 1000 / pool->slot_us;
    }

    if (commitment != JUPREF_COMMITMENT_PROCESSED) {

        if (!pool->known[commitment]) {
            return 0;
        }

        behind += pool->offset[commitment];
    }

    return (front > behind) ? front - behind : 0;
}


/*
 * By the newest finalized height, told beside its node's processed slot: from
 * there heights grow as slots do, but for those that are skipped.
 */

uint64_t
jupref_pool_least_height(const jupref_pool_t *pool,
    jupref_commitment_e commitment, uint64_t asked_ms)
{
    uint64_t              least, slot, skipped;
    unsigned              i;
    const jupref_node_t  *node, *newest;

    newest = NULL;

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        node = &pool->nodes[i];

        if (node->member && node->reasons == 0 && node->height
            && (newest == NULL || node->height > newest->height))
        {
            newest = node;
        }
    }

    least = jupref_pool_least_slot(pool, commitment, asked_ms);

    if (newest == NULL || least == 0
        || !pool->known[JUPREF_COMMITMENT_FINALIZED]
        || newest->height_slot <= pool->offset[JUPREF_COMMITMENT_FINALIZED])
    {
        return 0;
    }

    slot = newest->height_slot - pool->offset[JUPREF_COMMITMENT_FINALIZED];

    if (least <= slot) {
        return (newest->height > slot - least)
               ? newest->height - (slot - least) : 0;
    }

    skipped = (least - slot) / JUPREF_SKIPPED_PART + 1;

    return newest->height + (least - slot)
           - ((skipped < least - slot) ? skipped : least - slot);
}
