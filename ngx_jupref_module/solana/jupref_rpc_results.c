/*
 * Results of nodes (see the header).
 */

#include "solana/jupref_rpc_results.h"

#include <string.h>

#include "solana/jupref_rpc_fields.h"


static unsigned jupref_read_status(const jupref_json_tree_t *tree,
    const jupref_json_value_t *value, jupref_signature_status_t *status);
static unsigned jupref_read_commitment(const jupref_json_value_t *value,
    jupref_commitment_e *commitment);
static unsigned jupref_read_address_signature(const jupref_json_tree_t *tree,
    const jupref_json_value_t *value, jupref_address_signature_t *signature);
static jupref_chain_result_e jupref_read_account(
    const jupref_json_tree_t *tree, const jupref_json_value_t *value,
    jupref_rpc_account_t *account, uint8_t *room, size_t size);


jupref_chain_result_e
jupref_rpc_statuses_read(const jupref_json_tree_t *tree,
    const jupref_json_value_t *result, jupref_signature_status_t *statuses,
    unsigned count, uint64_t *slot)
{
    const jupref_json_value_t  *list, *item;

    list = jupref_rpc_enveloped(tree, result, slot);

    if (list == NULL || list->kind != JUPREF_JSON_ARRAY) {
        return JUPREF_CHAIN_MALFORMED;
    }

    if (list->count != count) {
        return JUPREF_CHAIN_INCONSISTENT;
    }

    for (item = jupref_json_tree_first(tree, list);
         item != NULL;
         item = jupref_json_tree_next(tree, item))
    {
        if (!jupref_read_status(tree, item, statuses++)) {
            return JUPREF_CHAIN_MALFORMED;
        }
    }

    return JUPREF_CHAIN_OK;
}


/*
 * Old nodes tell no confirmationStatus; with them, and only then, null
 * confirmations are those of what is rooted.
 */

static unsigned
jupref_read_status(const jupref_json_tree_t *tree,
    const jupref_json_value_t *value, jupref_signature_status_t *status)
{
    const jupref_json_value_t  *error, *confirmations;

    memset(status, 0, sizeof(jupref_signature_status_t));

    if (value->kind == JUPREF_JSON_NULL) {
        return 1;
    }

    error = jupref_json_tree_member(tree, value, "err");

    if (error == NULL
        || !jupref_json_tree_u64(jupref_json_tree_member(tree, value, "slot"),
                                 &status->slot)
        || !jupref_read_commitment(jupref_json_tree_member(tree, value,
                                                       "confirmationStatus"),
                                   &status->commitment))
    {
        return 0;
    }

    status->found = 1;
    status->failed = jupref_rpc_is(error);

    if (status->commitment == JUPREF_COMMITMENT_NONE) {
        confirmations = jupref_json_tree_member(tree, value, "confirmations");
        status->commitment = (confirmations != NULL
                              && confirmations->kind == JUPREF_JSON_NULL)
                             ? JUPREF_COMMITMENT_FINALIZED
                             : JUPREF_COMMITMENT_PROCESSED;
    }

    return 1;
}


static unsigned
jupref_read_commitment(const jupref_json_value_t *value,
    jupref_commitment_e *commitment)
{
    unsigned        i;
    jupref_bytes_t  text;

    static const struct {
        jupref_bytes_t       name;
        jupref_commitment_e  commitment;
    } names[] = {
        { { (const uint8_t *) "processed", 9 }, JUPREF_COMMITMENT_PROCESSED },
        { { (const uint8_t *) "confirmed", 9 }, JUPREF_COMMITMENT_CONFIRMED },
        { { (const uint8_t *) "finalized", 9 }, JUPREF_COMMITMENT_FINALIZED }
    };

    *commitment = JUPREF_COMMITMENT_NONE;

    if (!jupref_rpc_is(value)) {
        return 1;
    }

    if (!jupref_json_tree_string(value, NULL, 0, &text)) {
        return 0;
    }

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (jupref_bytes_equal(text, names[i].name)) {
            *commitment = names[i].commitment;
            return 1;
        }
    }

    return 0;
}


jupref_chain_result_e
jupref_rpc_signatures_read(const jupref_json_tree_t *tree,
    const jupref_json_value_t *result, jupref_address_signature_t *signatures,
    unsigned max, unsigned *count)
{
    const jupref_json_value_t  *item;

    *count = 0;

    if (result == NULL || result->kind != JUPREF_JSON_ARRAY) {
        return JUPREF_CHAIN_MALFORMED;
    }

    if (result->count > max) {
        return JUPREF_CHAIN_TOO_LARGE;
    }

    for (item = jupref_json_tree_first(tree, result);
         item != NULL;
         item = jupref_json_tree_next(tree, item))
    {
        if (!jupref_read_address_signature(tree, item, &signatures[*count])) {
            return JUPREF_CHAIN_MALFORMED;
        }

        ++*count;
    }

    return JUPREF_CHAIN_OK;
}


static unsigned
jupref_read_address_signature(const jupref_json_tree_t *tree,
    const jupref_json_value_t *value, jupref_address_signature_t *signature)
{
    const jupref_json_value_t  *error;

    memset(signature, 0, sizeof(jupref_address_signature_t));

    error = jupref_json_tree_member(tree, value, "err");

    if (error == NULL
        || !jupref_rpc_signature(jupref_json_tree_member(tree, value,
                                                         "signature"),
                                 &signature->signature)
        || !jupref_json_tree_u64(jupref_json_tree_member(tree, value, "slot"),
                                 &signature->slot)
        || !jupref_rpc_time(jupref_json_tree_member(tree, value, "blockTime"),
                            &signature->block_time)
        || !jupref_read_commitment(jupref_json_tree_member(tree, value,
                                                       "confirmationStatus"),
                                   &signature->commitment))
    {
        return 0;
    }

    signature->failed = jupref_rpc_is(error);

    return 1;
}


