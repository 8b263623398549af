/*
 * What to do about a record that can't be opened.
 *
 *     | record | record | broken … | record | record |
 *                         ^          ^
 *                         told       the next that can be opened: go on here
 *
 * Behind a broken record every byte may be where the next frame begins; a
 * frame is one when it opens under the segment's key.  Who asks for it has a
 * single wrong byte mended first: of a record, or of the room behind the last
 * one, where the next segment says that it is the last.
 */

#include "log/tool/jupref_scan_parts.h"

#include <stdlib.h>
#include <string.h>

#include "log/tool/jupref_mend.h"


#define JUPREF_SCAN_WINDOW  (256 * 1024)
#define JUPREF_SCAN_REACH   65536       /* seqs that may be missing at once */
#define JUPREF_SCAN_PIECE   (16 * 1024)


static jupref_fault_e jupref_scan_mend(jupref_scanner_t *scanner,
    unsigned *mended);
static unsigned jupref_scan_complete(const jupref_scanner_t *scanner);
static jupref_fault_e jupref_scan_mend_room(jupref_scanner_t *scanner,
    unsigned *mended);
static jupref_fault_e jupref_scan_search(jupref_scanner_t *scanner,
    uint64_t *seq, uint64_t *at);
static unsigned jupref_scan_opens(const jupref_scanner_t *scanner,
    const uint8_t *bytes, size_t len, uint64_t *seq);


jupref_fault_e
jupref_scan_broken(jupref_scanner_t *scanner, unsigned *over)
{
    uint64_t                  next, at, seq, found;
    unsigned                  mended;
    jupref_fault_t            told;
    jupref_fault_e            result;
    jupref_segment_reader_t  *in;

    in = &scanner->in;
    next = in->next;
    at = in->at;
    told = *scanner->fault;
    *over = 0;

    if (told.fault != JUPREF_FAULT_CHAIN && scanner->scan->mended != NULL) {
        *over = jupref_scan_complete(scanner);
        result = *over ? jupref_scan_mend_room(scanner, &mended)
                       : jupref_scan_mend(scanner, &mended);

        if (result != JUPREF_FAULT_NONE || mended) {
            return result;
        }

        *over = 0;

        jupref_segment_reader_seek(in, next, at);
        *scanner->fault = told;
    }

    if (told.fault == JUPREF_FAULT_TORN) {
        scanner->scan->torn += told.bytes;
        scanner->scan->fault(scanner->scan->context, &told, 0, 0);
        *over = 1;
        return JUPREF_FAULT_NONE;
    }

    if (told.fault == JUPREF_FAULT_CHAIN) {

        /* it is whole, but not of this journal's past */

        jupref_scan_tell(scanner, 0, 0);
        jupref_segment_reader_seek(in, next, at);
        scanner->gap = 1;
        return JUPREF_FAULT_NONE;
    }

    seq = 0;
    found = 0;
    result = jupref_scan_search(scanner, &seq, &found);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    *scanner->fault = told;
    scanner->gap = 1;

    if (found > 0) {

        /* the missing one itself may stand there: then nothing is lost */

        jupref_scan_tell(scanner, seq > next ? next : 0,
                         seq > next ? seq - 1 : 0);
        jupref_segment_reader_seek(in, seq, found);
        return JUPREF_FAULT_NONE;
    }

    found = jupref_scan_last(scanner);
    jupref_scan_tell(scanner, next, found >= next ? found : 0);
    scanner->scan->next = found >= next ? found + 1 : next;
    *over = 1;

    return JUPREF_FAULT_NONE;
}


/* The record that should stand here, if one byte of it is wrong. */

static jupref_fault_e
jupref_scan_mend(jupref_scanner_t *scanner, unsigned *mended)
{
    size_t                    at;
    int64_t                   n;
    uint8_t                   bytes[JUPREF_FRAME_MAX];
    uint8_t                   plain[JUPREF_RECORD_MAX];
    uint64_t                  place;
    jupref_frame_t            frame;
    jupref_bytes_t            record;
    jupref_segment_reader_t  *in;

    in = &scanner->in;
    place = in->at;
    *mended = 0;

    n = in->store->disk->read(in->store->disk, in->file, bytes, sizeof(bytes),
                              place);

    if (n < 0) {
        return jupref_fault_io(scanner->fault, in->name, place, (int) n,
                               "reading");
    }

    if (!jupref_mend_frame(in->sealer, in->next, bytes, (size_t) n, &frame,
                           &at, plain)
        || (scanner->last == in->next - 1 && scanner->last > 0
            && memcmp(jupref_chained_previous(plain), scanner->previous,
                      JUPREF_SHA256_SIZE) != 0))
    {
        return JUPREF_FAULT_NONE;
    }

    *mended = 1;
    scanner->scan->mended(scanner->scan->context, in->name, place + at,
                          bytes[at]);

    jupref_segment_reader_seek(in, in->next + 1, place + JUPREF_FRAME_HEADER
                                                 + frame.sealed);
    memcpy(in->previous, jupref_chained_leaf_hash(plain), JUPREF_SHA256_SIZE);
    in->chained = 1;

    record.data = plain;
    record.len = frame.sealed - JUPREF_SEAL_TAG;

    return jupref_scan_shown(scanner, record, place, frame.unsynced);
}


