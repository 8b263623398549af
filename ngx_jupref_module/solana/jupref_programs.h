/*
 * Programs we know by their ids, and what each is to a swap (facts: the
 * programs' own repositories and Jupiter's decoded swaps).
 *
 * One table: a router more is a row.  A router is what may take the fee of a
 * swap; plumbing is what every wallet puts around anything (budget, accounts,
 * transfers, memo), which alone makes no swap.
 */

#ifndef JUPREF_PROGRAMS_H
#define JUPREF_PROGRAMS_H


#include "solana/jupref_pubkey.h"


typedef enum {
    JUPREF_PROGRAM_UNKNOWN = 0,
    JUPREF_PROGRAM_PLUMBING,
    JUPREF_PROGRAM_ROUTER,
    JUPREF_PROGRAM_RFQ,                 /* a router that settles fees later */
    JUPREF_PROGRAM_REFERRAL             /* Jupiter's referral program */
} jupref_program_kind_e;


typedef struct {
    jupref_pubkey_t        id;
    jupref_program_kind_e  kind;
    const char            *name;        /* "jupiter_v6": stable */
} jupref_program_t;


extern const jupref_pubkey_t  jupref_system_program;
extern const jupref_pubkey_t  jupref_loader_program;    /* upgradeable */


/* NULL for a program that isn't in the table. */
const jupref_program_t *jupref_program(const jupref_pubkey_t *id);

jupref_program_kind_e jupref_program_kind(const jupref_pubkey_t *id);


#endif /* JUPREF_PROGRAMS_H */
