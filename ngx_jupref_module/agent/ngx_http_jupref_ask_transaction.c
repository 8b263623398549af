/*
 * getTransaction, and the newest version that nodes show (see the header).
 */

#include "agent/ngx_http_jupref_ask.h"

#include "solana/jupref_rpc_version.h"


#define NGX_HTTP_JUPREF_TRANSACTION_ROOM  (NGX_HTTP_JUPREF_ASK_KEY + 128)

/* JSON-RPC: UnsupportedTransactionVersion */
#define NGX_HTTP_JUPREF_NEWER             (-32015)


/* What we know; a newer one's bytes are told apart by the parser. */
static unsigned  ngx_http_jupref_newest_version = 1;


ngx_http_jupref_ask_t *
ngx_http_jupref_ask_transaction(ngx_http_jupref_pool_t *pool,
    ngx_http_jupref_pool_node_t *node, const jupref_signature_t *signature)
{
    ngx_http_jupref_ask_t  *ask;

    ask = ngx_http_jupref_ask_create(pool, node, "getTransaction",
                                     NGX_HTTP_JUPREF_TRANSACTION_ROOM);
    if (ask == NULL) {
        return NULL;
    }

    ngx_http_jupref_ask_signature(ask, signature);
    ngx_http_jupref_ask_finalized(ask);
    jupref_json_cstring(&ask->json, "encoding", "base64");
    jupref_json_number(&ask->json, "maxSupportedTransactionVersion",
                       ngx_http_jupref_newest_version);
    jupref_json_object_end(&ask->json);

    return ask;
}


ngx_uint_t
ngx_http_jupref_ask_newer(ngx_http_jupref_ask_t *ask)
{
    unsigned  version;

    if (ask->answer.kind != JUPREF_RPC_ANSWER_ERROR
        || ask->answer.code != NGX_HTTP_JUPREF_NEWER
        || !jupref_rpc_version_wanted(ask->answer.message, &version)
        || version <= ngx_http_jupref_newest_version)
    {
        return 0;
    }

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "jupref: nodes show transactions of version %ui by now",
                  (ngx_uint_t) version);

    ngx_http_jupref_newest_version = version;

    return 1;
}
