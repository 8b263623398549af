/*
 * Whether the lists that run through rows are whole (see the header).
 *
 * A walk that finds the link back right at every step meets no row twice, so
 * it ends; and when the rows it met are as many as there are, it met them all.
 */

#include "ledger/jupref_state_check.h"

#include <string.h>

#include "ledger/jupref_rank.h"


typedef unsigned (*jupref_belongs_pt)(const jupref_ledger_t *ledger,
    const void *row, uint32_t owner);


/* A list that runs through rows: the links on and back, and who is in it. */
typedef struct {
    jupref_table_e     table;
    size_t             on_at;
    size_t             back_at;
    jupref_belongs_pt  belongs;
} jupref_list_t;


typedef struct {
    uint32_t  count;
    uint32_t  last;
} jupref_walk_t;


static unsigned jupref_sound_whole_lists(const jupref_ledger_t *ledger);
static unsigned jupref_sound_queues(const jupref_ledger_t *ledger);
static unsigned jupref_sound_of_referrers(const jupref_ledger_t *ledger);
static unsigned jupref_sound_codes_of(const jupref_ledger_t *ledger,
    uint32_t referrer, uint32_t *count);
static unsigned jupref_sound_balances_of(const jupref_ledger_t *ledger,
    uint32_t referrer, uint32_t *count);
static unsigned jupref_sound_walk(const jupref_ledger_t *ledger,
    const jupref_list_t *list, uint32_t first, uint32_t owner,
    jupref_walk_t *walk);
static uint32_t jupref_count_trades(const jupref_ledger_t *ledger,
    jupref_belongs_pt belongs, uint32_t owner);
static unsigned jupref_any_trade(const jupref_ledger_t *ledger,
    const void *row, uint32_t owner);
static unsigned jupref_trade_with_code(const jupref_ledger_t *ledger,
    const void *row, uint32_t owner);
static unsigned jupref_trade_of_owner(const jupref_ledger_t *ledger,
    const void *row, uint32_t owner);
static unsigned jupref_trade_queued(const jupref_ledger_t *ledger,
    const void *row, uint32_t state);
static unsigned jupref_wallet_of_owner(const jupref_ledger_t *ledger,
    const void *row, uint32_t owner);
static unsigned jupref_intent_of_kind(const jupref_ledger_t *ledger,
    const void *row, uint32_t kind);


static const jupref_list_t  jupref_list_trades = {
    JUPREF_TABLE_TRADES, offsetof(jupref_trade_row_t, older),
    offsetof(jupref_trade_row_t, newer), jupref_any_trade
};

static const jupref_list_t  jupref_list_of_referrer = {
    JUPREF_TABLE_TRADES, offsetof(jupref_trade_row_t, older_of_referrer),
    offsetof(jupref_trade_row_t, newer_of_referrer), jupref_trade_of_owner
};

static const jupref_list_t  jupref_list_queue = {
    JUPREF_TABLE_TRADES, offsetof(jupref_trade_row_t, later),
    offsetof(jupref_trade_row_t, sooner), jupref_trade_queued
};

static const jupref_list_t  jupref_list_wallets = {
    JUPREF_TABLE_WALLETS, offsetof(jupref_wallet_row_t, older),
    offsetof(jupref_wallet_row_t, newer), jupref_wallet_of_owner
};

static const jupref_list_t  jupref_list_intents = {
    JUPREF_TABLE_INTENTS, offsetof(jupref_intent_row_t, older),
    offsetof(jupref_intent_row_t, newer), jupref_intent_of_kind
};


unsigned
jupref_lists_sound(const jupref_ledger_t *ledger)
{
    unsigned  ranking;

    if (!jupref_sound_whole_lists(ledger)
        || !jupref_sound_of_referrers(ledger))
    {
        return 0;
    }

    for (ranking = 0; ranking < JUPREF_RANKINGS; ranking++) {
        if (!jupref_rank_sound(ledger, ranking)) {
            return 0;
        }
    }

    return 1;
}


