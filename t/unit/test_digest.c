/*
 * Digests against the vectors of FIPS 180 and RFC 4231.
 */

#include "base/jupref_digest.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


static jupref_bytes_t
span(const void *text, size_t len)
{
    return (jupref_bytes_t) { text, len };
}


static void
assert_digest(const uint8_t *digest, const char *hex)
{
    uint8_t  expected[JUPREF_SHA256_SIZE];

    assert_true(jupref_hex_decode(expected, sizeof(expected),
                                  span(hex, strlen(hex))));
    assert_memory_equal(digest, expected, sizeof(expected));
}


static void
sha256_is_that_of_fips_180(void **state)
{
    uint8_t  digest[JUPREF_SHA256_SIZE], *million;

    assert_true(jupref_sha256(digest, jupref_bytes("")));
    assert_digest(digest, "e3b0c44298fc1c149afbf4c8996fb924"
                          "27ae41e4649b934ca495991b7852b855");

    assert_true(jupref_sha256(digest, jupref_bytes("abc")));
    assert_digest(digest, "ba7816bf8f01cfea414140de5dae2223"
                          "b00361a396177a9cb410ff61f20015ad");

    assert_true(jupref_sha256(digest, jupref_bytes(
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")));
    assert_digest(digest, "248d6a61d20638b8e5c026930c3e6039"
                          "a33ce45964ff2167f6ecedd419db06c1");

    million = malloc(1000000);
    assert_non_null(million);
    memset(million, 'a', 1000000);
    assert_true(jupref_sha256(digest, span(million, 1000000)));
    assert_digest(digest, "cdc76e5c9914fb9281a1c7e284d73e67"
                          "f1809a48a497200e046d39ccc7112cd0");
    free(million);
}


static void
spans_are_hashed_as_if_they_were_one(void **state)
{
    size_t          first, second;
    uint8_t         whole[JUPREF_SHA256_SIZE], parts[JUPREF_SHA256_SIZE];
    uint8_t         text[150];
    jupref_bytes_t  spans[3];

    for (first = 0; first < sizeof(text); first++) {
        text[first] = (uint8_t) (first * 11);
    }

    assert_true(jupref_sha256(whole, span(text, sizeof(text))));

    for (first = 0; first <= sizeof(text); first += 25) {
        for (second = first; second <= sizeof(text); second += 25) {
            spans[0] = span(text, first);
            spans[1] = span(text + first, second - first);
            spans[2] = span(text + second, sizeof(text) - second);

            assert_true(jupref_sha256_spans(parts, spans, 3));
            assert_memory_equal(parts, whole, sizeof(whole));
        }
    }

    assert_true(jupref_sha256(whole, jupref_bytes("")));
    assert_true(jupref_sha256_spans(parts, NULL, 0));
    assert_memory_equal(parts, whole, sizeof(whole));
}


static void
hmac_is_that_of_rfc_4231(void **state)
{
    uint8_t  digest[JUPREF_SHA256_SIZE], key[131], data[152];

    memset(key, 0x0b, 20);
    assert_true(jupref_hmac_sha256(digest, span(key, 20),
                                   jupref_bytes("Hi There")));
    assert_digest(digest, "b0344c61d8db38535ca8afceaf0bf12b"
                          "881dc200c9833da726e9376c2e32cff7");

    assert_true(jupref_hmac_sha256(digest, jupref_bytes("Jefe"),
                    jupref_bytes("what do ya want for nothing?")));
    assert_digest(digest, "5bdcc146bf60754e6a042426089575c7"
                          "5a003f089d2739839dec58b964ec3843");

    memset(key, 0xaa, 131);
    memset(data, 0xdd, 50);
    assert_true(jupref_hmac_sha256(digest, span(key, 20), span(data, 50)));
    assert_digest(digest, "773ea91e36800e46854db8ebd09181a7"
                          "2959098b3ef8c122d9635514ced565fe");

    /* keys longer than a block are hashed first */

    assert_true(jupref_hmac_sha256(digest, span(key, 131), jupref_bytes(
        "Test Using Larger Than Block-Size Key - Hash Key First")));
    assert_digest(digest, "60e431591ee0b67f0d8a26aacbf5b77f"
                          "8e0bc6213728c5140546040f0ee37f54");

    assert_true(jupref_hmac_sha256(digest, span(key, 131), jupref_bytes(
        "This is a test using a larger than block-size key and a larger "
        "than block-size data. The key needs to be hashed before being used "
        "by the HMAC algorithm.")));
    assert_digest(digest, "9b09ffa71b942fcb27635fbcd5b0e944"
                          "bfdc63644f0713938a7f51535c3a35e2");
}


static void
an_empty_key_or_text_has_an_hmac_too(void **state)
{
    uint8_t         digest[JUPREF_SHA256_SIZE];
    jupref_bytes_t  none;

    none.data = NULL;
    none.len = 0;

    assert_true(jupref_hmac_sha256(digest, none, none));
    assert_digest(digest, "b613679a0814d9ec772f95d778c35fc5"
                          "ff1697c493715653c6c712144292c5ad");
}


static void
one_bit_makes_digests_unequal(void **state)
{
    uint8_t   one[JUPREF_SHA256_SIZE], other[JUPREF_SHA256_SIZE];
    unsigned  bit;

    memset(one, 0x5a, sizeof(one));
    memcpy(other, one, sizeof(one));
    assert_true(jupref_digest_equal(one, other));

    for (bit = 0; bit < 256; bit++) {
        other[bit / 8] ^= (uint8_t) (1 << bit % 8);
        assert_false(jupref_digest_equal(one, other));
        other[bit / 8] ^= (uint8_t) (1 << bit % 8);
    }
}


static void
hex_is_exactly_two_digits_for_each_byte(void **state)
{
    char      text[2];
    uint8_t   out[4];
    unsigned  any, valid;

    assert_true(jupref_hex_decode(out, 4, jupref_bytes("00aBCdfF")));
    assert_memory_equal(out, "\x00\xab\xcd\xff", 4);
    assert_true(jupref_hex_decode(out, 0, jupref_bytes("")));

    assert_false(jupref_hex_decode(out, 4, jupref_bytes("00aBCdf")));
    assert_false(jupref_hex_decode(out, 4, jupref_bytes("00aBCdfF0")));
    assert_false(jupref_hex_decode(out, 4, jupref_bytes("00aBCdfF00")));
    assert_false(jupref_hex_decode(out, 4, jupref_bytes("")));
    assert_false(jupref_hex_decode(out, 2, jupref_bytes("0x12")));

    for (any = 0; any < 256; any++) {
        valid = any != 0 && strchr("0123456789abcdefABCDEF", (int) any) != NULL;

        text[0] = (char) any;
        text[1] = '0';
        assert_int_equal(jupref_hex_decode(out, 1, span(text, 2)), valid);

        text[0] = '0';
        text[1] = (char) any;
        assert_int_equal(jupref_hex_decode(out, 1, span(text, 2)), valid);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(sha256_is_that_of_fips_180),
        cmocka_unit_test(spans_are_hashed_as_if_they_were_one),
        cmocka_unit_test(hmac_is_that_of_rfc_4231),
        cmocka_unit_test(an_empty_key_or_text_has_an_hmac_too),
        cmocka_unit_test(one_bit_makes_digests_unequal),
        cmocka_unit_test(hex_is_exactly_two_digits_for_each_byte)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
