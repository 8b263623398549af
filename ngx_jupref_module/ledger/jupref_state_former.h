/*
 * The state of a ledger of the former layout, laid out as it is now.
 *
 * Layout 2 had no claims, drifts and incidents, no queues of trades that
 * aren't proved, and didn't keep why and when a trade was ruled.  What it
 * couldn't know is empty; the queues follow from the trades.
 *
 *     jupref_former_header     the header, for jupref_state_begin()
 *     jupref_former_row        each row, into jupref_state_room()
 *     jupref_former_queues     then jupref_state_finish() looks at it all
 */

#ifndef JUPREF_STATE_FORMER_H
#define JUPREF_STATE_FORMER_H


#include "ledger/jupref_state.h"


#define JUPREF_FORMER_LAYOUT   2
#define JUPREF_FORMER_ROW_MAX  1024


/* Bytes written; 0: it isn't the header of a ledger of that layout. */
size_t jupref_former_header(jupref_bytes_t former,
    uint8_t header[JUPREF_STATE_HEADER_MAX]);

/* Bytes of a row of the former layout; and it laid out anew, in so many. */
size_t jupref_former_row_size(jupref_table_e table);
size_t jupref_former_row(jupref_table_e table, const uint8_t *former,
    uint8_t *row);

/* Of a ledger whose rows are in; 0: its list of trades isn't one. */
unsigned jupref_former_queues(jupref_ledger_t *ledger);


#endif /* JUPREF_STATE_FORMER_H */
