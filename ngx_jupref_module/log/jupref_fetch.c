/*
 * One record by its seq.
 *
 * A segment's frames are stepped over once, as far as they are asked for, and
 * the place of every so many is kept: of as few as always fit.  A record is
 * then a short walk from the nearest one.  The places of the segments used
 * last are kept, and one segment is open.  The journal may have changed since
 * (a new segment, a resumed log): what isn't found is looked for once more
 * with nothing kept.
 */

#include "log/jupref_segment_reader.h"

#include <stdlib.h>
#include <string.h>


#define JUPREF_FETCH_SEGMENTS  32
#define JUPREF_FETCH_PLACES    4096     /* of a segment; an even number */
#define JUPREF_FETCH_STRIDE    32       /* records between two, at first */
#define JUPREF_FETCH_RECORD    512      /* bytes, about */


typedef struct {
    uint64_t  first;                    /* 0: unused */
    uint64_t  used;                     /* the cache's clock then */
    uint64_t  next;                     /* the first seq not stepped over */
    uint64_t  at;                       /* its place */
    uint64_t  stride;
    uint64_t  count;
    uint64_t  places[JUPREF_FETCH_PLACES];  /* of first, first + stride, … */
} jupref_places_t;


struct jupref_record_cache_s {
    uint64_t                 *firsts;   /* of all segments */
    size_t                    count;
    uint64_t                  clock;
    jupref_places_t           places[JUPREF_FETCH_SEGMENTS];
    jupref_segment_reader_t   in;       /* the last member */
};


static void jupref_fetch_forget(jupref_record_cache_t *cache);
static jupref_fault_e jupref_fetch_record(jupref_record_cache_t *cache,
    uint64_t seq, jupref_bytes_t *bytes, jupref_fault_t *fault);
static jupref_fault_e jupref_fetch_segment(jupref_record_cache_t *cache,
    uint64_t first, jupref_fault_t *fault);
static jupref_places_t *jupref_fetch_places(jupref_record_cache_t *cache,
    uint64_t first);
static jupref_fault_e jupref_fetch_walk(jupref_record_cache_t *cache,
    jupref_places_t *places, uint64_t seq, jupref_fault_t *fault);
static void jupref_fetch_note(jupref_places_t *places, uint64_t next,
    uint64_t at);


jupref_fault_e
jupref_journal_fetch(jupref_store_t *store, jupref_record_cache_t **cache,
    uint64_t seq, uint8_t *record, jupref_bytes_t *bytes,
    jupref_fault_t *fault)
{
    unsigned         try;
    jupref_bytes_t   found;
    jupref_fault_e   result;

    if (*cache == NULL) {
        *cache = calloc(1, sizeof(jupref_record_cache_t));

        if (*cache == NULL) {
            return jupref_fault_memory(fault, NULL);
        }

        jupref_segment_reader_init(&(*cache)->in, store);
    }

    result = JUPREF_FAULT_NONE;

    for (try = 0; try < 2; try++) {
        result = jupref_fetch_record(*cache, seq, &found, fault);

        if (result == JUPREF_FAULT_NONE) {
            memcpy(record, found.data, found.len);
            bytes->data = record;
            bytes->len = found.len;

            return JUPREF_FAULT_NONE;
        }

        jupref_fetch_forget(*cache);
    }

    return result;
}


void
jupref_record_cache_free(jupref_record_cache_t *cache)
{
    if (cache != NULL) {
        jupref_fetch_forget(cache);
        free(cache);
    }
}


static void
jupref_fetch_forget(jupref_record_cache_t *cache)
{
    unsigned  i;

    for (i = 0; i < JUPREF_FETCH_SEGMENTS; i++) {
        cache->places[i].first = 0;
        cache->places[i].used = 0;
    }

    free(cache->firsts);
    cache->firsts = NULL;
    cache->count = 0;

    jupref_segment_reader_close(&cache->in);
}


