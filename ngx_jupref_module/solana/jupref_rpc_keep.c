/*
 * Rules of keeping, by the method's row.
 *
 * "Final" is what no fork can take back: an answer at the commitment
 * finalized, or about slots that the pool has seen finalized.  Whatever the
 * rule needs and doesn't know (slot time, finalized slot) makes the answer
 * one that isn't kept.
 */

#include "solana/jupref_rpc_keep.h"


static unsigned jupref_rpc_names_epoch(const jupref_rpc_body_t *body,
    const jupref_rpc_call_t *call);
static unsigned jupref_rpc_is_final(const jupref_rpc_body_t *body,
    const jupref_rpc_call_t *call, const jupref_rpc_clock_t *clock);


uint64_t
jupref_rpc_keep_ms(const jupref_rpc_body_t *body,
    const jupref_rpc_call_t *call, const jupref_rpc_answer_t *answer,
    const jupref_rpc_clock_t *clock)
{
    const jupref_rpc_method_t  *method;

    if (!jupref_rpc_may_keep(call)
        || answer->kind != JUPREF_RPC_ANSWER_RESULT || answer->null)
    {
        return 0;
    }

    method = call->method;

    switch (method->keep_rule) {

    case JUPREF_RPC_KEEP_MS:
        return method->keep;

    case JUPREF_RPC_KEEP_SLOTS:
    case JUPREF_RPC_KEEP_HEAD:
        return method->keep * clock->slot_ms;

    case JUPREF_RPC_KEEP_NAMED_EPOCH:
        return jupref_rpc_names_epoch(body, call) ? method->keep : 0;

    case JUPREF_RPC_KEEP_IF_FINAL:
        return jupref_rpc_is_final(body, call, clock) ? method->keep : 0;

    default:
        return 0;
    }
}


unsigned
jupref_rpc_may_keep(const jupref_rpc_call_t *call)
{
    return call->result == JUPREF_RPC_CALL_OK
           && call->method->keep_rule != JUPREF_RPC_KEEP_NEVER
           && call->commitment != JUPREF_COMMITMENT_OTHER;
}


/* Without it the answer is about an epoch that ends. */
static unsigned
jupref_rpc_names_epoch(const jupref_rpc_body_t *body,
    const jupref_rpc_call_t *call)
{
    uint64_t                    epoch;
    const jupref_json_value_t  *first;

    first = jupref_rpc_param(body, call, 0);

    if (first != NULL && first->kind == JUPREF_JSON_NUMBER) {

        /* getLeaderSchedule: the epoch that a slot is in */

        return 1;
    }

    return jupref_json_tree_u64(jupref_json_tree_member(&body->tree,
                                                        call->config, "epoch"),
                                &epoch);
}


static unsigned
jupref_rpc_is_final(const jupref_rpc_body_t *body,
    const jupref_rpc_call_t *call, const jupref_rpc_clock_t *clock)
{
    unsigned  i;
    uint64_t  slot;

    if (call->method->slots == 0) {
        return call->commitment == JUPREF_COMMITMENT_FINALIZED;
    }

    for (i = 0; i < call->method->slots; i++) {
        if (!jupref_json_tree_u64(jupref_rpc_param(body, call, i), &slot)
            || slot > clock->finalized_slot)
        {
            return 0;
        }
    }

    return 1;
}
