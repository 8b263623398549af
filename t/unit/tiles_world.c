/*
 * A published log (see the header).
 */

#include "tiles_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "log/jupref_tile.h"


#define LEAVES_MAX  80000


static void
start(tiles_world_t *world)
{
    world->leaf_hashes = calloc(LEAVES_MAX, JUPREF_SHA256_SIZE);
    assert_non_null(world->leaf_hashes);
    assert_int_equal(journal_recover(&world->journal), JUPREF_FAULT_NONE);
    assert_int_equal(jupref_identity_load(&world->journal.store,
                                          jupref_bytes("log.example/a"),
                                          &world->identity, &world->fault),
                     JUPREF_FAULT_NONE);
}


void
tiles_world_on_disk(tiles_world_t *world)
{
    const char  *parent;

    memset(world, 0, sizeof(tiles_world_t));
    parent = getenv("TMPDIR");
    snprintf(world->directory, sizeof(world->directory),
             "%.40s/jupref-tiles.XXXXXX", parent != NULL ? parent : "/tmp");
    assert_non_null(mkdtemp(world->directory));
    jupref_disk_posix(&world->disk, world->directory);
    journal_store_init(&world->journal.store, &world->disk);
    start(world);
}


void
tiles_world_simulated(tiles_world_t *world, uint64_t seed)
{
    memset(world, 0, sizeof(tiles_world_t));
    journal_world_init(&world->journal, sim_disk_create(seed));
    start(world);
}


void
tiles_world_free(tiles_world_t *world)
{
    char  command[128];

    free(world->leaf_hashes);

    if (world->directory[0] == '\0') {
        journal_world_free(&world->journal);
        return;
    }

    journal_world_stop(&world->journal);
    snprintf(command, sizeof(command), "rm -r '%s'", world->directory);
    assert_int_equal(system(command), 0);
}


void
tiles_world_events(tiles_world_t *world, unsigned count)
{
    uint8_t          salt[JUPREF_SALT_SIZE];
    jupref_log_t    *log;
    jupref_event_t   event;

    log = world->journal.log;
    memset(salt, world->salt, sizeof(salt));
    memset(&event, 0, sizeof(event));
    event.edge = 1;
    event.type = JUPREF_EVENT_ORDERS_COUNTED;

    for ( /* void */ ; count > 0; count--) {
        assert_true(world->count < LEAVES_MAX);

        if (!jupref_log_has_room(log)) {
            assert_int_equal(journal_flush(&world->journal),
                             JUPREF_FAULT_NONE);
        }

        event.seq = log->seq + 1;
        event.edge_seq = event.seq;
        event.time_ms = JOURNAL_NOW_MS + event.seq;
        event.of.counted.count = (uint32_t) (event.seq % 1000 + 1);
        assert_true(jupref_log_prepare(log, &event, salt));
        assert_true(jupref_log_publish(log, &event));
        memcpy(world->leaf_hashes[world->count], log->head,
               JUPREF_SHA256_SIZE);
        world->count++;
    }

    assert_int_equal(journal_flush(&world->journal), JUPREF_FAULT_NONE);
}


jupref_fault_e
tiles_world_publish(tiles_world_t *world)
{
    jupref_fault_e   result;
    jupref_tiles_t  *tiles;

    memset(&world->fault, 0, sizeof(world->fault));
    result = jupref_tiles_open(&world->journal.store, &tiles, &world->fault);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    result = jupref_tiles_update(tiles, world->count, &world->identity,
                                 &world->fault);
    jupref_tiles_close(tiles);

    return result;
}


jupref_fault_e
tiles_world_verify(tiles_world_t *world)
{
    memset(&world->fault, 0, sizeof(world->fault));

    return jupref_tiles_verify(&world->journal.store, &world->fault);
}


void
naive_root(const uint8_t (*leaf_hashes)[JUPREF_SHA256_SIZE], uint64_t count,
    uint8_t root[JUPREF_SHA256_SIZE])
{
    uint8_t   left[JUPREF_SHA256_SIZE], right[JUPREF_SHA256_SIZE];
    uint64_t  split;

    if (count == 0) {
        assert_true(jupref_sha256(root, jupref_bytes("")));
        return;
    }

    if (count == 1) {
        memcpy(root, leaf_hashes[0], JUPREF_SHA256_SIZE);
        return;
    }

    for (split = 1; 2 * split < count; split *= 2) {
        /* void */
    }

    naive_root(leaf_hashes, split, left);
    naive_root(leaf_hashes + split, count - split, right);
    assert_true(jupref_merkle_node(root, left, right));
}


