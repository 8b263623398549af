/*
 * jupref-journal verify: every byte of the state directory looked at.
 *
 * The journal is opened record by record, every hash computed anew, and
 * folded; each snapshot is held against what is folded where it was taken.
 * Where records are missing the fold ends, and goes on from the next good
 * snapshot behind them.  Each fault is told, and nothing stops at the first.
 */

#include "log/tool/jupref_tool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log/jupref_snapshot_file.h"
#include "log/jupref_tiles.h"
#include "log/tool/jupref_refold.h"
#include "log/tool/jupref_scan.h"


#define JUPREF_SUM_ROOM     1024        /* bytes of a line of JSON */


typedef struct {
    jupref_tool_t     *tool;
    uint64_t           faults;
    jupref_synced_t    synced;
    jupref_scan_t      scan;
    jupref_refold_t    refold;
    unsigned           folding:1;       /* it is what the journal makes */
    unsigned           marked:1;        /* what `synced` says was met */
    uint64_t           folded;          /* events */

    uint64_t          *snapshots;       /* ascending */
    size_t             snapshot_count;
    size_t             snapshot_next;   /* the first not met yet */
    uint64_t           compared;        /* of them */
} jupref_verify_state_t;


static jupref_fault_e jupref_verify_list(jupref_verify_state_t *state,
    jupref_fault_t *fault);
static jupref_fault_e jupref_verify_journal(jupref_verify_state_t *state,
    jupref_fault_t *fault);
static jupref_fault_e jupref_verify_record(void *context,
    const jupref_scanned_t *scanned, jupref_fault_t *fault);
static jupref_fault_e jupref_verify_event(jupref_verify_state_t *state,
    const jupref_scanned_t *scanned, jupref_fault_t *fault);
static void jupref_verify_bad(jupref_verify_state_t *state,
    const jupref_scanned_t *scanned, jupref_fault_e what, const char *why);
static void jupref_verify_mark(jupref_verify_state_t *state,
    const jupref_scanned_t *scanned);
static jupref_fault_e jupref_verify_snapshots(jupref_verify_state_t *state,
    uint64_t seq, jupref_fault_t *fault);
static jupref_fault_e jupref_verify_snapshot(jupref_verify_state_t *state,
    uint64_t seq, jupref_fault_t *fault);
static void jupref_verify_left(jupref_verify_state_t *state);
static void jupref_verify_tiles(jupref_verify_state_t *state);
static void jupref_verify_books(jupref_verify_state_t *state);
static void jupref_verify_told(void *context, const jupref_fault_t *fault,
    uint64_t from, uint64_t to);
static void jupref_verify_tell(jupref_verify_state_t *state,
    const jupref_fault_t *fault);
static void jupref_verify_sum(const jupref_verify_state_t *state);


jupref_exit_e
jupref_tool_verify(jupref_tool_t *tool)
{
    jupref_exit_e           code;
    jupref_fault_t          fault;
    jupref_fault_e          result;
    jupref_verify_state_t  *state;

    state = calloc(1, sizeof(jupref_verify_state_t));

    if (state == NULL) {
        return jupref_tool_say(tool, JUPREF_EXIT_FAILED, "out of memory");
    }

    state->tool = tool;
    memset(&fault, 0, sizeof(fault));

    state->faults = jupref_tool_small_files(tool, &state->synced);
    result = jupref_verify_list(state, &fault);

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_verify_journal(state, &fault);
    }

    if (result == JUPREF_FAULT_NONE) {
        jupref_verify_left(state);
        jupref_verify_tiles(state);
        jupref_verify_books(state);
        jupref_verify_sum(state);
        code = state->faults ? JUPREF_EXIT_FAULT : JUPREF_EXIT_GOOD;

    } else {
        code = jupref_tool_fault(tool, &fault);
    }

    jupref_refold_end(&state->refold);
    free(state->snapshots);
    free(state);

    return code;
}


