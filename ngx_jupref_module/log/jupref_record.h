/*
 * Records: an event as the log keeps it, and the leaf that is published of it.
 *
 *     record   u32 length of all that follows | u64 seq | u64 time, ms
 *              | u64 edge seq | u32 edge | u8 type | 32 previous leaf hash
 *              | 32 leaf hash | 32 salt | u8 + actor
 *              | u16 + public body | u16 + private body
 *     leaf     u8 version (1) | u8 type | u64 seq | u64 time, ms
 *              | 32 previous leaf hash | 32 commitment
 *
 *     commitment        SHA-256(salt[0..15] | public body)
 *     leaf hash         SHA-256(0x00 | leaf), RFC 9162
 *     taker commitment  SHA-256(salt[16..31] | taker's 32 bytes), in the
 *                       public body in the taker's place
 *
 * All numbers are little-endian.  A leaf tells type and time and nothing
 * else; who is shown salt[0..15] and the public body can check what was
 * booked, and who is also shown salt[16..31] can check whose trade it was.
 * A leaf carries the hash of the one before it, so the tree's leaves are the
 * chain.  docs/proofs.md has the bodies, field by field.
 */

#ifndef JUPREF_RECORD_H
#define JUPREF_RECORD_H


#include "base/jupref_digest.h"
#include "ledger/jupref_event.h"


#define JUPREF_RECORD_MAX   2048        /* bytes, length included */
#define JUPREF_LEAF_SIZE    82
#define JUPREF_SALT_SIZE    32


typedef enum {
    JUPREF_RECORD_OK = 0,
    JUPREF_RECORD_SHORT,                /* ends inside a field */
    JUPREF_RECORD_LONG,                 /* bytes behind the last field */
    JUPREF_RECORD_TYPE,                 /* a type this version doesn't know */
    JUPREF_RECORD_FIELD,                /* a field no event can have */
    JUPREF_RECORD_HASH,                 /* isn't what its bytes hash to */
    JUPREF_RECORD_RESULTS
} jupref_record_result_e;


/* A record's parts; spans borrow from the record. */
typedef struct {
    uint64_t        seq;
    uint64_t        time_ms;
    uint8_t         type;
    const uint8_t  *previous;           /* JUPREF_SHA256_SIZE */
    const uint8_t  *leaf_hash;          /* JUPREF_SHA256_SIZE */
    const uint8_t  *salt;               /* JUPREF_SALT_SIZE */
    jupref_bytes_t  public_body;
    jupref_bytes_t  private_body;
} jupref_record_t;


/*
 * Writes the event behind the record whose leaf hash is `previous`; returns
 * its length, 0 when OpenSSL fails or a field is one that no event can have
 * (what couldn't be read back is never written).  `leaf_hash` is told as well.
 */
size_t jupref_record_write(uint8_t record[JUPREF_RECORD_MAX],
    const jupref_event_t *event, const uint8_t previous[JUPREF_SHA256_SIZE],
    const uint8_t salt[JUPREF_SALT_SIZE],
    uint8_t leaf_hash[JUPREF_SHA256_SIZE]);

/* Takes a record apart, its length field included; hashes aren't computed. */
jupref_record_result_e jupref_record_parse(jupref_bytes_t bytes,
    jupref_record_t *record);

/* The event of a parsed record. */
jupref_record_result_e jupref_record_event(const jupref_record_t *record,
    jupref_bytes_t bytes, jupref_event_t *event);

/* Computes commitment and leaf hash anew and compares. */
jupref_record_result_e jupref_record_check(const jupref_record_t *record);

/* The leaf of a parsed record. */
unsigned jupref_record_leaf(const jupref_record_t *record,
    uint8_t leaf[JUPREF_LEAF_SIZE]);

/* One line for a person. */
const char *jupref_record_result_text(jupref_record_result_e result);


#endif /* JUPREF_RECORD_H */
