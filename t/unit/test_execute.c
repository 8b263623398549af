/*
 * Execute: what the client sends, what Jupiter's answer means, and what fee
 * it tells.  Money is only booked on Jupiter's full word for success.
 */

#include "jupiter/jupref_execute.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "json_feed.h"
#include "sample_transaction.h"


#define TEXT_MAX  8192

#define SIGNATURE                                                             \
    "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRzr" \
    "FmBV6UjKdiSZkQUW"

#define LIVE                                                                  \
    "{\"status\":\"Success\",\"signature\":\"" SIGNATURE "\","                \
    "\"slot\":\"375472764\",\"code\":0,\"totalInputAmount\":\"1000000\","     \
    "\"totalOutputAmount\":\"191794\",\"inputAmountResult\":\"999800\","      \
    "\"outputAmountResult\":\"191794\"}"

#define DOCS                                                                  \
    "{\"status\":\"Success\",\"signature\":\"" SIGNATURE "\","                \
    "\"slot\":\"323598314\",\"error\":null,\"code\":0,"                       \
    "\"inputAmountResult\":\"9995000\",\"outputAmountResult\":\"1274698\","   \
    "\"swapEvents\":[{\"inputMint\":\"x\",\"inputAmount\":\"9995000\","       \
    "\"outputMint\":\"y\",\"outputAmount\":\"1274698\",\"code\":7}]}"

#define FAILED_ON_CHAIN                                                       \
    "{\"status\":\"Failed\",\"signature\":\"" SIGNATURE "\","                 \
    "\"slot\":\"368661931\",\"code\":6001,"                                   \
    "\"error\":\"Slippage tolerance exceeded\",\"totalInputAmount\":\"10\","  \
    "\"totalOutputAmount\":\"20\",\"inputAmountResult\":\"10\","              \
    "\"outputAmountResult\":\"20\",\"swapEvents\":[{},{}]}"

#define NOT_LANDED                                                            \
    "{\"status\":\"Failed\",\"slot\":\"0\",\"signature\":\"" SIGNATURE "\","  \
    "\"code\":-1005,\"error\":\"Transaction expired\"}"

#define RFQ_FAILED                                                            \
    "{\"status\":\"Failed\",\"slot\":\"0\",\"code\":-2005,"                   \
    "\"error\":\"Internal error\"}"

#define ORDER_MISSING                                                         \
    "{\"code\":-1,\"error\":\"Order not found, it might have expired\"}"

#define GATEWAY                                                               \
    "{\"code\":429,\"message\":\"[API Gateway] Too many requests\"}"


/* Reads an answer whole and byte by byte; both must say the same. */
static unsigned
read_answer(jupref_execute_answer_t *answer, const char *text)
{
    jupref_bytes_t           bytes;
    jupref_json_result_e     result;
    jupref_execute_answer_t  again;

    bytes.data = (const uint8_t *) text;
    bytes.len = strlen(text);

    memset(answer, 0, sizeof(jupref_execute_answer_t));
    memset(&again, 0, sizeof(jupref_execute_answer_t));

    result = json_feed(&jupref_execute_answer_schema, answer, bytes, 0);
    assert_int_equal(json_feed(&jupref_execute_answer_schema, &again, bytes,
                               1),
                     result);
    assert_memory_equal(&again, answer, sizeof(jupref_execute_answer_t));

    return result == JUPREF_JSON_OK;
}


static void
assert_outcome(unsigned http_status, const char *text,
    jupref_trade_outcome_e expected)
{
    unsigned                 readable;
    jupref_trade_outcome_e   outcome;
    jupref_execute_answer_t  answer;

    readable = read_answer(&answer, text);
    outcome = jupref_execute_outcome(http_status, readable, &answer);

    if (outcome != expected) {
        print_error("%u %s is %s (%d), not %s (%d)\n", http_status, text,
                    jupref_trade_outcome_text(outcome), (int) outcome,
                    jupref_trade_outcome_text(expected), (int) expected);
        fail();
    }
}


