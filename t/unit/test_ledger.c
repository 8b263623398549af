/*
 * The ledger but for its trades: each event does what it says, and each
 * refusal leaves the block byte for byte as it was.
 */

#include "ledger/jupref_ledger.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger_world.h"


#define REFERRED  terms_of("referred", 100, 10, 2000, 0, 0)
#define PREMIUM   terms_of("premium", 100, 10, 4000, 500, 100)


/* Wallet 1 with the code "alice". */
static jupref_ledger_t *
world_with_alice(void)
{
    jupref_ledger_t  *ledger;

    ledger = world_new(JUPREF_LEDGER_MIN);
    assert_applied(ledger, event_registered(ledger, 1, 0));
    assert_applied(ledger, event_code(ledger, "alice", 1, REFERRED));

    return ledger;
}


static void
a_block_of_any_size_from_the_least_on_holds_its_tables(void **state)
{
    void             *block;
    uint64_t          size, end;
    unsigned          table;
    jupref_ledger_t  *ledger;
    jupref_table_t   *last;

    for (size = JUPREF_LEDGER_MIN; size < 3 * JUPREF_LEDGER_MIN;
         size += 99999)
    {
        ledger = world_new(size);
        assert_true(jupref_ledger_check(ledger, size));
        assert_false(jupref_ledger_check(ledger, size + 1));

        end = sizeof(jupref_ledger_t);

        for (table = 0; table < JUPREF_TABLES; table++) {
            last = &ledger->tables[table];
            assert_true(last->slots_at >= end);
            end = last->rows_at
                  + ((uint64_t) last->capacity + 1) * last->row_size;
            assert_true(last->capacity >= 64);
        }

        assert_true(end <= size);

        /* and not much is left over */

        assert_true(size - end < size / 4);
        world_free(ledger);
    }

    block = calloc(1, JUPREF_LEDGER_MIN);
    assert_null(jupref_ledger_init(block, JUPREF_LEDGER_MIN - 1));
    assert_null(jupref_ledger_init(block, 0));
    assert_false(jupref_ledger_check(block, JUPREF_LEDGER_MIN));
    free(block);
}


static void
another_layout_is_told_apart(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = world_new(JUPREF_LEDGER_MIN);

    ledger->layout++;
    assert_false(jupref_ledger_check(ledger, ledger->size));
    ledger->layout--;
    ledger->magic++;
    assert_false(jupref_ledger_check(ledger, ledger->size));
    ledger->magic--;
    ledger->tables[JUPREF_TABLE_TRADES].row_size += 16;
    assert_false(jupref_ledger_check(ledger, ledger->size));

    world_free(ledger);
}


static void
every_name_and_text_is_there_and_its_own(void **state)
{
    unsigned  one, other;

    for (one = 0; one < JUPREF_LEDGER_RESULTS; one++) {
        assert_true(strlen(jupref_ledger_result_text(one)) > 0);

        for (other = 0; other < one; other++) {
            assert_string_not_equal(jupref_ledger_result_name(one),
                                    jupref_ledger_result_name(other));
        }
    }

    for (one = 0; one < JUPREF_TABLES; one++) {
        assert_true(strlen(jupref_table_name(one)) > 0);
    }

    for (one = 0; one < JUPREF_EVENT_TYPES; one++) {
        assert_true(strlen(jupref_event_name(one)) > 0);
    }

    assert_string_equal(jupref_event_name(JUPREF_EVENT_TRADE_UNKNOWN),
                        "trade.unknown");
    assert_string_equal(jupref_event_name(JUPREF_EVENT_REFERRER_REGISTERED),
                        "referrer.registered");
}


static void
events_come_in_sequence_without_a_gap(void **state)
{
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = world_new(JUPREF_LEDGER_MIN);

    event = event_registered(ledger, 1, 0);
    event.seq = 0;
    assert_refused(ledger, event, JUPREF_LEDGER_OUT_OF_ORDER);
    event.seq = 2;
    assert_refused(ledger, event, JUPREF_LEDGER_OUT_OF_ORDER);
    event.seq = 1;
    assert_applied(ledger, event);
    assert_true(ledger->seq == 1);
    assert_true(ledger->time_ms == event.time_ms);
    assert_refused(ledger, event, JUPREF_LEDGER_OUT_OF_ORDER);

    world_free(ledger);
}


static void
an_event_of_no_known_type_is_refused(void **state)
{
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = world_new(JUPREF_LEDGER_MIN);

    event = event_next(ledger, JUPREF_EVENT_NONE);
    assert_refused(ledger, event, JUPREF_LEDGER_BAD_EVENT);
    event = event_next(ledger, JUPREF_EVENT_TYPES);
    assert_refused(ledger, event, JUPREF_LEDGER_BAD_EVENT);

    world_free(ledger);
}


