/*
 * The log: what was acknowledged is there after any crash, nothing is there
 * twice, and an error of the disk stops it until it is resumed.
 */

#include "log/jupref_log.h"

#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "journal_world.h"


#define SEEDS  12


/* A few segments, with records that cross pages; tells what was synced. */
static uint64_t
workload(journal_world_t *world)
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


static void
started(journal_world_t *world, uint64_t seed)
{
    journal_world_init(world, sim_disk_create(seed));
    assert_int_equal(journal_recover(world), JUPREF_FAULT_NONE);
}


static void
assert_whole(journal_world_t *world, uint64_t seq)
{
    journal_read_t  read;

    read = journal_read(world, 1);

    if (read.fault != JUPREF_FAULT_NONE) {
        print_error("%s\n", world->fault.text);
    }

    assert_int_equal(read.fault, JUPREF_FAULT_NONE);
    assert_int_equal(read.seq, seq);
}


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

    started(&world, 1);
    synced = workload(&world);
    assert_int_equal(synced, world.log->seq);
    assert_int_equal(world.log->records, world.log->seq);
    assert_true(world.log->flushed == world.log->appended);
    assert_int_equal(world.log->mark.seq, world.log->seq);
    assert_whole(&world, world.log->seq);
    journal_world_free(&world);
}


static void
test_a_boundary_ends_the_segment(void **state)
{
    size_t           count;
    uint64_t        *firsts, digest;
    journal_world_t  world;

    started(&world, 1);

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

    assert_whole(&world, 21);
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

    started(&world, 1);

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
    assert_whole(&world, world.log->seq);
    journal_world_free(&world);
}


/* Prepared but not published: a fold that refused leaves nothing. */
static void
test_unpublished_is_never_written(void **state)
{
    uint8_t          salt[JUPREF_SALT_SIZE] = { 1 };
    jupref_event_t   event;
    journal_world_t  world;

    started(&world, 1);
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
    assert_whole(&world, 4);
    journal_world_free(&world);
}


/*
 * The power fails in each operation of the disk, with many outcomes: what was
 * acknowledged is there, what is there is right, and the log goes on.  It then
 * fails again on the way up.
 */
static void
power_fails_at(uint64_t operation, uint64_t seed, unsigned *done)
{
    uint64_t         acknowledged, synced, seq;
    jupref_fault_e   recovered;
    journal_world_t  world;

    started(&world, seed);
    world.sim->power_off_in = operation;
    acknowledged = workload(&world);
    *done = !world.sim->off;
    journal_world_stop(&world);
    sim_disk_crash(world.sim);

    recovered = journal_recover(&world);

    if (recovered != JUPREF_FAULT_NONE) {
        print_error("operation %llu, seed %llu: %s\n",
                    (unsigned long long) operation, (unsigned long long) seed,
                    world.fault.text);
    }

    assert_int_equal(recovered, JUPREF_FAULT_NONE);
    assert_true(world.log->seq >= acknowledged);

    world.sim->power_off_in = 1 + sim_disk_random(world.sim, 24);
    seq = world.log->seq;
    synced = workload(&world);
    acknowledged = synced > seq ? synced : acknowledged;
    journal_world_stop(&world);
    sim_disk_crash(world.sim);

    recovered = journal_recover(&world);

    if (recovered != JUPREF_FAULT_NONE) {
        print_error("after operation %llu, seed %llu: %s\n",
                    (unsigned long long) operation, (unsigned long long) seed,
                    world.fault.text);
    }

    assert_int_equal(recovered, JUPREF_FAULT_NONE);
    assert_true(world.log->seq >= acknowledged);

    journal_push(&world, 20);
    assert_int_equal(journal_flush(&world), JUPREF_FAULT_NONE);
    seq = world.log->seq;
    journal_world_stop(&world);
    sim_disk_crash(world.sim);
    assert_whole(&world, seq);
    journal_world_free(&world);
}


static void
test_power_fails_anywhere(void **state)
{
    uint64_t  operation, seed;
    unsigned  done;

    for (seed = 1; seed <= SEEDS; seed++) {
        for (operation = 1, done = 0; !done; operation++) {
            power_fails_at(operation, seed * 1000 + operation, &done);
        }

        assert_true(operation > 30);
    }
}


typedef enum {
    FAIL_WRITE,
    FAIL_SYNC,
    SHORT_WRITE,
    NO_SPACE,
    FAILURES
} failure_e;


