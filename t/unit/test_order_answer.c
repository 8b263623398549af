/*
 * Jupiter's answers to GET …/order, as its documentation and captures show
 * them: each read whole and byte by byte, to the same end.
 */

#include "jupiter/jupref_order_answer.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "jupiter/jupref_signed_transaction.h"
#include "json_feed.h"
#include "sample_transaction.h"


#define TEXT_MAX  8192

#define USDC  "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"
#define WSOL  "So11111111111111111111111111111111111111112"
#define PUMP  "a3W4qutoEJA4232T2gwZUfgYJTetr96pU4SJMwppump"
#define TAKER  "jdocuPgEAjMfihABsPgKEvYtsmMzjUHeq9LX4Hvs7f3"
#define ACCOUNT  "45ruCyfdRkWpRNGEqWzjCiXRHkZs8WXCLQ67Pnpye7Hp"
#define REQUEST_ID  "019974a8-6c62-7b3a-a8a4-26d8ae7ab2c9"

/* %s: the transaction */
#define METIS                                                                 \
    "{\"mode\":\"ultra\",\"inputMint\":\"" USDC "\",\"outputMint\":\"" WSOL   \
    "\",\"inAmount\":\"100000000\",\"outAmount\":\"461208958\","              \
    "\"otherAmountThreshold\":\"460024271\",\"swapMode\":\"ExactIn\","        \
    "\"slippageBps\":26,\"inUsdValue\":99.98,\"outUsdValue\":99.91,"          \
    "\"swapUsdValue\":99.95,\"priceImpact\":-0.07,"                           \
    "\"priceImpactPct\":\"-0.0007\",\"routePlan\":[{\"swapInfo\":{"           \
    "\"ammKey\":\"x\",\"label\":\"Raydium CLMM\",\"inputMint\":\"" PUMP "\"," \
    "\"outputMint\":\"" PUMP "\",\"inAmount\":\"1\",\"outAmount\":\"2\","     \
    "\"feeAmount\":\"3\",\"feeMint\":\"" PUMP "\"},\"percent\":100,"          \
    "\"bps\":10000}],\"feeMint\":\"" WSOL "\",\"feeBps\":2,"                  \
    "\"platformFee\":{\"amount\":\"92242\",\"feeBps\":2},"                    \
    "\"signatureFeeLamports\":5000,\"prioritizationFeeLamports\":696237,"     \
    "\"rentFeeLamports\":0,\"swapType\":\"aggregator\",\"router\":\"metis\"," \
    "\"transaction\":\"%s\",\"gasless\":false,"                                \
    "\"requestId\":\"" REQUEST_ID "\","                                       \
    "\"totalTime\":359,\"taker\":\"" TAKER "\",\"quoteId\":null,"             \
    "\"maker\":null,\"expireAt\":null,\"lastValidBlockHeight\":\"416020992\"}"

#define RFQ                                                                   \
    "{\"requestId\":\"9bd7bc7c-2c5b-4a4f-9a56-8ee8b0b2c5ac\","                \
    "\"inputMint\":\"" USDC "\",\"outputMint\":\"" WSOL "\","                 \
    "\"inAmount\":\"100000000\",\"outAmount\":\"460250418\","                 \
    "\"otherAmountThreshold\":\"460250418\",\"slippageBps\":0,"               \
    "\"feeBps\":2,\"platformFee\":{\"amount\":\"92050\",\"feeBps\":2},"       \
    "\"gasless\":true,\"router\":\"jupiterz\",\"swapType\":\"rfq\","          \
    "\"quoteId\":\"q\",\"maker\":\"m\",\"expireAt\":\"1758598698\","          \
    "\"taker\":\"" TAKER "\",\"lastValidBlockHeight\":\"\","                  \
    "\"transaction\":\"%s\"}"

