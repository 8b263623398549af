/*
 * A table of fixed capacity inside a block of memory, addressed by index.
 *
 *     slots   | 0 | 7 | 0 | 1 | …       open addressing, linear probing;
 *                   |       |            a slot holds a row's index, 0 = free
 *     rows    | - | 1 | 2 | … | 7 |     row 0 is never used, so that index 0
 *                                        can mean "none" everywhere
 *
 * No pointer is stored: places are offsets from the block's start, so the
 * block may be copied, saved or mapped elsewhere.  Rows are never removed,
 * so an index is good forever and a probe never meets a grave.  Slots are at
 * least twice the rows, so a probe is short however full the table is.
 * The same keys in the same order give the same bytes on every machine.
 */

#ifndef JUPREF_TABLE_H
#define JUPREF_TABLE_H


#include "base/jupref_bytes.h"


typedef struct {
    uint64_t  slots_at;                 /* offset of uint32_t slots[] */
    uint64_t  rows_at;                  /* offset of row 0 */
    uint32_t  slot_count;               /* a power of two */
    uint32_t  capacity;                 /* rows that fit, row 0 not counted */
    uint32_t  count;                    /* rows in use */
    uint32_t  row_size;                 /* bytes, a multiple of 16 */
    uint32_t  key_at;                   /* the key's place in a row */
    uint32_t  key_size;
} jupref_table_t;


/*
 * Bytes that a table of `capacity` rows takes in its block, slots included;
 * a multiple of 64, so that tables may stand one after the other.
 */
uint64_t jupref_table_size(uint32_t capacity, uint32_t row_size);

/*
 * Lays the table out at offset `at` (a multiple of 64) of a block whose bytes
 * there are zero.
 */
void jupref_table_init(jupref_table_t *table, uint64_t at, uint32_t capacity,
    uint32_t row_size, uint32_t key_at, uint32_t key_size);

/* The row's index, 0 when there is none with this key. */
uint32_t jupref_table_find(const jupref_table_t *table, const void *block,
    const void *key);

/*
 * A new row with its key set and everything else zero; 0 when the table is
 * full.  The caller has made sure that the key isn't there.
 */
uint32_t jupref_table_insert(jupref_table_t *table, void *block,
    const void *key);

/* The row of an index between 1 and count. */
void *jupref_table_row(const jupref_table_t *table, const void *block,
    uint32_t index);

/* A spread of `len` bytes over 64 bits; fixed for all time and machines,
 * because places in saved tables depend on it. */
uint64_t jupref_hash(const void *bytes, size_t len);


#endif /* JUPREF_TABLE_H */