static unsigned
jupref_sound_whole_lists(const jupref_ledger_t *ledger)
{
    uint32_t       count;
    unsigned       kind;
    jupref_walk_t  walk;

    if (!jupref_sound_walk(ledger, &jupref_list_trades, ledger->newest_trade,
                           0, &walk)
        || walk.last != ledger->oldest_trade
        || walk.count != jupref_count_trades(ledger, jupref_any_trade, 0))
    {
        return 0;
    }

    if (!jupref_sound_queues(ledger)) {
        return 0;
    }

    for (count = 0, kind = 0; kind < JUPREF_INTENTS; kind++) {

        if (!jupref_sound_walk(ledger, &jupref_list_intents,
                               ledger->newest_intent[kind], kind, &walk)
            || walk.last != ledger->oldest_intent[kind])
        {
            return 0;
        }

        count += walk.count;
    }

    return count == ledger->tables[JUPREF_TABLE_INTENTS].count;
}


/* Those of trades, by the first of the states that each is for. */

static unsigned
jupref_sound_queues(const jupref_ledger_t *ledger)
{
    unsigned       i;
    jupref_walk_t  walk;

    const struct {
        uint32_t  state;
        uint32_t  oldest;
        uint32_t  newest;
    } queues[] = {
        { JUPREF_STATE_VERIFIED, ledger->next_release, ledger->last_release },
        { JUPREF_STATE_EXECUTED, ledger->oldest_proof[JUPREF_PROOFS_AWAITED],
          ledger->newest_proof[JUPREF_PROOFS_AWAITED] },
        { JUPREF_STATE_UNPROVED, ledger->oldest_proof[JUPREF_PROOFS_MISSED],
          ledger->newest_proof[JUPREF_PROOFS_MISSED] }
    };

    for (i = 0; i < sizeof(queues) / sizeof(queues[0]); i++) {
        if (!jupref_sound_walk(ledger, &jupref_list_queue, queues[i].oldest,
                               queues[i].state, &walk)
            || walk.last != queues[i].newest
            || walk.count != jupref_count_trades(ledger, jupref_trade_queued,
                                                 queues[i].state))
        {
            return 0;
        }
    }

    return 1;
}


/* Every code, balance, wallet and trade is in the list of its referrer. */

static unsigned
jupref_sound_of_referrers(const jupref_ledger_t *ledger)
{
    uint32_t                      index, codes, balances, wallets, trades;
    jupref_walk_t                 walk;
    const jupref_referrer_row_t  *row;

    codes = balances = wallets = trades = 0;

    for (jupref_each_row(ledger, JUPREF_TABLE_REFERRERS, index)) {
        row = jupref_referrer(ledger, index);

        if (!jupref_sound_codes_of(ledger, index, &codes)
            || !jupref_sound_balances_of(ledger, index, &balances)
            || !jupref_sound_walk(ledger, &jupref_list_wallets,
                                  row->newest_wallet, index, &walk)
            || walk.count != row->bound_wallets)
        {
            return 0;
        }

        wallets += walk.count;

        if (!jupref_sound_walk(ledger, &jupref_list_of_referrer,
                               row->newest_trade, index, &walk))
        {
            return 0;
        }

        trades += walk.count;
    }

    return trades == jupref_count_trades(ledger, jupref_trade_with_code, 0)
           && codes == ledger->tables[JUPREF_TABLE_CODES].count
           && balances == ledger->tables[JUPREF_TABLE_BALANCES].count
           && wallets == ledger->tables[JUPREF_TABLE_WALLETS].count;
}


