/*
 * Settling: what an execute's outcome does to the books, whoever sends what.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ledger/jupref_settle.h"
#include "ledger_world.h"


typedef struct {
    jupref_order_t             order;
    jupref_execute_request_t   request;
    jupref_execute_answer_t    answer;
    jupref_execution_t         execution;
    jupref_settlement_t        settlement;
} settling_t;


static void
begin(settling_t *s, jupref_trade_outcome_e outcome)
{
    memset(s, 0, sizeof(settling_t));

    s->order.taker = wallet_of(9);
    s->order.input_mint = mint_of(1);
    s->order.output_mint = mint_of(2);
    s->order.fee_mint = mint_of(1);
    s->order.in_amount = 1000000;
    s->order.granted_bps = 90;
    s->order.confirmed = 1;
    s->request.signature = signature_of(1);

    s->execution.order = &s->order;
    s->execution.request = &s->request;
    s->execution.answer = &s->answer;
    s->execution.outcome = outcome;
}


static void
an_executed_trade_is_appended_once_an_order(void **state)
{
    settling_t      s;
    jupref_order_t  pending;

    begin(&s, JUPREF_TRADE_EXECUTED);
    pending = s.order;

    jupref_settle(&s.execution, &pending, &s.settlement);
    assert_true(s.settlement.appends);
    assert_int_equal(s.settlement.event.type, JUPREF_EVENT_TRADE_EXECUTED);
    assert_true(s.settlement.event.of.trade.fee == 9000);

    jupref_settled(&pending, &s.settlement, JUPREF_LEDGER_OK);
    assert_true(pending.executed);

    /* sent again it is told, whatever is answered, and not appended */

    s.execution.outcome = JUPREF_TRADE_FAILED;
    jupref_settle(&s.execution, &pending, &s.settlement);
    assert_false(s.settlement.appends);
    assert_false(s.settlement.frees);
    assert_int_equal(s.settlement.outcome, JUPREF_TRADE_EXECUTED);

    /* an order that is gone meanwhile still counts */

    s.execution.outcome = JUPREF_TRADE_EXECUTED;
    jupref_settle(&s.execution, NULL, &s.settlement);
    assert_true(s.settlement.appends);
}


static void
a_refused_event_leaves_the_order_to_be_tried_again(void **state)
{
    settling_t      s;
    jupref_order_t  pending;

    begin(&s, JUPREF_TRADE_EXECUTED);
    pending = s.order;

    jupref_settle(&s.execution, &pending, &s.settlement);
    jupref_settled(&pending, &s.settlement, JUPREF_LEDGER_TRADES_FULL);
    assert_false(pending.executed);

    jupref_settled(&pending, &s.settlement, JUPREF_LEDGER_TRADE_EXISTS);
    assert_true(pending.executed);
}


static void
an_order_keeps_one_unknown_trade_whatever_signatures_come(void **state)
{
    settling_t      s;
    jupref_order_t  pending;

    begin(&s, JUPREF_TRADE_UNKNOWN);
    pending = s.order;

    jupref_settle(&s.execution, &pending, &s.settlement);
    assert_true(s.settlement.appends);
    assert_int_equal(s.settlement.event.type, JUPREF_EVENT_TRADE_UNKNOWN);
    assert_true(s.settlement.event.of.trade.fee == 0);
    jupref_settled(&pending, &s.settlement, JUPREF_LEDGER_OK);

    s.request.signature = signature_of(2);
    jupref_settle(&s.execution, &pending, &s.settlement);
    assert_false(s.settlement.appends);
    assert_int_equal(s.settlement.outcome, JUPREF_TRADE_UNKNOWN);

    /* Jupiter's word for success still counts */

    s.execution.outcome = JUPREF_TRADE_EXECUTED;
    jupref_settle(&s.execution, &pending, &s.settlement);
    assert_true(s.settlement.appends);
    assert_int_equal(s.settlement.event.type, JUPREF_EVENT_TRADE_EXECUTED);
}


