/*
 * The tables of errors, and the few cases where a row alone doesn't tell.
 *
 * The status first: under 429, 401 and 403 vendors send codes that mean other
 * things elsewhere.  Then the code.  Codes that rate limits hide behind are
 * told by the message.
 */

#include "solana/jupref_rpc_verdict.h"
#include "base/jupref_number.h"

#include <string.h>


#define JUPREF_RPC_RETRY_MS        1000         /* no Retry-After */
#define JUPREF_RPC_RETRY_MOST_SEC  300

#define JUPREF_RPC_NO_METHOD       (-32601)
#define JUPREF_RPC_INTERNAL        (-32603)
#define JUPREF_RPC_PREFLIGHT       (-32002)
#define JUPREF_RPC_GENERIC         (-32000)
#define JUPREF_RPC_TOO_MANY        429

#define JUPREF_RPC_SAY_THROTTLED                                              \
    "Too many requests: nodes are at their limits"
#define JUPREF_RPC_SAY_REFUSED                                                \
    "Internal error: nodes refuse this gateway"


/* What came in place of an answer that can be read. */
typedef struct {
    unsigned              status;       /* first and last of HTTP's */
    unsigned              last;
    const char           *name;
    jupref_rpc_other_e    other;
    jupref_rpc_mark_e     mark;
    unsigned              not_begun:1;
    unsigned              deliver:1;    /* an error in the body, if any */
    int                   code;         /* of our own error */
    const char           *message;
} jupref_rpc_failure_t;


static const jupref_rpc_failure_t *jupref_rpc_failure(
    const jupref_rpc_outcome_t *outcome);
static void jupref_rpc_by_failure(jupref_rpc_verdict_t *verdict,
    const jupref_rpc_failure_t *failure, const jupref_rpc_outcome_t *outcome);
static unsigned jupref_rpc_by_code(jupref_rpc_verdict_t *verdict,
    const jupref_rpc_answer_t *answer);
static unsigned jupref_rpc_is_throttled(jupref_bytes_t message);
static unsigned jupref_rpc_contains(jupref_bytes_t text, const char *word);


