/*
 * Probing: when each node is asked what.
 *
 * One call at a time for slots, another for everything else, so that a slow
 * getHealth delays no slot and no node gets a burst.  Single calls: providers
 * dislike batches.  A node whose slot came by with a client's answer isn't
 * asked for it.  One that doesn't answer is asked less and less, one that
 * wants to be left alone is.
 */

#include "http/ngx_http_jupref.h"
#include "agent/ngx_http_jupref_probe_parts.h"


/* Milliseconds between two calls of a question; slots follow slot time. */
#define NGX_HTTP_JUPREF_PROBE_SLOTS    2        /* slots */
#define NGX_HTTP_JUPREF_PROBE_OFTEN    2000
#define NGX_HTTP_JUPREF_PROBE_GENESIS  (5 * 60 * 1000)

/* After failures: doubled from the first up to the second. */
#define NGX_HTTP_JUPREF_PROBE_RETRY      250
#define NGX_HTTP_JUPREF_PROBE_RETRY_MAX  5000
#define NGX_HTTP_JUPREF_PROBE_REFUSED    (2 * 60 * 1000)

/* What another commitment tells stands for a slot so often in a row. */
#define NGX_HTTP_JUPREF_PROBE_SPARED_MAX  8


static void ngx_http_jupref_probe_pool(ngx_http_jupref_probed_pool_t *of,
    uint64_t now_ms);
static void ngx_http_jupref_probe_node(ngx_http_jupref_probed_pool_t *of,
    ngx_http_jupref_pool_node_t *node, uint64_t now_ms);
static ngx_uint_t ngx_http_jupref_probe_is_quiet(
    ngx_http_jupref_probed_pool_t *of, ngx_http_jupref_pool_node_t *node,
    ngx_http_jupref_probed_node_t *probed, uint64_t now_ms);
static ngx_uint_t ngx_http_jupref_probe_is_spared(
    ngx_http_jupref_probed_pool_t *of, ngx_http_jupref_pool_node_t *node,
    ngx_http_jupref_question_e question, uint64_t interval_ms,
    uint64_t now_ms);
static void ngx_http_jupref_probe_question(ngx_http_jupref_probed_pool_t *of,
    ngx_http_jupref_pool_node_t *node, ngx_http_jupref_asking_t *asking,
    ngx_http_jupref_question_e question, uint64_t now_ms);
static uint64_t ngx_http_jupref_probe_interval(
    ngx_http_jupref_probed_pool_t *of, ngx_http_jupref_question_e question);
static void ngx_http_jupref_probe_reset(ngx_http_jupref_probed_pool_t *of,
    ngx_uint_t number, uint64_t id, uint64_t now_ms);
static void ngx_http_jupref_probe_ended(ngx_http_jupref_asking_t *asking,
    ngx_http_jupref_fetch_t *fetch, jupref_rpc_mark_e mark);


/* While in office: one for each of the configuration's pools. */
static ngx_http_jupref_probed_pool_t  *ngx_http_jupref_probed;
static ngx_uint_t                      ngx_http_jupref_probed_count;


void
ngx_http_jupref_probe_start(ngx_http_jupref_agent_t *agent)
{
    ngx_uint_t                i;
    ngx_http_jupref_pool_t  **pools;

    pools = agent->zone->pools.elts;

    ngx_http_jupref_probed_count = 0;
    ngx_http_jupref_probed = NULL;

    if (agent->zone->pools.nelts == 0) {
        return;
    }

    ngx_http_jupref_probed = ngx_calloc(agent->zone->pools.nelts
                                       * sizeof(ngx_http_jupref_probed_pool_t),
                                        agent->log);
    if (ngx_http_jupref_probed == NULL) {
        return;
    }

    ngx_http_jupref_probed_count = agent->zone->pools.nelts;

    for (i = 0; i < ngx_http_jupref_probed_count; i++) {
        ngx_http_jupref_pool_refresh(pools[i]);
        ngx_http_jupref_pool_adopt(pools[i]);

        ngx_http_jupref_probed[i].pool = pools[i];
        ngx_http_jupref_probed[i].version = pools[i]->version;
    }
}


