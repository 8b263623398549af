/*
 * When the nodes that prove trades can't be relied on, an incident says so
 * (see the header).
 */

#include "agent/ngx_http_jupref_verify.h"

#include "agent/ngx_http_jupref_accounts.h"


/* A node that has lied is asked again after a minute, so one that keeps lying
 * keeps the incident raised. */
#define NGX_HTTP_JUPREF_QUIET_MS  120000
#define NGX_HTTP_JUPREF_FEW_MS    60000
#define NGX_HTTP_JUPREF_WATCH_MS  5000


static ngx_uint_t ngx_http_jupref_verify_alarmed(
    ngx_http_jupref_verify_t *verify, const jupref_signature_t *signature);


void
ngx_http_jupref_verify_alarm(ngx_http_jupref_verify_t *verify,
    ngx_str_t *detail)
{
    verify->alarm_ms = ngx_http_jupref_steady_ms();

    ngx_http_jupref_incident(verify->zone, JUPREF_INCIDENT_NODES, 1, detail,
                             verify->log);
}


void
ngx_http_jupref_verify_alarm_of(ngx_http_jupref_verify_t *verify,
    const jupref_trade_row_t *trade, jupref_reason_e reason)
{
    ngx_str_t  detail;

    /* that it was ruled so is in the ledger, also for the next process; what
     * is found of one that was ruled for another reason is in no log */

    if (trade->state == JUPREF_STATE_UNPROVED
        && (trade->reason == reason
            || ngx_http_jupref_verify_alarmed(verify, &trade->signature)))
    {
        return;
    }

    detail.data = (u_char *) jupref_reason_name(reason);
    detail.len = ngx_strlen(detail.data);

    ngx_http_jupref_verify_alarm(verify, &detail);
}


/* 1 when it was before; from now on it was. */

static ngx_uint_t
ngx_http_jupref_verify_alarmed(ngx_http_jupref_verify_t *verify,
    const jupref_signature_t *signature)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_JUPREF_ALARMED; i++) {
        if (ngx_memcmp(verify->alarmed[i].bytes, signature->bytes,
                       JUPREF_SIGNATURE_SIZE) == 0)
        {
            return 1;
        }
    }

    verify->alarmed[verify->alarmed_at] = *signature;
    verify->alarmed_at = (verify->alarmed_at + 1) % NGX_HTTP_JUPREF_ALARMED;

    return 0;
}


void
ngx_http_jupref_verify_watch(ngx_http_jupref_verify_t *verify)
{
    uint64_t    now_ms;
    ngx_uint_t  healthy;
    ngx_str_t   few = ngx_string("too_few_healthy_nodes");
    ngx_str_t   over = ngx_string("nodes agree again");

    now_ms = verify->steady_ms;

    if (now_ms < verify->watched_ms + NGX_HTTP_JUPREF_WATCH_MS) {
        return;
    }

    verify->watched_ms = now_ms;
    healthy = (ngx_uint_t) __builtin_popcountll(verify->trust.trusted);

    if (healthy >= (ngx_uint_t) verify->conf->witnesses) {
        verify->enough_ms = now_ms;

        if (now_ms > verify->alarm_ms + NGX_HTTP_JUPREF_QUIET_MS) {
            ngx_http_jupref_incident(verify->zone, JUPREF_INCIDENT_NODES, 0,
                                     &over, verify->log);
        }

    } else if (!verify->conf->few
               && now_ms > verify->enough_ms + NGX_HTTP_JUPREF_FEW_MS)
    {
        ngx_http_jupref_incident(verify->zone, JUPREF_INCIDENT_NODES, 1, &few,
                                 verify->log);
    }
}
