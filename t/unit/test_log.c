/*
 * The log: what is pushed is written once and in its place, whichever process
 * flushes it and wherever the one before was killed.
 */

#include "log/jupref_log.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "journal_world.h"


static void
test_block_too_small(void **state)
{
    void  *block;

    block = aligned_alloc(64, sizeof(jupref_log_t) + JUPREF_LOG_RING_MIN);
    assert_non_null(block);
    assert_null(jupref_log_init(block, sizeof(jupref_log_t)
                                       + JUPREF_LOG_RING_MIN - 1));
    free(block);
}


static void
test_flushed_records_are_read_back(void **state)
{
    uint64_t         synced;
    journal_world_t  world;

    journal_started(&world, 1);
    synced = journal_workload(&world);
    assert_int_equal(synced, world.log->seq);
    assert_int_equal(world.log->records, world.log->seq);
    assert_true(world.log->flushed == world.log->appended);
    assert_int_equal(world.log->mark.seq, world.log->seq);
    journal_assert_whole(&world, world.log->seq);
    journal_world_free(&world);
}


static void
test_a_boundary_ends_the_segment(void **state)
{
    size_t           count;
    uint64_t        *firsts, digest;
    journal_world_t  world;

    journal_started(&world, 1);

    journal_push(&world, 10);
    jupref_log_bound(world.log, 77);
    journal_push(&world, 10);
    assert_int_equal(journal_flush(&world), JUPREF_FAULT_NONE);
    journal_push(&world, 1);
    jupref_log_bound(world.log, 78);
    assert_int_equal(journal_flush(&world), JUPREF_FAULT_NONE);

    assert_int_equal(jupref_journal_list(&world.store, &firsts, &count,
                                         &world.fault), JUPREF_FAULT_NONE);
    assert_int_equal(count, 2);
    assert_int_equal(firsts[0], 1);
    assert_int_equal(firsts[1], 11);
    free(firsts);

    assert_true(jupref_log_boundary(world.log, 10, &digest));
    assert_int_equal(digest, 77);
    assert_true(jupref_log_boundary(world.log, 21, &digest));
    assert_int_equal(digest, 78);
    assert_false(jupref_log_boundary(world.log, 11, &digest));

    journal_assert_whole(&world, 21);
    journal_world_free(&world);
}


static int
note_waiting(void *context, jupref_bytes_t bytes)
{
    uint64_t  *next = context;

    assert_true(journal_record_good(bytes, *next));
    *next += 1;

    return 0;
}


/* Many times around the ring; what waits can be read, and no more fits. */
static void
test_the_ring_wraps_and_fills(void **state)
{
    unsigned         round;
    uint64_t         next;
    journal_world_t  world;

    journal_started(&world, 1);

    for (round = 0; round < 12; round++) {
        while (journal_push(&world, 1)) {
            /* void */
        }

        assert_false(jupref_log_has_room(world.log));
        next = world.log->synced + 1;
        assert_int_equal(jupref_log_waiting(world.log, 0, note_waiting, &next),
                         0);
        assert_int_equal(next, world.log->seq + 1);

        next = world.log->seq;
        assert_int_equal(jupref_log_waiting(world.log, next - 1, note_waiting,
                                            &next), 0);
        assert_int_equal(next, world.log->seq + 1);

        assert_int_equal(journal_flush(&world), JUPREF_FAULT_NONE);
        assert_true(jupref_log_has_room(world.log));
    }

    assert_true(world.log->appended > 10 * world.log->ring_size);
    journal_assert_whole(&world, world.log->seq);
    journal_world_free(&world);
}


/* Before the last event that fits there is room for it, but not behind it. */
static void
test_room_is_told_ahead(void **state)
{
    unsigned         ahead;
    journal_world_t  world;

    journal_started(&world, 1);
    assert_true(jupref_log_has_room_after(world.log, 1));

    do {
        ahead = jupref_log_has_room_after(world.log, 1);
        assert_true(jupref_log_has_room(world.log));
        assert_true(journal_push(&world, 1));
    } while (ahead);

    while (jupref_log_has_room(world.log)) {
        assert_false(jupref_log_has_room_after(world.log, 1));
        assert_true(journal_push(&world, 1));
    }

    journal_world_free(&world);
}


