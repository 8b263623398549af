/*
 * Whether rows that were read can have come from a ledger: every index leads
 * to a row in use, every list is whole, from both ends, and has the rows that
 * belong to it, rankings are sorted.  A ledger that passes can be read and
 * folded on without leaving its tables and without a loop that doesn't end.
 */

#ifndef JUPREF_STATE_CHECK_H
#define JUPREF_STATE_CHECK_H


#include "ledger/jupref_ledger.h"


#define jupref_each_row(ledger, table, index)                                 \
    (index) = 1; (index) <= (ledger)->tables[table].used; (index)++


/* Each row by itself; the tables' slots are in place. */
unsigned jupref_rows_sound(const jupref_ledger_t *ledger);

/* The lists and rankings of rows that are sound. */
unsigned jupref_lists_sound(const jupref_ledger_t *ledger);


static inline unsigned
jupref_is_row(const jupref_ledger_t *ledger, jupref_table_e table,
    uint32_t index)
{
    return jupref_table_in_use(&ledger->tables[table], ledger, index);
}


#endif /* JUPREF_STATE_CHECK_H */
