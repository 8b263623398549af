/*
 * Keeping: snapshots of the ledger and tiles of its log, made in a thread
 * from what is on disk, never from the running ledger.
 *
 * Whichever worker's tick finds something due does it; the zone's `keep` lock
 * lets one thread of one process at it.  A snapshot folds the segments since
 * the one before in memory of its own, and what comes out is held against
 * what the running ledger was at that event.
 */

#include "http/ngx_http_jupref.h"

#include <sys/mman.h>


#define NGX_HTTP_JUPREF_TILES_EVERY_MS  5000


typedef struct {
    ngx_http_jupref_zone_t  *zone;
    uint64_t                 now_ms;
    uint64_t                 snapshot;  /* seq to make one of; 0: none */
    uint64_t                 digest;    /* of the running ledger there */
    uint64_t                 ledger_size;
    unsigned                 removed;   /* segments */
    unsigned                 differs:1;
    unsigned                 tiles:1;   /* are due */
    unsigned                 published:1;       /* those tiles */
    jupref_fault_t           snapshot_fault;
    jupref_fault_t           tiles_fault;
} ngx_http_jupref_keep_t;


static ngx_uint_t ngx_http_jupref_keep_due(ngx_http_jupref_zone_t *zone,
    uint64_t now_ms);
static void ngx_http_jupref_keep_thread(void *data, ngx_log_t *log);
static jupref_fault_e ngx_http_jupref_keep_snapshot(
    ngx_http_jupref_keep_t *keep);
static void ngx_http_jupref_keep_done(ngx_event_t *ev);


static ngx_thread_task_t       *ngx_http_jupref_keep_task;
static ngx_http_jupref_keep_t   ngx_http_jupref_keeping;


void
ngx_http_jupref_keep(ngx_http_jupref_zone_t *zone, uint64_t now_ms)
{
    ngx_thread_pool_t  *pool;

    static ngx_str_t  name = ngx_string("default");

    if (zone->shared->log_at == 0 || ngx_http_jupref_stopped(zone)
        || (ngx_http_jupref_keep_task
            && ngx_http_jupref_keep_task->event.active))
    {
        return;
    }

    if (ngx_http_jupref_keep_task == NULL) {
        ngx_http_jupref_keep_task = ngx_thread_task_alloc(ngx_cycle->pool, 0);

        if (ngx_http_jupref_keep_task == NULL) {
            return;
        }

        ngx_http_jupref_keep_task->ctx = &ngx_http_jupref_keeping;
        ngx_http_jupref_keep_task->handler = ngx_http_jupref_keep_thread;
        ngx_http_jupref_keep_task->event.handler = ngx_http_jupref_keep_done;
        ngx_http_jupref_keep_task->event.data = &ngx_http_jupref_keeping;
        ngx_http_jupref_keep_task->event.log = ngx_cycle->log;
    }

    pool = ngx_thread_pool_get((ngx_cycle_t *) ngx_cycle, &name);

    if (pool && ngx_http_jupref_keep_due(zone, now_ms)) {
        (void) ngx_thread_task_post(pool, ngx_http_jupref_keep_task);
    }
}


/*
 * A snapshot is made at the end of a segment, which is where the running
 * ledger noted its digest: the end is asked for in one turn, and the snapshot
 * made in a later one, when that end is synced.  One that failed is tried again
 * in the next interval.
 */

static ngx_uint_t
ngx_http_jupref_keep_due(ngx_http_jupref_zone_t *zone, uint64_t now_ms)
{
    uint64_t                   last, made;
    jupref_log_t              *journal;
    jupref_ledger_t           *ledger;
    ngx_http_jupref_keep_t    *keep;
    ngx_http_jupref_shared_t  *shared;

    shared = zone->shared;
    journal = ngx_http_jupref_journal(zone);
    keep = &ngx_http_jupref_keeping;

    ngx_memzero(keep, sizeof(ngx_http_jupref_keep_t));
    keep->zone = zone;
    keep->now_ms = now_ms;

    ngx_http_jupref_lock(zone);

    ledger = ngx_http_jupref_ledger(zone);
    keep->ledger_size = shared->ledger_size;
    made = __atomic_load_n(&shared->snapshot_seq, __ATOMIC_ACQUIRE);

    if (zone->conf->snapshot_every && !ledger->booking) {

        if (shared->snapshot_due_ms == 0) {
            shared->snapshot_due_ms
                = now_ms + (uint64_t) zone->conf->snapshot_every * 1000;
        }

        if (now_ms >= shared->snapshot_due_ms) {
            shared->snapshot_due_ms
                = now_ms + (uint64_t) zone->conf->snapshot_every * 1000;

            shared->snapshot_tried = made;

            if (journal->seq > made) {
                jupref_log_bound(journal, ledger->digest);
            }
        }

        last = journal->boundary_count
               ? journal->boundaries[(journal->boundary_count - 1)
                                     % JUPREF_LOG_BOUNDARIES].seq : 0;

        if (last > shared->snapshot_tried
            && last <= __atomic_load_n(&journal->synced, __ATOMIC_ACQUIRE)
            && jupref_log_boundary(journal, last, &keep->digest))
        {
            keep->snapshot = last;
            shared->snapshot_tried = last;
        }
    }

    if (now_ms >= shared->tiles_due_ms) {
        shared->tiles_due_ms = now_ms + NGX_HTTP_JUPREF_TILES_EVERY_MS;
        keep->tiles = 1;
    }

    ngx_http_jupref_unlock(zone);

    return keep->snapshot != 0 || keep->tiles;
}


