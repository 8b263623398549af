/*
 * What a node says of a transaction: read whole, joined rightly, and refused
 * where its parts don't fit together.
 */

#include "chain_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


#define assert_refused(swap, result)                                          \
    assert_int_equal(chain_make(&made, &(swap)), result)


static chain_made_t  made;


static jupref_transaction_version_e  versions[] = {
    JUPREF_TRANSACTION_LEGACY, JUPREF_TRANSACTION_V0, JUPREF_TRANSACTION_V1
};


static void
a_swap_of_each_version_is_read_whole(void **state)
{
    unsigned                       i;
    chain_swap_t                   swap;
    jupref_pubkey_t                key;
    const jupref_token_change_t   *change;

    for (i = 0; i < 3; i++) {
        chain_swap(&swap);
        swap.version = versions[i];
        swap.payer = 2;
        swap.taker = 1;
        assert_int_equal(chain_make(&made, &swap), JUPREF_CHAIN_OK);

        assert_true(made.read.slot == swap.slot);
        assert_true(made.read.block_time == 1789000000);
        assert_true(made.read.fee == 5000);
        assert_false(made.read.failed);
        assert_int_equal(made.read.transaction.version, versions[i]);
        assert_memory_equal(made.read.transaction.signatures[0].bytes,
                            made.signature.bytes, JUPREF_SIGNATURE_SIZE);

        key = chain_wallet(1);
        assert_true(jupref_transaction_is_signer(&made.read.transaction,
                                                 &key));
        assert_true(jupref_transaction_signed_by(&made.read.transaction,
                                                 &key));
        key = chain_wallet(2);
        assert_true(jupref_pubkey_equal(&made.read.keys[0], &key));
        assert_true(jupref_transaction_signed_by(&made.read.transaction,
                                                 &key));
        key = chain_wallet(3);
        assert_false(jupref_transaction_signed_by(&made.read.transaction,
                                                  &key));

        assert_true(made.read.lamports_before[0] == 2000000);
        assert_true(made.read.lamports_after[0] == 1995000);
        assert_true(made.read.lamports_after[1] == 1001);

        key = chain_fee_account(WSOL, TOKEN);
        change = jupref_rpc_token_change(&made.read, &key);
        assert_non_null(change);
        assert_true(change->before == 1000 && change->after == 6000);
        assert_true(change->was && change->is);
        key = chain_referral();
        assert_true(jupref_pubkey_equal(&change->owner, &key));
        assert_true(jupref_pubkey_equal(&change->program,
                                        &jupref_token_program));

        key = chain_wallet(77);
        assert_null(jupref_rpc_token_change(&made.read, &key));

        chain_free(&made);
    }
}


static void
instructions_are_walked_in_their_order_whatever_the_version(void **state)
{
    unsigned                   i, count;
    chain_swap_t               swap;
    jupref_pubkey_t            program;
    jupref_instruction_t       call;
    jupref_instruction_walk_t  walk;

    for (i = 0; i < 3; i++) {
        chain_swap(&swap);
        swap.version = versions[i];
        swap.programs[2] = DFLOW;
        assert_int_equal(chain_make(&made, &swap), JUPREF_CHAIN_OK);

        jupref_instruction_walk(&walk, &made.read.transaction);

        for (count = 0; jupref_instruction_next(&walk, &call); count++) {
            program = chain_key(swap.programs[count]);
            assert_true(jupref_pubkey_equal(call.program_id, &program));
            assert_int_equal(call.accounts.len, 2);
            assert_int_equal(call.accounts.data[0], 0);
            assert_int_equal(call.accounts.data[1], 1);
            assert_int_equal(call.data.len, 1);
            assert_int_equal(call.data.data[0], 0xa0 + count);
        }

        assert_int_equal(count, 3);
        assert_false(jupref_instruction_next(&walk, &call));

        chain_free(&made);
    }
}


static void
looked_up_accounts_stand_behind_the_static_ones(void **state)
{
    chain_swap_t                  swap;
    jupref_pubkey_t               key;
    const jupref_token_change_t  *change;

    chain_swap(&swap);
    swap.tokens[1].looked_up = 2;
    swap.tokens[0].looked_up = 1;
    swap.tokens[2].looked_up = 1;
    assert_int_equal(chain_make(&made, &swap), JUPREF_CHAIN_OK);

    assert_int_equal(made.read.transaction.looked_up_writable, 2);
    assert_int_equal(made.read.transaction.looked_up_readonly, 1);
    assert_int_equal(made.read.key_count,
                     made.read.transaction.key_count + 3);

    key = chain_fee_account(WSOL, TOKEN);
    change = jupref_rpc_token_change(&made.read, &key);
    assert_non_null(change);
    assert_int_equal(change->account, made.read.transaction.key_count);
    assert_true(change->after == 6000);

    chain_free(&made);

    /* fewer, more, or none of them are another list */

    swap.told_loaded = "{\"writable\":[],\"readonly\":[]}";
    assert_refused(swap, JUPREF_CHAIN_INCONSISTENT);
    swap.told_loaded = "null";
    assert_refused(swap, JUPREF_CHAIN_INCONSISTENT);
    swap.told_loaded = "{\"writable\":[\"" WSOL "\",\"" USDC "\"],"
                       "\"readonly\":[\"" WSOL "\",\"" USDC "\"]}";
    assert_refused(swap, JUPREF_CHAIN_INCONSISTENT);
    swap.told_loaded = "{\"writable\":[\"" WSOL "\",\"no\"],"
                       "\"readonly\":[\"" USDC "\"]}";
    assert_refused(swap, JUPREF_CHAIN_MALFORMED);

    /* one that looks nothing up must not be told of any */

    chain_swap(&swap);
    swap.told_loaded = "{\"writable\":[\"" WSOL "\"],\"readonly\":[]}";
    assert_refused(swap, JUPREF_CHAIN_INCONSISTENT);
    swap.told_loaded = "null";
    assert_int_equal(chain_make(&made, &swap), JUPREF_CHAIN_OK);
    chain_free(&made);
}


