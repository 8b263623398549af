/*
 * Choosing a node.
 *
 * In steps, each of which narrows the set only when something is left: healthy
 * primary nodes, else healthy backup ones; of those, who is at the least slot
 * wanted, else who is nearest to it; of those, the fastest of two, or whose
 * turn it is.  Without anybody healthy it is the least bad.
 */

#include "solana/jupref_pool.h"


/* Blocks that a height may be beyond what slots and gaps make it. */
#define JUPREF_HEIGHT_AHEAD  4096


/* How far a node is believed to have moved on since it told a slot. */
#define JUPREF_EXPECT_MS  5000

/* Less isn't told apart, us; also what a node that wasn't measured yet is
 * taken for. */
#define JUPREF_LATENCY_LEAST  1000


static uint64_t jupref_pool_healthy(const jupref_pool_t *pool,
    const jupref_pool_wish_t *wish, unsigned backup);
static uint64_t jupref_pool_narrow(const jupref_pool_t *pool, uint64_t set,
    const jupref_pool_wish_t *wish, uint64_t now_ms, unsigned *short_of_slot);
static unsigned jupref_pool_of_two(const jupref_pool_t *pool, uint64_t set,
    uint64_t random);
static unsigned jupref_pool_turn(jupref_pool_t *pool, uint64_t set);
static unsigned jupref_pool_fastest(const jupref_pool_t *pool, uint64_t set);
static unsigned jupref_pool_least_bad(const jupref_pool_t *pool,
    const jupref_pool_wish_t *wish);
static unsigned jupref_node_is_faster(const jupref_node_t *a,
    const jupref_node_t *b, unsigned margin);
static unsigned jupref_set_count(uint64_t set);
static unsigned jupref_set_member(uint64_t set, unsigned index);


void
jupref_pool_choose(jupref_pool_t *pool, const jupref_pool_wish_t *wish,
    uint64_t now_ms, jupref_pool_choice_t *choice)
{
    uint64_t  set;
    unsigned  short_of_slot;

    choice->least_bad = 0;
    choice->short_of_slot = 0;

    set = jupref_pool_healthy(pool, wish, 0);

    if (set == 0) {
        set = jupref_pool_healthy(pool, wish, 1);
    }

    if (set == 0) {
        choice->node = jupref_pool_least_bad(pool, wish);
        choice->least_bad = 1;
        return;
    }

    set = jupref_pool_narrow(pool, set, wish, now_ms, &short_of_slot);
    choice->short_of_slot = short_of_slot ? 1 : 0;

    if (pool->rules.round_robin) {
        choice->node = jupref_pool_turn(pool, set);
        return;
    }

    choice->node = jupref_pool_of_two(pool, set, wish->random);
}


unsigned
jupref_pool_best(jupref_pool_t *pool, const jupref_pool_wish_t *wish,
    uint64_t now_ms, unsigned nodes[], unsigned count)
{
    uint64_t            set;
    unsigned            found, node, short_of_slot;
    jupref_pool_wish_t  left;

    left = *wish;
    found = 0;

    while (found < count) {
        set = jupref_pool_healthy(pool, &left, 0);

        if (set == 0) {
            set = jupref_pool_healthy(pool, &left, 1);
        }

        if (set == 0) {
            break;
        }

        set = jupref_pool_narrow(pool, set, &left, now_ms, &short_of_slot);
        node = jupref_pool_fastest(pool, set);

        nodes[found++] = node;
        left.avoid |= jupref_pool_bit(node);
    }

    if (found == 0 && count) {
        node = jupref_pool_least_bad(pool, wish);

        if (node < JUPREF_POOL_NODES) {
            nodes[found++] = node;
        }
    }

    return found;
}


static uint64_t
jupref_pool_healthy(const jupref_pool_t *pool, const jupref_pool_wish_t *wish,
    unsigned backup)
{
    uint64_t              set;
    unsigned              i;
    const jupref_node_t  *node;

    set = 0;

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        node = &pool->nodes[i];

        if (node->id && !node->down && node->reasons == 0
            && node->backup == backup
            && (wish->allowed & ~wish->avoid & jupref_pool_bit(i)))
        {
            set |= jupref_pool_bit(i);
        }
    }

    return set;
}


/* Those at the least slot wanted, or who is furthest; the set isn't empty. */

