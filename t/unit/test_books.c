/*
 * The books: what is verified is entered twice, what is ruled moves it, and
 * what was paid out is owed; nothing else moves an account.
 */

#include "ledger/jupref_ledger.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger/jupref_booking.h"
#include "ledger/jupref_postings.h"
#include "ledger/jupref_rank.h"
#include "ledger_world.h"


#define THREE_LEVELS  terms_of("premium", 100, 0, 4000, 500, 100)

#define VERIFIED   JUPREF_EVENT_TRADE_VERIFIED
#define REJECTED   JUPREF_EVENT_TRADE_REJECTED
#define EXPIRED    JUPREF_EVENT_TRADE_EXPIRED
#define RELEASED   JUPREF_EVENT_HOLD_RELEASED
#define DISPUTED   JUPREF_EVENT_TRADE_DISPUTED
#define RESOLVED   JUPREF_EVENT_DISPUTE_RESOLVED
#define REVERSED   JUPREF_EVENT_TRADE_REVERSED
#define ARCHIVED   JUPREF_EVENT_TRADE_ARCHIVED

#define PENDING    JUPREF_ACCOUNT_PENDING
#define AVAILABLE  JUPREF_ACCOUNT_AVAILABLE
#define FROZEN     JUPREF_ACCOUNT_DISPUTED
#define PAID       JUPREF_ACCOUNT_PAID
#define OWED       JUPREF_ACCOUNT_RECEIVABLE

/* A verified fee of 500,000 leaves the partner 400,000. */
#define FEE        500000
#define LEVEL_1    160000
#define LEVEL_2    20000
#define LEVEL_3    4000


/* Wallets 1, 2 and 3, each the parent of the next; trade 1 with code 3's. */
static jupref_ledger_t *
world_of_three(void)
{
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = world_new(JUPREF_LEDGER_MIN);

    assert_applied(ledger, event_registered(ledger, 1, 0));
    assert_applied(ledger, event_registered(ledger, 2, 1));
    assert_applied(ledger, event_registered(ledger, 3, 2));
    assert_applied(ledger, event_code(ledger, "two", 2, THREE_LEVELS));
    assert_applied(ledger, event_code(ledger, "three", 3, THREE_LEVELS));

    event = event_trade(ledger, 1, 9, "three");
    event.of.trade.terms = THREE_LEVELS;
    assert_applied(ledger, event);

    return ledger;
}


/* Another trade with code 3's, verified with the same fee. */
static void
verify_another(jupref_ledger_t *ledger, uint32_t signature)
{
    jupref_event_t  event;

    event = event_trade(ledger, signature, 9, "three");
    event.of.trade.terms = THREE_LEVELS;
    assert_applied(ledger, event);
    assert_applied(ledger, event_verified(ledger, signature, FEE, 1));
}


static void
assert_held(const jupref_ledger_t *ledger, uint32_t wallet, uint64_t pending,
    uint64_t available, uint64_t disputed, uint64_t owed)
{
    assert_true(held_of(ledger, wallet, 1, PENDING) == pending);
    assert_true(held_of(ledger, wallet, 1, AVAILABLE) == available);
    assert_true(held_of(ledger, wallet, 1, FROZEN) == disputed);
    assert_true(held_of(ledger, wallet, 1, OWED) == owed);
    assert_books(ledger);
}


/* Pays out what is available, as a payout would: by hand, in balance and
 * accounts. */
static void
pay_out(jupref_ledger_t *ledger, uint32_t wallet)
{
    uint32_t               at;
    jupref_u128_t          amount;
    jupref_mint_row_t     *mint;
    jupref_balance_row_t  *row;

    at = referrer_of(ledger, wallet)->first_balance;
    row = jupref_balance(ledger, at);
    mint = jupref_mint(ledger, row->mint);

    amount = row->available;
    row->available = 0;
    row->paid += amount;
    mint->accounts[AVAILABLE].debit += amount;
    mint->accounts[PAID].credit += amount;

    assert_books(ledger);
}


