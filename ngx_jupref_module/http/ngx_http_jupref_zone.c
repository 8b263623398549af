/*
 * The zone: one piece of shared memory that holds the ledger and the edge's
 * working notes.
 *
 *     | slab pool | shared | integrity | clicks | pending orders | ledger |
 *
 * A reload keeps it: same name, same size, same layout, or the reload is
 * refused, because an emptied ledger is not something to find out later.
 * One mutex, the slab pool's, guards all of it: if a worker dies holding it
 * the master unlocks it.  Nothing under it blocks or takes long.
 */

#include "http/ngx_http_jupref.h"


#define NGX_HTTP_JUPREF_MAGIC   0x6a7570726566ULL       /* "jupref" */
#define NGX_HTTP_JUPREF_LAYOUT  1

/* Pending orders get a quarter: they live for minutes, but each quote that a
 * front end asks for is one. */
#define NGX_HTTP_JUPREF_PENDING_SHARE  4

/* Pages that the slab pool keeps for itself, beside one per 64. */
#define NGX_HTTP_JUPREF_SPARE_PAGES  16

#define NGX_HTTP_JUPREF_CLICKS_EVERY_MS  1000


static ngx_int_t ngx_http_jupref_zone_create(ngx_shm_zone_t *shm_zone,
    ngx_http_jupref_zone_t *zone);
static uint64_t ngx_http_jupref_sizes(void);
static void *ngx_http_jupref_carve(u_char **at, uint64_t size);


ngx_int_t
ngx_http_jupref_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_int_t                  rc;
    ngx_http_jupref_zone_t    *zone, *old;
    ngx_http_jupref_shared_t  *shared;

    zone = shm_zone->data;
    old = data;

    zone->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (old == NULL && !shm_zone->shm.exists) {

        if (ngx_http_jupref_zone_create(shm_zone, zone) != NGX_OK) {
            return NGX_ERROR;
        }

    } else {
        shared = zone->shpool->data;

        if (shared == NULL
            || shared->magic != NGX_HTTP_JUPREF_MAGIC
            || shared->layout != NGX_HTTP_JUPREF_LAYOUT
            || shared->sizes != ngx_http_jupref_sizes()
            || !jupref_ledger_check(shared->ledger, shared->ledger_size))
        {
            ngx_log_error(NGX_LOG_EMERG, shm_zone->shm.log, 0,
                          "zone \"%V\" of \"jupref_zone\" holds a ledger of "
                          "another layout, made by another version of the "
                          "module: restart nginx instead of reloading it",
                          &shm_zone->shm.name);
            return NGX_ERROR;
        }

        zone->shared = shared;
    }

    ngx_http_jupref_lock(zone);
    rc = ngx_http_jupref_sync_check(zone, shm_zone->shm.log);
    ngx_http_jupref_unlock(zone);

    return rc;
}


