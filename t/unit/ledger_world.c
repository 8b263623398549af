/*
 * A ledger in memory for tests (see the header).
 */

#include "ledger_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger/jupref_booking.h"


#define WORLD_TIME_MS  UINT64_C(1763838000000)
/* longer than orders live, and than what is unproved is kept */
#define WORLD_LONG_MS  (40 * UINT64_C(86400000))


static void world_fill(uint8_t *bytes, size_t len, uint32_t number,
    uint8_t kind);


jupref_ledger_t *
world_new(uint64_t size)
{
    void             *block;
    jupref_ledger_t  *ledger;

    block = aligned_alloc(64, (size + 63) / 64 * 64);
    assert_non_null(block);
    memset(block, 0, size);

    ledger = jupref_ledger_init(block, size);
    assert_non_null(ledger);

    return ledger;
}


void
world_free(jupref_ledger_t *ledger)
{
    free(ledger);
}


jupref_pubkey_t
wallet_of(uint32_t number)
{
    jupref_pubkey_t  key;

    world_fill(key.bytes, sizeof(key.bytes), number, 'w');

    return key;
}


jupref_pubkey_t
mint_of(uint32_t number)
{
    jupref_pubkey_t  key;

    world_fill(key.bytes, sizeof(key.bytes), number, 'm');

    return key;
}


jupref_signature_t
signature_of(uint32_t number)
{
    jupref_signature_t  signature;

    world_fill(signature.bytes, sizeof(signature.bytes), number, 's');

    return signature;
}


jupref_code_name_t
code_of(const char *text)
{
    jupref_code_name_t  name;

    jupref_code_name_set(&name, (jupref_bytes_t) { (const uint8_t *) text,
                                                   strlen(text) });
    return name;
}


jupref_terms_t
terms_of(const char *tier, unsigned fee_bps, unsigned discount_bps,
    unsigned first, unsigned second, unsigned third)
{
    jupref_terms_t  terms;

    memset(&terms, 0, sizeof(jupref_terms_t));
    memcpy(terms.tier, tier, strlen(tier));
    terms.fee_bps = (uint16_t) fee_bps;
    terms.discount_bps = (uint16_t) discount_bps;
    terms.share_bps[0] = (uint16_t) first;
    terms.share_bps[1] = (uint16_t) second;
    terms.share_bps[2] = (uint16_t) third;
    terms.partner_bps = JUPREF_PARTNER_BPS;

    return terms;
}


jupref_event_t
event_next(const jupref_ledger_t *ledger, jupref_event_type_e type)
{
    jupref_event_t  event;

    memset(&event, 0, sizeof(jupref_event_t));
    event.seq = ledger->seq + 1;
    event.time_ms = WORLD_TIME_MS + event.seq;
    event.edge = 1;
    event.edge_seq = event.seq;
    event.type = type;

    return event;
}


jupref_event_t
event_registered(const jupref_ledger_t *ledger, uint32_t wallet,
    uint32_t parent)
{
    jupref_event_t  event;

    event = event_next(ledger, JUPREF_EVENT_REFERRER_REGISTERED);
    event.of.referrer_registered.wallet = wallet_of(wallet);
    event.of.referrer_registered.parent = wallet_of(parent);
    event.of.referrer_registered.terms = terms_of("referred", 100, 10,
                                                  2000, 0, 0);
    return event;
}


jupref_event_t
event_status(const jupref_ledger_t *ledger, uint32_t wallet, unsigned status)
{
    jupref_event_t  event;

    event = event_next(ledger, JUPREF_EVENT_REFERRER_STATUS);
    event.of.referrer_status.wallet = wallet_of(wallet);
    event.of.referrer_status.status = (uint8_t) status;

    return event;
}


jupref_event_t
event_tier(const jupref_ledger_t *ledger, uint32_t wallet,
    jupref_terms_t terms)
{
    jupref_event_t  event;

    event = event_next(ledger, JUPREF_EVENT_REFERRER_TIER);
    event.of.referrer_tier.wallet = wallet_of(wallet);
    event.of.referrer_tier.terms = terms;

    return event;
}


jupref_event_t
event_code(const jupref_ledger_t *ledger, const char *code, uint32_t wallet,
    jupref_terms_t terms)
{
    jupref_event_t  event;

    event = event_next(ledger, JUPREF_EVENT_CODE_CREATED);
    event.of.code_created.code = code_of(code);
    event.of.code_created.wallet = wallet_of(wallet);
    event.of.code_created.terms = terms;

    return event;
}


