/*
 * Snapshots and tiles, as in ngx_http_jupref_keep.c.
 */

#include "sim.h"

#include <stdlib.h>
#include <string.h>


#define SIM_SNAPSHOT_EVERY_MS  (5 * 60 * 1000)
#define SIM_RETENTION_MS       (60 * 60 * 1000)
#define SIM_SNAPSHOTS_KEPT     2


typedef struct {
    uint64_t        snapshot;           /* seq to make one of; 0: none */
    uint64_t        digest;
    uint64_t        synced;             /* for the tiles */
    unsigned        size;
    unsigned        differs:1;
    jupref_fault_t  snapshot_fault;
    jupref_fault_t  tiles_fault;
} sim_keep_t;


static void sim_keep_tiles(sim_t *sim, sim_keep_t *keep);
static void sim_keep_due(sim_t *sim, sim_keep_t *keep);
static void sim_keep_thread(sim_t *sim, void *data);
static void sim_keep_snapshot(sim_t *sim, sim_keep_t *keep);


void
sim_keep(sim_t *sim, unsigned worker)
{
    unsigned    dies_in;
    sim_keep_t  keep;

    if (sim_stopped(sim) || sim->keep_held) {
        return;
    }

    memset(&keep, 0, sizeof(sim_keep_t));
    sim_keep_due(sim, &keep);
    dies_in = 0;

    if ((sim->profile == SIM_KILLS || sim->profile == SIM_EVERYTHING)
        && sim_chance(sim, 4))
    {
        dies_in = 1 + (unsigned) sim_random(sim, 30);
    }

    sim->keep_held = 1;

    if (sim_process(sim, worker, dies_in, sim_keep_thread, &keep)) {
        sim->keep_held = 0;
        sim_say(sim, "worker %u is killed while it keeps", worker);
        sim_count(sim, SIM_N_KILLED_KEEPING);
        sim_worker_end(sim, worker);
        sim_worker_begin(sim, worker);
        sim_published(sim);
        return;
    }

    sim->keep_held = 0;

    if (sim->disk->off) {
        return;
    }

    sim_published(sim);

    if (keep.differs) {
        sim_fail(sim, "the running ledger isn't what its journal makes at "
                 "event %llu", (unsigned long long) keep.snapshot);
    }

    if ((keep.snapshot_fault.fault != JUPREF_FAULT_NONE
         || keep.tiles_fault.fault != JUPREF_FAULT_NONE)
        && !sim_excused(sim))
    {
        sim_fail(sim, "nothing can be kept: %s%s", keep.snapshot_fault.text,
                 keep.tiles_fault.text);
    }

    if (keep.snapshot && keep.snapshot_fault.fault == JUPREF_FAULT_NONE) {
        sim_say(sim, "a snapshot of event %llu",
                (unsigned long long) keep.snapshot);
        sim_count(sim, SIM_N_SNAPSHOTS);
    }
}


static void
sim_keep_due(sim_t *sim, sim_keep_t *keep)
{
    uint64_t       last;
    sim_zone_t    *zone;
    jupref_log_t  *log;

    sim_lock(sim);

    zone = &sim->zone;
    log = zone->log;
    keep->size = zone->size;
    keep->synced = log->synced;

    if (zone->ledger->booking) {
        return;
    }

    if (sim->now_ms >= zone->snapshot_due_ms) {
        zone->snapshot_due_ms = sim->now_ms + SIM_SNAPSHOT_EVERY_MS;

        if (log->seq > zone->snapshot_seq) {
            jupref_log_bound(log, zone->ledger->digest);
        }
    }

    last = log->boundary_count
           ? log->boundaries[(log->boundary_count - 1)
                             % JUPREF_LOG_BOUNDARIES].seq : 0;

    if (last > zone->snapshot_seq && last <= log->synced
        && jupref_log_boundary(log, last, &keep->digest))
    {
        keep->snapshot = last;
        zone->snapshot_seq = last;
    }
}


/* What a crash has left of the tiles is written anew; 1 when it could be. */

unsigned
sim_mend_tiles(sim_t *sim)
{
    sim_keep_t  keep;

    memset(&keep, 0, sizeof(sim_keep_t));
    keep.synced = sim->zone.log->synced;
    sim_keep_tiles(sim, &keep);

    if (keep.tiles_fault.fault != JUPREF_FAULT_NONE && !sim_excused(sim)) {
        sim_fail(sim, "the tiles can't be mended: %s", keep.tiles_fault.text);
    }

    return keep.tiles_fault.fault == JUPREF_FAULT_NONE;
}


static void
sim_keep_thread(sim_t *sim, void *data)
{
    sim_keep_t  *keep = data;

    if (keep->snapshot) {
        sim_keep_snapshot(sim, keep);
    }

    sim_keep_tiles(sim, keep);
}


static void
sim_keep_tiles(sim_t *sim, sim_keep_t *keep)
{
    jupref_tiles_t  *tiles;

    if (keep->synced
        && jupref_tiles_open(&sim->store, &tiles, &keep->tiles_fault)
           == JUPREF_FAULT_NONE)
    {
        (void) jupref_tiles_update(tiles, keep->synced, &sim->identity,
                                   &keep->tiles_fault);
        jupref_tiles_close(tiles);
    }
}


static void
sim_keep_snapshot(sim_t *sim, sim_keep_t *keep)
{
    unsigned             snapshots, segments;
    jupref_fault_e       result;
    jupref_place_t       place;
    jupref_ledger_t     *ledger;
    jupref_recovery_t    how;
    jupref_recovered_t   recovered;

    memset(&how, 0, sizeof(jupref_recovery_t));
    how.until = keep->snapshot;
    how.check = 1;
    ledger = sim_ledger_new(sim, keep->size);

    result = jupref_recover(&sim->store, &how, ledger, &place, &recovered,
                            &keep->snapshot_fault);

    if (result == JUPREF_FAULT_NONE) {
        keep->differs = ledger->digest != keep->digest;
        result = jupref_snapshot_write(&sim->store, ledger, &place,
                                       sim->now_ms, &keep->snapshot_fault);
    }

    sim_ledger_free(sim, ledger);

    if (result == JUPREF_FAULT_NONE) {
        (void) jupref_snapshot_prune(&sim->store, SIM_SNAPSHOTS_KEPT,
                                     sim->now_ms - SIM_RETENTION_MS,
                                     &snapshots, &segments,
                                     &keep->snapshot_fault);
    }
}
