/*
 * base58 of any length against the textbook's.
 */

#include "base58_text.h"
#include "solana/jupref_base58.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


static jupref_bytes_t
span(const char *text, size_t len)
{
    return (jupref_bytes_t) { (const uint8_t *) text, len };
}


static void
any_bytes_come_back(void **state)
{
    char      text[5601];
    size_t    len, text_len, back_len, i;
    uint8_t   bytes[JUPREF_BASE58_MAX_BYTES], *back;
    uint64_t  chance;
    unsigned  round, zeroes;

    chance = 7;

    for (round = 0; round < 400; round++) {
        chance = chance * UINT64_C(6364136223846793005) + 1;
        len = round < 300 ? round : chance >> 52;
        zeroes = (unsigned) (chance >> 40) % 5;

        for (i = 0; i < len; i++) {
            chance = chance * UINT64_C(6364136223846793005) + 1;
            bytes[i] = i < zeroes ? 0 : (uint8_t) (chance >> 56);
        }

        text_len = base58_text(text, bytes, len);

        /* into room of exactly that size, and into too little */

        back = malloc(len > 0 ? len : 1);
        assert_non_null(back);
        assert_true(jupref_base58_bytes(back, len, &back_len,
                                        span(text, text_len)));
        assert_int_equal(back_len, len);
        assert_memory_equal(back, bytes, len);

        if (len > 0) {
            assert_false(jupref_base58_bytes(back, len - 1, &back_len,
                                             span(text, text_len)));
        }

        free(back);
    }
}


static void
the_largest_transaction_fits_and_nothing_beyond(void **state)
{
    char     text[5702];
    size_t   len, text_len;
    uint8_t  bytes[JUPREF_BASE58_MAX_BYTES], back[JUPREF_BASE58_MAX_BYTES];

    memset(bytes, 0xff, sizeof(bytes));
    text_len = base58_text(text, bytes, sizeof(bytes));
    assert_int_equal(text_len, JUPREF_BASE58_MAX);
    assert_true(jupref_base58_bytes(back, sizeof(back), &len,
                                    span(text, text_len)));
    assert_int_equal(len, sizeof(bytes));
    assert_memory_equal(back, bytes, len);

    /* the next value has a bit too many */

    text[text_len - 1]++;
    assert_false(jupref_base58_bytes(back, sizeof(back), &len,
                                     span(text, text_len)));

    memset(text, 'z', JUPREF_BASE58_MAX + 1);
    assert_false(jupref_base58_bytes(back, sizeof(back), &len,
                                     span(text, JUPREF_BASE58_MAX)));
    assert_false(jupref_base58_bytes(back, sizeof(back), &len,
                                     span(text, JUPREF_BASE58_MAX + 1)));

    memset(text, '1', JUPREF_BASE58_MAX);
    assert_true(jupref_base58_bytes(back, sizeof(back), &len,
                                    span(text, JUPREF_BASE58_MAX_BYTES)));
    assert_int_equal(len, JUPREF_BASE58_MAX_BYTES);
    assert_false(jupref_base58_bytes(back, sizeof(back), &len,
                                     span(text, JUPREF_BASE58_MAX_BYTES + 1)));
}


static void
only_the_alphabet_is_taken(void **state)
{
    char      text[25];
    size_t    len, at;
    uint8_t   back[32];
    unsigned  any, valid;

    for (any = 0; any < 256; any++) {
        valid = any != 0 && strchr("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghi"
                                   "jkmnopqrstuvwxyz", (int) any) != NULL;

        for (at = 0; at < sizeof(text); at++) {
            memset(text, 'a', sizeof(text));
            text[at] = (char) any;
            assert_int_equal(jupref_base58_bytes(back, sizeof(back), &len,
                                                 span(text, sizeof(text))),
                             valid);
        }
    }

    assert_true(jupref_base58_bytes(back, 0, &len, span("", 0)));
    assert_int_equal(len, 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(any_bytes_come_back),
        cmocka_unit_test(the_largest_transaction_fits_and_nothing_beyond),
        cmocka_unit_test(only_the_alphabet_is_taken)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
