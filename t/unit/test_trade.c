/*
 * Trades in the ledger: booked once, divided to the unit among those who may
 * earn, and refused whole where a table is full.
 */

#include "ledger/jupref_ledger.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger_world.h"


#define THREE_LEVELS  terms_of("premium", 100, 0, 4000, 500, 100)

/* Of the trade's fee of 1,000,000 the partner has 800,000. */
#define LEVEL_1  320000
#define LEVEL_2  40000
#define LEVEL_3  8000
#define CUT      200000
#define PARTNER  800000


/*
 * Wallets 1, 2 and 3 are referrers, each the parent of the next, with codes
 * "one", "two" and "three".
 */
static jupref_ledger_t *
world_of_three(uint64_t size)
{
    jupref_ledger_t  *ledger;

    ledger = world_new(size);

    assert_applied(ledger, event_registered(ledger, 1, 0));
    assert_applied(ledger, event_registered(ledger, 2, 1));
    assert_applied(ledger, event_registered(ledger, 3, 2));
    assert_applied(ledger, event_code(ledger, "one", 1, THREE_LEVELS));
    assert_applied(ledger, event_code(ledger, "two", 2, THREE_LEVELS));
    assert_applied(ledger, event_code(ledger, "three", 3, THREE_LEVELS));

    return ledger;
}


static jupref_event_t
trade_on_three_levels(const jupref_ledger_t *ledger, uint32_t signature,
    uint32_t taker, const char *code)
{
    jupref_event_t  event;

    event = event_trade(ledger, signature, taker, code);
    event.of.trade.terms = THREE_LEVELS;

    return event;
}


static void
assert_mint(const jupref_ledger_t *ledger, uint32_t mint, uint64_t received,
    uint64_t jupiter_cut, uint64_t platform, uint64_t referrers)
{
    jupref_mint_row_t  *row;

    row = mint_row_of(ledger, mint);

    assert_true(row->received == received);
    assert_true(row->jupiter_cut == jupiter_cut);
    assert_true(row->platform == platform);
    assert_true(row->referrers == referrers);
}


static void
an_executed_trade_is_kept_as_it_was_told(void **state)
{
    jupref_event_t       event;
    jupref_pubkey_t      mint;
    jupref_trade_t      *trade;
    jupref_ledger_t     *ledger;
    jupref_trade_row_t  *row;

    ledger = world_of_three(JUPREF_LEDGER_MIN);
    event = trade_on_three_levels(ledger, 1, 9, "three");
    trade = &event.of.trade;
    assert_applied(ledger, event);

    row = trade_row_of(ledger, 1);
    assert_memory_equal(&row->taker, &trade->taker, sizeof(trade->taker));
    assert_memory_equal(&row->request_id, &trade->request_id,
                        sizeof(trade->request_id));
    assert_memory_equal(row->message_hash, trade->message_hash, 32);
    assert_memory_equal(row->router, trade->router, sizeof(row->router));
    assert_true(row->time_ms == event.time_ms);
    assert_true(row->in_amount == trade->in_amount);
    assert_true(row->out_amount == trade->out_amount);
    assert_true(row->fee == trade->fee);
    assert_true(row->volume_micro_usd == trade->volume_micro_usd);
    assert_true(row->slot == trade->slot);
    assert_true(row->last_valid_block_height
                == trade->last_valid_block_height);
    assert_int_equal(row->granted_bps, 100);
    assert_int_equal(row->partner_bps, 8000);
    assert_int_equal(row->share_bps[0], 4000);
    assert_int_equal(row->share_bps[2], 100);
    assert_int_equal(row->state, JUPREF_STATE_EXECUTED);
    assert_ptr_equal(jupref_code(ledger, row->code),
                     code_row_of(ledger, "three"));
    assert_ptr_equal(jupref_referrer(ledger, row->level[0]),
                     referrer_of(ledger, 3));
    assert_ptr_equal(jupref_referrer(ledger, row->level[1]),
                     referrer_of(ledger, 2));
    assert_ptr_equal(jupref_referrer(ledger, row->level[2]),
                     referrer_of(ledger, 1));
    mint = mint_of(1);
    assert_true(jupref_pubkey_equal(&row->input_mint, &mint));
    mint = mint_of(2);
    assert_true(jupref_pubkey_equal(&row->output_mint, &mint));
    assert_ptr_equal(jupref_mint(ledger, row->fee_mint),
                     mint_row_of(ledger, 1));

    world_free(ledger);
}


