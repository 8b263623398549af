/*
 * Tiles as a proof reads them: hashes of complete subtrees.
 *
 * A subtree of 2^n leaves is some hashes of one tile of level n / 8.  The
 * process that writes has those of tiles that aren't full in memory; all
 * others take the widest partial tile that is there, and where a crash has
 * taken that too, what is below it.
 */

#include "log/jupref_tiles_parts.h"

#include <stdlib.h>
#include <string.h>


static int jupref_tiles_measure(jupref_tiles_t *tiles);
static unsigned jupref_tiles_built(jupref_tiles_t *tiles, unsigned level,
    uint64_t first, unsigned count, uint8_t *hashes);
static unsigned jupref_tiles_filed(jupref_tiles_t *tiles, unsigned level,
    uint64_t first, unsigned count, uint8_t *hashes);
static unsigned jupref_tiles_load(jupref_tiles_t *tiles, unsigned level,
    uint64_t index, unsigned width);
static unsigned jupref_widths_widest(const jupref_widths_t *widths);
static unsigned jupref_tiles_below(jupref_tiles_t *tiles, unsigned level,
    uint64_t first, unsigned count, uint8_t *hashes);


jupref_fault_e
jupref_tiles_open(jupref_store_t *store, jupref_tiles_t **tiles,
    jupref_fault_t *fault)
{
    int  result;

    *tiles = calloc(1, sizeof(jupref_tiles_t));

    if (*tiles == NULL) {
        return jupref_fault_memory(fault, "tiles");
    }

    (*tiles)->store = store;
    result = jupref_tiles_measure(*tiles);

    if (result < 0) {
        jupref_tiles_close(*tiles);
        *tiles = NULL;
        return jupref_fault_io(fault, "tiles", 0, result, "reading");
    }

    return JUPREF_FAULT_NONE;
}


void
jupref_tiles_close(jupref_tiles_t *tiles)
{
    if (tiles != NULL) {
        jupref_record_cache_free(tiles->records);
        free(tiles);
    }
}


uint64_t
jupref_tiles_size(const jupref_tiles_t *tiles)
{
    return tiles->size;
}


jupref_fault_e
jupref_tiles_settled(jupref_store_t *store, uint64_t *leaves,
    jupref_fault_t *fault)
{
    int       result;
    uint64_t  groups;

    *leaves = 0;
    result = jupref_tile_count(store, 1, 0, &groups);

    if (result < 0) {
        return jupref_fault_io(fault, "tiles", 0, result, "reading");
    }

    *leaves = groups * JUPREF_TILE_GROUP;

    return JUPREF_FAULT_NONE;
}


unsigned
jupref_tiles_subtree(void *context, unsigned level, uint64_t index,
    uint8_t hash[JUPREF_SHA256_SIZE])
{
    uint8_t          hashes[JUPREF_TILE_HASHES];
    unsigned         count, tile_level;
    uint64_t         first;
    jupref_tiles_t  *tiles;

    tiles = context;
    tile_level = level / JUPREF_TILE_BITS;
    count = 1u << level % JUPREF_TILE_BITS;

    if (tile_level >= JUPREF_TILE_LEVELS
        || index >= UINT64_C(1) << (JUPREF_MERKLE_LEVELS - level))
    {
        return 0;
    }

    first = index * count;

    return (jupref_tiles_built(tiles, tile_level, first, count, hashes)
            || jupref_tiles_filed(tiles, tile_level, first, count, hashes)
            || jupref_tiles_below(tiles, tile_level, first, count, hashes))
           && jupref_tile_root(hashes, count, hash);
}


/* What the files say, looked at no closer. */
static int
jupref_tiles_measure(jupref_tiles_t *tiles)
{
    int              result;
    uint64_t         groups, full;
    jupref_tile_t    tile;
    jupref_widths_t  widths;

    full = 0;
    memset(&widths, 0, sizeof(widths));
    result = jupref_tile_count(tiles->store, 1, 0, &groups);

    if (result >= 0) {
        result = jupref_tile_count(tiles->store, 0,
                                   groups * JUPREF_TILE_WIDTH, &full);
    }

    if (result >= 0) {
        tile.level = 0;
        tile.width = JUPREF_TILE_WIDTH;
        tile.index = groups * JUPREF_TILE_WIDTH + full;
        result = jupref_tile_widths(tiles->store, &tile, &widths);
    }

    tiles->size = (groups * JUPREF_TILE_WIDTH + full) * JUPREF_TILE_WIDTH
                  + jupref_widths_widest(&widths);

    return result;
}


