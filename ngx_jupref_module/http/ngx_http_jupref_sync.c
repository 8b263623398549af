/*
 * The configuration's codes become events, at start and at every reload.
 *
 * What the ledger already holds is compared, and only differences are
 * appended: new wallets and codes, changed terms as a new version of the
 * code, lines that are gone as a retired code.  What would take a code from
 * its owner or move a referrer under another parent is refused, and with it
 * the reload.
 */

#include "http/ngx_http_jupref.h"


static ngx_int_t ngx_http_jupref_sync_wallet(ngx_http_jupref_zone_t *zone,
    ngx_log_t *log, jupref_pubkey_t *wallet, ngx_uint_t depth);
static ngx_int_t ngx_http_jupref_sync_code(ngx_http_jupref_zone_t *zone,
    ngx_log_t *log, ngx_http_jupref_code_t *code);
static ngx_int_t ngx_http_jupref_sync_retired(ngx_http_jupref_zone_t *zone,
    ngx_log_t *log);
static ngx_http_jupref_code_t *ngx_http_jupref_configured(
    ngx_http_jupref_main_conf_t *jmcf, jupref_pubkey_t *wallet,
    ngx_uint_t with_parent);
static ngx_int_t ngx_http_jupref_sync_append(ngx_http_jupref_zone_t *zone,
    ngx_log_t *log, jupref_event_t *event, ngx_str_t *what);


