/*
 * The small files of a state directory, and how a finding is told.
 */

#include "log/tool/jupref_tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "log/jupref_tiles.h"


#define JUPREF_LINE_ROOM    2048        /* bytes of a line of JSON */
#define JUPREF_LOCK_MAX     32          /* a pid and a newline */
#define JUPREF_SYNCED_SIZE  (2 * JUPREF_SYNCED_SLOT)


static void jupref_small_lock(jupref_tool_t *tool,
    jupref_fault_t *fault);
static void jupref_small_identity(jupref_tool_t *tool,
    jupref_fault_t *fault);
static void jupref_small_synced(jupref_tool_t *tool,
    jupref_synced_t *synced, jupref_fault_t *fault);


unsigned
jupref_tool_small_files(jupref_tool_t *tool, jupref_synced_t *synced)
{
    unsigned        i, faults;
    jupref_fault_t  found[3];

    memset(found, 0, sizeof(found));
    faults = 0;

    jupref_small_lock(tool, &found[0]);
    jupref_small_identity(tool, &found[1]);
    jupref_small_synced(tool, synced, &found[2]);

    for (i = 0; i < 3; i++) {
        if (found[i].fault != JUPREF_FAULT_NONE) {
            jupref_tool_finding(tool, &found[i], 0, 0);
            faults++;
        }
    }

    return faults;
}


/* It holds a pid for people, nothing that is kept. */

static void
jupref_small_lock(jupref_tool_t *tool, jupref_fault_t *fault)
{
    int             file;
    char            text[JUPREF_LOCK_MAX];
    int64_t         n, digits;

    file = tool->disk.open(&tool->disk, "lock", 0, 0);

    if (file < 0) {
        return;
    }

    n = tool->disk.read(&tool->disk, file, text, sizeof(text), 0);
    tool->disk.close(&tool->disk, file);

    for (digits = 0; digits < n; digits++) {
        if (text[digits] < '0' || text[digits] > '9') {
            break;
        }
    }

    if (n > 0 && (digits == 0 || digits + 1 != n || text[digits] != '\n')) {
        (void) jupref_fault_set(fault, JUPREF_FAULT_IDENTITY, "lock",
                                (uint64_t) digits, "holds no pid");
    }
}


static void
jupref_small_identity(jupref_tool_t *tool, jupref_fault_t *fault)
{
    jupref_identity_t  identity;

    (void) jupref_identity_load(&tool->store, (jupref_bytes_t) { NULL, 0 },
                                &identity, fault);
    OPENSSL_cleanse(&identity, sizeof(identity));
}


static void
jupref_small_synced(jupref_tool_t *tool, jupref_synced_t *synced,
    jupref_fault_t *fault)
{
    int       file;
    int64_t   size;
    unsigned  broken;

    if (jupref_synced_read(&tool->store, synced, &broken, fault)
        != JUPREF_FAULT_NONE)
    {
        /* a stranger among the segments is told by the scan */

        if (fault->fault == JUPREF_FAULT_NOT_A_SEGMENT) {
            fault->fault = JUPREF_FAULT_NONE;
        }

        return;
    }

    if (broken > 0) {
        (void) jupref_fault_set(fault, JUPREF_FAULT_SYNCED, "synced", 0,
                                "%u of 2 slots can't be read", broken);
        return;
    }

    file = tool->disk.open(&tool->disk, "synced", 0, 0);

    if (file < 0) {
        return;
    }

    size = tool->disk.size(&tool->disk, file);
    tool->disk.close(&tool->disk, file);

    if (size >= 0 && size != JUPREF_SYNCED_SIZE) {
        (void) jupref_fault_set(fault, JUPREF_FAULT_SYNCED, "synced",
                                size < JUPREF_SYNCED_SIZE
                                ? (uint64_t) size : JUPREF_SYNCED_SIZE,
                                "has %" PRId64 " bytes, not %d", size,
                                JUPREF_SYNCED_SIZE);
    }
}


void
jupref_tool_finding(const jupref_tool_t *tool, const jupref_fault_t *fault,
    uint64_t from, uint64_t to)
{
    uint8_t               room[JUPREF_LINE_ROOM];
    char                  text[JUPREF_FAULT_TEXT];
    const char           *kind;
    jupref_json_writer_t  json;

    kind = fault->fault == JUPREF_FAULT_TORN ? "note" : "fault";

    if (!tool->given.json) {
        jupref_tool_printable(text, fault->text);
        printf("%s: %s: %s\n", kind, jupref_fault_name(fault->fault), text);

        if (from > 0 && to > from) {
            printf("       records %" PRIu64 " to %" PRIu64 " can't be had\n",
                   from, to);
        }

        return;
    }

    jupref_json_init(&json, room, sizeof(room));
    jupref_json_object(&json, NULL);
    jupref_json_cstring(&json, kind, jupref_fault_name(fault->fault));

    if (fault->file[0] != '\0') {
        jupref_json_cstring(&json, "file", fault->file);
        jupref_json_number(&json, "at", fault->at);
    }

    if (fault->seq > 0) {
        jupref_json_number(&json, "seq", fault->seq);
    }

    if (from > 0) {
        jupref_json_number(&json, "from", from);

        if (to > 0) {
            jupref_json_number(&json, "to", to);
        }
    }

    jupref_json_cstring(&json, "text", fault->text);
    jupref_json_object_end(&json);
    jupref_tool_line(&json);
}
