/*
 * JSON-RPC as nodes answer it, read without touching a byte of the result.
 *
 * A result may be megabytes: it is walked once, by depth only, to know where
 * it ends and that it is JSON (some 10 ms for 10 MB of accounts); kept are its
 * place and the few numbers that the gateway lives on (context.slot, whether
 * it is null).  An error is small and is read whole.
 */

#ifndef JUPREF_RPC_ANSWER_H
#define JUPREF_RPC_ANSWER_H


#include "base/jupref_json_tree.h"


typedef enum {
    /* not JSON, no JSON-RPC answer, or the answer to another call */
    JUPREF_RPC_ANSWER_UNREADABLE = 0,
    JUPREF_RPC_ANSWER_RESULT,
    JUPREF_RPC_ANSWER_ERROR
} jupref_rpc_answer_e;


/* data.err of a failed preflight (-32002). */
typedef enum {
    JUPREF_RPC_ERR_NONE = 0,            /* there is none, or it is null */
    JUPREF_RPC_ERR_BLOCKHASH_NOT_FOUND,
    JUPREF_RPC_ERR_ALREADY_PROCESSED,
    JUPREF_RPC_ERR_OTHER
} jupref_rpc_err_e;


/* Spans borrow from the answer's text. */
typedef struct {
    jupref_rpc_answer_e   kind;
    const char           *why;          /* unreadable: one line, else NULL */

    /* RESULT */
    jupref_bytes_t        result;       /* the value as it came */
    unsigned              null:1;       /* result, or its value, is null */
    unsigned              has_slot:1;   /* result.context.slot, or, of an
                                         * epoch, result.absoluteSlot */
    unsigned              has_height:1; /* result.blockHeight */
    unsigned              has_number:1; /* result is a u64 */
    uint64_t              slot;
    uint64_t              height;
    uint64_t              number;

    /* ERROR */
    jupref_bytes_t        error;        /* the object as it came */
    int64_t               code;
    jupref_bytes_t        message;      /* its text between the quotes */
    jupref_bytes_t        data;         /* as it came, empty: none */
    jupref_rpc_err_e      err;
    unsigned              has_context_slot:1;   /* data.contextSlot */
    unsigned              has_slots_behind:1;   /* data.numSlotsBehind */
    uint64_t              context_slot;
    uint64_t              slots_behind;
} jupref_rpc_answer_t;


/*
 * Reads an answer to the call with the id `id` (a number, as
 * jupref_rpc_upstream_write() gave it).  `text` must outlive `answer`, which
 * has nothing to be freed.  An error with the id null counts as an answer:
 * nodes give it when they couldn't read the call.
 */
void jupref_rpc_answer_read(jupref_rpc_answer_t *answer, jupref_bytes_t text,
    uint64_t id, const jupref_memory_t *memory);


/*
 * The client's answer as spans, one behind the other: the client's id (empty:
 * null) and the node's result or error object, untouched.  `answer` is no
 * UNREADABLE one.
 */
#define JUPREF_RPC_REPLY_SPANS  5

void jupref_rpc_reply_spans(jupref_bytes_t spans[JUPREF_RPC_REPLY_SPANS],
    const jupref_rpc_answer_t *answer, jupref_bytes_t id);

/* A result of our own, or a kept one: `result` is JSON. */
void jupref_rpc_result_spans(jupref_bytes_t spans[JUPREF_RPC_REPLY_SPANS],
    jupref_bytes_t result, jupref_bytes_t id);

/* An error of our own.  `data` is JSON, empty: none.  The room needed is
 * jupref_rpc_error_size(); returns the length, 0 when it doesn't fit. */
#define jupref_rpc_error_size(message, data, id)                              \
    (128 + 6 * (message).len + (data).len + (id).len)

size_t jupref_rpc_error_write(uint8_t *room, size_t size, jupref_bytes_t id,
    int code, jupref_bytes_t message, jupref_bytes_t data);


#endif /* JUPREF_RPC_ANSWER_H */
