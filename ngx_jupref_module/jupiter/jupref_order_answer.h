/*
 * Jupiter's answer to GET …/order: what the ledger needs of it.
 *
 * Both generations of the API answer in the same shape; amounts come quoted
 * or bare, fields are missing, null or unknown (Swap API v2 and Ultra v1,
 * developers.jup.ag).  The transaction itself isn't kept: only the SHA-256
 * of its message, which says at execute that it is the same trade.
 */

#ifndef JUPREF_ORDER_ANSWER_H
#define JUPREF_ORDER_ANSWER_H


#include "base/jupref_json_reader.h"
#include "solana/jupref_transaction.h"


#define JUPREF_REQUEST_ID_MAX  64       /* bytes; a UUID in practice */
#define JUPREF_ROUTER_MAX      16

/* Largest order body that is read, in bytes; 2 to 16 KiB in practice. */
#define JUPREF_ORDER_ANSWER_MAX  (256 * 1024)


/* Jupiter names one order; the bytes are opaque. */
typedef struct {
    uint8_t  bytes[JUPREF_REQUEST_ID_MAX];      /* zeroes behind the end */
    uint8_t  len;                               /* 0: none */
} jupref_request_id_t;


typedef struct {
    jupref_request_id_t          request_id;
    jupref_pubkey_t              fee_mint;      /* zero: not stated */
    jupref_pubkey_t              referral_account;
    uint64_t                     in_amount;     /* base units */
    uint64_t                     out_amount;    /* base units, net of fee */
    uint64_t                     volume_micro_usd;
    uint64_t                     last_valid_block_height;
    uint32_t                     fee_bps;
    uint32_t                     platform_fee_bps;
    uint8_t                      router[JUPREF_ROUTER_MAX];
    uint8_t                      router_len;
    uint8_t                      message_hash[JUPREF_SHA256_SIZE];
    jupref_transaction_result_e  transaction;   /* EMPTY: null, "" or none */
    unsigned                     has_fee_bps:1;
    unsigned                     has_platform_fee_bps:1;
    unsigned                     volume_rank:2; /* which field it came from */
} jupref_order_answer_t;


/* Feed a reader of this schema with `answer` (zeroed) as its context. */
extern const jupref_json_schema_t  jupref_order_answer_schema;


/*
 * What became of the fee that we asked for (Jupiter drops it without a word
 * where the referral account has no token account for the fee's mint).
 */
typedef enum {
    JUPREF_FEE_GRANTED = 0,
    JUPREF_FEE_DROPPED,                 /* another rate, or another account */
    JUPREF_FEE_UNSTATED                 /* the answer names no rate */
} jupref_fee_verdict_e;

jupref_fee_verdict_e jupref_fee_verdict(const jupref_order_answer_t *answer,
    const jupref_pubkey_t *referral_account, unsigned asked_bps);


/* "granted", "dropped", "unstated". */
const char *jupref_fee_verdict_text(jupref_fee_verdict_e verdict);


/* Takes an id into its fixed form; 0 when it is empty or too long. */
unsigned jupref_request_id_set(jupref_request_id_t *id, jupref_bytes_t text);


#endif /* JUPREF_ORDER_ANSWER_H */
