/*
 * Writes of the administrator: register referrers, create codes, change tier
 * or status.
 *
 * A body names its members exactly; what isn't known is refused by name.
 * Everything is judged before the first event is appended, under one lock,
 * so a refused write has changed nothing.
 */

#include "http/ngx_http_jupref_api.h"


typedef enum {
    NGX_HTTP_JUPREF_FIELD_WALLET = 0,
    NGX_HTTP_JUPREF_FIELD_TIER,
    NGX_HTTP_JUPREF_FIELD_PARENT,
    NGX_HTTP_JUPREF_FIELD_STATUS,
    NGX_HTTP_JUPREF_FIELD_CODE,
    NGX_HTTP_JUPREF_FIELDS
} ngx_http_jupref_field_e;


/* A body's members; each schema below allows some of them. */
typedef struct {
    const uint8_t     *allowed;         /* the schema's fields, in its order */
    jupref_pubkey_t    wallet;
    jupref_pubkey_t    parent;
    u_char             tier[JUPREF_TIER_MAX];
    ngx_str_t          tier_name;       /* len 0: not given */
    u_char             code[JUPREF_CODE_MAX];
    size_t             code_len;
    unsigned           status;          /* 0: not given */
    unsigned           given;           /* a bit per member */
    const char        *wrong;           /* what a member must be */
} ngx_http_jupref_body_t;


static jupref_ledger_result_e ngx_http_jupref_admin_change(
    ngx_http_jupref_zone_t *zone, jupref_event_t *tier,
    jupref_event_t *status);
static unsigned ngx_http_jupref_admin_field(void *context, unsigned field,
    jupref_json_kind_e kind, jupref_bytes_t text);
static ngx_http_jupref_problem_e ngx_http_jupref_accuse(
    ngx_http_jupref_api_t *api, ngx_http_jupref_problem_e problem,
    const char *what, ngx_str_t *member);
static ngx_http_jupref_problem_e ngx_http_jupref_admin_tier(
    ngx_http_jupref_api_t *api, ngx_http_jupref_body_t *body,
    jupref_terms_t *terms);


static const char *const
    ngx_http_jupref_field_rules[NGX_HTTP_JUPREF_FIELDS] =
{
    "wallet must be a string, the base58 of 32 bytes",
    "tier must be a string, the name of a tier, 3 to 24 characters",
    "parent must be a string, the base58 of 32 bytes",
    "status must be \"active\" or \"suspended\"",
    "code must be a string of 3 to 32 letters, digits, \"_\" or \"-\""
};

static const char *const  ngx_http_jupref_register_fields[] = {
    "wallet", "tier", "parent"
};

static const uint8_t  ngx_http_jupref_register_allowed[] = {
    NGX_HTTP_JUPREF_FIELD_WALLET, NGX_HTTP_JUPREF_FIELD_TIER,
    NGX_HTTP_JUPREF_FIELD_PARENT
};

static const jupref_json_schema_t  ngx_http_jupref_register_schema = {
    ngx_http_jupref_register_fields, 3, 1, NGX_HTTP_JUPREF_API_BODY_MAX,
    ngx_http_jupref_admin_field
};

static const char *const  ngx_http_jupref_code_fields[] = {
    "code", "wallet", "tier"
};

static const uint8_t  ngx_http_jupref_code_allowed[] = {
    NGX_HTTP_JUPREF_FIELD_CODE, NGX_HTTP_JUPREF_FIELD_WALLET,
    NGX_HTTP_JUPREF_FIELD_TIER
};

static const jupref_json_schema_t  ngx_http_jupref_code_schema = {
    ngx_http_jupref_code_fields, 3, 1, NGX_HTTP_JUPREF_API_BODY_MAX,
    ngx_http_jupref_admin_field
};

static const char *const  ngx_http_jupref_change_fields[] = {
    "tier", "status"
};

static const uint8_t  ngx_http_jupref_change_allowed[] = {
    NGX_HTTP_JUPREF_FIELD_TIER, NGX_HTTP_JUPREF_FIELD_STATUS
};

static const jupref_json_schema_t  ngx_http_jupref_change_schema = {
    ngx_http_jupref_change_fields, 2, 1, NGX_HTTP_JUPREF_API_BODY_MAX,
    ngx_http_jupref_admin_field
};


