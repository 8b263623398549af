/*
 * How fast events are folded: fold <events> [MiB] [referrers]
 *
 * The events of a busy edge (t/unit/busy_ledger.c) are made in batches on one
 * ledger and folded, timed, into two others: one that keeps its rankings, and
 * one that leaves them out as a recovery does.  All three must end alike.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "busy_ledger.h"
#include "ledger/jupref_state.h"


#define FOLD_BATCH      20000           /* events in memory at a time */
#define FOLD_MIB        64
#define FOLD_REFERRERS  1000


static void
die(const char *why)
{
    fprintf(stderr, "fold: %s\n", why);
    exit(1);
}


static jupref_ledger_t *
ledger_new(uint64_t size)
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
make_batch(busy_t *busy, jupref_ledger_t *ledger, jupref_event_t *events,
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
        die("no event is taken any more");
    }

    return count;
}


static double
fold_batch(jupref_ledger_t *ledger, const jupref_event_t *events,
    size_t count)
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


static void
print_speed(const char *name, size_t events, double seconds, const char *end)
{
    printf("\"%s\":{\"events\":%zu,\"seconds\":%.4f,\"perSecond\":%.0f}%s",
           name, events, seconds, (double) events / seconds, end);
}


int
main(int argc, char **argv)
{
    busy_t            busy;
    size_t            limit, folded, count, batch;
    double            ranked_s, unranked_s, rank_s, began;
    uint64_t          size;
    uint32_t          referrers;
    jupref_event_t   *events;
    jupref_ledger_t  *source, *ranked, *unranked;

    limit = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    size = (argc > 2 ? strtoul(argv[2], NULL, 10) : FOLD_MIB) << 20;
    referrers = argc > 3 ? (uint32_t) strtoul(argv[3], NULL, 10)
                         : FOLD_REFERRERS;

    events = calloc(FOLD_BATCH, sizeof(jupref_event_t));

    if (events == NULL || limit == 0 || referrers == 0) {
        die("fold <events> [MiB] [referrers]");
    }

    source = ledger_new(size);
    ranked = ledger_new(size);
    unranked = ledger_new(size);
    jupref_state_unrank(source);
    jupref_state_unrank(unranked);

    busy_begin(&busy, BUSY_TRAFFIC, 1, referrers);
    ranked_s = unranked_s = 0;

    for (folded = 0; folded < limit; folded += count) {
        batch = limit - folded < FOLD_BATCH ? limit - folded : FOLD_BATCH;
        count = make_batch(&busy, source, events, batch);
        ranked_s += fold_batch(ranked, events, count);
        unranked_s += fold_batch(unranked, events, count);
    }

    began = now();
    jupref_state_rank(unranked);
    rank_s = now() - began;

    expect_same(ranked, unranked);

    printf("{");
    print_speed("ranked", folded, ranked_s, ",");
    print_speed("unranked", folded, unranked_s, ",");
    printf("\"rankSeconds\":%.4f,\"trades\":%u,\"archivedSeq\":%llu}\n",
           rank_s, ranked->tables[JUPREF_TABLE_TRADES].count,
           (unsigned long long) ranked->archived_seq);

    return 0;
}
