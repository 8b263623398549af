/*
 * The outer form of a Solana transaction: which form it is, and the two old
 * ones (facts: the sdk's short-vec, message and transaction crates).
 *
 *     legacy   n | signatures | header | keys | blockhash | instructions
 *     v0       n | signatures | 0x80 | the same | address table lookups
 *
 * The message, what is signed, is all that follows the signatures.  Signature
 * counts stay below 128, so the first byte is free to tell v1.
 */

#include "solana/jupref_transaction_parts.h"


#define JUPREF_V0_PREFIX  0x80
#define JUPREF_V1_PREFIX  0x81
#define JUPREF_VERSIONED  0x80

#define JUPREF_KEYS_MAX   256           /* an index is one byte */


/* A reader that remembers whether it failed for a wrong length or an end. */
typedef struct {
    jupref_reader_t  reader;
    unsigned         bad_length:1;
} jupref_parser_t;


static jupref_transaction_result_e jupref_parse_v0(
    jupref_transaction_t *transaction, jupref_bytes_t bytes);
static jupref_transaction_result_e jupref_parse_message(
    jupref_parser_t *parser, jupref_transaction_t *transaction);
static jupref_transaction_result_e jupref_parse_instructions(
    jupref_parser_t *parser, jupref_transaction_t *transaction,
    unsigned *index_end);
static jupref_transaction_result_e jupref_parse_lookups(
    jupref_parser_t *parser, jupref_transaction_t *transaction);
static unsigned jupref_parse_length(jupref_parser_t *parser);
static jupref_transaction_result_e jupref_parse_failure(
    const jupref_parser_t *parser);
static jupref_transaction_result_e jupref_read_length(
    jupref_reader_t *reader, unsigned *length);


static const char *const  jupref_transaction_result_texts[] = {
    [JUPREF_TRANSACTION_EMPTY] = "no transaction",
    [JUPREF_TRANSACTION_OK] = "ok",
    [JUPREF_TRANSACTION_TOO_LARGE] = "transaction too large",
    [JUPREF_TRANSACTION_UNKNOWN_VERSION] = "unknown transaction version",
    [JUPREF_TRANSACTION_CUT] = "transaction cut short",
    [JUPREF_TRANSACTION_TRAILING] = "bytes behind the transaction",
    [JUPREF_TRANSACTION_BAD_LENGTH] = "length not in its shortest form",
    [JUPREF_TRANSACTION_BAD_HEADER] = "counts of the header don't fit",
    [JUPREF_TRANSACTION_BAD_INDEX] = "account index out of range",
    [JUPREF_TRANSACTION_BAD_CONFIG] = "transaction configuration invalid",
    [JUPREF_TRANSACTION_BAD_TEXT] = "transaction not in base64",
    [JUPREF_TRANSACTION_NO_MEMORY] = "out of memory"
};


jupref_transaction_result_e
jupref_transaction_parse(jupref_transaction_t *transaction,
    jupref_bytes_t bytes)
{
    if (bytes.len == 0) {
        return JUPREF_TRANSACTION_EMPTY;
    }

    if (bytes.data[0] == JUPREF_V1_PREFIX) {
        if (bytes.len > JUPREF_TRANSACTION_MAX) {
            return JUPREF_TRANSACTION_TOO_LARGE;
        }

        return jupref_transaction_parse_v1(transaction, bytes);
    }

    if (bytes.data[0] & JUPREF_VERSIONED) {
        return JUPREF_TRANSACTION_UNKNOWN_VERSION;
    }

    if (bytes.len > JUPREF_TRANSACTION_V0_MAX) {
        return JUPREF_TRANSACTION_TOO_LARGE;
    }

    return jupref_parse_v0(transaction, bytes);
}


unsigned
jupref_transaction_is_signer(const jupref_transaction_t *transaction,
    const jupref_pubkey_t *key)
{
    unsigned  i;

    for (i = 0; i < transaction->signer_count; i++) {
        if (jupref_pubkey_equal(&transaction->keys[i], key)) {
            return 1;
        }
    }

    return 0;
}


