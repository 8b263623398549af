/*
 * Sealing: what was sealed is opened, by who has the key, at its number, with
 * what stood beside it; nothing else is.
 */

#include "log/jupref_seal.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/err.h>


static const uint8_t  data_key[JUPREF_DATA_KEY] =
    "0123456789abcdef0123456789abcde";

static const jupref_key_t  keyring[] = {
    { "newest", "an even newer key of 32 bytes..." },
    { "16-characters-id", "another key that has 32 bytes..." },
    { "old", "the oldest key, also 32 bytes..." }
};


static jupref_sealer_t *
sealer_new(void)
{
    jupref_sealer_t  *sealer;

    sealer = jupref_sealer_create(data_key);
    assert_non_null(sealer);

    return sealer;
}


/* Cases 13 and 14 of the GCM proposal have our number 0 as their nonce; the
 * third was computed elsewhere, for the nonce's byte order. */

static void
a_seal_is_that_of_aes_256_gcm(void **state)
{
    uint8_t           sealed[16 + JUPREF_SEAL_TAG], zero[JUPREF_DATA_KEY];
    jupref_sealer_t  *sealer;
    static const uint8_t  empty[] = {
        0x53, 0x0f, 0x8a, 0xfb, 0xc7, 0x45, 0x36, 0xb9,
        0xa9, 0x63, 0xb4, 0xf1, 0xc4, 0xcb, 0x73, 0x8b
    };
    static const uint8_t  zeroes[] = {
        0xce, 0xa7, 0x40, 0x3d, 0x4d, 0x60, 0x6b, 0x6e,
        0x07, 0x4e, 0xc5, 0xd3, 0xba, 0xf3, 0x9d, 0x18,
        0xd0, 0xd1, 0xc8, 0xa7, 0x99, 0x99, 0x6b, 0xf0,
        0x26, 0x5b, 0x98, 0xb5, 0xd4, 0x8a, 0xb9, 0x19
    };
    static const uint8_t  numbered[] = {
        0xdf, 0x5a, 0x52, 0x0c, 0xbd, 0x8c, 0xa6, 0xb9, 0xa5, 0x7d,
        0x4d, 0x17, 0xa4, 0x73, 0x0e, 0x1f, 0x09, 0x44, 0x8b, 0x16
    };

    memset(zero, 0, sizeof(zero));
    sealer = jupref_sealer_create(zero);
    assert_non_null(sealer);

    assert_true(jupref_seal(sealer, 0, jupref_bytes(""), jupref_bytes(""),
                            sealed));
    assert_memory_equal(sealed, empty, sizeof(empty));

    assert_true(jupref_seal(sealer, 0, jupref_bytes(""),
                            (jupref_bytes_t) { zero, 16 }, sealed));
    assert_memory_equal(sealed, zeroes, sizeof(zeroes));

    assert_true(jupref_seal(sealer, UINT64_C(0x0102030405060708),
                            jupref_bytes("beside"), jupref_bytes("text"),
                            sealed));
    assert_memory_equal(sealed, numbered, sizeof(numbered));

    jupref_sealer_free(sealer);
}


static void
what_was_sealed_is_opened(void **state)
{
    size_t            len, i;
    uint8_t           plain[600], sealed[600 + JUPREF_SEAL_TAG], opened[600];
    jupref_sealer_t  *sealer;

    sealer = sealer_new();

    for (i = 0; i < sizeof(plain); i++) {
        plain[i] = (uint8_t) (i * 7);
    }

    for (len = 0; len <= sizeof(plain); len += 1 + len / 8) {
        assert_true(jupref_seal(sealer, len, jupref_bytes("12"),
                                (jupref_bytes_t) { plain, len }, sealed));
        memset(opened, 0, sizeof(opened));
        assert_true(jupref_open(sealer, len, jupref_bytes("12"),
                                (jupref_bytes_t) { sealed,
                                                   len + JUPREF_SEAL_TAG },
                                opened));
        assert_memory_equal(opened, plain, len);
    }

    jupref_sealer_free(sealer);
}


