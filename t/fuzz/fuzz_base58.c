/*
 * base58: any text is either exactly one key or signature and comes back as
 * itself, or is refused; any bytes survive being written and read.
 */

#include "solana/jupref_pubkey.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t              len;
    uint8_t             text[JUPREF_SIGNATURE_TEXT];
    jupref_bytes_t      input;
    jupref_pubkey_t     key, key_back;
    jupref_signature_t  signature, signature_back;

    input.data = data;
    input.len = size;

    if (jupref_pubkey_parse(&key, input)) {
        len = jupref_pubkey_format(text, &key);

        if (len != size || memcmp(text, data, size) != 0) {
            abort();
        }
    }

    if (jupref_signature_parse(&signature, input)) {
        len = jupref_signature_format(text, &signature);

        if (len != size || memcmp(text, data, size) != 0) {
            abort();
        }
    }

    memset(&signature, 0, sizeof(signature));
    memcpy(signature.bytes, data, size < 64 ? size : 64);
    memcpy(key.bytes, signature.bytes, JUPREF_PUBKEY_SIZE);

    input.data = text;
    input.len = jupref_signature_format(text, &signature);

    if (!jupref_signature_parse(&signature_back, input)
        || memcmp(&signature, &signature_back, sizeof(signature)) != 0)
    {
        abort();
    }

    input.len = jupref_pubkey_format(text, &key);

    if (!jupref_pubkey_parse(&key_back, input)
        || !jupref_pubkey_equal(&key, &key_back))
    {
        abort();
    }

    return 0;
}