static void
only_the_full_word_for_success_is_executed(void **state)
{
    assert_outcome(200, LIVE, JUPREF_TRADE_EXECUTED);
    assert_outcome(200, DOCS, JUPREF_TRADE_EXECUTED);
    assert_outcome(200, "{\"status\":\"Success\",\"code\":0}",
                   JUPREF_TRADE_EXECUTED);
    assert_outcome(200, "{\"status\":\"Success\",\"code\":\"0\"}",
                   JUPREF_TRADE_EXECUTED);

    assert_outcome(200, "{\"status\":\"Success\"}", JUPREF_TRADE_UNKNOWN);
    assert_outcome(200, "{\"status\":\"Success\",\"code\":null}",
                   JUPREF_TRADE_UNKNOWN);
    assert_outcome(200, "{\"status\":\"Success\",\"code\":0.0}",
                   JUPREF_TRADE_UNKNOWN);
    assert_outcome(200, "{\"status\":\"Success\",\"code\":1}",
                   JUPREF_TRADE_UNKNOWN);
    assert_outcome(200, "{\"status\":\"Success\",\"code\":-1000}",
                   JUPREF_TRADE_UNKNOWN);
    assert_outcome(200, "{\"status\":\"success\",\"code\":0}",
                   JUPREF_TRADE_UNKNOWN);
    assert_outcome(200, "{\"status\":true,\"code\":0}", JUPREF_TRADE_UNKNOWN);
    assert_outcome(200, "{\"status\":[\"Success\"],\"code\":0}",
                   JUPREF_TRADE_UNKNOWN);
    assert_outcome(201, LIVE, JUPREF_TRADE_UNKNOWN);
    assert_outcome(202, LIVE, JUPREF_TRADE_UNKNOWN);
    assert_outcome(302, LIVE, JUPREF_TRADE_UNKNOWN);
    assert_outcome(0, LIVE, JUPREF_TRADE_UNKNOWN);
}


static void
a_failed_trade_frees_its_order(void **state)
{
    char      text[TEXT_MAX];
    unsigned  i;

    static const int  codes[] = {
        -2, -3, -4, -5, -1000, -1002, -1003, -1004, -1005, -1007, -2000,
        -2002, -2003, -2004, -2005, 1, 6001, 6003, 6008, 6011, 6014, 6024,
        6025, 4615026
    };

    assert_outcome(200, FAILED_ON_CHAIN, JUPREF_TRADE_FAILED);
    assert_outcome(200, NOT_LANDED, JUPREF_TRADE_FAILED);
    assert_outcome(200, RFQ_FAILED, JUPREF_TRADE_FAILED);
    assert_outcome(200, "{\"status\":\"Failed\"}", JUPREF_TRADE_FAILED);

    for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        snprintf(text, TEXT_MAX, "{\"status\":\"Failed\",\"code\":%d}",
                 codes[i]);
        assert_outcome(200, text, JUPREF_TRADE_FAILED);
    }
}


static void
what_may_still_land_is_unknown(void **state)
{
    char              text[TEXT_MAX];
    unsigned          i, j;
    static const int  codes[] = { -1001, -1006, -2001 };

    static const char *const  shapes[][2] = {
        { "{\"status\":\"Failed\",\"code\":", "}" },
        { "{\"status\":\"Success\",\"code\":", "}" },
        { "{\"status\":\"Pending\",\"code\":", "}" },
        { "{\"code\":", ",\"error\":\"x\"}" },
        { "{\"code\":\"", "\",\"signature\":\"" SIGNATURE "\"}" }
    };

    for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        for (j = 0; j < sizeof(shapes) / sizeof(shapes[0]); j++) {
            snprintf(text, TEXT_MAX, "%s%d%s", shapes[j][0], codes[i],
                     shapes[j][1]);

            /* the status line doesn't make it land any less */

            assert_outcome(200, text, JUPREF_TRADE_UNKNOWN);
            assert_outcome(400, text, JUPREF_TRADE_UNKNOWN);
            assert_outcome(500, text, JUPREF_TRADE_UNKNOWN);
        }
    }
}


