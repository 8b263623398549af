/*
 * Transactions that are sent again and again, in the RPC zone: the agent does
 * the sending.
 *
 * How long one can land nobody has told.  A blockhash is good for 150 blocks,
 * so it is given that many slots' time and a tenth, for slots without a block.
 * The table is bounded; what finds no room isn't sent again, which is as good
 * as without all this.
 */

#include "http/ngx_http_jupref_rpc_send.h"


#define NGX_HTTP_JUPREF_RESEND_SLOTS  165

/* Rows that are looked at for one that is due. */
#define NGX_HTTP_JUPREF_RESEND_LOOKS  64


static jupref_recent_t *ngx_http_jupref_resent(
    ngx_http_jupref_rpc_zone_t *zone);
static ngx_http_jupref_rpc_resent_t *ngx_http_jupref_resend_new_locked(
    ngx_http_jupref_rpc_zone_t *zone, const jupref_send_t *send,
    const uint8_t key[JUPREF_SHA256_SIZE]);
static ngx_uint_t ngx_http_jupref_resend_next_locked(
    ngx_http_jupref_rpc_zone_t *zone, uint64_t now_ms, jupref_send_t *send,
    uint64_t *pool);
static void ngx_http_jupref_resend_drop_locked(
    ngx_http_jupref_rpc_zone_t *zone, ngx_http_jupref_rpc_resent_t *resent);
static ngx_int_t ngx_http_jupref_resend_key(uint8_t *key,
    const jupref_signature_t *signature);


void
ngx_http_jupref_rpc_resend_add(ngx_http_jupref_rpc_send_t *send)
{
    uint8_t                        key[JUPREF_SHA256_SIZE];
    uint64_t                       now_ms, life_ms;
    ngx_http_jupref_rpc_zone_t    *zone;
    ngx_http_jupref_rpc_resent_t  *resent;

    if (send->conf->send->resend == 0
        || ngx_http_jupref_resend_key(key, &send->send.signature) != NGX_OK)
    {
        return;
    }

    zone = send->conf->zone;
    now_ms = ngx_http_jupref_steady_ms();
    life_ms = NGX_HTTP_JUPREF_RESEND_SLOTS
              * ngx_http_jupref_pool_slot_ms(send->pool);

    ngx_http_jupref_rpc_lock(zone);

    resent = ngx_http_jupref_resend_new_locked(zone, &send->send, key);

    if (resent) {
        resent->pool = send->pool->key;
        resent->every_ms = send->conf->send->resend;
        resent->next_ms = now_ms + resent->every_ms;
        resent->until_ms = now_ms + life_ms;
    }

    ngx_http_jupref_rpc_unlock(zone);
}


/* NULL: it is there already, or there is no room. */

static ngx_http_jupref_rpc_resent_t *
ngx_http_jupref_resend_new_locked(ngx_http_jupref_rpc_zone_t *zone,
    const jupref_send_t *send, const uint8_t key[JUPREF_SHA256_SIZE])
{
    u_char                        *bytes;
    ngx_http_jupref_rpc_resent_t  *resent;

    if (jupref_recent_find(ngx_http_jupref_resent(zone), key)) {
        return NULL;
    }

    bytes = ngx_http_jupref_rpc_zone_alloc_locked(zone, send->len);
    if (bytes == NULL) {
        return NULL;
    }

    resent = jupref_recent_add(ngx_http_jupref_resent(zone), key);

    if (resent == NULL) {
        ngx_slab_free_locked(zone->shpool, bytes);
        return NULL;
    }

    ngx_memcpy(bytes, send->bytes, send->len);

    resent->bytes = bytes;
    resent->len = send->len;
    resent->signature = send->signature;

    return resent;
}


