/*
 * The JSON reader: a text cut into pieces is told like the whole, each wanted
 * field once at most; what was told can be written as JSON and read back, and
 * any bytes written as a string are UTF-8.
 *
 * The first byte of an input chooses strict mode and the size of the pieces.
 */

#include "base/jupref_json_reader.h"
#include "base/jupref_json_writer.h"
#include "base/jupref_number.h"
#include "base/jupref_utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>


#define FIELDS  9


typedef struct {
    unsigned   seen[FIELDS];
    uint8_t   *told;                    /* field, kind, text, 0xff */
    size_t     len;
    size_t     size;
} story_t;


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(unsigned holds);
static jupref_json_result_e read_all(story_t *story, unsigned strict,
    jupref_bytes_t text, size_t piece, jupref_json_field_pt on_field);
static unsigned on_field(void *context, unsigned field,
    jupref_json_kind_e kind, jupref_bytes_t text);
static unsigned on_written(void *context, unsigned field,
    jupref_json_kind_e kind, jupref_bytes_t text);
static void write_and_read_back(jupref_bytes_t text);
static void *take(void *context, size_t size);
static void release(void *context, void *memory);


static const char *const  fields[FIELDS] = {
    "requestId", "feeBps", "feeMint", "platformFee", "platformFee.amount",
    "platformFee.feeBps", "a.b.c.d", "swapUsdValue", "transaction"
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    story_t               whole, pieces;
    unsigned              i, strict;
    jupref_bytes_t        text;
    jupref_json_result_e  result;

    if (size == 0) {
        return 0;
    }

    strict = data[0] & 1;
    text.data = data + 1;
    text.len = size - 1;

    memset(&whole, 0, sizeof(whole));
    memset(&pieces, 0, sizeof(pieces));

    result = read_all(&whole, strict, text, size, on_field);

    expect(result == read_all(&pieces, strict, text, 1 + data[0] / 2,
                              on_field));
    expect(whole.len == pieces.len);
    expect(whole.len == 0
           || memcmp(whole.told, pieces.told, whole.len) == 0);

    for (i = 0; i < FIELDS; i++) {
        expect(whole.seen[i] <= 1);
    }

    free(whole.told);
    free(pieces.told);

    if (text.len <= 4096) {
        write_and_read_back(text);
    }

    return 0;
}


static void
write_and_read_back(jupref_bytes_t text)
{
    uint8_t               *buffer;
    jupref_bytes_t         written;
    jupref_json_writer_t   writer;

    /* six bytes for each, or three for what is broken, and the frame */
    buffer = malloc(text.len * 6 + 64);
    expect(buffer != NULL);

    jupref_json_init(&writer, buffer, text.len * 6 + 64);
    jupref_json_object(&writer, NULL);
    jupref_json_string(&writer, "requestId", text);
    jupref_json_object_end(&writer);
    expect(!writer.overflowed);

    written = jupref_json_text(&writer);
    expect(jupref_utf8_valid(written));
    expect(read_all((story_t *) &text, 1, written, written.len, on_written)
           == JUPREF_JSON_OK);

    free(buffer);
}


static jupref_json_result_e
read_all(story_t *story, unsigned strict, jupref_bytes_t text, size_t piece,
    jupref_json_field_pt callback)
{
    size_t                 at, len;
    uint8_t               *copy;
    jupref_memory_t        memory;
    jupref_json_schema_t   schema;
    jupref_json_result_e   result;
    jupref_json_reader_t  *reader;

    memory.take = take;
    memory.release = release;
    memory.context = NULL;

    schema.fields = fields;
    schema.count = FIELDS;
    schema.strict = strict;
    schema.max_size = 32768;
    schema.on_field = callback;

    reader = jupref_json_reader_create(&schema, &memory, story);
    expect(reader != NULL);

    for (at = 0; at < text.len; at += len) {
        len = text.len - at < piece ? text.len - at : piece;

        copy = malloc(len);
        expect(copy != NULL);
        memcpy(copy, text.data + at, len);
        (void) jupref_json_reader_feed(reader, (jupref_bytes_t) { copy, len });
        free(copy);
    }

    result = jupref_json_reader_finish(reader);

    expect(jupref_json_reader_culprit(reader).len <= JUPREF_JSON_MAX_PATH);
    expect(jupref_json_result_text(result) != NULL);

    jupref_json_reader_free(reader);

    return result;
}


static unsigned
on_field(void *context, unsigned field, jupref_json_kind_e kind,
    jupref_bytes_t text)
{
    uint64_t   value, micro;
    story_t   *story;

    story = context;

    expect(field < FIELDS);
    story->seen[field]++;

    while (story->size < story->len + text.len + 3) {
        story->size = story->size ? story->size * 2 : 1024;
        story->told = realloc(story->told, story->size);
        expect(story->told != NULL);
    }

    story->told[story->len++] = (uint8_t) field;
    story->told[story->len++] = (uint8_t) kind;

    if (text.len > 0) {
        memcpy(story->told + story->len, text.data, text.len);
        story->len += text.len;
    }

    story->told[story->len++] = 0xff;

    /* a number that is an amount is also a number of dollars, or too big */

    if (kind == JUPREF_JSON_NUMBER && jupref_parse_u64(text, &value)) {
        expect(jupref_parse_micro(text, &micro)
               == (value <= UINT64_MAX / 1000000));
        expect(value > UINT64_MAX / 1000000 || micro == value * 1000000);
    }

    return 1;
}


/* What is UTF-8 comes back as itself; the rest only has to come back. */
static unsigned
on_written(void *context, unsigned field, jupref_json_kind_e kind,
    jupref_bytes_t text)
{
    jupref_bytes_t  *original;

    original = context;

    expect(field == 0 && kind == JUPREF_JSON_STRING);
    expect(!jupref_utf8_valid(*original)
           || jupref_bytes_equal(*original, text));

    return 1;
}


static void
expect(unsigned holds)
{
    if (!holds) {
        abort();
    }
}


static void *
take(void *context, size_t size)
{
    return malloc(size);
}


static void
release(void *context, void *memory)
{
    free(memory);
}
