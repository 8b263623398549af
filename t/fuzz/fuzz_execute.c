/*
 * Both bodies of execute: in pieces they say what they say as a whole, and
 * nothing but Jupiter's full word for success is ever executed.
 *
 * The first byte of an input is the size of the pieces, the second chooses
 * the status line; what follows is read as request and as answer.
 */

#include "jupiter/jupref_execute.h"

#include "fuzzing.h"


static const unsigned  statuses[] = { 200, 400, 429, 500, 502, 504, 201, 302 };


static void
check_request(jupref_bytes_t text, size_t piece)
{
    jupref_json_result_e      result;
    jupref_execute_request_t  whole, pieces;

    memset(&whole, 0, sizeof(whole));
    memset(&pieces, 0, sizeof(pieces));

    result = json_feed(&jupref_execute_request_schema, &whole, text, 0);
    expect(json_feed(&jupref_execute_request_schema, &pieces, text, piece)
           == result);

    if (result == JUPREF_JSON_OK) {
        expect(memcmp(&whole, &pieces, sizeof(whole)) == 0);
    }

    expect(whole.request_id.len <= JUPREF_REQUEST_ID_MAX);

    if (!whole.has_transaction) {
        expect(whole.transaction == JUPREF_TRANSACTION_EMPTY);
    }

    if (whole.transaction != JUPREF_TRANSACTION_OK) {
        expect(jupref_signature_is_zero(&whole.signature));
    }
}


static void
check_outcome(const jupref_execute_answer_t *answer, unsigned status,
    unsigned readable)
{
    jupref_trade_outcome_e  outcome;

    outcome = jupref_execute_outcome(status, readable, answer);
    expect(outcome != JUPREF_TRADE_UNMATCHED);

    if (outcome == JUPREF_TRADE_EXECUTED) {
        expect(status == 200 && readable);
        expect(answer->status == JUPREF_STATUS_SUCCESS);
        expect(answer->has_code && answer->code == 0);
    }

    /* a failure is said, never guessed */

    if (outcome == JUPREF_TRADE_FAILED) {
        expect(status == 200 && readable);
        expect(answer->status == JUPREF_STATUS_FAILED);
    }

    if (status >= 500 || (status == 200 && !readable)) {
        expect(outcome == JUPREF_TRADE_UNKNOWN);
    }

    if (readable && answer->has_code
        && (answer->code == -1001 || answer->code == -1006
            || answer->code == -2001))
    {
        expect(outcome == JUPREF_TRADE_UNKNOWN);
    }
}


static void
check_estimates(const jupref_execute_answer_t *answer)
{
    uint64_t         fee;
    jupref_pubkey_t  keys[3];
    unsigned         i;

    for (i = 0; i < 3; i++) {
        memset(&keys[i], (int) i + 1, sizeof(keys[i]));

        expect(jupref_estimate_fee(&keys[0], &keys[1], &keys[i], UINT64_MAX,
                                   UINT64_MAX, 0, 1, answer) == 0);
    }

    fee = jupref_estimate_fee(&keys[0], &keys[1], &keys[0], 1000000, 5, 100, 1,
                              answer);
    expect(fee == 10000 || fee <= answer->total_input);

    fee = jupref_estimate_fee(&keys[0], &keys[1], &keys[1], 5, 1000000, 100, 1,
                              answer);
    expect(fee == 10000 || fee <= answer->output_result);

    expect(jupref_estimate_fee(&keys[0], &keys[1], &keys[2], 1, 1, 100, 1,
                               answer) == 0);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                   piece;
    unsigned                 status;
    jupref_bytes_t           text;
    jupref_json_result_e     result;
    jupref_execute_answer_t  whole, pieces;

    if (size < 2) {
        return 0;
    }

    piece = data[0] % 32 + 1u;
    status = statuses[data[1] % (sizeof(statuses) / sizeof(statuses[0]))];
    text.data = data + 2;
    text.len = size - 2;

    check_request(text, piece);

    memset(&whole, 0, sizeof(whole));
    memset(&pieces, 0, sizeof(pieces));

    result = json_feed(&jupref_execute_answer_schema, &whole, text, 0);
    expect(json_feed(&jupref_execute_answer_schema, &pieces, text, piece)
           == result);

    if (result == JUPREF_JSON_OK) {
        expect(memcmp(&whole, &pieces, sizeof(whole)) == 0);
    }

    check_outcome(&whole, status, result == JUPREF_JSON_OK);
    check_estimates(&whole);

    return 0;
}
