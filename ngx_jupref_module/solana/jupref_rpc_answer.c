/*
 * Reading answers: yajl walks the whole text once, and only the members that
 * matter are looked at, by where they stand:
 *
 *     {"jsonrpc": "2.0", "id": 7,
 *      "result": {"context": {"slot": 1}, "value": null}}
 *      depth 1    depth 2     depth 3
 *
 * What lies deeper is counted through.  Starts of values follow from the ends
 * of the keys before them.  An error's object is then read as a tree.
 */

#include "solana/jupref_rpc_answer.h"
#include "base/jupref_json_memory.h"
#include "base/jupref_json_place.h"
#include "base/jupref_number.h"

#include <string.h>

#include <yajl/yajl_parse.h>


#define JUPREF_RPC_ERROR_VALUES  16384  /* logs and accounts of a preflight */
#define JUPREF_RPC_DEPTHS        4      /* that anything of interest is in */

/* What serde_json, which nodes write and many clients read with, takes; also
 * a bound for yajl, whose stack grows in small steps. */
#define JUPREF_RPC_MAX_DEPTH     128


/* The last keys, from the top to where the walk is. */
typedef enum {
    JUPREF_RPC_AT_OTHER = 0,
    JUPREF_RPC_AT_ID,
    JUPREF_RPC_AT_ERROR,
    JUPREF_RPC_AT_RESULT,
    JUPREF_RPC_AT_CONTEXT,
    JUPREF_RPC_AT_VALUE,
    JUPREF_RPC_AT_SLOT,
    JUPREF_RPC_AT_ABSOLUTE_SLOT,
    JUPREF_RPC_AT_HEIGHT,
    JUPREF_RPC_PLACES
} jupref_rpc_place_e;


typedef struct {
    jupref_bytes_t         text;
    yajl_handle            parser;
    size_t                 key_end;     /* of the last key that mattered */
    size_t                 end;         /* of the object at the top */
    unsigned               depth;
    unsigned               top;         /* 1: the top is an object */
    unsigned               twice;       /* a member that matters came twice */
    jupref_rpc_place_e     at;          /* the value to come */
    jupref_rpc_place_e     in;          /* the object that the walk is in */

    /* containers that are open, by the depth they stand in */
    jupref_rpc_place_e     open[JUPREF_RPC_DEPTHS];

    jupref_bytes_t         found[JUPREF_RPC_PLACES];
    jupref_json_kind_e     kinds[JUPREF_RPC_PLACES];
    jupref_json_memory_t   memory;
} jupref_rpc_walk_t;


static const char *jupref_rpc_walk(jupref_rpc_walk_t *walk);
static const char *jupref_rpc_take(jupref_rpc_answer_t *answer,
    const jupref_rpc_walk_t *walk, uint64_t id,
    const jupref_memory_t *memory);
static void jupref_rpc_take_result(jupref_rpc_answer_t *answer,
    const jupref_rpc_walk_t *walk);
static unsigned jupref_rpc_found_u64(const jupref_rpc_walk_t *walk,
    jupref_rpc_place_e at, uint64_t *number);
static unsigned jupref_rpc_take_error(jupref_rpc_answer_t *answer,
    const jupref_memory_t *memory);
static void jupref_rpc_take_data(jupref_rpc_answer_t *answer,
    const jupref_json_tree_t *tree, const jupref_json_value_t *data);

static int jupref_rpc_on_null(void *data);
static int jupref_rpc_on_boolean(void *data, int value);
static int jupref_rpc_on_number(void *data, const char *text, size_t len);
static int jupref_rpc_on_string(void *data, const unsigned char *text,
    size_t len);
static int jupref_rpc_on_object(void *data);
static int jupref_rpc_on_key(void *data, const unsigned char *key,
    size_t len);
static int jupref_rpc_on_array(void *data);
static int jupref_rpc_on_end(void *data);
static int jupref_rpc_on_value(jupref_rpc_walk_t *walk,
    jupref_json_kind_e kind);
static int jupref_rpc_open(jupref_rpc_walk_t *walk, jupref_json_kind_e kind);


