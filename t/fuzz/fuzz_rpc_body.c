/*
 * JSON-RPC bodies: every value of a body that is taken is a JSON text of its
 * own; what is sent to a node says what the client said, has the same key,
 * and demands the slot exactly when it can.
 *
 * The first byte of an input says after how many pieces memory runs out (from
 * '0' on; 'z' and above: never), the rest is the body.
 */

#include "fuzzing.h"
#include "solana/jupref_rpc_call.h"


#define VALUES  4096
#define SLOT    500


/* Memory that runs out. */
typedef struct {
    unsigned  left;
    unsigned  pieces;
} scarce_t;


static void *
scarce_take(void *context, size_t size)
{
    scarce_t  *scarce;

    scarce = context;

    if (scarce->left == 0) {
        return NULL;
    }

    scarce->left--;
    scarce->pieces++;

    return malloc(size);
}


static void
scarce_release(void *context, void *memory)
{
    scarce_t  *scarce;

    scarce = context;
    scarce->pieces--;
    free(memory);
}


static void
check_tree(const jupref_json_tree_t *tree, jupref_bytes_t text,
    const jupref_memory_t *memory)
{
    uint8_t             *copy;
    uint32_t             i;
    jupref_json_tree_t   own;
    jupref_json_value_t  value;

    for (i = 0; i < tree->count && i < 64; i++) {
        value = tree->values[i];

        expect(value.text.data >= text.data);
        expect(value.text.data + value.text.len <= text.data + text.len);
        expect(value.first < tree->count && value.next < tree->count);
        expect(value.first == 0 || value.first == i + 1);
        expect(value.next == 0 || value.next > i);

        copy = exact_copy(value.text.data, value.text.len);
        expect(jupref_json_tree_parse(&own, (jupref_bytes_t) {
                                          copy, value.text.len }, VALUES,
                                      memory)
               == JUPREF_JSON_OK);
        expect(own.values[0].kind == value.kind);
        expect(own.values[0].count == value.count);
        expect(own.values[0].text.len == value.text.len);
        jupref_json_tree_free(&own);
        free(copy);
    }
}


static void
check_sent(const jupref_rpc_body_t *body, const jupref_rpc_call_t *call,
    uint64_t min_slot, const jupref_memory_t *memory)
{
    size_t                    len;
    uint8_t                  *room, *copy;
    uint8_t                   key[JUPREF_SHA256_SIZE];
    uint8_t                   again[JUPREF_SHA256_SIZE];
    jupref_rpc_body_t         sent;
    jupref_rpc_limits_t       limits;
    const jupref_rpc_call_t  *received;

    len = jupref_rpc_upstream_size(call);
    room = malloc(len);
    expect(room != NULL);

    len = jupref_rpc_upstream_write(room, len, body, call, 7, min_slot);
    expect(len > 0);
    copy = exact_copy(room, len);
    free(room);

    limits.batch = 0;
    limits.values = VALUES + 16;
    expect(jupref_rpc_body_read(&sent, (jupref_bytes_t) { copy, len },
                                &limits, memory)
           == JUPREF_RPC_CALL_OK);
    expect(!sent.batch && sent.count == 1);

    received = &sent.calls[0];
    expect(received->result == JUPREF_RPC_CALL_OK);
    expect(received->method == call->method);
    expect(received->commitment == call->commitment);
    expect(jupref_bytes_equal(received->encoding, call->encoding));
    expect(jupref_bytes_equal(received->id, jupref_bytes("7")));

    if (min_slot == 0) {
        expect(received->min_slot == call->min_slot);

        if (jupref_rpc_call_key(body, call, 3, key)) {
            expect(jupref_rpc_call_key(&sent, received, 3, again));
            expect(memcmp(key, again, sizeof(key)) == 0);
        }

    } else if (jupref_rpc_can_demand(body, call, min_slot)) {
        expect(received->min_slot >= min_slot && !received->odd_config);

    } else {
        expect(received->min_slot == call->min_slot);
    }

    jupref_rpc_body_free(&sent);
    free(copy);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t              *copy;
    unsigned              i;
    scarce_t              scarce, endless;
    jupref_bytes_t        text;
    jupref_memory_t       memory, more;
    jupref_rpc_body_t     body;
    jupref_rpc_limits_t   limits;

    if (size == 0) {
        return 0;
    }

    scarce.left = data[0] >= 'z' ? UINT32_MAX : (data[0] - '0') & 0x7f;
    scarce.pieces = 0;
    memory = (jupref_memory_t) { scarce_take, scarce_release, &scarce };

    endless.left = UINT32_MAX;
    endless.pieces = 0;
    more = (jupref_memory_t) { scarce_take, scarce_release, &endless };

    copy = exact_copy(data + 1, size - 1);
    text.data = copy;
    text.len = size - 1;

    limits.batch = 8;
    limits.values = VALUES;

    if (jupref_rpc_body_read(&body, text, &limits, &memory)
        == JUPREF_RPC_CALL_OK)
    {
        check_tree(&body.tree, text, &more);
        expect(body.count >= 1 && body.count <= limits.batch);

        for (i = 0; i < body.count; i++) {
            expect(jupref_rpc_call_text(body.calls[i].result) != NULL);

            if (body.calls[i].result == JUPREF_RPC_CALL_OK) {
                check_sent(&body, &body.calls[i], 0, &more);
                check_sent(&body, &body.calls[i], SLOT, &more);
            }
        }

    } else {
        expect(body.count == 0 && jupref_rpc_call_code(body.result) < 0);
    }

    jupref_rpc_body_free(&body);
    expect(scarce.pieces == 0 && endless.pieces == 0);
    free(copy);

    return 0;
}
