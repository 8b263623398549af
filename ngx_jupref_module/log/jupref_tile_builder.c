/*
 * Tiles from leaves, in their order (see the header).
 *
 * Level n's hashes of a tree of so many leaves are its size without the lowest
 * n times 8 bits; those of the tile that isn't full, the lowest 8 of the rest.
 */

#include "log/jupref_tile.h"

#include <string.h>


/* In an entry: behind its length, and the leaf's version and type. */
#define JUPREF_ENTRY_SEQ_AT       4
#define JUPREF_ENTRY_PREVIOUS_AT  (JUPREF_ENTRY_SEQ_AT + 8 + 8)


static uint64_t jupref_builder_count(const jupref_tile_builder_t *builder,
    unsigned level);


unsigned
jupref_entry_follows(const uint8_t entry[JUPREF_ENTRY_SIZE], uint64_t seq,
    const uint8_t previous[JUPREF_SHA256_SIZE])
{
    jupref_reader_t  reader;

    jupref_reader_init(&reader, (jupref_bytes_t) { entry,
                                                   JUPREF_ENTRY_SIZE });
    (void) jupref_read_bytes(&reader, JUPREF_ENTRY_SEQ_AT);

    return entry[0] == JUPREF_LEAF_SIZE >> 8
           && entry[1] == (JUPREF_LEAF_SIZE & 0xff)
           && jupref_read_u64_le(&reader) == seq
           && memcmp(entry + JUPREF_ENTRY_PREVIOUS_AT, previous,
                     JUPREF_SHA256_SIZE) == 0;
}


jupref_fault_e
jupref_tile_leaf(jupref_bytes_t bytes, uint64_t seq,
    const uint8_t previous[JUPREF_SHA256_SIZE],
    uint8_t leaf[JUPREF_LEAF_SIZE], uint8_t hash[JUPREF_SHA256_SIZE],
    jupref_fault_t *fault)
{
    jupref_record_t         record;
    jupref_record_result_e  result;

    fault->seq = seq;
    result = jupref_record_parse(bytes, &record);

    if (result != JUPREF_RECORD_OK) {
        return jupref_fault_set(fault, JUPREF_FAULT_RECORD, "journal", 0,
                                "record %llu: %s", (unsigned long long) seq,
                                jupref_record_result_text(result));
    }

    if (record.seq != seq
        || memcmp(record.previous, previous, JUPREF_SHA256_SIZE) != 0)
    {
        return jupref_fault_set(fault, JUPREF_FAULT_TILE, "tiles", 0,
                                "record %llu doesn't follow the event that "
                                "was published before it",
                                (unsigned long long) seq);
    }

    if (!jupref_record_leaf(&record, leaf)
        || !jupref_tile_leaf_hash(leaf, hash))
    {
        return jupref_fault_memory(fault, "tiles");
    }

    if (memcmp(hash, record.leaf_hash, JUPREF_SHA256_SIZE) != 0) {
        return jupref_fault_set(fault, JUPREF_FAULT_RECORD, "journal", 0,
                                "record %llu: %s", (unsigned long long) seq,
                                jupref_record_result_text(
                                    JUPREF_RECORD_HASH));
    }

    return JUPREF_FAULT_NONE;
}


jupref_fault_e
jupref_builder_append(jupref_tile_builder_t *builder,
    const uint8_t leaf[JUPREF_LEAF_SIZE],
    const uint8_t hash[JUPREF_SHA256_SIZE], jupref_fault_t *fault)
{
    uint8_t         *entry, root[JUPREF_SHA256_SIZE];
    unsigned         place;
    jupref_tile_t    tile;
    jupref_fault_e   result;

    place = builder->size % JUPREF_TILE_WIDTH;
    entry = builder->entries + place * JUPREF_ENTRY_SIZE;
    entry[0] = JUPREF_LEAF_SIZE >> 8;
    entry[1] = JUPREF_LEAF_SIZE & 0xff;
    memcpy(entry + 2, leaf, JUPREF_LEAF_SIZE);
    memcpy(builder->hashes[0] + place * JUPREF_SHA256_SIZE, hash,
           JUPREF_SHA256_SIZE);
    memcpy(builder->last, hash, JUPREF_SHA256_SIZE);

    if (place < JUPREF_TILE_WIDTH - 1) {
        builder->size++;
        return JUPREF_FAULT_NONE;
    }

    tile.level = JUPREF_TILE_ENTRIES;
    tile.width = JUPREF_TILE_WIDTH;
    tile.index = builder->size / JUPREF_TILE_WIDTH;
    result = builder->put(builder->context, &tile, builder->entries, fault);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    tile.level = 0;
    result = builder->put(builder->context, &tile, builder->hashes[0], fault);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    if (!jupref_tile_root(builder->hashes[0], JUPREF_TILE_WIDTH, root)) {
        return jupref_fault_memory(fault, NULL);
    }

    result = jupref_builder_raise(builder, 1, root, fault);
    builder->size++;

    return result;
}


/* Called while the size is still that without the leaf that filled a tile. */
jupref_fault_e
jupref_builder_raise(jupref_tile_builder_t *builder, unsigned level,
    const uint8_t root[JUPREF_SHA256_SIZE], jupref_fault_t *fault)
{
    uint8_t         hash[JUPREF_SHA256_SIZE];
    uint64_t        count;
    unsigned        place;
    jupref_tile_t   tile;
    jupref_fault_e  result;

    memcpy(hash, root, JUPREF_SHA256_SIZE);

    for ( /* void */ ; level < JUPREF_TILE_LEVELS; level++) {
        count = jupref_builder_count(builder, level);
        place = count % JUPREF_TILE_WIDTH;
        memcpy(builder->hashes[level] + place * JUPREF_SHA256_SIZE, hash,
               JUPREF_SHA256_SIZE);

        if (place < JUPREF_TILE_WIDTH - 1) {
            return JUPREF_FAULT_NONE;
        }

        tile.level = level;
        tile.width = JUPREF_TILE_WIDTH;
        tile.index = count / JUPREF_TILE_WIDTH;
        result = builder->put(builder->context, &tile, builder->hashes[level],
                              fault);

        if (result != JUPREF_FAULT_NONE) {
            return result;
        }

        if (!jupref_tile_root(builder->hashes[level], JUPREF_TILE_WIDTH,
                              hash))
        {
            return jupref_fault_memory(fault, NULL);
        }
    }

    return JUPREF_FAULT_NONE;
}


void
jupref_builder_partial(const jupref_tile_builder_t *builder, unsigned level,
    jupref_tile_t *tile, const uint8_t **bytes)
{
    uint64_t  count;

    count = jupref_builder_count(builder,
                                 level == JUPREF_TILE_ENTRIES ? 0 : level);

    tile->level = level;
    tile->width = count % JUPREF_TILE_WIDTH;
    tile->index = count / JUPREF_TILE_WIDTH;
    *bytes = level == JUPREF_TILE_ENTRIES ? builder->entries
                                          : builder->hashes[level];
}


static uint64_t
jupref_builder_count(const jupref_tile_builder_t *builder, unsigned level)
{
    return builder->size >> (level * JUPREF_TILE_BITS);
}