int64_t
tiles_world_file(tiles_world_t *world, const char *name, uint8_t *bytes,
    size_t size)
{
    int             file;
    int64_t         len;
    jupref_disk_t  *disk;

    disk = world->journal.store.disk;
    file = disk->open(disk, name, 0, 0);

    if (file < 0) {
        return -1;
    }

    len = disk->read(disk, file, bytes, size, 0);
    disk->close(disk, file);

    return len;
}


void
tiles_world_replace(tiles_world_t *world, const char *name,
    const uint8_t *bytes, size_t len)
{
    int             file;
    jupref_disk_t  *disk;

    disk = world->journal.store.disk;
    assert_int_equal(disk->remove(disk, name), 0);
    file = disk->open(disk, name, 1, 1);
    assert_true(file >= 0);
    assert_int_equal(disk->write(disk, file, bytes, len, 0), 0);
    disk->close(disk, file);
}


/* The hashes of one tile, as the tree's definition has them. */
static void
assert_tile(tiles_world_t *world, const char *level, unsigned bits,
    uint64_t index, unsigned width)
{
    char      name[JUPREF_NAME_MAX];
    uint8_t   bytes[JUPREF_TILE_MAX + 1], expected[JUPREF_SHA256_SIZE];
    unsigned  i;

    assert_true(index < 1000);

    if (width == JUPREF_TILE_WIDTH) {
        snprintf(name, sizeof(name), "tiles/tile/%s/%03u", level,
                 (unsigned) index);
    } else {
        snprintf(name, sizeof(name), "tiles/tile/%s/%03u.p/%u", level,
                 (unsigned) index, width);
    }

    if (strcmp(level, "entries") == 0) {
        assert_int_equal(tiles_world_file(world, name, bytes, sizeof(bytes)),
                         width * JUPREF_ENTRY_SIZE);

        for (i = 0; i < width; i++) {
            assert_int_equal(bytes[i * JUPREF_ENTRY_SIZE], 0);
            assert_int_equal(bytes[i * JUPREF_ENTRY_SIZE + 1],
                             JUPREF_LEAF_SIZE);
            assert_true(jupref_tile_leaf_hash(bytes + i * JUPREF_ENTRY_SIZE
                                              + 2, expected));
            assert_memory_equal(expected,
                                world->leaf_hashes[index * JUPREF_TILE_WIDTH
                                                   + i],
                                JUPREF_SHA256_SIZE);
        }

        return;
    }

    assert_int_equal(tiles_world_file(world, name, bytes, sizeof(bytes)),
                     width * JUPREF_SHA256_SIZE);

    for (i = 0; i < width; i++) {
        naive_root(world->leaf_hashes
                   + ((index * JUPREF_TILE_WIDTH + i) << bits),
                   UINT64_C(1) << bits, expected);
        assert_memory_equal(bytes + i * JUPREF_SHA256_SIZE, expected,
                            JUPREF_SHA256_SIZE);
    }
}


void
assert_published(tiles_world_t *world, uint64_t size)
{
    char      level[12], text[JUPREF_CHECKPOINT_MAX];
    size_t    len;
    uint8_t   bytes[JUPREF_CHECKPOINT_MAX], root[JUPREF_SHA256_SIZE];
    unsigned  bits;
    uint64_t  index, count;

    for (bits = 0; size >> bits > 0; bits += JUPREF_TILE_BITS) {
        count = size >> bits;
        snprintf(level, sizeof(level), "%u", bits / JUPREF_TILE_BITS);

        for (index = 0; index < count / JUPREF_TILE_WIDTH; index++) {
            assert_tile(world, level, bits, index, JUPREF_TILE_WIDTH);

            if (bits == 0) {
                assert_tile(world, "entries", 0, index, JUPREF_TILE_WIDTH);
            }
        }

        if (count % JUPREF_TILE_WIDTH > 0) {
            assert_tile(world, level, bits, index, count % JUPREF_TILE_WIDTH);

            if (bits == 0) {
                assert_tile(world, "entries", 0, index,
                            count % JUPREF_TILE_WIDTH);
            }
        }
    }

    naive_root(world->leaf_hashes, size, root);
    len = jupref_checkpoint_write(text, &world->identity, size, root);
    assert_int_equal(tiles_world_file(world, JUPREF_CHECKPOINT_NAME, bytes,
                                      sizeof(bytes)), len);
    assert_memory_equal(text, bytes, len);
}
