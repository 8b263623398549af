/*
 * The table of bodies (see the header).
 *
 * Writing asks nothing, reading asks only that nothing is written in a second
 * way; what a field may say is asked of the whole event by `valid`, before
 * writing and after reading alike, so that nothing is ever written that can't
 * be read.
 */

#include "log/jupref_record_bodies.h"

#include "base/jupref_number.h"
#include "log/jupref_record_audit.h"
#include "log/jupref_record_fields.h"


static void
jupref_registered_write(jupref_writer_t *fields, const jupref_event_t *event)
{
    const jupref_referrer_registered_t  *registered;

    registered = &event->of.referrer_registered;

    jupref_write_pubkey(fields, &registered->wallet);
    jupref_write_pubkey(fields, &registered->parent);
    jupref_write_terms(fields, &registered->terms);
}


static unsigned
jupref_registered_read(jupref_reader_t *fields, jupref_event_t *event)
{
    jupref_referrer_registered_t  *registered;

    registered = &event->of.referrer_registered;

    jupref_read_fixed(fields, registered->wallet.bytes, JUPREF_PUBKEY_SIZE);
    jupref_read_fixed(fields, registered->parent.bytes, JUPREF_PUBKEY_SIZE);

    return jupref_read_terms(fields, &registered->terms);
}


static unsigned
jupref_registered_valid(const jupref_event_t *event)
{
    return jupref_terms_valid(&event->of.referrer_registered.terms);
}


static void
jupref_status_write(jupref_writer_t *fields, const jupref_event_t *event)
{
    jupref_write_pubkey(fields, &event->of.referrer_status.wallet);
    jupref_write_u8(fields, event->of.referrer_status.status);
}


static unsigned
jupref_status_read(jupref_reader_t *fields, jupref_event_t *event)
{
    jupref_referrer_status_t  *status;

    status = &event->of.referrer_status;

    jupref_read_fixed(fields, status->wallet.bytes, JUPREF_PUBKEY_SIZE);
    status->status = jupref_read_u8(fields);

    return 1;
}


static unsigned
jupref_status_valid(const jupref_event_t *event)
{
    return event->of.referrer_status.status == JUPREF_REFERRER_ACTIVE
           || event->of.referrer_status.status == JUPREF_REFERRER_SUSPENDED;
}


static void
jupref_tier_write(jupref_writer_t *fields, const jupref_event_t *event)
{
    jupref_write_pubkey(fields, &event->of.referrer_tier.wallet);
    jupref_write_terms(fields, &event->of.referrer_tier.terms);
}


static unsigned
jupref_tier_read(jupref_reader_t *fields, jupref_event_t *event)
{
    jupref_referrer_tier_t  *tier;

    tier = &event->of.referrer_tier;

    jupref_read_fixed(fields, tier->wallet.bytes, JUPREF_PUBKEY_SIZE);

    return jupref_read_terms(fields, &tier->terms);
}


static unsigned
jupref_tier_valid(const jupref_event_t *event)
{
    return jupref_terms_valid(&event->of.referrer_tier.terms);
}


static void
jupref_created_write(jupref_writer_t *fields, const jupref_event_t *event)
{
    const jupref_code_created_t  *created;

    created = &event->of.code_created;

    jupref_write_code(fields, &created->code);
    jupref_write_pubkey(fields, &created->wallet);
    jupref_write_terms(fields, &created->terms);
    jupref_write_u8(fields, created->own_terms);
    jupref_write_u8(fields, created->configured);
}


static unsigned
jupref_created_read(jupref_reader_t *fields, jupref_event_t *event)
{
    unsigned                one_way;
    jupref_code_created_t  *created;

    created = &event->of.code_created;

    one_way = jupref_read_code(fields, &created->code);
    jupref_read_fixed(fields, created->wallet.bytes, JUPREF_PUBKEY_SIZE);
    one_way &= jupref_read_terms(fields, &created->terms);
    created->own_terms = jupref_read_u8(fields);
    created->configured = jupref_read_u8(fields);

    return one_way;
}


static unsigned
jupref_created_valid(const jupref_event_t *event)
{
    const jupref_code_created_t  *created;

    created = &event->of.code_created;

    return jupref_code_name_valid(&created->code)
           && jupref_terms_valid(&created->terms)
           && created->own_terms <= 1 && created->configured <= 1;
}


static void
jupref_retired_write(jupref_writer_t *fields, const jupref_event_t *event)
{
    jupref_write_code(fields, &event->of.code_retired.code);
}


static unsigned
jupref_retired_read(jupref_reader_t *fields, jupref_event_t *event)
{
    return jupref_read_code(fields, &event->of.code_retired.code);
}


