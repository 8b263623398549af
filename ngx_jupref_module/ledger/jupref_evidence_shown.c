/*
 * What a transaction that one node shows says of a trade: its word, which is
 * worth something when others say the same (see jupref_evidence.h).
 *
 * The payer's signature is good for the message alone.  All the rest (whether
 * it failed, balances, what programs have called, the slot) is the node's to
 * make up, so a digest of all of it that was looked at goes with the word.
 */

#include "ledger/jupref_evidence_parts.h"

#include <string.h>

#include "solana/jupref_address.h"
#include "solana/jupref_programs.h"


/* What is called at the top level. */
typedef struct {
    unsigned  router:1;
    unsigned  rfq:1;
    unsigned  others:1;                 /* neither router nor plumbing */
} jupref_called_t;


/* Bytes of what a digest is made of: what is told once, and of each of the
 * fee accounts. */
#define JUPREF_WORD_HEAD     10
#define JUPREF_WORD_ACCOUNT  (2 + JUPREF_PUBKEY_SIZE + 16)


static jupref_reason_e jupref_is_ours(const jupref_evidence_t *evidence,
    const jupref_rpc_transaction_t *shown);
static unsigned jupref_word_digest(const jupref_evidence_t *evidence,
    const jupref_rpc_transaction_t *shown, jupref_word_t *word);
static void jupref_judge_transaction(const jupref_evidence_t *evidence,
    const jupref_rpc_transaction_t *shown, jupref_word_t *word);
static jupref_reason_e jupref_judge_message(
    const jupref_evidence_t *evidence, const jupref_rpc_transaction_t *shown,
    const jupref_called_t *called);
static void jupref_judge_fee(const jupref_evidence_t *evidence,
    const jupref_rpc_transaction_t *shown, const jupref_called_t *called,
    jupref_word_t *word);
static uint64_t jupref_fee_bound(const jupref_trade_row_t *trade,
    const jupref_pubkey_t *mint);
static jupref_called_t jupref_called_by(
    const jupref_rpc_transaction_t *shown);
static unsigned jupref_account_grew(const jupref_evidence_t *evidence,
    const jupref_rpc_transaction_t *shown);
static void jupref_say(jupref_word_t *word, jupref_verdict_e verdict,
    jupref_reason_e reason);


void
jupref_evidence_hear(const jupref_evidence_t *evidence,
    jupref_witness_t *witness)
{
    jupref_word_t                   *word;
    const jupref_rpc_transaction_t  *shown;

    shown = witness->shown;
    word = &witness->word;

    memset(word, 0, sizeof(jupref_word_t));

    word->not_ours = jupref_is_ours(evidence, shown);

    if (word->not_ours == JUPREF_REASON_NONE) {
        word->slot = shown->slot;
        jupref_judge_transaction(evidence, shown, word);

        if (!jupref_word_digest(evidence, shown, word)) {
            word->not_ours = JUPREF_REASON_NOT_SHOWN;
        }
    }

    word->heard = 1;
}


unsigned
jupref_same_word(const jupref_word_t *one, const jupref_word_t *other)
{
    return one->verdict == other->verdict
           && one->reason == other->reason
           && one->fee == other->fee
           && one->slot == other->slot
           && jupref_pubkey_equal(&one->fee_mint, &other->fee_mint)
           && memcmp(one->digest, other->digest, JUPREF_SHA256_SIZE) == 0;
}


/*
 * Of a transaction that failed nothing else counts, and nodes needn't tell the
 * rest of it alike.
 */

