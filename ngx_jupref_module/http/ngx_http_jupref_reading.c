/*
 * Readings of the log for requests (see the header).
 */

#include "http/ngx_http_jupref_reading.h"


/* How long a reading waits for the disk, ms. */
#define NGX_HTTP_JUPREF_READ_TIMEOUT  10000


/* One process's. */
typedef struct {
    ngx_queue_t             waiting;
    jupref_record_cache_t  *cache;
    unsigned                ready:1;    /* the queue is one */
    unsigned                busy:1;
} ngx_http_jupref_lane_t;


/* In front of a work's data: what is needed when the request is gone. */
typedef struct {
    ngx_http_jupref_lane_e      lane;
    ngx_http_jupref_reading_t  *reading;
    void                      (*run)(void *data);
    void                       *data;
} ngx_http_jupref_turn_t;


static void ngx_http_jupref_reading_synced(ngx_http_jupref_wait_t *wait,
    ngx_int_t rc);
static ngx_int_t ngx_http_jupref_reading_turn(
    ngx_http_jupref_reading_t *reading);
static ngx_int_t ngx_http_jupref_reading_post(
    ngx_http_jupref_reading_t *reading);
static void ngx_http_jupref_reading_thread(ngx_http_jupref_work_t *work);
static void ngx_http_jupref_reading_done(ngx_http_jupref_work_t *work);
static void ngx_http_jupref_reading_next(ngx_http_jupref_lane_t *lane);
static void ngx_http_jupref_reading_fail(ngx_http_jupref_reading_t *reading,
    ngx_http_jupref_problem_e problem);
static void ngx_http_jupref_reading_cleanup(void *data);


static ngx_http_jupref_lane_t
    ngx_http_jupref_lanes[NGX_HTTP_JUPREF_LANES];


ngx_http_jupref_reading_t *
ngx_http_jupref_reading_create(ngx_http_jupref_api_t *api,
    ngx_http_jupref_lane_e lane, size_t size)
{
    size_t                      head;
    ngx_pool_cleanup_t         *cleanup;
    ngx_http_jupref_turn_t     *turn;
    ngx_http_jupref_reading_t  *reading;

    head = ngx_align(sizeof(ngx_http_jupref_turn_t), 64);

    cleanup = ngx_pool_cleanup_add(api->r->pool,
                                   sizeof(ngx_http_jupref_reading_t));
    if (cleanup == NULL) {
        return NULL;
    }

    reading = cleanup->data;
    ngx_memzero(reading, sizeof(ngx_http_jupref_reading_t));

    reading->api = api;
    reading->lane = lane;
    reading->work = ngx_http_jupref_work_create(api->r, api->zone,
                                                head + size);
    if (reading->work == NULL) {
        return NULL;
    }

    cleanup->handler = ngx_http_jupref_reading_cleanup;

    turn = reading->work->data;
    turn->lane = lane;
    turn->reading = reading;
    turn->data = (u_char *) turn + head;

    reading->data = turn->data;
    reading->work->run = ngx_http_jupref_reading_thread;
    reading->work->finish = ngx_http_jupref_reading_done;

    return reading;
}


