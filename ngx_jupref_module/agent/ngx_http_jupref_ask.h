/*
 * A question to one node: a JSON-RPC call by a fetch, its answer read and
 * judged.
 *
 * Made, its parameters written with the one JSON writer, started; its handler
 * is called once, from the event loop and never inside start(), and with it
 * the ask ends: what it shows is good until the handler returns.  Who loses
 * interest cancels, then the handler isn't called.
 *
 * What the answer counts for or against the node is told to the pool here, by
 * the verdict table; whether another node is asked is for who asks.
 */

#ifndef NGX_HTTP_JUPREF_ASK_H
#define NGX_HTTP_JUPREF_ASK_H


#include "agent/ngx_http_jupref_fetch.h"
#include "base/jupref_json_writer.h"
#include "solana/jupref_pubkey.h"
#include "upstream/ngx_http_jupref_pool.h"


/* Bytes of an answer at most: a transaction with all its inner instructions
 * and logs is a fraction of it. */
#define NGX_HTTP_JUPREF_ASK_ANSWER  (512 * 1024)

/* Whole, milliseconds. */
#define NGX_HTTP_JUPREF_ASK_MS      10000

/* Room for parameters: an address or signature with quotes and comma. */
#define NGX_HTTP_JUPREF_ASK_KEY     (JUPREF_SIGNATURE_TEXT + 3)


typedef struct ngx_http_jupref_ask_s  ngx_http_jupref_ask_t;

typedef void (*ngx_http_jupref_ask_pt)(ngx_http_jupref_ask_t *ask);


struct ngx_http_jupref_ask_s {

    /* between create() and start(): inside the array of parameters */
    jupref_json_writer_t          json;
    ngx_http_jupref_ask_pt        handler;
    void                         *data;
    unsigned                      patient:1;    /* 1, unless a request waits */

    ngx_http_jupref_pool_t       *pool;
    ngx_uint_t                    node;         /* its number */
    const jupref_rpc_method_t    *method;

    /* when the handler is called */
    jupref_rpc_verdict_t          verdict;
    jupref_rpc_answer_t           answer;       /* an error's code, … */
    jupref_json_tree_t            tree;
    const jupref_json_value_t    *result;       /* NULL: none came that can be
                                                 * read */
    uint64_t                      started_ms;   /* steady */

    /* its own */
    ngx_pool_t                   *memory;
    ngx_http_jupref_fetch_t      *fetch;
    uint64_t                      id;           /* the call's */
    uint64_t                      node_id;
    unsigned                      parsed:1;
};


/*
 * `room` is for the parameters, in bytes.  NULL: there is no memory, too much
 * is in flight, or the node is gone.
 */
ngx_http_jupref_ask_t *ngx_http_jupref_ask_create(
    ngx_http_jupref_pool_t *pool, ngx_http_jupref_pool_node_t *node,
    const char *method, size_t room);

/* NGX_ERROR: it can't be started; it is freed then, without a call. */
ngx_int_t ngx_http_jupref_ask_start(ngx_http_jupref_ask_t *ask);

/* At any time before the handler is called; frees it. */
void ngx_http_jupref_ask_cancel(ngx_http_jupref_ask_t *ask);


/* Parameters that come often: {"commitment":"finalized", …} is begun and left
 * open; a key or signature is one string; "before" is a member. */
void ngx_http_jupref_ask_finalized(ngx_http_jupref_ask_t *ask);
void ngx_http_jupref_ask_pubkey(ngx_http_jupref_ask_t *ask,
    const jupref_pubkey_t *key);
void ngx_http_jupref_ask_signature(ngx_http_jupref_ask_t *ask,
    const jupref_signature_t *signature);
void ngx_http_jupref_ask_before(ngx_http_jupref_ask_t *ask,
    const jupref_signature_t *signature);


/*
 * ngx_http_jupref_ask_transaction.c: getTransaction at finalized, as the pure
 * room reads it.
 *
 * A node doesn't show a version that is newer than it was told we know, and
 * says which one would do: newer() notes it for this process, and says by 1
 * that the same is to be asked again.
 */
ngx_http_jupref_ask_t *ngx_http_jupref_ask_transaction(
    ngx_http_jupref_pool_t *pool, ngx_http_jupref_pool_node_t *node,
    const jupref_signature_t *signature);
ngx_uint_t ngx_http_jupref_ask_newer(ngx_http_jupref_ask_t *ask);


#endif /* NGX_HTTP_JUPREF_ASK_H */
