/*
 * The fold of trades: trade.executed and trade.unknown.
 *
 * A trade is known by its signature and booked once.  An unknown one has a
 * row but moves nothing; when it turns out executed the same row is booked.
 * What referrers get here are estimates: balances that can be claimed grow
 * only from what is verified on chain.
 */

#include <string.h>

#include "base/jupref_assert.h"
#include "ledger/jupref_booking.h"
#include "ledger/jupref_rank.h"


/* What booking a trade will touch, decided before anything is. */
typedef struct {
    uint32_t            row;            /* an unknown trade's, 0: a new row */
    uint32_t            was;            /* that row's code until now */
    uint32_t            code;
    uint32_t            level[JUPREF_LEVELS];
    unsigned            kept;           /* 1: the code is the unknown row's */
    unsigned            earns;          /* bit i: level i + 1 */
    jupref_fee_split_t  fee;            /* base units of the fee mint */
    jupref_fee_split_t  value;          /* the same in micro-dollars */
} jupref_trade_plan_t;


static jupref_ledger_result_e jupref_plan_trade(const jupref_ledger_t *ledger,
    const jupref_event_t *event, jupref_trade_plan_t *plan);
static unsigned jupref_is_same_trade(const jupref_trade_row_t *row,
    const jupref_trade_t *trade);
static void jupref_plan_levels(const jupref_ledger_t *ledger,
    const jupref_trade_t *trade, jupref_trade_plan_t *plan);
static jupref_ledger_result_e jupref_plan_rows(const jupref_ledger_t *ledger,
    const jupref_trade_t *trade, const jupref_trade_plan_t *plan);
static uint32_t jupref_book_row(jupref_ledger_t *ledger,
    const jupref_event_t *event, const jupref_trade_plan_t *plan);
static void jupref_book_executed(jupref_ledger_t *ledger,
    const jupref_trade_plan_t *plan, jupref_trade_row_t *row);
static void jupref_book_referrer(jupref_ledger_t *ledger,
    const jupref_trade_plan_t *plan, jupref_trade_row_t *row, unsigned level);
static uint32_t jupref_find_mint(const jupref_ledger_t *ledger,
    const jupref_pubkey_t *mint);
static uint32_t jupref_take_mint(jupref_ledger_t *ledger,
    const jupref_pubkey_t *mint);
static uint32_t jupref_find_balance(const jupref_ledger_t *ledger,
    uint32_t referrer, uint32_t mint);
static jupref_balance_row_t *jupref_take_balance(jupref_ledger_t *ledger,
    uint32_t referrer, uint32_t mint);


jupref_ledger_result_e
jupref_apply_trade(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    uint32_t                index;
    jupref_trade_row_t     *row;
    jupref_trade_plan_t     plan;
    jupref_ledger_result_e  result;

    memset(&plan, 0, sizeof(jupref_trade_plan_t));

    result = jupref_plan_trade(ledger, event, &plan);

    if (result != JUPREF_LEDGER_OK) {
        return result;
    }

    jupref_booking_begins(ledger);

    index = jupref_book_row(ledger, event, &plan);
    row = jupref_trade(ledger, index);

    if (event->type == JUPREF_EVENT_TRADE_EXECUTED) {

        if (plan.row) {
            ledger->trades[JUPREF_STATE_UNKNOWN]--;

            if (plan.was) {
                jupref_referrer(ledger, jupref_code(ledger,
                    plan.was)->referrer)->trades[JUPREF_STATE_UNKNOWN]--;
            }
        }

        row->state = JUPREF_STATE_EXECUTED;
        jupref_book_executed(ledger, &plan, row);

    } else {
        row->state = JUPREF_STATE_UNKNOWN;
        ledger->trades[JUPREF_STATE_UNKNOWN]++;

        if (plan.code) {
            jupref_referrer(ledger, jupref_code(ledger,
                plan.code)->referrer)->trades[JUPREF_STATE_UNKNOWN]++;
        }
    }

    return JUPREF_LEDGER_OK;
}


