/*
 * The families of traffic, ledger and journal.
 */

#include "http/ngx_http_jupref_metrics.h"


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


/* Add a metric here, and its line to docs/metrics.md. */
const ngx_http_jupref_family_t  ngx_http_jupref_families[] = {
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
      ngx_http_jupref_m_tiles },

    { NULL, 0, NULL, NULL }
};


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
