/*
 * Recovery: what comes back is what was there, byte for byte.  Damage:
 * test_recovery_damage.c.
 */

#include "recovery_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "journal_world.h"
#include "ledger_world.h"
#include "saved_state.h"


static void
an_empty_directory_gives_an_empty_ledger(void **state)
{
    recovery_t        recovery;
    recovery_world_t  world;

    recovery_world_start(&world, 1);
    recovery = recovery_of(&world);
    assert_recovered(&world, &recovery);
    assert_int_equal(recovery.recovered.records, 0);
    assert_int_equal(recovery.recovered.segment, 0);
    assert_int_equal(recovery.recovered.warning.fault, JUPREF_FAULT_NONE);

    recovery_free(&recovery);
    recovery_world_free(&world);
}


/* Events, ends of segments, snapshots and restarts in any order. */
static void
live_through(recovery_world_t *world, uint64_t *random)
{
    unsigned  step;

    for (step = 0; step < 12; step++) {

        switch (random_next(random) % 5) {

        case 0:
            recovery_world_bound(world);
            break;

        case 1:
            recovery_world_flush(world);
            assert_int_equal(recovery_world_snapshot(world),
                             JUPREF_FAULT_NONE);
            break;

        case 2:
            recovery_world_flush(world);
            recovery_world_restart(world);
            break;

        default:
            recovery_world_events(world,
                                  1 + (unsigned) random_next(random) % 60);
            break;
        }
    }

    recovery_world_flush(world);
}


static void
any_history_comes_back_as_it_was(void **state)
{
    unsigned           seed;
    uint64_t           random;
    recovery_t         recovery;
    recovery_world_t   world;
    jupref_recovery_t  how;

    memset(&how, 0, sizeof(how));
    how.check = 1;

    for (seed = 1; seed <= 25; seed++) {
        random = seed;
        recovery_world_start(&world, seed);
        live_through(&world, &random);

        recovery = recovery_of(&world);
        assert_recovered(&world, &recovery);
        assert_int_equal(recovery.recovered.snapshot
                         + recovery.recovered.records, world.ledger->seq);
        assert_int_equal(recovery.recovered.warning.fault, JUPREF_FAULT_NONE);
        recovery_free(&recovery);

        /* into a larger zone, and with every hash computed */

        recovery = recovery_of_size(&world, &how, 2 * RECOVERY_ZONE);
        assert_int_equal(recovery.fault, JUPREF_FAULT_NONE);
        assert_int_equal(recovery.ledger->digest, world.ledger->digest);
        recovery_free(&recovery);

        recovery_world_free(&world);
    }
}


static void
only_the_journal_behind_the_newest_snapshot_is_folded(void **state)
{
    recovery_t        recovery;
    recovery_world_t  world;

    recovery_world_start(&world, 2);
    recovery_world_events(&world, 50);
    recovery_world_flush(&world);
    assert_int_equal(recovery_world_snapshot(&world), JUPREF_FAULT_NONE);
    recovery_world_events(&world, 50);
    recovery_world_bound(&world);
    assert_int_equal(recovery_world_snapshot(&world), JUPREF_FAULT_NONE);
    recovery_world_events(&world, 7);
    recovery_world_flush(&world);

    recovery = recovery_of(&world);
    assert_recovered(&world, &recovery);
    assert_int_equal(recovery.recovered.snapshot, 100);
    assert_int_equal(recovery.recovered.records, 7);
    assert_int_equal(recovery.recovered.segment, 101);

    recovery_free(&recovery);
    recovery_world_free(&world);
}


static void
the_past_comes_back_up_to_any_event(void **state)
{
    unsigned           i;
    recovery_t         recovery;
    jupref_ledger_t   *then[3];
    recovery_world_t   world;
    jupref_recovery_t  how;

    memset(&how, 0, sizeof(how));
    recovery_world_start(&world, 12);

    for (i = 0; i < 3; i++) {
        recovery_world_events(&world, 40);
        then[i] = state_loaded_from(world.ledger, RECOVERY_ZONE);
        recovery_world_flush(&world);

        if (i == 1) {
            assert_int_equal(recovery_world_snapshot(&world),
                             JUPREF_FAULT_NONE);
        }
    }

    for (i = 0; i < 3; i++) {
        how.until = 40 * (i + 1);
        recovery = recovery_of_size(&world, &how, RECOVERY_ZONE);
        assert_int_equal(recovery.fault, JUPREF_FAULT_NONE);
        assert_int_equal(recovery.place.seq, how.until);
        assert_same_ledgers(then[i], recovery.ledger);
        recovery_free(&recovery);
        world_free(then[i]);
    }

    how.until = 121;
    recovery = recovery_of_size(&world, &how, RECOVERY_ZONE);
    assert_int_equal(recovery.fault, JUPREF_FAULT_SHORT);
    recovery_free(&recovery);

    recovery_world_free(&world);
}


