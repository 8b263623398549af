/*
 * sendTransaction before it is sent: what is taken, what is refused and why,
 * and what nodes get.
 */

#include "base58_text.h"
#include "rpc_calls.h"
#include "sample_transaction.h"
#include "transaction_vectors.h"
#include "base/jupref_base64.h"
#include "solana/jupref_rpc_send.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


/* A call that was read, and what came of it. */
typedef struct {
    char                  text[8192];
    rpc_calls_t           calls;
    jupref_send_t         send;
    jupref_send_result_e  result;
} sent_t;


static void
send_params(sent_t *sent, const char *params)
{
    const jupref_rpc_call_t  *call;

    snprintf(sent->text, sizeof(sent->text), "{\"jsonrpc\":\"2.0\",\"id\":1,"
             "\"method\":\"sendTransaction\",\"params\":%s}", params);

    call = rpc_calls_one(&sent->calls, sent->text);
    sent->result = jupref_send_read(&sent->send, &sent->calls.body, call);
    rpc_calls_free(&sent->calls);
}


static void
send_with(sent_t *sent, const char *transaction, const char *config)
{
    char  params[7000];

    snprintf(params, sizeof(params), "[\"%s\",%s]", transaction, config);
    send_params(sent, params);
}


static void
any_signed_transaction_is_taken_in_both_encodings(void **state)
{
    char                  base58[5601], base64[5601];
    size_t                i, len;
    sent_t                sent;
    uint8_t               bytes[JUPREF_TRANSACTION_MAX], signature[88];
    uint8_t               hash[JUPREF_SHA256_SIZE];
    unsigned              encoding;
    jupref_transaction_t  transaction;

    for (i = 0;
         i < sizeof(transaction_vectors) / sizeof(transaction_vectors[0]);
         i++)
    {
        len = strlen(transaction_vectors[i].hex) / 2;
        assert_true(jupref_hex_decode(bytes, len, (jupref_bytes_t) {
                        (const uint8_t *) transaction_vectors[i].hex,
                        len * 2 }));
        assert_int_equal(jupref_transaction_parse(&transaction,
                             (jupref_bytes_t) { bytes, len }),
                         JUPREF_TRANSACTION_OK);
        assert_true(jupref_hex_decode(hash, sizeof(hash), (jupref_bytes_t) {
                        (const uint8_t *)
                        transaction_vectors[i].message_sha256, 64 }));

        /* the vectors may be unsigned: sign them with anything */

        memset(bytes + transaction_vectors[i].signatures_at, 0x2a,
               transaction_vectors[i].signer_count * JUPREF_SIGNATURE_SIZE);

        base58_text(base58, bytes, len);
        base64[jupref_base64_encode((uint8_t *) base64, (jupref_bytes_t) {
                                        bytes, len })] = '\0';

        for (encoding = 0; encoding < 3; encoding++) {
            if (encoding == 0) {
                send_with(&sent, base58, "null");

            } else if (encoding == 1) {
                send_with(&sent, base58, "{\"encoding\":\"base58\"}");

            } else {
                send_with(&sent, base64, "{\"encoding\":\"base64\"}");
            }

            assert_int_equal(sent.result, JUPREF_SEND_OK);
            assert_int_equal(sent.send.len, len);
            assert_memory_equal(sent.send.bytes, bytes, len);
            assert_memory_equal(sent.send.message_hash, hash, sizeof(hash));
            assert_memory_equal(sent.send.signature.bytes,
                                bytes + transaction_vectors[i].signatures_at,
                                JUPREF_SIGNATURE_SIZE);
            assert_int_equal(jupref_signature_format(signature,
                                                     &sent.send.signature),
                             sent.send.text_len);
            assert_memory_equal(sent.send.text, signature,
                                sent.send.text_len);
        }
    }
}


static void
the_largest_of_each_version_is_taken_and_no_larger(void **state)
{
    size_t                data;
    sent_t                sent;
    unsigned              version;
    sample_transaction_t  sample;

    for (version = JUPREF_TRANSACTION_LEGACY;
         version <= JUPREF_TRANSACTION_V1;
         version++)
    {
        /* grows until it is refused, by its version's own size */

        for (data = 800; ; data++) {
            sample_transaction_make(&sample,
                                    (jupref_transaction_version_e) version,
                                    data, 5);
            send_with(&sent, sample.base64, "{\"encoding\":\"base64\"}");

            if (sent.result != JUPREF_SEND_OK) {
                break;
            }

            if (version == JUPREF_TRANSACTION_V1 && data < 3800) {
                data = 3800;
            }

            assert_true(sent.send.transaction.version == version);
            assert_true(sent.send.len <= (version == JUPREF_TRANSACTION_V1
                                          ? JUPREF_TRANSACTION_MAX
                                          : JUPREF_TRANSACTION_V0_MAX));

            if (sent.send.len == JUPREF_TRANSACTION_MAX) {
                break;
            }
        }

        if (version == JUPREF_TRANSACTION_V1) {
            assert_int_equal(sent.result, JUPREF_SEND_OK);

        } else {
            assert_int_equal(sent.result, JUPREF_SEND_BAD_TRANSACTION);
            assert_int_equal(sent.send.parsed, JUPREF_TRANSACTION_TOO_LARGE);
            assert_int_equal(sent.send.len, JUPREF_TRANSACTION_V0_MAX + 1);
        }
    }
}


