/*
 * Pending orders (see the header).
 */

#include "ledger/jupref_pending.h"

#include <string.h>

#include "base/jupref_table.h"


typedef struct {
    jupref_order_t  order;
    uint32_t        next;               /* in the bucket's chain */
    uint32_t        taken;
} jupref_pending_row_t;


/* Rows count from 1, so that 0 ends a chain. */
struct jupref_pending_s {
    uint32_t  capacity;
    uint32_t  bucket_count;             /* a power of two */
    uint32_t  head;                     /* the row written last */
    uint32_t  used;
    uint64_t  evicted;
    uint64_t  rows_at;
    uint64_t  buckets_at;
};


static jupref_pending_row_t *jupref_pending_row(
    const jupref_pending_t *pending, uint32_t index);
static uint32_t *jupref_pending_bucket(const jupref_pending_t *pending,
    const jupref_request_id_t *request_id);
static uint32_t *jupref_pending_link(const jupref_pending_t *pending,
    const jupref_request_id_t *request_id);
static void jupref_pending_unlink(jupref_pending_t *pending, uint32_t *link);
static unsigned jupref_order_expired(const jupref_order_t *order,
    uint64_t now_ms);


jupref_pending_t *
jupref_pending_init(void *block, uint64_t size)
{
    uint64_t           capacity;
    jupref_pending_t  *pending;

    if (size < JUPREF_PENDING_MIN) {
        return NULL;
    }

    pending = block;

    /* at most two buckets (8 bytes) a row, rounded up to a power of two */

    capacity = (size - sizeof(jupref_pending_t) - 64)
               / (sizeof(jupref_pending_row_t) + 8);

    if (capacity > UINT32_MAX / 4) {
        capacity = UINT32_MAX / 4;
    }

    pending->capacity = (uint32_t) capacity - 1;
    pending->bucket_count = 1;

    while (pending->bucket_count < pending->capacity) {
        pending->bucket_count *= 2;
    }

    pending->buckets_at = (sizeof(jupref_pending_t) + 15) / 16 * 16;
    pending->rows_at = pending->buckets_at
                       + ((uint64_t) pending->bucket_count * 4 + 15) / 16 * 16;

    return pending;
}


void
jupref_pending_put(jupref_pending_t *pending, const jupref_order_t *order)
{
    uint32_t              *bucket;
    jupref_pending_row_t  *row;

    jupref_pending_free(pending, &order->request_id);

    pending->head = pending->head % pending->capacity + 1;
    row = jupref_pending_row(pending, pending->head);

    if (row->taken) {

        if (!jupref_order_expired(&row->order, order->time_ms)) {
            pending->evicted++;
        }

        jupref_pending_free(pending, &row->order.request_id);
    }

    bucket = jupref_pending_bucket(pending, &order->request_id);

    row->order = *order;
    row->next = *bucket;
    row->taken = 1;
    *bucket = pending->head;
    pending->used++;
}


jupref_order_t *
jupref_pending_find(jupref_pending_t *pending,
    const jupref_request_id_t *request_id, uint64_t now_ms)
{
    uint32_t        *link;
    jupref_order_t  *order;

    link = jupref_pending_link(pending, request_id);

    if (*link == 0) {
        return NULL;
    }

    order = &jupref_pending_row(pending, *link)->order;

    if (jupref_order_expired(order, now_ms)) {
        jupref_pending_unlink(pending, link);
        return NULL;
    }

    return order;
}


void
jupref_pending_free(jupref_pending_t *pending,
    const jupref_request_id_t *request_id)
{
    uint32_t  *link;

    link = jupref_pending_link(pending, request_id);

    if (*link) {
        jupref_pending_unlink(pending, link);
    }
}


/*
 * `used` counts rows of expired orders too until they are met again, so the
 * oldest rows are looked at first: cheap, because arrival is expiry.
 */

void
jupref_pending_stat(const jupref_pending_t *pending, uint64_t now_ms,
    jupref_pending_stat_t *stat)
{
    uint32_t               low, high, middle;
    jupref_pending_row_t  *row;

    stat->capacity = pending->capacity;
    stat->evicted = pending->evicted;

    /* rows behind the head, oldest first, are sorted by time: find how many
     * of them have expired (free rows keep the time they had) */

    low = 0;
    high = pending->capacity;

    while (low < high) {
        middle = low + (high - low) / 2;
        row = jupref_pending_row(pending,
                                 (pending->head + middle) % pending->capacity
                                 + 1);

        if (jupref_order_expired(&row->order, now_ms)) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    stat->used = pending->capacity - low;

    if (stat->used > pending->used) {
        stat->used = pending->used;
    }
}


static unsigned
jupref_order_expired(const jupref_order_t *order, uint64_t now_ms)
{
    return order->time_ms + JUPREF_PENDING_LIFE_MS <= now_ms;
}


static jupref_pending_row_t *
jupref_pending_row(const jupref_pending_t *pending, uint32_t index)
{
    return (jupref_pending_row_t *) ((uintptr_t) pending + pending->rows_at)
           + index - 1;
}


static uint32_t *
jupref_pending_bucket(const jupref_pending_t *pending,
    const jupref_request_id_t *request_id)
{
    uint64_t  hash;

    hash = jupref_hash(request_id->bytes, request_id->len);

    return (uint32_t *) ((uintptr_t) pending + pending->buckets_at)
           + (hash & (pending->bucket_count - 1));
}


/* The link that leads to the row of a requestId; it holds 0 when none is. */

static uint32_t *
jupref_pending_link(const jupref_pending_t *pending,
    const jupref_request_id_t *request_id)
{
    uint32_t              *link;
    jupref_pending_row_t  *row;

    for (link = jupref_pending_bucket(pending, request_id);
         *link;
         link = &row->next)
    {
        row = jupref_pending_row(pending, *link);

        if (row->order.request_id.len == request_id->len
            && memcmp(row->order.request_id.bytes, request_id->bytes,
                      request_id->len) == 0)
        {
            break;
        }
    }

    return link;
}


static void
jupref_pending_unlink(jupref_pending_t *pending, uint32_t *link)
{
    jupref_pending_row_t  *row;

    row = jupref_pending_row(pending, *link);
    *link = row->next;
    row->next = 0;
    row->taken = 0;
    pending->used--;
}