static void
a_ledger_whose_booking_was_cut_off_is_not_written_any_more(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = world_new(JUPREF_LEDGER_MIN);
    ledger->booking = 1;
    assert_refused(ledger, event_registered(ledger, 1, 0),
                   JUPREF_LEDGER_DAMAGED);

    world_free(ledger);
}


static void
a_registered_referrer_is_active_on_its_terms_under_its_parent(void **state)
{
    jupref_terms_t          terms;
    jupref_event_t          event;
    jupref_pubkey_t         key;
    jupref_ledger_t        *ledger;
    jupref_referrer_row_t  *row;

    ledger = world_new(JUPREF_LEDGER_MIN);
    assert_applied(ledger, event_registered(ledger, 1, 0));

    event = event_registered(ledger, 2, 1);
    assert_applied(ledger, event);

    row = referrer_of(ledger, 2);
    key = wallet_of(2);
    terms = REFERRED;
    assert_true(jupref_pubkey_equal(&row->wallet, &key));
    assert_int_equal(row->status, JUPREF_REFERRER_ACTIVE);
    assert_true(jupref_terms_equal(&row->terms, &terms));
    assert_true(row->registered_ms == event.time_ms);
    assert_ptr_equal(jupref_referrer(ledger, row->parent),
                     referrer_of(ledger, 1));
    assert_int_equal(referrer_of(ledger, 1)->parent, 0);

    world_free(ledger);
}


static void
a_registration_that_cannot_be_changes_nothing(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = world_with_alice();

    assert_refused(ledger, event_registered(ledger, 1, 0),
                   JUPREF_LEDGER_REFERRER_EXISTS);
    assert_refused(ledger, event_registered(ledger, 2, 3),
                   JUPREF_LEDGER_PARENT_UNKNOWN);
    assert_refused(ledger, event_registered(ledger, 2, 2),
                   JUPREF_LEDGER_PARENT_SELF);

    world_free(ledger);
}


static void
a_status_changes_to_active_or_suspended_only(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = world_with_alice();

    assert_refused(ledger, event_status(ledger, 1, JUPREF_REFERRER_ACTIVE),
                   JUPREF_LEDGER_NO_CHANGE);
    assert_refused(ledger, event_status(ledger, 2, JUPREF_REFERRER_SUSPENDED),
                   JUPREF_LEDGER_REFERRER_UNKNOWN);
    assert_refused(ledger, event_status(ledger, 1, 0),
                   JUPREF_LEDGER_BAD_EVENT);
    assert_refused(ledger, event_status(ledger, 1, 3),
                   JUPREF_LEDGER_BAD_EVENT);

    assert_applied(ledger, event_status(ledger, 1,
                                        JUPREF_REFERRER_SUSPENDED));
    assert_int_equal(referrer_of(ledger, 1)->status,
                     JUPREF_REFERRER_SUSPENDED);
    assert_refused(ledger, event_status(ledger, 1, JUPREF_REFERRER_SUSPENDED),
                   JUPREF_LEDGER_NO_CHANGE);
    assert_applied(ledger, event_status(ledger, 1, JUPREF_REFERRER_ACTIVE));
    assert_int_equal(referrer_of(ledger, 1)->status, JUPREF_REFERRER_ACTIVE);

    world_free(ledger);
}


static void
a_new_tier_is_a_new_version_of_the_codes_that_follow_it(void **state)
{
    jupref_terms_t    premium, own;
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = world_with_alice();
    premium = PREMIUM;
    own = terms_of("own", 60, 0, 100, 0, 0);

    event = event_code(ledger, "alice-own", 1, own);
    event.of.code_created.own_terms = 1;
    assert_applied(ledger, event);
    assert_applied(ledger, event_registered(ledger, 2, 0));
    assert_applied(ledger, event_code(ledger, "bob", 2, REFERRED));

    assert_refused(ledger, event_tier(ledger, 1, REFERRED),
                   JUPREF_LEDGER_NO_CHANGE);
    assert_refused(ledger, event_tier(ledger, 3, PREMIUM),
                   JUPREF_LEDGER_REFERRER_UNKNOWN);
    assert_applied(ledger, event_tier(ledger, 1, PREMIUM));

    assert_true(jupref_terms_equal(&referrer_of(ledger, 1)->terms, &premium));
    assert_true(jupref_terms_equal(&code_row_of(ledger, "alice")->terms,
                                   &premium));
    assert_int_equal(code_row_of(ledger, "alice")->version, 2);
    assert_true(jupref_terms_equal(&code_row_of(ledger, "alice-own")->terms,
                                   &own));
    assert_int_equal(code_row_of(ledger, "alice-own")->version, 1);
    assert_int_equal(code_row_of(ledger, "bob")->version, 1);

    world_free(ledger);
}


