/*
 * A world of one seed: an edge with its workers, its disk, its clients, and
 * beside it an oracle that keeps what was promised.
 *
 *     sim_main.c      which seeds, what is counted, what is told
 *     sim_world.c     chance, clock, and the end of a run that fails
 *     sim_keys.c      keys from small numbers
 *     sim_step.c      what happens next
 *     sim_process.c   processes that die between two calls of the disk
 *     sim_zone.c      the shared memory: laid out, started, damaged
 *     sim_append.c    how an event gets in, and what is appended unasked
 *     sim_commit.c    flushes, and who waits for them
 *     sim_reload.c    resume after an error, another size, another key
 *     sim_keep.c      snapshots and tiles
 *     sim_trades.c    orders and executes
 *     sim_acts.c      what operators do
 *     sim_faults.c    what goes wrong
 *     sim_flip.c      bits that turn over
 *     sim_oracle.c    the events that were taken, and what was told of them
 *     sim_model.c     the books, as plain as can be
 *     sim_payout.c    what stands in for payouts
 *     sim_check.c     what must hold
 *     sim_proofs.c    … of what is published
 *
 * The edge does what the nginx glue does, in the same order and with the same
 * functions; where a lock would be held, nothing else is stepped.
 */

#ifndef SIM_H
#define SIM_H


#include <setjmp.h>

#include "ledger/jupref_attribution.h"
#include "ledger/jupref_clicks.h"
#include "ledger/jupref_settle.h"
#include "ledger/jupref_state.h"
#include "ledger/jupref_upkeep.h"
#include "log/jupref_log.h"
#include "log/jupref_snapshot.h"
#include "log/jupref_tiles.h"

#include "sim_disk.h"
#include "sim_keys.h"
#include "sim_model.h"


#define SIM_WORKERS    3
#define SIM_MASTER     SIM_WORKERS      /* an owner of files, as workers are */
#define SIM_OWNERS     (SIM_WORKERS + 1)
#define SIM_WAITS      64
#define SIM_EXECUTES   8                /* under way at a worker */
#define SIM_ORDERS     48               /* that clients remember */
#define SIM_KEYS       6
#define SIM_HEADS      64               /* published ones that are remembered */
#define SIM_FACTS      6000
#define SIM_FILES_OPEN 64

#define SIM_ORIGIN     "sim.example/log"


/* What a history is about: seed % SIM_PROFILES. */
typedef enum {
    SIM_CALM = 0,                       /* no fault at all */
    SIM_POWER,                          /* the power fails */
    SIM_KILLS,                          /* processes die */
    SIM_DISK,                           /* the disk fails, fills up, is slow */
    SIM_FLIPS,                          /* bits turn over */
    SIM_EVERYTHING,
    SIM_PROFILES
} sim_profile_e;


/* What may happen, and must have happened in enough histories. */
typedef enum {
    SIM_N_STEPS = 0,
    SIM_N_EVENTS,
    SIM_N_ACKNOWLEDGED,
    SIM_N_LATE,
    SIM_N_POWER_FAILURES,
    SIM_N_EVENTS_LOST,                  /* by them, none acknowledged */
    SIM_N_TORN,
    SIM_N_STARTS,
    SIM_N_KILLED_FLUSHING,
    SIM_N_KILLED_APPENDING,
    SIM_N_KILLED_KEEPING,
    SIM_N_KILLED_SETTLING,
    SIM_N_STOPS,
    SIM_N_RESUMES,
    SIM_N_RELAYS,
    SIM_N_DAMAGED_RELAYS,
    SIM_N_TOO_SMALL,
    SIM_N_KEYS,
    SIM_N_SNAPSHOTS,
    SIM_N_CHECKPOINTS,
    SIM_N_PROOFS,
    SIM_N_FLIPS,
    SIM_N_ARCHIVED,
    SIM_N_TABLE_FULL,
    SIM_N_LOG_FULL,
    SIM_N_INTENTS_ORPHANED,
    SIM_N_INTENTS_GAVE_WAY,
    SIM_N_RESUBMITTED,
    SIM_N_REPLAYS,
    SIM_N_OWED,                         /* by a referrer, after an event */
    SIM_N_MEANWHILE,                    /* events appended during a sync */
    SIM_N_ROOMY,                        /* segments with room, at a check */
    SIM_NUMBERS
} sim_number_e;


