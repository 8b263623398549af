/*
 * The table that can forget: rows by use, whatever is added, used and removed
 * between.
 */

#include "base/jupref_recent.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


#define ROWS  50


typedef struct {
    jupref_recent_row_t  row;
    uint64_t             number;
} sample_t;

#define ROW_SIZE  ((uint32_t) sizeof(sample_t))


static jupref_recent_t *
new_block(uint32_t rows)
{
    void      *block;
    uint64_t   size;

    size = (jupref_recent_size(rows, ROW_SIZE) + 63) / 64 * 64;
    block = aligned_alloc(64, size);
    assert_non_null(block);
    memset(block, 0, size);
    jupref_recent_init(block, rows, ROW_SIZE);

    return block;
}


static void
key_of(uint8_t key[JUPREF_SHA256_SIZE], uint64_t number)
{
    memset(key, 0, JUPREF_SHA256_SIZE);
    memcpy(key + 5, &number, sizeof(number));
}


static sample_t *
add(jupref_recent_t *block, uint64_t number)
{
    uint8_t    key[JUPREF_SHA256_SIZE];
    sample_t  *sample;

    key_of(key, number);
    sample = jupref_recent_add(block, key);

    if (sample) {
        sample->number = number;
    }

    return sample;
}


static sample_t *
find(jupref_recent_t *block, uint64_t number)
{
    uint8_t  key[JUPREF_SHA256_SIZE];

    key_of(key, number);

    return jupref_recent_find(block, key);
}


static void
a_full_table_takes_a_row_when_the_one_unused_for_longest_has_gone(void **state)
{
    sample_t         *oldest;
    uint64_t          i;
    jupref_recent_t  *block;

    block = new_block(3);

    for (i = 1; i <= 3; i++) {
        assert_non_null(add(block, i));
    }

    assert_null(add(block, 4));

    jupref_recent_use(block, find(block, 1));

    oldest = jupref_recent_oldest(block);
    assert_int_equal(oldest->number, 2);
    jupref_recent_remove(block, oldest);

    assert_non_null(add(block, 4));
    assert_null(find(block, 2));
    assert_int_equal(find(block, 1)->number, 1);

    oldest = jupref_recent_oldest(block);
    assert_int_equal(oldest->number, 3);

    free(block);
}


/* A list of numbers by use, beside the table. */
static void
rows_leave_in_the_order_of_their_last_use(void **state)
{
    uint32_t          seed, step, i, count;
    uint64_t          model[ROWS], number;
    sample_t         *sample;
    jupref_recent_t  *block;

    block = new_block(ROWS);
    count = 0;
    seed = 1;

    for (step = 0; step < 20000; step++) {
        seed = seed * 1103515245 + 12345;
        number = (seed >> 8) % (2 * ROWS) + 1;
        sample = find(block, number);

        for (i = 0; i < count && model[i] != number; i++) { /* void */ }

        assert_int_equal(sample != NULL, i < count);

        if (sample && (seed >> 20) % 3 == 0) {
            jupref_recent_remove(block, sample);
            memmove(&model[i], &model[i + 1], (count - i - 1) * 8);
            count--;
            continue;
        }

        if (sample) {
            assert_int_equal(sample->number, number);
            jupref_recent_use(block, sample);
            memmove(&model[i], &model[i + 1], (count - i - 1) * 8);
            model[count - 1] = number;
            continue;
        }

        if (count == ROWS) {
            sample = jupref_recent_oldest(block);
            assert_int_equal(sample->number, model[0]);
            jupref_recent_remove(block, sample);
            memmove(&model[0], &model[1], (count - 1) * 8);
            count--;
        }

        assert_non_null(add(block, number));
        model[count++] = number;
    }

    for (i = 0; i < count; i++) {
        sample = jupref_recent_oldest(block);
        assert_int_equal(sample->number, model[i]);
        jupref_recent_remove(block, sample);
    }

    assert_null(jupref_recent_oldest(block));

    free(block);
}


static void
what_fits_is_the_most_that_does(void **state)
{
    uint32_t  rows;
    uint64_t  bytes;

    assert_int_equal(jupref_recent_fits(0, ROW_SIZE), 0);

    for (bytes = 1024; bytes < (1 << 24); bytes += bytes / 7 + 13) {
        rows = jupref_recent_fits(bytes, ROW_SIZE);

        assert_true(rows == 0
                    || jupref_recent_size(rows, ROW_SIZE) <= bytes);

        /* no less than a quarter of the bytes is used for rows */
        assert_true((uint64_t) rows * ROW_SIZE * 4 >= bytes - 1024);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_full_table_takes_a_row_when_the_one_unused_for_longest_has_gone),
        cmocka_unit_test(rows_leave_in_the_order_of_their_last_use),
        cmocka_unit_test(what_fits_is_the_most_that_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
