/*
 * The fee law: the parts add up to the fee, and none is larger than its
 * share, for every fee and every terms.
 */

#include "ledger/jupref_fee.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/jupref_number.h"
#include "ledger_world.h"


#define EVERYBODY  ((1u << JUPREF_LEVELS) - 1)


/* Exactly the law, in numbers wide enough to need no care. */
static void
check_split(const jupref_terms_t *terms, uint64_t fee, unsigned earns)
{
    unsigned            level;
    jupref_u128_t       partner, share, sum;
    jupref_fee_split_t  split;

    memset(&split, 0x5a, sizeof(split));
    jupref_fee_split(terms, fee, earns, &split);

    partner = (jupref_u128_t) fee * terms->partner_bps / 10000;
    sum = (jupref_u128_t) split.jupiter_cut + split.platform;

    for (level = 0; level < JUPREF_LEVELS; level++) {
        share = (earns >> level & 1)
                ? partner * terms->share_bps[level] / 10000 : 0;

        if (split.level[level] != share) {
            print_error("level %u of %llu gets %llu\n", level + 1,
                        (unsigned long long) fee,
                        (unsigned long long) split.level[level]);
            fail();
        }

        sum += split.level[level];
    }

    if (sum != fee || split.jupiter_cut != fee - partner
        || split.platform > partner)
    {
        print_error("the parts of %llu don't add up\n",
                    (unsigned long long) fee);
        fail();
    }
}


static void
small_fees_add_up_for_every_combination_of_shares(void **state)
{
    uint64_t        fee;
    unsigned        first, second, third, partner, earns;
    jupref_terms_t  terms;

    static const unsigned  shares[] = { 0, 1, 100, 500, 2000, 3333, 4000,
                                        9999, 10000 };
    static const unsigned  partners[] = { 0, 1, 7999, 8000, 9999, 10000 };

    for (first = 0; first < 9; first++) {
        for (second = 0; second < 9; second++) {
            for (third = 0; third < 9; third++) {
                if (shares[first] + shares[second] + shares[third] > 10000) {
                    continue;
                }

                terms = terms_of("t", 100, 0, shares[first], shares[second],
                                 shares[third]);

                for (partner = 0; partner < 6; partner++) {
                    terms.partner_bps = (uint16_t) partners[partner];

                    for (fee = 0; fee <= 130; fee++) {
                        for (earns = 0; earns <= EVERYBODY; earns++) {
                            check_split(&terms, fee, earns);
                        }
                    }
                }
            }
        }
    }
}


static void
fees_up_to_the_largest_add_up_for_random_shares(void **state)
{
    uint64_t        seed, fee;
    unsigned        i, left, first, second, third;
    jupref_terms_t  terms;

    seed = 1;

    for (i = 0; i < 200000; i++) {
        left = 10000;
        first = (unsigned) (random_next(&seed) % (left + 1));
        left -= first;
        second = (unsigned) (random_next(&seed) % (left + 1));
        left -= second;
        third = (i & 1) ? left : (unsigned) (random_next(&seed) % (left + 1));

        terms = terms_of("t", 100, 0, first, second, third);
        terms.partner_bps = (uint16_t) (random_next(&seed) % 10001);

        /* of every size, the largest ones too */

        fee = random_next(&seed) >> random_next(&seed) % 64;

        if (i % 100 == 0) {
            fee = UINT64_MAX - i / 100 % 3;
        }

        check_split(&terms, fee, (unsigned) random_next(&seed) & EVERYBODY);
    }
}


static void
the_largest_fee_can_be_given_away_whole(void **state)
{
    jupref_terms_t      terms;
    jupref_fee_split_t  split;

    terms = terms_of("t", 100, 0, 10000, 0, 0);
    terms.partner_bps = 10000;
    jupref_fee_split(&terms, UINT64_MAX, EVERYBODY, &split);

    assert_true(split.level[0] == UINT64_MAX);
    assert_true(split.platform == 0);
    assert_true(split.jupiter_cut == 0);
}


