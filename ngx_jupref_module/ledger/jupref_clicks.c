/*
 * Clicks on their way into the ledger (see the header).
 *
 * A process may die between any two writes.  A code is queued before its
 * clicks are raised and leaves the queue after they are taken, so what a death
 * leaves is at worst a queued code without clicks, never clicks that no queue
 * leads to.  The barriers keep the compiler from changing that order.
 */

#include "ledger/jupref_clicks.h"

#include "base/jupref_assert.h"


#define jupref_clicks_barrier()  __atomic_thread_fence(__ATOMIC_SEQ_CST)


jupref_clicks_t *
jupref_clicks_init(void *block, uint32_t codes)
{
    jupref_clicks_t  *clicks;

    clicks = block;
    clicks->capacity = codes;

    return clicks;
}


void
jupref_clicks_count(jupref_clicks_t *clicks, uint32_t code)
{
    uint32_t  *waiting, *queue;

    jupref_assert(code > 0 && code <= clicks->capacity);

    waiting = clicks->cells;
    queue = clicks->cells + clicks->capacity + 1;

    if (waiting[code] == UINT32_MAX) {
        return;
    }

    if (waiting[code] == 0 && clicks->queued <= clicks->capacity) {
        queue[clicks->queued] = code;
        jupref_clicks_barrier();
        clicks->queued++;
    }

    clicks->total++;
    jupref_clicks_barrier();
    waiting[code]++;
}


uint32_t
jupref_clicks_waiting(const jupref_clicks_t *clicks, uint32_t code)
{
    return clicks->cells[code];
}


uint64_t
jupref_clicks_total(const jupref_clicks_t *clicks)
{
    return clicks->total;
}


uint32_t
jupref_clicks_take(jupref_clicks_t *clicks, uint32_t *count)
{
    uint32_t  code, *queue;

    queue = clicks->cells + clicks->capacity + 1;

    while (clicks->queued) {
        code = queue[clicks->queued - 1];
        *count = clicks->cells[code];

        clicks->cells[code] = 0;
        jupref_clicks_barrier();
        clicks->total -= *count;
        clicks->queued--;

        if (*count) {
            return code;
        }
    }

    clicks->total = 0;

    return 0;
}
