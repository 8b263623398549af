/*
 * What happens next: one thing a step, by chance.
 */

#include "sim.h"

#include <stdlib.h>


#define SIM_WHOLE_EVERY  250            /* steps, about */
#define SIM_BACK_MS      (JUPREF_PENDING_LIFE_MS * 4 / 5)


static void sim_one_step(sim_t *sim);
static void sim_traffic_work(sim_t *sim, void *data);
static void sim_clock(sim_t *sim);
static unsigned sim_quiet(sim_t *sim);


void
sim_run(sim_t *sim)
{
    sim_edge_start(sim);
    sim_first_acts(sim);

    for (sim->step = 1;
         sim->step <= sim->steps && sim->fact_count + 200 < SIM_FACTS;
         sim->step++)
    {
        sim_one_step(sim);

        while (sim->disk->off) {
            sim_power_failed(sim);
        }

        sim_check_step(sim);
        sim_count(sim, SIM_N_STEPS);

        if (sim_chance(sim, SIM_WHOLE_EVERY) && sim_quiet(sim)) {
            sim_check_whole(sim);
        }

        if (sim->profile == SIM_FLIPS && sim_chance(sim, 20)
            && sim_quiet(sim))
        {
            sim_flip(sim);
        }

        while (sim->disk->off) {
            sim_power_failed(sim);
        }
    }

    sim->profile = SIM_CALM;
    sim->disk->power_off_in = 0;

    if (sim_quiet(sim)) {
        sim_check_whole(sim);

    } else {
        sim_fail(sim, "it doesn't come to rest");
    }
}


/* One thing that a client or an operator wants of a worker. */

void
sim_traffic(sim_t *sim, unsigned worker)
{
    if (sim_process(sim, worker, 0, sim_traffic_work, &worker)) {
        sim_worker_end(sim, worker);
        sim_worker_begin(sim, worker);
    }
}


static void
sim_one_step(sim_t *sim)
{
    unsigned  what, worker;

    worker = (unsigned) sim_random(sim, SIM_WORKERS);

    sim_clock(sim);
    sim_waits_over(sim);

    what = (unsigned) sim_random(sim, 32);

    if (what == 0) {
        sim_fault(sim);

    } else if (what == 1) {
        sim_keep(sim, worker);

    } else if (what < 2 + 2 * sim->flush_share) {
        sim_flush(sim, worker);

    } else {
        sim_traffic(sim, worker);
    }
}


static void
sim_traffic_work(sim_t *sim, void *data)
{
    unsigned  worker;

    worker = *(unsigned *) data;

    switch (sim_random(sim, 16)) {

    case 0:
        sim_click(sim);
        break;

    case 1:
        sim_lock(sim);
        sim_book_clicks(sim);
        sim_upkeep(sim);
        sim_commit(sim, worker);
        break;

    case 2:
    case 3:
    case 4:
        sim_order(sim, worker);
        break;

    case 5:
    case 6:
    case 7:
        sim_execute(sim, worker);
        break;

    case 8:
    case 9:
    case 10:
    case 11:
        sim_answer(sim, worker);
        break;

    default:
        sim_act(sim, worker);
    }
}


/*
 * Leaps, and goes back, within what a trade's signature is known for: while
 * the clock leaps no execute is under way, and it goes back less than an order
 * lives.  Otherwise a trade could have left the table before all is said of it.
 */

static void
sim_clock(sim_t *sim)
{
    uint64_t  leap;

    sim->now_ms += sim_random(sim, 50);
    leap = 0;

    if (sim_chance(sim, 60)) {
        leap = sim_random(sim, 2 * 60 * 60 * 1000);

    } else if (sim_chance(sim, 200)) {
        leap = sim_random(sim, UINT64_C(3) * 24 * 60 * 60 * 1000);

    } else if (sim_chance(sim, 100)) {
        sim->now_ms -= sim_random(sim, SIM_BACK_MS);
    }

    if (leap > 0) {
        sim_give_up(sim);
        sim->now_ms += leap;
    }

    if (sim->now_ms > sim->latest_ms) {
        sim->latest_ms = sim->now_ms;

    } else if (sim->now_ms + SIM_BACK_MS < sim->latest_ms) {
        sim->now_ms = sim->latest_ms - SIM_BACK_MS;
    }
}


/* Comes to rest where it can: nothing is damaged, all is on the disk. */

static unsigned
sim_quiet(sim_t *sim)
{
    unsigned  tries;

    for (tries = 0; tries < 20 && !sim->disk->off; tries++) {
        sim_lock(sim);

        if (sim_stopped(sim) || sim->zone.ledger->booking) {
            if (sim->profile != SIM_CALM) {
                return 0;
            }

            sim_restart(sim);
            continue;
        }

        if (sim->zone.log->appended == sim->zone.log->flushed) {
            return 1;
        }

        sim_commit(sim, 0);
        sim_flush(sim, 0);
    }

    return 0;
}
