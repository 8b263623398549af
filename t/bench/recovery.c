/*
 * How fast a journal is folded again: recovery <directory> <events>
 *
 * Writes a journal of so many events as an edge would (40 % trades executed,
 * 25 % verified, 20 % clicks, 10 % orders, 5 % wallets bound, a release of
 * holds now and then) through the log into the directory, recovers it some
 * times from the page cache, prints one line of JSON and removes the journal.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log/jupref_log.h"
#include "log/jupref_snapshot.h"


#define BENCH_REFERRERS      500
#define BENCH_MINTS          8          /* that fees come in */
#define BENCH_RUNS           5
#define BENCH_SEGMENT        250000     /* events */
#define BENCH_TIME_MS        UINT64_C(1760000000000)
#define BENCH_STEP_MS        20
#define BENCH_HOLD_MS        (10 * 60 * 1000)
#define BENCH_RELEASE_EVERY  1000       /* events */


typedef struct {
    jupref_store_t        store;
    jupref_disk_t         disk;
    jupref_key_t          key;
    jupref_ledger_t      *ledger;
    jupref_log_t         *log;
    jupref_log_writer_t  *writer;
    uint64_t              random;
    uint32_t              wallets;      /* bound */
    uint32_t              executed;     /* trades */
    uint32_t              verified;
} bench_t;


static void
die(const char *why)
{
    fprintf(stderr, "recovery: %s\n", why);
    exit(1);
}


static uint64_t
draw(bench_t *bench, uint64_t below)
{
    uint64_t  z;

    bench->random += UINT64_C(0x9e3779b97f4a7c15);
    z = bench->random;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);

    return (z ^ (z >> 31)) % below;
}


/* Most of what happens comes from few: a tenth of them brings half of it. */
static uint32_t
draw_one(bench_t *bench, uint32_t count)
{
    uint64_t  one, share;

    one = draw(bench, 1000);
    share = one * one * one;

    return (uint32_t) (share * count / UINT64_C(1000000000));
}


/* Bytes that look random and follow from kind and number; len is a multiple
 * of 8. */
static void
fill(uint8_t *bytes, size_t len, char kind, uint32_t number)
{
    size_t    i;
    uint32_t  seed[3];
    uint64_t  hash;

    for (i = 0; i < len; i += sizeof(hash)) {
        seed[0] = (uint32_t) kind;
        seed[1] = number;
        seed[2] = (uint32_t) i;
        hash = jupref_hash(seed, sizeof(seed));
        memcpy(bytes + i, &hash, sizeof(hash));
    }
}


static jupref_pubkey_t
key_of(char kind, uint32_t number)
{
    jupref_pubkey_t  key;

    fill(key.bytes, sizeof(key.bytes), kind, number);

    return key;
}


static jupref_code_name_t
code_of(uint32_t number)
{
    char                text[JUPREF_CODE_MAX];
    jupref_code_name_t  name;

    snprintf(text, sizeof(text), "Code%05u", (unsigned) number);
    jupref_code_name_set(&name, (jupref_bytes_t) { (const uint8_t *) text,
                                                   strlen(text) });
    return name;
}


static jupref_terms_t
terms(void)
{
    jupref_terms_t  premium;

    memset(&premium, 0, sizeof(premium));
    memcpy(premium.tier, "premium", 7);
    premium.fee_bps = 100;
    premium.discount_bps = 10;
    premium.share_bps[0] = 4000;
    premium.share_bps[1] = 500;
    premium.share_bps[2] = 100;
    premium.partner_bps = JUPREF_PARTNER_BPS;

    return premium;
}


static jupref_event_t
event_of(const bench_t *bench, jupref_event_type_e type)
{
    jupref_event_t  event;

    memset(&event, 0, sizeof(event));
    event.seq = bench->log->seq + 1;
    event.time_ms = BENCH_TIME_MS + event.seq * BENCH_STEP_MS;
    event.edge_seq = event.seq;
    event.edge = 1;
    event.type = type;

    return event;
}


