/*
 * The ledger's block: how it is laid out, and how its rows are found.
 */

#include "ledger/jupref_ledger.h"

#include <string.h>

#include "base/jupref_assert.h"
#include "ledger/jupref_series.h"


#define JUPREF_LEDGER_MAGIC  UINT64_C(0x3167647266757072)  /* "rpufrdg1" */
#define JUPREF_ALIGN         64


/*
 * How the block is shared out: rows of each table for every 64 trades, and
 * the least that makes sense.  A trader is worth a binding, a referrer brings
 * some traders, earns in some mints and has some codes.  Few executes are
 * under way at once.  The least days are three years of the platform's.
 */
static const struct {
    const char  *name;
    uint32_t     row_size;
    uint32_t     key_at;
    uint32_t     key_size;
    uint32_t     per_64_trades;
    uint32_t     least;
    uint32_t     most;
} jupref_tables[JUPREF_TABLES] = {
    { "referrers", sizeof(jupref_referrer_row_t),
      offsetof(jupref_referrer_row_t, wallet), JUPREF_PUBKEY_SIZE,
      4, 64, UINT32_MAX / 8 },
    { "codes", sizeof(jupref_code_row_t),
      offsetof(jupref_code_row_t, key), JUPREF_CODE_MAX,
      8, 128, UINT32_MAX / 8 },
    { "wallets", sizeof(jupref_wallet_row_t),
      offsetof(jupref_wallet_row_t, wallet), JUPREF_PUBKEY_SIZE,
      64, 512, UINT32_MAX / 8 },
    { "mints", sizeof(jupref_mint_row_t),
      offsetof(jupref_mint_row_t, mint), JUPREF_PUBKEY_SIZE,
      4, 64, 1024 * 1024 },
    { "balances", sizeof(jupref_balance_row_t),
      offsetof(jupref_balance_row_t, referrer), 2 * sizeof(uint32_t),
      16, 128, UINT32_MAX / 8 },
    { "trades", sizeof(jupref_trade_row_t),
      offsetof(jupref_trade_row_t, signature), JUPREF_SIGNATURE_SIZE,
      64, 512, UINT32_MAX / 8 },
    { "intents", sizeof(jupref_intent_row_t),
      offsetof(jupref_intent_row_t, request_id), sizeof(jupref_request_id_t),
      2, 64, 16 * 1024 },
    { "hours", sizeof(jupref_series_row_t),
      offsetof(jupref_series_row_t, owner), 2 * sizeof(uint32_t),
      48, 512, UINT32_MAX / 8 },
    { "days", sizeof(jupref_series_row_t),
      offsetof(jupref_series_row_t, owner), 2 * sizeof(uint32_t),
      64, 1536, UINT32_MAX / 8 }
};


static const struct {
    const char  *name;
    const char  *text;
} jupref_ledger_results[JUPREF_LEDGER_RESULTS] = {
    { "ok", "ok" },
    { "out_of_order", "the event's sequence is not the next one" },
    { "damaged", "a booking was cut off half-way: the ledger is not written "
      "any more" },
    { "bad_event", "the event is of no known type" },
    { "referrers_full", "the table of referrers is full: enlarge the zone" },
    { "codes_full", "the table of codes is full: enlarge the zone" },
    { "wallets_full", "the table of wallets is full: enlarge the zone" },
    { "mints_full", "the table of mints is full: enlarge the zone" },
    { "balances_full", "the table of balances is full: enlarge the zone" },
    { "trades_full", "the table of trades is full: enlarge the zone" },
    { "referrer_exists", "the wallet is registered already" },
    { "referrer_unknown", "the wallet is not a registered referrer" },
    { "parent_unknown", "the parent is not a registered referrer" },
    { "parent_self", "a referrer can't be its own parent" },
    { "code_taken", "the code belongs to another wallet" },
    { "code_unknown", "there is no such code" },
    { "code_retired", "the code is retired" },
    { "too_many_codes", "the referrer has as many codes as one may have" },
    { "no_change", "it is so already" },
    { "trade_exists", "a trade of this signature is booked" },
    { "trade_unknown", "there is no trade of this signature" },
    { "wrong_state", "that step is not open from the state the trade is in" },
    { "nothing_to_release", "no verified trade's hold is over" },
    { "intents_full", "the table of executes under way is full: enlarge the "
      "zone" },
    { "intent_unknown", "no execute of this requestId is under way" },
    { "unbalanced", "the booking's debits are not its credits: it is not "
      "made" },
    { "overflow", "a sum would leave its range" },
    { "log_full", "the journal is behind: more events wait for the disk than "
      "may" },
    { "log_stopped", "the journal stopped at an error of the disk" }
};


