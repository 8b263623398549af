/*
 * The books: what is verified is entered twice, what is reversed is booked
 * back, what was paid out is owed; nothing else moves an account.
 */

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger/jupref_booking.h"
#include "ledger/jupref_postings.h"
#include "books_world.h"


static void
what_is_executed_moves_no_account(void **state)
{
    unsigned            account;
    jupref_ledger_t    *ledger;
    jupref_mint_row_t  *mint;

    ledger = books_world();
    mint = mint_row_of(ledger, 1);

    for (account = 0; account < JUPREF_ACCOUNTS; account++) {
        assert_true(mint->accounts[account].debit == 0);
        assert_true(mint->accounts[account].credit == 0);
    }

    assert_true(estimated_of(ledger, 3, 1) == 320000);
    assert_held(ledger, 3, 0, 0, 0, 0);

    world_free(ledger);
}


static void
a_verified_fee_is_entered_twice_and_the_estimate_is_taken_back(void **state)
{
    jupref_ledger_t     *ledger;
    jupref_mint_row_t   *mint;
    jupref_trade_row_t  *row;

    ledger = books_world();
    assert_applied(ledger, event_verified(ledger, 1, FEE, 1));

    assert_true(account_of(ledger, 1, JUPREF_ACCOUNT_JUPITER_UNCLAIMED)
                == FEE);
    assert_true(account_of(ledger, 1, JUPREF_ACCOUNT_JUPITER_CUT) == 100000);
    assert_true(account_of(ledger, 1, JUPREF_ACCOUNT_PLATFORM)
                == 400000 - LEVEL_1 - LEVEL_2 - LEVEL_3);
    assert_true(account_of(ledger, 1, PENDING)
                == LEVEL_1 + LEVEL_2 + LEVEL_3);

    assert_held(ledger, 3, LEVEL_1, 0, 0, 0);
    assert_held(ledger, 2, LEVEL_2, 0, 0, 0);
    assert_held(ledger, 1, LEVEL_3, 0, 0, 0);
    assert_true(estimated_of(ledger, 3, 1) == 0);

    mint = mint_row_of(ledger, 1);
    assert_true(mint->received == 0);
    assert_true(mint->jupiter_cut == 0);
    assert_true(mint->platform == 0);
    assert_true(mint->referrers == 0);

    /* it counts for as much as before */

    assert_true(ledger->trades[JUPREF_STATE_EXECUTED] == 0);
    assert_true(ledger->trades[JUPREF_STATE_VERIFIED] == 1);
    assert_true(ledger->volume_micro_usd == 100000000);
    assert_true(referrer_of(ledger, 3)->trades[JUPREF_STATE_VERIFIED] == 1);
    assert_true(referrer_of(ledger, 3)->earned_micro_usd == 320000);

    row = trade_row_of(ledger, 1);
    assert_int_equal(row->state, JUPREF_STATE_VERIFIED);
    assert_true(row->fee == FEE);
    assert_true(row->slot == 375472800);
    assert_true(row->verified_seq == ledger->seq);
    assert_true(row->verified_ms == ledger->time_ms);
    assert_true(row->seq == ledger->seq - 1);

    world_free(ledger);
}


static void
a_fee_that_came_in_another_mint_is_booked_there(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = books_world();
    assert_applied(ledger, event_verified(ledger, 1, FEE, 2));

    assert_true(estimated_of(ledger, 3, 1) == 0);
    assert_true(mint_row_of(ledger, 1)->received == 0);
    assert_true(account_of(ledger, 1, JUPREF_ACCOUNT_JUPITER_UNCLAIMED) == 0);
    assert_true(account_of(ledger, 2, JUPREF_ACCOUNT_JUPITER_UNCLAIMED)
                == FEE);
    assert_true(held_of(ledger, 3, 2, PENDING) == LEVEL_1);
    assert_ptr_equal(jupref_mint(ledger, trade_row_of(ledger, 1)->fee_mint),
                     mint_row_of(ledger, 2));
    assert_books(ledger);

    world_free(ledger);
}


