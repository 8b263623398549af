/*
 * Answers for the client: a node's own bytes between ours, and errors of our
 * own through the one JSON writer.
 */

#include "solana/jupref_rpc_answer.h"
#include "base/jupref_json_writer.h"


static void jupref_rpc_spans(jupref_bytes_t *spans, jupref_bytes_t head,
    jupref_bytes_t value, jupref_bytes_t id);
static jupref_bytes_t jupref_rpc_number_text(uint8_t *text, int number);


void
jupref_rpc_reply_spans(jupref_bytes_t spans[JUPREF_RPC_REPLY_SPANS],
    const jupref_rpc_answer_t *answer, jupref_bytes_t id)
{
    if (answer->kind == JUPREF_RPC_ANSWER_ERROR) {
        jupref_rpc_spans(spans, jupref_bytes("{\"jsonrpc\":\"2.0\",\"error\":"),
                         answer->error, id);

    } else {
        jupref_rpc_result_spans(spans, answer->result, id);
    }
}


void
jupref_rpc_result_spans(jupref_bytes_t spans[JUPREF_RPC_REPLY_SPANS],
    jupref_bytes_t result, jupref_bytes_t id)
{
    jupref_rpc_spans(spans, jupref_bytes("{\"jsonrpc\":\"2.0\",\"result\":"),
                     result, id);
}


size_t
jupref_rpc_error_write(uint8_t *room, size_t size, jupref_bytes_t id,
    int code, jupref_bytes_t message, jupref_bytes_t data)
{
    uint8_t               number[JUPREF_U64_TEXT];
    jupref_json_writer_t  writer;

    jupref_json_init(&writer, room, size);
    jupref_json_object(&writer, NULL);
    jupref_json_cstring(&writer, "jsonrpc", "2.0");
    jupref_json_object(&writer, "error");
    jupref_json_raw(&writer, "code", jupref_rpc_number_text(number, code));
    jupref_json_string(&writer, "message", message);

    if (data.len > 0) {
        jupref_json_raw(&writer, "data", data);
    }

    jupref_json_object_end(&writer);
    jupref_json_raw(&writer, "id", id.len > 0 ? id : jupref_bytes("null"));
    jupref_json_object_end(&writer);

    return writer.overflowed ? 0 : jupref_json_text(&writer).len;
}


static void
jupref_rpc_spans(jupref_bytes_t *spans, jupref_bytes_t head,
    jupref_bytes_t value, jupref_bytes_t id)
{
    spans[0] = head;
    spans[1] = value;
    spans[2] = jupref_bytes(",\"id\":");
    spans[3] = id.len > 0 ? id : jupref_bytes("null");
    spans[4] = jupref_bytes("}");
}


static jupref_bytes_t
jupref_rpc_number_text(uint8_t *text, int number)
{
    size_t    len;
    uint64_t  size;

    len = 0;
    size = (uint64_t) (number < 0 ? -(int64_t) number : number);

    if (number < 0) {
        text[len++] = '-';
    }

    len += jupref_format_u128(text + len, size);

    return (jupref_bytes_t) { text, len };
}
