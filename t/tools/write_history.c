/*
 * Writes the journal of an edge that has been trading for long, for tests of
 * what is read from it:
 *
 *     write_history <state directory> <seal key, hex> <in the table>
 *                   <archived> <wallet of "amy"> <wallet of "bob">
 *
 * Trades are amy's, bob's and nobody's in turn, settled, and old enough to be
 * archived; every seventh is archived late, so that the order in which they
 * were archived isn't that in which they were made.  Each is told on a line:
 * seq, seq of its trade.archived or 0, code or "-".
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/jupref_digest.h"
#include "ledger/jupref_booking.h"
#include "log/jupref_log.h"
#include "log/jupref_tiles.h"


#define LEDGER_BYTES  (256u * 1024 * 1024)
#define LOG_BYTES     (sizeof(jupref_log_t) + 4 * 1024 * 1024)
#define SEGMENT       1000              /* events */
#define LATE          40                /* trades, every seventh waits for */
#define DAY_MS        (24 * 60 * 60 * UINT64_C(1000))


typedef struct {
    jupref_disk_t         disk;
    jupref_store_t        store;
    jupref_key_t          key;
    jupref_log_t         *log;
    jupref_log_writer_t  *writer;
    jupref_ledger_t      *ledger;
    uint64_t              now_ms;
    uint64_t             *seqs;         /* by trade */
    uint64_t             *archived;
} history_t;


static const char *const  codes[] = { "amy", "bob", NULL };

static const jupref_terms_t  terms = {
    .tier = "referred", .fee_bps = 100, .discount_bps = 10,
    .share_bps = { 2000 }, .partner_bps = JUPREF_PARTNER_BPS
};


static void
give_up(const char *what)
{
    fprintf(stderr, "write_history: %s\n", what);
    exit(1);
}


static void
flush(history_t *history)
{
    jupref_fault_t  fault;

    if (jupref_log_flush(history->log, history->writer, history->now_ms,
                         &fault)
        != JUPREF_FAULT_NONE)
    {
        give_up(fault.text);
    }
}


static void
append(history_t *history, jupref_event_t *event)
{
    uint8_t                 salt[JUPREF_SALT_SIZE];
    jupref_ledger_result_e  result;

    if (!jupref_log_has_room(history->log)) {
        flush(history);
    }

    event->seq = history->ledger->seq + 1;
    event->edge_seq = event->seq;
    event->time_ms = ++history->now_ms;

    if (!jupref_random(salt, sizeof(salt))
        || !jupref_log_prepare(history->log, event, salt))
    {
        give_up("an event can't be written");
    }

    result = jupref_ledger_apply(history->ledger, event);

    if (result != JUPREF_LEDGER_OK) {
        give_up(jupref_ledger_result_text(result));
    }

    if (!jupref_log_publish(history->log, event)) {
        give_up("an event can't be published");
    }

    /* a segment ends when the first record of the next one is written */

    if (event->seq % SEGMENT == 0) {
        jupref_log_bound(history->log, history->ledger->digest);

    } else if (event->seq % SEGMENT == 1) {
        flush(history);
    }
}


static jupref_event_t
event_of(jupref_event_type_e type)
{
    jupref_event_t  event;

    memset(&event, 0, sizeof(event));
    event.type = type;

    return event;
}


static void
set_code(jupref_code_name_t *name, const char *code)
{
    jupref_code_name_set(name, (jupref_bytes_t) { (const uint8_t *) code,
                                                  strlen(code) });
}


static void
register_referrer(history_t *history, const char *code, const char *text)
{
    jupref_event_t   event;
    jupref_pubkey_t  wallet;

    if (!jupref_pubkey_parse(&wallet, (jupref_bytes_t) {
                                 (const uint8_t *) text, strlen(text) }))
    {
        give_up("not a wallet");
    }

    event = event_of(JUPREF_EVENT_REFERRER_REGISTERED);
    event.of.referrer_registered.wallet = wallet;
    event.of.referrer_registered.terms = terms;
    append(history, &event);

    event = event_of(JUPREF_EVENT_CODE_CREATED);
    event.of.code_created.wallet = wallet;
    event.of.code_created.terms = terms;
    event.of.code_created.own_terms = 1;
    event.of.code_created.configured = 1;
    set_code(&event.of.code_created.code, code);
    append(history, &event);
}


/* Unlike any other of the same kind. */

static void
fill(uint8_t *bytes, size_t len, const char *kind, unsigned number)
{
    char     text[64];
    size_t   at, n;
    uint8_t  digest[JUPREF_SHA256_SIZE];

    for (at = 0; at < len; at += n) {
        n = (size_t) snprintf(text, sizeof(text), "%s %u %zu", kind, number,
                              at);
        (void) jupref_sha256(digest, (jupref_bytes_t) {
                                 (const uint8_t *) text, n });
        n = len - at < sizeof(digest) ? len - at : sizeof(digest);
        memcpy(bytes + at, digest, n);
    }
}


static void
signature_of(jupref_signature_t *signature, unsigned number)
{
    fill(signature->bytes, JUPREF_SIGNATURE_SIZE, "signature", number);
}


/* Verified, but every fifth, which is rejected. */

