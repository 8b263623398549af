/*
 * Numbers: nothing is rounded, wrapped or guessed.
 */

#include "base/jupref_number.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


typedef struct {
    const char  *text;
    unsigned     parsed;
    uint64_t     micro;
} micro_case_t;


static jupref_bytes_t
span(const char *text)
{
    return (jupref_bytes_t) { (const uint8_t *) text, strlen(text) };
}


static void
assert_text(const uint8_t *text, size_t len, const char *expected)
{
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(text, expected, len);
}


static void
every_small_number_survives_text(void **state)
{
    size_t    len;
    int64_t   signed_value;
    uint8_t   text[JUPREF_U128_TEXT];
    uint64_t  i, value;
    char      expected[32];

    for (i = 0; i < 20000; i++) {
        len = jupref_format_u128(text, i);
        snprintf(expected, sizeof(expected), "%llu", (unsigned long long) i);
        assert_text(text, len, expected);

        assert_true(jupref_parse_u64((jupref_bytes_t) { text, len }, &value));
        assert_true(value == i);

        snprintf(expected, sizeof(expected), "-%llu", (unsigned long long) i);
        assert_true(jupref_parse_i64(span(expected), &signed_value));
        assert_true(signed_value == -(int64_t) i);
    }
}


static void
u64_ends_exactly_where_it_ends(void **state)
{
    uint64_t  value;

    assert_true(jupref_parse_u64(span("18446744073709551615"), &value));
    assert_true(value == UINT64_MAX);
    assert_true(jupref_parse_u64(span("000000000000000000000000000000001"),
                                 &value));
    assert_true(value == 1);

    value = 77;
    assert_false(jupref_parse_u64(span("18446744073709551616"), &value));
    assert_false(jupref_parse_u64(span("18446744073709551620"), &value));
    assert_false(jupref_parse_u64(span("99999999999999999999"), &value));
    assert_false(jupref_parse_u64(span("184467440737095516150"), &value));
    assert_true(value == 77);
}


static void
what_isnt_digits_is_no_amount(void **state)
{
    size_t    i;
    uint8_t   character;
    uint64_t  value;
    unsigned  any;

    static const char *const  texts[] = {
        "", " ", "-", "-1", "+1", "1 ", " 1", "1.0", "1e3", "0x10", "1_000",
        "12a", "a12", "\xd9\xa1"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_false(jupref_parse_u64(span(texts[i]), &value));
    }

    for (any = 0; any < 256; any++) {
        character = (uint8_t) any;
        assert_int_equal(
            jupref_parse_u64((jupref_bytes_t) { &character, 1 }, &value),
            any >= '0' && any <= '9');
    }
}


static void
i64_ends_exactly_where_it_ends(void **state)
{
    int64_t  value;

    assert_true(jupref_parse_i64(span("9223372036854775807"), &value));
    assert_true(value == INT64_MAX);
    assert_true(jupref_parse_i64(span("-9223372036854775808"), &value));
    assert_true(value == INT64_MIN);
    assert_true(jupref_parse_i64(span("-1001"), &value));
    assert_true(value == -1001);

    assert_false(jupref_parse_i64(span("9223372036854775808"), &value));
    assert_false(jupref_parse_i64(span("-9223372036854775809"), &value));
    assert_false(jupref_parse_i64(span("-18446744073709551616"), &value));
    assert_false(jupref_parse_i64(span(""), &value));
    assert_false(jupref_parse_i64(span("-"), &value));
    assert_false(jupref_parse_i64(span("--1"), &value));
    assert_false(jupref_parse_i64(span("+1"), &value));
}


