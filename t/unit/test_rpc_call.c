/*
 * Calls as clients send them, well and badly.
 */

#include "rpc_calls.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


#define KEY  "\"vines1vzrYbzLMRdu58ou5XTby4qAqVRLmqo36NKPTg\""


static void
a_call_of_web3_js_is_read_with_all_that_it_says(void **state)
{
    rpc_calls_t               calls;
    const jupref_rpc_call_t  *call;

    call = rpc_calls_one(&calls,
        "{\"method\":\"getTransaction\",\"jsonrpc\":\"2.0\","
        "\"params\":[\"5j7\",{\"encoding\":\"base64\","
        "\"commitment\":\"confirmed\","
        "\"maxSupportedTransactionVersion\":1}],"
        "\"id\":\"6ab3f1de-5bd4-4b9e-a4b4-64f85a1b5f9e\"}");

    assert_false(calls.body.batch);
    assert_false(jupref_rpc_is_notification(call));
    assert_span(call->id, "\"6ab3f1de-5bd4-4b9e-a4b4-64f85a1b5f9e\"");
    assert_span(call->name, "getTransaction");
    assert_string_equal(call->method->name, "getTransaction");
    assert_span(call->method_text, "\"getTransaction\"");
    assert_span(jupref_rpc_param(&calls.body, call, 0)->text, "\"5j7\"");
    assert_null(jupref_rpc_param(&calls.body, call, 2));
    assert_int_equal(call->commitment, JUPREF_COMMITMENT_CONFIRMED);
    assert_span(call->encoding, "base64");
    assert_true(call->has_max_version && call->max_version == 1);
    assert_false(call->odd_config);

    rpc_calls_free(&calls);
}


static void
an_id_is_kept_exactly_as_it_came(void **state)
{
    size_t                    i;
    char                      text[256];
    rpc_calls_t               calls;
    const jupref_rpc_call_t  *call;

    static const char *const  ids[] = {
        "1", "0", "-7", "1.50", "1e3", "18446744073709551616", "\"\"",
        "\"a\\u0062\\\"\"", "\"\xc3\xa9\"", "null"
    };

    for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        strcpy(text, "{\"jsonrpc\":\"2.0\", \"id\" : ");
        strcat(strcat(text, ids[i]), " ,\"method\":\"getSlot\"}");

        call = rpc_calls_one(&calls, text);
        assert_span(call->id, ids[i]);
        assert_false(jupref_rpc_is_notification(call));
        assert_null(call->params);
        rpc_calls_free(&calls);
    }

    call = rpc_calls_one(&calls,
                         "{\"jsonrpc\":\"2.0\",\"method\":\"getSlot\"}");
    assert_true(jupref_rpc_is_notification(call));
    rpc_calls_free(&calls);
}


static void
what_is_no_call_gets_the_error_it_deserves(void **state)
{
    size_t                    i;
    rpc_calls_t               calls;
    const jupref_rpc_call_t  *call;

    static const struct {
        const char                *text;
        jupref_rpc_call_result_e   result;
        const char                *id;
    } wrong[] = {
        { "7", JUPREF_RPC_CALL_NOT_OBJECT, "" },
        { "\"getSlot\"", JUPREF_RPC_CALL_NOT_OBJECT, "" },
        { "null", JUPREF_RPC_CALL_NOT_OBJECT, "" },
        { "{}", JUPREF_RPC_CALL_BAD_VERSION, "" },
        { "{\"id\":3,\"method\":\"getSlot\"}",
          JUPREF_RPC_CALL_BAD_VERSION, "3" },
        { "{\"jsonrpc\":2.0,\"id\":3,\"method\":\"getSlot\"}",
          JUPREF_RPC_CALL_BAD_VERSION, "3" },
        { "{\"jsonrpc\":\"1.0\",\"id\":3,\"method\":\"getSlot\"}",
          JUPREF_RPC_CALL_BAD_VERSION, "3" },
        { "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"getSlot\"}",
          JUPREF_RPC_CALL_BAD_ID, "" },
        { "{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"getSlot\"}",
          JUPREF_RPC_CALL_BAD_ID, "" },
        { "{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"getSlot\"}",
          JUPREF_RPC_CALL_BAD_ID, "" },
        { "{\"jsonrpc\":\"2.0\",\"id\":3}", JUPREF_RPC_CALL_BAD_METHOD, "3" },
        { "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":7}",
          JUPREF_RPC_CALL_BAD_METHOD, "3" },
        { "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"\"}",
          JUPREF_RPC_CALL_BAD_METHOD, "3" },
        { "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"aaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
          JUPREF_RPC_CALL_BAD_METHOD, "3" },
        { "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"getSlot\",\"params\":1}",
          JUPREF_RPC_CALL_BAD_PARAMS, "3" },
        { "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"getSlot\","
          "\"params\":\"[]\"}", JUPREF_RPC_CALL_BAD_PARAMS, "3" },

        /* twice, even if both are the same or one is written otherwise */
        { "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"getSlot\","
          "\"method\":\"sendTransaction\"}", JUPREF_RPC_CALL_DUPLICATE, "" },
        { "{\"jsonrpc\":\"2.0\",\"id\":3,\"id\":3,\"method\":\"getSlot\"}",
          JUPREF_RPC_CALL_DUPLICATE, "" },
        { "{\"jsonrpc\":\"2.0\",\"id\":3,\"params\":[],\"method\":\"getSlot\","
          "\"par\\u0061ms\":[]}", JUPREF_RPC_CALL_DUPLICATE, "" },
        { "{\"jsonrpc\":\"2.0\",\"jsonrpc\":\"2.0\",\"id\":3,"
          "\"method\":\"getSlot\"}", JUPREF_RPC_CALL_DUPLICATE, "" }
    };

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(rpc_calls_read(&calls, wrong[i].text),
                         JUPREF_RPC_CALL_OK);
        assert_int_equal(calls.body.count, 1);

        call = &calls.body.calls[0];
        assert_int_equal(call->result, wrong[i].result);
        assert_span(call->id, wrong[i].id);
        assert_int_equal(jupref_rpc_call_code(call->result), -32600);
        assert_false(jupref_rpc_is_notification(call));
        rpc_calls_free(&calls);
    }
}


