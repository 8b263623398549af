/*
 * The agent: who holds the office, and when which job runs.
 */

#include "http/ngx_http_jupref.h"
#include "agent/ngx_http_jupref_accounts.h"
#include "agent/ngx_http_jupref_agent.h"
#include "agent/ngx_http_jupref_fetch.h"
#include "agent/ngx_http_jupref_intents.h"
#include "agent/ngx_http_jupref_probe.h"
#include "agent/ngx_http_jupref_resend.h"
#include "agent/ngx_http_jupref_verify.h"


#define NGX_HTTP_JUPREF_AGENT_TICK    100       /* ms, of the office's holder */
#define NGX_HTTP_JUPREF_AGENT_CHECK   1000      /* of the others */

/* Prolonging costs the lock: often enough, not at each tick. */
#define NGX_HTTP_JUPREF_AGENT_RENEW   500

#define NGX_HTTP_JUPREF_AGENT_JOBS                                            \
    (sizeof(ngx_http_jupref_jobs) / sizeof(ngx_http_jupref_jobs[0]))


static void ngx_http_jupref_agent_tick(ngx_event_t *ev);
static void ngx_http_jupref_agent_office(uint64_t now_ms);
static void ngx_http_jupref_agent_resign(void);
static void ngx_http_jupref_agent_work(uint64_t now_ms);
static void ngx_http_jupref_agent_bury(ngx_http_jupref_agent_t *agent,
    uint64_t now_ms);


/* Add a job here. */
static const ngx_http_jupref_job_t  ngx_http_jupref_jobs[] = {

    { "probe", 100, ngx_http_jupref_probe_run,
      ngx_http_jupref_probe_start, ngx_http_jupref_probe_stop },

    { "resend", 200, ngx_http_jupref_resend_run, NULL,
      ngx_http_jupref_resend_stop },

    { "verify", 100, ngx_http_jupref_verify_run,
      ngx_http_jupref_verify_start, ngx_http_jupref_verify_stop },

    { "intents", 200, ngx_http_jupref_intents_run,
      ngx_http_jupref_intents_start, ngx_http_jupref_intents_stop },

    { "accounts", 200, ngx_http_jupref_accounts_run,
      ngx_http_jupref_accounts_start, ngx_http_jupref_accounts_stop },

    { "bury", 2000, ngx_http_jupref_agent_bury, NULL, NULL }
};


static uint64_t  ngx_http_jupref_jobs_due[NGX_HTTP_JUPREF_AGENT_JOBS];
static uint64_t  ngx_http_jupref_agent_renewed_ms;

static ngx_http_jupref_agent_t  ngx_http_jupref_agent;
static ngx_event_t              ngx_http_jupref_agent_event;
static ngx_connection_t         ngx_http_jupref_agent_connection;


ngx_int_t
ngx_http_jupref_agent_init(ngx_cycle_t *cycle)
{
    ngx_event_t                 *ev;
    ngx_http_jupref_rpc_zone_t  *zone;

    zone = ngx_http_jupref_rpc_zone_find(cycle);

    if (zone == NULL) {
        return NGX_OK;
    }

    ngx_memzero(&ngx_http_jupref_agent, sizeof(ngx_http_jupref_agent_t));
    ngx_http_jupref_agent.zone = zone;
    ngx_http_jupref_agent.cycle = cycle;
    ngx_http_jupref_agent.log = cycle->log;

    ngx_http_jupref_rpc_zone_enter(zone);

    ngx_http_jupref_agent_connection.fd = (ngx_socket_t) -1;

    ev = &ngx_http_jupref_agent_event;
    ngx_memzero(ev, sizeof(ngx_event_t));
    ev->data = &ngx_http_jupref_agent_connection;
    ev->handler = ngx_http_jupref_agent_tick;
    ev->log = cycle->log;
    ev->cancelable = 1;

    ngx_add_timer(ev, 1);

    return NGX_OK;
}


