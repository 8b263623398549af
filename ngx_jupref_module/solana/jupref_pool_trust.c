/*
 * What a node may claim and be believed.
 *
 * A pool's front says where the chain is only as long as there is somebody to
 * compare it with: of nodes that fall and recover, whoever is left is the
 * front, be it one that lags or one that lies.  But slots take their time.  So
 * the chain is where a trusted front was, and as far on as slots can have led
 * since.  A front that goes further is trusted at once when more than one node
 * is there; any is after a while, since it may be our measures that are wrong.
 */

#include "solana/jupref_pool_parts.h"


/* So long a front that has jumped, or fallen back, isn't trusted. */
#define JUPREF_DOUBT_MS  30000

/* So long what several nodes bore out says how far the chain can be. */
#define JUPREF_BORNE_MS  600000

/* So far apart a node's slot and its height may have been told, and so many
 * slots may be skipped in a row. */
#define JUPREF_HEIGHT_PLAY_MS     1000
#define JUPREF_HEIGHT_PLAY_SLOTS  8


static unsigned jupref_pool_is_borne(const jupref_pool_t *pool,
    uint64_t now_ms);
static unsigned jupref_pool_trusts(jupref_pool_t *pool, unsigned few);
static unsigned jupref_pool_members(const jupref_pool_t *pool);
static uint64_t jupref_pool_reaches(const jupref_pool_t *pool,
    jupref_commitment_e commitment, uint64_t ahead_ms, uint64_t now_ms);


void
jupref_pool_trust(jupref_pool_t *pool, unsigned witnesses)
{
    unsigned  few;
    uint64_t  front, now_ms;

    front = pool->front_slot;
    now_ms = pool->front_ms;

    if (front == 0) {
        return;
    }

    few = (witnesses < 2 && jupref_pool_members(pool) > 1);

    /* while nobody has borne out anybody yet, the one who tells is trusted,
     * and several are at once after one */

    if (pool->trusted_slot
        && (few ? pool->borne_slot != 0 : !pool->trusted_few)
        && !jupref_pool_trusts(pool, few))
    {
        return;
    }

    pool->trusted_slot = front;
    pool->trusted_ms = now_ms;
    pool->trusted_few = few;
    pool->doubted_ms = 0;

    if (!few) {
        pool->borne_slot = front;
        pool->borne_ms = now_ms;
        pool->borne_us = pool->slot_us;
    }

    pool->trusted_us = jupref_pool_is_borne(pool, now_ms) ? pool->borne_us
                                                          : pool->slot_us;
}


/* Who is alone can neither take the chain back nor set its pace. */

static unsigned
jupref_pool_is_borne(const jupref_pool_t *pool, uint64_t now_ms)
{
    return pool->borne_slot != 0
           && now_ms <= pool->borne_ms + JUPREF_BORNE_MS;
}


static unsigned
jupref_pool_trusts(jupref_pool_t *pool, unsigned few)
{
    uint64_t  front, now_ms, reach;

    front = pool->front_slot;
    now_ms = pool->front_ms;
    reach = jupref_pool_reach(pool, JUPREF_COMMITMENT_PROCESSED, now_ms);

    if (few && front > reach) {

        if (pool->doubted_ms == 0) {
            pool->doubted_ms = now_ms;
        }

        return now_ms >= pool->doubted_ms + JUPREF_DOUBT_MS;
    }

    pool->doubted_ms = 0;

    if (now_ms >= pool->trusted_ms + JUPREF_DOUBT_MS) {
        return 1;
    }

    reach = jupref_pool_reaches(pool, JUPREF_COMMITMENT_PROCESSED, 0, now_ms);

    return !few && front >= reach;
}


uint64_t
jupref_pool_reach(const jupref_pool_t *pool, jupref_commitment_e commitment,
    uint64_t now_ms)
{
    if (pool->trusted_slot == 0) {
        return UINT64_MAX;
    }

    return jupref_pool_reaches(pool, commitment, pool->rules.max_lag_ms,
                               now_ms)
           + 1;
}


/*
 * What is confirmed has been processed, too: a claim that is beyond belief is
 * judged as what it says of the node's place, and as nothing else, so that it
 * isn't left behind when the node is believed again.
 */

