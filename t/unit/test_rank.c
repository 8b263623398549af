/*
 * Rankings: after every event they are what sorting all active referrers
 * would give.
 */

#include "ledger/jupref_rank.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger_world.h"


#define REFERRERS  60


static jupref_ledger_t   *sorted_ledger;
static jupref_ranking_e   sorted_ranking;


static jupref_u128_t
value_of(const jupref_referrer_row_t *row, jupref_ranking_e ranking)
{
    return ranking == JUPREF_BY_VOLUME ? row->volume_micro_usd
           : ranking == JUPREF_BY_TRADES ? row->trades[JUPREF_STATE_EXECUTED]
                                         + row->trades[JUPREF_STATE_VERIFIED]
                                         : row->earned_micro_usd;
}


/* Highest first; ties by the wallet's text, the first in ASCII first. */
static int
compare(const void *one, const void *other)
{
    char                    text[JUPREF_PUBKEY_TEXT + 1];
    char                    rival[JUPREF_PUBKEY_TEXT + 1];
    jupref_u128_t           value, against;
    jupref_referrer_row_t  *row, *rival_row;

    row = jupref_referrer(sorted_ledger, *(const uint32_t *) one);
    rival_row = jupref_referrer(sorted_ledger, *(const uint32_t *) other);

    value = value_of(row, sorted_ranking);
    against = value_of(rival_row, sorted_ranking);

    if (value != against) {
        return value > against ? -1 : 1;
    }

    text[jupref_pubkey_format((uint8_t *) text, &row->wallet)] = '\0';
    rival[jupref_pubkey_format((uint8_t *) rival, &rival_row->wallet)] = '\0';

    return strcmp(text, rival);
}


static void
assert_sorted(jupref_ledger_t *ledger)
{
    uint32_t  index, expected[REFERRERS], top[REFERRERS + 1];
    unsigned  count, ranking, limit;

    for (ranking = 0; ranking < JUPREF_RANKINGS; ranking++) {

        for (count = 0, index = 1;
             index <= ledger->tables[JUPREF_TABLE_REFERRERS].count;
             index++)
        {
            if (jupref_referrer(ledger, index)->status
                == JUPREF_REFERRER_ACTIVE)
            {
                expected[count++] = index;
            }
        }

        sorted_ledger = ledger;
        sorted_ranking = ranking;
        qsort(expected, count, sizeof(uint32_t), compare);

        assert_int_equal(jupref_rank_top(ledger, ranking, top,
                                         REFERRERS + 1),
                         count);
        assert_memory_equal(top, expected, count * sizeof(uint32_t));

        for (limit = 0; limit < count; limit += 1 + limit / 2) {
            memset(top, 0, sizeof(top));
            assert_int_equal(jupref_rank_top(ledger, ranking, top, limit),
                             limit);
            assert_memory_equal(top, expected, limit * sizeof(uint32_t));
            assert_int_equal(top[limit], 0);
        }
    }
}


static const char *
code_text(char text[8], uint32_t wallet)
{
    memcpy(text, "code-00", 8);
    text[5] = (char) ('0' + wallet / 10);
    text[6] = (char) ('0' + wallet % 10);

    return text;
}


/* A random event on one of the referrers there are. */
static jupref_event_t
random_event(jupref_ledger_t *ledger, uint32_t count, uint32_t signature,
    uint64_t *seed)
{
    char                text[8];
    uint32_t            wallet, before;
    unsigned            status;
    jupref_event_t      event;
    jupref_signature_t  key;

    wallet = (uint32_t) (random_next(seed) % count) + 1;
    before = (uint32_t) (random_next(seed) % signature) + 1;
    key = signature_of(before);

    /* a trade from before is verified, or comes to nothing */

    if (jupref_find_trade(ledger, &key) && random_next(seed) % 2
        && trade_row_of(ledger, before)->state == JUPREF_STATE_EXECUTED)
    {
        return random_next(seed) % 2
               ? event_verified(ledger, before, 1000, 3)
               : event_ruled(ledger, JUPREF_EVENT_TRADE_REJECTED, before);
    }

    if (random_next(seed) % 8 == 0) {
        status = referrer_of(ledger, wallet)->status;
        return event_status(ledger, wallet,
                            status == JUPREF_REFERRER_ACTIVE
                            ? JUPREF_REFERRER_SUSPENDED
                            : JUPREF_REFERRER_ACTIVE);
    }

    /* few values, so that there are many ties */

    event = event_trade(ledger, signature, 1000, code_text(text, wallet));
    event.of.trade.terms = terms_of("t", 100, 0, 2000, 1000, 500);
    event.of.trade.volume_micro_usd = random_next(seed) % 3 * 1000000;

    if (random_next(seed) % 50 == 0) {
        event.of.trade.volume_micro_usd = UINT64_MAX;
    }

    return event;
}


