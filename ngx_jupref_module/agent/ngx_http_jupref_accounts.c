/*
 * The operator's accounts: the job's tours.
 *
 * A tour begins at the start, each five minutes, and soon after a mint has
 * come that wasn't there before.
 */

#include "agent/ngx_http_jupref_accounts_parts.h"


#define NGX_HTTP_JUPREF_TOUR_EVERY_MS  (5 * 60 * 1000)

/* After one that was given up; and for mints that are new. */
#define NGX_HTTP_JUPREF_TOUR_AGAIN_MS  (30 * 1000)
#define NGX_HTTP_JUPREF_TOUR_NEW_MS    (10 * 1000)

/* By another node, to confirm what was found. */
#define NGX_HTTP_JUPREF_TOUR_CONFIRM_MS  500

/* Tours in a row after which somebody is told that none comes to an end. */
#define NGX_HTTP_JUPREF_TOURS_UNFINISHED  4


static void ngx_http_jupref_tour_start(ngx_http_jupref_tour_t *tour);
static void ngx_http_jupref_tour_steps(ngx_http_jupref_tour_t *tour);
static ngx_uint_t ngx_http_jupref_tour_due(ngx_http_jupref_tour_t *tour,
    uint64_t now_ms);
static void ngx_http_jupref_tell_referrals(ngx_http_jupref_tour_t *tour);
static void ngx_http_jupref_tell_places(ngx_http_jupref_tour_t *tour);
static void ngx_http_jupref_tell_drift(ngx_http_jupref_tour_t *tour);
static void ngx_http_jupref_tell_unfinished(ngx_http_jupref_tour_t *tour,
    ngx_uint_t i);


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
static ngx_http_jupref_tour_t  *ngx_http_jupref_touring;


void
ngx_http_jupref_accounts_start(ngx_http_jupref_agent_t *agent)
{
    ngx_http_jupref_tour_t       *tour;
    ngx_http_jupref_main_conf_t  *jmcf;

    jmcf = ngx_http_cycle_get_module_main_conf(agent->cycle,
                                               ngx_http_jupref_module);

    if (jmcf == NULL || jmcf->verify->pool == NULL || ngx_http_jupref_touring)
    {
        return;
    }

    tour = ngx_calloc(sizeof(ngx_http_jupref_tour_t), agent->log);
    if (tour == NULL) {
        return;
    }

    tour->zone = jmcf->zone;
    tour->pool = jmcf->verify->pool;
    tour->rpc_zone = agent->zone;
    tour->conf = jmcf->verify;
    tour->log = agent->log;
    tour->tiers = jmcf->tiers.elts;
    tour->tier_count = jmcf->tiers.nelts;
    tour->proof = ngx_http_jupref_proof(agent->zone);
    tour->seen = ngx_http_jupref_accounts(agent->zone);

    if (tour->proof == NULL || tour->seen == NULL) {
        ngx_log_error(NGX_LOG_ERR, agent->log, 0,
                      "jupref: there is no memory to look at the accounts of "
                      "fees: enlarge \"jupref_rpc_zone\"");
        ngx_free(tour);
        return;
    }

    tour->referral_count = ngx_http_jupref_proof_referrals(agent->zone,
                               tour->conf->referrals,
                               tour->conf->referral_count, tour->referrals);

    ngx_http_jupref_tour_start(tour);
    ngx_http_jupref_touring = tour;
}


/* What was seen is of the same referral accounts, in the same order, or isn't
 * worth keeping. */

static void
ngx_http_jupref_tour_start(ngx_http_jupref_tour_t *tour)
{
    ngx_uint_t                        i, j, same;
    ngx_http_jupref_accounts_t       *seen;
    ngx_http_jupref_referral_seen_t  *referral;

    seen = tour->seen;

    ngx_http_jupref_rpc_lock(tour->rpc_zone);

    same = (seen->referral_count == tour->referral_count);

    for (i = 0; same && i < tour->referral_count; i++) {
        same = jupref_pubkey_equal(&seen->referrals[i].address,
                                   &tour->referrals[i]);
    }

    for (i = 0; !same && i < seen->mint_count; i++) {
        ngx_memzero(seen->mints[i].places, sizeof(seen->mints[i].places));
        seen->mints[i].slot = 0;
    }

    for (i = 0; i < tour->referral_count; i++) {
        referral = &seen->referrals[i];

        if (!same) {
            ngx_memzero(referral, sizeof(ngx_http_jupref_referral_seen_t));
            referral->address = tour->referrals[i];
        }

        referral->configured = 0;

        for (j = 0; j < tour->conf->referral_count; j++) {
            if (jupref_pubkey_equal(&referral->address,
                                    &tour->conf->referrals[j]))
            {
                referral->configured = 1;
            }
        }
    }

    seen->referral_count = tour->referral_count;

    ngx_http_jupref_rpc_unlock(tour->rpc_zone);
}


void
ngx_http_jupref_accounts_stop(ngx_http_jupref_agent_t *agent)
{
    ngx_http_jupref_tour_t  *tour;

    tour = ngx_http_jupref_touring;

    if (tour == NULL) {
        return;
    }

    ngx_http_jupref_touring = NULL;

    if (tour->ask) {
        ngx_http_jupref_ask_cancel(tour->ask);
    }

    ngx_http_jupref_scan_forget(tour);
    ngx_free(tour);
}


