/*
 * Time as text: RFC 3339 in UTC with milliseconds.  No clock is read here.
 */

#ifndef JUPREF_TIME_H
#define JUPREF_TIME_H


#include "base/jupref_bytes.h"


#define JUPREF_TIME_TEXT  24            /* "2026-11-22T18:55:01.123Z" */


/* Milliseconds since 1970-01-01 UTC, up to the end of the year 9999. */
size_t jupref_format_time(uint8_t text[JUPREF_TIME_TEXT], uint64_t time_ms);


#endif /* JUPREF_TIME_H */
