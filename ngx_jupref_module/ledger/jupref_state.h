/*
 * A ledger's state as bytes: what a snapshot keeps.
 *
 * The state is a header and the rows of each table in use.  What can be made
 * again from those (a table's slots, how many rows there is room for) isn't
 * part of it, so a state fits any ledger that is large enough, and equal
 * states are equal bytes.
 */

#ifndef JUPREF_STATE_H
#define JUPREF_STATE_H


#include "ledger/jupref_ledger.h"


#define JUPREF_STATE_PARTS        (1 + JUPREF_TABLES)
#define JUPREF_STATE_HEADER_MAX   1024


typedef enum {
    JUPREF_STATE_OK = 0,
    JUPREF_STATE_BAD_HEADER,            /* not of this layout */
    JUPREF_STATE_TOO_LARGE,             /* a table has fewer rows */
    JUPREF_STATE_BAD_ROWS               /* a key twice, a link to nowhere */
} jupref_state_result_e;


/* The header's bytes; returns how many. */
size_t jupref_state_header(const jupref_ledger_t *ledger,
    uint8_t header[JUPREF_STATE_HEADER_MAX]);

/* The rows of a table that are in use, 1 to the last; in the block. */
jupref_bytes_t jupref_state_rows(const jupref_ledger_t *ledger,
    jupref_table_e table);

/*
 * Takes a header into an empty ledger; `table` tells which is too small.
 * Then the rows of each table are to be copied to jupref_state_room, and the
 * last call makes the slots and looks at every link.
 */
jupref_state_result_e jupref_state_begin(jupref_ledger_t *ledger,
    jupref_bytes_t header, jupref_table_e *table);
uint8_t *jupref_state_room(jupref_ledger_t *ledger, jupref_table_e table,
    size_t *len);
jupref_state_result_e jupref_state_finish(jupref_ledger_t *ledger);

/*
 * Rankings cost most of a fold and follow from the rows: a recovery leaves
 * them out (`unranked`) and has them built at its end.
 */
void jupref_state_unrank(jupref_ledger_t *ledger);
void jupref_state_rank(jupref_ledger_t *ledger);


#endif /* JUPREF_STATE_H */
