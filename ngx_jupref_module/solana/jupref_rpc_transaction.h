/*
 * What getTransaction says, read from its result (encoding base64).
 *
 *     {"slot", "blockTime", "version", "transaction": ["…", "base64"],
 *      "meta": {"err", "fee", "preBalances", "postBalances",
 *               "preTokenBalances", "postTokenBalances",
 *               "innerInstructions", "loadedAddresses"}}
 *
 * The list of accounts is the message's static keys, then the looked up ones,
 * writable before readonly: as many as the message itself looks up.  Token
 * balances are joined by account and mint; an account that is made here has
 * none before, one that is closed here none behind: both count as 0.
 *
 * Every number, index and length is checked.  What is null or missing and
 * may be so is told as such; what must be there and isn't is MALFORMED.
 */

#ifndef JUPREF_RPC_TRANSACTION_H
#define JUPREF_RPC_TRANSACTION_H


#include "base/jupref_base64.h"
#include "base/jupref_json_tree.h"
#include "solana/jupref_chain_result.h"
#include "solana/jupref_instruction.h"


#define JUPREF_RPC_KEYS_MAX    256      /* an index is one byte */
#define JUPREF_RPC_TOKENS_MAX  256
#define JUPREF_RPC_INNER_MAX   256

/* Values of a tree that any answer worth reading fits into. */
#define JUPREF_RPC_TRANSACTION_VALUES  32768


typedef struct {
    jupref_pubkey_t             mint;
    jupref_pubkey_t             owner;  /* zero: not told */
    jupref_pubkey_t             program;        /* zero: not told */
    uint64_t                    before; /* base units */
    uint64_t                    after;
    uint8_t                     account;        /* place among the keys */
    unsigned                    was:1;  /* there before … */
    unsigned                    is:1;   /* … and behind */
} jupref_token_change_t;


/* Borrows from the tree that was read. */
typedef struct {
    uint8_t                     outer;  /* which top-level one called it */
    uint8_t                     program;        /* place among the keys */
    jupref_bytes_t              data;   /* base58 as it came */
    const jupref_json_value_t  *accounts;       /* array of places, checked */
} jupref_inner_instruction_t;


/* About 50 KB: not for the stack of a worker.  `transaction` borrows from
 * `bytes`, which are its own. */
typedef struct {
    uint64_t                    slot;
    int64_t                     block_time;     /* s since 1970, 0: unknown */
    uint64_t                    fee;            /* lamports */
    unsigned                    failed:1;       /* meta.err isn't null */
    unsigned                    has_inner:1;    /* the node recorded them */
    jupref_bytes_t              error;          /* meta.err as it came */
    jupref_transaction_t        transaction;
    unsigned                    key_count;      /* looked up ones included */
    unsigned                    token_count;
    unsigned                    inner_count;
    jupref_pubkey_t             keys[JUPREF_RPC_KEYS_MAX];
    uint64_t                    lamports_before[JUPREF_RPC_KEYS_MAX];
    uint64_t                    lamports_after[JUPREF_RPC_KEYS_MAX];
    jupref_token_change_t       tokens[JUPREF_RPC_TOKENS_MAX];
    jupref_inner_instruction_t  inner[JUPREF_RPC_INNER_MAX];
    uint8_t                     bytes[
        jupref_base64_decoded_size(JUPREF_TRANSACTION_BASE64_MAX)];
} jupref_rpc_transaction_t;


/* `result` is the answer's "result"; JUPREF_CHAIN_NULL when it is null. */
jupref_chain_result_e jupref_rpc_transaction_read(
    jupref_rpc_transaction_t *read, const jupref_json_tree_t *tree,
    const jupref_json_value_t *result);

/* How one token account's balance changed; NULL when it isn't among them. */
const jupref_token_change_t *jupref_rpc_token_change(
    const jupref_rpc_transaction_t *read, const jupref_pubkey_t *account);

/* 1 when a program is called, at the top level or from another one. */
unsigned jupref_rpc_calls(const jupref_rpc_transaction_t *read,
    const jupref_pubkey_t *program);


#endif /* JUPREF_RPC_TRANSACTION_H */
