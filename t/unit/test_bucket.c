/*
 * Buckets and budgets: never more than the rate and the burst allow, nothing
 * lost to rounding, and truthful about how long to wait.
 */

#include "base/jupref_bucket.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


#define NOW  UINT64_C(1790000000000)


static void
a_client_gets_its_burst_and_then_its_rate(void **state)
{
    unsigned               i, taken;
    jupref_rate_t          rate;
    jupref_bucket_t        bucket;
    jupref_bucket_state_t  told;

    rate.units = 100;
    rate.window_ms = 1000;
    rate.burst = 50;
    memset(&bucket, 0, sizeof(bucket));

    for (i = 0; i < 50; i++) {
        assert_true(jupref_bucket_take(&bucket, &rate, 1, NOW, &told));
        assert_int_equal(told.remaining, 49 - i);
        assert_int_equal(told.wait_ms, 0);
    }

    assert_false(jupref_bucket_take(&bucket, &rate, 1, NOW, &told));
    assert_int_equal(told.remaining, 0);
    assert_int_equal(told.wait_ms, 10);
    assert_int_equal(told.reset_sec, 1);
    assert_int_equal(jupref_retry_after_sec(told.wait_ms), 1);

    /* a second, asked every millisecond */

    taken = 0;

    for (i = 1; i <= 1000; i++) {
        taken += jupref_bucket_take(&bucket, &rate, 1, NOW + i, NULL);
    }

    assert_int_equal(taken, 100);

    /* idle for long: the burst again, no more */

    for (i = 0; jupref_bucket_take(&bucket, &rate, 1, NOW + 900000, NULL);
         i++)
    {
        /* void */
    }

    assert_int_equal(i, 50);
}


static void
a_slow_rate_is_exact_however_often_it_is_asked(void **state)
{
    uint64_t         ms;
    unsigned         taken;
    jupref_rate_t    rate;
    jupref_bucket_t  bucket;

    /* 7 in 13 seconds for an hour and 5 minutes */

    rate.units = 7;
    rate.window_ms = 13000;
    rate.burst = 1;
    memset(&bucket, 0, sizeof(bucket));
    assert_true(jupref_bucket_take(&bucket, &rate, 1, NOW, NULL));

    taken = 0;

    for (ms = 1; ms <= 3900000; ms++) {
        taken += jupref_bucket_take(&bucket, &rate, 1, NOW + ms, NULL);
    }

    /* what a full bucket spills in the millisecond it is taken in is lost */

    assert_in_range(taken, 2099, 2100);
}


static void
who_waits_as_long_as_told_is_served(void **state)
{
    uint64_t               now, cost, chance;
    unsigned               i;
    jupref_rate_t          rate;
    jupref_bucket_t        bucket;
    jupref_bucket_state_t  told;

    chance = 3;
    now = NOW;

    for (i = 0; i < 20000; i++) {
        chance = chance * UINT64_C(6364136223846793005) + 1;

        if (i % 100 == 0) {
            rate.units = 1 + (uint32_t) (chance >> 60);
            rate.window_ms = 1 + (uint32_t) (chance >> 50);
            rate.burst = 1 + (uint32_t) (chance >> 58);
            memset(&bucket, 0, sizeof(bucket));
        }

        cost = (chance >> 40) % (rate.burst + 1);
        now += (chance >> 33) % 50;

        if (jupref_bucket_take(&bucket, &rate, cost, now, &told)) {
            continue;
        }

        assert_true(told.wait_ms > 0);
        assert_false(jupref_bucket_take(&bucket, &rate, cost,
                                        now + told.wait_ms - 1, NULL));
        now += told.wait_ms;
        assert_true(jupref_bucket_take(&bucket, &rate, cost, now, &told));
    }
}


static void
what_costs_more_than_the_burst_is_told_so(void **state)
{
    jupref_rate_t          rate;
    jupref_bucket_t        bucket;
    jupref_bucket_state_t  told;

    rate.units = UINT32_MAX;
    rate.window_ms = UINT32_MAX;
    rate.burst = UINT32_MAX;
    memset(&bucket, 0, sizeof(bucket));

    assert_false(jupref_bucket_take(&bucket, &rate, UINT64_C(1) << 32, NOW,
                                    &told));
    assert_true(told.wait_ms == UINT64_MAX);
    assert_int_equal(told.remaining, UINT32_MAX);
    assert_int_equal(told.reset_sec, 0);

    /* and the extremes neither wrap nor hang */

    assert_true(jupref_bucket_take(&bucket, &rate, UINT32_MAX, NOW, &told));
    assert_int_equal(told.remaining, 0);
    assert_false(jupref_bucket_take(&bucket, &rate, UINT64_MAX, UINT64_MAX,
                                    &told));
    assert_true(jupref_bucket_take(&bucket, &rate, UINT32_MAX, UINT64_MAX,
                                   NULL));
}


