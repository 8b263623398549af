/*
 * The RPC gateway's inside: a client's request is one or more members, each a
 * JSON-RPC call; a member that has to ask a node does so by exchanges.
 *
 *     request (ngx_http_jupref_rpc_t)      the client's POST
 *         member                           one call, answered on its own
 *             exchange                     one question to one node
 *
 * An exchange is a background subrequest that runs the location's proxy_pass;
 * its answer is captured by our filters, and its end wakes the request, which
 * judges.  Everything lies in the request's pool and ends with it.
 */

#ifndef NGX_HTTP_JUPREF_RPC_H
#define NGX_HTTP_JUPREF_RPC_H


#include "http/ngx_http_jupref.h"

#include "base/jupref_bucket.h"
#include "solana/jupref_rpc_answer.h"
#include "solana/jupref_rpc_call.h"
#include "solana/jupref_rpc_keep.h"
#include "solana/jupref_rpc_verdict.h"
#include "upstream/ngx_http_jupref_pool.h"


/* Unless the directive says otherwise. */
#define NGX_HTTP_JUPREF_RPC_BATCH      100
#define NGX_HTTP_JUPREF_RPC_BODY       (128 * 1024)
#define NGX_HTTP_JUPREF_RPC_ANSWER     (16 * 1024 * 1024)
#define NGX_HTTP_JUPREF_RPC_HEAD       500              /* ms */

/* What a directive may say at most. */
#define NGX_HTTP_JUPREF_RPC_BATCH_MAX  1000
#define NGX_HTTP_JUPREF_RPC_BODY_MAX   (4 * 1024 * 1024)
#define NGX_HTTP_JUPREF_RPC_ANSWER_MAX (256 * 1024 * 1024)

/* JSON values in a body: a kilobyte holds some hundred of them. */
#define NGX_HTTP_JUPREF_RPC_VALUES     20000

/* Members of one request that ask nodes at the same time. */
#define NGX_HTTP_JUPREF_RPC_IN_FLIGHT  16

/* Nodes that one member may ask, when all have failed it twice; one try more,
 * when the others have failed and one was only behind.  Slots that it may wait
 * for. */
#define NGX_HTTP_JUPREF_RPC_TRIES      3
#define NGX_HTTP_JUPREF_RPC_WAITS      2

/* Codes for what the gateway refuses itself: JSON-RPC's, and for a limit
 * what Solana's public endpoints say. */
#define JUPREF_RPC_INVALID_REQUEST     (-32600)
#define JUPREF_RPC_METHOD_NOT_FOUND    (-32601)
#define JUPREF_RPC_LIMITED             429


typedef struct ngx_http_jupref_rpc_member_s  ngx_http_jupref_rpc_member_t;
typedef struct ngx_http_jupref_rpc_exchange_s  ngx_http_jupref_rpc_exchange_t;
typedef struct ngx_http_jupref_rpc_counters_s  ngx_http_jupref_rpc_counters_t;
typedef struct ngx_http_jupref_gateway_s  ngx_http_jupref_gateway_t;


/* A method's place in tables by method; all unknown ones share the last. */
#define jupref_rpc_row(method)                                                \
    ((method)->class == JUPREF_RPC_UNKNOWN                                    \
     ? jupref_rpc_method_count : (unsigned) ((method) - jupref_rpc_methods))


/* jupref_rpc, merged with what is said beside it. */
struct ngx_http_jupref_rpc_conf_s {
    ngx_http_jupref_rpc_zone_t      *zone;
    ngx_http_handler_pt              upstream;  /* proxy_pass's handler */
    ngx_http_jupref_pool_t          *pool;      /* NULL: another balancer */
    ngx_uint_t                       nodes;     /* that it has, without one */

    /* whose answers these are; without it (proxy_pass has variables) none is
     * shared */
    uint8_t                          identity[JUPREF_SHA256_SIZE];
    unsigned                         shares:1;

    u_char                          *allowed;   /* by method's row */
    uint32_t                        *costs;     /* the same */
    jupref_rate_t                   *rate;      /* NULL: no limit */
    ngx_uint_t                       batch;
    size_t                           body;
    size_t                           answer;
    ngx_msec_t                       head;      /* 0: off */
    ngx_msec_t                       hedge;     /* 0: off */
    ngx_flag_t                       cache;
    ngx_flag_t                       monotonic;
    ngx_http_jupref_rpc_send_conf_t *send;

