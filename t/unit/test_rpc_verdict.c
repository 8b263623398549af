/*
 * Every row of the error table, every kind of status, and what outranks what.
 */

#include "rpc_calls.h"
#include "solana/jupref_rpc_verdict.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


#define NEVER       JUPREF_RPC_OTHER_NEVER
#define YES         JUPREF_RPC_OTHER_YES
#define ONCE        JUPREF_RPC_OTHER_ONCE
#define FRESHER     JUPREF_RPC_OTHER_FRESHER
#define AFTER_SLOT  JUPREF_RPC_OTHER_AFTER_SLOT

#define NONE        JUPREF_RPC_MARK_NONE
#define SOFT        JUPREF_RPC_MARK_SOFT
#define FAILED      JUPREF_RPC_MARK_FAILED
#define OUT         JUPREF_RPC_MARK_OUT
#define THROTTLE    JUPREF_RPC_MARK_THROTTLE
#define ALARM       JUPREF_RPC_MARK_ALARM


/* What becomes of an exchange for `method` that ended with `status` and
 * `body` (NULL: none). */
static jupref_rpc_verdict_t
verdict_of(const char *method, jupref_rpc_transport_e transport,
    unsigned status, const char *retry_after, const char *body)
{
    heap_t                 heap;
    jupref_memory_t        memory;
    jupref_rpc_answer_t    answer;
    jupref_rpc_outcome_t   outcome;
    jupref_rpc_verdict_t   verdict;

    memory = heap_memory(&heap, HEAP_ENDLESS);
    outcome.transport = transport;
    outcome.status = status;
    outcome.retry_after.data = (const uint8_t *) retry_after;
    outcome.retry_after.len = retry_after == NULL ? 0 : strlen(retry_after);
    outcome.answer = NULL;

    if (body != NULL) {
        jupref_rpc_answer_read(&answer, (jupref_bytes_t) {
                                   (const uint8_t *) body, strlen(body) }, 7,
                               &memory);
        outcome.answer = &answer;
    }

    jupref_rpc_verdict(&verdict,
                       jupref_rpc_method_find((jupref_bytes_t) {
                           (const uint8_t *) method, strlen(method) }),
                       &outcome);

    assert_non_null(verdict.name);
    assert_true(verdict.deliver
                || (verdict.message != NULL && verdict.code != 0));

    return verdict;
}


static jupref_rpc_verdict_t
verdict_of_error(const char *method, unsigned status, int code,
    const char *message, const char *data)
{
    char  body[512];

    sprintf(body, "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":%d,\"message\":"
                  "\"%s\",\"data\":%s},\"id\":7}", code, message, data);

    return verdict_of(method, JUPREF_RPC_ANSWERED, status, NULL, body);
}


