/*
 * The operator's accounts: the job's turns.
 *
 * A turn begins at the start, each five minutes, and soon after a mint has
 * come that wasn't there before.
 */

#include "agent/ngx_http_jupref_accounts_parts.h"


#define NGX_HTTP_JUPREF_INSPECT_EVERY_MS  (5 * 60 * 1000)

/* After one that was given up; and for mints that are new. */
#define NGX_HTTP_JUPREF_INSPECT_AGAIN_MS  (30 * 1000)
#define NGX_HTTP_JUPREF_INSPECT_NEW_MS    (10 * 1000)


static void ngx_http_jupref_inspection_start(ngx_http_jupref_inspection_t *turn);
static void ngx_http_jupref_inspection_steps(ngx_http_jupref_inspection_t *turn);
static ngx_uint_t ngx_http_jupref_inspect_due(ngx_http_jupref_inspection_t *turn,
    uint64_t now_ms);
static void ngx_http_jupref_tell_referrals(ngx_http_jupref_inspection_t *turn);
static void ngx_http_jupref_tell_places(ngx_http_jupref_inspection_t *turn);
static void ngx_http_jupref_tell_drift(ngx_http_jupref_inspection_t *turn);


static const ngx_http_jupref_step_pt  ngx_http_jupref_steps[] = {
    ngx_http_jupref_step_referrals,
    ngx_http_jupref_step_program,
    ngx_http_jupref_step_list,
    ngx_http_jupref_step_mints,
    ngx_http_jupref_step_derive,
    ngx_http_jupref_step_places,
    ngx_http_jupref_step_reconcile,
    ngx_http_jupref_step_incidents
};

#define NGX_HTTP_JUPREF_STEPS                                                 \
    (sizeof(ngx_http_jupref_steps) / sizeof(ngx_http_jupref_steps[0]))


/* Of the process that holds the office. */
static ngx_http_jupref_inspection_t  *ngx_http_jupref_inspecting;


void
ngx_http_jupref_accounts_start(ngx_http_jupref_agent_t *agent)
{
    ngx_http_jupref_inspection_t       *turn;
    ngx_http_jupref_main_conf_t  *jmcf;

    jmcf = ngx_http_cycle_get_module_main_conf(agent->cycle,
                                               ngx_http_jupref_module);

    if (jmcf == NULL || jmcf->verify->pool == NULL || ngx_http_jupref_inspecting)
    {
        return;
    }

    turn = ngx_calloc(sizeof(ngx_http_jupref_inspection_t), agent->log);
    if (turn == NULL) {
        return;
    }

    turn->zone = jmcf->zone;
    turn->pool = jmcf->verify->pool;
    turn->rpc_zone = agent->zone;
    turn->conf = jmcf->verify;
    turn->log = agent->log;
    turn->tiers = jmcf->tiers.elts;
    turn->tier_count = jmcf->tiers.nelts;
    turn->proof = ngx_http_jupref_proof(agent->zone);
    turn->seen = ngx_http_jupref_accounts(agent->zone);

    if (turn->proof == NULL || turn->seen == NULL) {
        ngx_log_error(NGX_LOG_ERR, agent->log, 0,
                      "jupref: there is no memory to look at the accounts of "
                      "fees: enlarge \"jupref_rpc_zone\"");
        ngx_free(turn);
        return;
    }

    turn->referral_count = ngx_http_jupref_proof_referrals(agent->zone,
                               turn->conf->referrals,
                               turn->conf->referral_count, turn->referrals);

    ngx_http_jupref_inspection_start(turn);
    ngx_http_jupref_inspecting = turn;
}


/* What was seen is of the same referral accounts, in the same order, or isn't
 * worth keeping. */

static void
ngx_http_jupref_inspection_start(ngx_http_jupref_inspection_t *turn)
{
    ngx_uint_t                        i, j, same;
    ngx_http_jupref_accounts_t       *seen;
    ngx_http_jupref_referral_seen_t  *referral;

    seen = turn->seen;

    ngx_http_jupref_rpc_lock(turn->rpc_zone);

    same = (seen->referral_count == turn->referral_count);

    for (i = 0; same && i < turn->referral_count; i++) {
        same = jupref_pubkey_equal(&seen->referrals[i].address,
                                   &turn->referrals[i]);
    }

    for (i = 0; !same && i < seen->mint_count; i++) {
        ngx_memzero(seen->mints[i].places, sizeof(seen->mints[i].places));
        seen->mints[i].slot = 0;
    }

    for (i = 0; i < turn->referral_count; i++) {
        referral = &seen->referrals[i];

        if (!same) {
            ngx_memzero(referral, sizeof(ngx_http_jupref_referral_seen_t));
            referral->address = turn->referrals[i];
        }

        referral->configured = 0;

        for (j = 0; j < turn->conf->referral_count; j++) {
            if (jupref_pubkey_equal(&referral->address,
                                    &turn->conf->referrals[j]))
            {
                referral->configured = 1;
            }
        }
    }

    seen->referral_count = turn->referral_count;

    ngx_http_jupref_rpc_unlock(turn->rpc_zone);
}


