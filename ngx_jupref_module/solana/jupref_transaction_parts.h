/*
 * What the wire forms of a transaction have in common; only their parsers
 * include this.
 */

#ifndef JUPREF_TRANSACTION_PARTS_H
#define JUPREF_TRANSACTION_PARTS_H


#include "solana/jupref_transaction.h"


#define JUPREF_BLOCKHASH_SIZE  32


typedef struct {
    uint8_t  required_signatures;
    uint8_t  readonly_signed;
    uint8_t  readonly_unsigned;
} jupref_message_header_t;


void jupref_read_header(jupref_reader_t *reader,
    jupref_message_header_t *header);

/* 1 when the counts fit to the keys and a signer can be written to: the one
 * that pays. */
unsigned jupref_header_fits(const jupref_message_header_t *header,
    unsigned key_count);

/* One more than the largest of the account indexes, 0 when there is none. */
unsigned jupref_index_end(jupref_bytes_t indexes);

/* `bytes` begin with 0x81 and are no more than the size that v1 may have. */
jupref_transaction_result_e jupref_transaction_parse_v1(
    jupref_transaction_t *transaction, jupref_bytes_t bytes);


#endif /* JUPREF_TRANSACTION_PARTS_H */