/* Prepared but not published: a fold that refused leaves nothing. */
static void
test_unpublished_is_never_written(void **state)
{
    uint8_t          salt[JUPREF_SALT_SIZE] = { 1 };
    jupref_event_t   event;
    journal_world_t  world;

    journal_started(&world, 1);
    journal_push(&world, 3);

    memset(&event, 0, sizeof(event));
    event.seq = 4;
    event.type = JUPREF_EVENT_ORDERS_COUNTED;
    event.of.counted.count = 1;
    assert_true(jupref_log_prepare(world.log, &event, salt));

    assert_int_equal(journal_flush(&world), JUPREF_FAULT_NONE);
    assert_int_equal(world.log->synced, 3);
    journal_push(&world, 1);
    assert_int_equal(journal_flush(&world), JUPREF_FAULT_NONE);
    journal_assert_whole(&world, 4);
    journal_world_free(&world);
}


/* A process is killed in a call of the disk: the call never returns. */

static jmp_buf         killed;
static unsigned        kill_in;
static jupref_disk_t  *real;


static void
may_be_killed(void)
{
    if (kill_in > 0 && --kill_in == 0) {
        longjmp(killed, 1);
    }
}


static int
mortal_write(jupref_disk_t *disk, int file, const void *bytes, size_t len,
    uint64_t at)
{
    int  rc;

    may_be_killed();
    rc = real->write(real, file, bytes, len, at);
    may_be_killed();

    return rc;
}


static int
mortal_sync(jupref_disk_t *disk, int file)
{
    int  rc;

    may_be_killed();
    rc = real->sync(real, file);
    may_be_killed();

    return rc;
}


static int
mortal_truncate(jupref_disk_t *disk, int file, uint64_t size)
{
    int  rc;

    may_be_killed();
    rc = real->truncate(real, file, size);
    may_be_killed();

    return rc;
}


static int
mortal_open(jupref_disk_t *disk, const char *name, unsigned write,
    unsigned create)
{
    int  rc;

    rc = real->open(real, name, write, create);
    may_be_killed();

    return rc;
}


/* Another process with files of its own, so that it can be killed apart. */
static jupref_log_writer_t *
mortal_writer(journal_world_t *world, jupref_disk_t *mortal,
    jupref_store_t *store)
{
    jupref_log_writer_t  *writer;

    real = &world->sim->disk;
    *mortal = *real;
    mortal->write = mortal_write;
    mortal->sync = mortal_sync;
    mortal->truncate = mortal_truncate;
    mortal->open = mortal_open;
    *store = world->store;
    store->disk = mortal;

    writer = jupref_log_writer_create(store);
    assert_non_null(writer);

    return writer;
}


/*
 * Killed in the n-th call: another process finishes what the first began; or,
 * with the memory gone as well, it goes on with what the page cache has, and
 * when the power fails then, that was on the disk.
 */
static void
killed_at(unsigned call, unsigned memory_lost, unsigned *done)
{
    uint64_t              seq;
    jupref_disk_t         mortal;
    jupref_store_t        store;
    journal_world_t       world;
    jupref_log_writer_t  *writer;

    journal_started(&world, call);
    writer = mortal_writer(&world, &mortal, &store);

    journal_push(&world, 30);
    jupref_log_bound(world.log, 1);
    journal_push(&world, 30);
    kill_in = call;

    if (setjmp(killed) == 0) {
        assert_int_equal(jupref_log_flush(world.log, writer, 0, &world.fault),
                         JUPREF_FAULT_NONE);
    }

    *done = kill_in > 0;
    kill_in = 0;

    if (memory_lost) {
        journal_world_stop(&world);
        assert_int_equal(journal_recover(&world), JUPREF_FAULT_NONE);
    }

    journal_push(&world, 30);
    assert_int_equal(journal_flush(&world), JUPREF_FAULT_NONE);
    seq = world.log->synced;
    assert_true(memory_lost || seq == 90);
    jupref_log_writer_free(writer);

    journal_world_stop(&world);
    sim_disk_crash(world.sim);
    journal_assert_whole(&world, seq);
    journal_world_free(&world);
}


