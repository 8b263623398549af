/*
 * Single records by their seq: out of any segment, in any order, while the
 * journal grows and after it was cut and resumed.
 */

#include "log/jupref_journal.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "journal_world.h"


#define SEGMENTS       40               /* more than the cache keeps */
#define SEGMENT        7                /* records */
#define LONG_SEGMENT   140000           /* more than all places, at first */


static jupref_fault_e
fetch(journal_world_t *world, jupref_record_cache_t **cache, uint64_t seq)
{
    uint8_t         record[JUPREF_RECORD_MAX];
    jupref_bytes_t  bytes;
    jupref_fault_e  result;

    result = jupref_journal_fetch(&world->store, cache, seq, record, &bytes,
                                  &world->fault);

    if (result == JUPREF_FAULT_NONE) {
        assert_ptr_equal(bytes.data, record);
        assert_true(journal_record_good(bytes, seq));
    }

    return result;
}


static void
flushed(journal_world_t *world, unsigned count)
{
    assert_true(journal_push(world, count));
    assert_int_equal(journal_flush(world), JUPREF_FAULT_NONE);
}


static void
test_any_record_of_any_segment(void **state)
{
    unsigned                i, last;
    journal_world_t         world;
    jupref_record_cache_t  *cache;

    journal_started(&world, 1);
    cache = NULL;
    assert_int_equal(fetch(&world, &cache, 1), JUPREF_FAULT_MISSING);

    for (i = 0; i < SEGMENTS; i++) {
        flushed(&world, SEGMENT);
        jupref_log_bound(world.log, i);
        assert_int_equal(fetch(&world, &cache, world.log->seq),
                         JUPREF_FAULT_NONE);
    }

    last = (unsigned) world.log->seq;

    for (i = last; i > 0; i--) {
        assert_int_equal(fetch(&world, &cache, i), JUPREF_FAULT_NONE);
    }

    for (i = 0; i < 1000; i++) {
        assert_int_equal(fetch(&world, &cache,
                               1 + sim_disk_random(world.sim, last)),
                         JUPREF_FAULT_NONE);
    }

    assert_int_equal(fetch(&world, &cache, 0), JUPREF_FAULT_MISSING);
    assert_int_equal(fetch(&world, &cache, last + 1), JUPREF_FAULT_SHORT);
    assert_int_equal(world.fault.seq, last + 1);

    jupref_record_cache_free(cache);
    journal_world_free(&world);
}


static void
test_a_long_segment(void **state)
{
    unsigned                i;
    journal_world_t         world;
    jupref_record_cache_t  *cache;

    journal_started(&world, 1);
    cache = NULL;

    while (world.log->seq < LONG_SEGMENT) {
        flushed(&world, 500);

        if (world.log->seq % 20000 == 0) {
            assert_int_equal(fetch(&world, &cache, world.log->seq - 123),
                             JUPREF_FAULT_NONE);
        }
    }

    for (i = 0; i < 2000; i++) {
        assert_int_equal(fetch(&world, &cache,
                               1 + sim_disk_random(world.sim, LONG_SEGMENT)),
                         JUPREF_FAULT_NONE);
    }

    assert_int_equal(fetch(&world, &cache, 1), JUPREF_FAULT_NONE);
    assert_int_equal(fetch(&world, &cache, LONG_SEGMENT), JUPREF_FAULT_NONE);

    jupref_record_cache_free(cache);
    journal_world_free(&world);
}


/* The segment that the cache has open was cut, removed, and begun anew. */
static void
test_after_a_resume(void **state)
{
    journal_world_t         world;
    jupref_record_cache_t  *cache;

    journal_started(&world, 1);
    cache = NULL;
    flushed(&world, 10);
    assert_int_equal(fetch(&world, &cache, 10), JUPREF_FAULT_NONE);
    jupref_log_bound(world.log, 1);

    /* 11.segment gets a frame that isn't synced; 1.segment's end and its own
     * header are */

    world.sim->fail_sync_in = 3;
    journal_push(&world, 5);
    assert_int_equal(journal_flush(&world), JUPREF_FAULT_IO);
    assert_int_equal(fetch(&world, &cache, 11), JUPREF_FAULT_NONE);

    assert_int_equal(jupref_log_resume(world.log, world.writer, 0,
                                       &world.fault), JUPREF_FAULT_NONE);
    flushed(&world, 5);
    assert_int_equal(world.log->synced, 20);
    assert_int_equal(fetch(&world, &cache, 20), JUPREF_FAULT_NONE);
    assert_int_equal(fetch(&world, &cache, 11), JUPREF_FAULT_NONE);
    assert_int_equal(fetch(&world, &cache, 10), JUPREF_FAULT_NONE);

    jupref_record_cache_free(cache);
    journal_world_free(&world);
}


static void
test_broken_records_are_named(void **state)
{
    uint64_t                at;
    journal_world_t         world;
    jupref_record_cache_t  *cache;

    journal_written(&world);
    cache = NULL;
    at = journal_frame_at(&world, 9, 12);
    sim_disk_flip(world.sim, journal_name(9), at + 50, 1);
    assert_int_equal(fetch(&world, &cache, 12), JUPREF_FAULT_RECORD);
    assert_string_equal(world.fault.file, journal_name(9));
    assert_int_equal(world.fault.at, at);
    assert_int_equal(world.fault.seq, 12);
    assert_int_equal(fetch(&world, &cache, 13), JUPREF_FAULT_NONE);

    sim_disk_flip(world.sim, journal_name(9), at + 4, 1);
    assert_int_equal(fetch(&world, &cache, 13), JUPREF_FAULT_SHORT);
    assert_int_equal(world.fault.at, at);

    jupref_record_cache_free(cache);
    journal_world_free(&world);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_any_record_of_any_segment),
        cmocka_unit_test(test_a_long_segment),
        cmocka_unit_test(test_after_a_resume),
        cmocka_unit_test(test_broken_records_are_named)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
