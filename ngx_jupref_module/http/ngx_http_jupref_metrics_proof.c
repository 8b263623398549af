/*
 * The families of the proof of trades.
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
