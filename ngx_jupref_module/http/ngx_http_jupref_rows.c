/*
 * Rows as JSON or CSV (see the header).
 */

#include "http/ngx_http_jupref_rows.h"

#include "base/jupref_time.h"


static void ngx_http_jupref_cell(ngx_http_jupref_row_t *row,
    const char *name, jupref_bytes_t text);
static void ngx_http_jupref_put(jupref_json_writer_t *out, const void *bytes,
    size_t len);
static ngx_uint_t ngx_http_jupref_quality(ngx_str_t *accept,
    const char *type);
static ngx_uint_t ngx_http_jupref_parse_quality(u_char *p, u_char *end);


void
ngx_http_jupref_row_begin(ngx_http_jupref_row_t *row)
{
    if (row->format == NGX_HTTP_JUPREF_JSON) {
        jupref_json_object(row->out, NULL);
        return;
    }

    row->out->comma = 0;
}


void
ngx_http_jupref_row_end(ngx_http_jupref_row_t *row)
{
    if (row->format == NGX_HTTP_JUPREF_JSON) {
        jupref_json_object_end(row->out);
        return;
    }

    ngx_http_jupref_put(row->out, "\r\n", 2);
}


void
ngx_http_jupref_row_text(ngx_http_jupref_row_t *row, const char *name,
    jupref_bytes_t text)
{
    if (text.len == 0) {
        ngx_http_jupref_row_none(row, name);

    } else if (row->format == NGX_HTTP_JUPREF_JSON) {
        jupref_json_string(row->out, name, text);

    } else {
        ngx_http_jupref_cell(row, name, text);
    }
}


void
ngx_http_jupref_row_cstring(ngx_http_jupref_row_t *row, const char *name,
    const char *text)
{
    ngx_http_jupref_row_text(row, name, (jupref_bytes_t) {
                                 (const uint8_t *) text, ngx_strlen(text) });
}


void
ngx_http_jupref_row_number(ngx_http_jupref_row_t *row, const char *name,
    uint64_t value)
{
    uint8_t  text[JUPREF_U64_TEXT];

    if (row->format == NGX_HTTP_JUPREF_JSON) {
        jupref_json_number(row->out, name, value);
        return;
    }

    ngx_http_jupref_cell(row, name, (jupref_bytes_t) {
                             text, jupref_format_u128(text, value) });
}


void
ngx_http_jupref_row_amount(ngx_http_jupref_row_t *row, const char *name,
    jupref_u128_t value)
{
    uint8_t  text[JUPREF_U128_TEXT];

    ngx_http_jupref_row_text(row, name, (jupref_bytes_t) {
                                 text, jupref_format_u128(text, value) });
}


void
ngx_http_jupref_row_micro(ngx_http_jupref_row_t *row, const char *name,
    jupref_u128_t micro)
{
    uint8_t  text[JUPREF_MICRO_TEXT];

    ngx_http_jupref_row_text(row, name, (jupref_bytes_t) {
                                 text, jupref_format_micro(text, micro) });
}


void
ngx_http_jupref_row_time(ngx_http_jupref_row_t *row, const char *name,
    uint64_t time_ms)
{
    uint8_t  text[JUPREF_TIME_TEXT];

    ngx_http_jupref_row_text(row, name, (jupref_bytes_t) {
                                 text, jupref_format_time(text, time_ms) });
}


void
ngx_http_jupref_row_none(ngx_http_jupref_row_t *row, const char *name)
{
    if (row->format == NGX_HTTP_JUPREF_JSON) {
        jupref_json_null(row->out, name);
        return;
    }

    ngx_http_jupref_cell(row, name, (jupref_bytes_t) { NULL, 0 });
}


void
ngx_http_jupref_row_number_or_none(ngx_http_jupref_row_t *row,
    const char *name, uint64_t value)
{
    if (value) {
        ngx_http_jupref_row_number(row, name, value);

    } else {
        ngx_http_jupref_row_none(row, name);
    }
}


void
ngx_http_jupref_row_time_or_none(ngx_http_jupref_row_t *row,
    const char *name, uint64_t time_ms)
{
    if (time_ms) {
        ngx_http_jupref_row_time(row, name, time_ms);

    } else {
        ngx_http_jupref_row_none(row, name);
    }
}