static void
three_levels_earn_their_shares_and_the_platform_the_rest(void **state)
{
    jupref_ledger_t        *ledger;
    jupref_referrer_row_t  *owner;

    ledger = world_of_three(JUPREF_LEDGER_MIN);
    assert_applied(ledger, trade_on_three_levels(ledger, 1, 9, "three"));

    assert_true(estimated_of(ledger, 3, 1) == LEVEL_1);
    assert_true(estimated_of(ledger, 2, 1) == LEVEL_2);
    assert_true(estimated_of(ledger, 1, 1) == LEVEL_3);
    assert_mint(ledger, 1, 1000000, CUT,
                PARTNER - LEVEL_1 - LEVEL_2 - LEVEL_3,
                LEVEL_1 + LEVEL_2 + LEVEL_3);

    /* trades and volume are the code's owner's alone */

    owner = referrer_of(ledger, 3);
    assert_true(owner->trades[JUPREF_STATE_EXECUTED] == 1);
    assert_true(owner->volume_micro_usd == 100000000);
    assert_true(referrer_of(ledger, 2)->trades[JUPREF_STATE_EXECUTED] == 0);
    assert_true(referrer_of(ledger, 2)->volume_micro_usd == 0);
    assert_true(ledger->trades[JUPREF_STATE_EXECUTED] == 1);
    assert_true(ledger->volume_micro_usd == 100000000);

    /* $100 at 1 % is $1, of which the partner has $0.80 */

    assert_true(owner->earned_micro_usd == LEVEL_1);
    assert_true(referrer_of(ledger, 2)->earned_micro_usd == LEVEL_2);
    assert_true(referrer_of(ledger, 1)->earned_micro_usd == LEVEL_3);

    world_free(ledger);
}


static void
levels_that_do_not_exist_leave_their_share_to_the_platform(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = world_of_three(JUPREF_LEDGER_MIN);
    assert_applied(ledger, trade_on_three_levels(ledger, 1, 9, "two"));

    assert_true(estimated_of(ledger, 3, 1) == 0);
    assert_true(estimated_of(ledger, 2, 1) == LEVEL_1);
    assert_true(estimated_of(ledger, 1, 1) == LEVEL_2);
    assert_mint(ledger, 1, 1000000, CUT, PARTNER - LEVEL_1 - LEVEL_2,
                LEVEL_1 + LEVEL_2);

    world_free(ledger);
}


static void
a_trade_without_a_code_is_the_platforms(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = world_of_three(JUPREF_LEDGER_MIN);
    assert_applied(ledger, trade_on_three_levels(ledger, 1, 9, ""));

    assert_mint(ledger, 1, 1000000, CUT, PARTNER, 0);
    assert_int_equal(trade_row_of(ledger, 1)->code, 0);
    assert_true(ledger->trades[JUPREF_STATE_EXECUTED] == 1);
    assert_true(ledger->volume_micro_usd == 100000000);

    world_free(ledger);
}


static void
the_same_signature_is_never_booked_twice(void **state)
{
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = world_of_three(JUPREF_LEDGER_MIN);
    assert_applied(ledger, trade_on_three_levels(ledger, 1, 9, "three"));

    assert_refused(ledger, trade_on_three_levels(ledger, 1, 9, "three"),
                   JUPREF_LEDGER_TRADE_EXISTS);
    assert_refused(ledger, event_unknown(ledger, 1, 9, "three"),
                   JUPREF_LEDGER_TRADE_EXISTS);

    /* whatever else is different */

    event = trade_on_three_levels(ledger, 1, 10, "two");
    event.of.trade.fee = 5;
    event.of.trade.fee_mint = mint_of(2);
    assert_refused(ledger, event, JUPREF_LEDGER_TRADE_EXISTS);

    assert_applied(ledger, trade_on_three_levels(ledger, 2, 9, "three"));
    assert_true(estimated_of(ledger, 3, 1) == 2 * LEVEL_1);

    world_free(ledger);
}


