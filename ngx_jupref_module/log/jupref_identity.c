/*
 * Who the log is: its name, its Ed25519 key, and what it signs.
 *
 * A checkpoint is C2SP's tlog-checkpoint, a signed note of three lines:
 *
 *     <origin> | <size> | <root, base64>
 *     (blank)
 *     — <origin> <base64 of 4 key id + 64 signature over the three lines>
 *
 * The key id is the first four bytes of SHA-256(origin, newline, 0x01, public
 * key), 0x01 being Ed25519's number.  A log's name and key never change: who
 * follows it knows it by both.
 */

#include "log/jupref_tiles.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/jupref_base64.h"
#include "ledger/jupref_event.h"


#define JUPREF_IDENTITY_NAME       "identity"
#define JUPREF_IDENTITY_NEW        "identity.new"
#define JUPREF_IDENTITY_MAGIC      "JUPREFI1"
#define JUPREF_IDENTITY_EDGE_AT    8
#define JUPREF_IDENTITY_ORIGIN_AT  (JUPREF_IDENTITY_EDGE_AT + JUPREF_EDGE_MAX)
#define JUPREF_IDENTITY_SEED_AT                                               \
    (JUPREF_IDENTITY_ORIGIN_AT + JUPREF_ORIGIN_MAX)
#define JUPREF_IDENTITY_SIZE                                                  \
    (JUPREF_IDENTITY_SEED_AT + JUPREF_WRAPPED_SIZE)

#define JUPREF_NOTE_ED25519        0x01
#define JUPREF_NOTE_KEY_ID         4
#define JUPREF_ED25519_SIGNATURE   64


static jupref_fault_e jupref_identity_read(jupref_store_t *store, int file,
    uint8_t bytes[JUPREF_IDENTITY_SIZE], jupref_fault_t *fault);
static jupref_fault_e jupref_identity_open(jupref_store_t *store,
    const uint8_t bytes[JUPREF_IDENTITY_SIZE], jupref_identity_t *identity,
    jupref_fault_t *fault);
static jupref_fault_e jupref_identity_make(jupref_store_t *store,
    jupref_bytes_t origin, jupref_identity_t *identity,
    jupref_fault_t *fault);
static jupref_fault_e jupref_identity_write(jupref_store_t *store,
    const uint8_t bytes[JUPREF_IDENTITY_SIZE], jupref_fault_t *fault);
static unsigned jupref_origin_valid(jupref_bytes_t origin);
static unsigned jupref_identity_derive(jupref_identity_t *identity);
static unsigned jupref_note_key_id(uint8_t id[JUPREF_SHA256_SIZE],
    const jupref_identity_t *identity);
static unsigned jupref_note_sign(uint8_t signature[JUPREF_ED25519_SIGNATURE],
    const jupref_identity_t *identity, jupref_bytes_t text);


jupref_fault_e
jupref_identity_load(jupref_store_t *store, jupref_bytes_t origin,
    jupref_identity_t *identity, jupref_fault_t *fault)
{
    int             file;
    uint8_t         bytes[JUPREF_IDENTITY_SIZE];
    jupref_bytes_t  name;
    jupref_fault_e  result;

    file = store->disk->open(store->disk, JUPREF_IDENTITY_NAME, 0, 0);

    if (file == -ENOENT && origin.len > 0) {
        return jupref_identity_make(store, origin, identity, fault);
    }

    if (file < 0) {
        return jupref_fault_io(fault, JUPREF_IDENTITY_NAME, 0, file,
                               "opening");
    }

    result = jupref_identity_read(store, file, bytes, fault);
    store->disk->close(store->disk, file);

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_identity_open(store, bytes, identity, fault);
    }

    if (result != JUPREF_FAULT_NONE || origin.len == 0) {
        return result;
    }

    name = jupref_padded(identity->origin, JUPREF_ORIGIN_MAX);

    if (!jupref_bytes_equal(name, origin)) {
        OPENSSL_cleanse(identity, sizeof(jupref_identity_t));

        return jupref_fault_set(fault, JUPREF_FAULT_IDENTITY,
                                JUPREF_IDENTITY_NAME,
                                JUPREF_IDENTITY_ORIGIN_AT,
                                "is of the log \"%.*s\", not of \"%.*s\"",
                                (int) name.len,
                                (const char *) bytes
                                + JUPREF_IDENTITY_ORIGIN_AT,
                                (int) origin.len, (const char *) origin.data);
    }

    return JUPREF_FAULT_NONE;
}


