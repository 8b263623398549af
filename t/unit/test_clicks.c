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

    clicks->cells[CODES + 1] = 7;
    clicks->queued = 1;
    clicks->total = 1;

    for (code = 1; code <= CODES; code++) {
        jupref_clicks_count(clicks, code);
    }

    for (seen = 0; jupref_clicks_take(clicks, &count); seen++) {
        assert_int_equal(count, 1);
    }

    assert_int_equal(seen, CODES);
    assert_true(jupref_clicks_total(clicks) == 0);

    jupref_clicks_count(clicks, 7);
    assert_int_equal(jupref_clicks_take(clicks, &count), 7);
    assert_int_equal(count, 1);

    free(clicks);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_click_waits_until_it_is_taken_once),
        cmocka_unit_test(no_click_is_lost_or_counted_twice),
        cmocka_unit_test(every_code_fits_at_once),
        cmocka_unit_test(a_count_that_is_full_stays_so),
        cmocka_unit_test(a_click_cut_off_half_way_harms_no_other)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
