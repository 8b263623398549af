/*
 * The journal on disk: whatever byte is changed, cut off or gone, it is found
 * and the right file is named; and only what a crash may have torn off passes
 * for torn.
 */

#include "log/jupref_journal.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "journal_world.h"


#define RECORDS  23                     /* in segments of 8, 8 and 7 */


/* Three segments, all synced; the log has ended. */
static void
written(journal_world_t *world)
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

    assert_int_equal(world->log->synced, RECORDS);
    journal_world_stop(world);
    sim_disk_settle(world->sim);
}


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


static unsigned
broken_slots(journal_world_t *world)
{
    unsigned         broken;
    jupref_synced_t  synced;

    assert_int_equal(jupref_synced_read(&world->store, &synced, &broken,
                                        &world->fault), JUPREF_FAULT_NONE);
    return broken;
}


/* Changes one byte, looks that it is named, and changes it back. */
static void
flip_is_named(journal_world_t *world, const char *name, uint64_t at,
    uint8_t mask)
{
    journal_read_t  read;

    sim_disk_flip(world->sim, name, at, mask);

    if (strcmp(name, "synced") == 0) {
        assert_int_equal(broken_slots(world), 1);

    } else {
        read = journal_read(world, 1);

        if (read.fault == JUPREF_FAULT_NONE
            || read.fault == JUPREF_FAULT_TORN
            || strcmp(world->fault.file, name) != 0)
        {
            fail_msg("byte %llu of %s, mask %u: %s, %s",
                     (unsigned long long) at, name, mask,
                     jupref_fault_name(read.fault), world->fault.text);
        }
    }

    sim_disk_flip(world->sim, name, at, mask);
}


static void
test_any_flipped_byte_is_named(void **state)
{
    char             name[JUPREF_NAME_MAX];
    size_t           i, len, at;
    journal_world_t  world;

    written(&world);

    for (i = 0; sim_disk_name(world.sim, i) != NULL; i++) {
        strcpy(name, sim_disk_name(world.sim, i));
        assert_non_null(sim_disk_bytes(world.sim, name, &len));

        for (at = 0; at < len; at++) {
            flip_is_named(&world, name, at, (uint8_t) (1u << at % 8));
            flip_is_named(&world, name, at,
                          (uint8_t) (1 + sim_disk_random(world.sim, 255)));
        }
    }

    assert_int_equal(i, 4);
    assert_int_equal(broken_slots(&world), 0);
    assert_int_equal(journal_read(&world, 1).seq, RECORDS);
    journal_world_free(&world);
}


static void
cut_is_named(const journal_world_t *world, const char *name, uint64_t size)
{
    journal_read_t   read;
    journal_world_t  cut;

    journal_world_init(&cut, sim_disk_copy(world->sim, 1));
    sim_disk_cut(cut.sim, name, size);

    if (strcmp(name, "synced") == 0) {
        assert_int_equal(broken_slots(&cut),
                         size < JUPREF_SYNCED_SLOT ? 2 : 1);

    } else {
        read = journal_read(&cut, 1);

        if (read.fault == JUPREF_FAULT_NONE
            || read.fault == JUPREF_FAULT_TORN
            || strcmp(cut.fault.file, name) != 0)
        {
            fail_msg("%s cut to %llu: %s, %s", name, (unsigned long long) size,
                     jupref_fault_name(read.fault), cut.fault.text);
        }
    }

    journal_world_free(&cut);
}


static void
test_any_cut_is_named(void **state)
{
    size_t           i, len, size;
    const char      *name;
    journal_world_t  world;

    written(&world);

    for (i = 0; sim_disk_name(world.sim, i) != NULL; i++) {
        name = sim_disk_name(world.sim, i);
        assert_non_null(sim_disk_bytes(world.sim, name, &len));

        for (size = 0; size < len; size++) {
            cut_is_named(&world, name, size);
        }
    }

    journal_world_free(&world);
}


/* Bytes behind the end are no journal's either, whatever they are. */
static void
test_more_bytes_are_named(void **state)
{
    size_t           len;
    uint8_t         *longer;
    const uint8_t   *bytes;
    journal_world_t  world;

    written(&world);
    bytes = sim_disk_bytes(world.sim, journal_name(9), &len);
    longer = calloc(1, len + 5000);
    assert_non_null(longer);
    memcpy(longer, bytes, len);
    sim_disk_put(world.sim, journal_name(9), longer, len + 1);
    assert_fault(&world, JUPREF_FAULT_SHORT, journal_name(9));
    sim_disk_put(world.sim, journal_name(9), longer, len + 5000);
    assert_fault(&world, JUPREF_FAULT_RECORD, journal_name(9));

    /* a frame of its own, a second time */

    memcpy(longer + len, longer + JUPREF_SEGMENT_HEADER, 400);
    sim_disk_put(world.sim, journal_name(9), longer, len + 400);
    assert_fault(&world, JUPREF_FAULT_RECORD, journal_name(9));

    free(longer);
    journal_world_free(&world);
}


