/*
 * Reading getTransaction's result (see the header).
 *
 * Signatures, message and static keys are in the transaction's own bytes;
 * from the node come what it did and which keys were looked up.  Those must
 * be as many as the message looks up, or every index behind them would be
 * another account's.
 */

#include "solana/jupref_rpc_transaction.h"

#include <string.h>

#include "solana/jupref_rpc_fields.h"


static jupref_chain_result_e jupref_read_head(jupref_rpc_transaction_t *read,
    const jupref_json_tree_t *tree, const jupref_json_value_t *result);
static unsigned jupref_version_fits(const jupref_json_value_t *version,
    jupref_transaction_version_e parsed);
static jupref_chain_result_e jupref_read_keys(jupref_rpc_transaction_t *read,
    const jupref_json_tree_t *tree, const jupref_json_value_t *loaded);
static jupref_chain_result_e jupref_read_looked_up(
    jupref_rpc_transaction_t *read, const jupref_json_tree_t *tree,
    const jupref_json_value_t *list, unsigned count);
static jupref_chain_result_e jupref_read_lamports(
    const jupref_rpc_transaction_t *read, const jupref_json_tree_t *tree,
    const jupref_json_value_t *list, uint64_t *lamports);
static jupref_chain_result_e jupref_read_tokens(
    jupref_rpc_transaction_t *read, const jupref_json_tree_t *tree,
    const jupref_json_value_t *list, unsigned after);
static unsigned jupref_read_token(const jupref_rpc_transaction_t *read,
    const jupref_json_tree_t *tree, const jupref_json_value_t *entry,
    jupref_token_change_t *token, uint64_t *amount);
static jupref_token_change_t *jupref_token_joined(
    jupref_rpc_transaction_t *read, const jupref_token_change_t *token);
static jupref_chain_result_e jupref_read_inner(jupref_rpc_transaction_t *read,
    const jupref_json_tree_t *tree, const jupref_json_value_t *list);
static jupref_chain_result_e jupref_read_calls(jupref_rpc_transaction_t *read,
    const jupref_json_tree_t *tree, const jupref_json_value_t *calls,
    uint8_t outer);


jupref_chain_result_e
jupref_rpc_transaction_read(jupref_rpc_transaction_t *read,
    const jupref_json_tree_t *tree, const jupref_json_value_t *result)
{
    unsigned                    i;
    const jupref_json_value_t  *meta, *error;
    jupref_chain_result_e       outcome;

    if (result != NULL && result->kind == JUPREF_JSON_NULL) {
        return JUPREF_CHAIN_NULL;
    }

    outcome = jupref_read_head(read, tree, result);

    if (outcome != JUPREF_CHAIN_OK) {
        return outcome;
    }

    meta = jupref_json_tree_member(tree, result, "meta");

    if (!jupref_rpc_is(meta)) {
        return JUPREF_CHAIN_NO_META;
    }

    error = jupref_json_tree_member(tree, meta, "err");

    if (error == NULL
        || !jupref_json_tree_u64(jupref_json_tree_member(tree, meta, "fee"),
                                 &read->fee))
    {
        return JUPREF_CHAIN_MALFORMED;
    }

    read->failed = jupref_rpc_is(error);
    read->error = error->text;

    outcome = jupref_read_keys(read, tree,
                     jupref_json_tree_member(tree, meta, "loadedAddresses"));

    for (i = 0; i < 2 && outcome == JUPREF_CHAIN_OK; i++) {
        outcome = jupref_read_lamports(read, tree,
                      jupref_json_tree_member(tree, meta,
                                   i ? "postBalances" : "preBalances"),
                      i ? read->lamports_after : read->lamports_before);
    }

    for (i = 0; i < 2 && outcome == JUPREF_CHAIN_OK; i++) {
        outcome = jupref_read_tokens(read, tree,
                      jupref_json_tree_member(tree, meta,
                                i ? "postTokenBalances" : "preTokenBalances"),
                      i);
    }

    if (outcome != JUPREF_CHAIN_OK) {
        return outcome;
    }

    return jupref_read_inner(read, tree,
                   jupref_json_tree_member(tree, meta, "innerInstructions"));
}


