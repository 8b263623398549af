/*
 * A busy edge's events (see the header).
 */

#include "busy_ledger.h"

#include <string.h>

#include "ledger/jupref_upkeep.h"


#define BUSY_BEGIN_MS  UINT64_C(1763838000000)
#define BUSY_HOLD_MS   UINT64_C(60000)
#define BUSY_LAG       200              /* trades between execute and proof */
#define BUSY_RECENT    50               /* trades that more happens to */


static void busy_traffic(busy_t *busy, const jupref_ledger_t *ledger,
    jupref_event_t *event);
static void busy_everything(busy_t *busy, const jupref_ledger_t *ledger,
    jupref_event_t *event);
static void busy_of_people(busy_t *busy, jupref_event_t *event,
    uint32_t draw);
static void busy_of_trades(busy_t *busy, const jupref_ledger_t *ledger,
    jupref_event_t *event, uint32_t draw);
static unsigned busy_upkeep(busy_t *busy, const jupref_ledger_t *ledger,
    jupref_event_t *event);
static void busy_told(busy_t *busy, jupref_event_t *event, uint32_t draw);
static void busy_registered(busy_t *busy, jupref_event_t *event);
static void busy_code(busy_t *busy, jupref_event_t *event);
static void busy_bound(busy_t *busy, jupref_event_t *event);
static void busy_counted(busy_t *busy, jupref_event_t *event,
    jupref_event_type_e type);
static void busy_trade(busy_t *busy, jupref_event_t *event,
    uint32_t number);
static void busy_verified(busy_t *busy, jupref_event_t *event,
    uint32_t number);
static void busy_ruled(busy_t *busy, jupref_event_t *event,
    jupref_event_type_e type, uint32_t number);
static void busy_intent(busy_t *busy, jupref_event_t *event);
static void busy_terms(jupref_terms_t *terms, uint32_t number);
static void busy_code_name(jupref_code_name_t *name, uint32_t number);
static void busy_fill(uint8_t *bytes, size_t len, uint8_t kind,
    uint32_t number);
static uint32_t busy_below(busy_t *busy, uint32_t limit);
static uint64_t busy_random(uint64_t *seed);


void
busy_begin(busy_t *busy, busy_mix_e mix, uint64_t seed, uint32_t referrers)
{
    memset(busy, 0, sizeof(busy_t));

    busy->seed = seed;
    busy->time_ms = BUSY_BEGIN_MS;
    busy->mix = mix;
    busy->referrers = referrers;
    busy->codes = 2 * referrers;
    busy->mints = 6;
    busy->takers = 8 * referrers;
}


void
busy_next(busy_t *busy, const jupref_ledger_t *ledger, jupref_event_t *event)
{
    memset(event, 0, sizeof(jupref_event_t));

    if (busy->mix == BUSY_TRAFFIC) {
        busy->time_ms += 20;
        busy_traffic(busy, ledger, event);

    } else {
        busy->time_ms += busy_below(busy, 4000);

        if (busy_below(busy, 40) == 0) {
            busy->time_ms += busy_below(busy, 7200000);
        }

        if (busy_below(busy, 40) == 0) {
            busy->time_ms -= busy_below(busy, 10000);
        }

        busy_everything(busy, ledger, event);
    }

    event->seq = ledger->seq + 1;
    event->time_ms = busy->time_ms;
    event->edge = 1;
    event->edge_seq = event->seq;
}


/*
 * Of 113 events: 40 trades, 25 of them verified later and 13 dropped, 20 of
 * clicks, 10 of orders, 5 wallets; releases and archiving as they are due.
 */

static void
busy_traffic(busy_t *busy, const jupref_ledger_t *ledger,
    jupref_event_t *event)
{
    uint32_t  draw;

    if (busy->registered < busy->referrers) {
        busy->registered++;
        busy_registered(busy, event);
        return;
    }

    if (busy->created < busy->codes) {
        busy->created++;
        busy_code(busy, event);
        return;
    }

    if (busy_upkeep(busy, ledger, event)) {
        return;
    }

    draw = busy_below(busy, 113);

    if (draw >= 75 && busy->settled + BUSY_LAG >= busy->trades) {
        draw = 0;
    }

    if (draw < 40) {
        busy_trade(busy, event, ++busy->trades);

    } else if (draw < 60) {
        busy_counted(busy, event, JUPREF_EVENT_CLICKS_COUNTED);

    } else if (draw < 70) {
        busy_counted(busy, event, JUPREF_EVENT_ORDERS_COUNTED);

    } else if (draw < 75) {
        busy->bound++;
        busy_bound(busy, event);

    } else if (draw < 100) {
        busy_verified(busy, event, ++busy->settled);

    } else {
        busy_ruled(busy, event, JUPREF_EVENT_TRADE_EXPIRED, ++busy->settled);
    }
}