static void
test_gone_files_are_named(void **state)
{
    jupref_disk_t   *disk;
    journal_world_t  world;

    written(&world);
    disk = world.store.disk;
    assert_int_equal(disk->remove(disk, journal_name(9)), 0);
    assert_fault(&world, JUPREF_FAULT_MISSING, journal_name(1));
    assert_int_equal(disk->remove(disk, journal_name(1)), 0);
    assert_fault(&world, JUPREF_FAULT_MISSING, journal_name(17));
    assert_int_equal(disk->remove(disk, journal_name(17)), 0);
    assert_fault(&world, JUPREF_FAULT_SHORT, "journal");
    journal_world_free(&world);

    written(&world);
    disk = world.store.disk;
    assert_int_equal(disk->remove(disk, journal_name(17)), 0);
    assert_fault(&world, JUPREF_FAULT_SHORT, journal_name(9));
    assert_int_equal(disk->remove(disk, "synced"), 0);
    assert_int_equal(broken_slots(&world), 2);
    journal_world_free(&world);
}


/* A segment under another's name, or of another journal. */
static void
test_swapped_segments_are_named(void **state)
{
    size_t           len, other_len;
    uint8_t         *copy;
    const uint8_t   *bytes;
    journal_world_t  world, other;

    written(&world);
    bytes = sim_disk_bytes(world.sim, journal_name(17), &len);
    copy = malloc(len);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    sim_disk_put(world.sim, journal_name(9), copy, len);
    assert_fault(&world, JUPREF_FAULT_HEADER, journal_name(9));
    free(copy);
    journal_world_free(&world);

    /* the same events under the same keys, but with other previous hashes */

    written(&world);
    journal_world_init(&other, sim_disk_create(2));
    assert_int_equal(journal_recover(&other), JUPREF_FAULT_NONE);
    other.log->head[0] = 1;
    journal_push(&other, 8);
    jupref_log_bound(other.log, 1);
    journal_push(&other, 8);
    assert_int_equal(journal_flush(&other), JUPREF_FAULT_NONE);
    bytes = sim_disk_bytes(other.sim, journal_name(9), &other_len);
    sim_disk_put(world.sim, journal_name(9), bytes, other_len);
    assert_fault(&world, JUPREF_FAULT_CHAIN, journal_name(9));
    journal_world_free(&other);
    journal_world_free(&world);
}


static void
test_strange_files(void **state)
{
    journal_world_t  world;

    written(&world);
    sim_disk_put(world.sim, "journal/00000000000000000009.segment.new", "x",
                 1);
    assert_int_equal(journal_read(&world, 1).seq, RECORDS);

    sim_disk_put(world.sim, "journal/9.segment", "x", 1);
    assert_fault(&world, JUPREF_FAULT_NOT_A_SEGMENT, "journal/9.segment");
    world.store.disk->remove(world.store.disk, "journal/9.segment");

    sim_disk_put(world.sim, "journal/99999999999999999999.segment", "x", 1);
    assert_fault(&world, JUPREF_FAULT_NOT_A_SEGMENT,
                 "journal/99999999999999999999.segment");
    journal_world_free(&world);
}


static void
test_other_keys_edges_and_formats(void **state)
{
    size_t               len;
    uint8_t              header[JUPREF_SEGMENT_HEADER];
    journal_world_t      world;
    const jupref_key_t  *both;
    const jupref_key_t   strange = { "k3", "0000000000000000" };
    jupref_key_t         rotated[2];

    written(&world);
    both = world.store.keys.keys;

    world.store.keys.keys = &strange;
    world.store.keys.count = 1;
    assert_fault(&world, JUPREF_FAULT_KEY_UNKNOWN, journal_name(1));
    assert_non_null(strstr(world.fault.text, "\"k2\""));

    rotated[0] = strange;
    rotated[1] = both[0];
    world.store.keys.keys = rotated;
    world.store.keys.count = 2;
    assert_int_equal(journal_read(&world, 1).seq, RECORDS);
    world.store.keys.keys = both;

    world.store.edge[5] = 'b';
    assert_fault(&world, JUPREF_FAULT_OTHER_EDGE, journal_name(1));
    assert_non_null(strstr(world.fault.text, "\"edge-a\""));
    world.store.edge[5] = 'a';

    memcpy(header, sim_disk_bytes(world.sim, journal_name(1), &len),
           sizeof(header));
    header[8] = JUPREF_JOURNAL_FORMAT + 1;
    sim_disk_put(world.sim, journal_name(1), header, sizeof(header));
    assert_fault(&world, JUPREF_FAULT_FORMAT_NEWER, journal_name(1));
    journal_world_free(&world);
}