static void
accounts_made_and_closed_here_count_from_and_to_nothing(void **state)
{
    chain_swap_t                  swap;
    jupref_pubkey_t               key;
    const jupref_token_change_t  *change;

    chain_swap(&swap);
    swap.tokens[0].before = CHAIN_NONE;
    swap.tokens[1].after = CHAIN_NONE;
    assert_int_equal(chain_make(&made, &swap), JUPREF_CHAIN_OK);

    key = chain_fee_account(WSOL, TOKEN);
    change = jupref_rpc_token_change(&made.read, &key);
    assert_true(change->before == 0 && change->after == 6000);
    assert_true(!change->was && change->is);

    key = chain_wallet(101);
    change = jupref_rpc_token_change(&made.read, &key);
    assert_true(change->before == 900000 && change->after == 0);
    assert_true(change->was && !change->is);

    chain_free(&made);
}


static void
a_failed_transaction_is_told_as_such(void **state)
{
    chain_swap_t  swap;

    chain_swap(&swap);
    swap.error = "{\"InstructionError\":[1,{\"Custom\":6001}]}";
    assert_int_equal(chain_make(&made, &swap), JUPREF_CHAIN_OK);
    assert_true(made.read.failed);
    assert_int_equal(made.read.error.len, strlen(swap.error));
    assert_memory_equal(made.read.error.data, swap.error,
                        made.read.error.len);
    chain_free(&made);
}


static void
inner_calls_are_told_with_who_called_them(void **state)
{
    chain_swap_t     swap;
    jupref_pubkey_t  key;

    chain_swap(&swap);
    swap.inner = REFER;
    assert_int_equal(chain_make(&made, &swap), JUPREF_CHAIN_OK);
    assert_int_equal(made.read.inner_count, 1);
    assert_int_equal(made.read.inner[0].outer, 1);
    assert_int_equal(made.read.inner[0].accounts->count, 2);
    assert_true(jupref_rpc_calls(&made.read, &jupref_referral_program));
    key = chain_key(JUP6);
    assert_true(jupref_rpc_calls(&made.read, &key));
    key = chain_key(DFLOW);
    assert_false(jupref_rpc_calls(&made.read, &key));
    chain_free(&made);

    swap.told_inner = "null";
    assert_int_equal(chain_make(&made, &swap), JUPREF_CHAIN_OK);
    assert_false(made.read.has_inner);
    assert_int_equal(made.read.inner_count, 0);
    chain_free(&made);

    swap.told_inner = "[{\"index\":2,\"instructions\":[]}]";
    assert_refused(swap, JUPREF_CHAIN_MALFORMED);
    swap.told_inner = "[{\"index\":0,\"instructions\":[{\"programIdIndex\":"
                      "200,\"accounts\":[],\"data\":\"\"}]}]";
    assert_refused(swap, JUPREF_CHAIN_MALFORMED);
    swap.told_inner = "[{\"index\":0,\"instructions\":[{\"programIdIndex\":"
                      "1,\"accounts\":[99],\"data\":\"\"}]}]";
    assert_refused(swap, JUPREF_CHAIN_MALFORMED);
    swap.told_inner = "[{\"index\":0}]";
    assert_refused(swap, JUPREF_CHAIN_MALFORMED);
    swap.told_inner = "{}";
    assert_refused(swap, JUPREF_CHAIN_MALFORMED);
}


static void
null_and_what_a_node_doesnt_know_are_no_evidence(void **state)
{
    chain_swap_t  swap;

    strcpy(made.json, "null");
    assert_int_equal(chain_read(&made), JUPREF_CHAIN_NULL);

    chain_swap(&swap);
    swap.told_meta = "null";
    assert_refused(swap, JUPREF_CHAIN_NO_META);

    swap.told_meta = NULL;
    swap.told_pre = "null";
    assert_refused(swap, JUPREF_CHAIN_NO_META);
}


