/*
 * What nodes don't say: when a trade is waited for, asked for elsewhere,
 * expired, or found to be beyond proof.
 */

#include "evidence_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


static void
what_isnt_finalized_is_waited_for(void **state)
{
    case_t          of;
    jupref_event_t  event;

    case_begin_silent(&of, 1, 1);
    assert_found(&of, WAIT, "not_asked");

    of.witnesses[0].status = JUPREF_SAID_NULL_RECENT;
    assert_found(&of, WAIT, "not_found");

    of.witnesses[0].status = JUPREF_SAID_PROCESSED;
    assert_found(&of, WAIT, "not_finalized");
    of.witnesses[0].status = JUPREF_SAID_CONFIRMED;
    assert_found(&of, WAIT, "not_finalized");

    /* finalized, and the node can't be asked for what it did */

    of.witnesses[0].status = JUPREF_SAID_FINALIZED;
    assert_found(&of, ELSEWHERE, "not_shown");

    /* nobody says what it did: not waited for without end */

    of.evidence.nodes_left = 0;
    assert_found(&of, WAIT, "not_shown");
    of.evidence.now_ms = NOW_MS + 24 * HOUR_MS;
    assert_found(&of, UNPROVED, "not_shown");
    of.evidence.now_ms = NOW_MS;
    of.evidence.nodes_left = 1;

    /* asked, and not shown */

    of.witnesses[0].transaction = JUPREF_SAID_NULL;
    assert_found(&of, ELSEWHERE, "not_shown");
    of.evidence.nodes_left = 0;
    assert_found(&of, WAIT, "not_shown");
    of.evidence.now_ms = NOW_MS + 24 * HOUR_MS;
    assert_found(&of, UNPROVED, "history_gone");

    assert_true(jupref_evidence_event(&of.evidence, &of.finding, &event));
    assert_int_equal(event.type, JUPREF_EVENT_TRADE_UNPROVED);

    of.evidence.account_count = 0;
    assert_found(&of, WAIT, "no_accounts");
}


static void
a_trade_expires_when_two_nodes_are_silent_behind_its_last_height(void **state)
{
    case_t          of;
    jupref_event_t  event;

    case_begin_silent(&of, 2, 0);
    case_silent(&of, 0, LAST_VALID + 1);
    case_silent(&of, 1, LAST_VALID + 1);
    assert_found(&of, EXPIRED, "block_height_passed");
    assert_true(jupref_evidence_event(&of.evidence, &of.finding, &event));
    assert_int_equal(event.type, JUPREF_EVENT_TRADE_EXPIRED);
    assert_string_equal((const char *) event.of.trade_ruled.reason,
                        "block_height_passed");

    /* it can still land in that very block */

    case_silent(&of, 1, LAST_VALID);
    assert_found(&of, WAIT, "not_found");
    case_silent(&of, 1, 0);
    assert_found(&of, WAIT, "not_found");

    /* silence of the recent cache is none */

    case_silent(&of, 1, LAST_VALID + 1);
    of.witnesses[1].status = JUPREF_SAID_NULL_RECENT;
    assert_found(&of, WAIT, "not_found");

    /* one node that has it outweighs any silence */

    case_silent(&of, 1, LAST_VALID + 1);
    of.evidence.witness_count = 3;
    of.witnesses[2].status = JUPREF_SAID_PROCESSED;
    assert_found(&of, WAIT, "not_finalized");

    /* who answers neither doesn't count */

    of.witnesses[2].status = JUPREF_SAID_NOTHING;
    assert_found(&of, EXPIRED, "block_height_passed");
}


static void
an_answer_that_cant_be_read_is_no_silence(void **state)
{
    case_t  of;

    case_begin_silent(&of, 3, 0);
    case_silent(&of, 0, LAST_VALID + 1);
    case_silent(&of, 1, LAST_VALID + 1);
    case_silent(&of, 2, LAST_VALID + 1);
    of.witnesses[2].transaction
        = jupref_said_by_transaction(JUPREF_CHAIN_MALFORMED);
    assert_found(&of, WAIT, "not_shown");
    of.evidence.nodes_left = 1;
    assert_found(&of, ELSEWHERE, "not_shown");

    /* neither is none */

    of.evidence.nodes_left = 0;
    of.evidence.witness_count = 2;
    of.witnesses[1].transaction = JUPREF_SAID_NOTHING;
    assert_found(&of, WAIT, "not_found");
}


static void
one_nodes_silence_proves_nothing(void **state)
{
    case_t  of;

    case_begin_silent(&of, 1, 2);
    case_silent(&of, 0, LAST_VALID + 1000000);
    assert_found(&of, ELSEWHERE, "not_found");

    of.evidence.nodes_left = 0;
    assert_found(&of, WAIT, "not_found");

    of.evidence.now_ms = NOW_MS + HOUR_MS;
    assert_found(&of, UNPROVED, "too_few_nodes");
}


static void
without_a_last_height_silence_never_expires_a_trade(void **state)
{
    case_t  of;

    case_begin_silent(&of, 2, 0);
    of.trade.last_valid_block_height = 0;
    case_silent(&of, 0, LAST_VALID + 1000000);
    case_silent(&of, 1, LAST_VALID + 1000000);
    assert_found(&of, WAIT, "not_found");
    of.evidence.now_ms = NOW_MS + HOUR_MS;
    assert_found(&of, UNPROVED, "height_unknown");
}


