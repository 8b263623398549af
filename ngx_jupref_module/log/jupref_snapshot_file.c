/*
 * Snapshots as files: made, opened, and their chunks.
 */

#include "log/jupref_snapshot_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>


#define JUPREF_SNAPSHOT_LAST  (UINT64_C(1) << 63)


static unsigned jupref_snapshot_init(jupref_snapshot_file_t *snapshot,
    jupref_store_t *store, jupref_fault_t *fault);
static jupref_fault_e jupref_snapshot_chunk_write(
    jupref_snapshot_file_t *snapshot);
static jupref_fault_e jupref_snapshot_chunk_read(
    jupref_snapshot_file_t *snapshot);


void
jupref_snapshot_name(char name[JUPREF_NAME_MAX], uint64_t seq)
{
    (void) snprintf(name, JUPREF_NAME_MAX, "snapshots/%020llu.snapshot",
                    (unsigned long long) seq);
}


void
jupref_snapshot_new_name(char name[JUPREF_NAME_MAX], uint64_t seq)
{
    (void) snprintf(name, JUPREF_NAME_MAX, "snapshots/%020llu.new",
                    (unsigned long long) seq);
}


jupref_fault_e
jupref_snapshot_create(jupref_snapshot_file_t *snapshot,
    jupref_store_t *store, const jupref_snapshot_header_t *header,
    jupref_fault_t *fault)
{
    int             result;
    uint8_t         bytes[JUPREF_SNAPSHOT_HEADER], data_key[JUPREF_DATA_KEY];
    jupref_disk_t  *disk;

    disk = store->disk;

    if (!jupref_snapshot_init(snapshot, store, fault)) {
        return jupref_snapshot_memory(snapshot);
    }

    snapshot->header = *header;
    snapshot->left = header->state_size;
    jupref_snapshot_new_name(snapshot->name, header->place.seq);

    if (!jupref_random(data_key, sizeof(data_key))) {
        return jupref_snapshot_memory(snapshot);
    }

    snapshot->sealer = jupref_sealer_create(data_key);

    result = snapshot->sealer != NULL
             && jupref_snapshot_header_write(snapshot, data_key, bytes);
    OPENSSL_cleanse(data_key, sizeof(data_key));

    if (!result) {
        return jupref_snapshot_memory(snapshot);
    }

    /* what a crash has left of an earlier try */

    result = disk->remove(disk, snapshot->name);

    if (result < 0 && result != -ENOENT) {
        return jupref_snapshot_io(snapshot, result, "removing");
    }

    snapshot->file = disk->open(disk, snapshot->name, 1, 1);

    if (snapshot->file < 0) {
        return jupref_snapshot_io(snapshot, snapshot->file, "making");
    }

    result = disk->write(disk, snapshot->file, bytes, sizeof(bytes), 0);

    if (result < 0) {
        return jupref_snapshot_io(snapshot, result, "writing");
    }

    snapshot->at = JUPREF_SNAPSHOT_HEADER;

    return JUPREF_FAULT_NONE;
}


jupref_fault_e
jupref_snapshot_open(jupref_snapshot_file_t *snapshot,
    jupref_store_t *store, uint64_t seq, jupref_fault_t *fault)
{
    jupref_disk_t  *disk;

    disk = store->disk;

    if (!jupref_snapshot_init(snapshot, store, fault)) {
        return jupref_snapshot_memory(snapshot);
    }

    jupref_snapshot_name(snapshot->name, seq);
    snapshot->file = disk->open(disk, snapshot->name, 0, 0);

    if (snapshot->file < 0) {
        return jupref_snapshot_io(snapshot, snapshot->file, "opening");
    }

    return jupref_snapshot_header_read(snapshot, seq);
}


void
jupref_snapshot_close(jupref_snapshot_file_t *snapshot)
{
    if (snapshot->file >= 0) {
        snapshot->store->disk->close(snapshot->store->disk, snapshot->file);
        snapshot->file = -1;
    }

    if (snapshot->sealer != NULL) {
        jupref_sealer_free(snapshot->sealer);
        snapshot->sealer = NULL;
    }

    free(snapshot->plain);
    free(snapshot->sealed);
    snapshot->plain = NULL;
    snapshot->sealed = NULL;
}


jupref_fault_e
jupref_snapshot_put(jupref_snapshot_file_t *snapshot, jupref_bytes_t bytes)
{
    size_t          len;
    jupref_fault_e  result;

    while (bytes.len > 0) {
        len = JUPREF_SNAPSHOT_CHUNK - snapshot->used;

        if (len > bytes.len) {
            len = bytes.len;
        }

        memcpy(snapshot->plain + snapshot->used, bytes.data, len);
        snapshot->used += len;
        snapshot->left -= len;
        bytes.data += len;
        bytes.len -= len;

        if (snapshot->used == JUPREF_SNAPSHOT_CHUNK || snapshot->left == 0) {
            result = jupref_snapshot_chunk_write(snapshot);

            if (result != JUPREF_FAULT_NONE) {
                return result;
            }
        }
    }

    return JUPREF_FAULT_NONE;
}


