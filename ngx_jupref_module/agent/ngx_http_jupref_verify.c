/*
 * Proof of trades: the job (see the header).
 */

#include "agent/ngx_http_jupref_verify.h"


/* -32601: the method isn't there.  What a node lacks it lacks for a while. */
#define NGX_HTTP_JUPREF_NO_METHOD  -32601


/* Of the process that holds the office. */
static ngx_http_jupref_verify_t  *ngx_http_jupref_verifying;


void
ngx_http_jupref_verify_start(ngx_http_jupref_agent_t *agent)
{
    ngx_http_jupref_verify_t     *verify;
    ngx_http_jupref_main_conf_t  *jmcf;

    jmcf = ngx_http_cycle_get_module_main_conf(agent->cycle,
                                               ngx_http_jupref_module);

    if (jmcf == NULL || jmcf->verify->pool == NULL
        || ngx_http_jupref_verifying)
    {
        return;
    }

    verify = ngx_calloc(sizeof(ngx_http_jupref_verify_t), agent->log);
    if (verify == NULL) {
        return;
    }

    verify->zone = jmcf->zone;
    verify->pool = jmcf->verify->pool;
    verify->conf = jmcf->verify;
    verify->log = agent->log;
    verify->alarm_ms = ngx_http_jupref_steady_ms();
    verify->enough_ms = verify->alarm_ms;
    verify->hand = ngx_http_jupref_hand_create(agent->log);
    verify->proof = ngx_http_jupref_proof(agent->zone);

    ngx_queue_init(&verify->rounds);
    ngx_queue_init(&verify->wanted);
    ngx_queue_init(&verify->showing);
    ngx_queue_init(&verify->elsewhere);

    ngx_http_jupref_verifying = verify;

    if (verify->hand == NULL || verify->proof == NULL) {
        ngx_log_error(NGX_LOG_ERR, agent->log, 0,
                      "jupref: there is no memory to verify trades: enlarge "
                      "\"jupref_rpc_zone\"");
        ngx_http_jupref_verify_stop(agent);
        return;
    }

    verify->referral_count = ngx_http_jupref_proof_referrals(agent->zone,
                                 verify->conf->referrals,
                                 verify->conf->referral_count,
                                 verify->referrals);
}


void
ngx_http_jupref_verify_stop(ngx_http_jupref_agent_t *agent)
{
    ngx_uint_t                 i;
    ngx_queue_t               *lists[3], *q;
    ngx_http_jupref_look_t    *look;
    ngx_http_jupref_round_t   *round;
    ngx_http_jupref_verify_t  *verify;

    verify = ngx_http_jupref_verifying;

    if (verify == NULL) {
        return;
    }

    ngx_http_jupref_verifying = NULL;

    while (!ngx_queue_empty(&verify->rounds)) {
        round = ngx_queue_data(ngx_queue_head(&verify->rounds),
                               ngx_http_jupref_round_t, queue);

        if (round->ask) {
            ngx_http_jupref_ask_cancel(round->ask);
        }

        for (i = 0; i < round->count; i++) {
            ngx_free(round->looks[i]);
        }

        ngx_http_jupref_round_free(round);
    }

    lists[0] = &verify->wanted;
    lists[1] = &verify->showing;
    lists[2] = &verify->elsewhere;

    for (i = 0; i < 3; i++) {

        while (!ngx_queue_empty(lists[i])) {
            q = ngx_queue_head(lists[i]);
            look = ngx_queue_data(q, ngx_http_jupref_look_t, queue);
            ngx_queue_remove(q);

            if (look->ask) {
                ngx_http_jupref_ask_cancel(look->ask);
            }

            ngx_free(look);
        }
    }

    if (verify->hand) {
        ngx_http_jupref_hand_free(verify->hand);
    }

    ngx_free(verify);
}


void
ngx_http_jupref_verify_run(ngx_http_jupref_agent_t *agent, uint64_t now_ms)
{
    ngx_uint_t                 i;
    ngx_http_jupref_verify_t  *verify;

    verify = ngx_http_jupref_verifying;

    if (verify == NULL) {
        return;
    }

    verify->steady_ms = now_ms;

    ngx_http_jupref_trust(&verify->trust, verify->pool);

    for (i = 0; i < JUPREF_POOL_NODES; i++) {
        if (verify->lacks_ms[i] > now_ms) {
            verify->trust.trusted &= ~jupref_pool_bit(i);
            verify->trust.usable &= ~jupref_pool_bit(i);
        }
    }

    ngx_http_jupref_verify_watch(verify);
    ngx_http_jupref_hand_fill(verify->hand, verify->zone, now_ms);
    ngx_http_jupref_verify_pump(verify);
}


void
ngx_http_jupref_verify_lacks(ngx_http_jupref_verify_t *verify,
    ngx_http_jupref_ask_t *ask)
{
    if (ask->answer.kind != JUPREF_RPC_ANSWER_ERROR
        || ask->answer.code != NGX_HTTP_JUPREF_NO_METHOD)
    {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, verify->log, 0,
                  "jupref: node %ui has no method \"%s\", it isn't asked "
                  "about trades for five minutes", ask->node,
                  ask->method->name);

    verify->lacks_ms[ask->node] = ngx_http_jupref_steady_ms()
                                  + NGX_HTTP_JUPREF_LACKS_MS;
    verify->trust.trusted &= ~jupref_pool_bit(ask->node);
    verify->trust.usable &= ~jupref_pool_bit(ask->node);
}


void
ngx_http_jupref_verify_pump(ngx_http_jupref_verify_t *verify)
{
    ngx_int_t                rc;
    ngx_http_jupref_look_t  *look;

    while (verify->calls < verify->conf->calls) {

        if (!ngx_queue_empty(&verify->wanted)) {
            look = ngx_queue_data(ngx_queue_head(&verify->wanted),
                                  ngx_http_jupref_look_t, queue);

            if (ngx_http_jupref_show_start(look) != NGX_OK) {
                break;
            }

            continue;
        }

        rc = ngx_http_jupref_round_elsewhere(verify);

        if (rc == NGX_DECLINED) {
            rc = ngx_http_jupref_round_due(verify);
        }

        if (rc != NGX_OK) {
            break;
        }
    }

    if (verify->booked) {
        verify->booked = 0;
        ngx_http_jupref_commit_soon(verify->zone);
    }
}


void
ngx_http_jupref_verify_elsewhere(ngx_http_jupref_look_t *look)
{
    ngx_http_jupref_verify_t  *verify;

    verify = look->verify;

    if (ngx_queue_empty(&verify->elsewhere)) {
        verify->elsewhere_ms = ngx_http_jupref_steady_ms()
                               + NGX_HTTP_JUPREF_GATHER_MS;
    }

    ngx_queue_insert_tail(&verify->elsewhere, &look->queue);
}


void
ngx_http_jupref_verify_over(ngx_http_jupref_look_t *look, ngx_uint_t settled)
{
    ngx_http_jupref_verify_t  *verify;

    verify = look->verify;

    if (settled) {
        ngx_http_jupref_hand_settled(verify->hand, look->held);

    } else {
        ngx_http_jupref_hand_again(verify->hand, look->held,
                                   ngx_http_jupref_steady_ms());
    }

    verify->looks--;
    ngx_free(look);
}
