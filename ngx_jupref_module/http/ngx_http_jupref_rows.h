/*
 * Rows of lists: described once, written as JSON objects or as lines of CSV.
 *
 * CSV is RFC 4180: names in the first line, lines end in CR LF, cells are
 * quoted where they must be.  A cell that a spreadsheet would take for a
 * formula (= + - @, tab, CR at its beginning) gets an apostrophe before it.
 */

#ifndef NGX_HTTP_JUPREF_ROWS_H
#define NGX_HTTP_JUPREF_ROWS_H


#include "http/ngx_http_jupref_api.h"


typedef enum {
    NGX_HTTP_JUPREF_JSON = 0,
    NGX_HTTP_JUPREF_CSV_NAMES,          /* the first line: names alone */
    NGX_HTTP_JUPREF_CSV
} ngx_http_jupref_format_e;


/* JSON goes to the writer, CSV into its buffer; both set `overflowed`. */
typedef struct {
    jupref_json_writer_t      *out;
    ngx_http_jupref_format_e   format;
} ngx_http_jupref_row_t;


void ngx_http_jupref_row_begin(ngx_http_jupref_row_t *row);
void ngx_http_jupref_row_end(ngx_http_jupref_row_t *row);

/* Empty: null, or an empty cell. */
void ngx_http_jupref_row_text(ngx_http_jupref_row_t *row, const char *name,
    jupref_bytes_t text);
void ngx_http_jupref_row_cstring(ngx_http_jupref_row_t *row,
    const char *name, const char *text);

/* As jupref_json_number and so on. */
void ngx_http_jupref_row_number(ngx_http_jupref_row_t *row, const char *name,
    uint64_t value);
void ngx_http_jupref_row_amount(ngx_http_jupref_row_t *row, const char *name,
    jupref_u128_t value);
void ngx_http_jupref_row_micro(ngx_http_jupref_row_t *row, const char *name,
    jupref_u128_t micro);
void ngx_http_jupref_row_time(ngx_http_jupref_row_t *row, const char *name,
    uint64_t time_ms);
void ngx_http_jupref_row_none(ngx_http_jupref_row_t *row, const char *name);

/* The same where 0 says that there is none. */
void ngx_http_jupref_row_number_or_none(ngx_http_jupref_row_t *row,
    const char *name, uint64_t value);
void ngx_http_jupref_row_time_or_none(ngx_http_jupref_row_t *row,
    const char *name, uint64_t time_ms);

/* Enough of a trader's wallet to recognise one's own, not to look up
 * another's: its ends. */
void ngx_http_jupref_row_trader(ngx_http_jupref_row_t *row, const char *name,
    jupref_bytes_t wallet);

/* 1 when the client would rather have CSV than JSON. */
unsigned ngx_http_jupref_wants_csv(ngx_http_request_t *r);


#endif /* NGX_HTTP_JUPREF_ROWS_H */
