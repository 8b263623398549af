/*
 * Probing: values at the head of the chain that clients want are fetched from
 * the node that is furthest ahead, while they are wanted.
 */

#include "http/ngx_http_jupref.h"
#include "agent/ngx_http_jupref_probe_parts.h"


#define NGX_HTTP_JUPREF_HEAD_BODY  128          /* bytes of a call */


static void ngx_http_jupref_probe_head(ngx_http_jupref_probed_pool_t *of,
    ngx_http_jupref_head_e head, jupref_commitment_e commitment,
    ngx_http_jupref_asking_t *asking);
static void ngx_http_jupref_head_answered(ngx_http_jupref_fetch_t *fetch);
static ngx_uint_t ngx_http_jupref_head_believed(jupref_pool_t *shared,
    ngx_http_jupref_asking_t *asking, const jupref_rpc_answer_t *answer,
    uint64_t slot, uint64_t asked_ms);
static uint64_t ngx_http_jupref_head_slot(ngx_http_jupref_asking_t *asking,
    jupref_rpc_answer_t *answer);


void
ngx_http_jupref_probe_heads(ngx_http_jupref_probed_pool_t *of)
{
    uint64_t                   slot_ms;
    ngx_uint_t                 i, commitment;
    ngx_http_jupref_asking_t  *asking;

    slot_ms = ngx_http_jupref_pool_slot_ms(of->pool);

    for (i = 0; i < NGX_HTTP_JUPREF_HEAD_METHODS; i++) {
        for (commitment = JUPREF_COMMITMENT_PROCESSED;
             commitment <= JUPREF_COMMITMENT_FINALIZED;
             commitment++)
        {
            asking = &of->heads[i][commitment];

            if (asking->fetch == NULL
                && ngx_http_jupref_head_due(of->pool, i, commitment, slot_ms))
            {
                ngx_http_jupref_probe_head(of, i, commitment, asking);
            }
        }
    }
}


static void
ngx_http_jupref_probe_head(ngx_http_jupref_probed_pool_t *of,
    ngx_http_jupref_head_e head, jupref_commitment_e commitment,
    ngx_http_jupref_asking_t *asking)
{
    u_char                        text[NGX_HTTP_JUPREF_HEAD_BODY];
    ngx_str_t                     body;
    jupref_pool_wish_t            wish;
    ngx_http_jupref_pool_node_t  *node;

    ngx_memzero(&wish, sizeof(jupref_pool_wish_t));
    wish.allowed = UINT64_MAX;
    wish.freshest = 1;
    wish.commitment = commitment;

    if (ngx_http_jupref_pool_best(of->pool, &wish, &node, 1) == 0
        || ngx_http_jupref_steady_ms() < of->nodes[node->number].quiet_ms)
    {
        return;
    }

    body.data = text;
    body.len = (size_t) (ngx_snprintf(text, sizeof(text),
                             "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\","
                             "\"params\":[{\"commitment\":\"%s\"}]}",
                             ngx_http_jupref_head_method(head),
                             jupref_commitment_name(commitment))
                         - text);

    asking->of = of;
    asking->node = node->number;
    asking->question = head;
    asking->commitment = commitment;

    (void) ngx_http_jupref_probe_ask(asking, node, &body,
                                     ngx_http_jupref_head_answered);
}


static void
ngx_http_jupref_head_answered(ngx_http_jupref_fetch_t *fetch)
{
    uint64_t                   slot;
    jupref_pool_t             *shared;
    jupref_rpc_answer_t        answer;
    jupref_rpc_verdict_t       verdict;
    ngx_http_jupref_asking_t  *asking;
    ngx_http_jupref_pool_t    *pool;

    asking = fetch->data;
    pool = asking->of->pool;

    if (!ngx_http_jupref_probe_read(asking, fetch,
                                  ngx_http_jupref_head_method(asking->question),
                                    &answer, &verdict)
        || answer.null)
    {
        return;
    }

    slot = ngx_http_jupref_head_slot(asking, &answer);

    shared = ngx_http_jupref_pool_lock_node(pool, asking->node);

    if (shared == NULL) {
        return;
    }

    if (!ngx_http_jupref_head_believed(shared, asking, &answer, slot,
                                       fetch->started_ms))
    {
        slot = 0;
    }

    ngx_http_jupref_pool_unlock(pool);

    (void) ngx_http_jupref_head_put(pool, asking->question, asking->commitment,
                                    asking->node, slot, fetch->started_ms,
                                    (u_char *) answer.result.data,
                                    answer.result.len);
}


static ngx_uint_t
ngx_http_jupref_head_believed(jupref_pool_t *shared,
    ngx_http_jupref_asking_t *asking, const jupref_rpc_answer_t *answer,
    uint64_t slot, uint64_t asked_ms)
{
    uint64_t  height, now_ms;
    unsigned  node, is_height;

    node = (unsigned) asking->node;
    now_ms = ngx_http_jupref_steady_ms();
    is_height = (asking->question == NGX_HTTP_JUPREF_HEAD_BLOCK_HEIGHT);

    if (!is_height
        && !jupref_pool_told(shared, node, asking->commitment, slot, asked_ms,
                             now_ms))
    {
        return 0;
    }

    height = is_height ? answer->number : answer->height;

    return height <= jupref_pool_believable_height(shared,
                                                   asking->commitment, now_ms)
           && shared->nodes[node].reasons == 0;
}


/*
 * The slot that the value is of.  A block height tells none: it is at least of
 * the slot that its node had told before, at this commitment or at one that
 * comes later.
 */

static uint64_t
ngx_http_jupref_head_slot(ngx_http_jupref_asking_t *asking,
    jupref_rpc_answer_t *answer)
{
    uint64_t             slot;
    jupref_pool_t       *shared;
    jupref_node_t       *node;
    jupref_commitment_e  commitment;

    switch (asking->question) {

    case NGX_HTTP_JUPREF_HEAD_SLOT:
        return answer->has_number ? answer->number : 0;

    case NGX_HTTP_JUPREF_HEAD_BLOCKHASH:
    case NGX_HTTP_JUPREF_HEAD_EPOCH_INFO:
        return answer->has_slot ? answer->slot : 0;

    default:
        break;
    }

    if (!answer->has_number) {
        return 0;
    }

    slot = 0;
    shared = ngx_http_jupref_pool_lock_node(asking->of->pool, asking->node);

    if (shared) {
        node = &shared->nodes[asking->node];

        for (commitment = asking->commitment;
             commitment <= JUPREF_COMMITMENT_FINALIZED;
             commitment++)
        {
            slot = ngx_max(slot, node->heads[commitment].slot);
        }

        ngx_http_jupref_pool_unlock(asking->of->pool);
    }

    return slot;
}
