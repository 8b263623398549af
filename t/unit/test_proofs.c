/*
 * What waits for proof: who is in the queue, how it is walked while trades
 * come and go, and what a late proof is worth.
 */

#include "books_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger/jupref_evidence.h"
#include "ledger/jupref_series.h"
#include "ledger/jupref_upkeep.h"
#include "ledger/jupref_view.h"


#define LIMIT         3
#define MANY          20000
#define MANY_INTENTS  6000


static jupref_proof_view_t  views[LIMIT];


/* What is told next, as numbers of signatures: "2 3 4". */
static void
assert_told(const jupref_ledger_t *ledger, jupref_proofs_e proofs,
    jupref_cursor_t *cursor, const char *expected)
{
    char                 told[64], number[8];
    unsigned             count, i, signature;
    jupref_signature_t   key;

    count = jupref_view_proofs(ledger, proofs, cursor, LIMIT, views);
    assert_in_range(count, 0, LIMIT);
    told[0] = '\0';

    for (i = 0; i < count; i++) {
        for (signature = 1; signature < 100; signature++) {
            key = signature_of(signature);

            if (memcmp(key.bytes, views[i].row.signature.bytes,
                       JUPREF_SIGNATURE_SIZE) == 0)
            {
                snprintf(number, sizeof(number), "%s%u", i ? " " : "",
                         signature);
                strcat(told, number);
            }
        }
    }

    assert_string_equal(told, expected);
}


static void
trades_are_told_oldest_first_and_then_what_came_since(void **state)
{
    uint32_t          signature;
    jupref_cursor_t   cursor = { 0, 0 };
    jupref_pubkey_t   mint;
    jupref_ledger_t  *ledger;

    ledger = books_world();

    for (signature = 2; signature <= 5; signature++) {
        assert_applied(ledger, event_trade(ledger, signature, 9, "two"));
    }

    assert_told(ledger, JUPREF_PROOFS_AWAITED, &cursor, "1 2 3");
    mint = mint_of(1);
    assert_true(jupref_pubkey_equal(&views[0].fee_mint, &mint));
    assert_told(ledger, JUPREF_PROOFS_AWAITED, &cursor, "4 5");
    assert_told(ledger, JUPREF_PROOFS_AWAITED, &cursor, "");

    assert_applied(ledger, event_unknown(ledger, 6, 9, "two"));
    assert_told(ledger, JUPREF_PROOFS_AWAITED, &cursor, "6");
    assert_told(ledger, JUPREF_PROOFS_AWAITED, &cursor, "");

    /* an unknown one that turns out executed is a new one */

    assert_applied(ledger, event_trade(ledger, 6, 9, "two"));
    assert_told(ledger, JUPREF_PROOFS_AWAITED, &cursor, "6");

    world_free(ledger);
}


static void
the_walk_goes_on_where_the_trade_it_stood_at_has_left(void **state)
{
    uint32_t          signature;
    jupref_cursor_t   cursor = { 0, 0 };
    jupref_ledger_t  *ledger;

    ledger = books_world();

    for (signature = 2; signature <= 8; signature++) {
        assert_applied(ledger, event_trade(ledger, signature, 9, "two"));
    }

    assert_told(ledger, JUPREF_PROOFS_AWAITED, &cursor, "1 2 3");
    assert_applied(ledger, event_verified(ledger, 3, FEE, 1));
    assert_applied(ledger, event_ruled(ledger, REJECTED, 4));
    assert_told(ledger, JUPREF_PROOFS_AWAITED, &cursor, "5 6 7");

    /* the last ones leave, others come behind them */

    assert_applied(ledger, event_ruled(ledger, EXPIRED, 7));
    assert_applied(ledger, event_ruled(ledger, UNPROVED, 8));
    assert_told(ledger, JUPREF_PROOFS_AWAITED, &cursor, "");
    assert_applied(ledger, event_trade(ledger, 9, 9, "two"));
    assert_told(ledger, JUPREF_PROOFS_AWAITED, &cursor, "9");

    /* also where the row it stood at has become another trade's */

    assert_applied(ledger, event_ruled(ledger, REJECTED, 9));
    assert_applied(ledger, event_archived(ledger, 9));
    assert_applied(ledger, event_trade(ledger, 10, 9, "two"));
    assert_applied(ledger, event_trade(ledger, 11, 9, "two"));
    assert_told(ledger, JUPREF_PROOFS_AWAITED, &cursor, "10 11");

    /* and from the beginning, where the first ones have gone */

    assert_applied(ledger, event_ruled(ledger, REJECTED, 1));
    cursor.index = 0;
    assert_told(ledger, JUPREF_PROOFS_AWAITED, &cursor, "2 5 6");

    world_free(ledger);
}


