/*
 * A pool of Solana RPC nodes: which of them are good, and which one to ask.
 *
 * What was seen of each node (slots, from probes and from passing answers;
 * block height, genesis hash, getHealth, latency, failures) is noted as it
 * comes; judge() turns it into reasons to be out.  One flat block, indexes
 * only, so that it can lie in shared memory; who calls holds its lock.
 *
 * Where the pool is.  Slots pass, one each slot time, so slots that were seen
 * at different moments compare as
 *
 *     place = slot × slot time + (now − seen)
 *
 * and a lag is a difference of places.  The slot time is measured: the median
 * of what each node took for its own last slots.
 *
 * Who may say where the front is.  The middle place (the lower of two) of the
 * nodes that move is where most are: fewer than half of them can't take it
 * away from the honest.  A place up to max_lag ahead of it is believed, though
 * by half of that only: nobody can push others out of the pool by a claim.
 * What claims to be further ahead runs away alone and is put out, unless it
 * has been among the others before and went on from there no faster than slots
 * do: then it is the others who fell behind.  Against most of them that holds
 * for a while; one of two may go on so for good.  Of two that never agreed the
 * lower one is believed.
 *
 * Two thresholds: a node goes out when it is more than max_lag behind and
 * comes back when it is within recover_lag.
 *
 * Time is milliseconds of a clock that never goes back; slots and heights are
 * what nodes claim and are never trusted to be sane.
 */

#ifndef JUPREF_POOL_H
#define JUPREF_POOL_H


#include "base/jupref_number.h"
#include "solana/jupref_rpc_verdict.h"


/* A set of nodes is a bit mask. */
#define JUPREF_POOL_NODES  64

/* Lanes of in-flight calls: each process has its own, so that those of one
 * that was killed can be forgotten. */
#define JUPREF_POOL_LANES  64

/* Bytes of a genesis hash. */
#define JUPREF_GENESIS_SIZE  32

/* Slot times, microseconds: what is believed, and what a pool starts with. */
#define JUPREF_SLOT_US_MIN    50000
#define JUPREF_SLOT_US_MAX    1000000
#define JUPREF_SLOT_US_START  214000

/* A claim beyond this is taken as this: 2^40 slots are 1,700 years. */
#define JUPREF_SLOT_MAX  ((uint64_t) 1 << 40)

#define jupref_pool_bit(node)  ((uint64_t) 1 << (node))


/* Why a node is out, the least bad first: with no healthy node the one whose
 * worst reason stands highest here is asked. */
typedef enum {
    JUPREF_OUT_THROTTLED = 0,           /* it asked to be left alone */
    JUPREF_OUT_BEHIND,                  /* more than max_lag */
    JUPREF_OUT_UNHEALTHY,               /* says so itself: getHealth, -32005 */
    JUPREF_OUT_SHREDS_BEHIND,           /* receives slots it doesn't replay */
    JUPREF_OUT_STANDS_STILL,            /* while others move */
    JUPREF_OUT_AHEAD_ALONE,             /* runs away from all others */
    JUPREF_OUT_UNREACHABLE,             /* doesn't connect, or answer */
    JUPREF_OUT_UNAUTHORIZED,            /* 401, 403: key or address refused */
    JUPREF_OUT_HEIGHT_IS_SLOT,          /* tells slots for block heights */
    JUPREF_OUT_LIED,                    /* what it said was proved wrong */
    JUPREF_OUT_FOREIGN_GENESIS,         /* of another cluster: never asked */
    JUPREF_OUT_REASONS
} jupref_out_e;


/* What is counted of a node, for metrics. */
typedef enum {
    JUPREF_NODE_REQUESTS = 0,           /* sent by clients' traffic */
    JUPREF_NODE_PROBES,                 /* sent by the agent */
    JUPREF_NODE_SPARED,                 /* probes that traffic made needless */
    JUPREF_NODE_FAILURES,               /* no answer, or a broken one */
    JUPREF_NODE_SOFT,                   /* answers that others may do better */
    JUPREF_NODE_REFUSALS,               /* unhealthy by its own word */
    JUPREF_NODE_THROTTLES,
    JUPREF_NODE_ALARMS,
    JUPREF_NODE_LIES,
    JUPREF_NODE_LEAST_BAD,              /* asked although it was out */
    JUPREF_NODE_COUNTERS
} jupref_node_counter_e;


