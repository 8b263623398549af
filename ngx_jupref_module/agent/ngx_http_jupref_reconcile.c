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
    ngx_http_jupref_tour_t *tour);
static void ngx_http_jupref_reconcile_sum(ngx_http_jupref_tour_t *tour);
static void ngx_http_jupref_reconcile_add(ngx_http_jupref_tour_t *tour);
static void ngx_http_jupref_reconcile_claims(ngx_http_jupref_tour_t *tour);
static void ngx_http_jupref_reconcile_confirm(ngx_http_jupref_tour_t *tour);
static void ngx_http_jupref_reconcile_publish(ngx_http_jupref_tour_t *tour);
static void ngx_http_jupref_reconcile_counted(ngx_http_jupref_tour_t *tour,
    ngx_http_jupref_reconciled_e result);
static jupref_ledger_result_e ngx_http_jupref_reconcile_book(
    ngx_http_jupref_tour_t *tour, jupref_event_t *event);
static void ngx_http_jupref_reconcile_next(ngx_http_jupref_tour_t *tour);


/*
 * One mint a tick at most.  A mint that can't be reconciled now is left for
 * the next tour; the others aren't kept from it.
 */

ngx_int_t
ngx_http_jupref_step_reconcile(ngx_http_jupref_tour_t *tour)
{
    ngx_int_t  rc;

    if (tour->at >= tour->seen->mint_count) {
        return NGX_DECLINED;
    }

    switch (tour->phase) {

    case NGX_HTTP_JUPREF_PHASE_BEGIN:

        if (!ngx_http_jupref_reconcile_begin(tour)) {
            ngx_http_jupref_reconcile_next(tour);
            return NGX_AGAIN;
        }

        tour->phase = NGX_HTTP_JUPREF_PHASE_SCAN;

        /* fall through */

    case NGX_HTTP_JUPREF_PHASE_SCAN:
        rc = ngx_http_jupref_scan(tour);
        break;

    case NGX_HTTP_JUPREF_PHASE_OURS:
        rc = ngx_http_jupref_scan_look(tour, 0);
        break;

    default: /* NGX_HTTP_JUPREF_PHASE_FOREIGN */
        rc = ngx_http_jupref_scan_look(tour, 1);
        break;
    }

    if (rc == NGX_ERROR) {
        ngx_http_jupref_reconcile_counted(tour,
                                          NGX_HTTP_JUPREF_RECONCILED_FAILED);
        ngx_http_jupref_reconcile_next(tour);
        return NGX_AGAIN;
    }

    if (rc != NGX_DECLINED) {
        return rc;
    }

    switch (tour->phase) {

    case NGX_HTTP_JUPREF_PHASE_SCAN:
        tour->phase = NGX_HTTP_JUPREF_PHASE_OURS;
        tour->touched_at = 0;
        tour->looks = 0;
        return NGX_AGAIN;

    case NGX_HTTP_JUPREF_PHASE_OURS:
        ngx_http_jupref_reconcile_sum(tour);

        if (tour->report.drift.unexplained || tour->unfinished
            || ngx_http_jupref_scan_claims(tour, 0))
        {
            tour->phase = NGX_HTTP_JUPREF_PHASE_FOREIGN;
            tour->touched_at = 0;
            tour->looks = 0;
            return NGX_AGAIN;
        }

        break;

    default: /* NGX_HTTP_JUPREF_PHASE_FOREIGN */
        ngx_http_jupref_reconcile_claims(tour);
        ngx_http_jupref_reconcile_sum(tour);
        break;
    }

    ngx_http_jupref_reconcile_publish(tour);
    ngx_http_jupref_reconcile_next(tour);

    return NGX_AGAIN;
}


static void
ngx_http_jupref_reconcile_next(ngx_http_jupref_tour_t *tour)
{
    tour->at++;
    tour->phase = NGX_HTTP_JUPREF_PHASE_BEGIN;
}


/* 0: there is nothing to be reconciled. */