static uint64_t
jupref_pool_narrow(const jupref_pool_t *pool, uint64_t set,
    const jupref_pool_wish_t *wish, uint64_t now_ms, unsigned *short_of_slot)
{
    uint64_t             slot, highest, there, furthest;
    unsigned             i;
    jupref_commitment_e  commitment;

    *short_of_slot = 0;

    if (wish->min_slot == 0 && !wish->freshest) {
        return set;
    }

    commitment = (wish->commitment == JUPREF_COMMITMENT_NONE)
                 ? JUPREF_COMMITMENT_FINALIZED : wish->commitment;
    highest = 0;
    there = 0;
    furthest = 0;

    for (i = 0; i < JUPREF_POOL_NODES; i++) {

        if (!(set & jupref_pool_bit(i))) {
            continue;
        }

        slot = jupref_pool_expected(pool, i, commitment, now_ms);

        if (slot >= wish->min_slot) {
            there |= jupref_pool_bit(i);
        }

        if (slot > highest) {
            highest = slot;
            furthest = 0;
        }

        if (slot == highest) {
            furthest |= jupref_pool_bit(i);
        }
    }

    if (there == 0) {
        *short_of_slot = 1;
        return furthest;
    }

    return wish->freshest ? furthest : there;
}


uint64_t
jupref_pool_expected(const jupref_pool_t *pool, unsigned node,
    jupref_commitment_e commitment, uint64_t now_ms)
{
    uint64_t                   passed_ms, slot, seen_ms;
    const jupref_node_t       *n;
    const jupref_node_head_t  *head;

    n = &pool->nodes[node];

    if (commitment < JUPREF_COMMITMENT_PROCESSED
        || commitment > JUPREF_COMMITMENT_FINALIZED)
    {
        return 0;
    }

    head = &n->heads[commitment];
    slot = head->slot;
    seen_ms = head->seen_ms;

    /* nothing was told of it, or long ago: PROCESSED, and what lies between */

    head = &n->heads[JUPREF_COMMITMENT_PROCESSED];

    if (commitment != JUPREF_COMMITMENT_PROCESSED && pool->known[commitment]
        && head->slot > pool->offset[commitment]
        && head->seen_ms > seen_ms + JUPREF_EXPECT_MS)
    {
        slot = head->slot - pool->offset[commitment];
        seen_ms = head->seen_ms;
    }

    if (slot == 0 || (n->reasons & 1u << JUPREF_OUT_STANDS_STILL)) {
        return slot;
    }

    passed_ms = (now_ms > seen_ms) ? now_ms - seen_ms : 0;

    if (passed_ms > JUPREF_EXPECT_MS) {
        passed_ms = JUPREF_EXPECT_MS;
    }

    return slot + passed_ms * 1000 / pool->slot_us;
}


/* The better one of two, by chance: the best of all would be everybody's
 * choice at the same moment.  Of two that are about as good the first. */

static unsigned
jupref_pool_of_two(const jupref_pool_t *pool, uint64_t set, uint64_t random)
{
    unsigned  count, first, second, i, j;

    count = jupref_set_count(set);

    if (count == 1) {
        return jupref_set_member(set, 0);
    }

    i = (unsigned) ((random & 0xffffffff) % count);
    j = (unsigned) ((random >> 32) % (count - 1));

    if (j >= i) {
        j++;
    }

    first = jupref_set_member(set, i);
    second = jupref_set_member(set, j);

    return jupref_node_is_faster(&pool->nodes[second], &pool->nodes[first], 8)
           ? second : first;
}


/* Each gets credit by its weight, the richest pays for all: as nginx's own
 * round robin, evenly spread. */

static unsigned
jupref_pool_turn(jupref_pool_t *pool, uint64_t set)
{
    int64_t         all;
    unsigned        i, chosen;
    jupref_node_t  *node;

    all = 0;
    chosen = JUPREF_POOL_NODES;

    for (i = 0; i < JUPREF_POOL_NODES; i++) {

        if (!(set & jupref_pool_bit(i))) {
            continue;
        }

        node = &pool->nodes[i];
        node->turn += node->weight;
        all += node->weight;

        if (chosen == JUPREF_POOL_NODES
            || node->turn > pool->nodes[chosen].turn)
        {
            chosen = i;
        }
    }

    if (chosen < JUPREF_POOL_NODES) {
        pool->nodes[chosen].turn -= all;
    }

    return chosen;
}


static unsigned
jupref_pool_fastest(const jupref_pool_t *pool, uint64_t set)
{
    unsigned  i, chosen;

    chosen = JUPREF_POOL_NODES;

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        if ((set & jupref_pool_bit(i))
            && (chosen == JUPREF_POOL_NODES
                || jupref_node_is_faster(&pool->nodes[i],
                                         &pool->nodes[chosen], 0)))
        {
            chosen = i;
        }
    }

    return chosen;
}


/* By the worst of its reasons, then primary before backup, then by lag and
 * latency. */

