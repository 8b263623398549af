/*
 * The transaction itself, from the node that knows it.
 */

#include "agent/ngx_http_jupref_verify.h"


static void ngx_http_jupref_show_told(ngx_http_jupref_ask_t *ask);
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

    ask = ngx_http_jupref_ask_transaction(verify->pool, node,
                                          &look->trade.signature);
    if (ask == NULL) {
        return NGX_ERROR;
    }

    ask->handler = ngx_http_jupref_show_told;
    ask->data = look;

    if (ngx_http_jupref_ask_start(ask) != NGX_OK) {
        return NGX_ERROR;
    }

    look->ask = ask;
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

    if (ngx_http_jupref_ask_newer(ask)) {
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

    ngx_http_jupref_verify_lacks(look->verify, ask);

    if (ask->answer.kind == JUPREF_RPC_ANSWER_ERROR) {
        witness->transaction = jupref_said_by_error(ask->answer.code);
    }

    /* who doesn't answer isn't silent */

    if (witness->transaction == JUPREF_SAID_NOTHING) {
        witness->finalized_height = 0;
    }

    return 0;
}
