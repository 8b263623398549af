/*
 * Every published byte against the log.
 *
 * The tiles are built once more in memory, from the journal's records and,
 * where the journal no longer begins with the first, from the entries before:
 * those have to be a chain that the journal goes on with.  Each tile that gets
 * full, and each partial tile of it that is there, must be what was built.
 * Whatever the signed checkpoint speaks of must be there.
 */

#include "log/jupref_tiles_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>


typedef struct {
    jupref_store_t         *store;
    jupref_identity_t       identity;
    unsigned                published:1;        /* a checkpoint is out */
    uint64_t                size;       /* that it was signed for */
    uint8_t                 root[JUPREF_SHA256_SIZE];
    jupref_frontier_t       frontier;
    jupref_tile_builder_t   builder;
    uint8_t                 file[JUPREF_TILE_MAX];
} jupref_verify_t;


static jupref_fault_e jupref_verify_checkpoint(jupref_verify_t *verify,
    jupref_fault_t *fault);
static jupref_fault_e jupref_verify_entries(jupref_verify_t *verify,
    uint64_t until, jupref_fault_t *fault);
static jupref_fault_e jupref_verify_journal(jupref_verify_t *verify,
    jupref_fault_t *fault);
static jupref_fault_e jupref_verify_append(jupref_verify_t *verify,
    const uint8_t leaf[JUPREF_LEAF_SIZE],
    const uint8_t hash[JUPREF_SHA256_SIZE], jupref_fault_t *fault);
static jupref_fault_e jupref_verify_root(jupref_verify_t *verify,
    jupref_fault_t *fault);
static jupref_fault_e jupref_verify_full(void *context,
    const jupref_tile_t *tile, const uint8_t *bytes, jupref_fault_t *fault);
static jupref_fault_e jupref_verify_partials(jupref_verify_t *verify,
    const jupref_tile_t *tile, const uint8_t *bytes, jupref_fault_t *fault);
static jupref_fault_e jupref_verify_tile(jupref_verify_t *verify,
    const jupref_tile_t *tile, const uint8_t *bytes, unsigned needed,
    jupref_fault_t *fault);
static unsigned jupref_verify_needed(const jupref_verify_t *verify,
    const jupref_tile_t *tile);
static jupref_fault_e jupref_verify_end(jupref_verify_t *verify,
    jupref_fault_t *fault);


jupref_fault_e
jupref_tiles_verify(jupref_store_t *store, jupref_fault_t *fault)
{
    size_t            count;
    uint64_t         *firsts, first;
    jupref_fault_e    result;
    jupref_verify_t  *verify;

    result = jupref_journal_list(store, &firsts, &count, fault);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    first = count > 0 ? firsts[0] : 1;
    free(firsts);
    verify = calloc(1, sizeof(jupref_verify_t));

    if (verify == NULL) {
        return jupref_fault_memory(fault, "tiles");
    }

    verify->store = store;
    verify->builder.put = jupref_verify_full;
    verify->builder.context = verify;

    result = jupref_verify_checkpoint(verify, fault);

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_verify_root(verify, fault);
    }

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_verify_entries(verify, first - 1, fault);
    }

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_verify_journal(verify, fault);
    }

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_verify_end(verify, fault);
    }

    OPENSSL_cleanse(&verify->identity, sizeof(jupref_identity_t));
    free(verify);

    return result;
}


static jupref_fault_e
jupref_verify_checkpoint(jupref_verify_t *verify, jupref_fault_t *fault)
{
    int             len, file;
    jupref_disk_t  *disk;
    jupref_fault_e  result;

    result = jupref_identity_load(verify->store, (jupref_bytes_t) { NULL, 0 },
                                  &verify->identity, fault);

    if (result == JUPREF_FAULT_IO && fault->error == ENOENT) {
        memset(fault, 0, sizeof(jupref_fault_t));
        return JUPREF_FAULT_NONE;
    }

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    disk = verify->store->disk;
    file = disk->open(disk, JUPREF_CHECKPOINT_NAME, 0, 0);

    if (file == -ENOENT) {
        return JUPREF_FAULT_NONE;
    }

    if (file >= 0) {
        disk->close(disk, file);
    }

    len = jupref_checkpoint_read(verify->store, &verify->identity,
                                 &verify->size, verify->root);

    if (len < 0) {
        return jupref_fault_io(fault, JUPREF_CHECKPOINT_NAME, 0, len,
                               "reading");
    }

    if (len == 0) {
        return jupref_fault_set(fault, JUPREF_FAULT_TILE,
                                JUPREF_CHECKPOINT_NAME, 0,
                                "it isn't what the log's key signs");
    }

    verify->published = 1;

    return JUPREF_FAULT_NONE;
}


