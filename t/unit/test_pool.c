/*
 * What is noted of a node: that it answers, how fast, and what it did wrong;
 * and that a node keeps its state when the configuration changes.
 */

#include "solana/jupref_pool.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


#define NOW_MS  UINT64_C(1000000)

#define out_bit(reason)  (1u << JUPREF_OUT_##reason)


static const jupref_pool_rules_t  rules = {
    .max_lag_ms = 5000,
    .recover_lag_ms = 2500
};


static jupref_pool_t *
pool_of(unsigned count)
{
    unsigned        i;
    jupref_pool_t  *pool;

    pool = calloc(1, sizeof(jupref_pool_t));
    assert_non_null(pool);
    jupref_pool_init(pool, &rules);
    jupref_pool_begin(pool, &rules);

    for (i = 0; i < count; i++) {
        assert_int_equal(jupref_pool_claim(pool, 100 + i, NOW_MS), i);
    }

    return pool;
}


static void
a_slower_answer_counts_at_once_a_faster_one_little_by_little(void **state)
{
    uint64_t        i, before;
    jupref_node_t  *node;
    jupref_pool_t  *pool;

    pool = pool_of(1);
    node = &pool->nodes[0];

    jupref_pool_answered(pool, 0, 2000, NOW_MS);
    assert_int_equal(node->latency_us, 2000);
    jupref_pool_answered(pool, 0, 80000, NOW_MS + 1);
    assert_int_equal(node->latency_us, 80000);

    /* at the same moment: it weighs nothing */

    jupref_pool_answered(pool, 0, 2000, NOW_MS + 1);
    assert_int_equal(node->latency_us, 80000);

    for (i = 1; i <= 100; i++) {
        before = node->latency_us;
        jupref_pool_answered(pool, 0, 2000, NOW_MS + 1 + i * 200);
        assert_true(node->latency_us < before);
        assert_true(node->latency_us >= 2000);
    }

    assert_true(node->latency_us < 20000);

    /* after a long time alone nothing of it is left */

    jupref_pool_answered(pool, 0, 2000, NOW_MS + 100000000);
    assert_true(node->latency_us < 2100);
    free(pool);
}


/* Who lost a race has shown that it is slow, and no more. */

static void
the_loser_of_a_race_is_never_thought_faster_for_it(void **state)
{
    jupref_node_t  *node;
    jupref_pool_t  *pool;

    pool = pool_of(1);
    node = &pool->nodes[0];

    jupref_pool_answered(pool, 0, 80000, NOW_MS);
    jupref_pool_outrun(pool, 0, 100, NOW_MS + 60000);
    jupref_pool_outrun(pool, 0, 79999, NOW_MS + 60000);
    jupref_pool_outrun(pool, 0, 0, NOW_MS + 60000);
    assert_int_equal(node->latency_us, 80000);

    /* nor is what it had shown forgotten later for that */

    assert_int_equal(node->latency_ms, NOW_MS);

    jupref_pool_outrun(pool, 0, 300000, NOW_MS + 60000);
    assert_int_equal(node->latency_us, 300000);

    /* it has answered nothing: it is no sign of life either */

    assert_int_equal(node->answered_ms, NOW_MS);

    jupref_pool_outrun(pool, 0, UINT64_MAX, NOW_MS + 60000);
    assert_in_range(node->latency_us, 300000, UINT32_MAX);
    jupref_pool_outrun(pool, 7, 1000, NOW_MS + 60000);
    free(pool);
}


static void
two_failures_in_a_row_put_it_out_two_answers_bring_it_back(void **state)
{
    jupref_node_t  *node;
    jupref_pool_t  *pool;

    pool = pool_of(1);
    node = &pool->nodes[0];

    jupref_pool_mark(pool, 0, JUPREF_RPC_MARK_FAILED, 0, NOW_MS);
    assert_int_equal(node->reasons, 0);
    jupref_pool_answered(pool, 0, 1000, NOW_MS);
    jupref_pool_mark(pool, 0, JUPREF_RPC_MARK_FAILED, 0, NOW_MS);
    assert_int_equal(node->reasons, 0);
    jupref_pool_mark(pool, 0, JUPREF_RPC_MARK_FAILED, 0, NOW_MS);
    assert_int_equal(node->reasons, out_bit(UNREACHABLE));

    jupref_pool_answered(pool, 0, 1000, NOW_MS);
    assert_int_equal(node->reasons, out_bit(UNREACHABLE));
    jupref_pool_mark(pool, 0, JUPREF_RPC_MARK_FAILED, 0, NOW_MS);
    jupref_pool_answered(pool, 0, 1000, NOW_MS);
    assert_int_equal(node->reasons, out_bit(UNREACHABLE));
    jupref_pool_answered(pool, 0, 1000, NOW_MS);
    assert_int_equal(node->reasons, 0);
    assert_int_equal(node->counters[JUPREF_NODE_FAILURES], 4);
    free(pool);
}


