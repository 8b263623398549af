/*
 * Rankings of referrers (see the header).
 */

#include "ledger/jupref_rank.h"

#include <string.h>

#include "base/jupref_assert.h"


/* Far deeper than a treap of 2^32 rows gets; a bound for the walk's stack. */
#define JUPREF_RANK_DEPTH  128


static unsigned jupref_rank_may_hang(const jupref_ledger_t *ledger,
    uint32_t above, uint32_t referrer);
static uint32_t jupref_rank_members(const jupref_ledger_t *ledger,
    jupref_ranking_e ranking);
static jupref_u128_t jupref_rank_value(const jupref_referrer_row_t *row,
    jupref_ranking_e ranking);
static int jupref_rank_before(const jupref_ledger_t *ledger,
    jupref_ranking_e ranking, uint32_t one, uint32_t other);
static uint64_t jupref_rank_priority(uint32_t referrer);
static jupref_rank_node_t *jupref_rank_node(const jupref_ledger_t *ledger,
    jupref_ranking_e ranking, uint32_t referrer);
static void jupref_rank_split(jupref_ledger_t *ledger,
    jupref_ranking_e ranking, uint32_t root, uint32_t referrer,
    uint32_t *before, uint32_t *after);
static uint32_t jupref_rank_join(jupref_ledger_t *ledger,
    jupref_ranking_e ranking, uint32_t before, uint32_t after);


void
jupref_rank_insert(jupref_ledger_t *ledger, jupref_ranking_e ranking,
    uint32_t referrer)
{
    uint32_t            *link;
    uint64_t             priority;
    jupref_rank_node_t  *node;

    priority = jupref_rank_priority(referrer);
    link = &ledger->rank_root[ranking];

    while (*link && jupref_rank_priority(*link) >= priority) {
        jupref_assert(*link != referrer);

        node = jupref_rank_node(ledger, ranking, *link);
        link = jupref_rank_before(ledger, ranking, referrer, *link)
               ? &node->left : &node->right;
    }

    node = jupref_rank_node(ledger, ranking, referrer);
    jupref_rank_split(ledger, ranking, *link, referrer, &node->left,
                      &node->right);
    *link = referrer;
}


void
jupref_rank_remove(jupref_ledger_t *ledger, jupref_ranking_e ranking,
    uint32_t referrer)
{
    uint32_t            *link;
    jupref_rank_node_t  *node;

    link = &ledger->rank_root[ranking];

    while (*link != referrer) {
        jupref_assert(*link != 0);

        if (*link == 0) {
            return;
        }

        node = jupref_rank_node(ledger, ranking, *link);
        link = jupref_rank_before(ledger, ranking, referrer, *link)
               ? &node->left : &node->right;
    }

    node = jupref_rank_node(ledger, ranking, referrer);
    *link = jupref_rank_join(ledger, ranking, node->left, node->right);
    node->left = 0;
    node->right = 0;
}


unsigned
jupref_rank_top(const jupref_ledger_t *ledger, jupref_ranking_e ranking,
    uint32_t *referrers, unsigned limit)
{
    uint32_t  at, stack[JUPREF_RANK_DEPTH];
    unsigned  depth, count;

    at = ledger->rank_root[ranking];
    depth = 0;
    count = 0;

    while ((at || depth) && count < limit) {

        while (at && depth < JUPREF_RANK_DEPTH) {
            stack[depth++] = at;
            at = jupref_rank_node(ledger, ranking, at)->left;
        }

        at = stack[--depth];
        referrers[count++] = at;
        at = jupref_rank_node(ledger, ranking, at)->right;
    }

    return count;
}


/*
 * Priorities that only fall on the way down rule a ring out, and an order
 * that only rises along the walk rules out that a referrer is met twice.
 */

unsigned
jupref_rank_sound(const jupref_ledger_t *ledger, jupref_ranking_e ranking)
{
    uint32_t             at, above, last, count, stack[JUPREF_RANK_DEPTH];
    unsigned             depth;
    jupref_rank_node_t  *node;

    at = ledger->rank_root[ranking];
    above = 0;
    last = 0;
    depth = 0;
    count = 0;

    while (at || depth) {

        while (at) {

            if (depth == JUPREF_RANK_DEPTH
                || !jupref_rank_may_hang(ledger, above, at))
            {
                return 0;
            }

            stack[depth++] = at;
            above = at;
            at = jupref_rank_node(ledger, ranking, at)->left;
        }

        at = stack[--depth];

        if (last && !jupref_rank_before(ledger, ranking, last, at)) {
            return 0;
        }

        last = at;
        count++;

        node = jupref_rank_node(ledger, ranking, at);
        above = at;
        at = node->right;
    }

    return count == jupref_rank_members(ledger, ranking);
}


