/*
 * A ledger's state: saved and loaded, into a ledger of the same size or of
 * another, it is the same ledger, and goes on the same.
 */

#include "ledger/jupref_state.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "busy_ledger.h"
#include "ledger/jupref_series.h"
#include "ledger_world.h"
#include "saved_state.h"


#define SMALL      JUPREF_LEDGER_MIN
#define LARGE      (3 * JUPREF_LEDGER_MIN)
#define HISTORIES  12
#define EVENTS     4000
#define MORE       1500
#define TRADES     300                  /* room for them: soon full */


/* Plays on; events that one refuses the other refuses. */
static unsigned
play(busy_t *busy, jupref_ledger_t *ledger, jupref_ledger_t *other,
    unsigned events)
{
    unsigned                i, taken;
    jupref_event_t          event;
    jupref_ledger_result_e  result;

    for (taken = 0, i = 0; i < events; i++) {
        busy_next(busy, ledger, &event);
        result = jupref_ledger_apply(ledger, &event);
        taken += result == JUPREF_LEDGER_OK;

        if (other) {
            assert_int_equal(jupref_ledger_apply(other, &event), result);
            assert_true(other->digest == ledger->digest);
        }
    }

    return taken;
}


/* Of those that its block has room for. */
static void
room_for_trades(jupref_ledger_t *ledger, uint32_t trades)
{
    assert_true(trades <= ledger->tables[JUPREF_TABLE_TRADES].capacity);
    ledger->tables[JUPREF_TABLE_TRADES].capacity = trades;
}


static jupref_ledger_t *
ledger_after(busy_t *busy, uint64_t seed, uint64_t size, unsigned events)
{
    jupref_ledger_t  *ledger;

    ledger = world_new(size);
    room_for_trades(ledger, TRADES);
    busy_begin(busy, BUSY_EVERYTHING, seed, 12);
    assert_in_range(play(busy, ledger, NULL, events), events / 5, events);

    return ledger;
}


/* Or the tests below would prove little. */
static void
a_history_has_events_of_every_type(void **state)
{
    busy_t            busy;
    unsigned          i, type, taken[JUPREF_EVENT_TYPES];
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    memset(taken, 0, sizeof(taken));
    ledger = world_new(SMALL);
    room_for_trades(ledger, TRADES);
    busy_begin(&busy, BUSY_EVERYTHING, 1, 12);

    for (i = 0; i < EVENTS; i++) {
        busy_next(&busy, ledger, &event);
        taken[event.type] += jupref_ledger_apply(ledger, &event)
                             == JUPREF_LEDGER_OK;
    }

    for (type = 1; type < JUPREF_EVENT_TYPES; type++) {
        if (taken[type] < 5) {
            fail_msg("%s: %u", jupref_event_name(type), taken[type]);
        }
    }

    world_free(ledger);
}


static void
a_saved_ledger_is_loaded_whole_and_goes_on_the_same(void **state)
{
    busy_t            busy;
    uint64_t          seed;
    jupref_ledger_t  *ledger, *other;

    for (seed = 1; seed <= HISTORIES; seed++) {
        ledger = ledger_after(&busy, seed, SMALL, EVENTS);
        other = state_loaded_from(ledger, SMALL);
        room_for_trades(other, TRADES);
        assert_same_ledgers(ledger, other);

        assert_int_equal(other->seq, ledger->seq);
        assert_true(other->digest == ledger->digest);

        play(&busy, ledger, other, MORE);
        assert_same_ledgers(ledger, other);

        world_free(ledger);
        world_free(other);
    }
}


/* Hours and days stand still here, so that no ring is ever full. */
static void
events_of_an_hour(busy_t *busy, jupref_ledger_t *ledger,
    jupref_ledger_t *other, unsigned events)
{
    unsigned                i;
    uint64_t                hour;
    jupref_event_t          event;
    jupref_ledger_result_e  result;

    hour = busy->time_ms / 3600000 * 3600000;

    for (i = 0; i < events; i++) {
        busy_next(busy, ledger, &event);
        busy->time_ms = hour + busy->time_ms % 3600000;
        event.time_ms = busy->time_ms;

        /* full tables are full at different times in different sizes */

        if (ledger->tables[JUPREF_TABLE_TRADES].count + 1
            == ledger->tables[JUPREF_TABLE_TRADES].capacity
            || ledger->tables[JUPREF_TABLE_INTENTS].count + 1
               == ledger->tables[JUPREF_TABLE_INTENTS].capacity)
        {
            return;
        }

        result = jupref_ledger_apply(ledger, &event);
        assert_int_equal(jupref_ledger_apply(other, &event), result);
    }
}


