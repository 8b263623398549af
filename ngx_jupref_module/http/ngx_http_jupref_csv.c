/*
 * CSV in pieces (see the header).
 *
 * A piece is made when nginx has nothing of ours left to send, so an answer
 * takes one piece of memory however long it is and however slow its reader;
 * and each piece has its own turn in the event loop.
 */

#include "http/ngx_http_jupref_csv.h"


#define NGX_HTTP_JUPREF_CSV_NAMES_MAX  1024     /* bytes of the first line */


static ngx_int_t ngx_http_jupref_csv_header(ngx_http_jupref_csv_t *csv);
static void ngx_http_jupref_csv_sent(ngx_http_jupref_csv_t *csv,
    ngx_int_t rc);
static void ngx_http_jupref_csv_writable(ngx_http_request_t *r);
static void ngx_http_jupref_csv_wait(ngx_http_request_t *r);


ngx_http_jupref_problem_e
ngx_http_jupref_csv_limit(ngx_http_jupref_api_t *api, uint64_t *limit)
{
    ngx_str_t                  text;
    ngx_http_jupref_problem_e  problem;

    *limit = UINT64_MAX;

    problem = ngx_http_jupref_api_argument(api, "limit", &text);

    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM || text.len == 0) {
        return problem;
    }

    if (!jupref_parse_u64(ngx_http_jupref_bytes(&text), limit) || *limit == 0)
    {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_ARGUMENT,
                   "limit must be 1 or more for CSV; all rows come without "
                   "it");
    }

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


ngx_http_jupref_csv_t *
ngx_http_jupref_csv_create(ngx_http_jupref_api_t *api, size_t row_size)
{
    ngx_http_jupref_csv_t  *csv;
    ngx_http_jupref_ctx_t  *ctx;

    ctx = ngx_http_jupref_ctx(api->r);
    csv = ngx_pcalloc(api->r->pool, sizeof(ngx_http_jupref_csv_t));

    if (ctx == NULL || csv == NULL
        || ngx_http_jupref_api_room(api, NGX_HTTP_JUPREF_CSV_NAMES_MAX
                                    + row_size * NGX_HTTP_JUPREF_CSV_ROWS)
           != NGX_OK)
    {
        return NULL;
    }

    ctx->csv = csv;

    csv->api = api;
    csv->row.out = &api->json;
    csv->row.format = NGX_HTTP_JUPREF_CSV;
    csv->chain.buf = &csv->buf;

    return csv;
}


void
ngx_http_jupref_csv_clear(ngx_http_jupref_csv_t *csv)
{
    csv->row.out->at = csv->row.out->start;
}


void
ngx_http_jupref_csv_send(ngx_http_jupref_csv_t *csv)
{
    ngx_int_t               rc;
    ngx_buf_t              *b;
    ngx_http_request_t     *r;
    jupref_json_writer_t   *out;

    r = csv->api->r;
    out = csv->row.out;
    b = &csv->buf;

    if (!csv->begun) {
        rc = ngx_http_jupref_csv_header(csv);

        if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
            ngx_http_finalize_request(r, rc);
            return;
        }
    }

    if (out->overflowed) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "jupref: a piece of CSV outgrew its room");
        ngx_http_jupref_csv_cut(csv);
        return;
    }

    ngx_memzero(b, sizeof(ngx_buf_t));
    b->start = out->start;
    b->end = out->end;
    b->pos = out->start;
    b->last = out->at;
    b->temporary = 1;
    b->flush = 1;
    b->last_buf = csv->over;
    b->last_in_chain = 1;

    ngx_http_jupref_csv_sent(csv, ngx_http_output_filter(r, &csv->chain));
}


static ngx_int_t
ngx_http_jupref_csv_header(ngx_http_jupref_csv_t *csv)
{
    ngx_http_request_t  *r;

    static ngx_str_t  control = ngx_string("Cache-Control");
    static ngx_str_t  no_store = ngx_string("no-store");

    r = csv->api->r;
    csv->begun = 1;

    csv->api->later = 1;
    r->main->count++;

    if (ngx_http_jupref_add_header(r, &control, &no_store) != NGX_OK
        || ngx_http_jupref_api_tell_head(csv->api) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = -1;
    r->headers_out.content_type = ngx_http_jupref_csv_type;
    r->headers_out.content_type_len
        = ngx_http_jupref_type_len(&ngx_http_jupref_csv_type);
    r->headers_out.content_type_lowcase = NULL;

    return ngx_http_send_header(r);
}


static void
ngx_http_jupref_csv_sent(ngx_http_jupref_csv_t *csv, ngx_int_t rc)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = csv->api->r;
    c = r->connection;

    if (rc == NGX_ERROR || csv->over) {
        ngx_http_finalize_request(r, rc);
        return;
    }

    r->write_event_handler = ngx_http_jupref_csv_writable;

    if (r->buffered || r->postponed || c->buffered) {
        ngx_http_jupref_csv_wait(r);
        return;
    }

    ngx_post_event(c->write, &ngx_posted_next_events);
}


static void
ngx_http_jupref_csv_writable(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_event_t            *wev;
    ngx_connection_t       *c;
    ngx_http_jupref_csv_t  *csv;

    c = r->connection;
    wev = c->write;
    csv = ngx_http_jupref_ctx(r)->csv;

    if (wev->timedout) {
        c->timedout = 1;
        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    if (!wev->delayed && (r->buffered || r->postponed || c->buffered)) {

        if (ngx_http_output_filter(r, NULL) == NGX_ERROR) {
            ngx_http_finalize_request(r, NGX_ERROR);
            return;
        }
    }

    if (wev->delayed || r->buffered || r->postponed || c->buffered) {
        ngx_http_jupref_csv_wait(r);
        return;
    }

    if (wev->timer_set) {
        ngx_del_timer(wev);
    }

    r->write_event_handler = ngx_http_request_empty_handler;

    ngx_http_jupref_csv_clear(csv);
    rc = csv->next(csv);

    if (rc == NGX_OK) {
        ngx_http_jupref_csv_send(csv);

    } else if (rc == NGX_ERROR) {
        ngx_http_jupref_csv_cut(csv);
    }
}


static void
ngx_http_jupref_csv_wait(ngx_http_request_t *r)
{
    ngx_event_t               *wev;
    ngx_http_core_loc_conf_t  *clcf;

    wev = r->connection->write;
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (!wev->delayed) {
        ngx_add_timer(wev, clcf->send_timeout);
    }

    if (ngx_handle_write_event(wev, clcf->send_lowat) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_ERROR);
    }
}


void
ngx_http_jupref_csv_cut(ngx_http_jupref_csv_t *csv)
{
    ngx_http_finalize_request(csv->api->r, NGX_ERROR);
}
