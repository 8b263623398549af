/*
 * What is noted of nodes, as it is seen.
 *
 * Reasons that one event gives or takes (it doesn't answer, it says that it is
 * unhealthy, its key is refused) change here; those that come of comparing
 * nodes are judge()'s.
 */

#include "solana/jupref_pool_parts.h"

#include <string.h>


#define JUPREF_NODE_FAILS         2     /* in a row: unreachable */
#define JUPREF_NODE_RECOVERS      2     /* answers in a row: back */
#define JUPREF_NODE_LIED_MS       60000

/* Being asked to wait: what is taken where nothing is said, and at most. */
#define JUPREF_NODE_THROTTLE_MS   1000
#define JUPREF_NODE_THROTTLE_MAX  (10 * 60 * 1000)

/* A high latency is forgotten by half in this time. */
#define JUPREF_NODE_DECAY_MS      10000
#define JUPREF_NODE_LATENCY_MAX   (60 * 1000 * 1000)    /* us */

/* What a soft fault makes the latency at least, us. */
#define JUPREF_NODE_SOFT_US       20000

/* The shortest stretch that a node's pace is measured over. */
#define JUPREF_PACE_MS            10000


static jupref_node_t *jupref_pool_member(jupref_pool_t *pool, unsigned node);
static void jupref_node_pace(jupref_node_t *node, uint64_t slot,
    uint64_t now_ms);
static void jupref_node_fail(jupref_node_t *node, uint64_t now_ms);


typedef struct {
    const char  *name;
    const char  *text;
} jupref_out_row_t;


static const jupref_out_row_t  jupref_out_rows[JUPREF_OUT_REASONS] = {

    { "throttled",
      "it asked to be left alone: raise its rate limit, or add a node" },

    { "behind",
      "its slot is more than max_lag behind the pool's: see whether it "
      "catches up" },

    { "unhealthy",
      "it says so itself (getHealth must answer \"ok\")" },

    { "shreds_behind",
      "it receives newer slots than it replays: its disk or CPU is too slow" },

    { "stands_still",
      "its slot doesn't move while those of others do: restart it" },

    { "ahead_alone",
      "its slot is further ahead than any other node confirms: check which "
      "cluster it follows" },

    { "unreachable",
      "it doesn't connect, or gives no answer that can be used: check address "
      "and port" },

    { "unauthorized",
      "it refuses us (HTTP 401 or 403): check its key and its list of allowed "
      "addresses" },

    { "height_is_slot",
      "it tells slots for block heights, which are lower: clients would take "
      "transactions for expired" },

    { "lied",
      "what it said was proved wrong: do not use it" },

    { "foreign_genesis",
      "its genesis hash is another cluster's: all nodes of an upstream must be "
      "of one cluster" }
};

static const char *const
    jupref_node_counter_names[JUPREF_NODE_COUNTERS] =
{
    "requests", "probes", "spared", "failures", "soft", "refusals",
    "throttles", "alarms", "lies", "least_bad"
};


void
jupref_pool_init(jupref_pool_t *pool, const jupref_pool_rules_t *rules)
{
    pool->rules = *rules;
    pool->slot_us = JUPREF_SLOT_US_START;
}


void
jupref_pool_begin(jupref_pool_t *pool, const jupref_pool_rules_t *rules)
{
    unsigned  i;

    pool->rules = *rules;

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        pool->nodes[i].member = 0;
    }
}


unsigned
jupref_pool_claim(jupref_pool_t *pool, uint64_t key, uint64_t now_ms)
{
    unsigned        i, place;
    jupref_node_t  *node;

    place = JUPREF_POOL_NODES;

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        node = &pool->nodes[i];

        if (node->id && node->key == key) {
            node->member = 1;
            node->claimed_ms = now_ms;
            return i;
        }

        if (node->member) {
            continue;
        }

        /* never used before left long ago before left lately */

        if (place == JUPREF_POOL_NODES
            || node->claimed_ms < pool->nodes[place].claimed_ms)
        {
            place = i;
        }
    }

    if (place == JUPREF_POOL_NODES) {
        return place;
    }

    node = &pool->nodes[place];
    memset(node, 0, sizeof(jupref_node_t));

    node->id = ++pool->last_id;
    node->key = key;
    node->claimed_ms = now_ms;
    node->member = 1;
    node->weight = 1;

    return place;
}


