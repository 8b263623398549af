/*
 * Digests by OpenSSL's SHA-256 itself, without the layer above it.
 *
 * Since OpenSSL 3.0 a digest by EVP takes a search for the algorithm, a
 * context from the heap and calls through a provider: with the algorithm
 * fetched beforehand that is still more than hashing a node of the tree
 * takes, and recovery hashes one an event.  SHA256_Init() and its like run
 * the same code and cost nothing more; OpenSSL 3.0 calls them deprecated.
 * HMAC is RFC 2104 over the same.
 */

#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/jupref_digest.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>


#define JUPREF_SHA256_BLOCK  64


static unsigned jupref_sha256_all(SHA256_CTX *context, uint8_t *digest,
    const jupref_bytes_t *spans, unsigned count);
static int jupref_hex_digit(uint8_t character);


unsigned
jupref_sha256(uint8_t digest[JUPREF_SHA256_SIZE], jupref_bytes_t bytes)
{
    return jupref_sha256_spans(digest, &bytes, 1);
}


unsigned
jupref_sha256_spans(uint8_t digest[JUPREF_SHA256_SIZE],
    const jupref_bytes_t *spans, unsigned count)
{
    SHA256_CTX  context;

    return jupref_sha256_all(&context, digest, spans, count);
}


unsigned
jupref_hmac_sha256(uint8_t digest[JUPREF_SHA256_SIZE], jupref_bytes_t key,
    jupref_bytes_t bytes)
{
    size_t          i;
    uint8_t         inner[JUPREF_SHA256_BLOCK], outer[JUPREF_SHA256_BLOCK];
    unsigned        done;
    SHA256_CTX      context;
    jupref_bytes_t  inside[2], outside[2];

    memset(inner, 0, sizeof(inner));

    if (key.len > sizeof(inner)) {
        if (!jupref_sha256(inner, key)) {
            return 0;
        }

    } else if (key.len > 0) {
        memcpy(inner, key.data, key.len);
    }

    for (i = 0; i < sizeof(inner); i++) {
        outer[i] = inner[i] ^ 0x5c;
        inner[i] ^= 0x36;
    }

    inside[0] = (jupref_bytes_t) { inner, sizeof(inner) };
    inside[1] = bytes;
    outside[0] = (jupref_bytes_t) { outer, sizeof(outer) };
    outside[1] = (jupref_bytes_t) { digest, JUPREF_SHA256_SIZE };

    done = jupref_sha256_all(&context, digest, inside, 2)
           && jupref_sha256_all(&context, digest, outside, 2);

    OPENSSL_cleanse(&context, sizeof(context));
    OPENSSL_cleanse(inner, sizeof(inner));
    OPENSSL_cleanse(outer, sizeof(outer));

    return done;
}


unsigned
jupref_digest_equal(const uint8_t one[JUPREF_SHA256_SIZE],
    const uint8_t other[JUPREF_SHA256_SIZE])
{
    return CRYPTO_memcmp(one, other, JUPREF_SHA256_SIZE) == 0;
}


unsigned
jupref_hex_decode(uint8_t *out, size_t len, jupref_bytes_t hex)
{
    int     high, low;
    size_t  i;

    if (hex.len % 2 != 0 || hex.len / 2 != len) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        high = jupref_hex_digit(hex.data[2 * i]);
        low = jupref_hex_digit(hex.data[2 * i + 1]);

        if (high < 0 || low < 0) {
            return 0;
        }

        out[i] = (uint8_t) (high << 4 | low);
    }

    return 1;
}


static unsigned
jupref_sha256_all(SHA256_CTX *context, uint8_t *digest,
    const jupref_bytes_t *spans, unsigned count)
{
    unsigned  i;

    if (SHA256_Init(context) != 1) {
        return 0;
    }

    for (i = 0; i < count; i++) {

        if (spans[i].len > 0
            && SHA256_Update(context, spans[i].data, spans[i].len) != 1)
        {
            return 0;
        }
    }

    return SHA256_Final(digest, context) == 1;
}


static int
jupref_hex_digit(uint8_t character)
{
    if (character >= '0' && character <= '9') {
        return character - '0';
    }

    if (character >= 'a' && character <= 'f') {
        return character - 'a' + 10;
    }

    if (character >= 'A' && character <= 'F') {
        return character - 'A' + 10;
    }

    return -1;
}
