/*
 * A worker's life: what it starts with, its tick, and what it leaves.
 */

#include "http/ngx_http_jupref.h"
#include "agent/ngx_http_jupref_agent.h"
#include "http/ngx_http_jupref_rpc.h"

#include "agent/ngx_http_jupref_verify_conf.h"


/* Clicks are booked this often at the least (also by the clicks themselves). */
#define NGX_HTTP_JUPREF_TICK_MS  1000

/* Of a pool's threads, when a process ends. */
#define NGX_HTTP_JUPREF_THREADS_MS  200


static void ngx_http_jupref_threads_end(void);
static void ngx_http_jupref_tick(ngx_event_t *ev);


static ngx_connection_t  ngx_http_jupref_tick_connection;
static ngx_event_t       ngx_http_jupref_tick_event;


/* From here on nginx runs this configuration. */

ngx_int_t
ngx_http_jupref_init_module(ngx_cycle_t *cycle)
{
    ngx_http_jupref_main_conf_t  *jmcf;

    jmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_jupref_module);

    if (jmcf == NULL || jmcf->zone == NULL) {
        return NGX_OK;
    }

    ngx_http_jupref_lock(jmcf->zone);
    ngx_http_jupref_sync(jmcf->zone, cycle->log);
    ngx_http_jupref_unlock(jmcf->zone);

    ngx_http_jupref_verify_tell(jmcf, cycle->log);

    return NGX_OK;
}


ngx_int_t
ngx_http_jupref_init_process(ngx_cycle_t *cycle)
{
    ngx_event_t                  *ev;
    ngx_http_jupref_main_conf_t  *jmcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    if (ngx_http_jupref_agent_init(cycle) != NGX_OK) {
        return NGX_ERROR;
    }

    jmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_jupref_module);

    if (jmcf == NULL || jmcf->zone == NULL) {
        return NGX_OK;
    }

    ngx_http_jupref_tick_connection.fd = (ngx_socket_t) -1;

    ev = &ngx_http_jupref_tick_event;
    ngx_memzero(ev, sizeof(ngx_event_t));
    ngx_http_jupref_tick_connection.data = jmcf->zone;
    ev->data = &ngx_http_jupref_tick_connection;
    ev->handler = ngx_http_jupref_tick;
    ev->log = cycle->log;
    ev->cancelable = 1;

    ngx_add_timer(ev, NGX_HTTP_JUPREF_TICK_MS);

    ngx_http_jupref_store_tell(jmcf->zone);
    ngx_http_jupref_relay_damaged(jmcf->zone, cycle->log);

    return ngx_http_jupref_commit_init(jmcf->zone, cycle->log);
}


void
ngx_http_jupref_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_jupref_main_conf_t  *jmcf;

    ngx_http_jupref_agent_exit(cycle);
    ngx_http_jupref_rpc_send_exit();

    jmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_jupref_module);

    if (jmcf && jmcf->zone) {
        ngx_http_jupref_lock(jmcf->zone);
        ngx_http_jupref_book_clicks(jmcf->zone, 0);
        ngx_http_jupref_unlock(jmcf->zone);

        ngx_http_jupref_commit_exit(jmcf->zone, cycle->log);
    }

    ngx_http_jupref_threads_end();
    jupref_seal_forget();
}


/*
 * nginx has told its pools' threads to end, and doesn't wait until they have:
 * one that is still leaving when the libraries it leaves by are unloaded ends
 * the process by a signal.  Linux counts a process's threads as links.
 */

static void
ngx_http_jupref_threads_end(void)
{
    ngx_uint_t       i;
    ngx_file_info_t  threads;

    for (i = 0; i < NGX_HTTP_JUPREF_THREADS_MS; i++) {

        if (ngx_file_info((u_char *) "/proc/self/task", &threads)
            == NGX_FILE_ERROR
            || threads.st_nlink <= 3)
        {
            return;
        }

        ngx_msleep(1);
    }
}


static void
ngx_http_jupref_tick(ngx_event_t *ev)
{
    uint64_t                 now_ms;
    ngx_connection_t        *c;
    ngx_http_jupref_zone_t  *zone;

    c = ev->data;
    zone = c->data;

    now_ms = ngx_http_jupref_now_ms();

    ngx_http_jupref_lock(zone);
    ngx_http_jupref_book_clicks(zone, now_ms);
    ngx_http_jupref_upkeep(zone, now_ms);
    ngx_http_jupref_unlock(zone);

    ngx_http_jupref_commit(zone);
    ngx_http_jupref_keep(zone, now_ms);

    if (!ngx_exiting && !ngx_terminate && !ngx_quit) {
        ngx_add_timer(ev, NGX_HTTP_JUPREF_TICK_MS);
    }
}
