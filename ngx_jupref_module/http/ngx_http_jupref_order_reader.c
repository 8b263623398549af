/*
 * GET …/order, the answer's way: it streams on untouched while a JSON reader
 * takes what the ledger needs.
 *
 * The pending order is kept before the last byte goes out, so that an execute
 * can't come before it.  Whatever fails here, the answer goes on.
 */

#include "http/ngx_http_jupref.h"


static ngx_int_t ngx_http_jupref_order_tell(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order);
static void ngx_http_jupref_order_answered(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order);
static void ngx_http_jupref_order_keep(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order, jupref_fee_verdict_e verdict);


ngx_int_t
ngx_http_jupref_order_header(ngx_http_request_t *r, ngx_http_jupref_ctx_t *ctx)
{
    ngx_http_jupref_order_ctx_t  *order;

    order = ctx->order;

    if (!order->priced || !order->rewritten || order->capturing) {
        return NGX_OK;
    }

    /* a page of nginx's own, a 403 of `deny`, isn't about the order */

    if (r->upstream == NULL && r->headers_out.status != NGX_HTTP_OK) {
        return NGX_OK;
    }

    if (ngx_http_jupref_order_tell(r, order) != NGX_OK) {
        return NGX_ERROR;
    }

    if (r->headers_out.status != NGX_HTTP_OK || r->header_only) {
        return NGX_OK;
    }

    if (ngx_http_jupref_is_encoded(r)) {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_ANSWER_ENCODED,
                                     "Jupiter compressed an order that we "
                                     "asked for as it is");
        return NGX_OK;
    }

    order->answer = ngx_pcalloc(r->pool, sizeof(jupref_order_answer_t));

    if (order->answer) {
        order->reader = jupref_json_reader_create(&jupref_order_answer_schema,
                                                  &ctx->memory, order->answer);
    }

    if (order->reader == NULL) {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_NO_MEMORY,
                                     "no reader for the order's answer");
        return NGX_OK;
    }

    /* a range would be cut out before we read */

    order->capturing = 1;
    r->main_filter_need_in_memory = 1;
    r->allow_ranges = 0;
    r->single_range = 0;

    return NGX_OK;
}


/* Tells the client how it was attributed. */

