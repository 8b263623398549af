/*
 * How an event gets in, as in ngx_http_jupref_append.c, and the places in it
 * where a process may die.
 */

#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include "log/jupref_log_ring.h"


#define SIM_CLICKS_EVERY_MS  1000
#define SIM_UPKEEP_MAX       8
#define SIM_INTENT_AGE_MS    (10 * 60 * 1000)


/* sim_t's fatal_append */
typedef enum {
    SIM_BEFORE_PREPARE = 1,
    SIM_BEHIND_PREPARE,
    SIM_WITHIN_APPLY,
    SIM_BEHIND_APPLY,
    SIM_WITHIN_PUBLISH,
    SIM_BEHIND_PUBLISH
} sim_place_e;


static unsigned sim_subject(const jupref_event_t *event);
static unsigned sim_makes_room(sim_t *sim, const jupref_event_t *event,
    jupref_event_t *leaves);
static jupref_ledger_result_e sim_append_one(sim_t *sim,
    jupref_event_t *event);
static jupref_ledger_result_e sim_append_logged(sim_t *sim,
    jupref_event_t *event);
static jupref_ledger_result_e sim_apply(sim_t *sim,
    const jupref_event_t *event);
static void sim_publish(sim_t *sim, const jupref_event_t *event);
static void sim_may_die(sim_t *sim, sim_place_e place);
static unsigned sim_dies_at(const sim_t *sim, sim_place_e place);
static unsigned sim_book_counted(sim_t *sim, jupref_clicks_t *clicks,
    jupref_event_type_e type);


jupref_ledger_result_e
sim_append(sim_t *sim, jupref_event_t *event)
{
    jupref_event_t          leaves;
    jupref_ledger_result_e  result;

    sim_lock(sim);

    if (sim_makes_room(sim, event, &leaves)
        && sim_append_one(sim, &leaves) == JUPREF_LEDGER_OK)
    {
        sim_say(sim, "%s %llu of %u makes room",
                jupref_event_name(leaves.type),
                (unsigned long long) leaves.seq, sim_subject(&leaves));
        sim_count(sim, leaves.type == JUPREF_EVENT_TRADE_ARCHIVED
                       ? SIM_N_ARCHIVED : SIM_N_INTENTS_GAVE_WAY);
    }

    result = sim_append_one(sim, event);

    if (result == JUPREF_LEDGER_LOG_FULL) {
        sim_count(sim, SIM_N_LOG_FULL);

    } else if (result >= JUPREF_LEDGER_REFERRERS_FULL
               && result <= JUPREF_LEDGER_TRADES_FULL)
    {
        sim_count(sim, SIM_N_TABLE_FULL);
    }

    sim_say(sim, "%s %llu of %u: %s", jupref_event_name(event->type),
            (unsigned long long) event->seq, sim_subject(event),
            jupref_ledger_result_name(result));

    return result;
}


/* The number of the trade, or of whatever comes first in it. */

static unsigned
sim_subject(const jupref_event_t *event)
{
    return event->type == JUPREF_EVENT_HOLD_RELEASED ? 0
           : sim_number((const uint8_t *) &event->of);
}


static unsigned
sim_makes_room(sim_t *sim, const jupref_event_t *event,
    jupref_event_t *leaves)
{
    if (sim->zone.ledger->booking) {
        return 0;
    }

    switch (event->type) {

    case JUPREF_EVENT_TRADE_EXECUTED:
    case JUPREF_EVENT_TRADE_UNKNOWN:
        return jupref_find_trade(sim->zone.ledger,
                                 &event->of.trade.signature) == 0
               && jupref_archive_due(sim->zone.ledger, sim->now_ms, leaves);

    case JUPREF_EVENT_TRADE_INTENT:
        return jupref_intent_gives_way(sim->zone.ledger, sim->now_ms,
                                       leaves);

    default:
        return 0;
    }
}


static jupref_ledger_result_e
sim_append_one(sim_t *sim, jupref_event_t *event)
{
    jupref_ledger_result_e  result;

    if (sim->zone.ledger->booking) {
        return JUPREF_LEDGER_DAMAGED;
    }

    event->seq = sim->zone.ledger->seq + 1;
    event->time_ms = sim->now_ms;
    event->edge = 0;
    event->edge_seq = sim->zone.edge_seq + 1;

    sim->zone.appending = 1;
    result = sim_append_logged(sim, event);

    if (result == JUPREF_LEDGER_OK) {
        sim->zone.edge_seq = event->edge_seq;
    }

    sim->zone.appending = 0;

    return result;
}


static jupref_ledger_result_e
sim_append_logged(sim_t *sim, jupref_event_t *event)
{
    uint8_t                 salt[JUPREF_SALT_SIZE];
    uint8_t                 record[JUPREF_RECORD_MAX];
    jupref_log_t           *log;
    jupref_bytes_t          bytes;
    jupref_ledger_result_e  result;

    log = sim->zone.log;
    sim_may_die(sim, SIM_BEFORE_PREPARE);

    if (!jupref_log_has_room(log)) {
        return sim_stopped(sim) ? JUPREF_LEDGER_LOG_STOPPED
                                : JUPREF_LEDGER_LOG_FULL;
    }

    (void) jupref_random(salt, sizeof(salt));

    if (!jupref_log_prepare(log, event, salt)) {
        return JUPREF_LEDGER_BAD_EVENT;
    }

    sim_may_die(sim, SIM_BEHIND_PREPARE);
    bytes = jupref_ring_record(log, log->appended, record);
    result = sim_apply(sim, event);

    if (result == JUPREF_LEDGER_OK) {
        sim_may_die(sim, SIM_BEHIND_APPLY);
        sim_publish(sim, event);
        sim_fact(sim, bytes, salt);
        sim_may_die(sim, SIM_BEHIND_PUBLISH);

        if (log->segment_appended >= sim->segment_max) {
            jupref_log_bound(log, sim->zone.ledger->digest);
        }
    }

    return result;
}


