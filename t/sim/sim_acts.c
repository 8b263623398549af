/*
 * What operators do: people, codes, terms, and rulings about trades.  Many of
 * these acts are refused, as they would be.
 */

#include "sim.h"

#include <string.h>


static void sim_act_of(sim_t *sim, jupref_event_t *event);
static void sim_register(sim_t *sim, jupref_event_t *event, unsigned number);
static void sim_make_code(sim_t *sim, jupref_event_t *event,
    unsigned number);
static void sim_tell(sim_t *sim, jupref_event_t *event);
static void sim_rule(sim_t *sim, jupref_event_t *event);
static unsigned sim_is_foreign(sim_t *sim, uint32_t number);
static jupref_event_type_e sim_ruling(sim_t *sim, unsigned state);


void
sim_act(sim_t *sim, unsigned worker)
{
    jupref_event_t  event;

    sim_lock(sim);
    memset(&event, 0, sizeof(jupref_event_t));
    memcpy(event.actor, "operator", 8);
    sim_act_of(sim, &event);

    if (sim_append(sim, &event) == JUPREF_LEDGER_OK) {
        sim_wait(sim, worker, event.seq, 1);
    }

    sim_commit(sim, worker);
}


/* So that there is somebody to earn from the beginning. */

void
sim_first_acts(sim_t *sim)
{
    unsigned        i;
    jupref_event_t  event;

    for (i = 1; i <= 4; i++) {
        memset(&event, 0, sizeof(jupref_event_t));
        sim_register(sim, &event, i);
        (void) sim_append(sim, &event);

        memset(&event, 0, sizeof(jupref_event_t));
        sim_make_code(sim, &event, i);
        (void) sim_append(sim, &event);
    }
}


static void
sim_act_of(sim_t *sim, jupref_event_t *event)
{
    switch (sim_random(sim, 32)) {

    case 0:
        sim_register(sim, event,
                     1 + (unsigned) sim_random(sim, SIM_REFERRERS));
        break;

    case 1:
        event->type = JUPREF_EVENT_REFERRER_STATUS;
        sim_key(event->of.referrer_status.wallet.bytes, JUPREF_PUBKEY_SIZE,
                'w', 1 + (uint32_t) sim_random(sim, SIM_REFERRERS));
        event->of.referrer_status.status
            = sim_chance(sim, 3) ? JUPREF_REFERRER_SUSPENDED
                                 : JUPREF_REFERRER_ACTIVE;
        break;

    case 2:
        event->type = JUPREF_EVENT_REFERRER_TIER;
        sim_key(event->of.referrer_tier.wallet.bytes, JUPREF_PUBKEY_SIZE,
                'w', 1 + (uint32_t) sim_random(sim, SIM_REFERRERS));
        sim_terms(&event->of.referrer_tier.terms,
                  (unsigned) sim_random(sim, SIM_TERMS));
        break;

    case 3:
        event->type = JUPREF_EVENT_CODE_RETIRED;
        sim_code(&event->of.code_retired.code,
                 1 + (unsigned) sim_random(sim, SIM_CODES));
        break;

    case 4:
    case 5:
        sim_make_code(sim, event, 1 + (unsigned) sim_random(sim, SIM_CODES));
        break;

    case 6:
        event->type = JUPREF_EVENT_WALLET_BOUND;
        sim_key(event->of.wallet_bound.wallet.bytes, JUPREF_PUBKEY_SIZE, 'w',
                1 + (uint32_t) sim_random(sim, SIM_TAKERS));
        sim_code(&event->of.wallet_bound.code,
                 1 + (unsigned) sim_random(sim, SIM_CODES));
        break;

    case 7:
        event->type = JUPREF_EVENT_ORDERS_COUNTED;
        event->of.counted.count
            = 1 + (uint32_t) sim_random(sim, SIM_REFERRERS);
        memset(event->actor, 0, JUPREF_ACTOR_MAX);
        memcpy(event->actor, "payout", 6);
        break;

    case 8:
    case 9:
        sim_tell(sim, event);
        break;

    default:
        sim_rule(sim, event);
    }
}


static void
sim_register(sim_t *sim, jupref_event_t *event, unsigned number)
{
    jupref_referrer_registered_t  *asked;

    event->type = JUPREF_EVENT_REFERRER_REGISTERED;
    asked = &event->of.referrer_registered;
    sim_key(asked->wallet.bytes, JUPREF_PUBKEY_SIZE, 'w', number);
    sim_key(asked->parent.bytes, JUPREF_PUBKEY_SIZE, 'w',
            (uint32_t) sim_random(sim, number));
    sim_terms(&asked->terms, (unsigned) sim_random(sim, SIM_TERMS));
}


static void
sim_make_code(sim_t *sim, jupref_event_t *event, unsigned number)
{
    jupref_code_created_t  *asked;

    event->type = JUPREF_EVENT_CODE_CREATED;
    asked = &event->of.code_created;
    sim_code(&asked->code, number);
    sim_key(asked->wallet.bytes, JUPREF_PUBKEY_SIZE, 'w',
            (number - 1) % SIM_REFERRERS + 1);
    sim_terms(&asked->terms, (unsigned) sim_random(sim, SIM_TERMS));
    asked->own_terms = (uint8_t) sim_random(sim, 2);
}