/* Sorted by code, the highest first; the last row stands for all others. */
const jupref_rpc_code_t  jupref_rpc_codes[] = {
    { 429, "too_many_requests",
      JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_THROTTLE, 0, 1,
      "HTTP's status as a code" },
    { 403, "forbidden",
      JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_ALARM, 0, 1,
      "HTTP's status as a code" },
    { 401, "unauthorized",
      JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_ALARM, 0, 1,
      "HTTP's status as a code" },
    { -32000, "generic",
      JUPREF_RPC_OTHER_ONCE, JUPREF_RPC_MARK_NONE, 1, 0,
      "the message tells what it is" },
    { -32001, "block_cleaned_up",
      JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_NONE, 0, 0,
      "an archive may have it" },
    { -32002, "preflight_failure",
      JUPREF_RPC_OTHER_NEVER, JUPREF_RPC_MARK_NONE, 0, 0,
      "but a node behind the blockhash can't know: a fresher one" },
    { -32003, "signature_verification_failure",
      JUPREF_RPC_OTHER_NEVER, JUPREF_RPC_MARK_NONE, 0, 0,
      "rarely seen since Agave 3.1" },
    { -32004, "block_not_available",
      JUPREF_RPC_OTHER_AFTER_SLOT, JUPREF_RPC_MARK_NONE, 0, 0,
      "not there yet" },
    { -32005, "node_unhealthy",
      JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_OUT, 1, 1,
      "data.numSlotsBehind; some vendors' rate limit" },
    { -32006, "precompile_verification_failure",
      JUPREF_RPC_OTHER_NEVER, JUPREF_RPC_MARK_NONE, 0, 0, NULL },
    { -32007, "slot_skipped",
      JUPREF_RPC_OTHER_ONCE, JUPREF_RPC_MARK_NONE, 1, 0,
      "or missing after a jump in the node's ledger" },
    { -32008, "no_snapshot",
      JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_NONE, 0, 0, NULL },
    { -32009, "long_term_storage_slot_skipped",
      JUPREF_RPC_OTHER_ONCE, JUPREF_RPC_MARK_NONE, 0, 0, NULL },
    { -32010, "key_excluded_from_secondary_index",
      JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_NONE, 0, 0,
      "each provider has its own index" },
    { -32011, "transaction_history_not_available",
      JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_NONE, 0, 0,
      "this node keeps none" },
    { -32012, "scan_error",
      JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_NONE, 0, 0, NULL },
    { -32013, "signature_len_mismatch",
      JUPREF_RPC_OTHER_NEVER, JUPREF_RPC_MARK_NONE, 0, 0, NULL },
    { -32014, "block_status_not_available_yet",
      JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_NONE, 0, 0, NULL },
    { -32015, "unsupported_transaction_version",
      JUPREF_RPC_OTHER_NEVER, JUPREF_RPC_MARK_NONE, 0, 0,
      "the call's own maxSupportedTransactionVersion" },
    { -32016, "min_context_slot_not_reached",
      JUPREF_RPC_OTHER_FRESHER, JUPREF_RPC_MARK_SOFT, 0, 0,
      "data.contextSlot" },
    { -32017, "epoch_rewards_period_active",
      JUPREF_RPC_OTHER_NEVER, JUPREF_RPC_MARK_NONE, 0, 0, NULL },
    { -32018, "slot_not_epoch_boundary",
      JUPREF_RPC_OTHER_NEVER, JUPREF_RPC_MARK_NONE, 0, 0, NULL },
    { -32019, "long_term_storage_unreachable",
      JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_SOFT, 0, 0, NULL },
    { -32020, "filter_transaction_not_found",
      JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_NONE, 0, 0,
      "before or until is unknown here; Agave 4.0 and later" },
    { -32021, "no_slot_history",
      JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_NONE, 0, 0, NULL },
    { -32600, "invalid_request",
      JUPREF_RPC_OTHER_NEVER, JUPREF_RPC_MARK_NONE, 0, 0, NULL },
    { -32601, "method_not_found",
      JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_NONE, 0, 1,
      "what a node can do, not how it is" },
    { -32602, "invalid_params",
      JUPREF_RPC_OTHER_NEVER, JUPREF_RPC_MARK_NONE, 0, 0,
      "also for a commitment that the method doesn't take" },
    { -32603, "internal_error",
      JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_FAILED, 0, 0, NULL },
    { -32700, "parse_error",
      JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_FAILED, 0, 0,
      "what was sent was JSON" },
    { 0, "unlisted",
      JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_SOFT, 0, 0,
      "Agave keeps adding codes" }
};

const unsigned  jupref_rpc_code_count = sizeof(jupref_rpc_codes)
                                        / sizeof(jupref_rpc_codes[0]);


/* By status, the first that fits; 200 isn't among them. */
static const jupref_rpc_failure_t  jupref_rpc_statuses[] = {
    { 401, 403, "refused", JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_ALARM, 1, 0,
      JUPREF_RPC_INTERNAL, JUPREF_RPC_SAY_REFUSED },
    { 413, 413, "call_too_large", JUPREF_RPC_OTHER_NEVER,
      JUPREF_RPC_MARK_NONE, 1, 1,
      -32600, "Invalid request: larger than nodes take" },
    { 429, 429, "throttled", JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_THROTTLE,
      1, 0,
      JUPREF_RPC_TOO_MANY, JUPREF_RPC_SAY_THROTTLED },
    { 500, 599, "node_failed", JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_FAILED,
      0, 1,
      JUPREF_RPC_INTERNAL, "Internal error: nodes fail" },
    { 300, 399, "redirected", JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_FAILED,
      1, 0,
      JUPREF_RPC_INTERNAL, "Internal error: a node's address is wrong" }
};


static const jupref_rpc_failure_t  jupref_rpc_unreadable = {
    0, 0, "unreadable", JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_FAILED, 0, 0,
    JUPREF_RPC_INTERNAL, "Internal error: a node's answer can't be read"
};


