/*
 * base58 of any bounded length, for transactions in their old encoding.
 *
 * Keys and signatures have their own, faster way (jupref_pubkey.h).  The work
 * grows with the square of the length, so the length is bounded: the most that
 * a transaction takes.
 */

#ifndef JUPREF_BASE58_H
#define JUPREF_BASE58_H


#include "base/jupref_bytes.h"


#define JUPREF_BASE58_MAX        5594   /* characters of 4,096 bytes */
#define JUPREF_BASE58_MAX_BYTES  4096


/*
 * Decodes at most `size` bytes (and no more than MAX_BYTES) into `out`.
 * Returns 1 with the length, or 0 when the text isn't base58, is longer than
 * MAX or its value longer than `size`.
 */
unsigned jupref_base58_bytes(uint8_t *out, size_t size, size_t *len,
    jupref_bytes_t text);


#endif /* JUPREF_BASE58_H */
