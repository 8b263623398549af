/*
 * Probing: the questions, and what an answer teaches the pool.
 */

#include "http/ngx_http_jupref.h"
#include "agent/ngx_http_jupref_probe_parts.h"


#define ngx_http_jupref_question(method, params)                              \
    { method,                                                                 \
      ngx_string("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method         \
                 "\",\"params\":[" params "]}") }


typedef struct {
    const char  *method;
    ngx_str_t    body;
} ngx_http_jupref_question_t;


static void ngx_http_jupref_probe_learn(ngx_http_jupref_asking_t *asking,
    ngx_http_jupref_fetch_t *fetch, jupref_rpc_answer_t *answer);
static void ngx_http_jupref_probe_slot(ngx_http_jupref_asking_t *asking,
    ngx_http_jupref_fetch_t *fetch, jupref_rpc_answer_t *answer,
    jupref_commitment_e commitment);
static void ngx_http_jupref_probe_health(ngx_http_jupref_asking_t *asking,
    jupref_rpc_answer_t *answer);
static void ngx_http_jupref_probe_number(ngx_http_jupref_asking_t *asking,
    jupref_rpc_answer_t *answer);
static void ngx_http_jupref_probe_genesis(ngx_http_jupref_asking_t *asking,
    jupref_rpc_answer_t *answer);
static void ngx_http_jupref_probe_well(ngx_http_jupref_asking_t *asking);


/* By ngx_http_jupref_question_e. */
static ngx_http_jupref_question_t
    ngx_http_jupref_questions[NGX_HTTP_JUPREF_QUESTIONS] =
{
    ngx_http_jupref_question("getSlot", "{\"commitment\":\"processed\"}"),
    ngx_http_jupref_question("getGenesisHash", ""),
    ngx_http_jupref_question("getHealth", ""),
    ngx_http_jupref_question("getSlot", "{\"commitment\":\"finalized\"}"),
    ngx_http_jupref_question("getBlockHeight",
                             "{\"commitment\":\"finalized\"}"),
    ngx_http_jupref_question("getMaxShredInsertSlot", "")
};


ngx_str_t *
ngx_http_jupref_probe_body(ngx_http_jupref_question_e question)
{
    return &ngx_http_jupref_questions[question].body;
}


void
ngx_http_jupref_probe_answered(ngx_http_jupref_fetch_t *fetch)
{
    ngx_uint_t                      question;
    jupref_rpc_answer_t             answer;
    jupref_rpc_verdict_t            verdict;
    ngx_http_jupref_asking_t       *asking;
    ngx_http_jupref_probed_node_t  *probed;

    asking = fetch->data;
    question = asking->question;
    probed = &asking->of->nodes[asking->node];

    if (ngx_http_jupref_probe_read(asking, fetch,
                                   ngx_http_jupref_questions[question].method,
                                   &answer, &verdict))
    {
        ngx_http_jupref_probe_learn(asking, fetch, &answer);
        return;
    }

    if (verdict.mark == JUPREF_RPC_MARK_FAILED) {

        /* soon again, when it is back: at the rate that silence is given */

        probed->due_ms[question] = probed->quiet_ms;
        return;
    }

    if (verdict.lacks_method) {
        probed->due_ms[question] = ngx_http_jupref_steady_ms()
                                   + NGX_HTTP_JUPREF_PROBE_LACKS_MS;

        /* it isn't asked how it is: that it answers has to do */

        if (question == NGX_HTTP_JUPREF_ASK_HEALTH) {
            ngx_http_jupref_probe_well(asking);
        }
    }
}


static void
ngx_http_jupref_probe_learn(ngx_http_jupref_asking_t *asking,
    ngx_http_jupref_fetch_t *fetch, jupref_rpc_answer_t *answer)
{
    switch (asking->question) {

    case NGX_HTTP_JUPREF_ASK_SLOT:
        ngx_http_jupref_probe_slot(asking, fetch, answer,
                                   JUPREF_COMMITMENT_PROCESSED);
        break;

    case NGX_HTTP_JUPREF_ASK_FINALIZED:
        ngx_http_jupref_probe_slot(asking, fetch, answer,
                                   JUPREF_COMMITMENT_FINALIZED);
        break;

    case NGX_HTTP_JUPREF_ASK_HEALTH:
        ngx_http_jupref_probe_health(asking, answer);
        break;

    case NGX_HTTP_JUPREF_ASK_GENESIS:
        ngx_http_jupref_probe_genesis(asking, answer);
        break;

    default:
        ngx_http_jupref_probe_number(asking, answer);
        break;
    }
}


