/*
 * A trade's life: which step is open from which state, and what it does.
 */

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger/jupref_evidence.h"
#include "ledger/jupref_rank.h"
#include "books_world.h"


/* One way into each state, on a fresh ledger. */
static jupref_ledger_t *
world_in_state(unsigned trade_state)
{
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = books_world();

    switch (trade_state) {

    case JUPREF_STATE_UNKNOWN:
        event = event_unknown(ledger, 2, 9, "three");
        assert_applied(ledger, event);
        return ledger;

    case JUPREF_STATE_REJECTED:
        assert_applied(ledger, event_ruled(ledger, REJECTED, 1));
        return ledger;

    case JUPREF_STATE_EXPIRED:
        assert_applied(ledger, event_ruled(ledger, EXPIRED, 1));
        return ledger;

    case JUPREF_STATE_UNPROVED:
        assert_applied(ledger, event_ruled(ledger, UNPROVED, 1));
        return ledger;

    case JUPREF_STATE_EXECUTED:
        return ledger;

    default:
        break;
    }

    assert_applied(ledger, event_verified(ledger, 1, FEE, 1));

    if (trade_state == JUPREF_STATE_AVAILABLE) {
        assert_applied(ledger, event_released(ledger, 0));

    } else if (trade_state == JUPREF_STATE_DISPUTED) {
        assert_applied(ledger, event_ruled(ledger, DISPUTED, 1));

    } else if (trade_state == JUPREF_STATE_REVERSED) {
        assert_applied(ledger, event_ruled(ledger, REVERSED, 1));
    }

    return ledger;
}


static void
every_step_is_open_from_its_states_and_refused_from_the_others(void **state)
{
    unsigned          from, step;
    uint32_t          signature;
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    /* the state that a step leads to, 0 where it isn't open */

    static const struct {
        jupref_event_type_e  type;
        unsigned             leads_to[JUPREF_STATES];
    } steps[] = {
        /*          -  executed  unknown  verified  available
         *          rejected  expired  disputed  reversed  unproved */
        { VERIFIED, { 0, JUPREF_STATE_VERIFIED, JUPREF_STATE_VERIFIED, 0, 0,
                      0, 0, 0, 0, JUPREF_STATE_VERIFIED } },
        { REJECTED, { 0, JUPREF_STATE_REJECTED, JUPREF_STATE_REJECTED, 0, 0,
                      0, 0, 0, 0, JUPREF_STATE_REJECTED } },
        { EXPIRED,  { 0, JUPREF_STATE_EXPIRED, JUPREF_STATE_EXPIRED, 0, 0,
                      0, 0, 0, 0, JUPREF_STATE_EXPIRED } },
        { UNPROVED, { 0, JUPREF_STATE_UNPROVED, JUPREF_STATE_UNPROVED, 0, 0,
                      0, 0, 0, 0, 0 } },
        { RELEASED, { 0, 0, 0, JUPREF_STATE_AVAILABLE, 0,
                      0, 0, 0, 0, 0 } },
        { DISPUTED, { 0, 0, 0, JUPREF_STATE_DISPUTED, JUPREF_STATE_DISPUTED,
                      0, 0, 0, 0, 0 } },
        { RESOLVED, { 0, 0, 0, 0, 0,
                      0, 0, JUPREF_STATE_VERIFIED, 0, 0 } },
        { REVERSED, { 0, 0, 0, JUPREF_STATE_REVERSED, JUPREF_STATE_REVERSED,
                      0, 0, JUPREF_STATE_REVERSED, 0, 0 } },
        { ARCHIVED, { 0, 0, 0, 0, JUPREF_STATES,
                      JUPREF_STATES, JUPREF_STATES, 0, JUPREF_STATES,
                      JUPREF_STATES } }
    };

    for (from = 1; from < JUPREF_STATES; from++) {
        for (step = 0; step < sizeof(steps) / sizeof(steps[0]); step++) {
            ledger = world_in_state(from);
            signature = (from == JUPREF_STATE_UNKNOWN) ? 2 : 1;
            assert_int_equal(trade_row_of(ledger, signature)->state, from);
            event = event_of_type(ledger, steps[step].type, signature);

            if (steps[step].leads_to[from] == 0) {
                assert_refused(ledger, event, (steps[step].type == RELEASED)
                                              ? JUPREF_LEDGER_NOTHING_TO_RELEASE
                                              : JUPREF_LEDGER_WRONG_STATE);

            } else {
                assert_applied(ledger, event);

                if (steps[step].type != ARCHIVED) {
                    assert_int_equal(trade_row_of(ledger, signature)->state,
                                     steps[step].leads_to[from]);
                }

                assert_books(ledger);
            }

            world_free(ledger);
        }
    }

    /* nothing is ruled about a trade that isn't there */

    ledger = books_world();

    for (step = 0; step < sizeof(steps) / sizeof(steps[0]); step++) {
        if (steps[step].type != RELEASED) {
            assert_refused(ledger, event_of_type(ledger, steps[step].type, 7),
                           JUPREF_LEDGER_TRADE_UNKNOWN);
        }
    }

    world_free(ledger);
}