/* Leaves whose records have been archived away. */
static jupref_fault_e
jupref_verify_entries(jupref_verify_t *verify, uint64_t until,
    jupref_fault_t *fault)
{
    int             there;
    uint8_t         entries[JUPREF_TILE_MAX], hash[JUPREF_SHA256_SIZE];
    unsigned        place;
    uint64_t        size;
    const uint8_t  *entry;
    jupref_tile_t   tile;
    jupref_fault_e  result;

    tile.level = JUPREF_TILE_ENTRIES;
    tile.width = JUPREF_TILE_WIDTH;

    while (verify->builder.size < until) {
        size = verify->builder.size;
        place = size % JUPREF_TILE_WIDTH;

        if (place == 0) {
            tile.index = size / JUPREF_TILE_WIDTH;
            there = jupref_tile_read(verify->store, &tile, entries);

            if (there <= 0) {
                return jupref_tiles_io(&tile, there, "reading", fault);
            }
        }

        entry = entries + place * JUPREF_ENTRY_SIZE;

        if (!jupref_entry_follows(entry, size + 1, verify->builder.last)) {
            fault->seq = size + 1;
            return jupref_tile_fault(&tile, place * JUPREF_ENTRY_SIZE,
                                     "its leaf doesn't follow the one before",
                                     fault);
        }

        if (!jupref_tile_leaf_hash(entry + 2, hash)) {
            return jupref_fault_memory(fault, "tiles");
        }

        result = jupref_verify_append(verify, entry + 2, hash, fault);

        if (result != JUPREF_FAULT_NONE) {
            return result;
        }
    }

    return JUPREF_FAULT_NONE;
}


/* A torn tail ends the journal; it is told where the journal is verified. */
static jupref_fault_e
jupref_verify_journal(jupref_verify_t *verify, jupref_fault_t *fault)
{
    uint8_t                   leaf[JUPREF_LEAF_SIZE];
    uint8_t                   hash[JUPREF_SHA256_SIZE];
    jupref_bytes_t            bytes;
    jupref_fault_e            result;
    jupref_journal_reader_t  *reader;

    result = jupref_journal_open(verify->store, verify->builder.size + 1, 0,
                                 &reader, fault);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    for ( ;; ) {
        result = jupref_journal_next(reader, &bytes, fault);

        if (result != JUPREF_FAULT_NONE || bytes.data == NULL) {
            break;
        }

        result = jupref_tile_leaf(bytes, verify->builder.size + 1,
                                  verify->builder.last, leaf, hash, fault);

        if (result == JUPREF_FAULT_NONE) {
            result = jupref_verify_append(verify, leaf, hash, fault);
        }

        if (result != JUPREF_FAULT_NONE) {
            break;
        }
    }

    jupref_journal_close(reader);

    if (result == JUPREF_FAULT_TORN) {
        memset(fault, 0, sizeof(jupref_fault_t));
        return JUPREF_FAULT_NONE;
    }

    return result;
}


static jupref_fault_e
jupref_verify_append(jupref_verify_t *verify,
    const uint8_t leaf[JUPREF_LEAF_SIZE],
    const uint8_t hash[JUPREF_SHA256_SIZE], jupref_fault_t *fault)
{
    jupref_fault_e  result;

    if (!jupref_frontier_append(&verify->frontier, hash)) {
        return jupref_fault_memory(fault, "tiles");
    }

    result = jupref_builder_append(&verify->builder, leaf, hash, fault);

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_verify_root(verify, fault);
    }

    return result;
}


/* At the size that was signed: the root, and the partial tiles of it. */
static jupref_fault_e
jupref_verify_root(jupref_verify_t *verify, jupref_fault_t *fault)
{
    uint8_t         root[JUPREF_SHA256_SIZE];
    unsigned        level;
    jupref_tile_t   tile, full;
    jupref_fault_e  result;
    const uint8_t  *bytes;

    if (!verify->published || verify->builder.size != verify->size) {
        return JUPREF_FAULT_NONE;
    }

    if (!jupref_frontier_root(&verify->frontier, root)) {
        return jupref_fault_memory(fault, "tiles");
    }

    if (memcmp(root, verify->root, JUPREF_SHA256_SIZE) != 0) {
        return jupref_fault_set(fault, JUPREF_FAULT_TILE,
                                JUPREF_CHECKPOINT_NAME, 0, "it was signed for "
                                "other events than the log's first %llu",
                                (unsigned long long) verify->size);
    }

    for (level = 0; level <= JUPREF_TILE_LEVELS; level++) {
        jupref_builder_partial(&verify->builder, level, &tile, &bytes);
        full = tile;
        full.width = JUPREF_TILE_WIDTH;

        if (tile.width == 0 || jupref_tile_there(verify->store, &full) > 0) {
            continue;
        }

        result = jupref_verify_tile(verify, &tile, bytes, 1, fault);

        if (result != JUPREF_FAULT_NONE) {
            return result;
        }
    }

    return JUPREF_FAULT_NONE;
}