jupref_event_t
event_retired(const jupref_ledger_t *ledger, const char *code)
{
    jupref_event_t  event;

    event = event_next(ledger, JUPREF_EVENT_CODE_RETIRED);
    event.of.code_retired.code = code_of(code);

    return event;
}


jupref_event_t
event_bound(const jupref_ledger_t *ledger, uint32_t wallet, const char *code)
{
    jupref_event_t  event;

    event = event_next(ledger, JUPREF_EVENT_WALLET_BOUND);
    event.of.wallet_bound.wallet = wallet_of(wallet);
    event.of.wallet_bound.code = code_of(code);

    return event;
}


jupref_event_t
event_clicks(const jupref_ledger_t *ledger, const char *code, uint32_t count)
{
    jupref_event_t  event;

    event = event_next(ledger, JUPREF_EVENT_CLICKS_COUNTED);
    event.of.counted.code = code_of(code);
    event.of.counted.count = count;

    return event;
}


jupref_event_t
event_orders(const jupref_ledger_t *ledger, const char *code, uint32_t count)
{
    jupref_event_t  event;

    event = event_clicks(ledger, code, count);
    event.type = JUPREF_EVENT_ORDERS_COUNTED;

    return event;
}


jupref_event_t
event_trade(const jupref_ledger_t *ledger, uint32_t signature, uint32_t taker,
    const char *code)
{
    jupref_event_t   event;
    jupref_trade_t  *trade;

    event = event_next(ledger, JUPREF_EVENT_TRADE_EXECUTED);
    trade = &event.of.trade;

    trade->signature = signature_of(signature);
    (void) jupref_request_id_set(&trade->request_id, jupref_bytes("request"));
    trade->taker = wallet_of(taker);
    trade->code = code_of(code);
    trade->terms = terms_of("referred", 100, 0, 2000, 0, 0);
    trade->input_mint = mint_of(1);
    trade->output_mint = mint_of(2);
    trade->fee_mint = mint_of(1);
    trade->in_amount = 100000000;
    trade->out_amount = 461208958;
    trade->fee = 1000000;
    trade->volume_micro_usd = 100000000;
    trade->slot = 375472764;
    trade->last_valid_block_height = 416020992;
    trade->granted_bps = 100;
    memset(trade->message_hash, 0x5a, sizeof(trade->message_hash));
    memcpy(trade->router, "metis", 5);

    return event;
}


jupref_event_t
event_unknown(const jupref_ledger_t *ledger, uint32_t signature,
    uint32_t taker, const char *code)
{
    jupref_event_t  event;

    event = event_trade(ledger, signature, taker, code);
    event.type = JUPREF_EVENT_TRADE_UNKNOWN;
    event.of.trade.fee = 0;
    event.of.trade.slot = 0;

    return event;
}


jupref_request_id_t
request_of(uint32_t request)
{
    char                 text[32];
    jupref_request_id_t  id;

    memset(&id, 0, sizeof(id));

    if (request) {
        snprintf(text, sizeof(text), "request-%u", request);
        assert_true(jupref_request_id_set(&id, (jupref_bytes_t) {
                        (const uint8_t *) text, strlen(text) }));
    }

    return id;
}


jupref_event_t
event_intent(const jupref_ledger_t *ledger, uint32_t request,
    uint32_t signature, uint32_t taker, const char *code)
{
    jupref_event_t  event;

    event = event_unknown(ledger, signature, taker, code);
    event.type = JUPREF_EVENT_TRADE_INTENT;
    event.of.trade.request_id = request_of(request);

    return event;
}


jupref_event_t
event_closed(const jupref_ledger_t *ledger, uint32_t request)
{
    jupref_event_t  event;

    event = event_next(ledger, JUPREF_EVENT_INTENT_CLOSED);
    event.of.intent_closed.request_id = request_of(request);

    return event;
}


jupref_event_t
event_verified(const jupref_ledger_t *ledger, uint32_t signature,
    uint64_t fee, uint32_t mint)
{
    jupref_event_t  event;

    event = event_next(ledger, JUPREF_EVENT_TRADE_VERIFIED);
    event.of.trade_verified.signature = signature_of(signature);
    event.of.trade_verified.fee = fee;
    event.of.trade_verified.fee_mint = mint_of(mint);
    event.of.trade_verified.slot = 375472800;

    return event;
}


jupref_event_t
event_ruled(const jupref_ledger_t *ledger, jupref_event_type_e type,
    uint32_t signature)
{
    jupref_event_t  event;

    event = event_next(ledger, type);
    event.of.trade_ruled.signature = signature_of(signature);
    memcpy(event.of.trade_ruled.reason, "because", 7);

    return event;
}


