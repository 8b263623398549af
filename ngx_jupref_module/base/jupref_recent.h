/*
 * A table that can forget: rows by their key, and by when each was last used.
 *
 * One block of memory without a pointer in it, so that processes can share it;
 * who calls holds its lock.  A full table takes no row until one is removed:
 * which is for the caller to choose, mostly the one unused for longest.
 */

#ifndef JUPREF_RECENT_H
#define JUPREF_RECENT_H


#include "base/jupref_digest.h"
#include "base/jupref_table.h"


/* What each row begins with; the rest is the caller's, zero at first. */
typedef struct {
    uint8_t   key[JUPREF_SHA256_SIZE];
    uint32_t  newer;                    /* by use, 0: none */
    uint32_t  older;
} jupref_recent_row_t;


typedef struct {
    jupref_table_t  table;
    uint32_t        newest;
    uint32_t        oldest;
} jupref_recent_t;


/* Bytes of a block for so many rows of that size (a multiple of 16). */
uint64_t jupref_recent_size(uint32_t rows, uint32_t row_size);

/* How many such rows fit into so many bytes. */
uint32_t jupref_recent_fits(uint64_t bytes, uint32_t row_size);

/* `block` has that many bytes, all zero, and is aligned to 64. */
void jupref_recent_init(jupref_recent_t *block, uint32_t rows,
    uint32_t row_size);

/* NULL when there is none; finding a row is no use of it. */
void *jupref_recent_find(const jupref_recent_t *block,
    const uint8_t key[JUPREF_SHA256_SIZE]);

/* A new row, the newest; its key isn't there yet.  NULL when it is full. */
void *jupref_recent_add(jupref_recent_t *block,
    const uint8_t key[JUPREF_SHA256_SIZE]);

void jupref_recent_use(jupref_recent_t *block, void *row);

/* NULL when it is empty; the next one by use, NULL at the end. */
void *jupref_recent_oldest(const jupref_recent_t *block);
void *jupref_recent_newer(const jupref_recent_t *block, const void *row);

void jupref_recent_remove(jupref_recent_t *block, void *row);


#endif /* JUPREF_RECENT_H */
