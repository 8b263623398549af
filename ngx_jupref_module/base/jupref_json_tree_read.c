/*
 * Walking a tree of JSON, and reading its scalars.
 *
 * The parser has seen that every escape is well-formed, so unescaping only
 * has to know what each stands for.
 */

#include "base/jupref_json_tree.h"
#include "base/jupref_number.h"

#include <string.h>


#define JUPREF_SURROGATE       0xd800
#define JUPREF_LOW_SURROGATE   0xdc00
#define JUPREF_SURROGATES_END  0xe000
#define JUPREF_REPLACEMENT     0xfffd


static unsigned jupref_json_is_key(const jupref_json_value_t *member,
    const char *name);
static unsigned jupref_json_unescape(jupref_writer_t *writer,
    jupref_bytes_t text);
static const uint8_t *jupref_json_unescape_one(jupref_writer_t *writer,
    const uint8_t *at, const uint8_t *end);
static const uint8_t *jupref_json_unescape_u(jupref_writer_t *writer,
    const uint8_t *at, const uint8_t *end);
static uint32_t jupref_json_hex4(const uint8_t *at);
static void jupref_json_write_character(jupref_writer_t *writer,
    uint32_t character);


const jupref_json_value_t *
jupref_json_tree_member(const jupref_json_tree_t *tree,
    const jupref_json_value_t *of, const char *name)
{
    const jupref_json_value_t  *member, *found;

    if (of == NULL || of->kind != JUPREF_JSON_OBJECT) {
        return NULL;
    }

    found = NULL;

    for (member = jupref_json_tree_first(tree, of);
         member != NULL;
         member = jupref_json_tree_next(tree, member))
    {
        if (jupref_json_is_key(member, name)) {
            if (found != NULL) {
                return NULL;
            }

            found = member;
        }
    }

    return found;
}


unsigned
jupref_json_tree_members(const jupref_json_tree_t *tree,
    const jupref_json_value_t *of, const char *const *names, unsigned count,
    const jupref_json_value_t **found)
{
    unsigned                    i;
    const jupref_json_value_t  *member;

    for (i = 0; i < count; i++) {
        found[i] = NULL;
    }

    if (of == NULL || of->kind != JUPREF_JSON_OBJECT) {
        return 1;
    }

    for (member = jupref_json_tree_first(tree, of);
         member != NULL;
         member = jupref_json_tree_next(tree, member))
    {
        for (i = 0; i < count; i++) {
            if (!jupref_json_is_key(member, names[i])) {
                continue;
            }

            if (found[i] != NULL) {
                return 0;
            }

            found[i] = member;
        }
    }

    return 1;
}


const jupref_json_value_t *
jupref_json_tree_item(const jupref_json_tree_t *tree,
    const jupref_json_value_t *of, uint32_t index)
{
    const jupref_json_value_t  *item;

    if (of == NULL || of->kind != JUPREF_JSON_ARRAY || index >= of->count) {
        return NULL;
    }

    item = jupref_json_tree_first(tree, of);

    while (item != NULL && index > 0) {
        item = jupref_json_tree_next(tree, item);
        index--;
    }

    return item;
}


const jupref_json_value_t *
jupref_json_tree_first(const jupref_json_tree_t *tree,
    const jupref_json_value_t *of)
{
    if (of == NULL || of->first == 0) {
        return NULL;
    }

    return &tree->values[of->first];
}


const jupref_json_value_t *
jupref_json_tree_next(const jupref_json_tree_t *tree,
    const jupref_json_value_t *value)
{
    if (value == NULL || value->next == 0) {
        return NULL;
    }

    return &tree->values[value->next];
}


unsigned
jupref_json_tree_u64(const jupref_json_value_t *value, uint64_t *number)
{
    return value != NULL && value->kind == JUPREF_JSON_NUMBER
           && jupref_parse_u64(value->text, number);
}


unsigned
jupref_json_tree_i64(const jupref_json_value_t *value, int64_t *number)
{
    return value != NULL && value->kind == JUPREF_JSON_NUMBER
           && jupref_parse_i64(value->text, number);
}


unsigned
jupref_json_tree_boolean(const jupref_json_value_t *value, unsigned *boolean)
{
    if (value == NULL || value->kind != JUPREF_JSON_BOOLEAN) {
        return 0;
    }

    *boolean = value->text.data[0] == 't';

    return 1;
}