static void
every_code_is_judged_as_the_table_says(void **state)
{
    size_t                i;
    unsigned              rows;
    jupref_rpc_verdict_t  verdict;

    static const struct {
        int                  code;
        const char          *name;
        jupref_rpc_other_e   other;
        jupref_rpc_mark_e    mark;
    } table[] = {
        { -32700, "parse_error", YES, FAILED },
        { -32600, "invalid_request", NEVER, NONE },
        { -32601, "method_not_found", YES, NONE },
        { -32602, "invalid_params", NEVER, NONE },
        { -32603, "internal_error", YES, FAILED },
        { -32000, "generic", ONCE, NONE },
        { -32001, "block_cleaned_up", YES, NONE },
        { -32002, "preflight_failure", NEVER, NONE },
        { -32003, "signature_verification_failure", NEVER, NONE },
        { -32004, "block_not_available", AFTER_SLOT, NONE },
        { -32005, "node_unhealthy", YES, OUT },
        { -32006, "precompile_verification_failure", NEVER, NONE },
        { -32007, "slot_skipped", ONCE, NONE },
        { -32008, "no_snapshot", YES, NONE },
        { -32009, "long_term_storage_slot_skipped", ONCE, NONE },
        { -32010, "key_excluded_from_secondary_index", YES, NONE },
        { -32011, "transaction_history_not_available", YES, NONE },
        { -32012, "scan_error", YES, NONE },
        { -32013, "signature_len_mismatch", NEVER, NONE },
        { -32014, "block_status_not_available_yet", YES, NONE },
        { -32015, "unsupported_transaction_version", NEVER, NONE },
        { -32016, "min_context_slot_not_reached", FRESHER, SOFT },
        { -32017, "epoch_rewards_period_active", NEVER, NONE },
        { -32018, "slot_not_epoch_boundary", NEVER, NONE },
        { -32019, "long_term_storage_unreachable", YES, SOFT },
        { -32020, "filter_transaction_not_found", YES, NONE },
        { -32021, "no_slot_history", YES, NONE }
    };

    static const int  unlisted[] = { -32022, -32099, -31999, -1, 1, 500 };

    rows = sizeof(table) / sizeof(table[0]);

    for (i = 0; i < rows; i++) {
        verdict = verdict_of_error("getBlock", 200, table[i].code, "x",
                                   "null");

        assert_string_equal(verdict.name, table[i].name);
        assert_int_equal(verdict.other, table[i].other);
        assert_int_equal(verdict.mark, table[i].mark);
        assert_int_equal(verdict.deliver, 1);
        assert_int_equal(verdict.lacks_method, table[i].code == -32601);
        assert_int_equal(verdict.retry_after_ms, 0);
        assert_ptr_equal(jupref_rpc_code_find(table[i].code)->name,
                         verdict.name);
    }

    /* the rest: three of HTTP's own, and the one for what isn't listed */

    assert_int_equal(jupref_rpc_code_count, rows + 4);

    for (i = 0; i < sizeof(unlisted) / sizeof(unlisted[0]); i++) {
        verdict = verdict_of_error("getBlock", 200, unlisted[i], "x", "null");

        assert_string_equal(verdict.name, "unlisted");
        assert_int_equal(verdict.other, YES);
        assert_int_equal(verdict.mark, SOFT);
        assert_true(verdict.deliver);
    }

    for (i = 1; i < jupref_rpc_code_count - 1; i++) {
        assert_true(jupref_rpc_codes[i].code < jupref_rpc_codes[i - 1].code);
    }

    assert_ptr_equal(jupref_rpc_code_find(INT64_MIN),
                     &jupref_rpc_codes[jupref_rpc_code_count - 1]);
    assert_ptr_equal(jupref_rpc_code_find(INT64_C(0x100000000) - 32602),
                     &jupref_rpc_codes[jupref_rpc_code_count - 1]);
}


static void
a_result_is_delivered_and_null_is_a_result(void **state)
{
    size_t                i;
    jupref_rpc_verdict_t  verdict;

    static const struct {
        const char  *method;
        const char  *body;
    } answers[] = {
        { "getSlot", "{\"result\":5,\"id\":7}" },
        { "getTransaction", "{\"result\":null,\"id\":7}" },
        { "getSignatureStatuses", "{\"result\":{\"context\":{\"slot\":1},"
          "\"value\":[null]},\"id\":7}" },
        { "getAccountInfo", "{\"result\":{\"context\":{\"slot\":1},"
          "\"value\":null},\"id\":7}" },
        { "sendTransaction", "{\"result\":\"5j7\",\"id\":7}" }
    };

    for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        verdict = verdict_of(answers[i].method, JUPREF_RPC_ANSWERED, 200,
                             NULL, answers[i].body);

        assert_string_equal(verdict.name, "ok");
        assert_true(verdict.deliver);
        assert_int_equal(verdict.other, NEVER);
        assert_int_equal(verdict.mark, NONE);
    }
}


static void
a_status_outranks_whatever_the_body_says(void **state)
{
    size_t                i, j;
    jupref_rpc_verdict_t  verdict;

    static const char *const  bodies[] = {
        NULL, "", "<html>",
        "{\"error\":{\"code\":-32005,\"message\":\"slow down\"},\"id\":7}",
        "{\"error\":{\"code\":-32602,\"message\":\"\"},\"id\":7}",
        "{\"result\":5,\"id\":7}"
    };

    static const struct {
        unsigned             status;
        const char          *name;
        jupref_rpc_other_e   other;
        jupref_rpc_mark_e    mark;
        unsigned             delivers_errors;
    } table[] = {
        { 429, "throttled", YES, THROTTLE, 0 },
        { 401, "refused", YES, ALARM, 0 },
        { 402, "refused", YES, ALARM, 0 },
        { 403, "refused", YES, ALARM, 0 },
        { 413, "call_too_large", NEVER, NONE, 1 },
        { 500, "node_failed", YES, FAILED, 1 },
        { 502, "node_failed", YES, FAILED, 1 },
        { 503, "node_failed", YES, FAILED, 1 },
        { 504, "node_failed", YES, FAILED, 1 },
        { 599, "node_failed", YES, FAILED, 1 },
        { 301, "redirected", YES, FAILED, 0 }
    };

    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        for (j = 0; j < sizeof(bodies) / sizeof(bodies[0]); j++) {
            verdict = verdict_of("getBalance", JUPREF_RPC_ANSWERED,
                                 table[i].status, NULL, bodies[j]);

            assert_string_equal(verdict.name, table[i].name);
            assert_int_equal(verdict.other, table[i].other);
            assert_int_equal(verdict.mark, table[i].mark);
            assert_int_equal(verdict.deliver, table[i].delivers_errors
                                              && (j == 3 || j == 4));
        }
    }
}