static jupref_fault_e
jupref_verify_list(jupref_verify_state_t *state, jupref_fault_t *fault)
{
    size_t    i;
    uint64_t  seq;

    if (jupref_snapshot_list(&state->tool->store, &state->snapshots,
                             &state->snapshot_count, fault)
        != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    for (i = 0; i < state->snapshot_count / 2; i++) {
        seq = state->snapshots[i];
        state->snapshots[i]
            = state->snapshots[state->snapshot_count - 1 - i];
        state->snapshots[state->snapshot_count - 1 - i] = seq;
    }

    return JUPREF_FAULT_NONE;
}


/* A running nginx writes behind what is synced: that isn't looked at. */

static jupref_fault_e
jupref_verify_journal(jupref_verify_state_t *state, jupref_fault_t *fault)
{
    size_t           count;
    uint64_t        *firsts;
    jupref_fault_e   result;
    jupref_fault_t   refused;

    result = jupref_tool_segments(state->tool, &firsts, &count, NULL, NULL,
                                  fault);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    if (count == 0 || firsts[0] == 1) {
        result = jupref_refold_begin(&state->refold, fault);
        state->folding = 1;

    } else {
        result = jupref_verify_snapshots(state, firsts[0] - 1, fault);
    }

    free(firsts);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    state->scan.tool = state->tool;
    state->scan.synced = state->synced.seq;
    state->scan.until = state->tool->running ? state->synced.seq : 0;
    state->scan.record = jupref_verify_record;
    state->scan.fault = jupref_verify_told;
    state->scan.context = state;

    result = jupref_scan(&state->scan, fault);

    if (result == JUPREF_FAULT_NONE && state->synced.seq > 0
        && !state->marked && state->scan.next > state->synced.seq
        && state->faults == 0)
    {
        memset(&refused, 0, sizeof(refused));
        refused.seq = state->synced.seq;
        (void) jupref_fault_set(&refused, JUPREF_FAULT_SYNCED, "synced", 0,
                                "record %" PRIu64 " isn't where it says",
                                state->synced.seq);
        jupref_verify_tell(state, &refused);
    }

    return result;
}


static jupref_fault_e
jupref_verify_record(void *context, const jupref_scanned_t *scanned,
    jupref_fault_t *fault)
{
    jupref_fault_e          result;
    jupref_verify_state_t  *state = context;

    jupref_verify_mark(state, scanned);

    result = jupref_verify_event(state, scanned, fault);

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_verify_snapshots(state, scanned->seq, fault);
    }

    return result;
}


static jupref_fault_e
jupref_verify_event(jupref_verify_state_t *state,
    const jupref_scanned_t *scanned, jupref_fault_t *fault)
{
    jupref_event_t          event;
    jupref_fault_t          refused;
    jupref_record_t         record;
    jupref_record_result_e  parsed;

    parsed = jupref_record_parse(scanned->bytes, &record);

    if (parsed == JUPREF_RECORD_OK) {
        parsed = jupref_record_check(&record);
    }

    if (parsed == JUPREF_RECORD_OK) {
        parsed = jupref_record_event(&record, scanned->bytes, &event);
    }

    if (parsed != JUPREF_RECORD_OK) {
        state->folding = 0;
        jupref_verify_bad(state, scanned, JUPREF_FAULT_RECORD,
                          jupref_record_result_text(parsed));
        return JUPREF_FAULT_NONE;
    }

    if (scanned->gap
        && (!state->folding || scanned->seq != state->refold.place.seq + 1
            || memcmp(record.previous, state->refold.place.head,
                      JUPREF_SHA256_SIZE) != 0))
    {
        state->folding = 0;
    }

    if (!state->folding) {
        return JUPREF_FAULT_NONE;
    }

    memset(&refused, 0, sizeof(refused));

    if (jupref_refold_event(&state->refold, &event, record.leaf_hash,
                            &refused)
        == JUPREF_FAULT_MEMORY)
    {
        *fault = refused;
        return JUPREF_FAULT_MEMORY;
    }

    if (refused.fault != JUPREF_FAULT_NONE) {
        state->folding = 0;
        jupref_verify_bad(state, scanned, JUPREF_FAULT_EVENT, refused.text);

    } else {
        state->folded++;
    }

    return JUPREF_FAULT_NONE;
}


