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


#define SMALL      JUPREF_LEDGER_MIN
#define LARGE      (3 * JUPREF_LEDGER_MIN)
#define HISTORIES  12
#define EVENTS     4000
#define MORE       1500


/* A saved state: its parts one after the other. */
typedef struct {
    uint8_t   header[JUPREF_STATE_HEADER_MAX];
    size_t    header_len;
    uint8_t  *rows[JUPREF_TABLES];
    size_t    rows_len[JUPREF_TABLES];
} saved_t;


static void
save(const jupref_ledger_t *ledger, saved_t *saved)
{
    unsigned        table;
    jupref_bytes_t  rows;

    memset(saved, 0, sizeof(saved_t));
    saved->header_len = jupref_state_header(ledger, saved->header);
    assert_in_range(saved->header_len, 1, JUPREF_STATE_HEADER_MAX);

    for (table = 0; table < JUPREF_TABLES; table++) {
        rows = jupref_state_rows(ledger, table);
        saved->rows_len[table] = rows.len;
        saved->rows[table] = malloc(rows.len + 1);
        assert_non_null(saved->rows[table]);
        memcpy(saved->rows[table], rows.data, rows.len);
    }
}


static void
saved_free(saved_t *saved)
{
    unsigned  table;

    for (table = 0; table < JUPREF_TABLES; table++) {
        free(saved->rows[table]);
    }
}


static void
assert_same_state(const saved_t *one, const saved_t *other)
{
    unsigned  table;

    assert_int_equal(one->header_len, other->header_len);
    assert_memory_equal(one->header, other->header, one->header_len);

    for (table = 0; table < JUPREF_TABLES; table++) {
        assert_int_equal(one->rows_len[table], other->rows_len[table]);
        assert_memory_equal(one->rows[table], other->rows[table],
                            one->rows_len[table]);
    }
}


static jupref_state_result_e
load(jupref_ledger_t *ledger, const saved_t *saved, jupref_table_e *full)
{
    size_t                  len;
    uint8_t                *room;
    unsigned                table;
    jupref_state_result_e   result;

    result = jupref_state_begin(ledger,
                                (jupref_bytes_t) { saved->header,
                                                   saved->header_len },
                                full);

    if (result != JUPREF_STATE_OK) {
        return result;
    }

    for (table = 0; table < JUPREF_TABLES; table++) {
        room = jupref_state_room(ledger, table, &len);
        assert_int_equal(len, saved->rows_len[table]);
        memcpy(room, saved->rows[table], len);
    }

    return jupref_state_finish(ledger);
}


static jupref_ledger_t *
loaded(const saved_t *saved, uint64_t size)
{
    jupref_table_e    full;
    jupref_ledger_t  *ledger;

    ledger = world_new(size);
    assert_int_equal(load(ledger, saved, &full), JUPREF_STATE_OK);

    return ledger;
}


static jupref_ledger_t *
loaded_from(const jupref_ledger_t *ledger, uint64_t size)
{
    saved_t           saved;
    jupref_ledger_t  *other;

    save(ledger, &saved);
    other = loaded(&saved, size);
    saved_free(&saved);

    return other;
}


static void
assert_same_ledgers(const jupref_ledger_t *one, const jupref_ledger_t *other)
{
    saved_t  left, right;

    save(one, &left);
    save(other, &right);
    assert_same_state(&left, &right);
    saved_free(&left);
    saved_free(&right);
}


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


/* What a history needs so that nothing is evicted by size. */
static jupref_ledger_t *
ledger_after(busy_t *busy, uint64_t seed, uint64_t size, unsigned events)
{
    jupref_ledger_t  *ledger;

    ledger = world_new(size);
    busy_begin(busy, BUSY_EVERYTHING, seed, 12);
    assert_in_range(play(busy, ledger, NULL, events), events / 2, events);

    return ledger;
}


