/*
 * Recovery of a directory that isn't whole: what can be done without is
 * passed over or cut, what can't is named.
 */

#include "recovery_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "journal_world.h"


static void
remove_file(recovery_world_t *world, const char *name)
{
    assert_int_equal(world->sim->disk.remove(&world->sim->disk, name), 0);
}


static void
break_snapshot(recovery_world_t *world, uint64_t seq)
{
    char    name[JUPREF_NAME_MAX];
    size_t  len;

    snprintf(name, sizeof(name), "snapshots/%020llu.snapshot",
             (unsigned long long) seq);
    assert_non_null(sim_disk_bytes(world->sim, name, &len));
    sim_disk_flip(world->sim, name, len - 1, 0x01);
}


/* What a crash may leave behind the last record that was synced. */
static void
append_garbage(recovery_world_t *world, unsigned len)
{
    int             file;
    char            name[JUPREF_NAME_MAX];
    uint8_t         garbage[256];
    jupref_disk_t  *disk;

    disk = &world->sim->disk;
    assert_in_range(len, 1, sizeof(garbage));
    memset(garbage, 0xa5, sizeof(garbage));
    jupref_segment_name(name, world->log->segment);

    file = disk->open(disk, name, 1, 0);
    assert_true(file >= 0);
    assert_int_equal(disk->write(disk, file, garbage, len,
                                 (uint64_t) disk->size(disk, file)), 0);
    disk->close(disk, file);
}


static void
a_broken_snapshot_is_passed_over_and_named(void **state)
{
    recovery_t        recovery;
    recovery_world_t  world;

    recovery_world_start(&world, 3);
    recovery_world_events(&world, 30);
    recovery_world_flush(&world);
    assert_int_equal(recovery_world_snapshot(&world), JUPREF_FAULT_NONE);
    recovery_world_events(&world, 30);
    recovery_world_flush(&world);
    assert_int_equal(recovery_world_snapshot(&world), JUPREF_FAULT_NONE);
    recovery_world_events(&world, 30);
    recovery_world_flush(&world);

    break_snapshot(&world, 60);
    recovery = recovery_of(&world);
    assert_recovered(&world, &recovery);
    assert_int_equal(recovery.recovered.snapshot, 30);
    assert_int_equal(recovery.recovered.broken_snapshots, 1);
    assert_int_equal(recovery.recovered.warning.fault, JUPREF_FAULT_SNAPSHOT);
    assert_non_null(strstr(recovery.recovered.warning.text,
                           "snapshots/00000000000000000060.snapshot"));
    recovery_free(&recovery);

    break_snapshot(&world, 30);
    recovery = recovery_of(&world);
    assert_recovered(&world, &recovery);
    assert_int_equal(recovery.recovered.snapshot, 0);
    assert_int_equal(recovery.recovered.records, 90);
    assert_int_equal(recovery.recovered.broken_snapshots, 2);
    recovery_free(&recovery);

    recovery_world_free(&world);
}


static void
without_a_snapshot_the_journal_must_begin_with_the_first_event(void **state)
{
    recovery_t        recovery;
    recovery_world_t  world;

    recovery_world_start(&world, 4);
    recovery_world_events(&world, 30);
    recovery_world_bound(&world);
    assert_int_equal(recovery_world_snapshot(&world), JUPREF_FAULT_NONE);
    recovery_world_events(&world, 30);
    recovery_world_flush(&world);
    remove_file(&world, journal_name(1));

    recovery = recovery_of(&world);
    assert_recovered(&world, &recovery);
    recovery_free(&recovery);

    break_snapshot(&world, 30);
    recovery = recovery_of(&world);
    assert_int_equal(recovery.fault, JUPREF_FAULT_MISSING);
    assert_int_equal(recovery.told.seq, 1);
    assert_non_null(strstr(recovery.told.text, "begins with event 31"));
    recovery_free(&recovery);

    recovery_world_free(&world);
}


static void
a_journal_that_ends_before_a_snapshot_has_lost_segments(void **state)
{
    recovery_t        recovery;
    recovery_world_t  world;

    recovery_world_start(&world, 5);
    recovery_world_events(&world, 30);
    recovery_world_bound(&world);
    recovery_world_events(&world, 30);
    recovery_world_bound(&world);
    assert_int_equal(recovery_world_snapshot(&world), JUPREF_FAULT_NONE);
    remove_file(&world, journal_name(31));

    recovery = recovery_of(&world);
    assert_int_equal(recovery.fault, JUPREF_FAULT_SHORT);
    recovery_free(&recovery);

    remove_file(&world, journal_name(1));
    recovery = recovery_of(&world);
    assert_int_equal(recovery.fault, JUPREF_FAULT_SHORT);
    assert_non_null(strstr(recovery.told.text, "60"));
    recovery_free(&recovery);

    recovery_world_free(&world);
}


static void
segments_missing_behind_a_snapshot_are_named(void **state)
{
    recovery_t        recovery;
    recovery_world_t  world;

    recovery_world_start(&world, 6);
    recovery_world_events(&world, 30);
    recovery_world_bound(&world);
    assert_int_equal(recovery_world_snapshot(&world), JUPREF_FAULT_NONE);
    recovery_world_events(&world, 30);
    recovery_world_bound(&world);
    recovery_world_events(&world, 30);
    recovery_world_flush(&world);
    remove_file(&world, journal_name(1));
    remove_file(&world, journal_name(31));

    recovery = recovery_of(&world);
    assert_int_equal(recovery.fault, JUPREF_FAULT_MISSING);
    assert_int_equal(recovery.told.seq, 31);
    recovery_free(&recovery);

    recovery_world_free(&world);
}


