/*
 * One transaction at several nodes: what the client is told, and when.
 */

#include "rpc_calls.h"
#include "sample_transaction.h"
#include "solana/jupref_rpc_send.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


/* What a node does with a transaction. */
typedef enum {
    ACCEPTS = 0,
    LIES,                               /* another signature */
    SAYS_NONSENSE,                      /* a result that is no signature */
    KNOWS_IT,                           /* AlreadyProcessed */
    FAILS_IT,                           /* preflight: an instruction */
    LACKS_HASH,                         /* preflight: BlockhashNotFound */
    FINDS_FAULT,                        /* -32602 */
    IS_BEHIND,                          /* -32016 */
    IS_ILL,                             /* -32005 */
    IS_SLOW,                            /* timeout */
    IS_THROTTLED,                       /* 429 */
    ACTS
} act_e;


typedef struct {
    jupref_send_t        send;
    jupref_send_race_t   race;
    jupref_send_step_t   step;
    int                  number;
} world_t;


static void
world_start(world_t *world, unsigned asked)
{
    char                      text[6000];
    rpc_calls_t               calls;
    const jupref_rpc_call_t  *call;
    sample_transaction_t      sample;

    memset(world, 0, sizeof(world_t));
    sample_transaction_make(&sample, JUPREF_TRANSACTION_V0, 20, 0x33);
    sprintf(text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
            "\"sendTransaction\",\"params\":[\"%s\","
            "{\"encoding\":\"base64\"}]}", sample.base64);

    call = rpc_calls_one(&calls, text);
    assert_int_equal(jupref_send_read(&world->send, &calls.body, call),
                     JUPREF_SEND_OK);
    rpc_calls_free(&calls);

    jupref_send_race_init(&world->race);

    while (asked-- > 0) {
        jupref_send_race_ask(&world->race);
    }
}


/* The next answer, with the next number; the decision after it. */
static jupref_send_decision_e
answered(world_t *world, act_e act, unsigned judge)
{
    char                  body[512];
    heap_t                heap;
    jupref_memory_t       memory;
    jupref_rpc_answer_t   answer;
    jupref_rpc_outcome_t  outcome;

    static const char *const  bodies[ACTS] = {
        [LIES] = "\"result\":\"5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnb"
                 "JLgp8uirBgmQpjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW\"",
        [SAYS_NONSENSE] = "\"result\":null",
        [KNOWS_IT] = "\"error\":{\"code\":-32002,\"message\":\"\","
                     "\"data\":{\"err\":\"AlreadyProcessed\"}}",
        [FAILS_IT] = "\"error\":{\"code\":-32002,\"message\":\"\",\"data\":"
                     "{\"err\":{\"InstructionError\":[0,{\"Custom\":1}]}}}",
        [LACKS_HASH] = "\"error\":{\"code\":-32002,\"message\":\"\","
                       "\"data\":{\"err\":\"BlockhashNotFound\"}}",
        [FINDS_FAULT] = "\"error\":{\"code\":-32602,\"message\":\"\"}",
        [IS_BEHIND] = "\"error\":{\"code\":-32016,\"message\":\"\","
                      "\"data\":{\"contextSlot\":5}}",
        [IS_ILL] = "\"error\":{\"code\":-32005,\"message\":\"\"}"
    };

    if (act == ACCEPTS) {
        sprintf(body, "{\"result\":\"%.*s\",\"id\":7}",
                (int) world->send.text_len, (char *) world->send.text);

    } else {
        sprintf(body, "{%s,\"id\":7}", bodies[act] != NULL ? bodies[act] : "");
    }

    memory = heap_memory(&heap, HEAP_ENDLESS);
    jupref_rpc_answer_read(&answer, (jupref_bytes_t) {
                               (uint8_t *) body, strlen(body) }, 7, &memory);

    outcome.transport = act == IS_SLOW ? JUPREF_RPC_TIMED_OUT
                                       : JUPREF_RPC_ANSWERED;
    outcome.status = act == IS_THROTTLED ? 429 : 200;
    outcome.retry_after = jupref_bytes("");
    outcome.answer = act == IS_SLOW ? NULL : &answer;

    jupref_send_race_answer(&world->race, &world->step, &world->send,
                            world->number++, judge,
                            jupref_rpc_method_find(
                                jupref_bytes("sendTransaction")), &outcome);

    assert_int_equal(world->step.decision, world->race.decision);

    return world->race.decision;
}


