/*
 * Fee integrity (see the header).
 */

#include "ledger/jupref_integrity.h"

#include "base/jupref_table.h"


static uint32_t jupref_integrity_slot(const jupref_integrity_t *integrity,
    const jupref_pubkey_t *mint);
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


uint32_t
jupref_integrity_find(const jupref_integrity_t *integrity,
    const jupref_pubkey_t *mint)
{
    return integrity->slots[jupref_integrity_slot(integrity, mint)];
}


/* Of the mint's row, or a free one: never more than half of them are taken. */

static uint32_t
jupref_integrity_slot(const jupref_integrity_t *integrity,
    const jupref_pubkey_t *mint)
{
    uint32_t  slot;

    slot = (uint32_t) jupref_hash(mint->bytes, JUPREF_PUBKEY_SIZE)
           % (2 * JUPREF_INTEGRITY_MINTS);

    while (integrity->slots[slot]
           && !jupref_pubkey_equal(
                  &integrity->rows[integrity->slots[slot]].mint, mint))
    {
        slot = (slot + 1) % (2 * JUPREF_INTEGRITY_MINTS);
    }

    return slot;
}


static jupref_integrity_row_t *
jupref_integrity_row(jupref_integrity_t *integrity,
    const jupref_pubkey_t *mint)
{
    uint32_t                 slot;
    jupref_integrity_row_t  *row;

    slot = jupref_integrity_slot(integrity, mint);

    if (integrity->slots[slot]) {
        return &integrity->rows[integrity->slots[slot]];
    }

    if (integrity->count == JUPREF_INTEGRITY_MINTS) {
        return &integrity->rows[0];
    }

    integrity->slots[slot] = (uint16_t) ++integrity->count;
    row = &integrity->rows[integrity->count];
    row->mint = *mint;

    return row;
}
