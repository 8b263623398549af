/*
 * The fold of a journal, from a place in it on.
 */

#ifndef JUPREF_FOLD_H
#define JUPREF_FOLD_H


#include "ledger/jupref_expect.h"
#include "log/jupref_snapshot.h"


#define JUPREF_AHEAD  16                /* events read ahead of the fold */


/* An event that was read, and where. */
typedef struct {
    jupref_event_t     event;
    jupref_expected_t  found;
    uint8_t            leaf_hash[JUPREF_SHA256_SIZE];
    uint64_t           segment;
    uint64_t           at;
} jupref_ahead_t;


typedef struct {
    jupref_store_t           *store;
    const jupref_recovery_t  *how;
    jupref_ledger_t          *ledger;
    jupref_place_t           *place;
    jupref_recovered_t       *recovered;
    jupref_fault_t           *fault;
    jupref_journal_reader_t  *reader;
    unsigned                  broken_marks;     /* slots of `synced` */

    uint64_t                  read;     /* events */
    uint64_t                  folded;
    uint64_t                  seq;      /* of the last record read */
    uint8_t                   head[JUPREF_SHA256_SIZE];
    jupref_ahead_t            ahead[JUPREF_AHEAD];      /* a ring */
} jupref_fold_t;


/* Reads to the reader's end; fills `place` and `recovered->records` as it
 * goes, whatever the end is. */
jupref_fault_e jupref_fold_records(jupref_fold_t *fold);


#endif /* JUPREF_FOLD_H */