static void
jupref_verify_bad(jupref_verify_state_t *state,
    const jupref_scanned_t *scanned, jupref_fault_e what, const char *why)
{
    char            name[JUPREF_NAME_MAX];
    jupref_fault_t  fault;

    memset(&fault, 0, sizeof(fault));
    fault.seq = scanned->seq;
    jupref_segment_name(name, scanned->segment);
    (void) jupref_fault_set(&fault, what, name, scanned->at,
                            "record %" PRIu64 ": %.160s", scanned->seq, why);
    jupref_verify_tell(state, &fault);
}


static void
jupref_verify_mark(jupref_verify_state_t *state,
    const jupref_scanned_t *scanned)
{
    if (scanned->seq == state->synced.seq
        && scanned->segment == state->synced.segment
        && scanned->end == state->synced.bytes)
    {
        state->marked = 1;
    }
}


/* Those up to `seq`: of earlier ones the records aren't there. */

static jupref_fault_e
jupref_verify_snapshots(jupref_verify_state_t *state, uint64_t seq,
    jupref_fault_t *fault)
{
    uint64_t        snapshot;
    jupref_fault_e  result;

    result = JUPREF_FAULT_NONE;

    while (result == JUPREF_FAULT_NONE
           && state->snapshot_next < state->snapshot_count
           && state->snapshots[state->snapshot_next] <= seq)
    {
        snapshot = state->snapshots[state->snapshot_next++];
        result = jupref_verify_snapshot(state, snapshot, fault);

        if (snapshot < seq && state->refold.place.seq == snapshot) {
            state->folding = 0;
        }
    }

    return result;
}


static jupref_fault_e
jupref_verify_snapshot(jupref_verify_state_t *state, uint64_t seq,
    jupref_fault_t *fault)
{
    jupref_fault_e   result;
    jupref_fault_t   found;
    jupref_store_t  *store;

    store = &state->tool->store;
    memset(&found, 0, sizeof(found));

    if (state->folding && state->refold.place.seq == seq) {
        result = jupref_refold_compare(&state->refold, store, seq, &found);
        state->compared += result == JUPREF_FAULT_NONE;

    } else {
        result = jupref_refold_adopt(&state->refold, store, seq, &found);
        state->folding = result == JUPREF_FAULT_NONE;
    }

    if (result == JUPREF_FAULT_MEMORY) {
        *fault = found;
        return result;
    }

    if (result != JUPREF_FAULT_NONE
        && !(found.fault == JUPREF_FAULT_IO && found.error == ENOENT))
    {
        jupref_verify_tell(state, &found);
    }

    return JUPREF_FAULT_NONE;
}


/* Snapshots of events that the journal doesn't have. */

static void
jupref_verify_left(jupref_verify_state_t *state)
{
    char            name[JUPREF_NAME_MAX];
    uint64_t        seq, last;
    jupref_fault_e  result;
    jupref_fault_t  fault;

    last = state->scan.next > 0 ? state->scan.next - 1 : 0;

    for ( /* void */ ; state->snapshot_next < state->snapshot_count;
         state->snapshot_next++)
    {
        seq = state->snapshots[state->snapshot_next];
        memset(&fault, 0, sizeof(fault));

        result = jupref_snapshot_check(&state->tool->store, seq, &fault);

        if (result != JUPREF_FAULT_NONE && result != JUPREF_FAULT_LAYOUT_OLDER)
        {
            if (!(fault.fault == JUPREF_FAULT_IO && fault.error == ENOENT)) {
                jupref_verify_tell(state, &fault);
            }

        } else if (state->scan.until == 0) {
            jupref_snapshot_name(name, seq);
            fault.seq = seq;
            (void) jupref_fault_set(&fault, JUPREF_FAULT_SHORT, name, 0,
                                    "is of event %" PRIu64 ", but the journal "
                                    "ends with record %" PRIu64, seq, last);
            jupref_verify_tell(state, &fault);
        }
    }
}


