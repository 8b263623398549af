/*
 * The transaction that makes a token account (see the header).
 *
 *     1 | 64 zeroes | header | n | keys | blockhash | 1
 *     | program | n | accounts | 1 | 1
 */

#include "solana/jupref_token_create.h"

#include <string.h>

#include "base/jupref_base64.h"
#include "solana/jupref_programs.h"


#define JUPREF_CREATE_KEYS        7
#define JUPREF_CREATE_READONLY    5     /* all but the payer and the account */
#define JUPREF_CREATE_IDEMPOTENT  1

#define JUPREF_CREATE_SIZE                                                    \
    (1 + JUPREF_SIGNATURE_SIZE + 3 + 1                                        \
     + JUPREF_CREATE_KEYS * JUPREF_PUBKEY_SIZE + JUPREF_PUBKEY_SIZE           \
     + 1 + 1 + 1 + 6 + 1 + 1)

_Static_assert(JUPREF_TOKEN_CREATE_TEXT
               > jupref_base64_encoded_size(JUPREF_CREATE_SIZE),
               "the text has room for the transaction and a zero");


size_t
jupref_token_create(uint8_t text[JUPREF_TOKEN_CREATE_TEXT],
    const jupref_pubkey_t *payer, const jupref_pubkey_t *owner,
    const jupref_pubkey_t *mint, const jupref_pubkey_t *token_program,
    const jupref_pubkey_t *blockhash)
{
    uint8_t                 bytes[JUPREF_CREATE_SIZE];
    unsigned                i;
    jupref_pubkey_t         account;
    jupref_writer_t         out;
    const jupref_pubkey_t  *keys[JUPREF_CREATE_KEYS];

    /* places: those of the keys below */
    static const uint8_t  accounts[] = { 0, 1, 2, 3, 4, 5 };

    if (jupref_pubkey_equal(payer, owner)
        || !jupref_find_token_account(&account, owner, mint, token_program))
    {
        return 0;
    }

    keys[0] = payer;
    keys[1] = &account;
    keys[2] = owner;
    keys[3] = mint;
    keys[4] = &jupref_system_program;
    keys[5] = token_program;
    keys[6] = &jupref_associated_token_program;

    memset(bytes, 0, sizeof(bytes));
    jupref_writer_init(&out, bytes, sizeof(bytes));

    jupref_write_u8(&out, 1);
    (void) jupref_write_room(&out, JUPREF_SIGNATURE_SIZE);

    jupref_write_u8(&out, 1);                   /* required signatures */
    jupref_write_u8(&out, 0);                   /* readonly, signed */
    jupref_write_u8(&out, JUPREF_CREATE_READONLY);

    jupref_write_u8(&out, JUPREF_CREATE_KEYS);

    for (i = 0; i < JUPREF_CREATE_KEYS; i++) {
        jupref_write_bytes(&out, keys[i]->bytes, JUPREF_PUBKEY_SIZE);
    }

    jupref_write_bytes(&out, blockhash->bytes, JUPREF_PUBKEY_SIZE);

    jupref_write_u8(&out, 1);                   /* instructions */
    jupref_write_u8(&out, JUPREF_CREATE_KEYS - 1);
    jupref_write_u8(&out, sizeof(accounts));
    jupref_write_bytes(&out, accounts, sizeof(accounts));
    jupref_write_u8(&out, 1);
    jupref_write_u8(&out, JUPREF_CREATE_IDEMPOTENT);

    return jupref_base64_encode(text, (jupref_bytes_t) {
                                    bytes, (size_t) (out.at - bytes) });
}
