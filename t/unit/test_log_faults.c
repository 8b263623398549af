/*
 * The log on a disk that fails: what was acknowledged is there after any crash,
 * nothing is there twice, and an error stops the log until it is resumed.
 */

#include "log/jupref_log.h"
#include "log/jupref_room.h"

#include <errno.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "journal_world.h"


#define SEEDS  12


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

    journal_started(&world, seed);
    world.sim->power_off_in = operation;
    acknowledged = journal_workload(&world);
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
    synced = journal_workload(&world);
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
    journal_assert_whole(&world, seq);
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


static unsigned
failure_waits(const sim_disk_t *sim, failure_e failure)
{
    switch (failure) {

    case FAIL_WRITE:
        return sim->fail_write_in > 0;

    case FAIL_SYNC:
        return sim->fail_sync_in > 0;

    case SHORT_WRITE:
        return sim->short_write_in > 0;

    default:
        return sim->space > JUPREF_ROOM_MAX;
    }
}


/*
 * Each write or sync fails once: the log stops, takes and acknowledges
 * nothing, says why, and after resume everything is there, once, on the disk.
 * Unless it was room that could not be made: nobody notices that.
 */
static void
disk_fails_at(failure_e failure, uint64_t number, unsigned *done)
{
    uint64_t         acknowledged, pushed;
    unsigned         stopped;
    jupref_fault_t   fault;
    jupref_fault_e   result;
    journal_world_t  world;

    journal_started(&world, 100 * number + failure);
    set_failure(world.sim, failure, number);
    acknowledged = journal_workload(&world);
    pushed = world.log->seq;
    stopped = world.log->stopped != 0;
    *done = failure_waits(world.sim, failure);
    assert_true(stopped || acknowledged == pushed);
    set_failure(world.sim, failure, 0);
    world.sim->space = UINT64_MAX;

    if (stopped) {
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
    journal_assert_whole(&world, pushed + 4);

    journal_world_stop(&world);
    sim_disk_crash(world.sim);
    journal_assert_whole(&world, pushed + 4);
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
        journal_started(&world, seed);
        failure = (failure_e) (seed % FAILURES);
        number = 1 + sim_disk_random(world.sim, 12);
        set_failure(world.sim, failure, number);
        acknowledged = journal_workload(&world);

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

    journal_started(&world, 5);
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

    journal_started(&world, 5);
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
    journal_assert_whole(&world, 10);
    journal_world_free(&world);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_power_fails_anywhere),
        cmocka_unit_test(test_errors_stop_and_resume_goes_on),
        cmocka_unit_test(test_power_fails_after_an_error),
        cmocka_unit_test(test_resume_on_a_dead_disk),
        cmocka_unit_test(test_resume_verifies_what_was_synced)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
