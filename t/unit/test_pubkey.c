/*
 * base58: known keys, Bitcoin's own vectors put into Solana's lengths, and no
 * second text for any value.
 */

#include "base/jupref_digest.h"
#include "solana/jupref_pubkey.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


static const char  alphabet[] =
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";


static jupref_bytes_t
span(const char *text)
{
    return (jupref_bytes_t) { (const uint8_t *) text, strlen(text) };
}


/* Schoolbook base58, byte by byte, of any length: what ours is held to. */
static size_t
encode_by_the_book(char *text, const uint8_t *bytes, size_t len)
{
    size_t    zeroes, digits, i, j;
    uint8_t   number[128];
    unsigned  carry;

    memset(number, 0, sizeof(number));
    digits = 0;

    for (i = 0; i < len; i++) {
        carry = bytes[i];

        for (j = 0; j < digits || carry > 0; j++) {
            carry += (unsigned) number[j] << 8;
            number[j] = (uint8_t) (carry % 58);
            carry /= 58;
        }

        digits = j > digits ? j : digits;
    }

    for (zeroes = 0; zeroes < len && bytes[zeroes] == 0; zeroes++) {
        text[zeroes] = '1';
    }

    for (i = 0; i < digits; i++) {
        text[zeroes + i] = alphabet[number[digits - 1 - i]];
    }

    text[zeroes + digits] = '\0';

    return zeroes + digits;
}


static void
check_key(const uint8_t bytes[JUPREF_PUBKEY_SIZE])
{
    char             expected[128];
    size_t           len;
    uint8_t          text[JUPREF_PUBKEY_TEXT];
    jupref_pubkey_t  key, back;

    memcpy(key.bytes, bytes, JUPREF_PUBKEY_SIZE);
    encode_by_the_book(expected, bytes, JUPREF_PUBKEY_SIZE);

    len = jupref_pubkey_format(text, &key);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(text, expected, len);

    assert_true(jupref_pubkey_parse(&back, (jupref_bytes_t) { text, len }));
    assert_true(jupref_pubkey_equal(&key, &back));
}


static void
check_signature(const uint8_t bytes[JUPREF_SIGNATURE_SIZE])
{
    char                expected[128];
    size_t              len;
    uint8_t             text[JUPREF_SIGNATURE_TEXT];
    jupref_signature_t  signature, back;

    memcpy(signature.bytes, bytes, JUPREF_SIGNATURE_SIZE);
    encode_by_the_book(expected, bytes, JUPREF_SIGNATURE_SIZE);

    len = jupref_signature_format(text, &signature);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(text, expected, len);

    assert_true(jupref_signature_parse(&back,
                                       (jupref_bytes_t) { text, len }));
    assert_memory_equal(signature.bytes, back.bytes, JUPREF_SIGNATURE_SIZE);
}


static void
known_addresses_are_their_known_bytes(void **state)
{
    size_t           i, len;
    uint8_t          text[JUPREF_PUBKEY_TEXT], bytes[JUPREF_PUBKEY_SIZE];
    jupref_pubkey_t  key;

    static const char *const  known[][2] = {
        { "11111111111111111111111111111111",
          "0000000000000000000000000000000000000000000000000000000000000000" },
        { "So11111111111111111111111111111111111111112",
          "069b8857feab8184fb687f634618c035dac439dc1aeb3b5598a0f00000000001" },
        { "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
          "06ddf6e1d765a193d9cbe146ceeb79ac1cb485ed5f5b37913a8cf5857eff00a9" },
        { "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
          "c6fa7af3bedbad3a3d65f36aabc97431b1bbe4c2d2f6e0e47ca60203452f5d61" },
        { "SysvarRent111111111111111111111111111111111",
          "06a7d517192c5c51218cc94c3d4af17f58daee089ba1fd44e3dbd98a00000000" },
        { "ComputeBudget111111111111111111111111111111",
          "0306466fe5211732ffecadba72c39be7bc8ce5bbc5f7126b2c439b3a40000000" },
        { "JEKNVnkbo3jma5nREBBJCDoXFVeKkD56V3xKrvRmWxFG",
          "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" }
    };

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        assert_true(jupref_hex_decode(bytes, sizeof(bytes),
                                      span(known[i][1])));
        assert_true(jupref_pubkey_parse(&key, span(known[i][0])));
        assert_memory_equal(key.bytes, bytes, sizeof(bytes));

        len = jupref_pubkey_format(text, &key);
        assert_int_equal(len, strlen(known[i][0]));
        assert_memory_equal(text, known[i][0], len);
    }
}


