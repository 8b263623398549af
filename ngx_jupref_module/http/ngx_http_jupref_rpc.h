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

#include "solana/jupref_rpc_answer.h"
#include "solana/jupref_rpc_call.h"
#include "solana/jupref_rpc_verdict.h"


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

/* Nodes that one member may ask. */
#define NGX_HTTP_JUPREF_RPC_TRIES      3


/* JSON-RPC's codes for what the gateway refuses itself. */
#define JUPREF_RPC_INVALID_REQUEST   (-32600)
#define JUPREF_RPC_METHOD_NOT_FOUND  (-32601)


typedef struct ngx_http_jupref_rpc_member_s  ngx_http_jupref_rpc_member_t;
typedef struct ngx_http_jupref_rpc_exchange_s  ngx_http_jupref_rpc_exchange_t;


/* jupref_rpc, merged with what is said beside it. */
struct ngx_http_jupref_rpc_conf_s {
    ngx_http_handler_pt              upstream;  /* proxy_pass's handler */
    u_char                          *allowed;   /* by method's row */
    ngx_uint_t                       unknown;   /* allowed, too */
    ngx_uint_t                       batch;
    size_t                           body;
    size_t                           answer;
    ngx_msec_t                       head;
    ngx_msec_t                       hedge;     /* 0: off */
    ngx_flag_t                       cache;
};


/* Why an answer is one of the gateway's own; metric labels. */
typedef enum {
    NGX_HTTP_JUPREF_RPC_FROM_NODE = 0,
    NGX_HTTP_JUPREF_RPC_FROM_CACHE,
    NGX_HTTP_JUPREF_RPC_FROM_HEAD,
    NGX_HTTP_JUPREF_RPC_FROM_JOIN,
    NGX_HTTP_JUPREF_RPC_INVALID,
    NGX_HTTP_JUPREF_RPC_DENIED,
    NGX_HTTP_JUPREF_RPC_LIMITED,
    NGX_HTTP_JUPREF_RPC_FAILED,
    NGX_HTTP_JUPREF_RPC_ORIGINS
} ngx_http_jupref_rpc_origin_e;


struct ngx_http_jupref_rpc_exchange_s {
    ngx_http_jupref_rpc_exchange_t  *next;      /* of its member */
    ngx_http_jupref_rpc_exchange_t  *next_over; /* of its request */
    ngx_http_jupref_rpc_member_t    *member;
    ngx_http_request_t              *sr;        /* NULL: over */
    uint64_t                         id;        /* in the body */

    jupref_rpc_transport_e           transport;
    ngx_uint_t                       status;    /* 0: no header has come */
    jupref_bytes_t                   retry_after;
    u_char                          *text;      /* what was captured */
    size_t                           len;
    size_t                           size;
    unsigned                         whole:1;   /* its end was seen */
    unsigned                         too_large:1;
};


struct ngx_http_jupref_rpc_member_s {
    ngx_http_jupref_rpc_t           *rpc;
    const jupref_rpc_call_t         *call;
    ngx_http_jupref_rpc_exchange_t  *exchanges; /* newest first */
    ngx_uint_t                       tries;

    /* the best of the answers that were no success */
    jupref_rpc_answer_t             *best;
    jupref_rpc_verdict_t             verdict;   /* of the newest */
    ngx_uint_t                       status;    /* of HTTP, if it fails */

    ngx_http_jupref_rpc_origin_e     origin;
    jupref_bytes_t                   reply[JUPREF_RPC_REPLY_SPANS];
    unsigned                         spans;     /* 0: none is given */
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
    ngx_http_jupref_rpc_member_t    *members;
    ngx_uint_t                       started;   /* members so far */
    ngx_uint_t                       open;      /* of those, not done */

    /* exchanges that are over and wait to be judged */
    ngx_http_jupref_rpc_exchange_t  *over;
    ngx_http_jupref_rpc_exchange_t **over_last;
    unsigned                         woken:1;
};


/* ngx_http_jupref_rpc_conf.c */
char *ngx_http_jupref_rpc_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_jupref_rpc_merge(ngx_conf_t *cf,
    ngx_http_jupref_loc_conf_t *prev, ngx_http_jupref_loc_conf_t *conf);


/* ngx_http_jupref_rpc.c */
ngx_int_t ngx_http_jupref_rpc_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_jupref_rpc_too_large(ngx_http_jupref_rpc_t *rpc);

/* Of the main request; NULL: it isn't the gateway's. */
ngx_http_jupref_rpc_t *ngx_http_jupref_rpc_find(ngx_http_request_t *r);


/* ngx_http_jupref_rpc_read.c: gathers the body, then begins */
ngx_int_t ngx_http_jupref_rpc_read(ngx_http_jupref_rpc_t *rpc);


/* ngx_http_jupref_rpc_members.c */

/* The body is here: reads it, starts what can be started. */
void ngx_http_jupref_rpc_begin(ngx_http_jupref_rpc_t *rpc);

/* Has the request look soon at what has happened. */
void ngx_http_jupref_rpc_rouse(ngx_http_jupref_rpc_t *rpc);

/* The member is answered: with what a node says, or by an error. */
void ngx_http_jupref_rpc_deliver(ngx_http_jupref_rpc_member_t *member,
    ngx_http_jupref_rpc_origin_e origin, const jupref_rpc_answer_t *answer);
void ngx_http_jupref_rpc_refuse(ngx_http_jupref_rpc_member_t *member,
    ngx_http_jupref_rpc_origin_e origin, int code, jupref_bytes_t message);


/* ngx_http_jupref_rpc_exchange.c */

/* Asks a node; the end of it rouses the request. */
ngx_int_t ngx_http_jupref_rpc_ask(ngx_http_jupref_rpc_member_t *member);

/* Nobody wants the member's open exchanges any more. */
void ngx_http_jupref_rpc_cancel(ngx_http_jupref_rpc_member_t *member);

/* The exchange that a subrequest is; NULL: it is none. */
ngx_http_jupref_rpc_exchange_t *ngx_http_jupref_rpc_exchange(
    ngx_http_request_t *sr);

/* The filters' part. */
ngx_int_t ngx_http_jupref_rpc_header(ngx_http_request_t *sr,
    ngx_http_jupref_rpc_exchange_t *exchange);
ngx_int_t ngx_http_jupref_rpc_body(ngx_http_jupref_rpc_exchange_t *exchange,
    ngx_chain_t *in);


/* ngx_http_jupref_rpc_judge.c: an exchange is over; NGX_ERROR: no memory */
ngx_int_t ngx_http_jupref_rpc_judge(ngx_http_jupref_rpc_exchange_t *exchange);


/* ngx_http_jupref_rpc_reply.c */

/* All members are done: the answer to the whole. */
ngx_int_t ngx_http_jupref_rpc_reply(ngx_http_jupref_rpc_t *rpc);

/* One error for the whole request, with the id null. */
ngx_int_t ngx_http_jupref_rpc_error(ngx_http_request_t *r, ngx_uint_t status,
    int code, jupref_bytes_t message);

/* An answer without a body. */
ngx_int_t ngx_http_jupref_rpc_nothing(ngx_http_request_t *r);


#endif /* NGX_HTTP_JUPREF_RPC_H */