jupref_chain_result_e
jupref_rpc_account_read(const jupref_json_tree_t *tree,
    const jupref_json_value_t *result, jupref_rpc_account_t *account,
    uint8_t *room, size_t size, uint64_t *slot)
{
    return jupref_read_account(tree, jupref_rpc_enveloped(tree, result, slot),
                               account, room, size);
}


jupref_chain_result_e
jupref_rpc_accounts_read(const jupref_json_tree_t *tree,
    const jupref_json_value_t *result, jupref_rpc_account_t *accounts,
    unsigned count, uint8_t *room, size_t size, uint64_t *slot)
{
    jupref_chain_result_e       outcome;
    const jupref_json_value_t  *list, *item;

    list = jupref_rpc_enveloped(tree, result, slot);

    if (list == NULL || list->kind != JUPREF_JSON_ARRAY) {
        return JUPREF_CHAIN_MALFORMED;
    }

    if (list->count != count) {
        return JUPREF_CHAIN_INCONSISTENT;
    }

    for (item = jupref_json_tree_first(tree, list);
         item != NULL;
         item = jupref_json_tree_next(tree, item))
    {
        outcome = jupref_read_account(tree, item, accounts, room, size);

        if (outcome != JUPREF_CHAIN_OK) {
            return outcome;
        }

        room += accounts->data.len;
        size -= accounts->data.len;
        accounts++;
    }

    return JUPREF_CHAIN_OK;
}


static jupref_chain_result_e
jupref_read_account(const jupref_json_tree_t *tree,
    const jupref_json_value_t *value, jupref_rpc_account_t *account,
    uint8_t *room, size_t size)
{
    unsigned                    fits, executable;
    const jupref_json_value_t  *space;

    memset(account, 0, sizeof(jupref_rpc_account_t));

    if (value == NULL) {
        return JUPREF_CHAIN_MALFORMED;
    }

    if (value->kind == JUPREF_JSON_NULL) {
        return JUPREF_CHAIN_OK;
    }

    if (!jupref_rpc_base64(tree, jupref_json_tree_member(tree, value, "data"),
                           room, size, &account->data, &fits))
    {
        return fits ? JUPREF_CHAIN_MALFORMED : JUPREF_CHAIN_TOO_LARGE;
    }

    if (!jupref_rpc_pubkey(jupref_json_tree_member(tree, value, "owner"),
                           &account->owner)
        || !jupref_json_tree_u64(jupref_json_tree_member(tree, value,
                                                         "lamports"),
                                 &account->lamports)
        || !jupref_json_tree_boolean(jupref_json_tree_member(tree, value,
                                                             "executable"),
                                     &executable))
    {
        return JUPREF_CHAIN_MALFORMED;
    }

    account->found = 1;
    account->executable = executable;

    /* told since 1.15; a slice says nothing of it */

    space = jupref_json_tree_member(tree, value, "space");
    account->space = account->data.len;

    if (jupref_rpc_is(space) && !jupref_json_tree_u64(space, &account->space))
    {
        return JUPREF_CHAIN_MALFORMED;
    }

    return JUPREF_CHAIN_OK;
}


jupref_chain_result_e
jupref_rpc_u64_read(const jupref_json_value_t *result, uint64_t *value)
{
    if (result != NULL && result->kind == JUPREF_JSON_NULL) {
        return JUPREF_CHAIN_NULL;
    }

    return jupref_json_tree_u64(result, value) ? JUPREF_CHAIN_OK
                                               : JUPREF_CHAIN_MALFORMED;
}


jupref_chain_result_e
jupref_rpc_epoch_info_read(const jupref_json_tree_t *tree,
    const jupref_json_value_t *result, jupref_epoch_info_t *info)
{
    unsigned  i;

    const struct {
        const char  *name;
        uint64_t    *value;
    } fields[] = {
        { "epoch", &info->epoch },
        { "absoluteSlot", &info->absolute_slot },
        { "blockHeight", &info->block_height }
    };

    for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (!jupref_json_tree_u64(jupref_json_tree_member(tree, result,
                                                          fields[i].name),
                                  fields[i].value))
        {
            return JUPREF_CHAIN_MALFORMED;
        }
    }

    return JUPREF_CHAIN_OK;
}


jupref_chain_result_e
jupref_rpc_blockhash_read(const jupref_json_tree_t *tree,
    const jupref_json_value_t *result, jupref_pubkey_t *blockhash,
    uint64_t *last_valid_block_height)
{
    uint64_t                    slot;
    const jupref_json_value_t  *value;

    value = jupref_rpc_enveloped(tree, result, &slot);

    return jupref_rpc_pubkey(jupref_json_tree_member(tree, value,
                                                     "blockhash"), blockhash)
           && jupref_json_tree_u64(jupref_json_tree_member(tree, value,
                                                   "lastValidBlockHeight"),
                                   last_valid_block_height)
           ? JUPREF_CHAIN_OK : JUPREF_CHAIN_MALFORMED;
}
