/*
 * An unsigned transaction that makes a missing token account.
 *
 * For swaps a referral account's token account is the associated one of
 * (referral account, mint, token program), so what makes it is the associated
 * token program's CreateIdempotent, paid by anybody.  The referral program's
 * own initialize_referral_token_account makes another account
 * ("referral_ata"), which swaps don't pay to.
 *
 *     legacy message, one signer: the payer
 *     CreateIdempotent (data 1): payer, account, owner, mint, System Program,
 *                                token program
 */

#ifndef JUPREF_TOKEN_CREATE_H
#define JUPREF_TOKEN_CREATE_H


#include "solana/jupref_address.h"


/* Characters of its base64 and a zero. */
#define JUPREF_TOKEN_CREATE_TEXT  512


/*
 * Writes base64 with all-zero signature, ended by a zero, and returns its
 * length; 0 when the account can't be derived (out of memory) or the payer
 * is the owner.
 */
size_t jupref_token_create(uint8_t text[JUPREF_TOKEN_CREATE_TEXT],
    const jupref_pubkey_t *payer, const jupref_pubkey_t *owner,
    const jupref_pubkey_t *mint, const jupref_pubkey_t *token_program,
    const jupref_pubkey_t *blockhash);


#endif /* JUPREF_TOKEN_CREATE_H */