const jupref_token_change_t *
jupref_rpc_token_change(const jupref_rpc_transaction_t *read,
    const jupref_pubkey_t *account)
{
    unsigned  i;

    for (i = 0; i < read->token_count; i++) {
        if (jupref_pubkey_equal(&read->keys[read->tokens[i].account],
                                account))
        {
            return &read->tokens[i];
        }
    }

    return NULL;
}


unsigned
jupref_rpc_calls(const jupref_rpc_transaction_t *read,
    const jupref_pubkey_t *program)
{
    unsigned                   i;
    jupref_instruction_t       instruction;
    jupref_instruction_walk_t  walk;

    jupref_instruction_walk(&walk, &read->transaction);

    while (jupref_instruction_next(&walk, &instruction)) {
        if (jupref_pubkey_equal(instruction.program_id, program)) {
            return 1;
        }
    }

    for (i = 0; i < read->inner_count; i++) {
        if (jupref_pubkey_equal(&read->keys[read->inner[i].program], program))
        {
            return 1;
        }
    }

    return 0;
}


/* All that isn't in meta. */

static jupref_chain_result_e
jupref_read_head(jupref_rpc_transaction_t *read,
    const jupref_json_tree_t *tree, const jupref_json_value_t *result)
{
    unsigned        fits;
    jupref_bytes_t  bytes;

    read->token_count = 0;
    read->inner_count = 0;
    read->has_inner = 0;

    if (!jupref_json_tree_u64(jupref_json_tree_member(tree, result, "slot"),
                              &read->slot)
        || !jupref_rpc_time(jupref_json_tree_member(tree, result,
                                                    "blockTime"),
                            &read->block_time))
    {
        return JUPREF_CHAIN_MALFORMED;
    }

    if (!jupref_rpc_base64(tree, jupref_json_tree_member(tree, result,
                                                         "transaction"),
                           read->bytes, sizeof(read->bytes), &bytes, &fits))
    {
        return fits ? JUPREF_CHAIN_MALFORMED : JUPREF_CHAIN_TOO_LARGE;
    }

    if (jupref_transaction_parse(&read->transaction, bytes)
        != JUPREF_TRANSACTION_OK)
    {
        return JUPREF_CHAIN_BAD_TRANSACTION;
    }

    return jupref_version_fits(jupref_json_tree_member(tree, result,
                                                       "version"),
                               read->transaction.version)
           ? JUPREF_CHAIN_OK : JUPREF_CHAIN_INCONSISTENT;
}


/* Nodes leave it out when they aren't told which versions are understood. */

static unsigned
jupref_version_fits(const jupref_json_value_t *version,
    jupref_transaction_version_e parsed)
{
    uint64_t        number;
    jupref_bytes_t  text;

    if (!jupref_rpc_is(version)) {
        return 1;
    }

    if (jupref_json_tree_string(version, NULL, 0, &text)) {
        return parsed == JUPREF_TRANSACTION_LEGACY
               && jupref_bytes_equal(text, jupref_bytes("legacy"));
    }

    return jupref_json_tree_u64(version, &number)
           && parsed == ((number == 0) ? JUPREF_TRANSACTION_V0
                         : (number == 1) ? JUPREF_TRANSACTION_V1
                         : JUPREF_TRANSACTION_LEGACY)
           && number <= 1;
}


static jupref_chain_result_e
jupref_read_keys(jupref_rpc_transaction_t *read,
    const jupref_json_tree_t *tree, const jupref_json_value_t *loaded)
{
    jupref_chain_result_e        outcome;
    const jupref_transaction_t  *transaction;

    transaction = &read->transaction;

    /* that all of them are no more than an index reaches was parsed */

    memcpy(read->keys, transaction->keys,
           transaction->key_count * sizeof(jupref_pubkey_t));
    read->key_count = transaction->key_count;

    outcome = jupref_read_looked_up(read, tree,
                  jupref_json_tree_member(tree, loaded, "writable"),
                  transaction->looked_up_writable);

    if (outcome != JUPREF_CHAIN_OK) {
        return outcome;
    }

    return jupref_read_looked_up(read, tree,
               jupref_json_tree_member(tree, loaded, "readonly"),
               transaction->looked_up_readonly);
}


