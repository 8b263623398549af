/*
 * What is kept: which snapshots there are, and what may go.
 *
 * Nothing goes that a recovery or a proof would miss.  Only snapshots that
 * have been read and found whole count as kept; what is older than the oldest
 * of those may go, and what a former version wrote when one of this version's
 * is there.  A segment goes when that snapshot has its records' effect,
 * full tiles that are on disk for good have their leaves, and they are all
 * old enough; and only with all segments before it.
 */

#include "log/jupref_snapshot_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "log/jupref_tiles.h"


#define JUPREF_SNAPSHOT_DIGITS  20


typedef struct {
    uint64_t  *seqs;
    size_t     count;
    size_t     room;
} jupref_seq_list_t;


static int jupref_snapshot_listed(void *context, const char *name);
static int jupref_snapshot_left_over(void *context, const char *name);
static unsigned jupref_snapshot_name_parse(const char *name,
    const char *ending, uint64_t *seq);
static int jupref_seq_add(jupref_seq_list_t *list, uint64_t seq);
static int jupref_seq_descending(const void *one, const void *other);
static jupref_fault_e jupref_snapshot_list_all(jupref_store_t *store,
    jupref_list_pt listed, uint64_t **seqs, size_t *count,
    jupref_fault_t *fault);
static jupref_fault_e jupref_prune_left_over(jupref_store_t *store,
    jupref_fault_t *fault);
static jupref_fault_e jupref_prune_snapshots(jupref_store_t *store,
    unsigned keep, uint64_t *oldest, unsigned *removed,
    jupref_fault_t *fault);
static jupref_fault_e jupref_prune_segments(jupref_store_t *store,
    uint64_t oldest, uint64_t before_ms, unsigned *removed,
    jupref_fault_t *fault);
static jupref_fault_e jupref_segment_created(jupref_store_t *store,
    uint64_t first, uint64_t *created_ms, jupref_fault_t *fault);
static jupref_fault_e jupref_prune_remove(jupref_store_t *store,
    const char *name, jupref_fault_t *fault);


jupref_fault_e
jupref_snapshot_list(jupref_store_t *store, uint64_t **seqs, size_t *count,
    jupref_fault_t *fault)
{
    return jupref_snapshot_list_all(store, jupref_snapshot_listed, seqs,
                                    count, fault);
}


jupref_fault_e
jupref_snapshot_prune(jupref_store_t *store, unsigned keep,
    uint64_t before_ms, unsigned *snapshots, unsigned *segments,
    jupref_fault_t *fault)
{
    uint64_t        oldest;
    jupref_fault_e  result;

    *snapshots = 0;
    *segments = 0;

    result = jupref_prune_left_over(store, fault);

    if (result == JUPREF_FAULT_NONE) {
        result = jupref_prune_snapshots(store, keep == 0 ? 1 : keep, &oldest,
                                        snapshots, fault);
    }

    if (result == JUPREF_FAULT_NONE && before_ms > 0 && oldest > 0) {
        result = jupref_prune_segments(store, oldest, before_ms, segments,
                                       fault);
    }

    return result;
}


static jupref_fault_e
jupref_snapshot_list_all(jupref_store_t *store, jupref_list_pt listed,
    uint64_t **seqs, size_t *count, jupref_fault_t *fault)
{
    int                result;
    jupref_seq_list_t  list;

    memset(&list, 0, sizeof(list));
    *seqs = NULL;
    *count = 0;

    result = store->disk->list(store->disk, "snapshots", listed, &list);

    if (result == -ENOENT) {
        result = 0;
    }

    if (result < 0) {
        free(list.seqs);
        return jupref_fault_io(fault, "snapshots", 0, result, "listing");
    }

    if (result > 0) {
        free(list.seqs);
        return jupref_fault_memory(fault, "snapshots");
    }

    if (list.count > 0) {
        qsort(list.seqs, list.count, sizeof(uint64_t), jupref_seq_descending);
    }

    *seqs = list.seqs;
    *count = list.count;

    return JUPREF_FAULT_NONE;
}


static int
jupref_snapshot_listed(void *context, const char *name)
{
    uint64_t  seq;

    if (!jupref_snapshot_name_parse(name, ".snapshot", &seq)) {
        return 0;
    }

    return jupref_seq_add(context, seq);
}


static int
jupref_snapshot_left_over(void *context, const char *name)
{
    uint64_t  seq;

    if (!jupref_snapshot_name_parse(name, ".new", &seq)) {
        return 0;
    }

    return jupref_seq_add(context, seq);
}


static unsigned
jupref_snapshot_name_parse(const char *name, const char *ending,
    uint64_t *seq)
{
    if (strlen(name) < JUPREF_SNAPSHOT_DIGITS
        || strcmp(name + JUPREF_SNAPSHOT_DIGITS, ending) != 0)
    {
        return 0;
    }

    return jupref_parse_u64((jupref_bytes_t) { (const uint8_t *) name,
                                               JUPREF_SNAPSHOT_DIGITS }, seq);
}


static int
jupref_seq_add(jupref_seq_list_t *list, uint64_t seq)
{
    size_t     room;
    uint64_t  *seqs;

    if (list->count == list->room) {
        room = list->room == 0 ? 16 : 2 * list->room;
        seqs = realloc(list->seqs, room * sizeof(uint64_t));

        if (seqs == NULL) {
            return 1;
        }

        list->seqs = seqs;
        list->room = room;
    }

    list->seqs[list->count++] = seq;

    return 0;
}


