/*
 * Derived addresses: those that Jupiter's integrators and the SDKs publish.
 */

#include "base/jupref_digest.h"
#include "solana/jupref_address.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>


#define LOADER  "BPFLoaderUpgradeab1e11111111111111111111111"


static jupref_bytes_t
span(const char *text)
{
    return (jupref_bytes_t) { (const uint8_t *) text, strlen(text) };
}


static jupref_pubkey_t
key_of(const char *text)
{
    jupref_pubkey_t  key;

    assert_true(jupref_pubkey_parse(&key, span(text)));

    return key;
}


static void
assert_key(const jupref_pubkey_t *key, const char *expected)
{
    char  text[JUPREF_PUBKEY_TEXT + 1];

    text[jupref_pubkey_format((uint8_t *) text, key)] = '\0';
    assert_string_equal(text, expected);
}


static void
the_programs_are_those_of_their_published_ids(void **state)
{
    assert_key(&jupref_token_program,
               "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
    assert_key(&jupref_token_2022_program,
               "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");
    assert_key(&jupref_associated_token_program,
               "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
    assert_key(&jupref_referral_program,
               "REFER4ZgmyYx9c6He5XfaTMiGfdLwRnkV4RPp9t9iF3");
    assert_key(&jupref_ultra_project,
               "DkiqsTrw1u1bYFumumC7sCG2S8K25qc2vemJFHyW2wJc");
}


static void
named_referral_accounts_are_where_the_program_puts_them(void **state)
{
    jupref_pubkey_t  account;

    assert_true(jupref_find_referral_account(&account, &jupref_ultra_project,
                                             jupref_bytes("Ryntra")));
    assert_key(&account, "F9pV233uBksW4U1BKiK7u9qShgXkwoR6F8MzU4FZYPUv");

    assert_true(jupref_find_referral_account(&account, &jupref_ultra_project,
                                    jupref_bytes("insert-name-here")));
    assert_key(&account, "9P182CKHdFyP162xrTGLZiVafMNDJ89wGR1SHXrpRrgn");
}


static void
referral_token_accounts_are_the_associated_ones(void **state)
{
    jupref_pubkey_t  referral, mint, account, wrapped;

    wrapped = key_of("So11111111111111111111111111111111111111112");
    referral = key_of("F9pV233uBksW4U1BKiK7u9qShgXkwoR6F8MzU4FZYPUv");

    mint = key_of("So11111111111111111111111111111111111111112");
    assert_true(jupref_find_token_account(&account, &referral, &mint,
                                          &jupref_token_program));
    assert_key(&account, "A3QWi67fFpQ2PrGXghjLMQdWAkHeN43NbFp9FxpCeorY");

    mint = key_of("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v");
    assert_true(jupref_find_token_account(&account, &referral, &mint,
                                          &jupref_token_program));
    assert_key(&account, "55p9Zk8tzq6YhnPgopW5X1sX5kHX1v1zuRiQNwqa5hYH");

    assert_true(jupref_find_referral_ata(&account, &referral, &wrapped));
    assert_key(&account, "13AqewepMKp4v7rA2Q9Gc1G8s6MyG58qjvrDjA1JJTZA");

    /* the token program is part of the seeds */

    assert_true(jupref_find_token_account(&account, &referral, &wrapped,
                                          &jupref_token_2022_program));
    assert_key(&account, "E1qU8Z3SH941kaicFyF51w4fNQ3v8uSS1nmmAbW7Xsdt");
    assert_true(jupref_find_token_account(&account, &referral, &mint,
                                          &jupref_token_2022_program));
    assert_false(jupref_pubkey_equal(&account, &mint));
    mint = key_of("55p9Zk8tzq6YhnPgopW5X1sX5kHX1v1zuRiQNwqa5hYH");
    assert_false(jupref_pubkey_equal(&account, &mint));
}


/* By web3.js. */
static void
code_and_authorities_are_where_the_sdk_finds_them(void **state)
{
    jupref_pubkey_t  address;

    assert_true(jupref_find_program_data(&address, &jupref_referral_program));
    assert_key(&address, "3RzkAXG2447MDumBt6Cn1djaSaqoeKt4knbT71yMutsy");

    assert_true(jupref_find_project_authority(&address,
                                              &jupref_ultra_project));
    assert_key(&address, "GK2gpZkFvqQdDzpdeTa1Vv3BphLWVUBbJsuWmHKzEYko");
}


typedef struct {
    const char  *program;
    const char  *seed;
    const char  *address;
    uint8_t      bump;
} derived_t;


static void
addresses_and_bumps_are_those_of_the_sdk(void **state)
{
    size_t           i;
    uint8_t          bump;
    jupref_bytes_t   seed;
    jupref_pubkey_t  address, program;

    /* the last ones took 255 - bump wrong tries each (web3.js) */

    static const derived_t  derived[] = {
        { "JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4",
          "__event_authority",
          "D8cy77BBepLMngZx6ZukaTff5hCt1HrWyKk3Hnd9oitf", 255 },
        { LOADER, "", "DNKLRoKoM7XxX2iW1PTnqo6iP6CPpVDBgeN9hrpu2R2R", 253 },
        { LOADER, "seed16",
          "47MaEYTz65kn27Hu1Cf828khtnXWHs3C1GW1qL9Gj7XC", 250 },
        { LOADER, "seed913",
          "4UwmrPJPuhL7mrGpJxHnEBD8yYF1odrUoMVDvWmFHuGZ", 245 },
        { LOADER, "seed1753",
          "vDCiFAs1mjFshaae3wCS8U1XNwRqtMJZzVdYbV1AHFf", 243 }
    };

    for (i = 0; i < sizeof(derived) / sizeof(derived[0]); i++) {
        program = key_of(derived[i].program);
        seed = span(derived[i].seed);

        assert_true(jupref_find_address(&address, &bump, &seed, 1, &program));
        assert_key(&address, derived[i].address);
        assert_int_equal(bump, derived[i].bump);
    }
}


static void
several_seeds_are_simply_joined(void **state)
{
    uint8_t          bump, bytes[15][JUPREF_SEED_MAX];
    unsigned         i;
    jupref_bytes_t   seeds[15];
    jupref_pubkey_t  address, program;

    program = key_of(LOADER);

    assert_true(jupref_find_address(&address, &bump, NULL, 0, &program));
    assert_key(&address, "DNKLRoKoM7XxX2iW1PTnqo6iP6CPpVDBgeN9hrpu2R2R");

    seeds[0] = jupref_bytes("Talking");
    seeds[1] = jupref_bytes("Squirrels");
    assert_true(jupref_find_address(&address, &bump, seeds, 2, &program));
    assert_key(&address, "HTqKuCuTUMwRJV4ceegG2CwYRxub4qjpj9DEg3nz1NGF");
    assert_int_equal(bump, 255);

    /* all the room there is */

    for (i = 0; i < 15; i++) {
        memset(bytes[i], (int) i, JUPREF_SEED_MAX);
        seeds[i].data = bytes[i];
        seeds[i].len = JUPREF_SEED_MAX;
    }

    assert_true(jupref_find_address(&address, &bump, seeds, 15, &program));
    assert_key(&address, "8arXiGZsqDfL6sNBdtpkdSKKtTYiRX7qweoMZG49D41n");
    assert_int_equal(bump, 255);
}


static void
a_v1_referral_token_account_can_be_derived_too(void **state)
{
    uint8_t          bump;
    jupref_bytes_t   seeds[3];
    jupref_pubkey_t  address, referral, mint;

    referral = key_of("F9pV233uBksW4U1BKiK7u9qShgXkwoR6F8MzU4FZYPUv");
    mint = key_of("So11111111111111111111111111111111111111112");

    seeds[0] = jupref_bytes("referral_ata");
    seeds[1] = (jupref_bytes_t) { referral.bytes, JUPREF_PUBKEY_SIZE };
    seeds[2] = (jupref_bytes_t) { mint.bytes, JUPREF_PUBKEY_SIZE };

    assert_true(jupref_find_address(&address, &bump, seeds, 3,
                                    &jupref_referral_program));
    assert_key(&address, "13AqewepMKp4v7rA2Q9Gc1G8s6MyG58qjvrDjA1JJTZA");
    assert_int_equal(bump, 255);
}


static void
too_many_or_too_long_seeds_have_no_address(void **state)
{
    uint8_t          bump, bytes[JUPREF_SEED_MAX + 1];
    unsigned         i;
    jupref_bytes_t   seeds[JUPREF_SEEDS_MAX + 1];
    jupref_pubkey_t  address;

    memset(bytes, 7, sizeof(bytes));

    for (i = 0; i < JUPREF_SEEDS_MAX + 1; i++) {
        seeds[i] = jupref_bytes("a");
    }

    assert_true(jupref_find_address(&address, &bump, seeds, JUPREF_SEEDS_MAX,
                                    &jupref_referral_program));
    assert_false(jupref_find_address(&address, &bump, seeds,
                                     JUPREF_SEEDS_MAX + 1,
                                     &jupref_referral_program));

    seeds[0] = (jupref_bytes_t) { bytes, JUPREF_SEED_MAX };
    assert_true(jupref_find_address(&address, &bump, seeds, 1,
                                    &jupref_referral_program));
    seeds[0].len++;
    assert_false(jupref_find_address(&address, &bump, seeds, 1,
                                     &jupref_referral_program));
    assert_false(jupref_find_referral_account(&address, &jupref_ultra_project,
                                              seeds[0]));
}


static void
points_of_the_curve_are_told_from_what_is_none(void **state)
{
    size_t   i;
    uint8_t  point[JUPREF_PUBKEY_SIZE];

    /* the runtime's verdict: y reduced, the sign of x not looked at */

    static const struct {
        const char  *hex;
        int          verdict;
    }  points[] = {
        { "00000000000000000000000000000000"
          "00000000000000000000000000000000", 1 },
        { "01000000000000000000000000000000"
          "00000000000000000000000000000000", 1 },
        { "01000000000000000000000000000000"
          "00000000000000000000000000000080", 1 },
        { "02000000000000000000000000000000"
          "00000000000000000000000000000000", 0 },
        { "02000000000000000000000000000000"
          "00000000000000000000000000000080", 0 },
        { "03000000000000000000000000000000"
          "00000000000000000000000000000000", 1 },
        { "05000000000000000000000000000000"
          "00000000000000000000000000000080", 1 },
        { "ecffffffffffffffffffffffffffffff"
          "ffffffffffffffffffffffffffffff7f", 1 },          /* p - 1 */
        { "edffffffffffffffffffffffffffffff"
          "ffffffffffffffffffffffffffffff7f", 1 },          /* p: 0 */
        { "eeffffffffffffffffffffffffffffff"
          "ffffffffffffffffffffffffffffff7f", 1 },          /* p + 1 */
        { "efffffffffffffffffffffffffffffff"
          "ffffffffffffffffffffffffffffff7f", 0 },          /* p + 2 */
        { "58666666666666666666666666666666"
          "66666666666666666666666666666666", 1 },          /* base point */
        { "8a88e3dd7409f195fd52db2d3cba5d72"
          "ca6709bf1d94121bf3748801b40f6f5c", 1 },          /* a wallet */
        { "d75a980182b10ab7d54bfed3c964073a"
          "0ee172f3daa62325af021a68f707511a", 1 }           /* RFC 8032 */
    };

    for (i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        assert_true(jupref_hex_decode(point, sizeof(point),
                                      span(points[i].hex)));

        if (jupref_is_on_curve(point) != points[i].verdict) {
            fail_msg("%s", points[i].hex);
        }
    }
}


static void
half_of_all_hashes_are_points(void **state)
{
    char      text[16];
    uint8_t   digest[JUPREF_SHA256_SIZE];
    unsigned  i, on;

    on = 0;

    for (i = 0; i < 2000; i++) {
        snprintf(text, sizeof(text), "hash %u", i);
        assert_true(jupref_sha256(digest, span(text)));
        on += (unsigned) jupref_is_on_curve(digest);
    }

    assert_in_range(on, 900, 1100);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_programs_are_those_of_their_published_ids),
        cmocka_unit_test(
            named_referral_accounts_are_where_the_program_puts_them),
        cmocka_unit_test(referral_token_accounts_are_the_associated_ones),
        cmocka_unit_test(code_and_authorities_are_where_the_sdk_finds_them),
        cmocka_unit_test(addresses_and_bumps_are_those_of_the_sdk),
        cmocka_unit_test(several_seeds_are_simply_joined),
        cmocka_unit_test(a_v1_referral_token_account_can_be_derived_too),
        cmocka_unit_test(too_many_or_too_long_seeds_have_no_address),
        cmocka_unit_test(points_of_the_curve_are_told_from_what_is_none),
        cmocka_unit_test(half_of_all_hashes_are_points)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
