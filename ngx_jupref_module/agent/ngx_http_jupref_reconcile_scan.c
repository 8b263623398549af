/*
 * What touched a mint's accounts: their signatures, newest first, and the
 * transactions of those that have to be looked at.
 *
 * Our trades are known by their rows.  What was looked at is remembered, so
 * that it is asked for once; a process that takes over asks anew.
 */

#include "agent/ngx_http_jupref_accounts_parts.h"


#define NGX_HTTP_JUPREF_SCAN_PAGE    100        /* signatures of a call */
#define NGX_HTTP_JUPREF_SCAN_PAGES   10         /* of one account */

/* Transactions of one tour and mint, and those that are remembered of one. */
#define NGX_HTTP_JUPREF_SCAN_LOOKS   200
#define NGX_HTTP_JUPREF_SCAN_KNOWN   512

/* Rows looked up under one lock. */
#define NGX_HTTP_JUPREF_SCAN_STEP    50


static ngx_http_jupref_place_t *ngx_http_jupref_scan_place(
    ngx_http_jupref_tour_t *tour);
static void ngx_http_jupref_scan_told(ngx_http_jupref_ask_t *ask);
static ngx_uint_t ngx_http_jupref_scan_take(ngx_http_jupref_tour_t *tour,
    unsigned count);
static void ngx_http_jupref_scan_sort(ngx_http_jupref_tour_t *tour,
    ngx_uint_t from);
static void ngx_http_jupref_scan_of(ngx_http_jupref_tour_t *tour,
    const jupref_ledger_t *ledger, ngx_http_jupref_touched_t *touched);
static ngx_uint_t ngx_http_jupref_scan_knows(ngx_http_jupref_tour_t *tour,
    const ngx_http_jupref_touched_t *touched);
static void ngx_http_jupref_scan_shown(ngx_http_jupref_ask_t *ask);
static void ngx_http_jupref_scan_keep(ngx_http_jupref_tour_t *tour,
    const jupref_touch_t *touch);


/* One page; too large for a stack. */
static jupref_address_signature_t  ngx_http_jupref_scan_page[
                                       NGX_HTTP_JUPREF_SCAN_PAGE];


ngx_int_t
ngx_http_jupref_scan(ngx_http_jupref_tour_t *tour)
{
    ngx_http_jupref_ask_t    *ask;
    ngx_http_jupref_place_t  *place;

    place = ngx_http_jupref_scan_place(tour);

    if (place == NULL) {
        return NGX_DECLINED;
    }

    ask = ngx_http_jupref_tour_ask(tour, "getSignaturesForAddress",
                                   3 * NGX_HTTP_JUPREF_ASK_KEY);
    if (ask == NULL) {
        return NGX_ERROR;
    }

    ngx_http_jupref_ask_pubkey(ask, &place->account);
    ngx_http_jupref_ask_finalized(ask);
    jupref_json_number(&ask->json, "limit", NGX_HTTP_JUPREF_SCAN_PAGE);

    if (tour->pages) {
        ngx_http_jupref_ask_before(ask,
            &tour->touched[tour->touched_count - 1].signature);
    }

    jupref_json_object_end(&ask->json);

    return ngx_http_jupref_tour_begin(tour, ask, ngx_http_jupref_scan_told);
}


static ngx_http_jupref_place_t *
ngx_http_jupref_scan_place(ngx_http_jupref_tour_t *tour)
{
    ngx_http_jupref_place_t  *place;

    for ( /* void */ ; tour->place < tour->referral_count; tour->place++) {
        place = &tour->seen->mints[tour->at].places[tour->place];

        if (place->state == NGX_HTTP_JUPREF_FEE_OPEN
            || place->state == NGX_HTTP_JUPREF_FEE_FROZEN)
        {
            return place;
        }
    }

    return NULL;
}


static void
ngx_http_jupref_scan_told(ngx_http_jupref_ask_t *ask)
{
    unsigned                 count;
    ngx_uint_t               from;
    ngx_http_jupref_tour_t  *tour;

    tour = ngx_http_jupref_tour_came(ask, NGX_HTTP_JUPREF_CALL_SIGNATURES);

    if (ask->result == NULL
        || jupref_rpc_signatures_read(&ask->tree, ask->result,
                                      ngx_http_jupref_scan_page,
                                      NGX_HTTP_JUPREF_SCAN_PAGE, &count)
           != JUPREF_CHAIN_OK)
    {
        ngx_http_jupref_tour_fail(tour);
        return;
    }

    from = tour->touched_count;

    if (ngx_http_jupref_scan_take(tour, count)
        || count < NGX_HTTP_JUPREF_SCAN_PAGE)
    {
        tour->place++;
        tour->pages = 0;

    } else if (++tour->pages == NGX_HTTP_JUPREF_SCAN_PAGES) {
        tour->place++;
        tour->pages = 0;
        tour->unfinished = 1;
    }

    ngx_http_jupref_scan_sort(tour, from);
    ngx_http_jupref_tour_on(tour);
}


