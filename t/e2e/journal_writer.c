/*
 * Writes a state directory as nginx would, without one: for tests that break
 * it in many ways.
 *
 *     journal_writer <state> <keyring> <edge> <trades> [<trades a segment>]
 *
 * Trades of two referrers, of whom one brought the other, go through every
 * state there is; time begins on 2026-11-20 and goes on by an hour a trade.
 * Each full segment ends in a snapshot.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "log/jupref_keyring.h"
#include "log/jupref_log.h"
#include "log/jupref_snapshot.h"
#include "log/jupref_tiles.h"


#define BEGIN_MS     UINT64_C(1795132800000)     /* 2026-11-20 */
#define HOUR_MS      UINT64_C(3600000)
#define LEDGER_SIZE  (64u << 20)
#define LOG_SIZE     (1u << 20)
#define KEYS         16


static jupref_key_t          keys[KEYS];
static jupref_disk_t         disk;
static jupref_store_t        store;
static jupref_ledger_t      *ledger;
static jupref_log_t         *journal;
static jupref_log_writer_t  *writer;
static jupref_fault_t        fault;
static uint64_t              now_ms = BEGIN_MS;


static void
must(unsigned done, const char *what)
{
    if (!done) {
        fprintf(stderr, "journal_writer: %s: %s\n", what, fault.text);
        exit(1);
    }
}


static void
read_keys(const char *name)
{
    char               line[256];
    FILE              *file;
    jupref_bytes_t     word, text;
    jupref_purpose_e   purpose;

    file = fopen(name, "r");
    must(file != NULL, name);
    store.keys.keys = keys;

    while (fgets(line, sizeof(line), file) != NULL) {
        text.data = (uint8_t *) line;
        text.len = strcspn(line, "\n");

        if (jupref_keyring_line(text, &purpose, &keys[store.keys.count],
                                &word)
                == JUPREF_KEYRING_KEY
            && purpose == JUPREF_PURPOSE_SEAL)
        {
            store.keys.count++;
            must(store.keys.count < KEYS, "keys");
        }
    }

    fclose(file);
}


static void
append(jupref_event_t *event)
{
    uint8_t                 salt[JUPREF_SALT_SIZE];
    jupref_ledger_result_e  result;

    event->seq = ledger->seq + 1;
    event->edge_seq = event->seq;
    event->time_ms = now_ms;

    must(jupref_random(salt, sizeof(salt))
         && jupref_log_prepare(journal, event, salt), "prepare");

    result = jupref_ledger_apply(ledger, event);
    must(result == JUPREF_LEDGER_OK, jupref_ledger_result_name(result));
    must(jupref_log_publish(journal, event), "publish");
}


static void
flush(void)
{
    must(jupref_log_flush(journal, writer, now_ms, &fault)
         == JUPREF_FAULT_NONE, "flush");
}


static void
set_terms(jupref_terms_t *terms)
{
    memset(terms, 0, sizeof(jupref_terms_t));
    memcpy(terms->tier, "premium", 7);
    terms->fee_bps = 100;
    terms->discount_bps = 10;
    terms->share_bps[0] = 4000;
    terms->share_bps[1] = 500;
    terms->share_bps[2] = 100;
    terms->partner_bps = JUPREF_PARTNER_BPS;
}


static void
set_key(jupref_pubkey_t *key, uint8_t first, uint32_t number)
{
    memset(key, 0, sizeof(jupref_pubkey_t));
    key->bytes[0] = first;
    memcpy(key->bytes + 1, &number, sizeof(number));
}


static void
register_referrers(void)
{
    unsigned                  i;
    jupref_event_t            event;
    static const char *const  codes[] = { "amy", "Ben" };

    for (i = 0; i < 2; i++) {
        memset(&event, 0, sizeof(event));
        event.type = JUPREF_EVENT_REFERRER_REGISTERED;
        set_key(&event.of.referrer_registered.wallet, 0xa0, i);
        set_terms(&event.of.referrer_registered.terms);

        if (i > 0) {
            set_key(&event.of.referrer_registered.parent, 0xa0, 0);
        }

        append(&event);

        memset(&event, 0, sizeof(event));
        event.type = JUPREF_EVENT_CODE_CREATED;
        memcpy(event.actor, "ops", 3);
        jupref_code_name_set(&event.of.code_created.code, (jupref_bytes_t) {
                                 (const uint8_t *) codes[i], 3 });
        set_key(&event.of.code_created.wallet, 0xa0, i);
        set_terms(&event.of.code_created.terms);
        append(&event);
    }
}


