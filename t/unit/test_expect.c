/*
 * Expecting: memory is asked for and nothing else happens, whatever the event
 * and however wrong the guess.
 */

#include "ledger/jupref_expect.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "busy_ledger.h"
#include "ledger_world.h"


static void
expect_all(const jupref_ledger_t *ledger, const jupref_event_t *event)
{
    unsigned           step;
    jupref_expected_t  found;

    memset(&found, 0, sizeof(found));

    for (step = 0; step < JUPREF_EXPECT_STEPS; step++) {
        jupref_ledger_expect(ledger, event, &found, step);
    }
}


static void
nothing_changes_by_it(void **state)
{
    busy_t            busy;
    unsigned          i;
    uint8_t          *before;
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = world_new(JUPREF_LEDGER_MIN);
    before = malloc(ledger->size);
    assert_non_null(before);
    busy_begin(&busy, BUSY_EVERYTHING, 1, 8);

    for (i = 0; i < 600; i++) {
        busy_next(&busy, ledger, &event);
        memcpy(before, ledger, ledger->size);
        expect_all(ledger, &event);
        assert_memory_equal(before, ledger, ledger->size);
        (void) jupref_ledger_apply(ledger, &event);
    }

    free(before);
    world_free(ledger);
}


/* Events that a recovery reads before what they need is there. */
static void
an_event_may_be_of_rows_that_are_not_there_yet(void **state)
{
    busy_t            busy;
    unsigned          i;
    jupref_event_t    event;
    jupref_ledger_t  *ledger, *empty;

    ledger = world_new(JUPREF_LEDGER_MIN);
    empty = world_new(JUPREF_LEDGER_MIN);
    busy_begin(&busy, BUSY_EVERYTHING, 2, 8);

    for (i = 0; i < 600; i++) {
        busy_next(&busy, ledger, &event);
        expect_all(empty, &event);
        (void) jupref_ledger_apply(ledger, &event);
    }

    world_free(ledger);
    world_free(empty);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(nothing_changes_by_it),
        cmocka_unit_test(an_event_may_be_of_rows_that_are_not_there_yet)
    };

    return cmocka_run_group_tests_name("expect", tests, NULL, NULL);
}
