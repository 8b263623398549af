/*
 * A transaction on its way to several nodes.
 *
 * It outlives the request that brought it: the client is answered as soon as
 * one node has accepted, while slower copies go on.  So it lies in memory of
 * its own, which is given back when nothing is out any more and nobody waits.
 */

#ifndef NGX_HTTP_JUPREF_RPC_SEND_H
#define NGX_HTTP_JUPREF_RPC_SEND_H


#include "agent/ngx_http_jupref_fetch.h"
#include "http/ngx_http_jupref_rpc_gateway.h"
#include "solana/jupref_rpc_send.h"


/* Unless the directive says otherwise. */
#define NGX_HTTP_JUPREF_RPC_FANOUT      2

#define NGX_HTTP_JUPREF_RPC_RESEND_MIN  500             /* ms */

/* Nodes that get it at the most. */
#define NGX_HTTP_JUPREF_RPC_FANOUT_MAX  16

/* Nodes that are asked for a verdict, one after the other, or beside one that
 * takes its time. */
#define NGX_HTTP_JUPREF_RPC_JUDGES      3

/* A judge that hasn't answered in so many times its latency, and this time at
 * least (ms), gets another one beside it. */
#define NGX_HTTP_JUPREF_RPC_SEND_LATENCIES  4
#define NGX_HTTP_JUPREF_RPC_SEND_PATIENCE   300

/* Slots that are waited for a node that knows the blockhash. */
#define NGX_HTTP_JUPREF_RPC_SEND_WAITS  2


/* jupref_rpc_send */
struct ngx_http_jupref_rpc_send_conf_s {
    ngx_uint_t                       fanout;
    ngx_msec_t                       resend;    /* 0: off */
};


/* Of one transaction: copies, and judges now and after each wait. */
#define NGX_HTTP_JUPREF_RPC_LETTERS                                           \
    (NGX_HTTP_JUPREF_RPC_FANOUT_MAX + NGX_HTTP_JUPREF_RPC_JUDGES              \
     + NGX_HTTP_JUPREF_RPC_SEND_WAITS)


/* It goes to one node, by a fetch. */
typedef struct {
    struct ngx_http_jupref_rpc_send_s  *send;
    ngx_uint_t                       node;
    ngx_uint_t                       number;    /* of its answer */
    uint64_t                         id;
    unsigned                         judge:1;
} ngx_http_jupref_rpc_letter_t;


struct ngx_http_jupref_rpc_send_s {
    ngx_queue_t                      queue;     /* this process's */
    ngx_http_jupref_rpc_member_t    *member;    /* NULL: it has its answer, or
                                                 * its client has left */
    ngx_http_jupref_rpc_conf_t      *conf;
    ngx_http_jupref_pool_t          *pool;
    const jupref_rpc_method_t       *method;
    ngx_event_t                      timer;
    uint64_t                         min_slot;
    uint64_t                         asked;     /* nodes, as a mask */
    ngx_uint_t                       out;       /* fetches */
    ngx_uint_t                       count;     /* of them so far */
    ngx_uint_t                       judges;
    ngx_uint_t                       waits;
    u_char                          *best;      /* the error worth telling */
    size_t                           best_len;
    jupref_send_step_t               step;      /* of the newest answer */
    jupref_send_race_t               race;
    jupref_send_t                    send;
    ngx_http_jupref_rpc_letter_t     letters[NGX_HTTP_JUPREF_RPC_LETTERS];
    unsigned                         spread:1;  /* copies are out */
    unsigned                         decided:1;
    unsigned                         beside:1;  /* of a judge that is slow */

    /* the order whose transaction it is; in the request's memory */
    ngx_http_jupref_execute_ctx_t   *trade;
};

typedef struct ngx_http_jupref_rpc_send_s  ngx_http_jupref_rpc_send_t;


/* ngx_http_jupref_rpc_send_node.c: to one node; NGX_ERROR: it can't go out */
ngx_int_t ngx_http_jupref_rpc_send_to(ngx_http_jupref_rpc_send_t *send,
    ngx_http_jupref_pool_node_t *node, ngx_uint_t copy);

/* A node has answered, as `step` tells, or hasn't. */
void ngx_http_jupref_rpc_send_told(ngx_http_jupref_rpc_send_t *send);


/* ngx_http_jupref_rpc_resend.c: it is accepted, and to be sent again where
 * that is configured */
void ngx_http_jupref_rpc_resend_add(ngx_http_jupref_rpc_send_t *send);


/* ngx_http_jupref_rpc_trade.c: a send that is an order's is booked like an
 * execute whose outcome isn't known */
void ngx_http_jupref_rpc_trade_intend(ngx_http_jupref_rpc_send_t *send);
void ngx_http_jupref_rpc_trade_sent(ngx_http_jupref_rpc_send_t *send,
    ngx_uint_t refused);


#endif /* NGX_HTTP_JUPREF_RPC_SEND_H */
