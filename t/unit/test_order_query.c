/*
 * The query string of an order as it is read: what it asks for, and what
 * Jupiter would refuse.
 */

#include "jupiter/jupref_order_query.h"

#include <ctype.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


#define TEXT_MAX  1024

#define USDC  "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"
#define WSOL  "So11111111111111111111111111111111111111112"
#define TAKER  "jdocuPgEAjMfihABsPgKEvYtsmMzjUHeq9LX4Hvs7f3"

#define ORDER  "inputMint=" USDC "&outputMint=" WSOL "&amount=100000000"


#define count_of(array)  (sizeof(array) / sizeof((array)[0]))


/* A copy that ends where the text does, so that reading on is caught. */
static jupref_bytes_t
exactly(const char *text)
{
    uint8_t         *copy;
    jupref_bytes_t   bytes;

    bytes.len = strlen(text);
    copy = malloc(bytes.len);
    assert_true(copy != NULL || bytes.len == 0);

    if (bytes.len) {
        memcpy(copy, text, bytes.len);
    }

    bytes.data = copy;

    return bytes;
}


static void
release(jupref_bytes_t bytes)
{
    free((void *) (uintptr_t) bytes.data);
}


static jupref_query_result_e
parsed(jupref_order_query_t *query, const char *args)
{
    jupref_bytes_t         bytes;
    jupref_query_result_e  result;

    bytes = exactly(args);
    result = jupref_order_query_parse(query, bytes);
    release(bytes);

    return result;
}


static void
assert_parses(const char *args, jupref_query_result_e expected)
{
    jupref_order_query_t   query;
    jupref_query_result_e  result;

    result = parsed(&query, args);

    if (result != expected) {
        print_error("%s\nis \"%s\", not \"%s\"\n", args,
                    jupref_query_result_text(result),
                    jupref_query_result_text(expected));
        fail();
    }
}


static void
an_order_is_read_in_full(void **state)
{
    jupref_pubkey_t       key;
    jupref_order_query_t  query;

    assert_int_equal(parsed(&query, "%69nputMint=" USDC "&outputMint="
                            "So1111111111111111111111111111111111111111%32"
                            "&taker=" TAKER "&amount=18446744073709551615"
                            "&ref=Alice-_9"),
                     JUPREF_QUERY_OK);

    assert_true(jupref_pubkey_parse(&key, jupref_bytes(USDC)));
    assert_true(jupref_pubkey_equal(&query.input_mint, &key));
    assert_true(jupref_pubkey_parse(&key, jupref_bytes(WSOL)));
    assert_true(jupref_pubkey_equal(&query.output_mint, &key));
    assert_true(jupref_pubkey_parse(&key, jupref_bytes(TAKER)));
    assert_true(jupref_pubkey_equal(&query.taker, &key));
    assert_int_equal(query.has_taker, 1);
    assert_true(query.amount == UINT64_MAX);
    assert_int_equal(query.code_len, 8);
    assert_memory_equal(query.code, "Alice-_9", 8);

    assert_int_equal(parsed(&query, ORDER), JUPREF_QUERY_OK);
    assert_int_equal(query.has_taker, 0);
    assert_true(jupref_pubkey_is_zero(&query.taker));
    assert_int_equal(query.code_len, 0);
    assert_true(query.amount == 100000000);
}


static void
what_jupiter_would_refuse_is_named(void **state)
{
    assert_parses("", JUPREF_QUERY_MISSING);
    assert_parses("inputMint=" USDC "&outputMint=" WSOL, JUPREF_QUERY_MISSING);
    assert_parses("outputMint=" WSOL "&amount=1", JUPREF_QUERY_MISSING);
    assert_parses("inputMint=" USDC "&amount=1", JUPREF_QUERY_MISSING);
    assert_parses("INPUTMINT=" USDC "&outputMint=" WSOL "&amount=1",
                  JUPREF_QUERY_MISSING);

    assert_parses(ORDER "&amount=1", JUPREF_QUERY_DOUBLED);
    assert_parses(ORDER "&inputMint[]=" USDC, JUPREF_QUERY_DOUBLED);
    assert_parses(ORDER "&outputMint=" USDC, JUPREF_QUERY_DOUBLED);
    assert_parses(ORDER "&taker=" TAKER "&t%61ker=" TAKER,
                  JUPREF_QUERY_DOUBLED);

    assert_parses("inputMint=x&outputMint=" WSOL "&amount=1",
                  JUPREF_QUERY_BAD_MINT);
    assert_parses("inputMint=" USDC "&outputMint=0" "&amount=1",
                  JUPREF_QUERY_BAD_MINT);
    assert_parses("inputMint=" USDC USDC "&outputMint=" WSOL "&amount=1",
                  JUPREF_QUERY_BAD_MINT);
    assert_parses("inputMint&outputMint=" WSOL "&amount=1",
                  JUPREF_QUERY_BAD_MINT);
    assert_parses("inputMint=" USDC "&outputMint=" USDC "&amount=1",
                  JUPREF_QUERY_SAME_MINT);

    assert_parses(ORDER "&taker=", JUPREF_QUERY_BAD_TAKER);
    assert_parses(ORDER "&taker=I0l", JUPREF_QUERY_BAD_TAKER);
}


