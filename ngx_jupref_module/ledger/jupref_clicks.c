/*
 * Clicks on their way into the ledger (see the header).
 */

#include "ledger/jupref_clicks.h"

#include "base/jupref_assert.h"


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

    clicks->total++;

    if (waiting[code]++ == 0) {
        queue[clicks->queued++] = code;
    }
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

    if (clicks->queued == 0) {
        return 0;
    }

    queue = clicks->cells + clicks->capacity + 1;
    code = queue[--clicks->queued];

    *count = clicks->cells[code];
    clicks->cells[code] = 0;
    clicks->total -= *count;

    return code;
}
