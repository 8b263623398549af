/*
 * What an event's fold will read, asked of memory before it is needed.
 *
 * A fold waits for memory more than it computes: keys are spread over tables
 * that no cache holds.  Who knows the events to come (a recovery) asks for
 * what each will touch, one step after the other with some events in between,
 * because a step looks at what the one before has brought.
 *
 * Nothing depends on it: a step reads only what is safe to read, guesses, and
 * changes nothing.
 */

#ifndef JUPREF_EXPECT_H
#define JUPREF_EXPECT_H


#include "ledger/jupref_ledger.h"


#define JUPREF_EXPECT_STEPS  5


/* What the steps before have found of an event, guessed; zeroed at first. */
typedef struct {
    uint32_t  code;
    uint32_t  mint;
    uint32_t  trade;
} jupref_expected_t;


void jupref_ledger_expect(const jupref_ledger_t *ledger,
    const jupref_event_t *event, jupref_expected_t *found, unsigned step);


#endif /* JUPREF_EXPECT_H */