static void
rankings_are_sorted_after_every_event_of_random_histories(void **state)
{
    char              text[8];
    uint32_t          wallet;
    uint64_t          seed, history;
    unsigned          i;
    jupref_ledger_t  *ledger;

    for (history = 0; history < 12; history++) {
        seed = history;
        wallet = 0;
        ledger = world_new(JUPREF_LEDGER_MIN);

        for (i = 0; i < 400; i++) {

            if (wallet == 0 || (wallet < REFERRERS
                                && random_next(&seed) % 5 == 0))
            {
                wallet++;
                assert_applied(ledger, event_registered(
                                   ledger, wallet,
                                   (uint32_t) (random_next(&seed) % wallet)));
                assert_applied(ledger, event_code(
                                   ledger, code_text(text, wallet), wallet,
                                   terms_of("t", 100, 0, 2000, 0, 0)));

            } else {
                assert_applied(ledger, random_event(ledger, wallet, i + 1,
                                                    &seed));
            }

            assert_sorted(ledger);
        }

        world_free(ledger);
    }
}


static void
an_empty_ranking_has_nobody(void **state)
{
    uint32_t          top[1];
    jupref_ledger_t  *ledger;

    ledger = world_new(JUPREF_LEDGER_MIN);
    assert_int_equal(jupref_rank_top(ledger, JUPREF_BY_VOLUME, top, 1), 0);
    world_free(ledger);
}


static void
ties_are_broken_by_the_wallets_text(void **state)
{
    uint32_t          wallet;
    jupref_ledger_t  *ledger;

    ledger = world_new(JUPREF_LEDGER_MIN);

    for (wallet = 1; wallet <= REFERRERS; wallet++) {
        assert_applied(ledger, event_registered(ledger, wallet, 0));
        assert_sorted(ledger);
    }

    world_free(ledger);
}


static void
a_suspended_referrer_leaves_and_comes_back_where_it_belongs(void **state)
{
    char              text[8];
    uint32_t          wallet, top[2];
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = world_new(JUPREF_LEDGER_MIN);

    for (wallet = 1; wallet <= 2; wallet++) {
        assert_applied(ledger, event_registered(ledger, wallet, 0));
        assert_applied(ledger, event_code(ledger, code_text(text, wallet),
                                          wallet,
                                          terms_of("t", 100, 0, 2000, 0, 0)));
        event = event_trade(ledger, wallet, 9, text);
        event.of.trade.volume_micro_usd = wallet * 100;
        assert_applied(ledger, event);
    }

    assert_int_equal(jupref_rank_top(ledger, JUPREF_BY_VOLUME, top, 2), 2);
    assert_int_equal(top[0], 2);

    assert_applied(ledger, event_status(ledger, 2,
                                        JUPREF_REFERRER_SUSPENDED));
    assert_int_equal(jupref_rank_top(ledger, JUPREF_BY_VOLUME, top, 2), 1);
    assert_int_equal(top[0], 1);

    /* it is overtaken while it is away */

    event = event_trade(ledger, 3, 9, code_text(text, 1));
    event.of.trade.volume_micro_usd = 1000;
    assert_applied(ledger, event);
    assert_applied(ledger, event_status(ledger, 2, JUPREF_REFERRER_ACTIVE));
    assert_int_equal(jupref_rank_top(ledger, JUPREF_BY_VOLUME, top, 2), 2);
    assert_int_equal(top[0], 1);
    assert_int_equal(top[1], 2);

    world_free(ledger);
}


