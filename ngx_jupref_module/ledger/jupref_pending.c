/*
 * Pending orders (see the header).
 *
 * Everything a search touches is dense: a bucket is 4 bytes, a link 12, so both
 * stay in the processor's caches while the rows, 30 times larger, don't.
 *
 * Orders of one transaction can be as many as there are rows, so who leaves a
 * chain doesn't walk it.  Each store keeps chains whole for a search, should
 * the process end behind it; a way back that isn't right then is found out.
 */

#include "ledger/jupref_pending.h"

#include <string.h>

#include "base/jupref_table.h"


typedef enum {
    JUPREF_BY_REQUEST = 0,
    JUPREF_BY_MESSAGE,
    JUPREF_PENDING_CHAINS
} jupref_pending_chain_e;


/* A row's place in its bucket's chain; hash 0: it is in none.  A row is free
 * when it isn't in the one by requestId. */
typedef struct {
    uint32_t  hash;
    uint32_t  next;
    uint32_t  previous;                 /* 0: the first, or so it seems */
} jupref_pending_link_t;


/* Rows count from 1, so that 0 ends a chain. */
struct jupref_pending_s {
    uint32_t  capacity;
    uint32_t  bucket_count;             /* a power of two, of each chain */
    uint32_t  head;                     /* the row written last */
    uint32_t  used;
    uint64_t  evicted;
    uint64_t  buckets_at[JUPREF_PENDING_CHAINS];
    uint64_t  links_at[JUPREF_PENDING_CHAINS];
    uint64_t  rows_at;
};


static uint32_t jupref_pending_hash(const jupref_request_id_t *request_id);
static uint32_t jupref_pending_message_hash(const uint8_t *message_hash);
static jupref_order_t *jupref_pending_row(const jupref_pending_t *pending,
    uint32_t index);
static jupref_pending_link_t *jupref_pending_link(
    const jupref_pending_t *pending, jupref_pending_chain_e chain,
    uint32_t index);
static uint32_t *jupref_pending_bucket(const jupref_pending_t *pending,
    jupref_pending_chain_e chain, uint32_t hash);
static uint32_t jupref_pending_search(const jupref_pending_t *pending,
    const jupref_request_id_t *request_id);
static uint32_t jupref_pending_search_message(
    const jupref_pending_t *pending, const uint8_t *message_hash);
static jupref_order_t *jupref_pending_living(jupref_pending_t *pending,
    uint32_t index, uint64_t now_ms);
static void jupref_pending_chain_in(jupref_pending_t *pending,
    jupref_pending_chain_e chain, uint32_t index, uint32_t hash);
static void jupref_pending_chain_out(jupref_pending_t *pending,
    jupref_pending_chain_e chain, uint32_t index);
static uint32_t *jupref_pending_place(const jupref_pending_t *pending,
    jupref_pending_chain_e chain, uint32_t index);
static void jupref_pending_drop(jupref_pending_t *pending, uint32_t index);
static unsigned jupref_order_expired(const jupref_order_t *order,
    uint64_t now_ms);


jupref_pending_t *
jupref_pending_init(void *block, uint64_t size)
{
    uint64_t           capacity, at;
    unsigned           chain;
    jupref_pending_t  *pending;

    if (size < JUPREF_PENDING_MIN) {
        return NULL;
    }

    pending = block;

    /* of each chain at most two buckets (8 bytes) a row, rounded up to a power
     * of two */

    capacity = (size - sizeof(jupref_pending_t) - 128)
               / (sizeof(jupref_order_t)
                  + JUPREF_PENDING_CHAINS * (sizeof(jupref_pending_link_t)
                                             + 8));

    if (capacity > UINT32_MAX / 4) {
        capacity = UINT32_MAX / 4;
    }

    pending->capacity = (uint32_t) capacity - 1;
    pending->bucket_count = 1;

    while (pending->bucket_count < pending->capacity) {
        pending->bucket_count *= 2;
    }

    at = (sizeof(jupref_pending_t) + 15) / 16 * 16;

    for (chain = 0; chain < JUPREF_PENDING_CHAINS; chain++) {
        pending->buckets_at[chain] = at;
        at += ((uint64_t) pending->bucket_count * sizeof(uint32_t) + 15)
              / 16 * 16;
        pending->links_at[chain] = at;
        at += ((uint64_t) pending->capacity * sizeof(jupref_pending_link_t)
               + 15) / 16 * 16;
    }

    pending->rows_at = at;

    return pending;
}