static void
what_no_node_could_take_is_refused_with_the_reason(void **state)
{
    size_t   i;
    char     message[JUPREF_SEND_MESSAGE + 1];
    uint8_t  room[JUPREF_SEND_MESSAGE];
    sent_t   sent;

    static const struct {
        const char            *params;
        jupref_send_result_e   result;
        const char            *says;
    } samples[] = {
        { "[]", JUPREF_SEND_NO_TRANSACTION, "first parameter" },
        { "null", JUPREF_SEND_NO_TRANSACTION, "first parameter" },
        { "{\"transaction\":\"AQ\"}", JUPREF_SEND_NO_TRANSACTION, "first" },
        { "[7]", JUPREF_SEND_NOT_STRING, "a string" },
        { "[null]", JUPREF_SEND_NOT_STRING, "a string" },
        { "[\"AQ\",\"base64\"]", JUPREF_SEND_BAD_CONFIG, "an object" },
        { "[\"AQ\",{\"encoding\":\"base64\",\"encoding\":\"base58\"}]",
          JUPREF_SEND_BAD_CONFIG, "nothing twice" },
        { "[\"AQ\",{\"encoding\":\"hex\"}]", JUPREF_SEND_BAD_ENCODING,
          "\"base64\" or \"base58\"" },
        { "[\"AQ\",{\"encoding\":64}]", JUPREF_SEND_BAD_ENCODING, "base64" },
        { "[\"AQ\",{\"encoding\":\"a very long name of one\"}]",
          JUPREF_SEND_BAD_ENCODING, "base64" },
        { "[\"AQ\",{\"skipPreflight\":1}]", JUPREF_SEND_BAD_SKIP,
          "true or false" },
        { "[\"AQ\",{\"skipPreflight\":\"true\"}]", JUPREF_SEND_BAD_SKIP,
          "true or false" },
        { "[\"AQ\",{\"preflightCommitment\":\"recent\"}]",
          JUPREF_SEND_BAD_COMMITMENT, "\"confirmed\"" },
        { "[\"AQ\",{\"preflightCommitment\":0}]",
          JUPREF_SEND_BAD_COMMITMENT, "\"confirmed\"" },
        { "[\"AQ\",{\"maxRetries\":-1}]", JUPREF_SEND_BAD_RETRIES,
          "whole number" },
        { "[\"AQ\",{\"maxRetries\":\"5\"}]", JUPREF_SEND_BAD_RETRIES,
          "whole number" },
        { "[\"AQ\",{\"minContextSlot\":1.5}]", JUPREF_SEND_BAD_MIN_SLOT,
          "slot number" },
        { "[\"AQ=\"]", JUPREF_SEND_BAD_BASE58, "not base58" },
        { "[\"0OIl\"]", JUPREF_SEND_BAD_BASE58, "\"encoding\": \"base64\"" },
        { "[\"AQ\",{\"encoding\":\"base64\"}]", JUPREF_SEND_BAD_BASE64,
          "padding" },
        { "[\"A*==\",{\"encoding\":\"base64\"}]", JUPREF_SEND_BAD_BASE64,
          "not base64" },
        { "[\"\"]", JUPREF_SEND_BAD_TRANSACTION, "no transaction" },
        { "[\"\",{\"encoding\":\"base64\"}]", JUPREF_SEND_BAD_TRANSACTION,
          "no transaction" },
        { "[\"AQ==\",{\"encoding\":\"base64\"}]",
          JUPREF_SEND_BAD_TRANSACTION, "cut short" },
        { "[\"gg==\",{\"encoding\":\"base64\"}]",
          JUPREF_SEND_BAD_TRANSACTION, "unknown transaction version" }
    };

    for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        jupref_bytes_t  told;

        send_params(&sent, samples[i].params);
        assert_int_equal(sent.result, samples[i].result);
        assert_int_equal(jupref_send_code(sent.result), -32602);

        told = jupref_send_message(room, &sent.send, sent.result);
        memcpy(message, told.data, told.len);
        message[told.len] = '\0';
        assert_non_null(strstr(message, samples[i].says));
        assert_ptr_equal(strstr(message, "Invalid params"), message);
    }

    assert_int_equal(jupref_send_code(JUPREF_SEND_OK), 0);
    assert_int_equal(jupref_send_code(JUPREF_SEND_NO_MEMORY), -32603);
}


