/*
 * The configuration's codes become events, at start and at every reload.
 *
 * First all lines are checked: what would take a code from its owner, move a
 * referrer under another parent or finds no room is refused, and with it the
 * reload.  A reload that is refused, by us or by nginx, must not have changed
 * anything, so events are appended only when nginx has taken all else of the
 * configuration: new wallets and codes, changed terms as a new version of the
 * code, lines that are gone as a retired code.
 */

#include "http/ngx_http_jupref.h"


static ngx_int_t ngx_http_jupref_check_line(ngx_http_jupref_zone_t *zone,
    ngx_log_t *log, ngx_http_jupref_code_t *code);
static ngx_int_t ngx_http_jupref_check_room(ngx_http_jupref_zone_t *zone,
    ngx_log_t *log);
static ngx_uint_t ngx_http_jupref_is_new(ngx_http_jupref_zone_t *zone,
    ngx_uint_t line, jupref_pubkey_t *wallet);
static void ngx_http_jupref_sync_wallet(ngx_http_jupref_zone_t *zone,
    ngx_log_t *log, jupref_pubkey_t *wallet, ngx_uint_t depth);
static void ngx_http_jupref_sync_tier(ngx_http_jupref_zone_t *zone,
    ngx_log_t *log, jupref_referrer_row_t *row);
static void ngx_http_jupref_sync_code(ngx_http_jupref_zone_t *zone,
    ngx_log_t *log, ngx_http_jupref_code_t *code);
static void ngx_http_jupref_sync_retired(ngx_http_jupref_zone_t *zone,
    ngx_log_t *log);
static ngx_http_jupref_code_t *ngx_http_jupref_configured(
    ngx_http_jupref_main_conf_t *jmcf, jupref_pubkey_t *wallet,
    ngx_uint_t with_parent);
static void ngx_http_jupref_sync_append(ngx_http_jupref_zone_t *zone,
    ngx_log_t *log, jupref_event_t *event, ngx_str_t *what);
static void ngx_http_jupref_sync_refused(ngx_log_t *log, ngx_uint_t level,
    jupref_event_type_e type, ngx_str_t *what, jupref_ledger_result_e result);


