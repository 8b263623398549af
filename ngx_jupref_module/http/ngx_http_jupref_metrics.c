/*
 * Metrics: Prometheus text 0.0.4, or OpenMetrics 1.0 when it is asked for.
 *
 * One table of families; each family's samples are written by its function.
 * Labels have few, known values: never a wallet, a code or a mint.
 */

#include "http/ngx_http_jupref_api.h"


#define NGX_HTTP_JUPREF_METRICS_MAX  (32 * 1024)


/* Of the log's head: zeroes where there is none. */
typedef struct {
    uint64_t                     seq;
    uint64_t                     synced;
    uint64_t                     appended;
    uint64_t                     flushed;
    uint64_t                     syncs;
    uint64_t                     records;
    uint64_t                     bytes;
    uint32_t                     stopped;
} ngx_http_jupref_journal_t;


/* What the families are written from, copied once. */
typedef struct {
    u_char                      *at;
    u_char                      *end;
    ngx_uint_t                   open_metrics;
    ngx_http_jupref_counters_t   counters;
    uint32_t                     used[JUPREF_TABLES];
    uint32_t                     capacity[JUPREF_TABLES];
    uint64_t                     events;
    uint64_t                     clicks;
    uint64_t                     trades[JUPREF_STATES];
    uint32_t                     damaged;
    jupref_pending_stat_t        pending;
    ngx_http_jupref_journal_t    journal;
    unsigned                     journaled:1;
} ngx_http_jupref_metrics_t;


typedef struct {
    const char  *name;                  /* without _total */
    ngx_uint_t   counter;               /* 1: a counter, 0: a gauge */
    const char  *help;
    void       (*write)(ngx_http_jupref_metrics_t *m, const char *name);
} ngx_http_jupref_family_t;