void
ngx_http_jupref_row_trader(ngx_http_jupref_row_t *row, const char *name,
    jupref_bytes_t wallet)
{
    uint8_t  shown[16], *at;

    at = shown;

    if (wallet.len >= 8) {
        at = ngx_cpymem(at, wallet.data, 4);
        at = ngx_cpymem(at, "\xe2\x80\xa6", 3);     /* an ellipsis */
        at = ngx_cpymem(at, wallet.data + wallet.len - 4, 4);
    }

    ngx_http_jupref_row_text(row, name, (jupref_bytes_t) {
                                 shown, (size_t) (at - shown) });
}


static void
ngx_http_jupref_cell(ngx_http_jupref_row_t *row, const char *name,
    jupref_bytes_t text)
{
    size_t                 i;
    unsigned               quoted;
    jupref_json_writer_t  *out;

    out = row->out;

    if (row->format == NGX_HTTP_JUPREF_CSV_NAMES) {
        text.data = (const uint8_t *) name;
        text.len = ngx_strlen(name);
    }

    if (out->comma) {
        ngx_http_jupref_put(out, ",", 1);
    }

    out->comma = 1;

    for (i = 0, quoted = 0; i < text.len; i++) {
        if (ngx_strchr(",\"\r\n", text.data[i])) {
            quoted = 1;
        }
    }

    if (quoted) {
        ngx_http_jupref_put(out, "\"", 1);
    }

    if (text.len && ngx_strchr("=+-@\t\r", text.data[0])) {
        ngx_http_jupref_put(out, "'", 1);
    }

    if (!quoted) {
        ngx_http_jupref_put(out, text.data, text.len);
        return;
    }

    for (i = 0; i < text.len; i++) {
        ngx_http_jupref_put(out, &text.data[i], 1);

        if (text.data[i] == '"') {
            ngx_http_jupref_put(out, "\"", 1);
        }
    }

    ngx_http_jupref_put(out, "\"", 1);
}


static void
ngx_http_jupref_put(jupref_json_writer_t *out, const void *bytes, size_t len)
{
    if (out->overflowed || len > (size_t) (out->end - out->at)) {
        out->overflowed = 1;
        return;
    }

    if (len) {
        out->at = ngx_cpymem(out->at, bytes, len);
    }
}


/* JSON is what everybody gets who doesn't ask for CSV by name. */

unsigned
ngx_http_jupref_wants_csv(ngx_http_request_t *r)
{
    ngx_uint_t        csv, json, one;
    ngx_table_elt_t  *h;

    static ngx_str_t  name = ngx_string("accept");

    csv = 0;
    json = 0;

    for (h = ngx_http_jupref_find_header(r, &name, NULL); h;
         h = ngx_http_jupref_find_header(r, &name, h))
    {
        one = ngx_http_jupref_quality(&h->value, "text/csv");
        csv = ngx_max(csv, one);

        one = ngx_http_jupref_quality(&h->value, "application/json");
        json = ngx_max(json, one);
    }

    return csv && csv >= json;
}


/* In thousandths; 0 for a type that isn't named. */

static ngx_uint_t
ngx_http_jupref_quality(ngx_str_t *accept, const char *type)
{
    size_t   len;
    u_char  *p, *end, *last;

    len = ngx_strlen(type);
    last = accept->data + accept->len;

    for (p = accept->data; p < last; p = end + 1) {

        while (p < last && (*p == ' ' || *p == '\t')) {
            p++;
        }

        for (end = p; end < last && *end != ','; end++) {
            /* void */
        }

        if ((size_t) (end - p) >= len
            && ngx_strncasecmp(p, (u_char *) type, len) == 0
            && (p + len == end || p[len] == ';' || p[len] == ' '
                || p[len] == '\t'))
        {
            return ngx_http_jupref_parse_quality(p + len, end);
        }
    }

    return 0;
}


/* ;q=0.5 behind a type; 1 without it, or where it is none. */

static ngx_uint_t
ngx_http_jupref_parse_quality(u_char *p, u_char *end)
{
    ngx_uint_t  quality, place;

    for ( /* void */ ; p + 2 < end; p++) {

        if ((*p == 'q' || *p == 'Q') && p[1] == '='
            && (p[-1] == ';' || p[-1] == ' ' || p[-1] == '\t'))
        {
            break;
        }
    }

    if (p + 2 >= end || p[2] < '0' || p[2] > '1') {
        return 1000;
    }

    quality = (ngx_uint_t) (p[2] - '0') * 1000;
    p += 3;

    if (p == end || *p++ != '.') {
        return quality;
    }

    for (place = 100; place && p < end && *p >= '0' && *p <= '9'; p++) {
        quality += (ngx_uint_t) (*p - '0') * place;
        place /= 10;
    }

    return ngx_min(quality, 1000);
}
