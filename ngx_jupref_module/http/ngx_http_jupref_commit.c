/*
 * Group commit: what was appended is sealed, written and synced in a thread
 * of nginx's pool, and those who wait for it are called back.
 *
 * A worker has one sync under way at the most; whoever comes meanwhile is
 * served by the next one.  It begins when the worker has seen to all events
 * that were ready with the first trade that asks for it, so that their trades
 * share it: a worker with one client goes to the disk at once, a busy one for
 * dozens at a time.  Workers take turns at the disk by the zone's flush lock,
 * which only threads take, so the event loop never waits.  A thread that
 * finds its records synced by another worker has nothing to do.
 */

#include "http/ngx_http_jupref.h"


#if !(NGX_THREADS)
#error "jupref needs an nginx built with --with-threads"
#endif


/* How long what nobody waits for may wait for others to share a sync with. */
#define NGX_HTTP_JUPREF_SOON_MS  10


/* glibc gives the heap's end back once it is twice as large as the largest
 * block that was freed from a mapping of its own (mallopt(3), "dynamic mmap
 * threshold"), which is 128k to begin with.  Requests that wait for one sync
 * are freed together, and the next ones would get their pages anew from the
 * kernel: a fifteenth of what an execute takes. */
#define NGX_HTTP_JUPREF_KEPT_HEAP  (2 * 1024 * 1024)


typedef struct {
    ngx_http_jupref_zone_t  *zone;
    uint64_t                 now_ms;
    unsigned                 exiting:1;
    jupref_fault_e           result;
    jupref_fault_t           fault;
} ngx_http_jupref_flush_t;


static void ngx_http_jupref_keep_heap(ngx_log_t *log);
static void ngx_http_jupref_commit_delayed(ngx_event_t *ev);
static void ngx_http_jupref_commit_begin(ngx_event_t *ev);
static ngx_int_t ngx_http_jupref_commit_post(ngx_http_jupref_zone_t *zone);
static void ngx_http_jupref_flush_thread(void *data, ngx_log_t *log);
static void ngx_http_jupref_flush_locked(ngx_http_jupref_flush_t *flush);
static void ngx_http_jupref_flush_done(ngx_event_t *ev);
static void ngx_http_jupref_commit_tell(ngx_http_jupref_zone_t *zone,
    jupref_fault_e result);
static void ngx_http_jupref_wait_until(ngx_msec_t until);
static void ngx_http_jupref_wait_over(ngx_event_t *ev);
static void ngx_http_jupref_wait_remove(ngx_http_jupref_wait_t *wait);
static void ngx_http_jupref_wait_cleanup(void *data);


/* One process's: its writer is used by one thread at a time. */
static jupref_log_writer_t     *ngx_http_jupref_writer;
static ngx_thread_task_t       *ngx_http_jupref_flush_task;
static ngx_http_jupref_flush_t  ngx_http_jupref_flush;
static ngx_queue_t              ngx_http_jupref_waits;
static ngx_event_t              ngx_http_jupref_patience;   /* of the first */
static ngx_event_t              ngx_http_jupref_begin;
static ngx_event_t              ngx_http_jupref_delay;
static ngx_connection_t         ngx_http_jupref_delay_connection;
static unsigned                 ngx_http_jupref_flushing;
static unsigned                 ngx_http_jupref_fault_told;


