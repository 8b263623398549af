/*
 * The ledger from its state directory: at a start into the zone that was just
 * made, at a reload with another size (or over a damaged ledger) into memory
 * of its own, which then takes the place of the running one.
 *
 * The running ledger is locked only for the last records, those that wait for
 * the disk; what was folded before was read from the journal.
 */

#include "http/ngx_http_jupref.h"


/* How often a long recovery tells where it is. */
#define NGX_HTTP_JUPREF_PROGRESS_MS  2000

/* Events that may be left when the flush is stopped for the last of them, and
 * how often it is tried to come so far. */
#define NGX_HTTP_JUPREF_RELAY_REST    2000
#define NGX_HTTP_JUPREF_RELAY_ROUNDS  8


typedef struct {
    ngx_log_t        *log;
    uint64_t          told_ms;
} ngx_http_jupref_progress_t;


/* A fold that catches up with what waits in the log. */
typedef struct {
    jupref_ledger_t         *ledger;
    jupref_place_t           place;             /* behind its last event */
    jupref_ledger_result_e   result;
} ngx_http_jupref_catch_up_t;


static ngx_int_t ngx_http_jupref_relay_to(ngx_http_jupref_zone_t *zone,
    uint64_t at, uint64_t ledger_size, uint64_t clicks_size, ngx_log_t *log);
static ngx_int_t ngx_http_jupref_relay_read(ngx_http_jupref_zone_t *zone,
    ngx_http_jupref_catch_up_t *catch_up, ngx_log_t *log);
static ngx_int_t ngx_http_jupref_relay_catch_up(ngx_http_jupref_zone_t *zone,
    ngx_http_jupref_catch_up_t *catch_up, uint64_t until, ngx_log_t *log);
static ngx_int_t ngx_http_jupref_relay_fold(ngx_http_jupref_zone_t *zone,
    ngx_http_jupref_catch_up_t *catch_up, ngx_log_t *log);
static uint64_t ngx_http_jupref_relay_room(ngx_http_jupref_zone_t *zone,
    uint64_t size);
static void ngx_http_jupref_relay_spare(ngx_http_jupref_zone_t *zone,
    uint64_t at, uint64_t size);
static int ngx_http_jupref_relay_record(void *context, jupref_bytes_t bytes);
static void ngx_http_jupref_relay_head(ngx_http_jupref_zone_t *zone,
    jupref_place_t *place);
static void ngx_http_jupref_relay_switch(ngx_http_jupref_zone_t *zone,
    uint64_t ledger_at, uint64_t ledger_size, uint64_t clicks_at,
    uint64_t clicks_size);
static void ngx_http_jupref_relay_counted(jupref_clicks_t *to,
    jupref_clicks_t *from);
static void ngx_http_jupref_progress(void *context, uint64_t seq);


/* `until` 0: all there is.  With `cut` a torn tail is cut off. */

ngx_int_t
ngx_http_jupref_recover(ngx_http_jupref_zone_t *zone, jupref_ledger_t *ledger,
    uint64_t until, ngx_uint_t cut, jupref_place_t *place, ngx_log_t *log)
{
    uint64_t                    began;
    jupref_fault_t              fault;
    jupref_recovery_t           how;
    jupref_recovered_t          recovered;
    ngx_http_jupref_progress_t  progress;

    began = ngx_http_jupref_clock_ms();

    progress.log = log;
    progress.told_ms = began;

    ngx_memzero(&how, sizeof(jupref_recovery_t));
    ngx_memzero(&recovered, sizeof(jupref_recovered_t));
    ngx_memzero(&fault, sizeof(jupref_fault_t));
    how.until = until;
    how.cut = cut;
    how.progress = ngx_http_jupref_progress;
    how.context = &progress;

    if (jupref_recover(&zone->store, &how, ledger, place, &recovered, &fault)
        != JUPREF_FAULT_NONE)
    {
        ngx_log_error(NGX_LOG_EMERG, log, (ngx_err_t) fault.error,
                      "jupref: the state in \"%V\" can't be recovered, %s: "
                      "%s", &zone->state, jupref_fault_name(fault.fault),
                      fault.text);
        return NGX_ERROR;
    }

    if (recovered.warning.fault != JUPREF_FAULT_NONE) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "jupref: %s, %s",
                      jupref_fault_name(recovered.warning.fault),
                      recovered.warning.text);
    }

    if (recovered.former_snapshots) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "jupref: %uL snapshots are of an older layout: %s; they "
                      "are removed when one of this version is there",
                      recovered.former_snapshots,
                      recovered.converted
                      ? "the newest is laid out anew"
                      : recovered.snapshot
                        ? "a newer one is there"
                        : "the journal is read from its first event on");
    }

    if (recovered.torn) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "jupref: a torn tail of %uL bytes was cut off the "
                      "journal: records that nobody was told of",
                      recovered.torn);
    }

    ngx_log_error(NGX_LOG_NOTICE, log, 0,
                  "jupref: ledger recovered to event %uL, snapshot %uL and "
                  "%uL events behind it, in %uL ms", place->seq,
                  recovered.snapshot, recovered.records,
                  ngx_http_jupref_clock_ms() - began);

    return NGX_OK;
}


