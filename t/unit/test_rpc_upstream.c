/*
 * What is sent to a node, and by which key calls are taken for the same.
 */

#include "rpc_calls.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


#define KEY  "\"vines1vzrYbzLMRdu58ou5XTby4qAqVRLmqo36NKPTg\""


static void
call_text(char *text, const char *method, const char *params)
{
    strcpy(text, "{\"jsonrpc\":\"2.0\",\"id\":\"mine\",\"method\":\"");
    strcat(strcat(text, method), "\"");

    if (params != NULL) {
        strcat(strcat(text, ",\"params\":"), params);
    }

    strcat(text, "}");
}


/* The key of a call, with `min_slot`; 0 when it has none. */
static unsigned
key_of(uint8_t *key, const char *method, const char *params,
    uint64_t min_slot)
{
    char                      text[1024];
    unsigned                  found;
    rpc_calls_t               calls;
    const jupref_rpc_call_t  *call;

    call_text(text, method, params);
    call = rpc_calls_one(&calls, text);
    found = jupref_rpc_call_key(&calls.body, call, min_slot, key);
    rpc_calls_free(&calls);

    return found;
}


static void
the_same_call_has_the_same_key_however_it_is_laid_out(void **state)
{
    size_t   i;
    uint8_t  one[JUPREF_SHA256_SIZE], other[JUPREF_SHA256_SIZE];

    static const char *const  same[] = {
        "[" KEY ",{\"encoding\":\"base64\",\"a b\":\" \\\" \"}]",
        " [ " KEY " , { \"encoding\" : \"base64\",\n\t\"a b\":\" \\\" \" } ] ",
        "[\r\n" KEY ",{\"encoding\":\"base64\",\"a b\":\" \\\" \"\r\n}]"
    };

    assert_true(key_of(one, "getAccountInfo", same[0], 0));

    for (i = 1; i < sizeof(same) / sizeof(same[0]); i++) {
        assert_true(key_of(other, "getAccountInfo", same[i], 0));
        assert_memory_equal(one, other, sizeof(one));
    }

    assert_true(key_of(one, "getSlot", NULL, 0));
    assert_true(key_of(other, "getSlot", "[]", 0));
    assert_memory_equal(one, other, sizeof(one));
    assert_true(key_of(other, "getSlot", "null", 0));
    assert_memory_equal(one, other, sizeof(one));
    assert_true(key_of(other, "g\\u0065tSlot", "[ ]", 0));
    assert_memory_equal(one, other, sizeof(one));
}


static void
calls_that_may_be_answered_otherwise_have_other_keys(void **state)
{
    size_t   i, j;
    uint8_t  keys[32][JUPREF_SHA256_SIZE];

    static const struct {
        const char  *method;
        const char  *params;
        uint64_t     min_slot;
    } calls[] = {
        { "getAccountInfo", "[" KEY "]", 0 },
        { "getAccountInfo", "[" KEY "]", 1 },
        { "getAccountInfo", "[" KEY "]", 256 },
        { "getBalance", "[" KEY "]", 0 },
        { "getAccountInfo", "[" KEY ",{\"commitment\":\"processed\"}]", 0 },
        { "getAccountInfo", "[" KEY ",{\"commitment\":\"confirmed\"}]", 0 },
        { "getAccountInfo", "[" KEY ",{\"encoding\":\"base64\"}]", 0 },
        { "getAccountInfo", "[" KEY ",{\"encoding\":\"base64 \"}]", 0 },
        { "getAccountInfo", "[" KEY ",{\"encoding\":\"ba se64\"}]", 0 },
        { "getAccountInfo", "[" KEY ",{\"encoding\":\"base64+zstd\"}]", 0 },
        { "getAccountInfo", "[" KEY ",{\"minContextSlot\":1}]", 0 },
        { "getAccountInfo", "[" KEY ",{\"minContextSlot\":11}]", 0 },
        { "getTransaction", "[" KEY
          ",{\"maxSupportedTransactionVersion\":0}]", 0 },
        { "getTransaction", "[" KEY
          ",{\"maxSupportedTransactionVersion\":1}]", 0 },
        { "getSlot", "[]", 0 },
        { "getSlotLeader", "[]", 0 },
        { "getSlot", "[{}]", 0 },
        { "getBlocks", "[1,2]", 0 },
        { "getBlocks", "[12]", 0 },
        { "getBlocks", "[\"1,2\"]", 0 }
    };

    for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        assert_true(key_of(keys[i], calls[i].method, calls[i].params,
                           calls[i].min_slot));

        for (j = 0; j < i; j++) {
            assert_memory_not_equal(keys[i], keys[j], JUPREF_SHA256_SIZE);
        }
    }
}


