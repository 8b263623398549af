/*
 * How long an answer may be kept and given to others who ask the same.
 *
 * The rule is the method's.  What can't be taken back is kept for long: a
 * finalized transaction or block, times and lists of slots that are final.
 * An answer of null, an error and what can't be understood are never kept.
 */

#ifndef JUPREF_RPC_KEEP_H
#define JUPREF_RPC_KEEP_H


#include "solana/jupref_rpc_answer.h"
#include "solana/jupref_rpc_call.h"


typedef struct {
    uint64_t  slot_ms;                  /* measured slot time, 0: unknown */
    uint64_t  finalized_slot;           /* of the pool, 0: unknown */
} jupref_rpc_clock_t;


/* Milliseconds, 0: not at all. */
uint64_t jupref_rpc_keep_ms(const jupref_rpc_body_t *body,
    const jupref_rpc_call_t *call, const jupref_rpc_answer_t *answer,
    const jupref_rpc_clock_t *clock);

/* Whether it is worth looking for a kept answer: 0 when the rule could keep
 * none, whatever a node answers. */
unsigned jupref_rpc_may_keep(const jupref_rpc_call_t *call);


#endif /* JUPREF_RPC_KEEP_H */
