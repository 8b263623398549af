/*
 * Judging a pool: what follows from comparing nodes.
 *
 * Who is compared are members that told a slot lately and aren't known to be
 * wrong by other evidence.  The rules are in jupref_pool.h; here they are in
 * microseconds, so that slots × slot time stay whole numbers.
 */

#include "solana/jupref_pool_parts.h"

#include <string.h>


/* How many times max_lag, and how long at least, a few may be ahead of most of
 * the others because those fell behind. */
#define JUPREF_AHEAD_LAGS    8
#define JUPREF_AHEAD_MIN_MS  30000

/* The shortest stand that is noticed: some slots are skipped by everybody. */
#define JUPREF_STILL_MIN_MS  2000

/* A block height within `NEAR` of the slot is the slot, where heights are at
 * least `FAR` below it for most nodes. */
#define JUPREF_HEIGHT_NEAR  256
#define JUPREF_HEIGHT_FAR   4096

/* Reasons that leave a node out of the comparison. */
#define JUPREF_NOT_COMPARED                                                   \
    (1u << JUPREF_OUT_UNREACHABLE | 1u << JUPREF_OUT_LIED                     \
     | 1u << JUPREF_OUT_HEIGHT_IS_SLOT | 1u << JUPREF_OUT_FOREIGN_GENESIS)

/* Those that are found here, anew each time. */
#define JUPREF_JUDGED                                                         \
    (1u << JUPREF_OUT_THROTTLED | 1u << JUPREF_OUT_BEHIND                     \
     | 1u << JUPREF_OUT_SHREDS_BEHIND | 1u << JUPREF_OUT_STANDS_STILL         \
     | 1u << JUPREF_OUT_AHEAD_ALONE | 1u << JUPREF_OUT_HEIGHT_IS_SLOT         \
     | 1u << JUPREF_OUT_LIED | 1u << JUPREF_OUT_FOREIGN_GENESIS)


typedef struct {
    unsigned   node;
    uint64_t   slot;                    /* as PROCESSED */
    uint64_t   seen_ms;
    int64_t    place;                   /* us */
} jupref_place_of_t;


/* The comparison at one moment; places ascend. */
typedef struct {
    uint64_t           now_ms;
    int64_t            max_lag;         /* us */
    int64_t            recover_lag;
    int64_t            middle;
    int64_t            front;
    uint64_t           moved_ms;        /* when anybody believed last moved */
    unsigned           few_ahead;       /* 1: fewer than half are beyond it */
    unsigned           count;
    jupref_place_of_t  places[JUPREF_POOL_NODES];
} jupref_comparison_t;


static void jupref_judge_genesis(jupref_pool_t *pool, uint32_t *reasons);
static void jupref_judge_heights(jupref_pool_t *pool, uint32_t *reasons);
static void jupref_judge_places(jupref_pool_t *pool, uint32_t *reasons,
    jupref_comparison_t *c);
static void jupref_judge_middle(jupref_pool_t *pool, jupref_comparison_t *c);
static unsigned jupref_judge_witnesses(jupref_comparison_t *c);
static unsigned jupref_judge_runs_away(jupref_pool_t *pool,
    jupref_comparison_t *c, jupref_place_of_t *of);
static unsigned jupref_judge_borne_out(jupref_pool_t *pool,
    jupref_comparison_t *c, jupref_place_of_t *of);
static void jupref_judge_front(jupref_pool_t *pool, uint32_t *reasons,
    jupref_comparison_t *c);
static void jupref_judge_lags(jupref_pool_t *pool, uint32_t *reasons,
    jupref_comparison_t *c);
static void jupref_judge_agreement(jupref_pool_t *pool,
    jupref_comparison_t *c);