static void
ngx_http_jupref_keep_thread(void *data, ngx_log_t *log)
{
    uint64_t                 synced;
    jupref_log_t            *journal;
    jupref_tiles_t          *tiles;
    ngx_http_jupref_keep_t  *keep = data;

    journal = ngx_http_jupref_journal(keep->zone);

    (void) ngx_http_jupref_robust_lock(&keep->zone->shared->keep);

    /* made by another worker while this one waited for its turn? */

    if (keep->snapshot <= keep->zone->shared->snapshot_seq) {
        keep->snapshot = 0;
    }

    if (keep->snapshot) {
        (void) ngx_http_jupref_keep_snapshot(keep);
    }

    /* under the lock, so that nobody has published more */

    synced = __atomic_load_n(&journal->synced, __ATOMIC_ACQUIRE);

    if (keep->tiles && synced
        && jupref_tiles_open(&keep->zone->store, &tiles, &keep->tiles_fault)
           == JUPREF_FAULT_NONE)
    {
        keep->published = (jupref_tiles_update(tiles, synced,
                                               keep->zone->identity,
                                               &keep->tiles_fault)
                           == JUPREF_FAULT_NONE);
        jupref_tiles_close(tiles);
    }

    (void) pthread_mutex_unlock(&keep->zone->shared->keep);
}


static jupref_fault_e
ngx_http_jupref_keep_snapshot(ngx_http_jupref_keep_t *keep)
{
    void                         *block;
    unsigned                      snapshots;
    uint64_t                      before;
    jupref_fault_e                result;
    jupref_place_t                place;
    jupref_ledger_t              *ledger;
    jupref_recovery_t             how;
    jupref_recovered_t            recovered;
    ngx_http_jupref_main_conf_t  *conf;

    conf = keep->zone->conf;

    ngx_memzero(&how, sizeof(jupref_recovery_t));
    how.until = keep->snapshot;
    how.check = 1;

    block = mmap(NULL, keep->ledger_size, PROT_READ|PROT_WRITE,
                 MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0);

    if (block == MAP_FAILED) {
        return jupref_fault_set(&keep->snapshot_fault, JUPREF_FAULT_MEMORY,
                                "snapshots", 0, "no memory for a snapshot");
    }

    ledger = jupref_ledger_init(block, keep->ledger_size);

    result = jupref_recover(&keep->zone->store, &how, ledger, &place,
                            &recovered, &keep->snapshot_fault);

    if (result == JUPREF_FAULT_NONE) {
        keep->differs = (ledger->digest != keep->digest);

        result = jupref_snapshot_write(&keep->zone->store, ledger, &place,
                                       keep->now_ms, &keep->snapshot_fault);
    }

    (void) munmap(block, keep->ledger_size);

    if (result == JUPREF_FAULT_NONE) {
        __atomic_store_n(&keep->zone->shared->snapshot_seq, keep->snapshot,
                         __ATOMIC_RELEASE);

        before = (uint64_t) conf->retention * 1000;
        before = (before && before < keep->now_ms) ? keep->now_ms - before : 0;

        result = jupref_snapshot_prune(&keep->zone->store,
                                       (unsigned) conf->snapshots, before,
                                       &snapshots, &keep->removed,
                                       &keep->snapshot_fault);
    }

    return result;
}


static void
ngx_http_jupref_keep_done(ngx_event_t *ev)
{
    ngx_http_jupref_keep_t      *keep;
    ngx_http_jupref_counters_t  *counters;

    keep = ev->data;
    counters = &keep->zone->shared->counters;

    if (keep->snapshot) {
        (void) ngx_atomic_fetch_add(&counters->snapshots[
                   keep->snapshot_fault.fault != JUPREF_FAULT_NONE], 1);
    }

    if (keep->snapshot_fault.fault != JUPREF_FAULT_NONE) {
        ngx_log_error(NGX_LOG_ALERT, ev->log,
                      (ngx_err_t) keep->snapshot_fault.error,
                      "jupref: no snapshot could be made at event %uL, %s: "
                      "%s", keep->snapshot,
                      jupref_fault_name(keep->snapshot_fault.fault),
                      keep->snapshot_fault.text);
    }

    if (keep->differs) {
        (void) ngx_atomic_fetch_add(&counters->state_differs, 1);

        ngx_log_error(NGX_LOG_ALERT, ev->log, 0,
                      "jupref: the running ledger isn't what its journal "
                      "makes at event %uL", keep->snapshot);
    }

    if (keep->removed) {
        ngx_log_error(NGX_LOG_NOTICE, ev->log, 0,
                      "jupref: %ui journal segments older than "
                      "\"jupref_retention\" were removed",
                      (ngx_uint_t) keep->removed);
    }

    if (keep->published) {
        (void) ngx_atomic_fetch_add(&counters->tiles[0], 1);
    }

    if (keep->tiles_fault.fault != JUPREF_FAULT_NONE) {
        (void) ngx_atomic_fetch_add(&counters->tiles[1], 1);

        ngx_log_error(NGX_LOG_ERR, ev->log,
                      (ngx_err_t) keep->tiles_fault.error,
                      "jupref: the log's tiles can't be kept, %s: %s",
                      jupref_fault_name(keep->tiles_fault.fault),
                      keep->tiles_fault.text);
    }
}
