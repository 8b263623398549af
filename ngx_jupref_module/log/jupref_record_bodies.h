/*
 * The bodies of records: what each type of event says, in public and in
 * private (docs/proofs.md has them field by field).
 *
 *     public   32 taker commitment, where the type has a taker | fields
 *     private  32 taker, where it has one
 *              | u8 + requestId, where the type has one
 */

#ifndef JUPREF_RECORD_BODIES_H
#define JUPREF_RECORD_BODIES_H


#include "ledger/jupref_event.h"


/* One row an event type.  `read` returns 0 for what is never written so. */
typedef struct {
    size_t    taker_at;                 /* in jupref_event_t, 0: has none */
    size_t    request_id_at;            /* the same */
    void    (*write)(jupref_writer_t *fields, const jupref_event_t *event);
    unsigned  (*read)(jupref_reader_t *fields, jupref_event_t *event);
    unsigned  (*valid)(const jupref_event_t *event);    /* NULL: always */
} jupref_body_t;


/* NULL for a type that isn't known. */
const jupref_body_t *jupref_body(unsigned type);

/* The event's taker; NULL where the type has none. */
const jupref_pubkey_t *jupref_body_taker(const jupref_body_t *body,
    const jupref_event_t *event);

void jupref_body_write_private(const jupref_body_t *body,
    jupref_writer_t *out, const jupref_event_t *event);
unsigned jupref_body_read_private(const jupref_body_t *body,
    jupref_reader_t *in, jupref_event_t *event);

/* 1 when a record can hold the event and the fold can have taken it, as far
 * as the event alone tells. */
unsigned jupref_body_valid(const jupref_body_t *body,
    const jupref_event_t *event);


#endif /* JUPREF_RECORD_BODIES_H */
