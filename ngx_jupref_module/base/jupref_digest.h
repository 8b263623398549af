/*
 * SHA-256 and HMAC-SHA-256 by OpenSSL, one shot each.
 */

#ifndef JUPREF_DIGEST_H
#define JUPREF_DIGEST_H


#include "base/jupref_bytes.h"


#define JUPREF_SHA256_SIZE  32


/* All return 1, or 0 when OpenSSL could not (out of memory). */
unsigned jupref_sha256(uint8_t digest[JUPREF_SHA256_SIZE],
    jupref_bytes_t bytes);

/* Of the spans one behind the other. */
unsigned jupref_sha256_spans(uint8_t digest[JUPREF_SHA256_SIZE],
    const jupref_bytes_t *spans, unsigned count);
unsigned jupref_hmac_sha256(uint8_t digest[JUPREF_SHA256_SIZE],
    jupref_bytes_t key, jupref_bytes_t bytes);

/* 1 when equal; takes the same time whatever the bytes are. */
unsigned jupref_digest_equal(const uint8_t one[JUPREF_SHA256_SIZE],
    const uint8_t other[JUPREF_SHA256_SIZE]);

/* 2 × len hex digits to bytes; either case.  Returns 0 for anything else. */
unsigned jupref_hex_decode(uint8_t *out, size_t len, jupref_bytes_t hex);


#endif /* JUPREF_DIGEST_H */
