/*
 * Spans and the reader: nothing is read past the end, and one look at
 * `failed` is enough.
 */

#include "base/jupref_bytes.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


static void
numbers_are_read_little_endian_and_in_order(void **state)
{
    jupref_reader_t       reader;
    static const uint8_t  bytes[] = {
        0xff, 0x01, 0x02, 0x03, 0x04, 0x05, 0x86,
        0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x98
    };

    jupref_reader_init(&reader, (jupref_bytes_t) { bytes, sizeof(bytes) });

    assert_int_equal(jupref_reader_left(&reader), 15);
    assert_int_equal(jupref_read_u8(&reader), 0xff);
    assert_int_equal(jupref_read_u16_le(&reader), 0x0201);
    assert_int_equal(jupref_read_u32_le(&reader), 0x86050403);
    assert_int_equal(jupref_reader_left(&reader), 8);
    assert_true(jupref_read_u64_le(&reader) == UINT64_C(0x9817161514131211));
    assert_int_equal(jupref_reader_left(&reader), 0);
    assert_false(reader.failed);
}


static void
a_read_past_the_end_fails_for_good_and_gives_zero(void **state)
{
    uint8_t          *bytes;
    jupref_bytes_t    span;
    jupref_reader_t   reader;

    /* of exactly its size, so that the sanitizer sees a byte too many */
    bytes = malloc(7);
    assert_non_null(bytes);
    memset(bytes, 0xee, 7);

    jupref_reader_init(&reader, (jupref_bytes_t) { bytes, 7 });

    assert_true(jupref_read_u64_le(&reader) == 0);
    assert_true(reader.failed);
    assert_int_equal(jupref_reader_left(&reader), 0);
    assert_int_equal(jupref_read_u8(&reader), 0);
    assert_int_equal(jupref_read_u16_le(&reader), 0);
    assert_int_equal(jupref_read_u32_le(&reader), 0);

    span = jupref_read_bytes(&reader, 0);
    assert_null(span.data);
    assert_int_equal(span.len, 0);

    free(bytes);
}


static void
a_span_borrows_from_the_input_and_an_impossible_one_is_null(void **state)
{
    jupref_bytes_t   text, span;
    jupref_reader_t  reader;

    text = jupref_bytes("mintmint");
    jupref_reader_init(&reader, text);

    span = jupref_read_bytes(&reader, 4);
    assert_ptr_equal(span.data, text.data);
    assert_int_equal(span.len, 4);

    span = jupref_read_bytes(&reader, 0);
    assert_ptr_equal(span.data, text.data + 4);
    assert_false(reader.failed);

    span = jupref_read_bytes(&reader, SIZE_MAX);
    assert_null(span.data);
    assert_int_equal(span.len, 0);
    assert_true(reader.failed);
}


static void
an_empty_span_can_be_read_and_compared(void **state)
{
    jupref_bytes_t   none;
    jupref_reader_t  reader;

    none.data = NULL;
    none.len = 0;

    jupref_reader_init(&reader, none);
    assert_int_equal(jupref_reader_left(&reader), 0);
    assert_int_equal(jupref_read_bytes(&reader, 0).len, 0);
    assert_false(reader.failed);
    assert_int_equal(jupref_read_u8(&reader), 0);
    assert_true(reader.failed);

    assert_true(jupref_bytes_equal(none, jupref_bytes("")));
    assert_true(jupref_bytes_equal_nocase(jupref_bytes(""), none));
    assert_false(jupref_bytes_equal(none, jupref_bytes("a")));
}


static void
only_ascii_letters_are_equal_without_case(void **state)
{
    unsigned  one, other, expected;
    uint8_t   a, b;

    for (one = 0; one < 256; one++) {
        for (other = 0; other < 256; other++) {
            a = (uint8_t) one;
            b = (uint8_t) other;
            expected = one == other
                       || ((one ^ other) == 0x20
                           && (one | 0x20) >= 'a' && (one | 0x20) <= 'z');

            assert_int_equal(
                jupref_bytes_equal_nocase((jupref_bytes_t) { &a, 1 },
                                          (jupref_bytes_t) { &b, 1 }),
                expected);
            assert_int_equal(jupref_bytes_equal((jupref_bytes_t) { &a, 1 },
                                                (jupref_bytes_t) { &b, 1 }),
                             one == other);
        }
    }

    assert_true(jupref_bytes_equal_nocase(jupref_bytes("referralFEE"),
                                          jupref_bytes("ReferralFee")));
    assert_false(jupref_bytes_equal_nocase(jupref_bytes("fee"),
                                           jupref_bytes("fees")));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(numbers_are_read_little_endian_and_in_order),
        cmocka_unit_test(a_read_past_the_end_fails_for_good_and_gives_zero),
        cmocka_unit_test(
            a_span_borrows_from_the_input_and_an_impossible_one_is_null),
        cmocka_unit_test(an_empty_span_can_be_read_and_compared),
        cmocka_unit_test(only_ascii_letters_are_equal_without_case)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
