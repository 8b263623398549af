/*
 * Time as text, against the C library's calendar.
 */

#include "base/jupref_time.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>


static void
assert_time(uint64_t time_ms, const char *expected)
{
    char  text[JUPREF_TIME_TEXT + 1];

    assert_int_equal(jupref_format_time((uint8_t *) text, time_ms),
                     JUPREF_TIME_TEXT);
    text[JUPREF_TIME_TEXT] = '\0';
    assert_string_equal(text, expected);
}


static void
known_instants_have_their_known_text(void **state)
{
    assert_time(0, "1970-01-01T00:00:00.000Z");
    assert_time(999, "1970-01-01T00:00:00.999Z");
    assert_time(UINT64_C(951782399999), "2000-02-28T23:59:59.999Z");
    assert_time(UINT64_C(951782400000), "2000-02-29T00:00:00.000Z");
    assert_time(UINT64_C(951868800000), "2000-03-01T00:00:00.000Z");
    assert_time(UINT64_C(4107542399000), "2100-02-28T23:59:59.000Z");
    assert_time(UINT64_C(4107542400000), "2100-03-01T00:00:00.000Z");
    assert_time(UINT64_C(1795373701123), "2026-11-22T18:55:01.123Z");
}


static void
every_day_up_to_the_year_9999_is_the_calendars(void **state)
{
    char       expected[48];
    time_t     now;
    uint64_t   day, second;
    struct tm  parts;

    for (day = 0; day < 2932897; day++) {
        second = day * 86400 + day * 7919 % 86400;
        now = (time_t) second;
        assert_non_null(gmtime_r(&now, &parts));

        snprintf(expected, sizeof(expected),
                 "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ", parts.tm_year + 1900,
                 parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
                 parts.tm_sec, (unsigned) (day % 1000));

        assert_time(second * 1000 + day % 1000, expected);
    }
}


static void
what_is_later_is_written_as_the_last_instant(void **state)
{
    assert_time(UINT64_C(253402300799999), "9999-12-31T23:59:59.999Z");
    assert_time(UINT64_C(253402300800000), "9999-12-31T23:59:59.999Z");
    assert_time(UINT64_MAX, "9999-12-31T23:59:59.999Z");
}


static unsigned
parsed(const char *text, uint64_t *time_ms)
{
    return jupref_parse_time((jupref_bytes_t) { (const uint8_t *) text,
                                                strlen(text) }, time_ms);
}


static void
assert_parsed(const char *text, uint64_t expected)
{
    uint64_t  time_ms;

    if (!parsed(text, &time_ms)) {
        fail_msg("%s isn't taken", text);
    }

    assert_true(time_ms == expected);
}


static void
what_was_written_is_read_back(void **state)
{
    uint8_t   text[JUPREF_TIME_TEXT];
    uint64_t  day, time_ms, back;

    for (day = 0; day < 2932897; day++) {
        time_ms = (day * 86400 + day * 7919 % 86400) * 1000 + day % 1000;
        (void) jupref_format_time(text, time_ms);

        assert_true(jupref_parse_time((jupref_bytes_t) { text, sizeof(text) },
                                      &back));
        assert_true(back == time_ms);
    }
}


static void
dates_offsets_and_fractions_are_read(void **state)
{
    assert_parsed("1970-01-01", 0);
    assert_parsed("2026-11-22", UINT64_C(1795305600000));
    assert_parsed("2026-11-22T18:55:01Z", UINT64_C(1795373701000));
    assert_parsed("2026-11-22t18:55:01.1z", UINT64_C(1795373701100));
    assert_parsed("2026-11-22T18:55:01.123999999Z", UINT64_C(1795373701123));
    assert_parsed("2026-11-22T19:55:01+01:00", UINT64_C(1795373701000));
    assert_parsed("2026-11-22T13:25:01-05:30", UINT64_C(1795373701000));
    assert_parsed("2016-12-31T23:59:60Z", UINT64_C(1483228800000));
    assert_parsed("2024-02-29", UINT64_C(1709164800000));
    assert_parsed("9999-12-31T23:59:59.999Z", UINT64_C(253402300799999));
}


static void
what_is_no_time_is_refused(void **state)
{
    size_t    i;
    uint64_t  time_ms;

    static const char *const  texts[] = {
        "", "2026", "2026-11-2", "2026-11-220", "2026-13-01", "2026-00-01",
        "2026-11-00", "2026-11-31", "2026-02-29", "2100-02-29", "1969-12-31",
        "0000-01-01", "2026/11/22", "2026-11-22T", "2026-11-22 18:55:01Z",
        "2026-11-22T18:55Z", "2026-11-22T18:55:01", "2026-11-22T24:00:00Z",
        "2026-11-22T18:60:00Z", "2026-11-22T18:55:61Z",
        "2026-11-22T18:55:01.Z", "2026-11-22T18:55:01ZZ",
        "2026-11-22T18:55:01+0100", "2026-11-22T18:55:01+24:00",
        "2026-11-22T18:55:01+01:60", "2026-11-22T18:55:01*01:00",
        "1970-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
        "+026-11-22", "2026-11-2a", "1795373701"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (parsed(texts[i], &time_ms)) {
            fail_msg("%s is taken", texts[i]);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(known_instants_have_their_known_text),
        cmocka_unit_test(every_day_up_to_the_year_9999_is_the_calendars),
        cmocka_unit_test(what_is_later_is_written_as_the_last_instant),
        cmocka_unit_test(what_was_written_is_read_back),
        cmocka_unit_test(dates_offsets_and_fractions_are_read),
        cmocka_unit_test(what_is_no_time_is_refused)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