static void
set_failure(sim_disk_t *sim, failure_e failure, uint64_t number)
{
    switch (failure) {

    case FAIL_WRITE:
        sim->fail_write_in = number;
        break;

    case FAIL_SYNC:
        sim->fail_sync_in = number;
        break;

    case SHORT_WRITE:
        sim->short_write_in = number;
        break;

    default:
        sim->space = number * 700;
    }
}


/*
 * Each write or sync fails once: the log stops, takes and acknowledges
 * nothing, says why, and after resume everything is there, once, on the disk.
 */
static void
disk_fails_at(failure_e failure, uint64_t number, unsigned *done)
{
    uint64_t         acknowledged, pushed;
    jupref_fault_t   fault;
    jupref_fault_e   result;
    journal_world_t  world;

    started(&world, 100 * number + failure);
    set_failure(world.sim, failure, number);
    acknowledged = workload(&world);
    pushed = world.log->seq;
    *done = world.log->stopped == 0;
    set_failure(world.sim, failure, 0);
    world.sim->space = UINT64_MAX;

    if (!*done) {
        assert_int_equal(world.fault.fault, JUPREF_FAULT_IO);
        assert_int_equal(world.log->error,
                         failure == FAIL_WRITE || failure == FAIL_SYNC
                         ? EIO : ENOSPC);
        assert_non_null(strstr(world.fault.text,
                               strerror(world.log->error)));
        assert_true(world.fault.file[0] != '\0');
        assert_false(jupref_log_has_room(world.log));
        assert_int_equal(jupref_log_flush(world.log, world.writer, 0, &fault),
                         JUPREF_FAULT_IO);
        assert_int_equal(fault.error, world.log->error);
        assert_int_equal(world.log->synced, acknowledged);

        result = jupref_log_resume(world.log, world.writer, JOURNAL_NOW_MS,
                                   &fault);

        if (result != JUPREF_FAULT_NONE) {
            print_error("failure %u at %llu: %s\n", failure,
                        (unsigned long long) number, fault.text);
        }

        assert_int_equal(result, JUPREF_FAULT_NONE);
        assert_int_equal(world.log->synced, pushed);
        assert_int_equal(world.log->stopped, 0);
    }

    journal_push(&world, 4);
    assert_int_equal(journal_flush(&world), JUPREF_FAULT_NONE);
    assert_whole(&world, pushed + 4);

    journal_world_stop(&world);
    sim_disk_crash(world.sim);
    assert_whole(&world, pushed + 4);
    journal_world_free(&world);
}


static void
test_errors_stop_and_resume_goes_on(void **state)
{
    uint64_t   number;
    unsigned   done;
    failure_e  failure;

    for (failure = FAIL_WRITE; failure < FAILURES; failure++) {
        for (number = 1, done = 0; !done; number++) {
            disk_fails_at(failure, number, &done);
        }

        assert_true(number > 5);
    }
}


/* The same, but nobody resumes: the power fails while it is stopped, or while
 * it is being resumed. */
static void
test_power_fails_after_an_error(void **state)
{
    uint64_t         number, seed, acknowledged;
    failure_e        failure;
    journal_world_t  world;

    for (seed = 1; seed <= 400; seed++) {
        started(&world, seed);
        failure = (failure_e) (seed % FAILURES);
        number = 1 + sim_disk_random(world.sim, 12);
        set_failure(world.sim, failure, number);
        acknowledged = workload(&world);

        world.sim->space = UINT64_MAX;
        world.sim->power_off_in = sim_disk_random(world.sim, 16);
        (void) jupref_log_resume(world.log, world.writer, JOURNAL_NOW_MS,
                                 &world.fault);

        if (world.log->synced > acknowledged) {
            acknowledged = world.log->synced;
        }

        journal_world_stop(&world);
        sim_disk_crash(world.sim);

        if (journal_recover(&world) != JUPREF_FAULT_NONE) {
            fail_msg("seed %llu: %s", (unsigned long long) seed,
                     world.fault.text);
        }

        assert_true(world.log->seq >= acknowledged);
        journal_world_free(&world);
    }
}


/* A disk that doesn't come back keeps the log stopped. */
static void
test_resume_on_a_dead_disk(void **state)
{
    journal_world_t  world;

    started(&world, 5);
    journal_push(&world, 5);
    assert_int_equal(journal_flush(&world), JUPREF_FAULT_NONE);
    journal_push(&world, 5);
    world.sim->power_off_in = 1;
    assert_int_equal(journal_flush(&world), JUPREF_FAULT_IO);
    assert_int_equal(jupref_log_resume(world.log, world.writer, 0,
                                       &world.fault), JUPREF_FAULT_IO);
    assert_int_equal(world.log->stopped, JUPREF_FAULT_IO);
    assert_int_equal(world.log->synced, 5);
    assert_false(jupref_log_has_room(world.log));
    journal_world_free(&world);
}


