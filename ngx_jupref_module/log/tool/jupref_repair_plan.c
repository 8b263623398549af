/*
 * The plan of a repair (see the header).
 *
 * The journal is scanned and folded as verify does it.  A run of records that
 * can be folded ends at the first one that can't be had, and another may
 * begin behind it, where a segment goes on from a snapshot: the last run is
 * kept, because it knows most.
 */

#include "log/tool/jupref_repair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "log/jupref_snapshot_file.h"
#include "log/jupref_tiles.h"
#include "log/tool/jupref_mend.h"


static jupref_exit_e jupref_plan_identity(jupref_repair_t *repair);
static jupref_fault_e jupref_plan_lists(jupref_repair_t *repair,
    jupref_fault_t *fault);
static jupref_fault_e jupref_plan_scan(jupref_repair_t *repair,
    jupref_fault_t *fault);
static jupref_fault_e jupref_plan_record(void *context,
    const jupref_scanned_t *scanned, jupref_fault_t *fault);
static jupref_fault_e jupref_plan_fold(jupref_repair_t *repair,
    const jupref_scanned_t *scanned, jupref_fault_t *fault);
static jupref_fault_e jupref_plan_adopt(jupref_repair_t *repair, uint64_t seq,
    const uint8_t *head, jupref_fault_t *fault);
static jupref_fault_e jupref_plan_met(jupref_repair_t *repair, uint64_t seq,
    jupref_fault_t *fault);
static jupref_fault_e jupref_plan_last(jupref_repair_t *repair,
    jupref_fault_t *fault);
static void jupref_plan_fault(void *context, const jupref_fault_t *fault,
    uint64_t from, uint64_t to);
static void jupref_plan_mended(void *context, const char *file, uint64_t at,
    uint8_t byte);
static size_t jupref_plan_snapshot(const jupref_repair_t *repair,
    uint64_t seq);


jupref_exit_e
jupref_repair_plan(jupref_repair_t *repair)
{
    jupref_exit_e   code;
    jupref_fault_t  fault;
    jupref_fault_e  result;

    memset(&fault, 0, sizeof(fault));
    code = jupref_plan_identity(repair);

    if (code != JUPREF_EXIT_GOOD) {
        return code;
    }

    result = jupref_plan_lists(repair, &fault);

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_plan_scan(repair, &fault);
    }

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_plan_last(repair, &fault);
    }

    if (result != JUPREF_FAULT_NONE) {
        return jupref_tool_fault(repair->tool, &fault);
    }

    if (repair->foreign.fault != JUPREF_FAULT_NONE) {
        return jupref_tool_say(repair->tool, JUPREF_EXIT_FAULT, "that isn't "
                               "damage, and nothing is changed");
    }

    return jupref_repair_decide(repair);
}


void
jupref_repair_free(jupref_repair_t *repair)
{
    jupref_refold_end(&repair->refold);
    free(repair->firsts);
    free(repair->snapshots);
    free(repair->snapshot_bad);
}


unsigned
jupref_repair_needed(const jupref_repair_t *repair)
{
    size_t  i;

    for (i = 0; i < repair->snapshot_count; i++) {
        if (repair->snapshot_bad[i]) {
            return 1;
        }
    }

    return repair->mended_count > 0 || repair->identity || repair->cut
           || repair->all || repair->empty || repair->marks || repair->tiles
           || repair->after > 0;
}


