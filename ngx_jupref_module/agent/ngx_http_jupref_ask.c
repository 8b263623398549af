/*
 * Questions to nodes (see the header).
 */

#include "agent/ngx_http_jupref_ask.h"

#include "solana/jupref_rpc_transaction.h"


/* Of the call around its parameters. */
#define NGX_HTTP_JUPREF_ASK_ROOM  160


static void ngx_http_jupref_ask_done(ngx_http_jupref_fetch_t *fetch);
static void ngx_http_jupref_ask_read(ngx_http_jupref_ask_t *ask,
    ngx_http_jupref_fetch_t *fetch);
static void ngx_http_jupref_ask_tell(ngx_http_jupref_ask_t *ask,
    ngx_http_jupref_fetch_t *fetch);
static void ngx_http_jupref_ask_named(ngx_http_jupref_ask_t *ask,
    const char *name, const jupref_signature_t *signature);
static void ngx_http_jupref_ask_free(ngx_http_jupref_ask_t *ask);
static void *ngx_http_jupref_ask_take(void *context, size_t size);
static void ngx_http_jupref_ask_release(void *context, void *memory);


static uint64_t  ngx_http_jupref_ask_last;      /* id of this process */


ngx_http_jupref_ask_t *
ngx_http_jupref_ask_create(ngx_http_jupref_pool_t *pool,
    ngx_http_jupref_pool_node_t *node, const char *method, size_t room)
{
    u_char                 *buffer;
    ngx_pool_t             *memory;
    jupref_bytes_t          name;
    ngx_http_jupref_ask_t  *ask;

    memory = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, ngx_cycle->log);
    if (memory == NULL) {
        return NULL;
    }

    room += NGX_HTTP_JUPREF_ASK_ROOM;

    ask = ngx_pcalloc(memory, sizeof(ngx_http_jupref_ask_t));
    buffer = ngx_pnalloc(memory, room);

    if (ask == NULL || buffer == NULL) {
        ngx_destroy_pool(memory);
        return NULL;
    }

    ask->fetch = ngx_http_jupref_fetch_create(pool, node,
                                              NGX_HTTP_JUPREF_FETCH_AGENT);
    if (ask->fetch == NULL) {
        ngx_destroy_pool(memory);
        return NULL;
    }

    name.data = (const uint8_t *) method;
    name.len = ngx_strlen(method);

    ask->memory = memory;
    ask->patient = 1;
    ask->pool = pool;
    ask->node = node->number;
    ask->node_id = node->id;
    ask->method = jupref_rpc_method_find(name);
    ask->id = ++ngx_http_jupref_ask_last;

    jupref_json_init(&ask->json, buffer, room);
    jupref_json_object(&ask->json, NULL);
    jupref_json_cstring(&ask->json, "jsonrpc", "2.0");
    jupref_json_number(&ask->json, "id", ask->id);
    jupref_json_cstring(&ask->json, "method", method);
    jupref_json_array(&ask->json, "params");

    return ask;
}


ngx_int_t
ngx_http_jupref_ask_start(ngx_http_jupref_ask_t *ask)
{
    jupref_bytes_t            body;
    ngx_http_jupref_fetch_t  *fetch;

    jupref_json_array_end(&ask->json);
    jupref_json_object_end(&ask->json);

    if (ask->json.overflowed) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "jupref: a call of %s didn't fit into its room",
                      ask->method->name);
        ngx_http_jupref_ask_cancel(ask);
        return NGX_ERROR;
    }

    body = jupref_json_text(&ask->json);
    fetch = ask->fetch;

    fetch->body.data = (u_char *) body.data;
    fetch->body.len = body.len;
    fetch->answer_max = NGX_HTTP_JUPREF_ASK_ANSWER;
    fetch->timeout = NGX_HTTP_JUPREF_ASK_MS;
    fetch->handler = ngx_http_jupref_ask_done;
    fetch->data = ask;

    /* what the agent asks is asked again by whoever comes next */

    fetch->patient = ask->patient;

    ask->started_ms = ngx_http_jupref_steady_ms();

    if (ngx_http_jupref_fetch_start(fetch) != NGX_OK) {
        ask->fetch = NULL;
        ngx_http_jupref_ask_free(ask);
        return NGX_ERROR;
    }

    ngx_http_jupref_pool_start(ask->pool, ask->node);

    return NGX_OK;
}


void
ngx_http_jupref_ask_cancel(ngx_http_jupref_ask_t *ask)
{
    if (ask->started_ms) {
        ngx_http_jupref_pool_end(ask->pool, ask->node);
    }

    ngx_http_jupref_fetch_cancel(ask->fetch);
    ask->fetch = NULL;

    ngx_http_jupref_ask_free(ask);
}