static void
an_unknown_trade_that_is_verified_earns_as_if_it_had_been_executed(
    void **state)
{
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = books_world();

    event = event_unknown(ledger, 2, 9, "three");
    event.of.trade.terms = THREE_LEVELS;
    event.of.trade.fee_mint = mint_of(0);
    assert_applied(ledger, event);
    assert_int_equal(trade_row_of(ledger, 2)->level[0], 0);

    assert_applied(ledger, event_verified(ledger, 2, FEE, 1));
    assert_held(ledger, 3, LEVEL_1, 0, 0, 0);
    assert_held(ledger, 2, LEVEL_2, 0, 0, 0);
    assert_true(ledger->trades[JUPREF_STATE_UNKNOWN] == 0);
    assert_true(ledger->trades[JUPREF_STATE_VERIFIED] == 1);
    assert_true(ledger->volume_micro_usd == 200000000);
    assert_true(referrer_of(ledger, 3)->earned_micro_usd == 640000);

    /* nobody earns on its own trade, whenever that is found out */

    event = event_unknown(ledger, 3, 3, "three");
    event.of.trade.terms = THREE_LEVELS;
    assert_applied(ledger, event);
    assert_applied(ledger, event_verified(ledger, 3, FEE, 1));
    assert_held(ledger, 3, LEVEL_1, 0, 0, 0);
    assert_true(account_of(ledger, 1, PENDING)
                == LEVEL_1 + LEVEL_2 + LEVEL_3);

    world_free(ledger);
}


static void
a_verification_says_a_mint_and_more_than_nothing(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = books_world();
    assert_refused(ledger, event_verified(ledger, 1, 0, 1),
                   JUPREF_LEDGER_BAD_EVENT);
    assert_refused(ledger, event_verified(ledger, 1, FEE, 0),
                   JUPREF_LEDGER_BAD_EVENT);
    assert_refused(ledger, event_verified(ledger, 7, FEE, 1),
                   JUPREF_LEDGER_TRADE_UNKNOWN);

    world_free(ledger);
}


static void
the_largest_fee_there_is_is_divided_to_the_unit(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = books_world();
    assert_applied(ledger, event_verified(ledger, 1, UINT64_MAX, 1));
    assert_books(ledger);
    assert_true(account_of(ledger, 1, JUPREF_ACCOUNT_JUPITER_UNCLAIMED)
                == UINT64_MAX);

    /* and the smallest leaves nothing to share */

    assert_applied(ledger, event_trade(ledger, 2, 9, "three"));
    assert_applied(ledger, event_verified(ledger, 2, 1, 1));
    assert_true(mint_row_of(ledger, 1)->accounts[JUPREF_ACCOUNT_JUPITER_CUT]
                .credit == (jupref_u128_t) (UINT64_MAX - UINT64_MAX / 5 * 4)
                           + 1);
    assert_books(ledger);

    world_free(ledger);
}


static void
a_reversal_leaves_every_account_as_it_was_before(void **state)
{
    unsigned          way, account;
    jupref_ledger_t  *ledger;

    for (way = 0; way < 4; way++) {
        ledger = books_world();
        assert_applied(ledger, event_verified(ledger, 1, FEE, 1));

        if (way & 1) {
            assert_applied(ledger, event_released(ledger, 0));
        }

        if (way & 2) {
            assert_applied(ledger, event_ruled(ledger, DISPUTED, 1));
        }

        assert_applied(ledger, event_ruled(ledger, REVERSED, 1));

        for (account = 0; account < JUPREF_ACCOUNTS; account++) {
            assert_true(account_of(ledger, 1, account) == 0);
        }

        assert_held(ledger, 3, 0, 0, 0, 0);
        assert_held(ledger, 2, 0, 0, 0, 0);
        assert_held(ledger, 1, 0, 0, 0, 0);
        assert_int_equal(ledger->next_release, 0);

        /* it was booked and booked back: both are seen */

        assert_true(mint_row_of(ledger, 1)->accounts[
                        JUPREF_ACCOUNT_JUPITER_UNCLAIMED].credit == FEE);
        assert_true(referrer_of(ledger, 3)->earned_micro_usd == 0);
        assert_true(ledger->volume_micro_usd == 0);

        world_free(ledger);
    }
}