static void
an_event_that_the_ledger_refuses_is_named_with_its_reason(void **state)
{
    uint8_t           salt[JUPREF_SALT_SIZE] = { 0 };
    recovery_t        recovery;
    jupref_event_t    event;
    recovery_world_t  world;

    recovery_world_start(&world, 13);
    recovery_world_events(&world, 20);

    event = event_bound(world.ledger, 1, "nobodys-code");
    event.time_ms = world.log->time_ms;
    assert_true(jupref_log_prepare(world.log, &event, salt));
    assert_true(jupref_log_publish(world.log, &event));
    recovery_world_flush(&world);

    recovery = recovery_of(&world);
    assert_int_equal(recovery.fault, JUPREF_FAULT_EVENT);
    assert_int_equal(recovery.told.seq, 21);
    assert_int_equal(recovery.place.seq, 20);
    assert_string_equal(recovery.told.file, journal_name(1));
    assert_true(recovery.told.at > JUPREF_SEGMENT_HEADER);
    assert_non_null(strstr(recovery.told.text, "code_unknown"));
    recovery_free(&recovery);

    recovery_world_free(&world);
}


/* More referrers than the smallest zone has rows for. */
static void
fill_referrers(recovery_world_t *world, unsigned count)
{
    uint8_t         salt[JUPREF_SALT_SIZE] = { 0 };
    unsigned        i;
    jupref_event_t  event;

    for (i = 0; i < count; i++) {
        event = event_registered(world->ledger, 1000 + i, 0);

        if (!jupref_log_has_room(world->log)) {
            recovery_world_flush(world);
        }

        assert_true(jupref_log_prepare(world->log, &event, salt));
        assert_int_equal(jupref_ledger_apply(world->ledger, &event),
                         JUPREF_LEDGER_OK);
        assert_true(jupref_log_publish(world->log, &event));
    }

    recovery_world_flush(world);
}


static void
a_zone_that_is_too_small_is_named_with_its_table(void **state)
{
    char               rows[64];
    unsigned           count;
    recovery_t         recovery;
    jupref_ledger_t   *small;
    recovery_world_t   world;
    jupref_recovery_t  how;

    memset(&how, 0, sizeof(how));
    small = world_new(JUPREF_LEDGER_MIN);
    count = small->tables[JUPREF_TABLE_REFERRERS].capacity + 1;
    world_free(small);

    recovery_world_start(&world, 14);
    assert_true(count <= world.ledger->tables[JUPREF_TABLE_REFERRERS].capacity);
    fill_referrers(&world, count);

    /* by the fold */

    recovery = recovery_of_size(&world, &how, JUPREF_LEDGER_MIN);
    assert_int_equal(recovery.fault, JUPREF_FAULT_ZONE);
    assert_int_equal(recovery.told.seq, count);
    assert_non_null(strstr(recovery.told.text, "\"referrers\""));
    recovery_free(&recovery);

    /* by the snapshot, which knows how many it needs */

    assert_int_equal(recovery_world_snapshot(&world), JUPREF_FAULT_NONE);
    recovery = recovery_of_size(&world, &how, JUPREF_LEDGER_MIN);
    assert_int_equal(recovery.fault, JUPREF_FAULT_ZONE);
    snprintf(rows, sizeof(rows), "\"referrers\", the snapshot has %u", count);
    assert_non_null(strstr(recovery.told.text, rows));
    recovery_free(&recovery);

    recovery_world_free(&world);
}


