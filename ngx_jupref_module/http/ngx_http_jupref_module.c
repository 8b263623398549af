/*
 * The wiring: directives, where they may stand, what runs in which phase.
 */

#include "http/ngx_http_jupref_rpc.h"
#include "upstream/ngx_http_jupref_pool.h"

#include "agent/ngx_http_jupref_verify_conf.h"


#define NGX_HTTP_JUPREF_ANY                                                   \
    (NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF)


static ngx_int_t ngx_http_jupref_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_jupref_preaccess(ngx_http_request_t *r);
static ngx_int_t ngx_http_jupref_log(ngx_http_request_t *r);


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

    { ngx_string("jupref_verify"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1234,
      ngx_http_jupref_verify,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
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

    { ngx_string("jupref_rpc_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_jupref_rpc_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("jupref_freshest"),
      NGX_HTTP_UPS_CONF|NGX_CONF_ANY,
      ngx_http_jupref_freshest,
      NGX_HTTP_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("jupref_health"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS|NGX_CONF_TAKE1,
      ngx_http_jupref_place_health,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("jupref_rpc"),
      NGX_HTTP_LOC_CONF|NGX_CONF_ANY,
      ngx_http_jupref_rpc_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("jupref_rpc_cost"),
      NGX_HTTP_JUPREF_ANY|NGX_CONF_TAKE2,
      ngx_http_jupref_rpc_cost_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("jupref_rpc_limit"),
      NGX_HTTP_JUPREF_ANY|NGX_CONF_TAKE12,
      ngx_http_jupref_rpc_limit_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("jupref_rpc_send"),
      NGX_HTTP_JUPREF_ANY|NGX_CONF_TAKE12,
      ngx_http_jupref_rpc_send_directive,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("jupref_rpc_monotonic"),
      NGX_HTTP_JUPREF_ANY|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_jupref_loc_conf_t, rpc_monotonic),
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_jupref_module_ctx = {
    ngx_http_jupref_add_variables,         /* preconfiguration */
    ngx_http_jupref_init,                  /* postconfiguration */

    ngx_http_jupref_create_main_conf,      /* create main configuration */
    ngx_http_jupref_init_main_conf,        /* init main configuration */

    ngx_http_jupref_create_srv_conf,       /* create server configuration */
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

    if (ngx_http_jupref_verify_init_conf(cf, jmcf) != NGX_OK) {
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
