/*
 * A ledger for tests of the books (see the header).
 */

#include "books_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


jupref_ledger_t *
books_world(void)
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


void
verify_another(jupref_ledger_t *ledger, uint32_t signature)
{
    jupref_event_t  event;

    event = event_trade(ledger, signature, 9, "three");
    event.of.trade.terms = THREE_LEVELS;
    assert_applied(ledger, event);
    assert_applied(ledger, event_verified(ledger, signature, FEE, 1));
}


jupref_event_t
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


void
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


void
books_assert_held(const jupref_ledger_t *ledger, uint32_t wallet,
    uint64_t pending, uint64_t available, uint64_t disputed, uint64_t owed,
    const char *file, int line)
{
    _assert_true(held_of(ledger, wallet, 1, PENDING) == pending,
                 "what is pending", file, line);
    _assert_true(held_of(ledger, wallet, 1, AVAILABLE) == available,
                 "what is available", file, line);
    _assert_true(held_of(ledger, wallet, 1, FROZEN) == disputed,
                 "what is disputed", file, line);
    _assert_true(held_of(ledger, wallet, 1, OWED) == owed,
                 "what is owed", file, line);
    world_assert_books(ledger, file, line);
}
