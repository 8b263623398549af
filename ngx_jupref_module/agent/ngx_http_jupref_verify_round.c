/*
 * Rounds: many trades, one node, one getSignatureStatuses.
 *
 * With a trade that is late, that is, whose blockhash is dead by now or that
 * is older than any, the node is first asked for its finalized block height
 * and then searches its history: only so its silence may say something.
 */

#include "agent/ngx_http_jupref_verify.h"


/* A trade is late when it is so old, whatever block height it has. */
#define NGX_HTTP_JUPREF_LATE_MS     60000

/* Rows copied under one lock. */
#define NGX_HTTP_JUPREF_ROUND_STEP    32

/* Trades of the other kind that a round passes by. */
#define NGX_HTTP_JUPREF_ROUND_OTHERS  64


static ngx_int_t ngx_http_jupref_round_begin(ngx_http_jupref_round_t *round,
    ngx_http_jupref_pool_node_t *node);
static ngx_http_jupref_round_t *ngx_http_jupref_round_create(
    ngx_http_jupref_verify_t *verify, ngx_http_jupref_pool_node_t *node);
static void ngx_http_jupref_round_fill(ngx_http_jupref_round_t *round);
static ngx_int_t ngx_http_jupref_round_one(ngx_http_jupref_round_t *round,
    ngx_http_jupref_held_t **other);
static ngx_int_t ngx_http_jupref_round_copy(ngx_http_jupref_verify_t *verify,
    ngx_http_jupref_held_t *held, ngx_http_jupref_look_t **look);
static ngx_int_t ngx_http_jupref_round_height(ngx_http_jupref_round_t *round,
    ngx_http_jupref_pool_node_t *node);
static void ngx_http_jupref_round_height_told(ngx_http_jupref_ask_t *ask);
static ngx_int_t ngx_http_jupref_round_statuses(
    ngx_http_jupref_round_t *round, ngx_http_jupref_pool_node_t *node);
static void ngx_http_jupref_round_statuses_told(ngx_http_jupref_ask_t *ask);
static void ngx_http_jupref_round_take(ngx_http_jupref_round_t *round,
    ngx_http_jupref_ask_t *ask, const jupref_signature_status_t *statuses);
static ngx_uint_t ngx_http_jupref_round_wants(ngx_http_jupref_round_t *round,
    ngx_http_jupref_look_t *look, jupref_said_e said);
static void ngx_http_jupref_round_drop(ngx_http_jupref_round_t *round);


/* What the node told of each; too large for a stack. */
static jupref_signature_status_t  ngx_http_jupref_round_statuses_of[
                                      NGX_HTTP_JUPREF_ROUND_MAX];


/* Trades that are due and were never asked for in this look. */

ngx_int_t
ngx_http_jupref_round_due(ngx_http_jupref_verify_t *verify)
{
    ngx_http_jupref_round_t      *round;
    ngx_http_jupref_pool_node_t  *node;

    if (verify->steady_ms < verify->round_ms
        || verify->looks + NGX_HTTP_JUPREF_ROUND_MAX
           > NGX_HTTP_JUPREF_LOOKS_MAX)
    {
        return NGX_DECLINED;
    }

    node = ngx_http_jupref_trust_node(&verify->trust, verify->pool, 0);

    if (node == NULL) {
        return NGX_DECLINED;
    }

    round = ngx_http_jupref_round_create(verify, node);
    if (round == NULL) {
        return NGX_ERROR;
    }

    ngx_http_jupref_round_fill(round);

    if (round->count == 0) {
        ngx_http_jupref_round_free(round);
        return NGX_DECLINED;
    }

    return ngx_http_jupref_round_begin(round, node);
}


/* Looks that need the word of another node than those they have. */

