/*
 * Reads that never go backwards: the highest slot each client has seen.
 *
 * A client that saw slot n at a commitment must not be answered from a node
 * that hasn't got there.  What is final is also confirmed and processed, so a
 * slot seen at one commitment counts for the weaker ones, not the other way.
 *
 * It all lies in one block of memory without a pointer in it, so that workers
 * can share it; the caller holds the lock.  When it is full the client that
 * hasn't come for the longest time is forgotten: its reads may go backwards,
 * nothing else happens.
 */

#ifndef JUPREF_MONOTONIC_H
#define JUPREF_MONOTONIC_H


#include "base/jupref_digest.h"
#include "base/jupref_table.h"
#include "solana/jupref_rpc_method.h"


typedef struct {
    jupref_table_t  table;
    uint32_t        newest;             /* rows by use, 0: none */
    uint32_t        oldest;
} jupref_monotonic_t;


/* Bytes that `clients` of them take; a multiple of 64. */
uint64_t jupref_monotonic_size(uint32_t clients);

/* `block` has that many bytes, all zero, and is aligned to 64. */
void jupref_monotonic_init(jupref_monotonic_t *block, uint32_t clients);

/* The slot to demand for a read at `commitment`; 0: none. */
uint64_t jupref_monotonic_seen(const jupref_monotonic_t *block,
    const uint8_t client[JUPREF_SHA256_SIZE], jupref_commitment_e commitment);

/*
 * The client was answered with `slot` at `commitment`.  `highest` is the
 * highest slot that the pool believes in: a node that lies must not lock a
 * client out, so what is above isn't taken, and what was taken when nobody knew
 * better is forgotten.  NONE and OTHER are ignored.
 */
void jupref_monotonic_note(jupref_monotonic_t *block,
    const uint8_t client[JUPREF_SHA256_SIZE], jupref_commitment_e commitment,
    uint64_t slot, uint64_t highest);


#endif /* JUPREF_MONOTONIC_H */
