/*
 * Solana's keys and signatures as text: base58 with Bitcoin's alphabet.
 *
 * Only the two lengths Solana has are decoded, exactly: 32 bytes (32 to 44
 * characters) and 64 bytes (64 to 88 characters).  A leading zero byte is a
 * leading '1', so every value has one text only.
 */

#ifndef JUPREF_PUBKEY_H
#define JUPREF_PUBKEY_H


#include "base/jupref_bytes.h"


#define JUPREF_PUBKEY_SIZE     32
#define JUPREF_PUBKEY_TEXT     44       /* longest text, no terminator */
#define JUPREF_SIGNATURE_SIZE  64
#define JUPREF_SIGNATURE_TEXT  88


typedef struct {
    uint8_t  bytes[JUPREF_PUBKEY_SIZE];
} jupref_pubkey_t;


typedef struct {
    uint8_t  bytes[JUPREF_SIGNATURE_SIZE];
} jupref_signature_t;


/* Both return 1, or 0 when the text isn't exactly one such value. */
unsigned jupref_pubkey_parse(jupref_pubkey_t *key, jupref_bytes_t text);
unsigned jupref_signature_parse(jupref_signature_t *signature,
    jupref_bytes_t text);

/* Both write text without a terminator and return its length. */
size_t jupref_pubkey_format(uint8_t text[JUPREF_PUBKEY_TEXT],
    const jupref_pubkey_t *key);
size_t jupref_signature_format(uint8_t text[JUPREF_SIGNATURE_TEXT],
    const jupref_signature_t *signature);

unsigned jupref_pubkey_equal(const jupref_pubkey_t *one,
    const jupref_pubkey_t *other);

/* 1 when all bytes are zero: "none" for keys (also the System Program), "not
 * signed yet" for signatures. */
unsigned jupref_pubkey_is_zero(const jupref_pubkey_t *key);
unsigned jupref_signature_is_zero(const jupref_signature_t *signature);


#endif /* JUPREF_PUBKEY_H */
