/*
 * Token accounts and mints (see the header).
 */

#include "solana/jupref_token.h"

#include <string.h>

#include "solana/jupref_address.h"


#define JUPREF_TOKEN_OPTION         36          /* u32 tag | key */
#define JUPREF_TOKEN_MULTISIG_SIZE  355         /* no account, no mint */
#define JUPREF_TOKEN_KIND_AT        165         /* Token-2022 only */
#define JUPREF_TOKEN_KIND_MINT      1
#define JUPREF_TOKEN_KIND_ACCOUNT   2

#define JUPREF_TOKEN_INITIALIZED    1
#define JUPREF_TOKEN_FROZEN         2

/* Extension types, and the bytes of their values. */
#define JUPREF_TRANSFER_FEE_CONFIG       1
#define JUPREF_TRANSFER_FEE_CONFIG_SIZE  108
#define JUPREF_TRANSFER_FEE_AMOUNT       2
#define JUPREF_TRANSFER_FEE_AMOUNT_SIZE  8

/* Authorities 64, withheld 8, the older rule 18; then the newer: epoch. */
#define JUPREF_NEWER_FEE_AT  (64 + 8 + 18 + 8)


static jupref_token_result_e jupref_token_kind(const jupref_pubkey_t *program,
    jupref_bytes_t data, size_t size, unsigned kind);
static jupref_token_result_e jupref_token_extension(jupref_bytes_t data,
    unsigned wanted, size_t size, jupref_bytes_t *value);


jupref_token_result_e
jupref_token_account_read(jupref_token_account_t *account,
    const jupref_pubkey_t *program, jupref_bytes_t data)
{
    uint8_t                state;
    jupref_bytes_t         value;
    jupref_reader_t        reader;
    jupref_token_result_e  result;

    result = jupref_token_kind(program, data, JUPREF_TOKEN_ACCOUNT_SIZE,
                               JUPREF_TOKEN_KIND_ACCOUNT);

    if (result != JUPREF_TOKEN_OK) {
        return result;
    }

    memset(account, 0, sizeof(jupref_token_account_t));
    account->program = *program;

    jupref_reader_init(&reader, data);
    jupref_read_fixed(&reader, account->mint.bytes, JUPREF_PUBKEY_SIZE);
    jupref_read_fixed(&reader, account->owner.bytes, JUPREF_PUBKEY_SIZE);
    account->amount = jupref_read_u64_le(&reader);
    (void) jupref_read_bytes(&reader, JUPREF_TOKEN_OPTION);
    state = jupref_read_u8(&reader);
    account->native = (jupref_read_u32_le(&reader) == 1);
    account->frozen = (state == JUPREF_TOKEN_FROZEN);

    if (state != JUPREF_TOKEN_INITIALIZED && state != JUPREF_TOKEN_FROZEN) {
        return JUPREF_TOKEN_UNINITIALIZED;
    }

    result = jupref_token_extension(data, JUPREF_TRANSFER_FEE_AMOUNT,
                                    JUPREF_TRANSFER_FEE_AMOUNT_SIZE, &value);

    if (value.data != NULL) {
        jupref_reader_init(&reader, value);
        account->withheld = jupref_read_u64_le(&reader);
    }

    return result;
}


jupref_token_result_e
jupref_mint_read(jupref_mint_t *mint, const jupref_pubkey_t *program,
    jupref_bytes_t data)
{
    jupref_bytes_t         value;
    jupref_reader_t        reader;
    jupref_token_result_e  result;

    result = jupref_token_kind(program, data, JUPREF_MINT_SIZE,
                               JUPREF_TOKEN_KIND_MINT);

    if (result != JUPREF_TOKEN_OK) {
        return result;
    }

    memset(mint, 0, sizeof(jupref_mint_t));
    mint->program = *program;

    jupref_reader_init(&reader, data);
    (void) jupref_read_bytes(&reader, JUPREF_TOKEN_OPTION);
    mint->supply = jupref_read_u64_le(&reader);
    mint->decimals = jupref_read_u8(&reader);

    if (jupref_read_u8(&reader) != JUPREF_TOKEN_INITIALIZED) {
        return JUPREF_TOKEN_UNINITIALIZED;
    }

    result = jupref_token_extension(data, JUPREF_TRANSFER_FEE_CONFIG,
                                    JUPREF_TRANSFER_FEE_CONFIG_SIZE, &value);

    if (value.data != NULL) {
        jupref_reader_init(&reader, value);
        (void) jupref_read_bytes(&reader, JUPREF_NEWER_FEE_AT);
        mint->has_transfer_fee = 1;
        mint->transfer_fee_max = jupref_read_u64_le(&reader);
        mint->transfer_fee_bps = jupref_read_u16_le(&reader);
    }

    return result;
}


/* Whether the bytes are of that kind, which takes `size` of them at least. */

static jupref_token_result_e
jupref_token_kind(const jupref_pubkey_t *program, jupref_bytes_t data,
    size_t size, unsigned kind)
{
    if (jupref_pubkey_equal(program, &jupref_token_program)) {
        return (data.len == size) ? JUPREF_TOKEN_OK : JUPREF_TOKEN_BAD_SIZE;
    }

    if (!jupref_pubkey_equal(program, &jupref_token_2022_program)) {
        return JUPREF_TOKEN_NOT_TOKEN;
    }

    if (data.len == size) {
        return JUPREF_TOKEN_OK;
    }

    if (data.len <= JUPREF_TOKEN_KIND_AT
        || data.len == JUPREF_TOKEN_MULTISIG_SIZE
        || data.data[JUPREF_TOKEN_KIND_AT] != kind)
    {
        return JUPREF_TOKEN_BAD_SIZE;
    }

    return JUPREF_TOKEN_OK;
}


/*
 * The value of one extension, NULL data where there is none of it.  Types
 * count from 1: a 0 and less than a header are what is left over at the end.
 */

static jupref_token_result_e
jupref_token_extension(jupref_bytes_t data, unsigned wanted, size_t size,
    jupref_bytes_t *value)
{
    size_t           len;
    unsigned         type;
    jupref_bytes_t   bytes;
    jupref_reader_t  reader;

    *value = (jupref_bytes_t) { NULL, 0 };

    if (data.len <= JUPREF_TOKEN_KIND_AT) {
        return JUPREF_TOKEN_OK;
    }

    jupref_reader_init(&reader, data);
    (void) jupref_read_bytes(&reader, JUPREF_TOKEN_KIND_AT + 1);

    while (jupref_reader_left(&reader) >= 4) {
        type = jupref_read_u16_le(&reader);
        len = jupref_read_u16_le(&reader);

        if (type == 0) {
            break;
        }

        bytes = jupref_read_bytes(&reader, len);

        if (reader.failed || (type == wanted && len != size)) {
            return JUPREF_TOKEN_BAD_EXTENSION;
        }

        if (type == wanted) {
            *value = bytes;
        }
    }

    return JUPREF_TOKEN_OK;
}


const char *
jupref_token_result_text(jupref_token_result_e result)
{
    static const char *const  texts[] = {
        [JUPREF_TOKEN_OK] = "ok",
        [JUPREF_TOKEN_NOT_TOKEN] = "not an account of a token program",
        [JUPREF_TOKEN_BAD_SIZE] = "of another size or kind than it should be",
        [JUPREF_TOKEN_BAD_EXTENSION] = "an extension that isn't whole",
        [JUPREF_TOKEN_UNINITIALIZED] = "not initialized"
    };

    return texts[result];
}