static void
what_is_executed_moves_no_account(void **state)
{
    unsigned            account;
    jupref_ledger_t    *ledger;
    jupref_mint_row_t  *mint;

    ledger = world_of_three();
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

    ledger = world_of_three();
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

    ledger = world_of_three();
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

    ledger = world_of_three();

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

    ledger = world_of_three();
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

    ledger = world_of_three();
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


/* One way into each state, on a fresh ledger. */
static jupref_ledger_t *
world_in_state(unsigned trade_state)
{
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = world_of_three();

    switch (trade_state) {

    case JUPREF_STATE_UNKNOWN:
        event = event_unknown(ledger, 2, 9, "three");
        assert_applied(ledger, event);
        return ledger;

    case JUPREF_STATE_REJECTED:
        assert_applied(ledger, event_ruled(ledger, REJECTED, 1));
        return ledger;

    case JUPREF_STATE_EXPIRED:
        assert_applied(ledger, event_ruled(ledger, EXPIRED, 1));
        return ledger;

    case JUPREF_STATE_EXECUTED:
        return ledger;

    default:
        break;
    }

    assert_applied(ledger, event_verified(ledger, 1, FEE, 1));

    if (trade_state == JUPREF_STATE_AVAILABLE) {
        assert_applied(ledger, event_released(ledger, 0));

    } else if (trade_state == JUPREF_STATE_DISPUTED) {
        assert_applied(ledger, event_ruled(ledger, DISPUTED, 1));

    } else if (trade_state == JUPREF_STATE_REVERSED) {
        assert_applied(ledger, event_ruled(ledger, REVERSED, 1));
    }

    return ledger;
}


static jupref_event_t
event_of_type(const jupref_ledger_t *ledger, jupref_event_type_e type,
    uint32_t signature)
{
    if (type == VERIFIED) {
        return event_verified(ledger, signature, FEE, 1);
    }

    if (type == RELEASED) {
        return event_released(ledger, 0);
    }

    if (type == ARCHIVED) {
        return event_archived(ledger, signature);
    }

    return event_ruled(ledger, type, signature);
}


static void
every_step_is_open_from_its_states_and_refused_from_the_others(void **state)
{
    unsigned          from, step;
    uint32_t          signature;
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    /* the state that a step leads to, 0 where it isn't open */

    static const struct {
        jupref_event_type_e  type;
        unsigned             leads_to[JUPREF_STATES];
    } steps[] = {
        /*          -  executed  unknown  verified  available
         *          rejected  expired  disputed  reversed */
        { VERIFIED, { 0, JUPREF_STATE_VERIFIED, JUPREF_STATE_VERIFIED, 0, 0,
                      0, 0, 0, 0 } },
        { REJECTED, { 0, JUPREF_STATE_REJECTED, JUPREF_STATE_REJECTED, 0, 0,
                      0, 0, 0, 0 } },
        { EXPIRED,  { 0, JUPREF_STATE_EXPIRED, JUPREF_STATE_EXPIRED, 0, 0,
                      0, 0, 0, 0 } },
        { RELEASED, { 0, 0, 0, JUPREF_STATE_AVAILABLE, 0,
                      0, 0, 0, 0 } },
        { DISPUTED, { 0, 0, 0, JUPREF_STATE_DISPUTED, JUPREF_STATE_DISPUTED,
                      0, 0, 0, 0 } },
        { RESOLVED, { 0, 0, 0, 0, 0,
                      0, 0, JUPREF_STATE_VERIFIED, 0 } },
        { REVERSED, { 0, 0, 0, JUPREF_STATE_REVERSED, JUPREF_STATE_REVERSED,
                      0, 0, JUPREF_STATE_REVERSED, 0 } },
        { ARCHIVED, { 0, 0, 0, 0, JUPREF_STATES,
                      JUPREF_STATES, JUPREF_STATES, 0, JUPREF_STATES } }
    };

    for (from = 1; from < JUPREF_STATES; from++) {
        for (step = 0; step < sizeof(steps) / sizeof(steps[0]); step++) {
            ledger = world_in_state(from);
            signature = (from == JUPREF_STATE_UNKNOWN) ? 2 : 1;
            assert_int_equal(trade_row_of(ledger, signature)->state, from);
            event = event_of_type(ledger, steps[step].type, signature);

            if (steps[step].leads_to[from] == 0) {
                assert_refused(ledger, event, (steps[step].type == RELEASED)
                                              ? JUPREF_LEDGER_NOTHING_TO_RELEASE
                                              : JUPREF_LEDGER_WRONG_STATE);

            } else {
                assert_applied(ledger, event);

                if (steps[step].type != ARCHIVED) {
                    assert_int_equal(trade_row_of(ledger, signature)->state,
                                     steps[step].leads_to[from]);
                }

                assert_books(ledger);
            }

            world_free(ledger);
        }
    }

    /* nothing is ruled about a trade that isn't there */

    ledger = world_of_three();

    for (step = 0; step < sizeof(steps) / sizeof(steps[0]); step++) {
        if (steps[step].type != RELEASED) {
            assert_refused(ledger, event_of_type(ledger, steps[step].type, 7),
                           JUPREF_LEDGER_TRADE_UNKNOWN);
        }
    }

    world_free(ledger);
}


static void
a_trade_that_came_to_nothing_counts_for_nothing(void **state)
{
    unsigned                i;
    uint32_t                best[3];
    jupref_ledger_t        *ledger;
    jupref_referrer_row_t  *owner;

    static const jupref_event_type_e  rulings[] = { REJECTED, EXPIRED };

    for (i = 0; i < 2; i++) {
        ledger = world_of_three();
        assert_applied(ledger, event_trade(ledger, 2, 9, "two"));
        assert_applied(ledger, event_ruled(ledger, rulings[i], 1));

        owner = referrer_of(ledger, 3);
        assert_true(owner->volume_micro_usd == 0);
        assert_true(owner->earned_micro_usd == 0);
        assert_true(owner->trades[JUPREF_STATE_EXECUTED] == 0);
        assert_true(jupref_trades_standing(owner->trades) == 0);
        assert_true(referrer_of(ledger, 1)->earned_micro_usd == 0);
        assert_true(estimated_of(ledger, 3, 1) == 0);
        assert_true(ledger->volume_micro_usd == 100000000);
        assert_true(mint_row_of(ledger, 1)->received == 1000000);
        assert_books(ledger);

        assert_int_equal(jupref_rank_top(ledger, JUPREF_BY_VOLUME, best, 3),
                         3);
        assert_ptr_equal(jupref_referrer(ledger, best[0]),
                         referrer_of(ledger, 2));

        world_free(ledger);
    }
}


static void
a_dispute_freezes_and_a_resolution_puts_back_where_it_was(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = world_of_three();
    assert_applied(ledger, event_verified(ledger, 1, FEE, 1));

    assert_applied(ledger, event_ruled(ledger, DISPUTED, 1));
    assert_held(ledger, 3, 0, 0, LEVEL_1, 0);
    assert_held(ledger, 1, 0, 0, LEVEL_3, 0);

    /* what is frozen isn't released */

    assert_refused(ledger, event_released(ledger, 0),
                   JUPREF_LEDGER_NOTHING_TO_RELEASE);

    assert_applied(ledger, event_ruled(ledger, RESOLVED, 1));
    assert_held(ledger, 3, LEVEL_1, 0, 0, 0);
    assert_int_equal(trade_row_of(ledger, 1)->state, JUPREF_STATE_VERIFIED);

    assert_applied(ledger, event_released(ledger, 0));
    assert_held(ledger, 3, 0, LEVEL_1, 0, 0);

    assert_applied(ledger, event_ruled(ledger, DISPUTED, 1));
    assert_held(ledger, 3, 0, 0, LEVEL_1, 0);
    assert_applied(ledger, event_ruled(ledger, RESOLVED, 1));
    assert_held(ledger, 3, 0, LEVEL_1, 0, 0);
    assert_int_equal(trade_row_of(ledger, 1)->state, JUPREF_STATE_AVAILABLE);

    world_free(ledger);
}


static void
a_reversal_leaves_every_account_as_it_was_before(void **state)
{
    unsigned          way, account;
    jupref_ledger_t  *ledger;

    for (way = 0; way < 4; way++) {
        ledger = world_of_three();
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

    ledger = world_of_three();
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

    ledger = world_of_three();
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

    ledger = world_of_three();
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
holds_end_oldest_first_and_so_many_an_event(void **state)
{
    uint32_t          signature;
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = world_of_three();

    for (signature = 2; signature <= JUPREF_RELEASE_MAX + 10; signature++) {
        verify_another(ledger, signature);
    }

    /* up to the third, by its time */

    event = event_released(ledger, 0);
    event.of.hold_released.cutoff_ms = trade_row_of(ledger, 4)->verified_ms;
    assert_applied(ledger, event);
    assert_true(ledger->trades[JUPREF_STATE_AVAILABLE] == 3);
    assert_int_equal(trade_row_of(ledger, 4)->state, JUPREF_STATE_AVAILABLE);
    assert_int_equal(trade_row_of(ledger, 5)->state, JUPREF_STATE_VERIFIED);

    event.seq++;
    assert_refused(ledger, event, JUPREF_LEDGER_NOTHING_TO_RELEASE);

    /* not what will be verified some day */

    event = event_released(ledger, 0);
    event.of.hold_released.cutoff_ms = event.time_ms + 1;
    assert_refused(ledger, event, JUPREF_LEDGER_BAD_EVENT);

    assert_applied(ledger, event_released(ledger, 0));
    assert_true(ledger->trades[JUPREF_STATE_AVAILABLE]
                == 3 + JUPREF_RELEASE_MAX);
    assert_applied(ledger, event_released(ledger, 0));
    assert_true(ledger->trades[JUPREF_STATE_VERIFIED] == 0);
    assert_true(ledger->trades[JUPREF_STATE_AVAILABLE]
                == JUPREF_RELEASE_MAX + 9);
    assert_refused(ledger, event_released(ledger, 0),
                   JUPREF_LEDGER_NOTHING_TO_RELEASE);
    assert_held(ledger, 3, 0, (JUPREF_RELEASE_MAX + 9) * LEVEL_1, 0, 0);

    world_free(ledger);
}


static void
what_a_dispute_gave_back_is_released_before_what_came_later(void **state)
{
    uint32_t          signature;
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = world_of_three();

    for (signature = 2; signature <= 6; signature++) {
        verify_another(ledger, signature);
    }

    assert_applied(ledger, event_ruled(ledger, DISPUTED, 4));
    assert_applied(ledger, event_ruled(ledger, DISPUTED, 2));
    assert_applied(ledger, event_ruled(ledger, DISPUTED, 6));
    assert_applied(ledger, event_ruled(ledger, RESOLVED, 6));
    assert_applied(ledger, event_ruled(ledger, RESOLVED, 4));
    assert_applied(ledger, event_ruled(ledger, RESOLVED, 2));

    for (signature = 2; signature <= 6; signature++) {
        assert_ptr_equal(jupref_trade(ledger, ledger->next_release),
                         trade_row_of(ledger, signature));

        event = event_released(ledger, 0);
        event.of.hold_released.cutoff_ms
            = trade_row_of(ledger, signature)->verified_ms;
        assert_applied(ledger, event);
    }

    assert_int_equal(ledger->next_release, 0);
    assert_int_equal(ledger->last_release, 0);

    world_free(ledger);
}


static void
a_booking_that_does_not_balance_is_refused(void **state)
{
    uint32_t             mint;
    jupref_ledger_t     *ledger;
    jupref_postings_t    postings;

    ledger = world_of_three();
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

    ledger = world_of_three();
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

    ledger = world_of_three();
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

    ledger = world_of_three();

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

    one = world_of_three();
    other = world_of_three();
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

    one = world_of_three();

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

    ledger = world_of_three();

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
        cmocka_unit_test(
            every_step_is_open_from_its_states_and_refused_from_the_others),
        cmocka_unit_test(a_trade_that_came_to_nothing_counts_for_nothing),
        cmocka_unit_test(
            a_dispute_freezes_and_a_resolution_puts_back_where_it_was),
        cmocka_unit_test(a_reversal_leaves_every_account_as_it_was_before),
        cmocka_unit_test(
            what_was_paid_is_owed_and_netted_with_the_next_earnings),
        cmocka_unit_test(
            a_dispute_of_what_was_paid_is_owed_until_it_is_resolved),
        cmocka_unit_test(
            many_trades_released_at_once_are_netted_as_one_by_one),
        cmocka_unit_test(holds_end_oldest_first_and_so_many_an_event),
        cmocka_unit_test(
            what_a_dispute_gave_back_is_released_before_what_came_later),
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