void
ngx_http_jupref_probe_stop(ngx_http_jupref_agent_t *agent)
{
    ngx_uint_t                      i, j, k;
    ngx_http_jupref_probed_pool_t  *of;

    for (i = 0; i < ngx_http_jupref_probed_count; i++) {
        of = &ngx_http_jupref_probed[i];

        for (j = 0; j < JUPREF_POOL_NODES; j++) {
            ngx_http_jupref_probe_drop(&of->nodes[j].slot);
            ngx_http_jupref_probe_drop(&of->nodes[j].other);
        }

        for (j = 0; j < NGX_HTTP_JUPREF_HEAD_METHODS; j++) {
            for (k = 0; k <= JUPREF_COMMITMENT_FINALIZED; k++) {
                ngx_http_jupref_probe_drop(&of->heads[j][k]);
            }
        }
    }

    if (ngx_http_jupref_probed) {
        ngx_free(ngx_http_jupref_probed);
    }

    ngx_http_jupref_probed = NULL;
    ngx_http_jupref_probed_count = 0;
}


void
ngx_http_jupref_probe_run(ngx_http_jupref_agent_t *agent, uint64_t now_ms)
{
    ngx_uint_t                      i;
    ngx_http_jupref_probed_pool_t  *of;

    for (i = 0; i < ngx_http_jupref_probed_count; i++) {
        of = &ngx_http_jupref_probed[i];

        ngx_http_jupref_pool_refresh(of->pool);

        if (of->version != of->pool->version) {
            of->version = of->pool->version;
            ngx_http_jupref_pool_adopt(of->pool);
        }

        ngx_http_jupref_probe_pool(of, now_ms);
        ngx_http_jupref_probe_heads(of);
        ngx_http_jupref_probe_tell(of, agent->log);
    }
}


static void
ngx_http_jupref_probe_pool(ngx_http_jupref_probed_pool_t *of, uint64_t now_ms)
{
    uint64_t                      id;
    ngx_uint_t                    i;
    ngx_http_jupref_pool_node_t  *node;

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        node = ngx_http_jupref_pool_node(of->pool, i);
        id = (node && !node->down) ? node->id : 0;

        if (of->nodes[i].id != id) {
            ngx_http_jupref_probe_reset(of, i, id, now_ms);
        }

        if (id) {
            ngx_http_jupref_probe_node(of, node, now_ms);
        }
    }
}


static void
ngx_http_jupref_probe_reset(ngx_http_jupref_probed_pool_t *of,
    ngx_uint_t number, uint64_t id, uint64_t now_ms)
{
    ngx_uint_t                      i;
    ngx_http_jupref_probed_node_t  *probed;

    probed = &of->nodes[number];

    ngx_http_jupref_probe_drop(&probed->slot);
    ngx_http_jupref_probe_drop(&probed->other);

    ngx_memzero(probed, sizeof(ngx_http_jupref_probed_node_t));
    probed->id = id;

    for (i = 0; i < NGX_HTTP_JUPREF_QUESTIONS; i++) {
        probed->due_ms[i] = now_ms;
    }
}


static void
ngx_http_jupref_probe_node(ngx_http_jupref_probed_pool_t *of,
    ngx_http_jupref_pool_node_t *node, uint64_t now_ms)
{
    ngx_uint_t                      i, next;
    ngx_http_jupref_probed_node_t  *probed;

    probed = &of->nodes[node->number];

    if (ngx_http_jupref_probe_is_quiet(of, node, probed, now_ms)) {
        return;
    }

    if (probed->slot.fetch == NULL
        && now_ms >= probed->due_ms[NGX_HTTP_JUPREF_ASK_SLOT])
    {
        ngx_http_jupref_probe_question(of, node, &probed->slot,
                                       NGX_HTTP_JUPREF_ASK_SLOT, now_ms);
    }

    /* one that is silent is asked one thing */

    if (probed->other.fetch || probed->failed) {
        return;
    }

    next = NGX_HTTP_JUPREF_QUESTIONS;

    for (i = NGX_HTTP_JUPREF_ASK_SLOT + 1; i < NGX_HTTP_JUPREF_QUESTIONS; i++)
    {
        if (now_ms >= probed->due_ms[i]
            && (next == NGX_HTTP_JUPREF_QUESTIONS
                || probed->due_ms[i] < probed->due_ms[next]))
        {
            next = i;
        }
    }

    if (next < NGX_HTTP_JUPREF_QUESTIONS) {
        ngx_http_jupref_probe_question(of, node, &probed->other, next, now_ms);
    }
}


