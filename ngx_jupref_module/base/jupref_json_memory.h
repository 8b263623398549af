/*
 * Memory for a parser that doesn't look at what its allocator returns.
 *
 * yajl takes every piece of memory for granted.  So this allocator never
 * returns without one: when there is no more it leaves the parser by longjmp
 * to `exhausted`, which whoever calls the parser has set.  The parser is not
 * touched after that; all it had is given back from the list kept here.
 *
 *     arena   | size | piece ... | size | piece ... |  free  |
 *     taken   -> | next size | piece ... |  ->  | next size | piece ... |
 *
 * What a parser needs for a text that comes whole and without escapes fits
 * into the arena, so such a text costs no allocation at all.
 */

#ifndef JUPREF_JSON_MEMORY_H
#define JUPREF_JSON_MEMORY_H


#include "base/jupref_json_reader.h"

#include <setjmp.h>


#define JUPREF_JSON_ARENA  1024


/* Stands before every piece: realloc has to know the old size. */
typedef struct jupref_json_block_s  jupref_json_block_t;

struct jupref_json_block_s {
    jupref_json_block_t  *next;
    size_t                size;
};


typedef struct {
    jupref_memory_t       source;
    jupref_json_block_t  *taken;
    size_t                arena_used;
    jmp_buf               exhausted;
    uint64_t              arena[JUPREF_JSON_ARENA / sizeof(uint64_t)];
} jupref_json_memory_t;


void jupref_json_memory_init(jupref_json_memory_t *memory,
    const jupref_memory_t *source);

/* The three that yajl asks for; `memory` is a jupref_json_memory_t. */
void *jupref_json_memory_take(void *memory, size_t size);
void *jupref_json_memory_resize(void *memory, void *piece, size_t size);
void jupref_json_memory_forget(void *memory, void *piece);

/* Gives everything back to the source. */
void jupref_json_memory_free(jupref_json_memory_t *memory);


#endif /* JUPREF_JSON_MEMORY_H */
