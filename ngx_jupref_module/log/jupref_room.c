/*
 * Making room and knowing it (see the header).
 */

#include "log/jupref_room.h"

#include <stdlib.h>
#include <string.h>

#include "log/jupref_segment_reader.h"


#define JUPREF_ROOM_PIECE  (16 * 1024)


static size_t jupref_room_trailing(const uint8_t *bytes, size_t len);


uint64_t
jupref_room_end(uint64_t end)
{
    uint64_t  step;

    step = end;

    if (step < JUPREF_ROOM_MIN) {
        step = JUPREF_ROOM_MIN;
    }

    if (step > JUPREF_ROOM_MAX) {
        step = JUPREF_ROOM_MAX;
    }

    end += step;

    return end - end % JUPREF_ROOM_PAGE;
}


int
jupref_room_make(jupref_disk_t *disk, int file, uint64_t from, uint64_t to)
{
    int       rc;
    size_t    len;
    uint64_t  at;

    static const uint8_t  zeros[JUPREF_ROOM_PIECE];

    for (at = from; at < to; at += len) {
        len = to - at < sizeof(zeros) ? (size_t) (to - at) : sizeof(zeros);
        rc = disk->write(disk, file, zeros, len, at);

        if (rc < 0) {
            return rc;
        }
    }

    return 0;
}


int64_t
jupref_room_begins(jupref_disk_t *disk, int file, uint64_t from)
{
    int64_t   n;
    size_t    used;
    uint8_t   piece[JUPREF_ROOM_PIECE];
    uint64_t  at, begins;

    begins = from;

    for (at = from; /* void */ ; at += (uint64_t) n) {
        n = disk->read(disk, file, piece, sizeof(piece), at);

        if (n < 0) {
            return n;
        }

        used = (size_t) n - jupref_room_trailing(piece, (size_t) n);

        if (used > 0) {
            begins = at + used;
        }

        if ((size_t) n < sizeof(piece)) {
            return (int64_t) begins;
        }
    }
}


/* How many zeros it ends with. */

static size_t
jupref_room_trailing(const uint8_t *bytes, size_t len)
{
    size_t  i;

    /* mostly all of them: each is the one before it */

    if (len == 0
        || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0))
    {
        return len;
    }

    for (i = len; i > 0 && bytes[i - 1] == 0; i--) {
        /* void */
    }

    return len - i;
}


jupref_fault_e
jupref_room_records(jupref_store_t *store, uint64_t first, uint64_t *end,
    jupref_fault_t *fault)
{
    int64_t                   begins;
    unsigned                  stepped;
    jupref_fault_e            result;
    jupref_segment_reader_t  *reader;

    reader = malloc(sizeof(jupref_segment_reader_t));

    if (reader == NULL) {
        return jupref_fault_memory(fault, NULL);
    }

    jupref_segment_reader_init(reader, store);
    result = jupref_segment_reader_open(reader, first, fault);

    do {
        stepped = 0;

        if (result == JUPREF_FAULT_NONE) {
            result = jupref_segment_reader_step(reader, &stepped, fault);
        }

    } while (stepped);

    if (result == JUPREF_FAULT_NONE) {
        begins = jupref_room_begins(store->disk, reader->file, reader->at);

        if (begins < 0) {
            result = jupref_fault_io(fault, reader->name, reader->at,
                                     (int) begins, "reading");
        }

        *end = begins == (int64_t) reader->at ? reader->at
                                              : reader->segment.size;
    }

    jupref_segment_reader_close(reader);
    free(reader);

    return result;
}
