/*
 * Appending: the one place where an event gets its seq, changes the ledger
 * and enters the log.  Also what is appended without being asked for.
 *
 * The record is written before the fold decides and shown to the flush
 * behind it, so nothing refused is ever in the log and nothing booked is ever
 * missing from it.
 */

#include "http/ngx_http_jupref.h"

#include "ledger/jupref_upkeep.h"


#define NGX_HTTP_JUPREF_CLICKS_EVERY_MS  1000

/* Events of one kind that one turn of the upkeep appends at most. */
#define NGX_HTTP_JUPREF_UPKEEP_MAX       8

#define NGX_HTTP_JUPREF_SALTS            64

/* An execute is answered, or given up by the proxy, long before this. */
#define NGX_HTTP_JUPREF_INTENT_AGE_MS    (10 * 60 * 1000)


static ngx_uint_t ngx_http_jupref_append_makes_room(
    ngx_http_jupref_zone_t *zone, const jupref_event_t *event,
    jupref_event_t *leaves);
static jupref_ledger_result_e ngx_http_jupref_append_one(
    ngx_http_jupref_zone_t *zone, jupref_event_t *event);
static jupref_ledger_result_e ngx_http_jupref_append_logged(
    ngx_http_jupref_zone_t *zone, jupref_event_t *event);
static uint8_t *ngx_http_jupref_salt(void);
static ngx_uint_t ngx_http_jupref_book_counted(ngx_http_jupref_zone_t *zone,
    jupref_clicks_t *clicks, jupref_event_type_e type);


/* A process's own: what its master drew before it isn't used twice. */
static uint8_t     ngx_http_jupref_salts[NGX_HTTP_JUPREF_SALTS]
                                        [JUPREF_SALT_SIZE];
static ngx_uint_t  ngx_http_jupref_salts_left;
static ngx_pid_t   ngx_http_jupref_salts_pid;


jupref_ledger_result_e
ngx_http_jupref_append(ngx_http_jupref_zone_t *zone, jupref_event_t *event)
{
    jupref_event_t          leaves;
    jupref_ledger_result_e  result;

    if (ngx_http_jupref_append_makes_room(zone, event, &leaves)) {
        (void) ngx_http_jupref_append_one(zone, &leaves);
    }

    result = ngx_http_jupref_append_one(zone, event);

    (void) ngx_atomic_fetch_add(&zone->shared->counters.refused[result], 1);

    return result;
}


/*
 * What leaves a full table, so that the event finds room in it.  One that has
 * its row already needs none, and mustn't make that very row leave.
 */

static ngx_uint_t
ngx_http_jupref_append_makes_room(ngx_http_jupref_zone_t *zone,
    const jupref_event_t *event, jupref_event_t *leaves)
{
    uint64_t          now_ms;
    jupref_ledger_t  *ledger;

    ledger = ngx_http_jupref_ledger(zone);
    now_ms = ngx_http_jupref_now_ms();

    if (ledger->booking) {
        return 0;
    }

    switch (event->type) {

    case JUPREF_EVENT_TRADE_EXECUTED:
    case JUPREF_EVENT_TRADE_UNKNOWN:
        return jupref_archive_due(ledger, now_ms, leaves)
               && jupref_find_trade(ledger, &event->of.trade.signature) == 0;

    case JUPREF_EVENT_TRADE_INTENT:
        return jupref_intent_gives_way(ledger, now_ms, leaves);

    default:
        return 0;
    }
}


static jupref_ledger_result_e
ngx_http_jupref_append_one(ngx_http_jupref_zone_t *zone,
    jupref_event_t *event)
{
    jupref_ledger_t           *ledger;
    jupref_ledger_result_e     result;
    ngx_http_jupref_shared_t  *shared;

    shared = zone->shared;
    ledger = ngx_http_jupref_ledger(zone);

    if (ledger->booking) {
        return JUPREF_LEDGER_DAMAGED;
    }

    event->seq = ledger->seq + 1;
    event->time_ms = ngx_http_jupref_now_ms();
    event->edge = 0;
    event->edge_seq = shared->edge_seq + 1;

    *(volatile uint32_t *) &shared->appending = 1;

    result = shared->log_at ? ngx_http_jupref_append_logged(zone, event)
                            : jupref_ledger_apply(ledger, event);

    if (result == JUPREF_LEDGER_OK) {
        shared->edge_seq = event->edge_seq;
    }

    *(volatile uint32_t *) &shared->appending = 0;

    return result;
}


static jupref_ledger_result_e
ngx_http_jupref_append_logged(ngx_http_jupref_zone_t *zone,
    jupref_event_t *event)
{
    uint8_t                *salt;
    jupref_log_t           *journal;
    jupref_ledger_t        *ledger;
    jupref_ledger_result_e  result;

    journal = ngx_http_jupref_journal(zone);
    ledger = ngx_http_jupref_ledger(zone);

    if (!jupref_log_has_room(journal)) {
        return ngx_http_jupref_stopped(zone) ? JUPREF_LEDGER_LOG_STOPPED
                                             : JUPREF_LEDGER_LOG_FULL;
    }

    salt = ngx_http_jupref_salt();
    if (salt == NULL) {
        return JUPREF_LEDGER_LOG_STOPPED;
    }

    /* what no record can hold the fold wouldn't take either */

    if (!jupref_log_prepare(journal, event, salt)) {
        return JUPREF_LEDGER_BAD_EVENT;
    }

    result = jupref_ledger_apply(ledger, event);

    if (result == JUPREF_LEDGER_OK) {

        if (!jupref_log_publish(journal, event)) {

            /* booked, but not in the log: only the journal can say now */

            ledger->booking = 1;
            return JUPREF_LEDGER_DAMAGED;
        }

        if (journal->segment_appended >= NGX_HTTP_JUPREF_SEGMENT_MAX) {
            jupref_log_bound(journal, ledger->digest);
        }
    }

    return result;
}


