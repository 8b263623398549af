/*
 * Evidence: what nodes say about one trade, and what follows for the books
 * (design, "Evidence").
 *
 * Told are the trade as it is booked, the accounts where its fee may arrive,
 * and what each node that was asked has said; decided is one of six verdicts,
 * with a reason that has a name.  Nothing is remembered between two calls:
 * the ledger says what is booked, nodes say the rest.
 *
 *     a finalized transaction    judged by the rules below, in this order,
 *                                when as many trusted nodes as must agree
 *                                show it alike
 *     not finalized yet          wait
 *     null                       nothing, until two nodes whose finalized
 *                                block height had passed the trade's last
 *                                valid one say so, out of their history:
 *                                expired
 *     no history                 ask elsewhere; when nobody is left: unproved
 *
 *     1  it is the transaction that was asked for, and its payer signed it;
 *        else the node is wrong, not the trade: ask elsewhere
 *     2  meta.err is null                      failed_on_chain
 *     3  the taker is among the signers        wrong_taker
 *     4  the message is the priced one         foreign_message
 *     5  a router is called at the top level   unknown_router, and where all
 *                                              that is called is plumbing
 *                                              plain_deposit
 *     6  the referral program isn't called     claim_in_transaction
 *     7  a fee account has grown               fee_account_closed,
 *                                              fee_missing, not_charged
 *
 * An account's signature is over its message alone, so what 1 has passed is
 * the transaction of that signature.  What it did (2, 6, 7 and its slot) is a
 * node's to make up: nothing is booked on the word of one, but where that is
 * configured.  Where they contradict each other all are asked, and most of
 * them decide; the others are liars.
 *
 * What counts is F, by how much a fee account's own amount has grown: with a
 * transfer fee that is what arrived, not what was sent.  More than twice what
 * Jupiter had granted of the leg's amount isn't believed: fee_implausible.
 *
 * Where a maker of quotes fills the swap (RFQ) Jupiter settles the fee later,
 * so one that hasn't grown proves nothing: unproved, not rejected.
 */

#ifndef JUPREF_EVIDENCE_H
#define JUPREF_EVIDENCE_H


#include "ledger/jupref_ledger.h"
#include "solana/jupref_rpc_results.h"
#include "solana/jupref_rpc_transaction.h"


/* A node's null says nothing of what is older: unstaked nodes keep about two
 * epochs. */
#define JUPREF_EVIDENCE_HISTORY_MS   (24 * 60 * 60 * UINT64_C(1000))

/* How long a trade that no node knows is waited for before the pool is found
 * too small to say: blockhashes live for a minute or so. */
#define JUPREF_EVIDENCE_PATIENCE_MS  (10 * 60 * UINT64_C(1000))

/* Nodes that must agree, unless it is configured otherwise, and at most. */
#define JUPREF_EVIDENCE_WITNESSES      2
#define JUPREF_EVIDENCE_WITNESSES_MAX  4

/* Nodes that are heard about one trade; a liar is told by a bit. */
#define JUPREF_EVIDENCE_NODES        32


typedef enum {
    JUPREF_SAID_NOTHING = 0,            /* not asked, or no usable answer */
    JUPREF_SAID_NULL_RECENT,            /* null, from its recent cache only */
    JUPREF_SAID_NULL,                   /* null, its history searched */
    JUPREF_SAID_NO_HISTORY,             /* it has none that reaches there */
    JUPREF_SAID_PROCESSED,
    JUPREF_SAID_CONFIRMED,
    JUPREF_SAID_FINALIZED
} jupref_said_e;


typedef enum {
    JUPREF_VERDICT_WAIT = 0,            /* ask again, later */
    JUPREF_VERDICT_ELSEWHERE,           /* ask nodes that weren't asked yet */
    JUPREF_VERDICT_VERIFIED,
    JUPREF_VERDICT_REJECTED,
    JUPREF_VERDICT_EXPIRED,
    JUPREF_VERDICT_UNPROVED             /* nobody can say; may be asked again */
} jupref_verdict_e;


/*
 * Why.  Those of rulings stand in the log by name and in a trade's row by
 * number: a new one goes to the end.
 */
typedef enum {
    JUPREF_REASON_NONE = 0,
    JUPREF_REASON_MANUAL,               /* a person's words, see the event */

    /* rejected */
    JUPREF_REASON_FAILED_ON_CHAIN,
    JUPREF_REASON_WRONG_TAKER,
    JUPREF_REASON_FOREIGN_MESSAGE,
    JUPREF_REASON_UNKNOWN_ROUTER,
    JUPREF_REASON_PLAIN_DEPOSIT,
    JUPREF_REASON_CLAIM_IN_TRANSACTION,
    JUPREF_REASON_FEE_ACCOUNT_CLOSED,
    JUPREF_REASON_FEE_MISSING,          /* promised, and it didn't arrive */
    JUPREF_REASON_NOT_CHARGED,          /* Jupiter had dropped the fee */

    /* expired */
    JUPREF_REASON_BLOCK_HEIGHT_PASSED,

    /* unproved */
    JUPREF_REASON_HISTORY_GONE,
    JUPREF_REASON_FEE_SETTLED_LATER,    /* RFQ */
    JUPREF_REASON_HEIGHT_UNKNOWN,       /* no last valid block height */
    JUPREF_REASON_TOO_FEW_NODES,        /* silence, and one node to tell it */
    JUPREF_REASON_NODES_WRONG,          /* none shows the right transaction */

    /* wait, elsewhere */
    JUPREF_REASON_NOT_ASKED,
    JUPREF_REASON_NOT_FOUND,
    JUPREF_REASON_NOT_FINALIZED,
    JUPREF_REASON_NOT_SHOWN,            /* finalized, but not shown */
    JUPREF_REASON_OTHER_TRANSACTION,    /* its signature isn't ours */
    JUPREF_REASON_BAD_SIGNATURE,        /* its payer hasn't signed it */
    JUPREF_REASON_NO_ACCOUNTS,          /* no fee account was told */

    /* of later days, by what they are: wait, elsewhere, unproved */
    JUPREF_REASON_ONE_WITNESS,          /* shown by fewer than must agree */
    JUPREF_REASON_WITNESSES_DISAGREE,
    JUPREF_REASON_FEE_IMPLAUSIBLE,      /* unproved: more than can be */
    JUPREF_REASONS
} jupref_reason_e;