static void
ngx_http_jupref_ask_done(ngx_http_jupref_fetch_t *fetch)
{
    ngx_http_jupref_ask_t        *ask;
    ngx_http_jupref_pool_node_t  *node;

    ask = fetch->data;
    ask->fetch = NULL;                  /* it frees itself */

    ngx_http_jupref_pool_end(ask->pool, ask->node);
    ngx_http_jupref_ask_read(ask, fetch);

    /* the number may be another node's by now */

    node = ngx_http_jupref_pool_node(ask->pool, ask->node);

    if (node && node->id == ask->node_id) {
        ngx_http_jupref_ask_tell(ask, fetch);
    }

    ask->handler(ask);

    ngx_http_jupref_ask_free(ask);
}


static void
ngx_http_jupref_ask_read(ngx_http_jupref_ask_t *ask,
    ngx_http_jupref_fetch_t *fetch)
{
    jupref_memory_t       memory;
    jupref_rpc_outcome_t  outcome;

    memory.take = ngx_http_jupref_ask_take;
    memory.release = ngx_http_jupref_ask_release;
    memory.context = ask->memory;

    ngx_memzero(&outcome, sizeof(jupref_rpc_outcome_t));
    outcome.transport = fetch->transport;
    outcome.status = (unsigned) fetch->status;
    outcome.retry_after.data = fetch->retry_after.data;
    outcome.retry_after.len = fetch->retry_after.len;

    if (fetch->transport == JUPREF_RPC_ANSWERED) {
        jupref_rpc_answer_read(&ask->answer, (jupref_bytes_t) {
                                   fetch->answer.data, fetch->answer.len },
                               ask->id, &memory);
        outcome.answer = &ask->answer;
    }

    jupref_rpc_verdict(&ask->verdict, ask->method, &outcome);

    if (fetch->transport != JUPREF_RPC_ANSWERED || fetch->status != NGX_HTTP_OK
        || ask->answer.kind != JUPREF_RPC_ANSWER_RESULT)
    {
        return;
    }

    if (jupref_json_tree_parse(&ask->tree, ask->answer.result,
                               JUPREF_RPC_TRANSACTION_VALUES, &memory)
        == JUPREF_JSON_OK)
    {
        ask->parsed = 1;
        ask->result = &ask->tree.values[0];
    }
}


/* An error is an answer, too: it costs as long, and the node is there. */

static void
ngx_http_jupref_ask_tell(ngx_http_jupref_ask_t *ask,
    ngx_http_jupref_fetch_t *fetch)
{
    if (fetch->transport == JUPREF_RPC_ANSWERED
        && ask->answer.kind != JUPREF_RPC_ANSWER_UNREADABLE)
    {
        ngx_http_jupref_pool_answered(ask->pool, ask->node,
                                      fetch->latency_us);
    }

    if (ask->answer.kind == JUPREF_RPC_ANSWER_RESULT && ask->answer.has_slot
        && ask->method->commitment != JUPREF_COMMITMENT_NONE)
    {
        ngx_http_jupref_pool_seen(ask->pool, ask->node,
                                  ask->method->commitment, ask->answer.slot,
                                  ask->started_ms);
    }

    ngx_http_jupref_pool_mark(ask->pool, ask->node, ask->verdict.mark,
                              ask->verdict.retry_after_ms);
}


static void
ngx_http_jupref_ask_free(ngx_http_jupref_ask_t *ask)
{
    if (ask->parsed) {
        jupref_json_tree_free(&ask->tree);
    }

    ngx_destroy_pool(ask->memory);
}


void
ngx_http_jupref_ask_finalized(ngx_http_jupref_ask_t *ask)
{
    jupref_json_object(&ask->json, NULL);
    jupref_json_cstring(&ask->json, "commitment",
                        jupref_commitment_name(JUPREF_COMMITMENT_FINALIZED));
}


void
ngx_http_jupref_ask_pubkey(ngx_http_jupref_ask_t *ask,
    const jupref_pubkey_t *key)
{
    uint8_t  text[JUPREF_PUBKEY_TEXT];
    size_t   len;

    len = jupref_pubkey_format(text, key);
    jupref_json_string(&ask->json, NULL, (jupref_bytes_t) { text, len });
}


void
ngx_http_jupref_ask_signature(ngx_http_jupref_ask_t *ask,
    const jupref_signature_t *signature)
{
    ngx_http_jupref_ask_named(ask, NULL, signature);
}


void
ngx_http_jupref_ask_before(ngx_http_jupref_ask_t *ask,
    const jupref_signature_t *signature)
{
    ngx_http_jupref_ask_named(ask, "before", signature);
}


static void
ngx_http_jupref_ask_named(ngx_http_jupref_ask_t *ask, const char *name,
    const jupref_signature_t *signature)
{
    uint8_t  text[JUPREF_SIGNATURE_TEXT];
    size_t   len;

    len = jupref_signature_format(text, signature);
    jupref_json_string(&ask->json, name, (jupref_bytes_t) { text, len });
}


static void *
ngx_http_jupref_ask_take(void *context, size_t size)
{
    return ngx_palloc(context, size);
}


static void
ngx_http_jupref_ask_release(void *context, void *memory)
{
    (void) ngx_pfree(context, memory);
}
