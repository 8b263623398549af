/*
 * Reloads, as in ngx_http_jupref_zone.c and ngx_http_jupref_relay.c: the log
 * goes on after an error, a damaged ledger is made anew, and so is one of
 * another size; a new key comes first.
 */

#include "sim.h"

#include <stdlib.h>
#include <string.h>


typedef struct {
    unsigned                 size;
    jupref_ledger_t         *ledger;
    jupref_fault_e           recovered;
    jupref_ledger_result_e   result;
    jupref_place_t           place;
    jupref_fault_t           fault;
} sim_relay_t;


static void sim_key_added(sim_t *sim);
static unsigned sim_resume(sim_t *sim);
static void sim_resume_thread(sim_t *sim, void *data);
static void sim_relay(sim_t *sim, unsigned size);
static void sim_relay_fold(sim_t *sim, sim_relay_t *relay);
static int sim_relay_record(void *context, jupref_bytes_t bytes);
static void sim_relay_switch(sim_t *sim, sim_relay_t *relay);


void
sim_reload(sim_t *sim, unsigned size)
{
    if (sim_chance(sim, 3)) {
        sim_key_added(sim);
    }

    if (sim_stopped(sim) && !sim_resume(sim)) {
        return;
    }

    sim_lock(sim);

    if (sim->zone.ledger->booking || size != sim->zone.size) {
        sim_relay(sim, size);
    }
}


static void
sim_key_added(sim_t *sim)
{
    unsigned       count;
    jupref_key_t  *key;

    count = sim->store.keys.count;

    if (count == SIM_KEYS) {
        return;
    }

    memmove(&sim->keys[1], &sim->keys[0], count * sizeof(jupref_key_t));
    key = &sim->keys[0];
    memset(key, 0, sizeof(jupref_key_t));
    key->id[0] = 'k';
    key->id[1] = (uint8_t) ('1' + count);
    sim_key(key->key, sizeof(key->key), 'k', count + 1);

    sim->store.keys.count = count + 1;
    sim_count(sim, SIM_N_KEYS);
    sim_say(sim, "key k%u comes first", count + 1);
}


static unsigned
sim_resume(sim_t *sim)
{
    unsigned        dies_in;
    jupref_fault_t  fault;

    dies_in = 0;

    if (sim->profile == SIM_EVERYTHING && sim_chance(sim, 4)) {
        dies_in = 1 + (unsigned) sim_random(sim, 12);
    }

    memset(&fault, 0, sizeof(fault));
    sim->flush_held = 1;

    /* what is flushed on the way may be acknowledged again */

    sim->stopped_at = 0;

    if (sim_process(sim, SIM_MASTER, dies_in, sim_resume_thread, &fault)) {
        sim->flush_held = 0;
        sim_say(sim, "the master is killed while it resumes");
        sim->stopped_at = sim_stopped(sim) ? sim->zone.log->synced + 1 : 0;
        return 0;
    }

    sim->flush_held = 0;

    if (sim->disk->off) {
        return 0;
    }

    if (sim_stopped(sim)) {
        if (!sim_excused(sim)) {
            sim_fail(sim, "the log can't go on: %s", fault.text);
        }

        sim_say(sim, "the log stays stopped: %s", fault.text);
        sim->stopped_at = sim->zone.log->synced + 1;
        return 0;
    }

    sim_say(sim, "the log goes on behind event %llu",
            (unsigned long long) sim->zone.log->synced);
    sim_count(sim, SIM_N_RESUMES);

    return 1;
}


static void
sim_resume_thread(sim_t *sim, void *data)
{
    jupref_fault_t       *fault = data;
    jupref_log_writer_t  *writer;

    writer = jupref_log_writer_create(&sim->store);
    (void) jupref_log_resume(sim->zone.log, writer, sim->now_ms, fault);
    jupref_log_writer_free(writer);
}


/* Nothing is flushed meanwhile: what isn't on the disk is in the ring. */

