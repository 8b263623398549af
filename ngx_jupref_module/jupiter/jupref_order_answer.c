/*
 * Jupiter's answer to GET …/order (see the header).
 */

#include "jupiter/jupref_order_answer.h"

#include <string.h>

#include "base/jupref_number.h"
#include "jupiter/jupref_signed_transaction.h"


typedef enum {
    JUPREF_ORDER_REQUEST_ID = 0,
    JUPREF_ORDER_IN_AMOUNT,
    JUPREF_ORDER_OUT_AMOUNT,
    JUPREF_ORDER_FEE_MINT,
    JUPREF_ORDER_FEE_BPS,
    JUPREF_ORDER_PLATFORM_FEE_BPS,
    JUPREF_ORDER_PLATFORM_FEE_MINT,
    JUPREF_ORDER_REFERRAL_ACCOUNT,
    JUPREF_ORDER_SWAP_USD,
    JUPREF_ORDER_IN_USD,
    JUPREF_ORDER_OUT_USD,
    JUPREF_ORDER_ROUTER,
    JUPREF_ORDER_BLOCK_HEIGHT,
    JUPREF_ORDER_TRANSACTION,
    JUPREF_ORDER_FIELDS
} jupref_order_field_e;


static const char *const jupref_order_fields[JUPREF_ORDER_FIELDS] = {
    "requestId",
    "inAmount",
    "outAmount",
    "feeMint",
    "feeBps",
    "platformFee.feeBps",
    "platformFee.feeMint",
    "referralAccount",
    "swapUsdValue",
    "inUsdValue",
    "outUsdValue",
    "router",
    "lastValidBlockHeight",
    "transaction"
};


static unsigned jupref_order_field(void *context, unsigned field,
    jupref_json_kind_e kind, jupref_bytes_t text);
static void jupref_order_key(jupref_pubkey_t *key, jupref_bytes_t text);
static void jupref_order_volume(jupref_order_answer_t *answer, unsigned rank,
    jupref_bytes_t text);


const jupref_json_schema_t  jupref_order_answer_schema = {
    jupref_order_fields,
    JUPREF_ORDER_FIELDS,
    0,
    JUPREF_ORDER_ANSWER_MAX,
    jupref_order_field
};


jupref_fee_verdict_e
jupref_fee_verdict(const jupref_order_answer_t *answer,
    const jupref_pubkey_t *referral_account, unsigned asked_bps)
{
    if (!answer->has_fee_bps && !answer->has_platform_fee_bps) {
        return JUPREF_FEE_UNSTATED;
    }

    /* feeBps is the whole rate and may hold more than the integrator's part,
     * platformFee may be Jupiter's component: either one may say it */

    if (!(answer->has_fee_bps && answer->fee_bps == asked_bps)
        && !(answer->has_platform_fee_bps
             && answer->platform_fee_bps == asked_bps))
    {
        return JUPREF_FEE_DROPPED;
    }

    if (!jupref_pubkey_is_zero(&answer->referral_account)
        && !jupref_pubkey_equal(&answer->referral_account, referral_account))
    {
        return JUPREF_FEE_DROPPED;
    }

    return JUPREF_FEE_GRANTED;
}


const char *
jupref_fee_verdict_text(jupref_fee_verdict_e verdict)
{
    static const char *const  texts[] = { "granted", "dropped", "unstated" };

    return texts[verdict];
}


unsigned
jupref_request_id_set(jupref_request_id_t *id, jupref_bytes_t text)
{
    if (text.len == 0 || text.len > JUPREF_REQUEST_ID_MAX) {
        return 0;
    }

    memset(id->bytes, 0, JUPREF_REQUEST_ID_MAX);
    memcpy(id->bytes, text.data, text.len);
    id->len = (uint8_t) text.len;

    return 1;
}


/* A field of the wrong form is as good as missing: never an error here. */

static unsigned
jupref_order_field(void *context, unsigned field, jupref_json_kind_e kind,
    jupref_bytes_t text)
{
    uint64_t                value;
    jupref_order_answer_t  *answer = context;

    if (kind != JUPREF_JSON_STRING && kind != JUPREF_JSON_NUMBER) {
        return 1;
    }

    value = 0;

    switch ((jupref_order_field_e) field) {

    case JUPREF_ORDER_REQUEST_ID:
        (void) jupref_request_id_set(&answer->request_id, text);
        break;

    case JUPREF_ORDER_IN_AMOUNT:
        (void) jupref_parse_u64(text, &answer->in_amount);
        break;

    case JUPREF_ORDER_OUT_AMOUNT:
        (void) jupref_parse_u64(text, &answer->out_amount);
        break;

    case JUPREF_ORDER_FEE_MINT:
        jupref_order_key(&answer->fee_mint, text);
        break;

    case JUPREF_ORDER_FEE_BPS:
        answer->has_fee_bps = jupref_parse_u64(text, &value)
                              && value <= JUPREF_BPS_WHOLE;
        answer->fee_bps = (uint32_t) value;
        break;

    case JUPREF_ORDER_PLATFORM_FEE_BPS:
        answer->has_platform_fee_bps = jupref_parse_u64(text, &value)
                                       && value <= JUPREF_BPS_WHOLE;
        answer->platform_fee_bps = (uint32_t) value;
        break;

    case JUPREF_ORDER_PLATFORM_FEE_MINT:
        if (jupref_pubkey_is_zero(&answer->fee_mint)) {
            jupref_order_key(&answer->fee_mint, text);
        }
        break;

    case JUPREF_ORDER_REFERRAL_ACCOUNT:
        jupref_order_key(&answer->referral_account, text);
        break;

    case JUPREF_ORDER_SWAP_USD:
        jupref_order_volume(answer, 3, text);
        break;

    case JUPREF_ORDER_IN_USD:
        jupref_order_volume(answer, 2, text);
        break;

    case JUPREF_ORDER_OUT_USD:
        jupref_order_volume(answer, 1, text);
        break;

    case JUPREF_ORDER_ROUTER:
        if (text.len <= JUPREF_ROUTER_MAX) {
            memcpy(answer->router, text.data, text.len);
            answer->router_len = (uint8_t) text.len;
        }
        break;

    case JUPREF_ORDER_BLOCK_HEIGHT:
        (void) jupref_parse_u64(text, &answer->last_valid_block_height);
        break;

    case JUPREF_ORDER_TRANSACTION:
        answer->transaction = jupref_signed_transaction_read(
                                  answer->message_hash, NULL, text);
        break;

    case JUPREF_ORDER_FIELDS:
        break;
    }

    return 1;
}


/* A text that is no key leaves the key as it was. */

static void
jupref_order_key(jupref_pubkey_t *key, jupref_bytes_t text)
{
    jupref_pubkey_t  parsed;

    if (jupref_pubkey_parse(&parsed, text)) {
        *key = parsed;
    }
}


/* The trade's value is swapUsdValue; without it the input's, then output's. */

static void
jupref_order_volume(jupref_order_answer_t *answer, unsigned rank,
    jupref_bytes_t text)
{
    uint64_t  micro;

    if (rank > answer->volume_rank && jupref_parse_micro(text, &micro)) {
        answer->volume_rank = rank & 3;
        answer->volume_micro_usd = micro;
    }
}
