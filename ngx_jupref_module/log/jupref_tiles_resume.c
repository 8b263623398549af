/*
 * Tiles taken up where the last run left them.
 *
 *     | groups of 65,536: synced, trusted | full tiles: read and hashed
 *     | the rest: from the journal, anew |
 *
 * A tile that isn't what it should be ends what is taken up: it and what is
 * behind it is written from the journal again.
 */

#include "log/jupref_tiles_parts.h"

#include <string.h>


static jupref_fault_e jupref_tiles_mend_level(jupref_tiles_t *tiles,
    unsigned level, jupref_fault_t *fault);
static jupref_fault_e jupref_tiles_resume_level(jupref_tiles_t *tiles,
    unsigned level, uint64_t groups, jupref_fault_t *fault);
static jupref_fault_e jupref_tiles_resume_last(jupref_tiles_t *tiles,
    jupref_fault_t *fault);
static jupref_fault_e jupref_tiles_resume_leaves(jupref_tiles_t *tiles,
    jupref_fault_t *fault);
static unsigned jupref_tiles_leaves_good(const jupref_tiles_t *tiles,
    const uint8_t *entries, const uint8_t *hashes);


jupref_fault_e
jupref_tiles_resume(jupref_tiles_t *tiles, jupref_fault_t *fault)
{
    int             counted;
    uint64_t        groups;
    unsigned        level;
    jupref_fault_e  result;

    memset(&tiles->builder, 0, sizeof(tiles->builder));
    memset(tiles->cache, 0, sizeof(tiles->cache));
    memset(tiles->written, 0, sizeof(tiles->written));
    tiles->builder.put = jupref_tiles_put;
    tiles->builder.context = tiles;
    tiles->published = 0;
    tiles->agreed = 0;
    tiles->mended = 0;

    counted = jupref_tile_count(tiles->store, 1, 0, &groups);

    if (counted < 0) {
        return jupref_fault_io(fault, "tiles", 0, counted, "reading");
    }

    tiles->builder.size = groups * JUPREF_TILE_GROUP;
    result = JUPREF_FAULT_NONE;

    for (level = 2; level < JUPREF_TILE_LEVELS && result == JUPREF_FAULT_NONE;
         level++)
    {
        result = jupref_tiles_resume_level(tiles, level, groups, fault);
    }

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_tiles_resume_last(tiles, fault);
    }

    if (result == JUPREF_FAULT_NONE) {
        tiles->resuming = 1;
        result = jupref_tiles_resume_leaves(tiles, fault);
        tiles->resuming = 0;
    }

    return result;
}


jupref_fault_e
jupref_tiles_mend(jupref_tiles_t *tiles, jupref_fault_t *fault)
{
    unsigned        level;
    jupref_fault_e  result;

    result = JUPREF_FAULT_NONE;

    for (level = 0; level <= JUPREF_TILE_LEVELS && result == JUPREF_FAULT_NONE;
         level++)
    {
        result = jupref_tiles_mend_level(tiles, level, fault);
    }

    tiles->mended = 1;

    return result;
}


static jupref_fault_e
jupref_tiles_mend_level(jupref_tiles_t *tiles, unsigned level,
    jupref_fault_t *fault)
{
    int              result;
    uint8_t          there[JUPREF_TILE_MAX];
    unsigned         width;
    jupref_tile_t    tile, partial;
    const uint8_t   *bytes;
    jupref_widths_t  widths;

    jupref_builder_partial(&tiles->builder, level, &tile, &bytes);
    result = jupref_tile_widths(tiles->store, &tile, &widths);
    partial = tile;

    for (width = 1; width <= tile.width && result >= 0; width++) {

        if (!(widths.bits[width / 64] >> (width % 64) & 1)) {
            continue;
        }

        partial.width = width;
        result = jupref_tile_read(tiles->store, &partial, there);

        if (result == 0
            || (result > 0
                && memcmp(there, bytes, jupref_tile_size(&partial)) != 0))
        {
            result = jupref_tile_write(tiles->store, &partial, bytes);
        }
    }

    if (result < 0) {
        return jupref_tiles_io(&partial, result, "mending", fault);
    }

    return JUPREF_FAULT_NONE;
}


/*
 * The hashes of a level's last tile, from the full tiles below it; and the
 * full tile before it, where a crash came between it and what is below.
 */
