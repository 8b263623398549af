/*
 * Jupiter's referral program: its accounts as their bytes say (facts: the
 * program's source).
 *
 *     referral  disc 8 | partner 32 | project 32 | share_bps u16
 *               | option u8 [| u32 length | name]                      274
 *     project   disc 8 | base 32 | admin 32 | u32 length | name
 *               | default_share_bps u16                                284
 *
 * The partner gets share_bps of what a claim sweeps, the project's admin the
 * rest; the admin can change share_bps, so it is read, never assumed.
 */

#ifndef JUPREF_REFERRAL_H
#define JUPREF_REFERRAL_H


#include "solana/jupref_pubkey.h"


#define JUPREF_REFERRAL_SIZE       274
#define JUPREF_PROJECT_SIZE        284
#define JUPREF_REFERRAL_NAME_MAX   50


typedef enum {
    JUPREF_REFERRAL_OK = 0,
    JUPREF_REFERRAL_OTHER_PROGRAM,      /* a wallet, a token account, … */
    JUPREF_REFERRAL_OTHER_ACCOUNT,      /* another kind of this program's */
    JUPREF_REFERRAL_CUT,                /* ends inside a field */
    JUPREF_REFERRAL_BAD_FIELD           /* a share or length that can't be */
} jupref_referral_result_e;


typedef struct {
    jupref_pubkey_t  partner;
    jupref_pubkey_t  project;
    uint16_t         share_bps;         /* the partner's part of a claim */
    uint8_t          name_len;          /* 0: none, it can't claim_v2 */
    uint8_t          name[JUPREF_REFERRAL_NAME_MAX];
} jupref_referral_account_t;


typedef struct {
    jupref_pubkey_t  base;
    jupref_pubkey_t  admin;
    uint16_t         default_share_bps;
    uint8_t          name_len;
    uint8_t          name[JUPREF_REFERRAL_NAME_MAX];
} jupref_referral_project_t;


/* `program` is the owner of the account that the bytes are of. */
jupref_referral_result_e jupref_referral_account_read(
    jupref_referral_account_t *account, const jupref_pubkey_t *program,
    jupref_bytes_t data);
jupref_referral_result_e jupref_referral_project_read(
    jupref_referral_project_t *project, const jupref_pubkey_t *program,
    jupref_bytes_t data);

/* One line for a person: what is wrong, what would be right. */
const char *jupref_referral_result_text(jupref_referral_result_e result);


#endif /* JUPREF_REFERRAL_H */
