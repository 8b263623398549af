/*
 * The fee law (see the header).
 */

#include "ledger/jupref_fee.h"

#include <string.h>

#include "base/jupref_assert.h"
#include "base/jupref_number.h"


unsigned
jupref_charged_bps(const jupref_terms_t *terms)
{
    if (terms->fee_bps < terms->discount_bps + JUPREF_FEE_BPS_MIN) {
        return JUPREF_FEE_BPS_MIN;
    }

    return terms->fee_bps - terms->discount_bps;
}


uint64_t
jupref_fee_on(uint64_t amount, unsigned bps)
{
    return jupref_mul_div(amount, bps, JUPREF_BPS_WHOLE);
}


void
jupref_fee_split(const jupref_terms_t *terms, uint64_t fee, unsigned earns,
    jupref_fee_split_t *split)
{
    uint64_t  partner, given;
    unsigned  level;

    partner = jupref_mul_div(fee, terms->partner_bps, JUPREF_BPS_WHOLE);
    given = 0;

    for (level = 0; level < JUPREF_LEVELS; level++) {
        split->level[level] = 0;

        if (earns & 1u << level) {
            split->level[level] = jupref_mul_div(partner,
                                                 terms->share_bps[level],
                                                 JUPREF_BPS_WHOLE);
            given += split->level[level];
        }
    }

    jupref_assert(given <= partner);

    split->jupiter_cut = fee - partner;
    split->platform = partner - given;
}


unsigned
jupref_terms_valid(const jupref_terms_t *terms)
{
    unsigned  level, shares;

    for (shares = 0, level = 0; level < JUPREF_LEVELS; level++) {
        shares += terms->share_bps[level];
    }

    return terms->fee_bps >= JUPREF_FEE_BPS_MIN
           && terms->fee_bps <= JUPREF_FEE_BPS_MAX
           && terms->discount_bps <= terms->fee_bps
           && shares <= JUPREF_BPS_WHOLE
           && terms->partner_bps <= JUPREF_BPS_WHOLE;
}


unsigned
jupref_terms_equal(const jupref_terms_t *one, const jupref_terms_t *other)
{
    unsigned  level;

    for (level = 0; level < JUPREF_LEVELS; level++) {
        if (one->share_bps[level] != other->share_bps[level]) {
            return 0;
        }
    }

    return one->fee_bps == other->fee_bps
           && one->discount_bps == other->discount_bps
           && one->partner_bps == other->partner_bps
           && memcmp(one->tier, other->tier, JUPREF_TIER_MAX) == 0;
}