static jupref_chain_result_e
jupref_read_looked_up(jupref_rpc_transaction_t *read,
    const jupref_json_tree_t *tree, const jupref_json_value_t *list,
    unsigned count)
{
    const jupref_json_value_t  *item;

    if (!jupref_rpc_is(list)) {
        return count ? JUPREF_CHAIN_INCONSISTENT : JUPREF_CHAIN_OK;
    }

    if (list->kind != JUPREF_JSON_ARRAY) {
        return JUPREF_CHAIN_MALFORMED;
    }

    if (list->count != count
        || read->key_count + count > JUPREF_RPC_KEYS_MAX)
    {
        return JUPREF_CHAIN_INCONSISTENT;
    }

    for (item = jupref_json_tree_first(tree, list);
         item != NULL;
         item = jupref_json_tree_next(tree, item))
    {
        if (!jupref_rpc_pubkey(item, &read->keys[read->key_count])) {
            return JUPREF_CHAIN_MALFORMED;
        }

        read->key_count++;
    }

    return JUPREF_CHAIN_OK;
}


static jupref_chain_result_e
jupref_read_lamports(const jupref_rpc_transaction_t *read,
    const jupref_json_tree_t *tree, const jupref_json_value_t *list,
    uint64_t *lamports)
{
    const jupref_json_value_t  *item;

    if (list == NULL || list->kind != JUPREF_JSON_ARRAY) {
        return JUPREF_CHAIN_MALFORMED;
    }

    if (list->count != read->key_count) {
        return JUPREF_CHAIN_INCONSISTENT;
    }

    for (item = jupref_json_tree_first(tree, list);
         item != NULL;
         item = jupref_json_tree_next(tree, item))
    {
        if (!jupref_json_tree_u64(item, lamports++)) {
            return JUPREF_CHAIN_MALFORMED;
        }
    }

    return JUPREF_CHAIN_OK;
}


/* Null is what nodes say of blocks older than such balances: not nothing. */

static jupref_chain_result_e
jupref_read_tokens(jupref_rpc_transaction_t *read,
    const jupref_json_tree_t *tree, const jupref_json_value_t *list,
    unsigned after)
{
    uint64_t                    amount;
    jupref_token_change_t       token, *joined;
    const jupref_json_value_t  *entry;

    if (!jupref_rpc_is(list)) {
        return JUPREF_CHAIN_NO_META;
    }

    if (list->kind != JUPREF_JSON_ARRAY) {
        return JUPREF_CHAIN_MALFORMED;
    }

    for (entry = jupref_json_tree_first(tree, list);
         entry != NULL;
         entry = jupref_json_tree_next(tree, entry))
    {
        if (!jupref_read_token(read, tree, entry, &token, &amount)) {
            return JUPREF_CHAIN_MALFORMED;
        }

        joined = jupref_token_joined(read, &token);

        if (joined == NULL) {
            return JUPREF_CHAIN_TOO_LARGE;
        }

        if (after ? joined->is : joined->was) {
            return JUPREF_CHAIN_INCONSISTENT;
        }

        if (after) {
            joined->after = amount;
            joined->is = 1;

        } else {
            joined->before = amount;
            joined->was = 1;
        }
    }

    return JUPREF_CHAIN_OK;
}


static unsigned
jupref_read_token(const jupref_rpc_transaction_t *read,
    const jupref_json_tree_t *tree, const jupref_json_value_t *entry,
    jupref_token_change_t *token, uint64_t *amount)
{
    const jupref_json_value_t  *owner, *program;

    memset(token, 0, sizeof(jupref_token_change_t));

    owner = jupref_json_tree_member(tree, entry, "owner");
    program = jupref_json_tree_member(tree, entry, "programId");

    return jupref_rpc_place(jupref_json_tree_member(tree, entry,
                                                    "accountIndex"),
                            read->key_count, &token->account)
           && jupref_rpc_pubkey(jupref_json_tree_member(tree, entry, "mint"),
                                &token->mint)
           && (!jupref_rpc_is(owner)
               || jupref_rpc_pubkey(owner, &token->owner))
           && (!jupref_rpc_is(program)
               || jupref_rpc_pubkey(program, &token->program))
           && jupref_rpc_amount(jupref_json_tree_member(tree,
                                    jupref_json_tree_member(tree, entry,
                                                            "uiTokenAmount"),
                                    "amount"),
                                amount);
}