static void
an_unknown_trade_moves_nothing_until_it_is_executed_once(void **state)
{
    jupref_event_t          event;
    jupref_ledger_t        *ledger;
    jupref_referrer_row_t  *owner;

    ledger = world_of_three(JUPREF_LEDGER_MIN);
    owner = referrer_of(ledger, 3);

    assert_applied(ledger, event_unknown(ledger, 1, 9, "three"));
    assert_int_equal(trade_row_of(ledger, 1)->state, JUPREF_STATE_UNKNOWN);
    assert_mint(ledger, 1, 0, 0, 0, 0);
    assert_int_equal(owner->first_balance, 0);
    assert_true(owner->trades[JUPREF_STATE_UNKNOWN] == 1);
    assert_true(owner->trades[JUPREF_STATE_EXECUTED] == 0);
    assert_true(owner->volume_micro_usd == 0);
    assert_true(owner->earned_micro_usd == 0);
    assert_true(ledger->trades[JUPREF_STATE_UNKNOWN] == 1);
    assert_true(ledger->volume_micro_usd == 0);

    assert_refused(ledger, event_unknown(ledger, 1, 9, "three"),
                   JUPREF_LEDGER_TRADE_EXISTS);

    assert_applied(ledger, trade_on_three_levels(ledger, 1, 9, "three"));
    assert_int_equal(trade_row_of(ledger, 1)->state, JUPREF_STATE_EXECUTED);
    assert_int_equal(ledger->tables[JUPREF_TABLE_TRADES].count, 1);
    assert_true(estimated_of(ledger, 3, 1) == LEVEL_1);
    assert_true(owner->trades[JUPREF_STATE_UNKNOWN] == 0);
    assert_true(owner->trades[JUPREF_STATE_EXECUTED] == 1);
    assert_true(ledger->trades[JUPREF_STATE_UNKNOWN] == 0);
    assert_true(ledger->trades[JUPREF_STATE_EXECUTED] == 1);
    assert_mint(ledger, 1, 1000000, CUT, PARTNER - 368000, 368000);

    event = trade_on_three_levels(ledger, 1, 9, "three");
    assert_refused(ledger, event, JUPREF_LEDGER_TRADE_EXISTS);

    world_free(ledger);
}


static void
whose_an_unknown_trade_is_stays_as_it_was_said_first(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = world_of_three(JUPREF_LEDGER_MIN);

    assert_applied(ledger, event_unknown(ledger, 1, 9, "three"));
    assert_applied(ledger, trade_on_three_levels(ledger, 1, 9, "two"));
    assert_true(estimated_of(ledger, 3, 1) == LEVEL_1);

    assert_applied(ledger, event_unknown(ledger, 2, 9, ""));
    assert_applied(ledger, trade_on_three_levels(ledger, 2, 9, "three"));
    assert_true(estimated_of(ledger, 3, 1) == LEVEL_1);
    assert_int_equal(trade_row_of(ledger, 2)->code, 0);
    assert_true(ledger->trades[JUPREF_STATE_UNKNOWN] == 0);

    world_free(ledger);
}


static void
a_suspended_referrer_earns_nothing_and_the_others_do(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = world_of_three(JUPREF_LEDGER_MIN);

    assert_applied(ledger, event_status(ledger, 2,
                                        JUPREF_REFERRER_SUSPENDED));
    assert_applied(ledger, trade_on_three_levels(ledger, 1, 9, "three"));
    assert_true(estimated_of(ledger, 3, 1) == LEVEL_1);
    assert_true(estimated_of(ledger, 2, 1) == 0);
    assert_true(estimated_of(ledger, 1, 1) == LEVEL_3);
    assert_mint(ledger, 1, 1000000, CUT, PARTNER - LEVEL_1 - LEVEL_3,
                LEVEL_1 + LEVEL_3);
    assert_int_equal(trade_row_of(ledger, 1)->level[1], 0);

    /* the owner itself: its trades are counted, but earn it nothing */

    assert_applied(ledger, event_status(ledger, 2, JUPREF_REFERRER_ACTIVE));
    assert_applied(ledger, event_status(ledger, 3,
                                        JUPREF_REFERRER_SUSPENDED));
    assert_applied(ledger, trade_on_three_levels(ledger, 2, 9, "three"));
    assert_true(estimated_of(ledger, 3, 1) == LEVEL_1);
    assert_true(estimated_of(ledger, 2, 1) == LEVEL_2);
    assert_true(referrer_of(ledger, 3)->trades[JUPREF_STATE_EXECUTED] == 2);
    assert_true(referrer_of(ledger, 3)->earned_micro_usd == LEVEL_1);

    world_free(ledger);
}


/* Nobody earns on a trade of `taker` with `code`. */
static void
assert_nobody_earns(jupref_ledger_t *ledger, uint32_t signature,
    uint32_t taker, const char *code)
{
    jupref_u128_t  before, platform;

    assert_applied(ledger, event_trade(ledger, 1000 + signature, 0, ""));
    before = mint_row_of(ledger, 1)->referrers;
    platform = mint_row_of(ledger, 1)->platform;

    assert_applied(ledger, trade_on_three_levels(ledger, signature, taker,
                                                 code));
    assert_true(mint_row_of(ledger, 1)->referrers == before);
    assert_true(mint_row_of(ledger, 1)->platform == platform + PARTNER);
    assert_int_equal(trade_row_of(ledger, signature)->level[0], 0);
    assert_int_equal(trade_row_of(ledger, signature)->level[1], 0);
    assert_int_equal(trade_row_of(ledger, signature)->level[2], 0);
}


