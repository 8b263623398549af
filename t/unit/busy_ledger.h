/*
 * A stream of events as a busy edge brings them, from one seed: the same on
 * every machine.  Used where it matters that there are many events of every
 * kind, rather than which: saved states, their fuzzer, the fold's benchmark.
 *
 * It needs no test library.
 */

#ifndef BUSY_LEDGER_H
#define BUSY_LEDGER_H


#include "ledger/jupref_ledger.h"


typedef enum {
    BUSY_TRAFFIC = 0,                   /* what a day is made of; all taken */
    BUSY_EVERYTHING                     /* every type, some of them refused */
} busy_mix_e;


typedef struct {
    uint64_t    seed;
    uint64_t    time_ms;
    busy_mix_e  mix;
    uint32_t    referrers;              /* how many there are in the end */
    uint32_t    codes;
    uint32_t    mints;
    uint32_t    takers;
    uint32_t    registered;             /* so far */
    uint32_t    created;
    uint32_t    bound;
    uint32_t    trades;
    uint32_t    settled;                /* verified or dropped, in order */
} busy_t;


void busy_begin(busy_t *busy, busy_mix_e mix, uint64_t seed,
    uint32_t referrers);

/* The event that comes next on this ledger, its seq and time set. */
void busy_next(busy_t *busy, const jupref_ledger_t *ledger,
    jupref_event_t *event);


#endif /* BUSY_LEDGER_H */
