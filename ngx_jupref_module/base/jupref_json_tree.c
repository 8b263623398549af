/*
 * The tree of spans, built by yajl's callbacks over one array.
 *
 *     {"a": [1, "x"]}
 *          ^^       ^         in each callback yajl has consumed up to the end
 *          ||       |         of its token; the token's start is behind the
 *      ended  start consumed  white space, ',' and ':' after the one before
 *
 * Values stand in the order of their beginnings, so a container is known by
 * its place before its children are.  The array begins with a guess from the
 * text's length and doubles; nothing else is allocated, except for keys that
 * have escapes.
 */

#include "base/jupref_json_tree.h"
#include "base/jupref_json_memory.h"
#include "base/jupref_json_place.h"

#include <string.h>

#include <yajl/yajl_parse.h>


#define JUPREF_JSON_FIRST_VALUES  8     /* and one for each ... */
#define JUPREF_JSON_GUESS         16    /* ... so many bytes of text */
#define JUPREF_JSON_GUESS_MOST    1024


/* An unescaped key, kept by the tree. */
typedef struct jupref_json_key_s  jupref_json_key_t;

struct jupref_json_key_s {
    jupref_json_key_t  *next;
    uint8_t             bytes[];
};


typedef struct {
    uint32_t  value;                    /* the container */
    uint32_t  last;                     /* its last child, 0: none */
} jupref_json_open_t;


typedef struct {
    jupref_json_tree_t    *tree;
    jupref_bytes_t         text;
    uint32_t               size;        /* values that fit */
    uint32_t               max_values;
    yajl_handle            parser;
    jupref_json_result_e   result;
    unsigned               last_piece;  /* yajl counts anew: all is consumed */
    size_t                 ended;       /* of the last token */
    jupref_bytes_t         key;         /* of the value to come */
    unsigned               depth;
    jupref_json_open_t     open[JUPREF_JSON_MAX_DEPTH];
    jupref_json_memory_t   memory;
} jupref_json_builder_t;


static void jupref_json_build(jupref_json_builder_t *builder);

static int jupref_json_tree_on_null(void *data);
static int jupref_json_tree_on_boolean(void *data, int value);
static int jupref_json_tree_on_number(void *data, const char *text,
    size_t len);
static int jupref_json_tree_on_string(void *data, const unsigned char *text,
    size_t len);
static int jupref_json_tree_on_object(void *data);
static int jupref_json_tree_on_key(void *data, const unsigned char *key,
    size_t len);
static int jupref_json_tree_on_array(void *data);
static int jupref_json_tree_on_end(void *data);

static jupref_bytes_t jupref_json_token(jupref_json_builder_t *builder);
static size_t jupref_json_skip(const jupref_json_builder_t *builder);
static int jupref_json_add(jupref_json_builder_t *builder,
    jupref_json_kind_e kind);
static int jupref_json_enter(jupref_json_builder_t *builder,
    jupref_json_kind_e kind);
static unsigned jupref_json_more(jupref_json_builder_t *builder);
static int jupref_json_fail(jupref_json_builder_t *builder,
    jupref_json_result_e result);


static const yajl_callbacks  jupref_json_tree_callbacks = {
    jupref_json_tree_on_null,
    jupref_json_tree_on_boolean,
    NULL,
    NULL,
    jupref_json_tree_on_number,
    jupref_json_tree_on_string,
    jupref_json_tree_on_object,
    jupref_json_tree_on_key,
    jupref_json_tree_on_end,
    jupref_json_tree_on_array,
    jupref_json_tree_on_end
};


