/*
 * The families of Solana nodes.  Labels are the upstream's name and the node's
 * address as configured: few, and the operator's own words.
 */

#include "http/ngx_http_jupref_metrics.h"
#include "upstream/ngx_http_jupref_pool.h"


/* Samples of a node or a pool at most, and bytes of each without names. */
#define NGX_HTTP_JUPREF_SAMPLES      40
#define NGX_HTTP_JUPREF_SAMPLE_SIZE  128


/* One pool, and one of its nodes where the family is of nodes. */
typedef struct {
    ngx_http_jupref_pool_t       *pool;
    jupref_pool_t                *copy;
    ngx_http_jupref_pool_node_t  *node;
    jupref_node_t                *state;
} ngx_http_jupref_told_t;


/* How a family is sampled: `count` samples, each with a label's value. */
typedef struct {
    const char   *name;                 /* the family's */
    const char   *total;                /* a counter's ending */
    ngx_uint_t    of_node;
    ngx_uint_t    micro;                /* seconds, from microseconds */
    ngx_uint_t    count;
    const char   *label;                /* NULL: none */
    const char *(*word)(ngx_uint_t i);
    uint64_t    (*value)(ngx_http_jupref_told_t *told, ngx_uint_t i);
} ngx_http_jupref_node_family_t;