/* As snapshots are made: an arena of its own, segment after segment. */
static void
a_ledger_that_catches_up_is_the_live_one_at_each_boundary(void **state)
{
    unsigned           i;
    uint64_t           records, digest;
    jupref_fault_t     fault;
    jupref_place_t     place;
    jupref_ledger_t   *arena;
    recovery_world_t   world;
    jupref_recovery_t  how;

    memset(&how, 0, sizeof(how));
    memset(&place, 0, sizeof(place));
    memset(&fault, 0, sizeof(fault));
    recovery_world_start(&world, 15);
    arena = world_new(RECOVERY_ZONE);

    for (i = 1; i <= 6; i++) {
        recovery_world_events(&world, 35);
        recovery_world_bound(&world);
        how.until = world.log->seq;
        assert_true(jupref_log_boundary(world.log, how.until, &digest));

        recovery_world_events(&world, 5);
        recovery_world_flush(&world);

        assert_int_equal(jupref_catch_up(&world.store, &how, arena, &place,
                                         &records, &fault),
                         JUPREF_FAULT_NONE);
        assert_int_equal(records, i == 1 ? 35 : 40);
        assert_int_equal(place.seq, how.until);
        assert_true(arena->digest == digest);
        assert_int_equal(arena->unranked, 0);

        if (i == 3) {
            assert_int_equal(jupref_snapshot_write(&world.store, arena,
                                                   &place, place.time_ms,
                                                   &fault),
                             JUPREF_FAULT_NONE);
        }
    }

    how.until = 0;
    assert_int_equal(jupref_catch_up(&world.store, &how, arena, &place,
                                     &records, &fault), JUPREF_FAULT_NONE);
    assert_int_equal(records, 5);
    assert_same_ledgers(world.ledger, arena);
    assert_int_equal(jupref_catch_up(&world.store, &how, arena, &place,
                                     &records, &fault), JUPREF_FAULT_NONE);
    assert_int_equal(records, 0);

    world_free(arena);
    recovery_world_free(&world);
}


/* A batch in flight when the power went: all that was synced is there. */
static void
a_crash_in_the_middle_of_anything_loses_nothing_that_was_synced(void **state)
{
    unsigned           seed;
    uint64_t           synced;
    recovery_t         recovery;
    jupref_fault_t     fault;
    recovery_world_t   world;
    jupref_recovery_t  how;

    memset(&how, 0, sizeof(how));
    how.cut = 1;

    for (seed = 1; seed <= 60; seed++) {
        recovery_world_start(&world, seed);
        recovery_world_events(&world, 60);
        recovery_world_bound(&world);
        assert_int_equal(recovery_world_snapshot(&world), JUPREF_FAULT_NONE);
        recovery_world_events(&world, 40);
        world.sim->power_off_in = 1 + seed % 12;
        (void) jupref_log_flush(world.log, world.writer, world.log->time_ms,
                                &fault);
        synced = world.log->synced;
        sim_disk_crash(world.sim);

        recovery = recovery_of_size(&world, &how, RECOVERY_ZONE);

        if (recovery.fault != JUPREF_FAULT_NONE) {
            fail_msg("seed %u: %s", seed, recovery.told.text);
        }

        assert_true(recovery.place.seq >= synced);
        assert_true(recovery.place.seq <= world.log->seq);
        recovery_free(&recovery);

        /* and what was cut stays cut */

        recovery = recovery_of(&world);
        assert_int_equal(recovery.fault, JUPREF_FAULT_NONE);
        assert_int_equal(recovery.recovered.torn, 0);
        recovery_free(&recovery);

        recovery_world_free(&world);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(an_empty_directory_gives_an_empty_ledger),
        cmocka_unit_test(any_history_comes_back_as_it_was),
        cmocka_unit_test(
            only_the_journal_behind_the_newest_snapshot_is_folded),
        cmocka_unit_test(the_past_comes_back_up_to_any_event),
        cmocka_unit_test(
            an_event_that_the_ledger_refuses_is_named_with_its_reason),
        cmocka_unit_test(a_zone_that_is_too_small_is_named_with_its_table),
        cmocka_unit_test(
            a_ledger_that_catches_up_is_the_live_one_at_each_boundary),
        cmocka_unit_test(
            a_crash_in_the_middle_of_anything_loses_nothing_that_was_synced)
    };

    return cmocka_run_group_tests_name("recovery", tests, NULL, NULL);
}
