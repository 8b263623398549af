/*
 * Records: what was written is read, nothing else is, and what is published
 * of an event says what docs/proofs.md says and no more.
 */

#include "log/jupref_record.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "event_sample.h"
#include "ledger_world.h"
#include "log/jupref_record_bodies.h"


#define ROUNDS  300


typedef struct {
    uint8_t  previous[JUPREF_SHA256_SIZE];
    uint8_t  salt[JUPREF_SALT_SIZE];
    uint8_t  leaf_hash[JUPREF_SHA256_SIZE];
    uint8_t  bytes[JUPREF_RECORD_MAX];
    size_t   len;
} written_t;


static void
fill(uint8_t *bytes, size_t len, uint8_t begin)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        bytes[i] = (uint8_t) (begin + i);
    }
}


static written_t
write_event(const jupref_event_t *event)
{
    written_t  written;

    memset(&written, 0, sizeof(written_t));
    fill(written.previous, sizeof(written.previous), 0x20);
    fill(written.salt, sizeof(written.salt), 0x80);

    written.len = jupref_record_write(written.bytes, event, written.previous,
                                      written.salt, written.leaf_hash);

    return written;
}


/* Everything at once, from memory of exactly the length it has. */
static jupref_record_result_e
read_event(const uint8_t *bytes, size_t len, jupref_event_t *event)
{
    uint8_t                 *copy;
    jupref_bytes_t           span;
    jupref_record_t          record;
    jupref_record_result_e   result;

    copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    span = (jupref_bytes_t) { copy, len };

    result = jupref_record_parse(span, &record);

    if (result == JUPREF_RECORD_OK) {
        result = jupref_record_event(&record, span, event);
    }

    if (result == JUPREF_RECORD_OK) {
        result = jupref_record_check(&record);
    }

    free(copy);

    return result;
}


static void
assert_round_trip(const jupref_event_t *event)
{
    written_t        written, again;
    jupref_event_t   read;
    jupref_record_t  record;

    written = write_event(event);
    assert_true(written.len > 0);

    assert_int_equal(read_event(written.bytes, written.len, &read),
                     JUPREF_RECORD_OK);
    assert_memory_equal(&read, event, sizeof(jupref_event_t));

    again = write_event(&read);
    assert_int_equal(again.len, written.len);
    assert_memory_equal(again.bytes, written.bytes, written.len);

    assert_int_equal(jupref_record_parse((jupref_bytes_t) { written.bytes,
                                         written.len }, &record),
                     JUPREF_RECORD_OK);
    assert_int_equal(record.seq, event->seq);
    assert_int_equal(record.time_ms, event->time_ms);
    assert_int_equal(record.type, event->type);
    assert_memory_equal(record.previous, written.previous,
                        JUPREF_SHA256_SIZE);
    assert_memory_equal(record.leaf_hash, written.leaf_hash,
                        JUPREF_SHA256_SIZE);
    assert_memory_equal(record.salt, written.salt, JUPREF_SALT_SIZE);
}


static void
every_event_comes_back_as_it_went(void **state)
{
    uint64_t        seed;
    unsigned        type, round;
    jupref_event_t  event;

    for (type = 1, seed = 7; type < JUPREF_EVENT_TYPES; type++) {
        event = event_smallest(type);
        assert_round_trip(&event);

        event = event_largest(type);
        assert_round_trip(&event);

        for (round = 0; round < ROUNDS; round++) {
            event = event_sample(type, &seed);
            assert_round_trip(&event);
        }
    }
}


/* Edge, edge seq, actor and requestId: no hash covers them, only the seal of
 * the journal does. */
static unsigned
is_unhashed(const jupref_record_t *record, const uint8_t *bytes, size_t at)
{
    size_t  actor_end, id_at, private_end;

    actor_end = 130 + (size_t) bytes[129];
    id_at = (size_t) (record->private_body.data - bytes);
    private_end = id_at + record->private_body.len;

    if (jupref_body(record->type)->taker_at) {
        id_at += JUPREF_PUBKEY_SIZE;
    }

    return (at >= 20 && at < 32) || (at >= 129 && at < actor_end)
           || (at >= id_at && at < private_end);
}


