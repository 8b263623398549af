/*
 * Milliseconds since 1970 as RFC 3339 text, and back.
 *
 * The calendar is counted in eras of 400 years (146,097 days) that begin on
 * the first of March, so that the leap day is the last day of a year and
 * months need no table.
 */

#include "base/jupref_time.h"

#include <string.h>


#define JUPREF_DAY_SEC        86400
#define JUPREF_ERA_DAYS       146097
#define JUPREF_EPOCH_DAYS     719468    /* 0000-03-01 to 1970-01-01 */
#define JUPREF_LAST_MS        UINT64_C(253402300799999)

#define JUPREF_DATE_TEXT      10        /* "2026-11-22" */
#define JUPREF_CLOCK_TEXT     9         /* "T18:55:01" */
#define JUPREF_OFFSET_TEXT    6         /* "+01:00" */


static void jupref_put_digits(uint8_t *text, unsigned value, unsigned places);
static unsigned jupref_take_date(jupref_bytes_t text, int64_t *days);
static unsigned jupref_take_clock(jupref_bytes_t text, int64_t *ms,
    jupref_bytes_t *rest);
static unsigned jupref_take_offset(jupref_bytes_t text, int64_t *minutes);
static unsigned jupref_take_digits(const uint8_t *text, unsigned places,
    unsigned least, unsigned most, unsigned *value);
static unsigned jupref_month_days(unsigned year, unsigned month);


size_t
jupref_format_time(uint8_t text[JUPREF_TIME_TEXT], uint64_t time_ms)
{
    unsigned  days, era, day_of_era, year_of_era, day_of_year, shifted_month;
    unsigned  year, month, day, second;

    if (time_ms > JUPREF_LAST_MS) {
        time_ms = JUPREF_LAST_MS;
    }

    second = (unsigned) (time_ms / 1000 % JUPREF_DAY_SEC);
    days = (unsigned) (time_ms / 1000 / JUPREF_DAY_SEC) + JUPREF_EPOCH_DAYS;

    era = days / JUPREF_ERA_DAYS;
    day_of_era = days % JUPREF_ERA_DAYS;
    year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524
                   - day_of_era / (JUPREF_ERA_DAYS - 1)) / 365;
    day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4
                                - year_of_era / 100);

    /* months of 31 and 30 days from March on: 153 days in each five */
    shifted_month = (5 * day_of_year + 2) / 153;
    day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    year = era * 400 + year_of_era + (month <= 2);

    memcpy(text, "0000-00-00T00:00:00.000Z", JUPREF_TIME_TEXT);

    jupref_put_digits(text, year, 4);
    jupref_put_digits(text + 5, month, 2);
    jupref_put_digits(text + 8, day, 2);
    jupref_put_digits(text + 11, second / 3600, 2);
    jupref_put_digits(text + 14, second / 60 % 60, 2);
    jupref_put_digits(text + 17, second % 60, 2);
    jupref_put_digits(text + 20, (unsigned) (time_ms % 1000), 3);

    return JUPREF_TIME_TEXT;
}


static void
jupref_put_digits(uint8_t *text, unsigned value, unsigned places)
{
    while (places > 0) {
        text[--places] = (uint8_t) ('0' + value % 10);
        value /= 10;
    }
}


unsigned
jupref_parse_time(jupref_bytes_t text, uint64_t *time_ms)
{
    int64_t         days, ms, minutes;
    jupref_bytes_t  rest;

    if (!jupref_take_date(text, &days)) {
        return 0;
    }

    ms = 0;
    minutes = 0;

    if (text.len > JUPREF_DATE_TEXT) {
        text.data += JUPREF_DATE_TEXT;
        text.len -= JUPREF_DATE_TEXT;

        if (!jupref_take_clock(text, &ms, &rest)
            || !jupref_take_offset(rest, &minutes))
        {
            return 0;
        }
    }

    ms += (days * JUPREF_DAY_SEC - minutes * 60) * 1000;

    if (ms < 0 || (uint64_t) ms > JUPREF_LAST_MS) {
        return 0;
    }

    *time_ms = (uint64_t) ms;

    return 1;
}


