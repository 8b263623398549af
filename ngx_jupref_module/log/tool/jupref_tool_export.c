/*
 * jupref-journal export: the trades of some days as CSV, a line each, with
 * everything that their shares are computed from, and what became of them by
 * the end of the journal.
 *
 * The journal is folded from its first event on, because who earns is decided
 * by the ledger.  Where it doesn't begin with event 1 any more, the oldest
 * snapshot is the beginning, and trades before it can't be exported.
 */

#include "log/tool/jupref_export.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log/tool/jupref_scan.h"


#define JUPREF_EXPORT_DAYS  3660        /* of one export */


typedef struct {
    jupref_tool_t     *tool;
    uint64_t           from;            /* days since 1970 */
    uint64_t           to;
    uint64_t           faults;
    jupref_refold_t    refold;
    jupref_exports_t   exports;
} jupref_exporting_t;


static jupref_exit_e jupref_export_range(jupref_exporting_t *exporting);
static jupref_fault_e jupref_export_base(jupref_exporting_t *exporting,
    jupref_exit_e *code, jupref_fault_t *fault);
static jupref_fault_e jupref_export_scan(jupref_exporting_t *exporting,
    jupref_fault_t *fault);
static jupref_fault_e jupref_export_record(void *context,
    const jupref_scanned_t *scanned, jupref_fault_t *fault);
static void jupref_export_fault(void *context, const jupref_fault_t *fault,
    uint64_t from, uint64_t to);
static void jupref_export_releases(jupref_exporting_t *exporting,
    const jupref_event_t *event);
static unsigned jupref_export_event(jupref_exporting_t *exporting,
    const jupref_event_t *event);
static unsigned jupref_export_traded(jupref_exporting_t *exporting,
    const jupref_event_t *event);
static void jupref_export_changed(jupref_exporting_t *exporting,
    jupref_exported_t *exported, const jupref_event_t *event);
static jupref_exit_e jupref_export_write(jupref_exporting_t *exporting);
static jupref_exit_e jupref_export_day(jupref_exporting_t *exporting,
    uint64_t day, size_t *at);
static void jupref_export_lines(jupref_exporting_t *exporting, FILE *out,
    uint64_t day, size_t *at);
static int jupref_export_order(const void *one, const void *other);


jupref_exit_e
jupref_tool_export(jupref_tool_t *tool)
{
    jupref_exit_e        code;
    jupref_fault_t       fault;
    jupref_fault_e       result;
    jupref_exporting_t   exporting;

    memset(&exporting, 0, sizeof(exporting));
    memset(&fault, 0, sizeof(fault));
    exporting.tool = tool;

    code = jupref_export_range(&exporting);

    if (code != JUPREF_EXIT_GOOD) {
        return code;
    }

    result = jupref_export_base(&exporting, &code, &fault);

    if (result == JUPREF_FAULT_NONE && code == JUPREF_EXIT_GOOD) {
        result = jupref_export_scan(&exporting, &fault);
    }

    if (result != JUPREF_FAULT_NONE) {
        code = jupref_tool_fault(tool, &fault);

    } else if (code == JUPREF_EXIT_GOOD && exporting.faults > 0) {
        code = jupref_tool_say(tool, JUPREF_EXIT_FAULT, "nothing is exported "
                               "from a damaged journal: see jupref-journal "
                               "verify");

    } else if (code == JUPREF_EXIT_GOOD) {
        code = jupref_export_write(&exporting);
    }

    jupref_refold_end(&exporting.refold);
    jupref_exports_free(&exporting.exports);

    return code;
}


static jupref_exit_e
jupref_export_range(jupref_exporting_t *exporting)
{
    jupref_tool_t  *tool;

    tool = exporting->tool;

    if (tool->given.from == NULL || tool->given.to == NULL
        || !jupref_tool_date(tool->given.from, &exporting->from)
        || !jupref_tool_date(tool->given.to, &exporting->to)
        || exporting->to < exporting->from
        || exporting->to - exporting->from >= JUPREF_EXPORT_DAYS)
    {
        return jupref_tool_say(tool, JUPREF_EXIT_USAGE, "\"--from\" and "
                               "\"--to\" must be given as days such as "
                               "2026-11-22 (UTC), the first not behind the "
                               "last, at most %d days", JUPREF_EXPORT_DAYS);
    }

    return JUPREF_EXIT_GOOD;
}


