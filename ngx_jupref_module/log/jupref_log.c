/*
 * The log's head under the zone's lock: events become records and wait.
 *
 * What other processes read without the lock (appended, flushed, synced,
 * stopped) is stored last and with release, and loaded with acquire.
 */

#include "log/jupref_log_ring.h"
#include "log/jupref_log_writer.h"

#include "base/jupref_assert.h"


/* A trade, and the one that leaves the table for it. */
#define JUPREF_LOG_EVENTS_AT_ONCE  2


static uint64_t jupref_log_room(const jupref_log_t *log);


jupref_log_t *
jupref_log_init(void *block, uint64_t size)
{
    uint64_t       ring_size;
    jupref_log_t  *log;

    if (size < sizeof(jupref_log_t) + JUPREF_LOG_RING_MIN) {
        return NULL;
    }

    ring_size = JUPREF_LOG_RING_MIN;

    while (ring_size <= (size - sizeof(jupref_log_t)) / 2) {
        ring_size *= 2;
    }

    log = block;
    log->ring_size = ring_size;

    return log;
}


void
jupref_log_start(jupref_log_t *log, uint64_t seq, uint64_t time_ms,
    const uint8_t head[JUPREF_SHA256_SIZE],
    const jupref_frontier_t *frontier)
{
    log->seq = seq;
    log->time_ms = time_ms;
    memcpy(log->head, head, JUPREF_SHA256_SIZE);
    log->frontier = *frontier;

    if (log->appended != log->flushed) {
        return;
    }

    log->segment = 0;
    log->segment_at = 0;
    log->room_to = 0;
    log->segment_appended = 0;
    log->mark.count = 0;
    jupref_log_tell_head(log, seq, head);

    __atomic_store_n(&log->synced, seq, __ATOMIC_RELEASE);
}


/* Into the one that nobody reads, which then is the one they read. */

void
jupref_log_tell_head(jupref_log_t *log, uint64_t seq,
    const uint8_t hash[JUPREF_SHA256_SIZE])
{
    uint32_t  next;

    next = !__atomic_load_n(&log->head_at, __ATOMIC_ACQUIRE);

    log->heads[next].seq = seq;
    memcpy(log->heads[next].hash, hash, JUPREF_SHA256_SIZE);

    __atomic_store_n(&log->head_at, next, __ATOMIC_RELEASE);
}


void
jupref_log_synced_head(const jupref_log_t *log, jupref_head_t *head)
{
    uint32_t  at;

    do {
        at = __atomic_load_n(&log->head_at, __ATOMIC_ACQUIRE);
        *head = log->heads[at & 1];
        __atomic_thread_fence(__ATOMIC_ACQUIRE);

    } while (at != __atomic_load_n(&log->head_at, __ATOMIC_ACQUIRE));
}


unsigned
jupref_log_has_room(const jupref_log_t *log)
{
    return jupref_log_has_room_after(log, 0);
}


unsigned
jupref_log_has_room_after(const jupref_log_t *log, unsigned events)
{
    if (__atomic_load_n(&log->stopped, __ATOMIC_ACQUIRE) != 0) {
        return 0;
    }

    return jupref_log_room(log)
           >= (uint64_t) (JUPREF_LOG_EVENTS_AT_ONCE + events)
              * JUPREF_RECORD_MAX;
}


unsigned
jupref_log_prepare(jupref_log_t *log, const jupref_event_t *event,
    const uint8_t salt[JUPREF_SALT_SIZE])
{
    size_t   len;
    uint8_t  record[JUPREF_RECORD_MAX], leaf_hash[JUPREF_SHA256_SIZE];

    jupref_assert(event->seq == log->seq + 1);

    len = jupref_record_write(record, event, log->head, salt, leaf_hash);

    if (len == 0 || len > jupref_log_room(log)) {
        return 0;
    }

    jupref_ring_write(log, log->appended, record, len);

    return 1;
}


unsigned
jupref_log_publish(jupref_log_t *log, const jupref_event_t *event)
{
    uint8_t         record[JUPREF_RECORD_MAX];
    const uint8_t  *leaf_hash;
    jupref_bytes_t  bytes;

    bytes = jupref_ring_record(log, log->appended, record);

    if (bytes.data == NULL || jupref_ring_seq(record) != event->seq) {
        return 0;
    }

    leaf_hash = jupref_chained_leaf_hash(record);

    /* it changes nothing when it fails, and copies would be most of this */

    if (!jupref_frontier_append(&log->frontier, leaf_hash)) {
        return 0;
    }

    log->seq = event->seq;
    log->time_ms = event->time_ms;
    memcpy(log->head, leaf_hash, JUPREF_SHA256_SIZE);
    log->segment_appended += JUPREF_FRAME_HEADER + bytes.len + JUPREF_SEAL_TAG;

    __atomic_store_n(&log->appended, log->appended + bytes.len,
                     __ATOMIC_RELEASE);

    return 1;
}


void
jupref_log_bound(jupref_log_t *log, uint64_t digest)
{
    jupref_boundary_t  *boundary;

    if (log->seq == 0 || log->seq == log->boundary_seq) {
        return;
    }

    boundary = &log->boundaries[log->boundary_count % JUPREF_LOG_BOUNDARIES];
    boundary->seq = log->seq;
    boundary->digest = digest;
    log->boundary_count++;

    log->segment_appended = 0;
    __atomic_store_n(&log->boundary_seq, log->seq, __ATOMIC_RELEASE);
}


unsigned
jupref_log_boundary(const jupref_log_t *log, uint64_t seq, uint64_t *digest)
{
    uint64_t                  i, kept;
    const jupref_boundary_t  *boundary;

    kept = log->boundary_count;

    if (kept > JUPREF_LOG_BOUNDARIES) {
        kept = JUPREF_LOG_BOUNDARIES;
    }

    for (i = 1; i <= kept; i++) {
        boundary = &log->boundaries[(log->boundary_count - i)
                                    % JUPREF_LOG_BOUNDARIES];

        if (boundary->seq == seq) {
            *digest = boundary->digest;
            return 1;
        }
    }

    return 0;
}


int
jupref_log_waiting(const jupref_log_t *log, uint64_t after,
    int (*record)(void *context, jupref_bytes_t bytes), void *context)
{
    int             rc;
    uint8_t         copy[JUPREF_RECORD_MAX];
    uint64_t        at;
    jupref_bytes_t  bytes;

    at = __atomic_load_n(&log->flushed, __ATOMIC_ACQUIRE);

    for ( /* void */ ; at != log->appended; at += bytes.len) {
        bytes = jupref_ring_record(log, at, copy);

        if (bytes.data == NULL) {
            return -1;
        }

        if (jupref_ring_seq(copy) <= after) {
            continue;
        }

        rc = record(context, bytes);

        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


static uint64_t
jupref_log_room(const jupref_log_t *log)
{
    return log->ring_size
           - (log->appended
              - __atomic_load_n(&log->flushed, __ATOMIC_ACQUIRE));
}
