/*
 * The oracle: every event that was published, its leaf hash as the documents
 * say it is made, and how far anybody was told that it is on disk.  After a
 * loss of power it forgets what nobody was told of and the disk doesn't have.
 */

#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "log/jupref_tiles_parts.h"


static void sim_decided(sim_t *sim, const jupref_event_t *event,
    sim_decided_t *decided);
static void sim_levels(sim_t *sim, const jupref_signature_t *signature,
    sim_decided_t *decided);
static void sim_subtree_root(sim_t *sim, uint64_t first, uint64_t size,
    uint8_t root[JUPREF_SHA256_SIZE]);


void
sim_fact(sim_t *sim, jupref_bytes_t bytes,
    const uint8_t salt[JUPREF_SALT_SIZE])
{
    size_t            len;
    uint8_t           leaf[1 + JUPREF_LEAF_SIZE], body[JUPREF_RECORD_MAX];
    unsigned          i;
    sim_fact_t       *fact;
    jupref_record_t   record;

    fact = &sim->facts[sim->fact_count + 1];
    memset(fact, 0, sizeof(sim_fact_t));

    if (jupref_record_parse(bytes, &record) != JUPREF_RECORD_OK
        || jupref_record_event(&record, bytes, &fact->event)
           != JUPREF_RECORD_OK
        || record.seq != sim->fact_count + 1)
    {
        sim_fail(sim, "record %llu can't be read back",
                 (unsigned long long) sim->fact_count + 1);
    }

    /* 0x00 | version | type | seq | time | leaf before | commitment */

    leaf[0] = 0;
    leaf[1] = 1;
    leaf[2] = (uint8_t) fact->event.type;

    for (i = 0; i < 8; i++) {
        leaf[3 + i] = (uint8_t) (fact->event.seq >> (8 * i));
        leaf[11 + i] = (uint8_t) (fact->event.time_ms >> (8 * i));
    }

    memcpy(leaf + 19, (fact - 1)->leaf_hash, JUPREF_SHA256_SIZE);

    len = record.public_body.len;
    memcpy(body, salt, 16);
    memcpy(body + 16, record.public_body.data, len);
    SHA256(body, 16 + len, leaf + 51);
    SHA256(leaf, sizeof(leaf), fact->leaf_hash);

    if (memcmp(fact->leaf_hash, record.leaf_hash, JUPREF_SHA256_SIZE) != 0) {
        sim_fail(sim, "the leaf of record %llu isn't its hash",
                 (unsigned long long) record.seq);
    }

    sim_decided(sim, &fact->event, &fact->decided);

    if (!sim_model_apply(&sim->model, &fact->event, &fact->decided)) {
        sim_fail(sim, "%s %llu of %u: %s",
                 jupref_event_name(fact->event.type),
                 (unsigned long long) fact->event.seq,
                 sim_number((const uint8_t *) &fact->event.of),
                 sim->model.wrong);
    }

    sim->fact_count++;
    sim_count(sim, SIM_N_EVENTS);

    if (sim_model_owed(&sim->model)) {
        sim_count(sim, SIM_N_OWED);
    }
}


void
sim_acknowledged(sim_t *sim, uint64_t seq)
{
    if (sim->stopped_at > 0 && seq >= sim->stopped_at) {
        sim_fail(sim, "event %llu is acknowledged after the disk failed",
                 (unsigned long long) seq);
    }

    if (seq > sim->fact_count) {
        sim_fail(sim, "event %llu is acknowledged, and isn't there",
                 (unsigned long long) seq);
    }

    if (seq > sim->acknowledged) {
        sim->acknowledged = seq;
    }

    sim_count(sim, SIM_N_ACKNOWLEDGED);
}


/* What the disk has goes on; the books are made anew from it. */

void
sim_recovered(sim_t *sim, const jupref_place_t *place)
{
    uint8_t   root[JUPREF_SHA256_SIZE], expected[JUPREF_SHA256_SIZE];
    uint64_t  seq;
    unsigned  i;

    if (place->seq < sim->acknowledged || place->seq > sim->fact_count) {
        sim_fail(sim, "recovered to event %llu, %llu were acknowledged and "
                 "%llu taken", (unsigned long long) place->seq,
                 (unsigned long long) sim->acknowledged,
                 (unsigned long long) sim->fact_count);
    }

    for (i = 0; i < sim->head_count; i++) {
        if (sim->heads[i].size > place->seq) {
            sim_fail(sim, "recovered to event %llu, a checkpoint of %llu was "
                     "published", (unsigned long long) place->seq,
                     (unsigned long long) sim->heads[i].size);
        }
    }

    sim_root(sim, place->seq, expected);

    if (memcmp(place->head, sim->facts[place->seq].leaf_hash,
               JUPREF_SHA256_SIZE) != 0
        || !jupref_frontier_root(&place->frontier, root)
        || memcmp(root, expected, JUPREF_SHA256_SIZE) != 0)
    {
        sim_fail(sim, "what was recovered to event %llu isn't what was taken",
                 (unsigned long long) place->seq);
    }

    for (seq = place->seq; seq < sim->fact_count; seq++) {
        sim_count(sim, SIM_N_EVENTS_LOST);
    }

    sim->fact_count = place->seq;
    memset(&sim->model, 0, sizeof(sim_model_t));

    for (seq = 1; seq <= sim->fact_count; seq++) {
        (void) sim_model_apply(&sim->model, &sim->facts[seq].event,
                               &sim->facts[seq].decided);
    }
}


