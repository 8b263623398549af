/*
 * Property: after any history the ledger is what a plain model of it is, all
 * money adds up to the unit, and the same events give the same bytes at any
 * address.
 *
 * A history follows from its seed, which is printed when it fails:
 *
 *     SEED=<n> build/unit/test_history       that one alone
 *     HISTORIES=<n> build/unit/test_history  more of them
 */

#include "history.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger_world.h"


#define HISTORIES  200


/* cmocka's own checks don't say which history it was. */
#define hold(history, condition)                                              \
    if (!(condition)) {                                                       \
        print_error("SEED=%llu, event %u: %s\n",                              \
                    (unsigned long long) (history)->seed, (history)->at,      \
                    #condition);                                              \
        fail();                                                               \
    }


/* Rows are few, so that tables do fill up; in half of the histories. */
static void
begin(history_t *history, uint64_t seed)
{
    unsigned      table;
    model_rows_t  *room;

    memset(history, 0, sizeof(history_t));
    history->seed = seed;
    history->random = seed;
    history->ledger = world_new(JUPREF_LEDGER_MIN);
    history->before = malloc(JUPREF_LEDGER_MIN);
    assert_non_null(history->before);

    room = &history->model.room;
    room->referrers = 1 + history_pick(history, MODEL_REFERRERS);
    room->codes = 1 + history_pick(history, MODEL_CODES);
    room->wallets = 1 + history_pick(history, MODEL_WALLETS);
    room->mints = 2 + history_pick(history, MODEL_MINTS);
    room->balances = 1 + history_pick(history, 40);
    room->trades = 1 + history_pick(history, MODEL_SIGNATURES);
    room->intents = 1 + history_pick(history, MODEL_REQUESTS);

    if (seed % 2) {
        memset(room, 1, sizeof(model_rows_t));
    }

    for (table = 0; table <= JUPREF_TABLE_INTENTS && seed % 2 == 0; table++) {
        const unsigned  rooms[] = { room->referrers, room->codes,
                                    room->wallets, room->mints,
                                    room->balances, room->trades,
                                    room->intents };

        assert_true(history->ledger->tables[table].capacity >= rooms[table]);
        history->ledger->tables[table].capacity = rooms[table];
    }
}


static void
hold_referrers(history_t *history)
{
    unsigned                 wallet, of;
    uint32_t                 index;
    jupref_terms_t           terms;
    jupref_pubkey_t          key;
    jupref_ledger_t         *ledger;
    model_referrer_t        *expected;
    jupref_referrer_row_t   *row;

    ledger = history->ledger;

    for (wallet = 1; wallet <= MODEL_REFERRERS; wallet++) {
        expected = &history->model.referrer[wallet];
        key = wallet_of(wallet);
        index = jupref_find_referrer(ledger, &key);
        hold(history, (index != 0) == expected->there);

        if (index == 0) {
            continue;
        }

        row = jupref_referrer(ledger, index);
        terms = model_terms(expected->terms);
        key = wallet_of(expected->parent);

        hold(history, (row->status == JUPREF_REFERRER_ACTIVE)
                      == expected->active);
        hold(history, jupref_terms_equal(&row->terms, &terms));
        hold(history, row->parent == (expected->parent
                                      ? jupref_find_referrer(ledger, &key)
                                      : 0));
        hold(history, row->code_count == expected->codes);
        hold(history, row->bound_wallets == expected->bound);
        hold(history, row->clicks == expected->clicks);
        hold(history, row->archived_seq == expected->archived);
        hold(history, row->volume_micro_usd
                      == history->sums.volume_of[wallet]);
        hold(history, row->earned_micro_usd
                      == history->sums.earned_by[wallet]);

        for (of = 1; of < JUPREF_STATES; of++) {
            hold(history, row->trades[of]
                          == history->sums.trades_of[wallet][of]);
        }
    }
}


static void
hold_codes_and_wallets(history_t *history)
{
    char                  text[16];
    unsigned              code, wallet;
    uint32_t              index;
    jupref_terms_t        terms;
    jupref_pubkey_t       key;
    model_code_t         *expected;
    jupref_ledger_t      *ledger;
    jupref_code_row_t    *row;
    jupref_code_name_t    name;

    ledger = history->ledger;

    for (code = 1; code <= MODEL_CODES; code++) {
        expected = &history->model.code[code];
        snprintf(text, sizeof(text), "code-%u", code);
        name = code_of(text);
        index = jupref_find_code(ledger, &name);
        hold(history, (index != 0) == (expected->owner != 0));

        if (index == 0) {
            continue;
        }

        row = jupref_code(ledger, index);
        terms = model_terms(expected->terms);
        key = wallet_of(expected->owner);

        hold(history, jupref_terms_equal(&row->terms, &terms));
        hold(history, row->referrer == jupref_find_referrer(ledger, &key));
        hold(history, row->retired == expected->retired);
        hold(history, row->own_terms == expected->own_terms);
        hold(history, row->configured == expected->configured);
        hold(history, row->version == expected->version);
        hold(history, row->bound_wallets == expected->bound);
        hold(history, row->clicks == expected->clicks);
    }

    for (wallet = 1; wallet <= MODEL_WALLETS; wallet++) {
        key = wallet_of(wallet);
        index = jupref_find_wallet(ledger, &key);
        code = history->model.bound_to[wallet];
        hold(history, (index != 0) == (code != 0));

        if (index) {
            snprintf(text, sizeof(text), "code-%u", code);
            name = code_of(text);
            hold(history, jupref_wallet(ledger, index)->code
                          == jupref_find_code(ledger, &name));
        }
    }
}


/* A balance is what the model's trades add up to, bucket by bucket. */
static void
hold_balance(history_t *history, unsigned wallet, unsigned mint,
    uint32_t referrer, uint32_t mint_index)
{
    uint32_t               index;
    model_sums_t          *sums;
    jupref_balance_row_t   none, *row;

    sums = &history->sums;
    memset(&none, 0, sizeof(none));

    index = jupref_find_balance(history->ledger, referrer, mint_index);
    hold(history, (index != 0) == history->model.has_balance[wallet][mint]);
    row = index ? jupref_balance(history->ledger, index) : &none;

    hold(history, row->estimated == sums->estimated[wallet][mint]);
    hold(history, row->pending == sums->pending[wallet][mint]);
    hold(history, row->disputed == sums->disputed[wallet][mint]);
    hold(history, row->available == sums->available[wallet][mint]);
    hold(history, row->receivable == sums->receivable[wallet][mint]);
    hold(history, row->paid == history->model.paid[wallet][mint]);
    hold(history, row->in_payout == 0);
}


static void
hold_account(history_t *history, const jupref_mint_row_t *row,
    jupref_account_e account, model_sum_t expected)
{
    const jupref_account_t  *both;

    both = &row->accounts[account];

    if (account == JUPREF_ACCOUNT_JUPITER_UNCLAIMED) {
        hold(history, both->debit - both->credit == expected);

    } else {
        hold(history, both->credit - both->debit == expected);
    }
}


static void
hold_mints_and_balances(history_t *history)
{
    unsigned               mint, wallet;
    uint32_t               index, referrer;
    model_sum_t            owed, estimates;
    model_sums_t          *sums;
    jupref_pubkey_t        key;
    jupref_ledger_t       *ledger;
    jupref_mint_row_t     *row;

    ledger = history->ledger;
    sums = &history->sums;

    for (mint = 1; mint <= MODEL_MINTS; mint++) {
        key = mint_of(mint);
        index = jupref_find_mint(ledger, &key);
        hold(history, (index != 0) == history->model.has_mint[mint]);

        if (index == 0) {
            continue;
        }

        row = jupref_mint(ledger, index);
        hold(history, model_told_of_mint(&history->model, mint, row));
        hold(history, row->received == sums->received[mint]);
        hold(history, row->jupiter_cut == sums->cut[mint]);
        hold(history, row->platform == sums->platform[mint]);
        hold(history, row->received
                      == row->jupiter_cut + row->platform + row->referrers);
        hold_account(history, row, JUPREF_ACCOUNT_JUPITER_UNCLAIMED,
                     sums->arrived[mint]);
        hold_account(history, row, JUPREF_ACCOUNT_JUPITER_CUT,
                     sums->kept_by_jupiter[mint]);
        hold_account(history, row, JUPREF_ACCOUNT_PLATFORM,
                     sums->kept_by_platform[mint]);
        hold_account(history, row, JUPREF_ACCOUNT_DUST, 0);
        hold_account(history, row, JUPREF_ACCOUNT_CLEARING, 0);

        owed = sums->kept_by_jupiter[mint] + sums->kept_by_platform[mint];
        estimates = 0;

        for (wallet = 1; wallet <= MODEL_REFERRERS; wallet++) {
            key = wallet_of(wallet);
            referrer = jupref_find_referrer(ledger, &key);
            hold_balance(history, wallet, mint, referrer, index);

            estimates += sums->estimated[wallet][mint];
            owed += sums->pending[wallet][mint]
                    + sums->disputed[wallet][mint]
                    + sums->available[wallet][mint]
                    + history->model.paid[wallet][mint]
                    - sums->receivable[wallet][mint];
        }

        /* solvent: what is owed and was paid is what arrived, no more */

        hold(history, owed == sums->arrived[mint]);
        hold(history, row->referrers == estimates);
    }
}


/* Each trade's own row: its state, and that it shares out what came in. */
static void
hold_trades(history_t *history)
{
    unsigned             signature, level;
    uint32_t             index;
    model_sum_t          partner, parts;
    model_trade_t       *expected;
    jupref_ledger_t     *ledger;
    jupref_trade_row_t  *row;
    jupref_signature_t   key;

    ledger = history->ledger;

    for (signature = 1; signature <= MODEL_SIGNATURES; signature++) {
        expected = &history->model.trade[signature];
        key = signature_of(signature);
        index = jupref_find_trade(ledger, &key);
        hold(history, (index != 0) == (expected->state != 0));

        if (index == 0) {
            continue;
        }

        row = jupref_trade(ledger, index);
        hold(history, row->state == expected->state);
        hold(history, row->fee == expected->fee);
        hold(history, (row->fee_mint != 0) == (expected->fee_mint != 0));

        partner = (model_sum_t) row->fee * row->partner_bps / 10000;
        parts = 0;

        for (level = 0; level < JUPREF_LEVELS; level++) {
            hold(history, row->share_bps[level] == 0
                          || (row->level[level] != 0)
                             == (expected->earner[level] != 0));
            parts += row->level[level] ? partner * row->share_bps[level]
                                         / 10000
                                       : 0;
        }

        hold(history, parts <= partner);
        hold(history, partner <= row->fee);
    }
}


/* Lists have every row once, in their order. */
static void
hold_lists(history_t *history)
{
    uint32_t                at, count, verified, referrer, of_referrers;
    uint32_t                wallets;
    uint64_t                seq, verified_ms;
    jupref_ledger_t        *ledger;
    jupref_referrer_row_t  *row;

    ledger = history->ledger;
    count = verified = of_referrers = wallets = 0;

    for (at = ledger->newest_trade, seq = UINT64_MAX; at;
         at = jupref_trade(ledger, at)->older)
    {
        hold(history, jupref_trade(ledger, at)->seq < seq);
        seq = jupref_trade(ledger, at)->seq;
        of_referrers += (jupref_trade(ledger, at)->code == 0);
        count++;
    }

    hold(history, count == history->model.used.trades);

    for (at = ledger->next_release, verified_ms = 0; at;
         at = jupref_trade(ledger, at)->later)
    {
        hold(history, jupref_trade(ledger, at)->state
                      == JUPREF_STATE_VERIFIED);
        hold(history, jupref_trade(ledger, at)->verified_ms >= verified_ms);
        verified_ms = jupref_trade(ledger, at)->verified_ms;
        verified++;
    }

    hold(history, verified == ledger->trades[JUPREF_STATE_VERIFIED]);

    hold(history, model_proofs_hold(ledger));

    for (referrer = 1; referrer <= history->model.used.referrers; referrer++)
    {
        row = jupref_referrer(ledger, referrer);

        for (at = row->newest_trade, seq = UINT64_MAX; at;
             at = jupref_trade(ledger, at)->older_of_referrer)
        {
            hold(history, jupref_trade(ledger, at)->seq < seq);
            seq = jupref_trade(ledger, at)->seq;
            of_referrers++;
        }

        for (at = row->newest_wallet; at;
             at = jupref_wallet(ledger, at)->older)
        {
            wallets++;
        }
    }

    hold(history, of_referrers == count);
    hold(history, wallets == history->model.used.wallets);
}


static void
hold_intents(history_t *history)
{
    unsigned             request;
    jupref_request_id_t  id;

    for (request = 1; request <= MODEL_REQUESTS; request++) {
        id = request_of(request);
        hold(history, (jupref_find_intent(history->ledger, &id) != 0)
                      == history->model.intent[request]);
    }
}


static void
hold_everything(history_t *history)
{
    unsigned          of;
    model_t          *model;
    jupref_ledger_t  *ledger;

    model = &history->model;
    ledger = history->ledger;
    model_add_up(model, &history->sums);

    hold(history, ledger->booking == 0);
    hold(history, model_told_holds(model, ledger));
    hold(history, ledger->clicks == model->clicks);
    hold(history, ledger->orders == model->orders);
    hold(history, ledger->volume_micro_usd == history->sums.volume);
    hold(history, ledger->tables[JUPREF_TABLE_WALLETS].count
                  == model->used.wallets);
    hold(history, ledger->tables[JUPREF_TABLE_BALANCES].count
                  == model->used.balances);
    hold(history, ledger->tables[JUPREF_TABLE_INTENTS].count
                  == model->used.intents);

    for (of = 1; of < JUPREF_STATES; of++) {
        hold(history, ledger->trades[of] == history->sums.trades[of]);
    }

    hold_referrers(history);
    hold_codes_and_wallets(history);
    hold_mints_and_balances(history);
    hold_trades(history);
    hold_lists(history);
    hold_intents(history);
    hold(history, world_books(ledger) == NULL);
}


static unsigned
take(jupref_ledger_t *ledger, const history_op_t *op,
    const jupref_event_t *event)
{
    if (op->type == MODEL_PAYOUT) {
        return history_pay_out(ledger, op);
    }

    return jupref_ledger_apply(ledger, event) == JUPREF_LEDGER_OK;
}


/* The same events at another address, with and without those refused. */
static void
hold_replay(history_t *history, unsigned with_refused)
{
    unsigned          table;
    jupref_ledger_t  *again;

    again = world_new(JUPREF_LEDGER_MIN);

    for (table = 0; table < JUPREF_TABLES; table++) {
        again->tables[table].capacity
            = history->ledger->tables[table].capacity;
    }

    for (history->at = 0; history->at < MODEL_EVENTS; history->at++) {
        if (history->taken[history->at] || with_refused) {
            hold(history, take(again, &history->ops[history->at],
                               &history->events[history->at])
                          == history->taken[history->at]);
        }
    }

    hold(history, memcmp(again, history->ledger, JUPREF_LEDGER_MIN) == 0);
    world_free(again);
}


/* The model's payout: what is available, as the trades have it. */
static unsigned
pay_in_model(history_t *history, const history_op_t *op)
{
    model_sum_t  available;

    model_add_up(&history->model, &history->sums);
    available = history->sums.available[op->wallet][op->input_mint];
    history->model.paid[op->wallet][op->input_mint] += available;

    return available != 0;
}


static void
play(history_t *history, uint64_t seed)
{
    uint64_t          seq;
    history_op_t     *op;
    jupref_event_t   *event;

    begin(history, seed);

    for (history->at = 0; history->at < MODEL_EVENTS; history->at++) {
        op = &history->ops[history->at];
        event = &history->events[history->at];
        *op = history_next(history);

        if (op->type != MODEL_PAYOUT) {
            *event = history_event(history, op);
        }

        memcpy(history->before, history->ledger, JUPREF_LEDGER_MIN);
        seq = history->ledger->seq;

        history->taken[history->at] = op->type == MODEL_PAYOUT
                                      ? pay_in_model(history, op)
                                      : model_apply(&history->model, op);
        hold(history, take(history->ledger, op, event)
                      == history->taken[history->at]);

        if (history->taken[history->at]) {
            hold(history, history->ledger->seq
                          == seq + (op->type != MODEL_PAYOUT));
            hold_everything(history);

        } else {
            hold(history, memcmp(history->before, history->ledger,
                                 JUPREF_LEDGER_MIN) == 0);
        }
    }

    hold_replay(history, 0);
    hold_replay(history, 1);

    world_free(history->ledger);
    free(history->before);
}


static void
after_any_history_the_ledger_is_what_the_model_is(void **state)
{
    uint64_t    seed, count;
    history_t  *history;

    history = malloc(sizeof(history_t));
    assert_non_null(history);

    if (getenv("SEED")) {
        play(history, strtoull(getenv("SEED"), NULL, 10));

    } else {
        count = getenv("HISTORIES") ? strtoull(getenv("HISTORIES"), NULL, 10)
                                    : HISTORIES;

        for (seed = 1; seed <= count; seed++) {
            play(history, seed);
        }
    }

    free(history);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(after_any_history_the_ledger_is_what_the_model_is)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
