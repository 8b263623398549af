/*
 * AES-256-GCM by OpenSSL (see the header).
 *
 * The cipher is fetched once in the life of a process, a data key is expanded
 * once a sealer: a call then sets the nonce and no more.  What couldn't be
 * opened is wiped before anybody sees it, and OpenSSL's queue of errors is
 * emptied, because nginx would log them with the next thing that goes wrong.
 */

#include "log/jupref_seal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "ledger/jupref_event.h"


#define JUPREF_NONCE_SIZE      12
#define JUPREF_WRAP_NONCE_AT   JUPREF_KEY_ID_MAX
#define JUPREF_WRAP_SEALED_AT  (JUPREF_KEY_ID_MAX + JUPREF_NONCE_SIZE)


struct jupref_sealer_s {
    EVP_CIPHER_CTX  *seal;
    EVP_CIPHER_CTX  *open;
};


/* One plaintext's place: what it is numbered, what stands beside it. */
typedef struct {
    uint8_t         nonce[JUPREF_NONCE_SIZE];
    jupref_bytes_t  beside[2];
} jupref_seal_place_t;


static void jupref_seal_fetch(void);
static unsigned jupref_seal_number(jupref_seal_place_t *place,
    uint64_t number, jupref_bytes_t beside);
static unsigned jupref_seal_into(EVP_CIPHER_CTX *context,
    const jupref_seal_place_t *place, jupref_bytes_t plain, uint8_t *sealed);
static unsigned jupref_open_into(EVP_CIPHER_CTX *context,
    const jupref_seal_place_t *place, jupref_bytes_t sealed, uint8_t *plain);
static unsigned jupref_seal_beside(EVP_CIPHER_CTX *context,
    const jupref_seal_place_t *place, uint8_t *tag);


static CRYPTO_ONCE   jupref_seal_once = CRYPTO_ONCE_STATIC_INIT;
static EVP_CIPHER   *jupref_seal_cipher;


unsigned
jupref_random(uint8_t *bytes, size_t len)
{
    if (len > INT_MAX || RAND_bytes(bytes, (int) len) != 1) {
        ERR_clear_error();
        return 0;
    }

    return 1;
}


unsigned
jupref_wrap(uint8_t wrapped[JUPREF_WRAPPED_SIZE],
    const jupref_seal_keys_t *keys, const uint8_t data_key[JUPREF_DATA_KEY],
    jupref_bytes_t beside)
{
    unsigned             done;
    jupref_sealer_t     *sealer;
    jupref_seal_place_t  place;

    if (keys->count == 0
        || !jupref_random(place.nonce, JUPREF_NONCE_SIZE))
    {
        return 0;
    }

    memcpy(wrapped, keys->keys[0].id, JUPREF_KEY_ID_MAX);
    memcpy(wrapped + JUPREF_WRAP_NONCE_AT, place.nonce, JUPREF_NONCE_SIZE);

    place.beside[0] = beside;
    place.beside[1] = (jupref_bytes_t) { wrapped, JUPREF_KEY_ID_MAX };

    sealer = jupref_sealer_create(keys->keys[0].key);

    done = sealer != NULL
           && jupref_seal_into(sealer->seal, &place,
                               (jupref_bytes_t) { data_key, JUPREF_DATA_KEY },
                               wrapped + JUPREF_WRAP_SEALED_AT);

    jupref_sealer_free(sealer);

    return done;
}


jupref_unwrap_result_e
jupref_unwrap(uint8_t data_key[JUPREF_DATA_KEY],
    const jupref_seal_keys_t *keys,
    const uint8_t wrapped[JUPREF_WRAPPED_SIZE], jupref_bytes_t beside)
{
    unsigned             i, done;
    jupref_bytes_t       sealed;
    jupref_sealer_t     *sealer;
    jupref_seal_place_t  place;

    for (i = 0; i < keys->count; i++) {
        if (memcmp(keys->keys[i].id, wrapped, JUPREF_KEY_ID_MAX) == 0) {
            break;
        }
    }

    if (i == keys->count) {
        return JUPREF_UNWRAP_KEY_UNKNOWN;
    }

    memcpy(place.nonce, wrapped + JUPREF_WRAP_NONCE_AT, JUPREF_NONCE_SIZE);
    place.beside[0] = beside;
    place.beside[1] = (jupref_bytes_t) { wrapped, JUPREF_KEY_ID_MAX };

    sealed.data = wrapped + JUPREF_WRAP_SEALED_AT;
    sealed.len = JUPREF_DATA_KEY + JUPREF_SEAL_TAG;

    sealer = jupref_sealer_create(keys->keys[i].key);

    if (sealer == NULL) {
        return JUPREF_UNWRAP_FAILED;
    }

    done = jupref_open_into(sealer->open, &place, sealed, data_key);
    jupref_sealer_free(sealer);

    return done ? JUPREF_UNWRAP_OK : JUPREF_UNWRAP_BROKEN;
}


jupref_bytes_t
jupref_wrapped_key_id(const uint8_t wrapped[JUPREF_WRAPPED_SIZE])
{
    return jupref_padded(wrapped, JUPREF_KEY_ID_MAX);
}


