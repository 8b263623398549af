/*
 * POST admin/trades/{signature}/…: what an administrator decides about a
 * trade.
 *
 * One event each.  Whether a step is open from the state that the trade is in
 * is the fold's to say; it is told with the state and with what is open from
 * there.  A step that was made isn't open again, so a request that is sent
 * twice acts once.
 */

#include "http/ngx_http_jupref_history.h"


#define NGX_HTTP_JUPREF_DETAIL_MAX  192


typedef enum {
    NGX_HTTP_JUPREF_ACT_SLOT = 0,
    NGX_HTTP_JUPREF_ACT_FEE,
    NGX_HTTP_JUPREF_ACT_FEE_MINT,
    NGX_HTTP_JUPREF_ACT_REASON
} ngx_http_jupref_act_field_e;


typedef struct {
    const uint8_t    *allowed;          /* the schema's fields, in its order */
    uint64_t          slot;
    uint64_t          fee;
    jupref_pubkey_t   fee_mint;
    u_char            reason[JUPREF_REASON_MAX];
    unsigned          given;            /* a bit per member */
    const char       *wrong;            /* what a member must be */
} ngx_http_jupref_act_body_t;


static ngx_http_jupref_problem_e ngx_http_jupref_rule(
    ngx_http_jupref_api_t *api, jupref_event_type_e type,
    unsigned needs_reason);
static ngx_http_jupref_problem_e ngx_http_jupref_trade_of_path(
    ngx_http_jupref_api_t *api, jupref_signature_t *signature);
static unsigned ngx_http_jupref_act_field(void *context, unsigned field,
    jupref_json_kind_e kind, jupref_bytes_t text);
static unsigned ngx_http_jupref_act_reason(ngx_http_jupref_act_body_t *body,
    jupref_bytes_t text);
static ngx_http_jupref_problem_e ngx_http_jupref_append_act(
    ngx_http_jupref_api_t *api, jupref_event_t *event,
    const jupref_signature_t *signature);
static unsigned ngx_http_jupref_lacks_mint(const jupref_ledger_t *ledger,
    uint32_t index, jupref_event_t *event);
static ngx_http_jupref_problem_e ngx_http_jupref_act_refused(
    ngx_http_jupref_api_t *api, jupref_ledger_result_e result,
    unsigned state);


static const char *const  ngx_http_jupref_act_rules[] = {
    "slot must be a number, 1 or more: that of the finalized transaction",
    "fee must be a string of base units, more than 0: what reached the "
    "referral token account; a trade that brought none is rejected",
    "feeMint must be a string, the base58 of 32 bytes",
    "reason must be a string of 1 to 64 bytes without control characters"
};

static const char *const  ngx_http_jupref_verify_fields[] = {
    "slot", "fee", "feeMint"
};

static const uint8_t  ngx_http_jupref_verify_allowed[] = {
    NGX_HTTP_JUPREF_ACT_SLOT, NGX_HTTP_JUPREF_ACT_FEE,
    NGX_HTTP_JUPREF_ACT_FEE_MINT
};

static const jupref_json_schema_t  ngx_http_jupref_verify_schema = {
    ngx_http_jupref_verify_fields, 3, 1, NGX_HTTP_JUPREF_API_BODY_MAX,
    ngx_http_jupref_act_field
};

static const char *const  ngx_http_jupref_rule_fields[] = {
    "reason"
};

static const uint8_t  ngx_http_jupref_rule_allowed[] = {
    NGX_HTTP_JUPREF_ACT_REASON
};

static const jupref_json_schema_t  ngx_http_jupref_rule_schema = {
    ngx_http_jupref_rule_fields, 1, 1, NGX_HTTP_JUPREF_API_BODY_MAX,
    ngx_http_jupref_act_field
};


/* Stands in for what the chain says, by who has looked. */

ngx_http_jupref_problem_e
ngx_http_jupref_post_verify(ngx_http_jupref_api_t *api)
{
    jupref_event_t               event;
    jupref_signature_t           signature;
    jupref_trade_verified_t     *verified;
    ngx_http_jupref_problem_e    problem;
    ngx_http_jupref_act_body_t   body;

    problem = ngx_http_jupref_trade_of_path(api, &signature);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    ngx_memzero(&body, sizeof(ngx_http_jupref_act_body_t));
    body.allowed = ngx_http_jupref_verify_allowed;

    problem = ngx_http_jupref_admin_body(api, &ngx_http_jupref_verify_schema,
                                         &body, &body.wrong);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    if (!(body.given & 1u << NGX_HTTP_JUPREF_ACT_SLOT)
        || !(body.given & 1u << NGX_HTTP_JUPREF_ACT_FEE))
    {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_FIELD,
                                      "slot and fee must both be given");
    }

    ngx_http_jupref_act(api, &event, JUPREF_EVENT_TRADE_VERIFIED);

    verified = &event.of.trade_verified;
    verified->signature = signature;
    verified->fee_mint = body.fee_mint;
    verified->fee = body.fee;
    verified->slot = body.slot;

    return ngx_http_jupref_append_act(api, &event, &signature);
}