static void
a_text_that_is_no_body_gets_one_error(void **state)
{
    size_t       i;
    char         deep[80];
    rpc_calls_t  calls;

    static const struct {
        const char                *text;
        jupref_rpc_call_result_e   result;
        int                        code;
    } wrong[] = {
        { "", JUPREF_RPC_CALL_PARSE_ERROR, -32700 },
        { "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":",
          JUPREF_RPC_CALL_PARSE_ERROR, -32700 },
        { "<html>", JUPREF_RPC_CALL_PARSE_ERROR, -32700 },
        { "{} {}", JUPREF_RPC_CALL_PARSE_ERROR, -32700 },
        { "[\"\xff\"]", JUPREF_RPC_CALL_NOT_UTF8, -32700 },
        { "[]", JUPREF_RPC_CALL_EMPTY_BATCH, -32600 },
        { " [ ] ", JUPREF_RPC_CALL_EMPTY_BATCH, -32600 },
        { "[1,2,3,4,5]", JUPREF_RPC_CALL_BATCH_TOO_LARGE, -32600 },
        { "[[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
          "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]]",
          JUPREF_RPC_CALL_TOO_MANY_VALUES, -32600 }
    };

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(rpc_calls_read(&calls, wrong[i].text),
                         wrong[i].result);
        assert_int_equal(calls.body.count, 0);
        assert_int_equal(jupref_rpc_call_code(wrong[i].result),
                         wrong[i].code);
        rpc_calls_free(&calls);
    }

    memset(deep, 0, sizeof(deep));
    memset(deep, '[', 33);
    memset(deep + 33, ']', 33);
    assert_int_equal(rpc_calls_read(&calls, deep), JUPREF_RPC_CALL_TOO_DEEP);
    assert_int_equal(jupref_rpc_call_code(calls.body.result), -32600);
    rpc_calls_free(&calls);
}


static void
members_of_a_batch_are_judged_alone(void **state)
{
    rpc_calls_t  calls;

    assert_int_equal(rpc_calls_read(&calls,
        "[ {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getSlot\"}, 7,"
        "{\"jsonrpc\":\"2.0\",\"method\":\"getHealth\"},"
        "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"noSuch\"} ]"),
        JUPREF_RPC_CALL_OK);

    assert_true(calls.body.batch);
    assert_int_equal(calls.body.count, 4);
    assert_int_equal(calls.body.calls[0].result, JUPREF_RPC_CALL_OK);
    assert_span(calls.body.calls[0].id, "1");
    assert_int_equal(calls.body.calls[1].result, JUPREF_RPC_CALL_NOT_OBJECT);
    assert_true(jupref_rpc_is_notification(&calls.body.calls[2]));
    assert_int_equal(calls.body.calls[3].result, JUPREF_RPC_CALL_OK);
    assert_int_equal(calls.body.calls[3].method->class, JUPREF_RPC_UNKNOWN);
    assert_span(calls.body.calls[3].name, "noSuch");
    rpc_calls_free(&calls);

    /* one call in a batch is still a batch */

    assert_int_equal(rpc_calls_read(&calls, "[{\"jsonrpc\":\"2.0\",\"id\":1,"
                                            "\"method\":\"getSlot\"}]"),
                     JUPREF_RPC_CALL_OK);
    assert_true(calls.body.batch);
    rpc_calls_free(&calls);
}


