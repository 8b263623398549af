/*
 * Events: the only way the ledger's state changes (design, "The ledger").
 *
 * An event says everything its effect needs; what it names (wallets, codes)
 * must be in the state already.  `seq` counts from 1 without a gap.  Types
 * are numbers on disk: none is ever given another meaning.
 */

#ifndef JUPREF_EVENT_H
#define JUPREF_EVENT_H


#include "jupiter/jupref_order_answer.h"
#include "jupiter/jupref_order_query.h"
#include "ledger/jupref_fee.h"


#define JUPREF_REASON_MAX   64          /* characters of a ruling's reason */
#define JUPREF_ACTOR_MAX    32          /* characters of an API key's name */
#define JUPREF_RELEASE_MAX  256         /* trades of one hold.released */


typedef enum {
    JUPREF_EVENT_NONE = 0,
    JUPREF_EVENT_REFERRER_REGISTERED = 1,
    JUPREF_EVENT_REFERRER_STATUS = 2,
    JUPREF_EVENT_REFERRER_TIER = 3,
    JUPREF_EVENT_CODE_CREATED = 4,
    JUPREF_EVENT_CODE_RETIRED = 5,
    JUPREF_EVENT_WALLET_BOUND = 6,
    JUPREF_EVENT_CLICKS_COUNTED = 7,
    JUPREF_EVENT_TRADE_EXECUTED = 8,
    JUPREF_EVENT_TRADE_UNKNOWN = 9,
    JUPREF_EVENT_ORDERS_COUNTED = 10,
    JUPREF_EVENT_TRADE_INTENT = 11,
    JUPREF_EVENT_INTENT_CLOSED = 12,
    JUPREF_EVENT_TRADE_VERIFIED = 13,
    JUPREF_EVENT_TRADE_REJECTED = 14,
    JUPREF_EVENT_TRADE_EXPIRED = 15,
    JUPREF_EVENT_HOLD_RELEASED = 16,
    JUPREF_EVENT_TRADE_DISPUTED = 17,
    JUPREF_EVENT_DISPUTE_RESOLVED = 18,
    JUPREF_EVENT_TRADE_REVERSED = 19,
    JUPREF_EVENT_TRADE_ARCHIVED = 20,
    JUPREF_EVENT_TRADE_UNPROVED = 21,
    JUPREF_EVENT_FEES_CLAIMED = 22,
    JUPREF_EVENT_FEES_DRIFTED = 23,
    JUPREF_EVENT_INCIDENT_RAISED = 24,
    JUPREF_EVENT_INCIDENT_CLEARED = 25,
    JUPREF_EVENT_TYPES = 26
} jupref_event_type_e;


typedef enum {
    JUPREF_REFERRER_ACTIVE = 1,
    JUPREF_REFERRER_SUSPENDED
} jupref_referrer_status_e;


typedef enum {
    JUPREF_STATE_EXECUTED = 1,          /* estimate */
    JUPREF_STATE_UNKNOWN = 2,           /* awaits proof that it landed */
    JUPREF_STATE_VERIFIED = 3,          /* the fee arrived: pending */
    JUPREF_STATE_AVAILABLE = 4,         /* its hold is over */
    JUPREF_STATE_REJECTED = 5,          /* evidence against it */
    JUPREF_STATE_EXPIRED = 6,           /* it can't land any more */
    JUPREF_STATE_DISPUTED = 7,          /* frozen */
    JUPREF_STATE_REVERSED = 8,          /* booked back */
    JUPREF_STATE_UNPROVED = 9,          /* nobody could say; stays open */
    JUPREF_STATES = 10
} jupref_trade_state_e;


/* What incidents are about; numbers on disk, none is given another meaning. */
typedef enum {
    JUPREF_INCIDENT_FEE_DRIFT = 1,      /* detail: the mint */
    JUPREF_INCIDENT_PROGRAM_UPGRADED = 2,       /* the referral program */
    JUPREF_INCIDENT_REFERRAL_ACCOUNT = 3,       /* share, partner, project */
    JUPREF_INCIDENT_FEE_ACCOUNT = 4,    /* a token account is missing */
    JUPREF_INCIDENT_NODES = 5,          /* too few of the pool tell the truth */
    JUPREF_INCIDENTS = 6
} jupref_incident_kind_e;