static ngx_uint_t
ngx_http_jupref_reconcile_begin(ngx_http_jupref_tour_t *tour)
{
    uint32_t                     index;
    uint64_t                     time_ms;
    ngx_uint_t                   i, open;
    jupref_ledger_t             *ledger;
    jupref_mint_row_t           *row;
    ngx_http_jupref_fee_mint_t  *mint;

    mint = &tour->seen->mints[tour->at];

    for (open = 0, i = 0; i < tour->referral_count; i++) {
        open |= (mint->places[i].state == NGX_HTTP_JUPREF_FEE_OPEN
                 || mint->places[i].state == NGX_HTTP_JUPREF_FEE_FROZEN);
    }

    tour->place = 0;
    tour->pages = 0;
    tour->limit = NGX_HTTP_JUPREF_SCAN_PAGE;
    tour->touched_at = 0;
    tour->touch_count = 0;
    tour->unfinished = NGX_HTTP_JUPREF_FINISHED;
    tour->stop_slot = 0;
    tour->claimed_slot = 0;

    ngx_http_jupref_lock(tour->zone);

    ledger = ngx_http_jupref_ledger(tour->zone);
    index = jupref_find_mint(ledger, &mint->mint);

    /* what explains a drift may be older than the last claim */

    if (index) {
        row = jupref_mint(ledger, index);
        tour->claimed_slot = row->claimed_slot;
        tour->stop_slot = row->drift ? 0 : row->claimed_slot;
    }

    time_ms = ledger->oldest_trade
              ? jupref_trade(ledger, ledger->oldest_trade)->time_ms
              : ngx_http_jupref_now_ms();

    ngx_http_jupref_unlock(tour->zone);

    tour->since_s = (int64_t) (time_ms / 1000) - 600;

    return mint->slot && (open || index);
}


/* The books, and all that is known of what touched the accounts. */

static void
ngx_http_jupref_reconcile_sum(ngx_http_jupref_tour_t *tour)
{
    uint64_t                     balance;
    ngx_uint_t                   i;
    ngx_http_jupref_report_t    *report;
    ngx_http_jupref_fee_mint_t  *mint;

    report = &tour->report;
    mint = &tour->seen->mints[tour->at];

    for (balance = 0, i = 0; i < tour->referral_count; i++) {
        balance += mint->places[i].balance;
    }

    ngx_memzero(report, sizeof(ngx_http_jupref_report_t));

    ngx_http_jupref_lock(tour->zone);
    jupref_reconcile_begin(&report->reconcile,
                           ngx_http_jupref_ledger(tour->zone), &mint->mint,
                           balance, mint->slot);
    jupref_reconcile_behind(&report->reconcile,
                            ngx_http_jupref_ledger(tour->zone));
    ngx_http_jupref_unlock(tour->zone);

    ngx_http_jupref_reconcile_add(tour);

    jupref_reconcile_end(&report->reconcile, &report->drift);

    report->checked_ms = ngx_http_jupref_now_ms();
    report->unfinished = tour->unfinished;
}


static void
ngx_http_jupref_reconcile_add(ngx_http_jupref_tour_t *tour)
{
    ngx_uint_t                i;
    ngx_http_jupref_known_t  *known;

    known = &tour->known[tour->at];
    tour->report.reconcile.kinds[JUPREF_TOUCH_TRADE] = known->trades;

    for (i = 0; i < tour->touch_count; i++) {
        jupref_reconcile_add(&tour->report.reconcile, &tour->touches[i]);
    }

    for (i = 0; i < known->count; i++) {
        jupref_reconcile_add(&tour->report.reconcile, &known->touches[i]);
    }
}


/* Only where all were seen: one that was left out could never be booked. */

static void
ngx_http_jupref_reconcile_claims(ngx_http_jupref_tour_t *tour)
{
    jupref_event_t            event;
    jupref_ledger_result_e    result;
    ngx_http_jupref_known_t  *known;

    known = &tour->known[tour->at];

    if (tour->unfinished) {
        return;
    }

    if (ngx_http_jupref_scan_claims(tour, 1)) {
        tour->unfinished = NGX_HTTP_JUPREF_UNFINISHED_NOT_CONFIRMED;
        return;
    }

    while (jupref_reconcile_claim(&tour->seen->mints[tour->at].mint,
                                  known->touches, (unsigned) known->count,
                                  &event))
    {
        result = ngx_http_jupref_reconcile_book(tour, &event);

        if (result != JUPREF_LEDGER_OK) {
            tour->unfinished = NGX_HTTP_JUPREF_UNFINISHED_NOT_BOOKED;
            return;
        }
    }
}


/*
 * What one node says is booked when another one's sums are the same: a balance
 * moves with each trade, what is unexplained of it doesn't.
 */