static jupref_fault_e
jupref_verify_full(void *context, const jupref_tile_t *tile,
    const uint8_t *bytes, jupref_fault_t *fault)
{
    jupref_fault_e    result;
    jupref_verify_t  *verify;

    verify = context;
    result = jupref_verify_tile(verify, tile, bytes,
                                jupref_verify_needed(verify, tile), fault);

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_verify_partials(verify, tile, bytes, fault);
    }

    return result;
}


/* Those that are there: none is wider than what was built. */
static jupref_fault_e
jupref_verify_partials(jupref_verify_t *verify, const jupref_tile_t *tile,
    const uint8_t *bytes, jupref_fault_t *fault)
{
    int              listed;
    unsigned         width;
    jupref_tile_t    partial;
    jupref_fault_e   result;
    jupref_widths_t  widths;

    listed = jupref_tile_widths(verify->store, tile, &widths);

    if (listed < 0) {
        return jupref_tiles_io(tile, listed, "listing", fault);
    }

    partial = *tile;

    for (width = 1; width < JUPREF_TILE_WIDTH; width++) {

        if (!(widths.bits[width / 64] >> (width % 64) & 1)) {
            continue;
        }

        partial.width = width;

        if (width > tile->width) {
            return jupref_tile_fault(&partial, 0, "it has more than the log",
                                     fault);
        }

        result = jupref_verify_tile(verify, &partial, bytes, 0, fault);

        if (result != JUPREF_FAULT_NONE) {
            return result;
        }
    }

    return JUPREF_FAULT_NONE;
}


static jupref_fault_e
jupref_verify_tile(jupref_verify_t *verify, const jupref_tile_t *tile,
    const uint8_t *bytes, unsigned needed, jupref_fault_t *fault)
{
    int     there;
    size_t  at, len;

    there = jupref_tile_read(verify->store, tile, verify->file);

    if (there == 0 && !needed) {
        return JUPREF_FAULT_NONE;
    }

    if (there <= 0) {
        return jupref_tiles_io(tile, there, "reading", fault);
    }

    len = jupref_tile_size(tile);

    for (at = 0; at < len && verify->file[at] == bytes[at]; at++) {
        /* void */
    }

    if (at < len) {
        return jupref_tile_fault(tile, at, "it isn't what the log says",
                                 fault);
    }

    return JUPREF_FAULT_NONE;
}


/* What is behind the checkpoint a crash may have taken. */
static unsigned
jupref_verify_needed(const jupref_verify_t *verify, const jupref_tile_t *tile)
{
    unsigned  level;

    level = tile->level == JUPREF_TILE_ENTRIES ? 0 : tile->level;

    return verify->published
           && (tile->index + 1) << ((level + 1) * JUPREF_TILE_BITS)
              <= verify->size;
}


static jupref_fault_e
jupref_verify_end(jupref_verify_t *verify, jupref_fault_t *fault)
{
    int             there;
    unsigned        level;
    jupref_tile_t   tile, full;
    jupref_fault_e  result;
    const uint8_t  *bytes;

    if (verify->published && verify->size > verify->builder.size) {
        return jupref_fault_set(fault, JUPREF_FAULT_TILE,
                                JUPREF_CHECKPOINT_NAME, 0, "it was signed for "
                                "%llu events, the journal has %llu",
                                (unsigned long long) verify->size,
                                (unsigned long long) verify->builder.size);
    }

    for (level = 0; level <= JUPREF_TILE_LEVELS; level++) {
        jupref_builder_partial(&verify->builder, level, &tile, &bytes);
        result = jupref_verify_partials(verify, &tile, bytes, fault);

        if (result != JUPREF_FAULT_NONE) {
            return result;
        }

        full = tile;
        full.width = JUPREF_TILE_WIDTH;
        there = jupref_tile_there(verify->store, &full);

        if (there < 0) {
            return jupref_tiles_io(&full, there, "reading", fault);
        }

        if (there > 0) {
            return jupref_tile_fault(&full, 0, "it has more than the log",
                                     fault);
        }
    }

    return JUPREF_FAULT_NONE;
}