/* They are built from the journal: with a broken one there is no judging. */

static void
jupref_verify_tiles(jupref_verify_state_t *state)
{
    jupref_fault_t  fault;

    memset(&fault, 0, sizeof(fault));

    if (state->scan.faults > 0 || state->scan.next == 0) {
        return;
    }

    /* that the identity is broken was told */

    if (jupref_tiles_verify(&state->tool->store, &fault) != JUPREF_FAULT_NONE
        && strcmp(fault.file, "identity") != 0)
    {
        jupref_verify_tell(state, &fault);
    }
}


static void
jupref_verify_books(jupref_verify_state_t *state)
{
    jupref_fault_t  fault;

    memset(&fault, 0, sizeof(fault));

    if (state->folding
        && jupref_refold_balance(&state->refold, &fault) != JUPREF_FAULT_NONE)
    {
        jupref_verify_tell(state, &fault);
    }
}


static void
jupref_verify_told(void *context, const jupref_fault_t *fault, uint64_t from,
    uint64_t to)
{
    jupref_verify_state_t  *state = context;

    if (fault->fault != JUPREF_FAULT_TORN) {
        state->faults++;
    }

    if (from > 0) {
        state->folding = 0;
    }

    jupref_tool_finding(state->tool, fault, from, to);
}


static void
jupref_verify_tell(jupref_verify_state_t *state, const jupref_fault_t *fault)
{
    state->faults++;
    jupref_tool_finding(state->tool, fault, 0, 0);
}


static void
jupref_verify_sum(const jupref_verify_state_t *state)
{
    uint8_t               room[JUPREF_SUM_ROOM];
    uint64_t              last, mints;
    jupref_json_writer_t  json;

    last = state->scan.next > 0 ? state->scan.next - 1 : 0;
    mints = state->folding
            ? state->refold.ledger->tables[JUPREF_TABLE_MINTS].count : 0;

    if (!state->tool->given.json) {
        printf("%s: %" PRIu64 " records up to %" PRIu64 " in %" PRIu64
               " segments, %" PRIu64 " folded; %" PRIu64 " of %zu snapshots "
               "are what the journal makes; %" PRIu64 " mints balance; %"
               PRIu64 " faults%s\n",
               state->faults ? "faulty" : "good", state->scan.records, last,
               state->scan.segments, state->folded, state->compared,
               state->snapshot_count, mints, state->faults,
               state->scan.until ? " (nginx is running: up to what is synced)"
                                 : "");
        return;
    }

    jupref_json_init(&json, room, sizeof(room));
    jupref_json_object(&json, NULL);
    jupref_json_boolean(&json, "good", state->faults == 0);
    jupref_json_boolean(&json, "running", state->tool->running);
    jupref_json_number(&json, "faults", state->faults);
    jupref_json_number(&json, "segments", state->scan.segments);
    jupref_json_number(&json, "records", state->scan.records);
    jupref_json_number(&json, "lastSeq", last);
    jupref_json_number(&json, "syncedSeq", state->synced.seq);
    jupref_json_number(&json, "tornBytes", state->scan.torn);
    jupref_json_number(&json, "folded", state->folded);
    jupref_json_number(&json, "snapshots", state->snapshot_count);
    jupref_json_number(&json, "snapshotsCompared", state->compared);
    jupref_json_number(&json, "mints", mints);

    if (state->folding) {
        jupref_json_hex(&json, "head", state->refold.place.head,
                        JUPREF_SHA256_SIZE);
    }

    jupref_json_object_end(&json);
    jupref_tool_line(&json);
}