static void
the_commitment_is_the_clients_or_else_the_nodes(void **state)
{
    size_t                    i;
    char                      text[256];
    rpc_calls_t               calls;
    const jupref_rpc_call_t  *call;

    static const struct {
        const char           *method;
        const char           *params;
        jupref_commitment_e   commitment;
    } samples[] = {
        { "getBalance", "[" KEY "]", JUPREF_COMMITMENT_FINALIZED },
        { "getBalance", "[" KEY ",{}]", JUPREF_COMMITMENT_FINALIZED },
        { "getBalance", "[" KEY ",null]", JUPREF_COMMITMENT_FINALIZED },
        { "getBalance", "[" KEY ",{\"commitment\":null}]",
          JUPREF_COMMITMENT_FINALIZED },
        { "getBalance", "[" KEY ",{\"commitment\":\"processed\"}]",
          JUPREF_COMMITMENT_PROCESSED },
        { "getBalance", "[" KEY ",{\"commitment\":\"confirmed\"}]",
          JUPREF_COMMITMENT_CONFIRMED },
        { "getBalance", "[" KEY ",{\"commitment\":\"recent\"}]",
          JUPREF_COMMITMENT_OTHER },
        { "getBalance", "[" KEY ",{\"commitment\":1}]",
          JUPREF_COMMITMENT_OTHER },
        { "getBalance", "[" KEY ",7]", JUPREF_COMMITMENT_OTHER },
        { "getBalance", "[" KEY ",{\"commitment\":\"processed\","
          "\"commitment\":\"finalized\"}]", JUPREF_COMMITMENT_OTHER },
        { "getBalance", "[" KEY ",{\"minContextSlot\":-1}]",
          JUPREF_COMMITMENT_OTHER },
        { "getBalance", "{\"commitment\":\"processed\"}",
          JUPREF_COMMITMENT_OTHER },
        { "getSlot", "[{\"commitment\":\"confirmed\"}]",
          JUPREF_COMMITMENT_CONFIRMED },
        { "getSlot", "null", JUPREF_COMMITMENT_FINALIZED },

        /* elsewhere it says nothing */
        { "getSlot", "[null,{\"commitment\":\"confirmed\"}]",
          JUPREF_COMMITMENT_FINALIZED },
        { "getTokenAccountsByOwner", "[" KEY ",{\"mint\":" KEY "},"
          "{\"commitment\":\"confirmed\"}]", JUPREF_COMMITMENT_CONFIRMED },
        { "getTokenAccountsByOwner", "[" KEY ","
          "{\"commitment\":\"confirmed\"}]", JUPREF_COMMITMENT_FINALIZED },
        { "getBlocks", "[5,9,{\"commitment\":\"confirmed\"}]",
          JUPREF_COMMITMENT_CONFIRMED },
        { "getBlocks", "[5,{\"commitment\":\"confirmed\"}]",
          JUPREF_COMMITMENT_CONFIRMED },
        { "getLeaderSchedule", "[{\"commitment\":\"confirmed\"}]",
          JUPREF_COMMITMENT_CONFIRMED },
        { "getLeaderSchedule", "[7,{\"commitment\":\"confirmed\"}]",
          JUPREF_COMMITMENT_CONFIRMED },
        { "getTransaction", "[\"5j7\",\"base64\"]",
          JUPREF_COMMITMENT_FINALIZED },
        { "sendTransaction", "[\"AQ\","
          "{\"preflightCommitment\":\"processed\"}]",
          JUPREF_COMMITMENT_PROCESSED },
        { "requestAirdrop", "[" KEY ",5,{\"commitment\":\"confirmed\"}]",
          JUPREF_COMMITMENT_CONFIRMED },
        { "getSignatureStatuses", "[[\"5j7\"]]",
          JUPREF_COMMITMENT_PROCESSED },
        { "getVersion", "[]", JUPREF_COMMITMENT_NONE },
        { "noSuch", "[" KEY ",{\"commitment\":\"confirmed\"}]",
          JUPREF_COMMITMENT_NONE }
    };

    for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        strcpy(text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"");
        strcat(strcat(text, samples[i].method), "\",\"params\":");
        strcat(strcat(text, samples[i].params), "}");

        call = rpc_calls_one(&calls, text);
        assert_int_equal(call->commitment, samples[i].commitment);
        rpc_calls_free(&calls);
    }
}


