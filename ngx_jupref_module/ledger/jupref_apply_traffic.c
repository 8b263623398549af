/*
 * The fold of what links bring: wallets that are bound, clicks, orders.
 */

#include "ledger/jupref_booking.h"
#include "ledger/jupref_links.h"


static jupref_ledger_result_e jupref_bind_anew(jupref_ledger_t *ledger,
    uint32_t wallet, uint32_t code);


jupref_ledger_result_e
jupref_apply_bound(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    uint32_t                      index, code;
    jupref_code_row_t            *row;
    jupref_wallet_row_t          *wallet;
    jupref_ledger_result_e        result;
    const jupref_wallet_bound_t  *asked;

    asked = &event->of.wallet_bound;
    code = jupref_find_code(ledger, &asked->code);

    if (code == 0) {
        return JUPREF_LEDGER_CODE_UNKNOWN;
    }

    row = jupref_code(ledger, code);

    if (row->retired) {
        return JUPREF_LEDGER_CODE_RETIRED;
    }

    index = jupref_find_wallet(ledger, &asked->wallet);

    if (index) {
        result = jupref_bind_anew(ledger, index, code);

        if (result != JUPREF_LEDGER_OK) {
            return result;
        }

    } else {

        if (jupref_rows_left(ledger, JUPREF_TABLE_WALLETS) == 0) {
            return JUPREF_LEDGER_WALLETS_FULL;
        }

        jupref_booking_begins(ledger);

        index = jupref_table_insert(&ledger->tables[JUPREF_TABLE_WALLETS],
                                    ledger, asked->wallet.bytes);
    }

    wallet = jupref_wallet(ledger, index);
    wallet->code = code;
    wallet->version = row->version;
    wallet->bound_ms = event->time_ms;

    row->bound_wallets++;
    jupref_referrer(ledger, row->referrer)->bound_wallets++;

    jupref_link_wallet(ledger, index);

    jupref_mix(ledger, wallet, sizeof(jupref_wallet_row_t));
    jupref_mix(ledger, row, sizeof(jupref_code_row_t));
    jupref_mix_referrer(ledger, row->referrer);

    return JUPREF_LEDGER_OK;
}


/* Begins the booking by taking the wallet from the code it is bound to. */

static jupref_ledger_result_e
jupref_bind_anew(jupref_ledger_t *ledger, uint32_t wallet, uint32_t code)
{
    jupref_code_row_t  *before;

    if (jupref_wallet(ledger, wallet)->code == code) {
        return JUPREF_LEDGER_NO_CHANGE;
    }

    jupref_booking_begins(ledger);
    jupref_unlink_wallet(ledger, wallet);

    before = jupref_code(ledger, jupref_wallet(ledger, wallet)->code);
    before->bound_wallets--;
    jupref_referrer(ledger, before->referrer)->bound_wallets--;

    jupref_mix(ledger, before, sizeof(jupref_code_row_t));
    jupref_mix_referrer(ledger, before->referrer);

    return JUPREF_LEDGER_OK;
}


jupref_ledger_result_e
jupref_apply_clicks(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    uint32_t                 index;
    jupref_code_row_t       *row;
    jupref_series_sum_t      sum = { 0 };
    const jupref_counted_t  *asked;

    asked = &event->of.counted;
    index = jupref_find_code(ledger, &asked->code);

    if (index == 0) {
        return JUPREF_LEDGER_CODE_UNKNOWN;
    }

    if (asked->count == 0) {
        return JUPREF_LEDGER_NO_CHANGE;
    }

    if (ledger->clicks > UINT64_MAX - asked->count) {
        return JUPREF_LEDGER_OVERFLOW;
    }

    jupref_booking_begins(ledger);

    row = jupref_code(ledger, index);
    row->clicks += asked->count;
    jupref_referrer(ledger, row->referrer)->clicks += asked->count;
    ledger->clicks += asked->count;

    sum.clicks = asked->count;
    jupref_add_to_series(ledger, index, event->time_ms, &sum);

    jupref_mix(ledger, row, sizeof(jupref_code_row_t));
    jupref_mix_referrer(ledger, row->referrer);

    return JUPREF_LEDGER_OK;
}


/* Orders are in the series alone, and in the platform's sum. */

jupref_ledger_result_e
jupref_apply_orders(jupref_ledger_t *ledger, const jupref_event_t *event)
{
    uint32_t                 index;
    jupref_series_sum_t      sum = { 0 };
    const jupref_counted_t  *asked;

    asked = &event->of.counted;
    index = 0;

    if (asked->code.key[0]) {
        index = jupref_find_code(ledger, &asked->code);

        if (index == 0) {
            return JUPREF_LEDGER_CODE_UNKNOWN;
        }
    }

    if (asked->count == 0) {
        return JUPREF_LEDGER_NO_CHANGE;
    }

    if (ledger->orders > UINT64_MAX - asked->count) {
        return JUPREF_LEDGER_OVERFLOW;
    }

    jupref_booking_begins(ledger);

    ledger->orders += asked->count;

    sum.orders = asked->count;
    jupref_add_to_series(ledger, index, event->time_ms, &sum);

    return JUPREF_LEDGER_OK;
}
