/*
 * A cluster whose slots pass, and nodes that follow it, or don't.
 */

#include "pool_world.h"

#include <stdlib.h>
#include <string.h>


void
pool_world_make(pool_world_t *world, unsigned count)
{
    unsigned             i;
    jupref_pool_rules_t  rules;

    memset(world, 0, sizeof(pool_world_t));
    memset(&rules, 0, sizeof(rules));

    rules.max_lag_ms = 5000;
    rules.recover_lag_ms = 2500;

    world->pool = calloc(1, sizeof(jupref_pool_t));
    world->count = count;
    world->now_ms = POOL_WORLD_START;
    world->slot_us = 214000;

    if (world->pool == NULL) {
        abort();
    }

    jupref_pool_init(world->pool, &rules);
    jupref_pool_begin(world->pool, &rules);

    for (i = 0; i < count; i++) {
        if (jupref_pool_claim(world->pool, 1000 + i, world->now_ms) != i) {
            abort();
        }
    }
}


void
pool_world_free(pool_world_t *world)
{
    free(world->pool);
}


static uint64_t
slot_at(pool_world_t *world, uint64_t ms)
{
    if (world->halted && ms > world->halted_ms) {
        ms = world->halted_ms;
    }

    return POOL_WORLD_SLOT + (ms - POOL_WORLD_START) * 1000 / world->slot_us;
}


uint64_t
pool_world_slot(pool_world_t *world)
{
    return slot_at(world, world->now_ms);
}


uint64_t
pool_world_says(pool_world_t *world, unsigned node)
{
    uint64_t       ms;
    pool_world_node_t  *n;

    n = &world->nodes[node];

    if (n->frozen) {
        return n->frozen;
    }

    if (n->pace) {
        return n->pace_from
               + (world->now_ms - n->pace_ms) * 1000 * n->pace / 100
                 / world->slot_us;
    }

    ms = (world->now_ms > POOL_WORLD_START + n->delay_ms)
         ? world->now_ms - n->delay_ms : POOL_WORLD_START;

    return (uint64_t) ((int64_t) slot_at(world, ms) + n->offset);
}


void
pool_world_freeze(pool_world_t *world, unsigned node)
{
    world->nodes[node].frozen = pool_world_says(world, node);
}


void
pool_world_pace(pool_world_t *world, unsigned node, unsigned percent)
{
    world->nodes[node].pace_from = pool_world_says(world, node);
    world->nodes[node].pace_ms = world->now_ms;
    world->nodes[node].pace = percent;
}


void
pool_world_pass(pool_world_t *world, uint64_t ms)
{
    unsigned  i;
    uint64_t  until, slot;

    for (until = world->now_ms + ms; world->now_ms < until; /* void */ ) {
        world->now_ms += 100;

        for (i = 0; i < world->count; i++) {

            if (world->nodes[i].silent
                || world->now_ms / 100 % 4 != i % 4)
            {
                continue;
            }

            slot = pool_world_says(world, i);

            jupref_pool_slot(world->pool, i, JUPREF_COMMITMENT_PROCESSED,
                             slot, world->now_ms);

            if (world->tells_finalized) {
                jupref_pool_slot(world->pool, i, JUPREF_COMMITMENT_FINALIZED,
                                 slot - 32, world->now_ms);
            }

            jupref_pool_height(world->pool, i,
                               world->nodes[i].height_is_slot
                               ? slot - 32 : slot - 32 - POOL_WORLD_SKIPPED,
                               world->now_ms);
            jupref_pool_answered(world->pool, i, 5000, world->now_ms);
        }

        jupref_pool_judge(world->pool, 0, world->now_ms);
    }
}


uint32_t
pool_world_out(pool_world_t *world, unsigned node)
{
    return world->pool->nodes[node].reasons;
}