const char *
jupref_transaction_result_text(jupref_transaction_result_e result)
{
    return jupref_transaction_result_texts[result];
}


uint16_t
jupref_read_compact_u16(jupref_reader_t *reader)
{
    unsigned  length;

    if (jupref_read_length(reader, &length) != JUPREF_TRANSACTION_OK) {
        return 0;
    }

    return (uint16_t) length;
}


void
jupref_read_header(jupref_reader_t *reader, jupref_message_header_t *header)
{
    header->required_signatures = jupref_read_u8(reader);
    header->readonly_signed = jupref_read_u8(reader);
    header->readonly_unsigned = jupref_read_u8(reader);
}


unsigned
jupref_header_fits(const jupref_message_header_t *header, unsigned key_count)
{
    return header->readonly_signed < header->required_signatures
           && (unsigned) header->required_signatures
              + header->readonly_unsigned <= key_count;
}


unsigned
jupref_index_end(jupref_bytes_t indexes)
{
    size_t    i;
    unsigned  end;

    end = 0;

    for (i = 0; i < indexes.len; i++) {
        if (indexes.data[i] >= end) {
            end = indexes.data[i] + 1u;
        }
    }

    return end;
}


/* legacy and v0 */
static jupref_transaction_result_e
jupref_parse_v0(jupref_transaction_t *transaction, jupref_bytes_t bytes)
{
    unsigned                     loaded, index_end;
    jupref_bytes_t               signatures;
    jupref_parser_t              parser;
    jupref_transaction_result_e  result;

    jupref_reader_init(&parser.reader, bytes);
    parser.bad_length = 0;

    transaction->signer_count = jupref_parse_length(&parser);

    signatures = jupref_read_bytes(&parser.reader, transaction->signer_count
                                                   * JUPREF_SIGNATURE_SIZE);
    transaction->signatures = (const jupref_signature_t *) signatures.data;
    transaction->message.data = parser.reader.at;
    transaction->message.len = jupref_reader_left(&parser.reader);

    result = jupref_parse_message(&parser, transaction);

    if (result != JUPREF_TRANSACTION_OK) {
        return result;
    }

    result = jupref_parse_instructions(&parser, transaction, &index_end);

    if (result != JUPREF_TRANSACTION_OK) {
        return result;
    }

    transaction->looked_up_writable = 0;
    transaction->looked_up_readonly = 0;

    if (transaction->version == JUPREF_TRANSACTION_V0) {
        result = jupref_parse_lookups(&parser, transaction);

        if (result != JUPREF_TRANSACTION_OK) {
            return result;
        }
    }

    loaded = transaction->looked_up_writable + transaction->looked_up_readonly;

    if (transaction->key_count + loaded > JUPREF_KEYS_MAX
        || index_end > transaction->key_count + loaded)
    {
        return JUPREF_TRANSACTION_BAD_INDEX;
    }

    if (jupref_reader_left(&parser.reader) > 0) {
        return JUPREF_TRANSACTION_TRAILING;
    }

    return JUPREF_TRANSACTION_OK;
}


/* From the version to the blockhash. */
static jupref_transaction_result_e
jupref_parse_message(jupref_parser_t *parser,
    jupref_transaction_t *transaction)
{
    jupref_bytes_t           keys;
    jupref_reader_t         *reader;
    jupref_message_header_t  header;

    reader = &parser->reader;

    if (jupref_reader_left(reader) == 0) {
        return JUPREF_TRANSACTION_CUT;
    }

    transaction->version = JUPREF_TRANSACTION_LEGACY;

    if (*reader->at & JUPREF_VERSIONED) {
        if (jupref_read_u8(reader) != JUPREF_V0_PREFIX) {
            return JUPREF_TRANSACTION_UNKNOWN_VERSION;
        }

        transaction->version = JUPREF_TRANSACTION_V0;
    }

    jupref_read_header(reader, &header);

    transaction->key_count = jupref_parse_length(parser);

    keys = jupref_read_bytes(reader,
                             transaction->key_count * JUPREF_PUBKEY_SIZE);
    transaction->keys = (const jupref_pubkey_t *) keys.data;

    (void) jupref_read_bytes(reader, JUPREF_BLOCKHASH_SIZE);

    if (reader->failed) {
        return jupref_parse_failure(parser);
    }

    if (header.required_signatures != transaction->signer_count
        || !jupref_header_fits(&header, transaction->key_count))
    {
        return JUPREF_TRANSACTION_BAD_HEADER;
    }

    return JUPREF_TRANSACTION_OK;
}


