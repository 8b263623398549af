/*
 * JSON as named fields, on top of yajl's stream parser.
 *
 * yajl says what comes; jupref_json_path says whether a key is wanted or
 * leads to something wanted.  Whatever holds no wanted field (arrays always)
 * is only counted through: `depth` containers are open, and of these
 * `skipped`, the innermost, aren't followed.
 *
 * UTF-8 is checked in strict mode only: in a stream that passes by, a broken
 * letter in some message must not hide the trade.  yajl's own check takes
 * overlong forms and surrogates, so what is told is looked at again.
 */

#include "base/jupref_json_reader.h"
#include "base/jupref_json_memory.h"
#include "base/jupref_json_path.h"
#include "base/jupref_utf8.h"

#include <yajl/yajl_parse.h>


struct jupref_json_reader_s {
    const jupref_json_schema_t  *schema;
    void                        *context;
    yajl_handle                  parser;
    jupref_json_result_e         result;
    unsigned                     finished;
    unsigned                     whole;         /* the outermost is closed */
    size_t                       size;          /* bytes fed */
    unsigned                     depth;
    unsigned                     skipped;
    jupref_json_path_t           path;
    jupref_json_memory_t         memory;
};


static unsigned jupref_json_open(jupref_json_reader_t *reader);
static void jupref_json_parse(jupref_json_reader_t *reader,
    const jupref_bytes_t *piece);

static int jupref_json_on_null(void *data);
static int jupref_json_on_boolean(void *data, int value);
static int jupref_json_on_number(void *data, const char *text, size_t len);
static int jupref_json_on_string(void *data, const unsigned char *text,
    size_t len);
static int jupref_json_on_object(void *data);
static int jupref_json_on_key(void *data, const unsigned char *key,
    size_t len);
static int jupref_json_on_array(void *data);
static int jupref_json_on_end(void *data);

static int jupref_json_report(jupref_json_reader_t *reader,
    jupref_json_kind_e kind, const void *text, size_t len);
static int jupref_json_stop(jupref_json_reader_t *reader,
    jupref_json_result_e result);


static const yajl_callbacks  jupref_json_callbacks = {
    jupref_json_on_null,
    jupref_json_on_boolean,
    NULL,                               /* numbers come as text, ... */
    NULL,                               /* ... never converted */
    jupref_json_on_number,
    jupref_json_on_string,
    jupref_json_on_object,
    jupref_json_on_key,
    jupref_json_on_end,
    jupref_json_on_array,
    jupref_json_on_end
};


static const char *const  jupref_json_result_texts[] = {
    [JUPREF_JSON_OK] = "ok",
    [JUPREF_JSON_MALFORMED] = "not well-formed JSON",
    [JUPREF_JSON_NOT_OBJECT] = "not a JSON object",
    [JUPREF_JSON_TOO_DEEP] = "nested too deep",
    [JUPREF_JSON_TOO_LARGE] = "too large",
    [JUPREF_JSON_DUPLICATE] = "a field came twice",
    [JUPREF_JSON_UNKNOWN_FIELD] = "unknown field",
    [JUPREF_JSON_REFUSED] = "a field has a value that it can't have",
    [JUPREF_JSON_NO_MEMORY] = "out of memory"
};


jupref_json_reader_t *
jupref_json_reader_create(const jupref_json_schema_t *schema,
    jupref_memory_t *memory, void *context)
{
    jupref_json_reader_t  *reader;

    reader = memory->take(memory->context, sizeof(jupref_json_reader_t));

    if (reader == NULL) {
        return NULL;
    }

    reader->schema = schema;
    reader->context = context;
    reader->result = JUPREF_JSON_OK;
    reader->finished = 0;
    reader->size = 0;
    reader->depth = 0;
    reader->whole = 0;
    reader->skipped = 0;

    jupref_json_path_init(&reader->path, schema->fields, schema->count);
    jupref_json_memory_init(&reader->memory, memory);

    if (!jupref_json_open(reader)) {
        jupref_json_reader_free(reader);
        return NULL;
    }

    return reader;
}


jupref_json_result_e
jupref_json_reader_feed(jupref_json_reader_t *reader, jupref_bytes_t piece)
{
    size_t    room;
    unsigned  too_large;

    if (reader->result != JUPREF_JSON_OK || reader->finished) {
        return reader->result;
    }

    /* what still fits is read first: the verdict mustn't depend on where
     * the text was cut */

    room = reader->schema->max_size - reader->size;
    too_large = piece.len > room;

    if (too_large) {
        piece.len = room;
    }

    if (piece.len > 0) {
        reader->size += piece.len;
        jupref_json_parse(reader, &piece);
    }

    if (too_large && reader->result == JUPREF_JSON_OK) {
        reader->result = JUPREF_JSON_TOO_LARGE;
    }

    return reader->result;
}


unsigned
jupref_json_reader_is_whole(const jupref_json_reader_t *reader)
{
    return reader->whole && reader->result == JUPREF_JSON_OK;
}


jupref_json_result_e
jupref_json_reader_finish(jupref_json_reader_t *reader)
{
    if (reader->result == JUPREF_JSON_OK && !reader->finished) {
        reader->finished = 1;
        jupref_json_parse(reader, NULL);
    }

    return reader->result;
}


jupref_bytes_t
jupref_json_reader_culprit(const jupref_json_reader_t *reader)
{
    jupref_bytes_t  culprit;

    culprit.data = reader->path.culprit;
    culprit.len = reader->path.culprit_len;

    return culprit;
}


void
jupref_json_reader_free(jupref_json_reader_t *reader)
{
    jupref_memory_t  source;

    source = reader->memory.source;

    jupref_json_memory_free(&reader->memory);

    if (source.release != NULL) {
        source.release(source.context, reader);
    }
}


