/*
 * Who is out, and why: nodes are compared with each other, and fewer than half
 * of them can't decide it.
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
nodes_that_agree_are_in(void **state)
{
    unsigned  count;
    pool_world_t   world;

    for (count = 1; count <= 9; count++) {
        pool_world_make(&world, count);
        pool_world_pass(&world, 20000);
        all_in(&world);

        assert_true(world.pool->front_slot >= pool_world_slot(&world) - 2);
        assert_true(world.pool->front_slot <= pool_world_slot(&world) + 2);
        pool_world_free(&world);
    }
}


static void
slot_time_is_what_the_slots_take(void **state)
{
    uint64_t  us, slow;
    pool_world_t   world;

    for (us = 60000; us <= 900000; us += 140000) {
        pool_world_make(&world, 3);
        world.slot_us = us;
        pool_world_pass(&world, 60000);

        slow = world.pool->slot_us;
        assert_true(slow > us - us / 12 && slow < us + us / 12);
        all_in(&world);
        pool_world_free(&world);
    }
}


static void
slot_time_stays_within_what_can_be(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 1);
    pool_world_pass(&world, 10000);
    pool_world_pace(&world, 0, 10000);
    pool_world_pass(&world, 60000);
    assert_int_equal(world.pool->slot_us, JUPREF_SLOT_US_MIN);

    pool_world_pace(&world, 0, 1);
    pool_world_pass(&world, 120000);
    assert_true(world.pool->slot_us > JUPREF_SLOT_US_MAX - 10);
    assert_true(world.pool->slot_us <= JUPREF_SLOT_US_MAX);
    pool_world_free(&world);
}


static void
one_that_runs_wild_does_not_move_the_slot_time(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 3);
    pool_world_pass(&world, 20000);
    pool_world_pace(&world, 1, 3000);
    pool_world_pass(&world, 60000);

    assert_true(world.pool->slot_us > 200000);
    assert_true(world.pool->slot_us < 228000);
    pool_world_free(&world);
}


static void
a_node_goes_out_behind_max_lag_and_comes_back_within_recover_lag(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 3);
    pool_world_pass(&world, 20000);

    world.nodes[1].delay_ms = 4500;
    pool_world_pass(&world, 10000);
    all_in(&world);

    world.nodes[1].delay_ms = 5600;
    pool_world_pass(&world, 2000);
    assert_int_equal(pool_world_out(&world, 1), out_bit(BEHIND));
    assert_true(world.pool->nodes[1].lag_ms > 5000);
    assert_true(world.pool->nodes[1].lag_ms < 6300);

    world.nodes[1].delay_ms = 3000;
    pool_world_pass(&world, 10000);
    assert_int_equal(pool_world_out(&world, 1), out_bit(BEHIND));

    world.nodes[1].delay_ms = 2000;
    pool_world_pass(&world, 2000);
    all_in(&world);
    pool_world_free(&world);
}


static void
the_others_stay_when_one_runs_away(void **state)
{
    unsigned  count;
    pool_world_t   world;

    for (count = 3; count <= 7; count++) {
        pool_world_make(&world, count);
        pool_world_pass(&world, 10000);
        world.nodes[1].offset = 100000;
        pool_world_pass(&world, 5000);

        assert_int_equal(pool_world_out(&world, 1), out_bit(AHEAD_ALONE));
        assert_true(world.pool->front_slot <= pool_world_slot(&world) + 2);
        assert_int_equal(pool_world_out(&world, 0), 0);
        assert_int_equal(pool_world_out(&world, 2), 0);

        world.nodes[1].offset = 0;
        pool_world_pass(&world, 5000);
        all_in(&world);
        pool_world_free(&world);
    }
}


static void
one_that_is_far_ahead_from_the_first_moment_is_out_too(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 3);
    world.nodes[2].offset = 5000;
    pool_world_pass(&world, 5000);

    assert_int_equal(pool_world_out(&world, 0), 0);
    assert_int_equal(pool_world_out(&world, 1), 0);
    assert_int_equal(pool_world_out(&world, 2), out_bit(AHEAD_ALONE));
    pool_world_free(&world);
}


static void
an_absurd_slot_is_just_wrong(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 3);
    pool_world_pass(&world, 5000);
    world.nodes[0].frozen = UINT64_MAX;
    pool_world_pass(&world, 5000);

    assert_int_not_equal(pool_world_out(&world, 0), 0);
    assert_int_equal(pool_world_out(&world, 1), 0);
    assert_int_equal(pool_world_out(&world, 2), 0);
    pool_world_free(&world);
}


/* A little ahead is believed, by half: nobody goes out for it. */