static jupref_event_t
bound(bench_t *bench)
{
    jupref_event_t  event;

    event = event_of(bench, JUPREF_EVENT_WALLET_BOUND);
    event.of.wallet_bound.wallet = key_of('w', bench->wallets++);
    event.of.wallet_bound.code = code_of(draw_one(bench, BENCH_REFERRERS));
    return event;
}


static jupref_event_t
counted(bench_t *bench, jupref_event_type_e type)
{
    jupref_event_t  event;

    event = event_of(bench, type);
    event.of.counted.code = code_of(draw_one(bench, BENCH_REFERRERS));
    event.of.counted.count = 1 + (uint32_t) draw(bench, 40);

    return event;
}


static jupref_event_t
executed(bench_t *bench)
{
    char             id[48];
    uint32_t         number;
    jupref_event_t   event;
    jupref_trade_t  *trade;

    number = bench->executed++;
    event = event_of(bench, JUPREF_EVENT_TRADE_EXECUTED);
    trade = &event.of.trade;

    fill(trade->signature.bytes, sizeof(trade->signature.bytes), 's', number);
    fill(trade->message_hash, sizeof(trade->message_hash), 'h', number);
    snprintf(id, sizeof(id), "019a%04x-%04x-7000-8000-%012x",
             number & 0xffff, number >> 16, number);

    if (!jupref_request_id_set(&trade->request_id, (jupref_bytes_t) {
                                   (const uint8_t *) id, strlen(id) }))
    {
        die("a requestId is refused");
    }

    trade->taker = key_of('w', (uint32_t) draw(bench, bench->wallets));
    trade->code = code_of(draw_one(bench, BENCH_REFERRERS));
    trade->terms = terms();
    trade->fee_mint = key_of('m', draw_one(bench, BENCH_MINTS));
    trade->input_mint = trade->fee_mint;
    trade->output_mint = key_of('o', draw_one(bench, 5000));
    trade->in_amount = 1000000 + draw(bench, UINT64_C(100000000000));
    trade->out_amount = 1000000 + draw(bench, UINT64_C(100000000000));
    trade->fee = 1000 + trade->in_amount / 100;
    trade->volume_micro_usd = 1000000 + draw(bench, UINT64_C(5000000000));
    trade->slot = 375000000 + number;
    trade->last_valid_block_height = 353000000 + number;
    trade->granted_bps = 90;
    memcpy(trade->router, "iris", 4);

    return event;
}


static jupref_event_t
verified(bench_t *bench)
{
    uint32_t             number;
    jupref_event_t       event;
    jupref_trade_row_t  *trade;

    number = bench->verified++;
    event = event_of(bench, JUPREF_EVENT_TRADE_VERIFIED);
    fill(event.of.trade_verified.signature.bytes, JUPREF_SIGNATURE_SIZE, 's',
         number);
    trade = jupref_trade(bench->ledger, jupref_find_trade(
                             bench->ledger,
                             &event.of.trade_verified.signature));
    event.of.trade_verified.fee_mint = jupref_mint(bench->ledger,
                                                   trade->fee_mint)->mint;
    event.of.trade_verified.fee = trade->fee;
    event.of.trade_verified.slot = 375000100 + number;

    return event;
}


static jupref_event_t
released(bench_t *bench)
{
    jupref_event_t  event;

    event = event_of(bench, JUPREF_EVENT_HOLD_RELEASED);
    event.of.hold_released.cutoff_ms = event.time_ms - BENCH_HOLD_MS;

    return event;
}


static void
flush(bench_t *bench)
{
    jupref_fault_t  fault;

    memset(&fault, 0, sizeof(fault));

    if (jupref_log_flush(bench->log, bench->writer,
                         BENCH_TIME_MS + bench->log->seq * BENCH_STEP_MS,
                         &fault)
        != JUPREF_FAULT_NONE)
    {
        die(fault.text);
    }
}


