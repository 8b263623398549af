/*
 * Base64: OpenSSL's, with the leniencies of its decoder taken away.
 *
 * EVP_DecodeBlock() drops blanks at both ends and everything behind the text,
 * takes '=' anywhere as zero, and counts padding as bytes.  So: the length
 * must be whole groups, '=' may only stand in the last two places, the
 * decoder must have used every group, and the bytes (or bits) that the
 * padding cuts off must be zero, so that a value has one text only.
 */

#include "base/jupref_base64.h"

#include <limits.h>
#include <string.h>

#include <openssl/evp.h>


#define JUPREF_BASE64_PIECE  (3 * 1024 * 1024)


unsigned
jupref_base64_decode(uint8_t *out, size_t *out_len, jupref_bytes_t text)
{
    int             decoded;
    size_t          padding, i;
    const uint8_t  *equals;

    *out_len = 0;

    if (text.len == 0) {
        return 1;
    }

    if (text.len % 4 != 0 || text.len > INT_MAX) {
        return 0;
    }

    equals = memchr(text.data, '=', text.len);
    padding = 0;

    if (equals != NULL) {
        padding = (size_t) (text.data + text.len - equals);

        if (padding > 2 || text.data[text.len - 1] != '=') {
            return 0;
        }
    }

    decoded = EVP_DecodeBlock(out, text.data, (int) text.len);

    if (decoded < 0 || (size_t) decoded != text.len / 4 * 3) {
        return 0;
    }

    *out_len = (size_t) decoded - padding;

    for (i = *out_len; i < (size_t) decoded; i++) {
        if (out[i] != 0) {
            *out_len = 0;
            return 0;
        }
    }

    return 1;
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
