/*
 * Configurations made, merged and judged: what a location needs of the http
 * block, and what it gets where nothing is said.
 */

#include "http/ngx_http_jupref_rpc.h"

#include "agent/ngx_http_jupref_verify_conf.h"


static void ngx_http_jupref_inherit(ngx_http_core_loc_conf_t *clcf,
    ngx_http_jupref_loc_conf_t *prev, ngx_http_jupref_loc_conf_t *conf);


void *
ngx_http_jupref_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_jupref_main_conf_t  *jmcf;

    jmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_jupref_main_conf_t));
    if (jmcf == NULL) {
        return NULL;
    }

    jmcf->hold = NGX_CONF_UNSET_MSEC;
    jmcf->snapshot_every = NGX_CONF_UNSET;
    jmcf->retention = NGX_CONF_UNSET;
    jmcf->verify = ngx_http_jupref_verify_create_conf(cf);

    if (jmcf->verify == NULL
        || ngx_array_init(&jmcf->api_keys, cf->pool, 2,
                          sizeof(ngx_http_jupref_api_key_t))
           != NGX_OK
        || ngx_array_init(&jmcf->tiers, cf->pool, 4, sizeof(jupref_terms_t))
           != NGX_OK
        || ngx_array_init(&jmcf->codes, cf->pool, 4,
                          sizeof(ngx_http_jupref_code_t))
           != NGX_OK)
    {
        return NULL;
    }

    return jmcf;
}


char *
ngx_http_jupref_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_jupref_main_conf_t  *jmcf = conf;

    ngx_str_t  name = ngx_string("default");

    if (jmcf->shm_zone == NULL) {

        if (jmcf->codes.nelts) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"jupref_code\" needs \"jupref_zone\", which keeps "
                          "the ledger: add \"jupref_zone main 64m\"");
            return NGX_CONF_ERROR;
        }

        return ngx_http_jupref_zone_fits(cf, NULL, NULL) == NGX_OK
               ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    jmcf->default_tier = ngx_http_jupref_find_tier(jmcf, &name);

    if (jmcf->default_tier == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"jupref_zone\" needs the terms of unreferred traders: "
                      "add \"jupref_tier default fee=100\"");
        return NGX_CONF_ERROR;
    }

    ngx_conf_init_msec_value(jmcf->hold, NGX_HTTP_JUPREF_HOLD);

    if (jmcf->snapshot_every == NGX_CONF_UNSET) {
        jmcf->snapshot_every = NGX_HTTP_JUPREF_SNAPSHOT_EVERY;
        jmcf->snapshots = NGX_HTTP_JUPREF_SNAPSHOTS;
    }

    ngx_conf_init_value(jmcf->retention, 0);

    if (ngx_http_jupref_store_init(cf, jmcf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return ngx_http_jupref_check_codes(cf, jmcf);
}


void *
ngx_http_jupref_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_jupref_loc_conf_t  *jlcf;

    jlcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_jupref_loc_conf_t));
    if (jlcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     jlcf->directive = NULL;    inherited by nameless locations alone,
     *     jlcf->content = NULL;      like all that follow
     *     jlcf->handler = NULL;
     *     jlcf->order = 0;
     *     jlcf->execute = 0;
     *     jlcf->link_to = { 0, NULL };
     *     jlcf->health = NGX_HTTP_JUPREF_HEALTH_LIVE;
     *     jlcf->rpc = NULL;
     */

    jlcf->referral_account = NGX_CONF_UNSET_PTR;
    jlcf->attribution = NGX_CONF_UNSET_PTR;
    jlcf->commit_timeout = NGX_CONF_UNSET_MSEC;
    jlcf->rpc_costs = NGX_CONF_UNSET_PTR;
    jlcf->rpc_rate = NGX_CONF_UNSET_PTR;
    jlcf->rpc_monotonic = NGX_CONF_UNSET;
    jlcf->rpc_send = NGX_CONF_UNSET_PTR;

    return jlcf;
}


char *
ngx_http_jupref_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_jupref_loc_conf_t  *prev = parent;
    ngx_http_jupref_loc_conf_t  *conf = child;

    ngx_http_core_loc_conf_t     *clcf;
    ngx_http_jupref_main_conf_t  *jmcf;

    static ngx_http_jupref_attribution_t  standard = {
        JUPREF_ATTRIBUTE_FIRST,
        (ngx_msec_t) 30 * 24 * 60 * 60 * 1000,
        ngx_string("__Host-jupref")
    };

    ngx_conf_merge_ptr_value(conf->referral_account, prev->referral_account,
                             NULL);
    ngx_conf_merge_ptr_value(conf->attribution, prev->attribution, &standard);
    ngx_conf_merge_msec_value(conf->commit_timeout, prev->commit_timeout,
                              NGX_HTTP_JUPREF_COMMIT_TIMEOUT);

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->noname) {
        ngx_http_jupref_inherit(clcf, prev, conf);
    }

    if (ngx_http_jupref_rpc_merge(cf, prev, conf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    /* inside another API its root stays what routes are relative to */

    if (prev->api_base.len) {
        conf->api_base = prev->api_base;
    }

    if (conf->directive == NULL) {
        return NGX_CONF_OK;
    }

    jmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_jupref_module);

    /* metrics of RPC nodes are worth telling without a ledger */

    if (jmcf->shm_zone == NULL
        && !(conf->handler == ngx_http_jupref_metrics_handler
             && jmcf->rpc_zone))
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"%V\" in location \"%V\" needs the ledger: add "
                      "\"jupref_zone main 64m\" to the http block",
                      conf->directive, &clcf->name);
        return NGX_CONF_ERROR;
    }

    if (conf->order && conf->referral_account == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"jupref_order\" in location \"%V\" needs "
                      "\"jupref_referral_account\", the operator's Jupiter "
                      "referral account", &clcf->name);
        return NGX_CONF_ERROR;
    }

    ngx_http_jupref_verify_location(jmcf, conf);

    if (conf->link_to.data
        && (jmcf->keyring == NULL || jmcf->keyring->cookie.nelts == 0))
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"jupref_link\" in location \"%V\" needs "
                      "\"jupref_keyring\" with a key of purpose \"cookie\"",
                      &clcf->name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/*
 * "if" and "limit_except" are nameless locations of their own, into which
 * nginx takes proxy_pass along: so must go what we do there.
 */

static void
ngx_http_jupref_inherit(ngx_http_core_loc_conf_t *clcf,
    ngx_http_jupref_loc_conf_t *prev, ngx_http_jupref_loc_conf_t *conf)
{
    conf->directive = prev->directive;
    conf->content = prev->content;
    conf->handler = prev->handler;
    conf->order = prev->order;
    conf->execute = prev->execute;
    conf->link_to = prev->link_to;
    conf->health = prev->health;

    /* "if" keeps the handler that its location has set, this doesn't */

    if (clcf->lmt_excpt && clcf->handler == NULL) {
        clcf->handler = conf->handler;
    }
}