void
jupref_pool_judge(jupref_pool_t *pool, uint64_t age_ms, uint64_t now_ms)
{
    unsigned             i;
    uint32_t             reasons[JUPREF_POOL_NODES];
    jupref_node_t       *node;
    jupref_comparison_t  c;

    if (pool->judged_ms && now_ms < pool->judged_ms + age_ms) {
        return;
    }

    pool->judged_ms = now_ms;

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        node = &pool->nodes[i];
        reasons[i] = node->reasons & ~(uint32_t) JUPREF_JUDGED;

        if (now_ms < node->throttled_until_ms) {
            reasons[i] |= 1u << JUPREF_OUT_THROTTLED;
        }

        if (now_ms < node->lied_until_ms) {
            reasons[i] |= 1u << JUPREF_OUT_LIED;
        }
    }

    jupref_judge_genesis(pool, reasons);
    jupref_judge_heights(pool, reasons);
    jupref_pool_slot_time(pool, now_ms);

    memset(&c, 0, sizeof(jupref_comparison_t));
    c.now_ms = now_ms;
    c.max_lag = (int64_t) pool->rules.max_lag_ms * 1000;
    c.recover_lag = (int64_t) pool->rules.recover_lag_ms * 1000;

    jupref_judge_places(pool, reasons, &c);

    if (c.count) {
        jupref_judge_front(pool, reasons, &c);
        jupref_judge_lags(pool, reasons, &c);
        jupref_judge_agreement(pool, &c);
    }

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        node = &pool->nodes[i];

        if (node->id && node->reasons != reasons[i]) {
            node->reasons = reasons[i];
            node->changed_ms = now_ms;
        }
    }

    jupref_pool_offsets(pool, now_ms);
}


/* The hash that more than half of the weight tells; with none, that of the
 * node that stands first. */

static void
jupref_judge_genesis(jupref_pool_t *pool, uint32_t *reasons)
{
    uint64_t        all, weight, best;
    unsigned        i, j, chosen;
    jupref_node_t  *nodes;

    nodes = pool->nodes;
    all = 0;
    best = 0;
    chosen = JUPREF_POOL_NODES;

    for (i = 0; i < JUPREF_POOL_NODES; i++) {

        if (!nodes[i].member || !nodes[i].genesis_known) {
            continue;
        }

        all += nodes[i].weight;
        weight = 0;

        for (j = 0; j < JUPREF_POOL_NODES; j++) {
            if (nodes[j].member && nodes[j].genesis_known
                && memcmp(nodes[i].genesis, nodes[j].genesis,
                          JUPREF_GENESIS_SIZE)
                   == 0)
            {
                weight += nodes[j].weight;
            }
        }

        if (chosen == JUPREF_POOL_NODES || weight > best) {
            best = weight;
            chosen = i;
        }
    }

    if (pool->rules.genesis_fixed) {
        memcpy(pool->genesis, pool->rules.genesis, JUPREF_GENESIS_SIZE);
        pool->genesis_known = 1;

    } else if (chosen < JUPREF_POOL_NODES
               && (!pool->genesis_known || 2 * best > all))
    {
        memcpy(pool->genesis, nodes[chosen].genesis, JUPREF_GENESIS_SIZE);
        pool->genesis_known = 1;
    }

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        if (nodes[i].member && nodes[i].genesis_known && pool->genesis_known
            && memcmp(nodes[i].genesis, pool->genesis, JUPREF_GENESIS_SIZE)
               != 0)
        {
            reasons[i] |= 1u << JUPREF_OUT_FOREIGN_GENESIS;
        }
    }
}


/* On a young cluster that skipped no slot, heights are slots everywhere. */

static void
jupref_judge_heights(jupref_pool_t *pool, uint32_t *reasons)
{
    uint64_t        gaps[JUPREF_POOL_NODES], gap;
    unsigned        i, pass, count;
    jupref_node_t  *node;

    count = 0;

    for (pass = 0; pass < 2; pass++) {

        for (i = 0; i < JUPREF_POOL_NODES; i++) {
            node = &pool->nodes[i];

            if (!node->member || node->height == 0 || node->height_slot == 0) {
                continue;
            }

            gap = (node->height_slot > node->height)
                  ? node->height_slot - node->height : 0;

            if (pass == 0) {
                gaps[count++] = gap;

            } else if (gap < JUPREF_HEIGHT_NEAR) {
                reasons[i] |= 1u << JUPREF_OUT_HEIGHT_IS_SLOT;
            }
        }

        if (count == 0) {
            return;
        }

        jupref_pool_sort(gaps, count);

        if (gaps[count / 2] < JUPREF_HEIGHT_FAR) {
            return;
        }
    }
}