static jupref_exit_e
jupref_plan_identity(jupref_repair_t *repair)
{
    size_t              at;
    jupref_tool_t      *tool;
    jupref_fault_t      fault, unread;
    jupref_fault_e      result;
    jupref_identity_t   identity;
    jupref_wrapping_t   wrapping;

    tool = repair->tool;
    memset(&fault, 0, sizeof(fault));
    memset(&unread, 0, sizeof(unread));

    result = jupref_identity_load(&tool->store, (jupref_bytes_t) { NULL, 0 },
                                  &identity, &fault);
    OPENSSL_cleanse(&identity, sizeof(identity));

    if (result == JUPREF_FAULT_NONE) {
        return JUPREF_EXIT_GOOD;
    }

    if (result == JUPREF_FAULT_MEMORY
        || (result == JUPREF_FAULT_IO && fault.error != ENOENT))
    {
        return jupref_tool_fault(tool, &fault);
    }

    jupref_tool_finding(tool, &fault, 0, 0);
    jupref_wrapping_of(&wrapping, JUPREF_WRAPS_IDENTITY, 0);

    if (jupref_wrapping_read(tool, &wrapping, &unread) == JUPREF_FAULT_NONE
        && wrapping.size == wrapping.header_len
        && jupref_mend_header(tool, &wrapping, &at))
    {
        jupref_plan_mended(repair, "identity", at, wrapping.header[at]);

    } else if (jupref_repair_foreign(tool, &fault, JUPREF_WRAPS_IDENTITY)) {
        repair->foreign = fault;

    } else {
        repair->identity = 1;
    }

    return JUPREF_EXIT_GOOD;
}