static const jupref_rpc_failure_t  jupref_rpc_transports[] = {
    [JUPREF_RPC_NOT_CONNECTED] = { 0, 0, "not_connected",
      JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_FAILED, 1, 0,
      JUPREF_RPC_INTERNAL, "Internal error: no node can be reached" },
    [JUPREF_RPC_TIMED_OUT] = { 0, 0, "timed_out",
      JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_FAILED, 0, 0,
      JUPREF_RPC_INTERNAL, "Internal error: no node answered in time" },
    [JUPREF_RPC_RESET] = { 0, 0, "reset",
      JUPREF_RPC_OTHER_YES, JUPREF_RPC_MARK_FAILED, 0, 0,
      JUPREF_RPC_INTERNAL, "Internal error: a node broke off its answer" },
    [JUPREF_RPC_TOO_LARGE] = { 0, 0, "answer_too_large",
      JUPREF_RPC_OTHER_NEVER, JUPREF_RPC_MARK_NONE, 0, 0,
      JUPREF_RPC_INTERNAL, "Internal error: the answer is too large: "
      "ask for less at once" }
};


static const char *const  jupref_rpc_throttled[] = {
    "too many requests", "rate limit", "request limit reached"
};


static const char *const  jupref_rpc_other_names[] = {
    [JUPREF_RPC_OTHER_NEVER] = "never",
    [JUPREF_RPC_OTHER_YES] = "yes",
    [JUPREF_RPC_OTHER_ONCE] = "once",
    [JUPREF_RPC_OTHER_FRESHER] = "fresher",
    [JUPREF_RPC_OTHER_AFTER_SLOT] = "after_slot"
};


static const char *const  jupref_rpc_mark_names[] = {
    [JUPREF_RPC_MARK_NONE] = "none",
    [JUPREF_RPC_MARK_SOFT] = "soft",
    [JUPREF_RPC_MARK_FAILED] = "failed",
    [JUPREF_RPC_MARK_OUT] = "out",
    [JUPREF_RPC_MARK_THROTTLE] = "throttle",
    [JUPREF_RPC_MARK_ALARM] = "alarm"
};


void
jupref_rpc_verdict(jupref_rpc_verdict_t *verdict,
    const jupref_rpc_method_t *method, const jupref_rpc_outcome_t *outcome)
{
    unsigned                     not_begun;
    const jupref_rpc_failure_t  *failure;

    memset(verdict, 0, sizeof(jupref_rpc_verdict_t));

    failure = jupref_rpc_failure(outcome);

    if (failure != NULL) {
        jupref_rpc_by_failure(verdict, failure, outcome);
        not_begun = failure->not_begun;

    } else if (outcome->answer->kind == JUPREF_RPC_ANSWER_RESULT) {
        verdict->name = "ok";
        verdict->deliver = 1;
        not_begun = 0;

    } else {
        not_begun = jupref_rpc_by_code(verdict, outcome->answer);
    }

    verdict->costless = verdict->lacks_method
                        || outcome->transport == JUPREF_RPC_NOT_CONNECTED;

    if (!method->retry && !not_begun) {
        verdict->other = JUPREF_RPC_OTHER_NEVER;
    }

    if (verdict->mark == JUPREF_RPC_MARK_THROTTLE) {
        verdict->retry_after_ms =
            jupref_rpc_retry_after_ms(outcome->retry_after,
                                      JUPREF_RPC_RETRY_MS);
    }
}


const jupref_rpc_code_t *
jupref_rpc_code_find(int64_t code)
{
    unsigned  from, to, middle, last;

    last = jupref_rpc_code_count - 1;
    from = 0;
    to = last;

    while (from < to) {
        middle = (from + to) / 2;

        if (jupref_rpc_codes[middle].code == code) {
            return &jupref_rpc_codes[middle];
        }

        if (jupref_rpc_codes[middle].code < code) {
            to = middle;

        } else {
            from = middle + 1;
        }
    }

    return &jupref_rpc_codes[last];
}


/* The date that HTTP allows as well isn't used for it by any vendor. */
uint64_t
jupref_rpc_retry_after_ms(jupref_bytes_t header, uint64_t otherwise_ms)
{
    uint64_t  sec;

    if (!jupref_parse_u64(header, &sec)) {
        return otherwise_ms;
    }

    if (sec > JUPREF_RPC_RETRY_MOST_SEC) {
        sec = JUPREF_RPC_RETRY_MOST_SEC;
    }

    return sec > 0 ? sec * 1000 : otherwise_ms;
}


const char *
jupref_rpc_other_name(jupref_rpc_other_e other)
{
    return jupref_rpc_other_names[other];
}


const char *
jupref_rpc_mark_name(jupref_rpc_mark_e mark)
{
    return jupref_rpc_mark_names[mark];
}


