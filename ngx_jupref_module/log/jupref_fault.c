/*
 * What is wrong with a state directory, said so that a person can act on it:
 * the file, the place in it, the reason, and the way on.
 */

#include "log/jupref_journal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>


static const struct {
    const char  *name;
    const char  *way_on;                /* what a person can do about it */
} jupref_faults[JUPREF_FAULTS] = {
    [JUPREF_FAULT_NONE] = { "none", NULL },
    [JUPREF_FAULT_IO] = { "io",
        "mend the disk, then reload" },
    [JUPREF_FAULT_MEMORY] = { "memory", NULL },
    [JUPREF_FAULT_NOT_A_SEGMENT] = { "not_a_segment",
        "move the file away or restore it" },
    [JUPREF_FAULT_FORMAT_NEWER] = { "format_newer",
        "run the version that wrote it" },
    [JUPREF_FAULT_OTHER_EDGE] = { "other_edge",
        "give this edge its own state directory" },
    [JUPREF_FAULT_KEY_UNKNOWN] = { "key_unknown",
        "put that \"seal\" key back into the keyring" },
    [JUPREF_FAULT_HEADER] = { "header",
        "restore the file; see jupref-journal verify and repair" },
    [JUPREF_FAULT_RECORD] = { "record",
        "restore the file; see jupref-journal verify and repair" },
    [JUPREF_FAULT_CHAIN] = { "chain",
        "restore the file; see jupref-journal verify and repair" },
    [JUPREF_FAULT_MISSING] = { "missing",
        "restore the missing segments" },
    [JUPREF_FAULT_SHORT] = { "short",
        "restore the file; see jupref-journal verify and repair" },
    [JUPREF_FAULT_SYNCED] = { "synced",
        "see jupref-journal verify and repair" },
    [JUPREF_FAULT_EVENT] = { "event",
        "see jupref-journal verify and dump" },
    [JUPREF_FAULT_SNAPSHOT] = { "snapshot",
        "remove it: an older one and the journal do as well" },
    [JUPREF_FAULT_ZONE] = { "zone",
        "make the zone larger" },
    [JUPREF_FAULT_TILE] = { "tile",
        "remove the tiles: they are written anew" },
    [JUPREF_FAULT_IDENTITY] = { "identity",
        "restore the file" },
    [JUPREF_FAULT_TORN] = { "torn", NULL },
    [JUPREF_FAULT_LAYOUT_OLDER] = { "layout_older",
        "see \"Upgrade\" in docs/runbook.md" }
};


const char *
jupref_fault_name(jupref_fault_e fault)
{
    if ((unsigned) fault >= JUPREF_FAULTS) {
        return "unknown";
    }

    return jupref_faults[fault].name;
}


jupref_fault_e
jupref_fault_set(jupref_fault_t *fault, jupref_fault_e what, const char *file,
    uint64_t at, const char *format, ...)
{
    int          len;
    size_t       used;
    va_list      arguments;
    const char  *way_on;

    fault->fault = what;
    fault->at = at;
    fault->file[0] = '\0';
    used = 0;

    if (file != NULL) {
        (void) snprintf(fault->file, sizeof(fault->file), "%s", file);
        len = snprintf(fault->text, sizeof(fault->text),
                       "\"%s\" at byte %llu: ", fault->file,
                       (unsigned long long) at);
        used = len > 0 ? (size_t) len : 0;
    }

    va_start(arguments, format);
    len = vsnprintf(fault->text + used, sizeof(fault->text) - used, format,
                    arguments);
    va_end(arguments);

    if (len > 0) {
        used += (size_t) len;
    }

    way_on = (unsigned) what < JUPREF_FAULTS ? jupref_faults[what].way_on
                                             : NULL;

    if (way_on != NULL && used < sizeof(fault->text)) {
        (void) snprintf(fault->text + used, sizeof(fault->text) - used, "; %s",
                        way_on);
    }

    return what;
}


jupref_fault_e
jupref_fault_io(jupref_fault_t *fault, const char *file, uint64_t at,
    int error, const char *doing)
{
    fault->error = error < 0 ? -error : error;

    return jupref_fault_set(fault, JUPREF_FAULT_IO, file, at, "%s failed: %s",
                            doing, strerror(fault->error));
}


jupref_fault_e
jupref_fault_memory(jupref_fault_t *fault, const char *file)
{
    return jupref_fault_set(fault, JUPREF_FAULT_MEMORY, file, 0,
                            "out of memory");
}
