/*
 * Who calls, and what it may spend: $jupref_client and its bucket.
 *
 * A client is known by the name of its API key, else by its address; one of
 * IPv6 by the network of 64 bits, all of whose addresses one client has.  Each
 * has a bucket for every limit that it meets; limits of the same rate and
 * burst are one.
 */

#include "http/ngx_http_jupref_rpc_gateway.h"


static void ngx_http_jupref_client_address(ngx_connection_t *c, u_char *room,
    ngx_str_t *address);
static uint64_t ngx_http_jupref_rpc_cost(ngx_http_jupref_rpc_member_t *member);
static ngx_http_jupref_rpc_client_t *ngx_http_jupref_rpc_bucket_locked(
    ngx_http_jupref_gateway_t *gateway,
    const uint8_t key[JUPREF_SHA256_SIZE]);
static ngx_int_t ngx_http_jupref_rpc_limit_headers(ngx_http_jupref_rpc_t *rpc,
    const jupref_rate_t *rate, const jupref_bucket_state_t *state);
static ngx_int_t ngx_http_jupref_rpc_add(ngx_http_request_t *r,
    const char *name, ngx_str_t *value);


/* Text with a prefix, so that no key's name is taken for an address. */

ngx_int_t
ngx_http_jupref_client(ngx_http_request_t *r, ngx_str_t *client)
{
    u_char                 *p, room[NGX_SOCKADDR_STRLEN];
    ngx_str_t               address, *name;
    ngx_http_jupref_ctx_t  *ctx;

    (void) ngx_http_jupref_role(r);

    ctx = ngx_http_jupref_ctx_find(r);

    if (ctx && ctx->key) {
        name = &ctx->key->name;

    } else {
        ngx_http_jupref_client_address(r->connection, room, &address);
        name = &address;
    }

    client->data = ngx_pnalloc(r->pool, sizeof("key:") - 1 + name->len);
    if (client->data == NULL) {
        return NGX_ERROR;
    }

    p = client->data;

    if (ctx && ctx->key) {
        p = ngx_cpymem(p, "key:", sizeof("key:") - 1);
    }

    p = ngx_cpymem(p, name->data, name->len);
    client->len = (size_t) (p - client->data);

    return NGX_OK;
}


static void
ngx_http_jupref_client_address(ngx_connection_t *c, u_char *room,
    ngx_str_t *address)
{
#if (NGX_HAVE_INET6)
    struct in6_addr       network;
    struct sockaddr_in6  *sin6;

    sin6 = (struct sockaddr_in6 *) c->sockaddr;

    if (c->sockaddr->sa_family == AF_INET6
        && !IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr))
    {
        network = sin6->sin6_addr;
        ngx_memzero(&network.s6_addr[8], 8);

        address->data = room;
        address->len = ngx_inet_ntop(AF_INET6, &network, room,
                                     NGX_INET6_ADDRSTRLEN);
        address->len += (size_t) (ngx_sprintf(room + address->len, "/64")
                                  - (room + address->len));
        return;
    }
#endif

    *address = c->addr_text;
}


/*
 * Takes what the members cost, one after the other; those that it isn't
 * enough for are marked.  Headers tell what is left.
 */

ngx_int_t
ngx_http_jupref_rpc_charge(ngx_http_jupref_rpc_t *rpc)
{
    uint8_t                        key[JUPREF_SHA256_SIZE];
    uint64_t                       now_ms;
    ngx_uint_t                     i;
    jupref_bytes_t                 parts[2];
    const jupref_rate_t           *rate;
    jupref_bucket_state_t          state;
    ngx_http_jupref_gateway_t     *gateway;
    ngx_http_jupref_rpc_client_t  *client;
    ngx_http_jupref_rpc_member_t  *member;

    rate = rpc->conf->rate;

    if (rate == NULL) {
        return NGX_OK;
    }

    parts[0].data = (const uint8_t *) rate;
    parts[0].len = sizeof(jupref_rate_t);
    parts[1] = ngx_http_jupref_bytes(&rpc->client);

    if (!jupref_sha256_spans(key, parts, 2)) {
        return NGX_ERROR;
    }

    gateway = rpc->conf->zone->shared->gateway;
    now_ms = ngx_http_jupref_steady_ms();

    ngx_http_jupref_rpc_lock(rpc->conf->zone);

    client = ngx_http_jupref_rpc_bucket_locked(gateway, key);

    /* the state that is told, when there is nothing to pay for */

    (void) jupref_bucket_take(&client->bucket, rate, 0, now_ms, &state);

    for (i = 0; i < rpc->body.count; i++) {
        member = &rpc->members[i];

        if (!jupref_bucket_take(&client->bucket, rate,
                                ngx_http_jupref_rpc_cost(member), now_ms,
                                &state))
        {
            member->limited = 1;

            if (rpc->wait_ms == 0) {
                rpc->wait_ms = state.wait_ms;
            }
        }
    }

    ngx_http_jupref_rpc_unlock(rpc->conf->zone);

    return ngx_http_jupref_rpc_limit_headers(rpc, rate, &state);
}