/* RFC 9162, 2.1.1, word by word. */

void
sim_root(sim_t *sim, uint64_t size, uint8_t root[JUPREF_SHA256_SIZE])
{
    if (size == 0) {
        SHA256((const uint8_t *) "", 0, root);
        return;
    }

    sim_subtree_root(sim, 0, size, root);
}


/* Whoever follows the log may have seen any checkpoint that was ever there. */

void
sim_published(sim_t *sim)
{
    uint8_t   expected[JUPREF_SHA256_SIZE];
    sim_head_t  head;

    if (jupref_checkpoint_read(&sim->store, &sim->identity, &head.size,
                               head.root) <= 0
        || (sim->head_count > 0
            && sim->heads[sim->head_count - 1].size == head.size))
    {
        return;
    }

    if (head.size > sim->zone.log->synced) {
        sim_fail(sim, "a checkpoint of %llu events, %llu are synced",
                 (unsigned long long) head.size,
                 (unsigned long long) sim->zone.log->synced);
    }

    sim_root(sim, head.size, expected);

    if (memcmp(head.root, expected, JUPREF_SHA256_SIZE) != 0) {
        sim_fail(sim, "the checkpoint of %llu events has another root",
                 (unsigned long long) head.size);
    }

    if (sim->head_count == SIM_HEADS) {
        memmove(&sim->heads[0], &sim->heads[1],
                (SIM_HEADS - 1) * sizeof(sim_head_t));
        sim->head_count--;
    }

    sim->heads[sim->head_count++] = head;
    sim_count(sim, SIM_N_CHECKPOINTS);
    sim_say(sim, "a checkpoint of %llu events",
            (unsigned long long) head.size);
}


static void
sim_decided(sim_t *sim, const jupref_event_t *event, sim_decided_t *decided)
{
    uint32_t            number, index;
    jupref_signature_t  signature;

    switch (event->type) {

    case JUPREF_EVENT_TRADE_EXECUTED:
    case JUPREF_EVENT_TRADE_UNKNOWN:
        sim_levels(sim, &event->of.trade.signature, decided);
        break;

    case JUPREF_EVENT_TRADE_VERIFIED:
        sim_levels(sim, &event->of.trade_verified.signature, decided);
        break;

    case JUPREF_EVENT_HOLD_RELEASED:
        for (number = 1; number <= SIM_TRADES; number++) {
            if (sim->model.trades[number].state != JUPREF_STATE_VERIFIED) {
                continue;
            }

            sim_key(signature.bytes, JUPREF_SIGNATURE_SIZE, 's', number);
            index = jupref_find_trade(sim->zone.ledger, &signature);

            if (index != 0
                && jupref_trade(sim->zone.ledger, index)->state
                   == JUPREF_STATE_AVAILABLE
                && decided->count < JUPREF_RELEASE_MAX)
            {
                decided->released[decided->count++] = (uint16_t) number;
            }
        }

        break;

    default:
        break;
    }
}


static void
sim_levels(sim_t *sim, const jupref_signature_t *signature,
    sim_decided_t *decided)
{
    uint32_t             index, referrer;
    unsigned             i;

    index = jupref_find_trade(sim->zone.ledger, signature);

    if (index == 0) {
        sim_fail(sim, "a trade that was taken isn't there");
    }

    for (i = 0; i < JUPREF_LEVELS; i++) {
        referrer = jupref_trade(sim->zone.ledger, index)->level[i];

        if (referrer != 0) {
            decided->level[i] = sim_number(
                jupref_referrer(sim->zone.ledger, referrer)->wallet.bytes);
        }
    }
}


static void
sim_subtree_root(sim_t *sim, uint64_t first, uint64_t size,
    uint8_t root[JUPREF_SHA256_SIZE])
{
    uint8_t   node[1 + 2 * JUPREF_SHA256_SIZE];
    uint64_t  left;

    if (size == 1) {
        memcpy(root, sim->facts[first + 1].leaf_hash, JUPREF_SHA256_SIZE);
        return;
    }

    for (left = 1; 2 * left < size; left *= 2) {
        /* void */
    }

    node[0] = 1;
    sim_subtree_root(sim, first, left, node + 1);
    sim_subtree_root(sim, first + left, size - left,
                     node + 1 + JUPREF_SHA256_SIZE);
    SHA256(node, sizeof(node), root);
}
