/*
 * The table of fixed capacity (its picture is in the header).
 *
 * A probe walks from the key's own slot to the first free one.  Half of the
 * slots are always free, so that walk ends, and rows are numbered in the
 * order they came, so a table is the same bytes wherever it was filled.
 */

#include "base/jupref_table.h"
#include "base/jupref_assert.h"

#include <string.h>


#define JUPREF_TABLE_ALIGN      64
#define JUPREF_TABLE_ROW_ALIGN  16
#define JUPREF_TABLE_MIN_SLOTS  16
#define JUPREF_TABLE_MAX        (UINT32_C(1) << 30)

#define JUPREF_HASH_START       UINT64_C(0x9e3779b97f4a7c15)
#define JUPREF_HASH_STEP        UINT64_C(0xd6e8feb86659fd93)
#define JUPREF_HASH_END         UINT64_C(0xa0761d6478bd642f)


static uint32_t jupref_table_slot_count(uint32_t capacity);
static uint64_t jupref_table_align(uint64_t size);
static uint64_t jupref_load_u64_le(const uint8_t *bytes, size_t len);
static uint64_t jupref_hash_step(uint64_t hash, uint64_t word);


uint64_t
jupref_table_size(uint32_t capacity, uint32_t row_size)
{
    uint64_t  slots, rows;

    slots = (uint64_t) jupref_table_slot_count(capacity) * sizeof(uint32_t);
    rows = ((uint64_t) capacity + 1) * row_size;

    return jupref_table_align(slots) + jupref_table_align(rows);
}


void
jupref_table_init(jupref_table_t *table, uint64_t at, uint32_t capacity,
    uint32_t row_size, uint32_t key_at, uint32_t key_size)
{
    jupref_assert(at % JUPREF_TABLE_ALIGN == 0);
    jupref_assert(row_size % JUPREF_TABLE_ROW_ALIGN == 0);
    jupref_assert(key_size > 0 && key_at + key_size <= row_size);

    table->slot_count = jupref_table_slot_count(capacity);
    table->slots_at = at;
    table->rows_at = at + jupref_table_align((uint64_t) table->slot_count
                                             * sizeof(uint32_t));
    table->capacity = capacity;
    table->count = 0;
    table->row_size = row_size;
    table->key_at = key_at;
    table->key_size = key_size;
}


uint32_t
jupref_table_find(const jupref_table_t *table, const void *block,
    const void *key)
{
    uint32_t         mask, slot, index;
    const uint8_t   *row;
    const uint32_t  *slots;

    slots = (const uint32_t *) ((const uint8_t *) block + table->slots_at);
    mask = table->slot_count - 1;
    slot = (uint32_t) jupref_hash(key, table->key_size) & mask;

    for ( ;; ) {
        index = slots[slot];

        if (index == 0) {
            return 0;
        }

        row = jupref_table_row(table, block, index);

        if (memcmp(row + table->key_at, key, table->key_size) == 0) {
            return index;
        }

        slot = (slot + 1) & mask;
    }
}


uint32_t
jupref_table_insert(jupref_table_t *table, void *block, const void *key)
{
    uint8_t   *row;
    uint32_t   mask, slot, *slots;

    jupref_assert(jupref_table_find(table, block, key) == 0);

    if (table->count >= table->capacity) {
        return 0;
    }

    slots = (uint32_t *) ((uint8_t *) block + table->slots_at);
    mask = table->slot_count - 1;
    slot = (uint32_t) jupref_hash(key, table->key_size) & mask;

    while (slots[slot] != 0) {
        slot = (slot + 1) & mask;
    }

    table->count++;
    slots[slot] = table->count;

    row = jupref_table_row(table, block, table->count);
    memset(row, 0, table->row_size);
    memcpy(row + table->key_at, key, table->key_size);

    return table->count;
}


void *
jupref_table_row(const jupref_table_t *table, const void *block,
    uint32_t index)
{
    jupref_assert(index > 0 && index <= table->count);

    return (uint8_t *) (uintptr_t) block + table->rows_at
           + (uint64_t) index * table->row_size;
}


/*
 * Each step is a bijection of the state, so no word can wipe out what came
 * before it; the end spreads the high bits, where products gather, over the
 * low ones, which choose the slot.
 */
uint64_t
jupref_hash(const void *bytes, size_t len)
{
    uint64_t        hash;
    const uint8_t  *at;

    at = bytes;
    hash = JUPREF_HASH_START ^ len;

    while (len >= 8) {
        hash = jupref_hash_step(hash, jupref_load_u64_le(at, 8));
        at += 8;
        len -= 8;
    }

    if (len > 0) {
        hash = jupref_hash_step(hash, jupref_load_u64_le(at, len));
    }

    hash *= JUPREF_HASH_END;
    hash ^= hash >> 29;
    hash *= JUPREF_HASH_STEP;

    return hash ^ hash >> 32;
}


/* Twice the rows at least, so that half of the slots stay free. */
static uint32_t
jupref_table_slot_count(uint32_t capacity)
{
    uint32_t  count;

    jupref_assert(capacity <= JUPREF_TABLE_MAX);

    count = JUPREF_TABLE_MIN_SLOTS;

    while (count < 2 * (uint64_t) capacity) {
        count *= 2;
    }

    return count;
}


static uint64_t
jupref_table_align(uint64_t size)
{
    return (size + JUPREF_TABLE_ALIGN - 1) / JUPREF_TABLE_ALIGN
           * JUPREF_TABLE_ALIGN;
}


static uint64_t
jupref_load_u64_le(const uint8_t *bytes, size_t len)
{
    size_t    i;
    uint64_t  word;

    word = 0;

    for (i = 0; i < len; i++) {
        word |= (uint64_t) bytes[i] << (8 * i);
    }

    return word;
}


static uint64_t
jupref_hash_step(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * JUPREF_HASH_STEP;

    return hash ^ hash >> 32;
}
