/*
 * sendTransaction: judged here, then sent to several nodes at once.
 *
 * What no node could take is refused before anything is sent.  With a
 * preflight wanted the freshest node judges first, and the others get their
 * copies when it has accepted; without one all get it at once.  Who takes its
 * time gets another one beside it, and the first verdict counts.  The pure race
 * decides: the first that accepts answers for all, and when nobody does the
 * client gets the error that says most.
 */

#include "http/ngx_http_jupref_rpc_send.h"


static void ngx_http_jupref_rpc_send_refuse(
    ngx_http_jupref_rpc_member_t *member, ngx_http_jupref_rpc_send_t *send,
    jupref_send_result_e result);
static ngx_uint_t ngx_http_jupref_rpc_send_best(
    ngx_http_jupref_rpc_send_t *send, ngx_http_jupref_pool_node_t **nodes,
    ngx_uint_t count);
static ngx_uint_t ngx_http_jupref_rpc_send_out(
    ngx_http_jupref_rpc_send_t *send, ngx_uint_t count, ngx_uint_t copies);
static void ngx_http_jupref_rpc_send_watch(ngx_http_jupref_rpc_send_t *send,
    ngx_http_jupref_pool_node_t *node);
static void ngx_http_jupref_rpc_send_beside(ngx_http_jupref_rpc_send_t *send);
static void ngx_http_jupref_rpc_send_accepted(
    ngx_http_jupref_rpc_send_t *send);
static void ngx_http_jupref_rpc_send_on(ngx_http_jupref_rpc_send_t *send,
    ngx_uint_t fresher);
static void ngx_http_jupref_rpc_send_failed(ngx_http_jupref_rpc_send_t *send);
static void ngx_http_jupref_rpc_send_give_up(
    ngx_http_jupref_rpc_send_t *send, ngx_http_jupref_rpc_member_t *member);
static void ngx_http_jupref_rpc_send_timer(ngx_event_t *ev);
static void ngx_http_jupref_rpc_send_free(ngx_http_jupref_rpc_send_t *send);


/* All that are there, for a process that ends. */
static ngx_queue_t  ngx_http_jupref_rpc_sends;


/* NGX_DECLINED: there is no pool, and one node gets it as any other call. */

ngx_int_t
ngx_http_jupref_rpc_send(ngx_http_jupref_rpc_member_t *member)
{
    ngx_uint_t                   count;
    jupref_send_result_e         result;
    ngx_http_jupref_rpc_send_t  *send;
    ngx_http_jupref_rpc_conf_t  *conf;

    conf = member->rpc->conf;

    send = ngx_calloc(sizeof(ngx_http_jupref_rpc_send_t),
                      member->rpc->request->connection->log);
    if (send == NULL) {
        return NGX_ERROR;
    }

    result = jupref_send_read(&send->send, &member->rpc->body, member->call);

    if (result != JUPREF_SEND_OK) {
        ngx_http_jupref_rpc_send_refuse(member, send, result);
        ngx_free(send);
        return NGX_OK;
    }

    send->member = member;
    send->conf = conf;
    send->pool = conf->pool;
    send->method = member->call->method;
    send->min_slot = member->min_slot;
    send->timer.handler = ngx_http_jupref_rpc_send_timer;
    send->timer.data = send;
    send->timer.log = ngx_cycle->log;

    jupref_send_race_init(&send->race);

    ngx_http_jupref_rpc_trade_intend(send);

    if (conf->pool == NULL) {
        ngx_http_jupref_rpc_trade_sent(send, 0);
        ngx_free(send);
        return NGX_DECLINED;
    }

    ngx_http_jupref_rpc_earn(conf->zone);

    count = jupref_send_at_once(&send->send, (unsigned) conf->send->fanout);

    /* all at once: then none of them is asked for less than the others */

    send->spread = (count > 1);

    if (ngx_http_jupref_rpc_send_out(send, count, 0) == 0) {
        ngx_http_jupref_rpc_trade_sent(send, 0);
        ngx_free(send);
        return NGX_DECLINED;
    }

    member->send = send;

    if (ngx_http_jupref_rpc_sends.next == NULL) {
        ngx_queue_init(&ngx_http_jupref_rpc_sends);
    }

    ngx_queue_insert_tail(&ngx_http_jupref_rpc_sends, &send->queue);

    return NGX_OK;
}


