/*
 * Lists that run through rows (see the header).
 */

#include "ledger/jupref_links.h"

#include "ledger/jupref_booking.h"


/* How far a place among holds is looked for before the end is taken. */
#define JUPREF_HOLD_STEPS  JUPREF_RELEASE_MAX


static void jupref_link_of_referrer(jupref_ledger_t *ledger, uint32_t trade);
static void jupref_unlink_of_referrer(jupref_ledger_t *ledger,
    uint32_t trade);
static uint32_t jupref_hold_place(const jupref_ledger_t *ledger,
    const jupref_trade_row_t *row);
static uint32_t *jupref_queue_ends(jupref_ledger_t *ledger, unsigned state,
    uint32_t **newest);
static jupref_intents_e jupref_intents_of(const jupref_intent_row_t *row);


void
jupref_link_trade(jupref_ledger_t *ledger, uint32_t trade)
{
    jupref_trade_row_t  *row;

    row = jupref_trade(ledger, trade);
    row->older = ledger->newest_trade;
    row->newer = 0;

    if (row->older) {
        jupref_trade(ledger, row->older)->newer = trade;

    } else {
        ledger->oldest_trade = trade;
    }

    ledger->newest_trade = trade;

    if (row->code) {
        jupref_link_of_referrer(ledger, trade);
    }
}


void
jupref_unlink_trade(jupref_ledger_t *ledger, uint32_t trade)
{
    jupref_trade_row_t  *row;

    row = jupref_trade(ledger, trade);

    if (row->newer) {
        jupref_trade(ledger, row->newer)->older = row->older;

    } else {
        ledger->newest_trade = row->older;
    }

    if (row->older) {
        jupref_trade(ledger, row->older)->newer = row->newer;

    } else {
        ledger->oldest_trade = row->newer;
    }

    row->older = 0;
    row->newer = 0;

    if (row->code) {
        jupref_unlink_of_referrer(ledger, trade);
    }
}


static void
jupref_link_of_referrer(jupref_ledger_t *ledger, uint32_t trade)
{
    jupref_trade_row_t     *row;
    jupref_referrer_row_t  *owner;

    row = jupref_trade(ledger, trade);
    owner = jupref_referrer(ledger, jupref_trade_owner(ledger, row));

    row->older_of_referrer = owner->newest_trade;
    row->newer_of_referrer = 0;

    if (row->older_of_referrer) {
        jupref_trade(ledger, row->older_of_referrer)->newer_of_referrer
            = trade;
    }

    owner->newest_trade = trade;
}


static void
jupref_unlink_of_referrer(jupref_ledger_t *ledger, uint32_t trade)
{
    jupref_trade_row_t     *row;
    jupref_referrer_row_t  *owner;

    row = jupref_trade(ledger, trade);
    owner = jupref_referrer(ledger, jupref_trade_owner(ledger, row));

    if (row->newer_of_referrer) {
        jupref_trade(ledger, row->newer_of_referrer)->older_of_referrer
            = row->older_of_referrer;

    } else {
        owner->newest_trade = row->older_of_referrer;
    }

    if (row->older_of_referrer) {
        jupref_trade(ledger, row->older_of_referrer)->newer_of_referrer
            = row->newer_of_referrer;
    }

    row->older_of_referrer = 0;
    row->newer_of_referrer = 0;
}


void
jupref_link_queue(jupref_ledger_t *ledger, uint32_t trade)
{
    uint32_t            *oldest, *newest;
    jupref_trade_row_t  *row;

    row = jupref_trade(ledger, trade);
    oldest = jupref_queue_ends(ledger, row->state, &newest);

    if (oldest == NULL) {
        return;
    }

    row->later = (row->state == JUPREF_STATE_VERIFIED)
                 ? jupref_hold_place(ledger, row) : 0;
    row->sooner = row->later ? jupref_trade(ledger, row->later)->sooner
                             : *newest;

    if (row->sooner) {
        jupref_trade(ledger, row->sooner)->later = trade;

    } else {
        *oldest = trade;
    }

    if (row->later) {
        jupref_trade(ledger, row->later)->sooner = trade;

    } else {
        *newest = trade;
    }
}


void
jupref_unlink_queue(jupref_ledger_t *ledger, uint32_t trade)
{
    uint32_t            *oldest, *newest;
    jupref_trade_row_t  *row;

    row = jupref_trade(ledger, trade);
    oldest = jupref_queue_ends(ledger, row->state, &newest);

    if (oldest == NULL) {
        return;
    }

    if (row->sooner) {
        jupref_trade(ledger, row->sooner)->later = row->later;

    } else {
        *oldest = row->later;
    }

    if (row->later) {
        jupref_trade(ledger, row->later)->sooner = row->sooner;

    } else {
        *newest = row->sooner;
    }

    row->sooner = 0;
    row->later = 0;
}


