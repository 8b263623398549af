/*
 * Directives that name the operator: zone, keys for the API, the referral
 * account, how attribution works.
 */

#include "http/ngx_http_jupref.h"


#define NGX_HTTP_JUPREF_NAME_MAX  32    /* characters of an API key's name */


static ngx_http_jupref_role_e ngx_http_jupref_role_named(ngx_str_t *name);
static ngx_int_t ngx_http_jupref_is_token(ngx_str_t *name);
static char *ngx_http_jupref_zone_options(ngx_conf_t *cf,
    ngx_http_jupref_zone_t *zone);


char *
ngx_http_jupref_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ssize_t                       size;
    ngx_str_t                    *value;
    ngx_http_jupref_zone_t       *zone;
    ngx_http_jupref_main_conf_t  *jmcf = conf;

    if (jmcf->shm_zone) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (!ngx_http_jupref_is_token(&value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone name \"%V\" in \"jupref_zone\", it "
                           "must be 1 to 32 letters, digits, \"_\" or \"-\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    size = ngx_parse_size(&value[2]);

    if (size == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone size \"%V\" in \"jupref_zone\", it "
                           "must be a size such as \"64m\"", &value[2]);
        return NGX_CONF_ERROR;
    }

    if (size < NGX_HTTP_JUPREF_ZONE_MIN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "zone \"%V\" of \"jupref_zone\" is too small with "
                           "\"%V\", it must be at least 8m", &value[1],
                           &value[2]);
        return NGX_CONF_ERROR;
    }

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_http_jupref_zone_t));
    if (zone == NULL) {
        return NGX_CONF_ERROR;
    }

    zone->conf = jmcf;
    zone->size = (size_t) size;
    zone->edge = value[1];
    zone->core = (ngx_core_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                                  ngx_core_module);
    zone->identity = ngx_pcalloc(cf->pool, sizeof(jupref_identity_t));
    jmcf->zone = zone;

    if (zone->identity == NULL
        || ngx_http_jupref_zone_options(cf, zone) != NGX_CONF_OK
        || ngx_http_jupref_zone_fits(cf, &value[1], zone) != NGX_OK
        || ngx_thread_pool_add(cf, NULL) == NULL)
    {
        return NGX_CONF_ERROR;
    }

    /* the anchor that a reload carries over; the memory is our own */

    jmcf->shm_zone = ngx_shared_memory_add(cf, &value[1], 8 * ngx_pagesize,
                                           &ngx_http_jupref_module);
    if (jmcf->shm_zone == NULL) {
        return NGX_CONF_ERROR;
    }

    jmcf->shm_zone->init = ngx_http_jupref_zone_init;
    jmcf->shm_zone->data = zone;

    return NGX_CONF_OK;
}


/* state=<directory> and edge=<name> */

static char *
ngx_http_jupref_zone_options(ngx_conf_t *cf, ngx_http_jupref_zone_t *zone)
{
    ngx_str_t   *value;
    ngx_uint_t   i, edge;

    value = cf->args->elts;
    edge = 0;

    for (i = 3; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "state=", 6) == 0
            && value[i].len > 6 && zone->state.len == 0)
        {
            zone->state.data = value[i].data + 6;
            zone->state.len = value[i].len - 6;

            if (ngx_conf_full_name(cf->cycle, &zone->state, 0) != NGX_OK) {
                return NGX_CONF_ERROR;
            }

            continue;
        }

        if (ngx_strncmp(value[i].data, "edge=", 5) == 0 && edge == 0) {
            zone->edge.data = value[i].data + 5;
            zone->edge.len = value[i].len - 5;
            edge = 1;

            if (ngx_http_jupref_is_token(&zone->edge)) {
                continue;
            }

            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid edge name \"%V\" in "
                               "\"jupref_zone\", it must be 1 to 32 letters, "
                               "digits, \"_\" or \"-\"", &zone->edge);
            return NGX_CONF_ERROR;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" in \"jupref_zone\", it "
                           "takes \"state=<directory>\" and "
                           "\"edge=<name>\" once each", &value[i]);
        return NGX_CONF_ERROR;
    }

    if (edge && zone->state.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"edge=%V\" in \"jupref_zone\" names a journal "
                           "and needs \"state=<directory>\"", &zone->edge);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* jupref_snapshot interval=<time> keep=<number> | off */