static jupref_ledger_result_e
jupref_plan_trade(const jupref_ledger_t *ledger, const jupref_event_t *event,
    jupref_trade_plan_t *plan)
{
    jupref_trade_row_t    *row;
    const jupref_trade_t  *trade;

    trade = &event->of.trade;

    if (!jupref_terms_valid(&trade->terms)
        || trade->granted_bps > JUPREF_BPS_WHOLE
        || jupref_signature_is_zero(&trade->signature))
    {
        return JUPREF_LEDGER_BAD_EVENT;
    }

    plan->row = jupref_find_trade(ledger, &trade->signature);

    if (plan->row) {
        row = jupref_trade(ledger, plan->row);

        if (event->type != JUPREF_EVENT_TRADE_EXECUTED
            || row->state != JUPREF_STATE_UNKNOWN)
        {
            return JUPREF_LEDGER_TRADE_EXISTS;
        }

        /*
         * Whose trade it is was said when it became known, if this is the
         * trade that was meant: an unknown one has its signature from who
         * sent it, and Jupiter's word for another message overrules that.
         */

        plan->was = row->code;

        if (jupref_is_same_trade(row, trade)) {
            plan->code = row->code;
            plan->kept = 1;
        }
    }

    if (!plan->kept && trade->code.key[0]) {
        plan->code = jupref_find_code(ledger, &trade->code);

        if (plan->code == 0) {
            return JUPREF_LEDGER_CODE_UNKNOWN;
        }
    }

    if (event->type == JUPREF_EVENT_TRADE_EXECUTED) {
        jupref_plan_levels(ledger, trade, plan);
        jupref_fee_split(&trade->terms, trade->fee, plan->earns, &plan->fee);

        /* the ranking counts dollars only where base units are booked */

        if (trade->fee > 0 && !jupref_pubkey_is_zero(&trade->fee_mint)) {
            jupref_fee_split(&trade->terms,
                             jupref_fee_on(trade->volume_micro_usd,
                                           trade->granted_bps),
                             plan->earns, &plan->value);
        }
    }

    return jupref_plan_rows(ledger, trade, plan);
}


static unsigned
jupref_is_same_trade(const jupref_trade_row_t *row,
    const jupref_trade_t *trade)
{
    return jupref_pubkey_equal(&row->taker, &trade->taker)
           && memcmp(row->message_hash, trade->message_hash,
                     JUPREF_SHA256_SIZE) == 0;
}


/*
 * Level 1 is the code's owner, the next are its parents.  A level earns when
 * it is active and isn't the taker itself; where the referral leads back to
 * the taker nobody does.
 */

static void
jupref_plan_levels(const jupref_ledger_t *ledger, const jupref_trade_t *trade,
    jupref_trade_plan_t *plan)
{
    uint32_t  at;
    unsigned  level;

    if (plan->code == 0) {
        return;
    }

    at = jupref_code(ledger, plan->code)->referrer;

    if (jupref_referral_is_cycle(ledger, at, &trade->taker)) {
        return;
    }

    for (level = 0; level < JUPREF_LEVELS && at; level++) {

        if (jupref_referrer_earns(ledger, at, &trade->terms, level)) {
            plan->level[level] = at;
            plan->earns |= 1u << level;
        }

        at = jupref_referrer(ledger, at)->parent;
    }
}


/* Counts the rows that booking will take, so that it can't fail half-way. */

static jupref_ledger_result_e
jupref_plan_rows(const jupref_ledger_t *ledger, const jupref_trade_t *trade,
    const jupref_trade_plan_t *plan)
{
    uint32_t  fee_mint, mints, balances;
    unsigned  level;

    if (plan->row == 0 && jupref_rows_left(ledger, JUPREF_TABLE_TRADES) == 0) {
        return JUPREF_LEDGER_TRADES_FULL;
    }

    fee_mint = jupref_find_mint(ledger, &trade->fee_mint);

    mints = (fee_mint == 0 && !jupref_pubkey_is_zero(&trade->fee_mint));

    if (mints > jupref_rows_left(ledger, JUPREF_TABLE_MINTS)) {
        return JUPREF_LEDGER_MINTS_FULL;
    }

    for (balances = 0, level = 0; level < JUPREF_LEVELS; level++) {
        balances += (plan->fee.level[level] > 0
                     && !jupref_pubkey_is_zero(&trade->fee_mint)
                     && (fee_mint == 0
                         || jupref_find_balance(ledger, plan->level[level],
                                                fee_mint) == 0));
    }

    if (balances > jupref_rows_left(ledger, JUPREF_TABLE_BALANCES)) {
        return JUPREF_LEDGER_BALANCES_FULL;
    }

    return JUPREF_LEDGER_OK;
}


static uint32_t
jupref_book_row(jupref_ledger_t *ledger, const jupref_event_t *event,
    const jupref_trade_plan_t *plan)
{
    uint32_t               index;
    jupref_trade_row_t    *row;
    const jupref_trade_t  *trade;

    trade = &event->of.trade;
    index = plan->row;

    if (index == 0) {
        index = jupref_table_insert(&ledger->tables[JUPREF_TABLE_TRADES],
                                    ledger, trade->signature.bytes);
    }

    row = jupref_trade(ledger, index);

    row->taker = trade->taker;
    row->request_id = trade->request_id;
    memcpy(row->message_hash, trade->message_hash, JUPREF_SHA256_SIZE);
    memcpy(row->router, trade->router, JUPREF_ROUTER_MAX);
    row->time_ms = event->time_ms;
    row->in_amount = trade->in_amount;
    row->out_amount = trade->out_amount;
    row->fee = trade->fee;
    row->volume_micro_usd = trade->volume_micro_usd;
    row->slot = trade->slot;
    row->last_valid_block_height = trade->last_valid_block_height;
    row->code = plan->code;
    memcpy(row->level, plan->level, sizeof(row->level));
    row->input_mint = trade->input_mint;
    row->output_mint = trade->output_mint;
    row->fee_mint = jupref_pubkey_is_zero(&trade->fee_mint)
                    ? 0 : jupref_take_mint(ledger, &trade->fee_mint);
    row->granted_bps = trade->granted_bps;
    memcpy(row->share_bps, trade->terms.share_bps, sizeof(row->share_bps));
    row->partner_bps = trade->terms.partner_bps;

    return index;
}


