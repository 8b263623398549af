/*
 * One segment, record after record: what the journal's reader and the fetch of
 * single records have in common.
 */

#ifndef JUPREF_SEGMENT_READER_H
#define JUPREF_SEGMENT_READER_H


#include "log/jupref_frame.h"


#define JUPREF_READ_PIECE  (256 * 1024)


typedef struct {
    jupref_store_t    *store;
    jupref_segment_t   segment;
    jupref_sealer_t   *sealer;          /* NULL: it isn't open */
    int                file;
    char               name[JUPREF_NAME_MAX];

    uint64_t           synced;          /* seq: all up to it were there */
    unsigned           last:1;          /* no segment follows */
    unsigned           chained:1;       /* `previous` is known */
    unsigned           whole:1;         /* the file's end is in the buffer */

    uint64_t           next;            /* seq */
    uint64_t           at;              /* offset of its frame in the file */
    uint8_t            previous[JUPREF_SHA256_SIZE];

    size_t             piece;           /* bytes that one read asks for */
    size_t             start;           /* of what isn't used yet */
    size_t             end;
    uint8_t            buffer[JUPREF_READ_PIECE];
} jupref_segment_reader_t;


void jupref_segment_reader_init(jupref_segment_reader_t *reader,
    jupref_store_t *store);

/* Stands before the first record then; close it in any case. */
jupref_fault_e jupref_segment_reader_open(jupref_segment_reader_t *reader,
    uint64_t first, jupref_fault_t *fault);
void jupref_segment_reader_close(jupref_segment_reader_t *reader);

/* Goes to a frame whose place is known; the chain is taken up from there. */
void jupref_segment_reader_seek(jupref_segment_reader_t *reader,
    uint64_t next, uint64_t at);

/*
 * The next record, opened in the buffer; no bytes at the file's end, or where
 * nothing but room is left.
 */
jupref_fault_e jupref_segment_reader_next(jupref_segment_reader_t *reader,
    jupref_bytes_t *bytes, jupref_fault_t *fault);

/*
 * Steps over the next record by its frame header alone; `stepped` is 0 where
 * no such frame stands.
 */
jupref_fault_e jupref_segment_reader_step(jupref_segment_reader_t *reader,
    unsigned *stepped, jupref_fault_t *fault);


#endif /* JUPREF_SEGMENT_READER_H */