/* What is due before anything else: a few releases a minute, and room. */

static unsigned
busy_upkeep(busy_t *busy, const jupref_ledger_t *ledger,
    jupref_event_t *event)
{
    if (busy_below(busy, 256) == 0
        && jupref_release_due(ledger, busy->time_ms, BUSY_HOLD_MS, event))
    {
        return 1;
    }

    return jupref_archive_due(ledger, busy->time_ms, event);
}


static void
busy_everything(busy_t *busy, const jupref_ledger_t *ledger,
    jupref_event_t *event)
{
    uint32_t  draw;

    busy->registered = 1 + busy_below(busy, busy->referrers);
    busy->created = 1 + busy_below(busy, busy->codes);
    busy->bound = busy_below(busy, busy->takers);

    draw = busy_below(busy, 47);

    if (draw < 12) {
        busy_of_people(busy, event, draw);

    } else if (draw >= 42) {
        busy_told(busy, event, draw);

    } else {
        busy_of_trades(busy, ledger, event, draw);
    }
}


static void
busy_of_people(busy_t *busy, jupref_event_t *event, uint32_t draw)
{
    switch (draw) {

    case 0:
    case 1:
        busy_registered(busy, event);
        break;

    case 2:
        event->type = JUPREF_EVENT_REFERRER_STATUS;
        busy_fill(event->of.referrer_status.wallet.bytes, JUPREF_PUBKEY_SIZE,
                  'w', busy->registered);
        event->of.referrer_status.status = (uint8_t) busy_below(busy, 4);
        break;

    case 3:
        event->type = JUPREF_EVENT_REFERRER_TIER;
        busy_fill(event->of.referrer_tier.wallet.bytes, JUPREF_PUBKEY_SIZE,
                  'w', busy->registered);
        busy_terms(&event->of.referrer_tier.terms, busy_below(busy, 4));
        break;

    case 4:
        event->type = JUPREF_EVENT_CODE_RETIRED;
        busy_code_name(&event->of.code_retired.code, busy->created);
        break;

    case 5:
    case 6:
    case 7:
        busy_code(busy, event);
        break;

    case 8:
    case 9:
        busy_bound(busy, event);
        break;

    case 10:
        busy_counted(busy, event, JUPREF_EVENT_CLICKS_COUNTED);
        break;

    default:
        busy_counted(busy, event, JUPREF_EVENT_ORDERS_COUNTED);
        break;
    }
}


static void
busy_of_trades(busy_t *busy, const jupref_ledger_t *ledger,
    jupref_event_t *event, uint32_t draw)
{
    uint32_t  number;

    static const uint8_t  rulings[] = {
        JUPREF_EVENT_TRADE_REJECTED, JUPREF_EVENT_TRADE_EXPIRED,
        JUPREF_EVENT_TRADE_DISPUTED, JUPREF_EVENT_TRADE_DISPUTED,
        JUPREF_EVENT_TRADE_DISPUTED, JUPREF_EVENT_DISPUTE_RESOLVED,
        JUPREF_EVENT_DISPUTE_RESOLVED, JUPREF_EVENT_DISPUTE_RESOLVED,
        JUPREF_EVENT_DISPUTE_RESOLVED, JUPREF_EVENT_TRADE_REVERSED
    };

    /* one of the last, or one that was never executed */

    number = busy->trades + 1
             - busy_below(busy, busy->trades < BUSY_RECENT ? busy->trades + 1
                                                           : BUSY_RECENT);

    if (draw < 22) {
        busy_ruled(busy, event, rulings[draw - 12], number);

    } else if (draw == 22) {
        event->type = JUPREF_EVENT_INTENT_CLOSED;
        event->of.intent_closed.request_id.len = 16;
        busy_fill(event->of.intent_closed.request_id.bytes, 16, 'r',
                  busy->trades + 1 + busy_below(busy, 30));

    } else if (draw == 23) {
        busy_trade(busy, event, number);
        event->type = JUPREF_EVENT_TRADE_UNKNOWN;
        event->of.trade.fee = 0;
        event->of.trade.slot = 0;

    } else if (draw == 24) {
        if (!jupref_release_due(ledger, busy->time_ms, BUSY_HOLD_MS, event)) {
            busy_verified(busy, event, number);
        }

    } else if (draw == 25) {
        if (!jupref_intent_stale(ledger, busy->time_ms, BUSY_HOLD_MS, event))
        {
            busy_intent(busy, event);
        }

    } else if (draw < 28) {
        busy_intent(busy, event);

    } else if (draw < 35) {
        busy_verified(busy, event, number);

    } else if (!jupref_archive_due(ledger, busy->time_ms, event)) {
        busy_trade(busy, event, ++busy->trades);
    }
}


