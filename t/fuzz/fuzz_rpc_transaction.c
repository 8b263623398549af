/*
 * getTransaction's results: whatever is read fits together, lies within what
 * was given, and is judged the same twice.
 */

#include "fuzzing.h"

#include "ledger/jupref_evidence.h"


static jupref_rpc_transaction_t  one;
static jupref_rpc_transaction_t  other;


static void
holds_together(const jupref_rpc_transaction_t *read)
{
    unsigned                      i;
    jupref_instruction_t          call;
    const jupref_token_change_t  *token;
    jupref_instruction_walk_t     walk;

    expect(read->key_count == read->transaction.key_count
                              + read->transaction.looked_up_writable
                              + read->transaction.looked_up_readonly);
    expect(read->key_count <= JUPREF_RPC_KEYS_MAX);
    expect(memcmp(read->keys, read->transaction.keys,
                  read->transaction.key_count * sizeof(jupref_pubkey_t))
           == 0);

    for (i = 0; i < read->token_count; i++) {
        token = &read->tokens[i];
        expect(token->account < read->key_count);
        expect(token->was || token->is);
        expect(token->was || token->before == 0);
        expect(token->is || token->after == 0);
        expect(jupref_rpc_token_change(read, &read->keys[token->account])
               != NULL);
    }

    for (i = 0; i < read->inner_count; i++) {
        expect(read->inner[i].program < read->key_count);
        expect(read->inner[i].outer < read->transaction.instruction_count);
    }

    jupref_instruction_walk(&walk, &read->transaction);

    for (i = 0; jupref_instruction_next(&walk, &call); i++) {
        expect(jupref_rpc_calls(read, call.program_id));
    }

    expect(i == read->transaction.instruction_count);
}


/* As the taker's own trade of that very message: what may be wrong with it is
 * only what it did. */
static void
judged_alike(const jupref_rpc_transaction_t *read)
{
    jupref_event_t         event;
    jupref_finding_t       first, second;
    jupref_witness_t       witnesses[2];
    jupref_evidence_t      evidence;
    jupref_trade_row_t     trade;
    jupref_fee_account_t   account;

    memset(&trade, 0, sizeof(trade));
    trade.signature = read->transaction.signatures[0];
    trade.taker = read->transaction.keys[0];
    trade.granted_bps = 100;
    (void) jupref_sha256(trade.message_hash, read->transaction.message);

    account.account = read->keys[read->key_count - 1];
    memset(&account.mint, 0, sizeof(account.mint));

    if (read->token_count) {
        account.account = read->keys[read->tokens[0].account];
        account.mint = read->tokens[0].mint;
    }

    memset(witnesses, 0, sizeof(witnesses));
    witnesses[0].status = JUPREF_SAID_FINALIZED;
    witnesses[0].transaction = JUPREF_SAID_FINALIZED;
    witnesses[0].shown = read;
    witnesses[0].trusted = 1;
    witnesses[1] = witnesses[0];

    memset(&evidence, 0, sizeof(evidence));
    evidence.trade = &trade;
    evidence.accounts = &account;
    evidence.account_count = 1;
    evidence.witnesses = witnesses;
    evidence.witness_count = 2;
    evidence.quorum = 2;

    jupref_evidence_judge(&evidence, &first);
    jupref_evidence_judge(&evidence, &second);

    expect(first.verdict == second.verdict && first.reason == second.reason);
    expect(first.reason != JUPREF_REASON_OTHER_TRANSACTION);
    expect(first.reason != JUPREF_REASON_WRONG_TAKER);
    expect(first.reason != JUPREF_REASON_FOREIGN_MESSAGE);
    expect(first.verdict != JUPREF_VERDICT_EXPIRED);

    if (first.verdict == JUPREF_VERDICT_VERIFIED) {
        expect(!read->failed && first.fee > 0);
        expect(first.fee == read->tokens[0].after - read->tokens[0].before);
    }

    (void) jupref_evidence_event(&evidence, &first, &event);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t                *copy;
    jupref_memory_t         memory;
    jupref_json_tree_t      tree;
    jupref_chain_result_e   result;

    memory.take = json_take;
    memory.release = json_release;
    memory.context = NULL;
    copy = exact_copy(data, size);

    if (jupref_json_tree_parse(&tree, (jupref_bytes_t) { copy, size },
                               JUPREF_RPC_TRANSACTION_VALUES, &memory)
        != JUPREF_JSON_OK)
    {
        free(copy);
        return 0;
    }

    result = jupref_rpc_transaction_read(&one, &tree, &tree.values[0]);
    expect(result == jupref_rpc_transaction_read(&other, &tree,
                                                 &tree.values[0]));

    if (result == JUPREF_CHAIN_OK) {
        holds_together(&one);
        judged_alike(&one);
    }

    jupref_json_tree_free(&tree);
    free(copy);

    return 0;
}
