/*
 * GET …/order: attribute, price, rewrite the arguments, read the answer.
 *
 * The request's way: whose trade is it (once, also when a variable asks
 * first), what is it charged, which arguments go to Jupiter.  The answer's
 * way: it streams on untouched while a JSON reader takes what the ledger
 * needs; the pending order is kept before the last byte goes out, so that an
 * execute can't come before it.  Whatever fails here, the trade goes on.
 */

#include "http/ngx_http_jupref.h"


static void ngx_http_jupref_order_claim(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order, jupref_claim_t *claim);
static void ngx_http_jupref_order_cookie(ngx_http_request_t *r,
    ngx_http_jupref_attribution_t *attribution, jupref_claim_t *claim);
static void ngx_http_jupref_order_judge(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order, jupref_claim_t *claim);
static void ngx_http_jupref_order_arguments(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order);
static void ngx_http_jupref_order_answered(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order);
static void ngx_http_jupref_order_keep(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order, jupref_fee_verdict_e verdict);


ngx_int_t
ngx_http_jupref_order_handler(ngx_http_request_t *r)
{
    ngx_http_jupref_order_ctx_t  *order;

    order = ngx_http_jupref_order_attribute(r);

    if (order == NULL || order->rewritten) {
        return NGX_DECLINED;
    }

    order->rewritten = 1;

    if (order->priced || order->query.sets_fee) {
        ngx_http_jupref_order_arguments(r, order);
    }

    if (order->priced) {
        ngx_http_jupref_ask_identity(r);
    }

    return NGX_DECLINED;
}


/*
 * Asks the ledger whose order this is; done once a request.  NULL where the
 * location prices no orders, or memory is out.
 */

ngx_http_jupref_order_ctx_t *
ngx_http_jupref_order_attribute(ngx_http_request_t *r)
{
    jupref_claim_t                claim;
    jupref_query_result_e         result;
    ngx_http_jupref_ctx_t        *ctx;
    ngx_http_jupref_loc_conf_t   *jlcf;
    ngx_http_jupref_order_ctx_t  *order;

    jlcf = ngx_http_get_module_loc_conf(r, ngx_http_jupref_module);
    ctx = ngx_http_jupref_ctx_find(r);

    if (ctx && ctx->order) {
        return ctx->order;
    }

    if (!jlcf->order || r != r->main) {
        return NULL;
    }

    ctx = ngx_http_jupref_ctx(r);
    order = ngx_pcalloc(r->pool, sizeof(ngx_http_jupref_order_ctx_t));

    if (ctx == NULL || order == NULL) {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_NO_MEMORY,
                                     "no context for the order");
        return NULL;
    }

    ctx->order = order;
    order->referral_account = jlcf->referral_account;

    result = jupref_order_query_parse(&order->query,
                                      ngx_http_jupref_bytes(&r->args));

    if (r->method != NGX_HTTP_GET) {
        return order;
    }

    if (result != JUPREF_QUERY_OK) {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_BAD_ARGUMENTS,
                                     jupref_query_result_text(result));
        return order;
    }

    ngx_http_jupref_order_claim(r, order, &claim);
    ngx_http_jupref_order_judge(r, order, &claim);

    return order;
}


/* What the request says about who sent this trader. */

static void
ngx_http_jupref_order_claim(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order, jupref_claim_t *claim)
{
    ngx_table_elt_t                *h;
    ngx_http_jupref_loc_conf_t     *jlcf;
    ngx_http_jupref_attribution_t  *attribution;

    static ngx_str_t  name = ngx_string("jupref-code");

    jlcf = ngx_http_get_module_loc_conf(r, ngx_http_jupref_module);
    attribution = jlcf->attribution;

    ngx_memzero(claim, sizeof(jupref_claim_t));

    claim->mode = attribution->mode;
    claim->taker = order->query.taker;
    claim->has_taker = order->query.has_taker;

    if (order->query.code_len) {
        claim->asked_code.data = order->query.code;
        claim->asked_code.len = order->query.code_len;

    } else {
        h = ngx_http_jupref_find_header(r, &name, NULL);

        if (h) {
            claim->asked_code = ngx_http_jupref_bytes(&h->value);
        }
    }

    ngx_http_jupref_order_cookie(r, attribution, claim);
}


/* The first cookie of our name that is good. */

