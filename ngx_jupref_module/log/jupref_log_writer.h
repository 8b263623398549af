/*
 * What flushing and resuming have in common: one process's open files.
 */

#ifndef JUPREF_LOG_WRITER_H
#define JUPREF_LOG_WRITER_H


#include "log/jupref_log_ring.h"


struct jupref_log_writer_s {
    jupref_store_t   *store;
    jupref_sealer_t  *sealer;           /* NULL: no segment is open */
    int               file;
    int               synced_file;      /* -1: not open */
    uint64_t          segment;
    uint8_t           data_key[JUPREF_DATA_KEY];
    uint8_t           frames[JUPREF_LOG_BATCH];
};


/* Closes what is open. */
void jupref_log_writer_leave(jupref_log_writer_t *writer);

/*
 * Makes room behind records that were written up to `end`, unless they are in
 * the room; what `room_to` is when they are synced.
 */
uint64_t jupref_log_make_room(const jupref_log_t *log,
    const jupref_log_writer_t *writer, uint64_t end);

/*
 * Cuts the open segment to its records, all of them synced.  A disk that
 * refuses that is no error, but one that fails to sync it is.
 */
jupref_fault_e jupref_log_cut_room(jupref_log_t *log, jupref_store_t *store,
    unsigned sync, jupref_fault_t *fault);

/* Finishes what a flush that died had begun to say. */
void jupref_log_settle(jupref_log_t *log);

/* Tells the newest synced record; under the flush's lock. */
void jupref_log_tell_head(jupref_log_t *log, uint64_t seq,
    const uint8_t hash[JUPREF_SHA256_SIZE]);

/*
 * Before the first new segment, unless jupref_log_begin has done it: what was
 * read of the last one is made sure to stay, and `synced` says so.
 */
jupref_fault_e jupref_log_found(jupref_log_t *log, jupref_store_t *store,
    jupref_fault_t *fault);


#endif /* JUPREF_LOG_WRITER_H */
