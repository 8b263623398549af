/*
 * Room ahead of a segment's records: syncs change no file's size, zeros are
 * the end and nothing else, and nothing of it stays behind.
 */

#include "log/jupref_room.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "journal_world.h"


#define ZEROS  5000                     /* more than a page */


static size_t
size_of(journal_world_t *world, uint64_t segment)
{
    size_t  len;

    assert_non_null(sim_disk_bytes(world->sim, journal_name(segment), &len));

    return len;
}


/* Bytes that differ from what they are, as the disk has them. */
static void
fill(journal_world_t *world, uint64_t segment, uint64_t at, size_t len,
    uint8_t value)
{
    int             file;
    uint8_t         byte;
    jupref_disk_t  *disk;

    disk = &world->sim->disk;
    file = disk->open(disk, journal_name(segment), 1, 0);
    assert_true(file >= 0);
    byte = value;

    for ( /* void */ ; len > 0; len--) {
        assert_int_equal(disk->write(disk, file, &byte, 1, at++), 0);
    }

    disk->close(disk, file);
    sim_disk_settle(world->sim);
}


static void
flushed(journal_world_t *world, unsigned count)
{
    assert_true(journal_push(world, count));
    assert_int_equal(journal_flush(world), JUPREF_FAULT_NONE);
}


/* The journal ends with this record, whatever is behind it. */
static journal_read_t
read_to(journal_world_t *world, jupref_fault_e fault, uint64_t seq)
{
    journal_read_t  read;

    read = journal_read(world, 1);

    if (read.fault != fault) {
        print_error("%s\n", world->fault.text);
    }

    assert_int_equal(read.fault, fault);
    assert_int_equal(read.seq, seq);

    return read;
}


static void
few_syncs_make_the_file_longer(void **state)
{
    size_t           size, before;
    unsigned         i, grown;
    uint64_t         bytes;
    journal_world_t  world;

    journal_started(&world, 1);
    flushed(&world, 1);
    before = size_of(&world, 1);
    assert_in_range(before, JUPREF_ROOM_MIN, JUPREF_ROOM_MIN + 4096);

    for (i = 0, grown = 0; i < 2000; i++) {
        flushed(&world, 3);
        size = size_of(&world, 1);
        bytes = world.log->segment_at;

        assert_true(size >= bytes);
        assert_int_equal(size % JUPREF_ROOM_PAGE, 0);
        assert_true(size <= bytes + JUPREF_ROOM_MAX);
        assert_true(bytes < JUPREF_ROOM_MIN || size <= 2 * bytes);

        grown += size != before;
        before = size;
    }

    assert_true(bytes > 4 * JUPREF_ROOM_MAX);
    assert_true(grown < 20);

    /* what is told of the journal is told of its records */

    assert_int_equal(world.log->bytes, bytes - JUPREF_SEGMENT_HEADER);
    assert_int_equal(world.log->mark.bytes, bytes);
    journal_assert_whole(&world, world.log->seq);
    journal_world_free(&world);
}


static void
a_batch_larger_than_the_room_is_written_whole(void **state)
{
    unsigned         i;
    journal_world_t  world;

    journal_started(&world, 1);

    for (i = 1; i < 300; i += 37) {
        flushed(&world, i);
        assert_true(size_of(&world, 1) > world.log->segment_at);
    }

    journal_assert_whole(&world, world.log->seq);
    journal_world_free(&world);
}


static void
room_is_the_end(void **state)
{
    uint64_t         end;
    journal_read_t   read;
    journal_world_t  world;

    journal_started(&world, 1);
    flushed(&world, 10);

    read = read_to(&world, JUPREF_FAULT_NONE, 10);
    assert_int_equal(read.segment, 1);
    assert_int_equal(read.at, world.log->segment_at);
    assert_int_equal(jupref_room_records(&world.store, 1, &end,
                                         &world.fault), JUPREF_FAULT_NONE);
    assert_int_equal(end, world.log->segment_at);

    /* of whatever length, none included */

    journal_world_stop(&world);

    for (end = size_of(&world, 1); end >= read.at; end -= 1 + end % 97) {
        sim_disk_cut(world.sim, journal_name(1), end);
        assert_int_equal(read_to(&world, JUPREF_FAULT_NONE, 10).at, read.at);
    }

    journal_world_free(&world);
}


