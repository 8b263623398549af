/*
 * Time series (see the header).
 *
 * Rows are taken one after the other until the table is full; then the row
 * that was taken first gives way, and `next_cell` goes round:
 *
 *     | 5 | 6 | 3 | 4 |        3 is the oldest row, 6 the newest
 *               |
 *               next_cell
 *
 * Time may step back, so a row's age is when it was taken, not its bucket,
 * and `series_since` is always past the latest bucket that lost a row.
 */

#include "ledger/jupref_series.h"

#include <string.h>

#include "base/jupref_assert.h"


#define JUPREF_HOUR_MS  UINT64_C(3600000)
#define JUPREF_DAY_MS   (24 * JUPREF_HOUR_MS)

#define JUPREF_OWNER_KINDS  (UINT32_C(3) << 30)


typedef struct {
    uint32_t  owner;
    uint32_t  bucket;
} jupref_series_key_t;


static void jupref_series_add_to(jupref_ledger_t *ledger,
    jupref_bucket_e bucket, const jupref_series_key_t *key,
    const jupref_series_sum_t *sum);
static uint32_t *jupref_series_last(const jupref_ledger_t *ledger,
    jupref_bucket_e bucket, uint32_t owner);
static unsigned jupref_series_is(const jupref_ledger_t *ledger,
    jupref_bucket_e bucket, uint32_t index, const jupref_series_key_t *key);
static uint32_t jupref_series_take(jupref_ledger_t *ledger,
    jupref_bucket_e bucket, const jupref_series_key_t *key);
static void jupref_series_forget(jupref_ledger_t *ledger,
    jupref_bucket_e bucket);
static uint32_t jupref_series_bucket(uint64_t time_ms, uint64_t bucket_ms);
static void jupref_add_u32(uint32_t *sum, uint32_t more);
static void jupref_add_u64(uint64_t *sum, uint64_t more);


uint64_t
jupref_series_last_size(uint32_t referrers, uint32_t codes)
{
    return (1 + (uint64_t) referrers + codes) * 2 * sizeof(uint32_t);
}


void
jupref_series_add(jupref_ledger_t *ledger, uint32_t owner, uint64_t time_ms,
    const jupref_series_sum_t *sum)
{
    jupref_series_key_t  key;

    key.owner = owner;
    key.bucket = jupref_series_bucket(time_ms, JUPREF_HOUR_MS);
    jupref_series_add_to(ledger, JUPREF_BY_HOUR, &key, sum);

    key.bucket = jupref_series_bucket(time_ms, JUPREF_DAY_MS);
    jupref_series_add_to(ledger, JUPREF_BY_DAY, &key, sum);
}


void
jupref_series_expect(const jupref_ledger_t *ledger, uint32_t owner)
{
    uint32_t  index;
    unsigned  bucket;

    for (bucket = JUPREF_BY_HOUR; bucket <= JUPREF_BY_DAY; bucket++) {
        index = *jupref_series_last(ledger, bucket, owner);

        if (index) {
            jupref_table_expect_row(&ledger->tables[JUPREF_TABLE_HOURS
                                                    + bucket],
                                    ledger, index);
        }
    }
}


unsigned
jupref_series_read(const jupref_ledger_t *ledger, jupref_bucket_e bucket,
    uint32_t owner, uint32_t from, uint32_t to, unsigned limit,
    jupref_series_row_t *rows)
{
    unsigned               count;
    uint32_t               index;
    const jupref_table_t  *table;
    jupref_series_key_t    key;

    table = &ledger->tables[JUPREF_TABLE_HOURS + bucket];
    key.owner = owner;

    for (count = 0; count < limit; count++) {

        if (from > to || to - from < count) {
            break;
        }

        key.bucket = from + count;
        index = jupref_table_find(table, ledger, &key);

        if (index) {
            memcpy(&rows[count], jupref_table_row(table, ledger, index),
                   sizeof(jupref_series_row_t));

        } else {
            memset(&rows[count], 0, sizeof(jupref_series_row_t));
            rows[count].owner = key.owner;
            rows[count].bucket = key.bucket;
        }
    }

    return count;
}


uint32_t
jupref_series_since(const jupref_ledger_t *ledger, jupref_bucket_e bucket)
{
    return ledger->series_since[bucket];
}


