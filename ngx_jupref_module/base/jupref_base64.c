/*
 * Base64 (RFC 4648, section 4), strictly: whole groups, '=' in the last two
 * places only, and zero bits where the padding cuts off, so that a value has
 * one text only.
 *
 * Texts are written by OpenSSL.  They aren't read by it: its decoder drops
 * blanks at both ends and everything behind the text and takes '=' anywhere as
 * zero, so that all of that would have to be looked for before, and it is slow
 * where every order and every execute brings a transaction.
 */

#include "base/jupref_base64.h"

#include <limits.h>
#include <string.h>

#include <openssl/evp.h>


#define JUPREF_BASE64_PIECE  (3 * 1024 * 1024)
#define JUPREF_BASE64_NONE   0x80       /* no digit has this bit */


static inline uint32_t jupref_base64_group(const uint8_t *at,
    uint32_t *seen);


/* What a character stands for. */
#define NO  JUPREF_BASE64_NONE

static const uint8_t  jupref_base64_digits[256] = {
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO, NO, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,
    NO,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, NO,
    NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO
};

#undef NO


unsigned
jupref_base64_decode(uint8_t *out, size_t *out_len, jupref_bytes_t text)
{
    size_t          i, whole, padding;
    uint32_t        group, seen;
    const uint8_t  *at;

    *out_len = 0;

    if (text.len % 4 != 0) {
        return 0;
    }

    if (text.len == 0) {
        return 1;
    }

    padding = (text.data[text.len - 1] == '=');
    padding += (padding && text.data[text.len - 2] == '=');
    whole = text.len / 4 - (padding > 0);
    at = text.data;

    for (seen = 0, i = 0; i < whole; i++, at += 4, out += 3) {
        group = jupref_base64_group(at, &seen);
        out[0] = (uint8_t) (group >> 16);
        out[1] = (uint8_t) (group >> 8);
        out[2] = (uint8_t) group;
    }

    if (padding > 0) {
        group = (uint32_t) jupref_base64_digits[at[0]] << 18
                | (uint32_t) jupref_base64_digits[at[1]] << 12;
        seen |= jupref_base64_digits[at[0]] | jupref_base64_digits[at[1]];
        out[0] = (uint8_t) (group >> 16);

        if (padding == 1) {
            group |= (uint32_t) jupref_base64_digits[at[2]] << 6;
            seen |= jupref_base64_digits[at[2]];
            out[1] = (uint8_t) (group >> 8);
        }

        /* what the padding cuts off */

        if (group & (UINT32_C(0xffffff) >> 8 * (3 - padding))) {
            return 0;
        }
    }

    if (seen & JUPREF_BASE64_NONE) {
        return 0;
    }

    *out_len = text.len / 4 * 3 - padding;

    return 1;
}


/* Four characters' bits; `seen` gets JUPREF_BASE64_NONE for one that isn't
 * of the alphabet. */

static inline uint32_t
jupref_base64_group(const uint8_t *at, uint32_t *seen)
{
    uint32_t  a, b, c, d;

    a = jupref_base64_digits[at[0]];
    b = jupref_base64_digits[at[1]];
    c = jupref_base64_digits[at[2]];
    d = jupref_base64_digits[at[3]];

    *seen |= a | b | c | d;

    return a << 18 | b << 12 | c << 6 | d;
}


/* OpenSSL counts in ints: pieces of whole groups of three bytes. */

size_t
jupref_base64_encode(uint8_t *text, jupref_bytes_t bytes)
{
    size_t  at, piece, written;

    text[0] = '\0';
    written = 0;

    for (at = 0; at < bytes.len; at += piece) {
        piece = bytes.len - at;

        if (piece > JUPREF_BASE64_PIECE) {
            piece = JUPREF_BASE64_PIECE;
        }

        written += (size_t) EVP_EncodeBlock(text + written, bytes.data + at,
                                            (int) piece);
    }

    return written;
}
