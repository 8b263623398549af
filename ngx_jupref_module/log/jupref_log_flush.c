/*
 * The flush: what waits in the ring goes to the disk and is synced.
 *
 *     batch   frames of published records   → write, and room behind them when
 *             there is none any more, sync the segment
 *     mark    `synced` says how far         → write
 *     settle  flushed, synced, segment_at   → waiters may be answered
 *
 * A process may be killed between any two of these steps: another one writes
 * the same frames to the same place again.  They are the same bytes, because
 * a frame depends on nothing but its record, the segment's key and what was
 * settled, so no nonce ever meets two plaintexts.
 */

#include "log/jupref_log_writer.h"

#include <stdlib.h>

#include <openssl/crypto.h>


static jupref_fault_e jupref_log_stopped(const jupref_log_t *log,
    jupref_fault_t *fault);
static jupref_fault_e jupref_log_batch(jupref_log_t *log,
    jupref_log_writer_t *writer, uint64_t goal, uint64_t now_ms,
    jupref_fault_t *fault);
static jupref_fault_e jupref_log_segment(jupref_log_t *log,
    jupref_log_writer_t *writer, const uint8_t *record, uint64_t now_ms,
    jupref_fault_t *fault);
static jupref_fault_e jupref_log_writer_enter(const jupref_log_t *log,
    jupref_log_writer_t *writer, jupref_fault_t *fault);
static size_t jupref_log_frames(jupref_log_t *log,
    jupref_log_writer_t *writer, uint64_t goal, uint64_t ends);
static jupref_fault_e jupref_log_put(jupref_log_t *log,
    jupref_log_writer_t *writer, size_t len, jupref_fault_t *fault);
static int jupref_log_mark(const jupref_log_t *log,
    jupref_log_writer_t *writer);


jupref_log_writer_t *
jupref_log_writer_create(jupref_store_t *store)
{
    jupref_log_writer_t  *writer;

    writer = calloc(1, sizeof(jupref_log_writer_t));

    if (writer == NULL) {
        return NULL;
    }

    writer->store = store;
    writer->file = -1;
    writer->synced_file = -1;

    return writer;
}


void
jupref_log_writer_free(jupref_log_writer_t *writer)
{
    if (writer != NULL) {
        jupref_log_writer_leave(writer);
        free(writer);
    }
}


void
jupref_log_writer_leave(jupref_log_writer_t *writer)
{
    jupref_disk_t  *disk;

    disk = writer->store->disk;

    if (writer->sealer != NULL) {
        jupref_sealer_free(writer->sealer);
        writer->sealer = NULL;
    }

    if (writer->file >= 0) {
        disk->close(disk, writer->file);
        writer->file = -1;
    }

    if (writer->synced_file >= 0) {
        disk->close(disk, writer->synced_file);
        writer->synced_file = -1;
    }

    writer->segment = 0;
    OPENSSL_cleanse(writer->data_key, JUPREF_DATA_KEY);
}


jupref_fault_e
jupref_log_flush(jupref_log_t *log, jupref_log_writer_t *writer,
    uint64_t now_ms, jupref_fault_t *fault)
{
    uint64_t  goal;

    if (__atomic_load_n(&log->stopped, __ATOMIC_ACQUIRE) != 0) {
        return jupref_log_stopped(log, fault);
    }

    jupref_log_settle(log);
    goal = __atomic_load_n(&log->appended, __ATOMIC_ACQUIRE);

    while (log->flushed != goal) {
        fault->error = 0;
        fault->bytes = 0;

        if (jupref_log_batch(log, writer, goal, now_ms, fault)
            != JUPREF_FAULT_NONE)
        {
            log->error = fault->error;
            __atomic_store_n(&log->stopped, (uint32_t) fault->fault,
                             __ATOMIC_RELEASE);

            return fault->fault;
        }
    }

    return JUPREF_FAULT_NONE;
}


void
jupref_log_settle(jupref_log_t *log)
{
    if (__atomic_load_n(&log->settling, __ATOMIC_ACQUIRE) == 0) {
        return;
    }

    log->mark = log->batch;
    log->segment_at = log->batch.bytes;
    log->records = log->batch_records;

    jupref_log_tell_head(log, log->batch.seq, log->batch_head);

    __atomic_store_n(&log->synced, log->batch.seq, __ATOMIC_RELEASE);
    __atomic_store_n(&log->flushed, log->batch_flushed, __ATOMIC_RELEASE);
    __atomic_store_n(&log->settling, 0, __ATOMIC_RELEASE);
}


