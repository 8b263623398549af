/*
 * jupref-journal dump: the events of the journal, a line of JSON each.
 *
 * What can't be opened is told to the standard error, and the next that can
 * be follows.  While nginx runs, the last event is the last that is synced.
 */

#include "log/tool/jupref_tool.h"

#include <inttypes.h>
#include <string.h>

#include "ledger/jupref_ledger.h"
#include "log/tool/jupref_event_json.h"
#include "log/tool/jupref_scan.h"


#define JUPREF_EVENT_ROOM  8192         /* bytes of a line, generous */


typedef struct {
    jupref_tool_t  *tool;
    uint64_t        from;
    uint64_t        to;
    uint64_t        faults;
} jupref_dump_t;


static jupref_exit_e jupref_dump_range(jupref_dump_t *dump);
static jupref_fault_e jupref_dump_record(void *context,
    const jupref_scanned_t *scanned, jupref_fault_t *fault);
static void jupref_dump_fault(void *context, const jupref_fault_t *fault,
    uint64_t from, uint64_t to);


jupref_exit_e
jupref_tool_dump(jupref_tool_t *tool)
{
    unsigned         broken;
    jupref_dump_t    dump;
    jupref_scan_t    scan;
    jupref_exit_e    code;
    jupref_fault_t   fault;
    jupref_synced_t  synced;

    memset(&dump, 0, sizeof(dump));
    memset(&fault, 0, sizeof(fault));
    memset(&scan, 0, sizeof(scan));
    dump.tool = tool;

    code = jupref_dump_range(&dump);

    if (code != JUPREF_EXIT_GOOD) {
        return code;
    }

    if (jupref_synced_read(&tool->store, &synced, &broken, &fault)
        != JUPREF_FAULT_NONE)
    {
        return jupref_tool_fault(tool, &fault);
    }

    scan.tool = tool;
    scan.synced = synced.seq;
    scan.from = dump.from;
    scan.until = dump.to;

    if (tool->running && synced.seq > 0
        && (dump.to == 0 || dump.to > synced.seq))
    {
        scan.until = synced.seq;
    }

    scan.record = jupref_dump_record;
    scan.fault = jupref_dump_fault;
    scan.context = &dump;

    if (jupref_scan(&scan, &fault) != JUPREF_FAULT_NONE) {
        return jupref_tool_fault(tool, &fault);
    }

    return dump.faults ? JUPREF_EXIT_FAULT : JUPREF_EXIT_GOOD;
}


static jupref_exit_e
jupref_dump_range(jupref_dump_t *dump)
{
    jupref_tool_t  *tool;

    tool = dump->tool;
    dump->from = 1;

    if ((tool->given.from != NULL
         && (!jupref_tool_number(tool->given.from, &dump->from)
             || dump->from == 0))
        || (tool->given.to != NULL
            && (!jupref_tool_number(tool->given.to, &dump->to)
                || dump->to < dump->from)))
    {
        return jupref_tool_say(tool, JUPREF_EXIT_USAGE, "\"--from\" and "
                               "\"--to\" must be numbers of events, from 1 "
                               "on, the second not below the first");
    }

    return JUPREF_EXIT_GOOD;
}


static jupref_fault_e
jupref_dump_record(void *context, const jupref_scanned_t *scanned,
    jupref_fault_t *fault)
{
    uint8_t                 room[JUPREF_EVENT_ROOM];
    jupref_dump_t          *dump = context;
    jupref_event_t          event;
    jupref_record_t         record;
    jupref_json_writer_t    json;
    jupref_record_result_e  parsed;

    if (scanned->seq < dump->from) {
        return JUPREF_FAULT_NONE;
    }

    parsed = jupref_record_parse(scanned->bytes, &record);

    if (parsed == JUPREF_RECORD_OK) {
        parsed = jupref_record_event(&record, scanned->bytes, &event);
    }

    if (parsed != JUPREF_RECORD_OK) {
        dump->faults++;
        (void) jupref_tool_say(dump->tool, JUPREF_EXIT_FAULT,
                               "record %" PRIu64 ": %s", scanned->seq,
                               jupref_record_result_text(parsed));
        return JUPREF_FAULT_NONE;
    }

    jupref_json_init(&json, room, sizeof(room));
    jupref_json_object(&json, NULL);
    jupref_json_number(&json, "seq", event.seq);
    jupref_json_time(&json, "time", event.time_ms);
    jupref_json_cstring(&json, "type", jupref_event_name(event.type));
    jupref_json_padded(&json, "actor", event.actor, JUPREF_ACTOR_MAX);
    jupref_json_number(&json, "edge", event.edge);
    jupref_json_number(&json, "edgeSeq", event.edge_seq);
    jupref_json_event(&json, &event);
    jupref_json_hex(&json, "previous", record.previous, JUPREF_SHA256_SIZE);
    jupref_json_hex(&json, "hash", record.leaf_hash, JUPREF_SHA256_SIZE);
    jupref_json_hex(&json, "salt", record.salt, JUPREF_SALT_SIZE);
    jupref_json_object_end(&json);
    jupref_tool_line(&json);

    return JUPREF_FAULT_NONE;
}


static void
jupref_dump_fault(void *context, const jupref_fault_t *fault, uint64_t from,
    uint64_t to)
{
    jupref_dump_t  *dump = context;

    if (fault->fault != JUPREF_FAULT_TORN
        && (from == 0 || (from >= dump->from
                          && (dump->to == 0 || from <= dump->to))))
    {
        dump->faults++;
    }

    (void) jupref_tool_fault(dump->tool, fault);
}