static void ngx_http_jupref_m_orders(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_pending(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_trades(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_unattributed(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_integrity(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_clicks(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_events(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_refused(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_booked(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_used(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_capacity(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_evicted(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_damaged(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_home(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_journal(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_stopped(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_syncs(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_records(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_written(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_waiting(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_commits(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_snapshots(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_differs(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_m_tiles(ngx_http_jupref_metrics_t *m,
    const char *name);
static void ngx_http_jupref_sample(ngx_http_jupref_metrics_t *m,
    const char *name, const char *label, const char *value, uint64_t number);
static void ngx_http_jupref_metrics_copy(ngx_http_jupref_zone_t *zone,
    ngx_http_jupref_metrics_t *m);
static void ngx_http_jupref_metrics_journal(ngx_http_jupref_zone_t *zone,
    ngx_http_jupref_metrics_t *m);
static ngx_uint_t ngx_http_jupref_wants_open_metrics(ngx_http_request_t *r);


/* Add a metric here, and its line to docs/metrics.md. */
static const ngx_http_jupref_family_t  ngx_http_jupref_families[] = {
    { "jupref_orders", 1, "Orders priced, by whether a referrer was found.",
      ngx_http_jupref_m_orders },
    { "jupref_pending_orders_kept", 1,
      "Orders kept until their execute.", ngx_http_jupref_m_pending },
    { "jupref_trades", 1, "Executes by outcome.", ngx_http_jupref_m_trades },
    { "jupref_unattributed", 1,
      "Orders and executes that went on without attribution, by reason.",
      ngx_http_jupref_m_unattributed },
    { "jupref_fee_integrity", 1,
      "Order answers by what became of the fee that was asked for.",
      ngx_http_jupref_m_integrity },
    { "jupref_link_clicks", 1, "Link visits by whether the code is known.",
      ngx_http_jupref_m_clicks },
    { "jupref_ledger_events", 1, "Events in the ledger.",
      ngx_http_jupref_m_events },
    { "jupref_ledger_refused", 1, "Events the ledger refused, by reason.",
      ngx_http_jupref_m_refused },
    { "jupref_ledger_trades", 0, "Trades in the ledger, by state.",
      ngx_http_jupref_m_booked },
    { "jupref_ledger_rows", 0, "Rows in use, by table.",
      ngx_http_jupref_m_used },
    { "jupref_ledger_capacity_rows", 0, "Rows there is room for, by table.",
      ngx_http_jupref_m_capacity },
    { "jupref_pending_orders_evicted", 1,
      "Pending orders that gave way to newer ones before they expired.",
      ngx_http_jupref_m_evicted },
    { "jupref_ledger_damaged", 0,
      "1 when a booking was cut off half-way and nothing is booked any more.",
      ngx_http_jupref_m_damaged },
    { "jupref_ledger_home", 0,
      "1 for where the ledger is kept: on disk, or in memory only.",
      ngx_http_jupref_m_home },
    { "jupref_journal_events", 0,
      "The newest event, appended and synced.",
      ngx_http_jupref_m_journal },
    { "jupref_journal_stopped", 0,
      "1 when the disk has failed and nothing is booked until a reload.",
      ngx_http_jupref_m_stopped },
    { "jupref_journal_syncs", 1,
      "Syncs of the journal.",
      ngx_http_jupref_m_syncs },
    { "jupref_journal_records", 1,
      "Events written and synced.",
      ngx_http_jupref_m_records },
    { "jupref_journal_bytes", 1,
      "Bytes written to the journal.",
      ngx_http_jupref_m_written },
    { "jupref_journal_waiting_bytes", 0,
      "Bytes of events that wait for the disk.",
      ngx_http_jupref_m_waiting },
    { "jupref_commits", 1,
      "Answers of executes whose event was on disk in time, or late.",
      ngx_http_jupref_m_commits },
    { "jupref_snapshots", 1,
      "Snapshots by result.",
      ngx_http_jupref_m_snapshots },
    { "jupref_state_differs", 1,
      "Times the running ledger was not what its journal makes.",
      ngx_http_jupref_m_differs },
    { "jupref_tiles", 1,
      "Turns of bringing the log's tiles up to what is synced, by result.",
      ngx_http_jupref_m_tiles }
};


ngx_int_t
ngx_http_jupref_metrics_handler(ngx_http_request_t *r)
{
    ngx_int_t                        rc;
    u_char                          *buffer;
    ngx_uint_t                       i;
    jupref_bytes_t                   text;
    ngx_http_jupref_metrics_t       *m;
    ngx_http_jupref_main_conf_t     *jmcf;
    const ngx_http_jupref_family_t  *family;

    static ngx_str_t  plain =
        ngx_string("text/plain; version=0.0.4; charset=utf-8");
    static ngx_str_t  open_metrics =
        ngx_string("application/openmetrics-text; version=1.0.0; "
                   "charset=utf-8");

    rc = ngx_http_jupref_only_reads(r);
    if (rc != NGX_OK) {
        return rc;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    jmcf = ngx_http_get_module_main_conf(r, ngx_http_jupref_module);

    m = ngx_palloc(r->pool, sizeof(ngx_http_jupref_metrics_t));
    buffer = ngx_pnalloc(r->pool, NGX_HTTP_JUPREF_METRICS_MAX);

    if (m == NULL || buffer == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    m->at = buffer;
    m->end = buffer + NGX_HTTP_JUPREF_METRICS_MAX;
    m->open_metrics = ngx_http_jupref_wants_open_metrics(r);

    ngx_http_jupref_metrics_copy(jmcf->zone, m);

    for (i = 0; i < sizeof(ngx_http_jupref_families)
                    / sizeof(ngx_http_jupref_families[0]); i++)
    {
        family = &ngx_http_jupref_families[i];

        /* a counter's family is named without _total in OpenMetrics only */

        m->at = ngx_slprintf(m->at, m->end, "# HELP %s%s %s\n# TYPE %s%s %s\n",
                             family->name,
                             family->counter && !m->open_metrics
                             ? "_total" : "",
                             family->help, family->name,
                             family->counter && !m->open_metrics
                             ? "_total" : "",
                             family->counter ? "counter" : "gauge");

        family->write(m, family->name);
    }

    if (m->open_metrics) {
        m->at = ngx_slprintf(m->at, m->end, "# EOF\n");
    }

    text.data = buffer;
    text.len = (size_t) (m->at - buffer);

    return ngx_http_jupref_send(r, NGX_HTTP_OK,
                                m->open_metrics ? &open_metrics : &plain,
                                text);
}


static void
ngx_http_jupref_metrics_copy(ngx_http_jupref_zone_t *zone,
    ngx_http_jupref_metrics_t *m)
{
    ngx_uint_t        i;
    jupref_ledger_t  *ledger;

    ngx_memcpy(&m->counters, &zone->shared->counters,
               sizeof(ngx_http_jupref_counters_t));

    ngx_http_jupref_lock(zone);

    ledger = ngx_http_jupref_ledger(zone);

    for (i = 0; i < JUPREF_TABLES; i++) {
        m->used[i] = ledger->tables[i].count;
        m->capacity[i] = ledger->tables[i].capacity;
    }

    m->events = ledger->seq;
    m->clicks = ledger->clicks;
    m->damaged = ledger->booking;
    ngx_memcpy(m->trades, ledger->trades, sizeof(m->trades));

    jupref_pending_stat(ngx_http_jupref_pending(zone), ngx_http_jupref_now_ms(),
                        &m->pending);

    ngx_http_jupref_metrics_journal(zone, m);

    ngx_http_jupref_unlock(zone);
}


static void
ngx_http_jupref_metrics_journal(ngx_http_jupref_zone_t *zone,
    ngx_http_jupref_metrics_t *m)
{
    jupref_log_t  *journal;

    journal = ngx_http_jupref_journal(zone);

    ngx_memzero(&m->journal, sizeof(ngx_http_jupref_journal_t));
    m->journaled = (journal != NULL);

    if (journal) {
        m->journal.seq = journal->seq;
        m->journal.appended = journal->appended;
        m->journal.flushed = journal->flushed;
        m->journal.synced = journal->synced;
        m->journal.syncs = journal->syncs;
        m->journal.records = journal->records;
        m->journal.bytes = journal->bytes;
        m->journal.stopped = journal->stopped;
    }
}


/* `name` and, with a counter's, _total; labels only where there are some. */

static void
ngx_http_jupref_sample(ngx_http_jupref_metrics_t *m, const char *name,
    const char *label, const char *value, uint64_t number)
{
    if (label == NULL) {
        m->at = ngx_slprintf(m->at, m->end, "%s %uL\n", name, number);
        return;
    }

    m->at = ngx_slprintf(m->at, m->end, "%s{%s=\"%s\"} %uL\n", name, label,
                         value, number);
}


static void
ngx_http_jupref_m_orders(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, "jupref_orders_total", "referred", "no",
                           m->counters.orders[0]);
    ngx_http_jupref_sample(m, "jupref_orders_total", "referred", "yes",
                           m->counters.orders[1]);
}


static void
ngx_http_jupref_m_pending(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, "jupref_pending_orders_kept_total", NULL, NULL,
                           m->counters.pending_orders);
}


static void
ngx_http_jupref_m_trades(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, "jupref_trades_total", "outcome", "executed",
                           m->counters.trades[JUPREF_TRADE_EXECUTED]);
    ngx_http_jupref_sample(m, "jupref_trades_total", "outcome", "failed",
                           m->counters.trades[JUPREF_TRADE_FAILED]
                           + m->counters.trades[JUPREF_TRADE_REFUSED]);
    ngx_http_jupref_sample(m, "jupref_trades_total", "outcome", "unknown",
                           m->counters.trades[JUPREF_TRADE_UNKNOWN]);
    ngx_http_jupref_sample(m, "jupref_trades_total", "outcome", "unmatched",
                           m->counters.trades[JUPREF_TRADE_UNMATCHED]);
}


static void
ngx_http_jupref_m_unattributed(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_JUPREF_REASONS; i++) {
        ngx_http_jupref_sample(m, "jupref_unattributed_total", "reason",
                               ngx_http_jupref_reason_name(i),
                               m->counters.unattributed[i]);
    }
}


static void
ngx_http_jupref_m_integrity(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_uint_t  i;

    for (i = 0; i < 3; i++) {
        ngx_http_jupref_sample(m, "jupref_fee_integrity_total", "verdict",
                               jupref_fee_verdict_text(i),
                               m->counters.verdicts[i]);
    }
}


static void
ngx_http_jupref_m_clicks(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, "jupref_link_clicks_total", "code", "unknown",
                           m->counters.links[0]);
    ngx_http_jupref_sample(m, "jupref_link_clicks_total", "code", "known",
                           m->counters.links[1]);
}


static void
ngx_http_jupref_m_events(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, "jupref_ledger_events_total", NULL, NULL,
                           m->events);
}


/* What was refused because it is so already is no refusal worth a number. */

static void
ngx_http_jupref_m_refused(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_uint_t  i;

    for (i = JUPREF_LEDGER_OK + 1; i < JUPREF_LEDGER_RESULTS; i++) {

        if (i == JUPREF_LEDGER_NO_CHANGE) {
            continue;
        }

        ngx_http_jupref_sample(m, "jupref_ledger_refused_total", "reason",
                               jupref_ledger_result_name(i),
                               m->counters.refused[i]);
    }
}


static void
ngx_http_jupref_m_booked(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_uint_t  i;

    for (i = JUPREF_STATE_EXECUTED; i < JUPREF_STATES; i++) {
        ngx_http_jupref_sample(m, name, "state",
                               jupref_trade_state_name((unsigned) i),
                               m->trades[i]);
    }
}


static void
ngx_http_jupref_m_used(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_uint_t  i;

    for (i = 0; i < JUPREF_TABLES; i++) {
        ngx_http_jupref_sample(m, name, "table", jupref_table_name(i),
                               m->used[i]);
    }

    ngx_http_jupref_sample(m, name, "table", "pending_orders",
                           m->pending.used);
}


static void
ngx_http_jupref_m_capacity(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_uint_t  i;

    for (i = 0; i < JUPREF_TABLES; i++) {
        ngx_http_jupref_sample(m, name, "table", jupref_table_name(i),
                               m->capacity[i]);
    }

    ngx_http_jupref_sample(m, name, "table", "pending_orders",
                           m->pending.capacity);
}


static void
ngx_http_jupref_m_evicted(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, "jupref_pending_orders_evicted_total", NULL,
                           NULL, m->pending.evicted);
}


static void
ngx_http_jupref_m_damaged(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, name, NULL, NULL, m->damaged);
}


static void
ngx_http_jupref_m_home(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, name, "home", "journal",
                           m->journaled);
    ngx_http_jupref_sample(m, name, "home", "memory",
                           !m->journaled);
}


static void
ngx_http_jupref_m_journal(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, name, "at", "appended",
                           m->journal.seq);
    ngx_http_jupref_sample(m, name, "at", "synced",
                           m->journal.synced);
}


static void
ngx_http_jupref_m_stopped(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, name, NULL, NULL, m->journal.stopped != 0);
}


static void
ngx_http_jupref_m_syncs(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, "jupref_journal_syncs_total", NULL, NULL,
                           m->journal.syncs);
}


static void
ngx_http_jupref_m_records(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, "jupref_journal_records_total", NULL, NULL,
                           m->journal.records);
}


static void
ngx_http_jupref_m_written(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, "jupref_journal_bytes_total", NULL, NULL,
                           m->journal.bytes);
}


static void
ngx_http_jupref_m_waiting(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, name, NULL, NULL,
                           m->journal.appended - m->journal.flushed);
}


static void
ngx_http_jupref_m_commits(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, "jupref_commits_total", "outcome", "in_time",
                           m->counters.commits[0]);
    ngx_http_jupref_sample(m, "jupref_commits_total", "outcome", "late",
                           m->counters.commits[1]);
}


static void
ngx_http_jupref_m_snapshots(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, "jupref_snapshots_total", "result", "written",
                           m->counters.snapshots[0]);
    ngx_http_jupref_sample(m, "jupref_snapshots_total", "result", "failed",
                           m->counters.snapshots[1]);
}


static void
ngx_http_jupref_m_differs(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, "jupref_state_differs_total", NULL, NULL,
                           m->counters.state_differs);
}


static void
ngx_http_jupref_m_tiles(ngx_http_jupref_metrics_t *m, const char *name)
{
    ngx_http_jupref_sample(m, "jupref_tiles_total", "result", "published",
                           m->counters.tiles[0]);
    ngx_http_jupref_sample(m, "jupref_tiles_total", "result", "failed",
                           m->counters.tiles[1]);
}


static ngx_uint_t
ngx_http_jupref_wants_open_metrics(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

    static ngx_str_t  name = ngx_string("accept");
    static ngx_str_t  type = ngx_string("application/openmetrics-text");

    h = ngx_http_jupref_find_header(r, &name, NULL);

    return h && ngx_strlcasestrn(h->value.data, h->value.data + h->value.len,
                                 type.data, type.len - 1);
}
