/*
 * What stands beside jupref_rpc: costs and limits; and how all of it becomes
 * one location's configuration.
 */

#include "http/ngx_http_jupref_rpc_gateway.h"


#define NGX_HTTP_JUPREF_RPC_UNITS_MAX  1000000


extern ngx_module_t  ngx_http_proxy_module;


/* A jupref_rpc_cost line. */
typedef struct {
    const jupref_rpc_method_t  *method; /* NULL: the whole class */
    jupref_rpc_class_e          class;
    uint32_t                    units;
} ngx_http_jupref_rpc_cost_t;


static ngx_int_t ngx_http_jupref_rpc_rate(ngx_str_t *text,
    jupref_rate_t *rate);
static char *ngx_http_jupref_rpc_join_confs(ngx_conf_t *cf,
    ngx_http_jupref_loc_conf_t *conf);
static ngx_int_t ngx_http_jupref_rpc_costs(ngx_conf_t *cf,
    ngx_http_jupref_rpc_conf_t *rcf, ngx_array_t *lines);
static char *ngx_http_jupref_rpc_burst(ngx_conf_t *cf,
    ngx_http_jupref_rpc_conf_t *rcf);
static char *ngx_http_jupref_rpc_wrap(ngx_conf_t *cf,
    ngx_http_jupref_rpc_conf_t *rcf);
static ngx_int_t ngx_http_jupref_rpc_nodes(ngx_conf_t *cf,
    ngx_http_jupref_rpc_conf_t *rcf);


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


char *
ngx_http_jupref_rpc_merge(ngx_conf_t *cf, ngx_http_jupref_loc_conf_t *prev,
    ngx_http_jupref_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t    *clcf;
    ngx_http_jupref_rpc_conf_t  *rcf;

    ngx_conf_merge_ptr_value(conf->rpc_costs, prev->rpc_costs, NULL);
    ngx_conf_merge_ptr_value(conf->rpc_rate, prev->rpc_rate, NULL);
    ngx_conf_merge_value(conf->rpc_monotonic, prev->rpc_monotonic, 0);

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (conf->rpc) {
        return ngx_http_jupref_rpc_join_confs(cf, conf);
    }

    if (!clcf->noname || prev->rpc == NULL) {
        return NGX_CONF_OK;
    }

    /* "if" and "limit_except" go on with what surrounds them; either may
     * have a proxy_pass of its own */

    rcf = ngx_palloc(cf->pool, sizeof(ngx_http_jupref_rpc_conf_t));
    if (rcf == NULL) {
        return NGX_CONF_ERROR;
    }

    *rcf = *prev->rpc;
    conf->rpc = rcf;

    if (clcf->handler == NULL) {
        return NGX_CONF_OK;
    }

    return ngx_http_jupref_rpc_join_confs(cf, conf);
}


