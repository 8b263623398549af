/*
 * The answers to one transaction that went to several nodes.
 *
 *     any accepts, or says AlreadyProcessed    ACCEPTED
 *     the judge's preflight fails              REFUSED, at once
 *     ... because it lacks the blockhash       a fresher node may know it
 *     everybody has answered:
 *       each with a failed preflight           REFUSED
 *       somebody with the client's fault       REFUSED
 *       otherwise                              ask another
 *
 * Of errors the one that says most is kept for the client, the first of
 * those that say as much.
 */

#include "solana/jupref_rpc_send.h"


#define JUPREF_SEND_PREFLIGHT  (-32002)


/* How much an error says about the transaction. */
typedef enum {
    JUPREF_SEND_SAYS_NOTHING = 0,
    JUPREF_SEND_SAYS_NODE,              /* is ill, behind, or can't */
    JUPREF_SEND_SAYS_PREFLIGHT,         /* by a node that may be behind */
    JUPREF_SEND_SAYS_FAULT,             /* whoever is asked */
    JUPREF_SEND_SAYS_JUDGE              /* the freshest's preflight */
} jupref_send_rank_e;


static unsigned jupref_send_is_accepted(const jupref_send_t *send,
    const jupref_rpc_outcome_t *outcome, jupref_send_step_t *step);
static jupref_send_rank_e jupref_send_rank(const jupref_send_step_t *step,
    const jupref_rpc_outcome_t *outcome, unsigned judge);
static jupref_send_decision_e jupref_send_decide(
    const jupref_send_race_t *race);


void
jupref_send_race_init(jupref_send_race_t *race)
{
    race->asked = 0;
    race->answered = 0;
    race->preflights = 0;
    race->rank = JUPREF_SEND_SAYS_NOTHING;
    race->best = JUPREF_SEND_NO_ANSWER;
    race->fresher = 0;
    race->decision = JUPREF_SEND_WAIT;
}


void
jupref_send_race_ask(jupref_send_race_t *race)
{
    race->asked++;

    if (race->decision != JUPREF_SEND_ACCEPTED
        && race->decision != JUPREF_SEND_REFUSED)
    {
        race->decision = JUPREF_SEND_WAIT;
    }
}


void
jupref_send_race_answer(jupref_send_race_t *race, jupref_send_step_t *step,
    const jupref_send_t *send, int number, unsigned judge,
    const jupref_rpc_method_t *method, const jupref_rpc_outcome_t *outcome)
{
    jupref_send_rank_e  rank;

    jupref_rpc_verdict(&step->verdict, method, outcome);

    step->lied = 0;
    step->accepted = jupref_send_is_accepted(send, outcome, step);

    rank = jupref_send_rank(step, outcome, judge);

    race->answered++;
    race->preflights += rank == JUPREF_SEND_SAYS_PREFLIGHT
                        || rank == JUPREF_SEND_SAYS_JUDGE;
    race->fresher |= step->verdict.other == JUPREF_RPC_OTHER_FRESHER;

    if (rank > race->rank) {
        race->rank = rank;
        race->best = number;
    }

    if (race->decision != JUPREF_SEND_ACCEPTED
        && race->decision != JUPREF_SEND_REFUSED)
    {
        race->decision = step->accepted ? JUPREF_SEND_ACCEPTED
                                        : jupref_send_decide(race);
    }

    step->decision = race->decision;
}


static unsigned
jupref_send_is_accepted(const jupref_send_t *send,
    const jupref_rpc_outcome_t *outcome, jupref_send_step_t *step)
{
    jupref_bytes_t              told, ours;
    const jupref_rpc_answer_t  *answer;

    answer = outcome->answer;

    if (!step->verdict.deliver) {
        return 0;
    }

    if (answer->kind == JUPREF_RPC_ANSWER_ERROR) {
        return answer->code == JUPREF_SEND_PREFLIGHT
               && answer->err == JUPREF_RPC_ERR_ALREADY_PROCESSED;
    }

    ours.data = send->text;
    ours.len = send->text_len;

    if (answer->result.len >= 2 && answer->result.data[0] == '"') {
        told.data = answer->result.data + 1;
        told.len = answer->result.len - 2;

        if (jupref_bytes_equal(told, ours)) {
            return 1;
        }
    }

    /* whatever it did, it wasn't this transaction */

    step->lied = 1;
    step->verdict.name = "another_signature";
    step->verdict.deliver = 0;
    step->verdict.other = JUPREF_RPC_OTHER_YES;
    step->verdict.mark = JUPREF_RPC_MARK_OUT;
    step->verdict.code = -32603;
    step->verdict.message = "Internal error: a node answered with the "
                            "signature of another transaction";

    return 0;
}


static jupref_send_rank_e
jupref_send_rank(const jupref_send_step_t *step,
    const jupref_rpc_outcome_t *outcome, unsigned judge)
{
    if (step->accepted || !step->verdict.deliver) {
        return JUPREF_SEND_SAYS_NOTHING;
    }

    if (outcome->answer->code == JUPREF_SEND_PREFLIGHT
        && step->verdict.mark == JUPREF_RPC_MARK_NONE)
    {
        return judge && step->verdict.other != JUPREF_RPC_OTHER_FRESHER
               ? JUPREF_SEND_SAYS_JUDGE : JUPREF_SEND_SAYS_PREFLIGHT;
    }

    return step->verdict.other == JUPREF_RPC_OTHER_NEVER
           ? JUPREF_SEND_SAYS_FAULT : JUPREF_SEND_SAYS_NODE;
}


static jupref_send_decision_e
jupref_send_decide(const jupref_send_race_t *race)
{
    if (race->rank == JUPREF_SEND_SAYS_JUDGE) {
        return JUPREF_SEND_REFUSED;
    }

    if (race->answered < race->asked) {
        return JUPREF_SEND_WAIT;
    }

    if (race->rank == JUPREF_SEND_SAYS_FAULT) {
        return JUPREF_SEND_REFUSED;
    }

    if (race->fresher) {
        return JUPREF_SEND_ASK_FRESHER;
    }

    return race->preflights == race->answered ? JUPREF_SEND_REFUSED
                                              : JUPREF_SEND_ASK_ANOTHER;
}
