/*
 * Tiles: the tree as it is defined, in C2SP's layout, whatever was there
 * before, and proofs made from them.
 */

#include "log/jupref_tile.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger_world.h"
#include "log/jupref_proof.h"
#include "log/jupref_snapshot.h"
#include "tiles_world.h"


static void
names_are_as_the_layout_has_them(void **state)
{
    unsigned       i;
    char           name[JUPREF_NAME_MAX];

    static const struct {
        jupref_tile_t  tile;
        const char    *name;
    } expected[] = {
        { { 0, 256, 0 }, "tiles/tile/0/000" },
        { { 0, 256, 67 }, "tiles/tile/0/067" },
        { { 1, 256, 999 }, "tiles/tile/1/999" },
        { { 0, 256, 1000 }, "tiles/tile/0/x001/000" },
        { { 3, 256, 1234067 }, "tiles/tile/3/x001/x234/067" },
        { { 0, 112, 1234067 }, "tiles/tile/0/x001/x234/067.p/112" },
        { { JUPREF_TILE_ENTRIES, 1, 5 }, "tiles/tile/entries/005.p/1" },
        { { JUPREF_TILE_ENTRIES, 256, 1000000 },
          "tiles/tile/entries/x001/x000/000" }
    };

    for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        jupref_tile_name(name, &expected[i].tile);
        assert_string_equal(name, expected[i].name);
    }
}


static void
assert_root(tiles_world_t *world, jupref_tiles_t *tiles, uint64_t size)
{
    uint8_t  root[JUPREF_SHA256_SIZE], expected[JUPREF_SHA256_SIZE];

    naive_root(world->leaf_hashes, size, expected);
    assert_true(jupref_merkle_root(size, jupref_tiles_subtree, tiles, root));
    assert_memory_equal(root, expected, JUPREF_SHA256_SIZE);
}


/* Of who writes, and of who opens them then. */
static void
a_log_of_any_size_is_published_as_the_tree_it_is(void **state)
{
    uint64_t          size;
    tiles_world_t     world;
    jupref_tiles_t   *tiles, *other;

    tiles_world_on_disk(&world);
    assert_int_equal(jupref_tiles_open(&world.journal.store, &tiles,
                                       &world.fault), JUPREF_FAULT_NONE);

    for (size = 0; size <= 600; size++) {
        assert_int_equal(jupref_tiles_update(tiles, size, &world.identity,
                                             &world.fault),
                         JUPREF_FAULT_NONE);
        assert_int_equal(jupref_tiles_size(tiles), size);
        assert_root(&world, tiles, size);

        assert_int_equal(jupref_tiles_open(&world.journal.store, &other,
                                           &world.fault),
                         JUPREF_FAULT_NONE);
        assert_int_equal(jupref_tiles_size(other), size);
        assert_root(&world, other, size);
        assert_root(&world, other, size / 2);

        if (size % 37 == 0 || size % 256 < 2) {
            assert_published(&world, size);
            assert_int_equal(tiles_world_verify(&world), JUPREF_FAULT_NONE);
        }

        /* sometimes another process goes on */

        if (size % 50 == 49) {
            jupref_tiles_close(tiles);
            tiles = other;

        } else {
            jupref_tiles_close(other);
        }

        tiles_world_events(&world, 1);
    }

    jupref_tiles_close(tiles);
    tiles_world_free(&world);
}