static void
rule(jupref_event_type_e type, const jupref_signature_t *signature,
    const char *reason)
{
    jupref_event_t  event;

    memset(&event, 0, sizeof(event));
    event.type = type;
    event.of.trade_ruled.signature = *signature;
    memcpy(event.of.trade_ruled.reason, reason, strlen(reason));
    append(&event);
}


static void
release(uint64_t cutoff_ms)
{
    jupref_event_t  event;

    if (ledger->next_release == 0
        || jupref_trade(ledger, ledger->next_release)->verified_ms > cutoff_ms)
    {
        return;
    }

    memset(&event, 0, sizeof(event));
    event.type = JUPREF_EVENT_HOLD_RELEASED;
    event.of.hold_released.cutoff_ms = cutoff_ms;
    append(&event);
}


/* What becomes of it goes by its number. */

static void
settle(unsigned number, const jupref_trade_t *trade)
{
    jupref_event_t  event;

    if (number % 8 == 1) {
        rule(JUPREF_EVENT_TRADE_REJECTED, &trade->signature, "foreign_message");
        return;
    }

    if (number % 8 == 2) {
        return;                         /* stays an estimate */
    }

    if (number % 8 == 6) {
        rule(JUPREF_EVENT_TRADE_UNPROVED, &trade->signature, "history_gone");
    }

    memset(&event, 0, sizeof(event));
    event.type = JUPREF_EVENT_TRADE_VERIFIED;
    event.of.trade_verified.signature = trade->signature;
    event.of.trade_verified.fee_mint = trade->fee_mint;
    event.of.trade_verified.fee = trade->fee + 3;
    event.of.trade_verified.slot = trade->slot;
    append(&event);

    if (number % 8 == 3 || number % 8 == 4) {
        rule(JUPREF_EVENT_TRADE_DISPUTED, &trade->signature,
             "says \"not mine\", twice");
    }

    if (number % 8 == 4) {
        rule(JUPREF_EVENT_DISPUTE_RESOLVED, &trade->signature, "is theirs");
    }

    if (number % 8 == 5) {
        rule(JUPREF_EVENT_TRADE_REVERSED, &trade->signature, "charged back");
    }
}


static void
one_trade(unsigned number)
{
    jupref_event_t   event;
    jupref_trade_t  *trade, settled;

    memset(&event, 0, sizeof(event));
    trade = &event.of.trade;

    memset(trade->signature.bytes, 0x51, sizeof(trade->signature.bytes));
    memcpy(trade->signature.bytes, &number, sizeof(number));
    trade->request_id.len = (uint8_t) snprintf(
        (char *) trade->request_id.bytes, sizeof(trade->request_id.bytes),
        "request-%u", number);
    set_key(&trade->taker, 0xb0, number % 7);

    if (number % 3 < 2) {
        jupref_code_name_set(&trade->code, number % 3 ? jupref_bytes("amy")
                                                      : jupref_bytes("Ben"));
    }

    set_terms(&trade->terms);
    set_key(&trade->input_mint, 0xc0, 0);
    set_key(&trade->output_mint, 0xc0, 1);
    set_key(&trade->fee_mint, 0xc0, number % 2);
    trade->in_amount = 1000000 + number;
    trade->out_amount = 2000000 + number;
    trade->fee = 9001 + number;
    trade->volume_micro_usd = 15000000;
    trade->slot = 400000000 + number;
    trade->last_valid_block_height = 300000000 + number;
    trade->granted_bps = 90;
    memset(trade->message_hash, 0x3a, sizeof(trade->message_hash));
    memcpy(trade->router, "metis", 5);

    event.type = JUPREF_EVENT_TRADE_INTENT;
    append(&event);
    event.type = number % 5 ? JUPREF_EVENT_TRADE_EXECUTED
                            : JUPREF_EVENT_TRADE_UNKNOWN;
    append(&event);
    settled = *trade;

    if (number % 5 || number % 2) {
        settle(number, &settled);
    }
}


static void
count_orders(void)
{
    jupref_event_t  event;

    memset(&event, 0, sizeof(event));
    event.type = JUPREF_EVENT_ORDERS_COUNTED;
    event.of.counted.count = 3;
    append(&event);

    event.type = JUPREF_EVENT_CLICKS_COUNTED;
    jupref_code_name_set(&event.of.counted.code, jupref_bytes("amy"));
    append(&event);
}


