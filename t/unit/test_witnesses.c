/*
 * Witnesses: what one node says alone is booked nowhere, what two trusted ones
 * say alike is, and who contradicts most of them is found out.
 */

#include "evidence_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


/* The same transaction, with something else that only nodes tell. */
static chain_made_t  lie;


static void
lie_made(const chain_swap_t *swap)
{
    assert_int_equal(chain_make(&lie, swap), JUPREF_CHAIN_OK);
}


static void
one_node_alone_credits_nothing_and_rejects_nothing(void **state)
{
    case_t          of;
    chain_swap_t    swap;
    jupref_event_t  event;

    chain_swap(&swap);
    case_begin(&of, &swap);
    of.evidence.witness_count = 1;
    assert_found(&of, ELSEWHERE, "one_witness");
    assert_false(jupref_evidence_event(&of.evidence, &of.finding, &event));
    assert_int_equal(of.finding.liars, 0);
    assert_int_equal(of.finding.fee, 0);

    of.evidence.nodes_left = 0;
    assert_found(&of, WAIT, "one_witness");
    assert_false(jupref_evidence_event(&of.evidence, &of.finding, &event));

    /* not for ever: it is told that nobody can say */

    of.evidence.now_ms = NOW_MS + 24 * HOUR_MS;
    assert_found(&of, UNPROVED, "one_witness");
    case_end(&of);

    /* what would be rejected waits as well */

    swap.error = "\"AccountInUse\"";
    case_begin(&of, &swap);
    of.evidence.witness_count = 1;
    assert_found(&of, ELSEWHERE, "one_witness");
    case_end(&of);
}


static void
another_nodes_silence_doesnt_stand_in_for_its_word(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    case_begin(&of, &swap);
    of.evidence.witness_count = 3;
    of.evidence.nodes_left = 0;
    case_silent(&of, 1, LAST_VALID + 1);
    case_silent(&of, 2, LAST_VALID + 1);
    assert_found(&of, WAIT, "one_witness");
    case_end(&of);
}


static void
what_was_shown_counts_when_it_is_gone_from_memory(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    case_begin(&of, &swap);
    of.evidence.witness_count = 1;
    assert_found(&of, ELSEWHERE, "one_witness");
    of.witnesses[0].shown = NULL;

    of.evidence.witness_count = 2;
    assert_verified(&of, WSOL, 5000);
    case_end(&of);
}


static void
as_many_must_agree_as_are_configured(void **state)
{
    case_t        of;
    unsigned      quorum;
    chain_swap_t  swap;

    chain_swap(&swap);
    case_begin(&of, &swap);

    for (quorum = 1; quorum <= JUPREF_EVIDENCE_WITNESSES_MAX; quorum++) {
        case_shows(&of, quorum - 1, &of.made);
        of.evidence.quorum = quorum;
        of.evidence.witness_count = quorum;
        assert_verified(&of, WSOL, 5000);

        if (quorum > 1) {
            of.evidence.witness_count = quorum - 1;
            assert_found(&of, ELSEWHERE, "one_witness");
        }
    }

    case_end(&of);

    /* silence of one proves nothing, also where one node is enough */

    case_begin_silent(&of, 1, 0);
    of.evidence.quorum = 1;
    case_silent(&of, 0, LAST_VALID + 1);
    assert_found(&of, WAIT, "not_found");

    of.evidence.quorum = 3;
    of.evidence.witness_count = 2;
    case_silent(&of, 1, LAST_VALID + 1);
    assert_found(&of, WAIT, "not_found");
    of.evidence.witness_count = 3;
    case_silent(&of, 2, LAST_VALID + 1);
    assert_found(&of, EXPIRED, "block_height_passed");
}


static void
the_word_of_a_node_that_is_out_counts_for_nothing(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    case_begin(&of, &swap);
    of.witnesses[1].trusted = 0;
    assert_found(&of, ELSEWHERE, "one_witness");
    of.witnesses[0].trusted = 0;
    of.evidence.nodes_left = 0;
    assert_found(&of, WAIT, "one_witness");

    /* and against nothing */

    swap.tokens[0].after += 1000;
    lie_made(&swap);
    case_shows(&of, 0, &of.made);
    case_shows(&of, 1, &of.made);
    case_shows(&of, 2, &lie);
    of.witnesses[2].trusted = 0;
    of.evidence.witness_count = 3;
    assert_verified(&of, WSOL, 5000);
    assert_false(of.finding.disagreed);
    chain_free(&lie);
    case_end(&of);

    case_begin_silent(&of, 2, 0);
    case_silent(&of, 0, LAST_VALID + 1);
    case_silent(&of, 1, LAST_VALID + 1);
    of.witnesses[1].trusted = 0;
    assert_found(&of, WAIT, "not_found");
}


