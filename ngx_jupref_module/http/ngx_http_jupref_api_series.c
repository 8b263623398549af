/*
 * GET platform/series, referrers/{wallet}/series and codes/{code}/series:
 * numbers by hour or day.
 *
 * What is told are whole buckets: those that the time from `from` up to `to`
 * touches.  One in which nothing happened is told as zeroes.
 */

#include "http/ngx_http_jupref_rows.h"

#include "base/jupref_time.h"
#include "ledger/jupref_series.h"


#define NGX_HTTP_JUPREF_SERIES_ROOM   512
#define NGX_HTTP_JUPREF_BUCKET_ROOM   192

#define NGX_HTTP_JUPREF_NO_TIME       UINT64_MAX        /* not given */


typedef struct {
    jupref_bucket_e  bucket;
    uint64_t         bucket_ms;
    uint32_t         from;              /* numbers of buckets */
    uint32_t         count;
} ngx_http_jupref_range_t;


/* Buckets told without `from` and at the most, by jupref_bucket_e. */
static const struct {
    const char  *name;
    uint64_t     ms;
    uint32_t     usual;
    uint32_t     most;
    const char  *refusal;
} ngx_http_jupref_buckets[] = {
    { "hour", 60 * 60 * 1000, 24, JUPREF_HOURS_KEPT,
      "from and to must be 336 hours apart at the most" },
    { "day", 24 * 60 * 60 * 1000, 30, JUPREF_DAYS_KEPT,
      "from and to must be 1098 days apart at the most" }
};


static ngx_http_jupref_problem_e ngx_http_jupref_series_range(
    ngx_http_jupref_api_t *api, ngx_http_jupref_range_t *range);
static ngx_http_jupref_problem_e ngx_http_jupref_series_bucket(
    ngx_http_jupref_api_t *api, jupref_bucket_e *bucket);
static ngx_http_jupref_problem_e ngx_http_jupref_series_time(
    ngx_http_jupref_api_t *api, const char *name, uint64_t *time_ms,
    const char *refusal);
static ngx_http_jupref_problem_e ngx_http_jupref_tell_series(
    ngx_http_jupref_api_t *api, const jupref_pubkey_t *wallet,
    const jupref_code_name_t *code);
static ngx_http_jupref_problem_e ngx_http_jupref_write_series(
    ngx_http_jupref_api_t *api, const ngx_http_jupref_range_t *range,
    const jupref_series_row_t *rows, unsigned count, uint32_t since);
static void ngx_http_jupref_row_bucket(ngx_http_jupref_row_t *row,
    const ngx_http_jupref_range_t *range, const jupref_series_row_t *series);


ngx_http_jupref_problem_e
ngx_http_jupref_get_platform_series(ngx_http_jupref_api_t *api)
{
    return ngx_http_jupref_tell_series(api, NULL, NULL);
}


ngx_http_jupref_problem_e
ngx_http_jupref_get_referrer_series(ngx_http_jupref_api_t *api)
{
    jupref_pubkey_t            wallet;
    ngx_http_jupref_problem_e  problem;

    problem = ngx_http_jupref_api_wallet(api, &wallet);

    return problem ? problem : ngx_http_jupref_tell_series(api, &wallet, NULL);
}


ngx_http_jupref_problem_e
ngx_http_jupref_get_code_series(ngx_http_jupref_api_t *api)
{
    jupref_code_name_t  code;

    if (!jupref_code_is_valid(ngx_http_jupref_bytes(&api->parameter))) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_SUCH_CODE,
                   "a code is 3 to 32 letters, digits, \"_\" or \"-\"");
    }

    jupref_code_name_set(&code, ngx_http_jupref_bytes(&api->parameter));

    return ngx_http_jupref_tell_series(api, NULL, &code);
}


static ngx_http_jupref_problem_e
ngx_http_jupref_tell_series(ngx_http_jupref_api_t *api,
    const jupref_pubkey_t *wallet, const jupref_code_name_t *code)
{
    uint32_t                    owner, since;
    unsigned                    count;
    jupref_ledger_t            *ledger;
    jupref_series_row_t        *rows;
    ngx_http_jupref_range_t     range = { 0 };
    ngx_http_jupref_problem_e   problem;

    problem = ngx_http_jupref_series_range(api, &range);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    rows = ngx_http_jupref_api_view(api, range.count
                                         * sizeof(jupref_series_row_t));
    if (rows == NULL) {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    ngx_http_jupref_lock(api->zone);

    ngx_http_jupref_api_head(api);
    ledger = ngx_http_jupref_ledger(api->zone);

    owner = wallet ? jupref_find_referrer(ledger, wallet)
                   : code ? jupref_find_code(ledger, code) : 0;
    count = 0;
    since = jupref_series_since(ledger, range.bucket);

    if (owner || (wallet == NULL && code == NULL)) {
        count = jupref_series_read(ledger, range.bucket,
                                   wallet ? jupref_owner_referrer(owner)
                                   : code ? jupref_owner_code(owner)
                                          : JUPREF_OWNER_PLATFORM,
                                   range.from, range.from + range.count - 1,
                                   range.count, rows);
    }

    ngx_http_jupref_unlock(api->zone);

    if (wallet && owner == 0) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_SUCH_REFERRER,
                                      "this wallet is not registered");
    }

    if (code && owner == 0) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_SUCH_CODE,
                                      "no referrer has this code");
    }

    return ngx_http_jupref_write_series(api, &range, rows, count, since);
}


/* from, to and bucket */