/* What a check of the chain finds. */

static void
busy_told(busy_t *busy, jupref_event_t *event, uint32_t draw)
{
    switch (draw) {

    case 42:
        busy_ruled(busy, event, JUPREF_EVENT_TRADE_UNPROVED,
                   busy->trades + 1 - busy_below(busy, busy->trades + 1));
        memset(event->of.trade_ruled.reason, 0, JUPREF_REASON_MAX);
        memcpy(event->of.trade_ruled.reason, "history_gone", 12);
        break;

    case 43:
        event->type = JUPREF_EVENT_FEES_CLAIMED;
        busy_fill(event->of.fees_claimed.mint.bytes, JUPREF_PUBKEY_SIZE, 'm',
                  1 + busy_below(busy, busy->mints));
        event->of.fees_claimed.amount = 1 + busy_below(busy, 1000000);
        event->of.fees_claimed.slot = busy->time_ms / 200;
        break;

    case 44:
        event->type = JUPREF_EVENT_FEES_DRIFTED;
        busy_fill(event->of.fees_drifted.mint.bytes, JUPREF_PUBKEY_SIZE, 'm',
                  1 + busy_below(busy, busy->mints));
        event->of.fees_drifted.unexplained = busy_below(busy, 3);
        event->of.fees_drifted.slot = busy->time_ms / 200;
        break;

    default:
        event->type = (draw == 45) ? JUPREF_EVENT_INCIDENT_RAISED
                                   : JUPREF_EVENT_INCIDENT_CLEARED;
        event->of.incident.kind = (uint8_t) busy_below(busy,
                                                       JUPREF_INCIDENTS);
        event->of.incident.detail[0] = (uint8_t) ('a' + busy_below(busy, 2));
        break;
    }
}


/* Every third has a parent among those before it. */

static void
busy_registered(busy_t *busy, jupref_event_t *event)
{
    jupref_referrer_registered_t  *asked;

    event->type = JUPREF_EVENT_REFERRER_REGISTERED;
    asked = &event->of.referrer_registered;

    busy_fill(asked->wallet.bytes, JUPREF_PUBKEY_SIZE, 'w', busy->registered);
    busy_terms(&asked->terms, busy->registered);

    if (busy->registered % 3 == 0) {
        busy_fill(asked->parent.bytes, JUPREF_PUBKEY_SIZE, 'w',
                  busy->registered / 2);
    }
}


static void
busy_code(busy_t *busy, jupref_event_t *event)
{
    jupref_code_created_t  *asked;

    event->type = JUPREF_EVENT_CODE_CREATED;
    asked = &event->of.code_created;
    memset(asked, 0, sizeof(jupref_code_created_t));

    busy_code_name(&asked->code, busy->created);
    busy_fill(asked->wallet.bytes, JUPREF_PUBKEY_SIZE, 'w',
              (busy->created - 1) % busy->referrers + 1);
    busy_terms(&asked->terms, busy_below(busy, 4));
    asked->own_terms = (uint8_t) busy_below(busy, 2);
}


static void
busy_bound(busy_t *busy, jupref_event_t *event)
{
    event->type = JUPREF_EVENT_WALLET_BOUND;

    busy_fill(event->of.wallet_bound.wallet.bytes, JUPREF_PUBKEY_SIZE, 'w',
              busy->referrers / 2 + busy->bound);
    busy_code_name(&event->of.wallet_bound.code,
                   1 + busy_below(busy, busy->codes));
}


static void
busy_counted(busy_t *busy, jupref_event_t *event, jupref_event_type_e type)
{
    event->type = type;
    event->of.counted.count = 1 + busy_below(busy, 50);

    if (type == JUPREF_EVENT_CLICKS_COUNTED || busy_below(busy, 3)) {
        busy_code_name(&event->of.counted.code,
                       1 + busy_below(busy, busy->codes));
    }
}


