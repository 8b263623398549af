/*
 * The room of the segment that is written: made ahead of records, cut off
 * when the segment ends.
 *
 * Zeros are written by a flush alone, under its lock, behind the last of the
 * records that it writes: what a flush that died has left there are the same
 * records, or fewer.  Nothing but cheapness hangs on the room, so a disk that
 * has none for it is no error, and is asked again only behind so many records
 * as it would have been for.
 */

#include "log/jupref_log_writer.h"
#include "log/jupref_room.h"


uint64_t
jupref_log_make_room(const jupref_log_t *log,
    const jupref_log_writer_t *writer, uint64_t end)
{
    uint64_t        to;
    jupref_disk_t  *disk;

    if (end <= log->room_to) {
        return log->room_to;
    }

    disk = writer->store->disk;
    to = jupref_room_end(end);

    /* what there is space for is for records, this log's and others' */

    if (jupref_room_make(disk, writer->file, end, to) < 0) {
        (void) disk->truncate(disk, writer->file, end);
    }

    return to;
}


jupref_fault_e
jupref_log_cut_room(jupref_log_t *log, jupref_store_t *store, unsigned sync,
    jupref_fault_t *fault)
{
    int             file, rc;
    char            name[JUPREF_NAME_MAX];
    jupref_disk_t  *disk;

    if (log->segment == 0) {
        return JUPREF_FAULT_NONE;
    }

    disk = store->disk;
    log->room_to = 0;

    jupref_segment_name(name, log->segment);
    file = disk->open(disk, name, 1, 0);

    if (file < 0) {
        return JUPREF_FAULT_NONE;
    }

    rc = disk->truncate(disk, file, log->segment_at);

    if (rc >= 0 && sync) {
        rc = disk->sync(disk, file);

    } else {
        rc = 0;
    }

    disk->close(disk, file);

    return rc < 0 ? jupref_fault_io(fault, name, log->segment_at, rc,
                                    "syncing its end")
                  : JUPREF_FAULT_NONE;
}


void
jupref_log_trim(jupref_log_t *log, jupref_store_t *store)
{
    jupref_fault_t  fault;

    if (__atomic_load_n(&log->stopped, __ATOMIC_ACQUIRE) != 0) {
        return;
    }

    jupref_log_settle(log);
    (void) jupref_log_cut_room(log, store, 0, &fault);
}
