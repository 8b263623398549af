/*
 * The ledger's state and the fold that makes it from events.
 *
 *     | jupref_ledger_t | referrers | codes | wallets | mints | balances
 *     | trades | intents | hours | days | last series rows |
 *
 * One block of memory, given by the caller, zeroed; flat tables addressed by
 * index, no pointers, so its bytes are its snapshot.  Capacities follow from
 * the block's size and never change.  apply() is the only writer: it first
 * decides (nothing is touched when it refuses), then books.  Everything costs
 * O(1), the ranking O(log n).  Who calls holds the lock that the block needs.
 */

#ifndef JUPREF_LEDGER_H
#define JUPREF_LEDGER_H


#include "base/jupref_number.h"
#include "base/jupref_table.h"
#include "ledger/jupref_event.h"


#define JUPREF_LEDGER_LAYOUT     3
#define JUPREF_LEDGER_MIN        (1024 * 1024)  /* bytes of a useful block */

#define JUPREF_CODES_PER_REFERRER  64

/* How far the graph of referrals is followed for cycles. */
#define JUPREF_CYCLE_DEPTH  JUPREF_LEVELS


typedef enum {
    JUPREF_LEDGER_OK = 0,
    JUPREF_LEDGER_OUT_OF_ORDER,         /* seq isn't the next one */
    JUPREF_LEDGER_DAMAGED,              /* a booking was cut off half-way */
    JUPREF_LEDGER_BAD_EVENT,
    JUPREF_LEDGER_REFERRERS_FULL,
    JUPREF_LEDGER_CODES_FULL,
    JUPREF_LEDGER_WALLETS_FULL,
    JUPREF_LEDGER_MINTS_FULL,
    JUPREF_LEDGER_BALANCES_FULL,
    JUPREF_LEDGER_TRADES_FULL,
    JUPREF_LEDGER_REFERRER_EXISTS,
    JUPREF_LEDGER_REFERRER_UNKNOWN,
    JUPREF_LEDGER_PARENT_UNKNOWN,
    JUPREF_LEDGER_PARENT_SELF,
    JUPREF_LEDGER_CODE_TAKEN,           /* belongs to another wallet */
    JUPREF_LEDGER_CODE_UNKNOWN,
    JUPREF_LEDGER_CODE_RETIRED,
    JUPREF_LEDGER_CODES_OF_REFERRER,    /* that wallet has as many as it may */
    JUPREF_LEDGER_NO_CHANGE,            /* it is so already */
    JUPREF_LEDGER_TRADE_EXISTS,         /* this signature is booked */
    JUPREF_LEDGER_TRADE_UNKNOWN,        /* there is no such trade */
    JUPREF_LEDGER_WRONG_STATE,          /* that step isn't open from there */
    JUPREF_LEDGER_NOTHING_TO_RELEASE,
    JUPREF_LEDGER_INTENTS_FULL,
    JUPREF_LEDGER_INTENT_UNKNOWN,
    JUPREF_LEDGER_UNBALANCED,           /* debits aren't credits: our fault */
    JUPREF_LEDGER_OVERFLOW,             /* a sum would leave its range */
    JUPREF_LEDGER_LOG_FULL,             /* the disk is behind */
    JUPREF_LEDGER_LOG_STOPPED,          /* the disk has failed */
    JUPREF_LEDGER_RESULTS
} jupref_ledger_result_e;


typedef enum {
    JUPREF_TABLE_REFERRERS = 0,
    JUPREF_TABLE_CODES,
    JUPREF_TABLE_WALLETS,
    JUPREF_TABLE_MINTS,
    JUPREF_TABLE_BALANCES,
    JUPREF_TABLE_TRADES,
    JUPREF_TABLE_INTENTS,
    JUPREF_TABLE_HOURS,
    JUPREF_TABLE_DAYS,
    JUPREF_TABLES
} jupref_table_e;


typedef enum {
    JUPREF_BY_VOLUME = 0,
    JUPREF_BY_TRADES,
    JUPREF_BY_EARNED,
    JUPREF_RANKINGS
} jupref_ranking_e;


/* Trades that aren't proved: queues, oldest first. */
typedef enum {
    JUPREF_PROOFS_AWAITED = 0,          /* executed and unknown */
    JUPREF_PROOFS_MISSED,               /* unproved */
    JUPREF_PROOFS
} jupref_proofs_e;


/*
 * The accounts of each mint.  Those of referrers are the sums of what is in
 * the balance rows; jupiter_unclaimed and receivable are debit accounts, the
 * others credit accounts.
 */