ngx_int_t
ngx_http_jupref_relay(ngx_http_jupref_zone_t *zone, uint64_t size,
    ngx_log_t *log)
{
    uint64_t                   at, ledger_size, clicks_size;
    ngx_int_t                  rc;
    ngx_uint_t                 needed;
    ngx_http_jupref_shared_t  *shared;

    shared = zone->shared;

    /* one at a time, and nothing is removed from the journal meanwhile */

    (void) ngx_http_jupref_robust_lock(&shared->keep);

    ngx_http_jupref_lock(zone);
    needed = (ngx_http_jupref_ledger(zone)->booking
              || shared->zone_size != size);
    ngx_http_jupref_unlock(zone);

    if (!needed) {
        (void) pthread_mutex_unlock(&shared->keep);
        return NGX_OK;
    }

    /* pending orders and log stay as they are until the next start */

    ngx_http_jupref_zone_shares(size - ngx_min(shared->fixed_size, size / 2),
                                &ledger_size, &clicks_size);

    at = ngx_http_jupref_relay_room(zone, ledger_size + clicks_size);

    if (at == 0
        || ngx_http_jupref_zone_lay(zone, at, ledger_size, at + ledger_size,
                                    clicks_size)
           != NGX_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "there is no room to lay the ledger of \"jupref_zone\" "
                      "out anew: restart nginx instead of reloading it");
        rc = NGX_ERROR;

    } else {
        rc = ngx_http_jupref_relay_to(zone, at, ledger_size, clicks_size, log);
    }

    if (rc == NGX_OK) {
        shared->zone_size = size;

    } else if (at) {
        ngx_http_jupref_relay_spare(zone, at, ledger_size + clicks_size);
    }

    (void) pthread_mutex_unlock(&shared->keep);

    return rc;
}


/*
 * Most of the journal is read while the flush goes on, and only the rest
 * without it: what isn't in the journal then is in the ring.
 */

static ngx_int_t
ngx_http_jupref_relay_to(ngx_http_jupref_zone_t *zone, uint64_t at,
    uint64_t ledger_size, uint64_t clicks_size, ngx_log_t *log)
{
    ngx_int_t                    rc;
    ngx_http_jupref_shared_t    *shared;
    ngx_http_jupref_catch_up_t   catch_up;

    shared = zone->shared;

    catch_up.ledger = (jupref_ledger_t *) ((u_char *) shared + at);
    catch_up.result = JUPREF_LEDGER_OK;

    ngx_http_jupref_store_enter(zone);

    rc = ngx_http_jupref_relay_read(zone, &catch_up, log);

    if (rc == NGX_OK) {
        (void) ngx_http_jupref_robust_lock(&shared->flush);

        rc = ngx_http_jupref_relay_fold(zone, &catch_up, log);

        if (rc == NGX_OK) {
            ngx_http_jupref_relay_switch(zone, at, ledger_size,
                                         at + ledger_size, clicks_size);
        }

        if (rc != NGX_ERROR) {
            ngx_http_jupref_unlock(zone);
        }

        (void) pthread_mutex_unlock(&shared->flush);
    }

    ngx_http_jupref_store_leave(zone);

    return rc == NGX_OK ? NGX_OK : NGX_ERROR;
}


/* Until what is left is little. */