ngx_http_jupref_problem_e
ngx_http_jupref_post_reject(ngx_http_jupref_api_t *api)
{
    return ngx_http_jupref_rule(api, JUPREF_EVENT_TRADE_REJECTED, 1);
}


ngx_http_jupref_problem_e
ngx_http_jupref_post_expire(ngx_http_jupref_api_t *api)
{
    return ngx_http_jupref_rule(api, JUPREF_EVENT_TRADE_EXPIRED, 0);
}


ngx_http_jupref_problem_e
ngx_http_jupref_post_dispute(ngx_http_jupref_api_t *api)
{
    return ngx_http_jupref_rule(api, JUPREF_EVENT_TRADE_DISPUTED, 1);
}


ngx_http_jupref_problem_e
ngx_http_jupref_post_resolve(ngx_http_jupref_api_t *api)
{
    return ngx_http_jupref_rule(api, JUPREF_EVENT_DISPUTE_RESOLVED, 0);
}


ngx_http_jupref_problem_e
ngx_http_jupref_post_reverse(ngx_http_jupref_api_t *api)
{
    return ngx_http_jupref_rule(api, JUPREF_EVENT_TRADE_REVERSED, 1);
}


static ngx_http_jupref_problem_e
ngx_http_jupref_rule(ngx_http_jupref_api_t *api, jupref_event_type_e type,
    unsigned needs_reason)
{
    jupref_event_t               event;
    jupref_signature_t           signature;
    ngx_http_jupref_problem_e    problem;
    ngx_http_jupref_act_body_t   body;

    problem = ngx_http_jupref_trade_of_path(api, &signature);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    ngx_memzero(&body, sizeof(ngx_http_jupref_act_body_t));
    body.allowed = ngx_http_jupref_rule_allowed;

    problem = ngx_http_jupref_admin_body(api, &ngx_http_jupref_rule_schema,
                                         &body, &body.wrong);
    if (problem != NGX_HTTP_JUPREF_NO_PROBLEM) {
        return problem;
    }

    if (needs_reason && !(body.given & 1u << NGX_HTTP_JUPREF_ACT_REASON)) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_INVALID_FIELD,
                                      "reason is missing");
    }

    ngx_http_jupref_act(api, &event, type);
    event.of.trade_ruled.signature = signature;
    ngx_memcpy(event.of.trade_ruled.reason, body.reason, JUPREF_REASON_MAX);

    return ngx_http_jupref_append_act(api, &event, &signature);
}


static ngx_http_jupref_problem_e
ngx_http_jupref_trade_of_path(ngx_http_jupref_api_t *api,
    jupref_signature_t *signature)
{
    if (!jupref_signature_parse(signature,
                                ngx_http_jupref_bytes(&api->parameter)))
    {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_SUCH_TRADE,
                   "a trade's signature is the base58 of 64 bytes");
    }

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


static unsigned
ngx_http_jupref_act_field(void *context, unsigned field,
    jupref_json_kind_e kind, jupref_bytes_t text)
{
    uint8_t                      which;
    ngx_http_jupref_act_body_t  *body = context;

    which = body->allowed[field];
    body->given |= 1u << which;
    body->wrong = ngx_http_jupref_act_rules[which];

    if (kind != (which == NGX_HTTP_JUPREF_ACT_SLOT ? JUPREF_JSON_NUMBER
                                                   : JUPREF_JSON_STRING))
    {
        return 0;
    }

    switch (which) {

    case NGX_HTTP_JUPREF_ACT_SLOT:
        return jupref_parse_u64(text, &body->slot) && body->slot > 0;

    case NGX_HTTP_JUPREF_ACT_FEE:
        return jupref_parse_u64(text, &body->fee) && body->fee > 0;

    case NGX_HTTP_JUPREF_ACT_FEE_MINT:
        return jupref_pubkey_parse(&body->fee_mint, text)
               && !jupref_pubkey_is_zero(&body->fee_mint);

    default: /* NGX_HTTP_JUPREF_ACT_REASON */
        return ngx_http_jupref_act_reason(body, text);
    }
}


/* That it is UTF-8 the strict reader has seen. */

static unsigned
ngx_http_jupref_act_reason(ngx_http_jupref_act_body_t *body,
    jupref_bytes_t text)
{
    size_t  i;

    if (text.len == 0 || text.len > JUPREF_REASON_MAX) {
        return 0;
    }

    for (i = 0; i < text.len; i++) {
        if (text.data[i] < 0x20 || text.data[i] == 0x7f) {
            return 0;
        }
    }

    ngx_memcpy(body->reason, text.data, text.len);

    return 1;
}


