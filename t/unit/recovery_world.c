/*
 * A live ledger with its log on a simulated disk (see the header).
 */

#include "recovery_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "journal_world.h"
#include "ledger_world.h"
#include "saved_state.h"


#define LOG_BYTES  (sizeof(jupref_log_t) + JUPREF_LOG_RING_MIN)


static void
log_start(recovery_world_t *world, const jupref_place_t *place)
{
    void  *block;

    block = aligned_alloc(64, LOG_BYTES);
    assert_non_null(block);
    memset(block, 0, LOG_BYTES);

    world->log = jupref_log_init(block, LOG_BYTES);
    assert_non_null(world->log);
    jupref_log_start(world->log, place->seq, place->time_ms, place->head,
                     &place->frontier);

    world->writer = jupref_log_writer_create(&world->store);
    assert_non_null(world->writer);
}


static void
log_stop(recovery_world_t *world)
{
    jupref_log_writer_free(world->writer);
    free(world->log);
    world->writer = NULL;
    world->log = NULL;
}


void
recovery_world_start(recovery_world_t *world, uint64_t seed)
{
    jupref_place_t  place;

    memset(world, 0, sizeof(recovery_world_t));
    memset(&place, 0, sizeof(place));
    world->sim = sim_disk_create(seed);
    assert_non_null(world->sim);
    journal_store_init(&world->store, &world->sim->disk);
    world->ledger = world_new(RECOVERY_ZONE);
    busy_begin(&world->busy, BUSY_EVERYTHING, seed, 8);
    log_start(world, &place);
}


void
recovery_world_free(recovery_world_t *world)
{
    log_stop(world);
    world_free(world->ledger);
    sim_disk_free(world->sim);
}


void
recovery_world_restart(recovery_world_t *world)
{
    recovery_t         recovery;
    jupref_recovery_t  how;

    log_stop(world);
    memset(&how, 0, sizeof(how));
    how.cut = 1;
    recovery = recovery_of_size(world, &how, RECOVERY_ZONE);

    if (recovery.fault != JUPREF_FAULT_NONE) {
        fail_msg("%s", recovery.told.text);
    }

    world_free(world->ledger);
    world->ledger = recovery.ledger;
    log_start(world, &recovery.place);
}


void
recovery_world_events(recovery_world_t *world, unsigned count)
{
    uint8_t                 salt[JUPREF_SALT_SIZE];
    jupref_event_t          event;
    jupref_ledger_result_e  result;

    while (count > 0) {

        if (!jupref_log_has_room(world->log)) {
            recovery_world_flush(world);
        }

        busy_next(&world->busy, world->ledger, &event);
        memset(salt, (int) (event.seq & 0xff), sizeof(salt));

        if (!jupref_log_prepare(world->log, &event, salt)) {
            continue;
        }

        result = jupref_ledger_apply(world->ledger, &event);

        if (result == JUPREF_LEDGER_OK) {
            assert_true(jupref_log_publish(world->log, &event));
            count--;
        }
    }
}


void
recovery_world_flush(recovery_world_t *world)
{
    if (jupref_log_flush(world->log, world->writer, world->log->time_ms,
                         &world->fault)
        != JUPREF_FAULT_NONE)
    {
        fail_msg("%s", world->fault.text);
    }
}


void
recovery_world_bound(recovery_world_t *world)
{
    recovery_world_flush(world);
    jupref_log_bound(world->log, world->ledger->digest);
}


jupref_place_t
recovery_world_place(const recovery_world_t *world)
{
    jupref_place_t  place;

    memset(&place, 0, sizeof(place));
    place.seq = world->log->seq;
    place.time_ms = world->log->time_ms;
    memcpy(place.head, world->log->head, JUPREF_SHA256_SIZE);
    place.frontier = world->log->frontier;

    return place;
}


jupref_fault_e
recovery_world_snapshot(recovery_world_t *world)
{
    jupref_place_t  place;

    place = recovery_world_place(world);

    return jupref_snapshot_write(&world->store, world->ledger, &place,
                                 place.time_ms, &world->fault);
}


recovery_t
recovery_of_size(recovery_world_t *world, const jupref_recovery_t *how,
    uint64_t size)
{
    recovery_t  recovery;

    memset(&recovery, 0, sizeof(recovery));
    recovery.ledger = world_new(size);
    recovery.fault = jupref_recover(&world->store, how, recovery.ledger,
                                    &recovery.place, &recovery.recovered,
                                    &recovery.told);
    return recovery;
}


recovery_t
recovery_of(recovery_world_t *world)
{
    jupref_recovery_t  how;

    memset(&how, 0, sizeof(how));

    return recovery_of_size(world, &how, RECOVERY_ZONE);
}


void
recovery_free(recovery_t *recovery)
{
    world_free(recovery->ledger);
}


void
assert_recovered(const recovery_world_t *world, const recovery_t *recovery)
{
    jupref_place_t  place;

    if (recovery->fault != JUPREF_FAULT_NONE) {
        fail_msg("%s: %s", jupref_fault_name(recovery->fault),
                 recovery->told.text);
    }

    place = recovery_world_place(world);
    assert_int_equal(recovery->place.seq, place.seq);
    assert_int_equal(recovery->place.time_ms, place.time_ms);
    assert_memory_equal(recovery->place.head, place.head,
                        JUPREF_SHA256_SIZE);
    assert_memory_equal(&recovery->place.frontier, &place.frontier,
                        sizeof(place.frontier));
    assert_same_ledgers(world->ledger, recovery->ledger);
}
