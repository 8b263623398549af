/*
 * Events as no ledger would line them up: of any type, with every field that
 * the type has filled from a seed, and nothing in the others.
 */

#ifndef EVENT_SAMPLE_H
#define EVENT_SAMPLE_H


#include "ledger/jupref_event.h"


jupref_event_t event_sample(jupref_event_type_e type, uint64_t *seed);

/* The same with every field as small, or as large, as it may be. */
jupref_event_t event_smallest(jupref_event_type_e type);
jupref_event_t event_largest(jupref_event_type_e type);


#endif /* EVENT_SAMPLE_H */
