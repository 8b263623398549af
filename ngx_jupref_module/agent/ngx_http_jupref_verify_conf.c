/*
 * jupref_verify (see the header).
 *
 * Where there is a ledger and one pool of nodes, trades are verified without
 * being asked to.  With several pools nobody but the operator knows which one
 * to believe.
 */

#include "agent/ngx_http_jupref_verify_conf.h"

#include "ledger/jupref_evidence.h"


static char *ngx_http_jupref_verify_parameter(ngx_conf_t *cf,
    ngx_http_jupref_verify_conf_t *verify, ngx_str_t *value);
static ngx_int_t ngx_http_jupref_verify_only(ngx_conf_t *cf,
    ngx_http_jupref_main_conf_t *jmcf);
static ngx_int_t ngx_http_jupref_verify_named(ngx_conf_t *cf,
    ngx_http_jupref_verify_conf_t *verify);
static void ngx_http_jupref_verify_count(ngx_conf_t *cf,
    ngx_http_jupref_verify_conf_t *verify);


char *
ngx_http_jupref_verify(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                      *value;
    ngx_uint_t                      i;
    ngx_http_jupref_main_conf_t    *jmcf = conf;
    ngx_http_jupref_verify_conf_t  *verify;

    verify = jmcf->verify;

    if (verify->on != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "on") == 0) {
        verify->on = 1;

    } else if (ngx_strcmp(value[1].data, "off") == 0) {
        verify->on = 0;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"jupref_verify\", it "
                           "must be \"on\" or \"off\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_http_jupref_verify_parameter(cf, verify, &value[i])
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_jupref_verify_parameter(ngx_conf_t *cf,
    ngx_http_jupref_verify_conf_t *verify, ngx_str_t *value)
{
    if (verify->upstream.len == 0 && value->len > 9
        && ngx_strncmp(value->data, "upstream=", 9) == 0)
    {
        verify->upstream.data = value->data + 9;
        verify->upstream.len = value->len - 9;
        return NGX_CONF_OK;
    }

    if (verify->calls == NGX_CONF_UNSET
        && ngx_strncmp(value->data, "concurrency=", 12) == 0)
    {
        verify->calls = ngx_atoi(value->data + 12, value->len - 12);

        if (verify->calls >= 1
            && verify->calls <= NGX_HTTP_JUPREF_VERIFY_CALLS_MAX)
        {
            return NGX_CONF_OK;
        }
    }

    if (verify->witnesses == NGX_CONF_UNSET
        && ngx_strncmp(value->data, "witnesses=", 10) == 0)
    {
        verify->witnesses = ngx_atoi(value->data + 10, value->len - 10);

        if (verify->witnesses >= 1
            && verify->witnesses <= JUPREF_EVIDENCE_WITNESSES_MAX)
        {
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" in \"jupref_verify\", it "
                       "takes \"upstream=<name>\", "
                       "\"concurrency=<1 to 64>\" and "
                       "\"witnesses=<1 to 4>\", once each", value);

    return NGX_CONF_ERROR;
}


ngx_http_jupref_verify_conf_t *
ngx_http_jupref_verify_create_conf(ngx_conf_t *cf)
{
    ngx_http_jupref_verify_conf_t  *verify;

    verify = ngx_pcalloc(cf->pool, sizeof(ngx_http_jupref_verify_conf_t));
    if (verify == NULL) {
        return NULL;
    }

    verify->on = NGX_CONF_UNSET;
    verify->calls = NGX_CONF_UNSET;
    verify->witnesses = NGX_CONF_UNSET;

    return verify;
}


void
ngx_http_jupref_verify_location(ngx_http_jupref_main_conf_t *jmcf,
    ngx_http_jupref_loc_conf_t *conf)
{
    ngx_uint_t                      i;
    ngx_http_jupref_verify_conf_t  *verify;

    verify = jmcf->verify;

    if (conf->execute) {

        if (verify->modes++ == 0) {
            verify->mode = conf->attribution->mode;

        } else if (verify->mode != conf->attribution->mode) {
            verify->mode = JUPREF_ATTRIBUTE_FIRST;
        }
    }

    if (!conf->order) {
        return;
    }

    for (i = 0; i < verify->referral_count; i++) {
        if (jupref_pubkey_equal(&verify->referrals[i], conf->referral_account))
        {
            return;
        }
    }

    if (verify->referral_count == NGX_HTTP_JUPREF_REFERRALS_MAX) {
        verify->more_referrals = 1;
        return;
    }

    verify->referrals[verify->referral_count++] = *conf->referral_account;
}


ngx_int_t
ngx_http_jupref_verify_init_conf(ngx_conf_t *cf,
    ngx_http_jupref_main_conf_t *jmcf)
{
    ngx_http_jupref_verify_conf_t  *verify;

    verify = jmcf->verify;

    ngx_conf_init_value(verify->calls, NGX_HTTP_JUPREF_VERIFY_CALLS);
    ngx_conf_init_value(verify->witnesses, JUPREF_EVIDENCE_WITNESSES);

    if (verify->on == 1 && jmcf->zone == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"jupref_verify on\" needs the ledger whose trades it "
                      "verifies: add \"jupref_zone main 64m\"");
        return NGX_ERROR;
    }

    if (verify->on == 0 || jmcf->zone == NULL) {
        return NGX_OK;
    }

    if ((verify->upstream.len ? ngx_http_jupref_verify_named(cf, verify)
                              : ngx_http_jupref_verify_only(cf, jmcf))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (verify->pool && verify->more_referrals) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "trades can be verified with at most %d different "
                      "accounts in \"jupref_referral_account\": use fewer, "
                      "or \"jupref_verify off\"",
                      NGX_HTTP_JUPREF_REFERRALS_MAX);
        return NGX_ERROR;
    }

    if (verify->pool) {
        ngx_http_jupref_verify_count(cf, verify);
    }

    return NGX_OK;
}