/* 1 when the rest is of no use: it is reconciled, or was there before us. */

static ngx_uint_t
ngx_http_jupref_scan_take(ngx_http_jupref_tour_t *tour, unsigned count)
{
    unsigned                     i;
    ngx_http_jupref_touched_t   *touched;
    jupref_address_signature_t  *one;

    for (i = 0; i < count; i++) {
        one = &ngx_http_jupref_scan_page[i];

        if ((tour->stop_slot && one->slot <= tour->stop_slot)
            || (one->block_time && one->block_time < tour->since_s))
        {
            return 1;
        }

        if (tour->touched_count == NGX_HTTP_JUPREF_TOUCHED_MAX) {
            tour->unfinished = 1;
            return 1;
        }

        touched = &tour->touched[tour->touched_count++];
        touched->signature = one->signature;
        touched->slot = one->slot;
        touched->place = (uint8_t) tour->place;

        /* what failed has moved nothing */

        touched->look = one->failed ? JUPREF_TOUCH_NONE : JUPREF_TOUCH_UNKNOWN;
    }

    return 0;
}


/* Which of them are ours, by the ledger. */

static void
ngx_http_jupref_scan_sort(ngx_http_jupref_tour_t *tour, ngx_uint_t from)
{
    ngx_uint_t        i;
    jupref_ledger_t  *ledger;

    while (from < tour->touched_count) {

        ngx_http_jupref_lock(tour->zone);
        ledger = ngx_http_jupref_ledger(tour->zone);

        for (i = 0; i < NGX_HTTP_JUPREF_SCAN_STEP
                    && from < tour->touched_count; i++)
        {
            ngx_http_jupref_scan_of(tour, ledger, &tour->touched[from++]);
        }

        ngx_http_jupref_unlock(tour->zone);
    }
}


/* A trade whose fee is booked matters only behind the balance's slot. */

static void
ngx_http_jupref_scan_of(ngx_http_jupref_tour_t *tour,
    const jupref_ledger_t *ledger, ngx_http_jupref_touched_t *touched)
{
    uint32_t                     index;
    jupref_touch_t              *touch;
    const jupref_trade_row_t    *trade;
    ngx_http_jupref_fee_mint_t  *mint;

    if (touched->look == JUPREF_TOUCH_NONE) {
        return;
    }

    index = jupref_find_trade(ledger, &touched->signature);

    if (index == 0) {
        touched->look = JUPREF_TOUCH_SWAP;
        return;
    }

    trade = jupref_trade(ledger, index);
    mint = &tour->seen->mints[tour->at];

    switch (trade->state) {

    case JUPREF_STATE_VERIFIED:
    case JUPREF_STATE_AVAILABLE:
    case JUPREF_STATE_DISPUTED:
        touched->look = JUPREF_TOUCH_NONE;

        if (tour->touch_count == NGX_HTTP_JUPREF_TOUCHED_MAX
            || !jupref_pubkey_equal(&jupref_mint(ledger, trade->fee_mint)
                                         ->mint, &mint->mint))
        {
            return;
        }

        touch = &tour->touches[tour->touch_count++];
        ngx_memzero(touch, sizeof(jupref_touch_t));
        touch->signature = touched->signature;
        touch->slot = touched->slot;
        touch->delta = trade->fee;
        touch->kind = JUPREF_TOUCH_TRADE;
        touch->booked = 1;
        return;

    case JUPREF_STATE_EXECUTED:
    case JUPREF_STATE_UNKNOWN:
    case JUPREF_STATE_UNPROVED:
        touched->look = JUPREF_TOUCH_AWAITING;
        return;

    default:
        touched->look = JUPREF_TOUCH_DROPPED;
        return;
    }
}


/* The next one that is to be looked at: ours that await their proof, or all
 * others that nobody has looked at yet. */