typedef struct {
    uint64_t          seq;
    uint64_t          deadline_ms;
    unsigned          admin:1;          /* has no way out but an error */
} sim_wait_t;


/* An execute that went out to Jupiter. */
typedef struct {
    unsigned                  used:1;
    unsigned                  intended:1;
    uint32_t                  number;   /* the order's */
    jupref_order_t            order;
    jupref_execute_request_t  request;
} sim_execute_t;


typedef struct {
    jupref_log_writer_t  *writer;
    unsigned              flushing:1;   /* a flush is posted */
    unsigned              wait_count;
    sim_wait_t            waits[SIM_WAITS];
    sim_execute_t         executes[SIM_EXECUTES];
} sim_worker_t;


/* How large a zone is. */
typedef struct {
    uint64_t  ledger_size;
    uint64_t  ring_size;
    uint32_t  rows[JUPREF_TABLES];      /* 0: as many as fit */
} sim_size_t;


typedef struct {
    unsigned             size;          /* in sim_sizes */
    jupref_ledger_t     *ledger;
    jupref_log_t        *log;
    jupref_clicks_t     *clicks;
    jupref_clicks_t     *orders;
    jupref_pending_t    *pending;
    uint64_t             edge_seq;
    uint64_t             clicks_booked_ms;
    uint64_t             snapshot_due_ms;
    uint64_t             snapshot_seq;
    unsigned             appending:1;
    unsigned             owner_died:1;  /* who held the lock */
} sim_zone_t;


/* A process at work: where it dies, and when. */
typedef struct sim_process_s  sim_process_t;

struct sim_process_s {
    sim_process_t  *outer;
    jmp_buf         dead;
    unsigned        owner;
    unsigned        dies_in;            /* calls of the disk, 0: it lives */
};


/* An event that was published, as the oracle keeps it. */
typedef struct {
    jupref_event_t  event;
    uint8_t         leaf_hash[JUPREF_SHA256_SIZE];
    sim_decided_t   decided;
} sim_fact_t;


typedef struct {
    uint64_t  size;
    uint8_t   root[JUPREF_SHA256_SIZE];
} sim_head_t;


typedef struct {
    uint64_t            seed;
    uint64_t            random;
    sim_profile_e       profile;
    unsigned            verbose:1;
    uint64_t            step;
    uint64_t            steps;
    uint64_t            now_ms;
    uint64_t            latest_ms;
    uint64_t           *numbers;        /* sim_number_e, of all runs */

    /* the machine */
    sim_disk_t         *disk;
    jupref_disk_t       front;          /* what the edge is given */
    unsigned            owners[SIM_FILES_OPEN];
    unsigned            is_synced[SIM_FILES_OPEN];
    sim_process_t      *process;
    unsigned            meanwhile;      /* depth */
    unsigned            faulty:1;       /* the disk was told to fail */
    jupref_log_t       *log_marking;    /* as it was when `synced` was last
                                         * written */

    /* the edge */
    jupref_key_t        keys[SIM_KEYS];
    jupref_store_t      store;
    jupref_identity_t   identity;
    sim_zone_t          zone;
    sim_worker_t        workers[SIM_WORKERS];
    unsigned            flush_held:1;
    unsigned            keep_held:1;
    unsigned            running:1;
    uint64_t            hold_ms;
    uint64_t            segment_max;
    jupref_attribution_mode_e  mode;
    unsigned            fatal_append;   /* the next append dies there */
    unsigned            flush_share;    /* of 16 steps */
    unsigned            one_size:1;     /* the zone keeps its size */
    unsigned            resized:1;      /* series may lack what others keep */
    unsigned            first_size;
    void               *spare;          /* a block for a ledger, zeroed */

    /* clients */
    uint32_t            order_count;    /* number of the newest order */
    jupref_order_t      orders[SIM_ORDERS];

    /* the oracle */
    sim_fact_t         *facts;          /* by seq */
    uint64_t            fact_count;
    uint64_t            acknowledged;   /* seq */
    uint64_t            stopped_at;     /* synced when it stopped, + 1 */
    unsigned            head_count;
    sim_head_t          heads[SIM_HEADS];
    sim_model_t         model;
} sim_t;


