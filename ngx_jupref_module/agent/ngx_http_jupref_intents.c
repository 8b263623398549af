/*
 * Executes whose signature nobody knows (see the header).
 *
 * One after the other, one call at a time: there are few of them, and nobody
 * waits.
 *
 *     next intent ──► node ──► height ──► address ──► signatures, by pages
 *                       ▲                    ▲             │ candidates
 *                       └── another node     └── next ◄── transaction
 */

#include "agent/ngx_http_jupref_intents_parts.h"


/* Younger ones are under way, most likely. */
#define NGX_HTTP_JUPREF_INTENTS_AGE_MS    10000

/* All that are there are passed by so often; what can't be decided is looked
 * for at a quarter of its age, within an hour. */
#define NGX_HTTP_JUPREF_INTENTS_PASS_MS   10000
#define NGX_HTTP_JUPREF_INTENTS_MAX_MS    (60 * 60 * 1000)

/* When, around its execute, a transaction may have landed. */
#define NGX_HTTP_JUPREF_INTENTS_BEFORE_S  120
#define NGX_HTTP_JUPREF_INTENTS_AFTER_S   900

static ngx_uint_t ngx_http_jupref_intents_next(ngx_http_jupref_intents_t *in,
    uint64_t now_ms);
static ngx_uint_t ngx_http_jupref_intents_due(jupref_intent_view_t *intent);
static void ngx_http_jupref_intents_places(ngx_http_jupref_intents_t *in);
static void ngx_http_jupref_intents_at_node(ngx_http_jupref_intents_t *in);
static void ngx_http_jupref_intents_height(ngx_http_jupref_ask_t *ask);
static void ngx_http_jupref_intents_at_place(ngx_http_jupref_intents_t *in);
static void ngx_http_jupref_intents_signatures(ngx_http_jupref_ask_t *ask);
static void ngx_http_jupref_intents_sift(ngx_http_jupref_intents_t *in);
static void ngx_http_jupref_intents_candidate(ngx_http_jupref_intents_t *in);
static void ngx_http_jupref_intents_shown(ngx_http_jupref_ask_t *ask);
static void ngx_http_jupref_intents_confirm(ngx_http_jupref_intents_t *in);
static void ngx_http_jupref_intents_confirmed(ngx_http_jupref_ask_t *ask);
static void ngx_http_jupref_intents_node_over(ngx_http_jupref_intents_t *in);
static ngx_int_t ngx_http_jupref_intents_begin(ngx_http_jupref_intents_t *in,
    ngx_http_jupref_ask_t *ask, ngx_http_jupref_ask_pt handler);
static void ngx_http_jupref_intents_told(ngx_http_jupref_intents_t *in,
    ngx_http_jupref_ask_t *ask, ngx_http_jupref_call_e call);


/* Of the process that holds the office. */
static ngx_http_jupref_intents_t  *ngx_http_jupref_searching;


void
ngx_http_jupref_intents_start(ngx_http_jupref_agent_t *agent)
{
    ngx_http_jupref_intents_t    *in;
    ngx_http_jupref_main_conf_t  *jmcf;

    jmcf = ngx_http_cycle_get_module_main_conf(agent->cycle,
                                               ngx_http_jupref_module);

    if (jmcf == NULL || jmcf->verify->pool == NULL
        || ngx_http_jupref_searching)
    {
        return;
    }

    in = ngx_calloc(sizeof(ngx_http_jupref_intents_t), agent->log);
    if (in == NULL) {
        return;
    }

    in->zone = jmcf->zone;
    in->pool = jmcf->verify->pool;
    in->proof = ngx_http_jupref_proof(agent->zone);
    in->log = agent->log;
    in->witnesses = (ngx_uint_t) jmcf->verify->witnesses;

    if (in->proof == NULL) {
        ngx_free(in);
        return;
    }

    in->referral_count = ngx_http_jupref_proof_referrals(agent->zone,
                             jmcf->verify->referrals,
                             jmcf->verify->referral_count, in->referrals);

    ngx_http_jupref_searching = in;
}


void
ngx_http_jupref_intents_stop(ngx_http_jupref_agent_t *agent)
{
    ngx_http_jupref_intents_t  *in;

    in = ngx_http_jupref_searching;

    if (in == NULL) {
        return;
    }

    if (in->ask) {
        ngx_http_jupref_ask_cancel(in->ask);
    }

    ngx_free(in);
    ngx_http_jupref_searching = NULL;
}