static void
ngx_http_jupref_rpc_send_refuse(ngx_http_jupref_rpc_member_t *member,
    ngx_http_jupref_rpc_send_t *send, jupref_send_result_e result)
{
    uint8_t                     room[JUPREF_SEND_MESSAGE];
    ngx_http_jupref_gateway_t  *gateway;

    gateway = member->rpc->conf->zone->shared->gateway;

    (void) ngx_atomic_fetch_add(&gateway->counters.malformed[result], 1);

    ngx_http_jupref_rpc_refuse(member, NGX_HTTP_JUPREF_RPC_INVALID,
                               jupref_send_code(result),
                               jupref_send_message(room, &send->send,
                                                   result));
}


/* Of the nodes that haven't got it yet. */

static ngx_uint_t
ngx_http_jupref_rpc_send_best(ngx_http_jupref_rpc_send_t *send,
    ngx_http_jupref_pool_node_t **nodes, ngx_uint_t count)
{
    jupref_pool_wish_t  wish;

    ngx_memzero(&wish, sizeof(jupref_pool_wish_t));

    wish.allowed = UINT64_MAX;
    wish.avoid = send->asked;
    wish.random = (uint64_t) ngx_random();
    wish.min_slot = ngx_max(send->send.min_slot, send->min_slot);
    wish.commitment = send->send.commitment;
    wish.freshest = 1;

    return ngx_http_jupref_pool_best(send->pool, &wish, nodes, count);
}


/* To that many of the best; how many it really went to. */

static ngx_uint_t
ngx_http_jupref_rpc_send_out(ngx_http_jupref_rpc_send_t *send,
    ngx_uint_t count, ngx_uint_t copies)
{
    ngx_uint_t                    i, n, sent;
    ngx_http_jupref_pool_node_t  *nodes[NGX_HTTP_JUPREF_RPC_FANOUT_MAX];

    n = ngx_http_jupref_rpc_send_best(send, nodes,
                                      ngx_min(count,
                                              NGX_HTTP_JUPREF_RPC_FANOUT_MAX));
    sent = 0;

    for (i = 0; i < n; i++) {
        if (ngx_http_jupref_rpc_send_to(send, nodes[i], copies) == NGX_OK) {
            sent++;
        }
    }

    if (sent && !copies) {
        ngx_http_jupref_rpc_send_watch(send, nodes[0]);
    }

    return sent;
}


static void
ngx_http_jupref_rpc_send_watch(ngx_http_jupref_rpc_send_t *send,
    ngx_http_jupref_pool_node_t *node)
{
    uint64_t        wait_ms;
    jupref_pool_t  *shared;

    wait_ms = 0;
    shared = ngx_http_jupref_pool_lock_node(send->pool, node->number);

    if (shared) {
        wait_ms = NGX_HTTP_JUPREF_RPC_SEND_LATENCIES
                  * shared->nodes[node->number].latency_us / 1000;
        ngx_http_jupref_pool_unlock(send->pool);
    }

    wait_ms = ngx_max(wait_ms, NGX_HTTP_JUPREF_RPC_SEND_PATIENCE);

    ngx_add_timer(&send->timer, (ngx_msec_t) wait_ms);
}


/* As impatient as the budget of retries allows. */

static void
ngx_http_jupref_rpc_send_beside(ngx_http_jupref_rpc_send_t *send)
{
    if (send->decided || send->member == NULL
        || send->judges >= NGX_HTTP_JUPREF_RPC_JUDGES
        || !ngx_http_jupref_rpc_affords(send->conf->zone))
    {
        return;
    }

    send->beside = 1;
    (void) ngx_http_jupref_rpc_send_out(send, 1, 0);
    send->beside = 0;
}


