/*
 * The query string of GET …/order: what it asks for, and how it goes on.
 *
 * Only the query string can carry the operator's fee to Jupiter, so nothing
 * a client sends may set it.  A name is compared as a lenient server would
 * read it: percent-decoded once, without regard to case, to blanks and
 * control bytes around it, to what is behind a NUL or a '[', between '&' or
 * ';'.
 * Whatever isn't dropped keeps its order and its bytes.
 */

#ifndef JUPREF_ORDER_QUERY_H
#define JUPREF_ORDER_QUERY_H


#include "solana/jupref_pubkey.h"


#define JUPREF_CODE_MIN  3
#define JUPREF_CODE_MAX  32             /* characters of a referral code */


typedef enum {
    JUPREF_QUERY_OK = 0,
    JUPREF_QUERY_MISSING,               /* inputMint, outputMint or amount */
    JUPREF_QUERY_DOUBLED,               /* one of those or taker, twice */
    JUPREF_QUERY_BAD_MINT,
    JUPREF_QUERY_SAME_MINT,
    JUPREF_QUERY_BAD_TAKER,
    JUPREF_QUERY_BAD_AMOUNT
} jupref_query_result_e;


typedef struct {
    jupref_pubkey_t  input_mint;
    jupref_pubkey_t  output_mint;
    jupref_pubkey_t  taker;             /* all zero when not given */
    uint64_t         amount;            /* base units of the input mint */
    uint8_t          code[JUPREF_CODE_MAX];
    size_t           code_len;          /* of the `ref` argument, else 0 */
    unsigned         has_taker:1;
    unsigned         sets_fee:1;        /* client sent what only we may set */
    unsigned         plain:1;           /* nothing is to be dropped */
} jupref_order_query_t;


/*
 * Everything but OK says that Jupiter would refuse the order, or that it is
 * ambiguous; `sets_fee` is right whatever the result.
 */
jupref_query_result_e jupref_order_query_parse(jupref_order_query_t *query,
    jupref_bytes_t args);

/*
 * Writes the query string as it goes to Jupiter: without what clients may not
 * set, without our own `ref`, with referralAccount and referralFee added.
 * `query` is what parsing these very `args` gave, good or bad.  Needs room
 * for args.len + JUPREF_QUERY_ADDED; returns the length.
 */
#define JUPREF_QUERY_ADDED  128

size_t jupref_order_query_rewrite(uint8_t *out,
    const jupref_order_query_t *query, jupref_bytes_t args,
    const jupref_pubkey_t *referral_account, unsigned fee_bps);

/*
 * Writes the query string of an order that we don't price: only what clients
 * may not set is dropped.  Needs room for args.len; returns the length.
 */
size_t jupref_order_query_strip(uint8_t *out, jupref_bytes_t args);

/*
 * The decoded value of the first argument called `name`; cut to `room`.
 * Returns its length, or (size_t) -1 when there is none or it is longer.
 */
size_t jupref_query_value(uint8_t *out, size_t room, jupref_bytes_t args,
    const char *name);

/* 3..32 of A-Z a-z 0-9 _ - */
unsigned jupref_code_is_valid(jupref_bytes_t code);

/* One line for log, metric and problem alike. */
const char *jupref_query_result_text(jupref_query_result_e result);


#endif /* JUPREF_ORDER_QUERY_H */
