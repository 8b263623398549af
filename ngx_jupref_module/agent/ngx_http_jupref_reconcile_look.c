/*
 * The transactions that touched a mint's accounts, looked at.
 *
 * What was looked at is remembered, so that it is asked for once; a claim is
 * asked of a second node.
 */

#include "agent/ngx_http_jupref_accounts_parts.h"


/* Transactions of one tour and mint, and those that are remembered of one. */
#define NGX_HTTP_JUPREF_SCAN_LOOKS  200
#define NGX_HTTP_JUPREF_SCAN_KNOWN  512


static ngx_int_t ngx_http_jupref_scan_ask(ngx_http_jupref_tour_t *tour,
    const jupref_signature_t *signature, ngx_http_jupref_ask_pt handler);
static ngx_uint_t ngx_http_jupref_scan_read(ngx_http_jupref_tour_t *tour,
    ngx_http_jupref_ask_t *ask, const jupref_signature_t *signature,
    ngx_uint_t place, jupref_touch_t *touch);
static void ngx_http_jupref_scan_shown(ngx_http_jupref_ask_t *ask);
static void ngx_http_jupref_scan_keep(ngx_http_jupref_tour_t *tour,
    const jupref_touch_t *touch);
static jupref_touch_t *ngx_http_jupref_scan_doubted(
    ngx_http_jupref_tour_t *tour);
static void ngx_http_jupref_scan_seconded(ngx_http_jupref_ask_t *ask);


/* The next one that is to be looked at: ours that await their proof, or all
 * others that nobody has looked at yet. */

