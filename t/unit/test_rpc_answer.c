/*
 * Answers as nodes and vendors give them, and what becomes of them.
 */

#include "json_sample.h"
#include "rpc_calls.h"
#include "solana/jupref_rpc_answer.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


/* An answer with its own copy of the text, of exactly its size. */
typedef struct {
    uint8_t              *text;
    jupref_rpc_answer_t   answer;
} answered_t;


static const jupref_rpc_answer_t *
answer_read(answered_t *answered, const char *text, size_t len)
{
    heap_t           heap;
    jupref_memory_t  memory;

    memory = heap_memory(&heap, HEAP_ENDLESS);

    answered->text = malloc(len > 0 ? len : 1);
    assert_non_null(answered->text);
    memcpy(answered->text, text, len);

    jupref_rpc_answer_read(&answered->answer, (jupref_bytes_t) {
                               answered->text, len }, 7, &memory);
    assert_int_equal(heap.pieces, 0);
    assert_int_equal(answered->answer.kind == JUPREF_RPC_ANSWER_UNREADABLE,
                     answered->answer.why != NULL);

    return &answered->answer;
}


static const jupref_rpc_answer_t *
answer_of(answered_t *answered, const char *text)
{
    return answer_read(answered, text, strlen(text));
}


static void
a_result_is_passed_on_byte_for_byte(void **state)
{
    size_t                      i;
    answered_t                  answered;
    const jupref_rpc_answer_t  *answer;

    static const struct {
        const char  *text;
        const char  *result;
        unsigned     null;
        unsigned     has_slot;
        uint64_t     slot;
        unsigned     has_number;
        uint64_t     number;
    } samples[] = {
        { "{\"jsonrpc\":\"2.0\",\"result\":447120123,\"id\":7}",
          "447120123", 0, 0, 0, 1, 447120123 },
        { "{\"jsonrpc\":\"2.0\",\"result\":18446744073709551615,\"id\":7}",
          "18446744073709551615", 0, 0, 0, 1, UINT64_MAX },
        { "{\"jsonrpc\":\"2.0\",\"result\":0.5,\"id\":7}",
          "0.5", 0, 0, 0, 0, 0 },
        { "{\"jsonrpc\":\"2.0\",\"result\":null,\"id\":7}",
          "null", 1, 0, 0, 0, 0 },
        { "{\"id\":7,\"jsonrpc\":\"2.0\",\"result\":\"ok\"}\n",
          "\"ok\"", 0, 0, 0, 0, 0 },
        { "{\"jsonrpc\":\"2.0\",\"result\":{\"context\":{\"apiVersion\":"
          "\"4.3.0\",\"slot\":447120123},\"value\":5000000000},\"id\":7}",
          "{\"context\":{\"apiVersion\":\"4.3.0\",\"slot\":447120123},"
          "\"value\":5000000000}", 0, 1, 447120123, 0, 0 },
        { "{\"jsonrpc\":\"2.0\",\"result\":{\"context\":{\"slot\":1},"
          "\"value\":null},\"id\":7}",
          "{\"context\":{\"slot\":1},\"value\":null}", 1, 1, 1, 0, 0 },

        /* a status that is unknown is a list with a null in it */
        { "{\"jsonrpc\":\"2.0\",\"result\":{\"context\":{\"slot\":82},"
          "\"value\":[null]},\"id\":7}",
          "{\"context\":{\"slot\":82},\"value\":[null]}", 0, 1, 82, 0, 0 },

        /* account data and numbers beyond 2^53 */
        { "{\"jsonrpc\":\"2.0\",\"result\":{\"value\":{\"data\":[\"AQ==\","
          "\"base64\"],\"rentEpoch\":18446744073709551615,\"value\":null},"
          "\"context\":{\"slot\":9}},\"id\":7}",
          "{\"value\":{\"data\":[\"AQ==\",\"base64\"],\"rentEpoch\":"
          "18446744073709551615,\"value\":null},\"context\":{\"slot\":9}}",
          0, 1, 9, 0, 0 },

        /* the words elsewhere say nothing */
        { "{\"jsonrpc\":\"2.0\",\"result\":[{\"context\":{\"slot\":3}},"
          "{\"result\":1,\"error\":2,\"id\":3}],\"id\":7}",
          "[{\"context\":{\"slot\":3}},{\"result\":1,\"error\":2,\"id\":3}]",
          0, 0, 0, 0, 0 },
        { "{\"context\":{\"slot\":3},\"result\":{\"a\":{\"context\":{"
          "\"slot\":4}},\"context\":[{\"slot\":5}]},\"id\":7}",
          "{\"a\":{\"context\":{\"slot\":4}},\"context\":[{\"slot\":5}]}",
          0, 0, 0, 0, 0 },
        { "{\"result\":{\"value\":null},\"id\":7}",
          "{\"value\":null}", 0, 0, 0, 0, 0 },
        { "{\"result\":{\"context\":{\"slot\":\"9\"},\"value\":null},"
          "\"id\":7}", "{\"context\":{\"slot\":\"9\"},\"value\":null}",
          0, 0, 0, 0, 0 },

        /* some say that there is no error */
        { " { \"error\" : null , \"result\" : [ ] , \"id\" : 7 } ",
          "[ ]", 0, 0, 0, 0, 0 },
        { "{\"r\\u0065sult\":{},\"\\u0069d\":7}", "{}", 0, 0, 0, 0, 0 }
    };

    for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        answer = answer_of(&answered, samples[i].text);

        assert_int_equal(answer->kind, JUPREF_RPC_ANSWER_RESULT);
        assert_span(answer->result, samples[i].result);
        assert_int_equal(answer->null, samples[i].null);
        assert_int_equal(answer->has_slot, samples[i].has_slot);
        assert_true(answer->slot == samples[i].slot);
        assert_int_equal(answer->has_number, samples[i].has_number);
        assert_true(!answer->has_number
                    || answer->number == samples[i].number);
        free(answered.text);
    }
}


