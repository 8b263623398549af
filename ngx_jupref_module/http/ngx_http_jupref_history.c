/*
 * A page of trades: its cursor, what the table has of it, and both parts put
 * together (see the header).
 */

#include "http/ngx_http_jupref_history.h"


/* In a cursor: no row of the table, only a place. */
#define NGX_HTTP_JUPREF_NO_ROW  UINT32_MAX


static ngx_http_jupref_problem_e ngx_http_jupref_bad_cursor(
    ngx_http_jupref_api_t *api);
static uint64_t ngx_http_jupref_number_of(const u_char *bytes, size_t len);


ngx_http_jupref_reading_t *
ngx_http_jupref_page_create(ngx_http_jupref_api_t *api, unsigned limit)
{
    u_char                     *p;
    ngx_http_jupref_page_t     *page;
    ngx_http_jupref_reading_t  *reading;

    size_t  head = ngx_align(sizeof(ngx_http_jupref_page_t), 16);
    size_t  table = ngx_align(limit * sizeof(jupref_trade_view_t), 16);
    size_t  archived = ngx_align((limit + 1)
                                 * sizeof(ngx_http_jupref_archived_t), 16);
    size_t  shown = limit * sizeof(ngx_http_jupref_shown_t);

    reading = ngx_http_jupref_reading_create(api, NGX_HTTP_JUPREF_LANE_HISTORY,
                                             head + table + archived + shown);
    if (reading == NULL) {
        return NULL;
    }

    reading->run = ngx_http_jupref_page_read;

    page = reading->data;
    page->zone = api->zone;
    page->limit = limit;

    p = (u_char *) page + head;
    page->table = (void *) p;
    page->archived = (void *) (p + table);
    page->shown = (void *) (p + table + archived);

    return reading;
}


ngx_http_jupref_problem_e
ngx_http_jupref_page_cursor(ngx_http_jupref_api_t *api,
    ngx_http_jupref_page_t *page)
{
    u_char                      bytes[20];
    ngx_str_t                   text;
    jupref_bytes_t              hex;
    ngx_http_jupref_walk_t     *walk;
    ngx_http_jupref_problem_e   problem;

    walk = &page->walk;
    ngx_memzero(walk, sizeof(ngx_http_jupref_walk_t));

    problem = ngx_http_jupref_api_argument(api, "cursor", &text);

    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM || text.len == 0) {
        return problem;
    }

    hex.data = text.data + 1;
    hex.len = text.len - 1;

    if (text.data[0] == (page->of_referrer ? 'r' : 't')
        && jupref_hex_decode(bytes, 20, hex))
    {
        walk->at.index = (uint32_t) ngx_http_jupref_number_of(bytes, 4);
        walk->at.mark = ngx_http_jupref_number_of(bytes + 4, 8);
        walk->since = ngx_http_jupref_number_of(bytes + 12, 8);

    } else if (text.data[0] == (page->of_referrer ? 's' : 'u')
               && jupref_hex_decode(bytes, 8, hex))
    {
        walk->archived = ngx_http_jupref_number_of(bytes, 8);
    }

    if (walk->at.index == 0 && walk->archived == 0) {
        return ngx_http_jupref_bad_cursor(api);
    }

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


size_t
ngx_http_jupref_page_next(const ngx_http_jupref_page_t *page,
    u_char text[NGX_HTTP_JUPREF_WALK_LEN])
{
    u_char                        *p;
    const ngx_http_jupref_walk_t  *walk;

    walk = &page->walk;

    if (walk->archived) {
        p = ngx_sprintf(text, "%c%016xL", page->of_referrer ? 's' : 'u',
                        walk->archived);
    } else {
        p = ngx_sprintf(text, "%c%08xD%016xL%016xL",
                        page->of_referrer ? 'r' : 't', walk->at.index,
                        walk->at.mark, walk->since);
    }

    return (size_t) (p - text);
}


static ngx_http_jupref_problem_e
ngx_http_jupref_bad_cursor(ngx_http_jupref_api_t *api)
{
    return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_CURSOR,
               "cursor must be the nextCursor of an answer before, as it "
               "came");
}


static uint64_t
ngx_http_jupref_number_of(const u_char *bytes, size_t len)
{
    uint64_t  number;

    for (number = 0; len; len--) {
        number = number << 8 | *bytes++;
    }

    return number;
}


