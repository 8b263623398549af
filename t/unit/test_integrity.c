/*
 * Fee integrity: what was asked and what was granted is counted under each
 * mint, and the first dropped fee of a mint is told.
 */

#include "ledger/jupref_integrity.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger_world.h"


static jupref_integrity_t *
integrity_new(void)
{
    jupref_integrity_t  *integrity;

    integrity = calloc(1, sizeof(jupref_integrity_t));
    assert_non_null(integrity);

    return integrity;
}


static unsigned
count(jupref_integrity_t *integrity, uint32_t mint,
    jupref_fee_verdict_e verdict, uint64_t now_ms)
{
    jupref_pubkey_t  fee_mint, account;

    fee_mint = mint_of(mint);
    account = wallet_of(1);

    return jupref_integrity_count(integrity, &fee_mint, &account, verdict,
                                  now_ms);
}


static void
each_verdict_is_counted_under_its_mint(void **state)
{
    jupref_pubkey_t          key;
    jupref_integrity_t      *integrity;
    jupref_integrity_row_t  *row;

    integrity = integrity_new();

    (void) count(integrity, 1, JUPREF_FEE_GRANTED, 10);
    (void) count(integrity, 1, JUPREF_FEE_GRANTED, 11);
    (void) count(integrity, 1, JUPREF_FEE_DROPPED, 12);
    (void) count(integrity, 1, JUPREF_FEE_UNSTATED, 13);
    (void) count(integrity, 2, JUPREF_FEE_UNSTATED, 14);

    assert_int_equal(integrity->count, 2);

    row = &integrity->rows[1];
    key = mint_of(1);
    assert_true(jupref_pubkey_equal(&row->mint, &key));
    key = wallet_of(1);
    assert_true(jupref_pubkey_equal(&row->referral_account, &key));
    assert_true(row->asked == 4);
    assert_true(row->granted == 2);
    assert_true(row->dropped == 1);
    assert_true(row->unstated == 1);
    assert_true(row->last_dropped_ms == 12);

    row = &integrity->rows[2];
    assert_true(row->asked == 1);
    assert_true(row->unstated == 1);
    assert_true(row->last_dropped_ms == 0);

    free(integrity);
}


static void
the_first_dropped_fee_of_a_mint_is_told_once(void **state)
{
    jupref_integrity_t  *integrity;

    integrity = integrity_new();

    assert_int_equal(count(integrity, 1, JUPREF_FEE_GRANTED, 1), 0);
    assert_int_equal(count(integrity, 1, JUPREF_FEE_UNSTATED, 1), 0);
    assert_int_equal(count(integrity, 1, JUPREF_FEE_DROPPED, 2), 1);
    assert_int_equal(count(integrity, 1, JUPREF_FEE_DROPPED, 3), 0);
    assert_int_equal(count(integrity, 2, JUPREF_FEE_DROPPED, 4), 1);
    assert_int_equal(count(integrity, 2, JUPREF_FEE_DROPPED, 5), 0);
    assert_true(integrity->rows[1].last_dropped_ms == 3);

    free(integrity);
}


static void
an_unstated_mint_has_a_row_of_its_own(void **state)
{
    jupref_pubkey_t      mint;
    jupref_integrity_t  *integrity;

    integrity = integrity_new();

    memset(&mint, 0, sizeof(jupref_pubkey_t));
    assert_int_equal(jupref_integrity_find(integrity, &mint), 0);

    (void) count(integrity, 0, JUPREF_FEE_UNSTATED, 1);
    (void) count(integrity, 0, JUPREF_FEE_UNSTATED, 2);

    assert_int_equal(jupref_integrity_find(integrity, &mint), 1);

    assert_int_equal(integrity->count, 1);
    assert_true(integrity->rows[1].asked == 2);
    assert_true(integrity->rows[0].asked == 0);

    free(integrity);
}


static void
mints_without_room_are_counted_together(void **state)
{
    uint32_t             mint;
    uint64_t             asked;
    jupref_integrity_t  *integrity;

    integrity = integrity_new();

    for (mint = 1; mint <= JUPREF_INTEGRITY_MINTS + 10; mint++) {
        (void) count(integrity, mint, JUPREF_FEE_GRANTED, mint);
    }

    assert_int_equal(integrity->count, JUPREF_INTEGRITY_MINTS);
    assert_true(integrity->rows[0].asked == 10);

    assert_int_equal(count(integrity, mint, JUPREF_FEE_DROPPED, 1), 1);
    assert_int_equal(count(integrity, mint + 1, JUPREF_FEE_DROPPED, 1), 0);

    /* those that have a row keep it */

    for (mint = 1; mint <= JUPREF_INTEGRITY_MINTS; mint++) {
        (void) count(integrity, mint, JUPREF_FEE_GRANTED, mint);
        assert_true(integrity->rows[mint].granted == 2);
    }

    for (mint = 1; mint <= JUPREF_INTEGRITY_MINTS; mint++) {
        assert_int_equal(jupref_integrity_find(integrity,
                                               &integrity->rows[mint].mint),
                         mint);
    }

    for (asked = 0, mint = 0; mint <= JUPREF_INTEGRITY_MINTS; mint++) {
        asked += integrity->rows[mint].asked;
    }

    assert_true(asked == 2 * JUPREF_INTEGRITY_MINTS + 12);

    free(integrity);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(each_verdict_is_counted_under_its_mint),
        cmocka_unit_test(the_first_dropped_fee_of_a_mint_is_told_once),
        cmocka_unit_test(an_unstated_mint_has_a_row_of_its_own),
        cmocka_unit_test(mints_without_room_are_counted_together)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
