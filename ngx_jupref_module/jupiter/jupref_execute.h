/*
 * POST …/execute: what the client sends, what Jupiter answers, what it means.
 *
 * The answer decides about money only in one direction: `executed` needs
 * Jupiter's word for success in full.  Whatever might still land on chain is
 * `unknown` and is kept for proof; silence is never a failure.
 */

#ifndef JUPREF_EXECUTE_H
#define JUPREF_EXECUTE_H


#include "jupiter/jupref_order_answer.h"


/* Both bodies are small; what is larger isn't read (bytes). */
#define JUPREF_EXECUTE_MAX  (64 * 1024)


typedef struct {
    jupref_request_id_t          request_id;
    jupref_signature_t           signature;     /* zero: not signed yet */
    uint8_t                      message_hash[JUPREF_SHA256_SIZE];
    jupref_transaction_result_e  transaction;
    unsigned                     has_transaction:1;
} jupref_execute_request_t;


typedef enum {
    JUPREF_STATUS_NONE = 0,
    JUPREF_STATUS_SUCCESS,
    JUPREF_STATUS_FAILED,
    JUPREF_STATUS_OTHER
} jupref_execute_status_e;


/* Amounts in base units; `has` has a bit per amount that was there. */
typedef struct {
    jupref_execute_status_e  status;
    int64_t                  code;
    jupref_signature_t       signature;         /* zero: not given */
    uint64_t                 slot;
    uint64_t                 total_input;
    uint64_t                 total_output;
    uint64_t                 input_result;
    uint64_t                 output_result;
    unsigned                 has_code:1;
    unsigned                 has_total_input:1;
    unsigned                 has_total_output:1;
    unsigned                 has_input_result:1;
    unsigned                 has_output_result:1;
} jupref_execute_answer_t;


/* Feed readers of these with a zeroed struct of the kind as context. */
extern const jupref_json_schema_t  jupref_execute_request_schema;
extern const jupref_json_schema_t  jupref_execute_answer_schema;


typedef enum {
    JUPREF_TRADE_EXECUTED = 0,
    JUPREF_TRADE_FAILED,                /* and its order is free again */
    JUPREF_TRADE_REFUSED,               /* failed, but the order still stands */
    JUPREF_TRADE_UNKNOWN,               /* may have landed, may yet land */
    JUPREF_TRADE_UNMATCHED              /* no order of ours */
} jupref_trade_outcome_e;


/*
 * What an answer to a matched execute means.  `readable` is the verdict of
 * the reader on the body; `http_status` is the status line's.
 */
jupref_trade_outcome_e jupref_execute_outcome(unsigned http_status,
    unsigned readable, const jupref_execute_answer_t *answer);

/* "executed", "failed", "unknown", "unmatched": the public words. */
const char *jupref_trade_outcome_text(jupref_trade_outcome_e outcome);


/*
 * The referral fee of an executed order in base units of its fee mint, as far
 * as it can be told before the chain is asked: exact from the execute answer
 * where it gives both amounts of the fee's side, else by rate where Jupiter
 * has confirmed the rate (`confirmed`).  A fee mint that wasn't stated (zero)
 * is told by the one side whose amounts differ, and set.  0 when the fee was
 * dropped (`granted_bps` 0) or the side can't be told.
 */
uint64_t jupref_estimate_fee(const jupref_pubkey_t *input_mint,
    const jupref_pubkey_t *output_mint, jupref_pubkey_t *fee_mint,
    uint64_t in_amount, uint64_t out_amount, unsigned granted_bps,
    unsigned confirmed, const jupref_execute_answer_t *answer);


#endif /* JUPREF_EXECUTE_H */