static unsigned
jupref_retired_valid(const jupref_event_t *event)
{
    return jupref_code_name_valid(&event->of.code_retired.code);
}


static void
jupref_bound_write(jupref_writer_t *fields, const jupref_event_t *event)
{
    jupref_write_code(fields, &event->of.wallet_bound.code);
}


static unsigned
jupref_bound_read(jupref_reader_t *fields, jupref_event_t *event)
{
    return jupref_read_code(fields, &event->of.wallet_bound.code);
}


static unsigned
jupref_bound_valid(const jupref_event_t *event)
{
    return jupref_code_name_valid(&event->of.wallet_bound.code);
}


static void
jupref_counted_write(jupref_writer_t *fields, const jupref_event_t *event)
{
    jupref_write_code(fields, &event->of.counted.code);
    jupref_write_u32_le(fields, event->of.counted.count);
}


static unsigned
jupref_counted_read(jupref_reader_t *fields, jupref_event_t *event)
{
    unsigned  one_way;

    one_way = jupref_read_code(fields, &event->of.counted.code);
    event->of.counted.count = jupref_read_u32_le(fields);

    return one_way;
}


static unsigned
jupref_clicks_valid(const jupref_event_t *event)
{
    return jupref_code_name_valid(&event->of.counted.code);
}


static unsigned
jupref_orders_valid(const jupref_event_t *event)
{
    return jupref_code_or_none(&event->of.counted.code);
}


static void
jupref_trade_write(jupref_writer_t *fields, const jupref_event_t *event)
{
    jupref_write_trade(fields, &event->of.trade);
}


static unsigned
jupref_trade_read(jupref_reader_t *fields, jupref_event_t *event)
{
    return jupref_read_trade(fields, &event->of.trade);
}


static unsigned
jupref_trade_valid(const jupref_event_t *event)
{
    const jupref_trade_t  *trade;

    trade = &event->of.trade;

    return jupref_terms_valid(&trade->terms)
           && trade->granted_bps <= JUPREF_BPS_WHOLE
           && jupref_code_or_none(&trade->code);
}


/* intent.closed: nothing but its requestId. */

static void
jupref_closed_write(jupref_writer_t *fields, const jupref_event_t *event)
{
}


static unsigned
jupref_closed_read(jupref_reader_t *fields, jupref_event_t *event)
{
    return 1;
}


static void
jupref_verified_write(jupref_writer_t *fields, const jupref_event_t *event)
{
    const jupref_trade_verified_t  *verified;

    verified = &event->of.trade_verified;

    jupref_write_signature(fields, &verified->signature);
    jupref_write_pubkey(fields, &verified->fee_mint);
    jupref_write_u64_le(fields, verified->fee);
    jupref_write_u64_le(fields, verified->slot);
}


static unsigned
jupref_verified_read(jupref_reader_t *fields, jupref_event_t *event)
{
    jupref_trade_verified_t  *verified;

    verified = &event->of.trade_verified;

    jupref_read_fixed(fields, verified->signature.bytes,
                      JUPREF_SIGNATURE_SIZE);
    jupref_read_fixed(fields, verified->fee_mint.bytes, JUPREF_PUBKEY_SIZE);
    verified->fee = jupref_read_u64_le(fields);
    verified->slot = jupref_read_u64_le(fields);

    return 1;
}


static void
jupref_ruled_write(jupref_writer_t *fields, const jupref_event_t *event)
{
    jupref_write_signature(fields, &event->of.trade_ruled.signature);
    jupref_write_padded(fields, event->of.trade_ruled.reason,
                        JUPREF_REASON_MAX);
}


static unsigned
jupref_ruled_read(jupref_reader_t *fields, jupref_event_t *event)
{
    jupref_trade_ruled_t  *ruled;

    ruled = &event->of.trade_ruled;

    jupref_read_fixed(fields, ruled->signature.bytes, JUPREF_SIGNATURE_SIZE);

    return jupref_read_padded(fields, ruled->reason, JUPREF_REASON_MAX);
}


static unsigned
jupref_ruled_valid(const jupref_event_t *event)
{
    return jupref_printable(event->of.trade_ruled.reason, JUPREF_REASON_MAX);
}


static void
jupref_released_write(jupref_writer_t *fields, const jupref_event_t *event)
{
    jupref_write_u64_le(fields, event->of.hold_released.cutoff_ms);
}


static unsigned
jupref_released_read(jupref_reader_t *fields, jupref_event_t *event)
{
    event->of.hold_released.cutoff_ms = jupref_read_u64_le(fields);

    return 1;
}


