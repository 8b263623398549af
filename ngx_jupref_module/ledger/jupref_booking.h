/*
 * What the fold's files share: the booking mark, and room in the tables.
 */

#ifndef JUPREF_BOOKING_H
#define JUPREF_BOOKING_H


#include "ledger/jupref_ledger.h"


/*
 * The mark is set before the first byte of a booking is written and cleared
 * behind the last one, in that order even when the process dies between: the
 * barriers keep the compiler from moving it, and shared memory keeps what was
 * written.
 */
static inline void
jupref_booking_begins(jupref_ledger_t *ledger)
{
    *(volatile uint32_t *) &ledger->booking = 1;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}


static inline void
jupref_booking_ends(jupref_ledger_t *ledger)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    *(volatile uint32_t *) &ledger->booking = 0;
}


static inline uint32_t
jupref_rows_left(const jupref_ledger_t *ledger, jupref_table_e table)
{
    return ledger->tables[table].capacity - ledger->tables[table].count;
}


/* trade.executed and trade.unknown: jupref_apply_trade.c */
jupref_ledger_result_e jupref_apply_trade(jupref_ledger_t *ledger,
    const jupref_event_t *event);


#endif /* JUPREF_BOOKING_H */
