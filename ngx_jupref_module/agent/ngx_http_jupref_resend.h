/*
 * Sending again: the agent's job for transactions that a node has accepted
 * and the chain hasn't finalized yet.
 */

#ifndef NGX_HTTP_JUPREF_RESEND_H
#define NGX_HTTP_JUPREF_RESEND_H


#include "agent/ngx_http_jupref_agent.h"


/* Rows of the agent's table. */
void ngx_http_jupref_resend_run(ngx_http_jupref_agent_t *agent,
    uint64_t now_ms);
void ngx_http_jupref_resend_stop(ngx_http_jupref_agent_t *agent);


#endif /* NGX_HTTP_JUPREF_RESEND_H */
