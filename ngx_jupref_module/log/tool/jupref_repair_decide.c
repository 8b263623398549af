/*
 * What is to be done about what a repair's plan has found.
 */

#include "log/tool/jupref_repair.h"

#include <string.h>
#include <sys/mman.h>

#include "log/jupref_room.h"
#include "log/jupref_tiles.h"


#define JUPREF_DECIDE_FIRST  UINT64_C(0x1000000)        /* bytes of a ledger */
#define JUPREF_DECIDE_LAST   (UINT64_C(1) << 40)
#define JUPREF_SYNCED_SIZE   (2 * JUPREF_SYNCED_SLOT)


static jupref_exit_e jupref_decide_journal(jupref_repair_t *repair);
static jupref_fault_e jupref_decide_starts(jupref_repair_t *repair,
    jupref_fault_t *fault);
static unsigned jupref_decide_longer(const jupref_repair_t *repair);
static void jupref_decide_synced(jupref_repair_t *repair);
static void jupref_decide_snapshots(jupref_repair_t *repair);
static void jupref_decide_lost(jupref_repair_t *repair);
static jupref_exit_e jupref_decide_tiles(jupref_repair_t *repair);


jupref_exit_e
jupref_repair_decide(jupref_repair_t *repair)
{
    jupref_exit_e  code;

    code = jupref_decide_journal(repair);

    if (code != JUPREF_EXIT_GOOD) {
        return code;
    }

    jupref_decide_snapshots(repair);
    jupref_decide_synced(repair);
    jupref_decide_lost(repair);

    return jupref_decide_tiles(repair);
}


static jupref_exit_e
jupref_decide_journal(jupref_repair_t *repair)
{
    size_t          last;
    jupref_fault_t  fault;
    jupref_fault_e  result;

    if (repair->whole) {
        return JUPREF_EXIT_GOOD;
    }

    memset(&fault, 0, sizeof(fault));
    last = repair->segment_count;

    if (repair->run.start == 0 && repair->run.segment == 0
        && repair->segment_count > 0 && repair->firsts[0] > 1)
    {
        return jupref_tool_say(repair->tool, JUPREF_EXIT_FAULT, "the journal "
                               "begins with event %llu, and there is no good "
                               "snapshot to go on from: restore one, or the "
                               "segments before it",
                               (unsigned long long) repair->firsts[0]);
    }

    if (repair->run.behind) {
        result = repair->mended_count == 0
                 ? jupref_decide_starts(repair, &fault) : JUPREF_FAULT_RECORD;

        if (result == JUPREF_FAULT_MEMORY || result == JUPREF_FAULT_IO) {
            return jupref_tool_fault(repair->tool, &fault);
        }

        if (result == JUPREF_FAULT_NONE) {
            repair->starts = 1;
            return JUPREF_EXIT_GOOD;
        }
    }

    if (repair->run.segment == 0) {

        /* nothing of the journal goes on from a snapshot */

        repair->all = repair->segment_count > 0 && repair->run.start == 0;
        repair->after = repair->run.start;
        repair->empty = repair->run.start > 0;

        return JUPREF_EXIT_GOOD;
    }

    if (last > 0 && repair->firsts[last - 1] > repair->run.segment) {
        repair->after = repair->run.segment;
    }

    repair->cut = jupref_decide_longer(repair);

    return JUPREF_EXIT_GOOD;
}


/* As nginx would, with every hash computed, and nothing changed. */

static jupref_fault_e
jupref_decide_starts(jupref_repair_t *repair, jupref_fault_t *fault)
{
    void                *block;
    uint64_t             size;
    jupref_place_t       place;
    jupref_fault_e       result;
    jupref_ledger_t     *ledger;
    jupref_recovery_t    how;
    jupref_recovered_t   recovered;

    memset(&how, 0, sizeof(how));
    how.check = 1;

    for (size = JUPREF_DECIDE_FIRST; size <= JUPREF_DECIDE_LAST; size *= 2) {
        block = mmap(NULL, size, PROT_READ|PROT_WRITE,
                     MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0);

        if (block == MAP_FAILED) {
            break;
        }

        ledger = jupref_ledger_init(block, size);
        result = jupref_recover(&repair->tool->store, &how, ledger, &place,
                                &recovered, fault);
        (void) munmap(block, size);

        if (result != JUPREF_FAULT_ZONE) {
            return result != JUPREF_FAULT_NONE || place.seq == repair->run.end
                   ? result : JUPREF_FAULT_SHORT;
        }
    }

    return jupref_fault_memory(fault, NULL);
}


/* The run's last segment has more than the run, and room behind it. */

static unsigned
jupref_decide_longer(const jupref_repair_t *repair)
{
    int             file;
    char            name[JUPREF_NAME_MAX];
    int64_t         begins;
    jupref_disk_t  *disk;

    disk = &repair->tool->disk;
    jupref_segment_name(name, repair->run.segment);
    file = disk->open(disk, name, 0, 0);

    if (file < 0) {
        return 0;
    }

    begins = jupref_room_begins(disk, file, repair->run.at);
    disk->close(disk, file);

    return begins > 0 && (uint64_t) begins > repair->run.at;
}


static void
jupref_decide_snapshots(jupref_repair_t *repair)
{
    size_t  i;

    for (i = 0; i < repair->snapshot_count; i++) {
        if (!repair->whole && !repair->starts
            && repair->snapshots[i] > repair->run.end)
        {
            repair->snapshot_bad[i] = 1;
        }
    }
}


static void
jupref_decide_synced(jupref_repair_t *repair)
{
    int             file;
    jupref_disk_t  *disk;

    disk = &repair->tool->disk;

    repair->marks = repair->broken_marks > 0 || repair->cut || repair->empty
                    || repair->all || repair->after > 0
                    || repair->synced.seq > repair->run.end;

    file = disk->open(disk, "synced", 0, 0);

    if (file >= 0) {
        repair->marks |= disk->size(disk, file) != JUPREF_SYNCED_SIZE;
        disk->close(disk, file);
    }
}


static void
jupref_decide_lost(jupref_repair_t *repair)
{
    uint64_t  end;

    end = repair->run.end;

    if (repair->whole || repair->starts || repair->known <= end) {
        return;
    }

    repair->lost_from = end + 1;
    repair->lost_to = repair->known;
    repair->acknowledged = repair->proven > end ? repair->proven - end : 0;
}


/* They follow from the journal, as long as it has its beginning. */

static jupref_exit_e
jupref_decide_tiles(jupref_repair_t *repair)
{
    unsigned        derivable;
    jupref_fault_t  fault;

    memset(&fault, 0, sizeof(fault));
    derivable = repair->segment_count > 0 && repair->firsts[0] == 1
                && !repair->run.behind && !repair->all;

    if (repair->lost_from > 0) {
        repair->tiles = derivable || (repair->all && !repair->empty);
        return JUPREF_EXIT_GOOD;
    }

    if (!repair->whole || repair->mended_count > 0
        || jupref_tiles_verify(&repair->tool->store, &fault)
           == JUPREF_FAULT_NONE)
    {
        return JUPREF_EXIT_GOOD;
    }

    if (fault.fault == JUPREF_FAULT_TILE) {
        jupref_tool_finding(repair->tool, &fault, 0, 0);
        repair->tiles = derivable;
    }

    if (fault.fault == JUPREF_FAULT_TILE && !derivable) {
        return jupref_tool_say(repair->tool, JUPREF_EXIT_FAULT, "tiles can't "
                               "be made anew from a journal without its "
                               "beginning: restore them, or put archived "
                               "segments back and repair again");
    }

    return JUPREF_EXIT_GOOD;
}
