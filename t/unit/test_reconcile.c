/*
 * Fee accounts against the books: every unit is explained, or named.
 */

#include "chain_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger/jupref_reconcile.h"
#include "books_world.h"


#define SLOT  UINT64_C(447120200)       /* that the balance is of */


static chain_made_t  made;


static jupref_touch_t
touch_of(const chain_swap_t *swap, const jupref_trade_row_t *trade,
    uint64_t booked_slot)
{
    jupref_touch_t        touch;
    jupref_fee_account_t  account;

    account.account = chain_fee_account(WSOL, TOKEN);
    account.mint = chain_key(WSOL);

    assert_int_equal(chain_make(&made, swap), JUPREF_CHAIN_OK);
    jupref_touch_of(&made.read, &account, trade, booked_slot, &touch);
    assert_memory_equal(touch.signature.bytes, made.signature.bytes,
                        JUPREF_SIGNATURE_SIZE);
    assert_true(touch.slot == swap->slot);
    chain_free(&made);

    return touch;
}


static void
assert_touch(const jupref_touch_t *touch, const char *kind, uint64_t delta,
    unsigned shrank)
{
    assert_string_equal(jupref_touch_name(touch->kind), kind);
    assert_true(touch->delta == delta);
    assert_int_equal(touch->shrank, shrank);
}


static void
each_transaction_that_touched_the_account_is_told_apart(void **state)
{
    unsigned            i;
    chain_swap_t        swap;
    jupref_touch_t      touch;
    jupref_trade_row_t  trade;

    static const struct {
        unsigned     trade;
        const char  *kind;
    } trades[] = {
        { JUPREF_STATE_VERIFIED, "trade" },
        { JUPREF_STATE_AVAILABLE, "trade" },
        { JUPREF_STATE_DISPUTED, "trade" },
        { JUPREF_STATE_EXECUTED, "awaiting" },
        { JUPREF_STATE_UNKNOWN, "awaiting" },
        { JUPREF_STATE_UNPROVED, "awaiting" },
        { JUPREF_STATE_REJECTED, "dropped" },
        { JUPREF_STATE_EXPIRED, "dropped" },
        { JUPREF_STATE_REVERSED, "dropped" }
    };

    memset(&trade, 0, sizeof(trade));
    chain_swap(&swap);

    for (i = 0; i < sizeof(trades) / sizeof(trades[0]); i++) {
        trade.state = (uint8_t) trades[i].trade;
        touch = touch_of(&swap, &trade, 0);
        assert_touch(&touch, trades[i].kind, 5000, 0);
    }

    touch = touch_of(&swap, NULL, 0);
    assert_touch(&touch, "swap", 5000, 0);

    swap.programs[1] = TOKEN;
    touch = touch_of(&swap, NULL, 0);
    assert_touch(&touch, "deposit", 5000, 0);

    /* less than before: a claim, or nobody knows what */

    swap.tokens[0].after = 0;
    touch = touch_of(&swap, NULL, 0);
    assert_touch(&touch, "unknown", 1000, 1);

    swap.programs[1] = REFER;
    touch = touch_of(&swap, NULL, swap.slot - 1);
    assert_touch(&touch, "claim", 1000, 1);
    assert_false(touch.booked);
    touch = touch_of(&swap, NULL, swap.slot);
    assert_true(touch.booked);

    swap.tokens[0].after = swap.tokens[0].before;
    touch = touch_of(&swap, NULL, 0);
    assert_touch(&touch, "none", 0, 0);

    swap.tokens[0].after = 9000;
    swap.error = "{}";
    touch = touch_of(&swap, NULL, 0);
    assert_touch(&touch, "none", 0, 0);
}


static jupref_touch_t
touch(jupref_touch_kind_e kind, uint64_t slot, uint64_t delta,
    unsigned booked)
{
    jupref_touch_t  made_up;

    memset(&made_up, 0, sizeof(made_up));
    made_up.kind = kind;
    made_up.slot = slot;
    made_up.delta = delta;
    made_up.booked = booked & 1;
    made_up.signature.bytes[0] = (uint8_t) delta;

    return made_up;
}


static void
add(jupref_reconcile_t *reconcile, jupref_touch_kind_e kind, uint64_t slot,
    uint64_t delta, unsigned booked)
{
    jupref_touch_t  made_up;

    made_up = touch(kind, slot, delta, booked);
    jupref_reconcile_add(reconcile, &made_up);
}


static void
assert_drift(const jupref_reconcile_t *reconcile, uint64_t expected,
    uint64_t unexplained, unsigned missing, unsigned changed)
{
    jupref_drift_t  drift;

    jupref_reconcile_end(reconcile, &drift);
    assert_true(drift.expected == expected);
    assert_true(drift.unexplained == unexplained);
    assert_int_equal(drift.missing, missing);
    assert_int_equal(drift.changed, changed);
}