static ngx_int_t
ngx_http_jupref_relay_read(ngx_http_jupref_zone_t *zone,
    ngx_http_jupref_catch_up_t *catch_up, ngx_log_t *log)
{
    uint64_t       synced;
    ngx_uint_t     round;
    jupref_log_t  *journal;

    journal = ngx_http_jupref_journal(zone);
    synced = __atomic_load_n(&journal->synced, __ATOMIC_ACQUIRE);

    if (synced == 0) {
        ngx_memzero(&catch_up->place, sizeof(jupref_place_t));
        return NGX_OK;
    }

    if (ngx_http_jupref_recover(zone, catch_up->ledger, synced, 0,
                                &catch_up->place, log)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (round = 0; round < NGX_HTTP_JUPREF_RELAY_ROUNDS; round++) {
        synced = __atomic_load_n(&journal->synced, __ATOMIC_ACQUIRE);

        if (synced - catch_up->place.seq < NGX_HTTP_JUPREF_RELAY_REST) {
            break;
        }

        if (ngx_http_jupref_relay_catch_up(zone, catch_up, synced, log)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_jupref_relay_catch_up(ngx_http_jupref_zone_t *zone,
    ngx_http_jupref_catch_up_t *catch_up, uint64_t until, ngx_log_t *log)
{
    uint64_t           records;
    jupref_fault_t     fault;
    jupref_recovery_t  how;

    ngx_memzero(&how, sizeof(jupref_recovery_t));
    ngx_memzero(&fault, sizeof(jupref_fault_t));
    how.until = until;

    if (until <= catch_up->place.seq
        || jupref_catch_up(&zone->store, &how, catch_up->ledger,
                           &catch_up->place, &records, &fault)
           == JUPREF_FAULT_NONE)
    {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, log, (ngx_err_t) fault.error,
                  "jupref: the state in \"%V\" can't be recovered, %s: %s",
                  &zone->state, jupref_fault_name(fault.fault), fault.text);

    return NGX_ERROR;
}


/*
 * NGX_OK: the ledger is the same as the running one, which is locked;
 * NGX_DECLINED: it isn't, and that is locked; NGX_ERROR: nothing is locked.
 */

static ngx_int_t
ngx_http_jupref_relay_fold(ngx_http_jupref_zone_t *zone,
    ngx_http_jupref_catch_up_t *catch_up, ngx_log_t *log)
{
    jupref_log_t     *journal;
    jupref_ledger_t  *ledger, *running;

    journal = ngx_http_jupref_journal(zone);
    ledger = catch_up->ledger;

    if (ngx_http_jupref_relay_catch_up(zone, catch_up, journal->synced, log)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_jupref_lock(zone);

    running = ngx_http_jupref_ledger(zone);

    (void) jupref_log_waiting(journal, catch_up->place.seq,
                              ngx_http_jupref_relay_record, catch_up);

    if (catch_up->result == JUPREF_LEDGER_OK && running->booking) {
        ngx_http_jupref_relay_head(zone, &catch_up->place);
    }

    if (catch_up->result != JUPREF_LEDGER_OK || ledger->seq != journal->seq) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "jupref: the ledger was recovered to event %uL of %uL "
                      "only: %s", ledger->seq, journal->seq,
                      jupref_ledger_result_text(catch_up->result));
        return NGX_DECLINED;
    }

    if (!running->booking && running->digest != ledger->digest) {
        (void) ngx_atomic_fetch_add(&zone->shared->counters.state_differs, 1);

        ngx_log_error(NGX_LOG_ALERT, log, 0,
                      "jupref: the running ledger isn't what its journal "
                      "makes at event %uL: the journal's takes its place",
                      ledger->seq);
    }

    return NGX_OK;
}


static int
ngx_http_jupref_relay_record(void *context, jupref_bytes_t bytes)
{
    jupref_event_t               event;
    jupref_record_t              record;
    ngx_http_jupref_catch_up_t  *catch_up = context;

    if (jupref_record_parse(bytes, &record) != JUPREF_RECORD_OK
        || jupref_record_event(&record, bytes, &event) != JUPREF_RECORD_OK)
    {
        catch_up->result = JUPREF_LEDGER_BAD_EVENT;
        return 1;
    }

    catch_up->result = jupref_ledger_apply(catch_up->ledger, &event);

    if (catch_up->result != JUPREF_LEDGER_OK) {
        return 1;
    }

    if (!jupref_frontier_append(&catch_up->place.frontier, record.leaf_hash)) {
        catch_up->result = JUPREF_LEDGER_DAMAGED;
        return 1;
    }

    catch_up->place.seq = record.seq;
    catch_up->place.time_ms = record.time_ms;
    ngx_memcpy(catch_up->place.head, record.leaf_hash, JUPREF_SHA256_SIZE);

    return 0;
}


/*
 * What the ledger before the running one has left, else new memory.  It is
 * spare no more: who dies over it leaves it behind, half-written.
 */

static uint64_t
ngx_http_jupref_relay_room(ngx_http_jupref_zone_t *zone, uint64_t size)
{
    uint64_t                   at;
    ngx_http_jupref_shared_t  *shared;

    shared = zone->shared;

    if (shared->spare_at && shared->spare_size >= size) {
        at = shared->spare_at;
        shared->spare_at = 0;
        return at;
    }

    return ngx_http_jupref_memory_grow(&zone->memory, size);
}


/* Zeroed, it serves the next one; of two the larger one does. */

static void
ngx_http_jupref_relay_spare(ngx_http_jupref_zone_t *zone, uint64_t at,
    uint64_t size)
{
    ngx_http_jupref_shared_t  *shared;

    shared = zone->shared;

    ngx_http_jupref_memory_drop(&zone->memory, at, size);

    if (shared->spare_at == 0 || shared->spare_size < size) {
        shared->spare_at = 0;
        ngx_memory_barrier();
        shared->spare_size = size;
        ngx_memory_barrier();
        shared->spare_at = at;
    }
}


/*
 * A process died inside a booking and its successor starts: it recovers the
 * ledger, if nobody else has yet.
 */

void
ngx_http_jupref_relay_damaged(ngx_http_jupref_zone_t *zone, ngx_log_t *log)
{
    ngx_uint_t  damaged;

    if (zone->state.len == 0 || ngx_http_jupref_stopped(zone)) {
        return;
    }

    ngx_http_jupref_lock(zone);
    damaged = ngx_http_jupref_ledger(zone)->booking;
    ngx_http_jupref_unlock(zone);

    if (damaged
        && ngx_http_jupref_relay(zone, zone->shared->zone_size, log) == NGX_OK)
    {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "jupref: the ledger in which a process died is "
                      "recovered");
    }
}


/*
 * Who died over an append may have left the log's head half-way to a record
 * that it didn't show any more.
 */

static void
ngx_http_jupref_relay_head(ngx_http_jupref_zone_t *zone,
    jupref_place_t *place)
{
    jupref_log_start(ngx_http_jupref_journal(zone), place->seq,
                     place->time_ms, place->head, &place->frontier);

    zone->shared->edge_seq = place->seq;
}


/*
 * The zone is locked; clicks and orders that wait come along.  Who dies in
 * between leaves a damaged ledger, and sizes by which nothing is dropped that
 * is in use.
 */

static void
ngx_http_jupref_relay_switch(ngx_http_jupref_zone_t *zone, uint64_t ledger_at,
    uint64_t ledger_size, uint64_t clicks_at, uint64_t clicks_size)
{
    uint64_t                   old_ledger_at, old_ledger_size;
    uint64_t                   old_clicks_at, old_clicks_size;
    jupref_clicks_t           *clicks, *orders;
    ngx_http_jupref_shared_t  *shared;

    shared = zone->shared;

    old_ledger_at = shared->ledger_at;
    old_ledger_size = shared->ledger_size;
    old_clicks_at = shared->clicks_at;
    old_clicks_size = shared->clicks_size;

    clicks = ngx_http_jupref_clicks(zone);
    orders = ngx_http_jupref_orders(zone);

    shared->appending = 1;
    ngx_memory_barrier();

    shared->ledger_size = 0;
    shared->clicks_size = 0;
    ngx_memory_barrier();

    shared->ledger_at = ledger_at;
    shared->clicks_at = clicks_at;
    ngx_memory_barrier();

    shared->ledger_size = ledger_size;
    shared->clicks_size = clicks_size;

    ngx_http_jupref_relay_counted(ngx_http_jupref_clicks(zone), clicks);
    ngx_http_jupref_relay_counted(ngx_http_jupref_orders(zone), orders);

    ngx_memory_barrier();
    shared->appending = 0;

    /* one that was itself laid out anew has its clicks behind it */

    if (old_clicks_at == old_ledger_at + old_ledger_size) {
        ngx_http_jupref_relay_spare(zone, old_ledger_at,
                                    old_ledger_size + old_clicks_size);
        return;
    }

    ngx_http_jupref_memory_drop(&zone->memory, old_ledger_at, old_ledger_size);
    ngx_http_jupref_memory_drop(&zone->memory, old_clicks_at, old_clicks_size);
}


/* What waits to be booked, at most a second's worth. */

static void
ngx_http_jupref_relay_counted(jupref_clicks_t *to, jupref_clicks_t *from)
{
    uint32_t  code, count;

    while ((code = jupref_clicks_take(from, &count)) != 0) {

        if (code == jupref_clicks_no_code(from)) {
            code = jupref_clicks_no_code(to);
        }

        while (count--) {
            jupref_clicks_count(to, code);
        }
    }
}


static void
ngx_http_jupref_progress(void *context, uint64_t seq)
{
    uint64_t                     now;
    ngx_http_jupref_progress_t  *progress = context;

    now = ngx_http_jupref_clock_ms();

    if (now - progress->told_ms >= NGX_HTTP_JUPREF_PROGRESS_MS) {
        progress->told_ms = now;

        ngx_log_error(NGX_LOG_NOTICE, progress->log, 0,
                      "jupref: recovering the ledger, at event %uL", seq);
    }
}
