/*
 * Snapshots: whole or named, never half there, and pruned only when nothing
 * would be missed.
 */

#include "log/jupref_snapshot_file.h"

#include <stdarg.h>
#include <setjmp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger_world.h"
#include "recovery_world.h"
#include "saved_state.h"


static const char *
name_of(uint64_t seq)
{
    static char  name[JUPREF_NAME_MAX];

    jupref_snapshot_name(name, seq);

    return name;
}


static unsigned
count_of(recovery_world_t *world, uint64_t *newest)
{
    size_t     count;
    uint64_t  *seqs;

    assert_int_equal(jupref_snapshot_list(&world->store, &seqs, &count,
                                          &world->fault),
                     JUPREF_FAULT_NONE);

    if (newest != NULL) {
        *newest = count > 0 ? seqs[0] : 0;
    }

    free(seqs);

    return (unsigned) count;
}


/* A world of so many events, all flushed, with a snapshot of the last. */
static void
world_with_snapshot(recovery_world_t *world, uint64_t seed, unsigned events)
{
    recovery_world_start(world, seed);
    recovery_world_events(world, events);
    recovery_world_flush(world);
    assert_int_equal(recovery_world_snapshot(world), JUPREF_FAULT_NONE);
}


static void
a_ledger_comes_back_with_its_place(void **state)
{
    jupref_place_t     place, expected;
    jupref_ledger_t   *ledger;
    recovery_world_t   world;

    world_with_snapshot(&world, 1, 300);
    expected = recovery_world_place(&world);
    ledger = world_new(RECOVERY_ZONE);

    assert_int_equal(jupref_snapshot_read(&world.store, 300, ledger, &place,
                                          &world.fault),
                     JUPREF_FAULT_NONE);
    assert_same_ledgers(world.ledger, ledger);
    assert_memory_equal(&place, &expected, sizeof(place));

    world_free(ledger);
    recovery_world_free(&world);
}


/* A state of one chunk and more. */
static void
a_state_of_many_chunks_comes_back(void **state)
{
    unsigned           referrers;
    jupref_event_t     event;
    jupref_place_t     place, read;
    jupref_ledger_t   *ledger, *other;
    recovery_world_t   world;

    recovery_world_start(&world, 2);
    ledger = world_new(64 * 1024 * 1024);
    memset(&place, 0, sizeof(place));

    for (referrers = 1; referrers <= 3600; referrers++) {
        event = event_registered(ledger, referrers, 0);
        assert_int_equal(jupref_ledger_apply(ledger, &event),
                         JUPREF_LEDGER_OK);
        place.seq = ledger->seq;
        place.time_ms = ledger->time_ms;
        assert_true(jupref_frontier_append(&place.frontier,
                                           event.of.referrer_registered.wallet
                                           .bytes));

        if (referrers % 1200 != 0) {
            continue;
        }

        other = world_new(64 * 1024 * 1024);
        assert_int_equal(jupref_snapshot_write(&world.store, ledger, &place,
                                               7, &world.fault),
                         JUPREF_FAULT_NONE);
        assert_int_equal(jupref_snapshot_read(&world.store, place.seq, other,
                                              &read, &world.fault),
                         JUPREF_FAULT_NONE);
        assert_same_ledgers(ledger, other);
        assert_memory_equal(&place, &read, sizeof(place));
        world_free(other);
    }

    world_free(ledger);
    recovery_world_free(&world);
}