static jupref_fault_e
jupref_log_stopped(const jupref_log_t *log, jupref_fault_t *fault)
{
    jupref_fault_e  what;

    what = (jupref_fault_e) log->stopped;
    fault->error = log->error;
    fault->seq = log->synced + 1;

    if (log->error != 0) {
        return jupref_fault_set(fault, what, NULL, 0,
                                "the log has stopped behind record %llu: %s",
                                (unsigned long long) log->synced,
                                strerror(log->error));
    }

    return jupref_fault_set(fault, what, NULL, 0,
                            "the log has stopped behind record %llu: %s",
                            (unsigned long long) log->synced,
                            jupref_fault_name(what));
}


static jupref_fault_e
jupref_log_batch(jupref_log_t *log, jupref_log_writer_t *writer,
    uint64_t goal, uint64_t now_ms, jupref_fault_t *fault)
{
    size_t          len;
    uint8_t         record[JUPREF_RECORD_MAX];
    uint64_t        ends;
    jupref_bytes_t  bytes;

    bytes = jupref_ring_record(log, log->flushed, record);

    if (bytes.data == NULL) {
        return jupref_fault_set(fault, JUPREF_FAULT_RECORD, NULL, 0,
                                "what waits in the ring is no record");
    }

    /* a boundary that is set after `goal` was read lies behind `goal` */

    ends = __atomic_load_n(&log->boundary_seq, __ATOMIC_ACQUIRE);

    if (log->segment == 0
        || (log->segment <= ends && ends < jupref_ring_seq(record)))
    {
        if (jupref_log_segment(log, writer, record, now_ms, fault)
            != JUPREF_FAULT_NONE)
        {
            return fault->fault;
        }
    }

    if (ends < log->segment) {
        ends = UINT64_MAX;
    }

    if (jupref_log_writer_enter(log, writer, fault) != JUPREF_FAULT_NONE) {
        return fault->fault;
    }

    len = jupref_log_frames(log, writer, goal, ends);

    if (len == 0) {
        return jupref_fault_set(fault, JUPREF_FAULT_MEMORY, NULL, 0,
                                "OpenSSL could not seal a record");
    }

    return jupref_log_put(log, writer, len, fault);
}


/* Begins the segment of this record. */

