/*
 * What an execute's outcome does to the ledger: settled by the pure room,
 * appended here.
 *
 * A booked trade binds its wallet; both events are appended under one lock,
 * so no reader sees one without the other.  Booking can be refused (a full
 * table, a signature that is booked already): the trade is what it is, only
 * our account of it says so in log and metrics.
 */

#include "http/ngx_http_jupref.h"

#include "ledger/jupref_settle.h"


static jupref_ledger_result_e ngx_http_jupref_trade_append(
    ngx_http_jupref_zone_t *zone, jupref_execution_t *execution,
    jupref_attribution_mode_e mode, jupref_settlement_t *settlement,
    jupref_ledger_result_e *bound);
static void ngx_http_jupref_trade_result(ngx_http_request_t *r,
    jupref_ledger_result_e booked, jupref_ledger_result_e bound);


void
ngx_http_jupref_trade_book(ngx_http_request_t *r,
    ngx_http_jupref_execute_ctx_t *execute)
{
    jupref_order_t               *pending;
    jupref_execution_t            execution;
    jupref_settlement_t           settlement;
    ngx_http_jupref_zone_t       *zone;
    jupref_ledger_result_e        booked, bound;
    ngx_http_jupref_main_conf_t  *jmcf;

    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);
    zone = jmcf->zone;

    execution.order = &execute->order;
    execution.request = &execute->request;
    execution.answer = &execute->answer;
    execution.outcome = execute->outcome;

    booked = JUPREF_LEDGER_OK;
    bound = JUPREF_LEDGER_OK;

    ngx_http_jupref_lock(zone);

    pending = jupref_pending_find(zone->shared->pending,
                                  &execute->request.request_id,
                                  ngx_http_jupref_now_ms());

    jupref_settle(&execution, pending, &settlement);

    if (settlement.frees) {
        jupref_pending_free(zone->shared->pending,
                            &execute->request.request_id);
    }

    if (settlement.appends) {
        booked = ngx_http_jupref_trade_append(zone, &execution, execute->mode,
                                              &settlement, &bound);
        if (pending) {
            jupref_settled(pending, &settlement, booked);
        }
    }

    ngx_http_jupref_unlock(zone);

    execute->outcome = settlement.outcome;

    if (settlement.unsigned_trade) {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_SIGNATURE_MISSING,
                                     "neither the answer nor the transaction "
                                     "tells its signature");
    }

    ngx_http_jupref_trade_result(r, booked, bound);
}


static jupref_ledger_result_e
ngx_http_jupref_trade_append(ngx_http_jupref_zone_t *zone,
    jupref_execution_t *execution, jupref_attribution_mode_e mode,
    jupref_settlement_t *settlement, jupref_ledger_result_e *bound)
{
    jupref_event_t          event;
    jupref_ledger_result_e  result;

    result = ngx_http_jupref_append(zone, &settlement->event);

    if (result == JUPREF_LEDGER_OK
        && settlement->outcome == JUPREF_TRADE_EXECUTED
        && jupref_settle_binding(zone->shared->ledger, execution, mode,
                                 &event))
    {
        *bound = ngx_http_jupref_append(zone, &event);
    }

    return result;
}


static void
ngx_http_jupref_trade_result(ngx_http_request_t *r,
    jupref_ledger_result_e booked, jupref_ledger_result_e bound)
{
    /* a code retired since the order still earns on it, but binds no more */

    if (bound != JUPREF_LEDGER_OK && bound != JUPREF_LEDGER_CODE_RETIRED) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "jupref: wallet.bound refused, %s: %s",
                      jupref_ledger_result_name(bound),
                      jupref_ledger_result_text(bound));
    }

    if (booked == JUPREF_LEDGER_OK) {
        return;
    }

    if (booked == JUPREF_LEDGER_TRADE_EXISTS) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "jupref: %s", jupref_ledger_result_text(booked));
        return;
    }

    ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_LEDGER_REFUSED,
                                 jupref_ledger_result_text(booked));
}
