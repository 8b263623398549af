/*
 * A transaction as Jupiter's bodies carry it (see the header).
 */

#include "jupiter/jupref_signed_transaction.h"

#include "base/jupref_base64.h"


jupref_transaction_result_e
jupref_signed_transaction_read(uint8_t message_hash[JUPREF_SHA256_SIZE],
    jupref_signature_t *signature, jupref_bytes_t base64)
{
    size_t                       len;
    uint8_t                      wire[JUPREF_TRANSACTION_MAX + 3];
    jupref_transaction_t         transaction;
    jupref_transaction_result_e  result;

    if (base64.len == 0) {
        return JUPREF_TRANSACTION_EMPTY;
    }

    if (base64.len > JUPREF_TRANSACTION_BASE64_MAX) {
        return JUPREF_TRANSACTION_TOO_LARGE;
    }

    if (!jupref_base64_decode(wire, &len, base64)) {
        return JUPREF_TRANSACTION_BAD_TEXT;
    }

    result = jupref_transaction_parse(&transaction,
                                      (jupref_bytes_t) { wire, len });
    if (result != JUPREF_TRANSACTION_OK) {
        return result;
    }

    if (signature) {
        *signature = transaction.signatures[0];
    }

    if (!jupref_sha256(message_hash, transaction.message)) {
        return JUPREF_TRANSACTION_NO_MEMORY;
    }

    return JUPREF_TRANSACTION_OK;
}