static void
jupref_series_add_to(jupref_ledger_t *ledger, jupref_bucket_e bucket,
    const jupref_series_key_t *key, const jupref_series_sum_t *sum)
{
    uint32_t             *last;
    jupref_table_t       *table;
    jupref_series_row_t  *row;

    table = &ledger->tables[JUPREF_TABLE_HOURS + bucket];
    last = jupref_series_last(ledger, bucket, key->owner);

    if (!jupref_series_is(ledger, bucket, *last, key)) {
        *last = jupref_table_find(table, ledger, key);
    }

    if (*last == 0) {
        *last = jupref_series_take(ledger, bucket, key);
    }

    row = jupref_table_row(table, ledger, *last);

    jupref_add_u32(&row->clicks, sum->clicks);
    jupref_add_u32(&row->orders, sum->orders);
    jupref_add_u32(&row->trades, sum->trades);
    jupref_add_u64(&row->volume_micro_usd, sum->volume_micro_usd);
    jupref_add_u64(&row->fees_micro_usd, sum->fees_micro_usd);
}


/*
 * The hint of an owner, by whether it is the platform, a referrer or a code:
 *
 *     | 0 | 1 | … | referrers | 1 | … | codes |       hour and day of each
 */

static uint32_t *
jupref_series_last(const jupref_ledger_t *ledger, jupref_bucket_e bucket,
    uint32_t owner)
{
    uint32_t  place, *last;

    place = owner & ~JUPREF_OWNER_KINDS;

    if ((owner & JUPREF_OWNER_KINDS) == jupref_owner_code(0)) {
        place += ledger->tables[JUPREF_TABLE_REFERRERS].capacity;
    }

    last = (uint32_t *) ((uintptr_t) ledger + ledger->last_series_at);

    return &last[2 * (size_t) place + bucket];
}


/* A row that gave way to another has another's key. */

static unsigned
jupref_series_is(const jupref_ledger_t *ledger, jupref_bucket_e bucket,
    uint32_t index, const jupref_series_key_t *key)
{
    const jupref_series_row_t  *row;

    if (index == 0) {
        return 0;
    }

    row = jupref_table_row(&ledger->tables[JUPREF_TABLE_HOURS + bucket],
                           ledger, index);

    return row->owner == key->owner && row->bucket == key->bucket;
}


static uint32_t
jupref_series_take(jupref_ledger_t *ledger, jupref_bucket_e bucket,
    const jupref_series_key_t *key)
{
    uint32_t         index;
    jupref_table_t  *table;

    table = &ledger->tables[JUPREF_TABLE_HOURS + bucket];

    if (table->count == table->capacity) {
        jupref_series_forget(ledger, bucket);
    }

    index = jupref_table_insert(table, ledger, key);
    jupref_assert(index != 0);

    return index;
}


/* The row that a removal leaves is the one that the next insert takes. */

static void
jupref_series_forget(jupref_ledger_t *ledger, jupref_bucket_e bucket)
{
    uint32_t              cell;
    jupref_table_t       *table;
    jupref_series_row_t  *row;

    table = &ledger->tables[JUPREF_TABLE_HOURS + bucket];
    cell = ledger->next_cell[bucket] ? ledger->next_cell[bucket] : 1;
    row = jupref_table_row(table, ledger, cell);

    if (row->bucket >= ledger->series_since[bucket]) {
        ledger->series_since[bucket] = row->bucket;
        jupref_add_u32(&ledger->series_since[bucket], 1);
    }

    jupref_table_remove(table, ledger, cell);
    ledger->next_cell[bucket] = cell == table->capacity ? 1 : cell + 1;
}


static uint32_t
jupref_series_bucket(uint64_t time_ms, uint64_t bucket_ms)
{
    uint64_t  bucket;

    bucket = time_ms / bucket_ms;

    return bucket < UINT32_MAX ? (uint32_t) bucket : UINT32_MAX;
}


/* Sums stop at their end rather than begin anew. */

static void
jupref_add_u32(uint32_t *sum, uint32_t more)
{
    *sum = more > UINT32_MAX - *sum ? UINT32_MAX : *sum + more;
}


static void
jupref_add_u64(uint64_t *sum, uint64_t more)
{
    *sum = more > UINT64_MAX - *sum ? UINT64_MAX : *sum + more;
}
