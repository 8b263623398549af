/*
 * A call on its way to a node: its key, and the body that is sent.
 *
 *     params    ["vine…", {"encoding": "base64"}]
 *                          ^ splice: at, cut, and what is put there
 *               ["vine…", {"minContextSlot":7,"encoding": "base64"}]
 */

#include "solana/jupref_rpc_call.h"
#include "base/jupref_number.h"

#include <string.h>


/* the frame, an id of 20 digits, a slot of 20, an object around it */
#define JUPREF_RPC_UPSTREAM_ROOM  160

#define JUPREF_MIN_CONTEXT_SLOT   "\"minContextSlot\":"


/* A number put into the parameters' text in place of `cut` bytes. */
typedef struct {
    size_t       at;
    size_t       cut;
    const char  *before;
    const char  *behind;
} jupref_rpc_splice_t;


typedef enum {
    JUPREF_RPC_DEMAND_IMPOSSIBLE = 0,
    JUPREF_RPC_DEMAND_MET,              /* the client's own is high enough */
    JUPREF_RPC_DEMAND_SPLICE
} jupref_rpc_demand_e;


static jupref_rpc_demand_e jupref_rpc_demand(const jupref_rpc_body_t *body,
    const jupref_rpc_call_t *call, uint64_t min_slot,
    jupref_rpc_splice_t *splice);
static jupref_rpc_demand_e jupref_rpc_demand_config(
    const jupref_rpc_body_t *body, const jupref_rpc_call_t *call,
    uint64_t min_slot, jupref_rpc_splice_t *splice);
static jupref_bytes_t jupref_rpc_params_text(const jupref_rpc_call_t *call);
static jupref_bytes_t jupref_rpc_canonical(const jupref_rpc_body_t *body,
    jupref_bytes_t text, uint8_t **copy);
static size_t jupref_rpc_squeeze(uint8_t *out, jupref_bytes_t text);
static unsigned jupref_rpc_is_blank(uint8_t character);
static void jupref_rpc_put(jupref_writer_t *writer, jupref_bytes_t text);
static void jupref_rpc_put_text(jupref_writer_t *writer, const char *text);
static void jupref_rpc_put_number(jupref_writer_t *writer, uint64_t number);


/*
 * The lengths stand before the parts, so no two different calls give the same
 * bytes.
 */
unsigned
jupref_rpc_call_key(const jupref_rpc_body_t *body,
    const jupref_rpc_call_t *call, uint64_t min_slot,
    uint8_t key[JUPREF_SHA256_SIZE])
{
    uint8_t          head[32], *copy;
    unsigned         done;
    jupref_bytes_t   spans[3];
    jupref_writer_t  writer;

    if (call->method->class == JUPREF_RPC_UNKNOWN
        || call->commitment == JUPREF_COMMITMENT_OTHER)
    {
        return 0;
    }

    spans[1] = call->name;
    spans[2] = jupref_rpc_canonical(body, jupref_rpc_params_text(call),
                                    &copy);

    if (spans[2].data == NULL) {
        return 0;
    }

    jupref_writer_init(&writer, head, sizeof(head));
    jupref_write_u64_le(&writer, spans[1].len);
    jupref_write_u64_le(&writer, spans[2].len);
    jupref_write_u64_le(&writer, min_slot);
    jupref_write_u64_le(&writer, (uint64_t) call->commitment);

    spans[0].data = head;
    spans[0].len = sizeof(head);

    done = jupref_sha256_spans(key, spans, 3);

    if (copy != NULL && body->memory.release != NULL) {
        body->memory.release(body->memory.context, copy);
    }

    return done;
}


size_t
jupref_rpc_upstream_size(const jupref_rpc_call_t *call)
{
    return JUPREF_RPC_UPSTREAM_ROOM + call->method_text.len
           + jupref_rpc_params_text(call).len;
}


size_t
jupref_rpc_upstream_write(uint8_t *room, size_t size,
    const jupref_rpc_body_t *body, const jupref_rpc_call_t *call, uint64_t id,
    uint64_t min_slot)
{
    jupref_bytes_t       params, part;
    jupref_writer_t      writer;
    jupref_rpc_splice_t  splice;

    params = jupref_rpc_params_text(call);

    jupref_writer_init(&writer, room, size);
    jupref_rpc_put_text(&writer, "{\"jsonrpc\":\"2.0\",\"id\":");
    jupref_rpc_put_number(&writer, id);
    jupref_rpc_put_text(&writer, ",\"method\":");
    jupref_rpc_put(&writer, call->method_text);
    jupref_rpc_put_text(&writer, ",\"params\":");

    if (min_slot > 0
        && jupref_rpc_demand(body, call, min_slot, &splice)
           == JUPREF_RPC_DEMAND_SPLICE)
    {
        part.data = params.data;
        part.len = splice.at;
        jupref_rpc_put(&writer, part);
        jupref_rpc_put_text(&writer, splice.before);
        jupref_rpc_put_number(&writer, min_slot);
        jupref_rpc_put_text(&writer, splice.behind);

        part.data = params.data + splice.at + splice.cut;
        part.len = params.len - splice.at - splice.cut;
        jupref_rpc_put(&writer, part);

    } else {
        jupref_rpc_put(&writer, params);
    }

    jupref_rpc_put_text(&writer, "}");

    return writer.failed ? 0 : (size_t) (writer.at - room);
}