jupref_event_t
event_released(const jupref_ledger_t *ledger, uint64_t hold_ms)
{
    jupref_event_t  event;

    event = event_next(ledger, JUPREF_EVENT_HOLD_RELEASED);
    event.of.hold_released.cutoff_ms = event.time_ms - hold_ms;

    return event;
}


jupref_event_t
event_archived(const jupref_ledger_t *ledger, uint32_t signature)
{
    uint32_t            index;
    jupref_event_t      event;
    jupref_signature_t  key;

    event = event_next(ledger, JUPREF_EVENT_TRADE_ARCHIVED);
    event.time_ms += WORLD_LONG_MS;

    key = signature_of(signature);
    index = jupref_find_trade(ledger, &key);

    if (index) {
        jupref_archived_of(ledger, index, &event.of.trade_archived);
    }

    event.of.trade_archived.trade.signature = key;

    return event;
}


void
world_assert_applied(jupref_ledger_t *ledger, jupref_event_t event,
    const char *file, int line)
{
    jupref_ledger_result_e  result;

    result = jupref_ledger_apply(ledger, &event);

    if (result != JUPREF_LEDGER_OK) {
        print_error("%s is refused: %s\n", jupref_event_name(event.type),
                    jupref_ledger_result_text(result));
        _fail(file, line);
    }

    _assert_true(ledger->seq == event.seq, "seq moves on", file, line);
    _assert_true(ledger->booking == 0, "no booking is open", file, line);
}


void
world_assert_refused(jupref_ledger_t *ledger, jupref_event_t event,
    jupref_ledger_result_e result, const char *file, int line)
{
    uint8_t                 *before;
    jupref_ledger_result_e   refusal;

    before = malloc(ledger->size);
    assert_non_null(before);
    memcpy(before, ledger, ledger->size);

    refusal = jupref_ledger_apply(ledger, &event);

    if (refusal != result) {
        print_error("%s: %s, not %s\n", jupref_event_name(event.type),
                    jupref_ledger_result_name(refusal),
                    jupref_ledger_result_name(result));
        _fail(file, line);
    }

    _assert_true(memcmp(before, ledger, ledger->size) == 0,
                 "a refused event changes no byte", file, line);
    free(before);
}


jupref_referrer_row_t *
referrer_of(const jupref_ledger_t *ledger, uint32_t wallet)
{
    uint32_t         index;
    jupref_pubkey_t  key;

    key = wallet_of(wallet);
    index = jupref_find_referrer(ledger, &key);
    assert_int_not_equal(index, 0);

    return jupref_referrer(ledger, index);
}


jupref_code_row_t *
code_row_of(const jupref_ledger_t *ledger, const char *code)
{
    uint32_t            index;
    jupref_code_name_t  name;

    name = code_of(code);
    index = jupref_find_code(ledger, &name);
    assert_int_not_equal(index, 0);

    return jupref_code(ledger, index);
}


jupref_mint_row_t *
mint_row_of(const jupref_ledger_t *ledger, uint32_t mint)
{
    uint32_t         index;
    jupref_pubkey_t  key;

    key = mint_of(mint);
    index = jupref_table_find(&ledger->tables[JUPREF_TABLE_MINTS], ledger,
                              key.bytes);
    assert_int_not_equal(index, 0);

    return jupref_mint(ledger, index);
}


jupref_trade_row_t *
trade_row_of(const jupref_ledger_t *ledger, uint32_t signature)
{
    uint32_t            index;
    jupref_signature_t  key;

    key = signature_of(signature);
    index = jupref_find_trade(ledger, &key);
    assert_int_not_equal(index, 0);

    return jupref_trade(ledger, index);
}


uint64_t
random_next(uint64_t *seed)
{
    uint64_t  mixed;

    *seed += UINT64_C(0x9e3779b97f4a7c15);

    mixed = *seed;
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);

    return mixed ^ mixed >> 31;
}


/* Spread over all bytes, so that texts differ from their first character. */

static void
world_fill(uint8_t *bytes, size_t len, uint32_t number, uint8_t kind)
{
    size_t    i;
    uint64_t  seed;

    memset(bytes, 0, len);

    if (number == 0) {
        return;
    }

    seed = (uint64_t) kind << 32 | number;

    for (i = 0; i < len; i++) {
        bytes[i] = (uint8_t) random_next(&seed);
    }
}
