/*
 * The table of methods against the lists of the outside world: the methods of
 * @solana/rpc-api, those that take minContextSlot, those that answer in an
 * envelope, those that Agave 2.0 removed.
 */

#include "solana/jupref_rpc_method.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>


typedef struct {
    jupref_rpc_class_e  class;
    const char         *names;
} class_list_t;


static const char  maintained[] =
    "getAccountInfo getAgGenesisCert getBalance getBlock getBlockCommitment "
    "getBlockHeight getBlockProduction getBlockTime getBlocks "
    "getBlocksWithLimit getClusterNodes getEpochInfo getEpochSchedule "
    "getFeeForMessage getFirstAvailableBlock getGenesisHash getHealth "
    "getHighestSnapshotSlot getIdentity getInflationGovernor "
    "getInflationRate getInflationReward getLargestAccounts "
    "getLatestBlockhash getLeaderSchedule getMaxRetransmitSlot "
    "getMaxShredInsertSlot getMinimumBalanceForRentExemption "
    "getMultipleAccounts getProgramAccounts getRecentPerformanceSamples "
    "getRecentPrioritizationFees getSignatureStatuses "
    "getSignaturesForAddress getSlot getSlotLeader getSlotLeaders "
    "getStakeMinimumDelegation getSupply getTokenAccountBalance "
    "getTokenAccountsByDelegate getTokenAccountsByOwner "
    "getTokenLargestAccounts getTokenSupply getTransaction "
    "getTransactionCount getTransactionsForAddress getVersion "
    "getVoteAccounts isBlockhashValid minimumLedgerSlot requestAirdrop "
    "sendTransaction simulateTransaction";

static const char  removed[] =
    "confirmTransaction getConfirmedBlock getConfirmedBlocks "
    "getConfirmedBlocksWithLimit getConfirmedSignaturesForAddress "
    "getConfirmedSignaturesForAddress2 getConfirmedTransaction "
    "getFeeCalculatorForBlockhash getFeeRateGovernor getFees "
    "getRecentBlockhash getSignatureConfirmation getSignatureStatus "
    "getSnapshotSlot getStakeActivation getTotalSupply";

static const char  min_slot[] =
    "getAccountInfo getBalance getBlockHeight getEpochInfo getFeeForMessage "
    "getInflationReward getLatestBlockhash getMultipleAccounts "
    "getProgramAccounts getSignaturesForAddress getSlot getSlotLeader "
    "getTokenAccountsByDelegate getTokenAccountsByOwner getTransactionCount "
    "getTransactionsForAddress isBlockhashValid sendTransaction "
    "simulateTransaction";

static const char  envelope[] =
    "getAccountInfo getBalance getBlockProduction getFeeForMessage "
    "getLargestAccounts getLatestBlockhash getMultipleAccounts "
    "getProgramAccounts getSignatureStatuses getStakeMinimumDelegation "
    "getSupply getTokenAccountBalance getTokenAccountsByDelegate "
    "getTokenAccountsByOwner getTokenLargestAccounts getTokenSupply "
    "isBlockhashValid simulateTransaction";

static const char  no_processed[] =
    "getBlock getBlocks getBlocksWithLimit getSignaturesForAddress "
    "getTransaction getTransactionsForAddress";

static const char  no_commitment[] =
    "getAgGenesisCert getBlockCommitment getBlockTime getClusterNodes "
    "getEpochSchedule getFirstAvailableBlock getGenesisHash getHealth "
    "getHighestSnapshotSlot getIdentity getInflationRate "
    "getMaxRetransmitSlot getMaxShredInsertSlot getRecentPerformanceSamples "
    "getRecentPrioritizationFees getSignatureStatuses getSlotLeaders "
    "getVersion minimumLedgerSlot";

