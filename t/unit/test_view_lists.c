/*
 * Lists, page by page: each trade and wallet once, newest first, whatever
 * arrives, is archived or is bound anew between two pages.
 */

#include "ledger/jupref_view.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "books_world.h"


static uint32_t
index_of(const jupref_ledger_t *ledger, uint32_t wallet)
{
    jupref_pubkey_t  key;

    key = wallet_of(wallet);

    return jupref_find_referrer(ledger, &key);
}


static void
assert_text(const jupref_key_text_t *text, jupref_pubkey_t key)
{
    size_t   len;
    uint8_t  expected[JUPREF_PUBKEY_TEXT];

    len = jupref_pubkey_format(expected, &key);
    assert_int_equal(text->len, len);
    assert_memory_equal(text->bytes, expected, len);
}


/* The next page of `limit` shows these trades, 0 ends them. */
static void
assert_page(const jupref_ledger_t *ledger, uint32_t wallet,
    jupref_cursor_t *cursor, unsigned limit, const uint32_t *expected,
    unsigned more)
{
    unsigned              i, count;
    jupref_signature_t    signature;
    jupref_trade_view_t   views[8];

    memset(views, 0x5a, sizeof(views));
    count = jupref_view_trades(ledger, wallet ? index_of(ledger, wallet) : 0,
                               cursor, limit, views);

    for (i = 0; expected[i]; i++) {
        assert_true(i < count);
        signature = signature_of(expected[i]);
        assert_memory_equal(&views[i].row.signature, &signature,
                            sizeof(signature));
    }

    assert_int_equal(count, i);
    assert_int_equal(cursor->index != 0, more);
}

#define trades(...)  ((const uint32_t[]) { __VA_ARGS__ })


/* Trades 1 to 7: the odd ones with the code "three", the others with none. */
static jupref_ledger_t *
world_of_seven(void)
{
    uint32_t          signature;
    jupref_ledger_t  *ledger;

    ledger = books_world();

    for (signature = 2; signature <= 7; signature++) {
        assert_applied(ledger, event_trade(ledger, signature, 9,
                                           signature % 2 ? "three" : ""));
    }

    return ledger;
}


static void
trades_are_shown_newest_first_page_by_page(void **state)
{
    jupref_cursor_t   cursor = { 0, 0 };
    jupref_ledger_t  *ledger;

    ledger = world_new(JUPREF_LEDGER_MIN);
    assert_page(ledger, 0, &cursor, 3, trades(0), 0);
    world_free(ledger);

    ledger = world_of_seven();
    assert_page(ledger, 0, &cursor, 3, trades(7, 6, 5, 0), 1);
    assert_page(ledger, 0, &cursor, 3, trades(4, 3, 2, 0), 1);
    assert_page(ledger, 0, &cursor, 3, trades(1, 0), 0);

    /* exactly as many as there are */

    assert_page(ledger, 0, &cursor, 7, trades(7, 6, 5, 4, 3, 2, 1, 0), 0);

    world_free(ledger);
}


static void
a_referrers_trades_are_those_of_its_codes(void **state)
{
    jupref_cursor_t   cursor = { 0, 0 };
    jupref_ledger_t  *ledger;

    ledger = world_of_seven();
    assert_page(ledger, 3, &cursor, 3, trades(7, 5, 3, 0), 1);
    assert_page(ledger, 3, &cursor, 3, trades(1, 0), 0);
    assert_page(ledger, 2, &cursor, 3, trades(0), 0);

    world_free(ledger);
}


static void
new_trades_change_no_page_that_follows(void **state)
{
    jupref_cursor_t   cursor = { 0, 0 };
    jupref_ledger_t  *ledger;

    ledger = world_of_seven();
    assert_page(ledger, 0, &cursor, 3, trades(7, 6, 5, 0), 1);
    assert_applied(ledger, event_trade(ledger, 8, 9, "three"));
    assert_page(ledger, 0, &cursor, 3, trades(4, 3, 2, 0), 1);

    world_free(ledger);
}


static void
a_page_goes_on_behind_a_trade_that_was_archived(void **state)
{
    uint32_t          signature, wallet;
    jupref_cursor_t   cursor;
    jupref_ledger_t  *ledger;

    for (wallet = 0; wallet <= 3; wallet += 3) {
        ledger = world_of_seven();
        cursor = (jupref_cursor_t) { 0, 0 };

        if (wallet) {
            assert_page(ledger, wallet, &cursor, 3, trades(7, 5, 3, 0), 1);

        } else {
            assert_page(ledger, wallet, &cursor, 5, trades(7, 6, 5, 4, 3, 0),
                        1);
        }

        assert_applied(ledger, event_ruled(ledger, REJECTED, 3));
        assert_applied(ledger, event_archived(ledger, 3));

        /* with its row free, then with another trade in it */

        for (signature = 8; signature <= 9; signature++) {
            jupref_cursor_t  again = cursor;

            assert_page(ledger, wallet, &again, 3,
                        wallet ? trades(1, 0) : trades(2, 1, 0), 0);
            assert_applied(ledger, event_trade(ledger, signature, 9,
                                               "three"));
        }

        world_free(ledger);
    }
}


