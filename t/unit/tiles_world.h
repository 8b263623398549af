/*
 * A published log: a journal, its tiles, and a naive tree to hold them
 * against, on a simulated disk or in a temporary directory.
 */

#ifndef TILES_WORLD_H
#define TILES_WORLD_H


#include "log/jupref_tiles.h"

#include "journal_world.h"


typedef struct {
    journal_world_t     journal;
    jupref_identity_t   identity;
    jupref_disk_t       disk;           /* of the directory */
    char                directory[64];  /* empty: simulated */
    uint8_t             salt;           /* tells histories apart */
    uint8_t           (*leaf_hashes)[JUPREF_SHA256_SIZE];   /* in the journal */
    uint64_t            count;
    jupref_fault_t      fault;          /* the last one */
} tiles_world_t;


void tiles_world_on_disk(tiles_world_t *world);
void tiles_world_simulated(tiles_world_t *world, uint64_t seed);
void tiles_world_free(tiles_world_t *world);

/* So many more events, synced. */
void tiles_world_events(tiles_world_t *world, unsigned count);

/* Opens, brings up to all events, closes. */
jupref_fault_e tiles_world_publish(tiles_world_t *world);
jupref_fault_e tiles_world_verify(tiles_world_t *world);

/* RFC 9162's definition, as it stands there. */
void naive_root(const uint8_t (*leaf_hashes)[JUPREF_SHA256_SIZE],
    uint64_t count, uint8_t root[JUPREF_SHA256_SIZE]);

/* A whole file; its length, -1 when it isn't there. */
int64_t tiles_world_file(tiles_world_t *world, const char *name,
    uint8_t *bytes, size_t size);
void tiles_world_replace(tiles_world_t *world, const char *name,
    const uint8_t *bytes, size_t len);

/* All tiles that a tree of this size has, and the signed checkpoint. */
void assert_published(tiles_world_t *world, uint64_t size);


#endif /* TILES_WORLD_H */
