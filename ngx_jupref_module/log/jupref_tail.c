/*
 * A frame that can't be opened: a crash's torn tail, or damage?
 *
 * A crash may lose any pages that weren't synced, so behind a hole whole
 * frames may stand.  It is damage when the record was synced before: `synced`
 * says so, or a later segment is there, or any later frame of this segment
 * can be opened that was written when the missing one was already synced.
 * Room behind it is no part of what was torn.
 */

#include "log/jupref_frame.h"
#include "log/jupref_room.h"

#include <stdlib.h>
#include <string.h>


#define JUPREF_TAIL_WINDOW  (256 * 1024)
#define JUPREF_TAIL_REACH   65536       /* seqs that a later frame may have */


static int jupref_tail_search(const jupref_broken_t *broken, uint64_t size,
    uint64_t *proof, unsigned *memory);
static unsigned jupref_tail_proves(const jupref_broken_t *broken,
    const uint8_t *bytes, size_t len);


jupref_fault_e
jupref_tail_judge(const jupref_broken_t *broken, jupref_fault_t *fault)
{
    int       rc;
    int64_t   size;
    uint64_t  proof;
    unsigned  memory;

    fault->seq = broken->seq;
    size = broken->store->disk->size(broken->store->disk, broken->file);

    if (size < 0) {
        return jupref_fault_io(fault, broken->name, broken->at, (int) size,
                               "reading");
    }

    if (!broken->last || broken->seq <= broken->synced) {
        return jupref_fault_set(fault, broken->damage, broken->name,
                                broken->at, "record %llu %s, and it was "
                                "synced",
                                (unsigned long long) broken->seq,
                                broken->reason);
    }

    memory = 0;
    proof = 0;
    rc = jupref_tail_search(broken, (uint64_t) size, &proof, &memory);

    if (memory) {
        return jupref_fault_memory(fault, broken->name);
    }

    if (rc < 0) {
        return jupref_fault_io(fault, broken->name, broken->at, rc, "reading");
    }

    if (proof > 0) {
        return jupref_fault_set(fault, JUPREF_FAULT_RECORD, broken->name,
                                broken->at, "record %llu %s, and it was synced "
                                "before the one at byte %llu was written",
                                (unsigned long long) broken->seq,
                                broken->reason, (unsigned long long) proof);
    }

    size = jupref_room_begins(broken->store->disk, broken->file, broken->at);

    if (size < 0) {
        return jupref_fault_io(fault, broken->name, broken->at, (int) size,
                               "reading");
    }

    fault->bytes = (uint64_t) size - broken->at;

    return jupref_fault_set(fault, JUPREF_FAULT_TORN, broken->name, broken->at,
                            "record %llu %s: a crash tore the last %llu bytes "
                            "off, which were never acknowledged",
                            (unsigned long long) broken->seq, broken->reason,
                            (unsigned long long) fault->bytes);
}


/* Tries every offset; `proof` is where a frame was found. */

static int
jupref_tail_search(const jupref_broken_t *broken, uint64_t size,
    uint64_t *proof, unsigned *memory)
{
    size_t    i, len;
    int64_t   n;
    uint8_t  *window;
    uint64_t  at;

    window = malloc(JUPREF_TAIL_WINDOW + JUPREF_FRAME_MAX);

    if (window == NULL) {
        *memory = 1;
        return 0;
    }

    for (at = broken->at; at < size; at += JUPREF_TAIL_WINDOW) {
        n = broken->store->disk->read(broken->store->disk, broken->file,
                                      window,
                                      JUPREF_TAIL_WINDOW + JUPREF_FRAME_MAX,
                                      at);

        if (n < 0) {
            free(window);
            return (int) n;
        }

        len = (size_t) n;

        for (i = 0; i < len && i < JUPREF_TAIL_WINDOW; i++) {
            if (jupref_tail_proves(broken, window + i, len - i)) {
                *proof = at + i;
                free(window);
                return 0;
            }
        }
    }

    free(window);

    return 0;
}


static unsigned
jupref_tail_proves(const jupref_broken_t *broken, const uint8_t *bytes,
    size_t len)
{
    uint8_t         plain[JUPREF_RECORD_MAX];
    jupref_frame_t  frame;

    if (len < JUPREF_FRAME_HEADER
        || !jupref_frame_read(bytes, &frame)
        || len - JUPREF_FRAME_HEADER < frame.sealed
        || frame.seq <= broken->seq
        || frame.seq - broken->seq > JUPREF_TAIL_REACH
        || frame.seq - frame.unsynced <= broken->seq)
    {
        return 0;
    }

    return jupref_frame_open(&frame, broken->sealer, bytes, plain);
}
