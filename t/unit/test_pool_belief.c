/*
 * What an answer may say of where the chain is: honest ones always may; what
 * is too old, or ahead of all others, is outside.
 */

#include "pool_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


#define PROCESSED  JUPREF_COMMITMENT_PROCESSED
#define FINALIZED  JUPREF_COMMITMENT_FINALIZED


/* Nodes that agree, and whose commitments are 32 slots apart. */

static void
good_pool(pool_world_t *world, unsigned count)
{
    unsigned  i, step;

    pool_world_make(world, count);
    world->tells_finalized = 1;

    for (step = 0; step < 20; step++) {
        pool_world_pass(world, 400);

        for (i = 0; i < count; i++) {
            jupref_pool_slot(world->pool, i, FINALIZED,
                             pool_world_slot(world) - 32, world->now_ms);
        }
    }

    jupref_pool_judge(world->pool, 0, world->now_ms);
    assert_true(world->pool->known[FINALIZED]);
    assert_in_range(world->pool->offset[FINALIZED], 31, 33);
}


static uint64_t
reach(pool_world_t *world)
{
    return jupref_pool_reach(world->pool, PROCESSED, world->now_ms);
}


static uint64_t
height_reach(pool_world_t *world)
{
    return jupref_pool_believable_height(world->pool,
                                         JUPREF_COMMITMENT_PROCESSED,
                                         world->now_ms);
}


static void
honest_answers_are_within_at_any_commitment(void **state)
{
    unsigned      i;
    uint64_t      now;
    pool_world_t  world;

    good_pool(&world, 3);

    for (i = 0; i < 200; i++) {
        pool_world_pass(&world, 300);
        now = pool_world_slot(&world);

        assert_true(now <= reach(&world));
        assert_true(now - POOL_WORLD_SKIPPED
                    <= height_reach(&world));
        assert_true(now >= jupref_pool_least_slot(world.pool, PROCESSED,
                                                  world.now_ms));
        assert_true(now - 32 >= jupref_pool_least_slot(world.pool, FINALIZED,
                                                       world.now_ms));
        assert_true(now - POOL_WORLD_SKIPPED
                    >= jupref_pool_least_height(world.pool, PROCESSED,
                                                world.now_ms));
        assert_true(now - 32 - POOL_WORLD_SKIPPED
                    >= jupref_pool_least_height(world.pool, FINALIZED,
                                                world.now_ms));
    }

    pool_world_free(&world);
}


/* Five seconds are 23 slots of 214 ms. */

static void
what_is_older_than_max_lag_is_too_old(void **state)
{
    uint64_t      now;
    pool_world_t  world;

    good_pool(&world, 3);
    now = pool_world_slot(&world);

    assert_in_range(now - jupref_pool_least_slot(world.pool, PROCESSED,
                                                 world.now_ms), 21, 27);
    assert_in_range(now - jupref_pool_least_slot(world.pool, FINALIZED,
                                                 world.now_ms), 53, 59);

    /* slot and height were told one after the other: a second's play */

    assert_in_range(now - POOL_WORLD_SKIPPED
                    - jupref_pool_least_height(world.pool, PROCESSED,
                                               world.now_ms), 21, 40);
    assert_in_range(now - POOL_WORLD_SKIPPED
                    - jupref_pool_least_height(world.pool, FINALIZED,
                                               world.now_ms), 53, 72);

    /* a call of some time ago may be answered by what was true then */

    assert_true(jupref_pool_least_slot(world.pool, PROCESSED,
                                       world.now_ms + 2140)
                - jupref_pool_least_slot(world.pool, PROCESSED,
                                         world.now_ms) == 10);

    pool_world_free(&world);
}


static void
what_nobody_else_is_near_is_not_believed(void **state)
{
    uint64_t      now;
    pool_world_t  world;

    good_pool(&world, 3);
    now = pool_world_slot(&world);

    assert_true(now + 50 > reach(&world));
    assert_true(now > height_reach(&world));

    pool_world_free(&world);
}


/* A node that runs away moves neither bound, whatever it tells of heights and
 * of other commitments while it does. */

static void
a_liar_moves_no_bound(void **state)
{
    unsigned      i;
    uint64_t      now;
    pool_world_t  world;

    good_pool(&world, 3);
    world.nodes[2].offset = 100000;

    for (i = 0; i < 20; i++) {
        pool_world_pass(&world, 400);
        now = pool_world_slot(&world);

        jupref_pool_slot(world.pool, 2, FINALIZED, now - 32, world.now_ms);
        jupref_pool_judge(world.pool, 0, world.now_ms);

        assert_in_range(world.pool->offset[FINALIZED], 31, 33);
        assert_in_range(reach(&world),
                        now, now + 50);
        assert_in_range(jupref_pool_least_slot(world.pool, PROCESSED,
                                               world.now_ms),
                        now - 30, now);
        assert_true(now - POOL_WORLD_SKIPPED
                    >= jupref_pool_least_height(world.pool, PROCESSED,
                                                world.now_ms));
    }

    pool_world_free(&world);
}


/* One that was behind tells where it is now by its height first. */

static void
one_that_has_just_caught_up_moves_no_bound(void **state)
{
    uint64_t      now;
    pool_world_t  world;

    good_pool(&world, 3);
    world.nodes[2].offset = -40;
    pool_world_pass(&world, 400);
    now = pool_world_slot(&world);

    jupref_pool_height(world.pool, 2, now - 32 - POOL_WORLD_SKIPPED,
                       world.now_ms);
    jupref_pool_slot(world.pool, 2, PROCESSED, now, world.now_ms);
    jupref_pool_judge(world.pool, 0, world.now_ms);

    assert_true(now - POOL_WORLD_SKIPPED
                >= jupref_pool_least_height(world.pool, PROCESSED,
                                            world.now_ms));

    pool_world_free(&world);
}


/* Where nobody has said anything lately, or nothing of that commitment. */

static void
with_too_little_known_there_is_no_bound(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 3);
    assert_true(reach(&world)
                == UINT64_MAX);
    assert_true(height_reach(&world)
                == UINT64_MAX);
    assert_true(jupref_pool_least_slot(world.pool, PROCESSED, world.now_ms)
                == 0);
    assert_true(jupref_pool_least_height(world.pool, PROCESSED, world.now_ms)
                == 0);

    pool_world_pass(&world, 5000);
    assert_true(jupref_pool_least_slot(world.pool, FINALIZED, world.now_ms)
                == 0);
    assert_true(jupref_pool_least_height(world.pool, PROCESSED, world.now_ms)
                == 0);
    assert_true(jupref_pool_least_slot(world.pool, JUPREF_COMMITMENT_NONE,
                                       world.now_ms) == 0);

    world.now_ms += 60000;
    assert_true(jupref_pool_least_slot(world.pool, PROCESSED, world.now_ms)
                == 0);

    pool_world_free(&world);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(honest_answers_are_within_at_any_commitment),
        cmocka_unit_test(what_is_older_than_max_lag_is_too_old),
        cmocka_unit_test(what_nobody_else_is_near_is_not_believed),
        cmocka_unit_test(a_liar_moves_no_bound),
        cmocka_unit_test(one_that_has_just_caught_up_moves_no_bound),
        cmocka_unit_test(with_too_little_known_there_is_no_bound)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
