/*
 * Processes: what a worker or the master does between two calls of the disk
 * happens whole, and at any of these calls it may die, before the call, in the
 * middle of a write, or behind it.  Its files are closed, its memory is gone;
 * the page cache and the shared memory stay.
 *
 * While a sync is under way, the other workers go on.
 */

#include "sim.h"

#include <string.h>

#include <sanitizer/lsan_interface.h>


/* When in a call its process dies. */
typedef enum {
    SIM_LIVES = 0,
    SIM_DIES_BEFORE,
    SIM_DIES_WITHIN,
    SIM_DIES_BEHIND
} sim_death_e;


static const char *const  sim_deaths[] = {
    "never in", "before", "within", "behind"
};


static int sim_front_open(jupref_disk_t *disk, const char *name,
    unsigned write, unsigned create);
static void sim_front_close(jupref_disk_t *disk, int file);
static int64_t sim_front_read(jupref_disk_t *disk, int file, void *bytes,
    size_t len, uint64_t at);
static int sim_front_write(jupref_disk_t *disk, int file, const void *bytes,
    size_t len, uint64_t at);
static int sim_front_sync(jupref_disk_t *disk, int file);
static int64_t sim_front_size(jupref_disk_t *disk, int file);
static int sim_front_truncate(jupref_disk_t *disk, int file, uint64_t size);
static int sim_front_rename(jupref_disk_t *disk, const char *from,
    const char *to);
static int sim_front_remove(jupref_disk_t *disk, const char *name);
static int sim_front_make_directory(jupref_disk_t *disk, const char *name);
static int sim_front_list(jupref_disk_t *disk, const char *directory,
    jupref_list_pt list, void *context);
static int sim_front_sync_directory(jupref_disk_t *disk,
    const char *directory);
static sim_death_e sim_call(sim_t *sim, const char *call);
static void sim_called(sim_t *sim, sim_death_e death);
static void sim_meanwhile(sim_t *sim);
static unsigned sim_owner(const sim_t *sim);


#define sim_back(sim)  (&(sim)->disk->disk)


void
sim_front(sim_t *sim)
{
    sim->front.state = sim;
    sim->front.open = sim_front_open;
    sim->front.close = sim_front_close;
    sim->front.read = sim_front_read;
    sim->front.write = sim_front_write;
    sim->front.sync = sim_front_sync;
    sim->front.size = sim_front_size;
    sim->front.truncate = sim_front_truncate;
    sim->front.rename = sim_front_rename;
    sim->front.remove = sim_front_remove;
    sim->front.make_directory = sim_front_make_directory;
    sim->front.list = sim_front_list;
    sim->front.sync_directory = sim_front_sync_directory;
}


unsigned
sim_process(sim_t *sim, unsigned owner, unsigned dies_in,
    void (*work)(sim_t *sim, void *data), void *data)
{
    int            file;
    unsigned       died;
    sim_process_t  process;

    process.outer = sim->process;
    process.owner = owner;
    process.dies_in = dies_in;
    sim->process = &process;

    /* memory of a process that dies isn't given back */

    __lsan_disable();

    if (setjmp(process.dead) == 0) {
        work(sim, data);
        died = 0;

    } else {
        died = 1;
    }

    __lsan_enable();

    sim->process = process.outer;

    if (died) {
        for (file = 0; file < SIM_FILES_OPEN; file++) {
            if (sim->owners[file] == owner + 1) {
                sim_front_close(&sim->front, file);
            }
        }
    }

    return died;
}


void
sim_die(sim_t *sim)
{
    longjmp(sim->process->dead, 1);
}


static int
sim_front_open(jupref_disk_t *disk, const char *name, unsigned write,
    unsigned create)
{
    int           file;
    sim_t        *sim = disk->state;
    sim_death_e   death;

    death = sim_call(sim, "open");
    file = sim_back(sim)->open(sim_back(sim), name, write, create);

    if (file >= 0) {
        sim->owners[file] = sim_owner(sim) + 1;
        sim->is_synced[file] = strcmp(name, "synced") == 0;
    }

    sim_called(sim, death);

    return file;
}


/* Files of the dead are closed already. */

static void
sim_front_close(jupref_disk_t *disk, int file)
{
    sim_t  *sim = disk->state;

    if (sim->owners[file] != 0) {
        sim->owners[file] = 0;
        sim_back(sim)->close(sim_back(sim), file);
    }
}


static int64_t
sim_front_read(jupref_disk_t *disk, int file, void *bytes, size_t len,
    uint64_t at)
{
    sim_t  *sim = disk->state;

    return sim_back(sim)->read(sim_back(sim), file, bytes, len, at);
}


