/*
 * The allocator under yajl (its picture is in the header).
 *
 * Pieces aren't given back one by one: a parser frees only to double a
 * buffer, so all that was outgrown is never more than what is in use.
 */

#include "base/jupref_json_memory.h"

#include <string.h>


void
jupref_json_memory_init(jupref_json_memory_t *memory,
    const jupref_memory_t *source)
{
    memory->source = *source;
    memory->taken = NULL;
    memory->arena_used = 0;
}


void *
jupref_json_memory_take(void *context, size_t size)
{
    size_t                 whole;
    jupref_json_block_t   *block;
    jupref_json_memory_t  *memory;

    memory = context;
    block = NULL;
    whole = sizeof(jupref_json_block_t) + (size + 15) / 16 * 16;

    if (whole < size) {
        longjmp(memory->exhausted, 1);
    }

    if (whole <= sizeof(memory->arena) - memory->arena_used) {
        block = (jupref_json_block_t *) ((uint8_t *) memory->arena
                                         + memory->arena_used);
        memory->arena_used += whole;
        block->next = NULL;

    } else {
        block = memory->source.take(memory->source.context, whole);

        if (block == NULL) {
            longjmp(memory->exhausted, 1);
        }

        block->next = memory->taken;
        memory->taken = block;
    }

    block->size = size;

    return block + 1;
}


void *
jupref_json_memory_resize(void *context, void *piece, size_t size)
{
    void                 *moved;
    jupref_json_block_t  *block;

    if (piece == NULL) {
        return jupref_json_memory_take(context, size);
    }

    block = (jupref_json_block_t *) piece - 1;

    if (size <= block->size) {
        return piece;
    }

    moved = jupref_json_memory_take(context, size);
    memcpy(moved, piece, block->size);

    return moved;
}


void
jupref_json_memory_forget(void *context, void *piece)
{
    (void) context;
    (void) piece;
}


void
jupref_json_memory_free(jupref_json_memory_t *memory)
{
    jupref_json_block_t  *block, *next;

    if (memory->source.release == NULL) {
        return;
    }

    for (block = memory->taken; block != NULL; block = next) {
        next = block->next;
        memory->source.release(memory->source.context, block);
    }
}