typedef enum {
    JUPREF_ACCOUNT_JUPITER_UNCLAIMED = 0,   /* fees that arrived */
    JUPREF_ACCOUNT_JUPITER_CUT,
    JUPREF_ACCOUNT_PLATFORM,
    JUPREF_ACCOUNT_PENDING,
    JUPREF_ACCOUNT_AVAILABLE,
    JUPREF_ACCOUNT_DISPUTED,
    JUPREF_ACCOUNT_IN_PAYOUT,
    JUPREF_ACCOUNT_PAID,
    JUPREF_ACCOUNT_RECEIVABLE,          /* owed by referrers, netted first */
    JUPREF_ACCOUNT_DUST,
    JUPREF_ACCOUNT_CLEARING,            /* zero at rest */
    JUPREF_ACCOUNTS
} jupref_account_e;


typedef struct {
    jupref_u128_t        debit;
    jupref_u128_t        credit;
} jupref_account_t;


/* A referrer's place in one ranking: a treap over table indexes. */
typedef struct {
    uint32_t  left;
    uint32_t  right;
} jupref_rank_node_t;


typedef struct {
    jupref_pubkey_t      wallet;        /* key */
    jupref_u128_t        volume_micro_usd;
    jupref_u128_t        earned_micro_usd;
    uint64_t             trades[JUPREF_STATES];
    uint64_t             clicks;
    uint64_t             registered_ms;
    jupref_terms_t       terms;
    uint32_t             parent;        /* referrer, 0: none */
    uint32_t             first_code;    /* code, newest first */
    uint32_t             code_count;
    uint32_t             first_balance; /* balance, newest first */
    uint32_t             bound_wallets;
    uint32_t             newest_wallet; /* bound to its codes */
    uint32_t             newest_trade;  /* of its codes, in the table */
    uint64_t             archived_seq;  /* of its newest archived trade */
    jupref_rank_node_t   rank[JUPREF_RANKINGS];
    uint8_t              status;        /* jupref_referrer_status_e */
    uint8_t              text_len;
    uint8_t              text[JUPREF_PUBKEY_TEXT];
} __attribute__((aligned(16))) jupref_referrer_row_t;


typedef struct {
    uint8_t              key[JUPREF_CODE_MAX];  /* key, lower case */
    uint8_t              text[JUPREF_CODE_MAX];
    jupref_terms_t       terms;
    uint64_t             clicks;
    uint64_t             created_ms;
    uint32_t             referrer;
    uint32_t             next;          /* the referrer's next code */
    uint32_t             version;       /* of the terms, from 1 */
    uint32_t             bound_wallets;
    uint8_t              retired;
    uint8_t              own_terms;
    uint8_t              configured;
} __attribute__((aligned(16))) jupref_code_row_t;


typedef struct {
    jupref_pubkey_t      wallet;        /* key */
    uint64_t             bound_ms;
    uint32_t             code;
    uint32_t             version;       /* of the code's terms then */
    uint32_t             older;         /* of the same referrer */
    uint32_t             newer;
} __attribute__((aligned(16))) jupref_wallet_row_t;


/* The first four are sums of estimates; all in base units of the mint. */
typedef struct {
    jupref_pubkey_t      mint;          /* key */
    jupref_u128_t        received;
    jupref_u128_t        jupiter_cut;
    jupref_u128_t        platform;
    jupref_u128_t        referrers;
    jupref_account_t     accounts[JUPREF_ACCOUNTS];
    jupref_u128_t        claimed;       /* by the referral program, all time */
    uint64_t             claimed_slot;  /* of the last claim */
    uint64_t             drift;         /* on chain against the books … */
    uint64_t             drift_slot;    /* … as it was booked last */
    uint8_t              drift_missing; /* 1: there is less on chain */
    uint8_t              text_len;
    uint8_t              text[JUPREF_PUBKEY_TEXT];
} __attribute__((aligned(16))) jupref_mint_row_t;


typedef struct {
    uint32_t             referrer;      /* key: both */
    uint32_t             mint;
    uint32_t             next;          /* the referrer's next balance */
    jupref_u128_t        estimated;
    jupref_u128_t        pending;
    jupref_u128_t        available;
    jupref_u128_t        disputed;
    jupref_u128_t        in_payout;
    jupref_u128_t        paid;
    jupref_u128_t        receivable;    /* owed by the referrer */
} __attribute__((aligned(16))) jupref_balance_row_t;


