/*
 * Executes whose signature nobody knows: where a maker or payer signs first,
 * only Jupiter's answer tells it, and nginx ended before that came.
 *
 * The taker has signed the transaction, and the fee account may be in it: the
 * signatures of these addresses at the time of the execute are looked through
 * for the message that was priced.  One that is found becomes an unknown
 * trade, whose proof is then asked for as any other's.  Where two healthy
 * nodes, their finalized block height past the transaction's last valid one,
 * have nothing, nothing has happened: the intent is closed.
 */

#ifndef NGX_HTTP_JUPREF_INTENTS_H
#define NGX_HTTP_JUPREF_INTENTS_H


#include "agent/ngx_http_jupref_agent.h"


/* Rows of the agent's table. */
void ngx_http_jupref_intents_run(ngx_http_jupref_agent_t *agent,
    uint64_t now_ms);
void ngx_http_jupref_intents_start(ngx_http_jupref_agent_t *agent);
void ngx_http_jupref_intents_stop(ngx_http_jupref_agent_t *agent);


#endif /* NGX_HTTP_JUPREF_INTENTS_H */
