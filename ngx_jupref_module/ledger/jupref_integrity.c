/*
 * Fee integrity (see the header).
 */

#include "ledger/jupref_integrity.h"

#include "base/jupref_table.h"


static jupref_integrity_row_t *jupref_integrity_row(
    jupref_integrity_t *integrity, const jupref_pubkey_t *mint);


unsigned
jupref_integrity_count(jupref_integrity_t *integrity,
    const jupref_pubkey_t *fee_mint, const jupref_pubkey_t *referral_account,
    jupref_fee_verdict_e verdict, uint64_t now_ms)
{
    jupref_integrity_row_t  *row;

    row = jupref_integrity_row(integrity, fee_mint);

    row->asked++;
    row->referral_account = *referral_account;

    switch (verdict) {

    case JUPREF_FEE_GRANTED:
        row->granted++;
        return 0;

    case JUPREF_FEE_UNSTATED:
        row->unstated++;
        return 0;

    default: /* JUPREF_FEE_DROPPED */
        row->last_dropped_ms = now_ms;
        return row->dropped++ == 0;
    }
}


static jupref_integrity_row_t *
jupref_integrity_row(jupref_integrity_t *integrity,
    const jupref_pubkey_t *mint)
{
    uint32_t                 slot;
    jupref_integrity_row_t  *row;

    slot = (uint32_t) jupref_hash(mint->bytes, JUPREF_PUBKEY_SIZE)
           % (2 * JUPREF_INTEGRITY_MINTS);

    while (integrity->slots[slot]) {
        row = &integrity->rows[integrity->slots[slot]];

        if (jupref_pubkey_equal(&row->mint, mint)) {
            return row;
        }

        slot = (slot + 1) % (2 * JUPREF_INTEGRITY_MINTS);
    }

    if (integrity->count == JUPREF_INTEGRITY_MINTS) {
        return &integrity->rows[0];
    }

    integrity->slots[slot] = (uint16_t) ++integrity->count;
    row = &integrity->rows[integrity->count];
    row->mint = *mint;

    return row;
}