/* A code: compared in lower case, shown as it was first written. */
typedef struct {
    uint8_t  key[JUPREF_CODE_MAX];      /* lower case, zeroes behind it */
    uint8_t  text[JUPREF_CODE_MAX];
} jupref_code_name_t;


typedef struct {
    jupref_pubkey_t  wallet;
    jupref_pubkey_t  parent;            /* zero: none */
    jupref_terms_t   terms;
} jupref_referrer_registered_t;


typedef struct {
    jupref_pubkey_t  wallet;
    uint8_t          status;            /* jupref_referrer_status_e */
} jupref_referrer_status_t;


/* Codes that follow their referrer's tier get a new version of their terms. */
typedef struct {
    jupref_pubkey_t  wallet;
    jupref_terms_t   terms;
} jupref_referrer_tier_t;


/*
 * A new code, or a new version of the terms of a code of the same wallet
 * (which also brings a retired code back).
 */
typedef struct {
    jupref_code_name_t  code;
    jupref_pubkey_t     wallet;
    jupref_terms_t      terms;
    uint8_t             own_terms;      /* 1: doesn't follow the referrer's */
    uint8_t             configured;     /* 1: stands in the configuration */
} jupref_code_created_t;


typedef struct {
    jupref_code_name_t  code;
} jupref_code_retired_t;


/* Binds a wallet, or binds it anew (attribution `last`). */
typedef struct {
    jupref_pubkey_t     wallet;
    jupref_code_name_t  code;
} jupref_wallet_bound_t;


/* Clicks, or orders priced; orders without a referrer have no code. */
typedef struct {
    jupref_code_name_t  code;           /* key[0] == 0: none, orders only */
    uint32_t            count;
} jupref_counted_t;


/*
 * A trade as it is known after execute.  For trade.unknown the amounts are
 * the order's and fee and slot are 0.  An unknown trade becomes executed by a
 * later trade.executed of the same signature.
 *
 * trade.intent says the same when an execute goes out to Jupiter, before it
 * is known what becomes of it: its signature may be zero, where only Jupiter
 * will know it.
 */
typedef struct {
    jupref_signature_t   signature;
    jupref_request_id_t  request_id;
    jupref_pubkey_t      taker;
    jupref_code_name_t   code;          /* key[0] == 0: no referrer */
    jupref_terms_t       terms;         /* those the order was priced with */
    jupref_pubkey_t      input_mint;
    jupref_pubkey_t      output_mint;
    jupref_pubkey_t      fee_mint;      /* zero: not known */
    uint64_t             in_amount;     /* base units */
    uint64_t             out_amount;    /* base units */
    uint64_t             fee;           /* estimate, base units of fee_mint */
    uint64_t             volume_micro_usd;
    uint64_t             slot;
    uint64_t             last_valid_block_height;
    uint16_t             granted_bps;   /* 0: Jupiter dropped the fee */
    uint8_t              message_hash[JUPREF_SHA256_SIZE];
    uint8_t              router[JUPREF_ROUTER_MAX];
} jupref_trade_t;


/* The execute that an intent announced has come to nothing. */
typedef struct {
    jupref_request_id_t  request_id;
} jupref_intent_closed_t;


/*
 * The fee really arrived: `fee` base units of `fee_mint`, by a transaction
 * finalized in `slot`.
 */
typedef struct {
    jupref_signature_t   signature;
    jupref_pubkey_t      fee_mint;
    uint64_t             fee;
    uint64_t             slot;
} jupref_trade_verified_t;


/*
 * trade.rejected, trade.expired, trade.unproved, trade.disputed,
 * dispute.resolved and trade.reversed: which trade, and why
 * ("foreign_message", or a person's words).
 */
typedef struct {
    jupref_signature_t   signature;
    uint8_t              reason[JUPREF_REASON_MAX];     /* zeroes behind it */
} jupref_trade_ruled_t;