ngx_http_jupref_problem_e
ngx_http_jupref_post_referrer(ngx_http_jupref_api_t *api)
{
    jupref_event_t              event;
    jupref_terms_t              terms;
    jupref_ledger_result_e      result;
    ngx_http_jupref_body_t      body;
    ngx_http_jupref_problem_e   problem;

    ngx_memzero(&body, sizeof(ngx_http_jupref_body_t));
    body.allowed = ngx_http_jupref_register_allowed;

    problem = ngx_http_jupref_admin_body(api, &ngx_http_jupref_register_schema,
                                         &body, &body.wrong);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    if (!(body.given & 1u << NGX_HTTP_JUPREF_FIELD_WALLET)) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_FIELD,
                                      "wallet is missing");
    }

    problem = ngx_http_jupref_admin_tier(api, &body, &terms);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    ngx_http_jupref_act(api, &event, JUPREF_EVENT_REFERRER_REGISTERED);
    event.of.referrer_registered.wallet = body.wallet;
    event.of.referrer_registered.parent = body.parent;
    event.of.referrer_registered.terms = terms;

    ngx_http_jupref_lock(api->zone);
    result = ngx_http_jupref_append(api->zone, &event);
    ngx_http_jupref_unlock(api->zone);

    if (result != JUPREF_LEDGER_OK) {
        return ngx_http_jupref_admin_result(api, result);
    }

    api->status = NGX_HTTP_CREATED;

    return ngx_http_jupref_show_referrer(api, &body.wallet);
}


/* Without a tier of its own a code follows its referrer's. */

ngx_http_jupref_problem_e
ngx_http_jupref_post_code(ngx_http_jupref_api_t *api)
{
    uint32_t                     index, exists;
    jupref_event_t               event;
    jupref_terms_t               terms;
    jupref_ledger_t             *ledger;
    jupref_ledger_result_e       result;
    ngx_http_jupref_body_t       body;
    ngx_http_jupref_problem_e    problem;

    ngx_memzero(&body, sizeof(ngx_http_jupref_body_t));
    body.allowed = ngx_http_jupref_code_allowed;

    problem = ngx_http_jupref_admin_body(api, &ngx_http_jupref_code_schema,
                                         &body, &body.wrong);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    if (!(body.given & 1u << NGX_HTTP_JUPREF_FIELD_WALLET)
        || !(body.given & 1u << NGX_HTTP_JUPREF_FIELD_CODE))
    {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_FIELD,
                                      "code and wallet must both be given");
    }

    problem = ngx_http_jupref_admin_tier(api, &body, &terms);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    ngx_http_jupref_act(api, &event, JUPREF_EVENT_CODE_CREATED);
    event.of.code_created.wallet = body.wallet;
    event.of.code_created.own_terms = (body.tier_name.len != 0);
    event.of.code_created.terms = terms;
    jupref_code_name_set(&event.of.code_created.code,
                         (jupref_bytes_t) { body.code, body.code_len });

    ngx_http_jupref_lock(api->zone);

    ledger = ngx_http_jupref_ledger(api->zone);
    index = jupref_find_referrer(ledger, &body.wallet);

    if (index && body.tier_name.len == 0) {
        event.of.code_created.terms = jupref_referrer(ledger, index)->terms;
    }

    exists = jupref_find_code(ledger, &event.of.code_created.code);

    if (exists && jupref_code(ledger, exists)->referrer == index && index) {
        result = JUPREF_LEDGER_NO_CHANGE;

    } else {
        result = ngx_http_jupref_append(api->zone, &event);
    }

    ngx_http_jupref_unlock(api->zone);

    if (result != JUPREF_LEDGER_OK) {
        return ngx_http_jupref_admin_result(api, result);
    }

    api->status = NGX_HTTP_CREATED;

    return ngx_http_jupref_show_code(api, &event.of.code_created.code);
}


