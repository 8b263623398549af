/*
 * Trades in hand (see the header).
 *
 * How long to wait follows from how old a trade is, so that nothing has to be
 * remembered of it: a quarter of its age, within bounds.  A trade that is
 * final in a second or two is proved at the first look; the thirteen seconds
 * of the older consensus take seven; one of yesterday is asked for each five
 * minutes.
 */

#include "agent/ngx_http_jupref_hand.h"


/* The first look: a transaction is final no earlier. */
#define NGX_HTTP_JUPREF_LOOK_FIRST_MS   1500

#define NGX_HTTP_JUPREF_LOOK_MIN_MS     2000
#define NGX_HTTP_JUPREF_LOOK_MAX_MS     (5 * 60 * 1000)

/* Trades copied under one lock, and locks of one fill. */
#define NGX_HTTP_JUPREF_HAND_STEP       32
#define NGX_HTTP_JUPREF_HAND_STEPS      8

/* Of those that nobody could prove: so many, so often, all once an hour. */
#define NGX_HTTP_JUPREF_MISSED_STEP     16
#define NGX_HTTP_JUPREF_MISSED_EVERY_MS 5000
#define NGX_HTTP_JUPREF_MISSED_PASS_MS  (60 * 60 * 1000)


static ngx_uint_t ngx_http_jupref_hand_read(ngx_http_jupref_hand_t *hand,
    ngx_http_jupref_zone_t *zone, jupref_proofs_e proofs,
    jupref_cursor_t *cursor, ngx_uint_t limit, uint64_t steady_ms);
static void ngx_http_jupref_hand_add(ngx_http_jupref_hand_t *hand,
    jupref_trade_row_t *trade, ngx_uint_t missed, uint64_t steady_ms);
static uint64_t ngx_http_jupref_hand_age(uint64_t time_ms);
static uint64_t ngx_http_jupref_hand_jitter(uint64_t ms);


/* Copies of rows, as they are told by the ledger. */
static jupref_proof_view_t  ngx_http_jupref_hand_views[
                                NGX_HTTP_JUPREF_HAND_STEP];


ngx_http_jupref_hand_t *
ngx_http_jupref_hand_create(ngx_log_t *log)
{
    uint64_t                 size;
    ngx_http_jupref_hand_t  *hand;

    size = jupref_table_size(NGX_HTTP_JUPREF_HAND_MAX,
                             sizeof(ngx_http_jupref_held_t));

    hand = ngx_calloc(sizeof(ngx_http_jupref_hand_t), log);
    if (hand == NULL) {
        return NULL;
    }

    /* large: pages that are never used cost nothing */

    hand->block = ngx_calloc((size_t) size, log);

    if (hand->block == NULL) {
        ngx_free(hand);
        return NULL;
    }

    jupref_table_init(&hand->table, 0, NGX_HTTP_JUPREF_HAND_MAX,
                      sizeof(ngx_http_jupref_held_t),
                      offsetof(ngx_http_jupref_held_t, signature),
                      JUPREF_SIGNATURE_SIZE);

    ngx_rbtree_init(&hand->due, &hand->sentinel, ngx_rbtree_insert_value);

    return hand;
}


void
ngx_http_jupref_hand_free(ngx_http_jupref_hand_t *hand)
{
    ngx_free(hand->block);
    ngx_free(hand);
}


void
ngx_http_jupref_hand_fill(ngx_http_jupref_hand_t *hand,
    ngx_http_jupref_zone_t *zone, uint64_t steady_ms)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_JUPREF_HAND_STEPS; i++) {

        if (ngx_http_jupref_hand_read(hand, zone, JUPREF_PROOFS_AWAITED,
                                      &hand->awaited,
                                      NGX_HTTP_JUPREF_HAND_STEP, steady_ms)
            < NGX_HTTP_JUPREF_HAND_STEP)
        {
            break;
        }
    }

    if (steady_ms < hand->missed_ms) {
        return;
    }

    if (hand->missed.index == 0) {
        hand->pass_ms = steady_ms;
    }

    hand->missed_ms = steady_ms + NGX_HTTP_JUPREF_MISSED_EVERY_MS;

    if (ngx_http_jupref_hand_read(hand, zone, JUPREF_PROOFS_MISSED,
                                  &hand->missed, NGX_HTTP_JUPREF_MISSED_STEP,
                                  steady_ms)
        < NGX_HTTP_JUPREF_MISSED_STEP)
    {
        ngx_memzero(&hand->missed, sizeof(jupref_cursor_t));
        hand->missed_ms = ngx_max(hand->missed_ms, hand->pass_ms
                                  + NGX_HTTP_JUPREF_MISSED_PASS_MS);
    }
}


