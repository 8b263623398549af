/*
 * What an execute's outcome does to the ledger.
 *
 * An executed trade binds its wallet, then is booked; both events are
 * appended under one lock, so no reader sees one without the other.  Booking
 * can be refused (a full table, a signature that is booked already): the
 * trade is what it is, only our account of it says so in log and metrics.
 */

#include "http/ngx_http_jupref.h"


static ngx_int_t ngx_http_jupref_trade_event(
    ngx_http_jupref_execute_ctx_t *execute, jupref_event_t *event);
static jupref_ledger_result_e ngx_http_jupref_trade_append(
    ngx_http_request_t *r, ngx_http_jupref_zone_t *zone,
    ngx_http_jupref_execute_ctx_t *execute, jupref_event_t *event);
static void ngx_http_jupref_trade_bind(ngx_http_request_t *r,
    ngx_http_jupref_zone_t *zone, ngx_http_jupref_execute_ctx_t *execute);
static void ngx_http_jupref_trade_result(ngx_http_request_t *r,
    jupref_ledger_result_e result);


void
ngx_http_jupref_trade_book(ngx_http_request_t *r,
    ngx_http_jupref_execute_ctx_t *execute)
{
    ngx_int_t                     signature;
    jupref_event_t                event;
    jupref_order_t               *pending;
    ngx_http_jupref_zone_t       *zone;
    jupref_ledger_result_e        result;
    ngx_http_jupref_main_conf_t  *jmcf;

    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);
    zone = jmcf->zone;

    signature = ngx_http_jupref_trade_event(execute, &event);
    result = JUPREF_LEDGER_OK;

    ngx_http_jupref_lock(zone);

    pending = jupref_pending_find(zone->shared->pending,
                                  &execute->request.request_id,
                                  ngx_http_jupref_now_ms());

    if (pending && pending->executed) {

        /* sent again: it is booked, whatever this answer says */

        signature = NGX_OK;
        execute->outcome = JUPREF_TRADE_EXECUTED;

    } else if (execute->outcome == JUPREF_TRADE_REFUSED) {
        signature = NGX_OK;

    } else if (execute->outcome == JUPREF_TRADE_FAILED) {
        signature = NGX_OK;
        jupref_pending_free(zone->shared->pending,
                            &execute->request.request_id);

    } else if (signature == NGX_OK) {
        result = ngx_http_jupref_trade_append(r, zone, execute, &event);

        if (pending && execute->outcome == JUPREF_TRADE_EXECUTED
            && (result == JUPREF_LEDGER_OK
                || result == JUPREF_LEDGER_TRADE_EXISTS))
        {
            pending->executed = 1;
        }
    }

    ngx_http_jupref_unlock(zone);

    if (signature != NGX_OK) {
        execute->outcome = JUPREF_TRADE_UNKNOWN;
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_SIGNATURE_MISSING,
                                     "neither the answer nor the transaction "
                                     "tells its signature");
        return;
    }

    ngx_http_jupref_trade_result(r, result);
}


/* NGX_DECLINED when nothing tells the trade's signature. */

static ngx_int_t
ngx_http_jupref_trade_event(ngx_http_jupref_execute_ctx_t *execute,
    jupref_event_t *event)
{
    jupref_order_t           *order;
    jupref_trade_t           *trade;
    jupref_execute_answer_t  *answer;

    order = &execute->order;
    answer = &execute->answer;

    ngx_memzero(event, sizeof(jupref_event_t));
    trade = &event->of.trade;

    /* Jupiter's word first: where a maker signs before the taker only Jupiter
     * knows the first signature */

    trade->signature = jupref_signature_is_zero(&answer->signature)
                       ? execute->request.signature : answer->signature;

    if (jupref_signature_is_zero(&trade->signature)) {
        return NGX_DECLINED;
    }

    trade->request_id = order->request_id;
    trade->taker = order->taker;
    trade->code = order->code;
    trade->terms = order->terms;
    trade->input_mint = order->input_mint;
    trade->output_mint = order->output_mint;
    trade->fee_mint = order->fee_mint;
    trade->in_amount = order->in_amount;
    trade->out_amount = order->out_amount;
    trade->volume_micro_usd = order->volume_micro_usd;
    trade->last_valid_block_height = order->last_valid_block_height;
    trade->granted_bps = order->granted_bps;
    ngx_memcpy(trade->message_hash, order->message_hash, JUPREF_SHA256_SIZE);
    ngx_memcpy(trade->router, order->router, JUPREF_ROUTER_MAX);

    if (execute->outcome != JUPREF_TRADE_EXECUTED) {
        event->type = JUPREF_EVENT_TRADE_UNKNOWN;
        return NGX_OK;
    }

    event->type = JUPREF_EVENT_TRADE_EXECUTED;
    trade->slot = answer->slot;
    trade->fee = jupref_estimate_fee(&order->input_mint, &order->output_mint,
                                     &order->fee_mint, order->in_amount,
                                     order->out_amount, order->granted_bps,
                                     answer);

    if (answer->has_total_input) {
        trade->in_amount = answer->total_input;
    }

    if (answer->has_total_output) {
        trade->out_amount = answer->total_output;
    }

    return NGX_OK;
}


static jupref_ledger_result_e
ngx_http_jupref_trade_append(ngx_http_request_t *r,
    ngx_http_jupref_zone_t *zone, ngx_http_jupref_execute_ctx_t *execute,
    jupref_event_t *event)
{
    if (execute->outcome == JUPREF_TRADE_EXECUTED) {
        ngx_http_jupref_trade_bind(r, zone, execute);
    }

    return ngx_http_jupref_append(zone, event);
}


static void
ngx_http_jupref_trade_bind(ngx_http_request_t *r, ngx_http_jupref_zone_t *zone,
    ngx_http_jupref_execute_ctx_t *execute)
{
    jupref_event_t          event;
    jupref_ledger_result_e  result;

    if (execute->order.code.key[0] == 0
        || zone->shared->ledger->booking
        || !jupref_wants_binding(zone->shared->ledger, &execute->order.taker,
                                 &execute->order.code, execute->mode))
    {
        return;
    }

    ngx_memzero(&event, sizeof(jupref_event_t));
    event.type = JUPREF_EVENT_WALLET_BOUND;
    event.of.wallet_bound.wallet = execute->order.taker;
    event.of.wallet_bound.code = execute->order.code;

    result = ngx_http_jupref_append(zone, &event);

    /* a code retired since the order still earns on it, but binds no more */

    if (result != JUPREF_LEDGER_OK && result != JUPREF_LEDGER_CODE_RETIRED) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "jupref: wallet.bound refused, %s: %s",
                      jupref_ledger_result_name(result),
                      jupref_ledger_result_text(result));
    }
}


static void
ngx_http_jupref_trade_result(ngx_http_request_t *r,
    jupref_ledger_result_e result)
{
    if (result == JUPREF_LEDGER_OK) {
        return;
    }

    if (result == JUPREF_LEDGER_TRADE_EXISTS) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "jupref: %s", jupref_ledger_result_text(result));
        return;
    }

    ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_LEDGER_REFUSED,
                                 jupref_ledger_result_text(result));
}
