/*
 * Slots that clients have seen: what is demanded never goes down while a
 * client is remembered, and the one that hasn't come for longest is forgotten.
 */

#include "solana/jupref_monotonic.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


#define CLIENTS  8
#define BELIEVE  UINT64_MAX

#define PROCESSED  JUPREF_COMMITMENT_PROCESSED
#define CONFIRMED  JUPREF_COMMITMENT_CONFIRMED
#define FINALIZED  JUPREF_COMMITMENT_FINALIZED


static const uint8_t *
client(unsigned number)
{
    static uint8_t  key[JUPREF_SHA256_SIZE];

    memset(key, 0, sizeof(key));
    memcpy(key, &number, sizeof(number));

    return key;
}


static jupref_monotonic_t *
make(uint32_t clients)
{
    uint64_t             size;
    jupref_monotonic_t  *block;

    size = jupref_monotonic_size(clients);
    assert_int_equal(size % 64, 0);

    block = aligned_alloc(64, size);
    assert_non_null(block);
    memset(block, 0, size);
    jupref_monotonic_init(block, clients);

    return block;
}


static void
a_slot_counts_for_its_commitment_and_weaker_ones(void **state)
{
    jupref_monotonic_t  *block;

    block = make(CLIENTS);

    assert_int_equal(jupref_monotonic_seen(block, client(1), PROCESSED), 0);

    jupref_monotonic_note(block, client(1), CONFIRMED, 100, BELIEVE);
    assert_int_equal(jupref_monotonic_seen(block, client(1), PROCESSED), 100);
    assert_int_equal(jupref_monotonic_seen(block, client(1), CONFIRMED), 100);
    assert_int_equal(jupref_monotonic_seen(block, client(1), FINALIZED), 0);

    jupref_monotonic_note(block, client(1), PROCESSED, 131, BELIEVE);
    jupref_monotonic_note(block, client(1), FINALIZED, 69, BELIEVE);
    assert_int_equal(jupref_monotonic_seen(block, client(1), PROCESSED), 131);
    assert_int_equal(jupref_monotonic_seen(block, client(1), CONFIRMED), 100);
    assert_int_equal(jupref_monotonic_seen(block, client(1), FINALIZED), 69);

    /* a lower one changes nothing, another client's neither */

    jupref_monotonic_note(block, client(1), PROCESSED, 130, BELIEVE);
    jupref_monotonic_note(block, client(2), FINALIZED, 500, BELIEVE);
    assert_int_equal(jupref_monotonic_seen(block, client(1), PROCESSED), 131);
    assert_int_equal(jupref_monotonic_seen(block, client(2), PROCESSED), 500);

    free(block);
}


static void
a_slot_that_nobody_else_has_heard_of_is_not_believed(void **state)
{
    jupref_monotonic_t  *block;

    block = make(CLIENTS);

    jupref_monotonic_note(block, client(1), CONFIRMED, 100, 100);
    jupref_monotonic_note(block, client(1), CONFIRMED, 101, 100);
    jupref_monotonic_note(block, client(1), CONFIRMED, UINT64_MAX, 100);
    assert_int_equal(jupref_monotonic_seen(block, client(1), CONFIRMED), 100);

    free(block);
}


/* As when a cluster begins again, or one liar was all that was left. */

static void
what_was_believed_wrongly_is_forgotten(void **state)
{
    jupref_monotonic_t  *block;

    block = make(CLIENTS);

    jupref_monotonic_note(block, client(1), FINALIZED, 9000, BELIEVE);
    jupref_monotonic_note(block, client(1), CONFIRMED, 9001, BELIEVE);
    jupref_monotonic_note(block, client(1), PROCESSED, 131, 140);

    assert_int_equal(jupref_monotonic_seen(block, client(1), FINALIZED), 0);
    assert_int_equal(jupref_monotonic_seen(block, client(1), PROCESSED), 131);

    free(block);
}


