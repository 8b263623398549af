/*
 * The zone: one piece of memory that holds the ledger, its log's head, and
 * the edge's working notes.
 *
 *     | shared | integrity | pending orders | log | clicks, orders | ledger |
 *
 * nginx's own shared memory of that name is only an anchor: its one page is
 * what a reload carries over, and with it this memory.  A fresh start recovers
 * the ledger from its state directory, a binary upgrade finds the memory of
 * the running nginx, a reload with another size lays the ledger out anew.
 *
 * One lock guards all of it; nothing under it blocks or takes long.  A worker
 * that dies inside an append leaves the ledger damaged, which is noticed by
 * whoever takes the lock next.
 */

#include "http/ngx_http_jupref.h"


/* Pending orders get a quarter: they live for minutes, but each quote that a
 * front end asks for is one.  The log's ring gets a sixteenth. */
#define NGX_HTTP_JUPREF_PENDING_SHARE  4
#define NGX_HTTP_JUPREF_LOG_SHARE      16
#define NGX_HTTP_JUPREF_LOG_MAX        (16 * 1024 * 1024)


static ngx_int_t ngx_http_jupref_zone_fresh(ngx_http_jupref_zone_t *zone,
    ngx_str_t *name, ngx_log_t *log);
static ngx_int_t ngx_http_jupref_zone_inherit(ngx_http_jupref_zone_t *zone,
    ngx_str_t *name, ngx_log_t *log);
static ngx_int_t ngx_http_jupref_zone_reload(ngx_http_jupref_zone_t *zone,
    ngx_str_t *name, ngx_log_t *log);
static ngx_int_t ngx_http_jupref_zone_create(ngx_http_jupref_zone_t *zone,
    ngx_str_t *name, ngx_log_t *log);
static ngx_int_t ngx_http_jupref_zone_start(ngx_http_jupref_zone_t *zone,
    ngx_log_t *log);
static void ngx_http_jupref_zone_begin(ngx_http_jupref_zone_t *zone,
    jupref_place_t *place, ngx_log_t *log);
static ngx_int_t ngx_http_jupref_zone_resume(ngx_http_jupref_zone_t *zone,
    ngx_log_t *log);
static uint64_t ngx_http_jupref_sizes(void);
static uint64_t ngx_http_jupref_carve(uint64_t *at, uint64_t size);


ngx_int_t
ngx_http_jupref_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_int_t                rc;
    ngx_log_t               *log;
    ngx_http_jupref_zone_t  *zone, *old;

    zone = shm_zone->data;
    old = data;
    log = shm_zone->shm.log;

    if (zone->state.len && ngx_http_jupref_store_check(zone, log) != NGX_OK) {
        return NGX_ERROR;
    }

    if (old && zone->state.len && ngx_process == NGX_PROCESS_SINGLE) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "\"jupref_zone\" with \"state=%V\" can't be reloaded "
                      "with \"master_process off\": restart nginx",
                      &zone->state);
        return NGX_ERROR;
    }

    if (old) {
        zone->memory = old->memory;
        zone->shared = old->shared;
        zone->lock = old->lock;

        rc = ngx_http_jupref_zone_reload(zone, &shm_zone->shm.name, log);

    } else {
        rc = ngx_http_jupref_zone_fresh(zone, &shm_zone->shm.name, log);
    }

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_jupref_lock(zone);
    rc = ngx_http_jupref_sync_check(zone, log);
    ngx_http_jupref_unlock(zone);

    return rc;
}


/*
 * What fails leaves nothing behind: a reload may come here as well, and tries
 * again when its cause is gone.
 */

