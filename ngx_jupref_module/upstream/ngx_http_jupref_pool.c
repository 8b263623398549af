/*
 * A pool as this process knows it: its nodes are the upstream's peers.
 *
 * Peers stand in nginx's own lists (primary, then backup), in shared memory
 * where the upstream has a `zone`.  The process keeps a copy of who they are,
 * in the same order; where names resolve to other addresses while nginx runs,
 * the copy follows the lists' version.
 */

#include "http/ngx_http_jupref.h"
#include "upstream/ngx_http_jupref_pool.h"


static ngx_int_t ngx_http_jupref_pool_add(ngx_http_jupref_pool_t *pool,
    ngx_http_upstream_rr_peer_t *peer, ngx_uint_t backup, ngx_log_t *log);
static void ngx_http_jupref_pool_forget(ngx_http_jupref_pool_t *pool);


ngx_http_jupref_pool_t *
ngx_http_jupref_pool_of(ngx_http_upstream_srv_conf_t *upstream)
{
    ngx_http_jupref_srv_conf_t  *jscf;

    /* one that only proxy_pass names has no block of its own */

    if (upstream == NULL || upstream->srv_conf == NULL) {
        return NULL;
    }

    jscf = ngx_http_conf_upstream_srv_conf(upstream, ngx_http_jupref_module);

    return jscf->pool;
}


ngx_http_jupref_pool_t *
ngx_http_jupref_pool_named(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_uint_t                       i;
    ngx_http_upstream_srv_conf_t   **upstreams;
    ngx_http_upstream_main_conf_t   *umcf;

    umcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_upstream_module);
    upstreams = umcf->upstreams.elts;

    for (i = 0; i < umcf->upstreams.nelts; i++) {
        if (upstreams[i]->host.len == name->len
            && ngx_strncasecmp(upstreams[i]->host.data, name->data, name->len)
               == 0
            && upstreams[i]->srv_conf)
        {
            return ngx_http_jupref_pool_of(upstreams[i]);
        }
    }

    return NULL;
}


ngx_int_t
ngx_http_jupref_pool_build(ngx_http_jupref_pool_t *pool, ngx_log_t *log)
{
    ngx_int_t                      rc;
    ngx_uint_t                     backup;
    ngx_http_upstream_rr_peer_t   *peer;
    ngx_http_upstream_rr_peers_t  *peers;

    peers = pool->upstream->peer.data;
    pool->version = ngx_http_jupref_peers_version(peers);
    rc = NGX_OK;

    for (backup = 0; rc == NGX_OK && peers && backup < 2; backup++) {

        ngx_http_upstream_rr_peers_rlock(peers);

        for (peer = peers->peer; rc == NGX_OK && peer; peer = peer->next) {
            rc = ngx_http_jupref_pool_add(pool, peer, backup, log);
        }

        ngx_http_upstream_rr_peers_unlock(peers);

        peers = peers->next;
    }

    return rc;
}


/* Copied, because a peer whose name resolves to something else goes away. */

static ngx_int_t
ngx_http_jupref_pool_add(ngx_http_jupref_pool_t *pool,
    ngx_http_upstream_rr_peer_t *peer, ngx_uint_t backup, ngx_log_t *log)
{
    u_char                       *p;
    ngx_http_jupref_pool_node_t  *node;

    if (pool->count == JUPREF_POOL_NODES) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "upstream \"%V\" with \"jupref_freshest\" has more than "
                      "%d addresses", &pool->upstream->host,
                      JUPREF_POOL_NODES);
        return NGX_ERROR;
    }

    node = &pool->nodes[pool->count];

    p = ngx_alloc(peer->socklen + peer->name.len + peer->server.len, log);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(node, sizeof(ngx_http_jupref_pool_node_t));

    node->sockaddr = (struct sockaddr *) p;
    node->socklen = peer->socklen;
    p = ngx_cpymem(p, peer->sockaddr, peer->socklen);

    node->name.data = p;
    node->name.len = peer->name.len;
    p = ngx_cpymem(p, peer->name.data, peer->name.len);

    node->server.data = p;
    node->server.len = peer->server.len;
    ngx_memcpy(p, peer->server.data, peer->server.len);

    node->number = JUPREF_POOL_NODES;
    node->weight = peer->weight;
    node->backup = backup ? 1 : 0;
    node->down = peer->down ? 1 : 0;

    pool->count++;

    return NGX_OK;
}


