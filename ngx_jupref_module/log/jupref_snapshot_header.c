/*
 * A snapshot's header: what it says, and what can be wrong with it.
 *
 * A header that isn't what its checksum says is a broken file and no more.
 * One that is, but names another edge, an unknown key or a newer format, was
 * meant so: that is told apart, because an older snapshot is no way around
 * it.  One of an older layout isn't broken either, and is told when all else
 * is right.  The size of the whole file follows from the header.
 */

#include "log/jupref_snapshot_file.h"

#include <string.h>

#include <openssl/crypto.h>


#define JUPREF_SNAPSHOT_MAGIC     "JUPREFS1"
#define JUPREF_SNAPSHOT_FIRST     16    /* bytes that every format begins so */
#define JUPREF_SNAPSHOT_HEADERS   65536 /* no format's header is longer */
#define JUPREF_SNAPSHOT_CHECKED                                               \
    (JUPREF_SNAPSHOT_HEADER - JUPREF_SHA256_SIZE)
#define JUPREF_SNAPSHOT_BESIDE                                                \
    (JUPREF_SNAPSHOT_CHECKED - JUPREF_WRAPPED_SIZE)


static jupref_fault_e jupref_snapshot_header_load(
    jupref_snapshot_file_t *snapshot, uint8_t bytes[JUPREF_SNAPSHOT_HEADER]);
static jupref_fault_e jupref_snapshot_header_parse(
    jupref_snapshot_file_t *snapshot,
    const uint8_t bytes[JUPREF_SNAPSHOT_HEADER]);
static jupref_fault_e jupref_snapshot_unwrap(jupref_snapshot_file_t *snapshot,
    const uint8_t bytes[JUPREF_SNAPSHOT_HEADER]);
static jupref_fault_e jupref_snapshot_size(jupref_snapshot_file_t *snapshot);


unsigned
jupref_snapshot_header_write(jupref_snapshot_file_t *snapshot,
    const uint8_t data_key[JUPREF_DATA_KEY],
    uint8_t bytes[JUPREF_SNAPSHOT_HEADER])
{
    unsigned                   level;
    uint64_t                   size;
    jupref_store_t            *store;
    jupref_writer_t            writer;
    jupref_snapshot_header_t  *header;

    store = snapshot->store;
    header = &snapshot->header;
    size = header->place.frontier.size;

    memset(bytes, 0, JUPREF_SNAPSHOT_HEADER);
    jupref_writer_init(&writer, bytes, JUPREF_SNAPSHOT_HEADER);

    jupref_write_bytes(&writer, (const uint8_t *) JUPREF_SNAPSHOT_MAGIC, 8);
    jupref_write_u32_le(&writer, JUPREF_SNAPSHOT_FORMAT);
    jupref_write_u32_le(&writer, JUPREF_SNAPSHOT_HEADER);
    jupref_write_u32_le(&writer, JUPREF_LEDGER_LAYOUT);
    jupref_write_u32_le(&writer, 0);
    jupref_write_u64_le(&writer, header->place.seq);
    jupref_write_u64_le(&writer, header->created_ms);
    jupref_write_u64_le(&writer, header->state_size);
    jupref_write_u64_le(&writer, header->digest);
    jupref_write_bytes(&writer, store->edge, JUPREF_EDGE_MAX);
    jupref_write_bytes(&writer, header->place.head, JUPREF_SHA256_SIZE);
    jupref_write_u64_le(&writer, size);

    for (level = 0; level < JUPREF_MERKLE_LEVELS; level++) {

        if (size >> level & 1) {
            jupref_write_bytes(&writer, header->place.frontier.peaks[level],
                               JUPREF_SHA256_SIZE);
        } else {
            (void) jupref_write_room(&writer, JUPREF_SHA256_SIZE);
        }
    }

    return jupref_wrap(bytes + JUPREF_SNAPSHOT_BESIDE, &store->keys, data_key,
                       (jupref_bytes_t) { bytes, JUPREF_SNAPSHOT_BESIDE })
           && jupref_sha256(bytes + JUPREF_SNAPSHOT_CHECKED,
                            (jupref_bytes_t) { bytes,
                                               JUPREF_SNAPSHOT_CHECKED });
}


