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


/* Executes of one order that are written ahead. */
#define NGX_HTTP_JUPREF_INTENTS  4


static void ngx_http_jupref_execution(ngx_http_jupref_execute_ctx_t *execute,
    jupref_execution_t *execution);
static jupref_ledger_result_e ngx_http_jupref_trade_append(
    ngx_http_jupref_zone_t *zone, jupref_execution_t *execution,
    jupref_attribution_mode_e mode, jupref_settlement_t *settlement,
    jupref_ledger_result_e *bound);
static void ngx_http_jupref_trade_result(ngx_http_request_t *r,
    jupref_ledger_result_e booked, jupref_ledger_result_e bound);


/*
 * Written ahead, and not waited for: should nginx end before it knows what
 * became of the trade, the trade is known all the same.
 */

void
ngx_http_jupref_trade_intend(ngx_http_request_t *r,
    ngx_http_jupref_execute_ctx_t *execute)
{
    jupref_order_t               *pending;
    jupref_event_t                event;
    jupref_execution_t            execution;
    jupref_ledger_result_e        result;
    ngx_http_jupref_zone_t       *zone;
    ngx_http_jupref_main_conf_t  *jmcf;

    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);
    zone = jmcf->zone;

    ngx_http_jupref_execution(execute, &execution);

    if (zone->shared->log_at == 0
        || !jupref_settle_intent(&execution, &execute->order, &event))
    {
        return;
    }

    ngx_http_jupref_lock(zone);

    pending = jupref_pending_find(ngx_http_jupref_pending(zone),
                                  &execute->request.request_id,
                                  ngx_http_jupref_now_ms());

    /* whoever sends an order again and again fills no journal */

    if (pending && pending->intents == NGX_HTTP_JUPREF_INTENTS) {
        ngx_http_jupref_unlock(zone);
        return;
    }

    if (pending) {
        pending->intents++;
    }

    result = ngx_http_jupref_append(zone, &event);
    ngx_http_jupref_unlock(zone);

    execute->intended = (result == JUPREF_LEDGER_OK
                         || result == JUPREF_LEDGER_NO_CHANGE);

    if (!execute->intended) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "jupref: trade.intent refused, %s: %s",
                      jupref_ledger_result_name(result),
                      jupref_ledger_result_text(result));
    }

    ngx_http_jupref_commit_soon(zone);
}


void
ngx_http_jupref_trade_book(ngx_http_request_t *r,
    ngx_http_jupref_execute_ctx_t *execute)
{
    jupref_order_t               *pending;
    jupref_event_t                closed;
    jupref_execution_t            execution;
    jupref_settlement_t           settlement;
    ngx_http_jupref_zone_t       *zone;
    jupref_ledger_result_e        booked, bound;
    ngx_http_jupref_main_conf_t  *jmcf;

    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);
    zone = jmcf->zone;

    ngx_http_jupref_execution(execute, &execution);

    booked = JUPREF_LEDGER_OK;
    bound = JUPREF_LEDGER_OK;

    ngx_http_jupref_lock(zone);

    pending = jupref_pending_find(ngx_http_jupref_pending(zone),
                                  &execute->request.request_id,
                                  ngx_http_jupref_now_ms());

    jupref_settle(&execution, pending, &settlement);

    if (settlement.frees) {
        jupref_pending_free(ngx_http_jupref_pending(zone),
                            &execute->request.request_id);
    }

    if (settlement.appends) {
        booked = ngx_http_jupref_trade_append(zone, &execution, execute->mode,
                                              &settlement, &bound);
        if (pending) {
            jupref_settled(pending, &settlement, booked);
        }

    }

    /* a trade that is told is on disk, also one that was sent again */

    if (settlement.appends || settlement.outcome == JUPREF_TRADE_EXECUTED) {
        execute->seq = ngx_http_jupref_seq(zone);
    }

    if (execute->intended
        && jupref_settle_closing(ngx_http_jupref_ledger(zone), &execution,
                                 &settlement, booked, &closed))
    {
        (void) ngx_http_jupref_append(zone, &closed);
    }

    ngx_http_jupref_unlock(zone);

    ngx_http_jupref_commit(zone);

    execute->outcome = settlement.outcome;
    execute->unbooked = (booked != JUPREF_LEDGER_OK
                         && booked != JUPREF_LEDGER_TRADE_EXISTS);

    if (settlement.unsigned_trade) {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_SIGNATURE_MISSING,
                                     "neither the answer nor the transaction "
                                     "tells its signature");
    }

    ngx_http_jupref_trade_result(r, booked, bound);
}


/*
 * Who is told "executed" finds the trade in the ledger; one that the ledger
 * didn't take isn't told as if it had.
 */

const char *
ngx_http_jupref_trade_told(ngx_http_jupref_execute_ctx_t *execute)
{
    return execute->unbooked ? "unbooked"
                             : jupref_trade_outcome_text(execute->outcome);
}


static void
ngx_http_jupref_execution(ngx_http_jupref_execute_ctx_t *execute,
    jupref_execution_t *execution)
{
    execution->order = &execute->order;
    execution->request = &execute->request;
    execution->answer = &execute->answer;
    execution->outcome = execute->outcome;
}


void
ngx_http_jupref_commit_counted(ngx_http_request_t *r,
    ngx_http_jupref_execute_ctx_t *execute, ngx_uint_t late)
{
    ngx_http_jupref_main_conf_t  *jmcf;

    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);

    (void) ngx_atomic_fetch_add(
               &jmcf->zone->shared->counters.commits[late ? 1 : 0], 1);

    if (late) {
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "jupref: late, an answer went out before event %uL of "
                      "its trade was on disk", execute->seq);
    }
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
        && jupref_settle_binding(ngx_http_jupref_ledger(zone), execution, mode,
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

    if (booked == JUPREF_LEDGER_LOG_STOPPED) {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_JOURNAL_STOPPED,
                                     jupref_ledger_result_text(booked));
        return;
    }

    if (booked == JUPREF_LEDGER_LOG_FULL) {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_JOURNAL_BEHIND,
                                     jupref_ledger_result_text(booked));
        return;
    }

    ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_LEDGER_REFUSED,
                                 jupref_ledger_result_text(booked));
}
