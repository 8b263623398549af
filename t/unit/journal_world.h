/*
 * A journal on a simulated disk, as an edge would use it: events are pushed
 * and flushed, power fails, and what is there is read back.
 *
 * The event of seq n counts orders by a number that n alone decides, so what
 * is read can be told from anything else.
 */

#ifndef JOURNAL_WORLD_H
#define JOURNAL_WORLD_H


#include "log/jupref_log.h"

#include "sim_disk.h"


#define JOURNAL_NOW_MS   UINT64_C(1763838000000)
#define JOURNAL_RECORDS  23             /* of journal_written: in segments of
                                         * 8, 8 and 7 */


typedef struct {
    sim_disk_t           *sim;
    jupref_store_t        store;
    jupref_log_t         *log;          /* NULL: not started */
    jupref_log_writer_t  *writer;
    jupref_fault_t        fault;        /* the last one */
} journal_world_t;


/* What reading the whole journal has told. */
typedef struct {
    jupref_fault_e     fault;
    uint64_t           seq;             /* of the last good record */
    uint64_t           segment;         /* where the next one would stand */
    uint64_t           at;
    uint8_t            head[JUPREF_SHA256_SIZE];
    jupref_frontier_t  frontier;
} journal_read_t;


/* A store on that disk, with two keys; nothing is started. */
void journal_world_init(journal_world_t *world, sim_disk_t *sim);
void journal_store_init(jupref_store_t *store, jupref_disk_t *disk);

/* Ends the process and the shared memory; the disk stays. */
void journal_world_stop(journal_world_t *world);

/* The same, but not of a sudden: no room is left behind the records. */
void journal_world_end(journal_world_t *world);

/* Everything, the disk included. */
void journal_world_free(journal_world_t *world);

/* Reads it all and checks every record. */
journal_read_t journal_read(journal_world_t *world, uint64_t from);

/*
 * Reads the journal, cuts a torn tail as recovery does, and starts a log
 * behind it; any other fault is returned.
 */
jupref_fault_e journal_recover(journal_world_t *world);

/* Pushes so many events; 0 when one found no room. */
unsigned journal_push(journal_world_t *world, unsigned count);
jupref_fault_e journal_flush(journal_world_t *world);

/* The record that seq n has; checks that these bytes are it. */
unsigned journal_record_good(jupref_bytes_t bytes, uint64_t seq);

/* An empty disk with a log started on it. */
void journal_started(journal_world_t *world, uint64_t seed);

/* A few segments, with records that cross pages; tells what was synced. */
uint64_t journal_workload(journal_world_t *world);

/* The journal is whole and ends with this record. */
void journal_assert_whole(journal_world_t *world, uint64_t seq);

/* Three segments, all synced; the log has ended, and there is no room. */
void journal_written(journal_world_t *world);

/* Where the frame of a record begins in a segment. */
uint64_t journal_frame_at(journal_world_t *world, uint64_t segment,
    uint64_t seq);

unsigned journal_broken_slots(journal_world_t *world);

/* A segment's name. */
const char *journal_name(uint64_t first);


#endif /* JOURNAL_WORLD_H */
