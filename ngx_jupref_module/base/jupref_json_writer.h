/*
 * The one JSON writer: into a buffer of fixed size, never past its end.
 *
 * Commas are placed by the writer.  When the buffer is too small everything
 * that follows is dropped and `overflowed` is set; the caller looks once, at
 * the end.  Amounts and other big integers are written as strings.
 */

#ifndef JUPREF_JSON_WRITER_H
#define JUPREF_JSON_WRITER_H


#include "base/jupref_number.h"


typedef struct {
    uint8_t   *start;
    uint8_t   *at;
    uint8_t   *end;
    unsigned   comma:1;                 /* a member stands before this place */
    unsigned   overflowed:1;
} jupref_json_writer_t;


void jupref_json_init(jupref_json_writer_t *writer, uint8_t *buffer,
    size_t size);

/* `name` is the member's name, NULL inside an array and at the top. */
void jupref_json_object(jupref_json_writer_t *writer, const char *name);
void jupref_json_object_end(jupref_json_writer_t *writer);
void jupref_json_array(jupref_json_writer_t *writer, const char *name);
void jupref_json_array_end(jupref_json_writer_t *writer);

/* A string value, escaped as RFC 8259 asks; bytes that aren't UTF-8 become
 * U+FFFD. */
void jupref_json_string(jupref_json_writer_t *writer, const char *name,
    jupref_bytes_t text);
void jupref_json_cstring(jupref_json_writer_t *writer, const char *name,
    const char *text);

/* A JSON number: counts and basis points, nothing that can pass 2^53. */
void jupref_json_number(jupref_json_writer_t *writer, const char *name,
    uint64_t value);

/* A string of decimal digits: amounts in base units. */
void jupref_json_amount(jupref_json_writer_t *writer, const char *name,
    jupref_u128_t value);

/* A string with six places: micro-dollars as dollars. */
void jupref_json_micro(jupref_json_writer_t *writer, const char *name,
    jupref_u128_t micro);

/* An RFC 3339 string. */
void jupref_json_time(jupref_json_writer_t *writer, const char *name,
    uint64_t time_ms);
void jupref_json_boolean(jupref_json_writer_t *writer, const char *name,
    unsigned value);
void jupref_json_null(jupref_json_writer_t *writer, const char *name);

/* A value that is JSON already, as it is. */
void jupref_json_raw(jupref_json_writer_t *writer, const char *name,
    jupref_bytes_t json);

/* What has been written so far. */
jupref_bytes_t jupref_json_text(const jupref_json_writer_t *writer);


#endif /* JUPREF_JSON_WRITER_H */
