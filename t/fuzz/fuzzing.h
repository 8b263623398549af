/*
 * What fuzzers of the rooms share: a check that stops the fuzzer, and feeding
 * a JSON text in pieces.
 */

#ifndef FUZZING_H
#define FUZZING_H


#include "base/jupref_json_reader.h"

#include <stdlib.h>
#include <string.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static inline void
expect(unsigned holds)
{
    if (!holds) {
        abort();
    }
}


/* A copy that ends where its bytes do, so that a step over is caught. */
static inline uint8_t *
exact_copy(const uint8_t *bytes, size_t len)
{
    uint8_t  *copy;

    copy = malloc(len ? len : 1);
    expect(copy != NULL);

    if (len) {
        memcpy(copy, bytes, len);
    }

    return copy;
}


static inline void *
json_take(void *context, size_t size)
{
    return malloc(size);
}


static inline void
json_release(void *context, void *memory)
{
    free(memory);
}


/* In pieces of `piece` bytes, 0 for the whole at once. */
static inline jupref_json_result_e
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
    expect(reader != NULL);

    for (at = 0; at < text.len; at += len) {
        len = (piece && piece < text.len - at) ? piece : text.len - at;
        copy = exact_copy(text.data + at, len);
        (void) jupref_json_reader_feed(reader, (jupref_bytes_t) { copy, len });
        free(copy);
    }

    result = jupref_json_reader_finish(reader);
    jupref_json_reader_free(reader);

    return result;
}


#endif /* FUZZING_H */
