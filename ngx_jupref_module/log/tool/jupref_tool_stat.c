/*
 * jupref-journal stat: what is there, how large it is, and what it says.
 *
 * The newest good snapshot and the journal behind it are folded for the sums
 * and the tables; every record is opened for the bytes of its type.
 */

#include "log/tool/jupref_tool.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "log/tool/jupref_scan.h"
#include "log/tool/jupref_stat.h"


static jupref_fault_e jupref_stat_files(jupref_stat_t *stat,
    jupref_fault_t *fault);
static void jupref_stat_segment(jupref_stat_t *stat, uint64_t first,
    jupref_stat_file_t *segment);
static void jupref_stat_wrapped(jupref_stat_t *stat, jupref_wraps_e kind,
    uint64_t seq, jupref_stat_file_t *file);
static void jupref_stat_key(jupref_stat_t *stat, jupref_bytes_t id,
    jupref_wraps_e kind);
static jupref_fault_e jupref_stat_scan(jupref_stat_t *stat,
    jupref_fault_t *fault);
static jupref_fault_e jupref_stat_base(jupref_stat_t *stat, uint64_t first,
    jupref_fault_t *fault);
static jupref_fault_e jupref_stat_record(void *context,
    const jupref_scanned_t *scanned, jupref_fault_t *fault);
static void jupref_stat_fault(void *context, const jupref_fault_t *fault,
    uint64_t from, uint64_t to);


jupref_exit_e
jupref_tool_stat(jupref_tool_t *tool)
{
    jupref_stat_t   stat;
    jupref_exit_e   code;
    jupref_fault_t  fault;
    jupref_fault_e  result;

    memset(&stat, 0, sizeof(stat));
    memset(&fault, 0, sizeof(fault));
    stat.tool = tool;

    if (tool->given.zone != NULL
        && (!jupref_tool_size(tool->given.zone, &stat.zone)
            || stat.zone < JUPREF_STAT_ZONE_MIN
            || stat.zone > JUPREF_STAT_ZONE_MAX))
    {
        return jupref_tool_say(tool, JUPREF_EXIT_USAGE, "\"--zone=%s\" must "
                               "be a size such as 64m, from 8m to 1024g",
                               tool->given.zone);
    }

    result = jupref_stat_files(&stat, &fault);

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_stat_scan(&stat, &fault);
    }

    if (result != JUPREF_FAULT_NONE) {
        code = jupref_tool_fault(tool, &fault);

    } else {
        code = stat.faults ? JUPREF_EXIT_FAULT : JUPREF_EXIT_GOOD;

        if (tool->given.json) {
            jupref_stat_json(&stat);

        } else {
            jupref_stat_text(&stat);
        }

        if (stat.faults) {
            (void) jupref_tool_say(tool, code, "%" PRIu64 " faults: see "
                                   "jupref-journal verify", stat.faults);
        }
    }

    jupref_refold_end(&stat.refold);
    free(stat.segments);
    free(stat.snapshots);

    return code;
}