static void
states_are_equal_whatever_the_size_of_the_zone(void **state)
{
    busy_t            busy;
    uint64_t          seed;
    jupref_ledger_t  *small, *large, *grown;

    for (seed = 1; seed <= HISTORIES; seed++) {
        small = world_new(SMALL);
        large = world_new(LARGE);

        busy_begin(&busy, BUSY_EVERYTHING, seed, 12);
        events_of_an_hour(&busy, small, large, 700);
        assert_same_ledgers(small, large);

        grown = state_loaded_from(small, LARGE);
        assert_same_ledgers(small, grown);

        events_of_an_hour(&busy, large, grown, 700);
        assert_same_ledgers(large, grown);

        world_free(small);
        world_free(large);
        world_free(grown);
    }
}


static void
a_ledger_folded_without_rankings_is_the_same_once_they_are_built(
    void **state)
{
    busy_t            busy;
    uint64_t          seed;
    jupref_ledger_t  *ledger, *unranked, *other;

    for (seed = 1; seed <= HISTORIES; seed++) {
        ledger = world_new(SMALL);
        unranked = world_new(SMALL);
        room_for_trades(ledger, TRADES);
        room_for_trades(unranked, TRADES);
        jupref_state_unrank(unranked);

        busy_begin(&busy, BUSY_EVERYTHING, seed, 40);
        play(&busy, ledger, unranked, EVENTS);
        assert_int_equal(unranked->rank_root[JUPREF_BY_VOLUME], 0);

        /* it can be saved as it is, too */

        other = state_loaded_from(unranked, SMALL);
        assert_same_ledgers(unranked, other);

        jupref_state_rank(unranked);
        assert_same_ledgers(ledger, unranked);

        jupref_state_rank(other);
        assert_same_ledgers(ledger, other);

        /* left out half-way, and twice built */

        jupref_state_unrank(ledger);
        play(&busy, ledger, unranked, MORE);
        jupref_state_rank(ledger);
        jupref_state_rank(ledger);
        assert_same_ledgers(ledger, unranked);

        world_free(ledger);
        world_free(unranked);
        world_free(other);
    }
}


static void
fill_hours(jupref_ledger_t *ledger, uint32_t from, uint32_t to)
{
    uint32_t             hour;
    jupref_series_sum_t  sum;

    memset(&sum, 0, sizeof(sum));

    for (hour = from; hour < to; hour++) {
        sum.clicks = hour;
        jupref_series_add(ledger, JUPREF_OWNER_PLATFORM,
                          hour * UINT64_C(3600000), &sum);
    }
}


static void
a_ring_that_gets_more_room_still_forgets_its_oldest_first(void **state)
{
    uint32_t              room, more, hour;
    jupref_ledger_t      *small, *same, *large;
    jupref_series_row_t   row;

    small = world_new(SMALL);
    room = small->tables[JUPREF_TABLE_HOURS].capacity;
    fill_hours(small, 1000, 1000 + room + 300);
    assert_int_equal(small->next_cell[JUPREF_BY_HOUR], 301);

    same = state_loaded_from(small, SMALL);
    assert_same_ledgers(small, same);

    large = state_loaded_from(small, LARGE);
    more = large->tables[JUPREF_TABLE_HOURS].capacity;
    assert_true(more > room);
    assert_int_equal(jupref_series_since(large, JUPREF_BY_HOUR), 1300);

    /* from the oldest kept on: to the brim, and one more at a time */

    fill_hours(large, 1300 + room, 1300 + more);
    assert_int_equal(jupref_series_since(large, JUPREF_BY_HOUR), 1300);

    for (hour = 0; hour < more; hour++) {
        fill_hours(large, 1300 + more + hour, 1300 + more + hour + 1);
        assert_int_equal(jupref_series_since(large, JUPREF_BY_HOUR),
                         1301 + hour);
        jupref_series_read(large, JUPREF_BY_HOUR, JUPREF_OWNER_PLATFORM,
                           1301 + hour, 1301 + hour, 1, &row);
        assert_int_equal(row.clicks, 1301 + hour);
    }

    world_free(small);
    world_free(same);
    world_free(large);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_history_has_events_of_every_type),
        cmocka_unit_test(a_saved_ledger_is_loaded_whole_and_goes_on_the_same),
        cmocka_unit_test(states_are_equal_whatever_the_size_of_the_zone),
        cmocka_unit_test(
            a_ledger_folded_without_rankings_is_the_same_once_they_are_built),
        cmocka_unit_test(
            a_ring_that_gets_more_room_still_forgets_its_oldest_first)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
