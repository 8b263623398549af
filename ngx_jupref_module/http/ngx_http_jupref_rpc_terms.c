/*
 * What may stand beside jupref_rpc, or around it: costs, limits, and how
 * transactions are sent.
 */

#include "http/ngx_http_jupref_rpc_send.h"


#define NGX_HTTP_JUPREF_RPC_UNITS_MAX  1000000


static ngx_int_t ngx_http_jupref_rpc_rate(ngx_str_t *text,
    jupref_rate_t *rate);


/* jupref_rpc_cost <class>|<method> <units>; */

char *
ngx_http_jupref_rpc_cost_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_int_t                    units;
    ngx_str_t                   *value;
    ngx_http_jupref_rpc_cost_t  *cost;
    ngx_http_jupref_loc_conf_t  *jlcf = conf;

    if (jlcf->rpc_costs == NGX_CONF_UNSET_PTR) {
        jlcf->rpc_costs = ngx_array_create(cf->pool, 4,
                                          sizeof(ngx_http_jupref_rpc_cost_t));
        if (jlcf->rpc_costs == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    cost = ngx_array_push(jlcf->rpc_costs);
    if (cost == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    cost->method = jupref_rpc_method_find(ngx_http_jupref_bytes(&value[1]));
    cost->class = cost->method->class;

    if (cost->class == JUPREF_RPC_UNKNOWN) {
        cost->method = NULL;

        if (!jupref_rpc_class_find(ngx_http_jupref_bytes(&value[1]),
                                   &cost->class))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" in \"jupref_rpc_cost\" is neither a "
                               "method such as \"getSlot\" nor a class of "
                               "methods such as \"heavy\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    units = ngx_atoi(value[2].data, value[2].len);

    if (units == NGX_ERROR || units > NGX_HTTP_JUPREF_RPC_UNITS_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid cost \"%V\" in \"jupref_rpc_cost\", it "
                           "must be a number from 0 to 1000000", &value[2]);
        return NGX_CONF_ERROR;
    }

    cost->units = (uint32_t) units;

    return NGX_CONF_OK;
}


/* jupref_rpc_limit rate=<units>/s|m [burst=<units>] | off; */

char *
ngx_http_jupref_rpc_limit_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_int_t                    n;
    ngx_str_t                   *value, text;
    ngx_uint_t                   i;
    jupref_rate_t               *rate;
    ngx_http_jupref_loc_conf_t  *jlcf = conf;

    if (jlcf->rpc_rate != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        jlcf->rpc_rate = NULL;
        return NGX_CONF_OK;
    }

    rate = ngx_pcalloc(cf->pool, sizeof(jupref_rate_t));
    if (rate == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "rate=", 5) == 0 && rate->units == 0) {
            text.data = value[i].data + 5;
            text.len = value[i].len - 5;

            if (ngx_http_jupref_rpc_rate(&text, rate) == NGX_OK) {
                continue;
            }

        } else if (ngx_strncmp(value[i].data, "burst=", 6) == 0
                   && rate->burst == 0)
        {
            n = ngx_atoi(value[i].data + 6, value[i].len - 6);

            if (n > 0 && n <= NGX_HTTP_JUPREF_RPC_UNITS_MAX) {
                rate->burst = (uint32_t) n;
                continue;
            }
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" in "
                           "\"jupref_rpc_limit\", it takes "
                           "\"rate=<units>/s\" or \"rate=<units>/m\" and "
                           "\"burst=<units>\" once each, or \"off\"",
                           &value[i]);
        return NGX_CONF_ERROR;
    }

    if (rate->units == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"jupref_rpc_limit\" needs a rate such as "
                           "\"rate=100/s\"");
        return NGX_CONF_ERROR;
    }

    jlcf->rpc_rate = rate;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_jupref_rpc_rate(ngx_str_t *text, jupref_rate_t *rate)
{
    ngx_int_t  n;

    if (text->len < 3 || text->data[text->len - 2] != '/') {
        return NGX_ERROR;
    }

    switch (text->data[text->len - 1]) {

    case 's':
        rate->window_ms = 1000;
        break;

    case 'm':
        rate->window_ms = 60000;
        break;

    default:
        return NGX_ERROR;
    }

    n = ngx_atoi(text->data, text->len - 2);

    if (n < 1 || n > NGX_HTTP_JUPREF_RPC_UNITS_MAX) {
        return NGX_ERROR;
    }

    rate->units = (uint32_t) n;

    return NGX_OK;
}


/* jupref_rpc_send [fanout=<nodes>] [resend=<time>|off]; */

char *
ngx_http_jupref_rpc_send_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_int_t                         n;
    ngx_str_t                        *value, text;
    ngx_uint_t                        i;
    ngx_http_jupref_loc_conf_t       *jlcf = conf;
    ngx_http_jupref_rpc_send_conf_t  *send;

    if (jlcf->rpc_send != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    send = ngx_palloc(cf->pool, sizeof(ngx_http_jupref_rpc_send_conf_t));
    if (send == NULL) {
        return NGX_CONF_ERROR;
    }

    send->fanout = NGX_CONF_UNSET_UINT;
    send->resend = NGX_CONF_UNSET_MSEC;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "fanout=", 7) == 0
            && send->fanout == NGX_CONF_UNSET_UINT)
        {
            n = ngx_atoi(value[i].data + 7, value[i].len - 7);

            if (n > 0 && n <= NGX_HTTP_JUPREF_RPC_FANOUT_MAX) {
                send->fanout = (ngx_uint_t) n;
                continue;
            }

        } else if (ngx_strcmp(value[i].data, "resend=off") == 0
                   && send->resend == NGX_CONF_UNSET_MSEC)
        {
            send->resend = 0;
            continue;

        } else if (ngx_strncmp(value[i].data, "resend=", 7) == 0
                   && send->resend == NGX_CONF_UNSET_MSEC)
        {
            text.data = value[i].data + 7;
            text.len = value[i].len - 7;
            n = ngx_parse_time(&text, 0);

            if (n >= NGX_HTTP_JUPREF_RPC_RESEND_MIN) {
                send->resend = (ngx_msec_t) n;
                continue;
            }
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" in "
                           "\"jupref_rpc_send\", it takes \"fanout=<1 to "
                           "16>\" and \"resend=<time of at least 500ms>\" or "
                           "\"resend=off\", once each", &value[i]);
        return NGX_CONF_ERROR;
    }

    ngx_conf_init_uint_value(send->fanout, NGX_HTTP_JUPREF_RPC_FANOUT);
    ngx_conf_init_msec_value(send->resend, 0);

    jlcf->rpc_send = send;

    return NGX_CONF_OK;
}