static ngx_uint_t
ngx_http_jupref_probe_is_quiet(ngx_http_jupref_probed_pool_t *of,
    ngx_http_jupref_pool_node_t *node, ngx_http_jupref_probed_node_t *probed,
    uint64_t now_ms)
{
    uint64_t        until_ms;
    jupref_pool_t  *shared;

    if (now_ms < probed->quiet_ms) {
        return 1;
    }

    /* traffic may have been asked to wait */

    shared = ngx_http_jupref_pool_lock_node(of->pool, node->number);

    if (shared == NULL) {
        return 1;
    }

    until_ms = shared->nodes[node->number].throttled_until_ms;
    ngx_http_jupref_pool_unlock(of->pool);

    if (now_ms < until_ms) {
        probed->quiet_ms = until_ms;
        return 1;
    }

    return 0;
}


static void
ngx_http_jupref_probe_question(ngx_http_jupref_probed_pool_t *of,
    ngx_http_jupref_pool_node_t *node, ngx_http_jupref_asking_t *asking,
    ngx_http_jupref_question_e question, uint64_t now_ms)
{
    uint64_t                        interval_ms;
    ngx_http_jupref_probed_node_t  *probed;

    probed = &of->nodes[node->number];
    interval_ms = ngx_http_jupref_probe_interval(of, question);

    probed->due_ms[question] = now_ms
                               + ngx_http_jupref_probe_jitter(interval_ms);

    if (ngx_http_jupref_probe_is_spared(of, node, question, interval_ms,
                                        now_ms))
    {
        return;
    }

    asking->of = of;
    asking->node = node->number;
    asking->question = question;

    (void) ngx_http_jupref_probe_ask(asking, node,
                                     ngx_http_jupref_probe_body(question),
                                     ngx_http_jupref_probe_answered);
}


/* Clients' answers have told it already; an interval is cut short by chance,
 * and the last probe is no client. */

static ngx_uint_t
ngx_http_jupref_probe_is_spared(ngx_http_jupref_probed_pool_t *of,
    ngx_http_jupref_pool_node_t *node, ngx_http_jupref_question_e question,
    uint64_t interval_ms, uint64_t now_ms)
{
    ngx_uint_t                      spared;
    jupref_pool_t                  *shared;
    jupref_node_head_t             *head;
    ngx_http_jupref_probed_node_t  *probed;

    if (question != NGX_HTTP_JUPREF_ASK_SLOT
        && question != NGX_HTTP_JUPREF_ASK_FINALIZED)
    {
        return 0;
    }

    shared = ngx_http_jupref_pool_lock_node(of->pool, node->number);

    if (shared == NULL) {
        return 1;
    }

    probed = &of->nodes[node->number];
    interval_ms -= interval_ms / 4;
    spared = 0;

    if (question == NGX_HTTP_JUPREF_ASK_FINALIZED) {
        head = &shared->nodes[node->number].heads[JUPREF_COMMITMENT_FINALIZED];
        spared = head->slot && now_ms < head->seen_ms + interval_ms;

    } else if (jupref_pool_evidence_age(shared, (unsigned) node->number, 1,
                                        now_ms)
               < interval_ms)
    {
        probed->spared = 0;
        spared = 1;

    } else if (probed->spared < NGX_HTTP_JUPREF_PROBE_SPARED_MAX
               && jupref_pool_evidence_age(shared, (unsigned) node->number, 0,
                                           now_ms)
                  < interval_ms)
    {
        probed->spared++;
        spared = 1;

    } else {
        probed->spared = 0;
    }

    if (spared) {
        jupref_pool_count(shared, (unsigned) node->number, JUPREF_NODE_SPARED);
    }

    ngx_http_jupref_pool_unlock(of->pool);

    return spared;
}


static uint64_t
ngx_http_jupref_probe_interval(ngx_http_jupref_probed_pool_t *of,
    ngx_http_jupref_question_e question)
{
    switch (question) {

    case NGX_HTTP_JUPREF_ASK_SLOT:
        return NGX_HTTP_JUPREF_PROBE_SLOTS
               * ngx_http_jupref_pool_slot_ms(of->pool);

    case NGX_HTTP_JUPREF_ASK_GENESIS:
        return NGX_HTTP_JUPREF_PROBE_GENESIS;

    default:
        return NGX_HTTP_JUPREF_PROBE_OFTEN;
    }
}


