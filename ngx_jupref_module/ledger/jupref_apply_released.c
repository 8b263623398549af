/*
 * The fold of hold.released: verified trades whose hold is over.
 *
 *     Dr pending    what a referrer's trades of this event earned it
 *     Cr receivable what it owes, as far as that covers it
 *     Cr available  the rest
 *
 * The amounts of many trades are added up per balance first, so each balance
 * is posted to once, and what is checked is what is booked.
 */

#include <string.h>

#include "ledger/jupref_booking.h"
#include "ledger/jupref_links.h"
#include "ledger/jupref_postings.h"
#include "ledger/jupref_standing.h"


#define JUPREF_RELEASED_MAX    (JUPREF_RELEASE_MAX * JUPREF_LEVELS)
#define JUPREF_RELEASED_SLOTS  2048     /* a power of two over twice that */
#define JUPREF_RELEASED_AHEAD  8        /* rows */


/* What each balance gets; slots find a balance by its index. */
typedef struct {
    unsigned       trades;
    unsigned       count;
    uint16_t       slots[JUPREF_RELEASED_SLOTS];        /* place + 1 */
    uint32_t       balance[JUPREF_RELEASED_MAX];
    jupref_u128_t  amount[JUPREF_RELEASED_MAX];
} jupref_released_t;


static void jupref_plan_released(const jupref_ledger_t *ledger,
    uint64_t cutoff_ms, jupref_released_t *released);
static void jupref_released_expect(const jupref_ledger_t *ledger,
    uint32_t index);
static void jupref_released_add(jupref_released_t *released,
    uint32_t balance, uint64_t amount);
static void jupref_released_postings(const jupref_ledger_t *ledger,
    const jupref_released_t *released, unsigned place,
    jupref_postings_t *postings);
static void jupref_book_released(jupref_ledger_t *ledger, unsigned trades);


jupref_ledger_result_e
jupref_apply_released(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    unsigned                i;
    jupref_released_t       released;
    jupref_postings_t       postings;
    jupref_ledger_result_e  result;

    if (event->of.hold_released.cutoff_ms > event->time_ms) {
        return JUPREF_LEDGER_BAD_EVENT;
    }

    jupref_plan_released(ledger, event->of.hold_released.cutoff_ms,
                         &released);

    if (released.trades == 0) {
        return JUPREF_LEDGER_NOTHING_TO_RELEASE;
    }

    for (i = 0; i < released.count; i++) {
        jupref_released_postings(ledger, &released, i, &postings);
        result = jupref_postings_check(ledger, &postings);

        if (result != JUPREF_LEDGER_OK) {
            return result;
        }
    }

    jupref_booking_begins(ledger);

    for (i = 0; i < released.count; i++) {
        jupref_released_postings(ledger, &released, i, &postings);
        jupref_postings_book(ledger, &postings);
    }

    jupref_book_released(ledger, released.trades);

    return JUPREF_LEDGER_OK;
}


static void
jupref_plan_released(const jupref_ledger_t *ledger, uint64_t cutoff_ms,
    jupref_released_t *released)
{
    uint32_t             index;
    unsigned             i;
    jupref_fee_split_t   split;
    jupref_trade_row_t  *row;

    released->trades = 0;
    released->count = 0;
    memset(released->slots, 0, sizeof(released->slots));

    for (index = ledger->next_release;
         index && released->trades < JUPREF_RELEASE_MAX;
         index = row->later)
    {
        row = jupref_trade(ledger, index);

        if (row->verified_ms > cutoff_ms) {
            return;
        }

        jupref_released_expect(ledger, index);
        released->trades++;
        jupref_trade_split(row, &split);

        for (i = 0; i < JUPREF_LEVELS; i++) {
            if (split.level[i]) {
                jupref_released_add(released,
                                    jupref_find_balance(ledger, row->level[i],
                                                        row->fee_mint),
                                    split.level[i]);
            }
        }
    }
}


/*
 * Where the next row is stands in the one before it, and the rows are cold.
 * Trades are verified in about the order they were booked in: what is some
 * rows on will be needed soon, most likely.
 */

static void
jupref_released_expect(const jupref_ledger_t *ledger, uint32_t index)
{
    const jupref_table_t  *trades;

    trades = &ledger->tables[JUPREF_TABLE_TRADES];

    if (index + JUPREF_RELEASED_AHEAD <= trades->used) {
        jupref_table_expect_row(trades, ledger,
                                index + JUPREF_RELEASED_AHEAD);
    }
}


static void
jupref_released_add(jupref_released_t *released, uint32_t balance,
    uint64_t amount)
{
    unsigned  slot, place;

    slot = (unsigned) jupref_hash(&balance, sizeof(balance))
           % JUPREF_RELEASED_SLOTS;

    for ( ;; ) {

        if (released->slots[slot] == 0) {
            place = released->count++;
            released->balance[place] = balance;
            released->amount[place] = 0;
            released->slots[slot] = (uint16_t) (place + 1);
            break;
        }

        place = released->slots[slot] - 1u;

        if (released->balance[place] == balance) {
            break;
        }

        slot = (slot + 1) % JUPREF_RELEASED_SLOTS;
    }

    released->amount[place] += amount;
}


static void
jupref_released_postings(const jupref_ledger_t *ledger,
    const jupref_released_t *released, unsigned place,
    jupref_postings_t *postings)
{
    const jupref_balance_row_t  *balance;

    balance = jupref_balance(ledger, released->balance[place]);

    jupref_postings_begin(postings, balance->mint);
    jupref_debit(postings, JUPREF_ACCOUNT_PENDING, balance->referrer,
                 released->amount[place]);
    jupref_credit_available(ledger, postings, balance->referrer,
                            released->amount[place]);
    jupref_postings_know(postings, balance->referrer,
                         released->balance[place]);
}


static void
jupref_book_released(jupref_ledger_t *ledger, unsigned trades)
{
    uint32_t             index;
    jupref_trade_row_t  *row, before;

    while (trades--) {
        index = ledger->next_release;
        jupref_unlink_queue(ledger, index);

        row = jupref_trade(ledger, index);
        before = *row;
        row->state = JUPREF_STATE_AVAILABLE;

        jupref_trade_moves(ledger, &before, row, NULL);
        jupref_mix(ledger, row, sizeof(jupref_trade_row_t));
    }
}