/* getEpochInfo has no context, but tells both. */

static void
an_epochs_slot_and_height_are_found(void **state)
{
    answered_t                  answered;
    const jupref_rpc_answer_t  *answer;

    answer = answer_of(&answered,
                       "{\"id\":7,\"result\":{\"absoluteSlot\":447120123,"
                       "\"blockHeight\":425420123,\"epoch\":1035}}");

    assert_int_equal(answer->kind, JUPREF_RPC_ANSWER_RESULT);
    assert_int_equal(answer->has_slot, 1);
    assert_true(answer->slot == 447120123);
    assert_int_equal(answer->has_height, 1);
    assert_true(answer->height == 425420123);
    assert_int_equal(answer->has_number, 0);
    free(answered.text);

    /* what the context says counts first; text and depth say nothing */

    answer = answer_of(&answered,
                       "{\"id\":7,\"result\":{\"absoluteSlot\":1,"
                       "\"context\":{\"slot\":2},\"blockHeight\":\"3\","
                       "\"value\":{\"blockHeight\":4}}}");

    assert_true(answer->has_slot && answer->slot == 2);
    assert_int_equal(answer->has_height, 0);
    free(answered.text);
}


static void
any_result_at_all_is_found_where_it_stands(void **state)
{
    size_t                      len;
    char                       *text;
    unsigned                    round;
    answered_t                  answered;
    json_sample_t              *sample;
    const jupref_rpc_answer_t  *answer;

    sample = malloc(sizeof(json_sample_t));
    text = malloc(JSON_SAMPLE_TEXT + 64);
    assert_true(sample != NULL && text != NULL);
    sample->chance = 42;

    for (round = 0; round < 2000; round++) {
        json_sample_make(sample);

        len = (size_t) sprintf(text, "%s\"result\":", round % 2 ? "{\"id\":7,"
                                                               : "{");
        memcpy(text + len, sample->text, sample->len);
        strcpy(text + len + sample->len, round % 2 ? "}" : ",\"id\":7}");

        answer = answer_read(&answered, text, strlen(text + len + sample->len)
                                              + len + sample->len);

        assert_int_equal(answer->kind, JUPREF_RPC_ANSWER_RESULT);
        assert_ptr_equal(answer->result.data,
                         answered.text + len + sample->values[0].at);
        assert_int_equal(answer->result.len, sample->values[0].len);
        free(answered.text);
    }

    free(sample);
    free(text);
}