static void
silence_and_noise_are_never_a_failure(void **state)
{
    unsigned                  i, status;
    static const char *const  texts[] = {
        LIVE, FAILED_ON_CHAIN, ORDER_MISSING, "{}", "", "<html>"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (status = 500; status < 600; status += 3) {
            assert_outcome(status, texts[i], JUPREF_TRADE_UNKNOWN);
        }
    }

    assert_outcome(200, "", JUPREF_TRADE_UNKNOWN);
    assert_outcome(200, "{}", JUPREF_TRADE_UNKNOWN);
    assert_outcome(200, "[]", JUPREF_TRADE_UNKNOWN);
    assert_outcome(200, "<html>", JUPREF_TRADE_UNKNOWN);
    assert_outcome(200, "{\"status\":\"Failed\",\"code\":6001",
                   JUPREF_TRADE_UNKNOWN);
    assert_outcome(200, "{\"status\":\"Success\",\"code\":0}x",
                   JUPREF_TRADE_UNKNOWN);
    assert_outcome(200, "{\"status\":\"Failed\",\"status\":\"Success\"}",
                   JUPREF_TRADE_UNKNOWN);
    assert_outcome(200, "{\"status\":\"Pending\",\"code\":0}",
                   JUPREF_TRADE_UNKNOWN);
    assert_outcome(200, "{\"status\":\"Pending\",\"code\":-1}",
                   JUPREF_TRADE_UNKNOWN);
    assert_outcome(200, GATEWAY, JUPREF_TRADE_UNKNOWN);
    assert_outcome(200, "{\"code\":0}", JUPREF_TRADE_UNKNOWN);
}


static void
what_is_turned_away_may_be_tried_again(void **state)
{
    unsigned                  i, status;
    static const char *const  texts[] = {
        ORDER_MISSING, "{\"error\":\"x\",\"code\":-2}", GATEWAY, "", "<html>",
        "{}"
    };

    assert_outcome(200, ORDER_MISSING, JUPREF_TRADE_REFUSED);
    assert_outcome(200, "{\"code\":-4}", JUPREF_TRADE_REFUSED);

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (status = 401; status < 406; status++) {
            assert_outcome(status, texts[i], JUPREF_TRADE_REFUSED);
        }

        assert_outcome(429, texts[i], JUPREF_TRADE_REFUSED);
    }

    for (status = 400; status < 500; status++) {
        assert_outcome(status, ORDER_MISSING, JUPREF_TRADE_REFUSED);
        assert_outcome(status, GATEWAY, JUPREF_TRADE_REFUSED);
    }

    /* a page of somebody in between tells nothing of the trade */

    assert_outcome(400, "<html>", JUPREF_TRADE_UNKNOWN);
    assert_outcome(408, "<html>", JUPREF_TRADE_UNKNOWN);
    assert_outcome(408, "", JUPREF_TRADE_UNKNOWN);
    assert_outcome(499, "<html>", JUPREF_TRADE_UNKNOWN);
}


static void
the_outcomes_have_their_public_words(void **state)
{
    assert_string_equal(jupref_trade_outcome_text(JUPREF_TRADE_EXECUTED),
                        "executed");
    assert_string_equal(jupref_trade_outcome_text(JUPREF_TRADE_FAILED),
                        "failed");
    assert_string_equal(jupref_trade_outcome_text(JUPREF_TRADE_REFUSED),
                        "failed");
    assert_string_equal(jupref_trade_outcome_text(JUPREF_TRADE_UNKNOWN),
                        "unknown");
    assert_string_equal(jupref_trade_outcome_text(JUPREF_TRADE_UNMATCHED),
                        "unmatched");
}


