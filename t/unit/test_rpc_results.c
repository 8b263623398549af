/*
 * Statuses, signatures, accounts and heights as nodes answer them.
 */

#include "chain_world.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "solana/jupref_rpc_results.h"


#define SIGNATURE                                                             \
    "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRz" \
    "rFmBV6UjKdiSZkQUW"


static heap_t              heap;
static jupref_json_tree_t  tree;


static const jupref_json_value_t *
parsed(const char *json)
{
    jupref_memory_t  memory;

    memory = heap_memory(&heap, HEAP_ENDLESS);
    assert_int_equal(jupref_json_tree_parse(&tree, (jupref_bytes_t) {
                         (const uint8_t *) json, strlen(json) }, 4096,
                         &memory), JUPREF_JSON_OK);

    return &tree.values[0];
}


static jupref_chain_result_e
statuses(const char *json, jupref_signature_status_t *read, unsigned count,
    uint64_t *slot)
{
    jupref_chain_result_e  result;

    result = jupref_rpc_statuses_read(&tree, parsed(json), read, count, slot);
    jupref_json_tree_free(&tree);

    return result;
}


static void
statuses_are_told_one_by_one_and_null_is_no_status(void **state)
{
    unsigned                    i;
    uint64_t                    slot;
    jupref_signature_status_t   read[4];

    static const char *const  wrong[] = {
        "{\"context\":{\"slot\":9},\"value\":[null,null]}",
        "{\"context\":{\"slot\":9},\"value\":[null,7,null]}",
        "{\"context\":{\"slot\":9},\"value\":[null,null,{\"slot\":1}]}",
        "{\"context\":{\"slot\":9},\"value\":[null,null,{\"slot\":1,"
        "\"err\":null,\"confirmationStatus\":\"sure\"}]}",
        "{\"context\":{\"slot\":9},\"value\":null}",
        "null", "[]"
    };

    assert_int_equal(statuses("{\"context\":{\"apiVersion\":\"4.3.0\","
        "\"slot\":447120200},\"value\":[null,{\"slot\":447120100,"
        "\"confirmations\":null,\"err\":null,\"status\":{\"Ok\":null},"
        "\"confirmationStatus\":\"finalized\"},{\"slot\":5,"
        "\"confirmations\":1,\"err\":{\"InstructionError\":[0,"
        "{\"Custom\":1}]},\"confirmationStatus\":\"processed\"},{\"slot\":6,"
        "\"confirmations\":null,\"err\":null}]}", read, 4, &slot),
        JUPREF_CHAIN_OK);

    assert_true(slot == 447120200);
    assert_false(read[0].found);
    assert_true(read[1].found && !read[1].failed);
    assert_true(read[1].slot == 447120100);
    assert_int_equal(read[1].commitment, JUPREF_COMMITMENT_FINALIZED);
    assert_true(read[2].found && read[2].failed);
    assert_int_equal(read[2].commitment, JUPREF_COMMITMENT_PROCESSED);

    /* nodes that have no confirmationStatus say rooted by null */

    assert_int_equal(read[3].commitment, JUPREF_COMMITMENT_FINALIZED);

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_not_equal(statuses(wrong[i], read, 3, &slot),
                             JUPREF_CHAIN_OK);
    }
}


static jupref_chain_result_e
signatures(const char *json, jupref_address_signature_t *read, unsigned max,
    unsigned *count)
{
    jupref_chain_result_e  result;

    result = jupref_rpc_signatures_read(&tree, parsed(json), read, max,
                                        count);
    jupref_json_tree_free(&tree);

    return result;
}


static void
signatures_of_an_address_are_told_newest_first(void **state)
{
    unsigned                    count;
    jupref_address_signature_t  read[2];

#define ONE(slot, error)                                                      \
    "{\"signature\":\"" SIGNATURE "\",\"slot\":" slot ",\"err\":" error ","   \
    "\"memo\":null,\"blockTime\":null,\"confirmationStatus\":\"finalized\"}"

    assert_int_equal(signatures("[" ONE("9", "null") "," ONE("8", "{}") "]",
                                read, 2, &count), JUPREF_CHAIN_OK);
    assert_int_equal(count, 2);
    assert_true(read[0].slot == 9 && !read[0].failed);
    assert_true(read[1].slot == 8 && read[1].failed);
    assert_true(read[0].block_time == 0);
    assert_int_equal(read[0].commitment, JUPREF_COMMITMENT_FINALIZED);

    assert_int_equal(signatures("[]", read, 2, &count), JUPREF_CHAIN_OK);
    assert_int_equal(count, 0);

    assert_int_equal(signatures("[" ONE("9", "null") "," ONE("8", "{}") "]",
                                read, 1, &count), JUPREF_CHAIN_TOO_LARGE);
    assert_int_equal(signatures("[{\"signature\":\"no\",\"slot\":1,"
                                "\"err\":null}]", read, 2, &count),
                     JUPREF_CHAIN_MALFORMED);
    assert_int_equal(signatures("null", read, 2, &count),
                     JUPREF_CHAIN_MALFORMED);
}


