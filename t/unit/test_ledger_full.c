/*
 * Full tables: the whole event is refused, not a byte changes, and what needs
 * no row still goes.
 */

#include "ledger/jupref_ledger.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger_world.h"


#define REFERRED  terms_of("referred", 100, 10, 2000, 0, 0)
#define PREMIUM   terms_of("premium", 100, 10, 4000, 500, 100)


static const char *
code_text(char text[16], unsigned number)
{
    snprintf(text, 16, "code-%u", number);

    return text;
}


/* Wallet 1 with the code "alice". */
static jupref_ledger_t *
world_with_alice(void)
{
    jupref_ledger_t  *ledger;

    ledger = world_new(JUPREF_LEDGER_MIN);
    assert_applied(ledger, event_registered(ledger, 1, 0));
    assert_applied(ledger, event_code(ledger, "alice", 1, REFERRED));

    return ledger;
}


static jupref_ledger_t *
world_of_two(void)
{
    jupref_ledger_t  *ledger;

    ledger = world_new(JUPREF_LEDGER_MIN);
    assert_applied(ledger, event_registered(ledger, 1, 0));
    assert_applied(ledger, event_registered(ledger, 2, 1));
    assert_applied(ledger, event_code(ledger, "two", 2,
                                      terms_of("t", 100, 0, 2000, 500, 0)));
    return ledger;
}


static jupref_event_t
trade_of_mints(const jupref_ledger_t *ledger, uint32_t signature,
    uint32_t input, uint32_t output, uint32_t fee)
{
    jupref_event_t  event;

    event = event_trade(ledger, signature, 9, "two");
    event.of.trade.terms = terms_of("t", 100, 0, 2000, 500, 0);
    event.of.trade.input_mint = mint_of(input);
    event.of.trade.output_mint = mint_of(output);
    event.of.trade.fee_mint = mint_of(fee);

    return event;
}


static uint32_t
left(const jupref_ledger_t *ledger, jupref_table_e table)
{
    return ledger->tables[table].capacity - ledger->tables[table].count;
}


static void
a_full_table_of_trades_refuses_and_changes_nothing(void **state)
{
    uint32_t          signature;
    jupref_ledger_t  *ledger;

    ledger = world_of_two();

    assert_applied(ledger, event_unknown(ledger, 1, 9, "two"));

    for (signature = 2; left(ledger, JUPREF_TABLE_TRADES); signature++) {
        assert_applied(ledger, event_trade(ledger, signature, 9, "two"));
    }

    assert_refused(ledger, event_trade(ledger, signature, 9, "two"),
                   JUPREF_LEDGER_TRADES_FULL);
    assert_refused(ledger, event_unknown(ledger, signature, 9, "two"),
                   JUPREF_LEDGER_TRADES_FULL);

    /* the unknown one has its row already */

    assert_applied(ledger, event_trade(ledger, 1, 9, "two"));

    world_free(ledger);
}


static void
a_full_table_of_mints_refuses_and_changes_nothing(void **state)
{
    uint32_t          signature, mint;
    jupref_ledger_t  *ledger;

    ledger = world_of_two();
    mint = 1;

    for (signature = 1; left(ledger, JUPREF_TABLE_MINTS); signature++) {
        assert_applied(ledger, trade_of_mints(ledger, signature, mint, 5000,
                                              mint));
        mint++;
    }

    /* only a new fee mint needs a place */

    assert_refused(ledger, trade_of_mints(ledger, signature, 1001, 1002,
                                          1001),
                   JUPREF_LEDGER_MINTS_FULL);
    assert_applied(ledger, trade_of_mints(ledger, signature, 1001, 1, 1));

    world_free(ledger);
}


static void
a_full_table_of_balances_refuses_and_changes_nothing(void **state)
{
    uint32_t          signature, wallet, mint;
    jupref_event_t    event;
    jupref_ledger_t  *ledger;
    char              code[] = "code-x";

    ledger = world_of_two();
    signature = 1;

    for (wallet = 3; wallet <= 8; wallet++) {
        code[5] = (char) ('0' + wallet);
        assert_applied(ledger, event_registered(ledger, wallet, 0));
        assert_applied(ledger, event_code(ledger, code, wallet,
                                          terms_of("t", 100, 0, 2000, 0, 0)));
    }

    /* one balance a trade, until one place is left */

    for (mint = 1; left(ledger, JUPREF_TABLE_BALANCES) > 1; mint++) {
        for (wallet = 3; wallet <= 8
             && left(ledger, JUPREF_TABLE_BALANCES) > 1; wallet++)
        {
            code[5] = (char) ('0' + wallet);
            event = event_trade(ledger, signature++, 9, code);
            event.of.trade.fee_mint = mint_of(mint);
            assert_applied(ledger, event);
        }
    }

    /* a trade on two levels needs two places */

    assert_refused(ledger, trade_of_mints(ledger, signature, 1, 2, 1),
                   JUPREF_LEDGER_BALANCES_FULL);
    assert_refused(ledger, trade_of_mints(ledger, signature, 1, 2, 1000),
                   JUPREF_LEDGER_BALANCES_FULL);

    /* without a fee, or with one too small to share, none */

    event = trade_of_mints(ledger, signature++, 1, 2, 1);
    event.of.trade.fee = 1;
    assert_applied(ledger, event);

    event = trade_of_mints(ledger, signature++, 1, 2, 1);
    event.of.trade.terms = terms_of("t", 100, 0, 2000, 0, 0);
    assert_applied(ledger, event);
    assert_int_equal(left(ledger, JUPREF_TABLE_BALANCES), 0);

    /* who has one goes on earning, who needs one is refused */

    event = trade_of_mints(ledger, signature++, 1, 2, 1);
    event.of.trade.terms = terms_of("t", 100, 0, 2000, 0, 0);
    assert_applied(ledger, event);
    assert_refused(ledger, trade_of_mints(ledger, signature, 1, 2, 1),
                   JUPREF_LEDGER_BALANCES_FULL);

    world_free(ledger);
}


