/*
 * A text is written value by value, and each value's place kept.
 */

#include "json_sample.h"

#include <string.h>


static uint32_t chance(json_sample_t *sample, uint32_t below);
static void put(json_sample_t *sample, const char *text);
static void put_blanks(json_sample_t *sample);
static void put_string(json_sample_t *sample);
static void sample_container(json_sample_t *sample, uint32_t index,
    unsigned depth);
static void sample_value(json_sample_t *sample, uint32_t parent,
    unsigned depth);


void
json_sample_make(json_sample_t *sample)
{
    sample->len = 0;
    sample->count = 0;

    put_blanks(sample);
    sample_value(sample, UINT32_MAX, 0);
    put_blanks(sample);
}


static uint32_t
chance(json_sample_t *sample, uint32_t below)
{
    sample->chance = sample->chance * UINT64_C(6364136223846793005)
                     + UINT64_C(1442695040888963407);

    return (uint32_t) (sample->chance >> 33) % below;
}


static void
put(json_sample_t *sample, const char *text)
{
    memcpy(sample->text + sample->len, text, strlen(text));
    sample->len += strlen(text);
}


static void
put_blanks(json_sample_t *sample)
{
    static const char *const  blanks[] = { "", "", " ", "\n\t", "\r\n ", "" };

    put(sample, blanks[chance(sample, 6)]);
}


static void
put_string(json_sample_t *sample)
{
    unsigned  i, count;

    static const char *const  parts[] = {
        "a", "Zz", ",", ":", "]", "}", "\\\"", "\\\\", "\\u0041", "\\n", " ",
        "\xc3\xa9", "\\ud83d\\ude00", "{", "["
    };

    count = chance(sample, 6);
    put(sample, "\"");

    for (i = 0; i < count; i++) {
        put(sample, parts[chance(sample, 15)]);
    }

    put(sample, "\"");
}


static void
sample_container(json_sample_t *sample, uint32_t index, unsigned depth)
{
    unsigned  object, i, count;

    object = sample->values[index].kind == JUPREF_JSON_OBJECT;
    count = chance(sample, 5);

    put(sample, object ? "{" : "[");
    put_blanks(sample);

    for (i = 0; i < count; i++) {
        if (i > 0) {
            put(sample, ",");
            put_blanks(sample);
        }

        if (object) {
            put_string(sample);
            put_blanks(sample);
            put(sample, ":");
            put_blanks(sample);
        }

        sample_value(sample, index, depth + 1);
        put_blanks(sample);
    }

    sample->values[index].children = count;
    put(sample, object ? "}" : "]");
}


static void
sample_value(json_sample_t *sample, uint32_t parent, unsigned depth)
{
    uint32_t            index;
    jupref_json_kind_e  kind;

    static const char *const  numbers[] = {
        "0", "-0", "7", "1.5", "-2e9", "3E-2", "18446744073709551615", "12345"
    };

    kind = (jupref_json_kind_e) chance(sample, depth > 5 ? 4 : 6);

    index = sample->count++;
    sample->values[index].kind = kind;
    sample->values[index].at = sample->len;
    sample->values[index].parent = parent;
    sample->values[index].children = 0;

    switch (kind) {

    case JUPREF_JSON_NULL:
        put(sample, "null");
        break;

    case JUPREF_JSON_BOOLEAN:
        put(sample, chance(sample, 2) ? "true" : "false");
        break;

    case JUPREF_JSON_NUMBER:
        put(sample, numbers[chance(sample, 8)]);
        break;

    case JUPREF_JSON_STRING:
        put_string(sample);
        break;

    default:
        sample_container(sample, index, depth);
        break;
    }

    sample->values[index].len = sample->len - sample->values[index].at;
}