/* Cuts a tree in two: what ranks before the referrer, and what after it. */

static void
jupref_rank_split(jupref_ledger_t *ledger, jupref_ranking_e ranking,
    uint32_t root, uint32_t referrer, uint32_t *before, uint32_t *after)
{
    jupref_rank_node_t  *node;

    while (root) {
        node = jupref_rank_node(ledger, ranking, root);

        if (jupref_rank_before(ledger, ranking, root, referrer)) {
            *before = root;
            before = &node->right;
            root = node->right;

        } else {
            *after = root;
            after = &node->left;
            root = node->left;
        }
    }

    *before = 0;
    *after = 0;
}


/* Makes one tree of two, all of the first ranking before all of the second. */

static uint32_t
jupref_rank_join(jupref_ledger_t *ledger, jupref_ranking_e ranking,
    uint32_t before, uint32_t after)
{
    uint32_t  root, *link;

    root = 0;
    link = &root;

    while (before && after) {

        if (jupref_rank_priority(before) >= jupref_rank_priority(after)) {
            *link = before;
            link = &jupref_rank_node(ledger, ranking, before)->right;
            before = *link;

        } else {
            *link = after;
            link = &jupref_rank_node(ledger, ranking, after)->left;
            after = *link;
        }
    }

    *link = before ? before : after;

    return root;
}


static unsigned
jupref_rank_may_hang(const jupref_ledger_t *ledger, uint32_t above,
    uint32_t referrer)
{
    return jupref_table_in_use(&ledger->tables[JUPREF_TABLE_REFERRERS],
                               ledger, referrer)
           && jupref_referrer(ledger, referrer)->status
              == JUPREF_REFERRER_ACTIVE
           && (above == 0 || jupref_rank_priority(above)
                             > jupref_rank_priority(referrer));
}


/* How many referrers are in the tree; whoever isn't has no links. */

static uint32_t
jupref_rank_members(const jupref_ledger_t *ledger, jupref_ranking_e ranking)
{
    uint32_t                index, count;
    jupref_rank_node_t     *node;
    jupref_referrer_row_t  *row;

    count = 0;

    for (index = 1; index <= ledger->tables[JUPREF_TABLE_REFERRERS].used;
         index++)
    {
        row = jupref_referrer(ledger, index);
        node = &row->rank[ranking];

        if (row->status == JUPREF_REFERRER_ACTIVE && !ledger->unranked) {
            count++;

        } else if (node->left || node->right) {
            return UINT32_MAX;
        }
    }

    return count;
}


static int
jupref_rank_before(const jupref_ledger_t *ledger, jupref_ranking_e ranking,
    uint32_t one, uint32_t other)
{
    jupref_u128_t           value, against;
    jupref_referrer_row_t  *row, *rival;

    row = jupref_referrer(ledger, one);
    rival = jupref_referrer(ledger, other);

    value = jupref_rank_value(row, ranking);
    against = jupref_rank_value(rival, ranking);

    if (value != against) {
        return value > against;
    }

    return memcmp(row->text, rival->text, JUPREF_PUBKEY_TEXT) < 0;
}


static jupref_u128_t
jupref_rank_value(const jupref_referrer_row_t *row, jupref_ranking_e ranking)
{
    switch (ranking) {

    case JUPREF_BY_VOLUME:
        return row->volume_micro_usd;

    case JUPREF_BY_TRADES:
        return jupref_trades_standing(row->trades);

    default: /* JUPREF_BY_EARNED */
        return row->earned_micro_usd;
    }
}


static uint64_t
jupref_rank_priority(uint32_t referrer)
{
    return jupref_hash(&referrer, sizeof(uint32_t));
}


static jupref_rank_node_t *
jupref_rank_node(const jupref_ledger_t *ledger, jupref_ranking_e ranking,
    uint32_t referrer)
{
    return &jupref_referrer(ledger, referrer)->rank[ranking];
}
