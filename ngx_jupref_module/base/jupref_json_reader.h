/*
 * JSON from outside, read as a stream by yajl and told as named fields.
 *
 * The caller gives a table of the fields it wants, by path ("feeBps",
 * "platformFee.feeBps"); the reader calls back once for each of them that
 * holds a scalar, with the value's own text: numbers are never converted, so
 * nothing is lost on the way.  Objects are followed to any depth up to the
 * limit, arrays are skipped (their members are never fields).
 *
 * A wanted field that comes twice makes the text unusable: two readers of it
 * could take different ones.  Depth, size and memory are bounded.
 */

#ifndef JUPREF_JSON_READER_H
#define JUPREF_JSON_READER_H


#include "base/jupref_bytes.h"


#define JUPREF_JSON_MAX_DEPTH   32
#define JUPREF_JSON_MAX_FIELDS  64
#define JUPREF_JSON_MAX_PATH    64      /* longest path that can be wanted */


typedef enum {
    JUPREF_JSON_OK = 0,
    JUPREF_JSON_MALFORMED,              /* not JSON, cut short, trailing text */
    JUPREF_JSON_NOT_OBJECT,             /* JSON, but no object at the top */
    JUPREF_JSON_TOO_DEEP,
    JUPREF_JSON_TOO_LARGE,
    JUPREF_JSON_DUPLICATE,              /* a wanted field came twice */
    JUPREF_JSON_UNKNOWN_FIELD,          /* only in strict mode */
    JUPREF_JSON_REFUSED,                /* the callback returned 0 */
    JUPREF_JSON_NO_MEMORY
} jupref_json_result_e;


typedef enum {
    JUPREF_JSON_NULL = 0,
    JUPREF_JSON_BOOLEAN,                /* text is "true" or "false" */
    JUPREF_JSON_NUMBER,                 /* text as it came */
    JUPREF_JSON_STRING,                 /* unescaped, quotes off; that it is
                                         * UTF-8 is sure in strict mode only */
    JUPREF_JSON_OBJECT,                 /* a wanted path holds an object … */
    JUPREF_JSON_ARRAY                   /* … or an array: text is empty */
} jupref_json_kind_e;


/* Where a reader takes memory from; `release` may be NULL.  Everything is
 * taken through it, and given back by jupref_json_reader_free(). */
typedef struct {
    void  *(*take)(void *context, size_t size);
    void   (*release)(void *context, void *memory);
    void    *context;
} jupref_memory_t;


/* Called with the field's place in the table; `text` dies on return.
 * Returns 1 to go on, 0 to stop with JUPREF_JSON_REFUSED. */
typedef unsigned (*jupref_json_field_pt)(void *context, unsigned field,
    jupref_json_kind_e kind, jupref_bytes_t text);


typedef struct {
    const char *const     *fields;      /* paths, at most MAX_FIELDS */
    unsigned               count;
    unsigned               strict;      /* 1: an unknown member is an error */
    size_t                 max_size;    /* of the whole text, in bytes */
    jupref_json_field_pt   on_field;
} jupref_json_schema_t;


typedef struct jupref_json_reader_s  jupref_json_reader_t;


/* NULL when memory is out.  `schema` must outlive the reader. */
jupref_json_reader_t *jupref_json_reader_create(
    const jupref_json_schema_t *schema, jupref_memory_t *memory,
    void *context);

/* Feeds the next piece; pieces may be cut anywhere.  After anything but OK
 * further pieces are ignored and the same result is returned again. */
jupref_json_result_e jupref_json_reader_feed(jupref_json_reader_t *reader,
    jupref_bytes_t piece);

/* 1 when the object that the text is has ended, so far without a fault: only
 * space may follow. */
unsigned jupref_json_reader_is_whole(const jupref_json_reader_t *reader);

/* The text is over: the verdict on the whole. */
jupref_json_result_e jupref_json_reader_finish(jupref_json_reader_t *reader);

/* The member that made strict mode fail (cut to MAX_PATH bytes), else empty;
 * also the doubled field after JUPREF_JSON_DUPLICATE.  Lives as the reader. */
jupref_bytes_t jupref_json_reader_culprit(const jupref_json_reader_t *reader);

void jupref_json_reader_free(jupref_json_reader_t *reader);

/* One line for log and problem alike. */
const char *jupref_json_result_text(jupref_json_result_e result);


#endif /* JUPREF_JSON_READER_H */
