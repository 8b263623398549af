/*
 * The other results of nodes that a proof needs, each read from its answer's
 * "result": null is told as null, never as nothing found.
 */

#ifndef JUPREF_RPC_RESULTS_H
#define JUPREF_RPC_RESULTS_H


#include "base/jupref_json_tree.h"
#include "solana/jupref_chain_result.h"
#include "solana/jupref_pubkey.h"
#include "solana/jupref_rpc_method.h"


/* Limits of the methods themselves. */
#define JUPREF_RPC_STATUSES_MAX    256
#define JUPREF_RPC_ACCOUNTS_MAX    100
#define JUPREF_RPC_SIGNATURES_MAX  1000


/* One of getSignatureStatuses, in the order that was asked. */
typedef struct {
    uint64_t             slot;
    jupref_commitment_e  commitment;    /* NONE: not told */
    unsigned             found:1;       /* 0: null */
    unsigned             failed:1;      /* err isn't null */
} jupref_signature_status_t;


/* One of getSignaturesForAddress, newest first. */
typedef struct {
    jupref_signature_t   signature;
    uint64_t             slot;
    int64_t              block_time;    /* s since 1970, 0: unknown */
    jupref_commitment_e  commitment;
    unsigned             failed:1;
} jupref_address_signature_t;


/* An account, as getAccountInfo and getMultipleAccounts tell it in base64.
 * `data` stands in the caller's room. */
typedef struct {
    jupref_pubkey_t      owner;         /* the program */
    uint64_t             lamports;
    uint64_t             space;         /* bytes it has, sliced or not */
    jupref_bytes_t       data;
    unsigned             found:1;       /* 0: null, there is no account */
    unsigned             executable:1;
} jupref_rpc_account_t;


typedef struct {
    uint64_t             epoch;
    uint64_t             absolute_slot;
    uint64_t             block_height;
} jupref_epoch_info_t;


/* The node must have told exactly `count` statuses.  `slot` is the context's,
 * 0 when there is none. */
jupref_chain_result_e jupref_rpc_statuses_read(
    const jupref_json_tree_t *tree, const jupref_json_value_t *result,
    jupref_signature_status_t *statuses, unsigned count, uint64_t *slot);

/* At most `max`; more is TOO_LARGE.  Empty is OK with a count of 0. */
jupref_chain_result_e jupref_rpc_signatures_read(
    const jupref_json_tree_t *tree, const jupref_json_value_t *result,
    jupref_address_signature_t *signatures, unsigned max, unsigned *count);

/*
 * Data is decoded into `room`; TOO_LARGE when it doesn't fit.  An account
 * that isn't there is OK with `found` 0: nodes answer that for certain, at
 * the context's slot.
 */
jupref_chain_result_e jupref_rpc_account_read(const jupref_json_tree_t *tree,
    const jupref_json_value_t *result, jupref_rpc_account_t *account,
    uint8_t *room, size_t size, uint64_t *slot);

/* The same of several: exactly `count`, all in one room. */
jupref_chain_result_e jupref_rpc_accounts_read(
    const jupref_json_tree_t *tree, const jupref_json_value_t *result,
    jupref_rpc_account_t *accounts, unsigned count, uint8_t *room,
    size_t size, uint64_t *slot);

/* getBlockHeight, getSlot, getFirstAvailableBlock, minimumLedgerSlot, … */
jupref_chain_result_e jupref_rpc_u64_read(const jupref_json_value_t *result,
    uint64_t *value);

jupref_chain_result_e jupref_rpc_epoch_info_read(
    const jupref_json_tree_t *tree, const jupref_json_value_t *result,
    jupref_epoch_info_t *info);

/* getLatestBlockhash */
jupref_chain_result_e jupref_rpc_blockhash_read(
    const jupref_json_tree_t *tree, const jupref_json_value_t *result,
    jupref_pubkey_t *blockhash, uint64_t *last_valid_block_height);


#endif /* JUPREF_RPC_RESULTS_H */