ngx_int_t
ngx_http_jupref_scan_look(ngx_http_jupref_tour_t *tour, ngx_uint_t foreign)
{
    ngx_http_jupref_ask_t        *ask;
    ngx_http_jupref_touched_t    *touched;
    ngx_http_jupref_pool_node_t  *node;

    for ( /* void */ ; tour->touched_at < tour->touched_count;
         tour->touched_at++)
    {
        touched = &tour->touched[tour->touched_at];

        if (touched->look == JUPREF_TOUCH_NONE
            || foreign == (touched->look == JUPREF_TOUCH_AWAITING)
            || (foreign && ngx_http_jupref_scan_knows(tour, touched)))
        {
            continue;
        }

        if (tour->looks == NGX_HTTP_JUPREF_SCAN_LOOKS) {
            tour->unfinished = 1;
            return NGX_DECLINED;
        }

        node = ngx_http_jupref_pool_node(tour->pool, tour->node);

        if (node == NULL) {
            return NGX_ERROR;
        }

        ask = ngx_http_jupref_ask_transaction(tour->pool, node,
                                              &touched->signature);

        return ask ? ngx_http_jupref_tour_begin(tour, ask,
                                                ngx_http_jupref_scan_shown)
                   : NGX_ERROR;
    }

    return NGX_DECLINED;
}


static ngx_uint_t
ngx_http_jupref_scan_knows(ngx_http_jupref_tour_t *tour,
    const ngx_http_jupref_touched_t *touched)
{
    ngx_uint_t                i;
    ngx_http_jupref_known_t  *known;

    known = &tour->known[tour->at];

    for (i = 0; i < known->count; i++) {
        if (known->touches[i].slot == touched->slot
            && ngx_memcmp(known->touches[i].signature.bytes,
                          touched->signature.bytes, JUPREF_SIGNATURE_SIZE)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}


static void
ngx_http_jupref_scan_shown(ngx_http_jupref_ask_t *ask)
{
    uint32_t                     index;
    jupref_touch_t               touch;
    jupref_ledger_t             *ledger;
    jupref_trade_row_t           trade;
    jupref_fee_account_t         account;
    ngx_http_jupref_tour_t      *tour;
    ngx_http_jupref_touched_t   *touched;
    ngx_http_jupref_fee_mint_t  *mint;

    tour = ngx_http_jupref_tour_came(ask, NGX_HTTP_JUPREF_CALL_TRANSACTION);

    if (ngx_http_jupref_ask_newer(ask)) {
        ngx_http_jupref_tour_on(tour);
        return;
    }

    touched = &tour->touched[tour->touched_at++];
    tour->looks++;

    /* what can't be seen explains nothing, and nothing is concluded */

    if (ask->result == NULL
        || jupref_rpc_transaction_read(&tour->shown, &ask->tree, ask->result)
           != JUPREF_CHAIN_OK)
    {
        tour->unfinished = 1;
        ngx_http_jupref_tour_on(tour);
        return;
    }

    mint = &tour->seen->mints[tour->at];
    account.mint = mint->mint;
    account.account = mint->places[touched->place].account;

    ngx_http_jupref_lock(tour->zone);

    ledger = ngx_http_jupref_ledger(tour->zone);
    index = jupref_find_trade(ledger, &touched->signature);

    if (index) {
        trade = *jupref_trade(ledger, index);
    }

    ngx_http_jupref_unlock(tour->zone);

    jupref_touch_of(&tour->shown, &account, index ? &trade : NULL,
                    tour->claimed_slot, &touch);

    if (touched->look == JUPREF_TOUCH_AWAITING) {

        if (tour->touch_count < NGX_HTTP_JUPREF_TOUCHED_MAX) {
            tour->touches[tour->touch_count++] = touch;
        }

    } else {
        ngx_http_jupref_scan_keep(tour, &touch);
    }

    ngx_http_jupref_tour_on(tour);
}


/* What finds no room is asked for again in each tour. */

static void
ngx_http_jupref_scan_keep(ngx_http_jupref_tour_t *tour,
    const jupref_touch_t *touch)
{
    ngx_http_jupref_known_t  *known;

    known = &tour->known[tour->at];

    if (known->touches == NULL) {
        known->touches = ngx_alloc(NGX_HTTP_JUPREF_SCAN_KNOWN
                                   * sizeof(jupref_touch_t), tour->log);
    }

    if (known->touches == NULL || known->count == NGX_HTTP_JUPREF_SCAN_KNOWN)
    {
        tour->unfinished = 1;
        return;
    }

    known->touches[known->count++] = *touch;
}


void
ngx_http_jupref_scan_forget(ngx_http_jupref_tour_t *tour)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_JUPREF_FEE_MINTS; i++) {
        if (tour->known[i].touches) {
            ngx_free(tour->known[i].touches);
        }
    }
}