/* Pieces of any size through chunks: what is put is what is taken. */
static void
bytes_are_taken_as_they_were_put(void **state)
{
    size_t                    i, at, len;
    uint8_t                  *bytes, *read;
    uint64_t                  random;
    recovery_world_t          world;
    jupref_snapshot_file_t    file;
    jupref_snapshot_header_t  header;

    static const size_t  sizes[] = {
        1, JUPREF_SNAPSHOT_CHUNK - 1, JUPREF_SNAPSHOT_CHUNK,
        JUPREF_SNAPSHOT_CHUNK + 1, 2 * JUPREF_SNAPSHOT_CHUNK,
        2 * JUPREF_SNAPSHOT_CHUNK + 12345
    };

    recovery_world_start(&world, 3);
    random = 3;
    bytes = malloc(3 * JUPREF_SNAPSHOT_CHUNK);
    read = malloc(3 * JUPREF_SNAPSHOT_CHUNK);
    assert_non_null(bytes);
    assert_non_null(read);
    assert_int_equal(world.sim->disk.make_directory(&world.sim->disk,
                                                    "snapshots"), 0);

    for (at = 0; at < 3 * JUPREF_SNAPSHOT_CHUNK; at++) {
        bytes[at] = (uint8_t) (at * 31 + at / 257);
    }

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        memset(&header, 0, sizeof(header));
        header.state_size = sizes[i];
        header.place.seq = i + 1;

        assert_int_equal(jupref_snapshot_create(&file, &world.store, &header,
                                                &world.fault),
                         JUPREF_FAULT_NONE);

        for (at = 0; at < sizes[i]; at += len) {
            len = 1 + random_next(&random) % 300000;
            len = len < sizes[i] - at ? len : sizes[i] - at;
            assert_int_equal(jupref_snapshot_put(&file,
                                                 (jupref_bytes_t) {
                                                     bytes + at, len }),
                             JUPREF_FAULT_NONE);
        }

        assert_int_equal(world.sim->disk.rename(&world.sim->disk, file.name,
                                                name_of(i + 1)), 0);
        jupref_snapshot_close(&file);

        assert_int_equal(jupref_snapshot_open(&file, &world.store, i + 1,
                                              &world.fault),
                         JUPREF_FAULT_NONE);

        for (at = 0; at < sizes[i]; at += len) {
            len = 1 + random_next(&random) % 300000;
            len = len < sizes[i] - at ? len : sizes[i] - at;
            assert_int_equal(jupref_snapshot_take(&file, read + at, len),
                             JUPREF_FAULT_NONE);
        }

        assert_memory_equal(bytes, read, sizes[i]);
        assert_int_equal(jupref_snapshot_take(&file, read, 1),
                         JUPREF_FAULT_SNAPSHOT);
        jupref_snapshot_close(&file);
        assert_int_equal(jupref_snapshot_check(&world.store, i + 1,
                                               &world.fault),
                         JUPREF_FAULT_NONE);
    }

    free(bytes);
    free(read);
    recovery_world_free(&world);
}


/* Every snapshot that is listed is good, and the newest is an expected one. */
static void
assert_whole(recovery_world_t *world, uint64_t older, uint64_t newer)
{
    size_t       i, count;
    uint64_t    *seqs;
    recovery_t   recovery;

    assert_int_equal(jupref_snapshot_list(&world->store, &seqs, &count,
                                          &world->fault),
                     JUPREF_FAULT_NONE);
    assert_in_range(count, 1, 2);
    assert_int_equal(seqs[count - 1], older);

    if (count == 2) {
        assert_int_equal(seqs[0], newer);
    }

    for (i = 0; i < count; i++) {
        assert_int_equal(jupref_snapshot_check(&world->store, seqs[i],
                                               &world->fault),
                         JUPREF_FAULT_NONE);
    }

    recovery = recovery_of(world);
    assert_recovered(world, &recovery);
    assert_int_equal(recovery.recovered.broken_snapshots, 0);
    recovery_free(&recovery);
    free(seqs);
}


static void
a_crash_while_it_is_written_leaves_the_whole_or_nothing(void **state)
{
    unsigned          operation, seed, left_over, snapshots, segments, done;
    sim_disk_t       *before;
    jupref_fault_e    result;
    recovery_world_t  world;

    world_with_snapshot(&world, 4, 60);
    recovery_world_events(&world, 60);
    recovery_world_flush(&world);
    sim_disk_settle(world.sim);
    before = world.sim;
    done = 0;
    left_over = 0;

    for (operation = 1; !done; operation++) {
        assert_in_range(operation, 1, 50);

        for (seed = 1; seed <= 6; seed++) {
            world.sim = sim_disk_copy(before, seed);
            world.store.disk = &world.sim->disk;
            world.sim->power_off_in = operation;

            result = recovery_world_snapshot(&world);
            done = !world.sim->off;
            assert_int_equal(result, done ? JUPREF_FAULT_NONE
                                          : JUPREF_FAULT_IO);
            sim_disk_crash(world.sim);
            assert_whole(&world, 60, 120);

            /* and it is written over, or cleared away */

            left_over += sim_disk_bytes(world.sim, "snapshots/"
                                        "00000000000000000120.new",
                                        &(size_t) { 0 }) != NULL;

            if (seed % 2) {
                assert_int_equal(recovery_world_snapshot(&world),
                                 JUPREF_FAULT_NONE);
            }

            assert_int_equal(jupref_snapshot_prune(&world.store, 2, 0,
                                                   &snapshots, &segments,
                                                   &world.fault),
                             JUPREF_FAULT_NONE);
            assert_null(sim_disk_bytes(world.sim, "snapshots/"
                                       "00000000000000000120.new",
                                       &(size_t) { 0 }));
            assert_int_equal(snapshots, 0);
            assert_whole(&world, 60, 120);
            sim_disk_free(world.sim);
        }
    }

    assert_true(left_over > 0);
    world.sim = before;
    world.store.disk = &before->disk;
    recovery_world_free(&world);
}