ngx_int_t
ngx_http_jupref_commit_init(ngx_http_jupref_zone_t *zone, ngx_log_t *log)
{
    ngx_queue_init(&ngx_http_jupref_waits);
    ngx_http_jupref_flushing = 0;

    if (zone->shared->log_at == 0) {
        return NGX_OK;
    }

    ngx_http_jupref_writer = jupref_log_writer_create(&zone->store);
    ngx_http_jupref_flush_task = ngx_thread_task_alloc(ngx_cycle->pool, 0);

    if (ngx_http_jupref_writer == NULL || ngx_http_jupref_flush_task == NULL) {
        return NGX_ERROR;
    }

    ngx_http_jupref_keep_heap(log);

    ngx_memzero(&ngx_http_jupref_begin, sizeof(ngx_event_t));
    ngx_http_jupref_begin.data = zone;
    ngx_http_jupref_begin.handler = ngx_http_jupref_commit_begin;
    ngx_http_jupref_begin.log = log;

    ngx_http_jupref_delay_connection.fd = (ngx_socket_t) -1;
    ngx_http_jupref_delay_connection.data = zone;

    ngx_memzero(&ngx_http_jupref_delay, sizeof(ngx_event_t));
    ngx_http_jupref_delay.data = &ngx_http_jupref_delay_connection;
    ngx_http_jupref_delay.handler = ngx_http_jupref_commit_delayed;
    ngx_http_jupref_delay.log = log;
    ngx_http_jupref_delay.cancelable = 1;

    ngx_memzero(&ngx_http_jupref_patience, sizeof(ngx_event_t));
    ngx_http_jupref_patience.data = &ngx_http_jupref_delay_connection;
    ngx_http_jupref_patience.handler = ngx_http_jupref_wait_over;
    ngx_http_jupref_patience.log = log;

    ngx_http_jupref_flush_task->ctx = &ngx_http_jupref_flush;
    ngx_http_jupref_flush_task->handler = ngx_http_jupref_flush_thread;
    ngx_http_jupref_flush_task->event.handler = ngx_http_jupref_flush_done;
    ngx_http_jupref_flush_task->event.data = zone;
    ngx_http_jupref_flush_task->event.log = log;

    return NGX_OK;
}


/* What of this fails is an allocator's affair. */

static void
ngx_http_jupref_keep_heap(ngx_log_t *log)
{
    void  *block;

    block = ngx_alloc(NGX_HTTP_JUPREF_KEPT_HEAP, log);

    if (block) {
        ngx_free(block);
    }
}


/* The process ends: nobody else has to wait, so this waits for the disk. */

void
ngx_http_jupref_commit_exit(ngx_http_jupref_zone_t *zone, ngx_log_t *log)
{
    ngx_http_jupref_flush_t  flush;

    if (ngx_http_jupref_writer == NULL) {
        return;
    }

    ngx_memzero(&flush, sizeof(ngx_http_jupref_flush_t));
    flush.zone = zone;
    flush.now_ms = ngx_http_jupref_now_ms();
    flush.exiting = 1;

    ngx_http_jupref_flush_locked(&flush);

    if (flush.result != JUPREF_FAULT_NONE) {
        ngx_log_error(NGX_LOG_ALERT, log, (ngx_err_t) flush.fault.error,
                      "jupref: the journal could not be written to its end, "
                      "%s: %s", jupref_fault_name(flush.result),
                      flush.fault.text);
    }

    jupref_log_writer_free(ngx_http_jupref_writer);
    ngx_http_jupref_writer = NULL;
}


void
ngx_http_jupref_commit(ngx_http_jupref_zone_t *zone)
{
    jupref_log_t  *journal;

    journal = ngx_http_jupref_journal(zone);

    if (journal == NULL || ngx_http_jupref_flushing
        || ngx_http_jupref_stopped(zone)
        || __atomic_load_n(&journal->appended, __ATOMIC_ACQUIRE)
           == __atomic_load_n(&journal->flushed, __ATOMIC_ACQUIRE))
    {
        return;
    }

    ngx_post_event(&ngx_http_jupref_begin, &ngx_posted_events);
}


/* Behind all that the event loop had to do when it was asked for. */

static void
ngx_http_jupref_commit_begin(ngx_event_t *ev)
{
    if (!ngx_http_jupref_flushing
        && ngx_http_jupref_commit_post(ev->data) != NGX_OK)
    {
        ngx_http_jupref_commit_tell(ev->data, JUPREF_FAULT_MEMORY);
    }
}


void
ngx_http_jupref_commit_soon(ngx_http_jupref_zone_t *zone)
{
    if (zone->shared->log_at && ngx_http_jupref_writer
        && !ngx_http_jupref_delay.timer_set)
    {
        ngx_add_timer(&ngx_http_jupref_delay, NGX_HTTP_JUPREF_SOON_MS);
    }
}


