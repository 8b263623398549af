/*
 * Which node is asked: a healthy one, near enough, not busy; and who when none
 * is.
 */

#include "pool_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


#define ALL    UINT64_MAX
#define NOBODY JUPREF_POOL_NODES


/* Nodes that agree; latency is 10 ms for each. */

static void
good_pool(pool_world_t *world, unsigned count)
{
    unsigned  i;

    pool_world_make(world, count);
    pool_world_pass(world, 5000);

    for (i = 0; i < count; i++) {
        world->pool->nodes[i].latency_us = 10000;
    }
}


static jupref_pool_choice_t
choose(pool_world_t *world, jupref_pool_wish_t wish)
{
    jupref_pool_choice_t  choice;

    jupref_pool_choose(world->pool, &wish, world->now_ms, &choice);

    return choice;
}


/* How often each is chosen in 10,000 times. */

static void
count(pool_world_t *world, jupref_pool_wish_t wish, unsigned *chosen)
{
    unsigned              i;
    uint64_t              seed;
    jupref_pool_choice_t  choice;

    memset(chosen, 0, sizeof(unsigned) * (JUPREF_POOL_NODES + 1));
    seed = 88172645463325252u;

    for (i = 0; i < 10000; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        wish.random = seed;

        choice = choose(world, wish);
        chosen[choice.node]++;
    }
}


static void
equal_nodes_share_equally(void **state)
{
    unsigned      i, n, chosen[JUPREF_POOL_NODES + 1];
    pool_world_t  world;

    for (n = 1; n <= 6; n++) {
        good_pool(&world, n);
        count(&world, (jupref_pool_wish_t) { .allowed = ALL }, chosen);

        for (i = 0; i < n; i++) {
            assert_in_range(chosen[i], 10000 / n - 300, 10000 / n + 300);
        }

        pool_world_free(&world);
    }
}


static void
of_two_the_faster_one_is_taken_and_the_slowest_of_all_never(void **state)
{
    unsigned      chosen[JUPREF_POOL_NODES + 1];
    pool_world_t  world;

    good_pool(&world, 3);
    world.pool->nodes[1].latency_us = 50000;
    world.pool->nodes[2].latency_us = 90000;
    count(&world, (jupref_pool_wish_t) { .allowed = ALL }, chosen);

    assert_in_range(chosen[0], 6300, 7000);     /* two pairs of three */
    assert_in_range(chosen[1], 3000, 3700);
    assert_int_equal(chosen[2], 0);
    pool_world_free(&world);
}


static void
calls_in_flight_and_weight_count_as_latency_does(void **state)
{
    unsigned      i, chosen[JUPREF_POOL_NODES + 1];
    pool_world_t  world;

    good_pool(&world, 2);
    world.pool->nodes[0].latency_us = 20000;

    for (i = 0; i < 3; i++) {
        jupref_pool_start(world.pool, 1, 0);
    }

    /* 20 ms × 1 against 10 ms × 4 */

    count(&world, (jupref_pool_wish_t) { .allowed = ALL }, chosen);
    assert_int_equal(chosen[0], 10000);

    jupref_pool_configure(world.pool, 1, 5, 0, 0);
    count(&world, (jupref_pool_wish_t) { .allowed = ALL }, chosen);
    assert_int_equal(chosen[1], 10000);
    pool_world_free(&world);
}


static void
round_robin_gives_turns_by_weight(void **state)
{
    unsigned      chosen[JUPREF_POOL_NODES + 1];
    pool_world_t  world;

    good_pool(&world, 3);
    world.pool->rules.round_robin = 1;
    world.pool->nodes[0].latency_us = 900000;
    jupref_pool_configure(world.pool, 1, 3, 0, 0);
    count(&world, (jupref_pool_wish_t) { .allowed = ALL }, chosen);

    assert_int_equal(chosen[0], 2000);
    assert_int_equal(chosen[1], 6000);
    assert_int_equal(chosen[2], 2000);
    pool_world_free(&world);
}


