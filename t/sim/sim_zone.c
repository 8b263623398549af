/*
 * The shared memory: laid out, filled from the disk at a start, dropped when
 * the machine or the last process goes.
 *
 * Tables and ring are made small by their own capacity fields, so that a short
 * history fills them.
 */

#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include <sanitizer/lsan_interface.h>


#define SIM_START_TRIES  30
#define SIM_LEDGER_MAX   (JUPREF_LEDGER_MIN + 65536)


const sim_size_t  sim_sizes[] = {
    { JUPREF_LEDGER_MIN, 16 * 1024, { 8, 10, 14, 4, 16, 24, 4, 24, 24 } },
    { JUPREF_LEDGER_MIN, 32 * 1024, { 10, 14, 20, 5, 50, 60, 8, 48, 48 } },
    { SIM_LEDGER_MAX, 256 * 1024, { 0, 0, 0, 0, 0, 0, 0, 0, 0 } }
};

const unsigned  sim_size_count = sizeof(sim_sizes) / sizeof(sim_sizes[0]);


typedef struct {
    jupref_fault_e  result;
    jupref_fault_t  fault;
} sim_start_t;


static void sim_zone_make(sim_t *sim, unsigned size);
static void sim_zone_start(sim_t *sim, void *data);
static void sim_zone_from(sim_t *sim, const jupref_place_t *place);


/* Starts until it holds: the power may fail again, the process may die, the
 * zone may be too small for what is there. */

void
sim_edge_start(sim_t *sim)
{
    unsigned      tries, size, dies_in;
    sim_start_t   start;

    size = sim_size(sim);

    for (tries = 0; tries < SIM_START_TRIES; tries++) {
        dies_in = 0;

        if (sim->profile == SIM_KILLS && sim_chance(sim, 4)) {
            dies_in = 1 + (unsigned) sim_random(sim, 12);
        }

        sim_zone_make(sim, size);
        start.result = JUPREF_FAULT_NONE;

        if (sim_process(sim, SIM_MASTER, dies_in, sim_zone_start, &start)) {
            sim_say(sim, "the start is killed");
            sim_zone_drop(sim);
            continue;
        }

        if (sim->disk->off) {
            sim_zone_drop(sim);
            sim_disk_crash(sim->disk);
            memset(sim->owners, 0, sizeof(sim->owners));
            continue;
        }

        if (start.result == JUPREF_FAULT_NONE) {
            sim->running = 1;
            sim_count(sim, SIM_N_STARTS);
            return;
        }

        sim_zone_drop(sim);

        if (start.result == JUPREF_FAULT_ZONE && size + 1 < sim_size_count) {
            sim_say(sim, "the zone is too small: %s", start.fault.text);
            sim_count(sim, SIM_N_TOO_SMALL);
            size++;

        } else if (start.result != JUPREF_FAULT_IO || !sim_excused(sim)) {
            sim_fail(sim, "a start is refused: %s, %s",
                     jupref_fault_name(start.result), start.fault.text);
        }
    }

    sim_fail(sim, "no start in %u tries", SIM_START_TRIES);
}


/* The size that a configuration asks for next. */

unsigned
sim_size(sim_t *sim)
{
    return sim->one_size ? sim->first_size
                         : (unsigned) sim_random(sim, sim_size_count);
}


void
sim_zone_drop(sim_t *sim)
{
    unsigned  worker;

    sim->running = 0;

    for (worker = 0; worker < SIM_WORKERS; worker++) {
        sim_worker_end(sim, worker);
    }

    sim_ledger_free(sim, sim->zone.ledger);
    free(sim->zone.log);
    free(sim->zone.clicks);
    free(sim->zone.orders);
    free(sim->zone.pending);
    free(sim->log_marking);
    sim->log_marking = NULL;
    memset(&sim->zone, 0, sizeof(sim_zone_t));
}


jupref_ledger_t *
sim_ledger_new(sim_t *sim, unsigned size)
{
    void             *block;
    unsigned          table;
    jupref_ledger_t  *ledger;

    /* a process that dies takes its ledger along */

    __lsan_disable();
    block = sim->spare ? sim->spare : sim_block(SIM_LEDGER_MAX);
    sim->spare = NULL;
    __lsan_enable();

    ledger = jupref_ledger_init(block, sim_sizes[size].ledger_size);

    for (table = 0; table < JUPREF_TABLES; table++) {
        if (sim_sizes[size].rows[table] > 0) {
            ledger->tables[table].capacity = sim_sizes[size].rows[table];
        }
    }

    return ledger;
}


void
sim_ledger_free(sim_t *sim, jupref_ledger_t *ledger)
{
    if (ledger && sim->spare == NULL) {
        memset(ledger, 0, SIM_LEDGER_MAX);
        sim->spare = ledger;
        return;
    }

    free(ledger);
}


/* 0: a broken snapshot was read before, and then the ledger made anew, with
 * all the rows that fit. */

