/*
 * The ledger's state and the fold that makes it from events.
 *
 *     | jupref_ledger_t | referrers | codes | wallets | mints | balances
 *     | trades |
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


#define JUPREF_LEDGER_LAYOUT     1
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
    JUPREF_LEDGER_RESULTS
} jupref_ledger_result_e;


typedef enum {
    JUPREF_TABLE_REFERRERS = 0,
    JUPREF_TABLE_CODES,
    JUPREF_TABLE_WALLETS,
    JUPREF_TABLE_MINTS,
    JUPREF_TABLE_BALANCES,
    JUPREF_TABLE_TRADES,
    JUPREF_TABLES
} jupref_table_e;


typedef enum {
    JUPREF_BY_VOLUME = 0,
    JUPREF_BY_TRADES,
    JUPREF_BY_EARNED,
    JUPREF_RANKINGS
} jupref_ranking_e;


typedef enum {
    JUPREF_STATE_EXECUTED = 1,          /* estimate */
    JUPREF_STATE_UNKNOWN,               /* awaits proof */
    JUPREF_STATES
} jupref_trade_state_e;


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
} __attribute__((aligned(16))) jupref_wallet_row_t;


/* Sums of estimates in base units of the mint. */
typedef struct {
    jupref_pubkey_t      mint;          /* key */
    jupref_u128_t        received;
    jupref_u128_t        jupiter_cut;
    jupref_u128_t        platform;
    jupref_u128_t        referrers;
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
    jupref_u128_t        in_payout;
    jupref_u128_t        paid;
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
    uint64_t             fee;
    uint64_t             volume_micro_usd;
    uint64_t             slot;
    uint64_t             last_valid_block_height;
    uint32_t             code;          /* 0: no referrer */
    uint32_t             level[JUPREF_LEVELS];  /* referrers that earn */
    uint32_t             fee_mint;      /* 0: not known */
    uint16_t             granted_bps;
    uint16_t             share_bps[JUPREF_LEVELS];
    uint16_t             partner_bps;
    uint8_t              state;         /* jupref_trade_state_e */
    uint8_t              router[JUPREF_ROUTER_MAX];
} __attribute__((aligned(16))) jupref_trade_row_t;


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
    jupref_u128_t        volume_micro_usd;
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


/* Rows by index (1 to count). */
jupref_referrer_row_t *jupref_referrer(const jupref_ledger_t *ledger,
    uint32_t index);
jupref_code_row_t *jupref_code(const jupref_ledger_t *ledger, uint32_t index);
jupref_wallet_row_t *jupref_wallet(const jupref_ledger_t *ledger,
    uint32_t index);
jupref_mint_row_t *jupref_mint(const jupref_ledger_t *ledger, uint32_t index);
jupref_balance_row_t *jupref_balance(const jupref_ledger_t *ledger,
    uint32_t index);
jupref_trade_row_t *jupref_trade(const jupref_ledger_t *ledger,
    uint32_t index);

/* Index by key, 0 when there is none. */
uint32_t jupref_find_referrer(const jupref_ledger_t *ledger,
    const jupref_pubkey_t *wallet);
uint32_t jupref_find_code(const jupref_ledger_t *ledger,
    const jupref_code_name_t *code);
uint32_t jupref_find_wallet(const jupref_ledger_t *ledger,
    const jupref_pubkey_t *wallet);
uint32_t jupref_find_trade(const jupref_ledger_t *ledger,
    const jupref_signature_t *signature);

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


#endif /* JUPREF_LEDGER_H */
