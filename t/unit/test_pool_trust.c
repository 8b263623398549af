/*
 * What a node may claim and be believed, when others fall and recover.
 */

#include "pool_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


#define LAG_SLOTS    (5000 * 1000 / 214000)
#define DOUBT_MS     30000
#define EVIDENCE_MS  10000


static uint64_t
believable(pool_world_t *world)
{
    return jupref_pool_reach(world->pool, JUPREF_COMMITMENT_PROCESSED,
                             world->now_ms);
}


/* Seconds pass, and at each of them the truth can be said. */

static void
the_truth_is_believed_for(pool_world_t *world, unsigned seconds)
{
    unsigned  i;

    for (i = 0; i < seconds; i++) {
        pool_world_pass(world, 1000);
        assert_true(pool_world_slot(world) <= believable(world));
    }
}


static uint64_t
height_reach(pool_world_t *world)
{
    return jupref_pool_believable_height(world->pool,
                                         JUPREF_COMMITMENT_PROCESSED,
                                         world->now_ms);
}


static void
all_but_one_fall(pool_world_t *world, unsigned left)
{
    unsigned  i;

    for (i = 0; i < world->count; i++) {
        world->nodes[i].silent = (i != left);
    }
}


static void
nobody_is_doubted_while_nothing_is_known(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 3);
    assert_true(believable(&world) == UINT64_MAX);
    assert_true(height_reach(&world) == UINT64_MAX);
    pool_world_free(&world);
}


static void
of_nodes_that_agree_nothing_far_off_is_believed(void **state)
{
    unsigned      count, i;
    pool_world_t  world;

    for (count = 1; count <= 5; count++) {
        pool_world_make(&world, count);
        pool_world_pass(&world, 1000);

        for (i = 0; i < 120; i++) {
            the_truth_is_believed_for(&world, 1);
            assert_true(believable(&world)
                        <= pool_world_slot(&world) + LAG_SLOTS + 4);
        }

        pool_world_free(&world);
    }
}


static void
whoever_is_left_does_not_hold_the_others_back(void **state)
{
    pool_world_t  world;

    /* one that lags, one that stands still: long enough that nothing of the
     * others is taken for evidence */

    pool_world_make(&world, 3);
    pool_world_pass(&world, 20000);
    world.nodes[0].delay_ms = 12000;
    all_but_one_fall(&world, 0);
    the_truth_is_believed_for(&world, DOUBT_MS / 1000 - 2);
    pool_world_free(&world);

    pool_world_make(&world, 3);
    pool_world_pass(&world, 20000);
    pool_world_freeze(&world, 2);
    all_but_one_fall(&world, 2);
    the_truth_is_believed_for(&world, DOUBT_MS / 1000 - 2);

    /* and when they are back after a longer time they are believed soon */

    pool_world_pass(&world, 120000);
    world.nodes[0].silent = 0;
    world.nodes[1].silent = 0;
    pool_world_pass(&world, 1000);
    the_truth_is_believed_for(&world, 60);
    pool_world_free(&world);
}


static void
one_alone_is_not_believed_to_have_jumped(void **state)
{
    unsigned      seconds;
    pool_world_t  world;

    pool_world_make(&world, 3);
    pool_world_pass(&world, 20000);
    world.nodes[1].offset = 100000;
    all_but_one_fall(&world, 1);

    for (seconds = 0; seconds < DOUBT_MS / 1000; seconds++) {
        the_truth_is_believed_for(&world, 1);
        assert_true(believable(&world) < pool_world_says(&world, 1));
    }

    /* where nobody else comes back it is at last */

    pool_world_pass(&world, EVIDENCE_MS + 2000);
    assert_true(believable(&world) >= pool_world_says(&world, 1));
    pool_world_free(&world);
}


static void
one_alone_cannot_run_away_in_small_steps(void **state)
{
    unsigned      seconds;
    pool_world_t  world;

    pool_world_make(&world, 3);
    pool_world_pass(&world, 20000);
    pool_world_pace(&world, 1, 1000);
    all_but_one_fall(&world, 1);

    for (seconds = 0; seconds < DOUBT_MS / 1000; seconds++) {
        the_truth_is_believed_for(&world, 1);
        assert_true(believable(&world)
                    <= pool_world_slot(&world) + 2 * LAG_SLOTS);
    }

    pool_world_free(&world);
}


static void
a_liar_who_came_first_is_believed_no_longer_than_it_is_the_front(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 3);
    world.nodes[0].offset = 100000;
    all_but_one_fall(&world, 0);
    pool_world_pass(&world, 2000);
    assert_true(believable(&world) >= pool_world_says(&world, 0));

    world.nodes[1].silent = 0;
    world.nodes[2].silent = 0;

    while (world.pool->front_slot > pool_world_slot(&world) + LAG_SLOTS) {
        pool_world_pass(&world, 100);
    }

    assert_true(believable(&world)
                <= pool_world_slot(&world) + 2 * LAG_SLOTS);
    pool_world_free(&world);
}


static void
several_that_agree_are_believed_wherever_they_are(void **state)
{
    unsigned      i;
    pool_world_t  world;

    pool_world_make(&world, 3);
    pool_world_pass(&world, 20000);

    for (i = 0; i < 3; i++) {
        world.nodes[i].offset = 5000;
    }

    pool_world_pass(&world, 1000);
    assert_true(believable(&world) >= pool_world_says(&world, 0));
    pool_world_free(&world);
}


static void
a_pool_of_one_has_nobody_else_to_believe(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 1);
    pool_world_pass(&world, 20000);
    world.nodes[0].offset = 5000;
    pool_world_pass(&world, 1000);
    assert_true(believable(&world) >= pool_world_says(&world, 0));
    pool_world_free(&world);
}


static void
a_chain_that_stands_is_not_expected_to_go_on(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 3);
    pool_world_pass(&world, 20000);
    world.halted_ms = world.now_ms;
    world.halted = 1;
    pool_world_pass(&world, 600000);
    assert_true(believable(&world)
                <= pool_world_slot(&world) + LAG_SLOTS
                   + DOUBT_MS * 1000 / JUPREF_SLOT_US_MIN);
    pool_world_free(&world);
}


static void
heights_are_believed_near_those_of_the_slots(void **state)
{
    uint64_t      height;
    pool_world_t  world;

    pool_world_make(&world, 3);
    world.tells_finalized = 1;
    world.nodes[2].height_is_slot = 1;
    pool_world_pass(&world, 20000);

    height = pool_world_slot(&world) - POOL_WORLD_SKIPPED;

    assert_in_range(height_reach(&world), height, height + LAG_SLOTS + 32);
    pool_world_free(&world);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(nobody_is_doubted_while_nothing_is_known),
        cmocka_unit_test(of_nodes_that_agree_nothing_far_off_is_believed),
        cmocka_unit_test(whoever_is_left_does_not_hold_the_others_back),
        cmocka_unit_test(one_alone_is_not_believed_to_have_jumped),
        cmocka_unit_test(one_alone_cannot_run_away_in_small_steps),
        cmocka_unit_test(
            a_liar_who_came_first_is_believed_no_longer_than_it_is_the_front),
        cmocka_unit_test(several_that_agree_are_believed_wherever_they_are),
        cmocka_unit_test(a_pool_of_one_has_nobody_else_to_believe),
        cmocka_unit_test(a_chain_that_stands_is_not_expected_to_go_on),
        cmocka_unit_test(heights_are_believed_near_those_of_the_slots)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
