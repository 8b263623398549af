/*
 * A cluster whose slots pass, and nodes that follow it, or don't.
 */

#ifndef POOL_WORLD_H
#define POOL_WORLD_H


#include "solana/jupref_pool.h"


#define POOL_WORLD_SLOT    UINT64_C(447120000)       /* the chain's first */
#define POOL_WORLD_START   UINT64_C(5000000)         /* ms */
#define POOL_WORLD_SKIPPED UINT64_C(22000000)        /* slots without a block */


typedef struct {
    int64_t   offset;                   /* slots */
    unsigned  delay_ms;                 /* it sees slots so much later */
    uint64_t  frozen;                   /* slot, 0: moves */
    unsigned  pace;                     /* percent of the chain's, 0: 100 */
    uint64_t  pace_from;                /* slot and time it left from */
    uint64_t  pace_ms;
    unsigned  silent:1;                 /* isn't asked, tells nothing */
    unsigned  height_is_slot:1;
} pool_world_node_t;


typedef struct {
    jupref_pool_t  *pool;
    unsigned        count;
    uint64_t        now_ms;
    uint64_t        slot_us;            /* the chain's slot time */
    unsigned        halted:1;           /* the whole chain */
    unsigned        tells_finalized:1;  /* slots, 32 behind; else heights are
                                         * told and nobody knows of which */
    uint64_t        halted_ms;
    pool_world_node_t    nodes[JUPREF_POOL_NODES];
} pool_world_t;


/* `count` honest nodes; lags of five and two and a half seconds. */
void pool_world_make(pool_world_t *world, unsigned count);
void pool_world_free(pool_world_t *world);

/* The chain's slot now; what a node says. */
uint64_t pool_world_slot(pool_world_t *world);
uint64_t pool_world_says(pool_world_t *world, unsigned node);

/* A node keeps the slot it is at; runs at another pace from where it is. */
void pool_world_freeze(pool_world_t *world, unsigned node);
void pool_world_pace(pool_world_t *world, unsigned node, unsigned percent);

/* Time passes in steps of 100 ms; each node is asked for its slot every fourth
 * step and the pool is judged at each. */
void pool_world_pass(pool_world_t *world, uint64_t ms);

/* A node's reasons, as bits. */
uint32_t pool_world_out(pool_world_t *world, unsigned node);

#define out_bit(reason)  (1u << JUPREF_OUT_##reason)


#endif /* POOL_WORLD_H */