static jupref_fault_e
jupref_plan_lists(jupref_repair_t *repair, jupref_fault_t *fault)
{
    size_t    i, last;
    uint64_t  seq;

    if (jupref_tool_segments(repair->tool, &repair->firsts,
                             &repair->segment_count, NULL, NULL, fault)
            != JUPREF_FAULT_NONE
        || jupref_snapshot_list(&repair->tool->store, &repair->snapshots,
                                &repair->snapshot_count, fault)
               != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    for (i = 0; i < repair->snapshot_count / 2; i++) {
        last = repair->snapshot_count - 1 - i;
        seq = repair->snapshots[i];
        repair->snapshots[i] = repair->snapshots[last];
        repair->snapshots[last] = seq;
    }

    repair->snapshot_bad = calloc(repair->snapshot_count + 1, 1);

    if (repair->snapshot_bad == NULL) {
        return jupref_fault_memory(fault, NULL);
    }

    if (jupref_synced_read(&repair->tool->store, &repair->synced,
                           &repair->broken_marks, fault)
        != JUPREF_FAULT_NONE)
    {
        /* a stranger in the journal is told by the scan */

        if (fault->fault != JUPREF_FAULT_NOT_A_SEGMENT) {
            return fault->fault;
        }

        memset(fault, 0, sizeof(jupref_fault_t));
    }

    if (repair->broken_marks > 0) {
        (void) jupref_fault_set(fault, JUPREF_FAULT_SYNCED, "synced", 0,
                                "%u of 2 slots can't be read",
                                repair->broken_marks);
        jupref_tool_finding(repair->tool, fault, 0, 0);
        memset(fault, 0, sizeof(jupref_fault_t));
    }

    repair->known = repair->synced.seq;
    repair->proven = repair->synced.seq;

    return JUPREF_FAULT_NONE;
}


static jupref_fault_e
jupref_plan_scan(jupref_repair_t *repair, jupref_fault_t *fault)
{
    repair->whole = 1;

    if (repair->segment_count == 0 || repair->firsts[0] == 1) {
        repair->folding = 1;

        if (jupref_refold_begin(&repair->refold, fault) != JUPREF_FAULT_NONE)
        {
            return fault->fault;
        }
    }

    repair->scan.tool = repair->tool;
    repair->scan.synced = repair->synced.seq;
    repair->scan.record = jupref_plan_record;
    repair->scan.fault = jupref_plan_fault;
    repair->scan.mended = jupref_plan_mended;
    repair->scan.context = repair;

    return jupref_scan(&repair->scan, fault);
}


static jupref_fault_e
jupref_plan_record(void *context, const jupref_scanned_t *scanned,
    jupref_fault_t *fault)
{
    jupref_fault_e    result;
    jupref_record_t   record;
    jupref_repair_t  *repair = context;

    if (scanned->seq > repair->known) {
        repair->known = scanned->seq;
    }

    if (scanned->proven > repair->proven) {
        repair->proven = scanned->proven;
    }

    /* a segment that goes on from a snapshot */

    if (!repair->folding && scanned->seq == scanned->segment
        && jupref_record_parse(scanned->bytes, &record) == JUPREF_RECORD_OK)
    {
        result = jupref_plan_adopt(repair, scanned->seq - 1, record.previous,
                                   fault);

        if (result != JUPREF_FAULT_NONE) {
            return result;
        }
    }

    if (!repair->folding) {
        return jupref_plan_met(repair, scanned->seq, fault);
    }

    result = jupref_plan_fold(repair, scanned, fault);

    return result == JUPREF_FAULT_NONE
           ? jupref_plan_met(repair, scanned->seq, fault) : result;
}


static jupref_fault_e
jupref_plan_fold(jupref_repair_t *repair, const jupref_scanned_t *scanned,
    jupref_fault_t *fault)
{
    char             name[JUPREF_NAME_MAX];
    jupref_run_t    *run;
    jupref_event_t   event;
    jupref_fault_t   refused;
    jupref_record_t  record;

    memset(&refused, 0, sizeof(refused));

    if (jupref_record_parse(scanned->bytes, &record) != JUPREF_RECORD_OK
        || jupref_record_check(&record) != JUPREF_RECORD_OK
        || jupref_record_event(&record, scanned->bytes, &event)
           != JUPREF_RECORD_OK
        || jupref_refold_event(&repair->refold, &event, record.leaf_hash,
                               &refused)
           != JUPREF_FAULT_NONE)
    {
        if (refused.fault == JUPREF_FAULT_MEMORY) {
            *fault = refused;
            return JUPREF_FAULT_MEMORY;
        }

        jupref_segment_name(name, scanned->segment);
        refused.seq = scanned->seq;
        (void) jupref_fault_set(&refused, JUPREF_FAULT_EVENT, name,
                                scanned->at, "record %llu can't be folded",
                                (unsigned long long) scanned->seq);
        jupref_tool_finding(repair->tool, &refused, 0, 0);
        repair->whole = 0;
        repair->damaged = 1;
        repair->folding = 0;

        return JUPREF_FAULT_NONE;
    }

    run = &repair->running;
    run->end = scanned->seq;
    run->segment = scanned->segment;
    run->at = scanned->end;
    run->time_ms = event.time_ms;
    memcpy(run->head, record.leaf_hash, JUPREF_SHA256_SIZE);
    repair->run = *run;

    return JUPREF_FAULT_NONE;
}


/* Goes on from the snapshot of `seq`, if there is a good one of that past. */

static jupref_fault_e
jupref_plan_adopt(jupref_repair_t *repair, uint64_t seq, const uint8_t *head,
    jupref_fault_t *fault)
{
    size_t          i;
    jupref_fault_t  found;
    jupref_fault_e  result;

    i = jupref_plan_snapshot(repair, seq);

    if (i == repair->snapshot_count || repair->snapshot_bad[i]) {
        return JUPREF_FAULT_NONE;
    }

    memset(&found, 0, sizeof(found));
    result = jupref_refold_adopt(&repair->refold, &repair->tool->store, seq,
                                 &found);

    if (result == JUPREF_FAULT_MEMORY) {
        *fault = found;
        return result;
    }

    if (result != JUPREF_FAULT_NONE
        || (head != NULL
            && memcmp(head, repair->refold.place.head, JUPREF_SHA256_SIZE)
               != 0))
    {
        return JUPREF_FAULT_NONE;
    }

    repair->folding = 1;
    memset(&repair->running, 0, sizeof(jupref_run_t));
    repair->running.start = seq;
    repair->running.end = seq;
    repair->running.behind = repair->damaged;
    repair->running.time_ms = repair->refold.place.time_ms;
    memcpy(repair->running.head, repair->refold.place.head,
           JUPREF_SHA256_SIZE);
    repair->run = repair->running;

    return JUPREF_FAULT_NONE;
}


/* The snapshot of that seq, if there is one, is read or compared. */

static jupref_fault_e
jupref_plan_met(jupref_repair_t *repair, uint64_t seq, jupref_fault_t *fault)
{
    size_t          i;
    jupref_fault_t  found;
    jupref_fault_e  result;

    i = jupref_plan_snapshot(repair, seq);

    if (i == repair->snapshot_count) {
        return JUPREF_FAULT_NONE;
    }

    memset(&found, 0, sizeof(found));

    result = repair->folding
             ? jupref_refold_compare(&repair->refold, &repair->tool->store,
                                     seq, &found)
             : jupref_snapshot_check(&repair->tool->store, seq, &found);

    if (result == JUPREF_FAULT_MEMORY || result == JUPREF_FAULT_IO) {
        *fault = found;
        return result;
    }

    if (result == JUPREF_FAULT_SNAPSHOT) {
        repair->snapshot_bad[i] = 1;
    }

    if (result == JUPREF_FAULT_LAYOUT_OLDER) {
        return JUPREF_FAULT_NONE;
    }

    if (result != JUPREF_FAULT_NONE) {
        jupref_tool_finding(repair->tool, &found, 0, 0);

        if (jupref_repair_foreign(repair->tool, &found,
                                  JUPREF_WRAPS_SNAPSHOT))
        {
            repair->foreign = found;
        }
    }

    return JUPREF_FAULT_NONE;
}


/* Snapshots that no record was met of: before, between, behind. */

static jupref_fault_e
jupref_plan_last(jupref_repair_t *repair, jupref_fault_t *fault)
{
    size_t    i;
    uint64_t  seq;

    for (i = 0; i < repair->snapshot_count; i++) {
        seq = repair->snapshots[i];

        if (repair->segment_count > 0 && seq >= repair->firsts[0]
            && seq < repair->scan.next)
        {
            continue;
        }

        repair->folding = 0;

        if (jupref_plan_met(repair, seq, fault) != JUPREF_FAULT_NONE) {
            return fault->fault;
        }
    }

    /* none of the journal's runs knows as much as the newest good snapshot */

    for (i = repair->snapshot_count; i-- > 0; /* void */) {

        if (repair->snapshots[i] <= repair->run.end) {
            break;
        }

        repair->folding = 0;
        repair->damaged = 1;

        if (jupref_plan_adopt(repair, repair->snapshots[i], NULL, fault)
            != JUPREF_FAULT_NONE)
        {
            return fault->fault;
        }

        if (repair->folding) {
            repair->whole = 0;
            break;
        }
    }

    /* a snapshot is made of what is synced */

    if (repair->run.end > repair->known) {
        repair->known = repair->run.end;
    }

    if (repair->run.start > repair->proven) {
        repair->proven = repair->run.start;
    }

    return JUPREF_FAULT_NONE;
}


static void
jupref_plan_fault(void *context, const jupref_fault_t *fault, uint64_t from,
    uint64_t to)
{
    jupref_repair_t  *repair = context;

    jupref_tool_finding(repair->tool, fault, from, to);

    if (jupref_repair_foreign(repair->tool, fault, JUPREF_WRAPS_SEGMENT)) {
        repair->foreign = *fault;
    }

    /* nginx cuts it itself, unless it can't know that it was never synced */

    if (fault->fault == JUPREF_FAULT_TORN && repair->broken_marks == 0) {
        return;
    }

    repair->whole = 0;
    repair->damaged = 1;
    repair->folding = 0;

    if (to > repair->known) {
        repair->known = to;
    }
}


static void
jupref_plan_mended(void *context, const char *file, uint64_t at, uint8_t byte)
{
    jupref_mended_t  *mended;
    jupref_repair_t  *repair = context;

    if (repair->mended_count == JUPREF_REPAIR_BYTES) {
        return;
    }

    mended = &repair->mended[repair->mended_count++];
    strncpy(mended->file, file, JUPREF_NAME_MAX - 1);
    mended->at = at;
    mended->byte = byte;

    if (repair->mended_count == JUPREF_REPAIR_BYTES) {
        repair->scan.mended = NULL;
    }
}


static size_t
jupref_plan_snapshot(const jupref_repair_t *repair, uint64_t seq)
{
    size_t  i;

    for (i = 0; i < repair->snapshot_count; i++) {
        if (repair->snapshots[i] == seq) {
            break;
        }
    }

    return i;
}