/* The half of the salt that is a taker's, of an event that has none. */
static unsigned
is_unused(const jupref_record_t *record, size_t at)
{
    return at >= 97 + JUPREF_SALT_SIZE / 2 && at < 97 + JUPREF_SALT_SIZE
           && jupref_body(record->type)->taker_at == 0;
}


static void
no_flipped_bit_goes_unseen(void **state)
{
    size_t           at;
    uint64_t         seed;
    unsigned         type, bit;
    written_t        written;
    jupref_event_t   event, read;
    jupref_record_t  record;

    for (type = 1, seed = 11; type < JUPREF_EVENT_TYPES; type++) {
        event = event_sample(type, &seed);
        written = write_event(&event);
        assert_int_equal(jupref_record_parse((jupref_bytes_t) {
                             written.bytes, written.len }, &record),
                         JUPREF_RECORD_OK);

        for (at = 0; at < written.len; at++) {

            for (bit = 0; bit < 8; bit++) {
                written.bytes[at] ^= (uint8_t) (1u << bit);

                if (read_event(written.bytes, written.len, &read)
                    == JUPREF_RECORD_OK
                    && !is_unused(&record, at))
                {
                    assert_memory_not_equal(&read, &event,
                                            sizeof(jupref_event_t));
                    assert_true(is_unhashed(&record, written.bytes, at));
                }

                written.bytes[at] ^= (uint8_t) (1u << bit);
            }
        }
    }
}


static void
a_shorter_or_longer_record_is_refused(void **state)
{
    size_t          len;
    uint8_t         longer[JUPREF_RECORD_MAX];
    uint64_t        seed;
    unsigned        type;
    written_t       written;
    jupref_event_t  event, read;

    for (type = 1, seed = 13; type < JUPREF_EVENT_TYPES; type++) {
        event = event_sample(type, &seed);
        written = write_event(&event);

        for (len = 0; len < written.len; len++) {
            assert_int_equal(read_event(written.bytes, len, &read),
                             JUPREF_RECORD_SHORT);
        }

        memcpy(longer, written.bytes, written.len);
        longer[written.len] = 0;
        assert_int_equal(read_event(longer, written.len + 1, &read),
                         JUPREF_RECORD_LONG);

        /* the same with a length that says so */

        longer[0]++;
        longer[1] = (uint8_t) (longer[1] + (longer[0] == 0));
        assert_int_equal(read_event(longer, written.len + 1, &read),
                         JUPREF_RECORD_LONG);
    }
}


static void
what_no_event_can_say_is_never_written(void **state)
{
    uint64_t        seed;
    jupref_event_t  event;

    seed = 17;

    event = event_sample(JUPREF_EVENT_REFERRER_TIER, &seed);
    event.of.referrer_tier.terms.fee_bps = JUPREF_FEE_BPS_MAX + 1;
    assert_int_equal(write_event(&event).len, 0);

    event = event_sample(JUPREF_EVENT_REFERRER_STATUS, &seed);
    event.of.referrer_status.status = 3;
    assert_int_equal(write_event(&event).len, 0);

    event = event_sample(JUPREF_EVENT_CODE_CREATED, &seed);
    event.of.code_created.own_terms = 2;
    assert_int_equal(write_event(&event).len, 0);

    /* two forms of two codes; a code that is none; none where one must be */

    event = event_sample(JUPREF_EVENT_WALLET_BOUND, &seed);
    event.of.wallet_bound.code.key[0] ^= 1;
    assert_int_equal(write_event(&event).len, 0);

    event = event_sample(JUPREF_EVENT_CODE_RETIRED, &seed);
    jupref_code_name_set(&event.of.code_retired.code, jupref_bytes("a b"));
    assert_int_equal(write_event(&event).len, 0);

    event = event_smallest(JUPREF_EVENT_CLICKS_COUNTED);
    memset(&event.of.counted.code, 0, sizeof(jupref_code_name_t));
    assert_int_equal(write_event(&event).len, 0);
    event.type = JUPREF_EVENT_ORDERS_COUNTED;
    assert_true(write_event(&event).len > 0);

    event = event_sample(JUPREF_EVENT_TRADE_EXECUTED, &seed);
    event.of.trade.granted_bps = 10001;
    assert_int_equal(write_event(&event).len, 0);

    event = event_sample(JUPREF_EVENT_TRADE_INTENT, &seed);
    event.of.trade.request_id.len = JUPREF_REQUEST_ID_MAX - 1;
    event.of.trade.request_id.bytes[JUPREF_REQUEST_ID_MAX - 1] = 1;
    assert_int_equal(write_event(&event).len, 0);

    event = event_sample(JUPREF_EVENT_TRADE_ARCHIVED, &seed);
    event.of.trade_archived.state = JUPREF_STATES;
    assert_int_equal(write_event(&event).len, 0);

    event = event_smallest(JUPREF_EVENT_TRADE_REVERSED);
    memcpy(event.of.trade_ruled.reason, "a\nb", 3);
    assert_int_equal(write_event(&event).len, 0);
    memcpy(event.of.trade_ruled.reason, "a\0b", 3);
    assert_int_equal(write_event(&event).len, 0);
    memcpy(event.of.trade_ruled.reason, "\xff\xfe!", 3);
    assert_int_equal(write_event(&event).len, 0);
    memcpy(event.of.trade_ruled.reason, "\xc3\xa4!", 3);
    assert_true(write_event(&event).len > 0);

    event = event_smallest(JUPREF_EVENT_HOLD_RELEASED);
    event.actor[0] = 0x7f;
    assert_int_equal(write_event(&event).len, 0);

    event = event_smallest(JUPREF_EVENT_HOLD_RELEASED);
    event.seq = 0;
    assert_int_equal(write_event(&event).len, 0);
    event.seq = 1;
    event.type = JUPREF_EVENT_NONE;
    assert_int_equal(write_event(&event).len, 0);
    event.type = JUPREF_EVENT_TYPES;
    assert_int_equal(write_event(&event).len, 0);
}


