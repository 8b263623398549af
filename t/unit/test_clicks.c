/*
 * Clicks: each is counted, each is booked once, and a flood of them waits in
 * no more room than there are codes.
 */

#include "ledger/jupref_clicks.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger_world.h"


#define CODES  100


static jupref_clicks_t *
clicks_new(uint32_t codes)
{
    void  *block;

    block = calloc(1, jupref_clicks_size(codes));
    assert_non_null(block);

    return jupref_clicks_init(block, codes);
}


static void
a_click_waits_until_it_is_taken_once(void **state)
{
    uint32_t          count;
    jupref_clicks_t  *clicks;

    clicks = clicks_new(CODES);

    assert_int_equal(jupref_clicks_take(clicks, &count), 0);

    jupref_clicks_count(clicks, 7);
    jupref_clicks_count(clicks, 7);
    assert_int_equal(jupref_clicks_waiting(clicks, 7), 2);
    assert_int_equal(jupref_clicks_waiting(clicks, 8), 0);

    assert_int_equal(jupref_clicks_take(clicks, &count), 7);
    assert_int_equal(count, 2);
    assert_int_equal(jupref_clicks_waiting(clicks, 7), 0);
    assert_int_equal(jupref_clicks_take(clicks, &count), 0);

    jupref_clicks_count(clicks, 7);
    assert_int_equal(jupref_clicks_take(clicks, &count), 7);
    assert_int_equal(count, 1);

    free(clicks);
}


static void
no_click_is_lost_or_counted_twice(void **state)
{
    uint32_t          code, count;
    uint64_t          seed, clicked[CODES + 1], taken[CODES + 1], waiting;
    unsigned          i;
    jupref_clicks_t  *clicks;

    clicks = clicks_new(CODES);
    memset(clicked, 0, sizeof(clicked));
    memset(taken, 0, sizeof(taken));
    seed = 3;

    for (i = 0; i < 100000; i++) {

        if (random_next(&seed) % 16) {
            code = (uint32_t) (random_next(&seed) % CODES) + 1;
            jupref_clicks_count(clicks, code);
            clicked[code]++;

        } else {
            code = jupref_clicks_take(clicks, &count);

            if (code) {
                assert_true(count > 0);
                taken[code] += count;
            }
        }
    }

    for (waiting = 0, code = 1; code <= CODES; code++) {
        waiting += jupref_clicks_waiting(clicks, code);
        assert_true(taken[code] + jupref_clicks_waiting(clicks, code)
                    == clicked[code]);
    }

    assert_true(waiting > 0);
    assert_true(jupref_clicks_total(clicks) == waiting);

    while ((code = jupref_clicks_take(clicks, &count)) != 0) {
        taken[code] += count;
    }

    assert_memory_equal(taken, clicked, sizeof(taken));
    assert_true(jupref_clicks_total(clicks) == 0);

    free(clicks);
}


static void
every_code_fits_at_once(void **state)
{
    uint32_t          code, count, seen;
    jupref_clicks_t  *clicks;

    clicks = clicks_new(CODES);

    for (code = 1; code <= CODES; code++) {
        jupref_clicks_count(clicks, code);
        jupref_clicks_count(clicks, code);
    }

    for (seen = 0; jupref_clicks_take(clicks, &count); seen++) {
        assert_int_equal(count, 2);
    }

    assert_int_equal(seen, CODES);

    free(clicks);
}


static void
a_count_that_is_full_stays_so(void **state)
{
    uint32_t          count;
    jupref_clicks_t  *clicks;

    clicks = clicks_new(1);
    jupref_clicks_count(clicks, 1);
    clicks->cells[1] = UINT32_MAX - 1;

    jupref_clicks_count(clicks, 1);
    jupref_clicks_count(clicks, 1);
    jupref_clicks_count(clicks, 1);

    assert_int_equal(jupref_clicks_take(clicks, &count), 1);
    assert_true(count == UINT32_MAX);
    assert_int_equal(jupref_clicks_take(clicks, &count), 0);

    free(clicks);
}


/* What a process leaves that dies after queueing and before counting. */