static void
jupref_judge_places(jupref_pool_t *pool, uint32_t *reasons,
    jupref_comparison_t *c)
{
    uint64_t            slot, seen_ms;
    unsigned            i, at;
    jupref_node_t      *node;
    jupref_place_of_t   of;

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        node = &pool->nodes[i];

        if (!node->member || node->down || (reasons[i] & JUPREF_NOT_COMPARED)
            || !jupref_pool_evidence(pool, node, &slot, &seen_ms)
            || c->now_ms > seen_ms + JUPREF_EVIDENCE_MS)
        {

            /* what was found last time stands while nothing is heard of it */

            reasons[i] |= node->reasons
                          & (1u << JUPREF_OUT_BEHIND
                             | 1u << JUPREF_OUT_SHREDS_BEHIND
                             | 1u << JUPREF_OUT_STANDS_STILL
                             | 1u << JUPREF_OUT_AHEAD_ALONE);
            continue;
        }

        of.node = i;
        of.slot = slot;
        of.seen_ms = seen_ms;
        of.place = jupref_pool_place(pool, slot, seen_ms, c->now_ms);

        for (at = c->count; at > 0 && c->places[at - 1].place > of.place; at--)
        {
            c->places[at] = c->places[at - 1];
        }

        c->places[at] = of;
        c->count++;
    }

    if (c->count) {
        jupref_judge_middle(pool, c);
    }
}


/* Of those that move, if any do. */

static void
jupref_judge_middle(jupref_pool_t *pool, jupref_comparison_t *c)
{
    int64_t   moving[JUPREF_POOL_NODES];
    unsigned  i, count, ahead;

    count = 0;

    for (i = 0; i < c->count; i++) {
        if (!(pool->nodes[c->places[i].node].reasons
              & 1u << JUPREF_OUT_STANDS_STILL))
        {
            moving[count++] = c->places[i].place;
        }
    }

    if (count == 0) {
        for (i = 0; i < c->count; i++) {
            moving[count++] = c->places[i].place;
        }
    }

    c->middle = moving[(count - 1) / 2];

    for (ahead = 0, i = 0; i < count; i++) {
        ahead += (moving[i] > c->middle + c->max_lag);
    }

    c->few_ahead = (2 * ahead < count);
}


/*
 * From the top down to the first who is believed; what it says is ahead of the
 * middle counts by half only, unless its own past bears it out.
 */

static void
jupref_judge_front(jupref_pool_t *pool, uint32_t *reasons,
    jupref_comparison_t *c)
{
    unsigned            i;
    uint64_t            moved_ms;
    jupref_place_of_t  *of;

    c->front = c->middle;

    for (i = c->count; i > 0; i--) {
        of = &c->places[i - 1];

        if (!jupref_judge_runs_away(pool, c, of)) {
            break;
        }

        reasons[of->node] |= 1u << JUPREF_OUT_AHEAD_ALONE;
    }

    if (i > 0) {
        of = &c->places[i - 1];
        c->front = of->place;

        if (!jupref_judge_borne_out(pool, c, of)
            && c->front > c->middle + c->max_lag / 2)
        {
            c->front = c->middle + c->max_lag / 2;
        }
    }

    for ( /* void */ ; i > 0; i--) {
        moved_ms = jupref_node_moved(&pool->nodes[c->places[i - 1].node]);

        if (moved_ms > c->moved_ms) {
            c->moved_ms = moved_ms;
        }
    }

    pool->front_slot = (c->front > 0) ? (uint64_t) c->front / pool->slot_us
                                      : 0;
    pool->front_ms = c->now_ms;

    jupref_pool_trust(pool, jupref_judge_witnesses(c));
}


/* Who is about where the front is found to be, of all that could be. */

static unsigned
jupref_judge_witnesses(jupref_comparison_t *c)
{
    unsigned  i, count;

    count = 0;

    for (i = 0; i < c->count; i++) {
        count += (c->places[i].place >= c->front - c->max_lag
                  && c->places[i].place <= c->front + c->max_lag);
    }

    return count;
}