static void
self_referral_earns_nobody_anything(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = world_of_three(JUPREF_LEDGER_MIN);
    assert_nobody_earns(ledger, 1, 3, "three");
    world_free(ledger);
}


static void
a_parent_that_trades_with_its_childs_code_earns_nothing(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = world_of_three(JUPREF_LEDGER_MIN);
    assert_nobody_earns(ledger, 1, 2, "three");
    assert_nobody_earns(ledger, 2, 1, "three");
    assert_nobody_earns(ledger, 3, 1, "two");
    world_free(ledger);
}


static void
two_that_refer_each_other_earn_nothing(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = world_new(JUPREF_LEDGER_MIN);
    assert_applied(ledger, event_registered(ledger, 1, 0));
    assert_applied(ledger, event_registered(ledger, 2, 0));
    assert_applied(ledger, event_code(ledger, "one", 1, THREE_LEVELS));
    assert_applied(ledger, event_code(ledger, "two", 2, THREE_LEVELS));
    assert_applied(ledger, event_bound(ledger, 1, "two"));

    /* 1 trades under 2: that may be; then 2 under 1 is mutual */

    assert_applied(ledger, trade_on_three_levels(ledger, 1, 1, "two"));
    assert_true(estimated_of(ledger, 2, 1) == LEVEL_1);
    assert_nobody_earns(ledger, 2, 2, "one");

    world_free(ledger);
}


static void
a_cycle_of_bindings_and_parents_earns_nothing(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = world_of_three(JUPREF_LEDGER_MIN);
    assert_applied(ledger, event_registered(ledger, 4, 0));
    assert_applied(ledger, event_code(ledger, "four", 4, THREE_LEVELS));

    /* 4 is bound to 3, whose parent is 2, whose parent is 1 */

    assert_applied(ledger, event_bound(ledger, 4, "three"));
    assert_nobody_earns(ledger, 1, 3, "four");
    assert_nobody_earns(ledger, 2, 2, "four");
    assert_nobody_earns(ledger, 3, 1, "four");

    /* somebody outside of it is no cycle */

    assert_applied(ledger, trade_on_three_levels(ledger, 4, 9, "four"));
    assert_true(estimated_of(ledger, 4, 1) == LEVEL_1);

    world_free(ledger);
}


static void
a_cycle_is_followed_as_deep_as_it_says_and_ends(void **state)
{
    uint32_t          wallet;
    jupref_pubkey_t   key;
    jupref_ledger_t  *ledger;
    char              code[] = "code-x";

    ledger = world_new(JUPREF_LEDGER_MIN);

    /* each is bound to the next and has it as its child: all ways lead on */

    for (wallet = 1; wallet <= 6; wallet++) {
        assert_applied(ledger, event_registered(ledger, wallet, wallet - 1));
        code[5] = (char) ('0' + wallet);
        assert_applied(ledger, event_code(ledger, code, wallet,
                                          THREE_LEVELS));
    }

    for (wallet = 1; wallet <= 6; wallet++) {
        code[5] = (char) ('0' + wallet % 6 + 1);
        assert_applied(ledger, event_bound(ledger, wallet, code));
    }

    for (wallet = 1; wallet <= 6; wallet++) {
        key = wallet_of(wallet);
        assert_true(jupref_referral_is_cycle(ledger, jupref_find_referrer(
                                                 ledger, &key), &key));
        key = wallet_of(9);
        assert_false(jupref_referral_is_cycle(ledger, wallet, &key));
    }

    /* from 1 over the bindings: 2, 3, 4 are three steps, 5 is four */

    key = wallet_of(4);
    assert_true(jupref_referral_is_cycle(ledger, 1, &key));
    key = wallet_of(5);
    assert_false(jupref_referral_is_cycle(ledger, 1, &key));

    world_free(ledger);
}


static void
a_dropped_fee_earns_nothing(void **state)
{
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = world_of_three(JUPREF_LEDGER_MIN);
    event = trade_on_three_levels(ledger, 1, 9, "three");
    event.of.trade.fee = 0;
    event.of.trade.granted_bps = 0;
    assert_applied(ledger, event);

    assert_mint(ledger, 1, 0, 0, 0, 0);
    assert_int_equal(referrer_of(ledger, 3)->first_balance, 0);
    assert_true(referrer_of(ledger, 3)->earned_micro_usd == 0);
    assert_true(referrer_of(ledger, 3)->volume_micro_usd == 100000000);

    world_free(ledger);
}


