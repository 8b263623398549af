/*
 * One tile: 256 hashes of one level, or the leaves they are of, as a file.
 *
 *     level 0   leaf hashes
 *     level n   the roots of 256 full tiles of level n - 1
 *     entries   leaves
 *
 *     tile/<level or "entries">/x001/x234/067         full: index 1,234,067
 *     tile/<level or "entries">/x001/x234/067.p/12    its first 12
 *
 * A builder takes leaves in their order and gives away each tile that gets
 * full; what is in the tiles that aren't full stays in memory.
 */

#ifndef JUPREF_TILE_H
#define JUPREF_TILE_H


#include "log/jupref_tiles.h"


#define JUPREF_TILE_BITS      8         /* of a place in a tile */
#define JUPREF_TILE_LEVELS    (JUPREF_MERKLE_LEVELS / JUPREF_TILE_BITS)
#define JUPREF_TILE_ENTRIES   JUPREF_TILE_LEVELS    /* "level" of leaves */
#define JUPREF_TILE_HASHES    (JUPREF_TILE_WIDTH * JUPREF_SHA256_SIZE)
#define JUPREF_ENTRY_SIZE     (2 + JUPREF_LEAF_SIZE)
#define JUPREF_TILE_MAX       (JUPREF_TILE_WIDTH * JUPREF_ENTRY_SIZE)

/* Leaves below a full tile of level 1. */
#define JUPREF_TILE_GROUP     (JUPREF_TILE_WIDTH * JUPREF_TILE_WIDTH)

#define JUPREF_CHECKPOINT_NAME  "tiles/checkpoint"


typedef struct {
    unsigned  level;
    unsigned  width;                    /* JUPREF_TILE_WIDTH: full */
    uint64_t  index;
} jupref_tile_t;


/* Told which partial widths of a tile there are: a bit each. */
typedef struct {
    uint64_t  bits[JUPREF_TILE_WIDTH / 64];
} jupref_widths_t;


/* Bytes that a tile has. */
size_t jupref_tile_size(const jupref_tile_t *tile);
void jupref_tile_name(char name[JUPREF_NAME_MAX], const jupref_tile_t *tile);

/* Names a tile that isn't what it should be. */
jupref_fault_e jupref_tile_fault(const jupref_tile_t *tile, uint64_t at,
    const char *why, jupref_fault_t *fault);

/* 1 when the file is there in its size (and was read), 0 when it isn't;
 * -errno. */
int jupref_tile_there(jupref_store_t *store, const jupref_tile_t *tile);
int jupref_tile_read(jupref_store_t *store, const jupref_tile_t *tile,
    uint8_t *bytes);

/* Under another name first; 0 or -errno.  Not synced. */
int jupref_tile_write(jupref_store_t *store, const jupref_tile_t *tile,
    const uint8_t *bytes);
int jupref_tiles_write_file(jupref_store_t *store, const char *name,
    const uint8_t *bytes, size_t len);

/* The file, and its name in all directories above it; 0 or -errno. */
int jupref_tile_sync(jupref_store_t *store, const jupref_tile_t *tile);
int jupref_tile_sync_names(jupref_store_t *store, const jupref_tile_t *tile);

/* Of the tile's level and index; 0 or -errno. */
int jupref_tile_widths(jupref_store_t *store, const jupref_tile_t *tile,
    jupref_widths_t *widths);
int jupref_tile_drop_widths(jupref_store_t *store, const jupref_tile_t *tile);

/*
 * Full tiles of a level from index `from` on, none missing between; 0 or
 * -errno.  Those of level 1 are on disk for good, with all below them.
 */
int jupref_tile_count(jupref_store_t *store, unsigned level, uint64_t from,
    uint64_t *count);

/* The hash of `count` hashes, a power of two. */
unsigned jupref_tile_root(const uint8_t *hashes, unsigned count,
    uint8_t root[JUPREF_SHA256_SIZE]);

/* The leaf's hash (RFC 9162). */
unsigned jupref_tile_leaf_hash(const uint8_t leaf[JUPREF_LEAF_SIZE],
    uint8_t hash[JUPREF_SHA256_SIZE]);


/* 1 when an entry is the leaf of that seq and says so of the hash before. */
unsigned jupref_entry_follows(const uint8_t entry[JUPREF_ENTRY_SIZE],
    uint64_t seq, const uint8_t previous[JUPREF_SHA256_SIZE]);

/* The leaf of a record, which must be of that seq, follow `previous`, and be
 * what its hashes say. */
jupref_fault_e jupref_tile_leaf(jupref_bytes_t bytes, uint64_t seq,
    const uint8_t previous[JUPREF_SHA256_SIZE],
    uint8_t leaf[JUPREF_LEAF_SIZE], uint8_t hash[JUPREF_SHA256_SIZE],
    jupref_fault_t *fault);


typedef jupref_fault_e (*jupref_tile_put_pt)(void *context,
    const jupref_tile_t *tile, const uint8_t *bytes, jupref_fault_t *fault);


typedef struct {
    jupref_tile_put_pt  put;            /* takes a full tile, lowest first */
    void               *context;
    uint64_t            size;           /* leaves taken */
    uint8_t             last[JUPREF_SHA256_SIZE];   /* the last one's hash */
    uint8_t             hashes[JUPREF_TILE_LEVELS][JUPREF_TILE_HASHES];
    uint8_t             entries[JUPREF_TILE_MAX];
} jupref_tile_builder_t;


jupref_fault_e jupref_builder_append(jupref_tile_builder_t *builder,
    const uint8_t leaf[JUPREF_LEAF_SIZE],
    const uint8_t hash[JUPREF_SHA256_SIZE], jupref_fault_t *fault);

/* The root of a full tile of `level` - 1, which is the next hash of it. */
jupref_fault_e jupref_builder_raise(jupref_tile_builder_t *builder,
    unsigned level, const uint8_t root[JUPREF_SHA256_SIZE],
    jupref_fault_t *fault);

/* The tile of that level that isn't full; its width may be 0. */
void jupref_builder_partial(const jupref_tile_builder_t *builder,
    unsigned level, jupref_tile_t *tile, const uint8_t **bytes);


#endif /* JUPREF_TILE_H */
