/*
 * What is wrong, but no damage.
 */

#include "log/tool/jupref_repair.h"

#include <stdio.h>
#include <string.h>

#include "log/jupref_keyring.h"


#define JUPREF_KEY_LINE  96             /* bytes of a line of a keyring */


static unsigned jupref_foreign_key(jupref_tool_t *tool,
    const jupref_fault_t *fault, jupref_wraps_e kind);
static unsigned jupref_foreign_stranger(const char *file);


unsigned
jupref_repair_foreign(jupref_tool_t *tool, const jupref_fault_t *fault,
    jupref_wraps_e kind)
{
    switch (fault->fault) {

    case JUPREF_FAULT_OTHER_EDGE:
    case JUPREF_FAULT_FORMAT_NEWER:
        return 1;

    case JUPREF_FAULT_KEY_UNKNOWN:

        /* a snapshot's header has a checksum: it says what was written */

        return kind == JUPREF_WRAPS_SNAPSHOT
               || jupref_foreign_key(tool, fault, kind);

    case JUPREF_FAULT_NOT_A_SEGMENT:
        return jupref_foreign_stranger(fault->file);

    default:
        return 0;
    }
}


/* A key that could be missing, and not what damage has made of an id. */

static unsigned
jupref_foreign_key(jupref_tool_t *tool, const jupref_fault_t *fault,
    jupref_wraps_e kind)
{
    char               line[JUPREF_KEY_LINE];
    jupref_key_t       key;
    jupref_bytes_t     id, word;
    jupref_fault_t     unread;
    jupref_purpose_e   purpose;
    jupref_wrapping_t  wrapping;

    memset(&unread, 0, sizeof(unread));
    jupref_wrapping_of(&wrapping, kind, fault->seq);

    if (jupref_wrapping_read(tool, &wrapping, &unread) != JUPREF_FAULT_NONE) {
        return 0;
    }

    id = jupref_wrapping_key(&wrapping);
    (void) snprintf(line, sizeof(line), "seal %.*s %064d", (int) id.len,
                    (const char *) id.data, 0);

    return jupref_keyring_line((jupref_bytes_t) { (const uint8_t *) line,
                                                  strlen(line) },
                               &purpose, &key, &word)
           == JUPREF_KEYRING_KEY;
}


/* Not a broken segment, but something else in the journal's directory. */

static unsigned
jupref_foreign_stranger(const char *file)
{
    size_t  len;

    len = sizeof("journal/00000000000000000000.segment") - 1;

    return strlen(file) != len
           || strcmp(file + len - (sizeof(".segment") - 1), ".segment") != 0;
}
