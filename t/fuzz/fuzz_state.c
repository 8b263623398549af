/*
 * A saved state whose bytes were changed: it is refused, or it is a ledger
 * that can be read from end to end and folded on.
 *
 * An input is the number of a state, then changes of five bytes each: which
 * part, where (three bytes), and the new byte.
 */

#include "ledger/jupref_state.h"

#include "busy_ledger.h"
#include "fuzzing.h"
#include "ledger/jupref_integrity.h"
#include "ledger/jupref_series.h"
#include "ledger/jupref_state_check.h"
#include "ledger/jupref_upkeep.h"
#include "ledger/jupref_view.h"


#define STATES      4
#define TRADES      200                 /* room for them: soon full */
#define MORE        60
#define CHANGE      5


typedef struct {
    jupref_ledger_t  *ledger;
    busy_t            busy;
} state_t;


typedef union {
    jupref_code_view_t      code;
    jupref_terms_view_t     terms;
    jupref_referrer_view_t  referrer;
    jupref_leader_view_t    leaders[JUPREF_VIEW_LIST];
    jupref_trade_view_t     trades[JUPREF_VIEW_LIST];
    jupref_wallet_view_t    wallets[JUPREF_VIEW_LIST];
    jupref_proof_view_t     proofs[JUPREF_VIEW_LIST];
    jupref_intent_view_t    intents[JUPREF_VIEW_LIST];
    jupref_accounts_view_t  accounts[JUPREF_VIEW_LIST];
    jupref_platform_view_t  platform;
    jupref_series_row_t     series[JUPREF_VIEW_LIST];
} view_t;


static void *
zeroed(size_t size)
{
    void  *block;

    block = aligned_alloc(64, (size + 63) / 64 * 64);
    expect(block != NULL);
    memset(block, 0, size);

    return block;
}


/* Two of them are full of archived trades, two have their rankings left out. */
static void
make_states(state_t states[STATES])
{
    unsigned         i, events;
    jupref_event_t   event;
    state_t         *state;

    for (state = states; state < states + STATES; state++) {
        state->ledger = jupref_ledger_init(zeroed(JUPREF_LEDGER_MIN),
                                           JUPREF_LEDGER_MIN);
        state->ledger->tables[JUPREF_TABLE_TRADES].capacity = TRADES;

        busy_begin(&state->busy, BUSY_EVERYTHING, (uint64_t) (state - states),
                   8);
        events = (state - states) & 1 ? 4000 : 400;

        for (i = 0; i < events; i++) {
            busy_next(&state->busy, state->ledger, &event);
            (void) jupref_ledger_apply(state->ledger, &event);
        }

        if ((state - states) & 2) {
            jupref_state_unrank(state->ledger);
        }
    }
}


/* In a part whose changes they are; the header is the part behind tables. */
static void
change(uint8_t *bytes, size_t len, unsigned part, const uint8_t *data,
    size_t size)
{
    size_t  at;

    for ( ; size >= CHANGE; data += CHANGE, size -= CHANGE) {
        at = (size_t) data[1] << 16 | (size_t) data[2] << 8 | data[3];

        if (data[0] % JUPREF_STATE_PARTS == part && len) {
            bytes[at % len] = data[4];
        }
    }
}


static jupref_state_result_e
load_changed(jupref_ledger_t *ledger, const jupref_ledger_t *from,
    const uint8_t *data, size_t size)
{
    size_t                  len;
    uint8_t                 header[JUPREF_STATE_HEADER_MAX], *room, *copy;
    unsigned                table;
    jupref_bytes_t          rows;
    jupref_table_e          full;
    jupref_state_result_e   result;

    len = jupref_state_header(from, header);
    change(header, len, JUPREF_TABLES, data, size);

    copy = exact_copy(header, len);
    result = jupref_state_begin(ledger, (jupref_bytes_t) { copy, len }, &full);
    free(copy);

    if (result != JUPREF_STATE_OK) {
        return result;
    }

    for (table = 0; table < JUPREF_TABLES; table++) {
        rows = jupref_state_rows(from, table);
        room = jupref_state_room(ledger, table, &len);
        memset(room, 0, len);
        memcpy(room, rows.data, rows.len < len ? rows.len : len);
        change(room, len, table, data, size);
    }

    return jupref_state_finish(ledger);
}


static void
read_lists(const jupref_ledger_t *ledger, uint32_t referrer, view_t *view)
{
    unsigned         pages;
    jupref_cursor_t  cursor;

    memset(&cursor, 0, sizeof(cursor));

    for (pages = 0; pages == 0 || cursor.index; pages++) {
        (void) jupref_view_trades(ledger, referrer, &cursor, 17,
                                  view->trades);
        expect(pages <= TRADES);
    }

    memset(&cursor, 0, sizeof(cursor));

    for (pages = 0; referrer && (pages == 0 || cursor.index); pages++) {
        (void) jupref_view_wallets(ledger, referrer, &cursor, 17,
                                   view->wallets);
        expect(pages <= ledger->tables[JUPREF_TABLE_WALLETS].count);
    }
}