static int
sim_front_write(jupref_disk_t *disk, int file, const void *bytes, size_t len,
    uint64_t at)
{
    int           rc;
    sim_t        *sim = disk->state;
    sim_death_e   death;

    if (sim->is_synced[file]) {
        *sim->log_marking = *sim->zone.log;
    }

    death = sim_call(sim, "write");

    if (death == SIM_DIES_WITHIN) {
        len = (size_t) sim_random(sim, len);
    }

    rc = sim_back(sim)->write(sim_back(sim), file, bytes, len, at);
    sim_called(sim, death);

    return rc;
}


static int
sim_front_sync(jupref_disk_t *disk, int file)
{
    int           rc;
    sim_t        *sim = disk->state;
    sim_death_e   death;

    death = sim_call(sim, "sync");

    if (death == SIM_LIVES) {
        sim_meanwhile(sim);
    }

    rc = sim_back(sim)->sync(sim_back(sim), file);
    sim_called(sim, death);

    return rc;
}


static int64_t
sim_front_size(jupref_disk_t *disk, int file)
{
    sim_t  *sim = disk->state;

    return sim_back(sim)->size(sim_back(sim), file);
}


static int
sim_front_truncate(jupref_disk_t *disk, int file, uint64_t size)
{
    int           rc;
    sim_t        *sim = disk->state;
    sim_death_e   death;

    death = sim_call(sim, "truncate");
    rc = sim_back(sim)->truncate(sim_back(sim), file, size);
    sim_called(sim, death);

    return rc;
}


static int
sim_front_rename(jupref_disk_t *disk, const char *from, const char *to)
{
    int           rc;
    sim_t        *sim = disk->state;
    sim_death_e   death;

    death = sim_call(sim, "rename");
    rc = sim_back(sim)->rename(sim_back(sim), from, to);
    sim_called(sim, death);

    return rc;
}


static int
sim_front_remove(jupref_disk_t *disk, const char *name)
{
    int           rc;
    sim_t        *sim = disk->state;
    sim_death_e   death;

    death = sim_call(sim, "remove");
    rc = sim_back(sim)->remove(sim_back(sim), name);
    sim_called(sim, death);

    return rc;
}


static int
sim_front_make_directory(jupref_disk_t *disk, const char *name)
{
    int           rc;
    sim_t        *sim = disk->state;
    sim_death_e   death;

    death = sim_call(sim, "make directory");
    rc = sim_back(sim)->make_directory(sim_back(sim), name);
    sim_called(sim, death);

    return rc;
}


static int
sim_front_list(jupref_disk_t *disk, const char *directory,
    jupref_list_pt list, void *context)
{
    sim_t  *sim = disk->state;

    return sim_back(sim)->list(sim_back(sim), directory, list, context);
}


static int
sim_front_sync_directory(jupref_disk_t *disk, const char *directory)
{
    int           rc;
    sim_t        *sim = disk->state;
    sim_death_e   death;

    death = sim_call(sim, "sync directory");
    rc = sim_back(sim)->sync_directory(sim_back(sim), directory);
    sim_called(sim, death);

    return rc;
}


/* A call of the disk begins. */

static sim_death_e
sim_call(sim_t *sim, const char *call)
{
    sim_death_e  death;

    if (sim->process == NULL || sim->process->dies_in == 0
        || --sim->process->dies_in > 0)
    {
        return SIM_LIVES;
    }

    death = SIM_DIES_BEFORE + sim_random(sim, 3);
    sim_say(sim, "process %u dies %s a call of %s", sim->process->owner,
            sim_deaths[death], call);

    if (death == SIM_DIES_BEFORE) {
        sim_die(sim);
    }

    return death;
}


static void
sim_called(sim_t *sim, sim_death_e death)
{
    if (death != SIM_LIVES) {
        sim_die(sim);
    }
}


/* Slow syncs are those in which something else happens. */

static void
sim_meanwhile(sim_t *sim)
{
    unsigned  count, worker;
    uint64_t  before;

    if (!sim->running || sim->meanwhile > 0
        || (sim->disk->syncs + 1) % sim->disk->slow_sync_every != 0)
    {
        return;
    }

    sim->meanwhile++;
    before = sim->fact_count;

    for (count = (unsigned) sim_random(sim, 8); count > 0; count--) {
        worker = (sim_owner(sim) + 1 + (unsigned) sim_random(sim, 2))
                 % SIM_WORKERS;

        if (worker != sim_owner(sim)) {
            sim_traffic(sim, worker);
        }
    }

    for ( /* void */ ; before < sim->fact_count; before++) {
        sim_count(sim, SIM_N_MEANWHILE);
    }

    sim->meanwhile--;
}


static unsigned
sim_owner(const sim_t *sim)
{
    return sim->process ? sim->process->owner : SIM_MASTER;
}
