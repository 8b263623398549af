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


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(known_instants_have_their_known_text),
        cmocka_unit_test(every_day_up_to_the_year_9999_is_the_calendars),
        cmocka_unit_test(what_is_later_is_written_as_the_last_instant)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
