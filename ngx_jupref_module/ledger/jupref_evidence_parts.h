/*
 * Between the files of the evidence: how one node's transaction is heard, and
 * when two say the same.
 */

#ifndef JUPREF_EVIDENCE_PARTS_H
#define JUPREF_EVIDENCE_PARTS_H


#include "ledger/jupref_evidence.h"


/* Judges what witness->shown says, into witness->word. */
void jupref_evidence_hear(const jupref_evidence_t *evidence,
    jupref_witness_t *witness);

/* 1 when both say the same, and by the same balances. */
unsigned jupref_same_word(const jupref_word_t *one,
    const jupref_word_t *other);


#endif /* JUPREF_EVIDENCE_PARTS_H */
