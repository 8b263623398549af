/*
 * The attribution cookie: only what the edge itself has signed, within its
 * window, names a code.
 */

#include "ledger/jupref_cookie.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>


#define NOW_MS     UINT64_C(1763838000000)
#define DAY_MS     UINT64_C(86400000)
#define WINDOW_MS  (30 * DAY_MS)
#define SKEW_MS    UINT64_C(60000)


static const jupref_key_t  keys[] = {
    { "k2", "0123456789abcdef0123456789abcde" },
    { "k1", "fedcba9876543210fedcba987654321" },
    { "sixteen-char-id", "00000000000000000000000000000000" }
};


static size_t
written(uint8_t value[JUPREF_COOKIE_MAX], const char *code, uint64_t click_ms,
    const jupref_key_t *key)
{
    size_t  len;

    len = jupref_cookie_write(value, (jupref_bytes_t) {
                                  (const uint8_t *) code, strlen(code) },
                              click_ms, key, 1);
    assert_true(len > 0 && len <= JUPREF_COOKIE_MAX);

    return len;
}


/* Reads a copy that ends where the value does. */
static jupref_cookie_result_e
read_value(const uint8_t *value, size_t len, const jupref_key_t *known,
    unsigned count, uint64_t now_ms)
{
    uint8_t                 *copy;
    uint64_t                 click_ms;
    jupref_bytes_t           code;
    jupref_cookie_result_e   result;

    copy = malloc(len ? len : 1);
    assert_non_null(copy);

    if (len) {
        memcpy(copy, value, len);
    }

    result = jupref_cookie_read((jupref_bytes_t) { copy, len }, known, count,
                                now_ms, WINDOW_MS, &code, &click_ms);
    free(copy);

    return result;
}


static void
what_was_written_is_read_back(void **state)
{
    size_t                    len;
    unsigned                  i;
    uint8_t                   value[JUPREF_COOKIE_MAX];
    uint64_t                  click_ms;
    jupref_bytes_t            code;
    static const char *const  codes[] = {
        "abc", "Alice_9-", "abcdefghijklmnopqrstuvwxyz012345"
    };

    for (i = 0; i < 3; i++) {
        len = written(value, codes[i], NOW_MS - i * DAY_MS, &keys[i]);

        assert_int_equal(jupref_cookie_read((jupref_bytes_t) { value, len },
                                            keys, 3, NOW_MS, WINDOW_MS, &code,
                                            &click_ms),
                         JUPREF_COOKIE_OK);
        assert_int_equal(code.len, strlen(codes[i]));
        assert_memory_equal(code.data, codes[i], code.len);
        assert_true(click_ms == NOW_MS - i * DAY_MS);
    }
}