static void
what_it_says_of_itself_puts_it_out_until_it_is_well(void **state)
{
    jupref_node_t  *node;
    jupref_pool_t  *pool;

    pool = pool_of(1);
    node = &pool->nodes[0];

    jupref_pool_mark(pool, 0, JUPREF_RPC_MARK_OUT, 0, NOW_MS);
    assert_int_equal(node->reasons, out_bit(UNHEALTHY));
    jupref_pool_answered(pool, 0, 1000, NOW_MS);
    jupref_pool_judge(pool, 0, NOW_MS + 1);
    assert_int_equal(node->reasons, out_bit(UNHEALTHY));
    jupref_pool_well(pool, 0, NOW_MS);
    assert_int_equal(node->reasons, 0);

    jupref_pool_mark(pool, 0, JUPREF_RPC_MARK_ALARM, 0, NOW_MS);
    assert_int_equal(node->reasons, out_bit(UNAUTHORIZED));
    jupref_pool_judge(pool, 0, NOW_MS + 1000);
    assert_int_equal(node->reasons, out_bit(UNAUTHORIZED));
    jupref_pool_well(pool, 0, NOW_MS);
    assert_int_equal(node->reasons, 0);
    free(pool);
}


static void
out_for(uint64_t ms, jupref_rpc_mark_e mark, uint64_t retry_after_ms)
{
    uint32_t        reasons;
    jupref_pool_t  *pool;

    pool = pool_of(1);

    if (mark == JUPREF_RPC_MARK_NONE) {
        jupref_pool_lied(pool, 0, NOW_MS);

    } else {
        jupref_pool_mark(pool, 0, mark, retry_after_ms, NOW_MS);
    }

    reasons = pool->nodes[0].reasons;
    assert_int_not_equal(reasons, 0);

    jupref_pool_judge(pool, 0, NOW_MS + ms - 1);
    assert_int_equal(pool->nodes[0].reasons, reasons);
    jupref_pool_judge(pool, 0, NOW_MS + ms);
    assert_int_equal(pool->nodes[0].reasons, 0);
    free(pool);
}


static void
one_that_wants_to_be_left_alone_is_for_as_long_as_it_says(void **state)
{
    out_for(7000, JUPREF_RPC_MARK_THROTTLE, 7000);
    out_for(1000, JUPREF_RPC_MARK_THROTTLE, 0);
    out_for(600000, JUPREF_RPC_MARK_THROTTLE, UINT64_MAX / 2);
}


static void
one_that_lied_is_out_for_a_minute(void **state)
{
    out_for(60000, JUPREF_RPC_MARK_NONE, 0);
}


static void
a_soft_fault_only_makes_it_slower(void **state)
{
    unsigned        i;
    jupref_pool_t  *pool;

    pool = pool_of(1);
    jupref_pool_answered(pool, 0, 30000, NOW_MS);
    jupref_pool_mark(pool, 0, JUPREF_RPC_MARK_SOFT, 0, NOW_MS);

    assert_int_equal(pool->nodes[0].latency_us, 60000);
    assert_int_equal(pool->nodes[0].reasons, 0);

    for (i = 0; i < 100; i++) {
        jupref_pool_mark(pool, 0, JUPREF_RPC_MARK_SOFT, 0, NOW_MS);
    }

    assert_int_equal(pool->nodes[0].latency_us, 60000000);
    free(pool);
}


static void
a_node_keeps_its_state_when_others_come_and_go(void **state)
{
    uint64_t        id;
    jupref_pool_t  *pool;

    pool = pool_of(3);
    id = pool->nodes[1].id;
    jupref_pool_answered(pool, 1, 1234, NOW_MS);

    jupref_pool_begin(pool, &rules);
    assert_int_equal(jupref_pool_claim(pool, 101, NOW_MS + 1), 1);
    assert_int_equal(jupref_pool_claim(pool, 999, NOW_MS + 1), 3);

    assert_int_equal(pool->nodes[1].id, id);
    assert_int_equal(pool->nodes[1].latency_us, 1234);
    assert_int_equal(pool->nodes[1].member, 1);
    assert_int_equal(pool->nodes[0].member, 0);
    assert_int_equal(pool->nodes[2].member, 0);

    /* and one that comes again finds what it left */

    jupref_pool_begin(pool, &rules);
    assert_int_equal(jupref_pool_claim(pool, 100, NOW_MS + 2), 0);
    free(pool);
}