/*
 * Verified trades whose verification is not younger than `cutoff_ms` become
 * available, oldest first, JUPREF_RELEASE_MAX an event at most.
 */
typedef struct {
    uint64_t             cutoff_ms;     /* since 1970, UTC */
} jupref_hold_released_t;


/*
 * A settled trade leaves the table for the log, whole, so that the log can
 * be read backwards instead of the table.  The two places are those of the
 * trades archived before it, 0 for none: the fold checks them.
 */
typedef struct {
    jupref_trade_t       trade;         /* fee: verified, else the estimate */
    jupref_pubkey_t      level[JUPREF_LEVELS];  /* who earned; zero: nobody */
    uint64_t             commission[JUPREF_LEVELS];     /* base units */
    uint64_t             executed_ms;
    uint64_t             executed_seq;
    uint64_t             verified_seq;  /* 0: never verified */
    uint64_t             previous;              /* archived, of anybody */
    uint64_t             previous_of_referrer;  /* of this code's owner */
    uint8_t              state;         /* jupref_trade_state_e */
} jupref_trade_archived_t;


/*
 * The referral program has emptied a fee account: `amount` base units of
 * `mint` since what was claimed before.  No account moves by it; it is what
 * a balance on chain is held against.
 */
typedef struct {
    jupref_signature_t   signature;     /* the last one of its slot */
    jupref_pubkey_t      mint;
    uint64_t             amount;
    uint64_t             slot;
} jupref_fees_claimed_t;


/*
 * What a fee account holds isn't what the books say, or is again
 * (`unexplained` 0).  All in base units of the mint.
 */
typedef struct {
    jupref_pubkey_t      mint;
    uint64_t             slot;          /* that the balance is of */
    uint64_t             expected;
    uint64_t             actual;
    uint64_t             unexplained;
    uint8_t              missing;       /* 1: the account has less by it */
} jupref_fees_drifted_t;


/* incident.raised and incident.cleared. */
typedef struct {
    uint8_t              kind;          /* jupref_incident_kind_e */
    uint8_t              detail[JUPREF_REASON_MAX];     /* zeroes behind it */
} jupref_incident_t;


typedef struct {
    uint64_t             seq;
    uint64_t             time_ms;       /* since 1970, UTC */
    uint64_t             edge_seq;
    uint32_t             edge;
    jupref_event_type_e  type;
    uint8_t              actor[JUPREF_ACTOR_MAX];   /* the API key whose act
                                         * it is; empty: the edge itself */

    union {
        jupref_referrer_registered_t  referrer_registered;
        jupref_referrer_status_t      referrer_status;
        jupref_referrer_tier_t        referrer_tier;
        jupref_code_created_t         code_created;
        jupref_code_retired_t         code_retired;
        jupref_wallet_bound_t         wallet_bound;
        jupref_counted_t              counted;
        jupref_trade_t                trade;
        jupref_intent_closed_t        intent_closed;
        jupref_trade_verified_t       trade_verified;
        jupref_trade_ruled_t          trade_ruled;
        jupref_hold_released_t        hold_released;
        jupref_trade_archived_t       trade_archived;
        jupref_fees_claimed_t         fees_claimed;
        jupref_fees_drifted_t         fees_drifted;
        jupref_incident_t             incident;
    } of;
} jupref_event_t;


/* Takes a valid code (jupref_code_is_valid) into its two forms. */
void jupref_code_name_set(jupref_code_name_t *name, jupref_bytes_t text);

/* 1 when both forms are of one valid code. */
unsigned jupref_code_name_valid(const jupref_code_name_t *name);

/* The text as it was first written. */
jupref_bytes_t jupref_code_name_text(const jupref_code_name_t *name);

/* "fee_drift", "program_upgraded", … */
const char *jupref_incident_name(unsigned kind);

/* One line for a person. */
const char *jupref_incident_text(unsigned kind);

/* A span of a zero padded field. */
jupref_bytes_t jupref_padded(const uint8_t *bytes, size_t size);


#endif /* JUPREF_EVENT_H */