ngx_uint_t
ngx_http_jupref_resend_next(ngx_http_jupref_rpc_zone_t *zone, uint64_t now_ms,
    jupref_send_t *send, uint64_t *pool)
{
    ngx_uint_t  found;

    if (ngx_http_jupref_resent(zone) == NULL) {
        return 0;
    }

    ngx_http_jupref_rpc_lock(zone);
    found = ngx_http_jupref_resend_next_locked(zone, now_ms, send, pool);
    ngx_http_jupref_rpc_unlock(zone);

    return found;
}


/* Those whose time is over go. */

static ngx_uint_t
ngx_http_jupref_resend_next_locked(ngx_http_jupref_rpc_zone_t *zone,
    uint64_t now_ms, jupref_send_t *send, uint64_t *pool)
{
    ngx_uint_t                     i;
    jupref_recent_t               *table;
    ngx_http_jupref_rpc_resent_t  *resent, *next;

    table = ngx_http_jupref_resent(zone);
    resent = jupref_recent_oldest(table);

    for (i = 0; resent && i < NGX_HTTP_JUPREF_RESEND_LOOKS; i++) {
        next = jupref_recent_newer(table, resent);

        if (resent->until_ms <= now_ms) {
            ngx_http_jupref_resend_drop_locked(zone, resent);

        } else if (resent->next_ms <= now_ms) {
            ngx_memcpy(send->bytes, resent->bytes, resent->len);
            send->len = resent->len;
            *pool = resent->pool;

            resent->next_ms = now_ms + resent->every_ms;
            jupref_recent_use(table, resent);

            return 1;
        }

        resent = next;
    }

    return 0;
}


ngx_uint_t
ngx_http_jupref_resend_list(ngx_http_jupref_pool_t *pool,
    jupref_signature_t *signatures, ngx_uint_t most)
{
    ngx_uint_t                     count;
    jupref_recent_t               *table;
    ngx_http_jupref_rpc_resent_t  *resent;

    count = 0;
    table = ngx_http_jupref_resent(pool->zone);

    if (table == NULL) {
        return 0;
    }

    ngx_http_jupref_rpc_lock(pool->zone);

    for (resent = jupref_recent_oldest(table);
         resent && count < most;
         resent = jupref_recent_newer(table, resent))
    {
        if (resent->pool == pool->key) {
            signatures[count++] = resent->signature;
        }
    }

    ngx_http_jupref_rpc_unlock(pool->zone);

    return count;
}


void
ngx_http_jupref_resend_forget(ngx_http_jupref_rpc_zone_t *zone,
    const jupref_signature_t *signature)
{
    uint8_t                        key[JUPREF_SHA256_SIZE];
    ngx_http_jupref_rpc_resent_t  *resent;

    if (ngx_http_jupref_resend_key(key, signature) != NGX_OK) {
        return;
    }

    ngx_http_jupref_rpc_lock(zone);

    resent = jupref_recent_find(ngx_http_jupref_resent(zone), key);

    if (resent) {
        ngx_http_jupref_resend_drop_locked(zone, resent);
    }

    ngx_http_jupref_rpc_unlock(zone);
}


static void
ngx_http_jupref_resend_drop_locked(ngx_http_jupref_rpc_zone_t *zone,
    ngx_http_jupref_rpc_resent_t *resent)
{
    ngx_slab_free_locked(zone->shpool, resent->bytes);
    jupref_recent_remove(ngx_http_jupref_resent(zone), resent);
}


/* NULL: there is no gateway. */

static jupref_recent_t *
ngx_http_jupref_resent(ngx_http_jupref_rpc_zone_t *zone)
{
    ngx_http_jupref_gateway_t  *gateway;

    gateway = zone->shared->gateway;

    return gateway ? gateway->resent : NULL;
}


static ngx_int_t
ngx_http_jupref_resend_key(uint8_t *key, const jupref_signature_t *signature)
{
    jupref_bytes_t  bytes;

    bytes.data = signature->bytes;
    bytes.len = JUPREF_SIGNATURE_SIZE;

    return jupref_sha256(key, bytes) ? NGX_OK : NGX_ERROR;
}
