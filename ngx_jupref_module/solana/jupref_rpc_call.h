/*
 * JSON-RPC as clients send it: one call or a batch, each member judged alone.
 *
 * What is wrong with a member makes that member's answer an error and leaves
 * the others be.  A member that names `method`, `id`, `params` or `jsonrpc`
 * twice is refused, because two readers could take different ones.  Whatever
 * a node has to judge (parameters' types and values) is left to the node.
 *
 * Nothing is copied and nothing converted: ids and parameters are spans of
 * the client's text, and go on byte for byte.
 */

#ifndef JUPREF_RPC_CALL_H
#define JUPREF_RPC_CALL_H


#include "base/jupref_digest.h"
#include "base/jupref_json_tree.h"
#include "solana/jupref_rpc_method.h"


typedef enum {
    JUPREF_RPC_CALL_OK = 0,

    /* of the whole text: one answer with id null */
    JUPREF_RPC_CALL_PARSE_ERROR,
    JUPREF_RPC_CALL_NOT_UTF8,
    JUPREF_RPC_CALL_TOO_DEEP,
    JUPREF_RPC_CALL_TOO_MANY_VALUES,
    JUPREF_RPC_CALL_EMPTY_BATCH,
    JUPREF_RPC_CALL_BATCH_TOO_LARGE,
    JUPREF_RPC_CALL_NO_MEMORY,

    /* of one member */
    JUPREF_RPC_CALL_NOT_OBJECT,
    JUPREF_RPC_CALL_DUPLICATE,
    JUPREF_RPC_CALL_BAD_VERSION,
    JUPREF_RPC_CALL_BAD_ID,
    JUPREF_RPC_CALL_BAD_METHOD,
    JUPREF_RPC_CALL_BAD_PARAMS
} jupref_rpc_call_result_e;

#define JUPREF_RPC_CALL_RESULTS  (JUPREF_RPC_CALL_BAD_PARAMS + 1)


typedef struct {
    unsigned  batch;                    /* members of a batch; 0: no batches */
    unsigned  values;                   /* JSON values in the whole text */
} jupref_rpc_limits_t;


/* Spans borrow from the client's text, values from the body's tree. */
typedef struct {
    jupref_rpc_call_result_e      result;

    /* As it came; empty: absent, so a notification, which gets no answer.
     * A member that is wrong is answered with this id, or with null when it
     * is empty, never left unanswered. */
    jupref_bytes_t                id;

    const jupref_rpc_method_t    *method;       /* never NULL */
    jupref_bytes_t                name;         /* unescaped */
    jupref_bytes_t                method_text;  /* with its quotes */

    const jupref_json_value_t    *params;       /* NULL: absent or null */
    const jupref_json_value_t    *config;       /* NULL: not among params */

    /* What counts: the one given, else the node's default.  OTHER when it
     * can't be read: then nothing may be inferred from the answer. */
    jupref_commitment_e           commitment;
    jupref_bytes_t                encoding;     /* empty: none given */
    uint64_t                      min_slot;     /* minContextSlot, else 0 */
    uint64_t                      max_version;  /* maxSupportedTransaction… */
    unsigned                      has_max_version:1;

    /* config members that aren't what they should be or came twice */
    unsigned                      odd_config:1;
    uint8_t                       room[JUPREF_RPC_METHOD_MAX];
} jupref_rpc_call_t;


typedef struct {
    jupref_rpc_call_result_e   result;          /* of the whole */
    unsigned                   batch:1;         /* answer with an array */
    unsigned                   count;
    jupref_rpc_call_t         *calls;
    jupref_json_tree_t         tree;
    jupref_memory_t            memory;
} jupref_rpc_body_t;


/*
 * Reads a request's body, which must outlive `body`.  Returns the result of
 * the whole: OK with `count` calls, each with its own result (a single call
 * that is wrong, too, is OK with one wrong member); otherwise no calls and
 * one error answer to be given.  `body` is to be freed in either case.
 */
jupref_rpc_call_result_e jupref_rpc_body_read(jupref_rpc_body_t *body,
    jupref_bytes_t text, const jupref_rpc_limits_t *limits,
    const jupref_memory_t *memory);

void jupref_rpc_body_free(jupref_rpc_body_t *body);

/* The JSON-RPC error that a result deserves: code and one line of message,
 * used in log and metric as well.  0 and "ok" for OK. */
int jupref_rpc_call_code(jupref_rpc_call_result_e result);
const char *jupref_rpc_call_text(jupref_rpc_call_result_e result);

/* 1 when no answer is to be given. */
unsigned jupref_rpc_is_notification(const jupref_rpc_call_t *call);

/* The i-th positional parameter, NULL when there is none. */
const jupref_json_value_t *jupref_rpc_param(const jupref_rpc_body_t *body,
    const jupref_rpc_call_t *call, unsigned i);


/*
 * The key for caching (min_slot 0) and for joining: SHA-256 over method,
 * parameters without white space, commitment and a minContextSlot that is
 * going to be injected.  Every part has its length before it.  Returns 0 when
 * there is no memory, when the method isn't known and when the commitment
 * can't be read: such calls are neither cached nor joined.
 */
unsigned jupref_rpc_call_key(const jupref_rpc_body_t *body,
    const jupref_rpc_call_t *call, uint64_t min_slot,
    uint8_t key[JUPREF_SHA256_SIZE]);


/*
 * The body for a node: {"jsonrpc":"2.0","id":<id>,"method":…,"params":…},
 * with the client's own bytes.
 *
 * With a `min_slot` above 0 minContextSlot is injected, or raised when the
 * client's is lower, if that can be done without changing what the call says:
 * the method takes it, and the configuration object is there, or is null, or
 * is the next positional parameter.  Otherwise the call goes unchanged.
 */
size_t jupref_rpc_upstream_size(const jupref_rpc_call_t *call);

/* Returns the length; 0 when it doesn't fit, which it does when `size` is
 * jupref_rpc_upstream_size(call). */
size_t jupref_rpc_upstream_write(uint8_t *room, size_t size,
    const jupref_rpc_body_t *body, const jupref_rpc_call_t *call, uint64_t id,
    uint64_t min_slot);

/* 1 when the node would see a minContextSlot of at least `min_slot`. */
unsigned jupref_rpc_can_demand(const jupref_rpc_body_t *body,
    const jupref_rpc_call_t *call, uint64_t min_slot);


#endif /* JUPREF_RPC_CALL_H */