/* What a check of the chain finds, some of it a second time. */

static void
sim_tell(sim_t *sim, jupref_event_t *event)
{
    uint32_t  mint;

    mint = 1 + (uint32_t) sim_random(sim, SIM_MINTS);

    switch (sim_random(sim, 4)) {

    case 0:
        event->type = JUPREF_EVENT_FEES_CLAIMED;
        sim_key(event->of.fees_claimed.mint.bytes, JUPREF_PUBKEY_SIZE, 'm',
                mint);
        event->of.fees_claimed.amount = sim_random(sim, 1000000);
        event->of.fees_claimed.slot = sim->now_ms / 20000;
        break;

    case 1:
        event->type = JUPREF_EVENT_FEES_DRIFTED;
        sim_key(event->of.fees_drifted.mint.bytes, JUPREF_PUBKEY_SIZE, 'm',
                mint);
        event->of.fees_drifted.unexplained = sim_random(sim, 3);
        event->of.fees_drifted.slot = sim->now_ms / 400;
        break;

    default:
        event->type = sim_chance(sim, 2) ? JUPREF_EVENT_INCIDENT_RAISED
                                         : JUPREF_EVENT_INCIDENT_CLEARED;
        event->of.incident.kind = (uint8_t)
            (1 + sim_random(sim, JUPREF_INCIDENTS - 1));
        event->of.incident.detail[0] = (uint8_t) ('a' + sim_random(sim, 3));
        break;
    }
}


/* Mostly what is open for one of the last trades; else anything. */

static void
sim_rule(sim_t *sim, jupref_event_t *event)
{
    uint32_t                  number;
    unsigned                  tries;
    jupref_trade_verified_t  *asked;

    tries = 0;

    do {
        number = 1 + (uint32_t) sim_random(sim, sim->order_count + 1);

        if (number + 60 < sim->order_count && sim_chance(sim, 2)) {
            number = sim->order_count - (uint32_t) sim_random(sim, 60);
        }

    } while (sim->model.trades[number].state == 0 && ++tries < 8);

    event->type = sim_ruling(sim, sim_chance(sim, 4)
                             ? (unsigned) sim_random(sim, JUPREF_STATES)
                             : sim->model.trades[number].state);

    if (event->type == JUPREF_EVENT_TRADE_VERIFIED
        && sim_is_foreign(sim, number))
    {
        event->type = JUPREF_EVENT_TRADE_REJECTED;
    }

    if (event->type != JUPREF_EVENT_TRADE_VERIFIED) {
        sim_key(event->of.trade_ruled.signature.bytes, JUPREF_SIGNATURE_SIZE,
                's', number);
        memcpy(event->of.trade_ruled.reason, "as was seen", 11);
        return;
    }

    asked = &event->of.trade_verified;
    sim_key(asked->signature.bytes, JUPREF_SIGNATURE_SIZE, 's', number);
    sim_key(asked->fee_mint.bytes, JUPREF_PUBKEY_SIZE, 'm',
            1 + (uint32_t) sim_random(sim, SIM_MINTS));
    asked->fee = sim_chance(sim, 30) ? UINT64_MAX - sim_random(sim, 3)
                                     : 1 + sim_random(sim, 50000000);
    asked->slot = sim->now_ms / 400;
}


/* The chain has another message under that signature than was priced. */

static unsigned
sim_is_foreign(sim_t *sim, uint32_t number)
{
    uint32_t             index;
    jupref_signature_t   signature;

    if (sim->zone.ledger->booking) {
        return 0;
    }

    sim_key(signature.bytes, JUPREF_SIGNATURE_SIZE, 's', number);
    index = jupref_find_trade(sim->zone.ledger, &signature);

    return index != 0
           && sim_number(jupref_trade(sim->zone.ledger, index)->message_hash)
              != number;
}


/* Open from that state; most trades are verified and stay so. */

static jupref_event_type_e
sim_ruling(sim_t *sim, unsigned state)
{
    switch (state) {

    case JUPREF_STATE_VERIFIED:
    case JUPREF_STATE_AVAILABLE:
        return sim_chance(sim, 4) ? JUPREF_EVENT_TRADE_REVERSED
                                  : JUPREF_EVENT_TRADE_DISPUTED;

    case JUPREF_STATE_DISPUTED:
        return sim_chance(sim, 4) ? JUPREF_EVENT_TRADE_REVERSED
                                  : JUPREF_EVENT_DISPUTE_RESOLVED;

    default:
        return sim_chance(sim, 6) ? JUPREF_EVENT_TRADE_EXPIRED
               : sim_chance(sim, 8) ? JUPREF_EVENT_TRADE_UNPROVED
               : sim_chance(sim, 6) ? JUPREF_EVENT_TRADE_REJECTED
               : JUPREF_EVENT_TRADE_VERIFIED;
    }
}