/* Which key leads where, from where. */
static const struct {
    jupref_rpc_place_e   in;
    jupref_rpc_place_e   at;
    jupref_bytes_t       key;
} jupref_rpc_keys[] = {
    { JUPREF_RPC_AT_OTHER, JUPREF_RPC_AT_ID,
      { (const uint8_t *) "id", 2 } },
    { JUPREF_RPC_AT_OTHER, JUPREF_RPC_AT_ERROR,
      { (const uint8_t *) "error", 5 } },
    { JUPREF_RPC_AT_OTHER, JUPREF_RPC_AT_RESULT,
      { (const uint8_t *) "result", 6 } },
    { JUPREF_RPC_AT_RESULT, JUPREF_RPC_AT_CONTEXT,
      { (const uint8_t *) "context", 7 } },
    { JUPREF_RPC_AT_RESULT, JUPREF_RPC_AT_VALUE,
      { (const uint8_t *) "value", 5 } },
    { JUPREF_RPC_AT_CONTEXT, JUPREF_RPC_AT_SLOT,
      { (const uint8_t *) "slot", 4 } },
    { JUPREF_RPC_AT_RESULT, JUPREF_RPC_AT_ABSOLUTE_SLOT,
      { (const uint8_t *) "absoluteSlot", 12 } },
    { JUPREF_RPC_AT_RESULT, JUPREF_RPC_AT_HEIGHT,
      { (const uint8_t *) "blockHeight", 11 } }
};


static const yajl_callbacks  jupref_rpc_callbacks = {
    jupref_rpc_on_null,
    jupref_rpc_on_boolean,
    NULL,
    NULL,
    jupref_rpc_on_number,
    jupref_rpc_on_string,
    jupref_rpc_on_object,
    jupref_rpc_on_key,
    jupref_rpc_on_end,
    jupref_rpc_on_array,
    jupref_rpc_on_end
};


void
jupref_rpc_answer_read(jupref_rpc_answer_t *answer, jupref_bytes_t text,
    uint64_t id, const jupref_memory_t *memory)
{
    jupref_rpc_walk_t  walk;

    memset(answer, 0, sizeof(jupref_rpc_answer_t));

    walk.text = text;
    walk.depth = 0;
    walk.top = 0;
    walk.twice = 0;
    walk.at = JUPREF_RPC_AT_OTHER;
    walk.in = JUPREF_RPC_AT_OTHER;
    walk.key_end = 0;
    walk.end = 0;
    memset(walk.found, 0, sizeof(walk.found));

    jupref_json_memory_init(&walk.memory, memory);
    answer->why = jupref_rpc_walk(&walk);
    jupref_json_memory_free(&walk.memory);

    if (answer->why == NULL) {
        answer->why = jupref_rpc_take(answer, &walk, id, memory);
    }

    if (answer->why != NULL) {
        answer->kind = JUPREF_RPC_ANSWER_UNREADABLE;
    }
}


/* NULL, or why it can't be read. */
static const char *
jupref_rpc_walk(jupref_rpc_walk_t *walk)
{
    yajl_status       status;
    yajl_alloc_funcs  functions;

    functions.malloc = jupref_json_memory_take;
    functions.realloc = jupref_json_memory_resize;
    functions.free = jupref_json_memory_forget;
    functions.ctx = &walk->memory;

    if (setjmp(walk->memory.exhausted) != 0) {
        return "out of memory";
    }

    walk->parser = yajl_alloc(&jupref_rpc_callbacks, &functions, walk);
    yajl_config(walk->parser, yajl_dont_validate_strings, 1);

    status = yajl_parse(walk->parser, walk->text.data, walk->text.len);

    if (walk->twice) {
        return "a member of the answer comes twice";
    }

    if (status == yajl_status_client_canceled) {
        return "nested too deep";
    }

    if (status != yajl_status_ok || walk->depth > 0
        || !jupref_json_blanks_fit(walk->text))
    {
        return "not JSON";
    }

    if (!walk->top) {
        return "not a JSON object";
    }

    /* yajl would be content with a token that is cut short at the end */

    return jupref_json_token_at(walk->text, walk->end) < walk->text.len
           ? "not JSON" : NULL;
}


static const char *
jupref_rpc_take(jupref_rpc_answer_t *answer, const jupref_rpc_walk_t *walk,
    uint64_t id, const jupref_memory_t *memory)
{
    uint64_t               number;
    unsigned               ours, nobody;
    const jupref_bytes_t  *found;

    found = walk->found;

    ours = found[JUPREF_RPC_AT_ID].len > 0
           && walk->kinds[JUPREF_RPC_AT_ID] == JUPREF_JSON_NUMBER
           && jupref_parse_u64(found[JUPREF_RPC_AT_ID], &number)
           && number == id;

    nobody = found[JUPREF_RPC_AT_ID].len == 0
             || walk->kinds[JUPREF_RPC_AT_ID] == JUPREF_JSON_NULL;

    if (found[JUPREF_RPC_AT_ERROR].len > 0
        && walk->kinds[JUPREF_RPC_AT_ERROR] != JUPREF_JSON_NULL)
    {
        if (found[JUPREF_RPC_AT_RESULT].len > 0
            && walk->kinds[JUPREF_RPC_AT_RESULT] != JUPREF_JSON_NULL)
        {
            return "result and error at once";
        }

        if (!ours && !nobody) {
            return "the answer to another call";
        }

        answer->kind = JUPREF_RPC_ANSWER_ERROR;
        answer->error = found[JUPREF_RPC_AT_ERROR];

        return jupref_rpc_take_error(answer, memory)
               ? NULL : "an error without a code";
    }

    if (found[JUPREF_RPC_AT_RESULT].len == 0) {
        return "neither result nor error";
    }

    if (!ours) {
        return "the answer to another call";
    }

    answer->kind = JUPREF_RPC_ANSWER_RESULT;
    jupref_rpc_take_result(answer, walk);

    return NULL;
}


