/*
 * Views: what a reader of the ledger is shown, copied out under the lock.
 *
 * Rendering takes longer than copying, so whoever answers a request copies
 * what it needs, lets the lock go, and renders from the copy.  Every view is
 * bounded; where more exists than is shown, the view says so.
 */

#ifndef JUPREF_VIEW_H
#define JUPREF_VIEW_H


#include "ledger/jupref_clicks.h"
#include "ledger/jupref_integrity.h"
#include "ledger/jupref_ledger.h"


#define JUPREF_VIEW_BALANCES  256       /* of one referrer */
#define JUPREF_VIEW_MINTS     256       /* of the platform */
#define JUPREF_VIEW_LIST      100       /* rows of a page */
#define JUPREF_VIEW_GONE      UINT32_MAX        /* the cursor's place is */


/* A wallet or mint as text; len 0: none. */
typedef struct {
    uint8_t  bytes[JUPREF_PUBKEY_TEXT];
    uint8_t  len;
} jupref_key_text_t;


typedef struct {
    jupref_code_row_t  row;
    uint64_t           clicks;          /* booked and waiting */
    jupref_key_text_t  referrer;
    uint8_t            status;          /* the referrer's */
} jupref_code_view_t;


/* What a code promises, and whom: level i + 1 earns when bit i is set. */
typedef struct {
    jupref_terms_t     terms;
    uint8_t            code[JUPREF_CODE_MAX];
    unsigned           earns;
    jupref_key_text_t  level[JUPREF_LEVELS];
} jupref_terms_view_t;


typedef struct {
    jupref_balance_row_t  row;
    jupref_key_text_t     mint;
} jupref_balance_view_t;


typedef struct {
    jupref_referrer_row_t  row;
    jupref_key_text_t      parent;
    uint64_t               clicks;      /* booked and waiting */
    uint32_t               code_count;
    uint32_t               balance_count;
    unsigned               more_balances:1;
    jupref_code_view_t     codes[JUPREF_CODES_PER_REFERRER];
    jupref_balance_view_t  balances[JUPREF_VIEW_BALANCES];
} jupref_referrer_view_t;


typedef struct {
    jupref_key_text_t  wallet;
    jupref_u128_t      volume_micro_usd;
    jupref_u128_t      earned_micro_usd;
    uint64_t           trades;
} jupref_leader_view_t;


/*
 * Where a list goes on: behind this row.  Rows are used again, so a mark says
 * which trade or binding was meant: a trade's `seq`, a binding's time.
 */
typedef struct {
    uint32_t            index;          /* 0: at the beginning, or the end */
    uint64_t            mark;
} jupref_cursor_t;


typedef struct {
    jupref_trade_row_t  row;
    unsigned            verified:1;     /* `fee` isn't an estimate */
    uint8_t             code[JUPREF_CODE_MAX];
    jupref_key_text_t   referrer;
    jupref_key_text_t   input_mint;
    jupref_key_text_t   output_mint;
    jupref_key_text_t   fee_mint;
    jupref_key_text_t   level[JUPREF_LEVELS];
    uint64_t            commission[JUPREF_LEVELS];      /* base units */
} jupref_trade_view_t;


/* A trade whose proof is asked for. */
typedef struct {
    jupref_trade_row_t  row;
    jupref_pubkey_t     fee_mint;       /* zero: not known */
} jupref_proof_view_t;


/* An execute of which only Jupiter knows the signature. */
typedef struct {
    jupref_trade_t      trade;          /* its signature is zero */
    uint64_t            time_ms;
    uint64_t            seq;
} jupref_intent_view_t;


typedef struct {
    jupref_key_text_t   wallet;
    uint8_t             code[JUPREF_CODE_MAX];
    uint64_t            bound_ms;
} jupref_wallet_view_t;


/* A mint's accounts: its part of the trial balance. */
typedef struct {
    jupref_key_text_t   mint;
    jupref_account_t    accounts[JUPREF_ACCOUNTS];
} jupref_accounts_view_t;