static void
what_has_no_commitment_says_nothing(void **state)
{
    jupref_monotonic_t  *block;

    block = make(CLIENTS);

    jupref_monotonic_note(block, client(1), JUPREF_COMMITMENT_NONE, 9,
                          BELIEVE);
    jupref_monotonic_note(block, client(1), JUPREF_COMMITMENT_OTHER, 9,
                          BELIEVE);
    assert_int_equal(block->table.count, 0);

    jupref_monotonic_note(block, client(1), FINALIZED, 9, BELIEVE);
    assert_int_equal(jupref_monotonic_seen(block, client(1),
                                           JUPREF_COMMITMENT_NONE), 0);
    assert_int_equal(jupref_monotonic_seen(block, client(1),
                                           JUPREF_COMMITMENT_OTHER), 0);

    free(block);
}


static void
the_client_that_has_not_come_for_longest_makes_room(void **state)
{
    unsigned             i;
    jupref_monotonic_t  *block;

    block = make(CLIENTS);

    for (i = 0; i < CLIENTS; i++) {
        jupref_monotonic_note(block, client(i), CONFIRMED, 100 + i, BELIEVE);
    }

    /* 0 comes again, so 1 is the oldest; with one that is only read, nothing
     * changes */

    jupref_monotonic_note(block, client(0), CONFIRMED, 50, BELIEVE);
    assert_int_equal(jupref_monotonic_seen(block, client(1), CONFIRMED), 101);

    jupref_monotonic_note(block, client(99), CONFIRMED, 7, BELIEVE);
    assert_int_equal(jupref_monotonic_seen(block, client(0), CONFIRMED), 100);
    assert_int_equal(jupref_monotonic_seen(block, client(1), CONFIRMED), 0);
    assert_int_equal(jupref_monotonic_seen(block, client(2), CONFIRMED), 102);
    assert_int_equal(jupref_monotonic_seen(block, client(99), CONFIRMED), 7);

    free(block);
}


/* Against a plain list of everything, ordered by use. */
static void
it_is_what_a_plain_list_would_be(void **state)
{
    uint64_t             chance, slot, expected;
    unsigned             i, j, k, who, level, known, clients;
    jupref_monotonic_t  *block;

    struct {
        unsigned  who;
        uint64_t  slots[3];
    } list[5], entry;

    for (clients = 1; clients <= 5; clients++) {
        block = make(clients);
        known = 0;
        chance = clients;

        for (i = 0; i < 4000; i++) {
            chance = chance * UINT64_C(6364136223846793005) + 1;
            who = (unsigned) (chance >> 40) % 9;
            level = (unsigned) (chance >> 50) % 3;
            slot = (chance >> 54) + i;

            memset(&entry, 0, sizeof(entry));
            entry.who = who;

            for (j = 0; j < known && list[j].who != who; j++) {
                /* void */
            }

            if (j < known) {
                entry = list[j];

            } else if (known < clients) {
                known++;

            } else {
                j = known - 1;
            }

            for (k = j; k > 0; k--) {
                list[k] = list[k - 1];
            }

            list[0] = entry;

            if (list[0].slots[level] < slot) {
                list[0].slots[level] = slot;
            }

            jupref_monotonic_note(block, client(who), (jupref_commitment_e)
                                  (PROCESSED + level), slot, BELIEVE);

            for (who = 0; who < 9; who++) {
                for (j = 0; j < known && list[j].who != who; j++) {
                    /* void */
                }

                for (expected = 0, level = 3; level-- > 0; ) {
                    if (j < known && list[j].slots[level] > expected) {
                        expected = list[j].slots[level];
                    }

                    assert_true(jupref_monotonic_seen(block, client(who),
                                    (jupref_commitment_e) (PROCESSED + level))
                                == expected);
                }
            }
        }

        free(block);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_slot_counts_for_its_commitment_and_weaker_ones),
        cmocka_unit_test(
            a_slot_that_nobody_else_has_heard_of_is_not_believed),
        cmocka_unit_test(what_was_believed_wrongly_is_forgotten),
        cmocka_unit_test(what_has_no_commitment_says_nothing),
        cmocka_unit_test(the_client_that_has_not_come_for_longest_makes_room),
        cmocka_unit_test(it_is_what_a_plain_list_would_be)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
