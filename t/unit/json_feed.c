/*
 * Feeding a JSON text to a schema (see the header).
 */

#include "json_feed.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


static void *json_take(void *context, size_t size);
static void json_release(void *context, void *memory);


jupref_json_result_e
json_feed(const jupref_json_schema_t *schema, void *context,
    jupref_bytes_t text, size_t piece)
{
    size_t                 at, len;
    uint8_t               *copy;
    jupref_memory_t        memory;
    jupref_json_result_e   result;
    jupref_json_reader_t  *reader;

    memory.take = json_take;
    memory.release = json_release;
    memory.context = NULL;

    reader = jupref_json_reader_create(schema, &memory, context);
    assert_non_null(reader);

    for (at = 0; at < text.len; at += len) {
        len = (piece && piece < text.len - at) ? piece : text.len - at;

        copy = malloc(len);
        assert_non_null(copy);
        memcpy(copy, text.data + at, len);
        (void) jupref_json_reader_feed(reader, (jupref_bytes_t) { copy, len });
        free(copy);
    }

    result = jupref_json_reader_finish(reader);
    jupref_json_reader_free(reader);

    return result;
}


static void *
json_take(void *context, size_t size)
{
    return malloc(size);
}


static void
json_release(void *context, void *memory)
{
    free(memory);
}