typedef struct {
    uint64_t                trades[JUPREF_STATES];
    uint64_t                clicks;     /* booked */
    uint64_t                orders;     /* booked */
    jupref_u128_t           volume_micro_usd;
    uint64_t                seq;
    uint32_t                used[JUPREF_TABLES];
    uint32_t                capacity[JUPREF_TABLES];
    uint32_t                row_size[JUPREF_TABLES];
    uint32_t                mint_count;
    uint32_t                integrity_count;
    unsigned                more_mints:1;
    unsigned                more_integrity:1;
    jupref_raised_t         raised[JUPREF_INCIDENTS];   /* by kind */
    jupref_mint_row_t       mints[JUPREF_VIEW_MINTS];
    jupref_integrity_row_t  integrity[JUPREF_VIEW_MINTS];
} jupref_platform_view_t;


void jupref_view_code(const jupref_ledger_t *ledger,
    const jupref_clicks_t *clicks, uint32_t code, jupref_code_view_t *view);

/* 0 when the code can't be followed: unknown, retired, owner not active. */
unsigned jupref_view_terms(const jupref_ledger_t *ledger,
    const jupref_code_name_t *code, jupref_terms_view_t *view);

void jupref_view_referrer(const jupref_ledger_t *ledger,
    const jupref_clicks_t *clicks, uint32_t referrer,
    jupref_referrer_view_t *view);

/* At most JUPREF_VIEW_LIST of them, best first; returns how many. */
unsigned jupref_view_leaders(const jupref_ledger_t *ledger,
    jupref_ranking_e ranking, unsigned limit, jupref_leader_view_t *leaders);

void jupref_view_trade(const jupref_ledger_t *ledger, uint32_t trade,
    jupref_trade_view_t *view);

/*
 * Trades in the table, newest first: everybody's (`referrer` 0), or those of
 * a referrer's codes; at most `limit`, returns how many.  The cursor is moved
 * on: index 0 says that there is nothing more.  JUPREF_VIEW_GONE: the place
 * it means can't be found again.
 */
unsigned jupref_view_trades(const jupref_ledger_t *ledger, uint32_t referrer,
    jupref_cursor_t *cursor, unsigned limit, jupref_trade_view_t *trades);

/*
 * Trades that await their proof, or those that nobody could prove, oldest
 * first: those behind the cursor (index 0: from the first), at most `limit`,
 * returns how many.  The cursor stays on the last one told, so that asking
 * again tells what has come since.  Where its place can't be found again none
 * is told and it is reset: the next call begins with the first.
 */
unsigned jupref_view_proofs(const jupref_ledger_t *ledger,
    jupref_proofs_e proofs, jupref_cursor_t *cursor, unsigned limit,
    jupref_proof_view_t *trades);

/* The same of executes without a signature and without an outcome. */
unsigned jupref_view_intents(const jupref_ledger_t *ledger,
    jupref_cursor_t *cursor, unsigned limit, jupref_intent_view_t *intents);

/* The same of wallets bound to a referrer's codes, newest bound first. */
unsigned jupref_view_wallets(const jupref_ledger_t *ledger, uint32_t referrer,
    jupref_cursor_t *cursor, unsigned limit, jupref_wallet_view_t *wallets);

/*
 * The accounts of mints behind the one of index `after`; at most `limit`,
 * returns how many.  Mints keep their indexes.
 */
unsigned jupref_view_accounts(const jupref_ledger_t *ledger, uint32_t after,
    unsigned limit, jupref_accounts_view_t *mints);

void jupref_view_platform(const jupref_ledger_t *ledger,
    const jupref_integrity_t *integrity, jupref_platform_view_t *view);


/* "active", "suspended" */
const char *jupref_referrer_status_name(unsigned status);

/* "executed", "unknown", "verified", … */
const char *jupref_trade_state_name(unsigned state);

/* "jupiter_unclaimed", "jupiter_cut", … */
const char *jupref_account_name(jupref_account_e account);

/* 1 for an account that grows by debits. */
unsigned jupref_account_is_debit(jupref_account_e account);


#endif /* JUPREF_VIEW_H */
