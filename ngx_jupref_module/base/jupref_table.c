/*
 * The table of fixed capacity (its picture is in the header).
 *
 * Slots are more than rows, so above a row's index a slot has bits to spare:
 * those of the key's hash that didn't choose the slot.  They keep a probe from
 * reading rows of other keys.
 *
 * A probe walks from the key's own slot to the first free one.  Half of the
 * slots are always free, so that walk ends.  A removal moves later slots of
 * the walk back into the gap, so that every key stays reachable from its own
 * slot without a free one in between.
 */

#include "base/jupref_table.h"

#include <string.h>


#define JUPREF_TABLE_ALIGN      64
#define JUPREF_TABLE_ROW_ALIGN  16
#define JUPREF_TABLE_MIN_SLOTS  16
#define JUPREF_CACHE_LINE       64
#define JUPREF_TABLE_MAX        (UINT32_C(1) << 30)


static uint8_t *jupref_table_at(const jupref_table_t *table,
    const void *block, uint32_t index);
static uint32_t *jupref_table_slots(const jupref_table_t *table,
    const void *block);
static uint32_t jupref_table_hash(const jupref_table_t *table,
    const void *key);
static void jupref_table_take(jupref_table_t *table, void *block,
    uint32_t index);
static void jupref_table_close_gap(jupref_table_t *table, void *block,
    uint32_t gap);
static unsigned jupref_table_mark_free(jupref_table_t *table, void *block,
    uint32_t *count);
static unsigned jupref_table_is_zero(const uint8_t *bytes, size_t len);
static uint64_t *jupref_table_taken(const jupref_table_t *table,
    const void *block);
static uint32_t jupref_table_slot_count(uint32_t capacity);
static uint64_t jupref_table_taken_size(uint32_t capacity);
static uint64_t jupref_table_align(uint64_t size);
static unsigned jupref_table_same_key(const jupref_table_t *table,
    const uint8_t *row, const void *key);


uint64_t
jupref_table_size(uint32_t capacity, uint32_t row_size)
{
    uint64_t  slots, taken, rows;

    slots = (uint64_t) jupref_table_slot_count(capacity) * sizeof(uint32_t);
    taken = jupref_table_taken_size(capacity);
    rows = ((uint64_t) capacity + 1) * row_size;

    return jupref_table_align(slots) + jupref_table_align(taken)
           + jupref_table_align(rows);
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
    table->taken_at = at + jupref_table_align((uint64_t) table->slot_count
                                              * sizeof(uint32_t));
    table->rows_at = table->taken_at
                     + jupref_table_align(jupref_table_taken_size(capacity));
    table->capacity = capacity;
    table->count = 0;
    table->used = 0;
    table->free = 0;
    table->row_size = row_size;
    table->key_at = key_at;
    table->key_size = key_size;
}


uint32_t
jupref_table_find(const jupref_table_t *table, const void *block,
    const void *key)
{
    uint32_t         mask, hash, slot, index;
    const uint32_t  *slots;

    slots = jupref_table_slots(table, block);
    mask = table->slot_count - 1;
    hash = jupref_table_hash(table, key);

    for (slot = hash & mask; slots[slot]; slot = (slot + 1) & mask) {

        if ((slots[slot] ^ hash) & ~mask) {
            continue;
        }

        index = slots[slot] & mask;

        if (jupref_table_same_key(table,
                                  jupref_table_at(table, block, index), key))
        {
            return index;
        }
    }

    return 0;
}


uint32_t
jupref_table_insert(jupref_table_t *table, void *block, const void *key)
{
    uint8_t   *row;
    uint32_t   mask, hash, slot, index, *slots;

    jupref_assert(jupref_table_find(table, block, key) == 0);

    if (table->count >= table->capacity) {
        return 0;
    }

    slots = jupref_table_slots(table, block);
    mask = table->slot_count - 1;
    hash = jupref_table_hash(table, key);
    slot = hash & mask;

    while (slots[slot] != 0) {
        slot = (slot + 1) & mask;
    }

    index = table->free ? table->free : table->used + 1;
    row = jupref_table_at(table, block, index);

    if (table->free) {
        memcpy(&table->free, row, sizeof(uint32_t));

    } else {
        table->used = index;
    }

    slots[slot] = (hash & ~mask) | index;
    jupref_table_take(table, block, index);
    table->count++;

    memset(row, 0, table->row_size);
    memcpy(row + table->key_at, key, table->key_size);

    return index;
}


