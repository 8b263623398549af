/*
 * The log's ring: records end to end, each with its length first, wrapped
 * around at the ring's end.  A place is a count of bytes since the beginning.
 */

#ifndef JUPREF_LOG_RING_H
#define JUPREF_LOG_RING_H


#include "log/jupref_frame.h"
#include "log/jupref_log.h"

#include <string.h>


static inline void
jupref_ring_read(const jupref_log_t *log, uint64_t at, uint8_t *bytes,
    size_t len)
{
    size_t          place, whole;
    const uint8_t  *ring;

    ring = (const uint8_t *) (log + 1);
    place = (size_t) (at & (log->ring_size - 1));
    whole = (size_t) log->ring_size - place;

    if (len <= whole) {
        memcpy(bytes, ring + place, len);
        return;
    }

    memcpy(bytes, ring + place, whole);
    memcpy(bytes + whole, ring, len - whole);
}


static inline void
jupref_ring_write(jupref_log_t *log, uint64_t at, const uint8_t *bytes,
    size_t len)
{
    size_t    place, whole;
    uint8_t  *ring;

    ring = (uint8_t *) (log + 1);
    place = (size_t) (at & (log->ring_size - 1));
    whole = (size_t) log->ring_size - place;

    if (len <= whole) {
        memcpy(ring + place, bytes, len);
        return;
    }

    memcpy(ring + place, bytes, whole);
    memcpy(ring, bytes + whole, len - whole);
}


/* The record at a place into `record`; no bytes when none can be there. */
static inline jupref_bytes_t
jupref_ring_record(const jupref_log_t *log, uint64_t at,
    uint8_t record[JUPREF_RECORD_MAX])
{
    jupref_bytes_t  bytes;

    jupref_ring_read(log, at, record, 4);

    bytes.data = record;
    bytes.len = 4 + (size_t) jupref_get_le(record, 4);

    if (bytes.len < JUPREF_CHAINED_RECORD || bytes.len > JUPREF_RECORD_MAX) {
        bytes.data = NULL;
        bytes.len = 0;

        return bytes;
    }

    jupref_ring_read(log, at, record, bytes.len);

    return bytes;
}


/* The seq of a record that jupref_ring_record gave. */
static inline uint64_t
jupref_ring_seq(const uint8_t *record)
{
    return jupref_get_le(record + 4, 8);
}


#endif /* JUPREF_LOG_RING_H */
