/*
 * The fields that bodies of records share: written one way only.
 *
 * A zero padded field (a code, a tier, a router, a reason, an actor) is a u8
 * length and the bytes up to the last one that isn't zero.
 *
 * Reading returns 0 for what is never written so; whether the bytes were
 * enough is what the reader says.
 */

#ifndef JUPREF_RECORD_FIELDS_H
#define JUPREF_RECORD_FIELDS_H


#include "ledger/jupref_event.h"


void jupref_write_padded(jupref_writer_t *out, const uint8_t *bytes,
    size_t size);
void jupref_write_pubkey(jupref_writer_t *out, const jupref_pubkey_t *key);
void jupref_write_signature(jupref_writer_t *out,
    const jupref_signature_t *signature);
void jupref_write_code(jupref_writer_t *out, const jupref_code_name_t *code);
void jupref_write_terms(jupref_writer_t *out, const jupref_terms_t *terms);

/* All that is public of a trade, but for its taker's commitment. */
void jupref_write_trade(jupref_writer_t *out, const jupref_trade_t *trade);


/* `bytes` is zeroed before, where it may stay longer than what is read. */
unsigned jupref_read_padded(jupref_reader_t *in, uint8_t *bytes, size_t size);
unsigned jupref_read_code(jupref_reader_t *in, jupref_code_name_t *code);
unsigned jupref_read_terms(jupref_reader_t *in, jupref_terms_t *terms);
unsigned jupref_read_trade(jupref_reader_t *in, jupref_trade_t *trade);


/* 1 for a valid code or none at all. */
unsigned jupref_code_or_none(const jupref_code_name_t *code);

/* 1 for UTF-8 without control characters, zeroes behind it; or nothing. */
unsigned jupref_printable(const uint8_t *bytes, size_t size);

/* 1 when all bytes are zero, JUPREF_REASON_MAX at most. */
unsigned jupref_zeroes(const uint8_t *bytes, size_t size);


#endif /* JUPREF_RECORD_FIELDS_H */