/* One byte of a record is another; its hashes don't matter here. */
static jupref_record_result_e
read_changed(const jupref_event_t *event, size_t at, uint8_t value)
{
    written_t                written;
    jupref_bytes_t           span;
    jupref_event_t           read;
    jupref_record_t          record;
    jupref_record_result_e   result;

    written = write_event(event);
    written.bytes[at] = value;
    span = (jupref_bytes_t) { written.bytes, written.len };
    result = jupref_record_parse(span, &record);

    return result == JUPREF_RECORD_OK
           ? jupref_record_event(&record, span, &read) : result;
}


static void
what_no_event_can_say_is_never_read(void **state)
{
    size_t          body;
    jupref_event_t  event;

    event = event_smallest(JUPREF_EVENT_REFERRER_STATUS);
    body = 130 + 2;
    assert_int_equal(read_changed(&event, 32, 0), JUPREF_RECORD_TYPE);
    assert_int_equal(read_changed(&event, 32, JUPREF_EVENT_TYPES),
                     JUPREF_RECORD_TYPE);
    assert_int_equal(read_changed(&event, 4, 0), JUPREF_RECORD_FIELD);
    assert_int_equal(read_changed(&event, body + 32, 1), JUPREF_RECORD_OK);
    assert_int_equal(read_changed(&event, body + 32, 0),
                     JUPREF_RECORD_FIELD);
    assert_int_equal(read_changed(&event, body + 32, 3),
                     JUPREF_RECORD_FIELD);

    /* "AAA": a code that ends with a zero, or isn't one; another case */

    event = event_smallest(JUPREF_EVENT_CODE_RETIRED);
    assert_int_equal(read_changed(&event, body + 3, 'b'), JUPREF_RECORD_OK);
    assert_int_equal(read_changed(&event, body + 3, 0), JUPREF_RECORD_FIELD);
    assert_int_equal(read_changed(&event, body + 2, 0), JUPREF_RECORD_FIELD);
    assert_int_equal(read_changed(&event, body + 2, '!'),
                     JUPREF_RECORD_FIELD);
    assert_int_equal(read_changed(&event, body, 33), JUPREF_RECORD_FIELD);
    assert_int_equal(read_changed(&event, body, 2), JUPREF_RECORD_LONG);

    /* an actor that is too long, and one that ends with a zero */

    event.actor[0] = 'a';
    assert_int_equal(read_changed(&event, 130, 'b'), JUPREF_RECORD_OK);
    assert_int_equal(read_changed(&event, 130, 0), JUPREF_RECORD_FIELD);
    assert_int_not_equal(read_changed(&event, 129, 33), JUPREF_RECORD_OK);
}


