/*
 * GET trades, referrers/{wallet}/trades and referrers/{wallet}/wallets.
 *
 * As JSON a page and the cursor of the next one; as CSV page after page, each
 * made when the one before is sent.
 */

#include "http/ngx_http_jupref_csv.h"
#include "http/ngx_http_jupref_history.h"


#define NGX_HTTP_JUPREF_PAGE_ROOM    1024
#define NGX_HTTP_JUPREF_WALLET_ROOM  192
#define NGX_HTTP_JUPREF_CURSOR_LEN   25         /* "w" and 24 hex digits */


/* A list of wallets on its way. */
typedef struct {
    jupref_pubkey_t       wallet;
    jupref_cursor_t       at;
    unsigned              count;
    unsigned              limit;
    jupref_wallet_view_t  rows[];
} ngx_http_jupref_wallets_t;


static ngx_http_jupref_problem_e ngx_http_jupref_list_trades(
    ngx_http_jupref_api_t *api, const jupref_pubkey_t *wallet);
static void ngx_http_jupref_trades_read(ngx_http_jupref_reading_t *reading,
    ngx_http_jupref_problem_e problem);
static ngx_http_jupref_problem_e ngx_http_jupref_trades_json(
    ngx_http_jupref_api_t *api, ngx_http_jupref_page_t *page);
static ngx_http_jupref_problem_e ngx_http_jupref_trades_csv(
    ngx_http_jupref_reading_t *reading);
static ngx_int_t ngx_http_jupref_trades_next(ngx_http_jupref_csv_t *csv);
static void ngx_http_jupref_trades_piece(ngx_http_jupref_csv_t *csv,
    ngx_http_jupref_page_t *page);
static ngx_http_jupref_problem_e ngx_http_jupref_wallets_csv(
    ngx_http_jupref_api_t *api, ngx_http_jupref_wallets_t *list,
    uint64_t left);
static ngx_http_jupref_problem_e ngx_http_jupref_wallets_json(
    ngx_http_jupref_api_t *api, ngx_http_jupref_wallets_t *list);
static ngx_http_jupref_problem_e ngx_http_jupref_wallets_copy(
    ngx_http_jupref_api_t *api, ngx_http_jupref_wallets_t *list);
static ngx_http_jupref_problem_e ngx_http_jupref_wallets_cursor(
    ngx_http_jupref_api_t *api, jupref_cursor_t *cursor);
static ngx_int_t ngx_http_jupref_wallets_next(ngx_http_jupref_csv_t *csv);
static void ngx_http_jupref_wallets_piece(ngx_http_jupref_csv_t *csv,
    ngx_http_jupref_wallets_t *list);
static void ngx_http_jupref_row_wallet(ngx_http_jupref_row_t *row,
    const jupref_wallet_view_t *wallet);


ngx_http_jupref_problem_e
ngx_http_jupref_get_trades(ngx_http_jupref_api_t *api)
{
    return ngx_http_jupref_list_trades(api, NULL);
}


ngx_http_jupref_problem_e
ngx_http_jupref_get_referrer_trades(ngx_http_jupref_api_t *api)
{
    jupref_pubkey_t            wallet;
    ngx_http_jupref_problem_e  problem;

    problem = ngx_http_jupref_api_wallet(api, &wallet);

    return problem ? problem : ngx_http_jupref_list_trades(api, &wallet);
}


