/*
 * Reading sendTransaction, and the bodies that go to nodes.
 *
 * A node would refuse what is refused here as well, but after a way around
 * the world, and each in its own words.
 */

#include "solana/jupref_rpc_send.h"
#include "base/jupref_base64.h"
#include "base/jupref_json_writer.h"
#include "solana/jupref_base58.h"

#include <string.h>


#define JUPREF_SEND_INVALID_PARAMS  (-32602)
#define JUPREF_SEND_INTERNAL        (-32603)


typedef enum {
    JUPREF_SEND_ENCODING = 0,
    JUPREF_SEND_SKIP_PREFLIGHT,
    JUPREF_SEND_COMMITMENT,
    JUPREF_SEND_MAX_RETRIES,
    JUPREF_SEND_MIN_SLOT,
    JUPREF_SEND_SETTINGS
} jupref_send_setting_e;


static jupref_send_result_e jupref_send_read_config(jupref_send_t *send,
    const jupref_rpc_body_t *body, const jupref_rpc_call_t *call,
    unsigned *base64);
static jupref_send_result_e jupref_send_read_settings(jupref_send_t *send,
    const jupref_json_value_t **settings, unsigned *base64);
static jupref_send_result_e jupref_send_decode(jupref_send_t *send,
    const jupref_json_value_t *value, unsigned base64);
static jupref_send_result_e jupref_send_decode_base64(jupref_send_t *send,
    jupref_bytes_t text);
static jupref_send_result_e jupref_send_check(jupref_send_t *send);
static unsigned jupref_send_given(const jupref_json_value_t *value);


static const char *const  jupref_send_setting_names[JUPREF_SEND_SETTINGS] = {
    [JUPREF_SEND_ENCODING] = "encoding",
    [JUPREF_SEND_SKIP_PREFLIGHT] = "skipPreflight",
    [JUPREF_SEND_COMMITMENT] = "preflightCommitment",
    [JUPREF_SEND_MAX_RETRIES] = "maxRetries",
    [JUPREF_SEND_MIN_SLOT] = "minContextSlot"
};


static const char *const  jupref_send_texts[JUPREF_SEND_RESULTS] = {
    [JUPREF_SEND_OK] = "ok",
    [JUPREF_SEND_NO_TRANSACTION] =
        "Invalid params: the first parameter has to be the transaction",
    [JUPREF_SEND_NOT_STRING] =
        "Invalid params: the transaction has to be a string, "
        "base58 or base64",
    [JUPREF_SEND_BAD_CONFIG] =
        "Invalid params: the second parameter has to be an object that "
        "names nothing twice",
    [JUPREF_SEND_BAD_ENCODING] =
        "Invalid params: \"encoding\" has to be \"base64\" or \"base58\"",
    [JUPREF_SEND_BAD_COMMITMENT] =
        "Invalid params: \"preflightCommitment\" has to be \"processed\", "
        "\"confirmed\" or \"finalized\"",
    [JUPREF_SEND_BAD_SKIP] =
        "Invalid params: \"skipPreflight\" has to be true or false",
    [JUPREF_SEND_BAD_RETRIES] =
        "Invalid params: \"maxRetries\" has to be a whole number",
    [JUPREF_SEND_BAD_MIN_SLOT] =
        "Invalid params: \"minContextSlot\" has to be a slot number",
    [JUPREF_SEND_TOO_LONG] =
        "Invalid params: longer than the 4096 bytes that a transaction may "
        "have",
    [JUPREF_SEND_BAD_BASE58] =
        "Invalid params: the transaction is not base58; base64 needs "
        "{\"encoding\": \"base64\"}",
    [JUPREF_SEND_BAD_BASE64] =
        "Invalid params: the transaction is not base64 with its padding",
    [JUPREF_SEND_BAD_TRANSACTION] =
        "Invalid params: not a legacy, v0 or v1 transaction",
    [JUPREF_SEND_NOT_SIGNED] =
        "Invalid params: the transaction is not signed by who pays for it",
    [JUPREF_SEND_HALF_SIGNED] =
        "Invalid params: a signature is missing; all signers have to sign "
        "before it is sent",
    [JUPREF_SEND_NO_MEMORY] = "Internal error: out of memory"
};


