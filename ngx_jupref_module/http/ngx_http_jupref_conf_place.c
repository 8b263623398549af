/*
 * Directives that give a location its work: the filters of orders and
 * executes, and the handlers of links, API, metrics and health.
 */

#include "http/ngx_http_jupref.h"


static char *ngx_http_jupref_below(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf, ngx_http_handler_pt handler, const char *example);
static char *ngx_http_jupref_content(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf, ngx_http_handler_pt handler);


char *
ngx_http_jupref_place_filter(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_flag_t                  *flag;
    ngx_http_jupref_loc_conf_t  *jlcf = conf;

    flag = (ngx_flag_t *) ((char *) conf + cmd->offset);

    if (*flag) {
        return "is duplicate";
    }

    *flag = 1;

    if (jlcf->order && jlcf->execute) {
        return "can't stand beside the other of \"jupref_order\" and "
               "\"jupref_execute\": give each its own location";
    }

    jlcf->directive = &cmd->name;

    return NGX_CONF_OK;
}


char *
ngx_http_jupref_place_link(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    u_char                       c;
    size_t                       i;
    ngx_str_t                   *value, to;
    ngx_http_jupref_loc_conf_t  *jlcf = conf;

    if (jlcf->link_to.data) {
        return "is duplicate";
    }

    value = cf->args->elts;
    ngx_str_set(&to, "/");

    if (cf->args->nelts == 2) {

        if (ngx_strncmp(value[1].data, "to=", 3) != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" in \"jupref_link\", "
                               "it takes \"to=<uri>\"", &value[1]);
            return NGX_CONF_ERROR;
        }

        to.data = value[1].data + 3;
        to.len = value[1].len - 3;
    }

    if (to.len == 0
        || (to.data[0] != '/'
            && ngx_strncasecmp(to.data, (u_char *) "https://", 8) != 0
            && ngx_strncasecmp(to.data, (u_char *) "http://", 7) != 0))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" of \"to\" in "
                           "\"jupref_link\", it must be a path that starts "
                           "with \"/\" or an http or https address", &to);
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < to.len; i++) {
        c = to.data[i];

        if (c <= ' ' || c >= 0x7f) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" of \"to\" in "
                               "\"jupref_link\", blanks and bytes beyond "
                               "ASCII must be percent-encoded", &to);
            return NGX_CONF_ERROR;
        }
    }

    jlcf->link_to = to;

    return ngx_http_jupref_below(cf, cmd, conf, ngx_http_jupref_link_handler,
                                 "location /r/");
}


char *
ngx_http_jupref_place_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t    *clcf;
    ngx_http_jupref_loc_conf_t  *jlcf = conf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    jlcf->api_base = clcf->name;

    return ngx_http_jupref_below(cf, cmd, conf, ngx_http_jupref_api_handler,
                                 "location /v1/");
}


char *
ngx_http_jupref_place_metrics(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    return ngx_http_jupref_content(cf, cmd, conf,
                                   ngx_http_jupref_metrics_handler);
}


char *
ngx_http_jupref_place_health(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                   *value;
    ngx_http_jupref_loc_conf_t  *jlcf = conf;

    value = cf->args->elts;

    if (cf->args->nelts == 2) {

        if (ngx_strcmp(value[1].data, "ready") == 0) {
            jlcf->health = NGX_HTTP_JUPREF_HEALTH_READY;

        } else if (ngx_strcmp(value[1].data, "live") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" in \"jupref_health\", it "
                               "must be \"live\" or \"ready\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    return ngx_http_jupref_content(cf, cmd, conf,
                                   ngx_http_jupref_health_handler);
}


/* For handlers that read what follows the location's name in a path. */

static char *
ngx_http_jupref_below(ngx_conf_t *cf, ngx_command_t *cmd, void *conf,
    ngx_http_handler_pt handler, const char *example)
{
    ngx_uint_t                 prefix;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    prefix = (!clcf->exact_match && !clcf->named && !clcf->noname);
#if (NGX_PCRE)
    prefix = (prefix && clcf->regex == NULL);
#endif

    if (!prefix) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" in location \"%V\" has no paths below "
                           "it, it must stand in a prefix location such as "
                           "\"%s\"", &cmd->name, &clcf->name, example);
        return NGX_CONF_ERROR;
    }

    return ngx_http_jupref_content(cf, cmd, conf, handler);
}


static char *
ngx_http_jupref_content(ngx_conf_t *cf, ngx_command_t *cmd, void *conf,
    ngx_http_handler_pt handler)
{
    ngx_http_core_loc_conf_t    *clcf;
    ngx_http_jupref_loc_conf_t  *jlcf = conf;

    if (jlcf->content == &cmd->name) {
        return "is duplicate";
    }

    if (jlcf->content) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" can't stand beside \"%V\": give each its "
                           "own location", &cmd->name, jlcf->content);
        return NGX_CONF_ERROR;
    }

    jlcf->content = &cmd->name;
    jlcf->handler = handler;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = handler;

    /* health alone works without a zone: it says that there is none */

    if (handler != ngx_http_jupref_health_handler) {
        jlcf->directive = &cmd->name;
    }

    return NGX_CONF_OK;
}
