/*
 * The JSON writer: right commas, right escapes, and not one byte past the
 * buffer whatever its size.
 */

#include "base/jupref_json_writer.h"
#include "base/jupref_utf8.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <yajl/yajl_parse.h>


static void
assert_written(const jupref_json_writer_t *writer, const char *expected)
{
    jupref_bytes_t  text;

    text = jupref_json_text(writer);

    assert_false(writer->overflowed);
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.data, expected, text.len);
}


static void
write_everything(jupref_json_writer_t *writer)
{
    jupref_json_object(writer, NULL);
    jupref_json_string(writer, "code", jupref_bytes("a\"\\\n\x01\x7f\xff"));
    jupref_json_cstring(writer, "mint", "So11");
    jupref_json_number(writer, "feeBps", 100);
    jupref_json_amount(writer, "pending", ~(jupref_u128_t) 0);
    jupref_json_micro(writer, "volumeUsd", 12345678);
    jupref_json_time(writer, "time", UINT64_C(1795373701123));
    jupref_json_boolean(writer, "hasMore", 1);
    jupref_json_boolean(writer, "active", 0);
    jupref_json_null(writer, "parent");
    jupref_json_array(writer, "data");
    jupref_json_object(writer, NULL);
    jupref_json_object_end(writer);
    jupref_json_array(writer, NULL);
    jupref_json_number(writer, NULL, 1);
    jupref_json_number(writer, NULL, 2);
    jupref_json_array_end(writer);
    jupref_json_cstring(writer, NULL, "");
    jupref_json_null(writer, NULL);
    jupref_json_array_end(writer);
    jupref_json_object(writer, "empty");
    jupref_json_object_end(writer);
    jupref_json_array(writer, "none");
    jupref_json_array_end(writer);
    jupref_json_object_end(writer);
}


static const char  everything[] =
    "{\"code\":\"a\\\"\\\\\\n\\u0001\x7f\xef\xbf\xbd\",\"mint\":\"So11\","
    "\"feeBps\":100,\"pending\":\"340282366920938463463374607431768211455\","
    "\"volumeUsd\":\"12.345678\",\"time\":\"2026-11-22T18:55:01.123Z\","
    "\"hasMore\":true,\"active\":false,\"parent\":null,"
    "\"data\":[{},[1,2],\"\",null],\"empty\":{},\"none\":[]}";


static void
all_kinds_are_written_with_their_commas(void **state)
{
    uint8_t               buffer[1024];
    jupref_json_writer_t  writer;

    jupref_json_init(&writer, buffer, sizeof(buffer));
    write_everything(&writer);
    assert_written(&writer, everything);
}


static void
a_buffer_of_any_size_is_never_left(void **state)
{
    size_t                size, len;
    uint8_t              *buffer;
    jupref_bytes_t        text;
    jupref_json_writer_t  writer;

    len = sizeof(everything) - 1;

    for (size = 0; size <= len + 1; size++) {
        buffer = malloc(size > 0 ? size : 1);
        assert_non_null(buffer);

        jupref_json_init(&writer, buffer, size);
        write_everything(&writer);

        text = jupref_json_text(&writer);

        assert_int_equal(writer.overflowed, size < len);
        assert_true(text.len <= size);
        assert_memory_equal(text.data, everything, text.len);

        /* what comes behind is dropped, even if it would fit */

        if (writer.overflowed) {
            jupref_json_null(&writer, NULL);
            assert_int_equal(jupref_json_text(&writer).len, text.len);
        }

        free(buffer);
    }
}


static void
every_ascii_character_is_written_as_rfc_8259_asks(void **state)
{
    char                  expected[16];
    uint8_t               buffer[16], character;
    unsigned              i;
    const char           *short_form;
    jupref_json_writer_t  writer;

    static const char  hex[] = "0123456789abcdef";
    static const char  plain[] = "\b\f\n\r\t\"\\";
    static const char  letters[] = "bfnrt\"\\";

    for (i = 0; i < 128; i++) {
        character = (uint8_t) i;
        short_form = i == 0 ? NULL : strchr(plain, (int) i);

        if (short_form != NULL) {
            strcpy(expected, "\"\\?\"");
            expected[2] = letters[short_form - plain];

        } else if (i < 0x20) {
            strcpy(expected, "\"\\u00??\"");
            expected[5] = hex[i >> 4];
            expected[6] = hex[i & 15];

        } else {
            strcpy(expected, "\"?\"");
            expected[1] = (char) i;
        }

        jupref_json_init(&writer, buffer, sizeof(buffer));
        jupref_json_string(&writer, NULL, (jupref_bytes_t) { &character, 1 });
        assert_written(&writer, expected);
    }
}