static void
an_answer_is_read_in_full(void **state)
{
    jupref_signature_t       signature;
    jupref_execute_answer_t  answer;

    assert_true(jupref_signature_parse(&signature, jupref_bytes(SIGNATURE)));
    assert_true(read_answer(&answer, LIVE));

    assert_int_equal(answer.status, JUPREF_STATUS_SUCCESS);
    assert_int_equal(answer.has_code, 1);
    assert_true(answer.code == 0);
    assert_memory_equal(&answer.signature, &signature, sizeof(signature));
    assert_true(answer.slot == 375472764);
    assert_int_equal(answer.has_total_input, 1);
    assert_true(answer.total_input == 1000000);
    assert_int_equal(answer.has_total_output, 1);
    assert_true(answer.total_output == 191794);
    assert_int_equal(answer.has_input_result, 1);
    assert_true(answer.input_result == 999800);
    assert_int_equal(answer.has_output_result, 1);
    assert_true(answer.output_result == 191794);

    /* members of swapEvents are nobody's code */

    assert_true(read_answer(&answer, DOCS));
    assert_true(answer.code == 0);
    assert_int_equal(answer.has_total_input, 0);
    assert_int_equal(answer.has_total_output, 0);

    assert_true(read_answer(&answer, RFQ_FAILED));
    assert_true(jupref_signature_is_zero(&answer.signature));
    assert_true(answer.code == -2005);

    assert_true(read_answer(&answer, "{\"signature\":\"1" SIGNATURE "\","
                            "\"slot\":-1,\"totalInputAmount\":1.5}"));
    assert_true(jupref_signature_is_zero(&answer.signature));
    assert_true(answer.slot == 0);
    assert_int_equal(answer.has_total_input, 0);
}


static void
read_request(jupref_execute_request_t *request, const char *text,
    size_t piece)
{
    memset(request, 0, sizeof(jupref_execute_request_t));
    assert_int_equal(json_feed(&jupref_execute_request_schema, request,
                               (jupref_bytes_t) { (const uint8_t *) text,
                                                  strlen(text) }, piece),
                     JUPREF_JSON_OK);
}


static void
a_request_gives_its_order_and_its_transaction(void **state)
{
    char                      text[TEXT_MAX];
    unsigned                  version, piece;
    sample_transaction_t      sample;
    jupref_execute_request_t  request;

    for (version = JUPREF_TRANSACTION_LEGACY;
         version <= JUPREF_TRANSACTION_V1;
         version++)
    {
        sample_transaction_make(&sample, version, 100, 0x77);
        snprintf(text, TEXT_MAX, "{\"signedTransaction\":\"%s\","
                 "\"requestId\":\"abc\",\"lastValidBlockHeight\":\"1\"}",
                 sample.base64);

        for (piece = 0; piece <= 2; piece++) {
            read_request(&request, text, piece);
            assert_int_equal(request.has_transaction, 1);
            assert_int_equal(request.transaction, JUPREF_TRANSACTION_OK);
            assert_int_equal(request.request_id.len, 3);
            assert_memory_equal(request.request_id.bytes, "abc", 3);
            assert_memory_equal(request.message_hash, sample.message_hash,
                                JUPREF_SHA256_SIZE);
            assert_memory_equal(&request.signature, &sample.signature,
                                sizeof(sample.signature));
        }
    }
}


static void
a_transaction_its_maker_has_not_signed_yet_has_no_signature(void **state)
{
    char                      text[TEXT_MAX];
    sample_transaction_t      sample;
    jupref_execute_request_t  request;

    sample_transaction_make(&sample, JUPREF_TRANSACTION_V0, 100, 0);
    snprintf(text, TEXT_MAX, "{\"signedTransaction\":\"%s\"}", sample.base64);
    read_request(&request, text, 0);

    assert_int_equal(request.transaction, JUPREF_TRANSACTION_OK);
    assert_true(jupref_signature_is_zero(&request.signature));
}


