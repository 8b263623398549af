/*
 * Events of any type (see the header).
 */

#include "event_sample.h"

#include <string.h>

#include "base/jupref_number.h"
#include "ledger_world.h"


typedef enum {
    SAMPLE_RANDOM = 0,
    SAMPLE_SMALLEST,
    SAMPLE_LARGEST
} sample_kind_e;


typedef struct {
    sample_kind_e   kind;
    uint64_t       *seed;
} sample_t;


/* `least` to `most`, both included. */
static uint64_t
sample_number(const sample_t *sample, uint64_t least, uint64_t most)
{
    uint64_t  value;

    if (sample->kind == SAMPLE_SMALLEST) {
        return least;
    }

    if (sample->kind == SAMPLE_LARGEST) {
        return most;
    }

    value = random_next(sample->seed) >> random_next(sample->seed) % 64;

    return most - least == UINT64_MAX ? value
                                      : least + value % (most - least + 1);
}


static void
sample_bytes(const sample_t *sample, uint8_t *bytes, size_t size)
{
    size_t  i;

    for (i = 0; i < size; i++) {
        bytes[i] = (uint8_t) sample_number(sample, 0, 255);
    }
}


/* Letters that make good codes, tiers, ids and words alike. */
static size_t
sample_text(const sample_t *sample, uint8_t *text, size_t least, size_t most)
{
    size_t             i, len;
    static const char  letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

    len = (size_t) sample_number(sample, least, most);

    for (i = 0; i < len; i++) {
        text[i] = (uint8_t) letters[sample_number(sample, 0,
                                                  sizeof(letters) - 2)];
    }

    return len;
}


static void
sample_code(const sample_t *sample, jupref_code_name_t *code)
{
    size_t   len;
    uint8_t  text[JUPREF_CODE_MAX];

    len = sample_text(sample, text, JUPREF_CODE_MIN, JUPREF_CODE_MAX);
    jupref_code_name_set(code, (jupref_bytes_t) { text, len });
}


static void
sample_terms(const sample_t *sample, jupref_terms_t *terms)
{
    unsigned  level, left;

    (void) sample_text(sample, terms->tier, 0, JUPREF_TIER_MAX);
    terms->fee_bps = (uint16_t) sample_number(sample, JUPREF_FEE_BPS_MIN,
                                              JUPREF_FEE_BPS_MAX);
    terms->discount_bps = (uint16_t) sample_number(sample, 0, terms->fee_bps);

    for (level = 0, left = JUPREF_BPS_WHOLE; level < JUPREF_LEVELS; level++) {
        terms->share_bps[level] = (uint16_t) sample_number(sample, 0, left);
        left -= terms->share_bps[level];
    }

    terms->partner_bps = (uint16_t) sample_number(sample, 0,
                                                  JUPREF_BPS_WHOLE);
}


static void
sample_request_id(const sample_t *sample, jupref_request_id_t *id)
{
    id->len = (uint8_t) sample_number(sample, 0, JUPREF_REQUEST_ID_MAX);
    sample_bytes(sample, id->bytes, id->len);
}


static void
sample_trade(const sample_t *sample, jupref_trade_t *trade)
{
    sample_bytes(sample, trade->signature.bytes, JUPREF_SIGNATURE_SIZE);
    sample_request_id(sample, &trade->request_id);
    sample_bytes(sample, trade->taker.bytes, JUPREF_PUBKEY_SIZE);

    if (sample_number(sample, 0, 3)) {
        sample_code(sample, &trade->code);
    }

    sample_terms(sample, &trade->terms);
    sample_bytes(sample, trade->input_mint.bytes, JUPREF_PUBKEY_SIZE);
    sample_bytes(sample, trade->output_mint.bytes, JUPREF_PUBKEY_SIZE);
    sample_bytes(sample, trade->fee_mint.bytes, JUPREF_PUBKEY_SIZE);
    trade->in_amount = sample_number(sample, 0, UINT64_MAX);
    trade->out_amount = sample_number(sample, 0, UINT64_MAX);
    trade->fee = sample_number(sample, 0, UINT64_MAX);
    trade->volume_micro_usd = sample_number(sample, 0, UINT64_MAX);
    trade->slot = sample_number(sample, 0, UINT64_MAX);
    trade->last_valid_block_height = sample_number(sample, 0, UINT64_MAX);
    trade->granted_bps = (uint16_t) sample_number(sample, 0,
                                                  JUPREF_BPS_WHOLE);
    sample_bytes(sample, trade->message_hash, JUPREF_SHA256_SIZE);

    /* any bytes: it is whatever Jupiter called it */

    sample_bytes(sample, trade->router,
                 (size_t) sample_number(sample, 0, JUPREF_ROUTER_MAX));
}