static void
a_trade_that_came_to_nothing_counts_for_nothing(void **state)
{
    unsigned                i;
    uint32_t                best[3];
    jupref_ledger_t        *ledger;
    jupref_referrer_row_t  *owner;

    static const jupref_event_type_e  rulings[] = {
        REJECTED, EXPIRED, UNPROVED
    };

    for (i = 0; i < 3; i++) {
        ledger = books_world();
        assert_applied(ledger, event_trade(ledger, 2, 9, "two"));
        assert_applied(ledger, event_ruled(ledger, rulings[i], 1));

        owner = referrer_of(ledger, 3);
        assert_true(owner->volume_micro_usd == 0);
        assert_true(owner->earned_micro_usd == 0);
        assert_true(owner->trades[JUPREF_STATE_EXECUTED] == 0);
        assert_true(jupref_trades_standing(owner->trades) == 0);
        assert_true(referrer_of(ledger, 1)->earned_micro_usd == 0);
        assert_true(estimated_of(ledger, 3, 1) == 0);
        assert_true(ledger->volume_micro_usd == 100000000);
        assert_true(mint_row_of(ledger, 1)->received == 1000000);
        assert_books(ledger);

        assert_int_equal(jupref_rank_top(ledger, JUPREF_BY_VOLUME, best, 3),
                         3);
        assert_ptr_equal(jupref_referrer(ledger, best[0]),
                         referrer_of(ledger, 2));

        world_free(ledger);
    }
}


static void
a_dispute_freezes_and_a_resolution_puts_back_where_it_was(void **state)
{
    jupref_ledger_t  *ledger;

    ledger = books_world();
    assert_applied(ledger, event_verified(ledger, 1, FEE, 1));

    assert_applied(ledger, event_ruled(ledger, DISPUTED, 1));
    assert_held(ledger, 3, 0, 0, LEVEL_1, 0);
    assert_held(ledger, 1, 0, 0, LEVEL_3, 0);

    /* what is frozen isn't released */

    assert_refused(ledger, event_released(ledger, 0),
                   JUPREF_LEDGER_NOTHING_TO_RELEASE);

    assert_applied(ledger, event_ruled(ledger, RESOLVED, 1));
    assert_held(ledger, 3, LEVEL_1, 0, 0, 0);
    assert_int_equal(trade_row_of(ledger, 1)->state, JUPREF_STATE_VERIFIED);

    assert_applied(ledger, event_released(ledger, 0));
    assert_held(ledger, 3, 0, LEVEL_1, 0, 0);

    assert_applied(ledger, event_ruled(ledger, DISPUTED, 1));
    assert_held(ledger, 3, 0, 0, LEVEL_1, 0);
    assert_applied(ledger, event_ruled(ledger, RESOLVED, 1));
    assert_held(ledger, 3, 0, LEVEL_1, 0, 0);
    assert_int_equal(trade_row_of(ledger, 1)->state, JUPREF_STATE_AVAILABLE);

    world_free(ledger);
}


