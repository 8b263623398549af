/*
 * POST …/execute (see the header).
 */

#include "jupiter/jupref_execute.h"

#include <string.h>

#include "base/jupref_number.h"
#include "jupiter/jupref_signed_transaction.h"


/* Codes that leave open whether the transaction landed. */
#define JUPREF_CODE_UNKNOWN      (-1001)
#define JUPREF_CODE_TIMED_OUT    (-1006)
#define JUPREF_CODE_RFQ_UNKNOWN  (-2001)


typedef enum {
    JUPREF_ASKED_REQUEST_ID = 0,
    JUPREF_ASKED_TRANSACTION,
    JUPREF_ASKED_FIELDS
} jupref_asked_field_e;


typedef enum {
    JUPREF_TOLD_STATUS = 0,
    JUPREF_TOLD_CODE,
    JUPREF_TOLD_SIGNATURE,
    JUPREF_TOLD_SLOT,
    JUPREF_TOLD_TOTAL_INPUT,
    JUPREF_TOLD_TOTAL_OUTPUT,
    JUPREF_TOLD_INPUT_RESULT,
    JUPREF_TOLD_OUTPUT_RESULT,
    JUPREF_TOLD_FIELDS
} jupref_told_field_e;


static const char *const jupref_asked_fields[JUPREF_ASKED_FIELDS] = {
    "requestId",
    "signedTransaction"
};


static const char *const jupref_told_fields[JUPREF_TOLD_FIELDS] = {
    "status",
    "code",
    "signature",
    "slot",
    "totalInputAmount",
    "totalOutputAmount",
    "inputAmountResult",
    "outputAmountResult"
};


static unsigned jupref_asked_field(void *context, unsigned field,
    jupref_json_kind_e kind, jupref_bytes_t text);
static unsigned jupref_told_field(void *context, unsigned field,
    jupref_json_kind_e kind, jupref_bytes_t text);
static unsigned jupref_is_turned_away(unsigned http_status);
static uint64_t jupref_fee_at(uint64_t amount, unsigned bps);


const jupref_json_schema_t  jupref_execute_request_schema = {
    jupref_asked_fields,
    JUPREF_ASKED_FIELDS,
    0,
    JUPREF_EXECUTE_MAX,
    jupref_asked_field
};


const jupref_json_schema_t  jupref_execute_answer_schema = {
    jupref_told_fields,
    JUPREF_TOLD_FIELDS,
    0,
    JUPREF_EXECUTE_MAX,
    jupref_told_field
};


jupref_trade_outcome_e
jupref_execute_outcome(unsigned http_status, unsigned readable,
    const jupref_execute_answer_t *answer)
{
    if (http_status >= 500) {
        return JUPREF_TRADE_UNKNOWN;
    }

    /* these codes leave it open, whatever the status line says */

    if (readable && answer->has_code
        && (answer->code == JUPREF_CODE_UNKNOWN
            || answer->code == JUPREF_CODE_TIMED_OUT
            || answer->code == JUPREF_CODE_RFQ_UNKNOWN))
    {
        return JUPREF_TRADE_UNKNOWN;
    }

    if (http_status >= 400) {

        /* turned away before anything was sent: the client may try again;
         * from others than Jupiter only where the status itself says so */

        return (readable || jupref_is_turned_away(http_status))
               ? JUPREF_TRADE_REFUSED : JUPREF_TRADE_UNKNOWN;
    }

    if (http_status != 200 || !readable) {
        return JUPREF_TRADE_UNKNOWN;
    }

    switch (answer->status) {

    case JUPREF_STATUS_SUCCESS:
        return (answer->has_code && answer->code == 0)
               ? JUPREF_TRADE_EXECUTED : JUPREF_TRADE_UNKNOWN;

    case JUPREF_STATUS_FAILED:
        return JUPREF_TRADE_FAILED;

    case JUPREF_STATUS_NONE:

        /* Ultra answers a missing order with {"code":-1,"error":…} only */

        return (answer->has_code && answer->code < 0)
               ? JUPREF_TRADE_REFUSED : JUPREF_TRADE_UNKNOWN;

    default:
        return JUPREF_TRADE_UNKNOWN;
    }
}


/* Statuses of gateways that come instead of Jupiter's own answer. */

static unsigned
jupref_is_turned_away(unsigned http_status)
{
    return (http_status >= 401 && http_status <= 405)
           || (http_status >= 411 && http_status <= 417)
           || http_status == 421 || http_status == 426 || http_status == 429
           || http_status == 431 || http_status == 451;
}


