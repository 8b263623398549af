/*
 * UTF-8 (RFC 3629): no longer forms than needed, no surrogates, nothing
 * beyond U+10FFFF.
 */

#ifndef JUPREF_UTF8_H
#define JUPREF_UTF8_H


#include "base/jupref_bytes.h"


/*
 * The length of the character at `at`, which isn't ASCII; or, with `broken`
 * set, of the longest part of it that could have begun one: what becomes one
 * U+FFFD.  `at` is before `end`.
 */
unsigned jupref_utf8_length(const uint8_t *at, const uint8_t *end,
    unsigned *broken);

unsigned jupref_utf8_valid(jupref_bytes_t text);


#endif /* JUPREF_UTF8_H */
