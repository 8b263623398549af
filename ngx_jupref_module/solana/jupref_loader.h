/*
 * Upgradeable programs: where their code is, when it was last changed and by
 * whom it can be (facts: the upgradeable loader's state, bincode).
 *
 *     program  u32 2 | program data's address 32                         36
 *     data     u32 3 | slot u64 | option u8 [| authority 32] | code …  >= 13
 */

#ifndef JUPREF_LOADER_H
#define JUPREF_LOADER_H


#include "solana/jupref_pubkey.h"


/* Bytes of program data that are worth asking a node for (dataSlice). */
#define JUPREF_PROGRAM_DATA_HEAD  45


typedef struct {
    uint64_t         slot;              /* of the last deployment */
    jupref_pubkey_t  authority;         /* zero: it can't be changed */
} jupref_program_data_t;


/* Both return 1, or 0 when the account is no such thing.  `owner` is the
 * program that the account belongs to. */
unsigned jupref_loader_program_read(jupref_pubkey_t *data_address,
    const jupref_pubkey_t *owner, jupref_bytes_t data);
unsigned jupref_loader_data_read(jupref_program_data_t *program_data,
    const jupref_pubkey_t *owner, jupref_bytes_t data);


#endif /* JUPREF_LOADER_H */