#define V2_A                                                                  \
    "{\"mode\":\"manual\",\"inputMint\":\"" WSOL "\",\"outputMint\":\"" USDC  \
    "\",\"inAmount\":\"1000000\",\"outAmount\":\"74896\","                    \
    "\"otherAmountThreshold\":\"74147\",\"slippageBps\":100,"                 \
    "\"feeMint\":\"" WSOL "\",\"feeBps\":2,\"platformFee\":{\"feeBps\":2,"    \
    "\"feeMint\":\"" WSOL "\"},\"jitOptimized\":false,"                       \
    "\"guaranteedPrice\":false,\"rentFeeLamports\":4078560,"                  \
    "\"lastValidBlockHeight\":\"416020992\",\"router\":\"dflow\","            \
    "\"totalTime\":232,\"transaction\":null,\"taker\":null,"                  \
    "\"requestId\":\"" REQUEST_ID "\"}"

#define V2_B                                                                  \
    "{\"mode\":\"manual\",\"inputMint\":\"" WSOL "\","                         \
    "\"outputMint\":\"" PUMP "\",\"inAmount\":100000000,"                      \
    "\"outAmount\":41665048348,"                                              \
    "\"feeBps\":\"100\",\"platformFee\":{\"feeBps\":\"100\","                 \
    "\"feeMint\":\"" WSOL "\",\"amount\":100000},"                            \
    "\"referralAccount\":\"" ACCOUNT "\",\"inUsdValue\":\"12.5\","            \
    "\"lastValidBlockHeight\":416020992,\"requestId\":\"" REQUEST_ID "\"}"

#define UNBUILDABLE                                                           \
    "{\"inputMint\":\"" USDC "\",\"outputMint\":\"" WSOL "\","                \
    "\"transaction\":\"\",\"errorCode\":3,"                                   \
    "\"errorMessage\":\"Minimum $5 for gasless\","                            \
    "\"error\":\"Minimum $5 for gasless\",\"gasless\":true,"                  \
    "\"platformFee\":null,\"requestId\":\"" REQUEST_ID "\"}"

#define NO_ROUTE                                                              \
    "{\"requestId\":\"01a0b360-1d61-7000-8000-000000000000\","                \
    "\"error\":\"Failed to get quotes\"}"

#define GATEWAY                                                               \
    "{\"code\":429,\"message\":\"[API Gateway] Too many requests\"}"


/* Reads a text whole, byte by byte and by sevens; all must say the same. */
static void
read_answer(jupref_order_answer_t *answer, const char *text)
{
    size_t                 piece;
    jupref_bytes_t         bytes;
    jupref_order_answer_t  again;

    bytes.data = (const uint8_t *) text;
    bytes.len = strlen(text);

    memset(answer, 0, sizeof(jupref_order_answer_t));
    assert_int_equal(json_feed(&jupref_order_answer_schema, answer, bytes, 0),
                     JUPREF_JSON_OK);

    for (piece = 1; piece <= 7; piece += 6) {
        memset(&again, 0, sizeof(jupref_order_answer_t));
        assert_int_equal(json_feed(&jupref_order_answer_schema, &again, bytes,
                                   piece),
                         JUPREF_JSON_OK);
        assert_memory_equal(&again, answer, sizeof(jupref_order_answer_t));
    }
}


/* One member alone in an object. */
static void
read_member(jupref_order_answer_t *answer, const char *member)
{
    char  text[TEXT_MAX];

    snprintf(text, TEXT_MAX, "{%s}", member);
    read_answer(answer, text);
}


static void
assert_key(const jupref_pubkey_t *key, const char *text)
{
    size_t   len;
    uint8_t  formatted[JUPREF_PUBKEY_TEXT];

    if (text == NULL) {
        assert_true(jupref_pubkey_is_zero(key));
        return;
    }

    len = jupref_pubkey_format(formatted, key);
    assert_int_equal(len, strlen(text));
    assert_memory_equal(formatted, text, len);
}


static void
assert_request_id(const jupref_order_answer_t *answer, const char *text)
{
    assert_int_equal(answer->request_id.len, strlen(text));
    assert_memory_equal(answer->request_id.bytes, text, strlen(text));
}


static void
assert_router(const jupref_order_answer_t *answer, const char *text)
{
    assert_int_equal(answer->router_len, strlen(text));
    assert_memory_equal(answer->router, text, strlen(text));
}