void
jupref_pending_put(jupref_pending_t *pending, const jupref_order_t *order)
{
    uint32_t         index, hash;
    jupref_order_t  *row;

    index = jupref_pending_search(pending, &order->request_id);

    if (index) {
        jupref_pending_drop(pending, index);
    }

    pending->head = pending->head % pending->capacity + 1;
    index = pending->head;
    row = jupref_pending_row(pending, index);

    if (jupref_pending_link(pending, JUPREF_BY_REQUEST, index)->hash) {

        if (!jupref_order_expired(row, order->time_ms)) {
            pending->evicted++;
        }

        jupref_pending_drop(pending, index);
    }

    *row = *order;
    pending->used++;

    jupref_pending_chain_in(pending, JUPREF_BY_REQUEST, index,
                            jupref_pending_hash(&order->request_id));

    hash = jupref_pending_message_hash(order->message_hash);

    if (hash) {
        jupref_pending_chain_in(pending, JUPREF_BY_MESSAGE, index, hash);
    }
}


jupref_order_t *
jupref_pending_find(jupref_pending_t *pending,
    const jupref_request_id_t *request_id, uint64_t now_ms)
{
    return jupref_pending_living(pending,
                                 jupref_pending_search(pending, request_id),
                                 now_ms);
}


jupref_order_t *
jupref_pending_find_message(jupref_pending_t *pending,
    const uint8_t message_hash[JUPREF_SHA256_SIZE], uint64_t now_ms)
{
    return jupref_pending_living(pending,
                     jupref_pending_search_message(pending, message_hash),
                     now_ms);
}


/* The row, unless there is none or it has expired, which makes it go. */

static jupref_order_t *
jupref_pending_living(jupref_pending_t *pending, uint32_t index,
    uint64_t now_ms)
{
    jupref_order_t  *order;

    if (index == 0) {
        return NULL;
    }

    order = jupref_pending_row(pending, index);

    if (jupref_order_expired(order, now_ms)) {
        jupref_pending_drop(pending, index);
        return NULL;
    }

    return order;
}


