/*
 * Reading calls: the tree is walked once per object, each member of it
 * compared with the few names that matter.
 */

#include "solana/jupref_rpc_call.h"
#include "base/jupref_utf8.h"

#include <string.h>


#define JUPREF_RPC_PARSE_ERROR      (-32700)
#define JUPREF_RPC_INVALID_REQUEST  (-32600)
#define JUPREF_RPC_INTERNAL_ERROR   (-32603)


/* The members of a call that matter. */
typedef enum {
    JUPREF_RPC_JSONRPC = 0,
    JUPREF_RPC_ID,
    JUPREF_RPC_METHOD,
    JUPREF_RPC_PARAMS,
    JUPREF_RPC_FIELDS
} jupref_rpc_field_e;


/* The members of a configuration that matter. */
typedef enum {
    JUPREF_RPC_COMMITMENT = 0,
    JUPREF_RPC_PREFLIGHT_COMMITMENT,
    JUPREF_RPC_ENCODING,
    JUPREF_RPC_MIN_SLOT,
    JUPREF_RPC_MAX_VERSION,
    JUPREF_RPC_SETTINGS
} jupref_rpc_setting_e;


static jupref_rpc_call_result_e jupref_rpc_parse(jupref_rpc_body_t *body,
    jupref_bytes_t text, uint32_t values);
static jupref_rpc_call_result_e jupref_rpc_count(jupref_rpc_body_t *body,
    unsigned limit);
static void jupref_rpc_read_call(const jupref_rpc_body_t *body,
    jupref_rpc_call_t *call, const jupref_json_value_t *value);
static jupref_rpc_call_result_e jupref_rpc_read_fields(
    jupref_rpc_call_t *call, const jupref_json_value_t **fields);
static void jupref_rpc_read_config(const jupref_rpc_body_t *body,
    jupref_rpc_call_t *call);
static const jupref_json_value_t *jupref_rpc_find_config(
    const jupref_rpc_body_t *body, jupref_rpc_call_t *call);
static void jupref_rpc_read_settings(jupref_rpc_call_t *call,
    const jupref_json_value_t **settings);
static const jupref_json_value_t *jupref_rpc_given(
    const jupref_json_value_t *value);


static const char *const  jupref_rpc_field_names[JUPREF_RPC_FIELDS] = {
    [JUPREF_RPC_JSONRPC] = "jsonrpc",
    [JUPREF_RPC_ID] = "id",
    [JUPREF_RPC_METHOD] = "method",
    [JUPREF_RPC_PARAMS] = "params"
};


static const char *const  jupref_rpc_setting_names[JUPREF_RPC_SETTINGS] = {
    [JUPREF_RPC_COMMITMENT] = "commitment",
    [JUPREF_RPC_PREFLIGHT_COMMITMENT] = "preflightCommitment",
    [JUPREF_RPC_ENCODING] = "encoding",
    [JUPREF_RPC_MIN_SLOT] = "minContextSlot",
    [JUPREF_RPC_MAX_VERSION] = "maxSupportedTransactionVersion"
};


