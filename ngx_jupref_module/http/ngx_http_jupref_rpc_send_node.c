/*
 * A transaction goes to one node, by a fetch of the agent's kind, so that a
 * slow node holds up neither the client's connection nor its request.
 */

#include "http/ngx_http_jupref_rpc_send.h"


static void ngx_http_jupref_rpc_send_answered(ngx_http_jupref_fetch_t *fetch);
static void ngx_http_jupref_rpc_send_judge(ngx_http_jupref_rpc_send_t *send,
    ngx_http_jupref_rpc_letter_t *letter, ngx_http_jupref_fetch_t *fetch);
static void ngx_http_jupref_rpc_send_mark(ngx_http_jupref_rpc_send_t *send,
    ngx_http_jupref_rpc_letter_t *letter, ngx_http_jupref_fetch_t *fetch);
static void ngx_http_jupref_rpc_send_keep(ngx_http_jupref_rpc_send_t *send,
    const jupref_rpc_answer_t *answer);


static uint64_t  ngx_http_jupref_rpc_letters;


ngx_int_t
ngx_http_jupref_rpc_send_to(ngx_http_jupref_rpc_send_t *send,
    ngx_http_jupref_pool_node_t *node, ngx_uint_t copy)
{
    u_char                         body[JUPREF_SEND_BODY];
    ngx_http_jupref_fetch_t       *fetch;
    ngx_http_jupref_rpc_letter_t  *letter;

    if (send->count == NGX_HTTP_JUPREF_RPC_LETTERS) {
        return NGX_ERROR;
    }

    fetch = ngx_http_jupref_fetch_create(send->pool, node,
                                         NGX_HTTP_JUPREF_FETCH_CLIENT);
    if (fetch == NULL) {
        return NGX_ERROR;
    }

    letter = &send->letters[send->count];

    letter->send = send;
    letter->node = node->number;
    letter->number = send->count;
    letter->id = ++ngx_http_jupref_rpc_letters;

    /* of several that are asked alike the first is the freshest, or the first
     * that isn't too slow */

    letter->judge = (!copy && (send->race.asked == send->race.answered
                               || send->beside));

    fetch->body.data = body;
    fetch->body.len = jupref_send_write(body, sizeof(body), &send->send,
                                        letter->id, send->min_slot,
                                        (unsigned) copy);
    fetch->handler = ngx_http_jupref_rpc_send_answered;
    fetch->data = letter;

    if (ngx_http_jupref_fetch_start(fetch) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_jupref_pool_start(send->pool, node->number);
    jupref_send_race_ask(&send->race);

    send->asked |= jupref_pool_bit(node->number);
    send->judges += !copy;
    send->count++;
    send->out++;

    return NGX_OK;
}


static void
ngx_http_jupref_rpc_send_answered(ngx_http_jupref_fetch_t *fetch)
{
    ngx_http_jupref_gateway_t     *gateway;
    ngx_http_jupref_rpc_send_t    *send;
    ngx_http_jupref_rpc_letter_t  *letter;

    letter = fetch->data;
    send = letter->send;
    gateway = send->conf->zone->shared->gateway;

    (void) ngx_atomic_fetch_add(&gateway->counters.exchanges[fetch->transport],
                                1);

    send->out--;

    ngx_http_jupref_rpc_send_judge(send, letter, fetch);
    ngx_http_jupref_rpc_send_mark(send, letter, fetch);

    ngx_http_jupref_rpc_send_told(send);
}


static void
ngx_http_jupref_rpc_send_judge(ngx_http_jupref_rpc_send_t *send,
    ngx_http_jupref_rpc_letter_t *letter, ngx_http_jupref_fetch_t *fetch)
{
    jupref_rpc_answer_t   answer;
    jupref_rpc_outcome_t  outcome;

    jupref_rpc_answer_read(&answer, ngx_http_jupref_bytes(&fetch->answer),
                           letter->id, &ngx_http_jupref_fetch_memory);

    outcome.transport = fetch->transport;
    outcome.status = (unsigned) fetch->status;
    outcome.retry_after = ngx_http_jupref_bytes(&fetch->retry_after);
    outcome.answer = &answer;

    jupref_send_race_answer(&send->race, &send->step, &send->send,
                            (int) letter->number, letter->judge, send->method,
                            &outcome);

    if (send->race.best == (int) letter->number) {
        ngx_http_jupref_rpc_send_keep(send, &answer);
    }
}


static void
ngx_http_jupref_rpc_send_mark(ngx_http_jupref_rpc_send_t *send,
    ngx_http_jupref_rpc_letter_t *letter, ngx_http_jupref_fetch_t *fetch)
{
    const jupref_rpc_verdict_t  *verdict;

    verdict = &send->step.verdict;

    ngx_http_jupref_pool_end(send->pool, letter->node);

    if (fetch->transport == JUPREF_RPC_ANSWERED
        && verdict->mark != JUPREF_RPC_MARK_FAILED)
    {
        ngx_http_jupref_pool_answered(send->pool, letter->node,
                                      fetch->latency_us);
    }

    if (send->step.lied) {
        ngx_http_jupref_pool_lied(send->pool, letter->node);

    } else if (verdict->mark != JUPREF_RPC_MARK_NONE) {
        ngx_http_jupref_pool_mark(send->pool, letter->node, verdict->mark,
                                  verdict->retry_after_ms);
    }
}


/* Without memory for it the client gets the gateway's own error. */

static void
ngx_http_jupref_rpc_send_keep(ngx_http_jupref_rpc_send_t *send,
    const jupref_rpc_answer_t *answer)
{
    if (send->best) {
        ngx_free(send->best);
    }

    send->best = ngx_alloc(answer->error.len, ngx_cycle->log);
    send->best_len = answer->error.len;

    if (send->best) {
        ngx_memcpy(send->best, answer->error.data, answer->error.len);
    }
}
