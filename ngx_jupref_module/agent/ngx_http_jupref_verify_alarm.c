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


void
ngx_http_jupref_verify_alarm(ngx_http_jupref_verify_t *verify,
    ngx_str_t *detail)
{
    verify->alarm_ms = ngx_http_jupref_steady_ms();

    ngx_http_jupref_incident(verify->zone, JUPREF_INCIDENT_NODES, 1, detail,
                             verify->log);
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