/* The form is a promise to other edges; the HMAC is OpenSSL's own here. */
static void
the_form_is_the_one_that_is_documented(void **state)
{
    size_t             len, i;
    uint8_t            value[JUPREF_COOKIE_MAX], mac[32];
    char               hex[65];
    static const char  head[] = "jupref cookie\n"
                                "v1.k2.alice.0000019aaceffb80";

    assert_true(NOW_MS == UINT64_C(0x19aaceffb80));

    assert_non_null(HMAC(EVP_sha256(), keys[0].key, JUPREF_KEY_SIZE,
                         (const uint8_t *) head, sizeof(head) - 1, mac,
                         NULL));

    for (i = 0; i < 32; i++) {
        hex[2 * i] = "0123456789abcdef"[mac[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[mac[i] & 15];
    }

    len = written(value, "alice", NOW_MS, keys);

    assert_int_equal(len, 28 + 1 + 64);
    assert_memory_equal(value, "v1.k2.alice.0000019aaceffb80.", 29);
    assert_memory_equal(value + 29, hex, 64);
}


static void
no_byte_of_it_can_be_changed(void **state)
{
    size_t    len, i;
    uint8_t   value[JUPREF_COOKIE_MAX];
    unsigned  bit;

    len = written(value, "alice", NOW_MS, keys);

    for (i = 0; i < len; i++) {
        for (bit = 0; bit < 8; bit++) {
            value[i] ^= (uint8_t) (1u << bit);

            /* hex digits mean the same in either case */

            if (!(bit == 5 && i >= len - 64 && value[i] >= 'A')) {
                assert_int_not_equal(read_value(value, len, keys, 3, NOW_MS),
                                     JUPREF_COOKIE_OK);
            }

            value[i] ^= (uint8_t) (1u << bit);
        }
    }

    assert_int_equal(read_value(value, len, keys, 3, NOW_MS),
                     JUPREF_COOKIE_OK);
}


static void
no_cut_or_longer_value_is_one(void **state)
{
    size_t   len, i;
    uint8_t  value[JUPREF_COOKIE_MAX + 64];

    memset(value, 'a', sizeof(value));
    len = written(value, "alice", NOW_MS, keys);

    for (i = 0; i < sizeof(value); i++) {
        assert_int_equal(read_value(value, i, keys, 3, NOW_MS),
                         i == len ? JUPREF_COOKIE_OK
                                  : JUPREF_COOKIE_MALFORMED);
    }

    for (i = 0; i < sizeof(value); i++) {
        memset(value, '.', sizeof(value));
        assert_int_equal(read_value(value, i, keys, 3, NOW_MS),
                         JUPREF_COOKIE_MALFORMED);
    }
}


static void
a_forged_one_is_told_from_one_of_an_unknown_key(void **state)
{
    size_t        len;
    uint8_t       value[JUPREF_COOKIE_MAX];
    jupref_key_t  forged;

    len = written(value, "alice", NOW_MS, keys);
    assert_int_equal(read_value(value, len, keys + 1, 2, NOW_MS),
                     JUPREF_COOKIE_KEY_UNKNOWN);
    assert_int_equal(read_value(value, len, NULL, 0, NOW_MS),
                     JUPREF_COOKIE_KEY_UNKNOWN);

    forged = keys[1];
    memcpy(forged.id, keys[0].id, JUPREF_KEY_ID_MAX);
    len = written(value, "alice", NOW_MS, &forged);
    assert_int_equal(read_value(value, len, keys, 3, NOW_MS),
                     JUPREF_COOKIE_FORGED);
}


/* A cookie of the HMAC's own bytes without its label would be a cookie for
 * any other purpose that the key had. */
static void
a_signature_for_another_purpose_is_no_cookie(void **state)
{
    size_t             i;
    uint8_t            value[JUPREF_COOKIE_MAX], mac[32];
    static const char  head[] = "v1.k2.alice.0000019aaceffb80";

    assert_non_null(HMAC(EVP_sha256(), keys[0].key, JUPREF_KEY_SIZE,
                         (const uint8_t *) head, sizeof(head) - 1, mac,
                         NULL));
    memcpy(value, head, 28);
    value[28] = '.';

    for (i = 0; i < 32; i++) {
        value[29 + 2 * i] = (uint8_t) "0123456789abcdef"[mac[i] >> 4];
        value[30 + 2 * i] = (uint8_t) "0123456789abcdef"[mac[i] & 15];
    }

    assert_int_equal(read_value(value, 93, keys, 3, NOW_MS),
                     JUPREF_COOKIE_FORGED);
}


static void
a_click_is_good_for_its_window_and_not_from_the_future(void **state)
{
    size_t   len;
    uint8_t  value[JUPREF_COOKIE_MAX];

    len = written(value, "alice", NOW_MS, keys);

    assert_int_equal(read_value(value, len, keys, 3, NOW_MS + WINDOW_MS),
                     JUPREF_COOKIE_OK);
    assert_int_equal(read_value(value, len, keys, 3, NOW_MS + WINDOW_MS + 1),
                     JUPREF_COOKIE_EXPIRED);
    assert_int_equal(read_value(value, len, keys, 3, NOW_MS - SKEW_MS),
                     JUPREF_COOKIE_OK);
    assert_int_equal(read_value(value, len, keys, 3, NOW_MS - SKEW_MS - 1),
                     JUPREF_COOKIE_EXPIRED);

    len = written(value, "alice", UINT64_MAX, keys);
    assert_int_equal(read_value(value, len, keys, 3, NOW_MS),
                     JUPREF_COOKIE_EXPIRED);
    len = written(value, "alice", 0, keys);
    assert_int_equal(read_value(value, len, keys, 3, NOW_MS),
                     JUPREF_COOKIE_EXPIRED);
}


static void
without_a_key_nothing_is_written(void **state)
{
    uint8_t  value[JUPREF_COOKIE_MAX];

    assert_int_equal(jupref_cookie_write(value, jupref_bytes("alice"), NOW_MS,
                                         NULL, 0),
                     0);
}


static void
the_longest_of_everything_fits(void **state)
{
    size_t        len;
    uint8_t       value[JUPREF_COOKIE_MAX];
    jupref_key_t  key;

    key = keys[0];
    memset(key.id, 'k', JUPREF_KEY_ID_MAX);

    len = written(value, "abcdefghijklmnopqrstuvwxyz012345", NOW_MS, &key);
    assert_int_equal(len, JUPREF_COOKIE_MAX);
    assert_int_equal(read_value(value, len, &key, 1, NOW_MS),
                     JUPREF_COOKIE_OK);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_was_written_is_read_back),
        cmocka_unit_test(the_form_is_the_one_that_is_documented),
        cmocka_unit_test(no_byte_of_it_can_be_changed),
        cmocka_unit_test(no_cut_or_longer_value_is_one),
        cmocka_unit_test(a_forged_one_is_told_from_one_of_an_unknown_key),
        cmocka_unit_test(a_signature_for_another_purpose_is_no_cookie),
        cmocka_unit_test(
            a_click_is_good_for_its_window_and_not_from_the_future),
        cmocka_unit_test(without_a_key_nothing_is_written),
        cmocka_unit_test(the_longest_of_everything_fits)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
