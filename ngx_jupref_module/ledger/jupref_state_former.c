/*
 * Rows and header of layout 2, and what has become of each field (see the
 * header).  Rows of tables that have no function here are as they were.
 */

#include "ledger/jupref_state_former.h"

#include <string.h>

#include "ledger/jupref_links.h"


#define JUPREF_FORMER_STATES  9         /* "unproved" wasn't one */


typedef struct {
    jupref_pubkey_t      wallet;
    jupref_u128_t        volume_micro_usd;
    jupref_u128_t        earned_micro_usd;
    uint64_t             trades[JUPREF_FORMER_STATES];
    uint64_t             clicks;
    uint64_t             registered_ms;
    jupref_terms_t       terms;
    uint32_t             parent;
    uint32_t             first_code;
    uint32_t             code_count;
    uint32_t             first_balance;
    uint32_t             bound_wallets;
    uint32_t             newest_wallet;
    uint32_t             newest_trade;
    uint64_t             archived_seq;
    jupref_rank_node_t   rank[JUPREF_RANKINGS];
    uint8_t              status;
    uint8_t              text_len;
    uint8_t              text[JUPREF_PUBKEY_TEXT];
} __attribute__((aligned(16))) jupref_former_referrer_t;


typedef struct {
    jupref_pubkey_t      mint;
    jupref_u128_t        received;
    jupref_u128_t        jupiter_cut;
    jupref_u128_t        platform;
    jupref_u128_t        referrers;
    jupref_account_t     accounts[JUPREF_ACCOUNTS];
    uint8_t              text_len;
    uint8_t              text[JUPREF_PUBKEY_TEXT];
} __attribute__((aligned(16))) jupref_former_mint_t;


typedef struct {
    jupref_signature_t   signature;
    jupref_pubkey_t      taker;
    jupref_pubkey_t      input_mint;
    jupref_pubkey_t      output_mint;
    jupref_request_id_t  request_id;
    uint8_t              message_hash[JUPREF_SHA256_SIZE];
    uint64_t             time_ms;
    uint64_t             in_amount;
    uint64_t             out_amount;
    uint64_t             fee;
    uint64_t             volume_micro_usd;
    uint64_t             slot;
    uint64_t             last_valid_block_height;
    uint64_t             seq;
    uint64_t             verified_seq;
    uint64_t             verified_ms;
    uint32_t             older;
    uint32_t             newer;
    uint32_t             older_of_referrer;
    uint32_t             newer_of_referrer;
    uint32_t             sooner;
    uint32_t             later;
    uint32_t             code;
    uint32_t             level[JUPREF_LEVELS];
    uint32_t             fee_mint;
    uint16_t             granted_bps;
    uint16_t             share_bps[JUPREF_LEVELS];
    uint16_t             partner_bps;
    uint8_t              state;
    uint8_t              disputed_from;
    uint8_t              router[JUPREF_ROUTER_MAX];
} __attribute__((aligned(16))) jupref_former_trade_t;


typedef struct {
    uint64_t             magic;
    uint32_t             layout;
    uint32_t             booking;
    uint64_t             size;
    uint64_t             seq;
    uint64_t             time_ms;
    jupref_table_t       tables[JUPREF_TABLES];
    uint32_t             rank_root[JUPREF_RANKINGS];
    uint64_t             trades[JUPREF_FORMER_STATES];
    uint64_t             clicks;
    uint64_t             orders;
    jupref_u128_t        volume_micro_usd;
    uint64_t             digest;
    uint64_t             archived_seq;
    uint32_t             newest_trade;
    uint32_t             oldest_trade;
    uint32_t             next_release;
    uint32_t             last_release;
    uint32_t             oldest_intent[JUPREF_INTENTS];
    uint32_t             newest_intent[JUPREF_INTENTS];
    uint32_t             next_cell[2];
    uint32_t             series_since[2];
    uint32_t             unranked;
    uint64_t             last_series_at;
} __attribute__((aligned(16))) jupref_former_ledger_t;


/*
 * All rows begin with the same fields, down to the first that is new; those of
 * a referrer have the same ones behind it, too.
 */
#define JUPREF_FORMER_REFERRER_SAME                                           \
    offsetof(jupref_former_referrer_t, clicks)
