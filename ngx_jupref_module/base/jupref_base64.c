/*
 * Base64 decoding: OpenSSL's, with its leniencies taken away.
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