extern const sim_size_t   sim_sizes[];
extern const unsigned     sim_size_count;


/* sim_world.c */
void sim_world_begin(sim_t *sim, uint64_t seed, uint64_t steps,
    uint64_t *numbers, unsigned verbose);
void sim_world_end(sim_t *sim);
uint64_t sim_random(sim_t *sim, uint64_t limit);
unsigned sim_chance(sim_t *sim, unsigned one_in);
void sim_count(sim_t *sim, sim_number_e number);
void sim_say(sim_t *sim, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void sim_fail(sim_t *sim, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));
void *sim_block(size_t size);

/* sim_step.c */
void sim_run(sim_t *sim);
void sim_traffic(sim_t *sim, unsigned worker);

/* sim_process.c */
void sim_front(sim_t *sim);

/* Runs `work` as a process that may die; 1 when it did. */
unsigned sim_process(sim_t *sim, unsigned owner, unsigned dies_in,
    void (*work)(sim_t *sim, void *data), void *data);
void sim_die(sim_t *sim) __attribute__((noreturn));

/* sim_zone.c */
void sim_edge_start(sim_t *sim);
void sim_zone_drop(sim_t *sim);
unsigned sim_size(sim_t *sim);
jupref_ledger_t *sim_ledger_new(sim_t *sim, unsigned size);
void sim_ledger_free(sim_t *sim, jupref_ledger_t *ledger);
unsigned sim_as_laid(const jupref_ledger_t *ledger, unsigned size);
void sim_lock(sim_t *sim);
unsigned sim_stopped(const sim_t *sim);
void sim_worker_begin(sim_t *sim, unsigned worker);
void sim_worker_end(sim_t *sim, unsigned worker);

/* sim_append.c */
jupref_ledger_result_e sim_append(sim_t *sim, jupref_event_t *event);
void sim_book_clicks(sim_t *sim);
void sim_upkeep(sim_t *sim);
void sim_orphans(sim_t *sim);

/* sim_commit.c */
void sim_commit(sim_t *sim, unsigned worker);
void sim_wait(sim_t *sim, unsigned worker, uint64_t seq, unsigned admin);
void sim_flush(sim_t *sim, unsigned worker);
void sim_waits_over(sim_t *sim);

/* sim_reload.c */
void sim_reload(sim_t *sim, unsigned size);

/* sim_keep.c */
void sim_keep(sim_t *sim, unsigned worker);
unsigned sim_mend_tiles(sim_t *sim);

/* sim_trades.c */
void sim_order(sim_t *sim, unsigned worker);
void sim_execute(sim_t *sim, unsigned worker);
void sim_answer(sim_t *sim, unsigned worker);
void sim_give_up(sim_t *sim);
void sim_click(sim_t *sim);

/* sim_acts.c */
void sim_act(sim_t *sim, unsigned worker);
void sim_first_acts(sim_t *sim);

/* sim_faults.c */
void sim_fault(sim_t *sim);
void sim_power_failed(sim_t *sim);
void sim_restart(sim_t *sim);
unsigned sim_excused(sim_t *sim);

/* sim_flip.c */
void sim_flip(sim_t *sim);

/* sim_oracle.c */
void sim_fact(sim_t *sim, jupref_bytes_t bytes,
    const uint8_t salt[JUPREF_SALT_SIZE]);
void sim_acknowledged(sim_t *sim, uint64_t seq);
void sim_recovered(sim_t *sim, const jupref_place_t *place);
void sim_root(sim_t *sim, uint64_t size, uint8_t root[JUPREF_SHA256_SIZE]);
void sim_published(sim_t *sim);

/* sim_check.c */
void sim_check_step(sim_t *sim);
void sim_check_ledger(sim_t *sim, const jupref_ledger_t *ledger);
void sim_check_whole(sim_t *sim);

/* sim_room.c */
void sim_check_room(sim_t *sim);

/* sim_proofs.c */
void sim_check_files(sim_t *sim);
void sim_check_heads(sim_t *sim);
void sim_same_state(sim_t *sim, const jupref_ledger_t *ledger,
    const char *what);


#endif /* SIM_H */
