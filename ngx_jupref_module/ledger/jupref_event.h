/*
 * Events: the only way the ledger's state changes (design, "The ledger").
 *
 * An event says everything its effect needs; what it names (wallets, codes)
 * must be in the state already.  `seq` counts from 1 without a gap.
 */

#ifndef JUPREF_EVENT_H
#define JUPREF_EVENT_H


#include "jupiter/jupref_order_answer.h"
#include "jupiter/jupref_order_query.h"
#include "ledger/jupref_fee.h"


typedef enum {
    JUPREF_EVENT_NONE = 0,
    JUPREF_EVENT_REFERRER_REGISTERED,
    JUPREF_EVENT_REFERRER_STATUS,
    JUPREF_EVENT_REFERRER_TIER,
    JUPREF_EVENT_CODE_CREATED,
    JUPREF_EVENT_CODE_RETIRED,
    JUPREF_EVENT_WALLET_BOUND,
    JUPREF_EVENT_CLICKS_COUNTED,
    JUPREF_EVENT_TRADE_EXECUTED,
    JUPREF_EVENT_TRADE_UNKNOWN,
    JUPREF_EVENT_TYPES
} jupref_event_type_e;


typedef enum {
    JUPREF_REFERRER_ACTIVE = 1,
    JUPREF_REFERRER_SUSPENDED
} jupref_referrer_status_e;


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


typedef struct {
    jupref_code_name_t  code;
    uint32_t            count;
} jupref_clicks_counted_t;


/*
 * A trade as it is known after execute.  For trade.unknown the amounts are
 * the order's and fee and slot are 0.  An unknown trade becomes executed by a
 * later trade.executed of the same signature.
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


typedef struct {
    uint64_t             seq;
    uint64_t             time_ms;       /* since 1970, UTC */
    uint64_t             edge_seq;
    uint32_t             edge;
    jupref_event_type_e  type;

    union {
        jupref_referrer_registered_t  referrer_registered;
        jupref_referrer_status_t      referrer_status;
        jupref_referrer_tier_t        referrer_tier;
        jupref_code_created_t         code_created;
        jupref_code_retired_t         code_retired;
        jupref_wallet_bound_t         wallet_bound;
        jupref_clicks_counted_t       clicks_counted;
        jupref_trade_t                trade;
    } of;
} jupref_event_t;


/* Takes a valid code (jupref_code_is_valid) into its two forms. */
void jupref_code_name_set(jupref_code_name_t *name, jupref_bytes_t text);

/* 1 when both forms are of one valid code. */
unsigned jupref_code_name_valid(const jupref_code_name_t *name);

/* The text as it was first written. */
jupref_bytes_t jupref_code_name_text(const jupref_code_name_t *name);

/* A span of a zero padded field. */
jupref_bytes_t jupref_padded(const uint8_t *bytes, size_t size);


#endif /* JUPREF_EVENT_H */
