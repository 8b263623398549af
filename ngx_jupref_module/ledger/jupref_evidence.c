/*
 * Evidence (see the header).
 *
 * Words are looked for where they weigh most: first a finalized transaction,
 * then any word that the signature is known at all, and only then silence.
 */

#include "ledger/jupref_evidence_parts.h"

#include <string.h>

#include "base/jupref_assert.h"


/* Who has said nothing, and how much that weighs. */
typedef struct {
    unsigned  answered;                 /* nodes that said anything */
    unsigned  sure;                     /* null, out of history, behind the
                                         * last valid block height */
    unsigned  without_history;
} jupref_silence_t;


static void jupref_hear_all(const jupref_evidence_t *evidence,
    jupref_finding_t *finding);
static unsigned jupref_judge_words(const jupref_evidence_t *evidence,
    jupref_finding_t *finding);
static uint32_t jupref_most_agreed(const jupref_evidence_t *evidence,
    uint32_t spoken);
static void jupref_judge_agreed(const jupref_evidence_t *evidence,
    uint32_t agreed, uint32_t others, jupref_finding_t *finding);
static void jupref_judge_undecided(const jupref_evidence_t *evidence,
    jupref_reason_e reason, jupref_finding_t *finding);
static unsigned jupref_witnesses_needed(const jupref_evidence_t *evidence);
static jupref_said_e jupref_most_said(const jupref_evidence_t *evidence,
    const jupref_finding_t *finding);
static void jupref_judge_known(const jupref_evidence_t *evidence,
    jupref_said_e most, jupref_finding_t *finding);
static void jupref_judge_silence(const jupref_evidence_t *evidence,
    jupref_finding_t *finding);
static void jupref_judge_patience(const jupref_evidence_t *evidence,
    const jupref_silence_t *silence, jupref_finding_t *finding);
static void jupref_silence_of(const jupref_evidence_t *evidence,
    const jupref_finding_t *finding, jupref_silence_t *silence);
static uint64_t jupref_evidence_age(const jupref_evidence_t *evidence);
static void jupref_find(jupref_finding_t *finding, jupref_verdict_e verdict,
    jupref_reason_e reason);


void
jupref_evidence_judge(const jupref_evidence_t *evidence,
    jupref_finding_t *finding)
{
    jupref_said_e  most;

    jupref_assert(evidence->witness_count <= JUPREF_EVIDENCE_NODES);
    jupref_assert(evidence->account_count <= JUPREF_EVIDENCE_ACCOUNTS);
    jupref_assert(evidence->quorum > 0);

    memset(finding, 0, sizeof(jupref_finding_t));

    if (evidence->account_count == 0) {
        jupref_find(finding, JUPREF_VERDICT_WAIT, JUPREF_REASON_NO_ACCOUNTS);
        return;
    }

    jupref_hear_all(evidence, finding);

    if (jupref_judge_words(evidence, finding)) {
        return;
    }

    most = jupref_most_said(evidence, finding);

    if (finding->liars && evidence->nodes_left) {
        finding->verdict = JUPREF_VERDICT_ELSEWHERE;

    } else if (finding->liars && most == JUPREF_SAID_NOTHING) {
        jupref_find(finding, JUPREF_VERDICT_UNPROVED,
                    JUPREF_REASON_NODES_WRONG);

    } else if (most >= JUPREF_SAID_PROCESSED) {
        jupref_judge_known(evidence, most, finding);

    } else {
        jupref_judge_silence(evidence, finding);
    }
}


/* Who shows another transaction is a liar, and what it says doesn't count. */

static void
jupref_hear_all(const jupref_evidence_t *evidence, jupref_finding_t *finding)
{
    unsigned           i;
    jupref_witness_t  *witness;

    for (i = 0; i < evidence->witness_count; i++) {
        witness = &evidence->witnesses[i];

        if (witness->transaction != JUPREF_SAID_FINALIZED) {
            continue;
        }

        if (witness->shown) {
            jupref_evidence_hear(evidence, witness);
        }

        if (witness->word.heard
            && witness->word.not_ours != JUPREF_REASON_NONE
            && witness->word.not_ours != JUPREF_REASON_NOT_SHOWN)
        {
            finding->reason = witness->word.not_ours;
            finding->liars |= UINT32_C(1) << i;
        }
    }
}


/*
 * 1 when the trade's transaction was shown.  One node can make up all that a
 * verdict rests on, so as many as must agree have to say the same; where any
 * say otherwise everybody is asked, and most of all who have spoken decide.
 */

