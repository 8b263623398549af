/*
 * Accounts of the upgradeable loader (see the header).
 */

#include "solana/jupref_loader.h"

#include <string.h>

#include "solana/jupref_programs.h"


#define JUPREF_LOADER_PROGRAM       2
#define JUPREF_LOADER_PROGRAM_DATA  3
#define JUPREF_LOADER_PROGRAM_SIZE  36


unsigned
jupref_loader_program_read(jupref_pubkey_t *data_address,
    const jupref_pubkey_t *owner, jupref_bytes_t data)
{
    jupref_reader_t  reader;

    jupref_reader_init(&reader, data);

    if (!jupref_pubkey_equal(owner, &jupref_loader_program)
        || data.len != JUPREF_LOADER_PROGRAM_SIZE
        || jupref_read_u32_le(&reader) != JUPREF_LOADER_PROGRAM)
    {
        return 0;
    }

    jupref_read_fixed(&reader, data_address->bytes, JUPREF_PUBKEY_SIZE);

    return 1;
}


unsigned
jupref_loader_data_read(jupref_program_data_t *program_data,
    const jupref_pubkey_t *owner, jupref_bytes_t data)
{
    uint8_t          has_authority;
    jupref_bytes_t   authority;
    jupref_reader_t  reader;

    memset(program_data, 0, sizeof(jupref_program_data_t));
    jupref_reader_init(&reader, data);

    if (!jupref_pubkey_equal(owner, &jupref_loader_program)
        || jupref_read_u32_le(&reader) != JUPREF_LOADER_PROGRAM_DATA)
    {
        return 0;
    }

    program_data->slot = jupref_read_u64_le(&reader);
    has_authority = jupref_read_u8(&reader);

    if (has_authority == 0) {
        return !reader.failed;
    }

    authority = jupref_read_bytes(&reader, JUPREF_PUBKEY_SIZE);

    if (has_authority > 1 || authority.data == NULL) {
        return 0;
    }

    memcpy(program_data->authority.bytes, authority.data, JUPREF_PUBKEY_SIZE);

    return 1;
}
