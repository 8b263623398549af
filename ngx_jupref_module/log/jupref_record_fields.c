/*
 * The fields that bodies share (see the header).
 */

#include "log/jupref_record_fields.h"

#include <string.h>

#include "base/jupref_assert.h"
#include "base/jupref_utf8.h"


void
jupref_write_padded(jupref_writer_t *out, const uint8_t *bytes, size_t size)
{
    while (size > 0 && bytes[size - 1] == 0) {
        size--;
    }

    jupref_assert(size <= UINT8_MAX);

    jupref_write_u8(out, (uint8_t) size);
    jupref_write_bytes(out, bytes, size);
}


unsigned
jupref_read_padded(jupref_reader_t *in, uint8_t *bytes, size_t size)
{
    size_t  len;

    len = jupref_read_u8(in);

    if (len > size) {
        return 0;
    }

    jupref_read_fixed(in, bytes, len);

    return in->failed || len == 0 || bytes[len - 1] != 0;
}


void
jupref_write_pubkey(jupref_writer_t *out, const jupref_pubkey_t *key)
{
    jupref_write_bytes(out, key->bytes, JUPREF_PUBKEY_SIZE);
}


void
jupref_write_signature(jupref_writer_t *out,
    const jupref_signature_t *signature)
{
    jupref_write_bytes(out, signature->bytes, JUPREF_SIGNATURE_SIZE);
}


/* As it was first written; the other form follows from it. */

void
jupref_write_code(jupref_writer_t *out, const jupref_code_name_t *code)
{
    jupref_write_padded(out, code->text, JUPREF_CODE_MAX);
}


void
jupref_write_terms(jupref_writer_t *out, const jupref_terms_t *terms)
{
    unsigned  level;

    jupref_write_padded(out, terms->tier, JUPREF_TIER_MAX);
    jupref_write_u16_le(out, terms->fee_bps);
    jupref_write_u16_le(out, terms->discount_bps);

    for (level = 0; level < JUPREF_LEVELS; level++) {
        jupref_write_u16_le(out, terms->share_bps[level]);
    }

    jupref_write_u16_le(out, terms->partner_bps);
}


void
jupref_write_trade(jupref_writer_t *out, const jupref_trade_t *trade)
{
    jupref_write_signature(out, &trade->signature);
    jupref_write_code(out, &trade->code);
    jupref_write_terms(out, &trade->terms);
    jupref_write_pubkey(out, &trade->input_mint);
    jupref_write_pubkey(out, &trade->output_mint);
    jupref_write_pubkey(out, &trade->fee_mint);
    jupref_write_u64_le(out, trade->in_amount);
    jupref_write_u64_le(out, trade->out_amount);
    jupref_write_u64_le(out, trade->fee);
    jupref_write_u64_le(out, trade->volume_micro_usd);
    jupref_write_u64_le(out, trade->slot);
    jupref_write_u64_le(out, trade->last_valid_block_height);
    jupref_write_u16_le(out, trade->granted_bps);
    jupref_write_bytes(out, trade->message_hash, JUPREF_SHA256_SIZE);
    jupref_write_padded(out, trade->router, JUPREF_ROUTER_MAX);
}


/* A zero inside would be lost: no code has one. */

unsigned
jupref_read_code(jupref_reader_t *in, jupref_code_name_t *code)
{
    size_t          len;
    jupref_bytes_t  text;

    len = jupref_read_u8(in);

    if (len > JUPREF_CODE_MAX) {
        return 0;
    }

    text = jupref_read_bytes(in, len);
    jupref_code_name_set(code, text);

    return text.len == 0 || memchr(text.data, 0, text.len) == NULL;
}


unsigned
jupref_read_terms(jupref_reader_t *in, jupref_terms_t *terms)
{
    unsigned  level, one_way;

    one_way = jupref_read_padded(in, terms->tier, JUPREF_TIER_MAX);
    terms->fee_bps = jupref_read_u16_le(in);
    terms->discount_bps = jupref_read_u16_le(in);

    for (level = 0; level < JUPREF_LEVELS; level++) {
        terms->share_bps[level] = jupref_read_u16_le(in);
    }

    terms->partner_bps = jupref_read_u16_le(in);

    return one_way;
}


unsigned
jupref_read_trade(jupref_reader_t *in, jupref_trade_t *trade)
{
    unsigned  one_way;

    jupref_read_fixed(in, trade->signature.bytes, JUPREF_SIGNATURE_SIZE);
    one_way = jupref_read_code(in, &trade->code);
    one_way &= jupref_read_terms(in, &trade->terms);
    jupref_read_fixed(in, trade->input_mint.bytes, JUPREF_PUBKEY_SIZE);
    jupref_read_fixed(in, trade->output_mint.bytes, JUPREF_PUBKEY_SIZE);
    jupref_read_fixed(in, trade->fee_mint.bytes, JUPREF_PUBKEY_SIZE);
    trade->in_amount = jupref_read_u64_le(in);
    trade->out_amount = jupref_read_u64_le(in);
    trade->fee = jupref_read_u64_le(in);
    trade->volume_micro_usd = jupref_read_u64_le(in);
    trade->slot = jupref_read_u64_le(in);
    trade->last_valid_block_height = jupref_read_u64_le(in);
    trade->granted_bps = jupref_read_u16_le(in);
    jupref_read_fixed(in, trade->message_hash, JUPREF_SHA256_SIZE);

    return one_way & jupref_read_padded(in, trade->router, JUPREF_ROUTER_MAX);
}


unsigned
jupref_code_or_none(const jupref_code_name_t *code)
{
    static const jupref_code_name_t  none;

    return memcmp(code, &none, sizeof(jupref_code_name_t)) == 0
           || jupref_code_name_valid(code);
}


unsigned
jupref_printable(const uint8_t *bytes, size_t size)
{
    size_t          i;
    jupref_bytes_t  text;

    text = jupref_padded(bytes, size);

    for (i = 0; i < text.len; i++) {
        if (bytes[i] < 0x20 || bytes[i] == 0x7f) {
            return 0;
        }
    }

    return jupref_zeroes(bytes + text.len, size - text.len)
           && (text.len == 0 || jupref_utf8_valid(text));
}


unsigned
jupref_zeroes(const uint8_t *bytes, size_t size)
{
    static const uint8_t  zeroes[JUPREF_REASON_MAX];

    jupref_assert(size <= sizeof(zeroes));

    return memcmp(bytes, zeroes, size) == 0;
}
