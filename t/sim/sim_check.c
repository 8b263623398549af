/*
 * What must hold: after every step the books, now and then everything.
 */

#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include "log/jupref_proof.h"
#include "log/jupref_snapshot_file.h"


typedef unsigned __int128  sim_sum_t;


static void sim_check_head(sim_t *sim);
static void sim_head_of(const jupref_ledger_t *ledger, unsigned with_series,
    jupref_ledger_t *head);
static void sim_check_counts(sim_t *sim, const jupref_ledger_t *ledger);
static void sim_check_mint(sim_t *sim, const jupref_ledger_t *ledger,
    unsigned number);
static void sim_check_account(sim_t *sim, const jupref_mint_row_t *mint,
    jupref_account_e account, sim_sum_t expected);
static void sim_check_held(sim_t *sim, const jupref_ledger_t *ledger,
    unsigned mint, sim_sum_t sums[SIM_HELD]);
static void sim_check_trades(sim_t *sim, const jupref_ledger_t *ledger);
static void sim_check_replay(sim_t *sim);
static void sim_check_recovery(sim_t *sim);


#define sim_sums(mint, field)  (sim->model.field[mint])


void
sim_check_step(sim_t *sim)
{
    const jupref_log_t  *log;

    log = sim->zone.log;

    if (log->synced > sim->fact_count || sim->acknowledged > log->synced) {
        sim_fail(sim, "%llu acknowledged, %llu synced, %llu published",
                 (unsigned long long) sim->acknowledged,
                 (unsigned long long) log->synced,
                 (unsigned long long) sim->fact_count);
    }

    if (sim->stopped_at > 0
        && (log->synced != sim->stopped_at - 1
            || jupref_log_has_room(log)))
    {
        sim_fail(sim, "the log stopped behind event %llu and goes on",
                 (unsigned long long) sim->stopped_at - 1);
    }

    sim_check_head(sim);
    sim_lock(sim);

    if (sim->zone.ledger->booking) {
        return;
    }

    if (log->seq != sim->fact_count
        || memcmp(log->head, sim->facts[sim->fact_count].leaf_hash,
                  JUPREF_SHA256_SIZE) != 0)
    {
        sim_fail(sim, "the head of the log isn't event %llu",
                 (unsigned long long) sim->fact_count);
    }

    sim_check_ledger(sim, sim->zone.ledger);
}


void
sim_check_ledger(sim_t *sim, const jupref_ledger_t *ledger)
{
    unsigned  mint;

    sim_check_counts(sim, ledger);

    for (mint = 1; mint <= SIM_MINTS; mint++) {
        sim_check_mint(sim, ledger, mint);
    }
}


/* The disk has everything and nothing is under way. */

void
sim_check_whole(sim_t *sim)
{
    uint8_t  root[JUPREF_SHA256_SIZE], expected[JUPREF_SHA256_SIZE];

    sim_root(sim, sim->fact_count, expected);

    if (!jupref_frontier_root(&sim->zone.log->frontier, root)
        || memcmp(root, expected, JUPREF_SHA256_SIZE) != 0)
    {
        sim_fail(sim, "the tree of %llu events has another root",
                 (unsigned long long) sim->fact_count);
    }

    sim_check_trades(sim, sim->zone.ledger);
    sim_check_replay(sim);
    sim_check_recovery(sim);
    sim_check_room(sim);
    sim_count(sim, SIM_N_REPLAYS);

    if (sim_mend_tiles(sim)) {
        sim_published(sim);
        sim_check_files(sim);
        sim_check_heads(sim);
    }
}


/* Series are a ring: what they have forgotten depends on their room. */

void
sim_same_state(sim_t *sim, const jupref_ledger_t *ledger,
    const char *what)
{
    unsigned         table, alike;
    jupref_bytes_t   rows, running;
    jupref_ledger_t  head, expected;

    if (ledger->digest != sim->zone.ledger->digest
        || ledger->seq != sim->zone.ledger->seq)
    {
        sim_fail(sim, "%s gives another digest at event %llu", what,
                 (unsigned long long) ledger->seq);
    }

    alike = !sim->resized && sim_as_laid(ledger, sim->zone.size);

    sim_head_of(ledger, alike, &head);
    sim_head_of(sim->zone.ledger, alike, &expected);

    if (memcmp(&head, &expected, sizeof(jupref_ledger_t)) != 0) {
        sim_fail(sim, "%s gives another head", what);
    }

    for (table = 0; table < JUPREF_TABLES; table++) {
        if (table >= JUPREF_TABLE_HOURS && !alike) {
            break;
        }

        rows = jupref_state_rows(ledger, table);
        running = jupref_state_rows(sim->zone.ledger, table);

        if (!jupref_bytes_equal(rows, running)) {
            sim_fail(sim, "%s gives another table of %s", what,
                     jupref_table_name(table));
        }
    }
}


