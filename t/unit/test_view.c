/*
 * Views: what a reader is shown is what the ledger holds, within its bounds.
 */

#include "ledger/jupref_view.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger_world.h"


#define REFERRED  terms_of("referred", 100, 10, 2000, 500, 0)


/* Wallet 2 under wallet 1, each with a code. */
static jupref_ledger_t *
world_of_two(void)
{
    jupref_ledger_t  *ledger;

    ledger = world_new(JUPREF_LEDGER_MIN);
    assert_applied(ledger, event_registered(ledger, 1, 0));
    assert_applied(ledger, event_registered(ledger, 2, 1));
    assert_applied(ledger, event_code(ledger, "Alice", 1, REFERRED));
    assert_applied(ledger, event_code(ledger, "Bob", 2, REFERRED));

    return ledger;
}


static jupref_clicks_t *
clicks_of(const jupref_ledger_t *ledger)
{
    void      *block;
    uint32_t   codes;

    codes = ledger->tables[JUPREF_TABLE_CODES].capacity;
    block = calloc(1, jupref_clicks_size(codes));
    assert_non_null(block);

    return jupref_clicks_init(block, codes);
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


static void
a_code_is_shown_with_its_owner_and_the_clicks_that_wait(void **state)
{
    uint32_t             index;
    jupref_clicks_t     *clicks;
    jupref_ledger_t     *ledger;
    jupref_code_name_t   name;
    jupref_code_view_t   view;

    ledger = world_of_two();
    clicks = clicks_of(ledger);
    name = code_of("alice");
    index = jupref_find_code(ledger, &name);

    assert_applied(ledger, event_clicks(ledger, "alice", 5));
    jupref_clicks_count(clicks, index);
    jupref_clicks_count(clicks, index);

    jupref_view_code(ledger, clicks, index, &view);
    assert_true(view.clicks == 7);
    assert_int_equal(view.status, JUPREF_REFERRER_ACTIVE);
    assert_memory_equal(view.row.text, "Alice", 6);
    assert_text(&view.referrer, wallet_of(1));

    free(clicks);
    world_free(ledger);
}


static void
terms_are_shown_only_of_a_code_that_can_be_followed(void **state)
{
    jupref_terms_t        terms;
    jupref_ledger_t      *ledger;
    jupref_code_name_t    bob, nobody;
    jupref_terms_view_t   view;

    ledger = world_of_two();
    bob = code_of("BOB");
    nobody = code_of("nobody");
    terms = REFERRED;

    assert_int_equal(jupref_view_terms(ledger, &bob, &view), 1);
    assert_memory_equal(view.code, "Bob", 4);
    assert_true(jupref_terms_equal(&view.terms, &terms));
    assert_int_equal(view.earns, 3);
    assert_text(&view.level[0], wallet_of(2));
    assert_text(&view.level[1], wallet_of(1));
    assert_int_equal(view.level[2].len, 0);

    assert_int_equal(jupref_view_terms(ledger, &nobody, &view), 0);

    assert_applied(ledger, event_status(ledger, 1,
                                        JUPREF_REFERRER_SUSPENDED));
    assert_int_equal(jupref_view_terms(ledger, &bob, &view), 1);
    assert_int_equal(view.earns, 1);

    assert_applied(ledger, event_status(ledger, 2,
                                        JUPREF_REFERRER_SUSPENDED));
    assert_int_equal(jupref_view_terms(ledger, &bob, &view), 0);

    assert_applied(ledger, event_status(ledger, 2, JUPREF_REFERRER_ACTIVE));
    assert_applied(ledger, event_retired(ledger, "bob"));
    assert_int_equal(jupref_view_terms(ledger, &bob, &view), 0);

    world_free(ledger);
}


static void
a_referrer_is_shown_with_its_codes_balances_and_parent(void **state)
{
    uint32_t                 index;
    jupref_event_t           event;
    jupref_pubkey_t          key;
    jupref_clicks_t         *clicks;
    jupref_ledger_t         *ledger;
    jupref_code_name_t       name;
    jupref_referrer_view_t  *view;

    ledger = world_of_two();
    clicks = clicks_of(ledger);
    view = malloc(sizeof(jupref_referrer_view_t));
    assert_non_null(view);
    memset(view, 0x5a, sizeof(jupref_referrer_view_t));

    assert_applied(ledger, event_code(ledger, "bobby", 2, REFERRED));
    assert_applied(ledger, event_clicks(ledger, "bob", 3));
    name = code_of("bobby");
    jupref_clicks_count(clicks, jupref_find_code(ledger, &name));

    assert_applied(ledger, event_trade(ledger, 1, 9, "bob"));
    event = event_trade(ledger, 2, 9, "bob");
    event.of.trade.fee_mint = mint_of(2);
    event.of.trade.fee = 5000;
    assert_applied(ledger, event);

    key = wallet_of(2);
    index = jupref_find_referrer(ledger, &key);
    jupref_view_referrer(ledger, clicks, index, view);

    assert_text(&view->parent, wallet_of(1));
    assert_true(view->clicks == 4);
    assert_int_equal(view->code_count, 2);
    assert_memory_equal(view->codes[0].row.text, "bobby", 6);
    assert_memory_equal(view->codes[1].row.text, "Bob", 4);
    assert_int_equal(view->balance_count, 2);
    assert_int_equal(view->more_balances, 0);
    assert_text(&view->balances[0].mint, mint_of(2));
    assert_true(view->balances[0].row.estimated == 800);
    assert_text(&view->balances[1].mint, mint_of(1));
    assert_true(view->balances[1].row.estimated == 160000);

    key = wallet_of(1);
    jupref_view_referrer(ledger, clicks, jupref_find_referrer(ledger, &key),
                         view);
    assert_int_equal(view->parent.len, 0);
    assert_int_equal(view->balance_count, 0);

    free(view);
    free(clicks);
    world_free(ledger);
}


static void
more_balances_than_are_shown_are_said_to_be_there(void **state)
{
    uint32_t                 mint;
    jupref_event_t           event;
    jupref_pubkey_t          key;
    jupref_clicks_t         *clicks;
    jupref_ledger_t         *ledger;
    jupref_referrer_view_t  *view;

    ledger = world_new(UINT64_C(32) * JUPREF_LEDGER_MIN);
    clicks = clicks_of(ledger);
    view = malloc(sizeof(jupref_referrer_view_t));
    assert_non_null(view);
    assert_applied(ledger, event_registered(ledger, 1, 0));
    assert_applied(ledger, event_code(ledger, "alice", 1, REFERRED));
    key = wallet_of(1);

    for (mint = 1; mint <= JUPREF_VIEW_BALANCES + 1; mint++) {
        jupref_view_referrer(ledger, clicks, jupref_find_referrer(ledger,
                                                                  &key),
                             view);
        assert_int_equal(view->balance_count, mint - 1);
        assert_int_equal(view->more_balances, 0);

        event = event_trade(ledger, mint, 9, "alice");
        event.of.trade.fee_mint = mint_of(mint);
        assert_applied(ledger, event);
    }

    jupref_view_referrer(ledger, clicks, jupref_find_referrer(ledger, &key),
                         view);
    assert_int_equal(view->balance_count, JUPREF_VIEW_BALANCES);
    assert_int_equal(view->more_balances, 1);

    free(view);
    free(clicks);
    world_free(ledger);
}


static void
leaders_are_shown_best_first_up_to_the_limit(void **state)
{
    jupref_ledger_t       *ledger;
    jupref_leader_view_t   leaders[JUPREF_VIEW_LIST];

    ledger = world_of_two();
    assert_applied(ledger, event_trade(ledger, 1, 9, "bob"));

    assert_int_equal(jupref_view_leaders(ledger, JUPREF_BY_VOLUME, 1000,
                                         leaders),
                     2);
    assert_text(&leaders[0].wallet, wallet_of(2));
    assert_text(&leaders[1].wallet, wallet_of(1));
    assert_true(leaders[0].trades == 1);
    assert_true(leaders[0].volume_micro_usd == 100000000);
    assert_true(leaders[0].earned_micro_usd == 160000);
    assert_true(leaders[1].volume_micro_usd == 0);
    assert_int_equal(jupref_view_leaders(ledger, JUPREF_BY_VOLUME, 1,
                                         leaders),
                     1);

    world_free(ledger);
}


static void
the_platform_is_shown_in_sums_rooms_and_mints(void **state)
{
    uint32_t                 table;
    jupref_pubkey_t          mint, account;
    jupref_ledger_t         *ledger;
    jupref_integrity_t      *integrity;
    jupref_platform_view_t  *view;

    ledger = world_of_two();
    integrity = calloc(1, sizeof(jupref_integrity_t));
    view = malloc(sizeof(jupref_platform_view_t));
    assert_non_null(integrity);
    assert_non_null(view);

    assert_applied(ledger, event_trade(ledger, 1, 9, "bob"));
    assert_applied(ledger, event_unknown(ledger, 2, 9, "bob"));
    assert_applied(ledger, event_clicks(ledger, "bob", 3));
    mint = mint_of(1);
    account = wallet_of(7);
    (void) jupref_integrity_count(integrity, &mint, &account,
                                  JUPREF_FEE_DROPPED, 1);

    jupref_view_platform(ledger, integrity, view);
    assert_true(view->seq == ledger->seq);
    assert_true(view->trades[JUPREF_STATE_EXECUTED] == 1);
    assert_true(view->trades[JUPREF_STATE_UNKNOWN] == 1);
    assert_true(view->clicks == 3);
    assert_true(view->volume_micro_usd == 100000000);
    assert_int_equal(view->mint_count, 1);
    assert_true(view->mints[0].received == 1000000);
    assert_true(view->mints[0].jupiter_cut + view->mints[0].platform
                + view->mints[0].referrers == 1000000);
    assert_int_equal(view->integrity_count, 1);
    assert_true(view->integrity[0].dropped == 1);

    for (table = 0; table < JUPREF_TABLES; table++) {
        assert_int_equal(view->used[table], ledger->tables[table].count);
        assert_int_equal(view->capacity[table],
                         ledger->tables[table].capacity);
    }

    free(view);
    free(integrity);
    world_free(ledger);
}


static void
states_have_their_public_words(void **state)
{
    unsigned  one, other;

    assert_string_equal(jupref_referrer_status_name(JUPREF_REFERRER_ACTIVE),
                        "active");
    assert_string_equal(jupref_referrer_status_name(JUPREF_REFERRER_SUSPENDED),
                        "suspended");

    for (one = 1; one < JUPREF_STATES; one++) {
        for (other = 1; other < one; other++) {
            assert_string_not_equal(jupref_trade_state_name(one),
                                    jupref_trade_state_name(other));
        }
    }

    assert_string_equal(jupref_trade_state_name(JUPREF_STATE_EXECUTED),
                        "executed");
    assert_string_equal(jupref_trade_state_name(JUPREF_STATE_REVERSED),
                        "reversed");

    for (one = 0; one < JUPREF_ACCOUNTS; one++) {
        for (other = 0; other < one; other++) {
            assert_string_not_equal(jupref_account_name(one),
                                    jupref_account_name(other));
        }
    }

    assert_string_equal(jupref_account_name(JUPREF_ACCOUNT_CLEARING),
                        "clearing");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(
            a_code_is_shown_with_its_owner_and_the_clicks_that_wait),
        cmocka_unit_test(terms_are_shown_only_of_a_code_that_can_be_followed),
        cmocka_unit_test(
            a_referrer_is_shown_with_its_codes_balances_and_parent),
        cmocka_unit_test(more_balances_than_are_shown_are_said_to_be_there),
        cmocka_unit_test(leaders_are_shown_best_first_up_to_the_limit),
        cmocka_unit_test(the_platform_is_shown_in_sums_rooms_and_mints),
        cmocka_unit_test(states_have_their_public_words)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