static void
busy_trade(busy_t *busy, jupref_event_t *event, uint32_t number)
{
    uint32_t         mint;
    jupref_trade_t  *trade;

    event->type = JUPREF_EVENT_TRADE_EXECUTED;
    trade = &event->of.trade;
    mint = 1 + busy_below(busy, busy->mints);

    busy_fill(trade->signature.bytes, JUPREF_SIGNATURE_SIZE, 's', number);
    busy_fill(trade->request_id.bytes, 16, 'r', number);
    trade->request_id.len = 16;
    busy_fill(trade->taker.bytes, JUPREF_PUBKEY_SIZE, 'w',
              1 + busy_below(busy, busy->takers));
    busy_fill(trade->input_mint.bytes, JUPREF_PUBKEY_SIZE, 'm', mint);
    busy_fill(trade->output_mint.bytes, JUPREF_PUBKEY_SIZE, 'm', mint + 1);
    trade->fee_mint = trade->input_mint;
    busy_terms(&trade->terms, busy_below(busy, 4));

    if (busy_below(busy, 8)) {
        busy_code_name(&trade->code, 1 + busy_below(busy, busy->codes));
    }

    trade->in_amount = 1 + busy_below(busy, 2000000000);
    trade->out_amount = 1 + busy_below(busy, 2000000000);
    trade->fee = trade->in_amount / 100;
    trade->volume_micro_usd = busy_below(busy, 1000000000);
    trade->slot = busy->time_ms / 400;
    trade->last_valid_block_height = trade->slot;
    trade->granted_bps = 100;
    busy_fill(trade->message_hash, JUPREF_SHA256_SIZE, 'h', number);
    memcpy(trade->router, "iris", 4);
}


static void
busy_verified(busy_t *busy, jupref_event_t *event, uint32_t number)
{
    jupref_trade_verified_t  *asked;

    event->type = JUPREF_EVENT_TRADE_VERIFIED;
    asked = &event->of.trade_verified;

    busy_fill(asked->signature.bytes, JUPREF_SIGNATURE_SIZE, 's', number);
    busy_fill(asked->fee_mint.bytes, JUPREF_PUBKEY_SIZE, 'm',
              1 + busy_below(busy, busy->mints));
    asked->fee = 1 + busy_below(busy, 20000000);
    asked->slot = busy->time_ms / 400;
}


static void
busy_ruled(busy_t *busy, jupref_event_t *event, jupref_event_type_e type,
    uint32_t number)
{
    event->type = type;

    busy_fill(event->of.trade_ruled.signature.bytes, JUPREF_SIGNATURE_SIZE,
              's', number);
    memcpy(event->of.trade_ruled.reason, "looked into", 11);
}


/* Half of them know their signature; most are decided by the next trade. */

static void
busy_intent(busy_t *busy, jupref_event_t *event)
{
    busy_trade(busy, event, busy->trades + 1 + busy_below(busy, 30));
    event->type = JUPREF_EVENT_TRADE_INTENT;

    if (busy_below(busy, 2)) {
        memset(&event->of.trade.signature, 0, JUPREF_SIGNATURE_SIZE);
    }
}


static void
busy_terms(jupref_terms_t *terms, uint32_t number)
{
    static const uint16_t  shares[4][JUPREF_LEVELS] = {
        { 2000, 0, 0 }, { 4000, 500, 100 }, { 3333, 3333, 3334 }, { 0, 0, 0 }
    };

    memset(terms, 0, sizeof(jupref_terms_t));
    memcpy(terms->tier, "busy", 4);
    memcpy(terms->share_bps, shares[number % 4], sizeof(terms->share_bps));
    terms->fee_bps = 100;
    terms->discount_bps = (uint16_t) (number % 4);
    terms->partner_bps = JUPREF_PARTNER_BPS;
}


static void
busy_code_name(jupref_code_name_t *name, uint32_t number)
{
    uint8_t   text[16];
    unsigned  len;

    memcpy(text, "Code-", 5);
    len = 5;

    do {
        text[len++] = (uint8_t) ('0' + number % 10);
        number /= 10;
    } while (number);

    jupref_code_name_set(name, (jupref_bytes_t) { text, len });
}


static void
busy_fill(uint8_t *bytes, size_t len, uint8_t kind, uint32_t number)
{
    size_t    i;
    uint64_t  seed, word;

    seed = (uint64_t) kind << 32 | number;

    for (i = 0; i < len; i += sizeof(word)) {
        word = busy_random(&seed);
        memcpy(bytes + i, &word, sizeof(word));
    }
}


static uint32_t
busy_below(busy_t *busy, uint32_t limit)
{
    return (uint32_t) (busy_random(&busy->seed) % limit);
}


/* splitmix64 */

static uint64_t
busy_random(uint64_t *seed)
{
    uint64_t  mixed;

    *seed += UINT64_C(0x9e3779b97f4a7c15);

    mixed = *seed;
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);

    return mixed ^ mixed >> 31;
}