static unsigned
depth_of(const jupref_ledger_t *ledger, uint32_t root)
{
    unsigned             left, right;
    jupref_rank_node_t  *node;

    if (root == 0) {
        return 0;
    }

    node = &jupref_referrer(ledger, root)->rank[JUPREF_BY_TRADES];
    left = depth_of(ledger, node->left);
    right = depth_of(ledger, node->right);

    return 1 + (left > right ? left : right);
}


/* Registered in the order of the ranking itself: a plain tree would be a
 * list then. */
static void
a_ranking_stays_shallow_whatever_the_order_of_events(void **state)
{
    uint32_t          i, count, smallest;
    uint32_t          wallets[1024];
    jupref_ledger_t  *ledger;
    jupref_event_t    event;
    jupref_pubkey_t   key, best;

    ledger = world_new(UINT64_C(16) * JUPREF_LEDGER_MIN);
    count = ledger->tables[JUPREF_TABLE_REFERRERS].capacity;
    count = count > 1000 ? 1000 : count;
    assert_true(count >= 500);

    for (i = 0; i < count; i++) {
        wallets[i] = i + 1;
    }

    /* keys of one length sort as their bytes do */

    for (i = 0; i < count; i++) {
        uint32_t  j;

        smallest = i;
        best = wallet_of(wallets[i]);

        for (j = i + 1; j < count; j++) {
            key = wallet_of(wallets[j]);

            if (memcmp(key.bytes, best.bytes, JUPREF_PUBKEY_SIZE) < 0) {
                best = key;
                smallest = j;
            }
        }

        event = event_registered(ledger, wallets[smallest], 0);
        wallets[smallest] = wallets[i];
        assert_applied(ledger, event);
    }

    assert_true(depth_of(ledger, ledger->rank_root[JUPREF_BY_TRADES]) < 40);

    world_free(ledger);
}


static void
a_rankings_bytes_follow_from_who_is_in_it_not_from_the_order(void **state)
{
    char              text[8];
    uint8_t          *before;
    uint32_t          wallet, index, step;
    jupref_ledger_t  *ledger;

    ledger = world_new(JUPREF_LEDGER_MIN);
    before = malloc(ledger->size);
    assert_non_null(before);

    for (wallet = 1; wallet <= 31; wallet++) {
        assert_applied(ledger, event_registered(ledger, wallet, 0));
        assert_applied(ledger, event_code(ledger, code_text(text, wallet),
                                          wallet,
                                          terms_of("t", 100, 0, 2000, 0, 0)));

        if (wallet % 3) {
            assert_applied(ledger, event_trade(ledger, wallet, 1000, text));
        }
    }

    memcpy(before, ledger, ledger->size);

    /* out one by one, and in again in another order each time */

    for (step = 1; step <= 30; step++) {
        for (index = 1; index <= 31; index++) {
            jupref_rank_remove(ledger, JUPREF_BY_VOLUME, index);
        }

        assert_int_equal(ledger->rank_root[JUPREF_BY_VOLUME], 0);

        for (index = 0; index < 31; index++) {
            jupref_rank_insert(ledger, JUPREF_BY_VOLUME,
                               index * step % 31 + 1);
        }

        assert_memory_equal(before, ledger, ledger->size);
    }

    free(before);
    world_free(ledger);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(
            rankings_are_sorted_after_every_event_of_random_histories),
        cmocka_unit_test(an_empty_ranking_has_nobody),
        cmocka_unit_test(ties_are_broken_by_the_wallets_text),
        cmocka_unit_test(
            a_suspended_referrer_leaves_and_comes_back_where_it_belongs),
        cmocka_unit_test(
            a_ranking_stays_shallow_whatever_the_order_of_events),
        cmocka_unit_test(
            a_rankings_bytes_follow_from_who_is_in_it_not_from_the_order)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