static void
a_snapshot_of_another_history_is_refused(void **state)
{
    char              name[JUPREF_NAME_MAX];
    size_t            len;
    const uint8_t    *bytes;
    recovery_t        recovery;
    recovery_world_t  world, other;

    recovery_world_start(&other, 8);
    recovery_world_events(&other, 30);
    recovery_world_flush(&other);
    assert_int_equal(recovery_world_snapshot(&other), JUPREF_FAULT_NONE);

    recovery_world_start(&world, 7);
    recovery_world_events(&world, 29);
    recovery_world_flush(&world);
    assert_int_equal(recovery_world_snapshot(&world), JUPREF_FAULT_NONE);
    recovery_world_events(&world, 21);
    recovery_world_flush(&world);

    snprintf(name, sizeof(name), "snapshots/%020u.snapshot", 30);
    bytes = sim_disk_bytes(other.sim, name, &len);
    assert_non_null(bytes);
    sim_disk_put(world.sim, name, bytes, len);

    recovery = recovery_of(&world);
    assert_int_equal(recovery.fault, JUPREF_FAULT_CHAIN);
    assert_int_equal(recovery.told.seq, 30);
    recovery_free(&recovery);

    recovery_world_free(&world);
    recovery_world_free(&other);
}


static void
a_torn_tail_is_told_and_cut_when_asked(void **state)
{
    size_t             before, after;
    recovery_t         recovery;
    recovery_world_t   world;
    jupref_recovery_t  how;

    recovery_world_start(&world, 9);
    recovery_world_events(&world, 40);
    recovery_world_flush(&world);
    jupref_log_trim(world.log, &world.store);
    assert_non_null(sim_disk_bytes(world.sim, journal_name(1), &before));
    append_garbage(&world, 111);

    recovery = recovery_of(&world);
    assert_recovered(&world, &recovery);
    assert_int_equal(recovery.recovered.torn, 111);
    assert_int_equal(recovery.recovered.warning.fault, JUPREF_FAULT_TORN);
    assert_int_equal(recovery.recovered.warning.at, before);
    recovery_free(&recovery);
    assert_non_null(sim_disk_bytes(world.sim, journal_name(1), &after));
    assert_int_equal(after, before + 111);

    memset(&how, 0, sizeof(how));
    how.cut = 1;
    recovery = recovery_of_size(&world, &how, RECOVERY_ZONE);
    assert_recovered(&world, &recovery);
    assert_int_equal(recovery.recovered.torn, 111);
    recovery_free(&recovery);

    sim_disk_crash(world.sim);
    assert_non_null(sim_disk_bytes(world.sim, journal_name(1), &after));
    assert_int_equal(after, before);

    recovery = recovery_of_size(&world, &how, RECOVERY_ZONE);
    assert_recovered(&world, &recovery);
    assert_int_equal(recovery.recovered.torn, 0);
    assert_int_equal(recovery.recovered.warning.fault, JUPREF_FAULT_NONE);
    recovery_free(&recovery);

    recovery_world_free(&world);
}


/* The header of a segment was being written when the power went. */
static void
a_segment_without_a_header_is_removed(void **state)
{
    size_t             len;
    recovery_t         recovery;
    recovery_world_t   world;
    jupref_recovery_t  how;

    recovery_world_start(&world, 10);
    recovery_world_events(&world, 40);
    recovery_world_flush(&world);
    sim_disk_put(world.sim, journal_name(41), "JUPREFJ1", 8);

    memset(&how, 0, sizeof(how));
    how.cut = 1;
    recovery = recovery_of_size(&world, &how, RECOVERY_ZONE);
    assert_recovered(&world, &recovery);
    assert_int_equal(recovery.recovered.torn, 8);
    assert_null(sim_disk_bytes(world.sim, journal_name(41), &len));
    recovery_free(&recovery);

    recovery_world_restart(&world);
    recovery_world_events(&world, 5);
    recovery_world_flush(&world);
    recovery = recovery_of(&world);
    assert_recovered(&world, &recovery);
    recovery_free(&recovery);

    recovery_world_free(&world);
}


static void
a_broken_slot_is_named_and_a_torn_tail_beside_it_refused(void **state)
{
    unsigned          newer;
    recovery_t        recovery;
    recovery_world_t  world;

    recovery_world_start(&world, 11);
    recovery_world_events(&world, 40);
    recovery_world_flush(&world);
    recovery_world_events(&world, 4);
    recovery_world_flush(&world);

    newer = (unsigned) world.log->mark.count % 2;
    sim_disk_flip(world.sim, "synced", newer * JUPREF_SYNCED_SLOT + 9, 0x40);

    recovery = recovery_of(&world);
    assert_recovered(&world, &recovery);
    assert_int_equal(recovery.recovered.warning.fault, JUPREF_FAULT_SYNCED);
    recovery_free(&recovery);

    append_garbage(&world, 50);
    recovery = recovery_of(&world);
    assert_int_equal(recovery.fault, JUPREF_FAULT_SYNCED);
    assert_int_equal(recovery.told.seq, 45);
    recovery_free(&recovery);

    recovery_world_free(&world);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_broken_snapshot_is_passed_over_and_named),
        cmocka_unit_test(
            without_a_snapshot_the_journal_must_begin_with_the_first_event),
        cmocka_unit_test(
            a_journal_that_ends_before_a_snapshot_has_lost_segments),
        cmocka_unit_test(segments_missing_behind_a_snapshot_are_named),
        cmocka_unit_test(a_snapshot_of_another_history_is_refused),
        cmocka_unit_test(a_torn_tail_is_told_and_cut_when_asked),
        cmocka_unit_test(a_segment_without_a_header_is_removed),
        cmocka_unit_test(
            a_broken_slot_is_named_and_a_torn_tail_beside_it_refused)
    };

    return cmocka_run_group_tests_name("recovery_damage", tests, NULL, NULL);
}
