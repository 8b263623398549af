/*
 * An upstream with jupref_freshest, as this process knows it, and what may be
 * asked and told of its nodes.
 *
 * Nodes have numbers (0 to 63), the same in every process while the node is
 * configured; a set of them is a bit mask.  What is said of a number that
 * belongs to another node by now (a reload replaced it) is ignored.
 */

#ifndef NGX_HTTP_JUPREF_POOL_H
#define NGX_HTTP_JUPREF_POOL_H


#include "upstream/ngx_http_jupref_rpc_zone.h"


/* A pool isn't judged more often than this. */
#define NGX_HTTP_JUPREF_JUDGE_MS  100


/* One address of one `server`. */
typedef struct {
    ngx_uint_t                     number;      /* in the zone */
    uint64_t                       id;          /* and whose it is */
    ngx_str_t                      name;        /* "127.0.0.1:8899",
                                                 * "unix:/run/rpc-a.sock" */
    ngx_str_t                      server;      /* as configured */
    struct sockaddr               *sockaddr;
    socklen_t                      socklen;
    ngx_int_t                      weight;
    unsigned                       backup:1;
    unsigned                       down:1;
} ngx_http_jupref_pool_node_t;


struct ngx_http_jupref_pool_s {
    ngx_http_upstream_srv_conf_t  *upstream;
    ngx_http_jupref_rpc_zone_t    *zone;
    ngx_http_jupref_shared_pool_t *shared;
    uint64_t                       id;          /* of `shared` */
    uint64_t                       key;         /* hash of its name */
    jupref_pool_rules_t            rules;

    /* this process's copy of who belongs to it */
    ngx_http_jupref_pool_node_t    nodes[JUPREF_POOL_NODES];
    ngx_uint_t                     count;
    ngx_uint_t                     version;     /* of the peers */
    ngx_http_jupref_pool_node_t   *by_number[JUPREF_POOL_NODES];
};


/*
 * What a request, or a subrequest, wishes of the balancer, and what it got.
 * Made by the gateway before the upstream is initialised, in the context of
 * exactly that (sub)request; without one any healthy node will do.
 */
struct ngx_http_jupref_pick_s {

    /* in */
    uint64_t                       avoid;       /* nodes tried before */
    uint64_t                       spare;       /* if nobody else is well */
    uint64_t                       only;        /* 0: all others */
    uint64_t                       min_slot;    /* 0: any */
    jupref_commitment_e            commitment;  /* of min_slot */
    unsigned                       freshest:1;
    unsigned                       outrun:1;    /* another one's answer came,
                                                 * this one's isn't waited
                                                 * for */

    /* out: of the newest try */
    unsigned                       least_bad:1; /* it is out, so are all */
    unsigned                       short_of_slot:1;
    ngx_http_jupref_pool_t        *pool;        /* NULL: no try yet */
    ngx_uint_t                     node;
    uint64_t                       tried;       /* all nodes that were got */
    uint64_t                       started_ms;  /* steady */
};

typedef struct ngx_http_jupref_pick_s  ngx_http_jupref_pick_t;


/* Of an upstream block. */
typedef struct {
    ngx_http_jupref_pool_t        *pool;        /* NULL: no jupref_freshest */
} ngx_http_jupref_srv_conf_t;


void *ngx_http_jupref_create_srv_conf(ngx_conf_t *cf);

