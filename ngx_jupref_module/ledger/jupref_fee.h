/*
 * The fee law: what a trade is charged and how a fee is divided (design,
 * "Money").
 *
 * Everything is base units of one mint.  The platform takes what rounding
 * leaves, so the parts always add up to the fee and nobody is owed more than
 * was received.
 */

#ifndef JUPREF_FEE_H
#define JUPREF_FEE_H


#include <stdint.h>


#define JUPREF_LEVELS        3          /* referrers that may earn on a trade */
#define JUPREF_TIER_MAX      24         /* characters of a tier's name */

/* Jupiter's bounds of referralFee, in basis points. */
#define JUPREF_FEE_BPS_MIN   50
#define JUPREF_FEE_BPS_MAX   255

/* What Jupiter leaves the integrator of a referral fee. */
#define JUPREF_PARTNER_BPS   8000


/* A tier's terms, as they are fixed when a code gets them. */
typedef struct {
    uint8_t   tier[JUPREF_TIER_MAX];    /* name, zeroes behind it */
    uint16_t  fee_bps;                  /* before the discount */
    uint16_t  discount_bps;
    uint16_t  share_bps[JUPREF_LEVELS]; /* of the partner's part */
    uint16_t  partner_bps;              /* of the fee */
} jupref_terms_t;


typedef struct {
    uint64_t  jupiter_cut;
    uint64_t  platform;
    uint64_t  level[JUPREF_LEVELS];
} jupref_fee_split_t;


/* The rate asked of Jupiter: never under its lower bound. */
unsigned jupref_charged_bps(const jupref_terms_t *terms);

/* floor(amount × charged rate) */
uint64_t jupref_fee_on(uint64_t amount, unsigned bps);

/* `earns` has bit i set when level i + 1 exists and may earn. */
void jupref_fee_split(const jupref_terms_t *terms, uint64_t fee,
    unsigned earns, jupref_fee_split_t *split);

/* 1 for a rate Jupiter takes, a discount within it, and shares that give away
 * no more than there is. */
unsigned jupref_terms_valid(const jupref_terms_t *terms);

/* 1 when both are the same terms, name included. */
unsigned jupref_terms_equal(const jupref_terms_t *one,
    const jupref_terms_t *other);


#endif /* JUPREF_FEE_H */