static void
jupref_archived_write(jupref_writer_t *fields, const jupref_event_t *event)
{
    unsigned                        level;
    const jupref_trade_archived_t  *archived;

    archived = &event->of.trade_archived;

    jupref_write_trade(fields, &archived->trade);

    for (level = 0; level < JUPREF_LEVELS; level++) {
        jupref_write_pubkey(fields, &archived->level[level]);
        jupref_write_u64_le(fields, archived->commission[level]);
    }

    jupref_write_u64_le(fields, archived->executed_ms);
    jupref_write_u64_le(fields, archived->executed_seq);
    jupref_write_u64_le(fields, archived->verified_seq);
    jupref_write_u64_le(fields, archived->previous);
    jupref_write_u64_le(fields, archived->previous_of_referrer);
    jupref_write_u8(fields, archived->state);
}


static unsigned
jupref_archived_read(jupref_reader_t *fields, jupref_event_t *event)
{
    unsigned                  level, one_way;
    jupref_trade_archived_t  *archived;

    archived = &event->of.trade_archived;

    one_way = jupref_read_trade(fields, &archived->trade);

    for (level = 0; level < JUPREF_LEVELS; level++) {
        jupref_read_fixed(fields, archived->level[level].bytes,
                          JUPREF_PUBKEY_SIZE);
        archived->commission[level] = jupref_read_u64_le(fields);
    }

    archived->executed_ms = jupref_read_u64_le(fields);
    archived->executed_seq = jupref_read_u64_le(fields);
    archived->verified_seq = jupref_read_u64_le(fields);
    archived->previous = jupref_read_u64_le(fields);
    archived->previous_of_referrer = jupref_read_u64_le(fields);
    archived->state = jupref_read_u8(fields);

    return one_way;
}


/* A row of the table of trades keeps of the terms only what it is divided
 * by, so rate, discount and tier may be nothing here. */

static unsigned
jupref_archived_valid(const jupref_event_t *event)
{
    jupref_terms_t                  terms;
    const jupref_trade_archived_t  *archived;

    archived = &event->of.trade_archived;
    terms = archived->trade.terms;

    if (terms.fee_bps == 0 && terms.discount_bps == 0) {
        terms.fee_bps = JUPREF_FEE_BPS_MIN;
    }

    return jupref_terms_valid(&terms)
           && archived->trade.granted_bps <= JUPREF_BPS_WHOLE
           && jupref_code_or_none(&archived->trade.code)
           && archived->state >= JUPREF_STATE_EXECUTED
           && archived->state < JUPREF_STATES;
}


#define jupref_trade_body                                                     \
    { offsetof(jupref_event_t, of.trade.taker),                               \
      offsetof(jupref_event_t, of.trade.request_id),                          \
      jupref_trade_write, jupref_trade_read, jupref_trade_valid }

#define jupref_ruled_body                                                     \
    { 0, 0, jupref_ruled_write, jupref_ruled_read, jupref_ruled_valid }


/* One row an event type: add the type and its functions here, and the fields
 * to docs/proofs.md. */