void
jupref_table_remove(jupref_table_t *table, void *block, uint32_t index)
{
    uint8_t   *row;
    uint32_t   mask, slot, *slots;

    row = jupref_table_row(table, block, index);
    slots = jupref_table_slots(table, block);
    mask = table->slot_count - 1;
    slot = jupref_table_hash(table, row + table->key_at) & mask;

    while ((slots[slot] & mask) != index) {
        jupref_assert(slots[slot] != 0);
        slot = (slot + 1) & mask;
    }

    jupref_table_close_gap(table, block, slot);

    memset(row, 0, table->row_size);
    memcpy(row, &table->free, sizeof(uint32_t));

    table->free = index;
    table->count--;
    jupref_table_taken(table, block)[index / 64] &= ~(UINT64_C(1)
                                                      << index % 64);
}


/*
 *     home of c    gap
 *         |         |
 *       | a |  b  |   | c | d | 0 |     c may move into the gap when its own
 *                                        slot isn't between the two
 */
static void
jupref_table_close_gap(jupref_table_t *table, void *block, uint32_t gap)
{
    uint32_t  mask, slot, home, *slots;

    slots = jupref_table_slots(table, block);
    mask = table->slot_count - 1;

    for (slot = (gap + 1) & mask; slots[slot]; slot = (slot + 1) & mask) {
        home = jupref_table_hash(table,
                                 jupref_table_at(table, block,
                                                 slots[slot] & mask)
                                 + table->key_at)
               & mask;

        if (((slot - home) & mask) >= ((slot - gap) & mask)) {
            slots[gap] = slots[slot];
            gap = slot;
        }
    }

    slots[gap] = 0;
}


unsigned
jupref_table_in_use(const jupref_table_t *table, const void *block,
    uint32_t index)
{
    if (index == 0 || index > table->used) {
        return 0;
    }

    return jupref_table_taken(table, block)[index / 64] >> index % 64 & 1;
}


void
jupref_table_expect(const jupref_table_t *table, const void *block,
    const void *key)
{
    __builtin_prefetch(jupref_table_slots(table, block)
                       + (jupref_table_hash(table, key)
                          & (table->slot_count - 1)));
}


uint32_t
jupref_table_guess(const jupref_table_t *table, const void *block,
    const void *key)
{
    uint32_t         mask, hash, slot;
    const uint32_t  *slots;

    slots = jupref_table_slots(table, block);
    mask = table->slot_count - 1;
    hash = jupref_table_hash(table, key);
    slot = hash & mask;

    while (slots[slot] && ((slots[slot] ^ hash) & ~mask)) {
        slot = (slot + 1) & mask;
    }

    return slots[slot] & mask;
}


void
jupref_table_expect_row(const jupref_table_t *table, const void *block,
    uint32_t index)
{
    const uint8_t  *row, *end;

    row = jupref_table_at(table, block, index);

    for (end = row + table->row_size; row < end; row += JUPREF_CACHE_LINE) {
        __builtin_prefetch(row, 1);
    }
}


unsigned
jupref_table_rebuild(jupref_table_t *table, void *block)
{
    uint8_t   *row;
    uint32_t   index, removed, slot, mask, hash, *slots;
    uint64_t  *taken;

    if (table->used > table->capacity) {
        return 0;
    }

    slots = jupref_table_slots(table, block);
    taken = jupref_table_taken(table, block);
    mask = table->slot_count - 1;

    memset(slots, 0, (uint64_t) table->slot_count * sizeof(uint32_t));
    memset(taken, 0, jupref_table_taken_size(table->capacity));

    for (index = 1; index <= table->used; index++) {
        jupref_table_take(table, block, index);
    }

    if (!jupref_table_mark_free(table, block, &removed)) {
        return 0;
    }

    table->count = table->used - removed;

    for (index = 1; index <= table->used; index++) {

        if (!jupref_table_in_use(table, block, index)) {
            continue;
        }

        row = jupref_table_at(table, block, index) + table->key_at;
        hash = jupref_table_hash(table, row);

        for (slot = hash & mask; slots[slot]; slot = (slot + 1) & mask) {
            if (((slots[slot] ^ hash) & ~mask) == 0
                && jupref_table_same_key(table,
                                         jupref_table_at(table, block,
                                                         slots[slot] & mask),
                                         row))
            {
                return 0;
            }
        }

        slots[slot] = (hash & ~mask) | index;
    }

    return 1;
}


