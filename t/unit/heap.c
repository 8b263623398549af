/*
 * Memory from the heap, counted.
 */

#include "heap.h"

#include <stdlib.h>


static void *
heap_take(void *context, size_t size)
{
    heap_t  *heap;

    heap = context;

    if (heap->left == 0) {
        return NULL;
    }

    if (heap->left > 0) {
        heap->left--;
    }

    heap->taken++;
    heap->pieces++;

    return malloc(size);
}


static void
heap_release(void *context, void *memory)
{
    heap_t  *heap;

    heap = context;
    heap->pieces--;

    free(memory);
}


jupref_memory_t
heap_memory(heap_t *heap, int left)
{
    heap->left = left;
    heap->taken = 0;
    heap->pieces = 0;

    return (jupref_memory_t) { heap_take, heap_release, heap };
}