static void
put(uint8_t *bytes, size_t *at, uint64_t value, unsigned len)
{
    for ( /* void */ ; len > 0; len--, value >>= 8) {
        bytes[(*at)++] = (uint8_t) value;
    }
}


static void
put_bytes(uint8_t *bytes, size_t *at, const void *from, size_t len)
{
    memcpy(bytes + *at, from, len);
    *at += len;
}


static jupref_event_t
known_trade(void)
{
    jupref_event_t   event;
    jupref_trade_t  *trade;

    memset(&event, 0, sizeof(jupref_event_t));
    event.seq = 5;
    event.time_ms = UINT64_C(1763838000123);
    event.edge_seq = 4;
    event.edge = 2;
    event.type = JUPREF_EVENT_TRADE_EXECUTED;

    trade = &event.of.trade;
    fill(trade->signature.bytes, 64, 1);
    (void) jupref_request_id_set(&trade->request_id, jupref_bytes("r-1"));
    fill(trade->taker.bytes, 32, 3);
    jupref_code_name_set(&trade->code, jupref_bytes("Ada"));
    trade->terms = terms_of("gold", 100, 10, 2000, 500, 100);
    fill(trade->input_mint.bytes, 32, 4);
    fill(trade->output_mint.bytes, 32, 5);
    fill(trade->fee_mint.bytes, 32, 6);
    trade->in_amount = 1000000000;
    trade->out_amount = 150000000;
    trade->fee = 900001;
    trade->volume_micro_usd = 150000000;
    trade->slot = 300000000;
    trade->last_valid_block_height = 280000150;
    trade->granted_bps = 90;
    fill(trade->message_hash, 32, 7);
    memcpy(trade->router, "iris", 4);

    return event;
}


/* The page's words, done by hand: bodies, commitments, leaf, leaf hash. */

static void
a_trades_leaf_is_that_of_the_page(void **state)
{
    size_t           at, end;
    uint8_t          leaf[1 + JUPREF_LEAF_SIZE], told[JUPREF_LEAF_SIZE];
    uint8_t          body[512], salted[600], hash[JUPREF_SHA256_SIZE];
    written_t        written;
    jupref_event_t   event;
    jupref_record_t  record;
    jupref_trade_t  *trade;

    event = known_trade();
    trade = &event.of.trade;
    written = write_event(&event);
    assert_int_equal(jupref_record_parse((jupref_bytes_t) { written.bytes,
                                         written.len }, &record),
                     JUPREF_RECORD_OK);

    memcpy(salted, written.salt + 16, 16);
    memcpy(salted + 16, trade->taker.bytes, 32);
    assert_true(jupref_sha256(hash, (jupref_bytes_t) { salted, 48 }));

    end = 0;
    put_bytes(body, &end, hash, 32);
    put_bytes(body, &end, trade->signature.bytes, 64);
    put_bytes(body, &end, "\x03" "Ada", 4);
    put_bytes(body, &end, "\x04" "gold", 5);
    put(body, &end, 100, 2);
    put(body, &end, 10, 2);
    put(body, &end, 2000, 2);
    put(body, &end, 500, 2);
    put(body, &end, 100, 2);
    put(body, &end, 8000, 2);
    put_bytes(body, &end, trade->input_mint.bytes, 32);
    put_bytes(body, &end, trade->output_mint.bytes, 32);
    put_bytes(body, &end, trade->fee_mint.bytes, 32);
    put(body, &end, 1000000000, 8);
    put(body, &end, 150000000, 8);
    put(body, &end, 900001, 8);
    put(body, &end, 150000000, 8);
    put(body, &end, 300000000, 8);
    put(body, &end, 280000150, 8);
    put(body, &end, 90, 2);
    put_bytes(body, &end, trade->message_hash, 32);
    put_bytes(body, &end, "\x04" "iris", 5);

    assert_int_equal(record.public_body.len, end);
    assert_memory_equal(record.public_body.data, body, end);

    assert_int_equal(record.private_body.len, 32 + 4);
    assert_memory_equal(record.private_body.data, trade->taker.bytes, 32);
    assert_memory_equal(record.private_body.data + 32, "\x03r-1", 4);

    memcpy(salted, written.salt, 16);
    memcpy(salted + 16, body, end);
    assert_true(jupref_sha256(hash, (jupref_bytes_t) { salted, 16 + end }));

    at = 0;
    put(leaf, &at, 0, 1);
    put(leaf, &at, 1, 1);
    put(leaf, &at, 8, 1);
    put(leaf, &at, 5, 8);
    put(leaf, &at, UINT64_C(1763838000123), 8);
    put_bytes(leaf, &at, written.previous, 32);
    put_bytes(leaf, &at, hash, 32);
    assert_int_equal(at, sizeof(leaf));

    assert_true(jupref_record_leaf(&record, told));
    assert_memory_equal(told, leaf + 1, JUPREF_LEAF_SIZE);

    assert_true(jupref_sha256(hash, (jupref_bytes_t) { leaf,
                                                       sizeof(leaf) }));
    assert_memory_equal(written.leaf_hash, hash, JUPREF_SHA256_SIZE);

    /* the page's example */

    assert_true(jupref_hex_decode(hash, sizeof(hash), jupref_bytes(
        "bd097fb467a6476f112bec61da745fd566a5fc91169c5e8fd7550b948242ae1e")));
    assert_memory_equal(written.leaf_hash, hash, JUPREF_SHA256_SIZE);
}