static void
broken_utf8_becomes_replacement_characters(void **state)
{
    size_t                i;
    uint8_t               buffer[64];
    jupref_json_writer_t  writer;

    /* as browsers' TextDecoder answers: R stands for U+FFFD */

    static const char *const  cases[][2] = {
        { "\x80", "R" },
        { "\xff\xfe", "RR" },
        { "a\xc3", "aR" },
        { "\xc3(", "R(" },
        { "\xc0\x80", "RR" },
        { "\xc1\xbf", "RR" },
        { "\xe2\x82", "R" },
        { "\xe2\x82x", "Rx" },
        { "\xe0\x80\x80", "RRR" },
        { "\xed\xa0\x80", "RRR" },
        { "\xf0\x9f\x98", "R" },
        { "\xf0\x80\x80\x80", "RRRR" },
        { "\xf4\x90\x80\x80", "RRRR" },
        { "\xf5\x80", "RR" },
        { "\xf0\x9f\xe2\x82\xac", "R\xe2\x82\xac" },
        { "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf",
          "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf" },
        { "\xed\x9f\xbf\xee\x80\x80\xdf\xbf\xe0\xa0\x80\xf0\x90\x80\x80",
          "\xed\x9f\xbf\xee\x80\x80\xdf\xbf\xe0\xa0\x80\xf0\x90\x80\x80" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char         expected[64];
        const char  *at;

        strcpy(expected, "\"");

        for (at = cases[i][1]; *at != '\0'; at++) {
            strncat(expected, *at == 'R' ? "\xef\xbf\xbd" : at,
                    *at == 'R' ? 3 : 1);
        }

        strcat(expected, "\"");

        jupref_json_init(&writer, buffer, sizeof(buffer));
        jupref_json_cstring(&writer, NULL, cases[i][0]);
        assert_written(&writer, expected);
    }
}


/* A decoder by the book: bits put together, then the ranges looked at. */
static unsigned
is_utf8_by_the_book(const uint8_t *bytes, unsigned len)
{
    unsigned  i, j, more, code;

    static const unsigned  least[] = { 0, 0x80, 0x800, 0x10000 };

    for (i = 0; i < len; i += 1 + more) {
        more = bytes[i] < 0x80 ? 0
               : bytes[i] >> 5 == 0x06 ? 1
               : bytes[i] >> 4 == 0x0e ? 2
               : bytes[i] >> 3 == 0x1e ? 3 : len;

        if (i + more >= len) {
            return 0;
        }

        code = more == 0 ? bytes[i] : bytes[i] & (0x3fu >> more);

        for (j = 1; j <= more; j++) {
            if ((bytes[i + j] & 0xc0) != 0x80) {
                return 0;
            }

            code = code << 6 | (bytes[i + j] & 0x3f);
        }

        if (code < least[more] || code > 0x10ffff
            || (code >= 0xd800 && code < 0xe000))
        {
            return 0;
        }
    }

    return 1;
}


static void
utf8_is_told_from_what_isnt_over_all_short_texts(void **state)
{
    uint8_t   bytes[3];
    unsigned  i;

    for (i = 0; i < 0x1000000; i++) {
        bytes[0] = (uint8_t) (i >> 16);
        bytes[1] = (uint8_t) (i >> 8);
        bytes[2] = (uint8_t) i;

        if (jupref_utf8_valid((jupref_bytes_t) { bytes, 3 })
            != is_utf8_by_the_book(bytes, 3))
        {
            fail_msg("%06x", i);
        }
    }
}


static void
whatever_is_written_can_be_read(void **state)
{
    uint8_t               buffer[2048], noise[200];
    uint64_t              seed;
    unsigned              round, i;
    yajl_handle           parser;
    jupref_bytes_t        text;
    jupref_json_writer_t  writer;

    seed = 88172645463325252u;

    for (round = 0; round < 3000; round++) {
        for (i = 0; i < sizeof(noise); i++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            noise[i] = (uint8_t) (round % 2 ? seed : 0x70 + seed % 0xa0);
        }

        jupref_json_init(&writer, buffer, sizeof(buffer));
        jupref_json_array(&writer, NULL);
        jupref_json_string(&writer, NULL, (jupref_bytes_t) { noise, 200 });
        jupref_json_array_end(&writer);
        assert_false(writer.overflowed);

        text = jupref_json_text(&writer);
        assert_true(jupref_utf8_valid(text));

        parser = yajl_alloc(NULL, NULL, NULL);
        assert_int_equal(yajl_parse(parser, text.data, text.len),
                         yajl_status_ok);
        assert_int_equal(yajl_complete_parse(parser), yajl_status_ok);
        yajl_free(parser);
    }
}


static void
an_empty_text_and_a_hostile_name_are_fine(void **state)
{
    uint8_t               buffer[64];
    jupref_bytes_t        none;
    jupref_json_writer_t  writer;

    none.data = NULL;
    none.len = 0;

    jupref_json_init(&writer, buffer, sizeof(buffer));
    jupref_json_object(&writer, NULL);
    jupref_json_string(&writer, "a\"b", none);
    jupref_json_object_end(&writer);
    assert_written(&writer, "{\"a\\\"b\":\"\"}");

    jupref_json_init(&writer, NULL, 0);
    assert_int_equal(jupref_json_text(&writer).len, 0);
    jupref_json_null(&writer, NULL);
    assert_true(writer.overflowed);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(all_kinds_are_written_with_their_commas),
        cmocka_unit_test(a_buffer_of_any_size_is_never_left),
        cmocka_unit_test(every_ascii_character_is_written_as_rfc_8259_asks),
        cmocka_unit_test(broken_utf8_becomes_replacement_characters),
        cmocka_unit_test(utf8_is_told_from_what_isnt_over_all_short_texts),
        cmocka_unit_test(whatever_is_written_can_be_read),
        cmocka_unit_test(an_empty_text_and_a_hostile_name_are_fine)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
