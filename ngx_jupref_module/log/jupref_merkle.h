/*
 * The Merkle tree over the log's leaf hashes (RFC 9162, section 2.1).
 *
 * A frontier is all that appending needs: the roots of the complete subtrees
 * that make up the tree, largest first.  Proofs need the hashes of complete
 * subtrees, which a callback reads from wherever they are kept.
 *
 * Leaves are numbered from 0: the event of seq n is leaf n - 1.
 */

#ifndef JUPREF_MERKLE_H
#define JUPREF_MERKLE_H


#include "base/jupref_digest.h"


#define JUPREF_MERKLE_LEVELS  48        /* more events than there will be */


typedef struct {
    uint64_t  size;                     /* leaves */
    uint8_t   peaks[JUPREF_MERKLE_LEVELS][JUPREF_SHA256_SIZE];  /* by level:
                                         * used where size has the bit */
} jupref_frontier_t;


typedef struct {
    unsigned  count;
    uint8_t   hashes[2 * JUPREF_MERKLE_LEVELS][JUPREF_SHA256_SIZE];
} jupref_proof_t;


/*
 * Reads the hash of the complete subtree of 2^level leaves that begins at
 * leaf index × 2^level.  Returns 0 when it can't.
 */
typedef unsigned (*jupref_subtree_pt)(void *context, unsigned level,
    uint64_t index, uint8_t hash[JUPREF_SHA256_SIZE]);


/* All return 0 when OpenSSL or the callback fails. */

unsigned jupref_merkle_node(uint8_t hash[JUPREF_SHA256_SIZE],
    const uint8_t left[JUPREF_SHA256_SIZE],
    const uint8_t right[JUPREF_SHA256_SIZE]);

unsigned jupref_frontier_append(jupref_frontier_t *frontier,
    const uint8_t leaf_hash[JUPREF_SHA256_SIZE]);

/* The empty tree's root is SHA-256 of nothing. */
unsigned jupref_frontier_root(const jupref_frontier_t *frontier,
    uint8_t root[JUPREF_SHA256_SIZE]);

/* The root of the tree's first `size` leaves, from its subtrees. */
unsigned jupref_merkle_root(uint64_t size, jupref_subtree_pt subtree,
    void *context, uint8_t root[JUPREF_SHA256_SIZE]);

/* That leaf `index` is in the tree of `size` leaves; index < size. */
unsigned jupref_merkle_inclusion(uint64_t index, uint64_t size,
    jupref_subtree_pt subtree, void *context, jupref_proof_t *proof);

/* That the tree of `from` leaves is the beginning of that of `to` leaves;
 * 0 < from <= to. */
unsigned jupref_merkle_consistency(uint64_t from, uint64_t to,
    jupref_subtree_pt subtree, void *context, jupref_proof_t *proof);

/* Verifiers, RFC 9162 2.1.3.2 and 2.1.4.2: 1 when the proof proves it. */
unsigned jupref_merkle_verify_inclusion(uint64_t index, uint64_t size,
    const uint8_t leaf_hash[JUPREF_SHA256_SIZE], const jupref_proof_t *proof,
    const uint8_t root[JUPREF_SHA256_SIZE]);
unsigned jupref_merkle_verify_consistency(uint64_t from, uint64_t to,
    const uint8_t from_root[JUPREF_SHA256_SIZE],
    const uint8_t to_root[JUPREF_SHA256_SIZE], const jupref_proof_t *proof);


#endif /* JUPREF_MERKLE_H */
