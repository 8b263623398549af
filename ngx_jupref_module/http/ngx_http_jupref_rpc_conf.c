/*
 * jupref_rpc: what a location's gateway allows and how much of it, read once
 * so that a call's method is looked up in one table.
 *
 * What is named outranks what its class says, and "deny" outranks "allow" of
 * the same kind.  Without "allow" everything is, but methods that nodes gave
 * up and requestAirdrop, which has to be named itself.
 */

#include "http/ngx_http_jupref_rpc_gateway.h"


#define NGX_HTTP_JUPREF_RPC_SIZE_MIN  1024


/* What allow= or deny= names. */
typedef struct {
    unsigned   given:1;
    unsigned   all:1;
    u_char     classes[JUPREF_RPC_CLASSES];
    u_char    *methods;                 /* by row */
} ngx_http_jupref_rpc_list_t;


/* The directive as it is being read. */
typedef struct {
    ngx_http_jupref_rpc_conf_t  *conf;
    ngx_http_jupref_rpc_list_t   allow;
    ngx_http_jupref_rpc_list_t   deny;
    ngx_str_t                    text;          /* of the value at hand */
} ngx_http_jupref_rpc_line_t;


/* NGX_DECLINED: what is wrong is left in `text`; NGX_BUSY: it came before. */
typedef ngx_int_t (*ngx_http_jupref_rpc_set_pt)(
    ngx_http_jupref_rpc_line_t *line);


static ngx_int_t ngx_http_jupref_rpc_parameter(ngx_conf_t *cf,
    ngx_http_jupref_rpc_line_t *line, ngx_str_t *value);
static ngx_int_t ngx_http_jupref_rpc_set_allow(
    ngx_http_jupref_rpc_line_t *line);
static ngx_int_t ngx_http_jupref_rpc_set_deny(
    ngx_http_jupref_rpc_line_t *line);
static ngx_int_t ngx_http_jupref_rpc_set_list(ngx_http_jupref_rpc_line_t *line,
    ngx_http_jupref_rpc_list_t *list);
static ngx_int_t ngx_http_jupref_rpc_set_batch(
    ngx_http_jupref_rpc_line_t *line);
static ngx_int_t ngx_http_jupref_rpc_set_body(
    ngx_http_jupref_rpc_line_t *line);
static ngx_int_t ngx_http_jupref_rpc_set_answer(
    ngx_http_jupref_rpc_line_t *line);
static ngx_int_t ngx_http_jupref_rpc_set_size(ngx_http_jupref_rpc_line_t *line,
    size_t *size, ssize_t most);
static ngx_int_t ngx_http_jupref_rpc_set_head(
    ngx_http_jupref_rpc_line_t *line);
static ngx_int_t ngx_http_jupref_rpc_set_hedge(
    ngx_http_jupref_rpc_line_t *line);
static ngx_int_t ngx_http_jupref_rpc_set_time(ngx_http_jupref_rpc_line_t *line,
    ngx_msec_t *time);
static ngx_int_t ngx_http_jupref_rpc_set_cache(
    ngx_http_jupref_rpc_line_t *line);
static ngx_uint_t ngx_http_jupref_rpc_judge_row(
    const ngx_http_jupref_rpc_line_t *line, unsigned row);


static const struct {
    ngx_str_t                    name;
    ngx_http_jupref_rpc_set_pt   set;
    const char                  *right;
} ngx_http_jupref_rpc_parameters[] = {

    { ngx_string("allow"), ngx_http_jupref_rpc_set_allow,
      "names of methods and classes of methods, or \"all\"" },

    { ngx_string("deny"), ngx_http_jupref_rpc_set_deny,
      "names of methods and classes of methods, or \"all\"" },

    { ngx_string("batch"), ngx_http_jupref_rpc_set_batch,
      "a number of calls from 0 to 1000" },

    { ngx_string("body"), ngx_http_jupref_rpc_set_body,
      "a size from 1k to 4m" },

    { ngx_string("answer"), ngx_http_jupref_rpc_set_answer,
      "a size from 1k to 256m" },

    { ngx_string("head"), ngx_http_jupref_rpc_set_head,
      "a time such as \"500ms\", or \"off\"" },

    { ngx_string("hedge"), ngx_http_jupref_rpc_set_hedge,
      "a time such as \"250ms\", or \"off\"" },

    { ngx_string("cache"), ngx_http_jupref_rpc_set_cache,
      "\"on\" or \"off\"" },

    { ngx_null_string, NULL, NULL }
};


