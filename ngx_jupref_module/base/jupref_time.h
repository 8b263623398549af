/*
 * Time as text: RFC 3339, written in UTC with milliseconds.  No clock is read
 * here.
 */

#ifndef JUPREF_TIME_H
#define JUPREF_TIME_H


#include "base/jupref_bytes.h"


#define JUPREF_TIME_TEXT  24            /* "2026-11-22T18:55:01.123Z" */


/* Milliseconds since 1970-01-01 UTC, up to the end of the year 9999. */
size_t jupref_format_time(uint8_t text[JUPREF_TIME_TEXT], uint64_t time_ms);

/*
 * A date-time of any offset ("2026-11-22T19:55:01+01:00"; what is finer than
 * milliseconds is cut off, a leap second is the next minute's first) or a
 * date, which is its first moment in UTC.  Returns 0 for anything else and for
 * what is before 1970.
 */
unsigned jupref_parse_time(jupref_bytes_t text, uint64_t *time_ms);


#endif /* JUPREF_TIME_H */