static unsigned
jupref_pool_least_bad(const jupref_pool_t *pool,
    const jupref_pool_wish_t *wish)
{
    unsigned              i, chosen, better;
    jupref_out_e          worst, best;
    const jupref_node_t  *node, *other;

    chosen = JUPREF_POOL_NODES;
    best = JUPREF_OUT_REASONS;

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        node = &pool->nodes[i];

        if (node->id == 0 || node->down || node->reasons == 0
            || !(wish->allowed & ~wish->avoid & jupref_pool_bit(i)))
        {
            continue;
        }

        worst = jupref_node_worst(node);

        if (worst == JUPREF_OUT_FOREIGN_GENESIS) {
            continue;
        }

        better = 1;

        if (chosen < JUPREF_POOL_NODES) {
            other = &pool->nodes[chosen];

            if (worst != best) {
                better = (worst < best);

            } else if (node->backup != other->backup) {
                better = !node->backup;

            } else if (node->lag_ms != other->lag_ms) {
                better = (node->lag_ms < other->lag_ms);

            } else {
                better = jupref_node_is_faster(node, other, 0);
            }
        }

        if (better) {
            chosen = i;
            best = worst;
        }
    }

    return chosen;
}


/*
 * latency × (calls in flight + 1) / weight, without dividing: at most 2^26,
 * 2^33 and 2^32.  With a margin, by more than that part of it.
 */

static unsigned
jupref_node_is_faster(const jupref_node_t *a, const jupref_node_t *b,
    unsigned margin)
{
    jupref_u128_t  of_a, of_b;

    of_a = (a->latency_us > JUPREF_LATENCY_LEAST) ? a->latency_us
                                                  : JUPREF_LATENCY_LEAST;
    of_b = (b->latency_us > JUPREF_LATENCY_LEAST) ? b->latency_us
                                                  : JUPREF_LATENCY_LEAST;

    of_a = of_a * ((uint64_t) a->in_flight + 1) * b->weight;
    of_b = of_b * ((uint64_t) b->in_flight + 1) * a->weight;

    if (margin) {
        of_a += of_a / margin;
    }

    return of_a < of_b;
}


uint64_t
jupref_pool_head(const jupref_pool_t *pool, jupref_commitment_e commitment,
    uint64_t now_ms, uint64_t *age_ms, unsigned *node)
{
    uint64_t                   slot, age;
    unsigned                   i, best;
    const jupref_node_head_t  *head;

    slot = 0;
    age = 0;
    best = 0;

    for (i = 0; i < JUPREF_POOL_NODES; i++) {

        if (!pool->nodes[i].member || pool->nodes[i].reasons) {
            continue;
        }

        head = &pool->nodes[i].heads[commitment];

        if (head->slot > slot) {
            slot = head->slot;
            age = (now_ms > head->seen_ms) ? now_ms - head->seen_ms : 0;
            best = i;
        }
    }

    if (age_ms) {
        *age_ms = age;
    }

    if (node && slot) {
        *node = best;
    }

    return slot;
}


uint64_t
jupref_pool_block_height(const jupref_pool_t *pool)
{
    uint64_t  height;
    unsigned  i;

    height = 0;

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        if (pool->nodes[i].member && pool->nodes[i].reasons == 0
            && pool->nodes[i].height > height)
        {
            height = pool->nodes[i].height;
        }
    }

    return height;
}


uint64_t
jupref_pool_believable_slot(const jupref_pool_t *pool, uint64_t now_ms)
{
    uint64_t  ahead_ms;

    if (pool->trusted_slot == 0) {
        return UINT64_MAX;
    }

    ahead_ms = pool->rules.max_lag_ms;

    if (now_ms > pool->trusted_ms) {
        ahead_ms += now_ms - pool->trusted_ms;
    }

    return pool->trusted_slot + ahead_ms * 1000 / pool->slot_us;
}


/*
 * Heights are slots less the skipped ones, as many of those as most nodes say:
 * one that only claims to be ahead doesn't move that, nor what one told while
 * it ran away.
 */

uint64_t
jupref_pool_believable_height(const jupref_pool_t *pool, uint64_t now_ms)
{
    uint64_t              gap, slot, gaps[JUPREF_POOL_NODES];
    unsigned              i, at, count;
    const jupref_node_t  *node;

    count = 0;
    slot = jupref_pool_believable_slot(pool, now_ms);

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        node = &pool->nodes[i];

        if (!node->member || node->height == 0
            || node->height_slot < node->height || node->height_slot > slot)
        {
            continue;
        }

        gap = node->height_slot - node->height;

        for (at = count; at > 0 && gaps[at - 1] > gap; at--) {
            gaps[at] = gaps[at - 1];
        }

        gaps[at] = gap;
        count++;
    }

    if (count == 0 || slot == UINT64_MAX || slot < gaps[count / 2]) {
        return UINT64_MAX;
    }

    return slot - gaps[count / 2] + JUPREF_HEIGHT_AHEAD;
}


static unsigned
jupref_set_count(uint64_t set)
{
    unsigned  count;

    for (count = 0; set; count++) {
        set &= set - 1;
    }

    return count;
}


static unsigned
jupref_set_member(uint64_t set, unsigned index)
{
    unsigned  i;

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        if ((set & jupref_pool_bit(i)) && index-- == 0) {
            return i;
        }
    }

    return JUPREF_POOL_NODES;
}
