/*
 * Reading the journal: record after record, over all its segments.
 *
 * What is told of a journal that isn't whole depends on where it isn't: only
 * the last segment may have a tail that a crash tore off, or a header that a
 * crash broke off; between segments nothing may be missing.
 */

#include "log/jupref_segment_reader.h"

#include <stdlib.h>
#include <string.h>


struct jupref_journal_reader_s {
    uint64_t                 *firsts;   /* of all segments */
    size_t                    count;
    size_t                    index;    /* of the one that is read */
    uint64_t                  from;
    uint64_t                  until;
    uint64_t                  synced;   /* seq: all up to it were there */
    uint64_t                  next;     /* seq */
    jupref_segment_reader_t   in;       /* the segment; the last member */
};


static jupref_fault_e jupref_journal_start(jupref_journal_reader_t *reader,
    jupref_fault_t *fault);
static jupref_fault_e jupref_journal_skip(jupref_journal_reader_t *reader,
    jupref_fault_t *fault);
static jupref_fault_e jupref_journal_segment(jupref_journal_reader_t *reader,
    jupref_fault_t *fault);
static jupref_fault_e jupref_journal_unmade(jupref_journal_reader_t *reader,
    jupref_fault_t *fault);
static jupref_fault_e jupref_journal_advance(jupref_journal_reader_t *reader,
    jupref_fault_t *fault);
static jupref_fault_e jupref_journal_end(jupref_journal_reader_t *reader,
    jupref_fault_t *fault);


jupref_fault_e
jupref_journal_open(jupref_store_t *store, uint64_t from, uint64_t until,
    jupref_journal_reader_t **reader, jupref_fault_t *fault)
{
    unsigned                  broken;
    jupref_synced_t           synced;
    jupref_journal_reader_t  *r;

    *reader = NULL;

    r = malloc(sizeof(jupref_journal_reader_t));

    if (r == NULL) {
        return jupref_fault_memory(fault, NULL);
    }

    memset(r, 0, offsetof(jupref_journal_reader_t, in));
    jupref_segment_reader_init(&r->in, store);
    r->from = from > 0 ? from : 1;
    r->until = until;
    r->next = r->from;

    /* in this order: a segment that `synced` speaks of is in the list */

    if (jupref_synced_read(store, &synced, &broken, fault)
            != JUPREF_FAULT_NONE
        || jupref_journal_list(store, &r->firsts, &r->count, fault)
               != JUPREF_FAULT_NONE)
    {
        jupref_journal_close(r);
        return fault->fault;
    }

    /* who asks to go on behind a record has seen it: it was there */

    r->synced = synced.seq > r->from - 1 ? synced.seq : r->from - 1;

    if (jupref_journal_start(r, fault) != JUPREF_FAULT_NONE) {
        jupref_journal_close(r);
        return fault->fault;
    }

    *reader = r;

    return JUPREF_FAULT_NONE;
}


jupref_fault_e
jupref_journal_next(jupref_journal_reader_t *reader, jupref_bytes_t *bytes,
    jupref_fault_t *fault)
{
    jupref_fault_e  result;

    bytes->data = NULL;
    bytes->len = 0;

    if (reader->until > 0 && reader->next > reader->until) {
        return JUPREF_FAULT_NONE;
    }

    for ( ;; ) {
        if (reader->index >= reader->count) {
            return jupref_journal_end(reader, fault);
        }

        if (reader->in.sealer == NULL) {
            result = jupref_journal_segment(reader, fault);

            if (result != JUPREF_FAULT_NONE) {
                return result;
            }
        }

        result = jupref_segment_reader_next(&reader->in, bytes, fault);
        reader->next = reader->in.next;

        if (result != JUPREF_FAULT_NONE || bytes->data != NULL) {
            return result;
        }

        if (reader->index + 1 == reader->count) {
            return jupref_journal_end(reader, fault);
        }

        result = jupref_journal_advance(reader, fault);

        if (result != JUPREF_FAULT_NONE) {
            return result;
        }
    }
}


void
jupref_journal_place(const jupref_journal_reader_t *reader,
    uint64_t *segment, uint64_t *at)
{
    *segment = 0;
    *at = reader->in.at;

    if (reader->index < reader->count) {
        *segment = reader->firsts[reader->index];
    }
}


void
jupref_journal_close(jupref_journal_reader_t *reader)
{
    if (reader != NULL) {
        jupref_segment_reader_close(&reader->in);
        free(reader->firsts);
        free(reader);
    }
}


/* Finds the segment that `from` is in, and `from` in it. */

static jupref_fault_e
jupref_journal_start(jupref_journal_reader_t *reader, jupref_fault_t *fault)
{
    char      name[JUPREF_NAME_MAX];
    uint64_t  first;

    if (reader->count == 0) {
        return JUPREF_FAULT_NONE;
    }

    while (reader->index + 1 < reader->count
           && reader->firsts[reader->index + 1] <= reader->from)
    {
        reader->index++;
    }

    first = reader->firsts[reader->index];

    if (first > reader->from) {
        jupref_segment_name(name, first);
        fault->seq = reader->from;

        return jupref_fault_set(fault, JUPREF_FAULT_MISSING, name, 0,
                                "is the first segment, but record %llu is "
                                "needed", (unsigned long long) reader->from);
    }

    reader->next = first;

    if (jupref_journal_segment(reader, fault) == JUPREF_FAULT_NONE) {
        return jupref_journal_skip(reader, fault);
    }

    if (fault->fault != JUPREF_FAULT_TORN) {
        return fault->fault;
    }

    /* told by the first call of next, as any torn tail is */

    jupref_segment_reader_close(&reader->in);

    return JUPREF_FAULT_NONE;
}


