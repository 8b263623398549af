/*
 * What is no ledger's state is refused: another layout, too many rows for
 * the zone, a link that leads astray.
 */

#include "ledger/jupref_state.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "busy_ledger.h"
#include "ledger_world.h"
#include "saved_state.h"


#define SMALL   JUPREF_LEDGER_MIN
#define LARGE   (3 * JUPREF_LEDGER_MIN)
#define EVENTS  4000


static jupref_ledger_t *
ledger_after(uint64_t seed, unsigned events)
{
    busy_t            busy;
    unsigned          i;
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = world_new(SMALL);
    busy_begin(&busy, BUSY_EVERYTHING, seed, 12);

    for (i = 0; i < events; i++) {
        busy_next(&busy, ledger, &event);
        (void) jupref_ledger_apply(ledger, &event);
    }

    return ledger;
}


static void
a_state_that_does_not_fit_is_refused_by_the_tables_name(void **state)
{
    saved_t           saved;
    uint32_t          i;
    jupref_table_e    full;
    jupref_ledger_t  *ledger, *small;

    ledger = world_new(LARGE);
    small = world_new(SMALL);

    for (i = 1; i <= small->tables[JUPREF_TABLE_REFERRERS].capacity; i++) {
        assert_applied(ledger, event_registered(ledger, i, 0));
    }

    state_save(ledger, &saved);
    assert_int_equal(state_load(small, &saved, &full), JUPREF_STATE_OK);
    saved_free(&saved);
    world_free(small);

    assert_applied(ledger, event_registered(ledger, i, 0));
    state_save(ledger, &saved);
    small = world_new(SMALL);
    assert_int_equal(state_load(small, &saved, &full), JUPREF_STATE_TOO_LARGE);
    assert_int_equal(full, JUPREF_TABLE_REFERRERS);
    assert_string_equal(jupref_table_name(full), "referrers");

    /* what was refused at once has left the ledger as it was */

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
    saved_t           saved;
    jupref_table_e    full;
    jupref_ledger_t  *ledger, *other;

    ledger = ledger_after(1, 500);
    state_save(ledger, &saved);
    other = world_new(SMALL);

    saved.header_len--;
    assert_int_equal(state_load(other, &saved, &full), JUPREF_STATE_BAD_HEADER);
    saved.header_len++;

    for (i = 0; i < 12; i++) {
        saved.header[i] ^= 0x40;
        assert_int_equal(state_load(other, &saved, &full),
                         JUPREF_STATE_BAD_HEADER);
        saved.header[i] ^= 0x40;
    }

    assert_int_equal(state_load(other, &saved, &full), JUPREF_STATE_OK);
    assert_same_ledgers(ledger, other);

    saved_free(&saved);
    world_free(ledger);
    world_free(other);
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
    assert_int_equal(state_load(ledger, saved, &full), JUPREF_STATE_BAD_ROWS);
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

    saved_t           saved;
    unsigned          i;
    uint32_t          trade, wallet, code, referrer, balance, intent, to;
    jupref_ledger_t  *ledger;

    ledger = ledger_after(7, EVENTS);
    state_save(ledger, &saved);

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
        cmocka_unit_test(
            a_state_that_does_not_fit_is_refused_by_the_tables_name),
        cmocka_unit_test(a_header_of_another_layout_is_refused),
        cmocka_unit_test(a_link_that_leads_astray_is_found_out)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