/* The vectors of Bitcoin's base58_encode_decode.json, moved to the end of a
 * key: each byte in front is one '1' in front. */
static void
bitcoins_vectors_hold_behind_leading_zeroes(void **state)
{
    size_t           i, len, zeroes;
    char             text[64];
    uint8_t          bytes[JUPREF_PUBKEY_SIZE];
    jupref_pubkey_t  key;

    static const char *const  vectors[][2] = {
        { "61", "2g" },
        { "626262", "a3gV" },
        { "636363", "aPEr" },
        { "73696d706c792061206c6f6e6720737472696e67",
          "2cFupjhnEsSn59qHXstmK2ffpLv2" },
        { "00eb15231dfceb60925886b67d065299925915aeb172c06647",
          "1NS17iag9jJgTHD1VXjvLCEnZuQ3rJDE9L" },
        { "516b6fcd0f", "ABnLTmg" },
        { "bf4f89001e670274dd", "3SEo3LWLoPntC" },
        { "572e4794", "3EFU7m" },
        { "ecac89cad93923c02321", "EJDM8drfXA6uyA" },
        { "10c8511e", "Rt5zm" },
        { "00000000000000000000", "1111111111" }
    };

    for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        len = strlen(vectors[i][0]) / 2;
        zeroes = JUPREF_PUBKEY_SIZE - len;

        memset(bytes, 0, sizeof(bytes));
        assert_true(jupref_hex_decode(bytes + zeroes, len,
                                      span(vectors[i][0])));
        memset(text, '1', zeroes);
        strcpy(text + zeroes, vectors[i][1]);

        assert_true(jupref_pubkey_parse(&key, span(text)));
        assert_memory_equal(key.bytes, bytes, sizeof(bytes));
        check_key(bytes);
    }
}


static void
keys_and_signatures_agree_with_the_schoolbook(void **state)
{
    uint8_t   bytes[JUPREF_SIGNATURE_SIZE];
    uint64_t  seed;
    unsigned  round, i, zeroes;

    seed = 88172645463325252u;

    for (round = 0; round < 4000; round++) {
        for (i = 0; i < sizeof(bytes); i++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            bytes[i] = (uint8_t) seed;
        }

        /* zeroes in front, in the middle, or ones all over */

        zeroes = round % 70;

        if (round % 3 == 0) {
            memset(bytes, 0, zeroes < 64 ? zeroes : 64);

        } else if (round % 7 == 0) {
            memset(bytes + zeroes / 2, round % 2 ? 0xff : 0, 64 - zeroes / 2);
        }

        check_key(bytes);
        check_signature(bytes);
    }

    for (i = 0; i < 512; i++) {
        memset(bytes, 0, sizeof(bytes));
        bytes[i / 8] = (uint8_t) (1 << i % 8);
        check_signature(bytes);

        memset(bytes, 0xff, sizeof(bytes));
        bytes[i / 8] ^= (uint8_t) (1 << i % 8);
        check_signature(bytes);

        check_key(bytes);
        check_key(bytes + 32);
    }
}


static void
a_signature_of_the_chain_is_its_known_bytes(void **state)
{
    uint8_t             bytes[JUPREF_SIGNATURE_SIZE];
    jupref_signature_t  signature;

    /* 64 times '1' is the placeholder of an unsigned transaction */

    assert_true(jupref_signature_parse(&signature, jupref_bytes(
        "1111111111111111111111111111111111111111111111111111111111111111")));
    assert_true(jupref_signature_is_zero(&signature));

    /* the largest of all */

    assert_true(jupref_signature_parse(&signature, jupref_bytes(
        "67rpwLCuS5DGA8KGZXKsVQ7dnPb9goRLoKfgGbLfQg9WoLUgNY77E2jT11fem3coV9nA"
        "kguBACzrU1iyZM4B8roQ")));
    memset(bytes, 0xff, sizeof(bytes));
    assert_memory_equal(signature.bytes, bytes, sizeof(bytes));
    assert_false(jupref_signature_is_zero(&signature));
    check_signature(bytes);
}