/*
 * By server and address: a node keeps its state when others come and go.  Two
 * peers of one address (a server given twice) are one node, their weights
 * together.
 */

ngx_int_t
ngx_http_jupref_pool_claim_locked(ngx_http_jupref_pool_t *pool,
    ngx_log_t *log)
{
    uint64_t                      key;
    unsigned                      number;
    ngx_uint_t                    i, added;
    jupref_pool_t                *shared;
    ngx_http_jupref_pool_node_t  *node, *first;

    shared = &pool->shared->pool;
    ngx_memzero(pool->by_number, sizeof(pool->by_number));
    added = 0;

    for (i = 0; i < pool->count; i++) {
        node = &pool->nodes[i];

        key = (uint64_t) ngx_crc32_long(node->server.data, node->server.len)
              << 32
              | ngx_murmur_hash2(node->name.data, node->name.len);

        number = jupref_pool_claim(shared, key, ngx_http_jupref_steady_ms());

        if (number == JUPREF_POOL_NODES) {
            ngx_log_error(NGX_LOG_EMERG, log, 0,
                          "upstream \"%V\" with \"jupref_freshest\" has, with "
                          "those that the running nginx still uses, more than "
                          "%d addresses", &pool->upstream->host,
                          JUPREF_POOL_NODES);
            return NGX_ERROR;
        }

        node->number = number;
        node->id = shared->nodes[number].id;

        first = pool->by_number[number];

        if (first == NULL) {
            pool->by_number[number] = node;
            jupref_pool_configure(shared, number, (uint32_t) node->weight,
                                  node->backup, node->down);
            continue;
        }

        added += (ngx_uint_t) node->weight;
        jupref_pool_configure(shared, number,
                              (uint32_t) first->weight + (uint32_t) added,
                              first->backup, first->down);
    }

    return NGX_OK;
}


void
ngx_http_jupref_pool_adopt(ngx_http_jupref_pool_t *pool)
{
    ngx_http_jupref_rpc_lock(pool->zone);

    if (pool->shared->id == pool->id) {
        jupref_pool_begin(&pool->shared->pool, &pool->rules);
        (void) ngx_http_jupref_pool_claim_locked(pool, ngx_cycle->log);
    }

    ngx_http_jupref_rpc_unlock(pool->zone);
}


void
ngx_http_jupref_pool_refresh(ngx_http_jupref_pool_t *pool)
{
    ngx_http_upstream_rr_peers_t  *peers;

    peers = pool->upstream->peer.data;

    if (pool->version == ngx_http_jupref_peers_version(peers)) {
        return;
    }

    ngx_http_jupref_pool_forget(pool);

    (void) ngx_http_jupref_pool_build(pool, ngx_cycle->log);

    ngx_http_jupref_rpc_lock(pool->zone);

    if (pool->shared->id == pool->id) {
        (void) ngx_http_jupref_pool_claim_locked(pool, ngx_cycle->log);
    }

    ngx_http_jupref_rpc_unlock(pool->zone);
}


static void
ngx_http_jupref_pool_forget(ngx_http_jupref_pool_t *pool)
{
    ngx_uint_t  i;

    for (i = 0; i < pool->count; i++) {
        ngx_free(pool->nodes[i].sockaddr);
    }

    pool->count = 0;
    ngx_memzero(pool->by_number, sizeof(pool->by_number));
}


/* The configuration goes: what was copied outside of its pool, too. */

void
ngx_http_jupref_pool_cleanup(void *data)
{
    ngx_http_jupref_pool_forget(data);
}


ngx_http_jupref_pool_node_t *
ngx_http_jupref_pool_node(ngx_http_jupref_pool_t *pool, ngx_uint_t number)
{
    return (number < JUPREF_POOL_NODES) ? pool->by_number[number] : NULL;
}


ngx_http_jupref_pick_t *
ngx_http_jupref_pick(ngx_http_request_t *r)
{
    ngx_http_jupref_ctx_t  *ctx;

    ctx = ngx_http_jupref_ctx(r);

    if (ctx == NULL) {
        return NULL;
    }

    if (ctx->pick == NULL) {
        ctx->pick = ngx_pcalloc(r->pool, sizeof(ngx_http_jupref_pick_t));

        if (ctx->pick) {
            ctx->pick->node = JUPREF_POOL_NODES;
        }
    }

    return ctx->pick;
}