static void
where_history_is_gone_others_are_asked_and_nothing_expires(void **state)
{
    case_t          of;
    unsigned        i;
    chain_swap_t    swap;

    static const int64_t  codes[] = { -32001, -32011, -32019, -32020 };
    static const int64_t  others[] = { -32005, -32603, -32602, 0, 429 };

    for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        case_begin_silent(&of, 1, 1);
        of.witnesses[0].transaction = jupref_said_by_error(codes[i]);
        assert_found(&of, ELSEWHERE, "history_gone");
        of.evidence.nodes_left = 0;
        assert_found(&of, UNPROVED, "history_gone");
    }

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(jupref_said_by_error(others[i]),
                         JUPREF_SAID_NOTHING);
    }

    /* a trade so old that any node may have forgotten it */

    case_begin_silent(&of, 2, 1);
    case_silent(&of, 0, LAST_VALID + 1000000);
    case_silent(&of, 1, LAST_VALID + 1000000);
    of.evidence.now_ms = NOW_MS + 24 * HOUR_MS;
    assert_found(&of, ELSEWHERE, "history_gone");
    of.evidence.nodes_left = 0;
    assert_found(&of, UNPROVED, "history_gone");

    /* one that forgets nothing still shows it */

    chain_swap(&swap);
    case_begin(&of, &swap);
    of.evidence.now_ms = NOW_MS + 500 * HOUR_MS;
    assert_verified(&of, WSOL, 5000);
    case_end(&of);
}


static void
a_clock_that_was_set_back_expires_nothing_early(void **state)
{
    case_t  of;

    case_begin_silent(&of, 1, 0);
    case_silent(&of, 0, LAST_VALID + 1);
    of.evidence.now_ms = of.trade.time_ms - HOUR_MS;
    assert_found(&of, WAIT, "not_found");
}


static void
what_nodes_answer_is_weighed_by_what_it_can_say(void **state)
{
    unsigned                   i;
    jupref_signature_status_t  status;

    static const struct {
        jupref_chain_result_e  read;
        jupref_said_e          said;
    } shown[] = {
        { JUPREF_CHAIN_OK, JUPREF_SAID_FINALIZED },
        { JUPREF_CHAIN_NULL, JUPREF_SAID_NULL },
        { JUPREF_CHAIN_NO_META, JUPREF_SAID_NO_HISTORY },
        { JUPREF_CHAIN_MALFORMED, JUPREF_SAID_FINALIZED },
        { JUPREF_CHAIN_INCONSISTENT, JUPREF_SAID_FINALIZED },
        { JUPREF_CHAIN_TOO_LARGE, JUPREF_SAID_FINALIZED },
        { JUPREF_CHAIN_BAD_TRANSACTION, JUPREF_SAID_FINALIZED }
    };

    for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        assert_int_equal(jupref_said_by_transaction(shown[i].read),
                         shown[i].said);
    }

    memset(&status, 0, sizeof(status));
    assert_int_equal(jupref_said_by_status(&status, 0),
                     JUPREF_SAID_NULL_RECENT);
    assert_int_equal(jupref_said_by_status(&status, 1), JUPREF_SAID_NULL);
    status.found = 1;
    status.commitment = JUPREF_COMMITMENT_CONFIRMED;
    assert_int_equal(jupref_said_by_status(&status, 1),
                     JUPREF_SAID_CONFIRMED);
}


static void
reasons_have_names_of_their_own_and_are_found_by_them(void **state)
{
    size_t    len;
    uint8_t   words[JUPREF_REASON_MAX];
    unsigned  one, two;

    for (one = 0; one < JUPREF_REASONS; one++) {
        assert_non_null(jupref_reason_name(one));
        assert_true(strlen(jupref_reason_text(one)) > 5);

        len = strlen(jupref_reason_name(one));
        assert_in_range(len, 1, JUPREF_REASON_MAX);
        memset(words, 0, sizeof(words));
        memcpy(words, jupref_reason_name(one), len);

        if (one >= JUPREF_REASON_FAILED_ON_CHAIN) {
            assert_int_equal(jupref_reason_of(words), one);
        }

        for (two = 0; two < one; two++) {
            assert_string_not_equal(jupref_reason_name(one),
                                    jupref_reason_name(two));
        }
    }

    memset(words, 'x', sizeof(words));
    assert_int_equal(jupref_reason_of(words), JUPREF_REASON_MANUAL);
    memset(words, 0, sizeof(words));
    assert_int_equal(jupref_reason_of(words), JUPREF_REASON_NONE);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_isnt_finalized_is_waited_for),
        cmocka_unit_test(
            a_trade_expires_when_two_nodes_are_silent_behind_its_last_height),
        cmocka_unit_test(an_answer_that_cant_be_read_is_no_silence),
        cmocka_unit_test(one_nodes_silence_proves_nothing),
        cmocka_unit_test(without_a_last_height_silence_never_expires_a_trade),
        cmocka_unit_test(
            where_history_is_gone_others_are_asked_and_nothing_expires),
        cmocka_unit_test(a_clock_that_was_set_back_expires_nothing_early),
        cmocka_unit_test(what_nodes_answer_is_weighed_by_what_it_can_say),
        cmocka_unit_test(reasons_have_names_of_their_own_and_are_found_by_them)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