static void
holds_end_oldest_first_and_so_many_an_event(void **state)
{
    uint32_t          signature;
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = books_world();

    for (signature = 2; signature <= JUPREF_RELEASE_MAX + 10; signature++) {
        verify_another(ledger, signature);
    }

    /* up to the third, by its time */

    event = event_released(ledger, 0);
    event.of.hold_released.cutoff_ms = trade_row_of(ledger, 4)->verified_ms;
    assert_applied(ledger, event);
    assert_true(ledger->trades[JUPREF_STATE_AVAILABLE] == 3);
    assert_int_equal(trade_row_of(ledger, 4)->state, JUPREF_STATE_AVAILABLE);
    assert_int_equal(trade_row_of(ledger, 5)->state, JUPREF_STATE_VERIFIED);

    event.seq++;
    assert_refused(ledger, event, JUPREF_LEDGER_NOTHING_TO_RELEASE);

    /* not what will be verified some day */

    event = event_released(ledger, 0);
    event.of.hold_released.cutoff_ms = event.time_ms + 1;
    assert_refused(ledger, event, JUPREF_LEDGER_BAD_EVENT);

    assert_applied(ledger, event_released(ledger, 0));
    assert_true(ledger->trades[JUPREF_STATE_AVAILABLE]
                == 3 + JUPREF_RELEASE_MAX);
    assert_applied(ledger, event_released(ledger, 0));
    assert_true(ledger->trades[JUPREF_STATE_VERIFIED] == 0);
    assert_true(ledger->trades[JUPREF_STATE_AVAILABLE]
                == JUPREF_RELEASE_MAX + 9);
    assert_refused(ledger, event_released(ledger, 0),
                   JUPREF_LEDGER_NOTHING_TO_RELEASE);
    assert_held(ledger, 3, 0, (JUPREF_RELEASE_MAX + 9) * LEVEL_1, 0, 0);

    world_free(ledger);
}


static void
what_a_dispute_gave_back_is_released_before_what_came_later(void **state)
{
    uint32_t          signature;
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = books_world();

    for (signature = 2; signature <= 6; signature++) {
        verify_another(ledger, signature);
    }

    assert_applied(ledger, event_ruled(ledger, DISPUTED, 4));
    assert_applied(ledger, event_ruled(ledger, DISPUTED, 2));
    assert_applied(ledger, event_ruled(ledger, DISPUTED, 6));
    assert_applied(ledger, event_ruled(ledger, RESOLVED, 6));
    assert_applied(ledger, event_ruled(ledger, RESOLVED, 4));
    assert_applied(ledger, event_ruled(ledger, RESOLVED, 2));

    for (signature = 2; signature <= 6; signature++) {
        assert_ptr_equal(jupref_trade(ledger, ledger->next_release),
                         trade_row_of(ledger, signature));

        event = event_released(ledger, 0);
        event.of.hold_released.cutoff_ms
            = trade_row_of(ledger, signature)->verified_ms;
        assert_applied(ledger, event);
    }

    assert_int_equal(ledger->next_release, 0);
    assert_int_equal(ledger->last_release, 0);

    world_free(ledger);
}


/* Whoever replays the log with another version has other names. */
static void
a_persons_words_are_words_also_where_they_are_a_reasons_name(void **state)
{
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = books_world();
    event = event_of_type(ledger, REJECTED, 1);
    memset(event.of.trade_ruled.reason, 0, JUPREF_REASON_MAX);
    memcpy(event.of.trade_ruled.reason, "wrong_taker", 11);
    memcpy(event.actor, "ops", 3);
    assert_applied(ledger, event);
    assert_int_equal(trade_row_of(ledger, 1)->reason, JUPREF_REASON_MANUAL);
    world_free(ledger);

    /* the edge's own are names */

    ledger = books_world();
    memset(event.actor, 0, sizeof(event.actor));
    assert_applied(ledger, event);
    assert_int_equal(trade_row_of(ledger, 1)->reason,
                     JUPREF_REASON_WRONG_TAKER);
    world_free(ledger);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(
            every_step_is_open_from_its_states_and_refused_from_the_others),
        cmocka_unit_test(a_trade_that_came_to_nothing_counts_for_nothing),
        cmocka_unit_test(
            a_dispute_freezes_and_a_resolution_puts_back_where_it_was),
        cmocka_unit_test(holds_end_oldest_first_and_so_many_an_event),
        cmocka_unit_test(
            what_a_dispute_gave_back_is_released_before_what_came_later),
        cmocka_unit_test(
            a_persons_words_are_words_also_where_they_are_a_reasons_name)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
