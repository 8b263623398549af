/*
 * Upkeep: events that nobody asks for, but that are due.
 *
 * Each looks at the ledger and writes the event that is to be appended next;
 * 0 when none is due.  Who calls holds the lock and appends at once.
 */

#ifndef JUPREF_UPKEEP_H
#define JUPREF_UPKEEP_H


#include "ledger/jupref_attribution.h"
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
 * Whether it is time to look for an execute whose signature isn't known, out
 * since `time_ms` and last thought of at `former_ms` (0: never).  Not before
 * it is 10 s old, as younger ones are under way, most likely; then each 10 s,
 * soon at a quarter of its age, within an hour.
 */
unsigned jupref_intent_look_due(uint64_t time_ms, uint64_t former_ms,
    uint64_t now_ms);

/*
 * Whether a healthy node that lists nothing of it, its finalized block height
 * `height` (0: not told) when it was asked, says that nothing happened: where
 * the transaction can't land any more, and only within a day.  What a node
 * with a short memory doesn't list may have landed all the same, and of an
 * older one no silence is believed: it is kept, to be found by a node that
 * remembers.
 */
unsigned jupref_intent_silence_counts(const jupref_trade_t *trade,
    uint64_t time_ms, uint64_t height, uint64_t now_ms);

/*
 * The table of intents is full: intent.closed for the oldest whose signature
 * isn't known, when it is older than a day.
 */
unsigned jupref_intent_gives_way(const jupref_ledger_t *ledger,
    uint64_t now_ms, jupref_event_t *event);

/*
 * wallet.bound for a trade that was unknown until it was verified, as its
 * execute would have bound it; 0 when the taker isn't to be bound (any more).
 */
unsigned jupref_binding_due(const jupref_ledger_t *ledger,
    const jupref_signature_t *signature, jupref_attribution_mode_e mode,
    jupref_event_t *event);

/*
 * trade.unknown of an execute whose signature was found on chain, by its
 * message; 0 when that intent is decided meanwhile.
 */
unsigned jupref_intent_found(const jupref_ledger_t *ledger,
    const jupref_request_id_t *request_id,
    const jupref_signature_t *signature, jupref_event_t *event);


#endif /* JUPREF_UPKEEP_H */