static void
the_first_acceptance_wins(void **state)
{
    world_t  world;

    world_start(&world, 3);
    assert_int_equal(answered(&world, IS_SLOW, 0), JUPREF_SEND_WAIT);
    assert_int_equal(answered(&world, ACCEPTS, 0), JUPREF_SEND_ACCEPTED);
    assert_true(world.step.accepted);
    assert_int_equal(answered(&world, FAILS_IT, 1), JUPREF_SEND_ACCEPTED);
    assert_false(world.step.accepted);

    /* that it is there already is what the client wanted */

    world_start(&world, 2);
    assert_int_equal(answered(&world, KNOWS_IT, 0), JUPREF_SEND_ACCEPTED);
    assert_true(world.step.accepted);

    world_start(&world, 1);
    assert_int_equal(answered(&world, KNOWS_IT, 1), JUPREF_SEND_ACCEPTED);
}


static void
a_node_that_answers_with_another_signature_lies(void **state)
{
    unsigned  i;
    world_t   world;

    static const act_e  lies[] = { LIES, SAYS_NONSENSE };

    for (i = 0; i < 2; i++) {
        world_start(&world, 2);
        assert_int_equal(answered(&world, lies[i], 1), JUPREF_SEND_WAIT);
        assert_true(world.step.lied);
        assert_false(world.step.accepted);
        assert_false(world.step.verdict.deliver);
        assert_int_equal(world.step.verdict.mark, JUPREF_RPC_MARK_OUT);

        assert_int_equal(answered(&world, IS_SLOW, 0),
                         JUPREF_SEND_ASK_ANOTHER);
        assert_false(world.step.lied);
        assert_int_equal(world.race.best, JUPREF_SEND_NO_ANSWER);
    }
}


static void
a_failed_preflight_counts_from_the_freshest_only(void **state)
{
    world_t  world;

    world_start(&world, 3);
    assert_int_equal(answered(&world, FAILS_IT, 0), JUPREF_SEND_WAIT);
    assert_int_equal(answered(&world, FAILS_IT, 1), JUPREF_SEND_REFUSED);
    assert_int_equal(world.race.best, 1);

    /* what is refused stays so */

    assert_int_equal(answered(&world, ACCEPTS, 0), JUPREF_SEND_REFUSED);
    assert_true(world.step.accepted);

    /* from others it counts when nobody says otherwise */

    world_start(&world, 2);
    assert_int_equal(answered(&world, FAILS_IT, 0), JUPREF_SEND_WAIT);
    assert_int_equal(answered(&world, FAILS_IT, 0), JUPREF_SEND_REFUSED);
    assert_int_equal(world.race.best, 0);

    world_start(&world, 2);
    assert_int_equal(answered(&world, FAILS_IT, 0), JUPREF_SEND_WAIT);
    assert_int_equal(answered(&world, IS_SLOW, 1), JUPREF_SEND_ASK_ANOTHER);
    assert_int_equal(world.race.best, 0);

    jupref_send_race_ask(&world.race);
    assert_int_equal(world.race.decision, JUPREF_SEND_WAIT);
    assert_int_equal(answered(&world, ACCEPTS, 1), JUPREF_SEND_ACCEPTED);
}


static void
a_node_behind_the_blockhash_is_no_judge(void **state)
{
    world_t  world;

    world_start(&world, 1);
    assert_int_equal(answered(&world, LACKS_HASH, 1),
                     JUPREF_SEND_ASK_FRESHER);
    assert_int_equal(world.race.best, 0);

    jupref_send_race_ask(&world.race);
    assert_int_equal(answered(&world, ACCEPTS, 1), JUPREF_SEND_ACCEPTED);

    /* nor is one that hasn't reached the client's slot */

    world_start(&world, 1);
    assert_int_equal(answered(&world, IS_BEHIND, 1),
                     JUPREF_SEND_ASK_FRESHER);

    /* while others are out they may know it */

    world_start(&world, 2);
    assert_int_equal(answered(&world, LACKS_HASH, 1), JUPREF_SEND_WAIT);
    assert_int_equal(answered(&world, ACCEPTS, 0), JUPREF_SEND_ACCEPTED);

    /* an ill one tells nothing about it, so it still takes a fresher one */

    world_start(&world, 1);
    assert_int_equal(answered(&world, LACKS_HASH, 1),
                     JUPREF_SEND_ASK_FRESHER);
    jupref_send_race_ask(&world.race);
    assert_int_equal(answered(&world, IS_ILL, 1), JUPREF_SEND_ASK_FRESHER);
    assert_int_equal(world.race.best, 0);

    /* the fresher one's word is final */

    world_start(&world, 1);
    assert_int_equal(answered(&world, LACKS_HASH, 1),
                     JUPREF_SEND_ASK_FRESHER);
    jupref_send_race_ask(&world.race);
    assert_int_equal(answered(&world, FAILS_IT, 1), JUPREF_SEND_REFUSED);
    assert_int_equal(world.race.best, 1);
}


