/*
 * Recovery: the newest good snapshot, and the journal after it.
 *
 * A broken snapshot is passed over, because an older one and more of the
 * journal give the same state; nothing else is.  The journal must reach the
 * snapshot and agree with it on the last event that is in it: a journal that
 * ends before has lost segments, and going on behind the gap would give their
 * numbers to other events.
 *
 * A snapshot that a former version wrote is passed over too, as long as the
 * journal reaches back to the first event.
 *
 * The fold leaves rankings out; they are made at its end.
 */

#include "log/jupref_fold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/jupref_state.h"


static jupref_fault_e jupref_recover_snapshot(jupref_fold_t *fold);
static jupref_fault_e jupref_recover_over(jupref_fold_t *fold,
    jupref_fault_e result);
static jupref_fault_e jupref_recover_former(jupref_fold_t *fold,
    const uint64_t *seqs, size_t count);
static void jupref_recover_warn(jupref_fold_t *fold,
    const jupref_fault_t *fault);
static jupref_fault_e jupref_recover_marks(jupref_fold_t *fold);
static jupref_fault_e jupref_recover_begin(jupref_fold_t *fold,
    uint64_t *from);
static jupref_fault_e jupref_recover_journal(jupref_fold_t *fold);
static jupref_fault_e jupref_fold_end(jupref_fold_t *fold);
static jupref_fault_e jupref_fold_torn(jupref_fold_t *fold);
static jupref_fault_e jupref_cut_tail(jupref_store_t *store,
    jupref_fault_t *fault);


jupref_fault_e
jupref_recover(jupref_store_t *store, const jupref_recovery_t *how,
    jupref_ledger_t *ledger, jupref_place_t *place,
    jupref_recovered_t *recovered, jupref_fault_t *fault)
{
    jupref_fold_t   fold;
    jupref_fault_e  result;

    memset(&fold, 0, sizeof(fold));
    fold.store = store;
    fold.how = how;
    fold.ledger = ledger;
    fold.place = place;
    fold.recovered = recovered;
    fold.fault = fault;

    memset(place, 0, sizeof(jupref_place_t));
    memset(recovered, 0, sizeof(jupref_recovered_t));
    memset(fault, 0, sizeof(jupref_fault_t));

    result = jupref_recover_snapshot(&fold);

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_recover_journal(&fold);
    }

    return result;
}


jupref_fault_e
jupref_catch_up(jupref_store_t *store, const jupref_recovery_t *how,
    jupref_ledger_t *ledger, jupref_place_t *place, uint64_t *records,
    jupref_fault_t *fault)
{
    jupref_fold_t       fold;
    jupref_fault_e      result;
    jupref_recovered_t  recovered;

    memset(&recovered, 0, sizeof(recovered));
    memset(&fold, 0, sizeof(fold));
    fold.store = store;
    fold.how = how;
    fold.ledger = ledger;
    fold.place = place;
    fold.recovered = &recovered;
    fold.fault = fault;

    result = jupref_recover_journal(&fold);
    *records = recovered.records;

    return result;
}


static jupref_fault_e
jupref_recover_snapshot(jupref_fold_t *fold)
{
    size_t          i, count;
    uint64_t       *seqs;
    jupref_fault_e  result;

    result = jupref_snapshot_list(fold->store, &seqs, &count, fold->fault);

    for (i = 0; i < count && result == JUPREF_FAULT_NONE; i++) {

        if (fold->how->until > 0 && seqs[i] > fold->how->until) {
            continue;
        }

        result = jupref_snapshot_read(fold->store, seqs[i], fold->ledger,
                                      fold->place, fold->fault);

        if (result == JUPREF_FAULT_NONE) {
            fold->recovered->snapshot = seqs[i];
            break;
        }

        result = jupref_recover_over(fold, result);
    }

    if (result == JUPREF_FAULT_NONE && fold->recovered->snapshot == 0
        && fold->recovered->former_snapshots > 0)
    {
        result = jupref_recover_former(fold, seqs, count);
    }

    free(seqs);

    return result;
}