static void
what_nobody_could_prove_is_kept_in_a_queue_of_its_own(void **state)
{
    uint32_t          signature;
    jupref_cursor_t   cursor = { 0, 0 };
    jupref_ledger_t  *ledger;

    ledger = books_world();

    for (signature = 2; signature <= 5; signature++) {
        assert_applied(ledger, event_trade(ledger, signature, 9, "two"));
    }

    assert_told(ledger, JUPREF_PROOFS_MISSED, &cursor, "");
    assert_applied(ledger, event_ruled(ledger, UNPROVED, 4));
    assert_applied(ledger, event_ruled(ledger, UNPROVED, 2));
    assert_told(ledger, JUPREF_PROOFS_MISSED, &cursor, "4 2");
    assert_applied(ledger, event_ruled(ledger, UNPROVED, 3));
    assert_applied(ledger, event_verified(ledger, 2, FEE, 1));
    assert_told(ledger, JUPREF_PROOFS_MISSED, &cursor, "3");

    cursor.index = 0;
    assert_told(ledger, JUPREF_PROOFS_AWAITED, &cursor, "1 5");

    world_free(ledger);
}


static uint64_t
traded(const jupref_ledger_t *ledger)
{
    uint32_t             day;
    jupref_series_row_t  row;

    day = (uint32_t) (ledger->time_ms / 86400000);
    assert_int_equal(jupref_series_read(ledger, JUPREF_BY_DAY,
                                        JUPREF_OWNER_PLATFORM, day, day, 1,
                                        &row), 1);

    return row.trades;
}


/* From unknown by way of unproved, or from executed by that way. */
static void
a_late_proof_is_worth_what_an_early_one_is(void **state)
{
    unsigned          executed;
    jupref_ledger_t  *early, *late;

    for (executed = 0; executed < 2; executed++) {
        early = books_world();
        late = books_world();

        assert_applied(early, event_trade(early, 2, 9, "three"));
        assert_applied(early, event_verified(early, 2, FEE, 1));

        assert_applied(late, executed ? event_trade(late, 2, 9, "three")
                                      : event_unknown(late, 2, 9, "three"));
        assert_applied(late, event_ruled(late, UNPROVED, 2));
        assert_int_equal(trade_row_of(late, 2)->state, JUPREF_STATE_UNPROVED);
        assert_true(late->volume_micro_usd == 100000000);
        assert_refused(late, event_ruled(late, UNPROVED, 2),
                       JUPREF_LEDGER_WRONG_STATE);
        assert_applied(late, event_verified(late, 2, FEE, 1));

        assert_true(held_of(late, 3, 1, PENDING) > 0);
        assert_true(held_of(late, 3, 1, PENDING)
                    == held_of(early, 3, 1, PENDING));
        assert_true(late->volume_micro_usd == early->volume_micro_usd);
        assert_true(referrer_of(late, 3)->volume_micro_usd
                    == referrer_of(early, 3)->volume_micro_usd);
        assert_true(referrer_of(late, 3)->earned_micro_usd
                    == referrer_of(early, 3)->earned_micro_usd);
        assert_true(traded(late) == traded(early));
        assert_books(late);

        world_free(early);
        world_free(late);
    }
}


static void
a_ruling_is_told_with_its_reason_and_time(void **state)
{
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = books_world();

    event = event_ruled(ledger, UNPROVED, 1);
    memset(event.of.trade_ruled.reason, 0, JUPREF_REASON_MAX);
    memcpy(event.of.trade_ruled.reason, "history_gone", 12);
    assert_applied(ledger, event);
    assert_int_equal(trade_row_of(ledger, 1)->reason,
                     JUPREF_REASON_HISTORY_GONE);
    assert_true(trade_row_of(ledger, 1)->ruled_ms == ledger->time_ms);

    assert_applied(ledger, event_ruled(ledger, REJECTED, 1));
    assert_int_equal(trade_row_of(ledger, 1)->reason, JUPREF_REASON_MANUAL);

    /* verified, so nothing is wrong with it any more */

    assert_applied(ledger, event_trade(ledger, 2, 9, "three"));
    assert_applied(ledger, event_ruled(ledger, UNPROVED, 2));
    assert_applied(ledger, event_verified(ledger, 2, FEE, 1));
    assert_int_equal(trade_row_of(ledger, 2)->reason, JUPREF_REASON_NONE);
    assert_true(trade_row_of(ledger, 2)->ruled_ms == 0);
    assert_true(trade_row_of(ledger, 2)->verified_ms == ledger->time_ms);

    world_free(ledger);
}


