/*
 * What is kept, for how long, and what never is.
 */

#include "rpc_calls.h"
#include "solana/jupref_rpc_keep.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


#define HOUR  3600000


/* How long an answer with this result (or error) is kept. */
static uint64_t
kept(const char *method, const char *params, const char *answer_text,
    uint64_t slot_ms, uint64_t finalized_slot)
{
    char                      text[512], body[512];
    heap_t                    heap;
    uint64_t                  ms;
    rpc_calls_t               calls;
    jupref_memory_t           memory;
    jupref_rpc_clock_t        clock;
    jupref_rpc_answer_t       answer;
    const jupref_rpc_call_t  *call;

    sprintf(text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\","
                  "\"params\":%s}", method, params);
    sprintf(body, "{%s,\"id\":7}", answer_text);

    memory = heap_memory(&heap, HEAP_ENDLESS);
    jupref_rpc_answer_read(&answer, (jupref_bytes_t) {
                               (uint8_t *) body, strlen(body) }, 7, &memory);

    clock.slot_ms = slot_ms;
    clock.finalized_slot = finalized_slot;

    call = rpc_calls_one(&calls, text);
    ms = jupref_rpc_keep_ms(&calls.body, call, &answer, &clock);
    assert_true(ms == 0 || jupref_rpc_may_keep(call));
    rpc_calls_free(&calls);

    return ms;
}


static void
an_answer_is_kept_by_the_rule_of_its_method(void **state)
{
    assert_int_equal(kept("getGenesisHash", "[]", "\"result\":\"5ey\"", 0, 0),
                     HOUR);
    assert_int_equal(kept("getMinimumBalanceForRentExemption", "[165]",
                          "\"result\":1488440", 0, 0), 60000);

    /* in slots, as long as they take today */

    assert_int_equal(kept("getAccountInfo", "[\"k\"]", "\"result\":{}", 214,
                          0), 214);
    assert_int_equal(kept("getSlot", "[]", "\"result\":5", 214, 0), 428);
    assert_int_equal(kept("getSlot", "[]", "\"result\":5", 0, 0), 0);
    assert_int_equal(kept("getRecentPrioritizationFees", "[]",
                          "\"result\":[]", 200, 0), 600);

    /* of an epoch that is named */

    assert_int_equal(kept("getLeaderSchedule", "[5]", "\"result\":{}", 0, 0),
                     HOUR / 6);
    assert_int_equal(kept("getLeaderSchedule", "[]", "\"result\":{}", 0, 0),
                     0);
    assert_int_equal(kept("getLeaderSchedule", "[null]", "\"result\":{}", 0,
                          0), 0);
    assert_int_equal(kept("getInflationReward", "[[\"k\"],{\"epoch\":2}]",
                          "\"result\":[]", 0, 0), HOUR / 6);
    assert_int_equal(kept("getInflationReward", "[[\"k\"]]", "\"result\":[]",
                          0, 0), 0);
}


static void
only_what_is_final_is_kept_for_good(void **state)
{
    size_t  i;

    static const struct {
        const char  *method;
        const char  *params;
        uint64_t     ms;
    } samples[] = {
        { "getTransaction", "[\"5j7\"]", HOUR },
        { "getTransaction", "[\"5j7\",{\"commitment\":\"finalized\"}]", HOUR },
        { "getTransaction", "[\"5j7\",{\"commitment\":\"confirmed\"}]", 0 },
        { "getTransaction", "[\"5j7\",{\"commitment\":\"max\"}]", 0 },
        { "getTransaction", "[\"5j7\",{\"encoding\":7}]", 0 },
        { "getBlock", "[100]", HOUR },
        { "getBlock", "[100,{\"commitment\":\"confirmed\"}]", 0 },
        { "getBlockTime", "[100]", HOUR },
        { "getBlockTime", "[101]", 0 },
        { "getBlockTime", "[\"100\"]", 0 },
        { "getBlockTime", "[]", 0 },
        { "getBlocks", "[90,100]", HOUR },
        { "getBlocks", "[90,100,{\"commitment\":\"confirmed\"}]", HOUR },
        { "getBlocks", "[90,101]", 0 },
        { "getBlocks", "[90]", 0 },
        { "getBlocks", "[90,null]", 0 },
        { "getBlocks", "[90,{}]", 0 }
    };

    for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        assert_int_equal(kept(samples[i].method, samples[i].params,
                              "\"result\":{\"slot\":1}", 200, 100),
                         samples[i].ms);
    }

    /* with nothing known to be final, nothing about slots is */

    assert_int_equal(kept("getBlockTime", "[100]", "\"result\":1", 200, 0), 0);
}


static void
null_and_errors_and_money_are_never_kept(void **state)
{
    unsigned  i;

    static const char  error[] = "\"error\":{\"code\":-32007,\"message\":\"\"}";
    static const char  none[] =
        "\"result\":{\"context\":{\"slot\":1},\"value\":null}";

    for (i = 0; i < jupref_rpc_method_count; i++) {
        assert_int_equal(kept(jupref_rpc_methods[i].name, "[5,6]",
                              "\"result\":null", 200, 100), 0);
        assert_int_equal(kept(jupref_rpc_methods[i].name, "[5,6]", none, 200,
                              100), 0);
        assert_int_equal(kept(jupref_rpc_methods[i].name, "[5,6]", error, 200,
                              100), 0);
        assert_int_equal(kept(jupref_rpc_methods[i].name, "[5,6]",
                              "\"result\":1,\"result\":1", 200, 100), 0);

        if (jupref_rpc_methods[i].class == JUPREF_RPC_MONEY
            || jupref_rpc_methods[i].class == JUPREF_RPC_WRITE
            || jupref_rpc_methods[i].class == JUPREF_RPC_COMPUTE)
        {
            assert_int_equal(kept(jupref_rpc_methods[i].name, "[5]",
                                  "\"result\":1", 200, 100), 0);
        }
    }

    assert_int_equal(kept("noSuch", "[]", "\"result\":1", 200, 100), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(an_answer_is_kept_by_the_rule_of_its_method),
        cmocka_unit_test(only_what_is_final_is_kept_for_good),
        cmocka_unit_test(null_and_errors_and_money_are_never_kept)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