static void
what_is_not_understood_has_no_key(void **state)
{
    uint8_t  key[JUPREF_SHA256_SIZE];

    assert_false(key_of(key, "noSuch", "[]", 0));
    assert_false(key_of(key, "getBalance",
                        "[" KEY ",{\"commitment\":\"root\"}]", 0));
    assert_false(key_of(key, "getBalance", "[" KEY
                        ",{\"commitment\":\"processed\","
                        "\"commitment\":\"finalized\"}]", 0));
    assert_false(key_of(key, "getBalance", "{\"pubkey\":" KEY "}", 0));
}


static void
a_node_gets_the_clients_own_bytes(void **state)
{
    size_t                    i, len;
    char                      text[1024];
    uint8_t                   room[1024];
    rpc_calls_t               calls;
    const jupref_rpc_call_t  *call;

    static const struct {
        const char  *method;
        const char  *params;
        const char  *expected;
    } samples[] = {
        { "getSlot", NULL,
          "{\"jsonrpc\":\"2.0\",\"id\":18446744073709551615,"
          "\"method\":\"getSlot\",\"params\":[]}" },
        { "getSlot", "null",
          "{\"jsonrpc\":\"2.0\",\"id\":18446744073709551615,"
          "\"method\":\"getSlot\",\"params\":[]}" },
        { "getBalance", "[ " KEY ",{\"x\" : 1.50, \"y\":\"\\u00e9\"} ]",
          "{\"jsonrpc\":\"2.0\",\"id\":18446744073709551615,"
          "\"method\":\"getBalance\",\"params\":[ " KEY
          ",{\"x\" : 1.50, \"y\":\"\\u00e9\"} ]}" },
        { "no\\u0053uch", "{\"by\":\"name\"}",
          "{\"jsonrpc\":\"2.0\",\"id\":18446744073709551615,"
          "\"method\":\"no\\u0053uch\",\"params\":{\"by\":\"name\"}}" }
    };

    for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        call_text(text, samples[i].method, samples[i].params);
        call = rpc_calls_one(&calls, text);

        len = jupref_rpc_upstream_write(room, jupref_rpc_upstream_size(call),
                                        &calls.body, call, UINT64_MAX, 0);
        assert_span((jupref_bytes_t) { room, len }, samples[i].expected);

        assert_int_equal(jupref_rpc_upstream_write(room, len - 1, &calls.body,
                                                   call, UINT64_MAX, 0), 0);
        rpc_calls_free(&calls);
    }
}