void
jupref_pool_configure(jupref_pool_t *pool, unsigned node, uint32_t weight,
    unsigned backup, unsigned down)
{
    jupref_node_t  *n;

    n = jupref_pool_member(pool, node);

    if (n) {
        n->weight = weight ? weight : 1;
        n->backup = backup ? 1 : 0;
        n->down = down ? 1 : 0;
    }
}


void
jupref_pool_slot(jupref_pool_t *pool, unsigned node,
    jupref_commitment_e commitment, uint64_t slot, uint64_t asked_ms)
{
    jupref_node_t       *n;
    jupref_node_head_t  *head;

    n = jupref_pool_member(pool, node);

    if (n == NULL || slot == 0 || commitment < JUPREF_COMMITMENT_PROCESSED
        || commitment > JUPREF_COMMITMENT_FINALIZED)
    {
        return;
    }

    if (slot > JUPREF_SLOT_MAX) {
        slot = JUPREF_SLOT_MAX;
    }

    head = &n->heads[commitment];

    if (asked_ms < head->seen_ms) {

        if (slot <= head->slot) {
            return;
        }

        /* of an older call, but it proves that the node was there by now */

        asked_ms = head->seen_ms;
    }

    if (slot > head->slot) {
        head->moved_ms = asked_ms;
    }

    head->slot = slot;
    head->seen_ms = asked_ms;

    if (commitment == JUPREF_COMMITMENT_PROCESSED) {
        jupref_node_pace(n, slot, asked_ms);
    }
}


/* How long the node's own slots take. */

static void
jupref_node_pace(jupref_node_t *node, uint64_t slot, uint64_t now_ms)
{
    if (node->pace_slot == 0 || slot < node->pace_slot) {
        node->pace_slot = slot;
        node->pace_ms = now_ms;
        return;
    }

    if (slot == node->pace_slot || now_ms < node->pace_ms + JUPREF_PACE_MS) {
        return;
    }

    node->pace_us = (now_ms - node->pace_ms) * 1000 / (slot - node->pace_slot);
    node->pace_done_ms = now_ms;
    node->pace_slot = slot;
    node->pace_ms = now_ms;
}


void
jupref_pool_height(jupref_pool_t *pool, unsigned node, uint64_t height,
    uint64_t now_ms)
{
    jupref_node_t  *n;

    n = jupref_pool_member(pool, node);

    if (n) {
        n->height = (height > JUPREF_SLOT_MAX) ? JUPREF_SLOT_MAX : height;
        n->height_slot = jupref_pool_finalized(pool, n, now_ms);
        n->height_ms = now_ms;
    }
}


void
jupref_pool_shreds(jupref_pool_t *pool, unsigned node, uint64_t slot,
    uint64_t now_ms)
{
    jupref_node_t  *n;

    n = jupref_pool_member(pool, node);

    if (n) {
        n->shred_slot = (slot > JUPREF_SLOT_MAX) ? JUPREF_SLOT_MAX : slot;
        n->shred_ms = now_ms;
    }
}


void
jupref_pool_genesis(jupref_pool_t *pool, unsigned node,
    const uint8_t genesis[JUPREF_GENESIS_SIZE])
{
    jupref_node_t  *n;

    n = jupref_pool_member(pool, node);

    if (n) {
        memcpy(n->genesis, genesis, JUPREF_GENESIS_SIZE);
        n->genesis_known = 1;
    }
}


/*
 * The mean of its latencies, each weighing less with the time since; but a
 * higher one counts at once, whole: what has become slow is left at once, and
 * tried again little by little.
 */