static void
an_unproved_trade_stays_a_month_before_it_may_leave_the_table(void **state)
{
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = books_world();
    assert_applied(ledger, event_ruled(ledger, UNPROVED, 1));

    event = event_archived(ledger, 1);
    event.time_ms = trade_row_of(ledger, 1)->ruled_ms
                    + 30 * UINT64_C(86400000) - 1;
    assert_refused(ledger, event, JUPREF_LEDGER_WRONG_STATE);
    event.time_ms++;
    assert_applied(ledger, event);

    world_free(ledger);
}


static void
who_traded_is_bound_when_the_trade_proves_itself(void **state)
{
    jupref_event_t      event;
    jupref_ledger_t    *ledger;
    jupref_signature_t  signature;

    ledger = books_world();
    assert_applied(ledger, event_unknown(ledger, 2, 9, "three"));
    signature = signature_of(2);

    assert_false(jupref_binding_due(ledger, &signature,
                                    JUPREF_ATTRIBUTE_FIRST, &event));
    assert_applied(ledger, event_verified(ledger, 2, FEE, 1));
    assert_true(jupref_binding_due(ledger, &signature,
                                   JUPREF_ATTRIBUTE_FIRST, &event));
    event.seq = ledger->seq + 1;
    event.time_ms = ledger->time_ms + 1;
    assert_applied(ledger, event);
    assert_false(jupref_binding_due(ledger, &signature,
                                    JUPREF_ATTRIBUTE_FIRST, &event));

    /* a later click has bound it to somebody else by now */

    assert_applied(ledger, event_bound(ledger, 9, "two"));
    assert_false(jupref_binding_due(ledger, &signature,
                                    JUPREF_ATTRIBUTE_LAST, &event));

    signature = signature_of(77);
    assert_false(jupref_binding_due(ledger, &signature,
                                    JUPREF_ATTRIBUTE_LAST, &event));

    world_free(ledger);
}


/*
 * The one that was told last leaves the middle of a long queue: more are told
 * than room was given for in no case, and whoever goes on asking is told all.
 */
static void
a_place_that_is_lost_in_a_long_queue_is_begun_anew(void **state)
{
    unsigned          count;
    uint32_t          number;
    jupref_event_t    event;
    jupref_cursor_t   cursor = { 0, 0 };
    jupref_ledger_t  *ledger;

    ledger = world_new(UINT64_C(128) << 20);

    for (number = 1; number <= MANY; number++) {
        event = event_trade(ledger, number, 9, "");
        assert_applied(ledger, event);
    }

    for (number = 0; number < MANY / 2; number += count) {
        count = jupref_view_proofs(ledger, JUPREF_PROOFS_AWAITED, &cursor,
                                   LIMIT, views);
        assert_int_equal(count, LIMIT);
    }

    assert_applied(ledger, event_of_type(ledger, EXPIRED, number));

    count = jupref_view_proofs(ledger, JUPREF_PROOFS_AWAITED, &cursor, LIMIT,
                               views);
    assert_int_equal(count, 0);
    assert_int_equal(cursor.index, 0);

    for (number = 0, count = LIMIT; count == LIMIT; number += count) {
        count = jupref_view_proofs(ledger, JUPREF_PROOFS_AWAITED, &cursor,
                                   LIMIT, views);
        assert_in_range(count, 0, LIMIT);
    }

    assert_int_equal(number, MANY - 1);
    world_free(ledger);
}


static void
executes_are_told_anew_too_when_the_place_among_them_is_lost(void **state)
{
    unsigned              count;
    uint32_t              number;
    jupref_cursor_t       cursor = { 0, 0 };
    jupref_ledger_t      *ledger;
    jupref_intent_view_t  intents[LIMIT];

    ledger = world_new(UINT64_C(256) << 20);

    for (number = 1; number <= MANY_INTENTS; number++) {
        assert_applied(ledger, event_intent(ledger, number, 0, 9, ""));
    }

    for (number = 0; number < 3 * MANY_INTENTS / 4; number += count) {
        count = jupref_view_intents(ledger, &cursor, LIMIT, intents);
        assert_int_equal(count, LIMIT);
    }

    assert_applied(ledger, event_closed(ledger, number));
    assert_int_equal(jupref_view_intents(ledger, &cursor, LIMIT, intents), 0);
    assert_int_equal(cursor.index, 0);
    assert_int_equal(jupref_view_intents(ledger, &cursor, LIMIT, intents),
                     LIMIT);
    assert_int_equal(intents[0].seq, 1);
    world_free(ledger);
}


