/*
 * Folding anew (see the header).
 *
 * A state's bytes are all but one thing the same in every zone: series are
 * rings, and a smaller zone forgets sooner.  So rows of series are compared
 * where neither side has forgotten anything, and everything else as bytes.
 */

#include "log/tool/jupref_refold.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ledger/jupref_series.h"
#include "ledger/jupref_state.h"
#include "ledger/jupref_view.h"
#include "log/jupref_snapshot_file.h"


#define JUPREF_REFOLD_FIRST   JUPREF_LEDGER_MIN
#define JUPREF_REFOLD_LAST    (UINT64_C(1) << 40)

/* Series may make it grow up to here; from there on they forget. */
#define JUPREF_REFOLD_SERIES  (UINT64_C(1) << 30)

/* Rows of series that one event may take: platform, referrer and code. */
#define JUPREF_SERIES_ROWS    3


static jupref_ledger_t *jupref_block_create(uint64_t size);
static void jupref_block_free(jupref_ledger_t *ledger);
static unsigned jupref_refold_grow(jupref_refold_t *refold);
static unsigned jupref_refold_full(jupref_ledger_result_e result);
static jupref_fault_e jupref_refold_read(jupref_store_t *store, uint64_t seq,
    unsigned convert, jupref_ledger_t **ledger, jupref_place_t *place,
    jupref_fault_t *fault);
static const char *jupref_refold_differs(jupref_refold_t *refold,
    jupref_ledger_t *kept, const jupref_place_t *place);
static unsigned jupref_heads_equal(const jupref_ledger_t *one,
    const jupref_ledger_t *other);
static unsigned jupref_series_equal(const jupref_ledger_t *folded,
    const jupref_ledger_t *kept, jupref_bucket_e bucket);
static unsigned jupref_places_equal(const jupref_place_t *one,
    const jupref_place_t *other);
static void jupref_balances_sum(const jupref_ledger_t *ledger,
    jupref_u128_t *sums);
static unsigned jupref_balances_equal(const jupref_mint_row_t *mint,
    const jupref_u128_t sums[JUPREF_ACCOUNTS], jupref_account_e *account);


jupref_fault_e
jupref_refold_begin(jupref_refold_t *refold, jupref_fault_t *fault)
{
    memset(refold, 0, sizeof(jupref_refold_t));
    refold->ledger = jupref_block_create(JUPREF_REFOLD_FIRST);

    if (refold->ledger == NULL) {
        return jupref_fault_memory(fault, NULL);
    }

    jupref_state_unrank(refold->ledger);

    return JUPREF_FAULT_NONE;
}


void
jupref_refold_end(jupref_refold_t *refold)
{
    if (refold->ledger != NULL) {
        jupref_block_free(refold->ledger);
    }

    memset(refold, 0, sizeof(jupref_refold_t));
}


jupref_fault_e
jupref_refold_adopt(jupref_refold_t *refold, jupref_store_t *store,
    uint64_t seq, jupref_fault_t *fault)
{
    jupref_fault_e  result;

    jupref_refold_end(refold);

    result = jupref_refold_read(store, seq, 1, &refold->ledger, &refold->place,
                                fault);

    if (result == JUPREF_FAULT_NONE) {
        jupref_state_unrank(refold->ledger);
    }

    return result;
}


jupref_fault_e
jupref_refold_event(jupref_refold_t *refold, const jupref_event_t *event,
    const uint8_t leaf_hash[JUPREF_SHA256_SIZE], jupref_fault_t *fault)
{
    unsigned                 bucket;
    jupref_table_t          *table;
    jupref_ledger_result_e   result;

    for (bucket = 0; bucket < 2; bucket++) {
        table = &refold->ledger->tables[JUPREF_TABLE_HOURS + bucket];

        if (table->capacity - table->count < JUPREF_SERIES_ROWS
            && refold->ledger->size < JUPREF_REFOLD_SERIES)
        {
            (void) jupref_refold_grow(refold);
        }
    }

    result = jupref_ledger_apply(refold->ledger, event);

    while (jupref_refold_full(result)) {

        if (!jupref_refold_grow(refold)) {
            return jupref_fault_memory(fault, NULL);
        }

        result = jupref_ledger_apply(refold->ledger, event);
    }

    if (result != JUPREF_LEDGER_OK) {
        return jupref_fault_set(fault, JUPREF_FAULT_EVENT, NULL, 0,
                                "the ledger refuses event %llu: %s (%s)",
                                (unsigned long long) event->seq,
                                jupref_ledger_result_text(result),
                                jupref_ledger_result_name(result));
    }

    if (!jupref_frontier_append(&refold->place.frontier, leaf_hash)) {
        return jupref_fault_memory(fault, NULL);
    }

    refold->place.seq = event->seq;
    refold->place.time_ms = event->time_ms;
    memcpy(refold->place.head, leaf_hash, JUPREF_SHA256_SIZE);

    return JUPREF_FAULT_NONE;
}


