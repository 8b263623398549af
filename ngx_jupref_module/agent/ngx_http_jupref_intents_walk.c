/*
 * What a node lists of an address, page by page, newest first, down to the
 * time of the execute; what is of that time is looked at.
 *
 * A page is asked for in a round of its own.  It may be made too large for an
 * answer by long memos, which anybody can send: then smaller ones are asked
 * for.
 */

#include "agent/ngx_http_jupref_intents_parts.h"


/* Always fit into an answer, whatever their memos. */
#define NGX_HTTP_JUPREF_INTENTS_LEAST     100

/* Of one address at one node, at most. */
#define NGX_HTTP_JUPREF_INTENTS_PAGES     100

/* Rows looked up under one lock. */
#define NGX_HTTP_JUPREF_INTENTS_STEP      50

/* When, around its execute, a transaction may have landed. */
#define NGX_HTTP_JUPREF_INTENTS_BEFORE_S  120
#define NGX_HTTP_JUPREF_INTENTS_AFTER_S   900


static ngx_http_jupref_pool_node_t *ngx_http_jupref_intents_node(
    ngx_http_jupref_intents_t *in);
static void ngx_http_jupref_intents_signatures(ngx_http_jupref_ask_t *ask);
static void ngx_http_jupref_intents_page(ngx_http_jupref_intents_t *in);
static void ngx_http_jupref_intents_sift(ngx_http_jupref_intents_t *in);
static void ngx_http_jupref_intents_candidate(ngx_http_jupref_intents_t *in);
static void ngx_http_jupref_intents_shown(ngx_http_jupref_ask_t *ask);
static void ngx_http_jupref_intents_confirm(ngx_http_jupref_intents_t *in);
static void ngx_http_jupref_intents_confirmed(ngx_http_jupref_ask_t *ask);


/* The next page of the address, or the first of the next one. */

void
ngx_http_jupref_intents_walk(ngx_http_jupref_intents_t *in)
{
    ngx_http_jupref_ask_t        *ask;
    ngx_http_jupref_pool_node_t  *node;

    node = ngx_http_jupref_intents_node(in);

    if (in->place == in->place_count || node == NULL) {
        ngx_http_jupref_intents_node_over(in);
        return;
    }

    ask = ngx_http_jupref_ask_create(in->pool, node, "getSignaturesForAddress",
                                     3 * NGX_HTTP_JUPREF_ASK_KEY);
    if (ask == NULL) {
        in->going = (in->pages != 0);
        return;
    }

    ngx_http_jupref_ask_pubkey(ask, &in->places[in->place]);
    ngx_http_jupref_ask_finalized(ask);
    jupref_json_number(&ask->json, "limit", in->limit);

    if (in->pages) {
        ngx_http_jupref_ask_before(ask, &in->before);
    }

    jupref_json_object_end(&ask->json);

    (void) ngx_http_jupref_intents_begin(in, ask,
                                         ngx_http_jupref_intents_signatures);
}


/* Its number may be another node's by now, which has told nothing. */

static ngx_http_jupref_pool_node_t *
ngx_http_jupref_intents_node(ngx_http_jupref_intents_t *in)
{
    ngx_http_jupref_pool_node_t  *node;

    node = ngx_http_jupref_pool_node(in->pool, in->node);

    if (node == NULL || node->id != in->node_id) {
        in->failed = 1;
        return NULL;
    }

    return node;
}


static void
ngx_http_jupref_intents_signatures(ngx_http_jupref_ask_t *ask)
{
    ngx_http_jupref_intents_t  *in;

    in = ask->data;

    ngx_http_jupref_intents_told(in, ask, NGX_HTTP_JUPREF_CALL_SIGNATURES);

    in->page_at = 0;

    if (ask->result == NULL
        || jupref_rpc_signatures_read(&ask->tree, ask->result, in->page,
                                      (unsigned) in->limit, &in->page_count)
           != JUPREF_CHAIN_OK)
    {
        if (in->limit > NGX_HTTP_JUPREF_INTENTS_LEAST) {
            in->limit = NGX_HTTP_JUPREF_INTENTS_LEAST;
            ngx_http_jupref_intents_walk(in);
            return;
        }

        in->failed = 1;
        in->page_count = 0;
    }

    ngx_http_jupref_intents_page(in);
    ngx_http_jupref_intents_sift(in);

    if (!in->ended && in->pages == NGX_HTTP_JUPREF_INTENTS_PAGES) {
        in->ended = 1;
        in->failed = 1;
        ngx_http_jupref_intents_too_many(in);
    }

    ngx_http_jupref_intents_candidate(in);
}


/*
 * A node that doesn't know the signature it is to go on behind lists nothing,
 * and one address of a service is many nodes: that an older page is empty is
 * no end that silence could be built on.
 */