ngx_int_t
ngx_http_jupref_round_elsewhere(ngx_http_jupref_verify_t *verify)
{
    uint64_t                      bit;
    ngx_queue_t                  *q, *next;
    ngx_http_jupref_look_t       *look;
    ngx_http_jupref_round_t      *round;
    ngx_http_jupref_pool_node_t  *node;

    if (ngx_queue_empty(&verify->elsewhere)
        || (verify->calls
            && ngx_http_jupref_steady_ms() < verify->elsewhere_ms))
    {
        return NGX_DECLINED;
    }

    q = ngx_queue_head(&verify->elsewhere);
    look = ngx_queue_data(q, ngx_http_jupref_look_t, queue);

    node = ngx_http_jupref_trust_node(&verify->trust, verify->pool,
                                      look->asked);

    /* those that were left have gone meanwhile */

    if (node == NULL) {
        ngx_queue_remove(q);
        ngx_http_jupref_verify_over(look, 0);
        return NGX_OK;
    }

    round = ngx_http_jupref_round_create(verify, node);
    if (round == NULL) {
        return NGX_ERROR;
    }

    bit = jupref_pool_bit(node->number);
    round->late = look->late;

    for ( /* void */ ;
         q != ngx_queue_sentinel(&verify->elsewhere)
         && round->count < NGX_HTTP_JUPREF_ROUND_MAX;
         q = next)
    {
        next = ngx_queue_next(q);
        look = ngx_queue_data(q, ngx_http_jupref_look_t, queue);

        if (!(look->asked & bit) && look->late == round->late) {
            ngx_queue_remove(q);
            round->looks[round->count++] = look;
        }
    }

    return ngx_http_jupref_round_begin(round, node);
}


static ngx_http_jupref_round_t *
ngx_http_jupref_round_create(ngx_http_jupref_verify_t *verify,
    ngx_http_jupref_pool_node_t *node)
{
    ngx_http_jupref_round_t  *round;

    round = ngx_calloc(sizeof(ngx_http_jupref_round_t), verify->log);
    if (round == NULL) {
        return NULL;
    }

    round->verify = verify;
    round->node = node->number;
    round->trusted = (verify->trust.trusted >> node->number) & 1;

    ngx_queue_insert_tail(&verify->rounds, &round->queue);

    return round;
}


void
ngx_http_jupref_round_free(ngx_http_jupref_round_t *round)
{
    ngx_queue_remove(&round->queue);
    ngx_free(round);
}


/*
 * The first decides whether it is a round of late ones; those of the other
 * kind that come between wait for the next.
 */

static void
ngx_http_jupref_round_fill(ngx_http_jupref_round_t *round)
{
    ngx_int_t                 rc;
    ngx_uint_t                i, passed;
    ngx_http_jupref_held_t   *others[NGX_HTTP_JUPREF_ROUND_OTHERS];

    passed = 0;

    do {
        ngx_http_jupref_lock(round->verify->zone);

        for (rc = NGX_OK, i = 0; i < NGX_HTTP_JUPREF_ROUND_STEP
                                 && round->count < NGX_HTTP_JUPREF_ROUND_MAX
                                 && passed < NGX_HTTP_JUPREF_ROUND_OTHERS;
             i++)
        {
            rc = ngx_http_jupref_round_one(round, &others[passed]);

            if (rc == NGX_DONE) {
                break;
            }

            passed += (rc == NGX_AGAIN);
        }

        ngx_http_jupref_unlock(round->verify->zone);

    } while (rc != NGX_DONE && i == NGX_HTTP_JUPREF_ROUND_STEP);

    if (passed == 0 && round->count < NGX_HTTP_JUPREF_ROUND_MAX) {
        round->verify->round_ms = round->verify->steady_ms
                                  + NGX_HTTP_JUPREF_GATHER_MS;
    }

    while (passed) {
        ngx_rbtree_insert(&round->verify->hand->due, &others[--passed]->node);
    }
}


/* NGX_DONE: no more is due, or memory is out; NGX_AGAIN: `other` is of the
 * other kind.  The zone is locked. */

static ngx_int_t
ngx_http_jupref_round_one(ngx_http_jupref_round_t *round,
    ngx_http_jupref_held_t **other)
{
    ngx_int_t                  rc;
    ngx_http_jupref_held_t    *held;
    ngx_http_jupref_look_t    *look;
    ngx_http_jupref_verify_t  *verify;

    verify = round->verify;
    held = ngx_http_jupref_hand_due(verify->hand, verify->steady_ms);

    if (held == NULL) {
        return NGX_DONE;
    }

    rc = ngx_http_jupref_round_copy(verify, held, &look);

    if (rc == NGX_DECLINED) {
        ngx_http_jupref_hand_settled(verify->hand, held);
        return NGX_OK;
    }

    if (rc != NGX_OK) {
        ngx_rbtree_insert(&verify->hand->due, &held->node);
        return NGX_DONE;
    }

    if (round->count && look->late != round->late) {
        ngx_free(look);
        *other = held;
        return NGX_AGAIN;
    }

    round->late = look->late;
    round->looks[round->count++] = look;
    verify->looks++;

    return NGX_OK;
}


/* NGX_DECLINED: it isn't to be proved any more.  The zone is locked. */