static uint64_t jupref_ledger_needs(uint64_t trades);
static uint64_t jupref_ledger_last_series(uint64_t trades);
static uint32_t jupref_ledger_rows(jupref_table_e table, uint64_t trades);
static uint8_t jupref_code_character(uint8_t c);


jupref_ledger_t *
jupref_ledger_init(void *block, uint64_t size)
{
    uint64_t          at, low, high, trades;
    unsigned          table;
    jupref_ledger_t  *ledger;

    if (size < JUPREF_LEDGER_MIN) {
        return NULL;
    }

    /* the largest number of trades whose tables still fit */

    low = 0;
    high = UINT32_MAX / 8;

    while (low < high) {
        trades = (low + high + 1) / 2;

        if (jupref_ledger_needs(trades) <= size) {
            low = trades;

        } else {
            high = trades - 1;
        }
    }

    if (jupref_ledger_needs(low) > size) {
        return NULL;
    }

    ledger = block;
    at = (sizeof(jupref_ledger_t) + JUPREF_ALIGN - 1) / JUPREF_ALIGN
         * JUPREF_ALIGN;

    for (table = 0; table < JUPREF_TABLES; table++) {
        jupref_table_init(&ledger->tables[table], at,
                          jupref_ledger_rows(table, low),
                          jupref_tables[table].row_size,
                          jupref_tables[table].key_at,
                          jupref_tables[table].key_size);

        at += jupref_table_size(jupref_ledger_rows(table, low),
                                jupref_tables[table].row_size);
    }

    ledger->last_series_at = at;

    jupref_assert(at + jupref_ledger_last_series(low) <= size);

    ledger->layout = JUPREF_LEDGER_LAYOUT;
    ledger->size = size;
    ledger->magic = JUPREF_LEDGER_MAGIC;

    return ledger;
}


unsigned
jupref_ledger_check(const void *block, uint64_t size)
{
    unsigned                table;
    const jupref_ledger_t  *ledger;

    ledger = block;

    if (ledger->magic != JUPREF_LEDGER_MAGIC
        || ledger->layout != JUPREF_LEDGER_LAYOUT
        || ledger->size != size)
    {
        return 0;
    }

    for (table = 0; table < JUPREF_TABLES; table++) {
        if (ledger->tables[table].row_size != jupref_tables[table].row_size) {
            return 0;
        }
    }

    return 1;
}


static uint64_t
jupref_ledger_needs(uint64_t trades)
{
    uint64_t  needs;
    unsigned  table;

    needs = sizeof(jupref_ledger_t) + JUPREF_ALIGN
            + jupref_ledger_last_series(trades);

    for (table = 0; table < JUPREF_TABLES; table++) {
        needs += jupref_table_size(jupref_ledger_rows(table, trades),
                                   jupref_tables[table].row_size);
    }

    return needs;
}


static uint64_t
jupref_ledger_last_series(uint64_t trades)
{
    return jupref_series_last_size(
               jupref_ledger_rows(JUPREF_TABLE_REFERRERS, trades),
               jupref_ledger_rows(JUPREF_TABLE_CODES, trades));
}


static uint32_t
jupref_ledger_rows(jupref_table_e table, uint64_t trades)
{
    uint64_t  rows;

    rows = trades * jupref_tables[table].per_64_trades / 64;

    if (rows < jupref_tables[table].least) {
        rows = jupref_tables[table].least;
    }

    if (rows > jupref_tables[table].most) {
        rows = jupref_tables[table].most;
    }

    return (uint32_t) rows;
}


uint32_t
jupref_find_referrer(const jupref_ledger_t *ledger,
    const jupref_pubkey_t *wallet)
{
    return jupref_table_find(&ledger->tables[JUPREF_TABLE_REFERRERS], ledger,
                             wallet->bytes);
}


uint32_t
jupref_find_code(const jupref_ledger_t *ledger,
    const jupref_code_name_t *code)
{
    return jupref_table_find(&ledger->tables[JUPREF_TABLE_CODES], ledger,
                             code->key);
}


uint32_t
jupref_find_wallet(const jupref_ledger_t *ledger,
    const jupref_pubkey_t *wallet)
{
    return jupref_table_find(&ledger->tables[JUPREF_TABLE_WALLETS], ledger,
                             wallet->bytes);
}


uint32_t
jupref_find_mint(const jupref_ledger_t *ledger, const jupref_pubkey_t *mint)
{
    return jupref_table_find(&ledger->tables[JUPREF_TABLE_MINTS], ledger,
                             mint->bytes);
}


