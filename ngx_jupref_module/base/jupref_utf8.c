/*
 * UTF-8, character by character: the first byte says how long it is and what
 * the second may be, all others are 80 to BF.
 */

#include "base/jupref_utf8.h"


unsigned
jupref_utf8_length(const uint8_t *at, const uint8_t *end, unsigned *broken)
{
    uint8_t   low, high;
    unsigned  len, i;

    low = 0x80;
    high = 0xbf;

    if (at[0] >= 0xc2 && at[0] <= 0xdf) {
        len = 2;

    } else if (at[0] >= 0xe0 && at[0] <= 0xef) {
        len = 3;

        if (at[0] == 0xe0) {
            low = 0xa0;                 /* shorter forms exist below */

        } else if (at[0] == 0xed) {
            high = 0x9f;                /* surrogates are no characters */
        }

    } else if (at[0] >= 0xf0 && at[0] <= 0xf4) {
        len = 4;

        if (at[0] == 0xf0) {
            low = 0x90;                 /* shorter forms exist below */

        } else if (at[0] == 0xf4) {
            high = 0x8f;                /* Unicode ends at 10FFFF */
        }

    } else {
        *broken = 1;
        return 1;
    }

    for (i = 1; i < len; i++) {
        if (at + i == end || at[i] < low || at[i] > high) {
            *broken = 1;
            return i;
        }

        low = 0x80;
        high = 0xbf;
    }

    *broken = 0;

    return len;
}


unsigned
jupref_utf8_valid(jupref_bytes_t text)
{
    size_t    i;
    unsigned  broken;

    broken = 0;

    for (i = 0; i < text.len && !broken; /* void */ ) {
        if (text.data[i] < 0x80) {
            i++;

        } else {
            i += jupref_utf8_length(text.data + i, text.data + text.len,
                                    &broken);
        }
    }

    return !broken;
}