static void
ngx_http_jupref_intents_page(ngx_http_jupref_intents_t *in)
{
    if (in->pages && in->page_count == 0) {
        in->failed = 1;
    }

    if (in->page_count) {
        in->before = in->page[in->page_count - 1].signature;
    }

    in->pages++;
    in->passed += in->page_count;
    in->ended = (in->page_count < in->limit);
}


/* What is of another time is left out, and what is a trade already. */

static void
ngx_http_jupref_intents_sift(ngx_http_jupref_intents_t *in)
{
    int64_t                      time;
    unsigned                     i;
    jupref_address_signature_t  *one;

    time = (int64_t) (in->intent.time_ms / 1000);

    ngx_http_jupref_lock(in->zone);

    for (i = 0; i < in->page_count; i++) {
        one = &in->page[i];

        if (i && i % NGX_HTTP_JUPREF_INTENTS_STEP == 0) {
            ngx_http_jupref_unlock(in->zone);
            ngx_http_jupref_lock(in->zone);
        }

        if (one->block_time
            && one->block_time < time - NGX_HTTP_JUPREF_INTENTS_BEFORE_S)
        {
            one->slot = 0;

            /* they come newest first: one that is out of order ends nothing */

            if (i + 1 == in->page_count) {
                in->ended = 1;
            }

        } else if (one->block_time
                   > time + NGX_HTTP_JUPREF_INTENTS_AFTER_S
                   || jupref_find_trade(ngx_http_jupref_ledger(in->zone),
                                        &one->signature))
        {
            one->slot = 0;
        }
    }

    ngx_http_jupref_unlock(in->zone);
}


static void
ngx_http_jupref_intents_candidate(ngx_http_jupref_intents_t *in)
{
    ngx_http_jupref_ask_t        *ask;
    ngx_http_jupref_pool_node_t  *node;

    while (in->page_at < in->page_count && in->page[in->page_at].slot == 0) {
        in->page_at++;
    }

    if (in->page_at == in->page_count) {

        if (!in->ended) {
            in->going = 1;
            return;
        }

        in->place++;
        in->pages = 0;
        in->passed = 0;

        ngx_http_jupref_intents_walk(in);
        return;
    }

    node = ngx_http_jupref_intents_node(in);

    if (node == NULL) {
        ngx_http_jupref_intents_node_over(in);
        return;
    }

    ask = ngx_http_jupref_ask_transaction(in->pool, node,
                                          &in->page[in->page_at].signature);
    if (ask) {
        (void) ngx_http_jupref_intents_begin(in, ask,
                                             ngx_http_jupref_intents_shown);
    }
}


static void
ngx_http_jupref_intents_shown(ngx_http_jupref_ask_t *ask)
{
    ngx_http_jupref_intents_t  *in;

    in = ask->data;

    ngx_http_jupref_intents_told(in, ask, NGX_HTTP_JUPREF_CALL_TRANSACTION);

    if (ngx_http_jupref_ask_newer(ask)) {
        ngx_http_jupref_intents_candidate(in);
        return;
    }

    in->candidate = in->page[in->page_at].signature;

    if (ask->result == NULL
        || jupref_rpc_transaction_read(&in->shown, &ask->tree, ask->result)
           != JUPREF_CHAIN_OK)
    {
        in->failed = 1;

    } else if (ngx_http_jupref_intents_is(in)) {

        if (in->witnesses == 1) {
            ngx_http_jupref_intents_found(in);

        } else {

            /* also one that doesn't list it may know it by its signature */

            in->asked = jupref_pool_bit(in->node);
            ngx_http_jupref_intents_confirm(in);
        }

        return;
    }

    in->page_at++;
    ngx_http_jupref_intents_candidate(in);
}


/* A signature isn't booked before another node knows the transaction by it:
 * where none does it is looked for again in a while. */

static void
ngx_http_jupref_intents_confirm(ngx_http_jupref_intents_t *in)
{
    ngx_http_jupref_ask_t        *ask;
    ngx_http_jupref_pool_node_t  *node;

    node = ngx_http_jupref_trust_node(&in->trust, in->pool, in->asked);

    if (node == NULL) {
        return;
    }

    in->node = node->number;
    in->asked |= jupref_pool_bit(node->number);

    ask = ngx_http_jupref_ask_transaction(in->pool, node, &in->candidate);

    if (ask) {
        (void) ngx_http_jupref_intents_begin(in, ask,
                                         ngx_http_jupref_intents_confirmed);
    }
}


static void
ngx_http_jupref_intents_confirmed(ngx_http_jupref_ask_t *ask)
{
    ngx_http_jupref_intents_t  *in;

    in = ask->data;

    ngx_http_jupref_intents_told(in, ask, NGX_HTTP_JUPREF_CALL_TRANSACTION);

    if (ask->result
        && jupref_rpc_transaction_read(&in->shown, &ask->tree, ask->result)
           == JUPREF_CHAIN_OK
        && ngx_http_jupref_intents_is(in))
    {
        ngx_http_jupref_intents_found(in);
        return;
    }

    ngx_http_jupref_intents_confirm(in);
}
