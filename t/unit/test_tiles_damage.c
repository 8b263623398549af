/*
 * Tiles after crashes and changes: what a crash took is written anew, what
 * somebody changed is named, and no second history is ever signed.
 */

#include "log/jupref_tile.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tiles_world.h"


/* The disk is the copy's from here on; the log's memory is as it was. */
static void
use_disk(tiles_world_t *world, sim_disk_t *sim)
{
    world->journal.sim = sim;
    world->journal.store.disk = &sim->disk;
}


static void
whatever_a_crash_leaves_is_mended(void **state)
{
    unsigned        operation, seed, done;
    sim_disk_t     *before;
    jupref_fault_e  result;
    tiles_world_t   world;

    tiles_world_simulated(&world, 1);
    tiles_world_events(&world, 500);
    assert_int_equal(tiles_world_publish(&world), JUPREF_FAULT_NONE);
    tiles_world_events(&world, 300);
    sim_disk_settle(world.journal.sim);
    before = world.journal.sim;
    done = 0;

    for (operation = 1; !done; operation++) {
        assert_in_range(operation, 1, 100);

        for (seed = 1; seed <= 3; seed++) {
            use_disk(&world, sim_disk_copy(before, seed));
            world.journal.sim->power_off_in = operation;
            result = tiles_world_publish(&world);
            done = !world.journal.sim->off;
            assert_int_equal(result, done ? JUPREF_FAULT_NONE
                                          : JUPREF_FAULT_IO);
            sim_disk_crash(world.journal.sim);

            assert_int_equal(tiles_world_publish(&world), JUPREF_FAULT_NONE);
            assert_published(&world, 800);

            if (tiles_world_verify(&world) != JUPREF_FAULT_NONE) {
                fail_msg("%u, %u: %s", operation, seed, world.fault.text);
            }

            sim_disk_free(world.journal.sim);
        }
    }

    use_disk(&world, before);
    tiles_world_free(&world);
}


static void
an_error_of_the_disk_is_told_and_the_next_update_goes_on(void **state)
{
    unsigned         operation;
    jupref_fault_e   result;
    tiles_world_t    world;
    jupref_tiles_t  *tiles;

    tiles_world_simulated(&world, 2);
    assert_int_equal(jupref_tiles_open(&world.journal.store, &tiles,
                                       &world.fault), JUPREF_FAULT_NONE);

    for (operation = 1; operation <= 6; operation++) {
        tiles_world_events(&world, 200);
        world.journal.sim->fail_write_in = operation;
        result = jupref_tiles_update(tiles, world.count, &world.identity,
                                     &world.fault);
        assert_int_equal(result, world.journal.sim->fail_write_in == 0
                                 ? JUPREF_FAULT_IO : JUPREF_FAULT_NONE);
        world.journal.sim->fail_write_in = 0;
        assert_int_equal(jupref_tiles_update(tiles, world.count,
                                             &world.identity, &world.fault),
                         JUPREF_FAULT_NONE);
        assert_published(&world, world.count);
        assert_int_equal(tiles_world_verify(&world), JUPREF_FAULT_NONE);
    }

    jupref_tiles_close(tiles);
    tiles_world_free(&world);
}


/* A tile of the right size with other bytes: a page that never got there. */
static void
a_full_tile_with_other_bytes_is_written_anew(void **state)
{
    unsigned       i;
    uint8_t        bytes[JUPREF_TILE_MAX];
    tiles_world_t  world;

    static const char *const  names[] = {
        "tiles/tile/0/001", "tiles/tile/entries/001", "tiles/tile/0/002.p/88",
        "tiles/tile/entries/002.p/88", "tiles/tile/1/000.p/2"
    };

    tiles_world_simulated(&world, 3);
    tiles_world_events(&world, 600);
    assert_int_equal(tiles_world_publish(&world), JUPREF_FAULT_NONE);

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        memset(bytes, 0, sizeof(bytes));
        tiles_world_replace(&world, names[i], bytes,
                            (size_t) tiles_world_file(&world, names[i], bytes,
                                                      sizeof(bytes)));
        sim_disk_flip(world.journal.sim, names[i], 40, 0x08);
        assert_int_equal(tiles_world_verify(&world), JUPREF_FAULT_TILE);
        assert_string_equal(world.fault.file, names[i]);
        assert_int_equal(world.fault.at, 40);

        assert_int_equal(tiles_world_publish(&world), JUPREF_FAULT_NONE);
        assert_published(&world, 600);
        assert_int_equal(tiles_world_verify(&world), JUPREF_FAULT_NONE);
    }

    tiles_world_free(&world);
}