/* 1 when the ledger takes it; as the edge does it. */
static unsigned
push(bench_t *bench, const jupref_event_t *event)
{
    uint8_t                 salt[JUPREF_SALT_SIZE];
    jupref_ledger_result_e  result;

    if (!jupref_log_has_room(bench->log)) {
        flush(bench);
    }

    fill(salt, sizeof(salt), 'x', (uint32_t) event->seq);

    if (!jupref_log_prepare(bench->log, event, salt)) {
        die("an event can't be written");
    }

    result = jupref_ledger_apply(bench->ledger, event);

    if (result == JUPREF_LEDGER_NOTHING_TO_RELEASE) {
        return 0;
    }

    if (result != JUPREF_LEDGER_OK) {
        die(jupref_ledger_result_text(result));
    }

    if (!jupref_log_publish(bench->log, event)) {
        die("an event can't be published");
    }

    return 1;
}


static void
register_all(bench_t *bench)
{
    uint32_t        i;
    jupref_event_t  event;

    for (i = 0; i < BENCH_REFERRERS; i++) {
        event = event_of(bench, JUPREF_EVENT_REFERRER_REGISTERED);
        event.of.referrer_registered.wallet = key_of('r', i);
        event.of.referrer_registered.terms = terms();

        if (i > 0) {
            event.of.referrer_registered.parent = key_of('r', i / 3);
        }

        (void) push(bench, &event);

        event = event_of(bench, JUPREF_EVENT_CODE_CREATED);
        event.of.code_created.code = code_of(i);
        event.of.code_created.wallet = key_of('r', i);
        event.of.code_created.terms = terms();
        (void) push(bench, &event);
    }

    for (i = 0; i < BENCH_REFERRERS; i++) {
        event = bound(bench);
        (void) push(bench, &event);
    }
}


static jupref_event_t
any_event(bench_t *bench)
{
    unsigned  kind;

    kind = (unsigned) draw(bench, 100);

    if (kind < 40) {
        return executed(bench);
    }

    if (kind < 65) {
        return bench->verified < bench->executed ? verified(bench)
                                                 : executed(bench);
    }

    if (kind < 85) {
        return counted(bench, JUPREF_EVENT_CLICKS_COUNTED);
    }

    return kind < 95 ? counted(bench, JUPREF_EVENT_ORDERS_COUNTED)
                     : bound(bench);
}


static void
write_journal(bench_t *bench, uint64_t events)
{
    jupref_event_t  event;

    register_all(bench);

    while (bench->log->seq < events) {

        if (bench->log->seq % BENCH_RELEASE_EVERY == 0) {
            event = released(bench);

            if (push(bench, &event)) {
                continue;
            }
        }

        event = any_event(bench);
        (void) push(bench, &event);

        if (bench->log->seq % BENCH_SEGMENT == 0) {
            jupref_log_bound(bench->log, bench->ledger->digest);
        }
    }

    flush(bench);
}


/* A zone in which none of the tables gets full. */
static jupref_ledger_t *
ledger_for(uint64_t events)
{
    void             *block;
    uint64_t          size;
    jupref_ledger_t  *ledger;

    for (size = 64 * 1024 * 1024; /* void */ ; size += size / 2) {
        size = size / 64 * 64;
        block = aligned_alloc(64, size);

        if (block == NULL) {
            die("no memory for the ledger");
        }

        memset(block, 0, size);
        ledger = jupref_ledger_init(block, size);

        if (ledger->tables[JUPREF_TABLE_TRADES].capacity > events / 2
            && ledger->tables[JUPREF_TABLE_BALANCES].capacity
               > BENCH_REFERRERS * BENCH_MINTS)
        {
            return ledger;
        }

        free(block);
    }
}


/* Of this thread's processor: what else runs on the machine doesn't count. */
static double
seconds(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);

    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}