/* What a check of the chain finds. */

static void
tell(unsigned number)
{
    jupref_event_t  event;

    memset(&event, 0, sizeof(event));
    event.type = JUPREF_EVENT_FEES_CLAIMED;
    memset(event.of.fees_claimed.signature.bytes, 0x52,
           sizeof(event.of.fees_claimed.signature.bytes));
    set_key(&event.of.fees_claimed.mint, 0xc0, 0);
    event.of.fees_claimed.amount = 5000;
    event.of.fees_claimed.slot = 400000000 + number;
    append(&event);

    memset(&event, 0, sizeof(event));
    event.type = JUPREF_EVENT_FEES_DRIFTED;
    set_key(&event.of.fees_drifted.mint, 0xc0, 0);
    event.of.fees_drifted.slot = 400000001 + number;
    event.of.fees_drifted.expected = 31000;
    event.of.fees_drifted.actual = 31000 - number;
    event.of.fees_drifted.unexplained = number;
    event.of.fees_drifted.missing = 1;
    append(&event);

    memset(&event, 0, sizeof(event));
    event.type = JUPREF_EVENT_INCIDENT_RAISED;
    event.of.incident.kind = JUPREF_INCIDENT_FEE_DRIFT;
    memcpy(event.of.incident.detail, "so much is missing", 18);
    append(&event);

    event.type = JUPREF_EVENT_INCIDENT_CLEARED;
    append(&event);
}


static void
snapshot(void)
{
    jupref_place_t  place;

    jupref_log_bound(journal, ledger->digest);
    flush();

    memset(&place, 0, sizeof(place));
    place.seq = journal->seq;
    place.time_ms = journal->time_ms;
    memcpy(place.head, journal->head, JUPREF_SHA256_SIZE);
    place.frontier = journal->frontier;

    must(jupref_snapshot_write(&store, ledger, &place, now_ms, &fault)
         == JUPREF_FAULT_NONE, "snapshot");
}


static void
publish(const jupref_identity_t *identity)
{
    jupref_tiles_t  *tiles;

    must(jupref_tiles_open(&store, &tiles, &fault) == JUPREF_FAULT_NONE
         && jupref_tiles_update(tiles, journal->synced, identity, &fault)
            == JUPREF_FAULT_NONE, "tiles");
    jupref_tiles_close(tiles);
}


int
main(int count, char **words)
{
    char                name[4096];
    void               *block;
    unsigned            i, trades, each;
    jupref_place_t      place;
    jupref_identity_t   identity;

    static const char *const  names[] = { "", "/journal", "/snapshots",
                                          "/tiles", "/tiles/tile" };

    must(count >= 5, "usage: journal_writer STATE KEYRING EDGE TRADES [EACH]");

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(name, sizeof(name), "%s%s", words[1], names[i]);
        must(mkdir(name, 0700) == 0, name);
    }

    read_keys(words[2]);
    jupref_disk_posix(&disk, words[1]);
    store.disk = &disk;
    memcpy(store.edge, words[3], strnlen(words[3], JUPREF_EDGE_MAX));

    ledger = jupref_ledger_init(calloc(1, LEDGER_SIZE), LEDGER_SIZE);
    must(posix_memalign(&block, 64, LOG_SIZE) == 0, "memory");
    memset(block, 0, LOG_SIZE);
    journal = jupref_log_init(block, LOG_SIZE);
    writer = jupref_log_writer_create(&store);
    must(ledger && journal && writer, "memory");

    must(jupref_identity_load(&store, (jupref_bytes_t) {
                                  (const uint8_t *) words[3],
                                  strlen(words[3]) }, &identity, &fault)
         == JUPREF_FAULT_NONE, "identity");

    memset(&place, 0, sizeof(place));
    jupref_log_start(journal, 0, 0, place.head, &place.frontier);
    register_referrers();

    trades = (unsigned) atoi(words[4]);
    each = count > 5 ? (unsigned) atoi(words[5]) : 0;

    for (i = 1; i <= trades; i++) {
        now_ms += HOUR_MS;
        one_trade(i);
        release(now_ms - 6 * HOUR_MS);

        if (i % 4 == 0) {
            count_orders();
        }

        if (i % 8 == 0) {
            tell(i);
        }

        if (each && i % each == 0) {
            snapshot();

        } else if (i % 2) {
            flush();
        }
    }

    flush();
    jupref_log_trim(journal, &store);
    publish(&identity);
    jupref_log_writer_free(writer);

    return 0;
}