static void
any_flipped_byte_is_named_with_its_file(void **state)
{
    char           name[JUPREF_NAME_MAX];
    size_t         n, at, len, step;
    unsigned       files;
    tiles_world_t  world;

    tiles_world_simulated(&world, 4);
    tiles_world_events(&world, 40);
    assert_int_equal(tiles_world_publish(&world), JUPREF_FAULT_NONE);
    tiles_world_events(&world, 220);
    assert_int_equal(tiles_world_publish(&world), JUPREF_FAULT_NONE);
    files = 0;

    for (n = 0; sim_disk_name(world.journal.sim, n) != NULL; n++) {
        snprintf(name, sizeof(name), "%s", sim_disk_name(world.journal.sim,
                                                         n));

        if (strncmp(name, "tiles/", 6) != 0
            || sim_disk_bytes(world.journal.sim, name, &len) == NULL
            || len == 0)
        {
            continue;
        }

        files++;
        step = len < 600 ? 1 : len / 100 | 1;

        for (at = 0; at < len; at += step) {
            sim_disk_flip(world.journal.sim, name, at, 0x20);

            if (tiles_world_verify(&world) != JUPREF_FAULT_TILE) {
                fail_msg("%s at %zu isn't found", name, at);
            }

            assert_string_equal(world.fault.file, name);
            sim_disk_flip(world.journal.sim, name, at, 0x20);
        }

        /* nor may what was published be gone */

        sim_disk_cut(world.journal.sim, name, len - 1);
        assert_int_equal(tiles_world_verify(&world), JUPREF_FAULT_TILE);
        assert_string_equal(world.fault.file, name);
        assert_int_equal(tiles_world_publish(&world), JUPREF_FAULT_NONE);
        assert_int_equal(tiles_world_verify(&world), JUPREF_FAULT_NONE);
    }

    /* level 0, level 1, entries; one full tile each of two; a checkpoint */

    assert_int_equal(files, 6);
    tiles_world_free(&world);
}


/* The directory of one log with the tiles of another. */
static void
copy_tiles(tiles_world_t *from, tiles_world_t *to)
{
    size_t       n, len;
    char         name[JUPREF_NAME_MAX];
    uint8_t      bytes[JUPREF_TILE_MAX];
    const char  *found;

    for (n = 0; (found = sim_disk_name(from->journal.sim, n)) != NULL; n++) {
        snprintf(name, sizeof(name), "%s", found);

        if (strncmp(name, "tiles/", 6) != 0
            || sim_disk_bytes(from->journal.sim, name, &len) == NULL
            || len == 0)
        {
            continue;
        }

        assert_true(len <= sizeof(bytes));
        memcpy(bytes, sim_disk_bytes(from->journal.sim, name, &len), len);
        (void) jupref_tiles_write_file(&to->journal.store, name, bytes, len);
    }

    to->identity = from->identity;
}


