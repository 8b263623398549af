/*
 * A journal on a simulated disk (see the header).
 */

#include "journal_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


#define LOG_BYTES  (sizeof(jupref_log_t) + JUPREF_LOG_RING_MIN)


static const jupref_key_t  keys[] = {
    { "k2", "0123456789abcdef0123456789abcde" },
    { "k1", "fedcba9876543210fedcba987654321" }
};


static void fill_event(jupref_event_t *event, uint64_t seq);
static void cut_tail(journal_world_t *world, const journal_read_t *read);


void
journal_world_init(journal_world_t *world, sim_disk_t *sim)
{
    memset(world, 0, sizeof(journal_world_t));
    world->sim = sim;
    journal_store_init(&world->store, &sim->disk);
}


void
journal_store_init(jupref_store_t *store, jupref_disk_t *disk)
{
    memset(store, 0, sizeof(jupref_store_t));
    store->disk = disk;
    store->keys.keys = keys;
    store->keys.count = 2;
    memcpy(store->edge, "edge-a", 6);
}


void
journal_world_stop(journal_world_t *world)
{
    jupref_log_writer_free(world->writer);
    free(world->log);
    world->writer = NULL;
    world->log = NULL;
}


void
journal_world_end(journal_world_t *world)
{
    jupref_log_trim(world->log, &world->store);
    journal_world_stop(world);
}


void
journal_world_free(journal_world_t *world)
{
    journal_world_stop(world);
    sim_disk_free(world->sim);
}


journal_read_t
journal_read(journal_world_t *world, uint64_t from)
{
    journal_read_t            read;
    jupref_bytes_t            bytes;
    jupref_record_t           record;
    jupref_journal_reader_t  *reader;

    memset(&read, 0, sizeof(read));
    memset(&world->fault, 0, sizeof(world->fault));
    read.seq = from - 1;

    read.fault = jupref_journal_open(&world->store, from, 0, &reader,
                                     &world->fault);

    if (read.fault != JUPREF_FAULT_NONE) {
        return read;
    }

    for ( ;; ) {
        read.fault = jupref_journal_next(reader, &bytes, &world->fault);

        if (read.fault != JUPREF_FAULT_NONE || bytes.data == NULL) {
            break;
        }

        read.seq++;
        assert_true(journal_record_good(bytes, read.seq));
        assert_int_equal(jupref_record_parse(bytes, &record),
                         JUPREF_RECORD_OK);
        memcpy(read.head, record.leaf_hash, JUPREF_SHA256_SIZE);
        assert_true(jupref_frontier_append(&read.frontier, record.leaf_hash));
    }

    jupref_journal_place(reader, &read.segment, &read.at);
    jupref_journal_close(reader);

    return read;
}


jupref_fault_e
journal_recover(journal_world_t *world)
{
    void            *block;
    unsigned         broken;
    jupref_fault_t   fault;
    journal_read_t   read;
    jupref_synced_t  synced;

    read = journal_read(world, 1);

    if (read.fault == JUPREF_FAULT_TORN) {

        /* with a broken slot, nobody could tell that it's no damage */

        assert_int_equal(jupref_synced_read(&world->store, &synced, &broken,
                                            &fault), JUPREF_FAULT_NONE);
        assert_int_equal(broken, 0);
        cut_tail(world, &read);

    } else if (read.fault != JUPREF_FAULT_NONE) {
        return read.fault;
    }

    block = aligned_alloc(64, LOG_BYTES);
    assert_non_null(block);
    memset(block, 0, LOG_BYTES);

    world->log = jupref_log_init(block, LOG_BYTES);
    assert_non_null(world->log);
    jupref_log_start(world->log, read.seq, JOURNAL_NOW_MS + read.seq,
                     read.head, &read.frontier);

    world->writer = jupref_log_writer_create(&world->store);
    assert_non_null(world->writer);

    return JUPREF_FAULT_NONE;
}


unsigned
journal_push(journal_world_t *world, unsigned count)
{
    uint8_t         salt[JUPREF_SALT_SIZE];
    jupref_event_t  event;

    memset(salt, 7, sizeof(salt));

    for ( /* void */ ; count > 0; count--) {
        if (!jupref_log_has_room(world->log)) {
            return 0;
        }

        fill_event(&event, world->log->seq + 1);
        assert_true(jupref_log_prepare(world->log, &event, salt));
        assert_true(jupref_log_publish(world->log, &event));
    }

    return 1;
}


jupref_fault_e
journal_flush(journal_world_t *world)
{
    return jupref_log_flush(world->log, world->writer, JOURNAL_NOW_MS,
                            &world->fault);
}