/* The change of the same account and mint, or a new one; NULL when there is
 * no room. */

static jupref_token_change_t *
jupref_token_joined(jupref_rpc_transaction_t *read,
    const jupref_token_change_t *token)
{
    unsigned                i;
    jupref_token_change_t  *joined;

    for (i = 0; i < read->token_count; i++) {
        joined = &read->tokens[i];

        if (joined->account == token->account
            && jupref_pubkey_equal(&joined->mint, &token->mint))
        {
            return joined;
        }
    }

    if (read->token_count == JUPREF_RPC_TOKENS_MAX) {
        return NULL;
    }

    joined = &read->tokens[read->token_count++];
    *joined = *token;

    return joined;
}


static jupref_chain_result_e
jupref_read_inner(jupref_rpc_transaction_t *read,
    const jupref_json_tree_t *tree, const jupref_json_value_t *list)
{
    uint8_t                     outer;
    jupref_chain_result_e       outcome;
    const jupref_json_value_t  *group;

    if (!jupref_rpc_is(list)) {
        return JUPREF_CHAIN_OK;
    }

    if (list->kind != JUPREF_JSON_ARRAY) {
        return JUPREF_CHAIN_MALFORMED;
    }

    read->has_inner = 1;

    for (group = jupref_json_tree_first(tree, list);
         group != NULL;
         group = jupref_json_tree_next(tree, group))
    {
        if (!jupref_rpc_place(jupref_json_tree_member(tree, group, "index"),
                              read->transaction.instruction_count, &outer))
        {
            return JUPREF_CHAIN_MALFORMED;
        }

        outcome = jupref_read_calls(read, tree,
                      jupref_json_tree_member(tree, group, "instructions"),
                      outer);

        if (outcome != JUPREF_CHAIN_OK) {
            return outcome;
        }
    }

    return JUPREF_CHAIN_OK;
}


static jupref_chain_result_e
jupref_read_calls(jupref_rpc_transaction_t *read,
    const jupref_json_tree_t *tree, const jupref_json_value_t *calls,
    uint8_t outer)
{
    uint8_t                      place;
    jupref_inner_instruction_t  *inner;
    const jupref_json_value_t   *call, *account;

    if (calls == NULL || calls->kind != JUPREF_JSON_ARRAY) {
        return JUPREF_CHAIN_MALFORMED;
    }

    for (call = jupref_json_tree_first(tree, calls);
         call != NULL;
         call = jupref_json_tree_next(tree, call))
    {
        if (read->inner_count == JUPREF_RPC_INNER_MAX) {
            return JUPREF_CHAIN_TOO_LARGE;
        }

        inner = &read->inner[read->inner_count++];
        inner->outer = outer;
        inner->accounts = jupref_json_tree_member(tree, call, "accounts");

        if (!jupref_rpc_place(jupref_json_tree_member(tree, call,
                                                      "programIdIndex"),
                              read->key_count, &inner->program)
            || !jupref_json_tree_string(jupref_json_tree_member(tree, call,
                                                                "data"),
                                        NULL, 0, &inner->data)
            || inner->accounts == NULL
            || inner->accounts->kind != JUPREF_JSON_ARRAY)
        {
            return JUPREF_CHAIN_MALFORMED;
        }

        for (account = jupref_json_tree_first(tree, inner->accounts);
             account != NULL;
             account = jupref_json_tree_next(tree, account))
        {
            if (!jupref_rpc_place(account, read->key_count, &place)) {
                return JUPREF_CHAIN_MALFORMED;
            }
        }
    }

    return JUPREF_CHAIN_OK;
}
