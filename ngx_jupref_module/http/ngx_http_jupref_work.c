/*
 * Work for a request in a thread: reading what only the disk has.
 *
 * The work is the process's, not the request's: a client that leaves doesn't
 * stop it, and its result is then thrown away.  `run` may call nothing of
 * nginx's; `finish` is called in the event loop and answers the request, if
 * there still is one.
 */

#include "http/ngx_http_jupref.h"


typedef struct {
    ngx_thread_task_t        task;
    ngx_http_jupref_work_t   work;
    ngx_http_jupref_work_t  *self;
} ngx_http_jupref_worker_t;


static void ngx_http_jupref_work_thread(void *data, ngx_log_t *log);
static void ngx_http_jupref_work_done(ngx_event_t *ev);
static void ngx_http_jupref_work_cleanup(void *data);


/* With `size` zeroed bytes of data; NULL when memory is out. */

ngx_http_jupref_work_t *
ngx_http_jupref_work_create(ngx_http_request_t *r,
    ngx_http_jupref_zone_t *zone, size_t size)
{
    size_t                     head;
    ngx_pool_cleanup_t        *cleanup;
    ngx_http_jupref_worker_t  *worker;

    head = ngx_align(sizeof(ngx_http_jupref_worker_t), 64);

    cleanup = ngx_pool_cleanup_add(r->pool, 0);
    if (cleanup == NULL) {
        return NULL;
    }

    worker = ngx_calloc(head + size, r->connection->log);
    if (worker == NULL) {
        return NULL;
    }

    worker->self = &worker->work;
    worker->work.request = r;
    worker->work.zone = zone;
    worker->work.data = (u_char *) worker + head;

    worker->task.ctx = &worker->self;
    worker->task.handler = ngx_http_jupref_work_thread;
    worker->task.event.handler = ngx_http_jupref_work_done;
    worker->task.event.data = worker;
    worker->task.event.log = ngx_cycle->log;

    cleanup->handler = ngx_http_jupref_work_cleanup;
    cleanup->data = worker;

    return &worker->work;
}


/*
 * The request is kept until `finish` has finalized it.  Work that can't be
 * posted is freed by the end of its request.
 */

ngx_int_t
ngx_http_jupref_work_post(ngx_http_jupref_work_t *work)
{
    ngx_thread_pool_t         *pool;
    ngx_http_jupref_worker_t  *worker;

    static ngx_str_t  name = ngx_string("default");

    worker = (ngx_http_jupref_worker_t *)
             ((u_char *) work - offsetof(ngx_http_jupref_worker_t, work));

    pool = ngx_thread_pool_get((ngx_cycle_t *) ngx_cycle, &name);

    if (pool == NULL || ngx_thread_task_post(pool, &worker->task) != NGX_OK) {
        return NGX_ERROR;
    }

    work->request->main->count++;

    return NGX_OK;
}


static void
ngx_http_jupref_work_thread(void *data, ngx_log_t *log)
{
    ngx_http_jupref_work_t  *work = *(ngx_http_jupref_work_t **) data;

    work->run(work);
}


static void
ngx_http_jupref_work_done(ngx_event_t *ev)
{
    ngx_connection_t          *c;
    ngx_http_request_t        *r;
    ngx_http_jupref_worker_t  *worker;

    worker = ev->data;
    r = worker->work.request;

    if (r == NULL) {
        worker->work.finish(&worker->work);
        ngx_free(worker);
        return;
    }

    c = r->connection;
    ngx_http_set_log_request(c->log, r);

    worker->work.finish(&worker->work);

    ngx_http_run_posted_requests(c);
}


/* While a thread is at it the work stays, and is freed when that is done. */

static void
ngx_http_jupref_work_cleanup(void *data)
{
    ngx_http_jupref_worker_t  *worker = data;

    if (worker->task.event.active) {
        worker->work.request = NULL;
        return;
    }

    ngx_free(worker);
}
