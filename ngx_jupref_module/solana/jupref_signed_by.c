/*
 * Whether a transaction's signer has signed it: Ed25519 (RFC 8032) by
 * OpenSSL.
 *
 * Keys of small order verify what nobody signed, the System Program's 32
 * zeroes among them; who asks about a key of its own choice, a taker of a
 * booked trade or a payer, doesn't ask about those.
 */

#include "solana/jupref_transaction.h"

#include <openssl/evp.h>


static unsigned jupref_signature_right(const jupref_pubkey_t *key,
    const jupref_signature_t *signature, jupref_bytes_t message);


unsigned
jupref_transaction_signed_by(const jupref_transaction_t *transaction,
    const jupref_pubkey_t *key)
{
    unsigned  i;

    for (i = 0; i < transaction->signer_count; i++) {
        if (jupref_pubkey_equal(&transaction->keys[i], key)) {
            return jupref_signature_right(key, &transaction->signatures[i],
                                          transaction->message);
        }
    }

    return 0;
}


static unsigned
jupref_signature_right(const jupref_pubkey_t *key,
    const jupref_signature_t *signature, jupref_bytes_t message)
{
    unsigned     right;
    EVP_PKEY    *public_key;
    EVP_MD_CTX  *context;

    right = 0;
    context = EVP_MD_CTX_new();
    public_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
                                             key->bytes, JUPREF_PUBKEY_SIZE);

    if (context != NULL && public_key != NULL
        && EVP_DigestVerifyInit(context, NULL, NULL, NULL, public_key) == 1)
    {
        right = EVP_DigestVerify(context, signature->bytes,
                                 JUPREF_SIGNATURE_SIZE, message.data,
                                 message.len) == 1;
    }

    EVP_PKEY_free(public_key);
    EVP_MD_CTX_free(context);

    return right;
}
