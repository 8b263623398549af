/*
 * Runs histories, each from one seed and in a process of its own:
 *
 *     sim                    as many as make test wants, as TAP
 *     sim seed <n> [<steps>] one of them, told step by step
 *     sim runs <n> [<first>] so many, from a seed of chance or the one given
 *
 * A seed decides everything, so a history that fails fails again.
 */

#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/wait.h>


#define SIM_STEPS     700
#define SIM_TEST_RUNS 300
#define SIM_JOBS_MAX  64

/* So many histories have met everything that can happen. */
#define SIM_ENOUGH    200


typedef struct {
    pid_t     pid;
    uint64_t  seed;
} sim_job_t;


typedef struct {
    uint64_t  first;
    uint64_t  count;
    uint64_t  failed[SIM_PROFILES];
    uint64_t  runs[SIM_PROFILES];
    uint64_t *numbers;
} sim_runs_t;


static const char *const  sim_promises[SIM_PROFILES] = {
    "nothing goes wrong and everything is as it should be",
    "the power fails and nothing acknowledged is lost",
    "processes are killed and nothing is lost or counted twice",
    "the disk fails and nothing is acknowledged that isn't on it",
    "a bit turns over and it is found and named",
    "all of that at once"
};


static const char *const  sim_number_names[SIM_NUMBERS] = {
    "steps", "events", "acknowledged", "late answers", "power failures",
    "unacknowledged events lost", "torn tails", "starts",
    "killed flushing", "killed appending", "killed keeping",
    "killed settling", "stops of the log", "resumes", "relays",
    "relays of a damaged ledger", "zones too small", "keys added",
    "snapshots", "checkpoints", "consistency proofs", "flips",
    "archived trades", "full tables", "full logs", "orphaned intents",
    "intents that gave way", "resubmissions", "whole checks",
    "events after which somebody owed", "events during a sync",
    "segments with room"
};


static void sim_one(uint64_t seed, uint64_t steps, uint64_t *numbers,
    unsigned verbose);
static void sim_many(sim_runs_t *runs);
static void sim_finished(sim_runs_t *runs, sim_job_t *jobs,
    unsigned *count);
static int sim_tap(const sim_runs_t *runs);
static unsigned sim_all_happened(const sim_runs_t *runs);
static uint64_t sim_argument(int argc, char **argv, int place,
    uint64_t otherwise);


int
main(int argc, char **argv)
{
    sim_runs_t  runs;

    memset(&runs, 0, sizeof(runs));
    runs.numbers = mmap(NULL, SIM_NUMBERS * sizeof(uint64_t),
                        PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS, -1,
                        0);

    if (runs.numbers == MAP_FAILED) {
        return 2;
    }

    if (argc > 2 && strcmp(argv[1], "seed") == 0) {
        sim_one(sim_argument(argc, argv, 2, 0),
                sim_argument(argc, argv, 3, SIM_STEPS), runs.numbers, 1);
        return 0;
    }

    runs.first = 1;
    runs.count = SIM_TEST_RUNS;

    if (argc > 2 && strcmp(argv[1], "runs") == 0) {
        runs.count = sim_argument(argc, argv, 2, SIM_TEST_RUNS);
        runs.first = sim_argument(argc, argv, 3,
                                  (uint64_t) time(NULL) * 1000);

        printf("# %llu histories from seed %llu on\n",
               (unsigned long long) runs.count,
               (unsigned long long) runs.first);
    }

    sim_many(&runs);

    return sim_tap(&runs);
}


static void
sim_one(uint64_t seed, uint64_t steps, uint64_t *numbers, unsigned verbose)
{
    sim_t  *sim;

    sim = sim_block(sizeof(sim_t));
    sim_world_begin(sim, seed, steps, numbers, verbose);
    sim_run(sim);
    sim_world_end(sim);
    free(sim);
}


/* As many at a time as there are processors. */

static void
sim_many(sim_runs_t *runs)
{
    long       processors;
    uint64_t   seed;
    unsigned   count, most;
    sim_job_t  jobs[SIM_JOBS_MAX], *job;

    processors = sysconf(_SC_NPROCESSORS_ONLN);
    most = processors < 1 ? 1 : (unsigned) processors;
    most = most > SIM_JOBS_MAX ? SIM_JOBS_MAX : most;
    count = 0;

    for (seed = runs->first; seed < runs->first + runs->count; seed++) {

        if (count == most) {
            sim_finished(runs, jobs, &count);
        }

        fflush(stdout);
        job = &jobs[count++];
        job->seed = seed;
        job->pid = fork();

        if (job->pid == 0) {
            sim_one(seed, SIM_STEPS, runs->numbers, 0);
            exit(0);
        }

        if (job->pid < 0) {
            perror("fork");
            exit(2);
        }
    }

    while (count > 0) {
        sim_finished(runs, jobs, &count);
    }
}


/* Waits for one of them. */

static void
sim_finished(sim_runs_t *runs, sim_job_t *jobs, unsigned *count)
{
    int       status;
    pid_t     pid;
    unsigned  i, profile;

    pid = wait(&status);

    for (i = 0; i < *count && jobs[i].pid != pid; i++) {
        /* void */
    }

    if (i == *count) {
        fprintf(stderr, "# a history is gone\n");
        exit(2);
    }

    profile = (unsigned) (jobs[i].seed % SIM_PROFILES);
    runs->runs[profile]++;

    if (status != 0) {
        runs->failed[profile]++;
        fprintf(stderr, "# again, step by step: make sim SEED=%llu\n",
                (unsigned long long) jobs[i].seed);
    }

    jobs[i] = jobs[--*count];
}


static int
sim_tap(const sim_runs_t *runs)
{
    uint64_t  failed;
    unsigned  i, happened;

    failed = 0;
    printf("1..%u\n", SIM_PROFILES + 1);

    for (i = 0; i < SIM_PROFILES; i++) {
        failed += runs->failed[i];
        printf("%s %u - %s, in %llu histories\n",
               runs->failed[i] ? "not ok" : "ok", i + 1, sim_promises[i],
               (unsigned long long) runs->runs[i]);
    }

    happened = sim_all_happened(runs);

    if (runs->count < SIM_ENOUGH) {
        printf("ok %u # SKIP too few histories for everything to happen\n",
               SIM_PROFILES + 1);

    } else {
        printf("%s %u - everything that can happen has happened\n",
               happened ? "ok" : "not ok", SIM_PROFILES + 1);
        failed += !happened;
    }

    return failed > 0;
}


static unsigned
sim_all_happened(const sim_runs_t *runs)
{
    unsigned  i, all;

    all = 1;

    for (i = 0; i < SIM_NUMBERS; i++) {
        printf("# %10llu %s\n", (unsigned long long) runs->numbers[i],
               sim_number_names[i]);
        all &= runs->numbers[i] > 0;
    }

    return all;
}


static uint64_t
sim_argument(int argc, char **argv, int place, uint64_t otherwise)
{
    return place < argc ? strtoull(argv[place], NULL, 10) : otherwise;
}