static void
sim_relay(sim_t *sim, unsigned size)
{
    unsigned     damaged;
    sim_relay_t  relay;

    memset(&relay, 0, sizeof(sim_relay_t));
    relay.size = size;
    relay.ledger = sim_ledger_new(sim, size);
    damaged = sim->zone.ledger->booking;

    sim->flush_held = 1;
    sim_relay_fold(sim, &relay);
    sim->flush_held = 0;

    if (relay.recovered == JUPREF_FAULT_ZONE
        || (relay.result >= JUPREF_LEDGER_REFERRERS_FULL
            && relay.result <= JUPREF_LEDGER_TRADES_FULL)
        || relay.result == JUPREF_LEDGER_INTENTS_FULL)
    {
        sim_say(sim, "the zone would be too small: %s", relay.fault.text);
        sim_count(sim, SIM_N_TOO_SMALL);
        sim_ledger_free(sim, relay.ledger);

        if (damaged && size + 1 < sim_size_count) {
            sim_relay(sim, size + 1);
        }

        return;
    }

    if (relay.recovered != JUPREF_FAULT_NONE) {
        sim_fail(sim, "the ledger can't be laid out anew: %s",
                 relay.fault.text);
    }

    if (relay.result != JUPREF_LEDGER_OK
        || relay.ledger->seq != sim->fact_count)
    {
        sim_fail(sim, "the ledger was laid out anew to event %llu of %llu "
                 "only: %s", (unsigned long long) relay.ledger->seq,
                 (unsigned long long) sim->fact_count,
                 jupref_ledger_result_text(relay.result));
    }

    if (!damaged && sim->zone.ledger->digest != relay.ledger->digest) {
        sim_fail(sim, "the running ledger isn't what its journal makes at "
                 "event %llu", (unsigned long long) relay.ledger->seq);
    }

    sim_relay_switch(sim, &relay);
    sim_count(sim, damaged ? SIM_N_DAMAGED_RELAYS : SIM_N_RELAYS);
    sim_say(sim, "the ledger is laid out anew in size %u", size);
}


static void
sim_relay_fold(sim_t *sim, sim_relay_t *relay)
{
    jupref_recovery_t    how;
    jupref_recovered_t   recovered;

    memset(&how, 0, sizeof(jupref_recovery_t));
    how.until = sim->zone.log->synced;

    relay->recovered = jupref_recover(&sim->store, &how, relay->ledger,
                                      &relay->place, &recovered,
                                      &relay->fault);

    if (relay->recovered != JUPREF_FAULT_NONE) {
        return;
    }

    (void) jupref_log_waiting(sim->zone.log, relay->place.seq,
                              sim_relay_record, relay);
}


static int
sim_relay_record(void *context, jupref_bytes_t bytes)
{
    sim_relay_t      *relay = context;
    jupref_event_t    event;
    jupref_record_t   record;

    if (jupref_record_parse(bytes, &record) != JUPREF_RECORD_OK
        || jupref_record_event(&record, bytes, &event) != JUPREF_RECORD_OK)
    {
        relay->result = JUPREF_LEDGER_BAD_EVENT;
        return 1;
    }

    relay->result = jupref_ledger_apply(relay->ledger, &event);

    if (relay->result != JUPREF_LEDGER_OK) {
        return 1;
    }

    relay->place.seq = record.seq;
    relay->place.time_ms = record.time_ms;
    memcpy(relay->place.head, record.leaf_hash, JUPREF_SHA256_SIZE);

    return !jupref_frontier_append(&relay->place.frontier, record.leaf_hash);
}


/* The head of the log is what was read, should who died have changed it. */

static void
sim_relay_switch(sim_t *sim, sim_relay_t *relay)
{
    uint32_t          codes;
    jupref_clicks_t  *clicks, *orders;

    if (sim->zone.ledger->booking) {
        jupref_log_start(sim->zone.log, relay->place.seq,
                         relay->place.time_ms, relay->place.head,
                         &relay->place.frontier);
    }

    codes = relay->ledger->tables[JUPREF_TABLE_CODES].capacity;
    clicks = jupref_clicks_init(sim_block(jupref_clicks_size(codes)), codes);
    orders = jupref_clicks_init(sim_block(jupref_clicks_size(codes)), codes);
    jupref_clicks_move(clicks, sim->zone.clicks);
    jupref_clicks_move(orders, sim->zone.orders);

    sim_ledger_free(sim, sim->zone.ledger);
    free(sim->zone.clicks);
    free(sim->zone.orders);
    sim->zone.ledger = relay->ledger;
    sim->zone.clicks = clicks;
    sim->zone.orders = orders;
    sim->zone.size = relay->size;
    sim->zone.edge_seq = relay->ledger->seq;
    sim->resized |= relay->size != sim->first_size
                    || !sim_as_laid(relay->ledger, relay->size);

    sim_check_ledger(sim, sim->zone.ledger);
}