static void
sample_archived(const sample_t *sample, jupref_trade_archived_t *archived)
{
    unsigned  level;

    sample_trade(sample, &archived->trade);

    for (level = 0; level < JUPREF_LEVELS; level++) {
        sample_bytes(sample, archived->level[level].bytes,
                     JUPREF_PUBKEY_SIZE);
        archived->commission[level] = sample_number(sample, 0, UINT64_MAX);
    }

    archived->executed_ms = sample_number(sample, 0, UINT64_MAX);
    archived->executed_seq = sample_number(sample, 0, UINT64_MAX);
    archived->verified_seq = sample_number(sample, 0, UINT64_MAX);
    archived->previous = sample_number(sample, 0, UINT64_MAX);
    archived->previous_of_referrer = sample_number(sample, 0, UINT64_MAX);
    archived->state = (uint8_t) sample_number(sample, JUPREF_STATE_EXECUTED,
                                              JUPREF_STATES - 1);
}


static void
sample_referrer(const sample_t *sample, jupref_event_t *event)
{
    jupref_pubkey_t  wallet;

    sample_bytes(sample, wallet.bytes, JUPREF_PUBKEY_SIZE);

    switch (event->type) {

    case JUPREF_EVENT_REFERRER_REGISTERED:
        event->of.referrer_registered.wallet = wallet;
        sample_bytes(sample, event->of.referrer_registered.parent.bytes,
                     JUPREF_PUBKEY_SIZE);
        sample_terms(sample, &event->of.referrer_registered.terms);
        break;

    case JUPREF_EVENT_REFERRER_STATUS:
        event->of.referrer_status.wallet = wallet;
        event->of.referrer_status.status = (uint8_t) sample_number(sample,
            JUPREF_REFERRER_ACTIVE, JUPREF_REFERRER_SUSPENDED);
        break;

    case JUPREF_EVENT_REFERRER_TIER:
        event->of.referrer_tier.wallet = wallet;
        sample_terms(sample, &event->of.referrer_tier.terms);
        break;

    case JUPREF_EVENT_CODE_CREATED:
        event->of.code_created.wallet = wallet;
        sample_code(sample, &event->of.code_created.code);
        sample_terms(sample, &event->of.code_created.terms);
        event->of.code_created.own_terms
            = (uint8_t) sample_number(sample, 0, 1);
        event->of.code_created.configured
            = (uint8_t) sample_number(sample, 0, 1);
        break;

    default:
        event->of.wallet_bound.wallet = wallet;
        sample_code(sample, &event->of.wallet_bound.code);
        break;
    }
}


/* What no account moves by. */
static void
sample_told(const sample_t *sample, jupref_event_t *event)
{
    jupref_incident_t      *incident;
    jupref_fees_claimed_t  *claimed;
    jupref_fees_drifted_t  *drifted;

    switch (event->type) {

    case JUPREF_EVENT_FEES_CLAIMED:
        claimed = &event->of.fees_claimed;
        sample_bytes(sample, claimed->signature.bytes, JUPREF_SIGNATURE_SIZE);
        sample_bytes(sample, claimed->mint.bytes, JUPREF_PUBKEY_SIZE);
        claimed->amount = sample_number(sample, 0, UINT64_MAX);
        claimed->slot = sample_number(sample, 0, UINT64_MAX);
        break;

    case JUPREF_EVENT_FEES_DRIFTED:
        drifted = &event->of.fees_drifted;
        sample_bytes(sample, drifted->mint.bytes, JUPREF_PUBKEY_SIZE);
        drifted->slot = sample_number(sample, 0, UINT64_MAX);
        drifted->expected = sample_number(sample, 0, UINT64_MAX);
        drifted->actual = sample_number(sample, 0, UINT64_MAX);
        drifted->unexplained = sample_number(sample, 0, UINT64_MAX);
        drifted->missing = (uint8_t) sample_number(sample, 0, 1);
        break;

    default:
        incident = &event->of.incident;
        incident->kind = (uint8_t) sample_number(sample, 1,
                                                 JUPREF_INCIDENTS - 1);
        (void) sample_text(sample, incident->detail, 0, JUPREF_REASON_MAX);
        break;
    }
}