static void
trade(history_t *history, unsigned number)
{
    jupref_event_t   event;
    jupref_trade_t  *made;

    event = event_of(JUPREF_EVENT_TRADE_EXECUTED);
    made = &event.of.trade;

    signature_of(&made->signature, number);
    made->request_id.len = (uint8_t) snprintf((char *) made->request_id.bytes,
                                              JUPREF_REQUEST_ID_MAX,
                                              "order-%u", number);
    fill(made->taker.bytes, JUPREF_PUBKEY_SIZE, "taker", number);
    fill(made->input_mint.bytes, JUPREF_PUBKEY_SIZE, "mint", 1);
    fill(made->output_mint.bytes, JUPREF_PUBKEY_SIZE, "mint", 2);
    made->fee_mint = made->input_mint;
    made->terms = terms;
    made->in_amount = 1000000 + number;
    made->out_amount = 2000000 + number;
    made->fee = 9000 + number;
    made->volume_micro_usd = 5000000;
    made->slot = 1000 + number;
    made->last_valid_block_height = 2000 + number;
    made->granted_bps = 90;
    memcpy(made->router, "metis", 5);

    if (codes[number % 3]) {
        set_code(&made->code, codes[number % 3]);
    }

    append(history, &event);
    history->seqs[number] = event.seq;

    if (number % 5 == 4) {
        event = event_of(JUPREF_EVENT_TRADE_REJECTED);
        signature_of(&event.of.trade_ruled.signature, number);
        memcpy(event.of.trade_ruled.reason, "no_fee", 6);

    } else {
        event = event_of(JUPREF_EVENT_TRADE_VERIFIED);
        signature_of(&event.of.trade_verified.signature, number);
        fill(event.of.trade_verified.fee_mint.bytes, JUPREF_PUBKEY_SIZE,
             "mint", 1);
        event.of.trade_verified.fee = 9000 + number;
        event.of.trade_verified.slot = 1000 + number;
    }

    append(history, &event);
}


static void
release(history_t *history)
{
    jupref_event_t  event;

    while (history->ledger->next_release) {
        event = event_of(JUPREF_EVENT_HOLD_RELEASED);
        event.of.hold_released.cutoff_ms = history->now_ms;
        append(history, &event);
    }
}


static void
archive(history_t *history, unsigned number)
{
    uint32_t            index;
    jupref_event_t      event;
    jupref_signature_t  signature;

    signature_of(&signature, number);
    index = jupref_find_trade(history->ledger, &signature);

    event = event_of(JUPREF_EVENT_TRADE_ARCHIVED);
    jupref_archived_of(history->ledger, index, &event.of.trade_archived);
    append(history, &event);
    history->archived[number] = event.seq;
}


static void
archive_all(history_t *history, unsigned count)
{
    unsigned  i;

    for (i = 0; i < count + LATE; i++) {

        if (i < count && i % 7 != 3) {
            archive(history, i);
        }

        if (i >= LATE && (i - LATE) % 7 == 3) {
            archive(history, i - LATE);
        }
    }
}


static void
start(history_t *history, const char *directory, const char *key)
{
    void               *block;
    uint8_t             none[JUPREF_SHA256_SIZE];
    jupref_fault_t      fault;
    jupref_identity_t   identity;
    jupref_frontier_t   frontier;

    memset(none, 0, sizeof(none));
    memset(&frontier, 0, sizeof(frontier));

    jupref_disk_posix(&history->disk, directory);
    (void) history->disk.make_directory(&history->disk, "journal");

    memcpy(history->key.id, "s1", 2);

    if (!jupref_hex_decode(history->key.key, sizeof(history->key.key),
                           (jupref_bytes_t) { (const uint8_t *) key,
                                              strlen(key) }))
    {
        give_up("not a key");
    }

    history->store.disk = &history->disk;
    history->store.keys.keys = &history->key;
    history->store.keys.count = 1;
    memcpy(history->store.edge, "main", 4);

    block = aligned_alloc(64, (LOG_BYTES + 63) / 64 * 64);
    history->ledger = aligned_alloc(64, LEDGER_BYTES);

    if (block == NULL || history->ledger == NULL) {
        give_up("no memory");
    }

    memset(block, 0, (LOG_BYTES + 63) / 64 * 64);
    memset(history->ledger, 0, LEDGER_BYTES);

    history->ledger = jupref_ledger_init(history->ledger, LEDGER_BYTES);
    history->log = jupref_log_init(block, LOG_BYTES);
    history->writer = jupref_log_writer_create(&history->store);

    if (history->ledger == NULL || history->log == NULL
        || history->writer == NULL)
    {
        give_up("no memory");
    }

    if (jupref_identity_load(&history->store, jupref_bytes("main"), &identity,
                             &fault)
        != JUPREF_FAULT_NONE)
    {
        give_up(fault.text);
    }

    jupref_log_start(history->log, 0, history->now_ms, none, &frontier);
}


int
main(int argc, char **argv)
{
    unsigned   i, kept, archived;
    history_t  history;

    if (argc != 7) {
        give_up("directory, key, two numbers, two wallets");
    }

    memset(&history, 0, sizeof(history));
    kept = (unsigned) atoi(argv[3]);
    archived = (unsigned) atoi(argv[4]);

    history.now_ms = (uint64_t) time(NULL) * 1000 - 3 * DAY_MS;
    history.seqs = calloc(kept + archived + 1, sizeof(uint64_t));
    history.archived = calloc(kept + archived + 1, sizeof(uint64_t));

    start(&history, argv[1], argv[2]);
    register_referrer(&history, "amy", argv[5]);
    register_referrer(&history, "bob", argv[6]);

    for (i = 0; i < archived; i++) {
        trade(&history, i);
    }

    release(&history);
    history.now_ms += DAY_MS;
    archive_all(&history, archived);

    for ( /* void */ ; i < kept + archived; i++) {
        trade(&history, i);
    }

    release(&history);
    flush(&history);
    jupref_log_trim(history.log, &history.store);

    for (i = 0; i < kept + archived; i++) {
        printf("%llu %llu %s\n", (unsigned long long) history.seqs[i],
               (unsigned long long) history.archived[i],
               codes[i % 3] ? codes[i % 3] : "-");
    }

    return 0;
}