static void
a_code_is_its_owners_and_compared_without_case(void **state)
{
    jupref_terms_t          terms;
    jupref_ledger_t        *ledger;
    jupref_code_row_t      *row;
    jupref_referrer_row_t  *owner;

    ledger = world_new(JUPREF_LEDGER_MIN);
    assert_applied(ledger, event_registered(ledger, 1, 0));
    assert_applied(ledger, event_code(ledger, "Alice_9", 1, REFERRED));

    terms = REFERRED;
    owner = referrer_of(ledger, 1);
    row = code_row_of(ledger, "aLICE_9");
    assert_memory_equal(row->text, "Alice_9", 8);
    assert_memory_equal(row->key, "alice_9", 8);
    assert_int_equal(row->version, 1);
    assert_int_equal(row->retired, 0);
    assert_true(jupref_terms_equal(&row->terms, &terms));
    assert_ptr_equal(jupref_referrer(ledger, row->referrer), owner);
    assert_int_equal(owner->code_count, 1);
    assert_ptr_equal(jupref_code(ledger, owner->first_code), row);

    /* newest first */

    assert_applied(ledger, event_code(ledger, "second", 1, REFERRED));
    assert_int_equal(owner->code_count, 2);
    assert_ptr_equal(jupref_code(ledger, owner->first_code),
                     code_row_of(ledger, "second"));
    assert_ptr_equal(jupref_code(ledger, code_row_of(ledger, "second")->next),
                     row);

    world_free(ledger);
}


static void
a_code_is_never_given_to_somebody_else(void **state)
{
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = world_with_alice();
    assert_applied(ledger, event_registered(ledger, 2, 0));

    assert_refused(ledger, event_code(ledger, "alice", 2, REFERRED),
                   JUPREF_LEDGER_CODE_TAKEN);
    assert_refused(ledger, event_code(ledger, "ALICE", 2, REFERRED),
                   JUPREF_LEDGER_CODE_TAKEN);

    event = event_code(ledger, "alice", 2, REFERRED);
    event.of.code_created.configured = 1;
    assert_refused(ledger, event, JUPREF_LEDGER_CODE_TAKEN);

    /* not when it is retired, and not when its owner is suspended */

    assert_applied(ledger, event_retired(ledger, "alice"));
    assert_refused(ledger, event_code(ledger, "alice", 2, REFERRED),
                   JUPREF_LEDGER_CODE_TAKEN);
    assert_applied(ledger, event_status(ledger, 1,
                                        JUPREF_REFERRER_SUSPENDED));
    assert_refused(ledger, event_code(ledger, "alice", 2, REFERRED),
                   JUPREF_LEDGER_CODE_TAKEN);

    assert_refused(ledger, event_code(ledger, "bob", 3, REFERRED),
                   JUPREF_LEDGER_REFERRER_UNKNOWN);

    world_free(ledger);
}


static void
a_code_created_again_is_a_new_version_or_no_change(void **state)
{
    jupref_event_t      event;
    jupref_ledger_t    *ledger;
    jupref_code_row_t  *row;

    ledger = world_with_alice();
    row = code_row_of(ledger, "alice");

    assert_refused(ledger, event_code(ledger, "ALICE", 1, REFERRED),
                   JUPREF_LEDGER_NO_CHANGE);

    assert_applied(ledger, event_code(ledger, "ALICE", 1, PREMIUM));
    assert_int_equal(row->version, 2);
    assert_memory_equal(row->text, "alice", 6);
    assert_int_equal(referrer_of(ledger, 1)->code_count, 1);

    event = event_code(ledger, "alice", 1, PREMIUM);
    event.of.code_created.own_terms = 1;
    assert_applied(ledger, event);
    assert_int_equal(row->version, 3);
    assert_int_equal(row->own_terms, 1);

    event = event_code(ledger, "alice", 1, PREMIUM);
    event.of.code_created.own_terms = 1;
    event.of.code_created.configured = 1;
    assert_applied(ledger, event);
    assert_int_equal(row->configured, 1);

    world_free(ledger);
}


static void
a_retired_code_binds_nobody_until_its_owner_brings_it_back(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = world_with_alice();

    assert_refused(ledger, event_retired(ledger, "nobody"),
                   JUPREF_LEDGER_CODE_UNKNOWN);
    assert_applied(ledger, event_bound(ledger, 9, "alice"));
    assert_applied(ledger, event_retired(ledger, "Alice"));
    assert_int_equal(code_row_of(ledger, "alice")->retired, 1);
    assert_refused(ledger, event_retired(ledger, "alice"),
                   JUPREF_LEDGER_NO_CHANGE);
    assert_refused(ledger, event_bound(ledger, 10, "alice"),
                   JUPREF_LEDGER_CODE_RETIRED);

    /* who was bound stays so */

    assert_int_equal(code_row_of(ledger, "alice")->bound_wallets, 1);

    assert_applied(ledger, event_code(ledger, "alice", 1, REFERRED));
    assert_int_equal(code_row_of(ledger, "alice")->retired, 0);
    assert_int_equal(code_row_of(ledger, "alice")->version, 2);
    assert_applied(ledger, event_bound(ledger, 10, "alice"));

    world_free(ledger);
}