static void
nobody_who_is_out_down_tried_or_not_allowed_is_taken(void **state)
{
    unsigned      chosen[JUPREF_POOL_NODES + 1];
    pool_world_t  world;

    good_pool(&world, 5);
    world.pool->nodes[0].reasons = out_bit(BEHIND);
    jupref_pool_configure(world.pool, 1, 1, 0, 1);

    count(&world, (jupref_pool_wish_t) {
              .allowed = ALL & ~jupref_pool_bit(2),
              .avoid = jupref_pool_bit(3) }, chosen);
    assert_int_equal(chosen[4], 10000);
    pool_world_free(&world);
}


static void
a_backup_is_for_when_no_primary_is_healthy(void **state)
{
    pool_world_t          world;
    jupref_pool_choice_t  choice;

    good_pool(&world, 3);
    jupref_pool_configure(world.pool, 2, 1, 1, 0);
    world.pool->nodes[0].latency_us = 9000000;
    world.pool->nodes[1].reasons = out_bit(BEHIND);

    choice = choose(&world, (jupref_pool_wish_t) { .allowed = ALL });
    assert_int_equal(choice.node, 0);

    world.pool->nodes[0].reasons = out_bit(BEHIND);
    choice = choose(&world, (jupref_pool_wish_t) { .allowed = ALL });
    assert_int_equal(choice.node, 2);
    assert_int_equal(choice.least_bad, 0);
    pool_world_free(&world);
}


/* A caller has its own reasons, which are weaker than ours. */

static void
who_is_spared_comes_after_all_who_are_well_and_before_the_others(
    void **state)
{
    pool_world_t          world;
    jupref_pool_wish_t    wish;
    jupref_pool_choice_t  choice;

    good_pool(&world, 3);
    world.pool->nodes[2].backup = 1;
    wish = (jupref_pool_wish_t) { .allowed = ALL,
                                  .spare = jupref_pool_bit(0) };

    choice = choose(&world, wish);
    assert_int_equal(choice.node, 1);

    world.pool->nodes[1].reasons = 1u << JUPREF_OUT_THROTTLED;
    choice = choose(&world, wish);
    assert_int_equal(choice.node, 2);

    world.pool->nodes[2].reasons = 1u << JUPREF_OUT_BEHIND;
    choice = choose(&world, wish);
    assert_int_equal(choice.node, 0);
    assert_int_equal(choice.least_bad, 0);

    world.pool->nodes[0].reasons = 1u << JUPREF_OUT_THROTTLED;
    choice = choose(&world, wish);
    assert_int_equal(choice.node, 1);
    assert_int_equal(choice.least_bad, 1);

    wish.avoid = jupref_pool_bit(1) | jupref_pool_bit(2);
    choice = choose(&world, wish);
    assert_int_equal(choice.node, 0);
    assert_int_equal(choice.least_bad, 1);
    pool_world_free(&world);
}


static void
with_none_healthy_the_least_bad_is_asked(void **state)
{
    unsigned              i, n;
    pool_world_t          world;
    jupref_pool_wish_t    wish;
    jupref_pool_choice_t  choice;

    good_pool(&world, JUPREF_OUT_REASONS);
    wish = (jupref_pool_wish_t) { .allowed = ALL };

    /* node 0 has the worst reason, the last one the least bad */

    n = JUPREF_OUT_REASONS;

    for (i = 0; i < n; i++) {
        world.pool->nodes[i].reasons = 1u << (n - 1 - i);
    }

    for (i = n; i > 1; i--) {
        choice = choose(&world, wish);
        assert_int_equal(choice.node, i - 1);
        assert_int_equal(choice.least_bad, 1);
        wish.avoid |= jupref_pool_bit(choice.node);
    }

    /* one of another cluster is left: no answer is better than its */

    choice = choose(&world, wish);
    assert_int_equal(choice.node, NOBODY);
    pool_world_free(&world);
}