static void ngx_http_jupref_m_pools(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_told(ngx_http_jupref_metrics_t *m,
    const ngx_http_jupref_node_family_t *family,
    ngx_http_jupref_told_t *told);

static const char *ngx_http_jupref_reason_word(ngx_uint_t i);
static const char *ngx_http_jupref_commitment_word(ngx_uint_t i);
static const char *ngx_http_jupref_failure_word(ngx_uint_t i);
static const char *ngx_http_jupref_probe_word(ngx_uint_t i);

static uint64_t ngx_http_jupref_pool_healthy(ngx_http_jupref_told_t *told,
    ngx_uint_t i);
static uint64_t ngx_http_jupref_pool_time(ngx_http_jupref_told_t *told,
    ngx_uint_t i);
static uint64_t ngx_http_jupref_pool_front(ngx_http_jupref_told_t *told,
    ngx_uint_t i);
static uint64_t ngx_http_jupref_node_up(ngx_http_jupref_told_t *told,
    ngx_uint_t i);
static uint64_t ngx_http_jupref_node_out(ngx_http_jupref_told_t *told,
    ngx_uint_t i);
static uint64_t ngx_http_jupref_node_lag(ngx_http_jupref_told_t *told,
    ngx_uint_t i);
static uint64_t ngx_http_jupref_node_latency(ngx_http_jupref_told_t *told,
    ngx_uint_t i);
static uint64_t ngx_http_jupref_node_slot(ngx_http_jupref_told_t *told,
    ngx_uint_t i);
static uint64_t ngx_http_jupref_node_in_flight(ngx_http_jupref_told_t *told,
    ngx_uint_t i);
static uint64_t ngx_http_jupref_node_requests(ngx_http_jupref_told_t *told,
    ngx_uint_t i);
static uint64_t ngx_http_jupref_node_least_bad(ngx_http_jupref_told_t *told,
    ngx_uint_t i);
static uint64_t ngx_http_jupref_node_failures(ngx_http_jupref_told_t *told,
    ngx_uint_t i);
static uint64_t ngx_http_jupref_node_probes(ngx_http_jupref_told_t *told,
    ngx_uint_t i);


/* Add a metric here, below, and its line to docs/metrics.md. */
const ngx_http_jupref_family_t  ngx_http_jupref_pool_families[] = {
    { "jupref_pool_healthy_nodes", 0, "Nodes of an upstream that are healthy.",
      ngx_http_jupref_m_pools },

    { "jupref_pool_slot_time_seconds", 0, "Slot time, as measured.",
      ngx_http_jupref_m_pools },

    { "jupref_pool_reference_slot", 0,
      "Slot that the nodes' lags are measured from.",
      ngx_http_jupref_m_pools },

    { "jupref_node_up", 0, "1 while a node is healthy.",
      ngx_http_jupref_m_pools },

    { "jupref_node_out", 0, "1 for each reason for which a node is out.",
      ngx_http_jupref_m_pools },

    { "jupref_node_lag_seconds", 0, "Lag behind the reference slot.",
      ngx_http_jupref_m_pools },

    { "jupref_node_latency_seconds", 0,
      "Time to a node's answer: a mean that rises at once.",
      ngx_http_jupref_m_pools },

    { "jupref_node_slot", 0, "Slot that a node told last, by commitment.",
      ngx_http_jupref_m_pools },

    { "jupref_node_in_flight", 0, "Calls that a node has not answered yet.",
      ngx_http_jupref_m_pools },

    { "jupref_node_requests", 1, "Calls for clients that a node was sent.",
      ngx_http_jupref_m_pools },

    { "jupref_node_least_bad", 1,
      "Calls sent to a node that was out, because all were.",
      ngx_http_jupref_m_pools },

    { "jupref_node_failures", 1, "Answers that count against a node, by kind.",
      ngx_http_jupref_m_pools },

    { "jupref_node_probes", 1,
      "Probes of a node, and those that clients' answers made needless.",
      ngx_http_jupref_m_pools },

    { NULL, 0, NULL, NULL }
};


static const ngx_http_jupref_node_family_t  ngx_http_jupref_told[] = {

    { "jupref_pool_healthy_nodes", "", 0, 0, 1, NULL, NULL,
      ngx_http_jupref_pool_healthy },

    { "jupref_pool_slot_time_seconds", "", 0, 1, 1, NULL, NULL,
      ngx_http_jupref_pool_time },

    { "jupref_pool_reference_slot", "", 0, 0, 1, NULL, NULL,
      ngx_http_jupref_pool_front },

    { "jupref_node_up", "", 1, 0, 1, NULL, NULL,
      ngx_http_jupref_node_up },

    { "jupref_node_out", "", 1, 0, JUPREF_OUT_REASONS, "reason",
      ngx_http_jupref_reason_word, ngx_http_jupref_node_out },

    { "jupref_node_lag_seconds", "", 1, 1, 1, NULL, NULL,
      ngx_http_jupref_node_lag },

    { "jupref_node_latency_seconds", "", 1, 1, 1, NULL, NULL,
      ngx_http_jupref_node_latency },

    { "jupref_node_slot", "", 1, 0, JUPREF_COMMITMENT_FINALIZED, "commitment",
      ngx_http_jupref_commitment_word, ngx_http_jupref_node_slot },

    { "jupref_node_in_flight", "", 1, 0, 1, NULL, NULL,
      ngx_http_jupref_node_in_flight },

    { "jupref_node_requests", "_total", 1, 0, 1, NULL, NULL,
      ngx_http_jupref_node_requests },

    { "jupref_node_least_bad", "_total", 1, 0, 1, NULL, NULL,
      ngx_http_jupref_node_least_bad },

    { "jupref_node_failures", "_total", 1, 0,
      JUPREF_NODE_LIES - JUPREF_NODE_FAILURES + 1, "kind",
      ngx_http_jupref_failure_word, ngx_http_jupref_node_failures },

    { "jupref_node_probes", "_total", 1, 0, 2, "asked",
      ngx_http_jupref_probe_word, ngx_http_jupref_node_probes },

    { NULL, NULL, 0, 0, 0, NULL, NULL, NULL }
};


size_t
ngx_http_jupref_metrics_pools(ngx_http_request_t *r,
    ngx_http_jupref_metrics_t *m)
{
    size_t                       size;
    ngx_uint_t                   i, j;
    ngx_http_jupref_pool_t     **pools, *pool;
    ngx_http_jupref_rpc_zone_t  *zone;

    zone = ngx_http_jupref_rpc_zone_find((ngx_cycle_t *) ngx_cycle);

    m->rpc_zone = NULL;
    m->pools = NULL;
    size = NGX_HTTP_JUPREF_SAMPLES * NGX_HTTP_JUPREF_SAMPLE_SIZE;

    if (zone == NULL || zone->pools.nelts == 0) {
        return size;
    }

    m->rpc_zone = zone;
    m->pools = ngx_palloc(r->pool, zone->pools.nelts * sizeof(jupref_pool_t));

    if (m->pools == NULL) {
        return 0;
    }

    pools = zone->pools.elts;

    for (i = 0; i < zone->pools.nelts; i++) {
        pool = pools[i];

        ngx_http_jupref_pool_refresh(pool);
        ngx_http_jupref_pool_snapshot(pool, &m->pools[i]);

        for (j = 0; j < pool->count; j++) {
            size += NGX_HTTP_JUPREF_SAMPLES
                    * (NGX_HTTP_JUPREF_SAMPLE_SIZE + pool->upstream->host.len
                       + pool->nodes[j].name.len);
        }

        size += NGX_HTTP_JUPREF_SAMPLES
                * (NGX_HTTP_JUPREF_SAMPLE_SIZE + pool->upstream->host.len);
    }

    return size;
}


/* All samples of the family of that name. */

static void
ngx_http_jupref_m_pools(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_uint_t                             i, j;
    ngx_http_jupref_told_t                 told;
    ngx_http_jupref_pool_t               **pools;
    const ngx_http_jupref_node_family_t   *family;

    for (family = ngx_http_jupref_told;
         family->name && ngx_strcmp(family->name, name) != 0;
         family++)
    {
        /* void */
    }

    if (m->rpc_zone == NULL || family->name == NULL) {
        return;
    }

    pools = m->rpc_zone->pools.elts;

    for (i = 0; i < m->rpc_zone->pools.nelts; i++) {
        told.pool = pools[i];
        told.copy = &m->pools[i];
        told.node = NULL;
        told.state = NULL;

        if (!family->of_node) {
            ngx_http_jupref_m_told(m, family, &told);
            continue;
        }

        for (j = 0; j < told.pool->count; j++) {
            told.node = &told.pool->nodes[j];
            told.state = &told.copy->nodes[told.node->number];

            /* a server that is given twice is one node */

            if (ngx_http_jupref_pool_node(told.pool, told.node->number)
                == told.node)
            {
                ngx_http_jupref_m_told(m, family, &told);
            }
        }
    }
}


static void
ngx_http_jupref_m_told(ngx_http_jupref_metrics_t *m,
    const ngx_http_jupref_node_family_t *family,
    ngx_http_jupref_told_t *told)
{
    uint64_t    value;
    ngx_uint_t  i;

    for (i = 0; i < family->count; i++) {
        m->at = ngx_slprintf(m->at, m->end, "%s%s{upstream=\"%V\"",
                             family->name, family->total,
                             &told->pool->upstream->host);

        if (told->node) {
            m->at = ngx_slprintf(m->at, m->end, ",node=\"%V\"",
                                 &told->node->name);
        }

        if (family->label) {
            m->at = ngx_slprintf(m->at, m->end, ",%s=\"%s\"", family->label,
                                 family->word(i));
        }

        value = family->value(told, i);

        if (family->micro) {
            m->at = ngx_slprintf(m->at, m->end, "} %uL.%06uL\n",
                                 value / 1000000, value % 1000000);
            continue;
        }

        m->at = ngx_slprintf(m->at, m->end, "} %uL\n", value);
    }
}


static const char *
ngx_http_jupref_reason_word(ngx_uint_t i)
{
    return jupref_out_name((jupref_out_e) i);
}


static const char *
ngx_http_jupref_commitment_word(ngx_uint_t i)
{
    return jupref_commitment_name((jupref_commitment_e)
                                  (JUPREF_COMMITMENT_PROCESSED + i));
}


static const char *
ngx_http_jupref_failure_word(ngx_uint_t i)
{
    return jupref_node_counter_name((jupref_node_counter_e)
                                    (JUPREF_NODE_FAILURES + i));
}


static const char *
ngx_http_jupref_probe_word(ngx_uint_t i)
{
    return i ? "no" : "yes";
}


static uint64_t
ngx_http_jupref_pool_healthy(ngx_http_jupref_told_t *told, ngx_uint_t i)
{
    return ngx_http_jupref_pool_count_healthy(told->pool, told->copy);
}


static uint64_t
ngx_http_jupref_pool_time(ngx_http_jupref_told_t *told, ngx_uint_t i)
{
    return told->copy->slot_us;
}


static uint64_t
ngx_http_jupref_pool_front(ngx_http_jupref_told_t *told, ngx_uint_t i)
{
    return told->copy->front_slot;
}


static uint64_t
ngx_http_jupref_node_up(ngx_http_jupref_told_t *told, ngx_uint_t i)
{
    return !told->node->down && told->state->reasons == 0;
}


static uint64_t
ngx_http_jupref_node_out(ngx_http_jupref_told_t *told, ngx_uint_t i)
{
    return (told->state->reasons & 1u << i) != 0;
}


static uint64_t
ngx_http_jupref_node_lag(ngx_http_jupref_told_t *told, ngx_uint_t i)
{
    return told->state->lag_ms * 1000;
}


static uint64_t
ngx_http_jupref_node_latency(ngx_http_jupref_told_t *told, ngx_uint_t i)
{
    return told->state->latency_us;
}


static uint64_t
ngx_http_jupref_node_slot(ngx_http_jupref_told_t *told, ngx_uint_t i)
{
    return told->state->heads[JUPREF_COMMITMENT_PROCESSED + i].slot;
}


static uint64_t
ngx_http_jupref_node_in_flight(ngx_http_jupref_told_t *told, ngx_uint_t i)
{
    return told->state->in_flight;
}


static uint64_t
ngx_http_jupref_node_requests(ngx_http_jupref_told_t *told, ngx_uint_t i)
{
    return told->state->counters[JUPREF_NODE_REQUESTS];
}


static uint64_t
ngx_http_jupref_node_least_bad(ngx_http_jupref_told_t *told, ngx_uint_t i)
{
    return told->state->counters[JUPREF_NODE_LEAST_BAD];
}


static uint64_t
ngx_http_jupref_node_failures(ngx_http_jupref_told_t *told, ngx_uint_t i)
{
    return told->state->counters[JUPREF_NODE_FAILURES + i];
}


static uint64_t
ngx_http_jupref_node_probes(ngx_http_jupref_told_t *told, ngx_uint_t i)
{
    return told->state->counters[i ? JUPREF_NODE_SPARED : JUPREF_NODE_PROBES];
}
