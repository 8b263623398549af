/*
 * jupref_freshest: the load balancing of an upstream of Solana RPC nodes.
 *
 * nginx's round robin keeps the peers (parameters of `server`, `zone`,
 * connections, failures within fail_timeout); which of them a request goes to
 * is the pool's choice.  A request that was sent teaches the pool how long the
 * answer took, or that there was none.
 */

#include "http/ngx_http_jupref.h"
#include "upstream/ngx_http_jupref_pool.h"


/* Round robin's own data comes first: its functions are given this. */
typedef struct {
    ngx_http_upstream_rr_peer_data_t   rrp;
    ngx_http_upstream_rr_peers_t      *primary;
    ngx_http_request_t                *request;
    ngx_http_jupref_pool_t            *pool;
    ngx_http_jupref_pick_t            *pick;    /* NULL: no wish */
    uint64_t                           tried;
    ngx_uint_t                         node;
} ngx_http_jupref_freshest_peer_t;


/* Peers that can be had, by node. */
typedef struct {
    ngx_http_upstream_rr_peer_t       *peer[JUPREF_POOL_NODES];
    uint64_t                           backup;
    uint64_t                           allowed;
    uint64_t                           failed;  /* fail_timeout isn't over */
} ngx_http_jupref_freshest_set_t;


static ngx_int_t ngx_http_jupref_freshest_init_peer(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us);
static ngx_int_t ngx_http_jupref_freshest_get(ngx_peer_connection_t *pc,
    void *data);
static ngx_int_t ngx_http_jupref_freshest_get_locked(
    ngx_peer_connection_t *pc, ngx_http_jupref_freshest_peer_t *fp);
static void ngx_http_jupref_freshest_look(ngx_http_jupref_freshest_peer_t *fp,
    ngx_http_jupref_freshest_set_t *set);
static void ngx_http_jupref_freshest_choose(
    ngx_http_jupref_freshest_peer_t *fp, ngx_http_jupref_freshest_set_t *set,
    jupref_pool_choice_t *choice);
static void ngx_http_jupref_freshest_free(ngx_peer_connection_t *pc,
    void *data, ngx_uint_t state);
static void ngx_http_jupref_freshest_learn(
    ngx_http_jupref_freshest_peer_t *fp, ngx_uint_t state);


ngx_int_t
ngx_http_jupref_freshest_init(ngx_conf_t *cf,
    ngx_http_upstream_srv_conf_t *us)
{
    ngx_pool_cleanup_t      *cln;
    ngx_http_jupref_pool_t  *pool;

    if (ngx_http_upstream_init_round_robin(cf, us) != NGX_OK) {
        return NGX_ERROR;
    }

    us->peer.init = ngx_http_jupref_freshest_init_peer;

    pool = ngx_http_jupref_pool_of(us);

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_jupref_pool_cleanup;
    cln->data = pool;

    return ngx_http_jupref_pool_build(pool, cf->log);
}


static ngx_int_t
ngx_http_jupref_freshest_init_peer(ngx_http_request_t *r,
    ngx_http_upstream_srv_conf_t *us)
{
    ngx_http_jupref_ctx_t            *ctx;
    ngx_http_jupref_freshest_peer_t  *fp;

    fp = ngx_pcalloc(r->pool, sizeof(ngx_http_jupref_freshest_peer_t));
    if (fp == NULL) {
        return NGX_ERROR;
    }

    r->upstream->peer.data = &fp->rrp;

    if (ngx_http_upstream_init_round_robin_peer(r, us) != NGX_OK) {
        return NGX_ERROR;
    }

    ctx = ngx_http_jupref_ctx_find(r);

    fp->primary = fp->rrp.peers;
    fp->request = r;
    fp->pool = ngx_http_jupref_pool_of(us);
    fp->pick = ctx ? ctx->pick : NULL;
    fp->node = JUPREF_POOL_NODES;

    ngx_http_jupref_pool_refresh(fp->pool);

    r->upstream->peer.get = ngx_http_jupref_freshest_get;
    r->upstream->peer.free = ngx_http_jupref_freshest_free;

    return NGX_OK;
}