static void
of_two_equally_bad_the_nearer_one_is_asked_and_primary_before_backup(
    void **state)
{
    pool_world_t  world;

    good_pool(&world, 3);
    world.pool->nodes[0].reasons = out_bit(BEHIND);
    world.pool->nodes[1].reasons = out_bit(BEHIND);
    world.pool->nodes[2].reasons = out_bit(BEHIND);
    world.pool->nodes[0].lag_ms = 9000;
    world.pool->nodes[1].lag_ms = 7000;
    world.pool->nodes[2].lag_ms = 6000;
    jupref_pool_configure(world.pool, 2, 1, 1, 0);

    assert_int_equal(choose(&world, (jupref_pool_wish_t) {
                                .allowed = ALL }).node, 1);
    assert_int_equal(choose(&world, (jupref_pool_wish_t) {
                                .allowed = ALL,
                                .avoid = 2 }).node, 0);
    assert_int_equal(choose(&world, (jupref_pool_wish_t) {
                                .allowed = ALL,
                                .avoid = 3 }).node, 2);
    pool_world_free(&world);
}


static void
an_empty_pool_has_nobody(void **state)
{
    pool_world_t  world;

    pool_world_make(&world, 0);
    assert_int_equal(choose(&world, (jupref_pool_wish_t) {
                                .allowed = ALL }).node, NOBODY);

    pool_world_free(&world);
    good_pool(&world, 3);
    assert_int_equal(choose(&world, (jupref_pool_wish_t) {
                                .allowed = ALL, .avoid = ALL }).node, NOBODY);
    assert_int_equal(choose(&world, (jupref_pool_wish_t) {
                                .allowed = 0 }).node, NOBODY);
    pool_world_free(&world);
}


static void
who_is_not_at_the_least_slot_is_not_asked(void **state)
{
    unsigned              chosen[JUPREF_POOL_NODES + 1];
    uint64_t              slot;
    pool_world_t          world;
    jupref_pool_choice_t  choice;

    good_pool(&world, 3);
    world.nodes[0].delay_ms = 1500;
    world.nodes[1].delay_ms = 3000;
    pool_world_pass(&world, 2000);

    slot = pool_world_slot(&world) - 2;
    count(&world, (jupref_pool_wish_t) {
              .allowed = ALL, .min_slot = slot,
              .commitment = JUPREF_COMMITMENT_PROCESSED }, chosen);
    assert_int_equal(chosen[2], 10000);

    count(&world, (jupref_pool_wish_t) {
              .allowed = ALL, .min_slot = slot - 8,
              .commitment = JUPREF_COMMITMENT_PROCESSED }, chosen);
    assert_int_equal(chosen[1], 0);
    assert_true(chosen[0] > 1000);

    /* nobody is there: the one that will be first */

    choice = choose(&world, (jupref_pool_wish_t) {
                        .allowed = ALL, .min_slot = slot + 1000,
                        .commitment = JUPREF_COMMITMENT_PROCESSED });
    assert_int_equal(choice.node, 2);
    assert_int_equal(choice.short_of_slot, 1);
    assert_int_equal(choice.least_bad, 0);
    pool_world_free(&world);
}


static void
the_freshest_can_be_asked_for(void **state)
{
    unsigned      chosen[JUPREF_POOL_NODES + 1];
    pool_world_t  world;

    good_pool(&world, 3);
    world.nodes[0].delay_ms = 1500;
    world.nodes[2].delay_ms = 1500;
    world.pool->nodes[1].latency_us = 800000;
    pool_world_pass(&world, 2000);

    count(&world, (jupref_pool_wish_t) {
              .allowed = ALL, .freshest = 1,
              .commitment = JUPREF_COMMITMENT_PROCESSED }, chosen);
    assert_int_equal(chosen[1], 10000);
    pool_world_free(&world);
}


/* A commitment that it never told follows from the one it did. */

static void
a_commitment_that_was_not_told_is_reckoned(void **state)
{
    unsigned      i;
    uint64_t      slot;
    pool_world_t  world;

    good_pool(&world, 3);

    assert_int_equal(jupref_pool_expected(world.pool, 0,
                                          JUPREF_COMMITMENT_FINALIZED,
                                          world.now_ms), 0);

    for (i = 1; i < 3; i++) {
        jupref_pool_slot(world.pool, i, JUPREF_COMMITMENT_FINALIZED,
                         pool_world_slot(&world) - 32, world.now_ms);
    }

    jupref_pool_judge(world.pool, 0, world.now_ms);

    slot = jupref_pool_expected(world.pool, 0, JUPREF_COMMITMENT_FINALIZED,
                                world.now_ms);
    assert_in_range(slot, pool_world_slot(&world) - 35,
                    pool_world_slot(&world) - 29);
    pool_world_free(&world);
}


