/*
 * jupref-journal stat, shown: for people, or as JSON.
 */

#include "log/tool/jupref_stat.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/jupref_time.h"
#include "ledger/jupref_integrity.h"
#include "ledger/jupref_view.h"
#include "log/jupref_log.h"


#define JUPREF_STAT_ROOM   65536        /* bytes of JSON, without the lists */
#define JUPREF_STAT_FILE   256          /* a file's */
#define JUPREF_STAT_MINT   2048         /* a mint's accounts */

/* How nginx shares a zone out: pending orders, the log's ring, clicks. */
#define JUPREF_ZONE_SHARED      16384
#define JUPREF_ZONE_PENDING     4
#define JUPREF_ZONE_LOG         16
#define JUPREF_ZONE_LOG_MAX     (UINT64_C(16) << 20)
#define JUPREF_ZONE_CLICKS      64


static void jupref_text_files(const jupref_stat_t *stat);
static void jupref_text_types(const jupref_stat_t *stat);
static void jupref_text_tables(const jupref_stat_t *stat,
    const uint32_t capacity[JUPREF_TABLES]);
static void jupref_text_accounts(const jupref_stat_t *stat);
static const char *jupref_text_time(char text[JUPREF_TIME_TEXT + 1],
    uint64_t time_ms);
static const char *jupref_text_sum(char text[JUPREF_U128_TEXT + 1],
    jupref_u128_t sum);
static unsigned jupref_stat_capacity(const jupref_stat_t *stat,
    uint32_t capacity[JUPREF_TABLES]);
static void jupref_json_files(const jupref_stat_t *stat,
    jupref_json_writer_t *json, const char *name,
    const jupref_stat_file_t *files, size_t count, unsigned segments);
static void jupref_json_keys(const jupref_stat_t *stat,
    jupref_json_writer_t *json);
static void jupref_json_ledger(const jupref_stat_t *stat,
    jupref_json_writer_t *json);


void
jupref_stat_text(const jupref_stat_t *stat)
{
    char      time[JUPREF_TIME_TEXT + 1];
    uint32_t  capacity[JUPREF_TABLES];

    printf("edge \"%.*s\", nginx is %srunning on it\n", JUPREF_EDGE_MAX,
           (const char *) stat->tool->store.edge,
           stat->tool->running ? "" : "not ");
    printf("%" PRIu64 " events, the last is %" PRIu64 " of %s, synced up to %"
           PRIu64 "\n", stat->records, stat->last,
           jupref_text_time(time, stat->last_ms), stat->synced.seq);

    jupref_text_files(stat);
    jupref_text_types(stat);

    if (stat->folding) {
        jupref_text_tables(stat, jupref_stat_capacity(stat, capacity)
                                 ? capacity : NULL);
        jupref_text_accounts(stat);
    }
}


static void
jupref_text_files(const jupref_stat_t *stat)
{
    char                       time[JUPREF_TIME_TEXT + 1];
    size_t                     i;
    const jupref_stat_key_t   *key;
    const jupref_stat_file_t  *file;

    printf("\n%-20s %12s %14s  %-16s %s\n", "segment", "events", "bytes",
           "key", "begun");

    for (i = 0; i < stat->segment_count; i++) {
        file = &stat->segments[i];
        printf("%-20" PRIu64 " %12" PRIu64 " %14" PRIu64 "  %-16.*s %s\n",
               file->seq, file->records, file->size, (int) file->key,
               (const char *) file->key_id,
               jupref_text_time(time, file->created_ms));
    }

    printf("\n%-20s %12s %14s  %s\n", "snapshot", "", "bytes", "key");

    for (i = 0; i < stat->snapshot_count; i++) {
        file = &stat->snapshots[i];
        printf("%-20" PRIu64 " %12s %14" PRIu64 "  %.*s\n", file->seq, "",
               file->size, (int) file->key, (const char *) file->key_id);
    }

    printf("\n%-20s %12s %14s  %s\n", "key", "segments", "snapshots",
           "identity");

    for (i = 0; i < stat->key_count; i++) {
        key = &stat->keys[i];
        printf("%-20.*s %12" PRIu64 " %14" PRIu64 "  %s\n", JUPREF_KEY_ID_MAX,
               (const char *) key->id, key->files[JUPREF_WRAPS_SEGMENT],
               key->files[JUPREF_WRAPS_SNAPSHOT],
               key->files[JUPREF_WRAPS_IDENTITY] ? "yes" : "no");
    }
}


static void
jupref_text_types(const jupref_stat_t *stat)
{
    unsigned                   type;
    const jupref_stat_type_t  *of;

    printf("\n%-20s %12s %14s  %s\n", "event", "count", "bytes", "each");

    for (type = 1; type < JUPREF_EVENT_TYPES; type++) {
        of = &stat->types[type];

        if (of->count > 0) {
            printf("%-20s %12" PRIu64 " %14" PRIu64 "  %" PRIu64 "\n",
                   jupref_event_name(type), of->count, of->bytes,
                   of->bytes / of->count);
        }
    }
}


