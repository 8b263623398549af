/*
 * Reconciliation, mint by mint: what its accounts hold against the books.
 *
 *     signatures of its accounts, down to what is reconciled for good
 *     ours that await their proof    looked at: their fee is in the balance
 *     even?                          done: nobody else's need be looked at
 *     what isn't ours                looked at, so that it has a name
 *     claims                         booked, in the order of the chain
 *     even?                          reported, and booked when it has changed
 */

#include "agent/ngx_http_jupref_accounts_parts.h"


typedef enum {
    NGX_HTTP_JUPREF_PHASE_BEGIN = 0,
    NGX_HTTP_JUPREF_PHASE_SCAN,
    NGX_HTTP_JUPREF_PHASE_OURS,
    NGX_HTTP_JUPREF_PHASE_FOREIGN
} ngx_http_jupref_phase_e;


static ngx_uint_t ngx_http_jupref_reconcile_begin(
    ngx_http_jupref_inspection_t *turn);
static void ngx_http_jupref_reconcile_sum(ngx_http_jupref_inspection_t *turn);
static void ngx_http_jupref_reconcile_add(ngx_http_jupref_inspection_t *turn);
static void ngx_http_jupref_reconcile_claims(ngx_http_jupref_inspection_t *turn);
static void ngx_http_jupref_reconcile_publish(ngx_http_jupref_inspection_t *turn);
static void ngx_http_jupref_reconcile_counted(ngx_http_jupref_inspection_t *turn,
    ngx_http_jupref_reconciled_e result);
static jupref_ledger_result_e ngx_http_jupref_reconcile_book(
    ngx_http_jupref_inspection_t *turn, jupref_event_t *event);
static void ngx_http_jupref_reconcile_next(ngx_http_jupref_inspection_t *turn);


/*
 * One mint a tick at most.  A mint that can't be reconciled now is left for
 * the next turn; the others aren't kept from it.
 */

ngx_int_t
ngx_http_jupref_step_reconcile(ngx_http_jupref_inspection_t *turn)
{
    ngx_int_t  rc;

    if (turn->at >= turn->seen->mint_count) {
        return NGX_DECLINED;
    }

    switch (turn->phase) {

    case NGX_HTTP_JUPREF_PHASE_BEGIN:

        if (!ngx_http_jupref_reconcile_begin(turn)) {
            ngx_http_jupref_reconcile_next(turn);
            return NGX_AGAIN;
        }

        turn->phase = NGX_HTTP_JUPREF_PHASE_SCAN;

        /* fall through */

    case NGX_HTTP_JUPREF_PHASE_SCAN:
        rc = ngx_http_jupref_scan(turn);
        break;

    case NGX_HTTP_JUPREF_PHASE_OURS:
        rc = ngx_http_jupref_scan_look(turn, 0);
        break;

    default: /* NGX_HTTP_JUPREF_PHASE_FOREIGN */
        rc = ngx_http_jupref_scan_look(turn, 1);
        break;
    }

    if (rc == NGX_ERROR) {
        ngx_http_jupref_reconcile_counted(turn,
                                          NGX_HTTP_JUPREF_RECONCILED_FAILED);
        ngx_http_jupref_reconcile_next(turn);
        return NGX_AGAIN;
    }

    if (rc != NGX_DECLINED) {
        return rc;
    }

    switch (turn->phase) {

    case NGX_HTTP_JUPREF_PHASE_SCAN:
        turn->phase = NGX_HTTP_JUPREF_PHASE_OURS;
        turn->touched_at = 0;
        turn->looks = 0;
        return NGX_AGAIN;

    case NGX_HTTP_JUPREF_PHASE_OURS:
        ngx_http_jupref_reconcile_sum(turn);

        if (turn->report.drift.unexplained) {
            turn->phase = NGX_HTTP_JUPREF_PHASE_FOREIGN;
            turn->touched_at = 0;
            turn->looks = 0;
            return NGX_AGAIN;
        }

        break;

    default: /* NGX_HTTP_JUPREF_PHASE_FOREIGN */
        ngx_http_jupref_reconcile_claims(turn);
        ngx_http_jupref_reconcile_sum(turn);
        break;
    }

    ngx_http_jupref_reconcile_publish(turn);
    ngx_http_jupref_reconcile_next(turn);

    return NGX_AGAIN;
}


static void
ngx_http_jupref_reconcile_next(ngx_http_jupref_inspection_t *turn)
{
    turn->at++;
    turn->phase = NGX_HTTP_JUPREF_PHASE_BEGIN;
}


/* 0: there is nothing to be reconciled. */

static ngx_uint_t
ngx_http_jupref_reconcile_begin(ngx_http_jupref_inspection_t *turn)
{
    uint32_t                     index;
    uint64_t                     time_ms;
    ngx_uint_t                   i, open;
    jupref_ledger_t             *ledger;
    jupref_mint_row_t           *row;
    ngx_http_jupref_fee_mint_t  *mint;

    mint = &turn->seen->mints[turn->at];

    for (open = 0, i = 0; i < turn->referral_count; i++) {
        open |= (mint->places[i].state == NGX_HTTP_JUPREF_FEE_OPEN
                 || mint->places[i].state == NGX_HTTP_JUPREF_FEE_FROZEN);
    }

    turn->place = 0;
    turn->pages = 0;
    turn->touched_count = 0;
    turn->touch_count = 0;
    turn->unfinished = 0;
    turn->stop_slot = 0;
    turn->claimed_slot = 0;

    ngx_http_jupref_lock(turn->zone);

    ledger = ngx_http_jupref_ledger(turn->zone);
    index = jupref_find_mint(ledger, &mint->mint);

    /* what explains a drift may be older than the last claim */

    if (index) {
        row = jupref_mint(ledger, index);
        turn->claimed_slot = row->claimed_slot;
        turn->stop_slot = row->drift ? 0 : row->claimed_slot;
    }

    time_ms = ledger->oldest_trade
              ? jupref_trade(ledger, ledger->oldest_trade)->time_ms
              : ngx_http_jupref_now_ms();

    ngx_http_jupref_unlock(turn->zone);

    turn->since_s = (int64_t) (time_ms / 1000) - 600;

    return mint->slot && (open || index);
}


