/*
 * A table of fixed capacity inside a block of memory, addressed by index.
 *
 *     slots   | 0 | 7 | 0 | 1 | …       open addressing, linear probing;
 *                   |       |            a slot holds a row's index, 0 = free,
 *                                        and above it bits of the key's hash
 *     taken   | bits                     bit i: row i is in use
 *     rows    | - | 1 | 2 | … | 7 |     row 0 is never used, so that index 0
 *                                        can mean "none" everywhere
 *
 * No pointer is stored: places are offsets from the block's start, so the
 * block may be copied, saved or mapped elsewhere.  An index is good until its
 * row is removed.  Removed rows are zero but for a link: they are a list that
 * later rows are taken from, the last removed first.  A removal closes the
 * gap in the slots, so a probe never meets a grave.  Slots are at least twice
 * the rows, so a probe is short however full the table is.
 *
 * The same acts in the same order give the same bytes on every machine.  The
 * rows, `used` and `free` are the table's content; slots and bits follow from
 * them, whatever the capacity.
 */

#ifndef JUPREF_TABLE_H
#define JUPREF_TABLE_H


#include "base/jupref_assert.h"
#include "base/jupref_bytes.h"
#include "base/jupref_hash.h"


typedef struct {
    uint64_t  slots_at;                 /* offset of uint32_t slots[] */
    uint64_t  taken_at;                 /* offset of uint64_t taken[] */
    uint64_t  rows_at;                  /* offset of row 0 */
    uint32_t  slot_count;               /* a power of two */
    uint32_t  capacity;                 /* rows that fit, row 0 not counted */
    uint32_t  count;                    /* rows in use */
    uint32_t  used;                     /* the highest row ever in use */
    uint32_t  free;                     /* the last row removed, 0: none */
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

/* Zeroes a row in use and gives it back; no link may lead to it any more. */
void jupref_table_remove(jupref_table_t *table, void *block, uint32_t index);

/* 1 when there is a row of this index, whatever the index. */
unsigned jupref_table_in_use(const jupref_table_t *table, const void *block,
    uint32_t index);

/*
 * Has memory fetched, without waiting for it: the slot in which a key's find
 * begins; and a row.  A guess is the first row that a find would read, most
 * often the key's own when there is one; 0 when it would read none.
 */
void jupref_table_expect(const jupref_table_t *table, const void *block,
    const void *key);
uint32_t jupref_table_guess(const jupref_table_t *table, const void *block,
    const void *key);
void jupref_table_expect_row(const jupref_table_t *table, const void *block,
    uint32_t index);

/*
 * Makes slots, bits and count anew from `used`, `free` and the rows.  Returns
 * 0, and leaves the table unfit for use, when they can't have come from a
 * table: a removed row that isn't zero, a list that leads astray, a key twice.
 */
unsigned jupref_table_rebuild(jupref_table_t *table, void *block);


/* The row of an index that is in use. */
static inline void *
jupref_table_row(const jupref_table_t *table, const void *block,
    uint32_t index)
{
    jupref_assert(jupref_table_in_use(table, block, index));

    return (uint8_t *) (uintptr_t) block + table->rows_at
           + (uint64_t) index * table->row_size;
}


#endif /* JUPREF_TABLE_H */