static ngx_int_t
ngx_http_jupref_round_copy(ngx_http_jupref_verify_t *verify,
    ngx_http_jupref_held_t *held, ngx_http_jupref_look_t **copy)
{
    uint32_t                 index;
    uint64_t                 now_ms;
    jupref_ledger_t         *ledger;
    jupref_trade_row_t      *trade;
    ngx_http_jupref_look_t  *look;

    ledger = ngx_http_jupref_ledger(verify->zone);
    index = jupref_find_trade(ledger, &held->signature);

    if (index == 0) {
        return NGX_DECLINED;
    }

    trade = jupref_trade(ledger, index);

    if (trade->state != JUPREF_STATE_EXECUTED
        && trade->state != JUPREF_STATE_UNKNOWN
        && trade->state != JUPREF_STATE_UNPROVED)
    {
        return NGX_DECLINED;
    }

    look = ngx_calloc(sizeof(ngx_http_jupref_look_t), verify->log);
    if (look == NULL) {
        return NGX_ERROR;
    }

    look->verify = verify;
    look->held = held;
    look->trade = *trade;

    if (trade->fee_mint) {
        look->fee_mint = jupref_mint(ledger, trade->fee_mint)->mint;
    }

    now_ms = ngx_http_jupref_now_ms();

    look->late = now_ms > trade->time_ms + NGX_HTTP_JUPREF_LATE_MS
                 || (trade->last_valid_block_height
                     && verify->trust.height > trade->last_valid_block_height);

    *copy = look;

    return NGX_OK;
}