static void
ngx_http_jupref_order_cookie(ngx_http_request_t *r,
    ngx_http_jupref_attribution_t *attribution, jupref_claim_t *claim)
{
    u_char                       *p, *end, *semicolon, *equals;
    uint64_t                      now_ms;
    ngx_array_t                  *keys;
    jupref_bytes_t                value;
    ngx_table_elt_t              *h;
    jupref_cookie_result_e        result;
    ngx_http_jupref_main_conf_t  *jmcf;

    static ngx_str_t  name = ngx_string("cookie");

    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);

    if (jmcf->keyring == NULL) {
        return;
    }

    keys = &jmcf->keyring->cookie;
    now_ms = ngx_http_jupref_now_ms();

    for (h = ngx_http_jupref_find_header(r, &name, NULL);
         h;
         h = ngx_http_jupref_find_header(r, &name, h))
    {
        p = h->value.data;
        end = p + h->value.len;

        for ( /* void */ ; p < end; p = semicolon + 1) {

            while (p < end && *p == ' ') {
                p++;
            }

            semicolon = ngx_strlchr(p, end, ';');
            if (semicolon == NULL) {
                semicolon = end;
            }

            equals = ngx_strlchr(p, semicolon, '=');

            if (equals == NULL
                || (size_t) (equals - p) != attribution->cookie.len
                || ngx_memcmp(p, attribution->cookie.data,
                              attribution->cookie.len)
                   != 0)
            {
                continue;
            }

            value.data = equals + 1;
            value.len = (size_t) (semicolon - equals - 1);

            result = jupref_cookie_read(value, keys->elts,
                                        (unsigned) keys->nelts, now_ms,
                                        attribution->window_ms,
                                        &claim->cookie_code,
                                        &claim->cookie_ms);
            if (result == JUPREF_COOKIE_OK) {
                return;
            }

            ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                           "jupref: cookie refused: %d", (int) result);
        }
    }
}


static void
ngx_http_jupref_order_judge(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order, jupref_claim_t *claim)
{
    ngx_uint_t                    damaged;
    ngx_http_jupref_zone_t       *zone;
    ngx_http_jupref_main_conf_t  *jmcf;
    jupref_attribution_result_e   result;

    static const ngx_http_jupref_reason_e  reasons[] = {
        NGX_HTTP_JUPREF_REASONS,           /* attributed */
        NGX_HTTP_JUPREF_REASONS,           /* nobody sent this trader */
        NGX_HTTP_JUPREF_CODE_NOT_FOUND,
        NGX_HTTP_JUPREF_CODE_RETIRED,
        NGX_HTTP_JUPREF_REFERRER_SUSPENDED,
        NGX_HTTP_JUPREF_SELF_REFERRAL,
        NGX_HTTP_JUPREF_REFERRAL_CYCLE
    };

    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);
    zone = jmcf->zone;
    result = JUPREF_NO_REFERRAL;

    ngx_http_jupref_lock(zone);

    damaged = zone->shared->ledger->booking;

    if (!damaged) {
        result = jupref_attribute(zone->shared->ledger, claim,
                                  &order->attribution);
    }

    ngx_http_jupref_unlock(zone);

    if (damaged) {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_LEDGER_DAMAGED,
                             jupref_ledger_result_text(JUPREF_LEDGER_DAMAGED));
        return;
    }

    order->attributed = (result == JUPREF_ATTRIBUTED);
    order->terms = order->attributed ? &order->attribution.terms
                                     : jmcf->default_tier;
    order->charged_bps = jupref_charged_bps(order->terms);
    order->priced = 1;

    if (reasons[result] != NGX_HTTP_JUPREF_REASONS) {
        ngx_http_jupref_unattributed(r, reasons[result],
                                     jupref_attribution_name(result));
    }

    (void) ngx_atomic_fetch_add(
               &zone->shared->counters.orders[order->attributed], 1);
}


/*
 * What Jupiter gets to see.  proxy_pass without a URI part sends the request
 * line as it came unless it is told that it is no longer valid.
 */

static void
ngx_http_jupref_order_arguments(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order)
{
    u_char  *args;

    args = ngx_pnalloc(r->pool, r->args.len + JUPREF_QUERY_ADDED);

    if (args == NULL) {
        order->priced = 0;
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_NO_MEMORY,
                                     "no room for the arguments");
        return;
    }

    if (order->priced) {
        r->args.len = jupref_order_query_rewrite(args,
                          ngx_http_jupref_bytes(&r->args),
                          order->referral_account, order->charged_bps);

    } else {
        r->args.len = jupref_order_query_strip(args,
                          ngx_http_jupref_bytes(&r->args));
    }

    r->args.data = args;
    r->valid_unparsed_uri = 0;
}


