/*
 * Random histories: whatever fewer than half of the nodes say, no honest one
 * is ever out, and lies that matter are named.
 */

#include "pool_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


#define HISTORIES  400
#define STEPS      60                   /* of one to three seconds */


static uint64_t
chance(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;

    return *seed;
}


/* One of the ways to lie, from now on; some together, so that they agree. */

static void
lie(pool_world_t *world, unsigned node, int64_t together, uint64_t *seed)
{
    pool_world_node_t  *n;

    n = &world->nodes[node];

    switch (chance(seed) % 9) {

    case 0:
        n->offset = together;
        n->frozen = 0;
        n->pace = 0;
        break;

    case 1:
        n->offset = (int64_t) (chance(seed) % 2000000) - 1000000;
        n->frozen = 0;
        n->pace = 0;
        break;

    case 2:

        /* near the limits */

        n->offset = (int64_t) (chance(seed) % 60) - 30;
        n->frozen = 0;
        n->pace = 0;
        break;

    case 3:
        pool_world_freeze(world, node);
        break;

    case 4:
        n->frozen = 0;
        pool_world_pace(world, node, (unsigned) (80 + chance(seed) % 60));
        break;

    case 5:
        n->frozen = 0;
        pool_world_pace(world, node, (unsigned) (1 + chance(seed) % 3000));
        break;

    case 6:
        n->frozen = chance(seed);
        break;

    case 7:
        n->height_is_slot = !n->height_is_slot;
        break;

    default:

        /* honest for a while, to be among the others */

        n->offset = 0;
        n->frozen = 0;
        n->pace = 0;
        break;
    }
}


static void
gossip(pool_world_t *world, unsigned node, uint8_t byte)
{
    uint8_t  hash[JUPREF_GENESIS_SIZE];

    memset(hash, byte, sizeof(hash));
    jupref_pool_genesis(world->pool, node, hash);
}


static void
history(uint64_t seed)
{
    unsigned      i, step, count, liars;
    int64_t       together;
    uint64_t      first;
    pool_world_t  world;

    first = seed;
    count = 1 + (unsigned) (chance(&seed) % 9);
    liars = (unsigned) (chance(&seed) % ((count + 1) / 2));

    pool_world_make(&world, count);
    world.slot_us = 100000 + chance(&seed) % 300000;

    /* the last ones lie */

    for (i = 0; i < count; i++) {
        world.nodes[i].delay_ms = (unsigned) (chance(&seed) % 600);
        gossip(&world, i, i < count - liars ? 1 : (uint8_t) chance(&seed));
    }

    together = (int64_t) (chance(&seed) % 100000);

    for (step = 0; step < STEPS; step++) {

        for (i = count - liars; i < count; i++) {
            if (chance(&seed) % 3 == 0) {
                lie(&world, i, together, &seed);
            }
        }

        pool_world_pass(&world, 1000 + chance(&seed) % 2000);

        for (i = 0; i < count - liars; i++) {
            if (pool_world_out(&world, i)) {
                fail_msg("seed %llu, step %u: honest node %u of %u (%u lie) "
                         "is out: %s", (unsigned long long) first, step, i,
                         count, liars,
                         jupref_out_name(jupref_node_worst(
                                             &world.pool->nodes[i])));
            }
        }

        /* and where the pool is, is where they are, within half of max_lag */

        assert_true((world.pool->front_slot + 4) * world.slot_us
                    > pool_world_slot(&world) * world.slot_us - 700000);
    }

    pool_world_free(&world);
}


static void
no_honest_node_is_ever_out_for_what_fewer_than_half_say(void **state)
{
    uint64_t  i, seed;

    for (i = 1; i <= HISTORIES; i++) {
        seed = i * UINT64_C(0x9e3779b97f4a7c15);
        history(seed);
    }
}


/* All that disagree loudly are out, each of them. */