static void
test_a_killed_flush_is_finished_by_another(void **state)
{
    unsigned  call, done;

    for (call = 1, done = 0; !done; call++) {
        killed_at(call, 0, &done);
    }

    assert_true(call > 15);
}


static void
test_what_a_killed_process_wrote_is_kept(void **state)
{
    unsigned  call, done;

    for (call = 1, done = 0; !done; call++) {
        killed_at(call, 1, &done);
    }

    assert_true(call > 15);
}


/* Died over saying what was synced, with some of it said: the next one says it
 * all. */
static void
test_settling_is_repeated(void **state)
{
    unsigned         said;
    jupref_log_t     before;
    journal_world_t  world;

    journal_started(&world, 1);

    for (said = 0; said < 4; said++) {
        journal_push(&world, 10);
        assert_int_equal(journal_flush(&world), JUPREF_FAULT_NONE);

        before = *world.log;
        journal_push(&world, 10);
        assert_int_equal(journal_flush(&world), JUPREF_FAULT_NONE);

        world.log->settling = 1;
        world.log->flushed = before.flushed;
        world.log->synced = said < 3 ? before.synced : world.log->synced;
        world.log->records = said < 2 ? before.records : world.log->records;
        world.log->segment_at = said < 1 ? before.segment_at
                                         : world.log->segment_at;
        journal_push(&world, 10);
        assert_int_equal(journal_flush(&world), JUPREF_FAULT_NONE);
        assert_int_equal(world.log->records, world.log->seq);
        assert_int_equal(world.log->synced, world.log->seq);
    }

    journal_assert_whole(&world, 120);
    journal_world_free(&world);
}


/* Two processes flush by turns; one's segment is never the other's. */
static void
test_writers_take_turns(void **state)
{
    unsigned              round;
    journal_world_t       world;
    jupref_log_writer_t  *other;

    journal_started(&world, 1);
    other = jupref_log_writer_create(&world.store);
    assert_non_null(other);

    for (round = 0; round < 20; round++) {
        journal_push(&world, 3);

        if (round % 3 == 2) {
            jupref_log_bound(world.log, round);
        }

        assert_int_equal(jupref_log_flush(world.log,
                                          round % 2 ? other : world.writer, 0,
                                          &world.fault), JUPREF_FAULT_NONE);
    }

    journal_assert_whole(&world, 60);
    jupref_log_writer_free(other);
    journal_world_free(&world);
}


/*
 * A segment that one process has open is removed over an error, and the next
 * one begins with the same record: the first process must notice.
 */
static void
test_a_segment_begun_anew_is_noticed(void **state)
{
    journal_world_t       world;
    jupref_log_writer_t  *other;

    journal_started(&world, 1);
    other = jupref_log_writer_create(&world.store);
    assert_non_null(other);

    journal_push(&world, 5);
    world.sim->fail_sync_in = 3;
    assert_int_equal(journal_flush(&world), JUPREF_FAULT_IO);
    assert_int_equal(world.log->segment, 1);
    assert_int_equal(jupref_log_resume(world.log, other, 0, &world.fault),
                     JUPREF_FAULT_NONE);
    assert_int_equal(world.log->segment, 1);

    journal_push(&world, 5);
    assert_int_equal(journal_flush(&world), JUPREF_FAULT_NONE);
    journal_assert_whole(&world, 10);
    jupref_log_writer_free(other);
    journal_world_free(&world);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_block_too_small),
        cmocka_unit_test(test_flushed_records_are_read_back),
        cmocka_unit_test(test_a_boundary_ends_the_segment),
        cmocka_unit_test(test_the_ring_wraps_and_fills),
        cmocka_unit_test(test_room_is_told_ahead),
        cmocka_unit_test(test_unpublished_is_never_written),
        cmocka_unit_test(test_a_killed_flush_is_finished_by_another),
        cmocka_unit_test(test_what_a_killed_process_wrote_is_kept),
        cmocka_unit_test(test_settling_is_repeated),
        cmocka_unit_test(test_a_segment_begun_anew_is_noticed),
        cmocka_unit_test(test_writers_take_turns)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