/* Returns how many were told, 0 also where there is no room for them. */

static ngx_uint_t
ngx_http_jupref_hand_read(ngx_http_jupref_hand_t *hand,
    ngx_http_jupref_zone_t *zone, jupref_proofs_e proofs,
    jupref_cursor_t *cursor, ngx_uint_t limit, uint64_t steady_ms)
{
    unsigned  i, count;

    if (hand->table.count + limit > hand->table.capacity) {
        return 0;
    }

    ngx_http_jupref_lock(zone);
    count = jupref_view_proofs(ngx_http_jupref_ledger(zone), proofs, cursor,
                               (unsigned) limit, ngx_http_jupref_hand_views);
    ngx_http_jupref_unlock(zone);

    /* where the cursor's place was lost all are told again, from the first:
     * those in hand are known */

    for (i = 0; i < count; i++) {
        ngx_http_jupref_hand_add(hand, &ngx_http_jupref_hand_views[i].row,
                                 proofs == JUPREF_PROOFS_MISSED, steady_ms);
    }

    return count;
}


static void
ngx_http_jupref_hand_add(ngx_http_jupref_hand_t *hand,
    jupref_trade_row_t *trade, ngx_uint_t missed, uint64_t steady_ms)
{
    uint32_t                 index;
    uint64_t                 age, wait;
    ngx_http_jupref_held_t  *held;

    if (jupref_table_find(&hand->table, hand->block, &trade->signature)) {
        return;
    }

    index = jupref_table_insert(&hand->table, hand->block, &trade->signature);
    held = jupref_table_row(&hand->table, hand->block, index);

    held->time_ms = trade->time_ms;
    held->missed = missed ? 1 : 0;

    age = ngx_http_jupref_hand_age(trade->time_ms);
    wait = (age < NGX_HTTP_JUPREF_LOOK_FIRST_MS)
           ? NGX_HTTP_JUPREF_LOOK_FIRST_MS - age : 0;

    held->node.key = (ngx_rbtree_key_t)
                     (steady_ms + ngx_http_jupref_hand_jitter(wait));

    ngx_rbtree_insert(&hand->due, &held->node);
}


ngx_http_jupref_held_t *
ngx_http_jupref_hand_due(ngx_http_jupref_hand_t *hand, uint64_t steady_ms)
{
    ngx_rbtree_node_t  *node;

    if (hand->due.root == &hand->sentinel) {
        return NULL;
    }

    node = ngx_rbtree_min(hand->due.root, &hand->sentinel);

    if (node->key > steady_ms) {
        return NULL;
    }

    ngx_rbtree_delete(&hand->due, node);

    return ngx_rbtree_data(node, ngx_http_jupref_held_t, node);
}


void
ngx_http_jupref_hand_again(ngx_http_jupref_hand_t *hand,
    ngx_http_jupref_held_t *held, uint64_t steady_ms)
{
    uint64_t  wait;

    /* those that nobody could prove come with their next pass */

    if (held->missed) {
        ngx_http_jupref_hand_settled(hand, held);
        return;
    }

    wait = ngx_http_jupref_hand_age(held->time_ms) / 4;
    wait = ngx_max(wait, NGX_HTTP_JUPREF_LOOK_MIN_MS);
    wait = ngx_min(wait, NGX_HTTP_JUPREF_LOOK_MAX_MS);

    held->node.key = (ngx_rbtree_key_t)
                     (steady_ms + ngx_http_jupref_hand_jitter(wait));

    ngx_rbtree_insert(&hand->due, &held->node);
}


void
ngx_http_jupref_hand_settled(ngx_http_jupref_hand_t *hand,
    ngx_http_jupref_held_t *held)
{
    uint32_t  index;

    index = jupref_table_find(&hand->table, hand->block, &held->signature);

    jupref_table_remove(&hand->table, hand->block, index);
}


static uint64_t
ngx_http_jupref_hand_age(uint64_t time_ms)
{
    uint64_t  now_ms;

    now_ms = ngx_http_jupref_now_ms();

    return (now_ms > time_ms) ? now_ms - time_ms : 0;
}


/* An eighth more or less, so that what came together goes apart. */

static uint64_t
ngx_http_jupref_hand_jitter(uint64_t ms)
{
    uint64_t  span;

    span = ms / 4;

    return span ? ms - span / 2 + (uint64_t) ngx_random() % span : ms;
}