static unsigned
holds(const uint8_t *bytes, size_t len, const uint8_t *part, size_t part_len)
{
    size_t  at;

    for (at = 0; at + part_len <= len; at++) {
        if (memcmp(bytes + at, part, part_len) == 0) {
            return 1;
        }
    }

    return 0;
}


static void
a_taker_and_a_request_are_private(void **state)
{
    unsigned         i;
    written_t        written;
    jupref_event_t   event;
    jupref_record_t  record;
    static const jupref_event_type_e  types[] = {
        JUPREF_EVENT_WALLET_BOUND, JUPREF_EVENT_TRADE_EXECUTED,
        JUPREF_EVENT_TRADE_UNKNOWN, JUPREF_EVENT_TRADE_INTENT,
        JUPREF_EVENT_INTENT_CLOSED, JUPREF_EVENT_TRADE_ARCHIVED
    };

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        event = event_smallest(types[i]);

        if (types[i] == JUPREF_EVENT_WALLET_BOUND) {
            fill(event.of.wallet_bound.wallet.bytes, 32, 0xb0);

        } else if (types[i] == JUPREF_EVENT_INTENT_CLOSED) {
            (void) jupref_request_id_set(&event.of.intent_closed.request_id,
                                         jupref_bytes("request-number-1"));
        } else {
            fill(event.of.trade.taker.bytes, 32, 0xb0);
            (void) jupref_request_id_set(&event.of.trade.request_id,
                                         jupref_bytes("request-number-1"));
        }

        written = write_event(&event);
        assert_int_equal(jupref_record_parse((jupref_bytes_t) {
                             written.bytes, written.len }, &record),
                         JUPREF_RECORD_OK);

        assert_true(record.private_body.len > 0);
        assert_false(holds(record.public_body.data, record.public_body.len,
                           (const uint8_t *) "request", 7));
        assert_false(holds(record.public_body.data, record.public_body.len,
                           (const uint8_t *) "\xb0\xb1\xb2\xb3", 4));
    }
}


static void
every_result_has_a_text(void **state)
{
    unsigned  result;

    for (result = 0; result < JUPREF_RECORD_RESULTS; result++) {
        assert_true(strlen(jupref_record_result_text(result)) > 1);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_comes_back_as_it_went),
        cmocka_unit_test(no_flipped_bit_goes_unseen),
        cmocka_unit_test(a_shorter_or_longer_record_is_refused),
        cmocka_unit_test(what_no_event_can_say_is_never_written),
        cmocka_unit_test(what_no_event_can_say_is_never_read),
        cmocka_unit_test(a_trades_leaf_is_that_of_the_page),
        cmocka_unit_test(a_taker_and_a_request_are_private),
        cmocka_unit_test(every_result_has_a_text)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