static void
an_order_of_metis_is_read_in_full(void **state)
{
    char                   text[TEXT_MAX];
    sample_transaction_t   sample;
    jupref_order_answer_t  answer;

    sample_transaction_make(&sample, JUPREF_TRANSACTION_V0, 300, 0);
    snprintf(text, TEXT_MAX, METIS, sample.base64);
    read_answer(&answer, text);

    assert_request_id(&answer, REQUEST_ID);
    assert_key(&answer.fee_mint, WSOL);
    assert_key(&answer.referral_account, NULL);
    assert_true(answer.in_amount == 100000000);
    assert_true(answer.out_amount == 461208958);
    assert_true(answer.volume_micro_usd == 99950000);
    assert_true(answer.last_valid_block_height == 416020992);
    assert_int_equal(answer.has_fee_bps, 1);
    assert_int_equal(answer.fee_bps, 2);
    assert_int_equal(answer.has_platform_fee_bps, 1);
    assert_int_equal(answer.platform_fee_bps, 2);
    assert_router(&answer, "metis");
    assert_int_equal(answer.transaction, JUPREF_TRANSACTION_OK);
    assert_memory_equal(answer.message_hash, sample.message_hash,
                        JUPREF_SHA256_SIZE);
}


static void
an_order_of_a_market_maker_lacks_its_fee_mint(void **state)
{
    char                   text[TEXT_MAX];
    sample_transaction_t   sample;
    jupref_order_answer_t  answer;

    sample_transaction_make(&sample, JUPREF_TRANSACTION_LEGACY, 20, 0);
    snprintf(text, TEXT_MAX, RFQ, sample.base64);
    read_answer(&answer, text);

    assert_key(&answer.fee_mint, NULL);
    assert_int_equal(answer.fee_bps, 2);
    assert_true(answer.last_valid_block_height == 0);
    assert_true(answer.volume_micro_usd == 0);
    assert_router(&answer, "jupiterz");
    assert_int_equal(answer.transaction, JUPREF_TRANSACTION_OK);
    assert_memory_equal(answer.message_hash, sample.message_hash,
                        JUPREF_SHA256_SIZE);
}


static void
a_platform_fee_may_lack_its_amount(void **state)
{
    jupref_order_answer_t  answer;

    read_answer(&answer, V2_A);

    assert_key(&answer.fee_mint, WSOL);
    assert_int_equal(answer.platform_fee_bps, 2);
    assert_true(answer.out_amount == 74896);
    assert_router(&answer, "dflow");
}


static void
numbers_are_read_quoted_or_bare(void **state)
{
    jupref_order_answer_t  answer;

    read_answer(&answer, V2_B);

    assert_true(answer.in_amount == 100000000);
    assert_true(answer.out_amount == UINT64_C(41665048348));
    assert_int_equal(answer.fee_bps, 100);
    assert_int_equal(answer.platform_fee_bps, 100);
    assert_key(&answer.fee_mint, WSOL);
    assert_key(&answer.referral_account, ACCOUNT);
    assert_true(answer.volume_micro_usd == 12500000);
    assert_true(answer.last_valid_block_height == 416020992);
}


static void
an_answer_without_a_transaction_has_none(void **state)
{
    unsigned                  i;
    jupref_order_answer_t     answer;
    static const char *const  texts[] = { V2_A, V2_B, UNBUILDABLE, NO_ROUTE,
                                          GATEWAY, "{}" };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        read_answer(&answer, texts[i]);
        assert_int_equal(answer.transaction, JUPREF_TRANSACTION_EMPTY);
    }

    read_member(&answer, "\"transaction\":{\"a\":1}");
    assert_int_equal(answer.transaction, JUPREF_TRANSACTION_EMPTY);
    read_member(&answer, "\"transaction\":true");
    assert_int_equal(answer.transaction, JUPREF_TRANSACTION_EMPTY);
}