ngx_http_jupref_problem_e
ngx_http_jupref_patch_referrer(ngx_http_jupref_api_t *api)
{
    jupref_event_t              tier, status;
    jupref_pubkey_t             wallet;
    jupref_terms_t              terms;
    jupref_ledger_result_e      result;
    ngx_http_jupref_body_t      body;
    ngx_http_jupref_problem_e   problem;

    problem = ngx_http_jupref_api_wallet(api, &wallet);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    ngx_memzero(&body, sizeof(ngx_http_jupref_body_t));
    body.allowed = ngx_http_jupref_change_allowed;

    problem = ngx_http_jupref_admin_body(api, &ngx_http_jupref_change_schema,
                                         &body, &body.wrong);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    if (body.given == 0) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_FIELD,
                                      "give tier, status or both");
    }

    problem = ngx_http_jupref_admin_tier(api, &body, &terms);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    ngx_http_jupref_act(api, &tier, JUPREF_EVENT_REFERRER_TIER);
    tier.of.referrer_tier.wallet = wallet;
    tier.of.referrer_tier.terms = terms;

    ngx_http_jupref_act(api, &status, JUPREF_EVENT_REFERRER_STATUS);
    status.of.referrer_status.wallet = wallet;
    status.of.referrer_status.status = (uint8_t) body.status;

    ngx_http_jupref_lock(api->zone);
    result = ngx_http_jupref_admin_change(api->zone,
                                          body.tier_name.len ? &tier : NULL,
                                          body.status ? &status : NULL);
    ngx_http_jupref_unlock(api->zone);

    if (result != JUPREF_LEDGER_OK && result != JUPREF_LEDGER_NO_CHANGE) {
        return ngx_http_jupref_admin_result(api, result);
    }

    return ngx_http_jupref_show_referrer(api, &wallet);
}


/*
 * Both or neither: there is room in the log for both, and the wallet, for
 * which alone the fold can refuse either, is judged with the first one.
 */

static jupref_ledger_result_e
ngx_http_jupref_admin_change(ngx_http_jupref_zone_t *zone,
    jupref_event_t *tier, jupref_event_t *status)
{
    jupref_log_t            *journal;
    jupref_ledger_result_e   result;

    journal = ngx_http_jupref_journal(zone);

    if (tier && status && journal && !ngx_http_jupref_stopped(zone)
        && !jupref_log_has_room_after(journal, 1))
    {
        return JUPREF_LEDGER_LOG_FULL;
    }

    result = JUPREF_LEDGER_OK;

    if (tier) {
        result = ngx_http_jupref_append(zone, tier);
    }

    if (status
        && (result == JUPREF_LEDGER_OK || result == JUPREF_LEDGER_NO_CHANGE))
    {
        result = ngx_http_jupref_append(zone, status);
    }

    return result;
}


static unsigned
ngx_http_jupref_admin_field(void *context, unsigned field,
    jupref_json_kind_e kind, jupref_bytes_t text)
{
    uint8_t                 which;
    ngx_http_jupref_body_t  *body = context;

    which = body->allowed[field];
    body->given |= 1u << which;
    body->wrong = ngx_http_jupref_field_rules[which];

    if (kind != JUPREF_JSON_STRING) {
        return 0;
    }

    switch (which) {

    case NGX_HTTP_JUPREF_FIELD_WALLET:
        return jupref_pubkey_parse(&body->wallet, text)
               && !jupref_pubkey_is_zero(&body->wallet);

    case NGX_HTTP_JUPREF_FIELD_PARENT:
        return jupref_pubkey_parse(&body->parent, text)
               && !jupref_pubkey_is_zero(&body->parent);

    case NGX_HTTP_JUPREF_FIELD_TIER:
        if (text.len == 0 || text.len > JUPREF_TIER_MAX) {
            return 0;
        }

        ngx_memcpy(body->tier, text.data, text.len);
        body->tier_name.data = body->tier;
        body->tier_name.len = text.len;
        return 1;

    case NGX_HTTP_JUPREF_FIELD_CODE:
        if (!jupref_code_is_valid(text)) {
            return 0;
        }

        ngx_memcpy(body->code, text.data, text.len);
        body->code_len = text.len;
        return 1;

    default: /* NGX_HTTP_JUPREF_FIELD_STATUS */
        body->status = jupref_bytes_equal(text, jupref_bytes("active"))
                       ? JUPREF_REFERRER_ACTIVE
                       : jupref_bytes_equal(text, jupref_bytes("suspended"))
                         ? JUPREF_REFERRER_SUSPENDED : 0;
        return body->status != 0;
    }
}


