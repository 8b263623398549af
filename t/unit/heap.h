/*
 * The heap as the memory that pure code takes from, which can run dry.
 */

#ifndef HEAP_H
#define HEAP_H


#include "base/jupref_json_reader.h"


#define HEAP_ENDLESS  (-1)


typedef struct {
    int       left;                     /* pieces until it is dry, ENDLESS */
    unsigned  taken;
    unsigned  pieces;                   /* not given back */
} heap_t;


/* Memory that counts in `heap`. */
jupref_memory_t heap_memory(heap_t *heap, int left);


#endif /* HEAP_H */