/*
 * Tells the client how it was attributed, and makes the reader for what
 * follows.
 */

ngx_int_t
ngx_http_jupref_order_header(ngx_http_request_t *r, ngx_http_jupref_ctx_t *ctx)
{
    u_char                       *numbers;
    ngx_str_t                     value;
    ngx_http_jupref_order_ctx_t  *order;

    static ngx_str_t  code = ngx_string("Jupref-Code");
    static ngx_str_t  fee = ngx_string("Jupref-Fee-Bps");
    static ngx_str_t  discount = ngx_string("Jupref-Discount-Bps");

    order = ctx->order;

    if (!order->priced || order->capturing || !order->rewritten) {
        return NGX_OK;
    }

    numbers = ngx_pnalloc(r->pool, 2 * NGX_INT_T_LEN + JUPREF_CODE_MAX);
    if (numbers == NULL) {
        return NGX_ERROR;
    }

    if (order->attributed) {
        value.data = order->attribution.code.text;
        value.len = jupref_code_name_text(&order->attribution.code).len;

        if (ngx_http_jupref_add_header(r, &code, &value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    value.data = numbers;
    value.len = ngx_sprintf(numbers, "%ui", (ngx_uint_t) order->charged_bps)
                - numbers;

    if (ngx_http_jupref_add_header(r, &fee, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    value.data = numbers + value.len;
    value.len = ngx_sprintf(value.data, "%ui",
                            (ngx_uint_t) order->terms->fee_bps
                            - order->charged_bps)
                - value.data;

    if (ngx_http_jupref_add_header(r, &discount, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    if (r->headers_out.status != NGX_HTTP_OK || r->header_only) {
        return NGX_OK;
    }

    if (r->headers_out.content_encoding
        && r->headers_out.content_encoding->value.len)
    {
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

    if (order->answer == NULL || order->reader == NULL) {
        ngx_http_jupref_unattributed(r, NGX_HTTP_JUPREF_NO_MEMORY,
                                     "no reader for the order's answer");
        return NGX_OK;
    }

    order->capturing = 1;
    r->main_filter_need_in_memory = 1;

    return NGX_OK;
}


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

        if (b->last_buf) {
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
 * An order without a transaction or a requestId can't be executed: only its
 * fee's fate is counted.
 */

static void
ngx_http_jupref_order_keep(ngx_http_request_t *r,
    ngx_http_jupref_order_ctx_t *order, jupref_fee_verdict_e verdict)
{
    u_char                        mint[JUPREF_PUBKEY_TEXT];
    ngx_str_t                     text;
    ngx_uint_t                    first_drop, keep;
    jupref_order_t                pending;
    ngx_http_jupref_zone_t       *zone;
    jupref_order_answer_t        *answer;
    ngx_http_jupref_main_conf_t  *jmcf;

    answer = order->answer;
    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);
    zone = jmcf->zone;

    keep = (answer->transaction == JUPREF_TRANSACTION_OK
            && answer->request_id.len);

    ngx_memzero(&pending, sizeof(jupref_order_t));
    pending.request_id = answer->request_id;
    ngx_memcpy(pending.message_hash, answer->message_hash,
               JUPREF_SHA256_SIZE);
    pending.taker = order->query.has_taker ? order->query.taker
                                           : answer->taker;
    pending.input_mint = order->query.input_mint;
    pending.output_mint = order->query.output_mint;
    pending.fee_mint = answer->fee_mint;
    pending.code = order->attribution.code;
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

    ngx_http_jupref_lock(zone);

    first_drop = jupref_integrity_count(zone->shared->integrity,
                                        &answer->fee_mint,
                                        order->referral_account, verdict,
                                        pending.time_ms);
    if (keep) {
        jupref_pending_put(zone->shared->pending, &pending);
    }

    ngx_http_jupref_unlock(zone);

    if (keep) {
        (void) ngx_atomic_fetch_add(&zone->shared->counters.pending_orders, 1);
    }

    if (first_drop) {
        text.data = mint;
        text.len = jupref_pubkey_format(mint, &answer->fee_mint);

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "jupref: fee integrity: Jupiter dropped the fee in mint "
                      "%V, the referral account probably has no token account "
                      "for it", &text);
    }
}