static void
the_message_is_told_from_the_signatures_in_every_wire_form(void **state)
{
    char                          member[TEXT_MAX];
    unsigned                      version;
    sample_transaction_t          sample, signed_sample;
    jupref_order_answer_t         answer;

    for (version = JUPREF_TRANSACTION_LEGACY;
         version <= JUPREF_TRANSACTION_V1;
         version++)
    {
        sample_transaction_make(&sample, version, 100, 0);
        sample_transaction_make(&signed_sample, version, 100, 0x77);
        assert_string_not_equal(sample.base64, signed_sample.base64);

        snprintf(member, TEXT_MAX, "\"transaction\":\"%s\"", sample.base64);
        read_member(&answer, member);
        assert_int_equal(answer.transaction, JUPREF_TRANSACTION_OK);
        assert_memory_equal(answer.message_hash, sample.message_hash,
                            JUPREF_SHA256_SIZE);

        snprintf(member, TEXT_MAX, "\"transaction\":\"%s\"",
                 signed_sample.base64);
        read_member(&answer, member);
        assert_memory_equal(answer.message_hash, sample.message_hash,
                            JUPREF_SHA256_SIZE);
    }
}


static void
what_is_no_transaction_is_named_and_stops_nothing(void **state)
{
    char                   member[2 * TEXT_MAX];
    size_t                 len;
    sample_transaction_t   sample;
    jupref_order_answer_t  answer;

    read_member(&answer, "\"transaction\":\"not base64!\",\"feeBps\":7");
    assert_int_equal(answer.transaction, JUPREF_TRANSACTION_BAD_TEXT);
    assert_int_equal(answer.fee_bps, 7);

    read_member(&answer, "\"transaction\":42,\"feeBps\":7");
    assert_int_equal(answer.transaction, JUPREF_TRANSACTION_BAD_TEXT);
    assert_int_equal(answer.fee_bps, 7);

    read_member(&answer, "\"transaction\":\"AQID\",\"feeBps\":7");
    assert_int_not_equal(answer.transaction, JUPREF_TRANSACTION_OK);
    assert_int_equal(answer.fee_bps, 7);

    /* a good one cut, and one larger than any can be */

    sample_transaction_make(&sample, JUPREF_TRANSACTION_V0, 30, 0);
    len = strlen(sample.base64) / 4 * 4 - 8;
    snprintf(member, sizeof(member), "\"transaction\":\"%.*s\"", (int) len,
             sample.base64);
    read_member(&answer, member);
    assert_int_equal(answer.transaction, JUPREF_TRANSACTION_CUT);

    memset(member, 'A', sizeof(member));
    memcpy(member, "\"transaction\":\"", 15);
    memcpy(member + 15 + JUPREF_TRANSACTION_BASE64_MAX + 4, "\"", 2);
    read_member(&answer, member);
    assert_int_equal(answer.transaction, JUPREF_TRANSACTION_TOO_LARGE);
}


static void
a_field_of_the_wrong_form_is_as_good_as_missing(void **state)
{
    char                   text[TEXT_MAX];
    unsigned               i;
    jupref_order_answer_t  answer, nothing;

    static const char *const  values[] = {
        "null", "true", "{}", "{\"feeBps\":null}", "[]", "[1]", "\"x\"",
        "\"\"", "-1", "1.5", "1e99", "99999999999999999999", "\"1 \"",
        "\"1" WSOL "\""
    };

    static const char *const  fields[] = {
        "inputMint", "outputMint", "inAmount", "outAmount", "feeMint",
        "feeBps", "referralAccount", "taker", "lastValidBlockHeight"
    };

    memset(&nothing, 0, sizeof(nothing));

    for (i = 0; i < sizeof(values) / sizeof(values[0])
                    * (sizeof(fields) / sizeof(fields[0])); i++)
    {
        snprintf(text, TEXT_MAX, "{\"%s\":%s}",
                 fields[i / (sizeof(values) / sizeof(values[0]))],
                 values[i % (sizeof(values) / sizeof(values[0]))]);

        read_answer(&answer, text);

        answer.fee_bps = 0;
        assert_int_equal(answer.has_fee_bps, 0);
        answer.has_fee_bps = 0;

        if (memcmp(&answer, &nothing, sizeof(answer)) != 0) {
            print_error("%s leaves something\n", text);
            fail();
        }
    }
}


static void
a_rate_over_the_whole_is_no_rate(void **state)
{
    jupref_order_answer_t  answer;

    read_member(&answer, "\"feeBps\":10000");
    assert_int_equal(answer.has_fee_bps, 1);
    read_member(&answer, "\"feeBps\":10001");
    assert_int_equal(answer.has_fee_bps, 0);
    read_member(&answer, "\"platformFee\":{\"feeBps\":4294967346}");
    assert_int_equal(answer.has_platform_fee_bps, 0);
}