typedef struct {
    uint64_t  max_lag_ms;
    uint64_t  recover_lag_ms;           /* at most max_lag_ms */
    uint8_t   genesis[JUPREF_GENESIS_SIZE];
    unsigned  genesis_fixed:1;          /* else the majority's is right */
    unsigned  round_robin:1;            /* else by latency */
} jupref_pool_rules_t;


/* One commitment of one node. */
typedef struct {
    uint64_t  slot;                     /* what it told last; 0: nothing */
    uint64_t  seen_ms;                  /* when it was asked for that */
    uint64_t  moved_ms;                 /* when that last was a higher one */
} jupref_node_head_t;


typedef struct {
    uint64_t            id;             /* 0: nobody; never given twice */
    uint64_t            key;            /* hash of what it is called */
    uint64_t            claimed_ms;     /* by the newest configuration */
    unsigned            member:1;       /* of the pool as configured now */
    unsigned            backup:1;
    unsigned            down:1;         /* by configuration */
    uint32_t            weight;         /* 1 and up */

    /* by jupref_commitment_e; NONE is unused */
    jupref_node_head_t  heads[JUPREF_COMMITMENT_FINALIZED + 1];

    uint64_t            height;         /* finalized; 0: never told */
    uint64_t            height_slot;    /* of that block; 0: not known */
    uint64_t            height_ms;
    uint64_t            shred_slot;     /* 0: never told */
    uint64_t            shred_ms;
    uint8_t             genesis[JUPREF_GENESIS_SIZE];
    unsigned            genesis_known:1;

    uint64_t            latency_us;     /* peak EWMA; 0: never measured */
    uint64_t            latency_ms;     /* when it was last updated */
    uint32_t            in_flight;      /* sum of the lanes */
    uint16_t            lanes[JUPREF_POOL_LANES];

    uint32_t            failures;       /* in a row */
    uint32_t            successes;      /* in a row, after a failure */
    uint64_t            failed_ms;
    uint64_t            answered_ms;    /* 0: never */
    uint64_t            throttled_until_ms;
    uint64_t            lied_until_ms;

    /* where it last was among the others, and the pace of its own slots */
    uint64_t            agreed_slot;    /* 0: never */
    uint64_t            agreed_ms;
    uint64_t            among_ms;       /* when it last was near the middle */
    uint64_t            pace_slot;      /* start of the stretch measured */
    uint64_t            pace_ms;
    uint64_t            pace_us;        /* a slot's; 0: not measured yet */
    uint64_t            pace_done_ms;

    uint32_t            reasons;        /* bits of jupref_out_e */
    uint32_t            told;           /* those that the log knows of */
    uint64_t            changed_ms;     /* when `reasons` last did */
    uint64_t            lag_ms;         /* behind the front, when judged */
    int64_t             turn;           /* round robin's credit */
    uint64_t            counters[JUPREF_NODE_COUNTERS];
} jupref_node_t;


typedef struct {
    jupref_pool_rules_t  rules;
    uint64_t             slot_us;       /* measured slot time */
    uint64_t             slot_us_ms;    /* when it was last measured */
    uint64_t             judged_ms;
    uint64_t             front_slot;    /* the reference, 0: none */
    uint64_t             front_ms;      /* and when the pool was there */

    /* the last front that is trusted: jupref_pool_trust.c */
    uint64_t             trusted_slot;  /* 0: none */
    uint64_t             trusted_ms;
    uint64_t             trusted_us;    /* the slot time that goes with it */
    uint64_t             doubted_ms;    /* since when a newer one isn't */
    unsigned             trusted_few:1; /* on the word of a single node */

    /* the last that several nodes bore out, and the slot time then */
    uint64_t             borne_slot;    /* 0: none ever */
    uint64_t             borne_ms;
    uint64_t             borne_us;

    /* slots by which a commitment is behind PROCESSED; known[]: measured */
    uint64_t             offset[JUPREF_COMMITMENT_FINALIZED + 1];
    uint64_t             least_offset[JUPREF_COMMITMENT_FINALIZED + 1];
    uint8_t              known[JUPREF_COMMITMENT_FINALIZED + 1];
    uint8_t              genesis[JUPREF_GENESIS_SIZE];
    unsigned             genesis_known:1;
    uint64_t             last_id;
    jupref_node_t        nodes[JUPREF_POOL_NODES];
} jupref_pool_t;


