/*
 * The agent: background work that one worker does for all.
 *
 * Each worker asks for the office once a second; it is a lease in the RPC
 * zone.  Its holder prolongs it, gives it back when it ends, and loses it when
 * it is gone or late; then another worker takes over within a second.  The
 * holder runs the jobs of one table, each at its interval.
 *
 * A job is short: it starts fetches and looks at what came.  It must bear that
 * its process is told to end, or loses the office, between any two of its
 * runs: what it needs to go on lies in shared memory or in the ledger.
 */

#ifndef NGX_HTTP_JUPREF_AGENT_H
#define NGX_HTTP_JUPREF_AGENT_H


#include "upstream/ngx_http_jupref_rpc_zone.h"


typedef struct ngx_http_jupref_agent_s  ngx_http_jupref_agent_t;


/* Add a job to the table in ngx_http_jupref_agent.c. */
typedef struct {
    const char                  *name;
    ngx_msec_t                   interval;      /* 100 ms is the shortest */
    void                       (*run)(ngx_http_jupref_agent_t *agent,
                                      uint64_t now_ms);         /* steady */

    /* the office was taken; was lost, or the process ends: drop fetches.
     * NULL: nothing to do */
    void                       (*start)(ngx_http_jupref_agent_t *agent);
    void                       (*stop)(ngx_http_jupref_agent_t *agent);
} ngx_http_jupref_job_t;


struct ngx_http_jupref_agent_s {
    ngx_cycle_t                 *cycle;
    ngx_log_t                   *log;
    ngx_http_jupref_rpc_zone_t  *zone;          /* and its pools */
    uint64_t                     since_ms;      /* in office */
    unsigned                     owner:1;       /* this process holds it */
};


/* ngx_http_jupref_process.c calls these in each worker. */
ngx_int_t ngx_http_jupref_agent_init(ngx_cycle_t *cycle);
void ngx_http_jupref_agent_exit(ngx_cycle_t *cycle);


#endif /* NGX_HTTP_JUPREF_AGENT_H */