static ngx_http_jupref_problem_e
ngx_http_jupref_list_trades(ngx_http_jupref_api_t *api,
    const jupref_pubkey_t *wallet)
{
    uint64_t                    left;
    unsigned                    csv, reads;
    ngx_uint_t                  limit;
    ngx_http_jupref_page_t     *page;
    ngx_http_jupref_problem_e   problem;
    ngx_http_jupref_reading_t  *reading;

    csv = ngx_http_jupref_wants_csv(api->r);

    if (csv) {
        problem = ngx_http_jupref_csv_limit(api, &left);
        limit = (ngx_uint_t) ngx_min(left, NGX_HTTP_JUPREF_CSV_ROWS);

    } else {
        problem = ngx_http_jupref_api_limit(api, &limit);
        left = limit;
    }

    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    reading = ngx_http_jupref_page_create(api, (unsigned) limit);
    if (reading == NULL) {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    reading->finish = ngx_http_jupref_trades_read;
    page = reading->data;

    if (wallet) {
        page->wallet = *wallet;
        page->of_referrer = 1;
    }

    if (csv) {
        reading->csv = ngx_http_jupref_csv_create(api,
                                            NGX_HTTP_JUPREF_TRADE_CSV_ROOM);
        if (reading->csv == NULL) {
            return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
        }

        reading->csv->left = left;
        reading->csv->source = reading;
        reading->csv->next = ngx_http_jupref_trades_next;
    }

    problem = ngx_http_jupref_page_cursor(api, page);

    if (problem == NGX_HTTP_JUPREF_NO_PROBLEM) {
        problem = ngx_http_jupref_page_copy(api, page, &reads);
    }

    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    if (reads) {
        return ngx_http_jupref_reading_start(reading, page->head);
    }

    return csv ? ngx_http_jupref_trades_csv(reading)
               : ngx_http_jupref_trades_json(api, page);
}


/* What came from the thread; the reading holds the request. */

static void
ngx_http_jupref_trades_read(ngx_http_jupref_reading_t *reading,
    ngx_http_jupref_problem_e problem)
{
    ngx_http_jupref_api_t   *api;
    ngx_http_jupref_csv_t   *csv;
    ngx_http_jupref_page_t  *page;

    api = reading->api;
    csv = reading->csv;
    page = reading->data;

    if (problem == NGX_HTTP_JUPREF_NO_PROBLEM) {
        problem = ngx_http_jupref_page_tell(api, page);
    }

    if (csv && csv->begun) {

        /* from its first piece on the answer holds the request itself */

        api->r->main->count--;

        if (problem == NGX_HTTP_JUPREF_NO_PROBLEM) {
            ngx_http_jupref_trades_piece(csv, page);
            ngx_http_jupref_csv_send(csv);

        } else {
            ngx_http_jupref_csv_cut(csv);
        }

        return;
    }

    if (problem == NGX_HTTP_JUPREF_NO_PROBLEM && csv) {
        api->r->main->count--;
        (void) ngx_http_jupref_trades_csv(reading);
        return;
    }

    if (problem == NGX_HTTP_JUPREF_NO_PROBLEM) {
        problem = ngx_http_jupref_trades_json(api, page);
    }

    ngx_http_jupref_api_finish(api, problem);
}


static ngx_http_jupref_problem_e
ngx_http_jupref_trades_json(ngx_http_jupref_api_t *api,
    ngx_http_jupref_page_t *page)
{
    u_char                  text[NGX_HTTP_JUPREF_WALK_LEN];
    unsigned                i;
    ngx_str_t               cursor;
    ngx_http_jupref_row_t   row;

    if (ngx_http_jupref_api_room(api, NGX_HTTP_JUPREF_PAGE_ROOM
                                 + page->count * NGX_HTTP_JUPREF_TRADE_ROOM)
        != NGX_OK)
    {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    row.out = &api->json;
    row.format = NGX_HTTP_JUPREF_JSON;

    jupref_json_object(row.out, NULL);
    jupref_json_array(row.out, "data");

    for (i = 0; i < page->count; i++) {
        ngx_http_jupref_row_shown(&row, &page->shown[i]);
    }

    jupref_json_array_end(row.out);

    if (page->end == NGX_HTTP_JUPREF_WALK_MEMORY) {
        jupref_json_cstring(row.out, "endsAt", "memory");

    } else if (page->end == NGX_HTTP_JUPREF_WALK_JOURNAL) {
        jupref_json_cstring(row.out, "endsAt", "archived_journal");
    }

    cursor.data = text;
    cursor.len = (page->end == NGX_HTTP_JUPREF_WALK_MORE)
                 ? ngx_http_jupref_page_next(page, text) : 0;

    return ngx_http_jupref_api_end_page(api, page->limit, &cursor, NULL);
}


static ngx_http_jupref_problem_e
ngx_http_jupref_trades_csv(ngx_http_jupref_reading_t *reading)
{
    ngx_http_jupref_csv_t    *csv;
    ngx_http_jupref_shown_t   shown;

    static jupref_trade_view_t  names;

    csv = reading->csv;
    shown.view = &names;
    shown.archived = 0;

    csv->row.format = NGX_HTTP_JUPREF_CSV_NAMES;
    ngx_http_jupref_row_shown(&csv->row, &shown);
    csv->row.format = NGX_HTTP_JUPREF_CSV;

    ngx_http_jupref_trades_piece(csv, reading->data);
    ngx_http_jupref_csv_send(csv);

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


static ngx_int_t
ngx_http_jupref_trades_next(ngx_http_jupref_csv_t *csv)
{
    unsigned                    reads;
    ngx_http_jupref_page_t     *page;
    ngx_http_jupref_reading_t  *reading;

    reading = csv->source;
    page = reading->data;

    if (ngx_http_jupref_page_copy(csv->api, page, &reads)
        != NGX_HTTP_JUPREF_NO_PROBLEM)
    {
        return NGX_ERROR;
    }

    if (!reads) {
        ngx_http_jupref_trades_piece(csv, page);
        return NGX_OK;
    }

    return (ngx_http_jupref_reading_start(reading, page->head)
            == NGX_HTTP_JUPREF_NO_PROBLEM) ? NGX_AGAIN : NGX_ERROR;
}


static void
ngx_http_jupref_trades_piece(ngx_http_jupref_csv_t *csv,
    ngx_http_jupref_page_t *page)
{
    unsigned  i;

    for (i = 0; i < page->count && csv->left; i++) {
        ngx_http_jupref_row_shown(&csv->row, &page->shown[i]);
        csv->left--;
    }

    csv->over = (csv->left == 0 || page->end != NGX_HTTP_JUPREF_WALK_MORE);
}


ngx_http_jupref_problem_e
ngx_http_jupref_get_referrer_wallets(ngx_http_jupref_api_t *api)
{
    uint64_t                    left;
    unsigned                    wants_csv;
    ngx_uint_t                  limit;
    jupref_pubkey_t             wallet;
    ngx_http_jupref_problem_e   problem;
    ngx_http_jupref_wallets_t  *list;

    problem = ngx_http_jupref_api_wallet(api, &wallet);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    wants_csv = ngx_http_jupref_wants_csv(api->r);
    left = 0;
    limit = NGX_HTTP_JUPREF_CSV_ROWS;

    problem = wants_csv ? ngx_http_jupref_csv_limit(api, &left)
                        : ngx_http_jupref_api_limit(api, &limit);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    list = ngx_palloc(api->r->pool, sizeof(ngx_http_jupref_wallets_t)
                      + limit * sizeof(jupref_wallet_view_t));
    if (list == NULL) {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    list->wallet = wallet;
    list->limit = (unsigned) limit;

    problem = ngx_http_jupref_wallets_cursor(api, &list->at);

    if (problem == NGX_HTTP_JUPREF_NO_PROBLEM) {
        problem = ngx_http_jupref_wallets_copy(api, list);
    }

    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    return wants_csv ? ngx_http_jupref_wallets_csv(api, list, left)
                     : ngx_http_jupref_wallets_json(api, list);
}


static ngx_http_jupref_problem_e
ngx_http_jupref_wallets_csv(ngx_http_jupref_api_t *api,
    ngx_http_jupref_wallets_t *list, uint64_t left)
{
    ngx_http_jupref_csv_t  *csv;

    static jupref_wallet_view_t  names;

    csv = ngx_http_jupref_csv_create(api, NGX_HTTP_JUPREF_WALLET_ROOM);
    if (csv == NULL) {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    csv->left = left;
    csv->source = list;
    csv->next = ngx_http_jupref_wallets_next;

    csv->row.format = NGX_HTTP_JUPREF_CSV_NAMES;
    ngx_http_jupref_row_wallet(&csv->row, &names);
    csv->row.format = NGX_HTTP_JUPREF_CSV;

    ngx_http_jupref_wallets_piece(csv, list);
    ngx_http_jupref_csv_send(csv);

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


static ngx_http_jupref_problem_e
ngx_http_jupref_wallets_json(ngx_http_jupref_api_t *api,
    ngx_http_jupref_wallets_t *list)
{
    u_char                  text[NGX_HTTP_JUPREF_CURSOR_LEN];
    unsigned                i;
    ngx_str_t               cursor;
    ngx_http_jupref_row_t   row;

    if (ngx_http_jupref_api_room(api, NGX_HTTP_JUPREF_PAGE_ROOM
                                 + list->count * NGX_HTTP_JUPREF_WALLET_ROOM)
        != NGX_OK)
    {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    row.out = &api->json;
    row.format = NGX_HTTP_JUPREF_JSON;

    jupref_json_object(row.out, NULL);
    jupref_json_array(row.out, "data");

    for (i = 0; i < list->count; i++) {
        ngx_http_jupref_row_wallet(&row, &list->rows[i]);
    }

    jupref_json_array_end(row.out);

    cursor.data = text;
    cursor.len = list->at.index ? (size_t) (ngx_sprintf(text,
                                                "w%08xD%016xL",
                                                list->at.index, list->at.mark)
                                            - text)
                                : 0;

    return ngx_http_jupref_api_end_page(api, list->limit, &cursor, NULL);
}


static ngx_http_jupref_problem_e
ngx_http_jupref_wallets_copy(ngx_http_jupref_api_t *api,
    ngx_http_jupref_wallets_t *list)
{
    uint32_t          referrer;
    jupref_ledger_t  *ledger;

    list->count = 0;

    ngx_http_jupref_lock(api->zone);

    ngx_http_jupref_api_head(api);
    ledger = ngx_http_jupref_ledger(api->zone);
    referrer = jupref_find_referrer(ledger, &list->wallet);

    if (referrer) {
        list->count = jupref_view_wallets(ledger, referrer, &list->at,
                                          list->limit, list->rows);
    }

    ngx_http_jupref_unlock(api->zone);

    if (referrer == 0) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_SUCH_REFERRER,
                                      "this wallet is not registered");
    }

    if (list->count == JUPREF_VIEW_GONE) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_CURSOR,
                   "the wallet that this page was to follow has moved: begin "
                   "anew");
    }

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


static ngx_http_jupref_problem_e
ngx_http_jupref_wallets_cursor(ngx_http_jupref_api_t *api,
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

    if (text.data[0] == 'w' && jupref_hex_decode(bytes, sizeof(bytes), hex)) {

        for (i = 0; i < 4; i++) {
            cursor->index = cursor->index << 8 | bytes[i];
        }

        for (i = 4; i < sizeof(bytes); i++) {
            cursor->mark = cursor->mark << 8 | bytes[i];
        }
    }

    if (cursor->index == 0) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_CURSOR,
                   "cursor must be the nextCursor of an answer before, as it "
                   "came");
    }

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


static ngx_int_t
ngx_http_jupref_wallets_next(ngx_http_jupref_csv_t *csv)
{
    if (ngx_http_jupref_wallets_copy(csv->api, csv->source)
        != NGX_HTTP_JUPREF_NO_PROBLEM)
    {
        return NGX_ERROR;
    }

    ngx_http_jupref_wallets_piece(csv, csv->source);

    return NGX_OK;
}


static void
ngx_http_jupref_wallets_piece(ngx_http_jupref_csv_t *csv,
    ngx_http_jupref_wallets_t *list)
{
    unsigned  i;

    for (i = 0; i < list->count && csv->left; i++) {
        ngx_http_jupref_row_wallet(&csv->row, &list->rows[i]);
        csv->left--;
    }

    csv->over = (csv->left == 0 || list->at.index == 0);
}


static void
ngx_http_jupref_row_wallet(ngx_http_jupref_row_t *row,
    const jupref_wallet_view_t *wallet)
{
    ngx_http_jupref_row_begin(row);
    ngx_http_jupref_row_trader(row, "wallet", (jupref_bytes_t) {
                                   wallet->wallet.bytes, wallet->wallet.len });
    ngx_http_jupref_row_text(row, "code",
                             jupref_padded(wallet->code, JUPREF_CODE_MAX));
    ngx_http_jupref_row_time(row, "boundAt", wallet->bound_ms);
    ngx_http_jupref_row_end(row);
}