static void
a_page_goes_on_where_an_unknown_trade_was_when_it_is_executed(void **state)
{
    jupref_cursor_t   cursor = { 0, 0 };
    jupref_ledger_t  *ledger;

    ledger = books_world();
    assert_applied(ledger, event_trade(ledger, 2, 9, "three"));
    assert_applied(ledger, event_unknown(ledger, 3, 9, "three"));
    assert_applied(ledger, event_trade(ledger, 4, 9, "three"));

    assert_page(ledger, 0, &cursor, 2, trades(4, 3, 0), 1);
    assert_applied(ledger, event_trade(ledger, 3, 9, "three"));
    assert_page(ledger, 0, &cursor, 2, trades(2, 1, 0), 0);

    /* it is the newest now, and is there once */

    assert_page(ledger, 0, &cursor, 8, trades(3, 4, 2, 1, 0), 0);
    assert_page(ledger, 3, &cursor, 8, trades(3, 4, 2, 1, 0), 0);

    world_free(ledger);
}


static void
a_cursor_from_nowhere_does_no_harm(void **state)
{
    unsigned             i;
    jupref_cursor_t      cursor;
    jupref_ledger_t     *ledger;
    jupref_trade_view_t  view;

    static const jupref_cursor_t  strange[] = {
        { UINT32_MAX, 0 }, { UINT32_MAX, UINT64_MAX }, { 1, 0 },
        { 1, UINT64_MAX }, { 4711, 5 }
    };

    ledger = world_of_seven();

    for (i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
        cursor = strange[i];
        assert_true(jupref_view_trades(ledger, 0, &cursor, 1, &view) <= 1);
        cursor = strange[i];
        assert_true(jupref_view_trades(ledger, index_of(ledger, 3), &cursor,
                                       1, &view) <= 1);
    }

    world_free(ledger);
}


static void
a_place_that_is_too_far_to_find_is_said_to_be_gone(void **state)
{
    uint32_t             signature;
    jupref_cursor_t      cursor;
    jupref_ledger_t     *ledger;
    jupref_trade_view_t  view;

    ledger = world_new(UINT64_C(16) * JUPREF_LEDGER_MIN);
    assert_applied(ledger, event_registered(ledger, 3, 0));
    assert_applied(ledger, event_code(ledger, "three", 3, THREE_LEVELS));

    for (signature = 1; signature <= 10000; signature++) {
        assert_applied(ledger, event_trade(ledger, signature, 9, "three"));
    }

    cursor = (jupref_cursor_t) { 1, trade_row_of(ledger, 5000)->seq };
    assert_int_equal(jupref_view_trades(ledger, 0, &cursor, 1, &view),
                     JUPREF_VIEW_GONE);

    cursor = (jupref_cursor_t) { 1, trade_row_of(ledger, 9000)->seq };
    assert_page(ledger, 0, &cursor, 2, trades(8999, 8998, 0), 1);
    cursor = (jupref_cursor_t) { 1, trade_row_of(ledger, 1000)->seq };
    assert_page(ledger, 3, &cursor, 2, trades(999, 998, 0), 1);

    world_free(ledger);
}


static void
a_trade_is_shown_with_who_earns_and_how_much(void **state)
{
    jupref_cursor_t      cursor = { 0, 0 };
    jupref_ledger_t     *ledger;
    jupref_trade_view_t  view;

    ledger = books_world();
    assert_int_equal(jupref_view_trades(ledger, 0, &cursor, 1, &view), 1);
    assert_int_equal(view.verified, 0);
    assert_true(view.row.fee == 1000000);
    assert_true(view.commission[0] == 320000);
    assert_memory_equal(view.code, "three", 6);
    assert_text(&view.referrer, wallet_of(3));
    assert_text(&view.input_mint, mint_of(1));
    assert_text(&view.output_mint, mint_of(2));
    assert_text(&view.fee_mint, mint_of(1));

    assert_applied(ledger, event_verified(ledger, 1, FEE, 2));
    jupref_view_trade(ledger, 1, &view);
    assert_int_equal(view.verified, 1);
    assert_true(view.row.seq == ledger->seq - 1);
    assert_true(view.row.verified_ms == ledger->time_ms);
    assert_true(view.row.slot == 375472800);
    assert_true(view.row.fee == FEE);
    assert_true(view.commission[0] == LEVEL_1);
    assert_true(view.commission[1] == LEVEL_2);
    assert_true(view.commission[2] == LEVEL_3);
    assert_text(&view.level[0], wallet_of(3));
    assert_text(&view.level[2], wallet_of(1));
    assert_text(&view.fee_mint, mint_of(2));

    /* without a code nobody does */

    assert_applied(ledger, event_trade(ledger, 2, 9, ""));
    jupref_view_trade(ledger, 2, &view);
    assert_int_equal(view.code[0], 0);
    assert_int_equal(view.referrer.len, 0);
    assert_int_equal(view.level[0].len, 0);
    assert_true(view.commission[0] == 0);

    world_free(ledger);
}