/* Salts are drawn many at a time: drawing costs more than an event. */

static uint8_t *
ngx_http_jupref_salt(void)
{
    uint8_t  *salt;

    if (ngx_http_jupref_salts_pid != ngx_pid || ngx_http_jupref_salts_left == 0)
    {
        if (!jupref_random(ngx_http_jupref_salts[0],
                           sizeof(ngx_http_jupref_salts)))
        {
            return NULL;
        }

        ngx_http_jupref_salts_pid = ngx_pid;
        ngx_http_jupref_salts_left = NGX_HTTP_JUPREF_SALTS;
    }

    salt = ngx_http_jupref_salts[--ngx_http_jupref_salts_left];

    return salt;
}


uint64_t
ngx_http_jupref_seq(ngx_http_jupref_zone_t *zone)
{
    return ngx_http_jupref_ledger(zone)->seq;
}


void
ngx_http_jupref_book_clicks(ngx_http_jupref_zone_t *zone, uint64_t now_ms)
{
    ngx_http_jupref_shared_t  *shared;

    shared = zone->shared;

    if (ngx_http_jupref_ledger(zone)->booking
        || (now_ms && now_ms >= shared->clicks_booked_ms
            && now_ms - shared->clicks_booked_ms
               < NGX_HTTP_JUPREF_CLICKS_EVERY_MS))
    {
        return;
    }

    shared->clicks_booked_ms = now_ms;

    while (ngx_http_jupref_book_counted(zone, ngx_http_jupref_clicks(zone),
                                        JUPREF_EVENT_CLICKS_COUNTED))
    {
        /* void */
    }

    while (ngx_http_jupref_book_counted(zone, ngx_http_jupref_orders(zone),
                                        JUPREF_EVENT_ORDERS_COUNTED))
    {
        /* void */
    }
}


/* What the log can't take now keeps waiting. */

static ngx_uint_t
ngx_http_jupref_book_counted(ngx_http_jupref_zone_t *zone,
    jupref_clicks_t *clicks, jupref_event_type_e type)
{
    uint32_t            code;
    jupref_log_t       *journal;
    jupref_event_t      event;
    jupref_code_row_t  *row;

    journal = ngx_http_jupref_journal(zone);

    if (journal && !jupref_log_has_room(journal)) {
        return 0;
    }

    ngx_memzero(&event, sizeof(jupref_event_t));

    code = jupref_clicks_take(clicks, &event.of.counted.count);
    if (code == 0) {
        return 0;
    }

    event.type = type;

    if (code != jupref_clicks_no_code(clicks)) {
        row = jupref_code(ngx_http_jupref_ledger(zone), code);

        ngx_memcpy(event.of.counted.code.key, row->key, JUPREF_CODE_MAX);
        ngx_memcpy(event.of.counted.code.text, row->text, JUPREF_CODE_MAX);
    }

    (void) ngx_http_jupref_append(zone, &event);

    return 1;
}


void
ngx_http_jupref_upkeep(ngx_http_jupref_zone_t *zone, uint64_t now_ms)
{
    ngx_uint_t        i;
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = ngx_http_jupref_ledger(zone);

    if (ledger->booking) {
        return;
    }

    for (i = 0; i < NGX_HTTP_JUPREF_UPKEEP_MAX; i++) {

        if (!jupref_release_due(ledger, now_ms, zone->conf->hold, &event)
            || ngx_http_jupref_append(zone, &event) != JUPREF_LEDGER_OK)
        {
            break;
        }
    }

    for (i = 0; i < NGX_HTTP_JUPREF_UPKEEP_MAX; i++) {

        if (!jupref_intent_stale(ledger, now_ms, NGX_HTTP_JUPREF_INTENT_AGE_MS,
                                 &event)
            || ngx_http_jupref_append(zone, &event) != JUPREF_LEDGER_OK)
        {
            break;
        }
    }
}


/* At a start nothing is under way: what was intended is open. */

void
ngx_http_jupref_orphans(ngx_http_jupref_zone_t *zone, ngx_log_t *log)
{
    ngx_uint_t        count;
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = ngx_http_jupref_ledger(zone);

    for (count = 0;
         jupref_intent_stale(ledger, ngx_http_jupref_now_ms(), 0, &event)
         && ngx_http_jupref_append(zone, &event) == JUPREF_LEDGER_OK;
         count++)
    {
        /* void */
    }

    if (count) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "jupref: %ui executes were under way when nginx ended: "
                      "their trades are kept as unknown", count);
    }
}