typedef struct {
    jupref_signature_t   signature;     /* key */
    jupref_pubkey_t      taker;
    jupref_pubkey_t      input_mint;    /* only fee mints get rows: tokens */
    jupref_pubkey_t      output_mint;   /* are without number */
    jupref_request_id_t  request_id;
    uint8_t              message_hash[JUPREF_SHA256_SIZE];
    uint64_t             time_ms;
    uint64_t             in_amount;
    uint64_t             out_amount;
    uint64_t             fee;           /* verified, else the estimate */
    uint64_t             volume_micro_usd;
    uint64_t             slot;
    uint64_t             last_valid_block_height;
    uint64_t             seq;           /* of trade.executed or .unknown */
    uint64_t             verified_seq;
    uint64_t             verified_ms;
    uint64_t             ruled_ms;      /* of the last ruling, 0: none */
    uint32_t             older;         /* of all trades in the table */
    uint32_t             newer;
    uint32_t             older_of_referrer;
    uint32_t             newer_of_referrer;
    uint32_t             sooner;        /* in the queue that its state has */
    uint32_t             later;
    uint32_t             code;          /* 0: no referrer */
    uint32_t             level[JUPREF_LEVELS];  /* referrers that earn */
    uint32_t             fee_mint;      /* 0: not known */
    uint16_t             granted_bps;
    uint16_t             share_bps[JUPREF_LEVELS];
    uint16_t             partner_bps;
    uint8_t              state;         /* jupref_trade_state_e */
    uint8_t              came_from;     /* the state it was disputed or
                                         * unproved in */
    uint8_t              reason;        /* of the last ruling, jupref_reason_e
                                         */
    uint8_t              router[JUPREF_ROUTER_MAX];
} __attribute__((aligned(16))) jupref_trade_row_t;


/* Those whose signature is known can be booked unknown, the others can't. */
typedef enum {
    JUPREF_INTENTS_SIGNED = 0,
    JUPREF_INTENTS_UNSIGNED,
    JUPREF_INTENTS
} jupref_intents_e;


/* An execute that went out and isn't decided: removed by its outcome. */
typedef struct {
    jupref_request_id_t  request_id;    /* key */
    jupref_trade_t       trade;         /* as it would be kept unknown */
    uint64_t             time_ms;
    uint64_t             seq;
    uint32_t             older;         /* of the same jupref_intents_e */
    uint32_t             newer;
} __attribute__((aligned(16))) jupref_intent_row_t;


/*
 * One hour's or day's numbers of the platform, a referrer or a code.  Rows
 * are a ring: a new one takes the place of the oldest when the table is full.
 */
typedef struct {
    uint32_t             owner;         /* key: both (jupref_series.h) */
    uint32_t             bucket;        /* hours or days since 1970, UTC */
    uint32_t             clicks;
    uint32_t             orders;
    uint32_t             trades;
    uint64_t             volume_micro_usd;
    uint64_t             fees_micro_usd;
} __attribute__((aligned(16))) jupref_series_row_t;


/* An incident that is raised, as far as the fold must know. */
typedef struct {
    uint64_t             seq;           /* of incident.raised, 0: isn't */
    uint64_t             time_ms;
    uint64_t             detail;        /* its hash */
} jupref_raised_t;


typedef struct {
    uint64_t             magic;
    uint32_t             layout;
    uint32_t             booking;       /* 1 while apply() writes */
    uint64_t             size;          /* bytes of the block */
    uint64_t             seq;           /* of the last event */
    uint64_t             time_ms;       /* of the last event */
    jupref_table_t       tables[JUPREF_TABLES];
    uint32_t             rank_root[JUPREF_RANKINGS];
    uint64_t             trades[JUPREF_STATES];
    uint64_t             clicks;
    uint64_t             orders;
    jupref_u128_t        volume_micro_usd;
    jupref_raised_t      raised[JUPREF_INCIDENTS];
    uint64_t             digest;        /* of every effect since the first */
    uint64_t             archived_seq;  /* of the newest archived trade */
    uint32_t             newest_trade;  /* in the table */
    uint32_t             oldest_trade;
    uint32_t             next_release;  /* the queue of holds: its head */
    uint32_t             last_release;  /* and its tail */
    uint32_t             oldest_proof[JUPREF_PROOFS];
    uint32_t             newest_proof[JUPREF_PROOFS];
    uint32_t             oldest_intent[JUPREF_INTENTS];
    uint32_t             newest_intent[JUPREF_INTENTS];
    uint32_t             next_cell[2];  /* hours, days: the oldest row of a
                                         * full ring, 0 while none gave way */
    uint32_t             series_since[2];   /* nothing forgotten from there */
    uint32_t             unranked;      /* 1: rankings wait to be built */
    uint64_t             last_series_at;    /* offset of hints, see the
                                             * series: no part of the state */
} __attribute__((aligned(16))) jupref_ledger_t;


