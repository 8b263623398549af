/*
 * jupref_freshest [max_lag=<time>] [recover_lag=<time>]
 *                 [by=latency|round_robin] [genesis=<hash>];
 */

#include "http/ngx_http_jupref.h"
#include "upstream/ngx_http_jupref_pool.h"


#define NGX_HTTP_JUPREF_MAX_LAG      5000       /* ms */
#define NGX_HTTP_JUPREF_MAX_LAG_MIN  500        /* about two slots */
#define NGX_HTTP_JUPREF_MAX_LAG_MAX  (60 * 60 * 1000)


static ngx_int_t ngx_http_jupref_freshest_parameter(ngx_conf_t *cf,
    ngx_str_t *parameter, jupref_pool_rules_t *rules, ngx_uint_t *given);
static ngx_int_t ngx_http_jupref_freshest_lag(ngx_conf_t *cf, const char *name,
    ngx_str_t *text, uint64_t *ms);
static ngx_int_t ngx_http_jupref_freshest_by(ngx_conf_t *cf, ngx_str_t *text,
    jupref_pool_rules_t *rules);
static ngx_int_t ngx_http_jupref_freshest_genesis(ngx_conf_t *cf,
    ngx_str_t *text, jupref_pool_rules_t *rules);


/* The parameters' places in the mask of those given. */
enum {
    NGX_HTTP_JUPREF_FRESHEST_MAX_LAG = 0,
    NGX_HTTP_JUPREF_FRESHEST_RECOVER_LAG,
    NGX_HTTP_JUPREF_FRESHEST_BY,
    NGX_HTTP_JUPREF_FRESHEST_GENESIS,
    NGX_HTTP_JUPREF_FRESHEST_PARAMETERS
};


static const char *const
    ngx_http_jupref_freshest_names[NGX_HTTP_JUPREF_FRESHEST_PARAMETERS] =
{
    "max_lag=", "recover_lag=", "by=", "genesis="
};


void *
ngx_http_jupref_create_srv_conf(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_jupref_srv_conf_t));
}