static void
one_plaintext_has_another_seal_at_every_number(void **state)
{
    unsigned          number, other;
    uint8_t           sealed[65][8 + JUPREF_SEAL_TAG];
    jupref_sealer_t  *sealer;

    sealer = sealer_new();

    for (number = 0; number < 65; number++) {
        assert_true(jupref_seal(sealer,
                                number ? UINT64_C(1) << (number - 1) : 0,
                                jupref_bytes(""), jupref_bytes("the same"),
                                sealed[number]));

        for (other = 0; other < number; other++) {
            assert_memory_not_equal(sealed[number], sealed[other], 8);
        }
    }

    jupref_sealer_free(sealer);
}


static void
assert_not_opened(jupref_sealer_t *sealer, uint64_t number,
    jupref_bytes_t beside, const uint8_t *sealed, size_t len)
{
    uint8_t  *copy, plain[32], zero[32];

    copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, sealed, len);

    memset(plain, 0, sizeof(plain));
    memset(zero, 0, sizeof(zero));

    assert_false(jupref_open(sealer, number, beside,
                             (jupref_bytes_t) { copy, len }, plain));
    assert_memory_equal(plain, zero, sizeof(plain));
    assert_int_equal(ERR_peek_error(), 0);

    free(copy);
}


static void
nothing_else_is_opened(void **state)
{
    size_t            at;
    uint8_t           sealed[6 + JUPREF_SEAL_TAG], opened[6];
    unsigned          bit;
    jupref_sealer_t  *sealer, *other;

    sealer = sealer_new();
    assert_true(jupref_seal(sealer, 9, jupref_bytes("beside"),
                            jupref_bytes("secret"), sealed));

    for (at = 0; at < sizeof(sealed); at++) {
        for (bit = 0; bit < 8; bit++) {
            sealed[at] ^= (uint8_t) (1u << bit);
            assert_not_opened(sealer, 9, jupref_bytes("beside"), sealed,
                              sizeof(sealed));
            sealed[at] ^= (uint8_t) (1u << bit);
        }
    }

    for (at = 0; at < sizeof(sealed); at++) {
        assert_not_opened(sealer, 9, jupref_bytes("beside"), sealed, at);
    }

    assert_not_opened(sealer, 8, jupref_bytes("beside"), sealed,
                      sizeof(sealed));
    assert_not_opened(sealer, 9, jupref_bytes("besidf"), sealed,
                      sizeof(sealed));
    assert_not_opened(sealer, 9, jupref_bytes(""), sealed, sizeof(sealed));

    other = jupref_sealer_create(keyring[0].key);
    assert_non_null(other);
    assert_not_opened(other, 9, jupref_bytes("beside"), sealed,
                      sizeof(sealed));
    jupref_sealer_free(other);

    /* and the sealer is none the worse for it */

    assert_true(jupref_open(sealer, 9, jupref_bytes("beside"),
                            (jupref_bytes_t) { sealed, sizeof(sealed) },
                            opened));
    assert_memory_equal(opened, "secret", 6);

    jupref_sealer_free(sealer);
}


static void
the_first_key_wraps_and_all_unwrap(void **state)
{
    unsigned            first;
    uint8_t             wrapped[JUPREF_WRAPPED_SIZE], key[JUPREF_DATA_KEY];
    jupref_bytes_t      id;
    jupref_seal_keys_t  from, all = { keyring, 3 };

    for (first = 0; first < 3; first++) {
        from.keys = keyring + first;
        from.count = 3 - first;

        assert_true(jupref_wrap(wrapped, &from, data_key,
                                jupref_bytes("header")));

        id = jupref_wrapped_key_id(wrapped);
        assert_true(id.len <= JUPREF_KEY_ID_MAX);
        assert_int_equal(id.len, strnlen((const char *) keyring[first].id,
                                         JUPREF_KEY_ID_MAX));
        assert_memory_equal(id.data, keyring[first].id, id.len);

        assert_int_equal(jupref_unwrap(key, &all, wrapped,
                                       jupref_bytes("header")),
                         JUPREF_UNWRAP_OK);
        assert_memory_equal(key, data_key, JUPREF_DATA_KEY);
    }
}