static void
an_execute_without_a_signature_gets_the_one_that_is_found(void **state)
{
    jupref_event_t        event;
    jupref_cursor_t       cursor = { 0, 0 };
    jupref_ledger_t      *ledger;
    jupref_signature_t    signature;
    jupref_request_id_t   request;
    jupref_intent_view_t  intents[LIMIT];

    ledger = books_world();
    assert_applied(ledger, event_intent(ledger, 1, 0, 9, "three"));
    assert_applied(ledger, event_intent(ledger, 2, 8, 9, "three"));
    assert_applied(ledger, event_intent(ledger, 3, 0, 9, "three"));
    assert_applied(ledger, event_intent(ledger, 4, 0, 9, "three"));
    assert_applied(ledger, event_intent(ledger, 5, 0, 9, "three"));

    /* those whose signature is known are looked up by that */

    assert_int_equal(jupref_view_intents(ledger, &cursor, LIMIT, intents),
                     3);
    request = request_of(1);
    assert_memory_equal(&intents[0].trade.request_id, &request,
                        sizeof(request));
    assert_applied(ledger, event_closed(ledger, 4));
    assert_int_equal(jupref_view_intents(ledger, &cursor, LIMIT, intents),
                     1);
    assert_int_equal(jupref_view_intents(ledger, &cursor, LIMIT, intents),
                     0);

    signature = signature_of(9);
    assert_true(jupref_intent_found(ledger, &request, &signature, &event));
    assert_int_equal(event.type, JUPREF_EVENT_TRADE_UNKNOWN);
    event.seq = ledger->seq + 1;
    event.time_ms = ledger->time_ms + 1;
    assert_applied(ledger, event);
    assert_int_equal(trade_row_of(ledger, 9)->state, JUPREF_STATE_UNKNOWN);

    /* it is decided by that, and a signature is one trade's */

    assert_false(jupref_intent_found(ledger, &request, &signature, &event));
    request = request_of(3);
    assert_false(jupref_intent_found(ledger, &request, &signature, &event));

    world_free(ledger);
}


static void
incidents_are_raised_once_and_cleared_once(void **state)
{
    unsigned          one, two;
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = books_world();

    event = event_next(ledger, JUPREF_EVENT_INCIDENT_CLEARED);
    event.of.incident.kind = JUPREF_INCIDENT_FEE_DRIFT;
    assert_refused(ledger, event, JUPREF_LEDGER_NO_CHANGE);

    event.type = JUPREF_EVENT_INCIDENT_RAISED;
    memcpy(event.of.incident.detail, "mint", 4);
    assert_applied(ledger, event);
    assert_true(ledger->raised[JUPREF_INCIDENT_FEE_DRIFT].seq == event.seq);

    event.seq++;
    assert_refused(ledger, event, JUPREF_LEDGER_NO_CHANGE);
    event.of.incident.detail[0] = 'p';
    assert_applied(ledger, event);

    event.seq++;
    event.type = JUPREF_EVENT_INCIDENT_CLEARED;
    assert_applied(ledger, event);
    assert_true(ledger->raised[JUPREF_INCIDENT_FEE_DRIFT].seq == 0);

    event.seq++;
    event.of.incident.kind = JUPREF_INCIDENTS;
    assert_refused(ledger, event, JUPREF_LEDGER_BAD_EVENT);
    event.of.incident.kind = 0;
    assert_refused(ledger, event, JUPREF_LEDGER_BAD_EVENT);

    for (one = 0; one < JUPREF_INCIDENTS; one++) {
        assert_non_null(jupref_incident_name(one));

        for (two = 0; two < one; two++) {
            assert_string_not_equal(jupref_incident_name(one),
                                    jupref_incident_name(two));
        }
    }

    world_free(ledger);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(
            trades_are_told_oldest_first_and_then_what_came_since),
        cmocka_unit_test(
            the_walk_goes_on_where_the_trade_it_stood_at_has_left),
        cmocka_unit_test(
            what_nobody_could_prove_is_kept_in_a_queue_of_its_own),
        cmocka_unit_test(a_late_proof_is_worth_what_an_early_one_is),
        cmocka_unit_test(a_ruling_is_told_with_its_reason_and_time),
        cmocka_unit_test(
            an_unproved_trade_stays_a_month_before_it_may_leave_the_table),
        cmocka_unit_test(who_traded_is_bound_when_the_trade_proves_itself),
        cmocka_unit_test(a_place_that_is_lost_in_a_long_queue_is_begun_anew),
        cmocka_unit_test(
            executes_are_told_anew_too_when_the_place_among_them_is_lost),
        cmocka_unit_test(
            an_execute_without_a_signature_gets_the_one_that_is_found),
        cmocka_unit_test(incidents_are_raised_once_and_cleared_once)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