/* Nothing says that it was ever synced: as a crash may leave it. */
static void
anything_else_in_it_is_torn(void **state)
{
    size_t           size;
    uint64_t         at, end;
    journal_read_t   read;
    journal_world_t  world;

    journal_started(&world, 1);
    flushed(&world, 10);
    at = world.log->segment_at;
    size = size_of(&world, 1);
    journal_world_stop(&world);

    for (end = at; end < size; end += 1 + (end - at) / 3) {
        sim_disk_flip(world.sim, journal_name(1), end, 0x20);
        read = read_to(&world, JUPREF_FAULT_TORN, 10);
        assert_int_equal(read.at, at);
        assert_int_equal(world.fault.seq, 11);
        assert_int_equal(world.fault.at, at);
        assert_int_equal(world.fault.bytes, end + 1 - at);
        assert_string_equal(world.fault.file, journal_name(1));
        sim_disk_flip(world.sim, journal_name(1), end, 0x20);
    }

    sim_disk_flip(world.sim, journal_name(1), size - 1, 0x20);
    assert_int_equal(journal_recover(&world), JUPREF_FAULT_NONE);
    flushed(&world, 10);
    journal_assert_whole(&world, 20);
    journal_world_free(&world);
}


static void
records_that_became_zeros_are_missed(void **state)
{
    uint64_t         seq, at, end;
    journal_read_t   read;
    journal_world_t  world;

    journal_started(&world, 1);
    flushed(&world, 10);
    jupref_log_bound(world.log, 1);
    flushed(&world, 10);
    journal_world_stop(&world);

    /* the last ones of the journal, and of a segment that another follows */

    for (seq = 20; seq > 10; seq--) {
        at = journal_frame_at(&world, 11, seq);
        fill(&world, 11, at, size_of(&world, 11) - at, 0);
        (void) read_to(&world, JUPREF_FAULT_SHORT, seq - 1);
        assert_int_equal(world.fault.seq, seq);
        assert_int_equal(world.fault.at, at);
        assert_string_equal(world.fault.file, journal_name(11));
    }

    for (seq = 10; seq > 1; seq--) {
        at = journal_frame_at(&world, 1, seq);
        fill(&world, 1, at, size_of(&world, 1) - at, 0);
        (void) read_to(&world, JUPREF_FAULT_MISSING, seq - 1);
        assert_int_equal(world.fault.seq, seq);
        assert_string_equal(world.fault.file, journal_name(1));
    }

    journal_world_free(&world);

    /* one with others behind it */

    journal_started(&world, 1);
    flushed(&world, 10);
    journal_world_stop(&world);
    at = journal_frame_at(&world, 1, 4);
    end = journal_frame_at(&world, 1, 5);
    fill(&world, 1, at, (size_t) (end - at), 0);
    read = read_to(&world, JUPREF_FAULT_RECORD, 3);
    assert_int_equal(read.at, at);
    assert_int_equal(world.fault.at, at);
    journal_world_free(&world);
}


/* As a disk that doesn't let it go may leave it, or a copy made meanwhile. */
static void
a_segment_that_another_follows_may_have_room(void **state)
{
    size_t           size;
    unsigned         i;
    journal_world_t  world;

    journal_written(&world);
    size = size_of(&world, 9);
    fill(&world, 9, size, ZEROS, 0);
    journal_assert_whole(&world, JOURNAL_RECORDS);

    for (i = 0; i < ZEROS; i += 13) {
        sim_disk_flip(world.sim, journal_name(9), size + i, 1);
        (void) read_to(&world, JUPREF_FAULT_RECORD, 16);
        assert_string_equal(world.fault.file, journal_name(9));
        assert_int_equal(world.fault.at, size);
        sim_disk_flip(world.sim, journal_name(9), size + i, 1);
    }

    journal_assert_whole(&world, JOURNAL_RECORDS);
    journal_world_free(&world);
}


static void
what_has_ended_has_no_room(void **state)
{
    uint64_t         at;
    journal_world_t  world;

    journal_started(&world, 1);
    flushed(&world, 10);
    at = world.log->segment_at;
    jupref_log_bound(world.log, 1);
    assert_true(size_of(&world, 1) > at);
    flushed(&world, 10);
    assert_int_equal(size_of(&world, 1), at);

    /* and none after a loss of power either */

    at = world.log->segment_at;
    assert_true(size_of(&world, 11) > at);
    journal_world_stop(&world);
    sim_disk_crash(world.sim);
    assert_true(size_of(&world, 11) > at);
    assert_int_equal(journal_recover(&world), JUPREF_FAULT_NONE);
    assert_int_equal(jupref_log_begin(world.log, &world.store, &world.fault),
                     JUPREF_FAULT_NONE);
    assert_int_equal(world.log->mark.bytes, at);
    flushed(&world, 10);
    journal_world_stop(&world);
    sim_disk_crash(world.sim);
    assert_int_equal(size_of(&world, 11), at);
    journal_assert_whole(&world, 30);
    journal_world_free(&world);
}