static void
jupref_rpc_take_result(jupref_rpc_answer_t *answer,
    const jupref_rpc_walk_t *walk)
{
    jupref_json_kind_e     kind;
    const jupref_bytes_t  *found;

    found = walk->found;
    kind = walk->kinds[JUPREF_RPC_AT_RESULT];

    answer->result = found[JUPREF_RPC_AT_RESULT];
    answer->null = kind == JUPREF_JSON_NULL;

    if (kind == JUPREF_JSON_NUMBER) {
        answer->has_number = jupref_parse_u64(answer->result,
                                              &answer->number);
    }

    answer->has_slot = jupref_rpc_found_u64(walk, JUPREF_RPC_AT_SLOT,
                                            &answer->slot)
                       || jupref_rpc_found_u64(walk,
                                               JUPREF_RPC_AT_ABSOLUTE_SLOT,
                                               &answer->slot);
    answer->has_height = jupref_rpc_found_u64(walk, JUPREF_RPC_AT_HEIGHT,
                                              &answer->height);

    if (answer->has_slot && found[JUPREF_RPC_AT_VALUE].len > 0
        && walk->kinds[JUPREF_RPC_AT_VALUE] == JUPREF_JSON_NULL)
    {
        answer->null = 1;
    }
}


static unsigned
jupref_rpc_found_u64(const jupref_rpc_walk_t *walk, jupref_rpc_place_e at,
    uint64_t *number)
{
    return walk->found[at].len > 0
           && walk->kinds[at] == JUPREF_JSON_NUMBER
           && jupref_parse_u64(walk->found[at], number);
}


static unsigned
jupref_rpc_take_error(jupref_rpc_answer_t *answer,
    const jupref_memory_t *memory)
{
    unsigned                    found;
    jupref_json_tree_t          tree;
    const jupref_json_value_t  *error, *message, *data;

    if (jupref_json_tree_parse(&tree, answer->error, JUPREF_RPC_ERROR_VALUES,
                               memory)
        != JUPREF_JSON_OK)
    {
        return 0;
    }

    error = &tree.values[0];

    found = jupref_json_tree_i64(jupref_json_tree_member(&tree, error, "code"),
                                 &answer->code);

    message = jupref_json_tree_member(&tree, error, "message");

    if (message != NULL && message->kind == JUPREF_JSON_STRING) {
        answer->message.data = message->text.data + 1;
        answer->message.len = message->text.len - 2;
    }

    data = jupref_json_tree_member(&tree, error, "data");

    if (data != NULL) {
        answer->data = data->text;
        jupref_rpc_take_data(answer, &tree, data);
    }

    jupref_json_tree_free(&tree);

    return found;
}


static void
jupref_rpc_take_data(jupref_rpc_answer_t *answer,
    const jupref_json_tree_t *tree, const jupref_json_value_t *data)
{
    uint8_t                     room[32];
    jupref_bytes_t              text;
    const jupref_json_value_t  *err;

    answer->has_context_slot = jupref_json_tree_u64(
        jupref_json_tree_member(tree, data, "contextSlot"),
        &answer->context_slot);

    answer->has_slots_behind = jupref_json_tree_u64(
        jupref_json_tree_member(tree, data, "numSlotsBehind"),
        &answer->slots_behind);

    err = jupref_json_tree_member(tree, data, "err");

    if (err == NULL || err->kind == JUPREF_JSON_NULL) {
        return;
    }

    answer->err = JUPREF_RPC_ERR_OTHER;

    if (!jupref_json_tree_string(err, room, sizeof(room), &text)) {
        return;
    }

    if (jupref_bytes_equal(text, jupref_bytes("BlockhashNotFound"))) {
        answer->err = JUPREF_RPC_ERR_BLOCKHASH_NOT_FOUND;

    } else if (jupref_bytes_equal(text, jupref_bytes("AlreadyProcessed"))) {
        answer->err = JUPREF_RPC_ERR_ALREADY_PROCESSED;
    }
}