/* The books, and all that is known of what touched the accounts. */

static void
ngx_http_jupref_reconcile_sum(ngx_http_jupref_inspection_t *turn)
{
    uint64_t                     balance;
    ngx_uint_t                   i;
    ngx_http_jupref_report_t    *report;
    ngx_http_jupref_fee_mint_t  *mint;

    report = &turn->report;
    mint = &turn->seen->mints[turn->at];

    for (balance = 0, i = 0; i < turn->referral_count; i++) {
        balance += mint->places[i].balance;
    }

    ngx_memzero(report, sizeof(ngx_http_jupref_report_t));

    ngx_http_jupref_lock(turn->zone);
    jupref_reconcile_begin(&report->reconcile,
                           ngx_http_jupref_ledger(turn->zone), &mint->mint,
                           balance, mint->slot);
    ngx_http_jupref_unlock(turn->zone);

    ngx_http_jupref_reconcile_add(turn);

    jupref_reconcile_end(&report->reconcile, &report->drift);

    report->checked_ms = ngx_http_jupref_now_ms();
    report->unfinished = turn->unfinished;
}


static void
ngx_http_jupref_reconcile_add(ngx_http_jupref_inspection_t *turn)
{
    ngx_uint_t                i;
    ngx_http_jupref_known_t  *known;

    known = &turn->known[turn->at];

    for (i = 0; i < turn->touch_count; i++) {
        jupref_reconcile_add(&turn->report.reconcile, &turn->touches[i]);
    }

    for (i = 0; i < known->count; i++) {
        jupref_reconcile_add(&turn->report.reconcile, &known->touches[i]);
    }
}


/* Only where all were seen: one that was left out could never be booked. */

static void
ngx_http_jupref_reconcile_claims(ngx_http_jupref_inspection_t *turn)
{
    jupref_event_t            event;
    jupref_ledger_result_e    result;
    ngx_http_jupref_known_t  *known;

    known = &turn->known[turn->at];

    if (turn->unfinished) {
        return;
    }

    while (jupref_reconcile_claim(&turn->seen->mints[turn->at].mint,
                                  known->touches, (unsigned) known->count,
                                  &event))
    {
        result = ngx_http_jupref_reconcile_book(turn, &event);

        if (result != JUPREF_LEDGER_OK) {
            turn->unfinished = 1;
            return;
        }
    }
}


static void
ngx_http_jupref_reconcile_publish(ngx_http_jupref_inspection_t *turn)
{
    jupref_event_t               event;
    ngx_http_jupref_report_t    *report;
    ngx_http_jupref_fee_mint_t  *mint;

    report = &turn->report;
    mint = &turn->seen->mints[turn->at];

    if (!report->unfinished
        && jupref_reconcile_event(&report->reconcile, &report->drift, &event))
    {
        (void) ngx_http_jupref_reconcile_book(turn, &event);
    }

    ngx_http_jupref_reconcile_counted(turn, report->drift.unexplained
                                      ? NGX_HTTP_JUPREF_RECONCILED_DRIFT
                                      : NGX_HTTP_JUPREF_RECONCILED_EVEN);

    ngx_http_jupref_rpc_lock(turn->rpc_zone);

    if (mint->report == NULL) {
        mint->report = ngx_slab_alloc_locked(turn->rpc_zone->shpool,
                                             sizeof(ngx_http_jupref_report_t));
    }

    if (mint->report) {
        ngx_memcpy(mint->report, report, sizeof(ngx_http_jupref_report_t));
    }

    ngx_http_jupref_rpc_unlock(turn->rpc_zone);
}


static void
ngx_http_jupref_reconcile_counted(ngx_http_jupref_inspection_t *turn,
    ngx_http_jupref_reconciled_e result)
{
    (void) ngx_atomic_fetch_add(&turn->seen->reconciled[result], 1);
}


static jupref_ledger_result_e
ngx_http_jupref_reconcile_book(ngx_http_jupref_inspection_t *turn,
    jupref_event_t *event)
{
    jupref_ledger_result_e  result;

    ngx_http_jupref_lock(turn->zone);
    result = ngx_http_jupref_append(turn->zone, event);
    ngx_http_jupref_unlock(turn->zone);

    if (result == JUPREF_LEDGER_OK) {
        ngx_http_jupref_commit_soon(turn->zone);

    } else if (result != JUPREF_LEDGER_NO_CHANGE) {
        ngx_log_error(NGX_LOG_ERR, turn->log, 0, "jupref: %s refused, %s: %s",
                      jupref_event_name(event->type),
                      jupref_ledger_result_name(result),
                      jupref_ledger_result_text(result));
    }

    return result;
}
