/*
 * Pending orders: what was priced and waits for its execute.
 *
 *     buckets | links | rows
 *
 *     rows     a ring in the order of arrival; a new order takes the place
 *              of the oldest, which has expired by then, or is evicted
 *     buckets  chains of rows by requestId, and by message hash, through
 *              the links
 *
 * All orders live equally long, so arrival is expiry, and the ring needs no
 * timer.  One block of memory with indexes only, as in the ledger; who calls
 * holds its lock.  Orders are no money: losing one loses an attribution.
 */

#ifndef JUPREF_PENDING_H
#define JUPREF_PENDING_H


#include "ledger/jupref_event.h"


#define JUPREF_PENDING_MIN      (64 * 1024)         /* bytes of a block */
#define JUPREF_PENDING_LIFE_MS  (5 * 60 * 1000)


typedef struct {
    jupref_request_id_t  request_id;
    uint8_t              message_hash[JUPREF_SHA256_SIZE];
    jupref_pubkey_t      taker;
    jupref_pubkey_t      input_mint;
    jupref_pubkey_t      output_mint;
    jupref_pubkey_t      fee_mint;
    jupref_code_name_t   code;
    jupref_pubkey_t      referrer;      /* of the code */
    jupref_terms_t       terms;
    uint8_t              router[JUPREF_ROUTER_MAX];
    uint64_t             in_amount;
    uint64_t             out_amount;
    uint64_t             volume_micro_usd;
    uint64_t             last_valid_block_height;
    uint64_t             time_ms;
    uint16_t             granted_bps;   /* 0: Jupiter dropped the fee */
    uint8_t              confirmed;     /* 1: Jupiter stated that rate */
    uint8_t              executed;      /* 1: its trade is booked */
    uint8_t              unknown;       /* 1: an unknown trade is kept */
    uint8_t              intents;       /* written ahead for it */
} jupref_order_t;


typedef struct jupref_pending_s  jupref_pending_t;


typedef struct {
    uint32_t  capacity;
    uint32_t  used;
    uint64_t  evicted;                  /* orders that gave way too early */
} jupref_pending_stat_t;


/* In zeroed bytes at `block`; NULL when they are too few. */
jupref_pending_t *jupref_pending_init(void *block, uint64_t size);

/* Keeps an order; one of the same requestId is replaced. */
void jupref_pending_put(jupref_pending_t *pending,
    const jupref_order_t *order);

/* The living order of a requestId; NULL when there is none.  Good until the
 * next put; may be changed in place but for its requestId, message
 * hash and time. */
jupref_order_t *jupref_pending_find(jupref_pending_t *pending,
    const jupref_request_id_t *request_id, uint64_t now_ms);

/*
 * The living order whose transaction has this message: what a client sends
 * past execute is tied to its order so.  The newest, should two have the same;
 * NULL when there is none, and for a hash of zeroes, which orders without a
 * transaction have.
 */
jupref_order_t *jupref_pending_find_message(jupref_pending_t *pending,
    const uint8_t message_hash[JUPREF_SHA256_SIZE], uint64_t now_ms);

/* Forgets an order; nothing happens when there is none. */
void jupref_pending_free(jupref_pending_t *pending,
    const jupref_request_id_t *request_id);

void jupref_pending_stat(const jupref_pending_t *pending, uint64_t now_ms,
    jupref_pending_stat_t *stat);


#endif /* JUPREF_PENDING_H */
