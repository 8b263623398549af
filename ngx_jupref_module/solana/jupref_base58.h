/*
 * base58 with Bitcoin's alphabet: decoding, by whole words.
 *
 * Keys and signatures, whose length is known, are read by jupref_pubkey.h;
 * what a transaction is in its old encoding has any length.  The work grows
 * with the square of the length, so the length is bounded: the most that a
 * transaction takes.
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

/*
 * The value of a text that isn't empty as words, the lowest first, `used` of
 * them.  Returns 0 when the text isn't base58 or needs more than `count`.
 */
unsigned jupref_base58_words(uint64_t *words, size_t count, size_t *used,
    jupref_bytes_t text);

/* Words as `size` bytes, the highest first: with zeroes in front, and without
 * what doesn't fit. */
void jupref_base58_unpack(uint8_t *bytes, size_t size, const uint64_t *words,
    size_t used);

/* How many '1' stand in front: each is a zero byte. */
size_t jupref_base58_ones(jupref_bytes_t text);


#endif /* JUPREF_BASE58_H */
