/*
 * Directives about terms: tiers, and codes fixed by the configuration.
 *
 * Codes may stand before the tiers they name; what they refer to is looked
 * up when the whole configuration has been read.
 */

#include "http/ngx_http_jupref.h"


static char *ngx_http_jupref_tier_value(ngx_conf_t *cf, ngx_str_t *parameter,
    jupref_terms_t *terms, ngx_uint_t *seen);
static ngx_int_t ngx_http_jupref_shares(ngx_str_t *text,
    uint16_t shares[JUPREF_LEVELS]);
static char *ngx_http_jupref_code_wallet(ngx_conf_t *cf, ngx_str_t *text,
    const char *name, jupref_pubkey_t *wallet);
static char *ngx_http_jupref_check_parents(ngx_conf_t *cf,
    ngx_http_jupref_main_conf_t *jmcf, ngx_http_jupref_code_t *code);


char *
ngx_http_jupref_tier(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                        *rv;
    ngx_str_t                   *value;
    ngx_uint_t                   i, seen;
    jupref_terms_t              *terms;
    ngx_http_jupref_main_conf_t *jmcf = conf;

    value = cf->args->elts;

    /* the same characters as a code's, and shorter */

    if (!jupref_code_is_valid(ngx_http_jupref_bytes(&value[1]))
        || value[1].len > JUPREF_TIER_MAX)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid tier name \"%V\" in \"jupref_tier\", it "
                           "must be 3 to 24 letters, digits, \"_\" or \"-\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_jupref_find_tier(jmcf, &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate tier \"%V\" in \"jupref_tier\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    terms = ngx_array_push(&jmcf->tiers);
    if (terms == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(terms, sizeof(jupref_terms_t));
    ngx_memcpy(terms->tier, value[1].data, value[1].len);
    terms->partner_bps = JUPREF_PARTNER_BPS;
    seen = 0;

    for (i = 2; i < cf->args->nelts; i++) {
        rv = ngx_http_jupref_tier_value(cf, &value[i], terms, &seen);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (terms->fee_bps == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "tier \"%V\" in \"jupref_tier\" has no fee, add "
                           "\"fee=<bps>\" with 50 to 255", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (terms->discount_bps > terms->fee_bps) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the discount of tier \"%V\" in \"jupref_tier\" is "
                           "%d, it must be at most the fee, %d", &value[1],
                           (int) terms->discount_bps, (int) terms->fee_bps);
        return NGX_CONF_ERROR;
    }

    if (terms->fee_bps - terms->discount_bps < JUPREF_FEE_BPS_MIN) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "tier \"%V\" in \"jupref_tier\" charges 50 bps, "
                           "Jupiter's lower bound, instead of %d", &value[1],
                           (int) (terms->fee_bps - terms->discount_bps));
    }

    return NGX_CONF_OK;
}