static void
a_wallet_is_bound_to_one_code_and_counted_there(void **state)
{
    uint32_t              index;
    jupref_event_t        event;
    jupref_pubkey_t       key;
    jupref_ledger_t      *ledger;
    jupref_wallet_row_t  *row;

    ledger = world_with_alice();
    assert_applied(ledger, event_registered(ledger, 2, 0));
    assert_applied(ledger, event_code(ledger, "bob", 2, REFERRED));

    assert_refused(ledger, event_bound(ledger, 9, "nobody"),
                   JUPREF_LEDGER_CODE_UNKNOWN);

    event = event_bound(ledger, 9, "ALICE");
    assert_applied(ledger, event);

    key = wallet_of(9);
    index = jupref_find_wallet(ledger, &key);
    assert_int_not_equal(index, 0);
    row = jupref_wallet(ledger, index);
    assert_ptr_equal(jupref_code(ledger, row->code),
                     code_row_of(ledger, "alice"));
    assert_true(row->bound_ms == event.time_ms);
    assert_int_equal(row->version, 1);
    assert_int_equal(code_row_of(ledger, "alice")->bound_wallets, 1);
    assert_int_equal(referrer_of(ledger, 1)->bound_wallets, 1);

    assert_refused(ledger, event_bound(ledger, 9, "alice"),
                   JUPREF_LEDGER_NO_CHANGE);

    /* bound anew, it leaves the one it was bound to */

    assert_applied(ledger, event_bound(ledger, 9, "bob"));
    assert_int_equal(jupref_find_wallet(ledger, &key), index);
    assert_int_equal(code_row_of(ledger, "alice")->bound_wallets, 0);
    assert_int_equal(referrer_of(ledger, 1)->bound_wallets, 0);
    assert_int_equal(code_row_of(ledger, "bob")->bound_wallets, 1);
    assert_int_equal(referrer_of(ledger, 2)->bound_wallets, 1);

    world_free(ledger);
}


static void
clicks_are_counted_for_code_referrer_and_platform(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = world_with_alice();
    assert_applied(ledger, event_code(ledger, "second", 1, REFERRED));

    assert_refused(ledger, event_clicks(ledger, "nobody", 1),
                   JUPREF_LEDGER_CODE_UNKNOWN);
    assert_refused(ledger, event_clicks(ledger, "alice", 0),
                   JUPREF_LEDGER_NO_CHANGE);

    assert_applied(ledger, event_clicks(ledger, "alice", UINT32_MAX));
    assert_applied(ledger, event_clicks(ledger, "alice", UINT32_MAX));
    assert_applied(ledger, event_clicks(ledger, "second", 5));

    assert_true(code_row_of(ledger, "alice")->clicks
                == 2 * (uint64_t) UINT32_MAX);
    assert_true(code_row_of(ledger, "second")->clicks == 5);
    assert_true(referrer_of(ledger, 1)->clicks
                == 2 * (uint64_t) UINT32_MAX + 5);
    assert_true(ledger->clicks == 2 * (uint64_t) UINT32_MAX + 5);

    world_free(ledger);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(
            a_block_of_any_size_from_the_least_on_holds_its_tables),
        cmocka_unit_test(another_layout_is_told_apart),
        cmocka_unit_test(every_name_and_text_is_there_and_its_own),
        cmocka_unit_test(events_come_in_sequence_without_a_gap),
        cmocka_unit_test(an_event_of_no_known_type_is_refused),
        cmocka_unit_test(
            a_ledger_whose_booking_was_cut_off_is_not_written_any_more),
        cmocka_unit_test(
            a_registered_referrer_is_active_on_its_terms_under_its_parent),
        cmocka_unit_test(a_registration_that_cannot_be_changes_nothing),
        cmocka_unit_test(a_status_changes_to_active_or_suspended_only),
        cmocka_unit_test(
            a_new_tier_is_a_new_version_of_the_codes_that_follow_it),
        cmocka_unit_test(a_code_is_its_owners_and_compared_without_case),
        cmocka_unit_test(a_code_is_never_given_to_somebody_else),
        cmocka_unit_test(a_code_created_again_is_a_new_version_or_no_change),
        cmocka_unit_test(
            a_retired_code_binds_nobody_until_its_owner_brings_it_back),
        cmocka_unit_test(a_wallet_is_bound_to_one_code_and_counted_there),
        cmocka_unit_test(clicks_are_counted_for_code_referrer_and_platform)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
