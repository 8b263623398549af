/*
 * sendTransaction, judged before anything is sent and again over the answers
 * of several nodes.
 *
 * The transaction's id is its first signature, known beforehand; so the same
 * bytes may go to many nodes (they can land once only), and a node that
 * answers with another signature lies.  A transaction that no node can take is
 * refused here, with what is wrong and what would be right.
 *
 * A failed preflight is an answer about the transaction only from the node
 * that is furthest ahead: the judge.  Copies for other nodes skip it.
 */

#ifndef JUPREF_RPC_SEND_H
#define JUPREF_RPC_SEND_H


#include "solana/jupref_rpc_call.h"
#include "solana/jupref_rpc_verdict.h"
#include "solana/jupref_transaction.h"


typedef enum {
    JUPREF_SEND_OK = 0,
    JUPREF_SEND_NO_TRANSACTION,
    JUPREF_SEND_NOT_STRING,
    JUPREF_SEND_BAD_CONFIG,
    JUPREF_SEND_BAD_ENCODING,
    JUPREF_SEND_BAD_COMMITMENT,
    JUPREF_SEND_BAD_SKIP,
    JUPREF_SEND_BAD_RETRIES,
    JUPREF_SEND_BAD_MIN_SLOT,
    JUPREF_SEND_TOO_LONG,               /* as text, in its encoding */
    JUPREF_SEND_BAD_BASE58,
    JUPREF_SEND_BAD_BASE64,
    JUPREF_SEND_BAD_TRANSACTION,        /* `parsed` says what */
    JUPREF_SEND_NOT_SIGNED,
    JUPREF_SEND_HALF_SIGNED,
    JUPREF_SEND_NO_MEMORY
} jupref_send_result_e;

#define JUPREF_SEND_RESULTS  (JUPREF_SEND_NO_MEMORY + 1)


/* Has spans into itself: not to be moved once read. */
typedef struct {
    jupref_transaction_result_e  parsed;
    jupref_transaction_t         transaction;
    jupref_signature_t           signature;     /* the transaction's id */
    uint8_t                      text[JUPREF_SIGNATURE_TEXT];
    size_t                       text_len;
    uint8_t                      message_hash[JUPREF_SHA256_SIZE];

    unsigned                     skip_preflight:1;
    unsigned                     has_max_retries:1;
    jupref_commitment_e          commitment;    /* NONE: not given */
    uint64_t                     max_retries;
    uint64_t                     min_slot;      /* 0: not given */

    size_t                       len;
    uint8_t                      bytes[JUPREF_TRANSACTION_MAX];
} jupref_send_t;


/* `call` is one of sendTransaction that is OK. */
jupref_send_result_e jupref_send_read(jupref_send_t *send,
    const jupref_rpc_body_t *body, const jupref_rpc_call_t *call);

/* The JSON-RPC error of a result: -32602, or -32603 without memory; the
 * message with BAD_TRANSACTION comes from `send->parsed`, too. */
int jupref_send_code(jupref_send_result_e result);
const char *jupref_send_text(jupref_send_result_e result);
#define JUPREF_SEND_MESSAGE  192
jupref_bytes_t jupref_send_message(uint8_t room[JUPREF_SEND_MESSAGE],
    const jupref_send_t *send, jupref_send_result_e result);


/*
 * The body for a node: base64 always.  The judge's has the client's own
 * preflight, commitment and minContextSlot (`min_slot` raises it); a copy
 * skips the preflight and asks for no slot.  The length, or 0 when it doesn't
 * fit into `size`, which it does in JUPREF_SEND_BODY.
 */
#define JUPREF_SEND_BODY  (JUPREF_TRANSACTION_BASE64_MAX + 320)

size_t jupref_send_write(uint8_t *room, size_t size,
    const jupref_send_t *send, uint64_t id, uint64_t min_slot,
    unsigned copy);

/*
 * How many nodes to ask at once of `fanout`.  With a preflight wanted it is
 * the judge alone: copies sent beside it would put on chain what it refuses.
 * The others get theirs when the judge has accepted.
 */
unsigned jupref_send_at_once(const jupref_send_t *send, unsigned fanout);


/* Over the answers.  Answers are named by numbers of the caller's. */
typedef enum {
    JUPREF_SEND_WAIT = 0,               /* others are still out */
    JUPREF_SEND_ACCEPTED,               /* tell the client its signature */
    JUPREF_SEND_REFUSED,                /* deliver the answer `best` */
    JUPREF_SEND_ASK_ANOTHER,            /* nobody is left out; `best` has what
                                         * to deliver when there is no more */
    JUPREF_SEND_ASK_FRESHER             /* the same, and only a node further
                                         * ahead can know better */
} jupref_send_decision_e;

#define JUPREF_SEND_NO_ANSWER  (-1)

typedef struct {
    unsigned                 asked;     /* bodies sent */
    unsigned                 answered;
    unsigned                 preflights;        /* that failed */
    unsigned                 rank;      /* of `best` */
    int                      best;      /* an answer's number or NO_ANSWER */
    unsigned                 fresher:1; /* a node was behind the blockhash */
    jupref_send_decision_e   decision;
} jupref_send_race_t;


typedef struct {
    jupref_rpc_verdict_t     verdict;   /* of this answer alone */
    unsigned                 lied:1;    /* another signature than ours */
    unsigned                 accepted:1;
    jupref_send_decision_e   decision;
} jupref_send_step_t;


void jupref_send_race_init(jupref_send_race_t *race);

/* A body goes out to a node. */
void jupref_send_race_ask(jupref_send_race_t *race);

/*
 * An answer, or what came in its place, with its number (0 or more); `judge`
 * when it is that of a node asked with the client's own configuration and is
 * the freshest of those asked.  Once ACCEPTED or REFUSED that stands.
 */
void jupref_send_race_answer(jupref_send_race_t *race,
    jupref_send_step_t *step, const jupref_send_t *send, int number,
    unsigned judge, const jupref_rpc_method_t *method,
    const jupref_rpc_outcome_t *outcome);


#endif /* JUPREF_RPC_SEND_H */