/* The best of some runs; each must give the ledger that was written. */
static double
recover(bench_t *bench, uint64_t events)
{
    double              took, best;
    unsigned            run;
    jupref_fault_t      fault;
    jupref_place_t      place;
    jupref_ledger_t    *ledger;
    jupref_recovery_t   how;
    jupref_recovered_t  recovered;

    memset(&how, 0, sizeof(how));

    for (best = 0, run = 0; run < BENCH_RUNS; run++) {
        ledger = ledger_for(events);
        took = seconds();

        if (jupref_recover(&bench->store, &how, ledger, &place, &recovered,
                           &fault)
            != JUPREF_FAULT_NONE)
        {
            die(fault.text);
        }

        took = seconds() - took;
        best = (run == 0 || took < best) ? took : best;

        if (recovered.records != events
            || ledger->digest != bench->ledger->digest
            || memcmp(place.head, bench->log->head, JUPREF_SHA256_SIZE) != 0)
        {
            die("the recovered ledger isn't the one that was written");
        }

        free(ledger);
    }

    return best;
}


/* Bytes of all segments; with `remove` they go. */
static uint64_t
segments(bench_t *bench, unsigned remove)
{
    int              file;
    char             name[JUPREF_NAME_MAX];
    size_t           i, count;
    uint64_t        *firsts, bytes;
    jupref_fault_t   fault;

    if (jupref_journal_list(&bench->store, &firsts, &count, &fault)
        != JUPREF_FAULT_NONE)
    {
        die(fault.text);
    }

    bytes = 0;

    for (i = 0; i < count; i++) {
        jupref_segment_name(name, firsts[i]);
        file = bench->disk.open(&bench->disk, name, 0, 0);

        if (file < 0) {
            die("a segment can't be opened");
        }

        bytes += (uint64_t) bench->disk.size(&bench->disk, file);
        bench->disk.close(&bench->disk, file);

        if (remove) {
            (void) bench->disk.remove(&bench->disk, name);
        }
    }

    if (remove) {
        (void) bench->disk.remove(&bench->disk, "synced");
    }

    free(firsts);

    return bytes;
}


int
main(int argc, char **argv)
{
    void            *block;
    double           took;
    bench_t          bench;
    uint64_t         events, bytes;
    jupref_table_t  *trades;

    if (argc != 3 || strtoull(argv[2], NULL, 10) < 10 * BENCH_REFERRERS) {
        die("usage: recovery <directory> <events, 5000 or more>");
    }

    events = strtoull(argv[2], NULL, 10);
    memset(&bench, 0, sizeof(bench));
    jupref_disk_posix(&bench.disk, argv[1]);
    memcpy(bench.key.id, "bench", 5);
    fill(bench.key.key, sizeof(bench.key.key), 'k', 1);
    memcpy(bench.store.edge, "bench", 5);
    bench.store.disk = &bench.disk;
    bench.store.keys.keys = &bench.key;
    bench.store.keys.count = 1;

    if (segments(&bench, 0) > 0) {
        die("the directory has a journal already");
    }

    block = aligned_alloc(64, 16 * 1024 * 1024);

    if (block == NULL) {
        die("no memory for the log");
    }

    memset(block, 0, 16 * 1024 * 1024);
    bench.ledger = ledger_for(events);
    bench.log = jupref_log_init(block, 16 * 1024 * 1024);
    bench.writer = jupref_log_writer_create(&bench.store);

    if (bench.log == NULL || bench.writer == NULL) {
        die("no memory for the log");
    }

    write_journal(&bench, events);
    bytes = segments(&bench, 0);
    trades = &bench.ledger->tables[JUPREF_TABLE_TRADES];
    took = recover(&bench, events);

    printf("{\"events\":%llu,\"bytes\":%llu,\"bytesPerEvent\":%.1f,"
           "\"bytesPerTrade\":%.1f,\"recoverSeconds\":%.3f,"
           "\"perSecond\":%.0f}\n",
           (unsigned long long) events, (unsigned long long) bytes,
           (double) bytes / (double) events,
           (double) jupref_table_size(trades->capacity, trades->row_size)
           / trades->capacity, took, (double) events / took);

    (void) segments(&bench, 1);
    jupref_log_writer_free(bench.writer);
    free(bench.ledger);
    free(block);

    return 0;
}