/*
 * Lays an empty ledger out in `size` zeroed bytes at `block`, which is
 * aligned to 64.  NULL when the block is smaller than JUPREF_LEDGER_MIN.
 */
jupref_ledger_t *jupref_ledger_init(void *block, uint64_t size);

/* 1 when the block holds a ledger of this layout and size. */
unsigned jupref_ledger_check(const void *block, uint64_t size);

/* Folds one event in, or refuses it and changes nothing. */
jupref_ledger_result_e jupref_ledger_apply(jupref_ledger_t *ledger,
    const jupref_event_t *event);

/* "trades_full": stable, for metrics and problems. */
const char *jupref_ledger_result_name(jupref_ledger_result_e result);

/* One line for a person. */
const char *jupref_ledger_result_text(jupref_ledger_result_e result);

/* "referrers", "codes", … */
const char *jupref_table_name(jupref_table_e table);

/* "trade.executed", … */
const char *jupref_event_name(jupref_event_type_e type);


/* Index by key, 0 when there is none. */
uint32_t jupref_find_referrer(const jupref_ledger_t *ledger,
    const jupref_pubkey_t *wallet);
uint32_t jupref_find_code(const jupref_ledger_t *ledger,
    const jupref_code_name_t *code);
uint32_t jupref_find_wallet(const jupref_ledger_t *ledger,
    const jupref_pubkey_t *wallet);
uint32_t jupref_find_mint(const jupref_ledger_t *ledger,
    const jupref_pubkey_t *mint);
uint32_t jupref_find_balance(const jupref_ledger_t *ledger,
    uint32_t referrer, uint32_t mint);
uint32_t jupref_find_trade(const jupref_ledger_t *ledger,
    const jupref_signature_t *signature);
uint32_t jupref_find_intent(const jupref_ledger_t *ledger,
    const jupref_request_id_t *request_id);

/* Trades that count: executed, and not rejected, expired or reversed since. */
uint64_t jupref_trades_standing(const uint64_t trades[JUPREF_STATES]);

/* 1 when terms give this level a share and the referrer is active. */
unsigned jupref_referrer_earns(const jupref_ledger_t *ledger,
    uint32_t referrer, const jupref_terms_t *terms, unsigned level);

/*
 * 1 when `taker` is the referrer itself, or is met by following parents and
 * bindings from it, JUPREF_CYCLE_DEPTH steps deep: self-referral, mutual
 * referral, cycles.
 */
unsigned jupref_referral_is_cycle(const jupref_ledger_t *ledger,
    uint32_t referrer, const jupref_pubkey_t *taker);


/*
 * The key of a balance as its row begins, in one word: two halves that were
 * just written apart can't be read as one without waiting for both.
 */

static inline uint64_t
jupref_balance_key(uint32_t referrer, uint32_t mint)
{
#if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
    return referrer | (uint64_t) mint << 32;
#else
    return (uint64_t) referrer << 32 | mint;
#endif
}


/* Rows by index, of a row that is in use. */

static inline jupref_referrer_row_t *
jupref_referrer(const jupref_ledger_t *ledger, uint32_t index)
{
    return jupref_table_row(&ledger->tables[JUPREF_TABLE_REFERRERS], ledger,
                            index);
}


static inline jupref_code_row_t *
jupref_code(const jupref_ledger_t *ledger, uint32_t index)
{
    return jupref_table_row(&ledger->tables[JUPREF_TABLE_CODES], ledger,
                            index);
}


static inline jupref_wallet_row_t *
jupref_wallet(const jupref_ledger_t *ledger, uint32_t index)
{
    return jupref_table_row(&ledger->tables[JUPREF_TABLE_WALLETS], ledger,
                            index);
}


static inline jupref_mint_row_t *
jupref_mint(const jupref_ledger_t *ledger, uint32_t index)
{
    return jupref_table_row(&ledger->tables[JUPREF_TABLE_MINTS], ledger,
                            index);
}


static inline jupref_balance_row_t *
jupref_balance(const jupref_ledger_t *ledger, uint32_t index)
{
    return jupref_table_row(&ledger->tables[JUPREF_TABLE_BALANCES], ledger,
                            index);
}


static inline jupref_trade_row_t *
jupref_trade(const jupref_ledger_t *ledger, uint32_t index)
{
    return jupref_table_row(&ledger->tables[JUPREF_TABLE_TRADES], ledger,
                            index);
}


static inline jupref_intent_row_t *
jupref_intent(const jupref_ledger_t *ledger, uint32_t index)
{
    return jupref_table_row(&ledger->tables[JUPREF_TABLE_INTENTS], ledger,
                            index);
}


#endif /* JUPREF_LEDGER_H */
