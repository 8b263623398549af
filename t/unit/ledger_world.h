/*
 * A ledger in memory for tests, and events that are short to write.
 *
 * Wallets, mints and signatures are made from small numbers, so that a test
 * reads "wallet 1 trades mint 2"; number 0 is the zero key, "none".
 */

#ifndef LEDGER_WORLD_H
#define LEDGER_WORLD_H


#include "ledger/jupref_ledger.h"


/* An empty ledger in a zeroed block that begins on 64 bytes. */
jupref_ledger_t *world_new(uint64_t size);
void world_free(jupref_ledger_t *ledger);


jupref_pubkey_t wallet_of(uint32_t number);
jupref_pubkey_t mint_of(uint32_t number);
jupref_signature_t signature_of(uint32_t number);
jupref_code_name_t code_of(const char *text);

/* Shares in basis points of the partner's part, which is 80 % of the fee. */
jupref_terms_t terms_of(const char *tier, unsigned fee_bps,
    unsigned discount_bps, unsigned first, unsigned second, unsigned third);


/* Events that come next: their seq is the ledger's plus one. */
jupref_event_t event_next(const jupref_ledger_t *ledger,
    jupref_event_type_e type);
jupref_event_t event_registered(const jupref_ledger_t *ledger,
    uint32_t wallet, uint32_t parent);
jupref_event_t event_status(const jupref_ledger_t *ledger, uint32_t wallet,
    unsigned status);
jupref_event_t event_tier(const jupref_ledger_t *ledger, uint32_t wallet,
    jupref_terms_t terms);
jupref_event_t event_code(const jupref_ledger_t *ledger, const char *code,
    uint32_t wallet, jupref_terms_t terms);
jupref_event_t event_retired(const jupref_ledger_t *ledger, const char *code);
jupref_event_t event_bound(const jupref_ledger_t *ledger, uint32_t wallet,
    const char *code);
jupref_event_t event_clicks(const jupref_ledger_t *ledger, const char *code,
    uint32_t count);

jupref_event_t event_orders(const jupref_ledger_t *ledger, const char *code,
    uint32_t count);

/*
 * trade.executed by wallet `taker` with `code` ("" for none): mint 1 for mint
 * 2, a fee of 1,000,000 in mint 1, volume $100, 100 basis points granted, a
 * share of 20 % for level 1 only.  Tests change what they are about.
 */
jupref_event_t event_trade(const jupref_ledger_t *ledger, uint32_t signature,
    uint32_t taker, const char *code);
jupref_event_t event_unknown(const jupref_ledger_t *ledger,
    uint32_t signature, uint32_t taker, const char *code);

/* The same as trade.intent of a requestId of its own; signature 0: none. */
jupref_event_t event_intent(const jupref_ledger_t *ledger, uint32_t request,
    uint32_t signature, uint32_t taker, const char *code);
jupref_event_t event_closed(const jupref_ledger_t *ledger, uint32_t request);
jupref_request_id_t request_of(uint32_t request);

jupref_event_t event_verified(const jupref_ledger_t *ledger,
    uint32_t signature, uint64_t fee, uint32_t mint);

/* trade.rejected, .expired, .disputed, .reversed, or dispute.resolved */
jupref_event_t event_ruled(const jupref_ledger_t *ledger,
    jupref_event_type_e type, uint32_t signature);

/* What was verified before the event, or that long before it. */
jupref_event_t event_released(const jupref_ledger_t *ledger,
    uint64_t hold_ms);

/* trade.archived as upkeep would make it, long after the trade. */
jupref_event_t event_archived(const jupref_ledger_t *ledger,
    uint32_t signature);


/* The event is taken; or refused so, and not a byte of the block changes. */
#define assert_applied(ledger, event)                                         \
    world_assert_applied(ledger, event, __FILE__, __LINE__)
#define assert_refused(ledger, event, result)                                 \
    world_assert_refused(ledger, event, result, __FILE__, __LINE__)

void world_assert_applied(jupref_ledger_t *ledger, jupref_event_t event,
    const char *file, int line);
void world_assert_refused(jupref_ledger_t *ledger, jupref_event_t event,
    jupref_ledger_result_e result, const char *file, int line);


/*
 * The books hold: per mint debits are credits, each account of referrers is
 * the sum of their balances, no account is on its wrong side.
 */
#define assert_books(ledger)  world_assert_books(ledger, __FILE__, __LINE__)

void world_assert_books(const jupref_ledger_t *ledger, const char *file,
    int line);

/* NULL, or what doesn't hold. */
const char *world_books(const jupref_ledger_t *ledger);


/* What a wallet has in a mint, by walking its list; 0 without a balance. */
uint64_t estimated_of(const jupref_ledger_t *ledger, uint32_t wallet,
    uint32_t mint);
uint64_t held_of(const jupref_ledger_t *ledger, uint32_t wallet,
    uint32_t mint, jupref_account_e account);

/* A mint's account: what stands on the side it grows on. */
uint64_t account_of(const jupref_ledger_t *ledger, uint32_t mint,
    jupref_account_e account);

/* Rows of wallets and mints that must be there. */
jupref_referrer_row_t *referrer_of(const jupref_ledger_t *ledger,
    uint32_t wallet);
jupref_code_row_t *code_row_of(const jupref_ledger_t *ledger,
    const char *code);
jupref_mint_row_t *mint_row_of(const jupref_ledger_t *ledger, uint32_t mint);
jupref_trade_row_t *trade_row_of(const jupref_ledger_t *ledger,
    uint32_t signature);


/* splitmix64: the same numbers from the same seed everywhere. */
uint64_t random_next(uint64_t *seed);


#endif /* LEDGER_WORLD_H */
