/*
 * Chance, clock and memory of one run, and how a run that fails ends.
 */

#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define SIM_BEGIN_MS  UINT64_C(1763838000000)


/* OpenSSL's chance is the seed's too (the linker wraps it). */
int __wrap_RAND_bytes(unsigned char *bytes, int len);

static uint64_t  sim_entropy;


static uint64_t sim_next(uint64_t *random);


void
sim_world_begin(sim_t *sim, uint64_t seed, uint64_t steps, uint64_t *numbers,
    unsigned verbose)
{
    memset(sim, 0, sizeof(sim_t));

    sim->seed = seed;
    sim->random = seed;
    sim->steps = steps;
    sim->numbers = numbers;
    sim->verbose = verbose & 1;
    sim->profile = seed % SIM_PROFILES;
    sim->now_ms = SIM_BEGIN_MS + sim_random(sim, 1000000000);
    sim_entropy = sim_random(sim, UINT64_MAX);

    sim->mode = sim_chance(sim, 2) ? JUPREF_ATTRIBUTE_FIRST
                                   : JUPREF_ATTRIBUTE_LAST;
    sim->hold_ms = sim_chance(sim, 2) ? 60 * 1000 : 24 * 60 * 60 * 1000;
    sim->one_size = sim_random(sim, 2) & 1;
    sim->first_size = (unsigned) sim_random(sim, sim_size_count);
    sim->flush_share = (unsigned) sim_random(sim, 6);
    sim->segment_max = 4096 << sim_random(sim, 5);
    sim->facts = sim_block((SIM_FACTS + 1) * sizeof(sim_fact_t));

    sim->disk = sim_disk_create(sim_random(sim, UINT64_MAX));
    sim->disk->slow_sync_every = 2;
    sim_front(sim);

    sim->store.disk = &sim->front;
    sim->store.keys.keys = sim->keys;
    sim->store.keys.count = 1;
    memcpy(sim->store.edge, "edge-a", 6);
    memcpy(sim->keys[0].id, "k1", 2);
    sim_key(sim->keys[0].key, sizeof(sim->keys[0].key), 'k', 1);
}


void
sim_world_end(sim_t *sim)
{
    sim_zone_drop(sim);
    sim_disk_free(sim->disk);
    free(sim->spare);
    free(sim->facts);
    jupref_seal_forget();
}


uint64_t
sim_random(sim_t *sim, uint64_t limit)
{
    uint64_t  value;

    value = sim_next(&sim->random);

    return limit > 0 ? value % limit : 0;
}


unsigned
sim_chance(sim_t *sim, unsigned one_in)
{
    return sim_random(sim, one_in) == 0;
}


void
sim_count(sim_t *sim, sim_number_e number)
{
    (void) __atomic_fetch_add(&sim->numbers[number], 1, __ATOMIC_RELAXED);
}


void
sim_say(sim_t *sim, const char *format, ...)
{
    va_list  args;

    if (!sim->verbose) {
        return;
    }

    printf("%6llu  %*s", (unsigned long long) sim->step,
           2 * (int) sim->meanwhile, "");
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
}


void
sim_fail(sim_t *sim, const char *format, ...)
{
    va_list  args;

    fflush(stdout);
    fprintf(stderr, "# seed %llu fails in step %llu: ",
            (unsigned long long) sim->seed, (unsigned long long) sim->step);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");

    /* no destructor: a world that is wrong isn't taken down in order */

    _Exit(1);
}


void *
sim_block(size_t size)
{
    void  *block;

    size = (size + 63) / 64 * 64;
    block = aligned_alloc(64, size);

    if (block == NULL) {
        abort();
    }

    memset(block, 0, size);

    return block;
}


int
__wrap_RAND_bytes(unsigned char *bytes, int len)
{
    int  i;

    for (i = 0; i < len; i++) {
        bytes[i] = (unsigned char) sim_next(&sim_entropy);
    }

    return 1;
}


/* splitmix64 */

static uint64_t
sim_next(uint64_t *random)
{
    uint64_t  z;

    *random += UINT64_C(0x9e3779b97f4a7c15);
    z = *random;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);

    return z ^ (z >> 31);
}