static ngx_int_t
ngx_http_jupref_round_begin(ngx_http_jupref_round_t *round,
    ngx_http_jupref_pool_node_t *node)
{
    ngx_int_t                rc;
    ngx_uint_t               i;
    ngx_http_jupref_look_t  *look;

    for (i = 0; i < round->count; i++) {
        look = round->looks[i];
        look->node = round->node;
        look->asked |= jupref_pool_bit(round->node);
        look->answered = 0;
    }

    rc = round->late ? ngx_http_jupref_round_height(round, node)
                     : ngx_http_jupref_round_statuses(round, node);

    if (rc != NGX_OK) {
        ngx_http_jupref_round_drop(round);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_jupref_round_height(ngx_http_jupref_round_t *round,
    ngx_http_jupref_pool_node_t *node)
{
    ngx_http_jupref_ask_t  *ask;

    ask = ngx_http_jupref_ask_create(round->verify->pool, node,
                                     "getBlockHeight",
                                     NGX_HTTP_JUPREF_ASK_KEY);
    if (ask == NULL) {
        return NGX_ERROR;
    }

    ngx_http_jupref_ask_finalized(ask);
    jupref_json_object_end(&ask->json);

    ask->handler = ngx_http_jupref_round_height_told;
    ask->data = round;

    if (ngx_http_jupref_ask_start(ask) != NGX_OK) {
        return NGX_ERROR;
    }

    round->ask = ask;
    round->verify->calls++;

    return NGX_OK;
}


/* Without a height its silence says nothing, but it may know the trade. */

static void
ngx_http_jupref_round_height_told(ngx_http_jupref_ask_t *ask)
{
    uint64_t                      height;
    ngx_http_jupref_round_t      *round;
    ngx_http_jupref_verify_t     *verify;
    ngx_http_jupref_pool_node_t  *node;

    round = ask->data;
    verify = round->verify;

    round->ask = NULL;
    verify->calls--;

    (void) ngx_atomic_fetch_add(
               &verify->proof->calls[NGX_HTTP_JUPREF_CALL_HEIGHT]
                                    [ask->result == NULL], 1);

    if (ask->result && round->trusted
        && jupref_rpc_u64_read(ask->result, &height) == JUPREF_CHAIN_OK)
    {
        round->height = height;
    }

    node = ngx_http_jupref_pool_node(verify->pool, round->node);

    if (node == NULL
        || (ask->result == NULL
            && ask->answer.kind == JUPREF_RPC_ANSWER_UNREADABLE)
        || ngx_http_jupref_round_statuses(round, node) != NGX_OK)
    {
        ngx_http_jupref_round_take(round, ask, NULL);
    }

    ngx_http_jupref_verify_pump(verify);
}


static ngx_int_t
ngx_http_jupref_round_statuses(ngx_http_jupref_round_t *round,
    ngx_http_jupref_pool_node_t *node)
{
    ngx_uint_t              i;
    ngx_http_jupref_ask_t  *ask;

    ask = ngx_http_jupref_ask_create(round->verify->pool, node,
                                     "getSignatureStatuses",
                                     (round->count + 2)
                                     * NGX_HTTP_JUPREF_ASK_KEY);
    if (ask == NULL) {
        return NGX_ERROR;
    }

    jupref_json_array(&ask->json, NULL);

    for (i = 0; i < round->count; i++) {
        ngx_http_jupref_ask_signature(ask, &round->looks[i]->trade.signature);
    }

    jupref_json_array_end(&ask->json);

    if (round->late) {
        jupref_json_object(&ask->json, NULL);
        jupref_json_boolean(&ask->json, "searchTransactionHistory", 1);
        jupref_json_object_end(&ask->json);
    }

    ask->handler = ngx_http_jupref_round_statuses_told;
    ask->data = round;

    if (ngx_http_jupref_ask_start(ask) != NGX_OK) {
        return NGX_ERROR;
    }

    round->ask = ask;
    round->verify->calls++;

    return NGX_OK;
}


static void
ngx_http_jupref_round_statuses_told(ngx_http_jupref_ask_t *ask)
{
    uint64_t                    slot;
    ngx_uint_t                  usable;
    ngx_http_jupref_round_t    *round;
    ngx_http_jupref_verify_t   *verify;
    jupref_signature_status_t  *statuses;

    round = ask->data;
    verify = round->verify;
    statuses = ngx_http_jupref_round_statuses_of;

    round->ask = NULL;
    verify->calls--;

    usable = ask->result
             && jupref_rpc_statuses_read(&ask->tree, ask->result, statuses,
                                         (unsigned) round->count, &slot)
                == JUPREF_CHAIN_OK;

    (void) ngx_atomic_fetch_add(
               &verify->proof->calls[NGX_HTTP_JUPREF_CALL_STATUSES][!usable],
               1);

    ngx_http_jupref_round_take(round, ask, usable ? statuses : NULL);
    ngx_http_jupref_verify_pump(verify);
}


/*
 * Each look goes its own way from here.  Without statuses the node has said
 * nothing of any, or that it can't.
 */

static void
ngx_http_jupref_round_take(ngx_http_jupref_round_t *round,
    ngx_http_jupref_ask_t *ask, const jupref_signature_status_t *statuses)
{
    ngx_uint_t                 i;
    jupref_said_e              said;
    jupref_witness_t          *witness;
    ngx_http_jupref_look_t    *look;
    ngx_http_jupref_verify_t  *verify;

    verify = round->verify;

    if (statuses == NULL) {
        ngx_http_jupref_verify_lacks(verify, ask);
    }

    for (i = 0; i < round->count; i++) {
        look = round->looks[i];

        if (statuses) {
            said = jupref_said_by_status(&statuses[i], round->late);

        } else {
            said = (ask->answer.kind == JUPREF_RPC_ANSWER_ERROR)
                   ? jupref_said_by_error(ask->answer.code)
                   : JUPREF_SAID_NOTHING;
        }

        witness = (said == JUPREF_SAID_NOTHING)
                  ? NULL : ngx_http_jupref_witness(look);

        if (witness) {
            witness->status = said;
            witness->finalized_height = round->height;
            witness->trusted = round->trusted;
            look->answered = 1;
        }

        if (witness && ngx_http_jupref_round_wants(round, look, said)) {
            ngx_queue_insert_tail(&verify->wanted, &look->queue);

        } else {
            ngx_http_jupref_judge(look);
        }
    }

    ngx_http_jupref_round_free(round);
}


/*
 * Some nodes' statuses stand still, or are null, where getTransaction knows
 * better: before silence is believed, and where something takes too long, the
 * transaction is asked for all the same.
 */

static ngx_uint_t
ngx_http_jupref_round_wants(ngx_http_jupref_round_t *round,
    ngx_http_jupref_look_t *look, jupref_said_e said)
{
    switch (said) {

    case JUPREF_SAID_FINALIZED:
        return 1;

    case JUPREF_SAID_CONFIRMED:
    case JUPREF_SAID_PROCESSED:
        return round->late;

    case JUPREF_SAID_NULL:
        return round->height > look->trade.last_valid_block_height;

    default:
        return 0;
    }
}


/* The call couldn't be made: another time. */

static void
ngx_http_jupref_round_drop(ngx_http_jupref_round_t *round)
{
    ngx_uint_t  i;

    for (i = 0; i < round->count; i++) {
        ngx_http_jupref_verify_over(round->looks[i], 0);
    }

    ngx_http_jupref_round_free(round);
}