/* What answers say of the log is on the disk, and is a promise. */

static void
sim_check_head(sim_t *sim)
{
    jupref_head_t  head;

    jupref_log_synced_head(sim->zone.log, &head);

    if ((head.seq > sim->zone.log->synced && !sim->zone.log->settling)
        || memcmp(head.hash, sim->facts[head.seq].leaf_hash,
                  JUPREF_SHA256_SIZE) != 0)
    {
        sim_fail(sim, "answers name event %llu, which isn't the one that is "
                 "synced", (unsigned long long) head.seq);
    }

    if (head.seq > sim->acknowledged && !sim_stopped(sim)
        && sim_chance(sim, 8))
    {
        sim->acknowledged = head.seq;
    }
}


static void
sim_head_of(const jupref_ledger_t *ledger, unsigned with_series,
    jupref_ledger_t *head)
{
    uint8_t  header[JUPREF_STATE_HEADER_MAX];

    (void) jupref_state_header(ledger, header);
    memcpy(head, header, sizeof(jupref_ledger_t));

    if (!with_series) {
        memset(&head->tables[JUPREF_TABLE_HOURS], 0,
               2 * sizeof(jupref_table_t));
        memset(head->next_cell, 0, sizeof(head->next_cell));
        memset(head->series_since, 0, sizeof(head->series_since));
    }
}


static void
sim_check_counts(sim_t *sim, const jupref_ledger_t *ledger)
{
    unsigned            state, kind;
    const sim_model_t  *model;

    model = &sim->model;

    if (ledger->seq != sim->fact_count
        || ledger->clicks != model->clicks || ledger->orders != model->orders
        || ledger->tables[JUPREF_TABLE_TRADES].count != model->in_table
        || ledger->tables[JUPREF_TABLE_REFERRERS].count != model->referrers)
    {
        sim_fail(sim, "the ledger counts %llu events, %llu clicks, %llu "
                 "orders, %u trades, %u referrers; there were %llu, %llu, "
                 "%llu, %llu, %llu", (unsigned long long) ledger->seq,
                 (unsigned long long) ledger->clicks,
                 (unsigned long long) ledger->orders,
                 ledger->tables[JUPREF_TABLE_TRADES].count,
                 ledger->tables[JUPREF_TABLE_REFERRERS].count,
                 (unsigned long long) sim->fact_count,
                 (unsigned long long) model->clicks,
                 (unsigned long long) model->orders,
                 (unsigned long long) model->in_table,
                 (unsigned long long) model->referrers);
    }

    for (kind = 1; kind < JUPREF_INCIDENTS; kind++) {
        if ((ledger->raised[kind].seq != 0) != model->raised[kind]) {
            sim_fail(sim, "incident %u isn't as it was told", kind);
        }
    }

    for (state = 1; state < JUPREF_STATES; state++) {
        if (ledger->trades[state] != model->in_state[state]) {
            sim_fail(sim, "the ledger counts %llu trades in state %u, there "
                     "are %llu", (unsigned long long) ledger->trades[state],
                     state, (unsigned long long) model->in_state[state]);
        }
    }
}


/* Debits are credits, and each account is the sum of what is in it. */

