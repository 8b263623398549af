/*
 * Reading the journal: from where and to where it is asked, and only what a
 * crash may have torn off passes for torn.
 */

#include "log/jupref_journal.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "journal_world.h"


static void
assert_fault(journal_world_t *world, jupref_fault_e expected,
    const char *file)
{
    journal_read_t  read;

    read = journal_read(world, 1);
    assert_int_equal(read.fault, expected);
    assert_int_equal(world->fault.fault, expected);
    assert_string_equal(world->fault.file, file);
    assert_non_null(strstr(world->fault.text, file));
}


/*
 * `synced` as it was after the first of three batches, as a loss of power may
 * leave it: a broken record that a later batch knows to be synced is damage,
 * in the last batch it is torn.
 */
static void
test_batches_tell_torn_from_damage(void **state)
{
    size_t           len;
    uint8_t          old[2 * JUPREF_SYNCED_SLOT];
    uint64_t         seq, at;
    journal_read_t   read;
    journal_world_t  world;

    journal_world_init(&world, sim_disk_create(1));
    assert_int_equal(journal_recover(&world), JUPREF_FAULT_NONE);

    for (seq = 5; seq <= 15; seq += 5) {
        journal_push(&world, 5);
        assert_int_equal(journal_flush(&world), JUPREF_FAULT_NONE);

        if (seq == 5) {
            memcpy(old, sim_disk_bytes(world.sim, "synced", &len),
                   sizeof(old));
        }
    }

    journal_world_end(&world);
    sim_disk_put(world.sim, "synced", old, sizeof(old));
    (void) sim_disk_bytes(world.sim, journal_name(1), &len);

    for (seq = 1; seq <= 15; seq++) {
        at = journal_frame_at(&world, 1, seq);
        sim_disk_flip(world.sim, journal_name(1), at + 30, 1);
        read = journal_read(&world, 1);

        assert_int_equal(read.seq, seq - 1);
        assert_int_equal(world.fault.seq, seq);
        assert_int_equal(world.fault.at, at);
        assert_int_equal(read.at, at);
        assert_int_equal(read.segment, 1);
        assert_int_equal(read.fault, seq <= 10 ? JUPREF_FAULT_RECORD
                                               : JUPREF_FAULT_TORN);

        if (seq > 10) {
            assert_int_equal(world.fault.bytes, len - at);
        }

        sim_disk_flip(world.sim, journal_name(1), at + 30, 1);
    }

    /* cut off clean or not, behind the first batch nothing says it was there */

    for (at = len - 1; at > journal_frame_at(&world, 1, 6); at--) {
        sim_disk_cut(world.sim, journal_name(1), at);
        read = journal_read(&world, 1);
        assert_true(read.seq >= 5);
        assert_true(read.fault == JUPREF_FAULT_TORN
                    || (read.fault == JUPREF_FAULT_NONE && read.at == at));
    }

    sim_disk_cut(world.sim, journal_name(1),
                 journal_frame_at(&world, 1, 5) + 20);
    assert_fault(&world, JUPREF_FAULT_SHORT, journal_name(1));
    journal_world_free(&world);
}


/* A crash while a segment was made: whatever is there of it has no record. */
static void
test_unmade_segment_is_torn(void **state)
{
    char             unmade[JUPREF_NAME_MAX];
    size_t           size;
    uint8_t          header[JUPREF_SEGMENT_HEADER + 1];
    journal_read_t   read;
    journal_world_t  world;

    journal_written(&world);
    memcpy(header, sim_disk_bytes(world.sim, journal_name(17), &size),
           sizeof(header));
    jupref_segment_name(unmade, JOURNAL_RECORDS + 1);

    for (size = 0; size <= JUPREF_SEGMENT_HEADER; size++) {
        sim_disk_put(world.sim, unmade, header, size);
        read = journal_read(&world, 1);
        assert_int_equal(read.fault, JUPREF_FAULT_TORN);
        assert_int_equal(read.seq, JOURNAL_RECORDS);
        assert_int_equal(read.segment, JOURNAL_RECORDS + 1);
        assert_int_equal(read.at, 0);
        assert_int_equal(world.fault.bytes, size);

        read = journal_read(&world, JOURNAL_RECORDS + 1);
        assert_int_equal(read.fault, JUPREF_FAULT_TORN);
        assert_int_equal(read.at, 0);
    }

    /* with a byte behind the header it had been made */

    sim_disk_put(world.sim, unmade, header, size);
    assert_fault(&world, JUPREF_FAULT_HEADER, unmade);
    journal_world_free(&world);
}


