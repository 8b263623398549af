/*
 * A ledger's state as bytes (see the header).
 *
 * The header is the ledger's own head with all zeroed that follows from the
 * block's size, so that no field can be forgotten here.  Rows are taken as
 * they are; what comes back is looked at as if it came from anybody
 * (jupref_state_check.h), because a code that trusts an index is a code that
 * writes anywhere.
 */

#include "ledger/jupref_state.h"

#include <string.h>

#include "base/jupref_assert.h"
#include "ledger/jupref_rank.h"
#include "ledger/jupref_state_check.h"


_Static_assert(sizeof(jupref_ledger_t) <= JUPREF_STATE_HEADER_MAX,
               "a header has room for the ledger's head");


static void jupref_state_strip(jupref_table_t *table);
static jupref_state_result_e jupref_state_head(const jupref_ledger_t *ledger,
    const jupref_ledger_t *head, jupref_table_e *table);
static uint8_t *jupref_state_first_row(const jupref_ledger_t *ledger,
    jupref_table_e table);
static unsigned jupref_state_series(jupref_ledger_t *ledger, unsigned bucket);
static void jupref_state_turn(jupref_series_row_t *rows, uint32_t first,
    uint32_t last);


size_t
jupref_state_header(const jupref_ledger_t *ledger,
    uint8_t header[JUPREF_STATE_HEADER_MAX])
{
    unsigned         table;
    jupref_ledger_t  head;

    memcpy(&head, ledger, sizeof(jupref_ledger_t));

    head.size = 0;
    head.booking = 0;
    head.last_series_at = 0;

    for (table = 0; table < JUPREF_TABLES; table++) {
        jupref_state_strip(&head.tables[table]);
    }

    memcpy(header, &head, sizeof(jupref_ledger_t));

    return sizeof(jupref_ledger_t);
}


jupref_bytes_t
jupref_state_rows(const jupref_ledger_t *ledger, jupref_table_e table)
{
    return (jupref_bytes_t) {
        jupref_state_first_row(ledger, table),
        (size_t) ledger->tables[table].used * ledger->tables[table].row_size
    };
}


jupref_state_result_e
jupref_state_begin(jupref_ledger_t *ledger, jupref_bytes_t header,
    jupref_table_e *table)
{
    unsigned                i;
    jupref_table_t          laid;
    jupref_ledger_t         head;
    jupref_state_result_e   result;

    jupref_assert(ledger->seq == 0);

    if (header.len != sizeof(jupref_ledger_t)) {
        return JUPREF_STATE_BAD_HEADER;
    }

    memcpy(&head, header.data, sizeof(jupref_ledger_t));

    result = jupref_state_head(ledger, &head, table);

    if (result != JUPREF_STATE_OK) {
        return result;
    }

    for (i = 0; i < JUPREF_TABLES; i++) {
        laid = ledger->tables[i];
        laid.count = head.tables[i].count;
        laid.used = head.tables[i].used;
        laid.free = head.tables[i].free;
        head.tables[i] = laid;
    }

    /* a ledger that is never finished refuses every event */

    head.size = ledger->size;
    head.booking = 1;
    head.last_series_at = ledger->last_series_at;

    memcpy(ledger, &head, sizeof(jupref_ledger_t));

    return JUPREF_STATE_OK;
}


uint8_t *
jupref_state_room(jupref_ledger_t *ledger, jupref_table_e table, size_t *len)
{
    *len = jupref_state_rows(ledger, table).len;

    return jupref_state_first_row(ledger, table);
}


jupref_state_result_e
jupref_state_finish(jupref_ledger_t *ledger)
{
    uint32_t         count;
    unsigned         i;
    jupref_table_t  *table;

    if (!jupref_state_series(ledger, 0) || !jupref_state_series(ledger, 1)) {
        return JUPREF_STATE_BAD_ROWS;
    }

    for (i = 0; i < JUPREF_TABLES; i++) {
        table = &ledger->tables[i];
        count = table->count;

        if (!jupref_table_rebuild(table, ledger) || table->count != count) {
            return JUPREF_STATE_BAD_ROWS;
        }
    }

    if (!jupref_rows_sound(ledger) || !jupref_lists_sound(ledger)) {
        return JUPREF_STATE_BAD_ROWS;
    }

    ledger->booking = 0;

    return JUPREF_STATE_OK;
}


