/*
 * See ngx_http_jupref_resend.h.
 *
 * What is accepted may still be lost: the leader that it went to skipped its
 * slot, or dropped it.  The same bytes can land once only, so they go out
 * again, each time to the node that is best then, until the chain says that
 * they are final, or their time is over.
 */

#include "http/ngx_http_jupref.h"
#include "agent/ngx_http_jupref_fetch.h"
#include "agent/ngx_http_jupref_resend.h"
#include "http/ngx_http_jupref_rpc_gateway.h"
#include "solana/jupref_rpc_results.h"


/* Of one run. */
#define NGX_HTTP_JUPREF_RESEND_SENDS   16

/* Between two questions, and what is asked for at once. */
#define NGX_HTTP_JUPREF_RESEND_ASK_MS  2000
#define NGX_HTTP_JUPREF_RESEND_ASKED   128

/* JSON values that tell a status, with room for more members. */
#define NGX_HTTP_JUPREF_RESEND_VALUES  (32 * NGX_HTTP_JUPREF_RESEND_ASKED)

#define NGX_HTTP_JUPREF_RESEND_BODY                                           \
    (128 + NGX_HTTP_JUPREF_RESEND_ASKED * (JUPREF_SIGNATURE_TEXT + 3))


static void ngx_http_jupref_resend_one(ngx_http_jupref_rpc_zone_t *zone,
    const jupref_send_t *send, uint64_t key);
static ngx_http_jupref_pool_t *ngx_http_jupref_resend_pool(
    ngx_http_jupref_rpc_zone_t *zone, uint64_t key);
static void ngx_http_jupref_resend_ask(ngx_http_jupref_pool_t *pool);
static ngx_http_jupref_fetch_t *ngx_http_jupref_resend_post(
    ngx_http_jupref_pool_t *pool, u_char *body, size_t len,
    ngx_http_jupref_fetch_pt handler);
static void ngx_http_jupref_resent_again(ngx_http_jupref_fetch_t *fetch);
static void ngx_http_jupref_resend_told(ngx_http_jupref_fetch_t *fetch);
static void ngx_http_jupref_resend_settle(jupref_bytes_t result);


/* The question that is out; one is enough, pools take turns. */
static struct {
    ngx_http_jupref_fetch_t     *fetch;         /* NULL: none is */
    ngx_http_jupref_rpc_zone_t  *zone;
    uint64_t                     asked_ms;
    ngx_uint_t                   turn;
    ngx_uint_t                   count;
    jupref_signature_t           signatures[NGX_HTTP_JUPREF_RESEND_ASKED];
} ngx_http_jupref_resend_asking;


void
ngx_http_jupref_resend_run(ngx_http_jupref_agent_t *agent, uint64_t now_ms)
{
    uint64_t                  key;
    ngx_uint_t                i;
    ngx_http_jupref_pool_t  **pools;

    static jupref_send_t  send;

    for (i = 0; i < NGX_HTTP_JUPREF_RESEND_SENDS; i++) {
        if (!ngx_http_jupref_resend_next(agent->zone, now_ms, &send, &key)) {
            break;
        }

        ngx_http_jupref_resend_one(agent->zone, &send, key);
    }

    if (ngx_http_jupref_resend_asking.fetch || agent->zone->pools.nelts == 0
        || now_ms - ngx_http_jupref_resend_asking.asked_ms
           < NGX_HTTP_JUPREF_RESEND_ASK_MS)
    {
        return;
    }

    pools = agent->zone->pools.elts;

    ngx_http_jupref_resend_asking.asked_ms = now_ms;
    ngx_http_jupref_resend_ask(pools[ngx_http_jupref_resend_asking.turn++
                                     % agent->zone->pools.nelts]);
}


void
ngx_http_jupref_resend_stop(ngx_http_jupref_agent_t *agent)
{
    if (ngx_http_jupref_resend_asking.fetch) {
        ngx_http_jupref_fetch_cancel(ngx_http_jupref_resend_asking.fetch);
        ngx_http_jupref_resend_asking.fetch = NULL;
    }
}


static void
ngx_http_jupref_resend_one(ngx_http_jupref_rpc_zone_t *zone,
    const jupref_send_t *send, uint64_t key)
{
    size_t                      len;
    u_char                      body[JUPREF_SEND_BODY];
    ngx_http_jupref_pool_t     *pool;
    ngx_http_jupref_gateway_t  *gateway;

    pool = ngx_http_jupref_resend_pool(zone, key);
    len = jupref_send_write(body, sizeof(body), send, 1, 0, 1);

    if (pool && ngx_http_jupref_resend_post(pool, body, len,
                                            ngx_http_jupref_resent_again))
    {
        gateway = zone->shared->gateway;
        (void) ngx_atomic_fetch_add(&gateway->counters.resends, 1);
    }
}