static void
jupref_text_tables(const jupref_stat_t *stat,
    const uint32_t capacity[JUPREF_TABLES])
{
    uint32_t  used;
    unsigned  table, percent;

    printf("\n%-20s %12s", "table", "rows");

    if (capacity != NULL) {
        printf(" %14s  %s", stat->tool->given.zone, "full");
    }

    printf("\n");

    for (table = 0; table < JUPREF_TABLES; table++) {
        used = stat->refold.ledger->tables[table].count;
        printf("%-20s %12u", jupref_table_name(table), (unsigned) used);

        if (capacity != NULL) {

            /* hours and days that don't fit are forgotten, oldest first */

            percent = used < capacity[table]
                      ? (unsigned) ((uint64_t) used * 100 / capacity[table])
                      : 100;
            printf(" %14u  %u%%", (unsigned) capacity[table], percent);
        }

        printf("\n");
    }
}


static void
jupref_text_accounts(const jupref_stat_t *stat)
{
    int                       len;
    char                      debit[JUPREF_U128_TEXT + 1];
    char                      credit[JUPREF_U128_TEXT + 1];
    uint8_t                   text[JUPREF_PUBKEY_TEXT];
    uint32_t                  index;
    unsigned                  account;
    const jupref_mint_row_t  *mint;
    const jupref_ledger_t    *ledger;

    ledger = stat->refold.ledger;

    for (index = 1; index <= ledger->tables[JUPREF_TABLE_MINTS].used; index++)
    {
        mint = jupref_mint(ledger, index);
        len = (int) jupref_pubkey_format(text, &mint->mint);

        printf("\nmint %.*s\n%-20s %26s %26s\n", len, (const char *) text,
               "account", "debit", "credit");

        for (account = 0; account < JUPREF_ACCOUNTS; account++) {
            printf("%-20s %26s %26s\n", jupref_account_name(account),
                   jupref_text_sum(debit, mint->accounts[account].debit),
                   jupref_text_sum(credit, mint->accounts[account].credit));
        }
    }
}


static const char *
jupref_text_time(char text[JUPREF_TIME_TEXT + 1], uint64_t time_ms)
{
    if (time_ms == 0) {
        return "-";
    }

    (void) jupref_format_time((uint8_t *) text, time_ms);
    text[JUPREF_TIME_TEXT] = '\0';

    return text;
}


static const char *
jupref_text_sum(char text[JUPREF_U128_TEXT + 1], jupref_u128_t sum)
{
    text[jupref_format_u128((uint8_t *) text, sum)] = '\0';

    return text;
}


/* The rows that a zone of that size has room for; 0 when none is asked for. */

static unsigned
jupref_stat_capacity(const jupref_stat_t *stat,
    uint32_t capacity[JUPREF_TABLES])
{
    void             *block;
    uint64_t          size, log;
    unsigned          table;
    jupref_ledger_t  *ledger;

    if (stat->zone == 0) {
        return 0;
    }

    size = stat->zone - JUPREF_ZONE_SHARED - sizeof(jupref_integrity_t);
    size -= size / JUPREF_ZONE_PENDING;
    log = stat->zone / JUPREF_ZONE_LOG;
    size -= log < JUPREF_ZONE_LOG_MAX ? log : JUPREF_ZONE_LOG_MAX;
    size -= size / JUPREF_ZONE_CLICKS;
    size = size / 64 * 64;

    block = mmap(NULL, size, PROT_READ|PROT_WRITE,
                 MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0);

    if (block == MAP_FAILED) {
        return 0;
    }

    ledger = jupref_ledger_init(block, size);

    for (table = 0; ledger != NULL && table < JUPREF_TABLES; table++) {
        capacity[table] = ledger->tables[table].capacity;
    }

    (void) munmap(block, size);

    return ledger != NULL;
}