char *
ngx_http_jupref_rpc_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    unsigned                     row;
    ngx_str_t                   *value;
    ngx_uint_t                   i;
    ngx_http_jupref_rpc_conf_t  *rcf;
    ngx_http_jupref_rpc_line_t   line;
    ngx_http_jupref_loc_conf_t  *jlcf = conf;

    if (jlcf->rpc) {
        return "is duplicate";
    }

    ngx_memzero(&line, sizeof(ngx_http_jupref_rpc_line_t));

    rcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_jupref_rpc_conf_t));
    if (rcf == NULL) {
        return NGX_CONF_ERROR;
    }

    rcf->allowed = ngx_pcalloc(cf->pool, jupref_rpc_method_count + 1);
    line.allow.methods = ngx_pcalloc(cf->pool, jupref_rpc_method_count);
    line.deny.methods = ngx_pcalloc(cf->pool, jupref_rpc_method_count);

    if (rcf->allowed == NULL || line.allow.methods == NULL
        || line.deny.methods == NULL)
    {
        return NGX_CONF_ERROR;
    }

    rcf->batch = NGX_CONF_UNSET_UINT;
    rcf->body = NGX_CONF_UNSET_SIZE;
    rcf->answer = NGX_CONF_UNSET_SIZE;
    rcf->head = NGX_CONF_UNSET_MSEC;
    rcf->hedge = NGX_CONF_UNSET_MSEC;
    rcf->cache = NGX_CONF_UNSET;
    line.conf = rcf;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_http_jupref_rpc_parameter(cf, &line, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    ngx_conf_init_uint_value(rcf->batch, NGX_HTTP_JUPREF_RPC_BATCH);
    ngx_conf_init_size_value(rcf->body, NGX_HTTP_JUPREF_RPC_BODY);
    ngx_conf_init_size_value(rcf->answer, NGX_HTTP_JUPREF_RPC_ANSWER);
    ngx_conf_init_msec_value(rcf->head, NGX_HTTP_JUPREF_RPC_HEAD);
    ngx_conf_init_msec_value(rcf->hedge, 0);
    ngx_conf_init_value(rcf->cache, 1);

    for (row = 0; row < jupref_rpc_method_count; row++) {
        rcf->allowed[row] = (u_char) ngx_http_jupref_rpc_judge_row(&line, row);
    }

    rcf->allowed[jupref_rpc_method_count] =
                   !line.deny.classes[JUPREF_RPC_UNKNOWN] && !line.deny.all
                   && (!line.allow.given || line.allow.all
                       || line.allow.classes[JUPREF_RPC_UNKNOWN]);

    rcf->file = cf->conf_file->file.name.data;
    rcf->line = cf->conf_file->line;

    rcf->zone = ngx_http_jupref_rpc_zone_need(cf);
    if (rcf->zone == NULL) {
        return NGX_CONF_ERROR;
    }

    rcf->zone->gateway_init = ngx_http_jupref_gateway_init;
    rcf->zone->gateway_yield = ngx_http_jupref_rpc_cache_yield_locked;

    jlcf->rpc = rcf;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_jupref_rpc_parameter(ngx_conf_t *cf, ngx_http_jupref_rpc_line_t *line,
    ngx_str_t *value)
{
    ngx_int_t   rc;
    ngx_str_t  *name;
    ngx_uint_t  i;

    for (i = 0; ngx_http_jupref_rpc_parameters[i].set; i++) {
        name = (ngx_str_t *) &ngx_http_jupref_rpc_parameters[i].name;

        if (value->len <= name->len || value->data[name->len] != '='
            || ngx_strncmp(value->data, name->data, name->len) != 0)
        {
            continue;
        }

        line->text.data = value->data + name->len + 1;
        line->text.len = value->len - name->len - 1;

        rc = ngx_http_jupref_rpc_parameters[i].set(line);

        if (rc == NGX_OK) {
            return NGX_OK;
        }

        if (rc == NGX_BUSY) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate parameter \"%V\" in "
                               "\"jupref_rpc\"", value);
            return NGX_ERROR;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" of \"%V\" in "
                           "\"jupref_rpc\", it must be %s", &line->text, name,
                           ngx_http_jupref_rpc_parameters[i].right);
        return NGX_ERROR;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" in \"jupref_rpc\", it takes "
                       "\"allow=\", \"deny=\", \"batch=\", \"body=\", "
                       "\"answer=\", \"head=\", \"hedge=\" and \"cache=\"",
                       value);
    return NGX_ERROR;
}


static ngx_int_t
ngx_http_jupref_rpc_set_allow(ngx_http_jupref_rpc_line_t *line)
{
    return ngx_http_jupref_rpc_set_list(line, &line->allow);
}


static ngx_int_t
ngx_http_jupref_rpc_set_deny(ngx_http_jupref_rpc_line_t *line)
{
    return ngx_http_jupref_rpc_set_list(line, &line->deny);
}


/* A name that nobody knows is refused: it would allow or deny nothing. */

