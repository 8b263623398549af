/*
 * Mending one byte (see the header).
 */

#include "log/tool/jupref_mend.h"

#include <errno.h>
#include <string.h>


static unsigned jupref_mend_range(jupref_sealer_t *sealer, uint64_t seq,
    uint8_t *bytes, size_t len, size_t from, size_t to,
    jupref_frame_t *frame, size_t *at, uint8_t *plain);
static unsigned jupref_mend_opens(jupref_sealer_t *sealer, uint64_t seq,
    const uint8_t *bytes, size_t len, jupref_frame_t *frame, uint8_t *plain);
static int64_t jupref_mended_size(jupref_disk_t *disk, int file);
static int64_t jupref_mended_read(jupref_disk_t *disk, int file, void *bytes,
    size_t len, uint64_t at);


unsigned
jupref_mend_frame(jupref_sealer_t *sealer, uint64_t seq, uint8_t *bytes,
    size_t len, jupref_frame_t *frame, size_t *at,
    uint8_t plain[JUPREF_RECORD_MAX])
{
    size_t  end;

    if (len < JUPREF_FRAME_HEADER) {
        return 0;
    }

    if (jupref_mend_range(sealer, seq, bytes, len, 0, JUPREF_FRAME_HEADER,
                          frame, at, plain))
    {
        return 1;
    }

    /* a frame's header that says what it should isn't where the byte is */

    if (!jupref_frame_read(bytes, frame) || frame->seq != seq) {
        return 0;
    }

    end = JUPREF_FRAME_HEADER + frame->sealed;

    return end <= len
           && jupref_mend_range(sealer, seq, bytes, len, JUPREF_FRAME_HEADER,
                                end, frame, at, plain);
}


static unsigned
jupref_mend_range(jupref_sealer_t *sealer, uint64_t seq, uint8_t *bytes,
    size_t len, size_t from, size_t to, jupref_frame_t *frame, size_t *at,
    uint8_t *plain)
{
    uint8_t   kept;
    unsigned  change;

    for (*at = from; *at < to; (*at)++) {
        kept = bytes[*at];

        for (change = 1; change < 256; change++) {
            bytes[*at] = (uint8_t) (kept ^ change);

            if (jupref_mend_opens(sealer, seq, bytes, len, frame, plain)) {
                return 1;
            }
        }

        bytes[*at] = kept;
    }

    return 0;
}


static unsigned
jupref_mend_opens(jupref_sealer_t *sealer, uint64_t seq, const uint8_t *bytes,
    size_t len, jupref_frame_t *frame, uint8_t *plain)
{
    return jupref_frame_read(bytes, frame)
           && frame->seq == seq
           && len - JUPREF_FRAME_HEADER >= frame->sealed
           && jupref_frame_open(frame, sealer, bytes, plain);
}


unsigned
jupref_mend_header(const jupref_tool_t *tool, jupref_wrapping_t *wrapping,
    size_t *at)
{
    uint8_t   kept;
    unsigned  change;

    for (*at = 0; *at < wrapping->header_len; (*at)++) {
        kept = wrapping->header[*at];

        for (change = 1; change < 256; change++) {
            wrapping->header[*at] = (uint8_t) (kept ^ change);

            if (jupref_wrapping_opens(tool, wrapping)) {
                return 1;
            }
        }

        wrapping->header[*at] = kept;
    }

    return 0;
}


/* Read from memory: the disk has the broken one. */

unsigned
jupref_mend_segment(jupref_tool_t *tool, uint64_t first,
    jupref_segment_t *segment, size_t *at, uint8_t *byte)
{
    jupref_disk_t      disk;
    jupref_fault_t     fault;
    jupref_store_t     store;
    jupref_wrapping_t  wrapping;

    memset(&fault, 0, sizeof(fault));
    jupref_wrapping_of(&wrapping, JUPREF_WRAPS_SEGMENT, first);

    if (jupref_wrapping_read(tool, &wrapping, &fault) != JUPREF_FAULT_NONE
        || !jupref_mend_header(tool, &wrapping, at))
    {
        return 0;
    }

    *byte = wrapping.header[*at];

    memset(&disk, 0, sizeof(disk));
    disk.state = &wrapping;
    disk.size = jupref_mended_size;
    disk.read = jupref_mended_read;
    store = tool->store;
    store.disk = &disk;

    return jupref_segment_read(&store, 0, first, segment, &fault)
           == JUPREF_FAULT_NONE;
}


static int64_t
jupref_mended_size(jupref_disk_t *disk, int file)
{
    const jupref_wrapping_t  *wrapping = disk->state;

    return (int64_t) wrapping->size;
}


static int64_t
jupref_mended_read(jupref_disk_t *disk, int file, void *bytes, size_t len,
    uint64_t at)
{
    const jupref_wrapping_t  *wrapping = disk->state;

    if (at > wrapping->header_len || len > wrapping->header_len - at) {
        return -EINVAL;
    }

    memcpy(bytes, wrapping->header + at, len);

    return (int64_t) len;
}