jupref_fault_e
jupref_snapshot_take(jupref_snapshot_file_t *snapshot, uint8_t *bytes,
    size_t len)
{
    size_t          part;
    jupref_fault_e  result;

    while (len > 0) {

        if (snapshot->used == snapshot->filled) {

            if (snapshot->left == 0) {
                return jupref_snapshot_broken(snapshot,
                                              "it has too few bytes");
            }

            result = jupref_snapshot_chunk_read(snapshot);

            if (result != JUPREF_FAULT_NONE) {
                return result;
            }
        }

        part = snapshot->filled - snapshot->used;

        if (part > len) {
            part = len;
        }

        memcpy(bytes, snapshot->plain + snapshot->used, part);
        snapshot->used += part;
        bytes += part;
        len -= part;
    }

    return JUPREF_FAULT_NONE;
}


jupref_fault_e
jupref_snapshot_check(jupref_store_t *store, uint64_t seq,
    jupref_fault_t *fault)
{
    jupref_fault_e          result, opened;
    jupref_snapshot_file_t  snapshot;

    opened = jupref_snapshot_open(&snapshot, store, seq, fault);
    result = (opened == JUPREF_FAULT_LAYOUT_OLDER) ? JUPREF_FAULT_NONE
                                                   : opened;

    while (result == JUPREF_FAULT_NONE && snapshot.left > 0) {
        result = jupref_snapshot_chunk_read(&snapshot);
    }

    jupref_snapshot_close(&snapshot);

    return (result == JUPREF_FAULT_NONE) ? opened : result;
}


static unsigned
jupref_snapshot_init(jupref_snapshot_file_t *snapshot, jupref_store_t *store,
    jupref_fault_t *fault)
{
    memset(snapshot, 0, sizeof(jupref_snapshot_file_t));

    snapshot->store = store;
    snapshot->fault = fault;
    snapshot->file = -1;
    snapshot->number = 1;
    snapshot->plain = malloc(JUPREF_SNAPSHOT_CHUNK);
    snapshot->sealed = malloc(JUPREF_SNAPSHOT_CHUNK + JUPREF_SEAL_TAG);

    return snapshot->plain != NULL && snapshot->sealed != NULL;
}


static jupref_fault_e
jupref_snapshot_chunk_write(jupref_snapshot_file_t *snapshot)
{
    int             result;
    size_t          len;
    uint64_t        number;
    jupref_disk_t  *disk;

    disk = snapshot->store->disk;
    len = snapshot->used;
    number = snapshot->number | (snapshot->left == 0 ? JUPREF_SNAPSHOT_LAST
                                                     : 0);

    if (!jupref_seal(snapshot->sealer, number, (jupref_bytes_t) { NULL, 0 },
                     (jupref_bytes_t) { snapshot->plain, len },
                     snapshot->sealed))
    {
        return jupref_snapshot_memory(snapshot);
    }

    len += JUPREF_SEAL_TAG;
    result = disk->write(disk, snapshot->file, snapshot->sealed, len,
                         snapshot->at);

    if (result < 0) {
        return jupref_snapshot_io(snapshot, result, "writing");
    }

    snapshot->at += len;
    snapshot->number++;
    snapshot->used = 0;

    return JUPREF_FAULT_NONE;
}


static jupref_fault_e
jupref_snapshot_chunk_read(jupref_snapshot_file_t *snapshot)
{
    size_t          len;
    int64_t         got;
    uint64_t        number;
    jupref_disk_t  *disk;

    disk = snapshot->store->disk;
    len = snapshot->left < JUPREF_SNAPSHOT_CHUNK ? (size_t) snapshot->left
                                                 : JUPREF_SNAPSHOT_CHUNK;
    number = snapshot->number | (snapshot->left == len ? JUPREF_SNAPSHOT_LAST
                                                       : 0);

    got = disk->read(disk, snapshot->file, snapshot->sealed,
                     len + JUPREF_SEAL_TAG, snapshot->at);

    if (got < 0) {
        return jupref_snapshot_io(snapshot, got, "reading");
    }

    if ((uint64_t) got != len + JUPREF_SEAL_TAG
        || !jupref_open(snapshot->sealer, number, (jupref_bytes_t) { NULL, 0 },
                        (jupref_bytes_t) { snapshot->sealed, (size_t) got },
                        snapshot->plain))
    {
        return jupref_snapshot_broken(snapshot, "a chunk isn't what was "
                                      "sealed");
    }

    snapshot->left -= len;
    snapshot->at += len + JUPREF_SEAL_TAG;
    snapshot->number++;
    snapshot->filled = len;
    snapshot->used = 0;

    return JUPREF_FAULT_NONE;
}


jupref_fault_e
jupref_snapshot_memory(jupref_snapshot_file_t *snapshot)
{
    return jupref_fault_memory(snapshot->fault, snapshot->name);
}


jupref_fault_e
jupref_snapshot_io(jupref_snapshot_file_t *snapshot, int64_t result,
    const char *doing)
{
    return jupref_fault_io(snapshot->fault, snapshot->name, snapshot->at,
                           (int) result, doing);
}


jupref_fault_e
jupref_snapshot_broken(jupref_snapshot_file_t *snapshot, const char *why)
{
    return jupref_fault_set(snapshot->fault, JUPREF_FAULT_SNAPSHOT,
                            snapshot->name, snapshot->at,
                            "broken snapshot: %s", why);
}