static ngx_int_t
ngx_http_jupref_freshest_get(ngx_peer_connection_t *pc, void *data)
{
    ngx_http_jupref_freshest_peer_t  *fp = data;

    ngx_int_t                      rc;
    ngx_http_upstream_rr_peers_t  *primary, *backup;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, pc->log, 0,
                   "jupref: get freshest peer, try: %ui", pc->tries);

    pc->cached = 0;
    pc->connection = NULL;

    primary = fp->primary;
    backup = primary->next;

    ngx_http_upstream_rr_peers_wlock(primary);

    if (backup) {
        ngx_http_upstream_rr_peers_wlock(backup);
    }

    rc = ngx_http_jupref_freshest_get_locked(pc, fp);

    if (backup) {
        ngx_http_upstream_rr_peers_unlock(backup);
    }

    ngx_http_upstream_rr_peers_unlock(primary);

    if (rc == NGX_BUSY) {
        pc->name = primary->name;
    }

    return rc;
}


static ngx_int_t
ngx_http_jupref_freshest_get_locked(ngx_peer_connection_t *pc,
    ngx_http_jupref_freshest_peer_t *fp)
{
    time_t                           now;
    jupref_pool_choice_t             choice;
    ngx_http_upstream_rr_peer_t     *peer;
    ngx_http_upstream_rr_peers_t    *peers;
    ngx_http_jupref_freshest_set_t   set;

    /* names have been resolved anew since the request began */

    if (fp->pool->version != ngx_http_jupref_peers_version(fp->primary)
        || ngx_http_jupref_rr_version(&fp->rrp)
           != ngx_http_jupref_peers_version(fp->primary))
    {
        return NGX_BUSY;
    }

    ngx_http_jupref_freshest_look(fp, &set);
    ngx_http_jupref_freshest_choose(fp, &set, &choice);

    if (choice.node == JUPREF_POOL_NODES) {
        return NGX_BUSY;
    }

    peer = set.peer[choice.node];
    peers = (set.backup & jupref_pool_bit(choice.node)) ? fp->primary->next
                                                        : fp->primary;
    now = ngx_time();

    if (now - peer->checked > peer->fail_timeout) {
        peer->checked = now;
    }

    pc->sockaddr = peer->sockaddr;
    pc->socklen = peer->socklen;
    pc->name = &peer->name;

    peer->conns++;

    fp->rrp.peers = peers;
    fp->rrp.current = peer;
    ngx_http_jupref_peer_ref(peers, peer);

    fp->node = choice.node;
    fp->tried |= jupref_pool_bit(choice.node);

    if (fp->pick) {
        fp->pick->pool = fp->pool;
        fp->pick->node = choice.node;
        fp->pick->tried |= jupref_pool_bit(choice.node);
        fp->pick->least_bad = choice.least_bad;
        fp->pick->short_of_slot = choice.short_of_slot;
        fp->pick->started_ms = ngx_http_jupref_steady_ms();
    }

    return NGX_OK;
}


/* What nginx's own parameters leave: not down, not at max_conns, and by
 * preference not failed; a server given twice is the peer that has room. */

static void
ngx_http_jupref_freshest_look(ngx_http_jupref_freshest_peer_t *fp,
    ngx_http_jupref_freshest_set_t *set)
{
    time_t                         now;
    uint64_t                       bit;
    ngx_uint_t                     i, list, failed, number;
    ngx_http_upstream_rr_peer_t   *peer;
    ngx_http_upstream_rr_peers_t  *peers;

    ngx_memzero(set, sizeof(ngx_http_jupref_freshest_set_t));

    now = ngx_time();
    i = 0;

    for (peers = fp->primary, list = 0;
         peers && list < 2;
         peers = peers->next, list++)
    {
        for (peer = peers->peer; peer; peer = peer->next, i++) {

            if (i == fp->pool->count) {
                return;
            }

            number = fp->pool->nodes[i].number;

            if (number >= JUPREF_POOL_NODES || peer->down
                || (peer->max_conns && peer->conns >= peer->max_conns))
            {
                continue;
            }

            /* with one server alone there is nothing to fail over to */

            failed = !peers->single && peer->max_fails
                     && peer->fails >= peer->max_fails
                     && now - peer->checked <= peer->fail_timeout;

            bit = jupref_pool_bit(number);

            if (set->peer[number] && (failed || (set->allowed & bit))) {
                continue;
            }

            set->peer[number] = peer;

            if (failed) {
                set->failed |= bit;

            } else {
                set->failed &= ~bit;
                set->allowed |= bit;
            }

            if (list) {
                set->backup |= bit;

            } else {
                set->backup &= ~bit;
            }
        }
    }
}


