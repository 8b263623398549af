/*
 * Events as JSON: one function a kind of body, and a table of who has which.
 */

#include "log/tool/jupref_event_json.h"

#include "ledger/jupref_view.h"


typedef void (*jupref_json_body_pt)(jupref_json_writer_t *json,
    const jupref_event_t *event);


static void jupref_json_registered(jupref_json_writer_t *json,
    const jupref_event_t *event);
static void jupref_json_status(jupref_json_writer_t *json,
    const jupref_event_t *event);
static void jupref_json_tier(jupref_json_writer_t *json,
    const jupref_event_t *event);
static void jupref_json_created(jupref_json_writer_t *json,
    const jupref_event_t *event);
static void jupref_json_retired(jupref_json_writer_t *json,
    const jupref_event_t *event);
static void jupref_json_bound(jupref_json_writer_t *json,
    const jupref_event_t *event);
static void jupref_json_counted(jupref_json_writer_t *json,
    const jupref_event_t *event);
static void jupref_json_traded(jupref_json_writer_t *json,
    const jupref_event_t *event);
static void jupref_json_closed(jupref_json_writer_t *json,
    const jupref_event_t *event);
static void jupref_json_verified(jupref_json_writer_t *json,
    const jupref_event_t *event);
static void jupref_json_ruled(jupref_json_writer_t *json,
    const jupref_event_t *event);
static void jupref_json_released(jupref_json_writer_t *json,
    const jupref_event_t *event);
static void jupref_json_archived(jupref_json_writer_t *json,
    const jupref_event_t *event);
static void jupref_json_claimed(jupref_json_writer_t *json,
    const jupref_event_t *event);
static void jupref_json_drifted(jupref_json_writer_t *json,
    const jupref_event_t *event);
static void jupref_json_incident(jupref_json_writer_t *json,
    const jupref_event_t *event);
static void jupref_json_trade(jupref_json_writer_t *json,
    const jupref_trade_t *trade);
static void jupref_json_terms(jupref_json_writer_t *json,
    const jupref_terms_t *terms);
static void jupref_json_code(jupref_json_writer_t *json,
    const jupref_code_name_t *code);
static void jupref_json_request_id(jupref_json_writer_t *json,
    const jupref_request_id_t *id);
static void jupref_json_seq(jupref_json_writer_t *json, const char *name,
    uint64_t seq);


static const jupref_json_body_pt  jupref_json_bodies[JUPREF_EVENT_TYPES] = {
    [JUPREF_EVENT_REFERRER_REGISTERED] = jupref_json_registered,
    [JUPREF_EVENT_REFERRER_STATUS] = jupref_json_status,
    [JUPREF_EVENT_REFERRER_TIER] = jupref_json_tier,
    [JUPREF_EVENT_CODE_CREATED] = jupref_json_created,
    [JUPREF_EVENT_CODE_RETIRED] = jupref_json_retired,
    [JUPREF_EVENT_WALLET_BOUND] = jupref_json_bound,
    [JUPREF_EVENT_CLICKS_COUNTED] = jupref_json_counted,
    [JUPREF_EVENT_TRADE_EXECUTED] = jupref_json_traded,
    [JUPREF_EVENT_TRADE_UNKNOWN] = jupref_json_traded,
    [JUPREF_EVENT_ORDERS_COUNTED] = jupref_json_counted,
    [JUPREF_EVENT_TRADE_INTENT] = jupref_json_traded,
    [JUPREF_EVENT_INTENT_CLOSED] = jupref_json_closed,
    [JUPREF_EVENT_TRADE_VERIFIED] = jupref_json_verified,
    [JUPREF_EVENT_TRADE_REJECTED] = jupref_json_ruled,
    [JUPREF_EVENT_TRADE_EXPIRED] = jupref_json_ruled,
    [JUPREF_EVENT_HOLD_RELEASED] = jupref_json_released,
    [JUPREF_EVENT_TRADE_DISPUTED] = jupref_json_ruled,
    [JUPREF_EVENT_DISPUTE_RESOLVED] = jupref_json_ruled,
    [JUPREF_EVENT_TRADE_REVERSED] = jupref_json_ruled,
    [JUPREF_EVENT_TRADE_ARCHIVED] = jupref_json_archived,
    [JUPREF_EVENT_TRADE_UNPROVED] = jupref_json_ruled,
    [JUPREF_EVENT_FEES_CLAIMED] = jupref_json_claimed,
    [JUPREF_EVENT_FEES_DRIFTED] = jupref_json_drifted,
    [JUPREF_EVENT_INCIDENT_RAISED] = jupref_json_incident,
    [JUPREF_EVENT_INCIDENT_CLEARED] = jupref_json_incident
};