ngx_int_t
ngx_http_jupref_probe_ask(ngx_http_jupref_asking_t *asking,
    ngx_http_jupref_pool_node_t *node, ngx_str_t *body,
    ngx_http_jupref_fetch_pt handler)
{
    jupref_pool_t            *shared;
    ngx_http_jupref_fetch_t  *fetch;

    fetch = ngx_http_jupref_fetch_create(asking->of->pool, node,
                                         NGX_HTTP_JUPREF_FETCH_AGENT);
    if (fetch == NULL) {
        return NGX_ERROR;
    }

    fetch->body = *body;
    fetch->answer_max = NGX_HTTP_JUPREF_PROBE_ANSWER;
    fetch->timeout = NGX_HTTP_JUPREF_PROBE_TIMEOUT;
    fetch->connect_timeout = NGX_HTTP_JUPREF_PROBE_CONNECT;
    fetch->handler = handler;
    fetch->data = asking;
    fetch->patient = 1;

    if (ngx_http_jupref_fetch_start(fetch) != NGX_OK) {
        return NGX_ERROR;
    }

    asking->fetch = fetch;

    shared = ngx_http_jupref_pool_lock_node(asking->of->pool, node->number);

    if (shared) {
        jupref_pool_count(shared, (unsigned) node->number, JUPREF_NODE_PROBES);
        ngx_http_jupref_pool_unlock(asking->of->pool);
    }

    return NGX_OK;
}


void
ngx_http_jupref_probe_drop(ngx_http_jupref_asking_t *asking)
{
    if (asking->fetch) {
        ngx_http_jupref_fetch_cancel(asking->fetch);
        asking->fetch = NULL;
    }
}


ngx_uint_t
ngx_http_jupref_probe_read(ngx_http_jupref_asking_t *asking,
    ngx_http_jupref_fetch_t *fetch, const char *method,
    jupref_rpc_answer_t *answer, jupref_rpc_verdict_t *verdict)
{
    jupref_bytes_t        name, text;
    jupref_rpc_outcome_t  outcome;

    asking->fetch = NULL;

    name.data = (const uint8_t *) method;
    name.len = ngx_strlen(method);
    text.data = fetch->answer.data;
    text.len = fetch->answer.len;

    ngx_memzero(&outcome, sizeof(jupref_rpc_outcome_t));
    ngx_memzero(answer, sizeof(jupref_rpc_answer_t));

    outcome.transport = fetch->transport;
    outcome.status = (unsigned) fetch->status;
    outcome.retry_after = ngx_http_jupref_bytes(&fetch->retry_after);

    if (fetch->transport == JUPREF_RPC_ANSWERED) {
        jupref_rpc_answer_read(answer, text, 1, &ngx_http_jupref_fetch_memory);
        outcome.answer = answer;
    }

    jupref_rpc_verdict(verdict, jupref_rpc_method_find(name), &outcome);

    if (verdict->mark != JUPREF_RPC_MARK_FAILED
        && fetch->transport == JUPREF_RPC_ANSWERED)
    {
        ngx_http_jupref_pool_answered(asking->of->pool, asking->node,
                                      fetch->latency_us);
    }

    ngx_http_jupref_pool_mark(asking->of->pool, asking->node, verdict->mark,
                              verdict->retry_after_ms);
    ngx_http_jupref_probe_ended(asking, fetch, verdict->mark);

    return outcome.answer && answer->kind == JUPREF_RPC_ANSWER_RESULT
           && fetch->status < NGX_HTTP_SPECIAL_RESPONSE;
}


/* How long the node is left alone. */

static void
ngx_http_jupref_probe_ended(ngx_http_jupref_asking_t *asking,
    ngx_http_jupref_fetch_t *fetch, jupref_rpc_mark_e mark)
{
    uint64_t                        now_ms, wait_ms;
    ngx_http_jupref_probed_node_t  *probed;

    probed = &asking->of->nodes[asking->node];
    now_ms = ngx_http_jupref_steady_ms();

    switch (mark) {

    case JUPREF_RPC_MARK_FAILED:
        wait_ms = (uint64_t) NGX_HTTP_JUPREF_PROBE_RETRY
                  << ngx_min(probed->failed, 8);
        wait_ms = ngx_min(wait_ms, NGX_HTTP_JUPREF_PROBE_RETRY_MAX);
        probed->failed++;
        break;

    case JUPREF_RPC_MARK_ALARM:
        wait_ms = NGX_HTTP_JUPREF_PROBE_REFUSED;
        probed->failed = 0;
        break;

    default:
        probed->failed = 0;
        return;
    }

    probed->quiet_ms = now_ms + ngx_http_jupref_probe_jitter(wait_ms);
}


uint64_t
ngx_http_jupref_probe_jitter(uint64_t ms)
{
    return ms - ms / 10 + (uint64_t) ngx_random() % (ms / 5 + 1);
}
