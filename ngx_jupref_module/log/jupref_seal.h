/*
 * Sealing: AES-256-GCM under a data key of each file, which a key of the
 * keyring wraps.
 *
 * A data key is random and seals one file; within it a nonce is a number that
 * is used for one plaintext only (a record's seq, a chunk's number), so no
 * nonce is ever used for two.  What stands unsealed beside a sealed thing
 * (lengths, numbers, file headers) is authenticated with it.
 */

#ifndef JUPREF_SEAL_H
#define JUPREF_SEAL_H


#include "base/jupref_bytes.h"
#include "ledger/jupref_cookie.h"


#define JUPREF_SEAL_TAG      16         /* bytes that sealing adds */
#define JUPREF_DATA_KEY      32

/* 16 key id, zero padded | 12 nonce | 32 sealed data key | 16 tag */
#define JUPREF_WRAPPED_SIZE  (JUPREF_KEY_ID_MAX + 12 + JUPREF_DATA_KEY + 16)


typedef struct jupref_sealer_s  jupref_sealer_t;


/* Keys of purpose "seal": the first one wraps, all of them unwrap. */
typedef struct {
    const jupref_key_t  *keys;
    unsigned             count;
} jupref_seal_keys_t;


typedef enum {
    JUPREF_UNWRAP_OK = 0,
    JUPREF_UNWRAP_KEY_UNKNOWN,          /* the keyring has no key of that id */
    JUPREF_UNWRAP_BROKEN,               /* not what was wrapped */
    JUPREF_UNWRAP_FAILED                /* OpenSSL could not */
} jupref_unwrap_result_e;


/* Random bytes from OpenSSL; 0 when there are none. */
unsigned jupref_random(uint8_t *bytes, size_t len);

/* Wraps with the first key; `beside` is authenticated with it. */
unsigned jupref_wrap(uint8_t wrapped[JUPREF_WRAPPED_SIZE],
    const jupref_seal_keys_t *keys, const uint8_t data_key[JUPREF_DATA_KEY],
    jupref_bytes_t beside);
jupref_unwrap_result_e jupref_unwrap(uint8_t data_key[JUPREF_DATA_KEY],
    const jupref_seal_keys_t *keys,
    const uint8_t wrapped[JUPREF_WRAPPED_SIZE], jupref_bytes_t beside);

/* The key id of something wrapped. */
jupref_bytes_t jupref_wrapped_key_id(
    const uint8_t wrapped[JUPREF_WRAPPED_SIZE]);


/*
 * A sealer keeps OpenSSL's contexts of one data key, for one thread.  NULL
 * when memory is out.  It is wiped when it is freed, which may be NULL.
 */
jupref_sealer_t *jupref_sealer_create(
    const uint8_t data_key[JUPREF_DATA_KEY]);
void jupref_sealer_free(jupref_sealer_t *sealer);

/* Writes plain.len + JUPREF_SEAL_TAG bytes. */
unsigned jupref_seal(jupref_sealer_t *sealer, uint64_t number,
    jupref_bytes_t beside, jupref_bytes_t plain, uint8_t *sealed);

/* Writes sealed.len - JUPREF_SEAL_TAG bytes; 0 when they aren't what was
 * sealed. */
unsigned jupref_open(jupref_sealer_t *sealer, uint64_t number,
    jupref_bytes_t beside, jupref_bytes_t sealed, uint8_t *plain);

/* Gives back what OpenSSL lent: the last call in the life of a process. */
void jupref_seal_forget(void);


#endif /* JUPREF_SEAL_H */