static void
an_error_is_read_whole_and_passed_on_untouched(void **state)
{
    answered_t                  answered;
    const jupref_rpc_answer_t  *answer;

    answer = answer_of(&answered,
        "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32002,\"message\":"
        "\"Transaction simulation failed: Blockhash not found\",\"data\":"
        "{\"accounts\":null,\"err\":\"BlockhashNotFound\",\"logs\":[],"
        "\"unitsConsumed\":0,\"x\":1.0}},\"id\":7}");

    assert_int_equal(answer->kind, JUPREF_RPC_ANSWER_ERROR);
    assert_true(answer->code == -32002);
    assert_span(answer->message,
                "Transaction simulation failed: Blockhash not found");
    assert_span(answer->data, "{\"accounts\":null,\"err\":"
                "\"BlockhashNotFound\",\"logs\":[],\"unitsConsumed\":0,"
                "\"x\":1.0}");
    assert_span(answer->error, "{\"code\":-32002,\"message\":"
        "\"Transaction simulation failed: Blockhash not found\",\"data\":"
        "{\"accounts\":null,\"err\":\"BlockhashNotFound\",\"logs\":[],"
        "\"unitsConsumed\":0,\"x\":1.0}}");
    assert_int_equal(answer->err, JUPREF_RPC_ERR_BLOCKHASH_NOT_FOUND);
    free(answered.text);

    answer = answer_of(&answered,
        "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32005,\"message\":"
        "\"Node is behind by 42 slots\",\"data\":{\"numSlotsBehind\":42}},"
        "\"id\":null}");
    assert_int_equal(answer->kind, JUPREF_RPC_ANSWER_ERROR);
    assert_true(answer->has_slots_behind && answer->slots_behind == 42);
    assert_false(answer->has_context_slot);
    free(answered.text);

    answer = answer_of(&answered,
        "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32016,\"message\":"
        "\"Minimum context slot has not been reached\",\"data\":"
        "{\"contextSlot\":447120123}}}");
    assert_int_equal(answer->kind, JUPREF_RPC_ANSWER_ERROR);
    assert_true(answer->has_context_slot && answer->context_slot == 447120123);
    free(answered.text);

    answer = answer_of(&answered,
        "{\"error\":{\"code\":-32601,\"message\":\"Method \\\"x\\\"\"},"
        "\"result\":null,\"id\":7}");
    assert_int_equal(answer->kind, JUPREF_RPC_ANSWER_ERROR);
    assert_int_equal(answer->data.len, 0);
    assert_span(answer->message, "Method \\\"x\\\"");
    free(answered.text);
}


static void
the_reason_of_a_failed_preflight_is_known(void **state)
{
    size_t                      i;
    char                        text[512];
    answered_t                  answered;

    static const struct {
        const char        *data;
        jupref_rpc_err_e   err;
    } samples[] = {
        { "{\"err\":\"BlockhashNotFound\"}",
          JUPREF_RPC_ERR_BLOCKHASH_NOT_FOUND },
        { "{\"err\":\"Blockhash\\u004eotFound\"}",
          JUPREF_RPC_ERR_BLOCKHASH_NOT_FOUND },
        { "{\"err\":\"AlreadyProcessed\"}", JUPREF_RPC_ERR_ALREADY_PROCESSED },
        { "{\"err\":\"SignatureFailure\"}", JUPREF_RPC_ERR_OTHER },
        { "{\"err\":{\"InstructionError\":[0,{\"Custom\":1}]}}",
          JUPREF_RPC_ERR_OTHER },
        { "{\"err\":{\"BlockhashNotFound\":1}}", JUPREF_RPC_ERR_OTHER },
        { "{\"err\":\"an error much longer than any of those\"}",
          JUPREF_RPC_ERR_OTHER },
        { "{\"err\":null}", JUPREF_RPC_ERR_NONE },
        { "{}", JUPREF_RPC_ERR_NONE },
        { "\"AlreadyProcessed\"", JUPREF_RPC_ERR_NONE },
        { "null", JUPREF_RPC_ERR_NONE },
        { "{\"err\":\"AlreadyProcessed\",\"err\":\"BlockhashNotFound\"}",
          JUPREF_RPC_ERR_NONE }
    };

    for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        sprintf(text, "{\"error\":{\"code\":-32002,\"message\":\"\","
                      "\"data\":%s},\"id\":7}", samples[i].data);

        assert_int_equal(answer_of(&answered, text)->err, samples[i].err);
        free(answered.text);
    }
}