static void
a_request_id_of_up_to_64_bytes_is_kept(void **state)
{
    char                   text[TEXT_MAX];
    jupref_order_answer_t  answer;

    snprintf(text, TEXT_MAX, "{\"requestId\":\"%064d\"}", 7);
    read_answer(&answer, text);
    assert_int_equal(answer.request_id.len, 64);

    snprintf(text, TEXT_MAX, "{\"requestId\":\"%065d\"}", 7);
    read_answer(&answer, text);
    assert_int_equal(answer.request_id.len, 0);

    read_member(&answer, "\"requestId\":\"\"");
    assert_int_equal(answer.request_id.len, 0);

    read_member(&answer, "\"requestId\":\"a\\\"\\u00e9\"");
    assert_request_id(&answer, "a\"\xc3\xa9");
}


static void
the_volume_is_the_swaps_then_the_inputs_then_the_outputs(void **state)
{
    jupref_order_answer_t  answer;

    read_member(&answer, "\"outUsdValue\":1,\"inUsdValue\":2,"
                         "\"swapUsdValue\":3");
    assert_true(answer.volume_micro_usd == 3000000);

    read_member(&answer, "\"swapUsdValue\":3.0000019,\"inUsdValue\":2,"
                         "\"outUsdValue\":1");
    assert_true(answer.volume_micro_usd == 3000001);

    read_member(&answer, "\"outUsdValue\":1,\"inUsdValue\":2e-3,"
                         "\"swapUsdValue\":null");
    assert_true(answer.volume_micro_usd == 2000);

    read_member(&answer, "\"inUsdValue\":-2,\"outUsdValue\":\"1\"");
    assert_true(answer.volume_micro_usd == 1000000);

    read_member(&answer, "\"swapUsdValue\":0,\"inUsdValue\":2");
    assert_true(answer.volume_micro_usd == 0);

    read_member(&answer, "\"swapUsdValue\":1e30,\"inUsdValue\":2");
    assert_true(answer.volume_micro_usd == 2000000);
}


static void
the_fee_mint_at_the_top_goes_before_the_platform_fees(void **state)
{
    jupref_order_answer_t  answer;

    read_member(&answer, "\"feeMint\":\"" WSOL "\",\"platformFee\":"
                         "{\"feeMint\":\"" USDC "\"}");
    assert_key(&answer.fee_mint, WSOL);

    read_member(&answer, "\"platformFee\":{\"feeMint\":\"" USDC "\"},"
                         "\"feeMint\":\"" WSOL "\"");
    assert_key(&answer.fee_mint, WSOL);

    read_member(&answer, "\"platformFee\":{\"feeMint\":\"" USDC "\"},"
                         "\"feeMint\":\"1" WSOL "\"");
    assert_key(&answer.fee_mint, USDC);
}


static void
a_router_of_up_to_16_bytes_is_kept(void **state)
{
    jupref_order_answer_t  answer;

    read_member(&answer, "\"router\":\"0123456789abcdef\"");
    assert_router(&answer, "0123456789abcdef");
    read_member(&answer, "\"router\":\"0123456789abcdefg\"");
    assert_router(&answer, "");
    read_member(&answer, "\"router\":\"\"");
    assert_router(&answer, "");
}


static jupref_fee_verdict_e
verdict_of(const char *member, unsigned asked_bps)
{
    jupref_pubkey_t        account;
    jupref_order_answer_t  answer;

    assert_true(jupref_pubkey_parse(&account, jupref_bytes(ACCOUNT)));
    read_member(&answer, member);

    return jupref_fee_verdict(&answer, &account, asked_bps);
}