/* What was synced has gone meanwhile: resume says so and doesn't go on. */
static void
test_resume_verifies_what_was_synced(void **state)
{
    journal_world_t  world;

    started(&world, 5);
    journal_push(&world, 5);
    assert_int_equal(journal_flush(&world), JUPREF_FAULT_NONE);
    journal_push(&world, 5);
    world.sim->fail_sync_in = 1;
    assert_int_equal(journal_flush(&world), JUPREF_FAULT_IO);

    sim_disk_flip(world.sim, journal_name(1), JUPREF_SEGMENT_HEADER + 40, 1);
    assert_int_equal(jupref_log_resume(world.log, world.writer, 0,
                                       &world.fault), JUPREF_FAULT_RECORD);
    assert_int_equal(world.log->stopped, JUPREF_FAULT_IO);

    sim_disk_flip(world.sim, journal_name(1), JUPREF_SEGMENT_HEADER + 40, 1);
    assert_int_equal(jupref_log_resume(world.log, world.writer, 0,
                                       &world.fault), JUPREF_FAULT_NONE);
    assert_whole(&world, 10);
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
mortal_open(jupref_disk_t *disk, const char *name, unsigned write,
    unsigned create)
{
    int  rc;

    rc = real->open(real, name, write, create);
    may_be_killed();

    return rc;
}


/* Another process, with files of its own, finishes what the first began. */
static void
killed_at(unsigned call, unsigned *done)
{
    jupref_disk_t        mortal;
    jupref_store_t       store;
    journal_world_t      world;
    jupref_log_writer_t *writer;

    started(&world, call);
    real = &world.sim->disk;
    mortal = *real;
    mortal.write = mortal_write;
    mortal.sync = mortal_sync;
    mortal.open = mortal_open;
    store = world.store;
    store.disk = &mortal;
    writer = jupref_log_writer_create(&store);
    assert_non_null(writer);

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

    journal_push(&world, 30);
    assert_int_equal(journal_flush(&world), JUPREF_FAULT_NONE);
    assert_int_equal(world.log->synced, 90);
    jupref_log_writer_free(writer);

    journal_world_stop(&world);
    sim_disk_crash(world.sim);
    assert_whole(&world, 90);
    journal_world_free(&world);
}


static void
test_a_killed_flush_is_finished_by_another(void **state)
{
    unsigned  call, done;

    for (call = 1, done = 0; !done; call++) {
        killed_at(call, &done);
    }

    assert_true(call > 15);
}


/* Died over saying what was synced: the next one says it. */
static void
test_settling_is_repeated(void **state)
{
    jupref_log_t     before;
    journal_world_t  world;

    started(&world, 1);
    journal_push(&world, 10);
    assert_int_equal(journal_flush(&world), JUPREF_FAULT_NONE);

    before = *world.log;
    journal_push(&world, 10);
    assert_int_equal(journal_flush(&world), JUPREF_FAULT_NONE);

    world.log->flushed = before.flushed;
    world.log->segment_at = before.segment_at;
    world.log->synced = before.synced;
    world.log->settling = 1;

    journal_push(&world, 10);
    assert_int_equal(journal_flush(&world), JUPREF_FAULT_NONE);
    assert_whole(&world, 30);
    journal_world_free(&world);
}


/* Two processes flush by turns; one's segment is never the other's. */
static void
test_writers_take_turns(void **state)
{
    unsigned              round;
    journal_world_t       world;
    jupref_log_writer_t  *other;

    started(&world, 1);
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

    assert_whole(&world, 60);
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
        cmocka_unit_test(test_unpublished_is_never_written),
        cmocka_unit_test(test_power_fails_anywhere),
        cmocka_unit_test(test_errors_stop_and_resume_goes_on),
        cmocka_unit_test(test_power_fails_after_an_error),
        cmocka_unit_test(test_resume_on_a_dead_disk),
        cmocka_unit_test(test_resume_verifies_what_was_synced),
        cmocka_unit_test(test_a_killed_flush_is_finished_by_another),
        cmocka_unit_test(test_settling_is_repeated),
        cmocka_unit_test(test_writers_take_turns)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
