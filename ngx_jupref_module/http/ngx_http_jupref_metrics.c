/*
 * Metrics: Prometheus text 0.0.4, or OpenMetrics 1.0 when it is asked for.
 *
 * Tables of families, one a subject; each family's samples are written by its
 * function.
 * Labels have few, known values: never a wallet, a code or a mint.
 */

#include "http/ngx_http_jupref_metrics.h"

#include "agent/ngx_http_jupref_verify_conf.h"


#define NGX_HTTP_JUPREF_METRICS_MAX  (96 * 1024)


static void ngx_http_jupref_write_family(ngx_http_jupref_metrics_t *m,
    const ngx_http_jupref_family_t *family);
static void ngx_http_jupref_metrics_copy(ngx_http_jupref_zone_t *zone,
    ngx_http_jupref_metrics_t *m);
static void ngx_http_jupref_metrics_journal(ngx_http_jupref_zone_t *zone,
    ngx_http_jupref_metrics_t *m);
static void ngx_http_jupref_metrics_awaited(const jupref_ledger_t *ledger,
    ngx_http_jupref_metrics_t *m);
static void ngx_http_jupref_metrics_proof(ngx_http_jupref_zone_t *zone,
    ngx_http_jupref_metrics_t *m);
static ngx_uint_t ngx_http_jupref_wants_open_metrics(ngx_http_request_t *r);


ngx_int_t
ngx_http_jupref_metrics_handler(ngx_http_request_t *r)
{
    size_t                           size;
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
    static const ngx_http_jupref_family_t *const  tables[] = {
        ngx_http_jupref_families,
        ngx_http_jupref_pool_families,
        ngx_http_jupref_rpc_families,
        ngx_http_jupref_proof_families
    };

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
    if (m == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    size = ngx_http_jupref_metrics_pools(r, m);
    if (size == 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    size += NGX_HTTP_JUPREF_METRICS_MAX;

    buffer = ngx_pnalloc(r->pool, size);
    if (buffer == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    m->at = buffer;
    m->end = buffer + size;
    m->open_metrics = ngx_http_jupref_wants_open_metrics(r);

    /* an nginx with RPC alone has no ledger, whose families come first */

    if (jmcf->zone) {
        ngx_http_jupref_metrics_copy(jmcf->zone, m);
    }

    for (i = jmcf->zone ? 0 : 1; i < sizeof(tables) / sizeof(tables[0]); i++) {
        for (family = tables[i]; family->name; family++) {
            ngx_http_jupref_write_family(m, family);
        }
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


/* A counter's family is named without _total in OpenMetrics only; one that has
 * no sample isn't there. */

static void
ngx_http_jupref_write_family(ngx_http_jupref_metrics_t *m,
    const ngx_http_jupref_family_t *family)
{
    u_char      *start, *samples;
    const char  *total;

    static const char *const  types[] = { "gauge", "counter", "histogram" };

    start = m->at;
    total = (family->type == 1 && !m->open_metrics) ? "_total" : "";

    m->at = ngx_slprintf(m->at, m->end, "# HELP %s%s %s\n# TYPE %s%s %s\n",
                         family->name, total, family->help, family->name,
                         total, types[family->type]);

    samples = m->at;

    family->write(m, family->name);

    if (m->at == samples) {
        m->at = start;
    }
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
    ngx_http_jupref_metrics_awaited(ledger, m);

    ngx_http_jupref_unlock(zone);

    ngx_http_jupref_metrics_proof(zone, m);
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


/* How long the oldest trade has been waiting for its proof, and what is
 * raised. */

static void
ngx_http_jupref_metrics_awaited(const jupref_ledger_t *ledger,
    ngx_http_jupref_metrics_t *m)
{
    uint32_t    oldest;
    uint64_t    now_ms, time_ms;
    ngx_uint_t  i;

    for (i = 0; i < JUPREF_INCIDENTS; i++) {
        m->raised[i] = (ledger->raised[i].seq != 0);
    }

    m->oldest_proof_ms = 0;
    oldest = ledger->oldest_proof[JUPREF_PROOFS_AWAITED];

    if (oldest) {
        now_ms = ngx_http_jupref_now_ms();
        time_ms = jupref_trade(ledger, oldest)->time_ms;
        m->oldest_proof_ms = (now_ms > time_ms) ? now_ms - time_ms : 0;
    }
}


static void
ngx_http_jupref_metrics_proof(ngx_http_jupref_zone_t *zone,
    ngx_http_jupref_metrics_t *m)
{
    ngx_http_jupref_proof_t  *proof;

    m->verified = ngx_http_jupref_verify_on(zone->conf->verify);
    ngx_http_jupref_metrics_accounts(zone->conf->rpc_zone, &m->accounts);

    proof = ngx_http_jupref_proof(zone->conf->rpc_zone);

    if (proof) {
        ngx_memcpy(&m->proof, proof, sizeof(ngx_http_jupref_proof_t));

    } else {
        ngx_memzero(&m->proof, sizeof(ngx_http_jupref_proof_t));
    }
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


/* `name` and, with a counter's, _total; labels only where there are some. */

void
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


void
ngx_http_jupref_sample_of(ngx_http_jupref_metrics_t *m, const char *name,
    const char *labels, uint64_t number)
{
    m->at = ngx_slprintf(m->at, m->end, "%s{%s} %uL\n", name, labels, number);
}


void
ngx_http_jupref_sample_histogram(ngx_http_jupref_metrics_t *m,
    const char *name, const ngx_uint_t *bounds, ngx_uint_t count,
    const ngx_atomic_t *buckets, uint64_t sum_ms)
{
    uint64_t    sum;
    ngx_uint_t  i;

    for (sum = 0, i = 0; i < count; i++) {
        sum += buckets[i];

        m->at = ngx_slprintf(m->at, m->end, "%s_bucket{le=\"%ui%s\"} %uL\n",
                             name, bounds[i], m->open_metrics ? ".0" : "",
                             sum);
    }

    sum += buckets[count];

    m->at = ngx_slprintf(m->at, m->end, "%s_bucket{le=\"+Inf\"} %uL\n"
                         "%s_sum %uL.%03uL\n%s_count %uL\n", name, sum,
                         name, sum_ms / 1000, sum_ms % 1000, name, sum);
}