static void
ngx_http_jupref_commit_delayed(ngx_event_t *ev)
{
    ngx_connection_t  *c;

    c = ev->data;

    if (ngx_http_jupref_flushing) {
        ngx_http_jupref_commit_soon(c->data);
        return;
    }

    ngx_http_jupref_commit(c->data);
}


static ngx_int_t
ngx_http_jupref_commit_post(ngx_http_jupref_zone_t *zone)
{
    ngx_thread_pool_t  *pool;

    static ngx_str_t  name = ngx_string("default");

    pool = ngx_thread_pool_get((ngx_cycle_t *) ngx_cycle, &name);

    if (pool == NULL || ngx_http_jupref_writer == NULL) {
        return NGX_ERROR;
    }

    ngx_http_jupref_flush.zone = zone;
    ngx_http_jupref_flush.now_ms = ngx_http_jupref_now_ms();

    if (ngx_thread_task_post(pool, ngx_http_jupref_flush_task) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_jupref_flushing = 1;

    return NGX_OK;
}


/* In a thread: no request, no pool, no event of nginx's. */

static void
ngx_http_jupref_flush_thread(void *data, ngx_log_t *log)
{
    ngx_http_jupref_flush_locked(data);
}


static void
ngx_http_jupref_flush_locked(ngx_http_jupref_flush_t *flush)
{
    ngx_http_jupref_shared_t  *shared;

    shared = flush->zone->shared;

    (void) ngx_http_jupref_robust_lock(&shared->flush);

    ngx_memzero(&flush->fault, sizeof(jupref_fault_t));
    flush->result = jupref_log_flush(ngx_http_jupref_journal(flush->zone),
                                     ngx_http_jupref_writer, flush->now_ms,
                                     &flush->fault);

    /* the last process to end leaves records behind, and no room */

    if (flush->exiting) {
        jupref_log_trim(ngx_http_jupref_journal(flush->zone),
                        &flush->zone->store);
    }

    (void) pthread_mutex_unlock(&shared->flush);
}


static void
ngx_http_jupref_flush_done(ngx_event_t *ev)
{
    ngx_http_jupref_zone_t  *zone;

    zone = ev->data;
    ngx_http_jupref_flushing = 0;

    if (ngx_http_jupref_flush.result == JUPREF_FAULT_NONE) {
        ngx_http_jupref_fault_told = 0;

    } else if (!ngx_http_jupref_fault_told) {
        ngx_http_jupref_fault_told = 1;

        ngx_log_error(NGX_LOG_ALERT, ev->log,
                      (ngx_err_t) ngx_http_jupref_flush.fault.error,
                      "jupref: the journal has stopped, nothing is booked "
                      "until nginx is reloaded, %s: %s",
                      jupref_fault_name(ngx_http_jupref_flush.result),
                      ngx_http_jupref_flush.fault.text);
    }

    ngx_http_jupref_commit_tell(zone, ngx_http_jupref_flush.result);

    /* who came meanwhile is served by the next one */

    if (!ngx_queue_empty(&ngx_http_jupref_waits)) {
        ngx_http_jupref_commit(zone);
    }

    /* nothing to do is left when another worker has done it meanwhile */

    if (!ngx_http_jupref_flushing) {
        ngx_http_jupref_commit_tell(zone,
            (jupref_fault_e) ngx_http_jupref_journal(zone)->stopped);
    }
}


static void
ngx_http_jupref_commit_tell(ngx_http_jupref_zone_t *zone,
    jupref_fault_e result)
{
    uint64_t                 synced;
    ngx_queue_t             *q;
    jupref_log_t            *journal;
    ngx_http_jupref_wait_t  *wait;

    journal = ngx_http_jupref_journal(zone);
    synced = __atomic_load_n(&journal->synced, __ATOMIC_ACQUIRE);

    q = ngx_queue_head(&ngx_http_jupref_waits);

    while (q != ngx_queue_sentinel(&ngx_http_jupref_waits)) {
        wait = ngx_queue_data(q, ngx_http_jupref_wait_t, queue);

        if (wait->seq > synced && result == JUPREF_FAULT_NONE) {
            q = ngx_queue_next(q);
            continue;
        }

        ngx_http_jupref_wait_remove(wait);
        wait->handler(wait, wait->seq <= synced ? NGX_OK : NGX_ERROR);

        /* a request that ends may take others along: from the front again */

        q = ngx_queue_head(&ngx_http_jupref_waits);
    }
}


ngx_uint_t
ngx_http_jupref_stopped(ngx_http_jupref_zone_t *zone)
{
    jupref_log_t  *journal;

    journal = ngx_http_jupref_journal(zone);

    return journal != NULL
           && __atomic_load_n(&journal->stopped, __ATOMIC_ACQUIRE) != 0;
}


ngx_int_t
ngx_http_jupref_commit_wait(ngx_http_jupref_zone_t *zone,
    ngx_http_jupref_wait_t *wait, ngx_msec_t timeout)
{
    jupref_log_t        *journal;
    ngx_pool_cleanup_t  *cleanup;

    journal = ngx_http_jupref_journal(zone);

    if (journal == NULL
        || wait->seq <= __atomic_load_n(&journal->synced, __ATOMIC_ACQUIRE))
    {
        return NGX_OK;
    }

    if (ngx_http_jupref_stopped(zone)) {
        return NGX_ERROR;
    }

    cleanup = ngx_pool_cleanup_add(wait->request->pool, 0);
    if (cleanup == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_jupref_writer == NULL) {
        return NGX_ERROR;
    }

    /* whatever another worker has synced meanwhile: its end tells of it */

    if (!ngx_http_jupref_flushing) {
        ngx_post_event(&ngx_http_jupref_begin, &ngx_posted_events);
    }

    cleanup->handler = ngx_http_jupref_wait_cleanup;
    cleanup->data = wait;

    wait->waiting = 1;
    wait->until = ngx_current_msec + timeout;

    ngx_queue_insert_tail(&ngx_http_jupref_waits, &wait->queue);
    ngx_http_jupref_wait_until(wait->until);

    return NGX_AGAIN;
}


/* One timer is for all: most waits are over long before their time, which is
 * never past when this is called. */

static void
ngx_http_jupref_wait_until(ngx_msec_t until)
{
    if (ngx_http_jupref_patience.timer_set) {

        if ((ngx_msec_int_t) (until - ngx_http_jupref_patience.timer.key) >= 0)
        {
            return;
        }

        ngx_del_timer(&ngx_http_jupref_patience);
    }

    ngx_add_timer(&ngx_http_jupref_patience, until - ngx_current_msec);
}


static void
ngx_http_jupref_wait_over(ngx_event_t *ev)
{
    ngx_queue_t             *q;
    ngx_http_jupref_wait_t  *wait;

    q = ngx_queue_head(&ngx_http_jupref_waits);

    while (q != ngx_queue_sentinel(&ngx_http_jupref_waits)) {
        wait = ngx_queue_data(q, ngx_http_jupref_wait_t, queue);

        if ((ngx_msec_int_t) (wait->until - ngx_current_msec) > 0) {
            ngx_http_jupref_wait_until(wait->until);
            q = ngx_queue_next(q);
            continue;
        }

        ngx_http_jupref_wait_remove(wait);
        wait->handler(wait, NGX_AGAIN);

        /* a request that ends may take others along: from the front again */

        q = ngx_queue_head(&ngx_http_jupref_waits);
    }
}


static void
ngx_http_jupref_wait_remove(ngx_http_jupref_wait_t *wait)
{
    if (!wait->waiting) {
        return;
    }

    wait->waiting = 0;
    ngx_queue_remove(&wait->queue);

    /* a timer would keep a worker that has nothing left to do */

    if (ngx_queue_empty(&ngx_http_jupref_waits)
        && ngx_http_jupref_patience.timer_set)
    {
        ngx_del_timer(&ngx_http_jupref_patience);
    }
}


static void
ngx_http_jupref_wait_cleanup(void *data)
{
    ngx_http_jupref_wait_remove(data);
}
