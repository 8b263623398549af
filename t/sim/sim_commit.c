/*
 * Group commit, as in ngx_http_jupref_commit.c: a worker posts one flush at
 * most, threads take turns, and who waits is told by what is synced.
 */

#include "sim.h"

#include <string.h>


#define SIM_COMMIT_TIMEOUT_MS  100


typedef struct {
    unsigned        worker;
    jupref_fault_e  result;
    jupref_fault_t  fault;
} sim_flush_t;


static void sim_flush_thread(sim_t *sim, void *data);
static unsigned sim_dies_settling(sim_t *sim);
static void sim_tell(sim_t *sim, unsigned worker, jupref_fault_e result);
static void sim_wait_remove(sim_worker_t *worker, unsigned place);


void
sim_commit(sim_t *sim, unsigned worker)
{
    if (!sim_stopped(sim)
        && sim->zone.log->appended != sim->zone.log->flushed)
    {
        sim->workers[worker].flushing = 1;
    }
}


void
sim_wait(sim_t *sim, unsigned worker, uint64_t seq, unsigned admin)
{
    sim_wait_t    *wait;
    sim_worker_t  *w;

    w = &sim->workers[worker];

    if (seq <= sim->zone.log->synced) {
        sim_acknowledged(sim, seq);
        return;
    }

    if (sim_stopped(sim) || w->wait_count == SIM_WAITS) {
        return;
    }

    w->flushing = 1;
    wait = &w->waits[w->wait_count++];
    wait->seq = seq;
    wait->admin = admin & 1;
    wait->deadline_ms = sim->now_ms + SIM_COMMIT_TIMEOUT_MS
                                      * (admin ? 50 : 1);
}


void
sim_flush(sim_t *sim, unsigned worker)
{
    unsigned     dies_in, died, was_stopped;
    uint64_t     synced;
    sim_flush_t  flush;

    if (!sim->workers[worker].flushing || sim->flush_held) {
        return;
    }

    memset(&flush, 0, sizeof(sim_flush_t));
    flush.worker = worker;
    dies_in = 0;

    if ((sim->profile == SIM_KILLS || sim->profile == SIM_EVERYTHING)
        && sim_chance(sim, 8))
    {
        dies_in = 1 + (unsigned) sim_random(sim, 9);
    }

    synced = sim->zone.log->synced;
    sim->flush_held = 1;

    was_stopped = sim_stopped(sim);
    died = sim_process(sim, worker, dies_in, sim_flush_thread, &flush);
    sim->flush_held = 0;

    if (sim_stopped(sim) && !was_stopped) {
        sim->stopped_at = sim->zone.log->synced + 1;
        sim_count(sim, SIM_N_STOPS);
    }

    if (died) {
        sim_say(sim, "worker %u is killed while it flushes", worker);
        sim_count(sim, SIM_N_KILLED_FLUSHING);
        sim_worker_end(sim, worker);
        sim_worker_begin(sim, worker);
        return;
    }

    if (sim->disk->off) {
        return;
    }

    sim_say(sim, "worker %u has flushed to event %llu in segment %llu: %s",
            worker, (unsigned long long) sim->zone.log->synced,
            (unsigned long long) sim->zone.log->segment,
            jupref_fault_name(flush.result));

    if (flush.result != JUPREF_FAULT_NONE) {
        if (!was_stopped && !sim_excused(sim)) {
            sim_fail(sim, "a flush fails without a fault: %s",
                     flush.fault.text);
        }

        if (!sim_stopped(sim)) {
            sim_fail(sim, "a flush fails and the log goes on: %s",
                     flush.fault.text);
        }

    } else if (sim->zone.log->synced > synced && sim_dies_settling(sim)) {
        sim_say(sim, "worker %u is killed while it settles", worker);
        sim_count(sim, SIM_N_KILLED_SETTLING);
        sim_worker_end(sim, worker);
        sim_worker_begin(sim, worker);
        return;
    }

    sim->workers[worker].flushing = 0;
    sim_tell(sim, worker, flush.result);

    if (sim->workers[worker].wait_count > 0) {
        sim_commit(sim, worker);
    }
}


static void
sim_flush_thread(sim_t *sim, void *data)
{
    sim_flush_t  *flush = data;

    flush->result = jupref_log_flush(sim->zone.log,
                                     sim->workers[flush->worker].writer,
                                     sim->now_ms, &flush->fault);
}


/*
 * Dies in the middle of bringing the log's fields up to a batch that is
 * synced: some are as they were when `synced` was written.
 */

static unsigned
sim_dies_settling(sim_t *sim)
{
    unsigned             how;
    jupref_log_t        *log;
    const jupref_log_t  *before;

    if (sim->profile != SIM_KILLS || !sim_chance(sim, 10)) {
        return 0;
    }

    log = sim->zone.log;
    before = sim->log_marking;
    how = (unsigned) sim_random(sim, 3);
    log->settling = 1;

    if (how < 2) {
        log->flushed = before->flushed;
    }

    if (how < 1) {
        log->synced = before->synced;
        memcpy(log->heads, before->heads, sizeof(log->heads));
        log->head_at = before->head_at;

        if (sim_chance(sim, 2)) {
            log->mark = before->mark;
        }

        if (sim_chance(sim, 2)) {
            log->segment_at = before->segment_at;
        }

        if (sim_chance(sim, 2)) {
            log->records = before->records;
        }
    }

    return 1;
}


static void
sim_tell(sim_t *sim, unsigned worker, jupref_fault_e result)
{
    unsigned       i;
    uint64_t       seq;
    sim_worker_t  *w;

    w = &sim->workers[worker];

    for (i = 0; i < w->wait_count; /* void */ ) {
        seq = w->waits[i].seq;

        if (seq > sim->zone.log->synced && result == JUPREF_FAULT_NONE) {
            i++;
            continue;
        }

        sim_wait_remove(w, i);

        if (seq <= sim->zone.log->synced) {
            sim_acknowledged(sim, seq);
        }
    }
}


/* Answers go out late: nothing was promised of them. */

void
sim_waits_over(sim_t *sim)
{
    unsigned       i, worker;
    sim_worker_t  *w;

    for (worker = 0; worker < SIM_WORKERS; worker++) {
        w = &sim->workers[worker];

        for (i = 0; i < w->wait_count; /* void */ ) {
            if (w->waits[i].deadline_ms > sim->now_ms) {
                i++;
                continue;
            }

            sim_wait_remove(w, i);
            sim_count(sim, SIM_N_LATE);
        }
    }
}


static void
sim_wait_remove(sim_worker_t *worker, unsigned place)
{
    worker->wait_count--;
    memmove(&worker->waits[place], &worker->waits[place + 1],
            (worker->wait_count - place) * sizeof(sim_wait_t));
}