static void
a_fee_is_granted_at_our_rate_for_our_account_only(void **state)
{
    assert_int_equal(verdict_of("\"feeBps\":90", 90), JUPREF_FEE_GRANTED);
    assert_int_equal(verdict_of("\"feeBps\":90,\"referralAccount\":\""
                                ACCOUNT "\"", 90),
                     JUPREF_FEE_GRANTED);
    assert_int_equal(verdict_of("\"feeBps\":90,\"referralAccount\":\""
                                TAKER "\"", 90),
                     JUPREF_FEE_DROPPED);
    assert_int_equal(verdict_of("\"feeBps\":2", 90), JUPREF_FEE_DROPPED);
    assert_int_equal(verdict_of("\"feeBps\":97", 90), JUPREF_FEE_DROPPED);
    assert_int_equal(verdict_of("\"feeBps\":0", 90), JUPREF_FEE_DROPPED);

    /* feeBps may hold the gasless recoup, platformFee be Jupiter's part */

    assert_int_equal(verdict_of("\"feeBps\":97,\"platformFee\":"
                                "{\"feeBps\":90}", 90),
                     JUPREF_FEE_GRANTED);
    assert_int_equal(verdict_of("\"feeBps\":90,\"platformFee\":"
                                "{\"feeBps\":2}", 90),
                     JUPREF_FEE_GRANTED);
    assert_int_equal(verdict_of("\"feeBps\":97,\"platformFee\":"
                                "{\"feeBps\":2}", 90),
                     JUPREF_FEE_DROPPED);

    assert_int_equal(verdict_of("\"feeBps\":null", 90), JUPREF_FEE_UNSTATED);
    assert_int_equal(verdict_of("\"platformFee\":null", 90),
                     JUPREF_FEE_UNSTATED);

    assert_string_equal(jupref_fee_verdict_text(JUPREF_FEE_GRANTED),
                        "granted");
    assert_string_equal(jupref_fee_verdict_text(JUPREF_FEE_DROPPED),
                        "dropped");
    assert_string_equal(jupref_fee_verdict_text(JUPREF_FEE_UNSTATED),
                        "unstated");
}


static void
every_cut_of_an_answer_is_malformed_and_harmless(void **state)
{
    char                   text[TEXT_MAX];
    size_t                 len;
    jupref_order_answer_t  answer;

    snprintf(text, TEXT_MAX, METIS, "AQID");

    for (len = 1; len < strlen(text); len++) {
        memset(&answer, 0, sizeof(answer));
        assert_int_equal(json_feed(&jupref_order_answer_schema, &answer,
                                   (jupref_bytes_t) {
                                       (const uint8_t *) text, len }, 0),
                         JUPREF_JSON_MALFORMED);
    }
}


static void
a_field_given_twice_makes_the_answer_unusable(void **state)
{
    jupref_order_answer_t  answer;

    memset(&answer, 0, sizeof(answer));
    assert_int_equal(json_feed(&jupref_order_answer_schema, &answer,
                               jupref_bytes("{\"feeBps\":90,\"feeBps\":2}"),
                               0),
                     JUPREF_JSON_DUPLICATE);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(an_order_of_metis_is_read_in_full),
        cmocka_unit_test(an_order_of_a_market_maker_lacks_its_fee_mint),
        cmocka_unit_test(a_platform_fee_may_lack_its_amount),
        cmocka_unit_test(numbers_are_read_quoted_or_bare),
        cmocka_unit_test(an_answer_without_a_transaction_has_none),
        cmocka_unit_test(
            the_message_is_told_from_the_signatures_in_every_wire_form),
        cmocka_unit_test(what_is_no_transaction_is_named_and_stops_nothing),
        cmocka_unit_test(a_field_of_the_wrong_form_is_as_good_as_missing),
        cmocka_unit_test(a_rate_over_the_whole_is_no_rate),
        cmocka_unit_test(a_request_id_of_up_to_64_bytes_is_kept),
        cmocka_unit_test(
            the_volume_is_the_swaps_then_the_inputs_then_the_outputs),
        cmocka_unit_test(
            the_fee_mint_at_the_top_goes_before_the_platform_fees),
        cmocka_unit_test(a_router_of_up_to_16_bytes_is_kept),
        cmocka_unit_test(a_fee_is_granted_at_our_rate_for_our_account_only),
        cmocka_unit_test(every_cut_of_an_answer_is_malformed_and_harmless),
        cmocka_unit_test(a_field_given_twice_makes_the_answer_unusable)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