jupref_json_result_e
jupref_json_tree_parse(jupref_json_tree_t *tree, jupref_bytes_t text,
    uint32_t max_values, const jupref_memory_t *memory)
{
    jupref_json_builder_t  builder;

    tree->values = NULL;
    tree->count = 0;
    tree->memory = *memory;
    tree->keys = NULL;

    builder.tree = tree;
    builder.text = text;
    builder.size = 0;
    builder.max_values = max_values;
    builder.result = JUPREF_JSON_OK;
    builder.last_piece = 0;
    builder.ended = 0;
    builder.depth = 0;
    builder.key.data = NULL;
    builder.key.len = 0;

    if (!jupref_json_blanks_fit(text)) {
        return JUPREF_JSON_MALFORMED;
    }

    jupref_json_memory_init(&builder.memory, memory);
    jupref_json_build(&builder);
    jupref_json_memory_free(&builder.memory);

    /* what the parser left for a token cut short is looked at here */

    if (builder.result == JUPREF_JSON_OK
        && jupref_json_skip(&builder) < text.len)
    {
        builder.result = JUPREF_JSON_MALFORMED;
    }

    if (builder.result != JUPREF_JSON_OK) {
        jupref_json_tree_free(tree);
    }

    return builder.result;
}


void
jupref_json_tree_free(jupref_json_tree_t *tree)
{
    jupref_json_key_t  *key, *next;

    if (tree->memory.release != NULL) {
        for (key = tree->keys; key != NULL; key = next) {
            next = key->next;
            tree->memory.release(tree->memory.context, key);
        }

        if (tree->values != NULL) {
            tree->memory.release(tree->memory.context, tree->values);
        }
    }

    tree->values = NULL;
    tree->count = 0;
    tree->keys = NULL;
}


static void
jupref_json_build(jupref_json_builder_t *builder)
{
    yajl_status       status;
    yajl_alloc_funcs  functions;

    functions.malloc = jupref_json_memory_take;
    functions.realloc = jupref_json_memory_resize;
    functions.free = jupref_json_memory_forget;
    functions.ctx = &builder->memory;

    if (setjmp(builder->memory.exhausted) != 0) {
        builder->result = JUPREF_JSON_NO_MEMORY;
        return;
    }

    builder->parser = yajl_alloc(&jupref_json_tree_callbacks, &functions,
                                 builder);
    yajl_config(builder->parser, yajl_dont_validate_strings, 1);

    status = yajl_parse(builder->parser, builder->text.data,
                        builder->text.len);

    /* only a number can end with the text; asking for the end otherwise
     * would cost yajl a buffer */

    if (status == yajl_status_ok
        && (builder->tree->count == 0 || builder->depth > 0))
    {
        builder->last_piece = 1;
        status = yajl_complete_parse(builder->parser);
    }

    if (status != yajl_status_ok && builder->result == JUPREF_JSON_OK) {
        builder->result = JUPREF_JSON_MALFORMED;
    }
}


static int
jupref_json_tree_on_null(void *data)
{
    return jupref_json_add(data, JUPREF_JSON_NULL);
}


static int
jupref_json_tree_on_boolean(void *data, int value)
{
    return jupref_json_add(data, JUPREF_JSON_BOOLEAN);
}


static int
jupref_json_tree_on_number(void *data, const char *text, size_t len)
{
    return jupref_json_add(data, JUPREF_JSON_NUMBER);
}


static int
jupref_json_tree_on_string(void *data, const unsigned char *text, size_t len)
{
    return jupref_json_add(data, JUPREF_JSON_STRING);
}


static int
jupref_json_tree_on_object(void *data)
{
    return jupref_json_enter(data, JUPREF_JSON_OBJECT);
}


static int
jupref_json_tree_on_array(void *data)
{
    return jupref_json_enter(data, JUPREF_JSON_ARRAY);
}


static int
jupref_json_tree_on_key(void *data, const unsigned char *key, size_t len)
{
    jupref_bytes_t          token;
    jupref_json_key_t      *kept;
    jupref_json_tree_t     *tree;
    jupref_json_builder_t  *builder;

    builder = data;

    token = jupref_json_token(builder);

    /* an escape is always longer than what it stands for */

    if (token.len == len + 2) {
        builder->key.data = token.data + 1;
        builder->key.len = len;
        return 1;
    }

    tree = builder->tree;
    kept = tree->memory.take(tree->memory.context,
                             sizeof(jupref_json_key_t) + len);

    if (kept == NULL) {
        return jupref_json_fail(builder, JUPREF_JSON_NO_MEMORY);
    }

    memcpy(kept->bytes, key, len);

    kept->next = tree->keys;
    tree->keys = kept;

    builder->key.data = kept->bytes;
    builder->key.len = len;

    return 1;
}