const char *
jupref_json_result_text(jupref_json_result_e result)
{
    return jupref_json_result_texts[result];
}


static unsigned
jupref_json_open(jupref_json_reader_t *reader)
{
    yajl_alloc_funcs  functions;

    functions.malloc = jupref_json_memory_take;
    functions.realloc = jupref_json_memory_resize;
    functions.free = jupref_json_memory_forget;
    functions.ctx = &reader->memory;

    if (setjmp(reader->memory.exhausted) != 0) {
        return 0;
    }

    reader->parser = yajl_alloc(&jupref_json_callbacks, &functions, reader);

    if (!reader->schema->strict) {
        yajl_config(reader->parser, yajl_dont_validate_strings, 1);
    }

    return 1;
}


/* Parses a piece, or the end when there is none. */
static void
jupref_json_parse(jupref_json_reader_t *reader, const jupref_bytes_t *piece)
{
    yajl_status  status;

    if (setjmp(reader->memory.exhausted) != 0) {
        reader->result = JUPREF_JSON_NO_MEMORY;
        return;
    }

    if (piece != NULL) {
        status = yajl_parse(reader->parser, piece->data, piece->len);

    } else {
        status = yajl_complete_parse(reader->parser);
    }

    /* a callback that stopped the parser has said why already */

    if (status != yajl_status_ok && reader->result == JUPREF_JSON_OK) {
        reader->result = JUPREF_JSON_MALFORMED;
    }
}


static int
jupref_json_on_null(void *data)
{
    return jupref_json_report(data, JUPREF_JSON_NULL, NULL, 0);
}


static int
jupref_json_on_boolean(void *data, int value)
{
    return value ? jupref_json_report(data, JUPREF_JSON_BOOLEAN, "true", 4)
                 : jupref_json_report(data, JUPREF_JSON_BOOLEAN, "false", 5);
}


static int
jupref_json_on_number(void *data, const char *text, size_t len)
{
    return jupref_json_report(data, JUPREF_JSON_NUMBER, text, len);
}


static int
jupref_json_on_string(void *data, const unsigned char *text, size_t len)
{
    return jupref_json_report(data, JUPREF_JSON_STRING, text, len);
}


static int
jupref_json_on_object(void *data)
{
    unsigned               field;
    jupref_json_reader_t  *reader;

    reader = data;

    if (reader->depth == JUPREF_JSON_MAX_DEPTH) {
        return jupref_json_stop(reader, JUPREF_JSON_TOO_DEEP);
    }

    reader->depth++;

    if (reader->depth == 1) {
        jupref_json_path_top(&reader->path);
        return 1;
    }

    if (reader->skipped > 0) {
        reader->skipped++;
        return 1;
    }

    field = reader->path.field;

    if (!jupref_json_report(reader, JUPREF_JSON_OBJECT, NULL, 0)) {
        return 0;
    }

    /* in strict mode an object that is wanted for itself is followed too,
     * to find that its members aren't */

    if (reader->path.below != 0
        || (reader->schema->strict && field != JUPREF_JSON_NO_FIELD))
    {
        jupref_json_path_enter(&reader->path, field);

    } else {
        reader->skipped = 1;
    }

    return 1;
}


static int
jupref_json_on_key(void *data, const unsigned char *key, size_t len)
{
    jupref_json_result_e   result;
    jupref_json_reader_t  *reader;

    reader = data;

    if (reader->skipped > 0) {
        return 1;
    }

    result = jupref_json_path_key(&reader->path, key, len);

    if (result == JUPREF_JSON_OK
        || (result == JUPREF_JSON_UNKNOWN_FIELD && !reader->schema->strict))
    {
        return 1;
    }

    jupref_json_path_accuse(&reader->path, key, len);

    return jupref_json_stop(reader, result);
}


static int
jupref_json_on_array(void *data)
{
    jupref_json_reader_t  *reader;

    reader = data;

    if (reader->depth == JUPREF_JSON_MAX_DEPTH) {
        return jupref_json_stop(reader, JUPREF_JSON_TOO_DEEP);
    }

    if (!jupref_json_report(reader, JUPREF_JSON_ARRAY, NULL, 0)) {
        return 0;
    }

    reader->depth++;
    reader->skipped++;

    return 1;
}


/* Of an object or an array. */
static int
jupref_json_on_end(void *data)
{
    jupref_json_reader_t  *reader;

    reader = data;
    reader->depth--;
    reader->whole = (reader->depth == 0);

    if (reader->skipped > 0) {
        reader->skipped--;

    } else {
        jupref_json_path_leave(&reader->path);
    }

    return 1;
}


/* A value: told when the last key was wanted, and only that one. */
static int
jupref_json_report(jupref_json_reader_t *reader, jupref_json_kind_e kind,
    const void *text, size_t len)
{
    unsigned        field;
    jupref_bytes_t  value;

    if (reader->depth == 0) {
        return jupref_json_stop(reader, JUPREF_JSON_NOT_OBJECT);
    }

    field = reader->path.field;

    if (field == JUPREF_JSON_NO_FIELD) {
        return 1;
    }

    reader->path.field = JUPREF_JSON_NO_FIELD;

    value.data = text;
    value.len = len;

    if (reader->schema->strict && kind == JUPREF_JSON_STRING
        && !jupref_utf8_valid(value))
    {
        return jupref_json_stop(reader, JUPREF_JSON_MALFORMED);
    }

    if (!reader->schema->on_field(reader->context, field, kind, value)) {
        return jupref_json_stop(reader, JUPREF_JSON_REFUSED);
    }

    return 1;
}


static int
jupref_json_stop(jupref_json_reader_t *reader, jupref_json_result_e result)
{
    reader->result = result;

    return 0;
}