/*
 * Before which one of the holds, 0 for the end.  What was just verified is
 * the last.  What comes back from a dispute was verified long ago and stands
 * near the head; where its place isn't found soon it waits at the end, so that
 * it holds up nobody.
 */

static uint32_t
jupref_hold_place(const jupref_ledger_t *ledger,
    const jupref_trade_row_t *row)
{
    uint32_t  later, steps;

    if (ledger->last_release == 0
        || jupref_trade(ledger, ledger->last_release)->verified_ms
           <= row->verified_ms)
    {
        return 0;
    }

    later = ledger->next_release;

    for (steps = 0; steps < JUPREF_HOLD_STEPS
         && jupref_trade(ledger, later)->verified_ms <= row->verified_ms;
         steps++)
    {
        later = jupref_trade(ledger, later)->later;
    }

    return (steps == JUPREF_HOLD_STEPS) ? 0 : later;
}


/* The queue of a state, by its two ends; NULL where there is none. */

static uint32_t *
jupref_queue_ends(jupref_ledger_t *ledger, unsigned state, uint32_t **newest)
{
    jupref_proofs_e  proofs;

    switch (state) {

    case JUPREF_STATE_VERIFIED:
        *newest = &ledger->last_release;
        return &ledger->next_release;

    case JUPREF_STATE_EXECUTED:
    case JUPREF_STATE_UNKNOWN:
        proofs = JUPREF_PROOFS_AWAITED;
        break;

    case JUPREF_STATE_UNPROVED:
        proofs = JUPREF_PROOFS_MISSED;
        break;

    default:
        return NULL;
    }

    *newest = &ledger->newest_proof[proofs];

    return &ledger->oldest_proof[proofs];
}


void
jupref_link_wallet(jupref_ledger_t *ledger, uint32_t wallet)
{
    jupref_wallet_row_t    *row;
    jupref_referrer_row_t  *owner;

    row = jupref_wallet(ledger, wallet);
    owner = jupref_referrer(ledger, jupref_code(ledger, row->code)->referrer);

    row->older = owner->newest_wallet;
    row->newer = 0;

    if (row->older) {
        jupref_wallet(ledger, row->older)->newer = wallet;
    }

    owner->newest_wallet = wallet;
}


void
jupref_unlink_wallet(jupref_ledger_t *ledger, uint32_t wallet)
{
    jupref_wallet_row_t    *row;
    jupref_referrer_row_t  *owner;

    row = jupref_wallet(ledger, wallet);
    owner = jupref_referrer(ledger, jupref_code(ledger, row->code)->referrer);

    if (row->newer) {
        jupref_wallet(ledger, row->newer)->older = row->older;

    } else {
        owner->newest_wallet = row->older;
    }

    if (row->older) {
        jupref_wallet(ledger, row->older)->newer = row->newer;
    }

    row->older = 0;
    row->newer = 0;
}


void
jupref_link_intent(jupref_ledger_t *ledger, uint32_t intent)
{
    jupref_intents_e      list;
    jupref_intent_row_t  *row;

    row = jupref_intent(ledger, intent);
    list = jupref_intents_of(row);

    row->older = ledger->newest_intent[list];
    row->newer = 0;

    if (row->older) {
        jupref_intent(ledger, row->older)->newer = intent;

    } else {
        ledger->oldest_intent[list] = intent;
    }

    ledger->newest_intent[list] = intent;
}


void
jupref_unlink_intent(jupref_ledger_t *ledger, uint32_t intent)
{
    jupref_intents_e      list;
    jupref_intent_row_t  *row;

    row = jupref_intent(ledger, intent);
    list = jupref_intents_of(row);

    if (row->newer) {
        jupref_intent(ledger, row->newer)->older = row->older;

    } else {
        ledger->newest_intent[list] = row->older;
    }

    if (row->older) {
        jupref_intent(ledger, row->older)->newer = row->newer;

    } else {
        ledger->oldest_intent[list] = row->newer;
    }

    row->older = 0;
    row->newer = 0;
}


static jupref_intents_e
jupref_intents_of(const jupref_intent_row_t *row)
{
    return jupref_signature_is_zero(&row->trade.signature)
           ? JUPREF_INTENTS_UNSIGNED : JUPREF_INTENTS_SIGNED;
}