char *
ngx_http_jupref_freshest(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                     *value;
    ngx_uint_t                     i, given;
    ngx_http_jupref_pool_t        *pool, **slot;
    ngx_http_jupref_rpc_zone_t    *zone;
    ngx_http_jupref_srv_conf_t    *jscf = conf;
    ngx_http_upstream_srv_conf_t  *uscf;

    if (jscf->pool) {
        return "is duplicate";
    }

    uscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_upstream_module);
    zone = ngx_http_jupref_rpc_zone_need(cf);
    pool = ngx_pcalloc(cf->pool, sizeof(ngx_http_jupref_pool_t));

    if (zone == NULL || pool == NULL) {
        return NGX_CONF_ERROR;
    }

    if (zone->pools.nelts == NGX_HTTP_JUPREF_POOLS_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"jupref_freshest\" is in more than %d upstreams",
                           NGX_HTTP_JUPREF_POOLS_MAX);
        return NGX_CONF_ERROR;
    }

    slot = ngx_array_push(&zone->pools);
    if (slot == NULL) {
        return NGX_CONF_ERROR;
    }

    *slot = pool;
    jscf->pool = pool;

    pool->upstream = uscf;
    pool->zone = zone;
    pool->key = (uint64_t) ngx_crc32_long(uscf->host.data, uscf->host.len) << 32
                | ngx_murmur_hash2(uscf->host.data, uscf->host.len);
    pool->rules.max_lag_ms = NGX_HTTP_JUPREF_MAX_LAG;

    value = cf->args->elts;
    given = 0;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_http_jupref_freshest_parameter(cf, &value[i], &pool->rules,
                                               &given)
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    if (!(given & 1u << NGX_HTTP_JUPREF_FRESHEST_RECOVER_LAG)) {
        pool->rules.recover_lag_ms = pool->rules.max_lag_ms / 2;
    }

    if (pool->rules.recover_lag_ms > pool->rules.max_lag_ms) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"recover_lag\" of %uLms in \"jupref_freshest\" is "
                           "longer than \"max_lag\" of %uLms, it must be "
                           "shorter or the same",
                           pool->rules.recover_lag_ms,
                           pool->rules.max_lag_ms);
        return NGX_CONF_ERROR;
    }

    if (uscf->peer.init_upstream) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "load balancing method redefined");
    }

    uscf->peer.init_upstream = ngx_http_jupref_freshest_init;

    uscf->flags = NGX_HTTP_UPSTREAM_CREATE
                  |NGX_HTTP_JUPREF_UPSTREAM_MODIFY
                  |NGX_HTTP_UPSTREAM_WEIGHT
                  |NGX_HTTP_UPSTREAM_MAX_CONNS
                  |NGX_HTTP_UPSTREAM_MAX_FAILS
                  |NGX_HTTP_UPSTREAM_FAIL_TIMEOUT
                  |NGX_HTTP_UPSTREAM_DOWN
                  |NGX_HTTP_UPSTREAM_BACKUP;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_jupref_freshest_parameter(ngx_conf_t *cf, ngx_str_t *parameter,
    jupref_pool_rules_t *rules, ngx_uint_t *given)
{
    size_t      len;
    ngx_str_t   text;
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_JUPREF_FRESHEST_PARAMETERS; i++) {
        len = ngx_strlen(ngx_http_jupref_freshest_names[i]);

        if (ngx_strncmp(parameter->data, ngx_http_jupref_freshest_names[i],
                        len)
            == 0)
        {
            break;
        }
    }

    if (i == NGX_HTTP_JUPREF_FRESHEST_PARAMETERS || (*given & 1u << i)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" in \"jupref_freshest\", "
                           "it takes \"max_lag=<time>\", "
                           "\"recover_lag=<time>\", "
                           "\"by=<latency or round_robin>\" and "
                           "\"genesis=<hash>\", once each", parameter);
        return NGX_ERROR;
    }

    *given |= 1u << i;

    text.data = parameter->data + len;
    text.len = parameter->len - len;

    switch (i) {

    case NGX_HTTP_JUPREF_FRESHEST_MAX_LAG:
        return ngx_http_jupref_freshest_lag(cf, "max_lag", &text,
                                            &rules->max_lag_ms);

    case NGX_HTTP_JUPREF_FRESHEST_RECOVER_LAG:
        return ngx_http_jupref_freshest_lag(cf, "recover_lag", &text,
                                            &rules->recover_lag_ms);

    case NGX_HTTP_JUPREF_FRESHEST_BY:
        return ngx_http_jupref_freshest_by(cf, &text, rules);

    default:
        return ngx_http_jupref_freshest_genesis(cf, &text, rules);
    }
}


static ngx_int_t
ngx_http_jupref_freshest_lag(ngx_conf_t *cf, const char *name,
    ngx_str_t *text, uint64_t *ms)
{
    ngx_int_t  time;

    time = ngx_parse_time(text, 0);

    if (time < NGX_HTTP_JUPREF_MAX_LAG_MIN
        || time > NGX_HTTP_JUPREF_MAX_LAG_MAX)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" of \"%s\" in "
                           "\"jupref_freshest\", it must be a time from 500ms "
                           "to 1h such as \"5s\"", text, name);
        return NGX_ERROR;
    }

    *ms = (uint64_t) time;

    return NGX_OK;
}


static ngx_int_t
ngx_http_jupref_freshest_by(ngx_conf_t *cf, ngx_str_t *text,
    jupref_pool_rules_t *rules)
{
    if (ngx_strcmp(text->data, "latency") == 0) {
        rules->round_robin = 0;
        return NGX_OK;
    }

    if (ngx_strcmp(text->data, "round_robin") == 0) {
        rules->round_robin = 1;
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\" of \"by\" in "
                       "\"jupref_freshest\", it must be \"latency\" or "
                       "\"round_robin\"", text);
    return NGX_ERROR;
}


static ngx_int_t
ngx_http_jupref_freshest_genesis(ngx_conf_t *cf, ngx_str_t *text,
    jupref_pool_rules_t *rules)
{
    jupref_pubkey_t  hash;

    if (!jupref_pubkey_parse(&hash, ngx_http_jupref_bytes(text))
        || jupref_pubkey_is_zero(&hash))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" of \"genesis\" in "
                           "\"jupref_freshest\", it must be the base58 of the "
                           "cluster's 32 byte genesis hash", text);
        return NGX_ERROR;
    }

    ngx_memcpy(rules->genesis, hash.bytes, JUPREF_GENESIS_SIZE);
    rules->genesis_fixed = 1;

    return NGX_OK;
}