/* What the transaction that a node showed says, and by what. */
typedef struct {
    jupref_reason_e                  not_ours;  /* NONE: it is the trade's */
    jupref_verdict_e                 verdict;   /* by this word alone */
    jupref_reason_e                  reason;
    jupref_pubkey_t                  fee_mint;
    uint64_t                         fee;
    uint64_t                         slot;
    uint8_t                          digest[JUPREF_SHA256_SIZE];
    unsigned                         heard:1;   /* the rest is told */
} jupref_word_t;


/*
 * What one node said; a node is one witness, however often it was asked.
 * `status` is what getSignatureStatuses said, `transaction` what
 * getTransaction at finalized did: NULL, NO_HISTORY, FINALIZED or NOTHING.
 * What `shown` says is kept in `word` when it is judged, so that it may be
 * gone by the next time.
 */
typedef struct {
    jupref_said_e                    status;
    jupref_said_e                    transaction;
    uint64_t                         finalized_height;  /* told before the
                                         * rest was asked; 0: not told */
    const jupref_rpc_transaction_t  *shown;     /* with FINALIZED only */
    jupref_word_t                    word;      /* judge()'s own */
    unsigned                         trusted:1; /* healthy when it was asked:
                                         * the word of others counts neither
                                         * for nor against anything */
} jupref_witness_t;


/* An account where a fee may arrive. */
typedef struct {
    jupref_pubkey_t                  account;
    jupref_pubkey_t                  mint;
} jupref_fee_account_t;


/* Two mints, each under both token programs. */
#define JUPREF_FEE_ACCOUNTS  4

/* Of all referral accounts that are looked at. */
#define JUPREF_EVIDENCE_ACCOUNTS  (8 * JUPREF_FEE_ACCOUNTS)


typedef struct {
    const jupref_trade_row_t        *trade;
    jupref_pubkey_t                  fee_mint;  /* zero: not known */
    const jupref_fee_account_t      *accounts;
    unsigned                         account_count;
    jupref_witness_t                *witnesses;
    unsigned                         witness_count;
    unsigned                         quorum;    /* that must agree, from 1 */
    unsigned                         nodes_left;        /* not asked yet */
    uint64_t                         now_ms;
} jupref_evidence_t;


typedef struct {
    jupref_verdict_e                 verdict;
    jupref_reason_e                  reason;
    jupref_pubkey_t                  fee_mint;  /* verified */
    uint64_t                         fee;       /* base units, > 0 */
    uint64_t                         slot;      /* of what was judged */
    unsigned                         witness;   /* whose word decided */
    uint32_t                         liars;     /* bit i: witness i showed
                                                 * what it wasn't asked for,
                                                 * or most say otherwise */
    unsigned                         disagreed:1;       /* some do */
} jupref_finding_t;


void jupref_evidence_judge(const jupref_evidence_t *evidence,
    jupref_finding_t *finding);

/*
 * The event that books a verdict; 0 for those that book nothing (wait,
 * elsewhere, and unproved what is unproved for that reason already).
 */
unsigned jupref_evidence_event(const jupref_evidence_t *evidence,
    const jupref_finding_t *finding, jupref_event_t *event);

/*
 * The accounts where a trade's fee may arrive: the referral account's, for
 * the mints that are swapped, under both token programs.  Returns how many; 0
 * when memory is out.
 */
unsigned jupref_evidence_accounts(
    jupref_fee_account_t accounts[JUPREF_FEE_ACCOUNTS],
    const jupref_pubkey_t *referral_account, const jupref_trade_row_t *trade);

/* What a node's answer to getTransaction says, by how it was read: one that
 * can't be says FINALIZED, with nothing shown. */
jupref_said_e jupref_said_by_transaction(jupref_chain_result_e result);

/* The same of one status; `searched`: with searchTransactionHistory. */
jupref_said_e jupref_said_by_status(const jupref_signature_status_t *status,
    unsigned searched);

/* What an error of a node says: NO_HISTORY by -32001, -32011, -32019, -32020
 * and -32021, else NOTHING. */
jupref_said_e jupref_said_by_error(int64_t code);

/* "wrong_taker": stable, for the log, metrics and the API. */
const char *jupref_reason_name(jupref_reason_e reason);

/* One line for a person. */
const char *jupref_reason_text(jupref_reason_e reason);

/* The number of a ruling's name; MANUAL for other words, NONE for nothing. */
jupref_reason_e jupref_reason_of(const uint8_t words[JUPREF_REASON_MAX]);

/* "wait", "elsewhere", "verified", … */
const char *jupref_verdict_name(jupref_verdict_e verdict);


#endif /* JUPREF_EVIDENCE_H */