void
ngx_http_jupref_accounts_run(ngx_http_jupref_agent_t *agent, uint64_t now_ms)
{
    ngx_http_jupref_tour_t       *tour;
    ngx_http_jupref_trust_t       trust;
    ngx_http_jupref_pool_node_t  *node;

    tour = ngx_http_jupref_touring;

    if (tour == NULL || tour->ask) {
        return;
    }

    if (!tour->running) {

        if (!ngx_http_jupref_tour_due(tour, now_ms)) {
            return;
        }

        ngx_http_jupref_trust(&trust, tour->pool);
        trust.usable = trust.trusted;
        node = ngx_http_jupref_trust_node(&trust, tour->pool,
                                          tour->more
                                          >= NGX_HTTP_JUPREF_MORE_OTHER
                                          ? (uint64_t) 1 << tour->node : 0);

        if (node == NULL) {
            node = ngx_http_jupref_trust_node(&trust, tour->pool, 0);
        }

        if (node == NULL) {
            return;
        }

        tour->more = NGX_HTTP_JUPREF_MORE_NONE;
        tour->single = (tour->pool->count == 1 && tour->conf->witnesses == 1);

        tour->node = node->number;
        tour->running = 1;
        tour->step = 0;
        tour->at = 0;
        tour->phase = 0;
        tour->due_ms = now_ms + NGX_HTTP_JUPREF_TOUR_EVERY_MS;
    }

    ngx_http_jupref_tour_steps(tour);
}


static ngx_uint_t
ngx_http_jupref_tour_due(ngx_http_jupref_tour_t *tour, uint64_t now_ms)
{
    if (now_ms >= tour->due_ms) {
        return 1;
    }

    if (now_ms < tour->listed_ms + NGX_HTTP_JUPREF_TOUR_NEW_MS) {
        return 0;
    }

    tour->listed_ms = now_ms;

    return ngx_http_jupref_mints_known(tour->zone) != tour->listed;
}


static void
ngx_http_jupref_tour_steps(ngx_http_jupref_tour_t *tour)
{
    while (tour->running) {

        switch (ngx_http_jupref_steps[tour->step](tour)) {

        case NGX_OK:
        case NGX_AGAIN:
            return;

        case NGX_DECLINED:
            ngx_http_jupref_tour_next(tour);
            break;

        default:
            ngx_http_jupref_tour_fail(tour);
            return;
        }
    }
}


void
ngx_http_jupref_tour_next(ngx_http_jupref_tour_t *tour)
{
    tour->at = 0;

    if (++tour->step == NGX_HTTP_JUPREF_STEPS) {
        tour->running = 0;
        tour->listed_ms = ngx_http_jupref_steady_ms();

        if (tour->more) {
            tour->due_ms = tour->listed_ms
                           + (tour->more == NGX_HTTP_JUPREF_MORE_CONFIRM
                              ? NGX_HTTP_JUPREF_TOUR_CONFIRM_MS
                              : NGX_HTTP_JUPREF_TOUR_AGAIN_MS);
        }

        ngx_http_jupref_rpc_lock(tour->rpc_zone);
        tour->seen->checked_ms = ngx_http_jupref_now_ms();
        ngx_http_jupref_rpc_unlock(tour->rpc_zone);
    }
}


void
ngx_http_jupref_tour_fail(ngx_http_jupref_tour_t *tour)
{
    tour->running = 0;
    tour->due_ms = ngx_http_jupref_steady_ms() + NGX_HTTP_JUPREF_TOUR_AGAIN_MS;
}


void
ngx_http_jupref_tour_on(ngx_http_jupref_tour_t *tour)
{
    ngx_http_jupref_tour_steps(tour);
}


ngx_http_jupref_ask_t *
ngx_http_jupref_tour_ask(ngx_http_jupref_tour_t *tour, const char *method,
    size_t room)
{
    ngx_http_jupref_pool_node_t  *node;

    node = ngx_http_jupref_pool_node(tour->pool, tour->node);

    return node ? ngx_http_jupref_ask_create(tour->pool, node, method, room)
                : NULL;
}


ngx_int_t
ngx_http_jupref_tour_begin(ngx_http_jupref_tour_t *tour,
    ngx_http_jupref_ask_t *ask, ngx_http_jupref_ask_pt handler)
{
    ask->handler = handler;
    ask->data = tour;

    if (ngx_http_jupref_ask_start(ask) != NGX_OK) {
        return NGX_ERROR;
    }

    tour->ask = ask;

    return NGX_OK;
}


ngx_http_jupref_tour_t *
ngx_http_jupref_tour_came(ngx_http_jupref_ask_t *ask,
    ngx_http_jupref_call_e call)
{
    ngx_http_jupref_tour_t  *tour;

    tour = ask->data;
    tour->ask = NULL;

    (void) ngx_atomic_fetch_add(&tour->proof->calls[call][ask->result == NULL],
                                1);

    return tour;
}