static jupref_fault_e
jupref_stat_files(jupref_stat_t *stat, jupref_fault_t *fault)
{
    size_t              i, count;
    uint64_t           *seqs;
    jupref_stat_file_t  identity;

    jupref_stat_wrapped(stat, JUPREF_WRAPS_IDENTITY, 0, &identity);

    if (jupref_tool_segments(stat->tool, &seqs, &count, NULL, NULL, fault)
        != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    stat->segments = calloc(count + 1, sizeof(jupref_stat_file_t));

    for (i = 0; stat->segments != NULL && i < count; i++) {
        jupref_stat_wrapped(stat, JUPREF_WRAPS_SEGMENT, seqs[i],
                            &stat->segments[i]);
        jupref_stat_segment(stat, seqs[i], &stat->segments[i]);
    }

    stat->segment_count = count;
    free(seqs);

    if (jupref_snapshot_list(&stat->tool->store, &seqs, &count, fault)
        != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    stat->snapshots = calloc(count + 1, sizeof(jupref_stat_file_t));

    for (i = 0; stat->snapshots != NULL && i < count; i++) {
        jupref_stat_wrapped(stat, JUPREF_WRAPS_SNAPSHOT, seqs[count - 1 - i],
                            &stat->snapshots[i]);
    }

    stat->snapshot_count = count;
    free(seqs);

    if (stat->segments == NULL || stat->snapshots == NULL) {
        return jupref_fault_memory(fault, NULL);
    }

    return JUPREF_FAULT_NONE;
}


static void
jupref_stat_segment(jupref_stat_t *stat, uint64_t first,
    jupref_stat_file_t *segment)
{
    int                file;
    char               name[JUPREF_NAME_MAX];
    jupref_disk_t     *disk;
    jupref_fault_t     fault;
    jupref_segment_t   read;

    disk = &stat->tool->disk;
    memset(&fault, 0, sizeof(fault));
    jupref_segment_name(name, first);
    file = disk->open(disk, name, 0, 0);

    if (file < 0) {
        return;
    }

    if (jupref_segment_read(&stat->tool->store, file, first, &read, &fault)
        == JUPREF_FAULT_NONE)
    {
        segment->created_ms = read.created_ms;
        segment->size = JUPREF_SEGMENT_HEADER;
    }

    disk->close(disk, file);
    OPENSSL_cleanse(read.data_key, sizeof(read.data_key));
}


static void
jupref_stat_wrapped(jupref_stat_t *stat, jupref_wraps_e kind, uint64_t seq,
    jupref_stat_file_t *file)
{
    size_t             i;
    uint8_t            id[JUPREF_KEY_ID_MAX];
    jupref_bytes_t     key;
    jupref_fault_t     fault;
    jupref_wrapping_t  wrapping;

    memset(&fault, 0, sizeof(fault));
    memset(file, 0, sizeof(jupref_stat_file_t));
    file->seq = seq;
    jupref_wrapping_of(&wrapping, kind, seq);

    if (jupref_wrapping_read(stat->tool, &wrapping, &fault)
        != JUPREF_FAULT_NONE)
    {
        return;
    }

    /* as it will be shown: nothing says that it is one */

    key = jupref_wrapping_key(&wrapping);

    for (i = 0; i < key.len; i++) {
        id[i] = key.data[i] > 0x20 && key.data[i] < 0x7f ? key.data[i] : '?';
    }

    file->size = wrapping.size;
    file->key = key.len;
    memcpy(file->key_id, id, key.len);
    jupref_stat_key(stat, (jupref_bytes_t) { id, key.len }, kind);
}


/* Ids that differ; more than there is room for aren't told. */

static void
jupref_stat_key(jupref_stat_t *stat, jupref_bytes_t id, jupref_wraps_e kind)
{
    unsigned            i;
    jupref_stat_key_t  *key;

    for (i = 0; i < stat->key_count; i++) {
        if (jupref_bytes_equal(jupref_padded(stat->keys[i].id,
                                             JUPREF_KEY_ID_MAX), id))
        {
            break;
        }
    }

    if (i == JUPREF_STAT_KEYS) {
        return;
    }

    key = &stat->keys[i];

    if (i == stat->key_count) {
        stat->key_count++;
        memcpy(key->id, id.data, id.len);
    }

    key->files[kind]++;
}


static jupref_fault_e
jupref_stat_scan(jupref_stat_t *stat, jupref_fault_t *fault)
{
    unsigned       broken;
    jupref_scan_t  scan;

    if (jupref_synced_read(&stat->tool->store, &stat->synced, &broken, fault)
        != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    if (jupref_stat_base(stat, stat->segment_count ? stat->segments[0].seq
                                                   : 1, fault)
        != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    memset(&scan, 0, sizeof(scan));
    scan.tool = stat->tool;
    scan.synced = stat->synced.seq;
    scan.until = stat->tool->running ? stat->synced.seq : 0;
    scan.record = jupref_stat_record;
    scan.fault = jupref_stat_fault;
    scan.context = stat;

    return jupref_scan(&scan, fault);
}


/* The newest snapshot that can be read, else the beginning of all. */

static jupref_fault_e
jupref_stat_base(jupref_stat_t *stat, uint64_t first, jupref_fault_t *fault)
{
    size_t          i;
    jupref_fault_e  result;
    jupref_fault_t  passed;

    for (i = stat->snapshot_count; i-- > 0; /* void */) {
        memset(&passed, 0, sizeof(passed));

        if (stat->tool->running && stat->snapshots[i].seq > stat->synced.seq) {
            continue;
        }

        result = jupref_refold_adopt(&stat->refold, &stat->tool->store,
                                     stat->snapshots[i].seq, &passed);

        if (result == JUPREF_FAULT_NONE) {
            stat->folding = 1;
            return JUPREF_FAULT_NONE;
        }

        stat->faults++;
    }

    if (first > 1) {
        return JUPREF_FAULT_NONE;
    }

    stat->folding = 1;

    return jupref_refold_begin(&stat->refold, fault);
}


static jupref_fault_e
jupref_stat_record(void *context, const jupref_scanned_t *scanned,
    jupref_fault_t *fault)
{
    jupref_stat_t        *stat = context;
    jupref_event_t        event;
    jupref_fault_t        refused;
    jupref_record_t       record;
    jupref_stat_type_t   *type;
    jupref_stat_file_t   *segment;

    if (jupref_record_parse(scanned->bytes, &record) != JUPREF_RECORD_OK
        || jupref_record_event(&record, scanned->bytes, &event)
           != JUPREF_RECORD_OK)
    {
        stat->faults++;
        stat->folding = 0;
        return JUPREF_FAULT_NONE;
    }

    type = &stat->types[event.type];
    type->count++;
    type->bytes += scanned->end - scanned->at;

    stat->records++;
    stat->last = scanned->seq;
    stat->last_ms = event.time_ms;

    while (stat->segment_at + 1 < stat->segment_count
           && stat->segments[stat->segment_at].seq != scanned->segment)
    {
        stat->segment_at++;
    }

    segment = &stat->segments[stat->segment_at];
    segment->records++;
    segment->size = scanned->end;

    if (!stat->folding || scanned->seq <= stat->refold.place.seq) {
        return JUPREF_FAULT_NONE;
    }

    memset(&refused, 0, sizeof(refused));

    if (scanned->seq != stat->refold.place.seq + 1
        || jupref_refold_event(&stat->refold, &event, record.leaf_hash,
                               &refused)
           != JUPREF_FAULT_NONE)
    {
        stat->faults++;
        stat->folding = 0;

        if (refused.fault == JUPREF_FAULT_MEMORY) {
            *fault = refused;
            return JUPREF_FAULT_MEMORY;
        }
    }

    return JUPREF_FAULT_NONE;
}


static void
jupref_stat_fault(void *context, const jupref_fault_t *fault, uint64_t from,
    uint64_t to)
{
    jupref_stat_t  *stat = context;

    if (fault->fault != JUPREF_FAULT_TORN) {
        stat->faults++;
    }
}