static void
what_was_paid_is_owed_and_netted_with_the_next_earnings(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = books_world();
    assert_applied(ledger, event_verified(ledger, 1, FEE, 1));
    assert_applied(ledger, event_released(ledger, 0));
    pay_out(ledger, 3);

    assert_applied(ledger, event_ruled(ledger, REVERSED, 1));
    assert_held(ledger, 3, 0, 0, 0, LEVEL_1);
    assert_true(held_of(ledger, 3, 1, PAID) == LEVEL_1);

    /* who wasn't paid owes nothing */

    assert_held(ledger, 2, 0, 0, 0, 0);

    /* the next trade earns a part of it: pending isn't touched */

    assert_applied(ledger, event_trade(ledger, 2, 9, "three"));
    assert_applied(ledger, event_verified(ledger, 2, 100000, 1));
    assert_held(ledger, 3, 16000, 0, 0, LEVEL_1);
    assert_applied(ledger, event_released(ledger, 0));
    assert_held(ledger, 3, 0, 0, 0, LEVEL_1 - 16000);

    /* and one more than the rest */

    verify_another(ledger, 3);
    assert_applied(ledger, event_released(ledger, 0));
    assert_held(ledger, 3, 0, 16000, 0, 0);

    world_free(ledger);
}


static void
a_dispute_of_what_was_paid_is_owed_until_it_is_resolved(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = books_world();
    assert_applied(ledger, event_verified(ledger, 1, FEE, 1));
    assert_applied(ledger, event_released(ledger, 0));
    pay_out(ledger, 3);

    assert_applied(ledger, event_ruled(ledger, DISPUTED, 1));
    assert_held(ledger, 3, 0, 0, LEVEL_1, LEVEL_1);

    assert_applied(ledger, event_ruled(ledger, RESOLVED, 1));
    assert_held(ledger, 3, 0, 0, 0, 0);

    /* or until it is reversed: then it stays owed */

    assert_applied(ledger, event_ruled(ledger, DISPUTED, 1));
    assert_applied(ledger, event_ruled(ledger, REVERSED, 1));
    assert_held(ledger, 3, 0, 0, 0, LEVEL_1);

    world_free(ledger);
}


static void
many_trades_released_at_once_are_netted_as_one_by_one(void **state)
{
    uint32_t          signature;
    jupref_ledger_t  *ledger;

    ledger = books_world();
    assert_applied(ledger, event_verified(ledger, 1, FEE, 1));
    assert_applied(ledger, event_released(ledger, 0));
    pay_out(ledger, 3);
    assert_applied(ledger, event_ruled(ledger, REVERSED, 1));

    for (signature = 2; signature <= 4; signature++) {
        verify_another(ledger, signature);
    }

    assert_applied(ledger, event_released(ledger, 0));
    assert_held(ledger, 3, 0, 2 * LEVEL_1, 0, 0);
    assert_held(ledger, 2, 0, 3 * LEVEL_2, 0, 0);

    world_free(ledger);
}


static void
a_booking_that_does_not_balance_is_refused(void **state)
{
    uint32_t             mint;
    jupref_ledger_t     *ledger;
    jupref_postings_t    postings;

    ledger = books_world();
    assert_applied(ledger, event_verified(ledger, 1, FEE, 1));
    mint = trade_row_of(ledger, 1)->fee_mint;

    jupref_postings_begin(&postings, mint);
    jupref_debit(&postings, JUPREF_ACCOUNT_PLATFORM, 0, 100);
    jupref_credit(&postings, JUPREF_ACCOUNT_DUST, 0, 99);
    assert_int_equal(jupref_postings_check(ledger, &postings),
                     JUPREF_LEDGER_UNBALANCED);

    jupref_credit(&postings, JUPREF_ACCOUNT_CLEARING, 0, 1);
    assert_int_equal(jupref_postings_check(ledger, &postings),
                     JUPREF_LEDGER_OK);

    /* more than the referrer has */

    jupref_postings_begin(&postings, mint);
    jupref_debit(&postings, PENDING, trade_row_of(ledger, 1)->level[0],
                 LEVEL_1 + 1);
    jupref_credit(&postings, JUPREF_ACCOUNT_PLATFORM, 0, LEVEL_1 + 1);
    assert_int_equal(jupref_postings_check(ledger, &postings),
                     JUPREF_LEDGER_OVERFLOW);

    /* somebody who has nothing at all */

    jupref_postings_begin(&postings, mint);
    jupref_credit(&postings, OWED, trade_row_of(ledger, 1)->level[0], 1);
    jupref_debit(&postings, JUPREF_ACCOUNT_PLATFORM, 0, 1);
    assert_int_equal(jupref_postings_check(ledger, &postings),
                     JUPREF_LEDGER_OVERFLOW);

    /* nor do 128 bits go round */

    jupref_postings_begin(&postings, mint);
    jupref_debit(&postings, JUPREF_ACCOUNT_PLATFORM, 0, JUPREF_SUM_MAX);
    jupref_debit(&postings, JUPREF_ACCOUNT_DUST, 0, JUPREF_SUM_MAX);
    assert_int_equal(jupref_postings_check(ledger, &postings),
                     JUPREF_LEDGER_OVERFLOW);

    world_free(ledger);
}


