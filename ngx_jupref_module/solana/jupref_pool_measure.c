/*
 * Measuring a pool: how long slots take, how far the commitments are apart,
 * and where a node is.
 */

#include "solana/jupref_pool_parts.h"


/* What another commitment tells is looked at when PROCESSED is this old. */
#define JUPREF_DERIVED_MS     1000

/* Paces and slot times: how long they count, how often they are taken. */
#define JUPREF_PACE_FRESH_MS  60000
#define JUPREF_SLOT_EVERY_MS  1000

/* A finalized slot told longer ago may have stood meanwhile. */
#define JUPREF_FINALIZED_MS   2500

/* Reasons of a node whose slots say nothing about the others'. */
#define JUPREF_MISPLACED                                                      \
    (1u << JUPREF_OUT_BEHIND | 1u << JUPREF_OUT_STANDS_STILL                  \
     | 1u << JUPREF_OUT_AHEAD_ALONE | 1u << JUPREF_OUT_LIED                   \
     | 1u << JUPREF_OUT_FOREIGN_GENESIS)


/* The middle pace of all nodes; of two middles the one that is nearer to what
 * was believed so far. */

void
jupref_pool_slot_time(jupref_pool_t *pool, uint64_t now_ms)
{
    uint64_t        paces[JUPREF_POOL_NODES], pace, other, old;
    unsigned        i, count;
    jupref_node_t  *node;

    if (pool->slot_us_ms && now_ms < pool->slot_us_ms + JUPREF_SLOT_EVERY_MS) {
        return;
    }

    count = 0;

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        node = &pool->nodes[i];

        if (node->member && node->pace_us
            && now_ms < node->pace_done_ms + JUPREF_PACE_FRESH_MS)
        {
            paces[count++] = node->pace_us;
        }
    }

    if (count == 0) {
        return;
    }

    jupref_pool_sort(paces, count);

    old = pool->slot_us;
    pace = paces[(count - 1) / 2];
    other = paces[count / 2];

    if ((other > old ? other - old : old - other)
        < (pace > old ? pace - old : old - pace))
    {
        pace = other;
    }

    if (pace < JUPREF_SLOT_US_MIN) {
        pace = JUPREF_SLOT_US_MIN;
    }

    if (pace > JUPREF_SLOT_US_MAX) {
        pace = JUPREF_SLOT_US_MAX;
    }

    /* the first measure counts whole, later ones by a quarter */

    pool->slot_us = pool->slot_us_ms ? (3 * old + pace) / 4 : pace;
    pool->slot_us_ms = now_ms;
}


/*
 * How far CONFIRMED and FINALIZED are behind PROCESSED: the middle of what
 * nodes told of both at about the same time.  One that isn't where the others
 * are may have told the two in different lives.
 */

void
jupref_pool_offsets(jupref_pool_t *pool, uint64_t now_ms)
{
    int64_t              apart;
    uint64_t             offsets[JUPREF_POOL_NODES];
    unsigned             i, c, count;
    jupref_node_head_t  *first, *head;

    for (c = JUPREF_COMMITMENT_CONFIRMED; c <= JUPREF_COMMITMENT_FINALIZED; c++)
    {
        count = 0;

        for (i = 0; i < JUPREF_POOL_NODES; i++) {
            first = &pool->nodes[i].heads[JUPREF_COMMITMENT_PROCESSED];
            head = &pool->nodes[i].heads[c];

            if (!pool->nodes[i].member || first->slot == 0 || head->slot == 0
                || (pool->nodes[i].reasons & JUPREF_MISPLACED)
                || now_ms > head->seen_ms + JUPREF_EVIDENCE_MS
                || first->seen_ms > head->seen_ms + JUPREF_DERIVED_MS
                || head->seen_ms > first->seen_ms + JUPREF_DERIVED_MS)
            {
                continue;
            }

            apart = jupref_pool_place(pool, first->slot, first->seen_ms,
                                      now_ms)
                    - jupref_pool_place(pool, head->slot, head->seen_ms,
                                        now_ms);
            apart /= (int64_t) pool->slot_us;

            offsets[count++] = (apart > 0) ? (uint64_t) apart : 0;
        }

        if (count) {
            jupref_pool_sort(offsets, count);
            pool->offset[c] = offsets[(count - 1) / 2];

            if (!pool->known[c] || pool->offset[c] < pool->least_offset[c]) {
                pool->least_offset[c] = pool->offset[c];
            }

            pool->known[c] = 1;
        }
    }
}


/* As it told itself lately, or as far behind its processed slot as commitments
 * are everywhere. */