static void
the_best_are_distinct_healthy_and_in_order(void **state)
{
    unsigned            found, nodes[8];
    pool_world_t        world;
    jupref_pool_wish_t  wish;

    good_pool(&world, 5);
    wish = (jupref_pool_wish_t) { .allowed = ALL };
    world.pool->nodes[0].latency_us = 30000;
    world.pool->nodes[1].latency_us = 10000;
    world.pool->nodes[2].latency_us = 20000;
    world.pool->nodes[3].reasons = out_bit(STANDS_STILL);
    jupref_pool_configure(world.pool, 4, 1, 1, 0);

    found = jupref_pool_best(world.pool, &wish, world.now_ms, nodes, 2);
    assert_int_equal(found, 2);
    assert_int_equal(nodes[0], 1);
    assert_int_equal(nodes[1], 2);

    found = jupref_pool_best(world.pool, &wish, world.now_ms, nodes, 8);
    assert_int_equal(found, 4);
    assert_int_equal(nodes[2], 0);
    assert_int_equal(nodes[3], 4);

    wish.avoid = jupref_pool_bit(0) | jupref_pool_bit(1) | jupref_pool_bit(2)
                 | jupref_pool_bit(4);
    found = jupref_pool_best(world.pool, &wish, world.now_ms, nodes, 8);
    assert_int_equal(found, 1);
    assert_int_equal(nodes[0], 3);

    assert_int_equal(jupref_pool_best(world.pool, &wish, world.now_ms, nodes,
                                      0), 0);
    pool_world_free(&world);
}


static void
the_head_is_what_a_healthy_node_told(void **state)
{
    uint64_t      age_ms, slot;
    unsigned      node;
    pool_world_t  world;

    good_pool(&world, 3);
    world.nodes[1].offset = 50000;
    pool_world_pass(&world, 3000);

    slot = jupref_pool_head(world.pool, JUPREF_COMMITMENT_PROCESSED,
                            world.now_ms, &age_ms, &node);
    assert_in_range(slot, pool_world_slot(&world) - 3,
                    pool_world_slot(&world));
    assert_int_not_equal(node, 1);
    assert_true(age_ms <= 400);
    assert_int_equal(jupref_pool_head(world.pool, JUPREF_COMMITMENT_PROCESSED,
                                      world.now_ms, NULL, NULL), slot);
    assert_in_range(jupref_pool_block_height(world.pool),
                    slot - POOL_WORLD_SKIPPED - 40,
                    slot - POOL_WORLD_SKIPPED);
    pool_world_free(&world);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(equal_nodes_share_equally),
        cmocka_unit_test(
            of_two_the_faster_one_is_taken_and_the_slowest_of_all_never),
        cmocka_unit_test(calls_in_flight_and_weight_count_as_latency_does),
        cmocka_unit_test(round_robin_gives_turns_by_weight),
        cmocka_unit_test(nobody_who_is_out_down_tried_or_not_allowed_is_taken),
        cmocka_unit_test(a_backup_is_for_when_no_primary_is_healthy),
        cmocka_unit_test(
            who_is_spared_comes_after_all_who_are_well_and_before_the_others),
        cmocka_unit_test(with_none_healthy_the_least_bad_is_asked),
        cmocka_unit_test(
          of_two_equally_bad_the_nearer_one_is_asked_and_primary_before_backup),
        cmocka_unit_test(an_empty_pool_has_nobody),
        cmocka_unit_test(who_is_not_at_the_least_slot_is_not_asked),
        cmocka_unit_test(the_freshest_can_be_asked_for),
        cmocka_unit_test(a_commitment_that_was_not_told_is_reckoned),
        cmocka_unit_test(the_best_are_distinct_healthy_and_in_order),
        cmocka_unit_test(the_head_is_what_a_healthy_node_told)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