const char *
jupref_trade_outcome_text(jupref_trade_outcome_e outcome)
{
    static const char *const  texts[] = {
        "executed", "failed", "failed", "unknown", "unmatched"
    };

    return texts[outcome];
}


uint64_t
jupref_estimate_fee(const jupref_pubkey_t *input_mint,
    const jupref_pubkey_t *output_mint, jupref_pubkey_t *fee_mint,
    uint64_t in_amount, uint64_t out_amount, unsigned granted_bps,
    unsigned confirmed, const jupref_execute_answer_t *answer)
{
    uint64_t  input_fee, output_fee;
    unsigned  input_told, output_told;

    if (granted_bps == 0) {
        return 0;
    }

    input_told = answer->has_total_input && answer->has_input_result
                 && answer->total_input >= answer->input_result;
    output_told = answer->has_total_output && answer->has_output_result
                  && answer->output_result >= answer->total_output;

    input_fee = input_told ? answer->total_input - answer->input_result : 0;
    output_fee = output_told ? answer->output_result - answer->total_output
                             : 0;

    if (jupref_pubkey_is_zero(fee_mint) && (input_fee > 0) != (output_fee > 0))
    {
        *fee_mint = input_fee ? *input_mint : *output_mint;
    }

    if (jupref_pubkey_equal(fee_mint, input_mint)) {
        return input_told ? input_fee
               : confirmed ? jupref_fee_at(in_amount, granted_bps) : 0;
    }

    if (jupref_pubkey_equal(fee_mint, output_mint)) {
        return output_told ? output_fee
               : confirmed ? jupref_fee_at(answer->has_output_result
                                           ? answer->output_result
                                           : out_amount,
                                           granted_bps)
               : 0;
    }

    return 0;
}


static uint64_t
jupref_fee_at(uint64_t amount, unsigned bps)
{
    return jupref_mul_div(amount, bps, JUPREF_BPS_WHOLE);
}


static unsigned
jupref_asked_field(void *context, unsigned field, jupref_json_kind_e kind,
    jupref_bytes_t text)
{
    jupref_execute_request_t  *request = context;

    if (kind != JUPREF_JSON_STRING) {
        return 1;
    }

    if (field == JUPREF_ASKED_REQUEST_ID) {
        (void) jupref_request_id_set(&request->request_id, text);

    } else {
        request->has_transaction = 1;
        request->transaction = jupref_signed_transaction_read(
                                   request->message_hash,
                                   &request->signature, text);
    }

    return 1;
}


static unsigned
jupref_told_field(void *context, unsigned field, jupref_json_kind_e kind,
    jupref_bytes_t text)
{
    jupref_signature_t        signature;
    jupref_execute_answer_t  *answer = context;

    if (kind != JUPREF_JSON_STRING && kind != JUPREF_JSON_NUMBER) {
        return 1;
    }

    switch ((jupref_told_field_e) field) {

    case JUPREF_TOLD_STATUS:
        answer->status = jupref_bytes_equal(text, jupref_bytes("Success"))
                         ? JUPREF_STATUS_SUCCESS
                         : jupref_bytes_equal(text, jupref_bytes("Failed"))
                           ? JUPREF_STATUS_FAILED : JUPREF_STATUS_OTHER;
        break;

    case JUPREF_TOLD_CODE:
        answer->has_code = jupref_parse_i64(text, &answer->code);
        break;

    case JUPREF_TOLD_SIGNATURE:
        if (jupref_signature_parse(&signature, text)) {
            answer->signature = signature;
        }
        break;

    case JUPREF_TOLD_SLOT:
        (void) jupref_parse_u64(text, &answer->slot);
        break;

    case JUPREF_TOLD_TOTAL_INPUT:
        answer->has_total_input = jupref_parse_u64(text,
                                                   &answer->total_input);
        break;

    case JUPREF_TOLD_TOTAL_OUTPUT:
        answer->has_total_output = jupref_parse_u64(text,
                                                    &answer->total_output);
        break;

    case JUPREF_TOLD_INPUT_RESULT:
        answer->has_input_result = jupref_parse_u64(text,
                                                    &answer->input_result);
        break;

    case JUPREF_TOLD_OUTPUT_RESULT:
        answer->has_output_result = jupref_parse_u64(text,
                                                     &answer->output_result);
        break;

    case JUPREF_TOLD_FIELDS:
        break;
    }

    return 1;
}
