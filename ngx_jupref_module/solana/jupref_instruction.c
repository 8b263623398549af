/*
 * The instructions of a transaction (see the header).
 *
 *     legacy, v0   each: program u8 | n | accounts | n | data
 *     v1           headers of each: program u8, accounts u8, data u16
 *                  | each: accounts | data
 */

#include "solana/jupref_instruction.h"


#define JUPREF_V1_INSTRUCTION_HEADER  4


void
jupref_instruction_walk(jupref_instruction_walk_t *walk,
    const jupref_transaction_t *transaction)
{
    walk->transaction = transaction;
    walk->left = transaction->instruction_count;

    jupref_reader_init(&walk->reader, transaction->instructions);
    jupref_reader_init(&walk->headers, (jupref_bytes_t) { NULL, 0 });

    if (transaction->version == JUPREF_TRANSACTION_V1) {
        jupref_reader_init(&walk->headers,
                           jupref_read_bytes(&walk->reader,
                               walk->left * JUPREF_V1_INSTRUCTION_HEADER));
    }
}


unsigned
jupref_instruction_next(jupref_instruction_walk_t *walk,
    jupref_instruction_t *instruction)
{
    size_t                       accounts, data;
    const jupref_transaction_t  *transaction;

    if (walk->left == 0) {
        return 0;
    }

    walk->left--;
    transaction = walk->transaction;

    if (transaction->version == JUPREF_TRANSACTION_V1) {
        instruction->program = jupref_read_u8(&walk->headers);
        accounts = jupref_read_u8(&walk->headers);
        data = jupref_read_u16_le(&walk->headers);
        instruction->accounts = jupref_read_bytes(&walk->reader, accounts);

    } else {
        instruction->program = jupref_read_u8(&walk->reader);
        accounts = jupref_read_compact_u16(&walk->reader);
        instruction->accounts = jupref_read_bytes(&walk->reader, accounts);
        data = jupref_read_compact_u16(&walk->reader);
    }

    instruction->data = jupref_read_bytes(&walk->reader, data);

    if (walk->reader.failed || walk->headers.failed
        || instruction->program >= transaction->key_count)
    {
        walk->left = 0;
        return 0;
    }

    instruction->program_id = &transaction->keys[instruction->program];

    return 1;
}
