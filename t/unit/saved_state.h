/*
 * A ledger's state as bytes in memory, for tests that save and load.
 */

#ifndef SAVED_STATE_H
#define SAVED_STATE_H


#include "ledger/jupref_state.h"


/* The parts, one after the other. */
typedef struct {
    uint8_t   header[JUPREF_STATE_HEADER_MAX];
    size_t    header_len;
    uint8_t  *rows[JUPREF_TABLES];
    size_t    rows_len[JUPREF_TABLES];
} saved_t;


void state_save(const jupref_ledger_t *ledger, saved_t *saved);
void saved_free(saved_t *saved);

/* Into an empty ledger; `full` is set when a table is too small. */
jupref_state_result_e state_load(jupref_ledger_t *ledger,
    const saved_t *saved, jupref_table_e *full);

/* A new ledger of `size` bytes that has this one's state. */
jupref_ledger_t *state_loaded_from(const jupref_ledger_t *ledger,
    uint64_t size);

void assert_same_ledgers(const jupref_ledger_t *one,
    const jupref_ledger_t *other);


#endif /* SAVED_STATE_H */