static void
partial_tiles_stay_until_the_full_one_is_there(void **state)
{
    uint8_t        bytes[JUPREF_TILE_MAX];
    tiles_world_t  world;

    tiles_world_simulated(&world, 1);
    tiles_world_events(&world, 100);
    assert_int_equal(tiles_world_publish(&world), JUPREF_FAULT_NONE);
    tiles_world_events(&world, 100);
    assert_int_equal(tiles_world_publish(&world), JUPREF_FAULT_NONE);

    assert_true(tiles_world_file(&world, "tiles/tile/0/000.p/100", bytes,
                                 sizeof(bytes)) > 0);
    assert_true(tiles_world_file(&world, "tiles/tile/entries/000.p/200", bytes,
                                 sizeof(bytes)) > 0);

    tiles_world_events(&world, 100);
    assert_int_equal(tiles_world_publish(&world), JUPREF_FAULT_NONE);
    assert_int_equal(tiles_world_file(&world, "tiles/tile/0/000.p/100", bytes,
                                      sizeof(bytes)), -1);
    assert_int_equal(tiles_world_file(&world, "tiles/tile/entries/000.p/200",
                                      bytes, sizeof(bytes)), -1);
    assert_published(&world, 300);
    tiles_world_free(&world);
}


static void
assert_proofs(tiles_world_t *world, jupref_tiles_t *tiles, unsigned pairs)
{
    uint8_t                 root[JUPREF_SHA256_SIZE];
    uint8_t                 from_root[JUPREF_SHA256_SIZE];
    uint64_t                random, size, seq, from;
    jupref_proof_t          growth;
    jupref_event_proof_t   *proof;
    jupref_record_cache_t  *cache;

    random = 42;
    cache = NULL;
    proof = malloc(sizeof(jupref_event_proof_t));
    assert_non_null(proof);

    for ( /* void */ ; pairs > 0; pairs--) {
        size = 1 + random_next(&random) % world->count;
        seq = 1 + random_next(&random) % size;
        from = 1 + random_next(&random) % size;

        assert_int_equal(jupref_prove_event(&world->journal.store, tiles,
                                            &cache, seq, size, NULL, proof,
                                            &world->fault),
                         JUPREF_FAULT_NONE);
        assert_int_equal(proof->record.seq, seq);
        assert_memory_equal(proof->leaf_hash, world->leaf_hashes[seq - 1],
                            JUPREF_SHA256_SIZE);

        naive_root(world->leaf_hashes, size, root);
        assert_true(jupref_merkle_verify_inclusion(seq - 1, size,
                                                   proof->leaf_hash,
                                                   &proof->inclusion, root));
        assert_memory_equal(root, proof->root, JUPREF_SHA256_SIZE);

        assert_int_equal(jupref_prove_growth(tiles, from, size, from_root,
                                             root, &growth, &world->fault),
                         JUPREF_FAULT_NONE);
        naive_root(world->leaf_hashes, from, root);
        assert_memory_equal(root, from_root, JUPREF_SHA256_SIZE);
        naive_root(world->leaf_hashes, size, root);
        assert_true(jupref_merkle_verify_consistency(from, size, from_root,
                                                     root, &growth));

        /* with another root nothing is told */

        root[0] ^= 1;
        assert_int_equal(jupref_prove_event(&world->journal.store, tiles,
                                            &cache, seq, size, root, proof,
                                            &world->fault),
                         JUPREF_FAULT_TILE);
    }

    assert_int_equal(jupref_prove_event(&world->journal.store, tiles, &cache,
                                        11, 10, NULL, proof, &world->fault),
                     JUPREF_FAULT_TILE);
    assert_int_equal(jupref_prove_event(&world->journal.store, tiles, &cache,
                                        0, 10, NULL, proof, &world->fault),
                     JUPREF_FAULT_TILE);
    jupref_record_cache_free(cache);
    free(proof);
}


static void
any_event_is_proved_in_any_tree_it_is_in(void **state)
{
    tiles_world_t    world;
    jupref_tiles_t  *tiles;

    tiles_world_simulated(&world, 2);
    tiles_world_events(&world, 777);
    assert_int_equal(tiles_world_publish(&world), JUPREF_FAULT_NONE);
    assert_int_equal(jupref_tiles_open(&world.journal.store, &tiles,
                                       &world.fault), JUPREF_FAULT_NONE);
    assert_proofs(&world, tiles, 300);
    jupref_tiles_close(tiles);
    tiles_world_free(&world);
}


