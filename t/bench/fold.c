/*
 * How fast events are folded: fold <events> [MiB] [referrers]
 *
 * The events of a busy edge (t/unit/busy_ledger.c) are made first, on a ledger
 * of their own, and are all in memory.  Then they are folded some times over,
 * into a ledger that keeps its rankings and into one that leaves them out as a
 * recovery does; the best time of each counts, in seconds of this thread's
 * processor.  All ledgers must end alike.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "busy_ledger.h"
#include "ledger/jupref_state.h"


#define FOLD_EVENTS     500000
#define FOLD_MIB        64
#define FOLD_REFERRERS  300
#define FOLD_ROUNDS     3


static void
die(const char *why)
{
    fprintf(stderr, "fold: %s\n", why);
    exit(1);
}


static jupref_ledger_t *
ledger_new(uint64_t size, unsigned unranked)
{
    void             *block;
    jupref_ledger_t  *ledger;

    block = aligned_alloc(64, size);

    if (block == NULL) {
        die("no memory");
    }

    memset(block, 0, size);
    ledger = jupref_ledger_init(block, size);

    if (ledger == NULL) {
        die("the ledger is too small");
    }

    if (unranked) {
        jupref_state_unrank(ledger);
    }

    return ledger;
}


static double
now(void)
{
    struct timespec  time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);

    return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}


/* Only those that were taken; a journal has no others. */
static size_t
make_events(busy_t *busy, jupref_ledger_t *ledger, jupref_event_t *events,
    size_t limit)
{
    size_t  count, tries;

    for (count = 0, tries = 0; count < limit && tries < 2 * limit; tries++) {
        busy_next(busy, ledger, &events[count]);

        if (jupref_ledger_apply(ledger, &events[count]) == JUPREF_LEDGER_OK) {
            count++;
        }
    }

    if (count == 0) {
        die("no event is taken");
    }

    return count;
}


/* Into an empty ledger. */
static double
fold(jupref_ledger_t *ledger, const jupref_event_t *events, size_t count)
{
    size_t  i;
    double  began;

    began = now();

    for (i = 0; i < count; i++) {
        if (jupref_ledger_apply(ledger, &events[i]) != JUPREF_LEDGER_OK) {
            die("an event is refused the second time");
        }
    }

    return now() - began;
}


static void
expect_same(const jupref_ledger_t *one, const jupref_ledger_t *other)
{
    unsigned        table;
    jupref_bytes_t  left, right;

    for (table = 0; table < JUPREF_TABLES; table++) {
        left = jupref_state_rows(one, table);
        right = jupref_state_rows(other, table);

        if (left.len != right.len
            || memcmp(left.data, right.data, left.len) != 0)
        {
            die("the same events have made different ledgers");
        }
    }

    if (one->digest != other->digest) {
        die("the same events have made different digests");
    }
}


/* The best of some rounds; what came of it must be the source's state. */
static double
fold_best(const jupref_ledger_t *source, unsigned unranked,
    const jupref_event_t *events, size_t count)
{
    double            seconds, best;
    unsigned          round;
    jupref_ledger_t  *ledger;

    for (best = 0, round = 0; round < FOLD_ROUNDS; round++) {
        ledger = ledger_new(source->size, unranked);
        seconds = fold(ledger, events, count);
        best = (round == 0 || seconds < best) ? seconds : best;

        jupref_state_rank(ledger);
        expect_same(source, ledger);
        free(ledger);
    }

    return best;
}


static void
print_speed(const char *name, size_t events, double seconds)
{
    printf("\"%s\":{\"events\":%zu,\"seconds\":%.4f,\"perSecond\":%.0f}",
           name, events, seconds, (double) events / seconds);
}


int
main(int argc, char **argv)
{
    busy_t            busy;
    size_t            count;
    uint64_t          size;
    uint32_t          referrers;
    jupref_event_t   *events;
    jupref_ledger_t  *source;

    count = argc > 1 ? strtoul(argv[1], NULL, 10) : FOLD_EVENTS;
    size = (argc > 2 ? strtoul(argv[2], NULL, 10) : FOLD_MIB) << 20;
    referrers = argc > 3 ? (uint32_t) strtoul(argv[3], NULL, 10)
                         : FOLD_REFERRERS;

    if (count == 0 || referrers == 0) {
        die("usage: fold <events> [MiB] [referrers]");
    }

    events = calloc(count, sizeof(jupref_event_t));

    if (events == NULL) {
        die("no memory");
    }

    source = ledger_new(size, 1);
    busy_begin(&busy, BUSY_TRAFFIC, 1, referrers);
    count = make_events(&busy, source, events, count);
    jupref_state_rank(source);

    printf("{");
    print_speed("ranked", count, fold_best(source, 0, events, count));
    printf(",");
    print_speed("unranked", count, fold_best(source, 1, events, count));
    printf("}\n");

    return 0;
}