    u_char                          *file;      /* where it is written */
    ngx_uint_t                       line;
};


/* Where an answer came from; metric labels, in this order in
 * ngx_http_jupref_rpc_metrics.c. */
typedef enum {
    NGX_HTTP_JUPREF_RPC_FROM_NODE = 0,
    NGX_HTTP_JUPREF_RPC_NODE_ERROR,             /* and it is an error */
    NGX_HTTP_JUPREF_RPC_FROM_CACHE,
    NGX_HTTP_JUPREF_RPC_FROM_HEAD,
    NGX_HTTP_JUPREF_RPC_FROM_JOIN,
    NGX_HTTP_JUPREF_RPC_UNASKED,                /* a read without an id */
    NGX_HTTP_JUPREF_RPC_INVALID,
    NGX_HTTP_JUPREF_RPC_DENIED,
    NGX_HTTP_JUPREF_RPC_OVER_LIMIT,
    NGX_HTTP_JUPREF_RPC_FAILED,
    NGX_HTTP_JUPREF_RPC_ORIGINS
} ngx_http_jupref_rpc_origin_e;


struct ngx_http_jupref_rpc_exchange_s {
    ngx_http_jupref_rpc_exchange_t  *next;      /* of its member */
    ngx_http_jupref_rpc_exchange_t  *next_over; /* of its request */
    ngx_http_jupref_rpc_member_t    *member;
    ngx_http_request_t              *sr;        /* NULL: over */
    ngx_http_jupref_pick_t          *pick;      /* NULL: no pool */
    uint64_t                         id;        /* in the body */
    uint64_t                         latency_us;        /* to its header */

    jupref_rpc_transport_e           transport;
    ngx_uint_t                       status;    /* 0: no header has come */
    jupref_bytes_t                   retry_after;
    u_char                          *text;      /* what was captured */
    size_t                           len;
    size_t                           size;
    ngx_str_t                       *node;      /* its name; NULL: none */
    unsigned                         whole:1;   /* its end was seen */
    unsigned                         too_large:1;
    unsigned                         stopped:1; /* by its filter */
    unsigned                         hedge:1;   /* beside another */
    unsigned                         kept:1;    /* its text is still read */
};


/* What a member waits for besides its exchanges. */
typedef enum {
    NGX_HTTP_JUPREF_RPC_NOT_DUE = 0,
    NGX_HTTP_JUPREF_RPC_DUE_HEDGE,              /* to ask one more beside */
    NGX_HTTP_JUPREF_RPC_DUE_ASK                 /* to ask again */
} ngx_http_jupref_rpc_due_e;


/* Of answers that were no success, the best informed is the client's. */
typedef enum {
    NGX_HTTP_JUPREF_RPC_RANK_NONE = 0,
    NGX_HTTP_JUPREF_RPC_RANK_SICK,      /* the node says it is its own fault */
    NGX_HTTP_JUPREF_RPC_RANK_LACKS,     /* it hasn't the method */
    NGX_HTTP_JUPREF_RPC_RANK_BEHIND,    /* it hasn't the slot wanted yet */
    NGX_HTTP_JUPREF_RPC_RANK_WELL,
    NGX_HTTP_JUPREF_RPC_RANK_OLD        /* a result, behind the client's slot or
                                         * the pool's bound: it isn't given */
} ngx_http_jupref_rpc_rank_e;


struct ngx_http_jupref_rpc_member_s {
    ngx_http_jupref_rpc_t           *rpc;
    const jupref_rpc_call_t         *call;
    ngx_http_jupref_rpc_exchange_t  *exchanges; /* newest first */
    struct ngx_http_jupref_rpc_send_s  *send;   /* on its way; NULL: none */
    ngx_uint_t                       tries;
    ngx_msec_t                       asked_ms;  /* the first node */
    uint64_t                         tried;     /* nodes, as a mask */
    uint64_t                         min_slot;  /* this client's own */

    ngx_http_jupref_rpc_due_e        due;
    ngx_msec_t                       due_ms;

    /* the best of the answers that were no success */
    jupref_rpc_answer_t             *best;
    ngx_http_jupref_rpc_exchange_t  *best_of;
    ngx_http_jupref_rpc_rank_e       rank;      /* of `best` */
    uint64_t                         behind;    /* nodes, as a mask */
    uint64_t                         behind_slot;       /* what those told */
    ngx_uint_t                       waits;     /* slots waited for */
    jupref_rpc_verdict_t             verdict;   /* of the newest */
    ngx_uint_t                       status;    /* of HTTP, if it fails */