/* NULL when the answer itself is to be judged, which then can be read. */
static const jupref_rpc_failure_t *
jupref_rpc_failure(const jupref_rpc_outcome_t *outcome)
{
    size_t  i;

    if (outcome->transport != JUPREF_RPC_ANSWERED) {
        return &jupref_rpc_transports[outcome->transport];
    }

    for (i = 0;
         i < sizeof(jupref_rpc_statuses) / sizeof(jupref_rpc_statuses[0]);
         i++)
    {
        if (outcome->status >= jupref_rpc_statuses[i].status
            && outcome->status <= jupref_rpc_statuses[i].last)
        {
            return &jupref_rpc_statuses[i];
        }
    }

    if (outcome->answer == NULL
        || outcome->answer->kind == JUPREF_RPC_ANSWER_UNREADABLE
        || (outcome->answer->kind == JUPREF_RPC_ANSWER_RESULT
            && (outcome->status < 200 || outcome->status > 299)))
    {
        return &jupref_rpc_unreadable;
    }

    return NULL;
}


static void
jupref_rpc_by_failure(jupref_rpc_verdict_t *verdict,
    const jupref_rpc_failure_t *failure, const jupref_rpc_outcome_t *outcome)
{
    verdict->name = failure->name;
    verdict->other = failure->other;
    verdict->mark = failure->mark;
    verdict->code = failure->code;
    verdict->message = failure->message;

    verdict->deliver = failure->deliver && outcome->answer != NULL
                       && outcome->answer->kind == JUPREF_RPC_ANSWER_ERROR;
}


/* Returns 1 when the node can't have begun. */
static unsigned
jupref_rpc_by_code(jupref_rpc_verdict_t *verdict,
    const jupref_rpc_answer_t *answer)
{
    const jupref_rpc_code_t  *row;

    row = jupref_rpc_code_find(answer->code);

    if (row->by_message && jupref_rpc_is_throttled(answer->message)) {
        row = jupref_rpc_code_find(JUPREF_RPC_TOO_MANY);
    }

    verdict->name = row->name;
    verdict->other = row->other;
    verdict->mark = row->mark;
    verdict->lacks_method = row->code == JUPREF_RPC_NO_METHOD;

    /* whose limit it is, and who is blocked, is between the node and us */

    if (row->mark == JUPREF_RPC_MARK_THROTTLE) {
        verdict->code = JUPREF_RPC_TOO_MANY;
        verdict->message = JUPREF_RPC_SAY_THROTTLED;

    } else if (row->mark == JUPREF_RPC_MARK_ALARM) {
        verdict->code = JUPREF_RPC_INTERNAL;
        verdict->message = JUPREF_RPC_SAY_REFUSED;

    } else {
        verdict->deliver = 1;
    }

    if (row->code == JUPREF_RPC_PREFLIGHT
        && answer->err == JUPREF_RPC_ERR_BLOCKHASH_NOT_FOUND)
    {
        verdict->other = JUPREF_RPC_OTHER_FRESHER;
    }

    if (row->code == JUPREF_RPC_GENERIC
        && (jupref_rpc_contains(answer->message, "blockhash not found")
            || jupref_rpc_contains(answer->message, "simulation failed")))
    {
        verdict->other = JUPREF_RPC_OTHER_NEVER;
    }

    return row->not_begun;
}


static unsigned
jupref_rpc_is_throttled(jupref_bytes_t message)
{
    size_t  i;

    for (i = 0;
         i < sizeof(jupref_rpc_throttled) / sizeof(jupref_rpc_throttled[0]);
         i++)
    {
        if (jupref_rpc_contains(message, jupref_rpc_throttled[i])) {
            return 1;
        }
    }

    return 0;
}


/* Without regard to case. */
static unsigned
jupref_rpc_contains(jupref_bytes_t text, const char *word)
{
    size_t          at;
    jupref_bytes_t  part, wanted;

    wanted.data = (const uint8_t *) word;
    wanted.len = strlen(word);

    part.len = wanted.len;

    for (at = 0; at + wanted.len <= text.len; at++) {
        part.data = text.data + at;

        if (jupref_bytes_equal_nocase(part, wanted)) {
            return 1;
        }
    }

    return 0;
}
