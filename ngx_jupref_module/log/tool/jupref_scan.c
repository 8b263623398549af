/*
 * Scanning the journal (see the header).
 *
 * Segment after segment, and how they join; what is done about a record that
 * can't be opened is in jupref_scan_behind.c.
 */

#include "log/tool/jupref_scan_parts.h"

#include <stdlib.h>
#include <string.h>


static void jupref_scan_stranger(void *context, const char *name);
static jupref_fault_e jupref_scan_segment(jupref_scanner_t *scanner);
static jupref_fault_e jupref_scan_header(jupref_scanner_t *scanner);
static unsigned jupref_scan_unmade(const jupref_scanner_t *scanner);
static void jupref_scan_joint(jupref_scanner_t *scanner);
static jupref_fault_e jupref_scan_records(jupref_scanner_t *scanner);
static uint64_t jupref_scan_unsynced(jupref_bytes_t bytes);


jupref_fault_e
jupref_scan(jupref_scan_t *scan, jupref_fault_t *fault)
{
    uint64_t           due;
    jupref_fault_e     result;
    jupref_scanner_t  *scanner;

    scanner = malloc(sizeof(jupref_scanner_t));

    if (scanner == NULL) {
        return jupref_fault_memory(fault, NULL);
    }

    memset(scanner, 0, offsetof(jupref_scanner_t, in));
    scanner->scan = scan;
    scanner->fault = fault;
    memcpy(scanner->before, "journal", sizeof("journal"));

    result = jupref_tool_segments(scan->tool, &scanner->firsts,
                                  &scanner->count, jupref_scan_stranger,
                                  scanner, fault);

    /* segments that end before `from` aren't read */

    while (scanner->index + 1 < scanner->count
           && scanner->firsts[scanner->index + 1] <= scan->from)
    {
        scanner->index++;
    }

    if (result == JUPREF_FAULT_NONE && scanner->count > 0) {
        scan->first = scanner->firsts[0];
        scan->next = scanner->firsts[scanner->index];
    }

    for ( /* void */ ;
         scanner->index < scanner->count && result == JUPREF_FAULT_NONE
         && (scan->until == 0 || scanner->firsts[scanner->index]
                                 <= scan->until);
         scanner->index++)
    {
        jupref_segment_reader_init(&scanner->in, &scan->tool->store);
        result = jupref_scan_segment(scanner);
        memcpy(scanner->before, scanner->in.name, sizeof(scanner->before));
        scanner->before_at = scanner->in.at;
        jupref_segment_reader_close(&scanner->in);
        scan->segments++;
    }

    due = scan->synced;

    if (scan->until > 0 && scan->until < due) {
        due = scan->until;
    }

    if (result == JUPREF_FAULT_NONE && scan->next <= due) {
        fault->seq = scan->next;
        (void) jupref_fault_set(fault, JUPREF_FAULT_SHORT, scanner->before,
                                scanner->before_at, "ends before record "
                                "%llu; all up to %llu were there once",
                                (unsigned long long) scan->next,
                                (unsigned long long) scan->synced);
        jupref_scan_tell(scanner, scan->next, scan->synced);
    }

    free(scanner->firsts);
    free(scanner);

    return result;
}


static void
jupref_scan_stranger(void *context, const char *name)
{
    char               file[JUPREF_NAME_MAX];
    jupref_fault_t     fault;
    jupref_scanner_t  *scanner = context;

    memset(&fault, 0, sizeof(fault));
    memcpy(file, "journal/", sizeof("journal/"));
    strncat(file, name, sizeof(file) - sizeof("journal/"));

    (void) jupref_fault_set(&fault, JUPREF_FAULT_NOT_A_SEGMENT, file, 0,
                            "isn't named like a segment");
    scanner->scan->faults++;
    scanner->scan->fault(scanner->scan->context, &fault, 0, 0);
}


static jupref_fault_e
jupref_scan_segment(jupref_scanner_t *scanner)
{
    uint64_t        first;
    jupref_fault_e  result;

    first = scanner->firsts[scanner->index];
    jupref_scan_joint(scanner);

    result = jupref_scan_header(scanner);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    if (scanner->in.sealer == NULL) {

        /* its header is broken: what is in it stays shut */

        scanner->gap = 1;
        scanner->scan->next = jupref_scan_last(scanner) + 1;

        if (scanner->scan->next <= first) {
            scanner->scan->next = first;
        }

        return JUPREF_FAULT_NONE;
    }

    return jupref_scan_records(scanner);
}


/* NONE with a sealer: it is open; NONE without: what is wrong was told. */