jupref_fault_e
jupref_refold_compare(jupref_refold_t *refold, jupref_store_t *store,
    uint64_t seq, jupref_fault_t *fault)
{
    char              name[JUPREF_NAME_MAX];
    const char       *what;
    jupref_fault_e    result;
    jupref_place_t    place;
    jupref_ledger_t  *kept;

    result = jupref_refold_read(store, seq, 0, &kept, &place, fault);

    /* what a former version wrote lacks what this one knows */

    if (result == JUPREF_FAULT_LAYOUT_OLDER) {
        memset(fault, 0, sizeof(jupref_fault_t));
        return JUPREF_FAULT_NONE;
    }

    if (result != JUPREF_FAULT_NONE || kept == NULL) {
        return result;
    }

    jupref_state_rank(refold->ledger);
    what = jupref_refold_differs(refold, kept, &place);
    jupref_state_unrank(refold->ledger);
    jupref_block_free(kept);

    if (what == NULL) {
        return JUPREF_FAULT_NONE;
    }

    jupref_snapshot_name(name, seq);
    fault->seq = seq;

    return jupref_fault_set(fault, JUPREF_FAULT_SNAPSHOT, name, 0,
                            "isn't what the journal makes at event %llu: its "
                            "%s", (unsigned long long) seq, what);
}


jupref_fault_e
jupref_refold_balance(const jupref_refold_t *refold, jupref_fault_t *fault)
{
    int                       len;
    uint8_t                   text[JUPREF_PUBKEY_TEXT];
    uint32_t                  index;
    unsigned                  account;
    jupref_u128_t             debits, credits, *sums;
    jupref_fault_e            result;
    jupref_ledger_t          *ledger;
    jupref_account_e          wrong;
    const jupref_mint_row_t  *mint;

    ledger = refold->ledger;
    result = JUPREF_FAULT_NONE;
    sums = calloc((ledger->tables[JUPREF_TABLE_MINTS].used + 1)
                  * (size_t) JUPREF_ACCOUNTS, sizeof(jupref_u128_t));

    if (sums == NULL) {
        return jupref_fault_memory(fault, NULL);
    }

    jupref_balances_sum(ledger, sums);

    for (index = 1; index <= ledger->tables[JUPREF_TABLE_MINTS].used
                     && result == JUPREF_FAULT_NONE;
         index++)
    {
        mint = jupref_mint(ledger, index);
        len = (int) jupref_pubkey_format(text, &mint->mint);
        debits = 0;
        credits = 0;

        for (account = 0; account < JUPREF_ACCOUNTS; account++) {
            debits += mint->accounts[account].debit;
            credits += mint->accounts[account].credit;
        }

        if (debits != credits) {
            result = jupref_fault_set(fault, JUPREF_FAULT_EVENT, NULL, 0,
                                      "the books of mint %.*s don't balance: "
                                      "debits aren't credits", len,
                                      (const char *) text);

        } else if (!jupref_balances_equal(mint, sums + index * JUPREF_ACCOUNTS,
                                          &wrong))
        {
            result = jupref_fault_set(fault, JUPREF_FAULT_EVENT, NULL, 0,
                                      "the referrers' balances of mint %.*s "
                                      "don't sum up to its account \"%s\"",
                                      len, (const char *) text,
                                      jupref_account_name(wrong));
        }
    }

    free(sums);

    return result;
}


jupref_u128_t
jupref_account_holds(const jupref_mint_row_t *mint, jupref_account_e account)
{
    const jupref_account_t  *sums;

    sums = &mint->accounts[account];

    return jupref_account_is_debit(account) ? sums->debit - sums->credit
                                            : sums->credit - sums->debit;
}


static jupref_ledger_t *
jupref_block_create(uint64_t size)
{
    void  *block;

    block = mmap(NULL, size, PROT_READ|PROT_WRITE,
                 MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0);

    return block == MAP_FAILED ? NULL : jupref_ledger_init(block, size);
}