void
jupref_json_event(jupref_json_writer_t *json, const jupref_event_t *event)
{
    if ((unsigned) event->type < JUPREF_EVENT_TYPES
        && jupref_json_bodies[event->type] != NULL)
    {
        jupref_json_bodies[event->type](json, event);
    }
}


static void
jupref_json_registered(jupref_json_writer_t *json,
    const jupref_event_t *event)
{
    const jupref_referrer_registered_t  *registered;

    registered = &event->of.referrer_registered;

    jupref_json_pubkey(json, "wallet", &registered->wallet);
    jupref_json_pubkey(json, "parent", &registered->parent);
    jupref_json_terms(json, &registered->terms);
}


static void
jupref_json_status(jupref_json_writer_t *json, const jupref_event_t *event)
{
    jupref_json_pubkey(json, "wallet", &event->of.referrer_status.wallet);
    jupref_json_cstring(json, "status", jupref_referrer_status_name(
                            event->of.referrer_status.status));
}


static void
jupref_json_tier(jupref_json_writer_t *json, const jupref_event_t *event)
{
    jupref_json_pubkey(json, "wallet", &event->of.referrer_tier.wallet);
    jupref_json_terms(json, &event->of.referrer_tier.terms);
}


static void
jupref_json_created(jupref_json_writer_t *json, const jupref_event_t *event)
{
    const jupref_code_created_t  *created;

    created = &event->of.code_created;

    jupref_json_code(json, &created->code);
    jupref_json_pubkey(json, "wallet", &created->wallet);
    jupref_json_terms(json, &created->terms);
    jupref_json_boolean(json, "ownTerms", created->own_terms);
    jupref_json_boolean(json, "configured", created->configured);
}


static void
jupref_json_retired(jupref_json_writer_t *json, const jupref_event_t *event)
{
    jupref_json_code(json, &event->of.code_retired.code);
}


static void
jupref_json_bound(jupref_json_writer_t *json, const jupref_event_t *event)
{
    jupref_json_pubkey(json, "wallet", &event->of.wallet_bound.wallet);
    jupref_json_code(json, &event->of.wallet_bound.code);
}


static void
jupref_json_counted(jupref_json_writer_t *json, const jupref_event_t *event)
{
    jupref_json_code(json, &event->of.counted.code);
    jupref_json_number(json, "count", event->of.counted.count);
}


static void
jupref_json_traded(jupref_json_writer_t *json, const jupref_event_t *event)
{
    jupref_json_trade(json, &event->of.trade);
}


static void
jupref_json_closed(jupref_json_writer_t *json, const jupref_event_t *event)
{
    jupref_json_request_id(json, &event->of.intent_closed.request_id);
}


static void
jupref_json_verified(jupref_json_writer_t *json, const jupref_event_t *event)
{
    const jupref_trade_verified_t  *verified;

    verified = &event->of.trade_verified;

    jupref_json_signature(json, "signature", &verified->signature);
    jupref_json_pubkey(json, "feeMint", &verified->fee_mint);
    jupref_json_amount(json, "fee", verified->fee);
    jupref_json_seq(json, "slot", verified->slot);
}


static void
jupref_json_ruled(jupref_json_writer_t *json, const jupref_event_t *event)
{
    jupref_json_signature(json, "signature",
                          &event->of.trade_ruled.signature);
    jupref_json_padded(json, "reason", event->of.trade_ruled.reason,
                       JUPREF_REASON_MAX);
}


static void
jupref_json_released(jupref_json_writer_t *json, const jupref_event_t *event)
{
    jupref_json_time(json, "cutoff", event->of.hold_released.cutoff_ms);
}


static void
jupref_json_archived(jupref_json_writer_t *json, const jupref_event_t *event)
{
    unsigned                        level;
    const jupref_trade_archived_t  *archived;

    archived = &event->of.trade_archived;

    jupref_json_cstring(json, "status",
                        jupref_trade_state_name(archived->state));
    jupref_json_trade(json, &archived->trade);
    jupref_json_array(json, "levels");

    for (level = 0; level < JUPREF_LEVELS; level++) {

        if (jupref_pubkey_is_zero(&archived->level[level])) {
            continue;
        }

        jupref_json_object(json, NULL);
        jupref_json_number(json, "level", level + 1);
        jupref_json_pubkey(json, "wallet", &archived->level[level]);
        jupref_json_amount(json, "amount", archived->commission[level]);
        jupref_json_object_end(json);
    }

    jupref_json_array_end(json);
    jupref_json_time(json, "executedAt", archived->executed_ms);
    jupref_json_seq(json, "executedSeq", archived->executed_seq);
    jupref_json_seq(json, "verifiedSeq", archived->verified_seq);
    jupref_json_seq(json, "previous", archived->previous);
    jupref_json_seq(json, "previousOfReferrer",
                    archived->previous_of_referrer);
}