unsigned
sim_as_laid(const jupref_ledger_t *ledger, unsigned size)
{
    uint32_t  rows;

    rows = sim_sizes[size].rows[JUPREF_TABLE_HOURS];

    return rows == 0 || ledger->tables[JUPREF_TABLE_HOURS].capacity == rows;
}


/* Who takes the lock after somebody died with it looks what that one left. */

void
sim_lock(sim_t *sim)
{
    if (!sim->zone.owner_died) {
        return;
    }

    sim->zone.owner_died = 0;

    if (sim->zone.appending) {
        sim->zone.appending = 0;
        sim->zone.ledger->booking = 1;
        sim_say(sim, "the ledger is damaged");
    }
}


unsigned
sim_stopped(const sim_t *sim)
{
    return sim->zone.log->stopped != 0;
}


void
sim_worker_begin(sim_t *sim, unsigned worker)
{
    memset(&sim->workers[worker], 0, sizeof(sim_worker_t));
    sim->workers[worker].writer = jupref_log_writer_create(&sim->store);
}


void
sim_worker_end(sim_t *sim, unsigned worker)
{
    if (sim->workers[worker].writer) {
        jupref_log_writer_free(sim->workers[worker].writer);
    }

    memset(&sim->workers[worker], 0, sizeof(sim_worker_t));
}


static void
sim_zone_make(sim_t *sim, unsigned size)
{
    size_t       log_size;
    uint32_t     codes;
    unsigned     worker;
    sim_zone_t  *zone;

    zone = &sim->zone;
    zone->size = size;
    sim->resized |= size != sim->first_size;
    zone->ledger = sim_ledger_new(sim, size);

    log_size = sizeof(jupref_log_t) + JUPREF_LOG_RING_MIN;
    zone->log = jupref_log_init(sim_block(log_size), log_size);
    zone->log->ring_size = sim_sizes[size].ring_size;
    sim->log_marking = sim_block(sizeof(jupref_log_t));

    zone->pending = jupref_pending_init(sim_block(JUPREF_PENDING_MIN),
                                        JUPREF_PENDING_MIN);

    codes = zone->ledger->tables[JUPREF_TABLE_CODES].capacity;
    zone->clicks = jupref_clicks_init(sim_block(jupref_clicks_size(codes)),
                                      codes);
    zone->orders = jupref_clicks_init(sim_block(jupref_clicks_size(codes)),
                                      codes);

    for (worker = 0; worker < SIM_WORKERS; worker++) {
        sim_worker_begin(sim, worker);
    }
}


static void
sim_zone_start(sim_t *sim, void *data)
{
    unsigned              i;
    sim_start_t          *start = data;
    jupref_place_t        place;
    jupref_recovery_t     how;
    jupref_recovered_t    recovered;

    static const char *const  names[] = {
        "journal", "snapshots", "tiles", "tiles/tile"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void) sim->front.make_directory(&sim->front, names[i]);
    }

    memset(&start->fault, 0, sizeof(jupref_fault_t));
    start->result = jupref_identity_load(&sim->store,
                                         jupref_bytes(SIM_ORIGIN),
                                         &sim->identity, &start->fault);

    if (start->result != JUPREF_FAULT_NONE) {
        return;
    }

    memset(&how, 0, sizeof(jupref_recovery_t));
    how.cut = 1;
    start->result = jupref_recover(&sim->store, &how, sim->zone.ledger,
                                   &place, &recovered, &start->fault);

    if (start->result != JUPREF_FAULT_NONE) {
        return;
    }

    if (recovered.torn) {
        sim_count(sim, SIM_N_TORN);
    }

    sim_say(sim, "recovered to event %llu (snapshot %llu, torn %llu bytes)",
            (unsigned long long) place.seq,
            (unsigned long long) recovered.snapshot,
            (unsigned long long) recovered.torn);

    sim_zone_from(sim, &place);
}


static void
sim_zone_from(sim_t *sim, const jupref_place_t *place)
{
    jupref_fault_t  fault;

    sim_recovered(sim, place);
    sim->resized |= !sim_as_laid(sim->zone.ledger, sim->zone.size);

    jupref_log_start(sim->zone.log, place->seq, place->time_ms, place->head,
                     &place->frontier);

    sim->zone.edge_seq = place->seq;
    sim->stopped_at = 0;

    memset(&fault, 0, sizeof(fault));

    if (jupref_log_begin(sim->zone.log, &sim->store, &fault)
        != JUPREF_FAULT_NONE)
    {
        sim_say(sim, "the log can't begin: %s", fault.text);
        sim->stopped_at = place->seq + 1;
        sim_count(sim, SIM_N_STOPS);

        if (!sim_excused(sim)) {
            sim_fail(sim, "the log can't begin: %s", fault.text);
        }
    }

    sim_check_ledger(sim, sim->zone.ledger);
    sim_orphans(sim);
}
