/*
 * Mending one byte: a record or a header that isn't what was sealed but for a
 * single byte, is found by trying.  The seal proves the finding: nothing else
 * opens it.
 */

#ifndef JUPREF_MEND_H
#define JUPREF_MEND_H


#include "log/jupref_frame.h"
#include "log/tool/jupref_wrapping.h"


/*
 * `bytes`, of which there are `len`, should be the frame of record `seq`.
 * Returns 1 with the byte put right in them, its place and value told, and
 * the record opened into `plain`.
 */
unsigned jupref_mend_frame(jupref_sealer_t *sealer, uint64_t seq,
    uint8_t *bytes, size_t len, jupref_frame_t *frame, size_t *at,
    uint8_t plain[JUPREF_RECORD_MAX]);

/* The same of a header that was read, under any key of the keyring. */
unsigned jupref_mend_header(const jupref_tool_t *tool,
    jupref_wrapping_t *wrapping, size_t *at);

/* A segment's header, mended and taken as jupref_segment_read does. */
unsigned jupref_mend_segment(jupref_tool_t *tool, uint64_t first,
    jupref_segment_t *segment, size_t *at, uint8_t *byte);


#endif /* JUPREF_MEND_H */
