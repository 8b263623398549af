/*
 * Addresses that programs derive: PDA, and the associated token account.
 *
 * A program derived address is a SHA-256 that is not a point of the ed25519
 * curve; the bump is tried from 255 down.  The point test is decompression:
 * y from the low 255 bits (non-canonical values reduced), then x² =
 * (y² - 1) / (d y² + 1) must be a square modulo 2^255 - 19 (Euler, by
 * OpenSSL's big numbers).
 */

#ifndef JUPREF_ADDRESS_H
#define JUPREF_ADDRESS_H


#include "solana/jupref_pubkey.h"


#define JUPREF_SEEDS_MAX  15            /* 16 with the bump */
#define JUPREF_SEED_MAX   32            /* bytes of one seed */


extern const jupref_pubkey_t  jupref_token_program;
extern const jupref_pubkey_t  jupref_token_2022_program;
extern const jupref_pubkey_t  jupref_associated_token_program;
extern const jupref_pubkey_t  jupref_referral_program;
extern const jupref_pubkey_t  jupref_ultra_project;


/* 1 on the curve, 0 off it, -1 when OpenSSL is out of memory. */
int jupref_is_on_curve(const uint8_t point[JUPREF_PUBKEY_SIZE]);

/*
 * find_program_address(): returns 1 with address and bump, or 0 when the
 * seeds are too many or too long, when no bump fits or memory is out.
 */
unsigned jupref_find_address(jupref_pubkey_t *address, uint8_t *bump,
    const jupref_bytes_t *seeds, unsigned count,
    const jupref_pubkey_t *program);

/* ATA: seeds wallet, token program, mint. */
unsigned jupref_find_token_account(jupref_pubkey_t *address,
    const jupref_pubkey_t *wallet, const jupref_pubkey_t *mint,
    const jupref_pubkey_t *token_program);

/* A named referral account: seeds "referral", project, name. */
unsigned jupref_find_referral_account(jupref_pubkey_t *address,
    const jupref_pubkey_t *project, jupref_bytes_t name);

/*
 * A swap's fee arrives in the associated token account of the referral
 * account, jupref_find_token_account().  This is the program's older one, of
 * seeds "referral_ata", account, mint, which swaps don't pay to.
 */
unsigned jupref_find_referral_ata(jupref_pubkey_t *address,
    const jupref_pubkey_t *referral_account, const jupref_pubkey_t *mint);

/* The project's authority: seeds "project_authority", base. */
unsigned jupref_find_project_authority(jupref_pubkey_t *address,
    const jupref_pubkey_t *base);

/* Where an upgradeable program's code and upgrade slot are. */
unsigned jupref_find_program_data(jupref_pubkey_t *address,
    const jupref_pubkey_t *program);


#endif /* JUPREF_ADDRESS_H */