static void
a_process_that_ends_leaves_none_to_those_that_go_on(void **state)
{
    journal_world_t  world;

    journal_started(&world, 1);
    flushed(&world, 10);
    jupref_log_trim(world.log, &world.store);
    assert_int_equal(size_of(&world, 1), world.log->segment_at);

    flushed(&world, 10);
    assert_int_equal(world.log->segment, 1);
    assert_true(size_of(&world, 1) > world.log->segment_at);
    journal_assert_whole(&world, 20);

    /* a log that has stopped is left as it is, for who resumes it */

    journal_push(&world, 10);
    world.sim->fail_sync_in = 1;
    assert_int_equal(journal_flush(&world), JUPREF_FAULT_IO);
    jupref_log_trim(world.log, &world.store);
    assert_int_equal(jupref_log_resume(world.log, world.writer, 0,
                                       &world.fault), JUPREF_FAULT_NONE);
    journal_assert_whole(&world, 30);
    journal_world_free(&world);
}


/* Its records were lost before they were synced, but not its size. */
static void
a_segment_of_nothing_but_room_gives_way(void **state)
{
    journal_world_t  world;

    journal_started(&world, 1);
    flushed(&world, 10);
    jupref_log_bound(world.log, 1);
    flushed(&world, 1);
    journal_world_end(&world);

    fill(&world, 11, JUPREF_SEGMENT_HEADER,
         size_of(&world, 11) - JUPREF_SEGMENT_HEADER + ZEROS, 0);
    (void) read_to(&world, JUPREF_FAULT_SHORT, 10);

    /* with a mark of before */

    sim_disk_put(world.sim, "synced", "", 0);
    assert_int_equal(jupref_synced_write(&world.store, &(jupref_synced_t) {
                         .count = 1, .seq = 10, .segment = 1,
                         .bytes = size_of(&world, 1) }, &world.fault),
                     JUPREF_FAULT_NONE);
    assert_int_equal(journal_recover(&world), JUPREF_FAULT_NONE);
    assert_int_equal(world.log->seq, 10);
    flushed(&world, 5);
    journal_assert_whole(&world, 15);
    journal_world_free(&world);
}


/* What fits is written and told; it stops when a record doesn't fit. */
static void
a_disk_too_full_for_room_takes_records(void **state)
{
    uint64_t         at, fits;
    unsigned         pushed;
    journal_world_t  world;

    for (fits = 0; fits < 2 * JUPREF_ROOM_MIN; fits += 1531) {
        journal_started(&world, fits + 1);
        flushed(&world, 1);
        jupref_log_trim(world.log, &world.store);
        at = world.log->segment_at;
        world.sim->space = fits;

        for (pushed = 0; ; pushed++) {
            journal_push(&world, 1);

            if (journal_flush(&world) != JUPREF_FAULT_NONE) {
                break;
            }
        }

        assert_int_equal(world.fault.fault, JUPREF_FAULT_IO);
        assert_int_equal(world.log->synced, 1 + pushed);
        assert_true(world.log->segment_at <= at + fits);
        assert_true(world.log->segment_at + JUPREF_FRAME_MAX > at + fits);

        world.sim->space = UINT64_MAX;
        assert_int_equal(jupref_log_resume(world.log, world.writer, 0,
                                           &world.fault), JUPREF_FAULT_NONE);
        assert_int_equal(world.log->synced, 2 + pushed);
        journal_world_stop(&world);
        sim_disk_crash(world.sim);
        journal_assert_whole(&world, 2 + pushed);
        journal_world_free(&world);
    }
}


/* Room that there was no space for isn't asked for with each record. */
static void
a_full_disk_isnt_filled_again_and_again(void **state)
{
    unsigned         i;
    uint64_t         writes;
    journal_world_t  world;

    journal_started(&world, 1);
    flushed(&world, 1);
    jupref_log_trim(world.log, &world.store);
    world.sim->space = JUPREF_ROOM_MIN / 2;

    flushed(&world, 1);
    assert_int_equal(size_of(&world, 1), world.log->segment_at);
    writes = world.sim->writes;

    for (i = 0; i < 10; i++) {
        flushed(&world, 1);
        assert_int_equal(size_of(&world, 1), world.log->segment_at);
    }

    /* a record and a mark each */

    assert_int_equal(world.sim->writes, writes + 20);
    journal_world_free(&world);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(few_syncs_make_the_file_longer),
        cmocka_unit_test(a_batch_larger_than_the_room_is_written_whole),
        cmocka_unit_test(room_is_the_end),
        cmocka_unit_test(anything_else_in_it_is_torn),
        cmocka_unit_test(records_that_became_zeros_are_missed),
        cmocka_unit_test(a_segment_that_another_follows_may_have_room),
        cmocka_unit_test(what_has_ended_has_no_room),
        cmocka_unit_test(a_process_that_ends_leaves_none_to_those_that_go_on),
        cmocka_unit_test(a_segment_of_nothing_but_room_gives_way),
        cmocka_unit_test(a_disk_too_full_for_room_takes_records),
        cmocka_unit_test(a_full_disk_isnt_filled_again_and_again)
    };

    return cmocka_run_group_tests_name("room", tests, NULL, NULL);
}