static jupref_fault_e
jupref_fetch_record(jupref_record_cache_t *cache, uint64_t seq,
    jupref_bytes_t *bytes, jupref_fault_t *fault)
{
    size_t            low, high, middle;
    jupref_places_t  *places;

    if (cache->firsts == NULL
        && jupref_journal_list(cache->in.store, &cache->firsts, &cache->count,
                               fault)
           != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    /* how many segments begin at or before it */

    for (low = 0, high = cache->count; low < high; /* void */ ) {
        middle = low + (high - low) / 2;

        if (cache->firsts[middle] <= seq) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    if (low == 0) {
        fault->seq = seq;

        return jupref_fault_set(fault, JUPREF_FAULT_MISSING, "journal", 0,
                                "no segment has record %llu",
                                (unsigned long long) seq);
    }

    if (jupref_fetch_segment(cache, cache->firsts[low - 1], fault)
        != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    places = jupref_fetch_places(cache, cache->firsts[low - 1]);

    if (jupref_fetch_walk(cache, places, seq, fault) != JUPREF_FAULT_NONE
        || jupref_segment_reader_next(&cache->in, bytes, fault)
           != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    if (bytes->data == NULL) {
        fault->seq = seq;

        return jupref_fault_set(fault, JUPREF_FAULT_SHORT, cache->in.name,
                                cache->in.at, "ends before record %llu",
                                (unsigned long long) seq);
    }

    return JUPREF_FAULT_NONE;
}


static jupref_fault_e
jupref_fetch_segment(jupref_record_cache_t *cache, uint64_t first,
    jupref_fault_t *fault)
{
    if (cache->in.sealer != NULL && cache->in.segment.first == first) {
        return JUPREF_FAULT_NONE;
    }

    jupref_segment_reader_close(&cache->in);

    return jupref_segment_reader_open(&cache->in, first, fault);
}


/* Those of the segment; new ones take the place of those used longest ago. */

static jupref_places_t *
jupref_fetch_places(jupref_record_cache_t *cache, uint64_t first)
{
    unsigned          i;
    jupref_places_t  *places, *oldest;

    oldest = &cache->places[0];
    cache->clock++;

    for (i = 0; i < JUPREF_FETCH_SEGMENTS; i++) {
        places = &cache->places[i];

        if (places->first == first) {
            places->used = cache->clock;
            return places;
        }

        if (places->used < oldest->used) {
            oldest = places;
        }
    }

    oldest->first = first;
    oldest->used = cache->clock;
    oldest->next = first;
    oldest->at = JUPREF_SEGMENT_HEADER;
    oldest->stride = JUPREF_FETCH_STRIDE;
    oldest->count = 0;

    return oldest;
}


/* Stands before the record then. */

static jupref_fault_e
jupref_fetch_walk(jupref_record_cache_t *cache, jupref_places_t *places,
    uint64_t seq, jupref_fault_t *fault)
{
    uint64_t                  passed, walk;
    unsigned                  stepped;
    jupref_segment_reader_t  *in;

    in = &cache->in;
    passed = (seq - places->first) / places->stride;

    if (passed < places->count) {
        jupref_segment_reader_seek(in, places->first + passed * places->stride,
                                   places->places[passed]);
    } else {
        jupref_segment_reader_seek(in, places->next, places->at);
    }

    /* what the walk needs, not a whole piece */

    walk = (seq - in->next) * JUPREF_FETCH_RECORD + 2 * JUPREF_FRAME_MAX;
    in->piece = walk < JUPREF_READ_PIECE ? (size_t) walk : JUPREF_READ_PIECE;

    for ( ;; ) {
        jupref_fetch_note(places, in->next, in->at);

        if (in->next == seq) {
            return JUPREF_FAULT_NONE;
        }

        if (jupref_segment_reader_step(in, &stepped, fault)
            != JUPREF_FAULT_NONE)
        {
            return fault->fault;
        }

        if (!stepped) {
            fault->seq = seq;

            return jupref_fault_set(fault, JUPREF_FAULT_SHORT, in->name,
                                    in->at, "its frames end before record "
                                    "%llu", (unsigned long long) seq);
        }
    }
}


/* When all places are taken, every other one is given up. */

static void
jupref_fetch_note(jupref_places_t *places, uint64_t next, uint64_t at)
{
    uint64_t  i;

    if (next < places->next) {
        return;
    }

    places->next = next;
    places->at = at;

    if (places->count == JUPREF_FETCH_PLACES) {
        for (i = 0; i < JUPREF_FETCH_PLACES / 2; i++) {
            places->places[i] = places->places[2 * i];
        }

        places->count = JUPREF_FETCH_PLACES / 2;
        places->stride *= 2;
    }

    if (next - places->first == places->count * places->stride) {
        places->places[places->count++] = at;
    }
}
