/*
 * base58 to words and bytes.
 *
 * Ten characters make a number below 58^10 < 2^59, so the value grows by one
 * 64-bit multiplication per word and ten characters.
 */

#include "solana/jupref_base58.h"

#include <string.h>


#define JUPREF_BASE58_READ       10     /* characters read at once */
#define JUPREF_BASE58_READ_STEP  UINT64_C(430804206899405824)   /* 58^10 */

#define JUPREF_BASE58_BAD        0x80


/* The alphabet backwards; 0x80 for what isn't in it. */
static const uint8_t  jupref_base58_values[256] = {
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80,    0,    1,    2,    3,    4,    5,    6,
       7,    8, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80,    9,   10,   11,   12,   13,   14,   15,
      16, 0x80,   17,   18,   19,   20,   21, 0x80,
      22,   23,   24,   25,   26,   27,   28,   29,
      30,   31,   32, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80,   33,   34,   35,   36,   37,   38,   39,
      40,   41,   42,   43, 0x80,   44,   45,   46,
      47,   48,   49,   50,   51,   52,   53,   54,
      55,   56,   57, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80
};


unsigned
jupref_base58_bytes(uint8_t *out, size_t size, size_t *len,
    jupref_bytes_t text)
{
    size_t    used, ones, bytes;
    uint64_t  words[JUPREF_BASE58_MAX_BYTES / 8];

    *len = 0;

    if (text.len > JUPREF_BASE58_MAX) {
        return 0;
    }

    if (text.len == 0) {
        return 1;
    }

    if (!jupref_base58_words(words, JUPREF_BASE58_MAX_BYTES / 8, &used, text))
    {
        return 0;
    }

    bytes = used * 8;

    while (bytes > 0
           && (words[(bytes - 1) / 8] >> (bytes - 1) % 8 * 8 & 0xff) == 0)
    {
        bytes--;
    }

    ones = jupref_base58_ones(text);

    if (ones + bytes > size || ones + bytes > JUPREF_BASE58_MAX_BYTES) {
        return 0;
    }

    memset(out, 0, ones);
    jupref_base58_unpack(out + ones, bytes, words, used);

    *len = ones + bytes;

    return 1;
}


/*
 * The first group is the short one, so that every later group moves the
 * value by the same ten places.
 */
unsigned
jupref_base58_words(uint64_t *words, size_t count, size_t *used,
    jupref_bytes_t text)
{
    size_t             at, end, word, grown;
    uint8_t            digit, bad;
    uint64_t           carry;
    unsigned __int128  product;

    bad = 0;
    grown = 0;
    at = 0;
    end = (text.len - 1) % JUPREF_BASE58_READ + 1;

    for ( ;; ) {
        carry = 0;

        for ( /* void */ ; at < end; at++) {
            digit = jupref_base58_values[text.data[at]];
            bad |= digit;
            carry = carry * 58 + digit;
        }

        for (word = 0; word < grown; word++) {
            product = (unsigned __int128) words[word]
                      * JUPREF_BASE58_READ_STEP + carry;
            words[word] = (uint64_t) product;
            carry = (uint64_t) (product >> 64);
        }

        if (carry != 0) {
            if (grown == count) {
                return 0;
            }

            words[grown++] = carry;
        }

        if (end == text.len) {
            break;
        }

        end += JUPREF_BASE58_READ;
    }

    *used = grown;

    return !(bad & JUPREF_BASE58_BAD);
}


void
jupref_base58_unpack(uint8_t *bytes, size_t size, const uint64_t *words,
    size_t used)
{
    size_t  i, place, word;

    for (i = 0; i < size; i++) {
        place = size - 1 - i;
        word = place / 8;
        bytes[i] = word < used ? (uint8_t) (words[word] >> place % 8 * 8) : 0;
    }
}


size_t
jupref_base58_ones(jupref_bytes_t text)
{
    size_t  ones;

    for (ones = 0; ones < text.len && text.data[ones] == '1'; ones++) {
        /* void */
    }

    return ones;
}
