/*
 * Swaps as the chain has them: transactions built field by field and signed by
 * real keys, and what a node answers about them, as JSON and as it is read.
 *
 * Tests take the swap that is right in everything and change what they are
 * about.
 */

#ifndef CHAIN_WORLD_H
#define CHAIN_WORLD_H


#include "solana/jupref_address.h"
#include "solana/jupref_programs.h"
#include "solana/jupref_rpc_transaction.h"

#include "heap.h"


#define CHAIN_PROGRAMS  4
#define CHAIN_TOKENS    6
#define CHAIN_JSON      65536
#define CHAIN_NONE      UINT64_MAX      /* no entry of that side */

#define JUP6    "JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4"
#define DFLOW   "DF1ow4tspfHX9JwWJsAb9epbkA8hmpSEAtxXy1V27QBH"
#define OKX     "proVF4pMXVaYqmy4NjniPh4pqKNfMmsihgd4wdkCX3u"
#define FILL    "61DFfeTKM7trxYcPQCM78bJ794ddZprZpAwAnLiwTpYH"
#define BUDGET  "ComputeBudget111111111111111111111111111111"
#define TOKEN   "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
#define TOKEN22 "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"
#define REFER   "REFER4ZgmyYx9c6He5XfaTMiGfdLwRnkV4RPp9t9iF3"
#define WSOL    "So11111111111111111111111111111111111111112"
#define USDC    "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"


/* A token account's balance before and behind, CHAIN_NONE: no entry. */
typedef struct {
    jupref_pubkey_t  account;
    jupref_pubkey_t  mint;
    jupref_pubkey_t  owner;             /* zero: not told */
    jupref_pubkey_t  program;
    uint64_t         before;
    uint64_t         after;
    unsigned         looked_up;         /* 1: writable, 2: readonly */
} chain_token_t;


typedef struct {
    jupref_transaction_version_e  version;
    unsigned                      payer;        /* number of a key pair */
    unsigned                      taker;        /* the same; 0: no other */
    unsigned                      forged;       /* 1: signed by nobody */
    const char                   *programs[CHAIN_PROGRAMS];    /* called */
    const char                   *inner;        /* called from the last */
    chain_token_t                 tokens[CHAIN_TOKENS];
    unsigned                      token_count;
    uint64_t                      slot;
    const char                   *error;        /* JSON of meta.err */

    /* what a node leaves out or says otherwise; NULL: as it should be */
    const char                   *told_version;
    const char                   *told_inner;
    const char                   *told_loaded;
    const char                   *told_pre;
    const char                   *told_meta;
} chain_swap_t;


/* How it was made, and what a node says of it. */
typedef struct {
    uint8_t                   bytes[JUPREF_TRANSACTION_MAX];
    size_t                    len;
    uint8_t                   message_hash[JUPREF_SHA256_SIZE];
    jupref_signature_t        signature;
    char                      json[CHAIN_JSON];
    jupref_json_tree_t        tree;
    jupref_rpc_transaction_t  read;
    heap_t                    heap;
} chain_made_t;


jupref_pubkey_t chain_key(const char *text);

/* The public key of a key pair. */
jupref_pubkey_t chain_wallet(unsigned number);

/*
 * v0, paid and taken by wallet 1, by Jupiter's aggregator, with the referral
 * account's wSOL account grown from 1,000 to 6,000 and the taker's tokens
 * moved.
 */
void chain_swap(chain_swap_t *swap);

jupref_pubkey_t chain_referral(void);
jupref_pubkey_t chain_fee_account(const char *mint, const char *program);

void chain_add_token(chain_swap_t *swap, jupref_pubkey_t account,
    const char *mint, const char *program, uint64_t before, uint64_t after);

/* Makes it, answers and reads it: OK and to be freed, or why not. */
jupref_chain_result_e chain_make(chain_made_t *made,
    const chain_swap_t *swap);

/* Reads a result, made->json, that a test has written itself. */
jupref_chain_result_e chain_read(chain_made_t *made);
void chain_free(chain_made_t *made);


#endif /* CHAIN_WORLD_H */
