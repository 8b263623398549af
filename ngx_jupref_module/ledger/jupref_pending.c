/*
 * Pending orders (see the header).
 *
 * Everything a search touches is dense: a bucket is 4 bytes, a link 8, so both
 * stay in the processor's caches while the rows, 50 times larger, don't.
 */

#include "ledger/jupref_pending.h"

#include <string.h>

#include "base/jupref_table.h"


/* A row's place in its bucket's chain; hash 0: the row is free. */
typedef struct {
    uint32_t  hash;
    uint32_t  next;
} jupref_pending_link_t;


/* Rows count from 1, so that 0 ends a chain. */
struct jupref_pending_s {
    uint32_t  capacity;
    uint32_t  bucket_count;             /* a power of two */
    uint32_t  head;                     /* the row written last */
    uint32_t  used;
    uint64_t  evicted;
    uint64_t  buckets_at;
    uint64_t  links_at;
    uint64_t  rows_at;
};


static uint32_t jupref_pending_hash(const jupref_request_id_t *request_id);
static jupref_order_t *jupref_pending_row(const jupref_pending_t *pending,
    uint32_t index);
static jupref_pending_link_t *jupref_pending_link(
    const jupref_pending_t *pending, uint32_t index);
static uint32_t *jupref_pending_bucket(const jupref_pending_t *pending,
    uint32_t hash);
static uint32_t *jupref_pending_search(const jupref_pending_t *pending,
    const jupref_request_id_t *request_id, uint32_t hash);
static void jupref_pending_unlink(jupref_pending_t *pending, uint32_t *place);
static void jupref_pending_drop(jupref_pending_t *pending, uint32_t index);
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
               / (sizeof(jupref_order_t) + sizeof(jupref_pending_link_t) + 8);

    if (capacity > UINT32_MAX / 4) {
        capacity = UINT32_MAX / 4;
    }

    pending->capacity = (uint32_t) capacity - 1;
    pending->bucket_count = 1;

    while (pending->bucket_count < pending->capacity) {
        pending->bucket_count *= 2;
    }

    pending->buckets_at = (sizeof(jupref_pending_t) + 15) / 16 * 16;
    pending->links_at = pending->buckets_at
                        + ((uint64_t) pending->bucket_count * sizeof(uint32_t)
                           + 15) / 16 * 16;
    pending->rows_at = pending->links_at
                       + ((uint64_t) pending->capacity
                          * sizeof(jupref_pending_link_t) + 15) / 16 * 16;

    return pending;
}


void
jupref_pending_put(jupref_pending_t *pending, const jupref_order_t *order)
{
    uint32_t                hash, *bucket, *place;
    jupref_order_t         *row;
    jupref_pending_link_t  *link;

    hash = jupref_pending_hash(&order->request_id);
    place = jupref_pending_search(pending, &order->request_id, hash);

    if (*place) {
        jupref_pending_unlink(pending, place);
    }

    pending->head = pending->head % pending->capacity + 1;
    row = jupref_pending_row(pending, pending->head);
    link = jupref_pending_link(pending, pending->head);

    if (link->hash) {

        if (!jupref_order_expired(row, order->time_ms)) {
            pending->evicted++;
        }

        jupref_pending_drop(pending, pending->head);
    }

    bucket = jupref_pending_bucket(pending, hash);

    *row = *order;
    link->hash = hash;
    link->next = *bucket;
    *bucket = pending->head;
    pending->used++;
}


jupref_order_t *
jupref_pending_find(jupref_pending_t *pending,
    const jupref_request_id_t *request_id, uint64_t now_ms)
{
    uint32_t        *place;
    jupref_order_t  *order;

    place = jupref_pending_search(pending, request_id,
                                  jupref_pending_hash(request_id));

    if (*place == 0) {
        return NULL;
    }

    order = jupref_pending_row(pending, *place);

    if (jupref_order_expired(order, now_ms)) {
        jupref_pending_unlink(pending, place);
        return NULL;
    }

    return order;
}


void
jupref_pending_free(jupref_pending_t *pending,
    const jupref_request_id_t *request_id)
{
    uint32_t  *place;

    place = jupref_pending_search(pending, request_id,
                                  jupref_pending_hash(request_id));

    if (*place) {
        jupref_pending_unlink(pending, place);
    }
}


/*
 * Orders behind the head, oldest first, are sorted by time (freed rows keep
 * theirs), so the expired ones are found by bisection; those that were freed
 * among the rest make `used` an upper bound.
 */

void
jupref_pending_stat(const jupref_pending_t *pending, uint64_t now_ms,
    jupref_pending_stat_t *stat)
{
    uint32_t  low, high, middle, index;

    stat->capacity = pending->capacity;
    stat->evicted = pending->evicted;

    low = 0;
    high = pending->capacity;

    while (low < high) {
        middle = low + (high - low) / 2;
        index = (pending->head + middle) % pending->capacity + 1;

        if (jupref_order_expired(jupref_pending_row(pending, index), now_ms)) {
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


static uint32_t
jupref_pending_hash(const jupref_request_id_t *request_id)
{
    return (uint32_t) jupref_hash(request_id->bytes, request_id->len) | 1;
}


static jupref_order_t *
jupref_pending_row(const jupref_pending_t *pending, uint32_t index)
{
    return (jupref_order_t *) ((uintptr_t) pending + pending->rows_at)
           + index - 1;
}


static jupref_pending_link_t *
jupref_pending_link(const jupref_pending_t *pending, uint32_t index)
{
    return (jupref_pending_link_t *) ((uintptr_t) pending + pending->links_at)
           + index - 1;
}


/* The lowest bit only says that a row is taken. */

static uint32_t *
jupref_pending_bucket(const jupref_pending_t *pending, uint32_t hash)
{
    return (uint32_t *) ((uintptr_t) pending + pending->buckets_at)
           + (hash >> 1 & (pending->bucket_count - 1));
}


/* What leads to the row of a requestId; it holds 0 when there is none. */

static uint32_t *
jupref_pending_search(const jupref_pending_t *pending,
    const jupref_request_id_t *request_id, uint32_t hash)
{
    uint32_t                   *place;
    const jupref_request_id_t  *other;

    for (place = jupref_pending_bucket(pending, hash);
         *place;
         place = &jupref_pending_link(pending, *place)->next)
    {
        if (jupref_pending_link(pending, *place)->hash != hash) {
            continue;
        }

        other = &jupref_pending_row(pending, *place)->request_id;

        if (other->len == request_id->len
            && memcmp(other->bytes, request_id->bytes, other->len) == 0)
        {
            break;
        }
    }

    return place;
}


static void
jupref_pending_unlink(jupref_pending_t *pending, uint32_t *place)
{
    jupref_pending_link_t  *link;

    link = jupref_pending_link(pending, *place);

    *place = link->next;
    link->next = 0;
    link->hash = 0;
    pending->used--;
}


/* Unlinks a row that is known by its index.  Who died over it may have left it
 * outside of its chain. */

static void
jupref_pending_drop(jupref_pending_t *pending, uint32_t index)
{
    uint32_t  *place;

    place = jupref_pending_bucket(pending,
                                  jupref_pending_link(pending, index)->hash);

    while (*place != 0 && *place != index) {
        place = &jupref_pending_link(pending, *place)->next;
    }

    if (*place == 0) {
        jupref_pending_link(pending, index)->hash = 0;
        return;
    }

    jupref_pending_unlink(pending, place);
}