static void
a_text_that_isnt_exactly_one_key_is_refused(void **state)
{
    size_t           i;
    jupref_pubkey_t  key;

    static const char *const  texts[] = {
        "",
        "1",
        "1111111111111111111111111111111",              /* 31 zero bytes */
        "111111111111111111111111111111111",            /* 33 zero bytes */
        "111111111111111111111111111111112",            /* 33 bytes, 1 */
        "So1111111111111111111111111111111111111111",   /* short by one */
        "So111111111111111111111111111111111111111112", /* long by one */
        "1So11111111111111111111111111111111111111112",
        "1EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
        "JEKNVnkbo3jma5nREBBJCDoXFVeKkD56V3xKrvRmWxFH", /* 2^256 */
        "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v ",
        " PjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
        "EPjFWdd5AufqSSqeM2qN0xzybapC8G4wEGGkZwyTDt1v",
        "EPjFWdd5AufqSSqeM2qNOxzybapC8G4wEGGkZwyTDt1v",
        "EPjFWdd5AufqSSqeM2qNIxzybapC8G4wEGGkZwyTDt1v",
        "EPjFWdd5AufqSSqeM2qNlxzybapC8G4wEGGkZwyTDt1v",
        "0x8857feab8184fb687f634618c035dac439dc1aeb3b"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (jupref_pubkey_parse(&key, span(texts[i]))) {
            fail_msg("\"%s\" was taken for a key", texts[i]);
        }
    }
}


static void
no_other_character_is_taken_in_any_place(void **state)
{
    char             text[44];
    unsigned         place, any, valid;
    jupref_pubkey_t  key;

    for (place = 0; place < 44; place++) {
        for (any = 0; any < 256; any++) {
            memcpy(text, "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", 44);
            text[place] = (char) any;
            valid = any != 0 && strchr(alphabet, (int) any) != NULL;

            /* in the first place it may also be too small or too large */

            if (place == 0 && valid) {
                valid = any >= '2' && any <= 'H';
            }

            assert_int_equal(
                jupref_pubkey_parse(&key, (jupref_bytes_t) {
                                        (uint8_t *) text, 44 }), valid);
        }
    }
}


static void
each_length_of_ones_is_a_key_at_32_and_a_signature_at_64_only(void **state)
{
    char                text[129];
    size_t              len;
    jupref_pubkey_t     key;
    jupref_signature_t  signature;

    memset(text, '1', sizeof(text));

    for (len = 0; len < sizeof(text); len++) {
        jupref_bytes_t  ones = { (uint8_t *) text, len };

        assert_int_equal(jupref_pubkey_parse(&key, ones), len == 32);
        assert_int_equal(jupref_signature_parse(&signature, ones), len == 64);
    }
}


static void
a_signature_too_large_or_of_another_length_is_refused(void **state)
{
    char                text[128];
    size_t              len;
    jupref_signature_t  signature;

    static const char  largest[] =
        "67rpwLCuS5DGA8KGZXKsVQ7dnPb9goRLoKfgGbLfQg9WoLUgNY77E2jT11fem3coV9nA"
        "kguBACzrU1iyZM4B8roQ";

    memcpy(text, largest, sizeof(largest));
    text[87] = 'R';
    assert_false(jupref_signature_parse(&signature, span(text)));

    memset(text, 'z', 88);
    assert_false(jupref_signature_parse(&signature, (jupref_bytes_t) {
                                            (uint8_t *) text, 88 }));

    for (len = 0; len < 88; len++) {
        if (len == 87) {
            continue;                   /* 58 times less: 64 bytes as well */
        }

        assert_false(jupref_signature_parse(&signature, (jupref_bytes_t) {
                                            (const uint8_t *) largest, len }));
    }
}


static void
only_32_zero_bytes_are_zero_and_only_equal_bytes_equal(void **state)
{
    unsigned         bit;
    jupref_pubkey_t  zero, key;

    memset(&zero, 0, sizeof(zero));
    memset(&key, 0, sizeof(key));
    assert_true(jupref_pubkey_is_zero(&key));
    assert_true(jupref_pubkey_equal(&zero, &key));

    for (bit = 0; bit < 256; bit++) {
        key.bytes[bit / 8] ^= (uint8_t) (1 << bit % 8);
        assert_false(jupref_pubkey_is_zero(&key));
        assert_false(jupref_pubkey_equal(&zero, &key));
        key.bytes[bit / 8] ^= (uint8_t) (1 << bit % 8);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(known_addresses_are_their_known_bytes),
        cmocka_unit_test(bitcoins_vectors_hold_behind_leading_zeroes),
        cmocka_unit_test(keys_and_signatures_agree_with_the_schoolbook),
        cmocka_unit_test(a_signature_of_the_chain_is_its_known_bytes),
        cmocka_unit_test(a_text_that_isnt_exactly_one_key_is_refused),
        cmocka_unit_test(no_other_character_is_taken_in_any_place),
        cmocka_unit_test(
            each_length_of_ones_is_a_key_at_32_and_a_signature_at_64_only),
        cmocka_unit_test(
            a_signature_too_large_or_of_another_length_is_refused),
        cmocka_unit_test(
            only_32_zero_bytes_are_zero_and_only_equal_bytes_equal)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
