/*
 * The operator's accounts as they were seen: where that lies, what states are
 * called, and incidents about them.
 */

#include "agent/ngx_http_jupref_accounts.h"


static const char *const  ngx_http_jupref_fee_states[
                                NGX_HTTP_JUPREF_FEE_STATES] = {
    "unseen",
    "no_mint",
    "missing",
    "open",
    "frozen",
    "foreign"
};


static const struct {
    const char  *name;
    const char  *text;
} ngx_http_jupref_referral_states[NGX_HTTP_JUPREF_REFERRAL_STATES] = {
    { "unseen", "it wasn't looked at yet" },
    { "good", "it is as it should be" },
    { "not_there", "there is no such account on this cluster" },
    { "not_one", "it is no referral account: make one on referral.jup.ag" },
    { "unreadable", "its bytes aren't those of a referral account" },
    { "other_project", "it isn't of Jupiter's Ultra project, so orders refuse "
      "it: make one there" },
    { "other_share", "the share that the program pays out isn't the one of "
      "your terms" }
};


ngx_http_jupref_accounts_t *
ngx_http_jupref_accounts(ngx_http_jupref_rpc_zone_t *zone)
{
    ngx_http_jupref_accounts_t  *accounts;

    if (zone == NULL || zone->shared == NULL) {
        return NULL;
    }

    ngx_http_jupref_rpc_lock(zone);

    accounts = zone->shared->accounts;

    if (accounts == NULL) {
        accounts = ngx_http_jupref_rpc_zone_alloc_locked(zone,
                                          sizeof(ngx_http_jupref_accounts_t));
        zone->shared->accounts = accounts;
    }

    ngx_http_jupref_rpc_unlock(zone);

    return accounts;
}


const char *
ngx_http_jupref_fee_state_name(ngx_uint_t state)
{
    return ngx_http_jupref_fee_states[state];
}


const char *
ngx_http_jupref_referral_state_name(ngx_uint_t state)
{
    return ngx_http_jupref_referral_states[state].name;
}


const char *
ngx_http_jupref_referral_state_text(ngx_uint_t state)
{
    return ngx_http_jupref_referral_states[state].text;
}


ngx_uint_t
ngx_http_jupref_share_is_short(ngx_http_jupref_rpc_zone_t *zone,
    ngx_uint_t partner_bps, ngx_uint_t *share)
{
    ngx_uint_t                        i, is_short;
    ngx_http_jupref_accounts_t       *seen;
    ngx_http_jupref_referral_seen_t  *referral;

    is_short = 0;
    seen = ngx_http_jupref_accounts(zone);

    if (seen == NULL) {
        return 0;
    }

    ngx_http_jupref_rpc_lock(zone);

    for (i = 0; i < seen->referral_count; i++) {
        referral = &seen->referrals[i];

        if (referral->configured
            && (referral->state == NGX_HTTP_JUPREF_REFERRAL_GOOD
                || referral->state == NGX_HTTP_JUPREF_REFERRAL_OTHER_SHARE)
            && referral->account.share_bps < partner_bps)
        {
            is_short = 1;
            *share = referral->account.share_bps;
        }
    }

    ngx_http_jupref_rpc_unlock(zone);

    return is_short;
}


const char *
ngx_http_jupref_unfinished_name(ngx_uint_t unfinished)
{
    static const char *const  names[NGX_HTTP_JUPREF_UNFINISHEDS] = {
        [NGX_HTTP_JUPREF_FINISHED] = "",
        [NGX_HTTP_JUPREF_UNFINISHED_SIGNATURES] = "signatures",
        [NGX_HTTP_JUPREF_UNFINISHED_TRANSACTIONS] = "transactions",
        [NGX_HTTP_JUPREF_UNFINISHED_NOT_SHOWN] = "not_shown",
        [NGX_HTTP_JUPREF_UNFINISHED_NOT_CONFIRMED] = "not_confirmed",
        [NGX_HTTP_JUPREF_UNFINISHED_NOT_BOOKED] = "not_booked",
        [NGX_HTTP_JUPREF_UNFINISHED_MEMORY] = "memory"
    };

    return names[unfinished];
}


void
ngx_http_jupref_incident(ngx_http_jupref_zone_t *zone,
    jupref_incident_kind_e kind, ngx_uint_t raise, ngx_str_t *detail,
    ngx_log_t *log)
{
    ngx_uint_t              level;
    jupref_event_t          event;
    jupref_ledger_t        *ledger;
    jupref_ledger_result_e  result;

    ngx_memzero(&event, sizeof(jupref_event_t));
    event.type = raise ? JUPREF_EVENT_INCIDENT_RAISED
                       : JUPREF_EVENT_INCIDENT_CLEARED;
    event.of.incident.kind = (uint8_t) kind;
    ngx_memcpy(event.of.incident.detail, detail->data,
               ngx_min(detail->len, JUPREF_REASON_MAX));

    ngx_http_jupref_lock(zone);

    ledger = ngx_http_jupref_ledger(zone);

    /* most often it is so already */

    if (raise ? (ledger->raised[kind].seq
                 && ledger->raised[kind].detail
                    == jupref_hash(event.of.incident.detail,
                                   JUPREF_REASON_MAX))
              : ledger->raised[kind].seq == 0)
    {
        ngx_http_jupref_unlock(zone);
        return;
    }

    result = ngx_http_jupref_append(zone, &event);

    ngx_http_jupref_unlock(zone);

    if (result != JUPREF_LEDGER_OK) {
        ngx_log_error(NGX_LOG_ERR, log, 0,
                      "jupref: %s %s refused, %s: %s",
                      jupref_event_name(event.type),
                      jupref_incident_name(kind),
                      jupref_ledger_result_name(result),
                      jupref_ledger_result_text(result));
        return;
    }

    ngx_http_jupref_commit_soon(zone);

    level = raise ? NGX_LOG_WARN : NGX_LOG_NOTICE;

    ngx_log_error(level, log, 0,
                  "jupref: incident %s is %s: %V", jupref_incident_name(kind),
                  raise ? "raised" : "over", detail);
}