static ngx_int_t
ngx_http_jupref_zone_fresh(ngx_http_jupref_zone_t *zone, ngx_str_t *name,
    ngx_log_t *log)
{
    ngx_uint_t  running;

    running = 0;
    zone->lock = -1;

    if (zone->state.len && !ngx_test_config) {

        if (ngx_http_jupref_store_open(zone, &running, log) != NGX_OK) {
            ngx_http_jupref_store_close(zone);
            return NGX_ERROR;
        }

        if (running) {
            return ngx_http_jupref_zone_inherit(zone, name, log);
        }
    }

    if (ngx_http_jupref_zone_create(zone, name, log) != NGX_OK
        || (zone->lock != -1
            && ngx_http_jupref_zone_start(zone, log) != NGX_OK))
    {
        if (zone->shared) {
            zone->shared = NULL;
            ngx_http_jupref_memory_free(&zone->memory);
        }

        ngx_http_jupref_store_close(zone);
        return NGX_ERROR;
    }

    /* only what is whole is found by who inherits it */

    zone->shared->magic = NGX_HTTP_JUPREF_MAGIC;

    if (zone->state.len == 0) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "jupref: zone \"%V\" is new: the ledger is kept in "
                      "memory only and starts empty", name);
    }

    return NGX_OK;
}


/* The nginx that has started this one goes on until it is told to end. */

static ngx_int_t
ngx_http_jupref_zone_inherit(ngx_http_jupref_zone_t *zone, ngx_str_t *name,
    ngx_log_t *log)
{
    struct stat  info;

    if (stat((char *) zone->state.data, &info) == -1
        || ngx_http_jupref_memory_inherit(&zone->memory, name,
                                          (uint64_t) info.st_dev,
                                          (uint64_t) info.st_ino, log)
           != NGX_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "the running nginx uses \"state=%V\" for another zone "
                      "than \"jupref_zone %V\", or its module is another "
                      "version: keep the zone's name, or stop nginx first",
                      &zone->state, name);
        return NGX_ERROR;
    }

    zone->shared = zone->memory.base;

    return ngx_http_jupref_zone_reload(zone, name, log);
}


/* The memory is there, with workers at it. */