static unsigned
jupref_judge_words(const jupref_evidence_t *evidence,
    jupref_finding_t *finding)
{
    unsigned                 i, count;
    uint32_t                 shown, spoken, agreed;
    const jupref_witness_t  *witness;

    shown = 0;
    spoken = 0;

    for (i = 0; i < evidence->witness_count; i++) {
        witness = &evidence->witnesses[i];

        if (witness->transaction != JUPREF_SAID_FINALIZED
            || !witness->word.heard
            || witness->word.not_ours != JUPREF_REASON_NONE)
        {
            continue;
        }

        shown |= UINT32_C(1) << i;

        if (witness->trusted) {
            spoken |= UINT32_C(1) << i;
        }
    }

    if (shown == 0) {
        return 0;
    }

    agreed = jupref_most_agreed(evidence, spoken);
    count = (unsigned) __builtin_popcount(agreed);

    if (agreed == spoken) {

        if (count >= evidence->quorum) {
            jupref_judge_agreed(evidence, agreed, 0, finding);

        } else {
            jupref_judge_undecided(evidence, JUPREF_REASON_ONE_WITNESS,
                                   finding);
        }

        return 1;
    }

    finding->disagreed = 1;

    if (evidence->nodes_left == 0
        && count >= jupref_witnesses_needed(evidence)
        && count * 2 > (unsigned) __builtin_popcount(spoken))
    {
        jupref_judge_agreed(evidence, agreed, spoken & ~agreed, finding);

    } else {
        jupref_judge_undecided(evidence, JUPREF_REASON_WITNESSES_DISAGREE,
                               finding);
    }

    return 1;
}


/* The largest number of those that say the same. */

static uint32_t
jupref_most_agreed(const jupref_evidence_t *evidence, uint32_t spoken)
{
    unsigned  i, j;
    uint32_t  most, same;

    for (most = 0, i = 0; i < evidence->witness_count; i++) {

        if (!(spoken & UINT32_C(1) << i)) {
            continue;
        }

        for (same = 0, j = i; j < evidence->witness_count; j++) {
            if ((spoken & UINT32_C(1) << j)
                && jupref_same_word(&evidence->witnesses[i].word,
                                    &evidence->witnesses[j].word))
            {
                same |= UINT32_C(1) << j;
            }
        }

        if (__builtin_popcount(same) > __builtin_popcount(most)) {
            most = same;
        }
    }

    return most;
}


static void
jupref_judge_agreed(const jupref_evidence_t *evidence, uint32_t agreed,
    uint32_t others, jupref_finding_t *finding)
{
    const jupref_word_t  *word;

    finding->witness = (unsigned) __builtin_ctz(agreed);
    finding->liars |= others;

    word = &evidence->witnesses[finding->witness].word;

    finding->fee_mint = word->fee_mint;
    finding->fee = word->fee;
    finding->slot = word->slot;

    jupref_find(finding, word->verdict, word->reason);
}


/* Shown, and not by enough: as long as more may come of it. */

static void
jupref_judge_undecided(const jupref_evidence_t *evidence,
    jupref_reason_e reason, jupref_finding_t *finding)
{
    if (evidence->nodes_left) {
        jupref_find(finding, JUPREF_VERDICT_ELSEWHERE, reason);

    } else if (jupref_evidence_age(evidence) < JUPREF_EVIDENCE_HISTORY_MS) {
        jupref_find(finding, JUPREF_VERDICT_WAIT, reason);

    } else {
        jupref_find(finding, JUPREF_VERDICT_UNPROVED, reason);
    }
}


/* Where nodes contradict each other, and where they are silent, one is never
 * enough, whatever is configured. */

static unsigned
jupref_witnesses_needed(const jupref_evidence_t *evidence)
{
    return evidence->quorum > JUPREF_EVIDENCE_WITNESSES
           ? evidence->quorum : JUPREF_EVIDENCE_WITNESSES;
}


/* The strongest word that anybody but a liar has said. */

static jupref_said_e
jupref_most_said(const jupref_evidence_t *evidence,
    const jupref_finding_t *finding)
{
    unsigned                 i;
    jupref_said_e            most;
    const jupref_witness_t  *witness;

    most = JUPREF_SAID_NOTHING;

    for (i = 0; i < evidence->witness_count; i++) {
        witness = &evidence->witnesses[i];

        if (finding->liars & UINT32_C(1) << i) {
            continue;
        }

        if (witness->status > most) {
            most = witness->status;
        }

        if (witness->transaction > most) {
            most = witness->transaction;
        }
    }

    return most;
}


/* Somebody knows the signature; nobody has shown what it did. */

