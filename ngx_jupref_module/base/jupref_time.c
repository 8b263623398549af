/*
 * Milliseconds since 1970 as RFC 3339 text.
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


static void jupref_put_digits(uint8_t *text, unsigned value, unsigned places);


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