static ngx_int_t
ngx_http_jupref_zone_reload(ngx_http_jupref_zone_t *zone, ngx_str_t *name,
    ngx_log_t *log)
{
    ngx_uint_t                 damaged;
    ngx_http_jupref_shared_t  *shared;

    shared = zone->shared;

    if (shared->magic != NGX_HTTP_JUPREF_MAGIC
        || shared->layout != NGX_HTTP_JUPREF_LAYOUT
        || shared->sizes != ngx_http_jupref_sizes()
        || !jupref_ledger_check(ngx_http_jupref_ledger(zone),
                                shared->ledger_size))
    {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "zone \"%V\" of \"jupref_zone\" holds a ledger of "
                      "another layout, made by another version of the "
                      "module: restart nginx instead of reloading it", name);
        return NGX_ERROR;
    }

    if (zone->state.len == 0 || ngx_test_config) {
        return NGX_OK;
    }

    if (ngx_http_jupref_store_identity(zone, log) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_jupref_stopped(zone)
        && ngx_http_jupref_zone_resume(zone, log) != NGX_OK)
    {
        return NGX_OK;
    }

    ngx_http_jupref_lock(zone);
    damaged = ngx_http_jupref_ledger(zone)->booking;
    ngx_http_jupref_unlock(zone);

    if (damaged || shared->zone_size != zone->size) {
        return ngx_http_jupref_relay(zone, zone->size, log);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_jupref_zone_create(ngx_http_jupref_zone_t *zone, ngx_str_t *name,
    ngx_log_t *log)
{
    uint64_t                   at, size;
    ngx_http_jupref_shared_t  *shared;

    if (ngx_http_jupref_memory_create(&zone->memory, name, zone->size, log)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    shared = zone->memory.base;
    zone->shared = shared;

    at = 0;
    (void) ngx_http_jupref_carve(&at, sizeof(ngx_http_jupref_shared_t));
    shared->integrity_at = ngx_http_jupref_carve(&at,
                                                 sizeof(jupref_integrity_t));

    size = (zone->size - at) / NGX_HTTP_JUPREF_PENDING_SHARE;
    shared->pending_at = ngx_http_jupref_carve(&at, size);

    if (jupref_pending_init(ngx_http_jupref_pending(zone), size) == NULL) {
        return NGX_ERROR;
    }

    if (zone->state.len) {
        size = ngx_min(zone->size / NGX_HTTP_JUPREF_LOG_SHARE,
                       NGX_HTTP_JUPREF_LOG_MAX);
        shared->log_at = ngx_http_jupref_carve(&at, size);

        if (jupref_log_init(ngx_http_jupref_journal(zone), size) == NULL) {
            return NGX_ERROR;
        }
    }

    shared->fixed_size = at;

    ngx_http_jupref_zone_shares(zone->size - at, &shared->ledger_size,
                                &shared->clicks_size);

    shared->clicks_at = ngx_http_jupref_carve(&at, shared->clicks_size);
    shared->ledger_at = ngx_http_jupref_carve(&at, shared->ledger_size);

    if (ngx_http_jupref_zone_lay(zone, shared->ledger_at, shared->ledger_size,
                                 shared->clicks_at, shared->clicks_size)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    shared->zone_size = zone->size;
    shared->layout = NGX_HTTP_JUPREF_LAYOUT;
    shared->sizes = ngx_http_jupref_sizes();

    return NGX_OK;
}


/*
 * How what is left is shared out: clicks and orders take four numbers a code,
 * of the ledger's size far below 1/64.
 */

void
ngx_http_jupref_zone_shares(uint64_t size, uint64_t *ledger_size,
    uint64_t *clicks_size)
{
    *clicks_size = size / 64 / 64 * 64;
    *ledger_size = (size - *clicks_size) / 64 * 64;
}


/* An empty ledger with its clicks and orders, in zeroed memory. */

ngx_int_t
ngx_http_jupref_zone_lay(ngx_http_jupref_zone_t *zone, uint64_t ledger_at,
    uint64_t ledger_size, uint64_t clicks_at, uint64_t clicks_size)
{
    u_char           *base;
    uint32_t          codes;
    uint64_t          needed;
    jupref_ledger_t  *ledger;

    base = zone->memory.base;

    ledger = jupref_ledger_init(base + ledger_at, ledger_size);
    if (ledger == NULL) {
        return NGX_ERROR;
    }

    codes = ledger->tables[JUPREF_TABLE_CODES].capacity;
    needed = (jupref_clicks_size(codes) + 63) / 64 * 64;

    if (2 * needed > clicks_size) {
        return NGX_ERROR;
    }

    (void) jupref_clicks_init(base + clicks_at, codes);
    (void) jupref_clicks_init(base + clicks_at + needed, codes);

    return NGX_OK;
}


/* The only one on its state directory: what is there becomes the ledger. */

static ngx_int_t
ngx_http_jupref_zone_start(ngx_http_jupref_zone_t *zone, ngx_log_t *log)
{
    ngx_int_t                  rc;
    struct stat                info;
    jupref_place_t             place;
    ngx_http_jupref_shared_t  *shared;

    shared = zone->shared;

    if (stat((char *) zone->state.data, &info) == -1) {
        return NGX_ERROR;
    }

    shared->device = (uint64_t) info.st_dev;
    shared->inode = (uint64_t) info.st_ino;

    ngx_http_jupref_store_enter(zone);

    rc = ngx_http_jupref_store_identity(zone, log);

    if (rc == NGX_OK) {
        rc = ngx_http_jupref_recover(zone, ngx_http_jupref_ledger(zone), 0, 1,
                                     &place, log);
    }

    if (rc == NGX_OK) {
        ngx_http_jupref_zone_begin(zone, &place, log);
    }

    ngx_http_jupref_store_leave(zone);

    if (rc != NGX_OK) {
        return NGX_ERROR;
    }

    /* executes that were under way when the last nginx ended */

    ngx_http_jupref_lock(zone);
    ngx_http_jupref_orphans(zone, log);
    ngx_http_jupref_unlock(zone);

    return NGX_OK;
}


/* Trades go on where the disk doesn't: a reload tries again. */

static void
ngx_http_jupref_zone_begin(ngx_http_jupref_zone_t *zone,
    jupref_place_t *place, ngx_log_t *log)
{
    jupref_log_t    *journal;
    jupref_fault_t   fault;

    journal = ngx_http_jupref_journal(zone);
    ngx_memzero(&fault, sizeof(jupref_fault_t));

    jupref_log_start(journal, place->seq, place->time_ms, place->head,
                     &place->frontier);

    zone->shared->edge_seq = place->seq;

    if (jupref_log_begin(journal, &zone->store, &fault) != JUPREF_FAULT_NONE)
    {
        ngx_log_error(NGX_LOG_ALERT, log, (ngx_err_t) fault.error,
                      "jupref: the journal can't be written, nothing is "
                      "booked until nginx is reloaded, %s: %s",
                      jupref_fault_name(fault.fault), fault.text);
    }
}


/* A reload is the operator's word that the cause of the error is gone. */

static ngx_int_t
ngx_http_jupref_zone_resume(ngx_http_jupref_zone_t *zone, ngx_log_t *log)
{
    jupref_fault_t        fault;
    jupref_fault_e        result;
    jupref_log_writer_t  *writer;

    ngx_memzero(&fault, sizeof(jupref_fault_t));

    writer = jupref_log_writer_create(&zone->store);
    if (writer == NULL) {
        return NGX_ERROR;
    }

    (void) ngx_http_jupref_robust_lock(&zone->shared->flush);
    ngx_http_jupref_store_enter(zone);

    result = jupref_log_resume(ngx_http_jupref_journal(zone), writer,
                               ngx_http_jupref_now_ms(), &fault);

    ngx_http_jupref_store_leave(zone);
    (void) pthread_mutex_unlock(&zone->shared->flush);

    jupref_log_writer_free(writer);

    if (result != JUPREF_FAULT_NONE) {
        ngx_log_error(NGX_LOG_ALERT, log, (ngx_err_t) fault.error,
                      "jupref: the journal stays stopped, nothing is booked: "
                      "%s", fault.text);
        return NGX_ERROR;
    }

    ngx_log_error(NGX_LOG_NOTICE, log, 0,
                  "jupref: the journal's tail is whole again, it goes on");

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
    sizes = sizes * 65521 + sizeof(jupref_log_t);

    return sizes;
}


/* The next `size` bytes, rounded up so that what follows is aligned to 64. */

static uint64_t
ngx_http_jupref_carve(uint64_t *at, uint64_t size)
{
    uint64_t  place;

    place = *at;
    *at += (size + 63) / 64 * 64;

    return place;
}


/*
 * Said while the new configuration is read, when the running one can still be
 * compared: the ledger must stay where it is.  No zone: the new configuration
 * has none.
 */

ngx_int_t
ngx_http_jupref_zone_fits(ngx_conf_t *cf, ngx_str_t *name,
    ngx_http_jupref_zone_t *zone)
{
    ngx_uint_t               i;
    ngx_list_part_t         *part;
    ngx_shm_zone_t          *zones;
    ngx_http_jupref_zone_t  *old;

    for (part = (ngx_list_part_t *) &ngx_cycle->shared_memory.part;
         part;
         part = part->next)
    {
        zones = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (zones[i].tag != &ngx_http_jupref_module) {
                continue;
            }

            old = zones[i].data;

            if (zone == NULL) {
                ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                              "\"jupref_zone\" is gone from the "
                              "configuration, but the running ledger is in "
                              "zone \"%V\": put \"jupref_zone %V %uzk\" back, "
                              "or restart nginx to drop the ledger",
                              &zones[i].shm.name, &zones[i].shm.name,
                              old->size / 1024);
                return NGX_ERROR;
            }

            if (zones[i].shm.name.len != name->len
                || ngx_strncmp(zones[i].shm.name.data, name->data, name->len)
                   != 0
                || (old->state.len == 0 && old->size != zone->size))
            {
                ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                              "\"jupref_zone %V\" of %uzk doesn't fit the "
                              "running ledger, which is in zone \"%V\" of "
                              "%uzk: keep name and size on reload, or restart "
                              "nginx%s", name,
                              zone->size / 1024, &zones[i].shm.name,
                              old->size / 1024,
                              old->state.len ? ""
                                             : " to start an empty ledger");
                return NGX_ERROR;
            }

            if (old->state.len != zone->state.len
                || ngx_strncmp(old->state.data, zone->state.data,
                               zone->state.len)
                   != 0
                || old->edge.len != zone->edge.len
                || ngx_strncmp(old->edge.data, zone->edge.data,
                               zone->edge.len)
                   != 0)
            {
                ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                              "\"jupref_zone\" has another \"state=\" or "
                              "\"edge=\" than the running one: restart nginx "
                              "instead of reloading it");
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}