static void
the_error_that_says_most_is_what_the_client_gets(void **state)
{
    world_t  world;

    world_start(&world, 4);
    assert_int_equal(answered(&world, IS_THROTTLED, 1), JUPREF_SEND_WAIT);
    assert_int_equal(world.race.best, JUPREF_SEND_NO_ANSWER);
    assert_int_equal(answered(&world, IS_ILL, 0), JUPREF_SEND_WAIT);
    assert_int_equal(world.race.best, 1);
    assert_int_equal(answered(&world, FINDS_FAULT, 0), JUPREF_SEND_WAIT);
    assert_int_equal(world.race.best, 2);
    assert_int_equal(answered(&world, IS_ILL, 0), JUPREF_SEND_REFUSED);
    assert_int_equal(world.race.best, 2);

    world_start(&world, 2);
    assert_int_equal(answered(&world, IS_ILL, 0), JUPREF_SEND_WAIT);
    assert_int_equal(answered(&world, IS_ILL, 1), JUPREF_SEND_ASK_ANOTHER);
    assert_int_equal(world.race.best, 0);
}


static void
copies_go_out_only_when_they_put_nothing_on_chain_unasked(void **state)
{
    world_t  world;

    world_start(&world, 0);
    assert_int_equal(jupref_send_at_once(&world.send, 3), 1);
    world.send.skip_preflight = 1;
    assert_int_equal(jupref_send_at_once(&world.send, 3), 3);
}


/* Whatever nodes answer, in whatever order. */
static void
the_promises_hold_for_all_answers_of_three_nodes(void **state)
{
    int                     final;
    unsigned                all, i, accepts, judge;
    act_e                   acts[3];
    world_t                 world;
    jupref_send_decision_e  before, after;

    for (all = 0; all < ACTS * ACTS * ACTS * 4; all++) {
        acts[0] = (act_e) (all / 4 % ACTS);
        acts[1] = (act_e) (all / 4 / ACTS % ACTS);
        acts[2] = (act_e) (all / 4 / ACTS / ACTS);
        judge = all % 4;

        world_start(&world, 3);
        before = JUPREF_SEND_WAIT;
        accepts = 0;
        final = 0;

        for (i = 0; i < 3; i++) {
            after = answered(&world, acts[i], i == judge);
            accepts |= acts[i] == ACCEPTS || acts[i] == KNOWS_IT;

            /* what is decided stays */

            assert_true(!final || after == before);
            final = after == JUPREF_SEND_ACCEPTED
                    || after == JUPREF_SEND_REFUSED;

            /* nobody is said to have accepted who hasn't, and the first to
             * accept decides unless the judge was before it */

            assert_true(after != JUPREF_SEND_ACCEPTED || accepts);
            assert_true(!accepts || final);
            assert_true(i == 2 || after == JUPREF_SEND_WAIT || final);

            if (after == JUPREF_SEND_REFUSED) {
                assert_in_range(world.race.best, 0, i);
            }

            before = after;
        }

        assert_int_not_equal(after, JUPREF_SEND_WAIT);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_first_acceptance_wins),
        cmocka_unit_test(a_node_that_answers_with_another_signature_lies),
        cmocka_unit_test(a_failed_preflight_counts_from_the_freshest_only),
        cmocka_unit_test(a_node_behind_the_blockhash_is_no_judge),
        cmocka_unit_test(the_error_that_says_most_is_what_the_client_gets),
        cmocka_unit_test(
            copies_go_out_only_when_they_put_nothing_on_chain_unasked),
        cmocka_unit_test(the_promises_hold_for_all_answers_of_three_nodes)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