void
jupref_pool_answered(jupref_pool_t *pool, unsigned node, uint64_t latency_us,
    uint64_t now_ms)
{
    uint64_t        passed;
    jupref_node_t  *n;

    n = jupref_pool_member(pool, node);

    if (n == NULL) {
        return;
    }

    if (latency_us > JUPREF_NODE_LATENCY_MAX) {
        latency_us = JUPREF_NODE_LATENCY_MAX;
    }

    if (latency_us == 0) {
        latency_us = 1;
    }

    if (latency_us >= n->latency_us) {
        n->latency_us = latency_us;

    } else {
        passed = (now_ms > n->latency_ms) ? now_ms - n->latency_ms : 0;
        n->latency_us -= (n->latency_us - latency_us)
                         * passed / (passed + JUPREF_NODE_DECAY_MS);
    }

    n->latency_ms = now_ms;
    n->answered_ms = now_ms;
    n->failures = 0;

    if (n->reasons & 1u << JUPREF_OUT_UNREACHABLE) {
        n->successes++;

        if (n->successes >= JUPREF_NODE_RECOVERS) {
            n->reasons &= ~(1u << JUPREF_OUT_UNREACHABLE);
            n->changed_ms = now_ms;
        }
    }
}


/* Of no answer it is known only that it takes longer. */

void
jupref_pool_outrun(jupref_pool_t *pool, unsigned node, uint64_t waited_us,
    uint64_t now_ms)
{
    jupref_node_t  *n;

    n = jupref_pool_member(pool, node);

    if (waited_us > JUPREF_NODE_LATENCY_MAX) {
        waited_us = JUPREF_NODE_LATENCY_MAX;
    }

    if (n && waited_us > n->latency_us) {
        n->latency_us = waited_us;
        n->latency_ms = now_ms;
    }
}


void
jupref_pool_well(jupref_pool_t *pool, unsigned node, uint64_t now_ms)
{
    uint32_t        ended;
    jupref_node_t  *n;

    n = jupref_pool_member(pool, node);
    ended = 1u << JUPREF_OUT_UNHEALTHY | 1u << JUPREF_OUT_UNAUTHORIZED;

    if (n && (n->reasons & ended)) {
        n->reasons &= ~ended;
        n->changed_ms = now_ms;
    }
}


void
jupref_pool_mark(jupref_pool_t *pool, unsigned node, jupref_rpc_mark_e mark,
    uint64_t retry_after_ms, uint64_t now_ms)
{
    jupref_node_t  *n;

    n = jupref_pool_member(pool, node);

    if (n == NULL) {
        return;
    }

    switch (mark) {

    case JUPREF_RPC_MARK_NONE:
        break;

    case JUPREF_RPC_MARK_SOFT:
        n->counters[JUPREF_NODE_SOFT]++;
        n->latency_us = (n->latency_us * 2 > JUPREF_NODE_SOFT_US)
                        ? n->latency_us * 2 : JUPREF_NODE_SOFT_US;

        if (n->latency_us > JUPREF_NODE_LATENCY_MAX) {
            n->latency_us = JUPREF_NODE_LATENCY_MAX;
        }

        n->latency_ms = now_ms;
        break;

    case JUPREF_RPC_MARK_FAILED:
        n->counters[JUPREF_NODE_FAILURES]++;
        jupref_node_fail(n, now_ms);
        break;

    case JUPREF_RPC_MARK_OUT:
        n->counters[JUPREF_NODE_REFUSALS]++;
        n->reasons |= 1u << JUPREF_OUT_UNHEALTHY;
        n->changed_ms = now_ms;
        break;

    case JUPREF_RPC_MARK_THROTTLE:
        n->counters[JUPREF_NODE_THROTTLES]++;

        if (retry_after_ms == 0) {
            retry_after_ms = JUPREF_NODE_THROTTLE_MS;
        }

        if (retry_after_ms > JUPREF_NODE_THROTTLE_MAX) {
            retry_after_ms = JUPREF_NODE_THROTTLE_MAX;
        }

        if (now_ms + retry_after_ms > n->throttled_until_ms) {
            n->throttled_until_ms = now_ms + retry_after_ms;
        }

        n->reasons |= 1u << JUPREF_OUT_THROTTLED;
        n->changed_ms = now_ms;
        break;

    case JUPREF_RPC_MARK_ALARM:
        n->counters[JUPREF_NODE_ALARMS]++;
        n->reasons |= 1u << JUPREF_OUT_UNAUTHORIZED;
        n->changed_ms = now_ms;
        break;
    }
}


