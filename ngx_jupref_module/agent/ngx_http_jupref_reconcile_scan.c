/*
 * What touched a mint's accounts: their signatures, newest first.
 *
 * Our trades are known by their rows.  An account's signatures are taken page
 * by page, over as many tours as it takes, and each once: the next walk ends
 * where the last one began.  A process that takes over begins anew.
 */

#include "agent/ngx_http_jupref_accounts_parts.h"


#define NGX_HTTP_JUPREF_SCAN_PAGES   10         /* of one account and tour */
#define NGX_HTTP_JUPREF_SCAN_LEAST   10         /* signatures of a call */

/* Rows looked up under one lock. */
#define NGX_HTTP_JUPREF_SCAN_STEP    50


static ngx_http_jupref_place_t *ngx_http_jupref_scan_place(
    ngx_http_jupref_tour_t *tour);
static ngx_int_t ngx_http_jupref_scan_room(ngx_http_jupref_tour_t *tour);
static void ngx_http_jupref_scan_told(ngx_http_jupref_ask_t *ask);
static ngx_uint_t ngx_http_jupref_scan_take(ngx_http_jupref_tour_t *tour,
    unsigned count);
static jupref_touch_kind_e ngx_http_jupref_scan_of(
    const jupref_ledger_t *ledger, const jupref_signature_t *signature);


/* One page; too large for a stack. */
static jupref_address_signature_t  ngx_http_jupref_scan_page[
                                       NGX_HTTP_JUPREF_SCAN_PAGE];