static void
jupref_json_claimed(jupref_json_writer_t *json, const jupref_event_t *event)
{
    const jupref_fees_claimed_t  *claimed;

    claimed = &event->of.fees_claimed;

    jupref_json_signature(json, "signature", &claimed->signature);
    jupref_json_pubkey(json, "mint", &claimed->mint);
    jupref_json_amount(json, "amount", claimed->amount);
    jupref_json_seq(json, "slot", claimed->slot);
}


static void
jupref_json_drifted(jupref_json_writer_t *json, const jupref_event_t *event)
{
    const jupref_fees_drifted_t  *drifted;

    drifted = &event->of.fees_drifted;

    jupref_json_pubkey(json, "mint", &drifted->mint);
    jupref_json_seq(json, "slot", drifted->slot);
    jupref_json_amount(json, "expected", drifted->expected);
    jupref_json_amount(json, "actual", drifted->actual);
    jupref_json_amount(json, "unexplained", drifted->unexplained);
    jupref_json_boolean(json, "missing", drifted->missing);
}


static void
jupref_json_incident(jupref_json_writer_t *json, const jupref_event_t *event)
{
    jupref_json_cstring(json, "kind",
                        jupref_incident_name(event->of.incident.kind));
    jupref_json_padded(json, "detail", event->of.incident.detail,
                       JUPREF_REASON_MAX);
}


static void
jupref_json_trade(jupref_json_writer_t *json, const jupref_trade_t *trade)
{
    jupref_json_signature(json, "signature", &trade->signature);
    jupref_json_request_id(json, &trade->request_id);
    jupref_json_pubkey(json, "taker", &trade->taker);
    jupref_json_code(json, &trade->code);
    jupref_json_terms(json, &trade->terms);
    jupref_json_pubkey(json, "inputMint", &trade->input_mint);
    jupref_json_pubkey(json, "outputMint", &trade->output_mint);
    jupref_json_amount(json, "inAmount", trade->in_amount);
    jupref_json_amount(json, "outAmount", trade->out_amount);
    jupref_json_pubkey(json, "feeMint", &trade->fee_mint);
    jupref_json_number(json, "feeBps", trade->granted_bps);
    jupref_json_amount(json, "fee", trade->fee);
    jupref_json_micro(json, "volumeUsd", trade->volume_micro_usd);
    jupref_json_seq(json, "slot", trade->slot);
    jupref_json_seq(json, "lastValidBlockHeight",
                    trade->last_valid_block_height);
    jupref_json_hex(json, "messageHash", trade->message_hash,
                    JUPREF_SHA256_SIZE);
    jupref_json_padded(json, "router", trade->router, JUPREF_ROUTER_MAX);
}


static void
jupref_json_terms(jupref_json_writer_t *json, const jupref_terms_t *terms)
{
    unsigned  level;

    jupref_json_object(json, "terms");
    jupref_json_padded(json, "tier", terms->tier, JUPREF_TIER_MAX);
    jupref_json_number(json, "feeBps", terms->fee_bps);
    jupref_json_number(json, "discountBps", terms->discount_bps);
    jupref_json_number(json, "chargedBps", jupref_charged_bps(terms));
    jupref_json_array(json, "sharesBps");

    for (level = 0; level < JUPREF_LEVELS; level++) {
        jupref_json_number(json, NULL, terms->share_bps[level]);
    }

    jupref_json_array_end(json);
    jupref_json_number(json, "partnerBps", terms->partner_bps);
    jupref_json_object_end(json);
}


static void
jupref_json_code(jupref_json_writer_t *json, const jupref_code_name_t *code)
{
    jupref_json_padded(json, "code", code->text, JUPREF_CODE_MAX);
}


static void
jupref_json_request_id(jupref_json_writer_t *json,
    const jupref_request_id_t *id)
{
    if (id->len == 0) {
        jupref_json_null(json, "requestId");
        return;
    }

    jupref_json_string(json, "requestId",
                       (jupref_bytes_t) { id->bytes, id->len });
}


/* Numbers of which 0 is none. */

static void
jupref_json_seq(jupref_json_writer_t *json, const char *name, uint64_t seq)
{
    if (seq == 0) {
        jupref_json_null(json, name);
        return;
    }

    jupref_json_number(json, name, seq);
}
