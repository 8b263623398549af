/*
 * What the pool's files share: measures that judging needs.
 */

#ifndef JUPREF_POOL_PARTS_H
#define JUPREF_POOL_PARTS_H


#include "solana/jupref_pool.h"


/* A slot told longer ago says nothing about where its node is. */
#define JUPREF_EVIDENCE_MS  10000


/* The slot time, from the nodes' own paces; the commitments' distances. */
void jupref_pool_slot_time(jupref_pool_t *pool, uint64_t now_ms);
void jupref_pool_offsets(jupref_pool_t *pool, uint64_t now_ms);

/* Where who told that slot then is by now, us. */
int64_t jupref_pool_place(const jupref_pool_t *pool, uint64_t slot,
    uint64_t seen_ms, uint64_t now_ms);

/* The newest that a node told, as PROCESSED; 0: it told nothing yet. */
unsigned jupref_pool_evidence(const jupref_pool_t *pool,
    const jupref_node_t *node, uint64_t *slot, uint64_t *seen_ms);

/* When a slot of it, at any commitment, last grew, was last told. */
uint64_t jupref_node_moved(const jupref_node_t *node);
uint64_t jupref_node_seen(const jupref_node_t *node);

/* The front has been found anew, and so many nodes are there. */
void jupref_pool_trust(jupref_pool_t *pool, unsigned witnesses);


/* Where slots of that length lead to from one of then. */
static inline uint64_t
jupref_slot_from(uint64_t slot, uint64_t since_ms, uint64_t slot_us,
    uint64_t now_ms)
{
    return (now_ms > since_ms) ? slot + (now_ms - since_ms) * 1000 / slot_us
                               : slot;
}


/* What a node's newest finalized slot must be by now; 0: not known. */
uint64_t jupref_pool_finalized(const jupref_pool_t *pool,
    const jupref_node_t *node, uint64_t now_ms);

/* Slots without a block since the chain began, between the least and the most
 * that can be meant by what nodes told of both. */
typedef struct {
    uint64_t  least;
    uint64_t  most;
} jupref_skipped_t;

/* 0: nobody has told of heights lately. */
unsigned jupref_pool_skipped(const jupref_pool_t *pool, uint64_t now_ms,
    jupref_skipped_t *skipped);

/* In place, ascending. */
void jupref_pool_sort(uint64_t *values, unsigned count);


#endif /* JUPREF_POOL_PARTS_H */