void
jupref_state_unrank(jupref_ledger_t *ledger)
{
    uint32_t                index;
    jupref_referrer_row_t  *row;

    for (index = 1; index <= ledger->tables[JUPREF_TABLE_REFERRERS].used;
         index++)
    {
        row = jupref_referrer(ledger, index);
        memset(row->rank, 0, sizeof(row->rank));
    }

    memset(ledger->rank_root, 0, sizeof(ledger->rank_root));
    ledger->unranked = 1;
}


/* The shape of a treap follows from its content, whatever the order. */

void
jupref_state_rank(jupref_ledger_t *ledger)
{
    uint32_t  index;
    unsigned  ranking;

    if (!ledger->unranked) {
        return;
    }

    for (index = 1; index <= ledger->tables[JUPREF_TABLE_REFERRERS].used;
         index++)
    {
        if (jupref_referrer(ledger, index)->status != JUPREF_REFERRER_ACTIVE) {
            continue;
        }

        for (ranking = 0; ranking < JUPREF_RANKINGS; ranking++) {
            jupref_rank_insert(ledger, ranking, index);
        }
    }

    ledger->unranked = 0;
}


static void
jupref_state_strip(jupref_table_t *table)
{
    table->slots_at = 0;
    table->taken_at = 0;
    table->rows_at = 0;
    table->slot_count = 0;
    table->capacity = 0;
}


/* Only what a ledger of this layout writes, with room for its rows here. */

static jupref_state_result_e
jupref_state_head(const jupref_ledger_t *ledger, const jupref_ledger_t *head,
    jupref_table_e *table)
{
    unsigned        i;
    jupref_table_t  kept, expected;

    if (head->magic != ledger->magic || head->layout != ledger->layout
        || head->size != 0 || head->booking != 0
        || head->last_series_at != 0 || head->unranked > 1)
    {
        return JUPREF_STATE_BAD_HEADER;
    }

    for (i = 0; i < JUPREF_TABLES; i++) {
        kept = head->tables[i];
        expected = ledger->tables[i];

        jupref_state_strip(&expected);
        expected.count = kept.count;
        expected.used = kept.used;
        expected.free = kept.free;

        if (memcmp(&kept, &expected, sizeof(jupref_table_t)) != 0
            || kept.count > kept.used || kept.free > kept.used)
        {
            return JUPREF_STATE_BAD_HEADER;
        }
    }

    for (i = 0; i < JUPREF_TABLES; i++) {
        if (head->tables[i].used > ledger->tables[i].capacity) {
            *table = i;
            return JUPREF_STATE_TOO_LARGE;
        }
    }

    return JUPREF_STATE_OK;
}


static uint8_t *
jupref_state_first_row(const jupref_ledger_t *ledger, jupref_table_e table)
{
    return (uint8_t *) (uintptr_t) ledger + ledger->tables[table].rows_at
           + ledger->tables[table].row_size;
}


/*
 * A ring that was full and has room now is cut where its oldest row is, so
 * that rows stand in the order they were taken and new ones go on behind:
 *
 *     | 5 | 6 | 3 | 4 |   ->   | 3 | 4 | 5 | 6 |   |   |
 */

static unsigned
jupref_state_series(jupref_ledger_t *ledger, unsigned bucket)
{
    uint32_t              cell;
    jupref_table_t       *table;
    jupref_series_row_t  *rows;

    table = &ledger->tables[JUPREF_TABLE_HOURS + bucket];
    cell = ledger->next_cell[bucket];

    if (cell > table->used) {
        return 0;
    }

    if (cell == 0 || table->used == table->capacity) {
        return 1;
    }

    rows = (jupref_series_row_t *) (void *)
           jupref_state_first_row(ledger, JUPREF_TABLE_HOURS + bucket);

    jupref_state_turn(rows, 0, cell - 1);
    jupref_state_turn(rows, cell - 1, table->used);
    jupref_state_turn(rows, 0, table->used);

    ledger->next_cell[bucket] = 0;

    return 1;
}


/* Reverses the rows from `first` to the one before `last`. */

static void
jupref_state_turn(jupref_series_row_t *rows, uint32_t first, uint32_t last)
{
    uint8_t  kept[sizeof(jupref_series_row_t)];

    while (first + 1 < last) {
        last--;
        memcpy(kept, &rows[first], sizeof(kept));
        memcpy(&rows[first], &rows[last], sizeof(kept));
        memcpy(&rows[last], kept, sizeof(kept));
        first++;
    }
}
