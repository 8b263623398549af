/*
 * Where a file keeps its wrapped key: what rewrap writes anew and stat shows.
 */

#ifndef JUPREF_WRAPPING_H
#define JUPREF_WRAPPING_H


#include "log/tool/jupref_tool.h"


#define JUPREF_WRAPPING_HEADER  4096    /* no header is longer */


typedef enum {
    JUPREF_WRAPS_IDENTITY = 0,
    JUPREF_WRAPS_SEGMENT,
    JUPREF_WRAPS_SNAPSHOT
} jupref_wraps_e;


typedef struct {
    jupref_wraps_e  kind;
    char            name[JUPREF_NAME_MAX];
    uint64_t        size;               /* of the file */
    size_t          header_len;
    uint8_t         header[JUPREF_WRAPPING_HEADER];
} jupref_wrapping_t;


/* `seq` is the segment's first, or the snapshot's. */
void jupref_wrapping_of(jupref_wrapping_t *wrapping, jupref_wraps_e kind,
    uint64_t seq);

/* Reads the header. */
jupref_fault_e jupref_wrapping_read(jupref_tool_t *tool,
    jupref_wrapping_t *wrapping, jupref_fault_t *fault);

/* The id of the key that wraps, as the header says it. */
jupref_bytes_t jupref_wrapping_key(const jupref_wrapping_t *wrapping);

/*
 * Wraps with the first key instead, in the header that was read.  Fails when
 * the header isn't one that a key of the keyring opens.
 */
jupref_fault_e jupref_wrapping_renew(jupref_tool_t *tool,
    jupref_wrapping_t *wrapping, jupref_fault_t *fault);

/* 1 when a key of the keyring opens the header, as it is in memory. */
unsigned jupref_wrapping_opens(const jupref_tool_t *tool,
    const jupref_wrapping_t *wrapping);


#endif /* JUPREF_WRAPPING_H */
