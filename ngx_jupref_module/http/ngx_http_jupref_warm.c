/*
 * The zone's pages, before a trade asks for them.
 *
 * The kernel gives memory page by page, when each is first touched, which takes
 * a microsecond of whoever touches it: with a journal, whose trades lay new
 * rows in the order they come, a twentieth of what an execute takes, on the
 * event loop.  So threads have a worker's pages given at its start, some at a
 * time, because whoever maps memory meanwhile waits for that.
 */

#include "http/ngx_http_jupref.h"

#include <sys/mman.h>


/* Since Linux 5.14 (madvise(2)); an older one gives pages as they are touched,
 * and EINVAL. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE  23
#endif

/* At a time of the kernel, and of a thread. */
#define NGX_HTTP_JUPREF_WARM_STEP  (1024 * 1024)
#define NGX_HTTP_JUPREF_WARM_TASK  (8 * 1024 * 1024)


typedef enum {
    NGX_HTTP_JUPREF_WARM_FIXED = 0,
    NGX_HTTP_JUPREF_WARM_CLICKS,
    NGX_HTTP_JUPREF_WARM_LEDGER,
    NGX_HTTP_JUPREF_WARM_DONE
} ngx_http_jupref_warm_part_e;


/* Up to where pages have come. */
typedef struct {
    ngx_http_jupref_zone_t       *zone;
    ngx_http_jupref_warm_part_e   part;
    uint64_t                      offset;       /* in that part */
} ngx_http_jupref_warm_t;


static void ngx_http_jupref_warm_post(ngx_thread_task_t *task);
static void ngx_http_jupref_warm_thread(void *data, ngx_log_t *log);
static ngx_int_t ngx_http_jupref_warm_step(ngx_http_jupref_warm_t *warm,
    uint64_t *left);
static void ngx_http_jupref_warm_done(ngx_event_t *ev);


/* What of this fails has no consequence but the time that touching takes. */

void
ngx_http_jupref_warm(ngx_http_jupref_zone_t *zone, ngx_log_t *log)
{
    ngx_thread_task_t       *task;
    ngx_http_jupref_warm_t  *warm;

    task = ngx_thread_task_alloc(ngx_cycle->pool,
                                 sizeof(ngx_http_jupref_warm_t));
    if (task == NULL) {
        return;
    }

    warm = task->ctx;
    ngx_memzero(warm, sizeof(ngx_http_jupref_warm_t));
    warm->zone = zone;

    task->handler = ngx_http_jupref_warm_thread;
    task->event.handler = ngx_http_jupref_warm_done;
    task->event.data = task;
    task->event.log = log;

    ngx_http_jupref_warm_post(task);
}


static void
ngx_http_jupref_warm_post(ngx_thread_task_t *task)
{
    ngx_thread_pool_t  *pool;

    static ngx_str_t  name = ngx_string("default");

    pool = ngx_thread_pool_get((ngx_cycle_t *) ngx_cycle, &name);

    if (pool != NULL) {
        (void) ngx_thread_task_post(pool, task);
    }
}


static void
ngx_http_jupref_warm_thread(void *data, ngx_log_t *log)
{
    ngx_http_jupref_warm_t *warm = data;

    uint64_t  left;

    left = NGX_HTTP_JUPREF_WARM_TASK;

    while (left > 0 && warm->part < NGX_HTTP_JUPREF_WARM_DONE) {

        if (ngx_http_jupref_warm_step(warm, &left) != NGX_OK) {
            warm->part = NGX_HTTP_JUPREF_WARM_DONE;
        }
    }
}


/*
 * What isn't used any more has been given back, and stays so: only the parts
 * in use are asked for.  A reload that moves one meanwhile makes some pages
 * come too early or not at all.  madvise(2) takes whole pages.
 */

static ngx_int_t
ngx_http_jupref_warm_step(ngx_http_jupref_warm_t *warm, uint64_t *left)
{
    u_char                    *base;
    uint64_t                   at, end, size;
    ngx_http_jupref_shared_t  *shared;

    base = warm->zone->memory.base;
    shared = warm->zone->shared;

    switch (warm->part) {

    case NGX_HTTP_JUPREF_WARM_FIXED:
        at = 0;
        size = shared->fixed_size;
        break;

    case NGX_HTTP_JUPREF_WARM_CLICKS:
        at = shared->clicks_at;
        size = shared->clicks_size;
        break;

    default:
        at = shared->ledger_at;
        size = shared->ledger_size;
    }

    if (warm->offset >= size) {
        warm->part++;
        warm->offset = 0;
        return NGX_OK;
    }

    end = at + size;
    at = (at + warm->offset) / ngx_pagesize * ngx_pagesize;
    size = ngx_min(end - at, NGX_HTTP_JUPREF_WARM_STEP);

    if (madvise(base + at, (size_t) size, MADV_POPULATE_WRITE) == -1) {
        return NGX_DECLINED;
    }

    warm->offset += size;
    *left -= ngx_min(size, *left);

    return NGX_OK;
}


/* Others' tasks come in between. */

static void
ngx_http_jupref_warm_done(ngx_event_t *ev)
{
    ngx_thread_task_t       *task;
    ngx_http_jupref_warm_t  *warm;

    task = ev->data;
    warm = task->ctx;

    if (warm->part < NGX_HTTP_JUPREF_WARM_DONE && !ngx_exiting
        && !ngx_terminate)
    {
        ngx_http_jupref_warm_post(task);
    }
}