static unsigned
jupref_sound_codes_of(const jupref_ledger_t *ledger, uint32_t referrer,
    uint32_t *count)
{
    uint32_t                      at, codes, bound;
    const jupref_code_row_t      *row;
    const jupref_referrer_row_t  *owner;

    owner = jupref_referrer(ledger, referrer);
    codes = 0;
    bound = 0;

    for (at = owner->first_code; at; at = row->next) {

        if (!jupref_is_row(ledger, JUPREF_TABLE_CODES, at)
            || codes == JUPREF_CODES_PER_REFERRER)
        {
            return 0;
        }

        row = jupref_code(ledger, at);

        if (row->referrer != referrer) {
            return 0;
        }

        codes++;
        bound += row->bound_wallets;
    }

    *count += codes;

    return codes == owner->code_count && bound == owner->bound_wallets;
}


/* More than there are would be the same ones again. */

static unsigned
jupref_sound_balances_of(const jupref_ledger_t *ledger, uint32_t referrer,
    uint32_t *count)
{
    uint32_t                     at;
    const jupref_balance_row_t  *row;

    for (at = jupref_referrer(ledger, referrer)->first_balance; at;
         at = row->next)
    {
        if (!jupref_is_row(ledger, JUPREF_TABLE_BALANCES, at)
            || *count == ledger->tables[JUPREF_TABLE_BALANCES].count)
        {
            return 0;
        }

        row = jupref_balance(ledger, at);

        if (row->referrer != referrer) {
            return 0;
        }

        (*count)++;
    }

    return 1;
}


static unsigned
jupref_sound_walk(const jupref_ledger_t *ledger, const jupref_list_t *list,
    uint32_t first, uint32_t owner, jupref_walk_t *walk)
{
    uint32_t        at, back;
    const uint8_t  *row;

    walk->count = 0;
    walk->last = 0;
    at = first;

    while (at) {

        if (!jupref_is_row(ledger, list->table, at)) {
            return 0;
        }

        row = jupref_table_row(&ledger->tables[list->table], ledger, at);
        memcpy(&back, row + list->back_at, sizeof(uint32_t));

        if (back != walk->last || !list->belongs(ledger, row, owner)) {
            return 0;
        }

        walk->count++;
        walk->last = at;
        memcpy(&at, row + list->on_at, sizeof(uint32_t));
    }

    return 1;
}


static uint32_t
jupref_count_trades(const jupref_ledger_t *ledger, jupref_belongs_pt belongs,
    uint32_t owner)
{
    uint32_t  index, count;

    count = 0;

    for (jupref_each_row(ledger, JUPREF_TABLE_TRADES, index)) {
        if (jupref_is_row(ledger, JUPREF_TABLE_TRADES, index)
            && belongs(ledger, jupref_trade(ledger, index), owner))
        {
            count++;
        }
    }

    return count;
}


static unsigned
jupref_any_trade(const jupref_ledger_t *ledger, const void *row,
    uint32_t owner)
{
    return 1;
}


static unsigned
jupref_trade_with_code(const jupref_ledger_t *ledger, const void *row,
    uint32_t owner)
{
    return ((const jupref_trade_row_t *) row)->code != 0;
}


static unsigned
jupref_trade_of_owner(const jupref_ledger_t *ledger, const void *row,
    uint32_t owner)
{
    const jupref_trade_row_t  *trade = row;

    return trade->code && jupref_code(ledger, trade->code)->referrer == owner;
}


static unsigned
jupref_trade_queued(const jupref_ledger_t *ledger, const void *row,
    uint32_t state)
{
    const jupref_trade_row_t  *trade = row;

    return trade->state == state
           || (trade->state == JUPREF_STATE_UNKNOWN
               && state == JUPREF_STATE_EXECUTED);
}


static unsigned
jupref_wallet_of_owner(const jupref_ledger_t *ledger, const void *row,
    uint32_t owner)
{
    const jupref_wallet_row_t  *wallet = row;

    return jupref_code(ledger, wallet->code)->referrer == owner;
}


static unsigned
jupref_intent_of_kind(const jupref_ledger_t *ledger, const void *row,
    uint32_t kind)
{
    const jupref_intent_row_t  *intent = row;

    return jupref_signature_is_zero(&intent->trade.signature)
           == (kind == JUPREF_INTENTS_UNSIGNED);
}
