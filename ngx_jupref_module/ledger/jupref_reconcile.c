/*
 * Reconciliation (see the header).
 *
 * Sums are signed here: more can have been claimed than was verified, when
 * somebody else's money was in the account.  What an event says is cut to
 * what its fields hold.
 */

#include "ledger/jupref_reconcile.h"

#include <string.h>

#include "solana/jupref_address.h"
#include "solana/jupref_programs.h"


typedef __int128  jupref_i128_t;


static jupref_touch_kind_e jupref_touch_kind(
    const jupref_rpc_transaction_t *shown, const jupref_trade_row_t *trade,
    unsigned shrank);
static unsigned jupref_swaps(const jupref_rpc_transaction_t *shown);
static uint64_t jupref_cut_to_u64(jupref_i128_t value);


void
jupref_touch_of(const jupref_rpc_transaction_t *shown,
    const jupref_fee_account_t *account, const jupref_trade_row_t *trade,
    uint64_t booked_slot, jupref_touch_t *touch)
{
    const jupref_token_change_t  *change;

    memset(touch, 0, sizeof(jupref_touch_t));

    touch->signature = shown->transaction.signatures[0];
    touch->slot = shown->slot;

    change = jupref_rpc_token_change(shown, &account->account);

    if (shown->failed || change == NULL
        || !jupref_pubkey_equal(&change->mint, &account->mint)
        || change->before == change->after)
    {
        return;
    }

    touch->shrank = change->after < change->before;
    touch->delta = touch->shrank ? change->before - change->after
                                 : change->after - change->before;

    touch->kind = jupref_touch_kind(shown, trade, touch->shrank);

    touch->booked = (touch->kind == JUPREF_TOUCH_TRADE
                     || (touch->kind == JUPREF_TOUCH_CLAIM
                         && touch->slot <= booked_slot));
}


static jupref_touch_kind_e
jupref_touch_kind(const jupref_rpc_transaction_t *shown,
    const jupref_trade_row_t *trade, unsigned shrank)
{
    if (shrank) {
        return jupref_rpc_calls(shown, &jupref_referral_program)
               ? JUPREF_TOUCH_CLAIM : JUPREF_TOUCH_UNKNOWN;
    }

    if (trade == NULL) {
        return jupref_swaps(shown) ? JUPREF_TOUCH_SWAP : JUPREF_TOUCH_DEPOSIT;
    }

    switch (trade->state) {

    case JUPREF_STATE_VERIFIED:
    case JUPREF_STATE_AVAILABLE:
    case JUPREF_STATE_DISPUTED:
        return JUPREF_TOUCH_TRADE;

    case JUPREF_STATE_EXECUTED:
    case JUPREF_STATE_UNKNOWN:
    case JUPREF_STATE_UNPROVED:
        return JUPREF_TOUCH_AWAITING;

    default:
        return JUPREF_TOUCH_DROPPED;
    }
}


static unsigned
jupref_swaps(const jupref_rpc_transaction_t *shown)
{
    jupref_instruction_t       instruction;
    jupref_program_kind_e      kind;
    jupref_instruction_walk_t  walk;

    jupref_instruction_walk(&walk, &shown->transaction);

    while (jupref_instruction_next(&walk, &instruction)) {
        kind = jupref_program_kind(instruction.program_id);

        if (kind == JUPREF_PROGRAM_ROUTER || kind == JUPREF_PROGRAM_RFQ) {
            return 1;
        }
    }

    return 0;
}


void
jupref_reconcile_begin(jupref_reconcile_t *reconcile,
    const jupref_ledger_t *ledger, const jupref_pubkey_t *mint,
    uint64_t balance, uint64_t slot)
{
    uint32_t                  index;
    const jupref_account_t   *account;
    const jupref_mint_row_t  *row;

    memset(reconcile, 0, sizeof(jupref_reconcile_t));

    reconcile->mint = *mint;
    reconcile->balance = balance;
    reconcile->slot = slot;

    index = jupref_find_mint(ledger, mint);

    if (index == 0) {
        return;
    }

    row = jupref_mint(ledger, index);
    account = &row->accounts[JUPREF_ACCOUNT_JUPITER_UNCLAIMED];

    reconcile->verified = account->debit - account->credit;
    reconcile->claimed = row->claimed;
    reconcile->booked = row->drift;
    reconcile->booked_missing = row->drift_missing;
}


void
jupref_reconcile_behind(jupref_reconcile_t *reconcile,
    const jupref_ledger_t *ledger)
{
    uint32_t                   index, mint;
    unsigned                   steps;
    const jupref_trade_row_t  *trade;

    mint = jupref_find_mint(ledger, &reconcile->mint);
    index = ledger->newest_trade;

    for (steps = 0; mint && index && steps < JUPREF_RECONCILE_BEHIND; steps++)
    {
        trade = jupref_trade(ledger, index);
        index = trade->older;

        if (trade->fee_mint == mint && trade->slot > reconcile->slot
            && (trade->state == JUPREF_STATE_VERIFIED
                || trade->state == JUPREF_STATE_AVAILABLE
                || trade->state == JUPREF_STATE_DISPUTED))
        {
            reconcile->verified_since += trade->fee;
        }
    }
}