static ngx_http_jupref_problem_e
ngx_http_jupref_series_range(ngx_http_jupref_api_t *api,
    ngx_http_jupref_range_t *range)
{
    uint64_t                   from, to, first, behind;
    ngx_http_jupref_problem_e  problem;

    problem = ngx_http_jupref_series_bucket(api, &range->bucket);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    range->bucket_ms = ngx_http_jupref_buckets[range->bucket].ms;
    to = ngx_http_jupref_now_ms() + 1;
    from = NGX_HTTP_JUPREF_NO_TIME;

    problem = ngx_http_jupref_series_time(api, "to", &to,
                  "to must be a date, or a date with time and offset, such as "
                  "2026-11-22T18:00:00Z");
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    problem = ngx_http_jupref_series_time(api, "from", &from,
                  "from must be a date, or a date with time and offset, such "
                  "as 2026-11-22T18:00:00Z");
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    /* the bucket that has the last moment before `to` is the last one */

    behind = (to + range->bucket_ms - 1) / range->bucket_ms;

    if (from == NGX_HTTP_JUPREF_NO_TIME) {
        from = ngx_http_jupref_buckets[range->bucket].usual;
        from = (behind > from) ? (behind - from) * range->bucket_ms : 0;
    }

    first = from / range->bucket_ms;

    if (to <= from) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_ARGUMENT,
                                      "from must be before to");
    }

    if (behind - first > ngx_http_jupref_buckets[range->bucket].most) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_ARGUMENT,
                   ngx_http_jupref_buckets[range->bucket].refusal);
    }

    range->from = (uint32_t) first;
    range->count = (uint32_t) (behind - first);

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


static ngx_http_jupref_problem_e
ngx_http_jupref_series_bucket(ngx_http_jupref_api_t *api,
    jupref_bucket_e *bucket)
{
    ngx_str_t                  text;
    ngx_http_jupref_problem_e  problem;

    *bucket = JUPREF_BY_HOUR;

    problem = ngx_http_jupref_api_argument(api, "bucket", &text);

    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM || text.len == 0) {
        return problem;
    }

    if (text.len == 4 && ngx_strncmp(text.data, "hour", 4) == 0) {
        return NGX_HTTP_JUPREF_NO_PROBLEM;
    }

    if (text.len == 3 && ngx_strncmp(text.data, "day", 3) == 0) {
        *bucket = JUPREF_BY_DAY;
        return NGX_HTTP_JUPREF_NO_PROBLEM;
    }

    return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_ARGUMENT,
                                  "bucket must be \"hour\" or \"day\"");
}


static ngx_http_jupref_problem_e
ngx_http_jupref_series_time(ngx_http_jupref_api_t *api, const char *name,
    uint64_t *time_ms, const char *refusal)
{
    ngx_str_t                  text;
    ngx_http_jupref_problem_e  problem;

    problem = ngx_http_jupref_api_argument(api, name, &text);

    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM || text.len == 0) {
        return problem;
    }

    if (!jupref_parse_time(ngx_http_jupref_bytes(&text), time_ms)) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_ARGUMENT,
                                      refusal);
    }

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


static ngx_http_jupref_problem_e
ngx_http_jupref_write_series(ngx_http_jupref_api_t *api,
    const ngx_http_jupref_range_t *range, const jupref_series_row_t *rows,
    unsigned count, uint32_t since)
{
    unsigned                i;
    ngx_http_jupref_row_t   row;
    jupref_json_writer_t   *json;

    if (ngx_http_jupref_api_room(api, NGX_HTTP_JUPREF_SERIES_ROOM
                                 + count * NGX_HTTP_JUPREF_BUCKET_ROOM)
        != NGX_OK)
    {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    json = &api->json;
    row.out = json;
    row.format = NGX_HTTP_JUPREF_JSON;

    if (ngx_http_jupref_wants_csv(api->r)) {
        api->csv = 1;

        row.format = NGX_HTTP_JUPREF_CSV_NAMES;
        ngx_http_jupref_row_bucket(&row, range, &rows[0]);
        row.format = NGX_HTTP_JUPREF_CSV;

    } else {
        jupref_json_object(json, NULL);
        jupref_json_cstring(json, "bucket",
                            ngx_http_jupref_buckets[range->bucket].name);
        jupref_json_time(json, "from", range->from * range->bucket_ms);
        jupref_json_time(json, "to",
                         (range->from + (uint64_t) range->count)
                         * range->bucket_ms);
        ngx_http_jupref_row_time_or_none(&row, "since",
                                         since * range->bucket_ms);
        jupref_json_array(json, "data");
    }

    for (i = 0; i < count; i++) {
        ngx_http_jupref_row_bucket(&row, range, &rows[i]);
    }

    if (!api->csv) {
        jupref_json_array_end(json);
        jupref_json_object_end(json);
    }

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


static void
ngx_http_jupref_row_bucket(ngx_http_jupref_row_t *row,
    const ngx_http_jupref_range_t *range, const jupref_series_row_t *series)
{
    ngx_http_jupref_row_begin(row);
    ngx_http_jupref_row_time(row, "at", series->bucket * range->bucket_ms);
    ngx_http_jupref_row_number(row, "clicks", series->clicks);
    ngx_http_jupref_row_number(row, "orders", series->orders);
    ngx_http_jupref_row_number(row, "trades", series->trades);
    ngx_http_jupref_row_micro(row, "volumeUsd", series->volume_micro_usd);
    ngx_http_jupref_row_micro(row, "feesUsd", series->fees_micro_usd);
    ngx_http_jupref_row_end(row);
}