static void
a_fee_of_an_unknown_mint_is_booked_nowhere(void **state)
{
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = world_of_three(JUPREF_LEDGER_MIN);
    event = trade_on_three_levels(ledger, 1, 9, "three");
    event.of.trade.fee_mint = mint_of(0);
    assert_applied(ledger, event);

    assert_int_equal(trade_row_of(ledger, 1)->fee_mint, 0);
    assert_int_equal(ledger->tables[JUPREF_TABLE_BALANCES].count, 0);
    assert_int_equal(ledger->tables[JUPREF_TABLE_MINTS].count, 0);

    world_free(ledger);
}


static void
balances_are_kept_per_referrer_and_mint(void **state)
{
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = world_of_three(JUPREF_LEDGER_MIN);

    event = trade_on_three_levels(ledger, 1, 9, "one");
    assert_applied(ledger, event);
    event = trade_on_three_levels(ledger, 2, 9, "one");
    event.of.trade.fee_mint = mint_of(2);
    event.of.trade.fee = UINT64_MAX;
    assert_applied(ledger, event);
    event = trade_on_three_levels(ledger, 3, 9, "one");
    event.of.trade.fee_mint = mint_of(2);
    event.of.trade.fee = UINT64_MAX;
    assert_applied(ledger, event);

    assert_true(estimated_of(ledger, 1, 1) == LEVEL_1);
    assert_int_equal(ledger->tables[JUPREF_TABLE_BALANCES].count, 2);
    assert_true(mint_row_of(ledger, 2)->received
                == (jupref_u128_t) UINT64_MAX * 2);

    world_free(ledger);
}


static void
terms_that_give_away_more_than_came_in_are_refused(void **state)
{
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = world_of_three(JUPREF_LEDGER_MIN);

    event = trade_on_three_levels(ledger, 1, 9, "three");
    event.of.trade.terms = terms_of("t", 100, 0, 5000, 3000, 2001);
    assert_refused(ledger, event, JUPREF_LEDGER_BAD_EVENT);

    event.of.trade.terms = terms_of("t", 100, 0, 65535, 1, 0);
    assert_refused(ledger, event, JUPREF_LEDGER_BAD_EVENT);

    event.of.trade.terms = THREE_LEVELS;
    event.of.trade.terms.partner_bps = 10001;
    assert_refused(ledger, event, JUPREF_LEDGER_BAD_EVENT);

    event = trade_on_three_levels(ledger, 1, 9, "three");
    event.of.trade.granted_bps = 10001;
    assert_refused(ledger, event, JUPREF_LEDGER_BAD_EVENT);

    event = trade_on_three_levels(ledger, 0, 9, "three");
    assert_refused(ledger, event, JUPREF_LEDGER_BAD_EVENT);

    event = trade_on_three_levels(ledger, 1, 9, "nobody");
    assert_refused(ledger, event, JUPREF_LEDGER_CODE_UNKNOWN);

    event = event_unknown(ledger, 1, 9, "nobody");
    assert_refused(ledger, event, JUPREF_LEDGER_CODE_UNKNOWN);

    world_free(ledger);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(an_executed_trade_is_kept_as_it_was_told),
        cmocka_unit_test(
            three_levels_earn_their_shares_and_the_platform_the_rest),
        cmocka_unit_test(
            levels_that_do_not_exist_leave_their_share_to_the_platform),
        cmocka_unit_test(a_trade_without_a_code_is_the_platforms),
        cmocka_unit_test(the_same_signature_is_never_booked_twice),
        cmocka_unit_test(
            an_unknown_trade_moves_nothing_until_it_is_executed_once),
        cmocka_unit_test(whose_an_unknown_trade_is_stays_as_it_was_said_first),
        cmocka_unit_test(a_suspended_referrer_earns_nothing_and_the_others_do),
        cmocka_unit_test(self_referral_earns_nobody_anything),
        cmocka_unit_test(
            a_parent_that_trades_with_its_childs_code_earns_nothing),
        cmocka_unit_test(two_that_refer_each_other_earn_nothing),
        cmocka_unit_test(a_cycle_of_bindings_and_parents_earns_nothing),
        cmocka_unit_test(a_cycle_is_followed_as_deep_as_it_says_and_ends),
        cmocka_unit_test(a_dropped_fee_earns_nothing),
        cmocka_unit_test(a_fee_of_an_unknown_mint_is_booked_nowhere),
        cmocka_unit_test(balances_are_kept_per_referrer_and_mint),
        cmocka_unit_test(terms_that_give_away_more_than_came_in_are_refused)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
