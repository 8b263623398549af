/*
 * The textbook's encoder, to hold the fast decoder against.
 */

#include "base58_text.h"

#include <string.h>


size_t
base58_text(char *text, const uint8_t *bytes, size_t len)
{
    size_t    i, j, zeroes, used;
    uint8_t   digits[5600];
    unsigned  carry;

    static const char  alphabet[] =
        "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    used = 0;

    for (i = 0; i < len; i++) {
        carry = bytes[i];

        for (j = 0; j < used; j++) {
            carry += (unsigned) digits[j] << 8;
            digits[j] = (uint8_t) (carry % 58);
            carry /= 58;
        }

        for ( /* void */ ; carry > 0; carry /= 58) {
            digits[used++] = (uint8_t) (carry % 58);
        }
    }

    for (zeroes = 0; zeroes < len && bytes[zeroes] == 0; zeroes++) {
        text[zeroes] = '1';
    }

    for (i = 0; i < used; i++) {
        text[zeroes + i] = alphabet[digits[used - 1 - i]];
    }

    text[zeroes + used] = '\0';

    return zeroes + used;
}