/* In zeroed memory. */
void jupref_pool_init(jupref_pool_t *pool, const jupref_pool_rules_t *rules);

/*
 * Configuration: between begin and end each node is claimed by its key; one
 * that is there already keeps its state, the others are members no more.
 * claim() gives the node's number, or JUPREF_POOL_NODES when all places are
 * taken by members; the place whose former node left first is taken.
 */
void jupref_pool_begin(jupref_pool_t *pool, const jupref_pool_rules_t *rules);
unsigned jupref_pool_claim(jupref_pool_t *pool, uint64_t key,
    uint64_t now_ms);
void jupref_pool_configure(jupref_pool_t *pool, unsigned node,
    uint32_t weight, unsigned backup, unsigned down);


/*
 * What was seen of a node.  A slot of 0 says nothing.  An answer's slot was
 * true when the call was sent, or later: `asked_ms`.  What was asked before
 * the newest that is known counts only when it is higher.
 */
void jupref_pool_slot(jupref_pool_t *pool, unsigned node,
    jupref_commitment_e commitment, uint64_t slot, uint64_t asked_ms);

/*
 * A client's answer told a slot.  What is beyond the front is judged at once,
 * before anybody acts on it.  1: it is believed; 0: its node is doubted by
 * then, or it is beyond reach(), and it should be given to nobody else.
 */
unsigned jupref_pool_told(jupref_pool_t *pool, unsigned node,
    jupref_commitment_e commitment, uint64_t slot, uint64_t asked_ms,
    uint64_t now_ms);

/* The highest slot at a commitment that is believed: where the chain must be
 * by now (jupref_pool_trust.c), and max_lag's worth of slots; UINT64_MAX:
 * nobody knows yet. */
uint64_t jupref_pool_reach(const jupref_pool_t *pool,
    jupref_commitment_e commitment, uint64_t now_ms);

/* Whether what it says may be wrong, not only late or missing: it runs away,
 * has lied, confuses heights and slots, or is of another cluster or pool. */
unsigned jupref_node_doubted(const jupref_node_t *node);

void jupref_pool_height(jupref_pool_t *pool, unsigned node, uint64_t height,
    uint64_t now_ms);
void jupref_pool_shreds(jupref_pool_t *pool, unsigned node, uint64_t slot,
    uint64_t now_ms);
void jupref_pool_genesis(jupref_pool_t *pool, unsigned node,
    const uint8_t genesis[JUPREF_GENESIS_SIZE]);

/* It answered, after so long. */
void jupref_pool_answered(jupref_pool_t *pool, unsigned node,
    uint64_t latency_us, uint64_t now_ms);

/* Its answer wasn't waited for any longer after so long. */
void jupref_pool_outrun(jupref_pool_t *pool, unsigned node,
    uint64_t waited_us, uint64_t now_ms);

/* It says that it is well (getHealth), which ends UNHEALTHY; or it did
 * answer with its key, which ends UNAUTHORIZED. */
void jupref_pool_well(jupref_pool_t *pool, unsigned node, uint64_t now_ms);

/* What an answer, or none, counts against it: NONE nothing, SOFT its score,
 * two FAILED in a row that it is unreachable, the others at once. */
void jupref_pool_mark(jupref_pool_t *pool, unsigned node,
    jupref_rpc_mark_e mark, uint64_t retry_after_ms, uint64_t now_ms);

/* What it said was proved wrong: out for a minute. */
void jupref_pool_lied(jupref_pool_t *pool, unsigned node, uint64_t now_ms);