/*
 * Steps over the frames before `from` by their headers.  Where the headers
 * don't lead there, the records are opened from the segment's beginning on,
 * so that the right one is named.
 */

static jupref_fault_e
jupref_journal_skip(jupref_journal_reader_t *reader, jupref_fault_t *fault)
{
    unsigned                  stepped;
    jupref_bytes_t            bytes;
    jupref_segment_reader_t  *in;

    in = &reader->in;
    stepped = 1;

    while (stepped && in->next < reader->from) {
        if (jupref_segment_reader_step(in, &stepped, fault)
            != JUPREF_FAULT_NONE)
        {
            return fault->fault;
        }
    }

    if (in->next < reader->from) {
        jupref_segment_reader_seek(in, in->segment.first,
                                   JUPREF_SEGMENT_HEADER);

        do {
            if (jupref_segment_reader_next(in, &bytes, fault)
                != JUPREF_FAULT_NONE)
            {
                return fault->fault;
            }

        } while (bytes.data != NULL && in->next < reader->from);
    }

    reader->next = in->next;

    return JUPREF_FAULT_NONE;
}


static jupref_fault_e
jupref_journal_segment(jupref_journal_reader_t *reader, jupref_fault_t *fault)
{
    uint8_t         previous[JUPREF_SHA256_SIZE];
    unsigned        chained;
    jupref_fault_e  result;

    chained = reader->in.chained;
    memcpy(previous, reader->in.previous, JUPREF_SHA256_SIZE);

    reader->in.synced = reader->synced;
    reader->in.last = reader->index + 1 == reader->count;

    result = jupref_segment_reader_open(&reader->in,
                                        reader->firsts[reader->index], fault);

    if (result != JUPREF_FAULT_NONE) {
        return jupref_journal_unmade(reader, fault);
    }

    if (chained
        && memcmp(reader->in.segment.previous, previous, JUPREF_SHA256_SIZE)
           != 0)
    {
        return jupref_fault_set(fault, JUPREF_FAULT_CHAIN, reader->in.name, 0,
                                "doesn't follow record %llu, which the segment "
                                "before it ends with",
                                (unsigned long long) reader->next - 1);
    }

    return JUPREF_FAULT_NONE;
}


/*
 * A last segment without a record whose header isn't whole: its making was
 * broken off, unless something in it was synced.
 */

static jupref_fault_e
jupref_journal_unmade(jupref_journal_reader_t *reader, jupref_fault_t *fault)
{
    uint64_t  size;

    size = reader->in.segment.size;

    if (!reader->in.last
        || reader->synced >= reader->firsts[reader->index]
        || size > JUPREF_SEGMENT_HEADER
        || (fault->fault != JUPREF_FAULT_HEADER
            && fault->fault != JUPREF_FAULT_NOT_A_SEGMENT
            && fault->fault != JUPREF_FAULT_KEY_UNKNOWN))
    {
        return fault->fault;
    }

    fault->bytes = size;

    return jupref_fault_set(fault, JUPREF_FAULT_TORN, reader->in.name, 0,
                            "a crash broke off its making: %llu bytes, without "
                            "a record", (unsigned long long) size);
}


/* On to the segment behind this one, which must begin where this one ends. */

static jupref_fault_e
jupref_journal_advance(jupref_journal_reader_t *reader, jupref_fault_t *fault)
{
    char      name[JUPREF_NAME_MAX];
    uint64_t  first;

    first = reader->firsts[reader->index + 1];

    if (first == reader->next) {
        jupref_segment_reader_close(&reader->in);
        reader->index++;

        return JUPREF_FAULT_NONE;
    }

    fault->seq = reader->next;

    if (first < reader->next) {
        jupref_segment_name(name, first);

        return jupref_fault_set(fault, JUPREF_FAULT_CHAIN, name, 0,
                                "begins before the end of the segment before "
                                "it, record %llu",
                                (unsigned long long) reader->next - 1);
    }

    return jupref_fault_set(fault, JUPREF_FAULT_MISSING, reader->in.name,
                            reader->in.at, "records %llu to %llu are missing "
                            "between it and the next segment",
                            (unsigned long long) reader->next,
                            (unsigned long long) first - 1);
}


/* The journal's end is a good one behind what was there once. */

static jupref_fault_e
jupref_journal_end(jupref_journal_reader_t *reader, jupref_fault_t *fault)
{
    uint64_t  due;

    due = reader->synced;

    if (reader->until > 0 && due > reader->until) {
        due = reader->until;
    }

    /* behind `from` nothing is needed, but what is before it is */

    if (due < reader->from - 1) {
        due = reader->from - 1;
    }

    if (reader->next > due) {
        return JUPREF_FAULT_NONE;
    }

    fault->seq = reader->next;

    return jupref_fault_set(fault, JUPREF_FAULT_SHORT,
                            reader->count > 0 ? reader->in.name : "journal",
                            reader->in.at, "ends before record %llu; all up to "
                            "%llu were there once",
                            (unsigned long long) reader->next,
                            (unsigned long long) due);
}