/* All records that the segment can have were read: another one follows. */

static unsigned
jupref_scan_complete(const jupref_scanner_t *scanner)
{
    return scanner->index + 1 < scanner->count
           && scanner->firsts[scanner->index + 1] == scanner->in.next;
}


/* Its room, if one byte of it isn't zero. */

static jupref_fault_e
jupref_scan_mend_room(jupref_scanner_t *scanner, unsigned *mended)
{
    int64_t                   n, i;
    uint8_t                   piece[JUPREF_SCAN_PIECE];
    uint64_t                  at, place, wrong;
    jupref_segment_reader_t  *in;

    in = &scanner->in;
    place = 0;
    wrong = 0;
    *mended = 0;

    for (at = in->at; wrong < 2; at += (uint64_t) n) {
        n = in->store->disk->read(in->store->disk, in->file, piece,
                                  sizeof(piece), at);

        if (n < 0) {
            return jupref_fault_io(scanner->fault, in->name, at, (int) n,
                                   "reading");
        }

        for (i = 0; i < n; i++) {
            if (piece[i] != 0) {
                place = at + (uint64_t) i;
                wrong++;
            }
        }

        if (n < (int64_t) sizeof(piece)) {
            break;
        }
    }

    if (wrong == 1) {
        *mended = 1;
        scanner->scan->mended(scanner->scan->context, in->name, place, 0);
    }

    return JUPREF_FAULT_NONE;
}


/* `at` 0: none. */

static jupref_fault_e
jupref_scan_search(jupref_scanner_t *scanner, uint64_t *seq, uint64_t *at)
{
    size_t                    i, len;
    int64_t                   n;
    uint8_t                  *window;
    uint64_t                  start;
    jupref_disk_t            *disk;
    jupref_segment_reader_t  *in;

    in = &scanner->in;
    disk = in->store->disk;
    window = malloc(JUPREF_SCAN_WINDOW + JUPREF_FRAME_MAX);

    if (window == NULL) {
        return jupref_fault_memory(scanner->fault, in->name);
    }

    for (start = in->at + 1; *at == 0; start += JUPREF_SCAN_WINDOW) {
        n = disk->read(disk, in->file, window,
                       JUPREF_SCAN_WINDOW + JUPREF_FRAME_MAX, start);

        if (n < 0) {
            free(window);
            return jupref_fault_io(scanner->fault, in->name, start, (int) n,
                                   "reading");
        }

        len = (size_t) n;

        for (i = 0; i < len && i < JUPREF_SCAN_WINDOW; i++) {
            if (jupref_scan_opens(scanner, window + i, len - i, seq)) {
                *at = start + i;
                break;
            }
        }

        if (len <= JUPREF_SCAN_WINDOW) {
            break;
        }
    }

    free(window);

    return JUPREF_FAULT_NONE;
}


static unsigned
jupref_scan_opens(const jupref_scanner_t *scanner, const uint8_t *bytes,
    size_t len, uint64_t *seq)
{
    uint8_t         plain[JUPREF_RECORD_MAX];
    jupref_frame_t  frame;

    if (len < JUPREF_FRAME_HEADER
        || !jupref_frame_read(bytes, &frame)
        || len - JUPREF_FRAME_HEADER < frame.sealed
        || frame.seq < scanner->in.next
        || frame.seq - scanner->in.next > JUPREF_SCAN_REACH
        || !jupref_frame_open(&frame, scanner->in.sealer, bytes, plain))
    {
        return 0;
    }

    *seq = frame.seq;

    return 1;
}


unsigned
jupref_scan_mend_header(jupref_scanner_t *scanner)
{
    size_t                    at;
    uint8_t                   byte;
    jupref_segment_t          segment;
    jupref_segment_reader_t  *in;

    in = &scanner->in;

    if (scanner->scan->mended == NULL || in->file < 0
        || !jupref_mend_segment(scanner->scan->tool,
                                scanner->firsts[scanner->index], &segment,
                                &at, &byte))
    {
        return 0;
    }

    in->segment = segment;
    in->sealer = jupref_sealer_create(segment.data_key);

    if (in->sealer == NULL) {
        return 0;
    }

    jupref_segment_reader_seek(in, segment.first, JUPREF_SEGMENT_HEADER);
    memcpy(in->previous, segment.previous, JUPREF_SHA256_SIZE);
    in->chained = 1;

    scanner->scan->mended(scanner->scan->context, in->name, at, byte);

    return 1;
}