static void
test_reading_begins_and_ends_where_asked(void **state)
{
    uint64_t                  from, until, seq;
    journal_read_t            read;
    jupref_bytes_t            bytes;
    journal_world_t           world;
    jupref_journal_reader_t  *reader;

    journal_written(&world);

    for (from = 1; from <= JOURNAL_RECORDS + 1; from++) {
        read = journal_read(&world, from);
        assert_int_equal(read.fault, JUPREF_FAULT_NONE);
        assert_int_equal(read.seq, JOURNAL_RECORDS);

        for (until = from - 1; until <= JOURNAL_RECORDS; until++) {
            if (until == 0) {
                continue;
            }

            assert_int_equal(jupref_journal_open(&world.store, from, until,
                                                 &reader, &world.fault),
                             JUPREF_FAULT_NONE);

            for (seq = from; ; seq++) {
                assert_int_equal(jupref_journal_next(reader, &bytes,
                                                     &world.fault),
                                 JUPREF_FAULT_NONE);

                if (bytes.data == NULL) {
                    break;
                }

                assert_true(journal_record_good(bytes, seq));
            }

            assert_int_equal(seq, until + 1);
            jupref_journal_close(reader);
        }
    }

    /* who has seen record 24 knows that it was there */

    read = journal_read(&world, JOURNAL_RECORDS + 2);
    assert_int_equal(read.fault, JUPREF_FAULT_SHORT);
    assert_int_equal(world.fault.seq, JOURNAL_RECORDS + 1);
    journal_world_free(&world);
}


/* The way to `from` leads over frames that nobody opens, if it leads there. */
static void
test_broken_frames_on_the_way_are_named(void **state)
{
    uint64_t         at;
    journal_world_t  world;

    journal_written(&world);
    at = journal_frame_at(&world, 9, 11);
    sim_disk_flip(world.sim, journal_name(9), at, 1);
    assert_int_equal(journal_read(&world, 15).fault, JUPREF_FAULT_RECORD);
    assert_int_equal(world.fault.seq, 11);
    assert_int_equal(world.fault.at, at);
    assert_int_equal(journal_read(&world, 17).fault, JUPREF_FAULT_NONE);
    journal_world_free(&world);
}


static void
test_empty_journal(void **state)
{
    journal_read_t   read;
    journal_world_t  world;

    journal_world_init(&world, sim_disk_create(1));
    read = journal_read(&world, 1);
    assert_int_equal(read.fault, JUPREF_FAULT_NONE);
    assert_int_equal(read.seq, 0);
    assert_int_equal(read.segment, 0);
    assert_int_equal(journal_broken_slots(&world), 0);
    journal_world_free(&world);
}


/* The newer slot broken: the older one counts, and the next write heals it. */
static void
test_synced_slots_take_turns(void **state)
{
    unsigned         i;
    jupref_fault_t   fault;
    jupref_synced_t  synced, read;
    journal_world_t  world;

    journal_world_init(&world, sim_disk_create(1));
    memset(&synced, 0, sizeof(synced));

    for (i = 1; i <= 20; i++) {
        synced.count++;
        synced.seq = 10 * i;
        synced.segment = i;
        synced.bytes = 1000 + i;
        assert_int_equal(jupref_synced_write(&world.store, &synced, &fault),
                         JUPREF_FAULT_NONE);
        assert_int_equal(journal_broken_slots(&world), 0);

        sim_disk_flip(world.sim, "synced",
                      synced.count % 2 * JUPREF_SYNCED_SLOT + i, 4);
        assert_int_equal(journal_broken_slots(&world), 1);
        (void) jupref_synced_read(&world.store, &read, &(unsigned) { 0 },
                                  &fault);
        assert_int_equal(read.seq, 10 * (i - 1));
        assert_int_equal(read.count, synced.count - 1);

        sim_disk_flip(world.sim, "synced",
                      synced.count % 2 * JUPREF_SYNCED_SLOT + i, 4);
        (void) jupref_synced_read(&world.store, &read, &(unsigned) { 0 },
                                  &fault);
        assert_memory_equal(&read, &synced, sizeof(read));
    }

    journal_world_free(&world);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_batches_tell_torn_from_damage),
        cmocka_unit_test(test_unmade_segment_is_torn),
        cmocka_unit_test(test_reading_begins_and_ends_where_asked),
        cmocka_unit_test(test_broken_frames_on_the_way_are_named),
        cmocka_unit_test(test_empty_journal),
        cmocka_unit_test(test_synced_slots_take_turns)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