static int
jupref_seq_descending(const void *one, const void *other)
{
    uint64_t  first, second;

    first = *(const uint64_t *) one;
    second = *(const uint64_t *) other;

    return first > second ? -1 : first < second;
}


/* What a crash has left of a snapshot that was being written. */
static jupref_fault_e
jupref_prune_left_over(jupref_store_t *store, jupref_fault_t *fault)
{
    char            name[JUPREF_NAME_MAX];
    size_t          i, count;
    uint64_t       *seqs;
    jupref_fault_e  result;

    result = jupref_snapshot_list_all(store, jupref_snapshot_left_over, &seqs,
                                      &count, fault);

    for (i = 0; i < count && result == JUPREF_FAULT_NONE; i++) {
        jupref_snapshot_new_name(name, seqs[i]);
        result = jupref_prune_remove(store, name, fault);
    }

    free(seqs);

    return result;
}


/* `oldest` is the oldest good one that is kept, 0 when there is none. */
static jupref_fault_e
jupref_prune_snapshots(jupref_store_t *store, unsigned keep,
    uint64_t *oldest, unsigned *removed, jupref_fault_t *fault)
{
    char            name[JUPREF_NAME_MAX];
    size_t          i, count;
    uint64_t       *seqs;
    unsigned        kept, former;
    jupref_fault_e  result;

    *oldest = 0;
    kept = 0;
    result = jupref_snapshot_list(store, &seqs, &count, fault);

    for (i = 0; i < count && result == JUPREF_FAULT_NONE; i++) {

        former = 0;

        if (kept < keep) {
            result = jupref_snapshot_check(store, seqs[i], fault);

            if (result == JUPREF_FAULT_NONE) {
                *oldest = seqs[i];
                kept++;

            } else if (result == JUPREF_FAULT_SNAPSHOT
                       || result == JUPREF_FAULT_LAYOUT_OLDER)
            {
                former = (result == JUPREF_FAULT_LAYOUT_OLDER && kept > 0);
                result = JUPREF_FAULT_NONE;
                memset(fault, 0, sizeof(jupref_fault_t));
            }

            if (!former) {
                continue;
            }
        }

        jupref_snapshot_name(name, seqs[i]);
        result = jupref_prune_remove(store, name, fault);

        if (result == JUPREF_FAULT_NONE) {
            (*removed)++;
        }
    }

    free(seqs);

    return result;
}


/*
 * A segment was begun after all records of the one before it, so its time of
 * creation is a bound for theirs.
 */
static jupref_fault_e
jupref_prune_segments(jupref_store_t *store, uint64_t oldest,
    uint64_t before_ms, unsigned *removed, jupref_fault_t *fault)
{
    char            name[JUPREF_NAME_MAX];
    int             synced;
    size_t          i, count;
    uint64_t        settled, created_ms, last, *firsts;
    jupref_fault_e  result;

    result = jupref_journal_list(store, &firsts, &count, fault);

    if (result != JUPREF_FAULT_NONE) {
        return result;
    }

    created_ms = 0;
    result = jupref_tiles_settled(store, &settled, fault);

    for (i = 0; i + 1 < count && result == JUPREF_FAULT_NONE; i++) {
        last = firsts[i + 1] - 1;

        if (last > oldest || last > settled) {
            break;
        }

        result = jupref_segment_created(store, firsts[i + 1], &created_ms,
                                        fault);

        if (result != JUPREF_FAULT_NONE || created_ms >= before_ms) {
            break;
        }

        jupref_segment_name(name, firsts[i]);
        result = jupref_prune_remove(store, name, fault);

        if (result == JUPREF_FAULT_NONE) {
            (*removed)++;
        }
    }

    free(firsts);

    if (result == JUPREF_FAULT_NONE && *removed > 0) {
        synced = store->disk->sync_directory(store->disk, "journal");

        if (synced < 0) {
            return jupref_fault_io(fault, "journal", 0, synced, "syncing");
        }
    }

    return result;
}


static jupref_fault_e
jupref_segment_created(jupref_store_t *store, uint64_t first,
    uint64_t *created_ms, jupref_fault_t *fault)
{
    int               file;
    char              name[JUPREF_NAME_MAX];
    jupref_fault_e    result;
    jupref_segment_t  segment;

    memset(&segment, 0, sizeof(segment));
    jupref_segment_name(name, first);
    file = store->disk->open(store->disk, name, 0, 0);

    if (file < 0) {
        return jupref_fault_io(fault, name, 0, file, "opening");
    }

    result = jupref_segment_read(store, file, first, &segment, fault);
    store->disk->close(store->disk, file);
    OPENSSL_cleanse(segment.data_key, sizeof(segment.data_key));
    *created_ms = segment.created_ms;

    return result;
}


static jupref_fault_e
jupref_prune_remove(jupref_store_t *store, const char *name,
    jupref_fault_t *fault)
{
    int  result;

    result = store->disk->remove(store->disk, name);

    if (result < 0 && result != -ENOENT) {
        return jupref_fault_io(fault, name, 0, result, "removing");
    }

    return JUPREF_FAULT_NONE;
}