static void
a_claim_below_the_limit_puts_nobody_out(void **state)
{
    unsigned  slots;
    pool_world_t   world;

    for (slots = 1; slots <= 23; slots++) {
        pool_world_make(&world, 3);
        world.nodes[1].delay_ms = 300;
        world.nodes[2].delay_ms = 600;
        pool_world_pass(&world, 5000);
        world.nodes[0].offset = slots;
        pool_world_pass(&world, 20000);

        assert_int_equal(pool_world_out(&world, 1), 0);
        assert_int_equal(pool_world_out(&world, 2), 0);
        pool_world_free(&world);
    }
}


static void
of_two_the_one_that_fell_behind_is_out(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 2);
    pool_world_pass(&world, 20000);
    world.nodes[1].delay_ms = 9000;
    pool_world_pass(&world, 300000);

    assert_int_equal(pool_world_out(&world, 0), 0);
    assert_int_equal(pool_world_out(&world, 1), out_bit(BEHIND));
    assert_true(world.pool->front_slot + 3 > pool_world_slot(&world));
    pool_world_free(&world);
}


static void
of_two_the_one_that_jumped_ahead_is_out(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 2);
    pool_world_pass(&world, 20000);
    world.nodes[1].offset = 200;
    pool_world_pass(&world, 30000);

    assert_int_equal(pool_world_out(&world, 0), 0);
    assert_int_equal(pool_world_out(&world, 1), out_bit(AHEAD_ALONE));
    pool_world_free(&world);
}


static void
of_two_that_never_agreed_the_lower_one_is_believed(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 2);
    world.nodes[0].offset = 1000;
    pool_world_pass(&world, 10000);

    assert_int_equal(pool_world_out(&world, 0), out_bit(AHEAD_ALONE));
    assert_int_equal(pool_world_out(&world, 1), 0);
    pool_world_free(&world);
}


/* Two of three behind: the third was one of them and went on as slots do.  If
 * that stays so, it is two against one. */

static void
most_of_them_may_fall_behind_one_for_a_while(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 3);
    pool_world_pass(&world, 30000);
    world.nodes[1].delay_ms = 8000;
    world.nodes[2].delay_ms = 9000;
    pool_world_pass(&world, 30000);

    assert_int_equal(pool_world_out(&world, 0), 0);
    assert_int_equal(pool_world_out(&world, 1), out_bit(BEHIND));
    assert_int_equal(pool_world_out(&world, 2), out_bit(BEHIND));

    pool_world_pass(&world, 30000);
    assert_int_equal(pool_world_out(&world, 0), out_bit(AHEAD_ALONE));
    assert_int_equal(pool_world_out(&world, 1), 0);
    assert_int_equal(pool_world_out(&world, 2), 0);
    pool_world_free(&world);
}


static void
most_of_them_may_stand_still(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 3);
    pool_world_pass(&world, 30000);
    pool_world_freeze(&world, 1);
    pool_world_freeze(&world, 2);
    pool_world_pass(&world, 300000);

    assert_int_equal(pool_world_out(&world, 0), 0);
    assert_true(pool_world_out(&world, 1) & out_bit(STANDS_STILL));
    assert_true(pool_world_out(&world, 2) & out_bit(STANDS_STILL));
    pool_world_free(&world);
}