/* What is no way to begin, but isn't in the way of another one. */
static jupref_fault_e
jupref_recover_over(jupref_fold_t *fold, jupref_fault_e result)
{
    switch (result) {

    case JUPREF_FAULT_SNAPSHOT:
        jupref_recover_warn(fold, fold->fault);
        fold->recovered->broken_snapshots++;
        break;

    case JUPREF_FAULT_LAYOUT_OLDER:
        fold->recovered->former_snapshots++;
        break;

    default:
        return result;
    }

    memset(fold->fault, 0, sizeof(jupref_fault_t));

    return JUPREF_FAULT_NONE;
}


/*
 * A journal from the first event on makes all that this version knows of it.
 * Where its beginning is gone, the newest that a former version wrote is all
 * there is.
 */
static jupref_fault_e
jupref_recover_former(jupref_fold_t *fold, const uint64_t *seqs, size_t count)
{
    size_t          i, segments;
    uint64_t        first, *firsts;
    jupref_fault_e  result;

    result = jupref_journal_list(fold->store, &firsts, &segments,
                                 fold->fault);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    first = segments > 0 ? firsts[0] : 0;
    free(firsts);

    if (first == 1) {
        return JUPREF_FAULT_NONE;
    }

    for (i = 0; i < count; i++) {

        if (fold->how->until > 0 && seqs[i] > fold->how->until) {
            continue;
        }

        result = jupref_snapshot_convert(fold->store, seqs[i], fold->ledger,
                                         fold->place, fold->fault);

        if (result == JUPREF_FAULT_NONE) {
            fold->recovered->snapshot = seqs[i];
            fold->recovered->converted = 1;
            return JUPREF_FAULT_NONE;
        }

        if (result == JUPREF_FAULT_SNAPSHOT) {
            jupref_recover_warn(fold, fold->fault);

        } else if (result != JUPREF_FAULT_LAYOUT_OLDER) {
            return result;
        }

        memset(fold->fault, 0, sizeof(jupref_fault_t));
    }

    return JUPREF_FAULT_NONE;
}


/* The first thing to say is kept. */
static void
jupref_recover_warn(jupref_fold_t *fold, const jupref_fault_t *fault)
{
    if (fold->recovered->warning.fault == JUPREF_FAULT_NONE) {
        fold->recovered->warning = *fault;
    }
}


/* A broken slot of `synced` is named, even where the other one does. */
static jupref_fault_e
jupref_recover_marks(jupref_fold_t *fold)
{
    jupref_fault_t   warning;
    jupref_fault_e   result;
    jupref_synced_t  synced;

    result = jupref_synced_read(fold->store, &synced, &fold->broken_marks,
                                fold->fault);

    if (result == JUPREF_FAULT_NONE && fold->broken_marks > 0) {
        memset(&warning, 0, sizeof(warning));
        (void) jupref_fault_set(&warning, JUPREF_FAULT_SYNCED, "synced", 0,
                                "%u of 2 slots can't be read",
                                fold->broken_marks);
        jupref_recover_warn(fold, &warning);
    }

    return result;
}


/*
 * `from` is the first record behind the place where a segment begins with it:
 * that record says which one it follows, and nothing older has to be read.
 * Else it is the last record before the place, to meet the journal there.
 */
static jupref_fault_e
jupref_recover_begin(jupref_fold_t *fold, uint64_t *from)
{
    size_t           i, count;
    uint64_t         seq, *firsts;
    jupref_fault_e   result;
    jupref_fault_t  *fault;

    seq = fold->place->seq;
    fault = fold->fault;

    result = jupref_journal_list(fold->store, &firsts, &count, fault);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    if (count == 0 && seq > 0) {
        result = jupref_fault_set(fault, JUPREF_FAULT_SHORT, "journal", 0,
                                  "there is no segment, but a snapshot of "
                                  "event %llu", (unsigned long long) seq);

    } else if (count > 0 && firsts[0] > seq + 1) {
        result = jupref_fault_set(fault, JUPREF_FAULT_MISSING, "journal", 0,
                                  "it begins with event %llu, events from "
                                  "%llu on are missing and in no good "
                                  "snapshot (%llu broken, %llu of an older "
                                  "layout)",
                                  (unsigned long long) firsts[0],
                                  (unsigned long long) seq + 1,
                                  (unsigned long long)
                                  fold->recovered->broken_snapshots,
                                  (unsigned long long)
                                  fold->recovered->former_snapshots);
    }

    if (result != JUPREF_FAULT_NONE) {
        fault->seq = seq + 1;
    }

    *from = seq > 0 ? seq : 1;

    for (i = 0; i < count; i++) {
        if (firsts[i] == seq + 1) {
            *from = seq + 1;
        }
    }

    fold->recovered->segment = count > 0 ? firsts[count - 1] : 0;
    free(firsts);

    return result;
}