static void
a_request_that_is_none_gives_nothing(void **state)
{
    unsigned                  i;
    jupref_execute_request_t  request;
    static const char *const  texts[] = {
        "{}", "{\"requestId\":1,\"signedTransaction\":null}",
        "{\"requestId\":\"\",\"signedTransaction\":\"\"}",
        "{\"requestId\":[\"abc\"],\"signedTransaction\":{}}",
        "{\"signedTransaction\":\"AQID\"}",
        "{\"signedTransaction\":\"AQI\"}",
        "{\"signedTransaction\":\"\\u0000\"}"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        read_request(&request, texts[i], i % 2);
        assert_int_not_equal(request.transaction, JUPREF_TRANSACTION_OK);
        assert_int_equal(request.request_id.len, 0);
        assert_true(jupref_signature_is_zero(&request.signature));
    }
}


/* The fee of an order of mint 1 for mint 2, as reference samples give it. */
static uint64_t
estimate(uint8_t fee_mint, uint64_t in_amount, uint64_t out_amount,
    unsigned bps, const char *text)
{
    jupref_pubkey_t          input, output, fee;
    jupref_execute_answer_t  answer;

    memset(&input, 1, sizeof(input));
    memset(&output, 2, sizeof(output));
    memset(&fee, fee_mint, sizeof(fee));
    assert_true(read_answer(&answer, text));

    return jupref_estimate_fee(&input, &output, &fee, in_amount, out_amount,
                               bps, 1, &answer);
}


static void
a_fee_whose_mint_was_not_stated_is_told_by_the_side_that_differs(void **state)
{
    jupref_pubkey_t          input, output, fee;
    jupref_execute_answer_t  answer;

    memset(&input, 1, sizeof(input));
    memset(&output, 2, sizeof(output));
    memset(&fee, 0, sizeof(fee));

    assert_true(read_answer(&answer,
        "{\"totalInputAmount\":\"1000000\",\"inputAmountResult\":\"991000\","
        "\"totalOutputAmount\":\"5\",\"outputAmountResult\":\"5\"}"));
    assert_true(jupref_estimate_fee(&input, &output, &fee, 1000000, 5, 90, 0,
                                    &answer)
                == 9000);
    assert_true(jupref_pubkey_equal(&fee, &input));

    memset(&fee, 0, sizeof(fee));
    assert_true(read_answer(&answer,
        "{\"totalInputAmount\":\"7\",\"inputAmountResult\":\"7\","
        "\"totalOutputAmount\":\"991\",\"outputAmountResult\":\"1000\"}"));
    assert_true(jupref_estimate_fee(&input, &output, &fee, 7, 991, 90, 0,
                                    &answer)
                == 9);
    assert_true(jupref_pubkey_equal(&fee, &output));

    /* both sides or none differ: nobody knows */

    memset(&fee, 0, sizeof(fee));
    assert_true(read_answer(&answer, "{}"));
    assert_true(jupref_estimate_fee(&input, &output, &fee, 1000000, 5, 90, 1,
                                    &answer)
                == 0);
    assert_true(jupref_pubkey_is_zero(&fee));
}


static void
a_rate_that_jupiter_did_not_confirm_is_no_evidence(void **state)
{
    jupref_pubkey_t          input, output, fee;
    jupref_execute_answer_t  answer;

    memset(&input, 1, sizeof(input));
    memset(&output, 2, sizeof(output));
    fee = input;

    assert_true(read_answer(&answer, "{}"));
    assert_true(jupref_estimate_fee(&input, &output, &fee, 1000000, 5, 90, 0,
                                    &answer)
                == 0);

    assert_true(read_answer(&answer, LIVE));
    assert_true(jupref_estimate_fee(&input, &output, &fee, 1000000, 191794, 2,
                                    0, &answer)
                == 200);
}


