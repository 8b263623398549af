/*
 * Fields of results (see the header).
 */

#include "solana/jupref_rpc_fields.h"

#include "base/jupref_base64.h"
#include "base/jupref_number.h"


unsigned
jupref_rpc_is(const jupref_json_value_t *value)
{
    return value != NULL && value->kind != JUPREF_JSON_NULL;
}


unsigned
jupref_rpc_pubkey(const jupref_json_value_t *value, jupref_pubkey_t *key)
{
    uint8_t         room[JUPREF_PUBKEY_TEXT];
    jupref_bytes_t  text;

    return jupref_json_tree_string(value, room, sizeof(room), &text)
           && jupref_pubkey_parse(key, text);
}


unsigned
jupref_rpc_signature(const jupref_json_value_t *value,
    jupref_signature_t *signature)
{
    uint8_t         room[JUPREF_SIGNATURE_TEXT];
    jupref_bytes_t  text;

    return jupref_json_tree_string(value, room, sizeof(room), &text)
           && jupref_signature_parse(signature, text);
}


unsigned
jupref_rpc_amount(const jupref_json_value_t *value, uint64_t *amount)
{
    uint8_t         room[JUPREF_U64_TEXT];
    jupref_bytes_t  text;

    return jupref_json_tree_string(value, room, sizeof(room), &text)
           && jupref_parse_u64(text, amount);
}


unsigned
jupref_rpc_place(const jupref_json_value_t *value, unsigned end,
    uint8_t *place)
{
    uint64_t  number;

    if (!jupref_json_tree_u64(value, &number) || number >= end
        || number > UINT8_MAX)
    {
        return 0;
    }

    *place = (uint8_t) number;

    return 1;
}


unsigned
jupref_rpc_time(const jupref_json_value_t *value, int64_t *time)
{
    *time = 0;

    return !jupref_rpc_is(value) || jupref_json_tree_i64(value, time);
}


/* Nodes write no escapes into base64. */

unsigned
jupref_rpc_base64(const jupref_json_tree_t *tree,
    const jupref_json_value_t *value, uint8_t *room, size_t size,
    jupref_bytes_t *bytes, unsigned *fits)
{
    jupref_bytes_t  text, encoding;

    *fits = 1;

    if (value == NULL || value->count != 2
        || !jupref_json_tree_string(jupref_json_tree_item(tree, value, 1),
                                    NULL, 0, &encoding)
        || !jupref_bytes_equal(encoding, jupref_bytes("base64"))
        || !jupref_json_tree_string(jupref_json_tree_item(tree, value, 0),
                                    NULL, 0, &text))
    {
        return 0;
    }

    if (jupref_base64_decoded_size(text.len) > size) {
        *fits = 0;
        return 0;
    }

    bytes->data = room;

    return jupref_base64_decode(room, &bytes->len, text);
}


const jupref_json_value_t *
jupref_rpc_enveloped(const jupref_json_tree_t *tree,
    const jupref_json_value_t *result, uint64_t *slot)
{
    const jupref_json_value_t  *context;

    context = jupref_json_tree_member(tree, result, "context");

    if (!jupref_json_tree_u64(jupref_json_tree_member(tree, context, "slot"),
                              slot))
    {
        *slot = 0;
    }

    return jupref_json_tree_member(tree, result, "value");
}