static void
a_version_that_isnt_the_transactions_is_refused(void **state)
{
    unsigned      i;
    chain_swap_t  swap;

    static const char *const  wrong[] = {
        "\"legacy\"", "1", "2", "\"v0\"", "true", "[]", "-1"
    };

    chain_swap(&swap);

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        swap.told_version = wrong[i];
        assert_refused(swap, JUPREF_CHAIN_INCONSISTENT);
    }

    /* it isn't told to who doesn't say which ones are understood */

    swap.told_version = "null";
    assert_int_equal(chain_make(&made, &swap), JUPREF_CHAIN_OK);
    chain_free(&made);
}


static void
token_balances_that_cant_be_are_refused(void **state)
{
    unsigned      i;
    chain_swap_t  swap;

#define ENTRY(index, mint, amount)                                            \
    "{\"accountIndex\":" index ",\"mint\":\"" mint "\",\"uiTokenAmount\":"    \
    "{\"amount\":" amount "}}"

    static const struct {
        const char             *told;
        jupref_chain_result_e   result;
    } told[] = {
        { "[" ENTRY("1", WSOL, "\"1\"") "]", JUPREF_CHAIN_OK },
        { "[" ENTRY("200", WSOL, "\"1\"") "]", JUPREF_CHAIN_MALFORMED },
        { "[" ENTRY("-1", WSOL, "\"1\"") "]", JUPREF_CHAIN_MALFORMED },
        { "[" ENTRY("1.5", WSOL, "\"1\"") "]", JUPREF_CHAIN_MALFORMED },
        { "[" ENTRY("1", "no", "\"1\"") "]", JUPREF_CHAIN_MALFORMED },
        { "[" ENTRY("1", WSOL, "1") "]", JUPREF_CHAIN_MALFORMED },
        { "[" ENTRY("1", WSOL, "\"1.0\"") "]", JUPREF_CHAIN_MALFORMED },
        { "[" ENTRY("1", WSOL, "\"18446744073709551616\"") "]",
          JUPREF_CHAIN_MALFORMED },
        { "[" ENTRY("1", WSOL, "\"1\"") "," ENTRY("1", WSOL, "\"2\"") "]",
          JUPREF_CHAIN_INCONSISTENT },
        { "[{}]", JUPREF_CHAIN_MALFORMED },
        { "[1]", JUPREF_CHAIN_MALFORMED },
        { "{}", JUPREF_CHAIN_MALFORMED },
        { "[]", JUPREF_CHAIN_OK }
    };

    chain_swap(&swap);

    for (i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        swap.told_pre = told[i].told;
        assert_int_equal(chain_make(&made, &swap), told[i].result);

        if (told[i].result == JUPREF_CHAIN_OK) {
            chain_free(&made);
        }
    }
}


static void
results_that_arent_transactions_are_refused(void **state)
{
    size_t    len;
    unsigned  i;

    static const struct {
        const char             *json;
        jupref_chain_result_e   result;
    } told[] = {
        { "{}", JUPREF_CHAIN_MALFORMED },
        { "[]", JUPREF_CHAIN_MALFORMED },
        { "7", JUPREF_CHAIN_MALFORMED },
        { "{\"slot\":1,\"transaction\":[\"AQ==\",\"base64\"],\"meta\":{}}",
          JUPREF_CHAIN_BAD_TRANSACTION },
        { "{\"slot\":1,\"transaction\":[\"AQ==\",\"base58\"],\"meta\":{}}",
          JUPREF_CHAIN_MALFORMED },
        { "{\"slot\":1,\"transaction\":\"AQ==\",\"meta\":{}}",
          JUPREF_CHAIN_MALFORMED },
        { "{\"slot\":1,\"transaction\":[\"A*==\",\"base64\"],\"meta\":{}}",
          JUPREF_CHAIN_MALFORMED },
        { "{\"slot\":-1,\"transaction\":[\"AQ==\",\"base64\"]}",
          JUPREF_CHAIN_MALFORMED },
        { "{\"slot\":1,\"blockTime\":\"x\",\"transaction\":[\"AQ==\","
          "\"base64\"]}", JUPREF_CHAIN_MALFORMED }
    };

    for (i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        strcpy(made.json, told[i].json);
        assert_int_equal(chain_read(&made), told[i].result);
    }

    /* more bytes than a transaction has */

    strcpy(made.json, "{\"slot\":1,\"transaction\":[\"");
    len = strlen(made.json);
    memset(made.json + len, 'A', 6000);
    strcpy(made.json + len + 6000, "\",\"base64\"]}");
    assert_int_equal(chain_read(&made), JUPREF_CHAIN_TOO_LARGE);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_swap_of_each_version_is_read_whole),
        cmocka_unit_test(
            instructions_are_walked_in_their_order_whatever_the_version),
        cmocka_unit_test(looked_up_accounts_stand_behind_the_static_ones),
        cmocka_unit_test(
            accounts_made_and_closed_here_count_from_and_to_nothing),
        cmocka_unit_test(a_failed_transaction_is_told_as_such),
        cmocka_unit_test(inner_calls_are_told_with_who_called_them),
        cmocka_unit_test(null_and_what_a_node_doesnt_know_are_no_evidence),
        cmocka_unit_test(a_version_that_isnt_the_transactions_is_refused),
        cmocka_unit_test(token_balances_that_cant_be_are_refused),
        cmocka_unit_test(results_that_arent_transactions_are_refused)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