char *
ngx_http_jupref_code(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                        *rv;
    ngx_str_t                   *value, text;
    ngx_uint_t                   i;
    ngx_http_jupref_code_t      *code;
    ngx_http_jupref_main_conf_t *jmcf = conf;

    value = cf->args->elts;

    if (!jupref_code_is_valid(ngx_http_jupref_bytes(&value[1]))) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid code \"%V\" in \"jupref_code\", it must "
                           "be 3 to 32 letters, digits, \"_\" or \"-\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    code = ngx_array_push(&jmcf->codes);
    if (code == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(code, sizeof(ngx_http_jupref_code_t));
    jupref_code_name_set(&code->code, ngx_http_jupref_bytes(&value[1]));

    for (i = 2; i < cf->args->nelts; i++) {
        rv = NGX_CONF_OK;

        if (ngx_strncmp(value[i].data, "referrer=", 9) == 0
            && jupref_pubkey_is_zero(&code->wallet))
        {
            text.data = value[i].data + 9;
            text.len = value[i].len - 9;
            rv = ngx_http_jupref_code_wallet(cf, &text, "referrer",
                                             &code->wallet);

        } else if (ngx_strncmp(value[i].data, "parent=", 7) == 0
                   && jupref_pubkey_is_zero(&code->parent))
        {
            text.data = value[i].data + 7;
            text.len = value[i].len - 7;
            rv = ngx_http_jupref_code_wallet(cf, &text, "parent",
                                             &code->parent);

        } else if (ngx_strncmp(value[i].data, "tier=", 5) == 0
                   && code->tier.data == NULL)
        {
            code->tier.data = value[i].data + 5;
            code->tier.len = value[i].len - 5;

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" in \"jupref_code\", "
                               "it takes \"referrer=<wallet>\", "
                               "\"tier=<name>\" and \"parent=<wallet>\", once "
                               "each", &value[i]);
            return NGX_CONF_ERROR;
        }

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (jupref_pubkey_is_zero(&code->wallet)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "code \"%V\" in \"jupref_code\" belongs to nobody, "
                           "add \"referrer=<wallet>\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_jupref_check_codes(ngx_conf_t *cf, ngx_http_jupref_main_conf_t *jmcf)
{
    char                    *rv;
    ngx_str_t                text;
    ngx_uint_t               i, k;
    ngx_http_jupref_code_t  *codes;

    codes = jmcf->codes.elts;

    for (i = 0; i < jmcf->codes.nelts; i++) {

        text.data = codes[i].code.text;
        text.len = jupref_code_name_text(&codes[i].code).len;

        codes[i].terms = jmcf->default_tier;

        if (codes[i].tier.data) {
            codes[i].terms = ngx_http_jupref_find_tier(jmcf, &codes[i].tier);
        }

        if (codes[i].terms == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "unknown tier \"%V\" of code \"%V\" in "
                          "\"jupref_code\", it must be the name of a "
                          "\"jupref_tier\"", &codes[i].tier, &text);
            return NGX_CONF_ERROR;
        }

        for (k = 0; k < i; k++) {
            if (ngx_memcmp(codes[k].code.key, codes[i].code.key,
                           JUPREF_CODE_MAX)
                == 0)
            {
                ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                              "duplicate code \"%V\" in \"jupref_code\", "
                              "codes are compared without case", &text);
                return NGX_CONF_ERROR;
            }
        }

        rv = ngx_http_jupref_check_parents(cf, jmcf, &codes[i]);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    return NGX_CONF_OK;
}


jupref_terms_t *
ngx_http_jupref_find_tier(ngx_http_jupref_main_conf_t *jmcf, ngx_str_t *name)
{
    ngx_uint_t       i;
    jupref_bytes_t   tier;
    jupref_terms_t  *tiers;

    tiers = jmcf->tiers.elts;

    for (i = 0; i < jmcf->tiers.nelts; i++) {
        tier = jupref_padded(tiers[i].tier, JUPREF_TIER_MAX);

        if (jupref_bytes_equal(tier, ngx_http_jupref_bytes(name))) {
            return &tiers[i];
        }
    }

    return NULL;
}


static char *
ngx_http_jupref_tier_value(ngx_conf_t *cf, ngx_str_t *parameter,
    jupref_terms_t *terms, ngx_uint_t *seen)
{
    ngx_str_t   text;
    ngx_int_t   n;
    ngx_uint_t  bit;

    if (ngx_strncmp(parameter->data, "fee=", 4) == 0) {
        bit = 1;
        text.data = parameter->data + 4;
        text.len = parameter->len - 4;

        n = ngx_atoi(text.data, text.len);

        if (n < JUPREF_FEE_BPS_MIN || n > JUPREF_FEE_BPS_MAX) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" of \"fee\" in "
                               "\"jupref_tier\", it must be 50 to 255 basis "
                               "points", &text);
            return NGX_CONF_ERROR;
        }

        terms->fee_bps = (uint16_t) n;

    } else if (ngx_strncmp(parameter->data, "discount=", 9) == 0) {
        bit = 2;
        text.data = parameter->data + 9;
        text.len = parameter->len - 9;

        n = ngx_atoi(text.data, text.len);

        if (n < 0 || n > JUPREF_FEE_BPS_MAX) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" of \"discount\" in "
                               "\"jupref_tier\", it must be 0 to 255 basis "
                               "points and not more than the fee", &text);
            return NGX_CONF_ERROR;
        }

        terms->discount_bps = (uint16_t) n;

    } else if (ngx_strncmp(parameter->data, "share=", 6) == 0) {
        bit = 4;
        text.data = parameter->data + 6;
        text.len = parameter->len - 6;

        if (ngx_http_jupref_shares(&text, terms->share_bps) != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" of \"share\" in "
                               "\"jupref_tier\", it must be one to three "
                               "percentages such as \"40%%,5%%,1%%\", with at "
                               "most two places, that sum to at most 100%%",
                               &text);
            return NGX_CONF_ERROR;
        }

    } else {
        bit = 0;
    }

    if (bit == 0 || *seen & bit) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" in \"jupref_tier\", it "
                           "takes \"fee=\", \"discount=\" and \"share=\", "
                           "once each", parameter);
        return NGX_CONF_ERROR;
    }

    *seen |= bit;

    return NGX_CONF_OK;
}