static void
sim_check_mint(sim_t *sim, const jupref_ledger_t *ledger, unsigned number)
{
    uint32_t                  index;
    unsigned                  account;
    sim_sum_t                 debit, credit, sums[SIM_HELD];
    jupref_pubkey_t           key;
    const jupref_mint_row_t  *mint;

    sim_key(key.bytes, JUPREF_PUBKEY_SIZE, 'm', number);
    index = jupref_find_mint(ledger, &key);

    sim_check_held(sim, ledger, number, sums);

    if (index == 0) {
        if (sim_sums(number, fees) != 0 || sim->model.claimed[number] != 0) {
            sim_fail(sim, "mint %u has no row", number);
        }

        return;
    }

    mint = jupref_mint(ledger, index);
    debit = 0;
    credit = 0;

    for (account = 0; account < JUPREF_ACCOUNTS; account++) {
        debit += mint->accounts[account].debit;
        credit += mint->accounts[account].credit;
    }

    if (debit != credit) {
        sim_fail(sim, "debits aren't credits in mint %u", number);
    }

    if (sim_sums(number, cut) + sim_sums(number, platform) + sums[SIM_PENDING]
        + sums[SIM_AVAILABLE] + sums[SIM_DISPUTED] + sums[SIM_PAID]
        != sim_sums(number, fees) + sums[SIM_OWED])
    {
        sim_fail(sim, "more or less is owed in mint %u than was received",
                 number);
    }

    sim_check_account(sim, mint, JUPREF_ACCOUNT_JUPITER_UNCLAIMED,
                      -sim_sums(number, fees));
    sim_check_account(sim, mint, JUPREF_ACCOUNT_JUPITER_CUT,
                      sim_sums(number, cut));
    sim_check_account(sim, mint, JUPREF_ACCOUNT_PLATFORM,
                      sim_sums(number, platform));
    sim_check_account(sim, mint, JUPREF_ACCOUNT_PENDING, sums[SIM_PENDING]);
    sim_check_account(sim, mint, JUPREF_ACCOUNT_AVAILABLE,
                      sums[SIM_AVAILABLE]);
    sim_check_account(sim, mint, JUPREF_ACCOUNT_DISPUTED,
                      sums[SIM_DISPUTED]);
    sim_check_account(sim, mint, JUPREF_ACCOUNT_PAID, sums[SIM_PAID]);
    sim_check_account(sim, mint, JUPREF_ACCOUNT_RECEIVABLE,
                      -sums[SIM_OWED]);
    sim_check_account(sim, mint, JUPREF_ACCOUNT_CLEARING, 0);

    if (mint->claimed != sim->model.claimed[number]
        || mint->drift != sim->model.drift[number])
    {
        sim_fail(sim, "what was told of mint %u isn't there", number);
    }

    if (mint->referrers != sums[SIM_ESTIMATED]) {
        sim_fail(sim, "the estimates of mint %u don't add up", number);
    }
}


/* `expected` is on the credit side. */

static void
sim_check_account(sim_t *sim, const jupref_mint_row_t *mint,
    jupref_account_e account, sim_sum_t expected)
{
    if (mint->accounts[account].credit - mint->accounts[account].debit
        != expected)
    {
        sim_fail(sim, "account %u of mint %u isn't the sum of its trades",
                 account, sim_number(mint->mint.bytes));
    }
}


/* What each referrer has, and all of them together. */

static void
sim_check_held(sim_t *sim, const jupref_ledger_t *ledger, unsigned mint,
    sim_sum_t sums[SIM_HELD])
{
    uint32_t                     index, referrer, mint_index;
    unsigned                     number, held;
    sim_sum_t                   *expected;
    jupref_pubkey_t              key;
    jupref_balance_row_t         empty;
    const jupref_balance_row_t  *row;

    memset(sums, 0, SIM_HELD * sizeof(sim_sum_t));
    memset(&empty, 0, sizeof(empty));
    sim_key(key.bytes, JUPREF_PUBKEY_SIZE, 'm', mint);
    mint_index = jupref_find_mint(ledger, &key);

    for (number = 1; number <= SIM_REFERRERS; number++) {
        sim_key(key.bytes, JUPREF_PUBKEY_SIZE, 'w', number);
        referrer = jupref_find_referrer(ledger, &key);
        index = referrer && mint_index
                ? jupref_find_balance(ledger, referrer, mint_index) : 0;
        row = index ? jupref_balance(ledger, index) : &empty;
        expected = sim->model.held[number][mint];

        if (row->estimated != expected[SIM_ESTIMATED]
            || row->pending != expected[SIM_PENDING]
            || row->available != expected[SIM_AVAILABLE]
            || row->disputed != expected[SIM_DISPUTED]
            || row->paid != expected[SIM_PAID]
            || row->receivable != expected[SIM_OWED]
            || row->in_payout != 0)
        {
            sim_fail(sim, "referrer %u doesn't have in mint %u what its "
                     "trades earned: pending %llu of %llu, available %llu of "
                     "%llu, owed %llu of %llu", number, mint,
                     (unsigned long long) row->pending,
                     (unsigned long long) expected[SIM_PENDING],
                     (unsigned long long) row->available,
                     (unsigned long long) expected[SIM_AVAILABLE],
                     (unsigned long long) row->receivable,
                     (unsigned long long) expected[SIM_OWED]);
        }

        for (held = 0; held < SIM_HELD; held++) {
            sums[held] += expected[held];
        }
    }
}