    /* identical calls in flight: ngx_http_jupref_rpc_join.c */
    uint8_t                          key[JUPREF_SHA256_SIZE];
    uint8_t                          join_key[JUPREF_SHA256_SIZE];
    ngx_queue_t                      join;
    ngx_queue_t                      joiners;

    ngx_http_jupref_rpc_origin_e     origin;
    jupref_bytes_t                   reply[JUPREF_RPC_REPLY_SPANS];
    unsigned                         spans;     /* 0: none is given */
    unsigned                         keyed:1;   /* it has a key */
    unsigned                         leads:1;
    unsigned                         joined:1;
    unsigned                         fresher:1; /* ask who is furthest ahead */
    unsigned                         failed:1;  /* a node, by its own fault */
    unsigned                         in_vain:1; /* the newest result is old, or
                                                 * isn't believed */
    unsigned                         again:1;   /* all nodes once more */
    unsigned                         limited:1;
    unsigned                         timed_out:1;
    unsigned                         done:1;
};


struct ngx_http_jupref_rpc_s {
    ngx_http_request_t              *request;
    ngx_http_jupref_rpc_conf_t      *conf;
    jupref_memory_t                 *memory;
    jupref_bytes_t                   text;      /* the client's body */
    u_char                          *room;      /* where it is gathered */
    size_t                           room_size;
    jupref_rpc_body_t                body;
    ngx_http_jupref_rpc_member_t    *members;   /* NULL: not read yet */
    ngx_uint_t                       started;   /* members so far */
    ngx_uint_t                       open;      /* of those, not done */
    ngx_str_t                        client;
    uint8_t                          client_key[JUPREF_SHA256_SIZE];
    uint64_t                         wait_ms;   /* until it may call again */
    ngx_str_t                        node;      /* that answered last */
    size_t                           captured;  /* bytes of answers held */
    ngx_list_t                      *passed;    /* headers nodes get */

    /* exchanges that are over and wait to be judged */
    ngx_http_jupref_rpc_exchange_t  *over;
    ngx_http_jupref_rpc_exchange_t **over_last;

    ngx_event_t                      event;     /* from outside, and timer */
    ngx_uint_t                       due;       /* members that are */
    unsigned                         woken:1;
    unsigned                         answered:1;        /* or given up */
    unsigned                         failed:1;  /* no memory */
    unsigned                         logged:1;  /* one line a request */
};


/* ngx_http_jupref_rpc_conf.c */
char *ngx_http_jupref_rpc_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* ngx_http_jupref_rpc_terms.c */
char *ngx_http_jupref_rpc_cost_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_jupref_rpc_limit_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_jupref_rpc_send_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* ngx_http_jupref_rpc_merge.c */
char *ngx_http_jupref_rpc_merge(ngx_conf_t *cf,
    ngx_http_jupref_loc_conf_t *prev, ngx_http_jupref_loc_conf_t *conf);


/* ngx_http_jupref_rpc.c */
ngx_int_t ngx_http_jupref_rpc_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_jupref_rpc_too_large(ngx_http_jupref_rpc_t *rpc);

/* Of the main request; NULL: it isn't the gateway's. */
ngx_http_jupref_rpc_t *ngx_http_jupref_rpc_find(ngx_http_request_t *r);


/* ngx_http_jupref_rpc_read.c: gathers the body, then begins */
ngx_int_t ngx_http_jupref_rpc_read(ngx_http_jupref_rpc_t *rpc);


/* ngx_http_jupref_rpc_run.c */

/* The body is here: reads it, starts what can be started. */
void ngx_http_jupref_rpc_begin(ngx_http_jupref_rpc_t *rpc);

/* Has the request look soon at what has happened: from within its own
 * connection's events, and from anywhere else. */
void ngx_http_jupref_rpc_rouse(ngx_http_jupref_rpc_t *rpc);
void ngx_http_jupref_rpc_rouse_other(ngx_http_jupref_rpc_t *rpc);

/* The member waits so long, for one thing at a time. */
void ngx_http_jupref_rpc_due_in(ngx_http_jupref_rpc_member_t *member,
    ngx_http_jupref_rpc_due_e due, ngx_msec_t ms);
void ngx_http_jupref_rpc_not_due(ngx_http_jupref_rpc_member_t *member);


/* ngx_http_jupref_rpc_members.c */