jupref_fault_e
jupref_snapshot_header_read(jupref_snapshot_file_t *snapshot, uint64_t seq)
{
    uint8_t         bytes[JUPREF_SNAPSHOT_HEADER];
    jupref_fault_e  result;

    result = jupref_snapshot_header_load(snapshot, bytes);

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_snapshot_header_parse(snapshot, bytes);
    }

    if (result == JUPREF_FAULT_NONE && snapshot->header.place.seq != seq) {
        result = jupref_snapshot_broken(snapshot,
                                        "its name isn't the seq in it");
    }

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_snapshot_unwrap(snapshot, bytes);
    }

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_snapshot_size(snapshot);
    }

    if (result == JUPREF_FAULT_NONE
        && snapshot->header.layout != JUPREF_LEDGER_LAYOUT)
    {
        result = jupref_fault_set(snapshot->fault, JUPREF_FAULT_LAYOUT_OLDER,
                                  snapshot->name, 0, "snapshot of a ledger "
                                  "of layout %u, this version has %u",
                                  (unsigned) snapshot->header.layout,
                                  JUPREF_LEDGER_LAYOUT);
    }

    return result;
}


/* Bytes that their checksum agrees with, of the format we know. */
static jupref_fault_e
jupref_snapshot_header_load(jupref_snapshot_file_t *snapshot,
    uint8_t bytes[JUPREF_SNAPSHOT_HEADER])
{
    int64_t          got;
    uint8_t         *header, digest[JUPREF_SHA256_SIZE];
    uint32_t         format, size;
    unsigned         good;
    jupref_disk_t   *disk;
    jupref_reader_t  reader;

    disk = snapshot->store->disk;
    header = snapshot->sealed;
    got = disk->read(disk, snapshot->file, header, JUPREF_SNAPSHOT_HEADERS, 0);

    if (got < 0) {
        return jupref_snapshot_io(snapshot, got, "reading");
    }

    if (got < JUPREF_SNAPSHOT_FIRST
        || memcmp(header, JUPREF_SNAPSHOT_MAGIC, 8) != 0)
    {
        return jupref_snapshot_broken(snapshot, "it doesn't begin as one");
    }

    jupref_reader_init(&reader, (jupref_bytes_t) { header + 8, 8 });
    format = jupref_read_u32_le(&reader);
    size = jupref_read_u32_le(&reader);

    if (size <= JUPREF_SNAPSHOT_FIRST + JUPREF_SHA256_SIZE
        || (int64_t) size > got)
    {
        return jupref_snapshot_broken(snapshot, "its header is broken");
    }

    size -= JUPREF_SHA256_SIZE;

    if (!jupref_sha256(digest, (jupref_bytes_t) { header, size })) {
        return jupref_snapshot_memory(snapshot);
    }

    good = jupref_digest_equal(digest, header + size);

    if (good && format > JUPREF_SNAPSHOT_FORMAT) {
        return jupref_fault_set(snapshot->fault, JUPREF_FAULT_FORMAT_NEWER,
                                snapshot->name, 8, "snapshot of format %u, "
                                "this version reads up to %u",
                                (unsigned) format, JUPREF_SNAPSHOT_FORMAT);
    }

    if (!good || format != JUPREF_SNAPSHOT_FORMAT
        || size != JUPREF_SNAPSHOT_CHECKED)
    {
        return jupref_snapshot_broken(snapshot, "its header is broken");
    }

    memcpy(bytes, header, JUPREF_SNAPSHOT_HEADER);

    return JUPREF_FAULT_NONE;
}


