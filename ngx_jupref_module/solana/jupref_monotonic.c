/*
 * The highest slot of each client, in a table whose rows are a list by use.
 *
 *     newest -> row <-> row <-> row <- oldest
 *
 * A row that is noted moves to the front; the one at the end makes room.
 */

#include "solana/jupref_monotonic.h"

#include <string.h>


/* Where the table begins in the block. */
#define JUPREF_MONOTONIC_HEAD  ((sizeof(jupref_monotonic_t) + 63) / 64 * 64)

#define JUPREF_MONOTONIC_LEVELS  3      /* of commitment */


typedef struct {
    uint8_t   client[JUPREF_SHA256_SIZE];
    uint64_t  slots[JUPREF_MONOTONIC_LEVELS];
    uint32_t  newer;                    /* 0: the newest */
    uint32_t  older;                    /* 0: the oldest */
} jupref_monotonic_row_t;


static jupref_monotonic_row_t *jupref_monotonic_row(
    const jupref_monotonic_t *block, uint32_t index);
static uint32_t jupref_monotonic_add(jupref_monotonic_t *block,
    const uint8_t *client);
static void jupref_monotonic_link(jupref_monotonic_t *block, uint32_t index);
static void jupref_monotonic_unlink(jupref_monotonic_t *block,
    uint32_t index);
static unsigned jupref_monotonic_level(jupref_commitment_e commitment,
    unsigned *level);


uint64_t
jupref_monotonic_size(uint32_t clients)
{
    return JUPREF_MONOTONIC_HEAD
           + jupref_table_size(clients, sizeof(jupref_monotonic_row_t));
}


void
jupref_monotonic_init(jupref_monotonic_t *block, uint32_t clients)
{
    jupref_table_init(&block->table, JUPREF_MONOTONIC_HEAD, clients,
                      sizeof(jupref_monotonic_row_t),
                      offsetof(jupref_monotonic_row_t, client),
                      JUPREF_SHA256_SIZE);
    block->newest = 0;
    block->oldest = 0;
}


uint64_t
jupref_monotonic_seen(const jupref_monotonic_t *block,
    const uint8_t client[JUPREF_SHA256_SIZE], jupref_commitment_e commitment)
{
    uint32_t                       index;
    uint64_t                       slot;
    unsigned                       level;
    const jupref_monotonic_row_t  *row;

    if (!jupref_monotonic_level(commitment, &level)) {
        return 0;
    }

    index = jupref_table_find(&block->table, block, client);

    if (index == 0) {
        return 0;
    }

    row = jupref_monotonic_row(block, index);
    slot = 0;

    for ( /* void */ ; level < JUPREF_MONOTONIC_LEVELS; level++) {
        if (row->slots[level] > slot) {
            slot = row->slots[level];
        }
    }

    return slot;
}


void
jupref_monotonic_note(jupref_monotonic_t *block,
    const uint8_t client[JUPREF_SHA256_SIZE], jupref_commitment_e commitment,
    uint64_t slot, uint64_t highest)
{
    uint32_t                 index;
    unsigned                 level, i;
    jupref_monotonic_row_t  *row;

    if (slot > highest || !jupref_monotonic_level(commitment, &level)) {
        return;
    }

    index = jupref_table_find(&block->table, block, client);

    if (index == 0) {
        index = jupref_monotonic_add(block, client);

    } else {
        jupref_monotonic_unlink(block, index);
    }

    jupref_monotonic_link(block, index);

    row = jupref_monotonic_row(block, index);

    for (i = level; i < JUPREF_MONOTONIC_LEVELS; i++) {
        if (row->slots[i] > highest) {
            row->slots[i] = 0;
        }
    }

    if (row->slots[level] < slot) {
        row->slots[level] = slot;
    }
}


static jupref_monotonic_row_t *
jupref_monotonic_row(const jupref_monotonic_t *block, uint32_t index)
{
    return jupref_table_row(&block->table, block, index);
}


/* A row that isn't in the list yet. */
static uint32_t
jupref_monotonic_add(jupref_monotonic_t *block, const uint8_t *client)
{
    uint32_t  index, oldest;

    index = jupref_table_insert(&block->table, block, client);

    if (index != 0) {
        return index;
    }

    oldest = block->oldest;

    jupref_monotonic_unlink(block, oldest);
    jupref_table_remove(&block->table, block, oldest);

    return jupref_table_insert(&block->table, block, client);
}


static void
jupref_monotonic_link(jupref_monotonic_t *block, uint32_t index)
{
    jupref_monotonic_row_t  *row;

    row = jupref_monotonic_row(block, index);
    row->newer = 0;
    row->older = block->newest;

    if (block->newest != 0) {
        jupref_monotonic_row(block, block->newest)->newer = index;

    } else {
        block->oldest = index;
    }

    block->newest = index;
}


static void
jupref_monotonic_unlink(jupref_monotonic_t *block, uint32_t index)
{
    jupref_monotonic_row_t  *row;

    row = jupref_monotonic_row(block, index);

    if (row->newer != 0) {
        jupref_monotonic_row(block, row->newer)->older = row->older;

    } else {
        block->newest = row->older;
    }

    if (row->older != 0) {
        jupref_monotonic_row(block, row->older)->newer = row->newer;

    } else {
        block->oldest = row->newer;
    }
}


static unsigned
jupref_monotonic_level(jupref_commitment_e commitment, unsigned *level)
{
    if (commitment < JUPREF_COMMITMENT_PROCESSED
        || commitment > JUPREF_COMMITMENT_FINALIZED)
    {
        return 0;
    }

    *level = (unsigned) (commitment - JUPREF_COMMITMENT_PROCESSED);

    return 1;
}