/* Where the frame of a record begins in a segment. */
static uint64_t
frame_at(journal_world_t *world, uint64_t segment, uint64_t seq)
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

    journal_world_stop(&world);
    sim_disk_put(world.sim, "synced", old, sizeof(old));
    (void) sim_disk_bytes(world.sim, journal_name(1), &len);

    for (seq = 1; seq <= 15; seq++) {
        at = frame_at(&world, 1, seq);
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

    for (at = len - 1; at > frame_at(&world, 1, 6); at--) {
        sim_disk_cut(world.sim, journal_name(1), at);
        read = journal_read(&world, 1);
        assert_true(read.seq >= 5);
        assert_true(read.fault == JUPREF_FAULT_TORN
                    || (read.fault == JUPREF_FAULT_NONE && read.at == at));
    }

    sim_disk_cut(world.sim, journal_name(1), frame_at(&world, 1, 5) + 20);
    assert_fault(&world, JUPREF_FAULT_SHORT, journal_name(1));
    journal_world_free(&world);
}


/* A crash while a segment was made: whatever is there of it has no record. */
static void
test_unmade_segment_is_torn(void **state)
{
    size_t           size;
    uint8_t          header[JUPREF_SEGMENT_HEADER + 1];
    journal_read_t   read;
    journal_world_t  world;

    written(&world);
    memcpy(header, sim_disk_bytes(world.sim, journal_name(17), &size),
           sizeof(header));

    for (size = 0; size <= JUPREF_SEGMENT_HEADER; size++) {
        sim_disk_put(world.sim, journal_name(RECORDS + 1), header, size);
        read = journal_read(&world, 1);
        assert_int_equal(read.fault, JUPREF_FAULT_TORN);
        assert_int_equal(read.seq, RECORDS);
        assert_int_equal(read.segment, RECORDS + 1);
        assert_int_equal(read.at, 0);
        assert_int_equal(world.fault.bytes, size);

        read = journal_read(&world, RECORDS + 1);
        assert_int_equal(read.fault, JUPREF_FAULT_TORN);
        assert_int_equal(read.at, 0);
    }

    /* with a byte behind the header it had been made */

    sim_disk_put(world.sim, journal_name(RECORDS + 1), header, size);
    assert_fault(&world, JUPREF_FAULT_HEADER, journal_name(RECORDS + 1));
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

    written(&world);

    for (from = 1; from <= RECORDS + 1; from++) {
        read = journal_read(&world, from);
        assert_int_equal(read.fault, JUPREF_FAULT_NONE);
        assert_int_equal(read.seq, RECORDS);

        for (until = from - 1; until <= RECORDS; until++) {
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

    read = journal_read(&world, RECORDS + 2);
    assert_int_equal(read.fault, JUPREF_FAULT_SHORT);
    assert_int_equal(world.fault.seq, RECORDS + 1);
    journal_world_free(&world);
}


/* The way to `from` leads over frames that nobody opens, if it leads there. */
static void
test_broken_frames_on_the_way_are_named(void **state)
{
    uint64_t         at;
    journal_world_t  world;

    written(&world);
    at = frame_at(&world, 9, 11);
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
    assert_int_equal(broken_slots(&world), 0);
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
        assert_int_equal(broken_slots(&world), 0);

        sim_disk_flip(world.sim, "synced",
                      synced.count % 2 * JUPREF_SYNCED_SLOT + i, 4);
        assert_int_equal(broken_slots(&world), 1);
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


static void
test_faults_have_names_and_texts(void **state)
{
    unsigned        i, j;
    jupref_fault_t  fault;

    for (i = 0; i < JUPREF_FAULTS; i++) {
        assert_non_null(jupref_fault_name((jupref_fault_e) i));

        for (j = 0; j < i; j++) {
            assert_string_not_equal(jupref_fault_name((jupref_fault_e) i),
                                    jupref_fault_name((jupref_fault_e) j));
        }
    }

    memset(&fault, 0, sizeof(fault));
    assert_int_equal(jupref_fault_set(&fault, JUPREF_FAULT_RECORD, "synced",
                                      17, "%0400d", 1), JUPREF_FAULT_RECORD);
    assert_int_equal(strlen(fault.text), JUPREF_FAULT_TEXT - 1);
    assert_int_equal(fault.at, 17);
    assert_string_equal(fault.file, "synced");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_any_flipped_byte_is_named),
        cmocka_unit_test(test_any_cut_is_named),
        cmocka_unit_test(test_more_bytes_are_named),
        cmocka_unit_test(test_gone_files_are_named),
        cmocka_unit_test(test_swapped_segments_are_named),
        cmocka_unit_test(test_strange_files),
        cmocka_unit_test(test_other_keys_edges_and_formats),
        cmocka_unit_test(test_batches_tell_torn_from_damage),
        cmocka_unit_test(test_unmade_segment_is_torn),
        cmocka_unit_test(test_reading_begins_and_ends_where_asked),
        cmocka_unit_test(test_broken_frames_on_the_way_are_named),
        cmocka_unit_test(test_empty_journal),
        cmocka_unit_test(test_synced_slots_take_turns),
        cmocka_unit_test(test_faults_have_names_and_texts)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