unsigned
jupref_rpc_can_demand(const jupref_rpc_body_t *body,
    const jupref_rpc_call_t *call, uint64_t min_slot)
{
    jupref_rpc_splice_t  splice;

    return jupref_rpc_demand(body, call, min_slot, &splice)
           != JUPREF_RPC_DEMAND_IMPOSSIBLE;
}


static jupref_rpc_demand_e
jupref_rpc_demand(const jupref_rpc_body_t *body,
    const jupref_rpc_call_t *call, uint64_t min_slot,
    jupref_rpc_splice_t *splice)
{
    uint32_t                    at, count;
    const jupref_json_value_t  *place;

    if (!call->method->takes_min_slot || call->odd_config) {
        return JUPREF_RPC_DEMAND_IMPOSSIBLE;
    }

    if (call->config != NULL) {
        return jupref_rpc_demand_config(body, call, min_slot, splice);
    }

    at = (uint32_t) call->method->config_at;
    count = call->params == NULL ? 0 : call->params->count;

    splice->cut = 0;
    splice->behind = "}";
    splice->before = count == 0 ? "{" JUPREF_MIN_CONTEXT_SLOT
                                : ",{" JUPREF_MIN_CONTEXT_SLOT;

    if (count == at) {
        splice->at = jupref_rpc_params_text(call).len - 1;
        return JUPREF_RPC_DEMAND_SPLICE;
    }

    place = jupref_rpc_param(body, call, at);

    if (place == NULL || place->kind != JUPREF_JSON_NULL) {
        return JUPREF_RPC_DEMAND_IMPOSSIBLE;
    }

    splice->at = (size_t) (place->text.data - call->params->text.data);
    splice->cut = place->text.len;
    splice->before = "{" JUPREF_MIN_CONTEXT_SLOT;

    return JUPREF_RPC_DEMAND_SPLICE;
}


/* The configuration is there. */
static jupref_rpc_demand_e
jupref_rpc_demand_config(const jupref_rpc_body_t *body,
    const jupref_rpc_call_t *call, uint64_t min_slot,
    jupref_rpc_splice_t *splice)
{
    const uint8_t              *params;
    const jupref_json_value_t  *given;

    if (call->min_slot >= min_slot) {
        return JUPREF_RPC_DEMAND_MET;
    }

    params = call->params->text.data;
    given = jupref_json_tree_member(&body->tree, call->config,
                                    "minContextSlot");

    if (given != NULL) {
        splice->at = (size_t) (given->text.data - params);
        splice->cut = given->text.len;
        splice->before = "";
        splice->behind = "";

        return JUPREF_RPC_DEMAND_SPLICE;
    }

    splice->at = (size_t) (call->config->text.data - params) + 1;
    splice->cut = 0;
    splice->before = JUPREF_MIN_CONTEXT_SLOT;
    splice->behind = call->config->count > 0 ? "," : "";

    return JUPREF_RPC_DEMAND_SPLICE;
}


/* No parameters are none, said one way. */
static jupref_bytes_t
jupref_rpc_params_text(const jupref_rpc_call_t *call)
{
    return call->params == NULL ? jupref_bytes("[]") : call->params->text;
}


/*
 * The text without white space between its tokens; itself when there is none,
 * otherwise a copy that the caller gives back.  NULL data without memory.
 */
static jupref_bytes_t
jupref_rpc_canonical(const jupref_rpc_body_t *body, jupref_bytes_t text,
    uint8_t **copy)
{
    size_t  i;

    *copy = NULL;

    for (i = 0; i < text.len; i++) {
        if (jupref_rpc_is_blank(text.data[i])) {
            break;
        }
    }

    if (i == text.len) {
        return text;
    }

    *copy = body->memory.take(body->memory.context, text.len);

    if (*copy == NULL) {
        return (jupref_bytes_t) { NULL, 0 };
    }

    text.len = jupref_rpc_squeeze(*copy, text);
    text.data = *copy;

    return text;
}


/* `text` is well-formed JSON. */
static size_t
jupref_rpc_squeeze(uint8_t *out, jupref_bytes_t text)
{
    size_t    i, len;
    unsigned  quoted;

    len = 0;
    quoted = 0;

    for (i = 0; i < text.len; i++) {
        if (!quoted && jupref_rpc_is_blank(text.data[i])) {
            continue;
        }

        out[len++] = text.data[i];

        if (text.data[i] == '"') {
            quoted = !quoted;

        } else if (text.data[i] == '\\') {
            out[len++] = text.data[++i];
        }
    }

    return len;
}


static unsigned
jupref_rpc_is_blank(uint8_t character)
{
    return character == ' ' || character == '\t' || character == '\n'
           || character == '\r';
}


static void
jupref_rpc_put(jupref_writer_t *writer, jupref_bytes_t text)
{
    jupref_write_bytes(writer, text.data, text.len);
}


static void
jupref_rpc_put_text(jupref_writer_t *writer, const char *text)
{
    jupref_write_bytes(writer, (const uint8_t *) text, strlen(text));
}


static void
jupref_rpc_put_number(jupref_writer_t *writer, uint64_t number)
{
    uint8_t  text[JUPREF_U64_TEXT];

    jupref_write_bytes(writer, text, jupref_format_u128(text, number));
}
