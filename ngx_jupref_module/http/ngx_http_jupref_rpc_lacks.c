/*
 * Methods that nodes haven't: who has said so isn't asked for it for some
 * minutes, as long as another node may have it, and such an answer costs the
 * others nothing of what may be tried again.
 */

#include "http/ngx_http_jupref_rpc_gateway.h"


static uint64_t ngx_http_jupref_rpc_lacks_key(const jupref_rpc_call_t *call);


void
ngx_http_jupref_rpc_lacks(ngx_http_jupref_rpc_exchange_t *exchange)
{
    uint64_t  key;

    key = ngx_http_jupref_rpc_lacks_key(exchange->member->call);

    if (key) {
        ngx_http_jupref_pool_lacks(exchange->pick->pool, exchange->pick->node,
                                   key);
    }
}


/* Nodes to leave alone, as long as there are others: all of them only once one
 * of them has said it again, which is the client's answer. */

uint64_t
ngx_http_jupref_rpc_lacking(ngx_http_jupref_rpc_member_t *member)
{
    uint64_t                 lacking;
    ngx_uint_t               i;
    ngx_http_jupref_pool_t  *pool;

    pool = member->rpc->conf->pool;

    if (pool == NULL || member->again
        || !ngx_http_jupref_pool_has_lacks(pool))
    {
        return 0;
    }

    lacking = ngx_http_jupref_pool_lacking(pool,
                              ngx_http_jupref_rpc_lacks_key(member->call));

    if (lacking == 0 || member->tries) {
        return lacking;
    }

    for (i = 0; i < pool->count; i++) {
        if (!pool->nodes[i].down
            && !(lacking & jupref_pool_bit(pool->nodes[i].number)))
        {
            return lacking;
        }
    }

    return 0;
}


/*
 * Work that was done in vain costs of what all clients share, so that nodes in
 * trouble aren't given three times as much of it.  One that has turned the
 * call away, or never got it, has done none: another may have it; and to look
 * up something light is no work.
 */

ngx_uint_t
ngx_http_jupref_rpc_may_retry(ngx_http_jupref_rpc_member_t *member)
{
    ngx_uint_t                  heavy;
    ngx_http_jupref_gateway_t  *gateway;

    heavy = member->call->method->class == JUPREF_RPC_HEAVY
            || member->call->method->class == JUPREF_RPC_COMPUTE;

    if ((member->verdict.mark == JUPREF_RPC_MARK_FAILED
         && !member->verdict.costless)
        || (member->in_vain && heavy))
    {
        return ngx_http_jupref_rpc_affords(member->rpc->conf->zone);
    }

    gateway = member->rpc->conf->zone->shared->gateway;
    (void) ngx_atomic_fetch_add(&gateway->counters.retries[0], 1);

    return 1;
}


/* Names are a client's choice: by a digest none can be made to stand for
 * another.  0: there is none. */

static uint64_t
ngx_http_jupref_rpc_lacks_key(const jupref_rpc_call_t *call)
{
    uint8_t   digest[JUPREF_SHA256_SIZE];
    uint64_t  key;

    if (call->method->class != JUPREF_RPC_UNKNOWN) {
        return 1 + jupref_rpc_row(call->method);
    }

    if (!jupref_sha256(digest, call->name)) {
        return 0;
    }

    ngx_memcpy(&key, digest, sizeof(key));

    return key;
}