void
jupref_pending_free(jupref_pending_t *pending,
    const jupref_request_id_t *request_id)
{
    uint32_t  index;

    index = jupref_pending_search(pending, request_id);

    if (index) {
        jupref_pending_drop(pending, index);
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


/* The first bytes of a hash are as good as any; 0 for one of zeroes. */

static uint32_t
jupref_pending_message_hash(const uint8_t *message_hash)
{
    uint32_t  hash;
    size_t    i;

    for (i = 0; i < JUPREF_SHA256_SIZE; i++) {
        if (message_hash[i]) {
            memcpy(&hash, message_hash, sizeof(uint32_t));
            return hash | 1;
        }
    }

    return 0;
}


static jupref_order_t *
jupref_pending_row(const jupref_pending_t *pending, uint32_t index)
{
    return (jupref_order_t *) ((uintptr_t) pending + pending->rows_at)
           + index - 1;
}


static jupref_pending_link_t *
jupref_pending_link(const jupref_pending_t *pending,
    jupref_pending_chain_e chain, uint32_t index)
{
    return (jupref_pending_link_t *) ((uintptr_t) pending
                                      + pending->links_at[chain])
           + index - 1;
}


/* The lowest bit only says that a row is taken. */

static uint32_t *
jupref_pending_bucket(const jupref_pending_t *pending,
    jupref_pending_chain_e chain, uint32_t hash)
{
    return (uint32_t *) ((uintptr_t) pending + pending->buckets_at[chain])
           + (hash >> 1 & (pending->bucket_count - 1));
}


/* The row of a requestId, 0 when there is none. */

static uint32_t
jupref_pending_search(const jupref_pending_t *pending,
    const jupref_request_id_t *request_id)
{
    uint32_t                    index, hash;
    jupref_pending_link_t      *link;
    const jupref_request_id_t  *other;

    hash = jupref_pending_hash(request_id);

    for (index = *jupref_pending_bucket(pending, JUPREF_BY_REQUEST, hash);
         index;
         index = link->next)
    {
        link = jupref_pending_link(pending, JUPREF_BY_REQUEST, index);

        if (link->hash != hash) {
            continue;
        }

        other = &jupref_pending_row(pending, index)->request_id;

        if (other->len == request_id->len
            && memcmp(other->bytes, request_id->bytes, other->len) == 0)
        {
            break;
        }
    }

    return index;
}


/* New ones are put in front, so the first is the newest. */

static uint32_t
jupref_pending_search_message(const jupref_pending_t *pending,
    const uint8_t *message_hash)
{
    uint32_t                index, hash;
    jupref_pending_link_t  *link;

    hash = jupref_pending_message_hash(message_hash);

    if (hash == 0) {
        return 0;
    }

    for (index = *jupref_pending_bucket(pending, JUPREF_BY_MESSAGE, hash);
         index;
         index = link->next)
    {
        link = jupref_pending_link(pending, JUPREF_BY_MESSAGE, index);

        if (link->hash == hash
            && memcmp(jupref_pending_row(pending, index)->message_hash,
                      message_hash, JUPREF_SHA256_SIZE) == 0)
        {
            break;
        }
    }

    return index;
}


static void
jupref_pending_chain_in(jupref_pending_t *pending,
    jupref_pending_chain_e chain, uint32_t index, uint32_t hash)
{
    uint32_t               *bucket;
    jupref_pending_link_t  *link;

    bucket = jupref_pending_bucket(pending, chain, hash);
    link = jupref_pending_link(pending, chain, index);

    link->hash = hash;
    link->next = *bucket;
    link->previous = 0;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    *bucket = index;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);

    if (link->next) {
        jupref_pending_link(pending, chain, link->next)->previous = index;
    }
}


/* Who died over a row may have left it outside of its chain. */

static void
jupref_pending_chain_out(jupref_pending_t *pending,
    jupref_pending_chain_e chain, uint32_t index)
{
    uint32_t               *place;
    jupref_pending_link_t  *link;

    link = jupref_pending_link(pending, chain, index);

    if (link->hash == 0) {
        return;
    }

    place = jupref_pending_place(pending, chain, index);

    if (place != NULL) {

        if (link->next) {
            jupref_pending_link(pending, chain, link->next)->previous
                = link->previous;
        }

        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        *place = link->next;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
    }

    link->hash = 0;
    link->next = 0;
    link->previous = 0;
}


/* What leads to the row; NULL when nothing does. */

static uint32_t *
jupref_pending_place(const jupref_pending_t *pending,
    jupref_pending_chain_e chain, uint32_t index)
{
    uint32_t               *bucket, *place;
    jupref_pending_link_t  *link;

    link = jupref_pending_link(pending, chain, index);
    bucket = jupref_pending_bucket(pending, chain, link->hash);

    place = link->previous
            ? &jupref_pending_link(pending, chain, link->previous)->next
            : bucket;

    if (*place == index) {
        return place;
    }

    for (place = bucket;
         *place != 0 && *place != index;
         place = &jupref_pending_link(pending, chain, *place)->next)
    {
        /* void */
    }

    return (*place == index) ? place : NULL;
}


static void
jupref_pending_drop(jupref_pending_t *pending, uint32_t index)
{
    jupref_pending_chain_out(pending, JUPREF_BY_MESSAGE, index);
    jupref_pending_chain_out(pending, JUPREF_BY_REQUEST, index);
    pending->used--;
}
