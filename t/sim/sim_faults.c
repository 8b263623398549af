/*
 * What goes wrong: power, disk, processes; and how it gets well again.
 */

#include "sim.h"

#include <string.h>


static void sim_disk_fault(sim_t *sim);
static void sim_mended(sim_t *sim);


/* Now and then, of the kinds that the history is about. */

void
sim_fault(sim_t *sim)
{
    unsigned  everything;

    everything = sim->profile == SIM_EVERYTHING;

    if (((sim->profile == SIM_POWER || everything) && sim_chance(sim, 8))
        || (sim->profile == SIM_DISK && sim_chance(sim, 16)))
    {
        sim->disk->power_off_in = 1 + sim_random(sim, 30);
    }

    if ((sim->profile == SIM_DISK || everything) && sim_chance(sim, 8)) {
        sim_disk_fault(sim);
    }

    if ((sim->profile == SIM_KILLS || everything) && sim_chance(sim, 5)) {
        sim->fatal_append = 1 + (unsigned) sim_random(sim, 6);
    }

    if (sim_chance(sim, 25)) {
        sim_restart(sim);
    }

    /* an operator looks after it, but not at once, and not always as told */

    if (sim_stopped(sim) && sim_chance(sim, 4)) {
        if (!sim_chance(sim, 4)) {
            sim_mended(sim);
        }

        if (sim_chance(sim, 3)) {
            sim_restart(sim);

        } else {
            sim_reload(sim, sim->zone.size);
        }
    }

    if (!sim->disk->off
        && ((sim->zone.ledger->booking && sim_chance(sim, 4))
            || sim_chance(sim, 20)))
    {
        sim_reload(sim, sim_size(sim));
    }
}


void
sim_power_failed(sim_t *sim)
{
    sim_say(sim, "the power fails");
    sim_count(sim, SIM_N_POWER_FAILURES);

    sim_zone_drop(sim);
    sim_disk_crash(sim->disk);
    memset(sim->owners, 0, sizeof(sim->owners));
    sim_mended(sim);
    sim_edge_start(sim);
}


/* Asked to stop, or killed altogether: the page cache stays. */

void
sim_restart(sim_t *sim)
{
    unsigned  worker;

    if (sim_chance(sim, 2)) {
        sim_say(sim, "all processes are killed");

    } else {
        sim_say(sim, "the edge stops");

        for (worker = 0; worker < SIM_WORKERS; worker++) {
            sim_commit(sim, worker);
            sim_flush(sim, worker);
            jupref_log_trim(sim->zone.log, &sim->store);
        }
    }

    if (sim->disk->off) {
        return;
    }

    sim_zone_drop(sim);
    sim_mended(sim);
    sim_edge_start(sim);
}


unsigned
sim_excused(sim_t *sim)
{
    return sim->disk->off || sim->faulty;
}


static void
sim_disk_fault(sim_t *sim)
{
    sim_disk_t  *disk;

    disk = sim->disk;
    sim->faulty = 1;

    switch (sim_random(sim, 4)) {

    case 0:
        disk->fail_write_in = 1 + sim_random(sim, 20);
        break;

    case 1:
        disk->fail_sync_in = 1 + sim_random(sim, 10);
        break;

    case 2:
        disk->short_write_in = 1 + sim_random(sim, 20);
        break;

    default:
        disk->space = sim_random(sim, 20000);
    }
}


static void
sim_mended(sim_t *sim)
{
    sim->faulty = 0;
    sim->disk->fail_write_in = 0;
    sim->disk->fail_sync_in = 0;
    sim->disk->short_write_in = 0;
    sim->disk->space = UINT64_MAX;
}
