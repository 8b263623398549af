/*
 * The zone's lock, and what lies where behind it.
 *
 * Places are offsets, told anew each time: a reload may move the ledger while
 * the zone isn't locked.
 */

#include "http/ngx_http_jupref.h"


void
ngx_http_jupref_lock(ngx_http_jupref_zone_t *zone)
{
    if (ngx_http_jupref_robust_lock(&zone->shared->lock)
        && zone->shared->appending)
    {
        zone->shared->appending = 0;
        ngx_http_jupref_ledger(zone)->booking = 1;

        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                      "jupref: a process died while it was booking: the "
                      "ledger isn't written any more%s",
                      zone->state.len ? ", reload nginx to have it recovered "
                                        "from its journal" : "");
    }
}


void
ngx_http_jupref_unlock(ngx_http_jupref_zone_t *zone)
{
    (void) pthread_mutex_unlock(&zone->shared->lock);
}


jupref_ledger_t *
ngx_http_jupref_ledger(ngx_http_jupref_zone_t *zone)
{
    return (jupref_ledger_t *) ((u_char *) zone->shared
                                + zone->shared->ledger_at);
}


jupref_clicks_t *
ngx_http_jupref_clicks(ngx_http_jupref_zone_t *zone)
{
    return (jupref_clicks_t *) ((u_char *) zone->shared
                                + zone->shared->clicks_at);
}


/* Behind the clicks, of the same size. */

jupref_clicks_t *
ngx_http_jupref_orders(ngx_http_jupref_zone_t *zone)
{
    jupref_clicks_t  *clicks;

    clicks = ngx_http_jupref_clicks(zone);

    return (jupref_clicks_t *) ((u_char *) clicks
                                + (jupref_clicks_size(clicks->capacity) + 63)
                                  / 64 * 64);
}


jupref_pending_t *
ngx_http_jupref_pending(ngx_http_jupref_zone_t *zone)
{
    return (jupref_pending_t *) ((u_char *) zone->shared
                                 + zone->shared->pending_at);
}


jupref_integrity_t *
ngx_http_jupref_integrity(ngx_http_jupref_zone_t *zone)
{
    return (jupref_integrity_t *) ((u_char *) zone->shared
                                   + zone->shared->integrity_at);
}


jupref_log_t *
ngx_http_jupref_journal(ngx_http_jupref_zone_t *zone)
{
    if (zone->shared->log_at == 0) {
        return NULL;
    }

    return (jupref_log_t *) ((u_char *) zone->shared + zone->shared->log_at);
}
