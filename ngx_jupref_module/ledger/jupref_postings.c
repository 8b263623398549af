/*
 * Double entry (see the header).
 */

#include "ledger/jupref_postings.h"

#include <string.h>

#include "base/jupref_assert.h"
#include "ledger/jupref_booking.h"


static void jupref_post(jupref_postings_t *postings, jupref_account_e account,
    uint32_t referrer, jupref_u128_t debit, jupref_u128_t credit);
static unsigned jupref_posting_fits(const jupref_ledger_t *ledger,
    uint32_t mint, const jupref_posting_t *posting);
static jupref_u128_t *jupref_held_in(jupref_balance_row_t *row,
    jupref_account_e account);
static jupref_balance_row_t *jupref_balance_of(const jupref_ledger_t *ledger,
    uint32_t referrer, uint32_t mint);


void
jupref_postings_begin(jupref_postings_t *postings, uint32_t mint)
{
    postings->mint = mint;
    postings->count = 0;
}


void
jupref_debit(jupref_postings_t *postings, jupref_account_e account,
    uint32_t referrer, jupref_u128_t amount)
{
    jupref_post(postings, account, referrer, amount, 0);
}


void
jupref_credit(jupref_postings_t *postings, jupref_account_e account,
    uint32_t referrer, jupref_u128_t amount)
{
    jupref_post(postings, account, referrer, 0, amount);
}


void
jupref_postings_know(jupref_postings_t *postings, uint32_t referrer,
    uint32_t balance)
{
    unsigned  i;

    for (i = 0; i < postings->count; i++) {
        if (postings->posting[i].referrer == referrer) {
            postings->posting[i].balance = balance;
        }
    }
}


void
jupref_credit_available(const jupref_ledger_t *ledger,
    jupref_postings_t *postings, uint32_t referrer, jupref_u128_t amount)
{
    jupref_u128_t          netted;
    jupref_balance_row_t  *row;

    row = jupref_balance_of(ledger, referrer, postings->mint);
    netted = row ? row->receivable : 0;

    if (netted > amount) {
        netted = amount;
    }

    jupref_credit(postings, JUPREF_ACCOUNT_RECEIVABLE, referrer, netted);
    jupref_credit(postings, JUPREF_ACCOUNT_AVAILABLE, referrer,
                  amount - netted);
}


void
jupref_debit_available(const jupref_ledger_t *ledger,
    jupref_postings_t *postings, uint32_t referrer, jupref_u128_t amount)
{
    jupref_u128_t          there;
    jupref_balance_row_t  *row;

    row = jupref_balance_of(ledger, referrer, postings->mint);
    there = row ? row->available : 0;

    if (there > amount) {
        there = amount;
    }

    jupref_debit(postings, JUPREF_ACCOUNT_AVAILABLE, referrer, there);
    jupref_debit(postings, JUPREF_ACCOUNT_RECEIVABLE, referrer,
                 amount - there);
}


jupref_ledger_result_e
jupref_postings_check(const jupref_ledger_t *ledger,
    const jupref_postings_t *postings)
{
    unsigned       i;
    jupref_u128_t  debits, credits;

    debits = 0;
    credits = 0;

    for (i = 0; i < postings->count; i++) {

        if (!jupref_posting_fits(ledger, postings->mint,
                                 &postings->posting[i]))
        {
            return JUPREF_LEDGER_OVERFLOW;
        }

        debits += postings->posting[i].debit;
        credits += postings->posting[i].credit;
    }

    return (debits == credits) ? JUPREF_LEDGER_OK : JUPREF_LEDGER_UNBALANCED;
}


void
jupref_postings_book(jupref_ledger_t *ledger,
    const jupref_postings_t *postings)
{
    unsigned                 i;
    jupref_u128_t           *held;
    jupref_mint_row_t       *mint;
    jupref_balance_row_t    *row;
    const jupref_posting_t  *posting;

    if (postings->count == 0) {
        return;
    }

    mint = jupref_mint(ledger, postings->mint);

    for (i = 0; i < postings->count; i++) {
        posting = &postings->posting[i];

        mint->accounts[posting->account].debit += posting->debit;
        mint->accounts[posting->account].credit += posting->credit;

        if (posting->referrer == 0) {
            continue;
        }

        row = jupref_take_balance(ledger, posting->referrer, postings->mint,
                                  posting->balance);
        held = jupref_held_in(row, posting->account);

        *held = (posting->account == JUPREF_ACCOUNT_RECEIVABLE)
                ? *held + posting->debit - posting->credit
                : *held + posting->credit - posting->debit;

        jupref_mix(ledger, row, sizeof(jupref_balance_row_t));
    }

    jupref_mix(ledger, mint->accounts, sizeof(mint->accounts));
}


static void
jupref_post(jupref_postings_t *postings, jupref_account_e account,
    uint32_t referrer, jupref_u128_t debit, jupref_u128_t credit)
{
    if (debit == 0 && credit == 0) {
        return;
    }

    jupref_assert(postings->count < JUPREF_POSTINGS_MAX);

    postings->posting[postings->count++] = (jupref_posting_t) {
        account, referrer, 0, debit, credit
    };
}


/*
 * An amount is at most what some hundred fees are, so an account that hasn't
 * come to JUPREF_SUM_MAX can take it; a balance is a part of its account.
 */

static unsigned
jupref_posting_fits(const jupref_ledger_t *ledger, uint32_t mint,
    const jupref_posting_t *posting)
{
    jupref_u128_t            taken;
    jupref_balance_row_t    *row;
    const jupref_account_t  *account;

    if (posting->debit >= JUPREF_SUM_MAX || posting->credit >= JUPREF_SUM_MAX)
    {
        return 0;
    }

    if (mint) {
        account = &jupref_mint(ledger, mint)->accounts[posting->account];

        if (account->debit >= JUPREF_SUM_MAX
            || account->credit >= JUPREF_SUM_MAX)
        {
            return 0;
        }
    }

    if (posting->referrer == 0) {
        return 1;
    }

    taken = (posting->account == JUPREF_ACCOUNT_RECEIVABLE) ? posting->credit
                                                            : posting->debit;
    if (taken == 0) {
        return 1;
    }

    row = posting->balance ? jupref_balance(ledger, posting->balance)
                           : jupref_balance_of(ledger, posting->referrer,
                                               mint);

    return row && *jupref_held_in(row, posting->account) >= taken;
}


static jupref_u128_t *
jupref_held_in(jupref_balance_row_t *row, jupref_account_e account)
{
    switch (account) {

    case JUPREF_ACCOUNT_PENDING:
        return &row->pending;

    case JUPREF_ACCOUNT_AVAILABLE:
        return &row->available;

    case JUPREF_ACCOUNT_DISPUTED:
        return &row->disputed;

    case JUPREF_ACCOUNT_IN_PAYOUT:
        return &row->in_payout;

    case JUPREF_ACCOUNT_PAID:
        return &row->paid;

    default:
        jupref_assert(account == JUPREF_ACCOUNT_RECEIVABLE);
        return &row->receivable;
    }
}


/* NULL when there is none. */

static jupref_balance_row_t *
jupref_balance_of(const jupref_ledger_t *ledger, uint32_t referrer,
    uint32_t mint)
{
    uint32_t  index;

    index = mint ? jupref_find_balance(ledger, referrer, mint) : 0;

    return index ? jupref_balance(ledger, index) : NULL;
}