unsigned
jupref_json_tree_string(const jupref_json_value_t *value, uint8_t *room,
    size_t size, jupref_bytes_t *string)
{
    jupref_bytes_t   inside;
    jupref_writer_t  writer;

    if (value == NULL || value->kind != JUPREF_JSON_STRING) {
        return 0;
    }

    inside.data = value->text.data + 1;
    inside.len = value->text.len - 2;

    if (inside.len == 0 || memchr(inside.data, '\\', inside.len) == NULL) {
        *string = inside;
        return 1;
    }

    jupref_writer_init(&writer, room, size);

    if (!jupref_json_unescape(&writer, inside)) {
        return 0;
    }

    string->data = room;
    string->len = (size_t) (writer.at - room);

    return 1;
}


static unsigned
jupref_json_is_key(const jupref_json_value_t *member, const char *name)
{
    size_t  len;

    len = strlen(name);

    return member->key.len == len
           && memcmp(member->key.data, name, len) == 0;
}


/* Returns 0 when it doesn't fit. */
static unsigned
jupref_json_unescape(jupref_writer_t *writer, jupref_bytes_t text)
{
    const uint8_t  *at, *run, *end;

    at = text.data;
    end = at + text.len;

    while (at < end && !writer->failed) {
        run = at;

        while (at < end && *at != '\\') {
            at++;
        }

        jupref_write_bytes(writer, run, (size_t) (at - run));

        if (at < end) {
            at = jupref_json_unescape_one(writer, at + 1, end);
        }
    }

    return !writer->failed;
}


/* `at` is behind the backslash; returns what is behind the escape. */
static const uint8_t *
jupref_json_unescape_one(jupref_writer_t *writer, const uint8_t *at,
    const uint8_t *end)
{
    const char         *letter;
    static const char   letters[] = "\"\\/bfnrt";
    static const char   characters[] = "\"\\/\b\f\n\r\t";

    if (*at == 'u') {
        return jupref_json_unescape_u(writer, at + 1, end);
    }

    letter = strchr(letters, *at);

    if (letter != NULL) {
        jupref_write_u8(writer, (uint8_t) characters[letter - letters]);
    }

    return at + 1;
}


/* A half of a surrogate pair alone is no character. */
static const uint8_t *
jupref_json_unescape_u(jupref_writer_t *writer, const uint8_t *at,
    const uint8_t *end)
{
    uint32_t  character, low;

    character = jupref_json_hex4(at);
    at += 4;

    if (character >= JUPREF_SURROGATE && character < JUPREF_LOW_SURROGATE
        && end - at >= 6 && at[0] == '\\' && at[1] == 'u')
    {
        low = jupref_json_hex4(at + 2);

        if (low >= JUPREF_LOW_SURROGATE && low < JUPREF_SURROGATES_END) {
            character = 0x10000 + ((character - JUPREF_SURROGATE) << 10)
                        + (low - JUPREF_LOW_SURROGATE);
            at += 6;
        }
    }

    if (character >= JUPREF_SURROGATE && character < JUPREF_SURROGATES_END) {
        character = JUPREF_REPLACEMENT;
    }

    jupref_json_write_character(writer, character);

    return at;
}


static uint32_t
jupref_json_hex4(const uint8_t *at)
{
    unsigned  i;
    uint32_t  value, digit;

    value = 0;

    for (i = 0; i < 4; i++) {
        digit = at[i] <= '9' ? (uint32_t) at[i] - '0'
                             : ((uint32_t) at[i] | 0x20) - 'a' + 10;
        value = value << 4 | digit;
    }

    return value;
}


static void
jupref_json_write_character(jupref_writer_t *writer, uint32_t character)
{
    if (character < 0x80) {
        jupref_write_u8(writer, (uint8_t) character);
        return;
    }

    if (character < 0x800) {
        jupref_write_u8(writer, (uint8_t) (0xc0 | character >> 6));

    } else {
        if (character < 0x10000) {
            jupref_write_u8(writer, (uint8_t) (0xe0 | character >> 12));

        } else {
            jupref_write_u8(writer, (uint8_t) (0xf0 | character >> 18));
            jupref_write_u8(writer,
                            (uint8_t) (0x80 | (character >> 12 & 0x3f)));
        }

        jupref_write_u8(writer, (uint8_t) (0x80 | (character >> 6 & 0x3f)));
    }

    jupref_write_u8(writer, (uint8_t) (0x80 | (character & 0x3f)));
}
