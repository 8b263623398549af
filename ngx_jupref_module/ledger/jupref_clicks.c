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


static void jupref_clicks_add(jupref_clicks_t *clicks, uint32_t code,
    uint32_t count);
static uint32_t *jupref_clicks_queue(jupref_clicks_t *clicks);


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
    jupref_clicks_add(clicks, code, 1);
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

    queue = jupref_clicks_queue(clicks);

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


void
jupref_clicks_move(jupref_clicks_t *to, jupref_clicks_t *from)
{
    uint32_t  code, count;

    while ((code = jupref_clicks_take(from, &count)) != 0) {

        if (code == jupref_clicks_no_code(from)) {
            code = jupref_clicks_no_code(to);
        }

        jupref_clicks_add(to, code, count);
    }
}


/* A count that is full stays so. */

static void
jupref_clicks_add(jupref_clicks_t *clicks, uint32_t code, uint32_t count)
{
    uint32_t  *waiting;

    jupref_assert(code > 0 && code <= jupref_clicks_no_code(clicks));

    waiting = &clicks->cells[code];

    if (count > UINT32_MAX - *waiting) {
        count = UINT32_MAX - *waiting;
    }

    if (count == 0) {
        return;
    }

    if (*waiting == 0 && clicks->queued <= jupref_clicks_no_code(clicks)) {
        jupref_clicks_queue(clicks)[clicks->queued] = code;
        jupref_clicks_barrier();
        clicks->queued++;
    }

    clicks->total += count;
    jupref_clicks_barrier();
    *waiting += count;
}


/* Behind the cells of none, of each code and of "no code". */

static uint32_t *
jupref_clicks_queue(jupref_clicks_t *clicks)
{
    return clicks->cells + clicks->capacity + 2;
}
