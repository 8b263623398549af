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


static void
what_is_encoded_has_padding_and_decodes(void **state)
{
    size_t          len, text_len, out_len;
    uint8_t         bytes[70], out[96], *text;
    unsigned        i;
    static const struct {
        const char  *bytes;
        const char  *text;
    } vectors[] = {
        { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" }, { "\xfb\xff", "+/8=" }
    };

    for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        len = strlen(vectors[i].bytes);
        assert_int_equal(jupref_base64_encode(out, (jupref_bytes_t) {
                             (const uint8_t *) vectors[i].bytes, len }),
                         strlen(vectors[i].text));
        assert_string_equal((char *) out, vectors[i].text);
    }

    for (len = 0; len <= sizeof(bytes); len++) {
        for (i = 0; i < len; i++) {
            bytes[i] = (uint8_t) (i * 37 + len);
        }

        text = malloc(jupref_base64_encoded_size(len) + 1);
        assert_non_null(text);
        text_len = jupref_base64_encode(text, (jupref_bytes_t) { bytes,
                                                                 len });

        assert_int_equal(text_len, jupref_base64_encoded_size(len));
        assert_int_equal(text[text_len], '\0');
        assert_true(decode((char *) text, text_len, out, &out_len));
        assert_int_equal(out_len, len);
        assert_memory_equal(out, bytes, len);

        free(text);
    }
}


static void
a_large_text_is_encoded_in_one_piece(void **state)
{
    size_t    len, text_len, out_len;
    uint8_t  *bytes, *text, *out;

    len = 3 * 1024 * 1024 + 2;
    bytes = malloc(len);
    text = malloc(jupref_base64_encoded_size(len) + 1);
    out = malloc(jupref_base64_decoded_size(
                     jupref_base64_encoded_size(len)));
    assert_non_null(bytes);
    assert_non_null(text);
    assert_non_null(out);
    memset(bytes, 0xa5, len);

    text_len = jupref_base64_encode(text, (jupref_bytes_t) { bytes, len });
    assert_int_equal(text_len, jupref_base64_encoded_size(len));
    assert_true(jupref_base64_decode(out, &out_len,
                                     (jupref_bytes_t) { text, text_len }));
    assert_int_equal(out_len, len);
    assert_memory_equal(out, bytes, len);

    free(bytes);
    free(text);
    free(out);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_vectors_of_rfc_4648_decode),
        cmocka_unit_test(every_group_of_two_bytes_has_one_text_only),
        cmocka_unit_test(no_other_character_is_decoded_in_any_place),
        cmocka_unit_test(what_openssl_would_forgive_is_refused),
        cmocka_unit_test(what_is_encoded_has_padding_and_decodes),
        cmocka_unit_test(a_large_text_is_encoded_in_one_piece)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