void
ngx_http_jupref_accounts_stop(ngx_http_jupref_agent_t *agent)
{
    ngx_http_jupref_inspection_t  *turn;

    turn = ngx_http_jupref_inspecting;

    if (turn == NULL) {
        return;
    }

    ngx_http_jupref_inspecting = NULL;

    if (turn->ask) {
        ngx_http_jupref_ask_cancel(turn->ask);
    }

    ngx_http_jupref_scan_forget(turn);
    ngx_free(turn);
}


void
ngx_http_jupref_accounts_run(ngx_http_jupref_agent_t *agent, uint64_t now_ms)
{
    ngx_http_jupref_inspection_t       *turn;
    ngx_http_jupref_trust_t       trust;
    ngx_http_jupref_pool_node_t  *node;

    turn = ngx_http_jupref_inspecting;

    if (turn == NULL || turn->ask) {
        return;
    }

    if (!turn->running) {

        if (!ngx_http_jupref_inspect_due(turn, now_ms)) {
            return;
        }

        ngx_http_jupref_trust(&trust, turn->pool);
        trust.usable = trust.trusted;
        node = ngx_http_jupref_trust_node(&trust, turn->pool, 0);

        if (node == NULL) {
            return;
        }

        turn->node = node->number;
        turn->running = 1;
        turn->step = 0;
        turn->at = 0;
        turn->phase = 0;
        turn->due_ms = now_ms + NGX_HTTP_JUPREF_INSPECT_EVERY_MS;
    }

    ngx_http_jupref_inspection_steps(turn);
}


static ngx_uint_t
ngx_http_jupref_inspect_due(ngx_http_jupref_inspection_t *turn, uint64_t now_ms)
{
    if (now_ms >= turn->due_ms) {
        return 1;
    }

    if (now_ms < turn->listed_ms + NGX_HTTP_JUPREF_INSPECT_NEW_MS) {
        return 0;
    }

    turn->listed_ms = now_ms;

    return ngx_http_jupref_mints_known(turn->zone) != turn->listed;
}


static void
ngx_http_jupref_inspection_steps(ngx_http_jupref_inspection_t *turn)
{
    while (turn->running) {

        switch (ngx_http_jupref_steps[turn->step](turn)) {

        case NGX_OK:
        case NGX_AGAIN:
            return;

        case NGX_DECLINED:
            ngx_http_jupref_inspect_next(turn);
            break;

        default:
            ngx_http_jupref_inspect_fail(turn);
            return;
        }
    }
}


void
ngx_http_jupref_inspect_next(ngx_http_jupref_inspection_t *turn)
{
    turn->at = 0;

    if (++turn->step == NGX_HTTP_JUPREF_STEPS) {
        turn->running = 0;
        turn->listed_ms = ngx_http_jupref_steady_ms();

        ngx_http_jupref_rpc_lock(turn->rpc_zone);
        turn->seen->checked_ms = ngx_http_jupref_now_ms();
        ngx_http_jupref_rpc_unlock(turn->rpc_zone);
    }
}


void
ngx_http_jupref_inspect_fail(ngx_http_jupref_inspection_t *turn)
{
    turn->running = 0;
    turn->due_ms = ngx_http_jupref_steady_ms() + NGX_HTTP_JUPREF_INSPECT_AGAIN_MS;
}


void
ngx_http_jupref_inspect_on(ngx_http_jupref_inspection_t *turn)
{
    ngx_http_jupref_inspection_steps(turn);
}


ngx_http_jupref_ask_t *
ngx_http_jupref_inspect_ask(ngx_http_jupref_inspection_t *turn, const char *method,
    size_t room)
{
    ngx_http_jupref_pool_node_t  *node;

    node = ngx_http_jupref_pool_node(turn->pool, turn->node);

    return node ? ngx_http_jupref_ask_create(turn->pool, node, method, room)
                : NULL;
}


ngx_int_t
ngx_http_jupref_inspect_begin(ngx_http_jupref_inspection_t *turn,
    ngx_http_jupref_ask_t *ask, ngx_http_jupref_ask_pt handler)
{
    ask->handler = handler;
    ask->data = turn;

    if (ngx_http_jupref_ask_start(ask) != NGX_OK) {
        return NGX_ERROR;
    }

    turn->ask = ask;

    return NGX_OK;
}