static void
a_trade_whose_fee_mint_is_unknown_needs_no_balance(void **state)
{
    uint32_t          signature, mint;
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = world_of_two();
    signature = 1;

    /* leave no place: rows are taken as trades would take them */

    for (mint = 1; left(ledger, JUPREF_TABLE_BALANCES); mint++) {
        uint32_t  key[2] = { 1, 1000 + mint };

        assert_int_not_equal(jupref_table_insert(
                                 &ledger->tables[JUPREF_TABLE_BALANCES],
                                 ledger, key), 0);
    }

    event = trade_of_mints(ledger, signature, 1, 2, 0);
    assert_applied(ledger, event);

    world_free(ledger);
}


static void
a_full_table_of_referrers_or_codes_refuses_and_changes_nothing(void **state)
{
    char              text[16];
    uint32_t          wallet, referrers, codes;
    jupref_ledger_t  *ledger;

    ledger = world_new(JUPREF_LEDGER_MIN);
    referrers = ledger->tables[JUPREF_TABLE_REFERRERS].capacity;
    codes = ledger->tables[JUPREF_TABLE_CODES].capacity;

    for (wallet = 1; wallet <= referrers; wallet++) {
        assert_applied(ledger, event_registered(ledger, wallet, wallet - 1));
    }

    assert_refused(ledger, event_registered(ledger, wallet, 0),
                   JUPREF_LEDGER_REFERRERS_FULL);

    for (wallet = 0; wallet < codes; wallet++) {
        assert_applied(ledger, event_code(ledger, code_text(text, wallet),
                                          wallet % referrers + 1, REFERRED));
    }

    assert_refused(ledger, event_code(ledger, "one-too-many", 1, REFERRED),
                   JUPREF_LEDGER_CODES_FULL);

    /* what needs no row still goes */

    assert_applied(ledger, event_code(ledger, "code-0", 1, PREMIUM));
    assert_applied(ledger, event_clicks(ledger, "code-0", 1));

    world_free(ledger);
}


static void
a_full_table_of_wallets_refuses_and_changes_nothing(void **state)
{
    uint32_t          wallet, wallets;
    jupref_ledger_t  *ledger;

    ledger = world_with_alice();
    assert_applied(ledger, event_code(ledger, "second", 1, REFERRED));
    wallets = ledger->tables[JUPREF_TABLE_WALLETS].capacity;

    for (wallet = 1; wallet <= wallets; wallet++) {
        assert_applied(ledger, event_bound(ledger, 1000 + wallet, "alice"));
    }

    assert_refused(ledger, event_bound(ledger, 1000 + wallet, "alice"),
                   JUPREF_LEDGER_WALLETS_FULL);
    assert_applied(ledger, event_bound(ledger, 1001, "second"));
    assert_int_equal(referrer_of(ledger, 1)->bound_wallets, wallets);

    world_free(ledger);
}


static void
a_referrer_has_at_most_64_codes(void **state)
{
    char              text[16];
    unsigned          i;
    jupref_ledger_t  *ledger;

    ledger = world_new(JUPREF_LEDGER_MIN);
    assert_applied(ledger, event_registered(ledger, 1, 0));

    for (i = 0; i < JUPREF_CODES_PER_REFERRER; i++) {
        assert_applied(ledger, event_code(ledger, code_text(text, i), 1,
                                          REFERRED));
    }

    assert_refused(ledger, event_code(ledger, "one-too-many", 1, REFERRED),
                   JUPREF_LEDGER_CODES_OF_REFERRER);
    assert_applied(ledger, event_code(ledger, "code-0", 1, PREMIUM));

    world_free(ledger);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(
            a_full_table_of_referrers_or_codes_refuses_and_changes_nothing),
        cmocka_unit_test(
            a_full_table_of_wallets_refuses_and_changes_nothing),
        cmocka_unit_test(a_referrer_has_at_most_64_codes),
        cmocka_unit_test(a_full_table_of_trades_refuses_and_changes_nothing),
        cmocka_unit_test(a_full_table_of_mints_refuses_and_changes_nothing),
        cmocka_unit_test(a_full_table_of_balances_refuses_and_changes_nothing),
        cmocka_unit_test(a_trade_whose_fee_mint_is_unknown_needs_no_balance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
