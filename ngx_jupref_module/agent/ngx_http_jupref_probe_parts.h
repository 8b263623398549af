/*
 * Probing's inside: what is asked, and what each node is being asked.
 */

#ifndef NGX_HTTP_JUPREF_PROBE_PARTS_H
#define NGX_HTTP_JUPREF_PROBE_PARTS_H


#include "agent/ngx_http_jupref_fetch.h"
#include "agent/ngx_http_jupref_probe.h"
#include "upstream/ngx_http_jupref_pool.h"


/* Never with a whole second of patience for what should take milliseconds. */
#define NGX_HTTP_JUPREF_PROBE_TIMEOUT  2000     /* ms */
#define NGX_HTTP_JUPREF_PROBE_CONNECT  1000
#define NGX_HTTP_JUPREF_PROBE_ANSWER   4096     /* bytes */

/* A node of another cluster is asked sooner whether it still is. */
#define NGX_HTTP_JUPREF_PROBE_FOREIGN_MS  (15 * 1000)

/* A node without a method is asked for it again after this. */
#define NGX_HTTP_JUPREF_PROBE_LACKS_MS  (10 * 60 * 1000)


/* In the order of the table; slots at PROCESSED come by themselves, so that
 * nothing waits before them. */
typedef enum {
    NGX_HTTP_JUPREF_ASK_SLOT = 0,
    NGX_HTTP_JUPREF_ASK_GENESIS,
    NGX_HTTP_JUPREF_ASK_HEALTH,
    NGX_HTTP_JUPREF_ASK_FINALIZED,
    NGX_HTTP_JUPREF_ASK_HEIGHT,
    NGX_HTTP_JUPREF_ASK_SHREDS,
    NGX_HTTP_JUPREF_QUESTIONS
} ngx_http_jupref_question_e;


typedef struct ngx_http_jupref_probed_pool_s  ngx_http_jupref_probed_pool_t;


/* One call to a node at a time. */
typedef struct {
    ngx_http_jupref_fetch_t        *fetch;      /* NULL: none */
    ngx_http_jupref_probed_pool_t  *of;
    ngx_uint_t                      node;       /* number */
    ngx_uint_t                      question;   /* or a head */
    jupref_commitment_e             commitment; /* of a head */
} ngx_http_jupref_asking_t;


typedef struct {
    uint64_t                        id;         /* of the node; 0: nobody */
    uint64_t                        due_ms[NGX_HTTP_JUPREF_QUESTIONS];
    uint64_t                        quiet_ms;   /* nothing is asked until */
    ngx_uint_t                      failed;     /* calls in a row */
    ngx_uint_t                      spared;     /* slots in a row */
    ngx_http_jupref_asking_t        slot;
    ngx_http_jupref_asking_t        other;
} ngx_http_jupref_probed_node_t;


struct ngx_http_jupref_probed_pool_s {
    ngx_http_jupref_pool_t         *pool;
    ngx_uint_t                      version;    /* of the peers adopted */
    ngx_http_jupref_probed_node_t   nodes[JUPREF_POOL_NODES];
    ngx_http_jupref_asking_t        heads[NGX_HTTP_JUPREF_HEAD_METHODS]
                                         [JUPREF_COMMITMENT_FINALIZED + 1];
};


/* Starts the call; NGX_ERROR: it can't be made now.  `id` is what the call
 * bears, 1 always: one call, one answer. */
ngx_int_t ngx_http_jupref_probe_ask(ngx_http_jupref_asking_t *asking,
    ngx_http_jupref_pool_node_t *node, ngx_str_t *body,
    ngx_http_jupref_fetch_pt handler);
void ngx_http_jupref_probe_drop(ngx_http_jupref_asking_t *asking);

/*
 * What an answer says of its node in general: it is reachable, how fast, and
 * what the error tables hold against it.  Returns 1 when `answer` is a result.
 */
ngx_uint_t ngx_http_jupref_probe_read(ngx_http_jupref_asking_t *asking,
    ngx_http_jupref_fetch_t *fetch, const char *method,
    jupref_rpc_answer_t *answer, jupref_rpc_verdict_t *verdict);

/* ngx_http_jupref_probe_answer.c: the questions */
ngx_str_t *ngx_http_jupref_probe_body(ngx_http_jupref_question_e question);
void ngx_http_jupref_probe_answered(ngx_http_jupref_fetch_t *fetch);

/* ngx_http_jupref_probe_heads.c: refreshes values that are wanted */
void ngx_http_jupref_probe_heads(ngx_http_jupref_probed_pool_t *of);

/* ngx_http_jupref_probe_tell.c: judges, and logs what has changed */
void ngx_http_jupref_probe_tell(ngx_http_jupref_probed_pool_t *of,
    ngx_log_t *log);

/* `ms`, a tenth more or less. */
uint64_t ngx_http_jupref_probe_jitter(uint64_t ms);


#endif /* NGX_HTTP_JUPREF_PROBE_PARTS_H */
