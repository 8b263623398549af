/*
 * Records become events, and events are folded.
 *
 * Records are read some events ahead of the fold, so that memory brings what
 * an event touches while others are folded:
 *
 *     | folded | … | step 4 | … | step 1 | … | step 0 | read |
 *
 * What isn't checked is what the seal already proves.  What can't be read or
 * folded is named with its place in the journal.
 */

#include "log/jupref_fold.h"

#include <string.h>


#define JUPREF_PROGRESS_RECORDS  (1 << 18)
#define JUPREF_AHEAD_STEP        3      /* between two of expecting's steps */


static jupref_fault_e jupref_fold_read(jupref_fold_t *fold, unsigned *end);
static jupref_fault_e jupref_fold_record(jupref_fold_t *fold,
    jupref_bytes_t bytes);
static jupref_fault_e jupref_fold_event(jupref_fold_t *fold,
    const jupref_record_t *record, jupref_bytes_t bytes);
static jupref_fault_e jupref_fold_not_a_record(jupref_fold_t *fold,
    jupref_bytes_t bytes, jupref_record_result_e parsed);
static jupref_fault_e jupref_fold_met(jupref_fold_t *fold,
    const jupref_record_t *record, jupref_bytes_t bytes);
static void jupref_fold_expect(jupref_fold_t *fold);
static jupref_fault_e jupref_fold_next(jupref_fold_t *fold);
static jupref_fault_e jupref_fold_refused(jupref_fold_t *fold,
    const jupref_ahead_t *next, jupref_ledger_result_e result);
static uint64_t jupref_fold_at(jupref_fold_t *fold, jupref_bytes_t bytes,
    uint64_t *segment);


/* What can't be read is told when all before it is folded. */
jupref_fault_e
jupref_fold_records(jupref_fold_t *fold)
{
    unsigned        end;
    jupref_fault_e  result, folded;

    fold->seq = fold->place->seq;
    memcpy(fold->head, fold->place->head, JUPREF_SHA256_SIZE);

    for (end = 0, result = JUPREF_FAULT_NONE; /* void */ ; /* void */ ) {

        if (!end && fold->read - fold->folded < JUPREF_AHEAD) {
            result = jupref_fold_read(fold, &end);
            continue;
        }

        if (fold->read == fold->folded) {
            return result;
        }

        folded = jupref_fold_next(fold);

        if (folded != JUPREF_FAULT_NONE) {
            return folded;
        }

        if (fold->how->progress != NULL
            && fold->place->seq % JUPREF_PROGRESS_RECORDS == 0)
        {
            fold->how->progress(fold->how->context, fold->place->seq);
        }
    }
}


static jupref_fault_e
jupref_fold_read(jupref_fold_t *fold, unsigned *end)
{
    jupref_bytes_t  bytes;
    jupref_fault_e  result;

    result = jupref_journal_next(fold->reader, &bytes, fold->fault);

    if (result == JUPREF_FAULT_NONE && bytes.data != NULL) {
        result = jupref_fold_record(fold, bytes);

    } else {
        *end = 1;
    }

    *end |= result != JUPREF_FAULT_NONE;

    return result;
}


static jupref_fault_e
jupref_fold_record(jupref_fold_t *fold, jupref_bytes_t bytes)
{
    char                    name[JUPREF_NAME_MAX];
    uint64_t                at, segment;
    jupref_record_t         record;
    jupref_record_result_e  parsed;

    parsed = jupref_record_parse(bytes, &record);

    if (parsed == JUPREF_RECORD_OK && fold->how->check) {
        parsed = jupref_record_check(&record);
    }

    if (parsed != JUPREF_RECORD_OK) {
        return jupref_fold_not_a_record(fold, bytes, parsed);
    }

    if (record.seq == fold->seq && fold->read == 0) {
        return jupref_fold_met(fold, &record, bytes);
    }

    if (record.seq != fold->seq + 1
        || memcmp(record.previous, fold->head, JUPREF_SHA256_SIZE) != 0)
    {
        at = jupref_fold_at(fold, bytes, &segment);
        jupref_segment_name(name, segment);
        fold->fault->seq = record.seq;

        return jupref_fault_set(fold->fault, JUPREF_FAULT_CHAIN, name, at,
                                "record %llu doesn't follow record %llu",
                                (unsigned long long) record.seq,
                                (unsigned long long) fold->seq);
    }

    return jupref_fold_event(fold, &record, bytes);
}


static jupref_fault_e
jupref_fold_event(jupref_fold_t *fold, const jupref_record_t *record,
    jupref_bytes_t bytes)
{
    jupref_ahead_t          *ahead;
    jupref_record_result_e   parsed;

    ahead = &fold->ahead[fold->read % JUPREF_AHEAD];
    parsed = jupref_record_event(record, bytes, &ahead->event);

    if (parsed != JUPREF_RECORD_OK) {
        return jupref_fold_not_a_record(fold, bytes, parsed);
    }

    memset(&ahead->found, 0, sizeof(ahead->found));
    ahead->at = jupref_fold_at(fold, bytes, &ahead->segment);
    memcpy(ahead->leaf_hash, record->leaf_hash, JUPREF_SHA256_SIZE);
    memcpy(fold->head, record->leaf_hash, JUPREF_SHA256_SIZE);
    fold->seq = record->seq;
    fold->read++;
    jupref_fold_expect(fold);

    return JUPREF_FAULT_NONE;
}


