/*
 * What a JSON reader told (see the header).
 */

#include "json_log.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


static void *json_log_take(void *context, size_t size);
static void json_log_release(void *context, void *memory);
static void json_log_feed(jupref_json_reader_t *reader, jupref_bytes_t piece);


unsigned
json_log_field(void *context, unsigned field, jupref_json_kind_e kind,
    jupref_bytes_t text)
{
    int          written;
    json_log_t  *log;

    static const char *const  kinds[] = {
        "null", "boolean", "number", "string", "object", "array"
    };

    log = context;

    written = snprintf(log->text + log->len, JSON_LOG_SIZE - log->len,
                       "%s %s%s%.*s\n", log->fields[field], kinds[kind],
                       text.len > 0 ? " " : "", (int) text.len,
                       text.len > 0 ? (const char *) text.data : "");

    assert_true(written > 0 && (size_t) written < JSON_LOG_SIZE - log->len);
    log->len += (size_t) written;

    return log->refused == NULL
           || strcmp(log->refused, log->fields[field]) != 0;
}


jupref_json_result_e
json_log_read(json_log_t *log, const jupref_json_schema_t *schema,
    jupref_bytes_t text, size_t cut)
{
    jupref_bytes_t         culprit;
    jupref_memory_t        memory;
    jupref_json_result_e   result;
    jupref_json_reader_t  *reader;

    memory.take = json_log_take;
    memory.release = json_log_release;
    memory.context = NULL;

    log->fields = schema->fields;
    log->len = 0;
    log->text[0] = '\0';

    reader = jupref_json_reader_create(schema, &memory, log);
    assert_non_null(reader);

    if (cut > 0) {
        json_log_feed(reader, (jupref_bytes_t) { text.data, cut });
    }

    json_log_feed(reader,
                  (jupref_bytes_t) { text.data + cut, text.len - cut });

    result = jupref_json_reader_finish(reader);

    culprit = jupref_json_reader_culprit(reader);
    assert_true(culprit.len <= JUPREF_JSON_MAX_PATH);
    memcpy(log->culprit, culprit.data, culprit.len);
    log->culprit[culprit.len] = '\0';

    jupref_json_reader_free(reader);

    return result;
}


static void
json_log_feed(jupref_json_reader_t *reader, jupref_bytes_t piece)
{
    uint8_t               *copy;
    jupref_json_result_e   result;

    copy = malloc(piece.len > 0 ? piece.len : 1);
    assert_non_null(copy);

    if (piece.len > 0) {
        memcpy(copy, piece.data, piece.len);
    }

    result = jupref_json_reader_feed(reader,
                                     (jupref_bytes_t) { copy, piece.len });
    free(copy);

    /* a verdict stands */

    if (result != JUPREF_JSON_OK) {
        assert_int_equal(jupref_json_reader_feed(reader, jupref_bytes("{}")),
                         result);
        assert_int_equal(jupref_json_reader_finish(reader), result);
    }
}


static void *
json_log_take(void *context, size_t size)
{
    return malloc(size);
}


static void
json_log_release(void *context, void *memory)
{
    free(memory);
}