/* "40%,5%,0.25%" to basis points. */

static ngx_int_t
ngx_http_jupref_shares(ngx_str_t *text, uint16_t shares[JUPREF_LEVELS])
{
    u_char      *p, *end, *comma;
    ngx_int_t    bps;
    ngx_uint_t   level, sum;

    p = text->data;
    end = p + text->len;
    sum = 0;

    for (level = 0; level < JUPREF_LEVELS; level++) {

        comma = ngx_strlchr(p, end, ',');

        if (comma == NULL) {
            comma = end;
        }

        if (comma - p < 2 || comma[-1] != '%' || *p == '.') {
            return NGX_ERROR;
        }

        bps = ngx_atofp(p, (size_t) (comma - p - 1), 2);

        if (bps < 0 || bps > JUPREF_BPS_WHOLE) {
            return NGX_ERROR;
        }

        shares[level] = (uint16_t) bps;
        sum += bps;

        if (comma == end) {
            return (sum <= JUPREF_BPS_WHOLE) ? NGX_OK : NGX_ERROR;
        }

        p = comma + 1;
    }

    return NGX_ERROR;
}


static char *
ngx_http_jupref_code_wallet(ngx_conf_t *cf, ngx_str_t *text, const char *name,
    jupref_pubkey_t *wallet)
{
    if (!jupref_pubkey_parse(wallet, ngx_http_jupref_bytes(text))
        || jupref_pubkey_is_zero(wallet))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" of \"%s\" in "
                           "\"jupref_code\", it must be the base58 of a "
                           "32 byte wallet", text, name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/*
 * One wallet has one parent, and following parents never leads back.
 */

static char *
ngx_http_jupref_check_parents(ngx_conf_t *cf,
    ngx_http_jupref_main_conf_t *jmcf, ngx_http_jupref_code_t *code)
{
    ngx_str_t                text;
    ngx_uint_t               i, steps;
    jupref_pubkey_t          at;
    ngx_http_jupref_code_t  *codes;

    codes = jmcf->codes.elts;
    text.data = code->code.text;
    text.len = jupref_code_name_text(&code->code).len;

    if (jupref_pubkey_is_zero(&code->parent)) {
        return NGX_CONF_OK;
    }

    for (i = 0; i < jmcf->codes.nelts; i++) {

        if (jupref_pubkey_equal(&codes[i].wallet, &code->wallet)
            && !jupref_pubkey_is_zero(&codes[i].parent)
            && !jupref_pubkey_equal(&codes[i].parent, &code->parent))
        {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "the referrer of code \"%V\" in \"jupref_code\" has "
                          "two different parents, it must have one", &text);
            return NGX_CONF_ERROR;
        }
    }

    at = code->parent;

    for (steps = 0; steps <= jmcf->codes.nelts; steps++) {

        if (jupref_pubkey_equal(&at, &code->wallet)) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "the parents of code \"%V\" in \"jupref_code\" lead "
                          "back to its own referrer", &text);
            return NGX_CONF_ERROR;
        }

        for (i = 0; i < jmcf->codes.nelts; i++) {
            if (jupref_pubkey_equal(&codes[i].wallet, &at)
                && !jupref_pubkey_is_zero(&codes[i].parent))
            {
                break;
            }
        }

        if (i == jmcf->codes.nelts) {
            break;
        }

        at = codes[i].parent;
    }

    return NGX_CONF_OK;
}