size_t
jupref_checkpoint_write(char text[JUPREF_CHECKPOINT_MAX],
    const jupref_identity_t *identity, uint64_t size,
    const uint8_t root[JUPREF_SHA256_SIZE])
{
    int             len, more;
    uint8_t         id[JUPREF_SHA256_SIZE];
    uint8_t         signed_by[JUPREF_NOTE_KEY_ID + JUPREF_ED25519_SIGNATURE];
    uint8_t         encoded[jupref_base64_encoded_size(sizeof(signed_by)) + 1];
    jupref_bytes_t  name;

    name = jupref_padded(identity->origin, JUPREF_ORIGIN_MAX);

    (void) jupref_base64_encode(encoded, (jupref_bytes_t) {
                                    root, JUPREF_SHA256_SIZE });

    len = snprintf(text, JUPREF_CHECKPOINT_MAX, "%.*s\n%" PRIu64 "\n%s\n",
                   (int) name.len, (const char *) name.data, size, encoded);

    if (len <= 0 || len >= JUPREF_CHECKPOINT_MAX
        || !jupref_note_key_id(id, identity)
        || !jupref_note_sign(signed_by + JUPREF_NOTE_KEY_ID, identity,
                             (jupref_bytes_t) { (const uint8_t *) text,
                                                (size_t) len }))
    {
        return 0;
    }

    memcpy(signed_by, id, JUPREF_NOTE_KEY_ID);
    (void) jupref_base64_encode(encoded, (jupref_bytes_t) {
                                    signed_by, sizeof(signed_by) });

    /* U+2014, an em dash, begins a signature's line */

    more = snprintf(text + len, (size_t) (JUPREF_CHECKPOINT_MAX - len),
                    "\n\xe2\x80\x94 %.*s %s\n", (int) name.len,
                    (const char *) name.data, encoded);

    if (more <= 0 || len + more >= JUPREF_CHECKPOINT_MAX) {
        return 0;
    }

    return (size_t) (len + more);
}


size_t
jupref_verifier_key(char text[JUPREF_CHECKPOINT_MAX],
    const jupref_identity_t *identity)
{
    int             len;
    uint8_t         id[JUPREF_SHA256_SIZE], key[1 + JUPREF_ED25519_KEY];
    uint8_t         encoded[jupref_base64_encoded_size(sizeof(key)) + 1];
    jupref_bytes_t  name;

    if (!jupref_note_key_id(id, identity)) {
        return 0;
    }

    name = jupref_padded(identity->origin, JUPREF_ORIGIN_MAX);

    key[0] = JUPREF_NOTE_ED25519;
    memcpy(key + 1, identity->public_key, JUPREF_ED25519_KEY);
    (void) jupref_base64_encode(encoded,
                                (jupref_bytes_t) { key, sizeof(key) });

    len = snprintf(text, JUPREF_CHECKPOINT_MAX, "%.*s+%02x%02x%02x%02x+%s",
                   (int) name.len, (const char *) name.data, id[0], id[1],
                   id[2], id[3], encoded);

    return (len > 0 && len < JUPREF_CHECKPOINT_MAX) ? (size_t) len : 0;
}


static jupref_fault_e
jupref_identity_read(jupref_store_t *store, int file,
    uint8_t bytes[JUPREF_IDENTITY_SIZE], jupref_fault_t *fault)
{
    int64_t  size, n;

    size = store->disk->size(store->disk, file);

    if (size < 0) {
        return jupref_fault_io(fault, JUPREF_IDENTITY_NAME, 0, (int) size,
                               "asking for the size");
    }

    if (size != JUPREF_IDENTITY_SIZE) {
        return jupref_fault_set(fault, JUPREF_FAULT_IDENTITY,
                                JUPREF_IDENTITY_NAME, 0,
                                "has %" PRIi64 " bytes, not %u", size,
                                (unsigned) JUPREF_IDENTITY_SIZE);
    }

    n = store->disk->read(store->disk, file, bytes, JUPREF_IDENTITY_SIZE, 0);

    if (n < 0) {
        return jupref_fault_io(fault, JUPREF_IDENTITY_NAME, 0, (int) n,
                               "reading");
    }

    if (n != JUPREF_IDENTITY_SIZE) {
        return jupref_fault_set(fault, JUPREF_FAULT_IDENTITY,
                                JUPREF_IDENTITY_NAME, (uint64_t) n,
                                "ends too early");
    }

    return JUPREF_FAULT_NONE;
}


