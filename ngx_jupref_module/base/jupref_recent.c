/*
 * See jupref_recent.h.  Rows by use are a list through the rows themselves.
 */

#include "base/jupref_recent.h"

#include <string.h>


#define JUPREF_RECENT_HEAD  ((sizeof(jupref_recent_t) + 63) / 64 * 64)


static jupref_recent_row_t *jupref_recent_at(const jupref_recent_t *block,
    uint32_t index);
static uint32_t jupref_recent_index(const jupref_recent_t *block,
    const void *row);
static void jupref_recent_unlink(jupref_recent_t *block,
    jupref_recent_row_t *row);
static void jupref_recent_link(jupref_recent_t *block,
    jupref_recent_row_t *row);


uint64_t
jupref_recent_size(uint32_t rows, uint32_t row_size)
{
    return JUPREF_RECENT_HEAD + jupref_table_size(rows, row_size);
}


/* Slots are a power of two, so the size grows in steps: rows are counted down
 * from what their own bytes would allow. */

uint32_t
jupref_recent_fits(uint64_t bytes, uint32_t row_size)
{
    uint64_t  rows;

    rows = bytes / row_size;

    if (rows > UINT32_MAX / 4) {
        rows = UINT32_MAX / 4;
    }

    while (rows && jupref_recent_size((uint32_t) rows, row_size) > bytes) {
        rows -= rows / 16 + 1;
    }

    return (uint32_t) rows;
}


void
jupref_recent_init(jupref_recent_t *block, uint32_t rows, uint32_t row_size)
{
    jupref_table_init(&block->table, JUPREF_RECENT_HEAD, rows, row_size,
                      offsetof(jupref_recent_row_t, key), JUPREF_SHA256_SIZE);

    block->newest = 0;
    block->oldest = 0;
}


void *
jupref_recent_find(const jupref_recent_t *block,
    const uint8_t key[JUPREF_SHA256_SIZE])
{
    return jupref_recent_at(block, jupref_table_find(&block->table, block,
                                                     key));
}


void *
jupref_recent_add(jupref_recent_t *block,
    const uint8_t key[JUPREF_SHA256_SIZE])
{
    jupref_recent_row_t  *row;

    row = jupref_recent_at(block,
                           jupref_table_insert(&block->table, block, key));

    if (row) {
        jupref_recent_link(block, row);
    }

    return row;
}


void
jupref_recent_use(jupref_recent_t *block, void *row)
{
    if (jupref_recent_index(block, row) == block->newest) {
        return;
    }

    jupref_recent_unlink(block, row);
    jupref_recent_link(block, row);
}


void *
jupref_recent_oldest(const jupref_recent_t *block)
{
    return jupref_recent_at(block, block->oldest);
}


void *
jupref_recent_newer(const jupref_recent_t *block, const void *row)
{
    return jupref_recent_at(block, ((const jupref_recent_row_t *) row)->newer);
}


void
jupref_recent_remove(jupref_recent_t *block, void *row)
{
    jupref_recent_unlink(block, row);
    jupref_table_remove(&block->table, block, jupref_recent_index(block, row));
}


static void
jupref_recent_link(jupref_recent_t *block, jupref_recent_row_t *row)
{
    uint32_t              index;
    jupref_recent_row_t  *second;

    index = jupref_recent_index(block, row);
    second = jupref_recent_at(block, block->newest);

    row->newer = 0;
    row->older = block->newest;

    if (second) {
        second->newer = index;

    } else {
        block->oldest = index;
    }

    block->newest = index;
}


static void
jupref_recent_unlink(jupref_recent_t *block, jupref_recent_row_t *row)
{
    jupref_recent_row_t  *newer, *older;

    newer = jupref_recent_at(block, row->newer);
    older = jupref_recent_at(block, row->older);

    if (newer) {
        newer->older = row->older;

    } else {
        block->newest = row->older;
    }

    if (older) {
        older->newer = row->newer;

    } else {
        block->oldest = row->newer;
    }
}


static jupref_recent_row_t *
jupref_recent_at(const jupref_recent_t *block, uint32_t index)
{
    return index ? jupref_table_row(&block->table, block, index) : NULL;
}


static uint32_t
jupref_recent_index(const jupref_recent_t *block, const void *row)
{
    const uint8_t  *rows;

    rows = (const uint8_t *) block + block->table.rows_at;

    return (uint32_t) ((uint64_t) ((const uint8_t *) row - rows)
                       / block->table.row_size);
}
