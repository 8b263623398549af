/*
 * The families of the proof of trades, and of the accounts that fees are in.
 */

#include "http/ngx_http_jupref_metrics.h"


static void ngx_http_jupref_m_verified(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_seconds(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_rulings(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_awaiting(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_oldest(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_calls(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_lies(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_refusals(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_intents(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_places(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_referrals(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_program(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_changes(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_reconciled(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_drifting(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_incidents(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_ruling(ngx_http_jupref_metrics_t *m,
    ngx_uint_t verdict, ngx_uint_t reason);


const ngx_http_jupref_family_t  ngx_http_jupref_proof_families[] = {
    { "jupref_verify_on", 0,
      "1 when nodes are asked for the proof of trades.",
      ngx_http_jupref_m_verified },
    { "jupref_verify_seconds", 2,
      "Time from a trade's execute until it was verified.",
      ngx_http_jupref_m_seconds },
    { "jupref_verify_rulings", 1,
      "What was ruled of trades by what nodes say, with the reason.",
      ngx_http_jupref_m_rulings },
    { "jupref_verify_awaiting", 0, "Trades that await their proof.",
      ngx_http_jupref_m_awaiting },
    { "jupref_verify_oldest_seconds", 0,
      "How long the oldest of them has been waiting.",
      ngx_http_jupref_m_oldest },
    { "jupref_verify_calls", 1,
      "Calls to nodes for the proof of trades, by method and result.",
      ngx_http_jupref_m_calls },
    { "jupref_verify_lies", 1,
      "Transactions that nodes showed and that were not the ones asked for.",
      ngx_http_jupref_m_lies },
    { "jupref_verify_refused", 1,
      "Rulings that the ledger refused and that are tried again.",
      ngx_http_jupref_m_refusals },
    { "jupref_verify_intents", 1,
      "Executes without an outcome or signature, by what was found of them.",
      ngx_http_jupref_m_intents },
    { "jupref_fee_accounts", 0,
      "Token accounts that fees arrive in, by state.",
      ngx_http_jupref_m_places },
    { "jupref_referral_accounts", 0,
      "Referral accounts, by state.",
      ngx_http_jupref_m_referrals },
    { "jupref_referral_program_slot", 0,
      "Slot of the referral program's last upgrade, 0 when it wasn't seen.",
      ngx_http_jupref_m_program },
    { "jupref_referral_program_changes", 1,
      "Times the referral program or its authority was another than before.",
      ngx_http_jupref_m_changes },
    { "jupref_reconciliations", 1,
      "Mints whose fee accounts were held against the books, by result.",
      ngx_http_jupref_m_reconciled },
    { "jupref_fee_drift_mints", 0,
      "Mints whose fee accounts hold other than the books say.",
      ngx_http_jupref_m_drifting },
    { "jupref_incidents", 0, "1 while an incident of that kind is raised.",
      ngx_http_jupref_m_incidents },

    { NULL, 0, NULL, NULL }
};


static void
ngx_http_jupref_m_verified(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, name, NULL, NULL, m->verified);
}


static void
ngx_http_jupref_m_seconds(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample_histogram(m, name, ngx_http_jupref_proof_bounds,
                                     NGX_HTTP_JUPREF_PROOF_BOUNDS,
                                     m->proof.seconds.buckets,
                                     m->proof.seconds.sum_ms);
}


/* Each verdict has its own reasons, and they follow each other. */

static void
ngx_http_jupref_m_rulings(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_uint_t  i;

    ngx_http_jupref_ruling(m, JUPREF_VERDICT_VERIFIED, JUPREF_REASON_NONE);

    for (i = JUPREF_REASON_FAILED_ON_CHAIN; i <= JUPREF_REASON_NOT_CHARGED;
         i++)
    {
        ngx_http_jupref_ruling(m, JUPREF_VERDICT_REJECTED, i);
    }

    ngx_http_jupref_ruling(m, JUPREF_VERDICT_EXPIRED,
                           JUPREF_REASON_BLOCK_HEIGHT_PASSED);

    for (i = JUPREF_REASON_HISTORY_GONE; i <= JUPREF_REASON_NODES_WRONG; i++) {
        ngx_http_jupref_ruling(m, JUPREF_VERDICT_UNPROVED, i);
    }
}


static void
ngx_http_jupref_ruling(ngx_http_jupref_metrics_t *m, ngx_uint_t verdict,
    ngx_uint_t reason)
{
    u_char  labels[128];

    (void) ngx_snprintf(labels, sizeof(labels),
                        "verdict=\"%s\",reason=\"%s\"%Z",
                        jupref_verdict_name(verdict),
                        reason ? jupref_reason_name(reason) : "");

    ngx_http_jupref_sample_of(m, "jupref_verify_rulings_total",
                              (char *) labels,
                              m->proof.rulings[verdict][reason]);
}


static void
ngx_http_jupref_m_awaiting(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, name, NULL, NULL,
                           m->trades[JUPREF_STATE_EXECUTED]
                           + m->trades[JUPREF_STATE_UNKNOWN]);
}


static void
ngx_http_jupref_m_oldest(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, name, NULL, NULL, m->oldest_proof_ms / 1000);
}


static void
ngx_http_jupref_m_calls(ngx_http_jupref_metrics_t *m, const char *name)
{
    u_char      labels[128];
    ngx_uint_t  i, failed;

    for (i = 0; i < NGX_HTTP_JUPREF_CALLS; i++) {
        for (failed = 0; failed < 2; failed++) {

            (void) ngx_snprintf(labels, sizeof(labels),
                                "method=\"%s\",result=\"%s\"%Z",
                                ngx_http_jupref_call_name(i),
                                failed ? "failed" : "answered");

            ngx_http_jupref_sample_of(m, "jupref_verify_calls_total",
                                      (char *) labels,
                                      m->proof.calls[i][failed]);
        }
    }
}


static void
ngx_http_jupref_m_lies(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, "jupref_verify_lies_total", NULL, NULL,
                           m->proof.lies);
}


static void
ngx_http_jupref_m_refusals(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, "jupref_verify_refused_total", NULL, NULL,
                           m->proof.refused);
}


static void
ngx_http_jupref_m_intents(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, "jupref_verify_intents_total", "found",
                           "signature", m->proof.recovered);
    ngx_http_jupref_sample(m, "jupref_verify_intents_total", "found",
                           "nothing", m->proof.closed);
}


void
ngx_http_jupref_metrics_accounts(ngx_http_jupref_rpc_zone_t *zone,
    ngx_http_jupref_counted_accounts_t *counted)
{
    ngx_uint_t                   i, j;
    ngx_http_jupref_fee_mint_t  *mint;
    ngx_http_jupref_accounts_t  *seen;

    ngx_memzero(counted, sizeof(ngx_http_jupref_counted_accounts_t));

    seen = ngx_http_jupref_accounts(zone);

    if (seen == NULL) {
        return;
    }

    ngx_http_jupref_rpc_lock(zone);

    for (i = 0; i < seen->referral_count; i++) {
        if (seen->referrals[i].configured) {
            counted->referrals[seen->referrals[i].state]++;
        }
    }

    for (i = 0; i < seen->mint_count; i++) {
        mint = &seen->mints[i];

        for (j = 0; j < seen->referral_count; j++) {
            if (seen->referrals[j].configured) {
                counted->places[mint->places[j].state]++;
            }
        }

        counted->drifting += (mint->report
                              && mint->report->drift.unexplained);
    }

    counted->program_slot = seen->program.slot;
    counted->program_changes = seen->program_changes;

    for (i = 0; i < NGX_HTTP_JUPREF_RECONCILED; i++) {
        counted->reconciled[i] = seen->reconciled[i];
    }

    ngx_http_jupref_rpc_unlock(zone);
}


static void
ngx_http_jupref_m_places(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_JUPREF_FEE_STATES; i++) {
        ngx_http_jupref_sample(m, name, "state",
                               ngx_http_jupref_fee_state_name(i),
                               m->accounts.places[i]);
    }
}


static void
ngx_http_jupref_m_referrals(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_JUPREF_REFERRAL_STATES; i++) {
        ngx_http_jupref_sample(m, name, "state",
                               ngx_http_jupref_referral_state_name(i),
                               m->accounts.referrals[i]);
    }
}


static void
ngx_http_jupref_m_program(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, name, NULL, NULL, m->accounts.program_slot);
}


static void
ngx_http_jupref_m_changes(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, "jupref_referral_program_changes_total", NULL,
                           NULL, m->accounts.program_changes);
}


static void
ngx_http_jupref_m_reconciled(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_uint_t  i;

    static const char *const  results[NGX_HTTP_JUPREF_RECONCILED] = {
        "even", "drift", "failed", "unfinished"
    };

    for (i = 0; i < NGX_HTTP_JUPREF_RECONCILED; i++) {
        ngx_http_jupref_sample(m, "jupref_reconciliations_total", "result",
                               results[i], m->accounts.reconciled[i]);
    }
}


static void
ngx_http_jupref_m_drifting(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, name, NULL, NULL, m->accounts.drifting);
}


static void
ngx_http_jupref_m_incidents(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_uint_t  i;

    for (i = 1; i < JUPREF_INCIDENTS; i++) {
        ngx_http_jupref_sample(m, name, "kind",
                               jupref_incident_name((unsigned) i),
                               m->raised[i]);
    }
}