unsigned
jupref_pool_told(jupref_pool_t *pool, unsigned node,
    jupref_commitment_e commitment, uint64_t slot, uint64_t asked_ms,
    uint64_t now_ms)
{
    if (node >= JUPREF_POOL_NODES) {
        return 0;
    }

    if (slot <= jupref_pool_reach(pool, commitment, now_ms)) {
        jupref_pool_slot(pool, node, commitment, slot, asked_ms);

    } else if (slot
               > pool->nodes[node].heads[JUPREF_COMMITMENT_PROCESSED].slot)
    {
        jupref_pool_slot(pool, node, JUPREF_COMMITMENT_PROCESSED, slot,
                         asked_ms);
    }

    if (pool->trusted_slot == 0
        || slot > jupref_pool_reaches(pool, commitment, 0, now_ms))
    {
        jupref_pool_judge(pool, 0, now_ms);
    }

    if (jupref_node_doubted(&pool->nodes[node])
        || slot > jupref_pool_reach(pool, commitment, now_ms))
    {
        return 0;
    }

    jupref_pool_slot(pool, node, commitment, slot, asked_ms);

    return 1;
}


static unsigned
jupref_pool_members(const jupref_pool_t *pool)
{
    unsigned  i, count;

    count = 0;

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        count += pool->nodes[i].member && !pool->nodes[i].down;
    }

    return count;
}


/*
 * Where slots can have led from what is trusted, and some time more; one that
 * is alone and stood still doesn't take that back.  Commitments are at least
 * as far behind as they ever were: after a pause they catch up at once.
 */

static uint64_t
jupref_pool_reaches(const jupref_pool_t *pool, jupref_commitment_e commitment,
    uint64_t ahead_ms, uint64_t now_ms)
{
    uint64_t  slot, borne, offset;

    slot = jupref_slot_from(pool->trusted_slot, pool->trusted_ms,
                            pool->trusted_us, now_ms);

    if (jupref_pool_is_borne(pool, now_ms)) {
        borne = jupref_slot_from(pool->borne_slot, pool->borne_ms,
                                 pool->borne_us, now_ms);
        slot = (borne > slot) ? borne : slot;
    }

    slot += ahead_ms * 1000 / pool->trusted_us;

    offset = (commitment >= JUPREF_COMMITMENT_CONFIRMED
              && commitment <= JUPREF_COMMITMENT_FINALIZED
              && pool->known[commitment])
             ? pool->least_offset[commitment] : 0;

    return (slot > offset) ? slot - offset : 0;
}


uint64_t
jupref_pool_believable_height(const jupref_pool_t *pool,
    jupref_commitment_e commitment, uint64_t now_ms)
{
    uint64_t          slot;
    jupref_skipped_t  skipped;

    slot = jupref_pool_reach(pool, commitment, now_ms);

    if (slot == UINT64_MAX || !jupref_pool_skipped(pool, now_ms, &skipped)
        || slot < skipped.least)
    {
        return UINT64_MAX;
    }

    return slot - skipped.least;
}


/*
 * As many as most nodes say: one that only claims to be ahead doesn't move
 * that, nor what one told while it ran away.  Of two middles it is between.
 */

unsigned
jupref_pool_skipped(const jupref_pool_t *pool, uint64_t now_ms,
    jupref_skipped_t *skipped)
{
    uint64_t              reach, play, all[JUPREF_POOL_NODES];
    unsigned              i, count;
    const jupref_node_t  *node;

    count = 0;
    reach = jupref_pool_reach(pool, JUPREF_COMMITMENT_PROCESSED, now_ms);

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        node = &pool->nodes[i];

        if (node->member && node->height && node->height_slot >= node->height
            && node->height_slot <= reach
            && now_ms <= node->height_ms + JUPREF_EVIDENCE_MS)
        {
            all[count++] = node->height_slot - node->height;
        }
    }

    if (count == 0) {
        return 0;
    }

    jupref_pool_sort(all, count);

    play = JUPREF_HEIGHT_PLAY_MS * 1000 / pool->slot_us
           + JUPREF_HEIGHT_PLAY_SLOTS;

    skipped->least = all[(count - 1) / 2];
    skipped->least -= (skipped->least > play) ? play : skipped->least;
    skipped->most = all[count / 2] + play;

    return 1;
}


unsigned
jupref_node_doubted(const jupref_node_t *node)
{
    return !node->member
           || (node->reasons & (1u << JUPREF_OUT_AHEAD_ALONE
                                | 1u << JUPREF_OUT_HEIGHT_IS_SLOT
                                | 1u << JUPREF_OUT_LIED
                                | 1u << JUPREF_OUT_FOREIGN_GENESIS));
}
