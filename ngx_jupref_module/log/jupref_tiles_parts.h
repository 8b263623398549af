/*
 * The tiles of a log as one process has them open.
 */

#ifndef JUPREF_TILES_PARTS_H
#define JUPREF_TILES_PARTS_H


#include "log/jupref_tile.h"


/* The tile of a level that was read last: good up to its width for ever. */
typedef struct {
    uint64_t  index;
    unsigned  width;                    /* 0: none */
    uint8_t   hashes[JUPREF_TILE_HASHES];
} jupref_tile_cache_t;


struct jupref_tiles_s {
    jupref_store_t         *store;
    uint64_t                size;
    jupref_tile_cache_t     cache[JUPREF_TILE_LEVELS];

    /* who writes */
    unsigned                resumed:1;  /* builder is what the files are */
    unsigned                resuming:1; /* full tiles that are there are good */
    unsigned                published:1;        /* a checkpoint is out */
    unsigned                agreed:1;   /* and it was found in the tree */
    unsigned                mended:1;   /* partial tiles were looked at */
    uint64_t                published_size;
    uint8_t                 published_root[JUPREF_SHA256_SIZE];
    uint64_t                written[JUPREF_TILE_LEVELS + 1];
                                        /* hashes, leaves in partial tiles */
    jupref_record_cache_t  *records;
    jupref_tile_builder_t   builder;
};


/* The builder as the files are, as far as they are good. */
jupref_fault_e jupref_tiles_resume(jupref_tiles_t *tiles,
    jupref_fault_t *fault);

/* Partial tiles of an earlier run, against what has been built since. */
jupref_fault_e jupref_tiles_mend(jupref_tiles_t *tiles,
    jupref_fault_t *fault);

/* Writes a full tile, and what has to be synced before. */
jupref_fault_e jupref_tiles_put(void *context, const jupref_tile_t *tile,
    const uint8_t *bytes, jupref_fault_t *fault);

/*
 * A checkpoint as it is published: its length, 0 when there is none or it
 * isn't one that this identity has signed; -errno.
 */
int jupref_checkpoint_read(jupref_store_t *store,
    const jupref_identity_t *identity, uint64_t *size,
    uint8_t root[JUPREF_SHA256_SIZE]);

jupref_fault_e jupref_tiles_find_published(jupref_tiles_t *tiles,
    const jupref_identity_t *identity, jupref_fault_t *fault);
jupref_fault_e jupref_tiles_agree(jupref_tiles_t *tiles,
    jupref_fault_t *fault);
jupref_fault_e jupref_tiles_publish(jupref_tiles_t *tiles,
    const jupref_identity_t *identity, jupref_fault_t *fault);

/* Says what is wrong with a tile: -errno, or 0 when it isn't there whole. */
jupref_fault_e jupref_tiles_io(const jupref_tile_t *tile, int result,
    const char *doing, jupref_fault_t *fault);


#endif /* JUPREF_TILES_PARTS_H */