void
ngx_http_jupref_rpc_send_told(ngx_http_jupref_rpc_send_t *send)
{
    if (!send->decided) {

        if (send->step.decision != JUPREF_SEND_WAIT && send->timer.timer_set) {
            ngx_del_timer(&send->timer);
        }

        switch (send->step.decision) {

        case JUPREF_SEND_WAIT:
            break;

        case JUPREF_SEND_ACCEPTED:
            ngx_http_jupref_rpc_send_accepted(send);
            break;

        case JUPREF_SEND_REFUSED:
            ngx_http_jupref_rpc_send_failed(send);
            break;

        case JUPREF_SEND_ASK_ANOTHER:
            ngx_http_jupref_rpc_send_on(send, 0);
            break;

        default:
            ngx_http_jupref_rpc_send_on(send, 1);
            break;
        }
    }

    ngx_http_jupref_rpc_send_free(send);
}


/* The client has its signature; whoever hasn't got the transaction yet gets
 * it now. */

static void
ngx_http_jupref_rpc_send_accepted(ngx_http_jupref_rpc_send_t *send)
{
    u_char                        *text, *p;
    jupref_bytes_t                 result;
    ngx_http_jupref_gateway_t     *gateway;
    ngx_http_jupref_rpc_member_t  *member;

    send->decided = 1;

    gateway = send->conf->zone->shared->gateway;
    (void) ngx_atomic_fetch_add(
               &gateway->counters.sends[NGX_HTTP_JUPREF_RPC_SEND_ACCEPTED], 1);

    if (!send->spread && send->conf->send->fanout > 1) {
        send->spread = 1;
        (void) ngx_http_jupref_rpc_send_out(send,
                                            send->conf->send->fanout - 1, 1);
    }

    ngx_http_jupref_rpc_resend_add(send);

    member = send->member;

    if (member == NULL) {
        return;
    }

    ngx_http_jupref_rpc_trade_sent(send, 0);

    send->member = NULL;
    member->send = NULL;

    text = ngx_pnalloc(member->rpc->request->pool, send->send.text_len + 2);

    if (text == NULL) {
        member->rpc->failed = 1;

    } else {
        p = text;
        *p++ = '"';
        p = ngx_cpymem(p, send->send.text, send->send.text_len);
        *p++ = '"';

        result.data = text;
        result.len = (size_t) (p - text);

        ngx_http_jupref_rpc_give(member, NGX_HTTP_JUPREF_RPC_FROM_NODE, result,
                                 0);
    }

    ngx_http_jupref_rpc_rouse_other(member->rpc);
}


/* Nobody is left out, and nobody knows for sure: one more, or a slot's time
 * for them to know. */

static void
ngx_http_jupref_rpc_send_on(ngx_http_jupref_rpc_send_t *send,
    ngx_uint_t fresher)
{
    if (send->member == NULL) {
        send->decided = 1;
        return;
    }

    if (send->judges < NGX_HTTP_JUPREF_RPC_JUDGES
        && ngx_http_jupref_rpc_affords(send->conf->zone)
        && ngx_http_jupref_rpc_send_out(send, 1, 0))
    {
        return;
    }

    if (fresher && send->waits < NGX_HTTP_JUPREF_RPC_SEND_WAITS) {
        send->waits++;
        ngx_add_timer(&send->timer,
                      (ngx_msec_t) ngx_http_jupref_pool_slot_ms(send->pool));
        return;
    }

    ngx_http_jupref_rpc_send_failed(send);
}


static void
ngx_http_jupref_rpc_send_timer(ngx_event_t *ev)
{
    ngx_http_jupref_rpc_send_t  *send;

    send = ev->data;

    if (send->out) {
        ngx_http_jupref_rpc_send_beside(send);
        return;
    }

    send->asked = 0;

    if (send->member && ngx_http_jupref_rpc_send_out(send, 1, 0) == 0) {
        ngx_http_jupref_rpc_send_failed(send);
    }

    ngx_http_jupref_rpc_send_free(send);
}