ngx_int_t
ngx_http_jupref_scan_look(ngx_http_jupref_tour_t *tour, ngx_uint_t foreign)
{
    jupref_touch_t             *doubted;
    ngx_http_jupref_known_t    *known;
    ngx_http_jupref_touched_t  *touched;

    known = &tour->known[tour->at];

    if (!foreign && tour->touched_at == 0) {
        ngx_http_jupref_scan_sort(tour, 0);
    }

    for ( /* void */ ; tour->touched_at < known->touched_count;
         tour->touched_at++)
    {
        touched = &known->touched[tour->touched_at];

        if (foreign == (touched->look == JUPREF_TOUCH_AWAITING)) {
            continue;
        }

        if (tour->looks == NGX_HTTP_JUPREF_SCAN_LOOKS) {
            tour->unfinished = NGX_HTTP_JUPREF_UNFINISHED_TRANSACTIONS;
            return NGX_DECLINED;
        }

        return ngx_http_jupref_scan_ask(tour, &touched->signature,
                                        ngx_http_jupref_scan_shown);
    }

    doubted = foreign ? ngx_http_jupref_scan_doubted(tour) : NULL;

    if (doubted && tour->looks < NGX_HTTP_JUPREF_SCAN_LOOKS) {
        return ngx_http_jupref_scan_ask(tour, &doubted->signature,
                                        ngx_http_jupref_scan_seconded);
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_jupref_scan_ask(ngx_http_jupref_tour_t *tour,
    const jupref_signature_t *signature, ngx_http_jupref_ask_pt handler)
{
    ngx_http_jupref_ask_t        *ask;
    ngx_http_jupref_pool_node_t  *node;

    node = ngx_http_jupref_pool_node(tour->pool, tour->node);

    if (node == NULL) {
        return NGX_ERROR;
    }

    ask = ngx_http_jupref_ask_transaction(tour->pool, node, signature);

    return ask ? ngx_http_jupref_tour_begin(tour, ask, handler) : NGX_ERROR;
}


/* What can't be seen explains nothing, and nothing is concluded. */

static ngx_uint_t
ngx_http_jupref_scan_read(ngx_http_jupref_tour_t *tour,
    ngx_http_jupref_ask_t *ask, const jupref_signature_t *signature,
    ngx_uint_t place, jupref_touch_t *touch)
{
    uint32_t                     index;
    jupref_ledger_t             *ledger;
    jupref_trade_row_t           trade;
    jupref_fee_account_t         account;
    ngx_http_jupref_fee_mint_t  *mint;

    if (ask->result == NULL
        || jupref_rpc_transaction_read(&tour->shown, &ask->tree, ask->result)
           != JUPREF_CHAIN_OK)
    {
        tour->unfinished = NGX_HTTP_JUPREF_UNFINISHED_NOT_SHOWN;
        return 0;
    }

    mint = &tour->seen->mints[tour->at];
    account.mint = mint->mint;
    account.account = mint->places[place].account;

    ngx_http_jupref_lock(tour->zone);

    ledger = ngx_http_jupref_ledger(tour->zone);
    index = jupref_find_trade(ledger, signature);

    if (index) {
        trade = *jupref_trade(ledger, index);
    }

    ngx_http_jupref_unlock(tour->zone);

    jupref_touch_of(&tour->shown, &account, index ? &trade : NULL,
                    tour->claimed_slot, touch);

    touch->node = (uint8_t) tour->node;
    touch->place = (uint8_t) place;
    touch->confirmed = tour->single;

    return 1;
}


static void
ngx_http_jupref_scan_shown(ngx_http_jupref_ask_t *ask)
{
    jupref_touch_t              touch;
    ngx_http_jupref_tour_t     *tour;
    ngx_http_jupref_known_t    *known;
    ngx_http_jupref_touched_t  *touched;

    tour = ngx_http_jupref_tour_came(ask, NGX_HTTP_JUPREF_CALL_TRANSACTION);

    if (ngx_http_jupref_ask_newer(ask)) {
        ngx_http_jupref_tour_on(tour);
        return;
    }

    known = &tour->known[tour->at];
    touched = &known->touched[tour->touched_at++];
    tour->looks++;

    if (!ngx_http_jupref_scan_read(tour, ask, &touched->signature,
                                   touched->place, &touch))
    {
        ngx_http_jupref_tour_on(tour);
        return;
    }

    if (touched->look == JUPREF_TOUCH_AWAITING) {

        if (tour->touch_count < NGX_HTTP_JUPREF_AWAITING_MAX) {
            tour->touches[tour->touch_count++] = touch;
        }

    } else {
        ngx_http_jupref_scan_keep(tour, &touch);
        *touched = known->touched[--known->touched_count];
        tour->touched_at--;
    }

    ngx_http_jupref_tour_on(tour);
}


/* Of those that say nothing of a claim the oldest give way. */

static void
ngx_http_jupref_scan_keep(ngx_http_jupref_tour_t *tour,
    const jupref_touch_t *touch)
{
    ngx_uint_t                i;
    jupref_touch_t           *oldest, *one;
    ngx_http_jupref_known_t  *known;

    known = &tour->known[tour->at];

    if (touch->kind == JUPREF_TOUCH_NONE) {
        return;
    }

    if (known->touches == NULL) {
        known->touches = ngx_alloc(NGX_HTTP_JUPREF_SCAN_KNOWN
                                   * sizeof(jupref_touch_t), tour->log);
    }

    if (known->touches == NULL) {
        tour->unfinished = NGX_HTTP_JUPREF_UNFINISHED_MEMORY;
        return;
    }

    if (known->count < NGX_HTTP_JUPREF_SCAN_KNOWN) {
        known->touches[known->count++] = *touch;
        return;
    }

    for (oldest = NULL, i = 0; i < known->count; i++) {
        one = &known->touches[i];

        if ((one->kind != JUPREF_TOUCH_CLAIM || one->booked)
            && (oldest == NULL || one->slot < oldest->slot))
        {
            oldest = one;
        }
    }

    if (oldest == NULL) {
        tour->unfinished = NGX_HTTP_JUPREF_UNFINISHED_MEMORY;
        return;
    }

    *oldest = *touch;
}


/* A claim that this node is to show, too. */

static jupref_touch_t *
ngx_http_jupref_scan_doubted(ngx_http_jupref_tour_t *tour)
{
    ngx_uint_t                i;
    jupref_touch_t           *touch;
    ngx_http_jupref_known_t  *known;

    known = &tour->known[tour->at];

    for (i = 0; i < known->count; i++) {
        touch = &known->touches[i];

        if (touch->kind == JUPREF_TOUCH_CLAIM && !touch->booked
            && !touch->confirmed && touch->node != tour->node)
        {
            return touch;
        }
    }

    return NULL;
}


/* What another node shows otherwise is neither's word: the newer one's stands
 * until somebody confirms it. */

static void
ngx_http_jupref_scan_seconded(ngx_http_jupref_ask_t *ask)
{
    jupref_touch_t           seen, *touch;
    ngx_http_jupref_tour_t  *tour;

    tour = ngx_http_jupref_tour_came(ask, NGX_HTTP_JUPREF_CALL_TRANSACTION);

    if (ngx_http_jupref_ask_newer(ask)) {
        ngx_http_jupref_tour_on(tour);
        return;
    }

    touch = ngx_http_jupref_scan_doubted(tour);

    if (touch == NULL) {
        ngx_http_jupref_tour_on(tour);
        return;
    }

    if (!ngx_http_jupref_scan_read(tour, ask, &touch->signature,
                                   touch->place, &seen))
    {
        /* nothing else is asked in this tour */

        tour->looks = NGX_HTTP_JUPREF_SCAN_LOOKS;
        ngx_http_jupref_tour_on(tour);
        return;
    }

    tour->looks++;
    seen.confirmed = (seen.kind == touch->kind && seen.slot == touch->slot
                      && seen.delta == touch->delta
                      && ngx_memcmp(seen.signature.bytes,
                                    touch->signature.bytes,
                                    JUPREF_SIGNATURE_SIZE) == 0);
    *touch = seen;
    ngx_http_jupref_tour_on(tour);
}


/* Claims that aren't booked: those that one node alone has shown, or all. */

ngx_uint_t
ngx_http_jupref_scan_claims(ngx_http_jupref_tour_t *tour,
    ngx_uint_t unconfirmed)
{
    ngx_uint_t                i;
    jupref_touch_t           *touch;
    ngx_http_jupref_known_t  *known;

    known = &tour->known[tour->at];

    for (i = 0; i < known->count; i++) {
        touch = &known->touches[i];

        if (touch->kind == JUPREF_TOUCH_CLAIM && !touch->booked
            && (!unconfirmed || !touch->confirmed))
        {
            return 1;
        }
    }

    return 0;
}


/* Up to the balance's slot nothing is left to be explained. */

void
ngx_http_jupref_scan_even(ngx_http_jupref_tour_t *tour)
{
    uint64_t                    slot;
    ngx_uint_t                  i, kept;
    ngx_http_jupref_known_t    *known;
    ngx_http_jupref_touched_t  *touched;

    slot = tour->seen->mints[tour->at].slot;
    known = &tour->known[tour->at];

    for (kept = 0, i = 0; i < known->touched_count; i++) {
        touched = &known->touched[i];

        if (touched->look == JUPREF_TOUCH_AWAITING || touched->slot > slot) {
            known->touched[kept++] = *touched;
        }
    }

    known->touched_count = kept;
}


void
ngx_http_jupref_scan_forget(ngx_http_jupref_tour_t *tour)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_JUPREF_FEE_MINTS; i++) {
        if (tour->known[i].touches) {
            ngx_free(tour->known[i].touches);
        }

        if (tour->known[i].touched) {
            ngx_free(tour->known[i].touched);
        }
    }
}