static void
dollars_become_micro_dollars_by_cutting(void **state)
{
    size_t    i;
    uint64_t  micro;
    unsigned  parsed;

    static const micro_case_t  cases[] = {
        { "0", 1, 0 },
        { "0.0", 1, 0 },
        { "1", 1, 1000000 },
        { "12.5", 1, 12500000 },
        { "99.98841", 1, 99988410 },
        { "0.000001", 1, 1 },
        { "0.0000009999999", 1, 0 },
        { "1.9999999", 1, 1999999 },
        { "1e-7", 1, 0 },
        { "1e-6", 1, 1 },
        { "19e-7", 1, 1 },
        { "1E2", 1, 100000000 },
        { "1e+2", 1, 100000000 },
        { "1.5e1", 1, 15000000 },
        { "1.23456789e3", 1, 1234567890 },
        { "0.00000012E3", 1, 120 },
        { "123456789e-9", 1, 123456 },
        { "18446744073709.551615", 1, UINT64_MAX },
        { "18446744073709.5516159", 1, UINT64_MAX },
        { "18446744073709551615e-6", 1, UINT64_MAX },
        { "18446744073709.551616", 0, 0 },
        { "18446744073710", 0, 0 },
        { "1e13", 1, UINT64_C(10000000000000000000) },
        { "1e14", 0, 0 },
        { "1e400", 0, 0 },
        { "0e400", 1, 0 },
        { "0.000e999999999999999999999999", 1, 0 },
        { "1e999999999999999999999999", 0, 0 },
        { "1e-999999999999999999999999", 1, 0 },
        { "5e-324", 1, 0 },
        { "0.0000000000000000000000000000000000000001e41", 1, 10000000 },
        { "123456789012345678901234567890e-24", 1, 123456789012 },
        { "-1", 0, 0 },
        { "-0", 0, 0 },
        { "-0.0", 0, 0 },
        { "+1", 0, 0 },
        { "", 0, 0 },
        { ".5", 0, 0 },
        { "5.", 0, 0 },
        { "5.e1", 0, 0 },
        { "01", 0, 0 },
        { "00", 0, 0 },
        { "1e", 0, 0 },
        { "1e+", 0, 0 },
        { "1e1.5", 0, 0 },
        { "1e1x", 0, 0 },
        { "1.2.3", 0, 0 },
        { "1,5", 0, 0 },
        { " 1", 0, 0 },
        { "1 ", 0, 0 },
        { "NaN", 0, 0 },
        { "Infinity", 0, 0 },
        { "0x1", 0, 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        micro = 4711;
        parsed = jupref_parse_micro(span(cases[i].text), &micro);

        if (parsed != cases[i].parsed
            || micro != (cases[i].parsed ? cases[i].micro : 4711))
        {
            fail_msg("\"%s\" gave %u, %llu", cases[i].text, parsed,
                     (unsigned long long) micro);
        }
    }
}


static void
a_long_number_is_read_in_the_time_its_text_takes(void **state)
{
    char      *text;
    uint64_t   micro;

    text = malloc(100001);
    assert_non_null(text);

    memset(text, '7', 100000);
    text[1] = '.';
    text[100000] = '\0';

    assert_true(jupref_parse_micro(span(text), &micro));
    assert_true(micro == 7777777);

    memset(text, '0', 100000);
    memcpy(text, "0.", 2);
    memcpy(text + 99900, "1e99899", 8);

    assert_true(jupref_parse_micro(span(text), &micro));
    assert_true(micro == 1000000);

    free(text);
}


static void
micro_text_and_number_agree_both_ways(void **state)
{
    size_t    len;
    uint8_t   text[JUPREF_MICRO_TEXT];
    uint64_t  micro, back, step;

    for (micro = 0, step = 1; micro < UINT64_MAX / 3; micro += step) {
        len = jupref_format_micro(text, micro);

        assert_true(len >= 8);
        assert_int_equal(text[len - 7], '.');
        assert_true(jupref_parse_micro((jupref_bytes_t) { text, len }, &back));
        assert_true(back == micro);

        step += step / 7 + 1;
    }

    len = jupref_format_micro(text, 12345678);
    assert_text(text, len, "12.345678");
    len = jupref_format_micro(text, 7);
    assert_text(text, len, "0.000007");
    len = jupref_format_micro(text, ~(jupref_u128_t) 0);
    assert_text(text, len, "340282366920938463463374607431768.211455");
    assert_true(len <= JUPREF_MICRO_TEXT);
}


static void
u128_is_written_whole(void **state)
{
    size_t         len;
    unsigned       places;
    uint8_t        text[JUPREF_U128_TEXT];
    char           expected[JUPREF_U128_TEXT + 1];
    jupref_u128_t  power;

    len = jupref_format_u128(text, ~(jupref_u128_t) 0);
    assert_text(text, len, "340282366920938463463374607431768211455");

    len = jupref_format_u128(text, UINT64_MAX);
    assert_text(text, len, "18446744073709551615");

    /* 10^n and 10^n - 1 have their zeroes and nines everywhere */

    power = 1;

    for (places = 0; places < 39; places++) {
        expected[0] = '1';
        memset(expected + 1, '0', places);
        expected[places + 1] = '\0';

        len = jupref_format_u128(text, power);
        assert_text(text, len, expected);

        if (places > 0) {
            memset(expected, '9', places);
            expected[places] = '\0';
            len = jupref_format_u128(text, power - 1);
            assert_text(text, len, expected);
        }

        if (places < 38) {
            power *= 10;
        }
    }
}


static void
mul_div_is_the_exact_floor(void **state)
{
    uint64_t       value, bps;
    jupref_u128_t  product;

    for (value = 0; value < 300; value++) {
        for (bps = 0; bps <= JUPREF_BPS_WHOLE; bps += 7) {
            assert_true(jupref_mul_div(value, bps, JUPREF_BPS_WHOLE)
                        == value * bps / JUPREF_BPS_WHOLE);
        }
    }

    assert_true(jupref_mul_div(UINT64_MAX, JUPREF_BPS_WHOLE, JUPREF_BPS_WHOLE)
                == UINT64_MAX);
    assert_true(jupref_mul_div(UINT64_MAX, UINT64_MAX, UINT64_MAX)
                == UINT64_MAX);
    assert_true(jupref_mul_div(UINT64_MAX, 8000, JUPREF_BPS_WHOLE)
                == UINT64_C(14757395258967641292));

    /* the remainder of each is less than the divisor */

    for (value = UINT64_MAX; value > UINT64_MAX - 1000; value--) {
        product = (jupref_u128_t) value * 9999;
        product -= (jupref_u128_t) jupref_mul_div(value, 9999, 10000) * 10000;
        assert_true(product < 10000);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_small_number_survives_text),
        cmocka_unit_test(u64_ends_exactly_where_it_ends),
        cmocka_unit_test(what_isnt_digits_is_no_amount),
        cmocka_unit_test(i64_ends_exactly_where_it_ends),
        cmocka_unit_test(dollars_become_micro_dollars_by_cutting),
        cmocka_unit_test(a_long_number_is_read_in_the_time_its_text_takes),
        cmocka_unit_test(micro_text_and_number_agree_both_ways),
        cmocka_unit_test(u128_is_written_whole),
        cmocka_unit_test(mul_div_is_the_exact_floor)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
