/*
 * The gateway's part of the RPC zone is made, in shares of the zone's size:
 * a sixteenth each for buckets, slots seen and the list of answers, a half for
 * the answers themselves.  The rest is the pools'.
 */

#include "http/ngx_http_jupref_rpc_gateway.h"


static void *ngx_http_jupref_gateway_block(ngx_http_jupref_rpc_zone_t *zone,
    uint64_t size);
static uint32_t ngx_http_jupref_gateway_clients(uint64_t bytes);


/* The mutex is held. */

ngx_int_t
ngx_http_jupref_gateway_init(ngx_http_jupref_rpc_zone_t *zone, ngx_log_t *log)
{
    uint32_t                    clients, cached, seen, resent;
    uint64_t                    share;
    ngx_http_jupref_gateway_t  *gateway;

    gateway = zone->shared->gateway;

    if (gateway) {

        if (gateway->layout == sizeof(ngx_http_jupref_gateway_t)) {
            return NGX_OK;
        }

        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "the zone of \"jupref_rpc_zone\" was laid out by "
                      "another version of the module: restart nginx instead "
                      "of reloading it");
        return NGX_ERROR;
    }

    share = zone->shm_zone->shm.size / 16;

    clients = jupref_recent_fits(share, sizeof(ngx_http_jupref_rpc_client_t));
    cached = jupref_recent_fits(share, sizeof(ngx_http_jupref_rpc_cached_t));
    seen = ngx_http_jupref_gateway_clients(share);
    resent = ngx_min(NGX_HTTP_JUPREF_RPC_RESENT,
                     jupref_recent_fits(share / 4,
                                        sizeof(ngx_http_jupref_rpc_resent_t)));

    gateway = ngx_http_jupref_gateway_block(zone,
                                            sizeof(ngx_http_jupref_gateway_t));
    if (gateway == NULL) {
        goto failed;
    }

    gateway->clients = ngx_http_jupref_gateway_block(zone,
        jupref_recent_size(clients, sizeof(ngx_http_jupref_rpc_client_t)));

    gateway->cached = ngx_http_jupref_gateway_block(zone,
        jupref_recent_size(cached, sizeof(ngx_http_jupref_rpc_cached_t)));

    gateway->monotonic = ngx_http_jupref_gateway_block(zone,
        jupref_monotonic_size(seen));

    gateway->resent = ngx_http_jupref_gateway_block(zone,
        jupref_recent_size(resent, sizeof(ngx_http_jupref_rpc_resent_t)));

    if (gateway->clients == NULL || gateway->cached == NULL
        || gateway->monotonic == NULL || gateway->resent == NULL)
    {
        goto failed;
    }

    jupref_recent_init(gateway->clients, clients,
                       sizeof(ngx_http_jupref_rpc_client_t));
    jupref_recent_init(gateway->cached, cached,
                       sizeof(ngx_http_jupref_rpc_cached_t));
    jupref_monotonic_init(gateway->monotonic, seen);
    jupref_recent_init(gateway->resent, resent,
                       sizeof(ngx_http_jupref_rpc_resent_t));

    gateway->cached_most = 8 * share;
    gateway->layout = sizeof(ngx_http_jupref_gateway_t);

    zone->shared->gateway = gateway;

    return NGX_OK;

failed:

    ngx_log_error(NGX_LOG_EMERG, log, 0,
                  "no room for the gateway in the zone of "
                  "\"jupref_rpc_zone\", which has %uzk: it must be larger",
                  zone->shm_zone->shm.size / 1024);

    return NGX_ERROR;
}


/* Whole pages, and so aligned to more than the tables ask for. */

static void *
ngx_http_jupref_gateway_block(ngx_http_jupref_rpc_zone_t *zone, uint64_t size)
{
    return ngx_slab_calloc_locked(zone->shpool,
                                  ngx_max((size_t) size, ngx_pagesize));
}


static uint32_t
ngx_http_jupref_gateway_clients(uint64_t bytes)
{
    uint32_t  clients;

    clients = (uint32_t) (ngx_min(bytes, UINT32_MAX) / 64);

    while (clients && jupref_monotonic_size(clients) > bytes) {
        clients -= clients / 16 + 1;
    }

    return clients;
}
