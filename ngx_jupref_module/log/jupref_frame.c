/*
 * Writing and opening frames (jupref_frame.h has their layout).
 *
 * The whole frame header is authenticated with the record, and the record
 * says its own length and seq once more: a frame is what was written in this
 * place, or it isn't opened.
 */

#include "log/jupref_frame.h"

#include <string.h>


#define JUPREF_RECORD_SEQ_AT       4
#define JUPREF_RECORD_PREVIOUS_AT  (4 + 8 + 8 + 8 + 4 + 1)
#define JUPREF_RECORD_LEAF_AT                                                 \
    (JUPREF_RECORD_PREVIOUS_AT + JUPREF_SHA256_SIZE)


size_t
jupref_frame_write(uint8_t frame[JUPREF_FRAME_MAX], jupref_sealer_t *sealer,
    uint64_t seq, jupref_bytes_t record)
{
    return jupref_frame_seal(frame, sealer, seq, 0, record);
}


size_t
jupref_frame_seal(uint8_t frame[JUPREF_FRAME_MAX], jupref_sealer_t *sealer,
    uint64_t seq, uint16_t unsynced, jupref_bytes_t record)
{
    size_t          sealed;
    jupref_bytes_t  beside;

    if (record.len < JUPREF_CHAINED_RECORD || record.len > JUPREF_RECORD_MAX) {
        return 0;
    }

    sealed = record.len + JUPREF_SEAL_TAG;

    jupref_put_le(frame, sealed, 2);
    jupref_put_le(frame + 2, unsynced, 2);
    jupref_put_le(frame + 4, seq, 8);

    beside.data = frame;
    beside.len = JUPREF_FRAME_HEADER;

    if (!jupref_seal(sealer, seq, beside, record,
                     frame + JUPREF_FRAME_HEADER))
    {
        return 0;
    }

    return JUPREF_FRAME_HEADER + sealed;
}


unsigned
jupref_frame_read(const uint8_t header[JUPREF_FRAME_HEADER],
    jupref_frame_t *frame)
{
    frame->sealed = (uint16_t) jupref_get_le(header, 2);
    frame->unsynced = (uint16_t) jupref_get_le(header + 2, 2);
    frame->seq = jupref_get_le(header + 4, 8);

    return frame->sealed >= JUPREF_CHAINED_RECORD + JUPREF_SEAL_TAG
           && frame->sealed <= JUPREF_RECORD_MAX + JUPREF_SEAL_TAG
           && frame->seq > frame->unsynced;
}


unsigned
jupref_frame_open(const jupref_frame_t *frame, jupref_sealer_t *sealer,
    const uint8_t *bytes, uint8_t *plain)
{
    jupref_bytes_t  beside, sealed;

    beside.data = bytes;
    beside.len = JUPREF_FRAME_HEADER;
    sealed.data = bytes + JUPREF_FRAME_HEADER;
    sealed.len = frame->sealed;

    if (!jupref_open(sealer, frame->seq, beside, sealed, plain)) {
        return 0;
    }

    return jupref_get_le(plain, 4) == sealed.len - JUPREF_SEAL_TAG - 4
           && jupref_get_le(plain + JUPREF_RECORD_SEQ_AT, 8) == frame->seq;
}


const uint8_t *
jupref_chained_previous(const uint8_t *record)
{
    return record + JUPREF_RECORD_PREVIOUS_AT;
}


const uint8_t *
jupref_chained_leaf_hash(const uint8_t *record)
{
    return record + JUPREF_RECORD_LEAF_AT;
}