static unsigned
jupref_word_digest(const jupref_evidence_t *evidence,
    const jupref_rpc_transaction_t *shown, jupref_word_t *word)
{
    uint8_t                       bytes[JUPREF_WORD_HEAD
                                        + JUPREF_WORD_ACCOUNT
                                          * JUPREF_EVIDENCE_ACCOUNTS];
    unsigned                      i;
    jupref_writer_t               writer;
    const jupref_token_change_t  *change;

    jupref_writer_init(&writer, bytes, sizeof(bytes));
    jupref_write_u64_le(&writer, shown->slot);
    jupref_write_u8(&writer, shown->failed);
    jupref_write_u8(&writer, shown->failed ? 0
                             : jupref_rpc_calls(shown,
                                                &jupref_referral_program));

    for (i = 0; !shown->failed && i < evidence->account_count; i++) {
        change = jupref_rpc_token_change(shown,
                                         &evidence->accounts[i].account);

        if (change == NULL) {
            continue;
        }

        jupref_write_u8(&writer, (uint8_t) i);
        jupref_write_u8(&writer, (uint8_t) (change->was | change->is << 1));
        jupref_write_bytes(&writer, change->mint.bytes, JUPREF_PUBKEY_SIZE);
        jupref_write_u64_le(&writer, change->before);
        jupref_write_u64_le(&writer, change->after);
    }

    return !writer.failed
           && jupref_sha256(word->digest,
                            (jupref_bytes_t) { bytes,
                                               (size_t) (writer.at - bytes) });
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
    const jupref_rpc_transaction_t *shown, jupref_word_t *word)
{
    jupref_called_t  called;
    jupref_reason_e  reason;

    called = jupref_called_by(shown);
    reason = jupref_judge_message(evidence, shown, &called);

    if (reason != JUPREF_REASON_NONE) {
        jupref_say(word, JUPREF_VERDICT_REJECTED, reason);
        return;
    }

    jupref_judge_fee(evidence, shown, &called, word);
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
    jupref_word_t *word)
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
            && (word->fee == 0 || promised))
        {
            word->fee = change->after - change->before;
            word->fee_mint = account->mint;
        }
    }

    if (word->fee > jupref_fee_bound(evidence->trade, &word->fee_mint)) {
        jupref_say(word, JUPREF_VERDICT_UNPROVED,
                   JUPREF_REASON_FEE_IMPLAUSIBLE);

    } else if (word->fee) {
        jupref_say(word, JUPREF_VERDICT_VERIFIED, JUPREF_REASON_NONE);

    } else if (closed) {
        jupref_say(word, JUPREF_VERDICT_REJECTED,
                   JUPREF_REASON_FEE_ACCOUNT_CLOSED);

    } else if (evidence->trade->granted_bps == 0) {
        jupref_say(word, JUPREF_VERDICT_REJECTED,
                   JUPREF_REASON_NOT_CHARGED);

    } else if (called->rfq) {
        jupref_say(word, JUPREF_VERDICT_UNPROVED,
                   JUPREF_REASON_FEE_SETTLED_LATER);

    } else {
        jupref_say(word, JUPREF_VERDICT_REJECTED,
                   JUPREF_REASON_FEE_MISSING);
    }
}


/*
 * More than this can't be the trade's fee: what Jupiter had granted of the
 * leg that the fee is taken from, twice, as amounts are told before slippage
 * and after the fee, and one unit for rounding.  Where Jupiter had dropped
 * the fee it is what it grants at most.  UINT64_MAX: no amount is known.
 */

static uint64_t
jupref_fee_bound(const jupref_trade_row_t *trade, const jupref_pubkey_t *mint)
{
    uint64_t           leg;
    unsigned           bps;
    unsigned __int128  bound;

    leg = 0;

    if (jupref_pubkey_equal(mint, &trade->input_mint)) {
        leg = trade->in_amount;
    }

    if (jupref_pubkey_equal(mint, &trade->output_mint)
        && trade->out_amount > leg)
    {
        leg = trade->out_amount;
    }

    if (leg == 0) {
        return UINT64_MAX;
    }

    bps = trade->granted_bps ? trade->granted_bps : JUPREF_FEE_BPS_MAX;
    bound = (unsigned __int128) leg * bps * 2 / 10000 + 1;

    return bound < UINT64_MAX ? (uint64_t) bound : UINT64_MAX;
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


static void
jupref_say(jupref_word_t *word, jupref_verdict_e verdict,
    jupref_reason_e reason)
{
    word->verdict = verdict;
    word->reason = reason;
}