static const char  never_kept[] =
    "getBalance getTokenAccountBalance getFeeForMessage isBlockhashValid "
    "getSignatureStatuses sendTransaction requestAirdrop "
    "simulateTransaction getHealth getMaxRetransmitSlot "
    "getMaxShredInsertSlot getProgramAccounts getSignaturesForAddress "
    "getTokenAccountsByDelegate getTransactionsForAddress";

static const class_list_t  classes[] = {
    { JUPREF_RPC_CONSTANT,
      "getGenesisHash getEpochSchedule getInflationGovernor" },
    { JUPREF_RPC_SLOW,
      "getVersion getIdentity getInflationRate getStakeMinimumDelegation "
      "getFirstAvailableBlock minimumLedgerSlot getHighestSnapshotSlot "
      "getAgGenesisCert" },
    { JUPREF_RPC_RENT, "getMinimumBalanceForRentExemption" },
    { JUPREF_RPC_EPOCH,
      "getLeaderSchedule getInflationReward getBlockProduction "
      "getSlotLeaders" },
    { JUPREF_RPC_HEAD,
      "getSlot getBlockHeight getLatestBlockhash getEpochInfo "
      "getTransactionCount getSlotLeader getBlockCommitment" },
    { JUPREF_RPC_FEE_HINTS,
      "getRecentPrioritizationFees getRecentPerformanceSamples" },
    { JUPREF_RPC_ACCOUNT,
      "getAccountInfo getMultipleAccounts getTokenAccountsByOwner "
      "getTokenSupply" },
    { JUPREF_RPC_MONEY,
      "getBalance getTokenAccountBalance getFeeForMessage isBlockhashValid "
      "getSignatureStatuses" },
    { JUPREF_RPC_IMMUTABLE,
      "getTransaction getBlockTime getBlocks getBlocksWithLimit" },
    { JUPREF_RPC_HEAVY,
      "getProgramAccounts getTokenLargestAccounts getLargestAccounts "
      "getSupply getBlock getSignaturesForAddress "
      "getTokenAccountsByDelegate getVoteAccounts getClusterNodes "
      "getTransactionsForAddress" },
    { JUPREF_RPC_WRITE, "sendTransaction requestAirdrop" },
    { JUPREF_RPC_COMPUTE, "simulateTransaction" },
    { JUPREF_RPC_HEALTH,
      "getHealth getMaxRetransmitSlot getMaxShredInsertSlot" },
    { JUPREF_RPC_REMOVED, removed }
};


static jupref_bytes_t
span(const char *text)
{
    return (jupref_bytes_t) { (const uint8_t *) text, strlen(text) };
}


/* 1 when `name` is one of the names in `list`. */
static unsigned
in_list(const char *list, const char *name)
{
    size_t       len;
    const char  *at;

    len = strlen(name);

    for (at = strstr(list, name); at != NULL; at = strstr(at + 1, name)) {
        if ((at == list || at[-1] == ' ')
            && (at[len] == ' ' || at[len] == '\0'))
        {
            return 1;
        }
    }

    return 0;
}


static unsigned
words(const char *list)
{
    unsigned  count;

    for (count = 1; *list != '\0'; list++) {
        count += *list == ' ';
    }

    return count;
}


static void
the_table_has_every_method_once_and_no_other(void **state)
{
    unsigned     i;
    const char  *name;

    assert_int_equal(words(maintained), 54);
    assert_int_equal(words(removed), 16);
    assert_int_equal(jupref_rpc_method_count, 70);

    for (i = 0; i < jupref_rpc_method_count; i++) {
        name = jupref_rpc_methods[i].name;

        assert_true(i == 0 || strcmp(jupref_rpc_methods[i - 1].name, name) < 0);
        assert_true(in_list(maintained, name) + in_list(removed, name) == 1);
        assert_ptr_equal(jupref_rpc_method_find(span(name)),
                         &jupref_rpc_methods[i]);
        assert_true(strlen(name) < JUPREF_RPC_METHOD_MAX);
    }
}


