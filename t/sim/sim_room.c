/*
 * What must hold of the segments' ends: only the last one has room, and there
 * is nothing but room behind its records.
 */

#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include "log/jupref_room.h"


/* The disk has everything and nothing is under way. */

void
sim_check_room(sim_t *sim)
{
    char             name[JUPREF_NAME_MAX];
    size_t           i, count, size;
    uint64_t         end, *firsts;
    jupref_fault_t   fault;

    memset(&fault, 0, sizeof(fault));

    if (jupref_journal_list(&sim->store, &firsts, &count, &fault)
        != JUPREF_FAULT_NONE)
    {
        sim_fail(sim, "segments can't be listed: %s", fault.text);
    }

    for (i = 0; i < count; i++) {
        jupref_segment_name(name, firsts[i]);
        (void) sim_disk_bytes(sim->disk, name, &size);

        if (jupref_room_records(&sim->store, firsts[i], &end, &fault)
            != JUPREF_FAULT_NONE)
        {
            sim_fail(sim, "a segment's end can't be read: %s", fault.text);
        }

        if (i + 1 < count && end != size) {
            sim_fail(sim, "%s has ended and has room from %llu on", name,
                     (unsigned long long) end);
        }

        if (firsts[i] == sim->zone.log->segment) {
            if (end != sim->zone.log->segment_at) {
                sim_fail(sim, "%s has records up to %llu, and not %llu", name,
                         (unsigned long long) end,
                         (unsigned long long) sim->zone.log->segment_at);
            }

            if (size > end) {
                sim_count(sim, SIM_N_ROOMY);
            }
        }
    }

    free(firsts);
}