static ngx_int_t
ngx_http_jupref_order_tell(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order)
{
    u_char     *number;
    ngx_str_t   value;

    static ngx_str_t  code = ngx_string("Jupref-Code");
    static ngx_str_t  fee = ngx_string("Jupref-Fee-Bps");
    static ngx_str_t  discount = ngx_string("Jupref-Discount-Bps");

    if (order->attributed) {
        value.data = order->attribution.code.text;
        value.len = jupref_code_name_text(&order->attribution.code).len;

        if (ngx_http_jupref_add_header(r, &code, &value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    number = ngx_pnalloc(r->pool, 2 * NGX_INT_T_LEN);
    if (number == NULL) {
        return NGX_ERROR;
    }

    value.data = number;
    value.len = (size_t) (ngx_sprintf(number, "%ui",
                                      (ngx_uint_t) order->charged_bps)
                          - number);

    if (ngx_http_jupref_add_header(r, &fee, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    value.data = number + NGX_INT_T_LEN;
    value.len = (size_t) (ngx_sprintf(value.data, "%ui",
                                      (ngx_uint_t) order->terms->fee_bps
                                      - order->charged_bps)
                          - value.data);

    return ngx_http_jupref_add_header(r, &discount, &value);
}


/*
 * The order is kept before its last byte goes on: nginx tells of the end after
 * that, and by then a client may have sent the execute, to another worker.
 */

void
ngx_http_jupref_order_body(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order, ngx_chain_t *in)
{
    ngx_buf_t       *b;
    jupref_bytes_t   piece;

    for ( /* void */ ; in && order->reader; in = in->next) {
        b = in->buf;

        if (ngx_buf_in_memory(b) && b->last > b->pos) {
            piece.data = b->pos;
            piece.len = (size_t) (b->last - b->pos);

            (void) jupref_json_reader_feed(order->reader, piece);
        }

        if (b->last_buf || jupref_json_reader_is_whole(order->reader)) {
            ngx_http_jupref_order_answered(r, order);
        }
    }
}


static void
ngx_http_jupref_order_answered(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order)
{
    jupref_fee_verdict_e          verdict;
    jupref_order_answer_t        *answer;
    jupref_json_result_e          result;
    ngx_http_jupref_zone_t       *zone;
    ngx_http_jupref_main_conf_t  *jmcf;

    answer = order->answer;

    result = jupref_json_reader_finish(order->reader);
    jupref_json_reader_free(order->reader);
    order->reader = NULL;

    if (result != JUPREF_JSON_OK) {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_ANSWER_UNREADABLE,
                                     jupref_json_result_text(result));
        return;
    }

    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);
    zone = jmcf->zone;

    verdict = jupref_fee_verdict(answer, order->referral_account,
                                 order->charged_bps);

    (void) ngx_atomic_fetch_add(&zone->shared->counters.verdicts[verdict], 1);

    ngx_http_jupref_order_keep(r, order, verdict);

    if (answer->transaction != JUPREF_TRANSACTION_OK
        && answer->transaction != JUPREF_TRANSACTION_EMPTY)
    {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_TRANSACTION_UNREADABLE,
                            jupref_transaction_result_text(
                                answer->transaction));
    }
}


/*
 * An order without a transaction, a taker or a requestId can't be executed:
 * only its fee's fate is counted.
 */

static void
ngx_http_jupref_order_keep(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order, jupref_fee_verdict_e verdict)
{
    u_char                        mint[JUPREF_PUBKEY_TEXT];
    ngx_str_t                     text;
    ngx_uint_t                    first_drop, keep;
    uint32_t                      code;
    jupref_order_t                pending;
    jupref_clicks_t              *orders;
    ngx_http_jupref_zone_t       *zone;
    jupref_order_answer_t        *answer;
    ngx_http_jupref_main_conf_t  *jmcf;

    answer = order->answer;
    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);
    zone = jmcf->zone;

    keep = (answer->transaction == JUPREF_TRANSACTION_OK
            && answer->request_id.len && order->query.has_taker);

    ngx_memzero(&pending, sizeof(jupref_order_t));
    pending.request_id = answer->request_id;
    ngx_memcpy(pending.message_hash, answer->message_hash,
               JUPREF_SHA256_SIZE);
    pending.taker = order->query.taker;
    pending.input_mint = order->query.input_mint;
    pending.output_mint = order->query.output_mint;
    pending.fee_mint = answer->fee_mint;
    pending.code = order->attribution.code;
    pending.referrer = order->attribution.referrer;
    pending.terms = *order->terms;
    ngx_memcpy(pending.router, answer->router, JUPREF_ROUTER_MAX);
    pending.in_amount = answer->in_amount ? answer->in_amount
                                          : order->query.amount;
    pending.out_amount = answer->out_amount;
    pending.volume_micro_usd = answer->volume_micro_usd;
    pending.last_valid_block_height = answer->last_valid_block_height;
    pending.time_ms = ngx_http_jupref_now_ms();
    pending.granted_bps = (verdict == JUPREF_FEE_DROPPED)
                          ? 0 : (uint16_t) order->charged_bps;
    pending.confirmed = (verdict == JUPREF_FEE_GRANTED);

    ngx_http_jupref_lock(zone);

    first_drop = jupref_integrity_count(ngx_http_jupref_integrity(zone),
                                        &answer->fee_mint,
                                        order->referral_account, verdict,
                                        pending.time_ms);
    if (keep) {
        jupref_pending_put(ngx_http_jupref_pending(zone), &pending);
    }

    orders = ngx_http_jupref_orders(zone);
    code = pending.code.key[0]
           ? jupref_find_code(ngx_http_jupref_ledger(zone), &pending.code) : 0;

    jupref_clicks_count(orders, code ? code : jupref_clicks_no_code(orders));

    ngx_http_jupref_unlock(zone);

    if (keep) {
        (void) ngx_atomic_fetch_add(&zone->shared->counters.pending_orders, 1);
    }

    if (first_drop && !jupref_pubkey_is_zero(&answer->fee_mint)) {
        text.data = mint;
        text.len = jupref_pubkey_format(mint, &answer->fee_mint);

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "jupref: fee integrity: Jupiter dropped the fee in mint "
                      "%V, the referral account probably has no token account "
                      "for it", &text);
    }
}
