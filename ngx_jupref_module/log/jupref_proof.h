/*
 * What a proof answer says of one event: its record, its leaf, and that the
 * leaf is in the published tree.
 */

#ifndef JUPREF_PROOF_H
#define JUPREF_PROOF_H


#include "log/jupref_tiles.h"


typedef struct {
    uint64_t         seq;
    uint64_t         size;              /* of the tree */
    uint8_t          root[JUPREF_SHA256_SIZE];
    uint8_t          leaf[JUPREF_LEAF_SIZE];
    uint8_t          leaf_hash[JUPREF_SHA256_SIZE];
    jupref_proof_t   inclusion;
    jupref_record_t  record;            /* its spans are in `bytes` */
    uint8_t          bytes[JUPREF_RECORD_MAX];
} jupref_event_proof_t;


/*
 * The event of `seq` in the tree of `size` leaves, which the tiles hold.
 * Nothing is told that doesn't hold: record, leaf and proof are checked, and
 * the root against `root` where one is given (a checkpoint's).
 */
jupref_fault_e jupref_prove_event(jupref_store_t *store,
    jupref_tiles_t *tiles, jupref_record_cache_t **cache, uint64_t seq,
    uint64_t size, const uint8_t *root, jupref_event_proof_t *proof,
    jupref_fault_t *fault);

/*
 * That the tree of `from` leaves is the beginning of that of `to`; checked.
 * 0 < from <= to.
 */
jupref_fault_e jupref_prove_growth(jupref_tiles_t *tiles, uint64_t from,
    uint64_t to, uint8_t from_root[JUPREF_SHA256_SIZE],
    uint8_t to_root[JUPREF_SHA256_SIZE], jupref_proof_t *proof,
    jupref_fault_t *fault);


#endif /* JUPREF_PROOF_H */