/* Keeps a snapshot of the journal's state and asks to drop all before it. */
static void
prune(tiles_world_t *world, unsigned *segments)
{
    unsigned            snapshots;
    jupref_place_t      place;
    jupref_ledger_t    *ledger;
    jupref_recovery_t   how;
    jupref_recovered_t  recovered;

    memset(&how, 0, sizeof(how));
    ledger = world_new(JUPREF_LEDGER_MIN);
    assert_int_equal(jupref_recover(&world->journal.store, &how, ledger,
                                    &place, &recovered, &world->fault),
                     JUPREF_FAULT_NONE);
    assert_int_equal(place.seq, world->count);
    assert_int_equal(jupref_snapshot_write(&world->journal.store, ledger,
                                           &place, place.time_ms,
                                           &world->fault),
                     JUPREF_FAULT_NONE);
    assert_int_equal(jupref_snapshot_prune(&world->journal.store, 1,
                                           UINT64_MAX, &snapshots, segments,
                                           &world->fault),
                     JUPREF_FAULT_NONE);
    world_free(ledger);
}


static void
a_log_of_two_levels_is_taken_up_and_outlives_its_segments(void **state)
{
    uint64_t         settled;
    unsigned         segments, i;
    tiles_world_t    world;
    jupref_tiles_t  *tiles;

    tiles_world_on_disk(&world);

    for (i = 0; i < 4; i++) {
        tiles_world_events(&world, 16000);
        jupref_log_bound(world.journal.log, 0);
        assert_int_equal(tiles_world_publish(&world), JUPREF_FAULT_NONE);
    }

    prune(&world, &segments);
    assert_int_equal(segments, 0);

    tiles_world_events(&world, 1535);
    assert_int_equal(tiles_world_publish(&world), JUPREF_FAULT_NONE);
    assert_int_equal(jupref_tiles_settled(&world.journal.store, &settled,
                                          &world.fault), JUPREF_FAULT_NONE);
    assert_int_equal(settled, 0);

    tiles_world_events(&world, 1);
    assert_int_equal(tiles_world_publish(&world), JUPREF_FAULT_NONE);
    assert_int_equal(jupref_tiles_settled(&world.journal.store, &settled,
                                          &world.fault), JUPREF_FAULT_NONE);
    assert_int_equal(settled, 65536);
    assert_published(&world, 65536);

    jupref_log_bound(world.journal.log, 0);
    tiles_world_events(&world, 1000);
    assert_int_equal(tiles_world_publish(&world), JUPREF_FAULT_NONE);
    assert_published(&world, 66536);
    assert_int_equal(tiles_world_verify(&world), JUPREF_FAULT_NONE);

    /* five segments end before 65,536, the last one is written to */

    prune(&world, &segments);
    assert_int_equal(segments, 5);
    assert_int_equal(tiles_world_verify(&world), JUPREF_FAULT_NONE);

    tiles_world_events(&world, 300);
    assert_int_equal(tiles_world_publish(&world), JUPREF_FAULT_NONE);
    assert_published(&world, 66836);
    assert_int_equal(tiles_world_verify(&world), JUPREF_FAULT_NONE);

    assert_int_equal(jupref_tiles_open(&world.journal.store, &tiles,
                                       &world.fault), JUPREF_FAULT_NONE);
    assert_int_equal(jupref_tiles_size(tiles), 66836);
    assert_root(&world, tiles, 65535);
    assert_root(&world, tiles, 65537);
    jupref_tiles_close(tiles);
    tiles_world_free(&world);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(names_are_as_the_layout_has_them),
        cmocka_unit_test(a_log_of_any_size_is_published_as_the_tree_it_is),
        cmocka_unit_test(partial_tiles_stay_until_the_full_one_is_there),
        cmocka_unit_test(any_event_is_proved_in_any_tree_it_is_in),
        cmocka_unit_test(
            a_log_of_two_levels_is_taken_up_and_outlives_its_segments)
    };

    return cmocka_run_group_tests_name("tiles", tests, NULL, NULL);
}
