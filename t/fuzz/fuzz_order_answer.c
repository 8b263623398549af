/*
 * Jupiter's answer to an order: in pieces it says what it says as a whole,
 * and whatever it says stays within its bounds.
 *
 * The first byte of an input is the size of the pieces.
 */

#include "base/jupref_number.h"
#include "jupiter/jupref_order_answer.h"

#include "fuzzing.h"


static unsigned
is_zero(const uint8_t *bytes, size_t len)
{
    size_t   i;
    uint8_t  any;

    for (any = 0, i = 0; i < len; i++) {
        any |= bytes[i];
    }

    return any == 0;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned                asked;
    jupref_bytes_t          text;
    jupref_pubkey_t         account;
    jupref_json_result_e    result;
    jupref_fee_verdict_e    verdict;
    jupref_order_answer_t   whole, pieces;

    if (size == 0) {
        return 0;
    }

    text.data = data + 1;
    text.len = size - 1;

    memset(&whole, 0, sizeof(whole));
    memset(&pieces, 0, sizeof(pieces));

    result = json_feed(&jupref_order_answer_schema, &whole, text, 0);
    expect(json_feed(&jupref_order_answer_schema, &pieces, text,
                     data[0] % 32 + 1u) == result);

    expect(result != JUPREF_JSON_REFUSED);
    expect(result != JUPREF_JSON_NO_MEMORY);
    expect(result != JUPREF_JSON_UNKNOWN_FIELD);

    if (result == JUPREF_JSON_OK) {
        expect(memcmp(&whole, &pieces, sizeof(whole)) == 0);
    }

    expect(whole.request_id.len <= JUPREF_REQUEST_ID_MAX);
    expect(is_zero(whole.request_id.bytes + whole.request_id.len,
                   JUPREF_REQUEST_ID_MAX - whole.request_id.len));
    expect(whole.router_len <= JUPREF_ROUTER_MAX);
    expect(!whole.has_fee_bps || whole.fee_bps <= JUPREF_BPS_WHOLE);
    expect(!whole.has_platform_fee_bps
           || whole.platform_fee_bps <= JUPREF_BPS_WHOLE);
    expect((whole.transaction == JUPREF_TRANSACTION_OK)
           == !is_zero(whole.message_hash, JUPREF_SHA256_SIZE));
    expect(jupref_transaction_result_text(whole.transaction) != NULL);

    memset(&account, 1, sizeof(account));

    for (asked = 50; asked <= 255; asked += 205) {
        verdict = jupref_fee_verdict(&whole, &account, asked);
        expect(jupref_fee_verdict_text(verdict) != NULL);

        if (verdict == JUPREF_FEE_GRANTED) {
            expect(whole.has_fee_bps || whole.has_platform_fee_bps);
            expect(whole.fee_bps == asked || whole.platform_fee_bps == asked);
        }
    }

    return 0;
}