static void
what_a_method_takes_and_answers_is_that_of_the_clients_types(void **state)
{
    unsigned                    i, live;
    const jupref_rpc_method_t  *method;

    assert_int_equal(words(min_slot), 19);
    assert_int_equal(words(envelope), 18);

    for (i = 0; i < jupref_rpc_method_count; i++) {
        method = &jupref_rpc_methods[i];
        live = method->class != JUPREF_RPC_REMOVED;

        assert_int_equal(method->takes_min_slot,
                         in_list(min_slot, method->name));
        assert_int_equal(method->envelope, in_list(envelope, method->name));
        assert_int_equal(method->no_processed,
                         in_list(no_processed, method->name));
        assert_int_equal(method->takes_commitment,
                         live && !in_list(no_commitment, method->name));

        /* what is configured has a place */

        if (method->takes_min_slot || method->takes_commitment) {
            assert_in_range(method->config_at, 0, 2);
            assert_int_equal(method->commitment, JUPREF_COMMITMENT_FINALIZED);
        }

        assert_true(method->cost > 0);
    }
}


static void
the_configuration_has_its_place_behind_what_a_method_needs(void **state)
{
    size_t       i;

    static const struct {
        const char  *names;
        int          at;
    } places[] = {
        { "getSlot getBlockHeight getEpochInfo getLatestBlockhash getSupply "
          "getSlotLeader getTransactionCount getVoteAccounts "
          "getLargestAccounts getBlockProduction getInflationGovernor "
          "getStakeMinimumDelegation", 0 },
        { "getTokenAccountsByOwner getTokenAccountsByDelegate getBlocks "
          "getBlocksWithLimit requestAirdrop", 2 },
        { "getHealth getBlockTime getSlotLeaders getBlockCommitment "
          "getRecentPrioritizationFees getVersion", JUPREF_RPC_NO_CONFIG },
        { "getSignatureStatuses", 1 }
    };

    unsigned                    j, listed;
    const jupref_rpc_method_t  *method;

    for (j = 0; j < jupref_rpc_method_count; j++) {
        method = &jupref_rpc_methods[j];
        listed = 0;

        for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
            if (in_list(places[i].names, method->name)) {
                assert_int_equal(method->config_at, places[i].at);
                listed = 1;
            }
        }

        if (!listed && method->takes_commitment) {
            assert_int_equal(method->config_at, 1);
        }

        assert_int_equal(method->config_early,
                         in_list("getBlocks getLeaderSchedule", method->name));
    }
}


static void
every_method_has_the_class_that_limits_go_by(void **state)
{
    size_t    i;
    unsigned  j, listed;

    for (j = 0; j < jupref_rpc_method_count; j++) {
        listed = 0;

        for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
            if (in_list(classes[i].names, jupref_rpc_methods[j].name)) {
                assert_int_equal(jupref_rpc_methods[j].class,
                                 classes[i].class);
                listed++;
            }
        }

        assert_int_equal(listed, 1);
    }
}


static void
nothing_is_shared_or_repeated_that_must_not_be(void **state)
{
    unsigned                    i;
    const jupref_rpc_method_t  *method;

    for (i = 0; i < jupref_rpc_method_count; i++) {
        method = &jupref_rpc_methods[i];

        switch (method->class) {

        case JUPREF_RPC_REMOVED:
            assert_false(method->join || method->retry || method->hedge);
            assert_int_equal(method->keep_rule, JUPREF_RPC_KEEP_NEVER);
            break;

        case JUPREF_RPC_WRITE:
            assert_false(method->join || method->hedge);
            assert_int_equal(method->retry,
                             strcmp(method->name, "sendTransaction") == 0);
            break;

        case JUPREF_RPC_COMPUTE:
        case JUPREF_RPC_HEALTH:
            assert_false(method->join || method->hedge);
            assert_true(method->retry);
            break;

        case JUPREF_RPC_HEAVY:
            assert_true(method->join && method->retry && !method->hedge);
            break;

        default:
            assert_true(method->join && method->retry && method->hedge);
            break;
        }

        if (method->class == JUPREF_RPC_REMOVED) {
            continue;
        }

        assert_int_equal(method->keep_rule == JUPREF_RPC_KEEP_NEVER,
                         in_list(never_kept, method->name));
        assert_int_equal(method->keep > 0,
                         method->keep_rule != JUPREF_RPC_KEEP_NEVER);

        if (method->keep_rule == JUPREF_RPC_KEEP_HEAD) {
            assert_int_equal(method->class, JUPREF_RPC_HEAD);
            assert_in_range(method->keep, 1, 2);
        }
    }

    /* the price of rent moves with the network's features */

    method = jupref_rpc_method_find(span("getMinimumBalanceForRentExemption"));
    assert_int_equal(method->keep, 60000);
}