/* NGX_ERROR: memory is out, in the middle of things. */
ngx_int_t ngx_http_jupref_rpc_start(ngx_http_jupref_rpc_member_t *member);

ngx_uint_t ngx_http_jupref_rpc_allowed(
    const ngx_http_jupref_rpc_member_t *member);

/* The member is answered: with what a node says, or a kept result, or by an
 * error. */
void ngx_http_jupref_rpc_deliver(ngx_http_jupref_rpc_member_t *member,
    ngx_http_jupref_rpc_origin_e origin, const jupref_rpc_answer_t *answer);
void ngx_http_jupref_rpc_give(ngx_http_jupref_rpc_member_t *member,
    ngx_http_jupref_rpc_origin_e origin, jupref_bytes_t result,
    uint64_t slot);
void ngx_http_jupref_rpc_refuse(ngx_http_jupref_rpc_member_t *member,
    ngx_http_jupref_rpc_origin_e origin, int code, jupref_bytes_t message);

/* By more bytes than the request may hold. */
void ngx_http_jupref_rpc_too_much(ngx_http_jupref_rpc_member_t *member);


/* ngx_http_jupref_rpc_send.c: sendTransaction.  NGX_DECLINED: it is to be
 * asked like any other call; leave() ends what a request still waits for. */
ngx_int_t ngx_http_jupref_rpc_send(ngx_http_jupref_rpc_member_t *member);
void ngx_http_jupref_rpc_send_leave(ngx_http_jupref_rpc_member_t *member);
void ngx_http_jupref_rpc_send_exit(void);


/* ngx_http_jupref_rpc_belief.c: an answer of a slot, 0: unknown, of a node of
 * a pool */
ngx_uint_t ngx_http_jupref_rpc_believes(ngx_http_jupref_pick_t *pick,
    const jupref_rpc_call_t *call, const jupref_rpc_answer_t *answer,
    uint64_t slot);
ngx_uint_t ngx_http_jupref_rpc_is_old(ngx_http_jupref_pick_t *pick,
    const jupref_rpc_call_t *call, const jupref_rpc_answer_t *answer,
    uint64_t slot);


/* ngx_http_jupref_rpc_local.c: answers without asking a node */

/* NGX_OK: it is answered; NGX_DECLINED: a node must be asked. */
ngx_int_t ngx_http_jupref_rpc_local(ngx_http_jupref_rpc_member_t *member);

/* What a node answered may serve others; the slot it is of, 0: unknown. */
void ngx_http_jupref_rpc_keep(ngx_http_jupref_rpc_exchange_t *exchange,
    const jupref_rpc_answer_t *answer, uint64_t slot);
uint64_t ngx_http_jupref_rpc_slot_of(const jupref_rpc_call_t *call,
    const jupref_rpc_answer_t *answer);

/* The slot that this client's reads mustn't go behind: noted, and looked up
 * for all members. */
void ngx_http_jupref_rpc_seen(ngx_http_jupref_rpc_t *rpc);
void ngx_http_jupref_rpc_note(ngx_http_jupref_rpc_member_t *member,
    uint64_t slot);


/* ngx_http_jupref_rpc_cache.c */
jupref_bytes_t ngx_http_jupref_rpc_cache_get(ngx_http_jupref_rpc_zone_t *zone,
    const uint8_t key[JUPREF_SHA256_SIZE], uint64_t min_slot,
    ngx_pool_t *pool, uint64_t *slot);
void ngx_http_jupref_rpc_cache_put(ngx_http_jupref_rpc_zone_t *zone,
    const uint8_t key[JUPREF_SHA256_SIZE], jupref_bytes_t text, uint64_t slot,
    uint64_t keep_ms);


/* ngx_http_jupref_rpc_join.c */

/* 1: another one asks already, and will answer this one, too. */
ngx_uint_t ngx_http_jupref_rpc_join(ngx_http_jupref_rpc_member_t *member);

/* The member is done: those who joined get what it got; or its request goes
 * without an answer, and one of them has to ask. */
void ngx_http_jupref_rpc_share(ngx_http_jupref_rpc_member_t *member,
    const jupref_rpc_answer_t *answer);
void ngx_http_jupref_rpc_part(ngx_http_jupref_rpc_member_t *member);


/* ngx_http_jupref_rpc_client.c */
ngx_int_t ngx_http_jupref_client(ngx_http_request_t *r, ngx_str_t *client);
ngx_int_t ngx_http_jupref_rpc_charge(ngx_http_jupref_rpc_t *rpc);
ngx_int_t ngx_http_jupref_rpc_retry_after(ngx_http_jupref_rpc_t *rpc);