/* Of an object or an array: what began with a bracket ends with this one. */
static int
jupref_json_tree_on_end(void *data)
{
    jupref_bytes_t          token;
    jupref_json_value_t    *value;
    jupref_json_builder_t  *builder;

    builder = data;

    token = jupref_json_token(builder);

    builder->depth--;

    value = &builder->tree->values[builder->open[builder->depth].value];
    value->text.len = (size_t) (token.data + token.len - value->text.data);

    return 1;
}


/* The token that the parser has just read. */
static jupref_bytes_t
jupref_json_token(jupref_json_builder_t *builder)
{
    size_t          start;
    jupref_bytes_t  token;

    start = jupref_json_skip(builder);

    builder->ended = builder->last_piece
                     ? builder->text.len
                     : yajl_get_bytes_consumed(builder->parser);

    token.data = builder->text.data + start;
    token.len = builder->ended - start;

    return token;
}


static size_t
jupref_json_skip(const jupref_json_builder_t *builder)
{
    return jupref_json_token_at(builder->text, builder->ended);
}


static int
jupref_json_add(jupref_json_builder_t *builder, jupref_json_kind_e kind)
{
    uint32_t              index;
    jupref_bytes_t        token;
    jupref_json_open_t   *parent;
    jupref_json_tree_t   *tree;
    jupref_json_value_t  *value;

    tree = builder->tree;

    token = jupref_json_token(builder);

    if (tree->count == builder->size && !jupref_json_more(builder)) {
        return 0;
    }

    index = tree->count++;

    value = &tree->values[index];
    value->kind = kind;
    value->key = builder->key;
    value->text = token;
    value->first = 0;
    value->next = 0;
    value->count = 0;

    builder->key.data = NULL;
    builder->key.len = 0;

    if (builder->depth == 0) {
        return 1;
    }

    parent = &builder->open[builder->depth - 1];
    tree->values[parent->value].count++;

    if (parent->last == 0) {
        tree->values[parent->value].first = index;

    } else {
        tree->values[parent->last].next = index;
    }

    parent->last = index;

    return 1;
}


static int
jupref_json_enter(jupref_json_builder_t *builder, jupref_json_kind_e kind)
{
    jupref_json_open_t  *open;

    if (builder->depth == JUPREF_JSON_MAX_DEPTH) {
        return jupref_json_fail(builder, JUPREF_JSON_TOO_DEEP);
    }

    if (!jupref_json_add(builder, kind)) {
        return 0;
    }

    open = &builder->open[builder->depth++];
    open->value = builder->tree->count - 1;
    open->last = 0;

    return 1;
}


/* Room for one value more, at least. */
static unsigned
jupref_json_more(jupref_json_builder_t *builder)
{
    size_t                guess, size;
    jupref_json_tree_t   *tree;
    jupref_json_value_t  *values;

    tree = builder->tree;

    if (builder->size >= builder->max_values) {
        return (unsigned) jupref_json_fail(builder, JUPREF_JSON_TOO_LARGE);
    }

    guess = builder->text.len / JUPREF_JSON_GUESS;

    if (guess > JUPREF_JSON_GUESS_MOST) {
        guess = JUPREF_JSON_GUESS_MOST;
    }

    size = builder->size == 0 ? JUPREF_JSON_FIRST_VALUES + guess
                              : (size_t) builder->size * 2;

    if (size > builder->max_values) {
        size = builder->max_values;
    }

    values = tree->memory.take(tree->memory.context,
                               size * sizeof(jupref_json_value_t));

    if (values == NULL) {
        return (unsigned) jupref_json_fail(builder, JUPREF_JSON_NO_MEMORY);
    }

    if (tree->values != NULL) {
        memcpy(values, tree->values,
               tree->count * sizeof(jupref_json_value_t));

        if (tree->memory.release != NULL) {
            tree->memory.release(tree->memory.context, tree->values);
        }
    }

    tree->values = values;
    builder->size = (uint32_t) size;

    return 1;
}


static int
jupref_json_fail(jupref_json_builder_t *builder, jupref_json_result_e result)
{
    builder->result = result;

    return 0;
}