#define JUPREF_FORMER_REFERRER_REST                                           \
    (offsetof(jupref_former_referrer_t, text) + JUPREF_PUBKEY_TEXT            \
     - JUPREF_FORMER_REFERRER_SAME)
#define JUPREF_FORMER_MINT_SAME   offsetof(jupref_former_mint_t, text_len)
#define JUPREF_FORMER_TRADE_SAME  offsetof(jupref_former_trade_t, older)

_Static_assert(sizeof(jupref_former_referrer_t) == 304
               && sizeof(jupref_former_mint_t) == 496
               && sizeof(jupref_former_trade_t) == 416
               && sizeof(jupref_former_ledger_t) == 752,
               "layout 2 is what was written");
_Static_assert(offsetof(jupref_referrer_row_t, text)
               + JUPREF_PUBKEY_TEXT
               == offsetof(jupref_referrer_row_t, clicks)
                  + JUPREF_FORMER_REFERRER_REST,
               "what comes behind is as it was");
_Static_assert(JUPREF_FORMER_MINT_SAME == offsetof(jupref_mint_row_t, claimed)
               && JUPREF_FORMER_TRADE_SAME
                  == offsetof(jupref_trade_row_t, ruled_ms),
               "what comes before is as it was");
_Static_assert(sizeof(jupref_former_mint_t) <= JUPREF_FORMER_ROW_MAX
               && sizeof(jupref_intent_row_t) <= JUPREF_FORMER_ROW_MAX
               && sizeof(jupref_referrer_row_t) <= JUPREF_FORMER_ROW_MAX,
               "a row finds room");


static const struct {
    uint32_t  former;
    uint32_t  now;
} jupref_former_sizes[JUPREF_TABLES] = {
    [JUPREF_TABLE_REFERRERS] = { sizeof(jupref_former_referrer_t),
                                 sizeof(jupref_referrer_row_t) },
    [JUPREF_TABLE_CODES] = { 144, sizeof(jupref_code_row_t) },
    [JUPREF_TABLE_WALLETS] = { 64, sizeof(jupref_wallet_row_t) },
    [JUPREF_TABLE_MINTS] = { sizeof(jupref_former_mint_t),
                             sizeof(jupref_mint_row_t) },
    [JUPREF_TABLE_BALANCES] = { 128, sizeof(jupref_balance_row_t) },
    [JUPREF_TABLE_TRADES] = { sizeof(jupref_former_trade_t),
                              sizeof(jupref_trade_row_t) },
    [JUPREF_TABLE_INTENTS] = { 560, sizeof(jupref_intent_row_t) },
    [JUPREF_TABLE_HOURS] = { 48, sizeof(jupref_series_row_t) },
    [JUPREF_TABLE_DAYS] = { 48, sizeof(jupref_series_row_t) }
};


static void jupref_former_referrer(const uint8_t *former,
    jupref_referrer_row_t *row);
static void jupref_former_mint(const uint8_t *former,
    jupref_mint_row_t *row);
static void jupref_former_trade(const uint8_t *former,
    jupref_trade_row_t *row);


size_t
jupref_former_header(jupref_bytes_t former,
    uint8_t header[JUPREF_STATE_HEADER_MAX])
{
    unsigned                i;
    jupref_ledger_t         head;
    jupref_former_ledger_t  was;

    if (former.len != sizeof(jupref_former_ledger_t)) {
        return 0;
    }

    memcpy(&was, former.data, sizeof(was));

    if (was.layout != JUPREF_FORMER_LAYOUT) {
        return 0;
    }

    memset(&head, 0, sizeof(head));
    head.magic = was.magic;
    head.layout = JUPREF_LEDGER_LAYOUT;
    head.booking = was.booking;
    head.size = was.size;
    head.seq = was.seq;
    head.time_ms = was.time_ms;
    head.clicks = was.clicks;
    head.orders = was.orders;
    head.volume_micro_usd = was.volume_micro_usd;
    head.digest = was.digest;
    head.archived_seq = was.archived_seq;
    head.newest_trade = was.newest_trade;
    head.oldest_trade = was.oldest_trade;
    head.next_release = was.next_release;
    head.last_release = was.last_release;
    head.unranked = was.unranked;
    head.last_series_at = was.last_series_at;
    memcpy(head.rank_root, was.rank_root, sizeof(was.rank_root));
    memcpy(head.trades, was.trades, sizeof(was.trades));
    memcpy(head.oldest_intent, was.oldest_intent, sizeof(was.oldest_intent));
    memcpy(head.newest_intent, was.newest_intent, sizeof(was.newest_intent));
    memcpy(head.next_cell, was.next_cell, sizeof(was.next_cell));
    memcpy(head.series_since, was.series_since, sizeof(was.series_since));

    for (i = 0; i < JUPREF_TABLES; i++) {

        if (was.tables[i].row_size != jupref_former_sizes[i].former) {
            return 0;
        }

        head.tables[i] = was.tables[i];
        head.tables[i].row_size = jupref_former_sizes[i].now;
    }

    memcpy(header, &head, sizeof(head));

    return sizeof(head);
}


