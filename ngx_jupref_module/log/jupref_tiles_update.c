/*
 * Tiles brought up to the log.
 *
 * The journal must go on where the tiles end, and its tree must have the tree
 * of the last signed checkpoint as its beginning.  Where it doesn't (a journal
 * restored from an older copy), other people hold a signature for another
 * history: nothing more is published then.
 *
 * After any failure the next update looks at the files anew.
 */

#include "log/jupref_tiles_parts.h"

#include <string.h>


/* As many records are cheaper read in a row than fetched one by one. */
#define JUPREF_TILES_IN_A_ROW  1024


static jupref_fault_e jupref_tiles_advance(jupref_tiles_t *tiles,
    uint64_t size, const jupref_identity_t *identity, jupref_fault_t *fault);
static jupref_fault_e jupref_tiles_read_on(jupref_tiles_t *tiles,
    uint64_t size, jupref_fault_t *fault);
static jupref_fault_e jupref_tiles_fetch_on(jupref_tiles_t *tiles,
    uint64_t size, jupref_fault_t *fault);
static jupref_fault_e jupref_tiles_take(jupref_tiles_t *tiles,
    jupref_bytes_t bytes, jupref_fault_t *fault);
static int jupref_tiles_settle(jupref_store_t *store, uint64_t group);
static jupref_fault_e jupref_tiles_put_partials(jupref_tiles_t *tiles,
    jupref_fault_t *fault);


jupref_fault_e
jupref_tiles_update(jupref_tiles_t *tiles, uint64_t size,
    const jupref_identity_t *identity, jupref_fault_t *fault)
{
    jupref_fault_e  result;

    result = JUPREF_FAULT_NONE;

    if (!tiles->resumed) {
        result = jupref_tiles_resume(tiles, fault);
    }

    if (result == JUPREF_FAULT_NONE) {
        tiles->resumed = 1;
        result = jupref_tiles_advance(tiles, size, identity, fault);
    }

    if (result != JUPREF_FAULT_NONE) {
        tiles->resumed = 0;
        return result;
    }

    tiles->size = tiles->builder.size;

    return JUPREF_FAULT_NONE;
}


static jupref_fault_e
jupref_tiles_advance(jupref_tiles_t *tiles, uint64_t size,
    const jupref_identity_t *identity, jupref_fault_t *fault)
{
    uint64_t        held;
    jupref_fault_e  result;

    result = JUPREF_FAULT_NONE;

    if (identity != NULL && !tiles->published) {
        result = jupref_tiles_find_published(tiles, identity, fault);
    }

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    held = tiles->builder.size;

    if (tiles->published && tiles->published_size > held) {
        held = tiles->published_size;
    }

    if (size < held) {
        fault->seq = size;
        return jupref_fault_set(fault, JUPREF_FAULT_TILE, "tiles", 0,
                                "%llu events have been published, the journal "
                                "has %llu", (unsigned long long) held,
                                (unsigned long long) size);
    }

    if (tiles->published && !tiles->agreed
        && tiles->published_size <= tiles->builder.size)
    {
        result = jupref_tiles_agree(tiles, fault);
    }

    if (result == JUPREF_FAULT_NONE) {
        result = size - tiles->builder.size > JUPREF_TILES_IN_A_ROW
                 ? jupref_tiles_read_on(tiles, size, fault)
                 : jupref_tiles_fetch_on(tiles, size, fault);
    }

    if (result == JUPREF_FAULT_NONE && !tiles->mended) {
        result = jupref_tiles_mend(tiles, fault);
    }

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_tiles_put_partials(tiles, fault);
    }

    if (result == JUPREF_FAULT_NONE && identity != NULL) {
        result = jupref_tiles_publish(tiles, identity, fault);
    }

    return result;
}


static jupref_fault_e
jupref_tiles_read_on(jupref_tiles_t *tiles, uint64_t size,
    jupref_fault_t *fault)
{
    jupref_bytes_t            bytes;
    jupref_fault_e            result;
    jupref_journal_reader_t  *reader;

    result = jupref_journal_open(tiles->store, tiles->builder.size + 1, size,
                                 &reader, fault);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    while (result == JUPREF_FAULT_NONE && tiles->builder.size < size) {
        result = jupref_journal_next(reader, &bytes, fault);

        if (result == JUPREF_FAULT_NONE && bytes.data == NULL) {
            fault->seq = tiles->builder.size + 1;
            result = jupref_fault_set(fault, JUPREF_FAULT_SHORT, "journal", 0,
                                      "it ends with event %llu, event %llu is "
                                      "to be published", (unsigned long long)
                                      tiles->builder.size,
                                      (unsigned long long) size);
        }

        if (result == JUPREF_FAULT_NONE) {
            result = jupref_tiles_take(tiles, bytes, fault);
        }
    }

    jupref_journal_close(reader);

    return result;
}


