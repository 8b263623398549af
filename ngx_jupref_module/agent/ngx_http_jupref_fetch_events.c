/*
 * libcurl's multi interface on nginx's events.
 *
 * libcurl owns its sockets and says what to wait for: each has an nginx
 * connection while it waits, level triggered (libcurl needn't read to the
 * end), which is given back without closing the socket.  libcurl's one timer
 * is an nginx timer.  Neither callback may call libcurl again.
 */

#include "agent/ngx_http_jupref_fetch_events.h"


/* Idle connections to nodes that libcurl keeps. */
#define NGX_HTTP_JUPREF_FETCH_IDLE  64L


static int ngx_http_jupref_fetch_socket(CURL *easy, curl_socket_t s, int what,
    void *data, void *connection);
static ngx_int_t ngx_http_jupref_fetch_want(ngx_event_t *ev, ngx_int_t event,
    ngx_uint_t want);
static void ngx_http_jupref_fetch_release(ngx_connection_t *c);
static int ngx_http_jupref_fetch_timer(CURLM *multi, long ms, void *data);
static void ngx_http_jupref_fetch_io(ngx_event_t *ev);
static void ngx_http_jupref_fetch_timeout(ngx_event_t *ev);


static CURLM            *ngx_http_jupref_curl;
static ngx_event_t       ngx_http_jupref_curl_timer;
static ngx_connection_t  ngx_http_jupref_curl_connection;       /* timer's */


CURLM *
ngx_http_jupref_fetch_multi(void)
{
    CURLM        *multi;
    ngx_event_t  *ev;

    if (ngx_http_jupref_curl) {
        return ngx_http_jupref_curl;
    }

    if (curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK) {
        return NULL;
    }

    multi = curl_multi_init();

    if (multi == NULL) {
        curl_global_cleanup();
        return NULL;
    }

    ngx_http_jupref_curl_connection.fd = (ngx_socket_t) -1;

    ev = &ngx_http_jupref_curl_timer;
    ngx_memzero(ev, sizeof(ngx_event_t));
    ev->data = &ngx_http_jupref_curl_connection;
    ev->handler = ngx_http_jupref_fetch_timeout;
    ev->log = ngx_cycle->log;
    ev->cancelable = 1;

    (void) curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION,
                             ngx_http_jupref_fetch_socket);
    (void) curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION,
                             ngx_http_jupref_fetch_timer);
    (void) curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
                             NGX_HTTP_JUPREF_FETCH_IDLE);

    ngx_http_jupref_curl = multi;

    return multi;
}


void
ngx_http_jupref_fetch_hold(ngx_uint_t hold)
{
    ngx_http_jupref_curl_timer.cancelable = hold ? 0 : 1;
}


void
ngx_http_jupref_fetch_multi_free(void)
{
    if (ngx_http_jupref_curl == NULL) {
        return;
    }

    (void) curl_multi_cleanup(ngx_http_jupref_curl);
    curl_global_cleanup();

    if (ngx_http_jupref_curl_timer.timer_set) {
        ngx_del_timer(&ngx_http_jupref_curl_timer);
    }

    ngx_http_jupref_curl = NULL;
}


/* What libcurl waits for on a socket from now on; -1 ends its transfers. */

static int
ngx_http_jupref_fetch_socket(CURL *easy, curl_socket_t s, int what, void *data,
    void *connection)
{
    ngx_connection_t  *c;

    c = connection;

    if (what == CURL_POLL_REMOVE) {
        if (c) {
            ngx_http_jupref_fetch_release(c);
            (void) curl_multi_assign(ngx_http_jupref_curl, s, NULL);
        }

        return 0;
    }

    if (c == NULL) {
        c = ngx_get_connection(s, ngx_cycle->log);
        if (c == NULL) {
            return -1;
        }

        c->log = ngx_cycle->log;
        c->read->log = ngx_cycle->log;
        c->write->log = ngx_cycle->log;
        c->read->handler = ngx_http_jupref_fetch_io;
        c->write->handler = ngx_http_jupref_fetch_io;

        if (curl_multi_assign(ngx_http_jupref_curl, s, c) != CURLM_OK) {
            ngx_http_jupref_fetch_release(c);
            return -1;
        }
    }

    if (ngx_http_jupref_fetch_want(c->read, NGX_READ_EVENT,
                                   (what & CURL_POLL_IN) != 0)
        != NGX_OK
        || ngx_http_jupref_fetch_want(c->write, NGX_WRITE_EVENT,
                                      (what & CURL_POLL_OUT) != 0)
           != NGX_OK)
    {
        return -1;
    }

    return 0;
}


static ngx_int_t
ngx_http_jupref_fetch_want(ngx_event_t *ev, ngx_int_t event, ngx_uint_t want)
{
    if (want == ev->active) {
        return NGX_OK;
    }

    return want ? ngx_add_event(ev, event, NGX_LEVEL_EVENT)
                : ngx_del_event(ev, event, 0);
}


/* As ngx_close_connection(), without closing: the socket is libcurl's. */

static void
ngx_http_jupref_fetch_release(ngx_connection_t *c)
{
    if (ngx_del_conn) {
        ngx_del_conn(c, 0);

    } else {
        if (c->read->active || c->read->disabled) {
            ngx_del_event(c->read, NGX_READ_EVENT, 0);
        }

        if (c->write->active || c->write->disabled) {
            ngx_del_event(c->write, NGX_WRITE_EVENT, 0);
        }
    }

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;
}


static int
ngx_http_jupref_fetch_timer(CURLM *multi, long ms, void *data)
{
    ngx_event_t  *ev;

    ev = &ngx_http_jupref_curl_timer;

    /* ngx_add_timer() would keep one that is near the new one */

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    if (ms >= 0) {
        ev->log = ngx_cycle->log;
        ngx_add_timer(ev, (ngx_msec_t) ms);
    }

    return 0;
}


static void
ngx_http_jupref_fetch_io(ngx_event_t *ev)
{
    int                running, what;
    ngx_socket_t       fd;
    ngx_connection_t  *c;

    c = ev->data;
    fd = c->fd;

    if (c->close) {

        /* worker_shutdown_timeout: nobody waits for us any more */

        ngx_http_jupref_fetch_hold(0);
        what = CURL_CSELECT_ERR;

    } else {
        what = ev->write ? CURL_CSELECT_OUT : CURL_CSELECT_IN;
    }

    /* c may be gone after this */

    (void) curl_multi_socket_action(ngx_http_jupref_curl, fd, what, &running);

    ngx_http_jupref_fetch_reap(ngx_http_jupref_curl);
}


static void
ngx_http_jupref_fetch_timeout(ngx_event_t *ev)
{
    int  running;

    (void) curl_multi_socket_action(ngx_http_jupref_curl, CURL_SOCKET_TIMEOUT,
                                    0, &running);

    ngx_http_jupref_fetch_reap(ngx_http_jupref_curl);
}