static void
a_key_of_another_keyring_is_named_unknown(void **state)
{
    uint8_t             wrapped[JUPREF_WRAPPED_SIZE], key[JUPREF_DATA_KEY];
    jupref_seal_keys_t  newest = { keyring, 1 }, others = { keyring + 1, 2 };
    jupref_seal_keys_t  none = { NULL, 0 };

    assert_true(jupref_wrap(wrapped, &newest, data_key, jupref_bytes("")));
    assert_int_equal(jupref_unwrap(key, &others, wrapped, jupref_bytes("")),
                     JUPREF_UNWRAP_KEY_UNKNOWN);
    assert_int_equal(jupref_unwrap(key, &none, wrapped, jupref_bytes("")),
                     JUPREF_UNWRAP_KEY_UNKNOWN);
    assert_false(jupref_wrap(wrapped, &none, data_key, jupref_bytes("")));
}


static void
a_changed_wrapping_is_broken(void **state)
{
    size_t                  at;
    uint8_t                 wrapped[JUPREF_WRAPPED_SIZE];
    uint8_t                 key[JUPREF_DATA_KEY];
    unsigned                bit;
    jupref_seal_keys_t      all = { keyring, 3 };
    jupref_key_t            twin[2];
    jupref_seal_keys_t      twins = { twin, 2 };
    jupref_unwrap_result_e  expected;

    assert_true(jupref_wrap(wrapped, &all, data_key, jupref_bytes("header")));

    for (at = 0; at < sizeof(wrapped); at++) {
        expected = at < JUPREF_KEY_ID_MAX ? JUPREF_UNWRAP_KEY_UNKNOWN
                                          : JUPREF_UNWRAP_BROKEN;

        for (bit = 0; bit < 8; bit++) {
            wrapped[at] ^= (uint8_t) (1u << bit);
            assert_int_equal(jupref_unwrap(key, &all, wrapped,
                                           jupref_bytes("header")),
                             expected);
            assert_int_equal(ERR_peek_error(), 0);
            wrapped[at] ^= (uint8_t) (1u << bit);
        }
    }

    assert_int_equal(jupref_unwrap(key, &all, wrapped,
                                   jupref_bytes("headed")),
                     JUPREF_UNWRAP_BROKEN);

    /* the id is part of it, even where another id has the same key */

    twin[0] = twin[1] = keyring[0];
    twin[1].id[0] = 'N';
    wrapped[0] = 'N';
    assert_int_equal(jupref_unwrap(key, &twins, wrapped,
                                   jupref_bytes("header")),
                     JUPREF_UNWRAP_BROKEN);
}


static void
no_two_wrappings_and_no_two_numbers_are_alike(void **state)
{
    uint8_t             one[JUPREF_WRAPPED_SIZE], other[JUPREF_WRAPPED_SIZE];
    uint8_t             random[2][32];
    jupref_seal_keys_t  all = { keyring, 3 };

    assert_true(jupref_wrap(one, &all, data_key, jupref_bytes("")));
    assert_true(jupref_wrap(other, &all, data_key, jupref_bytes("")));
    assert_memory_not_equal(one + JUPREF_KEY_ID_MAX,
                            other + JUPREF_KEY_ID_MAX, 12);
    assert_memory_not_equal(one + JUPREF_KEY_ID_MAX + 12,
                            other + JUPREF_KEY_ID_MAX + 12, JUPREF_DATA_KEY);

    assert_true(jupref_random(random[0], 32));
    assert_true(jupref_random(random[1], 32));
    assert_memory_not_equal(random[0], random[1], 32);
}


int
main(void)
{
    int  failed;

    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seal_is_that_of_aes_256_gcm),
        cmocka_unit_test(what_was_sealed_is_opened),
        cmocka_unit_test(one_plaintext_has_another_seal_at_every_number),
        cmocka_unit_test(nothing_else_is_opened),
        cmocka_unit_test(the_first_key_wraps_and_all_unwrap),
        cmocka_unit_test(a_key_of_another_keyring_is_named_unknown),
        cmocka_unit_test(a_changed_wrapping_is_broken),
        cmocka_unit_test(no_two_wrappings_and_no_two_numbers_are_alike)
    };

    failed = cmocka_run_group_tests(tests, NULL, NULL);
    jupref_seal_forget();

    return failed;
}