/* ngx_http_jupref_rpc_variables.c */
ngx_int_t ngx_http_jupref_rpc_add_variables(ngx_conf_t *cf);


/* ngx_http_jupref_rpc_lacks.c: the node hasn't the method; nodes, as a mask,
 * that aren't to be asked for it; whether one more node may be asked, which is
 * paid for then */
void ngx_http_jupref_rpc_lacks(ngx_http_jupref_rpc_exchange_t *exchange);
uint64_t ngx_http_jupref_rpc_lacking(ngx_http_jupref_rpc_member_t *member);
ngx_uint_t ngx_http_jupref_rpc_may_retry(
    ngx_http_jupref_rpc_member_t *member);


/* ngx_http_jupref_rpc_exchange.c */

/* Asks a node; the end of it rouses the request. */
ngx_int_t ngx_http_jupref_rpc_ask(ngx_http_jupref_rpc_member_t *member);

/* ngx_http_jupref_rpc_passed.c: the subrequest has those of the client's
 * headers that a node gets */
ngx_int_t ngx_http_jupref_rpc_pass_headers(ngx_http_jupref_rpc_t *rpc,
    ngx_http_request_t *sr);

/* From within a filter: enough of it. */
void ngx_http_jupref_rpc_stop(ngx_http_jupref_rpc_exchange_t *exchange);

uint64_t ngx_http_jupref_rpc_tried(ngx_http_jupref_rpc_member_t *member);

/* Nobody wants it, or any of the member's open exchanges, any more. */
void ngx_http_jupref_rpc_drop(ngx_http_jupref_rpc_exchange_t *exchange);
void ngx_http_jupref_rpc_cancel(ngx_http_jupref_rpc_member_t *member);

/* The exchange that a subrequest is; NULL: it is none. */
ngx_http_jupref_rpc_exchange_t *ngx_http_jupref_rpc_exchange(
    ngx_http_request_t *sr);


/* ngx_http_jupref_rpc_capture.c: the filters' part */
ngx_int_t ngx_http_jupref_rpc_header(ngx_http_request_t *sr,
    ngx_http_jupref_rpc_exchange_t *exchange);
ngx_int_t ngx_http_jupref_rpc_body(ngx_http_jupref_rpc_exchange_t *exchange,
    ngx_chain_t *in);

/* Bytes of answers that the request may hold besides what it does; what an
 * exchange has captured is read no more. */
size_t ngx_http_jupref_rpc_left(const ngx_http_jupref_rpc_t *rpc);
void ngx_http_jupref_rpc_forget(ngx_http_jupref_rpc_exchange_t *exchange);


/* ngx_http_jupref_rpc_judge.c: an exchange is over; NGX_ERROR: no memory */
ngx_int_t ngx_http_jupref_rpc_judge(ngx_http_jupref_rpc_exchange_t *exchange);


/* ngx_http_jupref_rpc_next.c: by the newest verdict, which was no success;
 * or a time has come.  NGX_ERROR: no memory */
ngx_int_t ngx_http_jupref_rpc_next(ngx_http_jupref_rpc_member_t *member);
ngx_int_t ngx_http_jupref_rpc_is_due(ngx_http_jupref_rpc_member_t *member);

/* No node has anything to say: by the newest verdict. */
void ngx_http_jupref_rpc_give_up(ngx_http_jupref_rpc_member_t *member);

/* A call has come that may need a retry later; 1: one may be made now. */
void ngx_http_jupref_rpc_earn(ngx_http_jupref_rpc_zone_t *zone);
ngx_uint_t ngx_http_jupref_rpc_affords(ngx_http_jupref_rpc_zone_t *zone);


/* ngx_http_jupref_rpc_reply.c */

/* All members are done: the answer to the whole. */
ngx_int_t ngx_http_jupref_rpc_reply(ngx_http_jupref_rpc_t *rpc);

/* One error for the whole request, with the id null. */
ngx_int_t ngx_http_jupref_rpc_error(ngx_http_request_t *r, ngx_uint_t status,
    int code, jupref_bytes_t message);

/* An answer without a body. */
ngx_int_t ngx_http_jupref_rpc_nothing(ngx_http_request_t *r);


#endif /* NGX_HTTP_JUPREF_RPC_H */