static jupref_fault_e
jupref_snapshot_header_parse(jupref_snapshot_file_t *snapshot,
    const uint8_t bytes[JUPREF_SNAPSHOT_HEADER])
{
    uint8_t                    edge[JUPREF_EDGE_MAX];
    jupref_reader_t            reader;
    jupref_frontier_t         *frontier;
    jupref_snapshot_header_t  *header;

    header = &snapshot->header;
    frontier = &header->place.frontier;

    jupref_reader_init(&reader, (jupref_bytes_t) { bytes,
                                                   JUPREF_SNAPSHOT_BESIDE });
    (void) jupref_read_bytes(&reader, JUPREF_SNAPSHOT_FIRST);
    header->layout = jupref_read_u32_le(&reader);
    (void) jupref_read_u32_le(&reader);
    header->place.seq = jupref_read_u64_le(&reader);
    header->created_ms = jupref_read_u64_le(&reader);
    header->state_size = jupref_read_u64_le(&reader);
    header->digest = jupref_read_u64_le(&reader);
    jupref_read_fixed(&reader, edge, JUPREF_EDGE_MAX);
    jupref_read_fixed(&reader, header->place.head, JUPREF_SHA256_SIZE);
    frontier->size = jupref_read_u64_le(&reader);
    jupref_read_fixed(&reader, (uint8_t *) frontier->peaks,
                      sizeof(frontier->peaks));

    if (memcmp(edge, snapshot->store->edge, JUPREF_EDGE_MAX) != 0) {
        return jupref_fault_set(snapshot->fault, JUPREF_FAULT_OTHER_EDGE,
                                snapshot->name, 0,
                                "snapshot of edge \"%.*s\", this is \"%.*s\"",
                                JUPREF_EDGE_MAX, (const char *) edge,
                                JUPREF_EDGE_MAX,
                                (const char *) snapshot->store->edge);
    }

    if (header->layout > JUPREF_LEDGER_LAYOUT) {
        return jupref_fault_set(snapshot->fault, JUPREF_FAULT_FORMAT_NEWER,
                                snapshot->name, 0, "snapshot of a ledger of "
                                "layout %u, this version has %u",
                                (unsigned) header->layout,
                                JUPREF_LEDGER_LAYOUT);
    }

    return JUPREF_FAULT_NONE;
}


static jupref_fault_e
jupref_snapshot_unwrap(jupref_snapshot_file_t *snapshot,
    const uint8_t bytes[JUPREF_SNAPSHOT_HEADER])
{
    uint8_t                 data_key[JUPREF_DATA_KEY];
    jupref_bytes_t          id;
    jupref_unwrap_result_e  result;

    result = jupref_unwrap(data_key, &snapshot->store->keys,
                           bytes + JUPREF_SNAPSHOT_BESIDE,
                           (jupref_bytes_t) { bytes, JUPREF_SNAPSHOT_BESIDE });

    if (result == JUPREF_UNWRAP_KEY_UNKNOWN) {
        id = jupref_wrapped_key_id(bytes + JUPREF_SNAPSHOT_BESIDE);

        return jupref_fault_set(snapshot->fault, JUPREF_FAULT_KEY_UNKNOWN,
                                snapshot->name, JUPREF_SNAPSHOT_BESIDE,
                                "snapshot sealed by key \"%.*s\", which the "
                                "keyring hasn't got", (int) id.len,
                                (const char *) id.data);
    }

    if (result == JUPREF_UNWRAP_BROKEN) {
        return jupref_snapshot_broken(snapshot, "its key can't be unwrapped");
    }

    if (result == JUPREF_UNWRAP_OK) {
        snapshot->sealer = jupref_sealer_create(data_key);
        OPENSSL_cleanse(data_key, sizeof(data_key));
    }

    if (snapshot->sealer == NULL) {
        return jupref_snapshot_memory(snapshot);
    }

    return JUPREF_FAULT_NONE;
}


/* The size that the header tells, neither shorter nor longer. */
static jupref_fault_e
jupref_snapshot_size(jupref_snapshot_file_t *snapshot)
{
    int64_t         size;
    uint64_t        chunks, state;
    jupref_disk_t  *disk;

    disk = snapshot->store->disk;
    state = snapshot->header.state_size;
    chunks = state / JUPREF_SNAPSHOT_CHUNK
             + (state % JUPREF_SNAPSHOT_CHUNK != 0);
    size = disk->size(disk, snapshot->file);

    if (size < 0) {
        return jupref_snapshot_io(snapshot, size, "measuring");
    }

    if (state == 0
        || (uint64_t) size != JUPREF_SNAPSHOT_HEADER + state
                              + chunks * JUPREF_SEAL_TAG)
    {
        return jupref_snapshot_broken(snapshot, "it has another size than "
                                      "its header says");
    }

    snapshot->left = state;
    snapshot->at = JUPREF_SNAPSHOT_HEADER;

    return JUPREF_FAULT_NONE;
}