uint64_t
jupref_pool_finalized(const jupref_pool_t *pool, const jupref_node_t *node,
    uint64_t now_ms)
{
    uint64_t                   slot, offset;
    const jupref_node_head_t  *head;

    offset = 0;
    head = &node->heads[JUPREF_COMMITMENT_FINALIZED];

    if (head->slot == 0 || now_ms > head->seen_ms + JUPREF_FINALIZED_MS) {

        if (!pool->known[JUPREF_COMMITMENT_FINALIZED]) {
            return 0;
        }

        offset = pool->offset[JUPREF_COMMITMENT_FINALIZED];
        head = &node->heads[JUPREF_COMMITMENT_PROCESSED];
    }

    if (head->slot == 0 || now_ms > head->seen_ms + JUPREF_EVIDENCE_MS) {
        return 0;
    }

    slot = jupref_slot_from(head->slot, head->seen_ms, pool->slot_us, now_ms);

    return (slot > offset) ? slot - offset : 0;
}


/* Where who told that slot then is by now, us; slots are at most 2^40, so it
 * fits. */

int64_t
jupref_pool_place(const jupref_pool_t *pool, uint64_t slot, uint64_t seen_ms,
    uint64_t now_ms)
{
    return (int64_t) (slot * pool->slot_us)
           + ((int64_t) now_ms - (int64_t) seen_ms) * 1000;
}


/*
 * The newest that a node told, as PROCESSED: itself, or with the commitments'
 * distance what was told of another one, when that is much newer.
 */

unsigned
jupref_pool_evidence(const jupref_pool_t *pool, const jupref_node_t *node,
    uint64_t *slot, uint64_t *seen_ms)
{
    unsigned                   c;
    const jupref_node_head_t  *head;

    head = &node->heads[JUPREF_COMMITMENT_PROCESSED];

    *slot = head->slot;
    *seen_ms = head->seen_ms;

    for (c = JUPREF_COMMITMENT_CONFIRMED; c <= JUPREF_COMMITMENT_FINALIZED; c++)
    {
        head = &node->heads[c];

        if (head->slot && pool->known[c]
            && head->seen_ms > *seen_ms + JUPREF_DERIVED_MS)
        {
            *slot = head->slot + pool->offset[c];
            *seen_ms = head->seen_ms;
        }
    }

    if (*slot > JUPREF_SLOT_MAX) {
        *slot = JUPREF_SLOT_MAX;
    }

    return *slot != 0;
}


uint64_t
jupref_pool_evidence_age(const jupref_pool_t *pool, unsigned node,
    unsigned direct, uint64_t now_ms)
{
    unsigned                   c;
    uint64_t                   age_ms, least;
    const jupref_node_head_t  *head;

    least = UINT64_MAX;

    for (c = JUPREF_COMMITMENT_PROCESSED; c <= JUPREF_COMMITMENT_FINALIZED; c++)
    {
        head = &pool->nodes[node].heads[c];

        if (head->slot == 0
            || (c != JUPREF_COMMITMENT_PROCESSED
                && (direct || !pool->known[c])))
        {
            continue;
        }

        age_ms = (now_ms > head->seen_ms) ? now_ms - head->seen_ms : 0;

        if (age_ms < least) {
            least = age_ms;
        }
    }

    return least;
}


uint64_t
jupref_node_moved(const jupref_node_t *node)
{
    unsigned  c;
    uint64_t  moved_ms;

    moved_ms = 0;

    for (c = JUPREF_COMMITMENT_PROCESSED; c <= JUPREF_COMMITMENT_FINALIZED; c++)
    {
        if (node->heads[c].moved_ms > moved_ms) {
            moved_ms = node->heads[c].moved_ms;
        }
    }

    return moved_ms;
}


uint64_t
jupref_node_seen(const jupref_node_t *node)
{
    unsigned  c;
    uint64_t  seen_ms;

    seen_ms = 0;

    for (c = JUPREF_COMMITMENT_PROCESSED; c <= JUPREF_COMMITMENT_FINALIZED; c++)
    {
        if (node->heads[c].seen_ms > seen_ms) {
            seen_ms = node->heads[c].seen_ms;
        }
    }

    return seen_ms;
}


void
jupref_pool_sort(uint64_t *values, unsigned count)
{
    uint64_t  value;
    unsigned  i, at;

    for (i = 1; i < count; i++) {
        value = values[i];

        for (at = i; at > 0 && values[at - 1] > value; at--) {
            values[at] = values[at - 1];
        }

        values[at] = value;
    }
}