static jupref_fault_e
jupref_tiles_fetch_on(jupref_tiles_t *tiles, uint64_t size,
    jupref_fault_t *fault)
{
    uint8_t         record[JUPREF_RECORD_MAX];
    jupref_bytes_t  bytes;
    jupref_fault_e  result;

    result = JUPREF_FAULT_NONE;

    while (result == JUPREF_FAULT_NONE && tiles->builder.size < size) {
        result = jupref_journal_fetch(tiles->store, &tiles->records,
                                      tiles->builder.size + 1, record, &bytes,
                                      fault);

        if (result == JUPREF_FAULT_NONE) {
            result = jupref_tiles_take(tiles, bytes, fault);
        }
    }

    return result;
}


static jupref_fault_e
jupref_tiles_take(jupref_tiles_t *tiles, jupref_bytes_t bytes,
    jupref_fault_t *fault)
{
    uint8_t                 leaf[JUPREF_LEAF_SIZE], hash[JUPREF_SHA256_SIZE];
    jupref_fault_e          result;
    jupref_tile_builder_t  *builder;

    builder = &tiles->builder;
    result = jupref_tile_leaf(bytes, builder->size + 1, builder->last, leaf,
                              hash, fault);

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_builder_append(builder, leaf, hash, fault);
    }

    if (result == JUPREF_FAULT_NONE && tiles->published && !tiles->agreed
        && tiles->published_size == builder->size)
    {
        result = jupref_tiles_agree(tiles, fault);
    }

    return result;
}


jupref_fault_e
jupref_tiles_put(void *context, const jupref_tile_t *tile,
    const uint8_t *bytes, jupref_fault_t *fault)
{
    int              result;
    jupref_store_t  *store;
    jupref_tiles_t  *tiles;

    tiles = context;
    store = tiles->store;
    result = tiles->resuming ? jupref_tile_there(store, tile) : 0;

    if (result == 0 && tile->level == 1) {
        result = jupref_tiles_settle(store, tile->index);

        if (result < 0) {
            return jupref_tiles_io(tile, result, "syncing what is below",
                                   fault);
        }
    }

    if (result == 0) {
        result = jupref_tile_write(store, tile, bytes);

        if (result == 0 && tile->level > 0
            && tile->level != JUPREF_TILE_ENTRIES)
        {
            result = jupref_tile_sync(store, tile);

            if (result >= 0) {
                result = jupref_tile_sync_names(store, tile);
            }
        }
    }

    if (result >= 0) {
        result = jupref_tile_drop_widths(store, tile);
    }

    if (result < 0) {
        return jupref_tiles_io(tile, result, "writing", fault);
    }

    return JUPREF_FAULT_NONE;
}


/* Syncs the tiles below a full one of level 1, and their names. */
static int
jupref_tiles_settle(jupref_store_t *store, uint64_t group)
{
    int            result;
    unsigned       i, kind;
    jupref_tile_t  tile;

    static const unsigned  kinds[] = { 0, JUPREF_TILE_ENTRIES };

    tile.width = JUPREF_TILE_WIDTH;
    result = 0;

    for (kind = 0; kind < 2 && result >= 0; kind++) {
        tile.level = kinds[kind];

        for (i = 0; i < JUPREF_TILE_WIDTH && result >= 0; i++) {
            tile.index = group * JUPREF_TILE_WIDTH + i;
            result = jupref_tile_sync(store, &tile);

            /* 256 names stand in two directories at the most */

            if (result >= 0 && (i == 0 || i == JUPREF_TILE_WIDTH - 1)) {
                result = jupref_tile_sync_names(store, &tile);
            }
        }
    }

    return result;
}


/* Those that have grown since they were last written. */
static jupref_fault_e
jupref_tiles_put_partials(jupref_tiles_t *tiles, jupref_fault_t *fault)
{
    int             result;
    uint64_t        count;
    unsigned        level;
    jupref_tile_t   tile;
    const uint8_t  *bytes;

    for (level = 0; level <= JUPREF_TILE_LEVELS; level++) {
        jupref_builder_partial(&tiles->builder, level, &tile, &bytes);
        count = tile.index * JUPREF_TILE_WIDTH + tile.width;

        if (tile.width == 0 || count == tiles->written[level]) {
            continue;
        }

        result = jupref_tile_write(tiles->store, &tile, bytes);

        if (result < 0) {
            return jupref_tiles_io(&tile, result, "writing", fault);
        }

        tiles->written[level] = count;
    }

    return JUPREF_FAULT_NONE;
}


/* 0 is a tile that isn't there, or not in its size. */
jupref_fault_e
jupref_tiles_io(const jupref_tile_t *tile, int result, const char *doing,
    jupref_fault_t *fault)
{
    char  name[JUPREF_NAME_MAX];

    if (result == 0) {
        return jupref_tile_fault(tile, 0, "it isn't there, or isn't whole",
                                 fault);
    }

    jupref_tile_name(name, tile);

    return jupref_fault_io(fault, name, 0, result, doing);
}
