/*
 * A scan on its way: what its files share.
 */

#ifndef JUPREF_SCAN_PARTS_H
#define JUPREF_SCAN_PARTS_H


#include "log/jupref_segment_reader.h"
#include "log/tool/jupref_scan.h"


typedef struct {
    jupref_scan_t            *scan;
    jupref_fault_t           *fault;
    uint64_t                 *firsts;
    size_t                    count;
    size_t                    index;
    unsigned                  gap:1;    /* the next record follows a gap */
    uint64_t                  last;     /* seq that was shown last */
    uint8_t                   previous[JUPREF_SHA256_SIZE];     /* its hash */
    char                      before[JUPREF_NAME_MAX];  /* the last segment */
    uint64_t                  before_at;                /* its end */
    jupref_segment_reader_t   in;       /* the last member: it is large */
} jupref_scanner_t;


/* Shows a record and counts it. */
jupref_fault_e jupref_scan_shown(jupref_scanner_t *scanner,
    jupref_bytes_t bytes, uint64_t at, uint64_t unsynced);

/* Tells the fault that was set. */
void jupref_scan_tell(jupref_scanner_t *scanner, uint64_t from, uint64_t to);

/* The last record that this segment should have, as far as is known. */
uint64_t jupref_scan_last(const jupref_scanner_t *scanner);

/*
 * The record where the reader stands can't be opened: tells what is broken
 * and stands at the next one that can be; `over` when there is none.
 */
jupref_fault_e jupref_scan_broken(jupref_scanner_t *scanner, unsigned *over);

/* Opens the segment by its mended header; 0 when that can't be. */
unsigned jupref_scan_mend_header(jupref_scanner_t *scanner);


#endif /* JUPREF_SCAN_PARTS_H */