static void
a_name_that_is_not_exactly_one_of_them_is_unknown(void **state)
{
    size_t                      i;
    const jupref_rpc_method_t  *method;

    static const char *const  names[] = {
        "", "a", "getSlo", "getSlots", "getslot", "GETSLOT", " getSlot",
        "getSlot ", "zzz", "getConfirmedTransactio", "simulateTransactions",
        "slotSubscribe"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        method = jupref_rpc_method_find(span(names[i]));

        assert_int_equal(method->class, JUPREF_RPC_UNKNOWN);
        assert_string_equal(method->name, "");
        assert_false(method->join || method->retry || method->hedge);
        assert_int_equal(method->keep_rule, JUPREF_RPC_KEEP_NEVER);
        assert_true(method->cost > 0);
    }

    assert_int_equal(jupref_rpc_method_find((jupref_bytes_t) {
                         (const uint8_t *) "getSlot\0", 8 })->class,
                     JUPREF_RPC_UNKNOWN);
    assert_int_equal(jupref_rpc_method_find((jupref_bytes_t) {
                         NULL, 0 })->class,
                     JUPREF_RPC_UNKNOWN);
}


static void
classes_and_commitments_have_names(void **state)
{
    unsigned            i;
    jupref_rpc_class_e  class;

    for (i = 0; i < JUPREF_RPC_CLASSES; i++) {
        assert_true(jupref_rpc_class_find(
                        span(jupref_rpc_class_name((jupref_rpc_class_e) i)),
                        &class));
        assert_int_equal(class, i);
    }

    assert_string_equal(jupref_rpc_class_name(JUPREF_RPC_FEE_HINTS),
                        "fee_hints");
    assert_false(jupref_rpc_class_find(span("feehints"), &class));
    assert_false(jupref_rpc_class_find(span(""), &class));

    for (i = JUPREF_COMMITMENT_PROCESSED;
         i <= JUPREF_COMMITMENT_FINALIZED;
         i++)
    {
        assert_int_equal(jupref_commitment_parse(span(jupref_commitment_name(
                             (jupref_commitment_e) i))), i);
    }

    assert_int_equal(jupref_commitment_parse(span("max")),
                     JUPREF_COMMITMENT_OTHER);
    assert_int_equal(jupref_commitment_parse(span("")),
                     JUPREF_COMMITMENT_OTHER);
    assert_int_equal(jupref_commitment_parse(span("Finalized")),
                     JUPREF_COMMITMENT_OTHER);
    assert_string_equal(jupref_commitment_name(JUPREF_COMMITMENT_OTHER), "");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_table_has_every_method_once_and_no_other),
        cmocka_unit_test(
            what_a_method_takes_and_answers_is_that_of_the_clients_types),
        cmocka_unit_test(
            the_configuration_has_its_place_behind_what_a_method_needs),
        cmocka_unit_test(every_method_has_the_class_that_limits_go_by),
        cmocka_unit_test(nothing_is_shared_or_repeated_that_must_not_be),
        cmocka_unit_test(a_name_that_is_not_exactly_one_of_them_is_unknown),
        cmocka_unit_test(classes_and_commitments_have_names)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