static void
an_amount_is_digits_that_fit_and_nothing_else(void **state)
{
    char                      args[TEXT_MAX];
    unsigned                  i;
    static const char *const  bad[] = {
        "", "-1", "+1", "%2B1", "1.0", "1e6", "0x10", "1_000", "1;x",
        "1;ref=alice", "1%26a=2", "1%00", "1%20", "1%", "1%3",
        "18446744073709551616",
        "99999999999999999999999999999999999999999999999999"
    };

    for (i = 0; i < count_of(bad); i++) {
        snprintf(args, TEXT_MAX, "inputMint=" USDC "&outputMint=" WSOL
                 "&amount=%s", bad[i]);
        assert_parses(args, JUPREF_QUERY_BAD_AMOUNT);
    }

    assert_parses("amount=0&inputMint=" USDC "&outputMint=" WSOL,
                  JUPREF_QUERY_OK);
    assert_parses("amount=%31&inputMint=" USDC "&outputMint=" WSOL,
                  JUPREF_QUERY_OK);
}


static void
the_first_ref_that_is_a_code_counts(void **state)
{
    jupref_order_query_t  query;

    (void) parsed(&query, "ref=&ref=al&ref=al!ce&ref=bob&ref=carol");
    assert_int_equal(query.code_len, 3);
    assert_memory_equal(query.code, "bob", 3);

    (void) parsed(&query, "ref=abcdefghijklmnopqrstuvwxyz0123456");
    assert_int_equal(query.code_len, 0);

    (void) parsed(&query, "ref=abcdefghijklmnopqrstuvwxyz012345");
    assert_int_equal(query.code_len, 32);

    (void) parsed(&query, "ref=%61lice");
    assert_int_equal(query.code_len, 5);
    assert_memory_equal(query.code, "alice", 5);
}


static void
an_order_from_which_nothing_is_dropped_is_plain(void **state)
{
    jupref_order_query_t  query;

    (void) parsed(&query, ORDER "&taker=" TAKER "&slippageBps=50");
    assert_int_equal(query.plain, 1);
    (void) parsed(&query, "amount=x&amount=y;z");
    assert_int_equal(query.plain, 1);
    (void) parsed(&query, "");
    assert_int_equal(query.plain, 1);

    (void) parsed(&query, ORDER "&ref=alice");
    assert_int_equal(query.plain, 0);
    (void) parsed(&query, ORDER "&ref[]=x");
    assert_int_equal(query.plain, 0);
    (void) parsed(&query, ORDER ";REFERRALFEE");
    assert_int_equal(query.plain, 0);
}


static void
codes_are_3_to_32_of_letters_digits_underscore_and_dash(void **state)
{
    char      code[JUPREF_CODE_MAX + 2];
    size_t    len;
    unsigned  c;

    memset(code, 'a', sizeof(code));

    for (len = 0; len <= JUPREF_CODE_MAX + 1; len++) {
        assert_int_equal(jupref_code_is_valid((jupref_bytes_t) {
                             (const uint8_t *) code, len }),
                         len >= 3 && len <= 32);
    }

    for (c = 0; c < 256; c++) {
        code[1] = (char) c;
        assert_int_equal(jupref_code_is_valid((jupref_bytes_t) {
                             (const uint8_t *) code, 3 }),
                         c < 128 && (isalnum((int) c) || c == '_'
                                     || c == '-'));
    }
}


static void
a_value_is_found_by_its_name_and_decoded(void **state)
{
    uint8_t         out[8];
    jupref_bytes_t  args;

    args = exactly("a=1&t%6f=%2Fx+y&to=second&empty=&bare");

    assert_int_equal(jupref_query_value(out, 8, args, "to"), 4);
    assert_memory_equal(out, "/x y", 4);
    assert_int_equal(jupref_query_value(out, 8, args, "a"), 1);
    assert_int_equal(jupref_query_value(out, 8, args, "empty"), 0);
    assert_int_equal(jupref_query_value(out, 8, args, "bare"), 0);
    assert_int_equal(jupref_query_value(out, 4, args, "to"), 4);
    assert_true(jupref_query_value(out, 3, args, "to") == (size_t) -1);
    assert_true(jupref_query_value(out, 8, args, "To") == (size_t) -1);
    assert_true(jupref_query_value(out, 8, args, "b") == (size_t) -1);

    release(args);
}


static void
every_result_has_a_line_of_text(void **state)
{
    unsigned  result;

    for (result = 0; result <= JUPREF_QUERY_BAD_AMOUNT; result++) {
        assert_true(strlen(jupref_query_result_text(result)) > 0);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(an_order_is_read_in_full),
        cmocka_unit_test(what_jupiter_would_refuse_is_named),
        cmocka_unit_test(an_amount_is_digits_that_fit_and_nothing_else),
        cmocka_unit_test(the_first_ref_that_is_a_code_counts),
        cmocka_unit_test(an_order_from_which_nothing_is_dropped_is_plain),
        cmocka_unit_test(
            codes_are_3_to_32_of_letters_digits_underscore_and_dash),
        cmocka_unit_test(a_value_is_found_by_its_name_and_decoded),
        cmocka_unit_test(every_result_has_a_line_of_text)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
