/*
 * Snapshots: a ledger's state at one seq, sealed, and how to get it back.
 *
 *     state/snapshots/<seq, 20 digits>.snapshot
 *         header  "JUPREFS1" | u32 format | u32 bytes of the header
 *                 | u32 ledger layout | u32 zero | u64 seq
 *                 | u64 written, ms | u64 state's bytes | u64 digest
 *                 | 32 edge name | 32 head hash | u64 size + 48 peaks of the
 *                 frontier, unused ones zero
 *                 | wrapped data key (authenticates all before it)
 *                 | 32 SHA-256 of all before it
 *         chunks  of 1 MiB of the state, sealed, numbered from 1; the last
 *                 one's number has its top bit set
 *
 * The state doesn't depend on how large the zone is.  A file is written as
 * <seq>.new, synced, renamed, and its directory synced.
 */

#ifndef JUPREF_SNAPSHOT_H
#define JUPREF_SNAPSHOT_H


#include "ledger/jupref_ledger.h"
#include "log/jupref_journal.h"
#include "log/jupref_merkle.h"


#define JUPREF_SNAPSHOT_FORMAT  1


/* A place in the log: the newest record's seq, time and leaf hash, the tree. */
typedef struct {
    uint64_t           seq;
    uint64_t           time_ms;
    uint8_t            head[JUPREF_SHA256_SIZE];
    jupref_frontier_t  frontier;
} jupref_place_t;


/* Told now and then while a long journal is read. */
typedef void (*jupref_progress_pt)(void *context, uint64_t seq);


typedef struct {
    uint64_t  snapshot;                 /* seq it began with, 0: none */
    uint64_t  records;                  /* folded behind it */
    uint64_t  torn;                     /* bytes of a tail that was cut */
    uint64_t  broken_snapshots;         /* passed over, named in the log */
    uint64_t  former_snapshots;         /* of an older layout: the same */
    unsigned  converted:1;              /* it began with one of those */
    uint64_t  segment;                  /* first seq of the last segment */
    jupref_fault_t  warning;            /* fault NONE: nothing to say */
} jupref_recovered_t;


/* seqs of all snapshots, descending; malloc'ed. */
jupref_fault_e jupref_snapshot_list(jupref_store_t *store, uint64_t **seqs,
    size_t *count, jupref_fault_t *fault);

jupref_fault_e jupref_snapshot_write(jupref_store_t *store,
    const jupref_ledger_t *ledger, const jupref_place_t *place,
    uint64_t now_ms, jupref_fault_t *fault);

/*
 * Into an empty ledger of any capacity.  One of an older layout is told as
 * JUPREF_FAULT_LAYOUT_OLDER; jupref_snapshot_convert lays it out anew where it
 * is of the former one.  Its digest goes on from that of the former layout:
 * only where the journal doesn't reach back is it to be preferred to a fold.
 */
jupref_fault_e jupref_snapshot_read(jupref_store_t *store, uint64_t seq,
    jupref_ledger_t *ledger, jupref_place_t *place, jupref_fault_t *fault);
jupref_fault_e jupref_snapshot_convert(jupref_store_t *store, uint64_t seq,
    jupref_ledger_t *ledger, jupref_place_t *place, jupref_fault_t *fault);


/*
 * The newest good snapshot and the journal after it, up to `until` (0: all).
 * `ledger` is empty; it and `place` tell the result.  With `cut` a torn tail
 * is cut off the file; else it is only told.  `check` computes every hash
 * anew instead of trusting the seal.
 */
typedef struct {
    uint64_t            until;
    unsigned            cut:1;
    unsigned            check:1;
    jupref_progress_pt  progress;       /* may be NULL */
    void               *context;
} jupref_recovery_t;

jupref_fault_e jupref_recover(jupref_store_t *store,
    const jupref_recovery_t *how, jupref_ledger_t *ledger,
    jupref_place_t *place, jupref_recovered_t *recovered,
    jupref_fault_t *fault);

/* Goes on from `place`: folds the records behind it, up to `until`. */
jupref_fault_e jupref_catch_up(jupref_store_t *store,
    const jupref_recovery_t *how, jupref_ledger_t *ledger,
    jupref_place_t *place, uint64_t *records, jupref_fault_t *fault);

/*
 * Keeps the newest `keep` snapshots; removes segments that end before the
 * oldest of them and whose records are all older than `before_ms` (0: none).
 */
jupref_fault_e jupref_snapshot_prune(jupref_store_t *store, unsigned keep,
    uint64_t before_ms, unsigned *snapshots, unsigned *segments,
    jupref_fault_t *fault);


#endif /* JUPREF_SNAPSHOT_H */