ngx_http_jupref_problem_e
ngx_http_jupref_page_copy(ngx_http_jupref_api_t *api,
    ngx_http_jupref_page_t *page, unsigned *reads)
{
    uint32_t                 referrer;
    unsigned                 i;
    jupref_cursor_t          at;
    jupref_ledger_t         *ledger;
    ngx_http_jupref_walk_t  *walk;

    walk = &page->walk;
    at = walk->at;
    referrer = 0;

    page->table_count = 0;
    page->archived_count = 0;
    page->count = 0;
    page->end = NGX_HTTP_JUPREF_WALK_ALL;

    ngx_http_jupref_lock(api->zone);

    ngx_http_jupref_api_head(api);
    ledger = ngx_http_jupref_ledger(api->zone);
    page->head = ledger->archived_seq;

    if (page->of_referrer) {
        referrer = jupref_find_referrer(ledger, &page->wallet);
        page->head = referrer ? jupref_referrer(ledger, referrer)->archived_seq
                              : 0;
    }

    if (walk->archived == 0 && !(page->of_referrer && referrer == 0)) {
        page->table_count = jupref_view_trades(ledger, referrer, &at,
                                               page->limit, page->table);
    }

    ngx_http_jupref_unlock(api->zone);

    if (page->of_referrer && referrer == 0) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_SUCH_REFERRER,
                                      "this wallet is not registered");
    }

    if (page->table_count == JUPREF_VIEW_GONE) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_CURSOR,
                   "the trade that this page was to follow has moved: begin "
                   "anew");
    }

    if (walk->at.index == 0 && walk->archived == 0) {
        walk->since = page->head;
    }

    if (walk->archived > page->head || walk->since > page->head) {
        return ngx_http_jupref_bad_cursor(api);
    }

    page->index = at.index;
    page->table_more = (walk->archived == 0 && at.index != 0);

    for (i = 0; i < page->table_count; i++) {
        page->shown[i].view = &page->table[i];
        page->shown[i].archived = 0;
    }

    page->count = page->table_count;

    if (page->head != walk->since
        || (page->count < page->limit && page->head != 0))
    {
        *reads = (api->zone->shared->log_at != 0);

        if (*reads) {
            return NGX_HTTP_JUPREF_NO_PROBLEM;
        }
    }

    *reads = 0;
    (void) ngx_http_jupref_page_merge(page, 0);

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


unsigned
ngx_http_jupref_page_merge(ngx_http_jupref_page_t *page, unsigned dropped)
{
    unsigned                  table, archived;
    ngx_http_jupref_walk_t   *walk;
    ngx_http_jupref_shown_t  *shown;

    walk = &page->walk;
    table = 0;
    archived = 0;

    for (page->count = 0; page->count < page->limit; page->count++) {
        shown = &page->shown[page->count];

        if (table < page->table_count
            && (archived == page->archived_count
                || page->table[table].row.seq
                   > page->archived[archived].view.row.seq))
        {
            shown->view = &page->table[table++];
            shown->archived = 0;

        } else if (archived < page->archived_count) {
            shown->view = &page->archived[archived].view;
            shown->archived = page->archived[archived++].seq;

        } else {
            break;
        }
    }

    if (page->table_more || dropped || table < page->table_count
        || archived < page->archived_count)
    {
        page->end = NGX_HTTP_JUPREF_WALK_MORE;
        walk->at.mark = page->shown[page->count - 1].view->row.seq;
        walk->at.index = (page->table_more && archived == 0)
                         ? page->index : NGX_HTTP_JUPREF_NO_ROW;
        return 0;
    }

    walk->archived = walk->since;

    if (page->zone->shared->log_at == 0) {
        page->end = page->head ? NGX_HTTP_JUPREF_WALK_MEMORY
                               : NGX_HTTP_JUPREF_WALK_ALL;
        return 0;
    }

    page->end = walk->archived ? NGX_HTTP_JUPREF_WALK_MORE
                               : NGX_HTTP_JUPREF_WALK_ALL;

    return walk->archived && page->count < page->limit;
}


/* Codes are never given to another referrer, so the ledger knows whose. */

ngx_http_jupref_problem_e
ngx_http_jupref_page_tell(ngx_http_jupref_api_t *api,
    ngx_http_jupref_page_t *page)
{
    uint32_t                code;
    unsigned                i, foreign;
    jupref_ledger_t        *ledger;
    jupref_code_name_t      name;
    jupref_trade_view_t    *view;
    jupref_referrer_row_t  *owner;

    if (page->fault.fault != JUPREF_FAULT_NONE) {
        return ngx_http_jupref_reading_failed(api, &page->fault);
    }

    foreign = 0;

    ngx_http_jupref_lock(api->zone);
    ledger = ngx_http_jupref_ledger(api->zone);

    for (i = 0; i < page->archived_count; i++) {
        view = &page->archived[i].view;
        owner = NULL;

        if (view->code[0]) {
            jupref_code_name_set(&name,
                                 jupref_padded(view->code, JUPREF_CODE_MAX));
            code = jupref_find_code(ledger, &name);

            if (code) {
                owner = jupref_referrer(ledger,
                                        jupref_code(ledger, code)->referrer);
                view->referrer.len = owner->text_len;
                ngx_memcpy(view->referrer.bytes, owner->text,
                           JUPREF_PUBKEY_TEXT);
            }
        }

        if (page->of_referrer
            && (owner == NULL
                || !jupref_pubkey_equal(&owner->wallet, &page->wallet)))
        {
            foreign = 1;
        }
    }

    ngx_http_jupref_unlock(api->zone);

    if (foreign) {
        return ngx_http_jupref_bad_cursor(api);
    }

    if (page->stale) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_CURSOR,
                   "this walk began too long ago, too many trades were "
                   "archived since: begin anew");
    }

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}