uint32_t
jupref_find_balance(const jupref_ledger_t *ledger, uint32_t referrer,
    uint32_t mint)
{
    uint64_t  key;

    key = jupref_balance_key(referrer, mint);

    return jupref_table_find(&ledger->tables[JUPREF_TABLE_BALANCES], ledger,
                             &key);
}


uint32_t
jupref_find_trade(const jupref_ledger_t *ledger,
    const jupref_signature_t *signature)
{
    return jupref_table_find(&ledger->tables[JUPREF_TABLE_TRADES], ledger,
                             signature->bytes);
}


uint32_t
jupref_find_intent(const jupref_ledger_t *ledger,
    const jupref_request_id_t *request_id)
{
    return jupref_table_find(&ledger->tables[JUPREF_TABLE_INTENTS], ledger,
                             request_id);
}


uint64_t
jupref_trades_standing(const uint64_t trades[JUPREF_STATES])
{
    return trades[JUPREF_STATE_EXECUTED] + trades[JUPREF_STATE_VERIFIED]
           + trades[JUPREF_STATE_AVAILABLE] + trades[JUPREF_STATE_DISPUTED];
}


unsigned
jupref_referrer_earns(const jupref_ledger_t *ledger, uint32_t referrer,
    const jupref_terms_t *terms, unsigned level)
{
    return terms->share_bps[level] > 0
           && jupref_referrer(ledger, referrer)->status
              == JUPREF_REFERRER_ACTIVE;
}


/*
 * Two ways lead on from a referrer: to its parent, and to the owner of the
 * code that its own wallet is bound to.
 */

static unsigned
jupref_leads_to(const jupref_ledger_t *ledger, uint32_t referrer,
    const jupref_pubkey_t *taker, unsigned depth)
{
    uint32_t                wallet, next;
    jupref_referrer_row_t  *row;

    row = jupref_referrer(ledger, referrer);

    if (jupref_pubkey_equal(&row->wallet, taker)) {
        return 1;
    }

    if (depth == 0) {
        return 0;
    }

    if (row->parent && jupref_leads_to(ledger, row->parent, taker, depth - 1))
    {
        return 1;
    }

    wallet = jupref_find_wallet(ledger, &row->wallet);

    if (wallet == 0) {
        return 0;
    }

    next = jupref_code(ledger, jupref_wallet(ledger, wallet)->code)->referrer;

    return jupref_leads_to(ledger, next, taker, depth - 1);
}


unsigned
jupref_referral_is_cycle(const jupref_ledger_t *ledger, uint32_t referrer,
    const jupref_pubkey_t *taker)
{
    return jupref_leads_to(ledger, referrer, taker, JUPREF_CYCLE_DEPTH);
}


const char *
jupref_ledger_result_name(jupref_ledger_result_e result)
{
    return jupref_ledger_results[result].name;
}


const char *
jupref_ledger_result_text(jupref_ledger_result_e result)
{
    return jupref_ledger_results[result].text;
}


const char *
jupref_table_name(jupref_table_e table)
{
    return jupref_tables[table].name;
}


void
jupref_code_name_set(jupref_code_name_t *name, jupref_bytes_t text)
{
    size_t  i;

    jupref_assert(text.len <= JUPREF_CODE_MAX);

    memset(name, 0, sizeof(jupref_code_name_t));

    for (i = 0; i < text.len; i++) {
        name->text[i] = text.data[i];
        name->key[i] = jupref_code_character(text.data[i]);
    }
}


unsigned
jupref_code_name_valid(const jupref_code_name_t *name)
{
    size_t          i;
    jupref_bytes_t  text;

    static const uint8_t  zeroes[JUPREF_CODE_MAX];

    text = jupref_code_name_text(name);

    if (!jupref_code_is_valid(text)) {
        return 0;
    }

    for (i = 0; i < text.len; i++) {
        if (name->key[i] != jupref_code_character(text.data[i])) {
            return 0;
        }
    }

    return memcmp(name->key + i, zeroes, JUPREF_CODE_MAX - i) == 0
           && memcmp(name->text + i, zeroes, JUPREF_CODE_MAX - i) == 0;
}


/* As keys have it: in lower case. */

static uint8_t
jupref_code_character(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') ? (uint8_t) (c | 0x20) : c;
}


jupref_bytes_t
jupref_code_name_text(const jupref_code_name_t *name)
{
    return jupref_padded(name->text, JUPREF_CODE_MAX);
}


jupref_bytes_t
jupref_padded(const uint8_t *bytes, size_t size)
{
    size_t  len;

    for (len = 0; len < size && bytes[len]; len++) { /* void */ }

    return (jupref_bytes_t) { bytes, len };
}
