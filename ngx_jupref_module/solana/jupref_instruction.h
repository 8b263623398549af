/*
 * The instructions of a parsed transaction, one after the other: which
 * program, which accounts, what data.
 *
 * Accounts are places in the list of keys that the message means: static
 * ones, then (v0) those looked up, writable before readonly.  Programs are
 * always static.  What jupref_transaction_parse() took is walked without a
 * step over; anything else is walked to where it stops making sense.
 */

#ifndef JUPREF_INSTRUCTION_H
#define JUPREF_INSTRUCTION_H


#include "solana/jupref_transaction.h"


/* Spans borrow from the transaction's bytes. */
typedef struct {
    unsigned                program;    /* place among the static keys */
    const jupref_pubkey_t  *program_id;
    jupref_bytes_t          accounts;   /* places, a byte each */
    jupref_bytes_t          data;
} jupref_instruction_t;


typedef struct {
    const jupref_transaction_t  *transaction;
    jupref_reader_t              headers;       /* v1: 4 bytes each */
    jupref_reader_t              reader;
    unsigned                     left;
} jupref_instruction_walk_t;


void jupref_instruction_walk(jupref_instruction_walk_t *walk,
    const jupref_transaction_t *transaction);

/* 1 with the next instruction, 0 behind the last. */
unsigned jupref_instruction_next(jupref_instruction_walk_t *walk,
    jupref_instruction_t *instruction);


#endif /* JUPREF_INSTRUCTION_H */