/* The slot is also a value that clients ask for. */

static void
ngx_http_jupref_probe_slot(ngx_http_jupref_asking_t *asking,
    ngx_http_jupref_fetch_t *fetch, jupref_rpc_answer_t *answer,
    jupref_commitment_e commitment)
{
    ngx_uint_t               healthy;
    jupref_pool_t           *shared;
    ngx_http_jupref_pool_t  *pool;

    pool = asking->of->pool;

    if (!answer->has_number) {
        ngx_http_jupref_pool_mark(pool, asking->node, JUPREF_RPC_MARK_SOFT, 0);
        return;
    }

    shared = ngx_http_jupref_pool_lock_node(pool, asking->node);

    if (shared == NULL) {
        return;
    }

    jupref_pool_slot(shared, (unsigned) asking->node, commitment,
                     answer->number, fetch->started_ms);

    /* a claim is judged before it is passed on */

    jupref_pool_judge(shared, 0, ngx_http_jupref_steady_ms());
    healthy = (shared->nodes[asking->node].reasons == 0);

    ngx_http_jupref_pool_unlock(pool);

    if (healthy) {
        (void) ngx_http_jupref_head_put(pool, NGX_HTTP_JUPREF_HEAD_SLOT,
                                        commitment, asking->node,
                                        answer->number, fetch->started_ms,
                                        (u_char *) answer->result.data,
                                        answer->result.len);
    }
}


static void
ngx_http_jupref_probe_health(ngx_http_jupref_asking_t *asking,
    jupref_rpc_answer_t *answer)
{
    if (answer->result.len == 4
        && ngx_strncmp(answer->result.data, "\"ok\"", 4) == 0)
    {
        ngx_http_jupref_probe_well(asking);
        return;
    }

    ngx_http_jupref_pool_mark(asking->of->pool, asking->node,
                              JUPREF_RPC_MARK_OUT, 0);
}


static void
ngx_http_jupref_probe_number(ngx_http_jupref_asking_t *asking,
    jupref_rpc_answer_t *answer)
{
    uint64_t        now_ms;
    jupref_pool_t  *shared;

    if (!answer->has_number) {
        return;
    }

    shared = ngx_http_jupref_pool_lock_node(asking->of->pool, asking->node);

    if (shared == NULL) {
        return;
    }

    now_ms = ngx_http_jupref_steady_ms();

    if (asking->question == NGX_HTTP_JUPREF_ASK_HEIGHT) {
        jupref_pool_height(shared, (unsigned) asking->node, answer->number,
                           now_ms);

    } else {
        jupref_pool_shreds(shared, (unsigned) asking->node, answer->number,
                           now_ms);
    }

    ngx_http_jupref_pool_unlock(asking->of->pool);
}


/* "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d", with its quotes */

static void
ngx_http_jupref_probe_genesis(ngx_http_jupref_asking_t *asking,
    jupref_rpc_answer_t *answer)
{
    uint64_t                        now_ms;
    jupref_pool_t                  *shared;
    jupref_bytes_t                  text;
    jupref_pubkey_t                 hash;
    ngx_http_jupref_probed_node_t  *probed;

    text = answer->result;

    if (text.len < 2 || text.data[0] != '"') {
        return;
    }

    text.data++;
    text.len -= 2;

    if (!jupref_pubkey_parse(&hash, text)) {
        return;
    }

    shared = ngx_http_jupref_pool_lock_node(asking->of->pool, asking->node);

    if (shared == NULL) {
        return;
    }

    now_ms = ngx_http_jupref_steady_ms();
    probed = &asking->of->nodes[asking->node];

    jupref_pool_genesis(shared, (unsigned) asking->node, hash.bytes);
    jupref_pool_judge(shared, 0, now_ms);

    if (shared->nodes[asking->node].reasons
        & 1u << JUPREF_OUT_FOREIGN_GENESIS)
    {
        probed->due_ms[NGX_HTTP_JUPREF_ASK_GENESIS]
            = now_ms + NGX_HTTP_JUPREF_PROBE_FOREIGN_MS;
    }

    ngx_http_jupref_pool_unlock(asking->of->pool);
}


static void
ngx_http_jupref_probe_well(ngx_http_jupref_asking_t *asking)
{
    jupref_pool_t  *shared;

    shared = ngx_http_jupref_pool_lock_node(asking->of->pool, asking->node);

    if (shared) {
        jupref_pool_well(shared, (unsigned) asking->node,
                         ngx_http_jupref_steady_ms());
        ngx_http_jupref_pool_unlock(asking->of->pool);
    }
}
