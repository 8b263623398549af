/*
 * Time series: sums per owner and bucket, the oldest row giving way when the
 * table is full, and what is forgotten said so.
 */

#include "ledger/jupref_series.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/jupref_table.h"


#define HOUR_MS   UINT64_C(3600000)
#define NOON      (UINT64_C(20000) * 24 * HOUR_MS + 12 * HOUR_MS)
#define HOUR      (20000 * 24 + 12)
#define DAY       20000

#define SUMS      4000                  /* of the model: more than are kept */
#define OWNERS    8                     /* referrers, and as many codes */


typedef struct {
    uint32_t  owner;
    uint32_t  hour;
    uint32_t  clicks;
} model_sum_t;


/* A ledger that has nothing but series, and owners' numbers. */
static jupref_ledger_t *
series_new(uint32_t hours, uint32_t days)
{
    uint64_t          at, size;
    jupref_ledger_t  *ledger;

    at = (sizeof(jupref_ledger_t) + 63) / 64 * 64;
    size = at + jupref_table_size(hours, sizeof(jupref_series_row_t))
           + jupref_table_size(days, sizeof(jupref_series_row_t))
           + jupref_series_last_size(OWNERS, OWNERS);
    size = (size + 63) / 64 * 64;

    ledger = aligned_alloc(64, size);
    assert_non_null(ledger);
    memset(ledger, 0, size);
    ledger->size = size;

    jupref_table_init(&ledger->tables[JUPREF_TABLE_HOURS], at, hours,
                      sizeof(jupref_series_row_t), 0, 8);
    at += jupref_table_size(hours, sizeof(jupref_series_row_t));
    jupref_table_init(&ledger->tables[JUPREF_TABLE_DAYS], at, days,
                      sizeof(jupref_series_row_t), 0, 8);
    at += jupref_table_size(days, sizeof(jupref_series_row_t));

    ledger->last_series_at = at;
    ledger->tables[JUPREF_TABLE_REFERRERS].capacity = OWNERS;
    ledger->tables[JUPREF_TABLE_CODES].capacity = OWNERS;

    return ledger;
}


static void
add_clicks(jupref_ledger_t *ledger, uint32_t owner, uint64_t time_ms,
    uint32_t clicks)
{
    jupref_series_sum_t  sum;

    memset(&sum, 0, sizeof(sum));
    sum.clicks = clicks;
    jupref_series_add(ledger, owner, time_ms, &sum);
}


static uint32_t
clicks_of(const jupref_ledger_t *ledger, jupref_bucket_e bucket,
    uint32_t owner, uint32_t number)
{
    jupref_series_row_t  row;

    assert_int_equal(jupref_series_read(ledger, bucket, owner, number, number,
                                        1, &row), 1);
    assert_int_equal(row.owner, owner);
    assert_int_equal(row.bucket, number);

    return row.clicks;
}


static void
what_is_added_is_read_by_hour_and_by_day(void **state)
{
    jupref_ledger_t      *ledger;
    jupref_series_sum_t   sum;
    jupref_series_row_t   rows[4];

    ledger = series_new(100, 100);
    sum = (jupref_series_sum_t) { 1, 2, 3, 4000000, 50000 };

    jupref_series_add(ledger, JUPREF_OWNER_PLATFORM, NOON, &sum);
    jupref_series_add(ledger, JUPREF_OWNER_PLATFORM, NOON + HOUR_MS - 1, &sum);
    jupref_series_add(ledger, JUPREF_OWNER_PLATFORM, NOON + 2 * HOUR_MS, &sum);

    assert_int_equal(jupref_series_read(ledger, JUPREF_BY_HOUR, 0, HOUR - 1,
                                        HOUR + 2, 4, rows), 4);
    assert_int_equal(rows[0].bucket, HOUR - 1);
    assert_int_equal(rows[0].trades, 0);
    assert_int_equal(rows[1].bucket, HOUR);
    assert_int_equal(rows[1].clicks, 2);
    assert_int_equal(rows[1].orders, 4);
    assert_int_equal(rows[1].trades, 6);
    assert_int_equal(rows[1].volume_micro_usd, 8000000);
    assert_int_equal(rows[1].fees_micro_usd, 100000);
    assert_int_equal(rows[2].trades, 0);
    assert_int_equal(rows[3].trades, 3);

    assert_int_equal(jupref_series_read(ledger, JUPREF_BY_DAY, 0, DAY, DAY,
                                        4, rows), 1);
    assert_int_equal(rows[0].bucket, DAY);
    assert_int_equal(rows[0].trades, 9);
    assert_int_equal(rows[0].volume_micro_usd, 12000000);

    free(ledger);
}


