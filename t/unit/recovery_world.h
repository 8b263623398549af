/*
 * A live ledger with its log on a simulated disk, as an edge runs it: events
 * of every kind are applied and pushed, segments end, snapshots are written,
 * and what is on the disk is recovered into another ledger.
 */

#ifndef RECOVERY_WORLD_H
#define RECOVERY_WORLD_H


#include "log/jupref_log.h"
#include "log/jupref_snapshot.h"

#include "busy_ledger.h"
#include "sim_disk.h"


#define RECOVERY_ZONE  (2 * 1024 * 1024)


typedef struct {
    sim_disk_t           *sim;
    jupref_store_t        store;
    jupref_ledger_t      *ledger;
    jupref_log_t         *log;
    jupref_log_writer_t  *writer;
    busy_t                busy;
    jupref_fault_t        fault;        /* the last one */
} recovery_world_t;


/* What a recovery gave. */
typedef struct {
    jupref_fault_e      fault;
    jupref_fault_t      told;
    jupref_ledger_t    *ledger;
    jupref_place_t      place;
    jupref_recovered_t  recovered;
} recovery_t;


/* Empty; the same seed gives the same events. */
void recovery_world_start(recovery_world_t *world, uint64_t seed);
void recovery_world_free(recovery_world_t *world);

/* The process ends and another one takes up what is on the disk. */
void recovery_world_restart(recovery_world_t *world);

/* So many more events that the ledger takes. */
void recovery_world_events(recovery_world_t *world, unsigned count);
void recovery_world_flush(recovery_world_t *world);

/* Flushed; the segment ends here. */
void recovery_world_bound(recovery_world_t *world);

/* Of the live ledger, as it is now. */
jupref_fault_e recovery_world_snapshot(recovery_world_t *world);
jupref_place_t recovery_world_place(const recovery_world_t *world);

/* Into a new ledger of `size` bytes; free what it gives. */
recovery_t recovery_of_size(recovery_world_t *world,
    const jupref_recovery_t *how, uint64_t size);
recovery_t recovery_of(recovery_world_t *world);
void recovery_free(recovery_t *recovery);

/* It succeeded, and is the live ledger, its state byte for byte. */
void assert_recovered(const recovery_world_t *world,
    const recovery_t *recovery);


#endif /* RECOVERY_WORLD_H */
