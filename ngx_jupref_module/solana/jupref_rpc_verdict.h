/*
 * What a node's answer means for the call and for the node.
 *
 * Two tables, by JSON-RPC error code and by HTTP status; the status outranks
 * the body, because vendors use codes of their own under 429 and 403.  Sources
 * are Agave's custom_error.rs and the codes of @solana/kit.
 */

#ifndef JUPREF_RPC_VERDICT_H
#define JUPREF_RPC_VERDICT_H


#include "solana/jupref_rpc_answer.h"
#include "solana/jupref_rpc_method.h"


/* Whether another node may answer better. */
typedef enum {
    JUPREF_RPC_OTHER_NEVER = 0,         /* every node would say the same */
    JUPREF_RPC_OTHER_YES,
    JUPREF_RPC_OTHER_ONCE,              /* one more, not all of them */
    JUPREF_RPC_OTHER_FRESHER,           /* one that is further ahead */
    JUPREF_RPC_OTHER_AFTER_SLOT         /* after about a slot's time */
} jupref_rpc_other_e;


/* What it counts against the node. */
typedef enum {
    JUPREF_RPC_MARK_NONE = 0,
    JUPREF_RPC_MARK_SOFT,               /* its score only */
    JUPREF_RPC_MARK_FAILED,             /* a failure, as max_fails counts */
    JUPREF_RPC_MARK_OUT,                /* out of the pool until a probe says
                                         * that it is well */
    JUPREF_RPC_MARK_THROTTLE,           /* left alone for retry_after_ms */
    JUPREF_RPC_MARK_ALARM               /* key or address blocked: stop, and
                                         * tell the operator */
} jupref_rpc_mark_e;


/* How an exchange ended, when not with an HTTP answer. */
typedef enum {
    JUPREF_RPC_ANSWERED = 0,
    JUPREF_RPC_NOT_CONNECTED,           /* the call never reached the node */
    JUPREF_RPC_TIMED_OUT,
    JUPREF_RPC_RESET,                   /* or cut before its end */
    JUPREF_RPC_TOO_LARGE                /* more than we take */
} jupref_rpc_transport_e;


typedef struct {
    const char           *name;         /* for log and metric */

    /* 1: this is an answer that the client may have, if no better one comes;
     * 0: it has to be told by an error of our own */
    unsigned              deliver:1;

    /* the node hasn't this method: remember for minutes, no fault */
    unsigned              lacks_method:1;

    /* it wasn't reached, or had no work with it: asking another one takes
     * nothing from nodes in trouble */
    unsigned              costless:1;
    jupref_rpc_other_e    other;
    jupref_rpc_mark_e     mark;
    uint64_t              retry_after_ms;       /* with THROTTLE, else 0 */

    /* the error of our own when nothing can be delivered */
    int                   code;
    const char           *message;
} jupref_rpc_verdict_t;


/* One row of the table of codes. */
typedef struct {
    int                   code;
    const char           *name;
    jupref_rpc_other_e    other;
    jupref_rpc_mark_e     mark;

    /* vendors tell rate limits by it: the message decides */
    unsigned              by_message:1;

    /* the node didn't begin it: another may be asked whatever the method */
    unsigned              not_begun:1;
    const char           *note;
} jupref_rpc_code_t;


typedef struct {
    jupref_rpc_transport_e       transport;
    unsigned                     status;        /* HTTP, when ANSWERED */
    jupref_bytes_t               retry_after;   /* the header, empty: none */
    const jupref_rpc_answer_t   *answer;        /* NULL: no body was read */
} jupref_rpc_outcome_t;


/*
 * Never asks for another node where asking twice may do harm (requestAirdrop,
 * unknown methods), unless the first one can't have begun.  A result of null
 * is a result: one node's silence proves nothing, but neither does another's.
 */
void jupref_rpc_verdict(jupref_rpc_verdict_t *verdict,
    const jupref_rpc_method_t *method, const jupref_rpc_outcome_t *outcome);


/* The tables' rows; `jupref_rpc_code_find` never NULL: the row for codes that
 * aren't listed (code 0). */
extern const jupref_rpc_code_t  jupref_rpc_codes[];
extern const unsigned           jupref_rpc_code_count;

const jupref_rpc_code_t *jupref_rpc_code_find(int64_t code);

/* Retry-After as seconds, bounded; `otherwise_ms` when it can't be read. */
uint64_t jupref_rpc_retry_after_ms(jupref_bytes_t header,
    uint64_t otherwise_ms);

const char *jupref_rpc_other_name(jupref_rpc_other_e other);
const char *jupref_rpc_mark_name(jupref_rpc_mark_e mark);


#endif /* JUPREF_RPC_VERDICT_H */
