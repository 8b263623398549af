/*
 * The wiring: directives, where they may stand, what runs in which phase.
 */

#include "http/ngx_http_jupref.h"


#define NGX_HTTP_JUPREF_ANY                                                   \
    (NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF)


static void *ngx_http_jupref_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_jupref_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_jupref_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_jupref_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static void ngx_http_jupref_inherit(ngx_http_core_loc_conf_t *clcf,
    ngx_http_jupref_loc_conf_t *prev, ngx_http_jupref_loc_conf_t *conf);
static ngx_int_t ngx_http_jupref_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_jupref_preaccess(ngx_http_request_t *r);
static ngx_int_t ngx_http_jupref_log(ngx_http_request_t *r);
static ngx_int_t ngx_http_jupref_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_jupref_init_process(ngx_cycle_t *cycle);
static void ngx_http_jupref_exit_process(ngx_cycle_t *cycle);
static void ngx_http_jupref_tick(ngx_event_t *ev);


static ngx_command_t  ngx_http_jupref_commands[] = {

    { ngx_string("jupref_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE2|NGX_CONF_TAKE3|NGX_CONF_TAKE4,
      ngx_http_jupref_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("jupref_snapshot"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_jupref_snapshot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("jupref_retention"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_jupref_retention,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("jupref_hold"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_jupref_main_conf_t, hold),
      NULL },

    { ngx_string("jupref_commit_timeout"),
      NGX_HTTP_JUPREF_ANY|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_jupref_loc_conf_t, commit_timeout),
      NULL },

    { ngx_string("jupref_keyring"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_jupref_keyring,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("jupref_api_key"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE3,
      ngx_http_jupref_api_key,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("jupref_tier"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_jupref_tier,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("jupref_code"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_jupref_code,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("jupref_referral_account"),
      NGX_HTTP_JUPREF_ANY|NGX_CONF_TAKE1,
      ngx_http_jupref_referral_account,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("jupref_attribution"),
      NGX_HTTP_JUPREF_ANY|NGX_CONF_1MORE,
      ngx_http_jupref_attribution,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("jupref_order"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_jupref_place_filter,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_jupref_loc_conf_t, order),
      NULL },

    { ngx_string("jupref_execute"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_jupref_place_filter,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_jupref_loc_conf_t, execute),
      NULL },

    { ngx_string("jupref_link"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_http_jupref_place_link,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("jupref_api"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_jupref_place_api,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("jupref_metrics"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_jupref_place_metrics,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("jupref_health"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_http_jupref_place_health,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_jupref_module_ctx = {
    ngx_http_jupref_add_variables,         /* preconfiguration */
    ngx_http_jupref_init,                  /* postconfiguration */

    ngx_http_jupref_create_main_conf,      /* create main configuration */
    ngx_http_jupref_init_main_conf,        /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_jupref_create_loc_conf,       /* create location configuration */
    ngx_http_jupref_merge_loc_conf         /* merge location configuration */
};


ngx_module_t  ngx_http_jupref_module = {
    NGX_MODULE_V1,
    &ngx_http_jupref_module_ctx,           /* module context */
    ngx_http_jupref_commands,              /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_jupref_init_module,           /* init module */
    ngx_http_jupref_init_process,          /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_jupref_exit_process,          /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* Clicks are booked this often at the least (also by the clicks themselves). */
#define NGX_HTTP_JUPREF_TICK_MS  1000

static ngx_connection_t  ngx_http_jupref_tick_connection;
static ngx_event_t       ngx_http_jupref_tick_event;


static ngx_int_t
ngx_http_jupref_preaccess(ngx_http_request_t *r)
{
    ngx_http_jupref_ctx_t       *ctx;
    ngx_http_jupref_loc_conf_t  *jlcf;

    if (r != r->main) {
        return NGX_DECLINED;
    }

    jlcf = ngx_http_get_module_loc_conf(r, ngx_http_jupref_module);

    if (jlcf->order) {
        return ngx_http_jupref_order_handler(r);
    }

    ctx = ngx_http_jupref_ctx_find(r);

    if (jlcf->execute || (ctx && ctx->execute)) {
        return ngx_http_jupref_execute_handler(r);
    }

    return NGX_DECLINED;
}


/*
 * The last word on an execute whose answer never came through us, because the
 * client or Jupiter left half-way: it may have landed.
 */

static ngx_int_t
ngx_http_jupref_log(ngx_http_request_t *r)
{
    ngx_http_jupref_ctx_t  *ctx;

    ctx = ngx_http_jupref_ctx_find(r);

    if (ctx && ctx->execute && ctx->execute->asked && !ctx->execute->decided
        && ngx_http_jupref_execute_forwarded(r, ctx->execute))
    {
        ngx_http_jupref_execute_decide(r, ctx, NGX_HTTP_BAD_GATEWAY, 0);
    }

    return NGX_OK;
}


/* From here on nginx runs this configuration. */

static ngx_int_t
ngx_http_jupref_init_module(ngx_cycle_t *cycle)
{
    ngx_http_jupref_main_conf_t  *jmcf;

    jmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_jupref_module);

    if (jmcf == NULL || jmcf->zone == NULL) {
        return NGX_OK;
    }

    ngx_http_jupref_lock(jmcf->zone);
    ngx_http_jupref_sync(jmcf->zone, cycle->log);
    ngx_http_jupref_unlock(jmcf->zone);

    return NGX_OK;
}


static ngx_int_t
ngx_http_jupref_init_process(ngx_cycle_t *cycle)
{
    ngx_event_t                  *ev;
    ngx_http_jupref_main_conf_t  *jmcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    jmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_jupref_module);

    if (jmcf == NULL || jmcf->zone == NULL) {
        return NGX_OK;
    }

    ngx_http_jupref_tick_connection.fd = (ngx_socket_t) -1;

    ev = &ngx_http_jupref_tick_event;
    ngx_memzero(ev, sizeof(ngx_event_t));
    ngx_http_jupref_tick_connection.data = jmcf->zone;
    ev->data = &ngx_http_jupref_tick_connection;
    ev->handler = ngx_http_jupref_tick;
    ev->log = cycle->log;
    ev->cancelable = 1;

    ngx_add_timer(ev, NGX_HTTP_JUPREF_TICK_MS);

    ngx_http_jupref_store_tell(jmcf->zone);
    ngx_http_jupref_relay_damaged(jmcf->zone, cycle->log);

    return ngx_http_jupref_commit_init(jmcf->zone, cycle->log);
}


static void
ngx_http_jupref_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_jupref_main_conf_t  *jmcf;

    jmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_jupref_module);

    if (jmcf && jmcf->zone) {
        ngx_http_jupref_lock(jmcf->zone);
        ngx_http_jupref_book_clicks(jmcf->zone, 0);
        ngx_http_jupref_unlock(jmcf->zone);

        ngx_http_jupref_commit_exit(jmcf->zone, cycle->log);
    }

    jupref_seal_forget();
}


static void
ngx_http_jupref_tick(ngx_event_t *ev)
{
    uint64_t                 now_ms;
    ngx_connection_t        *c;
    ngx_http_jupref_zone_t  *zone;

    c = ev->data;
    zone = c->data;

    now_ms = ngx_http_jupref_now_ms();

    ngx_http_jupref_lock(zone);
    ngx_http_jupref_book_clicks(zone, now_ms);
    ngx_http_jupref_upkeep(zone, now_ms);
    ngx_http_jupref_unlock(zone);

    ngx_http_jupref_commit(zone);
    ngx_http_jupref_keep(zone, now_ms);

    if (!ngx_exiting && !ngx_terminate && !ngx_quit) {
        ngx_add_timer(ev, NGX_HTTP_JUPREF_TICK_MS);
    }
}


static void *
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

    if (ngx_array_init(&jmcf->api_keys, cf->pool, 2,
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


static char *
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


static void *
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
     */

    jlcf->referral_account = NGX_CONF_UNSET_PTR;
    jlcf->attribution = NGX_CONF_UNSET_PTR;
    jlcf->commit_timeout = NGX_CONF_UNSET_MSEC;

    return jlcf;
}


static char *
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

    /* inside another API its root stays what routes are relative to */

    if (prev->api_base.len) {
        conf->api_base = prev->api_base;
    }

    if (conf->directive == NULL) {
        return NGX_CONF_OK;
    }

    jmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_jupref_module);

    if (jmcf->shm_zone == NULL) {
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


static ngx_int_t
ngx_http_jupref_init(ngx_conf_t *cf)
{
    ngx_uint_t                    i;
    ngx_http_handler_pt          *h;
    ngx_http_core_main_conf_t    *cmcf;
    ngx_http_jupref_main_conf_t  *jmcf;

    static ngx_str_t  request_uri = ngx_string("request_uri");

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    jmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_jupref_module);

    jmcf->request_uri = ngx_http_get_variable_index(cf, &request_uri);
    if (jmcf->request_uri == NGX_ERROR) {
        return NGX_ERROR;
    }

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PREACCESS_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_jupref_preaccess;

    /* first of the log phase: the access log shows what it decides */

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_LOG_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h = cmcf->phases[NGX_HTTP_LOG_PHASE].handlers.elts;

    for (i = cmcf->phases[NGX_HTTP_LOG_PHASE].handlers.nelts - 1; i > 0; i--) {
        h[i] = h[i - 1];
    }

    h[0] = ngx_http_jupref_log;

    return ngx_http_jupref_filter_init(cf);
}