static void
a_fee_of_the_input_is_known_exactly(void **state)
{
    assert_true(estimate(1, 1000000, 191794, 2, LIVE) == 200);
    assert_true(estimate(1, 1000000, 0, 2, "{}") == 200);
    assert_true(estimate(1, 100000000, 0, 10, "{}") == 100000);

    /* what the wallet and the route say goes before the rate */

    assert_true(estimate(1, 1000000, 0, 2, "{\"totalInputAmount\":\"1000000\","
                         "\"inputAmountResult\":\"999801\"}") == 199);
    assert_true(estimate(1, 1000000, 0, 2,
                         "{\"totalInputAmount\":\"1000000\"}") == 200);
    assert_true(estimate(1, 1000000, 0, 2, "{\"totalInputAmount\":\"5\","
                         "\"inputAmountResult\":\"6\"}") == 200);
}


static void
a_fee_of_the_output_is_what_the_route_gave_over_what_arrived(void **state)
{
    assert_true(estimate(2, 0, 4647512, 2,
                         "{\"outputAmountResult\":\"4648441\","
                         "\"totalOutputAmount\":\"4647512\"}") == 929);
    assert_true(estimate(2, 0, 0, 2,
                         "{\"outputAmountResult\":\"4648441\"}") == 929);
    assert_true(estimate(2, 0, 2101, 10,
                         "{\"outputAmountResult\":\"2103\","
                         "\"totalOutputAmount\":\"2101\"}") == 2);
    assert_true(estimate(2, 0, 0, 10, "{\"outputAmountResult\":\"2103\"}")
                == 2);

    /* before it is known, by the order; floored */

    assert_true(estimate(2, 0, 17057460, 5, "{}") == 8528);
    assert_true(estimate(2, 0, 460250418, 2, "{}") == 92050);
    assert_true(estimate(2, 0, 1000, 2, "{\"outputAmountResult\":\"5\","
                         "\"totalOutputAmount\":\"6\"}") == 0);
}


static void
without_a_rate_or_a_side_there_is_no_fee(void **state)
{
    assert_true(estimate(1, 1000000, 191794, 0, LIVE) == 0);
    assert_true(estimate(2, 1000000, 191794, 0, LIVE) == 0);
    assert_true(estimate(3, 1000000, 191794, 2, LIVE) == 0);
    assert_true(estimate(0, 1000000, 191794, 2, "{}") == 0);
    assert_true(estimate(1, UINT64_MAX, 0, 10000, "{}") == UINT64_MAX);
    assert_true(estimate(1, UINT64_MAX, 0, 255, "{}")
                == UINT64_C(470391973879593566));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(only_the_full_word_for_success_is_executed),
        cmocka_unit_test(a_failed_trade_frees_its_order),
        cmocka_unit_test(what_may_still_land_is_unknown),
        cmocka_unit_test(silence_and_noise_are_never_a_failure),
        cmocka_unit_test(what_is_turned_away_may_be_tried_again),
        cmocka_unit_test(the_outcomes_have_their_public_words),
        cmocka_unit_test(an_answer_is_read_in_full),
        cmocka_unit_test(a_request_gives_its_order_and_its_transaction),
        cmocka_unit_test(
            a_transaction_its_maker_has_not_signed_yet_has_no_signature),
        cmocka_unit_test(a_request_that_is_none_gives_nothing),
        cmocka_unit_test(
            a_fee_whose_mint_was_not_stated_is_told_by_the_side_that_differs),
        cmocka_unit_test(a_rate_that_jupiter_did_not_confirm_is_no_evidence),
        cmocka_unit_test(a_fee_of_the_input_is_known_exactly),
        cmocka_unit_test(
            a_fee_of_the_output_is_what_the_route_gave_over_what_arrived),
        cmocka_unit_test(without_a_rate_or_a_side_there_is_no_fee)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