static void
every_refusal_has_its_own_line_that_fits(void **state)
{
    unsigned       i, j;
    uint8_t        room[JUPREF_SEND_MESSAGE];
    jupref_send_t  send;

    memset(&send, 0, sizeof(send));

    for (i = 0; i < JUPREF_SEND_RESULTS; i++) {
        for (j = 0; j < i; j++) {
            assert_string_not_equal(
                jupref_send_text((jupref_send_result_e) i),
                jupref_send_text((jupref_send_result_e) j));
        }

        for (j = 0; j <= JUPREF_TRANSACTION_NO_MEMORY; j++) {
            send.parsed = (jupref_transaction_result_e) j;
            assert_in_range(jupref_send_message(room, &send,
                                (jupref_send_result_e) i).len,
                            1, JUPREF_SEND_MESSAGE - 1);
        }
    }
}


static void
too_long_is_refused_before_it_is_decoded(void **state)
{
    char    text[7000];
    sent_t  sent;

    memset(text, 0, sizeof(text));
    memset(text, 'z', 5594);
    send_with(&sent, text, "null");
    assert_int_equal(sent.result, JUPREF_SEND_BAD_BASE58);
    memset(text, 'z', 5595);
    send_with(&sent, text, "null");
    assert_int_equal(sent.result, JUPREF_SEND_TOO_LONG);

    memset(text, 0, sizeof(text));
    memset(text, 'A', 5464);
    send_with(&sent, text, "{\"encoding\":\"base64\"}");
    assert_int_equal(sent.result, JUPREF_SEND_TOO_LONG);
    memset(text, 'A', 5468);
    send_with(&sent, text, "{\"encoding\":\"base64\"}");
    assert_int_equal(sent.result, JUPREF_SEND_TOO_LONG);
    memset(text, 0, sizeof(text));
    memset(text, 'A', 5460);
    send_with(&sent, text, "{\"encoding\":\"base64\"}");
    assert_int_equal(sent.result, JUPREF_SEND_BAD_TRANSACTION);

    /* written with escapes it is as long as without */

    memset(text, 0, sizeof(text));
    memset(text, 'A', 6000);
    memcpy(text, "\\u0041", 6);
    send_with(&sent, text, "{\"encoding\":\"base64\"}");
    assert_int_equal(sent.result, JUPREF_SEND_TOO_LONG);
}


static void
a_signature_that_is_missing_is_missed_here(void **state)
{
    char                  text[5601];
    size_t                i, len;
    sent_t                sent;
    uint8_t               bytes[JUPREF_TRANSACTION_MAX];
    unsigned              signer, met;

    met = 0;

    for (i = 0;
         i < sizeof(transaction_vectors) / sizeof(transaction_vectors[0]);
         i++)
    {
        len = strlen(transaction_vectors[i].hex) / 2;
        assert_true(jupref_hex_decode(bytes, len, (jupref_bytes_t) {
                        (const uint8_t *) transaction_vectors[i].hex,
                        len * 2 }));

        for (signer = 0;
             signer < transaction_vectors[i].signer_count;
             signer++)
        {
            memset(bytes + transaction_vectors[i].signatures_at, 0x2a,
                   transaction_vectors[i].signer_count
                   * JUPREF_SIGNATURE_SIZE);
            memset(bytes + transaction_vectors[i].signatures_at
                   + signer * JUPREF_SIGNATURE_SIZE, 0,
                   JUPREF_SIGNATURE_SIZE);

            text[jupref_base64_encode((uint8_t *) text, (jupref_bytes_t) {
                                          bytes, len })] = '\0';
            send_with(&sent, text, "{\"encoding\":\"base64\"}");
            assert_int_equal(sent.result,
                             signer == 0 ? JUPREF_SEND_NOT_SIGNED
                                         : JUPREF_SEND_HALF_SIGNED);
            met += signer;
        }
    }

    assert_true(met > 0);
}