static void
what_is_no_answer_to_the_call_is_unreadable(void **state)
{
    size_t      i;
    answered_t  answered;

    static const char *const  texts[] = {
        "", " ", "ok", "<html><body>502 Bad Gateway</body></html>", "null",
        "7", "[]", "\"\"", "{}", "{\"jsonrpc\":\"2.0\",\"id\":7}",

        /* cut anywhere, or more than one */
        "{\"jsonrpc\":\"2.0\",\"result\":{\"context\":{\"slot\":1},\"val",
        "{\"result\":1,\"id\":7", "{\"result\":1,\"id\":7} {",
        "{\"result\":1,\"id\":7}1", "{\"result\":1,\"id\":7}tr",
        "{\"result\":1,\"id\":7}\f", "{\"result\":[\v],\"id\":7}",

        /* of another call */
        "{\"result\":1}", "{\"result\":1,\"id\":null}",
        "{\"result\":1,\"id\":8}", "{\"result\":1,\"id\":\"7\"}",
        "{\"result\":1,\"id\":7.0}", "{\"result\":1,\"id\":[7]}",
        "{\"error\":{\"code\":1},\"id\":8}",
        "{\"error\":{\"code\":1},\"id\":{}}",
        "[{\"result\":1,\"id\":7}]",

        /* two at once */
        "{\"result\":1,\"result\":2,\"id\":7}",
        "{\"result\":{},\"result\":[],\"id\":7}",
        "{\"result\":1,\"id\":7,\"id\":7}",
        "{\"result\":1,\"error\":{\"code\":1},\"id\":7}",
        "{\"result\":{\"context\":{\"slot\":1},\"context\":{\"slot\":2}},"
        "\"id\":7}",

        /* an error that says nothing */
        "{\"error\":\"Too many requests\",\"id\":7}",
        "{\"error\":{},\"id\":7}", "{\"error\":{\"code\":\"1\"},\"id\":7}",
        "{\"error\":[],\"id\":7}", "{\"error\":{\"code\":1.5},\"id\":7}",
        "{\"error\":{\"code\":1,\"code\":2},\"id\":7}",
        "{\"code\":429,\"message\":\"Too many requests\"}"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(answer_of(&answered, texts[i])->kind,
                         JUPREF_RPC_ANSWER_UNREADABLE);
        free(answered.text);
    }
}


static void
depth_is_bounded_and_so_is_memory(void **state)
{
    size_t               len, depth;
    char                *text;
    heap_t               heap;
    jupref_memory_t      memory;
    jupref_rpc_answer_t  answer;

    static const size_t  depths[] = { 1, 31, 127, 128, 1000, 1000000 };

    size_t               i;

    text = malloc(2000100);
    assert_non_null(text);

    for (i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
        depth = depths[i];
        len = (size_t) sprintf(text, "{\"result\":");
        memset(text + len, '[', depth);
        memset(text + len + depth, ']', depth);
        strcpy(text + len + 2 * depth, ",\"id\":7}");

        memory = heap_memory(&heap, HEAP_ENDLESS);
        jupref_rpc_answer_read(&answer, (jupref_bytes_t) {
                                   (uint8_t *) text, strlen(text) }, 7,
                               &memory);

        assert_int_equal(answer.kind, depth < 128
                                      ? JUPREF_RPC_ANSWER_RESULT
                                      : JUPREF_RPC_ANSWER_UNREADABLE);
        assert_int_equal(answer.result.len, depth < 128 ? 2 * depth : 0);
        assert_int_equal(heap.taken, 0);
    }

    free(text);
}


static void
without_memory_an_answer_is_unreadable(void **state)
{
    int                  left;
    heap_t               heap;
    jupref_memory_t      memory;
    jupref_rpc_answer_t  answer;

    for (left = 0; ; left++) {
        memory = heap_memory(&heap, left);
        jupref_rpc_answer_read(&answer, jupref_bytes(
            "{\"error\":{\"code\":-32602,\"m\\u0065ssage\":\"\"},\"id\":7}"),
            7, &memory);
        assert_int_equal(heap.pieces, 0);

        if (answer.kind == JUPREF_RPC_ANSWER_ERROR) {
            break;
        }

        assert_int_equal(answer.kind, JUPREF_RPC_ANSWER_UNREADABLE);
        assert_non_null(answer.why);
    }

    assert_true(left > 0);
}