jupref_sealer_t *
jupref_sealer_create(const uint8_t data_key[JUPREF_DATA_KEY])
{
    jupref_sealer_t  *sealer;

    if (!CRYPTO_THREAD_run_once(&jupref_seal_once, jupref_seal_fetch)) {
        return NULL;
    }

    sealer = malloc(sizeof(jupref_sealer_t));
    if (sealer == NULL) {
        return NULL;
    }

    sealer->seal = EVP_CIPHER_CTX_new();
    sealer->open = EVP_CIPHER_CTX_new();

    if (sealer->seal == NULL || sealer->open == NULL
        || EVP_EncryptInit_ex2(sealer->seal, jupref_seal_cipher, data_key,
                               NULL, NULL)
           != 1
        || EVP_DecryptInit_ex2(sealer->open, jupref_seal_cipher, data_key,
                               NULL, NULL)
           != 1)
    {
        ERR_clear_error();
        jupref_sealer_free(sealer);
        return NULL;
    }

    return sealer;
}


/* OpenSSL wipes the expanded keys itself. */

void
jupref_sealer_free(jupref_sealer_t *sealer)
{
    if (sealer == NULL) {
        return;
    }

    EVP_CIPHER_CTX_free(sealer->seal);
    EVP_CIPHER_CTX_free(sealer->open);
    free(sealer);
}


unsigned
jupref_seal(jupref_sealer_t *sealer, uint64_t number, jupref_bytes_t beside,
    jupref_bytes_t plain, uint8_t *sealed)
{
    jupref_seal_place_t  place;

    return jupref_seal_number(&place, number, beside)
           && jupref_seal_into(sealer->seal, &place, plain, sealed);
}


unsigned
jupref_open(jupref_sealer_t *sealer, uint64_t number, jupref_bytes_t beside,
    jupref_bytes_t sealed, uint8_t *plain)
{
    jupref_seal_place_t  place;

    return jupref_seal_number(&place, number, beside)
           && jupref_open_into(sealer->open, &place, sealed, plain);
}


void
jupref_seal_forget(void)
{
    EVP_CIPHER_free(jupref_seal_cipher);
    jupref_seal_cipher = NULL;
}


/* Falls back to the cipher that is searched for at each use. */

static void
jupref_seal_fetch(void)
{
    jupref_seal_cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);

    if (jupref_seal_cipher == NULL) {
        ERR_clear_error();
        jupref_seal_cipher = (EVP_CIPHER *) EVP_aes_256_gcm();
    }
}


/* A number's nonce: four zeroes, then the number, little-endian. */

static unsigned
jupref_seal_number(jupref_seal_place_t *place, uint64_t number,
    jupref_bytes_t beside)
{
    jupref_writer_t  nonce;

    jupref_writer_init(&nonce, place->nonce, JUPREF_NONCE_SIZE);
    jupref_write_u32_le(&nonce, 0);
    jupref_write_u64_le(&nonce, number);

    place->beside[0] = beside;
    place->beside[1] = (jupref_bytes_t) { NULL, 0 };

    return !nonce.failed;
}


static unsigned
jupref_seal_into(EVP_CIPHER_CTX *context, const jupref_seal_place_t *place,
    jupref_bytes_t plain, uint8_t *sealed)
{
    int  written, rest;

    written = 0;
    rest = 0;

    if (plain.len > INT_MAX
        || !jupref_seal_beside(context, place, NULL)
        || (plain.len > 0
            && EVP_EncryptUpdate(context, sealed, &written, plain.data,
                                 (int) plain.len)
               != 1)
        || EVP_EncryptFinal_ex(context, sealed + written, &rest) != 1
        || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG,
                               JUPREF_SEAL_TAG, sealed + plain.len)
           != 1)
    {
        ERR_clear_error();
        return 0;
    }

    return 1;
}


static unsigned
jupref_open_into(EVP_CIPHER_CTX *context, const jupref_seal_place_t *place,
    jupref_bytes_t sealed, uint8_t *plain)
{
    int      written, rest;
    size_t   len;
    uint8_t  tag[JUPREF_SEAL_TAG];

    if (sealed.len < JUPREF_SEAL_TAG || sealed.len > INT_MAX) {
        return 0;
    }

    len = sealed.len - JUPREF_SEAL_TAG;
    memcpy(tag, sealed.data + len, JUPREF_SEAL_TAG);

    written = 0;
    rest = 0;

    if (!jupref_seal_beside(context, place, tag)
        || (len > 0
            && EVP_DecryptUpdate(context, plain, &written, sealed.data,
                                 (int) len)
               != 1)
        || EVP_DecryptFinal_ex(context, plain + written, &rest) != 1)
    {
        OPENSSL_cleanse(plain, len);
        ERR_clear_error();
        return 0;
    }

    return 1;
}


/*
 * Begins a plaintext: its nonce, what is authenticated beside it, and, to open
 * it, its tag.
 */

static unsigned
jupref_seal_beside(EVP_CIPHER_CTX *context, const jupref_seal_place_t *place,
    uint8_t *tag)
{
    int         done, len;
    unsigned    i;
    OSSL_PARAM  given[2];

    given[0] = OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG,
                                                 tag, JUPREF_SEAL_TAG);
    given[1] = OSSL_PARAM_construct_end();

    done = (tag == NULL)
           ? EVP_EncryptInit_ex2(context, NULL, NULL, place->nonce, NULL)
           : EVP_DecryptInit_ex2(context, NULL, NULL, place->nonce, given);

    for (i = 0; i < 2 && done == 1; i++) {

        if (place->beside[i].len == 0) {
            continue;
        }

        if (place->beside[i].len > INT_MAX) {
            return 0;
        }

        done = (tag == NULL)
               ? EVP_EncryptUpdate(context, NULL, &len, place->beside[i].data,
                                   (int) place->beside[i].len)
               : EVP_DecryptUpdate(context, NULL, &len, place->beside[i].data,
                                   (int) place->beside[i].len);
    }

    return done == 1;
}
