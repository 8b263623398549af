/*
 * jupref-journal repair: says what it takes for nginx to start, and with
 * --yes does it.  Nothing is thrown away.
 */

#include "log/tool/jupref_repair.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/jupref_time.h"
#include "log/jupref_snapshot_file.h"


static jupref_exit_e jupref_repair_once(jupref_tool_t *tool,
    const char *aside, unsigned *again);
static void jupref_repair_show(const jupref_repair_t *repair,
    const char *would);
static void jupref_repair_show_journal(const jupref_repair_t *repair,
    const char *would);
static void jupref_repair_show_lost(const jupref_repair_t *repair);
static void jupref_repair_aside(char aside[JUPREF_NAME_MAX]);


jupref_exit_e
jupref_tool_repair(jupref_tool_t *tool)
{
    char           aside[JUPREF_NAME_MAX];
    unsigned       again;
    jupref_exit_e  code;

    if (tool->running) {
        return jupref_tool_say(tool, JUPREF_EXIT_FAILED, "nginx is running "
                               "on \"%s\": stop it first", tool->given.state);
    }

    code = jupref_tool_claim(tool, 1);
    jupref_repair_aside(aside);

    /* the pid of an nginx that is gone, or what has become of it */

    if (code == JUPREF_EXIT_GOOD && tool->given.yes) {
        (void) !ftruncate(tool->lock, 0);
    }

    /* a mended byte may show what else is wrong */

    for (again = 1; code == JUPREF_EXIT_GOOD && again; /* void */) {
        code = jupref_repair_once(tool, aside, &again);
    }

    return code;
}


static jupref_exit_e
jupref_repair_once(jupref_tool_t *tool, const char *aside, unsigned *again)
{
    jupref_exit_e     code;
    jupref_repair_t  *repair;

    *again = 0;
    repair = calloc(1, sizeof(jupref_repair_t));

    if (repair == NULL) {
        return jupref_tool_say(tool, JUPREF_EXIT_FAILED, "out of memory");
    }

    repair->tool = tool;
    code = jupref_repair_plan(repair);

    if (code == JUPREF_EXIT_GOOD && !jupref_repair_needed(repair)) {
        printf("%s\n", repair->starts
               ? "nginx starts on this, from a snapshot behind the damage: "
                 "nothing is changed; restore the broken files from a backup "
                 "to have history and proofs whole"
               : "nginx starts on this: nothing to repair");

    } else if (code == JUPREF_EXIT_GOOD && !tool->given.yes) {
        jupref_repair_show(repair, "would ");
        printf("nothing is changed: repair with --yes does it\n");
        code = JUPREF_EXIT_FAULT;

    } else if (code == JUPREF_EXIT_GOOD) {
        jupref_repair_show(repair, "");
        *again = repair->mended_count > 0;
        code = jupref_repair_do(repair, aside);

        if (code == JUPREF_EXIT_GOOD) {
            printf("done; what was removed is kept in \"%s/%s\"\n",
                   tool->given.state, aside);
        }
    }

    jupref_repair_free(repair);
    free(repair);

    return code;
}


static void
jupref_repair_show(const jupref_repair_t *repair, const char *would)
{
    char      name[JUPREF_NAME_MAX];
    size_t    i;
    unsigned  m;

    for (m = 0; m < repair->mended_count; m++) {
        printf("%smend \"%s\": byte %" PRIu64 " becomes 0x%02x, as all "
               "around it proves\n", would, repair->mended[m].file,
               repair->mended[m].at, repair->mended[m].byte);
    }

    if (repair->identity) {
        printf("%smake a new \"identity\": the log's key can't be had again "
               "but from a backup; who checks this log must be told the new "
               "one\n", would);
    }

    if (repair->mended_count > 0 && would[0] == '\0') {
        return;                         /* the rest when those are mended */
    }

    jupref_repair_show_journal(repair, would);

    for (i = 0; i < repair->snapshot_count; i++) {
        if (repair->snapshot_bad[i]) {
            jupref_snapshot_name(name, repair->snapshots[i]);
            printf("%smove \"%s\" aside: it is made again\n", would, name);
        }
    }

    if (repair->tiles) {
        printf("%smove \"tiles\" aside: they are made again from the "
               "journal\n", would);
    }

    if (repair->marks) {
        printf("%swrite \"synced\" anew: up to record %" PRIu64 "\n", would,
               repair->run.end);
    }

    jupref_repair_show_lost(repair);
}


static void
jupref_repair_show_journal(const jupref_repair_t *repair, const char *would)
{
    char      name[JUPREF_NAME_MAX];
    size_t    i;
    uint64_t  first;

    for (i = 0; i < repair->segment_count; i++) {
        first = repair->firsts[i];
        jupref_segment_name(name, first);

        if (repair->all
            || (repair->after > 0 && first > repair->after))
        {
            printf("%smove \"%s\" aside: it is behind the damage\n", would,
                   name);

        } else if (repair->cut && first == repair->run.segment) {
            printf("%scut \"%s\" at byte %" PRIu64 ", behind record %" PRIu64
                   "\n", would, name, repair->run.at, repair->run.end);
        }
    }

    if (repair->empty) {
        jupref_segment_name(name, repair->run.start + 1);
        printf("%sbegin \"%s\"\n", would, name);
    }
}


static void
jupref_repair_show_lost(const jupref_repair_t *repair)
{
    if (repair->run.behind) {
        printf("the ledger is whole up to event %" PRIu64 "; what is broken "
               "before event %" PRIu64 " is left as it is, for history and "
               "proofs to have again from a backup\n", repair->run.end,
               repair->run.start + 1);
    }

    if (repair->lost_from == 0) {
        printf("no record is lost\n");
        return;
    }

    printf("lost: %" PRIu64 " records, %" PRIu64 " to %" PRIu64 ", of which %"
           PRIu64 " had been synced and so acknowledged%s\n",
           repair->lost_to - repair->lost_from + 1, repair->lost_from,
           repair->lost_to, repair->acknowledged,
           repair->broken_marks > 0 ? ", or more: \"synced\" is broken" : "");

    if (!repair->tiles) {
        printf("the published tiles say more than the journal now has, and "
               "can't be made anew without its beginning: nginx publishes "
               "nothing until archived segments are put back\n");
    }

    if (repair->acknowledged > 0) {
        printf("a backup that has them is better; who follows the published "
               "log will see that it went back\n");
    }
}


static void
jupref_repair_aside(char aside[JUPREF_NAME_MAX])
{
    uint8_t          text[JUPREF_TIME_TEXT];
    struct timespec  now;

    (void) clock_gettime(CLOCK_REALTIME, &now);
    (void) jupref_format_time(text, (uint64_t) now.tv_sec * 1000
                                    + (uint64_t) now.tv_nsec / 1000000);
    (void) snprintf(aside, JUPREF_NAME_MAX, "repaired-%.*s",
                    JUPREF_TIME_TEXT, (const char *) text);
}