static const struct {
    int          code;
    const char  *text;
} jupref_rpc_call_results[JUPREF_RPC_CALL_RESULTS] = {
    [JUPREF_RPC_CALL_OK] = { 0, "ok" },
    [JUPREF_RPC_CALL_PARSE_ERROR] = { JUPREF_RPC_PARSE_ERROR,
        "Parse error: the body is not JSON" },
    [JUPREF_RPC_CALL_NOT_UTF8] = { JUPREF_RPC_PARSE_ERROR,
        "Parse error: the body is not UTF-8" },
    [JUPREF_RPC_CALL_TOO_DEEP] = { JUPREF_RPC_INVALID_REQUEST,
        "Invalid request: nested deeper than 32 levels" },
    [JUPREF_RPC_CALL_TOO_MANY_VALUES] = { JUPREF_RPC_INVALID_REQUEST,
        "Invalid request: more JSON values than are taken in one body" },
    [JUPREF_RPC_CALL_EMPTY_BATCH] = { JUPREF_RPC_INVALID_REQUEST,
        "Invalid request: a batch needs at least one call" },
    [JUPREF_RPC_CALL_BATCH_TOO_LARGE] = { JUPREF_RPC_INVALID_REQUEST,
        "Invalid request: more calls than are taken in one batch" },
    [JUPREF_RPC_CALL_NO_MEMORY] = { JUPREF_RPC_INTERNAL_ERROR,
        "Internal error: out of memory" },
    [JUPREF_RPC_CALL_NOT_OBJECT] = { JUPREF_RPC_INVALID_REQUEST,
        "Invalid request: a call is a JSON object" },
    [JUPREF_RPC_CALL_DUPLICATE] = { JUPREF_RPC_INVALID_REQUEST,
        "Invalid request: a member of the call comes twice" },
    [JUPREF_RPC_CALL_BAD_VERSION] = { JUPREF_RPC_INVALID_REQUEST,
        "Invalid request: \"jsonrpc\" has to be \"2.0\"" },
    [JUPREF_RPC_CALL_BAD_ID] = { JUPREF_RPC_INVALID_REQUEST,
        "Invalid request: \"id\" has to be a string, a number or null" },
    [JUPREF_RPC_CALL_BAD_METHOD] = { JUPREF_RPC_INVALID_REQUEST,
        "Invalid request: \"method\" has to be a string of 1 to 64 bytes" },
    [JUPREF_RPC_CALL_BAD_PARAMS] = { JUPREF_RPC_INVALID_REQUEST,
        "Invalid request: \"params\" has to be an array" }
};


jupref_rpc_call_result_e
jupref_rpc_body_read(jupref_rpc_body_t *body, jupref_bytes_t text,
    const jupref_rpc_limits_t *limits, const jupref_memory_t *memory)
{
    unsigned                    i;
    const jupref_json_value_t  *value;

    body->batch = 0;
    body->count = 0;
    body->calls = NULL;
    body->memory = *memory;
    body->result = jupref_rpc_parse(body, text, limits->values);

    if (body->result != JUPREF_RPC_CALL_OK) {
        return body->result;
    }

    body->result = jupref_rpc_count(body, limits->batch);

    if (body->result != JUPREF_RPC_CALL_OK) {
        return body->result;
    }

    value = body->batch ? jupref_json_tree_first(&body->tree,
                                                 &body->tree.values[0])
                        : &body->tree.values[0];

    for (i = 0; i < body->count; i++) {
        jupref_rpc_read_call(body, &body->calls[i], value);
        value = jupref_json_tree_next(&body->tree, value);
    }

    return JUPREF_RPC_CALL_OK;
}


void
jupref_rpc_body_free(jupref_rpc_body_t *body)
{
    jupref_json_tree_free(&body->tree);

    if (body->calls != NULL && body->memory.release != NULL) {
        body->memory.release(body->memory.context, body->calls);
    }

    body->calls = NULL;
    body->count = 0;
}


int
jupref_rpc_call_code(jupref_rpc_call_result_e result)
{
    return jupref_rpc_call_results[result].code;
}


const char *
jupref_rpc_call_text(jupref_rpc_call_result_e result)
{
    return jupref_rpc_call_results[result].text;
}


unsigned
jupref_rpc_is_notification(const jupref_rpc_call_t *call)
{
    return call->result == JUPREF_RPC_CALL_OK && call->id.len == 0;
}


const jupref_json_value_t *
jupref_rpc_param(const jupref_rpc_body_t *body, const jupref_rpc_call_t *call,
    unsigned i)
{
    return jupref_json_tree_item(&body->tree, call->params, i);
}