static void
a_saved_ledger_is_loaded_whole_and_goes_on_the_same(void **state)
{
    busy_t            busy;
    saved_t           saved;
    uint64_t          seed;
    jupref_ledger_t  *ledger, *other;

    for (seed = 1; seed <= HISTORIES; seed++) {
        ledger = ledger_after(&busy, seed, SMALL, EVENTS);
        save(ledger, &saved);
        other = loaded(&saved, SMALL);
        assert_same_ledgers(ledger, other);

        /* all bytes, slots included, though rows were removed since */

        assert_int_equal(other->seq, ledger->seq);
        assert_true(other->digest == ledger->digest);

        play(&busy, ledger, other, MORE);
        assert_same_ledgers(ledger, other);

        saved_free(&saved);
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

        grown = loaded_from(small, LARGE);
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
        jupref_state_unrank(unranked);

        busy_begin(&busy, BUSY_EVERYTHING, seed, 40);
        play(&busy, ledger, unranked, EVENTS);
        assert_int_equal(unranked->rank_root[JUPREF_BY_VOLUME], 0);

        /* it can be saved as it is, too */

        other = loaded_from(unranked, SMALL);
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
a_state_that_does_not_fit_is_refused_by_the_tables_name(void **state)
{
    busy_t            busy;
    saved_t           saved;
    uint32_t          i;
    jupref_table_e    full;
    jupref_event_t    event;
    jupref_ledger_t  *ledger, *small;

    ledger = world_new(LARGE);
    small = world_new(SMALL);

    for (i = 1; i <= small->tables[JUPREF_TABLE_REFERRERS].capacity; i++) {
        assert_applied(ledger, event_registered(ledger, i, 0));
    }

    save(ledger, &saved);
    assert_int_equal(load(small, &saved, &full), JUPREF_STATE_OK);
    saved_free(&saved);
    world_free(small);

    assert_applied(ledger, event_registered(ledger, i, 0));
    save(ledger, &saved);
    small = world_new(SMALL);
    assert_int_equal(load(small, &saved, &full), JUPREF_STATE_TOO_LARGE);
    assert_int_equal(full, JUPREF_TABLE_REFERRERS);
    assert_string_equal(jupref_table_name(full), "referrers");

    /* what was refused at once has left the ledger as it was */

    busy_begin(&busy, BUSY_EVERYTHING, 1, 12);
    busy_next(&busy, small, &event);
    assert_int_equal(small->booking, 0);
    assert_int_equal(small->seq, 0);

    saved_free(&saved);
    world_free(ledger);
    world_free(small);
}


static void
a_header_of_another_layout_is_refused(void **state)
{
    size_t            i;
    busy_t            busy;
    saved_t           saved;
    jupref_table_e    full;
    jupref_ledger_t  *ledger, *other;

    ledger = ledger_after(&busy, 1, SMALL, 500);
    save(ledger, &saved);
    other = world_new(SMALL);

    saved.header_len--;
    assert_int_equal(load(other, &saved, &full), JUPREF_STATE_BAD_HEADER);
    saved.header_len++;

    for (i = 0; i < 12; i++) {
        saved.header[i] ^= 0x40;
        assert_int_equal(load(other, &saved, &full), JUPREF_STATE_BAD_HEADER);
        saved.header[i] ^= 0x40;
    }

    assert_int_equal(load(other, &saved, &full), JUPREF_STATE_OK);
    assert_same_ledgers(ledger, other);

    saved_free(&saved);
    world_free(ledger);
    world_free(other);
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

    same = loaded_from(small, SMALL);
    assert_same_ledgers(small, same);

    large = loaded_from(small, LARGE);
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


/* One saved row field is changed at a time; each must be found out. */
static void
assert_found_out(const saved_t *saved, unsigned table, uint32_t index,
    size_t row_size, size_t field_at, uint32_t value)
{
    uint8_t          *at;
    uint32_t          kept;
    jupref_table_e    full;
    jupref_ledger_t  *ledger;

    at = saved->rows[table] + (index - 1) * row_size + field_at;
    memcpy(&kept, at, sizeof(kept));
    assert_true(kept != value);
    memcpy(at, &value, sizeof(value));

    ledger = world_new(SMALL);
    assert_int_equal(load(ledger, saved, &full), JUPREF_STATE_BAD_ROWS);
    assert_int_equal(ledger->booking, 1);

    memcpy(at, &kept, sizeof(kept));
    world_free(ledger);
}


#define assert_link_found_out(table, index, row, field, value)                \
    assert_found_out(&saved, table, index, sizeof(row),                       \
                     offsetof(row, field), value)


static void
a_link_that_leads_astray_is_found_out(void **state)
{
    static const uint32_t  astray[] = { 1, 2, 3, 400, 70000, UINT32_MAX };

    busy_t            busy;
    saved_t           saved;
    unsigned          i;
    uint32_t          trade, wallet, code, referrer, balance, intent, to;
    jupref_ledger_t  *ledger;

    ledger = ledger_after(&busy, 7, SMALL, EVENTS);
    save(ledger, &saved);

    trade = jupref_trade(ledger, ledger->newest_trade)->older;
    code = ledger->tables[JUPREF_TABLE_CODES].used;
    wallet = ledger->tables[JUPREF_TABLE_WALLETS].used;
    balance = ledger->tables[JUPREF_TABLE_BALANCES].used;
    referrer = jupref_code(ledger, code)->referrer;
    intent = ledger->newest_intent[JUPREF_INTENTS_SIGNED];
    assert_true(trade && code && wallet && balance && intent);

    for (i = 0; i < sizeof(astray) / sizeof(astray[0]); i++) {
        to = astray[i];

        if (to != jupref_trade(ledger, trade)->older) {
            assert_link_found_out(JUPREF_TABLE_TRADES, trade,
                                  jupref_trade_row_t, older, to);
        }

        if (to != jupref_trade(ledger, trade)->newer_of_referrer) {
            assert_link_found_out(JUPREF_TABLE_TRADES, trade,
                                  jupref_trade_row_t, newer_of_referrer, to);
        }

        if (to != jupref_trade(ledger, ledger->next_release)->later) {
            assert_link_found_out(JUPREF_TABLE_TRADES, ledger->next_release,
                                  jupref_trade_row_t, later, to);
        }

        if (to != jupref_wallet(ledger, wallet)->older) {
            assert_link_found_out(JUPREF_TABLE_WALLETS, wallet,
                                  jupref_wallet_row_t, older, to);
        }

        if (to != jupref_code(ledger, code)->next) {
            assert_link_found_out(JUPREF_TABLE_CODES, code,
                                  jupref_code_row_t, next, to);
        }

        if (to != jupref_balance(ledger, balance)->next) {
            assert_link_found_out(JUPREF_TABLE_BALANCES, balance,
                                  jupref_balance_row_t, next, to);
        }

        if (to != jupref_intent(ledger, intent)->older) {
            assert_link_found_out(JUPREF_TABLE_INTENTS, intent,
                                  jupref_intent_row_t, older, to);
        }

        if (to != jupref_referrer(ledger, referrer)->rank[0].left) {
            assert_link_found_out(JUPREF_TABLE_REFERRERS, referrer,
                                  jupref_referrer_row_t, rank[0].left, to);
        }

        if (to != jupref_referrer(ledger, referrer)->newest_trade) {
            assert_link_found_out(JUPREF_TABLE_REFERRERS, referrer,
                                  jupref_referrer_row_t, newest_trade, to);
        }
    }

    assert_link_found_out(JUPREF_TABLE_TRADES, trade, jupref_trade_row_t,
                          level[1], 70000);
    assert_link_found_out(JUPREF_TABLE_TRADES, trade, jupref_trade_row_t,
                          fee_mint, 70000);
    assert_link_found_out(JUPREF_TABLE_WALLETS, wallet, jupref_wallet_row_t,
                          code, 70000);
    assert_link_found_out(JUPREF_TABLE_CODES, code, jupref_code_row_t,
                          referrer, 70000);
    assert_link_found_out(JUPREF_TABLE_REFERRERS, referrer,
                          jupref_referrer_row_t, parent, referrer);

    saved_free(&saved);
    world_free(ledger);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_saved_ledger_is_loaded_whole_and_goes_on_the_same),
        cmocka_unit_test(states_are_equal_whatever_the_size_of_the_zone),
        cmocka_unit_test(
            a_ledger_folded_without_rankings_is_the_same_once_they_are_built),
        cmocka_unit_test(
            a_state_that_does_not_fit_is_refused_by_the_tables_name),
        cmocka_unit_test(a_header_of_another_layout_is_refused),
        cmocka_unit_test(
            a_ring_that_gets_more_room_still_forgets_its_oldest_first),
        cmocka_unit_test(a_link_that_leads_astray_is_found_out)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
