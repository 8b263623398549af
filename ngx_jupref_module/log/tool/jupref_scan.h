/*
 * The whole journal, whatever is wrong with it: every record that can be
 * opened is shown, every fault is told, and reading goes on behind it.
 *
 * jupref_journal_next stops at the first fault, as a recovery must.  This is
 * for who wants to know all of them.
 */

#ifndef JUPREF_SCAN_H
#define JUPREF_SCAN_H


#include "log/tool/jupref_tool.h"


/* Where a record stands. */
typedef struct {
    uint64_t        seq;
    uint64_t        segment;            /* its first seq */
    uint64_t        at;                 /* offset of the record's frame */
    uint64_t        end;                /* offset behind it */
    uint64_t        proven;             /* seq: synced when it was written */
    unsigned        gap:1;              /* doesn't follow the one before */
    jupref_bytes_t  bytes;
} jupref_scanned_t;


/* Called in the journal's order; not JUPREF_FAULT_NONE ends the scan. */
typedef jupref_fault_e (*jupref_scan_record_pt)(void *context,
    const jupref_scanned_t *record, jupref_fault_t *fault);

/* Records `from` to `to` can't be had; `to` 0: nobody knows how many. */
typedef void (*jupref_scan_fault_pt)(void *context,
    const jupref_fault_t *fault, uint64_t from, uint64_t to);


/* A byte that was wrong, and the one that belongs there. */
typedef void (*jupref_scan_mended_pt)(void *context, const char *file,
    uint64_t at, uint8_t byte);


typedef struct {
    jupref_tool_t          *tool;
    uint64_t                synced;     /* seq: all up to it were there */
    uint64_t                from;       /* not needed before; 0: all are */
    uint64_t                until;      /* the last to read; 0: all */
    jupref_scan_record_pt   record;
    jupref_scan_fault_pt    fault;
    jupref_scan_mended_pt   mended;     /* NULL: nothing is tried */
    void                   *context;

    /* what was found */
    uint64_t                segments;
    uint64_t                first;      /* seq of the first segment, 0: none */
    uint64_t                next;       /* behind the last record */
    uint64_t                records;
    uint64_t                faults;     /* torn tails not counted */
    uint64_t                torn;       /* bytes of a torn tail */
} jupref_scan_t;


/* Fails where the disk, memory or the record's callback does. */
jupref_fault_e jupref_scan(jupref_scan_t *scan, jupref_fault_t *fault);


#endif /* JUPREF_SCAN_H */