static void
ngx_http_jupref_freshest_choose(ngx_http_jupref_freshest_peer_t *fp,
    ngx_http_jupref_freshest_set_t *set, jupref_pool_choice_t *choice)
{
    ngx_http_jupref_pick_t  *pick;
    jupref_pool_wish_t       wish;

    pick = fp->pick;

    ngx_memzero(&wish, sizeof(jupref_pool_wish_t));

    wish.allowed = set->allowed;
    wish.avoid = fp->tried;
    wish.random = (uint64_t) ngx_random() << 32 ^ (uint64_t) ngx_random();

    if (pick) {
        wish.avoid |= pick->avoid;
        wish.min_slot = pick->min_slot;
        wish.commitment = pick->commitment;
        wish.freshest = pick->freshest;

        if (pick->only) {
            wish.allowed &= pick->only;
        }
    }

    ngx_http_jupref_pool_choose(fp->pool, &wish, choice);

    /* better one that has failed lately than none */

    if (choice->node == JUPREF_POOL_NODES && set->failed) {
        wish.allowed = set->failed;

        if (pick && pick->only) {
            wish.allowed &= pick->only;
        }

        ngx_http_jupref_pool_choose(fp->pool, &wish, choice);
        choice->least_bad = 1;
    }
}


static void
ngx_http_jupref_freshest_free(ngx_peer_connection_t *pc, void *data,
    ngx_uint_t state)
{
    ngx_http_jupref_freshest_peer_t  *fp = data;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, pc->log, 0,
                   "jupref: free freshest peer, state: %ui, node: %ui",
                   state, fp->node);

    ngx_http_upstream_free_round_robin_peer(pc, &fp->rrp, state);

    if (fp->node < JUPREF_POOL_NODES) {
        ngx_http_jupref_freshest_learn(fp, state);
        fp->node = JUPREF_POOL_NODES;
    }
}


/*
 * Time to the answer's header, which doesn't grow with its body.  Where nobody
 * reads the answer's body, its status has to do.  A client that left says
 * nothing about the node; that another one was quicker says how long it would
 * have taken at least.
 */

static void
ngx_http_jupref_freshest_learn(ngx_http_jupref_freshest_peer_t *fp,
    ngx_uint_t state)
{
    uint64_t                    retry_after_ms;
    ngx_uint_t                  answered;
    jupref_rpc_mark_e           mark;
    jupref_rpc_verdict_t        verdict;
    jupref_rpc_outcome_t        outcome;
    ngx_http_upstream_t        *u;

    u = fp->request->upstream;
    mark = JUPREF_RPC_MARK_NONE;
    retry_after_ms = 0;

    ngx_http_jupref_pool_end(fp->pool, fp->node);

    answered = u->state && u->state->header_time != (ngx_msec_t) -1;

    if (answered && fp->pick == NULL) {

        /* nginx counts whole milliseconds: half a one stands for none */

        ngx_http_jupref_pool_answered(fp->pool, fp->node,
                                      (uint64_t) u->state->header_time * 1000
                                      + 500);

    } else if (fp->pick && fp->pick->outrun) {
        ngx_http_jupref_pool_outrun(fp->pool, fp->node,
                                    (ngx_http_jupref_steady_ms()
                                     - fp->pick->started_ms) * 1000);
    }

    if (fp->pick == NULL && answered
        && u->headers_in.status_n >= NGX_HTTP_BAD_REQUEST)
    {
        ngx_memzero(&outcome, sizeof(jupref_rpc_outcome_t));
        outcome.status = (unsigned) u->headers_in.status_n;

        jupref_rpc_verdict(&verdict,
                           jupref_rpc_method_find((jupref_bytes_t) { NULL, 0 }),
                           &outcome);
        mark = verdict.mark;
        retry_after_ms = verdict.retry_after_ms;
    }

    if (mark == JUPREF_RPC_MARK_NONE && (state & NGX_PEER_FAILED)
        && (fp->pick == NULL || !answered))
    {
        mark = JUPREF_RPC_MARK_FAILED;
    }

    ngx_http_jupref_pool_mark(fp->pool, fp->node, mark, retry_after_ms);
}
