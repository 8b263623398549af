/*
 * Spans compared (see the header).
 */

#include "base/jupref_bytes.h"

#include <string.h>


static uint8_t jupref_lowercase(uint8_t character);


unsigned
jupref_bytes_equal(jupref_bytes_t one, jupref_bytes_t other)
{
    if (one.len != other.len) {
        return 0;
    }

    return one.len == 0 || memcmp(one.data, other.data, one.len) == 0;
}


unsigned
jupref_bytes_equal_nocase(jupref_bytes_t one, jupref_bytes_t other)
{
    size_t  i;

    if (one.len != other.len) {
        return 0;
    }

    for (i = 0; i < one.len; i++) {
        if (jupref_lowercase(one.data[i]) != jupref_lowercase(other.data[i])) {
            return 0;
        }
    }

    return 1;
}


static uint8_t
jupref_lowercase(uint8_t character)
{
    if (character >= 'A' && character <= 'Z') {
        return (uint8_t) (character | 0x20);
    }

    return character;
}
