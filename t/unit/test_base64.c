/*
 * Base64: one value has one text, and nothing else is taken for base64.
 */

#include "base/jupref_base64.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


static const char  alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";


/* Decodes into memory of exactly the size the header promises to keep to. */
static unsigned
decode(const char *text, size_t len, uint8_t *out, size_t *out_len)
{
    uint8_t   *copy, *room;
    unsigned   done;

    copy = malloc(len > 0 ? len : 1);
    room = malloc(jupref_base64_decoded_size(len) + (len == 0));
    assert_non_null(copy);
    assert_non_null(room);
    memcpy(copy, text, len);

    done = jupref_base64_decode(room, out_len,
                                (jupref_bytes_t) { copy, len });

    if (done) {
        memcpy(out, room, *out_len);
    }

    free(copy);
    free(room);

    return done;
}


static void
assert_refused(const char *text, size_t len)
{
    size_t   out_len;
    uint8_t  out[64];

    if (decode(text, len, out, &out_len)) {
        fail_msg("\"%.*s\" was decoded", (int) len, text);
    }

    assert_int_equal(out_len, 0);
}


static void
the_vectors_of_rfc_4648_decode(void **state)
{
    size_t   i, len;
    uint8_t  out[64];

    static const char *const  vectors[][2] = {
        { "", "" }, { "Zg==", "f" }, { "Zm8=", "fo" }, { "Zm9v", "foo" },
        { "Zm9vYg==", "foob" }, { "Zm9vYmE=", "fooba" },
        { "Zm9vYmFy", "foobar" }
    };

    for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        assert_true(decode(vectors[i][0], strlen(vectors[i][0]), out, &len));
        assert_int_equal(len, strlen(vectors[i][1]));
        assert_memory_equal(out, vectors[i][1], len);
    }
}


static void
every_group_of_two_bytes_has_one_text_only(void **state)
{
    char      text[4];
    size_t    len;
    uint8_t   out[3];
    unsigned  i, decoded;

    decoded = 0;
    text[3] = '=';

    for (i = 0; i < 64 * 64 * 64; i++) {
        text[0] = alphabet[i / 4096];
        text[1] = alphabet[i / 64 % 64];
        text[2] = alphabet[i % 64];

        if (decode(text, 4, out, &len)) {
            assert_int_equal(len, 2);
            assert_int_equal(out[0] << 8 | out[1], i >> 2);
            decoded++;
        }
    }

    assert_int_equal(decoded, 65536);
}


static void
no_other_character_is_decoded_in_any_place(void **state)
{
    char      text[8];
    size_t    len;
    uint8_t   out[6];
    unsigned  place, any, valid;

    for (place = 0; place < 8; place++) {
        for (any = 0; any < 256; any++) {
            memcpy(text, "QUJDREVG", 8);
            text[place] = (char) any;

            /* a '=' at the end is padding, and 'G' leaves no bits behind it */
            valid = (any != 0 && strchr(alphabet, (int) any) != NULL);

            if (any == '=' && place == 7) {
                text[6] = 'U';
                valid = 1;
            }

            assert_int_equal(decode(text, 8, out, &len), valid);
        }
    }
}


static void
what_openssl_would_forgive_is_refused(void **state)
{
    size_t  i;

    static const char *const  texts[] = {
        "Z", "Zg", "Zm9", "Zg=", "Zg===", "=", "==", "===", "====", "A===",
        " Zg==", "Zg== ", "Zg==\n", "\nZg==", "Zm9vYg==\r\n", "Zm 9", "Zm9\n",
        "    ", "Zm9v    ", "    Zm9v", "Zm9v\n\n\n\n", "Z=9v", "=m9v", "Zg=v",
        "Zg==Zg==", "Zm8=Zm8=", "Zg--", "Zm9v-", "Zm9v----", "Zm-_",
        "Zh==", "Zm9=", "Zm9vYh==", "Zv=="
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_refused(texts[i], strlen(texts[i]));
    }

    assert_refused("Zm9v\0\0\0\0", 8);
    assert_refused("Zg=\0", 4);
    assert_refused("Zm9\x80", 4);
    assert_refused("\xff\xff\xff\xff", 4);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_vectors_of_rfc_4648_decode),
        cmocka_unit_test(every_group_of_two_bytes_has_one_text_only),
        cmocka_unit_test(no_other_character_is_decoded_in_any_place),
        cmocka_unit_test(what_openssl_would_forgive_is_refused)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