/* jupref_freshest [max_lag=] [recover_lag=] [by=] [genesis=]; */
char *ngx_http_jupref_freshest(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* Makes the upstream's peers, and the pool's nodes of them. */
ngx_int_t ngx_http_jupref_freshest_init(ngx_conf_t *cf,
    ngx_http_upstream_srv_conf_t *us);

/* The (sub)request's pick, made when there is none; NULL: no memory. */
ngx_http_jupref_pick_t *ngx_http_jupref_pick(ngx_http_request_t *r);


/* NULL: the upstream isn't jupref_freshest.  By name after all upstreams are
 * read (in a merge or later). */
ngx_http_jupref_pool_t *ngx_http_jupref_pool_of(
    ngx_http_upstream_srv_conf_t *upstream);
ngx_http_jupref_pool_t *ngx_http_jupref_pool_named(ngx_conf_t *cf,
    ngx_str_t *name);

/* Brings nodes up to date where names resolve to other addresses while nginx
 * runs; cheap when nothing has changed. */
void ngx_http_jupref_pool_refresh(ngx_http_jupref_pool_t *pool);

/* The upstream's peers become nodes, when they are known first. */
ngx_int_t ngx_http_jupref_pool_build(ngx_http_jupref_pool_t *pool,
    ngx_log_t *log);

void ngx_http_jupref_pool_cleanup(void *data);

/* The nodes get their numbers; the zone is locked. */
ngx_int_t ngx_http_jupref_pool_claim_locked(ngx_http_jupref_pool_t *pool,
    ngx_log_t *log);

/* The agent's, when it comes into office or nodes have changed: the pool's
 * rules and members are this process's. */
void ngx_http_jupref_pool_adopt(ngx_http_jupref_pool_t *pool);

/* NULL: there is no such node any more. */
ngx_http_jupref_pool_node_t *ngx_http_jupref_pool_node(
    ngx_http_jupref_pool_t *pool, ngx_uint_t number);


/*
 * What lies in the zone, for the agent: judged, locked until unlock(); NULL
 * (and not locked) when the pool's place, or the node's, is another's by now.
 * lock_node() doesn't judge.
 */
jupref_pool_t *ngx_http_jupref_pool_lock(ngx_http_jupref_pool_t *pool);
jupref_pool_t *ngx_http_jupref_pool_lock_node(ngx_http_jupref_pool_t *pool,
    ngx_uint_t node);
void ngx_http_jupref_pool_unlock(ngx_http_jupref_pool_t *pool);


/* The balancer's: chooses, and counts the call as in flight until end(). */
void ngx_http_jupref_pool_choose(ngx_http_jupref_pool_t *pool,
    const jupref_pool_wish_t *wish, jupref_pool_choice_t *choice);


/*
 * What was seen of a node.  A slot was true when the call was sent
 * (`asked_ms`, steady; a pick's `started_ms`) or later.  The balancer itself
 * tells latency and failures of transport of what it has sent; where a pick is
 * given it leaves answers to who has made the pick, latency and all: what only
 * looks like an answer isn't one.  seen() returns 1 when the
 * slot is believed.
 */
ngx_uint_t ngx_http_jupref_pool_seen(ngx_http_jupref_pool_t *pool,
    ngx_uint_t node, jupref_commitment_e commitment, uint64_t slot,
    uint64_t asked_ms);
void ngx_http_jupref_pool_answered(ngx_http_jupref_pool_t *pool,
    ngx_uint_t node, uint64_t latency_us);
void ngx_http_jupref_pool_outrun(ngx_http_jupref_pool_t *pool,
    ngx_uint_t node, uint64_t waited_us);
void ngx_http_jupref_pool_mark(ngx_http_jupref_pool_t *pool, ngx_uint_t node,
    jupref_rpc_mark_e mark, uint64_t retry_after_ms);
void ngx_http_jupref_pool_lied(ngx_http_jupref_pool_t *pool, ngx_uint_t node);

/* The node says that it hasn't this method, by a key of the caller's that
 * isn't 0; which nodes have said so lately. */
void ngx_http_jupref_pool_lacks(ngx_http_jupref_pool_t *pool, ngx_uint_t node,
    uint64_t method);
uint64_t ngx_http_jupref_pool_lacking(ngx_http_jupref_pool_t *pool,
    uint64_t method);

/* Whether there is anything to be told by lacking(). */
ngx_uint_t ngx_http_jupref_pool_has_lacks(ngx_http_jupref_pool_t *pool);

/* A call for a client that doesn't go through the balancer (a fetch) begins;
 * any call ends. */
void ngx_http_jupref_pool_start(ngx_http_jupref_pool_t *pool,
    ngx_uint_t node);
void ngx_http_jupref_pool_end(ngx_http_jupref_pool_t *pool, ngx_uint_t node);


/* Highest slot that a healthy node told, 0: none; how old that is, where
 * `age_ms` isn't NULL. */
uint64_t ngx_http_jupref_pool_head(ngx_http_jupref_pool_t *pool,
    jupref_commitment_e commitment, uint64_t *age_ms);

/* The highest slot that is believed by now; UINT64_MAX: anything is. */
uint64_t ngx_http_jupref_pool_reach(ngx_http_jupref_pool_t *pool,
    jupref_commitment_e commitment);

/* The highest block height that a node may claim now and be believed;
 * UINT64_MAX while nobody knows. */
uint64_t ngx_http_jupref_pool_believable_height(ngx_http_jupref_pool_t *pool,
    jupref_commitment_e commitment);

/* The oldest that an answer to a call of then may be of; 0: nobody knows. */
void ngx_http_jupref_pool_least(ngx_http_jupref_pool_t *pool,
    jupref_commitment_e commitment, uint64_t asked_ms, uint64_t *slot,
    uint64_t *height);

/* A node told that hash: noted; 0: the pool's is another one. */
ngx_uint_t ngx_http_jupref_pool_believes_genesis(ngx_http_jupref_pool_t *pool,
    ngx_uint_t node, const uint8_t genesis[JUPREF_GENESIS_SIZE]);

/* Finalized block height, 0: unknown. */
uint64_t ngx_http_jupref_pool_block_height(ngx_http_jupref_pool_t *pool);

/* Measured slot time, milliseconds. */
uint64_t ngx_http_jupref_pool_slot_ms(ngx_http_jupref_pool_t *pool);

/* Up to `count` distinct healthy nodes, the best first, else the least bad
 * alone; `wish` may be NULL.  Returns how many. */
ngx_uint_t ngx_http_jupref_pool_best(ngx_http_jupref_pool_t *pool,
    const jupref_pool_wish_t *wish, ngx_http_jupref_pool_node_t **nodes,
    ngx_uint_t count);

/* All that is known, judged now, for API and metrics. */
void ngx_http_jupref_pool_snapshot(ngx_http_jupref_pool_t *pool,
    jupref_pool_t *copy);

/* Of its nodes in such a copy. */
ngx_uint_t ngx_http_jupref_pool_count_healthy(ngx_http_jupref_pool_t *pool,
    const jupref_pool_t *copy);


#endif /* NGX_HTTP_JUPREF_POOL_H */
