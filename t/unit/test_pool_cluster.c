/*
 * Nodes of another cluster, and those that take slots for block heights.
 */

#include "pool_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


static void
all_in(pool_world_t *world)
{
    unsigned  i;

    for (i = 0; i < world->count; i++) {
        assert_int_equal(pool_world_out(world, i), 0);
    }
}


static void
heights_that_are_slots_are_named(void **state)
{
    unsigned  count;
    pool_world_t   world;

    for (count = 2; count <= 5; count++) {
        pool_world_make(&world, count);
        world.tells_finalized = 1;
        world.nodes[0].height_is_slot = 1;
        pool_world_pass(&world, 5000);

        assert_int_equal(pool_world_out(&world, 0), out_bit(HEIGHT_IS_SLOT));
        assert_int_equal(pool_world_out(&world, 1), 0);

        world.nodes[0].height_is_slot = 0;
        pool_world_pass(&world, 5000);
        all_in(&world);
        pool_world_free(&world);
    }
}


static void
a_cluster_that_skipped_no_slot_has_such_heights(void **state)
{
    unsigned  i;
    pool_world_t   world;

    pool_world_make(&world, 3);

    for (i = 0; i < 3; i++) {
        world.nodes[i].height_is_slot = 1;
    }

    pool_world_pass(&world, 5000);
    all_in(&world);
    pool_world_free(&world);
}


static void
genesis(pool_world_t *world, unsigned node, uint8_t byte)
{
    uint8_t  hash[JUPREF_GENESIS_SIZE];

    memset(hash, byte, sizeof(hash));
    jupref_pool_genesis(world->pool, node, hash);
    jupref_pool_judge(world->pool, 0, ++world->now_ms);
}


static void
a_genesis_hash_is_right_when_most_of_the_weight_has_it(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 3);
    genesis(&world, 0, 7);
    genesis(&world, 1, 9);
    genesis(&world, 2, 9);

    assert_int_equal(pool_world_out(&world, 0), out_bit(FOREIGN_GENESIS));
    assert_int_equal(pool_world_out(&world, 1), 0);
    assert_int_equal(pool_world_out(&world, 2), 0);

    jupref_pool_configure(world.pool, 0, 3, 0, 0);
    jupref_pool_judge(world.pool, 0, ++world.now_ms);
    assert_int_equal(pool_world_out(&world, 0), 0);
    assert_int_equal(pool_world_out(&world, 1), out_bit(FOREIGN_GENESIS));
    assert_int_equal(pool_world_out(&world, 2), out_bit(FOREIGN_GENESIS));
    pool_world_free(&world);
}


static void
of_two_clusters_the_one_seen_first_is_right(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 2);
    genesis(&world, 1, 9);
    genesis(&world, 0, 7);

    assert_int_equal(pool_world_out(&world, 0), out_bit(FOREIGN_GENESIS));
    assert_int_equal(pool_world_out(&world, 1), 0);
    pool_world_free(&world);
}


static void
a_configured_genesis_hash_outranks_all_nodes(void **state)
{
    pool_world_t              world;
    jupref_pool_rules_t  rules;

    pool_world_make(&world, 3);
    rules = world.pool->rules;
    rules.genesis_fixed = 1;
    memset(rules.genesis, 7, sizeof(rules.genesis));
    world.pool->rules = rules;

    genesis(&world, 0, 7);
    genesis(&world, 1, 9);
    genesis(&world, 2, 9);

    assert_int_equal(pool_world_out(&world, 0), 0);
    assert_int_equal(pool_world_out(&world, 1), out_bit(FOREIGN_GENESIS));
    assert_int_equal(pool_world_out(&world, 2), out_bit(FOREIGN_GENESIS));
    pool_world_free(&world);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(heights_that_are_slots_are_named),
        cmocka_unit_test(a_cluster_that_skipped_no_slot_has_such_heights),
        cmocka_unit_test(
            a_genesis_hash_is_right_when_most_of_the_weight_has_it),
        cmocka_unit_test(of_two_clusters_the_one_seen_first_is_right),
        cmocka_unit_test(a_configured_genesis_hash_outranks_all_nodes)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