/* Clears the bits of removed rows; a row met twice isn't taken any more. */
static unsigned
jupref_table_mark_free(jupref_table_t *table, void *block, uint32_t *count)
{
    uint8_t   *row;
    uint32_t   index;
    uint64_t  *taken;

    taken = jupref_table_taken(table, block);
    *count = 0;
    index = table->free;

    while (index) {

        if (!jupref_table_in_use(table, block, index)) {
            return 0;
        }

        row = jupref_table_at(table, block, index);

        if (!jupref_table_is_zero(row + sizeof(uint32_t),
                                  table->row_size - sizeof(uint32_t)))
        {
            return 0;
        }

        taken[index / 64] &= ~(UINT64_C(1) << index % 64);
        (*count)++;

        memcpy(&index, row, sizeof(uint32_t));
    }

    return 1;
}


static void
jupref_table_take(jupref_table_t *table, void *block, uint32_t index)
{
    jupref_table_taken(table, block)[index / 64] |= UINT64_C(1) << index % 64;
}


static uint8_t *
jupref_table_at(const jupref_table_t *table, const void *block,
    uint32_t index)
{
    return (uint8_t *) (uintptr_t) block + table->rows_at
           + (uint64_t) index * table->row_size;
}


static uint32_t *
jupref_table_slots(const jupref_table_t *table, const void *block)
{
    return (uint32_t *) ((uintptr_t) block + table->slots_at);
}


static uint64_t *
jupref_table_taken(const jupref_table_t *table, const void *block)
{
    return (uint64_t *) ((uintptr_t) block + table->taken_at);
}


/*
 * Its low bits are the slot that a key wants.  A fold looks up a dozen keys an
 * event: hashes of the sizes that keys have are written out.
 */
static uint32_t
jupref_table_hash(const jupref_table_t *table, const void *key)
{
    switch (table->key_size) {

    case 8:
        return (uint32_t) jupref_hash_short(key, 8);

    case 32:
        return (uint32_t) jupref_hash_short(key, 32);

    default:
        return (uint32_t) jupref_hash(key, table->key_size);
    }
}


/* Word by word: keys are short, and most are alike at once or not at all. */

static unsigned
jupref_table_same_key(const jupref_table_t *table, const uint8_t *row,
    const void *key)
{
    size_t          len;
    uint64_t        word, other;
    const uint8_t  *at, *kept;

    at = key;
    kept = row + table->key_at;

    for (len = table->key_size; len >= sizeof(uint64_t);
         len -= sizeof(uint64_t))
    {
        memcpy(&word, at, sizeof(uint64_t));
        memcpy(&other, kept, sizeof(uint64_t));

        if (word != other) {
            return 0;
        }

        at += sizeof(uint64_t);
        kept += sizeof(uint64_t);
    }

    return memcmp(at, kept, len) == 0;
}


static unsigned
jupref_table_is_zero(const uint8_t *bytes, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (bytes[i]) {
            return 0;
        }
    }

    return 1;
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


/* A bit for each row and for row 0. */
static uint64_t
jupref_table_taken_size(uint32_t capacity)
{
    return ((uint64_t) capacity / 64 + 1) * sizeof(uint64_t);
}


static uint64_t
jupref_table_align(uint64_t size)
{
    return (size + JUPREF_TABLE_ALIGN - 1) / JUPREF_TABLE_ALIGN
           * JUPREF_TABLE_ALIGN;
}
