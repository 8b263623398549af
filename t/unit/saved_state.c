/*
 * A ledger's state as bytes in memory (see the header).
 */

#include "saved_state.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger_world.h"


void
state_save(const jupref_ledger_t *ledger, saved_t *saved)
{
    unsigned        table;
    jupref_bytes_t  rows;

    memset(saved, 0, sizeof(saved_t));
    saved->header_len = jupref_state_header(ledger, saved->header);
    assert_in_range(saved->header_len, 1, JUPREF_STATE_HEADER_MAX);

    for (table = 0; table < JUPREF_TABLES; table++) {
        rows = jupref_state_rows(ledger, table);
        saved->rows_len[table] = rows.len;
        saved->rows[table] = malloc(rows.len + 1);
        assert_non_null(saved->rows[table]);
        memcpy(saved->rows[table], rows.data, rows.len);
    }
}


void
saved_free(saved_t *saved)
{
    unsigned  table;

    for (table = 0; table < JUPREF_TABLES; table++) {
        free(saved->rows[table]);
    }
}


static void
assert_same_state(const saved_t *one, const saved_t *other)
{
    unsigned  table;

    assert_int_equal(one->header_len, other->header_len);
    assert_memory_equal(one->header, other->header, one->header_len);

    for (table = 0; table < JUPREF_TABLES; table++) {
        assert_int_equal(one->rows_len[table], other->rows_len[table]);
        assert_memory_equal(one->rows[table], other->rows[table],
                            one->rows_len[table]);
    }
}


jupref_state_result_e
state_load(jupref_ledger_t *ledger, const saved_t *saved, jupref_table_e *full)
{
    size_t                  len;
    uint8_t                *room;
    unsigned                table;
    jupref_state_result_e   result;

    result = jupref_state_begin(ledger,
                                (jupref_bytes_t) { saved->header,
                                                   saved->header_len },
                                full);

    if (result != JUPREF_STATE_OK) {
        return result;
    }

    for (table = 0; table < JUPREF_TABLES; table++) {
        room = jupref_state_room(ledger, table, &len);
        assert_int_equal(len, saved->rows_len[table]);
        memcpy(room, saved->rows[table], len);
    }

    return jupref_state_finish(ledger);
}


jupref_ledger_t *
state_loaded_from(const jupref_ledger_t *ledger, uint64_t size)
{
    saved_t           saved;
    jupref_table_e    full;
    jupref_ledger_t  *other;

    state_save(ledger, &saved);

    other = world_new(size);
    assert_int_equal(state_load(other, &saved, &full), JUPREF_STATE_OK);

    saved_free(&saved);

    return other;
}


void
assert_same_ledgers(const jupref_ledger_t *one, const jupref_ledger_t *other)
{
    saved_t  left, right;

    state_save(one, &left);
    state_save(other, &right);
    assert_same_state(&left, &right);
    saved_free(&left);
    saved_free(&right);
}