static void
owners_do_not_share(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = series_new(100, 100);

    add_clicks(ledger, JUPREF_OWNER_PLATFORM, NOON, 1);
    add_clicks(ledger, jupref_owner_referrer(1), NOON, 20);
    add_clicks(ledger, jupref_owner_referrer(2), NOON, 300);
    add_clicks(ledger, jupref_owner_code(1), NOON, 4000);

    assert_int_equal(clicks_of(ledger, JUPREF_BY_HOUR, 0, HOUR), 1);
    assert_int_equal(clicks_of(ledger, JUPREF_BY_HOUR,
                               jupref_owner_referrer(1), HOUR), 20);
    assert_int_equal(clicks_of(ledger, JUPREF_BY_DAY,
                               jupref_owner_referrer(2), DAY), 300);
    assert_int_equal(clicks_of(ledger, JUPREF_BY_DAY, jupref_owner_code(1),
                               DAY), 4000);
    assert_int_equal(clicks_of(ledger, JUPREF_BY_DAY, jupref_owner_code(2),
                               DAY), 0);
    free(ledger);
}


static void
a_read_is_bounded_by_its_range_and_by_its_limit(void **state)
{
    jupref_ledger_t      *ledger;
    jupref_series_row_t   rows[8];

    ledger = series_new(100, 100);
    memset(rows, 0xa5, sizeof(rows));

    assert_int_equal(jupref_series_read(ledger, JUPREF_BY_HOUR, 0, 10, 100,
                                        3, rows), 3);
    assert_int_equal(rows[2].bucket, 12);
    assert_int_equal(rows[3].bucket, 0xa5a5a5a5);

    assert_int_equal(jupref_series_read(ledger, JUPREF_BY_HOUR, 0, 10, 9, 8,
                                        rows), 0);
    assert_int_equal(jupref_series_read(ledger, JUPREF_BY_HOUR, 0, 0,
                                        UINT32_MAX, 0, rows), 0);

    assert_int_equal(jupref_series_read(ledger, JUPREF_BY_HOUR, 0,
                                        UINT32_MAX - 1, UINT32_MAX, 8, rows),
                     2);
    assert_int_equal(rows[1].bucket, UINT32_MAX);

    free(ledger);
}


static void
sums_stop_at_their_end(void **state)
{
    jupref_ledger_t      *ledger;
    jupref_series_sum_t   sum;
    jupref_series_row_t   row;

    ledger = series_new(100, 100);
    sum = (jupref_series_sum_t) { UINT32_MAX - 1, UINT32_MAX, 1,
                                  UINT64_MAX, UINT64_MAX - 1 };

    jupref_series_add(ledger, 0, NOON, &sum);
    jupref_series_add(ledger, 0, NOON, &sum);

    (void) jupref_series_read(ledger, JUPREF_BY_HOUR, 0, HOUR, HOUR, 1, &row);
    assert_int_equal(row.clicks, UINT32_MAX);
    assert_int_equal(row.orders, UINT32_MAX);
    assert_int_equal(row.trades, 2);
    assert_true(row.volume_micro_usd == UINT64_MAX);
    assert_true(row.fees_micro_usd == UINT64_MAX);

    /* times that have no bucket of their own share the last one */

    add_clicks(ledger, 0, UINT64_MAX, 7);
    assert_int_equal(clicks_of(ledger, JUPREF_BY_HOUR, 0, UINT32_MAX), 7);
    assert_int_equal(clicks_of(ledger, JUPREF_BY_DAY, 0, UINT32_MAX), 7);

    free(ledger);
}