static jupref_fault_e
jupref_identity_open(jupref_store_t *store,
    const uint8_t bytes[JUPREF_IDENTITY_SIZE], jupref_identity_t *identity,
    jupref_fault_t *fault)
{
    jupref_bytes_t          beside, id;
    const uint8_t          *wrapped;
    jupref_unwrap_result_e  result;

    if (memcmp(bytes, JUPREF_IDENTITY_MAGIC, JUPREF_IDENTITY_EDGE_AT) != 0) {
        return jupref_fault_set(fault, JUPREF_FAULT_IDENTITY,
                                JUPREF_IDENTITY_NAME, 0, "is no identity");
    }

    wrapped = bytes + JUPREF_IDENTITY_SEED_AT;
    beside = (jupref_bytes_t) { bytes, JUPREF_IDENTITY_SEED_AT };

    result = jupref_unwrap(identity->seed, &store->keys, wrapped, beside);

    if (result == JUPREF_UNWRAP_KEY_UNKNOWN) {
        id = jupref_wrapped_key_id(wrapped);

        return jupref_fault_set(fault, JUPREF_FAULT_KEY_UNKNOWN,
                                JUPREF_IDENTITY_NAME, JUPREF_IDENTITY_SEED_AT,
                                "is sealed by key \"%.*s\", which the keyring "
                                "doesn't have", (int) id.len,
                                (const char *) id.data);
    }

    if (result == JUPREF_UNWRAP_FAILED) {
        return jupref_fault_memory(fault, JUPREF_IDENTITY_NAME);
    }

    memcpy(identity->origin, bytes + JUPREF_IDENTITY_ORIGIN_AT,
           JUPREF_ORIGIN_MAX);

    if (result != JUPREF_UNWRAP_OK
        || !jupref_origin_valid(jupref_padded(identity->origin,
                                              JUPREF_ORIGIN_MAX)))
    {
        OPENSSL_cleanse(identity, sizeof(jupref_identity_t));

        return jupref_fault_set(fault, JUPREF_FAULT_IDENTITY,
                                JUPREF_IDENTITY_NAME, 0, "is broken");
    }

    if (memcmp(bytes + JUPREF_IDENTITY_EDGE_AT, store->edge, JUPREF_EDGE_MAX)
        != 0)
    {
        OPENSSL_cleanse(identity, sizeof(jupref_identity_t));

        return jupref_fault_set(fault, JUPREF_FAULT_OTHER_EDGE,
                                JUPREF_IDENTITY_NAME, JUPREF_IDENTITY_EDGE_AT,
                                "is of the edge \"%.*s\", not of \"%.*s\"",
                                JUPREF_EDGE_MAX,
                                (const char *) bytes
                                + JUPREF_IDENTITY_EDGE_AT,
                                JUPREF_EDGE_MAX, (const char *) store->edge);
    }

    if (!jupref_identity_derive(identity)) {
        OPENSSL_cleanse(identity, sizeof(jupref_identity_t));
        return jupref_fault_memory(fault, JUPREF_IDENTITY_NAME);
    }

    return JUPREF_FAULT_NONE;
}


static jupref_fault_e
jupref_identity_make(jupref_store_t *store, jupref_bytes_t origin,
    jupref_identity_t *identity, jupref_fault_t *fault)
{
    uint8_t         bytes[JUPREF_IDENTITY_SIZE];
    jupref_fault_e  result;

    if (!jupref_origin_valid(origin)) {
        return jupref_fault_set(fault, JUPREF_FAULT_IDENTITY,
                                JUPREF_IDENTITY_NAME, 0,
                                "a log's name has 1 to %u printable "
                                "characters, no blank and no \"+\"",
                                (unsigned) JUPREF_ORIGIN_MAX);
    }

    memset(identity, 0, sizeof(jupref_identity_t));
    memcpy(identity->origin, origin.data, origin.len);

    memcpy(bytes, JUPREF_IDENTITY_MAGIC, JUPREF_IDENTITY_EDGE_AT);
    memcpy(bytes + JUPREF_IDENTITY_EDGE_AT, store->edge, JUPREF_EDGE_MAX);
    memcpy(bytes + JUPREF_IDENTITY_ORIGIN_AT, identity->origin,
           JUPREF_ORIGIN_MAX);

    if (!jupref_random(identity->seed, JUPREF_ED25519_KEY)
        || !jupref_identity_derive(identity)
        || !jupref_wrap(bytes + JUPREF_IDENTITY_SEED_AT, &store->keys,
                        identity->seed,
                        (jupref_bytes_t) { bytes, JUPREF_IDENTITY_SEED_AT }))
    {
        OPENSSL_cleanse(identity, sizeof(jupref_identity_t));

        return jupref_fault_set(fault, JUPREF_FAULT_MEMORY,
                                JUPREF_IDENTITY_NAME, 0,
                                "OpenSSL could not make or seal a key");
    }

    result = jupref_identity_write(store, bytes, fault);

    if (result != JUPREF_FAULT_NONE) {
        OPENSSL_cleanse(identity, sizeof(jupref_identity_t));
    }

    return result;
}