static void
a_node_alone_is_never_out_by_its_slots(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 1);
    pool_world_pass(&world, 10000);
    world.nodes[0].offset = 100000;
    pool_world_pass(&world, 5000);
    all_in(&world);

    world.nodes[0].offset = -100000;
    pool_world_pass(&world, 5000);
    all_in(&world);

    pool_world_freeze(&world, 0);
    pool_world_pass(&world, 60000);
    all_in(&world);
    pool_world_free(&world);
}


static void
somebody_is_left_when_all_say_something_else(void **state)
{
    unsigned  i, count, in;
    pool_world_t   world;

    for (count = 2; count <= 9; count++) {
        pool_world_make(&world, count);

        for (i = 0; i < count; i++) {
            world.nodes[i].offset = (int64_t) (i * i) * 1000;
        }

        pool_world_pass(&world, 20000);

        for (i = 0, in = 0; i < count; i++) {
            in += (pool_world_out(&world, i) == 0);
        }

        assert_true(in >= 1);
        pool_world_free(&world);
    }
}


static void
one_that_stands_still_is_named_so(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 3);
    pool_world_pass(&world, 10000);
    pool_world_freeze(&world, 2);
    pool_world_pass(&world, 4500);

    assert_int_equal(pool_world_out(&world, 2), out_bit(STANDS_STILL));
    pool_world_pass(&world, 5000);
    assert_int_equal(pool_world_out(&world, 2),
                     out_bit(STANDS_STILL) | out_bit(BEHIND));
    assert_int_equal(jupref_node_worst(&world.pool->nodes[2]),
                     JUPREF_OUT_STANDS_STILL);

    world.nodes[2].frozen = 0;
    pool_world_pass(&world, 1000);
    all_in(&world);
    pool_world_free(&world);
}


static void
nobody_is_out_when_the_whole_chain_halts(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 4);
    pool_world_pass(&world, 10000);
    world.halted = 1;
    world.halted_ms = world.now_ms;
    pool_world_pass(&world, 120000);
    all_in(&world);
    pool_world_free(&world);
}


/* What took long tells where the chain was when it was asked for. */

static void
a_slow_answer_is_no_sign_of_lag(void **state)
{
    uint64_t  slot, asked_ms;
    pool_world_t   world;

    pool_world_make(&world, 3);
    pool_world_pass(&world, 10000);

    slot = pool_world_slot(&world);
    asked_ms = world.now_ms;
    world.nodes[1].silent = 1;
    pool_world_pass(&world, 8000);

    jupref_pool_slot(world.pool, 1, JUPREF_COMMITMENT_PROCESSED, slot,
                     asked_ms);
    jupref_pool_judge(world.pool, 0, world.now_ms);
    all_in(&world);
    pool_world_free(&world);
}


static void
an_answer_to_an_older_call_does_not_put_a_node_back(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 3);
    pool_world_pass(&world, 10000);

    jupref_pool_slot(world.pool, 1, JUPREF_COMMITMENT_PROCESSED,
                     pool_world_slot(&world) - 100, world.now_ms - 9000);
    jupref_pool_judge(world.pool, 0, world.now_ms);
    all_in(&world);

    assert_true(world.pool->nodes[1].heads[JUPREF_COMMITMENT_PROCESSED].slot
                > pool_world_slot(&world) - 10);
    pool_world_free(&world);
}


/* Clients mostly ask for "confirmed": that judges a node too. */

static void
other_commitments_tell_where_a_node_is(void **state)
{
    unsigned  i;
    pool_world_t   world;

    pool_world_make(&world, 3);

    for (i = 0; i < 50; i++) {
        pool_world_pass(&world, 100);
        jupref_pool_slot(world.pool, i % 3, JUPREF_COMMITMENT_CONFIRMED,
                         pool_world_says(&world, i % 3) - 2, world.now_ms);
    }

    assert_int_equal(world.pool->known[JUPREF_COMMITMENT_CONFIRMED], 1);
    assert_true(world.pool->offset[JUPREF_COMMITMENT_CONFIRMED] >= 1);
    assert_true(world.pool->offset[JUPREF_COMMITMENT_CONFIRMED] <= 4);

    /* node 1 is heard of by its clients alone, and falls behind */

    world.nodes[1].silent = 1;
    world.nodes[1].delay_ms = 7000;

    for (i = 0; i < 100; i++) {
        pool_world_pass(&world, 100);
        jupref_pool_slot(world.pool, 1, JUPREF_COMMITMENT_CONFIRMED,
                         pool_world_says(&world, 1) - 2, world.now_ms);
        assert_true(jupref_pool_evidence_age(world.pool, 1, 0, world.now_ms)
                    == 0);
    }

    assert_true(jupref_pool_evidence_age(world.pool, 1, 1, world.now_ms)
                > 9000);
    assert_int_equal(pool_world_out(&world, 1), out_bit(BEHIND));
    assert_int_equal(pool_world_out(&world, 0), 0);
    pool_world_free(&world);
}