static void
an_error_of_the_disk_is_told_and_the_older_one_stays(void **state)
{
    unsigned          i;
    recovery_world_t  world;

    world_with_snapshot(&world, 5, 60);
    recovery_world_events(&world, 60);
    recovery_world_flush(&world);

    for (i = 0; i < 3; i++) {
        world.sim->fail_write_in = (i == 0) ? 2 : 0;
        world.sim->short_write_in = (i == 1) ? 2 : 0;
        world.sim->fail_sync_in = (i == 2) ? 1 : 0;

        assert_int_equal(recovery_world_snapshot(&world), JUPREF_FAULT_IO);
        assert_int_equal(world.fault.error, i == 1 ? ENOSPC : EIO);
        assert_null(sim_disk_bytes(world.sim,
                                   "snapshots/00000000000000000120.new",
                                   &(size_t) { 0 }));
        assert_int_equal(count_of(&world, NULL), 1);
    }

    assert_int_equal(recovery_world_snapshot(&world), JUPREF_FAULT_NONE);
    assert_whole(&world, 60, 120);
    recovery_world_free(&world);
}


static void
any_flipped_byte_is_found(void **state)
{
    size_t            at, len;
    recovery_t        recovery;
    recovery_world_t  world;

    world_with_snapshot(&world, 6, 3);
    recovery_world_events(&world, 3);
    recovery_world_flush(&world);
    assert_int_equal(recovery_world_snapshot(&world), JUPREF_FAULT_NONE);
    assert_non_null(sim_disk_bytes(world.sim, name_of(6), &len));

    for (at = 0; at < len; at++) {
        sim_disk_flip(world.sim, name_of(6), at, (uint8_t) (1 << at % 8));

        assert_int_equal(jupref_snapshot_check(&world.store, 6,
                                               &world.fault),
                         JUPREF_FAULT_SNAPSHOT);
        assert_string_equal(world.fault.file, name_of(6));

        if (at % 53 == 0) {
            recovery = recovery_of(&world);
            assert_recovered(&world, &recovery);
            assert_int_equal(recovery.recovered.snapshot, 3);
            assert_int_equal(recovery.recovered.broken_snapshots, 1);
            recovery_free(&recovery);
        }

        sim_disk_flip(world.sim, name_of(6), at, (uint8_t) (1 << at % 8));
    }

    recovery_world_free(&world);
}


static void
any_other_length_is_found(void **state)
{
    size_t            len, cut;
    uint8_t          *bytes;
    recovery_world_t  world;

    world_with_snapshot(&world, 7, 5);
    assert_non_null(sim_disk_bytes(world.sim, name_of(5), &len));
    bytes = calloc(1, len + 1);
    assert_non_null(bytes);
    memcpy(bytes, sim_disk_bytes(world.sim, name_of(5), &len), len);

    for (cut = 0; cut < len; cut += 1 + cut / 16) {
        sim_disk_put(world.sim, name_of(5), bytes, cut);
        assert_int_equal(jupref_snapshot_check(&world.store, 5,
                                               &world.fault),
                         JUPREF_FAULT_SNAPSHOT);
    }

    sim_disk_put(world.sim, name_of(5), bytes, len + 1);
    assert_int_equal(jupref_snapshot_check(&world.store, 5, &world.fault),
                     JUPREF_FAULT_SNAPSHOT);
    sim_disk_put(world.sim, name_of(4), bytes, len);
    assert_int_equal(jupref_snapshot_check(&world.store, 4, &world.fault),
                     JUPREF_FAULT_SNAPSHOT);
    sim_disk_put(world.sim, name_of(5), bytes, len);
    assert_int_equal(jupref_snapshot_check(&world.store, 5, &world.fault),
                     JUPREF_FAULT_NONE);

    free(bytes);
    recovery_world_free(&world);
}


