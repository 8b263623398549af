/*
 * What is made of a finding: the event that books it, and the names of
 * reasons (the header is jupref_evidence.h's).
 */

#include "ledger/jupref_evidence.h"

#include <string.h>

#include "solana/jupref_address.h"


/* One row a reason; those that stand in the log are never renamed. */
static const struct {
    const char  *name;
    const char  *text;
} jupref_reasons[JUPREF_REASONS] = {
    [JUPREF_REASON_NONE] = { "none", "nothing is wrong" },
    [JUPREF_REASON_MANUAL] = { "manual", "a person ruled so" },
    [JUPREF_REASON_FAILED_ON_CHAIN] = { "failed_on_chain",
        "the transaction landed and failed" },
    [JUPREF_REASON_WRONG_TAKER] = { "wrong_taker",
        "the taker isn't among the signers" },
    [JUPREF_REASON_FOREIGN_MESSAGE] = { "foreign_message",
        "the transaction isn't the one that was priced" },
    [JUPREF_REASON_UNKNOWN_ROUTER] = { "unknown_router",
        "no program that we know as a router is called" },
    [JUPREF_REASON_PLAIN_DEPOSIT] = { "plain_deposit",
        "a transfer to the fee account, and no swap" },
    [JUPREF_REASON_CLAIM_IN_TRANSACTION] = { "claim_in_transaction",
        "the referral program is called in it, so that what arrived can't be "
        "told from what was claimed" },
    [JUPREF_REASON_FEE_ACCOUNT_CLOSED] = { "fee_account_closed",
        "the fee account is gone behind it" },
    [JUPREF_REASON_FEE_MISSING] = { "fee_missing",
        "a fee was promised and none arrived" },
    [JUPREF_REASON_NOT_CHARGED] = { "not_charged",
        "Jupiter had dropped the fee, and none arrived" },
    [JUPREF_REASON_BLOCK_HEIGHT_PASSED] = { "block_height_passed",
        "it wasn't found, and can't land any more" },
    [JUPREF_REASON_HISTORY_GONE] = { "history_gone",
        "no node's history reaches back to it" },
    [JUPREF_REASON_FEE_SETTLED_LATER] = { "fee_settled_later",
        "a maker filled it, and Jupiter settles its fee later" },
    [JUPREF_REASON_HEIGHT_UNKNOWN] = { "height_unknown",
        "it wasn't found, and until when it could land isn't known" },
    [JUPREF_REASON_TOO_FEW_NODES] = { "too_few_nodes",
        "it wasn't found, and one node's silence proves nothing" },
    [JUPREF_REASON_NODES_WRONG] = { "nodes_wrong",
        "nodes show another transaction for its signature" },
    [JUPREF_REASON_NOT_ASKED] = { "not_asked", "no node has answered yet" },
    [JUPREF_REASON_NOT_FOUND] = { "not_found", "no node has it yet" },
    [JUPREF_REASON_NOT_FINALIZED] = { "not_finalized",
        "it landed and isn't finalized yet" },
    [JUPREF_REASON_NOT_SHOWN] = { "not_shown",
        "it is finalized, and the nodes asked don't show what it did" },
    [JUPREF_REASON_OTHER_TRANSACTION] = { "other_transaction",
        "the node shows a transaction of another signature" },
    [JUPREF_REASON_BAD_SIGNATURE] = { "bad_signature",
        "the node shows a transaction that its payer hasn't signed" },
    [JUPREF_REASON_NO_ACCOUNTS] = { "no_accounts",
        "where the fee should arrive isn't known" },
    [JUPREF_REASON_ONE_WITNESS] = { "one_witness",
        "fewer nodes show what it did than must agree" },
    [JUPREF_REASON_WITNESSES_DISAGREE] = { "witnesses_disagree",
        "nodes contradict each other in what it did" },
    [JUPREF_REASON_FEE_IMPLAUSIBLE] = { "fee_implausible",
        "nodes show a larger fee than the trade can have paid" }
};


unsigned
jupref_evidence_event(const jupref_evidence_t *evidence,
    const jupref_finding_t *finding, jupref_event_t *event)
{
    size_t                    len;
    const char               *name;
    jupref_trade_verified_t  *verified;

    static const jupref_event_type_e  types[] = {
        [JUPREF_VERDICT_WAIT] = JUPREF_EVENT_NONE,
        [JUPREF_VERDICT_ELSEWHERE] = JUPREF_EVENT_NONE,
        [JUPREF_VERDICT_VERIFIED] = JUPREF_EVENT_TRADE_VERIFIED,
        [JUPREF_VERDICT_REJECTED] = JUPREF_EVENT_TRADE_REJECTED,
        [JUPREF_VERDICT_EXPIRED] = JUPREF_EVENT_TRADE_EXPIRED,
        [JUPREF_VERDICT_UNPROVED] = JUPREF_EVENT_TRADE_UNPROVED
    };

    memset(event, 0, sizeof(jupref_event_t));
    event->type = types[finding->verdict];

    if (event->type == JUPREF_EVENT_NONE
        || (event->type == JUPREF_EVENT_TRADE_UNPROVED
            && evidence->trade->state == JUPREF_STATE_UNPROVED))
    {
        return 0;
    }

    if (event->type == JUPREF_EVENT_TRADE_VERIFIED) {
        verified = &event->of.trade_verified;
        verified->signature = evidence->trade->signature;
        verified->fee_mint = finding->fee_mint;
        verified->fee = finding->fee;
        verified->slot = finding->slot;
        return 1;
    }

    event->of.trade_ruled.signature = evidence->trade->signature;

    name = jupref_reason_name(finding->reason);
    len = strlen(name);
    memcpy(event->of.trade_ruled.reason, name,
           len < JUPREF_REASON_MAX ? len : JUPREF_REASON_MAX);

    return 1;
}