static ngx_int_t
ngx_http_jupref_zone_create(ngx_shm_zone_t *shm_zone,
    ngx_http_jupref_zone_t *zone)
{
    u_char                    *at, *end;
    size_t                     len, size;
    uint64_t                   pages;
    ngx_http_jupref_shared_t  *shared;

    len = sizeof(" in jupref zone \"\"") + shm_zone->shm.name.len;

    zone->shpool->log_ctx = ngx_slab_alloc(zone->shpool, len);
    if (zone->shpool->log_ctx == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(zone->shpool->log_ctx, " in jupref zone \"%V\"%Z",
                &shm_zone->shm.name);

    pages = zone->shpool->pfree;
    pages -= pages / 64 + NGX_HTTP_JUPREF_SPARE_PAGES;
    size = (size_t) pages * ngx_pagesize;

    /* whole pages, never touched before: the system gave them as zeroes */

    at = ngx_slab_alloc(zone->shpool, size);
    if (at == NULL) {
        return NGX_ERROR;
    }

    end = at + size;

    shared = ngx_http_jupref_carve(&at, sizeof(ngx_http_jupref_shared_t));
    shared->integrity = ngx_http_jupref_carve(&at,
                                              sizeof(jupref_integrity_t));

    shared->pending = jupref_pending_init(at,
                                          (uint64_t) (end - at)
                                          / NGX_HTTP_JUPREF_PENDING_SHARE);
    (void) ngx_http_jupref_carve(&at, (uint64_t) (end - at)
                                      / NGX_HTTP_JUPREF_PENDING_SHARE);

    /* clicks take two numbers a code: of the ledger's size, far below 1/64 */

    shared->ledger_size = (uint64_t) (end - at);
    shared->ledger_size -= shared->ledger_size / 64;
    shared->ledger_size -= shared->ledger_size % 64;

    shared->ledger = jupref_ledger_init(at, shared->ledger_size);

    if (shared->pending == NULL || shared->ledger == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_http_jupref_carve(&at, shared->ledger_size);

    len = jupref_clicks_size(
              shared->ledger->tables[JUPREF_TABLE_CODES].capacity);

    if ((size_t) (end - at) < len) {
        return NGX_ERROR;
    }

    shared->clicks = jupref_clicks_init(at,
                         shared->ledger->tables[JUPREF_TABLE_CODES].capacity);

    shared->layout = NGX_HTTP_JUPREF_LAYOUT;
    shared->sizes = ngx_http_jupref_sizes();
    shared->magic = NGX_HTTP_JUPREF_MAGIC;

    zone->shpool->data = shared;
    zone->shared = shared;

    ngx_log_error(NGX_LOG_NOTICE, shm_zone->shm.log, 0,
                  "jupref: zone \"%V\" is new: the ledger is kept in memory "
                  "only and starts empty", &shm_zone->shm.name);

    return NGX_OK;
}


/*
 * One number for the sizes of what lies in the zone: a version of the module
 * that changes one of them can't read what another one wrote.
 */

static uint64_t
ngx_http_jupref_sizes(void)
{
    uint64_t  sizes;

    sizes = sizeof(ngx_http_jupref_shared_t);
    sizes = sizes * 65521 + sizeof(jupref_order_t);
    sizes = sizes * 65521 + sizeof(jupref_integrity_t);
    sizes = sizes * 65521 + sizeof(jupref_ledger_t);

    return sizes;
}


/* The next `size` bytes, rounded up so that what follows is aligned to 64. */

static void *
ngx_http_jupref_carve(u_char **at, uint64_t size)
{
    u_char  *p;

    p = *at;
    *at += (size + 63) / 64 * 64;

    return p;
}


/*
 * Said while the new configuration is read, when the running one can still be
 * compared: the ledger's zone must stay what it is.  No name: the new
 * configuration has no zone.
 */

ngx_int_t
ngx_http_jupref_zone_fits(ngx_conf_t *cf, ngx_str_t *name, ssize_t size)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_shm_zone_t   *zones;

    for (part = (ngx_list_part_t *) &ngx_cycle->shared_memory.part;
         part;
         part = part->next)
    {
        zones = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (zones[i].tag != &ngx_http_jupref_module) {
                continue;
            }

            if (name == NULL) {
                ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                              "\"jupref_zone\" is gone from the "
                              "configuration, but the running ledger is in "
                              "zone \"%V\": put \"jupref_zone %V %uzk\" back, "
                              "or restart nginx to drop the ledger",
                              &zones[i].shm.name, &zones[i].shm.name,
                              zones[i].shm.size / 1024);
                return NGX_ERROR;
            }

            if (zones[i].shm.name.len != name->len
                || ngx_strncmp(zones[i].shm.name.data, name->data, name->len)
                   != 0
                || (ssize_t) zones[i].shm.size != size)
            {
                ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                              "\"jupref_zone %V\" of %zk doesn't fit the "
                              "running ledger, which is in zone \"%V\" of "
                              "%uzk: keep name and size on reload, or restart "
                              "nginx to start an empty ledger", name,
                              size / 1024, &zones[i].shm.name,
                              zones[i].shm.size / 1024);
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


void
ngx_http_jupref_lock(ngx_http_jupref_zone_t *zone)
{
    ngx_shmtx_lock(&zone->shpool->mutex);
}


void
ngx_http_jupref_unlock(ngx_http_jupref_zone_t *zone)
{
    ngx_shmtx_unlock(&zone->shpool->mutex);
}


jupref_ledger_result_e
ngx_http_jupref_append(ngx_http_jupref_zone_t *zone, jupref_event_t *event)
{
    jupref_ledger_result_e     result;
    ngx_http_jupref_shared_t  *shared;

    shared = zone->shared;

    event->seq = shared->ledger->seq + 1;
    event->time_ms = ngx_http_jupref_now_ms();
    event->edge = 0;
    event->edge_seq = shared->edge_seq + 1;

    result = jupref_ledger_apply(shared->ledger, event);

    if (result == JUPREF_LEDGER_OK) {
        shared->edge_seq = event->edge_seq;
    }

    (void) ngx_atomic_fetch_add(&shared->counters.refused[result], 1);

    return result;
}


void
ngx_http_jupref_book_clicks(ngx_http_jupref_zone_t *zone, uint64_t now_ms)
{
    uint32_t                   code;
    jupref_event_t             event;
    jupref_code_row_t         *row;
    ngx_http_jupref_shared_t  *shared;

    shared = zone->shared;

    if (shared->ledger->booking
        || (now_ms >= shared->clicks_booked_ms
            && now_ms - shared->clicks_booked_ms
               < NGX_HTTP_JUPREF_CLICKS_EVERY_MS))
    {
        return;
    }

    shared->clicks_booked_ms = now_ms;

    for ( ;; ) {
        ngx_memzero(&event, sizeof(jupref_event_t));

        code = jupref_clicks_take(shared->clicks,
                                  &event.of.clicks_counted.count);
        if (code == 0) {
            return;
        }

        row = jupref_code(shared->ledger, code);

        event.type = JUPREF_EVENT_CLICKS_COUNTED;
        ngx_memcpy(event.of.clicks_counted.code.key, row->key,
                   JUPREF_CODE_MAX);
        ngx_memcpy(event.of.clicks_counted.code.text, row->text,
                   JUPREF_CODE_MAX);

        (void) ngx_http_jupref_append(zone, &event);
    }
}
