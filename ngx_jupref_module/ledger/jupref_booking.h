/*
 * What the fold's files share: the booking mark, room in the tables, sums
 * that keep within their range, and the digest of what was booked.
 */

#ifndef JUPREF_BOOKING_H
#define JUPREF_BOOKING_H


#include "ledger/jupref_ledger.h"
#include "ledger/jupref_series.h"
#include "ledger/jupref_standing.h"


/*
 * A sum that has come this far takes no more: what one event can add is far
 * less than what is left above it.
 */
#define JUPREF_SUM_MAX  ((jupref_u128_t) 1 << 127)

#define JUPREF_MIX_STEP  UINT64_C(0xd6e8feb86659fd93)


/*
 * The mark is set before the first byte of a booking is written and cleared
 * behind the last one, in that order even when the process dies between: the
 * fences keep the compiler from moving it, a process is stopped between two
 * of its own instructions, and shared memory keeps what was written.  What
 * another process sees is ordered by the lock.
 */
static inline void
jupref_booking_begins(jupref_ledger_t *ledger)
{
    *(volatile uint32_t *) &ledger->booking = 1;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}


static inline void
jupref_booking_ends(jupref_ledger_t *ledger)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    *(volatile uint32_t *) &ledger->booking = 0;
}


static inline uint32_t
jupref_rows_left(const jupref_ledger_t *ledger, jupref_table_e table)
{
    return ledger->tables[table].capacity - ledger->tables[table].count;
}


/*
 * Mixes what was booked into the ledger's digest, by a bijection of what it
 * was before: no difference is ever lost again.
 */
static inline void
jupref_mix(jupref_ledger_t *ledger, const void *bytes, size_t len)
{
    uint64_t  digest;

    digest = (ledger->digest ^ jupref_hash(bytes, len)) * JUPREF_MIX_STEP;
    ledger->digest = digest ^ digest >> 32;
}


/* A referrer's row but for its places in rankings, which may be left out. */
void jupref_mix_referrer(jupref_ledger_t *ledger, uint32_t referrer);

/* Puts a referrer into all rankings, or takes it out, unless they wait. */
void jupref_rank_all(jupref_ledger_t *ledger, uint32_t referrer);
void jupref_unrank_all(jupref_ledger_t *ledger, uint32_t referrer);

/*
 * Finds a row or makes it; there is room.  A balance that deciding has found
 * isn't searched for again: `known` is its index, or any other, or 0.
 */
uint32_t jupref_take_mint(jupref_ledger_t *ledger,
    const jupref_pubkey_t *mint);
jupref_balance_row_t *jupref_take_balance(jupref_ledger_t *ledger,
    uint32_t referrer, uint32_t mint, uint32_t known);

/*
 * OK when amounts in this mint can be booked: there is room for its row and
 * for the balances that levels need, and its sums can take more.  `found` gets
 * the rows that are there.
 */
jupref_ledger_result_e jupref_room_for(const jupref_ledger_t *ledger,
    const jupref_pubkey_t *mint, const uint32_t level[JUPREF_LEVELS],
    const jupref_fee_split_t *split, jupref_found_t *found);

/* Bit i: level i + 1 earns, as jupref_fee_split wants it. */
unsigned jupref_earners(const uint32_t level[JUPREF_LEVELS]);

/* Adds to the series of the platform and, where there is a code, of the code
 * and its owner. */
void jupref_add_to_series(jupref_ledger_t *ledger, uint32_t code,
    uint64_t time_ms, const jupref_series_sum_t *sum);

/* The same of a trade that counts from now on. */
void jupref_trade_in_series(jupref_ledger_t *ledger,
    const jupref_trade_row_t *row, uint64_t time_ms);


/* 1 for a trade that waits for proof that it landed, and hasn't counted for
 * anything so far. */
static inline unsigned
jupref_never_executed(const jupref_trade_row_t *row)
{
    return row->state == JUPREF_STATE_UNKNOWN
           || (row->state == JUPREF_STATE_UNPROVED
               && row->came_from == JUPREF_STATE_UNKNOWN);
}


/* The code's owner, 0 for a trade without a code. */
uint32_t jupref_trade_owner(const jupref_ledger_t *ledger,
    const jupref_trade_row_t *row);

/*
 * Who earns on a trade: level 1 is the code's owner, the next are its
 * parents.  0 where nobody does.
 */
void jupref_trade_levels(const jupref_ledger_t *ledger, uint32_t code,
    const jupref_pubkey_t *taker, const jupref_terms_t *terms,
    uint32_t level[JUPREF_LEVELS]);

/* 1 when a trade is settled and old enough to leave the table. */
unsigned jupref_may_archive(const jupref_ledger_t *ledger, uint32_t trade,
    uint64_t now_ms);

/* What archives a trade: its row, whole, and the places before it. */
void jupref_archived_of(const jupref_ledger_t *ledger, uint32_t trade,
    jupref_trade_archived_t *archived);

/* Forgets the intent of a requestId, if there is one. */
void jupref_intent_decided(jupref_ledger_t *ledger,
    const jupref_request_id_t *request_id);


/* One function an event, by file. */

/* jupref_apply_traffic.c */
jupref_ledger_result_e jupref_apply_bound(jupref_ledger_t *ledger,
    const jupref_event_t *event);
jupref_ledger_result_e jupref_apply_clicks(jupref_ledger_t *ledger,
    const jupref_event_t *event);
jupref_ledger_result_e jupref_apply_orders(jupref_ledger_t *ledger,
    const jupref_event_t *event);

/* jupref_apply_trade.c */
jupref_ledger_result_e jupref_apply_trade(jupref_ledger_t *ledger,
    const jupref_event_t *event);

/* jupref_apply_intent.c */
jupref_ledger_result_e jupref_apply_intent(jupref_ledger_t *ledger,
    const jupref_event_t *event);
jupref_ledger_result_e jupref_apply_closed(jupref_ledger_t *ledger,
    const jupref_event_t *event);

/* jupref_apply_verified.c */
jupref_ledger_result_e jupref_apply_verified(jupref_ledger_t *ledger,
    const jupref_event_t *event);

/* jupref_apply_ruling.c */
jupref_ledger_result_e jupref_apply_dropped(jupref_ledger_t *ledger,
    const jupref_event_t *event);
jupref_ledger_result_e jupref_apply_unproved(jupref_ledger_t *ledger,
    const jupref_event_t *event);
jupref_ledger_result_e jupref_apply_disputed(jupref_ledger_t *ledger,
    const jupref_event_t *event);
jupref_ledger_result_e jupref_apply_resolved(jupref_ledger_t *ledger,
    const jupref_event_t *event);
jupref_ledger_result_e jupref_apply_reversed(jupref_ledger_t *ledger,
    const jupref_event_t *event);

/* jupref_apply_audit.c */
jupref_ledger_result_e jupref_apply_fees_claimed(jupref_ledger_t *ledger,
    const jupref_event_t *event);
jupref_ledger_result_e jupref_apply_fees_drifted(jupref_ledger_t *ledger,
    const jupref_event_t *event);
jupref_ledger_result_e jupref_apply_incident(jupref_ledger_t *ledger,
    const jupref_event_t *event);

/* jupref_apply_released.c */
jupref_ledger_result_e jupref_apply_released(jupref_ledger_t *ledger,
    const jupref_event_t *event);

/* jupref_apply_archived.c */
jupref_ledger_result_e jupref_apply_archived(jupref_ledger_t *ledger,
    const jupref_event_t *event);


#endif /* JUPREF_BOOKING_H */