static void
read_proofs(const jupref_ledger_t *ledger, view_t *view)
{
    unsigned         proofs, count, told;
    jupref_cursor_t  cursor;

    for (proofs = 0; proofs < JUPREF_PROOFS; proofs++) {
        memset(&cursor, 0, sizeof(cursor));
        told = 0;

        do {
            count = jupref_view_proofs(ledger, proofs, &cursor, 17,
                                       view->proofs);
            told += count;
            expect(told <= TRADES);
        } while (count);
    }

    memset(&cursor, 0, sizeof(cursor));
    told = 0;

    do {
        count = jupref_view_intents(ledger, &cursor, 17, view->intents);
        told += count;
        expect(told <= ledger->tables[JUPREF_TABLE_INTENTS].count);
    } while (count);
}


static void
read_people(const jupref_ledger_t *ledger, const jupref_clicks_t *clicks,
    view_t *view)
{
    uint32_t             index;
    jupref_code_row_t   *code;
    jupref_code_name_t   name;

    for (jupref_each_row(ledger, JUPREF_TABLE_REFERRERS, index)) {
        jupref_view_referrer(ledger, clicks, index, &view->referrer);
        expect(view->referrer.row.text_len <= JUPREF_PUBKEY_TEXT);
        read_lists(ledger, index, view);
        (void) jupref_referral_is_cycle(ledger, index,
                                        &jupref_referrer(ledger, 1)->wallet);
        (void) jupref_series_read(ledger, JUPREF_BY_HOUR,
                                  jupref_owner_referrer(index), 0, UINT32_MAX,
                                  JUPREF_VIEW_LIST, view->series);
    }

    for (jupref_each_row(ledger, JUPREF_TABLE_CODES, index)) {
        code = jupref_code(ledger, index);
        memcpy(name.key, code->key, JUPREF_CODE_MAX);
        memcpy(name.text, code->text, JUPREF_CODE_MAX);
        expect(jupref_find_code(ledger, &name) == index);

        jupref_view_code(ledger, clicks, index, &view->code);
        (void) jupref_view_terms(ledger, &name, &view->terms);
    }
}


static void
read_everything(const jupref_ledger_t *ledger,
    const jupref_integrity_t *integrity, const jupref_clicks_t *clicks,
    view_t *view)
{
    uint32_t        index;
    unsigned        i;
    uint64_t        later;
    jupref_event_t  event;

    read_people(ledger, clicks, view);
    read_lists(ledger, 0, view);
    read_proofs(ledger, view);

    for (i = 0; i < JUPREF_RANKINGS; i++) {
        (void) jupref_view_leaders(ledger, i, JUPREF_VIEW_LIST,
                                   view->leaders);
    }

    for (index = 1; index <= ledger->tables[JUPREF_TABLE_TRADES].used;
         index++)
    {
        if (jupref_is_row(ledger, JUPREF_TABLE_TRADES, index)) {
            jupref_view_trade(ledger, index, &view->trades[0]);
        }
    }

    i = jupref_view_accounts(ledger, 0, JUPREF_VIEW_LIST, view->accounts);

    while (i--) {
        expect(view->accounts[i].mint.len <= JUPREF_PUBKEY_TEXT);
    }

    jupref_view_platform(ledger, integrity, &view->platform);

    later = ledger->time_ms + 86400000;
    (void) jupref_archive_due(ledger, later, &event);
    (void) jupref_release_due(ledger, later, 1, &event);
    (void) jupref_intent_stale(ledger, later, 1, &event);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static state_t              states[STATES];
    static jupref_ledger_t     *ledger;
    static jupref_integrity_t  *integrity;
    static jupref_clicks_t     *clicks;
    static view_t              *view;

    busy_t          busy;
    unsigned        i;
    jupref_event_t  event;
    const state_t  *from;

    if (ledger == NULL) {
        make_states(states);
        ledger = zeroed(JUPREF_LEDGER_MIN);
        integrity = zeroed(sizeof(jupref_integrity_t));
        clicks = zeroed(jupref_clicks_size(10000));
        (void) jupref_clicks_init(clicks, 10000);
        view = malloc(sizeof(view_t));
        expect(view != NULL);
    }

    if (size == 0) {
        return 0;
    }

    memset(ledger, 0, JUPREF_LEDGER_MIN);
    expect(jupref_ledger_init(ledger, JUPREF_LEDGER_MIN) == ledger);
    ledger->tables[JUPREF_TABLE_TRADES].capacity = TRADES;

    from = &states[data[0] % STATES];

    if (load_changed(ledger, from->ledger, data + 1, size - 1)
        != JUPREF_STATE_OK)
    {
        return 0;
    }

    read_everything(ledger, integrity, clicks, view);

    for (busy = from->busy, i = 0; i < MORE; i++) {
        busy_next(&busy, ledger, &event);
        (void) jupref_ledger_apply(ledger, &event);
    }

    expect(ledger->booking == 0);
    expect(jupref_rows_sound(ledger) && jupref_lists_sound(ledger));
    read_everything(ledger, integrity, clicks, view);

    return 0;
}
