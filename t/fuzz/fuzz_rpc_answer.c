/*
 * Answers of nodes: what is taken for a result or an error is one JSON text,
 * and the answer built from it reads as the same; every exchange gets a
 * verdict that says what to tell the client.
 *
 * The first byte of an input chooses the status and the method.
 */

#include "fuzzing.h"
#include "solana/jupref_rpc_verdict.h"


static const unsigned  statuses[] = { 200, 429, 403, 413, 500, 503, 400, 301 };

static const jupref_memory_t  memory = { json_take, json_release, NULL };


/* The tree's depth is bounded, a result's isn't. */
static void
check_span(jupref_bytes_t text, jupref_bytes_t span, unsigned deep)
{
    uint8_t               *copy;
    jupref_json_tree_t     tree;
    jupref_json_result_e   result;

    expect(span.data >= text.data);
    expect(span.data + span.len <= text.data + text.len);

    copy = exact_copy(span.data, span.len);
    result = jupref_json_tree_parse(&tree, (jupref_bytes_t) {
                                        copy, span.len }, 65536, &memory);
    expect(result == JUPREF_JSON_OK
           || (deep && (result == JUPREF_JSON_TOO_DEEP
                        || result == JUPREF_JSON_TOO_LARGE)));

    if (result == JUPREF_JSON_OK) {
        expect(tree.values[0].text.len == span.len);
        jupref_json_tree_free(&tree);
    }

    free(copy);
}


static void
check_reply(const jupref_rpc_answer_t *answer)
{
    size_t               len;
    uint8_t             *reply;
    unsigned             i;
    jupref_bytes_t       spans[JUPREF_RPC_REPLY_SPANS];
    jupref_rpc_answer_t  again;

    jupref_rpc_reply_spans(spans, answer, jupref_bytes("9"));

    for (len = 0, i = 0; i < JUPREF_RPC_REPLY_SPANS; i++) {
        len += spans[i].len;
    }

    reply = malloc(len);
    expect(reply != NULL);

    for (len = 0, i = 0; i < JUPREF_RPC_REPLY_SPANS; i++) {
        memcpy(reply + len, spans[i].data, spans[i].len);
        len += spans[i].len;
    }

    jupref_rpc_answer_read(&again, (jupref_bytes_t) { reply, len }, 9,
                           &memory);

    expect(again.kind == answer->kind);
    expect(jupref_bytes_equal(again.result, answer->result));
    expect(jupref_bytes_equal(again.error, answer->error));
    expect(again.null == answer->null);
    expect(again.has_slot == answer->has_slot && again.slot == answer->slot);
    expect(again.code == answer->code && again.err == answer->err);

    free(reply);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t               *copy;
    unsigned               method;
    jupref_bytes_t         text;
    jupref_rpc_answer_t    answer;
    jupref_rpc_outcome_t   outcome;
    jupref_rpc_verdict_t   verdict;

    if (size == 0) {
        return 0;
    }

    copy = exact_copy(data + 1, size - 1);
    text.data = copy;
    text.len = size - 1;

    jupref_rpc_answer_read(&answer, text, 7, &memory);
    expect((answer.kind == JUPREF_RPC_ANSWER_UNREADABLE)
           == (answer.why != NULL));

    if (answer.kind == JUPREF_RPC_ANSWER_RESULT) {
        check_span(text, answer.result, 1);
        check_reply(&answer);

    } else if (answer.kind == JUPREF_RPC_ANSWER_ERROR) {
        check_span(text, answer.error, 0);
        check_reply(&answer);
    }

    outcome.transport = JUPREF_RPC_ANSWERED;
    outcome.status = statuses[data[0] & 7];
    outcome.retry_after = text;
    outcome.answer = &answer;

    method = data[0] / 8 % jupref_rpc_method_count;
    jupref_rpc_verdict(&verdict, &jupref_rpc_methods[method], &outcome);

    expect(verdict.name != NULL);
    expect(verdict.deliver || (verdict.message != NULL && verdict.code != 0));
    expect(!verdict.deliver
           || answer.kind != JUPREF_RPC_ANSWER_UNREADABLE);
    expect((verdict.retry_after_ms > 0)
           == (verdict.mark == JUPREF_RPC_MARK_THROTTLE));

    free(copy);

    return 0;
}