/* A call begins and ends; `lane` is the process's. */
void jupref_pool_start(jupref_pool_t *pool, unsigned node, unsigned lane);
void jupref_pool_end(jupref_pool_t *pool, unsigned node, unsigned lane);
void jupref_pool_count(jupref_pool_t *pool, unsigned node,
    jupref_node_counter_e counter);
void jupref_pool_clear_lane(jupref_pool_t *pool, unsigned lane);


/* Slot time, front, lags and reasons; what has been judged less than
 * `age_ms` ago stays. */
void jupref_pool_judge(jupref_pool_t *pool, uint64_t age_ms, uint64_t now_ms);


/* Who asks, and what for. */
typedef struct {
    uint64_t             allowed;       /* nodes that can be had */
    uint64_t             avoid;         /* those tried already */
    uint64_t             spare;         /* only if nobody else is well */
    uint64_t             min_slot;      /* 0: any */
    jupref_commitment_e  commitment;    /* of min_slot; NONE is FINALIZED */
    uint64_t             random;
    unsigned             freshest:1;    /* the highest slot, not the fastest */
} jupref_pool_wish_t;


typedef struct {
    unsigned  node;                     /* JUPREF_POOL_NODES: none */
    unsigned  least_bad:1;              /* it is out, but so are all */
    unsigned  short_of_slot:1;          /* none is known to be at min_slot */
} jupref_pool_choice_t;


/*
 * Healthy nodes that are far enough; of those primary ones, or else backup;
 * of those the better of two that `random` picks (latency × calls in flight),
 * or whose turn it is.  With none that is healthy the least bad, never one of
 * another cluster.  In round robin the turn is taken.
 */
void jupref_pool_choose(jupref_pool_t *pool, const jupref_pool_wish_t *wish,
    uint64_t now_ms, jupref_pool_choice_t *choice);

/* Up to `count` healthy nodes, the best first; when none is, the least bad
 * one alone.  Returns how many. */
unsigned jupref_pool_best(jupref_pool_t *pool, const jupref_pool_wish_t *wish,
    uint64_t now_ms, unsigned nodes[], unsigned count);


/* The highest slot at a commitment that a healthy node is known to have
 * reached, and how long ago it told; 0: none.  `age_ms` and `node` may be
 * NULL. */
uint64_t jupref_pool_head(const jupref_pool_t *pool,
    jupref_commitment_e commitment, uint64_t now_ms, uint64_t *age_ms,
    unsigned *node);

/* How long ago a node last told a slot that judges it, by itself (PROCESSED)
 * or also by what is known of the commitments' distance; UINT64_MAX: never. */
uint64_t jupref_pool_evidence_age(const jupref_pool_t *pool, unsigned node,
    unsigned direct, uint64_t now_ms);

/* Where a node ought to be by now, from what it told last. */
uint64_t jupref_pool_expected(const jupref_pool_t *pool, unsigned node,
    jupref_commitment_e commitment, uint64_t now_ms);

/* Highest finalized block height of a healthy node, 0: none is known. */
uint64_t jupref_pool_block_height(const jupref_pool_t *pool);

/* The highest block height that is believed, near the one that goes with the
 * highest slot; UINT64_MAX while nobody knows. */
uint64_t jupref_pool_believable_height(const jupref_pool_t *pool,
    jupref_commitment_e commitment, uint64_t now_ms);

/* The oldest slot, and the least height, that an answer to a call of then may
 * be of: max_lag behind the front; 0 while nobody knows. */
uint64_t jupref_pool_least_slot(const jupref_pool_t *pool,
    jupref_commitment_e commitment, uint64_t asked_ms);
uint64_t jupref_pool_least_height(const jupref_pool_t *pool,
    jupref_commitment_e commitment, uint64_t asked_ms);

/* A node's worst reason; JUPREF_OUT_REASONS: it is healthy. */
jupref_out_e jupref_node_worst(const jupref_node_t *node);

/* "stands_still", …: in API, metrics and log alike. */
const char *jupref_out_name(jupref_out_e reason);

/* What it means, and what would be right, for the log. */
const char *jupref_out_text(jupref_out_e reason);
const char *jupref_node_counter_name(jupref_node_counter_e counter);


#endif /* JUPREF_POOL_H */
