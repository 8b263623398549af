/*
 * Transactions of all three wire forms, built field by field, as the base64
 * that Jupiter's bodies carry, with the SHA-256 of what their signers sign.
 */

#ifndef SAMPLE_TRANSACTION_H
#define SAMPLE_TRANSACTION_H


#include "solana/jupref_transaction.h"


typedef struct {
    char                base64[JUPREF_TRANSACTION_BASE64_MAX + 1];
    uint8_t             message_hash[JUPREF_SHA256_SIZE];
    jupref_signature_t  signature;      /* the first one */
} sample_transaction_t;


/*
 * One instruction with `data_len` bytes, one signer.  The signature is the
 * byte `signed_with` over and over: 0 is an unsigned transaction.
 */
void sample_transaction_make(sample_transaction_t *sample,
    jupref_transaction_version_e version, size_t data_len,
    uint8_t signed_with);

/* Base64 with padding, ended by NUL. */
void sample_base64(char *text, const uint8_t *bytes, size_t len);


#endif /* SAMPLE_TRANSACTION_H */