void
ngx_http_jupref_intents_run(ngx_http_jupref_agent_t *agent, uint64_t now_ms)
{
    ngx_http_jupref_intents_t  *in;

    in = ngx_http_jupref_searching;

    if (in == NULL || in->ask || !ngx_http_jupref_intents_next(in, now_ms)) {
        return;
    }

    ngx_http_jupref_trust(&in->trust, in->pool);
    ngx_http_jupref_intents_places(in);

    in->asked = 0;
    in->silent = 0;

    ngx_http_jupref_intents_at_node(in);
}


/* One each time, so that the lock is short; 1 when it is to be looked for. */

static ngx_uint_t
ngx_http_jupref_intents_next(ngx_http_jupref_intents_t *in, uint64_t now_ms)
{
    unsigned  count;

    if (now_ms < in->pass_ms) {
        return 0;
    }

    ngx_http_jupref_lock(in->zone);
    count = jupref_view_intents(ngx_http_jupref_ledger(in->zone), &in->cursor,
                                1, &in->intent);
    ngx_http_jupref_unlock(in->zone);

    if (count == 0) {
        ngx_memzero(&in->cursor, sizeof(jupref_cursor_t));
        in->pass_ms = now_ms + NGX_HTTP_JUPREF_INTENTS_PASS_MS;
        return 0;
    }

    return ngx_http_jupref_intents_due(&in->intent);
}


static ngx_uint_t
ngx_http_jupref_intents_due(jupref_intent_view_t *intent)
{
    uint64_t  now_ms, age, every;

    now_ms = ngx_http_jupref_now_ms();
    age = (now_ms > intent->time_ms) ? now_ms - intent->time_ms : 0;

    if (age < NGX_HTTP_JUPREF_INTENTS_AGE_MS) {
        return 0;
    }

    every = ngx_min(age / 4, NGX_HTTP_JUPREF_INTENTS_MAX_MS);

    return every <= NGX_HTTP_JUPREF_INTENTS_PASS_MS
           || age % every < NGX_HTTP_JUPREF_INTENTS_PASS_MS;
}


/* The taker's own address comes first: it is in every transaction of its. */

static void
ngx_http_jupref_intents_places(ngx_http_jupref_intents_t *in)
{
    unsigned              i, count;
    ngx_uint_t            referral;
    jupref_trade_row_t    trade;
    jupref_fee_account_t  accounts[JUPREF_FEE_ACCOUNTS];

    in->places[0] = in->intent.trade.taker;
    in->place_count = 1;

    ngx_memzero(&trade, sizeof(jupref_trade_row_t));
    trade.input_mint = in->intent.trade.input_mint;
    trade.output_mint = in->intent.trade.output_mint;

    for (referral = 0; referral < in->referral_count; referral++) {
        count = jupref_evidence_accounts(accounts, &in->referrals[referral],
                                         &trade);

        for (i = 0; i < count; i++) {
            in->places[in->place_count++] = accounts[i].account;
        }
    }
}


static void
ngx_http_jupref_intents_at_node(ngx_http_jupref_intents_t *in)
{
    ngx_http_jupref_ask_t        *ask;
    ngx_http_jupref_pool_node_t  *node;

    node = ngx_http_jupref_trust_node(&in->trust, in->pool, in->asked);

    if (node == NULL) {
        return;
    }

    in->node = node->number;
    in->asked |= jupref_pool_bit(node->number);
    in->height = 0;
    in->place = 0;
    in->pages = 0;
    in->page_count = 0;
    in->failed = !((in->trust.trusted >> node->number) & 1);

    ask = ngx_http_jupref_ask_create(in->pool, node, "getBlockHeight",
                                     NGX_HTTP_JUPREF_ASK_KEY);
    if (ask == NULL) {
        return;
    }

    ngx_http_jupref_ask_finalized(ask);
    jupref_json_object_end(&ask->json);

    (void) ngx_http_jupref_intents_begin(in, ask,
                                         ngx_http_jupref_intents_height);
}


static void
ngx_http_jupref_intents_height(ngx_http_jupref_ask_t *ask)
{
    ngx_http_jupref_intents_t  *in;

    in = ask->data;

    ngx_http_jupref_intents_told(in, ask, NGX_HTTP_JUPREF_CALL_HEIGHT);

    if (ask->result == NULL
        || jupref_rpc_u64_read(ask->result, &in->height) != JUPREF_CHAIN_OK)
    {
        in->failed = 1;
    }

    ngx_http_jupref_intents_at_place(in);
}


