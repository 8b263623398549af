/*
 * Evidence (see the header).
 *
 * Words are looked for where they weigh most: first a finalized transaction,
 * then any word that the signature is known at all, and only then silence.
 */

#include "ledger/jupref_evidence.h"

#include <string.h>

#include "base/jupref_assert.h"
#include "solana/jupref_address.h"
#include "solana/jupref_programs.h"


/* What is called at the top level. */
typedef struct {
    unsigned  router:1;
    unsigned  rfq:1;
    unsigned  others:1;                 /* neither router nor plumbing */
} jupref_called_t;


/* Who has said nothing, and how much that weighs. */
typedef struct {
    unsigned  answered;                 /* nodes that said anything */
    unsigned  sure;                     /* null, out of history, behind the
                                         * last valid block height */
    unsigned  without_history;
} jupref_silence_t;


static unsigned jupref_judge_shown(const jupref_evidence_t *evidence,
    jupref_finding_t *finding);
static jupref_reason_e jupref_is_ours(const jupref_evidence_t *evidence,
    const jupref_rpc_transaction_t *shown);
static void jupref_judge_transaction(const jupref_evidence_t *evidence,
    const jupref_rpc_transaction_t *shown, jupref_finding_t *finding);
static jupref_reason_e jupref_judge_message(
    const jupref_evidence_t *evidence, const jupref_rpc_transaction_t *shown,
    const jupref_called_t *called);
static void jupref_judge_fee(const jupref_evidence_t *evidence,
    const jupref_rpc_transaction_t *shown, const jupref_called_t *called,
    jupref_finding_t *finding);
static jupref_called_t jupref_called_by(
    const jupref_rpc_transaction_t *shown);
