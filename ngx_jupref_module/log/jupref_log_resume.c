/*
 * How a log begins to write, and goes on after an error.
 *
 * What is read back after a crash may have come from the page cache alone, and
 * a sync that failed, in this process or in the one before, isn't helped by
 * another one: it may take for written what never was.  So at a start what lies
 * behind the last mark is written a second time, in its place, and synced; and
 * after an error what wasn't synced is cut off and written anew, elsewhere.
 * Either way the log goes on in a new segment, and the last one loses the room
 * that a crash has left behind it.
 */

#include "log/jupref_log_writer.h"
#include "log/jupref_room.h"

#include <errno.h>
#include <stdlib.h>


#define JUPREF_AGAIN_PIECE  (16 * 1024)


static jupref_fault_e jupref_log_last_segment(const jupref_log_t *log,
    jupref_store_t *store, const jupref_synced_t *before,
    jupref_synced_t *mark, jupref_fault_t *fault);
static jupref_fault_e jupref_log_say(jupref_log_t *log,
    jupref_store_t *store, jupref_synced_t *mark, jupref_fault_t *fault);
static int jupref_log_again(jupref_disk_t *disk, int file, uint64_t from,
    uint64_t end);
static int jupref_log_write_again(jupref_disk_t *disk, int file,
    uint64_t from, uint64_t end);
static jupref_fault_e jupref_log_verify(const jupref_log_t *log,
    jupref_store_t *store, uint64_t *segment, uint64_t *at,
    jupref_fault_t *fault);
static jupref_fault_e jupref_log_verify_segment(const jupref_log_t *log,
    jupref_store_t *store, uint64_t *segment, uint64_t *at,
    uint8_t head[JUPREF_SHA256_SIZE], jupref_fault_t *fault);
static jupref_fault_e jupref_log_remove(const jupref_log_t *log,
    jupref_store_t *store, jupref_fault_t *fault);
static jupref_fault_e jupref_log_cut(jupref_store_t *store, uint64_t segment,
    uint64_t at, jupref_fault_t *fault);


jupref_fault_e
jupref_log_begin(jupref_log_t *log, jupref_store_t *store,
    jupref_fault_t *fault)
{
    fault->error = 0;
    fault->bytes = 0;

    if (jupref_log_found(log, store, fault) == JUPREF_FAULT_NONE) {
        return JUPREF_FAULT_NONE;
    }

    log->error = fault->error;
    __atomic_store_n(&log->stopped, (uint32_t) fault->fault,
                     __ATOMIC_RELEASE);

    return fault->fault;
}


