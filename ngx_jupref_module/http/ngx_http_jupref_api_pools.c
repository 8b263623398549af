/*
 * GET admin/pools: what is known of the Solana nodes.
 */

#include "http/ngx_http_jupref_api.h"
#include "upstream/ngx_http_jupref_pool.h"


/* Bytes of an answer; names come on top. */
#define NGX_HTTP_JUPREF_POOL_SIZE  1024
#define NGX_HTTP_JUPREF_NODE_SIZE  1536


static size_t ngx_http_jupref_pools_size(ngx_http_jupref_rpc_zone_t *zone);
static void ngx_http_jupref_show_pool(jupref_json_writer_t *json,
    ngx_http_jupref_pool_t *pool, jupref_pool_t *copy);
static void ngx_http_jupref_show_node(jupref_json_writer_t *json,
    ngx_http_jupref_pool_node_t *node, jupref_node_t *state);
static void ngx_http_jupref_show_text(jupref_json_writer_t *json,
    const char *name, ngx_str_t *text);
static void ngx_http_jupref_show_slot(jupref_json_writer_t *json,
    const char *name, uint64_t slot);
static void ngx_http_jupref_show_moment(jupref_json_writer_t *json,
    const char *name, uint64_t steady_ms);


ngx_http_jupref_problem_e
ngx_http_jupref_get_pools(ngx_http_jupref_api_t *api)
{
    ngx_uint_t                    i;
    jupref_pool_t                *copy;
    ngx_http_jupref_pool_t      **pools;
    ngx_http_jupref_rpc_zone_t   *zone;

    zone = ngx_http_jupref_rpc_zone_find((ngx_cycle_t *) ngx_cycle);
    copy = ngx_http_jupref_api_view(api, sizeof(jupref_pool_t));

    if (copy == NULL
        || ngx_http_jupref_api_room(api, ngx_http_jupref_pools_size(zone))
           != NGX_OK)
    {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    jupref_json_object(&api->json, NULL);
    jupref_json_array(&api->json, "data");

    if (zone) {
        pools = zone->pools.elts;

        for (i = 0; i < zone->pools.nelts; i++) {
            ngx_http_jupref_pool_snapshot(pools[i], copy);
            ngx_http_jupref_show_pool(&api->json, pools[i], copy);
        }
    }

    jupref_json_array_end(&api->json);
    jupref_json_object_end(&api->json);

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


/* A name's bytes may be written as six each. */

static size_t
ngx_http_jupref_pools_size(ngx_http_jupref_rpc_zone_t *zone)
{
    size_t                        size;
    ngx_uint_t                    i, j;
    ngx_http_jupref_pool_t      **pools, *pool;

    size = NGX_HTTP_JUPREF_POOL_SIZE;

    if (zone == NULL) {
        return size;
    }

    pools = zone->pools.elts;

    for (i = 0; i < zone->pools.nelts; i++) {
        pool = pools[i];
        ngx_http_jupref_pool_refresh(pool);

        size += NGX_HTTP_JUPREF_POOL_SIZE + 6 * pool->upstream->host.len;

        for (j = 0; j < pool->count; j++) {
            size += NGX_HTTP_JUPREF_NODE_SIZE
                    + 6 * (pool->nodes[j].name.len
                           + pool->nodes[j].server.len);
        }
    }

    return size;
}


static void
ngx_http_jupref_show_pool(jupref_json_writer_t *json,
    ngx_http_jupref_pool_t *pool, jupref_pool_t *copy)
{
    uint8_t                       text[JUPREF_PUBKEY_TEXT];
    ngx_uint_t                    i;
    jupref_bytes_t                hash;
    jupref_pubkey_t               genesis;
    ngx_http_jupref_pool_node_t  *node;

    jupref_json_object(json, NULL);
    ngx_http_jupref_show_text(json, "upstream", &pool->upstream->host);
    jupref_json_number(json, "healthyNodes",
                       ngx_http_jupref_pool_count_healthy(pool, copy));
    jupref_json_number(json, "slotTimeUs", copy->slot_us);
    ngx_http_jupref_show_slot(json, "referenceSlot", copy->front_slot);
    ngx_http_jupref_show_slot(json, "blockHeight",
                              jupref_pool_block_height(copy));

    if (copy->genesis_known) {
        ngx_memcpy(genesis.bytes, copy->genesis, JUPREF_GENESIS_SIZE);
        hash.data = text;
        hash.len = jupref_pubkey_format(text, &genesis);
        jupref_json_string(json, "genesisHash", hash);

    } else {
        jupref_json_null(json, "genesisHash");
    }

    jupref_json_number(json, "maxLagMs", pool->rules.max_lag_ms);
    jupref_json_number(json, "recoverLagMs", pool->rules.recover_lag_ms);
    jupref_json_cstring(json, "by", pool->rules.round_robin ? "round_robin"
                                                            : "latency");
    jupref_json_array(json, "nodes");

    for (i = 0; i < pool->count; i++) {
        node = &pool->nodes[i];

        /* a server that is given twice is one node */

        if (ngx_http_jupref_pool_node(pool, node->number) == node) {
            ngx_http_jupref_show_node(json, node, &copy->nodes[node->number]);
        }
    }

    jupref_json_array_end(json);
    jupref_json_object_end(json);
}


static void
ngx_http_jupref_show_node(jupref_json_writer_t *json,
    ngx_http_jupref_pool_node_t *node, jupref_node_t *state)
{
    ngx_uint_t  i;

    jupref_json_object(json, NULL);
    ngx_http_jupref_show_text(json, "node", &node->name);
    ngx_http_jupref_show_text(json, "server", &node->server);
    jupref_json_cstring(json, "state", node->down ? "down"
                                       : state->reasons ? "out" : "healthy");

    jupref_json_array(json, "reasons");

    for (i = JUPREF_OUT_REASONS; i > 0; i--) {
        if (state->reasons & 1u << (i - 1)) {
            jupref_json_cstring(json, NULL,
                                jupref_out_name((jupref_out_e) (i - 1)));
        }
    }

    jupref_json_array_end(json);

    jupref_json_boolean(json, "backup", node->backup);
    jupref_json_number(json, "weight", state->weight);
    jupref_json_number(json, "lagMs", state->lag_ms);
    jupref_json_number(json, "latencyUs", state->latency_us);
    jupref_json_number(json, "inFlight", state->in_flight);

    jupref_json_object(json, "slots");

    for (i = JUPREF_COMMITMENT_PROCESSED;
         i <= JUPREF_COMMITMENT_FINALIZED;
         i++)
    {
        ngx_http_jupref_show_slot(json,
                               jupref_commitment_name((jupref_commitment_e) i),
                                  state->heads[i].slot);
    }

    jupref_json_object_end(json);

    ngx_http_jupref_show_slot(json, "blockHeight", state->height);
    ngx_http_jupref_show_moment(json, "lastAnswerAt", state->answered_ms);
    ngx_http_jupref_show_moment(json, "changedAt", state->changed_ms);

    jupref_json_object(json, "counts");

    for (i = 0; i < JUPREF_NODE_COUNTERS; i++) {
        jupref_json_number(json,
                           jupref_node_counter_name((jupref_node_counter_e) i),
                           state->counters[i]);
    }

    jupref_json_object_end(json);
    jupref_json_object_end(json);
}


static void
ngx_http_jupref_show_text(jupref_json_writer_t *json, const char *name,
    ngx_str_t *text)
{
    jupref_json_string(json, name, ngx_http_jupref_bytes(text));
}


/* 0: nothing was told yet */

static void
ngx_http_jupref_show_slot(jupref_json_writer_t *json, const char *name,
    uint64_t slot)
{
    if (slot == 0) {
        jupref_json_null(json, name);
        return;
    }

    jupref_json_number(json, name, slot);
}


static void
ngx_http_jupref_show_moment(jupref_json_writer_t *json, const char *name,
    uint64_t steady_ms)
{
    uint64_t  now_ms, passed_ms;

    if (steady_ms == 0) {
        jupref_json_null(json, name);
        return;
    }

    now_ms = ngx_http_jupref_steady_ms();
    passed_ms = (now_ms > steady_ms) ? now_ms - steady_ms : 0;

    jupref_json_time(json, name, ngx_http_jupref_now_ms() - passed_ms);
}