/* What was meant so isn't broken: no older snapshot is a way around it. */
static void
another_edge_key_or_format_is_refused_by_name(void **state)
{
    size_t               len;
    uint8_t             *bytes, edge[JUPREF_EDGE_MAX];
    recovery_t           recovery;
    recovery_world_t     world;
    jupref_key_t         unknown;
    jupref_seal_keys_t   keys;

    world_with_snapshot(&world, 8, 20);
    recovery_world_events(&world, 20);
    recovery_world_flush(&world);
    assert_int_equal(recovery_world_snapshot(&world), JUPREF_FAULT_NONE);

    memcpy(edge, world.store.edge, sizeof(edge));
    memcpy(world.store.edge, "edge-b", 6);
    recovery = recovery_of(&world);
    assert_int_equal(recovery.fault, JUPREF_FAULT_OTHER_EDGE);
    assert_string_equal(recovery.told.file, name_of(40));
    assert_non_null(strstr(recovery.told.text, "\"edge-a\""));
    recovery_free(&recovery);
    memcpy(world.store.edge, edge, sizeof(edge));

    keys = world.store.keys;
    memset(&unknown, 0, sizeof(unknown));
    memcpy(unknown.id, "other", 5);
    world.store.keys.keys = &unknown;
    world.store.keys.count = 1;
    recovery = recovery_of(&world);
    assert_int_equal(recovery.fault, JUPREF_FAULT_KEY_UNKNOWN);
    assert_non_null(strstr(recovery.told.text, "\"k2\""));
    recovery_free(&recovery);
    world.store.keys = keys;

    /* a later version's, its header as that version sums it up */

    bytes = malloc(1024 * 1024);
    assert_non_null(bytes);
    assert_non_null(sim_disk_bytes(world.sim, name_of(40), &len));
    memcpy(bytes, sim_disk_bytes(world.sim, name_of(40), &len), len);
    bytes[8]++;
    assert_true(jupref_sha256(bytes + JUPREF_SNAPSHOT_HEADER
                              - JUPREF_SHA256_SIZE,
                              (jupref_bytes_t) {
                                  bytes, JUPREF_SNAPSHOT_HEADER
                                         - JUPREF_SHA256_SIZE }));
    sim_disk_put(world.sim, name_of(40), bytes, len);
    recovery = recovery_of(&world);
    assert_int_equal(recovery.fault, JUPREF_FAULT_FORMAT_NEWER);
    recovery_free(&recovery);

    free(bytes);
    recovery_world_free(&world);
}


static void
files_of_other_names_are_no_snapshots(void **state)
{
    uint64_t          newest;
    recovery_world_t  world;

    world_with_snapshot(&world, 9, 10);
    sim_disk_put(world.sim, "snapshots/00000000000000000011.new", "x", 1);
    sim_disk_put(world.sim, "snapshots/11.snapshot", "x", 1);
    sim_disk_put(world.sim, "snapshots/notes", "x", 1);

    assert_int_equal(count_of(&world, &newest), 1);
    assert_int_equal(newest, 10);
    recovery_world_free(&world);
}


static void
as_many_good_ones_are_kept_as_was_asked(void **state)
{
    size_t            len;
    unsigned          i, snapshots, segments;
    uint64_t          newest;
    recovery_world_t  world;

    recovery_world_start(&world, 10);

    for (i = 0; i < 5; i++) {
        recovery_world_events(&world, 10);
        recovery_world_bound(&world);
        assert_int_equal(recovery_world_snapshot(&world), JUPREF_FAULT_NONE);
    }

    /* 50 is broken, so 40 and 30 are the two */

    assert_non_null(sim_disk_bytes(world.sim, name_of(50), &len));
    sim_disk_flip(world.sim, name_of(50), len / 2, 0x10);
    assert_int_equal(jupref_snapshot_prune(&world.store, 2, 0, &snapshots,
                                           &segments, &world.fault),
                     JUPREF_FAULT_NONE);
    assert_int_equal(snapshots, 2);
    assert_int_equal(segments, 0);
    assert_int_equal(count_of(&world, &newest), 3);
    assert_int_equal(newest, 50);
    assert_non_null(sim_disk_bytes(world.sim, name_of(30), &len));
    assert_null(sim_disk_bytes(world.sim, name_of(20), &len));

    /* tiles don't have these events: their segments stay however old */

    assert_int_equal(jupref_snapshot_prune(&world.store, 2, UINT64_MAX,
                                           &snapshots, &segments,
                                           &world.fault),
                     JUPREF_FAULT_NONE);
    assert_int_equal(snapshots, 0);
    assert_int_equal(segments, 0);
    recovery_world_free(&world);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_ledger_comes_back_with_its_place),
        cmocka_unit_test(a_state_of_many_chunks_comes_back),
        cmocka_unit_test(bytes_are_taken_as_they_were_put),
        cmocka_unit_test(
            a_crash_while_it_is_written_leaves_the_whole_or_nothing),
        cmocka_unit_test(an_error_of_the_disk_is_told_and_the_older_one_stays),
        cmocka_unit_test(any_flipped_byte_is_found),
        cmocka_unit_test(any_other_length_is_found),
        cmocka_unit_test(another_edge_key_or_format_is_refused_by_name),
        cmocka_unit_test(files_of_other_names_are_no_snapshots),
        cmocka_unit_test(as_many_good_ones_are_kept_as_was_asked)
    };

    return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
