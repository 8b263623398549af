/*
 * Settling: what an execute's outcome means for the books.
 *
 * Told are the order that was priced, what the client sent, what Jupiter
 * answered and what became of it so far; decided is which event is appended,
 * whether the order is free again, and which outcome is told.  A signature
 * that only the client knows is good for an unknown trade, once an order:
 * nobody can fill the ledger with signatures of their own making.
 */

#ifndef JUPREF_SETTLE_H
#define JUPREF_SETTLE_H


#include "jupiter/jupref_execute.h"
#include "ledger/jupref_attribution.h"
#include "ledger/jupref_pending.h"


typedef struct {
    const jupref_order_t            *order;     /* as it was matched */
    const jupref_execute_request_t  *request;
    const jupref_execute_answer_t   *answer;
    jupref_trade_outcome_e           outcome;   /* of the answer alone */
} jupref_execution_t;


typedef struct {
    jupref_trade_outcome_e  outcome;            /* all things considered */
    unsigned                appends:1;          /* `event` is to be appended */
    unsigned                frees:1;            /* the order is free again */
    unsigned                unsigned_trade:1;   /* nothing told a signature */
    unsigned                closes_intent:1;    /* it came to nothing new */
    jupref_event_t          event;
} jupref_settlement_t;


/*
 * The trade.intent of an execute that is about to go out, as far as order and
 * request tell (nothing is answered yet); 0 when its order is booked already.
 */
unsigned jupref_settle_intent(const jupref_execution_t *execution,
    const jupref_order_t *pending, jupref_event_t *event);

/* `pending` is the order as it stands now, NULL when it is gone. */
void jupref_settle(const jupref_execution_t *execution,
    const jupref_order_t *pending, jupref_settlement_t *settlement);

/* Notes in the pending order what the ledger said of the event. */
void jupref_settled(jupref_order_t *pending,
    const jupref_settlement_t *settlement, jupref_ledger_result_e result);

/*
 * The intent.closed that a settlement calls for, `result` being what the
 * ledger said of its event (OK without one); 0 when no intent is to be closed:
 * a booked event has done so, one refused for want of room may be tried again.
 */
unsigned jupref_settle_closing(const jupref_ledger_t *ledger,
    const jupref_execution_t *execution,
    const jupref_settlement_t *settlement, jupref_ledger_result_e result,
    jupref_event_t *event);

/*
 * The wallet.bound that a booked trade calls for; 0 when none is.
 */
unsigned jupref_settle_binding(const jupref_ledger_t *ledger,
    const jupref_execution_t *execution, jupref_attribution_mode_e mode,
    jupref_event_t *event);


#endif /* JUPREF_SETTLE_H */