static int
jupref_rpc_on_null(void *data)
{
    return jupref_rpc_on_value(data, JUPREF_JSON_NULL);
}


static int
jupref_rpc_on_boolean(void *data, int value)
{
    return jupref_rpc_on_value(data, JUPREF_JSON_BOOLEAN);
}


static int
jupref_rpc_on_number(void *data, const char *text, size_t len)
{
    return jupref_rpc_on_value(data, JUPREF_JSON_NUMBER);
}


static int
jupref_rpc_on_string(void *data, const unsigned char *text, size_t len)
{
    return jupref_rpc_on_value(data, JUPREF_JSON_STRING);
}


static int
jupref_rpc_on_object(void *data)
{
    return jupref_rpc_open(data, JUPREF_JSON_OBJECT);
}


static int
jupref_rpc_on_array(void *data)
{
    return jupref_rpc_open(data, JUPREF_JSON_ARRAY);
}


static int
jupref_rpc_on_key(void *data, const unsigned char *key, size_t len)
{
    size_t              i;
    unsigned            depth;
    jupref_rpc_walk_t  *walk;

    walk = data;
    walk->at = JUPREF_RPC_AT_OTHER;

    /* the depth of the object that the walk is in, as far as it matters */

    depth = walk->in == JUPREF_RPC_AT_OTHER ? 1
            : walk->in == JUPREF_RPC_AT_RESULT ? 2 : 3;

    if (walk->depth != depth) {
        return 1;
    }

    for (i = 0; i < sizeof(jupref_rpc_keys) / sizeof(jupref_rpc_keys[0]); i++) {
        if (jupref_rpc_keys[i].in == walk->in
            && jupref_rpc_keys[i].key.len == len
            && memcmp(jupref_rpc_keys[i].key.data, key, len) == 0)
        {
            walk->at = jupref_rpc_keys[i].at;
            walk->key_end = yajl_get_bytes_consumed(walk->parser);

            if (walk->found[walk->at].data != NULL) {
                walk->twice = 1;
                return 0;
            }
        }
    }

    return 1;
}


/* A scalar where it may matter. */
static int
jupref_rpc_on_value(jupref_rpc_walk_t *walk, jupref_json_kind_e kind)
{
    size_t  start;

    if (walk->at == JUPREF_RPC_AT_OTHER) {
        return 1;
    }

    start = jupref_json_token_at(walk->text, walk->key_end);

    walk->found[walk->at].data = walk->text.data + start;
    walk->found[walk->at].len = yajl_get_bytes_consumed(walk->parser) - start;
    walk->kinds[walk->at] = kind;
    walk->at = JUPREF_RPC_AT_OTHER;

    return 1;
}


/* Its end isn't known yet. */
static int
jupref_rpc_open(jupref_rpc_walk_t *walk, jupref_json_kind_e kind)
{
    jupref_rpc_place_e  at;

    at = walk->at;
    walk->at = JUPREF_RPC_AT_OTHER;

    if (walk->depth == JUPREF_RPC_MAX_DEPTH) {
        return 0;
    }

    if (walk->depth == 0) {
        walk->top = kind == JUPREF_JSON_OBJECT;
    }

    if (walk->depth < JUPREF_RPC_DEPTHS) {
        walk->open[walk->depth] = at;
    }

    walk->depth++;

    if (at == JUPREF_RPC_AT_OTHER) {
        return 1;
    }

    walk->found[at].data = walk->text.data
                           + jupref_json_token_at(walk->text, walk->key_end);
    walk->kinds[at] = kind;

    if (kind == JUPREF_JSON_OBJECT
        && (at == JUPREF_RPC_AT_RESULT || at == JUPREF_RPC_AT_CONTEXT))
    {
        walk->in = at;
    }

    return 1;
}


static int
jupref_rpc_on_end(void *data)
{
    const uint8_t       *end;
    jupref_rpc_walk_t   *walk;
    jupref_rpc_place_e   at;

    walk = data;
    walk->depth--;

    if (walk->depth >= JUPREF_RPC_DEPTHS) {
        return 1;
    }

    if (walk->depth == 0) {
        walk->end = yajl_get_bytes_consumed(walk->parser);
        return 1;
    }

    at = walk->open[walk->depth];

    if (at == JUPREF_RPC_AT_OTHER) {
        return 1;
    }

    end = walk->text.data + yajl_get_bytes_consumed(walk->parser);
    walk->found[at].len = (size_t) (end - walk->found[at].data);

    if (walk->in == at) {
        walk->in = at == JUPREF_RPC_AT_CONTEXT ? JUPREF_RPC_AT_RESULT
                                               : JUPREF_RPC_AT_OTHER;
    }

    return 1;
}