static void
a_full_pool_gives_the_place_of_who_left_first(void **state)
{
    unsigned        i;
    uint64_t        id;
    jupref_pool_t  *pool;

    pool = pool_of(JUPREF_POOL_NODES);
    assert_int_equal(jupref_pool_claim(pool, 1, NOW_MS), JUPREF_POOL_NODES);

    jupref_pool_begin(pool, &rules);

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        if (i != 7 && i != 9) {
            (void) jupref_pool_claim(pool, 100 + i, NOW_MS + 1);
        }
    }

    pool->nodes[7].claimed_ms = NOW_MS - 5;
    id = pool->nodes[7].id;
    jupref_pool_answered(pool, 7, 1234, NOW_MS);

    assert_int_equal(jupref_pool_claim(pool, 1, NOW_MS + 2), 7);
    assert_int_not_equal(pool->nodes[7].id, id);
    assert_int_equal(pool->nodes[7].latency_us, 0);
    assert_int_equal(jupref_pool_claim(pool, 2, NOW_MS + 2), 9);
    assert_int_equal(jupref_pool_claim(pool, 3, NOW_MS + 2),
                     JUPREF_POOL_NODES);
    free(pool);
}


static void
calls_of_a_process_that_is_gone_are_forgotten(void **state)
{
    jupref_pool_t  *pool;

    pool = pool_of(2);

    jupref_pool_start(pool, 0, 3);
    jupref_pool_start(pool, 0, 3);
    jupref_pool_start(pool, 0, 4);
    jupref_pool_start(pool, 1, 3);
    assert_int_equal(pool->nodes[0].in_flight, 3);

    jupref_pool_clear_lane(pool, 3);
    assert_int_equal(pool->nodes[0].in_flight, 1);
    assert_int_equal(pool->nodes[1].in_flight, 0);

    /* its end comes late: there is nothing to take off */

    jupref_pool_end(pool, 0, 3);
    jupref_pool_end(pool, 0, 4);
    jupref_pool_end(pool, 0, 4);
    assert_int_equal(pool->nodes[0].in_flight, 0);
    free(pool);
}


static void
what_is_said_of_nobody_changes_nothing(void **state)
{
    unsigned        node;
    uint8_t         hash[JUPREF_GENESIS_SIZE] = { 1 };
    jupref_pool_t  *pool, before;

    pool = pool_of(1);
    before = *pool;

    for (node = 1; node < 200; node += 33) {
        jupref_pool_slot(pool, node, JUPREF_COMMITMENT_PROCESSED, 5, NOW_MS);
        jupref_pool_height(pool, node, 5, NOW_MS);
        jupref_pool_shreds(pool, node, 5, NOW_MS);
        jupref_pool_genesis(pool, node, hash);
        jupref_pool_answered(pool, node, 5, NOW_MS);
        jupref_pool_mark(pool, node, JUPREF_RPC_MARK_ALARM, 0, NOW_MS);
        jupref_pool_lied(pool, node, NOW_MS);
        jupref_pool_well(pool, node, NOW_MS);
        jupref_pool_start(pool, node, 0);
        jupref_pool_end(pool, node, 0);
        jupref_pool_configure(pool, node, 1, 0, 0);
        jupref_pool_count(pool, node, JUPREF_NODE_PROBES);
    }

    jupref_pool_slot(pool, 0, JUPREF_COMMITMENT_NONE, 5, NOW_MS);
    jupref_pool_slot(pool, 0, JUPREF_COMMITMENT_OTHER, 5, NOW_MS);
    jupref_pool_slot(pool, 0, JUPREF_COMMITMENT_PROCESSED, 0, NOW_MS);
    assert_memory_equal(pool, &before, sizeof(before));
    free(pool);
}


static void
every_reason_has_a_name_and_a_word_of_advice(void **state)
{
    unsigned  i, j;

    for (i = 0; i < JUPREF_OUT_REASONS; i++) {
        assert_true(strlen(jupref_out_name((jupref_out_e) i)) > 3);
        assert_true(strlen(jupref_out_text((jupref_out_e) i)) > 20);

        for (j = 0; j < i; j++) {
            assert_string_not_equal(jupref_out_name((jupref_out_e) i),
                                    jupref_out_name((jupref_out_e) j));
        }
    }

    assert_string_equal(jupref_out_name(JUPREF_OUT_REASONS), "healthy");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(
            a_slower_answer_counts_at_once_a_faster_one_little_by_little),
        cmocka_unit_test(the_loser_of_a_race_is_never_thought_faster_for_it),
        cmocka_unit_test(
            two_failures_in_a_row_put_it_out_two_answers_bring_it_back),
        cmocka_unit_test(what_it_says_of_itself_puts_it_out_until_it_is_well),
        cmocka_unit_test(
            one_that_wants_to_be_left_alone_is_for_as_long_as_it_says),
        cmocka_unit_test(one_that_lied_is_out_for_a_minute),
        cmocka_unit_test(a_soft_fault_only_makes_it_slower),
        cmocka_unit_test(a_node_keeps_its_state_when_others_come_and_go),
        cmocka_unit_test(a_full_pool_gives_the_place_of_who_left_first),
        cmocka_unit_test(calls_of_a_process_that_is_gone_are_forgotten),
        cmocka_unit_test(what_is_said_of_nobody_changes_nothing),
        cmocka_unit_test(every_reason_has_a_name_and_a_word_of_advice)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