static jupref_fault_e
jupref_export_base(jupref_exporting_t *exporting, jupref_exit_e *code,
    jupref_fault_t *fault)
{
    char             day[11];
    size_t           count, snapshots;
    uint64_t        *firsts, *seqs, first, known;
    jupref_fault_e   result;

    result = jupref_tool_segments(exporting->tool, &firsts, &count, NULL,
                                  NULL, fault);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    first = count > 0 ? firsts[0] : 1;
    free(firsts);

    if (first == 1) {
        return jupref_refold_begin(&exporting->refold, fault);
    }

    result = jupref_snapshot_list(&exporting->tool->store, &seqs, &snapshots,
                                  fault);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    result = JUPREF_FAULT_SNAPSHOT;

    while (snapshots > 0 && result == JUPREF_FAULT_SNAPSHOT) {
        result = jupref_refold_adopt(&exporting->refold,
                                     &exporting->tool->store,
                                     seqs[--snapshots], fault);
    }

    free(seqs);

    if (result == JUPREF_FAULT_SNAPSHOT) {
        *code = jupref_tool_say(exporting->tool, JUPREF_EXIT_FAULT, "the "
                                "journal begins with event %" PRIu64 " and "
                                "there is no good snapshot to go on from",
                                first);
        return JUPREF_FAULT_NONE;
    }

    known = exporting->refold.place.time_ms / JUPREF_EXPORT_DAY_MS + 1;

    if (result == JUPREF_FAULT_NONE && exporting->from < known) {
        jupref_tool_date_text(day, known);
        *code = jupref_tool_say(exporting->tool, JUPREF_EXIT_FAULT, "the "
                                "journal here has whole days from %s on: put "
                                "archived segments back for earlier ones",
                                day);
    }

    return result;
}


static jupref_fault_e
jupref_export_scan(jupref_exporting_t *exporting, jupref_fault_t *fault)
{
    uint32_t            index;
    unsigned            broken;
    size_t              i;
    jupref_scan_t       scan;
    jupref_fault_e      result;
    jupref_synced_t     synced;
    jupref_exported_t  *exported;

    result = jupref_synced_read(&exporting->tool->store, &synced, &broken,
                                fault);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    memset(&scan, 0, sizeof(scan));
    scan.tool = exporting->tool;
    scan.synced = synced.seq;
    scan.from = exporting->refold.place.seq + 1;
    scan.until = exporting->tool->running ? synced.seq : 0;
    scan.record = jupref_export_record;
    scan.fault = jupref_export_fault;
    scan.context = exporting;

    result = jupref_scan(&scan, fault);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    for (i = 0; i < exporting->exports.count; i++) {
        exported = &exporting->exports.trades[i];
        index = jupref_find_trade(exporting->refold.ledger,
                                  &exported->trade.signature);

        if (index && !exported->settled) {
            jupref_export_row(exporting->refold.ledger, index, exported);
        }
    }

    return JUPREF_FAULT_NONE;
}


static jupref_fault_e
jupref_export_record(void *context, const jupref_scanned_t *scanned,
    jupref_fault_t *fault)
{
    jupref_event_t        event;
    jupref_fault_t        refused;
    jupref_record_t       record;
    jupref_exporting_t   *exporting = context;

    if (scanned->seq <= exporting->refold.place.seq) {
        return JUPREF_FAULT_NONE;
    }

    if (exporting->faults > 0
        || scanned->seq != exporting->refold.place.seq + 1
        || jupref_record_parse(scanned->bytes, &record) != JUPREF_RECORD_OK
        || jupref_record_event(&record, scanned->bytes, &event)
           != JUPREF_RECORD_OK)
    {
        exporting->faults++;
        return JUPREF_FAULT_NONE;
    }

    jupref_export_releases(exporting, &event);
    memset(&refused, 0, sizeof(refused));

    if (jupref_refold_event(&exporting->refold, &event, record.leaf_hash,
                            &refused)
        != JUPREF_FAULT_NONE)
    {
        exporting->faults++;
        *fault = refused;

        return refused.fault == JUPREF_FAULT_MEMORY ? JUPREF_FAULT_MEMORY
                                                    : JUPREF_FAULT_NONE;
    }

    if (!jupref_export_event(exporting, &event)) {
        return jupref_fault_memory(fault, NULL);
    }

    return JUPREF_FAULT_NONE;
}