static void
settings_of_the_wrong_kind_are_left_to_the_node(void **state)
{
    size_t                    i;
    char                      text[256];
    rpc_calls_t               calls;
    const jupref_rpc_call_t  *call;

    static const struct {
        const char  *config;
        unsigned     odd;
        uint64_t     min_slot;
        const char  *encoding;
    } samples[] = {
        { "{\"minContextSlot\":7,\"encoding\":\"base64\"}", 0, 7, "base64" },
        { "{\"minContextSlot\":18446744073709551615}", 0, UINT64_MAX, "" },
        { "{\"minContextSlot\":18446744073709551616}", 1, 0, "" },
        { "{\"minContextSlot\":\"7\"}", 1, 0, "" },
        { "{\"minContextSlot\":7.5}", 1, 0, "" },
        { "{\"minContextSlot\":null,\"encoding\":null}", 0, 0, "" },
        { "{\"minContextSlot\":7,\"minContextSlot\":8}", 1, 0, "" },
        { "{\"encoding\":{}}", 1, 0, "" },
        { "{\"maxSupportedTransactionVersion\":\"1\"}", 1, 0, "" },
        { "{\"maxSupportedTransactionVersion\":null}", 0, 0, "" },
        { "\"base58\"", 0, 0, "base58" },
        { "true", 1, 0, "" },
        { "[]", 1, 0, "" }
    };

    for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        strcpy(text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
                     "\"getAccountInfo\",\"params\":[" KEY ",");
        strcat(strcat(text, samples[i].config), "]}");

        call = rpc_calls_one(&calls, text);
        assert_int_equal(call->odd_config, samples[i].odd);
        assert_true(call->min_slot == samples[i].min_slot);
        assert_span(call->encoding, samples[i].encoding);
        assert_int_equal(call->commitment,
                         samples[i].odd ? JUPREF_COMMITMENT_OTHER
                                        : JUPREF_COMMITMENT_FINALIZED);
        assert_false(call->has_max_version);
        rpc_calls_free(&calls);
    }
}


static void
a_method_is_known_however_it_is_written(void **state)
{
    rpc_calls_t               calls;
    const jupref_rpc_call_t  *call;

    call = rpc_calls_one(&calls,
        "{\"jsonrpc\":\"2\\u002e0\",\"id\":1,\"m\\u0065thod\":"
        "\"s\\u0065ndTransaction\"}");

    assert_string_equal(call->method->name, "sendTransaction");
    assert_span(call->name, "sendTransaction");
    assert_span(call->method_text, "\"s\\u0065ndTransaction\"");
    rpc_calls_free(&calls);
}


static void
without_memory_it_is_an_internal_error(void **state)
{
    int                       left;
    heap_t                    heap;
    jupref_memory_t           memory;
    jupref_rpc_body_t         body;
    jupref_rpc_limits_t       limits;
    jupref_rpc_call_result_e  result;

    limits.batch = 0;
    limits.values = 100;

    for (left = 0; ; left++) {
        memory = heap_memory(&heap, left);
        result = jupref_rpc_body_read(&body, jupref_bytes(
                     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getSlot\"}"),
                     &limits, &memory);
        jupref_rpc_body_free(&body);
        assert_int_equal(heap.pieces, 0);

        if (result == JUPREF_RPC_CALL_OK) {
            break;
        }

        assert_int_equal(result, JUPREF_RPC_CALL_NO_MEMORY);
        assert_int_equal(jupref_rpc_call_code(result), -32603);
    }

    /* one for the values, one for the calls */

    assert_int_equal(left, 2);

    /* and no batch where none is taken */

    memory = heap_memory(&heap, HEAP_ENDLESS);
    assert_int_equal(jupref_rpc_body_read(&body, jupref_bytes("[1]"),
                                          &limits, &memory),
                     JUPREF_RPC_CALL_BATCH_TOO_LARGE);
    jupref_rpc_body_free(&body);
    assert_int_equal(heap.pieces, 0);
}


static void
every_result_has_a_code_and_one_line(void **state)
{
    unsigned     i;
    const char  *text;

    for (i = 0; i < JUPREF_RPC_CALL_RESULTS; i++) {
        text = jupref_rpc_call_text((jupref_rpc_call_result_e) i);
        assert_true(strlen(text) > 0 && strchr(text, '\n') == NULL);
        assert_int_equal(jupref_rpc_call_code((jupref_rpc_call_result_e) i)
                         == 0, i == JUPREF_RPC_CALL_OK);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_call_of_web3_js_is_read_with_all_that_it_says),
        cmocka_unit_test(an_id_is_kept_exactly_as_it_came),
        cmocka_unit_test(what_is_no_call_gets_the_error_it_deserves),
        cmocka_unit_test(a_text_that_is_no_body_gets_one_error),
        cmocka_unit_test(members_of_a_batch_are_judged_alone),
        cmocka_unit_test(the_commitment_is_the_clients_or_else_the_nodes),
        cmocka_unit_test(settings_of_the_wrong_kind_are_left_to_the_node),
        cmocka_unit_test(a_method_is_known_however_it_is_written),
        cmocka_unit_test(without_memory_it_is_an_internal_error),
        cmocka_unit_test(every_result_has_a_code_and_one_line)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