static jupref_fault_e
jupref_log_segment(jupref_log_t *log, jupref_log_writer_t *writer,
    const uint8_t *record, uint64_t now_ms, jupref_fault_t *fault)
{
    int               file;
    jupref_segment_t  segment;

    jupref_log_writer_leave(writer);

    /* before the next one is there: only the last segment has room */

    if (jupref_log_cut_room(log, writer->store, 1, fault)
            != JUPREF_FAULT_NONE
        || (log->mark.count == 0
            && jupref_log_found(log, writer->store, fault)
               != JUPREF_FAULT_NONE))
    {
        return fault->fault;
    }

    /* who dies from here on leaves no segment open, so this one is made anew,
     * wherever segments are asked to end meanwhile */

    __atomic_store_n(&log->segment, 0, __ATOMIC_RELEASE);

    memset(&segment, 0, sizeof(segment));
    segment.first = jupref_ring_seq(record);
    segment.created_ms = now_ms;
    memcpy(segment.previous, jupref_chained_previous(record),
           JUPREF_SHA256_SIZE);

    if (jupref_segment_create(writer->store, &segment, &file, fault)
        != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    writer->store->disk->close(writer->store->disk, file);

    memcpy(log->data_key, segment.data_key, JUPREF_DATA_KEY);
    log->segment_at = JUPREF_SEGMENT_HEADER;
    log->room_to = 0;
    __atomic_store_n(&log->segment, segment.first, __ATOMIC_RELEASE);

    OPENSSL_cleanse(segment.data_key, JUPREF_DATA_KEY);

    return JUPREF_FAULT_NONE;
}


/*
 * Opens the log's segment unless it is open already; the key tells it from
 * another one that began with the same record.
 */

static jupref_fault_e
jupref_log_writer_enter(const jupref_log_t *log, jupref_log_writer_t *writer,
    jupref_fault_t *fault)
{
    char            name[JUPREF_NAME_MAX];
    jupref_disk_t  *disk;

    if (writer->segment == log->segment
        && memcmp(writer->data_key, log->data_key, JUPREF_DATA_KEY) == 0)
    {
        return JUPREF_FAULT_NONE;
    }

    jupref_log_writer_leave(writer);

    disk = writer->store->disk;
    jupref_segment_name(name, log->segment);
    writer->file = disk->open(disk, name, 1, 0);

    if (writer->file < 0) {
        return jupref_fault_io(fault, name, 0, writer->file, "opening");
    }

    writer->synced_file = disk->open(disk, "synced", 1, 0);

    if (writer->synced_file < 0) {
        return jupref_fault_io(fault, "synced", 0, writer->synced_file,
                               "opening");
    }

    writer->sealer = jupref_sealer_create(log->data_key);

    if (writer->sealer == NULL) {
        return jupref_fault_memory(fault, name);
    }

    memcpy(writer->data_key, log->data_key, JUPREF_DATA_KEY);
    writer->segment = log->segment;

    return JUPREF_FAULT_NONE;
}


/*
 * Seals records up to `goal` bytes of the ring, seq `ends`, or a full batch,
 * and notes what will be settled once they are synced.
 */

static size_t
jupref_log_frames(jupref_log_t *log, jupref_log_writer_t *writer,
    uint64_t goal, uint64_t ends)
{
    size_t          len, frame;
    uint8_t         record[JUPREF_RECORD_MAX];
    uint64_t        at, seq;
    jupref_bytes_t  bytes;

    len = 0;
    seq = log->synced;

    for (at = log->flushed; at != goal; at += bytes.len) {
        if (seq >= ends || sizeof(writer->frames) - len < JUPREF_FRAME_MAX) {
            break;
        }

        bytes = jupref_ring_record(log, at, record);

        if (bytes.data == NULL || jupref_ring_seq(record) != seq + 1) {
            return 0;
        }

        seq++;
        frame = jupref_frame_seal(writer->frames + len, writer->sealer, seq,
                                  (uint16_t) (seq - log->synced - 1), bytes);

        if (frame == 0) {
            return 0;
        }

        len += frame;
    }

    if (seq > log->synced) {
        memcpy(log->batch_head, jupref_chained_leaf_hash(record),
               JUPREF_SHA256_SIZE);
    }

    log->batch.count = log->mark.count + 1;
    log->batch.seq = seq;
    log->batch.segment = log->segment;
    log->batch.bytes = log->segment_at + len;
    log->batch_flushed = at;
    log->batch_records = log->records + (seq - log->synced);

    return len;
}


/*
 * `synced` is written before anybody is answered, so it never says less than
 * was acknowledged.  When it can't be, the records are there nevertheless.
 */

static jupref_fault_e
jupref_log_put(jupref_log_t *log, jupref_log_writer_t *writer, size_t len,
    jupref_fault_t *fault)
{
    int             rc;
    char            name[JUPREF_NAME_MAX];
    uint64_t        at, room_to;
    jupref_disk_t  *disk;

    disk = writer->store->disk;
    at = log->segment_at;
    jupref_segment_name(name, log->segment);
    fault->seq = log->synced + 1;

    rc = disk->write(disk, writer->file, writer->frames, len, at);

    if (rc < 0) {
        return jupref_fault_io(fault, name, at, rc, "writing");
    }

    room_to = jupref_log_make_room(log, writer, at + len);
    rc = disk->sync(disk, writer->file);

    if (rc < 0) {
        return jupref_fault_io(fault, name, at, rc, "syncing");
    }

    log->room_to = room_to;
    log->syncs++;
    log->bytes += len;

    rc = jupref_log_mark(log, writer);

    __atomic_store_n(&log->settling, 1, __ATOMIC_RELEASE);
    jupref_log_settle(log);

    if (rc < 0) {
        return jupref_fault_io(fault, "synced", 0, rc, "writing");
    }

    return JUPREF_FAULT_NONE;
}


static int
jupref_log_mark(const jupref_log_t *log, jupref_log_writer_t *writer)
{
    return jupref_synced_put(writer->store->disk, writer->synced_file,
                             &log->batch);
}