static void
a_full_table_forgets_its_oldest_row_and_says_so(void **state)
{
    uint32_t          hour;
    jupref_ledger_t  *ledger;

    ledger = series_new(10, 1000);

    for (hour = 0; hour < 10; hour++) {
        add_clicks(ledger, 0, NOON + hour * HOUR_MS, hour + 1);
    }

    assert_int_equal(jupref_series_since(ledger, JUPREF_BY_HOUR), 0);
    assert_int_equal(clicks_of(ledger, JUPREF_BY_HOUR, 0, HOUR), 1);

    for (hour = 10; hour < 35; hour++) {
        add_clicks(ledger, 0, NOON + hour * HOUR_MS, hour + 1);

        assert_int_equal(jupref_series_since(ledger, JUPREF_BY_HOUR),
                         HOUR + hour - 9);
        assert_int_equal(clicks_of(ledger, JUPREF_BY_HOUR, 0,
                                   HOUR + hour - 10), 0);
        assert_int_equal(clicks_of(ledger, JUPREF_BY_HOUR, 0,
                                   HOUR + hour - 9), hour - 8);
        assert_int_equal(clicks_of(ledger, JUPREF_BY_HOUR, 0, HOUR + hour),
                         hour + 1);
    }

    assert_int_equal(jupref_series_since(ledger, JUPREF_BY_DAY), 0);

    free(ledger);
}


/* The last owners have the ends of what is kept of where each was last. */

static void
every_owner_has_its_own_last_row(void **state)
{
    uint32_t          i, round;
    jupref_ledger_t  *ledger;

    ledger = series_new(100, 100);

    for (round = 0; round < 3; round++) {
        add_clicks(ledger, JUPREF_OWNER_PLATFORM, NOON, 1);

        for (i = 1; i <= OWNERS; i++) {
            add_clicks(ledger, jupref_owner_referrer(i), NOON, 100 + i);
            add_clicks(ledger, jupref_owner_code(i), NOON, 1000 + i);
        }
    }

    assert_int_equal(ledger->tables[JUPREF_TABLE_HOURS].count,
                     1 + 2 * OWNERS);
    assert_int_equal(clicks_of(ledger, JUPREF_BY_HOUR, 0, HOUR), 3);

    for (i = 1; i <= OWNERS; i++) {
        assert_int_equal(clicks_of(ledger, JUPREF_BY_HOUR,
                                   jupref_owner_referrer(i), HOUR),
                         3 * (100 + i));
        assert_int_equal(clicks_of(ledger, JUPREF_BY_DAY,
                                   jupref_owner_code(i), DAY),
                         3 * (1000 + i));
    }

    free(ledger);
}


static void
an_owner_whose_last_row_gave_way_gets_another(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = series_new(2, 100);

    add_clicks(ledger, jupref_owner_code(1), NOON, 1);
    add_clicks(ledger, jupref_owner_code(2), NOON, 20);
    add_clicks(ledger, jupref_owner_code(3), NOON, 300);    /* code 1's row */
    add_clicks(ledger, jupref_owner_code(1), NOON, 4000);   /* code 2's row */

    assert_int_equal(clicks_of(ledger, JUPREF_BY_HOUR, jupref_owner_code(1),
                               HOUR), 4000);
    assert_int_equal(clicks_of(ledger, JUPREF_BY_HOUR, jupref_owner_code(2),
                               HOUR), 0);
    assert_int_equal(clicks_of(ledger, JUPREF_BY_HOUR, jupref_owner_code(3),
                               HOUR), 300);
    assert_int_equal(clicks_of(ledger, JUPREF_BY_DAY, jupref_owner_code(1),
                               DAY), 4001);

    /* the same owner's again, of another hour */

    add_clicks(ledger, jupref_owner_code(3), NOON + HOUR_MS, 5);
    add_clicks(ledger, jupref_owner_code(3), NOON, 6);
    assert_int_equal(clicks_of(ledger, JUPREF_BY_HOUR, jupref_owner_code(3),
                               HOUR), 6);
    assert_int_equal(clicks_of(ledger, JUPREF_BY_HOUR, jupref_owner_code(3),
                               HOUR + 1), 5);

    free(ledger);
}