static void
one_that_receives_what_it_does_not_replay_is_named(void **state)
{
    unsigned  i;
    pool_world_t   world;

    pool_world_make(&world, 3);

    for (i = 0; i < 20; i++) {
        pool_world_pass(&world, 500);
        jupref_pool_shreds(world.pool, 1, pool_world_says(&world, 1) + 8,
                           world.now_ms);
    }

    all_in(&world);

    for (i = 0; i < 20; i++) {
        pool_world_pass(&world, 500);
        jupref_pool_shreds(world.pool, 1, pool_world_says(&world, 1) + 40,
                           world.now_ms);
    }

    assert_int_equal(pool_world_out(&world, 1), out_bit(SHREDS_BEHIND));

    for (i = 0; i < 20; i++) {
        pool_world_pass(&world, 500);
        jupref_pool_shreds(world.pool, 1, pool_world_says(&world, 1) + 4,
                           world.now_ms);
    }

    all_in(&world);
    pool_world_free(&world);
}


static void
a_node_nobody_hears_of_keeps_its_verdict(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 3);
    pool_world_pass(&world, 10000);
    world.nodes[1].offset = -100;
    pool_world_pass(&world, 2000);
    assert_int_equal(pool_world_out(&world, 1), out_bit(BEHIND));

    world.nodes[1].silent = 1;
    pool_world_pass(&world, 60000);
    assert_int_equal(pool_world_out(&world, 1), out_bit(BEHIND));
    pool_world_free(&world);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(nodes_that_agree_are_in),
        cmocka_unit_test(slot_time_is_what_the_slots_take),
        cmocka_unit_test(slot_time_stays_within_what_can_be),
        cmocka_unit_test(one_that_runs_wild_does_not_move_the_slot_time),
        cmocka_unit_test(
            a_node_goes_out_behind_max_lag_and_comes_back_within_recover_lag),
        cmocka_unit_test(the_others_stay_when_one_runs_away),
        cmocka_unit_test(
            one_that_is_far_ahead_from_the_first_moment_is_out_too),
        cmocka_unit_test(an_absurd_slot_is_just_wrong),
        cmocka_unit_test(a_claim_below_the_limit_puts_nobody_out),
        cmocka_unit_test(of_two_the_one_that_fell_behind_is_out),
        cmocka_unit_test(of_two_the_one_that_jumped_ahead_is_out),
        cmocka_unit_test(of_two_that_never_agreed_the_lower_one_is_believed),
        cmocka_unit_test(most_of_them_may_fall_behind_one_for_a_while),
        cmocka_unit_test(most_of_them_may_stand_still),
        cmocka_unit_test(a_node_alone_is_never_out_by_its_slots),
        cmocka_unit_test(somebody_is_left_when_all_say_something_else),
        cmocka_unit_test(one_that_stands_still_is_named_so),
        cmocka_unit_test(nobody_is_out_when_the_whole_chain_halts),
        cmocka_unit_test(a_slow_answer_is_no_sign_of_lag),
        cmocka_unit_test(an_answer_to_an_older_call_does_not_put_a_node_back),
        cmocka_unit_test(other_commitments_tell_where_a_node_is),
        cmocka_unit_test(one_that_receives_what_it_does_not_replay_is_named),
        cmocka_unit_test(a_node_nobody_hears_of_keeps_its_verdict)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