static void
a_clock_that_steps_back_gives_nothing_away(void **state)
{
    jupref_rate_t    rate;
    jupref_bucket_t  bucket;

    rate.units = 10;
    rate.window_ms = 1000;
    rate.burst = 10;
    memset(&bucket, 0, sizeof(bucket));

    assert_true(jupref_bucket_take(&bucket, &rate, 10, NOW, NULL));
    assert_false(jupref_bucket_take(&bucket, &rate, 1, NOW - 60000, NULL));
    assert_false(jupref_bucket_take(&bucket, &rate, 1, NOW - 59900, NULL));
    assert_false(jupref_bucket_take(&bucket, &rate, 1, NOW + 99, NULL));
    assert_true(jupref_bucket_take(&bucket, &rate, 1, NOW + 100, NULL));
}


/* Workers look at their clocks when they wake up. */

static void
workers_whose_clocks_differ_give_no_more(void **state)
{
    uint64_t               now_ms;
    unsigned               i, taken, retries;
    jupref_rate_t          rate;
    jupref_bucket_t        bucket;
    jupref_retry_terms_t   terms;
    jupref_retry_budget_t  budget;

    rate.units = 100;
    rate.window_ms = 1000;
    rate.burst = 100;
    memset(&bucket, 0, sizeof(bucket));

    terms.permille = 200;
    terms.floor = 10;
    terms.most = 100;
    memset(&budget, 0, sizeof(budget));
    budget.filled_ms = NOW;

    assert_true(jupref_bucket_take(&bucket, &rate, 100, NOW, NULL));

    for (taken = 0, retries = 0, i = 1; i <= 1000; i++) {
        now_ms = NOW + i - (i % 2 ? 20 : 0);
        taken += jupref_bucket_take(&bucket, &rate, 1, now_ms, NULL);
        retries += jupref_retry_spend(&budget, &terms, now_ms);
    }

    assert_int_equal(taken, 100);
    assert_int_equal(retries, 10);
}


static void
what_is_given_back_can_be_taken_again_but_no_more(void **state)
{
    jupref_rate_t          rate;
    jupref_bucket_t        bucket;
    jupref_bucket_state_t  told;

    rate.units = 10;
    rate.window_ms = 1000;
    rate.burst = 10;
    memset(&bucket, 0, sizeof(bucket));

    assert_true(jupref_bucket_take(&bucket, &rate, 10, NOW, NULL));
    jupref_bucket_return(&bucket, &rate, 4);
    assert_true(jupref_bucket_take(&bucket, &rate, 4, NOW, NULL));
    assert_false(jupref_bucket_take(&bucket, &rate, 1, NOW, NULL));

    jupref_bucket_return(&bucket, &rate, UINT64_MAX);
    assert_true(jupref_bucket_take(&bucket, &rate, 0, NOW, &told));
    assert_int_equal(told.remaining, 10);
}


static void
seconds_to_wait_are_rounded_up(void **state)
{
    assert_int_equal(jupref_retry_after_sec(0), 1);
    assert_int_equal(jupref_retry_after_sec(1), 1);
    assert_int_equal(jupref_retry_after_sec(1000), 1);
    assert_int_equal(jupref_retry_after_sec(1001), 2);
}


static void
retries_are_a_share_of_the_calls_and_a_few_anyway(void **state)
{
    unsigned               i, retries;
    jupref_retry_terms_t   terms;
    jupref_retry_budget_t  budget;

    terms.permille = 100;
    terms.floor = 0;
    terms.most = 1000;
    memset(&budget, 0, sizeof(budget));
    retries = 0;

    /* every call fails: one in ten is tried again */

    for (i = 0; i < 1000; i++) {
        jupref_retry_earn(&budget, &terms);
        retries += jupref_retry_spend(&budget, &terms, NOW + i);
    }

    assert_int_equal(retries, 100);

    /* 2 a second without a call, and no more than can be saved up */

    terms.floor = 2;
    terms.most = 5;
    memset(&budget, 0, sizeof(budget));
    budget.filled_ms = NOW;

    for (retries = 0, i = 1; i <= 10000; i++) {
        retries += jupref_retry_spend(&budget, &terms, NOW + i);
    }

    assert_int_equal(retries, 20);

    for (retries = 0; jupref_retry_spend(&budget, &terms, NOW + 900000);
         retries++)
    {
        /* void */
    }

    assert_int_equal(retries, 5);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_client_gets_its_burst_and_then_its_rate),
        cmocka_unit_test(a_slow_rate_is_exact_however_often_it_is_asked),
        cmocka_unit_test(who_waits_as_long_as_told_is_served),
        cmocka_unit_test(what_costs_more_than_the_burst_is_told_so),
        cmocka_unit_test(a_clock_that_steps_back_gives_nothing_away),
        cmocka_unit_test(workers_whose_clocks_differ_give_no_more),
        cmocka_unit_test(what_is_given_back_can_be_taken_again_but_no_more),
        cmocka_unit_test(seconds_to_wait_are_rounded_up),
        cmocka_unit_test(retries_are_a_share_of_the_calls_and_a_few_anyway)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
