/*
 * Probing: the agent's job that keeps each pool's knowledge of its nodes
 * fresh, and says in the log when a node goes out or comes back.
 */

#ifndef NGX_HTTP_JUPREF_PROBE_H
#define NGX_HTTP_JUPREF_PROBE_H


#include "agent/ngx_http_jupref_agent.h"


/* Rows of the agent's table. */
void ngx_http_jupref_probe_run(ngx_http_jupref_agent_t *agent,
    uint64_t now_ms);
void ngx_http_jupref_probe_start(ngx_http_jupref_agent_t *agent);
void ngx_http_jupref_probe_stop(ngx_http_jupref_agent_t *agent);


#endif /* NGX_HTTP_JUPREF_PROBE_H */