static ngx_int_t
ngx_http_jupref_rpc_set_list(ngx_http_jupref_rpc_line_t *line,
    ngx_http_jupref_rpc_list_t *list)
{
    u_char                     *end, *comma;
    ngx_str_t                   name;
    jupref_rpc_class_e          class;
    const jupref_rpc_method_t  *method;

    if (list->given) {
        return NGX_BUSY;
    }

    list->given = 1;
    name.data = line->text.data;
    end = line->text.data + line->text.len;

    for ( ;; ) {
        comma = ngx_strlchr(name.data, end, ',');
        name.len = (size_t) ((comma ? comma : end) - name.data);

        method = jupref_rpc_method_find(ngx_http_jupref_bytes(&name));

        if (method->class != JUPREF_RPC_UNKNOWN) {
            list->methods[method - jupref_rpc_methods] = 1;

        } else if (jupref_rpc_class_find(ngx_http_jupref_bytes(&name),
                                         &class))
        {
            list->classes[class] = 1;

        } else if (name.len == 3 && ngx_strncmp(name.data, "all", 3) == 0) {
            list->all = 1;

        } else {
            line->text = name;
            return NGX_DECLINED;
        }

        if (comma == NULL) {
            return NGX_OK;
        }

        name.data = comma + 1;
    }
}


static ngx_int_t
ngx_http_jupref_rpc_set_batch(ngx_http_jupref_rpc_line_t *line)
{
    ngx_int_t  n;

    if (line->conf->batch != NGX_CONF_UNSET_UINT) {
        return NGX_BUSY;
    }

    n = ngx_atoi(line->text.data, line->text.len);

    if (n == NGX_ERROR || n > NGX_HTTP_JUPREF_RPC_BATCH_MAX) {
        return NGX_DECLINED;
    }

    line->conf->batch = (ngx_uint_t) n;

    return NGX_OK;
}


static ngx_int_t
ngx_http_jupref_rpc_set_body(ngx_http_jupref_rpc_line_t *line)
{
    return ngx_http_jupref_rpc_set_size(line, &line->conf->body,
                                        NGX_HTTP_JUPREF_RPC_BODY_MAX);
}


static ngx_int_t
ngx_http_jupref_rpc_set_answer(ngx_http_jupref_rpc_line_t *line)
{
    return ngx_http_jupref_rpc_set_size(line, &line->conf->answer,
                                        NGX_HTTP_JUPREF_RPC_ANSWER_MAX);
}


static ngx_int_t
ngx_http_jupref_rpc_set_size(ngx_http_jupref_rpc_line_t *line, size_t *size,
    ssize_t most)
{
    ssize_t  n;

    if (*size != NGX_CONF_UNSET_SIZE) {
        return NGX_BUSY;
    }

    n = ngx_parse_size(&line->text);

    if (n < NGX_HTTP_JUPREF_RPC_SIZE_MIN || n > most) {
        return NGX_DECLINED;
    }

    *size = (size_t) n;

    return NGX_OK;
}


static ngx_int_t
ngx_http_jupref_rpc_set_head(ngx_http_jupref_rpc_line_t *line)
{
    return ngx_http_jupref_rpc_set_time(line, &line->conf->head);
}


static ngx_int_t
ngx_http_jupref_rpc_set_hedge(ngx_http_jupref_rpc_line_t *line)
{
    return ngx_http_jupref_rpc_set_time(line, &line->conf->hedge);
}


/* 0 is off. */

static ngx_int_t
ngx_http_jupref_rpc_set_time(ngx_http_jupref_rpc_line_t *line,
    ngx_msec_t *time)
{
    ngx_int_t  n;

    if (*time != NGX_CONF_UNSET_MSEC) {
        return NGX_BUSY;
    }

    if (line->text.len == 3 && ngx_strncmp(line->text.data, "off", 3) == 0) {
        *time = 0;
        return NGX_OK;
    }

    n = ngx_parse_time(&line->text, 0);

    if (n <= 0) {
        return NGX_DECLINED;
    }

    *time = (ngx_msec_t) n;

    return NGX_OK;
}


static ngx_int_t
ngx_http_jupref_rpc_set_cache(ngx_http_jupref_rpc_line_t *line)
{
    if (line->conf->cache != NGX_CONF_UNSET) {
        return NGX_BUSY;
    }

    if (line->text.len == 2 && ngx_strncmp(line->text.data, "on", 2) == 0) {
        line->conf->cache = 1;
        return NGX_OK;
    }

    if (line->text.len == 3 && ngx_strncmp(line->text.data, "off", 3) == 0) {
        line->conf->cache = 0;
        return NGX_OK;
    }

    return NGX_DECLINED;
}


static ngx_uint_t
ngx_http_jupref_rpc_judge_row(const ngx_http_jupref_rpc_line_t *line,
    unsigned row)
{
    ngx_uint_t                  named_only;
    const jupref_rpc_method_t  *method;

    method = &jupref_rpc_methods[row];

    if (line->deny.methods[row]) {
        return 0;
    }

    if (line->allow.methods[row]) {
        return 1;
    }

    named_only = (ngx_strcmp(method->name, "requestAirdrop") == 0);

    if (named_only || line->deny.classes[method->class]) {
        return 0;
    }

    if (line->allow.classes[method->class]) {
        return 1;
    }

    return method->class != JUPREF_RPC_REMOVED && !line->deny.all
           && (!line->allow.given || line->allow.all);
}