/* Days since 1970. */
static unsigned
jupref_take_date(jupref_bytes_t text, int64_t *days)
{
    unsigned  year, month, day, shifted_month, era, year_of_era, day_of_era;

    if (text.len < JUPREF_DATE_TEXT
        || text.data[4] != '-' || text.data[7] != '-'
        || !jupref_take_digits(text.data, 4, 0, 9999, &year)
        || !jupref_take_digits(text.data + 5, 2, 1, 12, &month)
        || !jupref_take_digits(text.data + 8, 2, 1,
                               jupref_month_days(year, month), &day))
    {
        return 0;
    }

    /* years begin with March; one more era keeps the year 0 positive */

    shifted_month = month > 2 ? month - 3 : month + 9;
    year += 400 - (month <= 2);
    era = year / 400;
    year_of_era = year % 400;
    day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100
                 + (153 * shifted_month + 2) / 5 + day - 1;

    *days = ((int64_t) era - 1) * JUPREF_ERA_DAYS + day_of_era
            - JUPREF_EPOCH_DAYS;

    return 1;
}


/* "T18:55:01.123", milliseconds of the day. */
static unsigned
jupref_take_clock(jupref_bytes_t text, int64_t *ms, jupref_bytes_t *rest)
{
    size_t    at;
    unsigned  hour, minute, second, place;

    if (text.len < JUPREF_CLOCK_TEXT
        || (text.data[0] != 'T' && text.data[0] != 't')
        || text.data[3] != ':' || text.data[6] != ':'
        || !jupref_take_digits(text.data + 1, 2, 0, 23, &hour)
        || !jupref_take_digits(text.data + 4, 2, 0, 59, &minute)
        || !jupref_take_digits(text.data + 7, 2, 0, 60, &second))
    {
        return 0;
    }

    *ms = ((int64_t) hour * 3600 + minute * 60 + second) * 1000;
    at = JUPREF_CLOCK_TEXT;

    if (at < text.len && text.data[at] == '.') {

        for (at++, place = 100;
             at < text.len && text.data[at] >= '0' && text.data[at] <= '9';
             at++, place /= 10)
        {
            *ms += (int64_t) place * (text.data[at] - '0');
        }

        if (at == JUPREF_CLOCK_TEXT + 1) {
            return 0;
        }
    }

    rest->data = text.data + at;
    rest->len = text.len - at;

    return 1;
}


/* "Z" or "+01:00", minutes before UTC. */
static unsigned
jupref_take_offset(jupref_bytes_t text, int64_t *minutes)
{
    unsigned  hour, minute;

    if (text.len == 1 && (text.data[0] == 'Z' || text.data[0] == 'z')) {
        *minutes = 0;
        return 1;
    }

    if (text.len != JUPREF_OFFSET_TEXT
        || (text.data[0] != '+' && text.data[0] != '-')
        || text.data[3] != ':'
        || !jupref_take_digits(text.data + 1, 2, 0, 23, &hour)
        || !jupref_take_digits(text.data + 4, 2, 0, 59, &minute))
    {
        return 0;
    }

    *minutes = (int64_t) hour * 60 + minute;

    if (text.data[0] == '-') {
        *minutes = -*minutes;
    }

    return 1;
}


static unsigned
jupref_take_digits(const uint8_t *text, unsigned places, unsigned least,
    unsigned most, unsigned *value)
{
    *value = 0;

    while (places-- > 0) {
        if (*text < '0' || *text > '9') {
            return 0;
        }

        *value = *value * 10 + (unsigned) (*text++ - '0');
    }

    return *value >= least && *value <= most;
}


static unsigned
jupref_month_days(unsigned year, unsigned month)
{
    if (month == 2) {
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
               ? 29 : 28;
    }

    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}