/* Under another name first: there is a whole identity, or none. */

static jupref_fault_e
jupref_identity_write(jupref_store_t *store,
    const uint8_t bytes[JUPREF_IDENTITY_SIZE], jupref_fault_t *fault)
{
    int             file, rc;
    const char     *doing;
    jupref_disk_t  *disk;

    disk = store->disk;
    rc = disk->remove(disk, JUPREF_IDENTITY_NEW);

    if (rc < 0 && rc != -ENOENT) {
        return jupref_fault_io(fault, JUPREF_IDENTITY_NEW, 0, rc, "removing");
    }

    file = disk->open(disk, JUPREF_IDENTITY_NEW, 1, 1);

    if (file < 0) {
        return jupref_fault_io(fault, JUPREF_IDENTITY_NEW, 0, file,
                               "creating");
    }

    doing = "writing";
    rc = disk->write(disk, file, bytes, JUPREF_IDENTITY_SIZE, 0);

    if (rc >= 0) {
        doing = "syncing";
        rc = disk->sync(disk, file);
    }

    disk->close(disk, file);

    if (rc >= 0) {
        doing = "renaming";
        rc = disk->rename(disk, JUPREF_IDENTITY_NEW, JUPREF_IDENTITY_NAME);
    }

    if (rc >= 0) {
        doing = "syncing the directory";
        rc = disk->sync_directory(disk, "");
    }

    return rc < 0 ? jupref_fault_io(fault, JUPREF_IDENTITY_NEW, 0, rc, doing)
                  : JUPREF_FAULT_NONE;
}


/* What a note's key may be called, of printable ASCII. */

static unsigned
jupref_origin_valid(jupref_bytes_t origin)
{
    size_t  i;

    if (origin.len == 0 || origin.len > JUPREF_ORIGIN_MAX) {
        return 0;
    }

    for (i = 0; i < origin.len; i++) {
        if (origin.data[i] <= 0x20 || origin.data[i] >= 0x7f
            || origin.data[i] == '+')
        {
            return 0;
        }
    }

    return 1;
}


static unsigned
jupref_identity_derive(jupref_identity_t *identity)
{
    size_t     len;
    EVP_PKEY  *key;
    unsigned   done;

    len = JUPREF_ED25519_KEY;
    key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, identity->seed,
                                       JUPREF_ED25519_KEY);

    done = key != NULL
           && EVP_PKEY_get_raw_public_key(key, identity->public_key, &len) == 1
           && len == JUPREF_ED25519_KEY;

    EVP_PKEY_free(key);

    if (!done) {
        ERR_clear_error();
    }

    return done;
}


/* Its first JUPREF_NOTE_KEY_ID bytes are meant. */

static unsigned
jupref_note_key_id(uint8_t id[JUPREF_SHA256_SIZE],
    const jupref_identity_t *identity)
{
    jupref_bytes_t        spans[3];
    static const uint8_t  between[] = { '\n', JUPREF_NOTE_ED25519 };

    spans[0] = jupref_padded(identity->origin, JUPREF_ORIGIN_MAX);
    spans[1] = (jupref_bytes_t) { between, sizeof(between) };
    spans[2] = (jupref_bytes_t) { identity->public_key, JUPREF_ED25519_KEY };

    return jupref_sha256_spans(id, spans, 3);
}


static unsigned
jupref_note_sign(uint8_t signature[JUPREF_ED25519_SIGNATURE],
    const jupref_identity_t *identity, jupref_bytes_t text)
{
    size_t       len;
    unsigned     done;
    EVP_PKEY    *key;
    EVP_MD_CTX  *context;

    len = JUPREF_ED25519_SIGNATURE;
    context = EVP_MD_CTX_new();
    key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, identity->seed,
                                       JUPREF_ED25519_KEY);

    done = context != NULL && key != NULL
           && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1
           && EVP_DigestSign(context, signature, &len, text.data, text.len)
              == 1
           && len == JUPREF_ED25519_SIGNATURE;

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);

    if (!done) {
        ERR_clear_error();
    }

    return done;
}
