/*
 * Executes whose signature nobody knows (see the header).
 *
 * One after the other, one call at a time: there are few of them, and nobody
 * waits.
 *
 *     next intent ──► node ──► height ──► address ──► signatures, by pages
 *                       ▲                    ▲             │ candidates
 *                       └── another node     └── next ◄── transaction
 *
 * A search that takes many pages goes over many rounds, a page each, so that
 * trades have the nodes to themselves in between.  How far it is only this
 * process knows: one that takes over begins again at the newest signature.
 */

#include "agent/ngx_http_jupref_intents_parts.h"


/* All that are there are passed by so often. */
#define NGX_HTTP_JUPREF_INTENTS_PASS_MS  10000


static ngx_uint_t ngx_http_jupref_intents_next(ngx_http_jupref_intents_t *in,
    uint64_t now_ms);
static void ngx_http_jupref_intents_places(ngx_http_jupref_intents_t *in);
static void ngx_http_jupref_intents_at_node(ngx_http_jupref_intents_t *in);
static void ngx_http_jupref_intents_height(ngx_http_jupref_ask_t *ask);


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

    if (in == NULL || in->ask) {
        return;
    }

    if (in->going) {
        in->going = 0;
        ngx_http_jupref_intents_walk(in);
        return;
    }

    if (!ngx_http_jupref_intents_next(in, now_ms)) {
        return;
    }

    ngx_http_jupref_intents_places(in);

    in->asked = 0;
    in->silent = 0;

    ngx_http_jupref_intents_at_node(in);
}


/* One each time, so that the lock is short; 1 when it is to be looked for. */

static ngx_uint_t
ngx_http_jupref_intents_next(ngx_http_jupref_intents_t *in, uint64_t now_ms)
{
    unsigned    count;
    ngx_uint_t  first;

    if (now_ms < in->pass_ms) {
        return 0;
    }

    /* by when the pass began: one that takes long misses nobody's time */

    first = (in->cursor.index == 0);

    if (first) {
        in->began_ms = ngx_http_jupref_now_ms();
    }

    ngx_http_jupref_lock(in->zone);
    count = jupref_view_intents(ngx_http_jupref_ledger(in->zone), &in->cursor,
                                1, &in->intent);
    ngx_http_jupref_unlock(in->zone);

    if (count == 0) {

        /* where the place was lost those behind it are still to be seen */

        if (first || in->cursor.index) {
            in->former_ms = in->began_ms;
        }

        ngx_memzero(&in->cursor, sizeof(jupref_cursor_t));
        in->pass_ms = now_ms + NGX_HTTP_JUPREF_INTENTS_PASS_MS;
        return 0;
    }

    return jupref_intent_look_due(in->intent.time_ms, in->former_ms,
                                  in->began_ms);
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

    /* as it is judged now: the one before may have taken long */

    ngx_http_jupref_trust(&in->trust, in->pool);

    node = ngx_http_jupref_trust_node(&in->trust, in->pool, in->asked);

    if (node == NULL) {
        return;
    }

    in->node = node->number;
    in->node_id = node->id;
    in->asked |= jupref_pool_bit(node->number);
    in->height = 0;
    in->place = 0;
    in->pages = 0;
    in->page_count = 0;
    in->limit = NGX_HTTP_JUPREF_INTENTS_PAGE;
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

    ngx_http_jupref_intents_walk(in);
}


void
ngx_http_jupref_intents_node_over(ngx_http_jupref_intents_t *in)
{
    if (!in->failed
        && jupref_intent_silence_counts(&in->intent.trade, in->intent.time_ms,
                                        in->height, ngx_http_jupref_now_ms()))
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

ngx_int_t
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


void
ngx_http_jupref_intents_told(ngx_http_jupref_intents_t *in,
    ngx_http_jupref_ask_t *ask, ngx_http_jupref_call_e call)
{
    in->ask = NULL;

    (void) ngx_atomic_fetch_add(&in->proof->calls[call][ask->result == NULL],
                                1);
}