ngx_int_t
ngx_http_jupref_step_incidents(ngx_http_jupref_tour_t *tour)
{
    ngx_http_jupref_tell_referrals(tour);
    ngx_http_jupref_tell_places(tour);
    ngx_http_jupref_tell_drift(tour);

    return NGX_DECLINED;
}


/* The first that isn't good is what the incident is about. */

static void
ngx_http_jupref_tell_referrals(ngx_http_jupref_tour_t *tour)
{
    u_char                            text[JUPREF_REASON_MAX];
    ngx_str_t                         detail;
    ngx_uint_t                        i;
    ngx_http_jupref_referral_seen_t  *referral;

    ngx_str_set(&detail, "all are good");

    for (i = 0; i < tour->seen->referral_count; i++) {
        referral = &tour->seen->referrals[i];

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

        ngx_http_jupref_incident(tour->zone, JUPREF_INCIDENT_REFERRAL_ACCOUNT,
                                 1, &detail, tour->log);
        return;
    }

    ngx_http_jupref_incident(tour->zone, JUPREF_INCIDENT_REFERRAL_ACCOUNT, 0,
                             &detail, tour->log);
}


/* Raised for one that wasn't told yet: who has cleared it knows of the others.
 * Nobody opens an account for every mint there is. */

static void
ngx_http_jupref_tell_places(ngx_http_jupref_tour_t *tour)
{
    u_char                    text[JUPREF_PUBKEY_TEXT];
    ngx_str_t                 detail;
    ngx_uint_t                i, j, wrong;
    ngx_http_jupref_place_t  *place;

    ngx_str_set(&detail, "all can take fees");

    for (wrong = 0, i = 0; i < tour->seen->mint_count; i++) {
        for (j = 0; j < tour->seen->referral_count; j++) {
            place = &tour->seen->mints[i].places[j];

            if (!tour->seen->referrals[j].configured
                || (place->state != NGX_HTTP_JUPREF_FEE_MISSING
                    && place->state != NGX_HTTP_JUPREF_FEE_FROZEN
                    && place->state != NGX_HTTP_JUPREF_FEE_FOREIGN))
            {
                place->told = 0;
                continue;
            }

            wrong++;

            if (place->told) {
                continue;
            }

            place->told = 1;

            detail.data = text;
            detail.len = jupref_pubkey_format(text,
                                              &tour->seen->mints[i].mint);
            ngx_http_jupref_incident(tour->zone, JUPREF_INCIDENT_FEE_ACCOUNT,
                                     1, &detail, tour->log);
        }
    }

    if (wrong == 0) {
        ngx_http_jupref_incident(tour->zone, JUPREF_INCIDENT_FEE_ACCOUNT, 0,
                                 &detail, tour->log);
    }
}


/* Raised for one that is another than was booked: what was there before the
 * first trade, say, is told once and stays in the report. */

static void
ngx_http_jupref_tell_drift(ngx_http_jupref_tour_t *tour)
{
    u_char                     text[JUPREF_REASON_MAX];
    ngx_str_t                  detail;
    ngx_uint_t                 i, drifting;
    ngx_http_jupref_report_t  *report;

    ngx_str_set(&detail, "all accounts are even");

    for (drifting = 0, i = 0; i < tour->seen->mint_count; i++) {
        report = tour->seen->mints[i].report;

        if (report && report->unfinished) {
            drifting++;                 /* nobody can say that it isn't */
            ngx_http_jupref_tell_unfinished(tour, i);
            continue;
        }

        if (report == NULL || report->drift.unexplained == 0) {
            continue;
        }

        drifting++;

        if (!report->drift.changed) {
            continue;
        }

        report->drift.changed = 0;

        detail.data = text;
        detail.len = jupref_pubkey_format(text, &tour->seen->mints[i].mint);
        ngx_http_jupref_incident(tour->zone, JUPREF_INCIDENT_FEE_DRIFT, 1,
                                 &detail, tour->log);
    }

    if (drifting == 0) {
        ngx_http_jupref_incident(tour->zone, JUPREF_INCIDENT_FEE_DRIFT, 0,
                                 &detail, tour->log);
    }
}


/* Once for each time that it doesn't come to an end for long. */

static void
ngx_http_jupref_tell_unfinished(ngx_http_jupref_tour_t *tour, ngx_uint_t i)
{
    u_char                       text[JUPREF_REASON_MAX], *p;
    ngx_str_t                    detail;
    ngx_http_jupref_fee_mint_t  *mint;

    mint = &tour->seen->mints[i];

    if (mint->report->unfinished_tours != NGX_HTTP_JUPREF_TOURS_UNFINISHED) {
        return;
    }

    mint->report->unfinished_tours++;

    p = text + jupref_pubkey_format(text, &mint->mint);
    p = ngx_snprintf(p, sizeof(text) - (p - text), " %s",
                     ngx_http_jupref_unfinished_name(
                         mint->report->unfinished));

    detail.data = text;
    detail.len = (size_t) (p - text);
    ngx_http_jupref_incident(tour->zone, JUPREF_INCIDENT_FEE_DRIFT, 1,
                             &detail, tour->log);
}
