/*
 * Reading a segment: in large pieces, each record opened in its place in the
 * buffer.
 */

#include "log/jupref_segment_reader.h"
#include "log/jupref_room.h"

#include <string.h>

#include <openssl/crypto.h>


static void jupref_segment_reader_used(jupref_segment_reader_t *reader,
    const jupref_frame_t *frame);
static jupref_fault_e jupref_segment_reader_fill(
    jupref_segment_reader_t *reader, jupref_fault_t *fault);
static const char *jupref_segment_reader_frame(
    const jupref_segment_reader_t *reader, jupref_frame_t *frame);
static jupref_fault_e jupref_segment_reader_end(
    jupref_segment_reader_t *reader, const char *reason,
    jupref_fault_t *fault);
static unsigned jupref_segment_reader_zeros(
    const jupref_segment_reader_t *reader);
static int jupref_segment_reader_room(const jupref_segment_reader_t *reader);
static jupref_fault_e jupref_segment_reader_broken(
    jupref_segment_reader_t *reader, const char *reason,
    jupref_fault_t *fault);


static const char  jupref_cut_off[] = "is cut off by the file's end";


void
jupref_segment_reader_init(jupref_segment_reader_t *reader,
    jupref_store_t *store)
{
    memset(reader, 0, offsetof(jupref_segment_reader_t, buffer));
    reader->store = store;
    reader->file = -1;
    reader->piece = sizeof(reader->buffer);
}


jupref_fault_e
jupref_segment_reader_open(jupref_segment_reader_t *reader, uint64_t first,
    jupref_fault_t *fault)
{
    jupref_disk_t  *disk;

    disk = reader->store->disk;
    jupref_segment_name(reader->name, first);
    reader->at = 0;

    reader->file = disk->open(disk, reader->name, 0, 0);

    if (reader->file < 0) {
        fault->seq = first;
        return jupref_fault_io(fault, reader->name, 0, reader->file,
                               "opening");
    }

    if (jupref_segment_read(reader->store, reader->file, first,
                            &reader->segment, fault)
        != JUPREF_FAULT_NONE)
    {
        return fault->fault;
    }

    reader->sealer = jupref_sealer_create(reader->segment.data_key);

    if (reader->sealer == NULL) {
        return jupref_fault_memory(fault, reader->name);
    }

    jupref_segment_reader_seek(reader, first, JUPREF_SEGMENT_HEADER);
    reader->chained = 1;
    memcpy(reader->previous, reader->segment.previous, JUPREF_SHA256_SIZE);

    return JUPREF_FAULT_NONE;
}


void
jupref_segment_reader_close(jupref_segment_reader_t *reader)
{
    if (reader->sealer != NULL) {
        jupref_sealer_free(reader->sealer);
        reader->sealer = NULL;
    }

    if (reader->file >= 0) {
        reader->store->disk->close(reader->store->disk, reader->file);
        reader->file = -1;
    }

    OPENSSL_cleanse(reader->segment.data_key, JUPREF_DATA_KEY);
}


void
jupref_segment_reader_seek(jupref_segment_reader_t *reader, uint64_t next,
    uint64_t at)
{
    reader->next = next;
    reader->at = at;
    reader->chained = 0;
    reader->whole = 0;
    reader->start = 0;
    reader->end = 0;
}


jupref_fault_e
jupref_segment_reader_next(jupref_segment_reader_t *reader,
    jupref_bytes_t *bytes, jupref_fault_t *fault)
{
    uint8_t         *place, *plain;
    const char      *reason;
    jupref_fault_e   result;
    jupref_frame_t   frame;

    bytes->data = NULL;
    bytes->len = 0;

    result = jupref_segment_reader_fill(reader, fault);

    if (result != JUPREF_FAULT_NONE || reader->start == reader->end) {
        return result;
    }

    reason = jupref_segment_reader_frame(reader, &frame);

    if (reason != NULL) {
        return jupref_segment_reader_end(reader, reason, fault);
    }

    place = reader->buffer + reader->start;
    plain = place + JUPREF_FRAME_HEADER;

    if (!jupref_frame_open(&frame, reader->sealer, place, plain)) {
        return jupref_segment_reader_broken(reader, "isn't what was sealed",
                                            fault);
    }

    if (reader->chained
        && memcmp(jupref_chained_previous(plain), reader->previous,
                  JUPREF_SHA256_SIZE) != 0)
    {
        fault->seq = reader->next;

        return jupref_fault_set(fault, JUPREF_FAULT_CHAIN, reader->name,
                                reader->at, "record %llu doesn't follow the "
                                "one before it",
                                (unsigned long long) reader->next);
    }

    jupref_segment_reader_used(reader, &frame);
    memcpy(reader->previous, jupref_chained_leaf_hash(plain),
           JUPREF_SHA256_SIZE);
    reader->chained = 1;

    bytes->data = plain;
    bytes->len = frame.sealed - JUPREF_SEAL_TAG;

    return JUPREF_FAULT_NONE;
}