static jupref_event_t
claimed(const jupref_ledger_t *ledger, uint64_t slot, uint64_t amount)
{
    jupref_event_t  event;

    event = event_next(ledger, JUPREF_EVENT_FEES_CLAIMED);
    event.of.fees_claimed.mint = mint_of(1);
    event.of.fees_claimed.slot = slot;
    event.of.fees_claimed.amount = amount;

    return event;
}


static void
verified_fees_less_claims_are_the_balance(void **state)
{
    jupref_pubkey_t      mint;
    jupref_ledger_t     *ledger;
    jupref_reconcile_t   reconcile;

    mint = mint_of(1);
    ledger = books_world();
    jupref_reconcile_begin(&reconcile, ledger, &mint, 0, SLOT);
    assert_drift(&reconcile, 0, 0, 0, 0);

    assert_applied(ledger, event_verified(ledger, 1, FEE, 1));
    verify_another(ledger, 2);

    jupref_reconcile_begin(&reconcile, ledger, &mint, 2 * FEE, SLOT);
    assert_drift(&reconcile, 2 * FEE, 0, 0, 0);

    assert_applied(ledger, claimed(ledger, SLOT - 5, FEE + 7));
    jupref_reconcile_begin(&reconcile, ledger, &mint, FEE - 7, SLOT);
    assert_drift(&reconcile, FEE - 7, 0, 0, 0);

    /* what was booked back isn't expected any more, and lies there */

    assert_applied(ledger, event_ruled(ledger, REVERSED, 2));
    jupref_reconcile_begin(&reconcile, ledger, &mint, FEE - 7, SLOT);
    assert_drift(&reconcile, 0, FEE, 0, 1);

    /* a mint nobody has paid in */

    mint = mint_of(5);
    jupref_reconcile_begin(&reconcile, ledger, &mint, 12, SLOT);
    assert_drift(&reconcile, 0, 12, 0, 1);

    world_free(ledger);
}


static void
nothing_has_to_stand_still_while_it_is_counted(void **state)
{
    jupref_pubkey_t      mint;
    jupref_ledger_t     *ledger;
    jupref_reconcile_t   reconcile;

    mint = mint_of(1);
    ledger = books_world();
    assert_applied(ledger, event_verified(ledger, 1, FEE, 1));
    verify_another(ledger, 2);
    assert_applied(ledger, claimed(ledger, SLOT + 3, 900));

    /* in the books: two fees and a claim, of which the second and the claim
     * came behind the balance; on chain also a fee that awaits its proof, one
     * that came later, and a claim that isn't booked */

    jupref_reconcile_begin(&reconcile, ledger, &mint, FEE + 4000 - 50, SLOT);
    add(&reconcile, JUPREF_TOUCH_TRADE, SLOT - 2, FEE, 1);
    add(&reconcile, JUPREF_TOUCH_TRADE, SLOT + 2, FEE, 1);
    add(&reconcile, JUPREF_TOUCH_CLAIM, SLOT + 3, 900, 1);
    add(&reconcile, JUPREF_TOUCH_AWAITING, SLOT, 4000, 0);
    add(&reconcile, JUPREF_TOUCH_AWAITING, SLOT + 1, 6000, 0);
    add(&reconcile, JUPREF_TOUCH_CLAIM, SLOT - 1, 50, 0);
    add(&reconcile, JUPREF_TOUCH_CLAIM, SLOT + 9, 70, 0);
    add(&reconcile, JUPREF_TOUCH_NONE, SLOT, 0, 0);
    assert_drift(&reconcile, FEE + 4000 - 50, 0, 0, 0);
    assert_int_equal(reconcile.touch_count, 0);
    assert_true(reconcile.kinds[JUPREF_TOUCH_AWAITING] == 2);

    world_free(ledger);
}