static void
assert_wallets(const jupref_ledger_t *ledger, uint32_t wallet,
    jupref_cursor_t *cursor, unsigned limit, const uint32_t *expected,
    unsigned more)
{
    unsigned              i, count;
    jupref_wallet_view_t  views[8];

    count = jupref_view_wallets(ledger, index_of(ledger, wallet), cursor,
                                limit, views);

    for (i = 0; expected[i]; i++) {
        assert_true(i < count);
        assert_text(&views[i].wallet, wallet_of(expected[i]));
    }

    assert_int_equal(count, i);
    assert_int_equal(cursor->index != 0, more);
}


static void
bound_wallets_are_shown_newest_bound_first(void **state)
{
    uint32_t               wallet;
    jupref_cursor_t        cursor = { 0, 0 }, lost;
    jupref_ledger_t       *ledger;
    jupref_wallet_view_t   view;

    ledger = books_world();
    assert_applied(ledger, event_code(ledger, "trio", 3, THREE_LEVELS));
    assert_wallets(ledger, 3, &cursor, 3, trades(0), 0);

    for (wallet = 11; wallet <= 15; wallet++) {
        assert_applied(ledger, event_bound(ledger, wallet,
                                           wallet % 2 ? "three" : "trio"));
    }

    assert_int_equal(jupref_view_wallets(ledger, index_of(ledger, 3), &cursor,
                                         1, &view), 1);
    assert_memory_equal(view.code, "three", 6);
    assert_true(view.bound_ms == ledger->time_ms);
    assert_wallets(ledger, 3, &cursor, 2, trades(14, 13, 0), 1);
    lost = cursor;
    assert_wallets(ledger, 3, &cursor, 3, trades(12, 11, 0), 0);

    /* one goes to another referrer, one to another code of the same */

    assert_applied(ledger, event_bound(ledger, 13, "two"));
    assert_applied(ledger, event_bound(ledger, 11, "trio"));
    assert_wallets(ledger, 2, &cursor, 3, trades(13, 0), 0);
    assert_wallets(ledger, 3, &cursor, 8, trades(11, 15, 14, 12, 0), 0);

    /* and a page that was to go on behind it goes on all the same */

    assert_wallets(ledger, 3, &lost, 8, trades(12, 0), 0);

    world_free(ledger);
}


static void
the_trial_balance_is_shown_mint_by_mint(void **state)
{
    jupref_ledger_t         *ledger;
    jupref_accounts_view_t   mints[4];

    ledger = books_world();
    assert_applied(ledger, event_verified(ledger, 1, FEE, 2));

    assert_int_equal(jupref_view_accounts(ledger, 0, 4, mints), 2);
    assert_text(&mints[0].mint, mint_of(1));
    assert_text(&mints[1].mint, mint_of(2));
    assert_true(mints[1].accounts[JUPREF_ACCOUNT_JUPITER_UNCLAIMED].debit
                == FEE);
    assert_true(mints[1].accounts[PENDING].credit
                == LEVEL_1 + LEVEL_2 + LEVEL_3);

    assert_int_equal(jupref_view_accounts(ledger, 1, 4, mints), 1);
    assert_text(&mints[0].mint, mint_of(2));
    assert_int_equal(jupref_view_accounts(ledger, 2, 4, mints), 0);
    assert_int_equal(jupref_view_accounts(ledger, 0, 1, mints), 1);

    world_free(ledger);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(trades_are_shown_newest_first_page_by_page),
        cmocka_unit_test(a_referrers_trades_are_those_of_its_codes),
        cmocka_unit_test(new_trades_change_no_page_that_follows),
        cmocka_unit_test(a_page_goes_on_behind_a_trade_that_was_archived),
        cmocka_unit_test(
            a_page_goes_on_where_an_unknown_trade_was_when_it_is_executed),
        cmocka_unit_test(a_cursor_from_nowhere_does_no_harm),
        cmocka_unit_test(a_place_that_is_too_far_to_find_is_said_to_be_gone),
        cmocka_unit_test(a_trade_is_shown_with_who_earns_and_how_much),
        cmocka_unit_test(bound_wallets_are_shown_newest_bound_first),
        cmocka_unit_test(the_trial_balance_is_shown_mint_by_mint)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