static void
a_sum_that_would_leave_its_range_refuses_the_event_whole(void **state)
{
    jupref_ledger_t    *ledger;
    jupref_mint_row_t  *mint;

    ledger = books_world();
    mint = mint_row_of(ledger, 1);

    mint->accounts[JUPREF_ACCOUNT_JUPITER_UNCLAIMED].debit = JUPREF_SUM_MAX;
    assert_refused(ledger, event_verified(ledger, 1, FEE, 1),
                   JUPREF_LEDGER_OVERFLOW);
    mint->accounts[JUPREF_ACCOUNT_JUPITER_UNCLAIMED].debit = 0;
    assert_applied(ledger, event_verified(ledger, 1, FEE, 1));

    mint->accounts[PENDING].debit = JUPREF_SUM_MAX;
    assert_refused(ledger, event_released(ledger, 0), JUPREF_LEDGER_OVERFLOW);
    assert_refused(ledger, event_ruled(ledger, DISPUTED, 1),
                   JUPREF_LEDGER_OVERFLOW);
    assert_refused(ledger, event_ruled(ledger, REVERSED, 1),
                   JUPREF_LEDGER_OVERFLOW);
    mint->accounts[PENDING].debit = 0;

    mint->received = JUPREF_SUM_MAX;
    assert_refused(ledger, event_trade(ledger, 2, 9, ""),
                   JUPREF_LEDGER_OVERFLOW);
    mint->received = 0;

    ledger->volume_micro_usd = JUPREF_SUM_MAX;
    assert_refused(ledger, event_trade(ledger, 2, 9, ""),
                   JUPREF_LEDGER_OVERFLOW);
    ledger->volume_micro_usd = 0;

    ledger->clicks = UINT64_MAX - 1;
    assert_refused(ledger, event_clicks(ledger, "two", 2),
                   JUPREF_LEDGER_OVERFLOW);
    ledger->orders = UINT64_MAX - 1;
    assert_refused(ledger, event_orders(ledger, "", 2),
                   JUPREF_LEDGER_OVERFLOW);
    assert_applied(ledger, event_orders(ledger, "", 1));

    world_free(ledger);
}


static void
a_balance_that_lacks_what_it_must_have_refuses_the_event(void **state)
{
    jupref_ledger_t       *ledger;
    jupref_balance_row_t  *row;

    ledger = books_world();
    assert_applied(ledger, event_verified(ledger, 1, FEE, 1));

    row = jupref_balance(ledger, referrer_of(ledger, 3)->first_balance);
    row->pending--;
    assert_refused(ledger, event_released(ledger, 0), JUPREF_LEDGER_OVERFLOW);
    assert_refused(ledger, event_ruled(ledger, REVERSED, 1),
                   JUPREF_LEDGER_OVERFLOW);
    row->pending++;
    assert_applied(ledger, event_released(ledger, 0));

    world_free(ledger);
}


static void
a_verification_needs_its_rows_before_it_books(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = books_world();

    ledger->tables[JUPREF_TABLE_MINTS].capacity = 1;
    assert_refused(ledger, event_verified(ledger, 1, FEE, 2),
                   JUPREF_LEDGER_MINTS_FULL);
    ledger->tables[JUPREF_TABLE_MINTS].capacity = 2;
    ledger->tables[JUPREF_TABLE_BALANCES].capacity = 5;
    assert_refused(ledger, event_verified(ledger, 1, FEE, 2),
                   JUPREF_LEDGER_BALANCES_FULL);
    ledger->tables[JUPREF_TABLE_BALANCES].capacity = 6;
    assert_applied(ledger, event_verified(ledger, 1, FEE, 2));

    world_free(ledger);
}


