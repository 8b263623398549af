/*
 * Lists: the leaderboard, and recent trades by cursor.
 *
 * A cursor is opaque: index and mark of the last row shown, in hex, behind a
 * version letter, so that pages neither skip nor repeat while new trades
 * arrive and settled ones leave.
 */

#include "http/ngx_http_jupref_api.h"


#define NGX_HTTP_JUPREF_TRADE_ROOM   1536       /* bytes of a trade's JSON */
#define NGX_HTTP_JUPREF_LEADER_ROOM  256
#define NGX_HTTP_JUPREF_LIST_ROOM    1024

#define NGX_HTTP_JUPREF_CURSOR_LEN   25         /* "t" and 24 hex digits */


static ngx_http_jupref_problem_e ngx_http_jupref_read_cursor(
    ngx_http_jupref_api_t *api, jupref_cursor_t *cursor);
static ngx_http_jupref_problem_e ngx_http_jupref_bad_cursor(
    ngx_http_jupref_api_t *api);
static ngx_int_t ngx_http_jupref_next_page(ngx_http_jupref_api_t *api,
    ngx_uint_t limit, ngx_str_t *cursor);
static void ngx_http_jupref_write_trade(jupref_json_writer_t *json,
    const jupref_trade_view_t *trade);
static void ngx_http_jupref_write_taker(jupref_json_writer_t *json,
    const jupref_pubkey_t *taker);
static void ngx_http_jupref_write_text(jupref_json_writer_t *json,
    const char *name, const uint8_t *bytes, size_t len);