static void
a_slot_is_demanded_where_the_method_takes_one(void **state)
{
    size_t                    i, len;
    char                      text[1024], expected[1024];
    uint8_t                   room[1024];
    rpc_calls_t               calls;
    const jupref_rpc_call_t  *call;

    /* what becomes of params when slot 500 is demanded; NULL: can't be */

    static const struct {
        const char  *method;
        const char  *params;
        const char  *becomes;
    } samples[] = {
        { "getSlot", NULL, "[{\"minContextSlot\":500}]" },
        { "getSlot", "[]", "[{\"minContextSlot\":500}]" },
        { "getSlot", "[ ]", "[ {\"minContextSlot\":500}]" },
        { "getSlot", "[null]", "[{\"minContextSlot\":500}]" },
        { "getSlot", "[{}]", "[{\"minContextSlot\":500}]" },
        { "getSlot", "[{ }]", "[{\"minContextSlot\":500 }]" },
        { "getSlot", "[{\"commitment\":\"confirmed\"}]",
          "[{\"minContextSlot\":500,\"commitment\":\"confirmed\"}]" },
        { "getBalance", "[" KEY "]", "[" KEY ",{\"minContextSlot\":500}]" },
        { "getBalance", "[" KEY " ]", "[" KEY " ,{\"minContextSlot\":500}]" },
        { "getBalance", "[" KEY ", null , 1]",
          "[" KEY ", {\"minContextSlot\":500} , 1]" },
        { "getBalance", "[" KEY ",{\"minContextSlot\" : 499 , \"a\":1}]",
          "[" KEY ",{\"minContextSlot\" : 500 , \"a\":1}]" },
        { "getBalance", "[" KEY ",{\"minContextSlot\":null}]",
          "[" KEY ",{\"minContextSlot\":500}]" },
        { "getBalance", "[" KEY ",{\"minContext\\u0053lot\":0}]",
          "[" KEY ",{\"minContext\\u0053lot\":500}]" },

        /* the client asks for as much or more */
        { "getBalance", "[" KEY ",{\"minContextSlot\":500}]",
          "[" KEY ",{\"minContextSlot\":500}]" },
        { "getBalance", "[" KEY ",{\"minContextSlot\":501}]",
          "[" KEY ",{\"minContextSlot\":501}]" },
        { "getTokenAccountsByOwner", "[" KEY ",{\"mint\":" KEY "}]",
          "[" KEY ",{\"mint\":" KEY "},{\"minContextSlot\":500}]" },
        { "getTokenAccountsByOwner", "[" KEY ",{\"mint\":" KEY "},{}]",
          "[" KEY ",{\"mint\":" KEY "},{\"minContextSlot\":500}]" },

        /* an earlier parameter is missing */
        { "getBalance", NULL, NULL },
        { "getBalance", "[]", NULL },
        { "getTokenAccountsByOwner", "[" KEY "]", NULL },

        /* what is there is no configuration, or an odd one */
        { "getBalance", "[" KEY ",\"confirmed\"]", NULL },
        { "getBalance", "[" KEY ",7]", NULL },
        { "getBalance", "[" KEY ",{\"minContextSlot\":\"1\"}]", NULL },
        { "getBalance", "[" KEY ",{\"minContextSlot\":1,"
          "\"minContextSlot\":2}]", NULL },
        { "getBalance", "{\"pubkey\":" KEY "}", NULL },

        /* the method doesn't take it */
        { "getTransaction", "[" KEY ",{}]", NULL },
        { "getSignatureStatuses", "[[" KEY "],{}]", NULL },
        { "getTokenAccountBalance", "[" KEY "]", NULL },
        { "getVersion", NULL, NULL },
        { "noSuch", "[{}]", NULL }
    };

    for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        call_text(text, samples[i].method, samples[i].params);
        call = rpc_calls_one(&calls, text);

        assert_int_equal(jupref_rpc_can_demand(&calls.body, call, 500),
                         samples[i].becomes != NULL);

        strcpy(expected, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"");
        strcat(strcat(expected, samples[i].method), "\",\"params\":");
        strcat(expected, samples[i].becomes != NULL ? samples[i].becomes
                         : samples[i].params != NULL ? samples[i].params
                         : "[]");
        strcat(expected, "}");

        len = jupref_rpc_upstream_write(room, jupref_rpc_upstream_size(call),
                                        &calls.body, call, 7, 500);
        assert_span((jupref_bytes_t) { room, len }, expected);
        rpc_calls_free(&calls);
    }
}


static void
what_a_node_gets_reads_as_the_client_meant_it(void **state)
{
    size_t                    len;
    char                      text[1024];
    unsigned                  i;
    uint8_t                   room[1024], key[JUPREF_SHA256_SIZE];
    uint8_t                   again[JUPREF_SHA256_SIZE];
    rpc_calls_t               calls, sent;
    const jupref_rpc_call_t  *call, *received;

    for (i = 0; i < jupref_rpc_method_count; i++) {
        call_text(text, jupref_rpc_methods[i].name,
                  "[" KEY ", {\"a\":[1 , 2]}, {\"minContextSlot\":3} ]");
        call = rpc_calls_one(&calls, text);

        len = jupref_rpc_upstream_write(room, sizeof(room) - 1, &calls.body,
                                        call, 7, 0);
        assert_true(len > 0);
        room[len] = '\0';

        received = rpc_calls_one(&sent, (char *) room);
        assert_ptr_equal(received->method, call->method);
        assert_int_equal(received->commitment, call->commitment);

        if (jupref_rpc_call_key(&calls.body, call, 0, key)) {
            assert_true(jupref_rpc_call_key(&sent.body, received, 0, again));
            assert_memory_equal(key, again, sizeof(key));
        }

        rpc_calls_free(&sent);

        len = jupref_rpc_upstream_write(room, sizeof(room) - 1, &calls.body,
                                        call, 7, UINT64_MAX);
        room[len] = '\0';

        received = rpc_calls_one(&sent, (char *) room);
        assert_true((received->min_slot == UINT64_MAX)
                    == jupref_rpc_can_demand(&calls.body, call, UINT64_MAX));
        rpc_calls_free(&sent);
        rpc_calls_free(&calls);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(
            the_same_call_has_the_same_key_however_it_is_laid_out),
        cmocka_unit_test(calls_that_may_be_answered_otherwise_have_other_keys),
        cmocka_unit_test(what_is_not_understood_has_no_key),
        cmocka_unit_test(a_node_gets_the_clients_own_bytes),
        cmocka_unit_test(a_slot_is_demanded_where_the_method_takes_one),
        cmocka_unit_test(what_a_node_gets_reads_as_the_client_meant_it)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