jupref_send_result_e
jupref_send_read(jupref_send_t *send, const jupref_rpc_body_t *body,
    const jupref_rpc_call_t *call)
{
    unsigned                    base64;
    jupref_send_result_e        result;
    const jupref_json_value_t  *value;

    memset(send, 0, sizeof(jupref_send_t));

    value = jupref_rpc_param(body, call, 0);

    if (value == NULL) {
        return JUPREF_SEND_NO_TRANSACTION;
    }

    if (value->kind != JUPREF_JSON_STRING) {
        return JUPREF_SEND_NOT_STRING;
    }

    base64 = 0;
    result = jupref_send_read_config(send, body, call, &base64);

    if (result != JUPREF_SEND_OK) {
        return result;
    }

    result = jupref_send_decode(send, value, base64);

    if (result != JUPREF_SEND_OK) {
        return result;
    }

    return jupref_send_check(send);
}


int
jupref_send_code(jupref_send_result_e result)
{
    switch (result) {

    case JUPREF_SEND_OK:
        return 0;

    case JUPREF_SEND_NO_MEMORY:
        return JUPREF_SEND_INTERNAL;

    default:
        return JUPREF_SEND_INVALID_PARAMS;
    }
}


const char *
jupref_send_text(jupref_send_result_e result)
{
    return jupref_send_texts[result];
}


jupref_bytes_t
jupref_send_message(uint8_t room[JUPREF_SEND_MESSAGE],
    const jupref_send_t *send, jupref_send_result_e result)
{
    const char       *text, *why;
    jupref_writer_t   writer;

    text = jupref_send_texts[result];

    jupref_writer_init(&writer, room, JUPREF_SEND_MESSAGE);
    jupref_write_bytes(&writer, (const uint8_t *) text, strlen(text));

    if (result == JUPREF_SEND_BAD_TRANSACTION) {
        why = jupref_transaction_result_text(send->parsed);

        jupref_write_bytes(&writer, (const uint8_t *) ": ", 2);
        jupref_write_bytes(&writer, (const uint8_t *) why, strlen(why));
    }

    return (jupref_bytes_t) { room, (size_t) (writer.at - room) };
}


size_t
jupref_send_write(uint8_t *room, size_t size, const jupref_send_t *send,
    uint64_t id, uint64_t min_slot, unsigned copy)
{
    uint8_t               text[JUPREF_TRANSACTION_BASE64_MAX + 1];
    jupref_bytes_t        base64;
    jupref_json_writer_t  writer;

    base64.data = text;
    base64.len = jupref_base64_encode(text, (jupref_bytes_t) {
                                          send->bytes, send->len });

    jupref_json_init(&writer, room, size);
    jupref_json_object(&writer, NULL);
    jupref_json_cstring(&writer, "jsonrpc", "2.0");
    jupref_json_number(&writer, "id", id);
    jupref_json_cstring(&writer, "method", "sendTransaction");
    jupref_json_array(&writer, "params");
    jupref_json_string(&writer, NULL, base64);
    jupref_json_object(&writer, NULL);
    jupref_json_cstring(&writer, "encoding", "base64");
    jupref_json_boolean(&writer, "skipPreflight",
                        copy || send->skip_preflight);

    if (send->has_max_retries) {
        jupref_json_number(&writer, "maxRetries", send->max_retries);
    }

    if (!copy && send->commitment != JUPREF_COMMITMENT_NONE) {
        jupref_json_cstring(&writer, "preflightCommitment",
                            jupref_commitment_name(send->commitment));
    }

    if (min_slot < send->min_slot) {
        min_slot = send->min_slot;
    }

    if (!copy && min_slot > 0) {
        jupref_json_number(&writer, "minContextSlot", min_slot);
    }

    jupref_json_object_end(&writer);
    jupref_json_array_end(&writer);
    jupref_json_object_end(&writer);

    return writer.overflowed ? 0 : jupref_json_text(&writer).len;
}


unsigned
jupref_send_at_once(const jupref_send_t *send, unsigned fanout)
{
    return send->skip_preflight ? fanout : 1;
}


static jupref_send_result_e
jupref_send_read_config(jupref_send_t *send, const jupref_rpc_body_t *body,
    const jupref_rpc_call_t *call, unsigned *base64)
{
    const jupref_json_value_t  *config;
    const jupref_json_value_t  *settings[JUPREF_SEND_SETTINGS];

    config = jupref_rpc_param(body, call, 1);

    if (!jupref_send_given(config)) {
        return JUPREF_SEND_OK;
    }

    if (config->kind != JUPREF_JSON_OBJECT
        || !jupref_json_tree_members(&body->tree, config,
                                     jupref_send_setting_names,
                                     JUPREF_SEND_SETTINGS, settings))
    {
        return JUPREF_SEND_BAD_CONFIG;
    }

    return jupref_send_read_settings(send, settings, base64);
}