ngx_int_t
ngx_http_jupref_sync(ngx_http_jupref_zone_t *zone, ngx_log_t *log)
{
    ngx_uint_t               i;
    ngx_http_jupref_code_t  *codes;

    if (zone->shared->ledger->booking) {

        /* a reload must still be possible; trades go on unattributed */

        ngx_log_error(NGX_LOG_ALERT, log, 0,
                      "jupref: a booking was cut off half-way, the ledger is "
                      "not written any more: restart nginx");
        return NGX_OK;
    }

    codes = zone->conf->codes.elts;

    for (i = 0; i < zone->conf->codes.nelts; i++) {

        if (ngx_http_jupref_sync_wallet(zone, log, &codes[i].wallet, 0)
            != NGX_OK
            || ngx_http_jupref_sync_code(zone, log, &codes[i]) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_http_jupref_sync_retired(zone, log);
}


/*
 * Registers a wallet, its parents first.  The chain of parents is known to
 * end, and to be no longer than the codes are many.
 */

static ngx_int_t
ngx_http_jupref_sync_wallet(ngx_http_jupref_zone_t *zone, ngx_log_t *log,
    jupref_pubkey_t *wallet, ngx_uint_t depth)
{
    uint32_t                      index;
    ngx_str_t                     text;
    u_char                        base58[JUPREF_PUBKEY_TEXT];
    jupref_event_t                event;
    jupref_pubkey_t               parent;
    jupref_ledger_t              *ledger;
    jupref_referrer_row_t        *row;
    ngx_http_jupref_code_t       *code, *child;
    ngx_http_jupref_main_conf_t  *jmcf;

    jmcf = zone->conf;
    ledger = zone->shared->ledger;
    code = ngx_http_jupref_configured(jmcf, wallet, 0);
    child = ngx_http_jupref_configured(jmcf, wallet, 1);

    ngx_memzero(&parent, sizeof(jupref_pubkey_t));
    text.data = base58;
    text.len = jupref_pubkey_format(base58, wallet);

    if (child && depth <= jmcf->codes.nelts) {
        parent = child->parent;

        if (ngx_http_jupref_sync_wallet(zone, log, &parent, depth + 1)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    index = jupref_find_referrer(ledger, wallet);

    if (index) {
        row = jupref_referrer(ledger, index);

        if (child
            && (row->parent == 0
                || !jupref_pubkey_equal(
                       &jupref_referrer(ledger, row->parent)->wallet,
                       &parent)))
        {
            ngx_log_error(NGX_LOG_EMERG, log, 0,
                          "\"jupref_code\" names another parent for referrer "
                          "%V than it was registered with: a parent is fixed "
                          "at registration", &text);
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    ngx_memzero(&event, sizeof(jupref_event_t));
    event.type = JUPREF_EVENT_REFERRER_REGISTERED;
    event.of.referrer_registered.wallet = *wallet;
    event.of.referrer_registered.parent = parent;
    event.of.referrer_registered.terms = code ? *code->terms
                                              : *jmcf->default_tier;

    return ngx_http_jupref_sync_append(zone, log, &event, &text);
}


static ngx_int_t
ngx_http_jupref_sync_code(ngx_http_jupref_zone_t *zone, ngx_log_t *log,
    ngx_http_jupref_code_t *code)
{
    ngx_str_t               text;
    jupref_event_t          event;
    jupref_ledger_t        *ledger;
    jupref_referrer_row_t  *owner;

    ledger = zone->shared->ledger;
    text.data = code->code.text;
    text.len = jupref_code_name_text(&code->code).len;

    ngx_memzero(&event, sizeof(jupref_event_t));
    event.type = JUPREF_EVENT_CODE_CREATED;
    event.of.code_created.code = code->code;
    event.of.code_created.wallet = code->wallet;
    event.of.code_created.configured = 1;

    if (code->tier.data) {
        event.of.code_created.terms = *code->terms;
        event.of.code_created.own_terms = 1;

    } else {
        owner = jupref_referrer(ledger,
                                jupref_find_referrer(ledger, &code->wallet));
        event.of.code_created.terms = owner->terms;
    }

    return ngx_http_jupref_sync_append(zone, log, &event, &text);
}


/* Codes that came from a configuration and aren't in this one any more. */

static ngx_int_t
ngx_http_jupref_sync_retired(ngx_http_jupref_zone_t *zone, ngx_log_t *log)
{
    uint32_t                 index, count;
    ngx_str_t                text;
    ngx_uint_t               i;
    jupref_event_t           event;
    jupref_code_row_t       *row;
    ngx_http_jupref_code_t  *codes;

    codes = zone->conf->codes.elts;
    count = zone->shared->ledger->tables[JUPREF_TABLE_CODES].count;

    for (index = 1; index <= count; index++) {
        row = jupref_code(zone->shared->ledger, index);

        if (!row->configured) {
            continue;
        }

        for (i = 0; i < zone->conf->codes.nelts; i++) {
            if (ngx_memcmp(codes[i].code.key, row->key, JUPREF_CODE_MAX) == 0)
            {
                break;
            }
        }

        if (i < zone->conf->codes.nelts) {
            continue;
        }

        ngx_memzero(&event, sizeof(jupref_event_t));
        event.type = JUPREF_EVENT_CODE_RETIRED;
        ngx_memcpy(event.of.code_retired.code.key, row->key, JUPREF_CODE_MAX);
        ngx_memcpy(event.of.code_retired.code.text, row->text,
                   JUPREF_CODE_MAX);

        text.data = row->text;
        text.len = jupref_padded(row->text, JUPREF_CODE_MAX).len;

        if (ngx_http_jupref_sync_append(zone, log, &event, &text) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* A line of that wallet; one that names a parent where asked for. */

static ngx_http_jupref_code_t *
ngx_http_jupref_configured(ngx_http_jupref_main_conf_t *jmcf,
    jupref_pubkey_t *wallet, ngx_uint_t with_parent)
{
    ngx_uint_t               i;
    ngx_http_jupref_code_t  *codes;

    codes = jmcf->codes.elts;

    for (i = 0; i < jmcf->codes.nelts; i++) {

        if (jupref_pubkey_equal(&codes[i].wallet, wallet)
            && !(with_parent && jupref_pubkey_is_zero(&codes[i].parent)))
        {
            return &codes[i];
        }
    }

    return NULL;
}


static ngx_int_t
ngx_http_jupref_sync_append(ngx_http_jupref_zone_t *zone, ngx_log_t *log,
    jupref_event_t *event, ngx_str_t *what)
{
    jupref_ledger_result_e  result;

    result = ngx_http_jupref_append(zone, event);

    if (result == JUPREF_LEDGER_OK || result == JUPREF_LEDGER_NO_CHANGE) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, log, 0,
                  "\"jupref_code\" can't be taken into the ledger, %s of "
                  "\"%V\": %s", jupref_event_name(event->type), what,
                  jupref_ledger_result_text(result));

    return NGX_ERROR;
}
