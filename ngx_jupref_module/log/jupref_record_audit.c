/*
 * Bodies of what is only told (see the header).
 */

#include "log/jupref_record_audit.h"

#include "log/jupref_record_fields.h"


void
jupref_claimed_write(jupref_writer_t *fields, const jupref_event_t *event)
{
    const jupref_fees_claimed_t  *claimed;

    claimed = &event->of.fees_claimed;

    jupref_write_signature(fields, &claimed->signature);
    jupref_write_pubkey(fields, &claimed->mint);
    jupref_write_u64_le(fields, claimed->amount);
    jupref_write_u64_le(fields, claimed->slot);
}


unsigned
jupref_claimed_read(jupref_reader_t *fields, jupref_event_t *event)
{
    jupref_fees_claimed_t  *claimed;

    claimed = &event->of.fees_claimed;

    jupref_read_fixed(fields, claimed->signature.bytes,
                      JUPREF_SIGNATURE_SIZE);
    jupref_read_fixed(fields, claimed->mint.bytes, JUPREF_PUBKEY_SIZE);
    claimed->amount = jupref_read_u64_le(fields);
    claimed->slot = jupref_read_u64_le(fields);

    return 1;
}


void
jupref_drifted_write(jupref_writer_t *fields, const jupref_event_t *event)
{
    const jupref_fees_drifted_t  *drifted;

    drifted = &event->of.fees_drifted;

    jupref_write_pubkey(fields, &drifted->mint);
    jupref_write_u64_le(fields, drifted->slot);
    jupref_write_u64_le(fields, drifted->expected);
    jupref_write_u64_le(fields, drifted->actual);
    jupref_write_u64_le(fields, drifted->unexplained);
    jupref_write_u8(fields, drifted->missing);
}


unsigned
jupref_drifted_read(jupref_reader_t *fields, jupref_event_t *event)
{
    jupref_fees_drifted_t  *drifted;

    drifted = &event->of.fees_drifted;

    jupref_read_fixed(fields, drifted->mint.bytes, JUPREF_PUBKEY_SIZE);
    drifted->slot = jupref_read_u64_le(fields);
    drifted->expected = jupref_read_u64_le(fields);
    drifted->actual = jupref_read_u64_le(fields);
    drifted->unexplained = jupref_read_u64_le(fields);
    drifted->missing = jupref_read_u8(fields);

    return 1;
}


unsigned
jupref_drifted_valid(const jupref_event_t *event)
{
    return event->of.fees_drifted.missing <= 1;
}


void
jupref_incident_write(jupref_writer_t *fields, const jupref_event_t *event)
{
    jupref_write_u8(fields, event->of.incident.kind);
    jupref_write_padded(fields, event->of.incident.detail,
                        JUPREF_REASON_MAX);
}


unsigned
jupref_incident_read(jupref_reader_t *fields, jupref_event_t *event)
{
    event->of.incident.kind = jupref_read_u8(fields);

    return jupref_read_padded(fields, event->of.incident.detail,
                              JUPREF_REASON_MAX);
}


unsigned
jupref_incident_valid(const jupref_event_t *event)
{
    return event->of.incident.kind > 0
           && event->of.incident.kind < JUPREF_INCIDENTS
           && jupref_printable(event->of.incident.detail, JUPREF_REASON_MAX);
}
