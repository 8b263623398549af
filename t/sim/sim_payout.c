/*
 * Payouts before there are any: an orders.counted by the actor "payout" pays
 * out, by hand, what the referrer of that number has available.  Every fold
 * does so, the running one and all that read the journal, because the linker
 * leads them here; without it nobody could ever owe anything.
 */

#include "sim_keys.h"
#include "sim_model.h"

#include <string.h>

#include "ledger/jupref_ledger.h"


jupref_ledger_result_e __real_jupref_ledger_apply(jupref_ledger_t *ledger,
    const jupref_event_t *event);
jupref_ledger_result_e __wrap_jupref_ledger_apply(jupref_ledger_t *ledger,
    const jupref_event_t *event);

static void sim_pay_out(jupref_ledger_t *ledger, uint32_t referrer,
    unsigned mint);


jupref_ledger_result_e
__wrap_jupref_ledger_apply(jupref_ledger_t *ledger,
    const jupref_event_t *event)
{
    unsigned                mint;
    uint32_t                referrer;
    jupref_pubkey_t         wallet;
    jupref_ledger_result_e  result;

    result = __real_jupref_ledger_apply(ledger, event);

    if (result != JUPREF_LEDGER_OK || !sim_is_payout(event)) {
        return result;
    }

    sim_key(wallet.bytes, JUPREF_PUBKEY_SIZE, 'w', event->of.counted.count);
    referrer = jupref_find_referrer(ledger, &wallet);

    for (mint = 1; mint <= SIM_MINTS && referrer != 0; mint++) {
        sim_pay_out(ledger, referrer, mint);
    }

    return result;
}


unsigned
sim_is_payout(const jupref_event_t *event)
{
    return event->type == JUPREF_EVENT_ORDERS_COUNTED
           && memcmp(event->actor, "payout", 7) == 0;
}


static void
sim_pay_out(jupref_ledger_t *ledger, uint32_t referrer, unsigned mint)
{
    uint32_t               index, balance;
    jupref_u128_t          amount;
    jupref_pubkey_t        key;
    jupref_mint_row_t     *row;
    jupref_balance_row_t  *held;

    sim_key(key.bytes, JUPREF_PUBKEY_SIZE, 'm', mint);
    index = jupref_find_mint(ledger, &key);
    balance = index ? jupref_find_balance(ledger, referrer, index) : 0;

    if (balance == 0) {
        return;
    }

    row = jupref_mint(ledger, index);
    held = jupref_balance(ledger, balance);
    amount = held->available;

    held->available = 0;
    held->paid += amount;
    row->accounts[JUPREF_ACCOUNT_AVAILABLE].debit += amount;
    row->accounts[JUPREF_ACCOUNT_PAID].credit += amount;
}