static jupref_rpc_call_result_e
jupref_rpc_parse(jupref_rpc_body_t *body, jupref_bytes_t text,
    uint32_t values)
{
    jupref_json_result_e  result;

    result = jupref_json_tree_parse(&body->tree, text, values, &body->memory);

    switch (result) {

    case JUPREF_JSON_OK:
        return jupref_utf8_valid(text) ? JUPREF_RPC_CALL_OK
                                       : JUPREF_RPC_CALL_NOT_UTF8;

    case JUPREF_JSON_TOO_DEEP:
        return JUPREF_RPC_CALL_TOO_DEEP;

    case JUPREF_JSON_TOO_LARGE:
        return JUPREF_RPC_CALL_TOO_MANY_VALUES;

    case JUPREF_JSON_NO_MEMORY:
        return JUPREF_RPC_CALL_NO_MEMORY;

    default:
        return JUPREF_RPC_CALL_PARSE_ERROR;
    }
}


/* How many calls there are, and room for them. */
static jupref_rpc_call_result_e
jupref_rpc_count(jupref_rpc_body_t *body, unsigned limit)
{
    uint32_t                    count;
    const jupref_json_value_t  *root;

    root = &body->tree.values[0];
    count = 1;

    if (root->kind == JUPREF_JSON_ARRAY) {
        if (root->count == 0) {
            return JUPREF_RPC_CALL_EMPTY_BATCH;
        }

        if (root->count > limit) {
            return JUPREF_RPC_CALL_BATCH_TOO_LARGE;
        }

        body->batch = 1;
        count = root->count;
    }

    body->calls = body->memory.take(body->memory.context,
                                    count * sizeof(jupref_rpc_call_t));

    if (body->calls == NULL) {
        return JUPREF_RPC_CALL_NO_MEMORY;
    }

    body->count = count;

    return JUPREF_RPC_CALL_OK;
}


static void
jupref_rpc_read_call(const jupref_rpc_body_t *body, jupref_rpc_call_t *call,
    const jupref_json_value_t *value)
{
    const jupref_json_value_t  *fields[JUPREF_RPC_FIELDS];

    memset(call, 0, sizeof(jupref_rpc_call_t));
    call->method = jupref_rpc_method_find(call->name);

    if (value->kind != JUPREF_JSON_OBJECT) {
        call->result = JUPREF_RPC_CALL_NOT_OBJECT;
        return;
    }

    if (!jupref_json_tree_members(&body->tree, value, jupref_rpc_field_names,
                                  JUPREF_RPC_FIELDS, fields))
    {
        call->result = JUPREF_RPC_CALL_DUPLICATE;
        return;
    }

    call->result = jupref_rpc_read_fields(call, fields);

    if (call->result == JUPREF_RPC_CALL_OK) {
        jupref_rpc_read_config(body, call);
    }
}


/* The id first: what is wrong behind it is answered with it. */
static jupref_rpc_call_result_e
jupref_rpc_read_fields(jupref_rpc_call_t *call,
    const jupref_json_value_t **fields)
{
    jupref_bytes_t              version;
    const jupref_json_value_t  *id, *params;

    id = fields[JUPREF_RPC_ID];

    if (id != NULL) {
        if (id->kind != JUPREF_JSON_STRING && id->kind != JUPREF_JSON_NUMBER
            && id->kind != JUPREF_JSON_NULL)
        {
            return JUPREF_RPC_CALL_BAD_ID;
        }

        call->id = id->text;
    }

    if (!jupref_json_tree_string(fields[JUPREF_RPC_JSONRPC], call->room,
                                 sizeof(call->room), &version)
        || !jupref_bytes_equal(version, jupref_bytes("2.0")))
    {
        return JUPREF_RPC_CALL_BAD_VERSION;
    }

    if (!jupref_json_tree_string(fields[JUPREF_RPC_METHOD], call->room,
                                 sizeof(call->room), &call->name)
        || call->name.len == 0 || call->name.len > JUPREF_RPC_METHOD_MAX)
    {
        call->name.len = 0;
        return JUPREF_RPC_CALL_BAD_METHOD;
    }

    call->method_text = fields[JUPREF_RPC_METHOD]->text;
    call->method = jupref_rpc_method_find(call->name);

    params = jupref_rpc_given(fields[JUPREF_RPC_PARAMS]);

    if (params != NULL && params->kind != JUPREF_JSON_ARRAY
        && params->kind != JUPREF_JSON_OBJECT)
    {
        return JUPREF_RPC_CALL_BAD_PARAMS;
    }

    call->params = params;

    return JUPREF_RPC_CALL_OK;
}


