/*
 * How all that is said of a location's gateway becomes one configuration.
 *
 * proxy's configurations are merged before ours, so a location's handler is
 * proxy_pass's by now.
 */

#include "http/ngx_http_jupref_rpc_send.h"


extern ngx_module_t  ngx_http_proxy_module;


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


static ngx_http_jupref_rpc_send_conf_t  ngx_http_jupref_rpc_send_standard = {
    NGX_HTTP_JUPREF_RPC_FANOUT, 0
};


char *
ngx_http_jupref_rpc_merge(ngx_conf_t *cf, ngx_http_jupref_loc_conf_t *prev,
    ngx_http_jupref_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t    *clcf;
    ngx_http_jupref_rpc_conf_t  *rcf;

    ngx_conf_merge_ptr_value(conf->rpc_costs, prev->rpc_costs, NULL);
    ngx_conf_merge_ptr_value(conf->rpc_rate, prev->rpc_rate, NULL);
    ngx_conf_merge_value(conf->rpc_monotonic, prev->rpc_monotonic, 0);
    ngx_conf_merge_ptr_value(conf->rpc_send, prev->rpc_send,
                             &ngx_http_jupref_rpc_send_standard);

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
    rcf->send = conf->rpc_send;

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
                  "\"burst=%uD\" of \"jupref_rpc_limit\" in location \"%V\" is "
                  "less than \"%s\" costs, which is %uD: nobody could ever "
                  "call it", rcf->rate->burst, &clcf->name,
                  dearest < jupref_rpc_method_count
                  ? jupref_rpc_methods[dearest].name : "unknown",
                  rcf->costs[dearest]);

    return NGX_CONF_ERROR;
}


/* The location's handler becomes ours, and proxy_pass's is kept for our
 * subrequests. */

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
 * written in one place and ask one upstream of the same servers, also over a
 * reload; with variables in proxy_pass nobody can say whose an answer is.
 */

static ngx_int_t
ngx_http_jupref_rpc_nodes(ngx_conf_t *cf, ngx_http_jupref_rpc_conf_t *rcf)
{
    ngx_uint_t                     i;
    jupref_bytes_t                *parts, *part;
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

    parts = ngx_pcalloc(cf->temp_pool,
                        (6 + (uscf->servers ? uscf->servers->nelts : 0))
                        * sizeof(jupref_bytes_t));
    if (parts == NULL) {
        return NGX_ERROR;
    }

    part = parts;

    if (uscf->servers) {
        server = uscf->servers->elts;
        rcf->nodes = 0;

        for (i = 0; i < uscf->servers->nelts; i++) {
            rcf->nodes += server[i].down ? 0 : server[i].naddrs;
            *part++ = ngx_http_jupref_bytes(&server[i].name);
        }
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    *part++ = ngx_http_jupref_cbytes(rcf->file);
    part->data = (const uint8_t *) &rcf->line;
    (part++)->len = sizeof(rcf->line);
    *part++ = ngx_http_jupref_bytes(&uscf->host);
    *part++ = ngx_http_jupref_bytes(&clcf->name);
    *part++ = ngx_http_jupref_bytes(&cscf->server_name);

    /* the same names may lead into another cluster than before */

    if (rcf->pool && rcf->pool->rules.genesis_fixed) {
        part->data = rcf->pool->rules.genesis;
        (part++)->len = JUPREF_GENESIS_SIZE;
    }

    return jupref_sha256_spans(rcf->identity, parts, (unsigned) (part - parts))
           ? NGX_OK : NGX_ERROR;
}
