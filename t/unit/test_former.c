/*
 * What a former version wrote: passed over where the journal does as well,
 * laid out anew where it doesn't, and never in the way.
 */

#include "log/jupref_snapshot_file.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger/jupref_state_former.h"
#include "ledger_world.h"
#include "recovery_world.h"
#include "saved_state.h"


#define LAYOUT_AT  16


static const char *
name_of(uint64_t seq)
{
    static char  name[JUPREF_NAME_MAX];

    jupref_snapshot_name(name, seq);

    return name;
}


/* Its header says another layout, as the version of that would have put it. */
static void
relabel(recovery_world_t *world, uint64_t seq, uint8_t layout)
{
    size_t    len, wrapped;
    uint8_t  *bytes, key[JUPREF_DATA_KEY];

    assert_non_null(sim_disk_bytes(world->sim, name_of(seq), &len));
    bytes = malloc(len);
    assert_non_null(bytes);
    memcpy(bytes, sim_disk_bytes(world->sim, name_of(seq), &len), len);

    wrapped = JUPREF_SNAPSHOT_HEADER - JUPREF_SHA256_SIZE
              - JUPREF_WRAPPED_SIZE;
    assert_int_equal(jupref_unwrap(key, &world->store.keys, bytes + wrapped,
                                   (jupref_bytes_t) { bytes, wrapped }),
                     JUPREF_UNWRAP_OK);
    assert_int_equal(bytes[LAYOUT_AT], JUPREF_LEDGER_LAYOUT);
    bytes[LAYOUT_AT] = layout;
    assert_true(jupref_wrap(bytes + wrapped, &world->store.keys, key,
                            (jupref_bytes_t) { bytes, wrapped }));
    assert_true(jupref_sha256(bytes + wrapped + JUPREF_WRAPPED_SIZE,
                              (jupref_bytes_t) {
                                  bytes, wrapped + JUPREF_WRAPPED_SIZE }));
    sim_disk_put(world->sim, name_of(seq), bytes, len);
    free(bytes);
}


static void
an_older_layout_is_passed_over_by_name(void **state)
{
    recovery_t        recovery;
    recovery_world_t  world;

    recovery_world_start(&world, 21);
    recovery_world_events(&world, 40);
    recovery_world_bound(&world);
    assert_int_equal(recovery_world_snapshot(&world), JUPREF_FAULT_NONE);
    relabel(&world, 40, 2);
    recovery_world_events(&world, 20);
    recovery_world_flush(&world);

    recovery = recovery_of(&world);
    assert_int_equal(recovery.fault, JUPREF_FAULT_NONE);
    assert_int_equal(recovery.told.fault, JUPREF_FAULT_NONE);
    assert_int_equal(recovery.recovered.snapshot, 0);
    assert_int_equal(recovery.recovered.broken_snapshots, 0);
    assert_int_equal(recovery.recovered.former_snapshots, 1);
    assert_false(recovery.recovered.converted);
    assert_recovered(&world, &recovery);
    recovery_free(&recovery);

    recovery_world_free(&world);
}


static void
it_is_never_in_the_way_of_a_new_one(void **state)
{
    size_t            len;
    unsigned          snapshots, segments;
    recovery_world_t  world;

    recovery_world_start(&world, 22);
    recovery_world_events(&world, 40);
    recovery_world_bound(&world);
    assert_int_equal(recovery_world_snapshot(&world), JUPREF_FAULT_NONE);
    relabel(&world, 40, 2);

    /* alone it stays, and so does every segment */

    assert_int_equal(jupref_snapshot_prune(&world.store, 2, UINT64_MAX,
                                           &snapshots, &segments,
                                           &world.fault),
                     JUPREF_FAULT_NONE);
    assert_int_equal(snapshots, 0);
    assert_int_equal(segments, 0);
    assert_non_null(sim_disk_bytes(world.sim, name_of(40), &len));

    recovery_world_events(&world, 20);
    recovery_world_bound(&world);
    assert_int_equal(recovery_world_snapshot(&world), JUPREF_FAULT_NONE);
    assert_int_equal(jupref_snapshot_prune(&world.store, 2, 0, &snapshots,
                                           &segments, &world.fault),
                     JUPREF_FAULT_NONE);
    assert_int_equal(world.fault.fault, JUPREF_FAULT_NONE);
    assert_int_equal(snapshots, 1);
    assert_null(sim_disk_bytes(world.sim, name_of(40), &len));
    assert_non_null(sim_disk_bytes(world.sim, name_of(60), &len));

    recovery_world_free(&world);
}


/* Of which no row can be told: named, with how many there are. */
static void
without_its_segments_one_that_nobody_can_read_is_named(void **state)
{
    char              segment[JUPREF_NAME_MAX];
    recovery_t        recovery;
    recovery_world_t  world;

    recovery_world_start(&world, 23);
    recovery_world_events(&world, 40);
    recovery_world_bound(&world);
    assert_int_equal(recovery_world_snapshot(&world), JUPREF_FAULT_NONE);
    relabel(&world, 40, 1);
    recovery_world_events(&world, 20);
    recovery_world_flush(&world);
    jupref_segment_name(segment, 1);
    assert_int_equal(world.store.disk->remove(world.store.disk, segment), 0);

    recovery = recovery_of(&world);
    assert_int_equal(recovery.fault, JUPREF_FAULT_MISSING);
    assert_non_null(strstr(recovery.told.text, "1 of an older layout"));
    assert_int_equal(recovery.recovered.former_snapshots, 1);
    recovery_free(&recovery);
    recovery_world_free(&world);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(an_older_layout_is_passed_over_by_name),
        cmocka_unit_test(it_is_never_in_the_way_of_a_new_one),
        cmocka_unit_test(
            without_its_segments_one_that_nobody_can_read_is_named)
    };

    return cmocka_run_group_tests_name("former", tests, NULL, NULL);
}