static void
whoever_does_not_earn_leaves_its_share_to_the_platform(void **state)
{
    jupref_terms_t      terms;
    jupref_fee_split_t  split;

    terms = terms_of("premium", 100, 10, 4000, 500, 100);

    jupref_fee_split(&terms, 1000000, EVERYBODY, &split);
    assert_true(split.jupiter_cut == 200000);
    assert_true(split.level[0] == 320000);
    assert_true(split.level[1] == 40000);
    assert_true(split.level[2] == 8000);
    assert_true(split.platform == 432000);

    jupref_fee_split(&terms, 1000000, 1u << 1, &split);
    assert_true(split.level[0] == 0);
    assert_true(split.level[1] == 40000);
    assert_true(split.level[2] == 0);
    assert_true(split.platform == 760000);

    jupref_fee_split(&terms, 1000000, 0, &split);
    assert_true(split.platform == 800000);
}


static void
the_platform_takes_what_rounding_leaves(void **state)
{
    jupref_terms_t      terms;
    jupref_fee_split_t  split;

    /* 9 -> partner 7 -> 2 and 2 of a third each */

    terms = terms_of("t", 100, 0, 3333, 3333, 3333);
    jupref_fee_split(&terms, 9, EVERYBODY, &split);

    assert_true(split.jupiter_cut == 2);
    assert_true(split.level[0] == 2);
    assert_true(split.level[1] == 2);
    assert_true(split.level[2] == 2);
    assert_true(split.platform == 1);
}


static void
the_charged_rate_is_the_fee_less_the_discount_but_never_under_50(void **state)
{
    unsigned        fee, discount, charged;
    jupref_terms_t  terms;

    for (fee = 0; fee <= 300; fee++) {
        for (discount = 0; discount <= 300; discount++) {
            terms = terms_of("t", fee, discount, 0, 0, 0);
            charged = jupref_charged_bps(&terms);

            assert_int_equal(charged, (int) fee - (int) discount > 50
                                      ? fee - discount : 50);
        }
    }

    terms = terms_of("t", UINT16_MAX, UINT16_MAX, 0, 0, 0);
    assert_int_equal(jupref_charged_bps(&terms), 50);
}


static void
a_fee_on_an_amount_is_floored(void **state)
{
    assert_true(jupref_fee_on(1000000, 2) == 200);
    assert_true(jupref_fee_on(4648441, 2) == 929);
    assert_true(jupref_fee_on(2103, 10) == 2);
    assert_true(jupref_fee_on(99, 100) == 0);
    assert_true(jupref_fee_on(UINT64_MAX, 10000) == UINT64_MAX);
    assert_true(jupref_fee_on(0, 255) == 0);
}


static void
terms_are_the_same_only_when_all_of_them_is(void **state)
{
    unsigned        i;
    jupref_terms_t  one, other;

    one = terms_of("premium", 100, 10, 4000, 500, 100);
    other = one;
    assert_true(jupref_terms_equal(&one, &other));

    for (i = 0; i < sizeof(jupref_terms_t); i++) {
        other = one;
        ((uint8_t *) &other)[i] ^= 1;
        assert_false(jupref_terms_equal(&one, &other));
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(small_fees_add_up_for_every_combination_of_shares),
        cmocka_unit_test(fees_up_to_the_largest_add_up_for_random_shares),
        cmocka_unit_test(the_largest_fee_can_be_given_away_whole),
        cmocka_unit_test(
            whoever_does_not_earn_leaves_its_share_to_the_platform),
        cmocka_unit_test(the_platform_takes_what_rounding_leaves),
        cmocka_unit_test(
            the_charged_rate_is_the_fee_less_the_discount_but_never_under_50),
        cmocka_unit_test(a_fee_on_an_amount_is_floored),
        cmocka_unit_test(terms_are_the_same_only_when_all_of_them_is)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
