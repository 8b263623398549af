/*
 * Reading calls from texts in tests.
 */

#ifndef RPC_CALLS_H
#define RPC_CALLS_H


#include "heap.h"
#include "solana/jupref_rpc_call.h"


/* A body with its own copy of the text, of exactly its size. */
typedef struct {
    heap_t             heap;
    uint8_t           *text;
    jupref_rpc_body_t  body;
} rpc_calls_t;


/* At most 4 calls in a batch and 64 values. */
jupref_rpc_call_result_e rpc_calls_read(rpc_calls_t *calls,
    const char *text);

/* The only call of `text`, which is OK. */
const jupref_rpc_call_t *rpc_calls_one(rpc_calls_t *calls,
    const char *text);

/* Fails when anything wasn't given back. */
void rpc_calls_free(rpc_calls_t *calls);

void assert_span(jupref_bytes_t span, const char *expected);


#endif /* RPC_CALLS_H */