static void
what_can_not_be_read_is_the_nodes_fault(void **state)
{
    size_t                i;
    jupref_rpc_verdict_t  verdict;

    static const struct {
        unsigned     status;
        const char  *body;
    } table[] = {
        { 200, NULL }, { 200, "" }, { 200, "<html>" }, { 204, NULL },
        { 200, "{\"result\":5,\"id\":8}" },
        { 400, "Bad Request" }, { 404, "not found" }, { 415, "" },
        { 400, "{\"result\":5,\"id\":7}" }, { 0, NULL }, { 700, "" }
    };

    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        verdict = verdict_of("getBalance", JUPREF_RPC_ANSWERED,
                             table[i].status, NULL, table[i].body);

        assert_string_equal(verdict.name, "unreadable");
        assert_int_equal(verdict.other, YES);
        assert_int_equal(verdict.mark, FAILED);
        assert_false(verdict.deliver);
    }

    /* vendors answer errors of the client under 400 and others */

    verdict = verdict_of_error("getBalance", 400, -32602, "Invalid param",
                               "null");
    assert_string_equal(verdict.name, "invalid_params");
    assert_true(verdict.deliver);
}


static void
an_exchange_that_failed_may_be_tried_elsewhere(void **state)
{
    jupref_rpc_verdict_t  verdict;

    verdict = verdict_of("getBalance", JUPREF_RPC_TIMED_OUT, 0, NULL, NULL);
    assert_string_equal(verdict.name, "timed_out");
    assert_int_equal(verdict.other, YES);
    assert_int_equal(verdict.mark, FAILED);
    assert_int_equal(verdict.code, -32603);

    verdict = verdict_of("getBalance", JUPREF_RPC_RESET, 200, NULL, NULL);
    assert_string_equal(verdict.name, "reset");
    assert_int_equal(verdict.other, YES);

    verdict = verdict_of("getBalance", JUPREF_RPC_NOT_CONNECTED, 0, NULL,
                         NULL);
    assert_string_equal(verdict.name, "not_connected");
    assert_int_equal(verdict.other, YES);
    assert_int_equal(verdict.mark, FAILED);

    /* what is too large for us is so from every node */

    verdict = verdict_of("getProgramAccounts", JUPREF_RPC_TOO_LARGE, 200,
                         NULL, NULL);
    assert_int_equal(verdict.other, NEVER);
    assert_int_equal(verdict.mark, NONE);
}


static void
nothing_is_asked_twice_that_may_happen_twice(void **state)
{
    size_t  i;

    static const char *const  methods[] = { "requestAirdrop", "noSuch" };

    for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        assert_int_equal(verdict_of(methods[i], JUPREF_RPC_TIMED_OUT, 0, NULL,
                                    NULL).other, NEVER);
        assert_int_equal(verdict_of(methods[i], JUPREF_RPC_RESET, 0, NULL,
                                    NULL).other, NEVER);
        assert_int_equal(verdict_of(methods[i], JUPREF_RPC_ANSWERED, 502,
                                    NULL, "").other, NEVER);
        assert_int_equal(verdict_of(methods[i], JUPREF_RPC_ANSWERED, 200,
                                    NULL, "<html>").other, NEVER);
        assert_int_equal(verdict_of_error(methods[i], 200, -32603, "",
                                          "null").other, NEVER);

        /* unless the node has surely not begun */

        assert_int_equal(verdict_of(methods[i], JUPREF_RPC_NOT_CONNECTED, 0,
                                    NULL, NULL).other, YES);
        assert_int_equal(verdict_of(methods[i], JUPREF_RPC_ANSWERED, 429,
                                    NULL, "").other, YES);
        assert_int_equal(verdict_of(methods[i], JUPREF_RPC_ANSWERED, 403,
                                    NULL, "").other, YES);
        assert_int_equal(verdict_of_error(methods[i], 200, -32601, "",
                                          "null").other, YES);
        assert_int_equal(verdict_of_error(methods[i], 200, -32005, "",
                                          "null").other, YES);
    }

    /* a signed transaction lands once however often it is sent */

    assert_int_equal(verdict_of("sendTransaction", JUPREF_RPC_TIMED_OUT, 0,
                                NULL, NULL).other, YES);
}


