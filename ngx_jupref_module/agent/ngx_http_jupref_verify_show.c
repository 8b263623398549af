/*
 * The transaction itself: getTransaction at finalized, from the node that
 * knows it.
 *
 * A node refuses to show a version that is newer than it was told we read,
 * and says which one would do; we read all that are live, and the next one's
 * bytes are told apart by its parser, not here.
 */

#include "agent/ngx_http_jupref_verify.h"

#include "solana/jupref_rpc_version.h"


#define NGX_HTTP_JUPREF_SHOW_TRIES   3
#define NGX_HTTP_JUPREF_SHOW_ROOM    (NGX_HTTP_JUPREF_ASK_KEY + 128)

/* JSON-RPC: UnsupportedTransactionVersion */
#define NGX_HTTP_JUPREF_NEWER        (-32015)


static void ngx_http_jupref_show_told(ngx_http_jupref_ask_t *ask);
static ngx_uint_t ngx_http_jupref_show_newer(ngx_http_jupref_look_t *look,
    ngx_http_jupref_ask_t *ask);
static ngx_uint_t ngx_http_jupref_show_take(ngx_http_jupref_look_t *look,
    ngx_http_jupref_ask_t *ask);


/* The look is in `wanted`; NGX_ERROR: it still is, another time. */

ngx_int_t
ngx_http_jupref_show_start(ngx_http_jupref_look_t *look)
{
    ngx_http_jupref_ask_t        *ask;
    ngx_http_jupref_verify_t     *verify;
    ngx_http_jupref_pool_node_t  *node;

    verify = look->verify;
    node = ngx_http_jupref_pool_node(verify->pool, look->node);

    if (node == NULL) {
        ngx_queue_remove(&look->queue);
        ngx_http_jupref_verify_over(look, 0);
        return NGX_OK;
    }

    ask = ngx_http_jupref_ask_create(verify->pool, node, "getTransaction",
                                     NGX_HTTP_JUPREF_SHOW_ROOM);
    if (ask == NULL) {
        return NGX_ERROR;
    }

    ngx_http_jupref_ask_signature(ask, &look->trade.signature);
    ngx_http_jupref_ask_finalized(ask);
    jupref_json_cstring(&ask->json, "encoding", "base64");
    jupref_json_number(&ask->json, "maxSupportedTransactionVersion",
                       verify->max_version);
    jupref_json_object_end(&ask->json);

    ask->handler = ngx_http_jupref_show_told;
    ask->data = look;

    if (ngx_http_jupref_ask_start(ask) != NGX_OK) {
        return NGX_ERROR;
    }

    look->ask = ask;
    look->tries++;
    verify->calls++;

    ngx_queue_remove(&look->queue);
    ngx_queue_insert_tail(&verify->showing, &look->queue);

    return NGX_OK;
}


static void
ngx_http_jupref_show_told(ngx_http_jupref_ask_t *ask)
{
    ngx_uint_t                 usable;
    ngx_http_jupref_look_t    *look;
    ngx_http_jupref_verify_t  *verify;

    look = ask->data;
    verify = look->verify;

    look->ask = NULL;
    verify->calls--;
    ngx_queue_remove(&look->queue);

    if (ngx_http_jupref_show_newer(look, ask)) {
        ngx_queue_insert_head(&verify->wanted, &look->queue);
        ngx_http_jupref_verify_pump(verify);
        return;
    }

    usable = ngx_http_jupref_show_take(look, ask);

    (void) ngx_atomic_fetch_add(
               &verify->proof->calls[NGX_HTTP_JUPREF_CALL_TRANSACTION]
                                    [!usable], 1);

    ngx_http_jupref_judge(look);
    ngx_http_jupref_verify_pump(verify);
}


static ngx_uint_t
ngx_http_jupref_show_newer(ngx_http_jupref_look_t *look,
    ngx_http_jupref_ask_t *ask)
{
    unsigned  version;

    if (ask->answer.kind != JUPREF_RPC_ANSWER_ERROR
        || ask->answer.code != NGX_HTTP_JUPREF_NEWER
        || look->tries == NGX_HTTP_JUPREF_SHOW_TRIES
        || !jupref_rpc_version_wanted(ask->answer.message, &version)
        || version <= look->verify->max_version)
    {
        return 0;
    }

    ngx_log_error(NGX_LOG_NOTICE, look->verify->log, 0,
                  "jupref: nodes show transactions of version %ui by now",
                  (ngx_uint_t) version);

    look->verify->max_version = version;

    return 1;
}


/* Adds to what the node has said of this trade; 1 when it has said more. */

static ngx_uint_t
ngx_http_jupref_show_take(ngx_http_jupref_look_t *look,
    ngx_http_jupref_ask_t *ask)
{
    jupref_witness_t          *witness;
    jupref_chain_result_e      result;
    jupref_rpc_transaction_t  *shown;

    witness = &look->witnesses[look->witness_count - 1];
    shown = &look->verify->shown;

    if (ask->result) {
        result = jupref_rpc_transaction_read(shown, &ask->tree, ask->result);
        witness->transaction = jupref_said_by_transaction(result);

        if (result == JUPREF_CHAIN_OK) {
            witness->shown = shown;
            return 1;
        }

        if (result != JUPREF_CHAIN_NULL) {
            ngx_log_error(NGX_LOG_WARN, look->verify->log, 0,
                          "jupref: node %ui shows a transaction that can't be "
                          "used: %s", look->node,
                          jupref_chain_result_text(result));
            return 0;
        }

        return 1;
    }

    if (ask->answer.kind == JUPREF_RPC_ANSWER_ERROR) {
        witness->transaction = jupref_said_by_error(ask->answer.code);
    }

    /* who doesn't answer isn't silent */

    if (witness->transaction == JUPREF_SAID_NOTHING) {
        witness->finalized_height = 0;
    }

    return 0;
}
