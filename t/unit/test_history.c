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

#include "history_model.h"

#include <ctype.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger_world.h"


#define HISTORIES  200
#define EVENTS     160


typedef struct {
    uint64_t           seed;
    uint64_t           random;
    unsigned           at;                      /* event */
    model_t            model;
    jupref_ledger_t   *ledger;
    uint8_t           *before;
    jupref_event_t     events[EVENTS];
    unsigned           taken[EVENTS];
} history_t;


/* cmocka's own checks don't say which history it was. */
#define hold(history, condition)                                              \
    if (!(condition)) {                                                       \
        print_error("SEED=%llu, event %u: %s\n",                              \
                    (unsigned long long) (history)->seed, (history)->at,      \
                    #condition);                                              \
        fail();                                                               \
    }


static unsigned
pick(history_t *history, unsigned count)
{
    return (unsigned) (random_next(&history->random) % count);
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
    room->referrers = 1 + pick(history, MODEL_REFERRERS);
    room->codes = 1 + pick(history, MODEL_CODES);
    room->wallets = 1 + pick(history, MODEL_WALLETS);
    room->mints = 2 + pick(history, MODEL_MINTS);
    room->balances = 1 + pick(history, 40);
    room->trades = 1 + pick(history, MODEL_SIGNATURES);

    if (seed % 2) {
        memset(room, 1, sizeof(model_rows_t));
    }

    for (table = 0; table < JUPREF_TABLES && seed % 2 == 0; table++) {
        const unsigned  rooms[] = { room->referrers, room->codes,
                                    room->wallets, room->mints,
                                    room->balances, room->trades };

        assert_true(history->ledger->tables[table].capacity >= rooms[table]);
        history->ledger->tables[table].capacity = rooms[table];
    }
}


static history_op_t
next_op(history_t *history)
{
    history_op_t  op;

    static const jupref_event_type_e  types[] = {
        JUPREF_EVENT_REFERRER_REGISTERED, JUPREF_EVENT_REFERRER_REGISTERED,
        JUPREF_EVENT_REFERRER_STATUS, JUPREF_EVENT_REFERRER_TIER,
        JUPREF_EVENT_CODE_CREATED, JUPREF_EVENT_CODE_CREATED,
        JUPREF_EVENT_CODE_RETIRED, JUPREF_EVENT_WALLET_BOUND,
        JUPREF_EVENT_WALLET_BOUND, JUPREF_EVENT_CLICKS_COUNTED,
        JUPREF_EVENT_TRADE_EXECUTED, JUPREF_EVENT_TRADE_EXECUTED,
        JUPREF_EVENT_TRADE_EXECUTED, JUPREF_EVENT_TRADE_EXECUTED,
        JUPREF_EVENT_TRADE_UNKNOWN
    };

    memset(&op, 0, sizeof(op));
    op.type = types[pick(history, sizeof(types) / sizeof(types[0]))];

    op.wallet = 1 + pick(history, MODEL_REFERRERS);
    op.parent = pick(history, MODEL_REFERRERS + 1);
    op.code = 1 + pick(history, MODEL_CODES);
    op.terms = pick(history, MODEL_TERMS);
    op.status = pick(history, 4);
    op.own_terms = pick(history, 4) == 0;
    op.configured = pick(history, 4) == 0;
    op.count = pick(history, 4) ? pick(history, 1000) : 0;
    op.signature = pick(history, MODEL_SIGNATURES + 1);
    op.input_mint = 1 + pick(history, MODEL_MINTS);
    op.output_mint = 1 + pick(history, MODEL_MINTS);
    op.fee_mint = pick(history, 3) ? op.input_mint
                                   : pick(history, MODEL_MINTS + 1);
    op.granted_bps = pick(history, 4) ? 100 : pick(history, 256);
    op.fee = random_next(&history->random) >> pick(history, 64);
    op.volume = random_next(&history->random) >> pick(history, 64);

    /* traders are more than referrers, and referrers trade too */

    if (op.type >= JUPREF_EVENT_WALLET_BOUND && pick(history, 2)) {
        op.wallet = 1 + pick(history, MODEL_WALLETS);
    }

    if (op.type >= JUPREF_EVENT_TRADE_EXECUTED && pick(history, 5) == 0) {
        op.code = 0;
    }

    return op;
}


/* Codes are written in any case. */
static void
code_text(history_t *history, char text[16], unsigned code)
{
    unsigned  i;

    snprintf(text, 16, "code-%u", code);

    for (i = 0; text[i] && pick(history, 2); i++) {
        text[i] = (char) toupper(text[i]);
    }

    if (code == 0) {
        text[0] = '\0';
    }
}


static jupref_event_t
event_of(history_t *history, const history_op_t *op)
{
    char              text[16];
    jupref_event_t    event;
    jupref_ledger_t  *ledger;

    ledger = history->ledger;
    code_text(history, text, op->code);

    switch (op->type) {

    case JUPREF_EVENT_REFERRER_REGISTERED:
        event = event_registered(ledger, op->wallet, op->parent);
        event.of.referrer_registered.terms = model_terms(op->terms);
        return event;

    case JUPREF_EVENT_REFERRER_STATUS:
        return event_status(ledger, op->wallet, op->status);

    case JUPREF_EVENT_REFERRER_TIER:
        return event_tier(ledger, op->wallet, model_terms(op->terms));

    case JUPREF_EVENT_CODE_CREATED:
        event = event_code(ledger, text, op->wallet, model_terms(op->terms));
        event.of.code_created.own_terms = (uint8_t) op->own_terms;
        event.of.code_created.configured = (uint8_t) op->configured;
        return event;

    case JUPREF_EVENT_CODE_RETIRED:
        return event_retired(ledger, text);

    case JUPREF_EVENT_WALLET_BOUND:
        return event_bound(ledger, op->wallet, text);

    case JUPREF_EVENT_CLICKS_COUNTED:
        return event_clicks(ledger, text, op->count);

    default:
        event = event_trade(ledger, op->signature, op->wallet, text);
        event.type = op->type;
        event.of.trade.terms = model_terms(op->terms);
        event.of.trade.input_mint = mint_of(op->input_mint);
        event.of.trade.output_mint = mint_of(op->output_mint);
        event.of.trade.fee_mint = mint_of(op->fee_mint);
        event.of.trade.granted_bps = (uint16_t) op->granted_bps;
        event.of.trade.fee = op->fee;
        event.of.trade.volume_micro_usd = op->volume;
        return event;
    }
}


static void
hold_referrers(history_t *history)
{
    unsigned                 wallet;
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
        hold(history, row->volume_micro_usd == expected->volume);
        hold(history, row->earned_micro_usd == expected->earned);
        hold(history, row->trades[JUPREF_STATE_EXECUTED]
                      == expected->trades[MODEL_EXECUTED]);
        hold(history, row->trades[JUPREF_STATE_UNKNOWN]
                      == expected->trades[MODEL_UNKNOWN]);
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


static void
hold_mints_and_balances(history_t *history)
{
    unsigned               mint, wallet;
    uint32_t               index, at, seen;
    model_sum_t            estimated, sum;
    jupref_pubkey_t        key;
    jupref_ledger_t       *ledger;
    model_mint_t          *expected;
    jupref_mint_row_t     *row;
    jupref_balance_row_t  *balance;

    ledger = history->ledger;
    seen = 0;

    for (mint = 1; mint <= MODEL_MINTS; mint++) {
        expected = &history->model.mint[mint];
        key = mint_of(mint);
        index = jupref_table_find(&ledger->tables[JUPREF_TABLE_MINTS], ledger,
                                  key.bytes);
        hold(history, (index != 0) == expected->there);

        if (index == 0) {
            continue;
        }

        row = jupref_mint(ledger, index);
        hold(history, row->received == expected->received);
        hold(history, row->jupiter_cut == expected->cut);
        hold(history, row->platform == expected->platform);
        hold(history, row->referrers == expected->referrers);
        hold(history, row->received
                      == row->jupiter_cut + row->platform + row->referrers);

        for (sum = 0, wallet = 1; wallet <= MODEL_REFERRERS; wallet++) {

            if (!history->model.referrer[wallet].there) {
                continue;
            }

            estimated = 0;

            for (at = referrer_of(ledger, wallet)->first_balance; at;
                 at = balance->next)
            {
                balance = jupref_balance(ledger, at);

                if (balance->mint == index) {
                    hold(history, estimated == 0);
                    estimated = balance->estimated;
                    seen++;
                }
            }

            hold(history, estimated
                          == history->model.estimated[wallet][mint]);
            sum += estimated;
        }

        hold(history, sum == row->referrers);
    }

    hold(history, seen == ledger->tables[JUPREF_TABLE_BALANCES].count);
}


/* What each mint has follows from the trades' own rows. */
static void
hold_trades(history_t *history)
{
    unsigned             signature, level;
    uint32_t             index;
    model_sum_t          partner, part, received, parts, referrers;
    jupref_ledger_t     *ledger;
    jupref_trade_row_t  *row;
    jupref_signature_t   key;

    ledger = history->ledger;
    received = parts = referrers = 0;

    for (signature = 1; signature <= MODEL_SIGNATURES; signature++) {
        key = signature_of(signature);
        index = jupref_find_trade(ledger, &key);
        hold(history, (index != 0)
                      == (history->model.trade[signature] != MODEL_NOTHING));

        if (index == 0) {
            continue;
        }

        row = jupref_trade(ledger, index);
        hold(history, (row->state == JUPREF_STATE_EXECUTED)
                      == (history->model.trade[signature] == MODEL_EXECUTED));

        if (row->state != JUPREF_STATE_EXECUTED || row->fee_mint == 0) {
            continue;
        }

        partner = (model_sum_t) row->fee * row->partner_bps / 10000;
        received += row->fee;
        parts = 0;

        for (level = 0; level < JUPREF_LEVELS; level++) {
            part = row->level[level] ? partner * row->share_bps[level] / 10000
                                     : 0;
            parts += part;
            referrers += part;
        }

        hold(history, parts <= partner);
        hold(history, partner <= row->fee);
    }

    for (index = 1; index <= ledger->tables[JUPREF_TABLE_MINTS].count;
         index++)
    {
        received -= jupref_mint(ledger, index)->received;
        referrers -= jupref_mint(ledger, index)->referrers;
    }

    hold(history, received == 0);
    hold(history, referrers == 0);
}


static void
hold_everything(history_t *history)
{
    model_t          *model;
    jupref_ledger_t  *ledger;

    model = &history->model;
    ledger = history->ledger;

    hold(history, ledger->booking == 0);
    hold(history, ledger->clicks == model->clicks);
    hold(history, ledger->volume_micro_usd == model->volume);
    hold(history, ledger->trades[JUPREF_STATE_EXECUTED]
                  == model->trades[MODEL_EXECUTED]);
    hold(history, ledger->trades[JUPREF_STATE_UNKNOWN]
                  == model->trades[MODEL_UNKNOWN]);
    hold(history, ledger->tables[JUPREF_TABLE_WALLETS].count
                  == model->used.wallets);
    hold(history, ledger->tables[JUPREF_TABLE_BALANCES].count
                  == model->used.balances);

    hold_referrers(history);
    hold_codes_and_wallets(history);
    hold_mints_and_balances(history);
    hold_trades(history);
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

    for (history->at = 0; history->at < EVENTS; history->at++) {
        if (history->taken[history->at] || with_refused) {
            hold(history, (jupref_ledger_apply(
                               again, &history->events[history->at])
                           == JUPREF_LEDGER_OK)
                          == history->taken[history->at]);
        }
    }

    hold(history, memcmp(again, history->ledger, JUPREF_LEDGER_MIN) == 0);
    world_free(again);
}


static void
play(history_t *history, uint64_t seed)
{
    uint64_t          seq;
    history_op_t      op;
    jupref_event_t   *event;

    begin(history, seed);

    for (history->at = 0; history->at < EVENTS; history->at++) {
        op = next_op(history);
        event = &history->events[history->at];
        *event = event_of(history, &op);

        memcpy(history->before, history->ledger, JUPREF_LEDGER_MIN);
        seq = history->ledger->seq;

        history->taken[history->at] = model_apply(&history->model, &op);
        hold(history, (jupref_ledger_apply(history->ledger, event)
                       == JUPREF_LEDGER_OK)
                      == history->taken[history->at]);

        if (history->taken[history->at]) {
            hold(history, history->ledger->seq == seq + 1);
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