static void
a_rate_limit_is_told_by_its_message_where_codes_collide(void **state)
{
    size_t                i;
    jupref_rpc_verdict_t  verdict;

    static const struct {
        int          code;
        const char  *message;
        unsigned     throttled;
    } table[] = {
        { -32000, "Too many requests, please slow down", 1 },
        { -32000, "your RATE LIMIT is exceeded", 1 },
        { -32007, "50/second request limit reached - reduce calls", 1 },
        { -32005, "Rate limit exceeded", 1 },
        { 429, "", 1 },
        { -32007, "Slot 5 was skipped, or missing due to ledger jump", 0 },
        { -32005, "Node is behind by 42 slots", 0 },
        { -32000, "", 0 },

        /* what a program says in a preflight is no vendor's word */
        { -32002, "Transaction simulation failed: rate limit", 0 },
        { -32602, "rate limit has to be a number", 0 }
    };

    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        verdict = verdict_of_error("getBalance", 200, table[i].code,
                                   table[i].message, "null");

        assert_int_equal(verdict.mark == THROTTLE, table[i].throttled);
        assert_int_equal(verdict.deliver, !table[i].throttled);
        assert_int_equal(verdict.retry_after_ms,
                         table[i].throttled ? 1000 : 0);

        if (table[i].throttled) {
            assert_int_equal(verdict.other, YES);
            assert_int_equal(verdict.code, 429);
        }
    }

    assert_int_equal(verdict_of_error("getBalance", 200, 403, "", "null").mark,
                     ALARM);

    /* and what is the transaction's fault is nobody else's */

    assert_int_equal(verdict_of_error("sendTransaction", 200, -32000,
                         "Transaction simulation failed", "null").other,
                     NEVER);
    assert_int_equal(verdict_of_error("sendTransaction", 200, -32000,
                         "Blockhash not found", "null").other, NEVER);
}


static void
only_a_fresher_node_knows_a_blockhash_that_one_does_not(void **state)
{
    assert_int_equal(verdict_of_error("sendTransaction", 200, -32002, "",
                         "{\"err\":\"BlockhashNotFound\"}").other, FRESHER);
    assert_int_equal(verdict_of_error("sendTransaction", 200, -32002, "",
                         "{\"err\":\"BlockhashNotFound\"}").mark, NONE);
    assert_int_equal(verdict_of_error("sendTransaction", 200, -32002, "",
                         "{\"err\":\"AccountNotFound\"}").other, NEVER);
    assert_int_equal(verdict_of_error("sendTransaction", 200, -32002, "",
                         "{\"err\":{\"InstructionError\":[0,{\"Custom\":1}]}}")
                     .other, NEVER);
}


static void
retry_after_is_honoured_within_reason(void **state)
{
    size_t  i;

    static const struct {
        const char  *header;
        uint64_t     ms;
    } table[] = {
        { "1", 1000 }, { "30", 30000 }, { "300", 300000 }, { "301", 300000 },
        { "99999999999999999999", 1000 }, { "18446744073709551615", 300000 },
        { "0", 1000 }, { "", 1000 }, { "-1", 1000 }, { "1.5", 1000 },
        { "Wed, 21 Oct 2026 07:28:00 GMT", 1000 }
    };

    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        assert_true(verdict_of("getSlot", JUPREF_RPC_ANSWERED, 429,
                               table[i].header, "").retry_after_ms
                    == table[i].ms);
    }
}


static void
rows_have_names_for_logs_and_metrics(void **state)
{
    unsigned     i, j;
    const char  *name;

    for (i = 0; i < jupref_rpc_code_count; i++) {
        name = jupref_rpc_codes[i].name;

        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"),
                         strlen(name));
        assert_true(strlen(jupref_rpc_other_name(jupref_rpc_codes[i].other))
                    > 0);
        assert_true(strlen(jupref_rpc_mark_name(jupref_rpc_codes[i].mark))
                    > 0);

        for (j = 0; j < i; j++) {
            assert_string_not_equal(name, jupref_rpc_codes[j].name);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_code_is_judged_as_the_table_says),
        cmocka_unit_test(a_result_is_delivered_and_null_is_a_result),
        cmocka_unit_test(a_status_outranks_whatever_the_body_says),
        cmocka_unit_test(what_can_not_be_read_is_the_nodes_fault),
        cmocka_unit_test(an_exchange_that_failed_may_be_tried_elsewhere),
        cmocka_unit_test(nothing_is_asked_twice_that_may_happen_twice),
        cmocka_unit_test(
            a_rate_limit_is_told_by_its_message_where_codes_collide),
        cmocka_unit_test(
            only_a_fresher_node_knows_a_blockhash_that_one_does_not),
        cmocka_unit_test(retry_after_is_honoured_within_reason),
        cmocka_unit_test(rows_have_names_for_logs_and_metrics)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