/* Who dies within has changed some of the bytes, and left the mark set. */

static jupref_ledger_result_e
sim_apply(sim_t *sim, const jupref_event_t *event)
{
    size_t                   at;
    uint8_t                 *before, *after;
    uint64_t                 size;
    jupref_ledger_t         *ledger;
    jupref_ledger_result_e   result;

    ledger = sim->zone.ledger;

    if (!sim_dies_at(sim, SIM_WITHIN_APPLY)) {
        return jupref_ledger_apply(ledger, event);
    }

    size = ledger->size;
    before = malloc(size);

    if (before == NULL) {
        abort();
    }

    memcpy(before, ledger, size);
    result = jupref_ledger_apply(ledger, event);

    if (result == JUPREF_LEDGER_OK) {
        after = (uint8_t *) ledger;

        for (at = 0; at < size; at += 16) {
            if (memcmp(before + at, after + at, 16) != 0
                && sim_chance(sim, 2))
            {
                memcpy(after + at, before + at, 16);
            }
        }

        ledger->booking = 1;
    }

    free(before);

    if (result == JUPREF_LEDGER_OK) {
        sim_may_die(sim, SIM_WITHIN_APPLY);
    }

    return result;
}


/* Who dies within has written some of the fields, but not the last one. */

static void
sim_publish(sim_t *sim, const jupref_event_t *event)
{
    jupref_log_t  *log, before;

    log = sim->zone.log;
    before = *log;

    if (!jupref_log_publish(log, event)) {
        sim_fail(sim, "event %llu can't be published",
                 (unsigned long long) event->seq);
    }

    if (!sim_dies_at(sim, SIM_WITHIN_PUBLISH)) {
        return;
    }

    log->appended = before.appended;

    if (sim_chance(sim, 2)) {
        log->frontier = before.frontier;
    }

    if (sim_chance(sim, 2)) {
        log->seq = before.seq;
    }

    if (sim_chance(sim, 2)) {
        log->time_ms = before.time_ms;
    }

    if (sim_chance(sim, 2)) {
        memcpy(log->head, before.head, JUPREF_SHA256_SIZE);
    }

    if (sim_chance(sim, 2)) {
        log->segment_appended = before.segment_appended;
    }

    sim_may_die(sim, SIM_WITHIN_PUBLISH);
}


static void
sim_may_die(sim_t *sim, sim_place_e place)
{
    if (sim_dies_at(sim, place)) {
        sim_say(sim, "killed while appending, at %u", place);
        sim_count(sim, SIM_N_KILLED_APPENDING);
        sim->fatal_append = 0;
        sim->zone.owner_died = 1;
        sim_die(sim);
    }
}


static unsigned
sim_dies_at(const sim_t *sim, sim_place_e place)
{
    return sim->fatal_append == place && sim->process
           && sim->process->owner != SIM_MASTER;
}


void
sim_book_clicks(sim_t *sim)
{
    if (sim->zone.ledger->booking
        || (sim->now_ms >= sim->zone.clicks_booked_ms
            && sim->now_ms - sim->zone.clicks_booked_ms
               < SIM_CLICKS_EVERY_MS))
    {
        return;
    }

    sim->zone.clicks_booked_ms = sim->now_ms;

    while (sim_book_counted(sim, sim->zone.clicks,
                            JUPREF_EVENT_CLICKS_COUNTED)
           || sim_book_counted(sim, sim->zone.orders,
                               JUPREF_EVENT_ORDERS_COUNTED))
    {
        /* void */
    }
}


static unsigned
sim_book_counted(sim_t *sim, jupref_clicks_t *clicks,
    jupref_event_type_e type)
{
    uint32_t            code;
    jupref_event_t      event;
    jupref_code_row_t  *row;

    if (!jupref_log_has_room(sim->zone.log)) {
        return 0;
    }

    memset(&event, 0, sizeof(jupref_event_t));
    code = jupref_clicks_take(clicks, &event.of.counted.count);

    if (code == 0) {
        return 0;
    }

    event.type = type;

    if (code != jupref_clicks_no_code(clicks)) {
        row = jupref_code(sim->zone.ledger, code);
        memcpy(event.of.counted.code.key, row->key, JUPREF_CODE_MAX);
        memcpy(event.of.counted.code.text, row->text, JUPREF_CODE_MAX);
    }

    (void) sim_append(sim, &event);

    return 1;
}


void
sim_upkeep(sim_t *sim)
{
    unsigned        i;
    jupref_event_t  event;

    if (sim->zone.ledger->booking) {
        return;
    }

    for (i = 0; i < SIM_UPKEEP_MAX; i++) {
        if (!jupref_release_due(sim->zone.ledger, sim->now_ms, sim->hold_ms,
                                &event)
            || sim_append(sim, &event) != JUPREF_LEDGER_OK)
        {
            break;
        }
    }

    for (i = 0; i < SIM_UPKEEP_MAX; i++) {
        if (!jupref_intent_stale(sim->zone.ledger, sim->now_ms,
                                 SIM_INTENT_AGE_MS, &event)
            || sim_append(sim, &event) != JUPREF_LEDGER_OK)
        {
            break;
        }
    }
}


void
sim_orphans(sim_t *sim)
{
    jupref_event_t          event;
    jupref_ledger_result_e  result;

    while (jupref_intent_stale(sim->zone.ledger, sim->now_ms, 0, &event)) {
        result = sim_append(sim, &event);

        if (result != JUPREF_LEDGER_OK) {
            break;
        }

        sim_count(sim, SIM_N_INTENTS_ORPHANED);
    }
}
