/*
 * The v1 wire form (SIMD-0385): the budget is in the header, no lookups.
 *
 *     0x81 | header | mask | lifetime | counts | keys | values
 *          | instruction headers | payloads | signatures
 *
 * The message, what is signed, is all that precedes the signatures, 0x81
 * included.
 */

#include "solana/jupref_transaction_parts.h"


#define JUPREF_V1_SIGNERS_MAX       12
#define JUPREF_V1_KEYS_MAX          64
#define JUPREF_V1_INSTRUCTIONS_MAX  64

/* Bits of the configuration mask; each stands for a value of 4 bytes. */
#define JUPREF_V1_PRIORITY_FEE      0x03    /* two of them: one u64 */
#define JUPREF_V1_COMPUTE_UNITS     0x04
#define JUPREF_V1_LOADED_DATA       0x08
#define JUPREF_V1_HEAP              0x10
#define JUPREF_V1_KNOWN             0x1f

#define JUPREF_HEAP_MIN             (32 * 1024)
#define JUPREF_HEAP_MAX             (256 * 1024)
#define JUPREF_HEAP_STEP            1024


static jupref_transaction_result_e jupref_parse_v1_config(
    jupref_reader_t *reader, uint32_t mask);
static jupref_transaction_result_e jupref_parse_v1_instructions(
    jupref_reader_t *reader, const jupref_transaction_t *transaction);


jupref_transaction_result_e
jupref_transaction_parse_v1(jupref_transaction_t *transaction,
    jupref_bytes_t bytes)
{
    uint32_t                     mask;
    jupref_bytes_t               span;
    jupref_reader_t              reader;
    jupref_message_header_t      header;
    jupref_transaction_result_e  result;

    jupref_reader_init(&reader, bytes);

    (void) jupref_read_u8(&reader);
    jupref_read_header(&reader, &header);
    mask = jupref_read_u32_le(&reader);
    (void) jupref_read_bytes(&reader, JUPREF_BLOCKHASH_SIZE);

    transaction->version = JUPREF_TRANSACTION_V1;
    transaction->signer_count = header.required_signatures;
    transaction->instruction_count = jupref_read_u8(&reader);
    transaction->key_count = jupref_read_u8(&reader);

    if (reader.failed) {
        return JUPREF_TRANSACTION_CUT;
    }

    if (header.required_signatures > JUPREF_V1_SIGNERS_MAX
        || transaction->instruction_count > JUPREF_V1_INSTRUCTIONS_MAX
        || transaction->key_count > JUPREF_V1_KEYS_MAX
        || !jupref_header_fits(&header, transaction->key_count))
    {
        return JUPREF_TRANSACTION_BAD_HEADER;
    }

    span = jupref_read_bytes(&reader,
                             transaction->key_count * JUPREF_PUBKEY_SIZE);
    transaction->keys = (const jupref_pubkey_t *) span.data;

    result = jupref_parse_v1_config(&reader, mask);

    if (result != JUPREF_TRANSACTION_OK) {
        return result;
    }

    transaction->instructions.data = reader.at;

    result = jupref_parse_v1_instructions(&reader, transaction);

    if (result != JUPREF_TRANSACTION_OK) {
        return result;
    }

    transaction->instructions.len = (size_t) (reader.at
                                        - transaction->instructions.data);
    transaction->looked_up_writable = 0;
    transaction->looked_up_readonly = 0;
    transaction->message.data = bytes.data;
    transaction->message.len = (size_t) (reader.at - bytes.data);

    span = jupref_read_bytes(&reader, transaction->signer_count
                                      * JUPREF_SIGNATURE_SIZE);
    transaction->signatures = (const jupref_signature_t *) span.data;

    if (reader.failed) {
        return JUPREF_TRANSACTION_CUT;
    }

    if (jupref_reader_left(&reader) > 0) {
        return JUPREF_TRANSACTION_TRAILING;
    }

    return JUPREF_TRANSACTION_OK;
}


static jupref_transaction_result_e
jupref_parse_v1_config(jupref_reader_t *reader, uint32_t mask)
{
    uint32_t  heap;

    if ((mask & ~(uint32_t) JUPREF_V1_KNOWN) != 0
        || (mask & JUPREF_V1_PRIORITY_FEE) == 1
        || (mask & JUPREF_V1_PRIORITY_FEE) == 2)
    {
        return JUPREF_TRANSACTION_BAD_CONFIG;
    }

    if (mask & JUPREF_V1_PRIORITY_FEE) {
        (void) jupref_read_u64_le(reader);
    }

    if (mask & JUPREF_V1_COMPUTE_UNITS) {
        (void) jupref_read_u32_le(reader);
    }

    if (mask & JUPREF_V1_LOADED_DATA) {
        (void) jupref_read_u32_le(reader);
    }

    heap = JUPREF_HEAP_MIN;

    if (mask & JUPREF_V1_HEAP) {
        heap = jupref_read_u32_le(reader);
    }

    if (reader->failed) {
        return JUPREF_TRANSACTION_CUT;
    }

    if (heap < JUPREF_HEAP_MIN || heap > JUPREF_HEAP_MAX
        || heap % JUPREF_HEAP_STEP != 0)
    {
        return JUPREF_TRANSACTION_BAD_CONFIG;
    }

    return JUPREF_TRANSACTION_OK;
}


static jupref_transaction_result_e
jupref_parse_v1_instructions(jupref_reader_t *reader,
    const jupref_transaction_t *transaction)
{
    unsigned         i, program, account_count;
    jupref_bytes_t   accounts;
    jupref_reader_t  headers;

    /* each: program u8, account count u8, length of the data u16 */
    jupref_reader_init(&headers,
                       jupref_read_bytes(reader,
                                         transaction->instruction_count * 4));

    for (i = 0; i < transaction->instruction_count; i++) {
        program = jupref_read_u8(&headers);
        account_count = jupref_read_u8(&headers);

        accounts = jupref_read_bytes(reader, account_count);
        (void) jupref_read_bytes(reader, jupref_read_u16_le(&headers));

        if (reader->failed) {
            return JUPREF_TRANSACTION_CUT;
        }

        if (program == 0 || program >= transaction->key_count
            || jupref_index_end(accounts) > transaction->key_count)
        {
            return JUPREF_TRANSACTION_BAD_INDEX;
        }
    }

    return JUPREF_TRANSACTION_OK;
}