static void
what_nobody_can_explain_is_the_drift_and_is_listed(void **state)
{
    unsigned             i;
    jupref_event_t       event;
    jupref_pubkey_t      mint;
    jupref_drift_t       drift;
    jupref_ledger_t     *ledger;
    jupref_reconcile_t   reconcile;

    mint = mint_of(1);
    ledger = books_world();
    assert_applied(ledger, event_verified(ledger, 1, FEE, 1));

    jupref_reconcile_begin(&reconcile, ledger, &mint, FEE + 30, SLOT);
    add(&reconcile, JUPREF_TOUCH_DEPOSIT, SLOT, 10, 0);
    add(&reconcile, JUPREF_TOUCH_SWAP, SLOT, 20, 0);
    assert_drift(&reconcile, FEE, 30, 0, 1);
    assert_int_equal(reconcile.touch_count, 2);
    assert_int_equal(reconcile.touches[0].kind, JUPREF_TOUCH_DEPOSIT);
    assert_false(reconcile.more);

    for (i = 0; i < JUPREF_TOUCHES_MAX; i++) {
        add(&reconcile, JUPREF_TOUCH_UNKNOWN, SLOT, 1, 0);
    }

    assert_int_equal(reconcile.touch_count, JUPREF_TOUCHES_MAX);
    assert_true(reconcile.more);
    assert_true(reconcile.kinds[JUPREF_TOUCH_UNKNOWN] == JUPREF_TOUCHES_MAX);

    /* it is booked once, and again when it is another one or none */

    jupref_reconcile_end(&reconcile, &drift);
    assert_true(jupref_reconcile_event(&reconcile, &drift, &event));
    event.seq = ledger->seq + 1;
    event.time_ms = ledger->time_ms + 1;
    assert_applied(ledger, event);
    assert_true(mint_row_of(ledger, 1)->drift == 30);

    jupref_reconcile_begin(&reconcile, ledger, &mint, FEE + 30, SLOT + 1);
    assert_drift(&reconcile, FEE, 30, 0, 0);
    jupref_reconcile_end(&reconcile, &drift);
    assert_false(jupref_reconcile_event(&reconcile, &drift, &event));

    jupref_reconcile_begin(&reconcile, ledger, &mint, FEE - 30, SLOT + 2);
    assert_drift(&reconcile, FEE, 30, 1, 1);
    jupref_reconcile_end(&reconcile, &drift);
    assert_true(jupref_reconcile_event(&reconcile, &drift, &event));
    assert_int_equal(event.of.fees_drifted.missing, 1);
    assert_true(event.of.fees_drifted.actual == FEE - 30);
    assert_true(event.of.fees_drifted.expected == FEE);

    jupref_reconcile_begin(&reconcile, ledger, &mint, FEE, SLOT + 3);
    assert_drift(&reconcile, FEE, 0, 0, 1);

    world_free(ledger);
}


static void
sums_that_no_balance_holds_are_cut_and_never_wrap(void **state)
{
    jupref_pubkey_t      mint;
    jupref_ledger_t     *ledger;
    jupref_reconcile_t   reconcile;

    mint = mint_of(1);
    ledger = books_world();

    /* more was claimed than ever verified */

    assert_applied(ledger, claimed(ledger, 1, UINT64_MAX));
    assert_applied(ledger, claimed(ledger, 2, UINT64_MAX));
    jupref_reconcile_begin(&reconcile, ledger, &mint, 5, SLOT);
    assert_drift(&reconcile, 0, UINT64_MAX, 0, 1);

    world_free(ledger);
}


static void
claims_are_booked_once_in_the_order_of_the_chain(void **state)
{
    unsigned          booked;
    jupref_event_t    event;
    jupref_pubkey_t   mint;
    jupref_touch_t    touches[5];
    jupref_ledger_t  *ledger;

    mint = mint_of(1);
    ledger = books_world();
    touches[0] = touch(JUPREF_TOUCH_CLAIM, 30, 3, 0);
    touches[1] = touch(JUPREF_TOUCH_TRADE, 25, 9, 1);
    touches[2] = touch(JUPREF_TOUCH_CLAIM, 20, 2, 0);
    touches[3] = touch(JUPREF_TOUCH_CLAIM, 20, 5, 0);
    touches[4] = touch(JUPREF_TOUCH_CLAIM, 10, 1, 1);

    for (booked = 0;
         jupref_reconcile_claim(&mint, touches, 5, &event);
         booked++)
    {
        assert_true(event.of.fees_claimed.slot == (booked ? 30 : 20));
        assert_true(event.of.fees_claimed.amount == (booked ? 3 : 7));
        event.seq = ledger->seq + 1;
        event.time_ms = ledger->time_ms + 1;
        assert_applied(ledger, event);

        event.seq++;
        assert_refused(ledger, event, JUPREF_LEDGER_NO_CHANGE);
    }

    assert_int_equal(booked, 2);
    assert_true(mint_row_of(ledger, 1)->claimed == 10);
    assert_true(mint_row_of(ledger, 1)->claimed_slot == 30);
    assert_books(ledger);

    world_free(ledger);
}


/* No mint has so much; a node may still say it. */
static void
claims_that_no_amount_holds_never_wrap(void **state)
{
    jupref_event_t   event;
    jupref_pubkey_t  mint;
    jupref_touch_t   touches[2];

    mint = mint_of(1);
    touches[0] = touch(JUPREF_TOUCH_CLAIM, 20, UINT64_MAX, 0);
    touches[1] = touch(JUPREF_TOUCH_CLAIM, 20, 2, 0);

    assert_true(jupref_reconcile_claim(&mint, touches, 2, &event));
    assert_true(event.of.fees_claimed.amount == UINT64_MAX);
    assert_true(touches[0].booked && !touches[1].booked);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(
            each_transaction_that_touched_the_account_is_told_apart),
        cmocka_unit_test(verified_fees_less_claims_are_the_balance),
        cmocka_unit_test(nothing_has_to_stand_still_while_it_is_counted),
        cmocka_unit_test(what_nobody_can_explain_is_the_drift_and_is_listed),
        cmocka_unit_test(sums_that_no_balance_holds_are_cut_and_never_wrap),
        cmocka_unit_test(claims_are_booked_once_in_the_order_of_the_chain),
        cmocka_unit_test(claims_that_no_amount_holds_never_wrap)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