static void
jupiters_signature_goes_before_the_clients(void **state)
{
    settling_t          s;
    jupref_signature_t  signature;

    begin(&s, JUPREF_TRADE_EXECUTED);
    s.answer.signature = signature_of(7);

    jupref_settle(&s.execution, NULL, &s.settlement);
    signature = signature_of(7);
    assert_memory_equal(&s.settlement.event.of.trade.signature, &signature,
                        sizeof(signature));

    /* nobody tells one: nothing can be booked, and it is not a success */

    begin(&s, JUPREF_TRADE_EXECUTED);
    memset(&s.request.signature, 0, sizeof(s.request.signature));
    jupref_settle(&s.execution, NULL, &s.settlement);
    assert_false(s.settlement.appends);
    assert_true(s.settlement.unsigned_trade);
    assert_int_equal(s.settlement.outcome, JUPREF_TRADE_UNKNOWN);
}


static void
a_failed_trade_frees_its_order_and_a_refused_one_does_not(void **state)
{
    settling_t  s;

    begin(&s, JUPREF_TRADE_FAILED);
    jupref_settle(&s.execution, &s.order, &s.settlement);
    assert_true(s.settlement.frees);
    assert_false(s.settlement.appends);

    begin(&s, JUPREF_TRADE_REFUSED);
    jupref_settle(&s.execution, &s.order, &s.settlement);
    assert_false(s.settlement.frees);
    assert_false(s.settlement.appends);
}


static void
an_unconfirmed_rate_is_booked_only_where_amounts_prove_it(
    void **state)
{
    settling_t  s;

    begin(&s, JUPREF_TRADE_EXECUTED);
    s.order.confirmed = 0;
    jupref_settle(&s.execution, NULL, &s.settlement);
    assert_true(s.settlement.event.of.trade.fee == 0);

    s.answer.has_total_input = 1;
    s.answer.has_input_result = 1;
    s.answer.total_input = 1000000;
    s.answer.input_result = 991000;
    jupref_settle(&s.execution, NULL, &s.settlement);
    assert_true(s.settlement.event.of.trade.fee == 9000);
}


static void
somebody_elses_signature_claims_nothing(void **state)
{
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = world_new(JUPREF_LEDGER_MIN);
    assert_applied(ledger, event_registered(ledger, 1, 0));
    assert_applied(ledger, event_registered(ledger, 2, 0));
    assert_applied(ledger, event_code(ledger, "one", 1,
                                      terms_of("t", 100, 0, 2000, 0, 0)));
    assert_applied(ledger, event_code(ledger, "two", 2,
                                      terms_of("t", 100, 0, 2000, 0, 0)));

    /* sent with the signature of another's trade, and no answer came */

    event = event_unknown(ledger, 1, 10, "one");
    memset(event.of.trade.message_hash, 0xaa, JUPREF_SHA256_SIZE);
    assert_applied(ledger, event);
    assert_int_equal(referrer_of(ledger, 1)->trades[JUPREF_STATE_UNKNOWN], 1);

    assert_applied(ledger, event_trade(ledger, 1, 9, "two"));

    assert_int_equal(referrer_of(ledger, 1)->trades[JUPREF_STATE_UNKNOWN], 0);
    assert_int_equal(referrer_of(ledger, 1)->trades[JUPREF_STATE_EXECUTED], 0);
    assert_int_equal(referrer_of(ledger, 1)->first_balance, 0);
    assert_int_equal(referrer_of(ledger, 2)->trades[JUPREF_STATE_EXECUTED], 1);
    assert_ptr_equal(jupref_code(ledger, trade_row_of(ledger, 1)->code),
                     code_row_of(ledger, "two"));

    world_free(ledger);
}


/* Whether the settlement calls for intent.closed, which the fold takes. */
static unsigned
closes(settling_t *s, jupref_ledger_t *ledger, jupref_ledger_result_e result)
{
    jupref_event_t  event, closed;

    if (!jupref_settle_closing(ledger, &s->execution, &s->settlement, result,
                               &event))
    {
        return 0;
    }

    closed = event_closed(ledger, 1);
    closed.of = event.of;
    assert_int_equal(event.type, JUPREF_EVENT_INTENT_CLOSED);
    assert_applied(ledger, closed);

    return 1;
}