static jupref_fault_e
jupref_recover_journal(jupref_fold_t *fold)
{
    uint64_t        from, until;
    jupref_fault_e  result;

    until = fold->how->until;

    if (until > 0 && until <= fold->place->seq) {
        return JUPREF_FAULT_NONE;
    }

    result = jupref_recover_marks(fold);

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_recover_begin(fold, &from);
    }

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    result = jupref_journal_open(fold->store, from, until, &fold->reader,
                                 fold->fault);

    if (result == JUPREF_FAULT_NONE) {
        jupref_state_unrank(fold->ledger);
        result = jupref_fold_records(fold);
        jupref_state_rank(fold->ledger);
        jupref_journal_close(fold->reader);
    }

    if (result == JUPREF_FAULT_TORN) {
        result = jupref_fold_torn(fold);
    }

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_fold_end(fold);
    }

    return result;
}


/* The journal reached what it was asked for. */
static jupref_fault_e
jupref_fold_end(jupref_fold_t *fold)
{
    uint64_t         until;
    jupref_fault_t  *fault;

    until = fold->how->until;
    fault = fold->fault;

    if (until > fold->place->seq) {
        fault->seq = fold->place->seq + 1;

        return jupref_fault_set(fault, JUPREF_FAULT_SHORT, "journal", 0,
                                "it ends with event %llu, event %llu is "
                                "asked for",
                                (unsigned long long) fold->place->seq,
                                (unsigned long long) until);
    }

    return JUPREF_FAULT_NONE;
}


/* With a slot of `synced` broken nobody knows that it wasn't synced. */
static jupref_fault_e
jupref_fold_torn(jupref_fold_t *fold)
{
    jupref_fault_t  torn;
    jupref_fault_e  result;

    torn = *fold->fault;

    if (fold->broken_marks > 0) {
        return jupref_fault_set(fold->fault, JUPREF_FAULT_SYNCED, torn.file,
                                torn.at, "record %llu can't be opened, and "
                                "with %u of 2 slots of \"synced\" broken it "
                                "may have been synced",
                                (unsigned long long) torn.seq,
                                fold->broken_marks);
    }

    if (fold->how->cut) {
        result = jupref_cut_tail(fold->store, fold->fault);

        if (result != JUPREF_FAULT_NONE) {
            return result;
        }
    }

    fold->recovered->torn = torn.bytes;
    jupref_recover_warn(fold, &torn);

    return JUPREF_FAULT_NONE;
}


/* `fault` tells where the tail is; it isn't one any more afterwards. */
static jupref_fault_e
jupref_cut_tail(jupref_store_t *store, jupref_fault_t *fault)
{
    int             file, result;
    char            name[JUPREF_NAME_MAX];
    uint64_t        at;
    jupref_disk_t  *disk;

    disk = store->disk;
    at = fault->at;
    memcpy(name, fault->file, sizeof(name));
    file = disk->open(disk, name, 1, 0);

    if (file < 0) {
        return jupref_fault_io(fault, name, at, file, "opening");
    }

    result = disk->truncate(disk, file, at);

    if (result >= 0) {
        result = disk->sync(disk, file);
    }

    disk->close(disk, file);

    if (result >= 0 && at == 0) {
        result = disk->remove(disk, name);
    }

    if (result >= 0 && at == 0) {
        result = disk->sync_directory(disk, "journal");
    }

    if (result < 0) {
        return jupref_fault_io(fault, name, at, result, "cutting its tail");
    }

    memset(fault, 0, sizeof(jupref_fault_t));

    return JUPREF_FAULT_NONE;
}