static void
accounts_are_told_with_their_data_and_missing_ones_as_missing(void **state)
{
    uint8_t               room[6];
    uint64_t              slot;
    jupref_pubkey_t       owner;
    jupref_rpc_account_t  read[2];

#define ACCOUNT(data)                                                         \
    "{\"data\":[\"" data "\",\"base64\"],\"executable\":false,\"lamports\":"  \
    "18446744073709551615,\"owner\":\"" TOKEN "\",\"rentEpoch\":"             \
    "18446744073709551615,\"space\":165}"

    assert_int_equal(jupref_rpc_account_read(&tree,
        parsed("{\"context\":{\"slot\":7},\"value\":" ACCOUNT("AQID") "}"),
        &read[0], room, sizeof(room), &slot), JUPREF_CHAIN_OK);
    jupref_json_tree_free(&tree);
    owner = chain_key(TOKEN);
    assert_true(read[0].found);
    assert_true(slot == 7);
    assert_true(read[0].lamports == UINT64_MAX);
    assert_true(read[0].space == 165);
    assert_true(jupref_pubkey_equal(&read[0].owner, &owner));
    assert_int_equal(read[0].data.len, 3);
    assert_memory_equal(read[0].data.data, "\x01\x02\x03", 3);

    assert_int_equal(jupref_rpc_accounts_read(&tree,
        parsed("{\"context\":{\"slot\":8},\"value\":[null,"
               ACCOUNT("AQIDBAU=") "]}"), read, 2, room, sizeof(room),
        &slot), JUPREF_CHAIN_OK);
    jupref_json_tree_free(&tree);
    assert_false(read[0].found);
    assert_true(read[1].found);
    assert_int_equal(read[1].data.len, 5);

    assert_int_equal(jupref_rpc_accounts_read(&tree,
        parsed("{\"context\":{\"slot\":8},\"value\":[" ACCOUNT("AQIDBAU=")
               "," ACCOUNT("AQIDBAU=") "]}"), read, 2, room, sizeof(room),
        &slot), JUPREF_CHAIN_TOO_LARGE);
    jupref_json_tree_free(&tree);

    assert_int_equal(jupref_rpc_accounts_read(&tree,
        parsed("{\"context\":{\"slot\":8},\"value\":[null]}"), read, 2, room,
        sizeof(room), &slot), JUPREF_CHAIN_INCONSISTENT);
    jupref_json_tree_free(&tree);

    assert_int_equal(jupref_rpc_account_read(&tree,
        parsed("{\"context\":{\"slot\":7}}"), &read[0], room, sizeof(room),
        &slot), JUPREF_CHAIN_MALFORMED);
    jupref_json_tree_free(&tree);

    assert_int_equal(jupref_rpc_account_read(&tree,
        parsed("{\"context\":{\"slot\":7},\"value\":{\"data\":\"AQID\","
               "\"owner\":\"" TOKEN "\",\"lamports\":1,"
               "\"executable\":false}}"), &read[0], room, sizeof(room),
        &slot), JUPREF_CHAIN_MALFORMED);
    jupref_json_tree_free(&tree);
}


static void
heights_epochs_and_blockhashes_are_whole_numbers_and_keys(void **state)
{
    uint64_t             number;
    jupref_pubkey_t      blockhash, expected;
    jupref_epoch_info_t  info;

    assert_int_equal(jupref_rpc_u64_read(parsed("425000000"), &number),
                     JUPREF_CHAIN_OK);
    assert_true(number == 425000000);
    jupref_json_tree_free(&tree);

    assert_int_equal(jupref_rpc_u64_read(parsed("null"), &number),
                     JUPREF_CHAIN_NULL);
    jupref_json_tree_free(&tree);

    assert_int_equal(jupref_rpc_u64_read(parsed("4e8"), &number),
                     JUPREF_CHAIN_MALFORMED);
    jupref_json_tree_free(&tree);
    assert_int_equal(jupref_rpc_u64_read(NULL, &number),
                     JUPREF_CHAIN_MALFORMED);

    assert_int_equal(jupref_rpc_epoch_info_read(&tree,
        parsed("{\"absoluteSlot\":447120000,\"blockHeight\":425000001,"
               "\"epoch\":1035,\"slotIndex\":0,\"slotsInEpoch\":432000}"),
        &info), JUPREF_CHAIN_OK);
    assert_true(info.epoch == 1035);
    assert_true(info.absolute_slot == 447120000);
    assert_true(info.block_height == 425000001);
    jupref_json_tree_free(&tree);

    assert_int_equal(jupref_rpc_epoch_info_read(&tree, parsed("{}"), &info),
                     JUPREF_CHAIN_MALFORMED);
    jupref_json_tree_free(&tree);

    assert_int_equal(jupref_rpc_blockhash_read(&tree,
        parsed("{\"context\":{\"slot\":1},\"value\":{\"blockhash\":\"" USDC
               "\",\"lastValidBlockHeight\":425000151}}"), &blockhash,
        &number), JUPREF_CHAIN_OK);
    expected = chain_key(USDC);
    assert_true(jupref_pubkey_equal(&blockhash, &expected));
    assert_true(number == 425000151);
    jupref_json_tree_free(&tree);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(statuses_are_told_one_by_one_and_null_is_no_status),
        cmocka_unit_test(signatures_of_an_address_are_told_newest_first),
        cmocka_unit_test(
            accounts_are_told_with_their_data_and_missing_ones_as_missing),
        cmocka_unit_test(
            heights_epochs_and_blockhashes_are_whole_numbers_and_keys)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
