/*
 * What can't be: invariants, as opposed to bad input, which is handled.
 *
 * Tests, fuzzers and the sanitizer builds define JUPREF_ASSERT and stop at the
 * broken line.  In production the check is left out of the code; the ledger's
 * own refusals are always there.
 */

#ifndef JUPREF_ASSERT_H
#define JUPREF_ASSERT_H


#ifdef JUPREF_ASSERT

#include <assert.h>
#define jupref_assert(condition)  assert(condition)

#else

#define jupref_assert(condition)  ((void) sizeof(condition))

#endif


#endif /* JUPREF_ASSERT_H */