static void
a_clock_that_steps_back_does_not_hide_what_is_forgotten(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = series_new(2, 100);

    add_clicks(ledger, 0, NOON, 1);
    add_clicks(ledger, 0, NOON - 5 * HOUR_MS, 2);
    add_clicks(ledger, 0, NOON - 4 * HOUR_MS, 3);       /* noon gives way */
    assert_int_equal(jupref_series_since(ledger, JUPREF_BY_HOUR), HOUR + 1);

    add_clicks(ledger, 0, NOON + HOUR_MS, 4);
    assert_int_equal(jupref_series_since(ledger, JUPREF_BY_HOUR), HOUR + 1);

    /* an hour long gone can still be written */

    add_clicks(ledger, 0, NOON - 1000 * HOUR_MS, 5);
    assert_int_equal(clicks_of(ledger, JUPREF_BY_HOUR, 0, HOUR - 1000), 5);
    assert_int_equal(clicks_of(ledger, JUPREF_BY_HOUR, 0, HOUR + 1), 4);
    assert_int_equal(clicks_of(ledger, JUPREF_BY_HOUR, 0, HOUR - 4), 0);

    free(ledger);
}


/*
 * The model keeps every sum ever begun, in order; the last `room` of them
 * are those that the ledger has.
 */

static void
any_history_is_what_a_plain_model_says(void **state)
{
    uint32_t          i, count, oldest, owner, hour, clicks, since, room,
                      step;
    uint64_t          dice;
    model_sum_t      *sums;
    jupref_ledger_t  *ledger;

    sums = calloc(SUMS, sizeof(model_sum_t));
    assert_non_null(sums);

    room = 37;
    ledger = series_new(room, 100);
    count = 0;
    since = 0;
    dice = 1;

    for (step = 0; step < SUMS; step++) {
        dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407;

        owner = jupref_owner_code((uint32_t) (dice >> 60) % 5 + 1);
        hour = HOUR + step / 16 - (uint32_t) (dice >> 50) % 3;
        clicks = 1 + (uint32_t) (dice >> 33) % 9;
        oldest = count > room ? count - room : 0;

        add_clicks(ledger, owner, hour * HOUR_MS, clicks);

        for (i = oldest; i < count; i++) {
            if (sums[i].owner == owner && sums[i].hour == hour) {
                sums[i].clicks += clicks;
                break;
            }
        }

        if (i == count) {
            if (count >= room && sums[oldest].hour >= since) {
                since = sums[oldest].hour + 1;
            }

            sums[count++] = (model_sum_t) { owner, hour, clicks };
        }

        oldest = count > room ? count - room : 0;

        for (i = oldest; i < count; i++) {
            assert_int_equal(clicks_of(ledger, JUPREF_BY_HOUR, sums[i].owner,
                                       sums[i].hour), sums[i].clicks);
        }

        assert_int_equal(jupref_series_since(ledger, JUPREF_BY_HOUR), since);
        assert_int_equal(ledger->tables[JUPREF_TABLE_HOURS].count,
                         count - oldest);
    }

    free(sums);
    free(ledger);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_is_added_is_read_by_hour_and_by_day),
        cmocka_unit_test(owners_do_not_share),
        cmocka_unit_test(a_read_is_bounded_by_its_range_and_by_its_limit),
        cmocka_unit_test(sums_stop_at_their_end),
        cmocka_unit_test(a_full_table_forgets_its_oldest_row_and_says_so),
        cmocka_unit_test(every_owner_has_its_own_last_row),
        cmocka_unit_test(an_owner_whose_last_row_gave_way_gets_another),
        cmocka_unit_test(
            a_clock_that_steps_back_does_not_hide_what_is_forgotten),
        cmocka_unit_test(any_history_is_what_a_plain_model_says)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
