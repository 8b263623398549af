/*
 * Metrics of the RPC gateway: what became of calls, and what it took.
 *
 * Classes, not methods: a client could make up as many of those as it likes.
 */

#include "http/ngx_http_jupref_metrics.h"
#include "http/ngx_http_jupref_rpc_gateway.h"


static void ngx_http_jupref_write_rpc_requests(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_write_rpc_exchanges(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_write_rpc_retries(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_write_rpc_hedges(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_write_rpc_sends(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_write_rpc_malformed(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_write_rpc_tied(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_write_rpc_resends(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_write_rpc_evicted(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_write_rpc_rows(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_write_rpc_bytes(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_write_rpc_list(ngx_http_jupref_metrics_t *m,
    const char *name, const char *label, const char *const *names,
    ngx_atomic_t *counters, ngx_uint_t count);
static ngx_http_jupref_gateway_t *ngx_http_jupref_metrics_gateway(void);


const ngx_http_jupref_family_t  ngx_http_jupref_rpc_families[] = {

    { "jupref_rpc_requests", 1,
      "JSON-RPC calls by class of method and what became of them.",
      ngx_http_jupref_write_rpc_requests },

    { "jupref_rpc_exchanges", 1,
      "Questions to nodes by how they ended.",
      ngx_http_jupref_write_rpc_exchanges },

    { "jupref_rpc_retries", 1,
      "Retries and hedges that were made, and that the budget didn't allow.",
      ngx_http_jupref_write_rpc_retries },

    { "jupref_rpc_hedges", 1,
      "Second nodes asked beside a slow one, and those that answered first.",
      ngx_http_jupref_write_rpc_hedges },

    { "jupref_rpc_sends", 1,
      "Transactions by what became of sending them.",
      ngx_http_jupref_write_rpc_sends },

    { "jupref_rpc_sends_malformed", 1,
      "Transactions that no node could take, by what was wrong.",
      ngx_http_jupref_write_rpc_malformed },

    { "jupref_rpc_sends_tied", 1,
      "Transactions that were tied to a pending order.",
      ngx_http_jupref_write_rpc_tied },

    { "jupref_rpc_resends", 1,
      "Times that accepted transactions were sent again.",
      ngx_http_jupref_write_rpc_resends },

    { "jupref_rpc_cache_evicted", 1,
      "Kept answers that gave way before their time.",
      ngx_http_jupref_write_rpc_evicted },

    { "jupref_rpc_rows", 0,
      "Rows in use of the gateway's tables.",
      ngx_http_jupref_write_rpc_rows },

    { "jupref_rpc_cache_bytes", 0,
      "Memory of kept answers, as the zone hands it out.",
      ngx_http_jupref_write_rpc_bytes },

    { NULL, 0, NULL, NULL }
};


static const char *const  ngx_http_jupref_rpc_origins[] = {
    [NGX_HTTP_JUPREF_RPC_FROM_NODE] = "answered",
    [NGX_HTTP_JUPREF_RPC_NODE_ERROR] = "error",
    [NGX_HTTP_JUPREF_RPC_FROM_CACHE] = "cached",
    [NGX_HTTP_JUPREF_RPC_FROM_HEAD] = "head",
    [NGX_HTTP_JUPREF_RPC_FROM_JOIN] = "joined",
    [NGX_HTTP_JUPREF_RPC_UNASKED] = "unasked",
    [NGX_HTTP_JUPREF_RPC_INVALID] = "invalid",
    [NGX_HTTP_JUPREF_RPC_DENIED] = "denied",
    [NGX_HTTP_JUPREF_RPC_OVER_LIMIT] = "limited",
    [NGX_HTTP_JUPREF_RPC_FAILED] = "failed"
};


static const char *const  ngx_http_jupref_rpc_transports[] = {
    [JUPREF_RPC_ANSWERED] = "answered",
    [JUPREF_RPC_NOT_CONNECTED] = "not_connected",
    [JUPREF_RPC_TIMED_OUT] = "timed_out",
    [JUPREF_RPC_RESET] = "reset",
    [JUPREF_RPC_TOO_LARGE] = "too_large"
};


static const char *const  ngx_http_jupref_rpc_send_names[] = {
    [NGX_HTTP_JUPREF_RPC_SEND_ACCEPTED] = "accepted",
    [NGX_HTTP_JUPREF_RPC_SEND_REFUSED] = "refused",
    [NGX_HTTP_JUPREF_RPC_SEND_FAILED] = "failed"
};


/* What was refused before anything was sent. */
static const char *const  ngx_http_jupref_rpc_malformed_names[] = {
    [JUPREF_SEND_NO_TRANSACTION] = "no_transaction",
    [JUPREF_SEND_NOT_STRING] = "not_string",
    [JUPREF_SEND_BAD_CONFIG] = "bad_config",
    [JUPREF_SEND_BAD_ENCODING] = "bad_encoding",
    [JUPREF_SEND_BAD_COMMITMENT] = "bad_commitment",
    [JUPREF_SEND_BAD_SKIP] = "bad_skip_preflight",
    [JUPREF_SEND_BAD_RETRIES] = "bad_max_retries",
    [JUPREF_SEND_BAD_MIN_SLOT] = "bad_min_context_slot",
    [JUPREF_SEND_TOO_LONG] = "too_long",
    [JUPREF_SEND_BAD_BASE58] = "bad_base58",
    [JUPREF_SEND_BAD_BASE64] = "bad_base64",
    [JUPREF_SEND_BAD_TRANSACTION] = "bad_transaction",
    [JUPREF_SEND_NOT_SIGNED] = "not_signed",
    [JUPREF_SEND_HALF_SIGNED] = "half_signed",
    [JUPREF_SEND_NO_MEMORY] = "no_memory"
};


static void
ngx_http_jupref_write_rpc_requests(ngx_http_jupref_metrics_t *m,
    const char *name)
{
    ngx_uint_t                  i, n;
    ngx_http_jupref_gateway_t  *gateway;

    gateway = ngx_http_jupref_metrics_gateway();

    for (i = 0; gateway && i < JUPREF_RPC_CLASSES; i++) {
        for (n = 0; n < NGX_HTTP_JUPREF_RPC_ORIGINS; n++) {
            m->at = ngx_slprintf(m->at, m->end,
                                 "jupref_rpc_requests_total{class=\"%s\","
                                 "outcome=\"%s\"} %uA\n",
                                 jupref_rpc_class_name(i),
                                 ngx_http_jupref_rpc_origins[n],
                                 gateway->counters.requests[i][n]);
        }
    }
}


static void
ngx_http_jupref_write_rpc_exchanges(ngx_http_jupref_metrics_t *m,
    const char *name)
{
    ngx_http_jupref_gateway_t  *gateway;

    gateway = ngx_http_jupref_metrics_gateway();

    if (gateway) {
        ngx_http_jupref_write_rpc_list(m, "jupref_rpc_exchanges_total",
            "result", ngx_http_jupref_rpc_transports,
            gateway->counters.exchanges, JUPREF_RPC_TOO_LARGE + 1);
    }
}


static void
ngx_http_jupref_write_rpc_retries(ngx_http_jupref_metrics_t *m,
    const char *name)
{
    ngx_http_jupref_gateway_t  *gateway;

    static const char *const  names[] = { "made", "unaffordable" };

    gateway = ngx_http_jupref_metrics_gateway();

    if (gateway) {
        ngx_http_jupref_write_rpc_list(m, "jupref_rpc_retries_total", "retry",
                                       names, gateway->counters.retries, 2);
    }
}


static void
ngx_http_jupref_write_rpc_hedges(ngx_http_jupref_metrics_t *m,
    const char *name)
{
    ngx_http_jupref_gateway_t  *gateway;

    static const char *const  names[] = { "made", "first" };

    gateway = ngx_http_jupref_metrics_gateway();

    if (gateway) {
        ngx_http_jupref_write_rpc_list(m, "jupref_rpc_hedges_total", "hedge",
                                       names, gateway->counters.hedges, 2);
    }
}


static void
ngx_http_jupref_write_rpc_sends(ngx_http_jupref_metrics_t *m,
    const char *name)
{
    ngx_http_jupref_gateway_t  *gateway;

    gateway = ngx_http_jupref_metrics_gateway();

    if (gateway) {
        ngx_http_jupref_write_rpc_list(m, "jupref_rpc_sends_total", "outcome",
            ngx_http_jupref_rpc_send_names, gateway->counters.sends,
            NGX_HTTP_JUPREF_RPC_SENDS);
    }
}


static void
ngx_http_jupref_write_rpc_malformed(ngx_http_jupref_metrics_t *m,
    const char *name)
{
    ngx_http_jupref_gateway_t  *gateway;

    gateway = ngx_http_jupref_metrics_gateway();

    if (gateway) {
        ngx_http_jupref_write_rpc_list(m, "jupref_rpc_sends_malformed_total",
            "reason", ngx_http_jupref_rpc_malformed_names + 1,
            gateway->counters.malformed + 1, JUPREF_SEND_RESULTS - 1);
    }
}


static void
ngx_http_jupref_write_rpc_tied(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_gateway_t  *gateway;

    gateway = ngx_http_jupref_metrics_gateway();

    if (gateway) {
        ngx_http_jupref_sample(m, "jupref_rpc_sends_tied_total", NULL, NULL,
                               gateway->counters.tied);
    }
}


static void
ngx_http_jupref_write_rpc_resends(ngx_http_jupref_metrics_t *m,
    const char *name)
{
    ngx_http_jupref_gateway_t  *gateway;

    gateway = ngx_http_jupref_metrics_gateway();

    if (gateway) {
        ngx_http_jupref_sample(m, "jupref_rpc_resends_total", NULL, NULL,
                               gateway->counters.resends);
    }
}


static void
ngx_http_jupref_write_rpc_evicted(ngx_http_jupref_metrics_t *m,
    const char *name)
{
    ngx_http_jupref_gateway_t  *gateway;

    gateway = ngx_http_jupref_metrics_gateway();

    if (gateway) {
        ngx_http_jupref_sample(m, "jupref_rpc_cache_evicted_total", NULL,
                               NULL, gateway->counters.evicted);
    }
}


/* One number each, so that the lock isn't needed. */

static void
ngx_http_jupref_write_rpc_rows(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_gateway_t  *gateway;

    gateway = ngx_http_jupref_metrics_gateway();

    if (gateway) {
        ngx_http_jupref_sample(m, name, "table", "answers",
                               gateway->cached->table.count);
        ngx_http_jupref_sample(m, name, "table", "buckets",
                               gateway->clients->table.count);
        ngx_http_jupref_sample(m, name, "table", "slots_seen",
                               gateway->monotonic->table.count);
        ngx_http_jupref_sample(m, name, "table", "resends",
                               gateway->resent->table.count);
    }
}


static void
ngx_http_jupref_write_rpc_bytes(ngx_http_jupref_metrics_t *m,
    const char *name)
{
    ngx_http_jupref_gateway_t  *gateway;

    gateway = ngx_http_jupref_metrics_gateway();

    if (gateway) {
        ngx_http_jupref_sample(m, name, NULL, NULL, gateway->cached_bytes);
    }
}


static void
ngx_http_jupref_write_rpc_list(ngx_http_jupref_metrics_t *m, const char *name,
    const char *label, const char *const *names, ngx_atomic_t *counters,
    ngx_uint_t count)
{
    ngx_uint_t  i;

    for (i = 0; i < count; i++) {
        ngx_http_jupref_sample(m, name, label, names[i], counters[i]);
    }
}


/* NULL: there is no jupref_rpc, so there is nothing to tell. */

static ngx_http_jupref_gateway_t *
ngx_http_jupref_metrics_gateway(void)
{
    ngx_http_jupref_rpc_zone_t  *zone;

    zone = ngx_http_jupref_rpc_zone_find((ngx_cycle_t *) ngx_cycle);

    return zone ? zone->shared->gateway : NULL;
}