static void
jupref_export_fault(void *context, const jupref_fault_t *fault, uint64_t from,
    uint64_t to)
{
    jupref_exporting_t  *exporting = context;

    if (fault->fault != JUPREF_FAULT_TORN) {
        exporting->faults++;
        (void) jupref_tool_fault(exporting->tool, fault);
    }
}


/* Which trades it releases only the ledger knows, and only before it does. */

static void
jupref_export_releases(jupref_exporting_t *exporting,
    const jupref_event_t *event)
{
    uint32_t                   index;
    unsigned                   count;
    jupref_exported_t         *exported;
    const jupref_trade_row_t  *row;

    if (event->type != JUPREF_EVENT_HOLD_RELEASED) {
        return;
    }

    index = exporting->refold.ledger->next_release;

    for (count = 0; index && count < JUPREF_RELEASE_MAX; count++) {
        row = jupref_trade(exporting->refold.ledger, index);

        if (row->verified_ms > event->of.hold_released.cutoff_ms) {
            return;
        }

        exported = jupref_exports_find(&exporting->exports, &row->signature);

        if (exported != NULL) {
            exported->available_ms = event->time_ms;
            exported->available_seq = event->seq;
            exported->changed_ms = event->time_ms;
            exported->changed_seq = event->seq;
        }

        index = row->later;
    }
}


static unsigned
jupref_export_event(jupref_exporting_t *exporting,
    const jupref_event_t *event)
{
    jupref_exported_t         *exported;
    const jupref_signature_t  *signature;

    switch (event->type) {

    case JUPREF_EVENT_TRADE_EXECUTED:
    case JUPREF_EVENT_TRADE_UNKNOWN:
        return jupref_export_traded(exporting, event);

    case JUPREF_EVENT_TRADE_VERIFIED:
        signature = &event->of.trade_verified.signature;
        break;

    case JUPREF_EVENT_TRADE_REJECTED:
    case JUPREF_EVENT_TRADE_EXPIRED:
    case JUPREF_EVENT_TRADE_UNPROVED:
    case JUPREF_EVENT_TRADE_DISPUTED:
    case JUPREF_EVENT_DISPUTE_RESOLVED:
    case JUPREF_EVENT_TRADE_REVERSED:
        signature = &event->of.trade_ruled.signature;
        break;

    case JUPREF_EVENT_TRADE_ARCHIVED:
        signature = &event->of.trade_archived.trade.signature;
        break;

    default:
        return 1;
    }

    exported = jupref_exports_find(&exporting->exports, signature);

    if (exported != NULL) {
        jupref_export_changed(exporting, exported, event);
    }

    return 1;
}


/* An unknown trade that is executed later is of that later day. */

static unsigned
jupref_export_traded(jupref_exporting_t *exporting,
    const jupref_event_t *event)
{
    uint64_t            day;
    unsigned            wanted;
    jupref_exported_t  *exported;

    day = event->time_ms / JUPREF_EXPORT_DAY_MS;
    wanted = day >= exporting->from && day <= exporting->to;
    exported = jupref_exports_find(&exporting->exports,
                                   &event->of.trade.signature);

    if (exported == NULL) {

        if (!wanted) {
            return 1;
        }

        exported = jupref_exports_add(&exporting->exports,
                                      &event->of.trade.signature);

        if (exported == NULL) {
            return 0;
        }
    }

    memset(exported, 0, sizeof(jupref_exported_t));
    exported->trade = event->of.trade;
    exported->executed_ms = event->time_ms;
    exported->executed_seq = event->seq;
    exported->changed_ms = event->time_ms;
    exported->changed_seq = event->seq;
    exported->dropped = !wanted;

    return 1;
}