static jupref_fault_e
jupref_tiles_resume_level(jupref_tiles_t *tiles, unsigned level,
    uint64_t groups, jupref_fault_t *fault)
{
    int             there;
    uint8_t         below[JUPREF_TILE_HASHES], *hashes;
    uint64_t        count, index;
    jupref_tile_t   tile, lower;
    jupref_fault_e  result;

    count = groups >> ((level - 2) * JUPREF_TILE_BITS);
    hashes = tiles->builder.hashes[level];
    tile.level = level;
    tile.width = JUPREF_TILE_WIDTH;
    tile.index = count / JUPREF_TILE_WIDTH;
    there = 1;

    if (tile.index > 0) {
        tile.index--;
        there = jupref_tile_there(tiles->store, &tile);

        if (there < 0) {
            return jupref_tiles_io(&tile, there, "reading", fault);
        }

        tile.index += there > 0;
    }

    lower.level = level - 1;
    lower.width = JUPREF_TILE_WIDTH;

    for (index = tile.index * JUPREF_TILE_WIDTH; index < count; index++) {
        lower.index = index;
        there = jupref_tile_read(tiles->store, &lower, below);

        if (there <= 0) {
            return jupref_tiles_io(&lower, there, "reading", fault);
        }

        if (!jupref_tile_root(below, JUPREF_TILE_WIDTH,
                              hashes + index % JUPREF_TILE_WIDTH
                                       * JUPREF_SHA256_SIZE))
        {
            return jupref_fault_memory(fault, "tiles");
        }

        if (index % JUPREF_TILE_WIDTH == JUPREF_TILE_WIDTH - 1) {
            result = jupref_tiles_put(tiles, &tile, hashes, fault);

            if (result != JUPREF_FAULT_NONE) {
                return result;
            }
        }
    }

    return JUPREF_FAULT_NONE;
}


/* The hash that the leaf behind the groups has to follow. */
static jupref_fault_e
jupref_tiles_resume_last(jupref_tiles_t *tiles, jupref_fault_t *fault)
{
    int            there;
    uint8_t        hashes[JUPREF_TILE_HASHES];
    jupref_tile_t  tile;

    if (tiles->builder.size == 0) {
        return JUPREF_FAULT_NONE;
    }

    tile.level = 0;
    tile.width = JUPREF_TILE_WIDTH;
    tile.index = tiles->builder.size / JUPREF_TILE_WIDTH - 1;
    there = jupref_tile_read(tiles->store, &tile, hashes);

    if (there <= 0) {
        return jupref_tiles_io(&tile, there, "reading", fault);
    }

    memcpy(tiles->builder.last,
           hashes + (JUPREF_TILE_WIDTH - 1) * JUPREF_SHA256_SIZE,
           JUPREF_SHA256_SIZE);

    return JUPREF_FAULT_NONE;
}


/* Full tiles behind the last group, as long as they are what they should. */
static jupref_fault_e
jupref_tiles_resume_leaves(jupref_tiles_t *tiles, jupref_fault_t *fault)
{
    int             there;
    uint8_t         hashes[JUPREF_TILE_HASHES], entries[JUPREF_TILE_MAX];
    unsigned        i;
    jupref_tile_t   tile;
    jupref_fault_e  result;

    tile.width = JUPREF_TILE_WIDTH;

    for ( ;; ) {
        tile.level = 0;
        tile.index = tiles->builder.size / JUPREF_TILE_WIDTH;
        there = jupref_tile_read(tiles->store, &tile, hashes);

        if (there > 0) {
            tile.level = JUPREF_TILE_ENTRIES;
            there = jupref_tile_read(tiles->store, &tile, entries);
        }

        if (there < 0) {
            return jupref_tiles_io(&tile, there, "reading", fault);
        }

        if (there == 0 || !jupref_tiles_leaves_good(tiles, entries, hashes)) {
            return JUPREF_FAULT_NONE;
        }

        for (i = 0; i < JUPREF_TILE_WIDTH; i++) {
            result = jupref_builder_append(&tiles->builder,
                                           entries + i * JUPREF_ENTRY_SIZE + 2,
                                           hashes + i * JUPREF_SHA256_SIZE,
                                           fault);

            if (result != JUPREF_FAULT_NONE) {
                return result;
            }
        }
    }
}


/* Each leaf has its number, its hash, and follows the one before. */
static unsigned
jupref_tiles_leaves_good(const jupref_tiles_t *tiles, const uint8_t *entries,
    const uint8_t *hashes)
{
    uint8_t         hash[JUPREF_SHA256_SIZE];
    unsigned        i;
    const uint8_t  *previous;

    previous = tiles->builder.last;

    for (i = 0; i < JUPREF_TILE_WIDTH; i++) {
        if (!jupref_entry_follows(entries, tiles->builder.size + i + 1,
                                  previous)
            || !jupref_tile_leaf_hash(entries + 2, hash)
            || memcmp(hash, hashes, JUPREF_SHA256_SIZE) != 0)
        {
            return 0;
        }

        previous = hashes;
        hashes += JUPREF_SHA256_SIZE;
        entries += JUPREF_ENTRY_SIZE;
    }

    return 1;
}