static char *
ngx_http_jupref_rpc_join_confs(ngx_conf_t *cf,
    ngx_http_jupref_loc_conf_t *conf)
{
    ngx_http_jupref_rpc_conf_t  *rcf;

    rcf = conf->rpc;
    rcf->monotonic = conf->rpc_monotonic;

    if (ngx_http_jupref_rpc_wrap(cf, rcf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_jupref_rpc_nodes(cf, rcf) != NGX_OK
        || ngx_http_jupref_rpc_costs(cf, rcf, conf->rpc_costs) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    rcf->rate = NULL;

    if (conf->rpc_rate) {
        rcf->rate = ngx_palloc(cf->pool, sizeof(jupref_rate_t));
        if (rcf->rate == NULL) {
            return NGX_CONF_ERROR;
        }

        *rcf->rate = *conf->rpc_rate;

        return ngx_http_jupref_rpc_burst(cf, rcf);
    }

    return NGX_CONF_OK;
}


/* By row: what is said of a method outranks what is said of its class. */

static ngx_int_t
ngx_http_jupref_rpc_costs(ngx_conf_t *cf, ngx_http_jupref_rpc_conf_t *rcf,
    ngx_array_t *lines)
{
    unsigned                     row;
    ngx_uint_t                   i, pass;
    const jupref_rpc_method_t   *method;
    ngx_http_jupref_rpc_cost_t  *cost;

    static const jupref_bytes_t  none;

    rcf->costs = ngx_palloc(cf->pool, (jupref_rpc_method_count + 1)
                                      * sizeof(uint32_t));
    if (rcf->costs == NULL) {
        return NGX_ERROR;
    }

    for (row = 0; row <= jupref_rpc_method_count; row++) {
        method = (row < jupref_rpc_method_count)
                 ? &jupref_rpc_methods[row] : jupref_rpc_method_find(none);

        rcf->costs[row] = method->cost;

        for (pass = 0; lines && pass < 2; pass++) {
            cost = lines->elts;

            for (i = 0; i < lines->nelts; i++) {
                if (pass ? (cost[i].method == method)
                         : (cost[i].method == NULL
                            && cost[i].class == method->class))
                {
                    rcf->costs[row] = cost[i].units;
                }
            }
        }
    }

    return NGX_OK;
}


/* What may be called must be affordable, once the bucket is full. */

static char *
ngx_http_jupref_rpc_burst(ngx_conf_t *cf, ngx_http_jupref_rpc_conf_t *rcf)
{
    unsigned                   row, dearest;
    ngx_http_core_loc_conf_t  *clcf;

    dearest = jupref_rpc_method_count;

    for (row = 0; row <= jupref_rpc_method_count; row++) {
        if (rcf->allowed[row]
            && (!rcf->allowed[dearest]
                || rcf->costs[row] > rcf->costs[dearest]))
        {
            dearest = row;
        }
    }

    if (rcf->rate->burst == 0) {
        rcf->rate->burst = ngx_max(rcf->rate->units, rcf->costs[dearest]);
        return NGX_CONF_OK;
    }

    if (!rcf->allowed[dearest] || rcf->costs[dearest] <= rcf->rate->burst) {
        return NGX_CONF_OK;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"burst=%uD\" of \"jupref_rpc_limit\" in location \"%V\" "
                  "is less than \"%s\" costs, which is %uD: nobody could ever "
                  "call it", rcf->rate->burst, &clcf->name,
                  dearest < jupref_rpc_method_count
                  ? jupref_rpc_methods[dearest].name : "unknown",
                  rcf->costs[dearest]);

    return NGX_CONF_ERROR;
}


/*
 * The location's handler becomes ours, and proxy_pass's is kept for our
 * subrequests.  proxy's confs are merged before ours, so it is there by now.
 */

static char *
ngx_http_jupref_rpc_wrap(ngx_conf_t *cf, ngx_http_jupref_rpc_conf_t *rcf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"jupref_rpc\" in location \"%V\" has no nodes to ask: "
                      "add \"proxy_pass http://<upstream>\"", &clcf->name);
        return NGX_CONF_ERROR;
    }

    if (clcf->client_max_body_size
        && clcf->client_max_body_size < (off_t) rcf->body)
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"body=%uz\" of \"jupref_rpc\" in location \"%V\" is "
                      "more than \"client_max_body_size\" lets through, which "
                      "is %O bytes", rcf->body, &clcf->name,
                      clcf->client_max_body_size);
        return NGX_CONF_ERROR;
    }

    /* ours is the tighter limit, and tells it in the protocol's own form */

    clcf->client_max_body_size = 0;

    rcf->upstream = clcf->handler;
    clcf->handler = ngx_http_jupref_rpc_handler;

    return NGX_CONF_OK;
}


/*
 * Who is asked, as far as it is known: an upstream's configuration is the
 * first member of proxy's own.  Answers are shared between locations that are
 * written in one place and ask one upstream; with variables in proxy_pass
 * nobody can say whose an answer is.
 */

static ngx_int_t
ngx_http_jupref_rpc_nodes(ngx_conf_t *cf, ngx_http_jupref_rpc_conf_t *rcf)
{
    ngx_uint_t                     i;
    jupref_bytes_t                 parts[5];
    ngx_http_core_loc_conf_t      *clcf;
    ngx_http_core_srv_conf_t      *cscf;
    ngx_http_upstream_conf_t      *ucf;
    ngx_http_upstream_server_t    *server;
    ngx_http_upstream_srv_conf_t  *uscf;

    ucf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_proxy_module);
    uscf = ucf->upstream;

    rcf->pool = NULL;
    rcf->shares = 0;
    rcf->nodes = 1;

    if (uscf == NULL) {
        return NGX_OK;
    }

    rcf->pool = ngx_http_jupref_pool_of(uscf);
    rcf->shares = 1;

    if (uscf->servers) {
        server = uscf->servers->elts;
        rcf->nodes = 0;

        for (i = 0; i < uscf->servers->nelts; i++) {
            rcf->nodes += server[i].down ? 0 : server[i].naddrs;
        }
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    parts[0] = ngx_http_jupref_cbytes(rcf->file);
    parts[1].data = (const uint8_t *) &rcf->line;
    parts[1].len = sizeof(rcf->line);
    parts[2] = ngx_http_jupref_bytes(&uscf->host);
    parts[3] = ngx_http_jupref_bytes(&clcf->name);
    parts[4] = ngx_http_jupref_bytes(&cscf->server_name);

    return jupref_sha256_spans(rcf->identity, parts, 5) ? NGX_OK : NGX_ERROR;
}