static jupref_send_result_e
jupref_send_read_settings(jupref_send_t *send,
    const jupref_json_value_t **settings, unsigned *base64)
{
    uint8_t                     room[16];
    unsigned                    skip;
    jupref_bytes_t              text;
    const jupref_json_value_t  *value;

    value = settings[JUPREF_SEND_ENCODING];

    if (jupref_send_given(value)) {
        if (!jupref_json_tree_string(value, room, sizeof(room), &text)) {
            return JUPREF_SEND_BAD_ENCODING;
        }

        *base64 = jupref_bytes_equal(text, jupref_bytes("base64"));

        if (!*base64 && !jupref_bytes_equal(text, jupref_bytes("base58"))) {
            return JUPREF_SEND_BAD_ENCODING;
        }
    }

    value = settings[JUPREF_SEND_SKIP_PREFLIGHT];

    if (jupref_send_given(value)) {
        if (!jupref_json_tree_boolean(value, &skip)) {
            return JUPREF_SEND_BAD_SKIP;
        }

        send->skip_preflight = skip;
    }

    value = settings[JUPREF_SEND_COMMITMENT];

    if (jupref_send_given(value)) {
        if (!jupref_json_tree_string(value, room, sizeof(room), &text)) {
            return JUPREF_SEND_BAD_COMMITMENT;
        }

        send->commitment = jupref_commitment_parse(text);

        if (send->commitment == JUPREF_COMMITMENT_OTHER) {
            return JUPREF_SEND_BAD_COMMITMENT;
        }
    }

    value = settings[JUPREF_SEND_MAX_RETRIES];

    if (jupref_send_given(value)) {
        if (!jupref_json_tree_u64(value, &send->max_retries)) {
            return JUPREF_SEND_BAD_RETRIES;
        }

        send->has_max_retries = 1;
    }

    value = settings[JUPREF_SEND_MIN_SLOT];

    if (jupref_send_given(value)
        && !jupref_json_tree_u64(value, &send->min_slot))
    {
        return JUPREF_SEND_BAD_MIN_SLOT;
    }

    return JUPREF_SEND_OK;
}


static jupref_send_result_e
jupref_send_decode(jupref_send_t *send, const jupref_json_value_t *value,
    unsigned base64)
{
    uint8_t         room[JUPREF_BASE58_MAX];
    jupref_bytes_t  text;

    /* "\/" is what some encoders make of base64's own '/' */

    if (!jupref_json_tree_string(value, room, sizeof(room), &text)) {
        return JUPREF_SEND_TOO_LONG;
    }

    if (base64) {
        return jupref_send_decode_base64(send, text);
    }

    if (text.len > JUPREF_BASE58_MAX) {
        return JUPREF_SEND_TOO_LONG;
    }

    return jupref_base58_bytes(send->bytes, sizeof(send->bytes), &send->len,
                               text)
           ? JUPREF_SEND_OK : JUPREF_SEND_BAD_BASE58;
}


static jupref_send_result_e
jupref_send_decode_base64(jupref_send_t *send, jupref_bytes_t text)
{
    size_t   len;
    uint8_t  bytes[jupref_base64_decoded_size(JUPREF_TRANSACTION_BASE64_MAX)];

    if (text.len > JUPREF_TRANSACTION_BASE64_MAX) {
        return JUPREF_SEND_TOO_LONG;
    }

    if (!jupref_base64_decode(bytes, &len, text)) {
        return JUPREF_SEND_BAD_BASE64;
    }

    if (len > sizeof(send->bytes)) {
        return JUPREF_SEND_TOO_LONG;
    }

    memcpy(send->bytes, bytes, len);
    send->len = len;

    return JUPREF_SEND_OK;
}


static jupref_send_result_e
jupref_send_check(jupref_send_t *send)
{
    unsigned  i;

    send->parsed = jupref_transaction_parse(&send->transaction,
                                            (jupref_bytes_t) {
                                                send->bytes, send->len });

    if (send->parsed != JUPREF_TRANSACTION_OK) {
        return JUPREF_SEND_BAD_TRANSACTION;
    }

    if (jupref_signature_is_zero(&send->transaction.signatures[0])) {
        return JUPREF_SEND_NOT_SIGNED;
    }

    for (i = 1; i < send->transaction.signer_count; i++) {
        if (jupref_signature_is_zero(&send->transaction.signatures[i])) {
            return JUPREF_SEND_HALF_SIGNED;
        }
    }

    send->signature = send->transaction.signatures[0];
    send->text_len = jupref_signature_format(send->text, &send->signature);

    return jupref_sha256(send->message_hash, send->transaction.message)
           ? JUPREF_SEND_OK : JUPREF_SEND_NO_MEMORY;
}


/* null is the same as nothing. */
static unsigned
jupref_send_given(const jupref_json_value_t *value)
{
    return value != NULL && value->kind != JUPREF_JSON_NULL;
}
