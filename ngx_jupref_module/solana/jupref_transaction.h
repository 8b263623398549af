/*
 * A Solana transaction's outer form: where the message is, who signs it.
 *
 * Three wire forms are known: legacy and v0 (signatures first, at most 1,232
 * bytes) and v1 (SIMD-0385: first byte 0x81, signatures at the tail, at most
 * 4,096 bytes).  The whole structure is walked and every length and index is
 * checked; trailing bytes are refused.  Instructions are walked by
 * jupref_instruction.h.
 */

#ifndef JUPREF_TRANSACTION_H
#define JUPREF_TRANSACTION_H


#include "base/jupref_digest.h"
#include "solana/jupref_pubkey.h"


#define JUPREF_TRANSACTION_MAX     4096         /* bytes, v1 */
#define JUPREF_TRANSACTION_V0_MAX  1232         /* bytes, legacy and v0 */

/* characters of base64 that the largest transaction takes */
#define JUPREF_TRANSACTION_BASE64_MAX  5464


typedef enum {
    JUPREF_TRANSACTION_EMPTY = 0,       /* so that zeroed memory has none */
    JUPREF_TRANSACTION_OK,
    JUPREF_TRANSACTION_TOO_LARGE,
    JUPREF_TRANSACTION_UNKNOWN_VERSION,
    JUPREF_TRANSACTION_CUT,             /* ends before its own lengths say */
    JUPREF_TRANSACTION_TRAILING,        /* goes on behind its end */
    JUPREF_TRANSACTION_BAD_LENGTH,      /* a compact-u16 that isn't one */
    JUPREF_TRANSACTION_BAD_HEADER,      /* signer counts don't fit together */
    JUPREF_TRANSACTION_BAD_INDEX,       /* an account index out of range */
    JUPREF_TRANSACTION_BAD_CONFIG,      /* v1: configuration bits or values */
    JUPREF_TRANSACTION_BAD_TEXT,        /* not base64 (set by who decodes) */
    JUPREF_TRANSACTION_NO_MEMORY        /* no digest (set by who hashes) */
} jupref_transaction_result_e;


typedef enum {
    JUPREF_TRANSACTION_LEGACY = 0,
    JUPREF_TRANSACTION_V0,
    JUPREF_TRANSACTION_V1
} jupref_transaction_version_e;


/* Spans borrow from the bytes that were parsed. */
typedef struct {
    jupref_transaction_version_e   version;
    jupref_bytes_t                 message;     /* what the signatures sign */
    const jupref_signature_t      *signatures;  /* signer_count of them */
    const jupref_pubkey_t         *keys;        /* static account keys */
    jupref_bytes_t                 instructions;        /* v1: their headers
                                                 * first */
    unsigned                       signer_count;
    unsigned                       key_count;
    unsigned                       instruction_count;
    unsigned                       looked_up_writable;  /* v0 only */
    unsigned                       looked_up_readonly;
} jupref_transaction_t;


jupref_transaction_result_e jupref_transaction_parse(
    jupref_transaction_t *transaction, jupref_bytes_t bytes);

/* 1 when `key` is among the signers. */
unsigned jupref_transaction_is_signer(const jupref_transaction_t *transaction,
    const jupref_pubkey_t *key);

/*
 * 1 when `key` is among the signers and its signature is right: Ed25519 over
 * the message.  0 when not, and when OpenSSL could not (out of memory).
 */
unsigned jupref_transaction_signed_by(const jupref_transaction_t *transaction,
    const jupref_pubkey_t *key);

/* One line for log and problem alike. */
const char *jupref_transaction_result_text(jupref_transaction_result_e result);

/*
 * compact-u16 ("short_vec"): 1 to 3 bytes, low 7 bits first.  Alias
 * encodings are refused: the reader is marked failed and 0 returned.
 */
uint16_t jupref_read_compact_u16(jupref_reader_t *reader);


#endif /* JUPREF_TRANSACTION_H */
