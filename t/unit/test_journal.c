/*
 * The journal on disk: whatever byte is changed, cut off or gone, it is found
 * and the right file is named.
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


/* Changes one byte, looks that it is named, and changes it back. */
static void
flip_is_named(journal_world_t *world, const char *name, uint64_t at,
    uint8_t mask)
{
    journal_read_t  read;

    sim_disk_flip(world->sim, name, at, mask);

    if (strcmp(name, "synced") == 0) {
        assert_int_equal(journal_broken_slots(world), 1);

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

    journal_written(&world);

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
    assert_int_equal(journal_broken_slots(&world), 0);
    assert_int_equal(journal_read(&world, 1).seq, JOURNAL_RECORDS);
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
        assert_true(journal_broken_slots(&cut) > 0);

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

    journal_written(&world);

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

    journal_written(&world);
    bytes = sim_disk_bytes(world.sim, journal_name(9), &len);
    longer = malloc(len + 5000);
    assert_non_null(longer);
    memset(longer, 0xa5, len + 5000);
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

    journal_written(&world);
    disk = world.store.disk;
    assert_int_equal(disk->remove(disk, journal_name(9)), 0);
    assert_fault(&world, JUPREF_FAULT_MISSING, journal_name(1));
    assert_int_equal(disk->remove(disk, journal_name(1)), 0);
    assert_fault(&world, JUPREF_FAULT_MISSING, journal_name(17));
    assert_int_equal(disk->remove(disk, journal_name(17)), 0);
    assert_fault(&world, JUPREF_FAULT_SHORT, "journal");
    journal_world_free(&world);

    journal_written(&world);
    disk = world.store.disk;
    assert_int_equal(disk->remove(disk, journal_name(17)), 0);
    assert_fault(&world, JUPREF_FAULT_SHORT, journal_name(9));
    assert_int_equal(disk->remove(disk, "synced"), 0);
    assert_int_equal(journal_broken_slots(&world), 2);
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

    journal_written(&world);
    bytes = sim_disk_bytes(world.sim, journal_name(17), &len);
    copy = malloc(len);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    sim_disk_put(world.sim, journal_name(9), copy, len);
    assert_fault(&world, JUPREF_FAULT_HEADER, journal_name(9));
    free(copy);
    journal_world_free(&world);

    /* the same events under the same keys, but with other previous hashes */

    journal_written(&world);
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

    journal_written(&world);
    sim_disk_put(world.sim, "journal/00000000000000000009.segment.new", "x",
                 1);
    assert_int_equal(journal_read(&world, 1).seq, JOURNAL_RECORDS);

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

    journal_written(&world);
    both = world.store.keys.keys;

    world.store.keys.keys = &strange;
    world.store.keys.count = 1;
    assert_fault(&world, JUPREF_FAULT_KEY_UNKNOWN, journal_name(1));
    assert_non_null(strstr(world.fault.text, "\"k2\""));

    rotated[0] = strange;
    rotated[1] = both[0];
    world.store.keys.keys = rotated;
    world.store.keys.count = 2;
    assert_int_equal(journal_read(&world, 1).seq, JOURNAL_RECORDS);
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
        cmocka_unit_test(test_faults_have_names_and_texts)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
