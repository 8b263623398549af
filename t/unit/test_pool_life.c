/*
 * What honest nodes go through: calls that take seconds, neighbours that die,
 * slots that are skipped, finality that pauses, a cluster that is faster than
 * ours was.  Nothing of it makes an honest answer too old or beyond belief.
 *
 * Nodes are asked as the agent asks them: for the slot every 400 ms, for the
 * finalized slot and the height every two seconds.
 */

#include "solana/jupref_pool.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


#define PROCESSED  JUPREF_COMMITMENT_PROCESSED
#define FINALIZED  JUPREF_COMMITMENT_FINALIZED

#define START_MS   UINT64_C(5000000)
#define FIRST      UINT64_C(447120000)
#define SKIPPED    UINT64_C(22000000)
#define BEHIND     32                   /* FINALIZED, slots */


typedef struct {
    jupref_pool_t  *pool;
    unsigned        count;
    uint64_t        now_ms;
    uint64_t        slot_us;
    unsigned        skip_percent;
    uint64_t        final_slot;         /* it stands there; 0: it goes on */
    uint64_t        stands;             /* node 0 does, at that slot; 0: no */
} life_t;


static void
life_begin(life_t *life, unsigned count, uint64_t slot_us, uint64_t max_lag_ms)
{
    unsigned             i;
    jupref_pool_rules_t  rules;

    memset(life, 0, sizeof(life_t));
    memset(&rules, 0, sizeof(rules));

    rules.max_lag_ms = max_lag_ms;
    rules.recover_lag_ms = max_lag_ms / 2;

    life->pool = calloc(1, sizeof(jupref_pool_t));
    assert_non_null(life->pool);

    life->count = count;
    life->now_ms = START_MS;
    life->slot_us = slot_us;

    jupref_pool_init(life->pool, &rules);
    jupref_pool_begin(life->pool, &rules);

    for (i = 0; i < count; i++) {
        assert_int_equal(jupref_pool_claim(life->pool, 1000 + i,
                                           life->now_ms), i);
    }
}


static uint64_t
slot_at(const life_t *life, uint64_t ms)
{
    return FIRST + (ms - START_MS) * 1000 / life->slot_us;
}


static uint64_t
slot_now(const life_t *life)
{
    return slot_at(life, life->now_ms);
}


static uint64_t
finalized_of(const life_t *life, uint64_t slot)
{
    return (life->final_slot && life->final_slot < slot - BEHIND)
           ? life->final_slot : slot - BEHIND;
}


static uint64_t
height_of(const life_t *life, uint64_t slot)
{
    return slot - SKIPPED - (slot - FIRST) * life->skip_percent / 100;
}


static void
life_pass(life_t *life, uint64_t ms, uint64_t silent)
{
    unsigned  i;
    uint64_t  until, slot, step;

    for (until = life->now_ms + ms; life->now_ms < until; /* void */ ) {
        life->now_ms += 100;
        step = life->now_ms / 100;

        for (i = 0; i < life->count; i++) {

            if (silent >> i & 1) {
                continue;
            }

            slot = (i == 0 && life->stands) ? life->stands : slot_now(life);

            if (step % 4 == i % 4) {
                jupref_pool_slot(life->pool, i, PROCESSED, slot,
                                 life->now_ms);
            }

            if (step % 20 == i * 3 % 20) {
                jupref_pool_slot(life->pool, i, FINALIZED,
                                 finalized_of(life, slot), life->now_ms);
            }

            if (step % 20 == (i * 3 + 9) % 20) {
                jupref_pool_height(life->pool, i,
                                   height_of(life, finalized_of(life, slot)),
                                   life->now_ms);
            }

            jupref_pool_answered(life->pool, i, 5000, life->now_ms);
        }

        jupref_pool_judge(life->pool, 0, life->now_ms);
    }
}


/* What an honest node answers now to a call of then. */

static void
honest_is_taken(const life_t *life, uint64_t slot, uint64_t asked_ms)
{
    uint64_t              height, final_height;
    const jupref_pool_t  *pool;

    pool = life->pool;
    height = height_of(life, slot);
    final_height = height_of(life, finalized_of(life, slot));

    assert_true(slot >= jupref_pool_least_slot(pool, PROCESSED, asked_ms));
    assert_true(slot - BEHIND >= jupref_pool_least_slot(pool, FINALIZED,
                                                        asked_ms)
                || life->final_slot);
    assert_true(height >= jupref_pool_least_height(pool, PROCESSED,
                                                   asked_ms));
    assert_true(final_height >= jupref_pool_least_height(pool, FINALIZED,
                                                         asked_ms)
                || life->final_slot);

    assert_true(slot <= jupref_pool_reach(pool, PROCESSED, life->now_ms));
    assert_true(finalized_of(life, slot)
                <= jupref_pool_reach(pool, FINALIZED, life->now_ms));
    assert_true(height <= jupref_pool_believable_height(pool, PROCESSED,
                                                        life->now_ms));
    assert_true(final_height
                <= jupref_pool_believable_height(pool, FINALIZED,
                                                 life->now_ms));
}


static void
honest_is_taken_for(life_t *life, uint64_t ms, uint64_t silent)
{
    uint64_t  until;

    for (until = life->now_ms + ms; life->now_ms < until; /* void */ ) {
        life_pass(life, 500, silent);
        honest_is_taken(life, slot_now(life), life->now_ms);
    }
}


