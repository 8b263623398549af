/*
 * A ledger's books, looked at from outside (ledger_world.h).
 */

#include "ledger_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger/jupref_view.h"


static jupref_u128_t held_in(const jupref_balance_row_t *row,
    jupref_account_e account);
static const jupref_balance_row_t *balance_of(const jupref_ledger_t *ledger,
    uint32_t wallet, uint32_t mint);
static const char *mint_books(const jupref_ledger_t *ledger, uint32_t mint);


void
world_assert_books(const jupref_ledger_t *ledger, const char *file, int line)
{
    const char  *broken;

    broken = world_books(ledger);

    if (broken) {
        print_error("the books don't hold: %s\n", broken);
        _fail(file, line);
    }
}


const char *
world_books(const jupref_ledger_t *ledger)
{
    uint32_t     mint;
    const char  *broken;

    for (mint = 1; mint <= ledger->tables[JUPREF_TABLE_MINTS].used; mint++) {
        broken = mint_books(ledger, mint);

        if (broken) {
            return broken;
        }
    }

    return NULL;
}


uint64_t
estimated_of(const jupref_ledger_t *ledger, uint32_t wallet, uint32_t mint)
{
    const jupref_balance_row_t  *row;

    row = balance_of(ledger, wallet, mint);

    if (row == NULL) {
        return 0;
    }

    assert_true(row->estimated <= UINT64_MAX);

    return (uint64_t) row->estimated;
}


uint64_t
held_of(const jupref_ledger_t *ledger, uint32_t wallet, uint32_t mint,
    jupref_account_e account)
{
    jupref_u128_t                held;
    const jupref_balance_row_t  *row;

    row = balance_of(ledger, wallet, mint);
    held = row ? held_in(row, account) : 0;

    assert_true(held <= UINT64_MAX);

    return (uint64_t) held;
}


uint64_t
account_of(const jupref_ledger_t *ledger, uint32_t mint,
    jupref_account_e account)
{
    jupref_account_t  *both;
    jupref_u128_t      stands;

    both = &mint_row_of(ledger, mint)->accounts[account];
    stands = jupref_account_is_debit(account) ? both->debit - both->credit
                                              : both->credit - both->debit;

    assert_true(stands <= UINT64_MAX);

    return (uint64_t) stands;
}


/* NULL when there is none. */
static const jupref_balance_row_t *
balance_of(const jupref_ledger_t *ledger, uint32_t wallet, uint32_t mint)
{
    uint32_t               at;
    jupref_pubkey_t        key;
    jupref_balance_row_t  *row;

    key = mint_of(mint);

    for (at = referrer_of(ledger, wallet)->first_balance; at; at = row->next) {
        row = jupref_balance(ledger, at);

        if (jupref_pubkey_equal(&jupref_mint(ledger, row->mint)->mint, &key))
        {
            return row;
        }
    }

    return NULL;
}


static jupref_u128_t
held_in(const jupref_balance_row_t *row, jupref_account_e account)
{
    switch (account) {

    case JUPREF_ACCOUNT_PENDING:
        return row->pending;

    case JUPREF_ACCOUNT_AVAILABLE:
        return row->available;

    case JUPREF_ACCOUNT_DISPUTED:
        return row->disputed;

    case JUPREF_ACCOUNT_IN_PAYOUT:
        return row->in_payout;

    case JUPREF_ACCOUNT_PAID:
        return row->paid;

    case JUPREF_ACCOUNT_RECEIVABLE:
        return row->receivable;

    default:
        return 0;
    }
}


static const char *
mint_books(const jupref_ledger_t *ledger, uint32_t mint)
{
    uint32_t               at;
    unsigned               account;
    jupref_u128_t          debits, credits, stands, held;
    jupref_account_t      *both;
    jupref_balance_row_t  *row;

    debits = 0;
    credits = 0;

    for (account = 0; account < JUPREF_ACCOUNTS; account++) {
        both = &jupref_mint(ledger, mint)->accounts[account];
        debits += both->debit;
        credits += both->credit;

        stands = jupref_account_is_debit(account)
                 ? both->debit - both->credit : both->credit - both->debit;

        if (stands >> 127) {
            return "an account is on its wrong side";
        }

        if (account < JUPREF_ACCOUNT_PENDING
            || account > JUPREF_ACCOUNT_RECEIVABLE)
        {
            continue;
        }

        for (held = 0, at = 1;
             at <= ledger->tables[JUPREF_TABLE_BALANCES].used; at++)
        {
            row = jupref_balance(ledger, at);

            if (row->mint == mint) {
                held += held_in(row, account);
            }
        }

        if (held != stands) {
            return "an account is not the sum of its balances";
        }
    }

    return debits == credits ? NULL : "debits are not credits";
}
