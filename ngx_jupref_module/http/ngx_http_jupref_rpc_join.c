/*
 * Identical reads in flight share one call to a node.
 *
 * The first to ask leads, in this worker; who asks the same before it is
 * answered joins, and is given a copy of the answer, or of the error.  When
 * the leader's client leaves, the first that joined leads and asks anew: the
 * leader's call ends with its request.
 */

#include "http/ngx_http_jupref_rpc.h"


#define NGX_HTTP_JUPREF_RPC_BUCKETS  256


static ngx_queue_t *ngx_http_jupref_rpc_bucket(
    ngx_http_jupref_rpc_member_t *member);
static ngx_http_jupref_rpc_member_t *ngx_http_jupref_rpc_leader(
    ngx_http_jupref_rpc_member_t *member);
static void ngx_http_jupref_rpc_lead(ngx_http_jupref_rpc_member_t *member);
static void ngx_http_jupref_rpc_copy(ngx_http_jupref_rpc_member_t *joiner,
    ngx_http_jupref_rpc_member_t *leader, const jupref_rpc_answer_t *answer);
static void ngx_http_jupref_rpc_fail_alike(
    ngx_http_jupref_rpc_member_t *joiner,
    ngx_http_jupref_rpc_member_t *leader);


/* Leaders, by their keys' first byte. */
static ngx_queue_t  ngx_http_jupref_rpc_leaders[NGX_HTTP_JUPREF_RPC_BUCKETS];


ngx_uint_t
ngx_http_jupref_rpc_join(ngx_http_jupref_rpc_member_t *member)
{
    ngx_http_jupref_rpc_member_t  *leader;

    if (!member->keyed || !member->call->method->join) {
        return 0;
    }

    leader = ngx_http_jupref_rpc_leader(member);

    if (leader == NULL) {
        ngx_queue_init(&member->joiners);
        ngx_http_jupref_rpc_lead(member);
        return 0;
    }

    ngx_queue_insert_tail(&leader->joiners, &member->join);
    member->joined = 1;

    return 1;
}


static ngx_http_jupref_rpc_member_t *
ngx_http_jupref_rpc_leader(ngx_http_jupref_rpc_member_t *member)
{
    ngx_queue_t                   *bucket, *q;
    ngx_http_jupref_rpc_member_t  *leader;

    bucket = ngx_http_jupref_rpc_bucket(member);

    for (q = ngx_queue_head(bucket);
         q != ngx_queue_sentinel(bucket);
         q = ngx_queue_next(q))
    {
        leader = ngx_queue_data(q, ngx_http_jupref_rpc_member_t, join);

        if (ngx_memcmp(leader->join_key, member->join_key, JUPREF_SHA256_SIZE)
            == 0)
        {
            return leader;
        }
    }

    return NULL;
}


static ngx_queue_t *
ngx_http_jupref_rpc_bucket(ngx_http_jupref_rpc_member_t *member)
{
    ngx_queue_t  *bucket;

    bucket = &ngx_http_jupref_rpc_leaders[member->join_key[0]];

    if (bucket->next == NULL) {
        ngx_queue_init(bucket);
    }

    return bucket;
}


static void
ngx_http_jupref_rpc_lead(ngx_http_jupref_rpc_member_t *member)
{
    ngx_queue_insert_head(ngx_http_jupref_rpc_bucket(member), &member->join);
    member->leads = 1;
}


/* Without an answer the leader was refused, and its error is theirs. */

void
ngx_http_jupref_rpc_share(ngx_http_jupref_rpc_member_t *member,
    const jupref_rpc_answer_t *answer)
{
    ngx_queue_t                   *q;
    ngx_http_jupref_rpc_member_t  *joiner;

    if (!member->leads) {
        return;
    }

    ngx_queue_remove(&member->join);
    member->leads = 0;

    while (!ngx_queue_empty(&member->joiners)) {
        q = ngx_queue_head(&member->joiners);
        ngx_queue_remove(q);

        joiner = ngx_queue_data(q, ngx_http_jupref_rpc_member_t, join);
        joiner->joined = 0;

        if (answer) {
            ngx_http_jupref_rpc_copy(joiner, member, answer);

        } else {
            ngx_http_jupref_rpc_fail_alike(joiner, member);
        }

        ngx_http_jupref_rpc_rouse_other(joiner->rpc);
    }
}


/* The answer lies in the leader's memory, which is soon gone, when it isn't
 * this one's, too. */

static void
ngx_http_jupref_rpc_copy(ngx_http_jupref_rpc_member_t *joiner,
    ngx_http_jupref_rpc_member_t *leader, const jupref_rpc_answer_t *answer)
{
    u_char               *text;
    jupref_bytes_t       *span;
    jupref_rpc_answer_t   copy;

    copy = *answer;
    span = (copy.kind == JUPREF_RPC_ANSWER_RESULT) ? &copy.result
                                                   : &copy.error;

    if (joiner->rpc == leader->rpc) {
        ngx_http_jupref_rpc_deliver(joiner, NGX_HTTP_JUPREF_RPC_FROM_JOIN,
                                    answer);
        return;
    }

    if (span->len > ngx_http_jupref_rpc_left(joiner->rpc)) {
        ngx_http_jupref_rpc_too_much(joiner);
        return;
    }

    text = ngx_pnalloc(joiner->rpc->request->pool, span->len);

    if (text == NULL) {
        joiner->rpc->failed = 1;
        return;
    }

    joiner->rpc->captured += span->len;

    ngx_memcpy(text, span->data, span->len);
    span->data = text;

    ngx_http_jupref_rpc_deliver(joiner, NGX_HTTP_JUPREF_RPC_FROM_JOIN, &copy);
}


static void
ngx_http_jupref_rpc_fail_alike(ngx_http_jupref_rpc_member_t *joiner,
    ngx_http_jupref_rpc_member_t *leader)
{
    joiner->status = leader->status;

    ngx_http_jupref_rpc_refuse(joiner, NGX_HTTP_JUPREF_RPC_FAILED,
                               leader->verdict.code,
                               ngx_http_jupref_cbytes(
                                   leader->verdict.message));
}


void
ngx_http_jupref_rpc_part(ngx_http_jupref_rpc_member_t *member)
{
    ngx_queue_t                   *q;
    ngx_http_jupref_rpc_member_t  *heir;

    if (!member->leads && !member->joined) {
        return;
    }

    ngx_queue_remove(&member->join);

    if (member->joined) {
        member->joined = 0;
        return;
    }

    member->leads = 0;

    if (ngx_queue_empty(&member->joiners)) {
        return;
    }

    q = ngx_queue_head(&member->joiners);
    ngx_queue_remove(q);

    heir = ngx_queue_data(q, ngx_http_jupref_rpc_member_t, join);
    heir->joined = 0;

    ngx_queue_init(&heir->joiners);

    if (!ngx_queue_empty(&member->joiners)) {
        ngx_queue_add(&heir->joiners, &member->joiners);
    }

    ngx_http_jupref_rpc_lead(heir);
    ngx_http_jupref_rpc_due_in(heir, NGX_HTTP_JUPREF_RPC_DUE_ASK, 0);
}