static void
sample_payload(const sample_t *sample, jupref_event_t *event)
{
    switch (event->type) {

    case JUPREF_EVENT_CODE_RETIRED:
        sample_code(sample, &event->of.code_retired.code);
        break;

    case JUPREF_EVENT_ORDERS_COUNTED:
    case JUPREF_EVENT_CLICKS_COUNTED:
        event->of.counted.count = (uint32_t) sample_number(sample, 0,
                                                           UINT32_MAX);
        if (event->type == JUPREF_EVENT_CLICKS_COUNTED
            || sample_number(sample, 0, 1))
        {
            sample_code(sample, &event->of.counted.code);
        }
        break;

    case JUPREF_EVENT_TRADE_EXECUTED:
    case JUPREF_EVENT_TRADE_UNKNOWN:
    case JUPREF_EVENT_TRADE_INTENT:
        sample_trade(sample, &event->of.trade);
        break;

    case JUPREF_EVENT_INTENT_CLOSED:
        sample_request_id(sample, &event->of.intent_closed.request_id);
        break;

    case JUPREF_EVENT_TRADE_VERIFIED:
        sample_bytes(sample, event->of.trade_verified.signature.bytes,
                     JUPREF_SIGNATURE_SIZE);
        sample_bytes(sample, event->of.trade_verified.fee_mint.bytes,
                     JUPREF_PUBKEY_SIZE);
        event->of.trade_verified.fee = sample_number(sample, 0, UINT64_MAX);
        event->of.trade_verified.slot = sample_number(sample, 0, UINT64_MAX);
        break;

    case JUPREF_EVENT_HOLD_RELEASED:
        event->of.hold_released.cutoff_ms = sample_number(sample, 0,
                                                          UINT64_MAX);
        break;

    case JUPREF_EVENT_TRADE_ARCHIVED:
        sample_archived(sample, &event->of.trade_archived);
        break;

    case JUPREF_EVENT_TRADE_REJECTED:
    case JUPREF_EVENT_TRADE_EXPIRED:
    case JUPREF_EVENT_TRADE_UNPROVED:
    case JUPREF_EVENT_TRADE_DISPUTED:
    case JUPREF_EVENT_DISPUTE_RESOLVED:
    case JUPREF_EVENT_TRADE_REVERSED:
        sample_bytes(sample, event->of.trade_ruled.signature.bytes,
                     JUPREF_SIGNATURE_SIZE);
        (void) sample_text(sample, event->of.trade_ruled.reason, 0,
                           JUPREF_REASON_MAX);
        break;

    case JUPREF_EVENT_FEES_CLAIMED:
    case JUPREF_EVENT_FEES_DRIFTED:
    case JUPREF_EVENT_INCIDENT_RAISED:
    case JUPREF_EVENT_INCIDENT_CLEARED:
        sample_told(sample, event);
        break;

    default:
        sample_referrer(sample, event);
        break;
    }
}


static jupref_event_t
sample_event(const sample_t *sample, jupref_event_type_e type)
{
    jupref_event_t  event;

    memset(&event, 0, sizeof(jupref_event_t));

    event.type = type;
    event.seq = sample_number(sample, 1, UINT64_MAX);
    event.time_ms = sample_number(sample, 0, UINT64_MAX);
    event.edge_seq = sample_number(sample, 0, UINT64_MAX);
    event.edge = (uint32_t) sample_number(sample, 0, UINT32_MAX);
    (void) sample_text(sample, event.actor, 0, JUPREF_ACTOR_MAX);

    sample_payload(sample, &event);

    return event;
}


jupref_event_t
event_sample(jupref_event_type_e type, uint64_t *seed)
{
    sample_t  sample = { SAMPLE_RANDOM, seed };

    return sample_event(&sample, type);
}


jupref_event_t
event_smallest(jupref_event_type_e type)
{
    sample_t  sample = { SAMPLE_SMALLEST, NULL };

    return sample_event(&sample, type);
}


jupref_event_t
event_largest(jupref_event_type_e type)
{
    sample_t  sample = { SAMPLE_LARGEST, NULL };

    return sample_event(&sample, type);
}
