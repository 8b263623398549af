/*
 * The bodies of what is only told: fees.claimed, fees.drifted,
 * incident.raised and incident.cleared; for the table of bodies alone.
 */

#ifndef JUPREF_RECORD_AUDIT_H
#define JUPREF_RECORD_AUDIT_H


#include "ledger/jupref_event.h"


void jupref_claimed_write(jupref_writer_t *fields,
    const jupref_event_t *event);
unsigned jupref_claimed_read(jupref_reader_t *fields, jupref_event_t *event);

void jupref_drifted_write(jupref_writer_t *fields,
    const jupref_event_t *event);
unsigned jupref_drifted_read(jupref_reader_t *fields, jupref_event_t *event);
unsigned jupref_drifted_valid(const jupref_event_t *event);

void jupref_incident_write(jupref_writer_t *fields,
    const jupref_event_t *event);
unsigned jupref_incident_read(jupref_reader_t *fields,
    jupref_event_t *event);
unsigned jupref_incident_valid(const jupref_event_t *event);


#endif /* JUPREF_RECORD_AUDIT_H */
