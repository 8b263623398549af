/*
 * The log's head in shared memory: events on their way to the disk.
 *
 *     push    under the zone's lock: the event becomes a record, is chained,
 *             hashed into the tree, and waits in a ring
 *     flush   in a thread, one at a time over all processes: seals what
 *             waits, writes it, syncs it, and says so
 *
 * The ring is read without the lock: push publishes `appended` behind the
 * bytes, flush moves `flushed` behind the sync.  Nothing in here is a pointer
 * or a file number, so a flush that died is taken up by any other process:
 * the same records go to the same place again.
 *
 * An error stops the log: nothing is acknowledged or taken any more, and what
 * waits keeps waiting, until jupref_log_resume has looked at the disk anew.
 */

#ifndef JUPREF_LOG_H
#define JUPREF_LOG_H


#include "log/jupref_journal.h"
#include "log/jupref_merkle.h"


#define JUPREF_LOG_RING_MIN    (256 * 1024)
#define JUPREF_LOG_BATCH       (512 * 1024)     /* bytes of one write */
#define JUPREF_LOG_BOUNDARIES  4


/* What the live ledger was where a segment ends. */
typedef struct {
    uint64_t  seq;
    uint64_t  digest;                   /* jupref_ledger_t's */
} jupref_boundary_t;


/* A record as it may be told to others: nothing before it can change. */
typedef struct {
    uint64_t           seq;
    uint8_t            hash[JUPREF_SHA256_SIZE];    /* its leaf's */
} jupref_head_t;


typedef struct {
    /* changed under the zone's lock */
    uint64_t           seq;             /* of the newest record */
    uint64_t           time_ms;         /* its */
    uint8_t            head[JUPREF_SHA256_SIZE];    /* its leaf hash */
    jupref_frontier_t  frontier;
    uint64_t           appended;        /* bytes, since the beginning */
    uint64_t           boundary_seq;    /* the segment ends behind this one */
    uint64_t           segment_appended;    /* bytes pushed since it began */
    jupref_boundary_t  boundaries[JUPREF_LOG_BOUNDARIES];   /* a ring */
    uint64_t           boundary_count;

    /* changed by the flush */
    uint64_t           flushed;         /* bytes, synced */
    uint64_t           synced;          /* seq */
    jupref_synced_t    mark;            /* as it was last written */
    uint64_t           segment;         /* first seq; 0: none is open */
    uint64_t           segment_at;      /* bytes of it that are synced */
    uint64_t           room_to;         /* behind it the next room is made */
    uint8_t            data_key[JUPREF_DATA_KEY];
    uint64_t           syncs;
    uint64_t           records;         /* synced since the start */
    uint64_t           bytes;           /* written since the start */

    /* a batch that is synced, while the fields above are brought up to it:
     * whoever flushes next does it again if this one dies over it */
    jupref_synced_t    batch;
    uint8_t            batch_head[JUPREF_SHA256_SIZE];
    uint64_t           batch_flushed;
    uint64_t           batch_records;
    uint32_t           settling;

    /* the newest record that is synced: two, told in turn */
    jupref_head_t      heads[2];
    uint32_t           head_at;

    /* the first error, kept */
    uint32_t           stopped;         /* jupref_fault_e, 0: goes on */
    int32_t            error;           /* errno */

    uint64_t           ring_size;       /* bytes, a power of two */
    /* the ring follows, at 64 */
} __attribute__((aligned(64))) jupref_log_t;


/* What a process needs to flush: its files, its buffers; one thread's. */
typedef struct jupref_log_writer_s  jupref_log_writer_t;


/* In zeroed bytes aligned to 64; NULL when they are too few. */
jupref_log_t *jupref_log_init(void *block, uint64_t size);

/*
 * Continues behind recovered records: seq, head and frontier.  Records that
 * wait are among them and are written in time; else the next one begins a new
 * segment.
 */
void jupref_log_start(jupref_log_t *log, uint64_t seq, uint64_t time_ms,
    const uint8_t head[JUPREF_SHA256_SIZE],
    const jupref_frontier_t *frontier);

/*
 * At a start, behind jupref_log_start and before anything is made of what was
 * recovered: makes sure that it stays on the disk, however it was read.
 * Returns what stops the log; jupref_log_resume does it then.
 */
jupref_fault_e jupref_log_begin(jupref_log_t *log, jupref_store_t *store,
    jupref_fault_t *fault);

/* The newest record that is on disk; needs no lock. */
void jupref_log_synced_head(const jupref_log_t *log, jupref_head_t *head);

/* 1 when any two events would still fit (a trade makes another one leave the
 * table) and the log isn't stopped. */
unsigned jupref_log_has_room(const jupref_log_t *log);

/* 1 when it will still have that room after so many events more. */
unsigned jupref_log_has_room_after(const jupref_log_t *log, unsigned events);

/*
 * Writes the event's record behind what waits, not yet to be seen; published
 * by the second call, once the fold has taken the event.  Returns 0 when
 * OpenSSL fails or there is no room.
 */
unsigned jupref_log_prepare(jupref_log_t *log, const jupref_event_t *event,
    const uint8_t salt[JUPREF_SALT_SIZE]);
unsigned jupref_log_publish(jupref_log_t *log, const jupref_event_t *event);

/* Asks that the segment ends behind the newest record, whose state's digest
 * is told; under the lock. */
void jupref_log_bound(jupref_log_t *log, uint64_t digest);

/* The digest noted for that seq; 0 when none is (any more). */
unsigned jupref_log_boundary(const jupref_log_t *log, uint64_t seq,
    uint64_t *digest);

/* Calls `record` with each record that waits, oldest first (for a fold that
 * catches up); under the lock.  Not 0 ends it and is returned. */
int jupref_log_waiting(const jupref_log_t *log, uint64_t after,
    int (*record)(void *context, jupref_bytes_t bytes), void *context);


jupref_log_writer_t *jupref_log_writer_create(jupref_store_t *store);
void jupref_log_writer_free(jupref_log_writer_t *writer);

/*
 * Writes and syncs everything that was published when it began.  Returns the
 * fault that stopped the log, now or before.  `now_ms` dates a new segment.
 */
jupref_fault_e jupref_log_flush(jupref_log_t *log,
    jupref_log_writer_t *writer, uint64_t now_ms, jupref_fault_t *fault);

/*
 * When a process ends that has flushed: cuts the open segment's room off, so
 * that what stays behind is records to the last byte.  Who flushes next makes
 * it anew.  As a flush, one at a time.
 */
void jupref_log_trim(jupref_log_t *log, jupref_store_t *store);

/*
 * After an error: verifies that the last segment on disk is whole up to what
 * was synced, cuts what is behind it, lets the log go on in a new segment and
 * flushes what waits.  Returns what stops it again, or still.
 */
jupref_fault_e jupref_log_resume(jupref_log_t *log,
    jupref_log_writer_t *writer, uint64_t now_ms, jupref_fault_t *fault);


#endif /* JUPREF_LOG_H */
