/*
 * Snapshots: from a ledger into a file, and back (the file's picture is in
 * the header).
 *
 * The state in a file is
 *
 *     u32 length of the header | header
 *     | u32 number of tables | u32 rows of each | rows, table after table
 *
 * with the header and the rows as jupref_state.h has them.
 */

#include "log/jupref_snapshot_file.h"

#include <errno.h>
#include <string.h>

#include "base/jupref_assert.h"
#include "ledger/jupref_state_former.h"


#define JUPREF_SNAPSHOT_ROWS  (4 + 4 * JUPREF_TABLES)
#define JUPREF_SNAPSHOT_FRONT                                                 \
    (4 + JUPREF_STATE_HEADER_MAX + JUPREF_SNAPSHOT_ROWS)


static jupref_fault_e jupref_snapshot_take_in(jupref_store_t *store,
    uint64_t seq, unsigned convert, jupref_ledger_t *ledger,
    jupref_place_t *place, jupref_fault_t *fault);
static size_t jupref_snapshot_front_write(const jupref_ledger_t *ledger,
    uint8_t bytes[JUPREF_SNAPSHOT_FRONT]);
static jupref_fault_e jupref_snapshot_rows_write(
    jupref_snapshot_file_t *snapshot, const jupref_ledger_t *ledger);
static jupref_fault_e jupref_snapshot_publish(
    jupref_snapshot_file_t *snapshot);
static jupref_fault_e jupref_snapshot_state_read(
    jupref_snapshot_file_t *snapshot, jupref_ledger_t *ledger);
static jupref_fault_e jupref_snapshot_former_rows(
    jupref_snapshot_file_t *snapshot, jupref_table_e table, uint32_t rows,
    uint8_t *room);
static jupref_fault_e jupref_snapshot_rows_read(
    jupref_snapshot_file_t *snapshot, const uint32_t rows[JUPREF_TABLES],
    jupref_ledger_t *ledger);


jupref_fault_e
jupref_snapshot_write(jupref_store_t *store, const jupref_ledger_t *ledger,
    const jupref_place_t *place, uint64_t now_ms, jupref_fault_t *fault)
{
    int                       result;
    size_t                    front_len;
    uint8_t                   front[JUPREF_SNAPSHOT_FRONT];
    unsigned                  table;
    jupref_fault_e            what;
    jupref_snapshot_file_t    snapshot;
    jupref_snapshot_header_t  header;

    jupref_assert(ledger->seq == place->seq);
    jupref_assert(place->frontier.size == place->seq);
    jupref_assert(!ledger->unranked && !ledger->booking);

    front_len = jupref_snapshot_front_write(ledger, front);

    header.created_ms = now_ms;
    header.digest = ledger->digest;
    header.place = *place;
    header.state_size = front_len;

    for (table = 0; table < JUPREF_TABLES; table++) {
        header.state_size += jupref_state_rows(ledger, table).len;
    }

    result = store->disk->make_directory(store->disk, "snapshots");

    if (result < 0 && result != -EEXIST) {
        return jupref_fault_io(fault, "snapshots", 0, result, "making");
    }

    what = jupref_snapshot_create(&snapshot, store, &header, fault);

    if (what == JUPREF_FAULT_NONE) {
        what = jupref_snapshot_put(&snapshot,
                                   (jupref_bytes_t) { front, front_len });
    }

    if (what == JUPREF_FAULT_NONE) {
        what = jupref_snapshot_rows_write(&snapshot, ledger);
    }

    if (what == JUPREF_FAULT_NONE) {
        what = jupref_snapshot_publish(&snapshot);
    }

    if (what != JUPREF_FAULT_NONE && snapshot.file >= 0) {
        (void) store->disk->remove(store->disk, snapshot.name);
    }

    jupref_snapshot_close(&snapshot);

    return what;
}


jupref_fault_e
jupref_snapshot_read(jupref_store_t *store, uint64_t seq,
    jupref_ledger_t *ledger, jupref_place_t *place, jupref_fault_t *fault)
{
    return jupref_snapshot_take_in(store, seq, 0, ledger, place, fault);
}