static void
ngx_http_jupref_reconcile_confirm(ngx_http_jupref_tour_t *tour)
{
    jupref_drift_t           *drift;
    ngx_http_jupref_more_e    more;
    ngx_http_jupref_known_t  *known;

    drift = &tour->report.drift;
    known = &tour->known[tour->at];

    if (tour->report.unfinished == NGX_HTTP_JUPREF_FINISHED
        && (!drift->changed || tour->single
            || (known->asking && known->node != tour->node
                && known->unexplained == drift->unexplained
                && known->missing == drift->missing)))
    {
        known->asking = 0;
        known->unfinished_tours = 0;
        return;
    }

    known->unfinished_tours++;

    if (tour->report.unfinished == NGX_HTTP_JUPREF_FINISHED) {
        tour->report.unfinished = NGX_HTTP_JUPREF_UNFINISHED_NOT_CONFIRMED;
        known->asking = 1;
        known->node = tour->node;
        known->unexplained = drift->unexplained;
        known->missing = drift->missing;
    }

    /* at once the first time, then with patience */

    if (tour->report.unfinished != NGX_HTTP_JUPREF_UNFINISHED_NOT_CONFIRMED) {
        more = NGX_HTTP_JUPREF_MORE_REST;

    } else if (known->unfinished_tours > 2) {
        more = NGX_HTTP_JUPREF_MORE_OTHER;

    } else {
        more = NGX_HTTP_JUPREF_MORE_CONFIRM;
    }

    tour->more = ngx_max(tour->more, more);
    tour->report.unfinished_tours = known->unfinished_tours;
}


static void
ngx_http_jupref_reconcile_publish(ngx_http_jupref_tour_t *tour)
{
    ngx_uint_t                   room;
    jupref_event_t               event;
    ngx_http_jupref_report_t    *report;
    ngx_http_jupref_fee_mint_t  *mint;

    report = &tour->report;
    mint = &tour->seen->mints[tour->at];

    ngx_http_jupref_reconcile_confirm(tour);

    if (!report->unfinished && report->drift.unexplained == 0) {
        ngx_http_jupref_scan_even(tour);
    }

    if (!report->unfinished
        && jupref_reconcile_event(&report->reconcile, &report->drift, &event))
    {
        (void) ngx_http_jupref_reconcile_book(tour, &event);
    }

    ngx_http_jupref_reconcile_counted(tour, report->unfinished
                                      ? NGX_HTTP_JUPREF_RECONCILED_UNFINISHED
                                      : report->drift.unexplained
                                      ? NGX_HTTP_JUPREF_RECONCILED_DRIFT
                                      : NGX_HTTP_JUPREF_RECONCILED_EVEN);

    ngx_http_jupref_rpc_lock(tour->rpc_zone);

    if (mint->report == NULL) {
        mint->report = ngx_http_jupref_rpc_zone_alloc_locked(
                           tour->rpc_zone, sizeof(ngx_http_jupref_report_t));
    }

    room = (mint->report != NULL);

    if (room) {
        ngx_memcpy(mint->report, report, sizeof(ngx_http_jupref_report_t));
    }

    ngx_http_jupref_rpc_unlock(tour->rpc_zone);

    if (!room && !tour->told) {
        tour->told = 1;
        ngx_log_error(NGX_LOG_ERR, tour->log, 0,
                      "jupref: there is no room to tell how fee accounts "
                      "reconcile: enlarge \"jupref_rpc_zone\"");
    }
}


static void
ngx_http_jupref_reconcile_counted(ngx_http_jupref_tour_t *tour,
    ngx_http_jupref_reconciled_e result)
{
    (void) ngx_atomic_fetch_add(&tour->seen->reconciled[result], 1);
}


static jupref_ledger_result_e
ngx_http_jupref_reconcile_book(ngx_http_jupref_tour_t *tour,
    jupref_event_t *event)
{
    jupref_ledger_result_e  result;

    ngx_http_jupref_lock(tour->zone);
    result = ngx_http_jupref_append(tour->zone, event);
    ngx_http_jupref_unlock(tour->zone);

    if (result == JUPREF_LEDGER_OK) {
        ngx_http_jupref_commit_soon(tour->zone);

    } else if (result != JUPREF_LEDGER_NO_CHANGE) {
        ngx_log_error(NGX_LOG_ERR, tour->log, 0, "jupref: %s refused, %s: %s",
                      jupref_event_name(event->type),
                      jupref_ledger_result_name(result),
                      jupref_ledger_result_text(result));
    }

    return result;
}