size_t
jupref_former_row_size(jupref_table_e table)
{
    return jupref_former_sizes[table].former;
}


size_t
jupref_former_row(jupref_table_e table, const uint8_t *former, uint8_t *row)
{
    switch (table) {

    case JUPREF_TABLE_REFERRERS:
        jupref_former_referrer(former, (jupref_referrer_row_t *) (void *) row);
        break;

    case JUPREF_TABLE_MINTS:
        jupref_former_mint(former, (jupref_mint_row_t *) (void *) row);
        break;

    case JUPREF_TABLE_TRADES:
        jupref_former_trade(former, (jupref_trade_row_t *) (void *) row);
        break;

    default:
        memcpy(row, former, jupref_former_sizes[table].now);
        break;
    }

    return jupref_former_sizes[table].now;
}


static void
jupref_former_referrer(const uint8_t *former, jupref_referrer_row_t *row)
{
    uint8_t  *bytes;

    bytes = (uint8_t *) row;
    memset(bytes, 0, sizeof(jupref_referrer_row_t));
    memcpy(bytes, former, JUPREF_FORMER_REFERRER_SAME);
    memcpy(bytes + offsetof(jupref_referrer_row_t, clicks),
           former + JUPREF_FORMER_REFERRER_SAME, JUPREF_FORMER_REFERRER_REST);
}


static void
jupref_former_mint(const uint8_t *former, jupref_mint_row_t *row)
{
    jupref_former_mint_t  was;

    memcpy(&was, former, sizeof(was));
    memset(row, 0, sizeof(jupref_mint_row_t));
    memcpy(row, &was, JUPREF_FORMER_MINT_SAME);
    row->text_len = was.text_len;
    memcpy(row->text, was.text, sizeof(was.text));
}


static void
jupref_former_trade(const uint8_t *former, jupref_trade_row_t *row)
{
    jupref_former_trade_t  was;

    memcpy(&was, former, sizeof(was));
    memset(row, 0, sizeof(jupref_trade_row_t));
    memcpy(row, &was, JUPREF_FORMER_TRADE_SAME);
    row->older = was.older;
    row->newer = was.newer;
    row->older_of_referrer = was.older_of_referrer;
    row->newer_of_referrer = was.newer_of_referrer;
    row->sooner = was.sooner;
    row->later = was.later;
    row->code = was.code;
    memcpy(row->level, was.level, sizeof(was.level));
    row->fee_mint = was.fee_mint;
    row->granted_bps = was.granted_bps;
    memcpy(row->share_bps, was.share_bps, sizeof(was.share_bps));
    row->partner_bps = was.partner_bps;
    row->state = was.state;
    row->came_from = was.disputed_from;
    memcpy(row->router, was.router, sizeof(was.router));
}


/* In the order they were booked.  Nobody has looked at the links yet. */

unsigned
jupref_former_queues(jupref_ledger_t *ledger)
{
    uint32_t             index, used, steps;
    jupref_trade_row_t  *row;

    used = ledger->tables[JUPREF_TABLE_TRADES].used;
    index = ledger->oldest_trade;

    for (steps = 0; index != 0; steps++) {

        if (index > used || steps == used) {
            return 0;
        }

        row = jupref_trade(ledger, index);

        if (row->state == JUPREF_STATE_EXECUTED
            || row->state == JUPREF_STATE_UNKNOWN)
        {
            jupref_link_queue(ledger, index);
        }

        index = row->newer;
    }

    return 1;
}