static void
assert_reply(const jupref_bytes_t *spans, const char *expected)
{
    size_t    len;
    uint8_t   text[512];
    unsigned  i;

    len = 0;

    for (i = 0; i < JUPREF_RPC_REPLY_SPANS; i++) {
        memcpy(text + len, spans[i].data, spans[i].len);
        len += spans[i].len;
    }

    assert_span((jupref_bytes_t) { text, len }, expected);
}


static void
the_client_gets_the_nodes_bytes_under_its_own_id(void **state)
{
    answered_t      answered;
    jupref_bytes_t  spans[JUPREF_RPC_REPLY_SPANS];

    (void) answer_of(&answered, "{\"result\": [1.50, \"\\u00e9\"] ,\"id\":7}");
    jupref_rpc_reply_spans(spans, &answered.answer, jupref_bytes("\"a-1\""));
    assert_reply(spans, "{\"jsonrpc\":\"2.0\",\"result\":[1.50, \"\\u00e9\"],"
                        "\"id\":\"a-1\"}");
    free(answered.text);

    (void) answer_of(&answered, "{\"error\":{\"code\":-32602, \"message\":"
                                "\"Invalid param: WrongSize\"},\"id\":7}");
    jupref_rpc_reply_spans(spans, &answered.answer, jupref_bytes(""));
    assert_reply(spans, "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32602, "
                        "\"message\":\"Invalid param: WrongSize\"},"
                        "\"id\":null}");
    free(answered.text);

    jupref_rpc_result_spans(spans, jupref_bytes("5"), jupref_bytes("1e3"));
    assert_reply(spans, "{\"jsonrpc\":\"2.0\",\"result\":5,\"id\":1e3}");
}


static void
an_error_of_our_own_is_json_whatever_its_message(void **state)
{
    size_t          len, size;
    uint8_t         room[512];
    jupref_bytes_t  message;

    len = jupref_rpc_error_write(room, sizeof(room), jupref_bytes("\"x\""),
                                 -32602, jupref_bytes("no \"such\"\n"),
                                 jupref_bytes("{\"retryAfter\":1}"));
    assert_span((jupref_bytes_t) { room, len },
                "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32602,\"message\":"
                "\"no \\\"such\\\"\\n\",\"data\":{\"retryAfter\":1}},"
                "\"id\":\"x\"}");

    len = jupref_rpc_error_write(room, sizeof(room), jupref_bytes(""), 429,
                                 jupref_bytes("slow"), jupref_bytes(""));
    assert_span((jupref_bytes_t) { room, len },
                "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":429,\"message\":"
                "\"slow\"},\"id\":null}");

    /* the room that is promised is enough for the longest */

    message = jupref_bytes("\x01\x02\x1f\"\\");
    size = jupref_rpc_error_size(message, jupref_bytes("[]"),
                                 jupref_bytes("\"i\""));
    assert_true(jupref_rpc_error_write(room, size, jupref_bytes("\"i\""),
                                       INT32_MIN, message,
                                       jupref_bytes("[]")) > 0);
    assert_int_equal(jupref_rpc_error_write(room, 20, jupref_bytes("1"), -1,
                                            message, jupref_bytes("")), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_result_is_passed_on_byte_for_byte),
        cmocka_unit_test(an_epochs_slot_and_height_are_found),
        cmocka_unit_test(any_result_at_all_is_found_where_it_stands),
        cmocka_unit_test(an_error_is_read_whole_and_passed_on_untouched),
        cmocka_unit_test(the_reason_of_a_failed_preflight_is_known),
        cmocka_unit_test(what_is_no_answer_to_the_call_is_unreadable),
        cmocka_unit_test(depth_is_bounded_and_so_is_memory),
        cmocka_unit_test(without_memory_an_answer_is_unreadable),
        cmocka_unit_test(the_client_gets_the_nodes_bytes_under_its_own_id),
        cmocka_unit_test(an_error_of_our_own_is_json_whatever_its_message)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