static void
jupref_book_executed(jupref_ledger_t *ledger, const jupref_trade_plan_t *plan,
    jupref_trade_row_t *row)
{
    unsigned            level;
    jupref_mint_row_t  *mint;

    ledger->trades[JUPREF_STATE_EXECUTED]++;
    ledger->volume_micro_usd += row->volume_micro_usd;

    if (row->fee_mint) {
        mint = jupref_mint(ledger, row->fee_mint);
        mint->received += row->fee;
        mint->jupiter_cut += plan->fee.jupiter_cut;
        mint->platform += plan->fee.platform;

        for (level = 0; level < JUPREF_LEVELS; level++) {
            mint->referrers += plan->fee.level[level];
        }
    }

    if (row->code == 0) {
        return;
    }

    for (level = 0; level < JUPREF_LEVELS; level++) {
        jupref_book_referrer(ledger, plan, row, level);
    }
}


/*
 * Volume and trades are the code owner's, whether it earns or not; what a
 * level earns is added to its balance and its ranking.
 */

static void
jupref_book_referrer(jupref_ledger_t *ledger, const jupref_trade_plan_t *plan,
    jupref_trade_row_t *row, unsigned level)
{
    uint32_t                referrer;
    unsigned                ranked, ranking;
    jupref_referrer_row_t  *referrer_row;

    referrer = (level == 0) ? jupref_code(ledger, row->code)->referrer
                            : plan->level[level];
    if (referrer == 0) {
        return;
    }

    referrer_row = jupref_referrer(ledger, referrer);
    ranked = (referrer_row->status == JUPREF_REFERRER_ACTIVE);

    for (ranking = 0; ranked && ranking < JUPREF_RANKINGS; ranking++) {
        jupref_rank_remove(ledger, ranking, referrer);
    }

    if (level == 0) {
        referrer_row->trades[JUPREF_STATE_EXECUTED]++;
        referrer_row->volume_micro_usd += row->volume_micro_usd;
    }

    referrer_row->earned_micro_usd += plan->value.level[level];

    for (ranking = 0; ranked && ranking < JUPREF_RANKINGS; ranking++) {
        jupref_rank_insert(ledger, ranking, referrer);
    }

    if (row->fee_mint && plan->fee.level[level]) {
        jupref_take_balance(ledger, referrer, row->fee_mint)->estimated
            += plan->fee.level[level];
    }
}


static uint32_t
jupref_find_mint(const jupref_ledger_t *ledger, const jupref_pubkey_t *mint)
{
    return jupref_table_find(&ledger->tables[JUPREF_TABLE_MINTS], ledger,
                             mint->bytes);
}


static uint32_t
jupref_take_mint(jupref_ledger_t *ledger, const jupref_pubkey_t *mint)
{
    uint32_t            index;
    jupref_mint_row_t  *row;

    index = jupref_find_mint(ledger, mint);

    if (index == 0) {
        index = jupref_table_insert(&ledger->tables[JUPREF_TABLE_MINTS],
                                    ledger, mint->bytes);
        jupref_assert(index != 0);

        row = jupref_mint(ledger, index);
        row->text_len = (uint8_t) jupref_pubkey_format(row->text, mint);
    }

    return index;
}


static uint32_t
jupref_find_balance(const jupref_ledger_t *ledger, uint32_t referrer,
    uint32_t mint)
{
    uint32_t  key[2];

    key[0] = referrer;
    key[1] = mint;

    return jupref_table_find(&ledger->tables[JUPREF_TABLE_BALANCES], ledger,
                             key);
}


static jupref_balance_row_t *
jupref_take_balance(jupref_ledger_t *ledger, uint32_t referrer, uint32_t mint)
{
    uint32_t                index, key[2];
    jupref_balance_row_t   *row;
    jupref_referrer_row_t  *owner;

    index = jupref_find_balance(ledger, referrer, mint);

    if (index) {
        return jupref_balance(ledger, index);
    }

    key[0] = referrer;
    key[1] = mint;

    index = jupref_table_insert(&ledger->tables[JUPREF_TABLE_BALANCES],
                                ledger, key);
    jupref_assert(index != 0);

    owner = jupref_referrer(ledger, referrer);
    row = jupref_balance(ledger, index);
    row->next = owner->first_balance;
    owner->first_balance = index;

    return row;
}