char *
ngx_http_jupref_snapshot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_int_t                     number;
    ngx_str_t                    *value, part;
    ngx_uint_t                    i;
    ngx_http_jupref_main_conf_t  *jmcf = conf;

    if (jmcf->snapshot_every != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;
    jmcf->snapshot_every = NGX_HTTP_JUPREF_SNAPSHOT_EVERY;
    jmcf->snapshots = NGX_HTTP_JUPREF_SNAPSHOTS;

    if (cf->args->nelts == 2 && value[1].len == 3
        && ngx_strncmp(value[1].data, "off", 3) == 0)
    {
        jmcf->snapshot_every = 0;
        return NGX_CONF_OK;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "interval=", 9) == 0) {
            part.data = value[i].data + 9;
            part.len = value[i].len - 9;
            number = ngx_parse_time(&part, 1);

            if (number > 0) {
                jmcf->snapshot_every = number;
                continue;
            }

        } else if (ngx_strncmp(value[i].data, "keep=", 5) == 0) {
            number = ngx_atoi(value[i].data + 5, value[i].len - 5);

            if (number > 0 && number <= NGX_HTTP_JUPREF_SNAPSHOTS_MAX) {
                jmcf->snapshots = (ngx_uint_t) number;
                continue;
            }
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" in "
                           "\"jupref_snapshot\", it takes "
                           "\"interval=<time>\" and \"keep=<1 to 1000>\", or "
                           "\"off\"", &value[i]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* jupref_retention <time> | off */

char *
ngx_http_jupref_retention(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_int_t                     time;
    ngx_str_t                    *value;
    ngx_http_jupref_main_conf_t  *jmcf = conf;

    if (jmcf->retention != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 3 && ngx_strncmp(value[1].data, "off", 3) == 0) {
        jmcf->retention = 0;
        return NGX_CONF_OK;
    }

    time = ngx_parse_time(&value[1], 1);

    if (time < 1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid time \"%V\" in \"jupref_retention\", it "
                           "must be a time such as \"3y\", or \"off\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    jmcf->retention = time;

    return NGX_CONF_OK;
}


char *
ngx_http_jupref_api_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                   *value, role, hex;
    ngx_uint_t                   i;
    ngx_http_jupref_api_key_t   *key, *keys;
    ngx_http_jupref_main_conf_t *jmcf = conf;

    value = cf->args->elts;
    ngx_str_null(&role);
    ngx_str_null(&hex);

    if (!ngx_http_jupref_is_token(&value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid name \"%V\" in \"jupref_api_key\", it "
                           "must be 1 to 32 letters, digits, \"_\" or \"-\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    keys = jmcf->api_keys.elts;

    for (i = 0; i < jmcf->api_keys.nelts; i++) {
        if (keys[i].name.len == value[1].len
            && ngx_strncmp(keys[i].name.data, value[1].data, value[1].len)
               == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate key \"%V\" in \"jupref_api_key\"",
                               &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    for (i = 2; i < cf->args->nelts; i++) {

        if (role.data == NULL
            && ngx_strncmp(value[i].data, "role=", 5) == 0)
        {
            role.data = value[i].data + 5;
            role.len = value[i].len - 5;

        } else if (hex.data == NULL
                   && ngx_strncmp(value[i].data, "sha256=", 7) == 0)
        {
            hex.data = value[i].data + 7;
            hex.len = value[i].len - 7;

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" in "
                               "\"jupref_api_key\", it takes \"role=\" and "
                               "\"sha256=\", once each", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    key = ngx_array_push(&jmcf->api_keys);
    if (key == NULL) {
        return NGX_CONF_ERROR;
    }

    key->name = value[1];

    key->role = ngx_http_jupref_role_named(&role);

    if (key->role == NGX_HTTP_JUPREF_ROLE_NONE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" of \"role\" in "
                           "\"jupref_api_key\", it must be \"admin\", "
                           "\"operator\" or \"read\"", &role);
        return NGX_CONF_ERROR;
    }

    if (!jupref_hex_decode(key->sha256, JUPREF_SHA256_SIZE,
                           ngx_http_jupref_bytes(&hex)))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" of \"sha256\" in "
                           "\"jupref_api_key\", it must be the 64 hex digits "
                           "of the key's SHA-256", &hex);
        return NGX_CONF_ERROR;
    }

    for (keys = jmcf->api_keys.elts; keys < key; keys++) {
        if (jupref_digest_equal(keys->sha256, key->sha256)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "key \"%V\" in \"jupref_api_key\" has the "
                               "\"sha256\" of key \"%V\", each key must be "
                               "another", &key->name, &keys->name);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_jupref_referral_account(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_str_t                   *value;
    ngx_http_jupref_loc_conf_t  *jlcf = conf;

    if (jlcf->referral_account != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    jlcf->referral_account = ngx_palloc(cf->pool, sizeof(jupref_pubkey_t));
    if (jlcf->referral_account == NULL) {
        return NGX_CONF_ERROR;
    }

    if (!jupref_pubkey_parse(jlcf->referral_account,
                             ngx_http_jupref_bytes(&value[1]))
        || jupref_pubkey_is_zero(jlcf->referral_account))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in "
                           "\"jupref_referral_account\", it must be the "
                           "base58 of a 32 byte address", &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_jupref_attribution(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                      *value, text;
    ngx_uint_t                      i;
    ngx_http_jupref_attribution_t  *attribution;
    ngx_http_jupref_loc_conf_t     *jlcf = conf;

    if (jlcf->attribution != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    attribution = ngx_pcalloc(cf->pool, sizeof(ngx_http_jupref_attribution_t));
    if (attribution == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "first") == 0) {
        attribution->mode = JUPREF_ATTRIBUTE_FIRST;

    } else if (ngx_strcmp(value[1].data, "last") == 0) {
        attribution->mode = JUPREF_ATTRIBUTE_LAST;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"jupref_attribution\", "
                           "it must be \"first\" or \"last\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    attribution->window_ms = NGX_CONF_UNSET_MSEC;

    for (i = 2; i < cf->args->nelts; i++) {

        if (attribution->window_ms == NGX_CONF_UNSET_MSEC
            && ngx_strncmp(value[i].data, "window=", 7) == 0)
        {
            text.data = value[i].data + 7;
            text.len = value[i].len - 7;

            attribution->window_ms = ngx_parse_time(&text, 0);

            if (attribution->window_ms == (ngx_msec_t) NGX_ERROR
                || attribution->window_ms < 1000)
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "invalid value \"%V\" of \"window\" in "
                                   "\"jupref_attribution\", it must be a time "
                                   "of at least 1s such as \"30d\"", &text);
                return NGX_CONF_ERROR;
            }

        } else if (attribution->cookie.data == NULL
                   && ngx_strncmp(value[i].data, "cookie=", 7) == 0)
        {
            attribution->cookie.data = value[i].data + 7;
            attribution->cookie.len = value[i].len - 7;

            if (!ngx_http_jupref_is_token(&attribution->cookie)) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "invalid value \"%V\" of \"cookie\" in "
                                   "\"jupref_attribution\", it must be 1 to "
                                   "32 letters, digits, \"_\" or \"-\"",
                                   &attribution->cookie);
                return NGX_CONF_ERROR;
            }

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" in "
                               "\"jupref_attribution\", it takes "
                               "\"window=<time>\" and \"cookie=<name>\", once "
                               "each", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    if (attribution->window_ms == NGX_CONF_UNSET_MSEC) {
        attribution->window_ms = (ngx_msec_t) 30 * 24 * 60 * 60 * 1000;
    }

    if (attribution->cookie.data == NULL) {
        ngx_str_set(&attribution->cookie, "__Host-jupref");
    }

    jlcf->attribution = attribution;

    return NGX_CONF_OK;
}


static ngx_http_jupref_role_e
ngx_http_jupref_role_named(ngx_str_t *name)
{
    if (ngx_strcmp(name->data, "admin") == 0) {
        return NGX_HTTP_JUPREF_ROLE_ADMIN;
    }

    if (ngx_strcmp(name->data, "operator") == 0) {
        return NGX_HTTP_JUPREF_ROLE_OPERATOR;
    }

    if (ngx_strcmp(name->data, "read") == 0) {
        return NGX_HTTP_JUPREF_ROLE_READ;
    }

    return NGX_HTTP_JUPREF_ROLE_NONE;
}


static ngx_int_t
ngx_http_jupref_is_token(ngx_str_t *name)
{
    u_char  c;
    size_t  i;

    if (name->len == 0 || name->len > NGX_HTTP_JUPREF_NAME_MAX) {
        return 0;
    }

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '_' || c == '-'))
        {
            return 0;
        }
    }

    return 1;
}
