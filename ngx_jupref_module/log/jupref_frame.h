/*
 * Frames: how a sealed record stands in a segment.
 *
 *     u16 sealed length | u16 unsynced | u64 seq | sealed record
 *
 * `unsynced` counts the records right before this one that weren't yet synced
 * when it was written: all that are older were.  So a frame that can be opened
 * proves of those older ones that they once were on disk, and a hole before
 * it is told apart: pages that a crash lost, or damage.
 */

#ifndef JUPREF_FRAME_H
#define JUPREF_FRAME_H


#include "log/jupref_journal.h"


/* As much of a record as the journal itself reads: up to its leaf hash. */
#define JUPREF_CHAINED_RECORD  (4 + 8 + 8 + 8 + 4 + 1 + 2 * JUPREF_SHA256_SIZE)


typedef struct {
    uint64_t  seq;
    uint16_t  sealed;                   /* bytes */
    uint16_t  unsynced;                 /* records */
} jupref_frame_t;


/* jupref_frame_write behind records that are written but not yet synced. */
size_t jupref_frame_seal(uint8_t frame[JUPREF_FRAME_MAX],
    jupref_sealer_t *sealer, uint64_t seq, uint16_t unsynced,
    jupref_bytes_t record);

/* Returns 0 when no frame can begin so. */
unsigned jupref_frame_read(const uint8_t header[JUPREF_FRAME_HEADER],
    jupref_frame_t *frame);

/*
 * Opens the frame at `bytes` into `plain` (which may be the sealed bytes'
 * place) and looks whether the record inside is the one that it should be.
 */
unsigned jupref_frame_open(const jupref_frame_t *frame,
    jupref_sealer_t *sealer, const uint8_t *bytes, uint8_t *plain);

/* The two hashes of a record that jupref_frame_open has taken. */
const uint8_t *jupref_chained_previous(const uint8_t *record);
const uint8_t *jupref_chained_leaf_hash(const uint8_t *record);


/* A frame that can't be opened, and what is known about it. */
typedef struct {
    jupref_store_t   *store;
    jupref_sealer_t  *sealer;
    const char       *name;             /* the segment's */
    const char       *reason;           /* why it can't be opened */
    jupref_fault_e    damage;           /* what it is if it's no torn tail */
    int               file;
    unsigned          last:1;           /* no segment follows */
    uint64_t          seq;              /* that should be there */
    uint64_t          at;
    uint64_t          synced;           /* seq */
} jupref_broken_t;


/* A crash's torn tail, or damage. */
jupref_fault_e jupref_tail_judge(const jupref_broken_t *broken,
    jupref_fault_t *fault);


/* One slot of `synced` into its open file. */
int jupref_synced_put(jupref_disk_t *disk, int file,
    const jupref_synced_t *synced);


static inline void
jupref_put_le(uint8_t *to, uint64_t value, unsigned bytes)
{
    unsigned  i;

    for (i = 0; i < bytes; i++) {
        to[i] = (uint8_t) (value >> (8 * i));
    }
}


static inline uint64_t
jupref_get_le(const uint8_t *from, unsigned bytes)
{
    unsigned  i;
    uint64_t  value;

    value = 0;

    for (i = 0; i < bytes; i++) {
        value |= (uint64_t) from[i] << (8 * i);
    }

    return value;
}


#endif /* JUPREF_FRAME_H */
