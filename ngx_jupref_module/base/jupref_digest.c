/*
 * Digests by OpenSSL, without paying for its algorithm search every time.
 *
 * Since OpenSSL 3.0 SHA256(), HMAC() and EVP_sha256() look the algorithm up
 * anew at each call, which costs as much as hashing half a kilobyte.  It is
 * fetched here once in the life of a process and never changed after, so any
 * thread may use it.  HMAC is RFC 2104 over the same, because EVP_MAC copies
 * its parameters and contexts for longer than both hashes take.
 */

#include "base/jupref_digest.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>


#define JUPREF_SHA256_BLOCK  64


static void jupref_sha256_fetch(void);
static unsigned jupref_sha256_all(EVP_MD_CTX *context, uint8_t *digest,
    const jupref_bytes_t *spans, unsigned count);
static int jupref_hex_digit(uint8_t character);


static CRYPTO_ONCE    jupref_sha256_once = CRYPTO_ONCE_STATIC_INIT;
static EVP_MD        *jupref_sha256_method;


unsigned
jupref_sha256(uint8_t digest[JUPREF_SHA256_SIZE], jupref_bytes_t bytes)
{
    if (!CRYPTO_THREAD_run_once(&jupref_sha256_once, jupref_sha256_fetch)) {
        return 0;
    }

    return EVP_Digest(bytes.data, bytes.len, digest, NULL,
                      jupref_sha256_method, NULL) == 1;
}


unsigned
jupref_sha256_spans(uint8_t digest[JUPREF_SHA256_SIZE],
    const jupref_bytes_t *spans, unsigned count)
{
    unsigned     done;
    EVP_MD_CTX  *context;

    context = EVP_MD_CTX_new();

    done = context != NULL
           && CRYPTO_THREAD_run_once(&jupref_sha256_once, jupref_sha256_fetch)
           && jupref_sha256_all(context, digest, spans, count);

    EVP_MD_CTX_free(context);

    return done;
}


unsigned
jupref_hmac_sha256(uint8_t digest[JUPREF_SHA256_SIZE], jupref_bytes_t key,
    jupref_bytes_t bytes)
{
    size_t          i;
    uint8_t         inner[JUPREF_SHA256_BLOCK], outer[JUPREF_SHA256_BLOCK];
    unsigned        done;
    EVP_MD_CTX     *context;
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

    context = EVP_MD_CTX_new();

    done = context != NULL
           && CRYPTO_THREAD_run_once(&jupref_sha256_once, jupref_sha256_fetch)
           && jupref_sha256_all(context, digest, inside, 2)
           && jupref_sha256_all(context, digest, outside, 2);

    EVP_MD_CTX_free(context);
    OPENSSL_cleanse(inner, sizeof(inner));
    OPENSSL_cleanse(outer, sizeof(outer));

    return done;
}


void
jupref_sha256_forget(void)
{
    EVP_MD_free(jupref_sha256_method);
    jupref_sha256_method = NULL;
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


/* Falls back to the method that is searched for at each use. */
static void
jupref_sha256_fetch(void)
{
    jupref_sha256_method = EVP_MD_fetch(NULL, "SHA256", NULL);

    if (jupref_sha256_method == NULL) {
        jupref_sha256_method = (EVP_MD *) EVP_sha256();
    }
}


static unsigned
jupref_sha256_all(EVP_MD_CTX *context, uint8_t *digest,
    const jupref_bytes_t *spans, unsigned count)
{
    unsigned  i;

    if (EVP_DigestInit_ex(context, jupref_sha256_method, NULL) != 1) {
        return 0;
    }

    for (i = 0; i < count; i++) {
        if (EVP_DigestUpdate(context, spans[i].data, spans[i].len) != 1) {
            return 0;
        }
    }

    return EVP_DigestFinal_ex(context, digest, NULL) == 1;
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
