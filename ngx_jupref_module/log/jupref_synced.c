/*
 * `synced`: how far the journal is on disk for sure.
 *
 * Two slots are written in turn, so that a crash in the middle of one leaves
 * the other.  A log that starts writes and syncs it before its first segment
 * is made, and only writes it from then on: what it says is never too much.
 */

#include "log/jupref_frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>


#define JUPREF_SYNCED_NAME   "synced"
#define JUPREF_SYNCED_SLOTS  2
#define JUPREF_SYNCED_SIZE   (JUPREF_SYNCED_SLOTS * JUPREF_SYNCED_SLOT)
#define JUPREF_SYNCED_SUM    16
#define JUPREF_SYNCED_BODY   (JUPREF_SYNCED_SLOT - JUPREF_SYNCED_SUM)


typedef enum {
    JUPREF_SLOT_GOOD = 0,
    JUPREF_SLOT_UNUSED,
    JUPREF_SLOT_BROKEN
} jupref_slot_e;


static jupref_fault_e jupref_synced_missing(jupref_store_t *store,
    unsigned *broken, jupref_fault_t *fault);
static jupref_slot_e jupref_slot_read(const uint8_t *slot, unsigned number,
    jupref_synced_t *synced);
static unsigned jupref_slot_write(uint8_t slot[JUPREF_SYNCED_SLOT],
    const jupref_synced_t *synced);
static int jupref_synced_create(jupref_disk_t *disk);


jupref_fault_e
jupref_synced_read(jupref_store_t *store, jupref_synced_t *synced,
    unsigned *broken, jupref_fault_t *fault)
{
    int              file;
    int64_t          n;
    uint8_t          bytes[JUPREF_SYNCED_SIZE];
    unsigned         i;
    jupref_disk_t   *disk;
    jupref_slot_e    slots[JUPREF_SYNCED_SLOTS];
    jupref_synced_t  read;

    disk = store->disk;
    memset(synced, 0, sizeof(jupref_synced_t));
    *broken = 0;

    file = disk->open(disk, JUPREF_SYNCED_NAME, 0, 0);

    if (file == -ENOENT) {
        return jupref_synced_missing(store, broken, fault);
    }

    if (file < 0) {
        return jupref_fault_io(fault, JUPREF_SYNCED_NAME, 0, file, "opening");
    }

    memset(bytes, 0, sizeof(bytes));
    n = disk->read(disk, file, bytes, sizeof(bytes), 0);
    disk->close(disk, file);

    if (n < 0) {
        return jupref_fault_io(fault, JUPREF_SYNCED_NAME, 0, (int) n,
                               "reading");
    }

    for (i = 0; i < JUPREF_SYNCED_SLOTS; i++) {
        slots[i] = jupref_slot_read(bytes + i * JUPREF_SYNCED_SLOT, i, &read);

        if (slots[i] == JUPREF_SLOT_GOOD && read.count > synced->count) {
            *synced = read;
        }

        *broken += slots[i] == JUPREF_SLOT_BROKEN;
    }

    if (*broken == 0 && synced->count == 0) {
        return jupref_synced_missing(store, broken, fault);
    }

    /* the second write fills the second slot: it can't be unused after that */

    for (i = 0; i < JUPREF_SYNCED_SLOTS; i++) {
        *broken += slots[i] == JUPREF_SLOT_UNUSED && synced->count > 1;
    }

    return JUPREF_FAULT_NONE;
}


jupref_fault_e
jupref_synced_write(jupref_store_t *store, const jupref_synced_t *synced,
    jupref_fault_t *fault)
{
    int             file, rc;
    jupref_disk_t  *disk;

    disk = store->disk;
    file = disk->open(disk, JUPREF_SYNCED_NAME, 1, 0);

    if (file == -ENOENT) {
        file = jupref_synced_create(disk);
    }

    if (file < 0) {
        return jupref_fault_io(fault, JUPREF_SYNCED_NAME, 0, file, "opening");
    }

    rc = jupref_synced_put(disk, file, synced);

    if (rc >= 0) {
        rc = disk->sync(disk, file);
    }

    if (rc >= 0) {
        rc = disk->sync_directory(disk, "");
    }

    disk->close(disk, file);

    if (rc < 0) {
        return jupref_fault_io(fault, JUPREF_SYNCED_NAME, 0, rc, "writing");
    }

    return JUPREF_FAULT_NONE;
}


int
jupref_synced_put(jupref_disk_t *disk, int file,
    const jupref_synced_t *synced)
{
    uint8_t  slot[JUPREF_SYNCED_SLOT];

    if (!jupref_slot_write(slot, synced)) {
        return -ENOMEM;
    }

    return disk->write(disk, file, slot, sizeof(slot),
                       synced->count % JUPREF_SYNCED_SLOTS
                       * JUPREF_SYNCED_SLOT);
}


static jupref_fault_e
jupref_synced_missing(jupref_store_t *store, unsigned *broken,
    jupref_fault_t *fault)
{
    size_t    count;
    uint64_t  *firsts;

    if (jupref_journal_list(store, &firsts, &count, fault)
        != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    free(firsts);
    *broken = count > 0 ? JUPREF_SYNCED_SLOTS : 0;

    return JUPREF_FAULT_NONE;
}


static jupref_slot_e
jupref_slot_read(const uint8_t *slot, unsigned number,
    jupref_synced_t *synced)
{
    uint8_t               expected[JUPREF_SYNCED_SLOT];
    static const uint8_t  unused[JUPREF_SYNCED_SLOT];

    if (memcmp(slot, unused, sizeof(unused)) == 0) {
        return JUPREF_SLOT_UNUSED;
    }

    synced->count = jupref_get_le(slot, 8);
    synced->seq = jupref_get_le(slot + 8, 8);
    synced->segment = jupref_get_le(slot + 16, 8);
    synced->bytes = jupref_get_le(slot + 24, 8);

    if (synced->count == 0
        || synced->count % JUPREF_SYNCED_SLOTS != number
        || !jupref_slot_write(expected, synced)
        || memcmp(slot, expected, sizeof(expected)) != 0)
    {
        return JUPREF_SLOT_BROKEN;
    }

    return JUPREF_SLOT_GOOD;
}


static unsigned
jupref_slot_write(uint8_t slot[JUPREF_SYNCED_SLOT],
    const jupref_synced_t *synced)
{
    uint8_t         sum[JUPREF_SHA256_SIZE];
    jupref_bytes_t  body;

    jupref_put_le(slot, synced->count, 8);
    jupref_put_le(slot + 8, synced->seq, 8);
    jupref_put_le(slot + 16, synced->segment, 8);
    jupref_put_le(slot + 24, synced->bytes, 8);

    body.data = slot;
    body.len = JUPREF_SYNCED_BODY;

    if (!jupref_sha256(sum, body)) {
        return 0;
    }

    memcpy(slot + JUPREF_SYNCED_BODY, sum, JUPREF_SYNCED_SUM);

    return 1;
}


/* Both slots unused, so that the file never grows. */

static int
jupref_synced_create(jupref_disk_t *disk)
{
    int      file, rc;
    uint8_t  bytes[JUPREF_SYNCED_SIZE];

    file = disk->open(disk, JUPREF_SYNCED_NAME, 1, 1);

    if (file < 0) {
        return file;
    }

    memset(bytes, 0, sizeof(bytes));
    rc = disk->write(disk, file, bytes, sizeof(bytes), 0);

    if (rc < 0) {
        disk->close(disk, file);
        return rc;
    }

    return file;
}