static void
base64_with_escaped_slashes_is_still_base64(void **state)
{
    char                  escaped[6000], *to;
    sent_t                sent;
    const char           *from;
    sample_transaction_t  sample;

    /* a signature of 0xff bytes is '/' all over */

    sample_transaction_make(&sample, JUPREF_TRANSACTION_V0, 10, 0xff);
    to = escaped;

    for (from = sample.base64; *from != '\0'; from++) {
        if (*from == '/') {
            *to++ = '\\';
        }

        *to++ = *from;
    }

    *to = '\0';
    assert_true(strlen(escaped) > strlen(sample.base64));

    send_with(&sent, escaped, "{\"encoding\":\"b\\u0061se64\"}");
    assert_int_equal(sent.result, JUPREF_SEND_OK);
    assert_memory_equal(sent.send.message_hash, sample.message_hash, 32);
}


static void
nodes_get_base64_and_the_judge_what_the_client_asked(void **state)
{
    char                  expected[8192];
    size_t                i, len;
    sent_t                sent;
    uint8_t               room[JUPREF_SEND_BODY];
    sample_transaction_t  sample;

    static const struct {
        const char  *config;
        uint64_t     min_slot;
        unsigned     copy;
        const char  *becomes;
    } samples[] = {
        { "null", 0, 0, "\"skipPreflight\":false" },
        { "null", 0, 1, "\"skipPreflight\":true" },
        { "null", 7, 0, "\"skipPreflight\":false,\"minContextSlot\":7" },
        { "{\"skipPreflight\":true}", 0, 0, "\"skipPreflight\":true" },
        { "{\"maxRetries\":0,\"minContextSlot\":9,"
          "\"preflightCommitment\":\"processed\"}", 7, 0,
          "\"skipPreflight\":false,\"maxRetries\":0,"
          "\"preflightCommitment\":\"processed\",\"minContextSlot\":9" },
        { "{\"maxRetries\":3,\"minContextSlot\":9,"
          "\"preflightCommitment\":\"processed\"}", 10, 0,
          "\"skipPreflight\":false,\"maxRetries\":3,"
          "\"preflightCommitment\":\"processed\",\"minContextSlot\":10" },
        { "{\"maxRetries\":3,\"minContextSlot\":9,"
          "\"preflightCommitment\":\"processed\"}", 10, 1,
          "\"skipPreflight\":true,\"maxRetries\":3" },
        { "{\"maxRetries\":null,\"minContextSlot\":null,\"encoding\":null,"
          "\"preflightCommitment\":null,\"skipPreflight\":null}", 0, 0,
          "\"skipPreflight\":false" }
    };

    char                  base58[5601];
    uint8_t               bytes[JUPREF_TRANSACTION_MAX];

    sample_transaction_make(&sample, JUPREF_TRANSACTION_LEGACY, 100, 9);
    assert_true(jupref_base64_decode(bytes, &len, (jupref_bytes_t) {
                    (uint8_t *) sample.base64, strlen(sample.base64) }));
    base58_text(base58, bytes, len);

    for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        send_with(&sent, base58, samples[i].config);
        assert_int_equal(sent.result, JUPREF_SEND_OK);

        sprintf(expected, "{\"jsonrpc\":\"2.0\",\"id\":77,\"method\":"
                "\"sendTransaction\",\"params\":[\"%s\",{\"encoding\":"
                "\"base64\",%s}]}", sample.base64, samples[i].becomes);

        len = jupref_send_write(room, sizeof(room), &sent.send, 77,
                                samples[i].min_slot, samples[i].copy);
        assert_span((jupref_bytes_t) { room, len }, expected);
        assert_int_equal(jupref_send_write(room, len - 1, &sent.send, 77,
                                           samples[i].min_slot,
                                           samples[i].copy), 0);
    }

    /* the largest, with everything as long as it gets */

    sample_transaction_make(&sample, JUPREF_TRANSACTION_V1, 3800, 9);
    send_with(&sent, sample.base64, "{\"encoding\":\"base64\",\"maxRetries\":"
              "18446744073709551615,\"minContextSlot\":18446744073709551615,"
              "\"preflightCommitment\":\"processed\"}");
    assert_int_equal(sent.result, JUPREF_SEND_OK);
    sent.send.len = JUPREF_TRANSACTION_MAX;
    assert_true(jupref_send_write(room, sizeof(room), &sent.send, UINT64_MAX,
                                  0, 0) > 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(any_signed_transaction_is_taken_in_both_encodings),
        cmocka_unit_test(the_largest_of_each_version_is_taken_and_no_larger),
        cmocka_unit_test(what_no_node_could_take_is_refused_with_the_reason),
        cmocka_unit_test(every_refusal_has_its_own_line_that_fits),
        cmocka_unit_test(too_long_is_refused_before_it_is_decoded),
        cmocka_unit_test(a_signature_that_is_missing_is_missed_here),
        cmocka_unit_test(base64_with_escaped_slashes_is_still_base64),
        cmocka_unit_test(nodes_get_base64_and_the_judge_what_the_client_asked)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
