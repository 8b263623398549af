/*
 * A transaction that a client sends itself may be an order's: front ends that
 * land their swaps past execute are attributed all the same.
 *
 * It is tied to the order by the hash of its message, and by the taker's own
 * signature, which only the taker can make.  From there on it is booked like
 * an execute whose outcome isn't known: written ahead, then kept as unknown
 * until the chain proves it.  Whatever goes wrong here, the send goes on.
 */

#include "http/ngx_http_jupref_rpc_send.h"


static ngx_int_t ngx_http_jupref_rpc_trade_find(
    ngx_http_jupref_rpc_send_t *send, ngx_http_jupref_zone_t *zone,
    jupref_order_t *order);


void
ngx_http_jupref_rpc_trade_intend(ngx_http_jupref_rpc_send_t *send)
{
    jupref_order_t                  order;
    ngx_http_request_t             *r;
    ngx_http_jupref_loc_conf_t     *jlcf;
    ngx_http_jupref_main_conf_t    *jmcf;
    ngx_http_jupref_execute_ctx_t  *trade;

    r = send->member->rpc->request;
    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);

    if (jmcf->zone == NULL
        || ngx_http_jupref_rpc_trade_find(send, jmcf->zone, &order) != NGX_OK)
    {
        return;
    }

    trade = ngx_pcalloc(r->pool, sizeof(ngx_http_jupref_execute_ctx_t));

    if (trade == NULL) {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_NO_MEMORY,
                                     "no memory for a send that is an "
                                     "order's");
        return;
    }

    jlcf = ngx_http_get_module_loc_conf(r, ngx_http_jupref_module);

    trade->order = order;
    trade->matched = 1;
    trade->mode = jlcf->attribution->mode;
    trade->outcome = JUPREF_TRADE_UNKNOWN;
    trade->request.request_id = order.request_id;
    trade->request.signature = send->send.signature;

    send->trade = trade;

    ngx_http_jupref_trade_intend(r, trade);
}


/* The signature is only looked at when there is an order, it takes a while;
 * one that is booked already has nothing more to be booked. */

static ngx_int_t
ngx_http_jupref_rpc_trade_find(ngx_http_jupref_rpc_send_t *send,
    ngx_http_jupref_zone_t *zone, jupref_order_t *order)
{
    jupref_order_t  *pending;

    ngx_http_jupref_lock(zone);

    pending = jupref_pending_find_message(ngx_http_jupref_pending(zone),
                                          send->send.message_hash,
                                          ngx_http_jupref_now_ms());
    if (pending) {
        *order = *pending;
    }

    ngx_http_jupref_unlock(zone);

    if (pending == NULL || order->executed || order->unknown) {
        return NGX_DECLINED;
    }

    return jupref_transaction_signed_by(&send->send.transaction, &order->taker)
           ? NGX_OK : NGX_DECLINED;
}


/* Once a send: nodes have it, or may have it; or all of them refused it. */

void
ngx_http_jupref_rpc_trade_sent(ngx_http_jupref_rpc_send_t *send,
    ngx_uint_t refused)
{
    ngx_http_request_t             *r;
    ngx_http_jupref_gateway_t      *gateway;
    ngx_http_jupref_execute_ctx_t  *trade;

    trade = send->trade;

    if (trade == NULL) {
        return;
    }

    send->trade = NULL;
    r = send->member->rpc->request;

    if (refused) {
        trade->outcome = JUPREF_TRADE_REFUSED;
    }

    ngx_http_jupref_trade_book(r, trade);

    if (!refused) {
        gateway = send->conf->zone->shared->gateway;
        (void) ngx_atomic_fetch_add(&gateway->counters.tied, 1);
    }
}
