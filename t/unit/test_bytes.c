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


static void
what_is_written_is_little_endian_and_read_back(void **state)
{
    uint8_t          room[18];
    jupref_reader_t  reader;
    jupref_writer_t  writer;

    jupref_writer_init(&writer, room, sizeof(room));
    jupref_write_u8(&writer, 0x01);
    jupref_write_u16_le(&writer, 0x0203);
    jupref_write_u32_le(&writer, 0x04050607);
    jupref_write_u64_le(&writer, UINT64_C(0x08090a0b0c0d0e0f));
    jupref_write_bytes(&writer, (const uint8_t *) "end", 3);

    assert_false(writer.failed);
    assert_ptr_equal(writer.at, room + sizeof(room));
    assert_memory_equal(room, "\x01\x03\x02\x07\x06\x05\x04"
                        "\x0f\x0e\x0d\x0c\x0b\x0a\x09\x08" "end", 18);

    jupref_reader_init(&reader, (jupref_bytes_t) { room, sizeof(room) });
    assert_int_equal(jupref_read_u8(&reader), 0x01);
    assert_int_equal(jupref_read_u16_le(&reader), 0x0203);
    assert_int_equal(jupref_read_u32_le(&reader), 0x04050607);
    assert_true(jupref_read_u64_le(&reader) == UINT64_C(0x08090a0b0c0d0e0f));
}


static void
a_write_past_the_end_fails_for_good_and_writes_nothing(void **state)
{
    size_t           room_size, i;
    uint8_t         *room;
    jupref_writer_t  writer;

    for (room_size = 0; room_size < 8; room_size++) {
        room = malloc(room_size > 0 ? room_size : 1);
        assert_non_null(room);
        memset(room, 0xee, room_size);

        jupref_writer_init(&writer, room, room_size);
        jupref_write_u64_le(&writer, 0);
        assert_true(writer.failed);

        jupref_write_u8(&writer, 0);
        jupref_write_u16_le(&writer, 0);
        jupref_write_u32_le(&writer, 0);
        jupref_write_bytes(&writer, NULL, 0);
        assert_null(jupref_write_room(&writer, 0));
        assert_ptr_equal(writer.at, room);

        for (i = 0; i < room_size; i++) {
            assert_int_equal(room[i], 0xee);
        }

        free(room);
    }

    jupref_writer_init(&writer, NULL, 0);
    jupref_write_bytes(&writer, NULL, 0);
    assert_false(writer.failed);
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
        cmocka_unit_test(what_is_written_is_little_endian_and_read_back),
        cmocka_unit_test(
            a_write_past_the_end_fails_for_good_and_writes_nothing),
        cmocka_unit_test(only_ascii_letters_are_equal_without_case)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