void
jupref_reconcile_add(jupref_reconcile_t *reconcile,
    const jupref_touch_t *touch)
{
    unsigned  since;

    reconcile->kinds[touch->kind]++;
    since = touch->slot > reconcile->slot;

    switch (touch->kind) {

    case JUPREF_TOUCH_NONE:
        return;

    case JUPREF_TOUCH_TRADE:
        reconcile->verified_since += since ? touch->delta : 0;
        return;

    case JUPREF_TOUCH_AWAITING:
        reconcile->awaiting += since ? 0 : touch->delta;
        return;

    case JUPREF_TOUCH_CLAIM:

        if (touch->booked) {
            reconcile->claimed_since += since ? touch->delta : 0;

        } else {
            reconcile->claiming += since ? 0 : touch->delta;
        }

        return;

    default:
        break;
    }

    if (reconcile->touch_count == JUPREF_TOUCHES_MAX) {
        reconcile->more = 1;
        return;
    }

    reconcile->touches[reconcile->touch_count++] = *touch;
}


void
jupref_reconcile_end(const jupref_reconcile_t *reconcile,
    jupref_drift_t *drift)
{
    jupref_i128_t  expected, unexplained;

    expected = (jupref_i128_t) reconcile->verified
               - (jupref_i128_t) reconcile->verified_since
               - (jupref_i128_t) reconcile->claimed
               + (jupref_i128_t) reconcile->claimed_since
               - (jupref_i128_t) reconcile->claiming
               + (jupref_i128_t) reconcile->awaiting;

    unexplained = (jupref_i128_t) reconcile->balance - expected;

    drift->expected = jupref_cut_to_u64(expected);
    drift->missing = unexplained < 0;
    drift->unexplained = jupref_cut_to_u64(drift->missing ? -unexplained
                                                          : unexplained);

    drift->changed = drift->unexplained != reconcile->booked
                     || drift->missing != reconcile->booked_missing;
}


static uint64_t
jupref_cut_to_u64(jupref_i128_t value)
{
    if (value < 0) {
        return 0;
    }

    return value > (jupref_i128_t) UINT64_MAX ? UINT64_MAX : (uint64_t) value;
}


unsigned
jupref_reconcile_event(const jupref_reconcile_t *reconcile,
    const jupref_drift_t *drift, jupref_event_t *event)
{
    jupref_fees_drifted_t  *drifted;

    if (!drift->changed) {
        return 0;
    }

    memset(event, 0, sizeof(jupref_event_t));
    event->type = JUPREF_EVENT_FEES_DRIFTED;

    drifted = &event->of.fees_drifted;
    drifted->mint = reconcile->mint;
    drifted->slot = reconcile->slot;
    drifted->expected = drift->expected;
    drifted->actual = reconcile->balance;
    drifted->unexplained = drift->unexplained;
    drifted->missing = drift->missing;

    return 1;
}


unsigned
jupref_reconcile_claim(const jupref_pubkey_t *mint, jupref_touch_t *touches,
    unsigned count, jupref_event_t *event)
{
    unsigned                i;
    jupref_touch_t         *touch, *first;
    jupref_fees_claimed_t  *claimed;

    first = NULL;

    for (i = 0; i < count; i++) {
        touch = &touches[i];

        if (touch->kind == JUPREF_TOUCH_CLAIM && !touch->booked
            && (first == NULL || touch->slot < first->slot))
        {
            first = touch;
        }
    }

    if (first == NULL) {
        return 0;
    }

    memset(event, 0, sizeof(jupref_event_t));
    event->type = JUPREF_EVENT_FEES_CLAIMED;

    claimed = &event->of.fees_claimed;
    claimed->mint = *mint;
    claimed->slot = first->slot;

    for (i = 0; i < count; i++) {
        touch = &touches[i];

        if (touch->kind == JUPREF_TOUCH_CLAIM && !touch->booked
            && touch->slot == claimed->slot)
        {

            /* more than any mint has: that one is left, and never booked */

            if (touch->delta > UINT64_MAX - claimed->amount) {
                continue;
            }

            claimed->signature = touch->signature;
            claimed->amount += touch->delta;
            touch->booked = 1;
        }
    }

    return 1;
}


const char *
jupref_touch_name(jupref_touch_kind_e kind)
{
    static const char *const  names[JUPREF_TOUCHES] = {
        [JUPREF_TOUCH_NONE] = "none",
        [JUPREF_TOUCH_TRADE] = "trade",
        [JUPREF_TOUCH_AWAITING] = "awaiting",
        [JUPREF_TOUCH_DROPPED] = "dropped",
        [JUPREF_TOUCH_CLAIM] = "claim",
        [JUPREF_TOUCH_SWAP] = "swap",
        [JUPREF_TOUCH_DEPOSIT] = "deposit",
        [JUPREF_TOUCH_UNKNOWN] = "unknown"
    };

    return names[kind];
}
