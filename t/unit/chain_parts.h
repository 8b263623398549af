/*
 * What making a swap and answering about it have in common; only they include
 * this.
 */

#ifndef CHAIN_PARTS_H
#define CHAIN_PARTS_H


#include "chain_world.h"


#define CHAIN_KEYS  32


typedef struct {
    jupref_pubkey_t  keys[CHAIN_KEYS];
    unsigned         signers;
    unsigned         static_count;
    unsigned         writable;          /* looked up */
    unsigned         readonly;
    unsigned         programs;          /* where they begin */
    unsigned         called;            /* how many at the top level */
    unsigned         token_at[CHAIN_TOKENS];
} chain_layout_t;


/* Writes made->json. */
void chain_answer(chain_made_t *made, const chain_swap_t *swap,
    const chain_layout_t *layout);


#endif /* CHAIN_PARTS_H */
