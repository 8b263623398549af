/*
 * Starts of tokens, and the white space between them.
 */

#include "base/jupref_json_place.h"

#include <string.h>


size_t
jupref_json_token_at(jupref_bytes_t text, size_t from)
{
    while (from < text.len) {

        switch (text.data[from]) {

        case ' ':
        case '\t':
        case '\n':
        case '\r':
        case ',':
        case ':':
            from++;
            break;

        default:
            return from;
        }
    }

    return from;
}


unsigned
jupref_json_blanks_fit(jupref_bytes_t text)
{
    return text.len == 0
           || (memchr(text.data, '\v', text.len) == NULL
               && memchr(text.data, '\f', text.len) == NULL);
}