unsigned
jupref_evidence_accounts(jupref_fee_account_t accounts[JUPREF_FEE_ACCOUNTS],
    const jupref_pubkey_t *referral_account, const jupref_trade_row_t *trade)
{
    unsigned  i, count;

    const jupref_pubkey_t *const  mints[] = {
        &trade->input_mint, &trade->output_mint
    };

    const jupref_pubkey_t *const  programs[] = {
        &jupref_token_program, &jupref_token_2022_program
    };

    for (count = 0, i = 0; i < JUPREF_FEE_ACCOUNTS; i++) {
        accounts[count].mint = *mints[i / 2];

        if (!jupref_find_token_account(&accounts[count].account,
                                       referral_account, mints[i / 2],
                                       programs[i % 2]))
        {
            return 0;
        }

        count++;
    }

    return count;
}


jupref_said_e
jupref_said_by_transaction(jupref_chain_result_e result)
{
    switch (result) {

    case JUPREF_CHAIN_OK:
        return JUPREF_SAID_FINALIZED;

    case JUPREF_CHAIN_NULL:
        return JUPREF_SAID_NULL;

    case JUPREF_CHAIN_NO_META:
        return JUPREF_SAID_NO_HISTORY;

    /* something is there, and what can't be read isn't silence */

    case JUPREF_CHAIN_MALFORMED:
    case JUPREF_CHAIN_INCONSISTENT:
    case JUPREF_CHAIN_TOO_LARGE:
    case JUPREF_CHAIN_BAD_TRANSACTION:
        return JUPREF_SAID_FINALIZED;

    default:
        return JUPREF_SAID_NOTHING;
    }
}


jupref_said_e
jupref_said_by_status(const jupref_signature_status_t *status,
    unsigned searched)
{
    static const jupref_said_e  said[] = {
        [JUPREF_COMMITMENT_NONE] = JUPREF_SAID_PROCESSED,
        [JUPREF_COMMITMENT_PROCESSED] = JUPREF_SAID_PROCESSED,
        [JUPREF_COMMITMENT_CONFIRMED] = JUPREF_SAID_CONFIRMED,
        [JUPREF_COMMITMENT_FINALIZED] = JUPREF_SAID_FINALIZED
    };

    if (!status->found) {
        return searched ? JUPREF_SAID_NULL : JUPREF_SAID_NULL_RECENT;
    }

    return said[status->commitment];
}


jupref_said_e
jupref_said_by_error(int64_t code)
{
    unsigned  i;

    /* block cleaned up, no history, long term storage, unknown before/until,
     * no slot history */

    static const int64_t  codes[] = { -32001, -32011, -32019, -32020, -32021 };

    for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i] == code) {
            return JUPREF_SAID_NO_HISTORY;
        }
    }

    return JUPREF_SAID_NOTHING;
}


const char *
jupref_reason_name(jupref_reason_e reason)
{
    return jupref_reasons[reason].name;
}


const char *
jupref_reason_text(jupref_reason_e reason)
{
    return jupref_reasons[reason].text;
}


jupref_reason_e
jupref_reason_of(const uint8_t words[JUPREF_REASON_MAX])
{
    unsigned        reason;
    jupref_bytes_t  text;

    text = jupref_padded(words, JUPREF_REASON_MAX);

    if (text.len == 0) {
        return JUPREF_REASON_NONE;
    }

    for (reason = JUPREF_REASON_FAILED_ON_CHAIN; reason < JUPREF_REASONS;
         reason++)
    {
        if (strlen(jupref_reasons[reason].name) == text.len
            && memcmp(jupref_reasons[reason].name, text.data, text.len) == 0)
        {
            return reason;
        }
    }

    return JUPREF_REASON_MANUAL;
}


const char *
jupref_verdict_name(jupref_verdict_e verdict)
{
    static const char *const  names[] = {
        [JUPREF_VERDICT_WAIT] = "wait",
        [JUPREF_VERDICT_ELSEWHERE] = "elsewhere",
        [JUPREF_VERDICT_VERIFIED] = "verified",
        [JUPREF_VERDICT_REJECTED] = "rejected",
        [JUPREF_VERDICT_EXPIRED] = "expired",
        [JUPREF_VERDICT_UNPROVED] = "unproved"
    };

    return names[verdict];
}
