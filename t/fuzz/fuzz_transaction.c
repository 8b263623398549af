/*
 * Transactions: whatever is accepted lies within its bytes, is told the same
 * twice, is refused when cut or stretched by one, and keeps its verdict and
 * message when it is signed.
 */

#include "solana/jupref_transaction.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(unsigned holds);
static unsigned within(const void *part, size_t len, const uint8_t *data,
    size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                 signatures_at, signatures_len;
    uint8_t               *copy;
    jupref_transaction_t   one, other;

    if (jupref_transaction_parse(&one, (jupref_bytes_t) { data, size })
        != JUPREF_TRANSACTION_OK)
    {
        return 0;
    }

    signatures_len = one.signer_count * sizeof(jupref_signature_t);

    expect(within(one.message.data, one.message.len, data, size));
    expect(within(one.signatures, signatures_len, data, size));
    expect(within(one.keys, one.key_count * sizeof(jupref_pubkey_t), data,
                  size));
    expect(one.signer_count > 0 && one.signer_count <= one.key_count);
    expect(jupref_transaction_is_signer(&one, &one.keys[0]));

    /* message and signatures are all there is, but for the count in front */

    expect(one.message.len + signatures_len
           + (one.version == JUPREF_TRANSACTION_V1 ? 0 : 1) == size);

    expect(jupref_transaction_parse(&other,
                                    (jupref_bytes_t) { data, size - 1 })
           != JUPREF_TRANSACTION_OK);

    copy = malloc(size + 1);
    expect(copy != NULL);
    memcpy(copy, data, size);
    copy[size] = 0;

    expect(jupref_transaction_parse(&other,
                                    (jupref_bytes_t) { copy, size + 1 })
           != JUPREF_TRANSACTION_OK);

    signatures_at = (size_t) ((const uint8_t *) one.signatures - data);
    memset(copy + signatures_at, 0xa5, signatures_len);

    expect(jupref_transaction_parse(&other, (jupref_bytes_t) { copy, size })
           == JUPREF_TRANSACTION_OK);
    expect(other.version == one.version);
    expect(jupref_bytes_equal(other.message, one.message));

    free(copy);

    return 0;
}


static void
expect(unsigned holds)
{
    if (!holds) {
        abort();
    }
}


static unsigned
within(const void *part, size_t len, const uint8_t *data, size_t size)
{
    return (const uint8_t *) part >= data
           && (const uint8_t *) part + len <= data + size;
}