static void
a_second_history_is_never_signed(void **state)
{
    unsigned       i, len;
    uint8_t        before[JUPREF_CHECKPOINT_MAX], after[JUPREF_CHECKPOINT_MAX];
    tiles_world_t  world, other;

    static const unsigned  sizes[][2] = {
        { 100, 200 },                   /* both in one tile */
        { 300, 700 },                   /* a full tile of the other's */
        { 300, 280 },                   /* and a log that is shorter */
        { 300, 300 }
    };

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        tiles_world_simulated(&world, 5);
        tiles_world_simulated(&other, 6);

        /* journals that part behind the 90th event */

        tiles_world_events(&world, sizes[i][0]);
        assert_int_equal(tiles_world_publish(&world), JUPREF_FAULT_NONE);
        tiles_world_events(&other, 90);
        other.salt = 1;
        tiles_world_events(&other, sizes[i][1] - 90);
        copy_tiles(&world, &other);

        len = (unsigned) tiles_world_file(&other, JUPREF_CHECKPOINT_NAME,
                                          before, sizeof(before));
        assert_int_equal(tiles_world_publish(&other), JUPREF_FAULT_TILE);
        assert_int_equal(tiles_world_file(&other, JUPREF_CHECKPOINT_NAME,
                                          after, sizeof(after)), len);
        assert_memory_equal(before, after, len);
        assert_int_not_equal(tiles_world_verify(&other), JUPREF_FAULT_NONE);

        tiles_world_free(&world);
        tiles_world_free(&other);
    }
}


static void
a_checkpoint_that_nobody_signed_is_replaced(void **state)
{
    tiles_world_t  world;

    tiles_world_simulated(&world, 7);
    tiles_world_events(&world, 20);
    assert_int_equal(tiles_world_publish(&world), JUPREF_FAULT_NONE);
    sim_disk_cut(world.journal.sim, JUPREF_CHECKPOINT_NAME, 0);
    assert_int_equal(tiles_world_publish(&world), JUPREF_FAULT_NONE);
    assert_published(&world, 20);
    sim_disk_flip(world.journal.sim, JUPREF_CHECKPOINT_NAME, 14, 0x03);
    assert_int_equal(tiles_world_publish(&world), JUPREF_FAULT_NONE);
    assert_published(&world, 20);
    tiles_world_free(&world);
}


/* Who only reads tiles never writes, and does without the partial ones. */
static void
proofs_are_made_without_a_partial_tile_of_an_upper_level(void **state)
{
    uint8_t          root[JUPREF_SHA256_SIZE], expected[JUPREF_SHA256_SIZE];
    uint64_t         operations;
    tiles_world_t    world;
    jupref_tiles_t  *tiles;

    tiles_world_simulated(&world, 8);
    tiles_world_events(&world, 770);
    assert_int_equal(tiles_world_publish(&world), JUPREF_FAULT_NONE);
    assert_int_equal(world.journal.sim->disk.remove(&world.journal.sim->disk,
                                                    "tiles/tile/1/000.p/3"),
                     0);
    operations = world.journal.sim->operations;
    naive_root(world.leaf_hashes, 770, expected);

    assert_int_equal(jupref_tiles_open(&world.journal.store, &tiles,
                                       &world.fault), JUPREF_FAULT_NONE);
    assert_true(jupref_merkle_root(770, jupref_tiles_subtree, tiles, root));
    assert_memory_equal(root, expected, JUPREF_SHA256_SIZE);
    assert_false(jupref_merkle_root(771, jupref_tiles_subtree, tiles, root));
    assert_false(jupref_tiles_subtree(tiles, 48, 0, root));
    assert_false(jupref_tiles_subtree(tiles, 47, 2, root));
    assert_int_equal(world.journal.sim->operations, operations);

    jupref_tiles_close(tiles);
    tiles_world_free(&world);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(whatever_a_crash_leaves_is_mended),
        cmocka_unit_test(
            an_error_of_the_disk_is_told_and_the_next_update_goes_on),
        cmocka_unit_test(a_full_tile_with_other_bytes_is_written_anew),
        cmocka_unit_test(any_flipped_byte_is_named_with_its_file),
        cmocka_unit_test(a_second_history_is_never_signed),
        cmocka_unit_test(a_checkpoint_that_nobody_signed_is_replaced),
        cmocka_unit_test(
            proofs_are_made_without_a_partial_tile_of_an_upper_level)
    };

    return cmocka_run_group_tests_name("tiles_damage", tests, NULL, NULL);
}