ngx_http_jupref_problem_e
ngx_http_jupref_reading_start(ngx_http_jupref_reading_t *reading,
    uint64_t seq)
{
    ngx_int_t                rc;
    ngx_http_jupref_api_t   *api;
    ngx_http_jupref_wait_t  *wait;

    api = reading->api;
    wait = &api->wait;

    wait->seq = seq;
    wait->request = api->r;
    wait->data = reading;
    wait->handler = ngx_http_jupref_reading_synced;

    rc = ngx_http_jupref_commit_wait(api->zone, wait,
                                     NGX_HTTP_JUPREF_READ_TIMEOUT);

    if (rc == NGX_ERROR) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_JOURNAL_DOWN,
                   "the journal has stopped at a disk error before what this "
                   "answer needs was written");
    }

    if (rc == NGX_OK && ngx_http_jupref_reading_turn(reading) != NGX_OK) {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    api->later = 1;
    api->r->main->count++;

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


static void
ngx_http_jupref_reading_synced(ngx_http_jupref_wait_t *wait, ngx_int_t rc)
{
    ngx_http_jupref_reading_t  *reading;

    reading = wait->data;

    switch (rc) {

    case NGX_OK:
        if (ngx_http_jupref_reading_turn(reading) != NGX_OK) {
            ngx_http_jupref_reading_fail(reading,
                                         NGX_HTTP_JUPREF_OUT_OF_MEMORY);
        }

        return;

    case NGX_AGAIN:
        ngx_http_jupref_reading_fail(reading,
            ngx_http_jupref_refuse(reading->api, NGX_HTTP_JUPREF_NOT_SYNCED,
                "the disk is slow: what this answer needs is not on disk "
                "yet"));
        return;

    default:
        ngx_http_jupref_reading_fail(reading,
            ngx_http_jupref_refuse(reading->api, NGX_HTTP_JUPREF_JOURNAL_DOWN,
                "the journal has stopped at a disk error before what this "
                "answer needs was written"));
    }
}


static ngx_int_t
ngx_http_jupref_reading_turn(ngx_http_jupref_reading_t *reading)
{
    ngx_http_jupref_lane_t  *lane;

    lane = &ngx_http_jupref_lanes[reading->lane];

    if (!lane->busy) {
        return ngx_http_jupref_reading_post(reading);
    }

    if (!lane->ready) {
        ngx_queue_init(&lane->waiting);
        lane->ready = 1;
    }

    ngx_queue_insert_tail(&lane->waiting, &reading->queue);
    reading->queued = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_jupref_reading_post(ngx_http_jupref_reading_t *reading)
{
    ngx_http_jupref_turn_t  *turn;

    turn = reading->work->data;
    turn->run = reading->run;

    if (ngx_http_jupref_work_post(reading->work) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_jupref_lanes[reading->lane].busy = 1;

    return NGX_OK;
}


static void
ngx_http_jupref_reading_thread(ngx_http_jupref_work_t *work)
{
    ngx_http_jupref_turn_t  *turn;

    turn = work->data;
    turn->run(turn->data);
}


/* The lane goes on even when the request is gone. */

static void
ngx_http_jupref_reading_done(ngx_http_jupref_work_t *work)
{
    ngx_http_jupref_lane_t  *lane;
    ngx_http_jupref_turn_t  *turn;

    turn = work->data;
    lane = &ngx_http_jupref_lanes[turn->lane];

    lane->busy = 0;
    ngx_http_jupref_reading_next(lane);

    if (work->request == NULL) {
        return;
    }

    /* the work has held the request too */

    work->request->main->count--;

    turn->reading->finish(turn->reading, NGX_HTTP_JUPREF_NO_PROBLEM);
}


static void
ngx_http_jupref_reading_next(ngx_http_jupref_lane_t *lane)
{
    ngx_queue_t                *q;
    ngx_http_jupref_reading_t  *reading;

    while (!lane->busy && lane->ready && !ngx_queue_empty(&lane->waiting)) {
        q = ngx_queue_head(&lane->waiting);
        reading = ngx_queue_data(q, ngx_http_jupref_reading_t, queue);

        ngx_queue_remove(q);
        reading->queued = 0;

        if (ngx_http_jupref_reading_post(reading) != NGX_OK) {
            ngx_http_jupref_reading_fail(reading,
                                         NGX_HTTP_JUPREF_OUT_OF_MEMORY);
        }
    }
}


static void
ngx_http_jupref_reading_fail(ngx_http_jupref_reading_t *reading,
    ngx_http_jupref_problem_e problem)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = reading->api->r;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    reading->finish(reading, problem);

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_jupref_reading_cleanup(void *data)
{
    ngx_http_jupref_reading_t  *reading = data;

    if (reading->queued) {
        ngx_queue_remove(&reading->queue);
        reading->queued = 0;
    }
}


jupref_record_cache_t **
ngx_http_jupref_reading_cache(ngx_http_jupref_lane_e lane)
{
    return &ngx_http_jupref_lanes[lane].cache;
}


ngx_http_jupref_problem_e
ngx_http_jupref_reading_failed(ngx_http_jupref_api_t *api,
    const jupref_fault_t *fault)
{
    if (fault->fault == JUPREF_FAULT_MISSING) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_JOURNAL_ARCHIVED,
                   "the segment of the journal that has it is not in the "
                   "state directory any more");
    }

    if (fault->fault == JUPREF_FAULT_MEMORY) {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    ngx_log_error(NGX_LOG_ERR, api->r->connection->log,
                  (ngx_err_t) fault->error,
                  "jupref: the log can't be read for an answer, %s: %s",
                  jupref_fault_name(fault->fault), fault->text);

    return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_JOURNAL_UNREADABLE,
               "the journal or its tiles can't be read: the error log says "
               "why");
}
