/*
 * sendTransaction's parameters: what is taken is a signed transaction, and
 * nodes get that very transaction; what isn't is refused with a line.
 *
 * An input is the parameters' text.
 */

#include "fuzzing.h"
#include "solana/jupref_rpc_send.h"


static const jupref_memory_t  memory = { json_take, json_release, NULL };


/* What `send` becomes at a node, as a copy of the judge's body or not. */
static void
check_sent(const jupref_send_t *send, unsigned copy)
{
    size_t                len;
    uint8_t               room[JUPREF_SEND_BODY], *text;
    jupref_rpc_body_t     body;
    jupref_rpc_limits_t   limits;
    jupref_send_t        *again;

    len = jupref_send_write(room, sizeof(room), send, 7, 5, copy);
    expect(len > 0);
    text = exact_copy(room, len);

    limits.batch = 0;
    limits.values = 64;
    expect(jupref_rpc_body_read(&body, (jupref_bytes_t) { text, len },
                                &limits, &memory)
           == JUPREF_RPC_CALL_OK);

    again = malloc(sizeof(jupref_send_t));
    expect(again != NULL);
    expect(jupref_send_read(again, &body, &body.calls[0]) == JUPREF_SEND_OK);

    expect(again->len == send->len);
    expect(memcmp(again->bytes, send->bytes, send->len) == 0);
    expect(memcmp(again->message_hash, send->message_hash,
                  sizeof(send->message_hash)) == 0);
    expect(again->skip_preflight == (copy || send->skip_preflight));
    expect(again->has_max_retries == send->has_max_retries);
    expect(again->max_retries == send->max_retries);

    if (copy) {
        expect(again->min_slot == 0);
        expect(again->commitment == JUPREF_COMMITMENT_NONE);

    } else {
        expect(again->min_slot == (send->min_slot > 5 ? send->min_slot : 5));
        expect(again->commitment == send->commitment);
    }

    free(again);
    jupref_rpc_body_free(&body);
    free(text);
}


static void
check_call(const jupref_rpc_body_t *body)
{
    uint8_t                room[JUPREF_SEND_MESSAGE];
    unsigned               i;
    jupref_send_t         *send;
    jupref_send_result_e   result;

    send = malloc(sizeof(jupref_send_t));
    expect(send != NULL);

    result = jupref_send_read(send, body, &body->calls[0]);
    expect(jupref_send_message(room, send, result).len < sizeof(room));

    if (result == JUPREF_SEND_OK) {
        expect(send->text_len > 0 && send->text_len <= sizeof(send->text));

        for (i = 0; i < send->transaction.signer_count; i++) {
            expect(!jupref_signature_is_zero(
                        &send->transaction.signatures[i]));
        }

        check_sent(send, 0);
        check_sent(send, 1);

    } else {
        expect(jupref_send_code(result) < 0);
    }

    free(send);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t               len;
    uint8_t             *text;
    jupref_rpc_body_t    body;
    jupref_rpc_limits_t  limits;

    static const char  head[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sendTransaction\","
        "\"params\":";

    len = sizeof(head) - 1;
    text = malloc(len + size + 1);
    expect(text != NULL);
    memcpy(text, head, len);

    if (size > 0) {
        memcpy(text + len, data, size);
    }

    text[len + size] = '}';

    limits.batch = 0;
    limits.values = 256;

    if (jupref_rpc_body_read(&body, (jupref_bytes_t) {
                                 text, len + size + 1 }, &limits, &memory)
        == JUPREF_RPC_CALL_OK
        && body.calls[0].result == JUPREF_RPC_CALL_OK
        && body.calls[0].method->class == JUPREF_RPC_WRITE)
    {
        check_call(&body);
    }

    jupref_rpc_body_free(&body);
    free(text);

    return 0;
}