ngx_http_jupref_problem_e
ngx_http_jupref_admin_body(ngx_http_jupref_api_t *api,
    const jupref_json_schema_t *schema, void *body, const char **wrong)
{
    ngx_str_t              culprit;
    jupref_json_result_e   result;

    result = ngx_http_jupref_body_read(api->r, schema, body, &culprit);

    switch (result) {

    case JUPREF_JSON_OK:
        return NGX_HTTP_JUPREF_NO_PROBLEM;

    case JUPREF_JSON_REFUSED:
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_FIELD,
                                      *wrong);

    case JUPREF_JSON_TOO_LARGE:
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_BODY_LIMIT,
                                      "a body has at most 16384 bytes");

    case JUPREF_JSON_UNKNOWN_FIELD:
        return ngx_http_jupref_accuse(api, NGX_HTTP_JUPREF_UNKNOWN_FIELD,
                                      "there is no such member", &culprit);

    case JUPREF_JSON_DUPLICATE:
        return ngx_http_jupref_accuse(api, NGX_HTTP_JUPREF_INVALID_BODY,
                                      "a member came twice", &culprit);

    case JUPREF_JSON_NO_MEMORY:
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;

    default:
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_BODY,
                                      jupref_json_result_text(result));
    }
}


/* Names the member that a problem is about. */

static ngx_http_jupref_problem_e
ngx_http_jupref_accuse(ngx_http_jupref_api_t *api,
    ngx_http_jupref_problem_e problem, const char *what, ngx_str_t *member)
{
    u_char  *p;

    p = ngx_pnalloc(api->r->pool, ngx_strlen(what) + member->len + 4);
    if (p == NULL) {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    api->detail.data = p;
    api->detail.len = ngx_sprintf(p, "%s: \"%V\"", what, member) - p;

    return problem;
}


static ngx_http_jupref_problem_e
ngx_http_jupref_admin_tier(ngx_http_jupref_api_t *api,
    ngx_http_jupref_body_t *body, jupref_terms_t *terms)
{
    jupref_terms_t  *tier;

    tier = api->zone->conf->default_tier;

    if (body->tier_name.len) {
        tier = ngx_http_jupref_find_tier(api->zone->conf, &body->tier_name);
    }

    if (tier == NULL) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_UNKNOWN_TIER,
                   "tier must be the name of a jupref_tier of the "
                   "configuration");
    }

    *terms = *tier;

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


ngx_http_jupref_problem_e
ngx_http_jupref_admin_result(ngx_http_jupref_api_t *api,
    jupref_ledger_result_e result)
{
    ngx_http_jupref_problem_e  problem;

    switch (result) {

    case JUPREF_LEDGER_REFERRER_EXISTS:
        problem = NGX_HTTP_JUPREF_REFERRER_EXISTS;
        break;

    case JUPREF_LEDGER_REFERRER_UNKNOWN:
        problem = NGX_HTTP_JUPREF_NO_SUCH_REFERRER;
        break;

    case JUPREF_LEDGER_PARENT_UNKNOWN:
    case JUPREF_LEDGER_PARENT_SELF:
        problem = NGX_HTTP_JUPREF_UNKNOWN_PARENT;
        break;

    case JUPREF_LEDGER_CODE_TAKEN:
        problem = NGX_HTTP_JUPREF_CODE_TAKEN;
        break;

    case JUPREF_LEDGER_NO_CHANGE:
        problem = NGX_HTTP_JUPREF_CODE_EXISTS;
        break;

    case JUPREF_LEDGER_CODES_OF_REFERRER:
        problem = NGX_HTTP_JUPREF_TOO_MANY_CODES;
        break;

    case JUPREF_LEDGER_TRADE_UNKNOWN:
        problem = NGX_HTTP_JUPREF_NO_SUCH_TRADE;
        break;

    case JUPREF_LEDGER_WRONG_STATE:
        problem = NGX_HTTP_JUPREF_WRONG_STATE;
        break;

    case JUPREF_LEDGER_REFERRERS_FULL:
    case JUPREF_LEDGER_CODES_FULL:
    case JUPREF_LEDGER_MINTS_FULL:
    case JUPREF_LEDGER_BALANCES_FULL:
    case JUPREF_LEDGER_OVERFLOW:
        problem = NGX_HTTP_JUPREF_LEDGER_FULL;
        break;

    case JUPREF_LEDGER_LOG_STOPPED:
        problem = NGX_HTTP_JUPREF_JOURNAL_DOWN;
        break;

    case JUPREF_LEDGER_LOG_FULL:
        problem = NGX_HTTP_JUPREF_JOURNAL_NO_ROOM;
        break;

    default:
        problem = NGX_HTTP_JUPREF_LEDGER_BROKEN;
        break;
    }

    return ngx_http_jupref_refuse(api, problem,
                                  jupref_ledger_result_text(result));
}
