/*
 * Digests by OpenSSL's SHA-256 itself, without the layer above it.
 *
 * Since OpenSSL 3.0 a digest by EVP takes a search for the algorithm, a
 * context from the heap and calls through a provider: with the algorithm
 * fetched beforehand that is still more than hashing a node of the tree
 * takes, and recovery hashes one an event.  SHA256_Init() and its like run
 * the same code and cost nothing more; OpenSSL 3.0 calls them deprecated.
 * HMAC is RFC 2104 over the same.
 *
 * Most of what is hashed (nodes, leaves, commitments) is two blocks with its
 * padding, at the most: it is padded here (FIPS 180-4, 5.1.1), so that both
 * blocks are compressed by one call and nothing is copied in between.
 */

#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/jupref_digest.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>


#define JUPREF_SHA256_BLOCK  64
#define JUPREF_SHA256_END    9          /* padding: a bit, the length */
#define JUPREF_SHA256_SHORT  (2 * JUPREF_SHA256_BLOCK - JUPREF_SHA256_END)


static unsigned jupref_sha256_all(SHA256_CTX *context, uint8_t *digest,
    const jupref_bytes_t *spans, unsigned count);
static unsigned jupref_sha256_short(uint8_t *digest,
    const jupref_bytes_t *spans, unsigned count, size_t len);
static void jupref_put_be(uint8_t *to, uint64_t value, unsigned bytes);
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
    size_t      len;
    unsigned    i;
    SHA256_CTX  context;

    for (len = 0, i = 0; i < count && len <= JUPREF_SHA256_SHORT; i++) {
        len += spans[i].len > JUPREF_SHA256_SHORT ? JUPREF_SHA256_SHORT + 1
                                                  : spans[i].len;
    }

    if (len <= JUPREF_SHA256_SHORT) {
        return jupref_sha256_short(digest, spans, count, len);
    }

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
        if (!jupref_sha256_all(&context, inner, &key, 1)) {
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


static unsigned
jupref_sha256_short(uint8_t *digest, const jupref_bytes_t *spans,
    unsigned count, size_t len)
{
    size_t      size, at;
    uint8_t     blocks[2 * JUPREF_SHA256_BLOCK];
    unsigned    i;
    SHA256_CTX  context;

    size = len + JUPREF_SHA256_END > JUPREF_SHA256_BLOCK
           ? 2 * JUPREF_SHA256_BLOCK : JUPREF_SHA256_BLOCK;

    memset(blocks, 0, sizeof(blocks));

    for (at = 0, i = 0; i < count; i++) {
        if (spans[i].len > 0) {
            memcpy(blocks + at, spans[i].data, spans[i].len);
            at += spans[i].len;
        }
    }

    blocks[len] = 0x80;
    jupref_put_be(blocks + size - 8, (uint64_t) len * 8, 8);

    if (SHA256_Init(&context) != 1
        || SHA256_Update(&context, blocks, size) != 1)
    {
        return 0;
    }

    for (i = 0; i < JUPREF_SHA256_SIZE / 4; i++) {
        jupref_put_be(digest + 4 * i, context.h[i], 4);
    }

    return 1;
}


static void
jupref_put_be(uint8_t *to, uint64_t value, unsigned bytes)
{
    unsigned  i;

    for (i = 0; i < bytes; i++) {
        to[i] = (uint8_t) (value >> (8 * (bytes - 1 - i)));
    }
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