static unsigned jupref_account_grew(const jupref_evidence_t *evidence,
    const jupref_rpc_transaction_t *shown);
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

    memset(finding, 0, sizeof(jupref_finding_t));

    if (evidence->account_count == 0) {
        jupref_find(finding, JUPREF_VERDICT_WAIT, JUPREF_REASON_NO_ACCOUNTS);
        return;
    }

    if (jupref_judge_shown(evidence, finding)) {
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


/* 1 when a transaction that is ours was shown, and judged; who shows another
 * one is a liar, and what it says doesn't count. */

static unsigned
jupref_judge_shown(const jupref_evidence_t *evidence,
    jupref_finding_t *finding)
{
    unsigned                 i;
    jupref_reason_e          reason;
    const jupref_witness_t  *witness;

    for (i = 0; i < evidence->witness_count; i++) {
        witness = &evidence->witnesses[i];

        if (witness->transaction != JUPREF_SAID_FINALIZED
            || witness->shown == NULL)
        {
            continue;
        }

        reason = jupref_is_ours(evidence, witness->shown);

        if (reason == JUPREF_REASON_NONE) {
            finding->witness = i;
            jupref_judge_transaction(evidence, witness->shown, finding);
            return 1;
        }

        if (reason != JUPREF_REASON_NOT_SHOWN) {
            finding->reason = reason;
            finding->liars |= UINT32_C(1) << i;
        }
    }

    return 0;
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


/*
 * A node can't make up a message that the payer's signature is good for.  One
 * that doesn't record what programs call can't say that nothing was claimed.
 */

static jupref_reason_e
jupref_is_ours(const jupref_evidence_t *evidence,
    const jupref_rpc_transaction_t *shown)
{
    const jupref_transaction_t  *transaction;

    transaction = &shown->transaction;

    if (memcmp(transaction->signatures[0].bytes,
               evidence->trade->signature.bytes, JUPREF_SIGNATURE_SIZE) != 0)
    {
        return JUPREF_REASON_OTHER_TRANSACTION;
    }

    if (!jupref_transaction_signed_by(transaction, &transaction->keys[0])) {
        return JUPREF_REASON_BAD_SIGNATURE;
    }

    return (shown->has_inner || shown->failed) ? JUPREF_REASON_NONE
                                               : JUPREF_REASON_NOT_SHOWN;
}


static void
jupref_judge_transaction(const jupref_evidence_t *evidence,
    const jupref_rpc_transaction_t *shown, jupref_finding_t *finding)
{
    jupref_called_t  called;
    jupref_reason_e  reason;

    finding->slot = shown->slot;

    called = jupref_called_by(shown);
    reason = jupref_judge_message(evidence, shown, &called);

    if (reason != JUPREF_REASON_NONE) {
        jupref_find(finding, JUPREF_VERDICT_REJECTED, reason);
        return;
    }

    jupref_judge_fee(evidence, shown, &called, finding);
}


static jupref_reason_e
jupref_judge_message(const jupref_evidence_t *evidence,
    const jupref_rpc_transaction_t *shown, const jupref_called_t *called)
{
    uint8_t                    hash[JUPREF_SHA256_SIZE];
    const jupref_trade_row_t  *trade;

    trade = evidence->trade;

    if (shown->failed) {
        return JUPREF_REASON_FAILED_ON_CHAIN;
    }

    if (!jupref_transaction_is_signer(&shown->transaction, &trade->taker)) {
        return JUPREF_REASON_WRONG_TAKER;
    }

    if (!jupref_sha256(hash, shown->transaction.message)
        || memcmp(hash, trade->message_hash, JUPREF_SHA256_SIZE) != 0)
    {
        return JUPREF_REASON_FOREIGN_MESSAGE;
    }

    if (!called->router && !called->rfq) {
        return (!called->others && jupref_account_grew(evidence, shown))
               ? JUPREF_REASON_PLAIN_DEPOSIT : JUPREF_REASON_UNKNOWN_ROUTER;
    }

    return jupref_rpc_calls(shown, &jupref_referral_program)
           ? JUPREF_REASON_CLAIM_IN_TRANSACTION : JUPREF_REASON_NONE;
}


/*
 * The one that was promised goes first, should two have grown; what came to
 * the other is left for the reconciliation to name.
 */

static void
jupref_judge_fee(const jupref_evidence_t *evidence,
    const jupref_rpc_transaction_t *shown, const jupref_called_t *called,
    jupref_finding_t *finding)
{
    unsigned                      i, closed, promised;
    const jupref_fee_account_t   *account;
    const jupref_token_change_t  *change;

    closed = 0;

    for (i = 0; i < evidence->account_count; i++) {
        account = &evidence->accounts[i];
        change = jupref_rpc_token_change(shown, &account->account);

        if (change == NULL
            || !jupref_pubkey_equal(&change->mint, &account->mint))
        {
            continue;
        }

        if (!change->is) {
            closed = 1;
            continue;
        }

        promised = jupref_pubkey_equal(&account->mint, &evidence->fee_mint);

        if (change->after > change->before
            && (finding->fee == 0 || promised))
        {
            finding->fee = change->after - change->before;
            finding->fee_mint = account->mint;
        }
    }

    if (finding->fee) {
        jupref_find(finding, JUPREF_VERDICT_VERIFIED, JUPREF_REASON_NONE);

    } else if (closed) {
        jupref_find(finding, JUPREF_VERDICT_REJECTED,
                    JUPREF_REASON_FEE_ACCOUNT_CLOSED);

    } else if (evidence->trade->granted_bps == 0) {
        jupref_find(finding, JUPREF_VERDICT_REJECTED,
                    JUPREF_REASON_NOT_CHARGED);

    } else if (called->rfq) {
        jupref_find(finding, JUPREF_VERDICT_UNPROVED,
                    JUPREF_REASON_FEE_SETTLED_LATER);

    } else {
        jupref_find(finding, JUPREF_VERDICT_REJECTED,
                    JUPREF_REASON_FEE_MISSING);
    }
}


static jupref_called_t
jupref_called_by(const jupref_rpc_transaction_t *shown)
{
    jupref_called_t            called;
    jupref_instruction_t       instruction;
    jupref_instruction_walk_t  walk;

    memset(&called, 0, sizeof(jupref_called_t));
    jupref_instruction_walk(&walk, &shown->transaction);

    while (jupref_instruction_next(&walk, &instruction)) {

        switch (jupref_program_kind(instruction.program_id)) {

        case JUPREF_PROGRAM_ROUTER:
            called.router = 1;
            break;

        case JUPREF_PROGRAM_RFQ:
            called.rfq = 1;
            break;

        case JUPREF_PROGRAM_PLUMBING:
            break;

        default:
            called.others = 1;
            break;
        }
    }

    return called;
}


static unsigned
jupref_account_grew(const jupref_evidence_t *evidence,
    const jupref_rpc_transaction_t *shown)
{
    unsigned                      i;
    const jupref_token_change_t  *change;

    for (i = 0; i < evidence->account_count; i++) {
        change = jupref_rpc_token_change(shown,
                                         &evidence->accounts[i].account);

        if (change != NULL && change->after > change->before) {
            return 1;
        }
    }

    return 0;
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

    if (!answered) {
        jupref_find(finding, JUPREF_VERDICT_WAIT, JUPREF_REASON_NOT_ASKED);

    } else if (evidence->nodes_left) {
        jupref_find(finding, JUPREF_VERDICT_ELSEWHERE,
                    JUPREF_REASON_NOT_SHOWN);

    } else if (jupref_evidence_age(evidence) < JUPREF_EVIDENCE_HISTORY_MS) {
        jupref_find(finding, JUPREF_VERDICT_WAIT, JUPREF_REASON_NOT_SHOWN);

    } else {
        jupref_find(finding, JUPREF_VERDICT_UNPROVED,
                    JUPREF_REASON_HISTORY_GONE);
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

    if (!forgotten && silence.sure >= JUPREF_EVIDENCE_WITNESSES) {
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

    } else if (late && evidence->witness_count < JUPREF_EVIDENCE_WITNESSES
               && silence->sure > 0)
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

        } else if (witness->status == JUPREF_SAID_NULL && last_valid
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
