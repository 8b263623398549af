/*
 * Token accounts and mints as their bytes say (facts: SPL Token and
 * Token-2022).
 *
 *     account   mint 32 | owner 32 | amount u64 | delegate 36 | state u8
 *               | native 12 | delegated u64 | close authority 36      165
 *     mint      authority 36 | supply u64 | decimals u8 | initialized u8
 *               | freeze authority 36                                  82
 *
 * Under Token-2022 a byte at 165 tells account (2) from mint (1), and behind
 * it stand extensions: u16 type, u16 length, value.  Two of them are read,
 * because they decide what of a fee arrives: the mint's transfer fee, and
 * what an account withholds of it.  The others are passed over.
 */

#ifndef JUPREF_TOKEN_H
#define JUPREF_TOKEN_H


#include "solana/jupref_pubkey.h"


#define JUPREF_TOKEN_ACCOUNT_SIZE  165
#define JUPREF_MINT_SIZE           82


typedef enum {
    JUPREF_TOKEN_OK = 0,
    JUPREF_TOKEN_NOT_TOKEN,             /* another program's account */
    JUPREF_TOKEN_BAD_SIZE,              /* or a mint where an account was
                                         * asked for, and the other way */
    JUPREF_TOKEN_BAD_EXTENSION,         /* one that ends behind the bytes */
    JUPREF_TOKEN_UNINITIALIZED
} jupref_token_result_e;


typedef struct {
    jupref_pubkey_t  program;           /* which of the two */
    jupref_pubkey_t  mint;
    jupref_pubkey_t  owner;
    uint64_t         amount;            /* base units, all its own */
    uint64_t         withheld;          /* transfer fees that wait: not its
                                         * own, and not part of `amount` */
    unsigned         frozen:1;
    unsigned         native:1;          /* wrapped SOL */
} jupref_token_account_t;


typedef struct {
    jupref_pubkey_t  program;
    uint64_t         supply;
    uint64_t         transfer_fee_max;  /* base units, of the newer rule */
    uint16_t         transfer_fee_bps;
    uint8_t          decimals;
    unsigned         has_transfer_fee:1;        /* it can be turned on */
} jupref_mint_t;


/* `program` is the owner of the account that the bytes are of. */
jupref_token_result_e jupref_token_account_read(
    jupref_token_account_t *account, const jupref_pubkey_t *program,
    jupref_bytes_t data);
jupref_token_result_e jupref_mint_read(jupref_mint_t *mint,
    const jupref_pubkey_t *program, jupref_bytes_t data);

/* One line for a person. */
const char *jupref_token_result_text(jupref_token_result_e result);


#endif /* JUPREF_TOKEN_H */