/* NULL: a reload has taken it away. */

static ngx_http_jupref_pool_t *
ngx_http_jupref_resend_pool(ngx_http_jupref_rpc_zone_t *zone, uint64_t key)
{
    ngx_uint_t                i;
    ngx_http_jupref_pool_t  **pools;

    pools = zone->pools.elts;

    for (i = 0; i < zone->pools.nelts; i++) {
        if (pools[i]->key == key) {
            return pools[i];
        }
    }

    return NULL;
}


/* To the best node; a process that ends doesn't wait for it. */

static ngx_http_jupref_fetch_t *
ngx_http_jupref_resend_post(ngx_http_jupref_pool_t *pool, u_char *body,
    size_t len, ngx_http_jupref_fetch_pt handler)
{
    ngx_http_jupref_fetch_t      *fetch;
    ngx_http_jupref_pool_node_t  *node;

    if (ngx_http_jupref_pool_best(pool, NULL, &node, 1) == 0) {
        return NULL;
    }

    fetch = ngx_http_jupref_fetch_create(pool, node,
                                         NGX_HTTP_JUPREF_FETCH_AGENT);
    if (fetch == NULL) {
        return NULL;
    }

    fetch->body.data = body;
    fetch->body.len = len;
    fetch->handler = handler;
    fetch->patient = 1;

    return ngx_http_jupref_fetch_start(fetch) == NGX_OK ? fetch : NULL;
}


/* Whatever it says: the next time it may be another node. */

static void
ngx_http_jupref_resent_again(ngx_http_jupref_fetch_t *fetch)
{
}


/* What has become of the pool's transactions. */

static void
ngx_http_jupref_resend_ask(ngx_http_jupref_pool_t *pool)
{
    u_char      *p, body[NGX_HTTP_JUPREF_RESEND_BODY];
    ngx_uint_t   i, count;

    count = ngx_http_jupref_resend_list(pool,
                                     ngx_http_jupref_resend_asking.signatures,
                                     NGX_HTTP_JUPREF_RESEND_ASKED);
    if (count == 0) {
        return;
    }

    p = ngx_sprintf(body, "{\"jsonrpc\":\"2.0\",\"id\":1,"
                    "\"method\":\"getSignatureStatuses\",\"params\":[[");

    for (i = 0; i < count; i++) {

        if (i) {
            *p++ = ',';
        }

        *p++ = '"';
        p += jupref_signature_format(p,
                               &ngx_http_jupref_resend_asking.signatures[i]);
        *p++ = '"';
    }

    p = ngx_sprintf(p, "]]}");

    ngx_http_jupref_resend_asking.zone = pool->zone;
    ngx_http_jupref_resend_asking.count = count;
    ngx_http_jupref_resend_asking.fetch =
        ngx_http_jupref_resend_post(pool, body, (size_t) (p - body),
                                    ngx_http_jupref_resend_told);
}


static void
ngx_http_jupref_resend_told(ngx_http_jupref_fetch_t *fetch)
{
    jupref_rpc_answer_t  answer;

    ngx_http_jupref_resend_asking.fetch = NULL;

    if (fetch->transport != JUPREF_RPC_ANSWERED
        || fetch->status != NGX_HTTP_OK)
    {
        return;
    }

    jupref_rpc_answer_read(&answer, ngx_http_jupref_bytes(&fetch->answer), 1,
                           &ngx_http_jupref_fetch_memory);

    if (answer.kind == JUPREF_RPC_ANSWER_RESULT) {
        ngx_http_jupref_resend_settle(answer.result);
    }
}


/* What is final needn't be sent any more. */

static void
ngx_http_jupref_resend_settle(jupref_bytes_t result)
{
    uint64_t                   slot;
    ngx_uint_t                 i, count;
    jupref_json_tree_t         tree;
    jupref_chain_result_e      read;
    jupref_signature_status_t  statuses[NGX_HTTP_JUPREF_RESEND_ASKED];

    if (jupref_json_tree_parse(&tree, result, NGX_HTTP_JUPREF_RESEND_VALUES,
                               &ngx_http_jupref_fetch_memory)
        != JUPREF_JSON_OK)
    {
        return;
    }

    count = ngx_http_jupref_resend_asking.count;

    read = jupref_rpc_statuses_read(&tree, &tree.values[0], statuses,
                                    (unsigned) count, &slot);
    jupref_json_tree_free(&tree);

    for (i = 0; read == JUPREF_CHAIN_OK && i < count; i++) {

        if (statuses[i].found
            && statuses[i].commitment == JUPREF_COMMITMENT_FINALIZED)
        {
            ngx_http_jupref_resend_forget(ngx_http_jupref_resend_asking.zone,
                               &ngx_http_jupref_resend_asking.signatures[i]);
        }
    }
}
