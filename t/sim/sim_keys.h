/*
 * Wallets, mints, codes, signatures and requestIds made from small numbers,
 * and the numbers back from them; 0 is "none".
 */

#ifndef SIM_KEYS_H
#define SIM_KEYS_H


#include "ledger/jupref_event.h"


void sim_key(uint8_t *bytes, size_t len, char kind, uint32_t number);
uint32_t sim_number(const uint8_t *bytes);
void sim_code(jupref_code_name_t *code, unsigned number);

/* One of the operator's tiers: 0 to SIM_TERMS - 1. */
#define SIM_TERMS  5

void sim_terms(jupref_terms_t *terms, unsigned number);


#endif /* SIM_KEYS_H */