jupref_fault_e
jupref_snapshot_convert(jupref_store_t *store, uint64_t seq,
    jupref_ledger_t *ledger, jupref_place_t *place, jupref_fault_t *fault)
{
    return jupref_snapshot_take_in(store, seq, 1, ledger, place, fault);
}


static jupref_fault_e
jupref_snapshot_take_in(jupref_store_t *store, uint64_t seq, unsigned convert,
    jupref_ledger_t *ledger, jupref_place_t *place, jupref_fault_t *fault)
{
    uint64_t                size;
    jupref_fault_e          result;
    jupref_snapshot_file_t  snapshot;

    result = jupref_snapshot_open(&snapshot, store, seq, fault);

    if (convert && result == JUPREF_FAULT_LAYOUT_OLDER
        && snapshot.header.layout == JUPREF_FORMER_LAYOUT)
    {
        memset(fault, 0, sizeof(jupref_fault_t));
        result = JUPREF_FAULT_NONE;
    }

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_snapshot_state_read(&snapshot, ledger);

        if (result != JUPREF_FAULT_NONE) {
            size = ledger->size;
            memset(ledger, 0, size);
            (void) jupref_ledger_init(ledger, size);
        }
    }

    if (result == JUPREF_FAULT_NONE) {
        *place = snapshot.header.place;
        place->time_ms = ledger->time_ms;
    }

    jupref_snapshot_close(&snapshot);

    return result;
}


static size_t
jupref_snapshot_front_write(const jupref_ledger_t *ledger,
    uint8_t bytes[JUPREF_SNAPSHOT_FRONT])
{
    size_t           len;
    unsigned         table;
    jupref_writer_t  writer;

    len = jupref_state_header(ledger, bytes + 4);

    jupref_writer_init(&writer, bytes, JUPREF_SNAPSHOT_FRONT);
    jupref_write_u32_le(&writer, (uint32_t) len);
    (void) jupref_write_room(&writer, len);
    jupref_write_u32_le(&writer, JUPREF_TABLES);

    for (table = 0; table < JUPREF_TABLES; table++) {
        len = jupref_state_rows(ledger, table).len;
        jupref_write_u32_le(&writer, (uint32_t)
                            (len / ledger->tables[table].row_size));
    }

    jupref_assert(!writer.failed);

    return (size_t) (writer.at - bytes);
}


static jupref_fault_e
jupref_snapshot_rows_write(jupref_snapshot_file_t *snapshot,
    const jupref_ledger_t *ledger)
{
    unsigned        table;
    jupref_fault_e  result;

    for (table = 0; table < JUPREF_TABLES; table++) {
        result = jupref_snapshot_put(snapshot,
                                     jupref_state_rows(ledger, table));

        if (result != JUPREF_FAULT_NONE) {
            return result;
        }
    }

    return JUPREF_FAULT_NONE;
}


/* From here on there is a snapshot of that seq, whole. */
static jupref_fault_e
jupref_snapshot_publish(jupref_snapshot_file_t *snapshot)
{
    int             result;
    char            name[JUPREF_NAME_MAX];
    jupref_disk_t  *disk;

    disk = snapshot->store->disk;
    result = disk->sync(disk, snapshot->file);

    if (result < 0) {
        return jupref_fault_io(snapshot->fault, snapshot->name, 0, result,
                               "syncing");
    }

    jupref_snapshot_name(name, snapshot->header.place.seq);
    result = disk->rename(disk, snapshot->name, name);

    if (result < 0) {
        return jupref_fault_io(snapshot->fault, snapshot->name, 0, result,
                               "renaming");
    }

    result = disk->sync_directory(disk, "snapshots");

    if (result < 0) {
        return jupref_fault_io(snapshot->fault, "snapshots", 0, result,
                               "syncing");
    }

    return JUPREF_FAULT_NONE;
}