/*
 * `index_end` becomes one more than the largest account index: whether that
 * is in range is only known when the lookups have been counted.
 */
static jupref_transaction_result_e
jupref_parse_instructions(jupref_parser_t *parser,
    jupref_transaction_t *transaction, unsigned *index_end)
{
    unsigned          i, program, end;
    jupref_reader_t  *reader;

    reader = &parser->reader;
    *index_end = 0;

    transaction->instruction_count = jupref_parse_length(parser);
    transaction->instructions.data = reader->at;

    for (i = 0; i < transaction->instruction_count; i++) {
        program = jupref_read_u8(reader);

        end = jupref_index_end(
                  jupref_read_bytes(reader, jupref_parse_length(parser)));

        if (end > *index_end) {
            *index_end = end;
        }

        (void) jupref_read_bytes(reader, jupref_parse_length(parser));

        if (reader->failed) {
            break;
        }

        /* the payer is no program, and programs aren't looked up */

        if (program == 0 || program >= transaction->key_count) {
            return JUPREF_TRANSACTION_BAD_INDEX;
        }
    }

    transaction->instructions.len = (size_t) (reader->at
                                        - transaction->instructions.data);

    return jupref_parse_failure(parser);
}


static jupref_transaction_result_e
jupref_parse_lookups(jupref_parser_t *parser,
    jupref_transaction_t *transaction)
{
    unsigned          i, lookups, writable, readonly;
    jupref_reader_t  *reader;

    reader = &parser->reader;
    lookups = jupref_parse_length(parser);

    for (i = 0; i < lookups; i++) {
        (void) jupref_read_bytes(reader, JUPREF_PUBKEY_SIZE);

        writable = jupref_parse_length(parser);
        (void) jupref_read_bytes(reader, writable);

        readonly = jupref_parse_length(parser);
        (void) jupref_read_bytes(reader, readonly);

        if (reader->failed) {
            break;
        }

        if (writable + readonly == 0) {
            return JUPREF_TRANSACTION_BAD_INDEX;
        }

        transaction->looked_up_writable += writable;
        transaction->looked_up_readonly += readonly;
    }

    return jupref_parse_failure(parser);
}


/* Fails the parser's reader when the next bytes are no length. */
static unsigned
jupref_parse_length(jupref_parser_t *parser)
{
    unsigned  length;

    if (jupref_read_length(&parser->reader, &length)
        == JUPREF_TRANSACTION_BAD_LENGTH)
    {
        parser->bad_length = 1;
    }

    return length;
}


static jupref_transaction_result_e
jupref_parse_failure(const jupref_parser_t *parser)
{
    if (parser->bad_length) {
        return JUPREF_TRANSACTION_BAD_LENGTH;
    }

    return parser->reader.failed ? JUPREF_TRANSACTION_CUT
                                 : JUPREF_TRANSACTION_OK;
}


/* A compact-u16 that tells an end of the bytes from a wrong form. */
static jupref_transaction_result_e
jupref_read_length(jupref_reader_t *reader, unsigned *length)
{
    uint8_t   byte;
    unsigned  shift, value;

    *length = 0;
    value = 0;

    for (shift = 0; shift < 21; shift += 7) {
        byte = jupref_read_u8(reader);

        if (reader->failed) {
            return JUPREF_TRANSACTION_CUT;
        }

        value |= (unsigned) (byte & 0x7f) << shift;

        if (byte & 0x80) {
            continue;
        }

        if ((byte == 0 && shift > 0) || value > UINT16_MAX) {
            break;
        }

        *length = value;

        return JUPREF_TRANSACTION_OK;
    }

    reader->failed = 1;

    return JUPREF_TRANSACTION_BAD_LENGTH;
}
