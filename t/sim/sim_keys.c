/*
 * Keys from small numbers (see the header).
 */

#include "sim_keys.h"

#include <stdio.h>
#include <string.h>


/* The number in the first four bytes, then one kind of byte. */

void
sim_key(uint8_t *bytes, size_t len, char kind, uint32_t number)
{
    unsigned  i;

    memset(bytes, number ? kind : 0, len);

    for (i = 0; i < 4; i++) {
        bytes[i] = (uint8_t) (number >> (8 * i));
    }
}


uint32_t
sim_number(const uint8_t *bytes)
{
    unsigned  i;
    uint32_t  number;

    number = 0;

    for (i = 0; i < 4; i++) {
        number |= (uint32_t) bytes[i] << (8 * i);
    }

    return number;
}


void
sim_code(jupref_code_name_t *code, unsigned number)
{
    char  text[JUPREF_CODE_MAX];

    memset(code, 0, sizeof(jupref_code_name_t));

    if (number > 0) {
        snprintf(text, sizeof(text), "Code-%u", number);
        jupref_code_name_set(code, (jupref_bytes_t) {
                                       (const uint8_t *) text, strlen(text) });
    }
}


void
sim_terms(jupref_terms_t *terms, unsigned number)
{
    static const uint16_t  shares[SIM_TERMS][JUPREF_LEVELS] = {
        { 2000, 0, 0 }, { 4000, 500, 100 }, { 3333, 3333, 3334 },
        { 1500, 1, 0 }, { 10000, 0, 0 }
    };

    memset(terms, 0, sizeof(jupref_terms_t));
    terms->tier[0] = (uint8_t) ('a' + number);
    terms->fee_bps = (uint16_t) (60 + 10 * number);
    terms->discount_bps = (uint16_t) (2 * number);
    memcpy(terms->share_bps, shares[number], sizeof(terms->share_bps));
    terms->partner_bps = number == 2 ? 7777 : JUPREF_PARTNER_BPS;
}