static void
slots_of_any_length_are_followed(void **state)
{
    unsigned  i, count;
    life_t    life;

    static const uint64_t  slots_us[] = { 150000, 214000, 400000, 500000 };

    for (i = 0; i < 4; i++) {
        for (count = 1; count <= 3; count++) {
            life_begin(&life, count, slots_us[i], 2000);
            life.skip_percent = 10;
            life_pass(&life, 60000, 0);
            honest_is_taken_for(&life, 120000, 0);
            free(life.pool);
        }
    }
}


static void
a_call_may_take_longer_than_max_lag(void **state)
{
    unsigned  i;
    life_t    life;
    uint64_t  asked_ms, slot;

    life_begin(&life, 3, 400000, 2000);
    life_pass(&life, 60000, 0);

    for (i = 0; i < 10; i++) {
        asked_ms = life.now_ms;
        slot = slot_now(&life);
        life_pass(&life, 1000 * i, 0);
        honest_is_taken(&life, slot, asked_ms);
    }

    free(life.pool);
}


/* Those that are dead tell no more of how many slots are skipped. */

static void
one_that_is_left_is_taken(void **state)
{
    life_t  life;

    life_begin(&life, 3, 400000, 5000);
    life.skip_percent = 10;
    life_pass(&life, 60000, 0);
    honest_is_taken_for(&life, 600000, 6);
    free(life.pool);
}


/* Of three the other two have never been up, and slots are faster than they
 * are taken for in the beginning. */

static void
one_that_is_alone_from_the_start_is_taken(void **state)
{
    unsigned  i;
    life_t    life;

    for (i = 150; i <= 400; i += 50) {
        life_begin(&life, 3, i * 1000, 1000);
        life_pass(&life, 2000, 6);
        honest_is_taken_for(&life, 300000, 6);
        free(life.pool);
    }
}


static void
one_that_is_left_may_stand_and_catch_up(void **state)
{
    uint64_t  stand_ms;
    life_t    life;

    for (stand_ms = 4000; stand_ms <= 128000; stand_ms *= 2) {
        life_begin(&life, 2, 400000, 5000);
        life_pass(&life, 60000, 0);
        life_pass(&life, 20000, 2);

        life.stands = slot_now(&life);
        life_pass(&life, stand_ms, 2);
        life.stands = 0;

        assert_true(slot_now(&life) <= jupref_pool_reach(life.pool, PROCESSED,
                                                         life.now_ms));
        life_pass(&life, 2500, 2);
        honest_is_taken_for(&life, 60000, 2);
        free(life.pool);
    }
}


/* Answers to clients tell of the new root before the agent asks for it. */

static void
finality_may_pause_and_go_on(void **state)
{
    unsigned  count, i;
    life_t    life;

    for (count = 1; count <= 3; count++) {
        life_begin(&life, count, 400000, 5000);
        life_pass(&life, 60000, 0);

        life.final_slot = slot_now(&life) - BEHIND;
        honest_is_taken_for(&life, 120000, 0);
        life.final_slot = 0;

        for (i = 0; i < 30; i++) {
            assert_true(jupref_pool_told(life.pool, i % count, FINALIZED,
                                         slot_now(&life) - BEHIND,
                                         life.now_ms, life.now_ms));
            assert_int_equal(life.pool->nodes[i % count].reasons, 0);
            life_pass(&life, 100, 0);
        }

        honest_is_taken_for(&life, 10000, 0);
        free(life.pool);
    }
}


/* A claim beyond belief isn't noted over what the node has told already. */

static void
what_is_not_believed_takes_nothing_back(void **state)
{
    life_t    life;
    uint64_t  slot;

    life_begin(&life, 2, 400000, 5000);
    life_pass(&life, 60000, 0);
    slot = life.pool->nodes[0].heads[PROCESSED].slot;

    assert_false(jupref_pool_told(life.pool, 0, FINALIZED, slot - 5,
                                  life.now_ms, life.now_ms));
    assert_int_equal(life.pool->nodes[0].heads[PROCESSED].slot, slot);
    free(life.pool);
}


/* Blockhashes expire by height: what is told too high makes clients sign
 * again what may land yet. */

static void
a_height_that_is_too_high_is_not_believed(void **state)
{
    unsigned  count;
    life_t    life;
    uint64_t  height;

    for (count = 2; count <= 4; count++) {
        life_begin(&life, count, 400000, 5000);
        life_pass(&life, 60000, 0);

        height = height_of(&life, slot_now(&life) - BEHIND);

        assert_in_range(jupref_pool_believable_height(life.pool, FINALIZED,
                                                      life.now_ms),
                        height, height + 40);
        free(life.pool);
    }
}


/* Of two that differ nobody knows who is right: neither is refused. */

static void
a_height_that_is_too_low_does_not_shut_out_the_right_one(void **state)
{
    unsigned  i;
    life_t    life;

    life_begin(&life, 2, 400000, 5000);
    life_pass(&life, 60000, 0);

    for (i = 0; i < 50; i++) {
        life_pass(&life, 400, 0);
        jupref_pool_height(life.pool, 1, 1000, life.now_ms);
        honest_is_taken(&life, slot_now(&life), life.now_ms);
    }

    free(life.pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(slots_of_any_length_are_followed),
        cmocka_unit_test(a_call_may_take_longer_than_max_lag),
        cmocka_unit_test(one_that_is_left_is_taken),
        cmocka_unit_test(one_that_is_alone_from_the_start_is_taken),
        cmocka_unit_test(one_that_is_left_may_stand_and_catch_up),
        cmocka_unit_test(finality_may_pause_and_go_on),
        cmocka_unit_test(what_is_not_believed_takes_nothing_back),
        cmocka_unit_test(a_height_that_is_too_high_is_not_believed),
        cmocka_unit_test(
            a_height_that_is_too_low_does_not_shut_out_the_right_one)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