static jupref_fault_e
jupref_scan_header(jupref_scanner_t *scanner)
{
    uint64_t                  first, last;
    jupref_scan_t            *scan;
    jupref_fault_e            result;
    jupref_segment_reader_t  *in;

    scan = scanner->scan;
    in = &scanner->in;
    first = scanner->firsts[scanner->index];

    in->synced = scan->synced;
    in->last = scanner->index + 1 == scanner->count;

    result = jupref_segment_reader_open(in, first, scanner->fault);

    if (result == JUPREF_FAULT_MEMORY || result == JUPREF_FAULT_IO) {
        return result;
    }

    if (result != JUPREF_FAULT_NONE && !jupref_scan_mend_header(scanner)) {

        if (jupref_scan_unmade(scanner)) {
            scan->torn += in->segment.size;
            (void) jupref_fault_set(scanner->fault, JUPREF_FAULT_TORN,
                                    in->name, 0, "a crash broke off its "
                                    "making: %llu bytes, without a record",
                                    (unsigned long long) in->segment.size);
            scan->fault(scan->context, scanner->fault, 0, 0);
            return JUPREF_FAULT_NONE;
        }

        last = jupref_scan_last(scanner);
        jupref_scan_tell(scanner, first, last >= first ? last : 0);
        return JUPREF_FAULT_NONE;
    }

    if (first - 1 == scanner->last && scan->records > 0
        && memcmp(in->segment.previous, scanner->previous, JUPREF_SHA256_SIZE)
           != 0)
    {
        scanner->fault->seq = first;
        (void) jupref_fault_set(scanner->fault, JUPREF_FAULT_CHAIN, in->name,
                                0, "doesn't follow record %llu, which the "
                                "segment before it ends with",
                                (unsigned long long) first - 1);
        jupref_scan_tell(scanner, 0, 0);
        scanner->gap = 1;
    }

    return JUPREF_FAULT_NONE;
}


/* As the journal's reader sees it: nothing in it was ever synced. */

static unsigned
jupref_scan_unmade(const jupref_scanner_t *scanner)
{
    return scanner->in.last
           && scanner->scan->synced < scanner->firsts[scanner->index]
           && scanner->in.segment.size <= JUPREF_SEGMENT_HEADER
           && (scanner->fault->fault == JUPREF_FAULT_HEADER
               || scanner->fault->fault == JUPREF_FAULT_NOT_A_SEGMENT
               || scanner->fault->fault == JUPREF_FAULT_KEY_UNKNOWN);
}


/* A segment begins where the one before it ends. */

static void
jupref_scan_joint(jupref_scanner_t *scanner)
{
    char            name[JUPREF_NAME_MAX];
    uint64_t        first;
    jupref_scan_t  *scan;

    scan = scanner->scan;
    first = scanner->firsts[scanner->index];

    if (first == scan->next) {
        return;
    }

    jupref_segment_name(name, first);
    scanner->fault->seq = scan->next;

    if (first < scan->next) {
        (void) jupref_fault_set(scanner->fault, JUPREF_FAULT_CHAIN, name, 0,
                                "begins before the end of the segment before "
                                "it, record %llu",
                                (unsigned long long) scan->next - 1);
        jupref_scan_tell(scanner, 0, 0);

    } else {
        (void) jupref_fault_set(scanner->fault, JUPREF_FAULT_MISSING,
                                scanner->before, scanner->before_at,
                                "records %llu to %llu are missing between it "
                                "and the next segment",
                                (unsigned long long) scan->next,
                                (unsigned long long) first - 1);
        jupref_scan_tell(scanner, scan->next, first - 1);
    }

    scanner->gap = 1;
    scan->next = first;
}


static jupref_fault_e
jupref_scan_records(jupref_scanner_t *scanner)
{
    uint64_t                  at;
    unsigned                  over;
    jupref_bytes_t            bytes;
    jupref_fault_e            result;
    jupref_segment_reader_t  *in;

    in = &scanner->in;

    for ( ;; ) {

        if (scanner->scan->until > 0
            && in->next > scanner->scan->until)
        {
            return JUPREF_FAULT_NONE;
        }

        at = in->at;
        result = jupref_segment_reader_next(in, &bytes, scanner->fault);

        if (result == JUPREF_FAULT_MEMORY || result == JUPREF_FAULT_IO) {
            return result;
        }

        if (result == JUPREF_FAULT_NONE) {

            if (bytes.data == NULL) {
                return JUPREF_FAULT_NONE;
            }

            result = jupref_scan_shown(scanner, bytes, at,
                                       jupref_scan_unsynced(bytes));

            if (result != JUPREF_FAULT_NONE) {
                return result;
            }

            continue;
        }

        result = jupref_scan_broken(scanner, &over);

        if (result != JUPREF_FAULT_NONE || over) {
            return result;
        }
    }
}


/* The frame's header stands before the record that was opened in its place. */

static uint64_t
jupref_scan_unsynced(jupref_bytes_t bytes)
{
    jupref_frame_t  frame;

    (void) jupref_frame_read(bytes.data - JUPREF_FRAME_HEADER, &frame);

    return frame.unsynced;
}


jupref_fault_e
jupref_scan_shown(jupref_scanner_t *scanner, jupref_bytes_t bytes,
    uint64_t at, uint64_t unsynced)
{
    jupref_scan_t     *scan;
    jupref_scanned_t   record;

    scan = scanner->scan;

    record.seq = scanner->in.next - 1;
    record.segment = scanner->in.segment.first;
    record.at = at;
    record.end = scanner->in.at;
    record.proven = record.seq - 1 - unsynced;
    record.gap = scanner->gap;
    record.bytes = bytes;

    memcpy(scanner->previous, scanner->in.previous, JUPREF_SHA256_SIZE);
    scanner->last = record.seq;
    scanner->gap = 0;
    scan->next = scanner->in.next;
    scan->records++;

    return scan->record(scan->context, &record, scanner->fault);
}


uint64_t
jupref_scan_last(const jupref_scanner_t *scanner)
{
    if (scanner->index + 1 < scanner->count) {
        return scanner->firsts[scanner->index + 1] - 1;
    }

    return scanner->scan->synced;
}


void
jupref_scan_tell(jupref_scanner_t *scanner, uint64_t from, uint64_t to)
{
    jupref_scan_t  *scan;

    scan = scanner->scan;
    scan->faults++;
    scan->fault(scan->context, scanner->fault, from, to);
}