static void
jupref_rpc_read_config(const jupref_rpc_body_t *body, jupref_rpc_call_t *call)
{
    const jupref_json_value_t  *config;
    const jupref_json_value_t  *settings[JUPREF_RPC_SETTINGS];

    call->commitment = call->method->commitment;

    config = jupref_rpc_find_config(body, call);

    if (config == NULL) {
        return;
    }

    if (config == call->params) {

        /* parameters by name: no node takes them, so whatever they say */

        call->odd_config = 1;

    } else if (config->kind == JUPREF_JSON_STRING) {

        /* the old form of getTransaction and getBlock: the encoding alone */

        call->odd_config = !jupref_json_tree_string(config, NULL, 0,
                                                    &call->encoding);

    } else if (config->kind == JUPREF_JSON_OBJECT) {
        call->config = config;

        if (jupref_json_tree_members(&body->tree, config,
                                     jupref_rpc_setting_names,
                                     JUPREF_RPC_SETTINGS, settings))
        {
            jupref_rpc_read_settings(call, settings);

        } else {
            call->odd_config = 1;
        }

    } else {
        call->odd_config = 1;
    }

    if (call->odd_config && call->method->takes_commitment) {
        call->commitment = JUPREF_COMMITMENT_OTHER;
    }
}


/* What stands in the configuration's place, NULL: nothing. */
static const jupref_json_value_t *
jupref_rpc_find_config(const jupref_rpc_body_t *body, jupref_rpc_call_t *call)
{
    unsigned                    at;
    const jupref_json_value_t  *value;

    if (call->params == NULL
        || call->method->config_at == JUPREF_RPC_NO_CONFIG)
    {
        return NULL;
    }

    if (call->params->kind == JUPREF_JSON_OBJECT) {
        return call->params;
    }

    at = (unsigned) call->method->config_at;

    if (call->method->config_early) {
        value = jupref_rpc_param(body, call, at - 1);

        if (value != NULL && value->kind == JUPREF_JSON_OBJECT) {
            return value;
        }
    }

    return jupref_rpc_given(jupref_rpc_param(body, call, at));
}


static void
jupref_rpc_read_settings(jupref_rpc_call_t *call,
    const jupref_json_value_t **settings)
{
    unsigned                    which;
    jupref_bytes_t              text;
    const jupref_json_value_t  *value;

    which = call->method->class == JUPREF_RPC_WRITE
            && settings[JUPREF_RPC_PREFLIGHT_COMMITMENT] != NULL
            ? JUPREF_RPC_PREFLIGHT_COMMITMENT : JUPREF_RPC_COMMITMENT;

    value = jupref_rpc_given(settings[which]);

    if (value != NULL && call->method->takes_commitment) {
        call->commitment = jupref_json_tree_string(value, NULL, 0, &text)
                           ? jupref_commitment_parse(text)
                           : JUPREF_COMMITMENT_OTHER;
    }

    value = jupref_rpc_given(settings[JUPREF_RPC_ENCODING]);

    if (value != NULL
        && !jupref_json_tree_string(value, NULL, 0, &call->encoding))
    {
        call->odd_config = 1;
    }

    value = jupref_rpc_given(settings[JUPREF_RPC_MIN_SLOT]);

    if (value != NULL && !jupref_json_tree_u64(value, &call->min_slot)) {
        call->min_slot = 0;
        call->odd_config = 1;
    }

    value = jupref_rpc_given(settings[JUPREF_RPC_MAX_VERSION]);

    if (value != NULL) {
        call->has_max_version = jupref_json_tree_u64(value,
                                                     &call->max_version);
        call->odd_config |= !call->has_max_version;
    }
}


/* null is the same as nothing. */
static const jupref_json_value_t *
jupref_rpc_given(const jupref_json_value_t *value)
{
    return value != NULL && value->kind == JUPREF_JSON_NULL ? NULL : value;
}