static void
liars_that_are_far_off_are_all_named(void **state)
{
    unsigned      i, count;
    pool_world_t  world;

    for (count = 3; count <= 9; count += 2) {
        pool_world_make(&world, count);
        pool_world_pass(&world, 10000);

        for (i = count / 2 + 1; i < count; i++) {
            world.nodes[i].offset = 3000;
        }

        pool_world_pass(&world, 5000);

        for (i = 0; i < count; i++) {
            assert_int_equal(pool_world_out(&world, i),
                             i > count / 2 ? out_bit(AHEAD_ALONE) : 0);
        }

        pool_world_free(&world);
    }
}


/* One that creeps ahead is believed only as far as it was among the others. */

static void
one_that_creeps_away_puts_nobody_out(void **state)
{
    unsigned      percent, seconds;
    pool_world_t  world;

    for (percent = 101; percent < 160; percent += 3) {
        pool_world_make(&world, 3);
        pool_world_pass(&world, 20000);
        pool_world_pace(&world, 2, percent);

        for (seconds = 0; seconds < 300; seconds++) {
            pool_world_pass(&world, 1000);
            assert_int_equal(pool_world_out(&world, 0), 0);
            assert_int_equal(pool_world_out(&world, 1), 0);
        }

        if (percent > 110) {
            assert_true(pool_world_out(&world, 2) & out_bit(AHEAD_ALONE));
        }

        pool_world_free(&world);
    }
}


/* What a client was told is judged before anybody acts on it. */

static void
a_slot_beyond_belief_is_judged_at_once(void **state)
{
    uint64_t      slot;
    unsigned      commitment;
    pool_world_t  world;

    for (commitment = JUPREF_COMMITMENT_PROCESSED;
         commitment <= JUPREF_COMMITMENT_FINALIZED;
         commitment++)
    {
        pool_world_make(&world, 3);
        pool_world_pass(&world, 10000);

        slot = pool_world_slot(&world);

        /* the chain's next slots are believed, and put nobody out */

        assert_true(jupref_pool_told(world.pool, 1,
                                     JUPREF_COMMITMENT_PROCESSED, slot + 2,
                                     world.now_ms, world.now_ms));
        assert_int_equal(world.pool->nodes[1].reasons, 0);

        assert_false(jupref_pool_told(world.pool, 2, commitment, 999999999,
                                      world.now_ms, world.now_ms));
        assert_true(world.pool->nodes[2].reasons & out_bit(AHEAD_ALONE));
        assert_true(jupref_node_doubted(&world.pool->nodes[2]));
        assert_true(jupref_pool_reach(world.pool, commitment, world.now_ms)
                    < slot + 100);

        /* and nothing of it is left when the node is among the others again */

        pool_world_pass(&world, 5000);
        assert_int_equal(pool_world_out(&world, 2), 0);
        assert_true(jupref_pool_head(world.pool, commitment, world.now_ms,
                                     NULL, NULL)
                    < slot + 1000);

        pool_world_free(&world);
    }
}


/* There is nobody to compare it with. */

static void
a_node_alone_is_believed(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 1);

    assert_true(jupref_pool_told(world.pool, 0, JUPREF_COMMITMENT_CONFIRMED,
                                 5000, world.now_ms, world.now_ms));
    assert_true(jupref_pool_told(world.pool, 0, JUPREF_COMMITMENT_PROCESSED,
                                 900000, world.now_ms, world.now_ms));
    assert_false(jupref_pool_told(world.pool, JUPREF_POOL_NODES,
                                  JUPREF_COMMITMENT_PROCESSED, 1,
                                  world.now_ms, world.now_ms));

    pool_world_free(&world);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_slot_beyond_belief_is_judged_at_once),
        cmocka_unit_test(a_node_alone_is_believed),
        cmocka_unit_test(
            no_honest_node_is_ever_out_for_what_fewer_than_half_say),
        cmocka_unit_test(liars_that_are_far_off_are_all_named),
        cmocka_unit_test(one_that_creeps_away_puts_nobody_out)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