static void
jupref_block_free(jupref_ledger_t *ledger)
{
    (void) munmap(ledger, ledger->size);
}


static unsigned
jupref_refold_grow(jupref_refold_t *refold)
{
    size_t            len, header_len;
    uint8_t           header[JUPREF_STATE_HEADER_MAX], *room;
    unsigned          table;
    jupref_table_e    small;
    jupref_ledger_t  *grown;

    if (refold->ledger->size >= JUPREF_REFOLD_LAST) {
        return 0;
    }

    grown = jupref_block_create(refold->ledger->size * 2);

    if (grown == NULL) {
        return 0;
    }

    header_len = jupref_state_header(refold->ledger, header);

    if (jupref_state_begin(grown, (jupref_bytes_t) { header, header_len },
                           &small)
        != JUPREF_STATE_OK)
    {
        jupref_block_free(grown);
        return 0;
    }

    for (table = 0; table < JUPREF_TABLES; table++) {
        room = jupref_state_room(grown, table, &len);

        if (len > 0) {
            memcpy(room, jupref_state_rows(refold->ledger, table).data, len);
        }
    }

    if (jupref_state_finish(grown) != JUPREF_STATE_OK) {
        jupref_block_free(grown);
        return 0;
    }

    jupref_block_free(refold->ledger);
    refold->ledger = grown;

    return 1;
}


static unsigned
jupref_refold_full(jupref_ledger_result_e result)
{
    return result == JUPREF_LEDGER_REFERRERS_FULL
           || result == JUPREF_LEDGER_CODES_FULL
           || result == JUPREF_LEDGER_WALLETS_FULL
           || result == JUPREF_LEDGER_MINTS_FULL
           || result == JUPREF_LEDGER_BALANCES_FULL
           || result == JUPREF_LEDGER_TRADES_FULL
           || result == JUPREF_LEDGER_INTENTS_FULL;
}


/* Into a block that is as large as it takes. */

static jupref_fault_e
jupref_refold_read(jupref_store_t *store, uint64_t seq, unsigned convert,
    jupref_ledger_t **ledger, jupref_place_t *place, jupref_fault_t *fault)
{
    uint64_t        size;
    jupref_fault_e  result;

    *ledger = NULL;

    for (size = JUPREF_REFOLD_FIRST; size <= JUPREF_REFOLD_LAST; size *= 2) {
        *ledger = jupref_block_create(size);

        if (*ledger == NULL) {
            break;
        }

        result = convert ? jupref_snapshot_convert(store, seq, *ledger, place,
                                                   fault)
                         : jupref_snapshot_read(store, seq, *ledger, place,
                                                fault);

        if (result == JUPREF_FAULT_NONE) {
            return JUPREF_FAULT_NONE;
        }

        jupref_block_free(*ledger);
        *ledger = NULL;

        if (result != JUPREF_FAULT_ZONE) {
            return result;
        }
    }

    return jupref_fault_memory(fault, NULL);
}


/* What it is that differs, NULL when nothing does. */

static const char *
jupref_refold_differs(jupref_refold_t *refold, jupref_ledger_t *kept,
    const jupref_place_t *place)
{
    unsigned        table;
    jupref_bytes_t  one, other;

    if (!jupref_places_equal(&refold->place, place)) {
        return "hash is another";
    }

    if (!jupref_heads_equal(refold->ledger, kept)) {
        return "header differs";
    }

    for (table = 0; table < JUPREF_TABLE_HOURS; table++) {
        one = jupref_state_rows(refold->ledger, table);
        other = jupref_state_rows(kept, table);

        if (!jupref_bytes_equal(one, other)) {
            return "rows differ";
        }
    }

    if (!jupref_series_equal(refold->ledger, kept, JUPREF_BY_HOUR)
        || !jupref_series_equal(refold->ledger, kept, JUPREF_BY_DAY))
    {
        return "series differ";
    }

    return NULL;
}


static unsigned
jupref_heads_equal(const jupref_ledger_t *one, const jupref_ledger_t *other)
{
    size_t             len;
    uint8_t            bytes[2][JUPREF_STATE_HEADER_MAX];
    unsigned           i, bucket;
    jupref_table_t    *table;
    jupref_ledger_t    head;

    for (i = 0; i < 2; i++) {
        len = jupref_state_header(i == 0 ? one : other, bytes[i]);
        memcpy(&head, bytes[i], sizeof(jupref_ledger_t));

        for (bucket = 0; bucket < 2; bucket++) {
            table = &head.tables[JUPREF_TABLE_HOURS + bucket];
            table->count = 0;
            table->used = 0;
            table->free = 0;
            head.next_cell[bucket] = 0;
            head.series_since[bucket] = 0;
        }

        memcpy(bytes[i], &head, len);
    }

    return memcmp(bytes[0], bytes[1], sizeof(jupref_ledger_t)) == 0;
}