/* Of a name that is resolved while nginx runs nobody knows how many it is. */

static void
ngx_http_jupref_verify_count(ngx_conf_t *cf,
    ngx_http_jupref_verify_conf_t *verify)
{
    ngx_uint_t                     i, nodes;
    ngx_array_t                   *servers;
    ngx_http_upstream_server_t    *server;
    ngx_http_upstream_srv_conf_t  *upstream;

    upstream = verify->pool->upstream;
    servers = upstream->servers;
    server = servers->elts;

    for (nodes = 0, i = 0; i < servers->nelts; i++) {

        if (server[i].naddrs == 0) {
            return;
        }

        nodes += server[i].down ? 0 : server[i].naddrs;
    }

    if (nodes >= (ngx_uint_t) verify->witnesses) {
        return;
    }

    verify->few = 1;

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "no trade is verified: %i nodes must agree and upstream "
                  "\"%V\" has %ui; add servers of other providers to it, or "
                  "write \"jupref_verify on witnesses=1\" to take one node's "
                  "word for what is credited",
                  verify->witnesses, &upstream->host, nodes);
}


static ngx_int_t
ngx_http_jupref_verify_only(ngx_conf_t *cf, ngx_http_jupref_main_conf_t *jmcf)
{
    ngx_uint_t                       pools;
    ngx_http_jupref_pool_t         **pool;
    ngx_http_jupref_verify_conf_t   *verify;

    verify = jmcf->verify;
    pools = jmcf->rpc_zone ? jmcf->rpc_zone->pools.nelts : 0;

    if (pools == 1) {
        pool = jmcf->rpc_zone->pools.elts;
        verify->pool = pool[0];
        return NGX_OK;
    }

    if (verify->on == 1) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"jupref_verify on\" needs to know whose nodes to "
                      "ask, there %s: add \"upstream=<name>\" with the name "
                      "of an upstream that has \"jupref_freshest\"",
                      pools ? "are several upstreams with jupref_freshest"
                            : "is no upstream with jupref_freshest");
        return NGX_ERROR;
    }

    if (pools) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "no trade is verified: there are %ui upstreams with "
                      "\"jupref_freshest\"; add \"jupref_verify on "
                      "upstream=<name>\" with the one whose nodes are to be "
                      "asked, or \"jupref_verify off\"", pools);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_jupref_verify_named(ngx_conf_t *cf,
    ngx_http_jupref_verify_conf_t *verify)
{
    verify->pool = ngx_http_jupref_pool_named(cf, &verify->upstream);

    if (verify->pool) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"upstream=%V\" in \"jupref_verify\" must be the name of "
                  "an upstream that has \"jupref_freshest\"",
                  &verify->upstream);

    return NGX_ERROR;
}


void
ngx_http_jupref_verify_tell(ngx_http_jupref_main_conf_t *jmcf, ngx_log_t *log)
{
    const char  *why;

    if (ngx_http_jupref_verify_on(jmcf->verify)) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "jupref: trades are verified by the nodes of upstream "
                      "\"%V\", %i of which must agree",
                      &jmcf->verify->pool->upstream->host,
                      jmcf->verify->witnesses);
        return;
    }

    if (jmcf->verify->few) {
        why = ": its upstream has fewer nodes than must agree";

    } else if (jmcf->verify->on == 0) {
        why = ", \"jupref_verify\" is off";

    } else if (jmcf->rpc_zone && jmcf->rpc_zone->pools.nelts > 1) {
        why = ": name one of several upstreams in \"jupref_verify\"";

    } else {
        why = ": add an upstream with \"jupref_freshest\"";
    }

    ngx_log_error(NGX_LOG_NOTICE, log, 0,
                  "jupref: no trade is verified on chain by itself%s", why);
}