/* Methods that don't exist here cost nothing, nor does what is no call. */

static uint64_t
ngx_http_jupref_rpc_cost(ngx_http_jupref_rpc_member_t *member)
{
    const jupref_rpc_method_t  *method;

    if (member->call->result != JUPREF_RPC_CALL_OK
        || !ngx_http_jupref_rpc_allowed(member))
    {
        return 0;
    }

    method = member->call->method;

    return member->rpc->conf->costs[jupref_rpc_row(method)];
}


/* Never NULL: a full table lets the client go that came least lately, whose
 * bucket has most likely filled up since. */

static ngx_http_jupref_rpc_client_t *
ngx_http_jupref_rpc_bucket_locked(ngx_http_jupref_gateway_t *gateway,
    const uint8_t key[JUPREF_SHA256_SIZE])
{
    ngx_http_jupref_rpc_client_t  *client;

    client = jupref_recent_find(gateway->clients, key);

    if (client) {
        jupref_recent_use(gateway->clients, client);
        return client;
    }

    client = jupref_recent_add(gateway->clients, key);

    if (client) {
        return client;
    }

    jupref_recent_remove(gateway->clients,
                         jupref_recent_oldest(gateway->clients));

    return jupref_recent_add(gateway->clients, key);
}


/* As draft-ietf-httpapi-ratelimit-headers says: a quota in a window, what is
 * left of it and when it is whole again. */

static ngx_int_t
ngx_http_jupref_rpc_limit_headers(ngx_http_jupref_rpc_t *rpc,
    const jupref_rate_t *rate, const jupref_bucket_state_t *state)
{
    u_char     *p;
    uint64_t    window;
    ngx_str_t   policy, left;

    p = ngx_pnalloc(rpc->request->pool, 4 * (NGX_INT64_LEN + 16));
    if (p == NULL) {
        return NGX_ERROR;
    }

    window = ((uint64_t) rate->burst * rate->window_ms + rate->units - 1)
             / rate->units;

    policy.data = p;
    p = ngx_sprintf(p, "\"rpc\";q=%uD;w=%uL", rate->burst,
                    jupref_retry_after_sec(window));
    policy.len = (size_t) (p - policy.data);

    left.data = p;
    p = ngx_sprintf(p, "\"rpc\";r=%uD;t=%uL", state->remaining,
                    state->reset_sec);
    left.len = (size_t) (p - left.data);

    if (ngx_http_jupref_rpc_add(rpc->request, "RateLimit-Policy", &policy)
        != NGX_OK
        || ngx_http_jupref_rpc_add(rpc->request, "RateLimit", &left) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* For the client's own limit and for that of the nodes. */

ngx_int_t
ngx_http_jupref_rpc_retry_after(ngx_http_jupref_rpc_t *rpc)
{
    ngx_str_t  retry;

    if (rpc->wait_ms == 0 || rpc->wait_ms == UINT64_MAX) {
        return NGX_OK;
    }

    retry.data = ngx_pnalloc(rpc->request->pool, NGX_INT64_LEN);
    if (retry.data == NULL) {
        return NGX_ERROR;
    }

    retry.len = (size_t) (ngx_sprintf(retry.data, "%uL",
                                      jupref_retry_after_sec(rpc->wait_ms))
                          - retry.data);

    return ngx_http_jupref_rpc_add(rpc->request, "Retry-After", &retry);
}


static ngx_int_t
ngx_http_jupref_rpc_add(ngx_http_request_t *r, const char *name,
    ngx_str_t *value)
{
    ngx_str_t  key;

    key.data = (u_char *) name;
    key.len = ngx_strlen(name);

    return ngx_http_jupref_add_header(r, &key, value);
}