static unsigned
jupref_series_equal(const jupref_ledger_t *folded,
    const jupref_ledger_t *kept, jupref_bucket_e bucket)
{
    uint32_t                    since, index, found;
    unsigned                    complete;
    const jupref_table_t       *table, *other;
    const jupref_series_row_t  *row;

    since = jupref_series_since(kept, bucket);
    complete = since == 0;

    if (since < jupref_series_since(folded, bucket)) {
        since = jupref_series_since(folded, bucket);
        complete = 0;
    }

    table = &kept->tables[JUPREF_TABLE_HOURS + bucket];
    other = &folded->tables[JUPREF_TABLE_HOURS + bucket];

    if (complete && table->count != other->count) {
        return 0;
    }

    for (index = 1; index <= table->used; index++) {

        if (!jupref_table_in_use(table, kept, index)) {
            continue;
        }

        row = jupref_table_row(table, kept, index);

        if (row->bucket < since) {
            continue;
        }

        found = jupref_table_find(other, folded, &row->owner);

        if (found == 0
            || memcmp(jupref_table_row(other, folded, found), row,
                      sizeof(jupref_series_row_t))
               != 0)
        {
            return 0;
        }
    }

    return 1;
}


static unsigned
jupref_places_equal(const jupref_place_t *one, const jupref_place_t *other)
{
    unsigned  level;

    if (one->seq != other->seq || one->time_ms != other->time_ms
        || one->frontier.size != other->frontier.size
        || memcmp(one->head, other->head, JUPREF_SHA256_SIZE) != 0)
    {
        return 0;
    }

    for (level = 0; level < JUPREF_MERKLE_LEVELS; level++) {
        if ((one->frontier.size >> level & 1)
            && memcmp(one->frontier.peaks[level],
                      other->frontier.peaks[level], JUPREF_SHA256_SIZE)
               != 0)
        {
            return 0;
        }
    }

    return 1;
}


/* JUPREF_ACCOUNTS sums for each mint, by its index. */

static void
jupref_balances_sum(const jupref_ledger_t *ledger, jupref_u128_t *sums)
{
    uint32_t                     index;
    jupref_u128_t               *of_mint;
    const jupref_table_t        *table;
    const jupref_balance_row_t  *row;

    table = &ledger->tables[JUPREF_TABLE_BALANCES];

    for (index = 1; index <= table->used; index++) {

        if (!jupref_table_in_use(table, ledger, index)) {
            continue;
        }

        row = jupref_balance(ledger, index);
        of_mint = sums + (size_t) row->mint * JUPREF_ACCOUNTS;

        of_mint[JUPREF_ACCOUNT_PENDING] += row->pending;
        of_mint[JUPREF_ACCOUNT_AVAILABLE] += row->available;
        of_mint[JUPREF_ACCOUNT_DISPUTED] += row->disputed;
        of_mint[JUPREF_ACCOUNT_IN_PAYOUT] += row->in_payout;
        of_mint[JUPREF_ACCOUNT_PAID] += row->paid;
        of_mint[JUPREF_ACCOUNT_RECEIVABLE] += row->receivable;
    }
}


/* `account` tells the first that isn't what its balances sum up to. */

static unsigned
jupref_balances_equal(const jupref_mint_row_t *mint,
    const jupref_u128_t sums[JUPREF_ACCOUNTS], jupref_account_e *account)
{
    size_t  i;

    static const jupref_account_e  summed[] = {
        JUPREF_ACCOUNT_PENDING, JUPREF_ACCOUNT_AVAILABLE,
        JUPREF_ACCOUNT_DISPUTED, JUPREF_ACCOUNT_IN_PAYOUT,
        JUPREF_ACCOUNT_PAID, JUPREF_ACCOUNT_RECEIVABLE
    };

    for (i = 0; i < sizeof(summed) / sizeof(summed[0]); i++) {
        *account = summed[i];

        if (jupref_account_holds(mint, summed[i]) != sums[summed[i]]) {
            return 0;
        }
    }

    return 1;
}
