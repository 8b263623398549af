/*
 * Upkeep: events that nobody asks for, but that are due.
 *
 * Each looks at the ledger and writes the event that is to be appended next;
 * 0 when none is due.  Who calls holds the lock and appends at once.
 */

#ifndef JUPREF_UPKEEP_H
#define JUPREF_UPKEEP_H


#include "ledger/jupref_ledger.h"


/*
 * The table of trades is full: trade.archived for the oldest that is settled.
 */
unsigned jupref_archive_due(const jupref_ledger_t *ledger, uint64_t now_ms,
    jupref_event_t *event);

/* hold.released, when a verified trade's hold of `hold_ms` is over. */
unsigned jupref_release_due(const jupref_ledger_t *ledger, uint64_t now_ms,
    uint64_t hold_ms, jupref_event_t *event);

/*
 * trade.unknown for an execute that went out `age_ms` ago or earlier, whose
 * outcome was never booked, and whose signature is known.
 */
unsigned jupref_intent_stale(const jupref_ledger_t *ledger, uint64_t now_ms,
    uint64_t age_ms, jupref_event_t *event);

/*
 * The table of intents is full: intent.closed for the oldest whose signature
 * isn't known, when it is older than a day.
 */
unsigned jupref_intent_gives_way(const jupref_ledger_t *ledger,
    uint64_t now_ms, jupref_event_t *event);


#endif /* JUPREF_UPKEEP_H */
