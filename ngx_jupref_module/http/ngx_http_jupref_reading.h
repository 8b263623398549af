/*
 * Readings: what a request's answer needs from the log on disk.
 *
 * A reading waits until what it needs is synced, takes its turn, runs in a
 * thread and comes back to the event loop.  A worker runs one reading of each
 * lane at a time: however many are asked for, the threads that commits need
 * stay free, and what a lane keeps (a cache) has one user.
 */

#ifndef NGX_HTTP_JUPREF_READING_H
#define NGX_HTTP_JUPREF_READING_H


#include "http/ngx_http_jupref_api.h"


typedef enum {
    NGX_HTTP_JUPREF_LANE_HISTORY = 0,
    NGX_HTTP_JUPREF_LANE_PROOF,
    NGX_HTTP_JUPREF_LANES
} ngx_http_jupref_lane_e;


typedef struct ngx_http_jupref_reading_s  ngx_http_jupref_reading_t;


/* In the request's pool; its data are the work's and outlive it. */
struct ngx_http_jupref_reading_s {
    ngx_queue_t               queue;
    ngx_http_jupref_api_t    *api;
    ngx_http_jupref_lane_e    lane;
    ngx_http_jupref_work_t   *work;
    void                     *data;
    ngx_http_jupref_csv_t    *csv;      /* that it reads for; NULL: for JSON */
    unsigned                  queued:1;

    /* in a thread */
    void                    (*run)(void *data);

    /* from the event loop, never before the handler has returned; the
     * request is held until it has been finalized */
    void                    (*finish)(ngx_http_jupref_reading_t *reading,
                                      ngx_http_jupref_problem_e problem);
};


/* With `size` zeroed bytes of data, aligned to 16; NULL when memory is out. */
ngx_http_jupref_reading_t *ngx_http_jupref_reading_create(
    ngx_http_jupref_api_t *api, ngx_http_jupref_lane_e lane, size_t size);

/*
 * Starts it when `seq` is synced; sets `later`.  A reading that has finished
 * may be started again.
 */
ngx_http_jupref_problem_e ngx_http_jupref_reading_start(
    ngx_http_jupref_reading_t *reading, uint64_t seq);

/* The records that the lane of histories has found lately; for threads. */
jupref_record_cache_t **ngx_http_jupref_reading_cache(
    ngx_http_jupref_lane_e lane);

/* What a failed reading of the log is answered with; it is logged. */
ngx_http_jupref_problem_e ngx_http_jupref_reading_failed(
    ngx_http_jupref_api_t *api, const jupref_fault_t *fault);


#endif /* NGX_HTTP_JUPREF_READING_H */
