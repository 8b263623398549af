/*
 * A transaction as Jupiter's bodies carry it: base64 of the wire form.
 */

#ifndef JUPREF_SIGNED_TRANSACTION_H
#define JUPREF_SIGNED_TRANSACTION_H


#include "solana/jupref_transaction.h"


/*
 * Decodes and checks; gives the SHA-256 of the message and, where asked for,
 * the first signature (the transaction's id; zero when the fee payer has not
 * signed yet).  An empty text is JUPREF_TRANSACTION_EMPTY, one that is no
 * base64 JUPREF_TRANSACTION_BAD_TEXT.
 */
jupref_transaction_result_e jupref_signed_transaction_read(
    uint8_t message_hash[JUPREF_SHA256_SIZE], jupref_signature_t *signature,
    jupref_bytes_t base64);


#endif /* JUPREF_SIGNED_TRANSACTION_H */