static void
sim_check_trades(sim_t *sim, const jupref_ledger_t *ledger)
{
    uint32_t                   index, number;
    const sim_trade_t         *trade;
    jupref_signature_t         signature;
    const jupref_trade_row_t  *row;

    for (number = 1; number <= SIM_TRADES; number++) {
        trade = &sim->model.trades[number];

        if (trade->archived) {
            trade = &sim->model.again[number];
        }

        sim_key(signature.bytes, JUPREF_SIGNATURE_SIZE, 's', number);
        index = jupref_find_trade(ledger, &signature);

        if ((index == 0) != (trade->state == 0)) {
            sim_fail(sim, "trade %u is %sthere", (unsigned) number,
                     index ? "" : "not ");
        }

        row = index ? jupref_trade(ledger, index) : NULL;

        if (row && (row->state != trade->state || row->fee != trade->fee)) {
            sim_fail(sim, "trade %u is in state %u, it should be in %u",
                     (unsigned) number, row->state, trade->state);
        }
    }
}


/* Every event from the first one on, by the fold alone. */

static void
sim_check_replay(sim_t *sim)
{
    jupref_bytes_t            bytes;
    jupref_event_t            event;
    jupref_fault_t            fault;
    jupref_ledger_t          *ledger;
    jupref_record_t           record;
    jupref_journal_reader_t  *reader;

    memset(&fault, 0, sizeof(fault));
    ledger = sim_ledger_new(sim, sim->zone.size);

    if (jupref_journal_open(&sim->store, 1, 0, &reader, &fault)
        != JUPREF_FAULT_NONE)
    {
        sim_fail(sim, "the journal can't be read: %s", fault.text);
    }

    while (jupref_journal_next(reader, &bytes, &fault) == JUPREF_FAULT_NONE
           && bytes.data != NULL)
    {
        if (jupref_record_parse(bytes, &record) != JUPREF_RECORD_OK
            || jupref_record_check(&record) != JUPREF_RECORD_OK
            || jupref_record_event(&record, bytes, &event)
               != JUPREF_RECORD_OK
            || memcmp(record.leaf_hash, sim->facts[record.seq].leaf_hash,
                      JUPREF_SHA256_SIZE) != 0)
        {
            sim_fail(sim, "record %llu isn't what was taken",
                     (unsigned long long) record.seq);
        }

        if (jupref_ledger_apply(ledger, &event) != JUPREF_LEDGER_OK) {

            /* a zone that was larger once has seen more than this one may */

            break;
        }
    }

    jupref_journal_close(reader);

    if (fault.fault != JUPREF_FAULT_NONE) {
        sim_fail(sim, "the journal can't be read: %s", fault.text);
    }

    if (ledger->seq == sim->fact_count) {
        sim_same_state(sim, ledger, "replay");

    } else if (!sim->resized) {
        sim_fail(sim, "replay ends behind event %llu of %llu",
                 (unsigned long long) ledger->seq,
                 (unsigned long long) sim->fact_count);
    }

    sim_ledger_free(sim, ledger);
}


/* The newest snapshot and what follows it, as a start would read it. */

static void
sim_check_recovery(sim_t *sim)
{
    jupref_fault_t       fault;
    jupref_place_t       place;
    jupref_ledger_t     *ledger;
    jupref_recovery_t    how;
    jupref_recovered_t   recovered;

    memset(&how, 0, sizeof(how));
    how.check = 1;
    ledger = sim_ledger_new(sim, sim->zone.size);

    if (jupref_recover(&sim->store, &how, ledger, &place, &recovered, &fault)
        != JUPREF_FAULT_NONE)
    {
        sim_fail(sim, "what runs can't be recovered: %s", fault.text);
    }

    if (place.seq != sim->fact_count || recovered.torn) {
        sim_fail(sim, "recovered to event %llu of %llu",
                 (unsigned long long) place.seq,
                 (unsigned long long) sim->fact_count);
    }

    sim_same_state(sim, ledger, "recovery");
    sim_ledger_free(sim, ledger);
}