static void
jupref_judge_known(const jupref_evidence_t *evidence, jupref_said_e most,
    jupref_finding_t *finding)
{
    unsigned  i, answered;

    if (most < JUPREF_SAID_FINALIZED) {
        jupref_find(finding, JUPREF_VERDICT_WAIT, JUPREF_REASON_NOT_FINALIZED);
        return;
    }

    for (answered = 0, i = 0; i < evidence->witness_count; i++) {
        if (evidence->witnesses[i].transaction != JUPREF_SAID_NOTHING
            && !(finding->liars & UINT32_C(1) << i))
        {
            answered = 1;
        }
    }

    if (evidence->nodes_left) {
        jupref_find(finding, JUPREF_VERDICT_ELSEWHERE,
                    JUPREF_REASON_NOT_SHOWN);

    } else if (jupref_evidence_age(evidence) < JUPREF_EVIDENCE_HISTORY_MS) {
        jupref_find(finding, JUPREF_VERDICT_WAIT, JUPREF_REASON_NOT_SHOWN);

    } else {
        jupref_find(finding, JUPREF_VERDICT_UNPROVED,
                    answered ? JUPREF_REASON_HISTORY_GONE
                             : JUPREF_REASON_NOT_SHOWN);
    }
}


/*
 * Silence proves something only where a transaction can't land any more and
 * the node would still know it.
 */

static void
jupref_judge_silence(const jupref_evidence_t *evidence,
    jupref_finding_t *finding)
{
    unsigned          forgotten;
    jupref_silence_t  silence;

    jupref_silence_of(evidence, finding, &silence);

    if (silence.answered == 0) {
        jupref_find(finding, JUPREF_VERDICT_WAIT, JUPREF_REASON_NOT_ASKED);
        return;
    }

    forgotten = jupref_evidence_age(evidence) >= JUPREF_EVIDENCE_HISTORY_MS;

    if (!forgotten && silence.sure >= jupref_witnesses_needed(evidence)) {
        jupref_find(finding, JUPREF_VERDICT_EXPIRED,
                    JUPREF_REASON_BLOCK_HEIGHT_PASSED);

    } else if (!forgotten && !silence.without_history) {
        jupref_judge_patience(evidence, &silence, finding);

    } else if (evidence->nodes_left) {
        jupref_find(finding, JUPREF_VERDICT_ELSEWHERE,
                    JUPREF_REASON_HISTORY_GONE);

    } else {
        jupref_find(finding, JUPREF_VERDICT_UNPROVED,
                    JUPREF_REASON_HISTORY_GONE);
    }
}


/* Nothing is known yet: how long that is waited for. */

static void
jupref_judge_patience(const jupref_evidence_t *evidence,
    const jupref_silence_t *silence, jupref_finding_t *finding)
{
    unsigned  late;

    late = jupref_evidence_age(evidence) >= JUPREF_EVIDENCE_PATIENCE_MS;

    if (late && evidence->nodes_left) {
        jupref_find(finding, JUPREF_VERDICT_ELSEWHERE,
                    JUPREF_REASON_NOT_FOUND);

    } else if (late && evidence->trade->last_valid_block_height == 0) {
        jupref_find(finding, JUPREF_VERDICT_UNPROVED,
                    JUPREF_REASON_HEIGHT_UNKNOWN);

    } else if (late && silence->sure > 0
               && evidence->witness_count
                  < jupref_witnesses_needed(evidence))
    {
        jupref_find(finding, JUPREF_VERDICT_UNPROVED,
                    JUPREF_REASON_TOO_FEW_NODES);

    } else if (silence->sure > 0 && evidence->nodes_left) {
        jupref_find(finding, JUPREF_VERDICT_ELSEWHERE,
                    JUPREF_REASON_NOT_FOUND);

    } else {
        jupref_find(finding, JUPREF_VERDICT_WAIT, JUPREF_REASON_NOT_FOUND);
    }
}


static void
jupref_silence_of(const jupref_evidence_t *evidence,
    const jupref_finding_t *finding, jupref_silence_t *silence)
{
    uint64_t                 last_valid;
    unsigned                 i;
    const jupref_witness_t  *witness;

    memset(silence, 0, sizeof(jupref_silence_t));
    last_valid = evidence->trade->last_valid_block_height;

    for (i = 0; i < evidence->witness_count; i++) {
        witness = &evidence->witnesses[i];

        if (finding->liars & UINT32_C(1) << i) {
            continue;
        }

        if (witness->status != JUPREF_SAID_NOTHING
            || witness->transaction != JUPREF_SAID_NOTHING)
        {
            silence->answered++;
        }

        if (witness->status == JUPREF_SAID_NO_HISTORY
            || witness->transaction == JUPREF_SAID_NO_HISTORY)
        {
            silence->without_history++;

        } else if (witness->trusted
                   && witness->status == JUPREF_SAID_NULL
                   && witness->transaction == JUPREF_SAID_NULL && last_valid
                   && witness->finalized_height > last_valid)
        {
            silence->sure++;
        }
    }
}


/* By this machine's clock, which may have been set back. */

static uint64_t
jupref_evidence_age(const jupref_evidence_t *evidence)
{
    return evidence->now_ms > evidence->trade->time_ms
           ? evidence->now_ms - evidence->trade->time_ms : 0;
}


static void
jupref_find(jupref_finding_t *finding, jupref_verdict_e verdict,
    jupref_reason_e reason)
{
    finding->verdict = verdict;
    finding->reason = reason;
}