ngx_int_t
ngx_http_jupref_sync_check(ngx_http_jupref_zone_t *zone, ngx_log_t *log)
{
    ngx_uint_t               i;
    ngx_http_jupref_code_t  *codes;

    if (ngx_http_jupref_ledger(zone)->booking) {

        /* a reload must still be possible; trades go on unattributed */

        ngx_log_error(NGX_LOG_ALERT, log, 0,
                      "jupref: a booking was cut off half-way, the ledger is "
                      "not written any more: restart nginx");
        return NGX_OK;
    }

    codes = zone->conf->codes.elts;

    for (i = 0; i < zone->conf->codes.nelts; i++) {
        if (ngx_http_jupref_check_line(zone, log, &codes[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return ngx_http_jupref_check_room(zone, log);
}


static ngx_int_t
ngx_http_jupref_check_line(ngx_http_jupref_zone_t *zone, ngx_log_t *log,
    ngx_http_jupref_code_t *code)
{
    uint32_t                referrer, index;
    ngx_str_t               text;
    u_char                  base58[JUPREF_PUBKEY_TEXT];
    jupref_ledger_t        *ledger;
    jupref_referrer_row_t  *row;

    ledger = ngx_http_jupref_ledger(zone);
    referrer = jupref_find_referrer(ledger, &code->wallet);
    index = jupref_find_code(ledger, &code->code);

    if (referrer && !jupref_pubkey_is_zero(&code->parent)) {
        row = jupref_referrer(ledger, referrer);

        if (row->parent == 0
            || !jupref_pubkey_equal(
                   &jupref_referrer(ledger, row->parent)->wallet,
                   &code->parent))
        {
            text.data = base58;
            text.len = jupref_pubkey_format(base58, &code->wallet);

            ngx_log_error(NGX_LOG_EMERG, log, 0,
                          "\"jupref_code\" names another parent for referrer "
                          "%V than it was registered with: a parent is fixed "
                          "at registration", &text);
            return NGX_ERROR;
        }
    }

    if (index && jupref_code(ledger, index)->referrer != referrer) {
        text.data = code->code.text;
        text.len = jupref_code_name_text(&code->code).len;

        ngx_http_jupref_sync_refused(log, NGX_LOG_EMERG,
                                     JUPREF_EVENT_CODE_CREATED, &text,
                                     JUPREF_LEDGER_CODE_TAKEN);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* Counts the rows that all lines together need. */

static ngx_int_t
ngx_http_jupref_check_room(ngx_http_jupref_zone_t *zone, ngx_log_t *log)
{
    uint32_t                 referrer;
    ngx_str_t                text;
    ngx_uint_t               i, k, wallets, new_codes, owned;
    jupref_table_t          *tables;
    jupref_ledger_t         *ledger;
    ngx_http_jupref_code_t  *codes;
    jupref_ledger_result_e   result;

    ledger = ngx_http_jupref_ledger(zone);
    tables = ledger->tables;
    codes = zone->conf->codes.elts;
    wallets = 0;
    new_codes = 0;
    result = JUPREF_LEDGER_OK;

    for (i = 0; i < zone->conf->codes.nelts; i++) {
        wallets += ngx_http_jupref_is_new(zone, i, &codes[i].wallet);

        if (!jupref_pubkey_is_zero(&codes[i].parent)) {
            wallets += ngx_http_jupref_is_new(zone, i, &codes[i].parent);
        }

        if (wallets > tables[JUPREF_TABLE_REFERRERS].capacity
                      - tables[JUPREF_TABLE_REFERRERS].count)
        {
            result = JUPREF_LEDGER_REFERRERS_FULL;
        }

        if (jupref_find_code(ledger, &codes[i].code) == 0) {
            new_codes++;

            referrer = jupref_find_referrer(ledger, &codes[i].wallet);
            owned = referrer ? jupref_referrer(ledger, referrer)->code_count
                             : 0;

            for (k = 0; k <= i; k++) {
                owned += (jupref_pubkey_equal(&codes[k].wallet,
                                              &codes[i].wallet)
                          && jupref_find_code(ledger, &codes[k].code) == 0);
            }

            if (owned > JUPREF_CODES_PER_REFERRER) {
                result = JUPREF_LEDGER_CODES_OF_REFERRER;

            } else if (new_codes > tables[JUPREF_TABLE_CODES].capacity
                                   - tables[JUPREF_TABLE_CODES].count)
            {
                result = JUPREF_LEDGER_CODES_FULL;
            }
        }

        if (result != JUPREF_LEDGER_OK) {
            text.data = codes[i].code.text;
            text.len = jupref_code_name_text(&codes[i].code).len;

            ngx_http_jupref_sync_refused(log, NGX_LOG_EMERG,
                                         JUPREF_EVENT_CODE_CREATED, &text,
                                         result);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* 1 when the ledger doesn't know the wallet and no earlier line names it. */

static ngx_uint_t
ngx_http_jupref_is_new(ngx_http_jupref_zone_t *zone, ngx_uint_t line,
    jupref_pubkey_t *wallet)
{
    ngx_uint_t               i;
    ngx_http_jupref_code_t  *codes;

    if (jupref_find_referrer(ngx_http_jupref_ledger(zone), wallet)) {
        return 0;
    }

    codes = zone->conf->codes.elts;

    for (i = 0; i < line; i++) {
        if (jupref_pubkey_equal(&codes[i].wallet, wallet)
            || jupref_pubkey_equal(&codes[i].parent, wallet))
        {
            return 0;
        }
    }

    return 1;
}


void
ngx_http_jupref_sync(ngx_http_jupref_zone_t *zone, ngx_log_t *log)
{
    ngx_uint_t               i;
    ngx_http_jupref_code_t  *codes;

    if (ngx_http_jupref_ledger(zone)->booking) {
        return;
    }

    codes = zone->conf->codes.elts;

    for (i = 0; i < zone->conf->codes.nelts; i++) {
        ngx_http_jupref_sync_wallet(zone, log, &codes[i].wallet, 0);
        ngx_http_jupref_sync_code(zone, log, &codes[i]);
    }

    ngx_http_jupref_sync_retired(zone, log);
}


/*
 * Registers a wallet, its parents first.  The chain of parents is known to
 * end, and to be no longer than the codes are many.
 */

static void
ngx_http_jupref_sync_wallet(ngx_http_jupref_zone_t *zone, ngx_log_t *log,
    jupref_pubkey_t *wallet, ngx_uint_t depth)
{
    uint32_t                      index;
    ngx_str_t                     text;
    u_char                        base58[JUPREF_PUBKEY_TEXT];
    jupref_event_t                event;
    ngx_http_jupref_code_t       *code, *child;
    ngx_http_jupref_main_conf_t  *jmcf;

    jmcf = zone->conf;
    code = ngx_http_jupref_configured(jmcf, wallet, 0);
    child = ngx_http_jupref_configured(jmcf, wallet, 1);

    index = jupref_find_referrer(ngx_http_jupref_ledger(zone), wallet);

    if (index) {

        if (code) {
            ngx_http_jupref_sync_tier(zone, log,
                jupref_referrer(ngx_http_jupref_ledger(zone), index));
        }

        return;
    }

    ngx_memzero(&event, sizeof(jupref_event_t));
    event.type = JUPREF_EVENT_REFERRER_REGISTERED;
    event.of.referrer_registered.wallet = *wallet;
    event.of.referrer_registered.terms = code ? *code->terms
                                              : *jmcf->default_tier;

    if (child && depth <= jmcf->codes.nelts) {
        event.of.referrer_registered.parent = child->parent;

        ngx_http_jupref_sync_wallet(zone, log, &child->parent, depth + 1);
    }

    text.data = base58;
    text.len = jupref_pubkey_format(base58, wallet);

    ngx_http_jupref_sync_append(zone, log, &event, &text);
}


/* A configured referrer follows what the configuration says of its tier. */

static void
ngx_http_jupref_sync_tier(ngx_http_jupref_zone_t *zone, ngx_log_t *log,
    jupref_referrer_row_t *row)
{
    ngx_str_t        name, wallet;
    jupref_event_t   event;
    jupref_terms_t  *terms;

    name.data = row->terms.tier;
    name.len = jupref_padded(row->terms.tier, JUPREF_TIER_MAX).len;

    terms = ngx_http_jupref_find_tier(zone->conf, &name);

    if (terms == NULL) {
        return;
    }

    ngx_memzero(&event, sizeof(jupref_event_t));
    event.type = JUPREF_EVENT_REFERRER_TIER;
    event.of.referrer_tier.wallet = row->wallet;
    event.of.referrer_tier.terms = *terms;

    wallet.data = row->text;
    wallet.len = row->text_len;

    ngx_http_jupref_sync_append(zone, log, &event, &wallet);
}


static void
ngx_http_jupref_sync_code(ngx_http_jupref_zone_t *zone, ngx_log_t *log,
    ngx_http_jupref_code_t *code)
{
    uint32_t          owner;
    ngx_str_t         text;
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = ngx_http_jupref_ledger(zone);
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
        owner = jupref_find_referrer(ledger, &code->wallet);
        event.of.code_created.terms = owner ? jupref_referrer(ledger,
                                                              owner)->terms
                                            : *code->terms;
    }

    ngx_http_jupref_sync_append(zone, log, &event, &text);
}


/* Codes that came from a configuration and aren't in this one any more. */

static void
ngx_http_jupref_sync_retired(ngx_http_jupref_zone_t *zone, ngx_log_t *log)
{
    uint32_t                 index, count;
    ngx_str_t                text;
    ngx_uint_t               i;
    jupref_event_t           event;
    jupref_code_row_t       *row;
    ngx_http_jupref_code_t  *codes;

    codes = zone->conf->codes.elts;
    count = ngx_http_jupref_ledger(zone)->tables[JUPREF_TABLE_CODES].count;

    for (index = 1; index <= count; index++) {
        row = jupref_code(ngx_http_jupref_ledger(zone), index);

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

        ngx_http_jupref_sync_append(zone, log, &event, &text);
    }
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


/* What was checked can be refused only if the running edge was faster. */

static void
ngx_http_jupref_sync_append(ngx_http_jupref_zone_t *zone, ngx_log_t *log,
    jupref_event_t *event, ngx_str_t *what)
{
    jupref_ledger_result_e  result;

    result = ngx_http_jupref_append(zone, event);

    if (result != JUPREF_LEDGER_OK && result != JUPREF_LEDGER_NO_CHANGE) {
        ngx_http_jupref_sync_refused(log, NGX_LOG_ERR, event->type, what,
                                     result);
    }
}


static void
ngx_http_jupref_sync_refused(ngx_log_t *log, ngx_uint_t level,
    jupref_event_type_e type, ngx_str_t *what, jupref_ledger_result_e result)
{
    ngx_log_error(level, log, 0,
                  "\"jupref_code\" can't be taken into the ledger, %s of "
                  "\"%V\": %s", jupref_event_name(type), what,
                  jupref_ledger_result_text(result));
}