ngx_http_jupref_problem_e
ngx_http_jupref_get_leaderboard(ngx_http_jupref_api_t *api)
{
    unsigned                    i, count;
    ngx_str_t                   text;
    ngx_uint_t                  ranking, limit;
    jupref_json_writer_t       *json;
    jupref_leader_view_t       *leaders;
    ngx_http_jupref_problem_e   problem;

    static const char *const  names[JUPREF_RANKINGS] = {
        "volume", "trades", "earned"
    };

    problem = ngx_http_jupref_api_limit(api, &limit);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    problem = ngx_http_jupref_api_argument(api, "by", &text);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    ranking = JUPREF_BY_VOLUME;

    if (text.len) {
        for (ranking = 0; ranking < JUPREF_RANKINGS; ranking++) {
            if (text.len == ngx_strlen(names[ranking])
                && ngx_strncmp(text.data, names[ranking], text.len) == 0)
            {
                break;
            }
        }
    }

    if (ranking == JUPREF_RANKINGS) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_ARGUMENT,
                   "by must be \"volume\", \"trades\" or \"earned\"");
    }

    leaders = ngx_http_jupref_api_view(api,
                                       limit * sizeof(jupref_leader_view_t));

    if (leaders == NULL
        || ngx_http_jupref_api_room(api, NGX_HTTP_JUPREF_LIST_ROOM
                                    + limit * NGX_HTTP_JUPREF_LEADER_ROOM)
           != NGX_OK)
    {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    ngx_http_jupref_lock(api->zone);

    ngx_http_jupref_api_head(api);
    count = jupref_view_leaders(ngx_http_jupref_ledger(api->zone), ranking,
                                (unsigned) limit, leaders);

    ngx_http_jupref_unlock(api->zone);

    json = &api->json;

    jupref_json_object(json, NULL);
    jupref_json_cstring(json, "by", names[ranking]);
    jupref_json_array(json, "data");

    for (i = 0; i < count; i++) {
        jupref_json_object(json, NULL);
        jupref_json_number(json, "rank", i + 1);
        ngx_http_jupref_write_text(json, "wallet", leaders[i].wallet.bytes,
                                   leaders[i].wallet.len);
        jupref_json_micro(json, "volumeUsd", leaders[i].volume_micro_usd);
        jupref_json_number(json, "trades", leaders[i].trades);
        jupref_json_micro(json, "earnedUsd", leaders[i].earned_micro_usd);
        jupref_json_object_end(json);
    }

    jupref_json_array_end(json);
    jupref_json_object_end(json);

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


ngx_http_jupref_problem_e
ngx_http_jupref_get_trades(ngx_http_jupref_api_t *api)
{
    u_char                      text[NGX_HTTP_JUPREF_CURSOR_LEN];
    unsigned                    i, count, more;
    ngx_str_t                   cursor;
    ngx_uint_t                  limit;
    jupref_cursor_t             at;
    jupref_json_writer_t       *json;
    jupref_trade_view_t        *trades;
    ngx_http_jupref_problem_e   problem;

    problem = ngx_http_jupref_api_limit(api, &limit);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    problem = ngx_http_jupref_read_cursor(api, &at);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    trades = ngx_http_jupref_api_view(api, limit * sizeof(jupref_trade_view_t));

    if (trades == NULL
        || ngx_http_jupref_api_room(api, NGX_HTTP_JUPREF_LIST_ROOM
                                    + limit * NGX_HTTP_JUPREF_TRADE_ROOM)
           != NGX_OK)
    {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    ngx_http_jupref_lock(api->zone);

    ngx_http_jupref_api_head(api);
    count = jupref_view_trades(ngx_http_jupref_ledger(api->zone), 0, &at,
                               (unsigned) limit, trades);

    ngx_http_jupref_unlock(api->zone);

    if (count == JUPREF_VIEW_GONE) {
        return ngx_http_jupref_bad_cursor(api);
    }

    json = &api->json;
    more = (at.index != 0);

    jupref_json_object(json, NULL);
    jupref_json_array(json, "data");

    for (i = 0; i < count; i++) {
        ngx_http_jupref_write_trade(json, &trades[i]);
    }

    jupref_json_array_end(json);

    if (more) {
        cursor.data = text;
        cursor.len = ngx_sprintf(text, "t%08xD%016xL", at.index, at.mark)
                     - text;

        jupref_json_string(json, "nextCursor",
                           ngx_http_jupref_bytes(&cursor));

        if (ngx_http_jupref_next_page(api, limit, &cursor) != NGX_OK) {
            return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
        }

    } else {
        jupref_json_null(json, "nextCursor");
    }

    jupref_json_boolean(json, "hasMore", more);
    jupref_json_object_end(json);

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


static ngx_http_jupref_problem_e
ngx_http_jupref_read_cursor(ngx_http_jupref_api_t *api,
    jupref_cursor_t *cursor)
{
    u_char                     bytes[12];
    ngx_str_t                  text;
    ngx_uint_t                 i;
    jupref_bytes_t             hex;
    ngx_http_jupref_problem_e  problem;

    ngx_memzero(cursor, sizeof(jupref_cursor_t));

    problem = ngx_http_jupref_api_argument(api, "cursor", &text);

    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM || text.len == 0) {
        return problem;
    }

    hex.data = text.data + 1;
    hex.len = text.len - 1;

    if (text.data[0] == 't' && jupref_hex_decode(bytes, sizeof(bytes), hex)) {

        for (i = 0; i < 4; i++) {
            cursor->index = cursor->index << 8 | bytes[i];
        }

        for (i = 4; i < sizeof(bytes); i++) {
            cursor->mark = cursor->mark << 8 | bytes[i];
        }
    }

    if (cursor->index == 0) {
        return ngx_http_jupref_bad_cursor(api);
    }

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


static ngx_http_jupref_problem_e
ngx_http_jupref_bad_cursor(ngx_http_jupref_api_t *api)
{
    return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_CURSOR,
               "cursor must be the nextCursor of an answer before, as it "
               "came");
}


/* Link: </v1/trades?limit=20&cursor=t0000002a…>; rel="next" (RFC 8288) */

static ngx_int_t
ngx_http_jupref_next_page(ngx_http_jupref_api_t *api, ngx_uint_t limit,
    ngx_str_t *cursor)
{
    ngx_str_t            value;
    ngx_http_request_t  *r;

    static ngx_str_t  name = ngx_string("Link");

    r = api->r;

    value.data = ngx_pnalloc(r->pool, api->base.len + cursor->len
                             + NGX_INT_T_LEN
                             + sizeof("</trades?limit=&cursor=>; "
                                      "rel=\"next\""));
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_sprintf(value.data,
                            "<%V%strades?limit=%ui&cursor=%V>; rel=\"next\"",
                            &api->base,
                            api->base.len
                            && api->base.data[api->base.len - 1] == '/'
                            ? "" : "/",
                            limit, cursor)
                - value.data;

    return ngx_http_jupref_add_header(r, &name, &value);
}


static void
ngx_http_jupref_write_trade(jupref_json_writer_t *json,
    const jupref_trade_view_t *trade)
{
    uint8_t                    signature[JUPREF_SIGNATURE_TEXT];
    jupref_bytes_t             router;
    const jupref_trade_row_t  *row;

    row = &trade->row;

    jupref_json_object(json, NULL);

    ngx_http_jupref_write_text(json, "signature", signature,
                               jupref_signature_format(signature,
                                                       &row->signature));
    jupref_json_cstring(json, "status", jupref_trade_state_name(row->state));
    jupref_json_time(json, "time", row->time_ms);
    ngx_http_jupref_write_taker(json, &row->taker);

    ngx_http_jupref_write_text(json, "code", trade->code,
                               jupref_padded(trade->code,
                                             JUPREF_CODE_MAX).len);
    ngx_http_jupref_write_text(json, "referrer", trade->referrer.bytes,
                               trade->referrer.len);
    ngx_http_jupref_write_text(json, "inputMint", trade->input_mint.bytes,
                               trade->input_mint.len);
    ngx_http_jupref_write_text(json, "outputMint", trade->output_mint.bytes,
                               trade->output_mint.len);
    jupref_json_amount(json, "inAmount", row->in_amount);
    jupref_json_amount(json, "outAmount", row->out_amount);
    ngx_http_jupref_write_text(json, "feeMint", trade->fee_mint.bytes,
                               trade->fee_mint.len);
    jupref_json_number(json, "feeBps", row->granted_bps);
    jupref_json_amount(json, "estimatedFee", row->fee);
    jupref_json_micro(json, "volumeUsd", row->volume_micro_usd);

    if (row->slot) {
        jupref_json_number(json, "slot", row->slot);

    } else {
        jupref_json_null(json, "slot");
    }

    router = jupref_padded(row->router, JUPREF_ROUTER_MAX);
    ngx_http_jupref_write_text(json, "router", router.data, router.len);

    jupref_json_object_end(json);
}


/* Enough to recognise one's own wallet, not to look up another's. */

static void
ngx_http_jupref_write_taker(jupref_json_writer_t *json,
    const jupref_pubkey_t *taker)
{
    size_t   len;
    uint8_t  text[JUPREF_PUBKEY_TEXT], shown[16], *at;

    len = jupref_pubkey_format(text, taker);

    at = ngx_cpymem(shown, text, 4);
    at = ngx_cpymem(at, "\xe2\x80\xa6", 3);     /* an ellipsis */
    at = ngx_cpymem(at, text + len - 4, 4);

    ngx_http_jupref_write_text(json, "taker", shown, (size_t) (at - shown));
}


/* Empty: null. */

static void
ngx_http_jupref_write_text(jupref_json_writer_t *json, const char *name,
    const uint8_t *bytes, size_t len)
{
    if (len == 0) {
        jupref_json_null(json, name);
        return;
    }

    jupref_json_string(json, name, (jupref_bytes_t) { bytes, len });
}