void
ngx_http_jupref_agent_exit(ngx_cycle_t *cycle)
{
    if (ngx_http_jupref_agent.zone == NULL) {
        return;
    }

    ngx_http_jupref_agent_resign();
    ngx_http_jupref_fetch_exit();
    ngx_http_jupref_rpc_zone_leave(ngx_http_jupref_agent.zone);

    if (ngx_http_jupref_agent_event.timer_set) {
        ngx_del_timer(&ngx_http_jupref_agent_event);
    }
}


static void
ngx_http_jupref_agent_tick(ngx_event_t *ev)
{
    uint64_t  now_ms;

    if (ngx_exiting || ngx_terminate || ngx_quit) {

        /* the successor needn't wait until the last client has left */

        ngx_http_jupref_agent_resign();
        return;
    }

    now_ms = ngx_http_jupref_steady_ms();

    ngx_http_jupref_agent_office(now_ms);

    if (ngx_http_jupref_agent.owner) {
        ngx_http_jupref_agent_work(now_ms);
    }

    ngx_add_timer(ev, ngx_http_jupref_agent.owner
                      ? NGX_HTTP_JUPREF_AGENT_TICK
                      : NGX_HTTP_JUPREF_AGENT_CHECK);
}


static void
ngx_http_jupref_agent_office(uint64_t now_ms)
{
    ngx_uint_t                i, taken;
    ngx_http_jupref_agent_t  *agent;

    agent = &ngx_http_jupref_agent;

    if (agent->owner && now_ms < ngx_http_jupref_agent_renewed_ms
                                 + NGX_HTTP_JUPREF_AGENT_RENEW)
    {
        return;
    }

    taken = ngx_http_jupref_lease_take(agent->zone);

    if (agent->owner && !taken) {
        ngx_log_error(NGX_LOG_WARN, agent->log, 0,
                      "jupref: this worker was too late to prolong its lease, "
                      "another one probes the RPC nodes from now on");
        ngx_http_jupref_agent_resign();
        return;
    }

    ngx_http_jupref_agent_renewed_ms = now_ms;

    if (!taken || agent->owner) {
        return;
    }

    ngx_log_error(NGX_LOG_INFO, agent->log, 0,
                  "jupref: this worker probes the RPC nodes from now on");

    agent->owner = 1;
    agent->since_ms = now_ms;

    for (i = 0; i < NGX_HTTP_JUPREF_AGENT_JOBS; i++) {
        ngx_http_jupref_jobs_due[i] = now_ms;

        if (ngx_http_jupref_jobs[i].start) {
            ngx_http_jupref_jobs[i].start(agent);
        }
    }
}


static void
ngx_http_jupref_agent_resign(void)
{
    ngx_uint_t                i;
    ngx_http_jupref_agent_t  *agent;

    agent = &ngx_http_jupref_agent;

    if (!agent->owner) {
        return;
    }

    agent->owner = 0;

    for (i = 0; i < NGX_HTTP_JUPREF_AGENT_JOBS; i++) {
        if (ngx_http_jupref_jobs[i].stop) {
            ngx_http_jupref_jobs[i].stop(agent);
        }
    }

    ngx_http_jupref_lease_leave(agent->zone);
}


static void
ngx_http_jupref_agent_work(uint64_t now_ms)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_JUPREF_AGENT_JOBS; i++) {

        if (now_ms < ngx_http_jupref_jobs_due[i]) {
            continue;
        }

        /* from now, not from when it was due: nothing is caught up on */

        ngx_http_jupref_jobs_due[i] = now_ms
                                      + ngx_http_jupref_jobs[i].interval;

        ngx_http_jupref_jobs[i].run(&ngx_http_jupref_agent, now_ms);
    }
}


/* Calls in flight of workers that were killed. */

static void
ngx_http_jupref_agent_bury(ngx_http_jupref_agent_t *agent, uint64_t now_ms)
{
    ngx_http_jupref_rpc_zone_bury(agent->zone);
}