static unsigned
jupref_tiles_built(jupref_tiles_t *tiles, unsigned level, uint64_t first,
    unsigned count, uint8_t *hashes)
{
    unsigned        place;
    jupref_tile_t   tile;
    const uint8_t  *bytes;

    if (!tiles->resumed) {
        return 0;
    }

    jupref_builder_partial(&tiles->builder, level, &tile, &bytes);
    place = first % JUPREF_TILE_WIDTH;

    if (first / JUPREF_TILE_WIDTH != tile.index || place + count > tile.width)
    {
        return 0;
    }

    memcpy(hashes, bytes + place * JUPREF_SHA256_SIZE,
           count * JUPREF_SHA256_SIZE);

    return 1;
}


static unsigned
jupref_tiles_filed(jupref_tiles_t *tiles, unsigned level, uint64_t first,
    unsigned count, uint8_t *hashes)
{
    uint64_t              index;
    unsigned              place;
    jupref_tile_t         tile;
    jupref_widths_t       widths;
    jupref_tile_cache_t  *cache;

    cache = &tiles->cache[level];
    index = first / JUPREF_TILE_WIDTH;
    place = first % JUPREF_TILE_WIDTH;

    if (cache->index != index || cache->width < place + count) {
        tile.level = level;
        tile.width = JUPREF_TILE_WIDTH;
        tile.index = index;

        /* a partial tile goes when the full one is there: look again then */

        if (!jupref_tiles_load(tiles, level, index, JUPREF_TILE_WIDTH)
            && (jupref_tile_widths(tiles->store, &tile, &widths) < 0
                || jupref_widths_widest(&widths) < place + count
                || !jupref_tiles_load(tiles, level, index,
                                      jupref_widths_widest(&widths)))
            && !jupref_tiles_load(tiles, level, index, JUPREF_TILE_WIDTH))
        {
            return 0;
        }
    }

    memcpy(hashes, cache->hashes + place * JUPREF_SHA256_SIZE,
           count * JUPREF_SHA256_SIZE);

    return 1;
}


static unsigned
jupref_tiles_load(jupref_tiles_t *tiles, unsigned level, uint64_t index,
    unsigned width)
{
    jupref_tile_t         tile;
    jupref_tile_cache_t  *cache;

    cache = &tiles->cache[level];
    tile.level = level;
    tile.width = width;
    tile.index = index;
    cache->width = 0;

    if (jupref_tile_read(tiles->store, &tile, cache->hashes) != 1) {
        return 0;
    }

    cache->index = index;
    cache->width = width;

    return 1;
}


static unsigned
jupref_widths_widest(const jupref_widths_t *widths)
{
    unsigned  width;

    for (width = JUPREF_TILE_WIDTH - 1; width > 0; width--) {

        if (widths->bits[width / 64] >> (width % 64) & 1) {
            return width;
        }
    }

    return 0;
}


static unsigned
jupref_tiles_below(jupref_tiles_t *tiles, unsigned level, uint64_t first,
    unsigned count, uint8_t *hashes)
{
    uint8_t        below[JUPREF_TILE_HASHES];
    unsigned       i;
    jupref_tile_t  tile;

    if (level == 0) {
        return 0;
    }

    tile.level = level - 1;
    tile.width = JUPREF_TILE_WIDTH;

    for (i = 0; i < count; i++) {
        tile.index = first + i;

        if (jupref_tile_read(tiles->store, &tile, below) != 1
            || !jupref_tile_root(below, JUPREF_TILE_WIDTH,
                                 hashes + i * JUPREF_SHA256_SIZE))
        {
            return 0;
        }
    }

    return 1;
}