static void
ngx_http_jupref_rpc_send_failed(ngx_http_jupref_rpc_send_t *send)
{
    u_char                        *text;
    ngx_uint_t                     outcome;
    jupref_rpc_answer_t            answer;
    ngx_http_jupref_gateway_t     *gateway;
    ngx_http_jupref_rpc_member_t  *member;

    send->decided = 1;

    outcome = (send->race.best != JUPREF_SEND_NO_ANSWER)
              ? NGX_HTTP_JUPREF_RPC_SEND_REFUSED
              : NGX_HTTP_JUPREF_RPC_SEND_FAILED;

    gateway = send->conf->zone->shared->gateway;
    (void) ngx_atomic_fetch_add(&gateway->counters.sends[outcome], 1);

    member = send->member;

    if (member == NULL) {
        return;
    }

    /* who is still out may take it yet */

    ngx_http_jupref_rpc_trade_sent(send, send->out == 0
                                         && send->step.decision
                                            == JUPREF_SEND_REFUSED);

    send->member = NULL;
    member->send = NULL;

    if (send->race.best == JUPREF_SEND_NO_ANSWER) {
        ngx_http_jupref_rpc_send_give_up(send, member);
        return;
    }

    text = ngx_pnalloc(member->rpc->request->pool, send->best_len);

    if (text == NULL || send->best == NULL) {
        member->rpc->failed = 1;

    } else {
        ngx_memcpy(text, send->best, send->best_len);
        ngx_memzero(&answer, sizeof(jupref_rpc_answer_t));

        answer.kind = JUPREF_RPC_ANSWER_ERROR;
        answer.error.data = text;
        answer.error.len = send->best_len;

        ngx_http_jupref_rpc_deliver(member, NGX_HTTP_JUPREF_RPC_NODE_ERROR,
                                    &answer);
    }

    ngx_http_jupref_rpc_rouse_other(member->rpc);
}


/* It isn't known whether any node has it. */

static void
ngx_http_jupref_rpc_send_give_up(ngx_http_jupref_rpc_send_t *send,
    ngx_http_jupref_rpc_member_t *member)
{
    member->verdict = send->step.verdict;
    member->tries = send->count;

    ngx_http_jupref_rpc_give_up(member);
    ngx_http_jupref_rpc_rouse_other(member->rpc);
}


/* The client has left, or its request ends otherwise: nobody else is asked for
 * a verdict.  What is out stays out, and when it is accepted copies go as they
 * would have: what may land had better land soon. */

void
ngx_http_jupref_rpc_send_leave(ngx_http_jupref_rpc_member_t *member)
{
    ngx_http_jupref_rpc_send_t  *send;

    send = member->send;

    if (send == NULL) {
        return;
    }

    ngx_http_jupref_rpc_trade_sent(send, 0);

    member->send = NULL;
    send->member = NULL;

    if (send->timer.timer_set) {
        ngx_del_timer(&send->timer);
    }

    ngx_http_jupref_rpc_send_free(send);
}


/* When nothing is out and nobody waits. */

static void
ngx_http_jupref_rpc_send_free(ngx_http_jupref_rpc_send_t *send)
{
    if (send->out || send->timer.timer_set || send->member) {
        return;
    }

    ngx_queue_remove(&send->queue);

    if (send->best) {
        ngx_free(send->best);
    }

    ngx_free(send);
}


/* The process ends: what was out has been dropped. */

void
ngx_http_jupref_rpc_send_exit(void)
{
    ngx_queue_t                 *q, *next;
    ngx_http_jupref_rpc_send_t  *send;

    if (ngx_http_jupref_rpc_sends.next == NULL) {
        return;
    }

    for (q = ngx_queue_head(&ngx_http_jupref_rpc_sends);
         q != ngx_queue_sentinel(&ngx_http_jupref_rpc_sends);
         q = next)
    {
        next = ngx_queue_next(q);
        send = ngx_queue_data(q, ngx_http_jupref_rpc_send_t, queue);

        send->member = NULL;
        send->out = 0;

        if (send->timer.timer_set) {
            ngx_del_timer(&send->timer);
        }

        ngx_http_jupref_rpc_send_free(send);
    }
}