static unsigned
jupref_judge_runs_away(jupref_pool_t *pool, jupref_comparison_t *c,
    jupref_place_of_t *of)
{
    int64_t  limit;

    limit = (pool->nodes[of->node].reasons & 1u << JUPREF_OUT_AHEAD_ALONE)
            ? c->recover_lag : c->max_lag;

    return of->place > c->middle + limit
           && !jupref_judge_borne_out(pool, c, of);
}


/*
 * It was among the others and is where slots have led since.  That a few are
 * right against most holds for a while only: who creeps away at a pace near
 * the true one looks like somebody whom the others can't follow.
 */

static unsigned
jupref_judge_borne_out(jupref_pool_t *pool, jupref_comparison_t *c,
    jupref_place_of_t *of)
{
    uint64_t        while_ms;
    jupref_node_t  *node;

    node = &pool->nodes[of->node];

    while_ms = JUPREF_AHEAD_LAGS * pool->rules.max_lag_ms;

    if (while_ms < JUPREF_AHEAD_MIN_MS) {
        while_ms = JUPREF_AHEAD_MIN_MS;
    }

    if (node->agreed_slot == 0
        || (c->few_ahead && c->now_ms > node->among_ms + while_ms))
    {
        return 0;
    }

    return of->place <= jupref_pool_place(pool, node->agreed_slot,
                                          node->agreed_ms, c->now_ms)
                        + c->max_lag / 8 + (int64_t) pool->slot_us;
}


static void
jupref_judge_lags(jupref_pool_t *pool, uint32_t *reasons,
    jupref_comparison_t *c)
{
    int64_t             lag, shreds, limit;
    unsigned            i;
    uint64_t            still_ms, seen_ms, moved_ms;
    jupref_node_t      *node;
    jupref_place_of_t  *of;

    still_ms = pool->rules.max_lag_ms * 3 / 4;

    if (still_ms < JUPREF_STILL_MIN_MS) {
        still_ms = JUPREF_STILL_MIN_MS;
    }

    for (i = 0; i < c->count; i++) {
        of = &c->places[i];
        node = &pool->nodes[of->node];

        lag = (of->place < c->front) ? c->front - of->place : 0;
        node->lag_ms = (uint64_t) lag / 1000;

        limit = (node->reasons & 1u << JUPREF_OUT_BEHIND) ? c->recover_lag
                                                          : c->max_lag;
        if (lag > limit) {
            reasons[of->node] |= 1u << JUPREF_OUT_BEHIND;
        }

        moved_ms = jupref_node_moved(node);
        seen_ms = jupref_node_seen(node);

        if (seen_ms > moved_ms + still_ms && c->moved_ms > moved_ms + still_ms)
        {
            reasons[of->node] |= 1u << JUPREF_OUT_STANDS_STILL;
        }

        if (node->shred_slot == 0
            || c->now_ms > node->shred_ms + JUPREF_EVIDENCE_MS)
        {
            continue;
        }

        shreds = jupref_pool_place(pool, node->shred_slot, node->shred_ms,
                              c->now_ms)
                 - of->place;
        limit = (node->reasons & 1u << JUPREF_OUT_SHREDS_BEHIND)
                ? c->recover_lag : c->max_lag;

        if (shreds > limit) {
            reasons[of->node] |= 1u << JUPREF_OUT_SHREDS_BEHIND;
        }
    }
}


/* Who is near the middle is among the others; who isn't, but went on from
 * there as slots do, may go on, though never gain by it. */

static void
jupref_judge_agreement(jupref_pool_t *pool, jupref_comparison_t *c)
{
    int64_t             apart;
    unsigned            i;
    jupref_node_t      *node;
    jupref_place_of_t  *of;

    for (i = 0; i < c->count; i++) {
        of = &c->places[i];
        node = &pool->nodes[of->node];

        apart = of->place - c->middle;

        if (apart <= c->max_lag / 2 && apart >= -c->max_lag / 2) {
            node->among_ms = c->now_ms;

        } else if (apart < 0 || node->agreed_slot == 0
                   || of->place > jupref_pool_place(pool, node->agreed_slot,
                                                    node->agreed_ms,
                                                    c->now_ms))
        {
            continue;
        }

        node->agreed_slot = of->slot;
        node->agreed_ms = of->seen_ms;
    }
}