static void
an_intent_is_told_before_an_execute_goes_out(void **state)
{
    settling_t           s;
    jupref_event_t       event, next;
    jupref_order_t       pending;
    jupref_ledger_t     *ledger;
    jupref_intent_row_t *row;

    ledger = world_new(JUPREF_LEDGER_MIN);
    begin(&s, JUPREF_TRADE_UNKNOWN);
    s.execution.answer = NULL;
    s.order.request_id = request_of(1);
    s.order.terms = terms_of("t", 100, 0, 2000, 0, 0);
    pending = s.order;

    assert_true(jupref_settle_intent(&s.execution, &pending, &event));
    assert_int_equal(event.type, JUPREF_EVENT_TRADE_INTENT);

    next = event_next(ledger, JUPREF_EVENT_TRADE_INTENT);
    next.of = event.of;
    assert_applied(ledger, next);

    row = jupref_intent(ledger, 1);
    assert_memory_equal(&row->trade.signature, &s.request.signature,
                        sizeof(jupref_signature_t));
    assert_true(row->trade.in_amount == 1000000);
    assert_int_equal(row->trade.granted_bps, 90);

    /* an order that is gone from the pending ones is sent all the same, one
     * that is booked already isn't announced again */

    assert_true(jupref_settle_intent(&s.execution, NULL, &event));
    pending.executed = 1;
    assert_false(jupref_settle_intent(&s.execution, &pending, &event));

    world_free(ledger);
}


static void
what_came_to_nothing_closes_its_intent(void **state)
{
    unsigned          i;
    settling_t        s;
    jupref_order_t    pending;
    jupref_ledger_t  *ledger;

    /* outcome, what the pending order is, whether the intent is closed */

    static const struct {
        jupref_trade_outcome_e  outcome;
        unsigned                executed, unknown, signs;
        jupref_ledger_result_e  result;
        unsigned                closes;
    } cases[] = {
        { JUPREF_TRADE_FAILED,   0, 0, 1, JUPREF_LEDGER_OK, 1 },
        { JUPREF_TRADE_REFUSED,  0, 0, 1, JUPREF_LEDGER_OK, 1 },
        { JUPREF_TRADE_FAILED,   1, 0, 1, JUPREF_LEDGER_OK, 1 },
        { JUPREF_TRADE_UNKNOWN,  0, 1, 1, JUPREF_LEDGER_OK, 1 },

        /* its own event does it */
        { JUPREF_TRADE_EXECUTED, 0, 0, 1, JUPREF_LEDGER_OK, 0 },
        { JUPREF_TRADE_UNKNOWN,  0, 0, 1, JUPREF_LEDGER_OK, 0 },

        /* booked already under this signature; or to be tried again */
        { JUPREF_TRADE_EXECUTED, 0, 0, 1, JUPREF_LEDGER_TRADE_EXISTS, 1 },
        { JUPREF_TRADE_EXECUTED, 0, 0, 1, JUPREF_LEDGER_TRADES_FULL, 0 },

        /* it may have landed, but nobody knows as what */
        { JUPREF_TRADE_EXECUTED, 0, 0, 0, JUPREF_LEDGER_OK, 0 },
        { JUPREF_TRADE_UNKNOWN,  0, 0, 0, JUPREF_LEDGER_OK, 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ledger = world_new(JUPREF_LEDGER_MIN);
        begin(&s, cases[i].outcome);
        s.order.request_id = request_of(1);

        if (!cases[i].signs) {
            memset(&s.request.signature, 0, sizeof(jupref_signature_t));
        }

        pending = s.order;
        pending.executed = (uint8_t) cases[i].executed;
        pending.unknown = (uint8_t) cases[i].unknown;
        jupref_settle(&s.execution, &pending, &s.settlement);

        /* there is none to close */

        assert_false(closes(&s, ledger, cases[i].result));

        assert_applied(ledger, event_intent(ledger, 1, 0, 9, ""));
        assert_int_equal(closes(&s, ledger, cases[i].result),
                         cases[i].closes);
        world_free(ledger);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(an_executed_trade_is_appended_once_an_order),
        cmocka_unit_test(a_refused_event_leaves_the_order_to_be_tried_again),
        cmocka_unit_test(
            an_order_keeps_one_unknown_trade_whatever_signatures_come),
        cmocka_unit_test(jupiters_signature_goes_before_the_clients),
        cmocka_unit_test(
            a_failed_trade_frees_its_order_and_a_refused_one_does_not),
        cmocka_unit_test(
            an_unconfirmed_rate_is_booked_only_where_amounts_prove_it),
        cmocka_unit_test(somebody_elses_signature_claims_nothing),
        cmocka_unit_test(an_intent_is_told_before_an_execute_goes_out),
        cmocka_unit_test(what_came_to_nothing_closes_its_intent)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