jupref_fault_e
jupref_segment_reader_step(jupref_segment_reader_t *reader,
    unsigned *stepped, jupref_fault_t *fault)
{
    jupref_fault_e  result;
    jupref_frame_t  frame;

    *stepped = 0;
    result = jupref_segment_reader_fill(reader, fault);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    if (jupref_segment_reader_frame(reader, &frame) == NULL) {
        jupref_segment_reader_used(reader, &frame);
        reader->chained = 0;
        *stepped = 1;
    }

    return JUPREF_FAULT_NONE;
}


static void
jupref_segment_reader_used(jupref_segment_reader_t *reader,
    const jupref_frame_t *frame)
{
    size_t  len;

    len = JUPREF_FRAME_HEADER + frame->sealed;

    reader->start += len;
    reader->at += len;
    reader->next++;
}


/* Has a whole frame in the buffer, or the file's end. */

static jupref_fault_e
jupref_segment_reader_fill(jupref_segment_reader_t *reader,
    jupref_fault_t *fault)
{
    size_t   left, room;
    int64_t  n;

    left = reader->end - reader->start;

    if (reader->whole || left >= JUPREF_FRAME_MAX) {
        return JUPREF_FAULT_NONE;
    }

    if (left > 0 && reader->start > 0) {
        memmove(reader->buffer, reader->buffer + reader->start, left);
    }

    reader->start = 0;
    reader->end = left;
    room = reader->piece - left;

    n = reader->store->disk->read(reader->store->disk, reader->file,
                                  reader->buffer + left, room,
                                  reader->at + left);

    if (n < 0) {
        fault->seq = reader->next;
        return jupref_fault_io(fault, reader->name, reader->at + left,
                               (int) n, "reading");
    }

    reader->end += (size_t) n;
    reader->whole = (size_t) n < room;

    return JUPREF_FAULT_NONE;
}


/* The frame that the next record should have; else why there is none. */

static const char *
jupref_segment_reader_frame(const jupref_segment_reader_t *reader,
    jupref_frame_t *frame)
{
    size_t  left;

    left = reader->end - reader->start;

    if (left < JUPREF_FRAME_HEADER) {
        return jupref_cut_off;
    }

    if (!jupref_frame_read(reader->buffer + reader->start, frame)) {
        return "has a frame that can't be";
    }

    if (frame->seq != reader->next) {
        return "has a frame with another number";
    }

    if (left - JUPREF_FRAME_HEADER < frame->sealed) {
        return jupref_cut_off;
    }

    return NULL;
}


/* Where there is no frame the records end, or one is broken. */

static jupref_fault_e
jupref_segment_reader_end(jupref_segment_reader_t *reader, const char *reason,
    jupref_fault_t *fault)
{
    int  room;

    room = jupref_segment_reader_zeros(reader)
           ? jupref_segment_reader_room(reader) : 0;

    if (room < 0) {
        fault->seq = reader->next;
        return jupref_fault_io(fault, reader->name, reader->at, room,
                               "reading");
    }

    if (room == 0) {
        return jupref_segment_reader_broken(reader, reason, fault);
    }

    reader->start = reader->end;
    reader->whole = 1;

    return JUPREF_FAULT_NONE;
}


/* Where the next frame should begin are zeros. */

static unsigned
jupref_segment_reader_zeros(const jupref_segment_reader_t *reader)
{
    size_t  i;

    for (i = reader->start;
         i < reader->end && i < reader->start + JUPREF_FRAME_HEADER; i++)
    {
        if (reader->buffer[i] != 0) {
            return 0;
        }
    }

    return 1;
}


/*
 * 1 where they go on to the file's end; or where something is in their place
 * by now: then the segment is being written, and ended here when it was read.
 */

static int
jupref_segment_reader_room(const jupref_segment_reader_t *reader)
{
    int64_t         n, i;
    uint8_t         header[JUPREF_FRAME_HEADER];
    jupref_disk_t  *disk;

    disk = reader->store->disk;
    n = jupref_room_begins(disk, reader->file, reader->at);

    if (n < 0 || n == (int64_t) reader->at) {
        return n < 0 ? (int) n : 1;
    }

    n = disk->read(disk, reader->file, header, sizeof(header), reader->at);

    for (i = 0; i < n; i++) {
        if (header[i] != 0) {
            return 1;
        }
    }

    return n < 0 ? (int) n : 0;
}


static jupref_fault_e
jupref_segment_reader_broken(jupref_segment_reader_t *reader,
    const char *reason, jupref_fault_t *fault)
{
    jupref_broken_t  broken;

    broken.store = reader->store;
    broken.sealer = reader->sealer;
    broken.name = reader->name;
    broken.reason = reason;
    broken.damage = reason == jupref_cut_off ? JUPREF_FAULT_SHORT
                                             : JUPREF_FAULT_RECORD;
    broken.file = reader->file;
    broken.last = reader->last;
    broken.seq = reader->next;
    broken.at = reader->at;
    broken.synced = reader->synced;

    return jupref_tail_judge(&broken, fault);
}