static void
a_click_cut_off_half_way_harms_no_other(void **state)
{
    uint32_t          code, count, seen;
    jupref_clicks_t  *clicks;

    clicks = clicks_new(CODES);

    clicks->cells[CODES + 2] = 7;
    clicks->queued = 1;
    clicks->total = 1;

    for (code = 1; code <= jupref_clicks_no_code(clicks); code++) {
        jupref_clicks_count(clicks, code);
    }

    for (seen = 0; jupref_clicks_take(clicks, &count); seen++) {
        assert_int_equal(count, 1);
    }

    assert_int_equal(seen, CODES + 1);
    assert_true(jupref_clicks_total(clicks) == 0);

    jupref_clicks_count(clicks, 7);
    assert_int_equal(jupref_clicks_take(clicks, &count), 7);
    assert_int_equal(count, 1);

    free(clicks);
}


static void
orders_without_a_code_wait_like_any_other(void **state)
{
    uint32_t          count, none;
    jupref_clicks_t  *orders;

    orders = clicks_new(CODES);
    none = jupref_clicks_no_code(orders);

    jupref_clicks_count(orders, none);
    jupref_clicks_count(orders, CODES);
    jupref_clicks_count(orders, none);
    assert_int_equal(jupref_clicks_waiting(orders, none), 2);
    assert_int_equal(jupref_clicks_total(orders), 3);

    assert_int_equal(jupref_clicks_take(orders, &count), CODES);
    assert_int_equal(count, 1);
    assert_int_equal(jupref_clicks_take(orders, &count), none);
    assert_int_equal(count, 2);
    assert_int_equal(jupref_clicks_take(orders, &count), 0);

    free(orders);
}


static void
the_last_place_of_the_block_is_not_overrun(void **state)
{
    uint32_t          code, count, seen;
    uint8_t          *block;
    jupref_clicks_t  *clicks;

    block = calloc(1, jupref_clicks_size(3) + 16);
    assert_non_null(block);
    memset(block + jupref_clicks_size(3), 0xa5, 16);
    clicks = jupref_clicks_init(block, 3);

    /* a code queued and not counted, then every code */

    clicks->cells[5] = 2;
    clicks->queued = 1;

    for (code = 1; code <= 4; code++) {
        jupref_clicks_count(clicks, code);
    }

    for (code = 0; code < 16; code++) {
        assert_int_equal(block[jupref_clicks_size(3) + code], 0xa5);
    }

    for (seen = 0; jupref_clicks_take(clicks, &count); seen++) { /* void */ }

    assert_int_equal(seen, 4);

    free(block);
}


static void
what_waits_moves_into_a_table_of_another_size(void **state)
{
    uint32_t          code, count, none;
    jupref_clicks_t  *from, *to;

    from = clicks_new(CODES);
    to = clicks_new(3 * CODES);
    none = jupref_clicks_no_code(to);

    for (code = 1; code <= CODES; code += 7) {
        for (count = 0; count < code; count++) {
            jupref_clicks_count(from, code);
        }
    }

    jupref_clicks_count(from, jupref_clicks_no_code(from));
    jupref_clicks_count(to, 8);
    jupref_clicks_count(to, none);

    jupref_clicks_move(to, from);

    assert_int_equal(jupref_clicks_total(from), 0);
    assert_int_equal(jupref_clicks_take(from, &count), 0);

    for (code = 1; code <= 2 * CODES; code++) {
        count = code <= CODES && code % 7 == 1 ? code : 0;
        assert_int_equal(jupref_clicks_waiting(to, code), count + (code == 8));
    }

    assert_int_equal(jupref_clicks_waiting(to, none), 2);

    /* a count that is full stays so */

    to->cells[8] = UINT32_MAX - 1;
    jupref_clicks_count(from, 8);
    jupref_clicks_count(from, 8);
    jupref_clicks_move(to, from);
    assert_true(jupref_clicks_waiting(to, 8) == UINT32_MAX);

    free(from);
    free(to);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_click_waits_until_it_is_taken_once),
        cmocka_unit_test(no_click_is_lost_or_counted_twice),
        cmocka_unit_test(every_code_fits_at_once),
        cmocka_unit_test(a_count_that_is_full_stays_so),
        cmocka_unit_test(a_click_cut_off_half_way_harms_no_other),
        cmocka_unit_test(orders_without_a_code_wait_like_any_other),
        cmocka_unit_test(the_last_place_of_the_block_is_not_overrun),
        cmocka_unit_test(what_waits_moves_into_a_table_of_another_size)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