/* Answers with the trade as it is then. */

static ngx_http_jupref_problem_e
ngx_http_jupref_append_act(ngx_http_jupref_api_t *api, jupref_event_t *event,
    const jupref_signature_t *signature)
{
    uint32_t                    index;
    unsigned                    state, needs_mint;
    jupref_ledger_t            *ledger;
    jupref_trade_view_t        *view;
    ngx_http_jupref_row_t       row;
    jupref_ledger_result_e      result;
    ngx_http_jupref_shown_t     shown;

    view = ngx_http_jupref_api_view(api, sizeof(jupref_trade_view_t));

    if (view == NULL
        || ngx_http_jupref_api_room(api, NGX_HTTP_JUPREF_TRADE_ROOM) != NGX_OK)
    {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    result = JUPREF_LEDGER_TRADE_UNKNOWN;
    needs_mint = 0;
    state = 0;

    ngx_http_jupref_lock(api->zone);

    ledger = ngx_http_jupref_ledger(api->zone);
    index = jupref_find_trade(ledger, signature);

    if (index) {
        state = jupref_trade(ledger, index)->state;
        needs_mint = ngx_http_jupref_lacks_mint(ledger, index, event);
        result = needs_mint ? JUPREF_LEDGER_BAD_EVENT
                            : ngx_http_jupref_append(api->zone, event);
    }

    if (result == JUPREF_LEDGER_OK) {
        ngx_http_jupref_api_head(api);
        jupref_view_trade(ledger, index, view);
    }

    ngx_http_jupref_unlock(api->zone);

    if (needs_mint) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_FEE_MINT_NEEDED,
                   "Jupiter didn't say in which mint this trade's fee is: "
                   "give feeMint");
    }

    if (result != JUPREF_LEDGER_OK) {
        return ngx_http_jupref_act_refused(api, result, state);
    }

    shown.view = view;
    shown.archived = 0;
    row.out = &api->json;
    row.format = NGX_HTTP_JUPREF_JSON;
    ngx_http_jupref_row_shown(&row, &shown);

    return NGX_HTTP_JUPREF_NO_PROBLEM;
}


/* A verification that names no mint is in the one that Jupiter told. */

static unsigned
ngx_http_jupref_lacks_mint(const jupref_ledger_t *ledger, uint32_t index,
    jupref_event_t *event)
{
    jupref_trade_row_t       *trade;
    jupref_trade_verified_t  *verified;

    verified = &event->of.trade_verified;

    if (event->type != JUPREF_EVENT_TRADE_VERIFIED
        || !jupref_pubkey_is_zero(&verified->fee_mint))
    {
        return 0;
    }

    trade = jupref_trade(ledger, index);

    if (trade->fee_mint) {
        verified->fee_mint = jupref_mint(ledger, trade->fee_mint)->mint;
        return 0;
    }

    /* of one that can't be verified the state is to be told, not this */

    ngx_memset(&verified->fee_mint, 0xff, sizeof(jupref_pubkey_t));

    return trade->state == JUPREF_STATE_EXECUTED
           || trade->state == JUPREF_STATE_UNKNOWN
           || trade->state == JUPREF_STATE_UNPROVED;
}


static ngx_http_jupref_problem_e
ngx_http_jupref_act_refused(ngx_http_jupref_api_t *api,
    jupref_ledger_result_e result, unsigned state)
{
    u_char  *p;

    static const char *const  open[JUPREF_STATES] = {
        "nothing",
        "verify, reject or expire",
        "verify, reject or expire",
        "dispute or reverse; it becomes available when its hold is over",
        "dispute or reverse",
        "nothing: it is settled",
        "nothing: it is settled",
        "resolve or reverse",
        "nothing: it is settled",
        "verify, reject or expire"
    };

    if (result == JUPREF_LEDGER_TRADE_UNKNOWN) {
        return ngx_http_jupref_refuse(api, NGX_HTTP_JUPREF_NO_SUCH_TRADE,
                   "the ledger's table has no trade of this signature; one "
                   "that was archived is settled for good");
    }

    if (result != JUPREF_LEDGER_WRONG_STATE) {
        return ngx_http_jupref_admin_result(api, result);
    }

    p = ngx_pnalloc(api->r->pool, NGX_HTTP_JUPREF_DETAIL_MAX);
    if (p == NULL) {
        return NGX_HTTP_JUPREF_OUT_OF_MEMORY;
    }

    api->detail.data = p;
    api->detail.len = (size_t) (ngx_snprintf(p, NGX_HTTP_JUPREF_DETAIL_MAX,
                                             "the trade is %s; open from "
                                             "there: %s",
                                             jupref_trade_state_name(state),
                                             open[state])
                                - p);

    return NGX_HTTP_JUPREF_WRONG_STATE;
}