static const jupref_body_t  jupref_bodies[JUPREF_EVENT_TYPES] = {
    [JUPREF_EVENT_REFERRER_REGISTERED] = { 0, 0,
        jupref_registered_write, jupref_registered_read,
        jupref_registered_valid },
    [JUPREF_EVENT_REFERRER_STATUS] = { 0, 0,
        jupref_status_write, jupref_status_read, jupref_status_valid },
    [JUPREF_EVENT_REFERRER_TIER] = { 0, 0,
        jupref_tier_write, jupref_tier_read, jupref_tier_valid },
    [JUPREF_EVENT_CODE_CREATED] = { 0, 0,
        jupref_created_write, jupref_created_read, jupref_created_valid },
    [JUPREF_EVENT_CODE_RETIRED] = { 0, 0,
        jupref_retired_write, jupref_retired_read, jupref_retired_valid },
    [JUPREF_EVENT_WALLET_BOUND] = {
        offsetof(jupref_event_t, of.wallet_bound.wallet), 0,
        jupref_bound_write, jupref_bound_read, jupref_bound_valid },
    [JUPREF_EVENT_CLICKS_COUNTED] = { 0, 0,
        jupref_counted_write, jupref_counted_read, jupref_clicks_valid },
    [JUPREF_EVENT_TRADE_EXECUTED] = jupref_trade_body,
    [JUPREF_EVENT_TRADE_UNKNOWN] = jupref_trade_body,
    [JUPREF_EVENT_ORDERS_COUNTED] = { 0, 0,
        jupref_counted_write, jupref_counted_read, jupref_orders_valid },
    [JUPREF_EVENT_TRADE_INTENT] = jupref_trade_body,
    [JUPREF_EVENT_INTENT_CLOSED] = {
        0, offsetof(jupref_event_t, of.intent_closed.request_id),
        jupref_closed_write, jupref_closed_read, NULL },
    [JUPREF_EVENT_TRADE_VERIFIED] = { 0, 0,
        jupref_verified_write, jupref_verified_read, NULL },
    [JUPREF_EVENT_TRADE_REJECTED] = jupref_ruled_body,
    [JUPREF_EVENT_TRADE_EXPIRED] = jupref_ruled_body,
    [JUPREF_EVENT_HOLD_RELEASED] = { 0, 0,
        jupref_released_write, jupref_released_read, NULL },
    [JUPREF_EVENT_TRADE_DISPUTED] = jupref_ruled_body,
    [JUPREF_EVENT_DISPUTE_RESOLVED] = jupref_ruled_body,
    [JUPREF_EVENT_TRADE_REVERSED] = jupref_ruled_body,
    [JUPREF_EVENT_TRADE_ARCHIVED] = {
        offsetof(jupref_event_t, of.trade_archived.trade.taker),
        offsetof(jupref_event_t, of.trade_archived.trade.request_id),
        jupref_archived_write, jupref_archived_read, jupref_archived_valid },
    [JUPREF_EVENT_TRADE_UNPROVED] = jupref_ruled_body,
    [JUPREF_EVENT_FEES_CLAIMED] = { 0, 0,
        jupref_claimed_write, jupref_claimed_read, NULL },
    [JUPREF_EVENT_FEES_DRIFTED] = { 0, 0,
        jupref_drifted_write, jupref_drifted_read, jupref_drifted_valid },
    [JUPREF_EVENT_INCIDENT_RAISED] = { 0, 0,
        jupref_incident_write, jupref_incident_read, jupref_incident_valid },
    [JUPREF_EVENT_INCIDENT_CLEARED] = { 0, 0,
        jupref_incident_write, jupref_incident_read, jupref_incident_valid }
};


const jupref_body_t *
jupref_body(unsigned type)
{
    if (type >= JUPREF_EVENT_TYPES || jupref_bodies[type].write == NULL) {
        return NULL;
    }

    return &jupref_bodies[type];
}


const jupref_pubkey_t *
jupref_body_taker(const jupref_body_t *body, const jupref_event_t *event)
{
    if (body->taker_at == 0) {
        return NULL;
    }

    return (const jupref_pubkey_t *) ((const uint8_t *) event
                                      + body->taker_at);
}


void
jupref_body_write_private(const jupref_body_t *body, jupref_writer_t *out,
    const jupref_event_t *event)
{
    const jupref_request_id_t  *id;

    if (body->taker_at) {
        jupref_write_pubkey(out, jupref_body_taker(body, event));
    }

    if (body->request_id_at) {
        id = (const jupref_request_id_t *) ((const uint8_t *) event
                                            + body->request_id_at);
        jupref_write_u8(out, id->len);
        jupref_write_bytes(out, id->bytes, id->len);
    }
}


unsigned
jupref_body_read_private(const jupref_body_t *body, jupref_reader_t *in,
    jupref_event_t *event)
{
    jupref_request_id_t  *id;

    if (body->taker_at) {
        jupref_read_fixed(in, (uint8_t *) event + body->taker_at,
                          JUPREF_PUBKEY_SIZE);
    }

    if (body->request_id_at) {
        id = (jupref_request_id_t *) ((uint8_t *) event
                                      + body->request_id_at);
        id->len = jupref_read_u8(in);

        if (id->len > JUPREF_REQUEST_ID_MAX) {
            return 0;
        }

        jupref_read_fixed(in, id->bytes, id->len);
    }

    return 1;
}


unsigned
jupref_body_valid(const jupref_body_t *body, const jupref_event_t *event)
{
    const jupref_request_id_t  *id;

    if (event->seq == 0 || !jupref_printable(event->actor, JUPREF_ACTOR_MAX)) {
        return 0;
    }

    if (body->request_id_at) {
        id = (const jupref_request_id_t *) ((const uint8_t *) event
                                            + body->request_id_at);

        if (id->len > JUPREF_REQUEST_ID_MAX
            || !jupref_zeroes(id->bytes + id->len,
                              JUPREF_REQUEST_ID_MAX - id->len))
        {
            return 0;
        }
    }

    return body->valid == NULL || body->valid(event);
}