static void
jupref_export_changed(jupref_exporting_t *exporting,
    jupref_exported_t *exported, const jupref_event_t *event)
{
    if (event->type == JUPREF_EVENT_TRADE_ARCHIVED) {
        jupref_export_archived(exporting->refold.ledger,
                               &event->of.trade_archived, exported);
        return;
    }

    exported->changed_ms = event->time_ms;
    exported->changed_seq = event->seq;

    if (event->type == JUPREF_EVENT_TRADE_VERIFIED) {
        exported->verified_ms = event->time_ms;
        exported->verified_seq = event->seq;
        exported->verified_fee = event->of.trade_verified.fee;
        return;
    }

    memcpy(exported->reason, event->of.trade_ruled.reason,
           JUPREF_REASON_MAX);
}


static jupref_exit_e
jupref_export_write(jupref_exporting_t *exporting)
{
    size_t         at;
    uint64_t       day;
    jupref_exit_e  code;

    if (exporting->exports.count > 0) {
        qsort(exporting->exports.trades, exporting->exports.count,
              sizeof(jupref_exported_t), jupref_export_order);
    }

    at = 0;
    code = JUPREF_EXIT_GOOD;

    if (exporting->tool->given.out == NULL) {
        jupref_export_head(stdout);
    }

    for (day = exporting->from;
         day <= exporting->to && code == JUPREF_EXIT_GOOD; day++)
    {
        if (exporting->tool->given.out == NULL) {
            jupref_export_lines(exporting, stdout, day, &at);

        } else {
            code = jupref_export_day(exporting, day, &at);
        }
    }

    return code;
}


/* Whole or not at all: under another name first. */

static jupref_exit_e
jupref_export_day(jupref_exporting_t *exporting, uint64_t day, size_t *at)
{
    int          directory, file, error;
    char         date[11], name[32], unfinished[36];
    FILE        *out;
    const char  *path;

    path = exporting->tool->given.out;
    jupref_tool_date_text(date, day);
    (void) snprintf(name, sizeof(name), "trades-%s.csv", date);
    (void) snprintf(unfinished, sizeof(unfinished), "%s.new", name);

    directory = open(path, O_RDONLY|O_DIRECTORY|O_CLOEXEC);
    file = directory == -1 ? -1
           : openat(directory, unfinished,
                    O_WRONLY|O_CREAT|O_TRUNC|O_NOFOLLOW|O_CLOEXEC, 0600);
    out = file == -1 ? NULL : fdopen(file, "w");
    error = errno;

    if (out != NULL) {
        jupref_export_head(out);
        jupref_export_lines(exporting, out, day, at);

        error = (fflush(out) != 0 || ferror(out)
                 || renameat(directory, unfinished, directory, name) == -1)
                ? errno : 0;
        (void) fclose(out);

    } else if (file != -1) {
        (void) close(file);
    }

    if (directory != -1) {
        (void) close(directory);
    }

    if (error) {
        return jupref_tool_say(exporting->tool, JUPREF_EXIT_FAILED,
                               "\"%s/%s\" can't be written: %s", path, name,
                               strerror(error));
    }

    return JUPREF_EXIT_GOOD;
}


static void
jupref_export_lines(jupref_exporting_t *exporting, FILE *out, uint64_t day,
    size_t *at)
{
    const jupref_exported_t  *exported;

    for ( /* void */ ; *at < exporting->exports.count; (*at)++) {
        exported = &exporting->exports.trades[*at];

        if (exported->executed_ms / JUPREF_EXPORT_DAY_MS > day) {
            return;
        }

        if (!exported->dropped) {
            jupref_export_line(out, exported);
        }
    }
}


/* By time and by seq within one time: time may step back. */

static int
jupref_export_order(const void *one, const void *other)
{
    const jupref_exported_t  *a = one, *b = other;

    if (a->executed_ms != b->executed_ms) {
        return a->executed_ms < b->executed_ms ? -1 : 1;
    }

    return (a->executed_seq > b->executed_seq)
           - (a->executed_seq < b->executed_seq);
}