void
jupref_stat_json(const jupref_stat_t *stat)
{
    size_t                     size;
    uint8_t                   *room;
    unsigned                   type;
    jupref_json_writer_t       json;
    const jupref_stat_type_t  *of;

    size = JUPREF_STAT_ROOM
           + (stat->segment_count + stat->snapshot_count) * JUPREF_STAT_FILE
           + (stat->folding ? stat->refold.ledger
                              ->tables[JUPREF_TABLE_MINTS].used
                            : 0) * (size_t) JUPREF_STAT_MINT;
    room = malloc(size);

    if (room == NULL) {
        (void) jupref_tool_say(stat->tool, JUPREF_EXIT_FAILED,
                               "out of memory");
        return;
    }

    jupref_json_init(&json, room, size);
    jupref_json_object(&json, NULL);
    jupref_json_padded(&json, "edge", stat->tool->store.edge,
                       JUPREF_EDGE_MAX);
    jupref_json_boolean(&json, "running", stat->tool->running);
    jupref_json_number(&json, "faults", stat->faults);
    jupref_json_number(&json, "events", stat->records);
    jupref_json_number(&json, "lastSeq", stat->last);
    jupref_json_number(&json, "syncedSeq", stat->synced.seq);

    if (stat->last > 0) {
        jupref_json_time(&json, "lastTime", stat->last_ms);
    }

    jupref_json_files(stat, &json, "segments", stat->segments,
                      stat->segment_count, 1);
    jupref_json_files(stat, &json, "snapshots", stat->snapshots,
                      stat->snapshot_count, 0);
    jupref_json_keys(stat, &json);
    jupref_json_object(&json, "types");

    for (type = 1; type < JUPREF_EVENT_TYPES; type++) {
        of = &stat->types[type];

        if (of->count > 0) {
            jupref_json_object(&json, jupref_event_name(type));
            jupref_json_number(&json, "count", of->count);
            jupref_json_number(&json, "bytes", of->bytes);
            jupref_json_object_end(&json);
        }
    }

    jupref_json_object_end(&json);

    if (stat->folding) {
        jupref_json_ledger(stat, &json);
    }

    jupref_json_object_end(&json);
    jupref_tool_line(&json);
    free(room);
}


static void
jupref_json_files(const jupref_stat_t *stat, jupref_json_writer_t *json,
    const char *name, const jupref_stat_file_t *files, size_t count,
    unsigned segments)
{
    size_t  i;

    jupref_json_array(json, name);

    for (i = 0; i < count; i++) {
        jupref_json_object(json, NULL);
        jupref_json_number(json, segments ? "firstSeq" : "seq", files[i].seq);
        jupref_json_number(json, "bytes", files[i].size);
        jupref_json_padded(json, "key", files[i].key_id, JUPREF_KEY_ID_MAX);

        if (segments) {
            jupref_json_number(json, "events", files[i].records);
        }

        if (segments && files[i].created_ms > 0) {
            jupref_json_time(json, "begunAt", files[i].created_ms);
        }

        jupref_json_object_end(json);
    }

    jupref_json_array_end(json);
}


static void
jupref_json_keys(const jupref_stat_t *stat, jupref_json_writer_t *json)
{
    unsigned                  i;
    const jupref_stat_key_t  *key;

    jupref_json_array(json, "keys");

    for (i = 0; i < stat->key_count; i++) {
        key = &stat->keys[i];

        jupref_json_object(json, NULL);
        jupref_json_padded(json, "id", key->id, JUPREF_KEY_ID_MAX);
        jupref_json_number(json, "segments",
                           key->files[JUPREF_WRAPS_SEGMENT]);
        jupref_json_number(json, "snapshots",
                           key->files[JUPREF_WRAPS_SNAPSHOT]);
        jupref_json_boolean(json, "identity",
                            key->files[JUPREF_WRAPS_IDENTITY] > 0);
        jupref_json_object_end(json);
    }

    jupref_json_array_end(json);
}


static void
jupref_json_ledger(const jupref_stat_t *stat, jupref_json_writer_t *json)
{
    uint32_t                  index, capacity[JUPREF_TABLES];
    unsigned                  table, account, sized;
    const jupref_ledger_t    *ledger;
    const jupref_mint_row_t  *mint;

    ledger = stat->refold.ledger;
    sized = jupref_stat_capacity(stat, capacity);
    jupref_json_object(json, "tables");

    for (table = 0; table < JUPREF_TABLES; table++) {
        jupref_json_object(json, jupref_table_name(table));
        jupref_json_number(json, "rows", ledger->tables[table].count);

        if (sized) {
            jupref_json_number(json, "capacity", capacity[table]);
        }

        jupref_json_object_end(json);
    }

    jupref_json_object_end(json);
    jupref_json_array(json, "trialBalance");

    for (index = 1; index <= ledger->tables[JUPREF_TABLE_MINTS].used; index++)
    {
        mint = jupref_mint(ledger, index);

        jupref_json_object(json, NULL);
        jupref_json_pubkey(json, "mint", &mint->mint);
        jupref_json_object(json, "accounts");

        for (account = 0; account < JUPREF_ACCOUNTS; account++) {
            jupref_json_object(json, jupref_account_name(account));
            jupref_json_amount(json, "debit", mint->accounts[account].debit);
            jupref_json_amount(json, "credit", mint->accounts[account].credit);
            jupref_json_object_end(json);
        }

        jupref_json_object_end(json);
        jupref_json_object_end(json);
    }

    jupref_json_array_end(json);
}
