/*
 * Why something went on without us: one name a reason, counted and logged.
 *
 * Trades fail open, so this is the only place where it shows.  What is our
 * fault is logged as an error, what the client chose as info.  A ledger that
 * is full fails every trade, so an error is logged once a second and worker.
 */

#include "http/ngx_http_jupref.h"


static const struct {
    const char  *name;
    ngx_uint_t   level;
} ngx_http_jupref_reasons[NGX_HTTP_JUPREF_REASONS] = {
    { "bad_arguments",          NGX_LOG_INFO },
    { "code_not_found",         NGX_LOG_INFO },
    { "code_retired",           NGX_LOG_INFO },
    { "referrer_suspended",     NGX_LOG_INFO },
    { "self_referral",          NGX_LOG_INFO },
    { "referral_cycle",         NGX_LOG_INFO },
    { "ledger_damaged",         NGX_LOG_ERR },
    { "no_memory",              NGX_LOG_ERR },
    { "answer_encoded",         NGX_LOG_ERR },
    { "answer_unreadable",      NGX_LOG_WARN },
    { "transaction_unreadable", NGX_LOG_WARN },
    { "body_too_large",         NGX_LOG_INFO },
    { "body_unreadable",        NGX_LOG_INFO },
    { "request_id_unknown",     NGX_LOG_INFO },
    { "message_differs",        NGX_LOG_WARN },
    { "signature_missing",      NGX_LOG_WARN },
    { "ledger_refused",         NGX_LOG_ERR },
    { "journal_stopped",        NGX_LOG_ERR },
    { "journal_behind",         NGX_LOG_ERR }
};


const char *
ngx_http_jupref_reason_name(ngx_http_jupref_reason_e reason)
{
    return ngx_http_jupref_reasons[reason].name;
}


void
ngx_http_jupref_unattributed(ngx_http_request_t *r,
    ngx_http_jupref_reason_e reason, const char *detail)
{
    ngx_uint_t                    level;
    ngx_http_jupref_main_conf_t  *jmcf;

    static time_t  logged[NGX_HTTP_JUPREF_REASONS];

    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);

    (void) ngx_atomic_fetch_add(
               &jmcf->zone->shared->counters.unattributed[reason], 1);

    level = ngx_http_jupref_reasons[reason].level;

    if (level <= NGX_LOG_ERR) {

        if (logged[reason] == ngx_time()) {
            return;
        }

        logged[reason] = ngx_time();
    }

    ngx_log_error(level, r->connection->log, 0,
                  "jupref: unattributed, %s: %s",
                  ngx_http_jupref_reasons[reason].name, detail);
}