static void
the_same_acts_have_the_same_digest_and_others_another(void **state)
{
    unsigned          i;
    uint64_t          seen[16];
    jupref_ledger_t  *one, *other;

    one = books_world();
    other = books_world();
    assert_true(one->digest != 0);
    assert_true(one->digest == other->digest);

    assert_applied(one, event_verified(one, 1, FEE, 1));
    assert_applied(other, event_verified(other, 1, FEE + 1, 1));
    assert_true(one->digest != other->digest);

    /* rankings that wait to be built don't matter */

    world_free(other);
    other = world_new(JUPREF_LEDGER_MIN);
    other->unranked = 1;
    assert_applied(other, event_registered(other, 1, 0));
    assert_applied(other, event_status(other, 1, JUPREF_REFERRER_SUSPENDED));
    world_free(one);
    one = world_new(JUPREF_LEDGER_MIN);
    assert_applied(one, event_registered(one, 1, 0));
    assert_applied(one, event_status(one, 1, JUPREF_REFERRER_SUSPENDED));
    assert_true(one->digest == other->digest);
    assert_int_equal(other->rank_root[0], 0);
    world_free(one);
    world_free(other);

    /* every step changes it */

    one = books_world();

    for (i = 0; i < 7; i++) {
        static const jupref_event_type_e  steps[] = {
            VERIFIED, DISPUTED, RESOLVED, RELEASED, DISPUTED, REVERSED,
            ARCHIVED
        };

        unsigned  before;

        assert_applied(one, event_of_type(one, steps[i], 1));
        seen[i] = one->digest;

        for (before = 0; before < i; before++) {
            assert_true(seen[before] != seen[i]);
        }
    }

    world_free(one);
}


static void
orders_are_counted_with_a_code_and_without(void **state)
{
    jupref_ledger_t      *ledger;
    jupref_event_t        event;
    jupref_series_row_t   row;

    ledger = books_world();

    assert_applied(ledger, event_orders(ledger, "three", 5));
    event = event_orders(ledger, "", 7);
    assert_applied(ledger, event);
    assert_true(ledger->orders == 12);

    assert_refused(ledger, event_orders(ledger, "nobody", 5),
                   JUPREF_LEDGER_CODE_UNKNOWN);
    assert_refused(ledger, event_orders(ledger, "", 0),
                   JUPREF_LEDGER_NO_CHANGE);
    assert_refused(ledger, event_clicks(ledger, "", 3),
                   JUPREF_LEDGER_CODE_UNKNOWN);

    assert_int_equal(jupref_series_read(ledger, JUPREF_BY_DAY,
                                        JUPREF_OWNER_PLATFORM,
                                        (uint32_t) (event.time_ms / 86400000),
                                        (uint32_t) (event.time_ms / 86400000),
                                        1, &row), 1);
    assert_int_equal(row.orders, 12);
    assert_int_equal(row.trades, 1);
    assert_true(row.volume_micro_usd == 100000000);
    assert_true(row.fees_micro_usd == 1000000);

    world_free(ledger);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_is_executed_moves_no_account),
        cmocka_unit_test(
            a_verified_fee_is_entered_twice_and_the_estimate_is_taken_back),
        cmocka_unit_test(a_fee_that_came_in_another_mint_is_booked_there),
        cmocka_unit_test(
            an_unknown_trade_that_is_verified_earns_as_if_it_had_been_executed
            ),
        cmocka_unit_test(a_verification_says_a_mint_and_more_than_nothing),
        cmocka_unit_test(the_largest_fee_there_is_is_divided_to_the_unit),
        cmocka_unit_test(a_reversal_leaves_every_account_as_it_was_before),
        cmocka_unit_test(
            what_was_paid_is_owed_and_netted_with_the_next_earnings),
        cmocka_unit_test(
            a_dispute_of_what_was_paid_is_owed_until_it_is_resolved),
        cmocka_unit_test(
            many_trades_released_at_once_are_netted_as_one_by_one),
        cmocka_unit_test(a_booking_that_does_not_balance_is_refused),
        cmocka_unit_test(
            a_sum_that_would_leave_its_range_refuses_the_event_whole),
        cmocka_unit_test(
            a_balance_that_lacks_what_it_must_have_refuses_the_event),
        cmocka_unit_test(a_verification_needs_its_rows_before_it_books),
        cmocka_unit_test(
            the_same_acts_have_the_same_digest_and_others_another),
        cmocka_unit_test(orders_are_counted_with_a_code_and_without)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
