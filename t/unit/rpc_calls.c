/*
 * Calls read from a copy, so that a byte too far is seen.
 */

#include "rpc_calls.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


jupref_rpc_call_result_e
rpc_calls_read(rpc_calls_t *calls, const char *text)
{
    size_t               len;
    jupref_memory_t      memory;
    jupref_rpc_limits_t  limits;

    len = strlen(text);
    calls->text = malloc(len + 1);
    assert_non_null(calls->text);

    if (len > 0) {
        memmove(calls->text, text, len);
        calls->text = realloc(calls->text, len);
        assert_non_null(calls->text);
    }

    limits.batch = 4;
    limits.values = 64;
    memory = heap_memory(&calls->heap, HEAP_ENDLESS);

    return jupref_rpc_body_read(&calls->body, (jupref_bytes_t) {
                                    calls->text, len }, &limits, &memory);
}


const jupref_rpc_call_t *
rpc_calls_one(rpc_calls_t *calls, const char *text)
{
    assert_int_equal(rpc_calls_read(calls, text), JUPREF_RPC_CALL_OK);
    assert_int_equal(calls->body.count, 1);
    assert_int_equal(calls->body.calls[0].result, JUPREF_RPC_CALL_OK);

    return &calls->body.calls[0];
}


void
rpc_calls_free(rpc_calls_t *calls)
{
    jupref_rpc_body_free(&calls->body);
    assert_int_equal(calls->heap.pieces, 0);
    free(calls->text);
}


void
assert_span(jupref_bytes_t span, const char *expected)
{
    assert_int_equal(span.len, strlen(expected));

    if (span.len > 0) {
        assert_memory_equal(span.data, expected, span.len);
    }
}