static void
jupref_node_fail(jupref_node_t *node, uint64_t now_ms)
{
    node->failed_ms = now_ms;
    node->successes = 0;

    if (node->failures < UINT32_MAX) {
        node->failures++;
    }

    if (node->failures >= JUPREF_NODE_FAILS
        && !(node->reasons & 1u << JUPREF_OUT_UNREACHABLE))
    {
        node->reasons |= 1u << JUPREF_OUT_UNREACHABLE;
        node->changed_ms = now_ms;
    }
}


void
jupref_pool_lied(jupref_pool_t *pool, unsigned node, uint64_t now_ms)
{
    jupref_node_t  *n;

    n = jupref_pool_member(pool, node);

    if (n) {
        n->counters[JUPREF_NODE_LIES]++;
        n->lied_until_ms = now_ms + JUPREF_NODE_LIED_MS;
        n->reasons |= 1u << JUPREF_OUT_LIED;
        n->changed_ms = now_ms;
    }
}


void
jupref_pool_start(jupref_pool_t *pool, unsigned node, unsigned lane)
{
    jupref_node_t  *n;

    n = jupref_pool_member(pool, node);

    if (n && n->lanes[lane % JUPREF_POOL_LANES] < UINT16_MAX) {
        n->lanes[lane % JUPREF_POOL_LANES]++;
        n->in_flight++;
    }
}


void
jupref_pool_end(jupref_pool_t *pool, unsigned node, unsigned lane)
{
    jupref_node_t  *n;

    n = jupref_pool_member(pool, node);

    if (n && n->lanes[lane % JUPREF_POOL_LANES]) {
        n->lanes[lane % JUPREF_POOL_LANES]--;
        n->in_flight--;
    }
}


void
jupref_pool_count(jupref_pool_t *pool, unsigned node,
    jupref_node_counter_e counter)
{
    jupref_node_t  *n;

    n = jupref_pool_member(pool, node);

    if (n) {
        n->counters[counter]++;
    }
}


void
jupref_pool_clear_lane(jupref_pool_t *pool, unsigned lane)
{
    unsigned        i;
    jupref_node_t  *n;

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        n = &pool->nodes[i];
        n->in_flight -= n->lanes[lane % JUPREF_POOL_LANES];
        n->lanes[lane % JUPREF_POOL_LANES] = 0;
    }
}


/* Also of nodes that are no member any more: old processes still use them. */

static jupref_node_t *
jupref_pool_member(jupref_pool_t *pool, unsigned node)
{
    if (node >= JUPREF_POOL_NODES || pool->nodes[node].id == 0) {
        return NULL;
    }

    return &pool->nodes[node];
}


jupref_out_e
jupref_node_worst(const jupref_node_t *node)
{
    unsigned  i;

    for (i = JUPREF_OUT_REASONS; i > 0; i--) {
        if (node->reasons & 1u << (i - 1)) {
            return (jupref_out_e) (i - 1);
        }
    }

    return JUPREF_OUT_REASONS;
}


const char *
jupref_out_name(jupref_out_e reason)
{
    return (reason < JUPREF_OUT_REASONS) ? jupref_out_rows[reason].name
                                         : "healthy";
}


const char *
jupref_out_text(jupref_out_e reason)
{
    return (reason < JUPREF_OUT_REASONS) ? jupref_out_rows[reason].text : "";
}


const char *
jupref_node_counter_name(jupref_node_counter_e counter)
{
    return jupref_node_counter_names[counter];
}