static jupref_fault_e
jupref_snapshot_state_read(jupref_snapshot_file_t *snapshot,
    jupref_ledger_t *ledger)
{
    size_t                 len;
    uint8_t                front[JUPREF_SNAPSHOT_FRONT];
    uint8_t                header[JUPREF_STATE_HEADER_MAX];
    uint32_t               rows[JUPREF_TABLES];
    unsigned               table;
    jupref_table_e         small;
    jupref_fault_e         result;
    jupref_reader_t        reader;
    jupref_state_result_e  begun;

    result = jupref_snapshot_take(snapshot, front, 4);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    jupref_reader_init(&reader, (jupref_bytes_t) { front, 4 });
    len = jupref_read_u32_le(&reader);

    if (len > JUPREF_STATE_HEADER_MAX) {
        return jupref_snapshot_broken(snapshot, "its header is too long");
    }

    result = jupref_snapshot_take(snapshot, front,
                                  len + JUPREF_SNAPSHOT_ROWS);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    jupref_reader_init(&reader, (jupref_bytes_t) { front + len,
                                                   JUPREF_SNAPSHOT_ROWS });

    if (jupref_read_u32_le(&reader) != JUPREF_TABLES) {
        return jupref_snapshot_broken(snapshot, "it has other tables");
    }

    for (table = 0; table < JUPREF_TABLES; table++) {
        rows[table] = jupref_read_u32_le(&reader);
    }

    if (snapshot->header.layout == JUPREF_LEDGER_LAYOUT) {
        memcpy(header, front, len);

    } else {
        len = jupref_former_header((jupref_bytes_t) { front, len }, header);
    }

    begun = jupref_state_begin(ledger, (jupref_bytes_t) { header, len },
                               &small);

    if (begun == JUPREF_STATE_TOO_LARGE) {
        return jupref_fault_set(snapshot->fault, JUPREF_FAULT_ZONE,
                                snapshot->name, 0, "the zone has room for %u "
                                "rows of table \"%s\", the snapshot has %u",
                                (unsigned) ledger->tables[small].capacity,
                                jupref_table_name(small),
                                (unsigned) rows[small]);
    }

    if (begun != JUPREF_STATE_OK) {
        return jupref_snapshot_broken(snapshot, "its header isn't one");
    }

    return jupref_snapshot_rows_read(snapshot, rows, ledger);
}


static jupref_fault_e
jupref_snapshot_rows_read(jupref_snapshot_file_t *snapshot,
    const uint32_t rows[JUPREF_TABLES], jupref_ledger_t *ledger)
{
    size_t          len;
    uint8_t        *room;
    unsigned        table, former;
    jupref_fault_e  result;

    former = (snapshot->header.layout != JUPREF_LEDGER_LAYOUT);
    result = JUPREF_FAULT_NONE;

    for (table = 0; table < JUPREF_TABLES && result == JUPREF_FAULT_NONE;
         table++)
    {
        room = jupref_state_room(ledger, table, &len);

        if (len != (size_t) rows[table] * ledger->tables[table].row_size) {
            return jupref_snapshot_broken(snapshot, "its tables have other "
                                           "rows than its header says");
        }

        result = former ? jupref_snapshot_former_rows(snapshot, table,
                                                      rows[table], room)
                        : jupref_snapshot_take(snapshot, room, len);
    }

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    if (snapshot->left > 0 || snapshot->used < snapshot->filled) {
        return jupref_snapshot_broken(snapshot, "bytes are left over");
    }

    if ((former && !jupref_former_queues(ledger))
        || jupref_state_finish(ledger) != JUPREF_STATE_OK)
    {
        return jupref_snapshot_broken(snapshot, "its rows don't belong "
                                       "together");
    }

    if (ledger->seq != snapshot->header.place.seq
        || ledger->digest != snapshot->header.digest
        || ledger->seq != snapshot->header.place.frontier.size)
    {
        return jupref_snapshot_broken(snapshot, "it isn't of the place in "
                                       "the log that it says");
    }

    return JUPREF_FAULT_NONE;
}


/* Rows of the former layout, one by one. */
static jupref_fault_e
jupref_snapshot_former_rows(jupref_snapshot_file_t *snapshot,
    jupref_table_e table, uint32_t rows, uint8_t *room)
{
    uint32_t        i;
    uint8_t         former[JUPREF_FORMER_ROW_MAX];
    jupref_fault_e  result;

    for (i = 0; i < rows; i++) {
        result = jupref_snapshot_take(snapshot, former,
                                      jupref_former_row_size(table));

        if (result != JUPREF_FAULT_NONE) {
            return result;
        }

        room += jupref_former_row(table, former, room);
    }

    return JUPREF_FAULT_NONE;
}