static jupref_fault_e
jupref_fold_not_a_record(jupref_fold_t *fold, jupref_bytes_t bytes,
    jupref_record_result_e parsed)
{
    char      name[JUPREF_NAME_MAX];
    uint64_t  at, segment;

    at = jupref_fold_at(fold, bytes, &segment);
    jupref_segment_name(name, segment);
    fold->fault->seq = fold->seq + 1;

    return jupref_fault_set(fold->fault, JUPREF_FAULT_RECORD, name, at,
                            "record %llu: %s",
                            (unsigned long long) fold->fault->seq,
                            jupref_record_result_text(parsed));
}


/* The last record that the place already has. */
static jupref_fault_e
jupref_fold_met(jupref_fold_t *fold, const jupref_record_t *record,
    jupref_bytes_t bytes)
{
    char      name[JUPREF_NAME_MAX];
    uint64_t  at, segment;

    if (memcmp(record->leaf_hash, fold->head, JUPREF_SHA256_SIZE) == 0) {
        return JUPREF_FAULT_NONE;
    }

    at = jupref_fold_at(fold, bytes, &segment);
    jupref_segment_name(name, segment);
    fold->fault->seq = record->seq;

    return jupref_fault_set(fold->fault, JUPREF_FAULT_CHAIN, name, at,
                            "record %llu isn't the one that the snapshot has "
                            "taken in", (unsigned long long) record->seq);
}


/* One step for the event just read, one each for some before it. */
static void
jupref_fold_expect(jupref_fold_t *fold)
{
    unsigned         step;
    uint64_t         back;
    jupref_ahead_t  *ahead;

    for (step = 0; step < JUPREF_EXPECT_STEPS; step++) {
        back = 1 + step * JUPREF_AHEAD_STEP;

        if (fold->read - fold->folded < back) {
            return;
        }

        ahead = &fold->ahead[(fold->read - back) % JUPREF_AHEAD];
        jupref_ledger_expect(fold->ledger, &ahead->event, &ahead->found, step);
    }
}


static jupref_fault_e
jupref_fold_next(jupref_fold_t *fold)
{
    jupref_place_t          *place;
    jupref_ahead_t          *next;
    jupref_ledger_result_e   applied;

    place = fold->place;
    next = &fold->ahead[fold->folded % JUPREF_AHEAD];
    applied = jupref_ledger_apply(fold->ledger, &next->event);

    if (applied != JUPREF_LEDGER_OK) {
        return jupref_fold_refused(fold, next, applied);
    }

    if (!jupref_frontier_append(&place->frontier, next->leaf_hash)) {
        return jupref_fault_memory(fold->fault, NULL);
    }

    place->seq = next->event.seq;
    place->time_ms = next->event.time_ms;
    memcpy(place->head, next->leaf_hash, JUPREF_SHA256_SIZE);
    fold->folded++;
    fold->recovered->records++;

    return JUPREF_FAULT_NONE;
}


/* A full table is the zone's fault, anything else the event's. */
static jupref_fault_e
jupref_fold_refused(jupref_fold_t *fold, const jupref_ahead_t *next,
    jupref_ledger_result_e result)
{
    char             name[JUPREF_NAME_MAX];
    unsigned         i;
    jupref_table_t  *table;
    jupref_fault_t  *fault;

    static const struct {
        jupref_ledger_result_e  result;
        jupref_table_e          table;
    } full[] = {
        { JUPREF_LEDGER_REFERRERS_FULL, JUPREF_TABLE_REFERRERS },
        { JUPREF_LEDGER_CODES_FULL, JUPREF_TABLE_CODES },
        { JUPREF_LEDGER_WALLETS_FULL, JUPREF_TABLE_WALLETS },
        { JUPREF_LEDGER_MINTS_FULL, JUPREF_TABLE_MINTS },
        { JUPREF_LEDGER_BALANCES_FULL, JUPREF_TABLE_BALANCES },
        { JUPREF_LEDGER_TRADES_FULL, JUPREF_TABLE_TRADES },
        { JUPREF_LEDGER_INTENTS_FULL, JUPREF_TABLE_INTENTS }
    };

    fault = fold->fault;
    fault->seq = next->event.seq;
    jupref_segment_name(name, next->segment);

    for (i = 0; i < sizeof(full) / sizeof(full[0]); i++) {

        if (full[i].result == result) {
            table = &fold->ledger->tables[full[i].table];

            return jupref_fault_set(fault, JUPREF_FAULT_ZONE, name, next->at,
                                    "the zone has room for %u rows of table "
                                    "\"%s\", event %llu needs one more",
                                    (unsigned) table->capacity,
                                    jupref_table_name(full[i].table),
                                    (unsigned long long) fault->seq);
        }
    }

    return jupref_fault_set(fault, JUPREF_FAULT_EVENT, name, next->at,
                            "the ledger refuses event %llu: %s (%s)",
                            (unsigned long long) fault->seq,
                            jupref_ledger_result_text(result),
                            jupref_ledger_result_name(result));
}


/* Where the frame of the record stands that was read last. */
static uint64_t
jupref_fold_at(jupref_fold_t *fold, jupref_bytes_t bytes, uint64_t *segment)
{
    uint64_t  at;

    jupref_journal_place(fold->reader, segment, &at);

    return at - JUPREF_FRAME_HEADER - bytes.len - JUPREF_SEAL_TAG;
}