/* The next page of the address, or the first of the next one. */

static void
ngx_http_jupref_intents_at_place(ngx_http_jupref_intents_t *in)
{
    ngx_http_jupref_ask_t        *ask;
    ngx_http_jupref_pool_node_t  *node;

    node = ngx_http_jupref_pool_node(in->pool, in->node);

    if (in->place == in->place_count || node == NULL) {
        ngx_http_jupref_intents_node_over(in);
        return;
    }

    ask = ngx_http_jupref_ask_create(in->pool, node, "getSignaturesForAddress",
                                     3 * NGX_HTTP_JUPREF_ASK_KEY);
    if (ask == NULL) {
        return;
    }

    ngx_http_jupref_ask_pubkey(ask, &in->places[in->place]);
    ngx_http_jupref_ask_finalized(ask);
    jupref_json_number(&ask->json, "limit", NGX_HTTP_JUPREF_INTENTS_PAGE);

    if (in->pages) {
        ngx_http_jupref_ask_before(ask,
                              &in->page[in->page_count - 1].signature);
    }

    jupref_json_object_end(&ask->json);

    (void) ngx_http_jupref_intents_begin(in, ask,
                                         ngx_http_jupref_intents_signatures);
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
                                      NGX_HTTP_JUPREF_INTENTS_PAGE,
                                      &in->page_count)
           != JUPREF_CHAIN_OK)
    {
        in->failed = 1;
        in->page_count = 0;
    }

    in->pages++;
    in->ended = (in->page_count < NGX_HTTP_JUPREF_INTENTS_PAGE);

    if (!in->ended && in->pages == NGX_HTTP_JUPREF_INTENTS_PAGES) {
        in->ended = 1;
        in->failed = 1;
    }

    ngx_http_jupref_intents_sift(in);
    ngx_http_jupref_intents_candidate(in);
}


/* What is of another time is left out, and what is a trade already. */

static void
ngx_http_jupref_intents_sift(ngx_http_jupref_intents_t *in)
{
    int64_t                      time;
    unsigned                     i;
    jupref_ledger_t             *ledger;
    jupref_address_signature_t  *one;

    time = (int64_t) (in->intent.time_ms / 1000);

    ngx_http_jupref_lock(in->zone);

    ledger = ngx_http_jupref_ledger(in->zone);

    for (i = 0; i < in->page_count; i++) {
        one = &in->page[i];

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
                   || jupref_find_trade(ledger, &one->signature))
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

        if (in->ended) {
            in->place++;
            in->pages = 0;
        }

        ngx_http_jupref_intents_at_place(in);
        return;
    }

    node = ngx_http_jupref_pool_node(in->pool, in->node);

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


/*
 * What a node with a short memory doesn't list may have landed all the same:
 * of an execute that is older than that no silence is believed, and it is
 * kept, to be found by a node that remembers or closed by a person.
 */

static void
ngx_http_jupref_intents_node_over(ngx_http_jupref_intents_t *in)
{
    if (!in->failed && !ngx_http_jupref_intents_forgotten(in)
        && in->intent.trade.last_valid_block_height
        && in->height > in->intent.trade.last_valid_block_height)
    {
        in->silent++;
    }

    if (in->silent == ngx_max(in->witnesses, JUPREF_EVIDENCE_WITNESSES)) {
        ngx_http_jupref_intents_close(in);
        return;
    }

    ngx_http_jupref_intents_at_node(in);
}


/* What can't be started is left for the next pass. */

static ngx_int_t
ngx_http_jupref_intents_begin(ngx_http_jupref_intents_t *in,
    ngx_http_jupref_ask_t *ask, ngx_http_jupref_ask_pt handler)
{
    ask->handler = handler;
    ask->data = in;

    if (ngx_http_jupref_ask_start(ask) != NGX_OK) {
        return NGX_ERROR;
    }

    in->ask = ask;

    return NGX_OK;
}


static void
ngx_http_jupref_intents_told(ngx_http_jupref_intents_t *in,
    ngx_http_jupref_ask_t *ask, ngx_http_jupref_call_e call)
{
    in->ask = NULL;

    (void) ngx_atomic_fetch_add(&in->proof->calls[call][ask->result == NULL],
                                1);
}