ngx_http_jupref_inspection_t *
ngx_http_jupref_inspect_came(ngx_http_jupref_ask_t *ask,
    ngx_http_jupref_call_e call)
{
    ngx_http_jupref_inspection_t  *turn;

    turn = ask->data;
    turn->ask = NULL;

    (void) ngx_atomic_fetch_add(&turn->proof->calls[call][ask->result == NULL],
                                1);

    return turn;
}


ngx_int_t
ngx_http_jupref_step_incidents(ngx_http_jupref_inspection_t *turn)
{
    ngx_http_jupref_tell_referrals(turn);
    ngx_http_jupref_tell_places(turn);
    ngx_http_jupref_tell_drift(turn);

    return NGX_DECLINED;
}


/* The first that isn't good is what the incident is about. */

static void
ngx_http_jupref_tell_referrals(ngx_http_jupref_inspection_t *turn)
{
    u_char                            text[JUPREF_REASON_MAX];
    ngx_str_t                         detail;
    ngx_uint_t                        i;
    ngx_http_jupref_referral_seen_t  *referral;

    ngx_str_set(&detail, "all are good");

    for (i = 0; i < turn->seen->referral_count; i++) {
        referral = &turn->seen->referrals[i];

        if (!referral->configured
            || referral->state <= NGX_HTTP_JUPREF_REFERRAL_GOOD)
        {
            continue;
        }

        detail.data = text;
        detail.len = (size_t) (ngx_snprintf(text, sizeof(text), "%s",
                                   ngx_http_jupref_referral_state_name(
                                       referral->state))
                               - text);

        if (referral->state == NGX_HTTP_JUPREF_REFERRAL_OTHER_SHARE) {
            detail.len = (size_t) (ngx_snprintf(text, sizeof(text),
                                       "other_share: %ui",
                                       (ngx_uint_t)
                                       referral->account.share_bps)
                                   - text);
        }

        ngx_http_jupref_incident(turn->zone, JUPREF_INCIDENT_REFERRAL_ACCOUNT,
                                 1, &detail, turn->log);
        return;
    }

    ngx_http_jupref_incident(turn->zone, JUPREF_INCIDENT_REFERRAL_ACCOUNT, 0,
                             &detail, turn->log);
}


static void
ngx_http_jupref_tell_places(ngx_http_jupref_inspection_t *turn)
{
    u_char                       text[JUPREF_PUBKEY_TEXT];
    ngx_str_t                    detail;
    ngx_uint_t                   i, j, state;
    ngx_http_jupref_fee_mint_t  *mint;

    for (i = 0; i < turn->seen->mint_count; i++) {
        mint = &turn->seen->mints[i];

        for (j = 0; j < turn->seen->referral_count; j++) {
            state = mint->places[j].state;

            if (!turn->seen->referrals[j].configured
                || (state != NGX_HTTP_JUPREF_FEE_MISSING
                    && state != NGX_HTTP_JUPREF_FEE_FROZEN
                    && state != NGX_HTTP_JUPREF_FEE_FOREIGN))
            {
                continue;
            }

            detail.data = text;
            detail.len = jupref_pubkey_format(text, &mint->mint);

            ngx_http_jupref_incident(turn->zone, JUPREF_INCIDENT_FEE_ACCOUNT,
                                     1, &detail, turn->log);
            return;
        }
    }

    ngx_str_set(&detail, "none is missing");
    ngx_http_jupref_incident(turn->zone, JUPREF_INCIDENT_FEE_ACCOUNT, 0,
                             &detail, turn->log);
}


static void
ngx_http_jupref_tell_drift(ngx_http_jupref_inspection_t *turn)
{
    u_char                       text[JUPREF_PUBKEY_TEXT];
    ngx_str_t                    detail;
    ngx_uint_t                   i;
    ngx_http_jupref_fee_mint_t  *mint;

    for (i = 0; i < turn->seen->mint_count; i++) {
        mint = &turn->seen->mints[i];

        if (mint->report && !mint->report->unfinished
            && mint->report->drift.unexplained)
        {
            detail.data = text;
            detail.len = jupref_pubkey_format(text, &mint->mint);

            ngx_http_jupref_incident(turn->zone, JUPREF_INCIDENT_FEE_DRIFT, 1,
                                     &detail, turn->log);
            return;
        }
    }

    ngx_str_set(&detail, "all accounts are even");
    ngx_http_jupref_incident(turn->zone, JUPREF_INCIDENT_FEE_DRIFT, 0,
                             &detail, turn->log);
}