/* One node says `swap`, others what is true. */
static void
assert_contradicted(const chain_swap_t *swap)
{
    case_t        of;
    chain_swap_t  truth;

    chain_swap(&truth);
    case_begin(&of, &truth);
    lie_made(swap);

    case_shows(&of, 0, &lie);
    assert_found(&of, ELSEWHERE, "witnesses_disagree");
    assert_true(of.finding.disagreed);
    assert_int_equal(of.finding.liars, 0);

    /* one against one: nobody knows who lies */

    of.evidence.nodes_left = 0;
    assert_found(&of, WAIT, "witnesses_disagree");
    assert_true(of.finding.disagreed);
    assert_int_equal(of.finding.liars, 0);

    /* all that can be asked are, before most of them decide */

    case_shows(&of, 2, &of.made);
    of.evidence.witness_count = 3;
    of.evidence.nodes_left = 1;
    assert_found(&of, ELSEWHERE, "witnesses_disagree");
    of.evidence.nodes_left = 0;
    assert_verified(&of, WSOL, 5000);
    assert_int_equal(of.finding.liars, 1);
    assert_int_equal(of.finding.witness, 1);
    assert_true(of.finding.disagreed);

    /* two against two */

    case_shows(&of, 3, &lie);
    of.evidence.witness_count = 4;
    assert_found(&of, WAIT, "witnesses_disagree");
    of.evidence.now_ms = NOW_MS + 24 * HOUR_MS;
    assert_found(&of, UNPROVED, "witnesses_disagree");

    chain_free(&lie);
    case_end(&of);
}


static void
everything_a_verdict_rests_on_must_be_told_alike(void **state)
{
    chain_swap_t  swap;

    /* more has arrived */

    chain_swap(&swap);
    swap.tokens[0].after += UINT64_C(1000000000);
    assert_contradicted(&swap);

    /* as much, on another balance */

    chain_swap(&swap);
    swap.tokens[0].before += 7;
    swap.tokens[0].after += 7;
    assert_contradicted(&swap);

    /* nothing has */

    chain_swap(&swap);
    swap.tokens[0].after = swap.tokens[0].before;
    assert_contradicted(&swap);

    /* in another slot */

    chain_swap(&swap);
    swap.slot++;
    assert_contradicted(&swap);

    /* it failed */

    chain_swap(&swap);
    swap.error = "{\"InstructionError\":[1,{\"Custom\":6001}]}";
    assert_contradicted(&swap);
}


static void
a_node_that_hides_a_claim_is_contradicted(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    swap.inner = REFER;
    case_begin(&of, &swap);
    swap.told_inner = "[]";
    lie_made(&swap);
    case_shows(&of, 0, &lie);
    assert_found(&of, ELSEWHERE, "witnesses_disagree");

    case_shows(&of, 2, &of.made);
    of.evidence.witness_count = 3;
    of.evidence.nodes_left = 0;
    assert_found(&of, REJECTED, "claim_in_transaction");
    assert_int_equal(of.finding.liars, 1);
    chain_free(&lie);
    case_end(&of);
}


static void
a_failure_is_the_same_whatever_else_is_told_of_it(void **state)
{
    case_t        of;
    chain_swap_t  swap;

    chain_swap(&swap);
    swap.error = "\"AccountInUse\"";
    case_begin(&of, &swap);
    swap.told_inner = "null";
    swap.tokens[0].after += 5;
    lie_made(&swap);
    case_shows(&of, 1, &lie);
    assert_found(&of, REJECTED, "failed_on_chain");
    chain_free(&lie);
    case_end(&of);
}


static void
a_fee_that_the_trade_cant_have_paid_isnt_credited(void **state)
{
    case_t          of;
    chain_swap_t    swap;
    jupref_event_t  event;

    /* 1 % of 250,000 is 2,500: 5,000 is twice that, and one for rounding */

    chain_swap(&swap);
    case_begin(&of, &swap);
    of.trade.in_amount = 250000;
    of.trade.out_amount = 3;
    assert_verified(&of, WSOL, 5000);
    of.trade.in_amount = 249900;
    assert_found(&of, UNPROVED, "fee_implausible");
    assert_true(jupref_evidence_event(&of.evidence, &of.finding, &event));
    assert_int_equal(event.type, JUPREF_EVENT_TRADE_UNPROVED);
    assert_string_equal((const char *) event.of.trade_ruled.reason,
                        "fee_implausible");

    /* where Jupiter said that it takes none it is what it may take */

    of.trade.granted_bps = 0;
    assert_verified(&of, WSOL, 5000);
    of.trade.in_amount = 90000;
    assert_found(&of, UNPROVED, "fee_implausible");

    /* no amount, no bound; the other leg's says nothing */

    of.trade.in_amount = 0;
    assert_verified(&of, WSOL, 5000);

    /* the largest amount there is doesn't wrap around */

    of.trade.in_amount = UINT64_MAX;
    of.trade.granted_bps = 10000;
    assert_verified(&of, WSOL, 5000);
    case_end(&of);

    /* of the output mint it is the output's amount */

    chain_swap(&swap);
    swap.tokens[0].account = chain_fee_account(USDC, TOKEN);
    swap.tokens[0].mint = chain_key(USDC);
    case_begin(&of, &swap);
    of.trade.in_amount = UINT64_MAX;
    of.trade.out_amount = 249900;
    assert_found(&of, UNPROVED, "fee_implausible");
    of.trade.out_amount = 250000;
    assert_verified(&of, USDC, 5000);
    case_end(&of);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(one_node_alone_credits_nothing_and_rejects_nothing),
        cmocka_unit_test(another_nodes_silence_doesnt_stand_in_for_its_word),
        cmocka_unit_test(what_was_shown_counts_when_it_is_gone_from_memory),
        cmocka_unit_test(as_many_must_agree_as_are_configured),
        cmocka_unit_test(the_word_of_a_node_that_is_out_counts_for_nothing),
        cmocka_unit_test(everything_a_verdict_rests_on_must_be_told_alike),
        cmocka_unit_test(a_node_that_hides_a_claim_is_contradicted),
        cmocka_unit_test(a_failure_is_the_same_whatever_else_is_told_of_it),
        cmocka_unit_test(a_fee_that_the_trade_cant_have_paid_isnt_credited)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