jupref_fault_e
jupref_log_found(jupref_log_t *log, jupref_store_t *store,
    jupref_fault_t *fault)
{
    unsigned         broken;
    jupref_synced_t  mark, before;

    memset(&mark, 0, sizeof(mark));
    mark.seq = log->synced;

    if (jupref_synced_read(store, &before, &broken, fault)
            != JUPREF_FAULT_NONE
        || jupref_log_last_segment(log, store, &before, &mark, fault)
               != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    return jupref_log_say(log, store, &mark, fault);
}


/* Writes the mark that comes next. */

static jupref_fault_e
jupref_log_say(jupref_log_t *log, jupref_store_t *store,
    jupref_synced_t *mark, jupref_fault_t *fault)
{
    unsigned         broken;
    jupref_synced_t  before;

    if (jupref_synced_read(store, &before, &broken, fault)
        != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    mark->count = before.count + 1;

    if (jupref_synced_write(store, mark, fault) != JUPREF_FAULT_NONE) {
        return fault->fault;
    }

    log->mark = *mark;

    return JUPREF_FAULT_NONE;
}


jupref_fault_e
jupref_log_resume(jupref_log_t *log, jupref_log_writer_t *writer,
    uint64_t now_ms, jupref_fault_t *fault)
{
    jupref_store_t   *store;
    jupref_synced_t   mark;

    if (__atomic_load_n(&log->stopped, __ATOMIC_ACQUIRE) == 0) {
        return jupref_log_flush(log, writer, now_ms, fault);
    }

    store = writer->store;
    fault->error = 0;
    fault->bytes = 0;

    jupref_log_settle(log);
    jupref_log_writer_leave(writer);

    memset(&mark, 0, sizeof(mark));
    mark.seq = log->synced;

    /* a log that could not even begin has still to do so; and `synced` comes
     * first: it mustn't speak of what is cut */

    if ((log->mark.count == 0
         && jupref_log_found(log, store, fault) != JUPREF_FAULT_NONE)
        || jupref_log_verify(log, store, &mark.segment, &mark.bytes, fault)
               != JUPREF_FAULT_NONE
        || jupref_log_say(log, store, &mark, fault) != JUPREF_FAULT_NONE
        || jupref_log_remove(log, store, fault) != JUPREF_FAULT_NONE
        || (mark.segment > 0
            && jupref_log_cut(store, mark.segment, mark.bytes, fault)
               != JUPREF_FAULT_NONE))
    {
        return fault->fault;
    }

    log->segment_at = 0;
    log->room_to = 0;
    log->error = 0;
    __atomic_store_n(&log->segment, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&log->stopped, 0, __ATOMIC_RELEASE);

    return jupref_log_flush(log, writer, now_ms, fault);
}


/*
 * Syncs the segment that the newest record is in, and marks it; `before` is
 * the mark whose records needn't be written again; NULL: none need, and how
 * many bytes they are isn't told.
 */

static jupref_fault_e
jupref_log_last_segment(const jupref_log_t *log, jupref_store_t *store,
    const jupref_synced_t *before, jupref_synced_t *mark,
    jupref_fault_t *fault)
{
    int             file, rc;
    char            name[JUPREF_NAME_MAX];
    size_t          count;
    uint64_t        from, *firsts;
    jupref_disk_t  *disk;

    if (jupref_journal_list(store, &firsts, &count, fault)
        != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    while (count > 0 && firsts[count - 1] > log->synced) {
        count--;
    }

    mark->segment = count > 0 ? firsts[count - 1] : 0;
    free(firsts);

    if (mark->segment == 0) {
        return JUPREF_FAULT_NONE;
    }

    if (before != NULL
        && jupref_room_records(store, mark->segment, &mark->bytes, fault)
           != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    disk = store->disk;
    jupref_segment_name(name, mark->segment);
    file = disk->open(disk, name, 1, 0);

    if (file < 0) {
        return jupref_fault_io(fault, name, 0, file, "opening");
    }

    rc = 0;

    if (before != NULL) {
        from = before->segment == mark->segment ? before->bytes : 0;
        rc = jupref_log_again(disk, file, from, mark->bytes);
    }

    if (rc >= 0) {
        rc = disk->sync(disk, file);
    }

    disk->close(disk, file);

    if (rc >= 0) {
        rc = disk->sync_directory(disk, "journal");
    }

    if (rc < 0) {
        return jupref_fault_io(fault, name, 0, rc, "syncing");
    }

    return JUPREF_FAULT_NONE;
}


/* Records up to `end` once more; nothing but room is behind it. */

static int
jupref_log_again(jupref_disk_t *disk, int file, uint64_t from, uint64_t end)
{
    int      rc;
    int64_t  size;

    size = disk->size(disk, file);

    if (size < 0) {
        return (int) size;
    }

    rc = jupref_log_write_again(disk, file, from, end);

    /* room that a disk doesn't let go is no harm */

    if (rc >= 0 && (uint64_t) size > end) {
        (void) disk->truncate(disk, file, end);
    }

    return rc;
}


/* The same bytes to the same place: pages that pass for written are so. */

static int
jupref_log_write_again(jupref_disk_t *disk, int file, uint64_t from,
    uint64_t end)
{
    int       rc;
    size_t    len;
    int64_t   n;
    uint8_t   piece[JUPREF_AGAIN_PIECE];
    uint64_t  at;

    for (at = from; at < end; at += (uint64_t) n) {
        len = end - at < sizeof(piece) ? (size_t) (end - at) : sizeof(piece);
        n = disk->read(disk, file, piece, len, at);

        if (n <= 0) {
            return n < 0 ? (int) n : -EIO;
        }

        rc = disk->write(disk, file, piece, (size_t) n, at);

        if (rc < 0) {
            return rc;
        }
    }

    return 0;
}


/* The synced part of the last segment is whole, and what waits follows it. */

static jupref_fault_e
jupref_log_verify(const jupref_log_t *log, jupref_store_t *store,
    uint64_t *segment, uint64_t *at, jupref_fault_t *fault)
{
    char            name[JUPREF_NAME_MAX];
    uint8_t         record[JUPREF_RECORD_MAX], head[JUPREF_SHA256_SIZE];
    const uint8_t  *expected;
    jupref_bytes_t  bytes;

    *segment = 0;
    *at = 0;

    if (log->synced == 0) {
        return JUPREF_FAULT_NONE;
    }

    if (jupref_log_verify_segment(log, store, segment, at, head, fault)
        != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    expected = log->head;

    if (log->flushed != log->appended) {
        bytes = jupref_ring_record(log, log->flushed, record);

        if (bytes.data == NULL) {
            return jupref_fault_set(fault, JUPREF_FAULT_RECORD, NULL, 0,
                                    "what waits in the ring is no record");
        }

        expected = jupref_chained_previous(record);
    }

    if (memcmp(head, expected, JUPREF_SHA256_SIZE) != 0) {
        jupref_segment_name(name, *segment);
        fault->seq = log->synced;

        return jupref_fault_set(fault, JUPREF_FAULT_CHAIN, name, *at,
                                "record %llu isn't the one that was synced",
                                (unsigned long long) log->synced);
    }

    return JUPREF_FAULT_NONE;
}


static jupref_fault_e
jupref_log_verify_segment(const jupref_log_t *log, jupref_store_t *store,
    uint64_t *segment, uint64_t *at, uint8_t head[JUPREF_SHA256_SIZE],
    jupref_fault_t *fault)
{
    jupref_bytes_t            bytes;
    jupref_fault_e            result;
    jupref_synced_t           place;
    jupref_journal_reader_t  *reader;

    memset(head, 0, JUPREF_SHA256_SIZE);

    if (jupref_log_last_segment(log, store, NULL, &place, fault)
        != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    result = jupref_journal_open(store, place.segment, log->synced, &reader,
                                 fault);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    for ( ;; ) {
        result = jupref_journal_next(reader, &bytes, fault);

        if (result != JUPREF_FAULT_NONE || bytes.data == NULL) {
            break;
        }

        memcpy(head, jupref_chained_leaf_hash(bytes.data),
               JUPREF_SHA256_SIZE);
    }

    jupref_journal_place(reader, segment, at);
    jupref_journal_close(reader);

    return result;
}


/* Segments that hold nothing but what wasn't synced, the last one first. */

static jupref_fault_e
jupref_log_remove(const jupref_log_t *log, jupref_store_t *store,
    jupref_fault_t *fault)
{
    int        rc;
    char       name[JUPREF_NAME_MAX];
    size_t     count;
    uint64_t  *firsts;

    if (jupref_journal_list(store, &firsts, &count, fault)
        != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    rc = 0;

    while (rc >= 0 && count > 0 && firsts[count - 1] > log->synced) {
        jupref_segment_name(name, firsts[--count]);
        rc = store->disk->remove(store->disk, name);

        if (rc >= 0) {
            rc = store->disk->sync_directory(store->disk, "journal");
        }
    }

    free(firsts);

    if (rc < 0) {
        return jupref_fault_io(fault, name, 0, rc, "removing");
    }

    return JUPREF_FAULT_NONE;
}


static jupref_fault_e
jupref_log_cut(jupref_store_t *store, uint64_t segment, uint64_t at,
    jupref_fault_t *fault)
{
    int             file, rc;
    char            name[JUPREF_NAME_MAX];
    jupref_disk_t  *disk;

    disk = store->disk;
    jupref_segment_name(name, segment);
    file = disk->open(disk, name, 1, 0);

    if (file < 0) {
        return jupref_fault_io(fault, name, at, file, "opening");
    }

    rc = disk->truncate(disk, file, at);

    if (rc >= 0) {
        rc = disk->sync(disk, file);
    }

    disk->close(disk, file);

    if (rc < 0) {
        return jupref_fault_io(fault, name, at, rc, "cutting");
    }

    return JUPREF_FAULT_NONE;
}