ngx_int_t
ngx_http_jupref_scan(ngx_http_jupref_tour_t *tour)
{
    ngx_http_jupref_ask_t    *ask;
    ngx_http_jupref_walk_t   *walk;
    ngx_http_jupref_place_t  *place;

    place = ngx_http_jupref_scan_place(tour);

    if (place == NULL) {
        return NGX_DECLINED;
    }

    /* what is taken has to be looked at first */

    if (ngx_http_jupref_scan_room(tour) != NGX_OK) {
        return NGX_DECLINED;
    }

    ask = ngx_http_jupref_tour_ask(tour, "getSignaturesForAddress",
                                   3 * NGX_HTTP_JUPREF_ASK_KEY);
    if (ask == NULL) {
        return NGX_ERROR;
    }

    walk = &tour->known[tour->at].walks[tour->place];

    ngx_http_jupref_ask_pubkey(ask, &place->account);
    ngx_http_jupref_ask_finalized(ask);
    jupref_json_number(&ask->json, "limit", tour->limit);

    if (walk->going) {
        ngx_http_jupref_ask_before(ask, &walk->before);
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


static ngx_int_t
ngx_http_jupref_scan_room(ngx_http_jupref_tour_t *tour)
{
    ngx_http_jupref_known_t  *known;

    known = &tour->known[tour->at];

    if (known->touched == NULL) {
        known->touched = ngx_alloc(NGX_HTTP_JUPREF_TOUCHED_MAX
                                   * sizeof(ngx_http_jupref_touched_t),
                                   tour->log);
    }

    if (known->touched == NULL) {
        tour->unfinished = NGX_HTTP_JUPREF_UNFINISHED_MEMORY;
        return NGX_DECLINED;
    }

    if (known->touched_count + tour->limit > NGX_HTTP_JUPREF_TOUCHED_MAX) {
        tour->unfinished = NGX_HTTP_JUPREF_UNFINISHED_TRANSACTIONS;
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static void
ngx_http_jupref_scan_told(ngx_http_jupref_ask_t *ask)
{
    unsigned                  count;
    ngx_uint_t                from, resumed;
    ngx_http_jupref_tour_t   *tour;
    ngx_http_jupref_walk_t   *walk;
    ngx_http_jupref_known_t  *known;

    tour = ngx_http_jupref_tour_came(ask, NGX_HTTP_JUPREF_CALL_SIGNATURES);

    if (ask->result == NULL
        || jupref_rpc_signatures_read(&ask->tree, ask->result,
                                      ngx_http_jupref_scan_page,
                                      (unsigned) tour->limit, &count)
           != JUPREF_CHAIN_OK)
    {
        /* memos can make a page larger than an answer may be */

        if (tour->limit > NGX_HTTP_JUPREF_SCAN_LEAST) {
            tour->limit /= 10;
            ngx_http_jupref_tour_on(tour);
            return;
        }

        ngx_http_jupref_tour_fail(tour);
        return;
    }

    known = &tour->known[tour->at];
    walk = &known->walks[tour->place];
    from = known->touched_count;
    resumed = (walk->going && tour->pages == 0);
    tour->resumed = (tour->pages == 0) ? resumed : tour->resumed;

    if (ngx_http_jupref_scan_take(tour, count) || count < tour->limit) {
        walk->even_slot = ngx_max(walk->even_slot, walk->top_slot);
        walk->going = 0;

        /* what has come since it began is taken, too */

        if (!tour->resumed) {
            tour->place++;
            tour->pages = 0;
        }

        tour->resumed = 0;

    } else if (++tour->pages >= NGX_HTTP_JUPREF_SCAN_PAGES) {
        tour->place++;
        tour->pages = 0;
        tour->unfinished = NGX_HTTP_JUPREF_UNFINISHED_SIGNATURES;
    }

    ngx_http_jupref_scan_sort(tour, from);
    ngx_http_jupref_tour_on(tour);
}


/* 1 when the rest is of no use: it was taken, or was there before us. */

static ngx_uint_t
ngx_http_jupref_scan_take(ngx_http_jupref_tour_t *tour, unsigned count)
{
    uint64_t                     stop;
    unsigned                     i;
    ngx_http_jupref_walk_t      *walk;
    ngx_http_jupref_known_t     *known;
    ngx_http_jupref_touched_t   *touched;
    jupref_address_signature_t  *one;

    known = &tour->known[tour->at];
    walk = &known->walks[tour->place];
    stop = ngx_max(walk->even_slot, tour->stop_slot);

    for (i = 0; i < count; i++) {
        one = &ngx_http_jupref_scan_page[i];

        if (!walk->going) {
            walk->going = 1;
            walk->top_slot = one->slot;
        }

        if ((stop && one->slot <= stop)
            || (one->block_time && one->block_time < tour->since_s))
        {
            return 1;
        }

        walk->before = one->signature;

        /* what failed has moved nothing */

        if (one->failed) {
            continue;
        }

        touched = &known->touched[known->touched_count++];
        touched->signature = one->signature;
        touched->slot = one->slot;
        touched->place = (uint8_t) tour->place;
        touched->look = JUPREF_TOUCH_UNKNOWN;
    }

    return 0;
}


/* Which of them are ours, by the ledger: those whose fee is booked need no
 * look. */

void
ngx_http_jupref_scan_sort(ngx_http_jupref_tour_t *tour, ngx_uint_t from)
{
    ngx_uint_t                  i, kept;
    jupref_ledger_t            *ledger;
    ngx_http_jupref_known_t    *known;
    ngx_http_jupref_touched_t  *touched;

    known = &tour->known[tour->at];
    kept = from;

    while (from < known->touched_count) {

        ngx_http_jupref_lock(tour->zone);
        ledger = ngx_http_jupref_ledger(tour->zone);

        for (i = 0; i < NGX_HTTP_JUPREF_SCAN_STEP
                    && from < known->touched_count; i++)
        {
            touched = &known->touched[from++];
            touched->look = (uint8_t) ngx_http_jupref_scan_of(ledger,
                                          &touched->signature);

            if (touched->look != JUPREF_TOUCH_NONE) {
                known->touched[kept++] = *touched;

            } else {
                known->trades++;
            }
        }

        ngx_http_jupref_unlock(tour->zone);
    }

    known->touched_count = kept;
}


/* NONE: its fee is booked. */

static jupref_touch_kind_e
ngx_http_jupref_scan_of(const jupref_ledger_t *ledger,
    const jupref_signature_t *signature)
{
    uint32_t  index;

    index = jupref_find_trade(ledger, signature);

    if (index == 0) {
        return JUPREF_TOUCH_SWAP;
    }

    switch (jupref_trade(ledger, index)->state) {

    case JUPREF_STATE_VERIFIED:
    case JUPREF_STATE_AVAILABLE:
    case JUPREF_STATE_DISPUTED:
        return JUPREF_TOUCH_NONE;

    case JUPREF_STATE_EXECUTED:
    case JUPREF_STATE_UNKNOWN:
    case JUPREF_STATE_UNPROVED:
        return JUPREF_TOUCH_AWAITING;

    default:
        return JUPREF_TOUCH_DROPPED;
    }
}