unsigned
journal_record_good(jupref_bytes_t bytes, uint64_t seq)
{
    jupref_event_t   event, expected;
    jupref_record_t  record;

    if (jupref_record_parse(bytes, &record) != JUPREF_RECORD_OK
        || jupref_record_event(&record, bytes, &event) != JUPREF_RECORD_OK
        || jupref_record_check(&record) != JUPREF_RECORD_OK)
    {
        return 0;
    }

    fill_event(&expected, seq);

    return event.seq == seq
           && event.time_ms == expected.time_ms
           && event.type == expected.type
           && event.of.counted.count == expected.of.counted.count
           && memcmp(event.actor, expected.actor, JUPREF_ACTOR_MAX) == 0;
}


const char *
journal_name(uint64_t first)
{
    static char  name[JUPREF_NAME_MAX];

    jupref_segment_name(name, first);

    return name;
}


void
journal_started(journal_world_t *world, uint64_t seed)
{
    journal_world_init(world, sim_disk_create(seed));
    assert_int_equal(journal_recover(world), JUPREF_FAULT_NONE);
}


uint64_t
journal_workload(journal_world_t *world)
{
    unsigned  round;

    for (round = 0; round < 6; round++) {
        if (!journal_push(world, 5 + 9 * round)) {
            break;
        }

        if (round % 2 == 1) {
            jupref_log_bound(world->log, round);
            (void) journal_push(world, 3);
        }

        if (journal_flush(world) != JUPREF_FAULT_NONE) {
            break;
        }
    }

    return world->log->synced;
}


void
journal_assert_whole(journal_world_t *world, uint64_t seq)
{
    journal_read_t  read;

    read = journal_read(world, 1);

    if (read.fault != JUPREF_FAULT_NONE) {
        print_error("%s\n", world->fault.text);
    }

    assert_int_equal(read.fault, JUPREF_FAULT_NONE);
    assert_int_equal(read.seq, seq);
}


void
journal_written(journal_world_t *world)
{
    unsigned  segment;

    journal_world_init(world, sim_disk_create(1));
    assert_int_equal(journal_recover(world), JUPREF_FAULT_NONE);

    for (segment = 0; segment < 3; segment++) {
        journal_push(world, 4);
        assert_int_equal(journal_flush(world), JUPREF_FAULT_NONE);
        journal_push(world, segment == 2 ? 3 : 4);
        assert_int_equal(journal_flush(world), JUPREF_FAULT_NONE);
        jupref_log_bound(world->log, segment);
    }

    assert_int_equal(world->log->synced, JOURNAL_RECORDS);
    journal_world_end(world);
    sim_disk_settle(world->sim);
}


uint64_t
journal_frame_at(journal_world_t *world, uint64_t segment, uint64_t seq)
{
    uint64_t                  first, at;
    jupref_bytes_t            bytes;
    jupref_journal_reader_t  *reader;

    assert_int_equal(jupref_journal_open(&world->store, segment, 0, &reader,
                                         &world->fault), JUPREF_FAULT_NONE);

    for ( /* void */ ; segment < seq; segment++) {
        assert_int_equal(jupref_journal_next(reader, &bytes, &world->fault),
                         JUPREF_FAULT_NONE);
    }

    jupref_journal_place(reader, &first, &at);
    jupref_journal_close(reader);

    return at;
}


unsigned
journal_broken_slots(journal_world_t *world)
{
    unsigned         broken;
    jupref_synced_t  synced;

    assert_int_equal(jupref_synced_read(&world->store, &synced, &broken,
                                        &world->fault), JUPREF_FAULT_NONE);
    return broken;
}


/* The actor's length goes up and down, so that frames differ in theirs. */

static void
fill_event(jupref_event_t *event, uint64_t seq)
{
    memset(event, 0, sizeof(jupref_event_t));
    event->seq = seq;
    event->time_ms = JOURNAL_NOW_MS + seq;
    event->edge_seq = seq;
    event->edge = 1;
    event->type = JUPREF_EVENT_ORDERS_COUNTED;
    memset(event->actor, 'a', seq % JUPREF_ACTOR_MAX);
    event->of.counted.count = (uint32_t) (seq * 2654435761u % 999983 + 1);
}


static void
cut_tail(journal_world_t *world, const journal_read_t *read)
{
    int             file;
    jupref_disk_t  *disk;

    disk = world->store.disk;

    if (read->at < JUPREF_SEGMENT_HEADER) {
        assert_int_equal(disk->remove(disk, journal_name(read->segment)), 0);
        assert_int_equal(disk->sync_directory(disk, "journal"), 0);
        return;
    }

    file = disk->open(disk, journal_name(read->segment), 1, 0);
    assert_true(file >= 0);
    assert_int_equal(disk->truncate(disk, file, read->at), 0);
    assert_int_equal(disk->sync(disk, file), 0);
    disk->close(disk, file);
}
